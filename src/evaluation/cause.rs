//! Why a requirement is not met, as data.
//!
//! The words of the causes are those of AWS's own access-denied messages. [`Cause::remedies`] is the only place that knows
//! what helps against which cause; `wording.rs` words both.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::remedy::{Exemption, Remedy};
use super::requirement::{Requirement, ResourceSet};
use crate::arn::Arn;
use crate::knowledge::builtin;
use crate::knowledge::conditions::{self, SetBy};
use crate::labeling::SAGEMAKER;
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

    /// What helps against it, best first; never nothing. `requirement`: what is not met because of it.
    #[must_use]
    pub fn remedies(&self, requirement: &Requirement) -> Vec<Remedy> {
        let allow = || Remedy::Allow(requirement.clone());
        match self {
            Self::NotGranted { tokens } => {
                let what = if requirement.action.starts_with("s3:") { "bucket" } else { "function" };
                let rename = (!tokens.is_empty()).then(|| Remedy::Rename { what, tokens: tokens.clone() });
                std::iter::once(allow()).chain(rename).collect()
            }
            Self::PartlyGranted { .. } => vec![allow()],
            Self::ConditionUnmet { statement, key, wanted, .. } => {
                let (statement, key, wanted) = (statement.clone(), key.clone(), wanted.clone());
                vec![match conditions::set_by(&key) {
                    SetBy::ObjectTag => Remedy::TagObjects { key, wanted },
                    // The statement is for another purpose: what is required needs one of its own.
                    SetBy::Purpose => return vec![allow()],
                    by => Remedy::MeetCondition { statement, key, wanted, by },
                }]
            }
            Self::ExplicitDeny { statement, layer, because, by_not_principal, names_principal } => {
                vec![deny(requirement, statement, *layer, because, *by_not_principal, *names_principal)]
            }
            Self::Boundary { policy } => {
                vec![Remedy::WidenBoundary { policy: policy.clone(), requirement: requirement.clone() }]
            }
            Self::ControlPolicy => vec![Remedy::ControlPolicy(requirement.clone())],
            Self::SessionPolicy => vec![Remedy::SessionPolicy(requirement.clone())],
            Self::EndpointPolicy => vec![Remedy::EndpointPolicy(requirement.clone())],
            Self::TrustPolicy { of, .. } => {
                vec![Remedy::TrustService { role: of.clone(), service: SAGEMAKER }]
            }
            Self::ResourcePolicy { of } => {
                vec![Remedy::AllowInResourcePolicy { of: of.clone(), requirement: requirement.clone() }]
            }
            Self::KeyPolicy { key } => {
                vec![Remedy::AllowInKeyPolicy { key: key.clone(), requirement: requirement.clone() }]
            }
            Self::KeyState { key, found } => vec![Remedy::EnableKey { key: key.clone(), state: found.clone() }],
            Self::Missing { .. } | Self::WrongRegion { .. } | Self::WrongValue { .. } => {
                let value = match self {
                    Self::WrongRegion { wanted, .. } => Some(wanted.clone()),
                    Self::WrongValue { wanted, .. } => wanted.clone(),
                    _ => None,
                };
                let found = if let Self::WrongRegion { found, .. } = self { Some(found.clone()) } else { None };
                vec![Remedy::ChangeRequest { field: requirement.field, value, region: found, missing: self.missing() }]
            }
            Self::CorsRule { bucket, shows, .. } => {
                let rule = |browsers| Remedy::CorsRule { bucket: bucket.clone(), browsers };
                builtin::browsers_of(shows).map(rule).into_iter().collect()
            }
            Self::Granted { statement } => vec![Remedy::NarrowStatement(statement.clone())],
        }
    }

    fn missing(&self) -> Option<&'static str> {
        if let Self::Missing { what, .. } = self { Some(what) } else { None }
    }
}

/// What helps against a Deny: where it applies because of a property of the request, another request; else an exemption
/// of the principal, which its owner must decide.
fn deny(
    requirement: &Requirement,
    statement: &Reason,
    layer: PolicyType,
    because: &[Fired],
    by_not_principal: bool,
    names_principal: bool,
) -> Remedy {
    let of_request = because.iter().map(|fired| (fired, conditions::set_by(&fired.key)));
    let mut of_request = of_request.filter(|(_, by)| !matches!(by, SetBy::Principal | SetBy::Purpose));
    if let Some((fired, by)) = of_request.next() {
        return Remedy::AvoidDeny { statement: statement.clone(), fired: fired.clone(), by };
    }
    let by = match (by_not_principal, names_principal, layer) {
        (true, ..) => Exemption::NotPrincipal,
        (_, true, _) => Exemption::Principal,
        (_, _, PolicyType::Identity | PolicyType::Session) => Exemption::Statement,
        _ => Exemption::Condition,
    };
    Remedy::ExemptFromDeny { statement: statement.clone(), layer, requirement: requirement.clone(), by }
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

    /// What helps.
    #[must_use]
    pub fn remedies(&self) -> Vec<Remedy> {
        self.cause.remedies(&self.requirement)
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
