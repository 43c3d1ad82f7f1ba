//! Scan, preflight and fix read one evaluation: they name the same causes, and the same remedies against them.

use std::collections::BTreeSet;

use gt_audit::account::snapshot::Snapshot;
use gt_audit::account::{Fact, LabelingJobRequest};
use gt_audit::arn::Arn;
use gt_audit::audit::audit;
use gt_audit::evaluation::{Cause, Unmet, wording};
use gt_audit::finding::Finding;
use gt_audit::fix::{self, Plan, Selection};
use gt_audit::knowledge::conditions::{self, SetBy};
use gt_audit::knowledge::managed;
use gt_audit::knowledge::request::{REQUEST, Shape, shape};
use gt_audit::labeling::needs::{ALGORITHM, ALGORITHM_SPECIFICATION, TEAM};
use gt_audit::preflight::request::Asked;
use gt_audit::preflight::{Caller, Preflight, Verdict, preflight};
use gt_audit::report::Report;
use serde_json::{Value, json};

use crate::accounts::*;
use crate::jobs::{Carried, account, cases, with_job};
use crate::preflight::fitting;

/// What is not met, and why: the action or field, the resource, the cause.
type Causes = BTreeSet<(String, String, Cause)>;

fn causes<'u>(unmet: impl IntoIterator<Item = &'u Unmet>) -> Causes {
    let of = |unmet: &Unmet| {
        let requirement = &unmet.requirement;
        let what = match &unmet.cause {
            // Of a bucket, whichever fields name it.
            Cause::CorsRule { what, .. } => *what,
            _ if requirement.action.is_empty() => requirement.field,
            _ => &requirement.action,
        };
        (what.to_owned(), wording::resource(&requirement.on), unmet.cause.clone())
    };
    unmet.into_iter().map(of).collect()
}

fn found(report: &Report) -> Causes {
    causes(report.pairs.iter().flat_map(|finding| &finding.causes))
}

/// What scan and preflight say of the same job, and what fix says of it.
fn hold(name: &str, report: &Report, job: (&str, &Preflight), plan: &Plan) -> usize {
    let (named, job) = job;
    let scanned = found(report);
    let failing = || job.checks.iter().filter(|check| check.verdict == Verdict::Fail);
    // Whether a work team is there no finding says.
    let asked = causes(failing().filter(|check| check.field != TEAM).flat_map(|check| &check.causes));
    for cause in &asked {
        assert!(scanned.contains(cause), "{name}: preflight alone names {cause:?}");
    }
    let of_job = |finding: &&Finding| {
        finding.rule.as_str() == "job-blocked" && finding.resource.as_ref().is_some_and(|job| job.name() == named)
    };
    for finding in report.pairs.iter().filter(of_job) {
        for cause in causes(&finding.causes) {
            assert!(asked.contains(&cause), "{name}: job-blocked alone names {cause:?}");
        }
    }
    for finding in report.pairs.iter().filter(|finding| finding.resources.is_empty()) {
        let mut of_finding = plan.mends.iter().filter(|mend| {
            mend.findings.iter().any(|meant| (&meant.id, &meant.principal) == (&finding.id, &finding.principal))
        });
        let mend = of_finding.next().unwrap_or_else(|| panic!("{name}: fix leaves out {}", finding.rule));
        for unmet in &finding.causes {
            assert!(
                mend.causes.contains(unmet),
                "{name}: {} of {}: fix leaves out {unmet:?}",
                finding.rule,
                finding.id
            );
        }
        for fix in finding.fixes.iter().filter(|fix| fix.goals.is_empty()) {
            let beside = mend.proof.is_some() || mend.advice.contains(&fix.summary);
            assert!(beside, "{name}: {}: fix does not say {:?}", finding.rule, fix.summary);
        }
    }
    asked.len()
}

