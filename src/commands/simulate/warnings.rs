//! What looks like a mistake in a line of `simulate`: it is answered all the same, and warned of.

use std::collections::BTreeSet;

use super::line::{Asked, Named, is_account};
use crate::knowledge::actions;
use crate::policy::compile::Policies;
use crate::policy::document::Version;
use crate::policy::lint::lints;
use crate::policy::principal::Requester;
use crate::policy::request::{Context, Key};
use crate::policy::template::keys_without_default;
use crate::policy::value::Value;
use crate::policy::{Pattern, Selection, Statement};

/// Keys that every signed request has.
const ALWAYS: [&str; 5] =
    ["aws:PrincipalArn", "aws:PrincipalAccount", "aws:ResourceAccount", "aws:CurrentTime", "aws:SecureTransport"];

/// A line, read and understood.
pub(super) struct Question<'a> {
    pub(super) asked: &'a Asked,
    pub(super) requester: &'a Requester,
    pub(super) context: &'a Context,
    pub(super) documents: &'a [Named<'a>],
    pub(super) sets: [&'a Policies<'a, ()>; 2],
}

/// All that is odd in a line, its fields first and its policies last.
pub(super) fn of(question: &Question<'_>, unknown_fields: Vec<String>) -> Vec<String> {
    let unknown = unknown_fields.into_iter().map(|field| format!("{field}: a line has no such field"));
    let mut warnings: Vec<String> = unknown.collect();
    warnings.extend(of_action(&question.asked.action));
    warnings.extend(of_resource(question.asked));
    warnings.extend(of_accounts(question));
    for (kind, name, document) in question.documents {
        warnings.extend(lints(document, *kind).into_iter().map(|lint| format!("{name} {lint}")));
    }
    warnings.extend(of_variables(question));
    warnings.extend(of_context(question));
    warnings
}

/// An action that does not exist, of a service whose actions are known.
fn of_action(action: &str) -> Option<String> {
    let meant = || actions::near(action).map_or(String::new(), |near| format!(", and `{near}` may be meant"));
    (!actions::exists(action)).then(|| format!("action: this build knows no action `{action}`{}", meant()))
}

/// A resource with a wildcard, or of a type that the action does not have.
fn of_resource(Asked { action, resource, .. }: &Asked) -> Option<String> {
    let types = actions::types(action);
    let is_on = actions::is_on(action, resource);
    if resource == "*" {
        return (!types.is_empty()).then(|| {
            format!("resource: `*` is no resource, and `{action}` is asked of one of these types: {}", types.join(", "))
        });
    }
    if resource.contains(['*', '?']) {
        return Some(
            "resource: a request is for one resource, so that `*` and `?` in it stand for themselves".to_owned(),
        );
    }
    match is_on {
        Some(false) if types.is_empty() => {
            Some(format!("resource: `{action}` is asked of no resource; its requests are for `*`"))
        }
        Some(false) => {
            Some(format!("resource: `{action}` is not asked of it, but of these types: {}", types.join(", ")))
        }
        None if !resource.starts_with("arn:") => Some("resource: neither an ARN nor `*`".to_owned()),
        _ => None,
    }
}

/// Accounts that are none, and what is not clear of whose the resource is.
fn of_accounts(Question { asked, requester, .. }: &Question<'_>) -> Vec<String> {
    let in_resource = asked.resource.split(':').nth(4).filter(|account| !["", "aws"].contains(account));
    // AWS owns some resources, as `aws` or under a service's name.
    let in_resource = in_resource.filter(|account| account.bytes().any(|b| b.is_ascii_digit()));
    let in_principal = asked.principal.as_ref().and_then(|_| requester.account());
    let said = asked.resource_account.as_deref();
    let accounts = [("resourceAccount", said), ("resource", in_resource), ("principal", in_principal)];
    let wrong = accounts.into_iter().filter_map(|(field, account)| {
        let account = account.filter(|account| !is_account(account))?;
        Some(format!("{field}: `{account}` is no account: an account has 12 digits"))
    });
    let mut warnings: Vec<String> = wrong.collect();
    if let (Some(said), Some(written)) = (said, asked.account_in_resource())
        && said != written
    {
        warnings.push(format!("resourceAccount: it says {said}, which counts, and the resource says {written}"));
    }
    if in_principal.is_some() && asked.owner().is_none() {
        warnings
            .push("resourceAccount: the resource does not say whose it is; it is taken for the principal's".to_owned());
    }
    warnings
}

/// Variables without a value, in the statements about the action.
fn of_variables(question: &Question<'_>) -> Vec<String> {
    let mut warnings = vec![];
    for (_, name, document) in question.documents.iter().filter(|(.., d)| d.version() == Some(Version::Of2012)) {
        for (number, statement) in (1..).zip(document.statements()) {
            let keys = valueless(statement, question.context);
            if !keys.is_empty() && is_about(statement, &question.asked.action) {
                warnings.extend(keys.into_iter().map(|key| {
                    let what = "has no value and no default: no resource matches it, and nothing is equal to it";
                    format!("{name} Statement[{number}]: the variable `${{{key}}}` {what}")
                }));
            }
        }
    }
    warnings
}

/// The keys of a statement's variables that the request does not have.
fn valueless<'s>(statement: &'s Statement, context: &Context) -> BTreeSet<&'s str> {
    let resources = statement.resources.as_ref().map_or(&[][..], Selection::named);
    let values = statement.conditions.iter().flat_map(|condition| &condition.values);
    let keys = resources.iter().chain(values).flat_map(|text| keys_without_default(text));
    keys.filter(|key| context.value(&Key::new(key)).iter().all(Value::is_null)).collect()
}

fn is_about(statement: &Statement, action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    let named = |globs: &[String]| globs.iter().any(|glob| Pattern::action(glob).matches(&action));
    match &statement.actions {
        Selection::Only(globs) => named(globs),
        Selection::AllBut(globs) => !named(globs),
    }
}

/// Keys that stand there twice, and keys that every request has and this one has not.
fn of_context(Question { context, sets, .. }: &Question<'_>) -> Vec<String> {
    let ambiguous =
        |key: &String| format!("context {key}: it is there in another case too, and which counts is not documented");
    let known = |key: &str| context.value(&Key::new(key)) != [Value::Absent];
    let asks = |key: &str| sets.iter().any(|set| set.asks_about(&Key::new(key)));
    let missing = ALWAYS.iter().filter(|key| asks(key) && !known(key)).map(|key| {
        format!("context {key}: every signed request has it, a policy asks about it, and here it counts as absent")
    });
    context.ambiguous().iter().map(ambiguous).chain(missing).collect()
}
