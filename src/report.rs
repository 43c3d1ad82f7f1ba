//! A report: what an audit found, in the form of the product's JSON contract, and its spellings.
//!
//! Plain data; `schemas/report.json` is its JSON Schema, made from these types. Looks nothing up: what a spelling shows
//! is in the report.

pub mod csv;
pub mod excerpt;
pub mod explain;
pub mod finding;
mod fix;
pub mod html;
pub mod job;
pub mod json;
pub mod jsonl;
pub mod message;
pub mod preflight;
pub mod reach;
pub mod table;
pub mod text;
pub mod uses;
pub mod why;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::account::snapshot::Snapshot;
use crate::account::{Fact, Unknown};
use crate::arn::{Arn, Arns};
use crate::evaluation::capability::ConsoleIdentity;
use crate::evaluation::reached::Reached;
pub use finding::{ReportedCause, ReportedFinding};

use crate::finding::{Finding, ReportedUnknown, RuleId, Severity, Status};

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The version of this form: 1.
    pub schema_version: u32,
    /// What made the report.
    pub tool: Tool,
    /// The account that was audited.
    pub account: Account,
    /// Who collected the facts.
    #[schemars(with = "String")]
    pub caller: Arn,
    /// When collecting the facts began, RFC 3339, UTC.
    pub started_at: String,
    /// When it ended, RFC 3339, UTC.
    pub finished_at: String,
    /// How much was collected, at what cost.
    pub collected: Collected,
    /// What the reader should know of the audit as a whole, each in one sentence.
    pub notes: Vec<String>,
    /// What could not be decided, by the missing fact.
    pub undecided: Vec<Undecided>,
    /// What could not be decided, rule by rule and subject by subject.
    #[serde(skip)]
    pub open: Vec<Open>,
    /// The facts that could not be read.
    pub gaps: Vec<ReportedGap>,
    /// The roles that labeling jobs run under, and what they reach.
    pub execution_roles: Vec<ExecutionRole>,
    /// What the documented limits of each managed policy that an execution role has say of the names in the account: which
    /// pass, by token, and which have a word of Ground Truth and do not.
    pub documented_names: BTreeMap<String, DocumentedNames>,
    /// What they reach of each bucket and function in question.
    pub reach: reach::ReachMatrix,
    /// Who may create labeling jobs, and what of the console is open to them.
    pub console_identities: Vec<ConsoleIdentity>,
    /// The labeling jobs that run or were made lately, the worst first.
    pub labeling_jobs: Vec<uses::LabelingJob>,
    /// The workloads of the configuration.
    pub workloads: Vec<uses::Workload>,
    /// What is wrong, by severity, rule, resource and principal.
    pub findings: Vec<ReportedFinding>,
    /// The same, pair by pair of a principal and a resource.
    #[serde(skip)]
    pub pairs: Vec<Finding>,
    /// The findings, counted.
    pub summary: Summary,
    /// The tokens of the managed policies that the execution roles carry.
    #[serde(skip)]
    pub tokens: Vec<PolicyTokens>,
}

/// What names must contain for a managed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyTokens {
    /// The policy's name.
    pub policy: String,
    /// Of buckets, whose names are of small letters.
    pub buckets: Vec<String>,
    /// Of functions.
    pub functions: Vec<String>,
}

/// What made a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tool {
    /// `gt-audit`
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// The account that was audited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// The account's alias, if it has one and it could be read.
    pub alias: Option<String>,
    /// `aws`, `aws-cn` …
    pub partition: String,
    /// The regions that were audited.
    pub regions: Vec<String>,
}

/// How much was collected; absent counts could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Collected {
    /// Roles of the account.
    pub roles: Option<usize>,
    /// Users of the account.
    pub users: Option<usize>,
    /// Managed policies that somebody carries.
    pub policies: usize,
    /// Buckets of every region.
    pub buckets: Option<usize>,
    /// Functions of the audited regions.
    pub functions: Option<usize>,
    /// Labeling jobs of the audited regions that run or were made lately.
    pub labeling_jobs: Option<usize>,
    /// Calls made, each page being one.
    pub api_calls: u64,
    /// Attempts beyond the first of each call.
    pub retries: u64,
}

