//! A proof that can fail: changes that allow more than was asked, or other things, are refused.

use gt_audit::account::{Encryption, Key};
use gt_audit::evaluation::ResourceSet as On;
use gt_audit::finding::Finding;
use gt_audit::fix::{Grant, IntendedEffect, POLICY_NAME, Prover, Rejected};
use serde_json::json;

use gt_audit::access::Access;
use gt_audit::labeling::Uses;

use super::*;

const ROLE: &str = "arn:aws:iam::111122223333:role/GtExecution";

fn arn(text: &str) -> Arn {
    Arn::parse(text).unwrap()
}

/// Proves a change of the account for all its findings.
fn prove(snapshot: &Snapshot, change: Change, gains: &[Grant], losses: &[Grant]) -> Result<(), Rejected> {
    let report = audit(snapshot, OPTIONS);
    assert!(!report.pairs.is_empty());
    let meant: Vec<&Finding> = report.pairs.iter().collect();
    let asked = IntendedEffect { gains: gains.iter().cloned().collect(), losses: losses.iter().cloned().collect() };
    let access = Access::new(&snapshot.account).as_of(&snapshot.collection.finished_at);
    let uses = Uses::of(&snapshot.account, OPTIONS.workloads);
    Prover::new(snapshot, &access, &uses, OPTIONS, &report).prove(&meant, &[(change, asked)]).map(|_| ())
}

fn inline_of(identity: &str, statements: Value) -> Change {
    let text = policy(statements);
    Change::PutInlinePolicy {
        identity: arn(identity),
        name: POLICY_NAME.to_owned(),
        document: document(&text.to_string()),
    }
}

