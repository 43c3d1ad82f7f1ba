//! Takes off what pasting puts around a text and into it.
//!
//! Knows the escapes of JSON, be they written once or several times, the entities and the line breaks of HTML, the
//! colours of a terminal, the marks of Markdown and the borders of a box. Has never heard of what the text says.

/// The text without them, and for each byte of it the place that it comes from.
pub(super) fn unescape(pasted: &str) -> (String, Vec<usize>) {
    let mut cleaner = Cleaner { pasted, at: 0, clean: String::with_capacity(pasted.len()), origins: vec![] };
    cleaner.border();
    while let Some(letter) = cleaner.rest().chars().next() {
        cleaner.letter(letter);
    }
    (cleaner.clean, cleaner.origins)
}

struct Cleaner<'t> {
    pasted: &'t str,
    at: usize,
    clean: String,
    origins: Vec<usize>,
}

/// Names of entities, and what they stand for. Source: HTML Living Standard, named character references, 2026-11.
const ENTITIES: [(&str, char); 9] = [
    ("quot", '"'),
    ("apos", '\''),
    ("lt", '<'),
    ("gt", '>'),
    ("nbsp", ' '),
    ("hellip", '…'),
    ("ldquo", '"'),
    ("rdquo", '"'),
    ("amp", '&'),
];

/// Tags that begin a line.
const LINE_TAGS: [&str; 5] = ["br", "p", "div", "li", "tr"];

/// Tags that mark a piece of text; `<Code>` of an S3 error is none of them.
const MARKS: [&str; 9] = ["b", "strong", "em", "i", "code", "span", "mark", "pre", "a"];

/// The longest tag that is taken off.
const LONGEST_TAG: usize = 120;

impl<'t> Cleaner<'t> {
    fn rest(&self) -> &'t str {
        self.pasted.get(self.at..).unwrap_or_default()
    }

    fn put(&mut self, letter: char, taken: usize) {
        self.clean.push(letter);
        self.origins.resize(self.clean.len(), self.at);
        self.at += taken;
    }

    /// A line break, and the border of a box behind it.
    fn line(&mut self, taken: usize) {
        self.put('\n', taken);
        self.border();
    }

    fn letter(&mut self, letter: char) {
        match letter {
            '\\' => self.backslash(),
            '&' => self.entity(),
            '<' => self.tag(),
            '\n' => self.line(1),
            '\u{1b}' => self.colour(),
            // Marks of code, in Markdown.
            '`' => self.at += 1,
            // Not to be seen: soft hyphens, joiners, marks of direction and of byte order.
            '\r' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => self.at += letter.len_utf8(),
            '│' | '┃' if self.rest().chars().skip(1).find(|next| *next != ' ') == Some('\n') => {
                self.at += letter.len_utf8();
            }
            _ => self.put(letter, letter.len_utf8()),
        }
    }

    /// Borders at the beginning of a line: of Terraform's boxes, of quoted mail, of tables.
    fn border(&mut self) {
        let rest = self.rest();
        let spaces = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let behind =
            rest.get(spaces..).unwrap_or_default().trim_start_matches(['│', '┃', '|', '>', '╷', '╵', ' ', '\t']);
        let border = rest.len() - behind.len();
        if border > spaces {
            self.at += border;
        }
    }

    /// An escape, with any number of backslashes.
    fn backslash(&mut self) {
        let rest = self.rest();
        let behind = rest.trim_start_matches('\\');
        let slashes = rest.len() - behind.len();
        match behind.chars().next() {
            Some('n') => self.line(slashes + 1),
            Some('r') => self.at += slashes + 1,
            Some('t') => self.put('\t', slashes + 1),
            Some(letter @ ('"' | '\'' | '/' | '`')) => self.put(letter, slashes + 1),
            // A shell's mark that the line goes on.
            Some('\n') => self.at += slashes,
            Some('u') => {
                let code = behind.get(1..5).and_then(|code| u32::from_str_radix(code, 16).ok());
                match code.and_then(char::from_u32) {
                    Some('\u{1b}') => {
                        self.at += slashes + 5;
                        self.colour_code();
                    }
                    Some('\n') => self.line(slashes + 5),
                    Some(letter) => self.put(letter, slashes + 5),
                    None => self.put('\\', slashes),
                }
            }
            _ => self.put('\\', slashes),
        }
    }

    fn entity(&mut self) {
        let rest = self.rest().get(1..).unwrap_or_default();
        // `&amp;quot;` was written twice.
        let inner = rest.strip_prefix("amp;").filter(|inner| entity(inner).is_some());
        let skipped = 1 + if inner.is_some() { 4 } else { 0 };
        match entity(inner.unwrap_or(rest)) {
            Some(('\n', taken)) => self.line(skipped + taken),
            Some((letter, taken)) => self.put(letter, skipped + taken),
            _ => self.put('&', 1),
        }
    }

    fn tag(&mut self) {
        let rest = self.rest();
        let inner = rest.get(1..).unwrap_or_default();
        let name = inner.trim_start_matches('/');
        let name = name.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default();
        let known = |tags: &[&str]| tags.iter().any(|tag| **tag == *name);
        // Names are short; what is longer is no tag of these.
        let end = if name.len() > 6 { None } else { rest.bytes().take(LONGEST_TAG).position(|byte| byte == b'>') };
        match end {
            Some(end) if known(&LINE_TAGS) => self.line(end + 1),
            Some(end) if known(&MARKS) => self.at += end + 1,
            _ => self.put('<', 1),
        }
    }

    fn colour(&mut self) {
        self.at += 1;
        self.colour_code();
    }

    /// What follows the escape character: `[31m`.
    fn colour_code(&mut self) {
        let Some(code) = self.rest().strip_prefix('[') else { return };
        let end = code.bytes().take(12).position(|byte| byte.is_ascii_alphabetic());
        self.at += end.map_or(1, |end| end + 2);
    }
}

/// The entity whose name stands at the beginning, and its length with the semicolon.
fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.bytes().take(9).position(|byte| byte == b';')?;
    let name = text.get(..end)?;
    let named = ENTITIES.iter().find(|(entity, _)| *entity == name).map(|(_, letter)| *letter);
    let by_number = || {
        let number = name.strip_prefix('#')?;
        let hex = number.strip_prefix(['x', 'X']).map(|hex| u32::from_str_radix(hex, 16));
        char::from_u32(hex.unwrap_or_else(|| number.parse()).ok()?)
    };
    Some((named.or_else(by_number)?, end + 1))
}
