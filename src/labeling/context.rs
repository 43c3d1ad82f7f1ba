//! What of an account has to do with labeling, put together.

use std::collections::HashMap;

use super::execution::{self, ExecutionRole};
use super::identities::{self, LabelingIdentity};
use super::meaning::{self, Use, labeling_tag, mention_in_bucket, mention_in_function};
use super::uses::{self, Uses};
use crate::access::{Access, Identity};
use crate::account::{Bucket, Function, Role, Unknown};
use crate::arn::Arn;

/// The part of an account that has to do with labeling.
#[derive(Debug)]
pub struct LabelingContext<'a> {
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
}

impl<'a> LabelingContext<'a> {
    /// Finds what of an account has to do with labeling.
    #[must_use]
    pub fn new(access: &'a Access<'a>, uses: &'a Uses<'a>) -> Self {
        Self::of_roles(access, uses, |role| execution::execution_role(access, uses, role))
    }

    /// The same after a change, which some roles alone may have been touched by.
    #[must_use]
    pub fn changed<'n>(&'n self, access: &'n Access<'n>, is_changed: impl Fn(&Arn) -> bool) -> LabelingContext<'n>
    where
        'a: 'n,
    {
        let unclear: HashMap<&Arn, &Unknown> = self.unclear.iter().map(|(role, gap)| (&role.arn, gap)).collect();
        LabelingContext::of_roles(access, self.uses, |role| {
            if is_changed(&role.arn) {
                return execution::execution_role(access, self.uses, role);
            }
            if let Some(gap) = unclear.get(&role.arn) {
                return Err((*gap).clone());
            }
            let before = self.execution_role(role.arn.as_str()).cloned();
            Ok(before.map(|before| ExecutionRole { role, class: access.class(role), ..before }))
        })
    }

    fn of_roles(
        access: &'a Access<'a>,
        uses: &'a Uses<'a>,
        execution_role: impl Fn(&'a Role) -> Result<Option<ExecutionRole<'a>>, Unknown>,
    ) -> Self {
        let account = access.account;
        let mut context = Self {
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
        };
        for role in account.iam.roles.known().into_iter().flatten() {
            match execution_role(role) {
                Ok(Some(execution_role)) => context.execution_roles.push(execution_role),
                Ok(None) => {}
                Err(gap) => context.unclear.push((role, gap)),
            }
        }
        context.execution_roles.sort_by(|a, b| a.role.arn.cmp(&b.role.arn));
        context.unclear.sort_by(|(a, _), (b, _)| a.arn.cmp(&b.arn));
        (context.identities, context.unclear_identities) =
            identities::identities(access, &context.execution_roles, &context.unclear);
        context
    }

    /// Are these all the execution roles there are?
    ///
    /// # Errors
    ///
    /// The gap that may hide another one.
    pub fn all_known(&self) -> Result<(), Unknown> {
        let unclear = self.unclear.first().map(|(_, gap)| gap);
        let missing = self.unlisted.as_ref().or(unclear);
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
            .of(&bucket.arn, || Ok(mention_in_bucket(bucket).is_some() || labeling_tag(bucket.tags.known()?).is_some()))
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
        self.meanings.of(&function.arn, || {
            Ok(mention_in_function(function).is_some() || labeling_tag(function.tags.known()?).is_some())
        })
    }
}
