//! What the spellings of changes have in common: what is said above each, and how strangers' text stays within its line.

use textwrap::{Options, WordSplitter};

use super::Change;
use crate::arn::Arn;
use crate::report::text::{is_steering, plain};

/// A change, and what there is to say of it.
#[derive(Debug, Clone, Copy)]
pub struct Explained<'a> {
    /// The change.
    pub change: &'a Change,
    /// What it closes and how that was proved, a sentence each: they become comments.
    pub said: &'a [String],
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

/// What stands above a change: what it is, and what was said of it.
pub(super) fn remarks(explained: Explained<'_>) -> Vec<String> {
    let change = explained.change;
    let mut remarks = vec![title(change)];
    remarks.extend(explained.said.iter().cloned());
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
