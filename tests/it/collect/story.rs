//! The accounts that the fake AWS serves here: one that has something of everything, and a large one.

use std::collections::BTreeMap;

use gt_audit::account::{
    Account, Bucket, Fact, Function, Gap, Grants, Group, Iam, LabelingJob, ManagedPolicy, Organization, Regional, Role,
    Tags, User,
};
use gt_audit::arn::Arn;
use gt_audit::policy::Document;

pub const ID: &str = "111122223333";

/// Attached to a role, and written by AWS.
pub const AWS_MANAGED: &str = "arn:aws:iam::aws:policy/AmazonSageMakerGroundTruthExecution";
/// Nobody's but a boundary.
pub const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/team/Boundary";

/// Something of everything, in two regions: 9 roles, 3 users, 2 groups, 4 managed policies, 8 buckets, 7 functions,
/// 9 labeling jobs.
pub fn everything() -> Account {
    let mut roles: Vec<_> = (0..8).map(plain_role).collect();
    roles.push(Role {
        arn: iam("role/team/a/Execution"),
        trust: Fact::Known(allow("sts:AssumeRole")),
        grants: grants(&[AWS_MANAGED, "arn:aws:iam::111122223333:policy/Own"], &["a+b", "inline"]),
        boundary: Fact::Known(Some(arn(BOUNDARY))),
        tags: Fact::Known(tags(&[("team", "labeling & <vision>"), ("sagemaker", "true")])),
    });
    roles.sort_by(|a, b| a.arn.cmp(&b.arn));
    let user = |name: &str, groups: &[&str], boundary: Option<&str>| User {
        arn: iam(&format!("user/{name}")),
        grants: grants(&["arn:aws:iam::aws:policy/ReadOnlyAccess"], &["own"]),
        groups: Fact::Known(groups.iter().map(ToString::to_string).collect()),
        boundary: Fact::Known(boundary.map(arn)),
        tags: Fact::Known(tags(&[("name", name)])),
    };
    let group = |name: &str| Group {
        arn: iam(&format!("group/{name}")),
        grants: grants(&["arn:aws:iam::111122223333:policy/Own"], &["first", "second"]),
    };
    let policies =
        ["arn:aws:iam::111122223333:policy/Own", BOUNDARY, "arn:aws:iam::aws:policy/ReadOnlyAccess", AWS_MANAGED];
    Account {
        id: ID.to_owned(),
        partition: "aws".to_owned(),
        alias: Fact::Known(Some("signs-prod".to_owned())),
        caller: arn("arn:aws:sts::111122223333:assumed-role/Auditor/gt-audit"),
        organization: Organization::NotAsked,
        iam: Iam {
            roles: Fact::Known(roles),
            users: Fact::Known(vec![
                user("ann", &["one", "two"], None),
                user("bob", &[], Some(BOUNDARY)),
                user("eve", &["two"], None),
            ]),
            groups: Fact::Known(vec![group("one"), group("two")]),
            policies: policies.iter().map(|text| (arn(text), Fact::Known(managed_policy(text)))).collect(),
        },
        buckets: Fact::Known(
            (0..8).map(|number| bucket(number, if number % 3 == 0 { "eu-west-1" } else { "us-east-1" })).collect(),
        ),
        objects: BTreeMap::new(),
        regions: BTreeMap::from([regional("eu-west-1", 2, 2), regional("us-east-1", 5, 7)]),
        gaps: vec![],
    }
}

/// 500 roles, 1,000 buckets (200 tagged), 500 functions, and no labeling jobs.
pub fn large() -> Account {
    let mut account = everything();
    account.iam.roles = Fact::Known((0..500).map(plain_role).collect());
    account.iam.policies.retain(|arn, _| arn.as_str() != AWS_MANAGED);
    let mut buckets: Vec<_> = (0..1000).map(|number| bucket(number, "us-east-1")).collect();
    for (number, bucket) in buckets.iter_mut().enumerate() {
        bucket.tags = Fact::Known(if number % 5 == 0 { tags(&[("number", &number.to_string())]) } else { Tags::new() });
    }
    account.buckets = Fact::Known(buckets);
    account.regions = BTreeMap::from([regional("us-east-1", 500, 0)]);
    account
}

/// As collecting shows it before details are asked for.
pub fn before_details(account: &Account) -> Account {
    let mut account = account.clone();
    for bucket in known(&mut account.buckets) {
        bucket.policy = Fact::Unknown(Gap::not_asked("s3:GetBucketPolicy", bucket.arn.as_str()));
    }
    for regional in account.regions.values_mut() {
        for function in known(&mut regional.functions) {
            function.policy = Fact::Unknown(Gap::not_asked("lambda:GetPolicy", function.arn.as_str()));
        }
    }
    account
}

