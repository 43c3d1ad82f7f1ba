//! IAM and STS: forms in, XML out.

use std::collections::BTreeMap;

use gt_audit::account::{Fact, Grants, Group, ManagedPolicy, Role, Tags, User};
use gt_audit::arn::Arn;
use gt_audit::policy::Document;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Answer, Asked, Inner, escape, known, refusal, wrap};

const DATE: &str = "2026-01-02T03:04:05Z";

pub(super) fn caller_identity(aws: &Inner, asked: &Asked) -> Answer {
    assert_eq!(asked.operation, "GetCallerIdentity");
    let result = leaf("Arn", aws.account.caller.as_str()) + &leaf("UserId", "AIDA") + &leaf("Account", &aws.account.id);
    response(asked, &result)
}

pub(super) fn answer(aws: &Inner, asked: &Asked) -> Answer {
    let iam = &aws.account.iam;
    let role = || find(known(&iam.roles), |role: &Role| role.arn.name() == asked.parameter("RoleName"));
    let user = || find(known(&iam.users), |user: &User| user.arn.name() == asked.parameter("UserName"));
    let group = || find(known(&iam.groups), |group: &Group| group.arn.name() == asked.parameter("GroupName"));
    let version = || aws.account.iam.policies.get(&Arn::parse(asked.parameter("PolicyArn")).unwrap());
    match asked.operation.as_str() {
        "ListAccountAliases" => {
            let alias = known(&aws.account.alias).map(|alias| leaf("member", &alias)).unwrap_or_default();
            response(asked, &format!("<AccountAliases>{alias}</AccountAliases><IsTruncated>false</IsTruncated>"))
        }
        "GetAccountAuthorizationDetails" => details(aws, asked),
        "ListRoles" => list(aws, asked, "Roles", known(&iam.roles).iter().map(|role| role_xml(role, false)).collect()),
        "ListUsers" => list(aws, asked, "Users", known(&iam.users).iter().map(|user| user_xml(user, false)).collect()),
        "ListGroups" => list(aws, asked, "Groups", known(&iam.groups).iter().map(group_xml).collect()),
        "GetRole" if !known(&iam.roles).iter().any(|role| role.arn.name() == asked.parameter("RoleName")) => {
            refusal(asked, 404, "NoSuchEntity", "there is no such role")
        }
        "GetUser" if !known(&iam.users).iter().any(|user| user.arn.name() == asked.parameter("UserName")) => {
            refusal(asked, 404, "NoSuchEntity", "there is no such user")
        }
        "GetRole" => response(asked, &wrap("Role", &role_xml(&role(), true))),
        "GetUser" => response(asked, &wrap("User", &user_xml(&user(), true))),
        "ListGroupsForUser" => {
            let names = known(&user().groups);
            let groups = known(&iam.groups);
            let groups = groups.iter().filter(|group| names.iter().any(|name| name == group.arn.name()));
            list(aws, asked, "Groups", groups.map(group_xml).collect())
        }
        "ListAttachedRolePolicies" => attached(aws, asked, &role().grants),
        "ListAttachedUserPolicies" => attached(aws, asked, &user().grants),
        "ListAttachedGroupPolicies" => attached(aws, asked, &group().grants),
        "ListRolePolicies" => names(aws, asked, &role().grants),
        "ListUserPolicies" => names(aws, asked, &user().grants),
        "ListGroupPolicies" => names(aws, asked, &group().grants),
        "GetRolePolicy" => inline(aws, asked, "RoleName", &role().grants),
        "GetUserPolicy" => inline(aws, asked, "UserName", &user().grants),
        "GetGroupPolicy" => inline(aws, asked, "GroupName", &group().grants),
        "GetPolicy" => match version() {
            Some(Fact::Known(policy)) => response(asked, &wrap("Policy", &leaf("DefaultVersionId", &policy.version))),
            _ => refusal(asked, 404, "NoSuchEntity", "there is no such policy"),
        },
        "GetPolicyVersion" => match version() {
            Some(Fact::Known(policy)) if policy.version == asked.parameter("VersionId") => {
                response(asked, &wrap("PolicyVersion", &version_xml(policy, true)))
            }
            _ => refusal(asked, 404, "NoSuchEntity", "there is no such version"),
        },
        other => panic!("IAM has no {other} here"),
    }
}

