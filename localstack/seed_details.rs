//! What of single buckets, objects and keys is seeded, and what LocalStack cannot have.

use std::collections::BTreeMap;

use aws_sdk_kms::types::{GrantConstraints, GrantListEntry, GrantOperation, Tag};
use aws_sdk_s3::types::{
    CorsConfiguration, CorsRule, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Tagging,
};
use aws_smithy_types::error::operation::BuildError;
use gt_audit::account::{Account, Bucket, CorsRule as Rule, Encryption, Fact, Key, Regional, Tags, Unknown};
use gt_audit::arn::Arn;
use gt_audit::policy::grant::{Constraints, Grant};
use serde_json::Value;

use super::{Aws, Done, Failure, Metadata as _, answer, differs, known, made};

/// The tag by which LocalStack takes a key's id from who creates it.
const CUSTOM_ID: &str = "_custom_id_";

/// Does it lack what LocalStack lacks too?
pub fn is_passed_over(gap: &Unknown) -> bool {
    let services = ["sagemaker:", "organizations:"];
    services.iter().any(|service| gap.action().starts_with(service)) || gap.action() == "s3:GetBucketAbac"
}

/// What LocalStack cannot be made to answer.
pub fn impossible(account: &Account) -> Option<String> {
    let mut buckets = account.buckets.known().into_iter().flatten();
    if let Some(bucket) = buckets.find(|bucket| bucket.abac == Fact::Known(true)) {
        return Some(format!("`{}`: LocalStack knows no buckets whose own tags count in policies", bucket.arn));
    }
    let regions = account.regions.iter();
    regions.flat_map(|(region, regional)| there(regional).map(move |key| (region, key))).find_map(
        |(region, (_, key))| {
            let problem = if (key.arn.account(), key.arn.region()) != (&account.id, region) {
                "a key of another account or region cannot be seeded"
            } else if key.manager != "CUSTOMER" {
                "LocalStack has no keys that AWS manages"
            } else if !["Enabled", "Disabled", "PendingDeletion"].contains(&key.state.as_str()) {
                "a key cannot be brought to its state"
            } else if key.grants.known().into_iter().flatten().any(is_strange) {
                "LocalStack does not know what constrains one of the grants"
            } else {
                return None;
            };
            Some(format!("`{}`: {problem}", key.arn))
        },
    )
}

fn is_strange(grant: &Grant) -> bool {
    grant.constraints.as_ref().is_some_and(|constraints| !constraints.other.is_empty())
}

/// The keys that are there, with the names that lead to them.
fn there(regional: &Regional) -> impl Iterator<Item = (&str, &Key)> {
    let keys = regional.keys.iter();
    keys.filter_map(|(name, key)| Some((name.as_str(), key.known().ok()?)))
        .filter_map(|(name, key)| Some((name, key.as_ref()?)))
}

/// S3's form of tags.
pub fn tagging(tags: &Tags) -> Result<Tagging, BuildError> {
    let tags = tags.iter().map(|(key, value)| aws_sdk_s3::types::Tag::builder().key(key).value(value).build());
    Tagging::builder().set_tag_set(Some(tags.collect::<Result<_, _>>()?)).build()
}

impl Aws {
    /// What the file knows of the bucket beside its tags and policy.
    pub async fn bucket_details(&self, bucket: &Bucket) -> Done {
        let (s3, arn, name) = (&self.s3, &bucket.arn, bucket.arn.name());
        if let Some(rules) = bucket.cors.if_asked().map(known).transpose()?.filter(|rules| !rules.is_empty()) {
            let rules = rules.iter().map(cors_rule).collect::<Result<Vec<_>, _>>()?;
            let rules = CorsConfiguration::builder().set_cors_rules(Some(rules)).build()?;
            made(arn, s3.put_bucket_cors().bucket(name).cors_configuration(rules).send().await)?;
        }
        // New buckets are encrypted; a file may say that one is not.
        match bucket.encryption.if_asked().map(known).transpose()? {
            Some(Some(encryption)) => {
                let put = s3.put_bucket_encryption().bucket(name);
                made(arn, put.server_side_encryption_configuration(encrypted(encryption)?).send().await)?;
            }
            Some(None) => drop(made(arn, s3.delete_bucket_encryption().bucket(name).send().await)?),
            None => {}
        }
        Ok(())
    }

    /// An empty object with its tags; none, if it is not to be there.
    pub async fn object(&self, object: &Arn, tags: &Fact<Option<Tags>>) -> Done {
        let (Some(tags), Some((bucket, key))) = (known(tags)?, object.resource().split_once('/')) else {
            return Ok(());
        };
        made(object, self.s3.put_object().bucket(bucket).key(key).send().await)?;
        let put = self.s3.put_object_tagging().bucket(bucket).key(key).tagging(tagging(tags)?);
        made(object, put.send().await)?;
        Ok(())
    }
}

