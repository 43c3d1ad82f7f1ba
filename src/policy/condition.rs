//! Conditions, decided in three values.
//!
//! Knows every operator of the IAM reference (IAM User Guide, `reference_policies_elements_condition_operators`,
//! 2026-11), the suffix `IfExists`, the set operators and what an absent key does to each. An operator it does not know
//! leaves the condition open: never an Allow.

use std::net::IpAddr;

use super::document::Condition;
use super::evaluate::Truth;
use super::pattern::Pattern;
use super::request::{Context, Value};
use super::template::{Filled, Template};

/// A condition, its operator understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    quantifier: Option<Quantifier>,
    operator: Operator,
    negated: bool,
    if_exists: bool,
    key: String,
    values: Vec<Template>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    All,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Text { ignore_case: bool },
    Number(Order),
    Date(Order),
    Bool,
    Ip,
    Arn,
    Null,
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

impl Test {
    /// Understands a condition. Only documents of version 2012-10-17 have variables.
    #[must_use]
    pub fn new(condition: &Condition, variables: bool) -> Self {
        let name = condition.operator.to_ascii_lowercase();
        let (quantifier, name) = match name.split_once(':') {
            Some(("forallvalues", rest)) => (Some(Quantifier::All), rest),
            Some(("foranyvalue", rest)) => (Some(Quantifier::Any), rest),
            _ => (None, name.as_str()),
        };
        let (name, if_exists) = name.strip_suffix("ifexists").map_or((name, false), |name| (name, true));
        let text = |ignore_case| Operator::Text { ignore_case };
        let (operator, negated, like) = match name {
            "stringequals" | "binaryequals" => (text(false), false, false),
            "stringnotequals" => (text(false), true, false),
            "stringequalsignorecase" => (text(true), false, false),
            "stringnotequalsignorecase" => (text(true), true, false),
            "stringlike" => (text(false), false, true),
            "stringnotlike" => (text(false), true, true),
            "numericequals" => (Operator::Number(Order::Equal), false, false),
            "numericnotequals" => (Operator::Number(Order::Equal), true, false),
            "numericlessthan" => (Operator::Number(Order::Less), false, false),
            "numericlessthanequals" => (Operator::Number(Order::LessOrEqual), false, false),
            "numericgreaterthan" => (Operator::Number(Order::Greater), false, false),
            "numericgreaterthanequals" => (Operator::Number(Order::GreaterOrEqual), false, false),
            "dateequals" => (Operator::Date(Order::Equal), false, false),
            "datenotequals" => (Operator::Date(Order::Equal), true, false),
            "datelessthan" => (Operator::Date(Order::Less), false, false),
            "datelessthanequals" => (Operator::Date(Order::LessOrEqual), false, false),
            "dategreaterthan" => (Operator::Date(Order::Greater), false, false),
            "dategreaterthanequals" => (Operator::Date(Order::GreaterOrEqual), false, false),
            "bool" => (Operator::Bool, false, false),
            "ipaddress" => (Operator::Ip, false, false),
            "notipaddress" => (Operator::Ip, true, false),
            "arnequals" | "arnlike" => (Operator::Arn, false, true),
            "arnnotequals" | "arnnotlike" => (Operator::Arn, true, true),
            "null" if !if_exists => (Operator::Null, false, false),
            _ => (Operator::Unknown, false, false),
        };
        // Variables stand in texts and ARNs alone.
        let variables = variables && matches!(operator, Operator::Text { .. } | Operator::Arn);
        Self {
            quantifier,
            operator,
            negated,
            if_exists,
            key: condition.key.to_ascii_lowercase(),
            values: condition.values.iter().map(|value| Template::new(value, variables, like)).collect(),
        }
    }

    /// Does the condition hold?
    #[must_use]
    pub fn holds(&self, context: &Context) -> Truth {
        let value = context.value(&self.key);
        match self.operator {
            Operator::Unknown => return Truth::Unknown,
            Operator::Null => return self.is_null(value, context),
            _ => {}
        }
        match (value, self.quantifier) {
            (Value::Absent, Some(Quantifier::All)) => Truth::True,
            (Value::Absent, Some(Quantifier::Any)) => Truth::of(self.if_exists),
            (Value::Absent, None) => Truth::of(self.negated || self.if_exists),
            (Value::Known(values), Some(Quantifier::All)) => {
                values.iter().map(|value| self.fits(value, context)).min().unwrap_or(Truth::True)
            }
            (Value::Known(values), Some(Quantifier::Any)) => {
                values.iter().map(|value| self.fits(value, context)).max().unwrap_or(Truth::False)
            }
            (Value::Known([one]), None) => self.fits(one, context),
            // What several values without a set operator mean is not documented.
            (Value::Unknown, _) | (Value::Known(_), None) => Truth::Unknown,
        }
    }

