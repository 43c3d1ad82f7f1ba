//! `pass-role-never-matches`: see its page, `pass_role_never_matches.md`.

use std::collections::{BTreeMap, BTreeSet};

use super::rule::{Check, Checked, Rule, Scale, of_identity, undecided};
use crate::access::{Answer, Ask, Named};
use crate::account::Unknown;
use crate::evaluation::goal::{EditKind, Goal, Grant};
use crate::evaluation::identity::{self, Held, PASS_ROLE, PASSED_TO};
use crate::evaluation::job::to_sagemaker;
use crate::evaluation::wording::{Sentence, list, quoted, quoted_or};
use crate::evaluation::{Cause, Evaluator, Remedy, Requirement, ResourceSet, Unmet};
use crate::finding::{Finding, RuleId, Severity};
use crate::knowledge::context::Sender;
use crate::labeling::{LabelingIdentity, SAGEMAKER};
use crate::policy::decide::Reason;
use crate::policy::{Condition, Statement};

pub(super) const RULE: Rule = Rule {
    id: RuleId::PassRoleNeverMatches,
    summary: "iam:PassedToService is empty or not sagemaker.amazonaws.com, so that no labeling job can be given its role",
    severity: Scale::Always(Severity::Medium),
    page: include_str!("pass_role_never_matches.md"),
    check: Check::Identity(check),
};

/// A statement that wants an empty service, and where it stands.
struct Empty<'a> {
    policy: Named<'a>,
    reason: Reason,
    statement: &'a Statement,
}

fn check<'a>(evaluator: &Evaluator<'a>, identity: &LabelingIdentity<'a>) -> Checked {
    if !(identity.creates_jobs || identity.uses_console) {
        return undecided(identity);
    }
    let empty: Vec<Empty<'a>> = identity.own_policies().flat_map(empty_in).collect();
    if !empty.is_empty() {
        return Ok(Some(of_empty(identity, &empty)));
    }
    let passes = passes_some(evaluator, identity);
    if passes == Ok(true) {
        return undecided(identity);
    }
    let others: Vec<(Reason, BTreeSet<String>)> =
        identity.own_policies().flat_map(|policy| to_others(evaluator, identity, policy)).collect();
    if others.is_empty() {
        return undecided(identity);
    }
    passes?;
    Ok(Some(of_others(evaluator, identity, &others)))
}

/// The statements that want an empty service.
fn empty_in<'a>(policy: &Named<'a>) -> Vec<Empty<'a>> {
    let pass_role = identity::allowing(policy).filter(|(_, statement)| identity::names(statement, PASS_ROLE));
    let empty = pass_role.filter(|(_, statement)| statement.conditions.iter().any(is_of_nothing));
    let of = |(number, statement)| Empty { policy: *policy, reason: policy.reason(number, statement), statement };
    empty.map(of).collect()
}

fn is_of_nothing(condition: &Condition) -> bool {
    condition.key.eq_ignore_ascii_case(PASSED_TO)
        && is_positive(condition)
        && condition.values.iter().all(String::is_empty)
}

/// Does it hold where the key has one of its values?
fn is_positive(condition: &Condition) -> bool {
    let operator = condition.operator.to_ascii_lowercase();
    let name = operator.rsplit(':').next().unwrap_or_default();
    ["stringequals", "stringlike", "stringequalsignorecase"].contains(&name.trim_end_matches("ifexists"))
}

/// The statements that let roles be passed, and to other services alone; each with those.
fn to_others<'a>(
    evaluator: &Evaluator<'a>,
    identity: &LabelingIdentity<'a>,
    policy: &Named<'a>,
) -> Vec<(Reason, BTreeSet<String>)> {
    let passing = |ask: &Ask<'_>| identity::passing(evaluator.access, identity.identity, ask, policy);
    let to_sagemaker: BTreeSet<_> =
        passing(&identity::pass_to_sagemaker()).into_iter().map(|(number, _)| number).collect();
    let mut others: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for (number, clause) in passing(&Ask::new(PASS_ROLE).sent_by(Sender::Anybody)) {
        let asked = clause.residual.into_iter().filter(|condition| condition.key.eq_ignore_ascii_case(PASSED_TO));
        if !to_sagemaker.contains(&number) {
            others.entry(number).or_default().extend(asked.map(|condition| services(&condition)));
        }
    }
    let statements = identity::allowing(policy);
    statements
        .filter_map(|(number, statement)| Some((policy.reason(number, statement), others.remove(&number)?)))
        .filter(|(_, services)| !services.is_empty())
        .collect()
}

