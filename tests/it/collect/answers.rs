//! Answers that AWS does not give: empty, cut short, without what is always there, in a list without an end. A proxy gives
//! them. None of them is taken for an absence.

use std::collections::BTreeSet;

use gt_audit::account::{Account, Organization, Unknown};
use gt_audit::collect::calls::{self, Call};
use gt_audit::collect::{details, inventory};

use super::story::everything;
use super::{both_regions, everything_wanted};
use crate::fake_aws::{FakeAws, Fault, How, Switches, run};

/// Collects all there is, one by one where so many of the bulk calls are refused.
fn collect(set: Switches) -> Account {
    collect_from(&FakeAws::new(&everything(), set))
}

fn collect_from(fake: &FakeAws) -> Account {
    run(async {
        let aws = fake.connect(&both_regions()).await.unwrap();
        let mut account = inventory(&aws).await;
        details(&aws, &mut account, &everything_wanted(&everything())).await;
        account
    })
}

const BULK: &[&Call] = &[&calls::GET_ACCOUNT_AUTHORIZATION_DETAILS];
const INDEX: &[&Call] = &[&calls::GET_RESOURCES];

/// The calls whose answer is a fact, with those that must be refused for them to be made at all.
const CALLS: [(&Call, &[&Call]); 38] = [
    (&calls::LIST_ACCOUNT_ALIASES, &[]),
    (&calls::LIST_ROLES, BULK),
    (&calls::GET_ROLE, BULK),
    (&calls::LIST_ATTACHED_ROLE_POLICIES, BULK),
    (&calls::LIST_ROLE_POLICIES, BULK),
    (&calls::GET_ROLE_POLICY, BULK),
    (&calls::GET_POLICY, BULK),
    (&calls::GET_POLICY_VERSION, BULK),
    (&calls::LIST_USERS, BULK),
    (&calls::GET_USER, BULK),
    (&calls::LIST_ATTACHED_USER_POLICIES, BULK),
    (&calls::LIST_USER_POLICIES, BULK),
    (&calls::LIST_GROUPS_FOR_USER, BULK),
    (&calls::LIST_GROUPS, BULK),
    (&calls::LIST_ATTACHED_GROUP_POLICIES, BULK),
    (&calls::LIST_GROUP_POLICIES, BULK),
    (&calls::LIST_BUCKETS, &[]),
    (&calls::GET_BUCKET_TAGGING, INDEX),
    (&calls::GET_BUCKET_POLICY, &[]),
    (&calls::GET_BUCKET_CORS, &[]),
    (&calls::GET_BUCKET_ENCRYPTION, &[]),
    (&calls::GET_BUCKET_ABAC, &[]),
    (&calls::GET_OBJECT_TAGGING, &[]),
    (&calls::LIST_FUNCTIONS, &[]),
    (&calls::LIST_TAGS, INDEX),
    (&calls::GET_FUNCTION_POLICY, &[]),
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

/// The gaps of an account, those of its organization and its name too.
fn gaps(account: &Account) -> BTreeSet<Unknown> {
    let mut gaps = account.unread();
    gaps.extend(account.alias.known().err());
    match &account.organization {
        Organization::Unread(gap) => drop(gaps.insert(gap.clone())),
        Organization::Policies(policies) => {
            let all = policies.scps.iter().chain(&policies.rcps).flatten();
            gaps.extend(all.filter_map(|policy| policy.document.known().err()));
        }
        Organization::Free | Organization::NotAsked => {}
    }
    gaps
}

fn each_is_malformed(how: impl Fn(&Call) -> Option<How>) {
    for (call, others) in CALLS {
        let Some(how) = how(call) else { continue };
        let faults = others.iter().map(|bulk| Fault::of_call(bulk, How::Refused(403, "AccessDenied")));
        let faults = faults.chain([Fault::of_call(call, how)]).collect();
        let account = collect(Switches { faults, ..Switches::default() });
        let gaps = gaps(&account);
        let told = gaps.iter().any(|gap| (gap.action(), gap.code()) == (call.action, "Malformed"));
        assert!(told, "{}, {how:?}: {gaps:?}", call.operation);
    }
}

#[test]
fn an_empty_answer_is_no_absence() {
    each_is_malformed(|_| Some(How::Says(200, "")));
}

#[test]
fn an_answer_that_is_cut_short_is_no_shorter_list() {
    each_is_malformed(|_| Some(How::Half));
}

#[test]
fn an_answer_without_what_aws_always_sends_is_no_absence() {
    each_is_malformed(|call| {
        // The body is the policy itself, and an empty one is no policy.
        let is_policy = *call == calls::GET_BUCKET_POLICY;
        let is_xml = ["IAM", "S3"].contains(&call.service) && !is_policy;
        (!is_xml).then_some(How::Says(200, "{}"))
    });
    for (call, body) in [
        (&calls::LIST_BUCKETS, "<ListAllMyBucketsResult/>"),
        (&calls::LIST_BUCKETS, "<ListAllMyBucketsResult><Buckets><Bucket/></Buckets></ListAllMyBucketsResult>"),
        (&calls::GET_BUCKET_ENCRYPTION, "<ServerSideEncryptionConfiguration></ServerSideEncryptionConfiguration>"),
        (&calls::GET_BUCKET_CORS, "<CORSConfiguration/>"),
        (&calls::GET_OBJECT_TAGGING, "<Tagging/>"),
        (
            &calls::LIST_ACCOUNT_ALIASES,
            "<ListAccountAliasesResponse><ListAccountAliasesResult/></ListAccountAliasesResponse>",
        ),
        (
            &calls::LIST_FUNCTIONS,
            r#"{"Functions": [{"FunctionArn": "arn:aws:lambda:us-east-1:111122223333:function:f"}]}"#,
        ),
        (
            &calls::DESCRIBE_KEY,
            r#"{"KeyMetadata": {"Arn": "arn:aws:kms:us-east-1:111122223333:key/k", "KeyManager": "AWS"}}"#,
        ),
    ] {
        let account =
            collect(Switches { faults: vec![Fault::of_call(call, How::Says(200, body))], ..Switches::default() });
        let gaps = gaps(&account);
        let told = gaps.iter().any(|gap| (gap.action(), gap.code()) == (call.action, "Malformed"));
        assert!(told, "{}, {body}: {gaps:?}", call.operation);
    }
}

/// The bulk calls have another way, which finds the same.
#[test]
fn a_bulk_answer_that_is_not_whole_is_replaced_by_calls_for_each() {
    for call in [&calls::GET_ACCOUNT_AUTHORIZATION_DETAILS, &calls::GET_RESOURCES] {
        let nothing = if call.service == "IAM" {
            "<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult/></GetAccountAuthorizationDetailsResponse>"
        } else {
            "{}"
        };
        for how in [How::Says(200, ""), How::Half, How::Says(200, nothing)] {
            let account = collect(Switches { faults: vec![Fault::of_call(call, how)], ..Switches::default() });
            assert_eq!(account, everything(), "{}, {how:?}", call.operation);
        }
    }
}

#[test]
fn a_list_whose_markers_go_round_ends_with_a_gap() {
    let fake = FakeAws::new(&everything(), Switches { page: Some(1), alternates_markers: true, ..Switches::default() });
    let account = collect_from(&fake);
    let gaps = gaps(&account);
    for call in [
        &calls::LIST_ROLES,
        &calls::LIST_BUCKETS,
        &calls::LIST_FUNCTIONS,
        &calls::LIST_LABELING_JOBS,
        &calls::LIST_FLOW_DEFINITIONS,
        &calls::LIST_WORKTEAMS,
        &calls::LIST_GRANTS,
    ] {
        let gap = gaps.iter().find(|gap| gap.action() == call.action);
        let gap = gap.unwrap_or_else(|| panic!("{}: {gaps:?}", call.operation));
        assert_eq!((gap.code(), gap.message().as_str()), ("Malformed", "the list repeats one of its pages"));
    }
    assert_eq!(fake.requests_of(&calls::GET_ACCOUNT_AUTHORIZATION_DETAILS), 3, "A, B, A, and then one by one");
}
