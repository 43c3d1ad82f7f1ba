//! From the findings of an audit to what closes them: which are meant, what they want together, and what of it is proved.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::draft;
use super::proof::{Proof, Prover};
use super::{Change, IntendedEffect, Meant, Mend, POLICY_NAME, Plan, apply};
use crate::access::Access;
use crate::account::snapshot::Snapshot;
use crate::account::{Account, Unknown};
use crate::arn::Arn;
use crate::audit::{Options, audit, spelled_out};
use crate::evaluation::goal::{Goal, Target};
use crate::evaluation::{Cause, Unmet};
use crate::finding::{Finding, ReportedUnknown, Status, id};
use crate::labeling::Uses;
use crate::report::{Missing, Report};

/// Which findings are meant, by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection<'s> {
    /// All that are not silenced.
    All,
    /// Those that are named by id or the beginning of one, by rule, or by the labeling job, principal or resource that they
    /// are about; whatever nothing shows to be used among them.
    Named(&'s [String]),
    /// Those of an earlier report, as far as they are still there.
    Reported(&'s [String]),
}

/// A name that names no finding, or not which.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misnamed {
    /// There are no findings of these names.
    #[error("there is no finding {}: the audit's JSON report has the ids of all (`--format json`, and `--all` spells out what nothing shows to be used)", .0.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", "))]
    None(Vec<String>),
    /// Several ids begin so.
    #[error("`{0}` is the beginning of several ids: {ids}", ids = .1.join(", "))]
    Several(String, Vec<String>),
}

/// A finding and what closes it.
struct Case<'f> {
    finding: &'f Finding,
    /// All of this together.
    goals: Vec<Goal>,
    /// Why it is there, and what stands in the way even of the goals.
    causes: Vec<Unmet>,
    /// Something of it that no goal meets.
    blocked: bool,
    /// What must be known first.
    open: BTreeSet<Unknown>,
    /// What to do beside the change, or instead of it.
    advice: Vec<String>,
    /// Why what is wanted is not offered.
    rejected: Option<String>,
}

/// A mend that is proved.
struct Offer {
    mend: Mend,
    changes: Vec<(Change, IntendedEffect)>,
}

impl<'f> Case<'f> {
    /// A finding, as it says what closes it.
    fn of(finding: &'f Finding, singles: &[Finding]) -> Self {
        let whole = [finding];
        let each: Vec<&Finding> = if singles.is_empty() { whole.into() } else { singles.iter().collect() };
        let goals = goals(&each);
        let mut advice: Vec<String> = vec![];
        for fix in each.iter().flat_map(|finding| &finding.fixes).filter(|fix| fix.goals.is_empty()) {
            if !advice.contains(&fix.summary) {
                advice.push(fix.summary.clone());
            }
        }
        let causes: Vec<Unmet> = each.iter().flat_map(|finding| &finding.causes).cloned().collect();
        let blocked = causes.iter().any(|unmet| goals_of(unmet).is_empty() && !is_alternative(unmet, &causes));
        Self { finding, goals, causes, blocked, open: BTreeSet::new(), advice, rejected: None }
    }

    /// Is it closed by what is wanted, as far as can be seen?
    fn closes(&self) -> bool {
        !self.goals.is_empty() && !self.blocked && self.open.is_empty()
    }

    /// Is it closed only where several identities have more?
    fn is_of_several(&self) -> bool {
        let targets: BTreeSet<&Target> = self.goals.iter().map(|goal| &goal.target).collect();
        targets.len() > 1 && targets.iter().all(|target| matches!(target, Target::Inline(..)))
    }

    /// Does the change that is asked for so much do all that is wanted here of what it changes?
    fn is_met_by(&self, account: &Account, offers: &[&Offer]) -> bool {
        let asked = |change: &Change| {
            let changes = offers.iter().flat_map(|offer| &offer.changes);
            changes.filter(|(other, _)| other.resource() == change.resource()).map(|(_, asked)| asked).next()
        };
        let drafts = draft(account, &self.goals).unwrap_or_default();
        let met = |(change, wanted): &(Change, IntendedEffect)| {
            asked(change).is_some_and(|asked| wanted.gains.is_subset(&asked.gains))
        };
        !drafts.is_empty() && drafts.iter().all(met)
    }
}

