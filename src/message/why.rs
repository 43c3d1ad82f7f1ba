//! The part of a message that says why: which layer does not allow the action, or denies it.
//!
//! Knows the phrases of the IAM User Guide, `troubleshoot_access-denied` (2026), and of the S3 User Guide,
//! `troubleshoot-403-errors` (2026-08). AWS names one layer alone, though several may deny. Who asked for what has never
//! been heard of here.

use super::denial::Printed;
use super::sighting::Facts;
use super::template::Template;
use super::text::Text;
use crate::knowledge::messages::{self, Kind, Layer, Phrase};

/// Bytes that may stand between the resource and the reason: the rest of a resource that is not all there.
const GAP: usize = 160;

/// Bytes of a reason, at most, with the ARN of a policy.
const LONGEST: usize = 600;

/// How a reason begins.
const OPENINGS: [&str; 2] = ["because", "withanexplicitdeny"];

/// What ends the sentence: no reason stands behind it.
const ENDS: [&str; 9] = [
    "(service:",
    "statuscode:",
    "traceback(",
    "anerroroccurred",
    "goto",
    "encodedauth",
    "(requesttoken",
    "notauthorizedtoperform:",
    "user:",
];

/// Does a squeezed text go on with what may follow a name in a message?
pub(super) fn follows(squeezed: &str) -> bool {
    let others = ["onresource", "onthisresource", "isnotauthorized", ".goto", ",withpolicyarn"];
    OPENINGS.iter().chain(&ENDS).chain(&others).any(|phrase| squeezed.starts_with(phrase))
}

/// Does a squeezed text begin with a reason?
pub(super) fn is_opening(squeezed: &str) -> bool {
    OPENINGS.iter().any(|opening| squeezed.starts_with(opening))
}

/// Where a reason begins between two places.
pub(super) fn opening(text: &Text, from: usize, end: usize) -> Option<usize> {
    let window = text.window(from..end.min(from + GAP));
    let found = OPENINGS.iter().filter_map(|opening| window.find(opening)).min()?;
    let over = ENDS.iter().filter_map(|ending| window.find(ending)).min();
    over.is_none_or(|over| found < over).then_some(from + found)
}

/// Reads the reason that begins at a place; gives where it ends.
pub(super) fn read(text: &Text, from: usize, end: usize, service: &str, facts: &mut Facts) -> usize {
    let window = text.window(from..end.min(from + LONGEST));
    if let Some(rest) = window.strip_prefix("withanexplicitdeny") {
        facts.reason = Some(Kind::ExplicitDeny);
        return from + window.len() - denying(text, rest, from + window.len(), service, facts);
    }
    let setting =
        messages::settings().iter().find(|setting| window.starts_with(Template::new(&setting.words).anchor()));
    if let Some(setting) = setting {
        facts.layer = Some(setting.layer);
        facts.reason = Some(setting.reason);
        return from + squeezed(&setting.words).len();
    }
    if window.starts_with("becausetheresourcedoesnotexist") {
        three_ways(window, service, facts);
        return from + window.len().min(THREE_WAYS.len());
    }
    let allowing = ["becauseno", "becausethe"].iter().find_map(|opening| window.strip_prefix(opening));
    let Some((phrase, layer)) = allowing.and_then(|rest| layer(rest, service)) else { return from };
    facts.layer = Some(layer);
    facts.reason = Some(if layer == Layer::Key { Kind::KeyPolicy } else { phrase.reason });
    // `because no … policy allows the … action`
    let behind = window.find("action").filter(|at| *at < 200);
    from + behind.map_or("becauseno".len(), |at| at + "action".len())
}

const THREE_WAYS: &str = "becausetheresourcedoesnotexistinthisregion,noresource-basedpoliciesallowaccess,oraresource-basedpolicyexplicitlydeniesaccess";

/// KMS leaves it open whether the key is there, and whether its policy admits the caller. Source: AWS Backup and Verified
/// Permissions guides, 2026-11.
fn three_ways(window: &str, service: &str, facts: &mut Facts) {
    let policy = if service == "kms" { Kind::KeyPolicy } else { Kind::ResourcePolicy };
    let mut open = vec![Kind::Missing];
    let said = [("region", Kind::WrongRegion), ("noresource-based", policy), ("explicitlydenies", Kind::ExplicitDeny)];
    open.extend(said.into_iter().filter(|(words, _)| window.contains(words)).map(|(_, kind)| kind));
    facts.candidates = open;
    facts.layer = Some(if service == "kms" { Layer::Key } else { Layer::Resource });
}

/// `in a LAYER [transitively through a LAYER] [: ARN]`, behind "with an explicit deny"; gives how much of it is left.
fn denying(text: &Text, rest: &str, end: usize, service: &str, facts: &mut Facts) -> usize {
    let Some((phrase, found)) =
        rest.strip_prefix("in").and_then(|rest| Some((rest, layer(without_article(rest), service)?)))
    else {
        return rest.len();
    };
    facts.layer = Some(found.1);
    let mut behind = phrase;
    // The last layer named is the one that denies.
    if let Some((before, through)) = phrase.split_once("transitivelythrough")
        && before.len() < 40
        && let Some((_, layer)) = layer(without_article(through), service)
    {
        facts.layer = Some(layer);
        behind = through;
    }
    let stop = ["polic", "boundar"].iter().filter_map(|noun| behind.find(noun)).min().filter(|at| *at < 40);
    let Some(stop) = stop else { return behind.len() };
    let noun = behind.get(stop..).unwrap_or_default();
    let noun_length =
        ["policies", "policy", "boundary", "boundaries"].into_iter().find(|noun_| noun.starts_with(noun_));
    let behind = noun.get(noun_length.map_or(0, str::len)..).unwrap_or_default();
    let Some(arn) = [":", ",withpolicyarn:", "withpolicyarn:"].iter().find_map(|colon| behind.strip_prefix(colon))
    else {
        return behind.len();
    };
    if !arn.starts_with("arn:") {
        return behind.len();
    }
    let word = text.word(end - arn.len(), is_of_arn, follows);
    facts.policy = Printed::new(trimmed(&text.value(&word)));
    end - word.end.min(end)
}

fn without_article(squeezed: &str) -> &str {
    ["an", "a", "the"]
        .iter()
        .filter_map(|article| squeezed.strip_prefix(article))
        .find(|rest| layer(rest, "").is_some())
        .unwrap_or(squeezed)
}

/// The layer that a squeezed text begins with. What the other services call resource-based policy is KMS's key policy.
fn layer(squeezed_text: &str, service: &str) -> Option<(&'static Phrase, Layer)> {
    let phrase =
        messages::layers().iter().find(|phrase| squeezed_text.starts_with(squeezed(&phrase.words).as_str()))?;
    let is_key = phrase.layer == Layer::Resource && service == "kms";
    Some((phrase, if is_key { Layer::Key } else { phrase.layer }))
}

fn squeezed(words: &str) -> String {
    words.chars().filter(|letter| !letter.is_whitespace()).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// What an ARN without quotes consists of: all but quotes and brackets that close.
pub(super) fn is_of_arn(letter: char) -> bool {
    !"\"`“”|".contains(letter)
}

/// A name without the punctuation of the sentence around it.
pub(super) fn trimmed(name: &str) -> &str {
    let name = name.split("</").next().unwrap_or(name);
    let ellipsis = super::text::without_ellipsis(name).1;
    let name = name.trim_start_matches(['\'', '(', '[']);
    if ellipsis { name } else { name.trim_end_matches(['.', ',', ';', ')', '\'', ']', '}', '\\', '!', '?']) }
}
