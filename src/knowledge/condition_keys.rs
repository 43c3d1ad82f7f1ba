//! Which condition keys of a service's own the requests for an action have.
//!
//! A key that the Service Authorization Reference does not list for an action is absent in its requests: a Deny of `s3:*` by
//! a header of `PutObject` stops every read. The data are in `condition_keys.json`. Of a service or key that is not in it
//! nothing is said; what a policy asks has never been heard of here.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: String,
    date: String,
    /// By service and key, in small letters, the actions that have it. A key that ends with `:` or `/` stands for all that
    /// begin so.
    services: BTreeMap<String, BTreeMap<String, String>>,
}

#[expect(clippy::expect_used, reason = "the file is part of the program, and every test that asks for it reads it")]
static FILE: LazyLock<File> = LazyLock::new(|| {
    serde_json::from_str(include_str!("condition_keys.json")).expect("condition_keys.json has the form of File")
});

/// By key, the actions that have it, as `service:name` in small letters.
static ACTIONS: LazyLock<HashMap<&'static str, HashSet<String>>> = LazyLock::new(|| {
    let mut actions: HashMap<&'static str, HashSet<String>> = HashMap::new();
    for (service, keys) in &FILE.services {
        for (key, of) in keys {
            let names = of.split(' ').filter(|name| !name.is_empty());
            let names = names.map(|name| format!("{service}:{}", name.to_ascii_lowercase()));
            actions.entry(key.as_str()).or_default().extend(names);
        }
    }
    actions
});

/// Do requests for an action certainly not have a key of a service's own? Both in small letters.
#[must_use]
pub fn is_never_in(action: &str, key: &str) -> bool {
    let family = key.match_indices([':', '/']).rev().map(|(at, _)| key.get(..=at).unwrap_or(key));
    let listed = std::iter::once(key).chain(family).find_map(|key| ACTIONS.get(key));
    listed.is_some_and(|actions| !actions.contains(action))
}

/// Where the data come from, and the day.
#[must_use]
pub fn source() -> (&'static str, &'static str) {
    (&FILE.source, &FILE.date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_one_action_is_never_in_another() {
        for (action, key) in [
            ("s3:getobject", "s3:x-amz-server-side-encryption"),
            ("s3:getobject", "s3:prefix"),
            ("s3:abortmultipartupload", "s3:x-amz-acl"),
            ("s3:putobject", "s3:existingobjecttag/team"),
            ("sagemaker:createlabelingjob", "sagemaker:vpcsubnets"),
            ("lambda:invokefunction", "s3:prefix"),
            ("kms:describekey", "kms:encryptioncontext:aws:s3:arn"),
            ("sns:publish", "sns:endpoint"),
        ] {
            assert!(is_never_in(action, key), "{action} {key}");
        }
        for (action, key) in [
            ("s3:putobject", "s3:x-amz-acl"),
            ("s3:listbucket", "s3:prefix"),
            ("s3:getobject", "s3:existingobjecttag/team"),
            ("sagemaker:createlabelingjob", "sagemaker:workteamtype"),
            ("sagemaker:createlabelingjob", "sagemaker:resourcetag/team"),
            ("sagemaker:addtags", "sagemaker:taggingaction"),
            ("kms:decrypt", "kms:encryptioncontext:aws:s3:arn"),
            ("kms:decrypt", "kms:keyorigin"),
            ("s3:getobject", "aws:sourcevpce"),
            ("s3:getobject", "s3:a-key-of-tomorrow"),
            ("s3:getobject", "saml:sub"),
        ] {
            assert!(!is_never_in(action, key), "{action} {key}");
        }
        assert_eq!(source().1, "2026-11-27");
    }
}
