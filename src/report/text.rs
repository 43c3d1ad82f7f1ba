//! Strangers' text made fit for a terminal.
//!
//! Names, tags and policies come from strangers: a control character in one of them could move the cursor, change the
//! colours or rewrite what stands above. Here it becomes visible instead.

/// The text with every control and formatting character written as `\u{…}`.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if is_steering(c) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Is this a control or a formatting character?
#[must_use]
pub fn is_steering(c: char) -> bool {
    c.is_control() || is_formatting(c)
}

/// Characters that are not seen and change how others are: direction marks, joiners, separators, byte order mark, tags.
fn is_formatting(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_is_left() {
        assert_eq!(plain("a\u{1b}[31mb\r\n\u{9b}\u{202e}é`"), "a\\u{1b}[31mb\\u{d}\\u{a}\\u{9b}\\u{202e}é`");
    }
}
