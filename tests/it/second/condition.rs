//! What a condition says, and texts with variables and wildcards (`reference_policies_elements_condition_operators`,
//! `reference_policies_condition-logic-multiple-context-keys-or-values`,
//! `reference_policies_condition-single-vs-multi-valued-context-keys`, `reference_policies_variables`).

use std::net::IpAddr;

use serde_json::Value;

use super::{Answer, Request, all, any, not, texts};

/// Any characters: a `*` of a policy. A `*` of a value is itself.
pub const ANY: char = '\u{e000}';

/// One character: a `?` of a policy.
const ONE: char = '\u{e001}';

/// The operators that have a negated form, without their `Not`.
const NEGATED: [&str; 8] = [
    "StringEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "NumericEquals",
    "DateEquals",
    "IpAddress",
    "ArnEquals",
    "ArnLike",
];

/// The operators that have none.
const PLAIN: [&str; 10] = [
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
];

/// A text with its variables' values in their place.
pub enum Filled {
    /// With wildcards as [`wild`] marks them.
    Text(String),
    /// A variable has neither value nor default: nothing is equal to it or like it.
    Valueless,
}

/// Marks the wildcards of a policy's text.
pub fn wild(text: &str) -> String {
    text.replace('*', &ANY.to_string()).replace('?', &ONE.to_string())
}

/// Does a text with marked wildcards match?
pub fn glob(pattern: &str, text: &str) -> bool {
    let mut pattern_rest = pattern.chars();
    let mut text_rest = text.chars();
    match (pattern_rest.next(), text_rest.next()) {
        (None, None) => true,
        (Some(ANY), None) => glob(pattern_rest.as_str(), text),
        (Some(ANY), Some(_)) => glob(pattern_rest.as_str(), text) || glob(pattern, text_rest.as_str()),
        (Some(ONE), Some(_)) => glob(pattern_rest.as_str(), text_rest.as_str()),
        (Some(wanted), Some(found)) => wanted == found && glob(pattern_rest.as_str(), text_rest.as_str()),
        _ => false,
    }
}

impl Request<'_> {
    /// All operators and all their keys must hold.
    pub fn holds(&self, condition: &Value, variables: bool) -> Answer {
        let blocks = condition.as_object().into_iter().flatten();
        all(blocks.map(|(operator, keys)| {
            let keys = keys.as_object()?;
            // Two keys that differ by case are one key: which of them counts is not said.
            let twice = |key: &String| keys.keys().filter(|other| other.eq_ignore_ascii_case(key)).count() > 1;
            all(keys.iter().map(
                |(key, values)| {
                    if twice(key) { None } else { self.test(operator, key, &texts(values), variables) }
                },
            ))
        }))
    }

    fn test(&self, operator: &str, key: &str, wanted: &[String], variables: bool) -> Answer {
        let (set, name) = operator.split_once(':').unwrap_or(("", operator));
        let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
        let base = name.replace("Not", "");
        let negated = base != name;
        let known = if negated {
            NEGATED.contains(&base.as_str())
        } else {
            ["Null"].iter().chain(&NEGATED).chain(&PLAIN).any(|known| *known == name)
        };
        if !known || wanted.is_empty() || !["", "ForAllValues", "ForAnyValue"].contains(&set) {
            return None;
        }
        let found = self.context.get(&key.to_lowercase()).map(Vec::as_slice);
        if name == "Null" {
            // A set operator or `IfExists` on it, and a key with no values, are not documented.
            return if set.is_empty() && !if_exists && found != Some(&[]) {
                any(wanted.iter().map(|wanted| Some(boolean(wanted)? == found.is_none())))
            } else {
                None
            };
        }
        let one = |value: &String| {
            let equal = any(wanted.iter().map(|wanted| self.compare(&base, value, wanted, variables)));
            if negated { not(equal) } else { equal }
        };
        match (set, found) {
            ("ForAllValues", None) => Some(true),
            // `reference_policies_multi-value-conditions`: "if the key values in the request resolve to an empty data set (for
            // example, an empty string)". Of an empty string among others it says nothing.
            ("ForAllValues", Some(values)) if values.iter().all(String::is_empty) => Some(true),
            ("ForAllValues", Some(values)) => all(values
                .iter()
                .map(|value| if value.is_empty() && one(value) != Some(true) { None } else { one(value) })),
            // False without values, says the set operator; true without the key, says `IfExists`.
            ("ForAnyValue", None) => (!if_exists).then_some(false),
            ("ForAnyValue", Some(values)) if values.iter().all(String::is_empty) => (!if_exists).then_some(false),
            ("ForAnyValue", Some(values)) => any(values
                .iter()
                .map(|value| if value.is_empty() && one(value) != Some(false) { None } else { one(value) })),
            (_, None) => Some(negated || if_exists),
            (_, Some([value])) => one(value),
            // Several values need a set operator.
            (_, Some(_)) => None,
        }
    }

    /// One value of the request, one of the policy.
    fn compare(&self, operator: &str, value: &str, wanted: &str, variables: bool) -> Answer {
        if let Some(comparison) = operator.strip_prefix("Numeric") {
            return Some(compares(comparison, number(value)?, number(wanted)?));
        }
        if let Some(comparison) = operator.strip_prefix("Date") {
            return Some(compares(comparison, date(value)?, date(wanted)?));
        }
        match operator {
            "Bool" if variables && wanted.contains("${") => {
                // A value that is no boolean is not described.
                let value = boolean(value)?;
                let Filled::Text(wanted) = self.fill(wanted, variables)? else { return Some(false) };
                return Some(value == boolean(&wanted)?);
            }
            "Bool" => return Some(boolean(value)? == boolean(wanted)?),
            "BinaryEquals" => return (is_base64(value) && is_base64(wanted)).then_some(value == wanted),
            "IpAddress" => return in_network(value, wanted),
            _ => {}
        }
        // Variables stand in values of string, ARN and boolean operators alone.
        let Filled::Text(wanted) = self.fill(wanted, variables)? else { return Some(false) };
        let literal = wanted.replace(ANY, "*").replace(ONE, "?");
        match operator {
            "StringEquals" => Some(value == literal),
            "StringEqualsIgnoreCase" => Some(value.to_lowercase() == literal.to_lowercase()),
            "StringLike" => Some(glob(&wanted, value)),
            _ => {
                // "Each of the six colon-delimited components of the ARN is checked separately."
                let parts: Vec<(&str, &str)> = wanted.splitn(6, ':').zip(value.splitn(6, ':')).collect();
                let arns = parts.len() == 6 && parts[0].1 == "arn";
                arns.then(|| parts.iter().all(|(wanted, part)| glob(wanted, part)))
            }
        }
    }

    /// Puts the request's values in the place of variables. `None` where the documentation says nothing.
    pub fn fill(&self, text: &str, variables: bool) -> Option<Filled> {
        let mut filled = String::new();
        let mut valueless = false;
        let mut rest = text;
        while let Some(begin) = rest.find("${").filter(|_| variables) {
            filled += &wild(&rest[..begin]);
            let (inside, behind) = rest[begin + 2..].split_once('}')?;
            rest = behind;
            if ["*", "?", "$"].contains(&inside) {
                filled += inside;
                continue;
            }
            let (key, default) = match inside.split_once(", '") {
                Some((key, default)) => (key, Some(default.strip_suffix('\'').filter(|d| !d.contains(['*', '?']))?)),
                None => (inside, None),
            };
            if !key.chars().all(|c| c.is_alphanumeric() || ":/-_.".contains(c)) {
                return None;
            }
            match (self.context.get(&key.to_lowercase()).map(Vec::as_slice), default) {
                (Some([value]), _) => filled += value,
                (None, Some(default)) => filled += default,
                (None, None) => valueless = true,
                // Only keys with a single value can be variables.
                (Some(_), _) => return None,
            }
        }
        filled += &wild(rest);
        Some(if valueless { Filled::Valueless } else { Filled::Text(filled) })
    }
}

