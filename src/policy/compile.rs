//! A set of policies, understood once: its conditions typed, its globs cut, its statements found by action.
//!
//! A principal's policies are one set and a resource's own policy another; a request is decided over several sets at
//! once. Deciding over compiled sets allocates nothing.

use std::sync::Arc;

use super::condition::Test;
use super::document::{Document, Statement, Version};
use super::index::Actions;
pub use super::kind::Kind;
use super::layers::{Layer, Limits, Truth};
use super::principal::{Naming, Requester, Who};
use super::request::{Key, Keys, Request};
use super::resource::{Named, Resource};
use super::{Condition, Effect, Selection, lint};

/// Policies that bear on the same requests, compiled. `G` says why one of them could not be read.
#[derive(Debug)]
pub struct Policies<'a, G> {
    sources: Vec<Source<'a>>,
    statements: Vec<Compiled<'a>>,
    actions: Actions,
    limits: Limits,
    missing: Vec<(Kind, G)>,
    keys: Keys,
}

/// A policy, by name.
#[derive(Debug)]
pub(super) struct Source<'a> {
    pub(super) name: String,
    pub(super) version: Option<&'a str>,
}

/// A statement of a set.
#[derive(Debug)]
pub(super) struct Compiled<'a> {
    pub(super) kind: Kind,
    pub(super) effect: Effect,
    /// The policy, by its place among the sources.
    pub(super) source: usize,
    /// The statement's place in the policy, from 1.
    pub(super) number: usize,
    pub(super) statement: &'a Arc<Statement>,
    /// In the order of the statement's own conditions.
    pub(super) tests: Vec<Test>,
    /// Who is meant; of identity-based policies, no principal.
    principals: Option<Selection<Who>>,
    /// Trust policies name none.
    pub(super) resources: Option<Selection<Resource>>,
    /// Something in it is not understood, so that it may apply and may not.
    odd: bool,
}

impl<'a, G> Policies<'a, G> {
    /// No policy yet: nothing is allowed.
    #[must_use]
    pub fn new() -> Self {
        Self {
            sources: vec![],
            statements: vec![],
            actions: Actions::default(),
            limits: Limits::default(),
            missing: vec![],
            keys: Keys::default(),
        }
    }

    /// Says that there is a layer, even if no policy of it follows.
    pub fn begin(&mut self, kind: Kind) {
        match kind {
            Kind::Endpoint => self.limits.endpoint = true,
            Kind::Boundary => self.limits.boundary = true,
            Kind::Session => self.limits.session = true,
            Kind::Scp(level) => self.limits.scp_levels = self.limits.scp_levels.max(level.saturating_add(1)),
            Kind::Rcp | Kind::Resource | Kind::Identity => {}
        }
    }

    /// Adds a policy under the name that reasons call it by.
    pub fn add(&mut self, kind: Kind, name: impl Into<String>, version: Option<&'a str>, document: &'a Document) {
        self.begin(kind);
        self.sources.push(Source { name: name.into(), version });
        let strange = document.version().is_none() || document.unknown().next().is_some();
        let variables = document.version() == Some(Version::Of2012);
        for (i, statement) in document.statements().iter().enumerate() {
            let index = self.statements.len();
            self.actions.add(&statement.actions, index);
            let speaks_of_principals = matches!(kind, Kind::Resource | Kind::Endpoint);
            let twice = lint::keys_named_twice(statement);
            let test = |condition: &Condition| {
                if twice.iter().any(|named| std::ptr::eq(*named, condition)) {
                    Test::unclear(condition, &mut self.keys)
                } else {
                    Test::new(condition, variables, &mut self.keys)
                }
            };
            let tests: Vec<Test> = statement.conditions.iter().map(test).collect();
            let resources = statement.resources.as_ref();
            let resources = resources.map(|resources| resources.map(|text| Resource::new(text, variables)));
            let named = resources.iter().flat_map(Selection::named).flat_map(Resource::keys);
            self.keys.extend(tests.iter().flat_map(Test::variables).chain(named));
            let principals = statement.principals.as_ref().filter(|_| speaks_of_principals);
            self.statements.push(Compiled {
                kind,
                effect: statement.effect,
                source: self.sources.len() - 1,
                number: i + 1,
                statement,
                tests,
                principals: principals.map(|principals| principals.map(Who::new)),
                resources,
                odd: strange || !lint::doubts(statement, kind, variables).is_empty(),
            });
        }
    }

    /// Says that a policy could not be read: it may allow and it may deny.
    pub fn miss(&mut self, kind: Kind, gap: G) {
        self.begin(kind);
        self.missing.push((kind, gap));
    }