/// Plans what closes the findings of an account.
///
/// # Errors
///
/// When a finding that is named is not there.
pub fn plan(snapshot: &Snapshot, options: Options<'_>, selection: Selection<'_>) -> Result<Plan, Misnamed> {
    planned(snapshot, options, selection, false)
}

/// The same, of which every change is proved by auditing all again, and not only what it may touch.
///
/// # Errors
///
/// When a finding that is named is not there.
pub fn plan_by_whole_audits(
    snapshot: &Snapshot,
    options: Options<'_>,
    selection: Selection<'_>,
) -> Result<Plan, Misnamed> {
    planned(snapshot, options, selection, true)
}

fn planned(snapshot: &Snapshot, options: Options<'_>, selection: Selection<'_>, whole: bool) -> Result<Plan, Misnamed> {
    let report = audit(snapshot, options);
    let (meant, notes) = select(&report, selection)?;
    let account = &snapshot.account;
    let explicit = matches!(selection, Selection::Named(_));
    let mut cases: Vec<Case<'_>> =
        meant.into_iter().map(|finding| case(snapshot, options, finding, explicit)).collect();
    try_all(snapshot, options, &mut cases);
    let access = Access::new(account).as_of(&snapshot.collection.finished_at);
    let uses = Uses::of(account, options.workloads);
    let prover = Prover::new(snapshot, &access, &uses, options, &report);
    let prover = if whole { prover.whole() } else { prover };
    let mut offered = vec![];
    for group in together(&cases, false) {
        offered.extend(proved(&prover, snapshot, &mut cases, &group));
    }
    for group in together(&cases, true) {
        let joint = by_others(&prover, &mut cases, &group, &offered);
        offered.extend(joint);
    }
    let mut mends: Vec<Mend> = offered.into_iter().map(|offer| offer.mend).collect();
    let left = cases.iter().filter(|case| !mends.iter().any(|mend| holds(mend, case.finding)));
    mends.extend(unmended(left));
    let undecided = report.undecided.iter().filter(|open| matches!(open.gap, Missing::Other(_))).count();
    let missing_facts = report.gaps.len() + undecided;
    Ok(Plan { schema_version: 1, account: account.id.clone(), notes, mends, missing_facts })
}

fn holds(mend: &Mend, finding: &Finding) -> bool {
    mend.findings.iter().any(|meant| (meant.id.as_str(), meant.principal.as_ref()) == finding.key())
}

fn select<'f>(report: &'f Report, selection: Selection<'_>) -> Result<(Vec<&'f Finding>, Vec<String>), Misnamed> {
    let findings = report.pairs.as_slice();
    match selection {
        Selection::All => {
            Ok((findings.iter().filter(|finding| finding.status != Status::Suppressed).collect(), vec![]))
        }
        Selection::Named(names) => {
            for name in names {
                let ids = id::beginning(name, findings.iter().map(|finding| finding.id.as_str()));
                if ids.len() > 1 {
                    return Err(Misnamed::Several(name.clone(), ids.into_iter().map(str::to_owned).collect()));
                }
            }
            let missing: Vec<String> = names
                .iter()
                .filter(|name| !findings.iter().any(|finding| is_named(report, finding, name)))
                .cloned()
                .collect();
            if !missing.is_empty() {
                return Err(Misnamed::None(missing));
            }
            let is_meant = |finding: &&Finding| names.iter().any(|name| is_named(report, finding, name));
            Ok((findings.iter().filter(is_meant).collect(), vec![]))
        }
        Selection::Reported(ids) => {
            let gone = ids.iter().filter(|id| !findings.iter().any(|finding| finding.id == **id));
            let said = gone.map(|id| format!("finding `{id}` of the report is not there any more"));
            Ok((findings.iter().filter(|finding| ids.contains(&finding.id)).collect(), said.collect()))
        }
    }
}

