//! A small account of its own on LocalStack: buckets with and without all that can be asked of them, keys by every name,
//! grants, objects. It is seeded twice, since seeding may run again.

use std::collections::BTreeMap;
use std::sync::Arc;

use assert_cmd::Command;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use gt_audit::account::snapshot::{Collection, Snapshot};
use gt_audit::account::{Account, Bucket, CorsRule, Encryption, Fact, Iam, Key, Organization, Regional, Tags, Wanted};
use gt_audit::arn::Arn;
use gt_audit::collect::{Aws, Connection, details, inventory};
use serde_json::{Value, json};

use super::without_abac;
use crate::accounts::{document, known, root};

const ID: &str = "222233334444";
const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];
const MINE: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
const OFF: &str = "0f0f0f0f-aaaa-bbbb-cccc-000000000000";

fn arn(text: &str) -> Arn {
    Arn::parse(text).unwrap()
}

fn account() -> Account {
    Account {
        id: ID.to_owned(),
        partition: "aws".to_owned(),
        alias: Fact::Known(None),
        caller: arn(&format!("arn:aws:iam::{ID}:root")),
        organization: Organization::Free,
        organization_id: Fact::Known(None),
        iam: Iam {
            roles: Fact::Known(vec![]),
            users: Fact::Known(vec![]),
            groups: Fact::Known(vec![]),
            policies: BTreeMap::new(),
        },
        buckets: Fact::Known(vec![bare(), full()]),
        objects: objects(),
        regions: REGIONS.map(|region| (region.to_owned(), regional(region))).into(),
        gaps: vec![],
    }
}

/// Nothing that new buckets have by themselves, in the other region.
fn bare() -> Bucket {
    Bucket {
        arn: arn("arn:aws:s3:::details-bare"),
        region: Fact::Known("eu-west-1".to_owned()),
        tags: Fact::Known(Tags::new()),
        policy: Fact::Known(None),
        cors: Fact::Known(vec![]),
        encryption: Fact::Known(None),
        abac: Fact::Known(false),
    }
}

fn full() -> Bucket {
    let texts = |all: &[&str]| all.iter().map(ToString::to_string).collect();
    let rule = CorsRule {
        allowed_headers: texts(&["*", "x-a&b"]),
        allowed_methods: texts(&["GET", "PUT"]),
        allowed_origins: texts(&["https://*.example.com"]),
        expose_headers: texts(&["ETag"]),
        max_age_seconds: Some(3000),
    };
    let plain = CorsRule { allowed_methods: texts(&["GET"]), allowed_origins: texts(&["*"]), ..CorsRule::default() };
    let policy = json!({"Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::details-full/x"},
    ]});
    Bucket {
        arn: arn("arn:aws:s3:::details-full"),
        region: Fact::Known("us-east-1".to_owned()),
        tags: Fact::Known([("SageMaker".to_owned(), "true".to_owned())].into()),
        policy: Fact::Known(Some(document(&policy.to_string()))),
        cors: Fact::Known(vec![rule, plain]),
        encryption: Fact::Known(Some(Encryption {
            algorithm: "aws:kms".to_owned(),
            key: Some(format!("arn:aws:kms:us-east-1:{ID}:key/{MINE}")),
            bucket_key: true,
        })),
        abac: Fact::Known(false),
    }
}

fn objects() -> BTreeMap<Arn, Fact<Option<Tags>>> {
    let tagged = [("SageMaker".to_owned(), "true".to_owned()), ("a b:c/d".to_owned(), "ü + =@".to_owned())].into();
    let objects = [
        ("details-full/tagged ü+%41&?.png", Some(tagged)),
        ("details-bare/plain.manifest", Some(Tags::new())),
        ("details-full/gone.manifest", None),
        ("details-nobody/gone.manifest", None),
    ];
    objects.into_iter().map(|(path, tags)| (arn(&format!("arn:aws:s3:::{path}")), Fact::Known(tags))).collect()
}

