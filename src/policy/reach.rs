//! What sets of policies decide about one request for whole sets of resources.
//!
//! All that does not depend on the resource is settled once: which statements concern the action, whether their conditions
//! hold, whom they name. What is left of each is a clause: where it applies and what it does there. Beside the clauses
//! stand the rules of AWS's own about the action on resources of a form. One automaton over the patterns of both then
//! answers for any set of resources, with a shortest resource for each thing that is decided in it.

mod clause;
mod compare;
mod union;
mod whole;

use std::cell::{OnceCell, RefCell};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::compile::{Compiled, Policies, everywhere};
use super::cover::{Automaton, Budget, Meter, Set, TooLarge};
use super::decide::{Terms, found, reason, residual, unread};
use super::layers::{Builtin, Hearing, Truth};
use super::request::Request;
use super::resource::Named;
use super::special::{self, Rule};
use super::{Condition, Effect, Pattern, Selection};
use union::Union;
use whole::shown;

pub use clause::{Clause, ConditionFact, Origin};
pub use compare::Difference;
pub use whole::Outcome;

/// The policies that bear on a request, with only the resource left open.
#[derive(Debug)]
pub struct Reach<G> {
    clauses: Vec<Clause<G>>,
    /// The Allow statements about the action that a condition certainly keeps from applying.
    unmet: Vec<Clause<G>>,
    /// What AWS itself says of the action, on resources of a form.
    rules: Vec<&'static Rule>,
    terms: Terms,
    union: OnceCell<Union>,
    /// Distinguishes the texts behind which not all clauses apply alike.
    kinds: OnceCell<Kinds>,
    /// What is decided behind texts of a kind.
    below: RefCell<HashMap<usize, Below>>,
    budget: Rc<Budget>,
}

/// All that is decided below a prefix, the witnesses without it.
type Below = Result<Rc<[Outcome]>, TooLarge>;

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
        Self {
            clauses,
            unmet,
            rules: special::rules(request).collect(),
            terms,
            union: OnceCell::new(),
            kinds: OnceCell::new(),
            below: RefCell::default(),
            budget: Rc::default(),
        }
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

    /// What is decided for one resource; clauses that do not count there are left out.
    #[must_use]
    pub fn decide(&self, resource: &str) -> Outcome {
        let applying = (0..).zip(&self.clauses).filter(|(_, clause)| clause.applies_to(resource));
        let mut clauses: Vec<usize> = applying.map(|(i, _)| i).collect();
        let about = self.rules.iter().filter(|rule| rule.is_about(resource));
        let builtin: Vec<Builtin> = about.map(|rule| rule.says).collect();
        let heard = self.heard(&clauses, &builtin);
        if !builtin.is_empty() {
            let counts = |clause: &Clause<G>| heard.heeds(clause.effect, clause.layer);
            clauses.retain(|index| self.clauses.get(*index).is_some_and(counts));
        }
        let verdict = self.terms.verdict(self.terms.said(&heard));
        Outcome { verdict, witness: resource.to_owned(), clauses, builtin }
    }

    /// The same, within a budget that is shared with others; else it has one of its own.
    #[must_use]
    pub fn within(self, budget: &Rc<Budget>) -> Self {
        Self { budget: Rc::clone(budget), ..self }
    }

    /// Everything that is decided somewhere in a set, allowed first, each with a shortest resource that shows it: every
    /// verdict, and every clause that applies somewhere.
    ///
    /// # Errors
    ///
    /// When the policies are too entangled to be decided for a whole set.
    pub fn cover(&self, set: &Set<'_>) -> Result<Vec<Outcome>, TooLarge> {
        let union = self.union.get_or_init(|| Union::new(&self.clauses, &self.rules));
        let decide = |witness: &str| self.decide(witness);
        let mut outcomes = shown(union, &self.clauses, set, Meter::new(&self.budget), &decide)?;
        outcomes.sort_by(|a, b| {
            (a.verdict, a.witness.len(), Reverse(&a.witness)).cmp(&(b.verdict, b.witness.len(), Reverse(&b.witness)))
        });
        Ok(outcomes)
    }

    /// Everything that is decided somewhere below a prefix, as `cover` says it, but that the witnesses are without the
    /// prefix: so it is the same for all prefixes that the policies do not distinguish, and found once for them.
    ///
    /// # Errors
    ///
    /// When the policies are too entangled to be decided for a whole set.
    pub fn below(&self, prefix: &str) -> Result<Rc<[Outcome]>, TooLarge> {
        let kind = self.kinds.get_or_init(|| Kinds::new([self])).of(prefix);
        if let Some(known) = self.below.borrow().get(&kind) {
            return known.clone();
        }
        let without = |outcome: Outcome| {
            let witness = outcome.witness.strip_prefix(prefix).unwrap_or_default().to_owned();
            Outcome { witness, ..outcome }
        };
        let outcomes = self.cover(&Set::Below(prefix)).map(|all| all.into_iter().map(without).collect::<Rc<[_]>>());
        self.below.borrow_mut().insert(kind, outcomes.clone());
        outcomes
    }

    /// The patterns of each clause, and behind them those of each rule of AWS's own.
    fn patterns(&self) -> impl Iterator<Item = &[Pattern]> {
        let of_rules = self.rules.iter().map(|rule| rule.patterns.as_slice());
        self.clauses.iter().map(|clause| clause.patterns.as_slice()).chain(of_rules)
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

/// Distinguishes the resources that some requests' policies distinguish.
#[derive(Debug)]
pub struct Kinds(Automaton);

impl Kinds {
    /// Distinguishes what these requests' policies do.
    #[must_use]
    pub fn new<'r, G: 'r>(reaches: impl IntoIterator<Item = &'r Reach<G>>) -> Self {
        let mut seen = HashSet::new();
        Self(Automaton::new(reaches.into_iter().flat_map(Reach::patterns).filter(|patterns| seen.insert(*patterns))))
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
    use crate::policy::layers::Verdict;
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
