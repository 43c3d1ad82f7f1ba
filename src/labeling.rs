//! What of an account has to do with labeling: its execution roles and why, what runs under them, what each resource is
//! to them, and who makes labeling jobs.
//!
//! Knows the definition of an execution role and the order *used, intended, other* of the product's contract. Asks
//! [`Access`](crate::access::Access) what roles may do; decides about no finding.

pub mod consolidation;
pub mod cors;
pub mod execution;
pub mod identities;
pub mod judging;
pub mod keys;
pub mod meaning;
pub mod needs;
pub mod reach;
pub mod uses;
mod wanted;
pub mod workload;

use std::collections::HashMap;

use crate::access::{Access, Answer, Ask, Identity};
use crate::account::{Bucket, Function, Role, Unknown};
use crate::arn::Arn;

use reach::Judged;
use uses::Invoked;

pub use execution::ExecutionRole;
pub use identities::LabelingIdentity;
pub use meaning::{Use, labeling_tag, mention_in_bucket, mention_in_function, promising_tag};
pub use reach::OBJECT_ACTIONS;
pub use uses::Uses;
pub use wanted::wanted;

/// The service that runs labeling jobs, as trust policies name it.
pub const SAGEMAKER: &str = "sagemaker.amazonaws.com";

/// What a labeling job does with functions.
pub const INVOKE: &str = "lambda:InvokeFunction";

/// A character that no ARN and no policy holds: a resource named by it is one that only wildcards reach.
pub(crate) const STRANGER: char = '\u{ffff}';

