//! The actions that a change may bear on.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::effect::IntendedEffect;
use crate::policy::cover::TooLarge;
use crate::policy::difference::classes_within;
use crate::policy::{Document, Pattern, Selection, Statement};

/// The key that only requests to pass a role have.
pub(super) const PASSED_TO: &str = "iam:PassedToService";
/// The action that has it.
pub(super) const PASS_ROLE: &str = "iam:PassRole";

/// The actions of which some statements speak: one of each class that all these documents do not distinguish.
pub(super) fn actions(
    touched: &[Arc<Statement>],
    documents: &[&Document],
    asked: &IntendedEffect,
) -> Result<BTreeSet<String>, TooLarge> {
    let everything = ["?*:?*".to_owned()];
    let mut found = BTreeSet::new();
    for statement in touched {
        let globs = match &statement.actions {
            Selection::Only(globs) => globs.as_slice(),
            Selection::AllBut(_) => &everything,
        };
        for glob in globs {
            let glob = glob.to_ascii_lowercase();
            if !glob.contains(['*', '?']) {
                found.insert(glob);
                continue;
            }
            let asked = asked.gains.iter().chain(&asked.losses).map(|grant| std::slice::from_ref(&grant.action));
            let statements = documents.iter().flat_map(|document| document.statements()).chain(touched);
            let groups = statements.map(|statement| statement.actions.named()).chain(asked);
            found.extend(classes_within(groups, &Pattern::action(&glob))?);
        }
    }
    Ok(found)
}
