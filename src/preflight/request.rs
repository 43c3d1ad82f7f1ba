//! A file that somebody hands in: a `CreateLabelingJob` request, a `DescribeLabelingJob` response, or what it is instead.
//!
//! Knows bytes and what people put into such files; has never heard of an account. One wrong field costs only itself.

use std::fmt;

use serde_json::{Map, Value};

use super::across;
use super::schema::{Form, Slip, kind, read, shown};
use crate::account::{LabelingJob, LabelingJobRequest, Unknown};
use crate::arn::Arn;
use crate::knowledge::request::{REQUEST, Shape, shape};
use crate::policy::json;

/// A labeling job that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The job's name, or the file's where the job has none.
    pub name: String,
    /// The file, as it was named.
    pub file: String,
    /// What is asked, as far as it has the right types.
    pub request: LabelingJobRequest,
    /// All that the file says.
    pub raw: Value,
    /// What the file holds.
    pub form: Form,
    /// What is wrong with it: each field's own mistakes in the API's order, then those across fields.
    pub slips: Vec<Slip>,
    /// Where the job is, if AWS says so; a request does not.
    pub region: Option<String>,
    /// Whose the job is, likewise.
    pub account: Option<String>,
}

/// A file that holds no labeling job. Shows as `FILE:LINE:COLUMN: what it is: what to do`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct NotAsked {
    /// The file, as it was named.
    pub file: String,
    /// Line and column from 1, where there is one place to look at.
    pub place: Option<(usize, usize)>,
    /// What it is instead.
    pub why: Why,
}

/// What a file is that holds no labeling job.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// There is nothing in it.
    #[error(
        "the file is empty: give a CreateLabelingJob request, as `aws sagemaker create-labeling-job --cli-input-json` takes it"
    )]
    Empty,
    /// Its bytes are no text.
    #[error("this is not UTF-8: save the file as UTF-8")]
    NotUtf8,
    /// Its text is no JSON.
    #[error("this is not JSON: {0}")]
    NotJson(String),
    /// An object says the same thing twice.
    #[error("{0}: only one of them can be meant, so take one out")]
    Twice(String),
    /// JSON of another kind.
    #[error("this is {0}, and a request is an object: give each job a file of its own")]
    NotAnObject(&'static str),
    /// The skeleton that the AWS CLI writes, with nothing filled in.
    #[error("this is the skeleton of a request: fill in its texts, and take out the fields that are not needed")]
    Skeleton,
    /// A file of some other tool.
    #[error("this is {0}: give the CreateLabelingJob request alone, in the API's own names")]
    Other(&'static str),
    /// The request stands deeper in the file.
    #[error("the request stands under `{0}`: give that object alone")]
    Within(String),
    /// An object with no field of a request.
    #[error(
        "this has no field of a CreateLabelingJob request: give one, as `aws sagemaker create-labeling-job --cli-input-json` takes it"
    )]
    Unknown,
}

/// Top-level keys by which other tools' files are known.
const OTHERS: [(&str, &str); 9] = [
    ("AWSTemplateFormatVersion", "a CloudFormation template"),
    ("Resources", "a CloudFormation template"),
    ("StartAt", "a state machine's definition"),
    ("resource", "a Terraform configuration"),
    ("terraform_version", "Terraform's own state or plan"),
    ("Statement", "a policy"),
    ("LabelingJobSummaryList", "a ListLabelingJobs response, which says nothing of roles and outputs"),
    ("requestParameters", "a CloudTrail event"),
    ("detail-type", "an EventBridge event"),
];

