//! What sets of policies decide about one request for one resource, and why.
//!
//! [`decide`] says the verdict and allocates nothing; [`explain`] comes to the same verdict (a test holds that) and says
//! which statements made it, what is missing where nothing allows, and which statements came near.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use super::compile::{Compiled, Policies};
use super::condition::Test;
use super::kind::Kind;
use super::layers::{Combination, Hearing, Layer, Limits, Said, Truth, Verdict, combine, missing};
use super::principal::Requester;
use super::request::Request;
use super::value::Value;
use super::{Condition, Effect, Selection, special};

/// More near misses than this explain nothing.
const MOST_NEAR: usize = 50;

/// A statement, by where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
pub struct Reason {
    /// The name under which the policy was added: a managed policy's, `inline NAME`, `resource policy`, `trust policy`; in
    /// `simulate` the field of the line.
    pub policy: String,
    /// The version of a managed policy.
    pub version: Option<String>,
    /// The statement's place, from 1.
    pub statement: usize,
    /// The statement's Sid.
    pub sid: Option<String>,
    /// Allow or Deny.
    pub effect: Effect,
}

impl fmt::Display for Reason {
    /// Statement 2 of a policy, whose name stands in backticks where it is one of its own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "statement {} of ", self.statement)?;
        match (self.policy.strip_prefix("inline "), self.policy.contains(' ')) {
            (Some(name), _) => write!(f, "the inline policy `{name}`"),
            (None, true) => write!(f, "the {}", self.policy),
            (None, false) => write!(f, "`{}`", self.policy),
        }
    }
}

/// A verdict and all that made it.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision<G> {
    /// What is decided.
    pub verdict: Verdict,
    /// The statements that made the verdict: they alone give the same. An implicit deny has none.
    pub reasons: Vec<Reason>,
    /// The conditions that cannot be decided, where the verdict depends on them.
    pub residual: Vec<Condition>,
    /// The statements of which something other than a condition is not known: a variable, or whom they name.
    pub unsure: Vec<Reason>,
    /// The policies that could not be read, where the verdict depends on them.
    pub gaps: Vec<G>,
    /// Where nothing allows: the layers for want of which it does not, the first one first.
    pub missing: Vec<&'static str>,
    /// Where nothing allows: the Allow statements about the action in those layers that did not apply, 50 at most.
    pub near: Vec<NearMiss>,
}

/// An Allow statement about the action, and why it did not apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NearMiss {
    /// Where it stands.
    #[serde(flatten)]
    pub reason: Reason,
    /// All that kept it from applying.
    pub because: Vec<Miss>,
}

/// Why a statement about the action did not apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Miss {
    /// It speaks of other principals.
    Principal,
    /// It is about other resources: these patterns were tried.
    Resource(Vec<String>),
    /// It is about all resources but these.
    NotResource(Vec<String>),
    /// A condition does not hold.
    Condition {
        /// The operator, as written.
        operator: String,
        /// The key, as written.
        key: String,
        /// The values that the statement wants.
        values: Vec<String>,
        /// The values that the request has; `None`: it does not have the key.
        found: Option<Vec<String>>,
    },
}

