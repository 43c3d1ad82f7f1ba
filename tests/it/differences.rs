//! Where AWS's documentation and the real policies differ: one test for each difference, D1 to D22, with the policies' text
//! as AWS has it.
//!
//! Not here: D13's limit of 64 characters, because nothing is decided by it; D21's refusal of a policy that is too long,
//! because no account can hold what IAM refused (that the text is too long is here).

use std::collections::BTreeMap;

use gt_audit::access::{Access, Ask, Coverage};
use gt_audit::account::snapshot::Snapshot;
use gt_audit::account::{Account, Encryption, Fact, Grants, Key, ManagedPolicy, Tags, User};
use gt_audit::arn::Arn;
use gt_audit::audit::audit;
use gt_audit::finding::Finding;
use gt_audit::knowledge::managed::{FULL_ACCESS, GROUND_TRUTH_EXECUTION};
use gt_audit::knowledge::{actions, builtin, console, managed};
use gt_audit::labeling::needs::{
    LABEL_CATEGORIES, MANIFEST, OUTPUT, OUTPUT_TOPIC, POST_FUNCTION, PRE_FUNCTION, QUEUE_ACTIONS, TEMPLATE, queue,
};
use gt_audit::policy::layers::Verdict;
use gt_audit::report::Report;
use gt_audit::uri::S3Uri;

use crate::accounts::*;
use crate::rules::{job, says, says_but};

mod d01_to_d11;
mod d12_to_d22;

const INPUT_TOPIC: &str = "InputConfig.DataSource.SnsDataSource.SnsTopicArn";
const ALGORITHM: (&str, &str) = (
    "LabelingJobAlgorithmsConfig.LabelingJobAlgorithmSpecificationArn",
    "arn:aws:sagemaker:us-east-1:027400017018:labeling-job-algorithm-specification/image-classification",
);
const ITSELF: &str = "arn:aws:iam::111122223333:role/GtExecution";
const NOTHING: [&str; 0] = [];

/// The role carries these of AWS's policies, in their newest text, and nothing else.
fn carry(account: &mut Account, policies: &[&str]) {
    account.iam.policies.clear();
    let mut attached = vec![];
    for policy in policies {
        let (arn, text) = (Arn::iam("aws", "aws", &format!("policy/{policy}")), managed::known(policy).unwrap());
        let policy = ManagedPolicy { version: text.version.clone(), document: Fact::Known(text.document.clone()) };
        account.iam.policies.insert(arn.clone(), Fact::Known(policy));
        attached.push(arn);
    }
    role(account).grants.attached = Fact::Known(attached);
}

/// A bucket of this account without tags and policy, if there is none of the name.
fn own_bucket(account: &mut Account, name: &str) {
    let mut bucket = bucket(account).clone();
    bucket.arn = Arn::bucket("aws", name);
    known(&mut bucket.tags).clear();
    let buckets = known(&mut account.buckets);
    if !buckets.iter().any(|known| known.arn == bucket.arn) {
        buckets.push(bucket);
    }
}

/// A job under a role with one of AWS's policies: its buckets are there, and its objects have no tags.
fn run(policy: &str, fields: &[(&str, &str)], change: &dyn Fn(&mut Account)) -> Report {
    report_after(|a| {
        carry(a, &[policy]);
        for uri in fields.iter().filter_map(|(_, value)| S3Uri::parse(value).ok()) {
            own_bucket(a, &uri.bucket);
            a.objects.insert(uri.object_arn("aws"), Fact::Known(Some(Tags::new())));
        }
        job(a, fields);
        change(a);
    })
}

/// What blocks the jobs of a report: `field action resource`, the field by the last part of its path. Nothing may be left
/// open about them.
fn blocks(report: &Report) -> Vec<String> {
    assert_eq!(open(report), NOTHING);
    let findings = report.pairs.iter().filter(|finding| finding.rule.as_str() == "job-blocked");
    let said = findings
        .flat_map(crate::accounts::blocked)
        .map(|(field, action, resource)| format!("{} {action} {resource}", field.rsplit('.').next().unwrap()));
    said.collect()
}

/// The facts on which a job hangs.
fn open(report: &Report) -> Vec<String> {
    let open = report.open.iter().filter(|open| open.rule.as_str() == "job-blocked");
    open.map(|open| open.unknown.action().to_owned()).collect()
}

