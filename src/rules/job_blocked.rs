//! `job-blocked`: see its page, `job_blocked.md`.

use super::{Check, Checked, Rule, Scale, list};
use crate::finding::{Blocked, Finding, RemedyKind, RuleId, Severity};
use crate::labeling::judging::Decided;
use crate::labeling::needs::{INTERFACE, POST_FUNCTION, PRE_FUNCTION, What};
use crate::labeling::uses::Job;
use crate::labeling::{ExecutionRole, Setup};
use crate::policy::decide::Reason;

pub(super) const RULE: Rule = Rule {
    id: RuleId::JobBlocked,
    summary: "a job that is running or was made lately needs something its role may not do: names the field, the action and the ARN",
    severity: Scale::Always(Severity::High),
    page: include_str!("job_blocked.md"),
    check: Check::Job(check),
};

/// The field that names the role.
const ROLE: &str = "RoleArn";

/// What a finding says in its sentence; all is in `blocked`.
const SHOWN: usize = 3;

fn check<'a>(setup: &Setup<'a>, job: &Job<'a>) -> Checked {
    let Some(arn) = job.request.role_arn.as_deref() else { return Ok(None) };
    let Some(role) = setup.execution_role(arn) else {
        if let Some(gap) = &setup.unlisted {
            return Err(gap.clone());
        }
        let blocked = Blocked {
            field: ROLE,
            action: Some("sts:AssumeRole".to_owned()),
            resource: arn.to_owned(),
            why: "there is no such role in the account".to_owned(),
        };
        return Ok(Some(finding(job, None, vec![blocked], &[])));
    };
    let (mut blocked, mut denying, mut open) = (vec![], vec![], None);
    for need in &job.needs {
        // What AWS itself keeps and is misaddressed is another rule's business.
        if matches!(need.field, PRE_FUNCTION | POST_FUNCTION | INTERFACE) && matches!(need.what, What::Wrong(_)) {
            continue;
        }
        if let What::Wrong(why) = &need.what {
            blocked.push(Blocked {
                field: need.field,
                action: None,
                resource: need.value.to_owned(),
                why: why.clone(),
            });
        }
        match setup.deeds(role, job, need) {
            Ok(deeds) => {
                for deed in deeds {
                    match deed.hindrance(role) {
                        Ok(None) => {}
                        Ok(Some(why)) => {
                            if let Decided::By(judged) = &deed.decided {
                                denying.extend(judged.denying());
                            }
                            let (action, resource) = (Some(deed.action), deed.resource);
                            blocked.push(Blocked { field: need.field, action, resource, why });
                        }
                        Err(gap) => drop(open.get_or_insert(gap)),
                    }
                }
            }
            Err(gap) => drop(open.get_or_insert(gap)),
        }
    }
    match (blocked.is_empty(), open) {
        (true, Some(gap)) => Err(gap),
        (true, None) => Ok(None),
        (false, _) => Ok(Some(finding(job, Some(role), blocked, &denying))),
    }
}

fn finding(job: &Job<'_>, role: Option<&ExecutionRole<'_>>, blocked: Vec<Blocked>, denying: &[Reason]) -> Finding {
    let name = job.job.arn.name();
    let who = role.map_or("its role", |role| role.role.arn.name());
    let running = matches!(job.job.status.as_str(), "InProgress" | "Initializing");
    let needs = if running { "needs" } else { "needed" };
    let mut fields: Vec<String> = blocked.iter().take(SHOWN).map(said).collect();
    if let Some(more) = blocked.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        fields.push(format!("{more} more"));
    }
    let message = format!("`{name}` {needs} what `{who}` may not do: {}", list(fields));
    let principal = role.map(|role| &role.role.arn);
    let mut finding = Finding::new(RULE.id, Severity::High, principal, Some(&job.job.arn), message);
    let mut reasons = denying.to_vec();
    reasons.sort();
    reasons.dedup();
    for reason in &reasons {
        finding = finding.evidence(reason, "refuses it, whatever else allows it");
    }
    let lacking: Vec<String> = blocked
        .iter()
        .filter(|blocked| blocked.why.contains("grant"))
        .filter_map(|blocked| Some(format!("{} on `{}`", blocked.action.as_ref()?, blocked.resource)))
        .collect();
    if !lacking.is_empty() {
        finding = finding
            .remedy(RemedyKind::Policy, format!("add an inline policy to `{who}` that allows {}", list(lacking)));
    }
    if role.is_none() {
        finding = finding.remedy(RemedyKind::Trust, "make the job again with a role that exists");
    }
    if !reasons.is_empty() {
        finding = finding.remedy(
            RemedyKind::Policy,
            "except the role from the statements that refuse: no policy of the role can help there",
        );
    }
    finding.blocked = blocked;
    finding
}

fn said(blocked: &Blocked) -> String {
    let field = blocked.field.rsplit('.').next().unwrap_or(blocked.field);
    match &blocked.action {
        Some(action) => format!("{action} on `{}` ({field}: {})", blocked.resource, blocked.why),
        None => format!("{field} `{}`: {}", blocked.resource, blocked.why),
    }
}
