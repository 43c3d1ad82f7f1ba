//! An audit: every rule on every subject of an account, and what comes of it.
//!
//! Goes through the subjects ([`apply`]), records what is found and what is undecided, makes one finding of all that
//! nothing shows to be used ([`found`]), and puts the report together. The same snapshot and options give the same report,
//! byte for byte.

mod apply;
mod found;
mod ignores;
mod jobs;
mod reach;
mod scope;
mod singles;
mod standing;
mod summary;
mod touched;
mod unused;
mod workloads;

use std::collections::BTreeSet;

pub use scope::{Glob, Scope};
pub use touched::Touched;

use crate::access::Access;
use crate::account::snapshot::Snapshot;
use crate::account::{Account, Organization, Unknown};
use crate::arn::Arn;
use crate::config::Ignore;
use crate::evaluation::Evaluator;
use crate::finding::{Finding, Severity};
use crate::labeling::workload::Workload;
use crate::labeling::{LabelingContext, Use, Uses};
use crate::report::finding::by_cause;
use crate::report::{self, Open, Parts, Report};
use crate::rules::{Check, RULES, console_identities, documentation, rule};
use apply::{Part, Round};
use found::Found;
use ignores::Ignores;
use singles::Singles;

/// What is audited and how it is reported; nothing of it changes what is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options<'a> {
    /// Spell out what nothing shows to be used.
    pub all: bool,
    /// The exit code is 1 from this severity on.
    pub fail_on: Severity,
    /// What of the account is audited.
    pub scope: &'a Scope,
    /// What is used for labeling, whether or not a job ran lately.
    pub workloads: &'a [Workload],
    /// The findings that are known and silenced.
    pub ignores: &'a [Ignore],
}

impl Options<'static> {
    /// All is audited and nothing is silenced; the exit code is 1 from high on.
    pub const DEFAULT: Self =
        Self { all: false, fail_on: Severity::High, scope: &Scope::ALL, workloads: &[], ignores: &[] };
}

/// Audits a snapshot.
#[must_use]
pub fn audit(snapshot: &Snapshot, options: Options<'_>) -> Report {
    let account = &snapshot.account;
    let access = Access::new(account).as_of(&snapshot.collection.finished_at);
    let uses = Uses::of(account, options.workloads);
    let evaluator = narrowed(LabelingContext::new(&access, &uses), options.scope);
    let admits = |arn: &Arn| options.scope.admits(arn);
    let round = Round::new(&evaluator, options.all, &Part { role: &admits, resource: &admits });
    let mut ignores = Ignores::new(options.ignores, &snapshot.collection.finished_at);
    let Judged { mut pairs, mut open, left_out } =
        judge(&evaluator, options, None, std::slice::from_ref(&round), &mut ignores);
    let reaches = reach::reaches(&evaluator, &round);
    let roles = summary::summaries(&evaluator, &round, &reaches.counts);
    let mut findings = by_cause(&pairs, documentation);
    let mut labeling_jobs = jobs::labeling_jobs(&evaluator, &findings, &open);
    if !options.scope.jobs.is_empty() {
        labeling_jobs.retain(|job| options.scope.admits_job(&job.arn));
        let of_jobs = |id: &String| labeling_jobs.iter().any(|job| job.findings.contains(id));
        findings.retain(|finding| of_jobs(&finding.id));
        pairs.retain(|finding| of_jobs(&finding.id));
        open.retain(|open| jobs::leaves_open(&evaluator, &labeling_jobs, open));
    }
    let mut notes: Vec<String> = of_organization(&account.organization).into_iter().collect();
    notes.extend(workloads::notes(account, options.workloads));
    notes.extend(options.scope.notes(&evaluator));
    notes.extend(left_out);
    notes.extend(ignores.notes(&pairs, &open, !options.scope.is_all()));
    // What was not audited may be unread, unless something that was depends on it.
    let mut depended: BTreeSet<&Unknown> = open.iter().map(|question| &question.unknown).collect();
    depended.extend(pairs.iter().flat_map(|finding| &finding.rank_open));
    let mut gaps = account.unread();
    gaps.retain(|gap| options.scope.admits_gap(gap) || depended.contains(gap));
    let parts = Parts {
        gaps,
        execution_roles: roles,
        documented_names: summary::documented(&evaluator, &round),
        reach: reaches.matrix,
        console_identities: console_identities(&evaluator),
        labeling_jobs,
        workloads: jobs::workloads(options.workloads, &findings),
        pairs,
        findings,
        open,
        notes,
        tokens: summary::tokens(&evaluator),
    };
    report::assemble(snapshot, parts, options.fail_on)
}

