//! How AWS's layers of policies limit each other: the one place that knows.
//!
//! Sources: IAM User Guide, `reference_policies_evaluation-logic_policy-eval-denyallow`, `access_policies_boundaries`,
//! `reference_policies_evaluation-logic-cross-account`; KMS Developer Guide, `policy-evaluation`; VPC guide,
//! `vpc-endpoints-access` (all 2026-11). Nothing is guessed: what depends on something unknown is
//! [`Verdict::Conditional`]. Knows neither statements nor resources.

use super::Effect;
use super::principal::Named;
pub use super::ternary::Truth;

/// What is decided about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Every completion of what is open allows.
    Allowed,
    /// It depends on something that is not known.
    Conditional,
    /// Nothing allows; whether a statement refuses, too, depends on something that is not known.
    Denied,
    /// Nothing allows.
    ImplicitlyDenied,
    /// A statement refuses, whatever else allows.
    ExplicitlyDenied,
}

/// The layers of policies that bear on a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// The policy of the VPC endpoint through which the request comes.
    Endpoint,
    /// A service control policy of a level: 0 is the organization's root.
    Scp(u8),
    /// A resource control policy: it can only refuse.
    Rcp,
    /// The resource's own policy, and how it names the requester. Key policies, grants and trust policies belong here.
    Resource(Named),
    /// Attached, inline and group policies.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// The policy of the session.
    Session,
}

/// What AWS itself says of an action on a resource, whatever policies say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Builtin {
    /// It cannot be done.
    Impossible,
    /// The resource has no policy of its own: identity policies alone decide.
    NoPolicy,
    /// The resource's own policy cannot refuse it.
    NoDeny,
}

/// How identity and resource policy bear on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combination {
    /// Within one account either suffices.
    Either,
    /// Within one account, and the resource's policy has the last word: keys and trust policies.
    ResourceDelegates,
    /// Across accounts both must allow.
    Both,
    /// The requester has no identity policies: services and anonymous.
    ResourceAlone,
    /// There is no such request: `iam:PassRole` across accounts, `sts:AssumeRole` by the root user, a change of what AWS
    /// manages.
    Never,
}

/// Which of the layers that only limit there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// There is a VPC endpoint policy.
    pub endpoint: bool,
    /// How many levels of service control policies there are; AWS has at most seven, and only 64 can allow here.
    pub scp_levels: u8,
    /// There is a permissions boundary.
    pub boundary: bool,
    /// There is a session policy.
    pub session: bool,
}

/// What the layers say, each for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// AWS allows it to no principal.
    pub impossible: bool,
    /// Some statement of any layer refuses.
    pub deny: Truth,
    /// The VPC endpoint's policy allows, where there is one.
    pub endpoint: Truth,
    /// Every level of service control policies allows.
    pub scp: Truth,
    /// An identity policy allows.
    pub identity: Truth,
    /// The permissions boundary allows, where there is one.
    pub boundary: Truth,
    /// The session policy allows, where there is one.
    pub session: Truth,
    /// The resource policy allows the requester's account.
    pub account: Truth,
    /// The resource policy allows the role.
    pub role: Truth,
    /// The resource policy allows the requester itself.
    pub direct: Truth,
}

/// What has been heard of the layers so far, statement by statement.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hearing {
    impossible: bool,
    /// The resource's own policy counts not at all, or only where it allows.
    without_resource: bool,
    without_resource_deny: bool,
    deny: Truth,
    deny_by_resource: Truth,
    endpoint: Truth,
    /// A bit for each level that certainly allows, and for each that may.
    scp: [u64; 2],
    identity: Truth,
    boundary: Truth,
    session: Truth,
    account: Truth,
    role: Truth,
    direct: Truth,
}

impl Hearing {
    /// A statement of a layer applies, as far as is known.
    pub fn hear(&mut self, effect: Effect, layer: Layer, applies: Truth) {
        let heard = match (effect, layer) {
            (Effect::Deny, Layer::Resource(_)) => &mut self.deny_by_resource,
            (Effect::Deny, _) => &mut self.deny,
            (Effect::Allow, Layer::Endpoint) => &mut self.endpoint,
            (Effect::Allow, Layer::Identity) => &mut self.identity,
            (Effect::Allow, Layer::Boundary) => &mut self.boundary,
            (Effect::Allow, Layer::Session) => &mut self.session,
            (Effect::Allow, Layer::Resource(Named::Account)) => &mut self.account,
            (Effect::Allow, Layer::Resource(Named::Role)) => &mut self.role,
            (Effect::Allow, Layer::Resource(Named::Directly)) => &mut self.direct,
            (Effect::Allow, Layer::Scp(level)) => {
                let bit = 1_u64.checked_shl(level.into()).unwrap_or(0);
                let [certain, possible] = &mut self.scp;
                *certain |= if applies == Truth::True { bit } else { 0 };
                *possible |= if applies == Truth::False { 0 } else { bit };
                return;
            }
            (Effect::Allow, Layer::Rcp) => return,
        };
        *heard = applies.max(*heard);
    }

