//! Every subject of an account, put before the rules that look at it.

use std::collections::BTreeMap;

use super::found::{Found, Subject};
use super::scope::Scope;
use crate::account::{Bucket, Function, Gap};
use crate::arn::Arn;
use crate::labeling::uses::Job;
use crate::labeling::{ExecutionRole, Setup, Use};
use crate::rules::{Check, Pair, Rule};

/// The subjects of an account, as far as they are audited.
pub(super) struct Round<'s, 'a> {
    setup: &'s Setup<'a>,
    scope: &'s Scope,
    all: bool,
    /// The execution roles, those together that have the same policies.
    pub(super) classes: Vec<Vec<&'s ExecutionRole<'a>>>,
}

impl<'s, 'a> Round<'s, 'a> {
    pub(super) fn new(setup: &'s Setup<'a>, scope: &'s Scope, all: bool) -> Self {
        let mut classes: BTreeMap<usize, Vec<&ExecutionRole<'a>>> = BTreeMap::new();
        for role in &setup.execution_roles {
            classes.entry(setup.access.class(role.role)).or_default().push(role);
        }
        Self { setup, scope, all, classes: classes.into_values().collect() }
    }

    /// Applies a rule to every subject it looks at.
    pub(super) fn apply(&self, rule: &'static Rule, found: &mut Found) {
        self.missing(rule, found);
        let (setup, scope, all) = (self.setup, self.scope, self.all);
        let account = setup.access.account;
        let functions = || account.regions.values().map(|region| region.functions.known());
        match &rule.check {
            Check::Role(check) => {
                for role in &setup.execution_roles {
                    found.checked(rule, || Subject::role(&role.role.arn), check(setup, role));
                }
            }
            Check::RoleAndBucket(pair) => {
                let meaning = |role: &ExecutionRole<'a>, bucket: &Bucket| setup.meaning_of_bucket(role, bucket);
                let pairs = Pairs {
                    rule,
                    pair,
                    setup,
                    meaning,
                    uses: |role, bucket| role.uses_bucket(bucket),
                    arn: |b| &b.arn,
                    all,
                };
                pairs.apply(&self.classes, scope, account.buckets.known(), found);
            }
            Check::RoleAndFunction(pair) => {
                let meaning = |role: &ExecutionRole<'a>, function: &Function| setup.meaning_of_function(role, function);
                let pairs = Pairs {
                    rule,
                    pair,
                    setup,
                    meaning,
                    uses: |role, function| role.uses_function(function),
                    arn: |f| &f.arn,
                    all,
                };
                functions().for_each(|functions| pairs.apply(&self.classes, scope, functions, found));
            }
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
}

/// A rule on every pair of an execution role and a resource. What no role of a class uses is the same for all of them.
struct Pairs<'p, 'a, T: 'static, M> {
    rule: &'static Rule,
    pair: &'p Pair<T>,
    setup: &'p Setup<'a>,
    meaning: M,
    uses: fn(&ExecutionRole<'_>, &T) -> bool,
    arn: fn(&T) -> &Arn,
    all: bool,
}

impl<'a, T, M: Fn(&ExecutionRole<'a>, &T) -> Result<Use, Gap>> Pairs<'_, 'a, T, M> {
    fn apply(
        &self,
        classes: &[Vec<&ExecutionRole<'a>>],
        scope: &Scope,
        items: Result<&Vec<T>, Gap>,
        found: &mut Found,
    ) {
        let items = match items {
            Ok(items) => items,
            Err(gap) => {
                let roles = classes.iter().flatten();
                return roles.for_each(|role| found.undecided(self.rule, Subject::role(&role.role.arn), &gap));
            }
        };
        for class in classes {
            let Some(first) = class.first() else { continue };
            let (mut unused, mut open) = (vec![], BTreeMap::<Gap, Vec<&T>>::new());
            for item in items.iter().filter(|item| scope.admits((self.arn)(item))) {
                match self.unused(first, item) {
                    Ok(None) => {}
                    Ok(Some(Use::Other)) if !self.all => unused.push(item),
                    Ok(Some(usage)) => {
                        for role in class.iter().filter(|role| !(self.uses)(role, item)) {
                            found.finding(self.rule, (self.pair.finding)(self.setup, role, item, usage));
                        }
                    }
                    Err(gap) => open.entry(gap).or_default().push(item),
                }
                for role in class.iter().filter(|role| (self.uses)(role, item)) {
                    let finding = (self.pair.found)(self.setup, role, item, Use::Used)
                        .map(|found| found.then(|| (self.pair.finding)(self.setup, role, item, Use::Used)));
                    found.checked(self.rule, || Subject::pair(&role.role.arn, (self.arn)(item)), finding);
                }
            }
            for role in class {
                let not_used = |items: &[&T]| -> Vec<Arn> {
                    items.iter().filter(|item| !(self.uses)(role, item)).map(|item| (self.arn)(item).clone()).collect()
                };
                found.unused(self.rule, role, self.pair.together, not_used(&unused));
                for (gap, items) in &open {
                    let items = not_used(items);
                    if !items.is_empty() {
                        found.all_undecided(self.rule, &role.role.arn, items, gap);
                    }
                }
            }
        }
    }

    /// Is it found of a resource that nothing uses, and what is the resource then? What is not known to be used may be
    /// used in such a way that it is not found.
    fn unused(&self, role: &ExecutionRole<'a>, item: &T) -> Result<Option<Use>, Gap> {
        let usage = (self.meaning)(role, item)?;
        match ((self.pair.found)(self.setup, role, item, usage)?, &self.setup.uses.incomplete) {
            (true, Some(gap)) => Err(gap.clone()),
            (found, _) => Ok(found.then_some(usage)),
        }
    }
}
