//! Collecting, against an AWS in memory: what is served is what is collected, and what is refused is a gap.

mod answers;
mod details;
mod faults;
mod jobs;
mod narrow;
mod organization;
mod refused;
mod story;
mod time;
mod workforce;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gt_audit::account::snapshot::Snapshot;
use gt_audit::account::{Account, Fact, Wanted};
use gt_audit::arn::Arn;
use gt_audit::collect::calls::{self, CALLS, Chosen, When};
use gt_audit::collect::{Aws, Connection, Event, complete, details, inventory, object};
use gt_audit::labeling::wanted;

use crate::accounts::root;
use crate::fake_aws::{FakeAws, HOME, Switches, run};
use story::{arn, before_details, everything, known, large};

fn both_regions() -> Connection {
    Connection { regions: vec![HOME.to_owned(), "eu-west-1".to_owned()], ..Connection::default() }
}

/// Every detail of what was collected, and the keys and objects of `everything`.
fn everything_wanted(account: &Account) -> Wanted {
    let buckets = account.buckets.known().unwrap();
    let place = |object: &Arn| {
        let bucket = object.resource().split('/').next().unwrap();
        let bucket = buckets.iter().find(|it| it.arn.resource() == bucket);
        bucket.and_then(|bucket| bucket.region.known().ok().cloned()).unwrap_or_else(|| HOME.to_owned())
    };
    let functions = account.regions.values().flat_map(|regional| regional.functions.known().unwrap());
    let keys = everything().regions.into_iter();
    Wanted {
        bucket_tags: buckets.iter().map(|bucket| bucket.arn.clone()).collect(),
        buckets: buckets.iter().map(|bucket| bucket.arn.clone()).collect(),
        functions: functions.map(|function| function.arn.clone()).collect(),
        keys: keys.flat_map(|(region, it)| it.keys.into_keys().map(move |name| (region.clone(), name))).collect(),
        objects: everything().objects.into_keys().map(|object| (place(&object), object)).collect(),
    }
}

/// Connects, collects in both regions, and hands back the account before the details.
fn collect(fake: &FakeAws) -> (Aws, Account) {
    run(async {
        let aws = fake.connect(&both_regions()).await.unwrap();
        let account = inventory(&aws).await;
        (aws, account)
    })
}

fn collect_with(set: Switches) -> Account {
    collect(&FakeAws::new(&everything(), set)).1
}

#[test]
fn what_is_served_in_small_pages_is_collected_whole() {
    // 3 users, 2 groups, 9 roles and 4 policies: 18 items, 3 a page, and the same for every other list.
    let fake = FakeAws::new(&everything(), Switches { page: Some(3), ..Switches::default() });
    let (aws, mut account) = collect(&fake);
    assert_eq!(account, before_details(&everything()));
    assert_eq!(fake.requests_of(&calls::GET_ACCOUNT_AUTHORIZATION_DETAILS), 6);
    assert_eq!(fake.requests_of(&calls::LIST_BUCKETS), 3);
    assert_eq!(fake.requests_of(&calls::LIST_FUNCTIONS), 2 + 1, "5 and 2 functions");
    assert_eq!(fake.requests_of(&calls::GET_RESOURCES), 2 + 1, "3 + 2 and 1 + 1 tagged resources");

    let wanted = everything_wanted(&account);
    run(details(&aws, &mut account, &wanted));
    assert_eq!(account, everything());
}

#[test]
fn seven_pages_of_authorization_details_are_followed_to_the_end() {
    let mut served = everything();
    let role = known(&mut served.iam.roles).last().unwrap().clone();
    for number in 0..3 {
        let arn = arn(&format!("arn:aws:iam::111122223333:role/zzz{number}"));
        known(&mut served.iam.roles).push(gt_audit::account::Role { arn, ..role.clone() });
    }
    let fake = FakeAws::new(&served, Switches { page: Some(3), ..Switches::default() });
    assert_eq!(collect(&fake).1, before_details(&served));
    assert_eq!(fake.requests_of(&calls::GET_ACCOUNT_AUTHORIZATION_DETAILS), 7);
}

#[test]
fn a_policy_that_nobody_carries_is_left_out() {
    let mut served = everything();
    let policy = served.iam.policies[&arn(story::BOUNDARY)].clone();
    served.iam.policies.insert(arn("arn:aws:iam::111122223333:policy/Nobodys"), policy);
    assert_eq!(collect(&FakeAws::serving(&served)).1, before_details(&everything()));
}

