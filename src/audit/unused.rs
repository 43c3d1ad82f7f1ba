//! What a rule finds of buckets and functions that nothing shows to be used, told in as few findings as there are causes.
//!
//! The roles whose managed policies go by the same names are one set. Of a set, each resource is found for some roles; the
//! resources that are found for the same roles are one finding, about each of these roles and each of these resources.
//! Mostly that is one finding for the whole set, and a few for what single roles name in policies of their own.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::ignores::Ignores;
use crate::account::Unknown;
use crate::arn::{Arn, Arns};
use crate::evaluation::wording::Sentence;
use crate::finding::{self, Finding, RuleId, Severity};
use crate::labeling::{ExecutionRole, Use};

/// So many pairs of a role and a finding are told at the most; beyond, those about the fewest resources are left out.
const MOST_PAIRS: usize = 100_000;

/// Resources of which a rule is true for some roles, and which nothing shows to be used by them.
#[derive(Debug)]
pub(super) struct Unused {
    rule: RuleId,
    severity: Severity,
    /// All that the rule looks at, in the order of their ARNs.
    resources: Arns,
    /// The sentence about so many of them.
    together: fn(&ExecutionRole<'_>, usize) -> Sentence,
    /// Why it is not known whether a labeling job uses them.
    open: BTreeSet<Unknown>,
    /// The roles, by the policies that go by names; each with the places of the resources that are found for it.
    by_policies: BTreeMap<Vec<String>, BTreeMap<Arn, Places>>,
}

/// Places in a list, a bit each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Places(Vec<u64>);

/// Resources that are found for the same roles.
struct Part {
    roles: Vec<Arn>,
    resources: Arns,
    /// What distinguishes it from the other parts of the same policies; empty where it is about all their roles.
    distinction: String,
    /// The ignore that silences it, by its place.
    ignore: Option<usize>,
}

impl Places {
    fn insert(&mut self, place: usize) {
        let word = place / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= 1 << (place % 64);
        }
    }

    fn contains(&self, place: usize) -> bool {
        self.0.get(place / 64).is_some_and(|bits| bits >> (place % 64) & 1 == 1)
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        let words = self.0.iter().zip((0..).step_by(64));
        words.flat_map(|(bits, first)| (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| first + bit))
    }
}

impl FromIterator<usize> for Places {
    fn from_iter<I: IntoIterator<Item = usize>>(places: I) -> Self {
        let mut set = Self::default();
        places.into_iter().for_each(|place| set.insert(place));
        set
    }
}

impl Unused {
    /// Nothing yet, of a rule and the resources that it looks at.
    pub(super) fn new(
        rule: RuleId,
        severity: Severity,
        resources: Arns,
        together: fn(&ExecutionRole<'_>, usize) -> Sentence,
    ) -> Self {
        Self { rule, severity, resources, together, open: BTreeSet::new(), by_policies: BTreeMap::new() }
    }

    /// Adds what is found for a role, and why it is not known whether a labeling job uses it.
    pub(super) fn add(&mut self, role: &ExecutionRole<'_>, places: Places, open: &BTreeSet<Unknown>) {
        if places.0.is_empty() {
            return;
        }
        self.open.extend(open.iter().cloned());
        let policies: BTreeSet<String> = role.limits.iter().map(|limits| limits.policy.clone()).collect();
        let of = self.by_policies.entry(policies.into_iter().collect()).or_default();
        of.insert(role.role.arn.clone(), places);
    }

    /// A finding for each role and part; and what the reader should know of what is left out. What an ignore silences
    /// stands apart, by what silences it.
    pub(super) fn findings<'r, 'a: 'r>(
        &self,
        role_of: impl Fn(&Arn) -> Option<&'r ExecutionRole<'a>>,
        ignores: &mut Ignores<'_>,
    ) -> (Vec<Finding>, Option<String>) {
        let mut silenced = BTreeMap::new();
        let mut parts: Vec<(&[String], Part)> = vec![];
        for (policies, rows) in &self.by_policies {
            for part in self.parts(rows) {
                let split = self.split(part, ignores, &mut silenced);
                parts.extend(split.into_iter().map(|part| (policies.as_slice(), part)));
            }
        }
        let note = self.leave_out(&mut parts);
        let mut findings = vec![];
        for (policies, part) in parts {
            let about = format!("{} {}", policies.join(","), part.distinction);
            for role in part.roles.iter().filter_map(&role_of) {
                let sentence = (self.together)(role, part.resources.len());
                let mut finding = Finding::new(self.rule, self.severity, Some(&role.role.arn), None, sentence);
                finding.usage = Some(Use::Other);
                let mut finding = finding.of_open_use(&self.open, true);
                finding.resources = part.resources.clone();
                finding.id = finding::fingerprint(self.rule, about.trim(), finding.usage);
                if let Some(single) = part.ignore.and_then(|place| silenced.get(&place)) {
                    let single: &Finding = single;
                    finding.status = single.status;
                    finding.suppression.clone_from(&single.suppression);
                }
                findings.push(finding);
            }
        }
        (findings, note)
    }

