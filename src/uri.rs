//! Where an object or a prefix is in S3, as labeling jobs name it.
//!
//! Knows `s3://BUCKET/KEY` and the `https://` forms of the same; nothing of what is there.

use std::fmt;

use crate::arn::Arn;

/// A bucket and a key, or the beginning of keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct S3Uri {
    /// The bucket's name.
    pub bucket: String,
    /// The key; empty for the bucket itself.
    pub key: String,
}

/// What stands behind the name in an access point's address.
const ACCESS_POINT: &str = ".s3-accesspoint.";

/// A text that names nothing in S3.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names nothing in S3: it does not have the form `s3://bucket/key`")]
pub struct NotInS3(String);

impl S3Uri {
    /// Reads a URI.
    ///
    /// # Errors
    ///
    /// When it is neither `s3://BUCKET/KEY` nor an address of S3's own (`https://BUCKET.s3.REGION.amazonaws.com/KEY`,
    /// `https://s3.REGION.amazonaws.com/BUCKET/KEY`).
    pub fn parse(text: &str) -> Result<Self, NotInS3> {
        let uri = match (text.strip_prefix("s3://"), text.strip_prefix("https://")) {
            (Some(rest), _) => Some(split(rest)),
            (None, Some(rest)) => {
                let (host, path) = split(rest);
                if host.starts_with("s3.") || host.starts_with("s3-") {
                    Some(split(path))
                } else {
                    let own = host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"));
                    let end = own.and_then(|own| own.rfind(".s3"));
                    // An access point's address has its name in the bucket's place; what follows tells them apart.
                    let point = own.filter(|own| own.contains(ACCESS_POINT));
                    point.or_else(|| end.and_then(|end| host.get(..end))).map(|bucket| (bucket, path))
                }
            }
            (None, None) => None,
        };
        uri.filter(|(bucket, _)| !bucket.is_empty())
            .map(|(bucket, key)| Self { bucket: bucket.to_owned(), key: key.to_owned() })
            .ok_or_else(|| NotInS3(text.to_owned()))
    }

    /// Does it name an access point in the bucket's place, by ARN, alias or address? No bucket can have such a name.
    #[must_use]
    pub fn names_an_access_point(&self) -> bool {
        let (name, alias) = (&self.bucket, ["-s3alias", "--ol-s3", ".mrap"]);
        name.starts_with("arn:") || name.contains(ACCESS_POINT) || alias.iter().any(|alias| name.ends_with(alias))
    }

    /// The bucket's ARN.
    #[must_use]
    pub fn bucket_arn(&self, partition: &str) -> Arn {
        Arn::bucket(partition, &self.bucket)
    }

    /// The object's ARN.
    #[must_use]
    pub fn object_arn(&self, partition: &str) -> Arn {
        Arn::bucket(partition, &format!("{}/{}", self.bucket, self.key))
    }

    /// What the ARNs of all objects below it begin with. A key is a directory here, whether it ends with a slash or not.
    #[must_use]
    pub fn below(&self, partition: &str) -> String {
        let key = self.key.trim_end_matches('/');
        let slash = if key.is_empty() { "" } else { "/" };
        format!("{}/{key}{slash}", self.bucket_arn(partition))
    }
}

fn split(text: &str) -> (&str, &str) {
    text.split_once('/').unwrap_or((text, ""))
}

impl fmt::Display for S3Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_names_a_bucket_and_a_key() {
        for (text, shown) in [
            ("s3://b/k/x.json", "s3://b/k/x.json"),
            ("s3://b", "s3://b/"),
            ("https://b.s3.eu-west-1.amazonaws.com/k", "s3://b/k"),
            ("https://b.s3.amazonaws.com/k", "s3://b/k"),
            ("https://b.s3-eu-west-1.amazonaws.com/k", "s3://b/k"),
            ("https://my.s3.bucket.s3.amazonaws.com/k", "s3://my.s3.bucket/k"),
            ("https://s3.us-east-1.amazonaws.com/b/k", "s3://b/k"),
        ] {
            assert_eq!(S3Uri::parse(text).unwrap().to_string(), shown);
        }
        for text in ["", "b/k", "s3:///k", "https://example.com/k", "S3://b/k"] {
            assert!(S3Uri::parse(text).is_err(), "{text}");
        }
        let uri = S3Uri::parse("s3://b/out/").unwrap();
        assert_eq!(uri.below("aws"), "arn:aws:s3:::b/out/");
        assert_eq!(S3Uri::parse("s3://b").unwrap().below("aws"), "arn:aws:s3:::b/");
        assert_eq!(uri.object_arn("aws").as_str(), "arn:aws:s3:::b/out/");
    }
}