/// Does a name mean a finding: its id or the beginning of it, its rule, its job, or what it is about?
fn is_named(report: &Report, finding: &Finding, name: &str) -> bool {
    if finding.rule.as_str() == name {
        return finding.status != Status::Suppressed;
    }
    if !id::beginning(name, [finding.id.as_str()]).is_empty() {
        return true;
    }
    let is = |arn: &Arn| arn.as_str() == name || arn.name() == name;
    let job = report.labeling_jobs.iter().find(|job| is(&job.arn));
    job.is_some_and(|job| job.findings.contains(&finding.id))
        || finding.principal.iter().chain(&finding.resource).any(is)
        || (finding.resource.is_none() && finding.resources.iter().any(is) && finding.principal.is_none())
}

/// What is not known to be used is opened to no role, unless it is asked for by name.
fn case<'f>(snapshot: &Snapshot, options: Options<'_>, finding: &'f Finding, explicit: bool) -> Case<'f> {
    if finding.resources.is_empty() {
        return Case::of(finding, &[]);
    }
    if explicit {
        return Case::of(finding, &spelled_out(snapshot, options, finding));
    }
    let rejected = "these are not known to be used for labeling, and what is not used needs no grant; name what is in a \
                    `[[workload]]` of gt-audit.toml, or ask for this finding by its id";
    Case { goals: vec![], advice: vec![], rejected: Some(rejected.to_owned()), ..Case::of(finding, &[]) }
}

/// What closes findings, each goal once.
fn goals(findings: &[&Finding]) -> Vec<Goal> {
    let mut goals: Vec<Goal> = vec![];
    for goal in findings.iter().flat_map(|finding| &finding.fixes).flat_map(|fix| &fix.goals) {
        if !goals.contains(goal) {
            goals.push(goal.clone());
        }
    }
    goals
}

/// What closes one cause.
fn goals_of(unmet: &Unmet) -> Vec<Goal> {
    let best = unmet.remedies().into_iter().next();
    // What a statement allows too widely, or spells wrongly, the rule itself knows how to change.
    let of_rule = matches!(unmet.cause, Cause::Granted { .. } | Cause::WrongValue { .. });
    let edits = || Goal::allow(&unmet.requirement).into_iter().collect();
    best.map_or_else(Vec::new, |remedy| if of_rule { edits() } else { remedy.goals() })
}

/// Is a cause one of two that the same change meets: the condition of a grant beside the lack of another grant?
fn is_alternative(unmet: &Unmet, causes: &[Unmet]) -> bool {
    let lacks = |other: &Unmet| {
        other.requirement == unmet.requirement
            && matches!(other.cause, Cause::NotGranted { .. } | Cause::PartlyGranted { .. })
    };
    matches!(unmet.cause, Cause::ConditionUnmet { .. }) && causes.iter().any(lacks)
}

/// Puts all that is wanted in place at once and audits again: what is found even so is blocked.
fn try_all(snapshot: &Snapshot, options: Options<'_>, cases: &mut [Case<'_>]) {
    if !cases.iter().any(Case::closes) {
        return;
    }
    let mut tried = snapshot.clone();
    for case in cases.iter_mut().filter(|case| case.closes()) {
        if let Err(error) = draft(&snapshot.account, &case.goals) {
            case.rejected = Some(error.0);
        }
    }
    let goals = cases.iter().filter(|case| case.rejected.is_none() && case.closes()).flat_map(|case| &case.goals);
    for (change, _) in draft(&snapshot.account, goals).into_iter().flatten() {
        // What cannot be put in place is rejected when it is to be proved.
        let _ = apply(&change, &mut tried.account);
    }
    let report = audit(&tried, options);
    for case in cases.iter_mut().filter(|case| case.rejected.is_none() && case.closes()) {
        let left = report.pairs.iter().find(|finding| finding.key() == case.finding.key());
        for unmet in left.into_iter().flat_map(|finding| &finding.causes) {
            case.blocked = true;
            if !case.causes.contains(unmet) {
                case.causes.push(unmet.clone());
                let who = crate::evaluation::wording::Who::of(&case.finding.principal);
                let fixes = crate::evaluation::fixes::fixes([unmet], &who);
                case.advice.extend(fixes.into_iter().map(|fix| fix.summary));
            }
        }
        let subject = case.finding.resource.as_ref().or(case.finding.principal.as_ref()).map(ToString::to_string);
        let open =
            report.open.iter().filter(|open| open.rule == case.finding.rule && Some(&open.subject) == subject.as_ref());
        case.open.extend(open.map(|open| open.unknown.clone()));
    }
}