    /// The layers of the set that only limit.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The keys that conditions and variables of the set ask about, in small letters.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter()
    }

    /// Does a condition or a variable of the set ask about a key?
    #[must_use]
    pub fn asks_about(&self, key: &Key) -> bool {
        self.keys.contains(key)
    }

    /// Is no policy in it, and none missing?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty() && self.missing.is_empty()
    }

    /// Has the set anything to say about an action?
    #[must_use]
    pub fn concerns(&self, request: &Request<'_>) -> bool {
        !self.missing.is_empty() || !self.about(request).is_empty()
    }

    /// All statements, in the order in which their policies were added.
    pub(super) fn statements(&self) -> impl Iterator<Item = &'a Arc<Statement>> {
        self.statements.iter().map(|compiled| compiled.statement)
    }

    pub(super) fn missing(&self) -> impl Iterator<Item = &(Kind, G)> {
        self.missing.iter()
    }

    /// Calls with each statement about the request's action, some perhaps twice.
    pub(super) fn each_about(&self, request: &Request<'_>, mut call: impl FnMut(&Compiled<'a>)) {
        self.actions.each(request.action(), |index| {
            if let Some(statement) = self.statements.get(index) {
                call(statement);
            }
        });
    }

    /// The statements about the request's action, in the order in which they were added.
    pub(super) fn about(&self, request: &Request<'_>) -> Vec<&Compiled<'a>> {
        let mut indices = vec![];
        self.actions.each(request.action(), |index| indices.push(index));
        indices.sort_unstable();
        indices.dedup();
        indices.into_iter().filter_map(|index| self.statements.get(index)).collect()
    }

    pub(super) fn source(&self, statement: &Compiled<'_>) -> Option<&Source<'a>> {
        self.sources.get(statement.source)
    }
}

impl<G> Default for Policies<'_, G> {
    fn default() -> Self {
        Self::new()
    }
}

impl Compiled<'_> {
    /// Does the statement apply to a resource?
    pub(super) fn located(&self, request: &Request<'_>, resource: &str) -> Truth {
        let Some(resources) = &self.resources else { return everywhere(request) };
        let effect = self.effect_of_naming(resources);
        let named = |text: &Resource| text.names(resource, effect, request);
        let named = resources.named().iter().map(named).max().unwrap_or_default();
        match resources {
            Selection::Only(_) => named,
            // All but what has no value: perhaps the whole statement is invalid then.
            Selection::AllBut(texts) if texts.iter().any(|text| text.is_valueless(request)) => {
                (!named).min(Truth::Unknown)
            }
            Selection::AllBut(_) => !named,
        }
    }

    /// What its resources name, as globs.
    pub(super) fn named(&self, resources: &Selection<Resource>, request: &Request<'_>) -> Named {
        let mut named = Named::default();
        for text in resources.named() {
            text.fill(self.effect_of_naming(resources), request, &mut named);
        }
        named
    }

    /// What a resource gets by being named: a `NotResource` takes it out of the statement, so that a Deny lets it through.
    fn effect_of_naming(&self, resources: &Selection<Resource>) -> Effect {
        if matches!(resources, Selection::Only(_)) { self.effect } else { Effect::Allow }
    }

    /// Do its conditions hold, as far as they are understood?
    pub(super) fn held(&self, request: &Request<'_>) -> Truth {
        let held = self.tests.iter().map(|test| test.holds(request)).min().unwrap_or(Truth::True);
        if self.odd { held.min(Truth::Unknown) } else { held }
    }

    /// The ways in which it names the requester.
    pub(super) fn naming(&self, requester: &Requester, limits: Limits) -> Naming {
        self.principals
            .as_ref()
            .map_or_else(Naming::unclear, |principals| requester.named_in(principals, self.effect, limits.boundary))
    }

    /// Calls with each layer in which it counts for the requester, and how certain that is.
    pub(super) fn each_layer(&self, request: &Request<'_>, limits: Limits, mut call: impl FnMut(Layer, Truth)) {
        let requester = request.requester();
        match self.kind {
            Kind::Resource => {
                for (named, sure) in self.naming(requester, limits).ways() {
                    call(Layer::Resource(named), sure);
                }
            }
            Kind::Endpoint => {
                let naming = self.naming(requester, limits);
                // Gateway endpoints take an account for its root user alone, and of which kind the endpoint is, is not said.
                let gateway = request.action().starts_with("s3:") || request.action().starts_with("dynamodb:");
                let unclear = gateway && naming.is_by_account_alone() && !requester.is_root();
                let sure = if unclear { Truth::Unknown } else { Truth::True };
                call(Layer::Endpoint, naming.any().min(sure));
            }
            Kind::Rcp if requester.is_service_linked() => {}
            // What an Allow lets through needs none where the service does not heed them.
            Kind::Rcp if self.effect == Effect::Allow => call(Layer::Rcp, Truth::True),
            Kind::Rcp => call(Layer::Rcp, heeds_rcps(request.action())),
            kind => call(kind.layer(), Truth::of(kind.binds(requester))),
        }
    }
}

/// Where a statement applies that names no resource: in trust policies to the role itself, else it is not known.
pub(super) fn everywhere(request: &Request<'_>) -> Truth {
    if request.action().starts_with("sts:") { Truth::True } else { Truth::Unknown }
}

/// Does the action's service heed resource control policies? The list grows, so that of others it is not known; nor is it
/// of keys, because those that AWS manages do not (AWS Organizations User Guide, `orgs_manage_policies_rcps`, 2024-12;
/// KMS Developer Guide, `resource-control-policies`, 2026-11).
fn heeds_rcps(action: &str) -> Truth {
    let service = action.split_once(':').map_or("", |(service, _)| service);
    match service {
        _ if action == "kms:retiregrant" => Truth::False,
        "s3" | "sts" | "sqs" | "secretsmanager" => Truth::True,
        _ => Truth::Unknown,
    }
}
