//! The execution roles: why they are some, what names they are limited to, and how much they reach.

use std::collections::{BTreeMap, BTreeSet};

use super::apply::Round;
use crate::arn::Arn;
use crate::evaluation::Evaluator;
use crate::knowledge::limits::{self, Limits, carried};
use crate::knowledge::spelling::mention;
use crate::report::{self, ByToken, DocumentedNames, Reach};

/// The execution roles in their order. `counts`: how many buckets and functions each reaches.
pub(super) fn summaries<'a>(
    evaluator: &Evaluator<'a>,
    round: &Round<'_, 'a>,
    counts: &BTreeMap<&'a Arn, (Option<Reach>, Option<Reach>)>,
) -> Vec<report::ExecutionRole> {
    let mut summaries: BTreeMap<&Arn, report::ExecutionRole> = BTreeMap::new();
    for class in &round.classes {
        let first = class.first;
        let policies: Vec<&str> = first.documented.iter().map(|limits| limits.policy.as_str()).collect();
        for role in &class.roles {
            let (buckets, functions) = counts.get(&role.role.arn).copied().unwrap_or_default();
            let own = report::ExecutionRole {
                arn: role.role.arn.clone(),
                class: role.class,
                why: role.why.clone(),
                managed_policies: policies.iter().map(|policy| (*policy).to_owned()).collect(),
                buckets,
                functions,
            };
            summaries.insert(&role.role.arn, own);
        }
    }
    evaluator.execution_roles.iter().filter_map(|role| summaries.remove(&role.role.arn)).collect()
}

/// Which names pass the documented limits of each managed policy that an execution role has.
pub(super) fn documented(evaluator: &Evaluator<'_>, round: &Round<'_, '_>) -> BTreeMap<String, DocumentedNames> {
    let words = limits::labeling_tokens();
    let meant = |name: &str, words: &[String]| mention(name, words).map(|mention| mention.found.to_owned());
    let names = |limits: &Limits| {
        let token = |tokens: &BTreeSet<String>, name: &str| carried(tokens, name).map(str::to_owned);
        let buckets = round.buckets.items.iter().map(|bucket| bucket.arn.name());
        let functions = round.functions.items.iter().map(|function| function.arn.name());
        DocumentedNames {
            buckets: ByToken::sort(buckets, |n| token(&limits.bucket_tokens, n), |n| meant(n, &words.bucket)),
            functions: ByToken::sort(functions, |n| token(&limits.function_tokens, n), |n| meant(n, &words.function)),
        }
    };
    let attached: BTreeMap<&str, &Limits> = evaluator
        .execution_roles
        .iter()
        .flat_map(|role| role.documented.iter().map(|limits| (limits.policy.as_str(), *limits)))
        .collect();
    attached.into_iter().map(|(policy, limits)| (policy.to_owned(), names(limits))).collect()
}

/// The tokens of the managed policies that execution roles carry, those of most roles first. Names of buckets are of small
/// letters, and `aws-glue` is a word of another service.
pub(super) fn tokens(evaluator: &Evaluator<'_>) -> Vec<report::PolicyTokens> {
    let roles = &evaluator.execution_roles;
    let carrying = |limits: &Limits| {
        roles.iter().filter(|role| role.documented.iter().any(|own| own.policy == limits.policy)).count()
    };
    let mut carried: Vec<&Limits> = limits::documented().iter().filter(|limits| carrying(limits) > 0).collect();
    carried.sort_by_key(|limits| std::cmp::Reverse(carrying(limits)));
    let small = |token: &&String| token.chars().all(|c| !c.is_uppercase());
    let of = |limits: &Limits| report::PolicyTokens {
        policy: limits.policy.clone(),
        buckets: limits.bucket_tokens.iter().filter(small).cloned().collect(),
        functions: limits.function_tokens.iter().cloned().collect(),
    };
    carried.into_iter().map(of).collect()
}
