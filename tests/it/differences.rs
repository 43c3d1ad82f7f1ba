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
    let findings = report.findings.iter().filter(|finding| finding.rule == "job-blocked");
    let said = findings.flat_map(|finding| &finding.blocked).map(|blocked| {
        let field = blocked.field.rsplit('.').next().unwrap();
        format!("{field} {} {}", blocked.action.as_deref().unwrap_or("-"), blocked.resource)
    });
    said.collect()
}

/// The facts on which a job hangs.
fn open(report: &Report) -> Vec<String> {
    let open = report.undecided.iter().filter(|open| open.rule == "job-blocked");
    open.map(|open| open.gap.action.clone()).collect()
}

fn blocked(policy: &str, fields: &[(&str, &str)]) -> Vec<String> {
    blocks(&run(policy, fields, &|_| {}))
}

fn blocked_after(fields: &[(&str, &str)], change: &dyn Fn(&mut Account)) -> Vec<String> {
    blocks(&run(GROUND_TRUTH_EXECUTION, fields, change))
}

fn of<'r>(report: &'r Report, rule: &'r str) -> impl Iterator<Item = &'r Finding> {
    report.findings.iter().filter(move |finding| finding.rule == rule)
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
        grants: Grants { attached: Fact::Known(vec![]), inline: Fact::Known(named.collect()) },
        groups: Fact::Known(vec![]),
        boundary: Fact::Known(None),
        tags: Fact::Known(BTreeMap::new()),
    });
}

// Documented: a token in the bucket's name. Real: a token anywhere in bucket and key.
#[test]
fn d01_a_token_in_the_key_counts() {
    for (policy, token) in [(GROUND_TRUTH_EXECUTION, "groundtruth"), (FULL_ACCESS, "sagemaker")] {
        let inside = |key: &str| format!("s3://signs/{token}/{key}");
        let fields = [
            (MANIFEST, inside("m.manifest")),
            (OUTPUT, inside("out/")),
            (TEMPLATE, inside("t.liquid")),
            (LABEL_CATEGORIES, format!("s3://signs/labels-for-{token}.json")),
        ];
        let fields = fields.each_ref().map(|(field, uri)| (*field, uri.as_str()));
        assert_eq!(blocked(policy, &fields), NOTHING);
        // The bucket itself is not out of reach, as long as the job uses no other key of it.
        let report = run(policy, &fields, &|_| {});
        assert_eq!(of(&report, "bucket-out-of-reach").count(), 0);
        // Each URI is judged by itself.
        for (i, uri) in ["s3://signs/m.manifest", "s3://signs/out/", "s3://signs/t.liquid", "s3://signs/labels.json"]
            .into_iter()
            .enumerate()
        {
            let mut fields = fields;
            fields[i].1 = uri;
            let blocked = blocked(policy, &fields);
            let field = fields[i].0.rsplit('.').next().unwrap();
            assert_eq!(blocked.len(), if field == "S3OutputPath" { 3 } else { 1 }, "{blocked:?}");
            assert!(blocked.iter().all(|line| line.starts_with(field) && line.ends_with(uri)), "{blocked:?}");
        }
    }
}

// Documented: six spellings. Real: these, compared with case, and no separators; a bucket's name has small letters.
#[test]
fn d02_a_token_counts_in_its_very_spelling() {
    let in_key = |word: &str| blocked(GROUND_TRUTH_EXECUTION, &[(MANIFEST, &format!("s3://signs/{word}/m"))]);
    for token in ["GroundTruth", "Groundtruth", "groundtruth", "SageMaker", "Sagemaker", "sagemaker"] {
        assert_eq!(in_key(token), NOTHING, "{token}");
    }
    for word in ["groundTruth", "GROUNDTRUTH", "sageMaker", "SAGEMAKER", "ground-truth", "ground_truth", "sage-maker"] {
        assert_eq!(in_key(word), [format!("ManifestS3Uri s3:GetObject s3://signs/{word}/m")]);
    }
    for name in ["signs-groundtruth", "signs-sagemaker", "Signs-SageMaker"] {
        assert_eq!(says(|a| rename_bucket(a, name)), NOTHING, "{name}");
    }
    // Near misses are taken for what was meant, and named as they are written.
    for (name, found) in [
        ("signs-ground-truth", "`ground-truth`"),
        ("signs-sage-maker", "`sage-maker`"),
        ("Signs_GROUND_TRUTH", "`GROUND_TRUTH`"),
        ("Signs-sageMaker", "`sageMaker`"),
    ] {
        let report = report_after(|a| rename_bucket(a, name));
        let [finding] = report.findings.as_slice() else { panic!("{name}: {:?}", report.findings) };
        assert_eq!((finding.rule, finding.severity), ("bucket-out-of-reach", gt_audit::finding::Severity::Medium));
        assert!(finding.message.contains(found), "{}", finding.message);
    }
}

