//! A line of `simulate`: a request with its policies, and what of it is a mistake.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::arn::Arn;
use crate::policy::Document;
use crate::policy::compile::Kind;
use crate::policy::grant::Grant;
use crate::policy::principal::Requester;
use crate::policy::request::{Context, Key};
use crate::policy::value;

/// A longer action, resource, principal or context value is a mistake; ARNs have at most 2,048 characters.
const LONGEST_TEXT: usize = 1 << 12;
/// And so are more values of one key.
const MOST_VALUES: usize = 1000;
/// An organization has a root, five levels of units and accounts; what has more levels than this is a mistake.
const MOST_LEVELS: usize = 64;
/// What the keys of an encryption context begin with.
const ENCRYPTION_CONTEXT: &str = "kms:EncryptionContext:";
/// The key that holds what stands behind it, of all of them.
const ENCRYPTION_CONTEXT_KEYS: &str = "kms:EncryptionContextKeys";

/// A request, as a line says it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked {
    pub(super) id: Value,
    pub(super) principal: Option<String>,
    pub(super) action: String,
    pub(super) resource: String,
    pub(super) resource_account: Option<String>,
    #[serde(default)]
    pub(super) context: BTreeMap<String, Value>,
    #[serde(default)]
    pub(super) unknown_context: Vec<String>,
    #[serde(default)]
    pub(super) policies: Vec<String>,
    #[serde(default)]
    pub(super) identity_policies: Vec<Document>,
    pub(super) boundary: Option<Document>,
    pub(super) session_policy: Option<Document>,
    pub(super) resource_policy: Option<Document>,
    #[serde(default)]
    pub(super) grants: Vec<Grant>,
    pub(super) endpoint_policy: Option<Document>,
    #[serde(default)]
    pub(super) scps: Vec<Vec<Document>>,
    #[serde(default)]
    pub(super) rcps: Vec<Vec<Document>>,
}

/// The fields of a line, and what people keep beside them; any other is a warning, for it may be a misspelt policy.
pub(super) const FIELDS: [&str; 22] = [
    "id",
    "principal",
    "action",
    "resource",
    "resourceAccount",
    "context",
    "unknownContext",
    "policies",
    "identityPolicies",
    "boundary",
    "sessionPolicy",
    "resourcePolicy",
    "grants",
    "endpointPolicy",
    "scps",
    "rcps",
    "doc",
    "expect",
    "group",
    "multi",
    "notes",
    "why",
];

impl Asked {
    /// Checks the action, and that no text is longer than any that AWS has.
    pub(super) fn check(&self, principal: &str) -> Result<(), String> {
        let action = &self.action;
        let named = action.split_once(':').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
        if !named || action.contains(['*', '?']) {
            return Err(format!("`{action}` is no action: it does not have the form `service:Name`"));
        }
        for (what, text) in [("action", action.as_str()), ("resource", &self.resource), ("principal", principal)] {
            if text.len() > LONGEST_TEXT {
                return Err(format!("{what} has more than {LONGEST_TEXT} bytes"));
            }
        }
        Ok(())
    }

    /// The account that owns the resource, where the line says so.
    pub(super) fn owner(&self) -> Option<&str> {
        self.resource_account.as_deref().or_else(|| self.account_in_resource())
    }

    /// The account that the resource's ARN names.
    pub(super) fn account_in_resource(&self) -> Option<&str> {
        self.resource.split(':').nth(4).filter(|account| is_account(account))
    }
}

/// Is a text the id of an account: twelve digits?
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Who asks, with the role behind a session as the context names it.
pub(super) fn requester(principal: &str, context: &Context) -> Result<Requester, String> {
    let mut requester = Requester::parse(principal).ok_or_else(|| format!("`{principal}` is no principal"))?;
    if let Requester::Session { session, role } = &mut requester
        && let [value::Value::Exactly(known)] = context.value(&Key::new("aws:PrincipalArn"))
        && let [one] = known.as_slice()
    {
        *role = Some(role_of(session, one)?);
    }
    Ok(requester)
}

