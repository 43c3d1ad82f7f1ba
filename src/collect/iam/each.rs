//! IAM one by one: the way for an account that refuses `GetAccountAuthorizationDetails`.
//!
//! Makes the same facts of some four calls a role instead of one for a thousand. A call that is refused here leaves a
//! gap in just the facts that depend on it.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use futures_util::future::{join, join3, join4};

use super::read::{MOST, attached_arns, boundary, id, tags};
use crate::account::concerns::Named;
use crate::account::{Fact, Grants, Group, Iam, Role, Tags, Unknown, User};
use crate::arn::Arn;
use crate::collect::aws::Aws;
use crate::collect::calls::{
    Call, GET_GROUP_POLICY, GET_ROLE, GET_ROLE_POLICY, GET_USER, GET_USER_POLICY, LIST_ATTACHED_GROUP_POLICIES,
    LIST_ATTACHED_ROLE_POLICIES, LIST_ATTACHED_USER_POLICIES, LIST_GROUP_POLICIES, LIST_GROUPS, LIST_GROUPS_FOR_USER,
    LIST_ROLE_POLICIES, LIST_ROLES, LIST_USER_POLICIES, LIST_USERS,
};
use crate::collect::document;
use crate::collect::gate::{Page, each, pages};
use crate::collect::refusal::{AwsError, Failure, Refusal, arn, malformed};

/// IAM without its managed policies. Why the other way failed is only told if this one left a gap too.
pub(in crate::collect) async fn iam(aws: &Aws, refused: Unknown, gaps: &mut Vec<Unknown>) -> Iam {
    let one_by_one = OneByOne { aws, refused: AtomicBool::new(false) };
    let lists = join3(one_by_one.roles(), one_by_one.users(), one_by_one.groups());
    let (roles, users, groups) = Box::pin(lists).await;
    if one_by_one.refused.into_inner() {
        gaps.push(refused);
    }
    Iam { roles: roles.into(), users: users.into(), groups: groups.into(), policies: BTreeMap::new() }
}

/// These roles and users alone, the groups of the users, and what they carry. Lists that the names do not ask for are not
/// asked for; who is not there is not in the list.
///
/// # Errors
///
/// When one of them could not be read at all.
pub(in crate::collect) async fn named(aws: &Aws, names: &BTreeSet<Named>) -> Result<Iam, Unknown> {
    let one_by_one = OneByOne { aws, refused: AtomicBool::new(false) };
    let asked = each(names.clone(), async |name| match name {
        Named::Resource(name) => Ok((one_by_one.trust_of(&name).await?, None)),
        Named::Role(name) => Ok((one_by_one.role_named(&name).await?, None)),
        Named::User(name) => Ok((None, one_by_one.user_named(&name).await?)),
        Named::Either(name) => match one_by_one.role_named(&name).await? {
            Some(role) => Ok((Some(role), None)),
            None => Ok((None, one_by_one.user_named(&name).await?)),
        },
    });
    let asked = asked.await.into_iter().collect::<Result<Vec<_>, Unknown>>()?;
    let (roles, users): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
    // A role is named by its session too; and one that is asked about as a resource may be the one that asks, and comes first.
    let roles: BTreeMap<Arn, Role> = roles.into_iter().flatten().map(|role| (role.arn.clone(), role)).collect();
    let users: BTreeMap<Arn, User> = users.into_iter().flatten().map(|user| (user.arn.clone(), user)).collect();
    let groups: BTreeSet<String> =
        users.values().flat_map(|user| user.groups.known().into_iter().flatten().cloned()).collect();
    let groups = each(groups, async |name| {
        let arn = Arn::iam(aws.partition(), &aws.account, &format!("group/{name}"));
        one_by_one.grants_of_group(&name, &arn).await.map(|grants| Group { arn, grants })
    });
    let groups = groups.await.into_iter().collect::<Result<Vec<_>, Unknown>>();
    let not_asked = |call: &Call| Unknown::not_asked(call.action, "*");
    let only_roles = names.iter().all(|name| matches!(name, Named::Role(_) | Named::Resource(_)));
    let only_users = names.iter().all(|name| matches!(name, Named::User(_)));
    Ok(Iam {
        roles: if only_users {
            Fact::Unknown(not_asked(&LIST_ROLES))
        } else {
            Fact::Known(roles.into_values().collect())
        },
        users: if only_roles {
            Fact::Unknown(not_asked(&LIST_USERS))
        } else {
            Fact::Known(users.into_values().collect())
        },
        groups: if only_roles { Fact::Unknown(not_asked(&LIST_GROUPS)) } else { groups.into() },
        policies: BTreeMap::new(),
    })
}

