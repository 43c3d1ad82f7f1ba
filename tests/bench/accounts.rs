//! Accounts of any size, made of a number: the same number gives the same account.
//!
//! Of every fifty roles one is an execution role; these carry one of forty sets of policies. Buckets and functions have
//! names of which one of a hundred carries a token; ten of either kind almost do, in an account of any size, and each of
//! these is a finding for each execution role. For every twenty roles there is a labeling job, which uses a
//! manifest, an output path and two functions.

use std::collections::BTreeMap;

use gt_audit::account::snapshot::{Collection, Snapshot};
use gt_audit::account::{
    Account, Bucket, Fact, Function, Grants, Iam, LabelingJob, ManagedPolicy, Organization, Regional, Role, Tags,
    Unknown,
};
use gt_audit::arn::Arn;
use gt_audit::knowledge::managed;
use gt_audit::policy::Document;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "us-east-1";
const CLASSES: usize = 40;
const BUCKETS: [&str; 5] = ["sagemaker", "ground-truth", "data", "logs", "images"];
const FUNCTIONS: [&str; 5] = ["LabelingFunction", "GTRecipe", "api", "resize", "cron"];

/// An account of so many roles, and as many buckets and functions.
pub fn account(size: usize) -> Snapshot {
    let policies = [managed::GROUND_TRUTH_EXECUTION, managed::FULL_ACCESS].map(|name| {
        let version = managed::newest(name).unwrap();
        let policy =
            ManagedPolicy { version: version.version.clone(), document: Fact::Known(version.document.clone()) };
        (Arn::iam("aws", "aws", &format!("policy/{name}")), Fact::Known(policy))
    });
    let execution: Vec<Arn> = policies.iter().map(|(arn, _)| arn.clone()).collect();
    let roles = (0..size).map(|n| role(n, &execution)).collect();
    let buckets = (0..size).map(bucket);
    let functions = (0..size).map(|n| Function {
        vpc: Fact::Known(None),
        arn: Arn::parse(format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", name(n, FUNCTIONS))).unwrap(),
        role: format!("arn:aws:iam::{ACCOUNT}:role/role-{n:06}"),
        tags: Fact::Known(Tags::new()),
        policy: if has_details(n) {
            Fact::Known(None)
        } else {
            Fact::Unknown(Unknown::not_asked("lambda:GetPolicy", "*"))
        },
    });
    let regional = Regional {
        functions: Fact::Known(functions.collect()),
        labeling_jobs: Fact::Known((0..size / 20).map(job).collect()),
        ..Regional::not_asked()
    };
    Snapshot::new(
        Account {
            organization_id: Fact::Known(None),
            id: ACCOUNT.to_owned(),
            partition: "aws".to_owned(),
            alias: Fact::Known(None),
            caller: Arn::iam("aws", ACCOUNT, "user/auditor"),
            organization: Organization::Free,
            iam: Iam {
                roles: Fact::Known(roles),
                users: Fact::Known(vec![]),
                groups: Fact::Known(vec![]),
                policies: policies.into(),
            },
            buckets: Fact::Known(buckets.collect()),
            objects: BTreeMap::new(),
            regions: [(REGION.to_owned(), regional)].into(),
            gaps: vec![],
        },
        Collection {
            started_at: "2026-11-22T12:00:00Z".to_owned(),
            finished_at: "2026-11-22T12:00:01Z".to_owned(),
            api_calls: 0,
            retries: 0,
        },
    )
}

/// A bucket without a policy or a CORS configuration, encrypted with a key of S3's.
fn bucket(n: usize) -> Bucket {
    let not_asked = Bucket {
        region: Fact::Known(REGION.to_owned()),
        tags: Fact::Known(Tags::new()),
        ..Bucket::not_asked(Arn::bucket("aws", &name(n, BUCKETS)))
    };
    if !has_details(n) {
        return not_asked;
    }
    Bucket {
        policy: Fact::Known(None),
        cors: Fact::Known(vec![]),
        encryption: Fact::Known(None),
        abac: Fact::Known(false),
        ..not_asked
    }
}

/// A job under one of the execution roles: what it uses has a token in its name, or almost, or neither.
fn job(n: usize) -> LabelingJob {
    let bucket = |n: usize| name(n, BUCKETS);
    let function = |n: usize| format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", name(n, FUNCTIONS));
    let request = serde_json::json!({
        "LabelingJobName": format!("job-{n:06}"),
        "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/role-{:06}", n * 2 / 5 * 50),
        "InputConfig": {"DataSource": {"S3DataSource": {"ManifestS3Uri": format!("s3://{}/in.manifest", bucket(n * 20))}}},
        "OutputConfig": {"S3OutputPath": format!("s3://{}/out/", bucket(n * 20 + n % 3))},
        "HumanTaskConfig": {
            "PreHumanTaskLambdaArn": function(n * 20),
            "AnnotationConsolidationConfig": {"AnnotationConsolidationLambdaArn": function(n * 20 + n % 3)},
        },
    });
    LabelingJob {
        arn: Arn::parse(format!("arn:aws:sagemaker:{REGION}:{ACCOUNT}:labeling-job/job-{n:06}")).unwrap(),
        status: "InProgress".to_owned(),
        created: "2026-11-20T12:00:00Z".to_owned(),
        failure: None,
        request: Fact::Known(serde_json::from_value(request).unwrap()),
    }
}

/// Is it used or intended, so that its policy was asked for?
fn has_details(n: usize) -> bool {
    n % 100 < 2 || n % 20 < 3
}

/// Most names have nothing to do with labeling. The first thousand have ten near misses.
fn name(n: usize, words: [&str; 5]) -> String {
    let [token, near, others @ ..] = words;
    let word = match n {
        n if n % 100 == 0 => token,
        n if n % 100 == 1 && n < 1_000 => near,
        n => others[n % others.len()],
    };
    format!("acme-{word}-{n:06}")
}

fn role(n: usize, execution: &[Arn]) -> Role {
    let (service, attached, own) = if n.is_multiple_of(50) {
        let class = n / 50 % CLASSES;
        ("sagemaker.amazonaws.com", vec![execution[class % 2].clone()], Some(class))
    } else {
        ("lambda.amazonaws.com", vec![], None)
    };
    let trust = format!(
        r#"{{"Statement":{{"Effect":"Allow","Principal":{{"Service":"{service}"}},"Action":"sts:AssumeRole"}}}}"#
    );
    let inline = own.map(|class| {
        let bucket = name(class * 7, BUCKETS);
        let text = format!(
            r#"{{"Statement":{{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::{bucket}/*"}}}}"#
        );
        ("own".to_owned(), Fact::Known(Document::parse(&text).unwrap()))
    });
    Role {
        id: Fact::Known("AROAEXAMPLE".to_owned()),
        arn: Arn::iam("aws", ACCOUNT, &format!("role/role-{n:06}")),
        trust: Fact::Known(Document::parse(&trust).unwrap()),
        grants: Grants { attached: Fact::Known(attached), inline: Fact::Known(inline.into_iter().collect()) },
        boundary: Fact::Known(None),
        tags: Fact::Known(Tags::new()),
    }
}
