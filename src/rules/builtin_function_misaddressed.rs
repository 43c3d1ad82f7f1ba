//! `builtin-function-misaddressed`: see its page, `builtin_function_misaddressed.md`.

use super::rule::{Check, Checked, Rule, Scale};
use crate::evaluation::job::Topic;
use crate::evaluation::wording::{Sentence, cause, list};
use crate::evaluation::{Evaluator, Unmet, wording};
use crate::finding::{Finding, RuleId, Severity};
use crate::labeling::Use;
use crate::labeling::uses::Job;

pub(super) const RULE: Rule = Rule {
    id: RuleId::BuiltinFunctionMisaddressed,
    summary: "a labeling job names a function, interface or algorithm of AWS's own by the wrong account, region or name",
    severity: Scale::IfUsed(Severity::High),
    page: include_str!("builtin_function_misaddressed.md"),
    check: Check::Job(check),
};

#[expect(
    clippy::unnecessary_wraps,
    reason = "a rule may meet something unknown, and this one is handed all it asks for"
)]
fn check<'s, 'a>(evaluator: &'s Evaluator<'a>, job: &'s Job<'a>) -> Checked {
    let wrong = evaluator.job(job).into_iter().filter(|check| check.topic == Topic::OfAws);
    let wrong: Vec<Unmet> = wrong.flat_map(|check| check.evaluation.unmet().collect::<Vec<_>>()).collect();
    if wrong.is_empty() {
        return Ok(None);
    }
    let said = wrong.iter().map(|unmet| {
        let field = unmet.requirement.field.rsplit('.').next().unwrap_or_default();
        let named = unmet.requirement.on.shown();
        let name = named.rsplit(':').next().unwrap_or_default();
        let why = cause(unmet).said(&wording::Who::of([]));
        (format!("`{name}` is not AWS's as it is addressed"), format!("{why} ({field} `{named}`)"))
    });
    let (short, long): (Vec<String>, Vec<String>) = said.unzip();
    let sentence = Sentence::plain(format!("{}; {}", list(short), long.join("; ")));
    let mut finding = Finding::new(RULE.id, Severity::High, None, Some(&job.job.arn), sentence);
    finding.usage = Some(Use::Used);
    Ok(Some(finding.because(wrong)))
}
