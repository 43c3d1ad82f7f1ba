//! The actions and resources that AWS itself treats apart, whatever policies say.
//!
//! Data from AWS's documentation, each list with its page and date. Knows neither statements nor how layers combine; the
//! lists say what holds for an action, for an action on resources of a form, or for an action asked by somebody.

use std::sync::LazyLock;

use super::layers::{Builtin, Hearing};
use super::pattern::Pattern;
use super::principal::Requester;
use super::request::{Key, Request};
use super::value::Value;

/// Actions that need no permission, and that no policy takes away (STS API Reference, `API_GetCallerIdentity`, 2026-11).
const FREE_FOR_ALL: &str = "sts:getcalleridentity";

/// The same for users and the root user: a policy that names it "has no effect". Others cannot do it (IAM User Guide,
/// `id_credentials_temp_control-access_getsessiontoken` and `id_credentials_sts-comparison`, 2026-11).
const FREE_FOR_USERS: &str = "sts:getsessiontoken";

/// The owner's root user may do this whatever the bucket's policy denies; VPC endpoint policies and the organization's
/// policies still count. No principal of another account may (Amazon S3 API Reference, `API_PutBucketPolicy`,
/// `API_GetBucketPolicy` and `API_DeleteBucketPolicy`, 2026-11).
const OF_THE_BUCKETS_OWNER: [&str; 3] = ["s3:deletebucketpolicy", "s3:getbucketpolicy", "s3:putbucketpolicy"];

/// The actions of KMS that are asked of no key, so that no key policy is asked: the permission is given in an IAM policy
/// (KMS Developer Guide, `kms-api-permissions-reference`, 2026-11).
const OF_NO_KEY: [&str; 11] = [
    "kms:connectcustomkeystore",
    "kms:createcustomkeystore",
    "kms:createkey",
    "kms:deletecustomkeystore",
    "kms:describecustomkeystores",
    "kms:disconnectcustomkeystore",
    "kms:generaterandom",
    "kms:listaliases",
    "kms:listkeys",
    "kms:listretirablegrants",
    "kms:updatecustomkeystore",
];

/// The actions of KMS that can be allowed to other accounts; a permission for any other "has no effect" there (KMS
/// Developer Guide, `key-policy-modifying-external-accounts` and `kms-api-permissions-reference`, 2026-11).
const ON_KEYS_OF_OTHER_ACCOUNTS: [&str; 20] = [
    "kms:creategrant",
    "kms:decrypt",
    "kms:derivesharedsecret",
    "kms:describekey",
    "kms:encrypt",
    "kms:generatedatakey",
    "kms:generatedatakeypair",
    "kms:generatedatakeypairwithoutplaintext",
    "kms:generatedatakeywithoutplaintext",
    "kms:generatemac",
    "kms:getkeyrotationstatus",
    "kms:getpublickey",
    "kms:listgrants",
    "kms:reencryptfrom",
    "kms:reencryptto",
    "kms:retiregrant",
    "kms:revokegrant",
    "kms:sign",
    "kms:verify",
    "kms:verifymac",
];

/// The actions that change a key; AWS managed keys change by AWS alone (KMS Developer Guide, `concepts`, "AWS managed
/// keys", 2026-11).
const CHANGE_A_KEY: [&str; 15] = [
    "kms:cancelkeydeletion",
    "kms:deleteimportedkeymaterial",
    "kms:disablekey",
    "kms:disablekeyrotation",
    "kms:enablekey",
    "kms:enablekeyrotation",
    "kms:importkeymaterial",
    "kms:putkeypolicy",
    "kms:replicatekey",
    "kms:rotatekeyondemand",
    "kms:schedulekeydeletion",
    "kms:tagresource",
    "kms:untagresource",
    "kms:updatekeydescription",
    "kms:updateprimaryregion",
];

/// The actions on an alias: the permission on it is given in an IAM policy, and beside it a permission on the key is
/// needed, which is another question (KMS Developer Guide, `alias-access`, 2026-11).
const ON_ALIASES: [&str; 3] = ["kms:createalias", "kms:deletealias", "kms:updatealias"];

/// The ARNs of aliases.
const ALIASES: &str = "arn:*:kms:*:*:alias/*";

