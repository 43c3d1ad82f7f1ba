//! Who asks, and how a statement of a resource policy names them.
//!
//! Source: IAM User Guide, `reference_policies_elements_principal` and `reference_policies_elements_notprincipal`
//! (2026-11).

use super::ternary::Truth;
use super::{Effect, Principal, Selection};
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
    /// No principal.
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

/// A principal of a statement, understood once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// `*`
    Everybody,
    /// Everything in an account, named by its id or its root.
    Account(String),
    /// A role, a session, a user or another entity.
    Entity(Arn),
    /// An AWS service.
    Service(String),
    /// An account under its canonical id, which cannot be translated here.
    Canonical,
    /// Whoever comes by way of an identity provider, as sessions of roles may.
    Federated,
    /// An entity that was deleted: no principal.
    Deleted,
    /// What the documentation does not describe: an ARN with a wildcard, a kind of principal that this build does not know.
    Unclear,
}

/// The ways in which a statement names a requester, and how certain each is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Naming {
    account: Truth,
    role: Truth,
    directly: Truth,
}

impl Naming {
    /// Each way, with its certainty.
    pub fn ways(self) -> impl Iterator<Item = (Named, Truth)> {
        [(Named::Account, self.account), (Named::Role, self.role), (Named::Directly, self.directly)].into_iter()
    }

    /// A statement that should name principals and names none.
    #[must_use]
    pub fn unclear() -> Self {
        Self { directly: Truth::Unknown, ..Self::default() }
    }

    /// Is the requester named by its account, and in no other way?
    #[must_use]
    pub fn is_by_account_alone(self) -> bool {
        self.account != Truth::False && self.role.max(self.directly) == Truth::False
    }

    /// Is the requester named at all?
    #[must_use]
    pub fn any(self) -> Truth {
        self.account.max(self.role).max(self.directly)
    }

    fn hear(&mut self, named: Named, sure: Truth) {
        let way = match named {
            Named::Account => &mut self.account,
            Named::Role => &mut self.role,
            Named::Directly => &mut self.directly,
        };
        *way = sure.max(*way);
    }
}

