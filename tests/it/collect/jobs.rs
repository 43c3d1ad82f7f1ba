//! Labeling jobs: which are listed, how many are described, and what is kept of each.

use gt_audit::account::{Account, Fact, LabelingJob};
use gt_audit::collect::calls;
use gt_audit::collect::{Aws, Connection, inventory};
use serde_json::json;

use super::story::{everything, job, known, made};
use crate::fake_aws::{FakeAws, Fault, HOME, How, Switches, run};

/// The account of `everything` with these jobs at home, and no others.
fn with(jobs: Vec<LabelingJob>) -> Account {
    let mut account = everything();
    account.regions.get_mut(HOME).unwrap().labeling_jobs = Fact::Known(jobs);
    account
}

fn collect(fake: &FakeAws, connection: &Connection) -> (Aws, Account) {
    run(async {
        let aws = fake.connect(connection).await.unwrap();
        let account = inventory(&aws).await;
        (aws, account)
    })
}

fn jobs(account: &Account) -> &[LabelingJob] {
    account.regions[HOME].labeling_jobs.known().unwrap()
}

fn names(account: &Account) -> Vec<&str> {
    jobs(account).iter().map(|job| job.arn.name()).collect()
}

#[test]
fn three_pages_of_jobs_are_followed_and_each_job_is_described_once() {
    let fake = FakeAws::new(&everything(), Switches { page: Some(3), ..Switches::default() });
    let (_, account) = collect(&fake, &Connection::default());
    assert_eq!(account.regions[HOME].labeling_jobs, everything().regions[HOME].labeling_jobs);
    assert_eq!(fake.requests_of(&calls::LIST_LABELING_JOBS), 3 + 3, "7 jobs, and 3 states in which none is older");
    assert_eq!(fake.requests_of(&calls::DESCRIBE_LABELING_JOB), 7);
}

#[test]
fn a_job_is_kept_as_aws_writes_it() {
    let mut automated = job(HOME, 1, "Paused");
    let request = known(&mut automated.request);
    *request = serde_json::from_value(json!({
        "LabelingJobName": "job-01",
        "RoleArn": "arn:aws:iam::111122223333:role/team/a/Execution",
        "InputConfig": {"DataSource": {
            "S3DataSource": {"ManifestS3Uri": "https://s3.amazonaws.com/bucket-0001/a%20b.manifest"},
            "SnsDataSource": {"SnsTopicArn": "arn:aws:sns:us-east-1:111122223333:sagemaker-in"},
        }},
        "OutputConfig": {
            "S3OutputPath": "https://bucket-0002.s3.amazonaws.com/out", "KmsKeyId": "",
            "SnsTopicArn": "arn:aws:sns:us-east-1:111122223333:sagemaker-out",
        },
        "LabelCategoryConfigS3Uri": "s3://bucket-0001/labels.json",
        "LabelingJobAlgorithmsConfig": {
            "LabelingJobAlgorithmSpecificationArn":
                "arn:aws:sagemaker:us-east-1:027400017018:labeling-job-algorithm-specification/image-classification",
            "InitialActiveLearningModelArn": "arn:aws:sagemaker:us-east-1:111122223333:model/first",
            "LabelingJobResourceConfig": {"VolumeKmsKeyId": ""},
        },
        "HumanTaskConfig": {
            "WorkteamArn": "arn:aws:sagemaker:us-east-1:394669845002:workteam/public-crowd/default",
            "UiConfig": {"HumanTaskUiArn": "arn:aws:sagemaker:us-east-1:394669845002:human-task-ui/PointCloud"},
            "PreHumanTaskLambdaArn": "arn:aws:lambda:us-east-1:111122223333:function:pre:live",
            "AnnotationConsolidationConfig": {
                "AnnotationConsolidationLambdaArn": "arn:aws:lambda:us-east-1:111122223333:function:post",
            },
        },
    }))
    .unwrap();
    assert_eq!(request.output_config.kms_key_id.as_deref(), Some(""));
    let automated = made(automated, "2026-11-20T01:02:03.25Z");
    let served = with(vec![automated, job(HOME, 2, "Failed")]);
    let (_, account) = collect(&FakeAws::serving(&served), &Connection::default());
    assert_eq!(jobs(&account), jobs(&served));
}

#[test]
fn a_job_that_is_gone_when_it_is_described_is_not_there() {
    let refused = vec![(&calls::DESCRIBE_LABELING_JOB, "ResourceNotFound", 3)];
    let fake = FakeAws::new(&everything(), Switches { refused, ..Switches::default() });
    let (_, account) = collect(&fake, &Connection::default());
    assert_eq!(jobs(&account).len(), 3);
    assert!(jobs(&account).iter().all(|job| job.request.known().is_ok()));
    assert!(account.unread().is_empty());
}

#[test]
fn a_job_that_may_not_be_described_is_there_and_its_request_unknown() {
    let refused = vec![(&calls::DESCRIBE_LABELING_JOB, "AccessDeniedException", 0)];
    let fake = FakeAws::new(&everything(), Switches { refused, ..Switches::default() });
    let (_, account) = collect(&fake, &Connection::default());
    for (found, served) in jobs(&account).iter().zip(jobs(&everything())) {
        let gap = found.request.known().unwrap_err();
        assert_eq!((gap.action(), gap.resource()), ("sagemaker:DescribeLabelingJob", found.arn.to_string()));
        assert_eq!(gap.code(), "AccessDeniedException");
        assert_eq!(LabelingJob { request: served.request.clone(), ..found.clone() }, *served);
    }
    assert_eq!(jobs(&account).len(), 7);
}

