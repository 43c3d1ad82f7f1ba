//! What both ways of asking IAM read alike: tags, boundaries and attached policies.

use aws_sdk_iam::types::{AttachedPermissionsBoundary, AttachedPolicy, Tag};

use crate::account::{Fact, Tags, Unknown};
use crate::arn::Arn;
use crate::collect::refusal::malformed;

/// What one page holds at most.
pub(super) const MOST: i32 = 1000;

/// The managed policies that are attached, ascending.
pub(in crate::collect) fn attached_arns(
    action: &str,
    to: &Arn,
    attached: Option<Vec<AttachedPolicy>>,
) -> Fact<Vec<Arn>> {
    let arns = attached.unwrap_or_default().into_iter().map(|policy| {
        let text = policy.policy_arn.unwrap_or_default();
        Arn::parse(text).map_err(|error| malformed(action, to.as_str(), &format!("attached policy: {error}")))
    });
    let sorted = arns.collect::<Result<Vec<_>, _>>().map(|mut arns| {
        arns.sort_unstable();
        arns
    });
    sorted.into()
}

/// The policy that limits a role or user.
pub(in crate::collect) fn boundary(
    action: &str,
    of: &Arn,
    boundary: Option<AttachedPermissionsBoundary>,
) -> Fact<Option<Arn>> {
    let arn = boundary.map(|boundary| {
        let text = boundary.permissions_boundary_arn.unwrap_or_default();
        Arn::parse(text).map_err(|error| malformed(action, of.as_str(), &format!("permissions boundary: {error}")))
    });
    arn.transpose().into()
}

pub(in crate::collect) fn tags(tags: Option<Vec<Tag>>) -> Tags {
    tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect()
}

/// The unique id that AWS gives every role and user. One without is an emulator's, and no gap.
pub(super) fn id(action: &str, id: Option<String>) -> Fact<String> {
    id.filter(|id| !id.is_empty()).ok_or_else(|| Unknown::not_asked(action, "*")).into()
}
