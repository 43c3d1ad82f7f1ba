//! Collecting, against an AWS in memory: what is served is what is collected, and what is refused is a gap.

mod story;

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use gt_audit::account::{Account, Fact, Gap, Wanted};
use gt_audit::collect::calls::{self, CALLS, Call, Chosen};
use gt_audit::collect::{Aws, ConnectError, Connection, details, inventory};
use serde_json::Value;

use crate::fake_aws::{FakeAws, HOME, Switches};
use story::{arn, before_details, everything, known, large};

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn both_regions() -> Connection {
    Connection { regions: vec![HOME.to_owned(), "eu-west-1".to_owned()], ..Connection::default() }
}

fn everything_wanted(account: &Account) -> Wanted {
    let buckets: BTreeSet<_> = account.buckets.known().unwrap().iter().map(|bucket| bucket.arn.clone()).collect();
    let functions = account.regions.values().flat_map(|regional| regional.functions.known().unwrap());
    Wanted {
        bucket_tags: buckets.clone(),
        bucket_policies: buckets,
        function_policies: functions.map(|function| function.arn.clone()).collect(),
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
fn a_server_that_forgets_its_markers_is_not_asked_forever() {
    let account = collect_with(Switches { page: Some(2), forgets_markers: true, ..Switches::default() });
    let gap = account.buckets.known().unwrap_err();
    assert_eq!((gap.action.as_str(), gap.code.as_str()), ("s3:ListAllMyBuckets", "Malformed"));
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
    // 1 identity, 1 alias, 1 page of IAM, 1 of buckets, 10 of functions, 5 of the 450 resources that are tagged.
    assert_eq!((collection.api_calls, collection.retries), (19, 0));
    assert_eq!(collection.started_at, "2026-11-22T12:00:00Z");
    assert_eq!(collection.finished_at, "2026-11-22T12:00:00Z");
}

#[test]
fn what_the_least_policy_leaves_out_is_not_called() {
    let fake = FakeAws::new(&everything(), Switches { left_out: [story::BOUNDARY.to_owned()].into(), ..Switches::default() });
    let (aws, mut account) = collect(&fake);
    let wanted = everything_wanted(&account);
    run(details(&aws, &mut account, &wanted));
    for (service, operation) in aws.operations().into_keys() {
        let call = CALLS.iter().find(|call| (call.service, call.operation) == (&service, &operation)).unwrap();
        assert!(call.is_made(&Chosen::default()), "{operation}");
    }
}

#[test]
fn a_bulk_call_that_is_refused_is_replaced_by_calls_for_each() {
    for (call, code, after) in [
        (&calls::GET_ACCOUNT_AUTHORIZATION_DETAILS, "AccessDenied", 0),
        (&calls::GET_ACCOUNT_AUTHORIZATION_DETAILS, "AccessDenied", 3),
        (&calls::GET_RESOURCES, "AccessDeniedException", 0),
        (&calls::GET_RESOURCES, "AccessDeniedException", 1),
    ] {
        let account = collect_with(Switches { page: Some(2), refused: vec![(call, code, after)], ..Switches::default() });
        assert_eq!(account, before_details(&everything()), "{} after {after}", call.operation);
    }
    let hidden = Switches { left_out: [story::BOUNDARY.to_owned(), story::AWS_MANAGED.to_owned()].into(), ..Switches::default() };
    assert_eq!(collect_with(hidden), before_details(&everything()));
    assert_eq!(collect_with(Switches { no_bucket_regions: true, ..Switches::default() }), before_details(&everything()));
}

/// Every call, refused, with the other refusals that it takes to make it at all.
#[test]
fn each_call_refused_in_turn_leaves_a_gap_that_names_its_action_and_nothing_else() {
    const BULK: &[&Call] = &[&calls::GET_ACCOUNT_AUTHORIZATION_DETAILS];
    const INDEX: &[&Call] = &[&calls::GET_RESOURCES];
    let cases: [(&'static Call, &[&'static Call]); 28] = [
        (&calls::LIST_ACCOUNT_ALIASES, &[]),
        (&calls::LIST_REGIONS, &[]),
        (&calls::GET_ACCOUNT_AUTHORIZATION_DETAILS, &[]),
        (&calls::GET_POLICY, &[]),
        (&calls::GET_POLICY_VERSION, &[]),
        (&calls::LIST_ROLES, BULK),
        (&calls::GET_ROLE, BULK),
        (&calls::LIST_ATTACHED_ROLE_POLICIES, BULK),
        (&calls::LIST_ROLE_POLICIES, BULK),
        (&calls::GET_ROLE_POLICY, BULK),
        (&calls::LIST_USERS, BULK),
        (&calls::GET_USER, BULK),
        (&calls::LIST_ATTACHED_USER_POLICIES, BULK),
        (&calls::LIST_USER_POLICIES, BULK),
        (&calls::GET_USER_POLICY, BULK),
        (&calls::LIST_GROUPS_FOR_USER, BULK),
        (&calls::LIST_GROUPS, BULK),
        (&calls::LIST_ATTACHED_GROUP_POLICIES, BULK),
        (&calls::LIST_GROUP_POLICIES, BULK),
        (&calls::GET_GROUP_POLICY, BULK),
        (&calls::LIST_BUCKETS, &[]),
        (&calls::GET_BUCKET_LOCATION, &[]),
        (&calls::GET_BUCKET_TAGGING, INDEX),
        (&calls::GET_BUCKET_POLICY, &[]),
        (&calls::LIST_FUNCTIONS, &[]),
        (&calls::LIST_TAGS, INDEX),
        (&calls::GET_FUNCTION_POLICY, &[]),
        (&calls::GET_RESOURCES, &[]),
    ];
    let tried: BTreeSet<_> = cases.iter().map(|(call, _)| call.action).chain(["sts:GetCallerIdentity", "sts:AssumeRole"]).collect();
    assert_eq!(tried, CALLS.iter().map(|call| call.action).collect());

    for (call, others) in cases {
        let refused = others.iter().chain([&call]).map(|call| (*call, "AccessDenied", 0)).collect();
        let set = Switches {
            refused,
            left_out: [story::BOUNDARY.to_owned()].into(),
            no_bucket_regions: *call == calls::GET_BUCKET_LOCATION,
            ..Switches::default()
        };
        let fake = FakeAws::new(&everything(), set);
        let connection = Connection { all_regions: *call == calls::LIST_REGIONS, ..both_regions() };
        let mut account = run(async {
            let aws = fake.connect(&connection).await.unwrap();
            let mut account = inventory(&aws).await;
            details(&aws, &mut account, &everything_wanted(&everything())).await;
            account
        });
        assert!(fake.requests_of(call) > 0, "{} was never asked for", call.operation);

        let replaced = [calls::GET_ACCOUNT_AUTHORIZATION_DETAILS, calls::GET_RESOURCES].contains(call);
        let mut named: BTreeSet<String> = account.gaps.drain(..).map(|gap| gap.action).collect();
        if *call == calls::LIST_REGIONS {
            // The regions that everybody has stand in, and are found empty.
            assert!(account.regions.len() > 15);
            account.regions.retain(|region, _| everything().regions.contains_key(region));
        }
        assert!(account.regions.keys().eq(everything().regions.keys()));
        let mut expected = everything();
        if others == BULK {
            // What nobody is known to carry is not collected.
            expected.iam.policies.retain(|arn, _| account.iam.policies.contains_key(arn));
        }
        unify(&serde_json::to_value(&account).unwrap(), &serde_json::to_value(&expected).unwrap(), &mut named);
        let expected: BTreeSet<_> = match (replaced, others.first()) {
            (true, _) => BTreeSet::new(),
            // Why it had to be asked for each is told too, where that was not enough.
            (false, Some(&&calls::GET_ACCOUNT_AUTHORIZATION_DETAILS)) => {
                [call.action.to_owned(), "iam:GetAccountAuthorizationDetails".to_owned()].into()
            }
            (false, _) => [call.action.to_owned()].into(),
        };
        assert_eq!(named, expected, "{}", call.operation);
    }
}

/// Collects the actions that the gaps name, and holds that everything else is as served.
fn unify(collected: &Value, served: &Value, named: &mut BTreeSet<String>) {
    if let Some(gap) = collected.get("unknown") {
        let gap: Gap = serde_json::from_value(gap.clone()).unwrap();
        assert_eq!((gap.code.as_str(), gap.message.contains("not authorized")), ("AccessDenied", true), "{gap:?}");
        named.insert(gap.action);
        return;
    }
    match (collected, served) {
        (Value::Object(collected), Value::Object(served)) => {
            assert!(collected.keys().collect::<BTreeSet<_>>() == served.keys().collect::<BTreeSet<_>>());
            collected.iter().for_each(|(key, value)| unify(value, &served[key], named));
        }
        (Value::Array(collected), Value::Array(served)) => {
            assert_eq!(collected.len(), served.len());
            collected.iter().zip(served).for_each(|(collected, served)| unify(collected, served, named));
        }
        (collected, served) => assert_eq!(collected, served),
    }
}

#[test]
fn throttling_on_every_third_request_is_survived() {
    let fake = FakeAws::new(&everything(), Switches { page: Some(2), throttle_every: Some(3), ..Switches::default() });
    let (aws, mut account) = collect(&fake);
    let wanted = everything_wanted(&account);
    run(details(&aws, &mut account, &wanted));
    assert_eq!(account, everything());
    let requests: usize = fake.requests().values().sum();
    let collection = aws.collection();
    assert_eq!(collection.retries, requests as u64 / 3);
    assert_eq!(collection.api_calls + collection.retries, requests as u64);

    let one_by_one = Switches {
        throttle_every: Some(3),
        refused: vec![(&calls::GET_ACCOUNT_AUTHORIZATION_DETAILS, "AccessDenied", 0), (&calls::GET_RESOURCES, "AccessDenied", 0)],
        ..Switches::default()
    };
    assert_eq!(collect_with(one_by_one), before_details(&everything()));
}

#[test]
fn throttled_to_the_end_hung_and_garbled_are_gaps_with_a_word_for_what_happened() {
    let forever = vec![(&calls::LIST_FUNCTIONS, "TooManyRequestsException", 0)];
    for (set, code) in [
        (Switches { refused: forever, ..Switches::default() }, "TooManyRequestsException"),
        (Switches { hung: vec![&calls::LIST_FUNCTIONS], ..Switches::default() }, "Timeout"),
        (Switches { garbled: vec![&calls::LIST_FUNCTIONS], ..Switches::default() }, "Malformed"),
    ] {
        let fake = FakeAws::new(&everything(), set);
        let (_, account) = collect(&fake);
        for regional in account.regions.values() {
            let gap = regional.functions.known().unwrap_err();
            assert_eq!((gap.action.as_str(), gap.code.as_str()), ("lambda:ListFunctions", code));
            assert!(!gap.message.is_empty() && !gap.message.contains("EXAMPLE"), "{}", gap.message);
        }
        assert_eq!(account.buckets, before_details(&everything()).buckets);
        let patience = if code == "Malformed" { 1 } else { 10 };
        assert_eq!(fake.requests_of(&calls::LIST_FUNCTIONS), 2 * patience, "two regions, {code}");
    }
}

#[test]
fn an_inline_policy_that_is_not_json_spoils_only_itself() {
    for refused in [vec![], vec![(&calls::GET_ACCOUNT_AUTHORIZATION_DETAILS, "AccessDenied", 0)]] {
        let one_by_one = !refused.is_empty();
        let inline_policy = Some(("Execution", "inline", "{\"Statement\": oops"));
        let account = collect_with(Switches { inline_policy, refused, ..Switches::default() });
        let mut expected = before_details(&everything());
        let roles = known(&mut expected.iam.roles);
        let role = roles.iter_mut().find(|role| role.arn.name() == "Execution").unwrap();
        let gap = Gap {
            action: if one_by_one { "iam:GetRolePolicy" } else { "iam:GetAccountAuthorizationDetails" }.to_owned(),
            resource: role.arn.as_str().to_owned(),
            code: "Malformed".to_owned(),
            message: "inline policy `inline`: it is not JSON: expected value at line 1 column 15".to_owned(),
        };
        known(&mut role.grants.inline).insert("inline".to_owned(), Fact::Unknown(gap));
        assert_eq!(account, expected);
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
        known(&mut expected.buckets).iter_mut().for_each(|b| b.region = Fact::Known("us-east-1".to_owned()));
        assert_eq!(account, expected);
        assert_eq!(fake.requests_of(&calls::GET_BUCKET_POLICY), 2 * 8);
    }
}

#[test]
fn the_first_call_says_what_is_wrong_with_the_credentials() {
    let refused = |code| {
        let set = Switches { refused: vec![(&calls::GET_CALLER_IDENTITY, code, 0)], ..Switches::default() };
        error(&FakeAws::new(&everything(), set))
    };
    let says = |code: &str| format!("{code}: User: arn:aws:iam::1:user/u is not authorized to perform: sts:GetCallerIdentity");
    let remedy = "renew the credentials that the environment holds";
    assert_eq!(refused("ExpiredToken").to_string(), format!("the credentials have expired ({}): {remedy}", says("ExpiredToken")));
    assert_eq!(
        refused("InvalidClientTokenId").to_string(),
        format!("AWS does not accept the credentials ({}): {remedy}, and make sure that the region is enabled", says("InvalidClientTokenId"))
    );
    assert!(matches!(refused("AccessDenied"), ConnectError::Refused { .. }));

    let hung = FakeAws::new(&everything(), Switches { hung: vec![&calls::GET_CALLER_IDENTITY], ..Switches::default() });
    let message = error(&hung).to_string();
    assert!(message.starts_with("AWS STS in region `us-east-1` does not answer (Timeout: "), "{message}");
    assert_eq!(hung.requests_of(&calls::GET_CALLER_IDENTITY), 2);

    let garbled = Switches { garbled: vec![&calls::GET_CALLER_IDENTITY], ..Switches::default() };
    assert!(matches!(error(&FakeAws::new(&everything(), garbled)), ConnectError::NotAws { .. }));
}

fn error(fake: &FakeAws) -> ConnectError {
    run(fake.connect(&Connection::default())).err().expect("a refusal")
}

#[test]
fn calls_keep_the_distance_that_is_asked_for() {
    let fake = FakeAws::serving(&everything());
    let connection = Connection { max_rps: Some(10), ..both_regions() };
    run(async { inventory(&fake.connect(&connection).await.unwrap()).await });
    // The clock stands still, so that each call waits for all that went before it.
    let calls = fake.requests().values().sum::<usize>() as u64;
    let waits: BTreeSet<_> = fake.slept().into_iter().collect();
    for call in 1..calls {
        assert!(waits.contains(&(Duration::from_millis(100) * u32::try_from(call).unwrap())), "call {call}");
    }
}
