//! The proof of a change: put in place in memory, decided again, compared.
//!
//! A change is proved when the audit of the account as it would be has none of the findings that are meant, has no other
//! finding, no worse one and nothing newly undecided; and when what it allows is just what was asked. Else it is refused,
//! and not offered.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::effect::{IntendedEffect, Rejected};
use super::{Change, allowed, apply, guard, quota};
use crate::access::Access;
use crate::account::Account;
use crate::account::snapshot::Snapshot;
use crate::audit::{Before, Options, Touched};
use crate::finding::{Finding, RuleId, Severity};
use crate::labeling::Uses;
use crate::report::{Open, Report};

/// What is proved of every change that is offered.
pub(super) const PROVED: &str = "proved: an audit with this has none of these findings, and none that is new or worse";

/// What was proved of some changes that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// The findings, by id, that the audit has no longer when the changes are made.
    pub closes: Vec<String>,
    /// The findings, by id, that it has no longer about the principals that are meant, and still has about others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub closes_in_part: Vec<String>,
    /// Other findings, by id, that it has no longer either.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also_closes: Vec<String>,
    /// What is allowed then and was not, and the other way round, one line an action; nothing else differs.
    pub allowed: Vec<String>,
}

/// An account before a change, audited once for all the changes that are to be proved.
#[derive(Debug)]
pub struct Prover<'a> {
    snapshot: &'a Snapshot,
    access: &'a Access<'a>,
    report: &'a Report,
    before: Before<'a>,
    standing: Standing,
    /// Is all audited again for each proof, and not only what a change may touch? It comes to the same.
    whole: bool,
}

/// Findings and what is undecided, each as rule, principal and resource.
#[derive(Debug, Default)]
struct Standing {
    findings: BTreeMap<Triple, Severity>,
    undecided: BTreeSet<Triple>,
}

type Triple = (RuleId, Option<String>, String);

impl<'a> Prover<'a> {
    /// Prepares to prove changes of an account of which this is the report.
    #[must_use]
    pub fn new(
        snapshot: &'a Snapshot,
        access: &'a Access<'a>,
        uses: &'a Uses<'a>,
        options: Options<'a>,
        report: &'a Report,
    ) -> Self {
        let before = Before::new(access, uses, options, &snapshot.collection.finished_at);
        let standing = Standing::of(&report.pairs, &report.open);
        Self { snapshot, access, report, before, standing, whole: false }
    }

    /// The same, which audits all again for each proof.
    #[must_use]
    pub fn whole(self) -> Self {
        Self { whole: true, ..self }
    }

    /// The account, and how it was collected.
    pub(super) fn snapshot(&self) -> &'a Snapshot {
        self.snapshot
    }

    /// Proves changes that are meant to close some findings together; each with what it is asked for.
    ///
    /// # Errors
    ///
    /// When they do not close them, or do anything else.
    pub fn prove(&self, meant: &[&Finding], changes: &[(Change, IntendedEffect)]) -> Result<Proof, Rejected> {
        let mut account = self.snapshot.account.clone();
        for (change, _) in changes {
            apply::apply(change, &mut account).map_err(|error| Rejected(error.to_string()))?;
        }
        let after = Access::new(&account).as_of(&self.snapshot.collection.finished_at);
        let mut allowed = vec![];
        for (change, asked) in changes {
            quota::hold(&account, change)?;
            guard::hold(self.access, change, asked)?;
            allowed.extend(allowed::hold(self.access, &after, change, asked)?);
        }
        let touched = touched(&self.snapshot.account, changes.iter().map(|(change, _)| change));
        let mut after = self.before.after(&account, (!self.whole).then_some(&touched));
        // INVARIANT: what is not looked at again cannot be proved to be gone.
        if !meant.iter().all(|finding| self.before.covers(&after, finding)) {
            after = self.before.after(&account, None);
        }
        let is = Standing::of(&after.findings, &after.open);
        compare(meant, &self.standing, &is)?;
        let is_gone = |finding: &&Finding| {
            self.before.covers(&after, finding) && !triples(finding).any(|triple| is.findings.contains_key(&triple))
        };
        let pairs = &self.report.pairs;
        let left: BTreeSet<&str> =
            pairs.iter().filter(|finding| !is_gone(finding)).map(|finding| finding.id.as_str()).collect();
        let (closes_in_part, closes) =
            ids(meant.iter().copied()).into_iter().partition(|id: &String| left.contains(id.as_str()));
        let is_other = |finding: &&Finding| !meant.iter().any(|meant| meant.key() == finding.key());
        let others = pairs.iter().filter(is_other).filter(is_gone);
        let also_closes = ids(others.filter(|finding| !left.contains(finding.id.as_str())));
        Ok(Proof { closes, closes_in_part, also_closes, allowed })
    }
}

