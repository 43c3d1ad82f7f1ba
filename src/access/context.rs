//! What is known of the context of a request: where each key comes from is in
//! [`knowledge::context`](crate::knowledge::context), and the facts of the account are put in here.
//!
//! Only the keys that a policy asks about are worked out.

use jiff::{SignedDuration, Timestamp};

use super::ask::Ask;
use super::identity::Identity;
use crate::account::{Account, Fact, Organization, Tags};
use crate::knowledge::builtin;
use crate::knowledge::context::{Sender, Source, source_of};
use crate::policy::request::Context;
use crate::policy::value::Value;

/// The longest session of a role (IAM User Guide, `id_roles_use`, 2026-11).
const LONGEST_SESSION: SignedDuration = SignedDuration::from_hours(12);
/// The longest session of a user (STS API Reference, `GetSessionToken`, 2026-11).
const LONGEST_SESSION_OF_USER: SignedDuration = SignedDuration::from_hours(36);
/// Where the calls of IAM and of other global services are made.
const GLOBAL: &str = "us-east-1";
const NOTHING: [Value; 2] = [Value::Absent, Value::Present];

/// A request, as far as its context depends on it.
#[derive(Clone, Copy)]
pub(super) struct Subject<'q> {
    pub(super) ask: &'q Ask<'q>,
    /// Who asks; of a service that asks by itself, none.
    pub(super) identity: Option<Identity<'q>>,
    /// The account on whose behalf a service asks.
    pub(super) account: &'q str,
}

/// The facts of an account that requests have in their context.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    account: &'a Account,
    /// The day of the facts.
    pub(super) as_of: Option<Timestamp>,
    /// The organization that the account is in; none, where it is certainly in none.
    organization_id: Fact<Option<String>>,
}

impl<'a> Facts<'a> {
    pub(super) fn new(account: &'a Account) -> Self {
        Self { account, as_of: None, organization_id: organization_id(account) }
    }

    /// The context of a request, as far as policies ask about it.
    pub(super) fn context<'k>(&self, subject: Subject<'_>, keys: impl Iterator<Item = &'k str>) -> Context {
        let mut context = Context::open();
        subject.ask.tell(&mut context);
        let action = subject.ask.action().to_ascii_lowercase();
        for key in keys {
            if !context.mentions(key) {
                let source = source_of(subject.ask.sender(), &action, key);
                context.one_of(key, self.possible(source, key, subject));
            }
        }
        context
    }

    /// What a key may be.
    #[expect(clippy::match_same_arms, reason = "a source an arm, so that each is found")]
    fn possible(&self, source: Source, key: &str, subject: Subject<'_>) -> Vec<Value> {
        let Subject { ask, identity, account } = subject;
        let arn = identity.map(Identity::arn);
        let owner = ask.owner().unwrap_or(&self.account.id);
        let known = |value: Option<&str>| value.map_or(vec![Value::Present], |value| vec![Value::text(value)]);
        let unless_absent = |value: Value| vec![Value::Absent, value];
        match source {
            Source::Absent => vec![Value::Absent],
            Source::Unknown | Source::Asked => NOTHING.to_vec(),
            Source::Present => vec![Value::Present],
            Source::Is(value) => vec![Value::text(value)],
            Source::AbsentOr(value) => unless_absent(Value::text(value)),
            Source::Has(value) => vec![Value::Including(vec![value])],
            Source::Now => match self.as_of {
                Some(time) if key == "aws:epochtime" => vec![Value::text(time.as_second().to_string())],
                time => known(time.map(|time| time.to_string()).as_deref()),
            },
            Source::Session => self.issued(SignedDuration::ZERO),
            Source::RunningSession => match identity {
                // With access keys a user has no session, and with GetSessionToken one.
                Some(Identity::User(_) | Identity::Group(_)) => {
                    [vec![Value::Absent], self.issued(LONGEST_SESSION_OF_USER)].concat()
                }
                _ => self.issued(LONGEST_SESSION),
            },
            Source::Principal => match identity {
                Some(Identity::Group(_)) => vec![Value::Present],
                _ => known(arn.map(crate::arn::Arn::as_str)),
            },
            Source::PrincipalAccount => known(arn.map(crate::arn::Arn::account)),
            Source::PrincipalType => known(identity.map(|identity| match identity {
                Identity::Role(_) => "AssumedRole",
                Identity::User(_) | Identity::Group(_) => "User",
            })),
            Source::PrincipalTags => tags_of_principal(key, subject),
            Source::UserId => identity.map_or(vec![Value::Present], user_id),
            Source::UserName => match identity {
                Some(Identity::User(user)) => vec![Value::text(user.arn.name())],
                Some(Identity::Group(_)) => vec![Value::Present],
                Some(Identity::Role(_)) | None => vec![Value::Absent],
            },
            Source::Organization => self.organization(key.ends_with("paths")),
            Source::OwnerOrganization if owner == self.account.id => self.organization(key.ends_with("paths")),
            Source::OwnerOrganization => NOTHING.to_vec(),
            // INVARIANT: an empty owner is another account, and it is not known which.
            Source::Owner => known(Some(owner).filter(|owner| !owner.is_empty())),
            Source::ResourceTags => tag(ask.resource_tags(), key),
            // The question says them, where they are known.
            Source::ObjectTags | Source::KeyAliases => NOTHING.to_vec(),
            Source::Region => known(ask.region()),
            Source::BucketRegion if ask.action().eq_ignore_ascii_case("s3:ListBucket") => known(ask.region()),
            Source::PassRoleRegion | Source::RegionOrGlobal | Source::BucketRegion => match ask.region() {
                Some(GLOBAL) => known(Some(GLOBAL)),
                Some(region) => vec![Value::text(GLOBAL), Value::text(region)],
                None => vec![Value::Present],
            },
            Source::ConsoleRegion if ask.action().starts_with("iam:") => known(Some(GLOBAL)),
            Source::ConsoleRegion if ask.action().starts_with("s3:") => vec![Value::Present],
            Source::ConsoleRegion => known(ask.region()),
            Source::Endpoint => known(ask.region().and_then(builtin::s3_endpoint)),
            Source::AbsentOrAws => unless_absent(Value::OfAws),
            Source::Tls => vec![Value::AtLeast(1.2)],
            // By what names services of other partitions go is not documented.
            Source::ViaS3 if self.account.partition != "aws" => vec![Value::Present],
            Source::ViaS3 => known(ask.region().map(|region| format!("s3.{region}.amazonaws.com")).as_deref()),
            Source::SessionOfRole if matches!(identity, Some(Identity::User(_) | Identity::Group(_))) => {
                vec![Value::Absent]
            }
            Source::SessionOfRole => NOTHING.to_vec(),
            Source::JobAccount => known(Some(account)),
            Source::JobArn => {
                // A job may be in any region that is audited.
                let of = |region| Value::Below(format!("arn:{}:sagemaker:{region}:{account}:", self.account.partition));
                let regions: Vec<Value> = self.account.regions.keys().map(of).collect();
                if regions.is_empty() { vec![Value::Present] } else { regions }
            }
            Source::JobOrganization => self.organization(key.ends_with("paths")),
        }
    }

    /// When a session was issued that is used from now on and lasts no longer than this.
    #[expect(clippy::cast_precision_loss, reason = "seconds of dates are far below 2^53")]
    fn issued(&self, longest: SignedDuration) -> Vec<Value> {
        let earliest = self.as_of.and_then(|time: Timestamp| time.checked_sub(longest).ok());
        vec![earliest.map_or(Value::Present, |time| Value::AtLeast(time.as_second() as f64))]
    }

    /// The organization of the account, or its place in it.
    fn organization(&self, path: bool) -> Vec<Value> {
        match &self.organization_id {
            Fact::Known(Some(id)) if path => vec![Value::Below(format!("{id}/"))],
            Fact::Known(Some(id)) => vec![Value::text(id)],
            Fact::Known(None) => vec![Value::Absent],
            Fact::Unknown(_) => NOTHING.to_vec(),
        }
    }
}