/// The same key by id, ARN and two forms of alias, one that is disabled, and names that lead nowhere.
fn regional(region: &str) -> Regional {
    let key = |id: &str, state: &str, grants: Value| {
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Sid": state, "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ID}:root")},
            "Action": "kms:*", "Resource": "*",
        }]});
        Key {
            arn: arn(&format!("arn:aws:kms:{region}:{ID}:key/{id}")),
            manager: "CUSTOMER".to_owned(),
            state: state.to_owned(),
            policy: Fact::Known(document(&policy.to_string())),
            grants: Fact::Known(serde_json::from_value(grants).unwrap()),
        }
    };
    let role = format!("arn:aws:iam::{ID}:role/Labels");
    let granted = json!([
        {"Name": "named", "GranteePrincipal": role, "Operations": ["Decrypt"]},
        {
            "GranteePrincipal": role, "RetiringPrincipal": role, "Operations": ["Decrypt", "GenerateDataKey"],
            "Constraints": {"EncryptionContextSubset": {"aws:s3:arn": "arn:aws:s3:::details-full"}},
        },
        {"GranteePrincipal": role, "Operations": ["Encrypt"], "Constraints": {"EncryptionContextEquals": {"a": "b"}}},
    ]);
    let (mine, off) = (key(MINE, "Enabled", granted), key(OFF, "Disabled", json!([])));
    let names = [
        (MINE.to_owned(), Some(mine.clone())),
        (mine.arn.as_str().to_owned(), Some(mine.clone())),
        ("alias/labels".to_owned(), Some(mine.clone())),
        (format!("arn:aws:kms:{region}:{ID}:alias/labels"), Some(mine)),
        (OFF.to_owned(), Some(off)),
        ("alias/nobodys".to_owned(), None),
        ("nonsense".to_owned(), None),
        (format!("arn:aws:kms:ap-south-1:{ID}:key/{MINE}"), None),
    ];
    Regional {
        functions: Fact::Known(vec![]),
        keys: names.into_iter().map(|(name, key)| (name, Fact::Known(key))).collect(),
        ..Regional::not_asked()
    }
}

fn collected(endpoint: &str, wanted: &Wanted) -> Account {
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(ID, "test", None, None, "test")))
        .region(Region::from_static("us-east-1"))
        .build();
    let regions = REGIONS.iter().map(ToString::to_string).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let connection = Connection { regions, ..Connection::default() };
        let aws = Aws::new(config, &connection, Arc::new(|_| ())).await.unwrap();
        let mut account = inventory(&aws).await;
        details(&aws, &mut account, wanted).await;
        account
    })
}

/// LocalStack gives grants ids of its own, and has no order.
fn without_ids(account: &mut Account) {
    let keys = account.regions.values_mut().flat_map(|regional| regional.keys.values_mut());
    for key in keys.filter_map(|key| known(key).as_mut()) {
        let grants = known(&mut key.grants);
        for grant in &mut *grants {
            grant.other.remove("GrantId");
        }
        grants.sort_by_key(|grant| grant.operations.clone());
    }
}

#[test]
fn every_detail_that_can_be_seeded_is_collected() {
    let Ok(endpoint) = std::env::var("GT_AUDIT_LIVE") else {
        println!("skipped: GT_AUDIT_LIVE is not set; localstack/test sets it");
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("details.json");
    let mut expected = account();
    let collection = Collection {
        started_at: "2026-11-22T12:34:56Z".to_owned(),
        finished_at: "2026-11-22T12:34:56Z".to_owned(),
        api_calls: 0,
        retries: 0,
    };
    Snapshot::new(expected.clone(), collection).write(&file).unwrap();
    for _ in 0..2 {
        Command::new(root().join("localstack/seed")).arg(&file).env("AWS_ENDPOINT_URL", &endpoint).assert().success();
    }

    let buckets = known(&mut expected.buckets).clone();
    let regions = expected.regions.clone().into_iter();
    let wanted = Wanted {
        bucket_tags: buckets.iter().map(|bucket| bucket.arn.clone()).collect(),
        buckets: buckets.iter().map(|bucket| bucket.arn.clone()).collect(),
        keys: regions.flat_map(|(region, it)| it.keys.into_keys().map(move |name| (region.clone(), name))).collect(),
        objects: expected.objects.keys().map(|object| ("us-east-1".to_owned(), object.clone())).collect(),
        ..Wanted::default()
    };
    let mut found = collected(&endpoint, &wanted);
    without_ids(&mut found);
    without_ids(&mut expected);
    without_abac(&mut expected, &found);
    // AWS always says how a bucket encrypts; LocalStack answers nothing at all of one that does not, which is no whole answer.
    let bare = &mut known(&mut found.buckets)[0];
    assert_eq!(bare.encryption.known().map_err(|gap| gap.code().to_owned()), Err("Malformed".to_owned()));
    bare.encryption = Fact::Known(None);
    assert_eq!(found.buckets, expected.buckets);
    assert_eq!(found.objects, expected.objects);
    for region in REGIONS {
        assert_eq!(found.regions[region].keys, expected.regions[region].keys);
    }
}
