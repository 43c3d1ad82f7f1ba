//! What closes findings about who makes labeling jobs: what the console asks of them, whom they may pass roles to, and
//! slips in the statements of their policies.

use std::collections::BTreeSet;

use super::allowed::{PASS_ROLE, PASSED_TO};
use super::asked::{Grant, On};
use super::cure::{Cure, Edit, How, Target, Wish};
use super::keys::equals;
use crate::access::Named;
use crate::arn::Arn;
use crate::finding::Finding;
use crate::knowledge::{actions, console};
use crate::labeling::{LabelingIdentity, SAGEMAKER, Setup, Use};
use crate::policy::{Effect, Selection, Statement};
use crate::rules::{
    console_access_incomplete, pass_role_never_matches, pass_role_unrestricted, resource_scope_ignored, unknown_action,
};

fn identity<'s, 'a>(setup: &'s Setup<'a>, finding: &Finding) -> Option<&'s LabelingIdentity<'a>> {
    setup.identities.iter().find(|identity| Some(identity.identity.arn()) == finding.principal.as_ref())
}

/// Where a policy is to be changed; nothing of AWS's own.
fn place(identity: &LabelingIdentity<'_>, policy: &Named<'_>) -> Option<Target> {
    match policy.arn {
        Some(_) if policy.is_of_aws() => None,
        Some(arn) => Some(Target::Managed(arn.clone())),
        None => {
            let inline = identity.identity.own_grants().inline.known().ok()?;
            let own = inline.get(policy.name).and_then(|document| document.known().ok());
            own.filter(|own| std::ptr::eq(*own, policy.document))?;
            Some(Target::Inline(identity.identity.arn().clone(), policy.name.to_owned()))
        }
    }
}

/// The execution roles of the account, as policies name them.
fn execution_roles(setup: &Setup<'_>) -> BTreeSet<Arn> {
    setup.execution_roles.iter().map(|role| role.role.arn.clone()).collect()
}

/// A person must be able to do all of what the console is meant for.
pub(super) fn has_console(setup: &Setup<'_>, finding: &Finding) -> Cure {
    let mut cure = Cure::default();
    let Some(identity) = identity(setup, finding) else { return cure };
    let arn = identity.identity.arn();
    for (action, judged) in console_access_incomplete::lacking(setup, identity) {
        if let Some(judged) = judged {
            cure.in_the_way.extend(super::obstacle::obstacles(&judged));
            continue;
        }
        for on in resources(setup, action) {
            let grant = Grant::new(action, on);
            let with = |grant: Grant, (key, value): (&'static str, &'static str)| grant.when(key, value);
            cure.allow(arn, console::context(action).fold(grant, with));
        }
    }
    cure
}

/// What the console asks an action of, as narrow as the account shows: what labeling uses or is meant for, else what
/// the account has of the kind; everything where there is no resource-level permission.
fn resources(setup: &Setup<'_>, action: &str) -> Vec<On> {
    let account = setup.access.account;
    let (partition, id) = (&account.partition, &account.id);
    let all = || vec![On::Matching("*".to_owned())];
    if actions::has_resource_level(action) != Some(true) {
        return all();
    }
    let (service, name) = action.split_once(':').unwrap_or_default();
    let own = |kind: &str| vec![On::Matching(format!("arn:{partition}:{service}:*:{id}:{kind}"))];
    let meant: Vec<On> = match service {
        "iam" if action == PASS_ROLE => execution_roles(setup).iter().map(On::exactly).collect(),
        "s3" => {
            let buckets = account.buckets.known().into_iter().flatten();
            let meant = buckets.filter(|bucket| {
                setup
                    .execution_roles
                    .iter()
                    .any(|role| setup.use_of_bucket(role, bucket).is_ok_and(|u| u != Use::Other))
            });
            let objects = name.ends_with("Object");
            let on = |arn: &Arn| if objects { On::Below(format!("{arn}/")) } else { On::exactly(arn) };
            meant.map(|bucket| on(&bucket.arn)).collect()
        }
        "lambda" => {
            let functions =
                account.regions.values().flat_map(|regional| regional.functions.known().into_iter().flatten());
            let meant = functions.filter(|function| {
                let of = |role| setup.use_of_function(role, function).is_ok_and(|usage| usage != Use::Other);
                setup.execution_roles.iter().any(of)
            });
            meant.map(|function| On::exactly(&function.arn)).collect()
        }
        _ => vec![],
    };
    match (meant.is_empty(), service) {
        (false, _) => meant,
        (true, "iam") => {
            let kind = if name.ends_with("Policy") && !name.contains("Role") { "policy/*" } else { "role/*" };
            vec![On::Matching(Arn::iam(partition, id, kind).to_string())]
        }
        (true, "sagemaker") => own("*"),
        (true, "cognito-idp") => own("userpool/*"),
        (true, "secretsmanager") => own("secret:*"),
        (true, "kms") => own("key/*"),
        (true, "lambda") => own("function:*"),
        (true, _) => all(),
    }
}