/// Refuses changes that leave a finding, or bring a new one, a worse one, or something that is newly undecided.
fn compare(meant: &[&Finding], was: &Standing, is: &Standing) -> Result<(), Rejected> {
    for finding in meant {
        if triples(finding).any(|triple| is.findings.contains_key(&triple)) {
            return Err(Rejected(format!("the change would not close `{}`", finding.rule)));
        }
    }
    for (triple, severity) in &is.findings {
        let (rule, _, resource) = triple;
        match was.findings.get(triple) {
            None => return Err(Rejected(format!("with it there would be `{rule}` about `{resource}`"))),
            Some(before) if severity < before => {
                return Err(Rejected(format!("with it `{rule}` about `{resource}` would be worse")));
            }
            Some(_) => {}
        }
    }
    match is.undecided.iter().find(|triple| !was.undecided.contains(*triple)) {
        Some((rule, _, resource)) => {
            Err(Rejected(format!("with it `{rule}` about `{resource}` could not be decided: a fact is missing")))
        }
        None => Ok(()),
    }
}

/// What changes of an account may touch.
fn touched<'c>(account: &Account, changes: impl Iterator<Item = &'c Change>) -> Touched {
    let mut touched = Touched::default();
    for change in changes {
        match change {
            Change::PutInlinePolicy { identity, name, document } => {
                let before = apply::identity(account, identity)
                    .and_then(|identity| identity.own_grants().inline.known().ok()?.get(name)?.known().ok());
                touched.identity(account, identity, before.into_iter().chain([document]));
            }
            Change::PutPolicyVersion { policy, document } => {
                let before = account.iam.policy(policy).ok().and_then(|policy| policy.document.known().ok());
                touched.policy(account, policy, before.into_iter().chain([document]));
            }
            Change::PutTrustPolicy { role, .. } => touched.identity(account, role, []),
            Change::PutBucketCors { bucket, .. } => touched.bucket(bucket),
            Change::PutKeyPolicy { .. } => touched.key(account),
        }
    }
    touched
}

impl Standing {
    fn of(findings: &[Finding], open: &[Open]) -> Self {
        let mut standing = Self::default();
        for finding in findings {
            for triple in triples(finding) {
                standing.findings.insert(triple, finding.severity);
            }
        }
        for open in open {
            let principal = open.principal.as_ref().map(ToString::to_string);
            let listed = open.resources.iter().map(ToString::to_string);
            let subjects: Vec<String> =
                if open.resources.is_empty() { vec![open.subject.clone()] } else { listed.collect() };
            // Of several resources the subject is the role.
            let principal = principal.or_else(|| (!open.resources.is_empty()).then(|| open.subject.clone()));
            let of = |subject| (open.rule, principal.clone(), subject);
            standing.undecided.extend(subjects.into_iter().map(of));
        }
        standing
    }
}

/// What a finding is about: at least one thing, if only the principal itself.
fn triples(finding: &Finding) -> impl Iterator<Item = Triple> {
    let principal = finding.principal.as_ref().map(ToString::to_string);
    let resources = finding.resource.iter().chain(finding.resources.iter()).map(ToString::to_string);
    let alone = finding.resource.is_none() && finding.resources.is_empty();
    let resources = resources.chain(alone.then(String::new));
    resources.map(move |resource| (finding.rule, principal.clone(), resource))
}

/// Each id once, in the order of the findings.
fn ids<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<String> {
    let mut ids: Vec<String> = vec![];
    for finding in findings {
        if !ids.contains(&finding.id) {
            ids.push(finding.id.clone());
        }
    }
    ids
}
