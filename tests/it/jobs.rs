//! Real labeling-job requests (`tests/vectors/labeling-jobs`), each in an account whose role has one managed policy and
//! nothing else: blocked at exactly the fields that the case says.

use std::collections::BTreeSet;

use gt_audit::account::snapshot::Snapshot;
use gt_audit::account::{
    Account, Bucket, CorsRule, Fact, Function, Grants, Key, LabelingJob, LabelingJobRequest, ManagedPolicy, Regional,
    Role, Tags, Workteam,
};
use gt_audit::arn::Arn;
use gt_audit::audit::audit;
use gt_audit::knowledge::managed;
use gt_audit::labeling::needs::{
    ALGORITHM, ALGORITHM_SPECIFICATION, INPUT_TOPIC, LABEL_CATEGORIES, MANIFEST, OUTPUT, OUTPUT_KEY, OUTPUT_TOPIC,
    POST_FUNCTION, PRE_FUNCTION, TEMPLATE,
};
use gt_audit::labeling::uses::unqualified;
use gt_audit::report::Report;
use gt_audit::uri::S3Uri;
use serde_json::Value;

use crate::accounts::*;

/// The names that the cases give to the fields.
pub const FIELDS: [(&str, &str); 8] = [
    ("manifest", MANIFEST),
    ("output", OUTPUT),
    ("template", TEMPLATE),
    ("labelCategories", LABEL_CATEGORIES),
    ("preLambda", PRE_FUNCTION),
    ("acsLambda", POST_FUNCTION),
    ("snsIn", INPUT_TOPIC),
    ("snsOut", OUTPUT_TOPIC),
];

#[test]
fn every_real_job_is_blocked_at_exactly_the_fields_that_its_role_does_not_reach() {
    let cases = cases();
    assert_eq!(cases.len(), 35);
    let (mut blocked, mut misaddressed) = (0, 0);
    for (name, case) in &cases {
        for (policy, expected) in [(managed::GROUND_TRUTH_EXECUTION, "gt"), (managed::FULL_ACCESS, "full")] {
            let report = report(case, policy);
            let fields = fields(&report, "job-blocked");
            let expected = &case["expected"][expected];
            let mut wanted: BTreeSet<&str> = FIELDS
                .iter()
                .filter(|(short, _)| expected[*short] == Value::Bool(false))
                .map(|(_, field)| *field)
                .collect();
            // Neither policy lets a role use a key; AmazonSageMakerFullAccess lets it pass any role to SageMaker.
            if case["expected"]["needsKms"] == Value::Bool(true) {
                wanted.insert(OUTPUT_KEY);
            }
            if case["expected"]["needsPassSelf"] == Value::Bool(true) && policy == managed::GROUND_TRUTH_EXECUTION {
                wanted.insert(ALGORITHM);
            }
            assert_eq!(fields, wanted, "{name} with {policy}: {:#?}", report.pairs);
            blocked += fields.len();
            let wrong = ["preLambda", "acsLambda"].iter().any(|short| expected[*short] == "builtin-wrong");
            // A case may name a wrong algorithm too.
            let said: BTreeSet<_> = self::fields(&report, "builtin-function-misaddressed");
            let said: Vec<_> = said.into_iter().filter(|field| *field != ALGORITHM_SPECIFICATION).collect();
            assert_eq!(!said.is_empty(), wrong, "{name} with {policy}: {said:?}");
            misaddressed += usize::from(wrong);
        }
    }
    assert!(blocked > 150 && misaddressed >= 10, "{blocked} fields, {misaddressed} misaddressed");
}

pub fn cases() -> Vec<(String, Value)> {
    let directory = root().join("tests/vectors/labeling-jobs");
    let mut paths: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: std::path::PathBuf| {
        let case = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        (path.file_name().unwrap().to_string_lossy().into_owned(), case)
    };
    paths.into_iter().map(read).collect()
}

/// The fields that a rule's findings say are blocked.
fn fields<'r>(report: &'r Report, rule: &str) -> BTreeSet<&'r str> {
    let findings = report.pairs.iter().filter(|finding| finding.rule.as_str() == rule);
    findings.flat_map(crate::accounts::blocked).map(|(field, ..)| field).collect()
}

