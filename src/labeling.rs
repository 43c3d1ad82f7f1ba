//! What of an account has to do with labeling: its execution roles and why, and what each resource is to them.
//!
//! Knows the definition of an execution role and the order *used, intended, other* of the product's contract. Asks
//! [`Access`](crate::access::Access) what roles may do; decides about no finding.

pub mod needs;

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::access::{Access, Answer, Coverage, Named};
use crate::account::{Account, Bucket, Function, Gap, Role, Tags, Wanted};
use crate::arn::Arn;
use crate::knowledge::limits::{self, Limits};
use crate::knowledge::managed;
use crate::knowledge::spelling::{Mention, mention};
use crate::policy::layers::Verdict;
use crate::policy::reach::{Clause, Origin};
use crate::policy::{Effect, Pattern, Selection};

/// The service that runs labeling jobs, as trust policies name it.
pub const SAGEMAKER: &str = "sagemaker.amazonaws.com";

/// What a labeling job does with objects, in input and output buckets.
pub const OBJECT_ACTIONS: [&str; 3] = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"];

/// What a labeling job does with functions.
pub const INVOKE: &str = "lambda:InvokeFunction";

/// A character that no ARN and no policy holds: a resource named by it is one that only wildcards reach.
const STRANGER: char = '\u{ffff}';

/// The part of an account that has to do with labeling.
#[derive(Debug)]
pub struct Setup<'a> {
    /// What roles may do.
    pub access: &'a Access<'a>,
    /// The roles that labeling jobs run under.
    pub execution_roles: Vec<ExecutionRole<'a>>,
    /// Roles of which a missing fact leaves open whether they are execution roles.
    pub unclear: Vec<(&'a Role, Gap)>,
    /// Why the roles could not be listed at all.
    pub unlisted: Option<Gap>,
}

/// A role that labeling jobs run under, or may.
#[derive(Debug)]
pub struct ExecutionRole<'a> {
    /// The role.
    pub role: &'a Role,
    /// What makes it one.
    pub why: Vec<String>,
    /// The managed policies it carries, or copies of, by their documented limits.
    pub documented: Vec<&'static Limits>,
    /// The limits of every policy it carries that goes by tokens: the documented ones, else those read off the text.
    pub limits: Vec<Limits>,
    /// The resources of its grants that are meant for some buckets or functions and not for those of any name.
    pub named: Vec<Pattern>,
    /// Why one of its policies could not be read: it may have limits of its own.
    pub missing: Option<Gap>,
}

/// What shows that a resource has to do with labeling. Severity follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Use {
    /// A labeling job, flow definition or workload names it.
    Used,
    /// Its name or tags, or a policy of the role, show that it is meant for labeling.
    Intended,
    /// Nothing does.
    Other,
}

impl<'a> Setup<'a> {
    /// Finds the execution roles of an account.
    #[must_use]
    pub fn new(access: &'a Access<'a>) -> Self {
        let mut setup = Self { access, execution_roles: vec![], unclear: vec![], unlisted: None };
        match access.account.iam.roles.known() {
            Err(gap) => setup.unlisted = Some(gap),
            Ok(roles) => {
                for role in roles {
                    match execution_role(access, role) {
                        Ok(Some(execution_role)) => setup.execution_roles.push(execution_role),
                        Ok(None) => {}
                        Err(gap) => setup.unclear.push((role, gap)),
                    }
                }
            }
        }
        setup
    }

    /// Are these all the execution roles there are?
    ///
    /// # Errors
    ///
    /// The gap that may hide another one.
    pub fn all_known(&self) -> Result<(), Gap> {
        let unclear = self.unclear.first().map(|(_, gap)| gap);
        self.unlisted.as_ref().or(unclear).map_or(Ok(()), |gap| Err(gap.clone()))
    }

    /// What a bucket is to a role.
    ///
    /// # Errors
    ///
    /// When only the bucket's tags could tell, and they are not known.
    pub fn use_of_bucket(&self, role: &ExecutionRole<'a>, bucket: &Bucket) -> Result<Use, Gap> {
        if mention_in_bucket(bucket).is_some() || role.named.iter().any(|pattern| touches_bucket(pattern, &bucket.arn))
        {
            return Ok(Use::Intended);
        }
        Ok(if labeling_tag(bucket.tags.known()?).is_some() { Use::Intended } else { Use::Other })
    }

