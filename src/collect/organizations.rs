//! Organizations: the policies that an organization sets above the account.
//!
//! Knows that only the managing account and those it trusts may ask for them, so that a refusal is the rule and no gap of
//! the audit. Has never heard of what a policy allows.

use std::collections::BTreeMap;

use aws_sdk_organizations::types::{
    Organization as Described, OrganizationFeatureSet, ParentType, PolicySummary, PolicyType,
};
use futures_util::future::join;

use super::aws::Aws;
use super::calls::{DESCRIBE_ORGANIZATION, DESCRIBE_POLICY, LIST_PARENTS, LIST_POLICIES_FOR_TARGET};
use super::document;
use super::gate::{Page, each, pages};
use super::refusal::{arn, malformed};
use crate::account::{ControlPolicies, ControlPolicy, Fact, Organization, Unknown};
use crate::arn::Arn;
use crate::policy::Document;

/// What one page holds at most.
const MOST: i32 = 20;
/// The root and five levels of units are the most that there can be; a list that goes on is no tree.
const LEVELS: usize = 10;

/// What the organization says, and its id; what it does not say is for the report to tell once. That the id is not known
/// is no gap either: it stands in the ARNs of its policies.
pub(super) async fn organization(aws: &Aws) -> (Organization, Fact<Option<String>>) {
    let not_asked = || Fact::Unknown(Unknown::not_asked(DESCRIBE_ORGANIZATION.action, "*"));
    let organization = match describe_organization(aws).await {
        Ok(Some(organization)) => organization,
        Ok(None) => return (Organization::Free, Fact::Known(None)),
        Err(gap) => return (Organization::Unread(gap), not_asked()),
    };
    let id = organization.id.clone().map_or_else(not_asked, |id| Fact::Known(Some(id)));
    let policies = match ask(aws, &organization).await {
        Ok(Some(policies)) => Organization::Policies(policies),
        Ok(None) => Organization::Free,
        Err(gap) => Organization::Unread(gap),
    };
    (policies, id)
}

/// The organization that the account is in, if it is in one.
async fn describe_organization(aws: &Aws) -> Result<Option<Described>, Unknown> {
    let request = aws.organizations.describe_organization().send();
    let answer = match aws.gate.ask(&DESCRIBE_ORGANIZATION, &aws.home, "*", request).await {
        Ok(answer) => answer,
        Err(none) if none.is("AWSOrganizationsNotInUseException") => return Ok(None),
        Err(refused) => return Err(refused.into()),
    };
    let problem = "the answer holds no organization";
    answer.organization.map(Some).ok_or_else(|| malformed(DESCRIBE_ORGANIZATION.action, "*", problem))
}

/// The policies, or nothing where none bind the account.
async fn ask(aws: &Aws, organization: &Described) -> Result<Option<ControlPolicies>, Unknown> {
    // One that only shares the bill has no control policies.
    if organization.master_account_id.as_ref() == Some(&aws.account)
        || organization.feature_set == Some(OrganizationFeatureSet::ConsolidatedBilling)
    {
        return Ok(None);
    }
    let levels = levels(aws).await?;
    let (scps, rcps) = join(
        set_on(aws, &levels, PolicyType::ServiceControlPolicy),
        set_on(aws, &levels, PolicyType::ResourceControlPolicy),
    )
    .await;
    let (scps, rcps) = (scps?, rcps?);
    let once: BTreeMap<_, _> =
        scps.iter().chain(&rcps).flatten().map(|set| (set.arn.clone(), set.id.clone())).collect();
    let described = each(once, async |(arn, id)| {
        let text = describe(aws, &id, &arn).await;
        Some((arn, text?))
    });
    let texts: BTreeMap<_, _> = described.await.into_iter().flatten().collect();
    let with_text = |Set { arn, name, .. }| Some(ControlPolicy { document: texts.get(&arn)?.clone(), arn, name });
    let read = |levels: Vec<Vec<Set>>| -> Vec<Vec<ControlPolicy>> {
        levels.into_iter().map(|level| level.into_iter().filter_map(with_text).collect()).collect()
    };
    Ok(Some(ControlPolicies { scps: read(scps), rcps: read(rcps) }))
}

