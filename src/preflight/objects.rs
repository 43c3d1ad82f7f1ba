//! What a manifest names: the objects that workers label, which the role reads and their browsers show.

use std::collections::BTreeSet;

use super::caller::judged;
use super::check::{Check, Verdict};
use super::job::Subject;
use super::manifest::{Manifest, Prefix};
use crate::account::CorsRule;
use crate::finding::RemedyKind;
use crate::knowledge::builtin::Browsers;
use crate::labeling::judging::Decided;
use crate::labeling::needs::{MANIFEST, OUTPUT, What};
use crate::labeling::reach::{Judged, by_tag};
use crate::labeling::{ExecutionRole, cors};
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
        let mut checks: Vec<Check> = self.bucket_is_near(MANIFEST, uri).into_iter().collect();
        let Some(role) = self.role else { return checks };
        checks.extend(self.bucket_key(MANIFEST, uri, true, role));
        for deed in self.setup.asks_of_bucket(role, uri).into_iter().flatten() {
            if let Decided::By(decided) = &deed.decided {
                checks.push(judged(MANIFEST, &role.role.arn, &deed.resource, &deed.resource, decided));
            }
        }
        checks
    }

    fn prefix(&self, prefix: &Prefix) -> Option<Check> {
        let role = self.role?;
        let who = &role.role.arn;
        let (uri, count) = (&prefix.uri, prefix.objects);
        let named = uri.to_string();
        let pattern = match uri.object_arn(&self.setup.access.account.partition) {
            object if prefix.is_object => object.to_string(),
            prefix => format!("{prefix}*"),
        };
        let mut check = match self.setup.reads_of(role, uri, prefix.is_object) {
            Err(gap) => Check::unknown(MANIFEST, named, &gap).of(who, "s3:GetObject"),
            Ok(read) if hangs_on_tags(&read) => {
                let why =
                    "only objects with the tag of an object-tag rule can be read, and their tags were not looked up";
                Check::new(MANIFEST, named, Verdict::Unknown, why).of(who, "s3:GetObject")
            }
            // The prefix is wider than its objects.
            Ok(read) if !prefix.is_object && read.answer.verdicts().any(|verdict| !verdict.is_denial()) => {
                self.in_part(prefix, role, &named, &pattern, &read)
            }
            Ok(read) => judged(MANIFEST, who, &named, &pattern, &read),
        };
        let objects = if count == 1 { "1 object".to_owned() } else { format!("{count} objects") };
        check.reason = format!("{objects} of the manifest: {}", check.reason);
        Some(check)
    }

    /// Where only a part of a prefix can be read, one of its objects may still show that the job would fail.
    fn in_part(&self, prefix: &Prefix, role: &ExecutionRole<'a>, named: &str, pattern: &str, read: &Judged) -> Check {
        let who = &role.role.arn;
        let whole = judged(MANIFEST, who, named, pattern, read);
        if whole.verdict != Verdict::Fail {
            return whole;
        }
        let example = S3Uri::parse(&prefix.example).ok();
        match example.map(|uri| self.setup.reads_of(role, &uri, true)) {
            Some(Ok(read)) if read.hindrance(who.name()).is_ok_and(|hindrance| hindrance.is_some()) => {
                judged(MANIFEST, who, &prefix.example, pattern, &read)
            }
            _ => {
                let why = "only a part of what begins so can be read, and not each object was looked at";
                Check::new(MANIFEST, named, Verdict::Unknown, why).of(who, "s3:GetObject")
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

    pub(super) fn uri_of(&self, field: &str) -> Option<&S3Uri> {
        self.job.needs.iter().find_map(|need| match &need.what {
            What::Read(uri) | What::Write(uri) if need.field == field => Some(uri),
            _ => None,
        })
    }

    fn cors_of(&self, field: &str, bucket: &str, browsers: &Browsers, certain: bool) -> Option<Check> {
        let bucket = self.setup.bucket(bucket).ok().flatten()?;
        let named = bucket.arn.as_str();
        let rules: &[CorsRule] = match bucket.cors.known() {
            Err(gap) => return Some(Check::unknown(field, named, &gap)),
            Ok(rules) => rules,
        };
        let lacks = cors::lacks(rules, browsers);
        if lacks.is_empty() {
            return Some(Check::pass(field, named, "its CORS rules let the browsers of workers in"));
        }
        let rules = if rules.is_empty() {
            "it has no CORS rules".to_owned()
        } else {
            format!("its CORS rules lack {}", lacks.join(", "))
        };
        let check = if certain {
            Check::fail(field, named, format!("{rules}, and the browsers of workers see {} from it", browsers.what))
        } else {
            let why = format!("{rules}: tasks fail that show workers an object of it");
            Check::new(field, named, Verdict::Unknown, why)
        };
        let mend = format!(
            "add a CORS rule that allows {} from the origin `*` and exposes {}",
            browsers.allowed_methods.join(", "),
            browsers.expose_headers.join(", ")
        );
        Some(check.remedy(RemedyKind::Cors, mend))
    }
}

/// Is something of it granted for tagged objects alone?
fn hangs_on_tags(read: &Judged) -> bool {
    read.lacking && !read.stopped && read.answer.granting().any(|clause| clause.open && by_tag(clause))
}
