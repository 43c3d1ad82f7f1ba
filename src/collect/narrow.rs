//! The facts of a single question, instead of the account: a role with its policies, a bucket, a function, a key, a job.
//!
//! Knows which calls tell about one thing by its name. What is not asked for is left unread, so that it is never taken for
//! an absence: lists hold what was named, and those who judge ask about nothing else.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join3;

use super::aws::Aws;
use super::calls::{DESCRIBE_ORGANIZATION, LIST_ACCOUNT_ALIASES, LIST_BUCKETS, LIST_GROUPS, LIST_ROLES, LIST_USERS};
use super::gate::each;
use super::{iam, lambda, organizations, s3, sagemaker};
use crate::account::concerns::Concerns;
use crate::account::{Account, Fact, Function, Iam, Organization, Regional, Unknown};
use crate::arn::Arn;

/// Reads what is needed of the names of a question. `uses` says what a labeling job is about.
///
/// # Errors
///
/// When whether there is such a labeling job could not be read.
pub async fn narrow(aws: &Aws, concerns: &Concerns, uses: impl Fn(&Account) -> Concerns) -> Result<Account, Unknown> {
    let jobs = match &concerns.job {
        Some(named) => sagemaker::labeling_job(aws, named).await?,
        None => vec![],
    };
    let mut account = nothing(aws);
    for job in &jobs {
        let regional = account.regions.entry(job.arn.region().to_owned()).or_insert_with(Regional::not_asked);
        regional.labeling_jobs = Fact::Known(vec![job.clone()]);
    }
    let mut concerns = concerns.clone();
    if !jobs.is_empty() {
        concerns.extend(uses(&account));
    }
    let mut gaps = vec![];
    let buckets = async {
        if concerns.buckets.is_empty() {
            Fact::Unknown(Unknown::not_asked(LIST_BUCKETS.action, "*"))
        } else {
            s3::named(aws, &concerns.buckets).await
        }
    };
    let functions = functions(aws, &concerns.functions);
    let (buckets, functions, (organization, organization_id)) =
        Box::pin(join3(buckets, functions, organizations::organization(aws))).await;
    account.buckets = buckets;
    (account.organization, account.organization_id) = (organization, organization_id);
    for (region, functions) in functions {
        // What a job's functions may do depends on their own roles.
        for function in functions.known().into_iter().flatten().filter(|_| !jobs.is_empty()) {
            if let Ok(role) = Arn::parse(function.role.as_str()) {
                concerns.add_identity(&role);
            }
        }
        account.regions.entry(region).or_insert_with(Regional::not_asked).functions = functions;
    }
    if !concerns.identities.is_empty() {
        account.iam = iam::named(aws, &concerns.identities, &mut gaps).await;
    }
    // A key is read in its region, and that of a bucket in the bucket's.
    let of_buckets =
        account.buckets.known().into_iter().flatten().filter_map(|bucket| bucket.region.known().ok().cloned());
    let places: BTreeSet<String> = of_buckets.chain(concerns.keys.iter().map(|(region, _)| region.clone())).collect();
    for region in places {
        account.regions.entry(region).or_insert_with(Regional::not_asked);
    }
    account.gaps.extend(gaps);
    Ok(account)
}

/// These functions, region by region; unknown where they could be read neither by themselves nor in a list.
async fn functions(aws: &Aws, named: &BTreeSet<Arn>) -> BTreeMap<String, Fact<Vec<Function>>> {
    let own = named.iter().filter(|arn| arn.account() == aws.account).cloned().collect::<Vec<_>>();
    let read = each(own, async |arn| {
        let function = lambda::named(aws, &arn).await;
        (arn.region().to_owned(), function)
    });
    let mut regions: BTreeMap<String, Fact<Vec<Function>>> = BTreeMap::new();
    for (region, function) in read.await {
        let functions = regions.entry(region).or_insert_with(|| Fact::Known(vec![]));
        match (function, functions) {
            (Ok(function), Fact::Known(functions)) => functions.extend(function),
            (Err(unknown), functions) => *functions = Fact::Unknown(unknown),
            (Ok(_), Fact::Unknown(_)) => {}
        }
    }
    // Who may not ask about one function may perhaps list them.
    for (region, functions) in &mut regions {
        if functions.known().is_err() {
            *functions = match lambda::functions(aws, region).await {
                Fact::Known(all) => Fact::Known(all.into_iter().filter(|one| named.contains(&one.arn)).collect()),
                unknown @ Fact::Unknown(_) => unknown,
            };
        }
    }
    regions
}

/// An account of which only the id is known.
fn nothing(aws: &Aws) -> Account {
    fn not_asked<T>(action: &str) -> Fact<T> {
        Fact::Unknown(Unknown::not_asked(action, "*"))
    }
    Account {
        id: aws.account.clone(),
        partition: aws.partition().to_owned(),
        alias: not_asked(LIST_ACCOUNT_ALIASES.action),
        caller: aws.caller.clone(),
        organization: Organization::NotAsked,
        organization_id: not_asked(DESCRIBE_ORGANIZATION.action),
        iam: Iam {
            roles: not_asked(LIST_ROLES.action),
            users: not_asked(LIST_USERS.action),
            groups: not_asked(LIST_GROUPS.action),
            policies: BTreeMap::new(),
        },
        buckets: not_asked(LIST_BUCKETS.action),
        objects: BTreeMap::new(),
        regions: BTreeMap::new(),
        gaps: vec![],
    }
}
