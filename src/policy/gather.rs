//! From the policies that bear on a request to clauses.
//!
//! Every statement that concerns the action and the requester becomes a clause, with its conditions and variables decided
//! as far as the request is known. What the clauses decide together is `evaluate`'s business.

use std::cell::OnceCell;

use super::condition::Test;
use super::evaluate::{Clause, Combination, Compiled, Layer, Origin, Reason, Truth};
use super::principal::{Named, Requester};
use super::request::Context;
use super::template::{Filled, Template};
use super::{Condition, Document, Effect, Pattern, Selection, Statement};

/// Who asks for what.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The action, in any case.
    pub action: &'a str,
    /// Who asks.
    pub requester: &'a Requester,
    /// The account that owns the resource, where its ARN does not say.
    pub resource_account: Option<&'a str>,
    /// What is known of the context.
    pub context: Context,
}

/// The kinds of policies as they are handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A service control policy of a level.
    Scp(usize),
    /// A resource control policy.
    Rcp,
    /// The resource's own policy.
    Resource,
    /// An identity policy.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// A session policy.
    Session,
}

/// The policies that bear on a request, gathered layer by layer. The boundary comes before the resource policy.
#[derive(Debug)]
pub struct Policies<'a, G> {
    request: Request<'a>,
    action: String,
    compiled: Compiled<G>,
}

