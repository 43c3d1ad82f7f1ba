//! What a job needs, field by field: of its role, its buckets, functions, keys, topics and its work team.

use super::caller::{NAME, ROLE, judged};
use super::check::{Check, Verdict};
use super::request::Asked;
use crate::account::Unknown;
use crate::arn::Arn;
use crate::finding::RemedyKind;
use crate::knowledge::builtin::{self, Builtin};
use crate::labeling::judging::Decided;
use crate::labeling::needs::{INPUT_TOPIC, INTERFACE, Need, OUTPUT, POST_FUNCTION, PRE_FUNCTION, What};
use crate::labeling::reach::{Judged, OBJECT_ACTIONS};
use crate::labeling::uses::Job;
use crate::labeling::{ExecutionRole, SAGEMAKER, Setup};
use crate::policy::layers::Verdict as Decision;
use crate::uri::S3Uri;

/// The field that names the work team.
pub(super) const TEAM: &str = "HumanTaskConfig.WorkteamArn";

/// A job, in the account that it would be made in.
#[derive(Clone, Copy)]
pub(super) struct Subject<'s, 'a> {
    pub(super) setup: &'s Setup<'a>,
    pub(super) job: &'s Job<'a>,
    /// Its role, where the account has it.
    pub(super) role: Option<&'s ExecutionRole<'a>>,
}

impl Subject<'_, '_> {
    /// The form of the request; and the role: is it there, and may SageMaker assume it?
    pub(super) fn form_and_role(&self, asked: &Asked) -> Vec<Check> {
        let mut checks: Vec<Check> =
            asked.slips.iter().map(|slip| Check::fail(&slip.path, "", slip.message.as_str())).collect();
        if checks.is_empty() {
            checks.push(Check::pass(NAME, asked.name.as_str(), "the request has all fields, and each has its form"));
        }
        checks.extend(self.role_itself());
        checks
    }

    fn role_itself(&self) -> Option<Check> {
        let account = self.setup.access.account;
        let named = self.job.request.role_arn.as_deref()?;
        let Some(role) = self.role else {
            let abroad = Arn::parse(named).is_ok_and(|role| role.account() != account.id);
            let check = match self.setup.role(named) {
                _ if abroad => Check::fail(
                    ROLE,
                    named,
                    format!("it is a role of another account: a job runs under a role of its own, {}", account.id),
                ),
                Err(gap) => Check::unknown(ROLE, named, &gap),
                Ok(_) => Check::fail(ROLE, named, "there is no such role in the account"),
            };
            return Some(check);
        };
        let check = match self.setup.access.trusts(role.role, SAGEMAKER, &account.id) {
            Err(gap) => Check::unknown(ROLE, named, &gap),
            Ok(answer) => match answer.verdicts().next() {
                Some(Decision::Allowed) => {
                    Check::pass(ROLE, named, format!("its trust policy lets `{SAGEMAKER}` assume it"))
                }
                Some(Decision::Conditional) | None => match answer.gap() {
                    Some(gap) => Check::unknown(ROLE, named, &gap),
                    None => Check::new(ROLE, named, Verdict::Unknown, "its trust policy has an open condition"),
                },
                Some(_) => Check::fail(ROLE, named, format!("its trust policy does not let `{SAGEMAKER}` assume it"))
                    .remedy(
                        RemedyKind::Trust,
                        format!("allow sts:AssumeRole to the service `{SAGEMAKER}` in the trust policy of the role"),
                    ),
            },
        };
        Some(Check { action: Some("sts:AssumeRole".to_owned()), ..check })
    }

    /// What each field that names something needs.
    pub(super) fn fields(&self) -> Vec<Check> {
        let mut checks: Vec<Check> = self.job.needs.iter().flat_map(|need| self.field(need)).collect();
        checks.extend(self.of_aws());
        checks.extend(self.queue());
        checks
    }

