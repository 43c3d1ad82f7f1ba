//! What is judged once for many: roles with the same policies are a class; buckets and functions without policies of their
//! own are judged once a class, and those together that the policies do not distinguish.

use std::rc::Rc;

use super::check::AccessCheck;
use super::evaluator::{Evaluator, Kept, Kind};
use super::whole::Whole;
use crate::access::Ask;
use crate::account::{Bucket, Fact, Function};
use crate::labeling::{ExecutionRole, INVOKE, OBJECT_ACTIONS, Use};
use crate::policy::Document;
use crate::policy::reach::Kinds;

impl<'a> Evaluator<'a> {
    /// The whole bucket, judged once for all buckets that the policies do not distinguish: so its examples may be another
    /// bucket's.
    #[must_use]
    pub fn whole(&self, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> Rc<Whole> {
        let look = || Rc::new(Whole::new(&self.objects(role, bucket, usage), &bucket.arn));
        kept(&self.known.wholes, role.class, self.kind_of_bucket(role, bucket, usage), look)
    }

    /// What is the same for all buckets that the role's policies do not distinguish; nothing where the bucket's own policy
    /// has a say.
    #[must_use]
    pub fn kind_of_bucket(&self, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> Option<Kind> {
        if has_own(&bucket.policy, usage) {
            return None;
        }
        let (region, kinds) = self.kinds(role, bucket.region.known().ok().map(String::as_str))?;
        let [buckets, _] = &*kinds;
        Some(Kind { region, number: buckets.of(bucket.arn.as_str()) })
    }

    /// The same of functions, and of their versions.
    #[must_use]
    pub fn kind_of_function(&self, role: &ExecutionRole<'a>, function: &Function, usage: Use) -> Option<Kind> {
        if has_own(&function.policy, usage) {
            return None;
        }
        self.kind_by_arn(role, function)
    }

    fn kind_by_arn(&self, role: &ExecutionRole<'a>, function: &Function) -> Option<Kind> {
        let (region, kinds) = self.kinds(role, Some(function.arn.region()))?;
        let [_, functions] = &*kinds;
        Some(Kind { region, number: functions.of(function.arn.as_str()) })
    }

    /// What distinguishes the buckets and functions of a region to a role, with the number of the region; nothing, where
    /// their tags do.
    fn kinds(&self, role: &ExecutionRole<'a>, region: Option<&str>) -> Option<(usize, Rc<[Kinds; 2]>)> {
        if self.access.distinguishes_by_tags(role.role) {
            return None;
        }
        let kinds = |actions: &[&str]| {
            let ask = |action| Ask::of_ground_truth(action).in_region(region);
            let reaches = actions.iter().map(|action| self.access.prepared(role.role, &ask(action)));
            Kinds::new(reaches.collect::<Vec<_>>().iter().map(|reach| &**reach))
        };
        let look = || Rc::new([kinds(&OBJECT_ACTIONS), kinds(&[INVOKE])]);
        let number = self.number_of_region(region);
        let kinds = Rc::clone(self.known.kinds.borrow_mut().entry((role.class, number)).or_insert_with(look));
        Some((number, kinds))
    }

    /// May a role invoke a function without a qualifier? Judged once for all functions that the policies do not
    /// distinguish, so that its example may be another function's.
    #[must_use]
    pub fn invocation(&self, role: &ExecutionRole<'a>, function: &Function, usage: Use) -> Rc<AccessCheck> {
        let look = || Rc::new(AccessCheck::new(self.invoke(role, function, &function.arn, usage)));
        kept(&self.known.invocations, role.class, self.kind_of_function(role, function, usage), look)
    }

    /// May a role invoke some version or alias of a function, by a grant of its own that is meant for it?
    #[must_use]
    pub fn invokes_versions(&self, role: &ExecutionRole<'a>, function: &Function) -> bool {
        let look = || self.grants_versions(role, function);
        kept(&self.known.versions, role.class, self.kind_by_arn(role, function), look)
    }
}

/// What is known of a kind, or else looked at; what has no kind is looked at each time.
fn kept<T: Clone>(known: &Kept<(usize, Kind), T>, class: usize, kind: Option<Kind>, look: impl FnOnce() -> T) -> T {
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
