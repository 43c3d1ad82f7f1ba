//! A change that closes a finding, put in place at an AWS that enforces its policies: the calls that the finding is about
//! are refused before and go through after, and others stay refused.

use aws_credential_types::Credentials;
use aws_sdk_lambda::types::{FunctionCode, InvocationType, Runtime};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use gt_audit::account::{Bucket, Fact, Function, Grants, ManagedPolicy, Role, Tags};
use gt_audit::arn::Arn;
use gt_audit::audit::Options;
use gt_audit::config::Config;
use gt_audit::fix::{self, Change, Selection};
use gt_audit::knowledge::managed;
use gt_audit::policy::Document;
use serde_json::json;

use super::{CODE, Oracle, REGION};
use crate::accounts::{OPTIONS, document, healthy, known};

const ROLE: &str = "GtMended";
/// What somebody may do: write and read there, and invoke.
const TRIED: [(&str, &str); 5] = [
    ("images", "signs/1.jpg"),
    ("images", "elsewhere/1.jpg"),
    ("others", "signs/1.jpg"),
    ("recipe", ""),
    ("other-recipe", ""),
];

#[test]
fn what_a_change_is_about_goes_through_then_and_nothing_else() {
    let Ok(endpoint) = std::env::var("GT_AUDIT_ORACLE") else {
        println!("skipped: GT_AUDIT_ORACLE is not set; localstack/test sets it");
        return;
    };
    assert!(endpoint.starts_with("http://127.0.0.1:"), "only a port of this machine is written to, not {endpoint}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let oracle = Oracle::new(&endpoint);
        set_up(&oracle).await;
        assert_eq!(tried(&oracle).await, [false; 5]);
        let changes = changes(&oracle.account);
        assert_eq!(changes.len(), 1, "{changes:#?}");
        for change in changes {
            let Change::PutInlinePolicy { identity, name, document } = change else { panic!("{change:?}") };
            assert_eq!(identity.name(), ROLE);
            let put = oracle.iam.put_role_policy().role_name(ROLE).policy_name(name);
            put.policy_document(document.json().to_string()).send().await.unwrap();
        }
        assert_eq!(tried(&oracle).await, [true, false, false, true, false]);
    });
}

fn bucket(account: &str, name: &str) -> String {
    format!("{account}-mended-{name}")
}

fn function(account: &str, name: &str) -> Arn {
    Arn::parse(format!("arn:aws:lambda:{REGION}:{account}:function:mended-{name}")).unwrap()
}

/// The role with the managed policy's text, two buckets and two functions without a token in their names.
async fn set_up(oracle: &Oracle) {
    let account = &oracle.account;
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "AWS": account },
    }] });
    let create = oracle.iam.create_role().role_name(ROLE).assume_role_policy_document(trust.to_string());
    let role = create.send().await.unwrap().role.unwrap().arn;
    let text = managed::newest(managed::GROUND_TRUTH_EXECUTION).unwrap().document.json();
    let policy = oracle.create_policy("mended", text).await;
    oracle.iam.attach_role_policy().role_name(ROLE).policy_arn(policy).send().await.unwrap();
    for name in ["images", "others"] {
        oracle.s3.create_bucket().bucket(bucket(account, name)).send().await.unwrap();
    }
    for name in ["recipe", "other-recipe"] {
        let code = FunctionCode::builder().zip_file(CODE.into()).build();
        let create =
            oracle.lambda.create_function().function_name(function(account, name).name()).role(&role).code(code);
        create.runtime(Runtime::Python313).handler("index.handler").send().await.unwrap();
    }
}