/// What the line knows of the context.
pub(super) fn context<'a>(asked: &'a Asked) -> Result<Context, String> {
    let text = |key: &str, value: &Value| match value {
        Value::String(text) if text.len() > LONGEST_TEXT => {
            Err(format!("context {key}: a value has more than {LONGEST_TEXT} bytes"))
        }
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(format!("context {key}: a value is not a text, a number or a boolean"))
        }
    };
    let mut context = Context::closed();
    for (key, value) in &asked.context {
        let values = match value {
            Value::Array(values) if values.len() > MOST_VALUES => {
                return Err(format!("context {key}: it has more than {MOST_VALUES} values"));
            }
            Value::Array(values) => values.iter().map(|value| text(key, value)).collect::<Result<Vec<_>, _>>()?,
            one => vec![text(key, one)?],
        };
        context.set(key, values);
    }
    // The names of the encryption context, which AWS sends beside its pairs.
    let name = |key: &'a String| {
        let (prefix, name) = key.split_at_checked(ENCRYPTION_CONTEXT.len())?;
        prefix.eq_ignore_ascii_case(ENCRYPTION_CONTEXT).then_some(name)
    };
    let names: Vec<&str> = asked.context.keys().filter_map(name).collect();
    if context.value(&Key::new(ENCRYPTION_CONTEXT_KEYS)) == [value::Value::Absent] {
        if asked.unknown_context.iter().any(|key| name(key).is_some()) {
            context.unknown(ENCRYPTION_CONTEXT_KEYS);
        } else if !names.is_empty() {
            context.set(ENCRYPTION_CONTEXT_KEYS, names);
        }
    }
    for key in &asked.unknown_context {
        context.unknown(key);
    }
    Ok(context)
}

/// The role of a session, as the context names it.
fn role_of(session: &Arn, role: &str) -> Result<Arn, String> {
    let arn = Arn::parse(role).map_err(|error| format!("context aws:PrincipalArn: {error}"))?;
    let name = session.resource().split('/').nth(1);
    if arn.account() == session.account() && Some(arn.name()) == name {
        Ok(arn)
    } else {
        Err(format!("context aws:PrincipalArn: `{role}` is not the role of `{session}`"))
    }
}

/// A document of a line: its kind, and the name that reasons call it by.
pub(super) type Named<'a> = (Kind, String, &'a Document);

/// The grants of a line, as the key policy would say them.
pub(super) fn grants(asked: &Asked) -> Result<Vec<Document>, String> {
    asked.grants.iter().map(Grant::document).collect::<Result<_, _>>().map_err(|error| error.to_string())
}

/// Every document of a line, with its kind and the name that reasons call it by.
pub(super) fn documents<'a>(asked: &'a Asked, grants: &'a [Document]) -> Result<Vec<Named<'a>>, String> {
    if asked.scps.len() > MOST_LEVELS {
        return Err(format!("scps has {} levels; an organization has at most seven", asked.scps.len()));
    }
    let mut documents = vec![];
    for (level, policies) in (0..).zip(&asked.scps) {
        documents.extend((0..).zip(policies).map(|(i, d)| (Kind::Scp(level), format!("scps[{level}][{i}]"), d)));
    }
    let numbered = |kind, name: &str, i: usize, document| (kind, format!("{name}[{i}]"), document);
    documents.extend((0..).zip(asked.rcps.iter().flatten()).map(|(i, d)| numbered(Kind::Rcp, "rcps", i, d)));
    let identity = (0..).zip(&asked.identity_policies);
    documents.extend(identity.map(|(i, d)| numbered(Kind::Identity, "identityPolicies", i, d)));
    documents.extend((0..).zip(grants).map(|(i, d)| numbered(Kind::Resource, "grants", i, d)));
    let single = [
        (Kind::Boundary, "boundary", &asked.boundary),
        (Kind::Session, "sessionPolicy", &asked.session_policy),
        (Kind::Resource, "resourcePolicy", &asked.resource_policy),
        (Kind::Endpoint, "endpointPolicy", &asked.endpoint_policy),
    ];
    let given = single.into_iter().filter_map(|(kind, name, d)| Some((kind, name.to_owned(), d.as_ref()?)));
    documents.extend(given);
    Ok(documents)
}
