//! What a change allows that was not allowed, and the other way round, held against what was asked: for identity policies
//! by one automaton over both sets of policies.
//!
//! Only what the changed statements name can be decided otherwise: every other statement is there before and after. All
//! actions of which a changed statement speaks are gone through, one of each class that no statement distinguishes, and for
//! each the resources that differ: none may lie outside what was asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Change;
use super::actions::{PASS_ROLE, PASSED_TO, actions};
use super::apply::{identities, identity};
use super::documents::document;
use super::effect::{IntendedEffect, Rejected};
use super::resource_policy;
use crate::access::{Access, Ask, Identity};
use crate::account::Organization;
use crate::arn::Arn;
use crate::evaluation::ResourceSet;
use crate::evaluation::goal::Grant;
use crate::knowledge::context::Sender;
use crate::labeling::SAGEMAKER;
use crate::policy::cover::{Set, TooLarge};
use crate::policy::layers::Verdict;
use crate::policy::reach::{Difference, Outcome};
use crate::policy::{Document, Pattern, Statement};

/// The values of some context keys in a case that is gone through.
type Case = BTreeMap<&'static str, String>;

/// Holds a change against what was asked of it, and says what it makes different.
pub(super) fn hold(
    before: &Access<'_>,
    after: &Access<'_>,
    change: &Change,
    asked: &IntendedEffect,
) -> Result<Vec<String>, Rejected> {
    let (old, new) = (document(before.account, change), document(after.account, change));
    let touched = touched(old, new);
    match change {
        Change::PutBucketCors { bucket, .. } => {
            return Ok(vec![format!(
                "what principals may do is unchanged: the rules of `{}` bind browsers",
                bucket.name()
            )]);
        }
        Change::PutTrustPolicy { role, .. } => {
            resource_policy::hold(role, &before.account.id, [old, new], &touched, asked)?;
        }
        Change::PutKeyPolicy { key, .. } => {
            resource_policy::hold(key, &before.account.id, [old, new], &touched, asked)?;
        }
        Change::PutInlinePolicy { .. } | Change::PutPolicyVersion { .. } => {
            let mut unmet: Option<BTreeSet<&Grant>> = None;
            for (who, carries) in bound(before, change) {
                let Some(now) = identity(after.account, who.arn()) else { continue };
                let left = Comparison { before, after, who, now, touched: &touched, asked }.hold()?;
                if carries {
                    let both = |unmet: BTreeSet<_>| unmet.intersection(&left).copied().collect();
                    unmet = Some(unmet.map_or_else(|| left.clone(), both));
                }
            }
            // Of several who carry it one may have narrower limits than others.
            if let Some(grant) = unmet.iter().flatten().next() {
                return Err(Rejected(format!(
                    "{} on `{}` stays denied even with the change",
                    grant.action,
                    grant.on.shown()
                )));
            }
        }
    }
    Ok(said(asked))
}

/// The statements that are in one of two documents alone.
fn touched(old: Option<&Document>, new: Option<&Document>) -> Vec<Arc<Statement>> {
    let of = |document: Option<&Document>| document.map_or(vec![], |document| document.statements().to_vec());
    let (was, is) = (of(old), of(new));
    if old.is_some() && old.map(Document::version) != new.map(Document::version) {
        return was.into_iter().chain(is).collect();
    }
    let gone = was.iter().filter(|statement| !is.contains(statement));
    gone.chain(is.iter().filter(|statement| !was.contains(statement))).cloned().collect()
}

/// Whom a changed policy binds, and whether they carry it themselves: else it is their group's, or their boundary.
fn bound<'a>(access: &Access<'a>, change: &Change) -> Vec<(Identity<'a>, bool)> {
    let bound = |identity: Identity<'a>| {
        let (carries, else_bound) = match change {
            Change::PutInlinePolicy { identity: changed, .. } => {
                (identity.arn() == changed, is_member(identity, changed))
            }
            Change::PutPolicyVersion { policy, .. } => {
                let limits = identity.boundary().and_then(|boundary| boundary.known().ok()?.as_ref()) == Some(policy);
                let attached = identity.own_grants().attached.known();
                let own = attached.is_ok_and(|attached| attached.contains(policy));
                (own, limits || access.policies(identity).iter().flatten().any(|carried| carried.arn == Some(policy)))
            }
            _ => (false, false),
        };
        (carries || else_bound).then_some((identity, carries))
    };
    identities(access.account).filter_map(bound).collect()
}

