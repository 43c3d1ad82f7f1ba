//! What the execution roles reach: every cell is decided here, counted for each role and shown for what is in question.

use std::collections::{BTreeMap, BTreeSet};

use super::apply::{Class, Round};
use super::standing::{Resources, Standings};
use crate::arn::Arn;
use crate::evaluation::Evaluator;
use crate::evaluation::reached::Reached;
use crate::labeling::{ExecutionRole, Use};
use crate::report::Reach;
use crate::report::reach::ReachMatrix;

/// What each role reaches.
#[derive(Default)]
pub(super) struct Reaches<'a> {
    /// How many buckets and functions; nothing where they could not all be listed.
    pub(super) counts: BTreeMap<&'a Arn, (Option<Reach>, Option<Reach>)>,
    /// Cell by cell, what is in question.
    pub(super) matrix: ReachMatrix,
}

/// What one kind of resources is asked for.
struct Question<'s, 'a, T> {
    resources: &'s Resources<'a, T>,
    standings: fn(&'s Class<'s, 'a>) -> &'s Standings<'a, T>,
    /// What policies alone decide: asked once for all resources that they do not distinguish.
    by_policies: &'s dyn Fn(&ExecutionRole<'a>, &T, Use) -> Reached,
    /// What is left of it by what each resource has of its own.
    left: &'s dyn Fn(Reached, &ExecutionRole<'a>, &T, Use) -> Reached,
    /// The places of what is used or intended.
    places: Vec<usize>,
}

/// What a role reaches of one kind of resources.
struct OfRole {
    counts: Option<Reach>,
    /// A letter for each of what is in question.
    letters: String,
}

/// What the roles of a class reach: all of them, and those that use something.
struct OfClass<'a> {
    all: OfRole,
    own: BTreeMap<&'a Arn, OfRole>,
}

pub(super) fn reaches<'s, 'a>(evaluator: &'s Evaluator<'a>, round: &'s Round<'s, 'a>) -> Reaches<'a> {
    let of_bucket = |role: &ExecutionRole<'a>, bucket: &_, usage| evaluator.reached_bucket(role, bucket, usage);
    let decrypted =
        |reached, role: &ExecutionRole<'a>, bucket: &_, usage| evaluator.decrypted(reached, role, bucket, usage);
    let of_function = |role: &ExecutionRole<'a>, function: &_, usage| evaluator.reached_function(role, function, usage);
    let all = |reached, _: &ExecutionRole<'a>, _: &_, _| reached;
    let buckets = Question::new(round, &round.buckets, |class| &class.buckets, &of_bucket, &decrypted);
    let functions = Question::new(round, &round.functions, |class| &class.functions, &of_function, &all);
    let mut reaches = Reaches::default();
    let mut columns: Vec<(Vec<Arn>, String)> = vec![];
    for class in &round.classes {
        let (of_buckets, of_functions) = (buckets.of_class(class), functions.of_class(class));
        let mut by_cells: BTreeMap<String, Vec<Arn>> = BTreeMap::new();
        // Most roles of a class use nothing of their own, and have its cells.
        let mut alike = vec![];
        for role in &class.roles {
            let arn: &'a Arn = &role.role.arn;
            let own = (of_buckets.own.get(arn), of_functions.own.get(arn));
            let (on_buckets, on_functions) = (own.0.unwrap_or(&of_buckets.all), own.1.unwrap_or(&of_functions.all));
            reaches.counts.insert(arn, (on_buckets.counts, on_functions.counts));
            if let (None, None) = own {
                alike.push(arn.clone());
            } else {
                let cells = format!("{}{}", on_buckets.letters, on_functions.letters);
                by_cells.entry(cells).or_default().push(arn.clone());
            }
        }
        if !alike.is_empty() {
            let cells = format!("{}{}", of_buckets.all.letters, of_functions.all.letters);
            by_cells.entry(cells).or_default().extend(alike);
        }
        for roles in by_cells.values_mut() {
            roles.sort();
        }
        columns.extend(by_cells.into_iter().map(|(cells, roles)| (roles, cells)));
    }
    columns.sort();
    let resources: Vec<Arn> = buckets.arns().chain(functions.arns()).cloned().collect();
    let mut cells: Vec<String> = vec![String::with_capacity(columns.len()); resources.len()];
    for (_, letters) in &columns {
        for (cell, letter) in cells.iter_mut().zip(letters.chars()) {
            cell.push(letter);
        }
    }
    let classes = columns.into_iter().map(|(roles, _)| roles).collect();
    reaches.matrix = ReachMatrix { classes, resources, cells };
    reaches
}

impl<'s, 'a, T> Question<'s, 'a, T> {
    fn new(
        round: &'s Round<'s, 'a>,
        resources: &'s Resources<'a, T>,
        standings: fn(&'s Class<'s, 'a>) -> &'s Standings<'a, T>,
        by_policies: &'s dyn Fn(&ExecutionRole<'a>, &T, Use) -> Reached,
        left: &'s dyn Fn(Reached, &ExecutionRole<'a>, &T, Use) -> Reached,
    ) -> Self {
        let mut in_question = BTreeSet::new();
        for class in &round.classes {
            in_question.extend(resources.used(&class.roles).into_keys());
            let standings = standings(class);
            let intended = standings.meanings().enumerate();
            in_question.extend(intended.filter(|(_, meaning)| **meaning == Ok(Use::Intended)).map(|(place, _)| place));
        }
        Self { resources, standings, by_policies, left, places: in_question.into_iter().collect() }
    }

    fn arns(&self) -> impl Iterator<Item = &'a Arn> {
        let items = self.places.iter().filter_map(|place| self.resources.items.get(*place));
        items.map(|item| self.resources.arn(item))
    }

    /// What the roles of a class reach: the same for all but for what a role uses.
    fn of_class(&self, class: &'s Class<'s, 'a>) -> OfClass<'a> {
        let standings = (self.standings)(class);
        let meaning = |meaning: &Result<Use, _>| meaning.clone().unwrap_or(Use::Other);
        let judged = standings.groups.iter().map(|group| {
            let usage = meaning(&group.meaning);
            (usage, (self.by_policies)(class.first, group.first, usage))
        });
        let judged: Vec<(Use, Reached)> = judged.collect();
        let each = self.resources.items.iter().zip(standings.each(&judged));
        let cells: Vec<Reached> =
            each.map(|(item, (_, (usage, reached)))| (self.left)(*reached, class.first, item, *usage)).collect();
        let mut used: BTreeMap<&'a Arn, BTreeMap<usize, Reached>> = BTreeMap::new();
        for (place, users) in self.resources.used(&class.roles) {
            let Some(item) = self.resources.items.get(place) else { continue };
            for role in users {
                let reached = (self.by_policies)(role, item, Use::Used);
                let reached = (self.left)(reached, role, item, Use::Used);
                used.entry(&role.role.arn).or_default().insert(place, reached);
            }
        }
        let whole = self.resources.unlisted.is_empty();
        let count = Reach::count(cells.iter().copied());
        let of_role = |own: &BTreeMap<usize, Reached>| {
            let at = |place: &usize| own.get(place).or(cells.get(*place)).copied();
            let letters = self.places.iter().filter_map(at).map(Reached::letter).collect();
            let replaced = own.keys().filter_map(|place| cells.get(*place));
            let counts = count.less(Reach::count(replaced.copied())).and(Reach::count(own.values().copied()));
            OfRole { counts: whole.then_some(counts), letters }
        };
        let own = used.iter().map(|(role, own)| (*role, of_role(own))).collect();
        OfClass { all: of_role(&BTreeMap::new()), own }
    }
}
