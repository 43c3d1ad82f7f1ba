//! What a message says, as data.
//!
//! Knows the parts of an access-denied message and what each may leave out. How they are read, the other files know.

use std::ops::Range;

use serde::Serialize;

use crate::arn::Arn;
use crate::knowledge::messages::{self, Kind, Layer};

/// What was read out of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reading {
    /// The messages, in the order in which they stand in the text, each once.
    pub denials: Vec<Denial>,
}

/// A message by which AWS denies a request, or says that it cannot do it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Denial {
    /// Who asked: an ARN, `anonymous`, a service such as `sagemaker.amazonaws.com`.
    pub principal: Option<Printed>,
    /// The role of the session, with its path; `CloudTrail` alone says it.
    pub role: Option<String>,
    /// The denied action, as IAM writes it.
    pub action: Option<Action>,
    /// What it was asked of: an ARN, `role NAME`, an S3 URI, the URL of a queue, `*`.
    pub resource: Option<Printed>,
    /// The cause, as far as AWS itself says it.
    pub reason: Option<Kind>,
    /// Whose policy denies, where it is said.
    pub layer: Option<Layer>,
    /// The policy that AWS names.
    pub policy: Option<Printed>,
    /// The causes that the words leave open; none where nothing can be said, or a reason is given.
    pub candidates: Vec<Kind>,
    /// The prefix of the denied action, else the service that speaks.
    pub service: Option<String>,
    /// The operation of the API that was called; its name need not be that of an action.
    pub operation: Option<String>,
    /// The error code.
    pub code: Option<String>,
    /// The region that the message or the record gives.
    pub region: Option<String>,
    /// The id by which AWS keeps its own evaluation for 24 hours: `aws iam-toolbox get-request-authorization-details`.
    pub authorization: Option<String>,
    /// What `sts:DecodeAuthorizationMessage` decodes.
    pub encoded: Option<String>,
    /// The sentences to know with it, by their ids in `knowledge::messages`.
    pub cautions: Vec<&'static str>,
    /// Where it stands in the text for the first time, in bytes.
    pub span: Range<usize>,
    /// How many times it stands there.
    pub count: usize,
}

/// The action, and how it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Action {
    /// `s3:GetObject`
    pub name: String,
    /// What gave it.
    pub from: ActionFrom,
    /// Others that the same operation needs: copying reads and writes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

/// How an action is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ActionFrom {
    /// It is printed.
    Message,
    /// It follows from the operation of the API.
    Operation,
    /// It follows from a service's own sentence.
    Words,
}

/// A name as it was printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Printed {
    /// Without quotes, escapes and line breaks.
    pub text: String,
    /// Was it cut off? The text is a beginning then.
    pub cut: bool,
    /// Is a part of it struck out, as in `********3333`, `<account>` and `XXXXXXXXXXXX`?
    pub masked: bool,
}

/// What a message does not say and an answer needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Lack {
    /// Nothing in the text is a message of AWS's.
    Message,
    /// Who asked.
    Principal,
    /// Which action.
    Action,
    /// Which resource.
    Resource,
}

impl Lack {
    /// The question that brings it.
    #[must_use]
    pub fn question(self) -> &'static str {
        match self {
            Self::Message => {
                "which message did AWS print? paste it whole, from `User:` or the error code to the end, or the job's FailureReason"
            }
            Self::Principal => {
                "whose request was it? `aws sts get-caller-identity` prints the caller's ARN; for a labeling job it is the job's role"
            }
            Self::Action => {
                "which operation was called? CloudTrail has it as `eventName`, a command with `--debug` prints it"
            }
            Self::Resource => "which resource was it about? give its ARN or its `s3://` URI",
        }
    }
}

impl Reading {
    /// What the whole text lacks: a message.
    #[must_use]
    pub fn lacks(&self) -> Option<Lack> {
        self.denials.is_empty().then_some(Lack::Message)
    }
}

impl Denial {
    /// What an answer needs and the message does not say, or does not say in full. Nothing is needed where no permission
    /// is at fault.
    #[must_use]
    pub fn lacks(&self) -> Vec<Lack> {
        if matches!(self.reason, Some(Kind::Credentials | Kind::WrongRegion | Kind::WrongValue | Kind::KeyState)) {
            return vec![];
        }
        let whole = |name: &Option<Printed>| name.as_ref().is_some_and(|name| !name.cut && !name.masked);
        let lacks = [
            (Lack::Principal, whole(&self.principal) || self.role.is_some()),
            (Lack::Action, self.action.is_some()),
            (Lack::Resource, whole(&self.resource)),
        ];
        lacks.into_iter().filter(|(_, given)| !given).map(|(lack, _)| lack).collect()
    }

