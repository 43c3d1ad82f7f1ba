//! From what is wanted to changes: whole documents, with all that was there and was not spoken of as it was.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::allowed::{PASS_ROLE, PASSED_TO};
use super::asked::{Asked, Grant, statements};
use super::cure::{Edit, How, Target, Want, Wish};
use super::documents;
use super::{Change, Refused, cors};
use crate::account::{Account, Unknown};
use crate::policy::Document;

/// One change for each target, with what it is asked for.
pub(super) fn draft<'w>(
    account: &Account,
    wants: impl IntoIterator<Item = &'w Want>,
) -> Result<Vec<(Change, Asked)>, Refused> {
    let mut by_target: BTreeMap<&Target, Vec<&Wish>> = BTreeMap::new();
    for want in wants {
        let wishes = by_target.entry(&want.target).or_default();
        if !wishes.contains(&&want.wish) {
            wishes.push(&want.wish);
        }
    }
    by_target.into_iter().map(|(target, wishes)| one(account, target, &wishes)).collect()
}

fn one(account: &Account, target: &Target, wishes: &[&Wish]) -> Result<(Change, Asked), Refused> {
    let mut asked = Asked::default();
    for wish in wishes {
        match wish {
            Wish::Grant(grant) => drop(asked.gains.insert(grant.clone())),
            Wish::Edit(_, gains, losses) => {
                asked.gains.extend(gains.iter().cloned());
                asked.losses.extend(losses.iter().cloned());
            }
            Wish::Rules(_) => {}
        }
    }
    let change = match target {
        Target::Inline(identity, name) => {
            let old = documents::inline(account, identity, name).map_err(unread)?;
            let document = redrafted(old, wishes)?;
            Change::PutInlinePolicy { identity: identity.clone(), name: name.clone(), document }
        }
        Target::Managed(policy) => {
            let document = redrafted(Some(documents::managed(account, policy).map_err(unread)?), wishes)?;
            Change::PutPolicyVersion { policy: policy.clone(), document }
        }
        Target::Trust(role) => {
            let document = redrafted(Some(documents::trust(account, role).map_err(unread)?), wishes)?;
            Change::PutTrustPolicy { role: role.clone(), document }
        }
        Target::Key(key) => {
            let document = redrafted(Some(documents::key_policy(account, key).map_err(unread)?), wishes)?;
            Change::PutKeyPolicy { key: key.clone(), document }
        }
        Target::Cors(bucket) => {
            let rules = documents::bucket(account, bucket).map_err(unread)?.cors.known().map_err(unread)?.clone();
            let needed =
                wishes.iter().filter_map(|wish| if let Wish::Rules(browsers) = wish { Some(*browsers) } else { None });
            Change::PutBucketCors { bucket: bucket.clone(), rules: needed.fold(rules, cors::let_in) }
        }
    };
    Ok((change, asked))
}

#[expect(clippy::needless_pass_by_value, reason = "it is what errors are mapped by")]
fn unread(gap: Unknown) -> Refused {
    Refused(format!("`{}` could not be read ({})", gap.resource(), gap.action()))
}

/// A document with the edits made and the statements added.
fn redrafted(old: Option<&Document>, wishes: &[&Wish]) -> Result<Document, Refused> {
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
    for wish in wishes {
        let Wish::Edit(Edit { statement, how }, ..) = wish else { continue };
        let place = statement.checked_sub(1);
        let edited = place.and_then(|place| list.get_mut(place)).and_then(Value::as_object_mut);
        let edited = edited.ok_or_else(|| Refused(format!("there is no statement {statement} to be changed")))?;
        // What stands beside is a copy of what was there, whatever else is done to it.
        match how {
            How::Beside { .. } => {
                let was = old.and_then(|old| original(old, *statement)).unwrap_or_else(|| edited.clone());
                added.push(Value::Object(beside(was, how)));
            }
            how => edit(edited, how)?,
        }
    }
    list.retain(|statement| !names_nothing(statement));
    let grants = wishes.iter().filter_map(|wish| if let Wish::Grant(grant) = wish { Some(grant) } else { None });
    added.extend(statements(grants.collect::<Vec<&Grant>>()));
    for statement in added {
        if !list.contains(&statement) {
            list.push(statement);
        }
    }
    if let Some(object) = json.as_object_mut() {
        object.insert("Statement".to_owned(), Value::Array(list));
    }
    Document::from_json(json).map_err(|error| Refused(format!("it would be no policy: {error}")))
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

fn edit(statement: &mut Map<String, Value>, how: &How) -> Result<(), Refused> {
    match how {
        How::Without(action) => each(statement, "Action", |named| (!same(named, action)).then(|| named.into())),
        How::Renamed(from, to) => {
            each(statement, "Action", |named| Some(if same(named, from) { (*to).into() } else { named.into() }));
        }
        How::On(arns) => drop(statement.insert("Resource".to_owned(), json!(arns))),
        How::When(when) => return add(statement, when.operator, when.key, &when.value),
        How::Filled(key, value) => {
            let conditions = statement.get_mut("Condition").and_then(Value::as_object_mut).into_iter();
            let keys = conditions.flat_map(Map::values_mut).filter_map(Value::as_object_mut).flat_map(Map::iter_mut);
            for (_, values) in keys.filter(|(named, _)| named.eq_ignore_ascii_case(key)) {
                *values = (*value).into();
            }
        }
        How::WithoutService(service) => {
            if let Some(principals) = statement.get_mut("Principal").and_then(Value::as_object_mut) {
                each(principals, "Service", |named| (named != *service).then(|| named.into()));
                principals.retain(|_, named| named.as_array().is_none_or(|named| !named.is_empty()));
            }
        }
        How::Beside { .. } => {}
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
fn add(statement: &mut Map<String, Value>, operator: &str, key: &str, value: &str) -> Result<(), Refused> {
    let conditions = statement.entry("Condition").or_insert_with(|| json!({})).as_object_mut();
    let keys =
        conditions.and_then(|conditions| conditions.entry(operator).or_insert_with(|| json!({})).as_object_mut());
    let keys = keys.ok_or_else(|| Refused("a condition of the statement is odd".to_owned()))?;
    if keys.keys().any(|named| named.eq_ignore_ascii_case(key)) {
        return Err(Refused(format!("the statement asks for another {key} already")));
    }
    keys.insert(key.to_owned(), value.into());
    Ok(())
}

/// A copy of a statement for some of its actions.
fn beside(mut statement: Map<String, Value>, how: &How) -> Map<String, Value> {
    let How::Beside { actions, on, when, service } = how else { return statement };
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
    if let Some(service) = service {
        statement.insert("Principal".to_owned(), json!({"Service": service}));
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