struct OneByOne<'a> {
    aws: &'a Aws,
    /// Was any of the calls refused?
    refused: AtomicBool,
}

impl OneByOne<'_> {
    fn ask<T, E: AwsError>(
        &self,
        call: &'static Call,
        resource: &str,
        request: impl Future<Output = Result<T, Failure<E>>>,
    ) -> impl Future<Output = Result<T, Refusal>> {
        let answer = self.aws.gate.ask(call, &self.aws.home, resource, request);
        async move {
            let answer = answer.await;
            if answer.is_err() {
                self.refused.store(true, Relaxed);
            }
            answer
        }
    }

    async fn roles(&self) -> Result<Vec<Role>, Unknown> {
        let roles = pages(&LIST_ROLES, async |marker| {
            let request = self.aws.iam.list_roles().max_items(MOST).set_marker(marker).send();
            let page = self.ask(&LIST_ROLES, "*", request).await?;
            Ok(Page::new(Some(page.roles), page.marker))
        });
        let roles = each(roles.await?, async |role| self.role(role).await).await;
        let mut roles = roles.into_iter().collect::<Result<Vec<_>, _>>()?;
        roles.sort_by(|a, b| a.arn.cmp(&b.arn));
        Ok(roles)
    }

    async fn role(&self, role: aws_sdk_iam::types::Role) -> Result<Role, Unknown> {
        let arn = arn(LIST_ROLES.action, Some(&role.arn))?;
        // ListRoles names the trust policy, but neither boundary nor tags.
        let details = async {
            let request = self.aws.iam.get_role().role_name(&role.role_name).send();
            let answer = self.ask(&GET_ROLE, arn.as_str(), request).await?;
            let role = answer.role.ok_or_else(|| malformed(GET_ROLE.action, arn.as_str(), "the answer is empty"))?;
            Ok((boundary(GET_ROLE.action, &arn, role.permissions_boundary), tags(role.tags)))
        };
        self.role_with(&role, &arn, details).await
    }

    /// The role with its policies; `details` are its boundary and tags.
    async fn role_with(
        &self,
        role: &aws_sdk_iam::types::Role,
        arn: &Arn,
        details: impl Future<Output = Result<(Fact<Option<Arn>>, Tags), Unknown>>,
    ) -> Result<Role, Unknown> {
        let (name, iam) = (role.role_name.as_str(), &self.aws.iam);
        let attached = pages(&LIST_ATTACHED_ROLE_POLICIES, async |marker| {
            let request = iam.list_attached_role_policies().role_name(name).max_items(MOST).set_marker(marker).send();
            let page = self.ask(&LIST_ATTACHED_ROLE_POLICIES, arn.as_str(), request).await?;
            Ok(Page::new(page.attached_policies, page.marker))
        });
        let names = pages(&LIST_ROLE_POLICIES, async |marker| {
            let request = iam.list_role_policies().role_name(name).max_items(MOST).set_marker(marker).send();
            let page = self.ask(&LIST_ROLE_POLICIES, arn.as_str(), request).await?;
            Ok(Page::new(Some(page.policy_names), page.marker))
        });
        let (details, attached, names) = Box::pin(join3(details, attached, names)).await;
        let inline = inline(&GET_ROLE_POLICY, arn, names, async |policy| {
            let request = iam.get_role_policy().role_name(name).policy_name(policy).send();
            self.ask(&GET_ROLE_POLICY, arn.as_str(), request).await.map(|answer| answer.policy_document)
        });
        let inline = inline.await;
        let (boundary, tags) = apart(details);
        Ok(Role {
            id: id(LIST_ROLES.action, Some(role.role_id.clone())),
            trust: document::read(LIST_ROLES.action, arn, "trust policy", role.assume_role_policy_document.as_deref()),
            grants: Grants { attached: listed(&LIST_ATTACHED_ROLE_POLICIES, arn, attached), inline },
            boundary,
            tags,
            arn: arn.clone(),
        })
    }

    async fn users(&self) -> Result<Vec<User>, Unknown> {
        let users = pages(&LIST_USERS, async |marker| {
            let request = self.aws.iam.list_users().max_items(MOST).set_marker(marker).send();
            let page = self.ask(&LIST_USERS, "*", request).await?;
            Ok(Page::new(Some(page.users), page.marker))
        });
        let users = each(users.await?, async |user| self.user(user).await).await;
        let mut users = users.into_iter().collect::<Result<Vec<_>, _>>()?;
        users.sort_by(|a, b| a.arn.cmp(&b.arn));
        Ok(users)
    }

    async fn user(&self, user: aws_sdk_iam::types::User) -> Result<User, Unknown> {
        let arn = arn(LIST_USERS.action, Some(&user.arn))?;
        let (name, iam) = (user.user_name.as_str(), &self.aws.iam);

        let details = async {
            let answer = self.ask(&GET_USER, arn.as_str(), iam.get_user().user_name(name).send()).await?;
            let user = answer.user.ok_or_else(|| malformed(GET_USER.action, arn.as_str(), "the answer is empty"))?;
            Ok((boundary(GET_USER.action, &arn, user.permissions_boundary), tags(user.tags)))
        };
        let attached = pages(&LIST_ATTACHED_USER_POLICIES, async |marker| {
            let request = iam.list_attached_user_policies().user_name(name).max_items(MOST).set_marker(marker).send();
            let page = self.ask(&LIST_ATTACHED_USER_POLICIES, arn.as_str(), request).await?;
            Ok(Page::new(page.attached_policies, page.marker))
        });
        let names = pages(&LIST_USER_POLICIES, async |marker| {
            let request = iam.list_user_policies().user_name(name).max_items(MOST).set_marker(marker).send();
            let page = self.ask(&LIST_USER_POLICIES, arn.as_str(), request).await?;
            Ok(Page::new(Some(page.policy_names), page.marker))
        });
        let groups = pages(&LIST_GROUPS_FOR_USER, async |marker| {
            let request = iam.list_groups_for_user().user_name(name).max_items(MOST).set_marker(marker).send();
            let page = self.ask(&LIST_GROUPS_FOR_USER, arn.as_str(), request).await?;
            Ok(Page::new(Some(page.groups), page.marker))
        });
        let (details, attached, names, groups) = Box::pin(join4(details, attached, names, groups)).await;
        let inline = inline(&GET_USER_POLICY, &arn, names, async |policy| {
            let request = iam.get_user_policy().user_name(name).policy_name(policy).send();
            self.ask(&GET_USER_POLICY, arn.as_str(), request).await.map(|answer| answer.policy_document)
        });
        let inline = inline.await;
        let groups = groups.map(|groups| {
            let mut names: Vec<_> = groups.into_iter().map(|group| group.group_name).collect();
            names.sort_unstable();
            names
        });
        let (boundary, tags) = apart(details);
        Ok(User {
            id: id(LIST_USERS.action, Some(user.user_id)),
            grants: Grants { attached: listed(&LIST_ATTACHED_USER_POLICIES, &arn, attached), inline },
            groups: groups.into(),
            boundary,
            tags,
            arn,
        })
    }

    /// One role without its policies, if there is one of this name.
    async fn trust_of(&self, name: &str) -> Result<Option<Role>, Unknown> {
        let Some((mut role, arn)) = self.read_role(name).await? else { return Ok(None) };
        let unread = |call: &Call| Unknown::not_asked(call.action, arn.as_str());
        Ok(Some(Role {
            id: id(GET_ROLE.action, Some(role.role_id)),
            trust: document::read(GET_ROLE.action, &arn, "trust policy", role.assume_role_policy_document.as_deref()),
            grants: Grants {
                attached: Fact::Unknown(unread(&LIST_ATTACHED_ROLE_POLICIES)),
                inline: Fact::Unknown(unread(&LIST_ROLE_POLICIES)),
            },
            boundary: boundary(GET_ROLE.action, &arn, role.permissions_boundary.take()),
            tags: Fact::Known(tags(role.tags.take())),
            arn,
        }))
    }

    /// One role, if there is one of this name.
    async fn role_named(&self, name: &str) -> Result<Option<Role>, Unknown> {
        let Some((mut role, arn)) = self.read_role(name).await? else { return Ok(None) };
        let details = (boundary(GET_ROLE.action, &arn, role.permissions_boundary.take()), tags(role.tags.take()));
        self.role_with(&role, &arn, async { Ok(details) }).await.map(Some)
    }

    /// What `GetRole` says of a role, if there is one of this name.
    async fn read_role(&self, name: &str) -> Result<Option<(aws_sdk_iam::types::Role, Arn)>, Unknown> {
        let request = self.aws.iam.get_role().role_name(name).send();
        let role = match self.ask(&GET_ROLE, &self.shown("role", name), request).await {
            Ok(answer) => answer.role.ok_or_else(|| malformed(GET_ROLE.action, name, "the answer is empty"))?,
            Err(none) if none.is("NoSuchEntity") => return Ok(None),
            Err(refused) => return Err(refused.into()),
        };
        let arn = arn(GET_ROLE.action, Some(&role.arn))?;
        Ok(Some((role, arn)))
    }

    /// One user, if there is one of this name.
    async fn user_named(&self, name: &str) -> Result<Option<User>, Unknown> {
        let request = self.aws.iam.get_user().user_name(name).send();
        let user = match self.ask(&GET_USER, &self.shown("user", name), request).await {
            Ok(answer) => answer.user.ok_or_else(|| malformed(GET_USER.action, name, "the answer is empty"))?,
            Err(none) if none.is("NoSuchEntity") => return Ok(None),
            Err(refused) => return Err(refused.into()),
        };
        self.user(user).await.map(Some)
    }

    /// An ARN for a message, where the path is not known.
    fn shown(&self, kind: &str, name: &str) -> String {
        Arn::iam(self.aws.partition(), &self.aws.account, &format!("{kind}/{name}")).to_string()
    }

    async fn groups(&self) -> Result<Vec<Group>, Unknown> {
        let groups = pages(&LIST_GROUPS, async |marker| {
            let request = self.aws.iam.list_groups().max_items(MOST).set_marker(marker).send();
            let page = self.ask(&LIST_GROUPS, "*", request).await?;
            Ok(Page::new(Some(page.groups), page.marker))
        });
        let groups = each(groups.await?, async |group| self.group(group).await).await;
        let mut groups = groups.into_iter().collect::<Result<Vec<_>, _>>()?;
        groups.sort_by(|a, b| a.arn.cmp(&b.arn));
        Ok(groups)
    }

    async fn group(&self, group: aws_sdk_iam::types::Group) -> Result<Group, Unknown> {
        let arn = arn(LIST_GROUPS.action, Some(&group.arn))?;
        Ok(Group { grants: self.grants_of_group(&group.group_name, &arn).await?, arn })
    }

    async fn grants_of_group(&self, name: &str, arn: &Arn) -> Result<Grants, Unknown> {
        let iam = &self.aws.iam;
        let attached = pages(&LIST_ATTACHED_GROUP_POLICIES, async |marker| {
            let request = iam.list_attached_group_policies().group_name(name).max_items(MOST).set_marker(marker).send();
            let page = self.ask(&LIST_ATTACHED_GROUP_POLICIES, arn.as_str(), request).await?;
            Ok(Page::new(page.attached_policies, page.marker))
        });
        let names = pages(&LIST_GROUP_POLICIES, async |marker| {
            let request = iam.list_group_policies().group_name(name).max_items(MOST).set_marker(marker).send();
            let page = self.ask(&LIST_GROUP_POLICIES, arn.as_str(), request).await?;
            Ok(Page::new(Some(page.policy_names), page.marker))
        });
        let (attached, names) = Box::pin(join(attached, names)).await;
        let inline = inline(&GET_GROUP_POLICY, arn, names, async |policy| {
            let request = iam.get_group_policy().group_name(name).policy_name(policy).send();
            self.ask(&GET_GROUP_POLICY, arn.as_str(), request).await.map(|answer| answer.policy_document)
        });
        let inline = inline.await;
        Ok(Grants { attached: listed(&LIST_ATTACHED_GROUP_POLICIES, arn, attached), inline })
    }
}

