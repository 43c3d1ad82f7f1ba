//! What the rules about an identity have in common.

use super::{list, quoted};
use crate::access::{Access, Answer, Ask, Identity, Named};
use crate::account::{Fact, Unknown};
use crate::arn::Arn;
use crate::finding::{Finding, RuleId, Severity};
use crate::labeling::{LabelingIdentity, SAGEMAKER, STRANGER, Setup};
use crate::policy::layers::Verdict;
use crate::policy::reach::{Clause, Origin, Outcome};
use crate::policy::{Effect, Pattern, Selection, Statement};

/// What gives a role to a service.
pub(super) const PASS_ROLE: &str = "iam:PassRole";

/// The context key that says to which service.
pub(super) const PASSED_TO: &str = "iam:PassedToService";

/// More than this reads badly in a sentence.
const MOST: usize = 4;

/// How far something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// In every request.
    Always,
    /// It hangs on the request alone: on who signs in how, on the tags it brings along.
    Sometimes,
    /// In none.
    Never,
}

/// How far something is allowed, of all that an answer is about.
///
/// # Errors
///
/// When it hangs on a fact that is missing, or on what this build does not decide.
pub(super) fn held(identity: Identity<'_>, answer: &Answer) -> Result<Held, Unknown> {
    held_where(identity, answer, |_| true)
}

/// The same, of what counts alone.
pub(super) fn held_where(
    identity: Identity<'_>,
    answer: &Answer,
    counts: impl Fn(&Outcome) -> bool,
) -> Result<Held, Unknown> {
    if let Some(gap) = answer.too_entangled() {
        return Err(gap);
    }
    let mut held = Held::Never;
    for outcome in answer.outcomes().iter().filter(|outcome| counts(outcome)) {
        match outcome.verdict {
            Verdict::Allowed => return Ok(Held::Always),
            Verdict::Conditional => {
                answer.clauses_of(outcome).try_for_each(|clause| settled(identity, answer, clause))?;
                held = Held::Sometimes;
            }
            Verdict::Denied | Verdict::ImplicitlyDenied | Verdict::ExplicitlyDenied => {}
        }
    }
    Ok(held)
}

/// Is all known of a clause that can be known without a request?
///
/// # Errors
///
/// The gap, where it is not.
pub(super) fn settled(identity: Identity<'_>, answer: &Answer, clause: &Clause<Unknown>) -> Result<(), Unknown> {
    match (&clause.origin, identity.tags()) {
        _ if !clause.open => Ok(()),
        // A statement may ask for the identity's tags.
        (Origin::Statement(_), Some(Fact::Unknown(gap))) => Err(gap.clone()),
        (Origin::Statement(_), _) if clause.hangs_on_request() => Ok(()),
        _ => Err(answer.gap_of(clause)),
    }
}

/// May it do whatever there is? Then nothing that it may do is worth a word.
pub(super) fn is_administrator<'a>(setup: &Setup<'a>, identity: Identity<'a>) -> Result<bool, Unknown> {
    let anything = format!("{STRANGER}:{STRANGER}");
    Ok(held(identity, &setup.access.decide(identity, &Ask::new(&anything), &anywhere(identity)))? == Held::Always)
}

/// A resource that is named by nobody.
pub(super) fn anywhere(identity: Identity<'_>) -> Arn {
    Arn::bucket(identity.arn().partition(), &STRANGER.to_string())
}

/// Does a statement speak of whatever there is?
pub(super) fn speaks_of_everything(statement: &Statement) -> bool {
    let anything = STRANGER.to_string();
    names(statement, &format!("{STRANGER}:{STRANGER}"))
        && statement.resources.as_ref().is_some_and(|resources| match resources {
            Selection::Only(arns) => arns.iter().any(|arn| Pattern::new(arn).matches(&anything)),
            Selection::AllBut(arns) => !arns.iter().any(|arn| Pattern::new(arn).matches(&anything)),
        })
}

/// Does a statement speak of an action?
pub(super) fn names(statement: &Statement, action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    let named = |globs: &[String]| globs.iter().any(|glob| Pattern::action(glob).matches(&action));
    match &statement.actions {
        Selection::Only(globs) => named(globs),
        Selection::AllBut(globs) => !named(globs),
    }
}

/// The statements that allow something, each with its place.
pub(super) fn allowing<'p>(policy: &Named<'p>) -> impl Iterator<Item = (usize, &'p Statement)> {
    let statements = (1..).zip(policy.document.statements()).map(|(number, statement)| (number, statement.as_ref()));
    statements.filter(|(_, statement)| statement.effect == Effect::Allow)
}

/// Whether a role may be passed to SageMaker.
pub(super) fn pass_to_sagemaker() -> Ask<'static> {
    Ask::new(PASS_ROLE).with(PASSED_TO, SAGEMAKER)
}

/// What the ARNs of the account's roles begin with.
pub(super) fn roles(access: &Access<'_>) -> String {
    format!("arn:{}:iam::{}:role/", access.account.partition, access.account.id)
}

/// A role of a name that only wildcards match.
pub(super) fn any_role(access: &Access<'_>) -> Arn {
    Arn::iam(&access.account.partition, &access.account.id, &format!("role/{STRANGER}"))
}

/// What the statements of one policy let be passed, each with its place.
pub(super) fn passing<'a>(
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

/// A finding about an identity.
pub(super) fn finding(rule: RuleId, severity: Severity, identity: &LabelingIdentity<'_>, message: String) -> Finding {
    let arn = identity.identity.arn();
    Finding::new(rule, severity, Some(arn), Some(arn), message)
}

/// Nothing is found; what could not be read may have it.
pub(super) fn nothing(identity: &LabelingIdentity<'_>) -> super::Checked {
    identity.missing.clone().map_or(Ok(None), Err)
}

/// The first of many, each in backticks.
pub(super) fn first_of<T: AsRef<str>>(items: &[T]) -> String {
    let shown = items.iter().take(MOST).map(|item| format!("`{}`", item.as_ref()));
    match items.len() {
        many if many > MOST + 1 => list(shown.chain([format!("{} more", many - MOST)])),
        _ => quoted(items),
    }
}
