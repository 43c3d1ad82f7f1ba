//! An Amazon Resource Name, split once.
//!
//! Knows the six parts of an ARN and nothing of what they name. The text stays as it came, so that it is printed as
//! AWS printed it.

mod list;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use list::Arns;

/// `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`; the resource is all that follows the fifth colon. A clone shares the
/// text: a report names the same resource for many roles.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn(Arc<Split>);

#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Split {
    text: Box<str>,
    colons: [usize; 5],
}

/// A text that should be an ARN and is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ARN: it does not have the form `arn:partition:service:region:account:resource`")]
pub struct NotAnArn(String);

impl Arn {
    /// Splits a text at its first five colons.
    ///
    /// # Errors
    ///
    /// When there are fewer than five colons, or the text does not begin with `arn:`.
    pub fn parse(text: impl Into<Box<str>>) -> Result<Self, NotAnArn> {
        let text = text.into();
        let mut colons = [0; 5];
        let mut found = text.match_indices(':').map(|(at, _)| at);
        for colon in &mut colons {
            match found.next() {
                Some(at) => *colon = at,
                None => return Err(NotAnArn(text.into())),
            }
        }
        if text.starts_with("arn:") { Ok(Self(Arc::new(Split { text, colons }))) } else { Err(NotAnArn(text.into())) }
    }

    /// The ARN of an S3 bucket.
    #[must_use]
    pub fn bucket(partition: &str, name: &str) -> Self {
        Self::of(partition, "s3", "", "", name)
    }

    /// The ARN of an IAM entity such as `role/path/Name`.
    #[must_use]
    pub fn iam(partition: &str, account: &str, entity: &str) -> Self {
        Self::of(partition, "iam", "", account, entity)
    }

    /// The ARN of these five parts.
    #[must_use]
    pub fn of(partition: &str, service: &str, region: &str, account: &str, resource: &str) -> Self {
        let mut text = String::from("arn");
        let mut colons = [0; 5];
        for (colon, part) in colons.iter_mut().zip([partition, service, region, account, resource]) {
            *colon = text.len();
            text.push(':');
            text.push_str(part);
        }
        Self(Arc::new(Split { text: text.into(), colons }))
    }

    /// The whole text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// `aws`, `aws-cn`, `aws-us-gov` …
    #[must_use]
    pub fn partition(&self) -> &str {
        self.part(0)
    }

    /// The service prefix: `s3`, `iam`, `lambda` …
    #[must_use]
    pub fn service(&self) -> &str {
        self.part(1)
    }

    /// The region; empty for global resources and for buckets.
    #[must_use]
    pub fn region(&self) -> &str {
        self.part(2)
    }

    /// The account id, `aws` for AWS managed policies, empty for buckets.
    #[must_use]
    pub fn account(&self) -> &str {
        self.part(3)
    }

    /// All that follows the fifth colon: `role/path/Name`, `function:name`, a bucket's name.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.part(4)
    }

    /// What people call the resource: the last segment of its path (`Name` of `role/path/Name`, `name` of
    /// `function:name`), a bucket's name as it is.
    #[must_use]
    pub fn name(&self) -> &str {
        let resource = self.resource();
        resource.rsplit(['/', ':']).next().unwrap_or(resource)
    }

    fn part(&self, index: usize) -> &str {
        let start = self.0.colons.get(index).map_or(0, |at| at + 1);
        let end = self.0.colons.get(index + 1).copied().unwrap_or(self.0.text.len());
        // INVARIANT: the colons were found in this very text, in ascending order.
        self.0.text.get(start..end).unwrap_or_default()
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl fmt::Debug for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0.text)
    }
}

impl Serialize for Arn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.text)
    }
}

impl<'de> Deserialize<'de> for Arn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_what_stands_between_the_colons() {
        let arn = Arn::parse("arn:aws-cn:lambda:cn-north-1:111122223333:function:signs-pre:2").unwrap();
        assert_eq!(
            [arn.partition(), arn.service(), arn.region(), arn.account(), arn.resource(), arn.name()],
            ["aws-cn", "lambda", "cn-north-1", "111122223333", "function:signs-pre:2", "2"]
        );
        let role = Arn::iam("aws", "111122223333", "role/team/a/Labeler");
        assert_eq!(role.as_str(), "arn:aws:iam::111122223333:role/team/a/Labeler");
        assert_eq!(role.name(), "Labeler");
        assert_eq!(Arn::parse(role.as_str()).unwrap(), role);
        assert_eq!(Arn::bucket("aws", "signs").as_str(), "arn:aws:s3:::signs");
    }

    #[test]
    fn what_is_no_arn_is_refused_by_its_name() {
        for text in ["", "arn", "arn:aws:s3", "urn:a:b:c:d:e", "bucket"] {
            let error = Arn::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{text}` is not an ARN")), "{error}");
        }
    }
}
