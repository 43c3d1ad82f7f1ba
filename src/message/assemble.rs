//! Puts the pieces of messages together.
//!
//! Knows which pieces are one message: wrappers, then the text, then wrappers, close to each other; and all within a
//! record. Knows what follows from an operation and a code where no text says it. How pieces are found has never been
//! heard of here.

use std::ops::Range;

use super::cautions::cautions;
use super::denial::{Action, ActionFrom, Denial};
use super::record::Record;
use super::sighting::{Body, Facts, Part, Sighting};
use super::text::Text;
use crate::knowledge::actions;
use crate::knowledge::messages::{self, Kind};

/// Bytes between two wrappers before a text, and between a wrapper and the text, at most.
const BEFORE: usize = 400;

/// Bytes between two wrappers before a text that name the same thing, at most: a code and its sentence.
const BETWEEN_LEADS: usize = 160;

/// Bytes between a text and what stands behind it, at most.
const BEHIND: usize = 200;

/// Pieces that are one message.
#[derive(Default)]
struct Cluster {
    range: Range<usize>,
    facts: Facts,
    body: Option<Body>,
    trailed: bool,
    record: bool,
}

/// The messages that the pieces make, in their order, those that say the same once.
pub(super) fn assemble(text: &Text, records: Vec<Record>, sightings: Vec<Sighting>) -> Vec<Denial> {
    let mut clusters = clusters(text, records, sightings);
    clusters.sort_by_key(|cluster| cluster.range.start);
    let mut denials: Vec<Denial> = vec![];
    let mut seen = Seen::default();
    for denial in clusters.into_iter().filter_map(|cluster| denial(text, cluster)) {
        seen.add(&mut denials, denial);
    }
    denials
}

/// Where each message stands in the list, by what it says.
#[derive(Default)]
struct Seen(std::collections::BTreeMap<String, Vec<usize>>);

impl Seen {
    fn add(&mut self, denials: &mut Vec<Denial>, denial: Denial) {
        let said = |name: Option<&super::denial::Printed>| name.map_or("", |name| name.text.as_str()).to_owned();
        let key = said(denial.principal.as_ref()) + "\n" + &said(denial.resource.as_ref());
        let alike = self.0.entry(key).or_default();
        let same =
            alike.iter().copied().find(|index| denials.get(*index).is_some_and(|other| other.says_the_same(&denial)));
        if let Some(other) = same.and_then(|index| denials.get_mut(index)) {
            other.count += 1;
        } else {
            alike.push(denials.len());
            denials.push(denial);
        }
    }
}

fn clusters(text: &Text, records: Vec<Record>, sightings: Vec<Sighting>) -> Vec<Cluster> {
    let mut records: Vec<Cluster> = records
        .into_iter()
        .map(|record| Cluster { range: record.range, facts: record.facts, record: true, ..Cluster::default() })
        .collect();
    records.sort_by_key(|record| record.range.start);
    let mut found: Vec<Cluster> = vec![];
    let mut within = 0;
    for sighting in sightings {
        // Records do not overlap: one ends before the next begins.
        while records.get(within).is_some_and(|record| record.range.end <= sighting.range.start) {
            within += 1;
        }
        let record = records.get_mut(within).filter(|record| record.range.start <= sighting.range.start);
        if let Some(record) = record {
            record.take(sighting, true);
        } else if let Some(last) = found.last_mut().filter(|last| last.takes(text, &sighting)) {
            last.take(sighting, false);
        } else {
            let mut cluster = Cluster { range: sighting.range.clone(), ..Cluster::default() };
            cluster.take(sighting, false);
            found.push(cluster);
        }
    }
    found.extend(records);
    found
}

impl Cluster {
    /// Is a piece of this message?
    fn takes(&self, text: &Text, sighting: &Sighting) -> bool {
        let gap = sighting.range.start.saturating_sub(self.range.end);
        match (sighting.part, self.body) {
            (Part::Lead, None) => !self.trailed && gap <= BETWEEN_LEADS && !self.conflicts(&sighting.facts),
            (Part::Body(_), None) => !self.trailed && gap <= BEFORE && !self.is_said(text),
            // A sentence within which the shared one stands: `KMS Message: User: …`.
            (Part::Body(Body::Denial), Some(Body::Sentence)) => {
                !self.trailed && gap <= BEHIND && !self.names_other(&sighting.facts)
            }
            (Part::Body(Body::Sentence), Some(Body::Sentence)) => {
                !self.trailed && gap <= BEHIND && self.facts.resource.is_none() && sighting.facts.principal.is_none()
            }
            (Part::Lead | Part::Body(_), Some(_)) => sighting.range.end <= self.range.end,
            (Part::Trail, _) => gap <= BEHIND,
        }
    }

    /// Does the text that says nothing stand behind the wrapper already?
    fn is_said(&self, text: &Text) -> bool {
        let behind = text.squeezed().get(self.range.end..).unwrap_or_default();
        ["accessdenied", "forbidden"].iter().any(|bare| behind.starts_with(bare))
    }

    /// Does a wrapper name another code, or an operation once more? Then another message begins.
    fn conflicts(&self, facts: &Facts) -> bool {
        let same = |own: &String, other: &String| own.starts_with(other.as_str()) || other.starts_with(own.as_str());
        let other_code =
            self.facts.code.as_ref().zip(facts.code.as_ref()).is_some_and(|(own, other)| !same(own, other));
        other_code || self.facts.operation.is_some() && facts.operation.is_some()
    }

    /// Is the shared sentence about another action than the service's own?
    fn names_other(&self, facts: &Facts) -> bool {
        let service = |facts: &Facts| {
            facts.action.as_ref().and_then(|(name, _)| Some(name.split_once(':')?.0.to_ascii_lowercase()))
        };
        service(&self.facts).is_some_and(|own| Some(own) != service(facts))
    }

