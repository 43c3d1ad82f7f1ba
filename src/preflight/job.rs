//! What a job needs beside what every job in the account needs: a form that AWS takes, and a work team.

use super::check::Check;
use super::request::Asked;
use crate::account::{Call, Unknown};
use crate::arn::Arn;
use crate::evaluation::{Cause, Evaluation, Evaluator, Outcome, Requirement};
use crate::knowledge::builtin;
use crate::labeling::ExecutionRole;
use crate::labeling::needs::{TEAM, What};
use crate::labeling::uses::Job;
use crate::uri::S3Uri;

/// The field that names the job.
pub(super) const NAME: &str = "LabelingJobName";

/// A job, in the account that it would be made in.
#[derive(Clone, Copy)]
pub(super) struct Subject<'s, 'a> {
    pub(super) evaluator: &'s Evaluator<'a>,
    pub(super) job: &'s Job<'a>,
    /// Its role, where the account has it.
    pub(super) role: Option<&'s ExecutionRole<'a>>,
}

/// The form of a request.
pub(super) fn form(asked: &Asked) -> Vec<Check> {
    if asked.slips.is_empty() {
        return vec![Check::pass(NAME, asked.name.as_str(), "the request has all fields, and each has its form")];
    }
    let wrong = |slip: &super::schema::Slip| Check::fail(&slip.path, "", slip.message.as_str());
    asked.slips.iter().map(wrong).collect()
}

impl Subject<'_, '_> {
    /// The place that a field names, if it names one in S3.
    pub(super) fn uri_of(&self, field: &str) -> Option<&S3Uri> {
        self.job.needs.iter().find_map(|need| match &need.what {
            What::Read(uri) | What::Write(uri) if need.field == field => Some(uri),
            _ => None,
        })
    }

    /// Is the work team there, in the job's account and region?
    pub(super) fn team(&self) -> Option<Check> {
        let named = self.job.request.human_task_config.workteam_arn.as_deref()?;
        // What is no ARN at all, the form says.
        let team = Arn::parse(named).ok()?;
        let (outcome, holds) = self.of_team(&team);
        Some(Check::evaluated(&Evaluation::new(Requirement::of_value(TEAM, named), outcome), &holds))
    }

    fn of_team(&self, team: &Arn) -> (Outcome, String) {
        let (region, account) = (self.job.region, self.evaluator.access.account);
        let wrong = |why: String, wanted| (Outcome::unmet(Cause::WrongValue { why, wanted }), String::new());
        if team.region() != region {
            let cause = Cause::WrongRegion { found: team.region().to_owned(), wanted: region.to_owned() };
            return (Outcome::unmet(cause), String::new());
        }
        match team.resource().split('/').nth(1).unwrap_or_default() {
            "private-crowd" => {}
            "public-crowd" if builtin::is_public_team(team) => {
                return (Outcome::met(), "it is the public work team of the job's region".to_owned());
            }
            "public-crowd" => {
                let right = builtin::public_team(team.partition(), region);
                return wrong(format!("the public work team is `{right}`"), Some(right));
            }
            "vendor-crowd" => {
                let unknown = Unknown::NotJudged {
                    action: "sagemaker:ListSubscribedWorkteams".to_owned(),
                    subject: team.to_string(),
                    why: "whether the account has subscribed to this vendor's work team is not judged".to_owned(),
                };
                return (Outcome::Undecided(unknown), String::new());
            }
            kind => {
                let expected = "expected private-crowd, public-crowd or vendor-crowd";
                return wrong(format!("`{kind}` is not a work team type; {expected}"), None);
            }
        }
        if team.account() != account.id {
            let (its, own) = (team.account(), &account.id);
            return wrong(format!("the work team is of account {its}, and the job would be made in {own}"), None);
        }
        let teams = account.regions.get(region).map(|regional| regional.workteams.known());
        match teams {
            None => {
                (Outcome::Undecided(Unknown::NotAsked(Call::new("sagemaker:ListWorkteams", region))), String::new())
            }
            Some(Err(unknown)) => (Outcome::Undecided(unknown), String::new()),
            Some(Ok(teams)) if teams.iter().any(|known| known.arn == *team) => {
                (Outcome::met(), format!("the work team is there, in `{region}`"))
            }
            Some(Ok(_)) => {
                (Outcome::unmet(Cause::Missing { what: "work team", name: team.to_string() }), String::new())
            }
        }
    }
}