    /// A part by what the ignores silence of it. What they do not speak of, or silence as a whole, keeps its id.
    fn split(&self, part: Part, ignores: &mut Ignores<'_>, silenced: &mut BTreeMap<usize, Finding>) -> Vec<Part> {
        if !ignores.speak_of(self.rule) {
            return vec![part];
        }
        let mut by_fate: BTreeMap<BTreeMap<Option<usize>, Vec<Arn>>, Vec<Arn>> = BTreeMap::new();
        for role in part.roles {
            let mut fates: BTreeMap<Option<usize>, Vec<Arn>> = BTreeMap::new();
            for resource in part.resources.iter() {
                let mut single =
                    Finding::new(self.rule, self.severity, Some(&role), Some(resource), Sentence::default());
                let ignore = ignores.silence(&mut single);
                fates.entry(ignore).or_default().push(resource.clone());
                if let Some(ignore) = ignore {
                    silenced.entry(ignore).or_insert(single);
                }
            }
            by_fate.entry(fates).or_default().push(role);
        }
        let alike = by_fate.len() == 1;
        let mut split = vec![];
        for (fates, roles) in by_fate {
            let named = |ignore: &Option<usize>| ignore.and_then(|place| ignores.part(place)).unwrap_or_default();
            let all = fates.keys().map(named).collect::<Vec<_>>().join(" ");
            let whole = fates.len() == 1;
            for (ignore, resources) in fates {
                let distinction = match ignore {
                    _ if whole => part.distinction.clone(),
                    None if alike => part.distinction.clone(),
                    ignore => format!("{} {} of {all}", part.distinction, named(&ignore)),
                };
                split.push(Part { roles: roles.clone(), resources: resources.into(), distinction, ignore });
            }
        }
        split
    }

    /// The resources that are found for the same roles, part by part, in the order of each part's first resource.
    fn parts(&self, rows: &BTreeMap<Arn, Places>) -> Vec<Part> {
        let resources: Vec<&Arn> = self.resources.iter().collect();
        // Each resource's roles in 128 bits: two sets of roles have the same only by a chance of one in 2^128.
        let mut signatures = vec![0_u128; resources.len()];
        for (row, places) in (1..).zip(rows.values()) {
            let bits = spread(row);
            for place in places.iter() {
                signatures.iter_mut().skip(place).take(1).for_each(|signature| *signature ^= bits);
            }
        }
        let mut by_roles: HashMap<u128, Vec<usize>> = HashMap::new();
        for (place, signature) in signatures.into_iter().enumerate().filter(|(_, signature)| *signature != 0) {
            by_roles.entry(signature).or_default().push(place);
        }
        let mut all: Vec<Vec<usize>> = by_roles.into_values().collect();
        all.sort();
        let part = |places: Vec<usize>| {
            let first = *places.first()?;
            let (own, others): (Vec<_>, Vec<_>) = rows.iter().partition(|(_, row)| row.contains(first));
            let names =
                |rows: &[(&Arn, &Places)]| rows.iter().map(|(role, _)| role.as_str()).collect::<Vec<_>>().join(" ");
            let distinction = match own.len() {
                _ if others.is_empty() => String::new(),
                // A role that joins the others leaves the id as it is.
                few if few < others.len() => format!("only {}", names(&own)),
                _ => format!("not {}", names(&others)),
            };
            let listed = places.iter().filter_map(|place| resources.get(*place)).map(|arn| (*arn).clone());
            let resources = Arns::from(listed.collect::<Vec<_>>());
            let roles = own.into_iter().map(|(role, _)| role.clone()).collect();
            Some(Part { roles, resources, distinction, ignore: None })
        };
        all.into_iter().filter_map(part).collect()
    }

