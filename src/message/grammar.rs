//! The sentence that all services share: `User: WHO is not authorized to perform: ACTION on resource: RESOURCE because …`.
//!
//! Knows its grammar as the IAM User Guide has it (`troubleshoot_access-denied`, 2026), and what pasting leaves of it. A
//! resource in quotes ends at the closing quote, else at the first white space. The wrappers around it have never been
//! heard of here.

use std::ops::Range;

use super::denial::{ActionFrom, ENTITIES, Printed};
use super::sighting::{Body, Facts, Part, Sighting};
use super::template::word_before;
use super::text::Text;
use super::why::{follows, is_of_arn, is_opening, opening, read as read_reason, trimmed};

/// By which the sentence is found.
pub(super) const ANCHOR: &str = "notauthorizedtoperform:";

/// Bytes of a name, at most: a path of 512, a session and a role of 64 each, and what stands before.
const LONGEST_NAME: usize = 1_400;

/// Bytes of a resource in quotes, at most: a key of S3 has 1,024, each perhaps escaped.
const LONGEST_QUOTED: usize = 4_000;

/// Reads the sentence whose anchor stands at a place, between two others.
pub(super) fn read(text: &Text, start: usize, at: usize, end: usize) -> Option<Sighting> {
    let action = text.word(at + ANCHOR.len(), is_of_action, follows);
    let name = text.value(&action);
    let (service, _) = name.split_once(':').filter(|(service, name)| !service.is_empty() && !name.is_empty())?;
    let service = service.to_ascii_lowercase();
    let mut facts = Facts { action: Some((name, ActionFrom::Message)), ..Facts::default() };
    let verb = verb(text, start, at);
    let from = principal(text, start, verb).map_or(verb, |range| {
        facts.principal = Printed::new(trimmed_principal(&text.value(&range)));
        range.start
    });
    let mut over = resource(text, action.end, end, &service, &mut facts);
    if let Some(opening) = opening(text, over, end) {
        over = read_reason(text, opening, end, &service, &mut facts);
    }
    Some(Sighting { range: from..over.max(action.end), part: Part::Body(Body::Denial), facts })
}

fn is_of_action(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-:*".contains(letter)
}

/// Where the verb before the anchor begins: `is`, `are`.
fn verb(text: &Text, start: usize, at: usize) -> usize {
    let before = text.squeezed().get(start..at).unwrap_or_default();
    ["is", "are", "was"].iter().find(|verb| before.ends_with(*verb)).map_or(at, |verb| at - verb.len())
}

/// Where the principal stands: behind `User:`, or else as the last word before the verb, if it is an ARN or `anonymous`.
fn principal(text: &Text, start: usize, verb: usize) -> Option<Range<usize>> {
    let from = start.max(verb.saturating_sub(LONGEST_NAME));
    let window = text.window(from..verb);
    let user = window.rfind("user:").map(|at| from + at + "user:".len()).filter(|at| *at < verb);
    let arn = window.rfind("arn:").map(|at| from + at);
    let whole = |at: &usize| text.is_wrapped_word(&(*at..verb));
    if let Some(range) = user.filter(whole).or_else(|| arn.filter(whole)).map(|at| at..verb) {
        return Some(range);
    }
    let word = word_before(text, start, verb)?;
    matches!(text.squeezed().get(word.clone()), Some("anonymous")).then_some(word)
}

fn trimmed_principal(name: &str) -> &str {
    name.trim_matches(['"', '“', '”', '\'', '(', '[', ')', ']', ' '])
}

/// Reads `on resource: …`; gives where it ends.
fn resource(text: &Text, from: usize, end: usize, service: &str, facts: &mut Facts) -> usize {
    let window = text.squeezed().get(from..end.min(from + 40)).unwrap_or_default();
    if window.starts_with("onthisresource") {
        return from + "onthisresource".len();
    }
    let Some(rest) = window.strip_prefix("onresource:").or_else(|| window.strip_prefix("onresources:")) else {
        return from;
    };
    let from = from + window.len() - rest.len();
    if rest.starts_with('"') {
        return quoted(text, from + 1, end, facts);
    }
    let unquoted = unquoted(text, from, end, service);
    facts.resource = Printed::new(trimmed(&text.value(&unquoted)));
    unquoted.end
}

