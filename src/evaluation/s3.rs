//! What the role of a job may do with the objects that a field names, and with their bucket.

use super::abroad::unread;
use super::check::{AccessCheck, Names};
use super::evaluator::Evaluator;
use super::outcome::Evaluation;
use super::requirement::{Requirement, ResourceSet};
use crate::access::Ask;
use crate::account::{Bucket, Tags, Unknown};
use crate::arn::Arn;
use crate::knowledge::context::Sender;
use crate::labeling::{ExecutionRole, OBJECT_ACTIONS};
use crate::policy::value::Value;
use crate::uri::S3Uri;

/// The header that names the key of an object.
const KEY_ID: &str = "s3:x-amz-server-side-encryption-aws-kms-key-id";

/// By what policies distinguish networks; a browser of a worker comes from none.
const NETWORKS: [&str; 3] = ["aws:SourceVpce", "aws:SourceVpc", "aws:VpcSourceIp"];

/// What Ground Truth asks of the bucket itself, beside its objects.
const BUCKET_ACTIONS: [&str; 2] = ["s3:GetBucketLocation", "s3:ListBucket"];

impl<'a> Evaluator<'a> {
    pub(super) fn reads(&self, role: &ExecutionRole<'a>, uri: &S3Uri) -> Result<Vec<Evaluation>, Unknown> {
        let object = uri.object_arn(&self.access.account.partition);
        let policy = self.policy_of(uri)?;
        let check = self.object(role, policy.ask("s3:GetObject", Sender::GroundTruth), &object);
        let evaluation = self.of_objects(role, uri, ResourceSet::exactly(&object), &check);
        Ok(std::iter::once(evaluation).chain(self.about_bucket(role, uri, &policy)).collect())
    }

    /// `key`: the key that the job names for its output, if it names one.
    pub(super) fn writes(
        &self,
        role: &ExecutionRole<'a>,
        uri: &S3Uri,
        key: Option<&str>,
    ) -> Result<Vec<Evaluation>, Unknown> {
        let below = uri.below(&self.access.account.partition);
        let policy = self.policy_of(uri)?;
        let objects = OBJECT_ACTIONS.map(|action| {
            let ask = with_key(policy.ask(action, Sender::GroundTruth), key);
            let check = AccessCheck::new(self.access.cover(role.role, &ask, &below));
            self.of_objects(role, uri, ResourceSet::Below(below.clone()), &check)
        });
        Ok(objects.into_iter().chain(self.about_bucket(role, uri, &policy)).collect())
    }

    /// What comes of an action on objects of a bucket.
    #[must_use]
    pub fn of_objects(
        &self,
        role: &ExecutionRole<'a>,
        uri: &S3Uri,
        on: ResourceSet,
        check: &AccessCheck,
    ) -> Evaluation {
        let requirement = Requirement::new(&role.role.arn, check.answer.action(), on);
        let bucket = uri.bucket_arn(&self.access.account.partition);
        let reaches = |clause| super::whole::reaches_into(clause, &bucket);
        let partly = check.allows_some() && check.answer.granting().any(|clause| !clause.open && reaches(clause));
        let tokens = if partly { [].into() } else { role.bucket_tokens() };
        let outcome = check.outcome(&requirement, &Names { tokens, partly, ..role.names() });
        Evaluation::new(requirement, outcome)
    }

    /// May the role read everything whose URI begins so, or the very object?
    ///
    /// # Errors
    ///
    /// When the URI names an access point, or the buckets are not known.
    pub fn reads_of(&self, role: &ExecutionRole<'a>, uri: &S3Uri, is_object: bool) -> Result<AccessCheck, Unknown> {
        Ok(self.reads_by(role, uri, is_object, self.policy_of(uri)?.ask("s3:GetObject", Sender::GroundTruth)))
    }

    /// The same of a browser that opens a URL that the role has signed, from no network that a policy could name.
    ///
    /// # Errors
    ///
    /// As [`Self::reads_of`].
    pub fn reads_by_browser(
        &self,
        role: &ExecutionRole<'a>,
        uri: &S3Uri,
        is_object: bool,
    ) -> Result<AccessCheck, Unknown> {
        let ask = self.policy_of(uri)?.ask("s3:GetObject", Sender::Worker);
        Ok(self.reads_by(role, uri, is_object, NETWORKS.iter().fold(ask, |ask, key| ask.without(key))))
    }

    fn reads_by(&self, role: &ExecutionRole<'a>, uri: &S3Uri, is_object: bool, ask: Ask<'_>) -> AccessCheck {
        let object = uri.object_arn(&self.access.account.partition);
        if is_object {
            self.object(role, ask, &object)
        } else {
            AccessCheck::new(self.access.cover(role.role, &ask, object.as_str()))
        }
    }

