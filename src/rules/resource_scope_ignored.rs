//! `resource-scope-ignored`: see its page, `resource_scope_ignored.md`.

use std::collections::BTreeSet;

use super::{Check, Checked, Rule, Scale, in_identity, quoted};
use crate::access::Named;
use crate::finding::{RemedyKind, RuleId, Severity};
use crate::knowledge::actions;
use crate::labeling::{LabelingIdentity, Setup};
use crate::policy::{Selection, Statement};

pub(super) const RULE: Rule = Rule {
    id: RuleId::ResourceScopeIgnored,
    summary: "an action that has no resource-level permission is scoped to ARNs: silently denied",
    severity: Scale::Always(Severity::Low),
    page: include_str!("resource_scope_ignored.md"),
    check: Check::Identity(check),
};

fn check(_: &Setup<'_>, identity: &LabelingIdentity<'_>) -> Checked {
    // What could not be read may grant the action on everything.
    if identity.missing.is_some() {
        return in_identity::nothing(identity);
    }
    let mut idle = BTreeSet::new();
    let mut policies = BTreeSet::new();
    let mut evidence = vec![];
    for policy in identity.own_policies().filter(|policy| !policy.is_of_aws()) {
        for (number, statement) in in_identity::allowing(policy) {
            let here: BTreeSet<String> = scoped(identity, statement).collect();
            if here.is_empty() {
                continue;
            }
            evidence.push((policy.reason(number, statement), format!("names ARNs for {}", quoted(&here))));
            policies.insert(policy.known_as());
            idle.extend(here);
        }
    }
    if idle.is_empty() {
        return Ok(None);
    }
    let who = identity.identity.arn().name();
    let idle: Vec<String> = idle.into_iter().collect();
    let (them, have) = if idle.len() == 1 { ("it has", "is") } else { ("they have", "are") };
    let message = format!(
        "`{who}` is granted {} on ARNs alone: {them} no resource-level permission and {have} denied",
        in_identity::first_of(&idle)
    );
    let mut finding = in_identity::finding(RULE.id, Severity::Low, identity, message);
    for (reason, note) in evidence {
        finding = finding.evidence(&reason, note);
    }
    Ok(Some(finding.remedy(
        RemedyKind::Policy,
        format!("in {}, allow {} in a statement of its own whose resource is `*`", quoted(policies), quoted(idle)),
    )))
}

/// The actions, or whole globs of actions, that a statement grants in vain, as long as no other grants them.
fn scoped(identity: &LabelingIdentity<'_>, statement: &Statement) -> impl Iterator<Item = String> {
    let (globs, arns) = match (&statement.actions, &statement.resources) {
        (Selection::Only(globs), Some(Selection::Only(arns))) => (globs.as_slice(), arns.as_slice()),
        _ => (&[][..], &[][..]),
    };
    globs.iter().filter(|_| !arns.is_empty()).flat_map(move |glob| {
        let named = actions::named(glob);
        // A glob for actions of both kinds is scoped for those that can be.
        if !named.iter().all(|action| actions::has_resource_level(action) == Some(false)) {
            return vec![];
        }
        let idle: Vec<&str> = named.iter().copied().filter(|action| !may_be_granted(identity, action)).collect();
        if idle.len() == named.len() && !idle.is_empty() {
            vec![glob.clone()]
        } else {
            idle.into_iter().map(str::to_owned).collect()
        }
    })
}

/// Does some statement allow the action on what AWS asks of it, be it under conditions?
fn may_be_granted(identity: &LabelingIdentity<'_>, action: &str) -> bool {
    let mut allowing = identity.policies.iter().flat_map(in_identity::allowing);
    allowing.any(|(_, statement)| {
        in_identity::names(statement, action)
            && match &statement.resources {
                Some(Selection::Only(arns)) => arns.iter().any(|arn| actions::may_hold_on(action, arn)),
                Some(Selection::AllBut(_)) | None => true,
            }
    })
}

/// What statements grant in vain, with the policy and the statement, from 1.
pub(crate) fn idle<'a>(identity: &LabelingIdentity<'a>) -> Vec<(Named<'a>, usize, BTreeSet<String>)> {
    let own = identity.own_policies().filter(|policy| !policy.is_of_aws());
    let of_policy = |policy: &Named<'a>| {
        let policy = *policy;
        in_identity::allowing(&policy)
            .map(|(number, statement)| (policy, number, scoped(identity, statement).collect::<BTreeSet<String>>()))
            .filter(|(_, _, idle)| !idle.is_empty())
            .collect::<Vec<_>>()
    };
    own.flat_map(of_policy).collect()
}
