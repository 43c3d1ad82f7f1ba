//! Conditions, decided in three values.
//!
//! Knows every operator of the IAM reference (IAM User Guide, `reference_policies_elements_condition_operators`,
//! 2026-11), the suffix `IfExists`, the set operators and what an absent key does to each. An operator it does not know
//! leaves the condition open: never an Allow.

use std::net::IpAddr;

use super::Condition;
use super::layers::Truth;
use super::request::{Key, Keys, Request, Value};
use super::template::Template;

/// A condition, its operator and its values understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    quantifier: Option<Quantifier>,
    negated: bool,
    if_exists: bool,
    key: Key,
    wanted: Wanted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    All,
    Any,
}

/// What the key's value is held against. A value that is not of its operator's type fits nothing and is left out.
#[derive(Debug, Clone, PartialEq)]
enum Wanted {
    Text(Vec<Template>),
    TextIgnoringCase(Vec<Template>),
    Arn(Vec<Template>),
    Number(Order, Vec<f64>),
    Date(Order, Vec<jiff::Timestamp>),
    Bool(Vec<String>),
    Ip(Vec<Network>),
    /// Whether the key may be absent, and whether it may be there.
    Null {
        absent: bool,
        present: bool,
    },
    /// An operator that this build does not know.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    base: IpAddr,
    prefix: u32,
}

/// An operator's name without its prefix and suffix.
struct Operator<'a> {
    quantifier: Option<Quantifier>,
    name: &'a str,
    if_exists: bool,
}

impl<'a> Operator<'a> {
    /// Takes an operator apart, given in small letters.
    fn new(operator: &'a str) -> Self {
        let (quantifier, name) = match operator.split_once(':') {
            Some(("forallvalues", rest)) => (Some(Quantifier::All), rest),
            Some(("foranyvalue", rest)) => (Some(Quantifier::Any), rest),
            _ => (None, operator),
        };
        let (name, if_exists) = name.strip_suffix("ifexists").map_or((name, false), |name| (name, true));
        Self { quantifier, name, if_exists }
    }

    fn wanted(&self, condition: &Condition, variables: bool) -> (Wanted, bool) {
        let values = &condition.values;
        let texts = |wildcards| values.iter().map(|value| Template::new(value, variables, wildcards)).collect();
        let numbers = || values.iter().filter_map(|value| number(value)).collect();
        let dates = || values.iter().filter_map(|value| date(value)).collect();
        let networks = || values.iter().filter_map(|value| Network::parse(value)).collect();
        let says = |wanted: &str| values.iter().any(|value| value.eq_ignore_ascii_case(wanted));
        match self.name {
            "stringequals" => (Wanted::Text(texts(false)), false),
            // Variables stand in texts and ARNs alone.
            "binaryequals" => (Wanted::Text(values.iter().map(|v| Template::new(v, false, false)).collect()), false),
            "stringnotequals" => (Wanted::Text(texts(false)), true),
            "stringequalsignorecase" => (Wanted::TextIgnoringCase(texts(false)), false),
            "stringnotequalsignorecase" => (Wanted::TextIgnoringCase(texts(false)), true),
            "stringlike" => (Wanted::Text(texts(true)), false),
            "stringnotlike" => (Wanted::Text(texts(true)), true),
            "numericequals" => (Wanted::Number(Order::Equal, numbers()), false),
            "numericnotequals" => (Wanted::Number(Order::Equal, numbers()), true),
            "numericlessthan" => (Wanted::Number(Order::Less, numbers()), false),
            "numericlessthanequals" => (Wanted::Number(Order::LessOrEqual, numbers()), false),
            "numericgreaterthan" => (Wanted::Number(Order::Greater, numbers()), false),
            "numericgreaterthanequals" => (Wanted::Number(Order::GreaterOrEqual, numbers()), false),
            "dateequals" => (Wanted::Date(Order::Equal, dates()), false),
            "datenotequals" => (Wanted::Date(Order::Equal, dates()), true),
            "datelessthan" => (Wanted::Date(Order::Less, dates()), false),
            "datelessthanequals" => (Wanted::Date(Order::LessOrEqual, dates()), false),
            "dategreaterthan" => (Wanted::Date(Order::Greater, dates()), false),
            "dategreaterthanequals" => (Wanted::Date(Order::GreaterOrEqual, dates()), false),
            "bool" => (Wanted::Bool(values.clone()), false),
            "ipaddress" => (Wanted::Ip(networks()), false),
            "notipaddress" => (Wanted::Ip(networks()), true),
            "arnequals" | "arnlike" => (Wanted::Arn(texts(true)), false),
            "arnnotequals" | "arnnotlike" => (Wanted::Arn(texts(true)), true),
            "null" if !self.if_exists => (Wanted::Null { absent: says("true"), present: says("false") }, false),
            _ => (Wanted::Unknown, false),
        }
    }
}

/// Does this build know an operator?
#[must_use]
pub fn is_known(operator: &str) -> bool {
    let condition = Condition { operator: String::new(), key: String::new(), values: vec![] };
    Operator::new(&operator.to_ascii_lowercase()).wanted(&condition, false).0 != Wanted::Unknown
}

