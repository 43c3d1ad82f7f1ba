//! A workload: what somebody's labeling set-up is made of, as its owner says.
//!
//! Knows how buckets and functions are written in the configuration and what that means; nothing of the file it comes
//! from, nor of an account.

use std::fmt;

use crate::arn::Arn;
use crate::policy::Pattern;

/// A role and the resources that its labeling jobs use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// What its owner calls it.
    pub name: String,
    /// The role that its jobs run under.
    pub role: Arn,
    /// Where its jobs read and write.
    pub buckets: Vec<WorkloadBucket>,
    /// What its jobs invoke.
    pub functions: Vec<FunctionName>,
}

/// A bucket, and which of its objects a workload uses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkloadBucket {
    /// The bucket's name.
    pub name: String,
    /// The objects.
    pub objects: Objects,
}

/// Objects of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Objects {
    /// All of them.
    All,
    /// Those whose keys begin with this; never empty.
    Below(String),
    /// The one of this key.
    One(String),
}

/// A function, as a workload names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FunctionName {
    /// By name, in whatever region it is.
    Name {
        /// The function's name.
        name: String,
        /// A version, an alias or `$LATEST`.
        qualifier: Option<String>,
    },
    /// By its ARN, with a qualifier or without.
    Arn(Arn),
}

/// A text that should name a bucket or a function of a workload and does not. The message says how it is written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misnamed {
    /// An ARN where a bucket's name should be.
    #[error("`{0}` is an ARN: write the bucket's name alone, or with its keys as in `signs-raw/images/*`")]
    BucketArn(String),
    /// No bucket has such a name.
    #[error("`{0}` names no bucket: write `NAME`, `NAME/PREFIX/*`, `NAME/KEY` or `s3://NAME/PREFIX/`")]
    Bucket(String),
    /// Wildcards elsewhere than at the end of a prefix.
    #[error("`{0}` has a wildcard within: a `*` may only stand at the end, behind `NAME/`, and a `?` nowhere")]
    Wildcard(String),
    /// An ARN of something else.
    #[error("`{0}` is no ARN of a function: write `arn:aws:lambda:REGION:ACCOUNT:function:NAME`, or the name alone")]
    FunctionArn(String),
    /// No function has such a name.
    #[error("`{0}` names no function: write `NAME`, `NAME:ALIAS` or the whole ARN")]
    Function(String),
}

impl WorkloadBucket {
    /// Reads `NAME`, `NAME/PREFIX*`, `NAME/PREFIX/`, `NAME/KEY`, each with `s3://` before it or without.
    ///
    /// # Errors
    ///
    /// When there is a wildcard elsewhere, or the name is none that a bucket can have.
    pub fn parse(text: &str) -> Result<Self, Misnamed> {
        if text.starts_with("arn:") {
            return Err(Misnamed::BucketArn(text.to_owned()));
        }
        let place = text.strip_prefix("s3://").unwrap_or(text);
        let (name, key) = place.split_once('/').unwrap_or((place, ""));
        let (key, starred) = key.strip_suffix('*').map_or((key, false), |prefix| (prefix, true));
        if [name, key].iter().any(|part| part.contains(['*', '?'])) {
            return Err(Misnamed::Wildcard(text.to_owned()));
        }
        // Buckets of us-east-1 made before March 2018 may have capitals, underscores and up to 255 characters.
        let good = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if !(3..=255).contains(&name.len()) || !name.chars().all(good) {
            return Err(Misnamed::Bucket(text.to_owned()));
        }
        let objects = match key {
            "" => Objects::All,
            prefix if starred || prefix.ends_with('/') => Objects::Below(prefix.to_owned()),
            key => Objects::One(key.to_owned()),
        };
        Ok(Self { name: name.to_owned(), objects })
    }

    /// The bucket's ARN.
    #[must_use]
    pub fn arn(&self, partition: &str) -> Arn {
        Arn::bucket(partition, &self.name)
    }

