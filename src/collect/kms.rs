//! KMS: the keys that something of labeling names, by id, ARN or alias, with their policies and grants.
//!
//! Knows that a name may lead nowhere, which is an answer, and that policy and grants of a key that AWS manages are AWS's
//! own business. Has never heard of who may use a key.

use std::collections::BTreeMap;

use aws_sdk_kms::types::{GrantConstraints, GrantListEntry, KeyMetadata};
use futures_util::future::join;
use serde_json::Value;

use super::aws::Aws;
use super::calls::{DESCRIBE_KEY, GET_KEY_POLICY, LIST_GRANTS};
use super::document;
use super::gate::{Page, pages};
use super::refusal::{arn, malformed};
use crate::account::{Fact, Key, Unknown};
use crate::arn::Arn;
use crate::policy::Document;
use crate::policy::grant::{Constraints, Grant};

/// What one page holds at most.
const MOST: i32 = 100;

/// A key as somebody in a region names it. One of another account is asked about too: its policy may let us, and if it does
/// not, that is a gap.
pub(super) async fn key(aws: &Aws, region: &str, name: &str) -> Fact<Option<Key>> {
    let resource = resource(aws, region, name);
    let request = aws.kms(region).describe_key().key_id(name).send();
    match aws.gate.ask(&DESCRIBE_KEY, region, &resource, request).await {
        Ok(answer) => read(aws, region, &resource, answer.key_metadata).await.map(Some).into(),
        // An ARN of another region or of no key is not one that could be used here.
        Err(absent) if absent.is("NotFoundException") || absent.is("InvalidArnException") => Fact::Known(None),
        Err(refused) => Fact::Unknown(refused.into()),
    }
}

/// What the name stands for, as an ARN.
fn resource(aws: &Aws, region: &str, name: &str) -> String {
    let ours = format!("arn:{}:kms:{region}:{}", aws.partition(), aws.account);
    match name {
        arn if arn.starts_with("arn:") => arn.to_owned(),
        alias if alias.starts_with("alias/") => format!("{ours}:{alias}"),
        id => format!("{ours}:key/{id}"),
    }
}

async fn read(aws: &Aws, region: &str, resource: &str, key: Option<KeyMetadata>) -> Result<Key, Unknown> {
    let key = key.ok_or_else(|| malformed(DESCRIBE_KEY.action, resource, "the answer holds no key"))?;
    let arn = arn(DESCRIBE_KEY.action, key.arn.as_deref())?;
    let lacks = |what: &str| malformed(DESCRIBE_KEY.action, resource, &format!("the answer lacks `{what}`"));
    let manager = key.key_manager.map(|manager| manager.as_str().to_owned()).ok_or_else(|| lacks("KeyManager"))?;
    let state = key.key_state.map(|state| state.as_str().to_owned()).ok_or_else(|| lacks("KeyState"))?;
    let (policy, grants) = if manager == "AWS" {
        let not_asked = |action| Unknown::not_asked(action, arn.as_str());
        (Fact::Unknown(not_asked(GET_KEY_POLICY.action)), Fact::Unknown(not_asked(LIST_GRANTS.action)))
    } else {
        join(policy(aws, region, &arn), grants(aws, region, &arn)).await
    };
    Ok(Key { arn, manager, state, policy, grants })
}

async fn policy(aws: &Aws, region: &str, key: &Arn) -> Fact<Document> {
    // A key has one policy, and that is its name.
    let request = aws.kms(region).get_key_policy().key_id(key.as_str()).policy_name("default").send();
    match aws.gate.ask(&GET_KEY_POLICY, region, key.as_str(), request).await {
        Ok(answer) => document::read(GET_KEY_POLICY.action, key, "key policy", answer.policy.as_deref()),
        Err(refused) => Fact::Unknown(refused.into()),
    }
}

/// The key's grants, by id.
async fn grants(aws: &Aws, region: &str, key: &Arn) -> Fact<Vec<Grant>> {
    let kms = aws.kms(region);
    let listed = pages(&LIST_GRANTS, async |marker| {
        let request = kms.list_grants().key_id(key.as_str()).limit(MOST).set_marker(marker).send();
        let page = aws.gate.ask(&LIST_GRANTS, region, key.as_str(), request).await?;
        Ok(Page::new(page.grants, page.next_marker.filter(|_| page.truncated)))
    });
    let grants = listed.await.and_then(|mut listed| {
        listed.sort_by(|a, b| a.grant_id.cmp(&b.grant_id));
        listed.into_iter().map(|listed| grant(key, listed)).collect::<Result<Vec<_>, Unknown>>()
    });
    grants.into()
}

/// A grant without what all grants of a key share and when it was made.
fn grant(key: &Arn, listed: GrantListEntry) -> Result<Grant, Unknown> {
    let grantee = listed.grantee_principal.or(listed.grantee_service_principal);
    let operations = listed.operations.unwrap_or_default().into_iter();
    Ok(Grant {
        grantee_principal: grantee
            .ok_or_else(|| malformed(LIST_GRANTS.action, key.as_str(), "a grant does not say to whom"))?,
        retiring_principal: listed.retiring_principal.or(listed.retiring_service_principal),
        operations: operations.map(|operation| operation.as_str().to_owned()).collect(),
        constraints: listed.constraints.map(constraints),
        other: named([("GrantId", listed.grant_id), ("IssuingAccount", listed.issuing_account), ("Name", listed.name)]),
    })
}

fn constraints(listed: GrantConstraints) -> Constraints {
    let sorted = |pairs: std::collections::HashMap<String, String>| pairs.into_iter().collect();
    Constraints {
        encryption_context_subset: listed.encryption_context_subset.map(sorted),
        encryption_context_equals: listed.encryption_context_equals.map(sorted),
        other: named([("SourceArn", listed.source_arn)]),
    }
}

/// What is there of these; an empty text is not.
fn named<const N: usize>(values: [(&str, Option<String>); N]) -> BTreeMap<String, Value> {
    let there = values.into_iter().filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?)));
    there.map(|(name, value)| (name.to_owned(), Value::String(value))).collect()
}
