//! KMS: the keys of a region, by whatever name the account has them.

use gt_audit::account::{Fact, Key, Unknown};
use serde_json::{Value, json};

use super::{Answer, Asked, Inner, known, refusal};

pub(super) fn answer(aws: &Inner, asked: &Asked) -> Answer {
    let name = asked.parameter("KeyId");
    match asked.operation.as_str() {
        "DescribeKey" => match named(aws, asked, name) {
            Ok(Some(key)) => Answer(200, vec![], json!({"KeyMetadata": metadata(&key)}).to_string()),
            Ok(None) => refusal(asked, 400, "NotFoundException", "Alias is not found."),
            Err(gap) => refusal(asked, 400, gap.code(), &gap.message()),
        },
        "GetKeyPolicy" => {
            assert_eq!(asked.parameter("PolicyName"), "default");
            match &key(aws, asked, name).policy {
                Fact::Known(policy) => {
                    let text = policy.json().to_string();
                    Answer(200, vec![], json!({"Policy": text, "PolicyName": "default"}).to_string())
                }
                Fact::Unknown(gap) => refused(asked, gap),
            }
        }
        "ListGrants" => {
            let key = key(aws, asked, name);
            let grants = match &key.grants {
                Fact::Known(grants) => grants.iter().map(|grant| (key.arn.as_str(), grant)),
                Fact::Unknown(gap) => return refused(asked, gap),
            };
            let grants: Vec<Value> = grants
                .map(|(key, grant)| {
                    let mut grant = serde_json::to_value(grant).expect("JSON");
                    grant["KeyId"] = json!(key);
                    grant["CreationDate"] = json!(1_795_000_000.25);
                    grant
                })
                .collect();
            // KMS has no order; the last comes first here.
            let grants = grants.into_iter().rev().collect();
            let (grants, next) = aws.page(grants, asked.parameters.get("Limit"), 100, asked.parameters.get("Marker"));
            let truncated = next.is_some();
            Answer(200, vec![], json!({"Grants": grants, "NextMarker": next, "Truncated": truncated}).to_string())
        }
        other => panic!("KMS has no {other} here"),
    }
}

fn named(aws: &Inner, asked: &Asked, name: &str) -> Result<Option<Key>, Unknown> {
    assert!(!name.is_empty(), "nobody asks about no key");
    match aws.account.regions.get(&asked.region).and_then(|regional| regional.keys.get(name)) {
        Some(Fact::Unknown(gap)) => Err(gap.clone()),
        Some(known_key) => Ok(known(known_key)),
        None => Ok(None),
    }
}

/// A key that has been described.
fn key(aws: &Inner, asked: &Asked, arn: &str) -> Key {
    let keys = aws.account.regions[&asked.region].keys.values();
    keys.filter_map(known).find(|key| key.arn.as_str() == arn).expect("a key of this AWS, by its ARN")
}

fn refused(asked: &Asked, gap: &Unknown) -> Answer {
    assert!(!gap.is_not_asked(), "{} is not for the asking", gap.action());
    refusal(asked, 400, gap.code(), &gap.message())
}

fn metadata(key: &Key) -> Value {
    json!({
        "AWSAccountId": key.arn.account(), "KeyId": key.arn.name(), "Arn": key.arn.as_str(), "KeyManager": key.manager,
        "KeyState": key.state, "Enabled": key.state == "Enabled", "CreationDate": 1_795_000_000.25, "Description": "",
        "KeyUsage": "ENCRYPT_DECRYPT", "KeySpec": "SYMMETRIC_DEFAULT", "MultiRegion": false,
    })
}
