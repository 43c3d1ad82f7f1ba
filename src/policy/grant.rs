//! Grants of KMS keys: permissions beside the key policy, given to one principal for some operations.
//!
//! A grant allows as a statement of the key policy that names the principal would, so it becomes one (KMS Developer
//! Guide, `grants` and `grant-manage`, 2026-11).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Document, Malformed};

/// A grant, as `ListGrants` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Grant {
    /// Who may use the key: an ARN, or a service's name.
    pub grantee_principal: String,
    /// Who may retire the grant.
    pub retiring_principal: Option<String>,
    /// `Decrypt`, `GenerateDataKey` …: actions without `kms:`.
    pub operations: Vec<String>,
    /// What the encryption context must hold.
    pub constraints: Option<Constraints>,
}

/// What a grant asks of the encryption context.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Constraints {
    /// These pairs, perhaps with others.
    pub encryption_context_subset: Option<BTreeMap<String, String>>,
    /// These pairs and no others.
    pub encryption_context_equals: Option<BTreeMap<String, String>>,
}

/// Operations that have no encryption context, so that a constraint does not bind them.
const UNCONSTRAINED: [&str; 3] = ["DescribeKey", "GetPublicKey", "RetireGrant"];

impl Grant {
    /// The grant as a statement of the key policy would say it.
    ///
    /// # Errors
    ///
    /// Never for a grant that AWS printed.
    pub fn document(&self) -> Result<Document, Malformed> {
        let (free, bound): (Vec<&str>, Vec<&str>) =
            self.operations.iter().map(String::as_str).partition(|operation| UNCONSTRAINED.contains(operation));
        let given = [(free, json!({})), (bound, self.condition())];
        let given = given.iter().filter(|(operations, _)| !operations.is_empty());
        let given = given.map(|(operations, condition)| statement(&self.grantee_principal, operations, condition));
        let retiring = self.retiring_principal.iter().map(|who| statement(who, &["RetireGrant"], &json!({})));
        let statements: Vec<Value> = given.chain(retiring).collect();
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
            condition.insert("ForAllValues:StringEquals".to_owned(), json!({"kms:EncryptionContextKeys": names}));
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