    /// AWS itself says something.
    pub(super) fn hear_builtin(&mut self, says: Builtin) {
        match says {
            Builtin::Impossible => self.impossible = true,
            Builtin::NoPolicy => self.without_resource = true,
            Builtin::NoDeny => self.without_resource_deny = true,
        }
    }

    /// Counts a statement of a layer, as far as AWS itself has a say in that?
    pub(super) fn heeds(&self, effect: Effect, layer: Layer) -> bool {
        match (layer, effect) {
            (Layer::Resource(_), Effect::Allow) => !self.without_resource,
            (Layer::Resource(_), Effect::Deny) => !(self.without_resource || self.without_resource_deny),
            _ => true,
        }
    }

    /// What the layers say, now that all is heard. A limit that is not there allows everything.
    #[must_use]
    pub fn said(&self, limits: Limits) -> Said {
        let unless = |there: bool, heard: Truth| if there { heard } else { Truth::True };
        let all = u64::MAX.checked_shr(64 - u32::from(limits.scp_levels.min(64))).unwrap_or(0);
        let [certain, possible] = self.scp;
        let scp = match limits.scp_levels {
            65.. => Truth::False,
            _ if certain & all == all => Truth::True,
            _ if possible & all == all => Truth::Unknown,
            _ => Truth::False,
        };
        let denied = self.heeds(Effect::Deny, Layer::Resource(Named::Directly));
        // A resource without a policy of its own leaves it to those of identities.
        let (account, role, direct) = if self.without_resource {
            (Truth::True, Truth::False, Truth::False)
        } else {
            (self.account, self.role, self.direct)
        };
        Said {
            impossible: self.impossible,
            deny: if denied { self.deny.max(self.deny_by_resource) } else { self.deny },
            endpoint: unless(limits.endpoint, self.endpoint),
            scp,
            identity: self.identity,
            boundary: unless(limits.boundary, self.boundary),
            session: unless(limits.session, self.session),
            account,
            role,
            direct,
        }
    }
}

/// How the layers combine: a deny wins; the VPC endpoint and every level of service control policies must allow; then
/// identity and resource policy, as their combination asks. Boundary and session policy limit what identity policies
/// grant and what the resource grants to a role by its ARN, and not what it grants to the requester itself.
#[must_use]
pub fn combine(combination: Combination, said: Said) -> Verdict {
    let combination = if said.impossible { Combination::Never } else { combination };
    let limits = said.boundary.min(said.session);
    let identity = said.identity.min(limits);
    let role = said.role.min(limits);
    let granted = match combination {
        Combination::Either => said.direct.max(role).max(identity),
        Combination::ResourceDelegates => said.direct.max(role).max(identity.min(said.account)),
        Combination::Both => identity.min(said.direct.max(said.role).max(said.account)),
        Combination::ResourceAlone => said.direct,
        Combination::Never => Truth::False,
    };
    match (said.deny, granted.min(said.scp).min(said.endpoint)) {
        (Truth::True, _) => Verdict::ExplicitlyDenied,
        (Truth::False, Truth::False) => Verdict::ImplicitlyDenied,
        (Truth::Unknown, Truth::False) => Verdict::Denied,
        (Truth::False, Truth::True) => Verdict::Allowed,
        _ => Verdict::Conditional,
    }
}

/// The layers for want of which nothing is allowed, the first one first, as AWS asks them.
#[must_use]
pub fn missing(combination: Combination, said: Said) -> Vec<&'static str> {
    let combination = if said.impossible { Combination::Never } else { combination };
    let resource = said.direct.max(said.role).max(said.account);
    let grants = match combination {
        Combination::Either => vec![("identity", said.identity.max(said.role))],
        Combination::ResourceDelegates => vec![("resource", resource), ("identity", said.identity.max(said.role))],
        Combination::Both => vec![("resource", resource), ("identity", said.identity)],
        Combination::ResourceAlone => vec![("resource", said.direct)],
        Combination::Never => vec![("possible", Truth::False)],
    };
    let limited = matches!(combination, Combination::Either | Combination::ResourceDelegates | Combination::Both);
    let limits = [("boundary", said.boundary), ("session", said.session)].into_iter().filter(|_| limited);
    let asked = [("endpoint", said.endpoint), ("scp", said.scp)].into_iter().chain(grants).chain(limits);
    asked.filter(|(_, allows)| *allows == Truth::False).map(|(layer, _)| layer).collect()
}

