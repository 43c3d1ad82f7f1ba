//! The functions and interfaces that AWS itself keeps for Ground Truth, by account, region and name.
//!
//! No managed policy names them and no role needs a permission for them; but a job that misspells one fails. The data are
//! in `builtin.json`: 23 tasks, each with a function before (`PRE-`) and after (`ACS-`) the work, and what the browsers of
//! their workers need of buckets.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::arn::Arn;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    /// By region, the account that keeps the functions.
    function_accounts: BTreeMap<String, String>,
    tasks: Vec<String>,
    interface_account: String,
    interfaces: Vec<String>,
    algorithm_account: String,
    algorithms: Vec<String>,
    /// Each task and interface in one of them.
    browsers: Vec<Browsers>,
    /// By region, the endpoint through which Ground Truth reads buckets.
    s3_vpc_endpoints: BTreeMap<String, String>,
}

#[expect(clippy::expect_used, reason = "the file is part of the program, and every test that asks for it reads it")]
static FILE: LazyLock<File> =
    LazyLock::new(|| serde_json::from_str(include_str!("builtin.json")).expect("builtin.json has the form of File"));

/// The regions in which Ground Truth has its functions.
pub fn regions() -> impl Iterator<Item = &'static str> {
    FILE.function_accounts.keys().map(String::as_str)
}

/// What a bucket's CORS rules must let the browsers of workers do, for some tasks.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Browsers {
    /// What the workers are shown.
    pub what: String,
    names: Vec<String>,
    /// `GET` …; none, where no browser reads the bucket.
    pub allowed_methods: Vec<String>,
    /// Headers of a preflight request, or `*`.
    pub allowed_headers: Vec<String>,
    /// Headers of the answer that the page must see.
    pub expose_headers: Vec<String>,
    /// The same of the output's bucket, as of the input's?
    pub output: bool,
}

/// What an ARN says of AWS's own functions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Builtin {
    /// One of them, rightly addressed.
    Right,
    /// Meant to be one of them, and this is wrong with it.
    Wrong(String),
    /// Somebody's own function.
    No,
}

/// Is this ARN one of AWS's own functions, or meant to be? `region`: where the job runs.
#[must_use]
pub fn function(arn: &Arn, region: &str) -> Builtin {
    // `function:NAME` or `function:NAME:QUALIFIER`; an ARN that lacks a part is meant all the same.
    let name = arn.resource().split(':').nth(1).unwrap_or(arn.resource());
    let Some(task) = name.strip_prefix("PRE-").or_else(|| name.strip_prefix("ACS-")) else {
        return Builtin::No;
    };
    let known = FILE.tasks.iter().any(|known| known == task);
    let of_aws = FILE.function_accounts.values().any(|account| account == arn.account());
    if !known && !of_aws {
        // Somebody may call a function of their own so.
        return near(task)
            .map_or(Builtin::No, |near| Builtin::Wrong(format!("there is no task `{task}`; did you mean `{near}`?")));
    }
    if !known {
        let meant = near(task).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        return Builtin::Wrong(format!("there is no task `{task}`{meant}"));
    }
    match FILE.function_accounts.get(arn.region()) {
        None if arn.region().is_empty() => Builtin::Wrong("it names no region".to_owned()),
        None => Builtin::Wrong(format!("AWS keeps no such functions in `{}`", arn.region())),
        Some(account) if account != arn.account() => {
            Builtin::Wrong(format!("in `{}` AWS keeps them in the account {account}", arn.region()))
        }
        Some(_) if arn.region() != region => {
            Builtin::Wrong(format!("it is in `{}`, and the job runs in `{region}`", arn.region()))
        }
        Some(_) => Builtin::Right,
    }
}

/// The task that was probably meant: the same letters in another case, or one without what was put before it.
fn near(task: &str) -> Option<&'static str> {
    let small = task.to_lowercase();
    let close = |known: &&String| {
        let known = known.to_lowercase();
        known == small || known.strip_prefix("3d") == Some(&small) || small.strip_prefix("3d") == Some(&known)
    };
    FILE.tasks.iter().find(close).map(String::as_str)
}

/// Is this ARN one of AWS's own interfaces, or meant to be? `region`: where the job runs.
#[must_use]
pub fn interface(arn: &Arn, region: &str) -> Builtin {
    if arn.account() != FILE.interface_account || arn.service() != "sagemaker" {
        return Builtin::No;
    }
    if !FILE.interfaces.iter().any(|name| name == arn.name()) {
        let plain = arn.name().strip_prefix("3D").filter(|name| FILE.interfaces.iter().any(|n| n == name));
        return Builtin::Wrong(match plain {
            Some(name) => format!("the interface is called `{name}`, without `3D`"),
            None => format!("AWS keeps no interface `{}`", arn.name()),
        });
    }
    if arn.region() != region {
        return Builtin::Wrong(format!("it is in `{}`, and the job runs in `{region}`", arn.region()));
    }
    Builtin::Right
}