    /// The key, in small letters.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    fn is_null(&self, value: Value<'_>, context: &Context) -> Truth {
        let absent = match value {
            Value::Known(values) => Truth::of(values.is_empty()),
            Value::Absent => Truth::True,
            Value::Unknown => Truth::Unknown,
        };
        let wanted = self.values.iter().map(|wanted| match text(wanted, context).as_deref() {
            Some("true") => absent,
            Some("false") => !absent,
            _ => Truth::False,
        });
        wanted.max().unwrap_or(Truth::False)
    }

    /// One value against those of the policy: one must fit; none may, where the operator is negated.
    fn fits(&self, value: &str, context: &Context) -> Truth {
        let any = self.values.iter().map(|wanted| self.matches(value, wanted, context)).max().unwrap_or(Truth::False);
        if self.negated { !any } else { any }
    }

    fn matches(&self, value: &str, wanted: &Template, context: &Context) -> Truth {
        let (pattern, sure) = match wanted.fill(context) {
            Filled::Valueless => return Truth::False,
            Filled::Pattern(pattern) => (pattern, Truth::True),
            Filled::Unknown(pattern, _) => (pattern, Truth::Unknown),
        };
        let matched = match self.operator {
            Operator::Text { ignore_case: false } => pattern.matches(value),
            Operator::Text { ignore_case: true } => pattern.to_string().to_lowercase() == value.to_lowercase(),
            Operator::Arn => arn_matches(&pattern, value),
            Operator::Bool => pattern.to_string().eq_ignore_ascii_case(value),
            Operator::Number(order) => order.holds(number(value), number(&pattern.to_string())),
            Operator::Date(order) => order.holds(date(value), date(&pattern.to_string())),
            Operator::Ip => in_network(value, &pattern.to_string()),
            Operator::Null | Operator::Unknown => return Truth::Unknown,
        };
        Truth::of(matched).min(sure)
    }
}

impl Order {
    fn holds<T: PartialOrd>(self, left: Option<T>, right: Option<T>) -> bool {
        left.zip(right).is_some_and(|(left, right)| match self {
            Self::Equal => left == right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        })
    }
}

fn text(template: &Template, context: &Context) -> Option<String> {
    match template.fill(context) {
        Filled::Pattern(pattern) => Some(pattern.to_string().to_ascii_lowercase()),
        Filled::Valueless | Filled::Unknown(..) => None,
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// ISO 8601 down to the minute or finer, a date alone, or seconds since 1970.
fn date(text: &str) -> Option<jiff::Timestamp> {
    let text = text.trim();
    let seconds = text.parse().ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    let zoned = || text.parse::<jiff::Timestamp>().ok();
    let plain = || {
        let civil = text.trim_end_matches('Z').parse::<jiff::civil::DateTime>().ok()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    };
    seconds.or_else(zoned).or_else(plain)
}

/// Six parts, each matched by itself; a pattern with fewer parts is completed with `*`.
fn arn_matches(pattern: &Pattern, arn: &str) -> bool {
    let mut parts = pattern.split(':', 6).into_iter();
    let mut found = arn.splitn(6, ':');
    let all = (0..6).all(|_| match (parts.next(), found.next()) {
        (Some(part), Some(found)) => part.matches(found),
        (None, Some(_)) => true,
        (_, None) => false,
    });
    all && arn.matches(':').count() >= 5
}

/// An address, of either family, against a network in CIDR notation or a single address.
fn in_network(address: &str, network: &str) -> bool {
    let (base, prefix) = match network.split_once('/') {
        Some((base, prefix)) => (base, prefix.parse::<u32>().ok()),
        None => (network, Some(u32::MAX)),
    };
    match (address.parse(), base.parse(), prefix) {
        (Ok(IpAddr::V4(address)), Ok(IpAddr::V4(base)), Some(prefix)) => {
            let shift = 32 - prefix.min(32);
            u64::from(address.to_bits()) >> shift == u64::from(base.to_bits()) >> shift
        }
        (Ok(IpAddr::V6(address)), Ok(IpAddr::V6(base)), Some(prefix)) => {
            let shift = 128 - prefix.min(128);
            address.to_bits().checked_shr(shift) == base.to_bits().checked_shr(shift)
        }
        _ => false,
    }
}
