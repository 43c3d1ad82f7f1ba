//! Every pair of an execution role and a bucket or function, put before the rules that look at it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::found::{Found, Subject};
use super::standing::{Group, Resources, Standings, Used};
use super::unused::{Places, Unused};
use crate::account::{Bucket, Function, Unknown};
use crate::arn::Arn;
use crate::evaluation::Evaluator;
use crate::labeling::{ExecutionRole, Use};
use crate::rules::{Check, Pair, Rule};

/// The pairs of an account, as far as they are audited.
pub(super) struct Round<'s, 'a> {
    evaluator: &'s Evaluator<'a>,
    all: bool,
    /// The buckets.
    pub(super) buckets: Resources<'a, Bucket>,
    /// The functions, of all regions.
    pub(super) functions: Resources<'a, Function>,
    /// The execution roles, those together that have the same policies.
    pub(super) classes: Vec<Class<'s, 'a>>,
}

/// Execution roles with the same policies, and what every resource is to them.
pub(super) struct Class<'s, 'a> {
    /// One of them.
    pub(super) first: &'s ExecutionRole<'a>,
    /// All of them.
    pub(super) roles: Vec<&'s ExecutionRole<'a>>,
    /// What the buckets are to them.
    pub(super) buckets: Standings<'a, Bucket>,
    /// What the functions are to them.
    pub(super) functions: Standings<'a, Function>,
}

/// Which execution roles, and which buckets and functions, a round looks at.
pub(super) struct Part<'p> {
    pub(super) role: &'p dyn Fn(&Arn) -> bool,
    pub(super) resource: &'p dyn Fn(&Arn) -> bool,
}

impl<'s, 'a> Round<'s, 'a> {
    pub(super) fn new(evaluator: &'s Evaluator<'a>, all: bool, part: &Part<'_>) -> Self {
        let account = evaluator.access.account;
        let scope = part.resource;
        let buckets = Resources::list(
            [account.buckets.known()],
            scope,
            |bucket| &bucket.arn,
            |bucket| bucket.arn.resource(),
            |role| role.uses.into_iter().flat_map(|uses| uses.buckets.keys()).map(String::as_str).collect(),
        );
        let functions = Resources::list(
            account.regions.values().map(|regional| regional.functions.known()),
            scope,
            |function| &function.arn,
            |function| function.arn.as_str(),
            |role| role.uses.into_iter().flat_map(|uses| uses.functions.keys()).map(String::as_str).collect(),
        );
        let mut by_class: BTreeMap<usize, Vec<&ExecutionRole<'a>>> = BTreeMap::new();
        for role in evaluator.execution_roles.iter().filter(|role| (part.role)(&role.role.arn)) {
            by_class.entry(role.class).or_default().push(role);
        }
        let class = |roles: Vec<&'s ExecutionRole<'a>>| {
            let first = *roles.first()?;
            let of_buckets = buckets.standings(
                |bucket| evaluator.meaning_of_bucket(first, bucket),
                |bucket, usage| evaluator.kind_of_bucket(first, bucket, usage),
            );
            let of_functions = functions.standings(
                |function| evaluator.meaning_of_function(first, function),
                |function, usage| evaluator.kind_of_function(first, function, usage),
            );
            Some(Class { first, roles, buckets: of_buckets, functions: of_functions })
        };
        let classes = by_class.into_values().filter_map(class).collect();
        Self { evaluator, all, buckets, functions, classes }
    }

    /// Applies a rule to the pairs that it looks at.
    pub(super) fn apply(&self, rule: &'static Rule, found: &mut Found) {
        match &rule.check {
            Check::RoleAndBucket(pair) => self.pairs(rule, pair, &self.buckets, |class| &class.buckets, found),
            Check::RoleAndFunction(pair) => self.pairs(rule, pair, &self.functions, |class| &class.functions, found),
            _ => {}
        }
    }