/// What the role of a case may do.
pub enum Carried<'p> {
    /// This managed policy, in its newest text.
    Managed(&'p str),
    /// An inline policy.
    Inline(Value),
}

/// A case's account, without its job.
pub struct Case {
    pub snapshot: Snapshot,
    pub request: LabelingJobRequest,
    pub region: String,
}

/// The job's role has nothing but one policy; every bucket, function and work team that the request names is there, where
/// it should be, and none of its objects is tagged.
pub fn account(case: &Value, carried: &Carried<'_>) -> Case {
    let mut snapshot = healthy();
    let account = &mut snapshot.account;
    let mut request: LabelingJobRequest = serde_json::from_value(case["request"].clone()).unwrap();
    let role = request.role_arn.get_or_insert_with(|| "arn:aws:iam::111122223333:role/GtExecution".to_owned());
    let role = Arn::parse(role.as_str()).unwrap();
    role.account().clone_into(&mut account.id);
    role.partition().clone_into(&mut account.partition);
    account.caller = Arn::iam(role.partition(), role.account(), "root");
    known(&mut account.iam.roles).retain(|role| role.arn.name() == "GtExecution");
    let of_account: &mut Role = &mut known(&mut account.iam.roles)[0];
    of_account.arn = role.clone();
    let partitioned = |text: String| document(&text.replace("arn:aws:", &format!("arn:{}:", role.partition())));
    account.iam.policies.clear();
    known(&mut of_account.grants.attached).clear();
    match carried {
        Carried::Managed(policy) => {
            let attached = Arn::iam(role.partition(), "aws", &format!("policy/{policy}"));
            let text = partitioned(managed::newest(policy).unwrap().document.json().to_string());
            let version = ManagedPolicy { version: "v1".to_owned(), document: Fact::Known(text) };
            account.iam.policies.insert(attached.clone(), Fact::Known(version));
            known(&mut of_account.grants.attached).push(attached);
        }
        Carried::Inline(text) => {
            let text = partitioned(text.to_string());
            known(&mut of_account.grants.inline).insert("own".to_owned(), Fact::Known(text));
        }
    }
    let of_functions = functions_role(of_account, &account.id);
    known(&mut account.iam.roles).push(of_functions);
    let task = &request.human_task_config;
    // A work team is always one of the job's region.
    let team = task.workteam_arn.as_deref().map(|team| Arn::parse(team).unwrap());
    let region = team.as_ref().map_or("us-east-1".to_owned(), |team| team.region().to_owned());
    let after =
        task.annotation_consolidation_config.as_ref().and_then(|c| c.annotation_consolidation_lambda_arn.as_ref());
    let functions = [task.pre_human_task_lambda_arn.as_ref(), after].into_iter().flatten();
    let functions: Vec<Arn> = functions.filter_map(|arn| Arn::parse(arn.as_str()).ok()).collect();
    let regions = functions.iter().map(|arn| arn.region().to_owned());
    let regional = |at: &String| Regional {
        functions: Fact::Known(own_functions(&functions, &account.id, at)),
        workteams: Fact::Known(team.iter().filter(|team| team.region() == at).cloned().map(workteam).collect()),
        ..Regional::not_asked()
    };
    account.regions = regions.chain([region.clone()]).map(|at| (at.clone(), regional(&at))).collect();
    account.buckets = Fact::Known(buckets(&request, &region, account));
    if let Some(key) = request.output_config.kms_key_id.clone().filter(|key| !key.is_empty()) {
        let keys = &mut account.regions.get_mut(&region).unwrap().keys;
        keys.insert(key.clone(), Fact::Known(Some(customer_key(&account.id, &region, &key))));
    }
    Case { snapshot, request, region }
}

