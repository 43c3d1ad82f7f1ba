//! A bucket's CORS rules, with what they lack for the browsers of workers.

use crate::account::CorsRule;
use crate::evaluation::cors::{fits, lacks};
use crate::knowledge::builtin::Browsers;

/// The rules that were there and the documented one; where a rule that was there answers first and does not expose what
/// the page must see, that one exposes it too.
pub(super) fn let_in(mut rules: Vec<CorsRule>, browsers: &'static Browsers) -> Vec<CorsRule> {
    if lacks(&rules, browsers).is_empty() {
        return rules;
    }
    for method in &browsers.allowed_methods {
        let fitting = |rule: &&mut CorsRule| {
            rule.allowed_methods.contains(method) && rule.allowed_origins.iter().any(|origin| fits(origin))
        };
        if let Some(first) = rules.iter_mut().find(fitting) {
            let missing =
                |header: &&String| !first.expose_headers.iter().any(|known| known.eq_ignore_ascii_case(header));
            let missing: Vec<String> = browsers.expose_headers.iter().filter(missing).cloned().collect();
            first.expose_headers.extend(missing);
        }
    }
    if !lacks(&rules, browsers).is_empty() {
        rules.push(CorsRule {
            allowed_headers: browsers.allowed_headers.clone(),
            allowed_methods: browsers.allowed_methods.clone(),
            allowed_origins: vec!["*".to_owned()],
            expose_headers: browsers.expose_headers.clone(),
            max_age_seconds: None,
        });
    }
    rules
}
