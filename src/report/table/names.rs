//! How the table calls things: by name instead of by ARN, and several by the shortest way.

use std::collections::BTreeSet;

use crate::arn::Arn;
use crate::evaluation::wording::list;
use crate::finding::Severity;
use crate::report::Report;

/// What several roles are told from.
#[derive(Debug)]
pub struct Names<'r> {
    /// The execution roles.
    roles: BTreeSet<&'r Arn>,
    /// Those that carry each managed policy.
    carrying: Vec<(&'r str, BTreeSet<&'r Arn>)>,
}

impl<'r> Names<'r> {
    /// The names of a report.
    #[must_use]
    pub fn of(report: &'r Report) -> Self {
        let roles = report.execution_roles.iter().map(|role| &role.arn).collect();
        let mut carrying: Vec<(&str, BTreeSet<&Arn>)> = vec![];
        for role in &report.execution_roles {
            for policy in &role.managed_policies {
                match carrying.iter_mut().find(|(known, _)| known == policy) {
                    Some((_, roles)) => drop(roles.insert(&role.arn)),
                    None => carrying.push((policy, [&role.arn].into())),
                }
            }
        }
        Self { roles, carrying }
    }

    /// Each managed policy with the number of roles that carry it.
    pub fn carrying(&self) -> impl Iterator<Item = (&str, usize)> {
        self.carrying.iter().map(|(policy, roles)| (*policy, roles.len()))
    }

    /// Principals: by name, by what they have in common, or counted.
    #[must_use]
    pub fn principals(&self, principals: &[Arn]) -> String {
        let these: BTreeSet<&Arn> = principals.iter().collect();
        let count = these.len();
        let names = || list(these.iter().map(|arn| arn.name()));
        if count <= 1 || !these.is_subset(&self.roles) {
            return if count <= 3 { names() } else { format!("{count} principals") };
        }
        let others: Vec<&str> = self.roles.difference(&these).map(|arn| arn.name()).collect();
        let carried = self.carrying.iter().find(|(_, roles)| *roles == these);
        match (others.as_slice(), carried) {
            ([], _) => format!("the {count} roles"),
            ([one], _) if count > 2 => format!("{count} roles (all but {one})"),
            (_, Some((policy, _))) if count > 2 => format!("{count} roles (with {policy})"),
            _ if count <= 3 => names(),
            _ => format!("{count} roles"),
        }
    }
}

/// A severity as rows have it.
#[must_use]
pub fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Info => "info",
    }
}

/// What kind of thing it is, in a word.
#[must_use]
pub fn kind(arn: &Arn) -> &'static str {
    match (arn.service(), arn.resource().split(['/', ':']).next()) {
        ("s3", _) => "bucket",
        ("lambda", _) => "function",
        ("iam", Some("role")) => "role",
        ("iam", Some("policy")) => "policy",
        ("iam", Some("user")) => "user",
        ("iam", Some("group")) => "group",
        ("sagemaker", Some("labeling-job")) => "labeling job",
        ("sns", _) => "topic",
        ("sqs", _) => "queue",
        ("kms", _) => "key",
        _ => "resource",
    }
}

/// A sentence without the backticks around names that no word could be taken for.
#[must_use]
pub fn spoken(sentence: &str) -> String {
    let mut spoken = String::with_capacity(sentence.len());
    for (n, part) in sentence.split('`').enumerate() {
        let is_name = n % 2 == 1;
        if is_name && is_a_word(part) {
            spoken.extend(["`", part, "`"]);
        } else {
            spoken.push_str(part);
        }
    }
    spoken
}

/// A name as it stands in a line: in backticks, if it could be read as a word.
#[must_use]
pub fn quoted(name: &str) -> String {
    if is_a_word(name) { format!("`{name}`") } else { name.to_owned() }
}

/// Could a name be read as an English word? Not with a digit, a sign or a capital within.
fn is_a_word(name: &str) -> bool {
    let within = name.chars().skip(1);
    !name.is_empty()
        && !name.chars().any(|c| c.is_ascii_digit() || matches!(c, '-' | ':' | '/' | '.' | '*' | '_' | '{' | '+' | '='))
        && !within.clone().any(char::is_uppercase)
}

/// A number with its thousands parted.
#[must_use]
pub fn number(count: usize) -> String {
    let digits = count.to_string();
    let mut parted = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            parted.push(',');
        }
        parted.push(digit);
    }
    parted
}

/// `1 role`, `2 roles`.
#[must_use]
pub fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {what}{plural}", number(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_in_backticks_where_it_could_be_a_word() {
        assert_eq!(
            spoken("group `labeling` has `acme-shops` and `GtRecipe`"),
            "group `labeling` has acme-shops and GtRecipe"
        );
        assert_eq!(quoted("console"), "`console`");
    }

    #[test]
    fn thousands_are_parted() {
        assert_eq!(["1", "999", "1,000", "1,234,567"], [1, 999, 1_000, 1_234_567].map(number)[..]);
    }
}
