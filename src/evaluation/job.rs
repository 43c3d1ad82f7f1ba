//! What a labeling job needs, field by field, and what comes of each.
//!
//! Each field that names something becomes the actions that AWS documents for it, decided on the ARN that it names, and the
//! conditions beside them: that the thing is there, in the job's region. A job that is there and one that is asked for are
//! evaluated alike.

use super::abroad::unread;
use super::cause::Cause;
use super::check::{AccessCheck, Names};
use super::evaluator::Evaluator;
pub use super::job_check::{JobCheck, Topic};
use super::key::{KeyAsk, encryption_context};
use super::outcome::{Evaluation, Outcome};
use super::requirement::{ContextEquals, Requirement, ResourceSet};
use crate::access::Ask;
use crate::account::{Call, Function, Unknown};
use crate::arn::Arn;
use crate::knowledge::builtin;
use crate::labeling::needs::{self, INTERFACE, Need, POST_FUNCTION, PRE_FUNCTION, ROLE, What};
use crate::labeling::uses::Job;
use crate::labeling::{ExecutionRole, INVOKE, SAGEMAKER};
use crate::policy::value::Value;
use crate::uri::S3Uri;

/// A field that may name something of AWS's own, what it names, and what holds that to be right.
type AddressedField<'j> = (&'static str, Option<&'j str>, fn(&Arn, &str) -> builtin::Builtin);

/// What the role does with a customer's key for the output (SageMaker Developer Guide, `sms-security-kms-permissions`,
/// 2026-11): `ReEncrypt*` is both of its actions, `GenerateDataKey*` the one that S3 asks for.
const OUTPUT_KEY_ACTIONS: &[&str] =
    &["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"];

impl<'a> Evaluator<'a> {
    /// All that a job needs, and what comes of each, in the order of its fields.
    #[must_use]
    pub fn job(&self, job: &Job<'a>) -> Vec<JobCheck> {
        let (role, mut checks) = self.role_of(job);
        checks.extend(job.needs.iter().flat_map(|need| self.need(role, job, need)));
        checks.extend(Self::of_aws(job));
        checks.extend(role.into_iter().flat_map(|role| self.queue(role, job)));
        checks
    }

    /// The role of a job: is it there, and may SageMaker assume it?
    fn role_of(&self, job: &Job<'a>) -> (Option<&ExecutionRole<'a>>, Vec<JobCheck>) {
        let Some(named) = job.request.role_arn.as_deref() else { return (None, vec![]) };
        if let Some(role) = self.execution_role(named) {
            let trust = self.trust(role.role);
            let holds = format!("its trust policy allows `{SAGEMAKER}` to assume it");
            return (Some(role), vec![JobCheck::new(Topic::Trust, trust, holds)]);
        }
        let account = &self.access.account.id;
        let abroad = Arn::parse(named).is_ok_and(|role| role.account() != account);
        let outcome = match self.role(named) {
            _ if abroad => {
                let why = format!("it is a role of another account: a job runs under a role of its own, {account}");
                Outcome::unmet(Cause::WrongValue { why, wanted: None })
            }
            Err(unknown) => Outcome::Undecided(unknown),
            Ok(Some(role)) => return (None, vec![JobCheck::new(Topic::Trust, self.trust(role), "")]),
            Ok(None) => Outcome::unmet(Cause::Missing { what: "role", name: named.to_owned() }),
        };
        (None, vec![JobCheck::value(Topic::Role, ROLE, named, outcome, "")])
    }

    /// What a field needs, and what comes of it. `role`: the job's, where the account has it.
    fn need(&self, role: Option<&ExecutionRole<'a>>, job: &Job<'a>, need: &Need<'_>) -> Vec<JobCheck> {
        let mut checks = self.around(job, need);
        let Some(role) = role else { return checks };
        checks.extend(self.permissions(role, job, need));
        if let What::Read(uri) | What::Write(uri) = &need.what {
            checks.extend(self.object_is_there(need));
            checks.extend(self.bucket_key(role, job, need, uri));
        }
        if let What::Invoke(function) = &need.what
            && need.field == POST_FUNCTION
            && let Some(function) = self.function(function).ok().flatten()
        {
            let holds = "the function's own role comes to the job's output";
            let output = self.output_of(function, job);
            checks
                .extend(output.map(|output| JobCheck::new(Topic::Output, self.with_key(function, output, job), holds)));
        }
        checks
    }

