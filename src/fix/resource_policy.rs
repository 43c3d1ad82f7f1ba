//! What a change of a trust policy or a key policy allows, held against what was asked.
//!
//! The policy is asked by everybody it names, before and after, and by strangers of every kind; each of them is taken to
//! be allowed everything by policies of its own, so that what is only delegated shows too.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::LazyLock;

use super::actions::actions;
use super::effect::{IntendedEffect, Rejected};
use crate::account::Unknown;
use crate::arn::Arn;
use crate::evaluation::goal::Grant;
use crate::policy::compile::{Kind, Policies};
use crate::policy::layers::Verdict;
use crate::policy::principal::Requester;
use crate::policy::reach::Reach;
use crate::policy::request::{Context, Request};
use crate::policy::{Document, Selection, Statement};

/// An account that does not exist.
const STRANGER: &str = "000000000000";

/// What somebody may do who may do everything.
#[expect(clippy::expect_used, reason = "the text is part of the program, and every test of a proof reads it")]
static EVERYTHING: LazyLock<Document> = LazyLock::new(|| {
    Document::parse(r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#).expect("it is a policy")
});

/// Holds a policy of a resource against what was asked of it.
pub(super) fn hold(
    resource: &Arn,
    account: &str,
    [old, new]: [Option<&Document>; 2],
    touched: &[Arc<Statement>],
    asked: &IntendedEffect,
) -> Result<(), Rejected> {
    let documents: Vec<&Document> = [old, new].into_iter().flatten().collect();
    let actions = actions(touched, &documents, asked).map_err(|error| Rejected(error.to_string()))?;
    for who in requesters(resource, account, &documents, asked) {
        let Some(requester) = Requester::parse(&who) else { continue };
        for action in &actions {
            for context in contexts(action, asked) {
                let [was, is] = [old, new].map(|document| verdict(document, resource, &requester, action, &context));
                hold_one(&who, action, [was, is], &context, asked)?;
            }
        }
    }
    Ok(())
}

/// A case: the values of the keys on which what was asked depends; nothing of a key that is not known.
type Case = Vec<(&'static str, String)>;

fn hold_one(
    who: &str,
    action: &str,
    [was, is]: [Verdict; 2],
    case: &Case,
    asked: &IntendedEffect,
) -> Result<(), Rejected> {
    let open = |verdict: Verdict| matches!(verdict, Verdict::Allowed | Verdict::Conditional);
    let (gain, loss) =
        (was != Verdict::Allowed && open(is) && was != is, open(was) && was != is && is != Verdict::Allowed);
    let covers = |grant: &Grant| {
        let meets = |(key, value): &(&'static str, String)| {
            grant.when.iter().filter(|when| when.key == *key).all(|when| when.value == *value)
        };
        grant.principal.as_deref() == Some(who) && grant.action.eq_ignore_ascii_case(action) && case.iter().all(meets)
    };
    if gain && !asked.gains.iter().any(covers) {
        return Err(Rejected(format!("it allows {action} to `{who}`, which was not asked")));
    }
    if loss && !gain && !asked.losses.iter().any(covers) {
        return Err(Rejected(format!("it no longer allows {action} to `{who}`, which was not asked")));
    }
    Ok(())
}

/// With nothing known, and with each value that something depends on and one that nothing depends on.
fn contexts(action: &str, asked: &IntendedEffect) -> Vec<Case> {
    let grants = asked.gains.iter().chain(&asked.losses).filter(|grant| grant.action.eq_ignore_ascii_case(action));
    let mut cases = BTreeSet::from([Case::new()]);
    for grant in grants {
        let failing = |when: &crate::evaluation::ContextEquals| match when.key {
            "aws:SourceAccount" => STRANGER.to_owned(),
            _ => when.failing().to_owned(),
        };
        cases.insert(grant.when.iter().map(|when| (when.key, when.value.clone())).collect());
        for broken in &grant.when {
            let value = |when| if when == broken { failing(when) } else { when.value.clone() };
            cases.insert(grant.when.iter().map(|when| (when.key, value(when))).collect());
        }
    }
    cases.into_iter().collect()
}

fn verdict(document: Option<&Document>, resource: &Arn, requester: &Requester, action: &str, case: &Case) -> Verdict {
    let mut policies = Policies::<Unknown>::new();
    if let Some(document) = document {
        policies.add(Kind::Resource, "policy", None, document);
    }
    if requester.account().is_some() {
        policies.add(Kind::Identity, "everything", None, &EVERYTHING);
    }
    let mut context = Context::open();
    for (key, value) in case {
        context.set(key, [value.as_str()]);
    }
    let request = Request::new(action, requester, Some(resource.account()), &context);
    Reach::new(&[&policies], &request).decide(resource.as_str()).verdict
}

/// Everybody whom the policies name, whoever was asked for, and strangers.
fn requesters(resource: &Arn, account: &str, documents: &[&Document], asked: &IntendedEffect) -> BTreeSet<String> {
    let partition = resource.partition();
    let statements = documents.iter().flat_map(|document| document.statements());
    let named = statements.filter_map(|statement| statement.principals.as_ref()).flat_map(Selection::named);
    let of_account = |id: &str| format!("arn:{partition}:iam::{id}:root");
    let spelled = named.map(|principal| {
        let id = principal.value.as_str();
        if id.bytes().all(|byte| byte.is_ascii_digit()) { of_account(id) } else { id.to_owned() }
    });
    let strangers = [account, STRANGER].into_iter().flat_map(|account| {
        ["role/stranger", "user/stranger", "root"].map(|name| Arn::iam(partition, account, name).to_string())
    });
    let others = ["anonymous", "stranger.amazonaws.com"].map(str::to_owned);
    let asked = asked.gains.iter().chain(&asked.losses).filter_map(|grant| grant.principal.clone());
    spelled.chain(strangers).chain(others).chain(asked).collect()
}
