//! What a role may do with what it needs of a bucket, and why not where it may not.
//!
//! The question is put for each URI that is in use, else for the whole bucket.

use std::rc::Rc;

use super::cause::Unmet;
use super::check::{AccessCheck, Names, by_tag};
use super::evaluator::Evaluator;
use super::requirement::{Requirement, ResourceSet};
use super::s3::{ask_of_bucket, ask_without_policy, with_key};
pub use super::whole::{Granted, Whole};
use crate::access::{Answer, Ask};
use crate::account::{Bucket, Tags, Unknown, any};
use crate::arn::Arn;
use crate::knowledge::context::Sender;
use crate::knowledge::limits::object_tags;
use crate::labeling::uses::{Area, Extent};
use crate::labeling::{ExecutionRole, OBJECT_ACTIONS, Use};
use crate::policy::layers::Verdict;

/// What a role needs of a bucket, and may do there.
#[derive(Debug, Clone)]
pub struct BucketReach<'s> {
    /// The URIs in use; none where the whole bucket is in question.
    pub needed: Vec<Needed<'s>>,
    /// The whole bucket, action by action.
    pub whole: Rc<Whole>,
}

/// A URI in use, and what is decided there.
#[derive(Debug, Clone)]
pub struct Needed<'s> {
    /// The URI, and who uses it.
    pub area: &'s Area<'s>,
    /// Each action that is needed there.
    pub checks: Vec<AccessCheck>,
}

impl BucketReach<'_> {
    /// Is something that is needed not granted? In a whole bucket, what is blocked in a part of it counts too.
    ///
    /// # Errors
    ///
    /// When that depends on something that is not known.
    pub fn is_not_granted(&self) -> Result<bool, Unknown> {
        let not_granted =
            |check: &AccessCheck| check.not_granted || (self.is_whole() && check.blocked && check.allows_some());
        self.any(not_granted, |check| check.unknown_grant.as_ref())
    }

    /// The same, where a grant reaches into the bucket; or where none does.
    ///
    /// # Errors
    ///
    /// When that depends on something that is not known.
    pub fn is_not_granted_where(&self, granted: &Granted) -> Result<bool, Unknown> {
        match &self.whole.granted {
            Granted::Open(unknown) if self.is_not_granted() != Ok(false) => Err(unknown.clone()),
            whole if whole == granted => self.is_not_granted(),
            _ => Ok(false),
        }
    }

    /// Is something that is needed granted and blocked, or denied?
    ///
    /// # Errors
    ///
    /// When that depends on something that is not known.
    pub fn is_blocked(&self) -> Result<bool, Unknown> {
        self.any(|check| self.counts_as_blocked(check), |check| check.unknown_block.as_ref())
    }

    /// Is what was asked blocked? In a whole bucket, what is blocked in a part of it is not.
    #[must_use]
    pub fn counts_as_blocked(&self, check: &AccessCheck) -> bool {
        check.blocked && !(self.is_whole() && check.allows_some())
    }

    fn any(
        &self,
        is: impl Fn(&AccessCheck) -> bool,
        open: impl Fn(&AccessCheck) -> Option<&Unknown>,
    ) -> Result<bool, Unknown> {
        any(self.checks().map(|check| match open(check) {
            Some(unknown) if !is(check) => Err(unknown.clone()),
            _ => Ok(is(check)),
        }))
    }

    /// Is the whole bucket in question?
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.needed.is_empty()
    }

    /// What is decided for everything in question.
    pub fn checks(&self) -> impl Iterator<Item = &AccessCheck> {
        let whole = if self.is_whole() { self.whole.checks.as_slice() } else { &[] };
        self.needed.iter().flat_map(|needed| &needed.checks).chain(whole)
    }

    /// Everything in question as requirements, each with what is decided.
    #[must_use]
    pub fn required(&self, role: &Arn, bucket: &Arn) -> Vec<(Requirement, &AccessCheck)> {
        let whole = if self.is_whole() { self.whole.checks.as_slice() } else { &[] };
        let areas = self.needed.iter().map(|needed| (needed.area.extent.set(), needed.checks.as_slice()));
        let mut required = vec![];
        for (on, checks) in areas.chain([(ResourceSet::Below(format!("{bucket}/")), whole)]) {
            for check in checks {
                required.push((Requirement::new(role, check.answer.action(), on.clone()), check));
            }
        }
        required
    }

    /// Why what is in question is not all allowed.
    #[must_use]
    pub fn unmet(&self, role: &ExecutionRole<'_>, bucket: &Arn) -> Vec<Unmet> {
        let names = self.names(role);
        let required = self.required(&role.role.arn, bucket).into_iter();
        let unmet = required.filter(|(_, check)| check.is_unmet());
        unmet.flat_map(|(requirement, check)| check.unmet(&requirement, &names)).collect()
    }

    /// What causes name beside statements.
    #[must_use]
    pub fn names<'r>(&self, role: &'r ExecutionRole<'_>) -> Names<'r> {
        let partly = self.whole.granted == Granted::Yes;
        Names { partly, tokens: if partly { [].into() } else { role.bucket_tokens() }, ..role.names() }
    }
}

