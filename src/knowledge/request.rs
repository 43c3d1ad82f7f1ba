//! What the labeling-job API asks of a request: which fields there are, of what type, how long, in what form.
//!
//! The shapes are in `request.json`, by name, as the API's own model has them; the model says nothing of what fields have
//! to do with each other.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

/// `CreateLabelingJob`'s request.
pub const REQUEST: &str = "CreateLabelingJobRequest";
/// `DescribeLabelingJob`'s response.
pub const RESPONSE: &str = "DescribeLabelingJobResponse";

/// What a value must be.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Shape {
    /// An object with these members.
    Structure {
        /// In the API's order.
        members: Vec<Member>,
    },
    /// A list.
    List {
        /// So many elements at least.
        #[serde(default)]
        min: u64,
        /// So many at most.
        max: u64,
        /// The name of the elements' shape.
        member: String,
    },
    /// A text.
    String {
        /// So many characters at least.
        #[serde(default)]
        min: u64,
        /// So many at most.
        max: Option<u64>,
        /// Its form.
        pattern: Option<Pattern>,
        /// The only ones there are; any when there is none.
        #[serde(default)]
        values: Vec<String>,
    },
    /// A whole number.
    Integer {
        /// The least.
        min: Option<i64>,
        /// The greatest.
        max: Option<i64>,
    },
    /// A point in time, of which each client has a form of its own.
    Timestamp,
}

/// A member of a structure.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The field's name.
    pub name: String,
    /// The name of its shape.
    pub shape: String,
    /// Must it be there?
    #[serde(default)]
    pub required: bool,
}

/// A regular expression that a whole text must match.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern {
    text: String,
    whole: Regex,
}

impl Pattern {
    /// Has the whole text the form?
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.whole.is_match(text)
    }

    /// Does it fail on what is too long, whatever else is good?
    #[must_use]
    pub fn counts(&self) -> bool {
        self.text.contains("{0,")
    }

    /// As the API has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl TryFrom<String> for Pattern {
    type Error = regex::Error;

    fn try_from(text: String) -> Result<Self, regex::Error> {
        // AWS's digits are ASCII.
        let whole = Regex::new(&format!("^(?:{})$", text.replace(r"\d", "[0-9]")))?;
        Ok(Self { text, whole })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: String,
    date: String,
    shapes: BTreeMap<String, Shape>,
}

#[expect(clippy::expect_used, reason = "the file is part of the program, and every test that asks for it reads it")]
static FILE: LazyLock<File> =
    LazyLock::new(|| serde_json::from_str(include_str!("request.json")).expect("request.json has the form of File"));

/// The shape of this name; of every name in a shape there is one.
#[must_use]
pub fn shape(name: &str) -> Option<&'static Shape> {
    FILE.shapes.get(name)
}

/// Where the shapes come from, and when they were read.
#[must_use]
pub fn source() -> (&'static str, &'static str) {
    (&FILE.source, &FILE.date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_a_shape_has_a_shape() {
        for name in [REQUEST, RESPONSE] {
            assert!(matches!(shape(name), Some(Shape::Structure { .. })), "{name}");
        }
        for (name, found) in &FILE.shapes {
            let names = match found {
                Shape::Structure { members } => members.iter().map(|member| member.shape.as_str()).collect(),
                Shape::List { member, .. } => vec![member.as_str()],
                _ => vec![],
            };
            assert!(names.into_iter().all(|inner| shape(inner).is_some()), "{name}");
        }
    }

    fn pattern(name: &str) -> &'static Pattern {
        let Some(Shape::String { pattern: Some(pattern), .. }) = shape(name) else { panic!("{name} has no pattern") };
        pattern
    }

    #[test]
    fn a_pattern_is_of_the_whole_text_and_means_what_it_means_to_aws() {
        for (name, good, bad) in [
            ("LabelingJobName", "a--b", "a-"),
            ("S3Uri", "s3://b", " s3://b"),
            ("RoleArn", "arn:aws:iam::111122223333:role/r", "arn:aws:iam::١١١١٢٢٢٢٣٣٣٣:role/r"),
            ("TaskTitle", "é\r\n\t✓\u{fffd}", "\u{1f600}"),
            ("TaskTitle", "", "\u{7}"),
            ("TaskDescription", "é \u{1f600}", "a\nb"),
            ("TagKey", "größe ٣", "a!"),
            ("LambdaFunctionArn", "arn:aws:lambda:eu-west-1:111122223333:function:f:1", "arn:aws:lambda::function:f"),
        ] {
            assert!(pattern(name).matches(good) && !pattern(name).matches(bad), "{name}");
        }
        assert!(pattern("LabelingJobName").counts() && !pattern("TaskTitle").counts());
    }
}
