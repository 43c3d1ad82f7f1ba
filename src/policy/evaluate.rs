//! What a set of policies decides about one action: for one resource, or for a whole set at once.
//!
//! This is the plain reading: Allow and Deny, wildcards in actions and resources, the layers of identity policies,
//! permissions boundary and resource policy. A statement with a Condition, NotAction, NotResource or NotPrincipal may
//! apply or not: it is *open*, and what hangs on it comes out as [`Verdict::Conditional`]. Nothing is guessed.
//!
//! Source: IAM User Guide, `reference_policies_evaluation-logic_policy-eval-denyallow` and
//! `access_policies_boundaries` (2026-11).

use std::cmp::Reverse;

use serde::Serialize;

use super::cover::{Automaton, Set};
use super::{Document, Effect, Pattern, Selection, Statement};

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
    /// Attached, inline and group policies.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// The resource's own policy.
    Resource,
}

/// A statement, by where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
pub struct Reason {
    /// The policy's name, or `inline NAME`, or `bucket policy` …
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

/// A statement that concerns the action, or a policy that nobody could read.
#[derive(Debug, Clone)]
pub struct Clause<G> {
    /// The layer it belongs to.
    pub layer: Layer,
    /// What it does where it applies. A missing policy may do both: it makes two clauses.
    pub effect: Effect,
    /// Does it hang on something that is not read?
    pub open: bool,
    /// The resources it applies to.
    pub patterns: Vec<Pattern>,
    /// The keys of its conditions, as written.
    pub condition_keys: Vec<String>,
    /// Where it stands.
    pub origin: Origin<G>,
}

/// The clauses of all policies that bear on one action, and the automaton over their resources.
#[derive(Debug)]
pub struct Compiled<G> {
    clauses: Vec<Clause<G>>,
    bounded: bool,
    automaton: Option<Automaton>,
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

/// The policies that bear on one action, gathered layer by layer.
#[derive(Debug)]
pub struct Policies<'a, G> {
    action: &'a str,
    clauses: Vec<Clause<G>>,
    bounded: bool,
}

impl<'a, G: Clone> Policies<'a, G> {
    /// No policy yet: nothing is allowed.
    #[must_use]
    pub fn new(action: &'a str) -> Self {
        Self { action, clauses: vec![], bounded: false }
    }

    /// Adds a policy of a layer. `applies` tells of each statement whether its principal is the one that asks; it is
    /// [`Truth::True`] for policies without principals. Tells whether the policy has anything to say.
    pub fn add(
        &mut self,
        layer: Layer,
        name: &str,
        version: Option<&str>,
        document: &Document,
        applies: impl Fn(&Statement) -> Truth,
    ) -> bool {
        let before = self.clauses.len();
        self.bounded |= layer == Layer::Boundary;
        for (index, statement) in document.statements().iter().enumerate() {
            let concerns = concerns(statement, self.action).min(applies(statement));
            let (patterns, located) = match &statement.resources {
                Some(Selection::Only(arns)) => (arns.iter().map(|arn| Pattern::new(arn)).collect(), Truth::True),
                Some(Selection::AllBut(_)) => (vec![Pattern::new("*")], Truth::Unknown),
                None => (vec![Pattern::new("*")], Truth::True),
            };
            if concerns == Truth::False {
                continue;
            }
            self.clauses.push(Clause {
                layer,
                effect: statement.effect,
                open: concerns.min(located) != Truth::True || !statement.conditions.is_empty(),
                patterns,
                condition_keys: statement.conditions.iter().map(|condition| condition.key.clone()).collect(),
                origin: Origin::Statement(Reason {
                    policy: name.to_owned(),
                    version: version.map(str::to_owned),
                    statement: index + 1,
                    sid: statement.sid.clone(),
                    effect: statement.effect,
                }),
            });
        }
        self.clauses.len() > before
    }

    /// Says that a policy of a layer could not be read: it may allow and it may deny.
    pub fn miss(&mut self, layer: Layer, gap: &G) {
        self.bounded |= layer == Layer::Boundary;
        self.clauses.extend([Effect::Allow, Effect::Deny].map(|effect| Clause {
            layer,
            effect,
            open: true,
            patterns: vec![Pattern::new("*")],
            condition_keys: vec![],
            origin: Origin::Missing(gap.clone()),
        }));
    }

