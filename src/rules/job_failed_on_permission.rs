//! `job-failed-on-permission`: see its page, `job_failed_on_permission.md`.

use super::rule::{Check, Checked, Rule, Scale};
use super::{
    bucket_denied, bucket_in_other_region, bucket_key_unusable, bucket_out_of_reach, bucket_reached_in_part,
    builtin_function_misaddressed, function_cannot_read_output, job_blocked, role_cannot_pass_itself,
    role_cannot_stream, role_not_assumable,
};
use crate::account::Unknown;
use crate::arn::Arn;
use crate::evaluation::wording::{Sentence, quoted};
use crate::evaluation::{Evaluator, Remedy, RemedyKind};
use crate::finding::{Finding, RuleId, Severity};
use crate::knowledge::failures;
use crate::labeling::Use;
use crate::labeling::needs::What;
use crate::labeling::uses::Job;

pub(super) const RULE: Rule = Rule {
    id: RuleId::JobFailedOnPermission,
    summary: "a failed job whose reason is a permission, tied to the finding that explains it",
    severity: Scale::Always(Severity::High),
    page: include_str!("job_failed_on_permission.md"),
    check: Check::Job(check),
};

/// The rules whose findings explain why a job failed.
const EXPLAINING: [Rule; 11] = [
    bucket_denied::RULE,
    bucket_in_other_region::RULE,
    bucket_key_unusable::RULE,
    bucket_out_of_reach::RULE,
    bucket_reached_in_part::RULE,
    builtin_function_misaddressed::RULE,
    function_cannot_read_output::RULE,
    job_blocked::RULE,
    role_cannot_pass_itself::RULE,
    role_cannot_stream::RULE,
    role_not_assumable::RULE,
];

#[expect(clippy::unnecessary_wraps, reason = "a rule may leave things open; this one says so in its sentence")]
fn check<'a>(evaluator: &Evaluator<'a>, job: &Job<'a>) -> Checked {
    let Some(failure) = job.job.failure.as_deref().filter(|_| job.job.status == "Failed") else { return Ok(None) };
    let Some(kind) = failures::permission(failure) else { return Ok(None) };
    let (explaining, open) = explaining(evaluator, job);
    let mut rules: Vec<&str> = explaining.iter().map(|finding| finding.rule.as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    let explained = match (rules.is_empty(), open) {
        (false, _) => format!("{} {} it", quoted(&rules), if rules.len() == 1 { "explains" } else { "explain" }),
        (true, Some(_)) => "what explains it is undecided".to_owned(),
        (true, None) if kind.blames_the_role_for_a_function => {
            "the role may invoke the function: AWS's message blames the role for an error of the function's own"
                .to_owned()
        }
        (true, None) => "no finding of today explains it: it may have been fixed since".to_owned(),
    };
    // As the job names it: whether there is such a role changes nothing about the failure.
    let principal = job.request.role_arn.as_deref().and_then(|arn| Arn::parse(arn).ok());
    let name = job.job.arn.name();
    let sentence =
        Sentence::plain(format!("labeling job `{name}` failed, AWS says: {}; {explained}", shortened(failure)));
    let mut finding = Finding::new(RULE.id, Severity::High, principal.as_ref(), Some(&job.job.arn), sentence);
    finding.explained_by = explaining.iter().map(Finding::fingerprint).collect();
    finding.explained_by.sort();
    finding.explained_by.dedup();
    let todo = if finding.explained_by.is_empty() && kind.blames_the_role_for_a_function {
        "read the function's own log: the error is there"
    } else if finding.explained_by.is_empty() {
        "read the log group /aws/sagemaker/LabelingJobs, and make the job again"
    } else {
        "fix what explains it, and make the job again"
    };
    Ok(Some(finding.fix(Remedy::Advice { kind: RemedyKind::Request, summary: Sentence::plain(todo) })))
}

/// The findings about the job, its role, its buckets and its functions that explain a failure, and what of them is
/// undecided.
fn explaining<'a>(evaluator: &Evaluator<'a>, job: &Job<'a>) -> (Vec<Finding>, Option<Unknown>) {
    let role = job.request.role_arn.as_deref().and_then(|arn| evaluator.execution_role(arn));
    let (mut found, mut open) = (vec![], evaluator.unlisted.clone());
    let mut note = |checked: Checked| match checked {
        Ok(finding) => found.extend(finding),
        Err(unknown) => open = open.take().or(Some(unknown)),
    };
    let named = job.needs.iter().filter_map(|need| match &need.what {
        What::Read(uri) | What::Write(uri) => evaluator.bucket(&uri.bucket).ok().flatten(),
        _ => None,
    });
    let buckets: Vec<_> = named.collect();
    let named = job.needs.iter().filter_map(|need| match &need.what {
        What::Invoke(function) => evaluator.function(function).ok().flatten(),
        _ => None,
    });
    let functions: Vec<_> = named.collect();
    for rule in &EXPLAINING {
        match &rule.check {
            Check::Job(check) => note(check(evaluator, job)),
            // A finding about the role may be about another job's need.
            Check::Role(_) if !concerns(rule.id, job) => {}
            Check::Role(check) => role.into_iter().for_each(|role| note(check(evaluator, role))),
            Check::Bucket(check) => buckets.iter().for_each(|bucket| note(check(evaluator, bucket))),
            Check::Function(check) => functions.iter().for_each(|function| note(check(evaluator, function))),
            Check::RoleAndBucket(pair) => {
                for (role, bucket) in role.iter().flat_map(|role| buckets.iter().map(move |bucket| (role, bucket))) {
                    let found = (pair.found)(evaluator, role, bucket, Use::Used);
                    note(found.map(|found| found.then(|| (pair.finding)(evaluator, role, bucket, Use::Used))));
                }
            }
            Check::RoleAndFunction(_) | Check::Identity(_) | Check::Policy(_) => {}
        }
    }
    (found, open)
}

/// Has a job the need that a rule about roles speaks of?
fn concerns(rule: RuleId, job: &Job<'_>) -> bool {
    let needs = |is: fn(&What) -> bool| job.needs.iter().any(|need| is(&need.what));
    match rule {
        RuleId::RoleCannotPassItself => needs(|what| matches!(what, What::PassItself(_))),
        RuleId::RoleCannotStream => needs(|what| matches!(what, What::Subscribe(_))),
        _ => true,
    }
}

/// The first words of what AWS says; it may be a thousand characters.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 160;
    let words: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{} …", words.get(..end).unwrap_or_default().trim_end()),
        None => words,
    }
}
