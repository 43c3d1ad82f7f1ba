//! What of a labeling job's needs its role may do.
//!
//! Each need becomes the actions that AWS documents for it, and each action is decided on the ARN that the field names.

use super::keys::KeyUse;
use super::needs::{self, Need, QUEUE_ACTIONS, What};
use super::reach::{Judged, OBJECT_ACTIONS};
use super::uses::Job;
use super::{ExecutionRole, INVOKE, SAGEMAKER, Setup};
use crate::access::Ask;
use crate::account::{Call, Fact, Unknown};
use crate::arn::Arn;
use crate::knowledge::builtin;
use crate::policy::Document;
use crate::uri::S3Uri;

/// By what policies tell networks apart; who comes from none has none of it.
const NETWORKS: [&str; 3] = ["aws:SourceVpce", "aws:SourceVpc", "aws:VpcSourceIp"];

/// What Ground Truth asks of the bucket itself, beside its objects.
const BUCKET_ACTIONS: [&str; 2] = ["s3:GetBucketLocation", "s3:ListBucket"];

/// What the role does with a customer's key for the output (SageMaker Developer Guide, `sms-security-kms-permissions`,
/// 2026-11): `ReEncrypt*` is both of its actions, `GenerateDataKey*` the one that S3 asks for.
const OUTPUT_KEY_ACTIONS: [&str; 6] =
    ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"];

/// An action that a need takes, on what, and what is decided.
#[derive(Debug)]
pub struct Deed {
    /// The action.
    pub action: String,
    /// The ARN or `s3://` URI.
    pub resource: String,
    /// What is decided.
    pub decided: Decided,
}

/// What is decided about a deed.
#[derive(Debug)]
pub enum Decided {
    /// By policies.
    By(Box<Judged>),
    /// Without any: there is no such thing, or it is of no use to anybody.
    Hindered(String),
}

impl Deed {
    fn new(resource: impl Into<String>, judged: Judged) -> Self {
        Self {
            action: judged.answer.action().to_owned(),
            resource: resource.into(),
            decided: Decided::By(Box::new(judged)),
        }
    }

    fn hindered(action: &str, resource: &str, why: impl Into<String>) -> Self {
        let decided = Decided::Hindered(why.into());
        Self { action: action.to_owned(), resource: resource.to_owned(), decided }
    }

    /// Why the role may not do it, if it may not.
    ///
    /// # Errors
    ///
    /// When that hangs on something.
    pub fn hindrance(&self, role: &ExecutionRole<'_>) -> Result<Option<String>, Unknown> {
        match &self.decided {
            Decided::By(judged) => judged.hindrance(role.role.arn.name()),
            Decided::Hindered(why) => Ok(Some(why.clone())),
        }
    }
}

impl<'a> Setup<'a> {
    /// What a need of a job takes, and what of it the role may do. A need that is wrong in itself takes nothing.
    ///
    /// # Errors
    ///
    /// When a fact is missing without which nothing can be asked.
    pub fn deeds(&self, role: &ExecutionRole<'a>, job: &Job<'a>, need: &Need<'_>) -> Result<Vec<Deed>, Unknown> {
        Ok(match &need.what {
            What::Read(uri) => self.reads(role, uri)?,
            What::Write(uri) => self.writes(role, uri)?,
            What::Invoke(function) => vec![self.invokes(role, function)],
            What::Subscribe(topic) => {
                let ask = Ask::new("sns:Subscribe").with("sns:Protocol", "sqs");
                let queue = needs::queue(&job.job.arn);
                let ask = queue.map_or(ask.clone(), |queue| ask.with("sns:Endpoint", queue.to_string()));
                vec![self.deed(role, ask, topic)]
            }
            What::Publish(topic) => vec![self.deed(role, Ask::new("sns:Publish"), topic)],
            What::PassItself(itself) => {
                vec![self.deed(role, Ask::new("iam:PassRole").with("iam:PassedToService", SAGEMAKER), itself)]
            }
            What::UseKey(key) | What::GrantKey(key) => {
                of_key(key, &key_asks(&need.what), self.use_of_named_key(role, job, need)?)
            }
            What::Wrong(_) => vec![],
        })
    }

