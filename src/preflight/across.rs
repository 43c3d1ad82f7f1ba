//! What the documentation asks of a request across its fields, which no shape can say.
//!
//! Only what AWS says in so many words is held against a request; each rule names its page. What `DescribeLabelingJob`
//! answers was taken by AWS once, so nothing is held against that. Pages read 2026-11-22, below
//! <https://docs.aws.amazon.com/sagemaker/latest>.

use std::collections::BTreeSet;

use serde_json::Value;

use super::schema::{Form, Slip, shown};
use crate::arn::Arn;
use crate::knowledge::builtin;

/// What every public work team's ARN ends with (`dg/sms-workforce-management-public.html`).
const PUBLIC: &str = ":workteam/public-crowd/default";
/// What a job for the public work team must declare.
const NO_PERSONAL_DATA: &str = "FreeOfPersonallyIdentifiableInformation";
/// The tasks of AWS's own whose labels are files (`APIReference/API_CreateLabelingJob.html`). Of verification the page and
/// its older editions say opposite things.
const LABELS_IN_FILES: [&str; 10] = [
    "3DPointCloudObjectTracking",
    "3DPointCloudSemanticSegmentation",
    "Adjustment3DPointCloudObjectTracking",
    "Adjustment3DPointCloudSemanticSegmentation",
    "AdjustmentSemanticSegmentation",
    "AdjustmentVideoObjectDetection",
    "AdjustmentVideoObjectTracking",
    "SemanticSegmentation",
    "VideoObjectDetection",
    "VideoObjectTracking",
];

const PRE_FUNCTION: &str = "/HumanTaskConfig/PreHumanTaskLambdaArn";
const POST_FUNCTION: &str = "/HumanTaskConfig/AnnotationConsolidationConfig/AnnotationConsolidationLambdaArn";
const INTERFACE: &str = "/HumanTaskConfig/UiConfig/HumanTaskUiArn";

/// What is wrong with a request across its fields.
#[must_use]
pub fn slips(request: &Value, form: Form) -> Vec<Slip> {
    if form == Form::Response {
        return vec![];
    }
    let rules = [data_source, label_attribute, automated_streaming, interface, public_team, time_limit, tags];
    rules.iter().flat_map(|rule| rule(request)).collect()
}

fn slip(path: &str, message: impl Into<String>) -> Slip {
    Slip { path: path.to_owned(), message: message.into() }
}

fn text<'r>(request: &'r Value, pointer: &str) -> Option<&'r str> {
    request.pointer(pointer)?.as_str()
}

/// The ARNs that say which task it is.
fn tasks(request: &Value) -> impl Iterator<Item = Arn> {
    let arns = [PRE_FUNCTION, POST_FUNCTION, INTERFACE].into_iter();
    arns.filter_map(|pointer| Arn::parse(text(request, pointer)?).ok())
}

/// A task of video frames or point clouds?
fn of_frames(request: &Value) -> bool {
    tasks(request).filter_map(|arn| builtin::browsers(&arn)).any(|browsers| browsers.output)
}

/// "You must specify at least one of the following: `S3DataSource` or `SnsDataSource`":
/// `APIReference/API_LabelingJobDataSource.html`.
fn data_source(request: &Value) -> Vec<Slip> {
    let Some(source) = request.pointer("/InputConfig/DataSource").and_then(Value::as_object) else { return vec![] };
    let none = ["S3DataSource", "SnsDataSource"].iter().all(|name| !source.contains_key(*name));
    let message = "neither `S3DataSource` nor `SnsDataSource` is there, and one of them is required";
    none.then(|| slip("InputConfig.DataSource", message)).into_iter().collect()
}

/// The ends that a label attribute's name must and must not have: `APIReference/API_CreateLabelingJob.html`.
fn label_attribute(request: &Value) -> Vec<Slip> {
    let Some(name) = text(request, "/LabelAttributeName") else { return vec![] };
    if name.ends_with("-metadata") {
        return vec![slip("LabelAttributeName", format!("`{}` ends with `-metadata`, and must not", shown(name)))];
    }
    let task = text(request, PRE_FUNCTION).and_then(|arn| arn.split(':').nth(6)?.strip_prefix("PRE-"));
    let task = task.filter(|task| LABELS_IN_FILES.contains(task) && !name.ends_with("-ref"));
    let message = |task| format!("`{}` does not end with `-ref`, as the task `{task}` requires", shown(name));
    task.map(|task| slip("LabelAttributeName", message(task))).into_iter().collect()
}

