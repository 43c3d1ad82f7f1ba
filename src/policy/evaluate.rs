//! What a set of policies decides about one action: for one resource, or for a whole set at once.
//!
//! A clause says where a statement applies, what it does, and what it hangs on that is not known; `gather` makes them. For
//! a resource the applying clauses are put together by [`combine`], the one place that knows how AWS's layers limit each
//! other (IAM User Guide, `reference_policies_evaluation-logic_policy-eval-denyallow`,
//! `access_policies_boundaries`, `reference_policies_evaluation-logic-cross-account`; KMS Developer Guide,
//! `policy-evaluation`; all 2026-11). Nothing is guessed: what hangs on something unknown is [`Verdict::Conditional`].

use std::cell::OnceCell;
use std::cmp::Reverse;

use serde::Serialize;

use super::cover::{Automaton, Set, TooLarge};
use super::principal::Named;
use super::{Condition, Effect, Pattern};

/// What is decided about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Every completion of what is open allows.
    Allowed,
    /// It hangs on something that is not known.
    Conditional,
    /// Nothing allows.
    ImplicitlyDenied,
    /// A statement refuses, whatever else allows.
    ExplicitlyDenied,
}

/// Three-valued truth. `min` is and, `max` is or.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// Certainly not.
    False,
    /// It hangs on something that is not known.
    Unknown,
    /// Certainly.
    True,
}

/// The layers of policies that bear on a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// A service control policy of a level: 0 is the organization's root.
    Scp(usize),
    /// A resource control policy: it can only refuse.
    Rcp,
    /// The resource's own policy, and how it names the requester. Key policies and trust policies are resource policies.
    Resource(Named),
    /// Attached, inline and group policies.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// The policy of the session.
    Session,
}

/// A statement, by where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
pub struct Reason {
    /// A managed policy's name, `inline NAME`, `resource policy` or `trust policy`.
    pub policy: String,
    /// The version of a managed policy.
    pub version: Option<String>,
    /// The statement's place, from 1.
    pub statement: usize,
    /// The statement's Sid.
    pub sid: Option<String>,
    /// Allow or Deny.
    pub effect: Effect,
}

/// Where a clause comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin<G> {
    /// A statement that was read.
    Statement(Reason),
    /// A policy that could not be read, and why.
    Missing(G),
}

/// A statement that concerns the action and the requester, or a policy that nobody could read.
#[derive(Debug, Clone)]
pub struct Clause<G> {
    /// The layer it belongs to.
    pub layer: Layer,
    /// What it does where it applies. A missing policy may do both: it makes two clauses.
    pub effect: Effect,
    /// Does it hang on something that is not known?
    pub open: bool,
    /// The resources it applies to, or, where `all_but`, does not apply to.
    pub patterns: Vec<Pattern>,
    /// `NotResource`.
    pub all_but: bool,
    /// The conditions that nobody can decide.
    pub residual: Vec<Condition>,
    /// Where it stands.
    pub origin: Origin<G>,
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
    /// The action does not exist across accounts: `iam:PassRole`.
    Never,
}

/// What the layers say, each for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// Some statement of any layer refuses.
    pub deny: Truth,
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

/// The clauses of all policies that bear on a request for some resource.
#[derive(Debug)]
pub struct Compiled<G> {
    pub(super) clauses: Vec<Clause<G>>,
    pub(super) combination: Combination,
    /// Is there a permissions boundary?
    pub(super) bounded: bool,
    /// Is there a session policy?
    pub(super) in_session: bool,
    /// How many levels of service control policies there are.
    pub(super) scp_levels: usize,
    /// AWS refuses this action to nobody.
    pub(super) undeniable: bool,
    pub(super) automaton: OnceCell<Result<Automaton, TooLarge>>,
}

/// One thing that holds in a set of resources, shown by one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What is decided there.
    pub verdict: Verdict,
    /// A shortest resource for which it is decided.
    pub witness: String,
    /// The clauses that apply there, by index.
    pub clauses: Vec<usize>,
}

impl<G> Clause<G> {
    /// Does it apply to a resource?
    #[must_use]
    pub fn applies_to(&self, resource: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(resource)) != self.all_but
    }

    /// May what it allows be used by the requester, if nothing else stands in the way? A boundary, a session policy and a
    /// service control policy only limit, and a grant to the account only delegates.
    #[must_use]
    pub fn grants(&self) -> bool {
        let granting = matches!(self.layer, Layer::Identity | Layer::Resource(Named::Role | Named::Directly));
        self.effect == Effect::Allow && granting
    }
}

