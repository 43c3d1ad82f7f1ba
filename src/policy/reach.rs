//! What sets of policies decide about one request for whole sets of resources.
//!
//! All that does not hang on the resource is settled once: which statements concern the action, whether their conditions
//! hold, whom they name. What is left of each is a clause: where it applies and what it does there. One automaton over
//! the clauses' patterns then answers for any set of resources, with a shortest resource for each thing that is decided
//! in it.

mod compare;

use std::cell::{OnceCell, RefCell};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::compile::{Compiled, Policies, everywhere};
use super::condition::is_understood;
use super::cover::{Automaton, Combination, Set, TooLarge};
use super::decide::{Reason, Terms, found, reason, residual, unread};
use super::layers::{Builtin, Hearing, Layer, Truth, Verdict};
use super::request::Request;
use super::resource::Named;
use super::special::{self, Rule};
use super::{Condition, Effect, Pattern, Selection, Statement};

pub use compare::Difference;

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
    /// The conditions that decide: of a Deny those that hold, of a statement that does not apply those that do not.
    pub deciding: Vec<ConditionFact>,
    /// Where it stands.
    pub origin: Origin<G>,
    /// What it says; nothing of a policy that could not be read.
    statement: Option<Arc<Statement>>,
}

/// A condition of which it is certain whether it holds, and the values that the request has of its key; `None`, where it
/// does not have the key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConditionFact {
    /// As it stands in the policy.
    pub condition: Condition,
    /// What the request has.
    pub found: Option<Vec<String>>,
}

/// The policies that bear on a request, with only the resource left open.
#[derive(Debug)]
pub struct Reach<G> {
    clauses: Vec<Clause<G>>,
    /// The Allow statements about the action that a condition certainly keeps from applying.
    unmet: Vec<Clause<G>>,
    /// What AWS itself says of the action, on resources of a form.
    rules: Vec<&'static Rule>,
    terms: Terms,
    automaton: OnceCell<Result<Automaton, TooLarge>>,
    /// What is decided behind a text that leads the automaton to a state.
    following: RefCell<HashMap<usize, Rc<[Outcome]>>>,
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
    /// What AWS itself says there.
    builtin: Vec<Builtin>,
}

impl<G> Clause<G> {
    /// Does it apply to a resource?
    #[must_use]
    pub fn applies_to(&self, resource: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(resource)) != self.all_but
    }

    /// May what it allows be used by the requester, if nothing else stands in the way?
    #[must_use]
    pub fn grants(&self) -> bool {
        self.effect == Effect::Allow && self.layer.grants()
    }

    /// Is it open because of the request alone: a condition, or a variable in a resource, that only a request can tell?
    #[must_use]
    pub fn depends_on_request(&self) -> bool {
        let resources = self.statement.as_ref().and_then(|statement| statement.resources.as_ref());
        let varies = || resources.is_some_and(|resources| resources.named().iter().any(|arn| arn.contains("${")));
        self.open && self.residual.iter().all(is_understood) && (!self.residual.is_empty() || varies())
    }

    /// The context keys and variables whose values are not known, as the policy spells them, each once.
    #[must_use]
    pub fn unknown_keys(&self) -> Vec<String> {
        let resources = self.statement.as_ref().and_then(|statement| statement.resources.as_ref());
        let texts = resources.into_iter().flat_map(super::document::Selection::named);
        let texts = texts.chain(self.residual.iter().flat_map(|condition| &condition.values));
        let variables =
            texts.flat_map(|text| text.split("${").skip(1)).filter_map(|rest| rest.split(['}', ',']).next());
        let keys = self.residual.iter().map(|condition| condition.key.as_str());
        let mut names: Vec<String> = vec![];
        // `${*}`, `${?}` and `${$}` stand for themselves.
        for name in keys.chain(variables.map(str::trim).filter(|name| name.contains(':'))) {
            if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                names.push(name.to_owned());
            }
        }
        names
    }

    /// Does the statement leave out principals by `NotPrincipal`?
    #[must_use]
    pub fn by_not_principal(&self) -> bool {
        let principals = self.statement.as_ref().and_then(|statement| statement.principals.as_ref());
        matches!(principals, Some(Selection::AllBut(_)))
    }

    /// Does the statement name this principal, as `Principal` has it?
    #[must_use]
    pub fn names_principal(&self, arn: &str) -> bool {
        let principals = self.statement.as_ref().and_then(|statement| statement.principals.as_ref());
        matches!(principals, Some(Selection::Only(named)) if named.iter().any(|principal| principal.value == arn))
    }

    fn truth(&self) -> Truth {
        if self.open { Truth::Unknown } else { Truth::True }
    }
}

