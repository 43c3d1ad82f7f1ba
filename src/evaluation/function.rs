//! May a role invoke a function, and does the function's own role come to a job's output?
//!
//! A function runs under a role of its own. What the workers said lies below the job's output path: the post-annotation
//! function reads it itself, or assumes the job's role, which its event names. Source: SageMaker Developer Guide,
//! `sms-custom-templates-step3-lambda-permissions` (2026-11).

use super::cause::{Cause, Unmet};
use super::check::{AccessCheck, Names};
use super::evaluator::Evaluator;
use super::outcome::{Evaluation, Outcome};
use super::requirement::{Requirement, ResourceSet};
use crate::access::{Answer, Ask};
use crate::account::{Function, Role, Unknown, any};
use crate::arn::Arn;
use crate::knowledge::context::Sender;
use crate::labeling::needs::{OUTPUT, POST_FUNCTION, What};
use crate::labeling::uses::{Invoked, Job};
use crate::labeling::{ExecutionRole, INVOKE, STRANGER, Use};
use crate::policy::Pattern;
use crate::policy::value::Value;

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
    pub read: AccessCheck,
    /// To assume the job's role; nothing, where there is no such role.
    pub assume: Option<(Arn, AccessCheck)>,
}

impl<'a> Evaluator<'a> {
    /// May a role invoke a function, as this ARN names it? The function's own policy is treated like a bucket's.
    #[must_use]
    pub fn invoke(&self, role: &ExecutionRole<'a>, function: &Function, named: &Arn, usage: Use) -> Answer {
        let own = if usage == Use::Other { function.policy.if_asked() } else { Some(&function.policy) };
        let ask = Ask::of_ground_truth(INVOKE).in_region(Some(named.region()));
        let ask = ask.of_resource_tagged(function.tags.known().ok());
        let name = format!("policy of function `{}`", function.arn.name());
        self.access.decide(role.role, &own.map_or(ask.clone(), |policy| ask.of(&name, policy)), named)
    }

    /// May a role invoke a function, as each user names it; of one that is not used, without a qualifier?
    #[must_use]
    pub fn invocations(
        &self,
        role: &ExecutionRole<'a>,
        function: &Function,
        usage: Use,
    ) -> Vec<(Invoked<'a>, AccessCheck)> {
        let uses = role.uses.filter(|_| usage == Use::Used);
        let named = uses.and_then(|uses| uses.functions.get(function.arn.as_str()));
        let unqualified = || vec![Invoked { function: function.arn.clone(), after: false, by: None }];
        let check = |invoked: Invoked<'a>| {
            let check = AccessCheck::new(self.invoke(role, function, &invoked.function, usage));
            (invoked, check)
        };
        named.map_or_else(unqualified, Clone::clone).into_iter().map(check).collect()
    }

    /// Does a grant of a role's own that is meant for a function allow some version or alias of it?
    pub(super) fn grants_versions(&self, role: &ExecutionRole<'a>, function: &Function) -> bool {
        let versions = format!("{}:", function.arn);
        let stranger = function.arn.as_str().strip_suffix(function.arn.name()).unwrap_or_default();
        let of_strangers = format!("{stranger}{STRANGER}:");
        let meant = |pattern: &Pattern| pattern.meets_below(&versions) && !pattern.meets_below(&of_strangers);
        let ask = Ask::of_ground_truth(INVOKE).in_region(Some(function.arn.region()));
        let ask = ask.of_resource_tagged(function.tags.known().ok());
        let answer = self.access.cover(role.role, &ask, &versions);
        answer.granting().any(|clause| clause.patterns.iter().any(meant))
    }

    /// The ways of a function's role to a job's output; nothing, where the job has none.
    ///
    /// # Errors
    ///
    /// When the output is named by an access point.
    pub fn ways_to_output(&self, function: &Function, role: &'a Role, job: &Job<'a>) -> Result<Option<Ways>, Unknown> {
        let output = job.needs.iter().find_map(|need| match &need.what {
            What::Write(uri) if need.field == OUTPUT => Some(uri),
            _ => None,
        });
        let Some(output) = output else { return Ok(None) };
        let below = format!("{}{}/", output.below(job.job.arn.partition()), job.job.arn.name());
        let policy = self.policy_of(output)?;
        let read = by_code_of(function, policy.ask(READ, Sender::Function));
        let read = AccessCheck::new(self.access.cover(role, &read, &below));
        let execution = job.request.role_arn.as_deref().and_then(|arn| self.role(arn).ok().flatten());
        let assume = execution.map(|execution| {
            let name = format!("trust policy of role `{}`", execution.arn.name());
            let ask = Ask::new(ASSUME).sent_by(Sender::Function).in_region(Some(function.arn.region()));
            let ask = by_code_of(function, ask.of_resource_tagged(execution.tags.known().ok()));
            let ask = ask.policy(&name, execution.trust.known());
            (execution.arn.clone(), AccessCheck::new(self.access.decide(role, &ask, &execution.arn)))
        });
        Ok(Some(Ways { output: below, read, assume }))
    }

    /// Does the role of a job's post-annotation function come to the job's output? Nothing, where it is not known which role
    /// that is or the job has no output.
    #[must_use]
    pub fn output_of(&self, function: &'a Function, job: &Job<'a>) -> Option<Evaluation> {
        let by_role = || Requirement::of_value(POST_FUNCTION, function.arn.as_str());
        let role = match self.role(&function.role) {
            Err(unknown) => return Some(Evaluation::new(by_role(), Outcome::Undecided(unknown))),
            Ok(None) => {
                let cause = Cause::Missing { what: "role", name: function.role.clone() };
                return Some(Evaluation::new(by_role(), Outcome::unmet(cause)));
            }
            Ok(Some(role)) => role,
        };
        let ways = match self.ways_to_output(function, role, job) {
            Err(unknown) => return Some(Evaluation::new(by_role(), Outcome::Undecided(unknown))),
            Ok(ways) => ways?,
        };
        let requirement = ways.requirement(&role.arn);
        let outcome = match ways.is_open() {
            Err(unknown) => Outcome::Undecided(unknown),
            Ok(true) => Outcome::met(),
            Ok(false) => Outcome::Unmet(ways.read.causes(&requirement, &names(role))),
        };
        Some(Evaluation::new(requirement, outcome))
    }
}