    fn take(&mut self, sighting: Sighting, within: bool) {
        if !within {
            self.range = self.range.start.min(sighting.range.start)..self.range.end.max(sighting.range.end);
        }
        let before = std::mem::take(&mut self.facts);
        match sighting.part {
            // What the text says counts before what stands around it; the shared sentence says all that is to be said.
            Part::Body(body) if self.body.is_none() || body == Body::Denial => {
                let replaced = self.body.replace(body).is_some();
                self.facts = sighting.facts;
                self.facts.fill(if replaced { before.without_words() } else { before });
            }
            part => {
                self.trailed |= part == Part::Trail;
                self.facts = before;
                self.facts.fill(sighting.facts);
            }
        }
    }
}

impl Facts {
    /// Without what a service's own sentence left open.
    fn without_words(self) -> Self {
        Self { candidates: vec![], reason: None, layer: None, service: None, action: None, principal: None, ..self }
    }
}

/// The message of a cluster, if it is one of a denial, or of what people take for one.
fn denial(text: &Text, cluster: Cluster) -> Option<Denial> {
    let Cluster { range, mut facts, body, record, .. } = cluster;
    let code = facts.code.as_deref().and_then(messages::code);
    let status = facts.status.as_deref().and_then(messages::code);
    if body.is_none() {
        let known = code.or(status.filter(|_| facts.code.is_none()))?;
        facts.reason = known.reason;
        facts.layer = known.layer;
    }
    if facts.speaker.is_none() {
        facts.speaker = code.and_then(|code| code.service.clone());
    }
    let action = action(&facts);
    let denied = action.as_ref().and_then(|action| Some(action.name.split_once(':')?.0.to_ascii_lowercase()));
    // S3 alone says nothing but `Access Denied`.
    let bare_of_s3 = || {
        body.is_none()
            .then(|| text.window(range.start..range.end + 60))
            .filter(|bare| bare.contains("accessdenied"))
            .map(|_| "s3".to_owned())
    };
    let own = facts.action.is_some() && facts.service.is_none();
    let service = if own { denied } else { facts.service.take().or(denied) };
    let service = service.or(facts.speaker.take()).or_else(bare_of_s3);
    let printed = body == Some(Body::Denial);
    if facts.reason.is_none() && facts.layer.is_none() && facts.candidates.is_empty() {
        facts.candidates = open(&facts, action.as_ref(), service.as_deref(), body);
    }
    let is_of_objects = record || service.as_deref() == Some("s3") && !printed;
    let resource = facts.resource.take().or_else(|| facts.object.take().filter(|_| is_of_objects));
    let mut denial = Denial {
        principal: facts.principal,
        role: facts.role,
        action,
        resource,
        reason: facts.reason,
        layer: facts.layer,
        policy: facts.policy,
        candidates: facts.candidates,
        service,
        operation: facts.operation,
        code: facts.code,
        region: facts.region,
        authorization: facts.authorization,
        encoded: facts.encoded,
        cautions: facts.cautions,
        span: text.pasted(&range),
        count: 1,
    };
    denial.cautions = cautions(&denial, body.is_none());
    Some(denial)
}

/// The action that is printed, or follows from words, or from the operation.
fn action(facts: &Facts) -> Option<Action> {
    if let Some((name, from)) = &facts.action {
        return Some(Action { name: name.clone(), from: *from, also: vec![] });
    }
    // Words about something else than a permission name no action, nor does what a service says of a resource.
    let words_of_another =
        facts.service.as_deref().is_some_and(|service| matches!(service, "sagemaker" | "cloudformation"));
    let operation = facts.operation.as_deref().filter(|_| !words_of_another)?;
    let mut names = of_operation(operation, facts.speaker.as_deref()).into_iter();
    Some(Action { name: names.next()?, from: ActionFrom::Operation, also: names.collect() })
}

/// The actions that an operation needs.
fn of_operation(operation: &str, service: Option<&str>) -> Vec<String> {
    let of_service = |action: &str| service.is_none_or(|service| action.split(':').next() == Some(service));
    let known = messages::actions_of(operation);
    if known.iter().any(|action| of_service(action)) {
        return known.to_vec();
    }
    let of_name = actions::of_name(operation);
    match (service, of_name.as_slice()) {
        (Some(service), of_name) => {
            let own = of_name.iter().find(|action| of_service(action));
            // `KMS.DisabledException` under GetObject: KMS speaks, the operation is S3's.
            let other = of_name.first().filter(|_| service == "kms");
            vec![own.or(other).map_or_else(|| format!("{service}:{operation}"), |action| (*action).to_owned())]
        }
        (None, [only]) => vec![(*only).to_owned()],
        (None, _) => vec![],
    }
}

/// What a denial without a reason leaves open.
fn open(facts: &Facts, action: Option<&Action>, service: Option<&str>, body: Option<Body>) -> Vec<Kind> {
    match (body, action, service) {
        // Where the reason may have been cut off, or the resource is not printed, nothing can be said.
        (Some(Body::Denial), Some(action), Some(service)) => {
            let whole = facts.resource.as_ref().is_some_and(|resource| !resource.cut);
            if whole { messages::open(&action.name, service, true).to_vec() } else { vec![] }
        }
        (None, Some(action), Some(service)) => messages::open(&action.name, service, false).to_vec(),
        (None, None, Some("s3")) => messages::open("s3:GetObject", "s3", false).to_vec(),
        // A service's own sentence says itself what it leaves open.
        _ => vec![],
    }
}