// Documented: a bucket with an object tag that includes SageMaker. Real: an object whose tag is SageMaker=true.
#[test]
fn d03_the_tag_is_the_objects_and_its_value_is_true() {
    for (key, value) in [("SageMaker", "true"), ("sagemaker", "true"), ("SageMakerData", "yes")] {
        let report = report_after(|a| {
            rename_bucket(a, "signs");
            known(&mut bucket(a).tags).insert(key.to_owned(), value.to_owned());
        });
        let rules: Vec<_> = report.findings.iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, ["bucket-out-of-reach", "bucket-tag-grants-nothing"], "{key}={value}");
        let finding = of(&report, "bucket-tag-grants-nothing").next().unwrap();
        assert!(finding.message.contains(key), "{}", finding.message);
    }
    let tagged = |tags: &[(&str, &str)]| {
        let tags: Tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let object = Arn::bucket("aws", "signs/m");
        run(GROUND_TRUTH_EXECUTION, &[(MANIFEST, "s3://signs/m")], &|a| {
            a.objects.insert(object.clone(), Fact::Known(Some(tags.clone())));
        })
    };
    for tag in [("SageMaker", "true"), ("SageMaker", "TRUE"), ("SageMaker", "True"), ("sagemaker", "true")] {
        assert_eq!(blocks(&tagged(&[tag])), NOTHING, "{tag:?}");
        assert_eq!(blocks(&tagged(&[("team", "x"), tag])), NOTHING, "{tag:?}");
    }
    for tag in [("SageMaker", "yes"), ("SageMaker", ""), ("SageMakerData", "true"), ("GroundTruth", "true")] {
        assert_eq!(blocks(&tagged(&[tag])), ["ManifestS3Uri s3:GetObject s3://signs/m"], "{tag:?}");
    }
    // Which of two keys counts that differ in case alone, IAM does not say.
    assert_eq!(open(&tagged(&[("SageMaker", "true"), ("sagemaker", "no")])).len(), 1);
}

// Documented: the tag is listed for input and output. Real: it opens s3:GetObject, object by object, and nothing else.
#[test]
fn d04_no_tag_opens_an_output_and_each_input_needs_its_own() {
    let fields = [
        (MANIFEST, "s3://signs/m"),
        (OUTPUT, "s3://signs/out/"),
        (TEMPLATE, "s3://signs/t"),
        (LABEL_CATEGORIES, "s3://signs/l"),
    ];
    let tag = |a: &mut Account, key: &str| {
        let tags = Tags::from([("SageMaker".to_owned(), "true".to_owned())]);
        a.objects.insert(Arn::bucket("aws", &format!("signs/{key}")), Fact::Known(Some(tags)));
    };
    let output = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"]
        .map(|action| format!("S3OutputPath {action} s3://signs/out/"));
    let everything = |a: &mut Account| ["m", "out/", "out", "t", "l"].into_iter().for_each(|key| tag(a, key));
    assert_eq!(blocked_after(&fields, &everything), output);
    // The manifest's tag is the manifest's.
    let reading = [fields[0], fields[2], fields[3]];
    assert_eq!(
        blocked_after(&reading, &|a| tag(a, "m")),
        ["LabelCategoryConfigS3Uri s3:GetObject s3://signs/l", "UiTemplateS3Uri s3:GetObject s3://signs/t"]
    );
    assert_eq!(blocked_after(&reading, &everything), NOTHING);
}

// Documented: AbortMultipartUpload, GetObject and PutObject. Real: also ListBucket and GetBucketLocation of the bucket.
#[test]
fn d05_a_policy_of_ones_own_needs_five_actions_on_two_kinds_of_resource() {
    let objects = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"];
    let bucket = ["s3:GetBucketLocation", "s3:ListBucket"];
    let fields = [(OUTPUT, "s3://signs/out/")];
    let own = |texts: &[String]| {
        blocked_after(&fields, &|a| {
            carry(a, &[]);
            for (i, text) in texts.iter().enumerate() {
                known(&mut role(a).grants.inline).insert(format!("p{i}"), Fact::Known(document(text)));
            }
        })
    };
    let to_objects = allow(&objects, "arn:aws:s3:::signs/*");
    let asked_of_bucket = bucket.map(|action| format!("S3OutputPath {action} arn:aws:s3:::signs"));
    assert_eq!(own(&[to_objects.clone(), allow(&bucket, "arn:aws:s3:::signs")]), NOTHING);
    assert_eq!(own(std::slice::from_ref(&to_objects)), asked_of_bucket);
    assert_eq!(own(&[to_objects, allow(&bucket, "arn:aws:s3:::signs/*")]), asked_of_bucket);
    // Nor are the objects the bucket's business.
    assert_eq!(
        own(&[allow(&objects, "arn:aws:s3:::signs"), allow(&bucket, "arn:aws:s3:::signs")]),
        objects.map(|action| format!("S3OutputPath {action} s3://signs/out/"))
    );
    // The managed policy has both.
    assert_eq!(blocked(GROUND_TRUTH_EXECUTION, &[(OUTPUT, "s3://signs-sagemaker/out/")]), NOTHING);
}

