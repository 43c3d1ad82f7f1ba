//! The facts of one AWS account, as they were collected: plain data, compared, saved and read back without loss.
//!
//! Every fact that had to be asked for is a [`Fact`]: known, or unknown with the [`Unknown`] that says which call was
//! refused. An empty list is known to be empty. Nothing here decides anything, and nothing here has heard of AWS's
//! clients; a snapshot file holds an [`Account`] and when it was collected ([`snapshot`]).

mod bucket;
pub mod concerns;
mod fact;
mod key;
mod labeling;
mod organization;
mod retired;
pub mod snapshot;
mod tags;
mod unread;
mod workforce;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::arn::Arn;
use crate::policy::Document;

pub use bucket::{Bucket, CorsRule, Encryption};
pub use fact::{Call, Fact, Unknown, any};
pub use key::Key;
pub use labeling::{
    AlgorithmsConfig, AnnotationConsolidationConfig, DataSource, HumanTaskConfig, InputConfig, LabelingJob,
    LabelingJobRequest, OutputConfig, ResourceConfig, S3DataSource, SnsDataSource, UiConfig,
};
pub use organization::{ControlPolicies, ControlPolicy, Organization};
pub use tags::Tags;
pub use workforce::{FlowDefinition, FlowSettings, Workteam};

/// One account, in the regions that were asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The twelve digits.
    pub id: String,
    /// `aws`, `aws-cn`, `aws-us-gov` …
    pub partition: String,
    /// The account's alias, if it has one.
    pub alias: Fact<Option<String>>,
    /// Who collected the facts.
    pub caller: Arn,
    /// What the organization that the account belongs to lets it do.
    #[serde(default)]
    pub organization: Organization,
    /// The id of that organization, `o-…`; none, where the account is in none.
    #[serde(default = "not_asked::organization_id", skip_serializing_if = "Fact::is_not_asked")]
    pub organization_id: Fact<Option<String>>,
    /// IAM is global.
    pub iam: Iam,
    /// Buckets of every region, by name.
    pub buckets: Fact<Vec<Bucket>>,
    /// The tags of single objects that labeling jobs read, by the objects' ARNs; of an object that is not there, none.
    #[serde(default)]
    pub objects: BTreeMap<Arn, Fact<Option<Tags>>>,
    /// What exists region by region.
    pub regions: BTreeMap<String, Regional>,
    /// Calls that were refused, or not made because there would have been too many, and left no other trace.
    pub gaps: Vec<Unknown>,
}

/// Roles, users and groups by ARN, and every managed policy that one of them carries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Iam {
    /// Every role of the account.
    pub roles: Fact<Vec<Role>>,
    /// Every user of the account.
    pub users: Fact<Vec<User>>,
    /// Every group of the account.
    pub groups: Fact<Vec<Group>>,
    /// The managed policies that are attached or serve as a boundary, in their default versions.
    pub policies: BTreeMap<Arn, Fact<ManagedPolicy>>,
}

/// An IAM role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// With its path.
    pub arn: Arn,
    /// The unique id, `AROA…`.
    #[serde(default = "not_asked::id_of_role", skip_serializing_if = "Fact::is_not_asked")]
    pub id: Fact<String>,
    /// The trust policy.
    pub trust: Fact<Document>,
    /// What the role may do.
    pub grants: Grants,
    /// The managed policy that limits it.
    pub boundary: Fact<Option<Arn>>,
    /// The role's tags.
    pub tags: Fact<Tags>,
}

/// An IAM user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// With its path.
    pub arn: Arn,
    /// The unique id, `AIDA…`.
    #[serde(default = "not_asked::id_of_user", skip_serializing_if = "Fact::is_not_asked")]
    pub id: Fact<String>,
    /// What the user itself may do.
    pub grants: Grants,
    /// The groups whose policies it has too, by name.
    pub groups: Fact<Vec<String>>,
    /// The managed policy that limits it.
    pub boundary: Fact<Option<Arn>>,
    /// The user's tags.
    pub tags: Fact<Tags>,
}

/// An IAM group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// With its path.
    pub arn: Arn,
    /// What its members may do.
    pub grants: Grants,
}

/// The identity policies of a role, user or group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grants {
    /// Managed policies, customer's and AWS's, ascending.
    pub attached: Fact<Vec<Arn>>,
    /// Inline policies, by name.
    pub inline: Fact<BTreeMap<String, Fact<Document>>>,
}

/// A managed policy in its default version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagedPolicy {
    /// `v3`.
    pub version: String,
    /// The text of that version.
    pub document: Fact<Document>,
}

/// What exists in one region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Regional {
    /// Lambda functions, by ARN.
    pub functions: Fact<Vec<Function>>,
    /// Labeling jobs that run or were made lately, by ARN; where there are too many, the newest, and a gap of the
    /// account says so.
    #[serde(default = "not_asked::labeling_jobs")]
    pub labeling_jobs: Fact<Vec<LabelingJob>>,
    /// Flow definitions of Augmented AI, by ARN: their human loops run under a role like labeling jobs.
    #[serde(default = "not_asked::flow_definitions")]
    pub flow_definitions: Fact<Vec<FlowDefinition>>,
    /// Private work teams, by ARN.
    #[serde(default = "not_asked::workteams")]
    pub workteams: Fact<Vec<Workteam>>,
    /// KMS keys that a bucket or job names, by id, ARN or alias as they name it; `None` where there is no
    /// such key.
    #[serde(default)]
    pub keys: BTreeMap<String, Fact<Option<Key>>>,
}

