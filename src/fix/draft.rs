//! From what is wanted to changes: whole documents, with all that was there and was not spoken of as it was.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::actions::{PASS_ROLE, PASSED_TO};
use super::effect::{IntendedEffect, Rejected};
use super::{Change, cors, documents};
use crate::account::{Account, Unknown};
use crate::evaluation::goal::{Edit, EditKind, Goal, Grant, StatementEdit, Target};
use crate::evaluation::statements::statements;
use crate::policy::Document;

/// One change for each target, with what it is asked for.
pub(super) fn draft<'g>(
    account: &Account,
    goals: impl IntoIterator<Item = &'g Goal>,
) -> Result<Vec<(Change, IntendedEffect)>, Rejected> {
    let mut by_target: BTreeMap<&Target, Vec<&Edit>> = BTreeMap::new();
    for goal in goals {
        let edits = by_target.entry(&goal.target).or_default();
        if !edits.contains(&&goal.edit) {
            edits.push(&goal.edit);
        }
    }
    by_target.into_iter().map(|(target, edits)| one(account, target, &edits)).collect()
}

fn one(account: &Account, target: &Target, edits: &[&Edit]) -> Result<(Change, IntendedEffect), Rejected> {
    let mut asked = IntendedEffect::default();
    for edit in edits {
        match edit {
            Edit::Allow(grant) => {
                asked.gains.insert(grant.clone());
            }
            Edit::Statement(_, gains, losses) => {
                asked.gains.extend(gains.iter().cloned());
                asked.losses.extend(losses.iter().cloned());
            }
            Edit::Rules(_) => {}
        }
    }
    let change = match target {
        Target::Inline(identity, name) => {
            let old = documents::inline(account, identity, name).map_err(unread)?;
            let document = redrafted(old, edits)?;
            Change::PutInlinePolicy { identity: identity.clone(), name: name.clone(), document }
        }
        Target::Managed(policy) => {
            let document = redrafted(Some(documents::managed(account, policy).map_err(unread)?), edits)?;
            Change::PutPolicyVersion { policy: policy.clone(), document }
        }
        Target::Trust(role) => {
            let document = redrafted(Some(documents::trust(account, role).map_err(unread)?), edits)?;
            Change::PutTrustPolicy { role: role.clone(), document }
        }
        Target::Key(key) => {
            let document = redrafted(Some(documents::key_policy(account, key).map_err(unread)?), edits)?;
            Change::PutKeyPolicy { key: key.clone(), document }
        }
        Target::Cors(bucket) => {
            let rules = documents::bucket(account, bucket).map_err(unread)?.cors.known().map_err(unread)?.clone();
            let needed =
                edits.iter().filter_map(|edit| if let Edit::Rules(browsers) = edit { Some(*browsers) } else { None });
            Change::PutBucketCors { bucket: bucket.clone(), rules: needed.fold(rules, cors::let_in) }
        }
    };
    Ok((change, asked))
}

#[expect(clippy::needless_pass_by_value, reason = "it is what errors are mapped by")]
fn unread(unknown: Unknown) -> Rejected {
    Rejected(format!("`{}` could not be read ({})", unknown.resource(), unknown.action()))
}

/// A document with the edits made and the statements added.
fn redrafted(old: Option<&Document>, edits: &[&Edit]) -> Result<Document, Rejected> {
    let mut json = match old {
        Some(old) => old.json().clone(),
        None => json!({"Version": "2012-10-17", "Statement": []}),
    };
    let mut list = match json.get_mut("Statement").map(Value::take) {
        Some(Value::Array(list)) => list,
        Some(one) => vec![one],
        None => vec![],
    };
    let mut added = vec![];
    for edit in edits {
        let Edit::Statement(StatementEdit { statement, how }, ..) = edit else { continue };
        let place = statement.checked_sub(1);
        let edited = place.and_then(|place| list.get_mut(place)).and_then(Value::as_object_mut);
        let edited = edited.ok_or_else(|| Rejected(format!("there is no statement {statement} to be changed")))?;
        // What stands beside is a copy of what was there, whatever else is done to it.
        match how {
            EditKind::Beside { .. } => {
                let was = old.and_then(|old| original(old, *statement)).unwrap_or_else(|| edited.clone());
                added.push(Value::Object(beside(was, how)));
            }
            how => edit_statement(edited, how)?,
        }
    }
    list.retain(|statement| !names_nothing(statement));
    let grants = edits.iter().filter_map(|edit| if let Edit::Allow(grant) = edit { Some(grant) } else { None });
    added.extend(statements(grants.collect::<Vec<&Grant>>()));
    for statement in added {
        if !list.contains(&statement) {
            list.push(statement);
        }
    }
    if let Some(object) = json.as_object_mut() {
        object.insert("Statement".to_owned(), Value::Array(list));
    }
    Document::from_json(json).map_err(|error| Rejected(format!("it would be no policy: {error}")))
}

