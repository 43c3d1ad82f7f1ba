//! Where two sets of policies decide differently about one request.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Reach;
use super::clause::{Clause, Origin};
use crate::policy::cover::{Automaton, Matters, Meter, Partial, Set, TooLarge};
use crate::policy::layers::{Layer, Verdict};
use crate::policy::special::{self, Rule};
use crate::policy::{Effect, Pattern};

/// A resource of a set for which two sets of policies decide differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// A shortest resource that shows it.
    pub witness: String,
    /// What the one decides there.
    pub own: Verdict,
    /// What the other decides there.
    pub other: Verdict,
}

impl Difference {
    /// Do these policies allow what the others do not, or may they?
    #[must_use]
    pub fn is_gain(&self) -> bool {
        self.other != Verdict::Allowed && matches!(self.own, Verdict::Allowed | Verdict::Conditional)
    }
}

/// On which side a clause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Both,
    Own,
    Other,
}

/// What clauses of one group have in common. What is certain and of both sides comes first: it may leave nothing to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    side: Side,
    open: bool,
    effect: Effect,
    layer: Layer,
}

impl Kind {
    /// The kind of a clause of a side, which may be on that side alone.
    fn new<G>(clause: &Clause<G>, alone: bool, side: Side) -> Self {
        let side = if alone { side } else { Side::Both };
        Self { side, open: clause.open, effect: clause.effect, layer: clause.layer }
    }

    /// Where this applies, can it make no difference that the other does, too? What one side alone has and is open does: then
    /// they depend on different things.
    fn leaves_nothing_to(self, other: Self) -> bool {
        let heard_alike = self.effect == other.effect && (self.effect == Effect::Deny || self.layer == other.layer);
        let of_both = other.side == Side::Both;
        let nothing_left = if self.open { other.open && of_both } else { !other.open || of_both };
        self.side == Side::Both && heard_alike && nothing_left
    }

    /// Do both sides certainly refuse where it applies?
    fn refuses(self) -> bool {
        self.side == Side::Both && self.effect == Effect::Deny && !self.open
    }
}

/// The groups of patterns of two sides: one for each rule of AWS's own, as they say which clauses count; those that are
/// distinguished in any case; one for all that has the same effect in the same layer on the same side, as it makes no
/// difference which of them applies; one for each list of resources that a statement leaves out.
struct Together<'s> {
    rules: Vec<&'static Rule>,
    groups: Vec<Vec<&'s [Pattern]>>,
    kinds: BTreeMap<Kind, usize>,
    left_out: HashMap<&'s [Pattern], usize>,
}

impl<'s> Together<'s> {
    fn new(rules: Vec<&'static Rule>, groups: &[&'s [Pattern]]) -> Self {
        let of_rules = rules.iter().map(|rule| rule.patterns.as_slice());
        let groups = of_rules.chain(groups.iter().copied()).map(|patterns| vec![patterns]).collect();
        Self { rules, groups, kinds: BTreeMap::new(), left_out: HashMap::new() }
    }

    /// Makes a group of each kind, in their order.
    fn begin(&mut self, kinds: impl IntoIterator<Item = Kind>) {
        for kind in kinds.into_iter().collect::<BTreeSet<Kind>>() {
            self.kinds.insert(kind, self.groups.len());
            self.groups.push(vec![]);
        }
    }

    /// Puts the clauses of a side, of which some are on that side alone, into their groups.
    fn place<G>(&mut self, clauses: &'s [Clause<G>], alone: &[bool], side: Side) {
        for (clause, alone) in clauses.iter().zip(alone) {
            let (new, patterns) = (self.groups.len(), clause.patterns.as_slice());
            let group = if clause.all_but {
                *self.left_out.entry(patterns).or_insert(new)
            } else {
                *self.kinds.entry(Kind::new(clause, *alone, side)).or_insert(new)
            };
            match self.groups.get_mut(group) {
                Some(_) if clause.all_but => {}
                Some(group) => group.push(patterns),
                None => self.groups.push(vec![patterns]),
            }
        }
    }

    /// The kind of a group of patterns that matches somewhere.
    fn kind(&self, group: usize) -> Option<Kind> {
        self.kinds.iter().find(|(_, known)| **known == group).map(|(kind, _)| *kind)
    }

    /// Can it make a difference whether a group matches, where others are known to match or not?
    fn matters(&self, partial: &Partial, group: usize) -> Matters {
        if group < self.rules.len() {
            return Matters::Yes;
        }
        let matching = || partial.iter().filter(|(_, matches)| *matches).map(|(group, _)| *group);
        let heard = special::heard(&self.rules, matching());
        let counts = |kind: &Kind| heard.heeds(kind.effect, kind.layer);
        let kind = self.kind(group);
        let nothing_left =
            |applying: Kind| applying.refuses() || kind.is_some_and(|kind| applying.leaves_nothing_to(kind));
        let counted = kind.as_ref().is_none_or(counts);
        let mut applying = matching().filter_map(|group| self.kind(group)).filter(counts);
        if !counted || applying.any(nothing_left) { Matters::No } else { Matters::Yes }
    }
}