impl<G> Compiled<G> {
    /// The clauses, in the order in which their policies were added.
    #[must_use]
    pub fn clauses(&self) -> &[Clause<G>] {
        &self.clauses
    }

    /// What is decided for one resource.
    #[must_use]
    pub fn decide(&self, resource: &str) -> Outcome {
        let applies = |clause: &Clause<G>| clause.patterns.iter().any(|p| p.matches(resource)) != clause.all_but;
        let clauses: Vec<usize> =
            (0..).zip(&self.clauses).filter(|(_, clause)| applies(clause)).map(|(i, _)| i).collect();
        Outcome { verdict: self.verdict(&clauses), witness: resource.to_owned(), clauses }
    }

    /// Everything that is decided somewhere below a prefix, allowed first, each with a shortest resource that shows it.
    ///
    /// # Errors
    ///
    /// When the policies are too entangled to be decided for a whole set.
    pub fn cover(&self, prefix: &str) -> Result<Vec<Outcome>, TooLarge> {
        let build = || {
            let groups: Vec<Vec<Pattern>> = self.clauses.iter().map(|clause| clause.patterns.clone()).collect();
            Automaton::build(&groups)
        };
        let automaton = self.automaton.get_or_init(build).as_ref().map_err(|error| *error)?;
        let mut outcomes: Vec<Outcome> = automaton
            .combinations(Set::Below(prefix))
            .into_iter()
            .map(|combination| {
                let matched = |index: &usize| combination.groups.binary_search(index).is_ok();
                let applies = |(index, clause): &(usize, &Clause<G>)| matched(index) != clause.all_but;
                let clauses: Vec<usize> = (0..).zip(&self.clauses).filter(applies).map(|(i, _)| i).collect();
                Outcome { verdict: self.verdict(&clauses), witness: combination.witness, clauses }
            })
            .collect();
        outcomes.sort_by(|a, b| {
            (a.verdict, a.witness.len(), Reverse(&a.witness)).cmp(&(b.verdict, b.witness.len(), Reverse(&b.witness)))
        });
        Ok(outcomes)
    }

    /// What the layers say where these clauses apply.
    #[must_use]
    pub fn said(&self, applying: &[usize]) -> Said {
        let truth = |effect: Effect, layer: &dyn Fn(Layer) -> bool| {
            let clauses = applying.iter().filter_map(|index| self.clauses.get(*index));
            let concerned = clauses.filter(|clause| clause.effect == effect && layer(clause.layer));
            concerned.map(|clause| if clause.open { Truth::Unknown } else { Truth::True }).max().unwrap_or(Truth::False)
        };
        let allow = |layer: Layer| truth(Effect::Allow, &|other| other == layer);
        let where_there_is = |there: bool, layer: Layer| if there { allow(layer) } else { Truth::True };
        Said {
            deny: truth(Effect::Deny, &|_| true),
            scp: (0..self.scp_levels).map(|level| allow(Layer::Scp(level))).min().unwrap_or(Truth::True),
            identity: allow(Layer::Identity),
            boundary: where_there_is(self.bounded, Layer::Boundary),
            session: where_there_is(self.in_session, Layer::Session),
            account: allow(Layer::Resource(Named::Account)),
            role: allow(Layer::Resource(Named::Role)),
            direct: allow(Layer::Resource(Named::Directly)),
        }
    }

    /// How identity and resource policy bear on each other here.
    #[must_use]
    pub fn combination(&self) -> Combination {
        self.combination
    }

    /// The layers for want of which nothing is allowed, in the order in which AWS asks them.
    #[must_use]
    pub fn missing(&self, said: Said) -> Vec<&'static str> {
        let resource = said.direct.max(said.role).max(said.account);
        let grants = match self.combination {
            Combination::Either => vec![("identity", said.identity.max(said.role))],
            Combination::ResourceDelegates => vec![("resource", resource), ("identity", said.identity.max(said.role))],
            Combination::Both => vec![("resource", resource), ("identity", said.identity)],
            Combination::ResourceAlone => vec![("resource", said.direct)],
            Combination::Never => vec![("identity", Truth::False)],
        };
        let limited =
            matches!(self.combination, Combination::Either | Combination::ResourceDelegates | Combination::Both);
        let limits = [("boundary", said.boundary), ("session", said.session)].into_iter().filter(|_| limited);
        let asked = [("scp", said.scp)].into_iter().chain(grants).chain(limits);
        asked.filter(|(_, allows)| *allows == Truth::False).map(|(layer, _)| layer).collect()
    }

    fn verdict(&self, applying: &[usize]) -> Verdict {
        if self.undeniable { Verdict::Allowed } else { combine(self.combination, self.said(applying)) }
    }
}

