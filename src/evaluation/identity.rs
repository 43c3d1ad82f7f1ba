//! What identities that have to do with labeling are allowed, as far as that can be known without a request.

use std::collections::BTreeSet;

use super::evaluator::Evaluator;
use super::goal::{Edit, EditKind, Goal, Grant, StatementEdit, Target};
use super::requirement::ResourceSet;
use crate::access::{Access, Answer, Ask, Identity, Named};
use crate::account::{Fact, Unknown};
use crate::arn::Arn;
use crate::knowledge::context::Sender;
use crate::labeling::{LabelingIdentity, SAGEMAKER, STRANGER};
use crate::policy::layers::Verdict;
use crate::policy::reach::{Clause, Origin, Outcome};
use crate::policy::{Effect, Pattern, Selection, Statement};

/// What gives a role to a service.
pub const PASS_ROLE: &str = "iam:PassRole";

/// The context key that says to which service.
pub const PASSED_TO: &str = "iam:PassedToService";

/// How far something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// In every request.
    Always,
    /// That depends on the request alone: on who signs in how, on the tags it brings along.
    Sometimes,
    /// In none.
    Never,
}

/// How far something is allowed, of all that an answer is about.
///
/// # Errors
///
/// When it depends on a fact that is missing, or on what this build does not decide.
pub(crate) fn held(identity: Identity<'_>, answer: &Answer) -> Result<Held, Unknown> {
    held_where(identity, answer, |_| true)
}

/// The same, of what counts alone.
pub(crate) fn held_where(
    identity: Identity<'_>,
    answer: &Answer,
    counts: impl Fn(&Outcome) -> bool,
) -> Result<Held, Unknown> {
    if let Some(unknown) = answer.too_entangled() {
        return Err(unknown);
    }
    let (mut held, mut missing) = (Held::Never, None);
    for outcome in answer.outcomes().iter().filter(|outcome| counts(outcome)) {
        match outcome.verdict {
            Verdict::Allowed => return Ok(Held::Always),
            Verdict::Conditional => {
                let clauses: Vec<&Clause<Unknown>> = answer.clauses_of(outcome).collect();
                // A statement that certainly applies is settled, in whatever other way it may apply too.
                let is_certain = |clause: &Clause<Unknown>| {
                    let of_same =
                        |other: &&&Clause<Unknown>| other.origin == clause.origin && other.layer == clause.layer;
                    clauses.iter().filter(of_same).any(|other| !other.open)
                };
                let mut open = clauses.iter().filter(|clause| !is_certain(clause));
                match open.try_for_each(|clause| settled(identity, answer, clause)) {
                    Ok(()) => held = Held::Sometimes,
                    Err(unknown) => missing = missing.or(Some(unknown)),
                }
            }
            Verdict::Denied | Verdict::ImplicitlyDenied | Verdict::ExplicitlyDenied => {}
        }
    }
    // What is allowed somewhere is, whatever is open elsewhere.
    missing.filter(|_| held == Held::Never).map_or(Ok(held), Err)
}

/// Is all known of a clause that can be known without a request?
///
/// # Errors
///
/// The gap, where it is not.
pub(crate) fn settled(identity: Identity<'_>, answer: &Answer, clause: &Clause<Unknown>) -> Result<(), Unknown> {
    match (&clause.origin, identity.tags()) {
        _ if !clause.open => Ok(()),
        // A statement may ask for the identity's tags.
        (Origin::Statement(_), Some(Fact::Unknown(unknown))) => Err(unknown.clone()),
        (Origin::Statement(_), _) if clause.depends_on_request() => Ok(()),
        _ => Err(answer.gap_of(clause)),
    }
}

/// May it do whatever there is? Then nothing that it may do is worth a word.
pub(crate) fn is_administrator<'a>(evaluator: &Evaluator<'a>, identity: Identity<'a>) -> Result<bool, Unknown> {
    let anything = format!("{STRANGER}:{STRANGER}");
    Ok(held(identity, &evaluator.access.decide(identity, &Ask::new(&anything), &anywhere(identity)))? == Held::Always)
}

/// A resource that no policy names.
#[must_use]
pub(crate) fn anywhere(identity: Identity<'_>) -> Arn {
    Arn::bucket(identity.arn().partition(), &STRANGER.to_string())
}

/// Does a statement speak of whatever there is?
#[must_use]
pub(crate) fn speaks_of_everything(statement: &Statement) -> bool {
    let anything = STRANGER.to_string();
    names(statement, &format!("{STRANGER}:{STRANGER}"))
        && statement.resources.as_ref().is_some_and(|resources| match resources {
            Selection::Only(arns) => arns.iter().any(|arn| Pattern::new(arn).matches(&anything)),
            Selection::AllBut(arns) => !arns.iter().any(|arn| Pattern::new(arn).matches(&anything)),
        })
}

