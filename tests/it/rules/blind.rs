//! The blindfold on accounts in which labeling jobs run: in one everything is wrong that can be, in the other nothing.

use std::collections::BTreeSet;

use gt_audit::account::snapshot::Snapshot;
use gt_audit::account::{Account, Bucket, Fact, ManagedPolicy, Regional};
use gt_audit::arn::Arn;
use gt_audit::audit::audit;
use gt_audit::knowledge::managed;

use super::*;
use crate::blindfold::blindfold;

const MANIFEST: &str = "InputConfig.DataSource.S3DataSource.ManifestS3Uri";
const INPUT_TOPIC: &str = "InputConfig.DataSource.SnsDataSource.SnsTopicArn";
const OUTPUT: &str = "OutputConfig.S3OutputPath";
const OUTPUT_TOPIC: &str = "OutputConfig.SnsTopicArn";
const ALGORITHM: &str = "LabelingJobAlgorithmsConfig.LabelingJobAlgorithmSpecificationArn";
const PRE: &str = "HumanTaskConfig.PreHumanTaskLambdaArn";
const POST: &str = "HumanTaskConfig.AnnotationConsolidationConfig.AnnotationConsolidationLambdaArn";

/// A bucket like the healthy account's.
fn another<'a>(account: &'a mut Account, name: &str) -> &'a mut Bucket {
    let mut like = bucket(account).clone();
    like.arn = Arn::bucket("aws", name);
    let buckets = known(&mut account.buckets);
    buckets.push(like);
    buckets.last_mut().unwrap()
}

fn topic(name: &str) -> String {
    format!("arn:aws:sns:us-east-1:111122223333:{name}")
}

/// Labeling jobs that need everything that a labeling job can need.
fn busy(account: &mut Account, topics: &str, pre: &str) {
    let function = function(account).arn.to_string();
    another(account, "labels-sagemaker");
    job(account, &[(MANIFEST, "s3://signs-sagemaker/m.manifest"), (OUTPUT, "s3://labels-sagemaker/"), (PRE, pre)]);
    job(
        account,
        &[(
            ALGORITHM,
            "arn:aws:sagemaker:us-east-1:027400017018:labeling-job-algorithm-specification/image-classification",
        )],
    );
    job(account, &[(INPUT_TOPIC, &topic(topics)), (OUTPUT_TOPIC, &topic(topics))]);
    job(account, &[(POST, &function), (OUTPUT, "s3://labels-sagemaker/out")]);
}

fn snapshot(change: impl FnOnce(&mut Account)) -> Snapshot {
    let mut snapshot = healthy();
    change(&mut snapshot.account);
    snapshot
}

fn rules(snapshot: &Snapshot) -> BTreeSet<&'static str> {
    let report = audit(snapshot, OPTIONS);
    assert_eq!(report.open, []);
    report.pairs.iter().map(|finding| finding.rule.as_str()).collect()
}

#[test]
fn what_is_wrong_is_never_lost() {
    let wrong = snapshot(|a| {
        key(
            a,
            r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"}}"#,
        );
        busy(a, "labels", "arn:aws:lambda:us-east-1:111122223333:function:PRE-BoundingBox");
        for bucket in known(&mut a.buckets) {
            known(&mut bucket.cors).clear();
        }
        // Meant for labeling by its name, by a policy and by a tag.
        another(a, "idle-sagemaker");
        another(a, "idle");
        known(&mut another(a, "tagged").tags).insert("team".to_owned(), "sagemaker".to_owned());
        let names = r#"{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::idle/*"}}"#;
        inline(a, names);
        a.regions.insert("eu-west-1".to_owned(), Regional { keys: [].into(), ..a.regions["us-east-1"].clone() });
        let europe = a.regions.get_mut("eu-west-1").unwrap();
        known(&mut europe.functions).clear();
        known(&mut europe.labeling_jobs).clear();
        another(a, "far-sagemaker").region = Fact::Known("eu-west-1".to_owned());
        known(&mut a.buckets).last_mut().unwrap().encryption = Fact::Known(None);
        job(a, &[(OUTPUT, "s3://far-sagemaker/")]);
        let full = Arn::parse("arn:aws:iam::aws:policy/AmazonSageMakerFullAccess").unwrap();
        let newest = managed::newest(managed::FULL_ACCESS).unwrap();
        let policy = ManagedPolicy { version: newest.version.clone(), document: Fact::Known(newest.document.clone()) };
        known(&mut role(a).grants.attached).push(full.clone());
        a.iam.policies.insert(full, Fact::Known(policy));
        let trust = r#"{"Statement":{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
        role(a).trust = Fact::Known(document(trust));
        // FullAccess passes any role to SageMaker, and a boundary takes that away.
        let deny = r#"{"Statement":{"Effect":"Deny","Action":"iam:PassRole","Resource":"*"}}"#;
        known(&mut role(a).grants.inline).insert("deny".to_owned(), Fact::Known(document(deny)));
    });
    let found = rules(&wrong);
    for rule in [
        "bucket-in-other-region",
        "bucket-key-unusable",
        "bucket-without-cors",
        "builtin-function-misaddressed",
        "function-cannot-read-output",
        "role-broader-than-needed",
        "role-cannot-pass-itself",
        "role-cannot-stream",
        "trust-without-source",
    ] {
        assert!(found.contains(rule), "{rule}: {found:?}");
    }
    assert!(blindfold(&wrong) > 12);
}

#[test]
fn what_is_right_never_seems_wrong() {
    let right = snapshot(|a| {
        key(
            a,
            r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"}}"#,
        );
        let grant = r#"{"GranteePrincipal":"arn:aws:iam::111122223333:role/GtExecution","Operations":["GenerateDataKey","Decrypt"]}"#;
        let the_key = a.regions.get_mut("us-east-1").unwrap().keys.get_mut("alias/signs").unwrap();
        known(&mut known(the_key).as_mut().unwrap().grants).push(serde_json::from_str(grant).unwrap());
        busy(a, "sagemaker", "arn:aws:lambda:us-east-1:432418664414:function:PRE-TextMultiClass");
        // Text needs no rules.
        for bucket in known(&mut a.buckets) {
            known(&mut bucket.cors).clear();
        }
        let pass = r#"{"Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/GtExecution","Condition":{"StringEquals":{"iam:PassedToService":"sagemaker.amazonaws.com"}}}}"#;
        inline(a, pass);
        let by_bucket = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/app"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::labels-sagemaker/*"}}"#;
        known(&mut a.buckets).last_mut().unwrap().policy = Fact::Known(Some(document(by_bucket)));
    });
    assert_eq!(rules(&right), BTreeSet::new());
    assert_eq!(blindfold(&right), 0);
}
