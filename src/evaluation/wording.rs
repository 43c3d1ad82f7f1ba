//! Every sentence about causes and remedies, with number and person as arguments.
//!
//! Words are AWS's own, as its access-denied messages have them. The verb belongs to the policy (`no identity-based policy
//! allows 5 roles access`), so that it does not bend with the number of principals. Names stand in backticks.

use std::collections::BTreeMap;

use super::cause::{Cause, Fired, PolicyType, Unmet};
use super::remedy::{Exemption, Remedy};
use super::requirement::{ContextEquals, Requirement, ResourceSet};
pub use super::sentence::{Sentence, Who, counted, list, quoted, quoted_or};
use crate::arn::Arn;
use crate::knowledge::conditions::SetBy;
use crate::labeling::SAGEMAKER;
use crate::policy::decide::Reason;

/// Whom a requirement is about; what no principal of the account needs, SageMaker does.
#[must_use]
pub fn who(requirement: &Requirement) -> Who {
    match &requirement.principal {
        None if requirement.action == "sts:AssumeRole" => Who::service(SAGEMAKER),
        principal => Who::of(principal),
    }
}

/// Resources as people write them: objects and prefixes as URIs, all else as ARNs.
#[must_use]
pub fn resource(on: &ResourceSet) -> String {
    let shown = match on {
        ResourceSet::Below(prefix) if on.bucket().is_some() => prefix.clone(),
        on => on.shown(),
    };
    match (on.bucket(), shown.splitn(6, ':').nth(5)) {
        (Some(_), Some(path)) => format!("s3://{path}"),
        _ => shown,
    }
}

/// Why something is not allowed, or is wrong.
#[must_use]
pub fn cause(unmet: &Unmet) -> Sentence {
    let Unmet { requirement, cause } = unmet;
    let what = what(requirement);
    match cause {
        Cause::NotGranted { .. } => Sentence::around("no identity-based policy allows ", format!(" {what}")),
        Cause::PartlyGranted { allowed, denied } => {
            let examples = match (allowed, denied) {
                (Some(allowed), Some(denied)) => format!(": `{allowed}` is allowed, `{denied}` is not"),
                (None, Some(denied)) => format!(": `{denied}` is not allowed"),
                _ => String::new(),
            };
            Sentence::around("identity-based policies allow ", format!(" only a part of {what}{examples}"))
        }
        Cause::ConditionUnmet { statement, operator, key, wanted, found } => {
            let (wants, has) = (wants(operator, key, wanted), has(key, found.as_deref()));
            Sentence::around(
                format!("{statement} allows "),
                format!(" {} only where {wants}; the request has {has}", requirement.action),
            )
        }
        Cause::ExplicitDeny { statement, layer, because, .. } => {
            let sid = statement.sid.as_ref().map(|sid| format!(", `{sid}`")).unwrap_or_default();
            let because = fired(because);
            Sentence::around(
                format!("explicit deny in {} ({statement}{sid}) for ", of_layer(*layer)),
                format!(": it denies {}{because}", requirement.action),
            )
        }
        Cause::Boundary { policy } => {
            let name = policy.as_ref().map(|arn| format!(" `{}`", arn.name())).unwrap_or_default();
            Sentence::around(format!("the permissions boundary{name} does not allow "), format!(" {what}"))
        }
        Cause::ControlPolicy => Sentence::around("no service control policy allows ", format!(" {what}")),
        Cause::SessionPolicy => Sentence::around("no session policy allows ", format!(" {what}")),
        Cause::EndpointPolicy => Sentence::around("no VPC endpoint policy allows ", format!(" {what}")),
        Cause::TrustPolicy { allows, .. } if allows.is_empty() => Sentence::plain("trust policy allows no principal"),
        Cause::TrustPolicy { allows, .. } if allows.iter().any(|name| name == SAGEMAKER) => {
            Sentence::around("trust policy allows ", " another action than sts:AssumeRole")
        }
        Cause::TrustPolicy { allows, .. } => {
            Sentence::around(format!("trust policy allows {}, not ", quoted(allows)), "")
        }
        Cause::ResourcePolicy { .. } => Sentence::around("no resource-based policy allows ", format!(" {what}")),
        Cause::KeyPolicy { key } => Sentence::around(
            "no resource-based policy (key policy or grant) allows ",
            format!(" {} on the key `{key}`", requirement.action),
        ),
        Cause::KeyState { key, found } => Sentence::plain(format!("the key `{key}` is {found}")),
        Cause::Missing { what, name } => Sentence::plain(format!("there is no {what} `{name}`")),
        Cause::CorsRule { name, bucket, shows, .. } => {
            let bucket = bucket.name();
            let lacks = match name.as_str() {
                "" => format!("`{bucket}` has no CORS rules"),
                name => format!("the CORS rules of `{bucket}` lack {name}"),
            };
            Sentence::plain(format!("{lacks}; workers see {shows} from it"))
        }
        Cause::WrongRegion { found, wanted } => {
            Sentence::plain(format!("it is in `{found}`, and the job runs in `{wanted}`"))
        }
        Cause::WrongValue { why, .. } => Sentence::plain(why.clone()),
        Cause::Granted { statement } => Sentence::plain(format!("{statement} allows it")),
    }
}