/// The inline policies of these names; each is a fact of its own.
async fn inline(
    call: &Call,
    of: &Arn,
    names: Result<Vec<String>, Unknown>,
    ask: impl AsyncFn(&str) -> Result<String, Refusal>,
) -> Fact<BTreeMap<String, Fact<crate::policy::Document>>> {
    let names = match names {
        Ok(names) => names,
        Err(gap) => return Fact::Unknown(gap),
    };
    let policies = each(names, async |name| {
        let document = match ask(&name).await {
            Ok(text) => document::read(call.action, of, &format!("inline policy `{name}`"), Some(&text)),
            Err(refused) => Fact::Unknown(refused.into()),
        };
        (name, document)
    });
    Fact::Known(policies.await.into_iter().collect())
}

fn listed(call: &Call, to: &Arn, attached: Result<Vec<aws_sdk_iam::types::AttachedPolicy>, Unknown>) -> Fact<Vec<Arn>> {
    match attached {
        Ok(attached) => attached_arns(call.action, to, Some(attached)),
        Err(gap) => Fact::Unknown(gap),
    }
}

/// Two facts that one call answers, or one gap in both.
fn apart(details: Result<(Fact<Option<Arn>>, Tags), Unknown>) -> (Fact<Option<Arn>>, Fact<Tags>) {
    match details {
        Ok((boundary, tags)) => (boundary, Fact::Known(tags)),
        Err(gap) => (Fact::Unknown(gap.clone()), Fact::Unknown(gap)),
    }
}
