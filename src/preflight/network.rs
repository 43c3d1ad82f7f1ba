//! Buckets that only a network may reach: workers open what they label by URLs that the role has signed, from wherever they
//! are, and only a private work team can be told to come from there.
//!
//! Source: SageMaker Developer Guide, `samurai-vpc-labeling-job` (2026-11).

use std::collections::BTreeSet;

use super::check::{Check, Verdict};
use super::job::Subject;
use super::manifest::Manifest;
use crate::account::Unknown;
use crate::evaluation::{AccessCheck, Cause, Requirement, ResourceSet};
use crate::labeling::needs::MANIFEST;
use crate::uri::S3Uri;

/// The context keys of a network, in small letters.
const NETWORK: [&str; 4] = ["aws:sourcevpce", "aws:sourcevpc", "aws:sourceip", "aws:vpcsourceip"];

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

    /// Something to say only where a statement lets in the role by its network, and none from outside. `certain`: objects
    /// are there.
    fn opened_outside(&self, uri: &S3Uri, is_object: bool, certain: bool) -> Option<Check> {
        let role = self.role?;
        let inside = self.evaluator.reads_of(role, uri, is_object).ok()?;
        let outside = self.evaluator.reads_by_browser(role, uri, is_object).ok()?;
        let denied = by_network(&outside);
        if !inside.denying().is_empty() || !(denied || open_to_network(&outside)) {
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
        let verdict = if certain && whole && denied { Verdict::Fail } else { Verdict::Unknown };
        Some(Check::new(MANIFEST, named, verdict, why))
    }
}

/// Does a statement deny it because of the network alone that it does not come from?
fn by_network(check: &AccessCheck) -> bool {
    let any = Requirement::of_value(MANIFEST, "");
    let any = Requirement { on: ResourceSet::Matching("*".to_owned()), ..any };
    let causes: BTreeSet<Cause> = check.causes(&any, &crate::evaluation::check::Names::default());
    causes.iter().any(|cause| match cause {
        Cause::ExplicitDeny { because, .. } => because.iter().any(|fired| is_network(&fired.key)),
        _ => false,
    })
}

/// Does it depend on a network whether a statement denies it?
fn open_to_network(check: &AccessCheck) -> bool {
    matches!(&check.unknown_block, Some(Unknown::Undecidable { on, .. }) if on.iter().any(|key| is_network(key)))
}

fn is_network(key: &str) -> bool {
    NETWORK.contains(&key.to_ascii_lowercase().as_str())
}