/// A policy that is set on some level.
struct Set {
    id: String,
    arn: Arn,
    name: String,
}

/// What the account is below, the root first, and itself last.
async fn levels(aws: &Aws) -> Result<Vec<String>, Unknown> {
    let mut levels = vec![aws.account.clone()];
    let mut child = aws.account.clone();
    while levels.len() < LEVELS {
        let parents = pages(&LIST_PARENTS, async |token| {
            let request = aws.organizations.list_parents().child_id(&child).set_next_token(token).send();
            let page = aws.gate.ask(&LIST_PARENTS, &aws.home, &child, request).await?;
            Ok(Page::new(page.parents, page.next_token))
        });
        let parent = parents.await?.into_iter().next();
        let Some((id, kind)) = parent.and_then(|parent| parent.id.zip(parent.r#type)) else { break };
        levels.push(id.clone());
        if kind == ParentType::Root {
            levels.reverse();
            return Ok(levels);
        }
        child = id;
    }
    Err(malformed(LIST_PARENTS.action, &child, "no organization root after 10 parent levels"))
}

/// The policies of one kind, level by level. A kind that is enabled has a policy on every level, AWS's own if no other, so
/// that none on any level is a kind that is not enabled: no limit at all, and not one that nothing passes.
async fn set_on(aws: &Aws, levels: &[String], kind: PolicyType) -> Result<Vec<Vec<Set>>, Unknown> {
    let kind = &kind;
    let set = each(levels.iter().enumerate(), async |(level, target)| {
        let policies = pages(&LIST_POLICIES_FOR_TARGET, async |token| {
            let request = aws.organizations.list_policies_for_target().target_id(target).filter(kind.clone());
            let request = request.max_results(MOST).set_next_token(token).send();
            match aws.gate.ask(&LIST_POLICIES_FOR_TARGET, &aws.home, target, request).await {
                Ok(page) => Ok(Page::new(page.policies, page.next_token)),
                Err(none) if none.is("PolicyTypeNotEnabledException") => Ok(Page::new(None, None)),
                Err(refused) => Err(refused.into()),
            }
        });
        (level, policies.await.and_then(read))
    });
    let levels: BTreeMap<_, _> = set.await.into_iter().collect();
    let levels = levels.into_values().collect::<Result<Vec<_>, Unknown>>()?;
    Ok(if levels.iter().all(Vec::is_empty) { vec![] } else { levels })
}

/// The policies of one level, by ARN.
fn read(policies: Vec<PolicySummary>) -> Result<Vec<Set>, Unknown> {
    let read = |policy: PolicySummary| {
        let arn = arn(LIST_POLICIES_FOR_TARGET.action, policy.arn.as_deref())?;
        let no_id = || malformed(LIST_POLICIES_FOR_TARGET.action, arn.as_str(), "the policy has no id");
        Ok(Set { id: policy.id.ok_or_else(no_id)?, name: policy.name.unwrap_or_default(), arn })
    };
    let mut level = policies.into_iter().map(read).collect::<Result<Vec<_>, Unknown>>()?;
    level.sort_by(|a, b| a.arn.cmp(&b.arn));
    Ok(level)
}

/// A policy's text; nothing when it is gone by now.
async fn describe(aws: &Aws, id: &str, arn: &Arn) -> Option<Fact<Document>> {
    let request = aws.organizations.describe_policy().policy_id(id).send();
    match aws.gate.ask(&DESCRIBE_POLICY, &aws.home, arn.as_str(), request).await {
        Ok(answer) => {
            let text = answer.policy.and_then(|policy| policy.content);
            Some(document::read(DESCRIBE_POLICY.action, arn, "control policy", text.as_deref()))
        }
        Err(gone) if gone.is("PolicyNotFoundException") => None,
        Err(refused) => Some(Fact::Unknown(refused.into())),
    }
}
