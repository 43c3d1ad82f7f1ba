//! What a manifest names: the objects that workers label, which the role reads and their browsers show.

use std::collections::BTreeSet;

use super::check::{Check, Verdict};
use super::job::Subject;
use super::manifest::{Manifest, Prefix};
use crate::account::CorsRule;
use crate::evaluation::check::by_tag;
use crate::evaluation::{AccessCheck, ResourceSet, cors};
use crate::knowledge::builtin::Browsers;
use crate::labeling::ExecutionRole;
use crate::labeling::needs::{MANIFEST, OUTPUT};
use crate::uri::S3Uri;

impl<'a> Subject<'_, 'a> {
    /// May the role read what the manifest names?
    pub(super) fn objects(&self, manifest: &Manifest) -> Vec<Check> {
        let mut checks = vec![];
        if manifest.broken > 0 {
            let first: Vec<String> =
                manifest.first_broken.iter().map(|broken| format!("line {}: {}", broken.line, broken.why)).collect();
            let more = if manifest.broken > first.len() as u64 { " …" } else { "" };
            let why = format!("{} of {} lines are broken: {}{more}", manifest.broken, manifest.lines, first.join("; "));
            checks.push(Check::fail(MANIFEST, "", why));
        }
        if manifest.elsewhere > 0 {
            let why = format!("{} objects are in more buckets than were looked at", manifest.elsewhere);
            checks.push(Check::new(MANIFEST, "", Verdict::Unknown, why));
        }
        if manifest.lines == manifest.blank {
            checks.push(Check::new(MANIFEST, "", Verdict::Unknown, "the manifest names no object"));
        }
        if cors::browsers_of_task(self.job.request).is_some_and(|browsers| browsers.output) {
            let why = "the frames that its sequence files name were not looked at";
            checks.push(Check::new(MANIFEST, "", Verdict::Unknown, why));
        }
        // What of the manifest's own bucket is asked has been said.
        let mut buckets: BTreeSet<&str> = self.uri_of(MANIFEST).map(|uri| uri.bucket.as_str()).into_iter().collect();
        for prefix in &manifest.prefixes {
            if buckets.insert(&prefix.uri.bucket) {
                checks.extend(self.other_bucket(&prefix.uri));
            }
            checks.extend(self.prefix(prefix));
        }
        checks
    }

    /// What is asked of a bucket that only the manifest names.
    fn other_bucket(&self, uri: &S3Uri) -> Vec<Check> {
        let near = self.evaluator.bucket_is_near(self.job, MANIFEST, uri);
        let mut checks: Vec<Check> = near.iter().map(Check::of_job).collect();
        let Some(role) = self.role else { return checks };
        let key = self.evaluator.key_of_bucket(role.role.into(), MANIFEST, uri, true, false);
        checks.extend(key.iter().map(Check::of_job));
        for mut evaluation in self.evaluator.asks_of_bucket(role, uri).into_iter().flatten() {
            evaluation.requirement.field = MANIFEST;
            checks.push(Check::evaluated(&evaluation, ""));
        }
        checks
    }

    fn prefix(&self, prefix: &Prefix) -> Option<Check> {
        let role = self.role?;
        let who = &role.role.arn;
        let (uri, count) = (&prefix.uri, prefix.objects);
        let named = uri.to_string();
        let mut check = match self.evaluator.reads_of(role, uri, prefix.is_object) {
            Err(unknown) => Check::unknown(MANIFEST, named, &unknown).of(who, "s3:GetObject"),
            Ok(read) if depends_on_tags(&read) => {
                let why =
                    "only objects with the tag of an object-tag rule can be read, and their tags were not looked up";
                Check::new(MANIFEST, named, Verdict::Unknown, why).of(who, "s3:GetObject")
            }
            // The prefix is wider than its objects.
            Ok(read) if !prefix.is_object && read.answer.verdicts().any(|verdict| !verdict.is_denial()) => {
                self.in_part(prefix, role, &named, &read)
            }
            Ok(read) => self.read(role, uri, prefix.is_object, &read),
        };
        let objects = if count == 1 { "1 object".to_owned() } else { format!("{count} objects") };
        check.reason = format!("{objects} of the manifest: {}", check.reason);
        Some(check)
    }

    /// What comes of reading a place.
    fn read(&self, role: &ExecutionRole<'a>, uri: &S3Uri, is_object: bool, read: &AccessCheck) -> Check {
        let object = uri.object_arn(&self.evaluator.access.account.partition);
        let on = if is_object { ResourceSet::exactly(&object) } else { ResourceSet::Below(object.to_string()) };
        let mut evaluation = self.evaluator.of_objects(role, uri, on, read);
        evaluation.requirement.field = MANIFEST;
        Check::evaluated(&evaluation, "")
    }

    /// Where only a part of a prefix can be read, one of its objects may still show that the job would fail.
    fn in_part(&self, prefix: &Prefix, role: &ExecutionRole<'a>, named: &str, read: &AccessCheck) -> Check {
        let whole = self.read(role, &prefix.uri, false, read);
        if whole.verdict != Verdict::Fail {
            return whole;
        }
        let example = S3Uri::parse(&prefix.example).ok();
        let example = example.and_then(|uri| Some((self.evaluator.reads_of(role, &uri, true).ok()?, uri)));
        match example {
            Some((read, uri)) if read.is_unmet() => self.read(role, &uri, true, &read),
            _ => {
                let why = "only a part of what begins so can be read, and not each object was looked at";
                Check::new(MANIFEST, named, Verdict::Unknown, why).of(&role.role.arn, "s3:GetObject")
            }
        }
    }

    /// Do the buckets let the browsers of workers see the objects? Those of the manifest's objects, else the manifest's own;
    /// and the output's, where browsers write.
    pub(super) fn cors(&self, manifest: Option<&Manifest>) -> Vec<Check> {
        let certain = cors::browsers_of_task(self.job.request);
        let Some(browsers) = certain.or_else(|| cors::browsers(self.job.request)) else { return vec![] };
        if browsers.allowed_methods.is_empty() {
            return vec![];
        }
        let inputs: BTreeSet<&str> = match manifest {
            Some(manifest) => manifest.prefixes.iter().map(|prefix| prefix.uri.bucket.as_str()).collect(),
            None => self.uri_of(MANIFEST).map(|uri| uri.bucket.as_str()).into_iter().collect(),
        };
        let output = self.uri_of(OUTPUT).filter(|_| browsers.output).map(|uri| uri.bucket.as_str());
        let inputs = inputs.into_iter().map(|bucket| (MANIFEST, bucket));
        let asked = inputs.chain(output.map(|bucket| (OUTPUT, bucket)));
        let shown = |field: &str| certain.is_some() && (manifest.is_some() || field == OUTPUT);
        asked.filter_map(|(field, bucket)| self.cors_of(field, bucket, browsers, shown(field))).collect()
    }

    fn cors_of(&self, field: &'static str, bucket: &str, browsers: &'static Browsers, certain: bool) -> Option<Check> {
        let bucket = self.evaluator.bucket(bucket).ok().flatten()?;
        let named = bucket.arn.as_str();
        let rules: &[CorsRule] = match bucket.cors.known() {
            Err(unknown) => return Some(Check::unknown(field, named, &unknown)),
            Ok(rules) => rules,
        };
        if cors::lacks(rules, browsers).is_empty() {
            return Some(Check::pass(field, named, "its CORS rules let the browsers of workers in"));
        }
        let check = Check::unmet(field, named, vec![cors::unmet(&bucket.arn, field, rules, browsers)]);
        if certain {
            return Some(check);
        }
        let reason = format!("{}, as far as is known", check.reason);
        Some(Check { verdict: Verdict::Unknown, reason, ..check })
    }
}

/// Is something of it granted for tagged objects alone?
fn depends_on_tags(read: &AccessCheck) -> bool {
    read.not_granted && !read.blocked && read.answer.granting().any(|clause| clause.open && by_tag(clause))
}
