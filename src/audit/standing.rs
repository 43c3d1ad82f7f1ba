//! What each bucket and function is to each class of execution roles.
//!
//! Resources that a class's policies do not distinguish, and whose names and tags say the same, are one group: what is
//! found of one of them is found of all. So an audit looks at each resource once a class, and at each group once a rule.

use std::collections::{BTreeMap, HashMap};

use crate::account::Unknown;
use crate::arn::{Arn, Arns};
use crate::evaluation::evaluator::Kind;
use crate::labeling::{ExecutionRole, Use};

/// The buckets or functions that are audited, in the order of their ARNs.
pub(super) struct Resources<'a, T> {
    pub(super) items: Vec<&'a T>,
    /// Their ARNs.
    pub(super) arns: Arns,
    /// Why some of them could not be listed.
    pub(super) unlisted: Vec<Unknown>,
    /// Their places, by the names that uses name them by.
    places: HashMap<&'a str, usize>,
    /// The names, as uses name them, of those that a role uses.
    used: for<'r> fn(&'r ExecutionRole<'_>) -> Vec<&'r str>,
    arn: fn(&T) -> &Arn,
}

/// The places of what roles use, each with those roles.
pub(super) type Used<'s, 'a> = BTreeMap<usize, Vec<&'s ExecutionRole<'a>>>;

/// What the resources are to a class of roles if none of them uses them.
pub(super) struct Standings<'a, T> {
    pub(super) groups: Vec<Group<'a, T>>,
    /// The group of each resource, in their order.
    of: Vec<usize>,
}

/// Resources that are the same thing to a class of roles.
pub(super) struct Group<'a, T> {
    /// One of them.
    pub(super) first: &'a T,
    /// What names, tags and policies show.
    pub(super) meaning: Result<Use, Unknown>,
    /// Is the same decided of all of them? Else a policy of their own has a say, or policies are too entangled.
    pub(super) alike: bool,
}

impl<'a, T> Resources<'a, T> {
    pub(super) fn list(
        lists: impl IntoIterator<Item = Result<&'a Vec<T>, Unknown>>,
        admits: &dyn Fn(&Arn) -> bool,
        arn: fn(&T) -> &Arn,
        name: fn(&T) -> &str,
        used: for<'r> fn(&'r ExecutionRole<'_>) -> Vec<&'r str>,
    ) -> Self {
        let (mut items, mut unlisted): (Vec<&T>, _) = (vec![], vec![]);
        for list in lists {
            match list {
                Ok(list) => items.extend(list.iter().filter(|item| admits(arn(item)))),
                Err(gap) => unlisted.push(gap),
            }
        }
        // So that what is said of many is said in their order.
        items.sort_by(|a, b| arn(a).cmp(arn(b)));
        let places = items.iter().zip(0..).map(|(item, place)| (name(item), place)).collect();
        let arns = Arns::from(items.iter().map(|item| arn(item).clone()).collect::<Vec<_>>());
        Self { items, arns, unlisted, places, used, arn }
    }

    pub(super) fn arn(&self, item: &'a T) -> &'a Arn {
        (self.arn)(item)
    }

    /// What the resources are to a class of roles.
    pub(super) fn standings(
        &self,
        meaning: impl Fn(&T) -> Result<Use, Unknown>,
        kind: impl Fn(&T, Use) -> Option<Kind>,
    ) -> Standings<'a, T> {
        let mut groups = vec![];
        let mut known = hashbrown::HashMap::new();
        let mut of = Vec::with_capacity(self.items.len());
        for item in &self.items {
            let meaning = meaning(item);
            let kind = meaning.as_ref().ok().and_then(|usage| Some((*usage, kind(item, *usage)?)));
            let found = || {
                groups.push(Group { first: *item, meaning, alike: kind.is_some() });
                groups.len() - 1
            };
            of.push(match kind {
                Some(kind) => *known.entry(kind).or_insert_with(found),
                None => found(),
            });
        }
        Standings { groups, of }
    }

    /// The places of what roles use, each with those roles.
    pub(super) fn used<'s, 'r>(&self, roles: &[&'s ExecutionRole<'r>]) -> Used<'s, 'r> {
        let mut used = Used::new();
        for role in roles {
            for place in (self.used)(role).into_iter().filter_map(|name| self.places.get(name)) {
                used.entry(*place).or_default().push(*role);
            }
        }
        used
    }

    /// Each role with what stands at these places, which ascend, less what it uses; none where nothing is left.
    pub(super) fn less_used<'s, 'r>(
        &self,
        places: &[usize],
        roles: &[&'s ExecutionRole<'r>],
        used: &Used<'s, 'r>,
    ) -> Vec<(&'s ExecutionRole<'r>, Arns)> {
        let items = places.iter().filter_map(|place| self.items.get(*place));
        let all = Arns::from(items.map(|item| (self.arn)(item).clone()).collect::<Vec<_>>());
        let mut own: HashMap<&Arn, Vec<usize>> = HashMap::new();
        for (place, users) in used {
            let Ok(listed) = places.binary_search(place) else { continue };
            for user in users {
                own.entry(&user.role.arn).or_default().push(listed);
            }
        }
        let less =
            |role: &&'s ExecutionRole<'r>| (*role, all.without(own.get(&role.role.arn).into_iter().flatten().copied()));
        roles.iter().map(less).filter(|(_, left)| !left.is_empty()).collect()
    }
}

impl<'a, T> Standings<'a, T> {
    /// What names, tags and policies show of each resource, in their order.
    pub(super) fn meanings(&self) -> impl Iterator<Item = &Result<Use, Unknown>> {
        // INVARIANT: every resource has a group.
        self.of.iter().filter_map(|group| self.groups.get(*group)).map(|group| &group.meaning)
    }

    /// What is known of each resource's group, in the order of the resources; `known` is in the order of the groups.
    pub(super) fn each<'k, K>(&'k self, known: &'k [K]) -> impl Iterator<Item = (&'k Group<'a, T>, &'k K)> {
        // INVARIANT: every resource has a group.
        self.of.iter().filter_map(|group| Some((self.groups.get(*group)?, known.get(*group)?)))
    }
}
