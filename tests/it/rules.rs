//! Each rule: what makes it speak, what must not, what leaves it undecided. Only that rule may speak.

mod blind;
mod buckets;
mod functions;
mod identities;
mod jobs;
mod keys;
mod roles;

use gt_audit::account::{Account, ControlPolicies, ControlPolicy, Encryption, Fact, Key, LabelingJob, Organization};
use gt_audit::arn::Arn;
use gt_audit::finding::Severity;
use gt_audit::labeling::Use;

use crate::accounts::*;

/// What the report says: `severity rule resource` for each finding, `? rule subject` for what is undecided.
pub fn says(change: impl FnOnce(&mut Account)) -> Vec<String> {
    let report = report_after(change);
    let name = |arn: Option<&Arn>| arn.map_or("", Arn::name).to_owned();
    let findings = report.pairs.iter().map(|f| {
        let resource = f.resource.as_ref().or(f.resources.first());
        format!("{:?} {} {}", f.severity, f.rule.as_str(), name(resource)).to_lowercase()
    });
    let undecided =
        report.open.iter().map(|u| format!("? {} {}", u.rule.as_str(), u.subject.rsplit([':', '/']).next().unwrap()));
    findings.chain(undecided).collect()
}

/// What the report says but for these rules, which tests of their own hold.
pub fn says_but(rules: &[&str], change: impl FnOnce(&mut Account)) -> Vec<String> {
    let all = says(change);
    all.into_iter().filter(|line| !rules.iter().any(|rule| line.contains(&format!(" {rule} ")))).collect()
}

/// Lets a labeling job run under the healthy account's role; each field is set to a text.
pub fn job(account: &mut Account, fields: &[(&str, &str)]) {
    let mut request = serde_json::json!({"RoleArn": "arn:aws:iam::111122223333:role/GtExecution"});
    for (path, value) in fields {
        let mut at = &mut request;
        for part in path.split('.') {
            at = &mut at[part];
        }
        *at = serde_json::Value::from(*value);
    }
    let jobs = known(&mut account.regions.get_mut("us-east-1").unwrap().labeling_jobs);
    jobs.push(LabelingJob {
        arn: Arn::parse(format!("arn:aws:sagemaker:us-east-1:111122223333:labeling-job/job-{}", jobs.len())).unwrap(),
        status: "InProgress".to_owned(),
        created: "2026-11-20T12:00:00Z".to_owned(),
        failure: None,
        request: Fact::Known(serde_json::from_value(request).unwrap()),
    });
}

/// Lets the healthy account's bucket encrypt with a customer's key of this policy.
pub fn key(account: &mut Account, policy: &str) {
    let name = "alias/signs".to_owned();
    let encryption = Encryption { algorithm: "aws:kms".to_owned(), key: Some(name.clone()), bucket_key: true };
    bucket(account).encryption = Fact::Known(Some(encryption));
    let key = Key {
        arn: Arn::parse("arn:aws:kms:us-east-1:111122223333:key/1234abcd").unwrap(),
        manager: "CUSTOMER".to_owned(),
        state: "Enabled".to_owned(),
        policy: Fact::Known(document(policy)),
        grants: Fact::Known(vec![]),
    };
    account.regions.get_mut("us-east-1").unwrap().keys.insert(name, Fact::Known(Some(key)));
}

/// An organization whose root has one service control policy.
pub fn organization(scp: &str) -> Organization {
    let arn = Arn::parse("arn:aws:organizations::999988887777:policy/o-1/service_control_policy/p-1").unwrap();
    let scp = ControlPolicy { arn, name: "Guardrail".to_owned(), document: Fact::Known(document(scp)) };
    Organization::Policies(ControlPolicies { scps: vec![vec![scp]], rcps: vec![] })
}

#[test]
fn a_healthy_account_has_an_empty_report() {
    let report = report_after(|_| {});
    assert_eq!(report.pairs, []);
    assert_eq!(report.open, []);
    assert_eq!(report.gaps, []);
    assert_eq!(report.summary.exit_code, 0);
    assert_eq!(report.execution_roles.len(), 1);
    assert_eq!(report.execution_roles[0].why, ["carries AmazonSageMakerGroundTruthExecution"]);
}

#[test]
fn an_organization_that_does_not_answer_is_said_once_and_is_no_gap() {
    let of = |organization: Organization| report_after(move |a| a.organization = organization);
    let silent = of(Organization::Unread(gap("organizations:DescribeOrganization")));
    assert_eq!(silent.notes.len(), 1);
    assert!(silent.notes[0].contains("as far as this account's policies go"), "{:?}", silent.notes);
    assert_eq!((silent.gaps.len(), silent.summary.exit_code), (0, 0));
    assert_eq!(of(Organization::Free).notes, Vec::<String>::new());
}

