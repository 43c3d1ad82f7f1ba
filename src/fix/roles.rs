//! What closes findings about an execution role: its trust policy, passing itself, and streaming.

use std::collections::BTreeSet;

use super::asked::{Grant, On, When};
use super::cure::{Cure, Edit, How, Target, Wish};
use super::keys::equals;
use super::obstacle::Obstacle;
use crate::access::Coverage;
use crate::finding::{Finding, RemedyKind};
use crate::labeling::{ExecutionRole, SAGEMAKER, Setup};
use crate::policy::{Effect, Pattern, Selection, Statement};
use crate::rules::{role_cannot_pass_itself, role_cannot_stream, trust_without_source};

const ASSUME: &str = "sts:AssumeRole";
const SOURCE_ACCOUNT: &str = "aws:SourceAccount";

fn role<'s, 'a>(setup: &'s Setup<'a>, finding: &Finding) -> Option<&'s ExecutionRole<'a>> {
    setup.execution_role(finding.principal.as_ref()?.as_str())
}

/// A role must pass itself to SageMaker.
pub(super) fn passes_itself(setup: &Setup<'_>, finding: &Finding) -> Cure {
    let mut cure = Cure::default();
    if let Some(role) = role(setup, finding) {
        let judged = role_cannot_pass_itself::judged(setup, role);
        let arn = &role.role.arn;
        cure.need(arn, &judged, On::exactly(arn), &[equals("iam:PassedToService", SAGEMAKER)]);
    }
    cure
}

/// A role must do what its streaming jobs need.
pub(super) fn streams(setup: &Setup<'_>, finding: &Finding) -> Cure {
    let mut cure = Cure::default();
    let Some(role) = role(setup, finding) else { return cure };
    for (queue, action, resource, judged) in role_cannot_stream::judged(setup, role) {
        let subscribing = || vec![equals("sns:Protocol", "sqs"), equals("sns:Endpoint", queue.to_string())];
        let when: Vec<When> = if action == "sns:Subscribe" { subscribing() } else { vec![] };
        cure.need(&role.role.arn, &judged, On::exactly(&resource), &when);
    }
    cure
}

/// SageMaker must be let in, for this account alone.
pub(super) fn assumable(setup: &Setup<'_>, finding: &Finding) -> Cure {
    let mut cure = Cure::default();
    let Some(role) = role(setup, finding) else { return cure };
    let account = &setup.access.account.id;
    let answer = match setup.access.trusts(role.role, SAGEMAKER, account) {
        Ok(answer) => answer,
        Err(gap) => {
            cure.open.insert(gap);
            return cure;
        }
    };
    match answer.coverage() {
        Coverage::All => {}
        Coverage::Some | Coverage::Unknown => cure.open.extend(answer.gap()),
        Coverage::Denied => {
            let refusing = answer.reasons().filter(|reason| reason.effect == Effect::Deny);
            cure.in_the_way.extend(refusing.map(|reason| Obstacle {
                what: reason.policy.clone(),
                action: ASSUME.to_owned(),
                policy: None,
                statement: Some(reason.statement),
                sid: reason.sid.clone(),
            }));
        }
        Coverage::None => {
            let grant = Grant::new(ASSUME, On::Exactly(String::new())).when(SOURCE_ACCOUNT, account.as_str());
            cure.want(Target::Trust(role.role.arn.clone()), Wish::Grant(grant.to(SAGEMAKER)));
            let other = finding.remedy.iter().filter(|remedy| remedy.kind == RemedyKind::Trust);
            cure.advice.extend(other.map(|remedy| remedy.summary.clone()));
        }
    }
    cure
}

/// SageMaker must be let in for this account alone, by each statement that lets it in for any.
pub(super) fn trusts_own_account(setup: &Setup<'_>, finding: &Finding) -> Cure {
    let mut cure = Cure::default();
    let Some(role) = role(setup, finding) else { return cure };
    let account = &setup.access.account.id;
    let (Ok(open), Ok(trust)) = (trust_without_source::open(setup, role), role.role.trust.known()) else { return cure };
    let target = Target::Trust(role.role.arn.clone());
    for number in open {
        let place = number.checked_sub(1).and_then(|place| trust.statements().get(place));
        let Some(statement) = place.filter(|statement| names_service(statement)) else { return Cure::default() };
        let when = equals(SOURCE_ACCOUNT, account.as_str());
        let mut edit = |how| {
            let lost = Grant::new(ASSUME, On::Exactly(String::new())).to(SAGEMAKER);
            let losses: Vec<Grant> = others(statement).map(|action| Grant { action, ..lost.clone() }).collect();
            cure.want(target.clone(), Wish::Edit(Edit { statement: number, how }, vec![], losses));
        };
        let alone = statement.principals.as_ref().is_some_and(|principals| principals.named().len() == 1);
        if alone {
            edit(How::When(when));
        } else {
            // The others that it names are asked for nothing.
            edit(How::WithoutService(SAGEMAKER));
            edit(How::Beside { actions: BTreeSet::new(), on: None, when: Some(when), service: Some(SAGEMAKER) });
        }
    }
    cure
}

/// The actions of a statement by which somebody comes into a role: each will hang on the account.
fn others(statement: &Statement) -> impl Iterator<Item = String> {
    let named = statement.actions.named();
    let meant = |action: &&str| named.iter().any(|glob| Pattern::action(glob).matches(&action.to_ascii_lowercase()));
    let known = [ASSUME, "sts:TagSession", "sts:SetSourceIdentity"].into_iter().filter(meant).map(str::to_owned);
    known.collect::<BTreeSet<String>>().into_iter()
}

fn names_service(statement: &Statement) -> bool {
    let Some(Selection::Only(principals)) = &statement.principals else { return false };
    principals.iter().any(|principal| principal.kind == "Service" && principal.value == SAGEMAKER)
}
