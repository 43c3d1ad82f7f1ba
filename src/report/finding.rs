//! The findings of a report: one a cause, with all its principals.
//!
//! Rules find pair by pair, a principal and a resource at a time. Findings of one rule about one resource and one use are one
//! finding of the report, however many principals it is about: so its id outlives a role that joins. Plain data; knows no
//! policy.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::account::Unknown;
use crate::arn::{Arn, Arns};
use crate::evaluation::wording::{Sentence, Who};
use crate::evaluation::{Fix, Unmet};
use crate::finding::{Documented, Effective, Evidence, Finding, RuleId, Severity, Status, Suppression};
use crate::labeling::Use;

/// A finding of a report.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportedFinding {
    /// Stands for the rule, the resource and its use; for rule and principal, where there is no resource.
    pub id: String,
    /// The rule's id.
    pub rule: RuleId,
    /// How bad it is.
    pub severity: Severity,
    /// The ARNs of those whom it is about; none where the resource alone is.
    #[schemars(with = "Vec<String>")]
    pub principals: Vec<Arn>,
    /// The principal, where it is about one alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub principal: Option<Arn>,
    /// The ARNs of what it is about.
    #[schemars(with = "Vec<String>")]
    pub resources: Arns,
    /// The resource's region, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The labeling job, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub job: Option<Arn>,
    /// What shows that the resource has to do with labeling.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub usage: Option<Use>,
    /// The facts that are missing to know what uses the resource: the finding stands, and may rank higher.
    #[serde(skip)]
    pub rank_open: Vec<Unknown>,
    /// What names and tags alone say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documented: Option<Documented>,
    /// What the policies decide for the first principal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective: Option<Effective>,
    /// One sentence.
    pub message: String,
    /// What is said of whom: the message in its parts.
    #[serde(skip)]
    pub said: Vec<(Sentence, Vec<Arn>)>,
    /// The statements that decided, of the first principal.
    #[serde(skip)]
    pub evidence: Vec<Evidence>,
    /// The findings that explain a failed job, by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub explained_by: Vec<String>,
    /// Why it is so.
    pub causes: Vec<ReportedCause>,
    /// What to do, best first.
    pub fixes: Vec<Fix>,
    /// Is it about all that nothing shows to be used?
    #[serde(skip)]
    pub is_grouped: bool,
    /// How the finding stands to earlier reports and to the configuration.
    pub status: Status,
    /// Why the configuration silences it, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppression: Option<Suppression>,
    /// AWS's page about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documentation: Option<String>,
}

/// A cause, and whom of the finding it concerns.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ReportedCause {
    /// The cause, with what is required.
    #[serde(flatten)]
    pub unmet: Unmet,
    /// The principals, by their places in the finding's list (from 0), where it is not all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub principals: Vec<usize>,
}

/// Puts the findings of rules together, those of one cause each; in the order of reports. `page`: AWS's page of a rule.
#[must_use]
pub fn by_cause(findings: &[Finding], page: fn(RuleId) -> Option<String>) -> Vec<ReportedFinding> {
    let mut by_id: BTreeMap<(&str, Status, Severity), Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        by_id.entry((&finding.id, finding.status, finding.severity)).or_default().push(finding);
    }
    let mut all: Vec<ReportedFinding> = by_id.into_values().filter_map(|alike| together(&alike, page)).collect();
    all.sort_by(|a, b| a.order().cmp(&b.order()));
    all
}

fn together(alike: &[&Finding], page: fn(RuleId) -> Option<String>) -> Option<ReportedFinding> {
    let first = alike.first()?;
    let mut principals: Vec<Arn> = alike.iter().filter_map(|finding| finding.principal.clone()).collect();
    principals.sort();
    principals.dedup();
    let resources = match &first.resource {
        Some(resource) => Arns::from(vec![resource.clone()]),
        None => of_all(alike),
    };
    let said = said(alike);
    let mut rank_open: Vec<Unknown> = alike.iter().flat_map(|finding| finding.rank_open.clone()).collect();
    rank_open.sort();
    rank_open.dedup();
    let mut explained_by: Vec<String> = alike.iter().flat_map(|finding| finding.explained_by.clone()).collect();
    explained_by.sort();
    explained_by.dedup();
    let job = first.resource.as_ref().filter(|arn| arn.resource().starts_with("labeling-job/")).cloned();
    Some(ReportedFinding {
        id: first.id.clone(),
        rule: first.rule,
        severity: first.severity,
        causes: causes(alike, &principals),
        fixes: fixes(alike),
        message: message(&said),
        principal: principals.first().filter(|_| principals.len() == 1).cloned(),
        principals,
        resources,
        region: first.region.clone(),
        job,
        usage: first.usage,
        rank_open,
        documented: first.documented.clone(),
        effective: first.effective.clone(),
        said,
        evidence: first.evidence.clone(),
        explained_by,
        is_grouped: first.resource.is_none() && !first.resources.is_empty(),
        status: first.status,
        suppression: first.suppression.clone(),
        documentation: page(first.rule),
    })
}

