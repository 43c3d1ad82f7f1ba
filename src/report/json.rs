//! The report as JSON, and its schema.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use super::text::is_steering;

/// The report, indented, with a line feed at its end.
///
/// # Errors
///
/// Never in practice: every key of the report is a text.
pub fn write(report: &impl Serialize) -> Result<String, serde_json::Error> {
    // One column of indentation a level: long lists of ARNs are most of a large report.
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut bytes = vec![];
    report.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter))?;
    Ok(escaped(&String::from_utf8_lossy(&bytes)) + "\n")
}

/// JSON in which characters that steer a terminal, which JSON itself lets stand, are escaped.
pub(crate) fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && is_steering(c) {
            text.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            text.push(c);
        }
    }
    text
}

/// The JSON Schema of a report (draft 2020-12), made from the types.
///
/// # Errors
///
/// Never in practice.
pub fn schema<T: JsonSchema>() -> Result<String, serde_json::Error> {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    serde_json::to_string_pretty(&generator.into_root_schema_for::<T>()).map(|text| text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_escaped_and_stays_the_same_text() {
        let hostile = "a\u{9b}31m\u{202e}\u{e0001}\u{7f}é";
        let json = serde_json::to_string(hostile).unwrap();
        let safe = escaped(&json);
        assert_eq!(safe, "\"a\\u009b31m\\u202e\\udb40\\udc01\\u007fé\"");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), hostile);
    }
}