/// How the layers combine: a deny wins; every level of service control policies must allow; then identity and resource
/// policy, as their combination asks. Boundary and session policy limit what identity policies grant and what the
/// resource grants to a role by its ARN, and not what it grants to the requester itself.
#[must_use]
pub fn combine(combination: Combination, said: Said) -> Verdict {
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
    match (said.deny, granted.min(said.scp)) {
        (Truth::True, _) => Verdict::ExplicitlyDenied,
        (_, Truth::False) => Verdict::ImplicitlyDenied,
        (Truth::False, Truth::True) => Verdict::Allowed,
        _ => Verdict::Conditional,
    }
}

impl Truth {
    /// Certainly, or certainly not.
    #[must_use]
    pub fn of(known: bool) -> Self {
        if known { Self::True } else { Self::False }
    }
}

/// The other way round; what is unknown stays so.
impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::Unknown => Self::Unknown,
            Self::False => Self::True,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arn::Arn;
    use crate::policy::Document;
    use crate::policy::gather::{Kind, Policies, Request};
    use crate::policy::principal::Requester;
    use crate::policy::request::Context;

    const ROLE_SAYS: &str = r#"{"Statement":[
        {"Effect":"Allow","Action":"s3:Get*","Resource":["arn:aws:s3:::*sagemaker*"]},
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"s3:ExistingObjectTag/SageMaker":"true"}}},
        {"Effect":"Deny","Action":"s3:GETOBJECT","Resource":"arn:aws:s3:::*/secret/*"}]}"#;

    fn compiled(policies: &[(Kind, &str)], missing: Option<Kind>) -> Compiled<&'static str> {
        let requester = Requester::Role(Arn::parse("arn:aws:iam::111122223333:role/r").unwrap());
        let context = Context::open();
        let mut asked =
            Policies::new(Request { action: "s3:GetObject", requester: &requester, resource_account: None, context });
        for (kind, text) in policies {
            asked.add(*kind, "p", None, &Document::parse(text).unwrap());
        }
        if let Some(kind) = missing {
            asked.miss(kind, &"gap");
        }
        asked.compile()
    }

    fn one(policies: &[(Kind, &str)], missing: Option<Kind>, resource: &str) -> Verdict {
        compiled(policies, missing).decide(resource).verdict
    }

    #[test]
    fn a_set_is_decided_with_a_witness_for_each_verdict() {
        let outcomes = compiled(&[(Kind::Identity, ROLE_SAYS)], None).cover("arn:aws:s3:::plain/").unwrap();
        let mut seen: Vec<_> = outcomes.iter().map(|o| (o.verdict, o.witness.as_str())).collect();
        seen.dedup_by_key(|(verdict, _)| *verdict);
        assert_eq!(
            seen,
            [
                (Verdict::Allowed, "arn:aws:s3:::plain/sagemaker"),
                (Verdict::Conditional, "arn:aws:s3:::plain/x"),
                (Verdict::ExplicitlyDenied, "arn:aws:s3:::plain/secret/"),
            ]
        );
        for outcome in outcomes {
            let decided = compiled(&[(Kind::Identity, ROLE_SAYS)], None).decide(&outcome.witness);
            assert_eq!((decided.verdict, decided.clauses), (outcome.verdict, outcome.clauses));
        }
    }

    #[test]
    fn what_is_not_named_is_covered_too() {
        let all_but = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::b/private/*"}}"#;
        let outcomes = compiled(&[(Kind::Identity, all_but)], None).cover("arn:aws:s3:::b/").unwrap();
        let seen: Vec<_> = outcomes.iter().map(|o| (o.verdict, o.witness.as_str())).collect();
        assert_eq!(
            seen,
            [(Verdict::Allowed, "arn:aws:s3:::b/x"), (Verdict::ImplicitlyDenied, "arn:aws:s3:::b/private/")]
        );
    }

    #[test]
    fn a_boundary_limits_and_a_missing_policy_leaves_open_only_what_it_could_change() {
        let boundary = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::only/*"}}"#;
        let all = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let bounded = [(Kind::Identity, all), (Kind::Boundary, boundary)];
        assert_eq!(one(&bounded, None, "arn:aws:s3:::only/k"), Verdict::Allowed);
        assert_eq!(one(&bounded, None, "arn:aws:s3:::else/k"), Verdict::ImplicitlyDenied);
        assert_eq!(one(&bounded, Some(Kind::Identity), "arn:aws:s3:::else/k"), Verdict::ImplicitlyDenied);
        assert_eq!(one(&bounded, Some(Kind::Identity), "arn:aws:s3:::only/k"), Verdict::Conditional);
        let denied = one(&[(Kind::Identity, ROLE_SAYS)], Some(Kind::Identity), "arn:aws:s3:::b/secret/k");
        assert_eq!(denied, Verdict::ExplicitlyDenied);
    }

    #[test]
    fn an_unknown_variable_leaves_open_what_it_could_reach_and_no_more() {
        let own = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::home/${aws:userid}/*"}}"#;
        assert_eq!(one(&[(Kind::Identity, own)], None, "arn:aws:s3:::home/a/k"), Verdict::Conditional);
        assert_eq!(one(&[(Kind::Identity, own)], None, "arn:aws:s3:::other/a/k"), Verdict::ImplicitlyDenied);
        let all_but = own.replace("\"Resource\"", "\"NotResource\"");
        assert_eq!(one(&[(Kind::Identity, &all_but)], None, "arn:aws:s3:::other/a/k"), Verdict::Allowed);
        assert_eq!(one(&[(Kind::Identity, &all_but)], None, "arn:aws:s3:::home/a/k"), Verdict::Conditional);
    }

    /// The rules of the documentation for what is known of every layer.
    fn allowed(
        combination: Combination,
        [deny, scp, identity, boundary, session, account, role, direct]: [bool; 8],
    ) -> bool {
        let within_limits = boundary && session;
        let by_identity = identity && within_limits;
        !deny
            && scp
            && match combination {
                Combination::Either => by_identity || direct || (role && within_limits),
                Combination::ResourceDelegates => (by_identity && account) || direct || (role && within_limits),
                Combination::Both => by_identity && (account || role || direct),
                Combination::ResourceAlone => direct,
                Combination::Never => false,
            }
    }

    #[test]
    fn the_combination_of_layers_holds_for_every_input() {
        let all = [Truth::False, Truth::Unknown, Truth::True];
        let combinations = [
            Combination::Either,
            Combination::ResourceDelegates,
            Combination::Both,
            Combination::ResourceAlone,
            Combination::Never,
        ];
        for n in 0..3_usize.pow(8) {
            let truths: [Truth; 8] = std::array::from_fn(|i| all[n / 3_usize.pow(u32::try_from(i).unwrap()) % 3]);
            let [deny, scp, identity, boundary, session, account, role, direct] = truths;
            let said = Said { deny, scp, identity, boundary, session, account, role, direct };
            for combination in combinations {
                // Every completion of what is unknown; the verdict is what they agree on.
                let mut seen = [false; 2];
                for bits in 0..256_usize {
                    let completion: [bool; 8] = std::array::from_fn(|i| bits >> i & 1 == 1);
                    let fits =
                        truths.iter().zip(completion).all(|(t, known)| *t == Truth::Unknown || *t == Truth::of(known));
                    if fits {
                        seen[usize::from(allowed(combination, completion))] = true;
                    }
                }
                let verdict = combine(combination, said);
                assert_eq!(verdict == Verdict::ExplicitlyDenied, deny == Truth::True, "{said:?}");
                match seen {
                    [false, true] => assert_eq!(verdict, Verdict::Allowed, "{combination:?} {said:?}"),
                    [true, true] => assert_eq!(verdict, Verdict::Conditional, "{combination:?} {said:?}"),
                    _ => assert!(matches!(verdict, Verdict::ImplicitlyDenied | Verdict::ExplicitlyDenied), "{said:?}"),
                }
            }
        }
    }
}
