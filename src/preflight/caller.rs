//! Who would make the job.

use super::check::Check;
use super::job::NAME;
use super::place;
use super::request::Asked;
use crate::access::{Access, Ask, Identity};
use crate::account::{Account, Organization, Tags, Unknown};
use crate::arn::Arn;
use crate::evaluation::check::{AccessCheck, Names};
use crate::evaluation::{ContextEquals, Evaluation, Requirement, ResourceSet};
use crate::labeling::SAGEMAKER;
use crate::labeling::needs::ROLE;
use crate::policy::value::Value;

/// To give a role to a service.
const PASS: &str = "iam:PassRole";

/// Somebody who makes a job.
#[derive(Debug, Clone)]
pub enum Caller<'a> {
    /// A role, by whatever session, or a user.
    Identity(Identity<'a>),
    /// The account's root user.
    Root(&'a Arn),
    /// Somebody of whom nothing is known.
    Unknown(&'a Arn, Unknown),
}

/// An ARN of no principal that could make a job.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoCaller {
    /// The account has no such role or user.
    #[error(
        "the account {account} has no role or user `{arn}`: name one by its ARN, `arn:aws:iam::{account}:role/NAME` or `…:user/NAME`"
    )]
    Missing {
        /// As it was named.
        arn: Arn,
        /// The account.
        account: String,
    },
    /// It is another account's.
    #[error(
        "`{arn}` is of another account than the job's, {account}: only its own roles and users can make a job there"
    )]
    Abroad {
        /// As it was named.
        arn: Arn,
        /// The account.
        account: String,
    },
}

impl<'a> Caller<'a> {
    /// Finds a role, a user, a session of a role, or root by its ARN.
    ///
    /// # Errors
    ///
    /// When there is certainly none such in the account.
    pub fn find(account: &'a Account, arn: &'a Arn) -> Result<Self, NoCaller> {
        if arn.account() != account.id {
            return Err(NoCaller::Abroad { arn: arn.clone(), account: account.id.clone() });
        }
        let iam = &account.iam;
        let role = |is: &dyn Fn(&Arn) -> bool| {
            let roles = iam.roles.known()?;
            Ok(roles.iter().find(|role| is(&role.arn)).map(Identity::Role))
        };
        let user = || Ok(iam.users.known()?.iter().find(|user| user.arn == *arn).map(Identity::User));
        let (kind, rest) = arn.resource().split_once('/').unwrap_or((arn.resource(), ""));
        let found: Result<Option<Identity<'a>>, Unknown> = match (arn.service(), kind) {
            ("iam", "root") => return Ok(Self::Root(arn)),
            ("iam", "role") => role(&|other| other == arn),
            ("iam", "user") => user(),
            // A session's ARN has the role's name without its path.
            ("sts", "assumed-role") => role(&|other| Some(other.name()) == rest.split('/').next()),
            _ => Ok(None),
        };
        match found {
            Ok(Some(identity)) => Ok(Self::Identity(identity)),
            Ok(None) => Err(NoCaller::Missing { arn: arn.clone(), account: account.id.clone() }),
            Err(gap) => Ok(Self::Unknown(arn, gap)),
        }
    }

    /// Who it is.
    #[must_use]
    pub fn arn(&self) -> &'a Arn {
        match self {
            Self::Identity(identity) => identity.arn(),
            Self::Root(arn) | Self::Unknown(arn, _) => arn,
        }
    }

    /// May it make the job, and give it its role?
    pub(super) fn checks(&self, access: &Access<'a>, asked: &Asked, region: &str) -> Vec<Check> {
        let job = place::arn(access.account, asked, region);
        let tags = request_tags(asked);
        let mut checks = vec![self.may(access, NAME, &make(asked, &tags).in_region(Some(region)), &job)];
        if !tags.is_empty() {
            let add = Ask::new("sagemaker:AddTags").in_region(Some(region)).setting(&tags);
            checks.push(self.may(access, "Tags", &add, &job));
        }
        if let Some(role) = asked.request.role_arn.as_deref().and_then(|role| Arn::parse(role).ok())
            && role.account() == access.account.id
        {
            let pass = Ask::new(PASS).in_region(Some(region)).with("iam:PassedToService", SAGEMAKER);
            checks.push(self.may(access, ROLE, &pass, &role));
        }
        checks
    }

    fn may(&self, access: &Access<'a>, field: &'static str, ask: &Ask<'_>, resource: &Arn) -> Check {
        let identity = match (self, &access.account.organization) {
            (Self::Identity(identity), _) => *identity,
            (Self::Root(root), Organization::Policies(_)) => {
                let gap = Unknown::NotJudged {
                    action: ask.action().to_owned(),
                    subject: root.to_string(),
                    why: "the root user may do all that the organization allows, which is not judged".to_owned(),
                };
                return Check::unknown(field, resource.as_str(), &gap).of(root, ask.action());
            }
            (Self::Root(root), _) => {
                return Check::pass(field, resource.as_str(), "the account's root user may").of(root, ask.action());
            }
            (Self::Unknown(arn, gap), _) => {
                return Check::unknown(field, resource.as_str(), gap).of(arn, ask.action());
            }
        };
        let check = AccessCheck::new(access.decide(identity, ask, resource));
        let boundary = identity.boundary().and_then(|boundary| boundary.known().ok()?.as_ref());
        let requirement = Requirement::new(identity.arn(), ask.action(), ResourceSet::exactly(resource));
        let passed = (ask.action() == PASS).then(|| ContextEquals::text("iam:PassedToService", SAGEMAKER));
        let requirement = requirement.for_field(field).with(passed);
        let outcome = check.outcome(&requirement, &Names { boundary, ..Names::default() });
        Check::evaluated(&Evaluation::new(requirement, outcome), "")
    }
}

/// `CreateLabelingJob`, with what is known of its request.
fn make<'q>(asked: &Asked, tags: &'q Tags) -> Ask<'q> {
    let request = &asked.request;
    let machines = request.labeling_job_algorithms_config.as_ref();
    let volume = machines.and_then(|config| config.labeling_job_resource_config.as_ref()?.volume_kms_key_id.as_deref());
    let output = request.output_config.kms_key_id.as_deref();
    let keys = [("sagemaker:OutputKmsKey", output), ("sagemaker:VolumeKmsKey", volume)];
    let ask = Ask::new("sagemaker:CreateLabelingJob").setting(tags);
    let ask = keys.into_iter().fold(ask, |ask, (key, value)| match value.filter(|value| !value.is_empty()) {
        // Whether the request's key has the form of a key's id or alias, or becomes its ARN, is not documented.
        Some(value) if Arn::parse(value).is_ok_and(|arn| arn.resource().starts_with("key/")) => ask.with(key, value),
        Some(_) => ask.with_one_of(key, vec![Value::Present]),
        None => ask.without(key),
    });
    let Some(team) = request.human_task_config.workteam_arn.as_deref() else { return ask };
    let kind = team.split("workteam/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let ask = ask.with("sagemaker:WorkteamArn", team);
    if kind.is_empty() { ask } else { ask.with("sagemaker:WorkteamType", kind) }
}

/// The tags that the request wants to set; a list that has another form sets none here, and is a slip.
fn request_tags(asked: &Asked) -> Tags {
    let tags = asked.raw.get("Tags").and_then(|tags| tags.as_array()).into_iter().flatten();
    let text = |tag: &serde_json::Value, key: &str| tag.get(key).and_then(|value| value.as_str()).map(str::to_owned);
    tags.filter_map(|tag| Some((text(tag, "Key")?, text(tag, "Value")?))).collect()
}