#[test]
fn managed_policy_changed() {
    let changed = |from: &str, to: &str| {
        let (from, to) = (from.to_owned(), to.to_owned());
        move |a: &mut Account| {
            let policy = known(a.iam.policies.values_mut().next().unwrap());
            let text = serde_json::to_string(known(&mut policy.document)).unwrap();
            assert!(text.contains(&from));
            policy.document = Fact::Known(document(&text.replace(&from, &to)));
        }
    };
    let report = report_after(changed("*GtRecipe*", "*GtRecipes*"));
    let messages: Vec<_> = report.pairs.iter().map(|f| (f.severity, f.message.as_str())).collect();
    assert_eq!(
        messages,
        [(
            Severity::Info,
            "v3 has a text that this gt-audit does not know; the newest that it knows is v3; function token `GtRecipes` is \
             new and function token `GtRecipe` is gone"
        )]
    );
    assert_eq!(says(changed("sns:Publish", "sns:publish")), Vec::<String>::new());
    // Without the text it is not even known whether the role is an execution role.
    assert_eq!(
        says(|a| known(a.iam.policies.values_mut().next().unwrap()).document =
            Fact::Unknown(gap("iam:GetPolicyVersion"))),
        [
            "? bucket-denied GtExecution",
            "? bucket-key-unusable GtExecution",
            "? bucket-out-of-reach GtExecution",
            "? bucket-reached-in-part GtExecution",
            "? bucket-tag-grants-nothing signs-sagemaker",
            "? console-access-incomplete GtExecution",
            "? function-denied GtExecution",
            "? function-out-of-reach GtExecution",
            "? managed-policy-changed AmazonSageMakerGroundTruthExecution",
            "? pass-role-never-matches GtExecution",
            "? pass-role-unrestricted GtExecution",
            "? privilege-escalation GtExecution",
            "? resource-scope-ignored GtExecution",
            "? role-broader-than-needed GtExecution",
            "? role-cannot-pass-itself GtExecution",
            "? role-cannot-stream GtExecution",
            "? role-not-assumable GtExecution",
            "? trust-without-source GtExecution",
            "? unknown-action GtExecution",
        ],
    );
}

fn without(account: &mut Account) {
    known(&mut role(account).grants.attached).clear();
}

#[test]
fn an_execution_role_is_known_by_its_policies_and_its_trust() {
    let gt = Arn::parse("arn:aws:iam::aws:policy/AmazonSageMakerGroundTruthExecution").unwrap();
    let why = |change: fn(&mut Account)| {
        let report = report_after(change);
        report.execution_roles.into_iter().flat_map(|role| role.why).collect::<Vec<_>>()
    };
    assert_eq!(why(without), Vec::<String>::new());
    assert_eq!(
        why(|a| {
            without(a);
            inline(
                a,
                r#"{"Statement":{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::x/*"}}"#,
            );
        }),
        ["SageMaker may assume it and it may read and write S3 objects"]
    );
    assert_eq!(
        why(|a| {
            without(a);
            inline(a, r#"{"Statement":{"Effect":"Allow","Action":["s3:GetObject"],"Resource":"arn:aws:s3:::x/*"}}"#);
        }),
        Vec::<String>::new()
    );
    // A copy of the managed policy, in another order and without its Sids.
    let mut account = healthy().account;
    let copy = known(&mut known(account.iam.policies.get_mut(&gt).unwrap()).document).clone();
    let mut json = copy.json().clone();
    json["Statement"].as_array_mut().unwrap().reverse();
    let text = json.to_string().replace("\"Sid\"", "\"Note\"");
    let report = report_after(|a| {
        without(a);
        inline(a, &text);
    });
    assert_eq!(report.execution_roles[0].why, ["carries `more`, a copy of AmazonSageMakerGroundTruthExecution"]);
}

#[test]
fn what_nothing_shows_to_be_used_is_one_finding_for_each_role() {
    let more = |a: &mut Account| {
        let template = bucket(a).clone();
        let buckets = known(&mut a.buckets);
        for name in ["c", "b", "d"] {
            let mut bucket = template.clone();
            bucket.arn = Arn::bucket("aws", name);
            known(&mut bucket.tags).clear();
            buckets.push(bucket);
        }
    };
    let report = report_after(more);
    let [finding] = report.pairs.as_slice() else { panic!("{:?}", report.pairs) };
    assert_eq!(finding.usage, Some(Use::Other));
    assert_eq!(finding.resource, None);
    assert_eq!(finding.resources.iter().map(Arn::name).collect::<Vec<_>>(), ["b", "c", "d"]);
    let mut snapshot = healthy();
    more(&mut snapshot.account);
    let all = gt_audit::audit::audit(&snapshot, gt_audit::audit::Options { all: true, ..OPTIONS });
    assert_eq!(
        all.pairs.iter().filter_map(|f| f.resource.as_ref()).map(Arn::name).collect::<Vec<_>>(),
        ["b", "c", "d"]
    );
}
