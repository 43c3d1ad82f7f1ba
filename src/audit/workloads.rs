//! What a configuration names and the account does not have: a slip there would silence what the workload is there for.

use crate::account::{Account, Bucket, Function};
use crate::labeling::workload::Workload;

/// A note for each role, bucket and function of a workload that is not there; where a list could not be read, nothing can
/// be said of it, and the gap is.
pub(super) fn notes(account: &Account, workloads: &[Workload]) -> Vec<String> {
    let functions: Option<Vec<&Vec<Function>>> =
        account.regions.values().map(|regional| regional.functions.known().ok()).collect();
    let mut notes = vec![];
    for workload in workloads {
        let mut missing = |what: String| {
            notes.push(format!(
                "workload `{}` names {what}, and there is none such: nothing is audited for it",
                workload.name
            ));
        };
        if account.iam.roles.known().is_ok_and(|roles| !roles.iter().any(|role| role.arn == workload.role)) {
            missing(format!("the role `{}`", workload.role));
        }
        for bucket in &workload.buckets {
            let is_it = |other: &Bucket| other.arn.resource() == bucket.name;
            if account.buckets.known().is_ok_and(|buckets| !buckets.iter().any(is_it)) {
                missing(format!("the bucket `{}`", bucket.name));
            }
        }
        for named in &workload.functions {
            let is_there = |lists: &Vec<&Vec<Function>>| lists.iter().copied().flatten().any(|f| named.is(&f.arn));
            if functions.as_ref().is_some_and(|lists| !is_there(lists)) {
                missing(format!("the function `{named}` in the audited regions"));
            }
        }
    }
    notes
}
