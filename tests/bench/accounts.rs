//! Accounts of any size, made of a number: the same number gives the same account.
//!
//! Of every fifty roles one is an execution role; these carry one of forty sets of policies. Buckets and functions have
//! names of which some carry a token and some almost do.

use std::collections::BTreeMap;

use gt_audit::account::snapshot::{Collection, Snapshot};
use gt_audit::account::{
    Account, Bucket, Fact, Function, Gap, Grants, Iam, ManagedPolicy, Organization, Regional, Role, Tags,
};
use gt_audit::arn::Arn;
use gt_audit::knowledge::managed;
use gt_audit::policy::Document;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "us-east-1";
const CLASSES: usize = 40;

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
    let buckets = (0..size).map(|n| Bucket {
        region: Fact::Known(REGION.to_owned()),
        tags: Fact::Known(Tags::new()),
        ..Bucket::not_asked(Arn::bucket("aws", &name(n, ["sagemaker", "ground-truth", "data", "logs", "images"])))
    });
    let functions = (0..size).map(|n| Function {
        arn: Arn::parse(format!(
            "arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}",
            name(n, ["LabelingFunction", "GTRecipe", "api", "resize", "cron"])
        ))
        .unwrap(),
        role: format!("arn:aws:iam::{ACCOUNT}:role/role-{n:06}"),
        tags: Fact::Known(Tags::new()),
        policy: Fact::Unknown(Gap::not_asked("lambda:GetPolicy", "*")),
    });
    let regional = Regional {
        functions: Fact::Known(functions.collect()),
        labeling_jobs: Fact::Known(vec![]),
        ..Regional::not_asked()
    };
    Snapshot::new(
        Account {
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

/// Most names have nothing to do with labeling.
fn name(n: usize, words: [&str; 5]) -> String {
    let [token, near, others @ ..] = words;
    let word = match n % 100 {
        0 => token,
        1 => near,
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
        let bucket = name(class * 7, ["sagemaker", "ground-truth", "data", "logs", "images"]);
        let text = format!(
            r#"{{"Statement":{{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::{bucket}/*"}}}}"#
        );
        ("own".to_owned(), Fact::Known(Document::parse(&text).unwrap()))
    });
    Role {
        arn: Arn::iam("aws", ACCOUNT, &format!("role/role-{n:06}")),
        trust: Fact::Known(Document::parse(&trust).unwrap()),
        grants: Grants { attached: Fact::Known(attached), inline: Fact::Known(inline.into_iter().collect()) },
        boundary: Fact::Known(None),
        tags: Fact::Known(Tags::new()),
    }
}
