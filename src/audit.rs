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
use crate::labeling::{ExecutionRole, Setup, Use};
use crate::report::{self, ByToken, DocumentedNames, Reach, Report, Undecided};
use crate::rules::{Check, Checked, RULES, Rule};

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
    let mut found = Found::default();
    let setup = Setup::new(&access);
    for rule in RULES {
        if concerns_roles(rule) {
            if let Some(gap) = &setup.unlisted {
                found.undecided(rule, Subject::account(), gap);
            }
            for (role, gap) in &setup.unclear {
                found.undecided(rule, Subject::role(&role.arn), gap);
            }
        }
        apply(rule, &setup, &mut found);
    }
    let roles = setup.execution_roles.iter().map(|role| summary(&setup, role)).collect();
    let (findings, undecided) = found.finish(&setup, options.all);
    report::assemble(snapshot, roles, findings, undecided, options.fail_on)
}

fn concerns_roles(rule: &Rule) -> bool {
    match rule.check {
        Check::Role(_) | Check::RoleAndBucket(..) | Check::RoleAndFunction(..) => true,
        Check::Bucket(_) | Check::Policy(_) => false,
    }
}

fn apply(rule: &'static Rule, setup: &Setup<'_>, found: &mut Found) {
    let account = setup.access.account;
    let roles = setup.execution_roles.iter();
    match rule.check {
        Check::Role(check) => {
            for role in roles {
                found.checked(rule, || Subject::role(&role.role.arn), check(setup, role));
            }
        }
        Check::RoleAndBucket(check, _) => {
            for role in roles {
                let whole = || Subject::role(&role.role.arn);
                found.each(rule, account.buckets.known(), whole, |bucket, found| {
                    found.checked(rule, || Subject::pair(&role.role.arn, &bucket.arn), check(setup, role, bucket));
                });
            }
        }
        Check::RoleAndFunction(check, _) => {
            for role in roles {
                for region in account.regions.values() {
                    let whole = || Subject::role(&role.role.arn);
                    found.each(rule, region.functions.known(), whole, |function, found| {
                        found.checked(
                            rule,
                            || Subject::pair(&role.role.arn, &function.arn),
                            check(setup, role, function),
                        );
                    });
                }
            }
        }
        Check::Bucket(check) => {
            found.each(rule, account.buckets.known(), Subject::account, |bucket, found| {
                found.checked(rule, || Subject::resource(&bucket.arn), check(setup, bucket));
            });
        }
        Check::Policy(check) => {
            for (arn, policy) in &account.iam.policies {
                found.checked(rule, || Subject::resource(arn), check(arn, policy));
            }
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
    findings: Vec<(&'static str, Finding)>,
    undecided: BTreeMap<(&'static str, Option<Arn>, Gap), Vec<Arn>>,
}

impl Found {
    fn checked(&mut self, rule: &'static Rule, subject: impl Fn() -> Subject, checked: Checked) {
        match checked {
            Ok(None) => {}
            Ok(Some(finding)) => self.findings.push((rule.id, finding)),
            Err(gap) => self.undecided(rule, subject(), &gap),
        }
    }

    fn undecided(&mut self, rule: &'static Rule, subject: Subject, gap: &Gap) {
        let resources = self.undecided.entry((rule.id, subject.principal, gap.clone())).or_default();
        resources.extend(subject.resource);
    }

    /// Goes through a list that may not be known.
    fn each<T>(
        &mut self,
        rule: &'static Rule,
        list: Result<&Vec<T>, Gap>,
        whole: impl Fn() -> Subject,
        mut check: impl FnMut(&T, &mut Self),
    ) {
        match list {
            Ok(items) => items.iter().for_each(|item| check(item, self)),
            Err(gap) => self.undecided(rule, whole(), &gap),
        }
    }

    fn finish(self, setup: &Setup<'_>, all: bool) -> (Vec<Finding>, Vec<Undecided>) {
        let mut findings = vec![];
        let mut unused: BTreeMap<(&'static str, Arn), Vec<Finding>> = BTreeMap::new();
        for (rule, finding) in self.findings {
            match (&finding.principal, finding.usage) {
                (Some(principal), Some(Use::Other)) if !all => {
                    unused.entry((rule, principal.clone())).or_default().push(finding);
                }
                _ => findings.push(finding),
            }
        }
        for ((rule, principal), each) in unused {
            findings.extend(
                setup
                    .execution_roles
                    .iter()
                    .find(|r| r.role.arn == principal)
                    .and_then(|role| together(rule, role, each)),
            );
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

/// One finding for all resources of a role that nothing shows to be used.
fn together(id: &str, role: &ExecutionRole<'_>, each: Vec<Finding>) -> Option<Finding> {
    let found_by = RULES.iter().find(|rule| rule.id == id)?;
    let message = match found_by.check {
        Check::RoleAndBucket(_, worded) | Check::RoleAndFunction(_, worded) => worded(role, each.len()),
        Check::Role(_) | Check::Bucket(_) | Check::Policy(_) => return None,
    };
    let first = each.first()?;
    let mut grouped = Finding::new(found_by.id, first.severity, first.principal.as_ref(), None, message);
    grouped.usage = Some(Use::Other);
    let documented = &first.documented;
    if each.iter().all(|finding| finding.documented == *documented) {
        grouped.documented.clone_from(documented);
    }
    grouped.resources = each.into_iter().filter_map(|finding| finding.resource).collect();
    grouped.resources.sort();
    Some(grouped)
}

/// What an execution role reaches, counted; nothing where the buckets or functions could not be listed.
fn summary<'a>(setup: &Setup<'a>, role: &ExecutionRole<'a>) -> report::ExecutionRole {
    let account = setup.access.account;
    let bucket = |bucket: &Bucket| {
        let answers = setup.objects(role, bucket, Use::Other);
        Coverage::of(answers.iter().flat_map(Answer::verdicts))
    };
    let function = |function: &Function| setup.invoke(role, function, Use::Other).coverage();
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
