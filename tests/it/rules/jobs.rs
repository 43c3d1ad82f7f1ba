//! The rules about a labeling job.

use gt_audit::account::{Fact, Tags};
use gt_audit::arn::Arn;
use gt_audit::finding::Finding;

use super::*;

const MANIFEST: &str = "InputConfig.DataSource.S3DataSource.ManifestS3Uri";
const OUTPUT: &str = "OutputConfig.S3OutputPath";

/// The findings of one rule.
fn of(rule: &str, change: impl FnOnce(&mut Account)) -> Vec<Finding> {
    let report = report_after(change);
    report.pairs.into_iter().filter(|finding| finding.rule.as_str() == rule).collect()
}

fn undecided(rule: &str, change: impl FnOnce(&mut Account)) -> Vec<String> {
    let report = report_after(change);
    report
        .open
        .into_iter()
        .filter(|open| open.rule.as_str() == rule)
        .map(|open| open.unknown.action().to_owned())
        .collect()
}

/// A bucket of another name beside the healthy account's own.
fn add_bucket(account: &mut Account, name: &str) {
    let mut bucket = bucket(account).clone();
    bucket.arn = Arn::bucket("aws", name);
    known(&mut account.buckets).push(bucket);
}

#[test]
fn job_blocked() {
    let fine = [(MANIFEST, "s3://signs-sagemaker/m"), (OUTPUT, "s3://signs-sagemaker/out/")];
    assert_eq!(of("job-blocked", |a| job(a, &fine)), []);
    let elsewhere = |a: &mut Account| {
        add_bucket(a, "signs-raw");
        job(a, &[(MANIFEST, "s3://signs-raw/m"), (OUTPUT, "s3://signs-raw/out/")]);
    };
    let blocked = |change: &dyn Fn(&mut Account)| {
        let findings = of("job-blocked", |a| {
            elsewhere(a);
            change(a);
        });
        let blocked = findings.iter().flat_map(crate::accounts::blocked);
        blocked.map(|(field, action, resource)| format!("{field} {action} {resource}")).collect::<Vec<_>>()
    };
    let object = Arn::bucket("aws", "signs-raw/m");
    let untagged = |a: &mut Account| drop(a.objects.insert(object.clone(), Fact::Known(Some(Tags::new()))));
    let output = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"]
        .map(|action| format!("{OUTPUT} {action} s3://signs-raw/out/"))
        .to_vec();
    let manifest = vec![format!("{MANIFEST} s3:GetObject s3://signs-raw/m")];
    assert_eq!(blocked(&untagged), [manifest.clone(), output.clone()].concat());
    // An object that is tagged can be read, and nothing can be written by a tag; one whose tags nobody knows is left out.
    let tagged = |a: &mut Account| {
        let tags = Tags::from([("SageMaker".to_owned(), "TRUE".to_owned())]);
        a.objects.insert(object.clone(), Fact::Known(Some(tags)));
    };
    assert_eq!(blocked(&tagged), output);
    assert_eq!(blocked(&|_| {}), output);
    let by_policy = |text: &'static str| {
        move |a: &mut Account| {
            untagged(a);
            inline(a, text);
        }
    };
    let all = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::signs-raw/*"}}"#;
    assert_eq!(blocked(&by_policy(all)), Vec::<String>::new());
    // Listing and locating are asked of the bucket itself.
    let unlisted = r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::signs-raw/*"},{"Effect":"Deny","Action":"s3:ListBucket","Resource":"*"}]}"#;
    assert_eq!(
        blocked(&by_policy(unlisted)),
        [
            format!("{MANIFEST} s3:ListBucket arn:aws:s3:::signs-raw"),
            format!("{OUTPUT} s3:ListBucket arn:aws:s3:::signs-raw")
        ]
    );
    // Nothing but the tags is missing.
    let read_only = |a: &mut Account| {
        add_bucket(a, "signs-raw");
        job(a, &[(MANIFEST, "s3://signs-raw/m"), (OUTPUT, "s3://signs-sagemaker/out/")]);
    };
    assert_eq!(undecided("job-blocked", read_only), ["s3:GetObjectTagging"]);
    // A bucket that is not among the account's: what the role's own policies refuse is certain, else nobody knows.
    assert_eq!(of("job-blocked", |a| job(a, &[(OUTPUT, "s3://theirs/out/")])).len(), 1);
    assert_eq!(undecided("job-blocked", |a| job(a, &[(OUTPUT, "s3://their-sagemaker/out/")])), ["s3:GetBucketPolicy"]);
    // A role that is not there.
    let gone = of("job-blocked", |a| job(a, &[("RoleArn", "arn:aws:iam::111122223333:role/Gone")]));
    assert_eq!(gone[0].causes[0].requirement.field, "RoleArn");
    // A job of which nothing is known may be any job.
    assert_eq!(
        undecided("job-blocked", |a| {
            job(a, &fine);
            let jobs = known(&mut a.regions.get_mut("us-east-1").unwrap().labeling_jobs);
            jobs[0].request = Fact::Unknown(gap("sagemaker:DescribeLabelingJob"));
        }),
        ["sagemaker:DescribeLabelingJob"]
    );
}

#[test]
fn job_failed_on_permission() {
    const LAMBDA: &str = "ClientError: Exception invoking the Lambda function. Ensure that the role has permissions";
    let failed = |failure: &'static str, output: &'static str| {
        of("job-failed-on-permission", move |a| {
            add_bucket(a, "signs-raw");
            job(a, &[(OUTPUT, output)]);
            let jobs = known(&mut a.regions.get_mut("us-east-1").unwrap().labeling_jobs);
            jobs[0].status = "Failed".to_owned();
            jobs[0].failure = Some(failure.to_owned());
        })
    };
    let explained = failed("S3 AccessDenied", "s3://signs-raw/out/");
    assert!(
        explained[0].message.contains("`job-blocked` explains it")
            || explained[0].message.contains("`bucket-out-of-reach` and `job-blocked`"),
        "{}",
        explained[0].message
    );
    assert_eq!(explained[0].explained_by.len(), 2);
    let unexplained = failed("S3 AccessDenied", "s3://signs-sagemaker/out/");
    assert!(unexplained[0].message.contains("no finding of today explains it"), "{}", unexplained[0].message);
    let of_the_function = failed(LAMBDA, "s3://signs-sagemaker/out/");
    assert!(of_the_function[0].message.contains("an error of the function's own"), "{}", of_the_function[0].message);
    assert_eq!(failed("InternalServerError", "s3://signs-raw/out/"), []);
    let unreadable = |a: &mut Account| {
        a.regions.get_mut("us-east-1").unwrap().labeling_jobs = Fact::Unknown(gap("sagemaker:ListLabelingJobs"));
    };
    assert_eq!(undecided("job-failed-on-permission", unreadable), ["sagemaker:ListLabelingJobs"]);
}
const PRE: &str = "HumanTaskConfig.PreHumanTaskLambdaArn";
const POST: &str = "HumanTaskConfig.AnnotationConsolidationConfig.AnnotationConsolidationLambdaArn";
const INTERFACE: &str = "HumanTaskConfig.UiConfig.HumanTaskUiArn";

#[test]
fn builtin_function_misaddressed() {
    let naming = |field: &str, arn: &str| {
        let report = report_after(|a| job(a, &[(field, arn)]));
        let [finding] = report.pairs.as_slice() else {
            assert_eq!((report.pairs.len(), report.open.len()), (0, 0));
            return None;
        };
        assert_eq!((finding.rule.as_str(), finding.severity), ("builtin-function-misaddressed", Severity::High));
        assert_eq!(finding.resource.as_ref().map(Arn::name), Some("job-0"));
        Some((finding.message.clone(), finding.fixes[0].summary.clone()))
    };
    assert_eq!(naming(PRE, "arn:aws:lambda:us-east-1:432418664414:function:PRE-BoundingBox"), None);
    assert_eq!(naming(POST, "arn:aws:lambda:us-east-1:111122223333:function:signs-LabelingFunction-pre"), None);
    assert_eq!(
        naming(PRE, "arn:aws:lambda:us-east-1:111122223333:function:PRE-BoundingBox"),
        Some((
            "`PRE-BoundingBox` is not AWS's as it is addressed; in `us-east-1` AWS keeps them in the account 432418664414 \
             (PreHumanTaskLambdaArn `arn:aws:lambda:us-east-1:111122223333:function:PRE-BoundingBox`)"
                .to_owned(),
            "write `arn:aws:lambda:us-east-1:432418664414:function:PRE-BoundingBox` into \
             `HumanTaskConfig.PreHumanTaskLambdaArn`"
                .to_owned()
        ))
    );
    let remedy = |field: &str, arn: &str| naming(field, arn).map(|(_, remedy)| remedy).unwrap_or_default();
    assert!(
        remedy(POST, "arn:aws:lambda:eu-west-1:568282634449:function:ACS-BoundingBox")
            .starts_with("write `arn:aws:lambda:us-east-1:432418664414:function:ACS-BoundingBox`")
    );
    assert!(
        remedy(POST, "arn:aws:lambda:us-east-1:432418664414:function:ACS-VideoClassification").starts_with("look up")
    );
    assert!(
        remedy(INTERFACE, "arn:aws:sagemaker:us-east-1:394669845002:human-task-ui/3DPointCloudObjectTracking")
            .contains("human-task-ui/PointCloudObjectTracking`")
    );
    assert_eq!(
        naming(INTERFACE, "arn:aws:sagemaker:us-east-1:394669845002:human-task-ui/PointCloudObjectTracking"),
        None
    );
    // A request that could not be read could name anything.
    let hidden = says(|a| {
        job(a, &[(PRE, "arn:aws:lambda:us-east-1:111122223333:function:PRE-BoundingBox")]);
        known(&mut a.regions.get_mut("us-east-1").unwrap().labeling_jobs)[0].request =
            Fact::Unknown(gap("sagemaker:DescribeLabelingJob"));
    });
    assert!(hidden.contains(&"? builtin-function-misaddressed job-0".to_owned()), "{hidden:?}");
}
