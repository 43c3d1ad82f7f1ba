//! A pasted text as the readers of messages see it.
//!
//! Knows what pasting does to a text: escapes of JSON, entities of HTML, borders of boxes, line breaks within phrases and
//! within ARNs. It has two forms. `clean` is the text with escapes and borders taken off. `squeezed` is the same in small
//! letters without any white space, so that a phrase is found however it is wrapped. Every place in one is known in the
//! other and in the text that was pasted. Has never heard of AWS.

use std::cell::Cell;
use std::ops::Range;

mod unescape;

/// Lines shorter than this were not broken at a column's edge.
const NARROWEST: usize = 40;

/// What ends a name that was cut off.
const ELLIPSES: [&str; 2] = ["…", "..."];

/// A text and its squeezed form.
pub(super) struct Text {
    clean: String,
    squeezed: String,
    /// For each byte of `squeezed`, its place in `clean`.
    places: Vec<usize>,
    /// For each byte of `clean`, its place in the pasted text.
    origins: Vec<usize>,
    /// The length of the pasted text.
    pasted: usize,
    /// The length of the longest line.
    width: usize,
    /// Bytes that readers looked at, so that a test can hold the cost.
    examined: Cell<usize>,
}

impl Text {
    /// Takes escapes and borders off.
    pub(super) fn new(pasted: &str) -> Self {
        let (clean, origins) = unescape::unescape(pasted);
        let mut squeezed = String::with_capacity(clean.len());
        let mut places = Vec::with_capacity(clean.len());
        for (at, letter) in clean.char_indices().filter(|(_, letter)| !letter.is_whitespace()) {
            squeezed.push(plain(letter));
            places.resize(squeezed.len(), at);
        }
        let width = clean.lines().map(|line| line.trim_end().len()).max().unwrap_or(0);
        Self { clean, squeezed, places, origins, pasted: pasted.len(), width, examined: Cell::new(0) }
    }

    /// All of it, in small letters and without white space.
    pub(super) fn squeezed(&self) -> &str {
        &self.squeezed
    }

    /// All of it, with its white space.
    pub(super) fn clean(&self) -> &str {
        &self.clean
    }

    /// The squeezed text of a range, which is counted as looked at.
    pub(super) fn window(&self, range: Range<usize>) -> &str {
        let mut end = range.end.min(self.squeezed.len());
        while !self.squeezed.is_char_boundary(end) {
            end -= 1;
        }
        let window = self.squeezed.get(range.start..end).unwrap_or_default();
        self.examined.set(self.examined.get() + window.len());
        window
    }

    /// Bytes looked at until now.
    #[cfg(test)]
    pub(super) fn examined(&self) -> usize {
        self.examined.get()
    }

    /// Where a place of the squeezed text is in the clean one.
    pub(super) fn place(&self, squeezed: usize) -> usize {
        self.places.get(squeezed).copied().unwrap_or(self.clean.len())
    }

    /// The first place of the squeezed text at or behind one of the clean text.
    pub(super) fn squeezed_from(&self, clean: usize) -> usize {
        self.places.partition_point(|place| *place < clean)
    }

