//! Every subject of an account, put before the rules that look at it.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::found::{Found, Subject};
use super::scope::Scope;
use crate::access::Coverage;
use crate::account::{Bucket, Function, Gap};
use crate::arn::Arn;
use crate::labeling::uses::Job;
use crate::labeling::{ExecutionRole, Setup, Use};
use crate::report::Reach;
use crate::rules::{Check, Pair, Rule};

/// The subjects of an account, as far as they are audited.
pub(super) struct Round<'s, 'a> {
    setup: &'s Setup<'a>,
    scope: &'s Scope,
    all: bool,
    /// The execution roles, those together that have the same policies.
    pub(super) classes: Vec<Vec<&'s ExecutionRole<'a>>>,
    /// The buckets.
    pub(super) buckets: Resources<'a, Bucket>,
    /// The functions, of all regions.
    pub(super) functions: Resources<'a, Function>,
}

/// The buckets or functions that are audited, and what each is to each class of roles if none of them uses it.
pub(super) struct Resources<'a, T> {
    pub(super) items: Vec<&'a T>,
    /// Why some of them could not be listed.
    unlisted: Vec<Gap>,
    /// By class, in the order of the items.
    standings: Vec<Vec<Standing>>,
    arn: fn(&T) -> &Arn,
    /// The names, as uses name them, of those that a role uses.
    used: for<'r> fn(&'r ExecutionRole<'_>) -> Vec<&'r str>,
    /// The name of one.
    name: fn(&T) -> &str,
}

/// What a resource is to a class of roles if none of them uses it.
struct Standing {
    meaning: Result<Use, Box<Gap>>,
    /// The same for all resources that the policies of the class do not tell apart.
    kind: Option<usize>,
}

impl<'s, 'a> Round<'s, 'a> {
    pub(super) fn new(setup: &'s Setup<'a>, scope: &'s Scope, all: bool) -> Self {
        let mut by_class: BTreeMap<usize, Vec<&ExecutionRole<'a>>> = BTreeMap::new();
        for role in &setup.execution_roles {
            by_class.entry(role.class).or_default().push(role);
        }
        let classes: Vec<_> = by_class.into_values().collect();
        let account = setup.access.account;
        let mut buckets = Resources {
            items: vec![],
            unlisted: vec![],
            standings: vec![],
            arn: |bucket: &Bucket| &bucket.arn,
            used: |role| role.uses.into_iter().flat_map(|uses| uses.buckets.keys()).map(String::as_str).collect(),
            name: |bucket| bucket.arn.resource(),
        };
        buckets.list(account.buckets.known(), scope);
        let mut functions = Resources {
            items: vec![],
            unlisted: vec![],
            standings: vec![],
            arn: |function: &Function| &function.arn,
            used: |role| role.uses.into_iter().flat_map(|uses| uses.functions.keys()).map(String::as_str).collect(),
            name: |function| function.arn.as_str(),
        };
        for regional in account.regions.values() {
            functions.list(regional.functions.known(), scope);
        }
        // So that what is said of many is said in their order.
        buckets.items.sort_by(|a, b| a.arn.cmp(&b.arn));
        functions.items.sort_by(|a, b| a.arn.cmp(&b.arn));
        buckets.stand(&classes, |role, bucket| {
            let meaning = setup.meaning_of_bucket(role, bucket);
            let kind = meaning.as_ref().ok().and_then(|usage| setup.kind_of_bucket(role, bucket, *usage));
            Standing { meaning: meaning.map_err(Box::new), kind }
        });
        functions.stand(&classes, |role, function| {
            let meaning = setup.meaning_of_function(role, function);
            let kind = meaning.as_ref().ok().and_then(|usage| setup.kind_of_function(role, function, *usage));
            Standing { meaning: meaning.map_err(Box::new), kind }
        });
        Self { setup, scope, all, classes, buckets, functions }
    }

