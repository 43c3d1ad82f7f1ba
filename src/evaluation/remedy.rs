//! What helps, as data: which change of a policy, of a request or of a resource.
//!
//! [`Remedy::goals`] is what `fix` drafts and proves; a remedy without goals is advice, because a guard would be lost, or
//! because the change is not one of a policy of this account. `wording.rs` says each in a sentence.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::cause::{Fired, PolicyType};
use super::goal::{Edit, Goal, Grant, Target};
use super::requirement::{Requirement, ResourceSet};
use super::sentence::Sentence;
use crate::arn::Arn;
use crate::knowledge::builtin::Browsers;
use crate::knowledge::conditions::SetBy;
use crate::policy::decide::Reason;

/// Something that helps against a cause.
#[derive(Debug, Clone, PartialEq)]
pub enum Remedy {
    /// Allow it in an identity-based policy of the principal.
    Allow(Requirement),
    /// Allow it in the policy of a key.
    AllowInKeyPolicy {
        /// The key.
        key: Arn,
        /// What to allow, to its principal.
        requirement: Requirement,
    },
    /// Allow a service to assume a role, for one account alone.
    TrustService {
        /// The role.
        role: Arn,
        /// The service principal.
        service: &'static str,
    },
    /// Allow it in a resource's own policy.
    AllowInResourcePolicy {
        /// The resource.
        of: Arn,
        /// What to allow, to its principal.
        requirement: Requirement,
    },
    /// Exclude the principal from a Deny statement: its owner must decide that.
    ExemptFromDeny {
        /// The statement.
        statement: Reason,
        /// Whose policy it stands in.
        layer: PolicyType,
        /// What the statement denies.
        requirement: Requirement,
        /// How that can be done.
        by: Exemption,
    },
    /// Make the request so that a Deny does not apply to it.
    AvoidDeny {
        /// The statement.
        statement: Reason,
        /// The condition by which it applies.
        fired: Fired,
        /// What gives the condition's key its value.
        by: SetBy,
    },
    /// Make the request, or the resource, so that the condition of an Allow is met.
    MeetCondition {
        /// The statement.
        statement: Reason,
        /// The key, as written.
        key: String,
        /// The values of which the statement wants one.
        wanted: Vec<String>,
        /// What gives the key its value.
        by: SetBy,
    },
    /// Allow it in the permissions boundary.
    WidenBoundary {
        /// The managed policy that serves as boundary.
        policy: Option<Arn>,
        /// What to allow.
        requirement: Requirement,
    },
    /// Allow it in the service control policies that apply to the account.
    ControlPolicy(Requirement),
    /// Allow it in the session policy.
    SessionPolicy(Requirement),
    /// Allow it in the policy of the VPC endpoint.
    EndpointPolicy(Requirement),
    /// Add a CORS rule to a bucket.
    CorsRule {
        /// The bucket.
        bucket: Arn,
        /// What browsers need.
        browsers: &'static Browsers,
    },
    /// Give the resource a name with one of these tokens.
    Rename {
        /// What is to have it: `bucket`, `function`.
        what: &'static str,
        /// The tokens.
        tokens: BTreeSet<String>,
    },
    /// Tag the objects that are read.
    TagObjects {
        /// The context key of the tag.
        key: String,
        /// The values of which the tag needs one.
        wanted: Vec<String>,
    },
    /// Write something else into a field of the request.
    ChangeRequest {
        /// The field, by its path.
        field: &'static str,
        /// The right value, where it is known.
        value: Option<String>,
        /// The region of what the field names, where that is what is wrong.
        region: Option<String>,
        /// What there is not, where that is what is wrong.
        missing: Option<&'static str>,
    },
    /// Make a key usable again.
    EnableKey {
        /// The key.
        key: Arn,
        /// The state it is in.
        state: String,
    },
    /// Take from a statement what is too much.
    NarrowStatement(Reason),
    /// Change statements of policies, in the words of the rule that found them.
    EditStatements {
        /// The changes; none, where the policy is AWS's own or cannot be changed by itself.
        goals: Vec<Goal>,
        /// What to do.
        summary: Sentence,
    },
    /// Something else, in words.
    Advice {
        /// What kind of change it is.
        kind: RemedyKind,
        /// What to do.
        summary: Sentence,
    },
}

/// How a principal can be excluded from a Deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exemption {
    /// The statement is one of the principal's own policies: narrow or remove it.
    Statement,
    /// The statement names the principal: remove it there.
    Principal,
    /// The statement has `NotPrincipal`, which must name the sessions of a role too.
    NotPrincipal,
    /// By a condition on `aws:PrincipalArn`.
    Condition,
}

