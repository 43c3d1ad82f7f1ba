//! The organization: its policies where it tells them, and no gap of the audit where it does not.

use gt_audit::account::{Account, ControlPolicies, Fact, Organization};
use gt_audit::collect::calls::{self, Call};
use gt_audit::collect::{Aws, Connection, inventory};

use super::story::everything;
use crate::fake_aws::{FakeAws, Fault, How, Switches, run};

fn collect(fake: &FakeAws) -> Account {
    run(async { inventory(&fake.connect(&Connection::default()).await.unwrap()).await })
}

fn organization(set: Switches) -> Organization {
    collect(&FakeAws::new(&everything(), set)).organization
}

fn policies(account: &Account) -> ControlPolicies {
    match &account.organization {
        Organization::Policies(policies) => policies.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_policies_of_every_level_are_read_each_once() {
    let fake = FakeAws::new(&everything(), Switches { page: Some(3), ..Switches::default() });
    let found = policies(&collect(&fake));
    assert_eq!(found, policies(&everything()));
    assert_eq!(found.scps.iter().map(Vec::len).collect::<Vec<_>>(), [4, 1, 1], "root, unit, account");
    assert_eq!(fake.requests_of(&calls::LIST_PARENTS), 2);
    assert_eq!(fake.requests_of(&calls::LIST_POLICIES_FOR_TARGET), 2 * 3 + 1, "the root's are two pages");
    assert_eq!(fake.requests_of(&calls::DESCRIBE_POLICY), 4 + 2, "8 are set, of which 2 twice");
}

#[test]
fn wherever_the_account_is_its_organization_is_asked_in_one_region() {
    let fake = FakeAws::serving(&everything());
    let config = fake.config().into_builder().region(aws_config::Region::from_static("eu-west-1")).build();
    let account = run(async {
        let aws = Aws::new(config, &Connection::default(), std::sync::Arc::new(|_| ())).await.unwrap();
        inventory(&aws).await
    });
    assert_eq!(policies(&account), policies(&everything()));
}

#[test]
fn where_none_binds_the_account_it_is_free() {
    let mut alone = everything();
    alone.organization = Organization::Free;
    let fake = FakeAws::serving(&alone);
    assert_eq!(collect(&fake).organization, Organization::Free);
    for set in [
        Switches { manages: true, ..Switches::default() },
        Switches { consolidated_billing: true, ..Switches::default() },
    ] {
        let fake = FakeAws::new(&everything(), set);
        assert_eq!(collect(&fake).organization, Organization::Free);
        assert_eq!(fake.requests_of(&calls::LIST_PARENTS), 0);
    }
}

#[test]
fn what_an_organization_refuses_is_no_gap_of_the_audit() {
    let refused = |call: &'static Call, after| Switches {
        refused: vec![(call, "AccessDeniedException", after)],
        ..Switches::default()
    };
    for (set, action) in [
        (refused(&calls::DESCRIBE_ORGANIZATION, 0), "organizations:DescribeOrganization"),
        (refused(&calls::LIST_PARENTS, 0), "organizations:ListParents"),
        (refused(&calls::LIST_PARENTS, 1), "organizations:ListParents"),
        (refused(&calls::LIST_POLICIES_FOR_TARGET, 0), "organizations:ListPoliciesForTarget"),
        (refused(&calls::LIST_POLICIES_FOR_TARGET, 4), "organizations:ListPoliciesForTarget"),
    ] {
        let account = collect(&FakeAws::new(&everything(), set));
        let Organization::Unread(gap) = &account.organization else { panic!("{:?}", account.organization) };
        assert_eq!((gap.action(), gap.code()), (action, "AccessDeniedException"));
        assert!(account.unread().is_empty());
    }
    // Nor is silence, and it does not last.
    let call = &calls::DESCRIBE_ORGANIZATION;
    let faults = vec![Fault::of("Organizations", How::NoAddress)];
    let fake = FakeAws::new(&everything(), Switches { faults, ..Switches::default() });
    let Organization::Unread(gap) = collect(&fake).organization else { panic!("nobody is there") };
    assert_eq!((gap.code(), fake.requests_of(call)), ("NoConnection", 2));
}

#[test]
fn a_policy_that_may_not_be_read_is_there_and_its_text_unknown() {
    let set = Switches { refused: vec![(&calls::DESCRIBE_POLICY, "AccessDeniedException", 0)], ..Switches::default() };
    let account = collect(&FakeAws::new(&everything(), set));
    let (found, served) = (policies(&account), policies(&everything()));
    let pairs = found.scps.iter().chain(&found.rcps).flatten().zip(served.scps.iter().chain(&served.rcps).flatten());
    for (found, served) in pairs {
        assert_eq!((&found.arn, &found.name), (&served.arn, &served.name));
        let gap = found.document.known().unwrap_err();
        assert_eq!((gap.action(), gap.resource()), ("organizations:DescribePolicy", found.arn.to_string()));
    }
    assert_eq!(account.unread().len(), 4 + 2);
}

#[test]
fn a_policy_that_is_gone_when_it_is_described_is_not_there() {
    let set =
        Switches { refused: vec![(&calls::DESCRIBE_POLICY, "PolicyNotFoundException", 0)], ..Switches::default() };
    let found = collect(&FakeAws::new(&everything(), set));
    assert!(policies(&found).scps.iter().all(Vec::is_empty));
    assert!(found.unread().is_empty());
}

/// A kind that is not enabled has no policy anywhere, and that must not be read as one that lets nothing through.
#[test]
fn a_kind_that_is_not_enabled_has_no_level() {
    let kinds = ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"];
    for kind in kinds {
        let Organization::Policies(found) = organization(Switches { not_enabled: Some(kind), ..Switches::default() })
        else {
            panic!("it is a member")
        };
        let served = policies(&everything());
        let scps = if kind == kinds[0] { vec![] } else { served.scps };
        let rcps = if kind == kinds[1] { vec![] } else { served.rcps };
        assert_eq!(found, ControlPolicies { scps, rcps });
    }
    let mut served = everything();
    if let Organization::Policies(policies) = &mut served.organization {
        policies.rcps.iter_mut().for_each(Vec::clear);
    }
    assert_eq!(policies(&collect(&FakeAws::serving(&served))).rcps, Vec::<Vec<_>>::new());
}

#[test]
fn a_policy_whose_text_is_none_spoils_itself_alone() {
    let set = Switches { garbled: vec![&calls::DESCRIBE_POLICY], ..Switches::default() };
    let Organization::Policies(found) = organization(set) else { panic!("it is a member") };
    for policy in found.scps.iter().flatten() {
        assert!(matches!(&policy.document, Fact::Unknown(gap) if gap.code() == "Malformed"));
    }
}
