//! `function-denied`: see its page, `function_denied.md`.

use std::collections::BTreeSet;

use super::{Check, Pair, Rule, Scale, in_function, in_role};
use crate::account::{Function, Unknown};
use crate::finding::{Finding, RemedyKind, RuleId};
use crate::labeling::reach::Judged;
use crate::labeling::{ExecutionRole, INVOKE, Setup, Use};

pub(super) const RULE: Rule = Rule {
    id: RuleId::FunctionDenied,
    summary: "an explicit deny stops the role from invoking the function, or a boundary or SCP lets nothing through",
    severity: Scale::ByUse,
    page: include_str!("function_denied.md"),
    check: Check::RoleAndFunction(Pair { found, finding, of_policies_alone: true, together }),
};

fn found<'a>(setup: &Setup<'a>, role: &ExecutionRole<'a>, function: &Function, usage: Use) -> Result<bool, Unknown> {
    if usage != Use::Used {
        let judged = setup.judge_invocation(role, function, usage);
        return match &judged.open_stop {
            Some(gap) if !judged.stopped => Err(gap.clone()),
            _ => Ok(judged.stopped),
        };
    }
    let invocations = setup.invocations(role, function, usage);
    if invocations.iter().any(|(_, judged)| judged.stopped) {
        return Ok(true);
    }
    invocations.into_iter().find_map(|(_, judged)| judged.open_stop).map_or(Ok(false), Err)
}

fn finding<'a>(setup: &Setup<'a>, role: &ExecutionRole<'a>, function: &Function, usage: Use) -> Finding {
    let (name, who) = (function.arn.name(), role.role.arn.name());
    let stopped: Vec<_> =
        setup.invocations(role, function, usage).into_iter().filter(|(_, judged)| judged.stopped).collect();
    let judged: Vec<&Judged> = stopped.iter().map(|(_, judged)| judged).collect();
    let by = in_role::why(&judged);
    let used = in_function::named_by(&stopped);
    let message = format!("`{who}` is stopped from invoking `{name}`: {by}{used}");
    let mut finding =
        Finding::new(RULE.id, RULE.severity.severity(usage), Some(&role.role.arn), Some(&function.arn), message);
    finding.usage = Some(usage);
    finding.effective = Some(in_function::effective(&stopped));
    for reason in judged.iter().flat_map(|judged| judged.denying()).collect::<BTreeSet<_>>() {
        finding = finding.evidence(&reason, "refuses it, whatever else allows it");
    }
    let through = in_role::let_through(&judged, &role.role.arn, INVOKE);
    through.into_iter().fold(finding, |finding, summary| finding.remedy(RemedyKind::Policy, summary))
}

fn together(role: &ExecutionRole<'_>, count: usize) -> String {
    let functions = if count == 1 { "function" } else { "functions" };
    format!(
        "`{}` is stopped from invoking {count} {functions} that nothing shows to be used for labeling",
        role.role.arn.name()
    )
}
