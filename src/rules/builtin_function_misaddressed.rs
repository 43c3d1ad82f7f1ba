//! `builtin-function-misaddressed`: see its page, `builtin_function_misaddressed.md`.

use super::{Check, Checked, Rule, Scale, list};
use crate::arn::Arn;
use crate::finding::{Finding, RemedyKind, RuleId, Severity};
use crate::knowledge::builtin;
use crate::labeling::needs::{INTERFACE, POST_FUNCTION, PRE_FUNCTION, What};
use crate::labeling::uses::Job;
use crate::labeling::{Setup, Use};

pub(super) const RULE: Rule = Rule {
    id: RuleId::BuiltinFunctionMisaddressed,
    summary: "a labeling job names a function or interface of AWS's own by the wrong account, region or name",
    severity: Scale::IfUsed(Severity::High),
    page: include_str!("builtin_function_misaddressed.md"),
    check: Check::Job(check),
};

#[expect(clippy::unnecessary_wraps, reason = "a rule may meet a gap, and this one is handed all it asks for")]
fn check<'s, 'a>(_: &'s Setup<'a>, job: &'s Job<'a>) -> Checked {
    let wrong = job.needs.iter().filter_map(|need| {
        let What::Wrong(why) = &need.what else { return None };
        let named = [PRE_FUNCTION, POST_FUNCTION, INTERFACE].contains(&need.field);
        // A text that is no ARN at all is nobody's function.
        let arn = Arn::parse(need.value).ok().filter(|_| named)?;
        Some((need.field, arn, why))
    });
    let wrong: Vec<(&str, Arn, &String)> = wrong.collect();
    if wrong.is_empty() {
        return Ok(None);
    }
    let said = list(wrong.iter().map(|(field, arn, why)| format!("`{arn}` in `{field}` ({why})")));
    let message = format!("labeling job `{}` names {said}", job.job.arn.name());
    let mut finding = Finding::new(RULE.id, Severity::High, None, Some(&job.job.arn), message);
    finding.usage = Some(Use::Used);
    for (field, arn, _) in &wrong {
        let right = match *field {
            INTERFACE => builtin::right_interface(arn),
            _ => builtin::right_function(arn, job.region),
        };
        let summary = match right {
            Some(right) => format!("name `{right}` in `{field}`"),
            None => format!("look up which of AWS's own there are in `{}` for `{field}`", job.region),
        };
        finding = finding.remedy(RemedyKind::Rename, summary);
    }
    Ok(Some(finding))
}