/// Why principals are not allowed something that is asked as a whole: each kind of cause once, with all its actions.
#[must_use]
pub fn blocked(unmet: &[Unmet]) -> Sentence {
    let mut kinds: Vec<(Sentence, Vec<&str>)> = vec![];
    for one in unmet {
        let short = short(one);
        let actions = if let Some((_, actions)) = kinds.iter_mut().find(|(known, _)| *known == short) {
            actions
        } else {
            kinds.push((short, vec![]));
            let Some((_, actions)) = kinds.last_mut() else { continue };
            actions
        };
        if !actions.contains(&one.requirement.action.as_str()) {
            actions.push(&one.requirement.action);
        }
    }
    let mut kinds = kinds.into_iter().map(|(sentence, actions)| sentence.and(&format!(" {}", list(actions))));
    let Some(first) = kinds.next() else { return Sentence::default() };
    kinds.fold(first, |all, more| all.and(&format!("; {}", more.said(&Who::it()))))
}

/// Why things are not allowed: all that one principal lacks on one resource in one sentence.
#[must_use]
pub fn reasons(unmet: &[Unmet]) -> Vec<String> {
    let mut groups: Vec<Vec<Unmet>> = vec![];
    for one in unmet {
        let alike = |group: &&mut Vec<Unmet>| group.first().is_some_and(|first| is_said_with(first, one));
        match groups.iter_mut().find(alike) {
            Some(group) => group.push(one.clone()),
            None => groups.push(vec![one.clone()]),
        }
    }
    let mut reasons: Vec<String> = vec![];
    for group in groups {
        let Some(first) = group.first() else { continue };
        let sentence = match group.len() {
            1 => cause(first),
            _ => blocked(&group).and(&format!(" on `{}`", resource(&first.requirement.on))),
        };
        let reason = sentence.said(&who(&first.requirement));
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}

/// So many reasons, and so many fields, are told.
const SHOWN: usize = 3;

/// What a job needs and does not have: what lacks for its first field, and then each field with what it names.
#[must_use]
pub fn needs(unmet: &[Unmet]) -> Sentence {
    let mut said: Vec<String> = vec![];
    let mut tails: Vec<String> = vec![];
    for of_field in unmet.chunk_by(|one, other| one.requirement.field == other.requirement.field) {
        let Some(first) = of_field.first() else { continue };
        for reason in reasons(of_field) {
            let reason = in_short(&reason, &first.requirement);
            if !said.contains(&reason) {
                said.push(reason);
            }
        }
        let field = first.requirement.field.rsplit('.').next().unwrap_or_default();
        tails.push(match field {
            "LabelingJobAlgorithmsConfig" => format!("automated data labeling ({field}) needs it"),
            field => format!("{field} `{}`", resource(&first.requirement.on)),
        });
    }
    for all in [&mut said, &mut tails] {
        if let Some(more) = all.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            all.truncate(SHOWN);
            all.push(format!("{more} more"));
        }
    }
    Sentence::plain(format!("{}; {}", said.join("; "), tails.join("; ")))
}

