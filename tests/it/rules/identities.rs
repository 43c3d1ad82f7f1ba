//! The rules about an identity.

mod console;
mod passing;

use std::collections::BTreeMap;

use gt_audit::account::{Fact, Grants, Group, ManagedPolicy, User};
use gt_audit::finding::Finding;

use super::*;

/// Somebody who chooses a role that is there, and a key; and whose policy says no more than that needs.
const CONSOLE: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":["sagemaker:*","groundtruthlabeling:*","iam:ListRoles","kms:DescribeKey","kms:ListAliases","s3:GetObject","s3:PutObject","s3:ListBucket","s3:GetBucketCors","s3:PutBucketCors","s3:ListAllMyBuckets","secretsmanager:CreateSecret","secretsmanager:DescribeSecret","secretsmanager:ListSecrets"],"Resource":"*"},
    {"Sid":"Pass","Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/GtExecution","Condition":{"StringEquals":{"iam:PassedToService":"sagemaker.amazonaws.com"}}}]}"#;

/// What the page for console access grants beside it, but that it names `sagemaker.amazonaws.com`.
const MAKES_ROLES: &str =
    r#""Action":["iam:CreateRole","iam:CreatePolicy","iam:AttachRolePolicy","iam:PassRole"],"Resource":"*""#;

/// A user with an inline policy for each text.
fn user(account: &mut Account, name: &str, policies: &[&str]) {
    let named = policies.iter().enumerate().map(|(i, text)| (format!("p{}", i + 1), Fact::Known(document(text))));
    known(&mut account.iam.users).push(User {
        arn: Arn::iam("aws", "111122223333", &format!("user/{name}")),
        id: Fact::Known("AIDAEXAMPLE".to_owned()),
        grants: Grants { attached: Fact::Known(vec![]), inline: Fact::Known(named.collect()) },
        groups: Fact::Known(vec![]),
        boundary: Fact::Known(None),
        tags: Fact::Known(BTreeMap::new()),
    });
}

fn group(account: &mut Account, name: &str, policy: &str) {
    let inline = BTreeMap::from([("p1".to_owned(), Fact::Known(document(policy)))]);
    known(&mut account.iam.groups).push(Group {
        arn: Arn::iam("aws", "111122223333", &format!("group/{name}")),
        grants: Grants { attached: Fact::Known(vec![]), inline: Fact::Known(inline) },
    });
}

fn attach(account: &mut Account, arn: &str, text: &str) {
    let arn = Arn::parse(arn).unwrap();
    let policy = ManagedPolicy { version: "v7".to_owned(), document: Fact::Known(document(text)) };
    account.iam.policies.insert(arn.clone(), Fact::Known(policy));
    known(&mut first(account).grants.attached).push(arn);
}

fn first(account: &mut Account) -> &mut User {
    known(&mut account.iam.users).first_mut().unwrap()
}

fn bounded(account: &mut Account, text: &str) {
    let arn = Arn::parse("arn:aws:iam::111122223333:policy/limit").unwrap();
    let policy = ManagedPolicy { version: "v1".to_owned(), document: Fact::Known(document(text)) };
    account.iam.policies.insert(arn.clone(), Fact::Known(policy));
    first(account).boundary = Fact::Known(Some(arn));
}

/// What is said of a user with these policies.
fn of_user(policies: &[&str]) -> Vec<String> {
    says(|a| user(a, "ann", policies))
}

fn allow(rest: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow",{rest}}}}}"#)
}

fn deny(rest: &str) -> String {
    allow(rest).replace("Allow", "Deny")
}

/// The only finding after a change.
fn finding(change: impl FnOnce(&mut Account)) -> Finding {
    let mut findings = report_after(change).pairs;
    assert_eq!(findings.len(), 1, "{findings:?}");
    findings.remove(0)
}

fn evidence(finding: &Finding) -> Vec<String> {
    let spelled = |e: &gt_audit::finding::Evidence| {
        let (version, sid) = (e.reason.version.as_deref().unwrap_or("-"), e.reason.sid.as_deref().unwrap_or("-"));
        format!("{} {version} {} {sid}: {}", e.reason.policy, e.reason.statement, e.note)
    };
    finding.evidence.iter().map(spelled).collect()
}

const NOTHING: [&str; 0] = [];