    /// What the ARNs of its objects begin with; of one object, its whole ARN.
    #[must_use]
    pub fn below(&self, partition: &str) -> String {
        let key = match &self.objects {
            Objects::All => "",
            Objects::Below(prefix) => prefix,
            Objects::One(key) => key,
        };
        format!("{}/{key}", self.arn(partition))
    }

    /// The ARNs of its objects.
    #[must_use]
    pub fn pattern(&self, partition: &str) -> Pattern {
        let below = self.below(partition);
        match self.objects {
            Objects::All | Objects::Below(_) => Pattern::below(&below),
            Objects::One(_) => Pattern::literal(&below),
        }
    }
}

impl FunctionName {
    /// Reads `NAME`, `NAME:QUALIFIER` or an ARN.
    ///
    /// # Errors
    ///
    /// When the ARN is not one of a function, or no function can have the name.
    pub fn parse(text: &str) -> Result<Self, Misnamed> {
        if text.starts_with("arn:") {
            return Arn::parse(text)
                .ok()
                .filter(is_function)
                .map(Self::Arn)
                .ok_or_else(|| Misnamed::FunctionArn(text.to_owned()));
        }
        let (name, qualifier) = split(text);
        if is_name(name) && qualifier.is_none_or(is_qualifier) {
            Ok(Self::Name { name: name.to_owned(), qualifier: qualifier.map(str::to_owned) })
        } else {
            Err(Misnamed::Function(text.to_owned()))
        }
    }

    /// The function's name, without a qualifier.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Name { name, .. } => name,
            Self::Arn(arn) => in_arn(arn).0,
        }
    }

    /// The version, the alias or `$LATEST`, if one is named.
    #[must_use]
    pub fn qualifier(&self) -> Option<&str> {
        match self {
            Self::Name { qualifier, .. } => qualifier.as_deref(),
            Self::Arn(arn) => in_arn(arn).1,
        }
    }

    /// Is it the function of this ARN, which has no qualifier?
    #[must_use]
    pub fn is(&self, function: &Arn) -> bool {
        match self {
            Self::Name { name, .. } => in_arn(function) == (name, None),
            Self::Arn(arn) => {
                let rest = arn.as_str().strip_prefix(function.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
            }
        }
    }
}

fn split(text: &str) -> (&str, Option<&str>) {
    text.split_once(':').map_or((text, None), |(name, qualifier)| (name, Some(qualifier)))
}

/// Name and qualifier of `function:NAME:QUALIFIER`.
fn in_arn(arn: &Arn) -> (&str, Option<&str>) {
    split(arn.resource().strip_prefix("function:").unwrap_or_default())
}

fn is_function(arn: &Arn) -> bool {
    let (name, qualifier) = in_arn(arn);
    let placed = !arn.partition().is_empty() && !arn.region().is_empty() && is_account(arn.account());
    arn.service() == "lambda" && placed && is_name(name) && qualifier.is_none_or(is_qualifier)
}

fn is_account(id: &str) -> bool {
    id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

fn is_qualifier(qualifier: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    qualifier == "$LATEST" || ((1..=128).contains(&qualifier.len()) && qualifier.chars().all(good))
}

impl fmt::Display for WorkloadBucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.objects {
            Objects::All => f.write_str(&self.name),
            Objects::Below(prefix) => write!(f, "{}/{prefix}*", self.name),
            Objects::One(key) => write!(f, "{}/{key}", self.name),
        }
    }
}

