//! `pass-role-unrestricted`: see its page, `pass_role_unrestricted.md`.

use std::collections::BTreeSet;

use super::rule::{Check, Checked, Rule, Scale, of_identity, undecided};
use crate::access::{Ask, Named};
use crate::account::Unknown;
use crate::evaluation::goal::{EditKind, Goal, Grant};
use crate::evaluation::identity::{self, Held, PASS_ROLE, PASSED_TO};
use crate::evaluation::wording::{Sentence, quoted};
use crate::evaluation::{Cause, ContextEquals, Evaluator, Remedy, Requirement, ResourceSet, Unmet};
use crate::finding::{RuleId, Severity};
use crate::knowledge::context::Sender;
use crate::labeling::{LabelingIdentity, SAGEMAKER, STRANGER};
use crate::policy::Selection;
use crate::policy::decide::Reason;
use crate::policy::reach::Clause;

pub(super) const RULE: Rule = Rule {
    id: RuleId::PassRoleUnrestricted,
    summary: "iam:PassRole without a PassedToService condition, or on every role",
    severity: Scale::Always(Severity::Medium),
    page: include_str!("pass_role_unrestricted.md"),
    check: Check::Identity(check),
};

/// The resource that the role is meant for: it says as much as the service.
const FOR_RESOURCE: &str = "iam:AssociatedResourceArn";

/// A statement that lets roles be passed, and what it does not restrict.
struct Loose<'a> {
    /// The policy that it stands in.
    policy: Named<'a>,
    /// Where it stands there.
    reason: Reason,
    /// To which services.
    any_service: bool,
    /// Which roles.
    any_role: bool,
}

fn check<'a>(evaluator: &Evaluator<'a>, identity: &LabelingIdentity<'a>) -> Checked {
    let (found, open) = really_loose(evaluator, identity)?;
    match (found.is_empty(), open) {
        (true, Some(unknown)) => return Err(unknown),
        (true, None) => return undecided(identity),
        (false, _) => {}
    }
    let any_service = found.iter().any(|loose| loose.any_service);
    let any_role = found.iter().any(|loose| loose.any_role);
    let what = match (any_service, any_role) {
        (true, true) if found.iter().any(|loose| loose.any_service && loose.any_role) => "any role to any service",
        (true, true) => "any role, and some roles to any service",
        (true, false) => "its roles to any service",
        (false, _) => "any role",
    };
    let sentence = Sentence::around(
        format!("`{PASS_ROLE}` allows "),
        format!(" to pass {what}; who is given such a role can do what it may do"),
    );
    let mut finding = of_identity(&RULE, identity, sentence);
    for loose in &found {
        let requirement = Requirement::new(identity.identity.arn(), PASS_ROLE, ResourceSet::Matching("*".to_owned()));
        finding.causes.push(Unmet::new(requirement, Cause::Granted { statement: loose.reason.clone() }));
        finding = finding.evidence(&loose.reason, note(loose));
    }
    let policies: BTreeSet<&str> = found.iter().map(|loose| loose.reason.policy.as_str()).collect();
    let summary = Sentence::plain(format!(
        "in {}, allow `{PASS_ROLE}` on the execution roles alone, where `{PASSED_TO}` is `{SAGEMAKER}`",
        quoted(policies)
    ));
    let goals = narrowed(evaluator, identity, &found).unwrap_or_default();
    Ok(Some(finding.fix(Remedy::EditStatements { goals, summary })))
}