#[test]
fn unknown_action() {
    let slip = allow(r#""Action":["sqs:SendMessageBatch","s3:GetObject"],"Resource":"*""#);
    let found = finding(|a| inline(a, &slip));
    assert_eq!((found.rule.as_str(), found.severity), ("unknown-action", Severity::Low));
    assert_eq!(found.principal, found.resource);
    assert_eq!(
        found.message,
        "`sqs:SendMessageBatch` is no action: probably `sqs:SendMessage` is meant; as of 2026-11-22"
    );
    assert_eq!(evidence(&found), ["inline more - 1 -: `sqs:SendMessageBatch` allows no action"]);
    assert_eq!(found.fixes[0].summary, "in `inline more`, write `sqs:SendMessage` for `sqs:SendMessageBatch`");
    // Globs, what a statement leaves out, and what it refuses, too.
    let texts = [
        allow(r#""Action":"s3:Obtain*","Resource":"arn:aws:s3:::x""#),
        deny(r#""Action":"s3:DeleteBuckets","Resource":"*""#),
        deny(
            r#""NotAction":["s3:*","sqs:*","lambda:*","cloudwatch:*","logs:*","sns:*","ec2:*","s3:Obtain"],"Resource":"*""#,
        ),
    ];
    for text in &texts {
        assert_eq!(says(|a| inline(a, text)), ["low unknown-action gtexecution"], "{text}");
    }
    // Services that are not known, actions in any case, and globs that match something are none.
    for known in ["ec2:DescribeVpcx", "S3:getobject", "s3:Get*", "sagemaker:Create*Job"] {
        let text = allow(&format!(r#""Action":"{known}","Resource":"arn:aws:s3:::x""#));
        let said = says(|a| inline(a, &text));
        assert_eq!(said, NOTHING, "{known}");
    }
    // Nobody can edit AWS's policies; a policy of the account's own is somebody's.
    let console = |arn: &'static str| {
        let slip = slip.clone();
        says(move |a| {
            user(a, "ann", &[CONSOLE]);
            attach(a, arn, &slip);
        })
    };
    assert_eq!(console("arn:aws:iam::aws:policy/AmazonSomething"), NOTHING);
    assert_eq!(console("arn:aws:iam::111122223333:policy/mine"), ["low unknown-action ann"]);
    // Who has nothing to do with labeling is not asked.
    assert_eq!(of_user(&[&slip]), NOTHING);
}

#[test]
fn resource_scope_ignored() {
    let scoped = r#"{"Version":"2012-10-17","Statement":[{"Sid":"List","Effect":"Allow","Action":["iam:ListRoles","kms:ListAliases","s3:GetObject"],"Resource":["arn:aws:iam::111122223333:role/GtExecution","arn:aws:s3:::signs-sagemaker/*"]}]}"#;
    let found = finding(|a| inline(a, scoped));
    assert_eq!((found.rule.as_str(), found.severity), ("resource-scope-ignored", Severity::Low));
    assert_eq!(
        found.message,
        "`iam:ListRoles` and `kms:ListAliases` are allowed on ARNs, but work on the resource `*` alone; no \
         ARN matches"
    );
    assert_eq!(evidence(&found), ["inline more - 1 List: names ARNs for `iam:ListRoles` and `kms:ListAliases`"]);
    let on = |action: &str, resource: &str| {
        let text = allow(&format!(r#""Action":"{action}","Resource":"{resource}""#));
        says(|a| inline(a, &text))
    };
    let one = ["low resource-scope-ignored gtexecution"];
    assert_eq!(on("lambda:ListFunctions", "arn:aws:lambda:*:*:function:*"), one);
    assert_eq!(on("groundtruthlabeling:*", "arn:aws:sagemaker:*:*:labeling-job/*"), one);
    // What AWS asks of an ARN all the same, everything, globs of both kinds, and actions that nobody knows.
    for (action, resource) in [
        ("iam:ListRoles", "arn:aws:iam::111122223333:role/*"),
        ("iam:ListRoles", "*"),
        ("s3:List*", "arn:aws:s3:::signs-sagemaker"),
        ("ec2:DescribeVpcs", "arn:aws:ec2:us-east-1:111122223333:vpc/x"),
    ] {
        assert_eq!(on(action, resource), NOTHING, "{action} {resource}");
    }
    let but = allow(r#""Action":"kms:ListAliases","NotResource":"arn:aws:kms:*:*:key/x""#);
    assert_eq!(says(|a| inline(a, &but)), NOTHING);
    // Another statement grants it.
    let listing =
        allow(r#""Action":"iam:List*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#);
    let of_roles = allow(r#""Action":"iam:ListRoles","Resource":"arn:aws:iam::111122223333:role/GtExecution""#);
    let own = |policies: &[&str]| {
        let policies: Vec<&str> = [CONSOLE].into_iter().chain(policies.iter().copied()).collect();
        let without = CONSOLE.replace(r#""iam:ListRoles","#, "");
        let policies: Vec<&str> =
            policies.into_iter().map(|p| if p == CONSOLE { without.as_str() } else { p }).collect();
        of_user(&policies)
    };
    assert_eq!(own(&[&of_roles, &listing]), NOTHING);
    // The console asks for it, and does not get it.
    assert_eq!(own(&[&of_roles]), ["medium console-access-incomplete ann", "low resource-scope-ignored ann"]);
}

#[test]
fn what_is_said_of_a_group_is_not_said_of_its_members() {
    let slip = CONSOLE.replace("kms:ListAliases", "kms:ListAliasses");
    let pass = allow(r#""Action":"iam:PassRole","Resource":"*""#);
    let member = |groups: &[&str]| {
        let groups: Vec<String> = groups.iter().map(|name| (*name).to_owned()).collect();
        says(|a| {
            group(a, "labelers", &slip);
            group(a, "passers", &pass);
            user(a, "ann", &[]);
            first(a).groups = Fact::Known(groups);
        })
    };
    let of_group = "low unknown-action labelers";
    assert_eq!(member(&["labelers"]), [of_group]);
    // A group that has nothing to do with labeling is judged in its members.
    assert_eq!(member(&["labelers", "passers"]), ["medium pass-role-unrestricted ann", of_group]);
}

#[test]
fn a_policy_that_could_not_be_read_may_say_anything() {
    let said = says(|a| {
        user(a, "ann", &[CONSOLE]);
        known(&mut first(a).grants.inline).insert("q".to_owned(), Fact::Unknown(gap("iam:GetUserPolicy")));
    });
    let rules = [
        "console-access-incomplete",
        "pass-role-never-matches",
        "pass-role-unrestricted",
        "privilege-escalation",
        "resource-scope-ignored",
        "unknown-action",
    ];
    assert_eq!(said, rules.map(|rule| format!("? {rule} ann")));
    // An unknown boundary leaves open what is allowed, and not what the policies say.
    let makes = allow(MAKES_ROLES);
    let said = says(|a| {
        user(a, "ann", &[CONSOLE, &makes]);
        first(a).boundary = Fact::Unknown(gap("iam:GetUser"));
    });
    let hangs = ["console-access-incomplete", "pass-role-unrestricted", "privilege-escalation"];
    assert_eq!(said, hangs.map(|rule| format!("? {rule} ann")));
    // So do the tags that a statement asks for.
    let tagged = allow(
        r#""Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"labels"}}"#,
    );
    let with = |tags: Fact<BTreeMap<String, String>>| {
        says(|a| {
            user(a, "ann", &[CONSOLE, &tagged]);
            first(a).tags = tags;
        })
    };
    let team = |name: &str| Fact::Known(BTreeMap::from([("team".to_owned(), name.to_owned())]));
    assert_eq!(with(team("labels")), ["medium pass-role-unrestricted ann"]);
    assert_eq!(with(team("other")), NOTHING);
    assert_eq!(with(Fact::Unknown(gap("iam:ListUserTags")))[0], "? pass-role-unrestricted ann");
}

#[test]
fn no_fact_about_an_identity_passes_for_an_absence() {
    let mut snapshot = healthy();
    let a = &mut snapshot.account;
    let lacking = CONSOLE.replace(r#""s3:GetBucketCors","#, "");
    let slip = allow(r#""Action":["sqs:SendMessageBatch"],"Resource":"*""#);
    let scoped = allow(r#""Action":"sqs:ListQueues","Resource":"arn:aws:sqs:us-east-1:*:x""#);
    let tagged = allow(
        r#""Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"labels"}}"#,
    );
    let program = allow(r#""Action":"sagemaker:CreateLabelingJob","Resource":"*""#);
    let to_lambda = allow(
        r#""Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}"#,
    );
    user(a, "ann", &[&lacking, &slip, &scoped, &tagged]);
    first(a).tags = Fact::Known(BTreeMap::from([("team".to_owned(), "labels".to_owned())]));
    bounded(a, r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#);
    attach(a, "arn:aws:iam::111122223333:policy/makes", &allow(MAKES_ROLES));
    group(a, "labelers", &CONSOLE.replace(r#""sagemaker:*""#, r#""sagemaker:*","sqs:SendMessageBatch""#));
    group(a, "passers", &to_lambda);
    // In one group and no more, in one and more, and in groups that only together speak.
    for (name, policies, groups) in [
        ("bob", vec![], vec!["labelers"]),
        ("cat", vec![program.as_str()], vec!["labelers", "passers"]),
        ("dan", vec![program.as_str()], vec!["passers"]),
    ] {
        user(a, name, &policies);
        let users = known(&mut a.iam.users);
        users.last_mut().unwrap().groups = Fact::Known(groups.into_iter().map(str::to_owned).collect());
    }
    inline(a, &slip);
    known(&mut role(a).grants.attached).clear();
    job(a, &[]);
    a.organization = organization(r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#);
    let said: Vec<String> = says(|account| *account = snapshot.account.clone());
    for rule in [
        "console-access-incomplete",
        "pass-role-never-matches",
        "pass-role-unrestricted",
        "resource-scope-ignored",
        "unknown-action",
    ] {
        assert!(said.iter().any(|line| line.contains(rule)), "{rule}: {said:?}");
    }
    assert!(said.contains(&"low unknown-action gtexecution".to_owned()), "{said:?}");
    assert!(crate::blindfold::blindfold(&snapshot) >= 6, "{said:?}");
}
