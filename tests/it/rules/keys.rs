//! The rule about a role and a bucket's key.

use gt_audit::account::{Account, Fact, Key};

use super::*;

/// A key policy that allows something to somebody.
fn key_policy(principal: &str, actions: &str) -> String {
    let principal = format!(r#"{{"AWS":"arn:aws:iam::111122223333:{principal}"}}"#);
    format!(r#"{{"Statement":{{"Effect":"Allow","Principal":{principal},"Action":{actions},"Resource":"*"}}}}"#)
}

#[test]
fn bucket_key_unusable() {
    let unusable = ["medium bucket-key-unusable signs-sagemaker"];
    let silent = Vec::<String>::new();
    let undecided = ["? bucket-key-unusable signs-sagemaker"];
    let all = r#""kms:*""#;
    let with = |policy: String, change: &dyn Fn(&mut Account)| {
        says(|a| {
            key(a, &policy);
            change(a);
        })
    };
    let the_key = |a: &mut Account, change: &dyn Fn(&mut Key)| {
        let key = a.regions.get_mut("us-east-1").unwrap().keys.get_mut("alias/signs").unwrap();
        change(known(key).as_mut().unwrap());
    };
    let granted = |a: &mut Account| {
        inline(a, r#"{"Statement":{"Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey*"],"Resource":"*"}}"#);
    };
    // The key's policy names the role, or leaves it to the account, whose role has to have it then.
    assert_eq!(with(key_policy("role/GtExecution", all), &|_| {}), silent);
    assert_eq!(with(key_policy("root", all), &|_| {}), unusable);
    assert_eq!(with(key_policy("root", all), &granted), silent);
    assert_eq!(with(key_policy("role/Other", all), &granted), unusable);
    assert_eq!(with(key_policy("role/GtExecution", r#""kms:Decrypt""#), &|_| {}), unusable);
    // S3's own keys, and what is no bucket for the job to write to.
    let algorithm = |algorithm: &'static str| {
        with(key_policy("role/Other", all), &move |a| {
            known(&mut bucket(a).encryption).as_mut().unwrap().algorithm = algorithm.to_owned();
        })
    };
    assert_eq!((algorithm("AES256"), algorithm("aws:kms:dsse").len()), (vec![], 1));
    assert_eq!(
        with(key_policy("role/Other", all), &|a| known(&mut bucket(a).encryption).as_mut().unwrap().key = None),
        silent
    );
    assert_eq!(with(key_policy("role/Other", all), &|a| the_key(a, &|key| key.manager = "AWS".to_owned())), silent);
    let reading = |a: &mut Account| {
        job(a, &[("InputConfig.DataSource.S3DataSource.ManifestS3Uri", "s3://signs-sagemaker/m.manifest")]);
    };
    assert_eq!(with(key_policy("role/GtExecution", r#""kms:Decrypt""#), &reading), silent);
    assert_eq!(
        with(key_policy("role/GtExecution", r#""kms:GenerateDataKey""#), &reading),
        ["high bucket-key-unusable signs-sagemaker"]
    );
    // By way of S3, for the bucket.
    let through = |condition: &str| {
        let open = r#""Resource":"*""#;
        let policy = key_policy("role/GtExecution", all).replace(open, &format!(r#"{open},"Condition":{condition}"#));
        with(policy, &|_| {})
    };
    let equals = |key: &str, value: &str| through(&format!(r#"{{"StringEquals":{{"{key}":"{value}"}}}}"#));
    assert_eq!(equals("kms:ViaService", "s3.us-east-1.amazonaws.com"), silent);
    assert_eq!(equals("kms:ViaService", "ec2.us-east-1.amazonaws.com"), unusable);
    assert_eq!(equals("kms:CallerAccount", "111122223333"), silent);
    assert_eq!(equals("kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::signs-sagemaker"), silent);
    assert_eq!(equals("kms:EncryptionContext:purpose", "labels"), undecided);
    // What the key's state or a grant makes of it.
    for state in ["Disabled", "PendingDeletion"] {
        let dead = |a: &mut Account| the_key(a, &|key| key.state = state.to_owned());
        assert_eq!(with(key_policy("role/GtExecution", all), &dead), unusable, "{state}");
    }
    let gone = |a: &mut Account| {
        a.regions.get_mut("us-east-1").unwrap().keys.insert("alias/signs".to_owned(), Fact::Known(None));
    };
    assert_eq!(with(key_policy("role/GtExecution", all), &gone), unusable);
    let grant = |text: &'static str| {
        with(key_policy("role/Other", all), &move |a| {
            the_key(a, &|key| known(&mut key.grants).push(serde_json::from_str(text).unwrap()));
        })
    };
    let whole = r#"{"GranteePrincipal":"arn:aws:iam::111122223333:role/GtExecution","Operations":["Decrypt","GenerateDataKey"]}"#;
    let part = r#"{"GranteePrincipal":"arn:aws:iam::111122223333:role/GtExecution","Operations":["Decrypt"]}"#;
    assert_eq!(grant(whole), silent);
    assert_eq!(grant(part), unusable);

    // Undecided: the key's policy, its grants where they could help, the key, how the bucket encrypts.
    let blind = |change: &'static dyn Fn(&mut Key)| with(key_policy("role/Other", all), &move |a| the_key(a, change));
    assert_eq!(blind(&|key| key.policy = Fact::Unknown(gap("kms:GetKeyPolicy"))), undecided);
    assert_eq!(blind(&|key| key.grants = Fact::Unknown(gap("kms:ListGrants"))), undecided);
    assert_eq!(blind(&|key| key.state = "Dreaming".to_owned()), undecided);
    let without_grants = |a: &mut Account| the_key(a, &|key| key.grants = Fact::Unknown(gap("kms:ListGrants")));
    assert_eq!(with(key_policy("role/GtExecution", all), &without_grants), silent);
    let unread = |a: &mut Account| a.regions.get_mut("us-east-1").unwrap().keys.clear();
    assert_eq!(with(key_policy("role/Other", all), &unread), undecided);
    assert_eq!(says(|a| bucket(a).encryption = Fact::Unknown(gap("s3:GetEncryptionConfiguration"))), undecided);
}