fn blocked(policy: &str, fields: &[(&str, &str)]) -> Vec<String> {
    blocks(&run(policy, fields, &|_| {}))
}

fn blocked_after(fields: &[(&str, &str)], change: &dyn Fn(&mut Account)) -> Vec<String> {
    blocks(&run(GROUND_TRUTH_EXECUTION, fields, change))
}

fn of<'r>(report: &'r Report, rule: &'r str) -> impl Iterator<Item = &'r Finding> {
    report.pairs.iter().filter(move |finding| finding.rule.as_str() == rule)
}

fn allow(actions: &[&str], resource: &str) -> String {
    let actions = serde_json::to_string(actions).unwrap();
    format!(r#"{{"Statement":{{"Effect":"Allow","Action":{actions},"Resource":"{resource}"}}}}"#)
}

/// A function of this account, by what follows `function:` without a qualifier.
fn own_function(account: &mut Account, region: &str, name: &str) {
    let mut regional = account.regions["us-east-1"].clone();
    let mut function = function(account).clone();
    function.arn = Arn::parse(format!("arn:aws:lambda:{region}:111122223333:function:{name}")).unwrap();
    if !account.regions.contains_key(region) {
        regional.labeling_jobs = Fact::Known(vec![]);
        regional.functions = Fact::Known(vec![]);
        account.regions.insert(region.to_owned(), regional);
    }
    known(&mut account.regions.get_mut(region).unwrap().functions).push(function);
}

/// What a job with a function of this account lacks; the name may have a qualifier.
fn invoking(policy: &str, name: &str, change: &dyn Fn(&mut Account)) -> Vec<String> {
    let arn = format!("arn:aws:lambda:us-east-1:111122223333:function:{name}");
    let report = run(policy, &[(PRE_FUNCTION, &arn)], &|a| {
        own_function(a, "us-east-1", name.split(':').next().unwrap());
        change(a);
    });
    blocks(&report)
}

/// The only thing that is lacking when a function is out of reach.
fn lacks_function(name: &str) -> [String; 1] {
    [format!("PreHumanTaskLambdaArn lambda:InvokeFunction arn:aws:lambda:us-east-1:111122223333:function:{name}")]
}

fn topic(account: &str, name: &str) -> String {
    format!("arn:aws:sns:us-east-1:{account}:{name}")
}

/// Everything that the console asks of somebody who chooses a role and has the manifest made from a bucket.
const PERSON: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":["sagemaker:*","groundtruthlabeling:*","iam:ListRoles","s3:GetObject","s3:PutObject","s3:ListBucket","s3:GetBucketCors","s3:PutBucketCors","s3:ListAllMyBuckets","secretsmanager:CreateSecret","secretsmanager:DescribeSecret","secretsmanager:ListSecrets"],"Resource":"*"},
    {"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/GtExecution","Condition":{"StringEquals":{"iam:PassedToService":"sagemaker.amazonaws.com"}}}]}"#;

/// What is said of a user with these inline policies.
fn of_user(policies: &[&str]) -> Vec<String> {
    says(|a| person(a, policies))
}

fn person(account: &mut Account, policies: &[&str]) {
    let named = policies.iter().enumerate().map(|(i, text)| (format!("p{i}"), Fact::Known(document(text))));
    known(&mut account.iam.users).push(User {
        arn: Arn::iam("aws", "111122223333", "user/ann"),
        id: Fact::Known("AIDAEXAMPLE".to_owned()),
        grants: Grants { attached: Fact::Known(vec![]), inline: Fact::Known(named.collect()) },
        groups: Fact::Known(vec![]),
        boundary: Fact::Known(None),
        tags: Fact::Known(BTreeMap::new()),
    });
}

/// How much of a resource the healthy account's role may use.
fn may(snapshot: &Snapshot, action: &str, resource: &str) -> Coverage {
    let access = Access::new(&snapshot.account);
    let roles = snapshot.account.iam.roles.known().unwrap();
    let role = roles.iter().find(|role| role.arn.as_str() == ITSELF).unwrap();
    if resource == "*" {
        return access.cover(role, &Ask::new(action), "").coverage();
    }
    access.decide(role, &Ask::new(action), &Arn::parse(resource).unwrap()).coverage()
}
