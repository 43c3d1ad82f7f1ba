//! Conditions, decided in three values: what comes out the same for everything that the key may be is certain.
//!
//! Knows every operator of the IAM reference (IAM User Guide, `reference_policies_elements_condition_operators`,
//! 2026-11), the suffix `IfExists`, the set operators and what an absent key does to each. An operator it does not know
//! leaves the condition open: never an Allow.

use std::net::IpAddr;

use super::Condition;
use super::request::{Key, Keys, Request};
use super::template::Template;
use super::ternary::Truth;
use super::value::{Value, may_be_of_aws};

/// A condition, its operator and its values understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    quantifier: Option<Quantifier>,
    negated: bool,
    if_exists: bool,
    key: Key,
    wanted: Wanted,
    /// Some of its values are none of its operator's type.
    flawed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    All,
    Any,
}

/// What the key's value is held against. What AWS makes of a value that is not of its operator's type is not documented:
/// such a condition is unknown.
#[derive(Debug, Clone, PartialEq)]
enum Wanted {
    Text(Vec<Template>),
    TextIgnoringCase(Vec<Template>),
    Arn(Vec<Template>),
    Number(Order, Vec<f64>),
    Date(Order, Vec<jiff::Timestamp>),
    /// `true`, `false`, or a text with a variable.
    Bool(Vec<Template>),
    Ip(Vec<Network>),
    /// Whether the key may be absent, and whether it may be there.
    Null {
        absent: bool,
        present: bool,
    },
    /// An operator that this build does not know, or whose meaning is not described.
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
        let number = |order| Wanted::Number(order, read(values, number));
        let date = |order| Wanted::Date(order, read(values, date));
        let networks = || Wanted::Ip(read(values, Network::parse));
        let whole = |arn: &str| (variables && arn.contains("${")) || arn.matches(':').count() >= 5;
        let boolean = |text: &str| (variables && text.contains("${")) || truth(text).is_some();
        let booleans =
            || Wanted::Bool(read(values, |text| boolean(text).then(|| Template::new(text, variables, false))));
        let arns = || Wanted::Arn(read(values, |arn| whole(arn).then(|| Template::new(arn, variables, true))));
        match self.name {
            _ if values.is_empty() => (Wanted::Unknown, false),
            "stringequals" => (Wanted::Text(texts(false)), false),
            // Variables stand in texts, ARNs and booleans alone.
            "binaryequals" => (Wanted::Text(values.iter().map(|v| Template::new(v, false, false)).collect()), false),
            "stringnotequals" => (Wanted::Text(texts(false)), true),
            "stringequalsignorecase" => (Wanted::TextIgnoringCase(texts(false)), false),
            "stringnotequalsignorecase" => (Wanted::TextIgnoringCase(texts(false)), true),
            "stringlike" => (Wanted::Text(texts(true)), false),
            "stringnotlike" => (Wanted::Text(texts(true)), true),
            "numericequals" => (number(Order::Equal), false),
            "numericnotequals" => (number(Order::Equal), true),
            "numericlessthan" => (number(Order::Less), false),
            "numericlessthanequals" => (number(Order::LessOrEqual), false),
            "numericgreaterthan" => (number(Order::Greater), false),
            "numericgreaterthanequals" => (number(Order::GreaterOrEqual), false),
            "dateequals" => (date(Order::Equal), false),
            "datenotequals" => (date(Order::Equal), true),
            "datelessthan" => (date(Order::Less), false),
            "datelessthanequals" => (date(Order::LessOrEqual), false),
            "dategreaterthan" => (date(Order::Greater), false),
            "dategreaterthanequals" => (date(Order::GreaterOrEqual), false),
            "bool" => (booleans(), false),
            "ipaddress" => (networks(), false),
            "notipaddress" => (networks(), true),
            "arnequals" | "arnlike" => (arns(), false),
            "arnnotequals" | "arnnotlike" => (arns(), true),
            "null" if !self.if_exists && self.quantifier.is_none() && values.iter().all(|v| truth(v).is_some()) => {
                let wanted = read(values, truth);
                (Wanted::Null { absent: wanted.contains(&true), present: wanted.contains(&false) }, false)
            }
            _ => (Wanted::Unknown, false),
        }
    }
}

/// The values that can be read.
fn read<T>(values: &[String], read: impl Fn(&str) -> Option<T>) -> Vec<T> {
    values.iter().filter_map(|value| read(value)).collect()
}

impl Wanted {
    /// Are some of the values none of the operator's type?
    fn lacks_some_of(&self, values: &[String]) -> bool {
        let understood = match self {
            Self::Text(texts) | Self::TextIgnoringCase(texts) | Self::Arn(texts) | Self::Bool(texts) => texts.len(),
            Self::Number(_, numbers) => numbers.len(),
            Self::Date(_, dates) => dates.len(),
            Self::Ip(networks) => networks.len(),
            Self::Null { .. } | Self::Unknown => return false,
        };
        understood < values.len()
    }
}

