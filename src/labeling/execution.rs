//! Execution roles: which roles labeling jobs run under, and why.
//!
//! Knows the definition of the product's contract. Asks [`Access`](crate::access::Access) what a role may do.

use std::collections::BTreeSet;

use super::uses::{RoleUses, Uses};
use super::{SAGEMAKER, STRANGER};
use crate::access::{Access, Ask, Coverage, Named};
use crate::account::{Bucket, Function, Role, Unknown};
use crate::arn::Arn;
use crate::knowledge::limits::{self, Limits};
use crate::knowledge::managed;
use crate::policy::layers::Verdict;
use crate::policy::reach::Origin;
use crate::policy::{Effect, Pattern, Selection};

/// A role that labeling jobs run under, or may.
#[derive(Debug, Clone)]
pub struct ExecutionRole<'a> {
    /// The role.
    pub role: &'a Role,
    /// The number that it shares with the roles that have the same policies.
    pub class: usize,
    /// What makes it one.
    pub why: Vec<String>,
    /// The managed policies it carries, or copies of, by their documented limits.
    pub documented: Vec<&'static Limits>,
    /// The limits of every policy it carries that goes by tokens: the documented ones, else those read off the text.
    pub limits: Vec<Limits>,
    /// The buckets that its grants name, as globs of their ARNs; of a grant for buckets of any name there is none.
    pub named_buckets: Vec<Pattern>,
    /// The functions that its grants name, as globs of their ARNs without a qualifier.
    pub named_functions: Vec<Pattern>,
    /// What labeling jobs, flow definitions and workloads use under it.
    pub uses: Option<&'a RoleUses<'a>>,
    /// Why one of its policies could not be read: it may have limits of its own.
    pub missing: Option<Unknown>,
}

/// The resources of a policy's grants.
fn granted<'p>(policy: &Named<'p>) -> impl Iterator<Item = &'p str> {
    let allows = policy.document.statements().iter().filter(|statement| statement.effect == Effect::Allow);
    let resources = allows.filter_map(|statement| match &statement.resources {
        Some(Selection::Only(arns)) => Some(arns),
        _ => None,
    });
    resources.flatten().map(String::as_str)
}

/// What a resource of a grant names of buckets, if not those of any name: so not `*`, and not `arn:aws:s3:::*token*`, which
/// reaches every bucket at the keys that carry the token.
fn bucket_named(resource: &str, partition: &str) -> Option<Pattern> {
    let pattern = Pattern::arn(resource);
    let any = Arn::bucket(partition, &STRANGER.to_string());
    let of_any = pattern.matches(any.as_str()) || pattern.meets_below(&format!("{any}/"));
    let bucket = resource.split_once('/').map_or(resource, |(bucket, _)| bucket);
    let names = !of_any && pattern.meets_below(Arn::bucket(partition, "").as_str());
    names.then(|| Pattern::arn(bucket))
}

/// What a resource of a grant names of functions: itself, and without the qualifier behind the seventh colon, if it has one.
fn functions_named(resource: &str, partition: &str) -> impl Iterator<Item = Pattern> {
    let qualifier = resource.match_indices(':').nth(6).and_then(|(colon, _)| resource.get(..colon));
    let functions = format!("arn:{partition}:lambda:");
    let named = [Some(resource), qualifier].into_iter().flatten().map(Pattern::arn);
    named.filter(move |pattern| pattern.meets_below(&functions))
}

/// An execution role is one that something of labeling runs under; or it carries the managed policy made for it, or a
/// copy; or SageMaker may assume it and it carries the broad policy or may read and write objects.
pub(super) fn execution_role<'a>(
    access: &Access<'a>,
    all_uses: &'a Uses<'a>,
    role: &'a Role,
) -> Result<Option<ExecutionRole<'a>>, Unknown> {
    let uses = all_uses.under(&role.arn);
    let mut why: Vec<String> = uses.map(runs).into_iter().collect();
    let mut documented = vec![];
    let mut carried = vec![];
    let (mut named_buckets, mut named_functions) = (vec![], vec![]);
    let mut missing = None;
    let mut full_access = false;
    for policy in access.policies(role) {
        match policy {
            Err(gap) => missing = missing.or(Some(gap)),
            Ok(policy) => {
                let partition = role.arn.partition();
                named_buckets.extend(granted(&policy).filter_map(|resource| bucket_named(resource, partition)));
                named_functions.extend(granted(&policy).flat_map(|resource| functions_named(resource, partition)));
                let managed = [managed::GROUND_TRUTH_EXECUTION, managed::FULL_ACCESS]
                    .into_iter()
                    .find(|name| policy.arn.is_some_and(|arn| managed::is(arn, name)));
                let copied = managed::copied(policy.document).map(|version| version.policy_name.as_str());
                match (managed, copied) {
                    (Some(managed::GROUND_TRUTH_EXECUTION), _) => why.push(format!("carries {}", policy.name)),
                    (None, Some(managed::GROUND_TRUTH_EXECUTION)) => {
                        why.push(format!("carries `{}`, a copy of {}", policy.name, managed::GROUND_TRUTH_EXECUTION));
                    }
                    (managed, copied) => full_access |= managed.or(copied).is_some(),
                }
                match limits::documented().iter().find(|l| Some(l.policy.as_str()) == managed.or(copied)) {
                    Some(limits) => {
                        documented.push(limits);
                        carried.push(limits.clone());
                    }
                    None => carried.extend(Some(Limits::of(policy.name, policy.document)).filter(Limits::has_tokens)),
                }
            }
        }
    }
    if why.is_empty() {
        let trusted =
            access.trusts(role, SAGEMAKER, &access.account.id).map(|answer| answer.verdicts().any(is_open_or_allowed));
        if trusted == Ok(false) && missing.is_none() {
            return Ok(None);
        }
        let reads_and_writes = reads_and_writes(access, role);
        match (trusted, full_access, reads_and_writes) {
            (Ok(true), true, _) => why.push(format!("SageMaker may assume it and it carries {}", managed::FULL_ACCESS)),
            (Ok(true), false, Ok(true)) => {
                why.push("SageMaker may assume it and it may read and write S3 objects".to_owned());
            }
            (Err(gap), full, reach) if full || reach != Ok(false) => return Err(gap),
            (Ok(true), false, Err(gap)) => return Err(gap),
            // A job that could not be read may run under whatever role SageMaker may assume.
            (Ok(true), false, Ok(false)) => {
                let job = all_uses.open.iter().find(|open| open.of_jobs).map(|open| open.unknown.clone());
                return missing.or(job).map_or(Ok(None), Err);
            }
            _ => return missing.map_or(Ok(None), Err),
        }
    }
    Ok(Some(ExecutionRole {
        role,
        class: access.class(role),
        why,
        documented,
        limits: carried,
        named_buckets,
        named_functions,
        uses,
        missing,
    }))
}