    /// Builds the automaton.
    #[must_use]
    pub fn compile(self) -> Compiled<G> {
        let groups: Vec<Vec<Pattern>> = self.clauses.iter().map(|clause| clause.patterns.clone()).collect();
        Compiled { automaton: Automaton::build(&groups).ok(), clauses: self.clauses, bounded: self.bounded }
    }
}

impl<G> Compiled<G> {
    /// The statements that concern the action, in the order in which their policies were added.
    #[must_use]
    pub fn clauses(&self) -> &[Clause<G>] {
        &self.clauses
    }

    /// Everything that is decided somewhere in a set of resources, allowed first, each with a shortest resource that
    /// shows it. Empty when the policies are too entangled to be decided for a set.
    #[must_use]
    pub fn outcomes(&self, set: Set<'_>) -> Vec<Outcome> {
        let Some(automaton) = &self.automaton else { return vec![] };
        let mut outcomes: Vec<Outcome> = automaton
            .combinations(set)
            .into_iter()
            .map(|c| Outcome { verdict: self.verdict(&c.groups), witness: c.witness, clauses: c.groups })
            .collect();
        outcomes.sort_by(|a, b| {
            (a.verdict, a.witness.len(), Reverse(&a.witness)).cmp(&(b.verdict, b.witness.len(), Reverse(&b.witness)))
        });
        outcomes
    }