/// The places of the cases that change the same thing, directly or by way of others; of those about several identities,
/// or of the others.
fn together(cases: &[Case<'_>], of_several: bool) -> Vec<Vec<usize>> {
    let mut groups: Vec<(BTreeSet<&Target>, Vec<usize>)> = vec![];
    let closing = |case: &Case<'_>| case.rejected.is_none() && case.closes() && case.is_of_several() == of_several;
    for (place, case) in cases.iter().enumerate().filter(|(_, case)| closing(case)) {
        let mut targets: BTreeSet<&Target> = case.goals.iter().map(|goal| &goal.target).collect();
        let mut places = vec![place];
        let (touching, apart): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|(others, _)| !others.is_disjoint(&targets));
        for (others, more) in touching {
            targets.extend(others);
            places.extend(more);
        }
        groups = apart;
        places.sort_unstable();
        groups.push((targets, places));
    }
    groups.sort_by(|(_, one), (_, other)| one.cmp(other));
    groups.into_iter().map(|(_, places)| places).collect()
}

/// The mend of a group, as far as it is proved: of all of it, or else of as much as can be taken together.
fn proved(prover: &Prover<'_>, snapshot: &Snapshot, cases: &mut [Case<'_>], group: &[usize]) -> Option<Offer> {
    let prove = |cases: &[Case<'_>], places: &[usize]| -> Result<(Vec<(Change, IntendedEffect)>, Proof), String> {
        let of: Vec<&Case<'_>> = places.iter().filter_map(|place| cases.get(*place)).collect();
        let goals = of.iter().flat_map(|case| &case.goals);
        let changes = draft(&snapshot.account, goals).map_err(|error| error.0)?;
        let meant: Vec<&Finding> = of.iter().map(|case| case.finding).collect();
        let proof = prover.prove(&meant, &changes).map_err(|error| error.0)?;
        Ok((changes, proof))
    };
    let mut kept = group.to_vec();
    let mut best = prove(cases, group);
    if best.is_err() && group.len() > 1 {
        kept = vec![];
        for place in group {
            let tried: Vec<usize> = kept.iter().copied().chain([*place]).collect();
            match prove(cases, &tried) {
                Ok(offer) => (kept, best) = (tried, Ok(offer)),
                Err(why) => cases.get_mut(*place).into_iter().for_each(|case| case.rejected = Some(why.clone())),
            }
        }
    }
    match best {
        Ok((changes, proof)) if !kept.is_empty() => {
            let of: Vec<&Case<'_>> = kept.iter().filter_map(|place| cases.get(*place)).collect();
            let texts = changes.iter().map(|(change, _)| change.clone()).collect();
            Some(Offer { mend: Mend { changes: texts, proof: Some(proof), ..mend(&of) }, changes })
        }
        Ok(_) => None,
        Err(why) => {
            for place in group {
                if let Some(case) = cases.get_mut(*place) {
                    case.rejected.get_or_insert_with(|| why.clone());
                }
            }
            None
        }
    }
}