#[test]
fn an_inline_policy_that_allows_more_is_refused() {
    let mut near = healthy();
    rename_bucket(&mut near.account, "signs-ground-truth");
    let below = On::Below("arn:aws:s3:::signs-ground-truth/".to_owned());
    let actions = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"];
    let gains = actions.map(|action| Grant::new(action, below.clone()));
    let good = json!({"Effect": "Allow", "Action": actions, "Resource": "arn:aws:s3:::signs-ground-truth/*"});
    let tried = |statement: Value| prove(&near, inline_of(ROLE, statement), &gains, &[]);
    assert_eq!(tried(good.clone()), Ok(()));
    let with = |element: &str, value: Value| {
        let mut statement = good.clone();
        statement[element] = value;
        statement
    };
    for (wide, words) in [
        (with("Action", json!("s3:*")), "which was not asked"),
        (with("Action", json!("*")), "which was not asked"),
        (
            with("Action", json!(["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject", "s3:DeleteObject"])),
            "s3:deleteobject",
        ),
        (with("Resource", json!("*")), "which was not asked"),
        (with("Resource", json!("arn:aws:s3:::signs-ground-truth*")), "which was not asked"),
        (with("Resource", json!(["arn:aws:s3:::signs-ground-truth/*", "arn:aws:s3:::other/*"])), "arn:aws:s3:::other/"),
        (with("Resource", json!("arn:aws:s3:::*-ground-truth/*")), "which was not asked"),
        (json!([good.clone(), {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]), "which was not asked"),
        (
            json!([good.clone(), {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::x/*"}]),
            "which was not asked",
        ),
        (json!([good.clone(), {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}]), "no longer allows"),
        // Too little: what was asked is not there, or the finding is.
        (with("Resource", json!("arn:aws:s3:::signs-ground-truth/a/*")), "stays denied even with the change"),
        (with("Condition", json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}})), "stays denied even with the change"),
        (with("Action", json!("s3:GetObject")), "with it there would be `bucket-reached-in-part`"),
    ] {
        let refused = tried(wide.clone()).unwrap_err().to_string();
        assert!(refused.contains(words), "{wide}: {refused}");
    }
}

#[test]
fn one_object_more_than_asked_is_seen() {
    let mut used = healthy();
    rename_bucket(&mut used.account, "signs-raw");
    untagged(&mut used.account, "arn:aws:s3:::signs-raw/m");
    crate::rules::job(&mut used.account, &[("InputConfig.DataSource.S3DataSource.ManifestS3Uri", "s3://signs-raw/m")]);
    let gains = [Grant::new("s3:GetObject", On::Exactly("arn:aws:s3:::signs-raw/m".to_owned()))];
    let tried = |resource: &str| {
        prove(
            &used,
            inline_of(ROLE, json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource})),
            &gains,
            &[],
        )
    };
    assert_eq!(tried("arn:aws:s3:::signs-raw/m"), Ok(()));
    for wide in ["arn:aws:s3:::signs-raw/m*", "arn:aws:s3:::signs-raw/?", "arn:aws:s3:::signs-raw*/m"] {
        assert!(tried(wide).unwrap_err().to_string().contains("which was not asked"), "{wide}");
    }
}

#[test]
fn a_condition_that_is_left_out_is_missed() {
    let mut passing = healthy();
    crate::rules::job(
        &mut passing.account,
        &[("LabelingJobAlgorithmsConfig.LabelingJobAlgorithmSpecificationArn", super::ALGORITHM)],
    );
    let gains =
        [Grant::new("iam:PassRole", On::Exactly(ROLE.to_owned()))
            .when("iam:PassedToService", "sagemaker.amazonaws.com")];
    let tried = |condition: Value| {
        let statement = json!({"Effect": "Allow", "Action": "iam:PassRole", "Resource": ROLE, "Condition": condition});
        prove(&passing, inline_of(ROLE, statement), &gains, &[])
    };
    assert_eq!(tried(json!({"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}})), Ok(()));
    for wide in [
        json!({}),
        json!({"StringEquals": {"iam:PassedToService": ["sagemaker.amazonaws.com", "ec2.amazonaws.com"]}}),
        json!({"StringLike": {"iam:PassedToService": "*"}}),
        json!({"StringNotEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}),
    ] {
        assert!(tried(wide.clone()).unwrap_err().to_string().contains("which was not asked"), "{wide}");
    }
}

#[test]
fn a_trust_policy_that_lets_others_in_is_refused() {
    let mut closed = healthy();
    let trusting = |principal: Value, condition: Value| json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition});
    let lambda = trusting(json!({"Service": "lambda.amazonaws.com"}), json!({}));
    role(&mut closed.account).trust = Fact::Known(document(&json!({"Statement": [lambda]}).to_string()));
    let own = json!({"StringEquals": {"aws:SourceAccount": "111122223333"}});
    let service = json!({"Service": "sagemaker.amazonaws.com"});
    let gains = [Grant::new("sts:AssumeRole", On::Exactly(String::new()))
        .to("sagemaker.amazonaws.com")
        .when("aws:SourceAccount", "111122223333")];
    let tried = |statements: Value| {
        let text = document(&json!({"Statement": statements}).to_string());
        prove(&closed, Change::PutTrustPolicy { role: arn(ROLE), document: text }, &gains, &[])
    };
    let good = trusting(service.clone(), own.clone());
    assert_eq!(tried(json!([lambda, good])), Ok(()));
    for wide in [
        json!([lambda, trusting(service.clone(), json!({}))]),
        json!([lambda, trusting(json!({"Service": ["sagemaker.amazonaws.com", "ec2.amazonaws.com"]}), own.clone())]),
        json!([lambda, good, trusting(json!("*"), json!({}))]),
        json!([lambda, good, trusting(json!({"AWS": "arn:aws:iam::111122223333:root"}), json!({}))]),
        json!([lambda, good, trusting(json!({"AWS": "arn:aws:iam::999988887777:role/x"}), json!({}))]),
        json!([good]),
    ] {
        let refused = tried(wide.clone()).unwrap_err().to_string();
        assert!(refused.contains("which was not asked"), "{wide}: {refused}");
    }
}

#[test]
fn a_key_policy_that_opens_more_is_refused() {
    let mut locked = healthy();
    let encryption =
        Encryption { algorithm: "aws:kms".to_owned(), key: Some("alias/signs".to_owned()), bucket_key: true };
    bucket(&mut locked.account).encryption = Fact::Known(Some(encryption));
    let key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd";
    let statement = |principal: &str, actions: Value, condition: Value| json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": actions, "Resource": "*", "Condition": condition});
    let other = statement("arn:aws:iam::111122223333:role/Other", json!("kms:*"), json!({}));
    let text = |statements: Value| document(&json!({"Version": "2012-10-17", "Statement": statements}).to_string());
    let known_key = Key {
        arn: arn(key),
        manager: "CUSTOMER".to_owned(),
        state: "Enabled".to_owned(),
        policy: Fact::Known(text(json!([other]))),
        grants: Fact::Known(vec![]),
    };
    let keys = &mut locked.account.regions.get_mut("us-east-1").unwrap().keys;
    keys.insert("alias/signs".to_owned(), Fact::Known(Some(known_key)));
    let through = json!({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}});
    let actions = ["kms:Decrypt", "kms:GenerateDataKey"];
    let gains = actions.map(|action| {
        Grant::new(action, On::Matching("*".to_owned())).to(ROLE).when("kms:ViaService", "s3.us-east-1.amazonaws.com")
    });
    let tried = |statements: Value| {
        prove(&locked, Change::PutKeyPolicy { key: arn(key), document: text(statements) }, &gains, &[])
    };
    let good = statement(ROLE, json!(actions), through.clone());
    assert_eq!(tried(json!([other, good])), Ok(()));
    for wide in [
        json!([other, statement(ROLE, json!("kms:*"), through.clone())]),
        json!([other, statement(ROLE, json!(actions), json!({}))]),
        json!([other, statement("arn:aws:iam::111122223333:root", json!(actions), through.clone()), good]),
        json!([other, good, statement("*", json!("kms:Decrypt"), json!({}))]),
        json!([good]),
    ] {
        let refused = tried(wide.clone()).unwrap_err().to_string();
        assert!(refused.contains("which was not asked"), "{wide}: {refused}");
    }
}

#[test]
fn a_grant_that_makes_a_guard_ineffective_is_refused() {
    let mut guarded = healthy();
    rename_bucket(&mut guarded.account, "signs-raw");
    rename_function(&mut guarded.account, "signs-GTRecipe-pre");
    let guard = |key: &str| {
        json!({"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::signs-*/*",
            "Condition": {"StringEquals": {key: "aws:kms"}}})
    };
    let gains = [Grant::new("s3:PutObject", On::Below("arn:aws:s3:::signs-raw/out/".to_owned()))];
    let wide = json!({"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::signs-raw/out/*"});
    let tried =
        |account: &Snapshot| prove(account, inline_of(ROLE, wide.clone()), &gains, &[]).unwrap_err().to_string();
    // Where nothing is guarded, the grant is refused because it does not close what is found.
    assert!(!tried(&guarded).contains("ineffective"));
    inline(&mut guarded.account, &policy(guard("s3:x-amz-server-side-encryption")).to_string());
    let refused = tried(&guarded);
    assert!(refused.contains("the condition on s3:x-amz-server-side-encryption in statement 1 of"), "{refused}");
}

#[test]
fn a_text_that_iam_would_refuse_for_its_length_is_refused() {
    let mut near = healthy();
    rename_bucket(&mut near.account, "signs-ground-truth");
    let keys = (0..400).map(|n| format!("arn:aws:s3:::signs-ground-truth/{n:020}/*"));
    let long = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": keys.collect::<Vec<_>>()});
    let refused = prove(&near, inline_of(ROLE, long), &[], &[]).unwrap_err().to_string();
    assert!(refused.contains("would be too long"), "{refused}");
}