fn is_member(identity: Identity<'_>, group: &Arn) -> bool {
    let Identity::User(user) = identity else { return false };
    group.resource().starts_with("group/")
        && user.groups.known().is_ok_and(|groups| groups.iter().any(|name| name == group.name()))
}

/// One identity before and after a change.
struct Comparison<'c, 'b, 'a> {
    before: &'c Access<'b>,
    after: &'c Access<'a>,
    who: Identity<'b>,
    now: Identity<'a>,
    touched: &'c [Arc<Statement>],
    asked: &'c IntendedEffect,
}

impl<'c> Comparison<'c, '_, '_> {
    /// Goes through all that a changed statement speaks of. What was asked for and is not allowed even so, is handed back.
    fn hold(&self) -> Result<BTreeSet<&'c Grant>, Rejected> {
        let documents = self.documents();
        let mut unmet = BTreeSet::new();
        for action in actions(self.touched, &documents, self.asked).map_err(|error| Rejected(error.to_string()))? {
            for case in self.cases(&action, &documents) {
                unmet.extend(self.hold_in(&action, &case).map_err(|error| Rejected(error.to_string()))??);
            }
        }
        Ok(unmet)
    }

    /// All that bears on the identity, before and after.
    fn documents(&self) -> Vec<&Document> {
        let (mut was, is) = (bearing(self.before, self.who), bearing(self.after, self.now));
        was.extend(is);
        was
    }

    /// Every case that the policies distinguish by the keys on which what was asked depends: each value that one of them
    /// names, and one that none names.
    fn cases(&self, action: &str, documents: &[&Document]) -> Vec<Case> {
        let asked = self.asked.gains.iter().filter(|grant| grant.action.eq_ignore_ascii_case(action));
        let mut values: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
        for when in asked.flat_map(|grant| &grant.when) {
            values.entry(when.key).or_default().extend([when.value.clone(), when.failing().to_owned()]);
        }
        if action.eq_ignore_ascii_case(PASS_ROLE) {
            values.entry(PASSED_TO).or_default().extend([SAGEMAKER.to_owned(), "stranger".to_owned()]);
        }
        for (key, values) in &mut values {
            let statements = documents.iter().flat_map(|document| document.statements());
            let conditions = statements.flat_map(|statement| &statement.conditions);
            let named = conditions.filter(|condition| condition.key.eq_ignore_ascii_case(key));
            values.extend(named.flat_map(|condition| &condition.values).filter(|value| is_text(value)).cloned());
        }
        values.into_iter().fold(vec![Case::new()], |cases, (key, values)| {
            let with = |case: &Case, value: &String| {
                let mut case = case.clone();
                case.insert(key, value.clone());
                case
            };
            cases.iter().flat_map(|case| values.iter().map(move |value| with(case, value))).collect()
        })
    }

    /// Compares what is decided about an action in one case, wherever it may be and however the request comes.
    fn hold_in(&self, action: &str, case: &Case) -> Result<Result<Vec<&'c Grant>, Rejected>, TooLarge> {
        let ask = case.iter().fold(anybody(action), |ask, (key, value)| ask.with(key, value));
        let ask = if action.eq_ignore_ascii_case(PASS_ROLE) { ask } else { ask.without(PASSED_TO) };
        let (was, is) = (self.before.prepared(self.who, &ask), self.after.prepared(self.now, &ask));
        let holds = |grant: &&Grant| {
            let meets =
                |when: &crate::evaluation::ContextEquals| case.get(when.key).is_none_or(|value| *value == when.value);
            grant.action.eq_ignore_ascii_case(action) && grant.when.iter().all(meets)
        };
        let patterns = |grants: &BTreeSet<Grant>| -> Vec<Pattern> {
            grants.iter().filter(holds).map(|grant| grant.on.pattern()).collect()
        };
        let (gains, losses) = (patterns(&self.asked.gains), patterns(&self.asked.losses));
        for (difference, inside) in is.differences_told_apart(&was, &Set::Below(""), &[&gains, &losses])? {
            let Some(which) = Way::of(&difference) else { continue };
            // The first group is what may be gained, the second what may be lost.
            if !inside.contains(&usize::from(which == Way::Loss)) {
                return Ok(Err(Rejected(format!(
                    "it {} {action} on `{}` to `{}`, which was not asked",
                    if which == Way::Gain { "allows" } else { "no longer allows" },
                    difference.witness,
                    self.who.arn().name()
                ))));
            }
        }
        let mut unmet = vec![];
        for grant in self.asked.gains.iter().filter(holds) {
            let allowed = |outcome: &Outcome| outcome.verdict == Verdict::Allowed;
            let met = match &grant.on {
                ResourceSet::Exactly(resource) => allowed(&is.decide(resource)),
                ResourceSet::Below(prefix) => is.below(prefix)?.iter().all(allowed),
                ResourceSet::Matching(_) => is.cover(&Set::Matching(&grant.on.pattern()))?.iter().any(allowed),
            };
            if !met {
                unmet.push(grant);
            }
        }
        Ok(Ok(unmet))
    }
}

