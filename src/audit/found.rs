//! What the rules said: findings, and what is undecided.

use std::collections::{BTreeMap, BTreeSet};

use super::ignores::Ignores;
use crate::account::Unknown;
use crate::arn::{Arn, Arns};
use crate::evaluation::Evaluator;
use crate::evaluation::wording::Sentence;
use crate::finding::{self, Finding, RuleId, Severity};
use crate::labeling::{ExecutionRole, Use};
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
    /// What nothing shows to be used, by rule and role, and how it is said of all together.
    unused: BTreeMap<(RuleId, Arn), Unused>,
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

/// Resources of which a rule is true and which nothing shows to be used.
#[derive(Debug)]
struct Unused {
    severity: Severity,
    resources: Arns,
    /// The sentence about so many of them.
    together: fn(&ExecutionRole<'_>, usize) -> Sentence,
    /// Why it is not known whether a labeling job uses them.
    open: BTreeSet<Unknown>,
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

    /// One finding for all resources of a role that nothing shows to be used.
    pub(super) fn unused(
        &mut self,
        rule: &'static Rule,
        execution: &ExecutionRole<'_>,
        together: fn(&ExecutionRole<'_>, usize) -> Sentence,
        (resources, open): (Arns, BTreeSet<Unknown>),
    ) {
        let severity = rule.severity.severity(Use::Other);
        self.unused.insert((rule.id, execution.role.arn.clone()), Unused { severity, resources, together, open });
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

    /// All findings in their order, with those in one that nothing shows to be used, and all that is undecided.
    pub(super) fn finish(
        self,
        evaluator: &Evaluator<'_>,
        ignores: &mut Ignores<'_>,
    ) -> (Vec<Finding>, Vec<report::Open>) {
        let mut findings = self.findings;
        for finding in &mut findings {
            finding.id = finding.fingerprint();
            ignores.silence(finding);
        }
        for ((rule, principal), unused) in self.unused {
            let Some(role) = evaluator.execution_role(principal.as_str()) else { continue };
            findings.extend(unused.together(rule, role, &evaluator.access.signature(role.role), ignores));
        }
        findings.sort_by(|a, b| a.order().cmp(&b.order()));
        let undecided = self
            .undecided
            .into_iter()
            .map(|((rule, principal, gap), open)| report::Open::new(rule, principal, open.resources(), gap));
        (findings, undecided.collect())
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

impl Unused {
    /// One finding for all of them; what an ignore silences stands apart, by what silences it.
    fn together(
        self,
        rule: RuleId,
        execution: &ExecutionRole<'_>,
        signature: &str,
        ignores: &mut Ignores<'_>,
    ) -> Vec<Finding> {
        let principal = &execution.role.arn;
        let mut parts: BTreeMap<Option<usize>, Arns> = BTreeMap::new();
        let mut silenced: BTreeMap<usize, Finding> = BTreeMap::new();
        if ignores.speak_of(rule) {
            let mut by_ignore: BTreeMap<Option<usize>, Vec<Arn>> = BTreeMap::new();
            for resource in self.resources.iter() {
                let mut single =
                    Finding::new(rule, self.severity, Some(principal), Some(resource), Sentence::default());
                let place = ignores.silence(&mut single);
                by_ignore.entry(place).or_default().push(resource.clone());
                if let Some(place) = place {
                    silenced.entry(place).or_insert(single);
                }
            }
            parts.extend(by_ignore.into_iter().map(|(place, resources)| (place, resources.into())));
        } else {
            parts.insert(None, self.resources);
        }
        let whole = parts.len() == 1;
        let finding = |(place, resources): (Option<usize>, Arns)| {
            let sentence = (self.together)(execution, resources.len());
            let mut grouped = Finding::new(rule, self.severity, Some(principal), None, sentence);
            grouped.usage = Some(Use::Other);
            let mut grouped = grouped.of_open_use(&self.open, true);
            grouped.resources = resources;
            grouped.id = finding::fingerprint(rule, signature, grouped.usage);
            if let Some(single) = place.and_then(|place| silenced.get(&place)) {
                grouped.status = single.status;
                grouped.suppression.clone_from(&single.suppression);
            }
            if let Some(part) = place.filter(|_| !whole).and_then(|place| ignores.part(place)) {
                grouped.id = finding::fingerprint(rule, &format!("{signature} {part}"), grouped.usage);
            }
            grouped
        };
        parts.into_iter().map(finding).collect()
    }
}