/// What kind of change helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RemedyKind {
    /// An identity policy.
    Policy,
    /// A role's trust policy.
    Trust,
    /// A bucket's CORS rules.
    Cors,
    /// A key policy, a grant, a bucket's encryption.
    KeyPolicy,
    /// The policy of another resource.
    ResourcePolicy,
    /// Another name.
    Rename,
    /// Tags.
    Tag,
    /// Another request.
    Request,
    /// A permissions boundary.
    Boundary,
    /// A service control policy.
    ControlPolicy,
}

impl Remedy {
    /// What kind of change it is.
    #[must_use]
    pub fn kind(&self) -> RemedyKind {
        match self {
            Self::Allow(_) | Self::NarrowStatement(_) | Self::EditStatements { .. } | Self::SessionPolicy(_) => {
                RemedyKind::Policy
            }
            Self::AllowInKeyPolicy { .. } | Self::EnableKey { .. } => RemedyKind::KeyPolicy,
            Self::TrustService { .. } => RemedyKind::Trust,
            Self::AllowInResourcePolicy { .. } | Self::EndpointPolicy(_) => RemedyKind::ResourcePolicy,
            Self::ExemptFromDeny { layer, .. } => match layer {
                PolicyType::Identity | PolicyType::Session => RemedyKind::Policy,
                PolicyType::Boundary => RemedyKind::Boundary,
                PolicyType::Scp | PolicyType::Rcp => RemedyKind::ControlPolicy,
                PolicyType::Endpoint | PolicyType::Resource => RemedyKind::ResourcePolicy,
            },
            Self::MeetCondition { by: SetBy::ResourceTag, .. } | Self::TagObjects { .. } => RemedyKind::Tag,
            Self::AvoidDeny { .. } | Self::MeetCondition { .. } | Self::ChangeRequest { .. } => RemedyKind::Request,
            Self::WidenBoundary { .. } => RemedyKind::Boundary,
            Self::ControlPolicy(_) => RemedyKind::ControlPolicy,
            Self::CorsRule { .. } => RemedyKind::Cors,
            Self::Rename { .. } => RemedyKind::Rename,
            Self::Advice { kind, .. } => *kind,
        }
    }

    /// What `fix` drafts and proves; nothing, where the remedy is advice alone.
    #[must_use]
    pub fn goals(&self) -> Vec<Goal> {
        match self {
            Self::Allow(requirement) => Goal::allow(requirement).into_iter().collect(),
            Self::AllowInKeyPolicy { key, requirement } => {
                // The owner of a key of another account must change its policy.
                let principal = requirement.principal.as_ref().filter(|who| who.account() == key.account());
                let grant = principal.map(|who| {
                    let on = ResourceSet::Matching("*".to_owned());
                    Grant { on, ..Grant::of(requirement) }.to(who.as_str())
                });
                let goal = |grant| Goal { target: Target::Key(key.clone()), edit: Edit::Allow(grant) };
                grant.map(goal).into_iter().collect()
            }
            Self::TrustService { role, service } => {
                let grant = Grant::new("sts:AssumeRole", ResourceSet::Exactly(String::new()));
                let grant = grant.when("aws:SourceAccount", role.account()).to(service);
                vec![Goal { target: Target::Trust(role.clone()), edit: Edit::Allow(grant) }]
            }
            Self::CorsRule { bucket, browsers } => {
                vec![Goal { target: Target::Cors(bucket.clone()), edit: Edit::Rules(browsers) }]
            }
            Self::EditStatements { goals, .. } => goals.clone(),
            _ => vec![],
        }
    }

    /// Are both said in one sentence?
    pub(super) fn joins(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Allow(_), Self::Allow(_))
            | (Self::ControlPolicy(_), Self::ControlPolicy(_))
            | (Self::SessionPolicy(_), Self::SessionPolicy(_))
            | (Self::EndpointPolicy(_), Self::EndpointPolicy(_)) => true,
            (Self::AllowInKeyPolicy { key: one, .. }, Self::AllowInKeyPolicy { key: other, .. }) => one == other,
            (Self::WidenBoundary { policy: one, .. }, Self::WidenBoundary { policy: other, .. }) => one == other,
            (Self::ExemptFromDeny { statement: one, .. }, Self::ExemptFromDeny { statement: other, .. }) => {
                one == other
            }
            (Self::AllowInResourcePolicy { of: one, .. }, Self::AllowInResourcePolicy { of: other, .. }) => {
                one == other
            }
            _ => false,
        }
    }

    /// What is required, where the remedy is to allow it somewhere.
    #[must_use]
    pub fn requirement(&self) -> Option<&Requirement> {
        match self {
            Self::Allow(requirement)
            | Self::ControlPolicy(requirement)
            | Self::SessionPolicy(requirement)
            | Self::EndpointPolicy(requirement)
            | Self::AllowInKeyPolicy { requirement, .. }
            | Self::AllowInResourcePolicy { requirement, .. }
            | Self::ExemptFromDeny { requirement, .. }
            | Self::WidenBoundary { requirement, .. } => Some(requirement),
            _ => None,
        }
    }
}