/// Is it known what a condition means: its operator, and values of its operator's type?
#[must_use]
pub fn is_understood(condition: &Condition) -> bool {
    let small = condition.operator.to_ascii_lowercase();
    let (wanted, _) = Operator::new(&small).wanted(condition, true);
    wanted != Wanted::Unknown && !wanted.lacks_some_of(&condition.values)
}

impl Test {
    /// Understands a condition. Only documents of version 2012-10-17 have variables.
    pub fn new(condition: &Condition, variables: bool, keys: &mut Keys) -> Self {
        let small = condition.operator.to_ascii_lowercase();
        let operator = Operator::new(&small);
        let (wanted, negated) = operator.wanted(condition, variables);
        let Operator { quantifier, if_exists, .. } = operator;
        let flawed = wanted.lacks_some_of(&condition.values);
        Self { quantifier, negated, if_exists, key: keys.intern(&condition.key), wanted, flawed }
    }

    /// A condition whose meaning is not known.
    pub fn unclear(condition: &Condition, keys: &mut Keys) -> Self {
        let key = keys.intern(&condition.key);
        Self { quantifier: None, negated: false, if_exists: false, key, wanted: Wanted::Unknown, flawed: false }
    }

    /// Does the condition hold, whatever the key is of all that it may be?
    #[must_use]
    pub fn holds(&self, request: &Request<'_>) -> Truth {
        Truth::agreement(request.value(&self.key).iter().map(|value| self.holds_for(value, request)))
    }

    /// Does it hold for one thing that the key may be?
    fn holds_for(&self, value: &Value, request: &Request<'_>) -> Truth {
        match self.wanted {
            Wanted::Unknown => return Truth::Unknown,
            Wanted::Null { absent, present } => return Truth::of(if value.is_null() { absent } else { present }),
            _ => {}
        }
        match (value, self.quantifier) {
            (Value::Absent, Some(Quantifier::All)) => Truth::True,
            (Value::Absent, Some(Quantifier::Any)) => Truth::of(self.if_exists),
            (Value::Absent, None) => Truth::of(self.negated || self.if_exists),
            (Value::Exactly(values), Some(quantifier)) => {
                // A value that is the empty string is no value, if there is no other (IAM User Guide,
                // `reference_policies_multi-value-conditions`, 2026-11); whether it is one among others, the page does not say.
                let some = values.iter().filter(|value| !value.is_empty());
                let without = self.fits_each(quantifier, some.clone(), request);
                let is_clear = some.clone().count() == values.len() || some.count() == 0;
                if is_clear || without == self.fits_each(quantifier, values.iter(), request) {
                    without
                } else {
                    Truth::Unknown
                }
            }
            // The values that are not known may fit, and may not; one that is empty may be no value.
            (Value::Including(values), Some(quantifier)) => {
                let some = values.iter().filter(|value| !value.is_empty());
                let fits = self.fits_each(quantifier, some, request);
                match quantifier {
                    Quantifier::All => fits.min(Truth::Unknown),
                    Quantifier::Any => fits.max(Truth::Unknown),
                }
            }
            // One that may be empty may be no value.
            (Value::Below(prefix), Some(quantifier)) if prefix.is_empty() => {
                let nothing = self.fits_each(quantifier, [].into_iter(), request);
                Truth::agreement([self.fits_whatever(value, request), nothing])
            }
            // A set operator over one value is the operator itself.
            (Value::AtLeast(_) | Value::Below(_) | Value::OfAws, _) => self.fits_whatever(value, request),
            (Value::Exactly(values), None) => match values.as_slice() {
                [one] => self.fits(one, request),
                // What several values without a set operator mean is not documented.
                _ => Truth::Unknown,
            },
            (Value::Including(_), None) | (Value::Present, _) => Truth::Unknown,
        }
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The keys of the variables in its values.
    pub fn variables(&self) -> impl Iterator<Item = &Key> {
        let texts = match &self.wanted {
            Wanted::Text(texts) | Wanted::TextIgnoringCase(texts) | Wanted::Arn(texts) | Wanted::Bool(texts) => {
                texts.as_slice()
            }
            _ => &[],
        };
        texts.iter().flat_map(Template::keys)
    }

    /// Several values against those of the policy: all must fit, or one.
    fn fits_each<'v>(
        &self,
        quantifier: Quantifier,
        values: impl Iterator<Item = &'v String>,
        request: &Request<'_>,
    ) -> Truth {
        let fits = values.map(|value| self.fits(value, request));
        match quantifier {
            Quantifier::All => fits.min().unwrap_or(Truth::True),
            Quantifier::Any => fits.max().unwrap_or(Truth::False),
        }
    }