/// The mend of findings about several identities: the changes that each of them has of its own, together; or changes of
/// their own, where none of them has any.
fn by_others(prover: &Prover<'_>, cases: &mut [Case<'_>], group: &[usize], offered: &[Offer]) -> Vec<Offer> {
    let snapshot = prover.snapshot();
    let of: Vec<&Case<'_>> = group.iter().filter_map(|place| cases.get(*place)).collect();
    let goals = of.iter().flat_map(|case| &case.goals);
    let resources: BTreeSet<&Arn> = goals
        .filter_map(|goal| if let Target::Inline(identity, _) = &goal.target { Some(identity) } else { None })
        .collect();
    // What edits policies that were there is no grant.
    let grants = |change: &Change| matches!(change, Change::PutInlinePolicy { identity, name, .. } if name == POLICY_NAME && resources.contains(identity));
    let touching = |offer: &&Offer| offer.changes.iter().any(|(change, _)| grants(change));
    let others: Vec<&Offer> = offered.iter().filter(touching).collect();
    if others.is_empty() {
        return proved(prover, snapshot, cases, group).into_iter().collect();
    }
    let mut mends = vec![];
    for place in group {
        let Some(case) = cases.get_mut(*place) else { continue };
        let changes: Vec<(Change, IntendedEffect)> =
            others.iter().flat_map(|offer| offer.changes.iter().cloned()).collect();
        let proof = if case.is_met_by(&snapshot.account, &others) {
            prover.prove(&[case.finding], &changes).map_err(|error| error.0)
        } else {
            Err("not everybody who needs it has a proved change".to_owned())
        };
        match proof {
            Ok(proof) => {
                let closed_by = changes.iter().map(|(change, _)| change.resource().clone()).collect();
                let proof = Proof { also_closes: vec![], ..proof };
                let mend = Mend { closed_by, proof: Some(proof), ..mend(&[case]) };
                mends.push(Offer { mend, changes: vec![] });
            }
            Err(why) => case.rejected = Some(why),
        }
    }
    mends
}

/// What is said of findings that no change closes: those of one principal and resource together, if it is the same.
fn unmended<'c, 'f: 'c>(cases: impl Iterator<Item = &'c Case<'f>>) -> Vec<Mend> {
    let mut groups: BTreeMap<_, Vec<&Case<'f>>> = BTreeMap::new();
    for case in cases {
        let Finding { principal, resource, .. } = case.finding;
        let key = (principal.as_ref(), resource.as_ref(), case.rejected.as_deref());
        groups.entry(key).or_default().push(case);
    }
    groups.into_values().map(|cases| mend(&cases)).collect()
}

fn mend(cases: &[&Case<'_>]) -> Mend {
    fn shared<'f>(cases: &[&Case<'f>], of: fn(&'f Finding) -> Option<&'f Arn>) -> Option<Arn> {
        let first = of(cases.first()?.finding)?;
        cases.iter().all(|case| of(case.finding) == Some(first)).then(|| first.clone())
    }
    fn each<'c, T: Clone + Ord + 'c>(all: impl Iterator<Item = &'c T>) -> Vec<T> {
        let all: BTreeSet<&T> = all.collect();
        all.into_iter().cloned().collect()
    }
    let meant = |finding: &Finding| Meant {
        id: finding.id.clone(),
        rule: finding.rule,
        principal: finding.principal.clone(),
        resource: finding.resource.clone(),
        message: finding.message.clone(),
    };
    let why = cases.iter().find_map(|case| case.rejected.clone());
    let blocked = cases.iter().any(|case| (case.blocked && !case.goals.is_empty()) || !case.open.is_empty());
    let none = (!blocked).then(|| "no change of a policy closes it by itself".to_owned());
    let offered = cases.iter().all(|case| case.rejected.is_none() && case.closes());
    let rejected = cases.iter().filter(|case| case.rejected.is_some() && case.closes());
    let instead: Vec<String> = rejected.flat_map(|case| &case.finding.fixes).map(|fix| fix.summary.clone()).collect();
    let mut causes: Vec<Unmet> = vec![];
    for unmet in cases.iter().flat_map(|case| &case.causes) {
        if !causes.contains(unmet) {
            causes.push(unmet.clone());
        }
    }
    Mend {
        principal: shared(cases, |finding| finding.principal.as_ref()),
        resource: shared(cases, |finding| finding.resource.as_ref()),
        findings: cases.iter().map(|case| meant(case.finding)).collect(),
        changes: vec![],
        closed_by: vec![],
        proof: None,
        no_change: if offered { None } else { why.or(none) },
        causes,
        unknown: each(cases.iter().flat_map(|case| &case.open)).iter().map(ReportedUnknown::from).collect(),
        advice: each(cases.iter().flat_map(|case| &case.advice).chain(&instead)),
    }
}