    /// Applies a rule to every subject it looks at.
    pub(super) fn apply(&self, rule: &'static Rule, found: &mut Found) {
        self.missing(rule, found);
        let (setup, scope) = (self.setup, self.scope);
        let account = setup.access.account;
        let functions = || account.regions.values().map(|region| region.functions.known());
        match &rule.check {
            Check::Role(check) => {
                for role in &setup.execution_roles {
                    found.checked(rule, || Subject::role(&role.role.arn), check(setup, role));
                }
            }
            Check::RoleAndBucket(pair) => self.pairs(rule, pair, &self.buckets, found),
            Check::RoleAndFunction(pair) => self.pairs(rule, pair, &self.functions, found),
            Check::Bucket(check) => found.each(rule, account.buckets.known(), |bucket, found| {
                if scope.admits(&bucket.arn) {
                    found.checked(rule, || Subject::resource(&bucket.arn), check(setup, bucket));
                }
            }),
            Check::Function(check) => functions().for_each(|functions| {
                found.each(rule, functions, |function, found| {
                    if scope.admits(&function.arn) {
                        found.checked(rule, || Subject::resource(&function.arn), check(setup, function));
                    }
                });
            }),
            Check::Job(check) => {
                for (job, gap) in &setup.uses.unread {
                    found.undecided(rule, Subject::resource(job), gap);
                }
                for job in setup.uses.jobs.iter().filter(|job| self.is_in_scope(job)) {
                    found.checked(rule, || Subject::resource(&job.job.arn), check(setup, job));
                }
            }
            Check::Identity(check) => {
                for identity in &setup.identities {
                    found.checked(rule, || Subject::role(identity.identity.arn()), check(setup, identity));
                }
            }
            Check::Policy(check) => {
                for (arn, policy) in &account.iam.policies {
                    found.checked(rule, || Subject::resource(arn), check(arn, policy));
                }
            }
        }
    }

    /// A job is audited with its role; one whose role is not there, always.
    fn is_in_scope(&self, job: &Job<'_>) -> bool {
        let role = job.request.role_arn.as_deref().and_then(|arn| Arn::parse(arn).ok());
        role.is_none_or(|role| self.scope.admits(&role))
    }

    /// Says what a rule cannot have seen.
    fn missing(&self, rule: &'static Rule, found: &mut Found) {
        let setup = self.setup;
        let iam = &setup.access.account.iam;
        if rule.check.is_of_roles() {
            if let Some(gap) = &setup.unlisted {
                found.undecided(rule, Subject::account(), gap);
            }
            for (role, gap) in &setup.unclear {
                found.undecided(rule, Subject::role(&role.arn), gap);
            }
        }
        if let Some(gap) = setup.uses.incomplete.as_ref().filter(|_| rule.check.heeds_use()) {
            found.undecided(rule, Subject::account(), gap);
        }
        if matches!(rule.check, Check::Identity(_)) {
            let lists = [iam.roles.known().err(), iam.users.known().err(), iam.groups.known().err()];
            for gap in lists.into_iter().flatten() {
                found.undecided(rule, Subject::account(), &gap);
            }
            for (identity, gap) in &setup.unclear_identities {
                found.undecided(rule, Subject::role(identity.arn()), gap);
            }
        }
    }

