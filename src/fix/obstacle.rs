//! What stands in the way of a change: a statement that refuses, or a limit above an identity, by name.

use schemars::JsonSchema;
use serde::Serialize;

use crate::labeling::reach::Judged;
use crate::policy::Effect;
use crate::policy::layers::Layer;
use crate::policy::reach::Origin;

/// Something that no policy of the identity can help against.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Obstacle {
    /// `identity policy`, `resource's own policy`, `permissions boundary`, `service control policy` …
    pub what: String,
    /// The action that it stops.
    pub action: String,
    /// The policy's name, where one refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The statement that refuses, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<usize>,
    /// Its Sid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}

impl Obstacle {
    /// In one sentence.
    #[must_use]
    pub fn said(&self) -> String {
        let Self { what, action, policy, statement, sid } = self;
        let named = policy.as_ref().map(|policy| format!(" `{policy}`")).unwrap_or_default();
        match statement {
            Some(statement) => {
                let sid = sid.as_ref().map(|sid| format!(", `{sid}`")).unwrap_or_default();
                format!("the {what}{named} refuses {action} in statement {statement}{sid}")
            }
            None => format!("the {what}{named} does not let {action} through"),
        }
    }
}

/// What stops something that is judged.
pub(super) fn obstacles(judged: &Judged) -> Vec<Obstacle> {
    let action = judged.answer.action();
    let mut found = vec![];
    for outcome in judged.answer.outcomes().iter().filter(|outcome| outcome.verdict.is_denial()) {
        for clause in judged.answer.clauses_of(outcome).filter(|c| c.effect == Effect::Deny && !c.open) {
            if let Origin::Statement(reason) = &clause.origin {
                found.push(Obstacle {
                    what: layer(clause.layer).to_owned(),
                    action: action.to_owned(),
                    // What the resource's own is called says no more than what it is.
                    policy: Some(reason.policy.clone()).filter(|_| !matches!(clause.layer, Layer::Resource(_))),
                    statement: Some(reason.statement),
                    sid: reason.sid.clone(),
                });
            }
        }
    }
    if let Some(what) = judged.limit().or(found.is_empty().then_some("a limit above the identity")) {
        found.push(limit(what, action));
    }
    found.sort();
    found.dedup();
    found
}

/// A limit that lets nothing through.
pub(super) fn limit(what: &str, action: &str) -> Obstacle {
    let what = what.trim_start_matches("the ").trim_start_matches("a ");
    Obstacle { what: what.to_owned(), action: action.to_owned(), policy: None, statement: None, sid: None }
}

fn layer(layer: Layer) -> &'static str {
    match layer {
        Layer::Identity => "identity policy",
        Layer::Boundary => "permissions boundary",
        Layer::Session => "session policy",
        Layer::Scp(_) => "service control policy",
        Layer::Rcp => "resource control policy",
        Layer::Endpoint => "endpoint policy",
        Layer::Resource(_) => "resource's own policy",
    }
}
