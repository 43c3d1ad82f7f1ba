//! What the role of a job may do with the objects that a field names, and with their bucket.

use super::abroad::unread;
use super::check::{AccessCheck, Names};
use super::evaluator::Evaluator;
use super::outcome::Evaluation;
use super::requirement::{Requirement, ResourceSet};
use crate::access::Ask;
use crate::account::{Bucket, Fact, Unknown};
use crate::knowledge::builtin;
use crate::labeling::{ExecutionRole, OBJECT_ACTIONS};
use crate::policy::Document;
use crate::uri::S3Uri;

/// By what policies distinguish networks; a browser of a worker comes from none.
const NETWORKS: [&str; 3] = ["aws:SourceVpce", "aws:SourceVpc", "aws:VpcSourceIp"];

/// What Ground Truth asks of the bucket itself, beside its objects.
const BUCKET_ACTIONS: [&str; 2] = ["s3:GetBucketLocation", "s3:ListBucket"];

impl<'a> Evaluator<'a> {
    pub(super) fn reads(&self, role: &ExecutionRole<'a>, uri: &S3Uri) -> Result<Vec<Evaluation>, Unknown> {
        let object = uri.object_arn(&self.access.account.partition);
        let policy = self.policy_of(uri)?;
        let check = self.object(role, policy.ask("s3:GetObject"), &object);
        let evaluation = self.of_objects(role, uri, ResourceSet::exactly(&object), &check);
        Ok(std::iter::once(evaluation).chain(self.about_bucket(role, uri, &policy)).collect())
    }

    pub(super) fn writes(&self, role: &ExecutionRole<'a>, uri: &S3Uri) -> Result<Vec<Evaluation>, Unknown> {
        let below = uri.below(&self.access.account.partition);
        let policy = self.policy_of(uri)?;
        let objects = OBJECT_ACTIONS.map(|action| {
            let check = AccessCheck::new(self.access.cover(role.role, &policy.ask(action), &below));
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
        Ok(self.reads_by(role, uri, is_object, self.policy_of(uri)?.ask("s3:GetObject")))
    }

    /// The same of a browser that opens a URL that the role has signed, from no network that a policy could name.
    ///
    /// # Errors
    ///
    /// As [`Self::reads_of`].
    pub fn reads_from_outside(
        &self,
        role: &ExecutionRole<'a>,
        uri: &S3Uri,
        is_object: bool,
    ) -> Result<AccessCheck, Unknown> {
        let policy = self.policy_of(uri)?;
        if matches!(policy, BucketPolicy::OtherAccount(_)) {
            return self.reads_of(role, uri, is_object);
        }
        let ask = NETWORKS.iter().fold(policy.ask_from_elsewhere("s3:GetObject"), |ask, key| ask.without(key));
        Ok(self.reads_by(role, uri, is_object, ask))
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
            let check = AccessCheck::new(self.access.decide(role.role, &policy.ask(action), &bucket));
            let requirement = Requirement::new(&role.role.arn, action, ResourceSet::exactly(&bucket));
            let outcome = check.outcome(&requirement, &role.names());
            Evaluation::new(requirement, outcome)
        })
    }

    /// A question about the objects of a bucket of the account, with the bucket's own policy.
    #[must_use]
    pub fn ask_of_bucket<'q>(&self, bucket: &'q Bucket, action: &'q str) -> Ask<'q> {
        let region = bucket.region.known().ok();
        BucketPolicy::Own(bucket, region.and_then(|region| builtin::s3_endpoint(region))).ask(action)
    }

    /// The policy of a bucket, whosever it is.
    pub(super) fn policy_of(&self, uri: &S3Uri) -> Result<BucketPolicy<'a>, Unknown> {
        if let Some(unknown) = access_point(uri) {
            return Err(unknown);
        }
        Ok(match self.bucket(&uri.bucket)? {
            Some(bucket) => {
                let region = bucket.region.known().ok();
                BucketPolicy::Own(bucket, region.and_then(|region| builtin::s3_endpoint(region)))
            }
            None => BucketPolicy::OtherAccount(unread(&uri.bucket_arn(&self.access.account.partition))),
        })
    }
}

/// A bucket's policy: of this account's bucket, or of one that is not among them.
pub(super) enum BucketPolicy<'a> {
    /// With the endpoint through which Ground Truth comes, where AWS says which that is.
    Own(&'a Bucket, Option<&'static str>),
    OtherAccount(Unknown),
}

impl<'a> BucketPolicy<'a> {
    /// A question of Ground Truth's own.
    pub(super) fn ask<'q>(&self, action: &'q str) -> Ask<'q>
    where
        'a: 'q,
    {
        match self {
            Self::Own(Bucket { policy: Fact::Known(Some(_)), .. }, Some(endpoint)) => {
                self.ask_from_elsewhere(action).with("aws:SourceVpce", *endpoint)
            }
            _ => self.ask_from_elsewhere(action),
        }
    }

    /// A question of which it is not known through which endpoint it comes.
    pub(super) fn ask_from_elsewhere<'q>(&self, action: &'q str) -> Ask<'q>
    where
        'a: 'q,
    {
        match self {
            Self::Own(bucket, _) => {
                let policy: &'q Fact<Option<Document>> = &bucket.policy;
                Ask::new(action).of(&format!("policy of bucket `{}`", bucket.arn.resource()), policy)
            }
            Self::OtherAccount(unknown) => {
                Ask::new(action).owned_by_another_account().policy("policy of the bucket", Err(unknown.clone()))
            }
        }
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
