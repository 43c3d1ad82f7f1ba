//! The engine against an AWS that really decides: MiniStack enforces IAM. `localstack/test` sets `GT_AUDIT_ORACLE` to
//! its address; without it this test says that it is skipped.
//!
//! Each set-up becomes a role, and a bucket or a function, in an account that only this run has, so that nothing need
//! be cleared away. The role's temporary credentials then make one call, and `gt-audit simulate` is asked the same.

mod known;
mod mended;
mod setups;

use std::collections::BTreeMap;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_lambda::types::{FunctionCode, InvocationType, Runtime};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures_util::{StreamExt, stream};
use gt_audit::knowledge::managed;
use serde_json::{Value, json};

use crate::command_line::gt_audit;
use known::{KNOWN, Known, Page};
use setups::{Call, Setup};

const REGION: &str = "us-east-1";
const SESSION: &str = "oracle";
const AT_ONCE: usize = 4;
/// An archive of nothing: no function is run here.
const CODE: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

#[test]
fn gt_audit_decides_as_an_aws_that_enforces_its_policies() {
    let Ok(endpoint) = std::env::var("GT_AUDIT_ORACLE") else {
        println!("skipped: GT_AUDIT_ORACLE is not set; localstack/test sets it");
        return;
    };
    assert!(endpoint.starts_with("http://127.0.0.1:"), "only a port of this machine is written to, not {endpoint}");
    let begun = Instant::now();
    let setups = setups::all();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let seen = runtime.block_on(Oracle::new(&endpoint).try_all(&setups));
    let decided = simulate(seen.iter().map(|(line, _)| line));

    let mut known: BTreeMap<&str, bool> = KNOWN.iter().map(|Known(setup, allows, _)| (*setup, *allows)).collect();
    assert_eq!(known.len(), KNOWN.len(), "a disagreement is listed twice");
    let (mut allowed, mut wrong) = (0, vec![]);
    for ((line, oracle_allows), answer) in seen.iter().zip(&decided) {
        let name = line["id"].as_str().unwrap();
        let gt_audit_allows = match answer["decision"].as_str() {
            Some("allowed") => true,
            Some("implicitDeny" | "explicitDeny") => false,
            _ => panic!("{name} is not decided: {line}\n{answer}"),
        };
        allowed += usize::from(gt_audit_allows);
        match (known.remove(name), gt_audit_allows == *oracle_allows) {
            (None, true) => (),
            (Some(expected), false) if expected == *oracle_allows => (),
            (Some(expected), true) if expected == *oracle_allows => {
                wrong.push(format!("{name}: gt-audit errs as MiniStack is known to\n{line}\n{answer}"));
            }
            (Some(_), _) => wrong.push(format!("{name}: MiniStack decides otherwise now; mend the table")),
            (None, false) => wrong.push(format!("{name}: allowed by MiniStack: {oracle_allows}\n{line}\n{answer}")),
        }
    }
    wrong.extend(known.keys().map(|name| format!("{name} is a known disagreement and no set-up")));
    let denied = seen.len() - allowed;
    println!(
        "{} set-ups, {allowed} allowed, {denied} denied, {} known disagreements, in {:.1} s",
        seen.len(),
        KNOWN.len(),
        begun.elapsed().as_secs_f32()
    );
    for Known(setup, allows, Page(page, words)) in KNOWN {
        println!("{setup}: MiniStack {}, AWS does not: {page}: {words}", if *allows { "allows" } else { "denies" });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(allowed >= 20 && denied >= 20, "{allowed} allowed and {denied} denied are no test of both");
}

/// What gt-audit says of each line.
fn simulate<'a>(lines: impl Iterator<Item = &'a Value>) -> Vec<Value> {
    let lines: Vec<String> = lines.map(Value::to_string).collect();
    let output = gt_audit().arg("simulate").write_stdin(lines.join("\n")).assert().code(0).get_output().clone();
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The clients of one account, as its root user.
struct Oracle {
    account: String,
    /// Of another account.
    elsewhere: String,
    iam: aws_sdk_iam::Client,
    sts: aws_sdk_sts::Client,
    s3: aws_sdk_s3::Client,
    s3_elsewhere: aws_sdk_s3::Client,
    lambda: aws_sdk_lambda::Client,
}

/// What a set-up has become, under the names that its policies use.
struct Made<'a> {
    setup: &'a Setup,
    role: String,
    session: String,
    /// The bucket's or function's ARN.
    resource: String,
    account: &'a str,
}

impl Made<'_> {
    /// A policy document of these statements.
    fn policy(&self, statements: &[Value]) -> Value {
        let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        let text = text.replace("{role}", &self.role).replace("{session}", &self.session);
        let text = text.replace("{bucket}", &self.resource).replace("{function}", &self.resource);
        serde_json::from_str(&text.replace("{account}", self.account)).unwrap()
    }
}