impl Who {
    /// Understands a principal.
    #[must_use]
    pub fn new(principal: &Principal) -> Self {
        let value = principal.value.as_str();
        match principal.kind.as_str() {
            "*" => Self::Everybody,
            "AWS" if value == "*" => Self::Everybody,
            "AWS" => match Arn::parse(value) {
                Ok(arn) if arn.service() == "iam" && arn.resource() == "root" => {
                    Self::Account(arn.account().to_owned())
                }
                Ok(arn) if arn.as_str().contains(['*', '?']) => Self::Unclear,
                Ok(arn) => Self::Entity(arn),
                Err(_) if value.len() == 12 && value.bytes().all(|b| b.is_ascii_digit()) => {
                    Self::Account(value.to_owned())
                }
                // The id that AWS puts in the place of a principal that was deleted.
                Err(_) if value.starts_with("AIDA") || value.starts_with("AROA") => Self::Deleted,
                Err(_) => Self::Unclear,
            },
            "Service" if value.contains('*') => Self::Unclear,
            "Service" => Self::Service(value.to_owned()),
            "CanonicalUser" => Self::Canonical,
            "Federated" => Self::Federated,
            _ => Self::Unclear,
        }
    }
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
        let (Self::Role(role) | Self::Session { role: Some(role), .. }) = self else { return false };
        role.resource().starts_with("role/aws-service-role/")
    }

    /// The root user of an account has full access to it, without any identity policy (IAM User Guide,
    /// `reference_policies_evaluation-logic_policy-eval-denyallow`, 2026-11).
    #[must_use]
    pub fn is_root(&self) -> bool {
        matches!(self, Self::Other(arn) if arn.service() == "iam" && arn.resource() == "root")
    }

    /// The ways in which a statement's principals name this requester. `bounded`: it has a permissions boundary.
    #[must_use]
    pub fn named_in(&self, principals: &Selection<Who>, effect: Effect, bounded: bool) -> Naming {
        let mut naming = Naming::default();
        for who in principals.named() {
            if let Some((named, sure)) = self.named_by(who, effect) {
                naming.hear(named, sure);
            }
        }
        match principals {
            Selection::Only(_) => naming,
            Selection::AllBut(_) if effect == Effect::Deny && bounded => {
                Naming { directly: Truth::True, ..Naming::default() }
            }
            Selection::AllBut(named) => {
                // Every name of the requester must be left out: its account, its role, the session itself.
                let left_out = match self {
                    // Not supported with Allow, and not described of everybody.
                    _ if effect == Effect::Allow || named.contains(&Who::Everybody) => Truth::Unknown,
                    _ if self.is_root() => naming.account,
                    // Its sessions must be left out too, and which of them asks is not known.
                    Self::Role(_) => naming.account.min(naming.role).min(Truth::Unknown),
                    Self::Session { .. } => naming.account.min(naming.role).min(naming.directly),
                    Self::User(_) | Self::Other(_) => naming.account.min(naming.directly),
                    Self::Service(_) | Self::Anonymous => naming.directly,
                };
                Naming { directly: !left_out, ..Naming::default() }
            }
        }
    }

    /// How one principal of a policy names this requester, and whether that is certain.
    fn named_by(&self, who: &Who, effect: Effect) -> Option<(Named, Truth)> {
        match (who, self) {
            // A deny to everybody stops services (the examples of the NotPrincipal page); whether an allow to everybody
            // lets them in is not documented.
            (Who::Everybody, Self::Service(_)) if effect == Effect::Deny => Some((Named::Directly, Truth::True)),
            (Who::Everybody, Self::Service(_)) | (Who::Canonical | Who::Unclear, _) => {
                Some((Named::Directly, Truth::Unknown))
            }
            // Whether a provider stands behind a session, its ARN does not say.
            (Who::Federated, Self::Role(_) | Self::Session { .. }) => Some((Named::Directly, Truth::Unknown)),
            (Who::Everybody, _) => Some((Named::Directly, Truth::True)),
            (Who::Account(id), _) => (self.account() == Some(id)).then_some((Named::Account, Truth::True)),
            (Who::Entity(arn), Self::Role(role)) if arn == role => Some((Named::Role, Truth::True)),
            (Who::Entity(arn), Self::Role(role)) => {
                is_session_of(arn, role).then_some((Named::Directly, Truth::Unknown))
            }
            (Who::Entity(arn), Self::User(own) | Self::Other(own)) => {
                (arn == own).then_some((Named::Directly, Truth::True))
            }
            (Who::Entity(arn), Self::Session { session, role }) => {
                if arn == session {
                    return Some((Named::Directly, Truth::True));
                }
                let sure = role.as_ref().map_or_else(|| self.is_role_by_name(arn), |role| Truth::of(arn == role));
                (sure != Truth::False).then_some((Named::Role, sure))
            }
            (Who::Service(service), Self::Service(own)) => (service == own).then_some((Named::Directly, Truth::True)),
            _ => None,
        }
    }

    /// A session without its role's ARN: a role of the same account and name is the one if it has no path, and may be
    /// the one if it has.
    fn is_role_by_name(&self, role: &Arn) -> Truth {
        let Some((session, name)) = self.session() else { return Truth::False };
        if role.service() != "iam" || role.account() != session.account() || role.name() != name {
            return Truth::False;
        }
        match role.resource().strip_prefix("role/") {
            Some(path_and_name) if path_and_name == name => Truth::True,
            Some(_) => Truth::Unknown,
            None => Truth::False,
        }
    }
}

fn is_session_of(session: &Arn, role: &Arn) -> bool {
    session.service() == "sts"
        && session.account() == role.account()
        && session.resource().strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next()) == Some(role.name())
}