/// All that is known to bear on an identity: its policies, its boundary, the organization's policies.
fn bearing<'a>(access: &Access<'a>, who: Identity<'a>) -> Vec<&'a Document> {
    let mut documents: Vec<&Document> = access.policies(who).into_iter().flatten().map(|p| p.document).collect();
    let boundary = who.boundary().and_then(|boundary| boundary.known().ok()?.as_ref());
    let policy = boundary.and_then(|arn| access.account.iam.policy(arn).ok());
    documents.extend(policy.and_then(|policy| policy.document.known().ok()));
    if let Organization::Policies(policies) = &access.account.organization {
        let all = policies.scps.iter().chain(&policies.rcps).flatten();
        documents.extend(all.filter_map(|policy| policy.document.known().ok()));
    }
    documents
}

/// Is it a value that a request may have, and no pattern? No service is called nothing.
fn is_text(value: &str) -> bool {
    !value.is_empty() && !value.contains(['*', '?', '$'])
}

/// Which way something differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Gain,
    Loss,
}

impl Way {
    /// Nothing, where both sides refuse.
    fn of(difference: &Difference) -> Option<Self> {
        let was_open = matches!(difference.other, Verdict::Allowed | Verdict::Conditional);
        if difference.is_gain() { Some(Self::Gain) } else { was_open.then_some(Self::Loss) }
    }
}

/// What is proved, in a line for each action.
fn said(asked: &IntendedEffect) -> Vec<String> {
    let mut lines = vec![];
    for (grants, gained) in [(&asked.gains, true), (&asked.losses, false)] {
        let mut by_action: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
        let both = |grant: &&Grant| gained || !asked.gains.iter().any(|gain| gain.action == grant.action);
        for grant in grants.iter().filter(both) {
            let on = by_action.entry((&grant.action, &grant.principal, &grant.when)).or_default();
            on.insert(grant.on.shown());
        }
        for ((action, principal, when), on) in by_action {
            let to = principal.as_ref().map(|who| format!(" to `{who}`")).unwrap_or_default();
            if !gained {
                lines
                    .push(format!("{action}: allowed{to} no further than the text above says, and nowhere it was not"));
                continue;
            }
            let on: Vec<String> = on.iter().filter(|on| !on.is_empty()).map(|on| format!("`{on}`")).collect();
            let on = if on.is_empty() { String::new() } else { format!(" on {}", on.join(", ")) };
            let when: Vec<String> = when.iter().map(|when| format!("{} is `{}`", when.key, when.value)).collect();
            let when = if when.is_empty() { String::new() } else { format!(" where {}", when.join(" and ")) };
            lines.push(format!("{action}: now allowed{to}{on}{when}, nowhere else"));
        }
    }
    if asked.gains.is_empty() {
        lines.push("nothing is allowed that was not".to_owned());
    }
    lines
}

/// A question of what identity policies say by themselves, however the request comes.
fn anybody(action: &str) -> Ask<'_> {
    Ask::new(action).sent_by(Sender::Anybody).of_identity_alone()
}