/// A sentence in which the resource is called by what it is: the role itself, the topic, the queue, a function's name.
fn in_short(sentence: &str, requirement: &Requirement) -> String {
    let on = requirement.on.shown();
    let Ok(arn) = Arn::parse(on.as_str()) else { return sentence.to_owned() };
    let short = match arn.service() {
        _ if requirement.principal.as_ref() == Some(&arn) => "itself".to_owned(),
        "sns" => "the topic".to_owned(),
        "sqs" => "the queue".to_owned(),
        "lambda" => format!("`{}`", arn.name()),
        _ => return sentence.to_owned(),
    };
    sentence.replace(&format!("`{on}`"), &short)
}

/// Are two causes said in one sentence?
fn is_said_with(one: &Unmet, other: &Unmet) -> bool {
    let (this, that) = (&one.requirement, &other.requirement);
    let by_policies = |cause: &Cause| {
        matches!(cause, Cause::NotGranted { .. } | Cause::PartlyGranted { .. } | Cause::ExplicitDeny { .. })
            || matches!(cause, Cause::Boundary { .. } | Cause::ControlPolicy)
    };
    (this.principal.as_ref(), &this.on) == (that.principal.as_ref(), &that.on)
        && by_policies(&one.cause)
        && by_policies(&other.cause)
}

/// Why principals cannot use a key.
#[must_use]
pub fn key(unmet: &[Unmet]) -> Sentence {
    let other = unmet.iter().find(|one| matches!(one.cause, Cause::KeyState { .. } | Cause::Missing { .. }));
    other.map_or_else(|| blocked(unmet), cause)
}

/// A cause without its action, to which the actions are added.
fn short(unmet: &Unmet) -> Sentence {
    match &unmet.cause {
        Cause::ExplicitDeny { statement, layer, because, .. } => {
            let name = statement.sid.as_ref().map_or_else(|| statement.to_string(), |sid| format!("`{sid}`"));
            let because = fired(because);
            Sentence::around(format!("explicit deny in {} ({name}{because}) for ", of_layer(*layer)), "; it denies")
        }
        Cause::Boundary { policy } => {
            let name = policy.as_ref().map(|arn| format!(" `{}`", arn.name())).unwrap_or_default();
            Sentence::around(format!("the permissions boundary{name} does not allow "), "")
        }
        Cause::ControlPolicy => Sentence::around("no service control policy allows ", ""),
        Cause::KeyPolicy { .. } => Sentence::around("no resource-based policy (key policy or grant) allows ", ""),
        Cause::NotGranted { .. } | Cause::PartlyGranted { .. } => {
            Sentence::around("no identity-based policy allows ", "")
        }
        _ => cause(unmet).and(";"),
    }
}

/// `s3:GetObject on RESOURCE`.
fn what(requirement: &Requirement) -> String {
    match resource(&requirement.on) {
        on if on.is_empty() => requirement.action.clone(),
        on => format!("{} on `{on}`", requirement.action),
    }
}

/// What a statement asks of a key.
fn wants(operator: &str, key: &str, wanted: &[String]) -> String {
    match operator.to_ascii_lowercase().as_str() {
        "stringequals" | "stringlike" | "arnequals" | "arnlike" | "bool" => format!("`{key}` is {}", quoted_or(wanted)),
        "null" if wanted.iter().any(|value| value == "true") => format!("there is no `{key}`"),
        "null" => format!("there is a `{key}`"),
        _ => format!("`{key}` {operator} {}", quoted_or(wanted)),
    }
}

/// What a request has of a key.
fn has(key: &str, found: Option<&[String]>) -> String {
    match found {
        None | Some([]) => format!("no `{key}`"),
        Some(values) => quoted(values),
    }
}

/// Why a Deny applies.
fn fired(because: &[Fired]) -> String {
    let each = because.iter().map(|Fired { operator, key, wanted, found }| {
        format!("{} (the request has {})", wants(operator, key, wanted), has(key, found.as_deref()))
    });
    let each: Vec<String> = each.collect();
    if each.is_empty() { String::new() } else { format!(" where {}", list(each)) }
}

/// Whose policy it is.
#[must_use]
pub fn of_layer(layer: PolicyType) -> &'static str {
    match layer {
        PolicyType::Identity => "an identity-based policy",
        PolicyType::Boundary => "the permissions boundary",
        PolicyType::Session => "a session policy",
        PolicyType::Scp => "a service control policy",
        PolicyType::Rcp => "a resource control policy",
        PolicyType::Endpoint => "a VPC endpoint policy",
        PolicyType::Resource => "a resource-based policy",
    }
}

