//! Who asks, and how a statement of a resource policy names them.
//!
//! Source: IAM User Guide, `reference_policies_elements_principal` and `reference_policies_elements_notprincipal`
//! (2026-11).

use super::document::{Effect, Principal, Selection, Statement};
use super::evaluate::Truth;
use crate::arn::Arn;

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requester {
    /// A role, by whatever session.
    Role(Arn),
    /// One session of a role. Its ARN has no path, so the role's own ARN stands beside it, where it is known.
    Session {
        /// `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`.
        session: Arn,
        /// `arn:aws:iam::ACCOUNT:role/path/NAME`.
        role: Option<Arn>,
    },
    /// An IAM user.
    User(Arn),
    /// The root user of an account, or another principal with an ARN.
    Other(Arn),
    /// An AWS service.
    Service(String),
    /// Nobody.
    Anonymous,
}

/// How a statement names a requester, and with it what may limit the grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// By its account: a grant delegates, and the identity's own policies must allow too.
    Account,
    /// By the role's ARN: a grant that boundary and session policy limit.
    Role,
    /// By the very user, session or service, or as anybody: a grant that nothing implicit limits.
    Directly,
}

impl Requester {
    /// Reads a principal: an ARN, a service's name, or `anonymous`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "anonymous" {
            return Some(Self::Anonymous);
        }
        let Ok(arn) = Arn::parse(text) else {
            return (text.contains('.') && !text.contains([':', '/', ' '])).then(|| Self::Service(text.to_owned()));
        };
        Some(match (arn.service(), arn.resource().split('/').next()) {
            ("iam", Some("role")) => Self::Role(arn),
            ("iam", Some("user")) => Self::User(arn),
            ("sts", Some("assumed-role")) => Self::Session { session: arn, role: None },
            _ => Self::Other(arn),
        })
    }

    /// The account, if it has one.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Role(arn) | Self::User(arn) | Self::Other(arn) | Self::Session { session: arn, .. } => {
                Some(arn.account())
            }
            Self::Service(_) | Self::Anonymous => None,
        }
    }

    /// The ARN that `aws:PrincipalArn` holds: the role's for a session.
    #[must_use]
    pub fn arn(&self) -> Option<Arn> {
        match self {
            Self::Role(arn) | Self::User(arn) | Self::Other(arn) => Some(arn.clone()),
            Self::Session { role: Some(role), .. } => Some(role.clone()),
            // Without the path this is the role's ARN only if it has none.
            Self::Session { .. } | Self::Service(_) | Self::Anonymous => None,
        }
    }

    /// The session's ARN and name of the role.
    fn session(&self) -> Option<(&Arn, &str)> {
        match self {
            Self::Session { session, .. } => Some((session, session.resource().split('/').nth(1)?)),
            _ => None,
        }
    }

    /// Service-linked roles are not bound by SCPs and RCPs.
    #[must_use]
    pub fn is_service_linked(&self) -> bool {
        matches!(self, Self::Role(arn) if arn.resource().starts_with("role/aws-service-role/"))
    }

    /// How one principal of a policy names this requester, and whether that is certain.
    fn named_by(&self, principal: &Principal) -> Option<(Named, Truth)> {
        let value = principal.value.as_str();
        if principal.kind == "*" || (principal.kind == "AWS" && value == "*") {
            // Whether everybody includes services is not documented.
            let sure = if matches!(self, Self::Service(_)) { Truth::Unknown } else { Truth::True };
            return Some((Named::Directly, sure));
        }
        match (principal.kind.as_str(), self) {
            ("AWS", _) if self.account().is_some_and(|account| is_account(value, account)) => {
                Some((Named::Account, Truth::True))
            }
            ("AWS", Self::Role(arn)) if value == arn.as_str() => Some((Named::Role, Truth::True)),
            ("AWS", Self::Role(arn)) => is_session_of(value, arn).then_some((Named::Directly, Truth::Unknown)),
            ("AWS", Self::User(arn) | Self::Other(arn)) => {
                (value == arn.as_str()).then_some((Named::Directly, Truth::True))
            }
            ("AWS", Self::Session { session, role }) => {
                if value == session.as_str() {
                    return Some((Named::Directly, Truth::True));
                }
                let sure = match role {
                    Some(role) => Truth::of(value == role.as_str()),
                    None => self.is_role_by_name(value),
                };
                (sure != Truth::False).then_some((Named::Role, sure))
            }
            ("Service", Self::Service(name)) => (value == name).then_some((Named::Directly, Truth::True)),
            ("CanonicalUser", _) => Some((Named::Directly, Truth::Unknown)),
            _ => None,
        }
    }

    /// A session without its role's ARN: a role of the same account and name is the one if it has no path, and may be
    /// the one if it has.
    fn is_role_by_name(&self, value: &str) -> Truth {
        let (Some((session, name)), Ok(role)) = (self.session(), Arn::parse(value)) else { return Truth::False };
        if role.service() != "iam" || role.account() != session.account() || role.name() != name {
            return Truth::False;
        }
        match role.resource().strip_prefix("role/") {
            Some(path_and_name) if path_and_name == name => Truth::True,
            Some(_) => Truth::Unknown,
            None => Truth::False,
        }
    }

    /// The ways in which a statement names this requester, and whether each is certain.
    #[must_use]
    pub fn named_in(&self, statement: &Statement, bounded: bool) -> Vec<(Named, Truth)> {
        match &statement.principals {
            None => vec![],
            Some(Selection::Only(principals)) => {
                let mut ways: Vec<_> = principals.iter().filter_map(|principal| self.named_by(principal)).collect();
                ways.sort_unstable();
                ways.dedup();
                ways
            }
            Some(Selection::AllBut(_)) if statement.effect == Effect::Deny && bounded => {
                vec![(Named::Directly, Truth::True)]
            }
            Some(Selection::AllBut(principals)) => {
                let ways: Vec<_> = principals.iter().filter_map(|principal| self.named_by(principal)).collect();
                let has = |wanted: Named| ways.iter().any(|(named, sure)| *named == wanted && *sure != Truth::False);
                // Every name of the requester must be left out: its account, its role, the session itself.
                let left_out = match self {
                    Self::Role(_) => has(Named::Account) && has(Named::Role),
                    Self::Session { .. } => has(Named::Account) && has(Named::Role) && has(Named::Directly),
                    Self::User(_) | Self::Other(_) => has(Named::Account) && has(Named::Directly),
                    Self::Service(_) | Self::Anonymous => has(Named::Directly),
                };
                if left_out { vec![] } else { vec![(Named::Directly, Truth::True)] }
            }
        }
    }
}

fn is_account(value: &str, account: &str) -> bool {
    value == account
        || Arn::parse(value)
            .is_ok_and(|arn| arn.service() == "iam" && arn.account() == account && arn.resource() == "root")
}

fn is_session_of(value: &str, role: &Arn) -> bool {
    Arn::parse(value).is_ok_and(|session| {
        session.service() == "sts"
            && session.account() == role.account()
            && session.resource().strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next())
                == Some(role.name())
    })
}