/// Is this ARN one of AWS's own algorithms of automated labeling? There are no others (`API_LabelingJobAlgorithmsConfig`).
/// `region`: where the job runs.
#[must_use]
pub fn algorithm(arn: &Arn, region: &str) -> Builtin {
    let name = arn.resource().strip_prefix("labeling-job-algorithm-specification/").unwrap_or_default();
    if arn.service() != "sagemaker" || arn.account() != FILE.algorithm_account {
        return Builtin::Wrong(format!(
            "AWS's algorithms for automated labeling are in account {}",
            FILE.algorithm_account
        ));
    }
    if !FILE.algorithms.iter().any(|known| known == name) {
        return Builtin::Wrong(format!("AWS has no such algorithm; the names are {}", FILE.algorithms.join(", ")));
    }
    if arn.region() != region {
        return Builtin::Wrong(format!("it is in `{}`, and the job runs in `{region}`", arn.region()));
    }
    Builtin::Right
}

/// The right ARN of what an algorithm is meant to be, where its name shows that.
#[must_use]
pub fn right_algorithm(arn: &Arn, region: &str) -> Option<String> {
    let known = FILE.algorithms.iter().find(|known| arn.resource().to_ascii_lowercase().contains(known.as_str()))?;
    let (partition, account) = (arn.partition(), &FILE.algorithm_account);
    Some(format!("arn:{partition}:sagemaker:{region}:{account}:labeling-job-algorithm-specification/{known}"))
}

/// The public work team of a region, that anybody may be a member of.
#[must_use]
pub fn public_team(partition: &str, region: &str) -> String {
    format!("arn:{partition}:sagemaker:{region}:{}:workteam/public-crowd/default", FILE.interface_account)
}

/// Is this it?
#[must_use]
pub fn is_public_team(team: &Arn) -> bool {
    team.as_str() == public_team(team.partition(), team.region())
}

/// The right ARN of what a function of AWS's own is meant to be, for a job of this region, where that is known.
#[must_use]
pub fn right_function(arn: &Arn, region: &str) -> Option<String> {
    let name = arn.resource().split(':').nth(1).unwrap_or(arn.resource());
    let (kind, task) = name.split_once('-').filter(|(kind, _)| ["PRE", "ACS"].contains(kind))?;
    let task = FILE.tasks.iter().map(String::as_str).find(|known| *known == task).or_else(|| near(task))?;
    let account = FILE.function_accounts.get(region)?;
    Some(format!("arn:{}:lambda:{region}:{account}:function:{kind}-{task}", arn.partition()))
}

/// The right ARN of what an interface of AWS's own is meant to be, where that is known.
#[must_use]
pub fn right_interface(arn: &Arn) -> Option<String> {
    let name = arn.name();
    let meant = name.strip_prefix("3D").unwrap_or(name);
    let right = FILE.interfaces.iter().find(|known| known.eq_ignore_ascii_case(meant))?;
    let (partition, region) = (arn.partition(), arn.region());
    Some(format!("arn:{partition}:sagemaker:{region}:{}:human-task-ui/{right}", FILE.interface_account))
}

/// What the browsers of workers need for the task of a function or an interface, if it is AWS's own by name.
#[must_use]
pub fn browsers(arn: &Arn) -> Option<&'static Browsers> {
    let name = match arn.service() {
        "lambda" => {
            let name = arn.resource().split(':').nth(1).unwrap_or(arn.resource());
            name.strip_prefix("PRE-").or_else(|| name.strip_prefix("ACS-"))?
        }
        _ => arn.name(),
    };
    // A function that passes everything through says nothing of what it is.
    let known = FILE.browsers.iter().find(|browsers| browsers.names.iter().any(|known| known == name));
    known.filter(|_| name != "PassThrough")
}

/// What they need where the task is one's own: somebody shows them images, as far as anybody can know.
#[must_use]
pub fn browsers_of_images() -> Option<&'static Browsers> {
    browsers_of("images")
}

/// What they need, for each kind of thing that they can be shown.
#[must_use]
pub fn all_browsers() -> &'static [Browsers] {
    &FILE.browsers
}

/// What they need to be shown something, by its name.
#[must_use]
pub fn browsers_of(what: &str) -> Option<&'static Browsers> {
    FILE.browsers.iter().find(|browsers| browsers.what == what)
}

