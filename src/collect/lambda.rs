//! Lambda: the functions of a region, their roles, tags and policies.
//!
//! Knows that a function without a policy is not found when its policy is asked for.

use super::aws::Aws;
use super::calls::{Call, GET_FUNCTION_CONFIGURATION, GET_FUNCTION_POLICY, LIST_FUNCTIONS, LIST_TAGS};
use super::document;
use super::gate::{Page, pages};
use super::refusal::{arn, malformed};
use crate::account::{Fact, Function, Tags, Unknown};
use crate::arn::Arn;
use crate::policy::Document;

/// What one page holds at most, whatever is asked for.
const MOST: i32 = 50;

/// The functions of a region, by ARN; tags and policy are not asked for here.
pub(super) async fn functions(aws: &Aws, region: &str) -> Fact<Vec<Function>> {
    let lambda = aws.lambda(region);
    let all = format!("arn:{}:lambda:{region}:{}:function:*", aws.partition(), aws.account);
    let listed = pages(&LIST_FUNCTIONS, async |marker| {
        let request = lambda.list_functions().max_items(MOST).set_marker(marker).send();
        // The region is what tells one list from another.
        let page = aws.gate.ask(&LIST_FUNCTIONS, region, &all, request).await?;
        Ok(Page::new(page.functions, page.next_marker))
    });
    let functions = listed.await.and_then(|listed| {
        let functions = listed.into_iter().map(|listed| {
            let vpc = listed.vpc_config.and_then(|vpc| vpc.vpc_id);
            function(&LIST_FUNCTIONS, listed.function_arn.as_deref(), listed.role, vpc)
        });
        functions.collect::<Result<Vec<_>, Unknown>>()
    });
    let sorted = functions.map(|mut functions| {
        functions.sort_by(|a, b| a.arn.cmp(&b.arn));
        functions
    });
    sorted.into()
}

/// What is said of a function without a call of its own.
fn function(call: &Call, named: Option<&str>, role: Option<String>, vpc: Option<String>) -> Result<Function, Unknown> {
    let arn = arn(call.action, named)?;
    Ok(Function {
        role: role.ok_or_else(|| malformed(call.action, arn.as_str(), "the function has no role"))?,
        vpc: Fact::Known(vpc.filter(|vpc| !vpc.is_empty())),
        tags: Fact::Unknown(Unknown::not_asked(LIST_TAGS.action, arn.as_str())),
        policy: Fact::Unknown(Unknown::not_asked(GET_FUNCTION_POLICY.action, arn.as_str())),
        arn,
    })
}

/// One function with its tags, if it is there.
pub(super) async fn named(aws: &Aws, named: &Arn) -> Result<Option<Function>, Unknown> {
    let (region, lambda) = (named.region(), aws.lambda(named.region()));
    let request = lambda.get_function_configuration().function_name(named.as_str()).send();
    match aws.gate.ask(&GET_FUNCTION_CONFIGURATION, region, named.as_str(), request).await {
        Ok(answer) => {
            let vpc = answer.vpc_config.and_then(|vpc| vpc.vpc_id);
            let function = function(&GET_FUNCTION_CONFIGURATION, answer.function_arn.as_deref(), answer.role, vpc)?;
            Ok(Some(Function { tags: tags(aws, named, region).await, ..function }))
        }
        Err(absent) if absent.is("ResourceNotFoundException") => Ok(None),
        Err(refused) => Err(refused.into()),
    }
}

/// The tags that the function has now.
pub(super) async fn tags(aws: &Aws, function: &Arn, region: &str) -> Fact<Tags> {
    let request = aws.lambda(region).list_tags().resource(function.as_str()).send();
    let answer = aws.gate.ask(&LIST_TAGS, region, function.as_str(), request).await;
    answer.map(|answer| answer.tags.unwrap_or_default().into_iter().collect()).map_err(Unknown::from).into()
}

/// The function's policy, if it has one.
pub(super) async fn policy(aws: &Aws, function: &Arn) -> Fact<Option<Document>> {
    let request = aws.lambda(function.region()).get_policy().function_name(function.as_str()).send();
    match aws.gate.ask(&GET_FUNCTION_POLICY, function.region(), function.as_str(), request).await {
        Ok(answer) => {
            document::of_resource(GET_FUNCTION_POLICY.action, function, "function policy", answer.policy.as_deref())
        }
        Err(absent) if absent.is("ResourceNotFoundException") => Fact::Known(None),
        Err(refused) => Fact::Unknown(refused.into()),
    }
}
