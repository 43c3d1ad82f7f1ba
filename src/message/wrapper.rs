//! What stands around a message and what services say in their own words, found by their templates.
//!
//! Knows which slot of a template is which fact. One pass over the text finds the first words of every template; each is
//! then matched from there to the next of its kind. What a message is made of, `assemble` knows.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::denial::{ActionFrom, Printed};
use super::grammar;
use super::sighting::{Body, Facts, Part, Sighting};
use super::template::{Filled, Template};
use super::text::Text;
use super::why::trimmed;
use crate::knowledge::messages::{self, Layer, Sentence};

/// What is found by its first words.
enum Known {
    Denial,
    Lead(Template, Option<&'static str>),
    Trail(Template),
    Sentence(Template, &'static Sentence),
    /// An error code with a colon.
    Code,
    Copy,
}

/// By its first words, all that begins with them; what is said in more words comes first.
static KNOWN: LazyLock<BTreeMap<String, Vec<Known>>> = LazyLock::new(|| {
    let mut known: BTreeMap<String, Vec<Known>> = BTreeMap::new();
    let mut add = |anchor: String, one: Known| known.entry(anchor).or_default().push(one);
    add(grammar::ANCHOR.to_owned(), Known::Denial);
    for lead in messages::leads() {
        let template = Template::new(&lead.words);
        add(template.anchor().to_owned(), Known::Lead(template, lead.service.as_deref()));
    }
    for trail in messages::trails() {
        let template = Template::new(&trail.words);
        add(template.anchor().to_owned(), Known::Trail(template));
    }
    for sentence in messages::sentences() {
        let template = Template::new(&sentence.words);
        add(template.anchor().to_owned(), Known::Sentence(template, sentence));
    }
    for code in messages::codes() {
        add(format!("{}:", code.to_ascii_lowercase()), Known::Code);
    }
    for copy in COPIES {
        add(copy.to_owned(), Known::Copy);
    }
    known
});

/// What the command line prints before the error when an object is copied.
const COPIES: [&str; 4] = ["downloadfailed:", "uploadfailed:", "failedtoupload", "deletefailed:"];

/// All first words in one pattern, the longest first.
#[expect(
    clippy::expect_used,
    reason = "the pattern is made of escaped literals of the program, and every test reads it"
)]
static ANCHORS: LazyLock<Regex> = LazyLock::new(|| {
    let mut words: Vec<&String> = KNOWN.keys().collect();
    words.sort_by_key(|words| std::cmp::Reverse(words.len()));
    let escaped: Vec<String> = words.into_iter().map(|words| regex::escape(words)).collect();
    Regex::new(&escaped.join("|")).expect("a pattern")
});

/// The pieces of messages in a text, in their order.
pub(super) fn sightings(text: &Text) -> Vec<Sighting> {
    let anchors: Vec<(&str, usize)> = ANCHORS.find_iter(text.squeezed()).map(|at| (at.as_str(), at.start())).collect();
    let mut found: Vec<Sighting> = vec![];
    // From the end, so that the next of each kind is known.
    let mut next: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, (words, at)) in anchors.iter().enumerate().rev() {
        let end = next.insert(words, *at).unwrap_or(text.squeezed().len());
        let before = index.checked_sub(1).and_then(|index| anchors.get(index));
        let start = before.map_or(0, |(words, at)| at + words.len());
        let mut known = KNOWN.get(*words).into_iter().flatten();
        found.extend(known.find_map(|known| read(text, known, start, *at, end)));
    }
    found.reverse();
    found.sort_by_key(|sighting| (sighting.range.start, sighting.range.end));
    found
}

fn read(text: &Text, known: &Known, start: usize, at: usize, end: usize) -> Option<Sighting> {
    let (template, part) = match known {
        Known::Denial => return grammar::read(text, start, at, end),
        Known::Code => return code(text, at),
        Known::Copy => return copied(text, at, end),
        Known::Lead(template, _) => (template, Part::Lead),
        Known::Trail(template) => (template, Part::Trail),
        Known::Sentence(template, _) => (template, Part::Body(Body::Sentence)),
    };
    let (range, filled) = template.matched(text, start, at, end)?;
    let mut facts = Facts::default();
    for slot in &filled {
        fill(text, slot, &mut facts);
    }
    match known {
        Known::Sentence(_, sentence) => say(text, sentence, &filled, &mut facts)?,
        Known::Lead(_, Some(service)) => facts.speaker = Some((*service).to_owned()),
        _ => {}
    }
    if facts.authorization.is_some() {
        facts.region = region_before(text, &range);
    }
    let mut range = range;
    if let Some(encoded) = filled.iter().find(|filled| filled.slot == "encoded") {
        range.end = encoded.range.end;
    }
    Some(Sighting { range, part, facts })
}