impl Test {
    /// Understands a condition. Only documents of version 2012-10-17 have variables.
    pub fn new(condition: &Condition, variables: bool, keys: &mut Keys) -> Self {
        let small = condition.operator.to_ascii_lowercase();
        let operator = Operator::new(&small);
        let (wanted, negated) = operator.wanted(condition, variables);
        let Operator { quantifier, if_exists, .. } = operator;
        Self { quantifier, negated, if_exists, key: keys.intern(&condition.key), wanted }
    }

    /// Does the condition hold?
    #[must_use]
    pub fn holds(&self, request: &Request<'_>) -> Truth {
        let value = request.value(&self.key);
        match self.wanted {
            Wanted::Unknown => return Truth::Unknown,
            Wanted::Null { absent, present } => return is_null(value, absent, present),
            _ => {}
        }
        match (value, self.quantifier) {
            (Value::Absent, Some(Quantifier::All)) => Truth::True,
            (Value::Absent, Some(Quantifier::Any)) => Truth::of(self.if_exists),
            (Value::Absent, None) => Truth::of(self.negated || self.if_exists),
            (Value::Known(values), Some(Quantifier::All)) => {
                values.iter().map(|value| self.fits(value, request)).min().unwrap_or(Truth::True)
            }
            (Value::Known(values), Some(Quantifier::Any)) => {
                values.iter().map(|value| self.fits(value, request)).max().unwrap_or(Truth::False)
            }
            (Value::Known([one]), None) => self.fits(one, request),
            // What several values without a set operator mean is not documented.
            (Value::Unknown, _) | (Value::Known(_), None) => Truth::Unknown,
        }
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// One value against those of the policy: one must fit; none may, where the operator is negated.
    fn fits(&self, value: &str, request: &Request<'_>) -> Truth {
        let any = |truths: &mut dyn Iterator<Item = Truth>| truths.max().unwrap_or(Truth::False);
        let fits = match &self.wanted {
            Wanted::Text(texts) => any(&mut texts.iter().map(|text| text.matches(value, request))),
            Wanted::TextIgnoringCase(texts) => {
                any(&mut texts.iter().map(|text| text.matches_ignoring_case(value, request)))
            }
            Wanted::Arn(arns) => any(&mut arns.iter().map(|arn| arn.matches_arn(value, request))),
            Wanted::Number(order, numbers) => Truth::of(order.holds(number(value), numbers)),
            Wanted::Date(order, dates) => Truth::of(order.holds(date(value), dates)),
            Wanted::Bool(wanted) => Truth::of(wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(value))),
            Wanted::Ip(networks) => {
                let address = value.parse().ok();
                Truth::of(address.is_some_and(|address| networks.iter().any(|network| network.contains(address))))
            }
            Wanted::Null { .. } | Wanted::Unknown => return Truth::Unknown,
        };
        if self.negated { !fits } else { fits }
    }
}

fn is_null(value: Value<'_>, absent: bool, present: bool) -> Truth {
    match value {
        Value::Unknown if absent == present => Truth::of(absent),
        Value::Unknown => Truth::Unknown,
        Value::Known([]) | Value::Absent => Truth::of(absent),
        Value::Known(_) => Truth::of(present),
    }
}

impl Order {
    /// Does the value stand so to one of those wanted? What is no value does not.
    fn holds<T: PartialOrd>(self, value: Option<T>, wanted: &[T]) -> bool {
        value.is_some_and(|value| {
            wanted.iter().any(|wanted| match self {
                Self::Equal => value == *wanted,
                Self::Less => value < *wanted,
                Self::LessOrEqual => value <= *wanted,
                Self::Greater => value > *wanted,
                Self::GreaterOrEqual => value >= *wanted,
            })
        })
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// ISO 8601 down to the month or finer, or seconds since 1970.
fn date(text: &str) -> Option<jiff::Timestamp> {
    let text = text.trim();
    let seconds = text.parse().ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    let zoned = || text.parse::<jiff::Timestamp>().ok();
    let plain = || {
        let civil = text.trim_end_matches('Z').parse::<jiff::civil::DateTime>().ok()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    };
    let month = || {
        let civil = format!("{text}-01").parse::<jiff::civil::Date>().ok()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    };
    seconds.or_else(zoned).or_else(plain).or_else(month)
}

impl Network {
    /// A network in CIDR notation, or a single address.
    fn parse(text: &str) -> Option<Self> {
        let (base, prefix) = text.split_once('/').map_or((text, None), |(base, prefix)| (base, Some(prefix)));
        let base: IpAddr = base.parse().ok()?;
        let bits = if base.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Some(bits), |prefix| prefix.parse().ok().filter(|prefix| *prefix <= bits))?;
        Some(Self { base, prefix })
    }

    fn contains(self, address: IpAddr) -> bool {
        match (address, self.base) {
            (IpAddr::V4(address), IpAddr::V4(base)) => {
                let shift = 32 - self.prefix;
                address.to_bits().checked_shr(shift) == base.to_bits().checked_shr(shift)
            }
            (IpAddr::V6(address), IpAddr::V6(base)) => {
                let shift = 128 - self.prefix;
                address.to_bits().checked_shr(shift) == base.to_bits().checked_shr(shift)
            }
            _ => false,
        }
    }
}