/// Roles must be passed to SageMaker: what is empty names it, else the execution roles may be passed beside the others.
pub(super) fn passes_roles(setup: &Setup<'_>, finding: &Finding) -> Cure {
    let mut cure = Cure::default();
    let Some(identity) = identity(setup, finding) else { return cure };
    let empty = pass_role_never_matches::empty(identity);
    for (policy, number, statement) in &empty {
        let Some((target, on)) = place(identity, policy).zip(patterns(statement)) else { return Cure::default() };
        let gains = on.into_iter().map(|on| Grant::new(PASS_ROLE, on).when(PASSED_TO, SAGEMAKER)).collect();
        let edit = Edit { statement: *number, how: How::Filled(PASSED_TO, SAGEMAKER) };
        cure.want(target, Wish::Edit(edit, gains, vec![]));
    }
    if empty.is_empty() {
        for role in execution_roles(setup) {
            let grant = Grant::new(PASS_ROLE, On::exactly(&role)).when(PASSED_TO, SAGEMAKER);
            cure.allow(identity.identity.arn(), grant);
        }
    }
    cure
}

/// The resources of a statement; nothing where only a request could tell which they are.
fn patterns(statement: &Statement) -> Option<Vec<On>> {
    match &statement.resources {
        Some(Selection::Only(arns)) if arns.iter().all(|arn| !arn.contains("${")) => {
            Some(arns.iter().map(|arn| On::Matching(arn.clone())).collect())
        }
        _ => None,
    }
}

/// Only execution roles may be passed, and only to SageMaker.
pub(super) fn passes_few_roles(setup: &Setup<'_>, finding: &Finding) -> Cure {
    let mut cure = Cure::default();
    let Some(identity) = identity(setup, finding) else { return cure };
    let roles = execution_roles(setup);
    let Ok((loose, _)) = pass_role_unrestricted::really_loose(setup, identity) else { return cure };
    for pass_role_unrestricted::Loose { policy, reason, any_service, any_role } in loose {
        let number = reason.statement;
        let statement = number.checked_sub(1).and_then(|place| policy.document.statements().get(place));
        let Some((target, statement)) = place(identity, &policy).zip(statement) else { return Cure::default() };
        let Selection::Only(named) = &statement.actions else { return Cure::default() };
        // A glob that means more than passing roles cannot be narrowed by itself.
        let spelled = named.iter().any(|action| action.eq_ignore_ascii_case(PASS_ROLE));
        if !spelled || (any_role && roles.is_empty()) {
            return Cure::default();
        }
        let on = any_role.then(|| roles.clone());
        let asks = statement.conditions.iter().any(|condition| condition.key.eq_ignore_ascii_case(PASSED_TO));
        let when = (any_service && !asks).then(|| equals(PASSED_TO, SAGEMAKER));
        if any_service && asks {
            return Cure::default();
        }
        let mut edit = |how| {
            let losses = vec![Grant::new(PASS_ROLE, On::Matching("*".to_owned()))];
            cure.want(target.clone(), Wish::Edit(Edit { statement: number, how }, vec![], losses));
        };
        if named.len() == 1 {
            for how in on.map(How::On).into_iter().chain(when.map(How::When)) {
                edit(how);
            }
        } else {
            let on = on.map(|on| on.iter().map(ToString::to_string).collect());
            edit(How::Without(PASS_ROLE.to_owned()));
            let actions = BTreeSet::from([PASS_ROLE.to_owned()]);
            edit(How::Beside { actions, on, when, service: None });
        }
    }
    cure
}

/// What has no resource-level permission must be allowed on everything, in a statement of its own.
pub(super) fn scoped(setup: &Setup<'_>, finding: &Finding) -> Cure {
    let mut cure = Cure::default();
    let Some(identity) = identity(setup, finding) else { return cure };
    for (policy, number, idle) in resource_scope_ignored::idle(identity) {
        let Some(target) = place(identity, &policy) else { return Cure::default() };
        let named: BTreeSet<String> = idle.iter().flat_map(|glob| actions::named(glob)).map(str::to_owned).collect();
        let everywhere = |action: &String| Grant::new(action, On::Matching("*".to_owned()));
        let gains: Vec<Grant> = named.iter().map(everywhere).collect();
        // A glob may name more than is known of.
        let losses: Vec<Grant> = idle.iter().filter(|glob| !glob.contains(['*', '?'])).map(everywhere).collect();
        for glob in &idle {
            let edit = Edit { statement: number, how: How::Without(glob.clone()) };
            cure.want(target.clone(), Wish::Edit(edit, vec![], losses.clone()));
        }
        let on = Some(BTreeSet::from(["*".to_owned()]));
        let how = How::Beside { actions: named, on, when: None, service: None };
        cure.want(target, Wish::Edit(Edit { statement: number, how }, gains, vec![]));
    }
    cure
}

/// What is surely a slip must be spelled right.
pub(super) fn known_actions(setup: &Setup<'_>, finding: &Finding) -> Cure {
    let mut cure = Cure::default();
    let Some(identity) = identity(setup, finding) else { return cure };
    for (policy, number, wrong) in unknown_action::unknown(identity) {
        let statement = number.checked_sub(1).and_then(|place| policy.document.statements().get(place));
        let Some((target, statement)) = place(identity, &policy).zip(statement) else { return Cure::default() };
        let (right, on) = (actions::slip(&wrong), patterns(statement));
        let allows = statement.effect == Effect::Allow && matches!(statement.actions, Selection::Only(_));
        let (Some(right), Some(on), true) = (right, on, allows) else { return Cure::default() };
        let gains = on.into_iter().map(|on| Grant::new(right, on)).collect();
        let losses = vec![Grant::new(&wrong, On::Matching("*".to_owned()))];
        let edit = Edit { statement: number, how: How::Renamed(wrong, right) };
        cure.want(target, Wish::Edit(edit, gains, losses));
    }
    cure
}
