//! What the rules said: findings, and what is undecided.

use std::collections::BTreeMap;

use super::ignores::Ignores;
use super::unused::Unused;
use crate::account::Unknown;
use crate::arn::{Arn, Arns};
use crate::evaluation::Evaluator;
use crate::finding::{Finding, RuleId, Severity};
use crate::labeling::Use;
use crate::report;
use crate::rules::{Checked, Rule};

/// What a rule looked at.
#[derive(Debug)]
pub(super) struct Subject {
    principal: Option<Arn>,
    resource: Option<Arn>,
}

impl Subject {
    pub(super) fn account() -> Self {
        Self { principal: None, resource: None }
    }

    pub(super) fn role(role: &Arn) -> Self {
        Self { principal: Some(role.clone()), resource: None }
    }

    pub(super) fn resource(resource: &Arn) -> Self {
        Self { principal: None, resource: Some(resource.clone()) }
    }

    pub(super) fn pair(role: &Arn, resource: &Arn) -> Self {
        Self { principal: Some(role.clone()), resource: Some(resource.clone()) }
    }
}

/// What the rules said, as it comes.
#[derive(Debug, Default)]
pub(super) struct Found {
    findings: Vec<Finding>,
    /// What nothing shows to be used, by rule.
    unused: BTreeMap<RuleId, Unused>,
    /// By rule, principal and gap.
    undecided: BTreeMap<(RuleId, Option<Arn>, Unknown), Open>,
}

/// What is undecided for want of one fact: some resources, or everything.
#[derive(Debug, Default)]
struct Open {
    everything: bool,
    resources: Vec<Arn>,
    listed: Vec<Arns>,
}

impl Found {
    pub(super) fn checked(&mut self, rule: &'static Rule, subject: impl Fn() -> Subject, checked: Checked) {
        match checked {
            Ok(None) => {}
            Ok(Some(finding)) => self.finding(rule, finding),
            Err(gap) => self.undecided(rule, subject(), &gap),
        }
    }

    pub(super) fn finding(&mut self, rule: &'static Rule, finding: Finding) {
        debug_assert_eq!(finding.rule, rule.id);
        self.findings.push(finding);
    }

    pub(super) fn undecided(&mut self, rule: &'static Rule, subject: Subject, gap: &Unknown) {
        let open = self.undecided.entry((rule.id, subject.principal, gap.clone())).or_default();
        open.everything |= subject.resource.is_none();
        open.resources.extend(subject.resource);
    }

    pub(super) fn all_undecided(&mut self, rule: &'static Rule, principal: &Arn, resources: Arns, gap: &Unknown) {
        self.undecided.entry((rule.id, Some(principal.clone()), gap.clone())).or_default().listed.push(resources);
    }

    /// What a rule finds of resources that nothing shows to be used, to be added to.
    pub(super) fn unused(&mut self, rule: &'static Rule, of: impl FnOnce(Severity) -> Unused) -> &mut Unused {
        self.unused.entry(rule.id).or_insert_with(|| of(rule.severity.severity(Use::Other)))
    }

    /// Goes through a list that may not be known.
    pub(super) fn each<'i, T>(
        &mut self,
        rule: &'static Rule,
        list: Result<&'i Vec<T>, Unknown>,
        mut check: impl FnMut(&'i T, &mut Self),
    ) {
        match list {
            Ok(items) => items.iter().for_each(|item| check(item, self)),
            Err(gap) => self.undecided(rule, Subject::account(), &gap),
        }
    }

    /// All findings in their order, those that nothing shows to be used in as few as there are causes; all that is undecided;
    /// and what the reader should know of it.
    pub(super) fn finish(
        self,
        evaluator: &Evaluator<'_>,
        ignores: &mut Ignores<'_>,
    ) -> (Vec<Finding>, Vec<report::Open>, Vec<String>) {
        let mut findings = self.findings;
        for finding in &mut findings {
            finding.id = finding.fingerprint();
            ignores.silence(finding);
        }
        let mut notes = vec![];
        for unused in self.unused.values() {
            let (of_rule, note) = unused.findings(|arn| evaluator.execution_role(arn.as_str()), ignores);
            findings.extend(of_rule);
            notes.extend(note);
        }
        findings.sort_by(|a, b| a.order().cmp(&b.order()));
        let undecided = self
            .undecided
            .into_iter()
            .map(|((rule, principal, gap), open)| report::Open::new(rule, principal, open.resources(), gap));
        (findings, undecided.collect(), notes)
    }
}

impl Open {
    fn resources(mut self) -> Arns {
        match (self.everything, self.listed.as_slice(), self.resources.as_slice()) {
            (true, ..) => Arns::default(),
            (false, [list], []) => list.clone(),
            _ => {
                self.resources.extend(self.listed.iter().flat_map(Arns::iter).cloned());
                self.resources.sort();
                self.resources.dedup();
                Arns::from(self.resources)
            }
        }
    }
}
