//! Fields that snapshots of an earlier gt-audit have, and that are collected no more because no rule read them.
//!
//! They are dropped by name when a snapshot is read. Any other field that a struct does not have is still an error.

use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer, forward_to_deserialize_any};

use super::{Bucket, FlowDefinition, Regional, Workteam};

/// Reads a struct (derived with `remote = "Self"`) without its retired fields.
macro_rules! retired {
    ($type:ident: $($field:literal),+) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize(Without { retired: &[$($field),+], inner: deserializer })
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
        }
    };
}

// Retired on 2026-11-27.
retired!(Bucket: "ownership", "accessBlock");
retired!(Regional: "workforce");
retired!(Workteam: "workforce", "topic");
retired!(FlowDefinition: "status");

/// A deserializer, visitor or map that passes over the retired fields.
struct Without<T> {
    retired: &'static [&'static str],
    inner: T,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Without<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_map(Without { retired: self.retired, inner: visitor })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Without<V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(formatter)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(Without { retired: self.retired, inner: map })
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Without<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.inner.next_key::<String>()? {
            if self.retired.contains(&key.as_str()) {
                self.inner.next_value::<IgnoredAny>()?;
            } else {
                return seed.deserialize(key.into_deserializer()).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(field: &str) -> Result<Workteam, serde_json::Error> {
        let arn = "arn:aws:sagemaker:us-east-1:111122223333:workteam/private-crowd/t";
        serde_json::from_str(&format!("{{\n\"arn\": \"{arn}\",\n{field}: {{\"any\": [1]}}\n}}"))
    }

    #[test]
    fn a_retired_field_is_dropped_and_any_other_is_an_error_with_its_place() {
        let team = read("\"topic\"").unwrap();
        let text = serde_json::to_string(&team).unwrap();
        assert_eq!(text, r#"{"arn":"arn:aws:sagemaker:us-east-1:111122223333:workteam/private-crowd/t"}"#);
        let error = read("\"topics\"").unwrap_err().to_string();
        assert!(error.starts_with("unknown field `topics`, expected `arn` at line 3"), "{error}");
    }
}
