//! The laws of the policy engine, held by random requests; among them that the second evaluator decides the same.
//!
//! Everything goes through the answer to a line of `gt-audit simulate`, so that nothing here knows how the engine works.

use std::collections::BTreeSet;

use gt_audit::commands::simulate;
use serde_json::{Map, Value, json};

use crate::accounts::read;
use crate::second::{self, Decision, list, texts};
use crate::worlds::some_lines;

fn answered(line: &Value) -> Value {
    serde_json::from_str(&simulate::answer(line.to_string().as_bytes()).0).unwrap()
}

fn decision(line: &Value) -> String {
    answered(line)["decision"].as_str().unwrap_or("error").to_owned()
}

/// Holds a law by so many lines. `breaks` says how a line breaks it. The line that is shown is as small as can be.
fn law(cases: usize, breaks: impl Fn(&Value) -> Option<String>) {
    for line in some_lines(cases) {
        assert_ne!(decision(&line), "error", "{line}");
        if breaks(&line).is_some() {
            let still =
                |line: &Value| decision(line) != "error" && line["principal"].is_string() && breaks(line).is_some();
            let line = smallest(line, &still);
            panic!("{}\n{line}\nanswer: {}", breaks(&line).unwrap(), answered(&line));
        }
    }
}

/// What remains of a line when everything is taken away that it does not need to fail.
fn smallest(mut line: Value, fails: &dyn Fn(&Value) -> bool) -> Value {
    while let Some(smaller) = smaller(&line).into_iter().find(fails) {
        line = smaller;
    }
    line
}

/// Every value that is the same but for one part: gone, or the only one of its list.
fn smaller(value: &Value) -> Vec<Value> {
    let mut all = vec![];
    match value {
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                all.push(items.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, item)| item.clone()).collect());
                all.extend(smaller(item).into_iter().map(|item| {
                    let mut items = items.clone();
                    items[i] = item;
                    Value::Array(items)
                }));
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let mut without = fields.clone();
                without.shift_remove(name);
                all.push(Value::Object(without));
                all.extend(smaller(field).into_iter().map(|field| {
                    let mut fields = fields.clone();
                    fields[name] = field;
                    Value::Object(fields)
                }));
            }
        }
        _ => {}
    }
    all
}

/// The line after a change.
fn with(line: &Value, change: impl FnOnce(&mut Map<String, Value>)) -> Value {
    let mut line = line.clone();
    change(line.as_object_mut().unwrap());
    line
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Allowed => "allowed",
        Decision::ImplicitDeny => "implicitDeny",
        Decision::ExplicitDeny => "explicitDeny",
    }
}

#[test]
fn the_second_evaluator_decides_the_worked_cases_as_expected() {
    for file in ["iam-decisions.jsonl", "managed-policy-decisions.jsonl"] {
        for line in read(format!("tests/vectors/{file}")).lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!(second::decide(&line).map(word), line["expect"].as_str(), "{line}");
        }
    }
}

#[test]
fn the_random_lines_are_of_all_kinds() {
    let lines: Vec<Value> = some_lines(2_000).collect();
    for kind in ["allowed", "implicitDeny", "explicitDeny", "conditional"] {
        let found = lines.iter().filter(|line| decision(line) == kind).count();
        assert!(found * 20 >= lines.len(), "{found} of {} are {kind}", lines.len());
    }
    let known: Vec<Value> = lines.iter().map(|line| with(line, |line| drop(line.remove("unknownContext")))).collect();
    let documented = known.iter().filter(|line| second::decide(line).is_some()).count();
    assert!(documented * 4 >= known.len() * 3, "{documented} of {} are documented", known.len());
}

#[test]
fn the_engine_decides_as_the_second_evaluator() {
    law(10_000, |line| {
        let line = with(line, |line| drop(line.remove("unknownContext")));
        let expected = word(second::decide(&line)?);
        let decided = decision(&line);
        (decided != expected).then(|| format!("expected {expected}, the engine says {decided}"))
    });
}

#[test]
fn every_completion_of_unknown_keys_lies_within_the_verdict() {
    law(10_000, |line| {
        let answer = answered(line);
        let verdict = answer["decision"].as_str()?;
        // A layer is missing however the unknown turns out.
        let denied = !list(&answer["missing"]).is_empty();
        if verdict == "conditional" && !denied {
            return None;
        }
        completions(line).into_iter().find_map(|line| {
            let second = second::decide(&line).map(word);
            let engine = decision(&line);
            let strange = |decided: &str| match verdict {
                "conditional" => decided == "allowed",
                definite => decided != definite,
            };
            let strange = second.is_some_and(strange) || strange(&engine);
            strange.then(|| format!("{verdict}, but with {}: engine {engine}, second {second:?}", line["context"]))
        })
    });
}

/// The lines in which nothing is unknown: every unknown key absent, or with each value that a policy names, or with what
/// no policy names.
fn completions(line: &Value) -> Vec<Value> {
    let unknown = texts(&line["unknownContext"]);
    let mut lines = vec![with(line, |line| {
        line.remove("unknownContext");
        line.remove("notes");
    })];
    for key in &unknown {
        let mut values = BTreeSet::from(["stranger".to_owned()]);
        values_of(&lines[0], &key.to_lowercase(), &mut values);
        if lines[0].to_string().to_lowercase().contains(&format!("${{{}", key.to_lowercase())) {
            // What the variable stands for.
            values.extend(["a".to_owned(), "ab".to_owned()]);
        }
        let mut completions: Vec<Value> = values.into_iter().map(|value| json!([value])).collect();
        if key == "aws:TagKeys" {
            completions.extend([json!([]), json!(["a", "stranger"])]);
        }
        let set = |line: &Value, value: &Value| {
            let mut line = line.clone();
            line["context"][key] = value.clone();
            line
        };
        let known = lines.iter().flat_map(|line| completions.iter().map(|value| set(line, value)));
        lines = known.chain(lines.iter().cloned()).collect();
    }
    lines
}