impl<G: Clone> Reach<G> {
    /// Settles a request as far as the resource does not matter.
    #[must_use]
    pub fn new(policies: &[&Policies<'_, G>], request: &Request<'_>) -> Self {
        let terms = Terms::new(policies, request);
        let (mut clauses, mut unmet) = (vec![], vec![]);
        for set in policies {
            for statement in set.about(request) {
                let held = statement.held(request);
                if held == Truth::False && statement.effect == Effect::Deny {
                    continue;
                }
                let into = if held == Truth::False { &mut unmet } else { &mut clauses };
                let deciding = match (statement.effect, held) {
                    (Effect::Deny, _) => conditions(statement, request, Truth::True),
                    (Effect::Allow, Truth::False) => conditions(statement, request, Truth::False),
                    (Effect::Allow, _) => vec![],
                };
                let residual: Vec<Condition> = residual(statement, request).cloned().collect();
                statement.each_layer(request, terms.limits, |layer, sure| {
                    if sure == Truth::False {
                        return;
                    }
                    for (patterns, all_but, located) in resources(statement, request) {
                        into.push(Clause {
                            layer,
                            effect: statement.effect,
                            open: held.min(sure).min(located) != Truth::True,
                            patterns,
                            all_but,
                            residual: residual.clone(),
                            deciding: deciding.clone(),
                            origin: Origin::Statement(reason(set, statement)),
                            statement: Some(Arc::clone(statement.statement)),
                        });
                    }
                });
            }
        }
        for (kind, gap) in unread(policies, request) {
            clauses.extend([Effect::Allow, Effect::Deny].map(|effect| Clause {
                layer: kind.layer(),
                effect,
                open: true,
                patterns: vec![Pattern::new("*")],
                all_but: false,
                residual: vec![],
                deciding: vec![],
                origin: Origin::Missing(gap.clone()),
                statement: None,
            }));
        }
        let rules = special::rules(request).collect();
        Self { clauses, unmet, rules, terms, automaton: OnceCell::new(), following: RefCell::default() }
    }
}

impl<G> Reach<G> {
    /// The clauses, in the order in which their policies were added.
    #[must_use]
    pub fn clauses(&self) -> &[Clause<G>] {
        &self.clauses
    }

    /// The Allow statements about the action that a condition certainly keeps from applying.
    #[must_use]
    pub fn unmet(&self) -> &[Clause<G>] {
        &self.unmet
    }

    /// The layers for want of which nothing is allowed where an outcome holds, the first one first, as AWS asks them.
    #[must_use]
    pub fn lacking(&self, outcome: &Outcome) -> Vec<&'static str> {
        self.terms.lacking(self.terms.said(&self.heard(&outcome.clauses, &outcome.builtin)))
    }

    /// Is there a permissions boundary?
    #[must_use]
    pub fn has_boundary(&self) -> bool {
        self.terms.limits.boundary
    }

    /// What is decided for one resource.
    #[must_use]
    pub fn decide(&self, resource: &str) -> Outcome {
        let applying = (0..).zip(&self.clauses).filter(|(_, clause)| clause.applies_to(resource));
        let clauses: Vec<usize> = applying.map(|(i, _)| i).collect();
        let builtin = self.rules.iter().filter(|rule| rule.is_about(resource)).map(|rule| rule.says).collect();
        self.outcome(clauses, builtin, resource.to_owned())
    }