    /// Leaves out the parts about the fewest resources where there are too many pairs of a role and a part to tell.
    fn leave_out(&self, parts: &mut Vec<(&[String], Part)>) -> Option<String> {
        let mut pairs: usize = parts.iter().map(|(_, part)| part.roles.len()).sum();
        if pairs <= MOST_PAIRS {
            return None;
        }
        parts.sort_by_key(|(_, part)| std::cmp::Reverse(part.resources.len()));
        let mut resources = BTreeSet::new();
        while pairs > MOST_PAIRS && parts.len() > 1 {
            let Some((_, part)) = parts.pop() else { break };
            pairs -= part.roles.len();
            resources.extend(part.resources.iter().cloned());
        }
        Some(format!(
            "`{}` leaves out {} resources that single roles have to do with: for the others they are not known to be used",
            self.rule,
            resources.len()
        ))
    }
}

/// 128 bits that no other number has, and that cannot be told from random ones (`SplitMix64`, twice).
fn spread(number: u64) -> u128 {
    let mix = |seed: u64| {
        let mut bits = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    };
    u128::from(mix(number * 2)) << 64 | u128::from(mix(number * 2 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_a_set() {
        let places: Places = [3, 64, 200, 3].into_iter().collect();
        assert_eq!(places.iter().collect::<Vec<_>>(), [3, 64, 200]);
        assert!(places.contains(64) && !places.contains(65) && !places.contains(10_000));
    }

    #[test]
    fn resources_of_the_same_roles_are_one_part_and_each_pair_is_in_one() {
        let arn = |name: &str| Arn::bucket("aws", name);
        let resources = Arns::from((0..100).map(|n| arn(&format!("b{n:03}"))).collect::<Vec<_>>());
        let unused =
            Unused::new(RuleId::BucketOutOfReach, Severity::Low, resources.clone(), |_, _| Sentence::default());
        let roles: Vec<Arn> = (0..10).map(|n| arn(&format!("role{n}"))).collect();
        // Each role lacks one bucket, and the last two lack the second half.
        let row = |role: usize| (0..100).filter(|b| *b != role && (role < 8 || *b < 50)).collect::<Places>();
        let rows: BTreeMap<Arn, Places> = roles.iter().cloned().zip((0..).map(row)).collect();
        let parts = unused.parts(&rows);
        let mut pairs = BTreeSet::new();
        for part in &parts {
            for role in &part.roles {
                for resource in part.resources.iter() {
                    assert!(pairs.insert((role.clone(), resource.clone())));
                }
            }
        }
        let of = |role: &Arn, places: &Places| {
            let all: Vec<&Arn> = resources.iter().collect();
            places.iter().map(|place| (role.clone(), all[place].clone())).collect::<Vec<_>>()
        };
        let wanted: BTreeSet<_> = rows.iter().flat_map(|(role, places)| of(role, places)).collect();
        assert_eq!(pairs, wanted);
        // Ten buckets that one role has, forty that all lack, fifty that eight lack.
        assert_eq!(parts.len(), 12);
        assert_eq!(parts.iter().filter(|part| part.distinction.is_empty()).count(), 1);
        assert!(parts[0].distinction.starts_with("not ") && parts[0].distinction.ends_with("role0"));
    }
}