impl Asked {
    /// A job that is there, as AWS describes it. What AWS took has its form.
    ///
    /// # Errors
    ///
    /// When what was asked for is not known.
    pub fn of_job(job: &LabelingJob) -> Result<Self, Unknown> {
        let request = job.request.known()?.clone();
        Ok(Self {
            name: job.arn.name().to_owned(),
            file: job.arn.to_string(),
            request,
            raw: Value::Null,
            form: Form::Response,
            slips: vec![],
            region: Some(job.arn.region().to_owned()),
            account: Some(job.arn.account().to_owned()),
        })
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// When it holds no labeling job. Whatever is wrong with one that it holds is in [`Self::slips`].
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, NotAsked> {
        let fail = |place, why| NotAsked { file: file.to_owned(), place, why };
        let text = str::from_utf8(bytes).map_err(|error| {
            let good = bytes.get(..error.valid_up_to()).and_then(|good| str::from_utf8(good).ok()).unwrap_or_default();
            fail(Some(end(good)), Why::NotUtf8)
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim().is_empty() {
            return Err(fail(None, Why::Empty));
        }
        let raw = json::read(text.as_bytes()).map_err(|error| {
            let says = error.to_string();
            let says = says.rsplit_once(" at line ").map_or(says.as_str(), |(says, _)| says).to_owned();
            let why = if error.is_data() { Why::Twice(says) } else { Why::NotJson(says) };
            fail(Some((error.line(), error.column())), why)
        })?;
        let Value::Object(object) = &raw else { return Err(fail(None, Why::NotAnObject(kind(&raw)))) };
        if let Some(why) = instead(object) {
            return Err(fail(None, why));
        }
        let described = ["LabelingJobArn", "LabelingJobStatus"].iter().any(|key| object.contains_key(*key));
        let form = if described { Form::Response } else { Form::Request };
        let (sound, mut slips) = read(&raw, form);
        slips.extend(across::slips(&raw, form));
        let arn = sound.get("LabelingJobArn").and_then(Value::as_str).and_then(|arn| Arn::parse(arn).ok());
        // INVARIANT: what is sound has the types of the API, and the request's are these.
        let request: LabelingJobRequest = serde_json::from_value(sound).unwrap_or_default();
        let said =
            |part: fn(&Arn) -> &str| arn.as_ref().map(|arn| part(arn).to_owned()).filter(|part| !part.is_empty());
        let name = request.labeling_job_name.clone().filter(|name| !name.is_empty());
        Ok(Self {
            name: name.or_else(|| said(Arn::name)).unwrap_or_else(|| file.to_owned()),
            file: file.to_owned(),
            request,
            form,
            slips,
            region: said(Arn::region),
            account: said(Arn::account),
            raw,
        })
    }
}

/// What an object is that is no request.
fn instead(object: &Map<String, Value>) -> Option<Why> {
    let Some(Shape::Structure { members }) = shape(REQUEST) else { return None };
    let fields = |object: &Map<String, Value>| members.iter().filter(|m| object.contains_key(&m.name)).count();
    if fields(object) > 0 {
        // The CLI's skeleton has every field, and each text empty.
        let empty = |name: &&str| object.get(*name).is_some_and(|value| value == "");
        return ["LabelingJobName", "LabelAttributeName", "RoleArn"].iter().all(empty).then_some(Why::Skeleton);
    }
    if let Some((_, what)) = OTHERS.iter().find(|(key, _)| object.contains_key(*key)) {
        return Some(Why::Other(what));
    }
    let within = object.iter().filter_map(|(key, value)| Some((fields(value.as_object()?), key)));
    let within = within.filter(|(fields, _)| *fields > 0).max_by_key(|(fields, _)| *fields);
    Some(within.map_or(Why::Unknown, |(_, key)| Why::Within(shown(key))))
}

/// Line and column behind a text.
fn end(text: &str) -> (usize, usize) {
    let last = text.rsplit('\n').next().unwrap_or_default();
    (text.matches('\n').count() + 1, last.chars().count() + 1)
}

impl fmt::Display for NotAsked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some((line, column)) => write!(f, "{}:{line}:{column}: {}", self.file, self.why),
            None => write!(f, "{}: {}", self.file, self.why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn why(text: impl AsRef<[u8]>) -> String {
        Asked::parse("job.json", text.as_ref()).unwrap_err().to_string()
    }

    #[test]
    fn a_file_that_holds_no_job_is_told_what_it_is() {
        for (text, says) in [
            (" \n", "job.json: the file is empty: "),
            ("{\"RoleArn\": ,}", "job.json:1:13: this is not JSON: expected value"),
            ("LabelingJobName: x", "job.json:1:1: this is not JSON: expected value"),
            ("{\"RoleArn\": \"\"", "job.json:1:14: this is not JSON: EOF while parsing an object"),
            ("{\"a\":1,\n\"a\":2}", "job.json:2:3: the key `a` stands twice: only one of them"),
            ("[{}]", "job.json: this is a list, and a request is an object"),
            ("{}", "job.json: this has no field of a CreateLabelingJob request"),
            ("{\"AWSTemplateFormatVersion\": \"2010-09-09\"}", "job.json: this is a CloudFormation template: "),
            ("{\"resource\": {\"aws_sagemaker_workteam\": {}}}", "job.json: this is a Terraform configuration: "),
            ("{\"LabelingJobSummaryList\": []}", "job.json: this is a ListLabelingJobs response"),
            ("{\"request\": {\"RoleArn\": \"x\"}}", "job.json: the request stands under `request`: "),
            (
                "{\"LabelingJobName\": \"\", \"LabelAttributeName\": \"\", \"RoleArn\": \"\", \"Tags\": []}",
                "job.json: this is the skeleton of a request: ",
            ),
        ] {
            assert!(why(text).starts_with(says), "{}", why(text));
        }
        assert_eq!(why(b"{\n\"\xc3\xa9\xff"), "job.json:2:3: this is not UTF-8: save the file as UTF-8");
        assert!(why("[".repeat(1000)).contains("this is not JSON: recursion limit exceeded"));
    }

    #[test]
    fn one_wrong_field_costs_only_itself() {
        let text = json!({
            "LabelingJobName": 7,
            "RoleArn": "arn:aws:iam::111122223333:role/r",
            "OutputConfig": "s3://out/",
            "InputConfig": {"DataSource": {"S3DataSource": {"ManifestS3Uri": ["s3://b/m"]}, "SnsDataSource": null}},
            "HumanTaskConfig": {"WorkteamArn": "w", "UiConfig": {"UiTemplateS3Uri": "s3://b/t"}}});
        let asked = Asked::parse("job.json", format!("\u{feff}{text}").as_bytes()).unwrap();
        assert_eq!((asked.name.as_str(), asked.form), ("job.json", Form::Request));
        assert_eq!(asked.request.role_arn.as_deref(), Some("arn:aws:iam::111122223333:role/r"));
        assert_eq!(asked.request.human_task_config.workteam_arn.as_deref(), Some("w"));
        assert_eq!(asked.request.human_task_config.ui_config.ui_template_s3_uri.as_deref(), Some("s3://b/t"));
        assert_eq!(asked.request.output_config.s3_output_path, None);
        let paths: Vec<&str> = asked.slips.iter().map(|slip| slip.path.as_str()).collect();
        for path in ["LabelingJobName", "OutputConfig", "InputConfig.DataSource.S3DataSource.ManifestS3Uri"] {
            assert!(paths.contains(&path), "{path}");
        }
        assert_eq!(asked.raw, text);
    }

    #[test]
    fn a_response_says_where_the_job_is() {
        let text = json!({
            "LabelingJobName": "signs",
            "LabelingJobArn": "arn:aws:sagemaker:eu-west-1:111122223333:labeling-job/signs",
            "RoleArn": "arn:aws:iam::111122223333:role/r"});
        let asked = Asked::parse("-", text.to_string().as_bytes()).unwrap();
        assert_eq!((asked.name.as_str(), asked.form), ("signs", Form::Response));
        assert_eq!((asked.region.as_deref(), asked.account.as_deref()), (Some("eu-west-1"), Some("111122223333")));
        assert!(asked.slips.iter().all(|slip| slip.path != "LabelCounters"));
    }
}
