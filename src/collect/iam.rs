//! IAM: roles, users, groups and the managed policies they carry.
//!
//! Asks for all of it in pages of a thousand; where that is refused, `each` asks role by role. Knows how IAM spells
//! documents, boundaries and tags, and nothing of what they decide.

mod each;
mod policies;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{AttachedPolicy, GroupDetail, ManagedPolicyDetail, PolicyDetail, RoleDetail, UserDetail};

use super::aws::Aws;
use super::calls::{GET_ACCOUNT_AUTHORIZATION_DETAILS, LIST_ACCOUNT_ALIASES};
use super::document;
use super::gate::{Page, pages};
use super::refusal::{arn, is_final};
use crate::account::concerns::Named;
use crate::account::{Fact, Grants, Group, Iam, ManagedPolicy, Role, Unknown, User};
use crate::arn::Arn;
use read::{MOST, attached_arns, boundary, id, tags};

/// The account's name for people.
pub(super) async fn alias(aws: &Aws) -> Fact<Option<String>> {
    let request = aws.iam.list_account_aliases().send();
    let answer = aws.gate.ask(&LIST_ACCOUNT_ALIASES, &aws.home, "*", request).await;
    // An account has one alias at most; what is a list was made for more.
    answer.map(|answer| answer.account_aliases.into_iter().next()).map_err(Unknown::from).into()
}

/// All of IAM that the audit reads.
pub(super) async fn iam(aws: &Aws, gaps: &mut Vec<Unknown>) -> Iam {
    let mut iam = match pages_of_details(aws).await {
        Ok(details) => of_details(details, gaps),
        Err(gap) if is_final(&gap) => {
            let (roles, users) = (Fact::Unknown(gap.clone()), Fact::Unknown(gap.clone()));
            Iam { roles, users, groups: Fact::Unknown(gap), policies: BTreeMap::new() }
        }
        Err(refused) => each::iam(aws, refused, gaps).await,
    };
    policies::complete(aws, &mut iam).await;
    iam
}

/// These roles and users alone, with what they carry; all of IAM where one of them may not be read by itself.
pub(super) async fn named(aws: &Aws, names: &BTreeSet<Named>, gaps: &mut Vec<Unknown>) -> Iam {
    match each::named(aws, names).await {
        Ok(mut iam) => {
            policies::complete(aws, &mut iam).await;
            iam
        }
        Err(_) => self::iam(aws, gaps).await,
    }
}

/// One item of the four lists of a page.
enum Detail {
    Role(RoleDetail),
    User(UserDetail),
    Group(GroupDetail),
    Policy(ManagedPolicyDetail),
}

async fn pages_of_details(aws: &Aws) -> Result<Vec<Detail>, Unknown> {
    const CALL: &super::calls::Call = &GET_ACCOUNT_AUTHORIZATION_DETAILS;
    pages(CALL, async |marker| {
        let patient = aws_sdk_iam::config::Builder::default().timeout_config(aws.slow());
        let request = aws.iam.get_account_authorization_details().max_items(MOST).set_marker(marker);
        let page = aws.gate.ask(CALL, &aws.home, "*", request.customize().config_override(patient).send()).await?;
        let roles = page.role_detail_list.unwrap_or_default().into_iter().map(Detail::Role);
        let users = page.user_detail_list.unwrap_or_default().into_iter().map(Detail::User);
        let groups = page.group_detail_list.unwrap_or_default().into_iter().map(Detail::Group);
        let policies = page.policies.unwrap_or_default().into_iter().map(Detail::Policy);
        Ok(Page { items: roles.chain(users).chain(groups).chain(policies).collect(), next: page.marker })
    })
    .await
}

/// Sorted by ARN; what changed between two pages counts as it came last.
fn of_details(details: Vec<Detail>, gaps: &mut Vec<Unknown>) -> Iam {
    let (mut roles, mut users, mut groups) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let mut policies = BTreeMap::new();
    for detail in details {
        let read = match detail {
            Detail::Role(detail) => role(detail).map(|role| drop(roles.insert(role.arn.clone(), role))),
            Detail::User(detail) => user(detail).map(|user| drop(users.insert(user.arn.clone(), user))),
            Detail::Group(detail) => group(detail).map(|group| drop(groups.insert(group.arn.clone(), group))),
            Detail::Policy(detail) => managed_policy(detail).map(|read| policies.extend(read)),
        };
        gaps.extend(read.err());
    }
    Iam {
        roles: Fact::Known(roles.into_values().collect()),
        users: Fact::Known(users.into_values().collect()),
        groups: Fact::Known(groups.into_values().collect()),
        policies,
    }
}

/// The action by which everything in this module came.
const ACTION: &str = GET_ACCOUNT_AUTHORIZATION_DETAILS.action;

fn role(detail: RoleDetail) -> Result<Role, Unknown> {
    let arn = arn(ACTION, detail.arn.as_deref())?;
    Ok(Role {
        id: id(ACTION, detail.role_id),
        trust: document::read(ACTION, &arn, "trust policy", detail.assume_role_policy_document.as_deref()),
        grants: grants(&arn, detail.attached_managed_policies, detail.role_policy_list),
        boundary: boundary(ACTION, &arn, detail.permissions_boundary),
        tags: Fact::Known(tags(detail.tags)),
        arn,
    })
}

fn user(detail: UserDetail) -> Result<User, Unknown> {
    let arn = arn(ACTION, detail.arn.as_deref())?;
    let mut groups = detail.group_list.unwrap_or_default();
    groups.sort_unstable();
    Ok(User {
        id: id(ACTION, detail.user_id),
        grants: grants(&arn, detail.attached_managed_policies, detail.user_policy_list),
        groups: Fact::Known(groups),
        boundary: boundary(ACTION, &arn, detail.permissions_boundary),
        tags: Fact::Known(tags(detail.tags)),
        arn,
    })
}

fn group(detail: GroupDetail) -> Result<Group, Unknown> {
    let arn = arn(ACTION, detail.arn.as_deref())?;
    Ok(Group { grants: grants(&arn, detail.attached_managed_policies, detail.group_policy_list), arn })
}

/// Nothing if the default version is not among those that came: it is asked for like a policy that is missing.
fn managed_policy(detail: ManagedPolicyDetail) -> Result<Option<(Arn, Fact<ManagedPolicy>)>, Unknown> {
    let arn = arn(ACTION, detail.arn.as_deref())?;
    let default = detail.policy_version_list.unwrap_or_default().into_iter().find(|version| version.is_default_version);
    Ok(default.and_then(|default| {
        let document = document::read(ACTION, &arn, "policy", default.document.as_deref());
        Some((arn, Fact::Known(ManagedPolicy { version: default.version_id?, document })))
    }))
}

fn grants(arn: &Arn, attached: Option<Vec<AttachedPolicy>>, inline: Option<Vec<PolicyDetail>>) -> Grants {
    let mut policies = BTreeMap::new();
    for policy in inline.unwrap_or_default() {
        let name = policy.policy_name.unwrap_or_default();
        let what = format!("inline policy `{name}`");
        policies.insert(name, document::read(ACTION, arn, &what, policy.policy_document.as_deref()));
    }
    Grants { attached: attached_arns(ACTION, arn, attached), inline: Fact::Known(policies) }
}