/// The aliases of AWS managed keys, whose names only AWS may give (KMS API Reference, `API_CreateAlias`, 2026-11).
const ALIASES_OF_AWS: &str = "arn:*:kms:*:*:alias/aws/*";

/// The actions that change a managed policy; those of AWS cannot be changed (IAM User Guide,
/// `access_policies_managed-vs-inline`, 2026-11).
const CHANGE_A_POLICY: [&str; 7] = [
    "iam:createpolicy",
    "iam:createpolicyversion",
    "iam:deletepolicy",
    "iam:deletepolicyversion",
    "iam:setdefaultpolicyversion",
    "iam:tagpolicy",
    "iam:untagpolicy",
];

/// The managed policies of AWS.
const POLICIES_OF_AWS: &str = "arn:*:iam::aws:policy/*";

/// The actions that change what a role may do and who may assume it: service-linked roles change by their service alone
/// (IAM API Reference, `UnmodifiableEntity` of these actions; IAM User Guide, `id_roles_create-service-linked-role`,
/// 2026-11). Their description may be edited.
const CHANGE_PERMISSIONS_OF_A_ROLE: [&str; 9] = [
    "iam:attachrolepolicy",
    "iam:createrole",
    "iam:deleterole",
    "iam:deleterolepermissionsboundary",
    "iam:deleterolepolicy",
    "iam:detachrolepolicy",
    "iam:putrolepermissionsboundary",
    "iam:putrolepolicy",
    "iam:updateassumerolepolicy",
];

/// What else cannot be done with the roles that IAM Identity Center makes (IAM Identity Center User Guide,
/// `referencingpermissionsets`, 2026-11).
const CHANGE_OR_PASS_A_ROLE: [&str; 5] =
    ["iam:passrole", "iam:tagrole", "iam:untagrole", "iam:updaterole", "iam:updateroledescription"];

/// Service-linked roles, and the roles that IAM Identity Center makes.
const ROLES_OF_SERVICES: &str = "arn:*:iam::*:role/aws-service-role/*";
const RESERVED_ROLES: &str = "arn:*:iam::*:role/aws-reserved/*";

/// What holds for some actions on resources of a form.
#[derive(Debug)]
pub(super) struct Rule {
    actions: Vec<&'static str>,
    /// The resources it holds for.
    pub(super) patterns: [Pattern; 1],
    /// Does it hold for the root user of the resource's account alone?
    of_root: bool,
    /// What holds.
    pub(super) says: Builtin,
}

static RULES: LazyLock<[Rule; 7]> = LazyLock::new(|| {
    let changes_of_reserved = [&CHANGE_PERMISSIONS_OF_A_ROLE[..], &CHANGE_OR_PASS_A_ROLE].concat();
    let changes_of_key = [&CHANGE_A_KEY[..], &ON_ALIASES].concat();
    [
        Rule::new(&CHANGE_A_POLICY, POLICIES_OF_AWS, Builtin::Impossible),
        Rule::new(&CHANGE_PERMISSIONS_OF_A_ROLE, ROLES_OF_SERVICES, Builtin::Impossible),
        Rule::new(&changes_of_reserved, RESERVED_ROLES, Builtin::Impossible),
        Rule::new(&changes_of_key, ALIASES_OF_AWS, Builtin::Impossible),
        Rule::new(&ON_ALIASES, ALIASES, Builtin::NoPolicy),
        Rule::new(&OF_NO_KEY, "*", Builtin::NoPolicy),
        Rule { of_root: true, ..Rule::new(&OF_THE_BUCKETS_OWNER, "*", Builtin::NoDeny) },
    ]
});

impl Rule {
    fn new(actions: &[&'static str], pattern: &str, says: Builtin) -> Self {
        Self { actions: actions.to_vec(), patterns: [Pattern::arn(pattern)], of_root: false, says }
    }

    /// Does it hold for a resource?
    pub(super) fn is_about(&self, resource: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(resource))
    }
}

