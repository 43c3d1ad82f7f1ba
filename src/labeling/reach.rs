//! What a role may do with what it needs of a bucket, and what stands in the way where it may not.
//!
//! The question is put for each URI that somebody uses, else for the whole bucket. What is not allowed is told apart by
//! why: nothing grants it, or something grants it and something else stops it.

use std::cell::RefCell;
use std::rc::Rc;

use hashbrown::HashMap;

use super::uses::{Area, Extent};
use super::{ExecutionRole, INVOKE, STRANGER, Setup, Use};
use crate::access::{Answer, Ask, Coverage};
use crate::account::{Bucket, Fact, Function, Tags, Unknown};
use crate::arn::Arn;
use crate::knowledge::limits::object_tags;
use crate::policy::decide::Reason;
use crate::policy::layers::{Layer, Verdict};
use crate::policy::reach::{Clause, Kinds, Origin, Outcome};
use crate::policy::{Document, Effect, Pattern};

/// What a labeling job does with objects, in input and output buckets.
pub const OBJECT_ACTIONS: [&str; 3] = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"];

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
    pub answers: Vec<Judged>,
}

/// The whole bucket.
#[derive(Debug)]
pub struct Whole {
    /// Each of [`OBJECT_ACTIONS`].
    pub answers: Vec<Judged>,
    /// How much of it all is allowed.
    pub coverage: Coverage,
    /// Is something granted that is meant for the bucket, or for all, and not by a token in the key or an object's tag?
    pub granted: Granted,
}

/// Does a grant reach into a bucket?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Granted {
    /// One does.
    Yes,
    /// None does.
    No,
    /// One that hangs on something may.
    Open(Unknown),
}

/// An answer, and what keeps it from being *all*.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The answer.
    pub answer: Answer,
    /// Somewhere nothing grants it, or only for objects with a tag.
    pub lacking: bool,
    /// Somewhere it is granted, and a deny, a boundary or the organization stops it; or a deny refuses what nothing grants.
    pub stopped: bool,
    /// Whether it is granted hangs on this.
    pub open_grant: Option<Unknown>,
    /// Whether it is stopped hangs on this.
    pub open_stop: Option<Unknown>,
}

type Kept<K, V> = RefCell<HashMap<K, V>>;

/// What was judged before. Roles with the same policies are a class; buckets and functions without policies of their own
/// are judged once a class, and those together that the policies do not tell apart.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// What tells buckets apart to a class, and what functions and their versions; nothing where that is too entangled.
    kinds: Kept<usize, Rc<[Option<Kinds>; 2]>>,
    /// By class and kind of bucket.
    wholes: Kept<(usize, usize), Rc<Whole>>,
    /// By class and kind of function.
    invocations: Kept<(usize, usize), Rc<Judged>>,
    /// The same, of some version or alias.
    versions: Kept<(usize, usize), bool>,
}

impl Judged {
    /// Reads an answer.
    #[must_use]
    pub fn new(answer: Answer) -> Self {
        let mut judged =
            Self { lacking: false, stopped: false, open_grant: answer.too_entangled(), open_stop: None, answer };
        for outcome in judged.answer.outcomes().to_vec() {
            judged.read(&outcome);
        }
        judged
    }

    /// Whether it is granted and whether it is stopped are told apart: a deny leaves what nothing grants ungranted.
    fn read(&mut self, outcome: &Outcome) {
        if outcome.verdict == Verdict::Allowed {
            return;
        }
        let clauses: Vec<&Clause<Unknown>> = self.answer.clauses_of(outcome).collect();
        let granted = clauses.iter().any(|clause| clause.grants() && !clause.open);
        let denied = outcome.verdict.is_denial();
        // What is denied although the resource's owner may allow it lacks the role's own grant.
        let may_grant = clauses.iter().find(|clause| {
            clause.grants() && clause.open && !by_tag(clause) && (!denied || clause.layer == Layer::Identity)
        });
        let may_stop = clauses.iter().find(|clause| clause.open && !clause.grants());
        let [may_grant, may_stop] = [may_grant, may_stop].map(|clause| clause.map(|clause| self.answer.gap_of(clause)));
        match (granted, &may_grant) {
            (true, _) => {}
            (false, Some(gap)) => drop(self.open_grant.get_or_insert_with(|| gap.clone())),
            (false, None) => self.lacking = true,
        }
        if outcome.verdict == Verdict::ExplicitlyDenied || (granted && denied) {
            self.stopped = true;
        } else if granted || may_grant.is_some() {
            let gap = may_stop.or(may_grant.filter(|_| denied));
            self.open_stop = self.open_stop.take().or(gap);
        }
    }

