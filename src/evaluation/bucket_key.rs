//! Whether a principal may use the customer's key that a bucket encrypts with.

use super::evaluator::Evaluator;
use super::job_check::{JobCheck, Topic};
use super::key::{KeyAsk, KeyUse};
use super::outcome::Outcome;
use super::requirement::ResourceSet;
use crate::access::Identity;
use crate::account::{Bucket, Fact, Unknown};
use crate::labeling::needs::{Need, What};
use crate::labeling::uses::Job;
use crate::labeling::{ExecutionRole, Use};
use crate::uri::S3Uri;

impl<'a> Evaluator<'a> {
    /// May the role use the customer's key that a bucket encrypts with?
    #[must_use]
    pub fn bucket_key(&self, role: &ExecutionRole<'a>, job: &Job<'a>, need: &Need<'_>, uri: &S3Uri) -> Vec<JobCheck> {
        let read_alone = matches!(need.what, What::Read(_));
        let own = job.needs.iter().any(|need| matches!(need.what, What::UseKey(_)));
        // What is there may be encrypted otherwise, and so is what a job writes that names a key of its own.
        self.key_of_bucket(role.role.into(), need.field, uri, read_alone, !read_alone && !own)
    }

    /// The same of any objects of a bucket. `certain`: what is read or written is certainly encrypted so.
    #[must_use]
    pub fn key_of_bucket(
        &self,
        identity: Identity<'a>,
        field: &'static str,
        uri: &S3Uri,
        read_alone: bool,
        certain: bool,
    ) -> Vec<JobCheck> {
        let topic = Topic::BucketKey { certain };
        // Of another account's bucket nothing is known, and that is said where its region is.
        let Ok(Some(bucket)) = self.bucket(&uri.bucket) else { return vec![] };
        let undecided =
            |unknown| vec![JobCheck::value(topic, field, bucket.arn.as_str(), Outcome::Undecided(unknown), "")];
        let encryption = match &bucket.encryption {
            Fact::Known(None) => return vec![],
            Fact::Known(Some(encryption)) => encryption,
            Fact::Unknown(unknown) => return undecided(unknown.clone()),
        };
        let partition = &self.access.account.partition;
        let objects = if read_alone {
            ResourceSet::exactly(&uri.object_arn(partition))
        } else {
            ResourceSet::Below(uri.below(partition))
        };
        match self.use_of_bucket_key(identity, bucket, encryption, read_alone, &objects) {
            Ok(None) => vec![],
            Ok(Some((name, asked, used))) => {
                let evaluations = used.evaluations(identity, field, name, &asked).into_iter();
                let holds = "AWS manages the key: no permission is needed";
                evaluations.map(|evaluation| JobCheck::new(topic, evaluation, holds)).collect()
            }
            Err(unknown) => undecided(unknown),
        }
    }

    /// The customer's key of a bucket, as the bucket names it, and what the role may do with it; nothing, where S3's own keys
    /// are used. Of a bucket that is not known to be used it is not asked.
    ///
    /// # Errors
    ///
    /// When the bucket's encryption or the key is not known.
    pub fn key_in_use<'b>(
        &self,
        role: &ExecutionRole<'a>,
        bucket: &'b Bucket,
        usage: Use,
    ) -> Result<Option<(&'b str, KeyAsk, KeyUse<'a>)>, Unknown> {
        let asked = if usage == Use::Other { bucket.encryption.if_asked() } else { Some(&bucket.encryption) };
        let Some(Some(encryption)) = asked.map(|encryption| encryption.known()).transpose()? else { return Ok(None) };
        let areas = role.uses.filter(|_| usage == Use::Used).and_then(|uses| uses.buckets.get(bucket.arn.resource()));
        let read_alone = areas.is_some_and(|areas| areas.iter().all(|area| area.reads_alone));
        // One URI in use may be told from others by the encryption context, several hardly.
        let objects = match areas.map(Vec::as_slice) {
            Some([area]) => area.extent.set(),
            _ => ResourceSet::Below(format!("{}/", bucket.arn)),
        };
        self.use_of_bucket_key(role.role.into(), bucket, encryption, read_alone, &objects)
    }
}