    /// What the role may do of all that a streaming job needs of its topics and its queue, beside what its fields say.
    #[must_use]
    pub fn streaming(&self, role: &ExecutionRole<'a>, job: &Job<'a>) -> Vec<(&'static str, Arn, Judged)> {
        let Some(queue) = needs::queue(&job.job.arn) else { return vec![] };
        let mut answers = vec![];
        let mut ask = |ask: Ask<'_>, action: &'static str, resource: &Arn| {
            answers.push((action, resource.clone(), self.judge_of_anybody(role, ask, resource)));
        };
        for need in &job.needs {
            match &need.what {
                What::Subscribe(topic) => {
                    let subscribe =
                        Ask::new("sns:Subscribe").with("sns:Protocol", "sqs").with("sns:Endpoint", queue.as_str());
                    ask(subscribe, "sns:Subscribe", topic);
                    ask(Ask::new("sns:Unsubscribe"), "sns:Unsubscribe", topic);
                }
                What::Publish(topic) => ask(Ask::new("sns:Publish"), "sns:Publish", topic),
                _ => {}
            }
        }
        for action in QUEUE_ACTIONS {
            ask(Ask::new(action), action, &queue);
        }
        answers
    }

    fn deed(&self, role: &ExecutionRole<'a>, ask: Ask<'_>, resource: &Arn) -> Deed {
        Deed::new(resource.as_str(), self.judge_of_anybody(role, ask, resource))
    }

    /// A request about a resource that has no policy of its own, or none that is read: of another account, that policy
    /// must allow too, and is not known.
    #[must_use]
    pub fn judge_of_anybody(&self, role: &ExecutionRole<'a>, ask: Ask<'_>, resource: &Arn) -> Judged {
        let ask = match resource.account() {
            account if account == self.access.account.id => ask,
            account => ask.owned_by(account).policy("resource policy", Err(unread(resource))),
        };
        Judged::new(self.access.decide(role.role, &ask, resource))
    }

    /// The key that a need names, and what the role may do with it.
    ///
    /// # Errors
    ///
    /// When the key could not be read, or is in a state that this build does not know.
    pub fn use_of_named_key(
        &self,
        role: &ExecutionRole<'a>,
        job: &Job<'a>,
        need: &Need<'_>,
    ) -> Result<KeyUse<'a>, Unknown> {
        match &need.what {
            What::UseKey(key) | What::GrantKey(key) => self.use_of_key(role, job.region, key, &key_asks(&need.what)),
            _ => Ok(KeyUse::OfAws),
        }
    }

    fn reads(&self, role: &ExecutionRole<'a>, uri: &S3Uri) -> Result<Vec<Deed>, Unknown> {
        let object = uri.object_arn(&self.access.account.partition);
        let policy = self.policy_of(uri)?;
        let judged = self.object(role, policy.ask("s3:GetObject"), &object);
        let mut deeds = vec![Deed::new(uri.to_string(), judged)];
        deeds.extend(self.about_bucket(role, uri, &policy));
        Ok(deeds)
    }

    fn writes(&self, role: &ExecutionRole<'a>, uri: &S3Uri) -> Result<Vec<Deed>, Unknown> {
        let below = uri.below(&self.access.account.partition);
        let policy = self.policy_of(uri)?;
        let objects = OBJECT_ACTIONS.map(|action| {
            let judged = Judged::new(self.access.cover(role.role, &policy.ask(action), &below));
            Deed::new(uri.to_string(), judged)
        });
        Ok(objects.into_iter().chain(self.about_bucket(role, uri, &policy)).collect())
    }

    /// May the role read everything whose URI begins so, or the very object?
    ///
    /// # Errors
    ///
    /// When the URI names an access point, or the buckets are not known.
    pub fn reads_of(&self, role: &ExecutionRole<'a>, uri: &S3Uri, is_object: bool) -> Result<Judged, Unknown> {
        let policy = self.policy_of(uri)?;
        let ask = policy.ask("s3:GetObject");
        let object = uri.object_arn(&self.access.account.partition);
        Ok(if is_object {
            self.object(role, ask, &object)
        } else {
            Judged::new(self.access.cover(role.role, &ask, object.as_str()))
        })
    }

    /// The same of somebody who opens a URL that the role has signed, from no network that a policy could name.
    ///
    /// # Errors
    ///
    /// As [`Self::reads_of`].
    pub fn reads_from_outside(
        &self,
        role: &ExecutionRole<'a>,
        uri: &S3Uri,
        is_object: bool,
    ) -> Result<Judged, Unknown> {
        let OfBucket::Own(policy, _) = self.policy_of(uri)? else { return self.reads_of(role, uri, is_object) };
        let ask = NETWORKS.iter().fold(Ask::new("s3:GetObject").of(policy), |ask, key| ask.without(key));
        let object = uri.object_arn(&self.access.account.partition);
        Ok(if is_object {
            self.object(role, ask, &object)
        } else {
            Judged::new(self.access.cover(role.role, &ask, object.as_str()))
        })
    }

    /// What Ground Truth asks of the bucket itself.
    ///
    /// # Errors
    ///
    /// As [`Self::reads_of`].
    pub fn asks_of_bucket(&self, role: &ExecutionRole<'a>, uri: &S3Uri) -> Result<[Deed; 2], Unknown> {
        Ok(self.about_bucket(role, uri, &self.policy_of(uri)?))
    }

    fn about_bucket(&self, role: &ExecutionRole<'a>, uri: &S3Uri, policy: &OfBucket<'a>) -> [Deed; 2] {
        let bucket = uri.bucket_arn(&self.access.account.partition);
        BUCKET_ACTIONS.map(|action| {
            let judged = Judged::new(self.access.decide(role.role, &policy.ask(action), &bucket));
            Deed::new(bucket.as_str(), judged)
        })
    }

    /// The policy of a bucket, whosever it is.
    fn policy_of(&self, uri: &S3Uri) -> Result<OfBucket<'a>, Unknown> {
        if let Some(gap) = access_point(uri) {
            return Err(gap);
        }
        Ok(match self.bucket(&uri.bucket)? {
            Some(bucket) => {
                let region = bucket.region.known().ok();
                OfBucket::Own(&bucket.policy, region.and_then(|region| builtin::s3_endpoint(region)))
            }
            None => OfBucket::Foreign(unread(&uri.bucket_arn(&self.access.account.partition))),
        })
    }

    fn invokes(&self, role: &ExecutionRole<'a>, function: &Arn) -> Deed {
        if function.account() != self.access.account.id {
            return self.deed(role, Ask::new(INVOKE), function);
        }
        let ask = Ask::new(INVOKE);
        // Where its region is not audited, the function's own policy is not known.
        let ask = match self.function(function) {
            Ok(Some(known)) => ask.of(&known.policy),
            Ok(None) => ask,
            Err(gap) => ask.policy("resource policy", Err(gap)),
        };
        Deed::new(function.as_str(), Judged::new(self.access.decide(role.role, &ask, function)))
    }
}

