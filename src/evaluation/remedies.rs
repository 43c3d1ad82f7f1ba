//! What helps against which cause: the only place that knows it.

use super::cause::{Cause, Fired, PolicyType, Unmet};
use super::remedy::{Exemption, Remedy};
use super::requirement::Requirement;
use crate::knowledge::builtin;
use crate::knowledge::conditions::{self, SetBy};
use crate::labeling::SAGEMAKER;
use crate::policy::decide::Reason;

impl Cause {
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

impl Unmet {
    /// What helps.
    #[must_use]
    pub fn remedies(&self) -> Vec<Remedy> {
        self.cause.remedies(&self.requirement)
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