/// What snapshots of an earlier gt-audit do not have.
mod not_asked {
    use super::{Fact, FlowDefinition, LabelingJob, Unknown, Workteam};

    fn of<T>(action: &str) -> Fact<T> {
        Fact::Unknown(Unknown::not_asked(action, "*"))
    }

    pub(super) fn organization_id() -> Fact<Option<String>> {
        of("organizations:DescribeOrganization")
    }

    pub(super) fn id_of_role() -> Fact<String> {
        of("iam:GetRole")
    }

    pub(super) fn id_of_user() -> Fact<String> {
        of("iam:GetUser")
    }

    pub(super) fn vpc() -> Fact<Option<String>> {
        of("lambda:ListFunctions")
    }

    pub(super) fn labeling_jobs() -> Fact<Vec<LabelingJob>> {
        of("sagemaker:ListLabelingJobs")
    }

    pub(super) fn flow_definitions() -> Fact<Vec<FlowDefinition>> {
        of("sagemaker:ListFlowDefinitions")
    }

    pub(super) fn workteams() -> Fact<Vec<Workteam>> {
        of("sagemaker:ListWorkteams")
    }
}

impl Regional {
    /// A region of which nothing was asked yet.
    #[must_use]
    pub fn not_asked() -> Self {
        Self {
            functions: Fact::Unknown(Unknown::not_asked("lambda:ListFunctions", "*")),
            labeling_jobs: not_asked::labeling_jobs(),
            flow_definitions: not_asked::flow_definitions(),
            workteams: not_asked::workteams(),
            keys: BTreeMap::new(),
        }
    }
}

/// A Lambda function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// Without a qualifier.
    pub arn: Arn,
    /// The role it runs under, as the function names it.
    pub role: String,
    /// The function's tags.
    pub tags: Fact<Tags>,
    /// The VPC that its code runs in, if it runs in one.
    #[serde(default = "not_asked::vpc", skip_serializing_if = "Fact::is_not_asked")]
    pub vpc: Fact<Option<String>>,
    /// The function's resource policy, if it has one; asked only for functions that may have to do with labeling.
    pub policy: Fact<Option<Document>>,
}

/// Facts that cost a call for each resource, and are asked only where they may matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Buckets whose tags came from an index and are to be confirmed.
    pub bucket_tags: BTreeSet<Arn>,
    /// Buckets whose policy, CORS rules, encryption and so on are wanted.
    pub buckets: BTreeSet<Arn>,
    /// Functions whose policy is wanted.
    pub functions: BTreeSet<Arn>,
    /// Keys, by region and as somebody names them.
    pub keys: BTreeSet<(String, String)>,
    /// Objects whose tags are wanted, by region and ARN.
    pub objects: BTreeSet<(String, Arn)>,
}

impl Wanted {
    /// Is nothing wanted?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What of this is not in the other.
    #[must_use]
    pub fn beyond(&self, other: &Self) -> Self {
        fn new<T: Ord + Clone>(all: &BTreeSet<T>, old: &BTreeSet<T>) -> BTreeSet<T> {
            all.difference(old).cloned().collect()
        }
        Self {
            bucket_tags: new(&self.bucket_tags, &other.bucket_tags),
            buckets: new(&self.buckets, &other.buckets),
            functions: new(&self.functions, &other.functions),
            keys: new(&self.keys, &other.keys),
            objects: new(&self.objects, &other.objects),
        }
    }

    /// Both together.
    pub fn extend(&mut self, other: Self) {
        self.bucket_tags.extend(other.bucket_tags);
        self.buckets.extend(other.buckets);
        self.functions.extend(other.functions);
        self.keys.extend(other.keys);
        self.objects.extend(other.objects);
    }
}

impl Account {
    /// A key, as somebody in a region names it.
    ///
    /// # Errors
    ///
    /// When it could not be read, or was not asked for.
    pub fn key(&self, region: &str, name: &str) -> Result<Option<&Key>, Unknown> {
        match self.regions.get(region).and_then(|regional| regional.keys.get(name)) {
            Some(key) => key.known().map(Option::as_ref),
            None => Err(Unknown::not_asked("kms:DescribeKey", name)),
        }
    }

    /// The tags of an object; none of one that is not there.
    ///
    /// # Errors
    ///
    /// When they could not be read, or were not asked for.
    pub fn object_tags(&self, object: &Arn) -> Result<Option<&Tags>, Unknown> {
        match self.objects.get(object) {
            Some(tags) => tags.known().map(Option::as_ref),
            None => Err(Unknown::not_asked("s3:GetObjectTagging", object.as_str())),
        }
    }
}

impl Iam {
    /// The default version of a managed policy.
    ///
    /// # Errors
    ///
    /// When it could not be read, or was not asked for.
    pub fn policy(&self, arn: &Arn) -> Result<&ManagedPolicy, Unknown> {
        match self.policies.get(arn) {
            Some(policy) => policy.known(),
            None => Err(Unknown::not_asked("iam:GetPolicy", arn.as_str())),
        }
    }
}