/// Something that one rule could not decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// The rule.
    pub rule: RuleId,
    /// The ARN of what it is about: a resource, or the role where it is about several; `*` for the whole account.
    pub subject: String,
    /// The role in question, where the subject is a resource.
    pub principal: Option<Arn>,
    /// The resources, where there are several.
    pub resources: Arns,
    /// What is missing.
    pub unknown: Unknown,
}

/// What one missing fact leaves undecided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Undecided {
    /// What is missing.
    pub gap: Missing,
    /// The rules that it leaves open.
    pub rules: BTreeSet<RuleId>,
    /// What it leaves open: ARNs, `*` for the whole account.
    pub subjects: BTreeSet<String>,
    /// How many subjects these are.
    pub count: usize,
}

/// A fact that a decision depends on and that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Missing {
    /// One of the report's gaps, by its index.
    Gap(usize),
    /// Another fact, or a statement that cannot be decided.
    Other(ReportedUnknown),
}

/// A fact that could not be read, and what depends on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReportedGap {
    /// What was asked, and how it was refused.
    #[serde(flatten)]
    pub gap: ReportedUnknown,
    /// What depends on it.
    pub affects: Affects,
}

/// What depends on a fact that could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Affects {
    /// How many subjects each rule could not decide.
    pub undecided: BTreeMap<RuleId, usize>,
    /// How many findings of each rule stand, and may rank higher.
    pub rank_open: BTreeMap<RuleId, usize>,
}

/// A role that labeling jobs run under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionRole {
    /// The role.
    #[schemars(with = "String")]
    pub arn: Arn,
    /// The number that it shares, in this report, with the roles that have the same policies.
    #[serde(skip)]
    pub class: usize,
    /// What makes it an execution role.
    pub why: Vec<String>,
    /// The managed policies it carries, or copies of.
    pub managed_policies: Vec<String>,
    /// How many buckets it reaches; null when they could not be listed.
    pub buckets: Option<Reach>,
    /// How many functions it may invoke; null when they could not be listed.
    pub functions: Option<Reach>,
}

/// What the documented limits say of the names in an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DocumentedNames {
    /// Buckets.
    pub buckets: ByToken,
    /// Functions.
    pub functions: ByToken,
}

/// Names, by the token they carry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ByToken {
    /// The names that carry a token of the policy, by token.
    pub matches: BTreeMap<String, Vec<String>>,
    /// The names that carry none, and were meant to: as they are spelled there.
    pub near_misses: BTreeMap<String, String>,
    /// How many names carry neither.
    pub others: usize,
}

/// Resources, counted by how much of them is allowed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reach {
    /// Everything a labeling job does.
    pub all: usize,
    /// Something: some keys (those with a token, too), or some actions.
    pub some: usize,
    /// Nothing, or nothing that the role could decrypt.
    pub none: usize,
    /// Refused by a statement.
    pub denied: usize,
    /// It depends on something that is not known.
    pub unknown: usize,
}

/// The findings, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// High findings that count.
    pub high: usize,
    /// Medium findings that count.
    pub medium: usize,
    /// Low findings that count.
    pub low: usize,
    /// Notes.
    pub info: usize,
    /// Findings that the configuration silences.
    pub suppressed: usize,
    /// 0, 1 or 3, as the product's contract says.
    pub exit_code: u8,
}

impl Report {
    /// Could nothing be read at all?
    #[must_use]
    pub fn is_blind(&self) -> bool {
        let Collected { roles, users, buckets, functions, labeling_jobs, .. } = &self.collected;
        [roles, users, buckets, functions, labeling_jobs].iter().all(|count| count.is_none()) && !self.gaps.is_empty()
    }
}