impl Oracle {
    /// The account is made of the time: a 12-digit access key opens the account of that number.
    fn new(endpoint: &str) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() % 1_000_000_000_000;
        let (account, elsewhere) = (format!("{now:012}"), format!("{:012}", now ^ 1));
        let config = |account: &str| {
            let credentials = Credentials::new(account, "test", None, None, "oracle");
            SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .endpoint_url(endpoint)
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .region(Region::from_static(REGION))
                .build()
        };
        let s3 = |config: &SdkConfig| {
            aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(config).force_path_style(true).build())
        };
        let here = config(&account);
        Self {
            iam: aws_sdk_iam::Client::new(&here),
            sts: aws_sdk_sts::Client::new(&here),
            s3: s3(&here),
            s3_elsewhere: s3(&config(&elsewhere)),
            lambda: aws_sdk_lambda::Client::new(&here),
            account,
            elsewhere,
        }
    }

    /// Of each set-up what gt-audit is to be asked, and whether the oracle allowed the call.
    async fn try_all(&self, setups: &[Setup]) -> Vec<(Value, bool)> {
        for name in [managed::GROUND_TRUTH_EXECUTION, managed::FULL_ACCESS] {
            self.create_policy(name, managed::newest(name).unwrap().document.json()).await;
        }
        let seen = setups.iter().enumerate().map(|(index, setup)| self.try_one(index, setup));
        stream::iter(seen).buffered(AT_ONCE).collect().await
    }

    async fn try_one(&self, index: usize, setup: &Setup) -> (Value, bool) {
        let (account, name) = (&self.account, setup.name);
        let (resource, owner) = match setup.call {
            Call::Get { bucket, .. } | Call::Put { bucket, .. } => (
                format!("arn:aws:s3:::{account}-{index:03}-{bucket}"),
                if setup.elsewhere { &self.elsewhere } else { account },
            ),
            Call::Invoke { function, .. } => {
                (format!("arn:aws:lambda:{REGION}:{account}:function:f{index:03}-{function}"), account)
            }
        };
        let made = Made {
            setup,
            role: format!("arn:aws:iam::{account}:role{}{name}", setup.path.unwrap_or("/")),
            session: format!("arn:aws:sts::{account}:assumed-role/{name}/{SESSION}"),
            resource,
            account,
        };
        self.create_role(&made).await;
        let resource_policy = match setup.call {
            Call::Invoke { .. } => self.create_function(&made).await,
            Call::Get { .. } | Call::Put { .. } => self.create_bucket(&made).await,
        };
        let (user_id, credentials) = self.assume(&made).await;
        let allowed = self.call(&made, credentials).await;
        let (action, asked) = match setup.call {
            Call::Get { key, .. } => ("s3:GetObject", format!("{}/{key}", made.resource)),
            Call::Put { key, .. } => ("s3:PutObject", format!("{}/{key}", made.resource)),
            Call::Invoke { qualifier, .. } => ("lambda:InvokeFunction", format!("{}{qualifier}", made.resource)),
        };
        let line = json!({
            "id": name, "principal": made.session, "action": action, "resource": asked, "resourceAccount": owner,
            "context": context(&made, owner, &user_id), "policies": setup.managed,
            "identityPolicies": document(&made, &setup.inline).into_iter().collect::<Vec<_>>(),
            "boundary": document(&made, &setup.boundary), "sessionPolicy": document(&made, &setup.session),
            "resourcePolicy": resource_policy,
        });
        (line, allowed)
    }

    async fn create_policy(&self, name: &str, document: &Value) -> String {
        let create = self.iam.create_policy().policy_name(name).policy_document(document.to_string());
        create.send().await.unwrap().policy.unwrap().arn.unwrap()
    }

    async fn create_role(&self, made: &Made<'_>) {
        let (iam, setup, name) = (&self.iam, made.setup, made.setup.name);
        let trust = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "AWS": made.account },
        }] });
        let mut create = iam
            .create_role()
            .path(setup.path.unwrap_or("/"))
            .role_name(name)
            .assume_role_policy_document(trust.to_string());
        for (key, value) in setup.role_tags {
            create = create.tags(aws_sdk_iam::types::Tag::builder().key(*key).value(*value).build().unwrap());
        }
        if let Some(boundary) = document(made, &setup.boundary) {
            create = create.permissions_boundary(self.create_policy(&format!("boundary-{name}"), &boundary).await);
        }
        create.send().await.unwrap();
        for policy in setup.managed {
            let policy = format!("arn:aws:iam::{}:policy/{policy}", made.account);
            iam.attach_role_policy().role_name(name).policy_arn(policy).send().await.unwrap();
        }
        if let Some(inline) = document(made, &setup.inline) {
            let put = iam.put_role_policy().role_name(name).policy_name("inline").policy_document(inline.to_string());
            put.send().await.unwrap();
        }
    }

    /// Hands back the bucket's policy.
    async fn create_bucket(&self, made: &Made<'_>) -> Option<Value> {
        let s3 = if made.setup.elsewhere { &self.s3_elsewhere } else { &self.s3 };
        let bucket = name(&made.resource);
        s3.create_bucket().bucket(bucket).send().await.unwrap();
        if let Call::Get { key, .. } = made.setup.call {
            let tags = made.setup.object_tags.iter().map(|(key, value)| format!("{key}={value}"));
            let put = s3.put_object().bucket(bucket).key(key).body(b"here".to_vec().into());
            put.tagging(tags.collect::<Vec<_>>().join("&")).send().await.unwrap();
        }
        let policy = document(made, &made.setup.bucket_policy)?;
        // As in AWS, a new bucket takes no policy that is for everybody.
        s3.delete_public_access_block().bucket(bucket).send().await.unwrap();
        s3.put_bucket_policy().bucket(bucket).policy(policy.to_string()).send().await.unwrap();
        Some(policy)
    }

    /// Hands back the function's policy, as Lambda wrote it.
    async fn create_function(&self, made: &Made<'_>) -> Option<Value> {
        let (lambda, name) = (&self.lambda, name(&made.resource));
        let code = FunctionCode::builder().zip_file(CODE.into()).build();
        let create = lambda.create_function().function_name(name).role(&made.role).code(code).publish(true);
        create.runtime(Runtime::Python313).handler("index.handler").send().await.unwrap();
        let principal = made.setup.function_policy?.replace("{role}", &made.role).replace("{account}", made.account);
        let add = lambda.add_permission().function_name(name).statement_id("oracle").principal(principal);
        add.action("lambda:InvokeFunction").send().await.unwrap();
        let policy = lambda.get_policy().function_name(name).send().await.unwrap().policy.unwrap();
        Some(serde_json::from_str(&policy).unwrap())
    }

    /// The session's id and credentials.
    async fn assume(&self, made: &Made<'_>) -> (String, Credentials) {
        let policy = document(made, &made.setup.session).map(|policy| policy.to_string());
        let assume = self.sts.assume_role().role_arn(&made.role).role_session_name(SESSION).set_policy(policy);
        let assumed = assume.send().await.unwrap();
        let user = assumed.assumed_role_user.unwrap();
        assert_eq!(user.arn, made.session);
        let keys = assumed.credentials.unwrap();
        let token = Some(keys.session_token);
        (user.assumed_role_id, Credentials::new(keys.access_key_id, keys.secret_access_key, token, None, "oracle"))
    }

    /// Makes the call: was it allowed?
    async fn call(&self, made: &Made<'_>, credentials: Credentials) -> bool {
        let name = name(&made.resource);
        let s3 = aws_sdk_s3::config::Builder::new().credentials_provider(credentials.clone());
        let refusal = match made.setup.call {
            Call::Get { key, .. } => {
                let get = self.s3.get_object().bucket(name).key(key).customize().config_override(s3);
                get.send().await.map(drop).map_err(|error| error.code().map(str::to_owned))
            }
            Call::Put { key, .. } => {
                let put = self.s3.put_object().bucket(name).key(key).body(b"there".to_vec().into());
                let put = put.customize().config_override(s3);
                put.send().await.map(drop).map_err(|error| error.code().map(str::to_owned))
            }
            Call::Invoke { qualifier, .. } => {
                let invoke = self.lambda.invoke().function_name(format!("{name}{qualifier}"));
                let invoke = invoke.invocation_type(InvocationType::DryRun).customize();
                let credentials = aws_sdk_lambda::config::Builder::new().credentials_provider(credentials);
                let invoke = invoke.config_override(credentials).send().await;
                invoke.map(drop).map_err(|error| error.code().map(str::to_owned))
            }
        };
        match refusal {
            Ok(()) => true,
            Err(Some(code)) if ["AccessDenied", "AccessDeniedException"].contains(&code.as_str()) => false,
            Err(code) => panic!("{}: neither allowed nor denied: {code:?}", made.setup.name),
        }
    }
}