/// Every cause says what helps against it, and no remedy undoes a guard that the request could meet.
fn hold_remedies(name: &str, unmet: &[Unmet]) {
    for one in unmet {
        let remedies = one.remedies();
        assert!(!remedies.is_empty(), "{name}: nothing is said to help against {one:?}");
        let Cause::ConditionUnmet { key, .. } = &one.cause else { continue };
        if !matches!(conditions::set_by(key), SetBy::Request(_) | SetBy::ResourceTag) {
            continue;
        }
        assert!(remedies.iter().all(|remedy| remedy.goals().is_empty()), "{name}: {one:?} is met by a wider grant");
        let wider = unmet.iter().any(|other| {
            other.requirement == one.requirement
                && matches!(other.cause, Cause::NotGranted { .. } | Cause::PartlyGranted { .. })
        });
        assert!(!wider, "{name}: beside {one:?} a wider grant is advised");
    }
}

fn asked(snapshot: &gt_audit::account::snapshot::Snapshot, request: &Value, job: &str) -> Preflight {
    let mut request = request.clone();
    request["LabelingJobName"] = job.into();
    let asked = Asked::parse("job.json", request.to_string().as_bytes()).unwrap();
    let account = &snapshot.account;
    preflight(snapshot, &asked, &Caller::find(account, &account.caller).unwrap(), None)
}

#[test]
fn of_every_real_job_scan_preflight_and_fix_name_the_same_causes_and_remedies() {
    let mut compared = 0;
    for (name, case) in cases() {
        let roles = [
            Carried::Managed(managed::GROUND_TRUTH_EXECUTION),
            Carried::Managed(managed::FULL_ACCESS),
            Carried::Inline(fitting(&case)),
        ];
        for carried in roles {
            let mut request = case["request"].clone();
            request
                .as_object_mut()
                .unwrap()
                .entry("RoleArn")
                .or_insert("arn:aws:iam::111122223333:role/GtExecution".into());
            let before = account(&case, &carried).snapshot;
            let after = with_job(account(&case, &carried), "case");
            compared += compare(&name, &before, &after, &request, "case");
        }
    }
    assert!(compared > 300, "{compared} causes compared");
}

#[test]
fn of_the_storys_jobs_scan_preflight_and_fix_name_the_same_causes_and_remedies() {
    let story = story();
    let mut compared = 0;
    for region in story.account.regions.values() {
        for job in region.labeling_jobs.known().unwrap() {
            let Fact::Known(request) = &job.request else { continue };
            let mut before = story.clone();
            for region in before.account.regions.values_mut() {
                known(&mut region.labeling_jobs).retain(|other| other.arn != job.arn);
            }
            let region = job.arn.region().to_owned();
            let mut request = serde_json::to_value::<&LabelingJobRequest>(request).unwrap();
            let team = format!("arn:aws:sagemaker:{region}:111122223333:workteam/private-crowd/acme");
            request["HumanTaskConfig"].as_object_mut().unwrap().entry("WorkteamArn").or_insert(team.into());
            compared += compare(job.arn.name(), &before, &story, &request, job.arn.name());
        }
    }
    assert!(compared > 3, "{compared} causes compared");
}

fn compare(name: &str, before: &Snapshot, after: &Snapshot, request: &Value, job: &str) -> usize {
    let report = audit(after, OPTIONS);
    let plan = fix::plan(after, OPTIONS, Selection::All).unwrap();
    for finding in &report.pairs {
        hold_remedies(name, &finding.causes);
    }
    let preflight = asked(before, request, job);
    for check in &preflight.checks {
        hold_remedies(name, &check.causes);
    }
    hold(name, &report, (job, &preflight), &plan)
}

/// Fields that name something and need no action of anybody, and why.
const NEEDS_NONE: &[(&str, &str)] = &[
    ("LabelingJobAlgorithmsConfig.LabelingJobResourceConfig.VpcConfig.SecurityGroupIds", "no facts of EC2 are read"),
    ("LabelingJobAlgorithmsConfig.LabelingJobResourceConfig.VpcConfig.Subnets", "no facts of EC2 are read"),
];