    fn field(&self, need: &Need<'_>) -> Vec<Check> {
        let (field, value) = (need.field, need.value);
        if let What::Wrong(why) = &need.what {
            return vec![Check::fail(field, value, why.as_str())];
        }
        let mut checks = vec![];
        match &need.what {
            What::Read(uri) | What::Write(uri) => checks.extend(self.bucket_is_near(field, uri)),
            What::Invoke(function) => checks.push(self.function_is_there(field, function)),
            What::Subscribe(topic) | What::Publish(topic) => checks.extend(self.is_near(field, topic)),
            _ => {}
        }
        let Some(role) = self.role else { return checks };
        if let What::UseKey(key) | What::GrantKey(key) = &need.what {
            let action = if matches!(need.what, What::UseKey(_)) { "kms:Decrypt" } else { "kms:CreateGrant" };
            checks.extend(self.key(field, key, role, self.setup.use_of_named_key(role, self.job, need), action));
            return checks;
        }
        match self.setup.deeds(role, self.job, need) {
            Err(gap) => {
                checks.push(Check { principal: Some(role.role.arn.clone()), ..Check::unknown(field, value, &gap) });
            }
            Ok(deeds) => checks.extend(deeds.into_iter().map(|deed| match &deed.decided {
                Decided::Hindered(why) => {
                    Check::fail(field, deed.resource.as_str(), why.as_str()).of(&role.role.arn, &deed.action)
                }
                Decided::By(decided) => {
                    let pattern = self.pattern(need, &deed.action).unwrap_or_else(|| deed.resource.clone());
                    let mut check = judged(field, &role.role.arn, &deed.resource, &pattern, decided);
                    if check.verdict == Verdict::Fail
                        && decided.allows_some()
                        && let Some(example) = refused(decided)
                    {
                        check.reason = format!("{}: not on `{example}`", check.reason);
                    }
                    check
                }
            })),
        }
        if let What::Read(uri) | What::Write(uri) = &need.what {
            checks.extend(self.object_is_there(field, need));
            checks.extend(self.bucket_key(field, uri, matches!(need.what, What::Read(_)), role));
        }
        if need.field == POST_FUNCTION
            && let What::Invoke(function) = &need.what
        {
            checks.extend(self.way_to_output(field, function));
        }
        checks
    }

    /// What a policy has to name, for an action on objects.
    fn pattern(&self, need: &Need<'_>, action: &str) -> Option<String> {
        let partition = &self.setup.access.account.partition;
        match &need.what {
            What::Write(uri) if OBJECT_ACTIONS.contains(&action) => Some(format!("{}*", uri.below(partition))),
            What::Read(uri) if OBJECT_ACTIONS.contains(&action) => Some(uri.object_arn(partition).to_string()),
            _ => None,
        }
    }

    /// Is the bucket one of the account's, in the job's region?
    pub(super) fn bucket_is_near(&self, field: &str, uri: &S3Uri) -> Option<Check> {
        let (name, account) = (format!("s3://{}", uri.bucket), &self.setup.access.account.id);
        if uri.names_an_access_point() {
            return None; // Whatever is decided about it says so.
        }
        let bucket = match self.setup.bucket(&uri.bucket) {
            Err(gap) => return Some(Check::unknown(field, name, &gap)),
            Ok(None) => {
                let why = format!(
                    "the account {account} has no such bucket: if another has, what its owner allows is not known"
                );
                return Some(Check::new(field, name, Verdict::Unknown, why));
            }
            Ok(Some(bucket)) => bucket,
        };
        Some(match bucket.region.known() {
            Err(gap) => Check::unknown(field, name, &gap),
            Ok(region) if region == self.job.region => {
                Check::pass(field, name, format!("the bucket is in `{region}`, as the job"))
            }
            Ok(region) => Check::fail(
                field,
                name,
                format!("the bucket is in `{region}`, and the job would be made in `{}`", self.job.region),
            ),
        })
    }

    /// Is an object that is read there, as far as it was looked at?
    fn object_is_there(&self, field: &str, need: &Need<'_>) -> Option<Check> {
        let What::Read(uri) = &need.what else { return None };
        let account = self.setup.access.account;
        let is_missing = account.object_tags(&uri.object_arn(&account.partition)).is_ok_and(|tags| tags.is_none());
        is_missing.then(|| Check::fail(field, uri.to_string(), "there is no such object"))
    }

