//! A finding: what is wrong, for whom, how it was decided, and what to do.
//!
//! Plain data in the form of the JSON report (product contract, `schemas/report.json`). Knows how findings are
//! identified and ordered; has never heard of how one is found.

pub mod id;
mod rule_id;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::access::Coverage;
use crate::account::Unknown;
use crate::arn::{Arn, Arns};
use crate::evaluation::wording::{Sentence, Who};
use crate::evaluation::{Cause, Fix, Remedy, Unmet, fixes};
use crate::labeling::Use;
use crate::policy::decide::Reason;

pub use id::fingerprint;
pub use rule_id::RuleId;

/// How bad it is, worst first.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A labeling job fails, or somebody can do much too much.
    High,
    /// What is evidently meant for labeling does not work.
    Medium,
    /// Worth knowing.
    Low,
    /// Nothing is wrong.
    Info,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// A stable fingerprint: of rule, resource and use; of rule and principal, where there is no resource. Findings about
    /// several principals share it.
    pub id: String,
    /// The rule's id.
    pub rule: RuleId,
    /// How bad it is.
    pub severity: Severity,
    /// The ARN of the role that is concerned; absent where the resource alone is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub principal: Option<Arn>,
    /// The ARN of the resource; absent where `resources` lists several.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub resource: Option<Arn>,
    /// Only when grouped: the ARNs of all resources of which this is true.
    #[serde(skip_serializing_if = "Arns::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub resources: Arns,
    /// The resource's region, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// What shows that the resource has to do with labeling.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub usage: Option<Use>,
    /// The facts that are missing to know what uses the resource: the finding stands, and may rank higher.
    #[serde(skip)]
    pub rank_open: Vec<Unknown>,
    /// What names and tags alone say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documented: Option<Documented>,
    /// What the policies decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective: Option<Effective>,
    /// One sentence.
    pub message: String,
    /// The same, to be said of other principals too.
    #[serde(skip)]
    pub sentence: Sentence,
    /// The findings that explain a failed job, by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub explained_by: Vec<String>,
    /// Why it is so.
    pub causes: Vec<Unmet>,
    /// The statements that decided.
    pub evidence: Vec<Evidence>,
    /// What to do, best first.
    pub fixes: Vec<Fix>,
    /// How the finding stands to earlier reports and to the configuration.
    pub status: Status,
    /// Why the configuration silences it, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppression: Option<Suppression>,
}

/// Something that is not known, as reports say it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
pub struct ReportedUnknown {
    /// The action that was refused, or that is asked about.
    pub action: String,
    /// The ARN that was asked about, `*` for a list; a statement, where one cannot be decided.
    pub resource: String,
    /// AWS's code, or a word of gt-audit's own.
    pub error: String,
    /// In one sentence.
    pub message: String,
    /// The statement that cannot be decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<Reason>,
    /// The context keys that it depends on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<String>,
}

impl From<&Unknown> for ReportedUnknown {
    fn from(unknown: &Unknown) -> Self {
        let (statement, on) = match unknown {
            Unknown::Undecidable { statement, on, .. } => (Some((**statement).clone()), on.clone()),
            _ => (None, vec![]),
        };
        Self {
            action: unknown.action().to_owned(),
            resource: unknown.resource(),
            error: unknown.code().to_owned(),
            message: unknown.message(),
            statement,
            on,
        }
    }
}

/// What the documented limits say of a name and its tags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Documented {
    /// Do the documented limits let it through?
    pub verdict: Match,
    /// The token by which they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The tag by which they seem to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

/// Does a name pass the documented limits?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Match {
    /// It does.
    Match,
    /// It does not.
    Mismatch,
}

/// What the policies really decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Effective {
    /// Over all actions.
    pub coverage: Coverage,
    /// Action by action.
    pub actions: BTreeMap<String, Coverage>,
    /// A resource that is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_example: Option<String>,
    /// A resource that is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denied_example: Option<String>,
}

/// A statement that decided, and what it does here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Evidence {
    /// Where it stands.
    #[serde(flatten)]
    pub reason: Reason,
    /// What it does here.
    pub note: String,
}

/// How a finding stands to earlier reports and to the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It was not there before, or nothing is known of before.
    New,
    /// The configuration silences it: it does not count.
    Suppressed,
}

