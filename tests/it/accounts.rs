//! The accounts that tests begin with, and small changes to them.

use std::path::{Path, PathBuf};

use gt_audit::account::snapshot::Snapshot;
use gt_audit::account::{Account, Bucket, Fact, Function, Role, Unknown};
use gt_audit::arn::Arn;
use gt_audit::audit::{Options, audit};
use gt_audit::evaluation::{Unmet, wording};
use gt_audit::finding::Finding;
use gt_audit::policy::Document;
use gt_audit::report::Report;

pub const OPTIONS: Options<'static> = Options::DEFAULT;

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// One execution role, one bucket, one function, and nothing wrong with them.
pub fn healthy() -> Snapshot {
    Snapshot::read(&root().join("tests/accounts/healthy.json")).unwrap()
}

/// The account that LocalStack is seeded with.
pub fn story() -> Snapshot {
    Snapshot::read(&story_path()).unwrap()
}

pub fn story_path() -> PathBuf {
    root().join("localstack/story.json")
}

/// The healthy account's report after a change.
pub fn report_after(change: impl FnOnce(&mut Account)) -> Report {
    let mut snapshot = healthy();
    change(&mut snapshot.account);
    audit(&snapshot, OPTIONS)
}

pub fn gap(action: &str) -> Unknown {
    Unknown::refused(action, "*", "AccessDenied", "no")
}

/// What of a job's fields is not allowed or wrong: field, action (`-` where it is none of permissions) and resource.
pub fn blocked(finding: &Finding) -> Vec<(&'static str, String, String)> {
    let mut blocked = vec![];
    for Unmet { requirement, .. } in &finding.causes {
        let action = if requirement.action.is_empty() { "-" } else { &requirement.action };
        let one = (requirement.field, action.to_owned(), wording::resource(&requirement.on));
        if !blocked.contains(&one) {
            blocked.push(one);
        }
    }
    blocked
}

pub fn document(text: &str) -> Document {
    Document::parse(text).unwrap()
}

pub fn known<T>(fact: &mut Fact<T>) -> &mut T {
    match fact {
        Fact::Known(fact) => fact,
        Fact::Unknown(gap) => panic!("{gap:?}"),
    }
}

/// The healthy account's execution role.
pub fn role(account: &mut Account) -> &mut Role {
    known(&mut account.iam.roles).iter_mut().find(|role| role.arn.name() == "GtExecution").unwrap()
}

pub fn bucket(account: &mut Account) -> &mut Bucket {
    known(&mut account.buckets).first_mut().unwrap()
}

pub fn function(account: &mut Account) -> &mut Function {
    known(&mut account.regions.get_mut("us-east-1").unwrap().functions).first_mut().unwrap()
}

pub fn rename_bucket(account: &mut Account, name: &str) {
    bucket(account).arn = Arn::bucket("aws", name);
    known(&mut bucket(account).tags).clear();
}

pub fn rename_function(account: &mut Account, name: &str) {
    function(account).arn = Arn::parse(format!("arn:aws:lambda:us-east-1:111122223333:function:{name}")).unwrap();
}

pub fn inline(account: &mut Account, text: &str) {
    known(&mut role(account).grants.inline).insert("more".to_owned(), Fact::Known(document(text)));
}

/// Reads a file of the repository.
pub fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
