//! Names for resources that have none in the account: made of the names they have there, and each its own.

use std::collections::HashSet;

/// The most that is kept of a name; CloudFormation takes 255 characters.
const LONGEST: usize = 200;

/// The labels given so far.
#[derive(Default)]
pub(super) struct Labels {
    given: HashSet<String>,
}

impl Labels {
    /// `gt_execution_reach`, an identifier in HCL.
    pub(super) fn snake(&mut self, names: &[&str]) -> String {
        let label = words(names).map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_");
        let is_identifier = label.starts_with(|c: char| c.is_ascii_alphabetic());
        self.unique(if is_identifier { label } else { format!("fix_{label}") }, "_")
    }

    /// `GtExecutionReach`, a logical id in CloudFormation.
    pub(super) fn camel(&mut self, names: &[&str]) -> String {
        let label: String = words(names).map(capitalized).collect();
        self.unique(if label.is_empty() { "Fix".to_owned() } else { label }, "X")
    }

    fn unique(&mut self, mut label: String, joint: &str) -> String {
        label.truncate(LONGEST); // ASCII throughout
        let mut unique = label.clone();
        let mut count = 1;
        while !self.given.insert(unique.clone()) {
            count += 1;
            unique = format!("{label}{joint}{count}");
        }
        unique
    }
}

fn words<'a>(names: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    names.iter().flat_map(|name| name.split(|c: char| !c.is_ascii_alphanumeric())).filter(|word| !word.is_empty())
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