    /// Everything that is decided somewhere in a set, allowed first, each with a shortest resource that shows it.
    ///
    /// # Errors
    ///
    /// When the policies are too entangled to be decided for a whole set.
    pub fn cover(&self, set: &Set<'_>) -> Result<Vec<Outcome>, TooLarge> {
        let combinations = self.automaton()?.combinations(set)?;
        Ok(self.outcomes(combinations))
    }

    /// Everything that is decided somewhere below a prefix, as `cover` says it, but that the witnesses are without the
    /// prefix: so it is the same for all prefixes that the policies do not tell apart, and found once for them.
    ///
    /// # Errors
    ///
    /// When the policies are too entangled to be decided for a whole set.
    pub fn below(&self, prefix: &str) -> Result<Rc<[Outcome]>, TooLarge> {
        let automaton = self.automaton()?;
        let state = automaton.walk(prefix);
        let mut following = self.following.borrow_mut();
        let outcomes = following.entry(state).or_insert_with(|| self.outcomes(automaton.following(state)).into());
        Ok(Rc::clone(outcomes))
    }

    /// What is decided where these combinations of groups match, allowed first.
    fn outcomes(&self, combinations: Vec<Combination<'_>>) -> Vec<Outcome> {
        let groups: Vec<usize> = (0..self.clauses.len() + self.rules.len()).collect();
        let outcome = |(matching, witness): Combination<'_>| self.outcome_in(matching, &groups, witness);
        let mut outcomes: Vec<Outcome> = combinations.into_iter().map(outcome).collect();
        outcomes.sort_by(|a, b| {
            (a.verdict, a.witness.len(), Reverse(&a.witness)).cmp(&(b.verdict, b.witness.len(), Reverse(&b.witness)))
        });
        outcomes
    }

    fn automaton(&self) -> Result<&Automaton, TooLarge> {
        let build = || Automaton::build(&self.patterns().collect::<Vec<_>>());
        self.automaton.get_or_init(build).as_ref().map_err(|error| *error)
    }

    /// The patterns of each clause, and behind them those of each rule of AWS's own.
    fn patterns(&self) -> impl Iterator<Item = &[Pattern]> {
        let of_rules = self.rules.iter().map(|rule| rule.patterns.as_slice());
        self.clauses.iter().map(|clause| clause.patterns.as_slice()).chain(of_rules)
    }

    /// What is decided where just these groups of an automaton match; the group of each of the `patterns` is given.
    fn outcome_in(&self, matching: &[usize], groups: &[usize], witness: String) -> Outcome {
        let matched = |group: &usize| matching.binary_search(group).is_ok();
        let (of_clauses, of_rules) = groups.split_at(self.clauses.len().min(groups.len()));
        let clauses = (0..).zip(self.clauses.iter().zip(of_clauses));
        let applying =
            clauses.filter(|(_, (clause, group))| matched(group) != clause.all_but).map(|(i, _)| i).collect();
        let rules = self.rules.iter().zip(of_rules).filter(|(_, group)| matched(group));
        self.outcome(applying, rules.map(|(rule, _)| rule.says).collect(), witness)
    }

    /// What is decided where these clauses apply; what does not count there is left out.
    fn outcome(&self, mut clauses: Vec<usize>, builtin: Vec<Builtin>, witness: String) -> Outcome {
        let heard = self.heard(&clauses, &builtin);
        if !builtin.is_empty() {
            let counts = |clause: &Clause<G>| heard.heeds(clause.effect, clause.layer);
            clauses.retain(|index| self.clauses.get(*index).is_some_and(counts));
        }
        Outcome { verdict: self.terms.verdict(self.terms.said(&heard)), witness, clauses, builtin }
    }

    fn heard(&self, applying: &[usize], builtin: &[Builtin]) -> Hearing {
        let mut hearing = Hearing::default();
        for clause in applying.iter().filter_map(|index| self.clauses.get(*index)) {
            hearing.hear(clause.effect, clause.layer, clause.truth());
        }
        for says in builtin {
            hearing.hear_builtin(*says);
        }
        hearing
    }
}