/// Puts what a slot holds where it belongs.
fn fill(text: &Text, filled: &Filled<'_>, facts: &mut Facts) {
    let value = text.value(&filled.range);
    let name = trimmed(value.trim()).trim_matches('"').to_owned();
    match filled.slot {
        "principal" => facts.principal = Printed::new(&name),
        "resource" => facts.resource = Printed::new(&name),
        "action" => facts.action = Some((name, ActionFrom::Message)),
        "operation" => facts.operation = Some(name),
        "code" => facts.code = Some(name),
        "status" => facts.status = Some(name),
        "service" => facts.speaker = messages::prefix(&name),
        "region" => facts.region = Some(name),
        "authorization" => facts.authorization = Some(name),
        "encoded" => facts.encoded = Some(name),
        _ => {}
    }
}

/// Adds what a service's own sentence says beyond its slots. A sentence about a key names one; one about a queue its URL.
fn say(text: &Text, sentence: &'static Sentence, filled: &[Filled<'_>], facts: &mut Facts) -> Option<()> {
    let about_a_key = sentence.layer == Some(Layer::Key) && filled.iter().any(|filled| filled.slot == "resource");
    if about_a_key && !facts.resource.as_ref().is_some_and(|key| names_a_key(&key.text)) {
        return None;
    }
    // "Could not assume role with OIDC" names no role.
    let about_a_role = sentence.action.as_deref() == Some("sts:AssumeRole");
    if about_a_role && facts.resource.as_ref().is_some_and(|role| !role.masked && !role.text.starts_with("arn:")) {
        return None;
    }
    if let Some(action) = &sentence.action {
        facts.action = Some((action.clone(), if sentence.printed { ActionFrom::Message } else { ActionFrom::Words }));
    }
    facts.principal = facts.principal.take().or_else(|| sentence.principal.as_deref().and_then(Printed::new));
    facts.reason = sentence.reason;
    facts.layer = sentence.layer;
    facts.candidates.clone_from(&sentence.candidates);
    facts.service.clone_from(&sentence.service);
    facts.cautions.extend(sentence.caution.as_deref());
    // Lambda says which error it was: one that the function raised is no denial.
    let error = filled.iter().find(|filled| filled.slot == "error").map(|filled| text.value(&filled.range));
    if error.is_some_and(|error| matches!(error.trim(), "Unhandled" | "Handled")) {
        facts.candidates.clear();
        facts.service = Some("sagemaker".to_owned());
        facts.cautions.push("functionRaised");
    }
    Some(())
}

/// An ARN of a key, an alias or a key's id.
fn names_a_key(name: &str) -> bool {
    let id = |name: &str| name.len() >= 36 && name.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    name.contains(":kms:") || name.starts_with("alias/") || name.starts_with("mrk-") || id(name)
}

/// The region of the console's address before an authorization id.
fn region_before(text: &Text, range: &Range<usize>) -> Option<String> {
    let before = text.window(range.start.saturating_sub(120)..range.start);
    let (_, address) = before.rsplit_once("https://")?;
    let region = address.split_once(".console.").map(|(region, _)| region);
    let given = address.split_once("region=").map(|(_, region)| region.trim_end_matches(['#', '/']));
    let is_region = |region: &&str| region.len() < 30 && region.bytes().filter(|byte| *byte == b'-').count() >= 2;
    given.into_iter().chain(region).find(is_region).map(str::to_owned)
}

/// An error code, if it stands there as one word with its colon: `AccessDenied: `, not `Access denied: `.
fn code(text: &Text, at: usize) -> Option<Sighting> {
    let rest = text.window(at..at + 60);
    let end = at + rest.find(':')? + 1;
    let before = text.squeezed().get(..at).and_then(|before| before.chars().next_back());
    let is_end_of_word =
        before.is_some_and(|letter| letter.is_ascii_alphanumeric()) && text.is_one_word(&(at - 1..at + 1));
    if !text.is_one_word(&(at..end)) || is_end_of_word {
        return None;
    }
    let facts = Facts { code: Some(text.value(&(at..end - 1))), ..Facts::default() };
    Some(Sighting { range: at..end, part: Part::Lead, facts })
}

/// The object that a command copies, between its words and the error.
fn copied(text: &Text, at: usize, end: usize) -> Option<Sighting> {
    let window = text.window(at..end.min(at + 3_000));
    let error = window.find("anerroroccurred").or_else(|| window.find("fatalerror"))?;
    let piece = text.value(&(at..at + error));
    let piece = piece.trim().trim_end_matches(':');
    let named = |from: usize| piece.get(from..);
    let object = if window.starts_with("failedtoupload") {
        piece.rsplit_once(" to ").map(|(_, object)| object)
    } else if window.starts_with("upload") {
        piece.rfind("s3://").and_then(named)
    } else {
        let object = piece.find("s3://").and_then(named)?;
        Some(object.split_once(" to ").map_or(object, |(object, _)| object))
    };
    let facts = Facts { object: object.and_then(|object| Printed::new(object.trim())), ..Facts::default() };
    Some(Sighting { range: at..at + error, part: Part::Lead, facts })
}
