//! Real labeling-job requests (`tests/vectors/labeling-jobs`) held against the API's shapes: exactly the mistakes that each
//! case names.

use gt_audit::account::LabelingJobRequest;
use gt_audit::preflight::request::Asked;
use gt_audit::preflight::schema::{Form, Slip, slips};
use gt_audit::preflight::{across, manifest};
use serde_json::{Value, json};

use crate::accounts::root;

fn cases() -> Vec<(String, Value)> {
    let directory = root().join("tests/vectors/labeling-jobs");
    let mut paths: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: std::path::PathBuf| {
        let case = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        (path.file_stem().unwrap().to_string_lossy().into_owned(), case)
    };
    paths.into_iter().map(read).collect()
}

/// A mistake in the words of the cases.
fn told(slip: &Slip) -> String {
    let words = &slip.message;
    let words = if words.ends_with("is missing, and required") {
        "required field missing".to_owned()
    } else if let Some((value, limit)) = words.split_once(" is above ") {
        format!("{value} above {}", limit.trim_end_matches(", the most"))
    } else if let Some((value, pattern)) = words.split_once(" does not match ") {
        format!("'{}' does not match {}", value.trim_matches('`'), pattern.trim_matches('`'))
    } else {
        words.clone()
    };
    format!("{}: {words}", slip.path)
}

#[test]
fn every_real_request_has_exactly_the_mistakes_that_its_case_names() {
    let cases = cases();
    assert_eq!(cases.len(), 35);
    let mut invalid = 0;
    for (name, case) in &cases {
        let expected: Vec<String> = serde_json::from_value(case["schemaErrors"].clone()).unwrap();
        let mut found: Vec<String> = slips(&case["request"], Form::Request).iter().map(told).collect();
        // The cases go through a request's own order.
        found.sort_by_key(|slip| expected.iter().position(|other| other == slip));
        assert_eq!(found, expected, "{name}");
        invalid += usize::from(!expected.is_empty());
    }
    assert_eq!(invalid, 10);
}

/// AWS's own example of video frames breaks AWS's own rule of names; a public team asked for without its terms is what its
/// case is about.
#[test]
fn two_real_requests_break_a_rule_across_fields() {
    let mut broken = vec![];
    for (name, case) in cases() {
        let slips = across::slips(&case["request"], Form::Request);
        broken.extend(slips.into_iter().map(|slip| format!("{name}: {}", slip.path)));
    }
    let expected = [
        "43-docs-video-object-tracking: LabelAttributeName",
        "48-public-team-custom: InputConfig.DataAttributes.ContentClassifiers",
        "48-public-team-custom: HumanTaskConfig.PublicWorkforceTaskPrice",
    ];
    assert_eq!(broken, expected);
}

#[test]
fn every_real_request_is_read_and_nothing_of_it_is_lost() {
    for (name, case) in cases() {
        let asked = Asked::parse(&name, case["request"].to_string().as_bytes()).unwrap();
        let direct: LabelingJobRequest = serde_json::from_value(case["request"].clone()).unwrap();
        assert_eq!((&asked.request, asked.form, &asked.raw), (&direct, Form::Request, &case["request"]), "{name}");
        assert_eq!(asked.name, case["request"]["LabelingJobName"].as_str().unwrap());
        let error = Asked::parse(&name, case.to_string().as_bytes()).unwrap_err().to_string();
        assert_eq!(error, format!("{name}: the request stands under `request`: give that object alone"));
    }
}

/// Each value of a request in turn, by its pointer.
fn pointers(value: &Value, here: &str, all: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(object) => object.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => vec![],
    };
    for (key, value) in inner {
        let pointer = format!("{here}/{key}");
        pointers(value, &pointer, all);
        all.push(pointer);
    }
}

#[test]
fn a_value_of_the_wrong_type_is_named_and_costs_nothing_else() {
    for (name, case) in cases() {
        let request = &case["request"];
        let mut all = vec![];
        pointers(request, "", &mut all);
        let before = slips(request, Form::Request);
        for pointer in &all {
            for wrong in [json!(null), json!(true), json!(1.5), json!([[]]), json!({"": {}})] {
                let mut request = request.clone();
                *request.pointer_mut(pointer).unwrap() = wrong.clone();
                let asked = Asked::parse(&name, request.to_string().as_bytes()).unwrap();
                assert!(asked.slips != before, "{name}: {pointer}: {wrong}");
                let role = (!pointer.starts_with("/RoleArn")).then(|| request["RoleArn"].as_str()).flatten();
                assert!(role.is_none() || asked.request.role_arn.as_deref() == role, "{name}: {pointer}: {wrong}");
            }
        }
    }
}

/// A real response of the API: the request with what AWS adds.
#[test]
fn a_response_of_a_real_job_is_good() {
    for (name, case) in cases() {
        let mut response = case["request"].clone();
        response["LabelingJobStatus"] = json!("InProgress");
        response["LabelingJobArn"] = json!("arn:aws:sagemaker:us-east-1:111122223333:labeling-job/signs");
        response["LabelCounters"] = json!({"TotalLabeled": 1, "HumanLabeled": 1, "MachineLabeled": 0, "Unlabeled": 0});
        response["CreationTime"] = json!("2026-11-22T09:00:00+00:00");
        response["LastModifiedTime"] = json!(1_795_338_000.5);
        response["JobReferenceCode"] = json!("a1b2");
        let asked = Asked::parse(&name, response.to_string().as_bytes()).unwrap();
        let found: Vec<String> = asked.slips.iter().map(told).collect();
        let expected: Vec<String> = serde_json::from_value(case["schemaErrors"].clone()).unwrap();
        assert_eq!(found.len(), expected.len(), "{name}: {found:?}");
        assert_eq!((asked.form, asked.region.as_deref()), (Form::Response, Some("us-east-1")));
    }
}

#[test]
fn a_pretty_printed_manifest_is_broken_line_by_line() {
    let text = serde_json::to_string_pretty(&json!([{"source-ref": "s3://b/a/1.jpg"}])).unwrap();
    let manifest = manifest::read(text.as_bytes()).unwrap();
    assert_eq!((manifest.lines, manifest.broken, manifest.objects), (5, 5, 0));
}
