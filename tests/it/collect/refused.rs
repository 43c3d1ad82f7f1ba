//! What AWS refuses, throttles, delays or garbles: a fallback that finds the same, or a gap that names the action.

use std::collections::BTreeSet;

use gt_audit::account::{Fact, Unknown};
use gt_audit::collect::calls::{self, CALLS, Call};
use gt_audit::collect::{ConnectError, Connection, details, inventory};
use serde_json::Value;

use super::story::{self, before_details, everything, known};
use super::{both_regions, collect, collect_with, everything_wanted};
use crate::fake_aws::{FakeAws, Fault, How, Switches, run};

#[test]
fn half_a_list_is_no_list() {
    for call in [&calls::LIST_BUCKETS, &calls::LIST_FUNCTIONS] {
        let account =
            collect_with(Switches { page: Some(2), refused: vec![(call, "AccessDenied", 1)], ..Switches::default() });
        let lists = [account.buckets.known().err(), account.regions["us-east-1"].functions.known().err()];
        let gaps: Vec<_> =
            lists.into_iter().flatten().map(|gap| (gap.action().to_owned(), gap.code().to_owned())).collect();
        assert_eq!(gaps, [(call.action.to_owned(), "AccessDenied".to_owned())]);
    }
}

#[test]
fn what_is_deleted_in_between_is_not_there_and_not_unknown() {
    let fake = FakeAws::new(
        &everything(),
        Switches { refused: vec![(&calls::GET_BUCKET_POLICY, "NoSuchBucket", 0)], ..Switches::default() },
    );
    let account = run(async {
        let aws = fake.connect(&both_regions()).await.unwrap();
        let mut account = inventory(&aws).await;
        let wanted = everything_wanted(&account);
        details(&aws, &mut account, &wanted).await;
        account
    });
    assert!(!everything().buckets.known().unwrap().is_empty());
    assert_eq!(account.buckets, Fact::Known(vec![]));
    assert_eq!(account.unread().into_iter().collect::<Vec<_>>(), Vec::<Unknown>::new());
}

#[test]
fn a_list_that_is_refused_names_its_region() {
    let refused = vec![(&calls::LIST_FUNCTIONS, "AccessDenied", 0)];
    let account = collect_with(Switches { refused, ..Switches::default() });
    let asked: Vec<_> = account.unread().into_iter().map(|gap| gap.resource()).collect();
    assert_eq!(asked.len(), 2, "{asked:?}");
    for region in ["us-east-1", "eu-west-1"] {
        assert!(asked.iter().any(|resource| resource.contains(&format!(":lambda:{region}:"))), "{asked:?}");
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
        let account =
            collect_with(Switches { page: Some(2), refused: vec![(call, code, after)], ..Switches::default() });
        assert_eq!(account, before_details(&everything()), "{} after {after}", call.operation);
    }
    let hidden = Switches {
        left_out: [story::BOUNDARY.to_owned(), story::AWS_MANAGED.to_owned()].into(),
        ..Switches::default()
    };
    assert_eq!(collect_with(hidden), before_details(&everything()));
    assert_eq!(collect_with(Switches { empty_index: true, ..Switches::default() }), before_details(&everything()));
    assert_eq!(
        collect_with(Switches { no_bucket_regions: true, ..Switches::default() }),
        before_details(&everything())
    );
}

/// Every call, refused, with the other refusals that it takes to make it at all.
#[test]
fn each_call_refused_in_turn_leaves_a_gap_that_names_its_action_and_nothing_else() {
    const BULK: &[&Call] = &[&calls::GET_ACCOUNT_AUTHORIZATION_DETAILS];
    const INDEX: &[&Call] = &[&calls::GET_RESOURCES];
    let cases: [(&'static Call, &[&'static Call]); 44] = [
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
        (&calls::GET_BUCKET_CORS, &[]),
        (&calls::GET_BUCKET_ENCRYPTION, &[]),
        (&calls::GET_BUCKET_ABAC, &[]),
        (&calls::GET_OBJECT_TAGGING, &[]),
        (&calls::LIST_FUNCTIONS, &[]),
        (&calls::LIST_TAGS, INDEX),
        (&calls::GET_FUNCTION_POLICY, &[]),
        (&calls::GET_RESOURCES, &[]),
        (&calls::LIST_LABELING_JOBS, &[]),
        (&calls::DESCRIBE_LABELING_JOB, &[]),
        (&calls::LIST_FLOW_DEFINITIONS, &[]),
        (&calls::DESCRIBE_FLOW_DEFINITION, &[]),
        (&calls::LIST_WORKTEAMS, &[]),
        (&calls::DESCRIBE_KEY, &[]),
        (&calls::GET_KEY_POLICY, &[]),
        (&calls::LIST_GRANTS, &[]),
        (&calls::DESCRIBE_ORGANIZATION, &[]),
        (&calls::LIST_PARENTS, &[]),
        (&calls::LIST_POLICIES_FOR_TARGET, &[]),
        (&calls::DESCRIBE_POLICY, &[]),
    ];
    let tried: BTreeSet<_> = cases
        .iter()
        .map(|(call, _)| call.action)
        // The last are tests of their own, in `details` and `narrow`.
        .chain(["sts:GetCallerIdentity", "sts:AssumeRole", calls::GET_OBJECT.action])
        .chain([calls::GET_FUNCTION_CONFIGURATION.action])
        .collect();
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
        let mut named: BTreeSet<String> = account.gaps.drain(..).map(|gap| gap.action().to_owned()).collect();
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
    if collected == served {
        return;
    }
    // What an organization does not tell stands apart.
    if let Some(gap) = collected.get("unknown").or(collected.get("unread")) {
        let gap: Unknown = serde_json::from_value(gap.clone()).unwrap();
        assert_eq!((gap.code(), gap.message().contains("not authorized")), ("AccessDenied", true), "{gap:?}");
        named.insert(gap.action().to_owned());
        return;
    }
    match (collected, served) {
        (Value::Object(collected), Value::Object(served)) => {
            // The id of an organization that does not tell stands nowhere.
            let is_told = |key: &&String| collected.contains_key(*key) || *key != "organization_id";
            let told: BTreeSet<&String> = served.keys().filter(is_told).collect();
            assert_eq!(collected.keys().collect::<BTreeSet<_>>(), told);
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
        refused: vec![
            (&calls::GET_ACCOUNT_AUTHORIZATION_DETAILS, "AccessDenied", 0),
            (&calls::GET_RESOURCES, "AccessDenied", 0),
        ],
        ..Switches::default()
    };
    assert_eq!(collect_with(one_by_one), before_details(&everything()));
}