/// The tags of who asks. A role may be assumed with tags beside its own: not by a service that labeling uses.
fn tags_of_principal(key: &str, subject: Subject<'_>) -> Vec<Value> {
    let Some(Ok(tags)) = subject.identity.and_then(Identity::tags).map(Fact::known) else {
        return NOTHING.to_vec();
    };
    match tag(Some(tags), key).as_slice() {
        [Value::Absent]
            if subject.ask.sender() == Sender::Person && matches!(subject.identity, Some(Identity::Role(_))) =>
        {
            NOTHING.to_vec()
        }
        known => known.to_vec(),
    }
}

/// The value of one tag, where the tags are known. The key has it behind its `/`, and tag keys are compared without case.
fn tag(tags: Option<&Tags>, key: &str) -> Vec<Value> {
    let Some(tags) = tags else { return NOTHING.to_vec() };
    let name = key.split_once('/').map_or("", |(_, name)| name);
    let mut named = tags.iter().filter(|(own, _)| own.to_ascii_lowercase() == name).map(|(_, value)| value);
    match (named.next(), named.next()) {
        (None, _) => vec![Value::Absent],
        (Some(value), None) => vec![Value::text(value)],
        // Two that differ in case alone: which counts is not documented.
        (Some(_), Some(_)) => NOTHING.to_vec(),
    }
}

/// `aws:userid`: a user's own id; of a role, its id and a session's name that is not known.
fn user_id(identity: Identity<'_>) -> Vec<Value> {
    match identity {
        Identity::Role(role) => role.id.known().map_or(vec![Value::Present], |id| vec![Value::Below(format!("{id}:"))]),
        Identity::User(user) => user.id.known().map_or(vec![Value::Present], |id| vec![Value::text(id)]),
        Identity::Group(_) => vec![Value::Present],
    }
}

/// The id of the account's organization: as it was asked for, or as the ARN of a policy of the organization has it.
fn organization_id(account: &Account) -> Fact<Option<String>> {
    let (Fact::Unknown(_), Organization::Policies(policies)) = (&account.organization_id, &account.organization) else {
        return account.organization_id.clone();
    };
    let all = policies.scps.iter().chain(&policies.rcps).flatten();
    // `arn:aws:organizations::ACCOUNT:policy/o-ID/service_control_policy/p-…`; AWS's own policies have no organization.
    let id = all.filter_map(|policy| policy.arn.resource().split('/').nth(1)).find(|id| id.starts_with("o-"));
    id.map_or_else(|| account.organization_id.clone(), |id| Fact::Known(Some(id.to_owned())))
}
