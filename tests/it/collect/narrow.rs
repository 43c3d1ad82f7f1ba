//! One question costs a few calls, and is answered as by the whole account.

use gt_audit::account::concerns::{Concerns, Named};
use gt_audit::account::snapshot::Snapshot;
use gt_audit::account::{Account, Fact};
use gt_audit::arn::Arn;
use gt_audit::collect::calls::{self, Call};
use gt_audit::collect::{Connection, complete, narrow};
use gt_audit::labeling::{concerns, wanted_of};
use gt_audit::preflight::checks_of;
use gt_audit::why::{Decision, Question, decide};

use super::story::{arn, everything};
use crate::accounts::story;
use crate::fake_aws::{FakeAws, Switches, run};

fn read(fake: &FakeAws, asked: &Concerns) -> Account {
    let regions = vec!["eu-west-1".to_owned(), "us-east-1".to_owned()];
    run(async {
        let aws = fake.connect(&Connection { regions, ..Connection::default() }).await.unwrap();
        let mut account = narrow(&aws, asked, concerns).await.unwrap();
        complete(&aws, &mut account, |account| wanted_of(account, asked)).await;
        account
    })
}

fn about(principal: &str, resource: &Arn) -> Concerns {
    let mut about = Concerns::default();
    about.add_principal(principal);
    about.add_resource(resource);
    about
}

/// An AWS that was asked about one function.
pub fn of_one_function() -> FakeAws {
    let fake = FakeAws::serving(&everything());
    let functions = &everything().regions["us-east-1"].functions;
    let function = functions.known().unwrap()[0].arn.clone();
    let account = read(&fake, &about("Execution", &function));
    let read = account.regions["us-east-1"].functions.known().unwrap();
    assert_eq!(read.iter().map(|function| &function.arn).collect::<Vec<_>>(), [&function]);
    fake
}

fn calls(fake: &FakeAws) -> usize {
    fake.requests().values().sum()
}

/// Every role of the story, asked about a bucket, a function, a key and another role.
#[test]
fn a_question_costs_under_fifteen_calls_and_is_decided_as_by_the_whole_account() {
    let whole = story();
    let buckets = whole.account.buckets.known().unwrap();
    let functions = whole.account.regions["us-east-1"].functions.known().unwrap();
    let roles = whole.account.iam.roles.known().unwrap();
    let mut most = 0;
    for (place, role) in roles.iter().enumerate() {
        let bucket = &buckets[place % buckets.len()].arn;
        let object = arn(&format!("{bucket}/a/b.json"));
        let function = &functions[place % functions.len()].arn;
        let other = &roles[(place + 1) % roles.len()].arn;
        for (action, resource) in [
            ("s3:GetObject", &object),
            ("s3:PutObject", &object),
            ("s3:ListBucket", bucket),
            ("lambda:InvokeFunction", function),
            ("iam:PassRole", other),
        ] {
            let fake = FakeAws::serving(&whole.account);
            let account = read(&fake, &about(role.arn.name(), resource));
            let snapshot = Snapshot { account, ..whole.clone() };
            let question = Question {
                action: action.to_owned(),
                resource: resource.clone(),
                context: vec![],
                by_ground_truth: false,
            };
            let [narrow, all] = [&snapshot, &whole].map(|snapshot| decide(snapshot, &role.arn, &question).unwrap());
            // The snapshot has no policies of buckets that nothing shows to be used; the question reads them.
            if all.decision != Decision::Undecided {
                assert_eq!(narrow.decision, all.decision, "{} {action} {resource}", role.arn);
                assert_eq!(format!("{:?}", narrow.by), format!("{:?}", all.by), "{} {action} {resource}", role.arn);
            }
            most = most.max(calls(&fake));
            assert!(calls(&fake) < 15, "{} {action} {resource}: {:?}", role.arn, fake.requests());
        }
    }
    println!("{most} calls at most");
}

#[test]
fn a_job_is_explained_as_by_the_whole_account_and_nothing_is_listed() {
    let whole = story();
    let regions = whole.account.regions.values();
    let jobs: Vec<_> = regions.flat_map(|regional| regional.labeling_jobs.known().unwrap()).collect();
    assert_eq!(jobs.len(), 4);
    for job in jobs {
        for named in [job.arn.name(), job.arn.as_str()] {
            let fake = FakeAws::serving(&whole.account);
            let account = read(&fake, &Concerns { job: Some(named.to_owned()), ..Concerns::default() });
            let snapshot = Snapshot { account, ..whole.clone() };
            let checks = |snapshot| serde_json::to_string_pretty(&checks_of(snapshot, &[], &job.arn)).unwrap();
            assert_eq!(checks(&snapshot), checks(&whole), "{named}");
            let listing: [&Call; 5] = [
                &calls::LIST_LABELING_JOBS,
                &calls::LIST_FUNCTIONS,
                &calls::GET_RESOURCES,
                &calls::LIST_ROLES,
                &calls::GET_ACCOUNT_AUTHORIZATION_DETAILS,
            ];
            for call in listing {
                assert_eq!(fake.requests_of(call), 0, "{}", call.operation);
            }
            println!("{named}: {} calls", calls(&fake));
        }
    }
}

#[test]
fn what_was_not_asked_for_is_unread_and_what_is_not_there_is_not() {
    let fake = FakeAws::serving(&everything());
    let account = read(&fake, &about("nobody", &arn("arn:aws:s3:::no-such-bucket")));
    assert_eq!(account.iam.roles, Fact::Known(vec![]));
    assert_eq!(account.iam.users, Fact::Known(vec![]));
    assert_eq!(account.buckets, Fact::Known(vec![]));
    let asked = Concerns { identities: [Named::Role("Execution".to_owned())].into(), ..Concerns::default() };
    let account = read(&FakeAws::serving(&everything()), &asked);
    assert_eq!(account.iam.roles.known().unwrap().len(), 1);
    assert!(account.iam.users.is_not_asked() && account.iam.groups.is_not_asked() && account.buckets.is_not_asked());
}

#[test]
fn a_user_is_read_with_the_groups_policies() {
    let served = everything();
    let user = served.iam.users.known().unwrap().iter().find(|user| !user.groups.known().unwrap().is_empty()).unwrap();
    let mut asked = Concerns::default();
    asked.add_identity(&user.arn);
    let account = read(&FakeAws::serving(&served), &asked);
    assert_eq!(account.iam.users.known().unwrap(), std::slice::from_ref(user));
    let groups = account.iam.groups.known().unwrap();
    assert_eq!(groups.iter().map(|group| group.arn.name()).collect::<Vec<_>>(), *user.groups.known().unwrap());
    assert!(groups.iter().all(|group| served.iam.groups.known().unwrap().contains(group)));
    assert!(account.iam.roles.is_not_asked());
}

#[test]
fn who_may_not_read_one_role_reads_all() {
    let set = Switches { refused: vec![(&calls::GET_ROLE, "AccessDenied", 0)], ..Switches::default() };
    let fake = FakeAws::new(&everything(), set);
    let account = read(&fake, &about("Execution", &arn("arn:aws:s3:::bucket-0001")));
    assert_eq!(account.iam.roles, everything().iam.roles);
    assert_eq!(fake.requests_of(&calls::GET_ACCOUNT_AUTHORIZATION_DETAILS), 1);
}