impl Extent {
    /// As a set of resources.
    #[must_use]
    pub fn set(&self) -> ResourceSet {
        match self {
            Self::Object(object) => ResourceSet::exactly(object),
            Self::Below(prefix) => ResourceSet::Below(prefix.clone()),
        }
    }
}

impl<'a> Evaluator<'a> {
    /// What a role needs of a bucket and may do there.
    #[must_use]
    pub fn reach(&self, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> BucketReach<'a> {
        let whole = Rc::new(Whole::new(&self.objects(role, bucket, usage), &bucket.arn));
        BucketReach { needed: self.needed(role, bucket, usage), whole }
    }

    /// The same, quickly: the whole bucket is judged once for all buckets that the policies do not distinguish, so that its
    /// examples may be another bucket's.
    #[must_use]
    pub fn judge(&self, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> BucketReach<'a> {
        BucketReach { needed: self.needed(role, bucket, usage), whole: self.whole(role, bucket, usage) }
    }

    /// What of a bucket is in use, and what is decided there.
    fn needed(&self, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> Vec<Needed<'a>> {
        let uses = role.uses.filter(|_| usage == Use::Used);
        let areas = uses.and_then(|uses| uses.buckets.get(bucket.arn.resource()));
        areas.into_iter().flatten().map(|area| Needed { area, checks: self.area(role, bucket, area) }).collect()
    }

    fn area(&self, role: &ExecutionRole<'a>, bucket: &Bucket, area: &Area<'_>) -> Vec<AccessCheck> {
        let actions: &[&str] = if area.reads_alone { &["s3:GetObject"] } else { &OBJECT_ACTIONS };
        let ask = |action: &&'static str| {
            let ask = with_key(ask_of_bucket(bucket, action, Sender::GroundTruth), area.key);
            match &area.extent {
                Extent::Object(object) => self.object(role, ask, object),
                Extent::Below(prefix) => AccessCheck::new(self.access.cover(role.role, &ask, prefix)),
            }
        };
        actions.iter().map(ask).collect()
    }

    /// Decides about one object; where that depends on the object's tags, with its tags.
    #[must_use]
    pub fn object(&self, role: &ExecutionRole<'a>, ask: Ask<'_>, object: &Arn) -> AccessCheck {
        let answer = self.access.decide(role.role, &ask, object);
        let by_tags = answer.verdicts().any(|verdict| verdict == Verdict::Conditional)
            && answer.clauses().any(|clause| clause.open && object_tags(&clause.residual).is_some());
        // Where something else decides as well, the tags may be needless: that is named first.
        let else_open = answer.clauses().find(|clause| clause.open && object_tags(&clause.residual).is_none());
        if !by_tags {
            return AccessCheck::new(answer);
        }
        let none = Tags::new();
        match self.access.account.object_tags(object) {
            Ok(tags) => tagged(self.access.decide(role.role, &ask.tagged(tags.unwrap_or(&none)), object)),
            Err(_) if else_open.is_some() && grants_certainly(&answer) => AccessCheck::new(answer),
            Err(unknown) => AccessCheck::new(answer).open(unknown),
        }
    }

    /// What a role may do with the objects of a bucket, action by action. The policy of a bucket that is not known to be
    /// used is not asked for: there the role's own policies are judged alone.
    #[must_use]
    pub fn objects(&self, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> [Answer; 3] {
        let asked = usage != Use::Other || bucket.policy.if_asked().is_some();
        let objects = format!("{}/", bucket.arn);
        OBJECT_ACTIONS.map(|action| {
            let ask = if asked {
                ask_of_bucket(bucket, action, Sender::GroundTruth)
            } else {
                ask_without_policy(bucket, action)
            };
            self.access.cover(role.role, &ask, &objects)
        })
    }
}

/// Is it granted, whatever the tags of the object are?
fn grants_certainly(answer: &Answer) -> bool {
    answer.granting().any(|clause| !clause.open)
}

/// Reads an answer about an object whose tags are known. What still depends on them is a key that the object has twice, in
/// another case: IAM does not say which of them counts.
fn tagged(answer: Answer) -> AccessCheck {
    let conditional = answer.verdicts().any(|verdict| verdict == Verdict::Conditional);
    let twice = answer.clauses().find(|clause| conditional && clause.open && by_tag(clause));
    match twice.map(|clause| answer.gap_of(clause)) {
        Some(unknown) => AccessCheck::new(answer).open(unknown),
        None => AccessCheck::new(answer),
    }
}
