//! What of an account was asked for and could not be had.

use std::collections::{BTreeMap, BTreeSet};

use super::{Account, Fact, Grants, Organization, Unknown};

impl Account {
    /// Every fact that was asked for and could not be had, each gap once, ascending. The account's alias is none that an
    /// audit depends on.
    #[must_use]
    pub fn unread(&self) -> BTreeSet<Unknown> {
        let mut gaps = Gaps::default();
        gaps.0.extend(self.gaps.iter().cloned());
        for policy in self.iam.policies.values() {
            if let Some(policy) = gaps.note(policy) {
                gaps.note(&policy.document);
            }
        }
        for role in gaps.note(&self.iam.roles).into_iter().flatten() {
            gaps.note(&role.id);
            gaps.note(&role.trust);
            gaps.note_grants(&role.grants);
            gaps.note(&role.boundary);
            gaps.note(&role.tags);
        }
        for user in gaps.note(&self.iam.users).into_iter().flatten() {
            gaps.note(&user.id);
            gaps.note_grants(&user.grants);
            gaps.note(&user.groups);
            gaps.note(&user.boundary);
            gaps.note(&user.tags);
        }
        for group in gaps.note(&self.iam.groups).into_iter().flatten() {
            gaps.note_grants(&group.grants);
        }
        for bucket in gaps.note(&self.buckets).into_iter().flatten() {
            gaps.note(&bucket.region);
            gaps.note(&bucket.tags);
            gaps.note(&bucket.policy);
            gaps.note(&bucket.cors);
            gaps.note(&bucket.encryption);
            gaps.note(&bucket.abac);
        }
        for tags in self.objects.values() {
            gaps.note(tags);
        }
        gaps.note(&self.organization_id);
        if let Organization::Policies(policies) = &self.organization {
            for policy in policies.scps.iter().chain(&policies.rcps).flatten() {
                gaps.note(&policy.document);
            }
        }
        for regional in self.regions.values() {
            for function in gaps.note(&regional.functions).into_iter().flatten() {
                gaps.note(&function.tags);
                gaps.note(&function.policy);
                gaps.note(&function.vpc);
            }
            for job in gaps.note(&regional.labeling_jobs).into_iter().flatten() {
                gaps.note(&job.request);
            }
            for flow in gaps.note(&regional.flow_definitions).into_iter().flatten() {
                gaps.note(&flow.settings);
            }
            gaps.note(&regional.workteams);
            for key in regional.keys.values() {
                if let Some(Some(key)) = gaps.note(key) {
                    gaps.note(&key.policy);
                    gaps.note(&key.grants);
                }
            }
        }
        gaps.0
    }
}

/// The gaps met so far.
#[derive(Default)]
struct Gaps(BTreeSet<Unknown>);

impl Gaps {
    /// Notes a gap, or hands on what is known.
    fn note<'a, T>(&mut self, fact: &'a Fact<T>) -> Option<&'a T> {
        match fact {
            Fact::Known(fact) => return Some(fact),
            Fact::Unknown(gap) if gap.is_not_asked() => {}
            Fact::Unknown(gap) => drop(self.0.insert(gap.clone())),
        }
        None
    }

    fn note_grants(&mut self, grants: &Grants) {
        self.note(&grants.attached);
        for document in self.note(&grants.inline).into_iter().flat_map(BTreeMap::values) {
            self.note(document);
        }
    }
}
