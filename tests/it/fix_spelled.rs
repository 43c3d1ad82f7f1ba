//! Changes, spelled: each form is what its tool takes, says the same as the change, and holds strangers' text where it
//! belongs. A shell is everywhere; the other tools are asked in `tools`.

mod tools;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use gt_audit::account::CorsRule;
use gt_audit::arn::Arn;
use gt_audit::fix::Change;
use gt_audit::fix::spell::{Explained, Form, spell};
use gt_audit::policy::Document;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

const FORMS: [Form; 3] = [Form::Cli, Form::Terraform, Form::CloudFormation];

/// What breaks out of something, somewhere.
const HOSTILE: &str = "it's \"$(rm -rf ~)\" `id` ${x} $${y} %{if z} \\ é \n# \r\u{1b}[31m\u{2028}\u{202e}";
/// The same, as far as it can be in a name.
const HOSTILE_NAME: &str = "-it's\"$(rm)`id`${x}%{if}\\é!";

fn arn(text: &str) -> Arn {
    Arn::parse(text).unwrap()
}

fn document(json: Value) -> Document {
    Document::from_json(json).unwrap()
}

fn grant(resource: &str) -> Document {
    document(json!({ "Version": "2012-10-17", "Statement": [
        { "Sid": "Labels", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": [
            "arn:aws:s3:::signs-raw/${aws:PrincipalTag/team}/*",
            "arn:aws:s3:::signs-labels-of-the-year-2026/and-of-every-other-year-that-there-was/*", resource ],
          "Condition": { "StringEquals": { "aws:ResourceAccount": "111122223333" }, "Null": { "s3:x-amz-acl": true },
            "StringLike": { "aws:RequestTag/été": ["a", resource], "s3:prefix": [] } } },
        { "Effect": "Deny", "NotAction": "s3:*", "Resource": "*" } ] }))
}

fn trust() -> Document {
    document(json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "Service": "sagemaker.amazonaws.com" } } }))
}

fn inline(identity: &str, name: &str, document: Document) -> Change {
    Change::PutInlinePolicy { identity: arn(identity), name: name.to_owned(), document }
}

/// One change of each kind, as they are in a real account.
fn changes() -> Vec<Change> {
    let raw = CorsRule {
        allowed_headers: vec![],
        allowed_methods: vec!["GET".to_owned(), "PUT".to_owned()],
        allowed_origins: vec!["*".to_owned()],
        expose_headers: vec!["Access-Control-Allow-Origin".to_owned()],
        max_age_seconds: Some(3000),
    };
    let other = CorsRule { max_age_seconds: None, allowed_headers: vec!["*".to_owned()], ..raw.clone() };
    let key = document(json!({ "Version": "2012-10-17", "Id": "key-default-1", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:root" }, "Action": "kms:*", "Resource": "*" } ] }));
    vec![
        inline("arn:aws:iam::111122223333:role/service-role/GtExecution", "gt-audit-signs", grant("arn:aws:s3:::x/*")),
        inline("arn:aws:iam::111122223333:user/mia", "gt-audit-console", trust_free()),
        inline("arn:aws:iam::111122223333:group/labelers", "gt-audit-console", trust_free()),
        Change::PutPolicyVersion {
            policy: arn("arn:aws:iam::111122223333:policy/teams/Signs"),
            document: trust_free(),
        },
        Change::PutTrustPolicy {
            role: arn("arn:aws:iam::111122223333:role/service-role/GtExecution"),
            document: trust(),
        },
        Change::PutBucketCors { bucket: arn("arn:aws:s3:::signs-raw"), rules: vec![raw, other] },
        Change::PutKeyPolicy {
            key: arn("arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
            document: key,
        },
    ]
}

fn trust_free() -> Document {
    document(json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "sagemaker:ListLabelingJobs", "Resource": "*" } ] }))
}

/// Changes that could only be made of a forged snapshot, or of names that are meant to do harm.
fn hostile() -> Vec<Change> {
    vec![
        inline(&format!("arn:aws:iam::111122223333:role/{HOSTILE_NAME}"), HOSTILE_NAME, grant(HOSTILE)),
        inline(&format!("arn:aws:iam::111122223333:role/{HOSTILE_NAME}"), "\u{1b}[31m", trust_free()),
        inline("arn:aws:sts::111122223333:assumed-role/a/b", "any", trust_free()),
        inline("arn:aws:iam::111122223333:user/mia", "2", grant("{{resolve:secretsmanager:all}}")),
        inline("arn:aws:iam::111122223333:user/mia", "3", document(json!({ "Statement": [], "Fn::Transform": "x" }))),
    ]
}