/// Why the configuration silences a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Suppression {
    /// In its owner's words.
    pub reason: String,
    /// The last day on which it does, `YYYY-MM-DD`; null when there is none.
    pub until: Option<String>,
}

impl Documented {
    /// What a name's token, or a tag, makes of it.
    #[must_use]
    pub fn by(token: Option<&str>, tag: Option<(&str, &str)>) -> Self {
        Self {
            verdict: if token.is_some() || tag.is_some() { Match::Match } else { Match::Mismatch },
            token: token.map(str::to_owned),
            tag: tag.map(|(key, value)| format!("{key}={value}")),
        }
    }
}

impl Finding {
    /// A finding of a rule, without views, causes and fixes yet.
    #[must_use]
    pub fn new(
        rule: RuleId,
        severity: Severity,
        principal: Option<&Arn>,
        resource: Option<&Arn>,
        sentence: Sentence,
    ) -> Self {
        Self {
            id: String::new(),
            rule,
            severity,
            principal: principal.cloned(),
            resource: resource.cloned(),
            resources: Arns::default(),
            region: resource.map(Arn::region).filter(|region| !region.is_empty()).map(str::to_owned),
            usage: None,
            rank_open: vec![],
            documented: None,
            effective: None,
            message: sentence.said(&Who::of(principal)),
            sentence,
            explained_by: vec![],
            causes: vec![],
            evidence: vec![],
            fixes: vec![],
            status: Status::New,
            suppression: None,
        }
    }

    /// Adds causes, the statements that they name, and what helps against them.
    #[must_use]
    pub fn because(mut self, causes: impl IntoIterator<Item = Unmet>) -> Self {
        for unmet in causes {
            if let Some(statement) = unmet.cause.statement()
                && self.evidence.iter().all(|evidence| evidence.reason != *statement)
            {
                let note = match &unmet.cause {
                    Cause::ExplicitDeny { .. } => "denies it, whatever else allows it",
                    Cause::ConditionUnmet { .. } => "allows it under a condition that is not met",
                    _ => "allows it",
                };
                self.evidence.push(Evidence { reason: statement.clone(), note: note.to_owned() });
            }
            if !self.causes.contains(&unmet) {
                self.causes.push(unmet);
            }
        }
        self.fixes = fixes::fixes(&self.causes, &self.who());
        self
    }

    /// Who is to do or to be allowed something: the principal; without one, all of the causes.
    fn who(&self) -> Who {
        let of_causes: BTreeSet<&Arn> = match self.principal {
            Some(_) => BTreeSet::new(),
            None => self.causes.iter().filter_map(|unmet| unmet.requirement.principal.as_ref()).collect(),
        };
        Who::of(self.principal.iter().chain(of_causes))
    }

    /// Adds something to do.
    #[must_use]
    pub fn fix(mut self, remedy: Remedy) -> Self {
        for fix in fixes::together([remedy], &self.who()) {
            if !self.fixes.contains(&fix) {
                self.fixes.push(fix);
            }
        }
        self
    }

    /// Adds a statement that decided.
    #[must_use]
    pub fn evidence(mut self, reason: &Reason, note: impl Into<String>) -> Self {
        self.evidence.push(Evidence { reason: reason.clone(), note: note.into() });
        self
    }

    /// What uses the resource is not known: the finding stands, and may rank higher where `rises`.
    #[must_use]
    pub fn of_open_use<'u>(mut self, unknown: impl IntoIterator<Item = &'u Unknown>, rises: bool) -> Self {
        let mut unknown = unknown.into_iter().peekable();
        if unknown.peek().is_some() && self.usage != Some(Use::Used) {
            self.usage = Some(Use::Unknown);
            if rises {
                self.rank_open.extend(unknown.cloned());
            }
        }
        self
    }

    /// The fingerprint of the finding as it is.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let about = self.resource.as_ref().or(self.principal.as_ref()).map_or("", Arn::as_str);
        fingerprint(self.rule, about, self.usage)
    }

    /// What distinguishes it from all others of its audit.
    #[must_use]
    pub fn key(&self) -> (&str, Option<&Arn>) {
        (&self.id, self.principal.as_ref())
    }

    /// The order of reports: severity, rule, principal, resource.
    #[must_use]
    pub fn order(&self) -> impl Ord + '_ {
        (self.severity, self.rule, self.principal.as_ref(), self.resource.as_ref(), &self.resources)
    }
}