/// Does a statement speak of an action?
#[must_use]
pub(crate) fn names(statement: &Statement, action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    let named = |globs: &[String]| globs.iter().any(|glob| Pattern::action(glob).matches(&action));
    match &statement.actions {
        Selection::Only(globs) => named(globs),
        Selection::AllBut(globs) => !named(globs),
    }
}

/// The statements that allow something, each with its place.
pub(crate) fn allowing<'p>(policy: &Named<'p>) -> impl Iterator<Item = (usize, &'p Statement)> {
    let statements = (1..).zip(policy.document.statements()).map(|(number, statement)| (number, statement.as_ref()));
    statements.filter(|(_, statement)| statement.effect == Effect::Allow)
}

/// Whether a role may be passed to SageMaker.
#[must_use]
pub(crate) fn pass_to_sagemaker() -> Ask<'static> {
    Ask::new(PASS_ROLE).sent_by(Sender::Anybody).with(PASSED_TO, SAGEMAKER)
}

/// What the ARNs of the account's roles begin with.
pub(crate) fn roles(access: &Access<'_>) -> String {
    format!("arn:{}:iam::{}:role/", access.account.partition, access.account.id)
}

/// A role of a name that only wildcards match.
pub(crate) fn any_role(access: &Access<'_>) -> Arn {
    Arn::iam(&access.account.partition, &access.account.id, &format!("role/{STRANGER}"))
}

/// What the statements of one policy let be passed, each with its place.
pub(crate) fn passing<'a>(
    access: &Access<'a>,
    identity: Identity<'a>,
    ask: &Ask<'_>,
    policy: &Named<'a>,
) -> Vec<(usize, Clause<Unknown>)> {
    if !allowing(policy).any(|(_, statement)| names(statement, PASS_ROLE)) {
        return vec![];
    }
    let roles = roles(access);
    let clauses = access.said(identity, ask, policy).into_iter().filter_map(|clause| match &clause.origin {
        Origin::Statement(reason) => Some((reason.statement, clause)),
        Origin::Missing(_) => None,
    });
    let of_a_role = |clause: &Clause<Unknown>| clause.all_but || clause.patterns.iter().any(|p| p.meets_below(&roles));
    clauses.filter(|(_, clause)| clause.effect == Effect::Allow && of_a_role(clause)).collect()
}

/// Where a policy of an identity is to be changed; nothing of AWS's own, and nothing of a group's that has it too.
#[must_use]
pub(crate) fn place(identity: &LabelingIdentity<'_>, policy: &Named<'_>) -> Option<Target> {
    match policy.arn {
        Some(_) if policy.is_of_aws() => None,
        Some(arn) => Some(Target::Managed(arn.clone())),
        None => {
            let inline = identity.identity.own_grants().inline.known().ok()?;
            let own = inline.get(policy.name).and_then(|document| document.known().ok());
            own.filter(|own| std::ptr::eq(*own, policy.document))?;
            Some(Target::Inline(identity.identity.arn().clone(), policy.name.to_owned()))
        }
    }
}

/// The resources of a statement; nothing where only a request could tell which they are.
#[must_use]
pub(crate) fn patterns(statement: &Statement) -> Option<Vec<ResourceSet>> {
    match &statement.resources {
        Some(Selection::Only(arns)) if arns.iter().all(|arn| !arn.contains("${")) => {
            Some(arns.iter().map(|arn| ResourceSet::Matching(arn.clone())).collect())
        }
        _ => None,
    }
}

/// A statement of a policy, by its place from 1.
#[must_use]
pub(crate) fn statement<'p>(policy: &Named<'p>, number: usize) -> Option<&'p Statement> {
    number.checked_sub(1).and_then(|place| policy.document.statements().get(place)).map(AsRef::as_ref)
}

/// A change of a statement of a policy.
#[must_use]
pub(crate) fn edit(target: &Target, statement: usize, how: EditKind, gains: Vec<Grant>, losses: Vec<Grant>) -> Goal {
    let edit = Edit::Statement(StatementEdit { statement, how }, gains, losses);
    Goal { target: target.clone(), edit }
}

/// The execution roles of the account.
#[must_use]
pub(crate) fn execution_roles(evaluator: &Evaluator<'_>) -> BTreeSet<Arn> {
    evaluator.execution_roles.iter().map(|role| role.role.arn.clone()).collect()
}
