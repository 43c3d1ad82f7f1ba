//! The kinds of policies: what each of them counts as, and whom it binds.

use super::layers::Layer;
use super::principal::{Named, Requester};

/// The kinds of policies as they are handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The policy of the VPC endpoint that the request comes through.
    Endpoint,
    /// A service control policy of a level.
    Scp(u8),
    /// A resource control policy.
    Rcp,
    /// The resource's own policy; a key policy, a function's policy, a trust policy.
    Resource,
    /// An identity policy.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// A session policy.
    Session,
}

impl Kind {
    /// The layer that a policy of this kind counts in; a resource's policy as far as it names the requester itself.
    pub(super) fn layer(self) -> Layer {
        match self {
            Self::Endpoint => Layer::Endpoint,
            Self::Scp(level) => Layer::Scp(level),
            Self::Rcp => Layer::Rcp,
            Self::Resource => Layer::Resource(Named::Directly),
            Self::Identity => Layer::Identity,
            Self::Boundary => Layer::Boundary,
            Self::Session => Layer::Session,
        }
    }

    /// Are requests of this principal bound by policies of this kind? An organization's policies do not bind the roles
    /// of its services, and service control policies bind principals of accounts alone (AWS Organizations User Guide,
    /// `orgs_manage_policies_scps`, `orgs_manage_policies_rcps`, 2026-11).
    pub(super) fn binds(self, requester: &Requester) -> bool {
        match self {
            Self::Scp(_) => requester.account().is_some() && !requester.is_service_linked(),
            Self::Rcp => !requester.is_service_linked(),
            _ => true,
        }
    }

    /// The name under which it is missing.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Scp(_) => "scp",
            Self::Rcp => "rcp",
            Self::Resource => "resource",
            Self::Identity => "identity",
            Self::Boundary => "boundary",
            Self::Session => "session",
        }
    }
}