/// Tells apart the resources that some requests' policies tell apart.
#[derive(Debug)]
pub struct Kinds(Automaton);

impl Kinds {
    /// Tells apart what these requests' policies do.
    ///
    /// # Errors
    ///
    /// When the policies are too entangled.
    pub fn new<'r, G: 'r>(reaches: impl IntoIterator<Item = &'r Reach<G>>) -> Result<Self, TooLarge> {
        let mut seen = HashSet::new();
        let patterns = reaches.into_iter().flat_map(Reach::patterns).filter(|patterns| seen.insert(*patterns));
        Automaton::build(&patterns.collect::<Vec<_>>()).map(Self)
    }

    /// The kind of a text: for all texts of a kind, and whatever follows them, the same is decided.
    #[must_use]
    pub fn of(&self, text: &str) -> usize {
        self.0.walk(text)
    }
}

/// The conditions of a statement that come out so.
fn conditions(statement: &Compiled<'_>, request: &Request<'_>, truth: Truth) -> Vec<ConditionFact> {
    let each = statement.tests.iter().zip(&statement.statement.conditions);
    let decided = each.filter(|(test, _)| test.holds(request) == truth);
    decided.map(|(test, c)| ConditionFact { condition: c.clone(), found: found(test, request) }).collect()
}

/// Where a statement applies: the patterns, whether they are left out, and whether that is certain. A pattern with an
/// unknown variable may match what it matches at the most.
fn resources(statement: &Compiled<'_>, request: &Request<'_>) -> Vec<(Vec<Pattern>, bool, Truth)> {
    let Some(resources) = &statement.resources else {
        return vec![(vec![Pattern::new("*")], false, everywhere(request))];
    };
    let Named { certain, possible, is_valueless } = statement.named(resources, request);
    let all_but = matches!(resources, Selection::AllBut(_));
    match (all_but, possible.is_empty()) {
        // All but what has no value: perhaps the whole statement is invalid then.
        (true, _) if is_valueless => vec![(certain, true, Truth::Unknown)],
        (_, true) => vec![(certain, all_but, Truth::True)],
        (false, false) => vec![(certain, false, Truth::True), (possible, false, Truth::Unknown)],
        (true, false) => {
            let all = certain.iter().chain(&possible).cloned().collect();
            vec![(all, true, Truth::True), (certain, true, Truth::Unknown)]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arn::Arn;
    use crate::policy::Document;
    use crate::policy::compile::Kind;
    use crate::policy::decide::decide;
    use crate::policy::principal::Requester;
    use crate::policy::request::Context;

    const ROLE_SAYS: &str = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:Get*","Resource":["arn:aws:s3:::*sagemaker*"]},
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"s3:ExistingObjectTag/SageMaker":"true"}}},
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::home/${aws:userid}/*"},
        {"Effect":"Deny","Action":"s3:GETOBJECT","Resource":"arn:aws:s3:::*/secret/*"}]}"#;

    /// Calls with what a role reaches with `s3:GetObject`, nothing being known of the context. What is decided for one
    /// resource at a time must be the same.
    fn reaching(policies: &[(Kind, &str)], missing: Option<Kind>, test: impl FnOnce(&Reach<&str>)) {
        let requester = Requester::Role(Arn::parse("arn:aws:iam::111122223333:role/r").unwrap());
        let context = Context::open();
        let request = Request::new("s3:GetObject", &requester, None, &context);
        let documents: Vec<_> = policies.iter().map(|(kind, text)| (*kind, Document::parse(text).unwrap())).collect();
        let mut set = Policies::new();
        for (kind, document) in &documents {
            set.add(*kind, "p", None, document);
        }
        if let Some(kind) = missing {
            set.miss(kind, "gap");
        }
        let reach = Reach::new(&[&set], &request);
        for prefix in ["arn:aws:s3:::plain/", "arn:aws:s3:::home/a", "arn:aws:s3:::b-sagemaker/", ""] {
            let cover = reach.cover(&Set::Below(prefix)).unwrap();
            let of = |outcome: &Outcome| Outcome { witness: format!("{prefix}{}", outcome.witness), ..outcome.clone() };
            assert_eq!(reach.below(prefix).unwrap().iter().map(of).collect::<Vec<_>>(), cover);
            for outcome in cover {
                assert_eq!(reach.decide(&outcome.witness), outcome);
                assert_eq!(decide(&[&set], &request, &outcome.witness), outcome.verdict, "{outcome:?}");
            }
        }
        test(&reach);
    }

    fn one(policies: &[(Kind, &str)], missing: Option<Kind>, resource: &str) -> Verdict {
        let mut verdict = Verdict::Allowed;
        reaching(policies, missing, |reach| verdict = reach.decide(resource).verdict);
        verdict
    }

    fn shown(reach: &Reach<&str>, set: &Set<'_>) -> Vec<(Verdict, String)> {
        let mut shown: Vec<_> = reach.cover(set).unwrap().into_iter().map(|o| (o.verdict, o.witness)).collect();
        shown.dedup_by_key(|(verdict, _)| *verdict);
        shown
    }

    #[test]
    fn a_set_is_decided_with_a_witness_for_each_verdict() {
        reaching(&[(Kind::Identity, ROLE_SAYS)], None, |reach| {
            let witnesses = [
                (Verdict::Allowed, "arn:aws:s3:::plain/sagemaker".to_owned()),
                (Verdict::Conditional, "arn:aws:s3:::plain/x".to_owned()),
                (Verdict::ExplicitlyDenied, "arn:aws:s3:::plain/secret/".to_owned()),
            ];
            assert_eq!(shown(reach, &Set::Below("arn:aws:s3:::plain/")), witnesses);
            let secrets = Pattern::new("arn:aws:s3:::*/secret/?*");
            let witness = "arn:aws:s3:::/secret/x".to_owned();
            assert_eq!(shown(reach, &Set::Matching(&secrets)), [(Verdict::ExplicitlyDenied, witness)]);
        });
    }

    #[test]
    fn what_is_not_named_is_covered_too() {
        let all_but = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::b/private/*"}}"#;
        reaching(&[(Kind::Identity, all_but)], None, |reach| {
            let witnesses = [
                (Verdict::Allowed, "arn:aws:s3:::b/x".to_owned()),
                (Verdict::ImplicitlyDenied, "arn:aws:s3:::b/private/".to_owned()),
            ];
            assert_eq!(shown(reach, &Set::Below("arn:aws:s3:::b/")), witnesses);
        });
    }

    #[test]
    fn a_boundary_limits_and_a_missing_policy_leaves_open_only_what_it_could_change() {
        let boundary = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::only/*"}}"#;
        let all = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let bounded = [(Kind::Identity, all), (Kind::Boundary, boundary)];
        assert_eq!(one(&bounded, None, "arn:aws:s3:::only/k"), Verdict::Allowed);
        assert_eq!(one(&bounded, None, "arn:aws:s3:::else/k"), Verdict::ImplicitlyDenied);
        assert_eq!(one(&bounded, Some(Kind::Identity), "arn:aws:s3:::else/k"), Verdict::Denied);
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

    #[test]
    fn a_change_shows_in_what_it_makes_different_and_nowhere_else() {
        let more =
            r#"{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::plain/images/*"}}"#;
        let bucket = Set::Below("arn:aws:s3:::plain/");
        reaching(&[(Kind::Identity, ROLE_SAYS)], None, |before| {
            reaching(&[(Kind::Identity, ROLE_SAYS)], None, |same| {
                assert_eq!(same.differences(before, &bucket).unwrap(), []);
            });
            reaching(&[(Kind::Identity, ROLE_SAYS), (Kind::Identity, more)], None, |after| {
                let witness = "arn:aws:s3:::plain/images/".to_owned();
                let gained = Difference { witness, own: Verdict::Allowed, other: Verdict::Conditional };
                assert_eq!(after.differences(before, &bucket).unwrap(), [gained]);
                assert_eq!(after.differences(before, &Set::Below("arn:aws:s3:::else/")).unwrap(), []);
            });
        });
    }
}
