//! Who is asked what roles may do.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use hashbrown::HashMap;

use super::check::AccessCheck;
use super::whole::Whole;
use crate::labeling::LabelingContext;
use crate::policy::reach::Kinds;

/// The part of an account that has to do with labeling, to be asked what its roles may do; what was asked once for a class
/// of roles and a kind of resources is kept.
#[derive(Debug)]
pub struct Evaluator<'a> {
    labeling: LabelingContext<'a>,
    pub(super) known: Known,
}

impl<'a> Evaluator<'a> {
    /// Makes a labeling context answer questions.
    #[must_use]
    pub fn new(labeling: LabelingContext<'a>) -> Self {
        Self { labeling, known: Known::default() }
    }
}

/// What was looked at, by what distinguishes it.
pub(super) type Kept<K, V> = RefCell<HashMap<K, V>>;

/// What was judged before.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// What distinguishes buckets to a class, and functions and their versions.
    pub(super) kinds: Kept<usize, Rc<[Kinds; 2]>>,
    /// By class and kind of bucket.
    pub(super) wholes: Kept<(usize, usize), Rc<Whole>>,
    /// By class and kind of function.
    pub(super) invocations: Kept<(usize, usize), Rc<AccessCheck>>,
    /// The same, of some version or alias.
    pub(super) versions: Kept<(usize, usize), bool>,
}

impl<'a> Deref for Evaluator<'a> {
    type Target = LabelingContext<'a>;

    fn deref(&self) -> &Self::Target {
        &self.labeling
    }
}

impl DerefMut for Evaluator<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.labeling
    }
}