    /// Is a topic in the job's region?
    fn is_near(&self, field: &str, named: &Arn) -> Option<Check> {
        (named.region() != self.job.region).then(|| {
            let why = format!("it is in `{}`, and the job would be made in `{}`", named.region(), self.job.region);
            Check::fail(field, named.as_str(), why)
        })
    }

    /// Is a function of the account's own there, in the job's region?
    fn function_is_there(&self, field: &str, function: &Arn) -> Check {
        let account = &self.setup.access.account.id;
        if let Some(check) = self.is_near(field, function) {
            return check;
        }
        let named = function.as_str();
        if function.account() != account {
            let why = format!("it is another account's, {}: whether it is there is not known here", function.account());
            return Check::new(field, named, Verdict::Unknown, why);
        }
        match self.setup.function(function) {
            Err(gap) => Check::unknown(field, named, &gap),
            Ok(None) => Check::fail(field, named, format!("there is no such function in `{}`", self.job.region)),
            Ok(Some(_)) => Check::pass(field, named, format!("the function is there, in `{}`", self.job.region)),
        }
    }

    /// The post-annotation function must come to the answers by its own role.
    fn way_to_output(&self, field: &str, function: &Arn) -> Option<Check> {
        let function = self.setup.function(function).ok().flatten()?;
        let named = function.arn.as_str();
        let role = match self.setup.role(&function.role) {
            Err(gap) => return Some(Check::unknown(field, named, &gap)),
            Ok(None) => {
                return Some(Check::fail(
                    field,
                    named,
                    format!("it runs under `{}`, and there is no such role", function.role),
                ));
            }
            Ok(Some(role)) => role,
        };
        let who = role.arn.name();
        let ways = match self.setup.ways_to_output(role, self.job) {
            Err(gap) => return Some(Check::unknown(field, named, &gap)),
            Ok(ways) => ways?,
        };
        let output = format!("{}*", ways.output);
        let check = match ways.is_open() {
            Err(gap) => Check::unknown(field, output, &gap),
            Ok(true) if self.needs_key_of_output() && !ways.assumes() => {
                let why = format!(
                    "its own role, `{who}`, may read the job's output; whether it may use the key is not known"
                );
                Check::new(field, output, Verdict::Unknown, why)
            }
            Ok(true) => {
                Check::pass(field, output, format!("the function's own role, `{who}`, comes to the job's output"))
            }
            Ok(false) => {
                let why = format!(
                    "the function's own role, `{who}`, can neither read the job's output nor assume the job's role"
                );
                let add = format!("add an inline policy to `{who}` that allows s3:GetObject on `{output}`");
                Check::fail(field, output, why).remedy(RemedyKind::Policy, add)
            }
        };
        Some(check.of(&role.arn, "s3:GetObject"))
    }

    /// Is what the job writes encrypted with a customer's key?
    fn needs_key_of_output(&self) -> bool {
        let named = self.job.needs.iter().any(|need| matches!(need.what, What::UseKey(_)));
        let bucket = self.uri_of(OUTPUT).and_then(|uri| self.setup.bucket(&uri.bucket).ok().flatten());
        let encryption = bucket.and_then(|bucket| bucket.encryption.known().ok()?.as_ref());
        named || encryption.is_some_and(|encryption| encryption.key.as_ref().is_some_and(|key| !key.is_empty()))
    }