/// "Streaming labeling jobs do not support automated data labeling": `dg/sms-streaming-create-labeling-job-api.html`.
fn automated_streaming(request: &Value) -> Vec<Slip> {
    let both = ["/InputConfig/DataSource/SnsDataSource", "/LabelingJobAlgorithmsConfig"]
        .iter()
        .all(|pointer| request.pointer(pointer).is_some_and(Value::is_object));
    let message = "a streaming job cannot have automated labeling: leave this out, or `SnsDataSource`";
    both.then(|| slip("LabelingJobAlgorithmsConfig", message)).into_iter().collect()
}

/// "Provide either `HumanTaskUiArn` or `UiTemplateS3Uri`": `APIReference/API_UiConfig.html`.
fn interface(request: &Value) -> Vec<Slip> {
    let Some(ui) = request.pointer("/HumanTaskConfig/UiConfig").and_then(Value::as_object) else { return vec![] };
    let message = match (ui.contains_key("UiTemplateS3Uri"), ui.contains_key("HumanTaskUiArn")) {
        (false, false) => "neither `UiTemplateS3Uri` nor `HumanTaskUiArn` is there, and one of them is required",
        (true, true) => "`UiTemplateS3Uri` and `HumanTaskUiArn` are both there, and only one of them can be",
        _ => return vec![],
    };
    vec![slip("HumanTaskConfig.UiConfig", message)]
}

/// No video frames and point clouds, and the declaration without which "your labeling job will fail":
/// `dg/sms-create-labeling-job-api.html`. The price: `APIReference/API_HumanTaskConfig.html` and every example of AWS's own.
/// The longest lifetime: the same page.
fn public_team(request: &Value) -> Vec<Slip> {
    let team = text(request, "/HumanTaskConfig/WorkteamArn").filter(|team| team.ends_with(PUBLIC));
    if team.is_none() {
        return vec![];
    }
    let mut slips = vec![];
    let classifiers = request.pointer("/InputConfig/DataAttributes/ContentClassifiers").and_then(Value::as_array);
    if !classifiers.is_some_and(|all| all.iter().any(|declared| declared == NO_PERSONAL_DATA)) {
        let path = "InputConfig.DataAttributes.ContentClassifiers";
        slips.push(slip(path, format!("the public work team requires `{NO_PERSONAL_DATA}` here")));
    }
    if of_frames(request) {
        let message = "the public work team takes no video frames and no point clouds";
        slips.push(slip("HumanTaskConfig.WorkteamArn", message));
    }
    let lifetime = request.pointer("/HumanTaskConfig/TaskAvailabilityLifetimeInSeconds").and_then(Value::as_u64);
    if let Some(lifetime) = lifetime.filter(|lifetime| *lifetime > 43_200) {
        let message = format!("{lifetime} is above 43200, the most for the public work team");
        slips.push(slip("HumanTaskConfig.TaskAvailabilityLifetimeInSeconds", message));
    }
    if request.pointer("/HumanTaskConfig/PublicWorkforceTaskPrice/AmountInUsd").is_none() {
        let path = "HumanTaskConfig.PublicWorkforceTaskPrice";
        slips.push(slip(path, "the public work team requires a price: give its `AmountInUsd`"));
    }
    slips
}

/// "For image and text labeling jobs, the maximum is 8 hours", and for custom ones:
/// `APIReference/API_HumanTaskConfig.html`. For video frames and point clouds it depends on the account.
fn time_limit(request: &Value) -> Vec<Slip> {
    let limit = request.pointer("/HumanTaskConfig/TaskTimeLimitInSeconds").and_then(Value::as_u64);
    let limit = limit.filter(|limit| *limit > 28_800 && !of_frames(request));
    let message = |limit| format!("{limit} is above 28800, the most but for video frames and point clouds");
    limit.map(|limit| slip("HumanTaskConfig.TaskTimeLimitInSeconds", message(limit))).into_iter().collect()
}

