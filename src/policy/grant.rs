//! Grants of KMS keys: permissions beside the key policy, given to one principal for some operations.
//!
//! A grant allows as a statement of the key policy that names the principal would, so it becomes one (KMS Developer
//! Guide, `grants` and `grant-manage`, 2026-11).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Document, Malformed};

/// A grant, as `ListGrants` prints it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Grant {
    /// Who may use the key: an ARN, or a service's name.
    #[serde(alias = "GranteeServicePrincipal")]
    pub grantee_principal: String,
    /// Who may retire the grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retiring_principal: Option<String>,
    /// `Decrypt`, `GenerateDataKey` …: actions without `kms:`.
    pub operations: Vec<String>,
    /// What the encryption context must hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraints: Option<Constraints>,
    /// What else it says.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// What a grant asks of the encryption context.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Constraints {
    /// These pairs, perhaps with others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption_context_subset: Option<BTreeMap<String, String>>,
    /// These pairs and no others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption_context_equals: Option<BTreeMap<String, String>>,
    /// Constraints that this build does not know: whether the grant holds is not certain.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// Operations with an encryption context, which constraints bind; others they do not (API reference, `GrantConstraints`).
const CONSTRAINED: [&str; 9] = [
    "CreateGrant",
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
];

/// What `ListGrants` says of a grant beside what it allows.
const BESIDE: [&str; 5] = ["KeyId", "GrantId", "Name", "CreationDate", "IssuingAccount"];

impl Grant {
    /// The grant as a statement of the key policy would say it.
    ///
    /// # Errors
    ///
    /// Never for a grant that AWS printed: an operation is a name.
    pub fn document(&self) -> Result<Document, Malformed> {
        if !self.operations.iter().all(|operation| operation.bytes().all(|b| b.is_ascii_alphanumeric())) {
            return Err(Malformed::Grammar {
                at: "Operations".to_owned(),
                problem: "an operation is no name",
                place: None,
            });
        }
        let (bound, free): (Vec<&str>, Vec<&str>) =
            self.operations.iter().map(String::as_str).partition(|operation| CONSTRAINED.contains(operation));
        let given = [(free, json!({})), (bound, self.condition())];
        let given = given.iter().filter(|(operations, _)| !operations.is_empty());
        let given = given.map(|(operations, condition)| statement(&self.grantee_principal, operations, condition));
        let retiring = self.retiring_principal.iter().map(|who| statement(who, &["RetireGrant"], &json!({})));
        let mut statements: Vec<Value> = given.chain(retiring).collect();
        // What is not understood of a grant becomes an element that no policy has, so that it is never certain.
        let constraints = self.constraints.iter().flat_map(|constraints| constraints.other.keys());
        let other = self.other.keys().filter(|key| !BESIDE.contains(&key.as_str())).chain(constraints);
        let unknown: Vec<String> = other.map(|name| format!("Grant.{name}")).collect();
        for statement in statements.iter_mut().filter_map(Value::as_object_mut) {
            statement.extend(unknown.iter().map(|name| (name.clone(), Value::Null)));
        }
        Document::from_json(json!({"Version": "2008-10-17", "Statement": statements}))
    }

    fn condition(&self) -> Value {
        let Some(constraints) = &self.constraints else { return json!({}) };
        let pairs =
            constraints.encryption_context_subset.iter().chain(&constraints.encryption_context_equals).flatten();
        let equals: BTreeMap<String, &String> =
            pairs.map(|(key, value)| (format!("kms:EncryptionContext:{key}"), value)).collect();
        let mut condition = json!({"StringEquals": equals});
        if let (Some(exactly), Some(condition)) = (&constraints.encryption_context_equals, condition.as_object_mut()) {
            let names: Vec<&String> = exactly.keys().collect();
            let keys = json!({"kms:EncryptionContextKeys": names});
            condition.insert("ForAllValues:StringEqualsIgnoreCase".to_owned(), keys);
        }
        condition
    }
}

fn statement(principal: &str, operations: &[&str], condition: &Value) -> Value {
    let kind = if principal.contains(':') || principal.bytes().all(|b| b.is_ascii_digit()) { "AWS" } else { "Service" };
    let actions: Vec<String> = operations.iter().map(|operation| format!("kms:{operation}")).collect();
    json!({
        "Effect": "Allow",
        "Principal": {kind: principal},
        "Action": actions,
        "Resource": "*",
        "Condition": condition,
    })
}
