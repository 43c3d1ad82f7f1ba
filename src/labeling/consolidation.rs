//! The post-annotation function's own way to the answers of workers.
//!
//! A function runs under a role of its own. What the workers said lies below the job's output path: the function reads it
//! itself, or assumes the job's role, which its event names. Source: SageMaker Developer Guide,
//! `sms-custom-templates-step3-lambda-permissions` (2026-11).

use super::Setup;
use super::judging::access_point;
use super::needs::{OUTPUT, What};
use super::reach::Judged;
use super::uses::Job;
use crate::access::Ask;
use crate::account::{Call, Role, Unknown};
use crate::uri::S3Uri;

/// What a function does with the answers.
pub const READ: &str = "s3:GetObject";
/// What it does with the job's role.
pub const ASSUME: &str = "sts:AssumeRole";

/// The two ways by which a function comes to what the workers said.
#[derive(Debug)]
pub struct Ways {
    /// What the job's output begins with, as an ARN.
    pub output: String,
    /// To read the output by itself.
    pub read: Judged,
    /// To assume the job's role; nothing, where there is no such role.
    pub assume: Option<Judged>,
}

impl<'a> Setup<'a> {
    /// The ways of a function's role to a job's output; nothing, where the job has none.
    ///
    /// # Errors
    ///
    /// When the output is named by an access point.
    pub fn ways_to_output(&self, role: &'a Role, job: &Job<'a>) -> Result<Option<Ways>, Unknown> {
        let output = job.needs.iter().find_map(|need| match &need.what {
            What::Write(uri) if need.field == OUTPUT => Some(uri),
            _ => None,
        });
        let Some(output) = output else { return Ok(None) };
        if let Some(gap) = access_point(output) {
            return Err(gap);
        }
        let below = format!("{}{}/", output.below(job.job.arn.partition()), job.job.arn.name());
        let ask = Ask::new(READ);
        let ask = match self.bucket(&output.bucket) {
            Ok(Some(bucket)) => ask.of(&bucket.policy),
            Ok(None) => ask.policy("resource policy", Err(elsewhere(output))),
            Err(gap) => ask.policy("resource policy", Err(gap)),
        };
        let read = Judged::new(self.access.cover(role, &ask, &below));
        let execution = job.request.role_arn.as_deref();
        let assume = execution.and_then(|arn| self.role(arn).ok().flatten()).map(|execution| {
            let ask = Ask::new(ASSUME).policy("trust policy", execution.trust.known());
            Judged::new(self.access.decide(role, &ask, &execution.arn))
        });
        Ok(Some(Ways { output: below, read, assume }))
    }
}

/// A bucket of another account has a policy that this account cannot read.
fn elsewhere(output: &S3Uri) -> Unknown {
    Unknown::OtherAccount(Call::new("s3:GetBucketPolicy", &output.to_string()))
}

impl Ways {
    /// May the function certainly assume the job's role?
    #[must_use]
    pub fn assumes(&self) -> bool {
        let certain = |judged: &Judged| judged.hindrance("").is_ok_and(|hindrance| hindrance.is_none());
        self.assume.as_ref().is_some_and(certain)
    }

    /// Is one of them open?
    ///
    /// # Errors
    ///
    /// When that hangs on something.
    pub fn is_open(&self) -> Result<bool, Unknown> {
        let mut open = None;
        for judged in [Some(&self.read), self.assume.as_ref()].into_iter().flatten() {
            if judged.lacking || judged.stopped {
                continue;
            }
            match judged.open_grant.as_ref().or(judged.open_stop.as_ref()) {
                None => return Ok(true),
                Some(gap) => open = open.or_else(|| Some(gap.clone())),
            }
        }
        open.map_or(Ok(false), Err)
    }
}