/// "Tag keys must be unique per resource": `APIReference/API_Tag.html`.
fn tags(request: &Value) -> Vec<Slip> {
    let mut seen = BTreeSet::new();
    let tags = request.get("Tags").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let keys = tags.iter().enumerate().filter_map(|(at, tag)| Some((at, tag.get("Key")?.as_str()?)));
    let twice = keys.filter(|(_, key)| !seen.insert(*key));
    twice
        .map(|(at, key)| slip(&format!("Tags[{at}].Key"), format!("there is a tag `{}` already", shown(key))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn function(name: &str) -> String {
        format!("arn:aws:lambda:us-east-1:432418664414:function:{name}")
    }

    fn paths(request: &Value) -> Vec<String> {
        slips(request, Form::Request).into_iter().map(|slip| slip.path).collect()
    }

    #[test]
    fn a_job_has_a_source_and_one_interface() {
        let request = json!({"InputConfig": {"DataSource": {}}, "HumanTaskConfig": {"UiConfig": {}}});
        assert_eq!(paths(&request), ["InputConfig.DataSource", "HumanTaskConfig.UiConfig"]);
        let ui = json!({"UiTemplateS3Uri": "s3://b/t", "HumanTaskUiArn": "arn:"});
        assert_eq!(paths(&json!({"HumanTaskConfig": {"UiConfig": ui}})), ["HumanTaskConfig.UiConfig"]);
        let ui = json!({"UiTemplateS3Uri": "s3://b/t"});
        assert_eq!(paths(&json!({"HumanTaskConfig": {"UiConfig": ui}})), Vec::<String>::new());
        assert_eq!(slips(&request, Form::Response), []);
    }

    #[test]
    fn a_label_attributes_name_ends_as_its_task_asks() {
        for (name, task, good) in [
            ("sign", "PRE-BoundingBox", true),
            ("sign-ref", "PRE-BoundingBox", true),
            ("sign", "PRE-VideoObjectTracking", false),
            ("sign-ref", "PRE-VideoObjectTracking", true),
            ("sign", "PRE-3DPointCloudObjectDetection", true),
            ("sign", "PRE-VerificationSemanticSegmentation", true),
            ("sign-metadata", "PRE-BoundingBox", false),
        ] {
            let config = json!({"PreHumanTaskLambdaArn": function(task)});
            let request = json!({"LabelAttributeName": name, "HumanTaskConfig": config});
            assert_eq!(paths(&request).is_empty(), good, "{name} {task}");
        }
    }

    #[test]
    fn a_stream_is_labeled_by_hand() {
        let source = json!({"DataSource": {"SnsDataSource": {}}});
        let request = json!({"InputConfig": source, "LabelingJobAlgorithmsConfig": {}});
        assert_eq!(paths(&request), ["LabelingJobAlgorithmsConfig"]);
    }

    #[test]
    fn the_public_work_team_has_its_terms() {
        let team = "arn:aws:sagemaker:us-east-1:394669845002:workteam/public-crowd/default";
        let mut request = json!({"HumanTaskConfig": {
            "WorkteamArn": team, "TaskAvailabilityLifetimeInSeconds": 43_201,
            "PreHumanTaskLambdaArn": function("PRE-VideoObjectDetection")}});
        assert_eq!(
            paths(&request),
            [
                "InputConfig.DataAttributes.ContentClassifiers",
                "HumanTaskConfig.WorkteamArn",
                "HumanTaskConfig.TaskAvailabilityLifetimeInSeconds",
                "HumanTaskConfig.PublicWorkforceTaskPrice",
            ]
        );
        request["HumanTaskConfig"]["WorkteamArn"] =
            json!("arn:aws:sagemaker:us-east-1:1:workteam/private-crowd/default");
        assert_eq!(paths(&request), Vec::<String>::new());
    }

    #[test]
    fn a_task_is_short_unless_it_is_of_frames() {
        for (function_name, good) in [("PRE-BoundingBox", false), ("mine", false), ("PRE-VideoObjectTracking", true)] {
            let config = json!({"TaskTimeLimitInSeconds": 28_801, "PreHumanTaskLambdaArn": function(function_name)});
            assert_eq!(paths(&json!({"HumanTaskConfig": config})).is_empty(), good, "{function_name}");
        }
    }

    #[test]
    fn a_tag_stands_once() {
        let tags =
            json!([{"Key": "a", "Value": ""}, {"Key": "A", "Value": ""}, {"Key": "a", "Value": "b"}, {"Key": 1}]);
        assert_eq!(paths(&json!({"Tags": tags})), ["Tags[2].Key"]);
    }
}
