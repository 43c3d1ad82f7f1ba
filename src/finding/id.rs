//! The ids of findings: how one is made, and how people name one by its first digits.

use std::collections::BTreeSet;

use super::RuleId;
use crate::labeling::Use;

/// A finding is named by so many first digits of its id or more.
pub const FEWEST_DIGITS: usize = 4;

/// Sixteen hex digits, the same in every run and version for the same rule, the same ARN (or set of roles) and the same use
/// of it (FNV-1a, 64 bits).
#[must_use]
pub fn fingerprint(rule: RuleId, about: &str, usage: Option<Use>) -> String {
    let usage = match usage {
        Some(Use::Used) => "used",
        Some(Use::Intended) => "intended",
        Some(Use::Other) => "other",
        Some(Use::Unknown) => "unknown",
        None => "",
    };
    let text = [rule.as_str(), about, usage].join("\n");
    let hash = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", text.bytes().fold(0xcbf2_9ce4_8422_2325, hash))
}

/// Is a text an id, or so many first digits of one that it may name it?
#[must_use]
pub fn may_be_id(text: &str) -> bool {
    (FEWEST_DIGITS..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The ids that begin with a text, which are not several where it names one; capital digits are taken for small ones.
#[must_use]
pub fn beginning<'i>(text: &str, ids: impl IntoIterator<Item = &'i str>) -> BTreeSet<&'i str> {
    let text = text.to_ascii_lowercase();
    ids.into_iter().filter(|id| may_be_id(&text) && id.starts_with(&text)).collect()
}

/// The fewest digits, [`FEWEST_DIGITS`] or more, in which all these ids differ.
#[must_use]
pub fn digits<'i>(ids: impl IntoIterator<Item = &'i str>) -> usize {
    let ids: BTreeSet<&str> = ids.into_iter().collect();
    let differ = |digits: &usize| {
        let short: BTreeSet<&str> = ids.iter().filter_map(|id| id.get(..*digits)).collect();
        short.len() == ids.len()
    };
    (FEWEST_DIGITS..16).find(differ).unwrap_or(16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_never_changes() {
        // INVARIANT: these stand in people's baselines; a change of the function would make every finding new.
        let bucket = fingerprint(RuleId::BucketOutOfReach, "arn:aws:s3:::b", Some(Use::Used));
        assert_eq!(bucket, "b39b6a6f421d6b43");
        assert_ne!(bucket, fingerprint(RuleId::BucketOutOfReach, "arn:aws:s3:::b", Some(Use::Intended)));
    }

    #[test]
    fn the_first_digits_name_what_begins_with_them() {
        let ids = ["0123456789abcdef", "0123999999999999", "fedcba9876543210"];
        for (text, named) in
            [("FEDC", 1), ("0123", 2), ("01234", 1), ("012", 0), ("acme-frames", 0), ("0123456789abcdef0", 0)]
        {
            assert_eq!(beginning(text, ids).len(), named, "{text}");
        }
        assert_eq!((digits(ids), digits([])), (5, 4));
    }
}