/// Does one of these globs name a resource? A wildcard may stand for a part of its name, and not for the whole.
fn is_named(arn: &Arn, globs: &[Pattern]) -> bool {
    let mut matching = globs.iter().filter(|glob| glob.matches(arn.as_str())).peekable();
    if matching.peek().is_none() {
        return false;
    }
    let before = arn.as_str().strip_suffix(arn.name()).unwrap_or_default();
    let other: String = before.chars().chain(arn.name().chars().map(|_| STRANGER)).collect();
    matching.any(|glob| !glob.matches(&other))
}

/// What runs under a role, in a few words.
fn runs(uses: &RoleUses<'_>) -> String {
    match uses.by.as_slice() {
        [] => "nothing runs under it".to_owned(),
        [one] => format!("{one} runs under it"),
        [first, more @ ..] => format!("{first} and {} more run under it", more.len()),
    }
}

fn is_open_or_allowed(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Allowed | Verdict::Conditional)
}

/// May a role read and write objects of some bucket? An allowance under conditions is one.
fn reads_and_writes<'a>(access: &Access<'a>, role: &'a Role) -> Result<bool, Unknown> {
    let everywhere = Arn::bucket(role.arn.partition(), "");
    let mut open = None;
    for action in ["s3:GetObject", "s3:PutObject"] {
        let answer = access.cover(role, &Ask::of_ground_truth(action), everywhere.as_str());
        let granted = answer.granting().any(|clause| matches!(clause.origin, Origin::Statement(_)));
        if granted && answer.verdicts().any(is_open_or_allowed) {
            continue;
        }
        match answer.coverage() {
            Coverage::Unknown => open = open.or_else(|| answer.gap()),
            _ => return Ok(false),
        }
    }
    open.map_or(Ok(true), Err)
}

impl ExecutionRole<'_> {
    /// Does a policy of it name the bucket, or some object in it?
    #[must_use]
    pub fn names_bucket(&self, bucket: &Arn) -> bool {
        is_named(bucket, &self.named_buckets)
    }

    /// Does a policy of it name the function, or a version or alias of it?
    #[must_use]
    pub fn names_function(&self, function: &Arn) -> bool {
        is_named(function, &self.named_functions)
    }

    /// Does something use the bucket under this role?
    #[must_use]
    pub fn uses_bucket(&self, bucket: &Bucket) -> bool {
        self.uses.is_some_and(|uses| uses.buckets.contains_key(bucket.arn.resource()))
    }

    /// Does something invoke the function under this role?
    #[must_use]
    pub fn uses_function(&self, function: &Function) -> bool {
        self.uses.is_some_and(|uses| uses.functions.contains_key(function.arn.as_str()))
    }

    /// The names of the policies it carries that have tokens of one kind.
    #[must_use]
    pub fn policies_with(&self, tokens: fn(&Limits) -> &BTreeSet<String>) -> Vec<&str> {
        self.limits.iter().filter(|limits| !tokens(limits).is_empty()).map(|limits| limits.policy.as_str()).collect()
    }

    /// Does a policy of it go by names?
    ///
    /// # Errors
    ///
    /// When none does, and a policy that could not be read may.
    pub fn goes_by_names(&self, tokens: fn(&Limits) -> &BTreeSet<String>) -> Result<bool, Unknown> {
        let any = self.limits.iter().any(|limits| !tokens(limits).is_empty());
        match &self.missing {
            Some(gap) if !any => Err(gap.clone()),
            _ => Ok(any),
        }
    }

    /// All tokens of one kind of the policies it carries; none, when no policy of it goes by names.
    ///
    /// # Errors
    ///
    /// When there are none, and a policy that could not be read may have some.
    pub fn tokens(&self, tokens: fn(&Limits) -> &BTreeSet<String>) -> Result<BTreeSet<&str>, Unknown> {
        let all: BTreeSet<&str> = self.limits.iter().flat_map(tokens).map(String::as_str).collect();
        match &self.missing {
            Some(gap) if all.is_empty() => Err(gap.clone()),
            _ => Ok(all),
        }
    }
}
