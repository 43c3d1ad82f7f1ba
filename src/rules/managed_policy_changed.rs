//! `managed-policy-changed`: see its page, `managed_policy_changed.md`.

use std::collections::BTreeSet;

use super::rule::{Check, Checked, Rule, Scale};
use crate::account::{Fact, ManagedPolicy};
use crate::arn::Arn;
use crate::evaluation::wording::{Sentence, list};
use crate::evaluation::{Remedy, RemedyKind};
use crate::finding::{Finding, RuleId, Severity};
use crate::knowledge::limits::Limits;
use crate::knowledge::managed::{self, FULL_ACCESS, GROUND_TRUTH_EXECUTION};

pub(super) const RULE: Rule = Rule {
    id: RuleId::ManagedPolicyChanged,
    summary: "the managed policy's current document is not one this build knows: which limits moved",
    severity: Scale::Always(Severity::Info),
    page: include_str!("managed_policy_changed.md"),
    check: Check::Policy(check),
};

fn check(arn: &Arn, policy: &Fact<ManagedPolicy>) -> Checked {
    let Some(name) = [GROUND_TRUTH_EXECUTION, FULL_ACCESS].into_iter().find(|name| managed::is(arn, name)) else {
        return Ok(None);
    };
    let policy = policy.known()?;
    let live = policy.document.known()?;
    let Some(newest) = managed::newest(name) else { return Ok(None) };
    if managed::versions(name).any(|version| version.document.says_the_same_as(live)) {
        return Ok(None);
    }
    let moved = moved(&Limits::of(name, &newest.document), &Limits::of(name, live));
    let what = if moved.is_empty() { "the documented limits are as they were".to_owned() } else { list(moved) };
    let sentence = Sentence::plain(format!(
        "{} has a text that this gt-audit does not know; the newest that it knows is {}; {what}",
        policy.version, newest.version
    ));
    let summary = Sentence::plain(format!(
        "no change is needed: the audit decides by the text in the account; look for a newer gt-audit, which would know more \
         than {} of {}",
        newest.version, newest.create_date
    ));
    let finding = Finding::new(RULE.id, Severity::Info, None, Some(arn), sentence);
    Ok(Some(finding.fix(Remedy::Advice { kind: RemedyKind::Policy, summary })))
}

/// What the live text grants more and less than the one that is known.
fn moved(known: &Limits, live: &Limits) -> Vec<String> {
    let kinds = [
        ("bucket token", &known.bucket_tokens, &live.bucket_tokens),
        ("object action", &known.object_actions, &live.object_actions),
        ("function token", &known.function_tokens, &live.function_tokens),
        ("topic token", &known.topic_tokens, &live.topic_tokens),
        ("queue token", &known.queue_tokens, &live.queue_tokens),
    ];
    let tags =
        |limits: &Limits| limits.object_tags.iter().map(|t| format!("{}={}", t.key, t.value)).collect::<BTreeSet<_>>();
    let (known_tags, live_tags) = (tags(known), tags(live));
    kinds
        .into_iter()
        .chain([("object tag", &known_tags, &live_tags)])
        .flat_map(|(kind, known, live)| {
            let added = live.difference(known).map(move |item| format!("{kind} `{item}` is new"));
            added.chain(known.difference(live).map(move |item| format!("{kind} `{item}` is gone")))
        })
        .collect()
}
