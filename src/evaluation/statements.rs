//! The statements that allow just what is wanted, as JSON of a policy.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::goal::Grant;
use super::requirement::{ContextEquals, ResourceSet};

/// What a statement says beside its actions and resources: the condition.
type Under<'g> = (Option<&'g str>, &'g BTreeSet<ContextEquals>);

/// The statements that grant just this: as few as can be, no action on a resource for which it was not asked.
pub(crate) fn statements<'g>(grants: impl IntoIterator<Item = &'g Grant>) -> Vec<Value> {
    let mut actions: BTreeMap<(Under<'g>, &ResourceSet), BTreeSet<&str>> = BTreeMap::new();
    for grant in grants {
        actions.entry(((grant.principal.as_deref(), &grant.when), &grant.on)).or_default().insert(&grant.action);
    }
    let mut resources: BTreeMap<(Under<'g>, BTreeSet<&str>), BTreeSet<String>> = BTreeMap::new();
    for ((under, on), actions) in actions {
        resources.entry((under, actions)).or_default().insert(on.element());
    }
    let statement = |(((principal, when), actions), resources): (_, BTreeSet<String>)| {
        statement(principal, &actions, &resources, when)
    };
    resources.into_iter().map(statement).collect()
}

fn statement(
    principal: Option<&str>,
    actions: &BTreeSet<&str>,
    resources: &BTreeSet<String>,
    when: &BTreeSet<ContextEquals>,
) -> Value {
    let mut statement = Map::new();
    statement.insert("Effect".to_owned(), "Allow".into());
    if let Some(principal) = principal {
        let kind = if principal.starts_with("arn:") { "AWS" } else { "Service" };
        statement.insert("Principal".to_owned(), json!({kind: principal}));
    }
    statement.insert("Action".to_owned(), one_or_many(actions));
    // Trust policies name no resource.
    if !resources.iter().all(String::is_empty) {
        statement.insert("Resource".to_owned(), one_or_many(resources));
    }
    let mut conditions: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    for when in when {
        conditions.entry(when.operator).or_default().insert(when.key, &when.value);
    }
    if !conditions.is_empty() {
        statement.insert("Condition".to_owned(), json!(conditions));
    }
    Value::Object(statement)
}

fn one_or_many<T: serde::Serialize + Ord>(texts: &BTreeSet<T>) -> Value {
    match texts.first() {
        Some(one) if texts.len() == 1 => json!(one),
        _ => json!(texts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_spelled_in_as_few_statements_as_can_be() {
        let get = |on: ResourceSet| Grant::new("s3:GetObject", on);
        let (one, all) = (
            ResourceSet::Exactly("arn:aws:s3:::b/a*b?${x}".to_owned()),
            ResourceSet::Below("arn:aws:s3:::b/out/".to_owned()),
        );
        let grants = [
            get(one),
            get(all.clone()),
            Grant::new("s3:PutObject", all),
            Grant::new("iam:PassRole", ResourceSet::Exactly("r".to_owned())).when("iam:PassedToService", "s"),
        ];
        assert_eq!(
            Value::from(statements(&grants)),
            json!([
                {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/a${*}b${?}${$}{x}"},
                {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::b/out/*"},
                {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "r",
                 "Condition": {"StringEquals": {"iam:PassedToService": "s"}}},
            ])
        );
    }
}