fn compares(comparison: &str, left: f64, right: f64) -> bool {
    match comparison {
        "LessThan" => left < right,
        "LessThanEquals" => left <= right,
        "GreaterThan" => left > right,
        "GreaterThanEquals" => left >= right,
        _ => left.total_cmp(&right).is_eq(),
    }
}

fn boolean(text: &str) -> Option<bool> {
    text.parse().ok()
}

fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    text.len().is_multiple_of(4) && digits.chars().all(|c| c.is_ascii_alphanumeric() || c == '+' || c == '/')
}

/// An integer or a decimal.
fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain =
        digits.starts_with(|c: char| c.is_ascii_digit()) && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    if plain { text.parse().ok() } else { None }
}

/// Seconds since 1970: as such, or as a date of W3C's profile of ISO 8601. Four digits could be either.
fn date(text: &str) -> Option<f64> {
    if text.len() > 4 && text.chars().all(|c| c.is_ascii_digit()) {
        return text.parse().ok();
    }
    let (day, time) = text.split_once('T').map_or((text, None), |(day, time)| (day, Some(time)));
    let fields: Vec<i32> = day.split('-').map(|field| field.parse().ok()).collect::<Option<_>>()?;
    let midnight = match fields[..] {
        [year, month] if time.is_none() => day_number(year, month, 1)?,
        [year, month, day] => day_number(year, month, day)?,
        _ => return None,
    } * 86400.0;
    let Some(time) = time else { return Some(midnight) };
    let (time, offset) = if let Some(time) = time.strip_suffix('Z') {
        (time, 0.0)
    } else {
        let at = time.rfind(['+', '-'])?;
        let (hours, minutes) = time[at + 1..].split_once(':')?;
        let seconds = number(hours)? * 3600.0 + number(minutes)? * 60.0;
        (&time[..at], if time[at..].starts_with('-') { -seconds } else { seconds })
    };
    let parts: Vec<f64> = time.split(':').map(number).collect::<Option<_>>()?;
    match parts[..] {
        [hours, minutes] => Some(midnight + hours * 3600.0 + minutes * 60.0 - offset),
        [hours, minutes, seconds] => Some(midnight + hours * 3600.0 + minutes * 60.0 + seconds - offset),
        _ => None,
    }
}

/// Days since 1970-01-01, counted year by year and month by month.
fn day_number(year: i32, month: i32, day: i32) -> Option<f64> {
    let leap = |year: i32| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = |month: i32| match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if year < 1970 || !(1..=12).contains(&month) || !(1..=length(month)).contains(&day) {
        return None;
    }
    let years: i32 = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
    let months: i32 = (1..month).map(length).sum();
    Some(f64::from(years + months + day - 1))
}

/// CIDR; a bare address is a network of one.
fn in_network(address: &str, network: &str) -> Answer {
    let (base, length) = network.split_once('/').map_or((network, None), |(base, length)| (base, Some(length)));
    let bits = |address: &str| match address.parse().ok()? {
        IpAddr::V4(v4) => Some((32, u128::from(v4.to_bits()))),
        IpAddr::V6(v6) => Some((128, v6.to_bits())),
    };
    let ((width, address), (base_width, base)) = (bits(address)?, bits(base)?);
    let length: u32 = length.map_or(Some(base_width), |length| length.parse().ok())?;
    if length > base_width {
        return None;
    }
    let head = |bits: u128| if length == 0 { 0 } else { bits >> (base_width - length) };
    Some(width == base_width && head(address) == head(base))
}
