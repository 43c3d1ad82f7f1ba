//! Organizations: one that the account is a member of, a root and units above it.

use gt_audit::account::{ControlPolicies, ControlPolicy, Organization};
use serde_json::{Value, json};

use super::{Answer, Asked, Inner, refusal};

const MANAGER: &str = "999988887777";

pub(super) fn answer(aws: &Inner, asked: &Asked) -> Answer {
    // It is a global service, whatever the region of who asks.
    assert_eq!(asked.region, "us-east-1");
    let Organization::Policies(policies) = &aws.account.organization else {
        let message = "Your account is not a member of an organization.";
        return refusal(asked, 400, "AWSOrganizationsNotInUseException", message);
    };
    let here = |body: Value| Answer(200, vec![], body.to_string());
    let levels = levels(aws, policies);
    match asked.operation.as_str() {
        "DescribeOrganization" => {
            let manager = if aws.set.manages { aws.account.id.as_str() } else { MANAGER };
            let features = if aws.set.consolidated_billing { "CONSOLIDATED_BILLING" } else { "ALL" };
            here(json!({"Organization": {
                "Id": "o-exampleorgid", "Arn": format!("arn:aws:organizations::{manager}:organization/o-exampleorgid"),
                "FeatureSet": features, "MasterAccountId": manager, "MasterAccountEmail": "root@example.com",
                "MasterAccountArn": format!("arn:aws:organizations::{manager}:account/o-exampleorgid/{manager}"),
                "AvailablePolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
            }}))
        }
        "ListParents" => {
            let child = asked.parameter("ChildId");
            let at = levels.iter().position(|id| id == child).expect("a child of this organization");
            let parent = levels.get(at.checked_sub(1).expect("nobody asks what is above the root")).expect("a level");
            let kind = if parent.starts_with("r-") { "ROOT" } else { "ORGANIZATIONAL_UNIT" };
            here(json!({"Parents": [{"Id": parent, "Type": kind}]}))
        }
        "ListPoliciesForTarget" => {
            let filter = asked.parameter("Filter");
            if aws.set.not_enabled == Some(filter) {
                return refusal(asked, 400, "PolicyTypeNotEnabledException", "it is not enabled in this root");
            }
            let kind = match filter {
                "SERVICE_CONTROL_POLICY" => &policies.scps,
                "RESOURCE_CONTROL_POLICY" => &policies.rcps,
                other => panic!("nobody asks for {other}"),
            };
            let at = levels.iter().position(|id| id == asked.parameter("TargetId")).expect("a target");
            // Organizations has no order; the last comes first here.
            let set: Vec<_> = kind.get(at).into_iter().flatten().rev().collect();
            let (set, next) = aws.page(set, asked.parameters.get("MaxResults"), 20, asked.parameters.get("NextToken"));
            let set: Vec<Value> = set.into_iter().map(|policy| summary(policy, filter)).collect();
            here(json!({"Policies": set, "NextToken": next}))
        }
        "DescribePolicy" => {
            let all = policies.scps.iter().chain(&policies.rcps).flatten();
            let mut all = all.filter(|policy| policy.arn.name() == asked.parameter("PolicyId"));
            match all.next().map(|policy| (policy, policy.document.known())) {
                Some((policy, Ok(document))) => {
                    let summary = summary(policy, "SERVICE_CONTROL_POLICY");
                    here(json!({"Policy": {"PolicySummary": summary, "Content": document.json().to_string()}}))
                }
                Some((_, Err(gap))) => refusal(asked, 400, gap.code(), &gap.message()),
                None => refusal(asked, 400, "PolicyNotFoundException", "there is no such policy"),
            }
        }
        other => panic!("Organizations has no {other} here"),
    }
}

/// The ids of what policies can be set on, the root first.
fn levels(aws: &Inner, policies: &ControlPolicies) -> Vec<String> {
    let units = policies.scps.len().max(policies.rcps.len()).saturating_sub(2);
    let units = (0..units).map(|number| format!("ou-ab12-{number:08}"));
    let mut levels = vec!["r-ab12".to_owned()];
    levels.extend(units);
    levels.push(aws.account.id.clone());
    levels
}

fn summary(policy: &ControlPolicy, kind: &str) -> Value {
    json!({
        "Id": policy.arn.name(), "Arn": policy.arn.as_str(), "Name": policy.name, "Description": "", "Type": kind,
        "AwsManaged": policy.arn.account() == "aws",
    })
}