// Documented: the role may list and invoke functions. Real: it may only invoke them, and no job needs more.
#[test]
fn d06_a_role_need_not_list_functions() {
    let name = "signs-LabelingFunction";
    let denied = |action: &'static str| {
        let text = allow(&[action], "*").replace("Allow", "Deny");
        invoking(GROUND_TRUTH_EXECUTION, name, &|a| inline(a, &text))
    };
    let mut snapshot = healthy();
    carry(&mut snapshot.account, &[GROUND_TRUTH_EXECUTION]);
    assert_eq!(may(&snapshot, "lambda:ListFunctions", "*"), Coverage::None);
    assert_eq!(invoking(GROUND_TRUTH_EXECUTION, name, &|_| {}), NOTHING);
    assert_eq!(denied("lambda:ListFunctions"), NOTHING);
    assert_eq!(denied("lambda:InvokeFunction"), lacks_function(name));
    // Who chooses a function in the console needs it.
    let capability = console::capability("custom-workflow").unwrap();
    assert!(capability.actions.iter().any(|action| action == "lambda:ListFunctions"));
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

// Documented: the managed policy grants all but keys and names. Real: nor may the role pass itself.
#[test]
fn d07_automated_labeling_needs_a_role_that_passes_itself() {
    let fields = [ALGORITHM, (MANIFEST, "s3://signs-sagemaker/m"), (OUTPUT, "s3://signs-sagemaker/out/")];
    let lacks = [format!("LabelingJobAlgorithmsConfig iam:PassRole {ITSELF}")];
    let report = run(GROUND_TRUTH_EXECUTION, &fields, &|_| {});
    assert_eq!(blocks(&report), lacks);
    assert_eq!(of(&report, "role-cannot-pass-itself").count(), 1);
    let passing = |itself: &str| {
        run(GROUND_TRUTH_EXECUTION, &fields, &|a| {
            let to_sagemaker =
                r#""Condition":{"StringEquals":{"iam:PassedToService":"sagemaker.amazonaws.com"}},"Effect""#;
            inline(a, &allow(&["iam:PassRole"], itself).replace(r#""Effect""#, to_sagemaker));
        })
    };
    assert_eq!((blocks(&passing(ITSELF)), passing(ITSELF).findings.len()), (vec![], 0));
    assert_eq!(blocks(&passing("arn:aws:iam::111122223333:role/service-role/GtExecution")), lacks);
    // Without automated labeling nothing is passed.
    assert_eq!(run(GROUND_TRUTH_EXECUTION, &fields[1..], &|_| {}).findings, []);
    // The broad policy lets every role be passed to SageMaker.
    assert_eq!(blocked(FULL_ACCESS, &fields), NOTHING);
}

// Documented: any task, streaming or not. Real: topics whose names carry one of eight tokens, more than buckets have.
#[test]
fn d08_a_topic_needs_one_of_eight_tokens() {
    let output = |policy: &str, name: &str| blocked(policy, &[(OUTPUT_TOPIC, &topic("111122223333", name))]);
    let of_both = ["SageMaker", "Sagemaker", "sagemaker"];
    let of_one = ["GroundTruth", "Groundtruth", "groundTruth", "groundtruth", "sageMaker"];
    for token in of_both.into_iter().chain(of_one) {
        let name = format!("signs-{token}-out");
        assert_eq!(output(GROUND_TRUTH_EXECUTION, &name), NOTHING, "{token}");
        assert_eq!(output(FULL_ACCESS, &name).is_empty(), of_both.contains(&token), "{token}");
    }
    for name in ["labels-out", "GROUNDTRUTH", "ground-truth", "SAGEMAKER", "GtRecipe", "LabelingFunction"] {
        let lacks = format!("SnsTopicArn sns:Publish {}", topic("111122223333", name));
        assert_eq!(output(GROUND_TRUTH_EXECUTION, name), [lacks], "{name}");
    }
    // The queue has its name from AWS; the broad policy reaches none.
    let stream = |policy: &str, name: &str| {
        let report = run(policy, &[(INPUT_TOPIC, &topic("111122223333", name))], &|_| {});
        of(&report, "role-cannot-stream").map(|finding| finding.message.clone()).collect::<Vec<_>>()
    };
    let of_job = queue(&Arn::parse("arn:aws:sagemaker:us-east-1:111122223333:labeling-job/Signs-3").unwrap());
    assert_eq!(of_job.unwrap().name(), "GroundTruth-signs-3");
    assert_eq!(stream(GROUND_TRUTH_EXECUTION, "signs-groundTruth"), NOTHING);
    assert_eq!(stream(GROUND_TRUTH_EXECUTION, "signs").len(), 1);
    let broad = stream(FULL_ACCESS, "signs-sagemaker");
    assert!(broad.len() == 1 && broad[0].contains("GroundTruth-job-0"), "{broad:?}");
}

// Documented: the broad policy suffices for labeling. Real: it knows other names, no queues, no topics of GroundTruth, no keys.
#[test]
fn d09_the_broad_policy_has_other_limits() {
    let in_bucket = [(MANIFEST, "s3://my-groundtruth-data/m")];
    assert_eq!(blocked(GROUND_TRUTH_EXECUTION, &in_bucket), NOTHING);
    assert_eq!(blocked(FULL_ACCESS, &in_bucket), ["ManifestS3Uri s3:GetObject s3://my-groundtruth-data/m"]);
    let recipe = "serverlessrepo-aws-sagema-GtRecipePreHumanTaskFunc-1A2B3C";
    assert_eq!(invoking(GROUND_TRUTH_EXECUTION, recipe, &|_| {}), NOTHING);
    assert_eq!(invoking(FULL_ACCESS, recipe, &|_| {}), lacks_function(recipe));
    // What both reach.
    assert_eq!(blocked(FULL_ACCESS, &[(MANIFEST, "s3://my-sagemaker-data/m")]), NOTHING);
    assert_eq!(invoking(FULL_ACCESS, "signs-LabelingFunction", &|_| {}), NOTHING);
    for (policy, queues) in [(GROUND_TRUTH_EXECUTION, Coverage::All), (FULL_ACCESS, Coverage::None)] {
        let mut snapshot = healthy();
        carry(&mut snapshot.account, &[policy]);
        for action in QUEUE_ACTIONS {
            let queue = "arn:aws:sqs:us-east-1:111122223333:GroundTruth-signs";
            assert_eq!(may(&snapshot, action, queue), queues, "{policy} {action}");
        }
        // Keys are in neither.
        let report = report_after(|a| {
            carry(a, &[policy]);
            encrypt(a);
        });
        assert_eq!(of(&report, "bucket-key-unusable").count(), 1, "{policy}");
    }
    // Whoever carries both has both.
    assert_eq!(blocks(&run(FULL_ACCESS, &in_bucket, &|a| carry(a, &[FULL_ACCESS, GROUND_TRUTH_EXECUTION]))), NOTHING);
}

/// Lets the healthy account's bucket encrypt with a customer's key that leaves everything to the account.
fn encrypt(account: &mut Account) {
    let arn = Arn::parse("arn:aws:kms:us-east-1:111122223333:key/1234abcd").unwrap();
    let encryption = Encryption { algorithm: "aws:kms".to_owned(), key: Some(arn.to_string()), bucket_key: true };
    bucket(account).encryption = Fact::Known(Some(encryption));
    let policy = allow(&["kms:*"], "*")
        .replace(r#""Effect""#, r#""Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Effect""#);
    let key = Key {
        arn: arn.clone(),
        manager: "CUSTOMER".to_owned(),
        state: "Enabled".to_owned(),
        policy: Fact::Known(document(&policy)),
        grants: Fact::Known(vec![]),
    };
    account.regions.get_mut("us-east-1").unwrap().keys.insert(arn.to_string(), Fact::Known(Some(key)));
}

// Documented: a token in the function's name. Real: in all that follows `function:`, a qualifier too.
#[test]
fn d10_a_qualifier_is_a_part_of_a_functions_arn() {
    assert_eq!(invoking(GROUND_TRUTH_EXECUTION, "acs:SageMaker", &|_| {}), NOTHING);
    assert_eq!(invoking(GROUND_TRUTH_EXECUTION, "acs-sagemaker:live", &|_| {}), NOTHING);
    assert_eq!(invoking(GROUND_TRUTH_EXECUTION, "acs:live", &|_| {}), lacks_function("acs:live"));
    // A statement of one's own is for what it names: with the qualifier, or without.
    let granted = |named: &str, statement: &str| {
        let text =
            allow(&["lambda:InvokeFunction"], &format!("arn:aws:lambda:us-east-1:111122223333:function:{statement}"));
        invoking(GROUND_TRUTH_EXECUTION, named, &|a| inline(a, &text))
    };
    assert_eq!(granted("acs:live", "acs"), lacks_function("acs:live"));
    assert_eq!(granted("acs", "acs:*"), lacks_function("acs"));
    assert_eq!(granted("acs", "acs"), NOTHING);
    assert_eq!(granted("acs:live", "acs:*"), NOTHING);
    assert_eq!(granted("acs:live", "acs:live"), NOTHING);
}

// Documented: tokens, as if anything near them would do. Real: GtRecipe and LabelingFunction in one case, no GroundTruth.
#[test]
fn d11_a_functions_tokens_have_one_spelling() {
    for token in ["GtRecipe", "LabelingFunction", "SageMaker", "Sagemaker", "sagemaker"] {
        assert_eq!(says(|a| rename_function(a, &format!("signs-{token}-pre"))), NOTHING, "{token}");
    }
    for word in [
        "GTRecipe",
        "gtRecipe",
        "labelingFunction",
        "LabellingFunction",
        "Labeling-Function",
        "GroundTruth",
        "groundtruth",
        "SAGEMAKER",
        "sageMaker",
    ] {
        let name = format!("signs-{word}-pre");
        let report = report_after(|a| rename_function(a, &name));
        let [finding] = report.findings.as_slice() else { panic!("{name}: {:?}", report.findings) };
        assert_eq!((finding.rule, finding.severity), ("function-out-of-reach", gt_audit::finding::Severity::Medium));
        let remedies = finding.remedy.iter().map(|remedy| remedy.summary.as_str()).collect::<String>();
        assert!(remedies.contains("`LabelingFunction`") && remedies.contains("`sagemaker`"), "{remedies}");
    }
}

// Documented: nothing. Real: the grants name any region and account, and another account must allow it too.
#[test]
fn d12_a_token_opens_nothing_of_another_account_by_itself() {
    let function = |region: &str, account: &str, name: &str| {
        run(
            GROUND_TRUTH_EXECUTION,
            &[(PRE_FUNCTION, &format!("arn:aws:lambda:{region}:{account}:function:{name}"))],
            &|a| {
                own_function(a, "us-east-1", "signs-LabelingFunction");
                own_function(a, "eu-west-1", "signs-LabelingFunction");
            },
        )
    };
    for region in ["us-east-1", "eu-west-1"] {
        assert_eq!(blocks(&function(region, "111122223333", "signs-LabelingFunction")), NOTHING);
    }
    assert_eq!(open(&function("us-east-1", "444455556666", "signs-LabelingFunction")), ["lambda:GetPolicy"]);
    // What the role's own policies do not allow is certain.
    assert_eq!(blocks(&function("us-east-1", "444455556666", "signs")).len(), 1);
    // The same of buckets that are not among the account's own, and of topics.
    let output = |uri: &str| {
        report_after(|a| {
            carry(a, &[GROUND_TRUTH_EXECUTION]);
            job(a, &[(OUTPUT, uri)]);
        })
    };
    assert_eq!(open(&output("s3://their-sagemaker/out/")), ["s3:GetBucketPolicy"]);
    // A tag could open what is only read, and nobody can read the tags.
    assert_eq!(
        blocks(&output("s3://theirs/out/")),
        ["s3:AbortMultipartUpload", "s3:PutObject"].map(|action| format!("S3OutputPath {action} s3://theirs/out/"))
    );
    let publish =
        |account: &str, name: &str| run(GROUND_TRUTH_EXECUTION, &[(OUTPUT_TOPIC, &topic(account, name))], &|_| {});
    assert_eq!(blocks(&publish("111122223333", "sagemaker-out")), NOTHING);
    assert_eq!(open(&publish("444455556666", "sagemaker-out")), ["sns:GetTopicAttributes"]);
    assert_eq!(blocks(&publish("444455556666", "labels-out")).len(), 1);
}

// Documented: a token in the name. Real: in the name that is deployed, which CloudFormation and SAM cut.
#[test]
fn d13_the_deployed_name_counts() {
    let deployed = |name: &str, logical: &'static str| {
        says(|a| {
            rename_function(a, name);
            known(&mut function(a).tags).insert("aws:cloudformation:logical-id".to_owned(), logical.to_owned());
        })
    };
    let whole = "serverlessrepo-aws-sagema-GtRecipePreHumanTaskFunc-1A2B3C4D5E6F";
    assert_eq!(deployed(whole, "GtRecipePreHumanTaskFunction"), NOTHING);
    let cut = "street-signs-labeling-in-production-SignsLabelingFuncti-1A2B3C4D";
    assert_eq!(cut.len(), 64);
    assert_eq!(deployed(cut, "SignsLabelingFunction"), [format!("low function-out-of-reach {}", cut.to_lowercase())]);
    assert_eq!(invoking(GROUND_TRUTH_EXECUTION, cut, &|_| {}), lacks_function(cut));
}

// Documented: functions need a token. Real: AWS's own match no pattern and need no permission.
#[test]
fn d14_aws_own_functions_need_no_permission() {
    let naming = |policy: &str, account: &str| {
        let arn = |kind: &str| format!("arn:aws:lambda:us-east-1:{account}:function:{kind}-BoundingBox");
        let (pre, post) = (arn("PRE"), arn("ACS"));
        run(policy, &[(MANIFEST, "s3://signs-sagemaker/m"), (PRE_FUNCTION, &pre), (POST_FUNCTION, &post)], &|_| {})
    };
    assert_eq!(naming(GROUND_TRUTH_EXECUTION, "432418664414").findings, []);
    assert_eq!(blocks(&naming(FULL_ACCESS, "432418664414")), NOTHING);
    // Their address must be right, and no permission is to blame where it is not.
    for account in ["111122223333", "081040173940"] {
        let report = naming(GROUND_TRUTH_EXECUTION, account);
        let rules: Vec<_> = report.findings.iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, ["builtin-function-misaddressed"], "{account}");
    }
    let mut snapshot = healthy();
    for policy in [GROUND_TRUTH_EXECUTION, FULL_ACCESS] {
        carry(&mut snapshot.account, &[policy]);
        let own = "arn:aws:lambda:us-east-1:432418664414:function:PRE-BoundingBox";
        assert_eq!(may(&snapshot, "lambda:InvokeFunction", own), Coverage::None);
    }
}

// Documented: `arn:aws:`. Real: each partition has its own copies of the policies.
#[test]
fn d15_the_partition_is_the_accounts() {
    let moved = |partition: &str, but_policies: bool| {
        let mut snapshot = healthy();
        job(&mut snapshot.account, &[(OUTPUT, "s3://signs-sagemaker/out/")]);
        let policies = snapshot.account.iam.policies.clone();
        let text = serde_json::to_string(&snapshot).unwrap();
        let text = text.replace("arn:aws:", &format!("arn:{partition}:"));
        let mut snapshot: Snapshot = serde_json::from_str(&text).unwrap();
        partition.clone_into(&mut snapshot.account.partition);
        if but_policies {
            for (arn, policy) in policies {
                let arn = arn.as_str().replace("arn:aws:", &format!("arn:{partition}:"));
                snapshot.account.iam.policies.insert(Arn::parse(arn).unwrap(), policy);
            }
        }
        audit(&snapshot, OPTIONS)
    };
    for partition in ["aws", "aws-cn", "aws-us-gov", "aws-iso"] {
        let report = moved(partition, false);
        let changed = "managed-policy-changed";
        let rules: Vec<_> =
            report.findings.iter().map(|finding| finding.rule).filter(|rule| *rule != changed).collect();
        assert_eq!(rules, NOTHING, "{partition}");
        assert_eq!(report.execution_roles.len(), 1, "{partition}");
        // The text of another partition reaches nothing in this one.
        let stray: Vec<_> = moved(partition, true).findings.into_iter().map(|finding| finding.rule).collect();
        assert_eq!(stray.contains(&"job-blocked"), partition != "aws", "{partition}: {stray:?}");
    }
    // AWS's own functions are where AWS says so; the accounts of two secret regions are published elsewhere.
    let there = |partition: &str, region: &str, account: &str| {
        let arn = format!("arn:{partition}:lambda:{region}:{account}:function:PRE-BoundingBox");
        builtin::function(&Arn::parse(arn).unwrap(), region)
    };
    assert_eq!(there("aws", "eu-central-1", "203001061592"), builtin::Builtin::Right);
    assert_eq!(there("aws-iso", "us-iso-east-1", "403361949736"), builtin::Builtin::Right);
    assert!(matches!(there("aws-cn", "cn-north-1", "203001061592"), builtin::Builtin::Wrong(_)));
}

// Documented: nothing. Real: `arn:aws:s3:::*` covers no access point, so that nobody can decide.
#[test]
fn d16_an_access_point_cannot_be_decided() {
    let output = |uri: &str| {
        report_after(|a| {
            carry(a, &[GROUND_TRUTH_EXECUTION]);
            let function = function(a).arn.to_string();
            job(a, &[(OUTPUT, uri), (POST_FUNCTION, &function)]);
        })
    };
    for name in [
        "arn:aws:s3:us-east-1:111122223333:accesspoint/signs",
        "arn:aws:s3:us-east-1:111122223333:accesspoint/sagemaker-signs",
        "arn:aws:s3:us-east-1:111122223333:accesspoint:signs",
        "signs-0123456789abcdefghijklmnopqrstuv-s3alias",
        "sagemaker-0123456789abcdefghijklmnopqrs-s3alias",
        "https://signs-111122223333.s3-accesspoint.us-east-1.amazonaws.com",
    ] {
        let scheme = if name.starts_with("https:") { "" } else { "s3://" };
        let report = output(&format!("{scheme}{name}/out/"));
        assert_eq!(of(&report, "job-blocked").count(), 0, "{name}");
        assert_eq!(of(&report, "function-cannot-read-output").count(), 0, "{name}");
        assert_eq!(open(&report).len(), 1, "{name}");
    }
    // A name that only looks so is a bucket's.
    assert_eq!(of(&output("s3://signs-s3alias-old/out/"), "job-blocked").count(), 1);
    // No pattern of the policy's is meant for one.
    let mut snapshot = healthy();
    carry(&mut snapshot.account, &[GROUND_TRUTH_EXECUTION]);
    let point = "arn:aws:s3:us-east-1:111122223333:accesspoint/sagemaker/object/sagemaker";
    assert_eq!(may(&snapshot, "s3:PutObject", point), Coverage::None);
    assert_eq!(may(&snapshot, "s3:PutObject", "arn:aws:s3:::accesspoint/sagemaker"), Coverage::All);
}

// Documented: AWS's own examples. Real: some name actions, services and values that there are not.
#[test]
fn d17_slips_of_aws_own_examples_are_found() {
    for (slip, meant) in [
        ("sqs:SendMessageBatch", "sqs:SendMessage"),
        ("groundtruthlabeling:RunFilterOrSampleManifestJob", "groundtruthlabeling:RunFilterOrSampleDatasetJob"),
        ("sagemaker:CreateFlowDefiniton", "sagemaker:CreateFlowDefinition"),
        ("sagemaker:ListLabelingJobForWorkteam", "sagemaker:ListLabelingJobsForWorkteam"),
    ] {
        assert_eq!(actions::near(slip), Some(meant));
        let report = report_after(|a| inline(a, &allow(&[slip], "*")));
        let [finding] = report.findings.as_slice() else { panic!("{slip}: {:?}", report.findings) };
        assert_eq!(finding.rule, "unknown-action");
        assert!(finding.message.contains(meant), "{}", finding.message);
        assert_eq!(says_but(&["resource-scope-ignored"], |a| inline(a, &allow(&[meant], "*"))), NOTHING);
    }
    // The endpoint of the streaming example is a topic's, and a queue's is asked.
    let subscribing = |endpoint: &str| {
        let condition = format!(
            r#""Condition":{{"StringEquals":{{"sns:Protocol":"sqs"}},"StringLike":{{"sns:Endpoint":"arn:aws:{endpoint}:*:*:*GroundTruth*"}}}},"Effect""#
        );
        let text = allow(&["sns:Subscribe"], "*").replace(r#""Effect""#, &condition);
        blocked_after(&[(INPUT_TOPIC, &topic("111122223333", "signs"))], &|a| inline(a, &text))
    };
    assert_eq!(subscribing("sqs"), NOTHING);
    assert_eq!(subscribing("sns").len(), 1);
    // The example for buckets of a VPC refuses everything that comes through no endpoint or another one. Whether Ground
    // Truth's own endpoint is among them is not known: neither found nor passed over.
    let vpc = r#"{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::signs-sagemaker","arn:aws:s3:::signs-sagemaker/*"],"Condition":{"ForAllValues:StringNotEquals":{"aws:sourceVpce":["vpc-0123456789abcdef0"]}}}}"#;
    assert_eq!(says(|a| bucket(a).policy = Fact::Known(Some(document(vpc)))), ["? bucket-denied signs-sagemaker"]);
}

// Documented: PassRole where the service is empty. Real: it never is, so that nothing can be passed.
#[test]
fn d18_an_empty_service_lets_no_role_be_passed() {
    let empty = PERSON.replace("sagemaker.amazonaws.com", "");
    assert_eq!(of_user(&[PERSON]), NOTHING);
    assert_eq!(of_user(&[&empty]), ["medium console-access-incomplete ann", "medium pass-role-never-matches ann"]);
    let pass = |service: &str| {
        let mut snapshot = healthy();
        carry(&mut snapshot.account, &[]);
        inline(&mut snapshot.account, &PERSON.replace("sagemaker.amazonaws.com", service));
        let access = Access::new(&snapshot.account);
        let role = &snapshot.account.iam.roles.known().unwrap()[0];
        let ask = Ask::new("iam:PassRole").with("iam:PassedToService", "sagemaker.amazonaws.com");
        access.decide(role, &ask, &Arn::parse(ITSELF).unwrap()).coverage()
    };
    assert_eq!((pass("sagemaker.amazonaws.com"), pass("")), (Coverage::All, Coverage::None));
}

// Documented: name roles as the resource of ListRoles. Real: it and others have no resource-level permission.
#[test]
fn d19_actions_without_resource_level_permission_are_granted_on_everything_or_not_at_all() {
    for action in [
        "iam:ListRoles",
        "kms:ListAliases",
        "lambda:ListFunctions",
        "s3:ListAllMyBuckets",
        "secretsmanager:ListSecrets",
        "cognito-idp:ListUserPools",
        "cognito-idp:CreateUserPool",
        "aws-marketplace:Subscribe",
        "aws-marketplace:Unsubscribe",
        "aws-marketplace:ViewSubscriptions",
    ]
    .into_iter()
    .chain(actions::named("groundtruthlabeling:*"))
    {
        assert_eq!(actions::has_resource_level(action), Some(false), "{action}");
        let granted = |resource: &str| {
            let report = report_after(|a| inline(a, &allow(&[action], resource)));
            of(&report, "resource-scope-ignored").map(|finding| finding.message.clone()).collect::<Vec<_>>()
        };
        assert_eq!(granted("*"), NOTHING, "{action}");
        let [message] = granted(ITSELF).try_into().unwrap();
        assert!(message.contains(action), "{message}");
    }
    assert!(actions::named("groundtruthlabeling:*").len() > 3);
    // As the page has it: one statement for choosing and passing roles.
    let chosen = PERSON
        .replace(r#""iam:ListRoles","#, "")
        .replace(r#""Action":"iam:PassRole""#, r#""Action":["iam:ListRoles","iam:PassRole"]"#);
    let everywhere = allow(&["iam:ListRoles"], "*");
    assert_eq!(of_user(&[&chosen]), ["medium console-access-incomplete ann", "low resource-scope-ignored ann"]);
    assert_eq!(of_user(&[&chosen, &everywhere]), NOTHING);
    // What has it may be restricted.
    let passing = allow(&["s3:GetObject"], "arn:aws:s3:::signs-sagemaker/*");
    assert_eq!(says(|a| inline(a, &passing)), NOTHING);
}

// Documented: crawling is for automated data labeling. Real: it is for automated data set-up, which makes the manifest.
#[test]
fn d20_crawling_makes_the_manifest_and_labels_nothing() {
    const CRAWL: &str = "groundtruthlabeling:RunGenerateManifestByCrawlingJob";
    let with: Vec<&str> = console::capabilities()
        .iter()
        .filter(|capability| capability.actions.iter().any(|action| action == CRAWL))
        .map(|capability| capability.id.as_str())
        .collect();
    assert_eq!(with, ["automated-data-setup"]);
    let named = actions::named("groundtruthlabeling:*").into_iter().filter(|action| *action != CRAWL);
    let others = serde_json::to_string(&named.collect::<Vec<_>>()).unwrap();
    let others = others.trim_matches(['[', ']']);
    // Who crawls must see the buckets; who does not, need not.
    let without = |text: &str| text.replace(r#""s3:ListAllMyBuckets","#, "");
    let no_crawling = PERSON.replace(r#""groundtruthlabeling:*""#, others);
    assert_eq!(of_user(&[&without(PERSON)]), ["medium console-access-incomplete ann"]);
    assert_eq!(of_user(&[&without(&no_crawling)]), NOTHING);
    // A job with automated labeling asks nothing of the console's service of its role.
    let blocked = blocked(GROUND_TRUTH_EXECUTION, &[ALGORITHM]);
    assert!(blocked.len() == 1 && blocked[0].contains("iam:PassRole"), "{blocked:?}");
}

// Documented: copy the policy and restrict it. Real: its text is longer than IAM lets a role's inline policies be.
#[test]
fn d21_the_broad_policy_is_too_long_to_be_copied_inline() {
    // IAM counts no white space, and all inline policies of a role together.
    const MOST: usize = 10_240;
    let length = |policy: &str| {
        let text = managed::newest(policy).unwrap().document.json().to_string();
        text.chars().filter(|c| !c.is_whitespace()).count()
    };
    assert!(length(FULL_ACCESS) > MOST && length(GROUND_TRUTH_EXECUTION) < MOST);
    // It names an action that there is not, which is AWS's to mend.
    let text = managed::newest(FULL_ACCESS).unwrap().document.json().to_string();
    assert!(text.contains(r#""elastic-inference:Connect""#));
    let report = report_after(|a| carry(a, &[FULL_ACCESS]));
    assert_eq!(of(&report, "unknown-action").count(), 0);
    // No advice is to copy it, and the policy that can be copied is known by its text.
    let advice: Vec<_> = report.findings.iter().flat_map(|finding| &finding.remedy).map(|r| &r.summary).collect();
    assert!(!advice.is_empty() && advice.iter().all(|summary| !summary.contains("copy")), "{advice:?}");
    let copy = managed::newest(GROUND_TRUTH_EXECUTION).unwrap().document.json().to_string();
    let copied = |a: &mut Account| {
        carry(a, &[]);
        inline(a, &copy);
    };
    assert_eq!(says(copied), NOTHING);
    assert_eq!(report_after(copied).execution_roles.len(), 1);
}

// Documented: Mechanical Turk needs a policy of its own. Real: for flow definitions, and not for labeling jobs.
#[test]
fn d22_a_labeling_job_of_mechanical_turk_needs_no_policy_of_its_own() {
    const TURK: &str = "AmazonSageMakerMechanicalTurkAccess";
    let public = |policies: &[&str], action: &str, resource: &str| {
        let mut snapshot = healthy();
        carry(&mut snapshot.account, policies);
        let access = Access::new(&snapshot.account);
        let role = &snapshot.account.iam.roles.known().unwrap()[0];
        let arn = Arn::parse(format!("arn:aws:sagemaker:us-east-1:111122223333:{resource}")).unwrap();
        let ask = Ask::new(action).with("sagemaker:WorkteamType", "public-crowd");
        access.decide(role, &ask, &arn).verdicts().collect::<Vec<_>>()
    };
    let job_of = |policies: &[&str]| public(policies, "sagemaker:CreateLabelingJob", "labeling-job/signs");
    let flow_of = |policies: &[&str]| public(policies, "sagemaker:CreateFlowDefinition", "flow-definition/signs");
    assert_eq!(job_of(&[FULL_ACCESS]), [Verdict::Allowed]);
    assert_eq!(flow_of(&[FULL_ACCESS]), [Verdict::ImplicitlyDenied]);
    assert_eq!(flow_of(&[FULL_ACCESS, TURK]), [Verdict::Allowed]);
    assert_eq!(job_of(&[TURK]), [Verdict::ImplicitlyDenied]);
    // Such a job is judged like any other, and nobody is told to attach that policy.
    let crowd =
        ("HumanTaskConfig.WorkteamArn", "arn:aws:sagemaker:us-east-1:394669845002:workteam/public-crowd/default");
    assert_eq!(run(GROUND_TRUTH_EXECUTION, &[(MANIFEST, "s3://signs-sagemaker/m"), crowd], &|_| {}).findings, []);
    let report = run(GROUND_TRUTH_EXECUTION, &[(MANIFEST, "s3://signs/m"), crowd], &|_| {});
    let advice: Vec<_> = report.findings.iter().flat_map(|finding| &finding.remedy).map(|r| &r.summary).collect();
    assert!(!advice.is_empty() && advice.iter().all(|summary| !summary.contains("Turk")), "{advice:?}");
}
