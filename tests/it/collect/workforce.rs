//! Flow definitions and work teams of a region.

use gt_audit::account::{Account, FlowDefinition, Regional, Unknown};
use gt_audit::collect::calls;
use gt_audit::collect::{Connection, inventory};

use super::story::{everything, flow};
use crate::fake_aws::{FakeAws, HOME, Switches, run};

fn collect(fake: &FakeAws) -> Account {
    run(async { inventory(&fake.connect(&Connection::default()).await.unwrap()).await })
}

fn refusing(call: &'static calls::Call, code: &'static str, after: usize) -> FakeAws {
    FakeAws::new(&everything(), Switches { refused: vec![(call, code, after)], ..Switches::default() })
}

fn served() -> Regional {
    everything().regions.remove(HOME).unwrap()
}

#[test]
fn pages_of_teams_and_flow_definitions_are_followed() {
    let fake = FakeAws::new(&everything(), Switches { page: Some(1), ..Switches::default() });
    let found = &collect(&fake).regions[HOME];
    assert_eq!(found.workteams, served().workteams);
    assert_eq!(found.flow_definitions, served().flow_definitions);
    let requests = [&calls::LIST_WORKTEAMS, &calls::LIST_FLOW_DEFINITIONS];
    assert_eq!(requests.map(|call| fake.requests_of(call)), [5, 4]);
    assert_eq!(fake.requests_of(&calls::DESCRIBE_FLOW_DEFINITION), 4);
}

#[test]
fn a_flow_definition_that_is_gone_when_it_is_described_is_not_there() {
    let account = collect(&refusing(&calls::DESCRIBE_FLOW_DEFINITION, "ResourceNotFound", 1));
    assert_eq!(account.regions[HOME].flow_definitions.known().unwrap().len(), 1);
    assert!(account.unread().is_empty());
}

#[test]
fn a_flow_definition_that_may_not_be_described_is_there_and_what_it_uses_unknown() {
    let account = collect(&refusing(&calls::DESCRIBE_FLOW_DEFINITION, "AccessDeniedException", 0));
    let flows = account.regions[HOME].flow_definitions.known().unwrap();
    assert_eq!(flows.len(), 4);
    for (number, found) in flows.iter().enumerate() {
        let gap = found.settings.known().unwrap_err();
        assert_eq!(gap.action(), "sagemaker:DescribeFlowDefinition");
        assert_eq!(gap.resource(), found.arn.as_str());
        assert_eq!(FlowDefinition { settings: flow(HOME, number).settings, ..found.clone() }, flow(HOME, number));
    }
}

#[test]
fn a_list_that_is_refused_names_its_region_and_spoils_no_other() {
    for (call, kind) in [
        (&calls::LIST_WORKTEAMS, "workteam"),
        (&calls::LIST_FLOW_DEFINITIONS, "flow-definition"),
        (&calls::LIST_LABELING_JOBS, "labeling-job"),
    ] {
        let account = collect(&refusing(call, "AccessDeniedException", 0));
        let gaps: Vec<Unknown> = account.unread().into_iter().collect();
        let [gap] = &gaps[..] else { panic!("{gaps:?}") };
        let asked = format!("arn:aws:sagemaker:{HOME}:111122223333:{kind}/*");
        assert_eq!((gap.action(), gap.resource()), (call.action, asked));
    }
}
