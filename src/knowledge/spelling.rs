//! How people write the tokens when they do not write them as the policies do.
//!
//! IAM compares names with case and to the letter, so `ground-truth` or `SAGEMAKER` carries no token. Such a name shows
//! what was meant all the same, and that is what [`mention`] finds.

use super::limits;

/// A word of Ground Truth in a name, however it is spelled there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mention<'a> {
    /// As the name has it: `ground-truth`.
    pub found: &'a str,
    /// The word that is meant, small and without separators: `groundtruth`.
    pub word: &'a str,
}

/// Finds one of the words in a name, without regard to case, separators and common misspellings.
#[must_use]
pub fn mention<'a>(name: &'a str, words: &'a [String]) -> Option<Mention<'a>> {
    let (places, plain): (Vec<usize>, String) = name
        .char_indices()
        .filter(|(_, c)| c.is_ascii_alphanumeric())
        .map(|(at, c)| (at, c.to_ascii_lowercase()))
        .unzip();
    let spellings = words.iter().map(|word| (word.as_str(), word.as_str())).chain(
        limits::misspellings().filter_map(|(wrong, right)| Some((wrong, words.iter().find(|w| *w == right)?.as_str()))),
    );
    spellings.into_iter().find_map(|(spelling, word)| {
        // INVARIANT: what is left of the name is ASCII, so a byte of `plain` is one kept character of `name`.
        let first = plain.find(spelling)?;
        let (start, end) = (*places.get(first)?, *places.get(first + spelling.len() - 1)?);
        let found = name.get(start..=end)?;
        // IAM finds a token anywhere in a name; what is cut by separators must be words of its own: not `message-maker`.
        let alone = !name.get(..start)?.ends_with(char::is_alphanumeric)
            && !name.get(end + 1..)?.starts_with(char::is_alphanumeric);
        (found.len() == spelling.len() || alone).then_some(Mention { found, word })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_found_as_they_are_written() {
        let words = limits::labeling_tokens();
        for (name, found, word) in [
            ("acme-ground-truth-data", "ground-truth", "groundtruth"),
            ("x.sage.maker", "sage.maker", "sagemaker"),
            ("my-sagemaker-1", "sagemaker", "sagemaker"),
            ("GROUND_TRUTH", "GROUND_TRUTH", "groundtruth"),
        ] {
            assert_eq!(mention(name, &words.bucket), Some(Mention { found, word }), "{name}");
        }
        for (name, found, word) in [
            ("LabellingFunctionPre", "LabellingFunction", "labelingfunction"),
            ("my-GTRecipe", "GTRecipe", "gtrecipe"),
            ("Labeling-Function", "Labeling-Function", "labelingfunction"),
        ] {
            assert_eq!(mention(name, &words.function), Some(Mention { found, word }), "{name}");
        }
        for name in [
            "message-maker-prod",
            "passage-maker",
            "a-ground-truths",
            "signs-raw",
            "truth",
            "ground",
            "",
            "é-✓",
            "recipes",
        ] {
            assert_eq!(mention(name, &words.bucket).or(mention(name, &words.function)), None, "{name}");
        }
    }
}