impl Reach {
    /// Counts.
    pub fn count(cells: impl IntoIterator<Item = Reached>) -> Self {
        let mut reach = Self::default();
        for reached in cells {
            *match reached {
                Reached::All => &mut reach.all,
                Reached::Some | Reached::Tokens => &mut reach.some,
                Reached::None => &mut reach.none,
                Reached::Denied => &mut reach.denied,
                Reached::Unknown => &mut reach.unknown,
            } += 1;
        }
        reach
    }

    /// These, and others.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        self.with(others, usize::saturating_add)
    }

    /// These without some of them.
    #[must_use]
    pub fn less(self, some: Self) -> Self {
        self.with(some, usize::saturating_sub)
    }

    fn with(self, other: Self, each: fn(usize, usize) -> usize) -> Self {
        Self {
            all: each(self.all, other.all),
            some: each(self.some, other.some),
            none: each(self.none, other.none),
            denied: each(self.denied, other.denied),
            unknown: each(self.unknown, other.unknown),
        }
    }
}

impl ByToken {
    /// Sorts names by the token they carry; `mention` finds a word of Ground Truth however it is spelled.
    pub fn sort<'a>(
        names: impl IntoIterator<Item = &'a str>,
        token: impl Fn(&str) -> Option<String>,
        mention: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let mut sorted = Self::default();
        for name in names {
            match (token(name), mention(name)) {
                (Some(token), _) => sorted.matches.entry(token).or_default().push(name.to_owned()),
                (None, Some(found)) => drop(sorted.near_misses.insert(name.to_owned(), found)),
                (None, None) => sorted.others += 1,
            }
        }
        sorted.matches.values_mut().for_each(|names| names.sort());
        sorted
    }
}

impl Open {
    /// Something a rule could not decide: about resources, for a principal, or about the principal itself.
    #[must_use]
    pub fn new(rule: RuleId, principal: Option<Arn>, resources: Arns, unknown: Unknown) -> Self {
        let single = resources.first().filter(|_| resources.len() == 1).map(ToString::to_string);
        match (single, principal) {
            (Some(subject), principal) => Self { rule, subject, principal, resources: Arns::default(), unknown },
            (None, Some(principal)) => {
                Self { rule, subject: principal.to_string(), principal: None, resources, unknown }
            }
            (None, None) => Self { rule, subject: "*".to_owned(), principal: None, resources, unknown },
        }
    }
}

/// What each missing fact leaves undecided, in the order of the facts.
fn by_fact(open: &[Open], gaps: &[Unknown]) -> Vec<Undecided> {
    let mut by_fact: BTreeMap<&Unknown, (BTreeSet<RuleId>, BTreeSet<String>)> = BTreeMap::new();
    for question in open {
        let (rules, subjects) = by_fact.entry(&question.unknown).or_default();
        rules.insert(question.rule);
        subjects.insert(question.subject.clone());
    }
    let undecided = |(unknown, (rules, subjects)): (&Unknown, (BTreeSet<RuleId>, BTreeSet<String>))| {
        let gap = match gaps.binary_search(unknown) {
            Ok(index) => Missing::Gap(index),
            Err(_) => Missing::Other(ReportedUnknown::from(unknown)),
        };
        Undecided { gap, rules, count: subjects.len(), subjects }
    };
    by_fact.into_iter().map(undecided).collect()
}

/// The gaps, each with what depends on it.
fn reported(gaps: &[Unknown], open: &[Open], findings: &[ReportedFinding]) -> Vec<ReportedGap> {
    let affects = |gap: &Unknown| {
        let mut affects = Affects::default();
        for question in open.iter().filter(|question| question.unknown == *gap) {
            *affects.undecided.entry(question.rule).or_default() += 1;
        }
        for finding in findings.iter().filter(|finding| finding.rank_open.contains(gap)) {
            *affects.rank_open.entry(finding.rule).or_default() += 1;
        }
        affects
    };
    gaps.iter().map(|gap| ReportedGap { gap: ReportedUnknown::from(gap), affects: affects(gap) }).collect()
}

