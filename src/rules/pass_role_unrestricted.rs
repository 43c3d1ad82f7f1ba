//! `pass-role-unrestricted`: see its page, `pass_role_unrestricted.md`.

use std::collections::BTreeSet;

use super::{Check, Checked, Rule, Scale, in_identity, quoted};
use crate::access::{Ask, Named};
use crate::account::Unknown;
use crate::finding::{RemedyKind, RuleId, Severity};
use crate::labeling::{LabelingIdentity, SAGEMAKER, STRANGER, Setup};
use crate::policy::decide::Reason;
use crate::policy::reach::Clause;

use in_identity::{Held, PASS_ROLE, PASSED_TO};

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
pub(crate) struct Loose<'a> {
    /// The policy that it stands in.
    pub(crate) policy: Named<'a>,
    /// Where it stands there.
    pub(crate) reason: Reason,
    /// To which services.
    pub(crate) any_service: bool,
    /// Which roles.
    pub(crate) any_role: bool,
}

fn check<'a>(setup: &Setup<'a>, identity: &LabelingIdentity<'a>) -> Checked {
    let who = identity.identity;
    let (found, open) = really_loose(setup, identity)?;
    match (found.is_empty(), open) {
        (true, Some(gap)) => return Err(gap),
        (true, None) => return in_identity::nothing(identity),
        (false, _) => {}
    }
    let any_service = found.iter().any(|loose| loose.any_service);
    let any_role = found.iter().any(|loose| loose.any_role);
    let what = match (any_service, any_role) {
        (true, true) if found.iter().any(|loose| loose.any_service && loose.any_role) => "every role to every service",
        (true, true) => "every role, and some to every service",
        (true, false) => "roles to every service",
        (false, _) => "every role",
    };
    let message =
        format!("`{}` may pass {what}: whoever holds it can act with what such a role may do", who.arn().name());
    let mut finding = in_identity::finding(RULE.id, Severity::Medium, identity, message);
    for loose in &found {
        finding = finding.evidence(&loose.reason, note(loose));
    }
    let policies: BTreeSet<&str> = found.iter().map(|loose| loose.reason.policy.as_str()).collect();
    Ok(Some(finding.remedy(
        RemedyKind::Policy,
        format!(
            "in {}, allow `{PASS_ROLE}` on the execution roles alone, where `{PASSED_TO}` is `{SAGEMAKER}`",
            quoted(policies)
        ),
    )))
}

/// The statements that leave open what their holder may really do, and what is not known of that; none of an
/// administrator's.
///
/// # Errors
///
/// When it is not known whether it is one.
pub(crate) fn really_loose<'a>(
    setup: &Setup<'a>,
    identity: &LabelingIdentity<'a>,
) -> Result<(Vec<Loose<'a>>, Option<Unknown>), Unknown> {
    let who = identity.identity;
    let mut loose = vec![];
    for policy in identity.own_policies().filter(|policy| !policy.is_of_aws()) {
        loose.extend(loose_in(setup, identity, policy));
    }
    if loose.is_empty() || in_identity::is_administrator(setup, who)? {
        return Ok((vec![], None));
    }
    let (mut found, mut open) = (vec![], None);
    let mut really = |has: fn(&Loose<'_>) -> bool, decide: &dyn Fn() -> Result<Held, Unknown>| {
        let some = loose.iter().any(has);
        let held = if some { decide() } else { Ok(Held::Never) };
        held.unwrap_or_else(|gap| {
            open = Some(gap);
            Held::Never
        }) != Held::Never
    };
    let any_service = really(|loose| loose.any_service, &|| {
        let answer = setup.access.cover(who, &to_any_service(), &in_identity::roles(setup.access));
        in_identity::held(who, &answer)
    });
    let any_role = really(|loose| loose.any_role, &|| {
        let answer = setup.access.decide(who, &Ask::new(PASS_ROLE), &in_identity::any_role(setup.access));
        in_identity::held(who, &answer)
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

/// Passing a role to a service that nobody would name.
fn to_any_service() -> Ask<'static> {
    Ask::new(PASS_ROLE).with(PASSED_TO, format!("{STRANGER}.amazonaws.com"))
}

/// The statements of a policy that do not restrict which roles are passed or to whom. What speaks of everything there is
/// is no word about passing roles.
fn loose_in<'a>(setup: &Setup<'a>, identity: &LabelingIdentity<'a>, policy: &Named<'a>) -> Vec<Loose<'a>> {
    let access = setup.access;
    let passing = |ask: &Ask<'_>| in_identity::passing(access, identity.identity, ask, policy);
    let (to_any_service, all) = (passing(&to_any_service()), passing(&Ask::new(PASS_ROLE)));
    let any_role = in_identity::any_role(access);
    let for_anything =
        |clause: &Clause<Unknown>| !clause.residual.iter().any(|c| c.key.eq_ignore_ascii_case(FOR_RESOURCE));
    let of = |clauses: &[(usize, Clause<Unknown>)], number: usize, holds: &dyn Fn(&Clause<Unknown>) -> bool| {
        clauses.iter().any(|(of, clause)| *of == number && holds(clause))
    };
    let allowing = in_identity::allowing(policy).filter(|(_, s)| !in_identity::speaks_of_everything(s));
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