/// What holds for a request's action and requester, on resources of a form. What AWS manages its services may change.
pub(super) fn rules<'r>(request: &'r Request<'_>) -> impl Iterator<Item = &'static Rule> + use<'r> {
    let action = request.action();
    let of_root = request.requester().is_root() && request.is_within_account();
    let of_service = action.starts_with("iam:") || action.starts_with("kms:");
    let rules: &'static [Rule] = if of_root || of_service { &*RULES } else { &[] };
    rules.iter().filter(move |rule| {
        let binds = (of_root || !rule.of_root) && !(rule.says == Builtin::Impossible && is_service(request));
        binds && rule.actions.contains(&action)
    })
}

/// What is heard where these of some rules are about a resource, by index.
pub(super) fn heard(rules: &[&'static Rule], about: impl IntoIterator<Item = usize>) -> Hearing {
    let mut hearing = Hearing::default();
    for rule in about.into_iter().filter_map(|index| rules.get(index)) {
        hearing.hear_builtin(rule.says);
    }
    hearing
}

/// Needs the request no permission, and does no policy take it away?
pub(super) fn is_free(request: &Request<'_>) -> bool {
    match request.action() {
        FREE_FOR_ALL => true,
        FREE_FOR_USERS => may_ask_for_session_token(request),
        _ => false,
    }
}

/// Is there no such request, whatever the resource? A role of another account cannot be passed, STS refuses the root user
/// (STS API Reference, `API_AssumeRole`, 2026-11).
pub(super) fn is_impossible(request: &Request<'_>) -> bool {
    let action = request.action();
    let elsewhere = !request.is_within_account();
    if is_service(request) {
        return false;
    }
    match action.split_once(':').map_or("", |(service, _)| service) {
        "iam" => action == "iam:passrole" && elsewhere,
        "kms" if is_on_key_of_aws(request) => elsewhere || CHANGE_A_KEY.contains(&action),
        "kms" => elsewhere && !ON_KEYS_OF_OTHER_ACCOUNTS.contains(&action),
        "s3" => elsewhere && OF_THE_BUCKETS_OWNER.contains(&action),
        "sts" if action == FREE_FOR_USERS => !may_ask_for_session_token(request),
        "sts" => action.starts_with("sts:assumerole") && request.requester().is_root(),
        _ => false,
    }
}

/// Is it an action on a key, so that the key's policy has the last word?
pub(super) fn is_on_key(action: &str) -> bool {
    action.starts_with("kms:") && !OF_NO_KEY.contains(&action)
}

/// Is the key certainly one that AWS manages? Its aliases say so.
fn is_on_key_of_aws(request: &Request<'_>) -> bool {
    static ALIASES: LazyLock<Key> = LazyLock::new(|| Key::new("kms:ResourceAliases"));
    matches!(request.value(&ALIASES), [Value::Exactly(aliases)] if aliases.iter().any(|alias| alias.starts_with("alias/aws/")))
}

fn is_service(request: &Request<'_>) -> bool {
    matches!(request.requester(), Requester::Service(_))
}

/// A user or the root user; and where no principal is named, one that may.
fn may_ask_for_session_token(request: &Request<'_>) -> bool {
    let requester = request.requester();
    matches!(requester, Requester::User(_)) || requester.is_root() || request.is_of_identity_alone()
}

/// The groups of actions that are treated apart whoever asks, as globs.
pub(super) fn groups() -> impl Iterator<Item = Vec<Pattern>> {
    let lists: [&[&str]; 8] = [
        &OF_NO_KEY,
        &ON_ALIASES,
        &CHANGE_A_KEY,
        &CHANGE_A_POLICY,
        &CHANGE_PERMISSIONS_OF_A_ROLE,
        &CHANGE_OR_PASS_A_ROLE,
        &[FREE_FOR_ALL],
        &[FREE_FOR_USERS],
    ];
    lists.into_iter().map(globs)
}

/// The groups of actions that are treated apart for this request: for the root user, and across accounts.
pub(super) fn groups_of(request: &Request<'_>) -> impl Iterator<Item = Vec<Pattern>> {
    let elsewhere = !request.is_within_account();
    let buckets = (elsewhere || request.requester().is_root()).then_some(&OF_THE_BUCKETS_OWNER[..]);
    let keys = elsewhere.then_some(&ON_KEYS_OF_OTHER_ACCOUNTS[..]);
    buckets.into_iter().chain(keys).map(globs)
}

fn globs(actions: &[&str]) -> Vec<Pattern> {
    actions.iter().map(|action| Pattern::new(action)).collect()
}