impl Summary {
    /// Counts the findings, and decides the exit code: 1 from `fail_on` upwards, else 3 when anything is missing.
    #[must_use]
    pub fn of(findings: &[ReportedFinding], incomplete: bool, fail_on: Severity) -> Self {
        let mut summary = Self::default();
        let mut failed = false;
        for finding in findings {
            match finding.status {
                Status::New => {}
                Status::Suppressed => {
                    summary.suppressed += 1;
                    continue;
                }
            }
            *match finding.severity {
                Severity::High => &mut summary.high,
                Severity::Medium => &mut summary.medium,
                Severity::Low => &mut summary.low,
                Severity::Info => &mut summary.info,
            } += 1;
            failed |= finding.severity <= fail_on;
        }
        summary.exit_code = match (failed, incomplete) {
            (true, _) => 1,
            (false, true) => 3,
            (false, false) => 0,
        };
        summary
    }
}

/// What an audit comes to, before it is a report.
#[derive(Debug)]
pub struct Parts {
    /// The facts that could not be read.
    pub gaps: BTreeSet<Unknown>,
    /// The roles that labeling jobs run under.
    pub execution_roles: Vec<ExecutionRole>,
    /// What the documented limits say of the names in the account, by managed policy.
    pub documented_names: BTreeMap<String, DocumentedNames>,
    /// What they reach.
    pub reach: reach::ReachMatrix,
    /// Who may create labeling jobs.
    pub console_identities: Vec<ConsoleIdentity>,
    /// The labeling jobs.
    pub labeling_jobs: Vec<uses::LabelingJob>,
    /// The workloads.
    pub workloads: Vec<uses::Workload>,
    /// What the rules found, pair by pair.
    pub pairs: Vec<Finding>,
    /// The same, one a cause.
    pub findings: Vec<ReportedFinding>,
    /// What could not be decided.
    pub open: Vec<Open>,
    /// What the reader should know of the audit as a whole.
    pub notes: Vec<String>,
    /// The tokens of the managed policies that the execution roles carry.
    pub tokens: Vec<PolicyTokens>,
}

/// Puts a report together.
#[must_use]
pub fn assemble(snapshot: &Snapshot, parts: Parts, fail_on: Severity) -> Report {
    let Parts { gaps, execution_roles, documented_names, reach, console_identities, labeling_jobs, workloads, .. } =
        parts;
    let Parts { pairs, findings, open, notes, tokens, .. } = parts;
    let account = &snapshot.account;
    let gaps: Vec<Unknown> = gaps.into_iter().collect();
    let functions: Option<Vec<usize>> = account.regions.values().map(|region| count(&region.functions)).collect();
    let jobs: Option<Vec<usize>> = account.regions.values().map(|region| count(&region.labeling_jobs)).collect();
    let incomplete = !gaps.is_empty() || !open.is_empty();
    Report {
        schema_version: 1,
        tool: Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
        account: Account {
            id: account.id.clone(),
            alias: account.alias.known().ok().cloned().flatten(),
            partition: account.partition.clone(),
            regions: account.regions.keys().cloned().collect(),
        },
        caller: account.caller.clone(),
        started_at: snapshot.collection.started_at.clone(),
        finished_at: snapshot.collection.finished_at.clone(),
        collected: Collected {
            roles: count(&account.iam.roles),
            users: count(&account.iam.users),
            policies: account.iam.policies.len(),
            buckets: count(&account.buckets),
            functions: functions.map(|counts| counts.into_iter().sum()),
            labeling_jobs: jobs.map(|counts| counts.into_iter().sum()),
            api_calls: snapshot.collection.api_calls,
            retries: snapshot.collection.retries,
        },
        summary: Summary::of(&findings, incomplete, fail_on),
        gaps: reported(&gaps, &open, &findings),
        notes,
        undecided: by_fact(&open, &gaps),
        open,
        execution_roles,
        documented_names,
        reach,
        console_identities,
        labeling_jobs,
        workloads,
        findings,
        pairs,
        tokens,
    }
}

fn count<T>(list: &Fact<Vec<T>>) -> Option<usize> {
    list.known().ok().map(Vec::len)
}