    /// Applies a rule to every pair of an execution role and a resource. What no role of a class uses is the same for all
    /// of them.
    fn pairs<T>(&self, rule: &'static Rule, pair: &Pair<T>, resources: &Resources<'a, T>, found: &mut Found) {
        let setup = self.setup;
        for gap in &resources.unlisted {
            for role in self.classes.iter().flatten() {
                found.undecided(rule, Subject::role(&role.role.arn), gap);
            }
        }
        for (class, standings) in self.classes.iter().zip(&resources.standings) {
            let Some(first) = class.first() else { continue };
            let used = resources.used_by(class);
            let users = |item: &T| used.get((resources.name)(item)).map_or(&[][..], Vec::as_slice);
            let (mut unused, mut open) = (vec![], BTreeMap::<Gap, Vec<&T>>::new());
            let mut known = hashbrown::HashMap::new();
            for (item, standing) in resources.items.iter().zip(standings) {
                let found_anew = || self.unused(pair, first, item, &standing.meaning);
                let unused_one = match standing.kind.zip(standing.meaning.as_ref().ok()) {
                    Some(kind) if pair.of_policies_alone => known.entry(kind).or_insert_with(found_anew).clone(),
                    _ => found_anew(),
                };
                match unused_one {
                    Ok(None) => {}
                    Ok(Some(Use::Other)) if !self.all => unused.push(*item),
                    Ok(Some(usage)) => {
                        for role in class.iter().filter(|role| !users(item).contains(&role.role.arn.as_str())) {
                            found.finding(rule, (pair.finding)(setup, role, item, usage));
                        }
                    }
                    Err(gap) => open.entry(gap).or_default().push(item),
                }
                let users = users(item);
                let using = if users.is_empty() { &[][..] } else { class.as_slice() };
                for role in using.iter().filter(|role| users.contains(&role.role.arn.as_str())) {
                    let finding = (pair.found)(setup, role, item, Use::Used)
                        .map(|found| found.then(|| (pair.finding)(setup, role, item, Use::Used)));
                    found.checked(rule, || Subject::pair(&role.role.arn, (resources.arn)(item)), finding);
                }
            }
            for role in class {
                let own: HashSet<&str> = (resources.used)(role).into_iter().collect();
                let not_used = |items: &[&T]| -> Vec<Arn> {
                    let items = items.iter().filter(|item| own.is_empty() || !own.contains((resources.name)(item)));
                    items.map(|item| (resources.arn)(item).clone()).collect()
                };
                found.unused(rule, role, pair.together, not_used(&unused));
                for (gap, items) in &open {
                    let items = not_used(items);
                    if !items.is_empty() {
                        found.all_undecided(rule, &role.role.arn, items, gap);
                    }
                }
            }
        }
    }

    /// How much of each resource a class of roles reaches, by its place; `coverage` is asked once for all that the policies
    /// do not tell apart.
    pub(super) fn count<T>(
        class: usize,
        resources: &Resources<'a, T>,
        coverage: impl Fn(&T) -> Coverage,
    ) -> Option<Reach> {
        if !resources.unlisted.is_empty() {
            return None;
        }
        let mut known = hashbrown::HashMap::new();
        let standings = resources.standings.get(class).into_iter().flatten();
        Some(Reach::count(resources.items.iter().zip(standings).map(|(item, standing)| match standing.kind {
            Some(kind) => *known.entry(kind).or_insert_with(|| coverage(item)),
            None => coverage(item),
        })))
    }

    /// Is it found of a resource that nothing uses, and what is the resource then? What is not known to be used may be
    /// used in such a way that it is not found.
    fn unused<T>(
        &self,
        pair: &Pair<T>,
        role: &ExecutionRole<'a>,
        item: &T,
        meaning: &Result<Use, Box<Gap>>,
    ) -> Result<Option<Use>, Gap> {
        let usage = meaning.clone().map_err(|gap| *gap)?;
        match ((pair.found)(self.setup, role, item, usage)?, &self.setup.uses.incomplete) {
            (true, Some(gap)) => Err(gap.clone()),
            (found, _) => Ok(found.then_some(usage)),
        }
    }
}

impl<'a, T> Resources<'a, T> {
    fn list(&mut self, list: Result<&'a Vec<T>, Gap>, scope: &Scope) {
        match list {
            Ok(items) => self.items.extend(items.iter().filter(|item| scope.admits((self.arn)(item)))),
            Err(gap) => self.unlisted.push(gap),
        }
    }

    fn stand<'r>(
        &mut self,
        classes: &[Vec<&ExecutionRole<'r>>],
        standing: impl Fn(&ExecutionRole<'r>, &T) -> Standing,
    ) {
        for first in classes.iter().filter_map(|class| class.first()) {
            self.standings.push(self.items.iter().map(|item| standing(first, item)).collect());
        }
    }

    /// The roles of a class that use something, by its name.
    fn used_by<'r>(&self, class: &[&'r ExecutionRole<'_>]) -> HashMap<&'r str, Vec<&'r str>> {
        let mut used: HashMap<&str, Vec<&str>> = HashMap::new();
        for role in class {
            for name in (self.used)(role) {
                used.entry(name).or_default().push(role.role.arn.as_str());
            }
        }
        used
    }
}