impl<'a, G: Clone> Policies<'a, G> {
    /// No policy yet: nothing is allowed.
    #[must_use]
    pub fn new(mut request: Request<'a>) -> Self {
        let action = request.action.to_ascii_lowercase();
        if action.starts_with("s3:") && !reads_existing_tags(&action) {
            request.context.forget("s3:existingobjecttag/");
        }
        let same_account = match (request.requester.account(), request.resource_account) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        };
        let combination = match (request.requester, action.as_str(), same_account) {
            (Requester::Service(_) | Requester::Anonymous, ..) => Combination::ResourceAlone,
            (_, "iam:passrole", false) => Combination::Never,
            (_, _, false) => Combination::Both,
            (_, action, true) if action.starts_with("kms:") || action.starts_with("sts:assumerole") => {
                Combination::ResourceDelegates
            }
            _ => Combination::Either,
        };
        let compiled = Compiled {
            clauses: vec![],
            combination,
            bounded: false,
            in_session: false,
            scp_levels: 0,
            // AWS lets everybody ask who they are.
            undeniable: action == "sts:getcalleridentity",
            automaton: OnceCell::new(),
        };
        Self { request, action, compiled }
    }

    /// Asks the identity policies alone: no key policy or trust policy has the last word.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.compiled.combination = Combination::Either;
        self
    }

    /// Says that there is a layer, even if no policy of it follows.
    pub fn begin(&mut self, kind: Kind) {
        match kind {
            Kind::Boundary => self.compiled.bounded = true,
            Kind::Session => self.compiled.in_session = true,
            Kind::Scp(level) if self.bound_by_organization() => {
                self.compiled.scp_levels = self.compiled.scp_levels.max(level + 1);
            }
            Kind::Scp(_) | Kind::Rcp | Kind::Resource | Kind::Identity => {}
        }
    }

    /// Adds a policy. Tells whether it has anything to say about the request.
    pub fn add(&mut self, kind: Kind, name: &str, version: Option<&str>, document: &Document) -> bool {
        self.begin(kind);
        let before = self.compiled.clauses.len();
        for (index, statement) in document.statements().iter().enumerate() {
            if !self.concerns(statement) {
                continue;
            }
            let (held, residual) = self.conditions(statement, document.has_variables());
            if held == Truth::False {
                continue;
            }
            let reason = Reason {
                policy: name.to_owned(),
                version: version.map(str::to_owned),
                statement: index + 1,
                sid: statement.sid.clone(),
                effect: statement.effect,
            };
            for (layer, named) in self.layers(kind, statement) {
                for (patterns, all_but, located) in self.resources(statement, document.has_variables()) {
                    self.compiled.clauses.push(Clause {
                        layer,
                        effect: statement.effect,
                        open: held.min(named).min(located) != Truth::True,
                        patterns,
                        all_but,
                        residual: residual.clone(),
                        origin: Origin::Statement(reason.clone()),
                    });
                }
            }
        }
        self.compiled.clauses.len() > before
    }

    /// Says that a policy could not be read: it may allow and it may deny.
    pub fn miss(&mut self, kind: Kind, gap: &G) {
        self.begin(kind);
        let layer = match kind {
            Kind::Scp(_) | Kind::Rcp if !self.bound_by_organization() => return,
            Kind::Scp(level) => Layer::Scp(level),
            Kind::Rcp => Layer::Rcp,
            Kind::Resource => Layer::Resource(Named::Directly),
            Kind::Identity => Layer::Identity,
            Kind::Boundary => Layer::Boundary,
            Kind::Session => Layer::Session,
        };
        self.compiled.clauses.extend([Effect::Allow, Effect::Deny].map(|effect| Clause {
            layer,
            effect,
            open: true,
            patterns: vec![Pattern::new("*")],
            all_but: false,
            residual: vec![],
            origin: Origin::Missing(gap.clone()),
        }));
    }

    /// What the policies decide together.
    #[must_use]
    pub fn compile(self) -> Compiled<G> {
        self.compiled
    }

    /// Service control policies bind neither services nor the roles that are theirs.
    fn bound_by_organization(&self) -> bool {
        self.request.requester.account().is_some() && !self.request.requester.is_service_linked()
    }

    fn concerns(&self, statement: &Statement) -> bool {
        let named = statement.actions.named().iter().any(|glob| Pattern::action(glob).matches(&self.action));
        match statement.actions {
            Selection::Only(_) => named,
            Selection::AllBut(_) => !named,
        }
    }

    /// The layers of a statement that speaks of the requester, and whether it certainly does. A resource policy may name
    /// it in several ways.
    fn layers(&self, kind: Kind, statement: &Statement) -> Vec<(Layer, Truth)> {
        let layer = match kind {
            Kind::Scp(_) | Kind::Rcp if !self.bound_by_organization() => return vec![],
            Kind::Rcp if statement.effect == Effect::Allow => return vec![],
            Kind::Resource => {
                let ways = self.request.requester.named_in(statement, self.compiled.bounded);
                return ways.into_iter().map(|(named, sure)| (Layer::Resource(named), sure)).collect();
            }
            Kind::Scp(level) => Layer::Scp(level),
            Kind::Rcp => Layer::Rcp,
            Kind::Identity => Layer::Identity,
            Kind::Boundary => Layer::Boundary,
            Kind::Session => Layer::Session,
        };
        vec![(layer, Truth::True)]
    }

    /// Do the conditions hold, and which of them nobody can decide?
    fn conditions(&self, statement: &Statement, variables: bool) -> (Truth, Vec<Condition>) {
        let mut all = Truth::True;
        let mut residual = vec![];
        for condition in &statement.conditions {
            let held = Test::new(condition, variables).holds(&self.request.context);
            all = all.min(held);
            if held == Truth::Unknown {
                residual.push(condition.clone());
            }
        }
        (all, residual)
    }

    /// Where a statement applies: the patterns, whether they are left out, and whether that is certain. A pattern with an
    /// unknown variable may match what it matches at the most.
    fn resources(&self, statement: &Statement, variables: bool) -> Vec<(Vec<Pattern>, bool, Truth)> {
        let Some(resources) = &statement.resources else { return vec![(vec![Pattern::new("*")], false, Truth::True)] };
        let (mut certain, mut possible) = (vec![], vec![]);
        for text in resources.named() {
            match resource(text, variables).fill(&self.request.context) {
                Filled::Pattern(pattern) => certain.push(pattern),
                Filled::Unknown(pattern, _) => possible.push(pattern),
                Filled::Valueless => {}
            }
        }
        let all_but = matches!(resources, Selection::AllBut(_));
        match (all_but, possible.is_empty()) {
            (_, true) => vec![(certain, all_but, Truth::True)],
            (false, false) => vec![(certain, false, Truth::True), (possible, false, Truth::Unknown)],
            (true, false) => {
                let all = certain.iter().chain(&possible).cloned().collect();
                vec![(all, true, Truth::True), (certain, true, Truth::Unknown)]
            }
        }
    }
}

/// A resource's pattern. An ARN of fewer than six parts is completed with `*`; variables stand behind the fifth colon.
fn resource(text: &str, variables: bool) -> Template {
    let colons = text.matches(':').count();
    if text.starts_with("arn:") && colons < 5 {
        Template::new(&format!("{text}{}", ":*".repeat(5 - colons)), variables, true)
    } else {
        Template::new(text, variables, true)
    }
}

/// The S3 actions whose requests know the tags an object has (Amazon S3 User Guide, `tagging-and-policies`, and the
/// Service Authorization Reference of S3, 2026-11).
fn reads_existing_tags(action: &str) -> bool {
    matches!(
        action,
        "s3:getobject"
            | "s3:getobjectversion"
            | "s3:getobjectacl"
            | "s3:getobjectversionacl"
            | "s3:getobjecttagging"
            | "s3:getobjectversiontagging"
            | "s3:putobjectacl"
            | "s3:putobjectversionacl"
            | "s3:putobjecttagging"
            | "s3:putobjectversiontagging"
            | "s3:deleteobjecttagging"
            | "s3:deleteobjectversiontagging"
    )
}