impl Verdict {
    /// Is it certain that the request is not allowed?
    #[must_use]
    pub fn is_denial(self) -> bool {
        matches!(self, Self::Denied | Self::ImplicitlyDenied | Self::ExplicitlyDenied)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUTHS: [Truth; 3] = [Truth::False, Truth::Unknown, Truth::True];
    const COMBINATIONS: [Combination; 5] = [
        Combination::Either,
        Combination::ResourceDelegates,
        Combination::Both,
        Combination::ResourceAlone,
        Combination::Never,
    ];

    /// The rules of the documentation for what is known of every layer.
    fn verdict(
        combination: Combination,
        [deny, endpoint, scp, identity, boundary, session, account, role, direct]: [bool; 9],
    ) -> Verdict {
        let within_limits = boundary && session;
        let by_identity = identity && within_limits;
        let granted = match combination {
            Combination::Either => by_identity || direct || (role && within_limits),
            Combination::ResourceDelegates => (by_identity && account) || direct || (role && within_limits),
            Combination::Both => by_identity && (account || role || direct),
            Combination::ResourceAlone => direct,
            Combination::Never => false,
        };
        match (deny, scp && endpoint && granted) {
            (true, _) => Verdict::ExplicitlyDenied,
            (false, true) => Verdict::Allowed,
            (false, false) => Verdict::ImplicitlyDenied,
        }
    }

    /// The verdicts that completions of what is unknown come to: allowed, implicitly denied, explicitly denied.
    fn completions(combination: Combination, truths: [Truth; 9], known: [bool; 9], at: usize) -> [bool; 3] {
        let Some(truth) = truths.get(at) else {
            let verdict = verdict(combination, known);
            return [Verdict::Allowed, Verdict::ImplicitlyDenied, Verdict::ExplicitlyDenied].map(|v| v == verdict);
        };
        let with = |value: bool| {
            let mut known = known;
            known[at] = value;
            completions(combination, truths, known, at + 1)
        };
        match truth {
            Truth::True => with(true),
            Truth::False => with(false),
            Truth::Unknown => {
                let (holding, failing) = (with(true), with(false));
                std::array::from_fn(|i| holding[i] || failing[i])
            }
        }
    }

    #[test]
    fn the_combination_of_layers_holds_for_every_input() {
        for n in 0..3_usize.pow(9) {
            let truths: [Truth; 9] = std::array::from_fn(|i| TRUTHS[n / 3_usize.pow(u32::try_from(i).unwrap()) % 3]);
            let [deny, endpoint, scp, identity, boundary, session, account, role, direct] = truths;
            let said =
                Said { impossible: false, deny, endpoint, scp, identity, boundary, session, account, role, direct };
            for combination in COMBINATIONS {
                // The verdict is what all completions agree on.
                let verdict = combine(combination, said);
                let expected = match completions(combination, truths, [false; 9], 0) {
                    [true, false, false] => Verdict::Allowed,
                    [false, true, false] => Verdict::ImplicitlyDenied,
                    [false, false, true] => Verdict::ExplicitlyDenied,
                    [false, true, true] => Verdict::Denied,
                    _ => Verdict::Conditional,
                };
                assert_eq!(verdict, expected, "{combination:?} {said:?}");
                let impossible = Said { impossible: true, ..said };
                assert_eq!(combine(combination, impossible), combine(Combination::Never, said));
                if matches!(verdict, Verdict::ImplicitlyDenied | Verdict::Denied) {
                    assert!(!missing(combination, said).is_empty(), "{combination:?} {said:?}");
                }
            }
        }
    }

    #[test]
    fn every_level_of_service_control_policies_must_allow() {
        let scp = |levels: u8, heard: &[(u8, Truth)]| {
            let mut hearing = Hearing::default();
            for (level, applies) in heard {
                hearing.hear(Effect::Allow, Layer::Scp(*level), *applies);
            }
            hearing.said(Limits { scp_levels: levels, ..Limits::default() }).scp
        };
        assert_eq!(scp(0, &[]), Truth::True);
        assert_eq!(scp(2, &[(0, Truth::True)]), Truth::False);
        assert_eq!(scp(2, &[(0, Truth::True), (1, Truth::Unknown)]), Truth::Unknown);
        assert_eq!(scp(2, &[(0, Truth::True), (1, Truth::Unknown), (1, Truth::True)]), Truth::True);
        let all: Vec<_> = (0..=255).map(|level| (level, Truth::True)).collect();
        assert_eq!(scp(64, &all), Truth::True);
        assert_eq!(scp(65, &all), Truth::False);
    }
}
