//! Which principals the policies of an account's resources tell from others.
//!
//! Two identities with the same policies get the same answer of a resource, unless the resource's own policy, or a grant of a
//! key, names one of them alone.

use std::collections::{BTreeSet, HashMap};

use super::Identity;
use crate::account::{Account, Fact};
use crate::policy::{Document, Pattern, Selection};

/// The condition keys by which a policy names a principal without its `Principal` element.
const KEYS: [&str; 3] = ["aws:principalarn", "aws:userid", "aws:username"];

/// What the policies of resources call principals by, each with a number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NamedPrincipals {
    /// ARNs, names and ids.
    exact: HashMap<String, usize>,
    /// What has a wildcard.
    globs: Vec<(Pattern, usize)>,
    /// Does something name a principal by a variable? Then no two are the same.
    by_variable: bool,
}

/// What distinguishes an identity from others with the same policies: the numbers of what it is called by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Distinction {
    /// These, of all that the policies of resources name.
    Named(Vec<usize>),
    /// Everything: it is like no other.
    Alone(String),
}

impl NamedPrincipals {
    pub(super) fn of(account: &Account) -> Self {
        let mut texts = BTreeSet::new();
        for bucket in account.buckets.known().into_iter().flatten() {
            speaks(&bucket.policy, &mut texts);
        }
        for regional in account.regions.values() {
            for function in regional.functions.known().into_iter().flatten() {
                speaks(&function.policy, &mut texts);
            }
            for key in regional.keys.values().filter_map(|key| key.known().ok()?.as_ref()) {
                key.policy.known().into_iter().for_each(|document| names(document, &mut texts));
                texts.extend(key.grants.known().into_iter().flatten().map(|grant| grant.grantee_principal.clone()));
            }
        }
        let mut named = Self::default();
        // Some operators compare without case, so all are compared so: to take two identities for different is no mistake.
        for (text, number) in texts.into_iter().map(|text| text.to_ascii_lowercase()).zip(0..) {
            match session_of(&text) {
                _ if text.contains("${") => named.by_variable = true,
                Some(role) => drop(named.exact.insert(role.to_owned(), number)),
                None if text.contains(['*', '?']) => named.globs.push((Pattern::new(&text), number)),
                None => drop(named.exact.insert(text, number)),
            }
        }
        named
    }

    pub(super) fn distinction(&self, identity: Identity<'_>) -> Distinction {
        let arn = identity.arn();
        if self.by_variable {
            return Distinction::Alone(arn.to_string());
        }
        let id = match identity {
            Identity::Role(role) => role.id.known().map(|id| [id.clone(), format!("{id}:")].to_vec()),
            Identity::User(user) => user.id.known().map(|id| vec![id.clone()]),
            Identity::Group(_) => Ok(vec![]),
        };
        // Of an id that is not known, any pattern may be meant.
        let called = [arn.to_string(), arn.name().to_owned()];
        let by_ids = self.exact.keys().any(|text| text.starts_with("aroa") || text.starts_with("aida"));
        let mut texts = match id {
            Ok(texts) => texts,
            Err(_) if by_ids || !self.globs.is_empty() => return Distinction::Alone(arn.to_string()),
            Err(_) => vec![],
        };
        texts.extend(called);
        Distinction::Named(self.numbers(&texts))
    }

    fn numbers(&self, texts: &[String]) -> Vec<usize> {
        let texts: Vec<String> = texts.iter().map(|text| text.to_ascii_lowercase()).collect();
        let exact = texts.iter().filter_map(|text| self.exact.get(text).copied());
        let meets =
            |(glob, _): &&(Pattern, usize)| texts.iter().any(|text| glob.matches(text) || glob.meets_below(text));
        let numbers: BTreeSet<usize> =
            exact.chain(self.globs.iter().filter(meets).map(|(_, number)| *number)).collect();
        numbers.into_iter().collect()
    }
}

/// The role of a session's ARN, by name.
fn session_of(text: &str) -> Option<&str> {
    let (_, session) = text.split_once(":assumed-role/")?;
    session.split('/').next().filter(|role| !role.contains(['*', '?']))
}

fn speaks(policy: &Fact<Option<Document>>, texts: &mut BTreeSet<String>) {
    if let Ok(Some(document)) = policy.known() {
        names(document, texts);
    }
}

/// What a document calls principals by: those of its `Principal` elements that are not whole accounts or services, and the
/// values of conditions.
fn names(document: &Document, texts: &mut BTreeSet<String>) {
    for statement in document.statements() {
        let named = statement.principals.iter().flat_map(Selection::named);
        let single = named.filter(|principal| {
            let whole = principal.value == "*" || principal.value.ends_with(":root");
            principal.kind == "AWS" && !whole && principal.value.parse::<u64>().is_err()
        });
        texts.extend(single.map(|principal| principal.value.clone()));
        let of_keys =
            statement.conditions.iter().filter(|condition| KEYS.contains(&condition.key.to_ascii_lowercase().as_str()));
        texts.extend(of_keys.flat_map(|condition| &condition.values).cloned());
    }
}
