//! Changes as a shell script of AWS CLI commands.
//!
//! Each command stands for itself: no variable, no file, and everything a stranger may have written quoted for a POSIX
//! shell.

use serde_json::{Value, json};

use super::Change;
use super::spelling::{Explained, Holder, comments, is_shown, not_a_holder, remarks, text};
use crate::account::CorsRule;

const HEAD: [&str; 3] = [
    "AWS CLI commands from gt-audit, which has applied none of them.",
    "Each stands for itself and puts a whole text in place: what is there now is replaced.",
    "Run them with credentials of the account that the ARNs name.",
];

const VERSIONS: &str = "a managed policy has at most five versions: where there are five, `aws iam delete-policy-version` \
                        one that is not the default first";

pub(super) fn write(changes: &[Explained<'_>]) -> String {
    let mut lines = vec!["#!/bin/sh".to_owned()];
    lines.extend(comments(&HEAD));
    lines.push("set -eu".to_owned());
    for explained in changes {
        let mut remarks = remarks(*explained);
        if let Change::PutPolicyVersion { .. } = explained.change {
            remarks.push(VERSIONS.to_owned());
        }
        let command = Command::of(explained.change).and_then(Command::spelled);
        let command = command.unwrap_or_else(|why| {
            remarks.push(why);
            vec![]
        });
        lines.push(String::new());
        lines.extend(comments(&remarks));
        lines.extend(command);
    }
    text(lines)
}

/// `aws NAME --OPTION VALUE …`
struct Command<'a> {
    name: &'static str,
    options: Vec<(&'static str, Option<&'a str>)>,
    document: (&'static str, Value),
}

impl<'a> Command<'a> {
    fn of(change: &'a Change) -> Result<Self, String> {
        Ok(match change {
            Change::PutInlinePolicy { identity, name, document } => {
                let (command, whose) = match Holder::of(identity).ok_or_else(|| not_a_holder(identity))? {
                    Holder::Role => ("iam put-role-policy", "--role-name"),
                    Holder::User => ("iam put-user-policy", "--user-name"),
                    Holder::Group => ("iam put-group-policy", "--group-name"),
                };
                Self {
                    name: command,
                    options: vec![(whose, Some(identity.name())), ("--policy-name", Some(name))],
                    document: ("--policy-document", document.json().clone()),
                }
            }
            Change::PutPolicyVersion { policy, document } => Self {
                name: "iam create-policy-version",
                options: vec![("--policy-arn", Some(policy.as_str())), ("--set-as-default", None)],
                document: ("--policy-document", document.json().clone()),
            },
            Change::PutTrustPolicy { role, document } => Self {
                name: "iam update-assume-role-policy",
                options: vec![("--role-name", Some(role.name()))],
                document: ("--policy-document", document.json().clone()),
            },
            Change::PutBucketCors { bucket, rules } => Self {
                name: "s3api put-bucket-cors",
                options: vec![("--bucket", Some(bucket.name()))],
                document: ("--cors-configuration", json!({ "CORSRules": rules.iter().map(rule).collect::<Vec<_>>() })),
            },
            Change::PutKeyPolicy { key, document } => Self {
                name: "kms put-key-policy",
                options: vec![
                    ("--region", Some(key.region())),
                    ("--key-id", Some(key.name())),
                    ("--policy-name", Some("default")),
                ],
                document: ("--policy", document.json().clone()),
            },
        })
    }

    /// The command's lines; or why there are none: a shell has no safe way to write a control character.
    fn spelled(self) -> Result<Vec<String>, String> {
        let mut lines = vec![format!("aws {} \\", self.name)];
        for (option, value) in self.options {
            let word = match value {
                None => option.to_owned(),
                Some(value) if !value.chars().all(is_shown) => {
                    return Err(format!("left out: `{value}` has characters that no name in AWS has"));
                }
                // Else it would be taken for an option itself.
                Some(value) if value.starts_with('-') => format!("{option}={}", quoted(value)),
                Some(value) => format!("{option} {}", quoted(value)),
            };
            lines.push(format!("  {word} \\"));
        }
        let (option, document) = self.document;
        let document = quoted(&visible(&format!("{document:#}")));
        lines.extend(format!("  {option} {document}").lines().map(str::to_owned));
        Ok(lines)
    }
}

/// A rule as the API takes it, without the lists that are empty.
fn rule(rule: &CorsRule) -> Value {
    let mut rule = json!(rule);
    if let Some(fields) = rule.as_object_mut() {
        fields.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
    }
    rule
}

/// JSON of the same meaning in which nothing steers a terminal.
fn visible(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        // Outside its strings JSON has no such character but the line break, and within them none is a line break.
        if c == '\n' || is_shown(c) {
            safe.push(c);
        } else {
            let mut units = [0; 2];
            safe.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    safe
}

/// A text as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,".contains(c);
    if !text.is_empty() && text.chars().all(is_safe) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