#[test]
fn a_server_that_forgets_its_markers_is_not_asked_forever() {
    let account = collect_with(Switches { page: Some(2), forgets_markers: true, ..Switches::default() });
    let gap = account.buckets.known().unwrap_err();
    assert_eq!((gap.action(), gap.code()), ("s3:ListAllMyBuckets", "Malformed"));
}

#[test]
fn the_operations_that_are_made_read_only_and_stand_in_the_table() {
    // The ways to the same facts that between them make every call there is.
    let refuse = |call, code| vec![(call, code, 0)];
    let fakes = [
        Switches::default(),
        Switches { refused: refuse(&calls::GET_ACCOUNT_AUTHORIZATION_DETAILS, "AccessDenied"), ..Switches::default() },
        Switches { refused: refuse(&calls::GET_RESOURCES, "AccessDeniedException"), ..Switches::default() },
        Switches { no_bucket_regions: true, ..Switches::default() },
    ];
    let mut made = BTreeSet::new();
    for set in fakes {
        let fake = FakeAws::new(&everything(), set);
        let connection = Connection { all_regions: true, ..Connection::default() };
        let (aws, account) = run(async {
            let aws = fake.connect(&connection).await.unwrap();
            let mut account = inventory(&aws).await;
            let wanted = everything_wanted(&account);
            details(&aws, &mut account, &wanted).await;
            (aws, account)
        });
        assert_eq!(account, everything());
        let seen: BTreeSet<_> = fake.requests().into_keys().collect();
        assert_eq!(aws.operations().into_keys().collect::<BTreeSet<_>>(), seen, "what is counted is what is sent");
        assert_eq!(aws.collection().api_calls, fake.requests().values().sum::<usize>() as u64);
        made.extend(seen);
    }
    let fake = FakeAws::serving(&everything());
    let manifest = arn("arn:aws:s3:::bucket-0001/plain.manifest");
    run(async { object(&fake.connect(&Connection::default()).await.unwrap(), &manifest, None).await }).unwrap();
    made.extend(fake.requests().into_keys());
    made.extend(narrow::of_one_function().requests().into_keys());
    let table: BTreeSet<_> = CALLS.iter().map(|call| (call.service.to_owned(), call.operation.to_owned())).collect();
    let missing: Vec<_> = table.difference(&made).collect();
    // Its calls are aws-config's.
    assert_eq!(missing, [&("STS".to_owned(), "AssumeRole".to_owned())]);
    assert_eq!(made.difference(&table).count(), 0);
    for (service, operation) in made {
        assert!(["Get", "List", "Describe"].iter().any(|verb| operation.starts_with(verb)), "{service} {operation}");
    }
}

#[test]
fn a_large_account_is_listed_in_few_calls() {
    let served = large();
    let fake = FakeAws::serving(&served);
    let aws = run(async {
        let aws = fake.connect(&Connection::default()).await.unwrap();
        assert_eq!(inventory(&aws).await, before_details(&served));
        aws
    });
    let collection = aws.collection();
    println!("500 roles, 1,000 buckets (200 tagged), 500 functions (250 tagged): {} calls", collection.api_calls);
    // 1 identity, 1 alias, 1 page of IAM, 1 of buckets, 10 of functions, 5 of the 450 resources that are tagged, 4 that
    // find no labeling jobs: of late, and in each state in which an older one may be; 2 that find next to nothing of
    // flow definitions and work teams, and 1 that finds no organization.
    assert_eq!((collection.api_calls, collection.retries), (26, 0));
    assert_eq!(collection.started_at, "2026-11-22T12:34:56Z");
    assert_eq!(collection.finished_at, "2026-11-22T12:34:56Z");
}

/// What a middling account looks like: `tests/accounts/seeded-500.json.zst`, 501 roles, 1,000 buckets (every tenth named for
/// labeling, every fifth tagged), 500 functions.
#[test]
fn a_seeded_account_costs_few_calls_but_for_what_may_have_to_do_with_labeling() {
    let served = Snapshot::read(&root().join("tests/accounts/seeded-500.json.zst")).unwrap().account;
    let fake = FakeAws::serving(&served);
    let account = run(async {
        let aws = fake.connect(&Connection::default()).await.unwrap();
        let mut account = inventory(&aws).await;
        complete(&aws, &mut account, |account| wanted(account, &[], false)).await;
        account
    });
    assert_eq!(account.unread(), BTreeSet::new());
    let of = |is_detail: bool| -> usize {
        let requests = fake.requests().into_iter().filter(|((service, operation), _)| {
            let call = CALLS.iter().find(|call| (call.service, call.operation) == (service, operation)).unwrap();
            (call.when == When::Details) == is_detail
        });
        requests.map(|(_, count)| count).sum()
    };
    let wanted = wanted(&account, &[], false);
    println!(
        "{} calls, and {} for details of {} buckets and {} functions",
        of(false),
        of(true),
        wanted.buckets.len(),
        wanted.functions.len()
    );
    // 1 identity, 1 alias, 1 page of IAM, 1 of buckets, 10 of functions, 7 of tagged resources, 6 lists of SageMaker, 1
    // organization.
    assert!(of(false) <= 40, "{:?}", fake.requests());
    // Policy, CORS rules, encryption and ABAC of a bucket, its tags where they speak of labeling, the policy of a function.
    let wanted = 4 * wanted.buckets.len() + wanted.bucket_tags.len() + wanted.functions.len() + 3 * wanted.keys.len();
    assert!(of(true) <= wanted, "{:?}", fake.requests());
}

