//! A plan for a terminal: what is closed, by which change, what was proved of it, and what stands in the way.
//!
//! Prose is broken at the width; policies are not, so that they can be copied. All text is made plain first.

use serde_json::Value;

use super::proof::PROVED;
use super::{Change, Mend, Plan};
use crate::arn::Arn;
use crate::evaluation::wording;
use crate::report::json::escaped;
use crate::report::text::plain;

/// Narrower than this nothing can be laid out.
const NARROWEST: usize = 40;

/// The plan as text.
#[must_use]
pub fn write(plan: &Plan, width: u16) -> String {
    let page = Page { width: usize::from(width).max(NARROWEST) };
    let mut parts: Vec<String> = plan.mends.iter().map(|mend| page.mend(mend)).collect();
    parts.extend((!plan.notes.is_empty()).then(|| plan.notes.iter().map(|note| page.line("", "", note)).collect()));
    parts.extend(incomplete(plan).map(|says| page.line("", "  ", &says)));
    parts.push(page.line("", "", &summary(plan)));
    parts.join("\n")
}

struct Page {
    width: usize,
}

impl Page {
    fn mend(&self, mend: &Mend) -> String {
        let mut text = self.line("", "", &title(mend));
        for meant in &mend.findings {
            text += &self.line("  - ", "    ", &format!("{} {}: {}", meant.id, meant.rule, meant.message));
        }
        for change in &mend.changes {
            text += &self.line("  ", "  ", &format!("{}:", said(change)));
            text += &indented(&contents(change));
        }
        if !mend.closed_by.is_empty() {
            let by: Vec<String> = mend.closed_by.iter().map(|arn| format!("`{}`", arn.name())).collect();
            text += &self.line("  ", "    ", &format!("closed by the changes of {} together", by.join(", ")));
        }
        if let Some(proof) = &mend.proof {
            text += &self.line("  ", "    ", PROVED);
            if !proof.also_closes.is_empty() {
                text += &self.line("    ", "    ", &format!("it closes {} too", proof.also_closes.join(", ")));
            }
            if !proof.closes_in_part.is_empty() {
                let ids = proof.closes_in_part.join(", ");
                text += &self.line("    ", "    ", &format!("{ids} still stands for other principals"));
            }
            let lines: &[String] = if mend.changes.is_empty() { &[] } else { &proof.allowed };
            for allowed in lines {
                text += &self.line("    - ", "      ", allowed);
            }
        }
        if mend.changes.is_empty() && mend.closed_by.is_empty() {
            for (reason, which) in wording::reasons(&mend.causes).iter().zip(0..) {
                let first = if which == 0 { "  because: " } else { "           " };
                text += &self.line(first, "           ", reason);
            }
        }
        for gap in &mend.unknown {
            let unknown = format!("{}, {}: {}", gap.resource, gap.action, gap.message);
            text += &self.line("  not known: ", "    ", &unknown);
        }
        if let Some(why) = &mend.no_change {
            text += &self.line("  no proved change: ", "    ", why);
        }
        for advice in &mend.advice {
            text += &self.line("  → ", "    ", advice);
        }
        text
    }

    fn line(&self, first: &str, rest: &str, text: &str) -> String {
        let options = textwrap::Options::new(self.width)
            .initial_indent(first)
            .subsequent_indent(rest)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        textwrap::fill(&plain(text), &options) + "\n"
    }
}

/// Whom and what it is about, by name.
fn title(mend: &Mend) -> String {
    let named = |arn: &Option<Arn>| arn.as_ref().map(Arn::name).map(str::to_owned);
    let (principal, resource) = (named(&mend.principal), named(&mend.resource));
    let about = match (principal, resource) {
        (Some(principal), Some(resource)) if principal != resource => format!("{principal}, {resource}"),
        (Some(one), _) | (None, Some(one)) => one,
        (None, None) => "several".to_owned(),
    };
    match mend.findings.len() {
        1 => format!("{about}: 1 finding"),
        many => format!("{about}: {many} findings"),
    }
}

/// What a change puts where.
fn said(change: &Change) -> String {
    match change {
        Change::PutInlinePolicy { identity, name, .. } => format!("inline policy `{name}` of {identity}"),
        Change::PutPolicyVersion { policy, .. } => format!("default version of {policy}"),
        Change::PutTrustPolicy { role, .. } => format!("trust policy of {role}"),
        Change::PutBucketCors { bucket, .. } => format!("CORS rules of {bucket}"),
        Change::PutKeyPolicy { key, .. } => format!("key policy of {key}"),
    }
}

fn contents(change: &Change) -> Value {
    match change {
        Change::PutInlinePolicy { document, .. }
        | Change::PutPolicyVersion { document, .. }
        | Change::PutTrustPolicy { document, .. }
        | Change::PutKeyPolicy { document, .. } => document.json().clone(),
        // INVARIANT: rules are texts and numbers.
        Change::PutBucketCors { rules, .. } => serde_json::json!({"CORSRules": rules}),
    }
}

fn indented(json: &Value) -> String {
    // INVARIANT: a value has no key that is no text.
    let text = serde_json::to_string_pretty(json).unwrap_or_default();
    escaped(&text).lines().flat_map(|line| ["    ", line, "\n"]).collect()
}

fn summary(plan: &Plan) -> String {
    let of = |offered: bool| {
        let mends = plan.mends.iter().filter(|mend| mend.proof.is_some() == offered);
        mends.map(|mend| mend.findings.len()).sum::<usize>()
    };
    let changes: usize = plan.mends.iter().map(|mend| mend.changes.len()).sum();
    let (changes, closed) = (counted(changes, "change"), counted(of(true), "finding"));
    format!(
        "{changes} would close {closed}; {} without a proved change; nothing was changed",
        counted(of(false), "finding")
    )
}

/// What a plan may lack, where the audit lacks facts.
fn incomplete(plan: &Plan) -> Option<String> {
    let facts = (plan.missing_facts > 0).then(|| counted(plan.missing_facts, "fact"))?;
    Some(format!(
        "incomplete: {facts} could not be read or decided, and there may be more findings (gt-audit says which)"
    ))
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