/// A resource in quotes: a quote within a key has a letter behind it, the closing one has not.
fn quoted(text: &Text, from: usize, end: usize, facts: &mut Facts) -> usize {
    let limit = text.place(end.min(from + LONGEST_QUOTED));
    let start = text.place(from);
    let piece = text.clean().get(start..limit).unwrap_or_default();
    let close = closing(text, start, piece);
    // Without a closing quote, it was cut off: at the ellipsis, else at the line's end.
    let printed = close.map_or_else(|| unclosed(piece), |close| piece.get(..close).unwrap_or_default());
    let joined = Text::joined(printed);
    facts.resource = Printed::new(joined.trim());
    if close.is_none()
        && let Some(resource) = &mut facts.resource
    {
        resource.cut = true;
    }
    let over = text.squeezed_from(start + printed.len());
    over + usize::from(close.is_some())
}

/// Where the closing quote is: the one before the reason, else the first that has no letter behind it.
fn closing(text: &Text, start: usize, piece: &str) -> Option<usize> {
    let is_quote = |letter: char| matches!(letter, '"' | '“' | '”');
    let behind = |at: usize| piece.get(at..).unwrap_or_default().trim_start_matches(is_quote);
    let closes = |at: &usize| {
        let next = behind(*at).chars().next();
        next.is_none_or(|letter| letter.is_whitespace() || ".,;)}]|<\\'`".contains(letter))
    };
    let quotes: Vec<usize> = piece.match_indices(is_quote).map(|(at, _)| at).take(MOST_QUOTES).filter(closes).collect();
    let before_reason = quotes.iter().find(|at| {
        let place = start + piece.len() - behind(**at).len();
        **at < LONGEST_KEY && is_opening(text.squeezed().get(text.squeezed_from(place)..).unwrap_or_default())
    });
    before_reason.or(quotes.first()).copied()
}

/// Quotes within a resource that are looked at.
const MOST_QUOTES: usize = 40;

/// Bytes of the ARN of an object, about: a bucket's name has 63, a key 1,024.
const LONGEST_KEY: usize = 1_300;

fn unclosed(piece: &str) -> &str {
    let line = piece.lines().next().unwrap_or_default();
    let reason = [" because no ", " with an explicit deny"].iter().filter_map(|phrase| line.find(phrase)).min();
    line.get(..reason.unwrap_or(line.len())).unwrap_or_default()
}

/// A resource without quotes: a word, or the type of an entity and its name. A key of S3 that has lost its quotes ends
/// where the reason begins.
fn unquoted(text: &Text, from: usize, end: usize, service: &str) -> Range<usize> {
    let window = text.squeezed().get(from..end.min(from + 40)).unwrap_or_default();
    let is_type = |entity: &&&str| {
        let squeezed = entity.replace(' ', "");
        window.starts_with(&squeezed) && is_word_end(text, from + squeezed.len())
    };
    let skipped = ENTITIES.iter().find(is_type).map_or(0, |entity| entity.replace(' ', "").len());
    let word = text.word(from + skipped, is_of_arn, follows);
    let word = from..word.end.min(end);
    let squeezed = text.squeezed().get(word.clone()).unwrap_or_default();
    if service == "s3" && !follows(text.squeezed().get(word.end..).unwrap_or_default()) && squeezed.starts_with("arn:")
    {
        let line = text.clean().get(text.place(word.end)..).unwrap_or_default().chars().take(LONGEST_NAME);
        let until =
            line.take_while(|letter| *letter != '\n').filter(|letter| !letter.is_whitespace()).map(char::len_utf8);
        let line_end = (word.end + until.sum::<usize>()).min(end);
        return word.start..opening(text, word.end, line_end).unwrap_or(word.end);
    }
    word
}

/// Does a word end before a place of the squeezed text?
fn is_word_end(text: &Text, at: usize) -> bool {
    at > 0 && !text.is_one_word(&(at - 1..at + 1))
}