    /// AWS's own functions and interfaces need nothing when they are rightly addressed.
    fn of_aws(&self) -> Vec<Check> {
        let task = &self.job.request.human_task_config;
        let consolidation = task.annotation_consolidation_config.as_ref();
        let functions = [
            (PRE_FUNCTION, task.pre_human_task_lambda_arn.as_deref()),
            (POST_FUNCTION, consolidation.and_then(|config| config.annotation_consolidation_lambda_arn.as_deref())),
        ];
        let interface = task.ui_config.human_task_ui_arn.as_deref().map(|named| (INTERFACE, named));
        let functions = functions.into_iter().filter_map(|(field, named)| {
            let arn = Arn::parse(named?).ok()?;
            (builtin::function(&arn, self.job.region) == Builtin::Right).then_some((field, named?))
        });
        let pass = |(field, named)| Check::pass(field, named, "AWS's own, rightly addressed: no permission is needed");
        let interface =
            interface.and_then(|(field, named)| match builtin::interface(&Arn::parse(named).ok()?, self.job.region) {
                Builtin::Right => Some(pass((field, named))),
                Builtin::Wrong(_) => None,
                Builtin::No => {
                    let why = "it is not AWS's own, and whether it is there is not known";
                    Some(Check::new(field, named, Verdict::Unknown, why))
                }
            });
        functions.map(pass).chain(interface).collect()
    }

    /// A streaming job makes a queue of its own.
    fn queue(&self) -> Vec<Check> {
        let streams = self.job.needs.iter().any(|need| matches!(need.what, What::Subscribe(_)));
        let Some(role) = self.role.filter(|_| streams) else { return vec![] };
        let answers = self.setup.streaming(role, self.job);
        // What the fields themselves need has been said.
        let more = answers.iter().filter(|(action, ..)| action.starts_with("sqs:") || *action == "sns:Unsubscribe");
        more.map(|(_, resource, answer)| {
            judged(INPUT_TOPIC, &role.role.arn, resource.as_str(), resource.as_str(), answer)
        })
        .collect()
    }

    /// Is the work team there, in the job's account and region?
    pub(super) fn team(&self) -> Option<Check> {
        let named = self.job.request.human_task_config.workteam_arn.as_deref()?;
        // What is no ARN at all, the form says.
        let team = Arn::parse(named).ok()?;
        let (region, account) = (self.job.region, self.setup.access.account);
        if team.region() != region {
            let why = format!(
                "the work team is in `{}`, and the job would be made in `{region}`: make it there (`--region {}`), or name a team of `{region}`",
                team.region(),
                team.region()
            );
            return Some(Check::fail(TEAM, named, why));
        }
        match team.resource().split('/').nth(1).unwrap_or_default() {
            "private-crowd" => {}
            "public-crowd" if builtin::is_public_team(&team) => {
                return Some(Check::pass(TEAM, named, "it is the public work team of the job's region"));
            }
            "public-crowd" => {
                let right = builtin::public_team(team.partition(), region);
                return Some(Check::fail(TEAM, named, format!("the public work team is `{right}`")));
            }
            "vendor-crowd" => {
                let why = "whether the account has subscribed to this vendor's work team is not known";
                return Some(Check::new(TEAM, named, Verdict::Unknown, why));
            }
            kind => return Some(Check::fail(TEAM, named, format!("there is no kind `{kind}` of work teams"))),
        }
        if team.account() != account.id {
            let why = format!(
                "the work team is of the account {}, and the job would be made in {}",
                team.account(),
                account.id
            );
            return Some(Check::fail(TEAM, named, why));
        }
        let teams = account.regions.get(region).map(|regional| regional.workteams.known());
        Some(match teams {
            None => Check::unknown(TEAM, named, &Unknown::not_asked("sagemaker:ListWorkteams", region)),
            Some(Err(gap)) => Check::unknown(TEAM, named, &gap),
            Some(Ok(teams)) if teams.iter().any(|known| known.arn == team) => {
                Check::pass(TEAM, named, format!("the work team is there, in `{region}`"))
            }
            Some(Ok(_)) => Check::fail(TEAM, named, format!("there is no such work team in `{region}`")),
        })
    }
}

/// Something that is refused, for an example; else what is allowed only under conditions.
fn refused(decided: &Judged) -> Option<String> {
    let denied = [Decision::ImplicitlyDenied, Decision::Denied, Decision::ExplicitlyDenied];
    decided.answer.example(&denied).or_else(|| decided.answer.example(&[Decision::Conditional]))
}