/// The context of what a function's code asks: which function it is, and its network. The form of the ARN is not documented
/// for a function that is invoked with a qualifier.
fn by_code_of<'q>(function: &Function, ask: Ask<'q>) -> Ask<'q> {
    let plain = function.arn.to_string();
    let ask = ask.with_one_of("lambda:SourceFunctionArn", vec![Value::text(plain)]);
    match function.vpc.known() {
        // By an endpoint of the VPC, or out of it.
        Ok(Some(vpc)) => ask.with_one_of("aws:SourceVpc", vec![Value::Absent, Value::text(vpc)]),
        Ok(None) => ask.with_one_of("aws:SourceVpc", vec![Value::Absent, Value::OfAws]),
        Err(_) => ask,
    }
}

/// What causes name of a function's role.
fn names(role: &Role) -> Names<'_> {
    Names { boundary: role.boundary.known().ok().and_then(Option::as_ref), ..Names::default() }
}

impl Ways {
    /// What the function's role needs.
    #[must_use]
    pub fn requirement(&self, role: &Arn) -> Requirement {
        Requirement::new(role, READ, ResourceSet::Below(self.output.clone())).for_field(POST_FUNCTION)
    }

    /// Why the function's role comes to the output in neither way: for want of reading it.
    #[must_use]
    pub fn unmet(&self, role: &Role) -> Vec<Unmet> {
        self.read.unmet(&self.requirement(&role.arn), &names(role))
    }

    /// May the function certainly assume the job's role?
    #[must_use]
    pub fn assumes(&self) -> bool {
        self.assume.as_ref().is_some_and(|(_, check)| !check.is_unmet() && check.unknown().is_none())
    }

    /// Is one of them open?
    ///
    /// # Errors
    ///
    /// When that depends on something that is not known.
    pub fn is_open(&self) -> Result<bool, Unknown> {
        let checks = [Some(&self.read), self.assume.as_ref().map(|(_, check)| check)];
        any(checks.into_iter().flatten().map(|check| match check.unknown() {
            Some(unknown) => Err(unknown.clone()),
            None => Ok(!check.is_unmet()),
        }))
    }
}