fn cors_rule(rule: &Rule) -> Result<CorsRule, BuildError> {
    let some = |values: &Vec<String>| Some(values.clone()).filter(|values| !values.is_empty());
    CorsRule::builder()
        .set_allowed_headers(some(&rule.allowed_headers))
        .set_allowed_methods(Some(rule.allowed_methods.clone()))
        .set_allowed_origins(Some(rule.allowed_origins.clone()))
        .set_expose_headers(some(&rule.expose_headers))
        .set_max_age_seconds(rule.max_age_seconds)
        .build()
}

fn encrypted(encryption: &Encryption) -> Result<ServerSideEncryptionConfiguration, BuildError> {
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::from(encryption.algorithm.as_str()))
        .set_kms_master_key_id(encryption.key.clone())
        .build()?;
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default)
        .bucket_key_enabled(encryption.bucket_key)
        .build();
    ServerSideEncryptionConfiguration::builder().rules(rule).build()
}

/// A region's keys, each once, and then the aliases that lead to them. Says how many keys there are.
pub async fn keys(kms: &aws_sdk_kms::Client, regional: &Regional) -> Result<usize, Failure> {
    let keys: BTreeMap<&Arn, &Key> = there(regional).map(|(_, key)| (&key.arn, key)).collect();
    for key in keys.values() {
        create_key(kms, key).await?;
    }
    for (name, key) in there(regional) {
        let Some(alias) = name.find("alias/").and_then(|start| name.get(start..)) else { continue };
        if made(name, kms.create_alias().alias_name(alias).target_key_id(key.arn.name()).send().await)? {
            continue;
        }
        let there = answer(name, kms.describe_key().key_id(alias).send().await)?.key_metadata;
        if there.and_then(|there| there.arn).as_deref() != Some(key.arn.as_str()) {
            return Err(differs(&key.arn).into());
        }
    }
    Ok(keys.len())
}

/// A key of the file's id, with its policy, grants and state. Not created again: LocalStack would make a new key of the old
/// one's id, without its grants.
async fn create_key(kms: &aws_sdk_kms::Client, key: &Key) -> Done {
    let (arn, id) = (&key.arn, key.arn.name());
    let there = match kms.describe_key().key_id(id).send().await {
        Err(none) if none.code() == Some("NotFoundException") => None,
        there => answer(arn, there)?.key_metadata,
    };
    match there.and_then(|there| there.key_state) {
        None => {
            let tag = Tag::builder().tag_key(CUSTOM_ID).tag_value(id).build()?;
            made(arn, kms.create_key().tags(tag).send().await)?;
        }
        Some(state) if state.as_str() == "PendingDeletion" => {
            made(arn, kms.cancel_key_deletion().key_id(id).send().await)?;
        }
        Some(_) => {}
    }
    made(arn, kms.enable_key().key_id(id).send().await)?;
    if let Some(policy) = key.policy.if_asked().map(known).transpose()? {
        let put = kms.put_key_policy().key_id(id).policy_name("default").policy(policy.json().to_string());
        made(arn, put.send().await)?;
    }
    if let Some(grants) = key.grants.if_asked().map(known).transpose()? {
        let there = answer(arn, kms.list_grants().key_id(id).send().await)?.grants.unwrap_or_default();
        for grant in grants.iter().filter(|grant| !there.iter().any(|there| is_same(grant, there))) {
            create_grant(kms, arn, grant).await?;
        }
    }
    match key.state.as_str() {
        "Disabled" => drop(made(arn, kms.disable_key().key_id(id).send().await)?),
        "PendingDeletion" => drop(made(arn, kms.schedule_key_deletion().key_id(id).send().await)?),
        _ => {}
    }
    Ok(())
}

async fn create_grant(kms: &aws_sdk_kms::Client, key: &Arn, grant: &Grant) -> Done {
    let operations = grant.operations.iter().map(|operation| GrantOperation::from(operation.as_str())).collect();
    let create = kms
        .create_grant()
        .key_id(key.name())
        .grantee_principal(&grant.grantee_principal)
        .set_retiring_principal(grant.retiring_principal.clone())
        .set_operations(Some(operations))
        .set_constraints(grant.constraints.as_ref().map(constraints))
        .set_name(name(grant).map(str::to_owned));
    answer(key, create.send().await)?;
    Ok(())
}

fn constraints(constraints: &Constraints) -> GrantConstraints {
    let pairs = |pairs: &BTreeMap<String, String>| pairs.clone().into_iter().collect();
    GrantConstraints::builder()
        .set_encryption_context_subset(constraints.encryption_context_subset.as_ref().map(pairs))
        .set_encryption_context_equals(constraints.encryption_context_equals.as_ref().map(pairs))
        .build()
}

fn name(grant: &Grant) -> Option<&str> {
    grant.other.get("Name").and_then(Value::as_str)
}

/// Is it the same but for its id?
fn is_same(grant: &Grant, there: &GrantListEntry) -> bool {
    let operations = there.operations.iter().flatten().map(GrantOperation::as_str);
    there.grantee_principal.as_ref() == Some(&grant.grantee_principal)
        && there.retiring_principal == grant.retiring_principal
        && there.name.as_deref().filter(|name| !name.is_empty()) == name(grant)
        && operations.eq(grant.operations.iter().map(String::as_str))
        && there.constraints == grant.constraints.as_ref().map(constraints)
}
