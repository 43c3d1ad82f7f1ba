//! Why a requirement is not met, as data.
//!
//! The words of the causes are those of AWS's own access-denied messages. What helps against each, `remedies.rs` knows;
//! `wording.rs` words both.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::requirement::{Requirement, ResourceSet};
use crate::arn::Arn;
use crate::policy::decide::Reason;
use crate::policy::reach::ConditionFact;

/// Why a requirement is not met.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Cause {
    /// No identity-based policy allows it.
    NotGranted {
        /// The tokens of which the resource's name needs one, so that the managed policy of the role allows it.
        #[serde(skip_serializing_if = "BTreeSet::is_empty")]
        tokens: BTreeSet<String>,
    },
    /// Identity-based policies allow it for a part of the resources alone.
    PartlyGranted {
        /// A resource that is allowed.
        #[serde(skip_serializing_if = "Option::is_none")]
        allowed: Option<String>,
        /// A resource that is not.
        #[serde(skip_serializing_if = "Option::is_none")]
        denied: Option<String>,
    },
    /// A statement would allow it, and a condition of the statement is not met.
    ConditionUnmet {
        /// The statement.
        statement: Reason,
        /// The operator, as written.
        operator: String,
        /// The context key, as written.
        key: String,
        /// The values of which the statement wants one.
        wanted: Vec<String>,
        /// The values that the request has; null, where it does not have the key.
        found: Option<Vec<String>>,
    },
    /// A Deny statement applies: it overrides every Allow.
    ExplicitDeny {
        /// The statement.
        statement: Reason,
        /// Whose policy it stands in.
        layer: PolicyType,
        /// The conditions by which it applies.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        because: Vec<Fired>,
        /// Does it leave out principals by `NotPrincipal`?
        #[serde(skip)]
        by_not_principal: bool,
        /// The principal's ARN, where the statement names it alone, as `Principal` has it.
        #[serde(skip)]
        names_principal: bool,
    },
    /// The permissions boundary does not allow it.
    Boundary {
        /// The managed policy that serves as boundary.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<String>")]
        policy: Option<Arn>,
    },
    /// No service control policy of a level allows it.
    ControlPolicy,
    /// The session policy does not allow it.
    SessionPolicy,
    /// The resource's own policy, which must, does not allow it: a bucket policy, a function's.
    ResourcePolicy {
        /// The resource.
        #[schemars(with = "String")]
        of: Arn,
    },
    /// The trust policy of a role does not let SageMaker assume it.
    #[serde(rename = "resourcePolicy")]
    #[schemars(skip)]
    TrustPolicy {
        /// The role.
        #[schemars(with = "String")]
        of: Arn,
        /// Whom it allows something.
        #[serde(skip)]
        allows: Vec<String>,
    },
    /// The policy of the VPC endpoint does not allow it.
    EndpointPolicy,
    /// Neither the key policy nor a grant of the key allows it.
    KeyPolicy {
        /// The key.
        #[schemars(with = "String")]
        key: Arn,
    },
    /// The key cannot be used by any principal.
    KeyState {
        /// The key.
        #[schemars(with = "String")]
        key: Arn,
        /// `Disabled`, `PendingDeletion` …
        found: String,
    },
    /// There is no such thing.
    Missing {
        /// What there is not: `role`, `bucket`, `object`, `function`, `key`, `work team`, `CORS rule`.
        what: &'static str,
        /// Its name, or what of it is missing.
        name: String,
    },
    /// The CORS rules of a bucket lack something that the browsers of workers need.
    #[serde(rename = "missing")]
    #[schemars(skip)]
    CorsRule {
        /// `CORS rule`.
        what: &'static str,
        /// What of them is missing; empty, where there are none.
        name: String,
        /// The bucket.
        #[serde(skip)]
        bucket: Arn,
        /// What the workers are shown.
        #[serde(skip)]
        shows: &'static str,
    },
    /// It is in another region than the job.
    WrongRegion {
        /// Where it is.
        found: String,
        /// Where it must be.
        wanted: String,
    },
    /// A value is wrong in itself.
    WrongValue {
        /// What is wrong with it, in one sentence without a full stop.
        why: String,
        /// The right value, where it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        wanted: Option<String>,
    },
    /// A statement allows more than is safe.
    Granted {
        /// The statement.
        statement: Reason,
    },
}

/// Whose policy a statement stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PolicyType {
    /// An identity-based policy.
    Identity,
    /// A permissions boundary.
    Boundary,
    /// A session policy.
    Session,
    /// A service control policy.
    Scp,
    /// A resource control policy.
    Rcp,
    /// A VPC endpoint policy.
    Endpoint,
    /// A resource-based policy.
    Resource,
}

/// A condition by which a Deny applies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Fired {
    /// The operator, as written.
    pub operator: String,
    /// The context key, as written.
    pub key: String,
    /// The values that the statement names.
    pub wanted: Vec<String>,
    /// The values that the request has; null, where it does not have the key.
    pub found: Option<Vec<String>>,
}

/// A requirement that is not met, and one cause of that.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmet {
    /// What is required.
    pub requirement: Requirement,
    /// Why it is not met.
    pub cause: Cause,
}

impl Cause {
    /// A condition of a statement that is not met.
    #[must_use]
    pub fn unmet(statement: &Reason, fact: &ConditionFact) -> Self {
        let ConditionFact { condition, found } = fact;
        Self::ConditionUnmet {
            statement: statement.clone(),
            operator: condition.operator.clone(),
            key: condition.key.clone(),
            wanted: condition.values.clone(),
            found: found.clone(),
        }
    }

    /// The statement that decided, if one did.
    #[must_use]
    pub fn statement(&self) -> Option<&Reason> {
        match self {
            Self::ConditionUnmet { statement, .. }
            | Self::ExplicitDeny { statement, .. }
            | Self::Granted { statement } => Some(statement),
            _ => None,
        }
    }
}

impl Unmet {
    /// A requirement and a cause for which it is not met.
    #[must_use]
    pub fn new(requirement: Requirement, cause: Cause) -> Self {
        Self { requirement, cause }
    }

    /// The value of a field is wrong.
    #[must_use]
    pub fn value(field: &'static str, value: &str, cause: Cause) -> Self {
        Self::new(Requirement::of_value(field, value), cause)
    }
}

/// An [`Unmet`] in the form of reports.
#[derive(Serialize, JsonSchema)]
pub(super) struct Reported<'u> {
    #[serde(flatten)]
    cause: &'u Cause,
    /// The action that is not allowed.
    #[serde(skip_serializing_if = "str::is_empty")]
    action: &'u str,
    /// The ARN, or the ARNs as a policy names them; the value of a field.
    resource: String,
    /// The field of the request, by its path.
    #[serde(skip_serializing_if = "str::is_empty")]
    field: &'static str,
}

impl Serialize for Unmet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { requirement: Requirement { field, action, on, .. }, cause } = self;
        Reported { cause, action, resource: on.shown(), field }.serialize(serializer)
    }
}

impl JsonSchema for Unmet {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Unmet".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Reported::json_schema(generator)
    }
}

impl ResourceSet {
    /// Is it about objects of a bucket, and of which?
    #[must_use]
    pub fn bucket(&self) -> Option<&str> {
        let (Self::Exactly(text) | Self::Below(text) | Self::Matching(text)) = self;
        let path = text.splitn(6, ':').nth(5).filter(|_| text.contains(":s3:"))?;
        path.split_once('/').map(|(bucket, _)| bucket)
    }
}
