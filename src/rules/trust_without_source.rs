//! `trust-without-source`: see its page, `trust_without_source.md`.

use std::collections::BTreeSet;

use super::rule::{Check, Checked, Rule, Scale};
use crate::access::{Answer, Coverage};
use crate::account::Role;
use crate::evaluation::goal::{EditKind, Goal, Grant, Target};
use crate::evaluation::identity::edit;
use crate::evaluation::wording::Sentence;
use crate::evaluation::{Cause, ContextEquals, Evaluator, Remedy, Requirement, ResourceSet, Unmet};
use crate::finding::{Finding, RuleId, Severity};
use crate::labeling::{ExecutionRole, SAGEMAKER};
use crate::policy::layers::Layer;
use crate::policy::reach::{Clause, Origin};
use crate::policy::{Effect, Pattern, Selection, Statement};

pub(super) const RULE: Rule = Rule {
    id: RuleId::TrustWithoutSource,
    summary: "SageMaker may assume the role on behalf of any account: the trust asks for no aws:SourceAccount or aws:SourceArn",
    severity: Scale::Always(Severity::Low),
    page: include_str!("trust_without_source.md"),
    check: Check::Role(check),
};

/// A placeholder: no account has this id.
const STRANGER: &str = "000000000000";

fn check(evaluator: &Evaluator<'_>, role: &ExecutionRole<'_>) -> Checked {
    let role = role.role;
    let strangers = evaluator.access.trusts(role, SAGEMAKER, STRANGER)?;
    match strangers.coverage() {
        Coverage::None | Coverage::Denied => return Ok(None),
        Coverage::Unknown | Coverage::Some => return strangers.gap().map_or(Ok(None), Err),
        Coverage::All => {}
    }
    let own = &evaluator.access.account.id;
    let ours = evaluator.access.trusts(role, SAGEMAKER, own)?;
    match ours.coverage() {
        Coverage::All => {}
        // A role that does not serve its own account is another rule's business.
        Coverage::None | Coverage::Denied => return Ok(None),
        Coverage::Unknown | Coverage::Some => return ours.gap().map_or(Ok(None), Err),
    }
    let sentence = Sentence::plain("there is no condition on aws:SourceAccount or aws:SourceArn in the trust policy");
    let mut finding = Finding::new(RULE.id, Severity::Low, Some(&role.arn), Some(&role.arn), sentence);
    for reason in strangers.reasons() {
        let requirement = Requirement::new(&role.arn, ASSUME, ResourceSet::exactly(&role.arn));
        finding.causes.push(Unmet::new(requirement, Cause::Granted { statement: reason.clone() }));
        finding = finding.evidence(reason, "allows the service, whichever account it works for");
    }
    let summary = Sentence::around(
        format!("add the condition that aws:SourceAccount is `{own}` to the statement of the trust policy of "),
        "",
    );
    let goals = for_own_account(role, own, &strangers).unwrap_or_default();
    Ok(Some(finding.fix(Remedy::EditStatements { goals, summary })))
}

const ASSUME: &str = "sts:AssumeRole";
const SOURCE_ACCOUNT: &str = "aws:SourceAccount";

/// SageMaker must be let in for this account alone, by each statement that lets it in for any; nothing, where one of them
/// does not name it.
fn for_own_account(role: &Role, account: &str, strangers: &Answer) -> Option<Vec<Goal>> {
    let trust = role.trust.known().ok()?;
    let target = Target::Trust(role.arn.clone());
    let is_open = |clause: &&Clause<_>| clause.effect == Effect::Allow && matches!(clause.layer, Layer::Resource(_));
    let mut goals = vec![];
    for clause in strangers.clauses().filter(is_open) {
        let Origin::Statement(reason) = &clause.origin else { continue };
        let place = reason.statement.checked_sub(1).and_then(|place| trust.statements().get(place));
        let statement = place.filter(|statement| names_service(statement))?;
        let when = ContextEquals::text(SOURCE_ACCOUNT, account);
        let mut add = |how| {
            let lost = Grant::new(ASSUME, ResourceSet::Exactly(String::new())).to(SAGEMAKER);
            let losses: Vec<Grant> = others(statement).map(|action| Grant { action, ..lost.clone() }).collect();
            goals.push(edit(&target, reason.statement, how, vec![], losses));
        };
        if statement.principals.as_ref().is_some_and(|principals| principals.named().len() == 1) {
            add(EditKind::When(when));
        } else {
            // The others that it names are asked for no condition.
            add(EditKind::WithoutService(SAGEMAKER));
            add(EditKind::Beside { actions: BTreeSet::new(), on: None, when: Some(when), service: Some(SAGEMAKER) });
        }
    }
    Some(goals)
}

/// The actions of a statement by which a principal comes into a role: each will depend on the account.
fn others(statement: &Statement) -> impl Iterator<Item = String> {
    let named = statement.actions.named();
    let meant = |action: &&str| named.iter().any(|glob| Pattern::action(glob).matches(&action.to_ascii_lowercase()));
    let known = [ASSUME, "sts:TagSession", "sts:SetSourceIdentity"].into_iter().filter(meant).map(str::to_owned);
    known.collect::<BTreeSet<String>>().into_iter()
}

fn names_service(statement: &Statement) -> bool {
    let Some(Selection::Only(principals)) = &statement.principals else { return false };
    principals.iter().any(|principal| principal.kind == "Service" && principal.value == SAGEMAKER)
}