    /// The statements that refuse.
    #[must_use]
    pub fn denying(&self) -> Vec<Reason> {
        let refused = self.answer.outcomes().iter().filter(|outcome| outcome.verdict == Verdict::ExplicitlyDenied);
        let clauses = refused.flat_map(|outcome| self.answer.clauses_of(outcome));
        clauses
            .filter(|clause| clause.effect == Effect::Deny && !clause.open)
            .filter_map(|clause| match &clause.origin {
                Origin::Statement(reason) => Some(reason.clone()),
                Origin::Missing(_) => None,
            })
            .collect()
    }

    /// The limit that does not let through what is granted: the permissions boundary, or else the organization.
    #[must_use]
    pub fn limit(&self) -> Option<&'static str> {
        let denied = self.answer.outcomes().iter().filter(|outcome| outcome.verdict.is_denial());
        let stopped = denied.filter(|outcome| self.answer.clauses_of(outcome).any(|c| c.grants() && !c.open));
        let lets_through = |outcome: &Outcome, layer: fn(Layer) -> bool| {
            self.answer.clauses_of(outcome).any(|c| c.effect == Effect::Allow && layer(c.layer))
        };
        stopped
            .filter(|outcome| outcome.verdict != Verdict::ExplicitlyDenied)
            .map(|outcome| {
                if lets_through(outcome, |layer| layer == Layer::Boundary) || !self.answer.has_boundary() {
                    "a service control policy"
                } else {
                    "the permissions boundary"
                }
            })
            .next()
    }

    /// Why this is not allowed to somebody of this name, if it is not.
    ///
    /// # Errors
    ///
    /// When that hangs on something.
    pub fn hindrance(&self, who: &str) -> Result<Option<String>, Unknown> {
        if self.lacking {
            let some = if self.allows_some() { "only a part of it is granted" } else { "nothing grants it" };
            return Ok(Some(some.to_owned()));
        }
        if self.stopped {
            return Ok(Some(match (self.denying().first(), self.limit()) {
                (Some(reason), _) => format!("`{}` refuses it", reason.policy),
                (None, Some(limit)) => format!("{limit} of `{who}` does not let it through"),
                (None, None) => "a limit above the role does not let it through".to_owned(),
            }));
        }
        match self.open_grant.as_ref().or(self.open_stop.as_ref()) {
            Some(gap) => Err(gap.clone()),
            None => Ok(None),
        }
    }

    /// Is some of it allowed?
    #[must_use]
    pub fn allows_some(&self) -> bool {
        self.answer.verdicts().any(|verdict| verdict == Verdict::Allowed)
    }
}

impl Whole {
    fn new(answers: &[Answer], bucket: &Arn) -> Self {
        Self {
            granted: granted(answers, bucket),
            coverage: Coverage::of(answers.iter().flat_map(Answer::verdicts)),
            answers: answers.iter().cloned().map(Judged::new).collect(),
        }
    }
}

impl BucketReach<'_> {
    /// Is something that is needed granted by nothing? In a whole bucket, what is stopped in a part of it counts too.
    ///
    /// # Errors
    ///
    /// When that hangs on something.
    pub fn is_lacking(&self) -> Result<bool, Unknown> {
        let lacking = |judged: &Judged| judged.lacking || (self.is_whole() && judged.stopped && judged.allows_some());
        self.any(lacking, |judged| judged.open_grant.as_ref())
    }

    /// The same, where a grant reaches into the bucket; or where none does.
    ///
    /// # Errors
    ///
    /// When that hangs on something.
    pub fn is_lacking_where(&self, granted: &Granted) -> Result<bool, Unknown> {
        match &self.whole.granted {
            Granted::Open(gap) if self.is_lacking() != Ok(false) => Err(gap.clone()),
            whole if whole == granted => self.is_lacking(),
            _ => Ok(false),
        }
    }

    /// Is something that is needed granted and stopped, or refused?
    ///
    /// # Errors
    ///
    /// When that hangs on something.
    pub fn is_stopped(&self) -> Result<bool, Unknown> {
        let stopped = |judged: &Judged| judged.stopped && !(self.is_whole() && judged.allows_some());
        self.any(stopped, |judged| judged.open_stop.as_ref())
    }

    fn any(&self, is: impl Fn(&Judged) -> bool, open: impl Fn(&Judged) -> Option<&Unknown>) -> Result<bool, Unknown> {
        if self.judged().any(is) {
            return Ok(true);
        }
        self.judged().find_map(open).map_or(Ok(false), |gap| Err(gap.clone()))
    }

    /// Is the whole bucket in question?
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.needed.is_empty()
    }

    /// What is decided for everything in question.
    pub fn judged(&self) -> impl Iterator<Item = &Judged> {
        let whole = if self.is_whole() { self.whole.answers.as_slice() } else { &[] };
        self.needed.iter().flat_map(|needed| &needed.answers).chain(whole)
    }
}

