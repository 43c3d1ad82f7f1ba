//! Sentences with slots, found in a squeezed text.
//!
//! Knows how a template of `knowledge::messages` is matched: its literals by their letters, its slots by what stands
//! between them. A slot has a bounded length, so that the cost grows with the text alone. What the slots mean has never
//! been heard of here.

use std::ops::Range;

use super::text::Text;

/// A template that is ready to be matched.
pub(super) struct Template {
    parts: Vec<Piece>,
}

enum Piece {
    Literal(String),
    Slot(String),
}

/// What a slot holds.
pub(super) struct Filled<'t> {
    pub(super) slot: &'t str,
    pub(super) range: Range<usize>,
}

/// Bytes of a slot, at most. Longer are encoded messages alone, which stand at the end.
const LONGEST_SLOT: usize = 1_400;

/// Bytes of a template's match, at most.
const LONGEST: usize = 3_000;

impl Template {
    pub(super) fn new(words: &str) -> Self {
        let squeezed: String = words.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
        let mut parts = vec![];
        let mut rest = squeezed.as_str();
        while let Some((literal, (slot, behind))) =
            rest.split_once('{').and_then(|(literal, rest)| Some((literal, rest.split_once('}')?)))
        {
            if !literal.is_empty() {
                parts.push(Piece::Literal(literal.to_owned()));
            }
            parts.push(Piece::Slot(slot.to_owned()));
            rest = behind;
        }
        if !rest.is_empty() {
            parts.push(Piece::Literal(rest.to_owned()));
        }
        Self { parts }
    }

    /// The first literal, by which it is found.
    pub(super) fn anchor(&self) -> &str {
        let literal = |piece: &'_ Piece| matches!(piece, Piece::Literal(_));
        match self.parts.iter().find(|piece| literal(piece)) {
            Some(Piece::Literal(literal)) => literal,
            _ => "",
        }
    }

    /// Matches it where its first literal stands, not before `start` and not behind `end`. Gives the whole range, and
    /// what the slots hold.
    pub(super) fn matched<'t>(
        &'t self,
        text: &Text,
        start: usize,
        at: usize,
        end: usize,
    ) -> Option<(Range<usize>, Vec<Filled<'t>>)> {
        let window = text.window(at..end.min(at + LONGEST));
        let (mut place, mut filled, mut open, mut from) = (0, vec![], None, at);
        for (n, piece) in self.parts.iter().enumerate() {
            match piece {
                Piece::Slot(slot) if n == 0 => {
                    let range = word_before(text, start, at)?;
                    from = range.start;
                    filled.push(Filled { slot, range });
                }
                Piece::Slot(slot) => open = Some(slot),
                Piece::Literal(literal) => {
                    let rest = window.get(place..)?;
                    let found = if open.is_some() { rest.find(literal.as_str())? } else { 0 };
                    if found > LONGEST_SLOT || !rest.get(found..)?.starts_with(literal.as_str()) {
                        return None;
                    }
                    if let Some(slot) = open.take() {
                        filled.push(Filled { slot, range: at + place..at + place + found });
                    }
                    place += found + literal.len();
                }
            }
        }
        let mut whole = from..at + place;
        if let Some(slot) = open {
            let range = text.word(whole.end, is_of_name, |_| false);
            whole.end = range.end;
            filled.push(Filled { slot, range });
        }
        Some((whole, filled))
    }
}

/// What a name at the end of a sentence consists of.
fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || "-_/:=+.,@*'…".contains(letter)
}

/// The word before a place.
pub(super) fn word_before(text: &Text, start: usize, at: usize) -> Option<Range<usize>> {
    let start = start.max(at.saturating_sub(LONGEST_SLOT));
    let before = text.clean().get(text.place(start)..text.place(at))?.trim_end();
    let word = before.rsplit(|letter: char| letter.is_whitespace() || "\"'<>(".contains(letter)).next()?;
    let place = text.place(start) + before.len() - word.len();
    (!word.is_empty()).then(|| text.squeezed_from(place)..at)
}
