//! Records of `CloudTrail`, whole and in pieces.
//!
//! Knows which fields of a record name the principal, the action and the resource (`CloudTrail` User Guide, record
//! contents, 2026-11). A piece of a record is no JSON, and a record may stand within a string of another: so that fields
//! are found by their names, and records by the brackets around them. What the error message says has never been heard
//! of here.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::denial::Printed;
use super::sighting::Facts;
use super::text::Text;
use crate::knowledge::messages;

/// A record, with its place in the squeezed text.
pub(super) struct Record {
    pub(super) range: Range<usize>,
    pub(super) facts: Facts,
}

/// Brackets, and the fields that are read with the text they hold.
#[expect(clippy::expect_used, reason = "the pattern is part of the program, and every test reads it")]
static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"[{}]|"([A-Za-z_-]{1,40})"[ \t\n]{0,40}:[ \t\n]{0,40}(?:"((?:[^"\n{][^"\n]{0,1200})?)"|(\{))?"#)
        .expect("a pattern")
});

/// An object that is being read.
#[derive(Default)]
struct Object<'t> {
    name: &'t str,
    start: usize,
    fields: Vec<(&'t str, &'t str)>,
    /// Fields of the objects within, by the names of both.
    inner: Vec<(&'t str, &'t str, &'t str)>,
}

/// Objects within each other, at most; deeper ones are no records.
const DEEPEST: usize = 64;

/// The records of a text.
pub(super) fn records(text: &Text) -> Vec<Record> {
    if !text.squeezed().contains("\"errorcode\":") && !text.squeezed().contains("\"eventname\":") {
        return vec![];
    }
    let (mut open, mut found) = (vec![Object::default()], vec![]);
    for token in TOKEN.captures_iter(text.clean()) {
        let Some(whole) = token.get(0) else { continue };
        let field = token.get(1).map_or("", |name| name.as_str());
        match (whole.as_str(), token.get(2)) {
            ("}", _) => close(text, &mut open, whole.end(), &mut found),
            (_, Some(value)) => {
                if let Some(object) = open.last_mut() {
                    object.fields.push((field, value.as_str()));
                }
            }
            ("{", None) => open.push(Object { start: whole.start(), ..Object::default() }),
            _ if token.get(3).is_some() => open.push(Object { name: field, start: whole.start(), ..Object::default() }),
            _ => {}
        }
        if open.len() > DEEPEST {
            open.remove(1);
        }
    }
    while !open.is_empty() {
        close(text, &mut open, text.clean().len(), &mut found);
    }
    found
}

/// Closes the innermost object: it is a record, or what it holds is the outer one's.
fn close(text: &Text, open: &mut Vec<Object<'_>>, end: usize, found: &mut Vec<Record>) {
    let Some(object) = open.pop() else { return };
    if let Some(facts) = facts(&object) {
        let range = text.squeezed_from(object.start)..text.squeezed_from(end);
        found.push(Record { range, facts });
    } else if let Some(outer) = open.last_mut() {
        outer.inner.extend(object.fields.iter().map(|(field, value)| (object.name, *field, *value)));
        outer.inner.extend(object.inner);
        outer.inner.truncate(MOST_FIELDS);
    }
    if open.is_empty() && end < text.clean().len() {
        open.push(Object { start: end, ..Object::default() });
    }
}

/// Fields of a record that are kept.
const MOST_FIELDS: usize = 200;

/// What a record says, if the object is one of a call that failed.
fn facts(object: &Object<'_>) -> Option<Facts> {
    let own = |name: &str| object.fields.iter().find(|(field, _)| *field == name).map(|(_, value)| *value);
    let code = own("errorCode")?;
    if own("eventName").is_none() && own("errorMessage").is_none() {
        return None;
    }
    let inner = |outer: &str, name: &str| {
        let found = object.inner.iter().find(|(of, field, _)| *of == outer && *field == name);
        found.map(|(_, _, value)| *value)
    };
    Some(Facts {
        principal: inner("userIdentity", "arn").or_else(|| inner("userIdentity", "invokedBy")).and_then(Printed::new),
        role: inner("sessionIssuer", "arn").map(str::to_owned),
        operation: own("eventName").map(str::to_owned),
        speaker: own("eventSource").and_then(messages::prefix),
        code: Some(code.to_owned()),
        region: own("awsRegion").map(str::to_owned),
        object: resource(object),
        ..Facts::default()
    })
}

/// What the call was about, by its parameters.
fn resource(object: &Object<'_>) -> Option<Printed> {
    let parameter = |name: &str| {
        let of = object.inner.iter().find(|(of, field, _)| *of == "requestParameters" && *field == name);
        of.map(|(_, _, value)| *value)
    };
    if let Some(bucket) = parameter("bucketName") {
        let key = parameter("key").map_or(String::new(), |key| format!("/{key}"));
        return Printed::new(&format!("arn:aws:s3:::{bucket}{key}"));
    }
    let named = ["roleArn", "functionName", "keyId", "topicArn", "queueUrl", "workteamArn", "resourceArn", "secretId"];
    named.iter().find_map(|name| parameter(name)).and_then(Printed::new)
}
