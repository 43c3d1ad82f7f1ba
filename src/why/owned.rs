//! A resource, as far as the account knows it: whose it is, and whether it has a policy of its own.

use crate::access::Ask;
use crate::account::{Account, Bucket, Fact, Function, Key, Role, Tags, Unknown};
use crate::arn::Arn;
use crate::evaluation::s3::ask_of_bucket;
use crate::knowledge::context::Sender;
use crate::labeling::SAGEMAKER;

/// A resource, as far as the account knows it.
pub(super) enum Owned<'a> {
    Bucket(&'a Bucket, Option<&'a Fact<Option<Tags>>>),
    Function(&'a Function, String),
    Key(&'a Key),
    Role(&'a Role, String),
    /// Something of the account without a policy of its own that is known, and why there is none.
    Plain(&'static str),
    /// It is another account's, or could not be read.
    Unread(&'a str, Unknown),
}

impl<'a> Owned<'a> {
    pub(super) fn new(account: &'a Account, resource: &'a Arn) -> Self {
        let abroad = || {
            let why = "the policy of a resource of another account is not read".to_owned();
            let action = format!("{}:GetPolicy", resource.service());
            Unknown::NotJudged { action, subject: resource.to_string(), why }
        };
        match resource.service() {
            "s3" => match account.buckets.known() {
                Err(unknown) => Self::Unread("", unknown),
                Ok(buckets) => {
                    let name = resource.resource().split('/').next().unwrap_or_default();
                    let bucket = buckets.iter().find(|bucket| bucket.arn.resource() == name);
                    let of = |bucket| Self::Bucket(bucket, account.objects.get(resource));
                    bucket.map_or_else(|| Self::Unread("", abroad()), of)
                }
            },
            _ if !resource.account().is_empty() && resource.account() != account.id => {
                Self::Unread(resource.account(), abroad())
            }
            "lambda" => match account.regions.get(resource.region()).map(|regional| regional.functions.known()) {
                None => Self::Unread(&account.id, Unknown::not_asked("lambda:ListFunctions", resource.region())),
                Some(Err(unknown)) => Self::Unread(&account.id, unknown),
                Some(Ok(functions)) => {
                    let is = |function: &&Function| {
                        let rest = resource.as_str().strip_prefix(function.arn.as_str());
                        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
                    };
                    let named = |function: &Function| format!("policy of function `{}`", function.arn.name());
                    let function = functions.iter().find(is);
                    function.map_or(Self::Plain("there is no such function"), |function| {
                        Self::Function(function, named(function))
                    })
                }
            },
            "kms" => match account.key(resource.region(), resource.as_str()) {
                Ok(key) => key.map_or(Self::Plain("there is no such key"), Self::Key),
                Err(unknown) => Self::Unread(&account.id, unknown),
            },
            "iam" => match account.iam.roles.known() {
                Err(unknown) => Self::Unread(&account.id, unknown),
                Ok(roles) => {
                    let named = |role: &Role| format!("trust policy of role `{}`", role.arn.name());
                    let role = roles.iter().find(|role| role.arn == *resource);
                    role.map_or(Self::Plain("it has none"), |role| Self::Role(role, named(role)))
                }
            },
            _ => Self::Plain("not read: those of buckets, functions, keys and roles are"),
        }
    }

    pub(super) fn ask<'q>(&'q self, account: &'q Account, action: &'q str, sender: Sender) -> Ask<'q> {
        let ask = Ask::new(action).sent_by(sender);
        match self {
            Self::Bucket(bucket, tags) => {
                let ask = ask_of_bucket(bucket, action, sender);
                match tags.map(|tags| tags.known()) {
                    Some(Ok(Some(tags))) => ask.tagged(tags),
                    _ => ask,
                }
            }
            Self::Function(function, name) => {
                let ask = ask.in_region(Some(function.arn.region())).of_resource_tagged(function.tags.known().ok());
                ask.of(name, &function.policy)
            }
            Self::Role(role, name) if action.eq_ignore_ascii_case("sts:AssumeRole") => {
                ask.owned_by(&account.id).of_resource_tagged(role.tags.known().ok()).policy(name, role.trust.known())
            }
            Self::Role(role, _) if action.eq_ignore_ascii_case("iam:PassRole") => {
                ask.of_resource_tagged(role.tags.known().ok()).with("iam:PassedToService", SAGEMAKER)
            }
            // A key's policy and grants are added where it is asked about.
            Self::Role(..) | Self::Key(_) | Self::Plain(_) => ask,
            Self::Unread("", unknown) => {
                ask.owned_by_another_account().policy("policy of the resource", Err(unknown.clone()))
            }
            Self::Unread(owner, unknown) => ask.owned_by(owner).policy("policy of the resource", Err(unknown.clone())),
        }
    }

    /// The resource whose own policy must allow it.
    pub(super) fn owner(&self, account: &Account) -> Option<&'a Arn> {
        match self {
            Self::Key(key) => Some(&key.arn),
            Self::Role(role, _) if role.arn.account() != account.id => Some(&role.arn),
            _ => None,
        }
    }

    /// Must the resource's own policy allow it, whatever the identity's say?
    pub(super) fn has_last_word(&self) -> bool {
        matches!(self, Self::Key(_) | Self::Role(..))
    }

    /// What the resource's own policy is called where there is one; else what is said of it.
    ///
    /// # Errors
    ///
    /// When whether there is one is not known.
    pub(super) fn policy(&self) -> Result<Result<(), String>, Unknown> {
        let none = |kind: &str, arn: &Arn| format!("{kind} {} has none", arn.name());
        match self {
            Self::Bucket(bucket, _) => {
                Ok(bucket.policy.known()?.as_ref().map(drop).ok_or_else(|| none("bucket", &bucket.arn)))
            }
            Self::Function(function, _) => {
                Ok(function.policy.known()?.as_ref().map(drop).ok_or_else(|| none("function", &function.arn)))
            }
            Self::Key(key) => Ok(Ok(key.policy.known().map(drop)?)),
            Self::Role(role, _) => Ok(Ok(role.trust.known().map(drop)?)),
            Self::Plain(says) => Ok(Err((*says).to_owned())),
            Self::Unread(_, unknown) => Err(unknown.clone()),
        }
    }
}
