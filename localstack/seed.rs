//! Creates the account of a snapshot file on LocalStack: `localstack/seed [FILE]`, else the account of `story.json`.
//!
//! The file is what `gt-audit collect` writes. One with gaps is refused before anything is created; only what nobody asked
//! for of single buckets, functions and keys is as LocalStack makes it, and what LocalStack has none of is passed over: labeling
//! jobs, flow definitions, work teams, an organization. AWS's own managed policies are LocalStack's, and a customer's become
//! version v1. LocalStack gives grants ids of its own, and does not know buckets whose tags count, keys that AWS manages,
//! nor whatever else `readable` refuses.
//!
//! This is the only program of the repository that writes, and no part of gt-audit. It writes to this machine's own
//! addresses only, and reads nothing of the user's AWS configuration: its access key is the account's id, by which
//! LocalStack knows accounts apart. It may run again: roles, users, groups, buckets, keys and objects get tags and policies
//! anew; a managed policy, a function or an alias that has become another is an error. It never takes anything away but what a
//! new bucket has by itself and the file's has not.

mod seed_details;

use std::env;
use std::error::Error;
use std::fmt::Display;
use std::iter;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_iam::{error::SdkError, types::Tag};
use aws_sdk_lambda::types::{FunctionCode, Runtime};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use aws_smithy_types::error::metadata::ProvideErrorMetadata as Metadata;
use futures_util::{StreamExt, TryStreamExt, stream};
use gt_audit::account::snapshot::Snapshot;
use gt_audit::account::{Account, Bucket, Fact, Function, Grants, Group, ManagedPolicy, Role, Tags, User};
use gt_audit::arn::Arn;
use gt_audit::policy::Document;

const STORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/localstack/story.json");
const US_EAST_1: &str = "us-east-1";
const REQUESTS_AT_ONCE: usize = 8;
/// The codes that say that a thing is there: IAM's, S3's, Lambda's and KMS's.
const ALREADY: [&str; 4] =
    ["EntityAlreadyExists", "BucketAlreadyOwnedByYou", "ResourceConflictException", "AlreadyExistsException"];
/// What each function runs: an archive of one empty file, `index.py`, whose length and checksum are therefore zero.
const CODE: &[u8] = b"PK\x03\x04\x0a\0\0\0\0\0\0\0\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\x08\0\0\0index.py\
    PK\x01\x02\x0a\0\x0a\0\0\0\0\0\0\0\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0index.py\
    PK\x05\x06\0\0\0\0\x01\0\x01\0\x36\0\0\0\x26\0\0\0\0\0";