fn details(aws: &Inner, asked: &Asked) -> Answer {
    let iam = &aws.account.iam;
    let mut items: Vec<(&str, String)> = vec![];
    for user in known(&iam.users) {
        let groups = members("GroupList", known(&user.groups).iter().map(|group| escape(group)));
        items.push((
            "UserDetailList",
            user_xml(&user, true) + &groups + &grants_xml(aws, &user.arn, &user.grants, "User"),
        ));
    }
    for group in known(&iam.groups) {
        items.push(("GroupDetailList", group_xml(&group) + &grants_xml(aws, &group.arn, &group.grants, "Group")));
    }
    for role in known(&iam.roles) {
        items.push(("RoleDetailList", role_xml(&role, true) + &grants_xml(aws, &role.arn, &role.grants, "Role")));
    }
    for (arn, policy) in iam.policies.iter().filter(|(arn, _)| !aws.set.left_out.contains(arn.as_str())) {
        let Fact::Known(policy) = policy else { continue };
        // An older version stands before the default one, as it may with IAM.
        let old = ManagedPolicy { version: "v0".to_owned(), document: policy.document.clone() };
        let versions = [version_xml(&old, false), version_xml(policy, true)];
        let versions = members("PolicyVersionList", versions.into_iter());
        items.push(("Policies", leaf("Arn", arn.as_str()) + &leaf("DefaultVersionId", &policy.version) + &versions));
    }
    let (items, next) = page(aws, asked, items);
    let mut lists: BTreeMap<&str, String> = BTreeMap::new();
    for (list, item) in items {
        *lists.entry(list).or_default() += &wrap("member", &item);
    }
    let lists: String = lists.into_iter().map(|(list, items)| wrap(list, &items)).collect();
    response(asked, &(lists + &truncated(next)))
}

fn role_xml(role: &Role, whole: bool) -> String {
    let mut xml = leaf("Path", path(&role.arn))
        + &leaf("RoleName", role.arn.name())
        + &leaf("RoleId", "AROA")
        + &leaf("Arn", role.arn.as_str())
        + &leaf("CreateDate", DATE);
    if let Fact::Known(trust) = &role.trust {
        xml += &leaf("AssumeRolePolicyDocument", &encoded(trust));
    }
    if whole {
        xml += &boundary_and_tags(known(&role.boundary).as_ref(), &known(&role.tags));
    }
    xml
}

fn user_xml(user: &User, whole: bool) -> String {
    let mut xml = leaf("Path", path(&user.arn))
        + &leaf("UserName", user.arn.name())
        + &leaf("UserId", "AIDA")
        + &leaf("Arn", user.arn.as_str())
        + &leaf("CreateDate", DATE);
    if whole {
        xml += &boundary_and_tags(known(&user.boundary).as_ref(), &known(&user.tags));
    }
    xml
}

fn group_xml(group: &Group) -> String {
    leaf("Path", path(&group.arn))
        + &leaf("GroupName", group.arn.name())
        + &leaf("GroupId", "AGPA")
        + &leaf("Arn", group.arn.as_str())
        + &leaf("CreateDate", DATE)
}

fn boundary_and_tags(boundary: Option<&Arn>, tags: &Tags) -> String {
    let boundary = boundary.map_or_else(String::new, |arn| {
        let leaves = leaf("PermissionsBoundaryType", "Policy") + &leaf("PermissionsBoundaryArn", arn.as_str());
        wrap("PermissionsBoundary", &leaves)
    });
    boundary + &members("Tags", tags.iter().map(|(key, value)| leaf("Key", key) + &leaf("Value", value)))
}