    /// What a function is to a role.
    ///
    /// # Errors
    ///
    /// When only the function's tags could tell, and they are not known.
    pub fn use_of_function(&self, role: &ExecutionRole<'a>, function: &Function) -> Result<Use, Gap> {
        let versions = format!("{}:", function.arn);
        let named = || role.named.iter().any(|p| p.matches(function.arn.as_str()) || p.meets_below(&versions));
        if mention_in_function(function).is_some() || named() {
            return Ok(Use::Intended);
        }
        Ok(if labeling_tag(function.tags.known()?).is_some() { Use::Intended } else { Use::Other })
    }

    /// What a role may do with the objects of a bucket, action by action. The policy of a bucket that nothing shows to be
    /// used is not asked for: there the role's own policies are judged alone.
    #[must_use]
    pub fn objects(&self, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> [Answer; 3] {
        let own = if usage == Use::Other { bucket.policy.if_asked() } else { Some(&bucket.policy) };
        let objects = format!("{}/", bucket.arn);
        OBJECT_ACTIONS.map(|action| self.access.cover(role.role, action, &objects, own))
    }

    /// May a role invoke a function? Its policy is treated like a bucket's.
    #[must_use]
    pub fn invoke(&self, role: &ExecutionRole<'a>, function: &Function, usage: Use) -> Answer {
        let own = if usage == Use::Other { function.policy.if_asked() } else { Some(&function.policy) };
        self.access.decide(role.role, INVOKE, &function.arn, own)
    }

    /// May a role invoke some version or alias of a function?
    #[must_use]
    pub fn invokes_versions(&self, role: &ExecutionRole<'a>, function: &Function) -> bool {
        let (versions, of_strangers) = (format!("{}:", function.arn), Self::any_function(function));
        let answer = self.access.cover(role.role, INVOKE, &versions, None);
        let meant = |pattern: &Pattern| pattern.meets_below(&versions) && !pattern.meets_below(&of_strangers);
        answer.granting().any(|clause| clause.patterns.iter().any(meant))
    }

    /// What the versions and aliases of a function begin with, of a name that only wildcards match.
    fn any_function(function: &Function) -> String {
        let name = function.arn.name();
        let stranger = function.arn.as_str().strip_suffix(name).unwrap_or_default();
        format!("{stranger}{STRANGER}:")
    }
}

/// The facts that cost a call for each resource, and which of them may matter to the audit: those of resources whose
/// names or tags speak of labeling or which a policy of an execution role names; of all, when all are wanted.
#[must_use]
pub fn wanted(account: &Account, all: bool) -> Wanted {
    let access = Access::new(account);
    let mut wanted = Wanted::default();
    let setup = Setup::new(&access);
    let roles = &setup.execution_roles;
    for bucket in account.buckets.known().into_iter().flatten() {
        let tagged = bucket.tags.known().is_ok_and(|tags| labeling_tag(tags).is_some());
        if tagged {
            wanted.bucket_tags.insert(bucket.arn.clone());
        }
        if all || roles.iter().any(|role| setup.use_of_bucket(role, bucket) != Ok(Use::Other)) {
            wanted.buckets.insert(bucket.arn.clone());
        }
    }
    for function in account.regions.values().filter_map(|region| region.functions.known().ok()).flatten() {
        if all || roles.iter().any(|role| setup.use_of_function(role, function) != Ok(Use::Other)) {
            wanted.functions.insert(function.arn.clone());
        }
    }
    wanted
}

/// The word of labeling in a bucket's name, however it is spelled.
#[must_use]
pub fn mention_in_bucket(bucket: &Bucket) -> Option<Mention<'_>> {
    mention(bucket.arn.name(), &limits::labeling_tokens().bucket)
}

/// The word of labeling in a function's name, however it is spelled.
#[must_use]
pub fn mention_in_function(function: &Function) -> Option<Mention<'_>> {
    mention(function.arn.name(), &limits::labeling_tokens().function)
}

/// The tag that names SageMaker or Ground Truth, in its key or its value. Tags that AWS sets itself say nothing of what
/// anybody meant.
#[must_use]
pub fn labeling_tag(tags: &Tags) -> Option<(&str, &str)> {
    let words = &limits::labeling_tokens().bucket;
    own(tags).find(|(key, value)| mention(key, words).or(mention(value, words)).is_some())
}

/// The tag that the documentation's words would let through: one whose key names SageMaker or Ground Truth.
#[must_use]
pub fn promising_tag(tags: &Tags) -> Option<(&str, &str)> {
    own(tags).find(|(key, _)| mention(key, &limits::labeling_tokens().bucket).is_some())
}

fn own(tags: &Tags) -> impl Iterator<Item = (&str, &str)> {
    let tags = tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    tags.filter(|(key, _)| !key.starts_with("aws:"))
}