/// What the policies compare a key with.
fn values_of(json: &Value, key: &str, values: &mut BTreeSet<String>) {
    match json {
        Value::Object(fields) => {
            for (name, field) in fields {
                if name.to_lowercase() == key {
                    values.extend(texts(field));
                }
                values_of(field, key, values);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| values_of(item, key, values)),
        _ => {}
    }
}

#[test]
fn order_is_irrelevant() {
    law(2_000, |line| {
        let (verdict, reordered) = (decision(line), decision(&reversed(line)));
        (verdict != reordered).then(|| format!("{verdict}, but in another order {reordered}"))
    });
}

/// With all lists and all fields the other way round.
fn reversed(json: &Value) -> Value {
    match json {
        Value::Array(items) => items.iter().rev().map(reversed).collect(),
        Value::Object(fields) => fields.iter().rev().map(|(name, field)| (name.clone(), reversed(field))).collect(),
        other => other.clone(),
    }
}

/// The documents of a line: where they stand (a JSON pointer), and what the engine calls them.
fn documents(line: &Value) -> Vec<(String, String)> {
    let mut all = vec![];
    for (i, _) in list(&line["identityPolicies"]).iter().enumerate() {
        all.push((format!("/identityPolicies/{i}"), format!("identityPolicies[{i}]")));
    }
    let mut rcps = 0;
    for field in ["scps", "rcps"] {
        for (level, documents) in list(&line[field]).into_iter().enumerate() {
            for (i, _) in list(documents).iter().enumerate() {
                let name = if field == "scps" { format!("scps[{level}][{i}]") } else { format!("rcps[{rcps}]") };
                rcps += usize::from(field == "rcps");
                all.push((format!("/{field}/{level}/{i}"), name));
            }
        }
    }
    for field in ["boundary", "sessionPolicy", "resourcePolicy", "endpointPolicy"] {
        if !line[field].is_null() {
            all.push((format!("/{field}"), field.to_owned()));
        }
    }
    all
}

#[test]
fn an_allow_never_takes_away_and_a_deny_never_gives() {
    law(2_000, |line| {
        let before = decision(line);
        for (place, name) in documents(line) {
            for effect in ["Allow", "Deny"] {
                let own = if place.ends_with("Policy") && !place.starts_with("/session") { "resource" } else { "own" };
                let mut statement = line["notes"][own].clone();
                if !statement.is_object() {
                    continue;
                }
                statement["Effect"] = effect.into();
                let mut line = line.clone();
                let document = line.pointer_mut(&place).unwrap();
                let statements = list(&document["Statement"]).into_iter().cloned().chain([statement]).collect();
                document["Statement"] = statements;
                let after = decision(&line);
                if !lawful(effect, &before, &after) {
                    return Some(format!("{before}, but with one {effect} more in {name} {after}"));
                }
            }
        }
        None
    });
}

/// May a statement more of this effect lead from the one decision to the other?
fn lawful(effect: &str, before: &str, after: &str) -> bool {
    match (effect, before) {
        ("Allow", "allowed") | ("Deny", "explicitDeny") => after == before,
        ("Allow", "conditional") => after == "conditional" || after == "allowed",
        ("Allow", "implicitDeny") => after != "explicitDeny",
        ("Allow", _) => after == "explicitDeny",
        (_, "conditional") => after == "conditional" || after == "explicitDeny",
        (_, "implicitDeny") => after != "allowed",
        _ => true,
    }
}

#[test]
fn the_named_statements_alone_decide_the_same() {
    law(2_000, |line| {
        let answer = answered(line);
        let alone = decision(&only_named(line, &answer));
        (answer["decision"] != *alone).then(|| format!("by the named statements alone {alone}"))
    });
}

/// The line with those statements, and those grants, that the answer names; documents stay, if empty.
fn only_named(line: &Value, answer: &Value) -> Value {
    let named = |policy: &str, statement: usize| {
        list(&answer["because"]).iter().any(|r| r["policy"] == policy && r["statement"] == statement)
    };
    let mut line = line.clone();
    for (place, name) in documents(&line) {
        let document = line.pointer_mut(&place).unwrap();
        let statements = list(&document["Statement"]).into_iter().cloned().zip(1..);
        document["Statement"] = statements.filter(|(_, number)| named(&name, *number)).map(|(s, _)| s).collect();
    }
    if let Some(grants) = line["grants"].as_array() {
        let by_grant = |i: usize| list(&answer["because"]).iter().any(|r| r["policy"] == format!("grants[{i}]"));
        line["grants"] =
            grants.iter().enumerate().filter(|(i, _)| by_grant(*i)).map(|(_, grant)| grant.clone()).collect();
    }
    line
}

#[test]
fn what_is_missing_is_said_where_nothing_allows() {
    law(2_000, |line| {
        let answer = answered(line);
        let (decision, missing) = (answer["decision"].as_str()?, list(&answer["missing"]).len());
        let lawful = match decision {
            "implicitDeny" => missing > 0,
            "conditional" => true,
            _ => missing == 0,
        };
        (!lawful).then(|| format!("{missing} layers are missing"))
    });
}