/// Decides a request for a resource.
#[must_use]
pub fn decide<G>(policies: &[&Policies<'_, G>], request: &Request<'_>, resource: &str) -> Verdict {
    let terms = Terms::new(policies, request);
    let mut hearing = Hearing::default();
    for set in policies {
        set.each_about(request, |statement| {
            let applies = statement.located(request, resource);
            if applies == Truth::False {
                return;
            }
            let applies = applies.min(statement.held(request));
            if applies != Truth::False {
                statement.each_layer(request, terms.limits, |layer, sure| {
                    hearing.hear(statement.effect, layer, applies.min(sure));
                });
            }
        });
    }
    hear_missing(policies, request, &mut hearing);
    hear_builtin(request, resource, &mut hearing);
    terms.verdict(terms.said(&hearing))
}

/// Decides a request for a resource, and says why.
#[must_use]
pub fn explain<G: Clone>(policies: &[&Policies<'_, G>], request: &Request<'_>, resource: &str) -> Decision<G> {
    let terms = Terms::new(policies, request);
    let mut hearing = Hearing::default();
    let mut applying = vec![];
    let mut near = vec![];
    for set in policies {
        for statement in set.about(request) {
            let mut sure = Truth::False;
            statement.each_layer(request, terms.limits, |_, counts| sure = sure.max(counts));
            let (located, held) = (statement.located(request, resource), statement.held(request));
            let applies = located.min(held).min(sure);
            let reason = || reason(set, statement);
            if applies == Truth::False {
                if statement.effect == Effect::Allow && statement.kind.binds(request.requester()) {
                    near.push((statement, located, sure, reason()));
                }
                continue;
            }
            statement.each_layer(request, terms.limits, |layer, sure| {
                hearing.hear(statement.effect, layer, applies.min(sure));
            });
            applying.push((statement, applies, reason()));
        }
    }
    hear_missing(policies, request, &mut hearing);
    hear_builtin(request, resource, &mut hearing);
    applying.retain(|(statement, ..)| hearing.heeds(statement.effect, statement.kind.layer()));
    near.retain(|(statement, ..)| hearing.heeds(statement.effect, statement.kind.layer()));
    let said = terms.said(&hearing);
    let verdict = terms.verdict(said);
    let counts = |(statement, applies, _): &&(&Compiled<'_>, Truth, Reason)| match verdict {
        Verdict::Allowed => statement.effect == Effect::Allow && *applies == Truth::True,
        Verdict::ExplicitlyDenied => statement.effect == Effect::Deny && *applies == Truth::True,
        Verdict::Conditional => true,
        Verdict::Denied => statement.effect == Effect::Deny,
        Verdict::ImplicitlyDenied => false,
    };
    let counting: Vec<_> = applying.iter().filter(counts).collect();
    let mut decision = Decision {
        verdict,
        reasons: counting.iter().map(|(.., reason)| reason.clone()).collect(),
        residual: vec![],
        unsure: vec![],
        gaps: vec![],
        missing: vec![],
        near: vec![],
    };
    if matches!(verdict, Verdict::Conditional | Verdict::Denied) {
        let mut seen = BTreeSet::new();
        for (statement, applies, reason) in counting {
            let mut open = residual(statement, request).peekable();
            if open.peek().is_none() && *applies == Truth::Unknown {
                decision.unsure.push(reason.clone());
            }
            decision.residual.extend(open.filter(|condition| seen.insert(*condition)).cloned());
        }
        decision.gaps = unread(policies, request).map(|(_, gap)| gap.clone()).collect();
    }
    if matches!(verdict, Verdict::ImplicitlyDenied | Verdict::Denied) {
        decision.missing = missing(terms.combination, said);
        // Within one account the resource's policy could have allowed as well as the identity's.
        let either = terms.combination == Combination::Either && decision.missing.contains(&"identity");
        let missed = |kind: Kind| decision.missing.contains(&kind.name()) || (either && kind == Kind::Resource);
        let near = near.into_iter().filter(|(statement, ..)| missed(statement.kind)).take(MOST_NEAR);
        decision.near = near
            .map(|(statement, located, named, reason)| NearMiss {
                reason,
                because: misses(statement, request, located, named),
            })
            .collect();
    }
    decision
}

/// The conditions of a statement that cannot be decided.
pub(super) fn residual<'s>(
    statement: &'s Compiled<'_>,
    request: &'s Request<'_>,
) -> impl Iterator<Item = &'s Condition> {
    let conditions = statement.tests.iter().zip(&statement.statement.conditions);
    conditions.filter(|(test, _)| test.holds(request) == Truth::Unknown).map(|(_, condition)| condition)
}

/// Where a statement of a set stands.
pub(super) fn reason<G>(set: &Policies<'_, G>, statement: &Compiled<'_>) -> Reason {
    let source = set.source(statement);
    Reason {
        policy: source.map_or_else(String::new, |source| source.name.clone()),
        version: source.and_then(|source| source.version).map(str::to_owned),
        statement: statement.number,
        sid: statement.statement.sid.clone(),
        effect: statement.effect,
    }
}

/// How the layers bear on each other for a request, whatever the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terms {
    pub(super) limits: Limits,
    combination: Combination,
    /// The root user has full access to its account.
    root: bool,
    /// It needs no permission, and no policy takes it away.
    free: bool,
}