fn grants_xml(aws: &Inner, arn: &Arn, grants: &Grants, kind: &str) -> String {
    let inline = inline_texts(aws, arn, grants).into_iter();
    let inline = inline.map(|(name, text)| leaf("PolicyName", &name) + &leaf("PolicyDocument", &text));
    members(&format!("{kind}PolicyList"), inline)
        + &members("AttachedManagedPolicies", attached_xml(grants).into_iter())
}

fn attached_xml(grants: &Grants) -> Vec<String> {
    // IAM has no order; the last comes first here.
    let arns = known(&grants.attached).into_iter().rev();
    arns.map(|arn| leaf("PolicyName", arn.name()) + &leaf("PolicyArn", arn.as_str())).collect()
}

/// The inline policies as they go over the wire.
fn inline_texts(aws: &Inner, arn: &Arn, grants: &Grants) -> Vec<(String, String)> {
    let policies = known(&grants.inline).into_iter();
    let texts = policies.map(|(name, document)| match aws.set.inline_policy {
        Some((role, policy, text)) if (role, policy) == (arn.name(), name.as_str()) => (name, encode(text)),
        _ => (name, encoded(document.known().unwrap())),
    });
    texts.collect()
}

fn attached(aws: &Inner, asked: &Asked, grants: &Grants) -> Answer {
    list(aws, asked, "AttachedPolicies", attached_xml(grants))
}

fn names(aws: &Inner, asked: &Asked, grants: &Grants) -> Answer {
    list(aws, asked, "PolicyNames", known(&grants.inline).keys().map(|name| escape(name)).collect())
}

fn inline(aws: &Inner, asked: &Asked, of: &str, grants: &Grants) -> Answer {
    let (name, arn) = (asked.parameter("PolicyName"), Arn::iam("aws", "1", &format!("x/{}", asked.parameter(of))));
    let text = inline_texts(aws, &arn, grants).into_iter().find(|(policy, _)| policy == name).expect("the policy").1;
    response(asked, &(leaf(of, asked.parameter(of)) + &leaf("PolicyName", name) + &leaf("PolicyDocument", &text)))
}

fn version_xml(policy: &ManagedPolicy, default: bool) -> String {
    let document = policy.document.known().map(|document| leaf("Document", &encoded(document))).unwrap_or_default();
    document + &leaf("VersionId", &policy.version) + &leaf("IsDefaultVersion", &default.to_string())
}

fn list(aws: &Inner, asked: &Asked, name: &str, items: Vec<String>) -> Answer {
    let (items, next) = page(aws, asked, items);
    response(asked, &(members(name, items.into_iter()) + &truncated(next)))
}

fn page<T>(aws: &Inner, asked: &Asked, items: Vec<T>) -> (Vec<T>, Option<String>) {
    aws.page(items, asked.parameters.get("MaxItems"), 1000, asked.parameters.get("Marker"))
}

fn truncated(next: Option<String>) -> String {
    match next {
        Some(marker) => "<IsTruncated>true</IsTruncated>".to_owned() + &leaf("Marker", &marker),
        None => "<IsTruncated>false</IsTruncated>".to_owned(),
    }
}

fn response(asked: &Asked, result: &str) -> Answer {
    let name = &asked.operation;
    Answer(200, vec![], wrap(&format!("{name}Response"), &wrap(&format!("{name}Result"), result)))
}

fn members(name: &str, items: impl Iterator<Item = String>) -> String {
    wrap(name, &items.map(|item| wrap("member", &item)).collect::<String>())
}

fn leaf(name: &str, text: &str) -> String {
    wrap(name, &escape(text))
}

fn encoded(document: &Document) -> String {
    encode(&document.json().to_string())
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// `/team/a/` of `role/team/a/Name`.
fn path(arn: &Arn) -> &str {
    let resource = arn.resource();
    let start = resource.find('/').unwrap_or_default();
    let end = resource.rfind('/').unwrap_or_default();
    &resource[start..=end]
}

fn find<T>(items: Vec<T>, is: impl Fn(&T) -> bool) -> T {
    items.into_iter().find(|item| is(item)).expect("it exists")
}
