//! How a policy names who asks (`reference_policies_elements_principal`, `reference_policies_elements_notprincipal`).

use serde_json::Value;

use super::{Answer, Request, all, any, list, texts};

/// The ways in which a policy names a requester (`reference_policies_elements_principal`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Its account: `123456789012` or `arn:aws:iam::123456789012:root`.
    Account,
    /// The ARN of the role behind a session.
    Role,
    /// The very user, session or service, or everybody.
    Direct,
}

pub const WAYS: [Way; 3] = [Way::Account, Way::Role, Way::Direct];

#[derive(Debug)]
pub enum Who<'a> {
    /// The line names nobody: what do the identity policies say by themselves?
    Unnamed,
    Role(&'a str),
    Session {
        session: &'a str,
        role: Option<&'a str>,
    },
    User(&'a str),
    Root(&'a str),
    Service(&'a str),
    Anonymous,
}

impl Request<'_> {
    /// Does a statement with a principal speak of the requester, in this way?
    pub fn speaks_of(&self, statement: &Value, way: Way) -> Answer {
        match (&statement["Principal"], &statement["NotPrincipal"]) {
            (named, Value::Null) if !named.is_null() => self.is_named(named, way),
            (Value::Null, others) if !others.is_null() => self.is_not_left_out(statement, others, way),
            _ => None,
        }
    }

    /// `reference_policies_elements_notprincipal`.
    fn is_not_left_out(&self, statement: &Value, others: &Value, way: Way) -> Answer {
        // With Allow it is not supported, in trust policies not allowed, and of everybody nothing is said.
        let everybody = others.to_string().contains("\"*\"");
        if everybody || statement["Effect"] == "Allow" || self.action.starts_with("sts:") {
            return None;
        }
        if way != Way::Direct {
            return Some(false);
        }
        let bounded = !self.line["boundary"].is_null();
        if bounded && matches!(self.who, Who::Role(_) | Who::Session { .. } | Who::User(_)) {
            return Some(true);
        }
        let [account, role, direct] = WAYS.map(|way| self.is_named(others, way));
        // "You must also specify the account"; else "AWS might validate the account first", then the role, then the session.
        let (itself, by_all_names) = match self.who {
            Who::Root(_) => (account, account),
            Who::User(_) => (direct, all([account, direct])),
            // Which of its sessions asks is not said.
            Who::Role(_) => (any([role, direct]), None),
            Who::Session { .. } => (any([role, direct]), all([account, role, direct])),
            Who::Service(_) | Who::Anonymous | Who::Unnamed => (direct, direct),
        };
        match (itself, by_all_names) {
            (Some(false), _) => Some(true),
            (_, Some(true)) => Some(false),
            _ => None,
        }
    }

    fn is_named(&self, principal: &Value, way: Way) -> Answer {
        if let Some(text) = principal.as_str() {
            return if text == "*" { self.named_by("AWS", "*", way) } else { None };
        }
        let kinds = principal.as_object()?;
        let named = |(kind, values): (&String, &Value)| {
            any(texts(values).iter().map(|value| self.named_by(kind, value, way)).collect::<Vec<_>>())
        };
        any(kinds.iter().map(named))
    }

    /// `reference_policies_elements_principal`.
    pub fn named_by(&self, kind: &str, value: &str, way: Way) -> Answer {
        match (kind, way, &self.who) {
            // Whether everybody includes services is not said.
            ("AWS", Way::Direct, Who::Service(_)) if value == "*" => None,
            ("AWS", Way::Direct, _) if value == "*" => Some(true),
            ("AWS", Way::Account, who) => Some(who.account().is_some_and(|account| {
                value == account || value.strip_prefix("arn:aws:iam::") == Some(&format!("{account}:root"))
            })),
            ("AWS", Way::Role, Who::Role(arn) | Who::Session { role: Some(arn), .. })
            | ("AWS", Way::Direct, Who::Session { session: arn, .. } | Who::User(arn)) => Some(value == *arn),
            // A session's ARN does not say the role's path.
            ("AWS", Way::Role, Who::Session { session, role: None }) => {
                let (account, name) = (self.who.account()?, session.split('/').nth(1)?);
                let role = value.strip_prefix(&format!("arn:aws:iam::{account}:role/")).unwrap_or_default();
                let same_name = role.rsplit('/').next() == Some(name);
                if same_name && role != name { None } else { Some(same_name) }
            }
            // A role stands for any of its sessions; which one asks is not said.
            ("AWS", Way::Direct, Who::Role(arn)) => {
                let name = arn.rsplit('/').next()?;
                let session_of = format!("arn:aws:sts::{}:assumed-role/{name}/", self.who.account()?);
                if value.starts_with(&session_of) { None } else { Some(false) }
            }
            ("Service", Way::Direct, Who::Service(name)) => (value != "*").then_some(value == *name),
            // A session may come of a web identity or SAML.
            ("Federated", Way::Direct, Who::Role(_) | Who::Session { .. }) => None,
            ("AWS" | "Service" | "Federated", ..) => Some(false),
            _ => None,
        }
    }
}

impl<'a> Who<'a> {
    pub fn of(line: &'a Value) -> Option<Self> {
        let Some(principal) = line["principal"].as_str() else { return Some(Self::Unnamed) };
        let parts: Vec<&str> = principal.splitn(6, ':').collect();
        Some(match parts[..] {
            ["anonymous"] => Self::Anonymous,
            [service] if service.contains('.') => Self::Service(service),
            ["arn", _, "iam", "", _, "root"] => Self::Root(principal),
            ["arn", _, "iam", "", _, name] if name.starts_with("role/") => Self::Role(principal),
            ["arn", _, "iam", "", _, name] if name.starts_with("user/") => Self::User(principal),
            ["arn", _, "sts", "", _, name] if name.starts_with("assumed-role/") => Self::Session {
                session: principal,
                role: list(&line["context"]["aws:PrincipalArn"]).first().and_then(|role| role.as_str()),
            },
            _ => return None,
        })
    }

    pub fn account(&self) -> Option<&'a str> {
        match self {
            Self::Role(arn) | Self::Session { session: arn, .. } | Self::User(arn) | Self::Root(arn) => {
                arn.split(':').nth(4)
            }
            Self::Service(_) | Self::Anonymous | Self::Unnamed => None,
        }
    }

    pub fn is_service_linked(&self) -> bool {
        let (Self::Role(role) | Self::Session { role: Some(role), .. }) = self else { return false };
        role.splitn(6, ':').nth(5).is_some_and(|name| name.starts_with("role/aws-service-role/"))
    }
}