/// Only execution roles may be passed, and only to SageMaker; nothing, where a statement cannot be narrowed by itself.
fn narrowed(evaluator: &Evaluator<'_>, identity: &LabelingIdentity<'_>, found: &[Loose<'_>]) -> Option<Vec<Goal>> {
    let roles = identity::execution_roles(evaluator);
    let mut goals = vec![];
    for Loose { policy, reason, any_service, any_role } in found {
        let (target, statement) =
            identity::place(identity, policy).zip(identity::statement(policy, reason.statement))?;
        let Selection::Only(named) = &statement.actions else { return None };
        // A glob that means more than passing roles cannot be narrowed by itself.
        let spelled = named.iter().any(|action| action.eq_ignore_ascii_case(PASS_ROLE));
        let asks = statement.conditions.iter().any(|condition| condition.key.eq_ignore_ascii_case(PASSED_TO));
        if !spelled || (*any_role && roles.is_empty()) || (*any_service && asks) {
            return None;
        }
        let on = any_role.then(|| roles.clone());
        let when = any_service.then(|| ContextEquals::text(PASSED_TO, SAGEMAKER));
        let mut edit = |how| {
            let losses = vec![Grant::new(PASS_ROLE, ResourceSet::Matching("*".to_owned()))];
            goals.push(identity::edit(&target, reason.statement, how, vec![], losses));
        };
        if named.len() == 1 {
            for how in on.map(EditKind::On).into_iter().chain(when.map(EditKind::When)) {
                edit(how);
            }
        } else {
            let on = on.map(|on| on.iter().map(ToString::to_string).collect());
            edit(EditKind::Without(PASS_ROLE.to_owned()));
            let actions = BTreeSet::from([PASS_ROLE.to_owned()]);
            edit(EditKind::Beside { actions, on, when });
        }
    }
    Some(goals)
}

/// The statements that leave open what their holder may really do, and what is not known of that; none of an
/// administrator's.
///
/// # Errors
///
/// When it is not known whether it is one.
fn really_loose<'a>(
    evaluator: &Evaluator<'a>,
    identity: &LabelingIdentity<'a>,
) -> Result<(Vec<Loose<'a>>, Option<Unknown>), Unknown> {
    let who = identity.identity;
    let mut loose = vec![];
    for policy in identity.own_policies().filter(|policy| !policy.is_of_aws()) {
        loose.extend(loose_in(evaluator, identity, policy));
    }
    if loose.is_empty() || identity::is_administrator(evaluator, who)? {
        return Ok((vec![], None));
    }
    let (mut found, mut open) = (vec![], None);
    let mut really = |has: fn(&Loose<'_>) -> bool, decide: &dyn Fn() -> Result<Held, Unknown>| {
        let some = loose.iter().any(has);
        let held = if some { decide() } else { Ok(Held::Never) };
        held.unwrap_or_else(|unknown| {
            open = Some(unknown);
            Held::Never
        }) != Held::Never
    };
    let any_service = really(|loose| loose.any_service, &|| {
        let answer = evaluator.access.cover(who, &to_any_service(), &identity::roles(evaluator.access));
        identity::held(who, &answer)
    });
    let any_role = really(|loose| loose.any_role, &|| {
        let answer = evaluator.access.decide(
            who,
            &Ask::new(PASS_ROLE).sent_by(Sender::Anybody),
            &identity::any_role(evaluator.access),
        );
        identity::held(who, &answer)
    });
    for mut statement in loose {
        statement.any_service &= any_service;
        statement.any_role &= any_role;
        if statement.any_service || statement.any_role {
            found.push(statement);
        }
    }
    Ok((found, open))
}

fn note(loose: &Loose<'_>) -> &'static str {
    match (loose.any_service, loose.any_role) {
        (true, true) => "lets every role be passed to every service",
        (true, false) => "lets its roles be passed to every service",
        (false, _) => "lets every role be passed",
    }
}

/// Passing a role to a service that no condition would name.
fn to_any_service() -> Ask<'static> {
    Ask::new(PASS_ROLE).sent_by(Sender::Anybody).with(PASSED_TO, format!("{STRANGER}.amazonaws.com"))
}

/// The statements of a policy that do not restrict which roles are passed or to whom. What speaks of everything there is
/// is no word about passing roles.
fn loose_in<'a>(evaluator: &Evaluator<'a>, identity: &LabelingIdentity<'a>, policy: &Named<'a>) -> Vec<Loose<'a>> {
    let access = evaluator.access;
    let passing = |ask: &Ask<'_>| identity::passing(access, identity.identity, ask, policy);
    let (to_any_service, all) = (passing(&to_any_service()), passing(&Ask::new(PASS_ROLE).sent_by(Sender::Anybody)));
    let any_role = identity::any_role(access);
    let for_anything =
        |clause: &Clause<Unknown>| !clause.residual.iter().any(|c| c.key.eq_ignore_ascii_case(FOR_RESOURCE));
    let of = |clauses: &[(usize, Clause<Unknown>)], number: usize, holds: &dyn Fn(&Clause<Unknown>) -> bool| {
        clauses.iter().any(|(of, clause)| *of == number && holds(clause))
    };
    let allowing = identity::allowing(policy).filter(|(_, s)| !identity::speaks_of_everything(s));
    allowing
        .map(|(number, statement)| Loose {
            policy: *policy,
            reason: policy.reason(number, statement),
            any_service: of(&to_any_service, number, &for_anything),
            any_role: of(&all, number, &|clause| clause.applies_to(any_role.as_str())),
        })
        .filter(|loose| loose.any_service || loose.any_role)
        .collect()
}
