//! In random accounts every change that is offered closes what it is meant to and does nothing else, which is checked
//! without the prover: put in place, audited again, compared.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use gt_audit::account::{CorsRule, Encryption, Grants, Key, ManagedPolicy, User};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::*;
use crate::rules::{job, organization};

const ACCOUNTS: usize = 1_000;

const BUCKETS: [&str; 6] =
    ["signs-raw", "signs-ground-truth", "sage-maker-signs", "signs-sagemaker-2", "labels-groundtruth", "app-logs"];
const FUNCTIONS: [&str; 5] =
    ["signs-pre", "signs-LabellingFunction", "signs-SageMaker", "gtrecipe-signs", "GtRecipe-signs"];

/// Statements of roles, boundaries, organizations and people.
const STATEMENTS: [&str; 16] = [
    r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::signs-raw/*"}"#,
    r#"{"Effect":"Allow","Action":["s3:PutObject","s3:Abort*"],"Resource":["arn:aws:s3:::signs-*","arn:aws:s3:::sage-maker-signs/out/*"]}"#,
    r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}}"#,
    r#"{"Effect":"Allow","Action":"lambda:*","Resource":"arn:aws:lambda:*:*:function:signs-pre:*"}"#,
    r#"{"Effect":"Deny","Action":"s3:PutObject","Resource":"arn:aws:s3:::*/secret/*"}"#,
    r#"{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::signs-raw/*"}"#,
    r#"{"Effect":"Deny","NotAction":["s3:*","lambda:*"],"Resource":"*"}"#,
    r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
    r#"{"Effect":"Allow","Action":["s3:*","lambda:InvokeFunction"],"NotResource":"arn:aws:s3:::signs-raw/*"}"#,
    r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}"#,
    r#"{"Effect":"Allow","Action":["iam:PassRole","iam:ListRoles"],"Resource":"arn:aws:iam::111122223333:role/GtExecution","Condition":{"StringEquals":{"iam:PassedToService":""}}}"#,
    r#"{"Effect":"Allow","Action":["sagemaker:*","groundtruthlabeling:*","s3:GetObject"],"Resource":"*"}"#,
    r#"{"Effect":"Allow","Action":["sagemaker:CreateLabelingJob","sqs:SendMessageBatch","kms:ListAliases"],"Resource":"arn:aws:sqs:us-east-1:111122223333:q"}"#,
    r#"{"Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":"*","Condition":{"StringLike":{"kms:ViaService":"s3.*"}}}"#,
    r#"{"Effect":"Allow","Action":["iam:PassRole","sagemaker:CreateLabelingJob"],"Resource":"arn:aws:iam::111122223333:role/*","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}}"#,
    r#"{"Effect":"Allow","Action":["iam:CreateRole","iam:AttachRolePolicy","iam:PassRole"],"Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":["sagemaker.amazonaws.com","ec2.amazonaws.com"]}}}"#,
];

/// What trust, bucket and key policies say.
const PRINCIPALS: [&str; 7] = [
    r#"{"Service":"sagemaker.amazonaws.com"}"#,
    r#"{"Service":["lambda.amazonaws.com","sagemaker.amazonaws.com"]}"#,
    r#"{"Service":"ec2.amazonaws.com"}"#,
    r#"{"AWS":"arn:aws:iam::111122223333:root"}"#,
    r#"{"AWS":"arn:aws:iam::111122223333:role/GtExecution"}"#,
    r#"{"AWS":["arn:aws:iam::111122223333:role/app","arn:aws:iam::999988887777:root"]}"#,
    r#""*""#,
];

const KEYS: [&str; 5] = ["m.manifest", "in/a*b", "in/${x}", "secret/m", "sagemaker/m"];

/// A change to the healthy account: which, and with what.
type Step = (u8, usize, usize);

fn of<'l, T: ?Sized>(list: &[&'l T], place: usize) -> &'l T {
    list[place % list.len()]
}

fn statement(place: usize) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, of(&STATEMENTS, place))
}

fn resource_policy(one: usize, other: usize, action: &str, resource: Option<&str>) -> String {
    let effect = if other % 5 == 4 { "Deny" } else { "Allow" };
    let resource = resource.map(|arn| format!(r#","Resource":"{arn}""#)).unwrap_or_default();
    let condition =
        if other % 3 == 2 { r#","Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}"# } else { "" };
    let principal = of(&PRINCIPALS, one);
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Principal":{principal},"Action":"{action}"{resource}{condition}}}]}}"#
    )
}

fn take(account: &mut Account, (which, one, other): Step) {
    let regional = |account: &mut Account| account.regions.get_mut("us-east-1").unwrap().clone();
    match which {
        0 => rename_bucket(account, of(&BUCKETS, one)),
        1 => {
            let mut more = bucket(account).clone();
            more.arn = Arn::bucket("aws", of(&BUCKETS, one));
            if other % 3 > 0 {
                known(&mut more.tags).clear();
            }
            let buckets = known(&mut account.buckets);
            if buckets.iter().all(|bucket| bucket.arn != more.arn) {
                buckets.push(more);
            }
        }
        2 => rename_function(account, of(&FUNCTIONS, one)),
        3 | 4 => {
            let name = format!("p{}", other % 2);
            known(&mut role(account).grants.inline).insert(name, Fact::Known(document(&statement(one))));
        }
        5 => {
            let arn = Arn::parse("arn:aws:iam::111122223333:policy/limit").unwrap();
            let policy = ManagedPolicy { version: "v1".to_owned(), document: Fact::Known(document(&statement(one))) };
            account.iam.policies.insert(arn.clone(), Fact::Known(policy));
            role(account).boundary = Fact::Known(Some(arn));
        }
        6 => {
            account.organization =
                organization(&format!(r#"{{"Statement":[{},{}]}}"#, STATEMENTS[7], of(&STATEMENTS, one)));
        }
        7 => {
            let arn = format!("{}/*", bucket(account).arn);
            bucket(account).policy = Fact::Known(Some(document(&resource_policy(one, other, "s3:*", Some(&arn)))));
        }
        8 => {
            let methods = [vec![], vec!["GET"], vec!["PUT", "GET"]];
            let expose = ["ETag", "Access-Control-Allow-Origin"];
            let rule = CorsRule {
                allowed_methods: methods[one % 3].iter().map(ToString::to_string).collect(),
                allowed_origins: vec!["*".to_owned()],
                expose_headers: vec![expose[other % 2].to_owned()],
                ..CorsRule::default()
            };
            bucket(account).cors = Fact::Known(if one % 4 == 0 { vec![] } else { vec![rule] });
        }
        9 => {
            let key = Key {
                arn: Arn::parse("arn:aws:kms:us-east-1:111122223333:key/1234abcd").unwrap(),
                manager: "CUSTOMER".to_owned(),
                state: if other % 7 == 6 { "Disabled" } else { "Enabled" }.to_owned(),
                policy: Fact::Known(document(&resource_policy(one, other, "kms:*", Some("*")))),
                grants: Fact::Known(vec![]),
            };
            let encryption =
                Encryption { algorithm: "aws:kms".into(), key: Some("alias/signs".into()), bucket_key: one % 2 == 0 };
            bucket(account).encryption = Fact::Known(Some(encryption));
            account.regions.get_mut("us-east-1").unwrap().keys.insert("alias/signs".into(), Fact::Known(Some(key)));
        }
        10 | 11 => {
            let bucket = bucket(account).arn.name().to_owned();
            let manifest = format!("s3://{bucket}/{}", of(&KEYS, one));
            let tags = BTreeMap::from([("SageMaker".to_owned(), "true".to_owned())]);
            let tags = [Some(BTreeMap::new()), Some(tags), None][other % 3].clone();
            let object = format!("arn:aws:s3:::{bucket}/{}", of(&KEYS, one));
            account.objects.insert(Arn::parse(object).unwrap(), Fact::Known(tags));
            let output = format!("s3://{bucket}/{}", ["", "out/", "out"][other % 3]);
            let functions = regional(account).functions;
            let pre = functions.known().unwrap()[0].arn.to_string() + ["", ":live"][one % 2];
            let topic = "arn:aws:sns:us-east-1:111122223333:signs";
            let all = [
                ("InputConfig.DataSource.S3DataSource.ManifestS3Uri", manifest.as_str()),
                ("OutputConfig.S3OutputPath", &output),
                ("HumanTaskConfig.PreHumanTaskLambdaArn", &pre),
                ("HumanTaskConfig.AnnotationConsolidationConfig.AnnotationConsolidationLambdaArn", &pre),
                ("LabelingJobAlgorithmsConfig.LabelingJobAlgorithmSpecificationArn", super::ALGORITHM),
                ("InputConfig.DataSource.SnsDataSource.SnsTopicArn", topic),
                ("OutputConfig.KmsKeyId", "alias/signs"),
            ];
            let fields = all.into_iter().enumerate().filter(|(place, _)| (one + 3 * other) >> place & 1 == 1);
            job(account, &fields.map(|(_, field)| field).collect::<Vec<_>>());
        }
        12 | 13 => {
            let inline = [("p1", one), ("p2", other)]
                .map(|(name, place)| (name.to_owned(), Fact::Known(document(&statement(place)))));
            let name = format!("user/u{}", known(&mut account.iam.users).len());
            known(&mut account.iam.users).push(User {
                arn: Arn::iam("aws", "111122223333", &name),
                id: Fact::Known("AIDAEXAMPLE".to_owned()),
                grants: Grants { attached: Fact::Known(vec![]), inline: Fact::Known(BTreeMap::from(inline)) },
                groups: Fact::Known(vec![]),
                boundary: Fact::Known(None),
                tags: Fact::Known(BTreeMap::new()),
            });
        }
        14 => role(account).trust = Fact::Known(document(&resource_policy(one, other, "sts:AssumeRole", None))),
        _ => {
            let mut more = role(account).clone();
            more.arn = Arn::parse("arn:aws:iam::111122223333:role/team/Second").unwrap();
            let roles = known(&mut account.iam.roles);
            if roles.iter().all(|role| role.arn != more.arn) {
                roles.push(more);
            }
        }
    }
}

#[test]
fn in_a_thousand_random_accounts_every_change_that_is_offered_holds() {
    let steps = proptest::collection::vec((0_u8..16, 0_usize..64, 0_usize..64), 1..7);
    let mut runner = TestRunner::deterministic();
    let accounts: Vec<Vec<Step>> = (0..ACCOUNTS).map(|_| steps.new_tree(&mut runner).unwrap().current()).collect();
    let [offered, closing, found] = [(); 3].map(|()| AtomicUsize::new(0));
    let rules = std::sync::Mutex::new(BTreeSet::new());
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for part in accounts.chunks(accounts.len().div_ceil(threads)) {
            let (rules, offered, closing, found) = (&rules, &offered, &closing, &found);
            scope.spawn(move || {
                for (number, steps) in part.iter().enumerate() {
                    let mut snapshot = healthy();
                    for step in steps {
                        take(&mut snapshot.account, *step);
                    }
                    let plan = fix::plan(&snapshot, OPTIONS, Selection::All).unwrap();
                    // What a change may touch is all that need be looked at.
                    if number % 4 == 0 {
                        let by_whole_audits = fix::plan_by_whole_audits(&snapshot, OPTIONS, Selection::All).unwrap();
                        assert_eq!(plan, by_whole_audits, "{steps:?}");
                    }
                    let checked = catch_unwind(AssertUnwindSafe(|| check(&snapshot, &plan)));
                    offered.fetch_add(checked.unwrap_or_else(|_| panic!("{steps:?}")), Ordering::Relaxed);
                    closing.fetch_add(closed(&plan).len(), Ordering::Relaxed);
                    rules.lock().unwrap().extend(closed(&plan));
                    found.fetch_add(plan.mends.iter().map(|mend| mend.findings.len()).sum(), Ordering::Relaxed);
                }
            });
        }
    });
    let [offered, closing, found] = [offered, closing, found].map(AtomicUsize::into_inner);
    let rules = rules.into_inner().unwrap();
    println!(
        "{ACCOUNTS} accounts, {found} findings, {offered} changes offered, {closing} findings closed, of {rules:?}"
    );
    assert!(offered > ACCOUNTS && closing > offered && rules.len() > 12, "{offered} {closing} {rules:?}");
}
