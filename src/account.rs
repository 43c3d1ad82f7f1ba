//! The facts of one AWS account, as they were collected: plain data, compared, saved and read back without loss.
//!
//! Every fact that had to be asked for is a [`Fact`]: known, or unknown with the [`Gap`] that says which call was
//! refused. An empty list is known to be empty. Nothing here decides anything, and nothing here has heard of AWS's
//! clients; a snapshot file holds an [`Account`] and when it was collected ([`snapshot`]).

mod fact;
mod labeling;
pub mod snapshot;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::arn::Arn;
use crate::policy::Document;

pub use fact::{Fact, Gap};
pub use labeling::{
    AlgorithmsConfig, AnnotationConsolidationConfig, DataSource, HumanTaskConfig, InputConfig, LabelingJob,
    LabelingJobRequest, OutputConfig, ResourceConfig, S3DataSource, SnsDataSource, UiConfig,
};

/// Tags, by key.
pub type Tags = BTreeMap<String, String>;

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
    /// IAM is global.
    pub iam: Iam,
    /// Buckets of every region, by name.
    pub buckets: Fact<Vec<Bucket>>,
    /// What exists region by region.
    pub regions: BTreeMap<String, Regional>,
    /// Calls that were refused, or not made because there would have been too many, and left no other trace.
    pub gaps: Vec<Gap>,
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

/// An S3 bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// `arn:aws:s3:::NAME`.
    pub arn: Arn,
    /// Where it is.
    pub region: Fact<String>,
    /// The bucket's own tags (not those of its objects).
    pub tags: Fact<Tags>,
    /// The bucket policy, if it has one; asked only for buckets that may have to do with labeling.
    pub policy: Fact<Option<Document>>,
}

/// What exists in one region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regional {
    /// Lambda functions, by ARN.
    pub functions: Fact<Vec<Function>>,
    /// Labeling jobs that run or were made lately, by ARN; where there are too many, the newest, and a gap of the
    /// account says so.
    #[serde(default = "not_asked_for_jobs")]
    pub labeling_jobs: Fact<Vec<LabelingJob>>,
}

/// Snapshots of an earlier gt-audit have no jobs.
fn not_asked_for_jobs() -> Fact<Vec<LabelingJob>> {
    Fact::Unknown(Gap::not_asked("sagemaker:ListLabelingJobs", "*"))
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
    /// The function's resource policy, if it has one; asked only for functions that may have to do with labeling.
    pub policy: Fact<Option<Document>>,
}

/// Facts that cost a call for each resource, and are asked only where they may matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Buckets whose tags came from an index and are to be confirmed.
    pub bucket_tags: BTreeSet<Arn>,
    /// Buckets whose policy is wanted.
    pub bucket_policies: BTreeSet<Arn>,
    /// Functions whose policy is wanted.
    pub function_policies: BTreeSet<Arn>,
}

impl Account {
    /// Every fact that was asked for and could not be had, each gap once, ascending.
    #[must_use]
    pub fn unread(&self) -> BTreeSet<Gap> {
        let mut gaps = Gaps::default();
        gaps.0.extend(self.gaps.iter().cloned());
        gaps.note(&self.alias);
        for policy in self.iam.policies.values() {
            if let Some(policy) = gaps.note(policy) {
                gaps.note(&policy.document);
            }
        }
        for role in gaps.note(&self.iam.roles).into_iter().flatten() {
            gaps.note(&role.trust);
            gaps.note_grants(&role.grants);
            gaps.note(&role.boundary);
            gaps.note(&role.tags);
        }
        for user in gaps.note(&self.iam.users).into_iter().flatten() {
            gaps.note_grants(&user.grants);
            gaps.note(&user.groups);
            gaps.note(&user.boundary);
            gaps.note(&user.tags);
        }
        for group in gaps.note(&self.iam.groups).into_iter().flatten() {
            gaps.note_grants(&group.grants);
        }
        for bucket in gaps.note(&self.buckets).into_iter().flatten() {
            gaps.note(&bucket.region);
            gaps.note(&bucket.tags);
            gaps.note(&bucket.policy);
        }
        for regional in self.regions.values() {
            for function in gaps.note(&regional.functions).into_iter().flatten() {
                gaps.note(&function.tags);
                gaps.note(&function.policy);
            }
            for job in gaps.note(&regional.labeling_jobs).into_iter().flatten() {
                gaps.note(&job.request);
            }
        }
        gaps.0
    }
}

/// The gaps met so far.
#[derive(Default)]
struct Gaps(BTreeSet<Gap>);

impl Gaps {
    /// Notes a gap, or hands on what is known.
    fn note<'a, T>(&mut self, fact: &'a Fact<T>) -> Option<&'a T> {
        match fact {
            Fact::Known(fact) => return Some(fact),
            Fact::Unknown(gap) if gap.is_not_asked() => {}
            Fact::Unknown(gap) => drop(self.0.insert(gap.clone())),
        }
        None
    }

    fn note_grants(&mut self, grants: &Grants) {
        self.note(&grants.attached);
        for document in self.note(&grants.inline).into_iter().flat_map(BTreeMap::values) {
            self.note(document);
        }
    }
}

impl Iam {
    /// The default version of a managed policy.
    ///
    /// # Errors
    ///
    /// When it could not be read, or nobody asked for it.
    pub fn policy(&self, arn: &Arn) -> Result<&ManagedPolicy, Gap> {
        match self.policies.get(arn) {
            Some(policy) => policy.known(),
            None => Err(Gap::not_asked("iam:GetPolicy", arn.as_str())),
        }
    }
}
