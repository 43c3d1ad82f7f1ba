//! What the browsers of workers need of a bucket's CORS rules, and what of it the rules lack.
//!
//! Workers see objects in a page of SageMaker's, by pre-signed URLs of S3: another origin, so that the bucket must agree.
//! Source: SageMaker Developer Guide, `sms-cors-update`, `sms-point-cloud-general-information`, `sms-video-overview`; Amazon
//! S3 User Guide, `cors` (2026-11).

use crate::account::{CorsRule, LabelingJobRequest};
use crate::arn::Arn;
use crate::evaluation::{Cause, Unmet};
use crate::knowledge::builtin::{self, Browsers};
use crate::labeling::STRANGER;
use crate::policy::Pattern;

/// What the browsers of a job's workers need: by AWS's own functions and interfaces, else as if they were shown images.
#[must_use]
pub fn browsers(request: &LabelingJobRequest) -> Option<&'static Browsers> {
    browsers_of_task(request).or_else(builtin::browsers_of_images)
}

/// The same, by AWS's own functions and interfaces alone: what a template of one's own shows is not known.
#[must_use]
pub fn browsers_of_task(request: &LabelingJobRequest) -> Option<&'static Browsers> {
    let task = &request.human_task_config;
    let consolidation = task.annotation_consolidation_config.as_ref();
    let named = [
        task.pre_human_task_lambda_arn.as_deref(),
        consolidation.and_then(|config| config.annotation_consolidation_lambda_arn.as_deref()),
        task.ui_config.human_task_ui_arn.as_deref(),
    ];
    let arns = named.into_iter().flatten().filter_map(|arn| Arn::parse(arn).ok());
    arns.into_iter().find_map(|arn| builtin::browsers(&arn))
}

/// What a bucket's rules lack of it, in words; nothing, when a browser may do all that it must.
#[must_use]
pub fn lacks(rules: &[CorsRule], browsers: &Browsers) -> Vec<String> {
    let mut lacks: Vec<String> = vec![];
    let mut lack = |what: String| {
        if !lacks.contains(&what) {
            lacks.push(what);
        }
    };
    for method in &browsers.allowed_methods {
        let of_method: Vec<&CorsRule> = rules.iter().filter(|rule| rule.allowed_methods.contains(method)).collect();
        let fitting = || of_method.iter().filter(|rule| rule.allowed_origins.iter().any(|origin| fits(origin)));
        if of_method.is_empty() {
            lack(format!("the method {method}"));
            continue;
        }
        // S3 answers a request by the first rule that fits it, and a preflight by the first that lets its headers through.
        let Some(first) = fitting().next() else {
            lack("the origin `*`".to_owned());
            continue;
        };
        for header in &browsers.allowed_headers {
            if !fitting().any(|rule| rule.allowed_headers.contains(header)) {
                lack(format!("the allowed header `{header}`"));
            }
        }
        for header in &browsers.expose_headers {
            if !first.expose_headers.iter().any(|exposed| exposed.eq_ignore_ascii_case(header)) {
                lack(format!("the exposed header `{header}`"));
            }
        }
    }
    lacks
}

/// Does a pattern of origins let the worker portal in, whatever its subdomain is? AWS documents `*` alone
/// (`sms-cors-update`); the portal of a private work team is at `https://ID.labeling.REGION.sagemaker.aws`.
pub(crate) fn fits(origin: &str) -> bool {
    let portal = format!("https://{STRANGER}.labeling.{STRANGER}.sagemaker.aws");
    Pattern::new(origin).matches(&portal)
}

/// That a bucket's rules lack what browsers need, as a cause.
#[must_use]
pub fn unmet(bucket: &Arn, field: &'static str, rules: &[CorsRule], browsers: &'static Browsers) -> Unmet {
    let name = if rules.is_empty() { String::new() } else { lacks(rules, browsers).join(", ") };
    let (bucket, shows) = (bucket.clone(), browsers.what.as_str());
    let value = bucket.to_string();
    Unmet::value(field, &value, Cause::CorsRule { what: "CORS rule", name, bucket, shows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_as_s3_reads_them() {
        let rule = |methods: &[&str], origin: &str, expose: &[&str]| CorsRule {
            allowed_methods: methods.iter().map(ToString::to_string).collect(),
            allowed_origins: vec![origin.to_owned()],
            expose_headers: expose.iter().map(ToString::to_string).collect(),
            ..CorsRule::default()
        };
        let images = builtin::browsers_of_images().unwrap();
        let (expose, header) = (["access-control-allow-origin"], "the exposed header `Access-Control-Allow-Origin`");
        assert_eq!(lacks(&[rule(&["GET"], "*", &expose)], images), Vec::<String>::new());
        assert_eq!(lacks(&[rule(&["PUT", "GET"], "https://*", &expose)], images), Vec::<String>::new());
        assert_eq!(lacks(&[], images), ["the method GET"]);
        assert_eq!(lacks(&[rule(&["GET"], "https://example.com", &expose)], images), ["the origin `*`"]);
        assert_eq!(lacks(&[rule(&["GET"], "*", &[])], images), [header]);
        // The first rule that fits is the one that counts.
        assert_eq!(lacks(&[rule(&["GET"], "*", &[]), rule(&["GET"], "*", &expose)], images), [header]);
        let elsewhere = rule(&["GET"], "https://example.com", &[]);
        assert_eq!(lacks(&[elsewhere, rule(&["GET"], "*", &expose)], images), Vec::<String>::new());
    }
}