    /// Applies a rule to every pair of an execution role and a resource. What no role of a class uses is the same for all
    /// of them.
    fn pairs<T>(
        &self,
        rule: &'static Rule,
        pair: &Pair<T>,
        resources: &Resources<'a, T>,
        standings: for<'c> fn(&'c Class<'s, 'a>) -> &'c Standings<'a, T>,
        found: &mut Found,
    ) {
        for gap in &resources.unlisted {
            for role in self.classes.iter().flat_map(|class| &class.roles) {
                found.undecided(rule, Subject::role(&role.role.arn), gap);
            }
        }
        for class in &self.classes {
            let used = resources.used(&class.roles);
            self.unused_pairs(rule, pair, class, (resources, standings(class), &used), found);
            for (place, users) in used {
                let Some(item) = resources.items.get(place) else { continue };
                for role in users {
                    let finding = (pair.found)(self.evaluator, role, item, Use::Used)
                        .map(|found| found.then(|| (pair.finding)(self.evaluator, role, item, Use::Used)));
                    found.checked(rule, || Subject::pair(&role.role.arn, resources.arn(item)), finding);
                }
            }
        }
    }

    /// Applies a rule to the pairs of a class's roles and what they do not use.
    fn unused_pairs<T>(
        &self,
        rule: &'static Rule,
        pair: &Pair<T>,
        class: &Class<'s, 'a>,
        (resources, standings, used): (&Resources<'a, T>, &Standings<'a, T>, &Used<'s, 'a>),
        found: &mut Found,
    ) {
        let judge = |item, group: &Group<'a, T>| {
            self.unused(rule, pair, class.first, (item, resources.arn(item)), &group.meaning)
        };
        // Where jobs of one region could not be read, what they may use is not the same for all of a group.
        let regional = !self.evaluator.uses.open.is_empty();
        let of_groups = |group: &Group<'a, T>| {
            (pair.of_policies_alone && group.alike && !regional).then(|| judge(group.first, group))
        };
        let verdicts: Vec<_> = standings.groups.iter().map(of_groups).collect();
        let (mut unused, mut unknown) = (vec![], BTreeMap::<Unknown, Vec<usize>>::new());
        let mut open_ranks = BTreeSet::new();
        for (place, (item, (group, verdict))) in resources.items.iter().zip(standings.each(&verdicts)).enumerate() {
            let verdict = verdict.as_ref().map_or_else(|| Cow::Owned(judge(item, group)), Cow::Borrowed);
            match &*verdict {
                Ok(None) => {}
                Ok(Some(Judged { usage: Use::Other, open })) if !self.all => {
                    unused.push(place);
                    open_ranks.extend(open.iter().cloned());
                }
                Ok(Some(Judged { usage, open })) => {
                    let users = used.get(&place).map_or(&[][..], Vec::as_slice);
                    let others = class.roles.iter().filter(|role| users.iter().all(|user| user.role != role.role));
                    for role in others {
                        let finding = (pair.finding)(self.evaluator, role, item, *usage);
                        found.finding(rule, finding.of_open_use(open, rule.severity.rises(*usage)));
                    }
                }
                Err(missing) => unknown.entry(missing.clone()).or_default().push(place),
            }
        }
        if !unused.is_empty() {
            let of_rule =
                found.unused(rule, |severity| Unused::new(rule.id, severity, resources.arns.clone(), pair.together));
            for role in &class.roles {
                let own = |place: &usize| {
                    used.get(place).is_some_and(|users| users.iter().any(|user| user.role == role.role))
                };
                let places: Places = unused.iter().copied().filter(|place| !own(place)).collect();
                of_rule.add(role, places, &open_ranks);
            }
        }
        for (missing, places) in &unknown {
            for (role, unused) in resources.less_used(places, &class.roles, used) {
                found.all_undecided(rule, &role.role.arn, unused, missing);
            }
        }
    }

    /// Is it found of a resource that is not known to be used, and what is the resource then? Where some use of it is not
    /// known, what is found stands, and what only a use would show is undecided.
    fn unused<T>(
        &self,
        rule: &'static Rule,
        pair: &Pair<T>,
        role: &ExecutionRole<'a>,
        (item, arn): (&T, &Arn),
        meaning: &Result<Use, Unknown>,
    ) -> Result<Option<Judged>, Unknown> {
        // Buckets have no region in their ARN: jobs of every region may use them.
        let region = Some(arn.region()).filter(|region| !region.is_empty());
        let mut open: Vec<Unknown> = self.evaluator.uses.open_in(region).cloned().collect();
        let usage = meaning.clone().unwrap_or_else(|tags| {
            open.push(tags);
            Use::Other
        });
        if (pair.found)(self.evaluator, role, item, usage)? {
            return Ok(Some(Judged { usage, open }));
        }
        let Some(unknown) = self.evaluator.uses.open_in(region).next() else { return Ok(None) };
        if !rule.severity.rises(Use::Other) {
            return Ok(None);
        }
        match (pair.found)(self.evaluator, role, item, Use::Used) {
            Ok(false) => Ok(None),
            // What is not asked of a resource, because nothing uses it, depends on who does.
            Err(other) if !other.is_not_asked() => Err(other),
            Ok(true) | Err(_) => Err(unknown.clone()),
        }
    }
}

/// Something that is found of a resource that is not known to be used.
#[derive(Clone)]
struct Judged {
    /// What names, tags and policies show of the resource.
    usage: Use,
    /// Why it is not known whether there is more to it.
    open: Vec<Unknown>,
}