pub fn known<T>(fact: &mut Fact<T>) -> &mut T {
    match fact {
        Fact::Known(fact) => fact,
        Fact::Unknown(gap) => panic!("{gap:?}"),
    }
}

pub fn arn(text: &str) -> Arn {
    Arn::parse(text).unwrap()
}

fn iam(entity: &str) -> Arn {
    Arn::iam("aws", ID, entity)
}

fn plain_role(number: usize) -> Role {
    Role {
        arn: iam(&format!("role/Role{number:03}")),
        trust: Fact::Known(allow("sts:AssumeRole")),
        grants: grants(
            &["arn:aws:iam::111122223333:policy/Own"],
            if number.is_multiple_of(2) { &["inline"] } else { &[] },
        ),
        boundary: Fact::Known(None),
        tags: Fact::Known(Tags::new()),
    }
}

fn grants(attached: &[&str], inline: &[&str]) -> Grants {
    let mut attached: Vec<_> = attached.iter().map(|text| arn(text)).collect();
    attached.sort();
    let inline = inline.iter().map(|name| (name.to_string(), Fact::Known(allow(&format!("s3:Get{}", name.len())))));
    Grants { attached: Fact::Known(attached), inline: Fact::Known(inline.collect()) }
}

fn managed_policy(name: &str) -> ManagedPolicy {
    ManagedPolicy { version: format!("v{}", name.len() % 7 + 1), document: Fact::Known(allow("s3:Put+Object 100%")) }
}

fn bucket(number: usize, region: &str) -> Bucket {
    let of_number = tags(&[("number", &number.to_string()), ("SageMaker", "true")]);
    Bucket {
        region: Fact::Known(region.to_owned()),
        tags: Fact::Known(if number.is_multiple_of(2) { of_number } else { Tags::new() }),
        policy: Fact::Known((number % 4 < 2).then(|| allow(&format!("s3:{number}")))),
        ..Bucket::not_asked(Arn::bucket("aws", &format!("bucket-{number:04}")))
    }
}

/// A job like those that Ground Truth's documentation shows, made at noon of a day of November 2026.
pub fn job(region: &str, day: usize, status: &str) -> LabelingJob {
    let name = format!("job-{day:02}");
    let request = serde_json::json!({
        "LabelingJobName": name,
        "RoleArn": iam("role/Role000").as_str(),
        "InputConfig": {"DataSource": {"S3DataSource": {"ManifestS3Uri": format!("s3://bucket-0001/{name}.manifest")}}},
        "OutputConfig": {"S3OutputPath": "s3://bucket-0002/out/", "KmsKeyId": ""},
        "HumanTaskConfig": {
            "WorkteamArn": format!("arn:aws:sagemaker:{region}:{ID}:workteam/private-crowd/team"),
            "UiConfig": {"UiTemplateS3Uri": "s3://bucket-0001/template.liquid"},
            "PreHumanTaskLambdaArn": "arn:aws:lambda:us-east-1:432418664414:function:PRE-BoundingBox",
        },
    });
    LabelingJob {
        arn: arn(&format!("arn:aws:sagemaker:{region}:{ID}:labeling-job/{name}")),
        status: status.to_owned(),
        created: format!("2026-11-{day:02}T12:00:00Z"),
        failure: (status == "Failed").then(|| "AccessDenied: \u{1b}[31m the role may not".to_owned()),
        request: Fact::Known(serde_json::from_value(request).unwrap()),
    }
}

/// The time that a job was made, when it is not of November.
pub fn made(job: LabelingJob, created: &str) -> LabelingJob {
    LabelingJob { created: created.to_owned(), ..job }
}

fn regional(region: &str, functions: usize, jobs: usize) -> (String, Regional) {
    let states = ["Completed", "Failed", "InProgress", "Stopped", "Initializing", "Stopping", "Completed"];
    let jobs = states.iter().zip(1..=jobs).map(|(status, day)| job(region, day, status));

    let functions = (0..functions).map(|number| Function {
        arn: arn(&format!("arn:aws:lambda:{region}:{ID}:function:function-{number:03}")),
        role: iam("role/Role000").as_str().to_owned(),
        tags: Fact::Known(if number % 2 == 0 { tags(&[("of", region)]) } else { Tags::new() }),
        policy: Fact::Known((number % 3 == 0).then(|| allow("lambda:InvokeFunction"))),
    });
    let regional = Regional {
        functions: Fact::Known(functions.collect()),
        labeling_jobs: Fact::Known(jobs.collect()),
        ..Regional::not_asked()
    };
    (region.to_owned(), regional)
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn allow(action: &str) -> Document {
    let json = serde_json::json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]});
    Document::from_json(json).unwrap()
}