/// What the rules say, as far as the audit is narrowed to it.
struct Judged {
    pairs: Vec<Finding>,
    open: Vec<Open>,
    /// What the reader should know of what is left out.
    left_out: Vec<String>,
}

/// An evaluator of what of an account is audited.
fn narrowed<'a>(context: LabelingContext<'a>, scope: &Scope) -> Evaluator<'a> {
    let mut evaluator = Evaluator::new(context);
    evaluator.execution_roles.retain(|role| scope.admits(&role.role.arn));
    evaluator.unclear.retain(|(role, _)| scope.admits(&role.arn));
    evaluator.identities.retain(|identity| scope.admits(identity.identity.arn()));
    evaluator.unclear_identities.retain(|(identity, _)| scope.admits(identity.arn()));
    evaluator
}

/// Applies the rules: to the pairs of these rounds, and to all that is looked at by itself; as far as a change may have
/// touched it, where there is one.
fn judge<'a>(
    evaluator: &Evaluator<'a>,
    options: Options<'_>,
    touched: Option<&Touched>,
    rounds: &[Round<'_, 'a>],
    ignores: &mut Ignores<'_>,
) -> Judged {
    let scope = options.scope;
    let singles = Singles { evaluator, scope, touched };
    let mut found = Found::default();
    for rule in RULES.iter().filter(|rule| scope.applies(rule.id)) {
        singles.apply(rule, &mut found);
        for round in rounds {
            round.apply(rule, &mut found);
        }
    }
    let (mut pairs, mut open, left_out) = found.finish(evaluator, ignores);
    pairs.retain(|finding| {
        let of_causes = finding.causes.iter().filter_map(|unmet| unmet.requirement.principal.as_ref());
        let about = finding.principal.iter().chain(&finding.resource).chain(finding.resources.iter()).chain(of_causes);
        scope.concerns(about)
    });
    open.retain(|open| {
        let subject = Arn::parse(open.subject.as_str()).ok();
        let is_account = subject.is_none();
        is_account || scope.concerns(open.principal.iter().chain(&subject).chain(open.resources.iter()))
    });
    Judged { pairs, open, left_out }
}

/// An account as it was, to be audited again after changes that touch a part of it.
#[derive(Debug)]
pub struct Before<'b> {
    options: Options<'b>,
    finished_at: &'b str,
    context: LabelingContext<'b>,
}

/// What the rules find and leave open of what a change may have touched.
#[derive(Debug)]
pub struct After<'t> {
    /// The findings.
    pub findings: Vec<Finding>,
    /// What is open.
    pub open: Vec<Open>,
    /// What was looked at again; all, where there is none.
    touched: Option<&'t Touched>,
}

impl<'b> Before<'b> {
    /// An account as it is.
    #[must_use]
    pub fn new(access: &'b Access<'b>, uses: &'b Uses<'b>, options: Options<'b>, finished_at: &'b str) -> Self {
        Self { options, finished_at, context: LabelingContext::new(access, uses) }
    }