    /// What Ground Truth asks of the bucket itself.
    ///
    /// # Errors
    ///
    /// As [`Self::reads_of`].
    pub fn asks_of_bucket(&self, role: &ExecutionRole<'a>, uri: &S3Uri) -> Result<[Evaluation; 2], Unknown> {
        Ok(self.about_bucket(role, uri, &self.policy_of(uri)?))
    }

    fn about_bucket(&self, role: &ExecutionRole<'a>, uri: &S3Uri, policy: &BucketPolicy<'a>) -> [Evaluation; 2] {
        let bucket = uri.bucket_arn(&self.access.account.partition);
        BUCKET_ACTIONS.map(|action| {
            let check =
                AccessCheck::new(self.access.decide(role.role, &policy.ask(action, Sender::GroundTruth), &bucket));
            let requirement = Requirement::new(&role.role.arn, action, ResourceSet::exactly(&bucket));
            let outcome = check.outcome(&requirement, &role.names());
            Evaluation::new(requirement, outcome)
        })
    }

    /// The policy of a bucket, whosever it is.
    pub(super) fn policy_of(&self, uri: &S3Uri) -> Result<BucketPolicy<'a>, Unknown> {
        if let Some(unknown) = access_point(uri) {
            return Err(unknown);
        }
        Ok(match self.bucket(&uri.bucket)? {
            Some(bucket) => BucketPolicy::Own(bucket),
            None => BucketPolicy::OtherAccount(unread(&uri.bucket_arn(&self.access.account.partition))),
        })
    }
}

/// A bucket's policy: of this account's bucket, or of one that is not among them.
pub(super) enum BucketPolicy<'a> {
    Own(&'a Bucket),
    OtherAccount(Unknown),
}

impl<'a> BucketPolicy<'a> {
    /// A question of a sender's.
    pub(super) fn ask<'q>(&self, action: &'q str, sender: Sender) -> Ask<'q>
    where
        'a: 'q,
    {
        match self {
            Self::Own(bucket) => ask_of_bucket(bucket, action, sender),
            Self::OtherAccount(unknown) => {
                let ask = Ask::new(action).sent_by(sender).owned_by_another_account();
                ask.policy("policy of the bucket", Err(unknown.clone()))
            }
        }
    }
}

/// A question of a job that names a key for what it writes. In which form a request has a key that is not named by its ARN
/// is not documented.
pub(super) fn with_key<'q>(ask: Ask<'q>, key: Option<&str>) -> Ask<'q> {
    let key = key.filter(|key| ask.action() == "s3:PutObject" && !key.is_empty());
    match key {
        None => ask,
        Some(key) if Arn::parse(key).is_ok_and(|arn| arn.resource().starts_with("key/")) => ask.with(KEY_ID, key),
        Some(_) => ask.with_one_of(KEY_ID, vec![Value::Present]),
    }
}

/// A question about a bucket of the account or its objects, with the bucket's own policy.
pub(crate) fn ask_of_bucket<'q>(bucket: &'q Bucket, action: &'q str, sender: Sender) -> Ask<'q> {
    let ask = ask_without_policy(bucket, action).sent_by(sender);
    ask.of(&format!("policy of bucket `{}`", bucket.arn.resource()), &bucket.policy)
}

/// Ground Truth's question about a bucket of the account or its objects, as if the bucket had no policy.
pub(super) fn ask_without_policy<'q>(bucket: &'q Bucket, action: &'q str) -> Ask<'q> {
    let region = bucket.region.known().ok().map(String::as_str);
    Ask::of_ground_truth(action).in_region(region).of_resource_tagged(counting_tags(bucket))
}

/// The tags of a bucket that count in policies: none, unless attribute-based access control is on for it (S3 User Guide,
/// `buckets-tagging`, 2026-11).
fn counting_tags(bucket: &Bucket) -> Option<&Tags> {
    static NONE: Tags = Tags::new();
    match bucket.abac.known() {
        Ok(true) => bucket.tags.known().ok(),
        Ok(false) => Some(&NONE),
        Err(_) => None,
    }
}

/// Why nothing can be decided about a URI that names an access point: policies see its own ARN, behind which is a bucket
/// that is not asked for.
fn access_point(uri: &S3Uri) -> Option<Unknown> {
    uri.names_an_access_point().then(|| Unknown::NotJudged {
        action: "s3:GetAccessPoint".to_owned(),
        subject: uri.to_string(),
        why: "it names an access point, and access points are not judged".to_owned(),
    })
}