fn original(old: &Document, statement: usize) -> Option<Map<String, Value>> {
    let statements = old.json().get("Statement")?;
    let place = statement.checked_sub(1)?;
    match statements {
        Value::Array(list) => list.get(place)?.as_object().cloned(),
        one => one.as_object().filter(|_| place == 0).cloned(),
    }
}

/// Is an empty list all that is left of its actions or principals?
fn names_nothing(statement: &Value) -> bool {
    let empty =
        |value: &Value| value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty);
    ["Action", "Principal"].iter().any(|element| statement.get(element).is_some_and(empty))
}

fn edit_statement(statement: &mut Map<String, Value>, how: &EditKind) -> Result<(), Rejected> {
    match how {
        EditKind::Without(action) => each(statement, "Action", |named| (!same(named, action)).then(|| named.into())),
        EditKind::Renamed(from, to) => {
            each(statement, "Action", |named| Some(if same(named, from) { (*to).into() } else { named.into() }));
        }
        EditKind::On(arns) => {
            statement.insert("Resource".to_owned(), json!(arns));
        }
        EditKind::When(when) => return add(statement, when.operator, when.key, &when.value),
        EditKind::Filled(key, value) => {
            let conditions = statement.get_mut("Condition").and_then(Value::as_object_mut).into_iter();
            let keys = conditions.flat_map(Map::values_mut).filter_map(Value::as_object_mut).flat_map(Map::iter_mut);
            for (_, values) in keys.filter(|(named, _)| named.eq_ignore_ascii_case(key)) {
                *values = (*value).into();
            }
        }
        EditKind::Beside { .. } => {}
    }
    Ok(())
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Does something with each text of an element; what was one text stays one, if it can.
fn each(statement: &mut Map<String, Value>, element: &str, with: impl Fn(&str) -> Option<String>) {
    let Some(value) = statement.get_mut(element) else { return };
    let texts: Vec<String> = match &*value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).filter_map(with).collect(),
        one => one.as_str().and_then(with).into_iter().collect(),
    };
    let mut distinct = vec![];
    for text in texts {
        if !distinct.contains(&text) {
            distinct.push(text);
        }
    }
    *value = match distinct.as_slice() {
        [only] if !value.is_array() => only.as_str().into(),
        _ => json!(distinct),
    };
}

/// Adds a condition; one about the same key is not touched.
fn add(statement: &mut Map<String, Value>, operator: &str, key: &str, value: &str) -> Result<(), Rejected> {
    let conditions = statement.entry("Condition").or_insert_with(|| json!({})).as_object_mut();
    let keys =
        conditions.and_then(|conditions| conditions.entry(operator).or_insert_with(|| json!({})).as_object_mut());
    let keys = keys.ok_or_else(|| Rejected("a condition of the statement is odd".to_owned()))?;
    if keys.keys().any(|named| named.eq_ignore_ascii_case(key)) {
        return Err(Rejected(format!("the statement asks for another {key} already")));
    }
    keys.insert(key.to_owned(), value.into());
    Ok(())
}

/// A copy of a statement for some of its actions.
fn beside(mut statement: Map<String, Value>, how: &EditKind) -> Map<String, Value> {
    let EditKind::Beside { actions, on, when } = how else { return statement };
    statement.shift_remove("Sid");
    if !actions.is_empty() {
        let actions = if actions.len() == 1 { json!(actions.first()) } else { json!(actions) };
        statement.insert("Action".to_owned(), actions);
    }
    // Requests to do anything else never say to which service a role is passed.
    if !actions.is_empty() && !actions.iter().any(|action| same(action, PASS_ROLE)) {
        never_asked(&mut statement, PASSED_TO);
    }
    if let Some(on) = on {
        let on = if on.len() == 1 { json!(on.first()) } else { json!(on) };
        statement.insert("Resource".to_owned(), on);
    }
    if let Some(when) = when {
        // A key that is asked for already stays as it is.
        add(&mut statement, when.operator, when.key, &when.value).unwrap_or_default();
    }
    statement
}

/// A statement without the conditions on a key.
fn never_asked(statement: &mut Map<String, Value>, key: &str) {
    let Some(conditions) = statement.get_mut("Condition").and_then(Value::as_object_mut) else { return };
    for keys in conditions.values_mut().filter_map(Value::as_object_mut) {
        keys.retain(|named, _| !same(named, key));
    }
    conditions.retain(|_, keys| keys.as_object().is_none_or(|keys| !keys.is_empty()));
    if conditions.is_empty() {
        statement.shift_remove("Condition");
    }
}