    /// What the rules say after a change that touches a part of the account; of all, where it is not known what it touches.
    #[must_use]
    pub fn after<'t>(&self, account: &Account, touched: Option<&'t Touched>) -> After<'t> {
        let is_changed = |arn: &Arn| touched.is_none_or(|touched| touched.has_identity(arn));
        let access = self.context.access.changed(account, is_changed);
        let context = self.context.changed(&access, is_changed);
        // Where another role is an execution role now, whatever is said of all of them may have changed.
        let roles = |context: &LabelingContext<'_>| -> BTreeSet<Arn> {
            let unclear = context.unclear.iter().map(|(role, _)| &role.arn);
            context.execution_roles.iter().map(|role| &role.role.arn).chain(unclear).cloned().collect()
        };
        let touched = touched.filter(|_| roles(&self.context) == roles(&context));
        let Judged { pairs, open, .. } = self.part(context, touched);
        After { findings: pairs, open, touched }
    }

    /// Was what a finding is about looked at again?
    #[must_use]
    pub fn covers(&self, after: &After<'_>, finding: &Finding) -> bool {
        after.touched.is_none_or(|touched| touched.covers(&self.context, finding))
    }

    fn part(&self, context: LabelingContext<'_>, touched: Option<&Touched>) -> Judged {
        let scope = self.options.scope;
        let evaluator = narrowed(context, scope);
        let admits = |arn: &Arn| scope.admits(arn);
        let is_touched = |arn: &Arn| touched.is_none_or(|touched| touched.has_identity(arn));
        let of_resources = |arn: &Arn| admits(arn) && touched.is_some_and(|touched| touched.has_resource(arn));
        let others = |arn: &Arn| admits(arn) && !is_touched(arn);
        let all = self.options.all;
        let mut rounds = vec![];
        if touched.is_none_or(Touched::has_identities) {
            rounds.push(Round::new(&evaluator, all, &Part { role: &is_touched, resource: &admits }));
        }
        if touched.is_some_and(Touched::has_resources) {
            rounds.push(Round::new(&evaluator, all, &Part { role: &others, resource: &of_resources }));
        }
        let mut ignores = Ignores::new(self.options.ignores, self.finished_at);
        judge(&evaluator, self.options, touched, &rounds, &mut ignores)
    }
}

/// The findings of which one is made, where the resources are not known to be used: one a resource.
#[must_use]
pub fn spelled_out(snapshot: &Snapshot, options: Options<'_>, grouped: &Finding) -> Vec<Finding> {
    let access = Access::new(&snapshot.account).as_of(&snapshot.collection.finished_at);
    let uses = Uses::of(&snapshot.account, options.workloads);
    let evaluator = Evaluator::new(LabelingContext::new(&access, &uses));
    let role = grouped.principal.as_ref().and_then(|arn| evaluator.execution_role(arn.as_str()));
    let (Some(role), Some(rule)) = (role, rule(grouped.rule)) else { return vec![] };
    let spelled = |arn: &Arn| match &rule.check {
        Check::RoleAndBucket(pair) => {
            let bucket = evaluator.bucket(arn.resource()).ok().flatten()?;
            Some((pair.finding)(&evaluator, role, bucket, Use::Other))
        }
        Check::RoleAndFunction(pair) => {
            let function = evaluator.function(arn).ok().flatten()?;
            Some((pair.finding)(&evaluator, role, function, Use::Other))
        }
        _ => None,
    };
    grouped.resources.iter().filter_map(spelled).collect()
}

/// What the reader should know where the organization's policies could not be read: most accounts may not ask for them.
fn of_organization(organization: &Organization) -> Option<String> {
    let why = match organization {
        Organization::Free | Organization::Policies(_) => return None,
        Organization::NotAsked => "were not asked for".to_owned(),
        Organization::Unread(gap) => format!("could not be read ({}: {})", gap.action(), gap.code()),
    };
    Some(format!(
        "the organization's policies {why}: what is allowed here is allowed as far as this account's policies go"
    ))
}
