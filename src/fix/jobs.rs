//! What closes a finding about a labeling job: what each of its fields lacks.

use super::asked::{On, When};
use super::cure::Cure;
use super::keys::{self, equals};
use super::obstacle::limit;
use crate::finding::Finding;
use crate::labeling::judging::{Decided, Deed, key_asks};
use crate::labeling::needs::{INTERFACE, POST_FUNCTION, PRE_FUNCTION, What};
use crate::labeling::uses::Job;
use crate::labeling::{ExecutionRole, OBJECT_ACTIONS, SAGEMAKER, Setup, needs};

/// A job's role must do all that the job needs.
pub(super) fn unblocked(setup: &Setup<'_>, finding: &Finding) -> Cure {
    let mut cure = Cure::default();
    let job = setup.uses.jobs.iter().find(|job| Some(&job.job.arn) == finding.resource.as_ref());
    let Some(job) = job else { return cure };
    let Some(role) = job.request.role_arn.as_deref().and_then(|arn| setup.execution_role(arn)) else { return cure };
    for need in &job.needs {
        let when = conditions(job, &need.what);
        match &need.what {
            // What AWS itself keeps and is misaddressed is another rule's business.
            What::Wrong(_) if matches!(need.field, PRE_FUNCTION | POST_FUNCTION | INTERFACE) => {}
            What::Wrong(_) => {
                cure.in_the_way.insert(limit(&format!("field {}, which is wrong in itself,", need.field), "a job"));
            }
            What::UseKey(name) | What::GrantKey(name) => {
                keys::named(&mut cure, setup, role, (job.region, name), &key_asks(&need.what), &when);
            }
            what => match setup.deeds(role, job, need) {
                Ok(deeds) => deeds.iter().for_each(|deed| do_it(&mut cure, setup, role, what, deed, &when)),
                Err(gap) => drop(cure.open.insert(gap)),
            },
        }
    }
    cure
}

fn do_it<'a>(cure: &mut Cure, setup: &Setup<'a>, role: &ExecutionRole<'a>, what: &What, deed: &Deed, when: &[When]) {
    let partition = &setup.access.account.partition;
    let of_objects = OBJECT_ACTIONS.contains(&deed.action.as_str());
    let on = match what {
        What::Read(uri) if of_objects => On::exactly(&uri.object_arn(partition)),
        What::Write(uri) if of_objects => On::Below(uri.below(partition)),
        _ => On::Exactly(deed.resource.clone()),
    };
    match &deed.decided {
        Decided::By(judged) => cure.need(&role.role.arn, judged, on, when),
        Decided::Hindered(why) => drop(cure.in_the_way.insert(limit(why, &deed.action))),
    }
}

/// The conditions under which Ground Truth does something, as its own policy has them.
fn conditions(job: &Job<'_>, what: &What) -> Vec<When> {
    match what {
        What::Subscribe(_) => {
            let queue = needs::queue(&job.job.arn).map(|queue| equals("sns:Endpoint", queue.to_string()));
            [equals("sns:Protocol", "sqs")].into_iter().chain(queue).collect()
        }
        What::PassItself(_) => vec![equals("iam:PassedToService", SAGEMAKER)],
        What::GrantKey(_) => {
            vec![When { operator: "Bool", key: "kms:GrantIsForAWSResource", value: "true".to_owned() }]
        }
        _ => vec![],
    }
}
