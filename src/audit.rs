//! An audit: every rule on every subject of an account, and what comes of it.
//!
//! Goes through the subjects, records what is undecided, makes one finding of all that nothing shows to be used, and
//! puts the report together. The same snapshot and options give the same report, byte for byte.

use std::collections::{BTreeMap, BTreeSet};

use crate::access::{Access, Answer, Coverage};
use crate::account::snapshot::Snapshot;
use crate::account::{Bucket, Function, Gap};
use crate::arn::Arn;
use crate::finding::{Finding, Severity};
use crate::knowledge::limits::{self, Limits, carried};
use crate::knowledge::spelling::mention;
use crate::labeling::{ExecutionRole, Setup, Use, Uses};
use crate::report::{self, ByToken, DocumentedNames, Reach, Report, Undecided};
use crate::rules::{Check, Checked, Pair, RULES, Rule};

/// How an audit is reported; nothing of it changes what is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Spell out what nothing shows to be used.
    pub all: bool,
    /// The exit code is 1 from this severity on.
    pub fail_on: Severity,
}

/// Audits a snapshot.
#[must_use]
pub fn audit(snapshot: &Snapshot, options: Options) -> Report {
    let account = &snapshot.account;
    let access = Access::new(account);
    let uses = Uses::of(account);
    let setup = Setup::new(&access, &uses);
    let classes = classes(&setup);
    let mut found = Found::default();
    for rule in RULES {
        missing(rule, &setup, &mut found);
        apply(rule, &setup, &classes, options.all, &mut found);
    }
    let roles = summaries(&setup, &classes);
    let (findings, undecided) = found.finish();
    report::assemble(snapshot, roles, findings, undecided, options.fail_on)
}

/// The execution roles, those together that have the same policies.
fn classes<'s, 'a>(setup: &'s Setup<'a>) -> Vec<Vec<&'s ExecutionRole<'a>>> {
    let mut classes: BTreeMap<usize, Vec<&ExecutionRole<'a>>> = BTreeMap::new();
    for role in &setup.execution_roles {
        classes.entry(setup.access.class(role.role)).or_default().push(role);
    }
    classes.into_values().collect()
}