/// Which of the calls are allowed.
async fn tried(oracle: &Oracle) -> [bool; 5] {
    let account = &oracle.account;
    let assume = oracle.sts.assume_role().role_arn(format!("arn:aws:iam::{account}:role/{ROLE}"));
    let keys = assume.role_session_name("mended").send().await.unwrap().credentials.unwrap();
    let token = Some(keys.session_token);
    let credentials = Credentials::new(keys.access_key_id, keys.secret_access_key, token, None, "oracle");
    let mut allowed = [false; 5];
    for ((what, key), allowed) in TRIED.into_iter().zip(&mut allowed) {
        let refusal = if key.is_empty() {
            let invoke = oracle.lambda.invoke().function_name(function(account, what).name());
            let invoke = invoke.invocation_type(InvocationType::DryRun).customize();
            let credentials = aws_sdk_lambda::config::Builder::new().credentials_provider(credentials.clone());
            let answer = invoke.config_override(credentials).send().await;
            answer.map(drop).map_err(|error| error.code().map(str::to_owned))
        } else {
            let credentials = aws_sdk_s3::config::Builder::new().credentials_provider(credentials.clone());
            let put = oracle.s3.put_object().bucket(bucket(account, what)).key(key).body(b"here".to_vec().into());
            let answer = put.customize().config_override(credentials).send().await;
            answer.map(drop).map_err(|error| error.code().map(str::to_owned))
        };
        *allowed = match refusal {
            Ok(()) => true,
            Err(Some(code)) if ["AccessDenied", "AccessDeniedException"].contains(&code.as_str()) => false,
            Err(code) => panic!("{what} {key}: neither allowed nor denied: {code:?}"),
        };
    }
    allowed
}

/// What gt-audit would change in the same account, of which a workload uses one bucket below a prefix, and one function.
fn changes(id: &str) -> Vec<Change> {
    let mut snapshot = healthy();
    let account = &mut snapshot.account;
    id.clone_into(&mut account.id);
    let policy = Arn::iam("aws", id, "policy/mended");
    let text = Document::from_json(managed::newest(managed::GROUND_TRUTH_EXECUTION).unwrap().document.json().clone());
    let version = ManagedPolicy { version: "v1".to_owned(), document: Fact::Known(text.unwrap()) };
    account.iam.policies = [(policy.clone(), Fact::Known(version))].into();
    account.iam.roles = Fact::Known(vec![Role {
        arn: Arn::iam("aws", id, &format!("role/{ROLE}")),
        id: Fact::Known("AROA".to_owned()),
        trust: Fact::Known(document(
            r#"{"Statement":{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":"ID"}}}}"#
                .replace("ID", id)
                .as_str(),
        )),
        grants: Grants { attached: Fact::Known(vec![policy]), inline: Fact::Known([].into()) },
        boundary: Fact::Known(None),
        tags: Fact::Known(Tags::new()),
    }]);
    let like = known(&mut account.buckets)[0].clone();
    let named = |name: &str| Bucket {
        arn: Arn::bucket("aws", &bucket(id, name)),
        tags: Fact::Known(Tags::new()),
        ..like.clone()
    };
    account.buckets = Fact::Known(["images", "others"].map(named).into());
    let functions = ["recipe", "other-recipe"].map(|name| Function {
        arn: function(id, name),
        role: format!("arn:aws:iam::{id}:role/{ROLE}"),
        vpc: Fact::Known(None),
        tags: Fact::Known(Tags::new()),
        policy: Fact::Known(None),
    });
    account.regions.get_mut(REGION).unwrap().functions = Fact::Known(functions.into());
    let config = format!(
        "[[workload]]\nname = \"signs\"\nrole = \"arn:aws:iam::{id}:role/{ROLE}\"\nbuckets = [\"{}/signs/*\"]\nfunctions = [\"mended-recipe\"]\n",
        bucket(id, "images")
    );
    let config = Config::parse("gt-audit.toml", config.as_bytes()).unwrap();
    let options = Options { workloads: &config.workloads, ..OPTIONS };
    let plan = fix::plan(&snapshot, options, Selection::All).unwrap();
    plan.mends.into_iter().flat_map(|mend| mend.changes).collect()
}