/// In some regions AWS has no SageMaker, and the host has no address: nothing else of the audit suffers, nor waits for it.
#[test]
fn where_sagemaker_has_no_address_is_one_gap_a_region_and_soon() {
    let list = &calls::LIST_LABELING_JOBS;
    let faults = vec![Fault::of("SageMaker", How::NoAddress)];
    let fake = FakeAws::new(&everything(), Switches { faults, ..Switches::default() });
    let (aws, mut account) = collect(&fake, &super::both_regions());
    assert_eq!(account.unread().len(), 2);
    for (region, regional) in &mut account.regions {
        let gap = regional.labeling_jobs.known().unwrap_err();
        let asked = format!("arn:aws:sagemaker:{region}:111122223333:labeling-job/*");
        assert_eq!((gap.action(), &gap.resource(), gap.code()), (list.action, &asked, "NoConnection"));
        assert_eq!(regional.flow_definitions, Fact::Unknown(gap.clone()));
        assert_eq!(regional.workteams, Fact::Unknown(gap));
        *regional = super::before_details(&everything()).regions[region].clone();
    }
    assert_eq!(account, super::before_details(&everything()));
    assert_eq!(fake.requests_to("SageMaker"), 2 * 2);
    assert_eq!(aws.collection().retries, 2);
}

#[test]
fn what_may_not_be_listed_is_there_and_the_rest_is_asked_for() {
    let refused = vec![(&calls::LIST_LABELING_JOBS, "AccessDeniedException", 0)];
    let fake = FakeAws::new(&everything(), Switches { refused, ..Switches::default() });
    let (_, mut account) = collect(&fake, &super::both_regions());
    for regional in account.regions.values_mut() {
        assert_eq!(regional.labeling_jobs.known().unwrap_err().code(), "AccessDeniedException");
        regional.labeling_jobs = Fact::Known(vec![]);
    }
    let mut expected = super::before_details(&everything());
    expected.regions.values_mut().for_each(|regional| regional.labeling_jobs = Fact::Known(vec![]));
    assert_eq!(account, expected);
}

#[test]
fn throttling_is_waited_out_where_an_absence_is_not() {
    let refused = vec![(&calls::LIST_LABELING_JOBS, "ThrottlingException", 0)];
    let fake = FakeAws::new(&everything(), Switches { refused, ..Switches::default() });
    collect(&fake, &Connection::default());
    assert_eq!(fake.requests_of(&calls::LIST_LABELING_JOBS), 10);
}

#[test]
fn of_too_many_jobs_the_newest_are_described_and_the_others_said_to_be_left_out() {
    let connection = Connection { max_jobs: Some(3), ..Connection::default() };
    let fake = FakeAws::serving(&everything());
    let (_, account) = collect(&fake, &connection);
    assert_eq!(names(&account), ["job-05", "job-06", "job-07"]);
    assert_eq!(fake.requests_of(&calls::DESCRIBE_LABELING_JOB), 3);
    let [gap] = account.unread().into_iter().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(gap.resource(), "arn:aws:sagemaker:us-east-1:111122223333:labeling-job/*");
    assert_eq!((gap.action(), gap.code()), (calls::DESCRIBE_LABELING_JOB.action, "TooMany"));
    assert_eq!(gap.message(), "of 7 jobs the newest 3 were read: `--max-jobs 7` reads all");

    let (_, account) = collect(&fake, &Connection { max_jobs: Some(7), ..Connection::default() });
    assert_eq!((names(&account).len(), account.unread().len()), (7, 0));
}

#[test]
fn of_jobs_that_are_not_to_be_described_the_names_are_known() {
    let fake = FakeAws::serving(&everything());
    let (_, account) = collect(&fake, &Connection { max_jobs: Some(0), ..Connection::default() });
    assert_eq!((names(&account).len(), fake.requests_of(&calls::DESCRIBE_LABELING_JOB)), (7, 0));
    let jobs = account.regions[HOME].labeling_jobs.known().unwrap();
    assert!(jobs.iter().all(|job| job.request.known().unwrap_err().is_not_asked()));
}

#[test]
fn an_old_job_counts_while_it_runs() {
    let old = |day, status| made(job(HOME, day, status), "2019-02-03T04:05:06Z");
    // The clock stands at 2026-11-22T12:34:56Z; made in the very second of the limit, and one before and after.
    let limit = |day, status, second| made(job(HOME, day, status), &format!("2026-11-12T12:34:{second}Z"));
    let served = with(vec![
        old(1, "InProgress"),
        old(2, "Completed"),
        old(3, "Initializing"),
        old(4, "Failed"),
        old(5, "Stopping"),
        old(6, "Stopped"),
        limit(11, "InProgress", 55),
        limit(12, "Completed", 55),
        limit(13, "InProgress", 56),
        limit(14, "InProgress", 57),
        limit(15, "Completed", 57),
        job(HOME, 20, "InProgress"),
    ]);
    let since = |days| Connection { jobs_since: Some(days), ..Connection::default() };
    let (_, account) = collect(&FakeAws::serving(&served), &since(10));
    let running = ["job-01", "job-03", "job-05", "job-11", "job-13", "job-14", "job-15", "job-20"];
    assert_eq!(names(&account), running);

    for (days, many) in [(0, 7), (36_500, 12)] {
        assert_eq!(names(&collect(&FakeAws::serving(&served), &since(days)).1).len(), many, "{days} days");
    }
    assert_eq!(names(&collect(&FakeAws::serving(&served), &Connection::default()).1).len(), 9, "90 days");
}