    /// What must be right of a field beside permissions.
    fn around(&self, job: &Job<'a>, need: &Need<'_>) -> Vec<JobCheck> {
        let value = |topic, outcome, holds: &str| JobCheck::value(topic, need.field, need.value, outcome, holds);
        match &need.what {
            What::Wrong(why, wanted) => {
                let named =
                    [PRE_FUNCTION, POST_FUNCTION, INTERFACE, needs::ALGORITHM_SPECIFICATION].contains(&need.field);
                // A text that is no ARN at all names no function of AWS's.
                let of_aws = named && Arn::parse(need.value).is_ok();
                let topic = if of_aws { Topic::OfAws } else { Topic::Value };
                let cause = Cause::WrongValue { why: why.clone(), wanted: wanted.clone() };
                vec![value(topic, Outcome::unmet(cause), "")]
            }
            What::Read(uri) | What::Write(uri) => self.bucket_is_near(job, need.field, uri).into_iter().collect(),
            What::Invoke(function) => {
                let near = Self::is_near(job, need, function);
                near.or_else(|| self.function_is_there(need, function)).into_iter().collect()
            }
            What::Subscribe(topic) | What::Publish(topic) => Self::is_near(job, need, topic).into_iter().collect(),
            _ => vec![],
        }
    }

    /// Is a bucket one of the account's, in the job's region?
    #[must_use]
    pub fn bucket_is_near(&self, job: &Job<'a>, field: &'static str, uri: &S3Uri) -> Option<JobCheck> {
        let name = format!("s3://{}", uri.bucket);
        if uri.names_an_access_point() {
            return None; // Whatever is decided about it says so.
        }
        let (outcome, holds) = match self.bucket(&uri.bucket) {
            Err(unknown) => (Outcome::Undecided(unknown), String::new()),
            Ok(None) => {
                let call = Call::new("s3:GetBucketPolicy", uri.bucket_arn(&self.access.account.partition).as_str());
                (Outcome::Undecided(Unknown::OtherAccount(call)), String::new())
            }
            Ok(Some(bucket)) => match bucket.region.known() {
                Err(unknown) => (Outcome::Undecided(unknown), String::new()),
                Ok(region) if region == job.region => {
                    (Outcome::met(), format!("the bucket is in `{region}`, as the job"))
                }
                Ok(region) => {
                    let cause = Cause::WrongRegion { found: region.clone(), wanted: job.region.to_owned() };
                    (Outcome::unmet(cause), String::new())
                }
            },
        };
        Some(JobCheck::value(Topic::Region, field, &name, outcome, &holds))
    }

    /// Is a topic or function in the job's region? Nothing to say where it is.
    fn is_near(job: &Job<'a>, need: &Need<'_>, named: &Arn) -> Option<JobCheck> {
        let cause = Cause::WrongRegion { found: named.region().to_owned(), wanted: job.region.to_owned() };
        (named.region() != job.region)
            .then(|| JobCheck::value(Topic::Existence, need.field, named.as_str(), Outcome::unmet(cause), ""))
    }

    /// Is a function of the account's own there?
    fn function_is_there(&self, need: &Need<'_>, function: &Arn) -> Option<JobCheck> {
        let named = function.as_str();
        if function.account() != self.access.account.id {
            return None; // Whatever is decided about its policy says whose it is.
        }
        let (outcome, holds) = match self.function(function) {
            Err(unknown) => (Outcome::Undecided(unknown), ""),
            Ok(None) => (Outcome::unmet(Cause::Missing { what: "function", name: named.to_owned() }), ""),
            Ok(Some(_)) => (Outcome::met(), "the function is there, in the job's region"),
        };
        Some(JobCheck::value(Topic::Existence, need.field, named, outcome, holds))
    }

    /// Is an object that is read there, as far as it was looked at? Nothing to say where it is.
    fn object_is_there(&self, need: &Need<'_>) -> Option<JobCheck> {
        let What::Read(uri) = &need.what else { return None };
        let account = self.access.account;
        let is_missing = account.object_tags(&uri.object_arn(&account.partition)).is_ok_and(|tags| tags.is_none());
        let cause = Cause::Missing { what: "object", name: uri.to_string() };
        is_missing.then(|| JobCheck::value(Topic::Object, need.field, &uri.to_string(), Outcome::unmet(cause), ""))
    }

