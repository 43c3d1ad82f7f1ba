//! Who labels in a region: the private work teams, and the flow definitions that send them work.
//!
//! Knows that the list of teams names them, and that what a flow definition uses costs a call for each.

use aws_sdk_sagemaker::operation::describe_flow_definition::DescribeFlowDefinitionOutput;
use aws_sdk_sagemaker::types::FlowDefinitionSummary;

use super::lists::{MOST, all};
use crate::account::{Fact, FlowDefinition, FlowSettings, Unknown, Workteam};
use crate::arn::Arn;
use crate::collect::aws::Aws;
use crate::collect::calls::{DESCRIBE_FLOW_DEFINITION, LIST_FLOW_DEFINITIONS, LIST_WORKTEAMS};
use crate::collect::gate::{Page, each, pages};
use crate::collect::refusal::{arn, malformed};

/// The private work teams, by ARN. `DescribeWorkteam` answers with the very shape that the list is made of, so that no team
/// is described.
pub(super) async fn workteams(aws: &Aws, region: &str) -> Fact<Vec<Workteam>> {
    let sagemaker = aws.sagemaker(region);
    let all = all(aws, region, "workteam");
    let listed = pages(&LIST_WORKTEAMS, async |token| {
        let request = sagemaker.list_workteams().max_results(MOST).set_next_token(token).send();
        let page = aws.gate.ask(&LIST_WORKTEAMS, region, &all, request).await?;
        Ok(Page::new(page.workteams, page.next_token))
    });
    let teams = listed.await.and_then(|listed| {
        let teams = listed
            .into_iter()
            .map(|team| Ok(Workteam { arn: arn(LIST_WORKTEAMS.action, team.workteam_arn.as_deref())? }));
        teams.collect::<Result<Vec<_>, Unknown>>()
    });
    sorted(teams, |team| &team.arn)
}

/// The flow definitions, by ARN, each described.
pub(super) async fn flow_definitions(aws: &Aws, region: &str) -> Fact<Vec<FlowDefinition>> {
    let sagemaker = aws.sagemaker(region);
    let all = all(aws, region, "flow-definition");
    let listed = pages(&LIST_FLOW_DEFINITIONS, async |token| {
        let request = sagemaker.list_flow_definitions().max_results(MOST).set_next_token(token).send();
        let page = aws.gate.ask(&LIST_FLOW_DEFINITIONS, region, &all, request).await?;
        Ok(Page::new(page.flow_definition_summaries, page.next_token))
    });
    let listed = listed.await.and_then(|listed| listed.into_iter().map(read).collect::<Result<Vec<_>, Unknown>>());
    match listed {
        Ok(listed) => {
            let described = each(listed, async |(name, flow)| describe(aws, region, name, flow).await).await;
            sorted(Ok(described.into_iter().flatten().collect()), |flow| &flow.arn)
        }
        Err(gap) => Fact::Unknown(gap),
    }
}

fn read(summary: FlowDefinitionSummary) -> Result<(String, FlowDefinition), Unknown> {
    let arn = arn(LIST_FLOW_DEFINITIONS.action, summary.flow_definition_arn.as_deref())?;
    let flow = FlowDefinition {
        settings: Fact::Unknown(Unknown::not_asked(DESCRIBE_FLOW_DEFINITION.action, arn.as_str())),
        arn,
    };
    Ok((summary.flow_definition_name.unwrap_or_default(), flow))
}

/// What it uses; nothing when it is gone by now.
async fn describe(aws: &Aws, region: &str, name: String, flow: FlowDefinition) -> Option<FlowDefinition> {
    let request = aws.sagemaker(region).describe_flow_definition().flow_definition_name(name).send();
    match aws.gate.ask(&DESCRIBE_FLOW_DEFINITION, region, flow.arn.as_str(), request).await {
        Ok(answer) => Some(FlowDefinition { settings: settings(&flow.arn, answer).into(), ..flow }),
        Err(gone) if gone.is("ResourceNotFound") => None,
        Err(refused) => Some(FlowDefinition { settings: Fact::Unknown(refused.into()), ..flow }),
    }
}

fn settings(arn: &Arn, flow: DescribeFlowDefinitionOutput) -> Result<FlowSettings, Unknown> {
    let no_role = || malformed(DESCRIBE_FLOW_DEFINITION.action, arn.as_str(), "the answer lacks `RoleArn`");
    let output = flow.output_config.and_then(|output| output.s3_output_path);
    Ok(FlowSettings { role: flow.role_arn.ok_or_else(no_role)?, output })
}

fn sorted<T, K: Ord>(things: Result<Vec<T>, Unknown>, by: impl Fn(&T) -> &K) -> Fact<Vec<T>> {
    let sorted = things.map(|mut things| {
        things.sort_by(|a, b| by(a).cmp(by(b)));
        things
    });
    sorted.into()
}