/// The VPC endpoint through which Ground Truth reads the buckets of a region, as bucket policies must let through.
#[must_use]
pub fn s3_endpoint(region: &str) -> Option<&'static str> {
    FILE.s3_vpc_endpoints.get(region).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_right_in_their_account_and_region_and_nowhere_else() {
        assert_eq!((FILE.tasks.len(), FILE.function_accounts.len()), (23, 14));
        let judge = |arn: &str| function(&Arn::parse(arn).unwrap(), "eu-central-1");
        let says = |arn: &str, words: &str| {
            let judged = judge(arn);
            assert!(matches!(&judged, Builtin::Wrong(why) if why.contains(words)), "{arn}: {judged:?}");
        };
        assert_eq!(judge("arn:aws:lambda:eu-central-1:203001061592:function:PRE-BoundingBox"), Builtin::Right);
        assert_eq!(judge("arn:aws:lambda:eu-central-1:111122223333:function:acme-pre"), Builtin::No);
        assert_eq!(judge("arn:aws:lambda:eu-central-1:111122223333:function:PRE-acme"), Builtin::No);
        says("arn:aws:lambda:eu-central-1:111122223344:function:ACS-3DPointCloudObjectDetection", "203001061592");
        says("arn:aws:lambda:us-east-1:432418664414:function:PRE-BoundingBox", "runs in `eu-central-1`");
        says("arn:aws:lambda:eu-north-1:432418664414:function:PRE-BoundingBox", "no such functions in `eu-north-1`");
        says("arn:aws:lambda::function:PRE-TextMultiClass", "no region");
        says("arn:aws:lambda:eu-central-1:203001061592:function:PRE-VideoClassification", "no task");
        says(
            "arn:aws:lambda:eu-central-1:111122223333:function:PRE-PointCloudObjectTracking",
            "`3DPointCloudObjectTracking`",
        );
    }

    #[test]
    fn every_task_and_interface_says_once_what_browsers_need() {
        for name in FILE.tasks.iter().chain(&FILE.interfaces) {
            let groups = FILE.browsers.iter().filter(|browsers| browsers.names.contains(name)).count();
            assert_eq!(groups, 1, "{name}");
        }
        let what = |arn: &str| browsers(&Arn::parse(arn).unwrap()).map(|browsers| browsers.what.as_str());
        assert_eq!(what("arn:aws:lambda:us-east-1:432418664414:function:PRE-TextMultiClass"), Some("text"));
        assert_eq!(what("arn:aws:lambda:us-east-1:432418664414:function:ACS-BoundingBox"), Some("images"));
        assert_eq!(
            what("arn:aws:sagemaker:us-east-1:394669845002:human-task-ui/PointCloudObjectTracking"),
            Some("video frames or point clouds")
        );
        assert_eq!(what("arn:aws:lambda:us-east-1:111122223333:function:signs-pre"), None);
        assert_eq!(what("arn:aws:lambda:us-east-1:432418664414:function:PRE-PassThrough"), None);
        assert!(browsers_of_images().is_some());
    }

    #[test]
    fn the_right_arn_is_known_where_the_task_is() {
        let right = |arn: &str| right_function(&Arn::parse(arn).unwrap(), "eu-central-1");
        let known = Some("arn:aws:lambda:eu-central-1:203001061592:function:PRE-3DPointCloudObjectTracking".to_owned());
        assert_eq!(right("arn:aws:lambda:eu-central-1:111122223333:function:PRE-PointCloudObjectTracking"), known);
        assert_eq!(right("arn:aws:lambda::function:PRE-3DPointCloudObjectTracking"), known);
        assert_eq!(right("arn:aws:lambda:eu-central-1:203001061592:function:PRE-VideoClassification"), None);
        assert_eq!(right("arn:aws:lambda:eu-central-1:111122223333:function:acme-pre"), None);
    }

    #[test]
    fn interfaces_have_no_3d_before_their_names() {
        let judge = |name: &str| {
            let arn = format!("arn:aws:sagemaker:us-east-1:394669845002:human-task-ui/{name}");
            interface(&Arn::parse(arn).unwrap(), "us-east-1")
        };
        assert_eq!(judge("PointCloudObjectTracking"), Builtin::Right);
        assert!(
            matches!(judge("3DPointCloudObjectTracking"), Builtin::Wrong(why) if why.contains("`PointCloudObjectTracking`"))
        );
        assert!(matches!(judge("Nothing"), Builtin::Wrong(_)));
        let arn = |account: &str| format!("arn:aws:sagemaker:eu-west-1:{account}:human-task-ui/VideoObjectTracking");
        let judge = |account: &str| interface(&Arn::parse(arn(account)).unwrap(), "us-east-1");
        assert!(matches!(judge("394669845002"), Builtin::Wrong(why) if why.contains("`eu-west-1`")));
        assert_eq!(judge("111122223333"), Builtin::No);
        let team =
            |account: &str| Arn::parse(format!("arn:aws:sagemaker:eu-west-1:{account}:workteam/public-crowd/default"));
        assert!(is_public_team(&team("394669845002").unwrap()) && !is_public_team(&team("111122223333").unwrap()));
        assert_eq!(s3_endpoint("us-east-1"), Some("vpce-08408e335ebf95b40"));
    }
}