    /// What the role may do of what a field needs.
    pub(super) fn permissions(&self, role: &ExecutionRole<'a>, job: &Job<'a>, need: &Need<'_>) -> Vec<JobCheck> {
        let evaluations = match &need.what {
            What::Read(uri) => self.reads(role, uri),
            What::Write(uri) => self.writes(role, uri, job.request.output_config.kms_key_id.as_deref()),
            What::Invoke(function) => Ok(vec![self.invokes(role, function)]),
            What::Subscribe(topic) => Ok(vec![self.about(role, "sns:Subscribe", topic, subscribing(job))]),
            What::Publish(topic) => Ok(vec![self.about(role, "sns:Publish", topic, vec![])]),
            What::PassItself(_) => Ok(vec![self.passes_itself(role, job.region)]),
            What::UseKey(key) | What::GrantKey(key) => {
                let asked = self.asks_of_key(job, &need.what);
                let used = self.use_of_key(role.role.into(), job.region, key, &asked);
                used.map(|used| used.evaluations(role.role.into(), need.field, key, &asked))
            }
            What::Wrong(..) => Ok(vec![]),
        };
        let evaluations = evaluations.unwrap_or_else(|unknown| {
            let on = ResourceSet::Exactly(need.value.to_owned());
            let requirement = Requirement::new(&role.role.arn, unknown.action(), on);
            vec![Evaluation::new(requirement, Outcome::Undecided(unknown))]
        });
        let check = |mut evaluation: Evaluation| {
            evaluation.requirement.field = need.field;
            let holds = if evaluation.requirement.action.is_empty() {
                "AWS manages the key: no permission is needed"
            } else {
                ""
            };
            JobCheck::new(Topic::Permission, evaluation, holds)
        };
        evaluations.into_iter().map(check).collect()
    }

    fn invokes(&self, role: &ExecutionRole<'a>, function: &Arn) -> Evaluation {
        if function.account() != self.access.account.id {
            return self.about(role, INVOKE, function, vec![]);
        }
        let name = format!("policy of function `{}`", function.name());
        let ask = Ask::of_ground_truth(INVOKE).in_region(Some(function.region()));
        // Where its region is not audited, the function's own policy is not known.
        let ask = match self.function(function) {
            Ok(Some(known)) => ask.of_resource_tagged(known.tags.known().ok()).of(&name, &known.policy),
            Ok(None) => ask,
            Err(unknown) => ask.policy(&name, Err(unknown)),
        };
        let check = AccessCheck::new(self.access.decide(role.role, &ask, function));
        let requirement = Requirement::new(&role.role.arn, INVOKE, ResourceSet::exactly(function));
        let outcome = check.outcome(&requirement, &Names { tokens: role.function_tokens(), ..role.names() });
        Evaluation::new(requirement, outcome)
    }

    /// A request about a resource that has no policy of its own, or none that is read.
    pub(super) fn about(
        &self,
        role: &ExecutionRole<'a>,
        action: &str,
        on: &Arn,
        context: Vec<ContextEquals>,
    ) -> Evaluation {
        let ask = Ask::of_ground_truth(action).in_region(Some(on.region()));
        self.about_asking(role, ask, on, context)
    }

    fn about_asking(
        &self,
        role: &ExecutionRole<'a>,
        ask: Ask<'_>,
        on: &Arn,
        context: Vec<ContextEquals>,
    ) -> Evaluation {
        let action = ask.action();
        let ask = context.iter().fold(ask, |ask, when| ask.with(when.key, when.value.clone()));
        let check = self.check_of(role, ask, on);
        let requirement = Requirement::new(&role.role.arn, action, ResourceSet::exactly(on)).with(context);
        let outcome = check.outcome(&requirement, &role.names());
        Evaluation::new(requirement, outcome)
    }

    /// A request about a resource that has no policy of its own, or none that is read: of another account, that policy
    /// must allow too, and is not known.
    #[must_use]
    pub fn check_of(&self, role: &ExecutionRole<'a>, ask: Ask<'_>, resource: &Arn) -> AccessCheck {
        let ask = match resource.account() {
            account if account == self.access.account.id => ask,
            account => ask.owned_by(account).policy("policy of the resource", Err(unread(resource))),
        };
        AccessCheck::new(self.access.decide(role.role, &ask, resource))
    }

    /// Whether a function that may read the output may use its key is not known, where there is one.
    fn with_key(&self, function: &Function, output: Evaluation, job: &Job<'a>) -> Evaluation {
        let Some(uri) = job.needs.iter().find_map(|need| match &need.what {
            What::Write(uri) if need.field == needs::OUTPUT => Some(uri),
            _ => None,
        }) else {
            return output;
        };
        let named = job.needs.iter().any(|need| matches!(need.what, What::UseKey(_)));
        let bucket = self.bucket(&uri.bucket).ok().flatten();
        let encryption = bucket.and_then(|bucket| bucket.encryption.known().ok()?.as_ref());
        let has_key = named || encryption.is_some_and(|e| e.key.as_ref().is_some_and(|key| !key.is_empty()));
        let role = output.requirement.principal.as_ref().and_then(|arn| self.role(arn.as_str()).ok().flatten());
        let assumes = role.is_some_and(|role| {
            self.ways_to_output(function, role, job).is_ok_and(|ways| ways.is_some_and(|ways| ways.assumes()))
        });
        if !has_key || assumes || !matches!(output.outcome, Outcome::Met { .. }) {
            return output;
        }
        let unknown = Unknown::NotJudged {
            action: "kms:Decrypt".to_owned(),
            subject: uri.to_string(),
            why: "whether the function's own role may use the key of the output is not judged".to_owned(),
        };
        Evaluation { outcome: Outcome::Undecided(unknown), ..output }
    }