/// The role of the functions, which may read everything.
fn functions_role(like: &Role, account: &str) -> Role {
    let reads = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:{}:s3:::*"}}}}"#,
        like.arn.partition()
    );
    Role {
        arn: Arn::iam(like.arn.partition(), account, "role/Functions"),
        trust: Fact::Known(document(
            r#"{"Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}"#,
        )),
        grants: Grants {
            attached: Fact::Known(vec![]),
            inline: Fact::Known([("reads".to_owned(), Fact::Known(document(&reads)))].into()),
        },
        ..like.clone()
    }
}

fn own_functions(named: &[Arn], account: &str, region: &str) -> Vec<Function> {
    let own = named.iter().filter(|arn| arn.account() == account && arn.region() == region);
    let function = |arn: &Arn| Function {
        arn: Arn::parse(unqualified(arn)).unwrap(),
        role: format!("arn:{}:iam::{account}:role/Functions", arn.partition()),
        tags: Fact::Known(Tags::new()),
        vpc: Fact::Known(None),
        policy: Fact::Known(None),
    };
    own.map(function).collect()
}

fn workteam(arn: Arn) -> Workteam {
    Workteam { arn }
}

fn report(case: &Value, policy: &str) -> Report {
    audit(&with_job(account(case, &Carried::Managed(policy)), "case"), OPTIONS)
}

/// A case's account, and its job running there.
pub fn with_job(case: Case, name: &str) -> Snapshot {
    let Case { mut snapshot, request, region } = case;
    let account = &mut snapshot.account;
    let arn = format!("arn:{}:sagemaker:{region}:{}:labeling-job/{name}", account.partition, account.id);
    let job = LabelingJob {
        arn: Arn::parse(arn).unwrap(),
        status: "InProgress".to_owned(),
        created: "2026-11-20T12:00:00Z".to_owned(),
        failure: None,
        request: Fact::Known(request),
    };
    account.regions.get_mut(&region).unwrap().labeling_jobs = Fact::Known(vec![job]);
    snapshot
}

/// The buckets that a request names; its objects go into the account without tags.
fn buckets(request: &LabelingJobRequest, region: &str, account: &mut Account) -> Vec<Bucket> {
    let s3 = request.input_config.data_source.s3_data_source.as_ref().and_then(|s3| s3.manifest_s3_uri.as_ref());
    let reads = [
        s3,
        request.label_category_config_s3_uri.as_ref(),
        request.human_task_config.ui_config.ui_template_s3_uri.as_ref(),
    ];
    let reads: Vec<S3Uri> = reads.into_iter().flatten().filter_map(|uri| S3Uri::parse(uri).ok()).collect();
    let output = request.output_config.s3_output_path.as_ref().and_then(|uri| S3Uri::parse(uri).ok());
    for uri in &reads {
        account.objects.insert(uri.object_arn(&account.partition), Fact::Known(Some(Tags::new())));
    }
    let names: BTreeSet<String> = reads.into_iter().chain(output).map(|uri| uri.bucket).collect();
    let bucket = |name: &String| Bucket {
        region: Fact::Known(region.to_owned()),
        tags: Fact::Known(Tags::new()),
        policy: Fact::Known(None),
        cors: Fact::Known(vec![open_to_browsers()]),
        encryption: Fact::Known(None),
        ..Bucket::not_asked(Arn::bucket(&account.partition, name))
    };
    names.iter().map(bucket).collect()
}

fn open_to_browsers() -> CorsRule {
    let all = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
    CorsRule {
        allowed_headers: all(&["*"]),
        allowed_methods: all(&["GET", "HEAD", "PUT"]),
        allowed_origins: all(&["*"]),
        expose_headers: all(&["Access-Control-Allow-Origin"]),
        max_age_seconds: Some(3000),
    }
}

/// A key whose policy leaves everything to the account's own policies, as AWS makes it.
pub fn customer_key(account: &str, region: &str, id: &str) -> Key {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{account}:root"}},"Action":"kms:*","Resource":"*"}}}}"#
    );
    Key {
        arn: Arn::parse(format!("arn:aws:kms:{region}:{account}:key/{id}")).unwrap(),
        manager: "CUSTOMER".to_owned(),
        state: "Enabled".to_owned(),
        policy: Fact::Known(document(&text)),
        grants: Fact::Known(vec![]),
    }
}
