//! How fast the policy engine is: `cargo bench --no-default-features`. The figures that hold are in README.md.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what is measured is part of the program")]

mod accounts;
mod manifests;
mod reports;

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher, black_box};
use gt_audit::access::Access;
use gt_audit::arn::Arn;
use gt_audit::audit::{Options, audit};
use gt_audit::knowledge::managed;
use gt_audit::policy::Document;
use gt_audit::policy::compile::{Kind, Policies};
use gt_audit::policy::cover::Set;
use gt_audit::policy::decide::decide;
use gt_audit::policy::principal::Requester;
use gt_audit::policy::reach::Reach;
use gt_audit::policy::request::{Context, Request};
use gt_audit::preflight::manifest;
use gt_audit::report::html;
use gt_audit::report::table::Reading;

/// Counts what is allocated: deciding should not.
#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const FOUR: [&str; 4] = [
    "AmazonSageMakerFullAccess",
    "AmazonSageMakerGroundTruthExecution",
    "AmazonAugmentedAIFullAccess",
    "AWSLambda_FullAccess",
];

/// What a labeling job's role is asked for, and some that it is refused.
const ASKED: [(&str, &str); 8] = [
    ("s3:GetObject", "arn:aws:s3:::acme-street-signs/images/000123.jpg"),
    ("s3:GetObject", "arn:aws:s3:::acme-sagemaker-input/manifests/train.manifest"),
    ("s3:PutObject", "arn:aws:s3:::acme-labels/output/job-7/annotations/worker-response/1.json"),
    ("s3:ListBucket", "arn:aws:s3:::acme-street-signs"),
    ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:111122223333:function:acme-pre-LabelingFunction"),
    ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:111122223333:function:acme-recipe"),
    ("logs:PutLogEvents", "arn:aws:logs:us-east-1:111122223333:log-group:/aws/sagemaker/LabelingJobs:log-stream:1"),
    ("kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
];

const INLINE: [&str; 2] = [
    r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":["arn:aws:s3:::acme-street-signs/*","arn:aws:s3:::acme-labels/*"]},
        {"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::acme-street-signs","Condition":{"StringLike":{"s3:prefix":"images/*"}}}]}"#,
    r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"lambda:Invoke*","Resource":"arn:aws:lambda:us-east-1:111122223333:function:acme-*"},
        {"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#,
];

fn main() {
    divan::main();
}

fn role() -> Requester {
    Requester::Role(Arn::iam("aws", "111122223333", "role/GtExecution"))
}

fn context() -> Context {
    let mut context = Context::closed();
    context.set("aws:SecureTransport", ["true"]);
    context.set("aws:PrincipalArn", ["arn:aws:iam::111122223333:role/GtExecution"]);
    context.set("aws:PrincipalAccount", ["111122223333"]);
    context.set("aws:ResourceAccount", ["111122223333"]);
    context
}

fn four() -> Policies<'static, ()> {
    let mut policies = Policies::new();
    for name in FOUR {
        let version = managed::known(name).unwrap();
        policies.add(Kind::Identity, name, Some(&version.version), &version.document);
    }
    policies
}

fn decisions(bencher: Bencher<'_, '_>, policies: &Policies<'_, ()>) {
    let (requester, context) = (role(), context());
    let actions = ASKED.map(|(action, resource)| (action.to_ascii_lowercase(), resource));
    bencher.counter(ItemsCount::new(ASKED.len())).bench_local(|| {
        for (action, resource) in &actions {
            let request = Request::new(action, &requester, Some("111122223333"), &context);
            black_box(decide(&[policies], &request, black_box(resource)));
        }
    });
}

/// One decision is one item: mixed requests of a role with two small inline policies.
#[divan::bench]
fn decide_two_small_policies(bencher: Bencher<'_, '_>) {
    let documents = INLINE.map(|text| Document::parse(text).unwrap());
    let mut policies = Policies::new();
    for document in &documents {
        policies.add(Kind::Identity, "inline", None, document);
    }
    decisions(bencher, &policies);
}

/// One decision is one item: the same requests of a role with four managed policies.
#[divan::bench]
fn decide_four_managed_policies(bencher: Bencher<'_, '_>) {
    decisions(bencher, &four());
}

/// From the parsed documents of the four managed policies.
#[divan::bench]
fn compile_four_managed_policies(bencher: Bencher<'_, '_>) {
    four();
    bencher.bench_local(|| black_box(four()));
}

fn reach() -> Reach<()> {
    let version = managed::known("AmazonSageMakerGroundTruthExecution").unwrap();
    let mut policies = Policies::new();
    policies.add(Kind::Identity, "managed", None, &version.document);
    Reach::new(&[&policies], &Request::new("s3:GetObject", &role(), None, &Context::open()))
}

/// Everything below a bucket, under AmazonSageMakerGroundTruthExecution v3: compiled, settled, and the automaton built.
#[divan::bench]
fn cover_cold(bencher: Bencher<'_, '_>) {
    reach();
    bencher
        .bench_local(|| reach().cover(black_box(&Set::Below("arn:aws:s3:::acme-street-signs/"))).map(|all| all.len()));
}

/// The same from the built automaton.
#[divan::bench]
fn cover_built(bencher: Bencher<'_, '_>) {
    let reach = reach();
    reach.cover(&Set::Below("arn:aws:s3:::b/")).unwrap();
    bencher.bench_local(|| reach.cover(black_box(&Set::Below("arn:aws:s3:::acme-street-signs/"))).map(|all| all.len()));
}

/// A policy of so many statements, each for the directories of one name in the buckets of a team; every fifth is a Deny.
fn of_many_statements(count: usize) -> Document {
    let statement = |n: usize| {
        let effect = if n % 5 == 4 { "Deny" } else { "Allow" };
        format!(r#"{{"Effect":"{effect}","Action":"s3:*","Resource":"arn:aws:s3:::team-a-*/prefix-{n}/*"}}"#)
    };
    let statements: Vec<String> = (0..count).map(statement).collect();
    Document::parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))).unwrap()
}

/// The same, with three wildcards and a directory inside another.
fn of_many_nested(count: usize) -> Document {
    let statement = |n: usize| {
        let effect = if n % 5 == 4 { "Deny" } else { "Allow" };
        format!(r#"{{"Effect":"{effect}","Action":"s3:*","Resource":"arn:aws:s3:::*/prefix-{n}/*/part-{n}/*"}}"#)
    };
    let statements: Vec<String> = (0..count).map(statement).collect();
    Document::parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))).unwrap()
}

fn cover_of(bencher: Bencher<'_, '_>, document: &Document) {
    let mut policies = Policies::<()>::new();
    policies.add(Kind::Identity, "inline", None, document);
    let (requester, context) = (role(), Context::open());
    let request = Request::new("s3:GetObject", &requester, None, &context);
    bencher.bench_local(|| {
        let reach = Reach::new(&[&policies], &request);
        reach.below(black_box("arn:aws:s3:::team-a-data/")).map(|all| all.len())
    });
}

/// Everything below a bucket, under so many statements of one wildcard before the last: settled, and decided.
#[divan::bench(args = [8, 40, 200, 400])]
fn cover_of_statements(bencher: Bencher<'_, '_>, statements: usize) {
    cover_of(bencher, &of_many_statements(statements));
}

/// The same under statements of two wildcards before the last.
#[divan::bench(args = [8, 40, 200, 400])]
fn cover_of_nested_statements(bencher: Bencher<'_, '_>, statements: usize) {
    cover_of(bencher, &of_many_nested(statements));
}

/// A whole audit of an account of so many roles, buckets and functions; one of each is one item.
#[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 3, sample_size = 1)]
fn audit_of_an_account(bencher: Bencher<'_, '_>, size: usize) {
    let snapshot = accounts::account(size);
    bencher.counter(ItemsCount::new(size)).bench_local(|| audit(black_box(&snapshot), Options::DEFAULT));
}

/// So many findings, the story's many times over, as one HTML file; a finding is one item.
#[divan::bench(args = [1_000, 10_000], sample_count = 5, sample_size = 1)]
fn html_of_findings(bencher: Bencher<'_, '_>, count: usize) {
    let (snapshot, report) = reports::of_findings(count);
    let access = Access::new(&snapshot.account);
    let text = |reason: &_, about: &[&_]| access.statement(reason, about).cloned();
    bencher
        .counter(ItemsCount::new(count))
        .bench_local(|| html::write(black_box(&report), &Reading::default(), &text).unwrap());
}

/// An input manifest of a million objects, one line of it one item: all in one directory, in a directory each, and as an
/// output manifest that is labeled again.
#[divan::bench(args = manifests::ALL, sample_count = 3, sample_size = 1)]
fn manifest_of_a_million_lines(bencher: Bencher<'_, '_>, line: &manifests::Line) {
    bencher.counter(ItemsCount::new(manifests::LINES)).bench_local(|| {
        let manifest = manifest::read(manifests::Lines::new(line)).unwrap();
        assert_eq!((manifest.objects, manifest.broken), (manifests::LINES, 0));
        manifest
    });
}
