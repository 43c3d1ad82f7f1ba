//! The report as JSON, and its schema.

use schemars::generate::SchemaSettings;

use super::Report;

/// The report, indented, with a line feed at its end.
///
/// # Errors
///
/// Never in practice: every key of the report is a text.
pub fn write(report: &Report) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(report).map(|text| text + "\n")
}

/// The JSON Schema of the report (draft 2020-12), made from the types.
///
/// # Errors
///
/// Never in practice.
pub fn schema() -> Result<String, serde_json::Error> {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    serde_json::to_string_pretty(&generator.into_root_schema_for::<Report>()).map(|text| text + "\n")
}