    fn verdict(&self, applying: &[usize]) -> Verdict {
        let truth = |layer: Option<Layer>, effect: Effect| {
            let concerned = |clause: &&Clause<G>| clause.effect == effect && layer.is_none_or(|l| clause.layer == l);
            let clauses = applying.iter().filter_map(|index| self.clauses.get(*index)).filter(concerned);
            clauses.map(|clause| if clause.open { Truth::Unknown } else { Truth::True }).max().unwrap_or(Truth::False)
        };
        combine(
            truth(None, Effect::Deny),
            truth(Some(Layer::Identity), Effect::Allow),
            if self.bounded { truth(Some(Layer::Boundary), Effect::Allow) } else { Truth::True },
            truth(Some(Layer::Resource), Effect::Allow),
        )
    }
}

/// How the layers combine for a role within its own account: a deny wins; identity or resource policy must allow, and
/// the boundary must too (a grant to a role's ARN is limited by its boundary).
#[must_use]
pub fn combine(deny: Truth, identity: Truth, boundary: Truth, resource: Truth) -> Verdict {
    let allow = identity.max(resource).min(boundary);
    match (deny, allow) {
        (Truth::True, _) => Verdict::ExplicitlyDenied,
        (_, Truth::False) => Verdict::ImplicitlyDenied,
        (Truth::False, Truth::True) => Verdict::Allowed,
        _ => Verdict::Conditional,
    }
}

/// Is a statement about an action? NotAction is not read: what it does not name may be meant.
fn concerns(statement: &Statement, action: &str) -> Truth {
    let action = action.to_ascii_lowercase();
    let named = statement.actions.named().iter().any(|glob| Pattern::action(glob).matches(&action));
    match (&statement.actions, named) {
        (Selection::Only(_), true) => Truth::True,
        (Selection::AllBut(_), false) => Truth::Unknown,
        _ => Truth::False,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE_SAYS: &str = r#"{"Statement":[
        {"Effect":"Allow","Action":"s3:Get*","Resource":["arn:aws:s3:::*sagemaker*"]},
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"s3:ExistingObjectTag/SageMaker":"true"}}},
        {"Effect":"Deny","Action":"s3:GETOBJECT","Resource":"arn:aws:s3:::*/secret/*"}]}"#;

    fn outcomes(policies: &[(Layer, &str)], missing: Option<Layer>, set: Set<'_>) -> Vec<(Verdict, String)> {
        let mut asked = Policies::new("s3:GetObject");
        for (layer, text) in policies {
            asked.add(*layer, "p", None, &Document::parse(text).unwrap(), |_| Truth::True);
        }
        if let Some(layer) = missing {
            asked.miss(layer, &"gap");
        }
        let mut seen: Vec<_> = asked.compile().outcomes(set).into_iter().map(|o| (o.verdict, o.witness)).collect();
        seen.dedup_by_key(|(verdict, _)| *verdict);
        seen
    }

    #[test]
    fn a_set_is_decided_with_a_witness_for_each_verdict() {
        assert_eq!(
            outcomes(&[(Layer::Identity, ROLE_SAYS)], None, Set::Below("arn:aws:s3:::plain/")),
            [
                (Verdict::Allowed, "arn:aws:s3:::plain/sagemaker".to_owned()),
                (Verdict::Conditional, "arn:aws:s3:::plain/x".to_owned()),
                (Verdict::ExplicitlyDenied, "arn:aws:s3:::plain/secret/".to_owned()),
            ]
        );
        assert_eq!(
            outcomes(&[(Layer::Identity, ROLE_SAYS)], None, Set::One("arn:aws:s3:::sagemaker-b/a")),
            [(Verdict::Allowed, "arn:aws:s3:::sagemaker-b/a".to_owned())]
        );
    }

    #[test]
    fn a_boundary_limits_and_a_missing_policy_leaves_open_only_what_it_could_change() {
        let boundary = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::only/*"}}"#;
        let all = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let one = |policies: &[(Layer, &str)], missing, text| outcomes(policies, missing, Set::One(text))[0].0;
        let bounded = [(Layer::Identity, all), (Layer::Boundary, boundary)];
        assert_eq!(one(&bounded, None, "arn:aws:s3:::only/k"), Verdict::Allowed);
        assert_eq!(one(&bounded, None, "arn:aws:s3:::else/k"), Verdict::ImplicitlyDenied);
        assert_eq!(one(&bounded, Some(Layer::Identity), "arn:aws:s3:::else/k"), Verdict::ImplicitlyDenied);
        assert_eq!(one(&bounded, Some(Layer::Identity), "arn:aws:s3:::only/k"), Verdict::Conditional);
        assert_eq!(
            one(&[(Layer::Identity, ROLE_SAYS)], Some(Layer::Identity), "arn:aws:s3:::b/secret/k"),
            Verdict::ExplicitlyDenied
        );
    }

    #[test]
    fn what_is_not_read_is_open_and_what_it_names_away_is_not() {
        let one = |text| outcomes(&[(Layer::Identity, text)], None, Set::One("arn:aws:s3:::b/k"))[0].0;
        assert_eq!(one(r#"{"Statement":{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}}"#), Verdict::Conditional);
        assert_eq!(
            one(r#"{"Statement":{"Effect":"Allow","NotAction":"S3:*","Resource":"*"}}"#),
            Verdict::ImplicitlyDenied
        );
        assert_eq!(one(r#"{"Statement":{"Effect":"Allow","Action":"s3:*","NotResource":"x"}}"#), Verdict::Conditional);
    }

    #[test]
    fn the_combination_of_layers_holds_for_every_input() {
        let all = [Truth::False, Truth::Unknown, Truth::True];
        for n in 0..all.len().pow(4) {
            let [deny, identity, boundary, resource] = [1, 3, 9, 27].map(|place| all[n / place % 3]);
            // Every completion of what is unknown, decided by the two-valued rule; the verdict is what they agree on.
            let completions = |t: Truth| if t == Truth::Unknown { vec![false, true] } else { vec![t == Truth::True] };
            let mut allowed = vec![];
            for d in completions(deny) {
                for i in completions(identity) {
                    for b in completions(boundary) {
                        for r in completions(resource) {
                            allowed.push(!d && b && (i || r));
                        }
                    }
                }
            }
            let verdict = combine(deny, identity, boundary, resource);
            match (allowed.contains(&true), allowed.contains(&false)) {
                (true, false) => assert_eq!(verdict, Verdict::Allowed),
                (true, true) => assert_eq!(verdict, Verdict::Conditional),
                _ => assert!(matches!(verdict, Verdict::ImplicitlyDenied | Verdict::ExplicitlyDenied)),
            }
            assert_eq!(verdict == Verdict::ExplicitlyDenied, deny == Truth::True);
        }
    }
}