impl fmt::Display for FunctionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { name, qualifier: None } => f.write_str(name),
            Self::Name { name, qualifier: Some(qualifier) } => write!(f, "{name}:{qualifier}"),
            Self::Arn(arn) => arn.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_whole_or_a_prefix_or_one_key() {
        for (text, shown, below, inside, outside) in [
            ("signs", "signs", "signs/", "signs/a/b", "signs-2/a"),
            ("signs/", "signs", "signs/", "signs/a", "signs"),
            ("signs/*", "signs", "signs/", "signs/a", "signs"),
            ("s3://signs", "signs", "signs/", "signs/a", "sign/a"),
            ("signs/images/*", "signs/images/*", "signs/images/", "signs/images/1", "signs/images"),
            ("s3://signs/images/", "signs/images/*", "signs/images/", "signs/images/1", "signs/image/1"),
            ("signs/im*", "signs/im*", "signs/im", "signs/images/1", "signs/in"),
            ("signs/a/m.json", "signs/a/m.json", "signs/a/m.json", "signs/a/m.json", "signs/a/m.json/x"),
            ("s3://signs/m.json", "signs/m.json", "signs/m.json", "signs/m.json", "signs/m.jsonl"),
        ] {
            let bucket = WorkloadBucket::parse(text).unwrap();
            assert_eq!(bucket.to_string(), shown, "{text}");
            assert_eq!(WorkloadBucket::parse(shown).as_ref(), Ok(&bucket), "{text}");
            assert_eq!(bucket.arn("aws").as_str(), "arn:aws:s3:::signs");
            assert_eq!(bucket.below("aws-cn"), format!("arn:aws-cn:s3:::{below}"), "{text}");
            let pattern = bucket.pattern("aws");
            assert!(pattern.matches(&format!("arn:aws:s3:::{inside}")), "{text}");
            assert!(!pattern.matches(&format!("arn:aws:s3:::{outside}")), "{text}");
        }
    }

    #[test]
    fn what_names_no_bucket_is_refused_and_told_how_to_name_one() {
        for (text, words) in [
            ("signs*", "has a wildcard within"),
            ("signs/a*b", "has a wildcard within"),
            ("signs/a**", "has a wildcard within"),
            ("signs/?", "has a wildcard within"),
            ("*", "has a wildcard within"),
            ("", "names no bucket"),
            ("ab", "names no bucket"),
            ("/images", "names no bucket"),
            ("s3:///images", "names no bucket"),
            ("https://signs.s3.amazonaws.com/a", "names no bucket"),
            ("si gns", "names no bucket"),
            ("arn:aws:s3:::signs", "is an ARN"),
        ] {
            let error = WorkloadBucket::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{text}` {words}")), "{error}");
        }
    }

    #[test]
    fn a_function_is_named_or_has_its_arn() {
        let signs = Arn::parse("arn:aws:lambda:us-east-1:111122223333:function:signs").unwrap();
        let other = Arn::parse("arn:aws:lambda:us-east-1:111122223333:function:signs-2").unwrap();
        for (text, qualifier) in [
            ("signs", None),
            ("signs:live", Some("live")),
            ("signs:$LATEST", Some("$LATEST")),
            ("arn:aws:lambda:us-east-1:111122223333:function:signs", None),
            ("arn:aws:lambda:us-east-1:111122223333:function:signs:7", Some("7")),
        ] {
            let function = FunctionName::parse(text).unwrap();
            assert_eq!((function.name(), function.qualifier()), ("signs", qualifier), "{text}");
            assert_eq!(function.to_string(), text);
            assert!(function.is(&signs) && !function.is(&other), "{text}");
        }
        let elsewhere = FunctionName::parse("arn:aws:lambda:eu-west-1:111122223333:function:signs").unwrap();
        assert!(!elsewhere.is(&signs));
        for text in ["", "a b", "signs:", "signs:a:b", "111122223333:function:signs", "signs*"] {
            assert!(matches!(FunctionName::parse(text), Err(Misnamed::Function(_))), "{text}");
        }
        for text in [
            "arn:",
            "arn:aws:lambda:us-east-1:111122223333:layer:signs",
            "arn:aws:lambda::111122223333:function:signs",
            "arn:aws:lambda:us-east-1:1:function:signs",
            "arn:aws:s3:::signs",
        ] {
            assert!(matches!(FunctionName::parse(text), Err(Misnamed::FunctionArn(_))), "{text}");
        }
    }
}