/// The fields of a structure that name something elsewhere: by the form that the API wants, or by the name of the field.
fn naming(path: &str, name: &str, into: &mut Vec<String>) {
    match shape(name).unwrap() {
        Shape::Structure { members } => {
            for member in members {
                let below = if path.is_empty() { member.name.clone() } else { format!("{path}.{}", member.name) };
                naming(&below, &member.shape, into);
            }
        }
        Shape::List { member, .. } => naming(path, member, into),
        Shape::String { pattern, .. } => {
            let form = pattern.as_ref().map_or("", |pattern| pattern.as_str());
            let named = ["Arn", "Uri", "Path", "KeyId", "Ids", "Subnets"].iter().any(|end| path.ends_with(end));
            if named || form.contains("arn:") || form.contains("s3") {
                into.push(path.to_owned());
            }
        }
        Shape::Integer { .. } | Shape::Timestamp => {}
    }
}

fn value(path: &str) -> Value {
    let arn = |rest: &str| Value::from(format!("arn:aws:{rest}"));
    match path.rsplit('.').next().unwrap() {
        "RoleArn" => arn("iam::111122223333:role/GtExecution"),
        "WorkteamArn" => arn("sagemaker:us-east-1:111122223333:workteam/private-crowd/none"),
        "PreHumanTaskLambdaArn" => arn("lambda:us-east-1:111122223333:function:pre"),
        "AnnotationConsolidationLambdaArn" => arn("lambda:us-east-1:111122223333:function:post"),
        "SnsTopicArn" => arn("sns:us-east-1:111122223333:frames"),
        "HumanTaskUiArn" => arn("sagemaker:us-east-1:394669845002:human-task-ui/None"),
        "LabelingJobAlgorithmSpecificationArn" => {
            arn("sagemaker:us-east-1:027400017018:labeling-job-algorithm-specification/none")
        }
        // Of a model nothing but its region is required.
        "InitialActiveLearningModelArn" => arn("sagemaker:us-west-2:111122223333:model/none"),
        "KmsKeyId" | "VolumeKmsKeyId" => "1234abcd-12ab-34cd-56ef-1234567890ab".into(),
        _ => format!("s3://signs-raw/{}", path.to_lowercase()).into(),
    }
}

/// A field that a later API has, or that was forgotten, fails here.
#[test]
fn each_field_that_names_something_is_read_by_a_requirement_or_needs_none() {
    let mut fields = vec![];
    naming("", REQUEST, &mut fields);
    let listed: BTreeSet<&str> = NEEDS_NONE.iter().map(|(path, _)| *path).collect();
    assert!(fields.len() >= 14 + listed.len(), "{fields:?}");
    for path in &listed {
        assert!(fields.iter().any(|field| field == path), "the API has no field {path}");
    }
    let mut snapshot = healthy();
    snapshot.account.caller = Arn::iam("aws", "111122223333", "root");
    snapshot.account.regions.get_mut("us-east-1").unwrap().workteams = Fact::Known(vec![]);
    for path in fields.iter().filter(|path| !listed.contains(path.as_str())) {
        let mut request = json!({});
        set(&mut request, path, value(path));
        if path != "RoleArn" {
            set(&mut request, "RoleArn", value("RoleArn"));
        }
        if path.starts_with(ALGORITHM) {
            set(&mut request, ALGORITHM_SPECIFICATION, value(ALGORITHM_SPECIFICATION));
        }
        let job = asked(&snapshot, &request, "job");
        let read = job.checks.iter().filter(|check| check.field == *path && !check.resource.is_empty());
        assert!(read.count() > 0, "nothing is required for {path}: {:#?}", job.checks);
    }
}

fn set(request: &mut Value, path: &str, value: Value) {
    let mut place = request;
    for part in path.split('.') {
        place = &mut place[part];
    }
    *place = value;
}
