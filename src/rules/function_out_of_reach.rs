//! `function-out-of-reach`: see its page, `function_out_of_reach.md`.

use super::rule::{Check, Pair, Rule, Scale};
use super::views;
use crate::account::{Function, Unknown, any};
use crate::evaluation::check::Names;
use crate::evaluation::wording::{Sentence, counted, quoted};
use crate::evaluation::{Evaluator, Requirement, ResourceSet, Unmet};
use crate::finding::{Documented, Finding, RuleId};
use crate::knowledge::limits::{self, carried};
use crate::labeling::{self, ExecutionRole, INVOKE, Use};

pub(super) const RULE: Rule = Rule {
    id: RuleId::FunctionOutOfReach,
    summary: "the role cannot invoke the function: its name has no token, and no other policy allows it",
    severity: Scale::ByUse,
    page: include_str!("function_out_of_reach.md"),
    check: Check::RoleAndFunction(Pair { found, finding, of_policies_alone: true, together }),
};

/// No policy grants it. Without a policy that goes by names there is no limit for a name to miss, unless the function is
/// used.
fn found<'a>(
    evaluator: &Evaluator<'a>,
    role: &ExecutionRole<'a>,
    function: &Function,
    usage: Use,
) -> Result<bool, Unknown> {
    if usage != Use::Used && !role.goes_by_names(|l| &l.function_tokens)? {
        return Ok(false);
    }
    if usage != Use::Used {
        let check = evaluator.invocation(role, function, usage);
        return match (&check.unknown_grant, check.not_granted) {
            (_, true) if evaluator.invokes_versions(role, function) => Err(unqualified(function)),
            (_, true) => Ok(true),
            (Some(unknown), false) => Err(unknown.clone()),
            (None, false) => Ok(false),
        };
    }
    any(evaluator.invocations(role, function, usage).into_iter().map(|(_, check)| match check.unknown_grant {
        Some(unknown) if !check.not_granted => Err(unknown),
        _ => Ok(check.not_granted),
    }))
}

fn finding<'a>(evaluator: &Evaluator<'a>, role: &ExecutionRole<'a>, function: &Function, usage: Use) -> Finding {
    let invocations = evaluator.invocations(role, function, usage);
    let lacking: Vec<_> = invocations.into_iter().filter(|(_, check)| check.not_granted).collect();
    let used = views::named_by(&lacking);
    let after = format!(" to invoke it; {}{used}", why(role, function));
    let sentence = Sentence::around("no identity-based policy allows ", after);
    let severity = RULE.severity.severity(usage);
    let mut finding = Finding::new(RULE.id, severity, Some(&role.role.arn), Some(&function.arn), sentence);
    finding.usage = Some(usage);
    let token = carried(role.documented.iter().flat_map(|l| &l.function_tokens), function.arn.name());
    finding.documented = (!role.documented.is_empty()).then(|| Documented::by(token, None));
    finding.effective = Some(views::of_invocations(&lacking));
    for (reason, patterns) in evaluator.access.grants(role.role, INVOKE) {
        finding = finding.evidence(&reason, format!("allows {}", quoted(patterns)));
    }
    let names = Names { tokens: role.function_tokens(), ..role.names() };
    let unmet = lacking.iter().flat_map(|(invoked, check)| -> Vec<Unmet> {
        let on = ResourceSet::exactly(&invoked.function);
        check.unmet(&Requirement::new(&role.role.arn, INVOKE, on), &names)
    });
    finding.because(unmet)
}

/// Why the documented limits do not let the role invoke it.
fn why(role: &ExecutionRole<'_>, function: &Function) -> String {
    let name = function.arn.name();
    let tokens = role.tokens(|l| &l.function_tokens).unwrap_or_default();
    let policies = quoted(role.policies_with(|l| &l.function_tokens));
    let elsewhere = tokens.iter().any(|token| name.contains(*token));
    match labeling::mention_in_function(function) {
        _ if tokens.is_empty() => "no policy of it names the function".to_owned(),
        _ if elsewhere => format!("the name has a token of {policies}, which allows it elsewhere"),
        Some(mention)
            if mention.found == mention.word
                && carried(limits::documented().iter().flat_map(|l| &l.function_tokens), mention.found).is_none() =>
        {
            format!("the name has `{}`, which is no token for functions", mention.found)
        }
        Some(mention) => format!("the name has `{}`, which is no token of {policies}", mention.found),
        None => format!("the name has no token of {policies}"),
    }
}

/// Only a version or an alias may be invoked, and it is not known which of them a job names.
fn unqualified(function: &Function) -> Unknown {
    Unknown::NotJudged {
        action: INVOKE.to_owned(),
        subject: function.arn.to_string(),
        why: "the role may invoke versions or aliases and not the unqualified function; it is not known which a job names"
            .to_owned(),
    }
}

fn together(role: &ExecutionRole<'_>, count: usize) -> Sentence {
    let policies = quoted(role.policies_with(|l| &l.function_tokens));
    let functions = counted(count, "function");
    Sentence::around(
        "no identity-based policy allows ",
        format!(" to invoke {functions} not known to be used for labeling; their names have no token of {policies}"),
    )
}