/// What to do, for remedies that are said in one sentence; the first of them says how.
#[must_use]
pub fn remedy(group: &[Remedy]) -> Sentence {
    let Some(first) = group.first() else { return Sentence::plain("") };
    let these = || required(group.iter().filter_map(Remedy::requirement));
    match first {
        Remedy::Allow(_) => Sentence::around("allow ", format!(" {} in an inline policy", these())),
        Remedy::AllowInKeyPolicy { key, requirement } => {
            let foreign = requirement.principal.as_ref().is_some_and(|who| who.account() != key.account());
            let owner = if foreign { ", whose owner must do that" } else { "" };
            let actions = actions(group.iter().filter_map(Remedy::requirement));
            Sentence::around("allow ", format!(" {actions} in the policy of the key `{key}`{owner}"))
        }
        Remedy::TrustService { role, service } => Sentence::plain(format!(
            "allow `{service}` sts:AssumeRole in the trust policy of `{}`; if no labeling job is meant to run under it, \
             detach the execution policy",
            role.name()
        )),
        Remedy::AllowInResourcePolicy { of, .. } => {
            Sentence::around("allow ", format!(" {} in the policy of `{of}`, whose owner must do that", these()))
        }
        Remedy::ExemptFromDeny { statement, by, .. } => {
            exempt(statement, *by, &actions(group.iter().filter_map(Remedy::requirement)))
        }
        Remedy::AvoidDeny { statement, fired, by } => avoid(statement, fired, *by),
        Remedy::MeetCondition { statement, key, wanted, by } => meet(statement, key, wanted, *by),
        Remedy::WidenBoundary { policy, .. } => {
            let name = policy.as_ref().map(|arn| format!(" `{}`", arn.name())).unwrap_or_default();
            Sentence::around(format!("allow {} in the permissions boundary{name} of ", these()), " too")
        }
        Remedy::ControlPolicy(_) => {
            Sentence::plain(format!("allow {} in the service control policies that apply to this account", these()))
        }
        Remedy::SessionPolicy(_) => Sentence::plain(format!("allow {} in the session policy", these())),
        Remedy::EndpointPolicy(_) => Sentence::plain(format!("allow {} in the VPC endpoint policy", these())),
        Remedy::CorsRule { bucket, browsers } => {
            let headers = match browsers.allowed_headers.as_slice() {
                [] => String::new(),
                headers => format!(", allows the headers {}", quoted(headers)),
            };
            Sentence::plain(format!(
                "add a CORS rule to `{}` that allows {} from the origin `*`{headers} and exposes {}",
                bucket.name(),
                list(&browsers.allowed_methods),
                quoted(&browsers.expose_headers)
            ))
        }
        Remedy::Rename { what: "bucket", tokens } => {
            Sentence::plain(format!("or keep the data in a bucket whose name contains {}", quoted_or(tokens)))
        }
        Remedy::Rename { what, tokens } => {
            Sentence::plain(format!("or give the {what} a name that contains {}", quoted_or(tokens)))
        }
        Remedy::TagObjects { key, wanted } => {
            let tag = key.split_once('/').map_or(key.as_str(), |(_, tag)| tag);
            let value = wanted.first().map(|value| format!("={value}")).unwrap_or_default();
            Sentence::plain(format!("or tag each object that is only read `{tag}{value}`"))
        }
        Remedy::ChangeRequest { field, value, region, missing } => {
            change(field, value.as_deref(), region.as_deref(), *missing)
        }
        Remedy::EnableKey { key, state } => {
            let back = if state == "PendingDeletion" { "cancel the deletion of" } else { "enable" };
            Sentence::plain(format!("{back} the key `{key}`, or name another key"))
        }
        Remedy::NarrowStatement(statement) => Sentence::plain(format!("narrow {statement}")),
        Remedy::EditStatements { summary, .. } | Remedy::Advice { summary, .. } => summary.clone(),
    }
}

