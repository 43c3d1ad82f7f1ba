//! What a context key may be in a request: a set of possibilities.
//!
//! Knows what kinds of ignorance there are; has never heard of a key's name. A condition that comes out the same for every
//! possibility is decided, and only one that does not is unknown.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One of the things that a context key may be. A key is known as a slice of them: the request has one, and which one is not
/// known where there are several.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// The request does not have the key.
    Absent,
    /// It has these values; an empty list is a multivalued key without values.
    Exactly(Vec<String>),
    /// It has one number that is at least this one; of a date, the seconds since 1970.
    AtLeast(f64),
    /// It has one text that begins so.
    Below(String),
    /// It has several values, of which these are some.
    Including(Vec<String>),
    /// It has one value of AWS's own that AWS does not publish: the address or network that a service calls from. No policy
    /// spells it out.
    OfAws,
    /// It has some value, or several.
    Present,
}

/// A key that the request does not have.
pub(super) const ABSENT: &[Value] = &[Value::Absent];

/// A key of which nothing is known.
pub(super) const UNKNOWN: &[Value] = &[Value::Absent, Value::Present];

impl Value {
    /// One value that is known.
    #[must_use]
    pub fn text(value: impl Into<String>) -> Self {
        Self::Exactly(vec![value.into()])
    }

    /// Has the request no value of the key?
    #[must_use]
    pub fn is_null(&self) -> bool {
        match self {
            Self::Absent => true,
            Self::Exactly(values) => values.is_empty(),
            _ => false,
        }
    }

    /// As a reader sees it; nothing of a key that the request does not have.
    #[must_use]
    pub fn shown(&self) -> Option<Vec<String>> {
        match self {
            Self::Absent => None,
            Self::Exactly(values) | Self::Including(values) => Some(values.clone()),
            Self::AtLeast(number) => Some(vec![format!("{number} or more")]),
            Self::Below(prefix) => Some(vec![format!("{prefix}*")]),
            Self::OfAws => Some(vec!["one of AWS's own".to_owned()]),
            Self::Present => Some(vec!["some value".to_owned()]),
        }
    }
}

/// Can the address that an AWS service calls from be in this network? Not in one that is private, or reserved for
/// documentation (RFC 1918, 4193, 5737, 6598, 3849). What else a service calls from is not published.
pub(super) fn may_be_of_aws(base: IpAddr, prefix: u32) -> bool {
    match base {
        IpAddr::V4(base) => {
            let private = [
                (Ipv4Addr::new(10, 0, 0, 0), 8),
                (Ipv4Addr::new(172, 16, 0, 0), 12),
                (Ipv4Addr::new(192, 168, 0, 0), 16),
                (Ipv4Addr::new(100, 64, 0, 0), 10),
                (Ipv4Addr::new(127, 0, 0, 0), 8),
                (Ipv4Addr::new(169, 254, 0, 0), 16),
                (Ipv4Addr::new(192, 0, 2, 0), 24),
                (Ipv4Addr::new(198, 51, 100, 0), 24),
                (Ipv4Addr::new(203, 0, 113, 0), 24),
            ];
            let within =
                |(net, bits): &(Ipv4Addr, u32)| prefix >= *bits && (base.to_bits() ^ net.to_bits()) >> (32 - bits) == 0;
            !private.iter().any(within)
        }
        IpAddr::V6(base) => {
            let private =
                [(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7), (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32)];
            let within = |(net, bits): &(Ipv6Addr, u32)| {
                prefix >= *bits && (base.to_bits() ^ net.to_bits()) >> (128 - bits) == 0
            };
            !private.iter().any(within)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_networks_are_not_of_aws() {
        let may = |text: &str, prefix| may_be_of_aws(text.parse().unwrap(), prefix);
        assert!(!may("10.1.0.0", 16) && !may("203.0.113.0", 24) && !may("fd00::", 8));
        assert!(may("0.0.0.0", 0) && may("52.94.0.0", 22) && may("10.0.0.0", 7) && may("::", 0));
    }
}
