//! Guards: conditions of a grant that the request, or the tags of the resource, could meet. A grant beside one that asks
//! for nothing makes it ineffective, unnoticed.

use super::Change;
use super::apply::identity;
use super::effect::{IntendedEffect, Rejected};
use crate::access::Access;
use crate::evaluation::goal::Grant;
use crate::evaluation::identity::{allowing, names};
use crate::knowledge::conditions::{self, SetBy};
use crate::policy::{Pattern, Selection, Statement};

/// Does a change leave the guards of an identity's other grants as they are?
pub(super) fn hold(before: &Access<'_>, change: &Change, asked: &IntendedEffect) -> Result<(), Rejected> {
    let Change::PutInlinePolicy { identity: arn, .. } = change else { return Ok(()) };
    let Some(who) = identity(before.account, arn) else { return Ok(()) };
    for policy in before.policies(who).iter().flatten() {
        for (number, statement) in allowing(policy) {
            if let Some((grant, key)) = asked.gains.iter().find_map(|grant| Some((grant, undone(statement, grant)?))) {
                return Err(Rejected(format!(
                    "it would make the condition on {key} in {} ineffective: {} on `{}` is allowed there only where it is met",
                    policy.reason(number, statement),
                    grant.action,
                    grant.on.shown()
                )));
            }
        }
    }
    Ok(())
}

/// The key of a guard of the statement that a grant would undo.
fn undone<'s>(statement: &'s Statement, grant: &Grant) -> Option<&'s str> {
    let guards = statement.conditions.iter().map(|condition| condition.key.as_str());
    let mut guards = guards.filter(|key| matches!(conditions::set_by(key), SetBy::Request(_) | SetBy::ResourceTag));
    let asks = |key: &&str| !grant.when.iter().any(|when| when.key.eq_ignore_ascii_case(key));
    let key = guards.find(asks)?;
    let on = grant.on.pattern();
    let meets = match &statement.resources {
        Some(Selection::Only(arns)) => arns.iter().any(|arn| Pattern::arn(arn).meets(&on)),
        Some(Selection::AllBut(_)) | None => true,
    };
    (names(statement, &grant.action) && meets).then_some(key)
}
