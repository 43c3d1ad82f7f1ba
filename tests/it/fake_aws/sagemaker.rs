//! SageMaker's labeling jobs, flow definitions and work teams.

use gt_audit::account::{FlowDefinition, LabelingJob, Regional};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Answer, Asked, Inner, known, refusal};

pub(super) fn answer(aws: &Inner, asked: &Asked) -> Answer {
    match asked.operation.as_str() {
        "ListLabelingJobs" => list(aws, asked),
        "DescribeLabelingJob" => describe(aws, asked),
        "ListFlowDefinitions" => list_flow_definitions(aws, asked),
        "DescribeFlowDefinition" => describe_flow_definition(aws, asked),
        "ListWorkteams" => list_workteams(aws, asked),
        other => panic!("SageMaker has no {other} here"),
    }
}

fn jobs(aws: &Inner, asked: &Asked) -> Vec<LabelingJob> {
    aws.account.regions.get(&asked.region).map(|regional| known(&regional.labeling_jobs)).unwrap_or_default()
}

/// Seconds since 1970, as JSON 1.1 writes times.
fn seconds(time: Timestamp) -> Value {
    let text = format!("{}.{:03}", time.as_second(), time.subsec_millisecond());
    json!(text.parse::<f64>().expect("a number"))
}

fn created(job: &LabelingJob) -> Timestamp {
    job.created.parse().expect("a time")
}

fn list(aws: &Inner, asked: &Asked) -> Answer {
    assert_eq!((asked.parameter("SortBy"), asked.parameter("SortOrder")), ("CreationTime", "Descending"));
    let time = |text: &String| Timestamp::from_second(text.parse().expect("seconds")).expect("a time");
    let [after, before] = ["CreationTimeAfter", "CreationTimeBefore"].map(|name| asked.parameters.get(name).map(time));
    let mut jobs = jobs(aws, asked);
    jobs.retain(|job| {
        after.is_none_or(|after| created(job) > after)
            && before.is_none_or(|before| created(job) < before)
            && asked.parameters.get("StatusEquals").is_none_or(|status| job.status == *status)
    });
    jobs.sort_by_key(|job| std::cmp::Reverse(created(job)));
    let (jobs, next) = aws.page(jobs, asked.parameters.get("MaxResults"), 100, asked.parameters.get("NextToken"));
    let summaries: Vec<Value> = jobs
        .iter()
        .map(|job| {
            let mut summary = common(job);
            summary["WorkteamArn"] = json!("arn:aws:sagemaker:us-east-1:111122223333:workteam/private-crowd/team");
            summary
        })
        .collect();
    Answer(200, vec![], json!({"LabelingJobSummaryList": summaries, "NextToken": next}).to_string())
}

/// What both calls say of a job.
fn common(job: &LabelingJob) -> Value {
    let mut common = json!({
        "LabelingJobName": job.arn.name(), "LabelingJobArn": job.arn.as_str(), "LabelingJobStatus": job.status,
        "CreationTime": seconds(created(job)), "LastModifiedTime": seconds(created(job)),
        "LabelCounters": {"TotalLabeled": 0, "HumanLabeled": 0, "MachineLabeled": 0},
    });
    if let Some(failure) = &job.failure {
        common["FailureReason"] = json!(failure);
    }
    common
}

/// The request's own names are AWS's, so that it is most of the answer as it stands.
fn describe(aws: &Inner, asked: &Asked) -> Answer {
    let jobs = jobs(aws, asked);
    let Some(job) = jobs.iter().find(|job| job.arn.name() == asked.parameter("LabelingJobName")) else {
        return refusal(asked, 400, "ResourceNotFound", "Requested resource not found.");
    };
    let mut answer = common(job);
    answer["JobReferenceCode"] = json!("0a1b2c");
    answer["Tags"] = json!([]);
    let request = serde_json::to_value(known(&job.request)).expect("JSON");
    for (key, value) in request.as_object().expect("an object") {
        answer[key] = value.clone();
    }
    Answer(200, vec![], answer.to_string())
}

/// One list of a region, a page of it.
fn page_of<T>(
    aws: &Inner,
    asked: &Asked,
    list: impl Fn(&Regional) -> Vec<T>,
    name: &str,
    json: impl Fn(&T) -> Value,
) -> Answer {
    let items = aws.account.regions.get(&asked.region).map(list).unwrap_or_default();
    let (items, next) = aws.page(items, asked.parameters.get("MaxResults"), 100, asked.parameters.get("NextToken"));
    let items: Vec<Value> = items.iter().map(json).collect();
    Answer(200, vec![], json!({name: items, "NextToken": next}).to_string())
}

fn flow_summary(flow: &FlowDefinition) -> Value {
    json!({
        "FlowDefinitionName": flow.arn.name(), "FlowDefinitionArn": flow.arn.as_str(),
        "FlowDefinitionStatus": "Active", "CreationTime": 1_795_000_000.25,
    })
}

fn list_flow_definitions(aws: &Inner, asked: &Asked) -> Answer {
    page_of(aws, asked, |regional| known(&regional.flow_definitions), "FlowDefinitionSummaries", flow_summary)
}

fn describe_flow_definition(aws: &Inner, asked: &Asked) -> Answer {
    let regional = aws.account.regions.get(&asked.region);
    let flows = regional.map(|regional| known(&regional.flow_definitions)).unwrap_or_default();
    let Some(flow) = flows.iter().find(|flow| flow.arn.name() == asked.parameter("FlowDefinitionName")) else {
        return refusal(asked, 400, "ResourceNotFound", "Requested resource not found.");
    };
    let settings = known(&flow.settings);
    let mut answer = flow_summary(flow);
    answer["RoleArn"] = json!(settings.role);
    answer["OutputConfig"] = json!({"S3OutputPath": settings.output, "KmsKeyId": "alias/labels"});
    answer["HumanLoopConfig"] = json!({
        "WorkteamArn": "arn:aws:sagemaker:us-east-1:111122223333:workteam/private-crowd/t", "TaskTitle": "t", "TaskDescription": "d", "TaskCount": 1,
        "HumanTaskUiArn": "arn:aws:sagemaker:us-east-1:111122223333:human-task-ui/ui",
    });
    Answer(200, vec![], answer.to_string())
}

fn list_workteams(aws: &Inner, asked: &Asked) -> Answer {
    // SageMaker has an order of its own.
    let teams = |regional: &Regional| known(&regional.workteams).into_iter().rev().collect();
    page_of(aws, asked, teams, "Workteams", |team| {
        json!({
            "WorkteamName": team.arn.name(), "WorkteamArn": team.arn.as_str(), "Description": "who labels",
            "MemberDefinitions": [{"CognitoMemberDefinition": {"UserPool": "p", "UserGroup": "g", "ClientId": "c"}}],
        })
    })
}
