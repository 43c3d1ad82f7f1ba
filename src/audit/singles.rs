//! Every subject of an account that is looked at by itself, put before the rules that look at it.

use super::found::{Found, Subject};
use super::scope::Scope;
use super::touched::Touched;
use crate::arn::Arn;
use crate::evaluation::Evaluator;
use crate::labeling::uses::Job;
use crate::rules::{Check, Rule};

/// What is looked at one by one: roles, buckets, functions, jobs, identities and policies.
pub(super) struct Singles<'s, 'a> {
    pub(super) evaluator: &'s Evaluator<'a>,
    pub(super) scope: &'s Scope,
    /// What a change may have touched; nothing else is looked at then.
    pub(super) touched: Option<&'s Touched>,
}

impl Singles<'_, '_> {
    /// Applies a rule to every subject it looks at, but for pairs.
    pub(super) fn apply(&self, rule: &'static Rule, found: &mut Found) {
        self.missing(rule, found);
        let (evaluator, scope) = (self.evaluator, self.scope);
        let account = evaluator.access.account;
        let functions = || account.regions.values().map(|region| region.functions.known());
        let is_touched = |of: &dyn Fn(&Touched) -> bool| self.touched.is_none_or(of);
        let identity = |arn: &Arn| is_touched(&|touched| touched.has_identity(arn));
        match &rule.check {
            Check::Role(check) => {
                for role in evaluator.execution_roles.iter().filter(|role| identity(&role.role.arn)) {
                    found.checked(rule, || Subject::role(&role.role.arn), check(evaluator, role));
                }
            }
            Check::RoleAndBucket(_) | Check::RoleAndFunction(_) => {}
            Check::Bucket(check) => found.each(rule, account.buckets.known(), |bucket, found| {
                if scope.admits(&bucket.arn) && is_touched(&|touched| touched.concerns_bucket(&bucket.arn)) {
                    found.checked(rule, || Subject::resource(&bucket.arn), check(evaluator, bucket));
                }
            }),
            Check::Function(check) => functions().for_each(|functions| {
                found.each(rule, functions, |function, found| {
                    if scope.admits(&function.arn) {
                        found.checked(rule, || Subject::resource(&function.arn), check(evaluator, function));
                    }
                });
            }),
            Check::Job(check) => {
                let jobs = evaluator.uses.jobs.iter().filter(|job| self.is_in_scope(job));
                for job in jobs.filter(|job| is_touched(&|touched| touched.concerns_job(evaluator, job))) {
                    found.checked(rule, || Subject::resource(&job.job.arn), check(evaluator, job));
                }
            }
            Check::Identity(check) => {
                for of in evaluator.identities.iter().filter(|of| identity(of.identity.arn())) {
                    found.checked(rule, || Subject::role(of.identity.arn()), check(evaluator, of));
                }
            }
            Check::Policy(check) => {
                let policies = account.iam.policies.iter();
                for (arn, policy) in policies.filter(|(arn, _)| is_touched(&|touched| touched.has_policy(arn))) {
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
        let evaluator = self.evaluator;
        let iam = &evaluator.access.account.iam;
        if rule.check.is_of_roles() {
            if let Some(gap) = &evaluator.unlisted {
                found.undecided(rule, Subject::account(), gap);
            }
            for (role, gap) in &evaluator.unclear {
                found.undecided(rule, Subject::role(&role.arn), gap);
            }
        }
        for open in evaluator.uses.open.iter().filter(|open| open.of_jobs && rule.is_of_jobs()) {
            let account = evaluator.access.account;
            let all = || Arn::of(&account.partition, "sagemaker", open.region, &account.id, "labeling-job/*");
            found.undecided(rule, Subject::resource(&open.job.cloned().unwrap_or_else(all)), &open.unknown);
        }
        if matches!(rule.check, Check::Identity(_)) {
            let lists = [iam.roles.known().err(), iam.users.known().err(), iam.groups.known().err()];
            for gap in lists.into_iter().flatten() {
                found.undecided(rule, Subject::account(), &gap);
            }
            for (identity, gap) in &evaluator.unclear_identities {
                found.undecided(rule, Subject::role(identity.arn()), gap);
            }
        }
    }
}
