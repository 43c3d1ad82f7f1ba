//! Sentences as words, so that only spaces break a line and a name's letters reorder none but its own.

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The text; what parts it from the next stands at its end.
    pub text: String,
    /// Is it the name of something, an ARN, an action?
    pub is_name: bool,
    /// A space follows.
    pub space: bool,
}

/// The words of a sentence; several English ones in a row are one.
pub fn words(sentence: &str) -> Vec<Word> {
    let mut words: Vec<Word> = vec![];
    for text in sentence.split(' ') {
        let is_name = !text.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, ',' | ';' | '.' | '(' | ')'));
        match words.last_mut().filter(|last| !last.is_name && !is_name) {
            Some(last) => {
                last.text.push(' ');
                last.text.push_str(text);
            }
            None => words.push(Word { text: text.to_owned(), is_name, space: true }),
        }
    }
    if let Some(last) = words.last_mut() {
        last.space = false;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_alone() {
        let found: Vec<_> = words("no policy allows GtExecution s3:PutObject in bucket a-b").into_iter().collect();
        let names: Vec<&str> = found.iter().filter(|word| word.is_name).map(|word| word.text.as_str()).collect();
        assert_eq!(names, ["s3:PutObject", "a-b"]);
        let whole: String = found.iter().map(|w| w.text.clone() + if w.space { " " } else { "" }).collect();
        assert_eq!(whole, "no policy allows GtExecution s3:PutObject in bucket a-b");
    }
}