#[test]
fn what_the_least_policy_leaves_out_is_not_called() {
    let fake =
        FakeAws::new(&everything(), Switches { left_out: [story::BOUNDARY.to_owned()].into(), ..Switches::default() });
    let (aws, mut account) = collect(&fake);
    let wanted = everything_wanted(&account);
    run(details(&aws, &mut account, &wanted));
    for (service, operation) in aws.operations().into_keys() {
        let call = CALLS.iter().find(|call| (call.service, call.operation) == (&service, &operation)).unwrap();
        assert!(call.is_made(&Chosen::default()), "{operation}");
    }
}

#[test]
fn a_terminal_escape_comes_through_unharmed() {
    let escape = "\u{1b}]0;pwned\u{7}";
    let mut served = everything();
    let role = known(&mut served.iam.roles).first_mut().unwrap();
    let policy = known(&mut role.grants.inline).remove("inline").unwrap();
    known(&mut role.grants.inline).insert(format!("inline{escape}"), policy);
    known(&mut role.tags).insert("key".to_owned(), format!("value{escape}"));
    let function = &mut known(&mut served.regions.get_mut(HOME).unwrap().functions)[0];
    function.role.push_str(escape);
    known(&mut function.tags).insert(escape.to_owned(), escape.to_owned());
    assert_eq!(collect(&FakeAws::serving(&served)).1, before_details(&served));
}

#[test]
fn a_bucket_that_is_elsewhere_is_asked_where_it_is() {
    for malformed_authorization in [false, true] {
        let set = Switches { misplaced: Some("eu-central-1"), malformed_authorization, ..Switches::default() };
        let fake = FakeAws::new(&everything(), set);
        let (aws, mut account) = collect(&fake);
        let wanted = everything_wanted(&account);
        run(details(&aws, &mut account, &wanted));
        for bucket in known(&mut account.buckets) {
            assert_eq!(bucket.region, Fact::Known("eu-central-1".to_owned()), "as listed");
            bucket.region = Fact::Known("us-east-1".to_owned());
        }
        let mut expected = everything();
        for bucket in known(&mut expected.buckets) {
            bucket.region = Fact::Known("us-east-1".to_owned());
        }
        assert_eq!(account, expected);
        assert_eq!(fake.requests_of(&calls::GET_BUCKET_POLICY), 2 * 8);
    }
}

#[test]
fn calls_keep_the_distance_that_is_asked_for() {
    let fake = FakeAws::serving(&everything());
    let connection = Connection { max_rps: Some(10), ..both_regions() };
    run(async { inventory(&fake.connect(&connection).await.unwrap()).await });
    let times = fake.times();
    assert_eq!(times.len(), fake.requests().values().sum::<usize>());
    for (call, time) in (0..).zip(times) {
        assert_eq!(time, Duration::from_millis(100) * call);
    }
}

#[test]
fn who_watches_is_told_of_each_call_before_it_is_made() {
    let told = Arc::new(Mutex::new(vec![]));
    let watcher = {
        let told = Arc::clone(&told);
        Arc::new(move |event: Event<'_>| {
            let Event::Asked(progress) = event else { panic!("{event:?}") };
            told.lock().unwrap().push((progress.call.operation, progress.resource.to_owned(), progress.calls));
        })
    };
    let fake = FakeAws::serving(&everything());
    run(async { inventory(&Aws::new(fake.config(), &both_regions(), watcher).await.unwrap()).await });
    let told = told.lock().unwrap();
    assert_eq!(told.len(), fake.requests().values().sum::<usize>());
    assert_eq!(told[0], ("GetCallerIdentity", "*".to_owned(), 0));
    assert!(told.is_sorted_by_key(|(_, _, calls)| *calls));
}
