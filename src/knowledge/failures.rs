//! What AWS says when a labeling job fails on a permission, and when it only says so.
//!
//! The data are in `failures.json`, from failures that people met.

use std::sync::LazyLock;

use serde::Deserialize;

/// A failure whose words speak of a permission.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Failure {
    /// Words that all stand in it, in small letters.
    words: Vec<String>,
    /// The message blames the role also for an error of the function's own.
    pub blames_the_role_for_a_function: bool,
    /// What it is about.
    pub why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: String,
    date: String,
    failures: Vec<Failure>,
}

#[expect(clippy::expect_used, reason = "the file is part of the program, and every test that asks for it reads it")]
static FILE: LazyLock<File> =
    LazyLock::new(|| serde_json::from_str(include_str!("failures.json")).expect("failures.json has the form of File"));

/// Where the words are from, and when they were gathered.
#[must_use]
pub fn source() -> (&'static str, &'static str) {
    (&FILE.source, &FILE.date)
}

/// The kind of a failure, if its words speak of a permission.
#[must_use]
pub fn permission(failure: &str) -> Option<&'static Failure> {
    let said = failure.to_lowercase();
    FILE.failures.iter().find(|known| known.words.iter().all(|word| said.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_met_is_told_apart() {
        let of_a_function = "ClientError: Exception invoking the Lambda function … LambdaErrorCode: Unhandled. Ensure \
                             the Lambda function exists, that the role … has permissions to invoke it";
        assert!(permission(of_a_function).unwrap().blames_the_role_for_a_function);
        assert!(!permission("S3 AccessDenied").unwrap().blames_the_role_for_a_function);
        assert!(permission("unable to perform: sts:AssumeRole on the role").is_some());
        assert!(permission("InternalServerError: try again").is_none());
    }
}
