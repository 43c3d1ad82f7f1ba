//! What to know of a message beyond its words: where it blames one thing and another may be the cause.
//!
//! Knows which of the sentences of `knowledge::messages` a message calls for. What the account looks like has never been
//! heard of here.

use super::denial::Denial;
use crate::knowledge::messages::{Kind, Layer};

/// The sentences to know with a message, by their ids, what its own words call for first.
pub(super) fn cautions(denial: &Denial, bare: bool) -> Vec<&'static str> {
    let action = denial.action.as_ref().map(|action| action.name.to_ascii_lowercase()).unwrap_or_default();
    let principal = denial.principal.as_ref().map_or("", |principal| principal.text.as_str());
    let policy = denial.policy.as_ref().map_or("", |policy| policy.text.as_str());
    let (reason, layer) = (denial.reason, denial.layer);
    let open = bare && reason.is_none();
    let operation = denial.operation.as_deref().unwrap_or_default();
    let no_resource_policy =
        matches!(reason, Some(Kind::ResourcePolicy | Kind::KeyPolicy)) && layer != Some(Layer::Trust);
    let called_for = [
        (
            "missingObject",
            open && denial.candidates.contains(&Kind::Missing) && denial.service.as_deref() == Some("s3"),
        ),
        ("head", open && operation.starts_with("Head")),
        ("objectKey", open && denial.candidates.contains(&Kind::KeyPolicy) && denial.service.as_deref() == Some("s3")),
        ("crossAccount", no_resource_policy),
        (
            "missingFunction",
            action == "lambda:invokefunction" && matches!(reason, Some(Kind::ResourcePolicy | Kind::NotGranted)),
        ),
        ("functionRole", is_of_a_function(principal)),
        ("passedToService", action == "iam:passrole" && reason == Some(Kind::NotGranted)),
        ("denyCondition", reason == Some(Kind::ExplicitDeny)),
        ("quarantine", policy.contains("AWSCompromisedKeyQuarantine")),
        ("managementAccount", policy.contains(":organizations:")),
        ("serviceSession", reason == Some(Kind::SessionPolicy)),
        ("credentials", reason == Some(Kind::Credentials)),
        ("rolePath", principal.contains(":assumed-role/") && denial.role.is_none()),
        ("oneLayer", layer.is_some() && !matches!(reason, None | Some(Kind::KeyState | Kind::Missing))),
    ];
    let mut cautions = denial.cautions.clone();
    for (id, _) in called_for.into_iter().filter(|(_, called_for)| *called_for) {
        if !cautions.contains(&id) {
            cautions.push(id);
        }
    }
    cautions
}

/// Is the session that of a function? Lambda names it after the function; people's sessions have an address, SageMaker's
/// and CloudFormation's a name of their own, an instance's its id, and many a number.
fn is_of_a_function(principal: &str) -> bool {
    let Some((_, session)) = principal.split_once(":assumed-role/").and_then(|(_, name)| name.split_once('/')) else {
        return false;
    };
    let Some((role, _)) = principal.split_once(":assumed-role/").and_then(|(_, name)| name.split_once('/')) else {
        return false;
    };
    let others = ["SageMaker", "AWSCloudFormation", "botocore-session"];
    let other = others.iter().any(|other| session.starts_with(other)) || session.starts_with("i-");
    // A role that is made for a function has its name in it.
    !other && session.len() >= 3 && role.to_ascii_lowercase().contains(&session.to_ascii_lowercase())
}