/// What a condition lets roles be passed to.
fn services(condition: &Condition) -> String {
    let values = quoted_or(&condition.values);
    if is_positive(condition) { values } else { format!("services for which `{}` {values} holds", condition.operator) }
}

/// May it pass some role to SageMaker, or would it, if no other policy blocked it?
fn passes_some<'a>(evaluator: &Evaluator<'a>, identity: &LabelingIdentity<'a>) -> Result<bool, Unknown> {
    let who = identity.identity;
    let (access, ask) = (evaluator.access, identity::pass_to_sagemaker());
    let held = |answer: &Answer| identity::held(who, answer);
    // Most who may pass a role may pass every role, and to see that costs little.
    if held(&access.decide(who, &ask, &identity::any_role(access))) == Ok(Held::Always) {
        return Ok(true);
    }
    let answer = access.cover(who, &ask, &identity::roles(access));
    if held(&answer)? != Held::Never {
        return Ok(true);
    }
    let mut granted = false;
    for clause in answer.granting() {
        identity::settled(who, &answer, clause)?;
        granted = true;
    }
    Ok(granted)
}

/// A condition on the service that does not hold for SageMaker, as a cause.
fn unmet(identity: &LabelingIdentity<'_>, reason: &Reason, wanted: Vec<String>) -> Unmet {
    let on = ResourceSet::Matching("*".to_owned());
    let cause = Cause::ConditionUnmet {
        statement: reason.clone(),
        operator: "StringEquals".to_owned(),
        key: PASSED_TO.to_owned(),
        wanted,
        found: Some(vec![SAGEMAKER.to_owned()]),
    };
    Unmet::new(Requirement::new(identity.identity.arn(), PASS_ROLE, on).with([to_sagemaker()]), cause)
}

fn of_empty(identity: &LabelingIdentity<'_>, empty: &[Empty<'_>]) -> Finding {
    let sentence = Sentence::plain(format!(
        "`{PASS_ROLE}` needs an empty `{PASSED_TO}`, which no request has; no role can be passed"
    ));
    let mut finding = of_identity(&RULE, identity, sentence);
    finding.causes = empty.iter().map(|empty| unmet(identity, &empty.reason, vec![String::new()])).collect();
    for empty in empty {
        finding = finding.evidence(&empty.reason, format!("wants an empty `{PASSED_TO}`"));
    }
    let fill = |empty: &Empty<'_>| {
        let (target, on) = identity::place(identity, &empty.policy).zip(identity::patterns(empty.statement))?;
        let gains = on.into_iter().map(|on| Grant::new(PASS_ROLE, on).when(PASSED_TO, SAGEMAKER)).collect();
        Some(identity::edit(&target, empty.reason.statement, EditKind::Filled(PASSED_TO, SAGEMAKER), gains, vec![]))
    };
    // Either all of them can be changed, or none is.
    let goals: Vec<Goal> = empty.iter().map(fill).collect::<Option<_>>().unwrap_or_default();
    let policies: BTreeSet<&str> = empty.iter().map(|empty| empty.reason.policy.as_str()).collect();
    let summary =
        Sentence::plain(format!("in {}, write `{SAGEMAKER}` as the value of `{PASSED_TO}`", quoted(policies)));
    finding.fix(Remedy::EditStatements { goals, summary })
}

fn of_others(
    evaluator: &Evaluator<'_>,
    identity: &LabelingIdentity<'_>,
    others: &[(Reason, BTreeSet<String>)],
) -> Finding {
    let services: BTreeSet<&String> = others.iter().flat_map(|(_, services)| services).collect();
    let sentence = Sentence::around(
        "roles may be passed by ",
        format!(" only to {}, not to `{SAGEMAKER}`; no labeling job can be given its role", list(services)),
    );
    let mut finding = of_identity(&RULE, identity, sentence);
    finding.causes = others
        .iter()
        .map(|(reason, services)| unmet(identity, reason, services.iter().map(|s| s.replace('`', "")).collect()))
        .collect();
    for (reason, services) in others {
        finding = finding.evidence(reason, format!("lets roles be passed only to {}", list(services)));
    }
    let goals = identity::execution_roles(evaluator).into_iter().filter_map(|role| {
        let requirement = Requirement::new(identity.identity.arn(), PASS_ROLE, ResourceSet::exactly(&role));
        Goal::allow(&requirement.with([to_sagemaker()]))
    });
    let summary = Sentence::around(
        "allow ",
        format!(" `{PASS_ROLE}` on the execution roles where `{PASSED_TO}` is `{SAGEMAKER}`"),
    );
    finding.fix(Remedy::EditStatements { goals: goals.collect(), summary })
}
