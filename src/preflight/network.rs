//! Buckets that only a network may reach: workers open what they label by URLs that the role has signed, from wherever they
//! are, and only a private work team can be told to come from there.
//!
//! Source: SageMaker Developer Guide, `samurai-vpc-labeling-job` (2026-11).

use super::check::{Check, Verdict};
use super::job::Subject;
use super::manifest::Manifest;
use crate::labeling::needs::MANIFEST;
use crate::uri::S3Uri;

impl Subject<'_, '_> {
    /// May workers open the objects from outside? Of the manifest's objects, else, as far as is known, of its own bucket.
    pub(super) fn network(&self, manifest: Option<&Manifest>) -> Vec<Check> {
        let Some(manifest) = manifest else {
            let bucket = self.uri_of(MANIFEST).map(|uri| S3Uri { bucket: uri.bucket.clone(), key: String::new() });
            return bucket.and_then(|bucket| self.opened_outside(&bucket, false, false)).into_iter().collect();
        };
        let prefixes = manifest.prefixes.iter();
        prefixes.filter_map(|prefix| self.opened_outside(&prefix.uri, prefix.is_object, true)).collect()
    }

    /// Something to say only where the role itself comes in, and somebody from outside does not. `certain`: objects are there.
    fn opened_outside(&self, uri: &S3Uri, is_object: bool, certain: bool) -> Option<Check> {
        let role = self.role?;
        let inside = self.setup.reads_of(role, uri, is_object).ok()?;
        let outside = self.setup.reads_from_outside(role, uri, is_object).ok()?;
        if !inside.denying().is_empty() || (outside.denying().is_empty() && outside.open_stop.is_none()) {
            return None;
        }
        let named = uri.to_string();
        let private = self.job.request.human_task_config.workteam_arn.as_deref();
        if private.is_some_and(|team| team.contains(":workteam/private-crowd/")) {
            let why = "a policy lets only a network in: workers must come to the portal from there";
            return Some(Check::pass(MANIFEST, named, why));
        }
        let why = "a policy lets only a network in, and workers who are no private work team do not come from there";
        let whole = is_object || !outside.allows_some();
        let verdict = if certain && whole && !outside.denying().is_empty() { Verdict::Fail } else { Verdict::Unknown };
        Some(Check::new(MANIFEST, named, verdict, why))
    }
}
