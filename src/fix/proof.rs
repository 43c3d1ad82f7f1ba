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
use crate::account::snapshot::Snapshot;
use crate::audit::{Options, audit};
use crate::finding::{Finding, RuleId, Severity};
use crate::report::Report;

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
    /// How many findings the audit has now.
    pub findings_before: usize,
    /// How many it has with the changes; each is one of those that it has now.
    pub findings_after: usize,
    /// What is allowed then and was not, and the other way round, one line an action; nothing else differs.
    pub allowed: Vec<String>,
}

/// An account before a change, audited once for all the changes that are to be proved.
#[derive(Debug)]
pub struct Prover<'a> {
    snapshot: &'a Snapshot,
    options: Options<'a>,
    access: Access<'a>,
    before: &'a Report,
    standing: Standing,
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
    pub fn new(snapshot: &'a Snapshot, options: Options<'a>, before: &'a Report) -> Self {
        let access = Access::new(&snapshot.account).as_of(&snapshot.collection.finished_at);
        Self { snapshot, options, access, before, standing: Standing::of(before) }
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
        let mut snapshot = self.snapshot.clone();
        for (change, _) in changes {
            apply::apply(change, &mut snapshot.account).map_err(|error| Rejected(error.to_string()))?;
        }
        let after = Access::new(&snapshot.account).as_of(&snapshot.collection.finished_at);
        let mut allowed = vec![];
        for (change, asked) in changes {
            quota::hold(&snapshot.account, change)?;
            guard::hold(&self.access, change, asked)?;
            allowed.extend(allowed::hold(&self.access, &after, change, asked)?);
        }
        let report = audit(&snapshot, self.options);
        self.compare(meant, &report)?;
        let now = Standing::of(&report);
        let is_gone = |finding: &&Finding| !triples(finding).any(|triple| now.findings.contains_key(&triple));
        let is_other = |finding: &&Finding| !meant.iter().any(|meant| meant.key() == finding.key());
        let others = self.before.pairs.iter().filter(is_other).filter(is_gone);
        let is_left = |id: &String| report.pairs.iter().any(|finding| finding.id == *id);
        let (closes_in_part, closes) = ids(meant.iter().copied()).into_iter().partition(is_left);
        Ok(Proof {
            also_closes: ids(others).into_iter().filter(|id| !is_left(id)).collect(),
            closes,
            closes_in_part,
            findings_before: count(self.before),
            findings_after: count(&report),
            allowed,
        })
    }

    fn compare(&self, meant: &[&Finding], report: &Report) -> Result<(), Rejected> {
        let now = Standing::of(report);
        for finding in meant {
            if triples(finding).any(|triple| now.findings.contains_key(&triple)) {
                return Err(Rejected(format!("the change would not close `{}`", finding.rule)));
            }
        }
        for (triple, severity) in &now.findings {
            let (rule, _, resource) = triple;
            match self.standing.findings.get(triple) {
                None => return Err(Rejected(format!("with it there would be `{rule}` about `{resource}`"))),
                Some(before) if severity < before => {
                    return Err(Rejected(format!("with it `{rule}` about `{resource}` would be worse")));
                }
                Some(_) => {}
            }
        }
        match now.undecided.iter().find(|triple| !self.standing.undecided.contains(*triple)) {
            Some((rule, _, resource)) => {
                Err(Rejected(format!("with it `{rule}` about `{resource}` could not be decided: a fact is missing")))
            }
            None => Ok(()),
        }
    }
}

impl Standing {
    fn of(report: &Report) -> Self {
        let mut standing = Self::default();
        for finding in &report.pairs {
            for triple in triples(finding) {
                standing.findings.insert(triple, finding.severity);
            }
        }
        for open in &report.open {
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

fn count(report: &Report) -> usize {
    report.findings.iter().filter(|finding| finding.counts()).count()
}