    /// AWS's own functions, interfaces and algorithms need nothing when they are rightly addressed.
    fn of_aws(job: &Job<'a>) -> Vec<JobCheck> {
        let task = &job.request.human_task_config;
        let consolidation = task.annotation_consolidation_config.as_ref();
        let automated = job.request.labeling_job_algorithms_config.as_ref();
        let algorithm = automated.and_then(|config| config.labeling_job_algorithm_specification_arn.as_deref());
        let named: [AddressedField<'_>; 4] = [
            (PRE_FUNCTION, task.pre_human_task_lambda_arn.as_deref(), builtin::function),
            (
                POST_FUNCTION,
                consolidation.and_then(|c| c.annotation_consolidation_lambda_arn.as_deref()),
                builtin::function,
            ),
            (INTERFACE, task.ui_config.human_task_ui_arn.as_deref(), builtin::interface),
            (needs::ALGORITHM_SPECIFICATION, algorithm, builtin::algorithm),
        ];
        let checks = named.into_iter().filter_map(|(field, named, check)| {
            let named = named?;
            let outcome = match check(&Arn::parse(named).ok()?, job.region) {
                builtin::Builtin::Right => Outcome::met(),
                builtin::Builtin::No if field == INTERFACE => Outcome::Undecided(Unknown::NotJudged {
                    action: "sagemaker:DescribeHumanTaskUi".to_owned(),
                    subject: named.to_owned(),
                    why: "it is not AWS's own, and whether it is there is not judged".to_owned(),
                }),
                builtin::Builtin::No | builtin::Builtin::Wrong(_) => return None,
            };
            let holds = "AWS's own, rightly addressed: no permission is needed";
            Some(JobCheck::value(Topic::OfAws, field, named, outcome, holds))
        });
        checks.collect()
    }

    /// May a role pass itself to SageMaker, for a job of a region?
    #[must_use]
    pub fn passes_itself(&self, role: &ExecutionRole<'a>, region: &str) -> Evaluation {
        let ask = Ask::of_ground_truth("iam:PassRole").in_region(Some(region));
        self.about_asking(role, ask, &role.role.arn, vec![to_sagemaker()])
    }

    /// What is asked of the key that a need names. Which actions on the key of the output come by way of S3 is documented of
    /// one alone: what S3 asks for when it writes.
    fn asks_of_key(&self, job: &Job<'a>, what: &What) -> KeyAsk {
        if matches!(what, What::GrantKey(_)) {
            let context = vec![ContextEquals::is_true("kms:GrantIsForAWSResource")];
            return KeyAsk { actions: &["kms:CreateGrant"], by_s3: &[], context, objects: vec![] };
        }
        let output = job.needs.iter().find_map(|need| match &need.what {
            What::Write(uri) if need.field == needs::OUTPUT => Some(uri),
            _ => None,
        });
        let objects = output.and_then(|uri| {
            let bucket = self.bucket(&uri.bucket).ok().flatten()?;
            let below = ResourceSet::Below(uri.below(&self.access.account.partition));
            let encryption = bucket.encryption.known().ok().and_then(Option::as_ref);
            Some(encryption_context(bucket, encryption, false, &below))
        });
        let objects = objects.unwrap_or_else(|| vec![Value::Present]);
        KeyAsk { actions: OUTPUT_KEY_ACTIONS, by_s3: &["kms:GenerateDataKey"], context: vec![], objects }
    }
}

/// What a request to subscribe the job's queue to a topic says.
fn subscribing(job: &Job<'_>) -> Vec<ContextEquals> {
    let queue = needs::queue(&job.job.arn).map(|queue| ContextEquals::text("sns:Endpoint", queue.to_string()));
    std::iter::once(ContextEquals::text("sns:Protocol", "sqs")).chain(queue).collect()
}

/// What a request to pass a role to SageMaker says.
#[must_use]
pub fn to_sagemaker() -> ContextEquals {
    ContextEquals::text("iam:PassedToService", SAGEMAKER)
}
