//! What the rules about a role and a key have in common: what stands in the way, in words, and what to do about it.

use std::collections::{BTreeMap, BTreeSet};

use super::{list, quoted};
use crate::access::Coverage;
use crate::finding::{Effective, Finding, RemedyKind};
use crate::labeling::ExecutionRole;
use crate::labeling::keys::{KeyAnswer, KeyUse, Obstacle};
use crate::policy::layers::Verdict;

/// The actions that something stands in the way of, by what it is.
fn obstacles(answers: &[KeyAnswer]) -> BTreeMap<&Obstacle, Vec<&str>> {
    let mut obstacles: BTreeMap<&Obstacle, Vec<&str>> = BTreeMap::new();
    for answer in answers {
        if let Some(obstacle) = &answer.obstacle {
            obstacles.entry(obstacle).or_default().push(answer.judged.answer.action());
        }
    }
    obstacles
}

/// Why a role cannot use a key, as somebody in a region names it: what follows the key's name in a sentence.
pub(super) fn why(key: &KeyUse<'_>, region: &str) -> String {
    let answers = match key {
        KeyUse::OfAws => return String::new(),
        KeyUse::Missing => return format!("there is no such key in `{region}`"),
        KeyUse::Dead(key) => return format!("the key is in the state `{}`", key.state),
        KeyUse::Judged(_, answers) => answers,
    };
    let said = obstacles(answers).into_iter().map(|(obstacle, actions)| {
        let actions = list(actions);
        match obstacle {
            Obstacle::Refused(by) => {
                let policies: BTreeSet<&str> = by.iter().map(|reason| reason.policy.as_str()).collect();
                format!("{} refuses {actions}", quoted(policies))
            }
            Obstacle::Limit(limit) => format!("{limit} does not let {actions} through"),
            Obstacle::Key => format!("neither the key's policy nor a grant allows {actions}"),
            Obstacle::Role => format!("the key leaves {actions} to the role's policies, and none of them allows it"),
        }
    });
    list(said)
}

/// What the policies decide, action by action.
pub(super) fn effective(key: &KeyUse<'_>) -> Option<Effective> {
    let KeyUse::Judged(key, answers) = key else { return None };
    let mut actions: BTreeMap<String, Vec<Verdict>> = BTreeMap::new();
    for answer in answers.iter().map(|answer| &answer.judged.answer) {
        actions.entry(answer.action().to_owned()).or_default().extend(answer.verdicts());
    }
    Some(Effective {
        coverage: Coverage::of(actions.values().flatten().copied()),
        actions: actions.into_iter().map(|(action, verdicts)| (action, Coverage::of(verdicts))).collect(),
        allowed_example: None,
        denied_example: Some(key.arn.to_string()),
    })
}

/// Adds the statements that refuse, and what to do.
pub(super) fn mend(mut finding: Finding, key: &KeyUse<'_>, role: &ExecutionRole<'_>) -> Finding {
    let (key, answers) = match key {
        KeyUse::OfAws => return finding,
        KeyUse::Missing => {
            return finding
                .remedy(RemedyKind::Rename, "name a key that there is, or none: S3's own needs no permission");
        }
        KeyUse::Dead(key) => {
            let back = if key.state == "PendingDeletion" { "cancel the deletion of" } else { "enable" };
            return finding.remedy(RemedyKind::KeyPolicy, format!("{back} `{}`, or name another key", key.arn));
        }
        KeyUse::Judged(key, answers) => (key, answers),
    };
    let (role, who) = (&role.role.arn, role.role.arn.name());
    for (obstacle, actions) in obstacles(answers) {
        let actions = list(actions);
        let (kind, summary) = match obstacle {
            Obstacle::Refused(by) => {
                for reason in by {
                    finding = finding.evidence(reason, format!("refuses {actions}, whatever else allows it"));
                }
                let summary = format!(
                    "except `{role}` from the statement that refuses {actions}: no policy of the role can help"
                );
                (RemedyKind::Policy, summary)
            }
            Obstacle::Limit(limit) => (RemedyKind::Policy, format!("let {limit} allow {actions} on `{}` too", key.arn)),
            Obstacle::Key => {
                let both = if key.arn.account() == role.account() { "" } else { ", and so must a policy of the role" };
                let summary = format!("let the policy of the key `{}` allow {actions} to `{role}`{both}", key.arn);
                (RemedyKind::KeyPolicy, summary)
            }
            Obstacle::Role => {
                let summary = format!("add an inline policy to `{who}` that allows {actions} on `{}`", key.arn);
                (RemedyKind::Policy, summary)
            }
        };
        finding = finding.remedy(kind, summary);
    }
    finding
}
