//! JSON read more strictly than JSON asks, and where in a text something stands.
//!
//! A key that stands twice in an object is an error here: a reader that keeps one of them may keep the wrong one, and
//! a condition that is lost makes a policy allow more than AWS does.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// A JSON value no object of which has a key twice.
#[derive(Debug)]
pub(super) struct Unequivocal(pub(super) Value);

impl<'de> Deserialize<'de> for Unequivocal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Once.deserialize(deserializer).map(Self)
    }
}

/// Reads JSON in which no object has a key twice.
///
/// # Errors
///
/// When it is no JSON, or some object has a key twice; with line and column.
pub fn read(text: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice::<Unequivocal>(text).map(|json| json.0)
}

/// Builds a value, each key once.
struct Once;

impl<'de> DeserializeSeed<'de> for Once {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Once {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = vec![];
        while let Some(value) = list.next_element_seed(Once)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format!("the key `{key}` stands twice")));
            }
            object.insert(key, map.next_value_seed(Once)?);
        }
        Ok(Value::Object(object))
    }
}

/// Line and column, from 1 and in characters, of a path such as `Statement[2].Effect` in a text that is JSON. Of what is
/// not there, the object that lacks it.
#[must_use]
pub(super) fn place(text: &str, path: &str) -> Option<(usize, usize)> {
    let mut here: &RawValue = serde_json::from_str(text).ok()?;
    for step in path.split('.') {
        let (name, number) = match step.strip_suffix(']').and_then(|step| step.split_once('[')) {
            Some((name, number)) => (name, number.parse::<usize>().ok()),
            None => (step, None),
        };
        let Some(inner) = member(here, name) else { break };
        here = inner;
        // One statement need not stand in a list.
        here = number.and_then(|number| element(here, number)).unwrap_or(here);
    }
    let offset = (here.get().as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let before = text.get(..offset)?;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(line_start..)?.chars().count() + 1;
    Some((before.matches('\n').count() + 1, column))
}

fn member<'t>(object: &'t RawValue, name: &str) -> Option<&'t RawValue> {
    let members: BTreeMap<Cow<'t, str>, &'t RawValue> = serde_json::from_str(object.get()).ok()?;
    members.get(name).copied()
}

fn element(list: &RawValue, number: usize) -> Option<&RawValue> {
    let elements: Vec<&RawValue> = serde_json::from_str(list.get()).ok()?;
    elements.get(number.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stands_twice_is_an_error_that_says_where() {
        let error = serde_json::from_str::<Unequivocal>("{\"a\": [1,\n {\"b\": 1, \"b\": 2}]}").unwrap_err();
        assert_eq!(error.to_string(), "the key `b` stands twice at line 2 column 13");
        let text = r#"{"z":[1,-2,2.5,"x",null,true,{"y":{}}],"a":18446744073709551615}"#;
        assert_eq!(serde_json::to_string(&serde_json::from_str::<Unequivocal>(text).unwrap().0).unwrap(), text);
    }

    #[test]
    fn a_path_has_a_place() {
        let text = "{\n  \"Statement\": [\n    {\"Effect\": \"Allow\"},\n    {\"é\": 1, \"Effect\": \"allow\"}\n  ]\n}";
        assert_eq!(place(text, "Statement[2].Effect"), Some((4, 24)));
        assert_eq!(place(text, "Statement[2].Action"), Some((4, 5)));
        assert_eq!(place(text, "document"), Some((1, 1)));
        assert_eq!(place("{\"Statement\": {\"Effect\": 1}}", "Statement[1].Effect"), Some((1, 26)));
        assert_eq!(place("{", "document"), None);
    }
}