/// What a need asks of the key that it names.
pub(crate) fn key_asks(what: &What) -> Vec<Ask<'static>> {
    match what {
        What::UseKey(_) => OUTPUT_KEY_ACTIONS.map(Ask::new).into(),
        What::GrantKey(_) => vec![Ask::new("kms:CreateGrant").with("kms:GrantIsForAWSResource", "true")],
        _ => vec![],
    }
}

/// What a role may do with a key by each of these questions.
fn of_key(name: &str, asks: &[Ask<'_>], key: KeyUse<'_>) -> Vec<Deed> {
    let hindered =
        |resource: &str, why: &str| asks.iter().map(|ask| Deed::hindered(ask.action(), resource, why)).collect();
    match key {
        KeyUse::Missing => hindered(name, "there is no such key"),
        KeyUse::OfAws => vec![],
        KeyUse::Dead(key) => hindered(key.arn.as_str(), &format!("the key is {}", key.state)),
        KeyUse::Judged(key, answers) => {
            answers.into_iter().map(|answer| Deed::new(key.arn.as_str(), answer.judged)).collect()
        }
    }
}

/// A bucket's policy: of this account's bucket, or of one that is not among them.
enum OfBucket<'a> {
    /// With the endpoint through which Ground Truth comes, where AWS says which that is.
    Own(&'a Fact<Option<Document>>, Option<&'static str>),
    Foreign(Unknown),
}

impl OfBucket<'_> {
    fn ask<'q>(&'q self, action: &'q str) -> Ask<'q> {
        match self {
            Self::Own(policy @ Fact::Known(Some(_)), Some(endpoint)) => {
                Ask::new(action).of(policy).with("aws:SourceVpce", *endpoint)
            }
            Self::Own(policy, _) => Ask::new(action).of(policy),
            // No account has this id.
            Self::Foreign(gap) => {
                Ask::new(action).owned_by("another account").policy("bucket policy", Err(gap.clone()))
            }
        }
    }
}

/// Why nothing can be decided about a URI that names an access point: policies see its own ARN, behind which is a bucket
/// that nobody asks for.
#[must_use]
pub fn access_point(uri: &S3Uri) -> Option<Unknown> {
    uri.names_an_access_point().then(|| Unknown::NotJudged {
        action: "s3:GetAccessPoint".to_owned(),
        subject: uri.to_string(),
        why: "it names an access point, and access points are not judged".to_owned(),
    })
}

/// The policy of a resource of another account.
fn unread(resource: &Arn) -> Unknown {
    let action = match resource.service() {
        "s3" => "s3:GetBucketPolicy",
        "lambda" => "lambda:GetPolicy",
        "sns" => "sns:GetTopicAttributes",
        "sqs" => "sqs:GetQueueAttributes",
        _ => "a policy of another account",
    };
    Unknown::OtherAccount(Call::new(action, resource.as_str()))
}
