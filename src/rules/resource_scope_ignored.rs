//! `resource-scope-ignored`: see its page, `resource_scope_ignored.md`.

use std::collections::BTreeSet;

use super::rule::{Check, Checked, Rule, Scale, first_of, of_identity, undecided};
use crate::access::Named;
use crate::evaluation::goal::{EditKind, Goal, Grant};
use crate::evaluation::wording::{Sentence, quoted};
use crate::evaluation::{Cause, Evaluator, Remedy, Requirement, ResourceSet, Unmet, identity};
use crate::finding::{RuleId, Severity};
use crate::knowledge::actions;
use crate::labeling::LabelingIdentity;
use crate::policy::{Selection, Statement};

pub(super) const RULE: Rule = Rule {
    id: RuleId::ResourceScopeIgnored,
    summary: "an action that has no resource-level permission is scoped to ARNs: silently denied",
    severity: Scale::Always(Severity::Low),
    page: include_str!("resource_scope_ignored.md"),
    check: Check::Identity(check),
};

/// What a statement grants in vain, with the policy and the statement's place, from 1.
type Idle<'a> = (Named<'a>, usize, BTreeSet<String>);

fn check<'a>(_: &Evaluator<'a>, identity: &LabelingIdentity<'a>) -> Checked {
    // What could not be read may grant the action on everything.
    if identity.missing.is_some() {
        return undecided(identity);
    }
    let idle = idle(identity);
    if idle.is_empty() {
        return Ok(None);
    }
    let actions: BTreeSet<&String> = idle.iter().flat_map(|(.., actions)| actions).collect();
    let actions: Vec<&String> = actions.into_iter().collect();
    let (is, works) = if actions.len() == 1 { ("is", "works") } else { ("are", "work") };
    let sentence = Sentence::plain(format!(
        "{} {is} allowed on ARNs, but {works} on the resource `*` alone; no ARN matches",
        first_of(&actions)
    ));
    let mut finding = of_identity(&RULE, identity, sentence);
    for (policy, number, here) in &idle {
        let Some(statement) = identity::statement(policy, *number) else { continue };
        finding = finding.evidence(&policy.reason(*number, statement), format!("names ARNs for {}", quoted(here)));
        for action in here {
            let requirement = Requirement::new(identity.identity.arn(), action, ResourceSet::Matching("*".to_owned()));
            let why = format!("{action} has no resource-level permission, and its statement names ARNs");
            let cause = Cause::WrongValue { why, wanted: Some("*".to_owned()) };
            finding.causes.push(Unmet::new(requirement, cause));
        }
    }
    let policies: BTreeSet<String> = idle.iter().map(|(policy, ..)| policy.known_as()).collect();
    let summary = Sentence::plain(format!(
        "in {}, allow {} in a statement of its own whose resource is `*`",
        quoted(policies),
        quoted(actions)
    ));
    let goals = idle.iter().map(|idle| scoped_right(identity, idle)).collect::<Option<Vec<Vec<Goal>>>>();
    let goals = goals.unwrap_or_default().into_iter().flatten().collect();
    Ok(Some(finding.fix(Remedy::EditStatements { goals, summary })))
}

/// What has no resource-level permission must be allowed on everything, in a statement of its own.
fn scoped_right(identity: &LabelingIdentity<'_>, (policy, number, idle): &Idle<'_>) -> Option<Vec<Goal>> {
    let target = identity::place(identity, policy)?;
    let named: BTreeSet<String> = idle.iter().flat_map(|glob| actions::named(glob)).map(str::to_owned).collect();
    let everywhere = |action: &String| Grant::new(action, ResourceSet::Matching("*".to_owned()));
    let gains: Vec<Grant> = named.iter().map(everywhere).collect();
    // A glob may name more than is known of.
    let losses: Vec<Grant> = idle.iter().filter(|glob| !glob.contains(['*', '?'])).map(everywhere).collect();
    let without = idle
        .iter()
        .map(|glob| identity::edit(&target, *number, EditKind::Without(glob.clone()), vec![], losses.clone()));
    let on = Some(BTreeSet::from(["*".to_owned()]));
    let beside = EditKind::Beside { actions: named, on, when: None };
    Some(without.chain([identity::edit(&target, *number, beside, gains, vec![])]).collect())
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
    let mut allowing = identity.policies.iter().flat_map(identity::allowing);
    allowing.any(|(_, statement)| {
        identity::names(statement, action)
            && match &statement.resources {
                Some(Selection::Only(arns)) => arns.iter().any(|arn| actions::may_hold_on(action, arn)),
                Some(Selection::AllBut(_)) | None => true,
            }
    })
}

/// What statements grant in vain.
fn idle<'a>(identity: &LabelingIdentity<'a>) -> Vec<Idle<'a>> {
    let own = identity.own_policies().filter(|policy| !policy.is_of_aws());
    let of_policy = |policy: &Named<'a>| {
        let policy = *policy;
        identity::allowing(&policy)
            .map(|(number, statement)| (policy, number, scoped(identity, statement).collect::<BTreeSet<String>>()))
            .filter(|(_, _, idle)| !idle.is_empty())
            .collect::<Vec<_>>()
    };
    own.flat_map(of_policy).collect()
}