type Failure = Box<dyn Error>;
type Done = Result<(), Failure>;
type Answer<T, E> = Result<T, SdkError<E>>;

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "nothing else of this program prints")]
fn main() -> ExitCode {
    match run() {
        Ok(line) => {
            println!("localstack: {line}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("localstack: not seeded: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<String, Failure> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let file = arguments.next().unwrap_or_else(|| PathBuf::from(STORY));
    if arguments.next().is_some() {
        return Err("there is one argument at most, the snapshot file".into());
    }
    let address = loopback(&env::var("AWS_ENDPOINT_URL").unwrap_or_default())?;
    let account = readable(&file)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let begun = Instant::now();
    let counts = runtime.block_on(seed(&account, address))?;
    Ok(format!("account {} is at http://{address}, in {:.1} s: {counts}", account.id, begun.elapsed().as_secs_f32()))
}

/// The address that will be written to is the one that was checked, not the text that it came from.
fn loopback(url: &str) -> Result<SocketAddr, String> {
    let authority = url.strip_prefix("http://").map(|rest| rest.strip_suffix('/').unwrap_or(rest));
    let address = authority.and_then(|authority| authority.replace("localhost:", "127.0.0.1:").parse().ok());
    address.filter(|address: &SocketAddr| address.ip().is_loopback()).ok_or_else(|| {
        format!("AWS_ENDPOINT_URL is `{url}`; only a port of this machine is written to, as in http://127.0.0.1:4566")
    })
}

/// An account that can be created whole.
fn readable(file: &Path) -> Result<Account, Failure> {
    let account = Snapshot::read(file)?.account;
    let file = file.display();
    if let Some(gap) = account.unread().iter().find(|gap| !seed_details::is_passed_over(gap)) {
        return Err(format!("`{}`: {file} lacks what `{}` says: {}", gap.resource(), gap.action(), gap.code()).into());
    }
    let mut functions = account.regions.values().filter_map(|regional| regional.functions.known().ok()).flatten();
    if let Some(function) = functions.find(|function| matches!(function.policy, Fact::Known(Some(_)))) {
        return Err(format!("`{}`: {file} gives it a resource policy, and none can be seeded", function.arn).into());
    }
    match seed_details::impossible(&account) {
        Some(problem) => Err(format!("{file}: {problem}").into()),
        None => Ok(account),
    }
}

/// Creates everything, what others refer to first, and counts it.
async fn seed(account: &Account, address: SocketAddr) -> Result<String, Failure> {
    let aws = &Aws::at(address, &account.id);
    if let Some(alias) = known(&account.alias)? {
        made(alias, aws.iam.create_account_alias().account_alias(alias).send().await)?;
    }
    let policies: Vec<_> = account.iam.policies.iter().filter(|(arn, _)| arn.account() == account.id).collect();
    let (roles, users, groups) = (known(&account.iam.roles)?, known(&account.iam.users)?, known(&account.iam.groups)?);
    let buckets = known(&account.buckets)?;
    each(&policies, |(arn, policy)| aws.policy(arn, policy)).await?;
    each(groups, |group| aws.group(group)).await?;
    each(roles, |role| aws.role(role)).await?;
    each(users, |user| aws.user(user)).await?;
    each(buckets, |bucket| aws.bucket(bucket)).await?;
    let objects: Vec<_> = account.objects.iter().collect();
    each(&objects, |(object, tags)| aws.object(object, tags)).await?;
    let (mut functions, mut keys) = (0, 0);
    for (region, regional) in &account.regions {
        let config = aws.config.to_builder().region(Region::new(region.clone())).build();
        let (lambda, here) = (&aws_sdk_lambda::Client::new(&config), known(&regional.functions)?);
        each(here, |function| create_function(lambda, function)).await?;
        functions += here.len();
        keys += seed_details::keys(&aws_sdk_kms::Client::new(&config), regional).await?;
    }
    let there = [policies.len(), groups.len(), roles.len(), users.len(), buckets.len(), objects.len(), functions, keys];
    let what = ["managed policies", "groups", "roles", "users", "buckets", "objects", "functions", "keys"];
    Ok(iter::zip(there, what).map(|(count, what)| format!("{what} {count}")).collect::<Vec<_>>().join(", "))
}

/// The clients, at one address.
struct Aws {
    config: SdkConfig,
    iam: aws_sdk_iam::Client,
    s3: aws_sdk_s3::Client,
}

impl Aws {
    /// The configuration is made from nothing, so that no AWS variable and no profile has a say in where requests go.
    fn at(address: SocketAddr, account: &str) -> Self {
        let credentials = Credentials::new(account, "test", None, None, "seed");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(format!("http://{address}"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .region(Region::from_static(US_EAST_1))
            .build();
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        Self { iam: aws_sdk_iam::Client::new(&config), s3: aws_sdk_s3::Client::from_conf(s3), config }
    }

    async fn policy(&self, arn: &Arn, policy: &Fact<ManagedPolicy>) -> Done {
        let document = known(&known(policy)?.document)?;
        let create = self.iam.create_policy().path(path(arn)).policy_name(arn.name());
        if made(arn, create.policy_document(document.json().to_string()).send().await)? {
            return Ok(());
        }
        let there = answer(arn, self.iam.get_policy().policy_arn(arn.as_str()).send().await)?;
        let version = there.policy.and_then(|policy| policy.default_version_id).unwrap_or_default();
        let there = self.iam.get_policy_version().policy_arn(arn.as_str()).version_id(version).send().await;
        let text = answer(arn, there)?.policy_version.and_then(|version| version.document).unwrap_or_default();
        let text = percent_encoding::percent_decode_str(&text).decode_utf8_lossy();
        if Document::parse(&text).is_ok_and(|there| there == *document) { Ok(()) } else { Err(differs(arn).into()) }
    }

    async fn group(&self, group: &Group) -> Done {
        let arn = &group.arn;
        made(arn, self.iam.create_group().path(path(arn)).group_name(arn.name()).send().await)?;
        self.grants(arn, &group.grants).await
    }

    async fn role(&self, role: &Role) -> Done {
        let (iam, arn, name) = (&self.iam, &role.arn, role.arn.name());
        let (trust, tags) = (known(&role.trust)?.json().to_string(), tags(&role.tags)?);
        let create = iam.create_role().path(path(arn)).role_name(name).assume_role_policy_document(&trust);
        if !made(arn, create.send().await)? {
            made(arn, iam.update_assume_role_policy().role_name(name).policy_document(trust).send().await)?;
        }
        if let Some(boundary) = known(&role.boundary)? {
            let put = iam.put_role_permissions_boundary().role_name(name).permissions_boundary(boundary.as_str());
            made(arn, put.send().await)?;
        }
        if !tags.is_empty() {
            made(arn, iam.tag_role().role_name(name).set_tags(Some(tags)).send().await)?;
        }
        self.grants(arn, &role.grants).await
    }

    async fn user(&self, user: &User) -> Done {
        let (iam, arn, name, tags) = (&self.iam, &user.arn, user.arn.name(), tags(&user.tags)?);
        made(arn, iam.create_user().path(path(arn)).user_name(name).send().await)?;
        if let Some(boundary) = known(&user.boundary)? {
            let put = iam.put_user_permissions_boundary().user_name(name).permissions_boundary(boundary.as_str());
            made(arn, put.send().await)?;
        }
        if !tags.is_empty() {
            made(arn, iam.tag_user().user_name(name).set_tags(Some(tags)).send().await)?;
        }
        for group in known(&user.groups)? {
            made(arn, iam.add_user_to_group().user_name(name).group_name(group).send().await)?;
        }
        self.grants(arn, &user.grants).await
    }

    /// The policies of a role, user or group, as its ARN says.
    async fn grants(&self, arn: &Arn, grants: &Grants) -> Done {
        let (iam, name, kind) = (&self.iam, arn.name(), arn.resource().split('/').next());
        for policy in known(&grants.attached)?.iter().map(Arn::as_str) {
            match kind {
                Some("role") => made(arn, iam.attach_role_policy().role_name(name).policy_arn(policy).send().await)?,
                Some("user") => made(arn, iam.attach_user_policy().user_name(name).policy_arn(policy).send().await)?,
                _ => made(arn, iam.attach_group_policy().group_name(name).policy_arn(policy).send().await)?,
            };
        }
        for (policy, document) in known(&grants.inline)? {
            let text = known(document)?.json().to_string();
            let (role, user, group) = (iam.put_role_policy(), iam.put_user_policy(), iam.put_group_policy());
            match kind {
                Some("role") => made(arn, role.role_name(name).policy_name(policy).policy_document(text).send().await)?,
                Some("user") => made(arn, user.user_name(name).policy_name(policy).policy_document(text).send().await)?,
                _ => made(arn, group.group_name(name).policy_name(policy).policy_document(text).send().await)?,
            };
        }
        Ok(())
    }

    async fn bucket(&self, bucket: &Bucket) -> Done {
        let (s3, arn, name, region) = (&self.s3, &bucket.arn, bucket.arn.name(), known(&bucket.region)?.as_str());
        // S3's oldest region is the one that must not be named.
        let place = (region != US_EAST_1).then(|| BucketLocationConstraint::from(region));
        let place = place.map(|place| CreateBucketConfiguration::builder().location_constraint(place).build());
        made(arn, s3.create_bucket().bucket(name).set_create_bucket_configuration(place).send().await)?;
        let tags = known(&bucket.tags)?;
        if !tags.is_empty() {
            let tagging = seed_details::tagging(tags)?;
            made(arn, s3.put_bucket_tagging().bucket(name).tagging(tagging).send().await)?;
        }
        if let Some(Some(policy)) = bucket.policy.if_asked().map(known).transpose()? {
            made(arn, s3.put_bucket_policy().bucket(name).policy(policy.json().to_string()).send().await)?;
        }
        self.bucket_details(bucket).await
    }
}

async fn create_function(lambda: &aws_sdk_lambda::Client, function: &Function) -> Done {
    let (arn, name, tags) = (&function.arn, function.arn.name(), known(&function.tags)?);
    let code = FunctionCode::builder().zip_file(CODE.into()).build();
    let create = lambda.create_function().function_name(name).role(&function.role).code(code);
    let create = create.runtime(Runtime::Python313).handler("index.handler");
    if made(arn, create.set_tags(Some(tags.clone().into_iter().collect())).send().await)? {
        return Ok(());
    }
    let there = answer(arn, lambda.get_function().function_name(name).send().await)?;
    let role = there.configuration.and_then(|configuration| configuration.role);
    let same = there.tags.unwrap_or_default().into_iter().collect::<Tags>() == *tags;
    if same && role.as_ref() == Some(&function.role) { Ok(()) } else { Err(differs(arn).into()) }
}

/// Makes some things at once; the first failure ends all.
async fn each<'a, T, F: Future<Output = Done>>(things: &'a [T], make: impl Fn(&'a T) -> F) -> Done {
    stream::iter(things).map(Ok).try_for_each_concurrent(REQUESTS_AT_ONCE, make).await
}

/// Is it new (`true`), or was it there already?
fn made<T, E: Metadata + Error + 'static>(subject: impl Display, result: Answer<T, E>) -> Result<bool, String> {
    match result {
        Err(error) if error.code().is_some_and(|code| ALREADY.contains(&code)) => Ok(false),
        result => answer(subject, result).map(|_| true),
    }
}

/// What was answered, or why not, in one line.
fn answer<T, E: Metadata + Error + 'static>(subject: impl Display, result: Answer<T, E>) -> Result<T, String> {
    result.map_err(|error| {
        if let Some(code) = error.code() {
            return format!("`{subject}`: {code}: {}", error.message().unwrap_or("no reason given"));
        }
        let causes = iter::successors(Some(&error as &dyn Error), |&error| error.source());
        let reason = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
        format!("`{subject}`: {reason}; is LocalStack running? `localstack/start` starts it")
    })
}

fn differs(arn: &Arn) -> String {
    format!("`{arn}` is there already and differs; `localstack/stop` and `localstack/start` make an empty account")
}

/// The fact; [`readable`] has refused all gaps but those that nobody asked about.
fn known<T>(fact: &Fact<T>) -> Result<&T, String> {
    fact.known().map_err(|gap| format!("`{}`: the file lacks what `{}` says of it", gap.resource(), gap.action()))
}

/// IAM's tags.
fn tags(tags: &Fact<Tags>) -> Result<Vec<Tag>, Failure> {
    let tags = known(tags)?.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    Ok(tags.collect::<Result<_, _>>()?)
}

/// IAM's path: `/team/a/` of `role/team/a/Name`.
fn path(arn: &Arn) -> &str {
    let (start, end) = (arn.resource().find('/'), arn.resource().rfind('/'));
    start.zip(end).and_then(|(start, end)| arn.resource().get(start..=end)).unwrap_or("/")
}