/// The resources of findings that list several: mostly the same for all.
fn of_all(alike: &[&Finding]) -> Arns {
    let mut lists: Vec<&Arns> = vec![];
    for finding in alike {
        if !lists.contains(&&finding.resources) {
            lists.push(&finding.resources);
        }
    }
    match lists.as_slice() {
        [one] => (*one).clone(),
        lists => {
            let mut all: Vec<Arn> = lists.iter().flat_map(|list| list.iter()).cloned().collect();
            all.sort();
            all.dedup();
            Arns::from(all)
        }
    }
}

/// What is said of whom, each sentence once.
fn said(alike: &[&Finding]) -> Vec<(Sentence, Vec<Arn>)> {
    let mut said: Vec<(Sentence, Vec<Arn>)> = vec![];
    for finding in alike {
        let whom = finding.principal.iter().cloned();
        match said.iter_mut().find(|(sentence, _)| *sentence == finding.sentence) {
            Some((_, principals)) => principals.extend(whom),
            None => said.push((finding.sentence.clone(), whom.collect())),
        }
    }
    said
}

/// The sentences in a row; what several of them have in common is said once.
fn message(said: &[(Sentence, Vec<Arn>)]) -> String {
    let mut parts: Vec<String> = vec![];
    for (sentence, principals) in said {
        for part in sentence.said(&Who::of(principals)).split("; ") {
            if !parts.iter().any(|known| known == part) {
                parts.push(part.to_owned());
            }
        }
    }
    parts.join("; ")
}

/// The causes, each once with those whom it concerns; `all`: the principals of the finding, sorted.
fn causes(alike: &[&Finding], all: &[Arn]) -> Vec<ReportedCause> {
    let mut causes: Vec<(Unmet, Vec<usize>)> = vec![];
    for finding in alike {
        for unmet in &finding.causes {
            let whom = finding.principal.iter().filter_map(|principal| all.binary_search(principal).ok());
            match causes.iter_mut().find(|(known, _)| is_same(known, unmet)) {
                Some((_, principals)) => principals.extend(whom),
                None => causes.push((unmet.clone(), whom.collect())),
            }
        }
    }
    let reported = |(unmet, mut principals): (Unmet, Vec<usize>)| {
        principals.sort_unstable();
        principals.dedup();
        ReportedCause { unmet, principals: if principals.len() == all.len() { vec![] } else { principals } }
    };
    causes.into_iter().map(reported).collect()
}

/// Are two causes the same but for whom they concern?
fn is_same(one: &Unmet, other: &Unmet) -> bool {
    let (this, that) = (&one.requirement, &other.requirement);
    one.cause == other.cause
        && (this.field, &this.action, &this.on, &this.context) == (that.field, &that.action, &that.on, &that.context)
}

/// What to do, each once for all whom it helps.
fn fixes(alike: &[&Finding]) -> Vec<Fix> {
    let mut fixes: Vec<(Fix, Vec<Arn>)> = vec![];
    for finding in alike {
        for fix in &finding.fixes {
            let whom = finding.principal.iter().cloned();
            let known = fixes.iter_mut().find(|(known, _)| (known.kind, &known.sentence) == (fix.kind, &fix.sentence));
            match known {
                Some((known, principals)) => {
                    principals.extend(whom);
                    for goal in &fix.goals {
                        if !known.goals.contains(goal) {
                            known.goals.push(goal.clone());
                        }
                    }
                }
                None => fixes.push((fix.clone(), whom.collect())),
            }
        }
    }
    let fix = |(fix, principals): (Fix, Vec<Arn>)| match principals.as_slice() {
        [] => fix,
        principals => Fix { summary: fix.sentence.said(&Who::of(principals)), ..fix },
    };
    fixes.into_iter().map(fix).collect()
}

impl ReportedFinding {
    /// The order of reports: severity, rule, resource, principal.
    #[must_use]
    pub fn order(&self) -> impl Ord + '_ {
        (self.severity, self.rule, self.resources.first(), self.principals.first(), &self.id)
    }

    /// Does it count?
    #[must_use]
    pub fn counts(&self) -> bool {
        self.status != Status::Suppressed
    }
}
