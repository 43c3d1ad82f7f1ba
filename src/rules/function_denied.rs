//! `function-denied`: see its page, `function_denied.md`.

use super::rule::{Check, Pair, Rule, Scale};
use super::views;
use crate::account::{Function, Unknown, any};
use crate::evaluation::check::AccessCheck;
use crate::evaluation::wording::{self, Sentence};
use crate::evaluation::{Evaluator, Requirement, ResourceSet, Unmet};
use crate::finding::{Finding, RuleId};
use crate::labeling::{ExecutionRole, INVOKE, Use};

pub(super) const RULE: Rule = Rule {
    id: RuleId::FunctionDenied,
    summary: "an explicit deny keeps the role from invoking the function, or a boundary or SCP does not allow it",
    severity: Scale::ByUse,
    page: include_str!("function_denied.md"),
    check: Check::RoleAndFunction(Pair { found, finding, of_policies_alone: true, together }),
};

fn found<'a>(
    evaluator: &Evaluator<'a>,
    role: &ExecutionRole<'a>,
    function: &Function,
    usage: Use,
) -> Result<bool, Unknown> {
    let is_blocked = |check: &AccessCheck| match &check.unknown_block {
        Some(unknown) if !check.blocked => Err(unknown.clone()),
        _ => Ok(check.blocked),
    };
    if usage != Use::Used {
        return is_blocked(&evaluator.invocation(role, function, usage));
    }
    any(evaluator.invocations(role, function, usage).iter().map(|(_, check)| is_blocked(check)))
}

fn finding<'a>(evaluator: &Evaluator<'a>, role: &ExecutionRole<'a>, function: &Function, usage: Use) -> Finding {
    let invocations = evaluator.invocations(role, function, usage);
    let blocked: Vec<_> = invocations.into_iter().filter(|(_, check)| check.blocked).collect();
    let unmet: Vec<Unmet> = blocked
        .iter()
        .flat_map(|(invoked, check)| {
            let on = ResourceSet::exactly(&invoked.function);
            check.unmet(&Requirement::new(&role.role.arn, INVOKE, on), &role.names())
        })
        .collect();
    let sentence = wording::blocked(&unmet).and(&views::named_by(&blocked));
    let severity = RULE.severity.severity(usage);
    let mut finding = Finding::new(RULE.id, severity, Some(&role.role.arn), Some(&function.arn), sentence);
    finding.usage = Some(usage);
    finding.effective = Some(views::of_invocations(&blocked));
    finding.because(unmet)
}

fn together(_: &ExecutionRole<'_>, count: usize) -> Sentence {
    let functions = wording::counted(count, "function");
    Sentence::around(
        "explicit deny or no permissions boundary or SCP that allows ",
        format!(" to invoke {functions} not known to be used for labeling"),
    )
}
