//! Links in a terminal (OSC 8): a rule's id leads to AWS's page about what the rule finds.
//!
//! Put into a page that is laid out already, so that no width counts them. Has never heard of a report.

use crate::rules::{RULES, documentation};

/// A page with a link at each id of a rule.
pub(super) fn linked(page: &str) -> String {
    let mut linked = String::with_capacity(page.len());
    let mut word = String::new();
    let mut characters = page.chars();
    while let Some(c) = characters.next() {
        if c.is_ascii_alphanumeric() || c == '-' {
            word.push(c);
            continue;
        }
        flush(&mut linked, &mut word);
        linked.push(c);
        if c == '\u{1b}' {
            // A colour ends with its first letter, which is no part of a word.
            for c in characters.by_ref() {
                linked.push(c);
                if c.is_ascii_alphabetic() {
                    break;
                }
            }
        }
    }
    flush(&mut linked, &mut word);
    linked
}

/// Writes a word that is at its end.
fn flush(linked: &mut String, word: &mut String) {
    match RULES.iter().find(|rule| rule.id.as_str() == word).and_then(|rule| documentation(rule.id)) {
        Some(page) => {
            linked.extend(["\u{1b}]8;;", &page, "\u{1b}\\", word, "\u{1b}]8;;\u{1b}\\"]);
        }
        None => linked.push_str(word),
    }
    word.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_linked_and_nothing_else_changes() {
        let page = "\u{1b}[1mbucket-denied\u{1b}[0m  x-bucket-denied bucket-denied-2\nhigh unknown-action: `a`";
        let linked = linked(page);
        let parts: Vec<&str> = linked.split("\u{1b}]8;;").collect();
        // Each link begins with its address and ends without one.
        assert_eq!(parts.len(), 1 + 2 * 2);
        let without: String = parts
            .iter()
            .enumerate()
            .map(|(place, part)| if place == 0 { part } else { part.split_once("\u{1b}\\").unwrap().1 })
            .collect();
        assert_eq!(without, page);
        assert!(parts[1].starts_with("https://docs.aws.amazon.com/") && parts[1].ends_with("bucket-denied"));
        assert!(parts[3].starts_with("https://docs.aws.amazon.com/") && parts[3].ends_with("unknown-action"));
    }
}