impl<'a> Setup<'a> {
    /// What a role needs of a bucket and may do there.
    #[must_use]
    pub fn reach(&self, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> BucketReach<'a> {
        let whole = Rc::new(Whole::new(&self.objects(role, bucket, usage), &bucket.arn));
        BucketReach { needed: self.needed(role, bucket, usage), whole }
    }

    /// The same, quickly: the whole bucket is judged once for all buckets that the policies do not tell apart, so that
    /// its examples may be another bucket's.
    #[must_use]
    pub fn judge(&self, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> BucketReach<'a> {
        BucketReach { needed: self.needed(role, bucket, usage), whole: self.whole(role, bucket, usage) }
    }

    /// What of a bucket is in use, and what is decided there.
    fn needed(&self, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> Vec<Needed<'a>> {
        let uses = role.uses.filter(|_| usage == Use::Used);
        let areas = uses.and_then(|uses| uses.buckets.get(bucket.arn.resource()));
        areas.into_iter().flatten().map(|area| Needed { area, answers: self.area(role, bucket, area) }).collect()
    }

    fn area(&self, role: &ExecutionRole<'a>, bucket: &Bucket, area: &Area<'_>) -> Vec<Judged> {
        let actions: &[&str] = if area.reads_alone { &["s3:GetObject"] } else { &OBJECT_ACTIONS };
        let ask = |action: &&'static str| match &area.extent {
            Extent::Object(object) => self.object(role, Ask::new(action).of(&bucket.policy), object),
            Extent::Below(prefix) => {
                Judged::new(self.access.cover(role.role, &Ask::new(action).of(&bucket.policy), prefix))
            }
        };
        actions.iter().map(ask).collect()
    }

    /// Decides about one object; where that hangs on the object's tags, with its tags.
    #[must_use]
    pub fn object(&self, role: &ExecutionRole<'a>, ask: Ask<'_>, object: &Arn) -> Judged {
        let answer = self.access.decide(role.role, &ask, object);
        let hangs_on_tags = answer.verdicts().any(|verdict| verdict == Verdict::Conditional)
            && answer.clauses().any(|clause| clause.open && object_tags(&clause.residual).is_some());
        if !hangs_on_tags {
            return Judged::new(answer);
        }
        let none = Tags::new();
        match self.access.account.object_tags(object) {
            Ok(tags) => tagged(self.access.decide(role.role, &ask.tagged(tags.unwrap_or(&none)), object)),
            Err(gap) => Judged { lacking: false, open_grant: Some(gap), ..Judged::new(answer) },
        }
    }

    /// The whole bucket, as [`Self::judge`] has it.
    #[must_use]
    pub fn whole(&self, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> Rc<Whole> {
        let look = || Rc::new(Whole::new(&self.objects(role, bucket, usage), &bucket.arn));
        kept(&self.known.wholes, role.class, self.kind_of_bucket(role, bucket, usage), look)
    }

    /// What is the same for all buckets that the role's policies do not tell apart; nothing where the bucket's own policy
    /// has a say.
    #[must_use]
    pub fn kind_of_bucket(&self, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> Option<usize> {
        if has_own(&bucket.policy, usage) {
            return None;
        }
        let [buckets, _] = &*self.kinds(role);
        buckets.as_ref().map(|kinds| kinds.of(bucket.arn.as_str()))
    }

    /// The same of functions, and of their versions.
    #[must_use]
    pub fn kind_of_function(&self, role: &ExecutionRole<'a>, function: &Function, usage: Use) -> Option<usize> {
        if has_own(&function.policy, usage) {
            return None;
        }
        let [_, functions] = &*self.kinds(role);
        functions.as_ref().map(|kinds| kinds.of(function.arn.as_str()))
    }

    /// What tells buckets and functions apart to a role.
    fn kinds(&self, role: &ExecutionRole<'a>) -> Rc<[Option<Kinds>; 2]> {
        let kinds = |actions: &[&str]| {
            let reaches = actions.iter().map(|action| self.access.prepared(role.role, &Ask::new(action)));
            Kinds::new(reaches.collect::<Vec<_>>().iter().map(|reach| &**reach)).ok()
        };
        let look = || Rc::new([kinds(&OBJECT_ACTIONS), kinds(&[INVOKE])]);
        Rc::clone(self.known.kinds.borrow_mut().entry(role.class).or_insert_with(look))
    }

    /// May a role invoke a function without a qualifier? Judged once for all functions that the policies do not tell
    /// apart, so that its example may be another function's.
    #[must_use]
    pub fn judge_invocation(&self, role: &ExecutionRole<'a>, function: &Function, usage: Use) -> Rc<Judged> {
        let look = || Rc::new(Judged::new(self.invoke(role, function, &function.arn, usage)));
        kept(&self.known.invocations, role.class, self.kind_of_function(role, function, usage), look)
    }

    /// May a role invoke some version or alias of a function, by a grant of its own that is meant for it?
    #[must_use]
    pub fn invokes_versions(&self, role: &ExecutionRole<'a>, function: &Function) -> bool {
        let look = || {
            let versions = format!("{}:", function.arn);
            let stranger = function.arn.as_str().strip_suffix(function.arn.name()).unwrap_or_default();
            let of_strangers = format!("{stranger}{STRANGER}:");
            let meant = |pattern: &Pattern| pattern.meets_below(&versions) && !pattern.meets_below(&of_strangers);
            let answer = self.access.cover(role.role, &Ask::new(INVOKE), &versions);
            answer.granting().any(|clause| clause.patterns.iter().any(meant))
        };
        let [_, functions] = &*self.kinds(role);
        kept(&self.known.versions, role.class, functions.as_ref().map(|kinds| kinds.of(function.arn.as_str())), look)
    }

    /// What a role may do with the objects of a bucket, action by action. The policy of a bucket that nothing shows to be
    /// used is not asked for: there the role's own policies are judged alone.
    #[must_use]
    pub fn objects(&self, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> [Answer; 3] {
        let own = if usage == Use::Other { bucket.policy.if_asked() } else { Some(&bucket.policy) };
        let objects = format!("{}/", bucket.arn);
        OBJECT_ACTIONS.map(|action| {
            let ask = Ask::new(action);
            self.access.cover(role.role, &own.map_or(ask.clone(), |policy| ask.of(policy)), &objects)
        })
    }
}

/// What is known of a kind, or else looked at; what has no kind is looked at each time.
fn kept<T: Clone>(known: &Kept<(usize, usize), T>, class: usize, kind: Option<usize>, look: impl FnOnce() -> T) -> T {
    let Some(kind) = kind else { return look() };
    if let Some(found) = known.borrow().get(&(class, kind)) {
        return found.clone();
    }
    let found = look();
    known.borrow_mut().insert((class, kind), found.clone());
    found
}

/// Must a resource's own policy be asked, the resource being this to a role?
fn has_own(policy: &Fact<Option<Document>>, usage: Use) -> bool {
    let alone = usage == Use::Other && policy.if_asked().is_none();
    !alone && !matches!(policy, Fact::Known(None))
}

/// Does nothing but token-in-key and object-tag rules reach into the bucket?
fn granted(answers: &[Answer], bucket: &Arn) -> Granted {
    let mut open = None;
    for answer in answers {
        open = open.or_else(|| answer.too_entangled());
        for clause in answer.granting() {
            let tagged = clause.open && by_tag(clause);
            if (!clause.open && reaches_into(clause, bucket)) || (tagged && is_for_bucket(clause, bucket)) {
                return Granted::Yes;
            }
            if clause.open && !tagged {
                open = open.or_else(|| Some(answer.gap_of(clause)));
            }
        }
    }
    open.map_or(Granted::No, Granted::Open)
}

/// Reads an answer about an object whose tags are known. What still hangs on them is a key that the object has twice, in
/// another case: IAM does not say which of them counts.
fn tagged(answer: Answer) -> Judged {
    let conditional = answer.verdicts().any(|verdict| verdict == Verdict::Conditional);
    let twice = answer.clauses().find(|clause| conditional && clause.open && by_tag(clause));
    match twice.map(|clause| answer.gap_of(clause)) {
        Some(gap) => Judged { lacking: false, open_grant: Some(gap), ..Judged::new(answer) },
        None => Judged::new(answer),
    }
}

/// Does a grant hang on an object's tags alone?
#[must_use]
pub fn by_tag(clause: &Clause<Unknown>) -> bool {
    clause.effect == Effect::Allow && object_tags(&clause.residual).is_some()
}

/// Does a clause reach into a bucket by more than a token in the key? It reaches a key that carries no word at all, or it
/// is meant for the bucket.
#[must_use]
pub fn reaches_into(clause: &Clause<Unknown>, bucket: &Arn) -> bool {
    clause.applies_to(&format!("{bucket}/{STRANGER}")) || is_for_bucket(clause, bucket)
}

/// Is a clause meant for this bucket? It reaches into it, and not into a bucket of a name that only wildcards match.
#[must_use]
pub fn is_for_bucket(clause: &Clause<Unknown>, bucket: &Arn) -> bool {
    let (objects, of_strangers) = (format!("{bucket}/"), format!("{}/", stranger_to(bucket)));
    let meant = |pattern: &Pattern| pattern.meets_below(&objects) && !pattern.meets_below(&of_strangers);
    !clause.all_but && clause.patterns.iter().any(meant)
}

fn stranger_to(bucket: &Arn) -> Arn {
    Arn::bucket(bucket.partition(), &STRANGER.to_string())
}