/// The part of an account that has to do with labeling.
#[derive(Debug)]
pub struct Setup<'a> {
    /// What roles may do.
    pub access: &'a Access<'a>,
    /// What labeling jobs, flow definitions and workloads use.
    pub uses: &'a Uses<'a>,
    /// The roles that labeling jobs run under, in the order of their ARNs.
    pub execution_roles: Vec<ExecutionRole<'a>>,
    /// Roles of which a missing fact leaves open whether they are execution roles.
    pub unclear: Vec<(&'a Role, Unknown)>,
    /// Why the roles could not be listed at all.
    pub unlisted: Option<Unknown>,
    /// The identities that have to do with labeling: execution roles, and those who make jobs.
    pub identities: Vec<LabelingIdentity<'a>>,
    /// Identities of which a missing fact leaves open whether they have.
    pub unclear_identities: Vec<(Identity<'a>, Unknown)>,
    buckets: HashMap<&'a str, &'a Bucket>,
    functions: HashMap<&'a str, &'a Function>,
    roles: HashMap<&'a str, &'a Role>,
    meanings: meaning::Meanings,
    known: reach::Known,
}

impl<'a> Setup<'a> {
    /// Finds what of an account has to do with labeling.
    #[must_use]
    pub fn new(access: &'a Access<'a>, uses: &'a Uses<'a>) -> Self {
        let account = access.account;
        let mut setup = Self {
            access,
            uses,
            execution_roles: vec![],
            unclear: vec![],
            unlisted: account.iam.roles.known().err(),
            identities: vec![],
            unclear_identities: vec![],
            buckets: account.buckets.known().into_iter().flatten().map(|b| (b.arn.resource(), b)).collect(),
            functions: account
                .regions
                .values()
                .flat_map(|region| region.functions.known().into_iter().flatten())
                .map(|function| (function.arn.as_str(), function))
                .collect(),
            roles: account.iam.roles.known().into_iter().flatten().map(|role| (role.arn.as_str(), role)).collect(),
            meanings: meaning::Meanings::default(),
            known: reach::Known::default(),
        };
        for role in account.iam.roles.known().into_iter().flatten() {
            match execution::execution_role(access, uses, role) {
                Ok(Some(execution_role)) => setup.execution_roles.push(execution_role),
                Ok(None) => {}
                Err(gap) => setup.unclear.push((role, gap)),
            }
        }
        setup.execution_roles.sort_by(|a, b| a.role.arn.cmp(&b.role.arn));
        (setup.identities, setup.unclear_identities) =
            identities::identities(access, &setup.execution_roles, &setup.unclear);
        setup
    }

    /// Are these all the execution roles there are?
    ///
    /// # Errors
    ///
    /// The gap that may hide another one.
    pub fn all_known(&self) -> Result<(), Unknown> {
        let unclear = self.unclear.first().map(|(_, gap)| gap);
        let missing = self.unlisted.as_ref().or(unclear).or(self.uses.incomplete.as_ref());
        missing.map_or(Ok(()), |gap| Err(gap.clone()))
    }

    /// The execution role of an ARN.
    #[must_use]
    pub fn execution_role(&self, arn: &str) -> Option<&ExecutionRole<'a>> {
        let place = self.execution_roles.binary_search_by(|role| role.role.arn.as_str().cmp(arn)).ok()?;
        self.execution_roles.get(place)
    }

    /// A role of the account, by its ARN.
    ///
    /// # Errors
    ///
    /// When the roles are not known.
    pub fn role(&self, arn: &str) -> Result<Option<&'a Role>, Unknown> {
        self.access.account.iam.roles.known().map(|_| self.roles.get(arn).copied())
    }

    /// A bucket of the account, by name.
    ///
    /// # Errors
    ///
    /// When it is not found, and not all of them are known.
    pub fn bucket(&self, name: &str) -> Result<Option<&'a Bucket>, Unknown> {
        match self.buckets.get(name) {
            Some(bucket) => Ok(Some(bucket)),
            None => self.access.account.buckets.known().map(|_| None),
        }
    }

    /// A function of the account, by its ARN without a qualifier.
    ///
    /// # Errors
    ///
    /// When it is not found, and not all functions of its region are known.
    pub fn function(&self, arn: &Arn) -> Result<Option<&'a Function>, Unknown> {
        let plain = uses::unqualified(arn);
        match self.functions.get(plain.as_str()) {
            Some(function) => Ok(Some(function)),
            None => match self.access.account.regions.get(arn.region()) {
                Some(regional) => regional.functions.known().map(|_| None),
                None => Err(Unknown::not_asked("lambda:ListFunctions", arn.region())),
            },
        }
    }

    /// What a bucket is to a role.
    ///
    /// # Errors
    ///
    /// When only the bucket's tags could tell, and they are not known.
    pub fn use_of_bucket(&self, role: &ExecutionRole<'a>, bucket: &Bucket) -> Result<Use, Unknown> {
        if role.uses_bucket(bucket) { Ok(Use::Used) } else { self.meaning_of_bucket(role, bucket) }
    }

    /// What a bucket is to a role under which nothing uses it.
    ///
    /// # Errors
    ///
    /// When only the bucket's tags could tell, and they are not known.
    pub fn meaning_of_bucket(&self, role: &ExecutionRole<'a>, bucket: &Bucket) -> Result<Use, Unknown> {
        if role.names_bucket(&bucket.arn) {
            return Ok(Use::Intended);
        }
        self.meanings
            .of(bucket, || Ok(mention_in_bucket(bucket).is_some() || labeling_tag(bucket.tags.known()?).is_some()))
    }

    /// What a function is to a role.
    ///
    /// # Errors
    ///
    /// When only the function's tags could tell, and they are not known.
    pub fn use_of_function(&self, role: &ExecutionRole<'a>, function: &Function) -> Result<Use, Unknown> {
        if role.uses_function(function) { Ok(Use::Used) } else { self.meaning_of_function(role, function) }
    }

    /// What a function is to a role under which nothing uses it.
    ///
    /// # Errors
    ///
    /// When only the function's tags could tell, and they are not known.
    pub fn meaning_of_function(&self, role: &ExecutionRole<'a>, function: &Function) -> Result<Use, Unknown> {
        if role.names_function(&function.arn) {
            return Ok(Use::Intended);
        }
        self.meanings.of(function, || {
            Ok(mention_in_function(function).is_some() || labeling_tag(function.tags.known()?).is_some())
        })
    }

    /// May a role invoke a function, as this ARN names it? The function's own policy is treated like a bucket's.
    #[must_use]
    pub fn invoke(&self, role: &ExecutionRole<'a>, function: &Function, named: &Arn, usage: Use) -> Answer {
        let own = if usage == Use::Other { function.policy.if_asked() } else { Some(&function.policy) };
        let ask = Ask::new(INVOKE);
        self.access.decide(role.role, &own.map_or(ask.clone(), |policy| ask.of(policy)), named)
    }

    /// May a role invoke a function, as each user names it; of one that nobody uses, without a qualifier?
    #[must_use]
    pub fn invocations(&self, role: &ExecutionRole<'a>, function: &Function, usage: Use) -> Vec<(Invoked<'a>, Judged)> {
        let uses = role.uses.filter(|_| usage == Use::Used);
        let named = uses.and_then(|uses| uses.functions.get(function.arn.as_str()));
        let unqualified = || vec![Invoked { function: function.arn.clone(), after: false, by: None }];
        let judge = |invoked: Invoked<'a>| {
            let judged = Judged::new(self.invoke(role, function, &invoked.function, usage));
            (invoked, judged)
        };
        named.map_or_else(unqualified, Clone::clone).into_iter().map(judge).collect()
    }
}