/// Do two clauses do the same in the same places, depending on the same?
fn is_same<G: PartialEq>(one: &Clause<G>, other: &Clause<G>) -> bool {
    one.patterns == other.patterns
        && (one.layer, one.effect, one.open, one.all_but) == (other.layer, other.effect, other.open, other.all_but)
        && (!one.open || (one.statement == other.statement && is_gap_same(&one.origin, &other.origin)))
}

/// Where a policy is missing on both sides, is it for the same reason?
fn is_gap_same<G: PartialEq>(one: &Origin<G>, other: &Origin<G>) -> bool {
    match (one, other) {
        (Origin::Missing(one), Origin::Missing(other)) => one == other,
        (Origin::Statement(_), Origin::Statement(_)) => true,
        _ => false,
    }
}

impl<G> Reach<G> {
    /// Where in a set these policies decide otherwise than those of another request. Where both depend on something
    /// unknown, they differ if they depend on different conditions or policies.
    ///
    /// # Errors
    ///
    /// When the policies are too entangled to be decided for a whole set.
    pub fn differences(&self, other: &Self, set: &Set<'_>) -> Result<Vec<Difference>, TooLarge>
    where
        G: PartialEq,
    {
        Ok(self.differences_told_apart(other, set, &[])?.into_iter().map(|(difference, _)| difference).collect())
    }

    /// The same, each with the groups of patterns that its witness is in: what differs inside a group and what differs
    /// outside are never taken together.
    ///
    /// # Errors
    ///
    /// When the policies are too entangled to be decided for a whole set.
    pub fn differences_told_apart<'s>(
        &'s self,
        other: &'s Self,
        set: &Set<'_>,
        groups: &[&'s [Pattern]],
    ) -> Result<Vec<(Difference, Vec<usize>)>, TooLarge>
    where
        G: PartialEq,
    {
        let (own_alone, others_alone) = (self.alone(other), other.alone(self));
        let alike = self.terms == other.terms && self.has_rules_of(other);
        let alone = || {
            let each = [(&self.clauses, &own_alone), (&other.clauses, &others_alone)].into_iter();
            each.flat_map(|(clauses, alone)| clauses.iter().zip(alone))
                .filter(|(_, alone)| **alone)
                .map(|(clause, _)| clause)
        };
        // A change concerns few of the actions that are asked about.
        if alike && alone().next().is_none() {
            return Ok(vec![]);
        }
        let rules = if alike { self.rules.clone() } else { [self.rules.as_slice(), &other.rules].concat() };
        let apart = rules.len()..rules.len() + groups.len();
        let mut together = Together::new(rules, groups);
        let kinds = |reach: &'s Self, alone: &[bool], side| -> Vec<Kind> {
            let named = reach.clauses.iter().zip(alone).filter(|(clause, _)| !clause.all_but);
            named.map(|(clause, alone)| Kind::new(clause, *alone, side)).collect()
        };
        together.begin([kinds(self, &own_alone, Side::Own), kinds(other, &others_alone, Side::Other)].concat());
        together.place(&self.clauses, &own_alone, Side::Own);
        together.place(&other.clauses, &others_alone, Side::Other);
        let automaton = Automaton::new(together.groups.iter().map(|patterns| patterns.iter().copied().flatten()));
        let mut set = automaton.begin(set);
        // Where only clauses of both sides apply, both decide the same.
        if alike && alone().all(|clause| !clause.all_but) {
            set = set.within(alone().flat_map(|clause| &clause.patterns));
        }
        let matters = |partial: &Partial, group| if alike { together.matters(partial, group) } else { Matters::Yes };
        let open = |reach: &Self, alone: &[bool], applying: &[usize]| {
            applying.iter().any(|at| alone.get(*at) == Some(&true) && reach.clauses.get(*at).is_some_and(|c| c.open))
        };
        let mut differences = vec![];
        for (matching, witness) in automaton.combinations(&set, &matters, &mut Meter::new(&self.budget))? {
            let (mine, theirs) = (self.decide(&witness), other.decide(&witness));
            let depends_on_other =
                || open(self, &own_alone, &mine.clauses) || open(other, &others_alone, &theirs.clauses);
            let (own, others) = (mine.verdict, theirs.verdict);
            if own != others || (own == Verdict::Conditional && depends_on_other()) {
                let inside = matching.iter().filter(|group| apart.contains(group)).map(|group| group - apart.start);
                differences.push((Difference { witness, own, other: others }, inside.collect()));
            }
        }
        Ok(differences)
    }

    /// For each clause: is there none on the other side that does the same?
    fn alone(&self, other: &Self) -> Vec<bool>
    where
        G: PartialEq,
    {
        self.clauses.iter().map(|clause| !other.clauses.iter().any(|other| is_same(clause, other))).collect()
    }

    /// Do the same rules of AWS's own hold for both?
    fn has_rules_of(&self, other: &Self) -> bool {
        let mut rules = self.rules.iter().zip(&other.rules);
        self.rules.len() == other.rules.len() && rules.all(|(own, other)| std::ptr::eq(*own, *other))
    }
}
