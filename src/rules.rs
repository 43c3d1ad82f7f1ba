//! The rules: each one file with its page beside it, all in one table.
//!
//! A rule looks at one subject of an [`Evaluator`] and says what is wrong with it, or which fact is missing to say so. It does
//! no I/O, takes no configuration and knows no other subject; going through the subjects, grouping what nothing shows
//! to be used, and remembering what is undecided is the audit's business.

mod bucket_denied;
mod bucket_in_other_region;
mod bucket_key_unusable;
mod bucket_out_of_reach;
mod bucket_reached_in_part;
mod bucket_tag_grants_nothing;
mod bucket_without_cors;
mod builtin_function_misaddressed;
mod console_access_incomplete;
mod function_cannot_read_output;
mod function_denied;
mod function_out_of_reach;
mod job_blocked;
mod job_failed_on_permission;
mod managed_policy_changed;
mod pass_role_never_matches;
mod pass_role_unrestricted;
mod privilege_escalation;
mod resource_scope_ignored;
mod role_broader_than_needed;
mod role_cannot_pass_itself;
mod role_cannot_stream;
mod role_not_assumable;
mod rule;
mod trust_without_source;
mod unknown_action;
mod views;

use crate::finding::RuleId;

pub(crate) use console_access_incomplete::console_identities;
pub use rule::{Check, Checked, Pair, Rule, Scale};

/// Every rule, by id.
pub static RULES: &[Rule] = &[
    bucket_denied::RULE,
    bucket_in_other_region::RULE,
    bucket_key_unusable::RULE,
    bucket_out_of_reach::RULE,
    bucket_reached_in_part::RULE,
    bucket_tag_grants_nothing::RULE,
    bucket_without_cors::RULE,
    builtin_function_misaddressed::RULE,
    console_access_incomplete::RULE,
    function_cannot_read_output::RULE,
    function_denied::RULE,
    function_out_of_reach::RULE,
    job_blocked::RULE,
    job_failed_on_permission::RULE,
    managed_policy_changed::RULE,
    pass_role_never_matches::RULE,
    pass_role_unrestricted::RULE,
    privilege_escalation::RULE,
    resource_scope_ignored::RULE,
    role_broader_than_needed::RULE,
    role_cannot_pass_itself::RULE,
    role_cannot_stream::RULE,
    role_not_assumable::RULE,
    trust_without_source::RULE,
    unknown_action::RULE,
];

/// AWS's page about what a rule finds: the first that the rule's own page names.
#[must_use]
pub fn documentation(id: RuleId) -> Option<String> {
    let (_, pages) = rule(id)?.page.split_once("## What AWS says")?;
    let (_, page) = pages.split_once('<')?;
    page.split_once('>').map(|(page, _)| page.to_owned())
}

/// The rule of an id.
#[must_use]
pub fn rule(id: RuleId) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_page_with_all_its_parts_and_the_table_is_in_order() {
        assert_eq!(RULES.iter().map(|rule| rule.id).collect::<Vec<_>>(), RuleId::ALL);
        for rule in RULES {
            assert!(rule.page.starts_with(&format!("# {}\n", rule.id)), "{}", rule.id);
            let headings: Vec<_> = rule.page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
            assert_eq!(
                headings,
                ["What it finds", "Why it fails", "Example", "How to fix it", "What AWS says", "What it cannot see"],
                "{}",
                rule.id
            );
            assert!(rule.page.contains("https://docs.aws.amazon.com/"), "{}", rule.id);
        }
    }
}
