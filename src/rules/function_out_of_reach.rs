//! `function-out-of-reach`: see its page, `function_out_of_reach.md`.

use super::{Check, Pair, Rule, Scale, in_function, list, quoted, quoted_or};
use crate::account::{Function, Unknown};
use crate::finding::{Documented, Finding, RemedyKind, RuleId};
use crate::knowledge::limits::{self, carried};
use crate::labeling::{self, ExecutionRole, INVOKE, Setup, Use};

pub(super) const RULE: Rule = Rule {
    id: RuleId::FunctionOutOfReach,
    summary: "the role cannot invoke the function: its name carries no token, and no other policy grants it",
    severity: Scale::ByUse,
    page: include_str!("function_out_of_reach.md"),
    check: Check::RoleAndFunction(Pair { found, finding, of_policies_alone: true, together }),
};

/// Nothing grants it. Without a policy that goes by names there is no limit for a name to miss, unless the function is
/// used.
fn found<'a>(setup: &Setup<'a>, role: &ExecutionRole<'a>, function: &Function, usage: Use) -> Result<bool, Unknown> {
    if usage != Use::Used && !role.goes_by_names(|l| &l.function_tokens)? {
        return Ok(false);
    }
    if usage != Use::Used {
        let judged = setup.judge_invocation(role, function, usage);
        return match (&judged.open_grant, judged.lacking) {
            (_, true) if setup.invokes_versions(role, function) => Err(unqualified(function)),
            (_, true) => Ok(true),
            (Some(gap), false) => Err(gap.clone()),
            (None, false) => Ok(false),
        };
    }
    let invocations = setup.invocations(role, function, usage);
    if invocations.iter().any(|(_, judged)| judged.lacking) {
        return Ok(true);
    }
    invocations.into_iter().find_map(|(_, judged)| judged.open_grant).map_or(Ok(false), Err)
}

fn finding<'a>(setup: &Setup<'a>, role: &ExecutionRole<'a>, function: &Function, usage: Use) -> Finding {
    let tokens = role.tokens(|l| &l.function_tokens).unwrap_or_default();
    let lacking: Vec<_> =
        setup.invocations(role, function, usage).into_iter().filter(|(_, judged)| judged.lacking).collect();
    let name = function.arn.name();
    let who = role.role.arn.name();
    let policies = policies(role);
    let granted = tokens.iter().find(|token| name.contains(**token));
    let spelled = match labeling::mention_in_function(function) {
        _ if tokens.is_empty() => format!("no policy of `{who}` names `{name}`"),
        _ if granted.is_some() => format!("`{name}` carries a token of {policies}, which grants it elsewhere"),
        Some(mention)
            if carried(limits::documented().iter().flat_map(|l| &l.function_tokens), mention.found).is_some() =>
        {
            format!("`{name}` carries `{}`, which is no token of {policies}", mention.found)
        }
        Some(mention) if mention.found == mention.word => {
            format!("`{name}` carries `{}`, which is no token for functions", mention.found)
        }
        Some(mention) => format!("`{name}` is spelled with `{}`, which is no token of {policies}", mention.found),
        None => format!("`{name}` carries no token of {policies}"),
    };
    let used = in_function::named_by(&lacking);
    let message = format!("{spelled}, and no other policy lets `{who}` invoke it{used}");
    let mut finding =
        Finding::new(RULE.id, RULE.severity.severity(usage), Some(&role.role.arn), Some(&function.arn), message);
    finding.usage = Some(usage);
    let token = carried(role.documented.iter().flat_map(|l| &l.function_tokens), name);
    finding.documented = (!role.documented.is_empty()).then(|| Documented::by(token, None));
    finding.effective = Some(in_function::effective(&lacking));
    for (reason, patterns) in setup.access.grants(role.role, INVOKE) {
        finding = finding.evidence(&reason, format!("allows {}", quoted(patterns)));
    }
    let named: Vec<String> = lacking.iter().map(|(invoked, _)| format!("`{}`", invoked.function)).collect();
    let add = format!("add an inline policy to `{who}` that allows {INVOKE} on {}", list(named));
    finding = finding.remedy(RemedyKind::Policy, add);
    if tokens.is_empty() {
        return finding;
    }
    finding.remedy(RemedyKind::Rename, format!("or give the function a name that contains {}", quoted_or(tokens)))
}

/// Only a version or an alias may be invoked, and nobody knows which of them a job names.
fn unqualified(function: &Function) -> Unknown {
    Unknown::NotJudged {
        action: INVOKE.to_owned(),
        subject: function.arn.to_string(),
        why: "the role may invoke versions or aliases and not the unqualified function; it is not known which a job names"
            .to_owned(),
    }
}

fn together(role: &ExecutionRole<'_>, count: usize) -> String {
    let (functions, carry) = if count == 1 { ("function", "carries") } else { ("functions", "carry") };
    format!(
        "{count} {functions} that nothing shows to be used for labeling {carry} no token of {}, and no other identity \
         policy lets `{}` invoke them",
        policies(role),
        role.role.arn.name()
    )
}

fn policies(role: &ExecutionRole<'_>) -> String {
    quoted(role.policies_with(|l| &l.function_tokens))
}