/// A policy of these statements, if there are any.
fn document(made: &Made<'_>, statements: &[Value]) -> Option<Value> {
    (!statements.is_empty()).then(|| made.policy(statements))
}

/// The bucket's or function's name.
fn name(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap()
}

/// What the request says of itself. Every key that a set-up's policies ask for and that is not here is absent.
fn context(made: &Made<'_>, owner: &str, user_id: &str) -> Value {
    let now = jiff::Timestamp::now();
    let (time, seconds) = (now.to_string(), now.as_second().to_string());
    let mut context = json!({
        "aws:PrincipalArn": made.role, "aws:PrincipalAccount": made.account, "aws:PrincipalType": "AssumedRole",
        "aws:userid": user_id, "aws:MultiFactorAuthPresent": "false", "aws:RequestedRegion": REGION,
        "aws:ResourceAccount": owner, "aws:SecureTransport": "false", "aws:SourceIp": "127.0.0.1",
        "aws:CurrentTime": time, "aws:EpochTime": seconds, "aws:TokenIssueTime": time,
    });
    for (key, value) in made.setup.role_tags {
        context[format!("aws:PrincipalTag/{key}")] = json!(value);
    }
    if let Call::Get { .. } = made.setup.call {
        for (key, value) in made.setup.object_tags {
            context[format!("s3:ExistingObjectTag/{key}")] = json!(value);
        }
    }
    context
}
