//! How long policies may be, so that no change is offered that IAM would refuse.
//!
//! Source: IAM User Guide, `reference_iam-quotas` (2026-11): characters, white space not counted; KMS Developer Guide,
//! `resource-limits`; Amazon S3 User Guide, `ManageCorsUsing`.

use super::Change;
use super::apply::identity;
use super::effect::Rejected;
use crate::account::{Account, Fact};
use crate::policy::Document;

/// All inline policies of an identity together.
const OF_ROLE: usize = 10_240;
const OF_GROUP: usize = 5_120;
const OF_USER: usize = 2_048;
/// One managed policy.
const MANAGED: usize = 6_144;
/// One trust policy, unless more was asked for.
const TRUST: usize = 2_048;
/// One key policy, in bytes.
const KEY: usize = 32_768;
/// The rules of a bucket.
const CORS: usize = 100;

/// Is what a change puts in place, which is there already, not too long?
pub(super) fn hold(account: &Account, change: &Change) -> Result<(), Rejected> {
    let (what, length, most) = match change {
        Change::PutInlinePolicy { identity: arn, .. } => {
            let inline = identity(account, arn).map(|identity| &identity.own_grants().inline);
            let documents = inline.and_then(|inline| inline.known().ok()).into_iter().flatten();
            let length = documents.map(|(_, document)| if let Fact::Known(d) = document { length(d) } else { 0 }).sum();
            let most = match arn.resource().split('/').next() {
                Some("user") => OF_USER,
                Some("group") => OF_GROUP,
                _ => OF_ROLE,
            };
            ("the inline policies", length, most)
        }
        Change::PutPolicyVersion { document, .. } => ("the policy", length(document), MANAGED),
        Change::PutTrustPolicy { document, .. } => ("the trust policy", length(document), TRUST),
        Change::PutKeyPolicy { document, .. } => ("the key policy", document.json().to_string().len(), KEY),
        Change::PutBucketCors { rules, .. } => ("the list of rules", rules.len(), CORS),
    };
    if length > most {
        return Err(Rejected(format!(
            "{what} of `{}` would be too long: {length}, and AWS takes {most}; narrow what is meant, or attach a managed policy",
            change.resource().name()
        )));
    }
    Ok(())
}

fn length(document: &Document) -> usize {
    document.json().to_string().chars().filter(|c| !c.is_whitespace()).count()
}
