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
    /// What distinguishes the buckets of a region to a class, and functions and their versions.
    pub(super) kinds: Kept<(usize, usize), Rc<[Kinds; 2]>>,
    /// By class and kind of bucket.
    pub(super) wholes: Kept<(usize, Kind), Rc<Whole>>,
    /// By class and kind of function.
    pub(super) invocations: Kept<(usize, Kind), Rc<AccessCheck>>,
    /// The same, of some version or alias.
    pub(super) versions: Kept<(usize, Kind), bool>,
    /// The regions that were met, by number.
    regions: RefCell<Vec<String>>,
}

/// What buckets or functions are the same to a class of roles: those of one region that the policies do not distinguish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kind {
    /// The number of the region; 0 where it is not known.
    pub(super) region: usize,
    /// What the policies' patterns make of the ARN.
    pub(super) number: usize,
}

impl Evaluator<'_> {
    /// The number of a region; 0 where it is not known.
    pub(super) fn number_of_region(&self, name: Option<&str>) -> usize {
        let Some(name) = name else { return 0 };
        let mut regions = self.known.regions.borrow_mut();
        let place = regions.iter().position(|known| known == name).unwrap_or_else(|| {
            regions.push(name.to_owned());
            regions.len() - 1
        });
        place + 1
    }
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
