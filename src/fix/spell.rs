//! Changes, spelled for the tools that people put them in place with.
//!
//! Knows the three forms, what is said above each change, and how strangers' text stays within its line. Nothing is
//! looked up and nothing is run: a form is text alone.

use textwrap::{Options, WordSplitter};

use super::{Change, Mend, Plan, cli, cloudformation, terraform};
use crate::arn::Arn;
use crate::policy::Document;
use crate::report::text::{is_steering, plain};

/// What a change is spelled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A POSIX shell script for the AWS CLI, one command a change.
    Cli,
    /// Resources of Terraform's AWS provider, as `terraform fmt` leaves them.
    Terraform,
    /// A template in YAML.
    CloudFormation,
}

/// A change, and what there is to say of it.
#[derive(Debug, Clone, Copy)]
pub struct Explained<'a> {
    /// The change.
    pub change: &'a Change,
    /// What it closes and how that was proved, a sentence each: they become comments.
    pub said: &'a [String],
}

/// The changes in one form, in their order. Nothing in a name or a policy can leave the place it is written to.
#[must_use]
pub fn spell(form: Form, changes: &[Explained<'_>]) -> String {
    match form {
        Form::Cli => cli::write(changes),
        Form::Terraform => terraform::write(changes),
        Form::CloudFormation => cloudformation::write(changes),
    }
}

/// The changes of a plan in one form, each with the findings that it closes and what was proved.
#[must_use]
pub fn plan(form: Form, plan: &Plan) -> String {
    let said: Vec<Vec<String>> = plan.mends.iter().map(said).collect();
    let changes: Vec<Explained<'_>> = plan
        .mends
        .iter()
        .zip(&said)
        .flat_map(|(mend, said)| mend.changes.iter().map(move |change| Explained { change, said }))
        .collect();
    let left: usize = plan.mends.iter().filter(|mend| mend.proof.is_none()).map(|mend| mend.findings.len()).sum();
    let left = match left {
        0 => String::new(),
        1 => "\n# 1 finding has no proved change: `gt-audit fix` says why\n".to_owned(),
        many => format!("\n# {many} findings have no proved change: `gt-audit fix` says why\n"),
    };
    spell(form, &changes) + &left
}

fn said(mend: &Mend) -> Vec<String> {
    let closes = mend.findings.iter().map(|meant| format!("closes {} {}: {}", meant.id, meant.rule, meant.message));
    let proved = mend.proof.iter().flat_map(|proof| {
        let (before, after) = (proof.findings_before, proof.findings_after);
        let audit = format!("proved: the audit has {before} findings now and {after} with this, none of them new");
        std::iter::once(audit).chain(proof.allowed.iter().cloned())
    });
    closes.chain(proved).collect()
}

/// Whom an inline policy is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    Role,
    User,
    Group,
}

impl Holder {
    pub(super) fn of(identity: &Arn) -> Option<Self> {
        match (identity.service(), identity.resource().split_once('/')?.0) {
            ("iam", "role") => Some(Self::Role),
            ("iam", "user") => Some(Self::User),
            ("iam", "group") => Some(Self::Group),
            _ => None,
        }
    }
}

/// What stands above a change: what it is, what was said of it, and whether AWS would take a text of its size.
pub(super) fn remarks(explained: Explained<'_>) -> Vec<String> {
    let change = explained.change;
    let mut remarks = vec![title(change)];
    remarks.extend(explained.said.iter().cloned());
    remarks.extend(oversize(change));
    remarks
}

fn title(change: &Change) -> String {
    let resource = change.resource();
    match change {
        Change::PutInlinePolicy { name, .. } => format!("inline policy `{name}` of {resource}"),
        Change::PutPolicyVersion { .. } => format!("a new default version of {resource}"),
        Change::PutTrustPolicy { .. } => format!("trust policy of {resource}"),
        Change::PutBucketCors { .. } => format!("CORS configuration of {resource}"),
        Change::PutKeyPolicy { .. } => format!("key policy of {resource}"),
    }
}

/// Why a change has no spelling, for an identity that can hold no inline policy.
pub(super) fn not_a_holder(identity: &Arn) -> String {
    format!("left out: `{identity}` is no role, user or group")
}

/// What to know where AWS would refuse a text for its size. Quotas in characters without white space:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html> (2026-11-22).
fn oversize(change: &Change) -> Option<String> {
    let (document, quota, whose) = match change {
        Change::PutInlinePolicy { identity, document, .. } => {
            let (quota, whose) = match Holder::of(identity)? {
                Holder::Role => (10_240, "all inline policies of a role together"),
                Holder::User => (2_048, "all inline policies of a user together"),
                Holder::Group => (5_120, "all inline policies of a group together"),
            };
            (document, quota, whose)
        }
        Change::PutPolicyVersion { document, .. } => (document, 6_144, "a managed policy"),
        Change::PutTrustPolicy { document, .. } => (document, 2_048, "a trust policy, unless its quota was raised"),
        Change::PutBucketCors { .. } | Change::PutKeyPolicy { .. } => return None,
    };
    let size = size(document);
    (size > quota)
        .then(|| format!("WARNING: AWS will refuse these {size} characters, {quota} are the most for {whose}"))
}

fn size(document: &Document) -> usize {
    document.json().to_string().chars().filter(|c| !c.is_whitespace()).count()
}

/// The remarks as comments, each line of them behind its own `#`.
pub(super) fn comments<S: AsRef<str>>(remarks: &[S]) -> Vec<String> {
    // ARNs are for copying: they are broken nowhere.
    let options = Options::new(100).break_words(false).word_splitter(WordSplitter::NoHyphenation);
    let mut lines = vec![];
    for remark in remarks {
        let remark = plain(remark.as_ref());
        lines.extend(textwrap::wrap(&remark, &options).iter().map(|line| format!("# {line}").trim_end().to_owned()));
    }
    lines
}

/// A text with the escapes that HCL and YAML have in common, without its quotes.
pub(super) fn escaped(text: &str, shown: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => escaped.extend(['\\', c]),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            _ if is_shown(c) && shown(c) => escaped.push(c),
            _ if u32::from(c) > 0xffff => escaped.extend(format!("\\U{:08x}", u32::from(c)).chars()),
            _ => escaped.extend(format!("\\u{:04x}", u32::from(c)).chars()),
        }
    }
    escaped
}

/// May this character be written as it is, in a text that people and parsers read?
pub(super) fn is_shown(c: char) -> bool {
    !is_steering(c) && !matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// Lines, each moved to the right.
pub(super) fn indented(lines: impl IntoIterator<Item = String>) -> impl Iterator<Item = String> {
    lines.into_iter().map(|line| if line.is_empty() { line } else { format!("  {line}") })
}

/// Lines as a text that ends with a line break.
pub(super) fn text(lines: Vec<String>) -> String {
    lines.into_iter().map(|line| line + "\n").collect()
}