    /// Where a range of the squeezed text is in the text that was pasted.
    pub(super) fn pasted(&self, squeezed: &Range<usize>) -> Range<usize> {
        let origin = |clean: usize| self.origins.get(clean).copied().unwrap_or(self.pasted);
        let start = origin(self.place(squeezed.start));
        let last = squeezed.end.checked_sub(1).map_or(0, |last| self.place(last));
        let letter = self.clean.get(last..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        start..origin(last + letter).max(start)
    }

    /// A range of the squeezed text as it was written, its line breaks taken out.
    pub(super) fn value(&self, squeezed: &Range<usize>) -> String {
        let (start, end) = (self.place(squeezed.start), self.place(squeezed.end));
        Self::joined(self.clean.get(start..end).unwrap_or_default().trim_end())
    }

    /// A piece of the clean text, its line breaks taken out: what stood at both sides is put together, with a space where
    /// a space had been.
    pub(super) fn joined(piece: &str) -> String {
        let mut lines = piece.split('\n');
        let mut joined = lines.next().unwrap_or_default().to_owned();
        for line in lines {
            let space = joined.ends_with([' ', '\t']);
            let before = joined.trim_end().len();
            joined.truncate(before);
            if space && !joined.ends_with(['/', ':']) {
                joined.push(' ');
            }
            joined.push_str(line.trim_start());
        }
        joined
    }

    /// Has a range of the squeezed text no white space within?
    pub(super) fn is_one_word(&self, squeezed: &Range<usize>) -> bool {
        let last = squeezed.end.saturating_sub(1);
        self.place(last).saturating_sub(self.place(squeezed.start)) == last.saturating_sub(squeezed.start)
    }

    /// Is all white space within a range of the squeezed text at line breaks?
    pub(super) fn is_wrapped_word(&self, squeezed: &Range<usize>) -> bool {
        let piece = self.clean.get(self.place(squeezed.start)..self.place(squeezed.end)).unwrap_or_default();
        piece.trim().lines().all(|line| !line.trim().contains(char::is_whitespace))
    }

    /// The word at a place of the squeezed text, up to the first letter that is none of a word's, or white space. A line
    /// break ends it, unless the word goes on behind it; `follows` says whether a squeezed text goes on with what may
    /// follow the word.
    pub(super) fn word(&self, from: usize, is_of_word: fn(char) -> bool, follows: fn(&str) -> bool) -> Range<usize> {
        let mut end = self.end_of_piece(from, is_of_word);
        for _ in 0..MOST_BREAKS {
            if end == from || !self.breaks_at(end) || !self.goes_on(from, end, is_of_word, follows) {
                break;
            }
            end = self.end_of_piece(end, is_of_word);
        }
        self.examined.set(self.examined.get() + end - from);
        from..end
    }

    /// Where the word at a place ends, white space counting as an end.
    fn end_of_piece(&self, from: usize, is_of_word: fn(char) -> bool) -> usize {
        let rest = self.clean.get(self.place(from)..).unwrap_or_default();
        let mut squeezed = from;
        for letter in rest.chars().take(LONGEST) {
            if letter.is_whitespace() || !is_of_word(letter) {
                break;
            }
            squeezed += plain(letter).len_utf8();
        }
        squeezed
    }

    /// The white space before a place of the squeezed text.
    fn gap(&self, squeezed: usize) -> &str {
        let before = squeezed.checked_sub(1).map_or(0, |last| self.place(last));
        let gap = self.clean.get(before..self.place(squeezed)).unwrap_or_default();
        gap.trim_start_matches(|letter: char| !letter.is_whitespace())
    }

    /// Is there a line break before a place of the squeezed text?
    pub(super) fn breaks_at(&self, squeezed: usize) -> bool {
        self.gap(squeezed).contains('\n')
    }

    /// Does a word go on behind a line break? It does behind `/`, `:` and `-`, and where what follows a word follows the
    /// next piece, and where the line is as wide as the widest; never where what follows a word stands there already.
    fn goes_on(&self, from: usize, at: usize, is_of_word: fn(char) -> bool, follows: fn(&str) -> bool) -> bool {
        let squeezed = |at: usize| self.squeezed.get(at..).unwrap_or_default();
        if self.gap(at).matches('\n').count() > 1 || follows(squeezed(at)) {
            return false;
        }
        let word = self.squeezed.get(from..at).unwrap_or_default();
        if ELLIPSES.iter().any(|ellipsis| word.ends_with(ellipsis)) {
            return false;
        }
        let end = self.end_of_piece(at, is_of_word);
        let next = self.squeezed.get(at..end).unwrap_or_default();
        word.ends_with(['/', ':', '-']) && !next.is_empty()
            || end > at && follows(squeezed(end)) && !next.starts_with("arn:")
            || self.is_full(at)
    }

    /// Is the line that ends before a place of the squeezed text as wide as the widest?
    fn is_full(&self, squeezed: usize) -> bool {
        let Some(last) = squeezed.checked_sub(1).map(|last| self.place(last)) else { return false };
        let upto = self.clean.get(last.saturating_sub(self.width)..).map_or(0, |_| last.saturating_sub(self.width));
        let line = self.clean.get(upto..last).unwrap_or_default();
        let length = line.rfind('\n').map_or(line.len(), |start| line.len() - start - 1);
        self.width >= NARROWEST && length + 1 >= self.width && self.gap(squeezed).starts_with('\n')
    }
}

/// Letters of one line of a word, at most.
const LONGEST: usize = 2_000;

/// Line breaks within a word, at most; a key of S3 has 1,024 bytes.
const MOST_BREAKS: usize = 40;

/// A letter as phrases have it: small, dashes of every kind as hyphens, quotes of every kind as `"`.
fn plain(letter: char) -> char {
    match letter {
        '\u{2010}'..='\u{2015}' => '-',
        '“' | '”' | '„' => '"',
        '‘' | '’' => '\'',
        _ => letter.to_ascii_lowercase(),
    }
}

/// A name as it is printed, and whether it is all there.
pub(super) fn without_ellipsis(name: &str) -> (&str, bool) {
    let at = ELLIPSES.iter().filter_map(|ellipsis| name.find(ellipsis)).min();
    at.map_or((name, false), |at| (name.get(..at).unwrap_or_default(), true))
}