impl Terms {
    pub(super) fn new<G>(policies: &[&Policies<'_, G>], request: &Request<'_>) -> Self {
        let bound = Kind::Scp(0).binds(request.requester());
        let limits = policies.iter().map(|set| set.limits()).fold(Limits::default(), |all, one| Limits {
            endpoint: all.endpoint || one.endpoint,
            scp_levels: if bound { all.scp_levels.max(one.scp_levels) } else { 0 },
            boundary: all.boundary || one.boundary,
            session: all.session || one.session,
        });
        Self {
            limits,
            combination: combination(request),
            root: request.requester().is_root(),
            free: special::is_free(request),
        }
    }

    pub(super) fn said(self, hearing: &Hearing) -> Said {
        let said = hearing.said(self.limits);
        if self.root { Said { identity: Truth::True, ..said } } else { said }
    }

    /// The layers for want of which nothing is allowed.
    pub(super) fn lacking(self, said: Said) -> Vec<&'static str> {
        missing(self.combination, said)
    }

    pub(super) fn verdict(self, said: Said) -> Verdict {
        if self.free { Verdict::Allowed } else { combine(self.combination, said) }
    }
}

/// How identity and resource policy bear on each other for a request.
fn combination(request: &Request<'_>) -> Combination {
    let action = request.action();
    match request.requester() {
        _ if special::is_impossible(request) => Combination::Never,
        Requester::Service(_) | Requester::Anonymous => Combination::ResourceAlone,
        _ if request.is_of_identity_alone() => Combination::Either,
        _ if !request.is_within_account() => Combination::Both,
        _ if special::is_on_key(action) || asks_the_trust_policy(action) => Combination::ResourceDelegates,
        _ => Combination::Either,
    }
}

/// Is it an action on a role to assume? Tags and a source identity need the trust policy as well (IAM User Guide,
/// `id_session-tags`, `id_credentials_temp_control-access_monitor`, 2026-11).
fn asks_the_trust_policy(action: &str) -> bool {
    action.starts_with("sts:assumerole") || matches!(action, "sts:tagsession" | "sts:setsourceidentity")
}

/// What AWS itself says of a request for a resource.
fn hear_builtin(request: &Request<'_>, resource: &str, hearing: &mut Hearing) {
    for rule in special::rules(request).filter(|rule| rule.is_about(resource)) {
        hearing.hear_builtin(rule.says);
    }
}

/// A policy that could not be read may allow, and may deny.
pub(super) fn hear_missing<G>(policies: &[&Policies<'_, G>], request: &Request<'_>, hearing: &mut Hearing) {
    for (kind, _) in unread(policies, request) {
        for effect in [Effect::Allow, Effect::Deny] {
            hearing.hear(effect, kind.layer(), Truth::Unknown);
        }
    }
}

/// The policies that could not be read and bind the requester.
pub(super) fn unread<'p, G>(
    policies: &[&'p Policies<'_, G>],
    request: &Request<'_>,
) -> impl Iterator<Item = &'p (Kind, G)> {
    policies.iter().flat_map(|set| set.missing()).filter(|(kind, _)| kind.binds(request.requester()))
}

/// The values that a request has of the key that a test asks about, as a reader sees them; `None`, where it does not have
/// it.
pub(super) fn found(test: &Test, request: &Request<'_>) -> Option<Vec<String>> {
    let shown: Vec<Vec<String>> = request.value(test.key()).iter().filter_map(Value::shown).collect();
    (!shown.is_empty()).then(|| shown.concat())
}

/// All that keeps a statement from applying.
fn misses(statement: &Compiled<'_>, request: &Request<'_>, located: Truth, named: Truth) -> Vec<Miss> {
    let mut misses = vec![];
    if named == Truth::False {
        misses.push(Miss::Principal);
    }
    if located == Truth::False {
        misses.extend(statement.statement.resources.as_ref().map(|resources| match resources {
            Selection::Only(patterns) => Miss::Resource(patterns.clone()),
            Selection::AllBut(patterns) => Miss::NotResource(patterns.clone()),
        }));
    }
    let failed = statement.tests.iter().zip(&statement.statement.conditions);
    misses.extend(failed.filter(|(test, _)| test.holds(request) == Truth::False).map(|(test, condition)| {
        Miss::Condition {
            operator: condition.operator.clone(),
            key: condition.key.clone(),
            values: condition.values.clone(),
            found: found(test, request),
        }
    }));
    misses
}

impl Layer {
    /// May what is allowed here be used by the requester, if nothing else stands in the way? A boundary, a session policy,
    /// an endpoint's and an organization's policies only limit, and a grant to the account only delegates.
    #[must_use]
    pub fn grants(self) -> bool {
        use super::principal::Named;
        matches!(self, Self::Identity | Self::Resource(Named::Role | Named::Directly))
    }
}