#[test]
fn throttled_to_the_end_hung_and_garbled_are_gaps_with_a_word_for_what_happened() {
    let forever = vec![(&calls::LIST_FUNCTIONS, "TooManyRequestsException", 0)];
    for (set, code) in [
        (Switches { refused: forever, ..Switches::default() }, "TooManyRequestsException"),
        (
            Switches { faults: vec![Fault::of_call(&calls::LIST_FUNCTIONS, How::Hangs)], ..Switches::default() },
            "Timeout",
        ),
        (Switches { garbled: vec![&calls::LIST_FUNCTIONS], ..Switches::default() }, "Malformed"),
    ] {
        let fake = FakeAws::new(&everything(), set);
        let (_, account) = collect(&fake);
        for regional in account.regions.values() {
            let gap = regional.functions.known().unwrap_err();
            assert_eq!((gap.action(), gap.code()), ("lambda:ListFunctions", code));
            assert!(!gap.message().is_empty() && !gap.message().contains("EXAMPLE"), "{}", gap.message());
        }
        assert_eq!(account.buckets, before_details(&everything()).buckets);
        // Throttling is waited out; silence for half a minute, twice as long as an answer may take.
        let patience = match code {
            "Malformed" => 1,
            "Timeout" => 2,
            _ => 10,
        };
        assert_eq!(fake.requests_of(&calls::LIST_FUNCTIONS), 2 * patience, "two regions, {code}");
    }
}

#[test]
fn an_inline_policy_that_is_not_json_spoils_only_itself() {
    for refused in [vec![], vec![(&calls::GET_ACCOUNT_AUTHORIZATION_DETAILS, "AccessDenied", 0)]] {
        let one_by_one = !refused.is_empty();
        let inline_policy = Some(("Execution", "inline", "{\"Statement\": oops"));
        let account = collect_with(Switches { refused, inline_policy, ..Switches::default() });
        let mut expected = before_details(&everything());
        let roles = known(&mut expected.iam.roles);
        let role = roles.iter_mut().find(|role| role.arn.name() == "Execution").unwrap();
        let gap = Unknown::refused(
            if one_by_one { "iam:GetRolePolicy" } else { "iam:GetAccountAuthorizationDetails" },
            role.arn.as_str(),
            "Malformed",
            "inline policy `inline`: it is not JSON: expected value at line 1 column 15",
        );
        known(&mut role.grants.inline).insert("inline".to_owned(), Fact::Unknown(gap));
        assert_eq!(account, expected);
    }
}

#[test]
fn the_first_call_says_what_is_wrong_with_the_credentials() {
    let refused = |code| {
        let set = Switches { refused: vec![(&calls::GET_CALLER_IDENTITY, code, 0)], ..Switches::default() };
        error(&FakeAws::new(&everything(), set))
    };
    let says =
        |code: &str| format!("{code}: User: arn:aws:iam::1:user/u is not authorized to perform: sts:GetCallerIdentity");
    let remedy = "renew the credentials that the environment holds";
    assert_eq!(
        refused("ExpiredToken").to_string(),
        format!("the credentials have expired ({}): {remedy}", says("ExpiredToken"))
    );
    assert_eq!(
        refused("InvalidClientTokenId").to_string(),
        format!(
            "AWS does not accept the credentials ({}): {remedy}, and make sure that the region is enabled",
            says("InvalidClientTokenId")
        )
    );
    assert!(matches!(refused("AccessDenied"), ConnectError::Refused { .. }));

    let faults = vec![Fault::of("STS", How::Hangs)];
    let hung = FakeAws::new(&everything(), Switches { faults, ..Switches::default() });
    let message = error(&hung).to_string();
    assert!(message.starts_with("AWS STS in region `us-east-1` does not answer (Timeout: "), "{message}");
    assert_eq!(hung.requests_of(&calls::GET_CALLER_IDENTITY), 2);

    let garbled = Switches { garbled: vec![&calls::GET_CALLER_IDENTITY], ..Switches::default() };
    assert!(matches!(error(&FakeAws::new(&everything(), garbled)), ConnectError::NotAws { .. }));
}

fn error(fake: &FakeAws) -> ConnectError {
    match run(fake.connect(&Connection::default())) {
        Ok(_) => panic!("it connects"),
        Err(error) => error,
    }
}