/// Says what a rule cannot have seen.
fn missing(rule: &'static Rule, setup: &Setup<'_>, found: &mut Found) {
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

type Classes<'s, 'a> = [Vec<&'s ExecutionRole<'a>>];

fn apply<'a>(rule: &'static Rule, setup: &Setup<'a>, classes: &Classes<'_, 'a>, all: bool, found: &mut Found) {
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
            pairs.apply(classes, account.buckets.known(), found);
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
            functions().for_each(|functions| pairs.apply(classes, functions, found));
        }
        Check::Bucket(check) => found.each(rule, account.buckets.known(), |bucket, found| {
            found.checked(rule, || Subject::resource(&bucket.arn), check(setup, bucket));
        }),
        Check::Function(check) => functions().for_each(|functions| {
            found.each(rule, functions, |function, found| {
                found.checked(rule, || Subject::resource(&function.arn), check(setup, function));
            });
        }),
        Check::Job(check) => {
            for (job, gap) in &setup.uses.unread {
                found.undecided(rule, Subject::resource(job), gap);
            }
            for job in &setup.uses.jobs {
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
    fn apply(&self, classes: &Classes<'_, 'a>, items: Result<&Vec<T>, Gap>, found: &mut Found) {
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
            for item in items {
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

/// What a rule looked at.
#[derive(Debug)]
struct Subject {
    principal: Option<Arn>,
    resource: Option<Arn>,
}

impl Subject {
    fn account() -> Self {
        Self { principal: None, resource: None }
    }

    fn role(role: &Arn) -> Self {
        Self { principal: Some(role.clone()), resource: None }
    }

    fn resource(resource: &Arn) -> Self {
        Self { principal: None, resource: Some(resource.clone()) }
    }

    fn pair(role: &Arn, resource: &Arn) -> Self {
        Self { principal: Some(role.clone()), resource: Some(resource.clone()) }
    }
}

/// What the rules said, as it comes.
#[derive(Debug, Default)]
struct Found {
    findings: Vec<Finding>,
    /// What nothing shows to be used, by rule and role, and how it is said of all together.
    unused: BTreeMap<(&'static str, Arn), Unused>,
    undecided: BTreeMap<(&'static str, Option<Arn>, Gap), Vec<Arn>>,
}

/// Resources of which a rule is true and which nothing shows to be used.
#[derive(Debug)]
struct Unused {
    severity: Severity,
    resources: Vec<Arn>,
    /// The sentence about them.
    message: String,
}

impl Found {
    fn checked(&mut self, rule: &'static Rule, subject: impl Fn() -> Subject, checked: Checked) {
        match checked {
            Ok(None) => {}
            Ok(Some(finding)) => self.finding(rule, finding),
            Err(gap) => self.undecided(rule, subject(), &gap),
        }
    }

    fn finding(&mut self, rule: &'static Rule, finding: Finding) {
        debug_assert_eq!(finding.rule, rule.id);
        self.findings.push(finding);
    }

    fn undecided(&mut self, rule: &'static Rule, subject: Subject, gap: &Gap) {
        let resources = self.undecided.entry((rule.id, subject.principal, gap.clone())).or_default();
        resources.extend(subject.resource);
    }

    fn all_undecided(&mut self, rule: &'static Rule, principal: &Arn, resources: Vec<Arn>, gap: &Gap) {
        self.undecided.entry((rule.id, Some(principal.clone()), gap.clone())).or_default().extend(resources);
    }

    /// One finding for all resources of a role that nothing shows to be used, from whatever region.
    fn unused(
        &mut self,
        rule: &'static Rule,
        execution: &ExecutionRole<'_>,
        together: fn(&ExecutionRole<'_>, usize) -> String,
        resources: Vec<Arn>,
    ) {
        if resources.is_empty() {
            return;
        }
        let key = (rule.id, execution.role.arn.clone());
        let severity = rule.severity.severity(Use::Other);
        let unused = self.unused.entry(key).or_insert(Unused { severity, resources: vec![], message: String::new() });
        unused.resources.extend(resources);
        unused.message = together(execution, unused.resources.len());
    }

    /// Goes through a list that may not be known.
    fn each<'i, T>(
        &mut self,
        rule: &'static Rule,
        list: Result<&'i Vec<T>, Gap>,
        mut check: impl FnMut(&'i T, &mut Self),
    ) {
        match list {
            Ok(items) => items.iter().for_each(|item| check(item, self)),
            Err(gap) => self.undecided(rule, Subject::account(), &gap),
        }
    }

    fn finish(self) -> (Vec<Finding>, Vec<Undecided>) {
        let mut findings = self.findings;
        for ((rule, principal), mut unused) in self.unused {
            let mut grouped = Finding::new(rule, unused.severity, Some(&principal), None, unused.message);
            grouped.usage = Some(Use::Other);
            unused.resources.sort();
            grouped.resources = unused.resources;
            findings.push(grouped);
        }
        findings.sort_by(|a, b| a.order().cmp(&b.order()));
        let undecided = self.undecided.into_iter().map(|((rule, principal, gap), mut resources)| {
            resources.sort();
            resources.dedup();
            Undecided::new(rule, principal, resources, gap)
        });
        (findings, undecided.collect())
    }
}

/// What the execution roles reach, in their order; roles of a class are counted once.
fn summaries<'a>(setup: &Setup<'a>, classes: &Classes<'_, 'a>) -> Vec<report::ExecutionRole> {
    let mut summaries: BTreeMap<&Arn, report::ExecutionRole> = BTreeMap::new();
    for class in classes {
        let Some(of_class) = class.first().map(|role| summary(setup, role)) else { continue };
        for role in class {
            let own = report::ExecutionRole { arn: role.role.arn.clone(), why: role.why.clone(), ..of_class.clone() };
            summaries.insert(&role.role.arn, own);
        }
    }
    setup.execution_roles.iter().filter_map(|role| summaries.remove(&role.role.arn)).collect()
}

/// What an execution role reaches, counted; nothing where the buckets or functions could not be listed.
fn summary<'a>(setup: &Setup<'a>, role: &ExecutionRole<'a>) -> report::ExecutionRole {
    let account = setup.access.account;
    let bucket = |bucket: &Bucket| {
        let answers = setup.objects(role, bucket, Use::Other);
        Coverage::of(answers.iter().flat_map(Answer::verdicts))
    };
    let function = |function: &Function| setup.invoke(role, function, &function.arn, Use::Other).coverage();
    let functions: Result<Vec<_>, Gap> = account.regions.values().map(|region| region.functions.known()).collect();
    report::ExecutionRole {
        arn: role.role.arn.clone(),
        why: role.why.clone(),
        documented: documented(setup, role),
        managed_policies: role.documented.iter().map(|limits| limits.policy.clone()).collect(),
        buckets: account.buckets.known().ok().map(|buckets| Reach::count(buckets.iter().map(bucket))),
        functions: functions.ok().map(|lists| Reach::count(lists.into_iter().flatten().map(function))),
    }
}

/// Which names pass the documented limits of the managed policies that a role carries.
fn documented(setup: &Setup<'_>, role: &ExecutionRole<'_>) -> Option<DocumentedNames> {
    if role.documented.is_empty() {
        return None;
    }
    let account = setup.access.account;
    let buckets = account.buckets.known().into_iter().flatten().map(|bucket| bucket.arn.name());
    let regions = account.regions.values().filter_map(|region| region.functions.known().ok());
    let functions = regions.flatten().map(|function| function.arn.name());
    let tokens = |name: &str, of: fn(&Limits) -> &BTreeSet<String>| {
        carried(role.documented.iter().flat_map(|limits| of(limits)), name).map(str::to_owned)
    };
    let words = limits::labeling_tokens();
    let meant = |name: &str, words: &[String]| mention(name, words).map(|mention| mention.found.to_owned());
    Some(DocumentedNames {
        buckets: ByToken::sort(buckets, |n| tokens(n, |l| &l.bucket_tokens), |n| meant(n, &words.bucket)),
        functions: ByToken::sort(functions, |n| tokens(n, |l| &l.function_tokens), |n| meant(n, &words.function)),
    })
}