/// Does a clause reach into a bucket by more than a token in the key? It reaches a key that carries no word at all, or it
/// is meant for the bucket.
#[must_use]
pub fn reaches_into(clause: &Clause<Gap>, bucket: &Arn) -> bool {
    clause.applies_to(&format!("{bucket}/{STRANGER}")) || is_for_bucket(clause, bucket)
}

/// Is a clause meant for this bucket? It reaches into it, and not into a bucket of a name that only wildcards match.
#[must_use]
pub fn is_for_bucket(clause: &Clause<Gap>, bucket: &Arn) -> bool {
    let stranger = stranger_to(bucket);
    let meant = |pattern: &Pattern| touches_bucket(pattern, bucket) && !touches_bucket(pattern, &stranger);
    !clause.all_but && clause.patterns.iter().any(meant)
}

/// Does a grant reach the bucket or some object in it?
fn touches_bucket(pattern: &Pattern, bucket: &Arn) -> bool {
    pattern.matches(bucket.as_str()) || pattern.meets_below(&format!("{bucket}/"))
}

fn stranger_to(bucket: &Arn) -> Arn {
    Arn::bucket(bucket.partition(), &STRANGER.to_string())
}

/// The resources of a policy's grants that reach no bucket and no function of a name that only wildcards match: so not
/// `*`, and not `arn:aws:s3:::*token*`, which reaches every bucket at the keys that carry the token.
fn named(policy: &Named<'_>, partition: &str) -> Vec<Pattern> {
    let function = Pattern::new(&format!("arn:{partition}:lambda:*:*:function:{STRANGER}"));
    let bucket = Arn::bucket(partition, &STRANGER.to_string());
    let allows = policy.document.statements().iter().filter(|statement| statement.effect == Effect::Allow);
    let resources = allows.filter_map(|statement| match &statement.resources {
        Some(Selection::Only(arns)) => Some(arns),
        _ => None,
    });
    let patterns = resources.flatten().map(|arn| Pattern::new(arn));
    patterns.filter(|pattern| !pattern.meets(&function) && !touches_bucket(pattern, &bucket)).collect()
}

/// An execution role carries the managed policy made for it, or a copy; or SageMaker may assume it and it carries the
/// broad policy or may read and write objects.
fn execution_role<'a>(access: &Access<'a>, role: &'a Role) -> Result<Option<ExecutionRole<'a>>, Gap> {
    let mut why = vec![];
    let mut documented = vec![];
    let mut carried = vec![];
    let mut names = vec![];
    let mut missing = None;
    let mut full_access = false;
    for policy in access.policies(role) {
        match policy {
            Err(gap) => missing = missing.or(Some(gap)),
            Ok(policy) => {
                names.extend(named(&policy, role.arn.partition()));
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
        let trusted = access.trusts(role, SAGEMAKER).map(|answer| answer.verdicts().any(is_open_or_allowed));
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
            _ => return missing.map_or(Ok(None), Err),
        }
    }
    Ok(Some(ExecutionRole { role, why, documented, limits: carried, named: names, missing }))
}

fn is_open_or_allowed(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Allowed | Verdict::Conditional)
}

/// May a role read and write objects of some bucket? An allowance under conditions is one.
fn reads_and_writes<'a>(access: &Access<'a>, role: &'a Role) -> Result<bool, Gap> {
    let everywhere = Arn::bucket(role.arn.partition(), "");
    let mut open = None;
    for action in ["s3:GetObject", "s3:PutObject"] {
        let answer = access.cover(role, action, everywhere.as_str(), None);
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
    /// The names of the policies it carries that have tokens of one kind.
    #[must_use]
    pub fn policies_with(&self, tokens: fn(&Limits) -> &BTreeSet<String>) -> Vec<&str> {
        self.limits.iter().filter(|limits| !tokens(limits).is_empty()).map(|limits| limits.policy.as_str()).collect()
    }

    /// All tokens of one kind of the policies it carries; none, when no policy of it goes by names.
    ///
    /// # Errors
    ///
    /// When there are none, and a policy that could not be read may have some.
    pub fn tokens(&self, tokens: fn(&Limits) -> &BTreeSet<String>) -> Result<BTreeSet<&str>, Gap> {
        let all: BTreeSet<&str> = self.limits.iter().flat_map(tokens).map(String::as_str).collect();
        match &self.missing {
            Some(gap) if all.is_empty() => Err(gap.clone()),
            _ => Ok(all),
        }
    }
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Used => "used",
            Self::Intended => "intended",
            Self::Other => "other",
        })
    }
}