fn exempt(statement: &Reason, by: Exemption, actions: &str) -> Sentence {
    const OWNER: &str = "no Allow can override a Deny, and its owner must decide";
    match by {
        Exemption::Statement => {
            Sentence::plain(format!("narrow or remove {statement}, which denies {actions}; {OWNER}"))
        }
        Exemption::Principal => {
            Sentence::around("remove ", format!(" from the principals of {statement}, which denies {actions}; {OWNER}"))
        }
        Exemption::NotPrincipal => Sentence::around(
            "name the sessions of ",
            format!(
                " (their assumed-role ARNs) in the NotPrincipal of {statement} too, or ask for aws:PrincipalArn in a \
                 condition instead; {OWNER}"
            ),
        ),
        Exemption::Condition => Sentence::around(
            "exclude ",
            format!(" from {statement}, which denies {actions}, by a condition on aws:PrincipalArn; {OWNER}"),
        ),
    }
}

fn avoid(statement: &Reason, fired: &Fired, by: SetBy) -> Sentence {
    let wants = wants(&fired.operator, &fired.key, &fired.wanted);
    match by {
        SetBy::Request(field) => Sentence::plain(format!(
            "change `{field}` in the request: {statement} denies it where {wants} (the request has {})",
            has(&fired.key, fired.found.as_deref())
        )),
        SetBy::ResourceTag | SetBy::ObjectTag => {
            Sentence::plain(format!("change the tags: {statement} denies it where {wants}"))
        }
        _ => Sentence::plain(format!(
            "{statement} denies it where {wants}: what asks does not come so, and the owner of the statement must decide"
        )),
    }
}

fn meet(statement: &Reason, key: &str, wanted: &[String], by: SetBy) -> Sentence {
    let wants = if wanted.is_empty() { format!("a `{key}`") } else { format!("`{key}` to be {}", quoted_or(wanted)) };
    match by {
        SetBy::Request(field) => Sentence::plain(format!("set `{field}` in the request: {statement} wants {wants}")),
        SetBy::ResourceTag => Sentence::plain(format!("tag the resource: {statement} wants {wants}")),
        SetBy::Principal => Sentence::around(
            format!("{statement} wants {wants}, which "),
            " does not have; the owner of the statement must decide",
        ),
        _ => Sentence::plain(format!(
            "{statement} wants {wants}: what asks does not come so, and the owner of the statement must decide"
        )),
    }
}

fn change(field: &str, value: Option<&str>, region: Option<&str>, missing: Option<&str>) -> Sentence {
    Sentence::plain(match (value, region, missing) {
        (Some(wanted), Some(found), _) => {
            format!("run the job in `{found}`, or name one in `{wanted}` in `{field}`")
        }
        (Some(value), ..) => format!("write `{value}` into `{field}`"),
        (None, _, Some(what)) => format!("name a {what} that exists in `{field}`"),
        (None, _, None) => format!("look up the right value of `{field}` in the API reference"),
    })
}

/// The actions, each once.
fn actions<'r>(requirements: impl Iterator<Item = &'r Requirement>) -> String {
    let mut actions: Vec<&str> = vec![];
    for requirement in requirements {
        if !actions.contains(&requirement.action.as_str()) {
            actions.push(&requirement.action);
        }
    }
    list(actions)
}

/// What is required, the actions on the same resources together: `A and B on X, and C on Y if K is V`.
fn required<'r>(requirements: impl Iterator<Item = &'r Requirement>) -> String {
    let mut by_resource: BTreeMap<(String, Vec<&ContextEquals>), Vec<&str>> = BTreeMap::new();
    for requirement in requirements {
        let key = (requirement.on.shown(), requirement.context.iter().collect());
        let actions = by_resource.entry(key).or_default();
        if !actions.contains(&requirement.action.as_str()) {
            actions.push(&requirement.action);
        }
    }
    let each = by_resource.into_iter().map(|((on, context), actions)| {
        let context: Vec<String> = context.iter().map(|when| format!("{} is `{}`", when.key, when.value)).collect();
        let context = if context.is_empty() { String::new() } else { format!(" if {}", list(context)) };
        format!("{} on `{on}`{context}", list(actions))
    });
    let each: Vec<String> = each.collect();
    match each.as_slice() {
        [first @ .., last] if first.len() > 1 => format!("{}, and {last}", first.join(", ")),
        each => each.join(", and "),
    }
}