fn spelled(form: Form, changes: &[Change], said: &[String]) -> String {
    let explained: Vec<_> = changes.iter().map(|change| Explained { change, said }).collect();
    spell(form, &explained)
}

#[test]
fn each_form_of_every_change() {
    let said = ["closes bucket-out-of-reach 0123456789abcdef".to_owned(), "proved by deciding again".to_owned()];
    insta::assert_snapshot!("fixes for the AWS CLI", spelled(Form::Cli, &changes(), &said));
    insta::assert_snapshot!("fixes for Terraform", spelled(Form::Terraform, &changes(), &said));
    insta::assert_snapshot!("fixes for CloudFormation", spelled(Form::CloudFormation, &changes(), &said));
}

#[test]
fn each_form_of_hostile_changes() {
    let said = [HOSTILE.to_owned()];
    insta::assert_snapshot!("hostile fixes for the AWS CLI", spelled(Form::Cli, &hostile(), &said));
    insta::assert_snapshot!("hostile fixes for Terraform", spelled(Form::Terraform, &hostile(), &said));
    insta::assert_snapshot!("hostile fixes for CloudFormation", spelled(Form::CloudFormation, &hostile(), &said));
}

#[test]
fn without_a_stand_alone_resource_there_is_no_template() {
    let text = spelled(Form::CloudFormation, &changes()[4..], &[]);
    assert!(text.lines().all(|line| line.is_empty() || line.starts_with('#')), "{text}");
    assert!(text.contains("Nothing here can be deployed"));
}

#[test]
fn labels_differ_where_names_do_not() {
    let role = |name: &str| inline(&format!("arn:aws:iam::1:role/{name}"), "p", trust_free());
    let changes = [role("a-b"), role("a.b"), role("a_b_p_2"), role("a@b"), role("é"), role("1")];
    let terraform = spelled(Form::Terraform, &changes, &[]);
    let labels: Vec<_> =
        terraform.lines().filter_map(|l| l.strip_prefix("resource \"aws_iam_role_policy\" ")).collect();
    assert_eq!(
        labels,
        ["\"a_b_p\" {", "\"a_b_p_2\" {", "\"a_b_p_2_p\" {", "\"a_b_p_3\" {", "\"p\" {", "\"fix_1_p\" {"]
    );
    let template = spelled(Form::CloudFormation, &changes[..2], &[]);
    assert!(template.contains("\n  ABP:\n") && template.contains("\n  ABPX2:\n"), "{template}");
}

// The shell.

fn run(mut command: Command, input: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writing = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    // A tool may end before it has read all.
    let _: std::io::Result<()> = writing.join().unwrap();
    output
}

/// Each command's arguments, as a real shell hands them on.
fn arguments(script: &str) -> Vec<Vec<String>> {
    // A function of that name, and nothing else that could be run.
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("script");
    std::fs::write(&file, format!("aws() {{ printf '%s\\0' \"$#\" \"$@\"; }}\n{script}")).unwrap();
    let mut parsed = Command::new("/bin/sh");
    parsed.arg("-n").arg(&file);
    let parsed = run(parsed, "");
    assert!(parsed.status.success() && parsed.stderr.is_empty(), "{parsed:?}\n{script}");
    let mut shell = Command::new("/bin/sh");
    shell.arg(&file).env_clear().env("PATH", directory.path());
    let output = run(shell, "");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}\n{script}");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut words = text.split_terminator('\0').map(str::to_owned);
    let mut commands = vec![];
    while let Some(count) = words.next() {
        commands.push(words.by_ref().take(count.parse().unwrap()).collect());
    }
    commands
}

/// `--option value`, or `--option=value` where it would else be an option itself.
fn option(name: &str, value: &str) -> Vec<String> {
    if value.starts_with('-') { vec![format!("{name}={value}")] } else { vec![name.to_owned(), value.to_owned()] }
}