    /// The principal, where it is an ARN and all there.
    #[must_use]
    pub fn principal_arn(&self) -> Option<Arn> {
        let principal = self.principal.as_ref().filter(|principal| !principal.cut && !principal.masked)?;
        Arn::parse(principal.text.as_str()).ok()
    }

    /// The name of the role, where a session or a role asked. The ARN of a session does not have the role's path.
    #[must_use]
    pub fn role_name(&self) -> Option<String> {
        let printed = self.principal.as_ref().filter(|principal| !principal.cut)?;
        let principal = Arn::parse(printed.text.as_str()).ok()?;
        let (kind, name) = principal.resource().split_once('/')?;
        match kind {
            "assumed-role" => name.split('/').next().map(str::to_owned),
            "role" => Some(principal.name().to_owned()),
            _ => None,
        }
    }

    /// The ARN of the resource, where the message gives enough for it: `role NAME` in the principal's account, the object
    /// of an S3 URI, the queue of a URL. The path of an entity that is named without one is not known.
    #[must_use]
    pub fn resource_arn(&self) -> Option<Arn> {
        let resource = self.resource.as_ref().filter(|resource| !resource.cut && !resource.masked)?.text.as_str();
        if let Ok(arn) = Arn::parse(resource) {
            return Some(arn);
        }
        let principal = self.principal_arn();
        let partition = principal.as_ref().map_or("aws", Arn::partition);
        if let Some((kind, name)) = resource.rsplit_once(' ').filter(|(kind, _)| ENTITIES.contains(kind)) {
            let named = || {
                Some(Arn::iam(partition, principal.as_ref()?.account(), &format!("{}/{name}", kind.replace(' ', "-"))))
            };
            return Arn::parse(name).ok().or_else(named);
        }
        if let Some(url) = resource.strip_prefix("https://sqs.") {
            let mut parts = url.split('/');
            let region = parts.next()?.split('.').next()?;
            return Some(Arn::of(partition, "sqs", region, parts.next()?, parts.next()?));
        }
        let bucket =
            resource.strip_prefix("s3://").or_else(|| (self.service.as_deref() == Some("s3")).then_some(resource))?;
        Some(Arn::bucket(partition, bucket))
    }

    /// What to know of the message beyond its words.
    pub fn cautions(&self) -> impl Iterator<Item = &'static str> {
        self.cautions.iter().filter_map(|id| messages::caution(id))
    }

    /// The command that prints AWS's own evaluation, where AWS keeps it.
    #[must_use]
    pub fn authorization_command(&self) -> Option<String> {
        let id = self.authorization.as_ref()?;
        let region = self.region.as_deref().unwrap_or("REGION");
        Some(format!("aws iam-toolbox get-request-authorization-details --region {region} --authorization-id {id}"))
    }

    /// Do two messages say the same?
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        let said = |denial: &Self| {
            let one = (denial.principal.clone(), denial.action.clone(), denial.resource.clone(), denial.reason);
            (one, denial.layer, denial.policy.clone(), denial.candidates.clone(), denial.service.clone())
        };
        said(self) == said(other)
    }
}

/// The entities that IAM prints by type and name.
pub(super) const ENTITIES: [&str; 5] = ["role", "user", "group", "policy", "instance profile"];

impl Printed {
    /// A name; what follows an ellipsis in it is left out.
    pub(super) fn new(text: &str) -> Option<Self> {
        let (name, cut) = super::text::without_ellipsis(text);
        let lower = name.to_ascii_lowercase();
        let masked = ["xxx", "***", "redacted", "<", "[", "{"].iter().any(|mask| lower.contains(mask));
        // Keys of S3 have brackets, and accounts struck out stand before the resource.
        let masked = masked && Arn::parse(name).map_or(true, |arn| is_masked(&arn));
        (!name.is_empty()).then(|| Self { text: name.to_owned(), cut, masked })
    }
}

fn is_masked(arn: &Arn) -> bool {
    let account = arn.account();
    let digits = account.bytes().all(|byte| byte.is_ascii_digit()) || account == "aws";
    let lower = arn.resource().to_ascii_lowercase();
    !digits || ["xxxx", "***", "redacted", "<"].iter().any(|mask| lower.contains(mask)) && arn.service() != "s3"
}