    /// One value against those of the policy: one must fit; none may, where the operator is negated.
    fn fits(&self, value: &str, request: &Request<'_>) -> Truth {
        let any = |truths: &mut dyn Iterator<Item = Truth>| truths.max().unwrap_or(Truth::False);
        let compared = |holds: Option<bool>| holds.map_or(Truth::Unknown, Truth::of);
        let fits = match &self.wanted {
            Wanted::Text(texts) => any(&mut texts.iter().map(|text| text.matches(value, request))),
            Wanted::TextIgnoringCase(texts) => {
                any(&mut texts.iter().map(|text| text.matches_ignoring_case(value, request)))
            }
            Wanted::Arn(_) if value.matches(':').count() < 5 => Truth::Unknown,
            Wanted::Arn(arns) => any(&mut arns.iter().map(|arn| arn.matches_arn(value, request))),
            Wanted::Number(order, numbers) => compared(number(value).map(|value| order.holds(&value, numbers))),
            Wanted::Date(order, dates) => compared(date(value).map(|value| order.holds(&value, dates))),
            Wanted::Bool(wanted) => truth(value).map_or(Truth::Unknown, |value| {
                any(&mut wanted.iter().map(|wanted| is_boolean(wanted, value, request)))
            }),
            Wanted::Ip(networks) => {
                compared(value.parse().ok().map(|address| networks.iter().any(|network| network.contains(address))))
            }
            Wanted::Null { .. } | Wanted::Unknown => return Truth::Unknown,
        };
        self.signed(fits)
    }

    /// The same of one value of which only the range is known: certain, where it comes out the same for the whole range.
    fn fits_whatever(&self, value: &Value, request: &Request<'_>) -> Truth {
        let any = |truths: &mut dyn Iterator<Item = Truth>| truths.max().unwrap_or(Truth::False);
        self.signed(match (&self.wanted, value) {
            (Wanted::Text(texts), Value::Below(prefix)) => {
                any(&mut texts.iter().map(|text| text.matches_below(prefix, request)))
            }
            (Wanted::TextIgnoringCase(texts), Value::Below(prefix)) => {
                any(&mut texts.iter().map(|text| text.matches_below_ignoring_case(prefix, request)))
            }
            (Wanted::Arn(arns), Value::Below(prefix)) if prefix.matches(':').count() >= 5 => {
                any(&mut arns.iter().map(|arn| arn.matches_arn_below(prefix, request)))
            }
            (Wanted::Text(texts) | Wanted::TextIgnoringCase(texts) | Wanted::Arn(texts), Value::OfAws) => {
                any(&mut texts.iter().map(|text| text.matches_what_is_not_spelled(request)))
            }
            (Wanted::Number(order, numbers), Value::AtLeast(least)) => {
                any(&mut numbers.iter().map(|number| order.holds_from(*least, *number)))
            }
            (Wanted::Date(order, dates), Value::AtLeast(least)) => {
                any(&mut dates.iter().map(|date| order.holds_from(*least, seconds(*date))))
            }
            (Wanted::Ip(networks), Value::OfAws) => any(&mut networks.iter().map(|network| network.holds_aws())),
            _ => Truth::Unknown,
        })
    }

    /// With what is not understood, and the other way round where the operator is negated.
    fn signed(&self, fits: Truth) -> Truth {
        let fits = if self.flawed { fits.max(Truth::Unknown) } else { fits };
        if self.negated { !fits } else { fits }
    }
}

impl Order {
    /// Does the value stand so to one of those wanted?
    fn holds<T: PartialOrd>(self, value: &T, wanted: &[T]) -> bool {
        wanted.iter().any(|wanted| match self {
            Self::Equal => value == wanted,
            Self::Less => value < wanted,
            Self::LessOrEqual => value <= wanted,
            Self::Greater => value > wanted,
            Self::GreaterOrEqual => value >= wanted,
        })
    }

    /// Does every number from the least on stand so to the one that is wanted?
    #[expect(clippy::match_same_arms, reason = "an operator an arm")]
    fn holds_from(self, least: f64, wanted: f64) -> Truth {
        let (all, none) = match self {
            Self::Equal => (false, least > wanted),
            Self::Less => (false, least >= wanted),
            Self::LessOrEqual => (false, least > wanted),
            Self::Greater => (least > wanted, false),
            Self::GreaterOrEqual => (least >= wanted, false),
        };
        match (all, none) {
            (true, _) => Truth::True,
            (_, true) => Truth::False,
            _ => Truth::Unknown,
        }
    }
}

/// Seconds since 1970.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of dates are far below 2^53")]
fn seconds(date: jiff::Timestamp) -> f64 {
    date.as_millisecond() as f64 / 1000.0
}

/// Does a text stand for this boolean? What AWS makes of one that stands for no boolean is not documented.
fn is_boolean(text: &Template, value: bool, request: &Request<'_>) -> Truth {
    if text.is_valueless(request) {
        return Truth::False;
    }
    let spelled = |value: bool| text.matches_ignoring_case(if value { "true" } else { "false" }, request);
    match (spelled(value), spelled(!value)) {
        (Truth::True, _) => Truth::True,
        (_, Truth::True) => Truth::False,
        _ => Truth::Unknown,
    }
}

fn truth(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// ISO 8601 down to the month or finer, or seconds since 1970; four digits may be a year or seconds.
fn date(text: &str) -> Option<jiff::Timestamp> {
    let text = text.trim();
    if text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
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

    /// Does it contain the address that a service of AWS calls from?
    fn holds_aws(self) -> Truth {
        match self {
            Self { prefix: 0, .. } => Truth::Unknown, // One family of addresses; the service may use the other.
            _ if may_be_of_aws(self.base, self.prefix) => Truth::Unknown,
            _ => Truth::False,
        }
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