#[test]
fn the_shell_hands_on_what_was_meant() {
    let commands = arguments(&spelled(Form::Cli, &changes(), &[HOSTILE.to_owned()]));
    let shown: Vec<_> = commands.iter().map(|words| words[..words.len() - 1].join(" ")).collect();
    assert_eq!(
        shown,
        [
            "iam put-role-policy --role-name GtExecution --policy-name gt-audit-signs --policy-document",
            "iam put-user-policy --user-name mia --policy-name gt-audit-console --policy-document",
            "iam put-group-policy --group-name labelers --policy-name gt-audit-console --policy-document",
            "iam create-policy-version --policy-arn arn:aws:iam::111122223333:policy/teams/Signs --set-as-default \
             --policy-document",
            "iam update-assume-role-policy --role-name GtExecution --policy-document",
            "s3api put-bucket-cors --bucket signs-raw --cors-configuration",
            "kms put-key-policy --region eu-west-1 --key-id 1234abcd-12ab-34cd-56ef-1234567890ab --policy-name default \
             --policy",
        ]
    );
    for (change, words) in changes().iter().zip(&commands) {
        let json: Value = serde_json::from_str(words.last().unwrap()).unwrap();
        match meant(change) {
            Some(document) => assert_eq!(json, *document.json()),
            None => assert_eq!(json["CORSRules"].as_array().unwrap().len(), 2),
        }
    }
}

fn meant(change: &Change) -> Option<&Document> {
    match change {
        Change::PutInlinePolicy { document, .. }
        | Change::PutPolicyVersion { document, .. }
        | Change::PutTrustPolicy { document, .. }
        | Change::PutKeyPolicy { document, .. } => Some(document),
        Change::PutBucketCors { .. } => None,
    }
}

const PIECES: &[&str] = &[
    "'", "\"", "\\", "$", "${", "$(", "%{", "%", "{", "}", "`", "\n", "\r\n", "#", "!", "\0", "\u{1b}", "\u{85}",
    "\u{2028}", "\u{feff}", "\u{fffe}", "*", "&", ": ", "- ", "EOF", "é", " ", "~", "null", "yes", "1e3", "2026-1-1",
    "Null", "",
];

/// Texts of what breaks out of shells, templates and comments, and of anything else.
fn hostile_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![3 => select(PIECES).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// The same without what no name can have, nor a shell take.
fn hostile_name() -> impl Strategy<Value = String> {
    let is_steering = gt_audit::report::text::is_steering;
    hostile_text().prop_map(move |text| text.replace(['/', ':', '\u{fffe}', '\u{ffff}'], "").replace(is_steering, ""))
}

fn hostile_change() -> impl Strategy<Value = Change> {
    (hostile_name(), hostile_name(), hostile_text(), hostile_text(), hostile_text()).prop_map(
        |(role, name, key, value, other)| {
            let mut statement = json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": [&value, other],
                "Condition": { "StringLike": { "s3:prefix": value } } });
            statement["Condition"]["StringLike"][format!("aws:RequestTag/{key}")] = key.clone().into();
            inline(&format!("arn:aws:iam::1:role/p/{role}"), &name, document(json!({ "Statement": [statement] })))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_shell_hands_on_hostile_text_byte_for_byte(changes in prop::collection::vec(hostile_change(), 1..12)) {
        let commands = arguments(&spelled(Form::Cli, &changes, &[]));
        prop_assert_eq!(commands.len(), changes.len());
        for (change, mut words) in changes.iter().zip(commands) {
            let Change::PutInlinePolicy { identity, name, document } = change else { panic!("{change:?}") };
            let json: Value = serde_json::from_str(&words.pop().unwrap()).unwrap();
            prop_assert_eq!(&json, document.json());
            let head = ["iam", "put-role-policy"].map(str::to_owned).to_vec();
            let options = [option("--role-name", identity.name()), option("--policy-name", name)].concat();
            prop_assert_eq!(words, [head, options, vec!["--policy-document".to_owned()]].concat());
        }
    }

    #[test]
    fn what_is_said_stays_in_comments(change in hostile_change(), said in hostile_text()) {
        let code = |text: &str| text.lines().filter(|l| !l.trim().is_empty() && !l.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n");
        for form in FORMS {
            let with = spelled(form, std::slice::from_ref(&change), std::slice::from_ref(&said));
            let without = spelled(form, std::slice::from_ref(&change), &[]);
            prop_assert_eq!(code(&with), code(&without));
            prop_assert!(with.chars().all(|c| c == '\n' || !gt_audit::report::text::is_steering(c)));
        }
    }
}
