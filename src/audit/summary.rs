//! What the execution roles reach, counted: the table at the head of a report.

use std::collections::{BTreeMap, BTreeSet};

use super::scope::Scope;
use crate::access::{Answer, Coverage};
use crate::account::{Bucket, Function, Gap};
use crate::arn::Arn;
use crate::knowledge::limits::{self, Limits, carried};
use crate::knowledge::spelling::mention;
use crate::labeling::{ExecutionRole, Setup, Use};
use crate::report::{self, ByToken, DocumentedNames, Reach};

/// What the execution roles reach, in their order; roles of a class are counted once.
pub(super) fn summaries<'a>(
    setup: &Setup<'a>,
    scope: &Scope,
    classes: &[Vec<&ExecutionRole<'a>>],
) -> Vec<report::ExecutionRole> {
    let mut summaries: BTreeMap<&Arn, report::ExecutionRole> = BTreeMap::new();
    for class in classes {
        let Some(of_class) = class.first().map(|role| summary(setup, scope, role)) else { continue };
        for role in class {
            let own = report::ExecutionRole { arn: role.role.arn.clone(), why: role.why.clone(), ..of_class.clone() };
            summaries.insert(&role.role.arn, own);
        }
    }
    setup.execution_roles.iter().filter_map(|role| summaries.remove(&role.role.arn)).collect()
}

/// What an execution role reaches, counted; nothing where the buckets or functions could not be listed.
fn summary<'a>(setup: &Setup<'a>, scope: &Scope, role: &ExecutionRole<'a>) -> report::ExecutionRole {
    let account = setup.access.account;
    let bucket = |bucket: &Bucket| {
        let answers = setup.objects(role, bucket, Use::Other);
        Coverage::of(answers.iter().flat_map(Answer::verdicts))
    };
    let function = |function: &Function| setup.invoke(role, function, &function.arn, Use::Other).coverage();
    let functions: Result<Vec<_>, Gap> = account.regions.values().map(|region| region.functions.known()).collect();
    let buckets = account.buckets.known().ok().map(|buckets| buckets.iter().filter(|b| scope.admits(&b.arn)));
    let functions = functions.ok().map(|lists| lists.into_iter().flatten().filter(|f| scope.admits(&f.arn)));
    report::ExecutionRole {
        arn: role.role.arn.clone(),
        why: role.why.clone(),
        documented: documented(setup, scope, role),
        managed_policies: role.documented.iter().map(|limits| limits.policy.clone()).collect(),
        buckets: buckets.map(|buckets| Reach::count(buckets.map(bucket))),
        functions: functions.map(|functions| Reach::count(functions.map(function))),
    }
}

/// Which names pass the documented limits of the managed policies that a role carries.
fn documented(setup: &Setup<'_>, scope: &Scope, role: &ExecutionRole<'_>) -> Option<DocumentedNames> {
    if role.documented.is_empty() {
        return None;
    }
    let account = setup.access.account;
    let buckets = account.buckets.known().into_iter().flatten().map(|bucket| &bucket.arn);
    let buckets = buckets.filter(|arn| scope.admits(arn)).map(Arn::name);
    let regions = account.regions.values().filter_map(|region| region.functions.known().ok());
    let functions = regions.flatten().map(|function| &function.arn);
    let functions = functions.filter(|arn| scope.admits(arn)).map(Arn::name);
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
