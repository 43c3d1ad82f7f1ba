//! Who can be asked: roles, users and groups, alike.

use crate::account::{Account, Fact, Grants, Group, Role, Tags, Unknown, User};
use crate::arn::Arn;
use crate::policy::principal::Requester;

/// A role, user or group.
#[derive(Debug, Clone, Copy)]
pub enum Identity<'a> {
    /// A role.
    Role(&'a Role),
    /// A user, with what its groups may do.
    User(&'a User),
    /// A group: what each of its members may do at the least.
    Group(&'a Group),
}

impl<'a> Identity<'a> {
    /// The identity's ARN.
    #[must_use]
    pub fn arn(self) -> &'a Arn {
        match self {
            Self::Role(role) => &role.arn,
            Self::User(user) => &user.arn,
            Self::Group(group) => &group.arn,
        }
    }

    /// The policies it carries itself.
    #[must_use]
    pub fn own_grants(self) -> &'a Grants {
        match self {
            Self::Role(role) => &role.grants,
            Self::User(user) => &user.grants,
            Self::Group(group) => &group.grants,
        }
    }

    /// The policies it carries, and those of its groups; a gap where a group is not known.
    pub(super) fn grants(self, account: &'a Account) -> Vec<Result<&'a Grants, Unknown>> {
        let mut grants = vec![Ok(self.own_grants())];
        if let Self::User(user) = self {
            match (user.groups.known(), account.iam.groups.known()) {
                (Ok(names), Ok(groups)) => grants.extend(names.iter().map(|name| {
                    let group = groups.iter().find(|group| group.arn.name() == name);
                    group.map(|group| &group.grants).ok_or_else(|| Unknown::not_asked("iam:ListGroups", name))
                })),
                (Ok(names), Err(_)) if names.is_empty() => {}
                (Err(gap), _) | (_, Err(gap)) => grants.push(Err(gap)),
            }
        }
        grants
    }

    /// The managed policy that limits it, if it can have one.
    #[must_use]
    pub fn boundary(self) -> Option<&'a Fact<Option<Arn>>> {
        match self {
            Self::Role(role) => Some(&role.boundary),
            Self::User(user) => Some(&user.boundary),
            Self::Group(_) => None,
        }
    }

    /// Its tags; which a group's members have is not known.
    #[must_use]
    pub fn tags(self) -> Option<&'a Fact<Tags>> {
        match self {
            Self::Role(role) => Some(&role.tags),
            Self::User(user) => Some(&user.tags),
            Self::Group(_) => None,
        }
    }

    pub(super) fn requester(self) -> Requester {
        match self {
            Self::Role(role) => Requester::Role(role.arn.clone()),
            Self::User(user) => Requester::User(user.arn.clone()),
            // Somebody of the group: a user, and which is not known.
            Self::Group(group) => Requester::User(group.arn.clone()),
        }
    }
}

impl<'a> From<&'a Role> for Identity<'a> {
    fn from(role: &'a Role) -> Self {
        Self::Role(role)
    }
}
