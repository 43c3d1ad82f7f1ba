//! Mistakes of a file, each with its place.

use std::collections::BTreeSet;
use std::fmt;

/// A mistake shows as `FILE:LINE:COLUMN: what is wrong: what to do`, in one line as long as the file's own texts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The file, as it was named.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong, and what to do.
    pub says: String,
}

/// The mistakes of a file, in its order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes {
    /// The mistakes; of very many the first ones.
    pub first: Vec<Mistake>,
    /// How many more there are.
    pub more: usize,
}

/// Who takes some other file for a configuration need not read all that is wrong with it.
const MOST: usize = 50;

/// The mistakes found so far, by their place in a text.
#[derive(Debug)]
pub(super) struct Slips<'t> {
    text: &'t str,
    /// Where each line begins, in bytes.
    lines: Vec<usize>,
    /// The lines on which something cannot be read: there is no saying what else is wrong there.
    unreadable: BTreeSet<usize>,
    found: Vec<(usize, String)>,
}

impl<'t> Slips<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, lines, unreadable: BTreeSet::new(), found: vec![] }
    }

    /// Something that is not TOML; of what follows from it on the same line only the first is kept.
    pub(super) fn syntax(&mut self, at: usize, says: &str) {
        if self.unreadable.insert(self.line(at)) {
            self.found.push((at, format!("this is not TOML: {says}")));
        }
    }

    /// Something that is TOML and wrong.
    pub(super) fn add(&mut self, at: usize, says: String) {
        if !self.unreadable.contains(&self.line(at)) {
            self.found.push((at, says));
        }
    }

    /// The line of a place, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    /// The column of a place, from 1.
    fn column(&self, at: usize) -> usize {
        let start = self.line(at).checked_sub(1).and_then(|line| self.lines.get(line)).copied().unwrap_or(0);
        let before = self.text.char_indices().skip_while(|(i, _)| *i < start).take_while(|(i, _)| *i < at);
        before.count() + 1
    }

    pub(super) fn in_file(mut self, file: &str) -> Mistakes {
        self.found.sort_by_key(|(at, _)| *at);
        let found = std::mem::take(&mut self.found);
        let more = found.len().saturating_sub(MOST);
        let first = found.into_iter().take(MOST).map(|(at, says)| Mistake {
            file: file.to_owned(),
            line: self.line(at),
            column: self.column(at),
            says,
        });
        Mistakes { first: first.collect(), more }
    }
}

impl Mistakes {
    /// A file that is no text from this byte on.
    pub(super) fn not_text(file: &str, bytes: &[u8], from: usize) -> Self {
        let good = String::from_utf8_lossy(bytes.get(..from).unwrap_or_default());
        let mut slips = Slips::new(&good);
        slips.add(good.len(), "this is not UTF-8: save the file as UTF-8".to_owned());
        slips.in_file(file)
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// Each mistake as a line.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.first.iter().map(ToString::to_string).collect();
        if let (Some(mistake), true) = (self.first.last(), self.more > 0) {
            lines.push(format!("{}: and {} more mistakes", mistake.file, self.more));
        }
        lines
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.says)
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().join("\n"))
    }
}

/// What was probably meant: the word that is one slip away for every three of its characters.
pub(super) fn near<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let far = |known: &str| strsim::osa_distance(word, known);
    // A much longer word is near to none, and comparing costs the product of the lengths.
    let known = known.into_iter().filter(|known| word.len() < 2 * known.len());
    let (slips, near) = known.map(|known| (far(known), known)).min()?;
    (slips <= (near.chars().count() / 3).max(1)).then_some(near)
}

/// `a`, `b` or `c`, each in backticks.
pub(super) fn quoted<'k>(words: impl IntoIterator<Item = &'k str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        words => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_lines_and_characters_from_one() {
        let mut slips = Slips::new("é = 1\n\nab✓c\n");
        for at in [0, 3, 6, 7, 13] {
            slips.add(at, "x".to_owned());
        }
        let places: Vec<_> = slips.in_file("f").first.iter().map(|m| (m.line, m.column)).collect();
        assert_eq!(places, [(1, 1), (1, 3), (1, 6), (2, 1), (3, 4)]);
        let mistakes = Mistakes::not_text("f", b"a = 1\n\xc3\xa9\xff", 8);
        assert_eq!(mistakes.to_string(), "f:2:2: this is not UTF-8: save the file as UTF-8");
    }

    #[test]
    fn very_many_mistakes_are_counted() {
        let text = "\n".repeat(60);
        let mut slips = Slips::new(&text);
        (0..60).for_each(|at| slips.add(at, "x".to_owned()));
        let lines = slips.in_file("f").lines();
        assert_eq!(lines.len(), 51);
        assert_eq!(lines.last().unwrap(), "f: and 10 more mistakes");
    }

    #[test]
    fn a_near_word_is_found_and_a_far_one_is_not() {
        let known = ["fail-on", "regions", "workload", "ignore"];
        for (word, meant) in
            [("fail_on", Some("fail-on")), ("ignores", Some("ignore")), ("region", Some("regions")), ("x", None)]
        {
            assert_eq!(near(word, known), meant, "{word}");
        }
        assert_eq!(near(&"fail-on".repeat(1000), known), None);
        assert_eq!(quoted(known), "`fail-on`, `regions`, `workload` or `ignore`");
        assert_eq!(quoted(["a"]), "`a`");
    }
}
