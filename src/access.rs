//! From an account's facts to the policy engine's question: what may this role do?
//!
//! Knows which policies bear on a role (attached, inline, boundary, a bucket's or function's own) and what is missing of
//! them; asks the policy engine and puts its answer into the words of the account. Has never heard of labeling. Roles
//! with the same policies are one class and compiled once for each action.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use serde::Serialize;

use crate::account::{Account, Fact, Gap, Role};
use crate::arn::Arn;
use crate::policy::cover::Set;
use crate::policy::evaluate::{Clause, Compiled, Layer, Origin, Outcome, Policies, Reason, Truth, Verdict};
use crate::policy::{Document, Effect, Selection, Statement};

/// An account whose roles can be asked what they may do.
#[derive(Debug)]
pub struct Access<'a> {
    /// The facts.
    pub account: &'a Account,
    classes: HashMap<&'a Arn, usize>,
    compiled: RefCell<HashMap<usize, ByAction>>,
}

/// A class's policies, compiled for each action that was asked about.
type ByAction = HashMap<String, Rc<Compiled<Gap>>>;

/// A policy under the name that reports call it by.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// A managed policy's name, or `inline NAME`.
    pub name: &'a str,
    /// A managed policy's ARN.
    pub arn: Option<&'a Arn>,
    /// A managed policy's version.
    pub version: Option<&'a str>,
    /// The text.
    pub document: &'a Document,
}

/// How much of a set of resources is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Coverage {
    /// Everything.
    All,
    /// Something is, and something is not.
    Some,
    /// Nothing, and nothing refuses either.
    None,
    /// Nothing, because a statement refuses.
    Denied,
    /// It hangs on something that is not known.
    Unknown,
}

/// What the policies decide about one action on a set of resources.
#[derive(Debug, Clone)]
pub struct Answer {
    action: String,
    outcomes: Vec<Outcome>,
    compiled: Rc<Compiled<Gap>>,
}

impl<'a> Access<'a> {
    /// Makes an account answer questions.
    #[must_use]
    pub fn new(account: &'a Account) -> Self {
        let mut known: HashMap<String, usize> = HashMap::new();
        let roles = account.iam.roles.known().into_iter().flatten();
        let classes = roles.map(|role| {
            let next = known.len();
            (&role.arn, *known.entry(format!("{:?} {:?}", role.grants, role.boundary)).or_insert(next))
        });
        Self { account, classes: classes.collect(), compiled: RefCell::default() }
    }

    /// Every identity policy of a role, in the order attached, inline; a gap in place of each that could not be read.
    #[must_use]
    pub fn policies(&self, role: &'a Role) -> Vec<Result<Named<'a>, Gap>> {
        let mut policies = vec![];
        match role.grants.attached.known() {
            Ok(attached) => policies.extend(attached.iter().map(|arn| self.managed(arn))),
            Err(gap) => policies.push(Err(gap)),
        }
        match role.grants.inline.known() {
            Ok(inline) => policies.extend(
                inline
                    .iter()
                    .map(|(name, document)| Ok(Named { name, arn: None, version: None, document: document.known()? })),
            ),
            Err(gap) => policies.push(Err(gap)),
        }
        policies
    }

    /// Decides one action of a role on one resource, whose own policy is given if it has one that counts.
    #[must_use]
    pub fn decide(&self, role: &'a Role, action: &str, resource: &Arn, own: Option<&Fact<Option<Document>>>) -> Answer {
        self.ask(role, action, Set::One(resource.as_str()), own)
    }

    /// Decides one action of a role on everything below a prefix, such as `arn:aws:s3:::BUCKET/`.
    #[must_use]
    pub fn cover(&self, role: &'a Role, action: &str, prefix: &str, own: Option<&Fact<Option<Document>>>) -> Answer {
        self.ask(role, action, Set::Below(prefix), own)
    }

    /// May a service assume a role, by the role's trust policy?
    ///
    /// # Errors
    ///
    /// When the trust policy is not known.
    pub fn trusts(&self, role: &Role, service: &str) -> Result<Answer, Gap> {
        let mut policies = Policies::new("sts:AssumeRole");
        policies.add(Layer::Resource, "trust policy", None, role.trust.known()?, |s| names_service(s, service));
        let compiled = Rc::new(policies.compile());
        Ok(Answer::new("sts:AssumeRole", Set::One(role.arn.as_str()), compiled))
    }

    /// The statements of a role's own policies that allow an action on something, each with the resources it names.
    #[must_use]
    pub fn grants(&self, role: &'a Role, action: &str) -> Vec<(Reason, Vec<String>)> {
        let compiled = self.by_identity(role, action);
        let allowing = compiled.clauses().iter().filter(|c| c.effect == Effect::Allow && c.layer == Layer::Identity);
        allowing
            .filter_map(|clause| match &clause.origin {
                Origin::Statement(reason) => {
                    Some((reason.clone(), clause.patterns.iter().map(ToString::to_string).collect()))
                }
                Origin::Missing(_) => None,
            })
            .collect()
    }

    fn ask(&self, role: &'a Role, action: &str, set: Set<'_>, own: Option<&Fact<Option<Document>>>) -> Answer {
        let compiled = match own.map(Fact::known) {
            None | Some(Ok(None)) => self.by_identity(role, action),
            Some(Ok(Some(document))) => {
                let mut policies = self.gather(role, action);
                if policies.add(Layer::Resource, "resource policy", None, document, |s| names_role(s, &role.arn)) {
                    Rc::new(policies.compile())
                } else {
                    self.by_identity(role, action)
                }
            }
            Some(Err(gap)) => {
                let mut policies = self.gather(role, action);
                policies.miss(Layer::Resource, &gap);
                Rc::new(policies.compile())
            }
        };
        Answer::new(action, set, compiled)
    }

    /// The role's own policies, compiled once for its class.
    fn by_identity(&self, role: &'a Role, action: &str) -> Rc<Compiled<Gap>> {
        // INVARIANT: every role of the account has a class.
        let class = self.classes.get(&role.arn).copied().unwrap_or(usize::MAX);
        let known = self.compiled.borrow().get(&class).and_then(|actions| actions.get(action)).cloned();
        known.unwrap_or_else(|| {
            let compiled = Rc::new(self.gather(role, action).compile());
            let mut classes = self.compiled.borrow_mut();
            classes.entry(class).or_default().insert(action.to_owned(), Rc::clone(&compiled));
            compiled
        })
    }

    fn gather<'b>(&self, role: &'a Role, action: &'b str) -> Policies<'b, Gap> {
        let mut policies = Policies::new(action);
        for policy in self.policies(role) {
            match policy {
                Ok(p) => drop(policies.add(Layer::Identity, p.name, p.version, p.document, |_| Truth::True)),
                Err(gap) => policies.miss(Layer::Identity, &gap),
            }
        }
        match role.boundary.known().and_then(|boundary| boundary.as_ref().map(|arn| self.managed(arn)).transpose()) {
            Ok(None) => {}
            Ok(Some(p)) => drop(policies.add(Layer::Boundary, p.name, p.version, p.document, |_| Truth::True)),
            Err(gap) => policies.miss(Layer::Boundary, &gap),
        }
        policies
    }

    fn managed(&self, arn: &'a Arn) -> Result<Named<'a>, Gap> {
        let policy = self.account.iam.policy(arn)?;
        let document = policy.document.known()?;
        Ok(Named { name: arn.name(), arn: Some(arn), version: Some(&policy.version), document })
    }
}

/// Does a statement of a resource policy speak of this role? A grant to the account delegates and grants nothing by
/// itself; a deny for the account holds for all in it.
fn names_role(statement: &Statement, role: &Arn) -> Truth {
    let Some(Selection::Only(principals)) = &statement.principals else { return Truth::Unknown };
    let account = Arn::iam(role.partition(), role.account(), "root");
    let named = principals.iter().map(|principal| match principal.value.as_str() {
        "*" => Truth::True,
        value if value == role.as_str() => Truth::True,
        value if value == role.account() || value == account.as_str() => match statement.effect {
            Effect::Allow => Truth::False,
            Effect::Deny => Truth::True,
        },
        // The session's name is chosen by the service that assumes the role.
        value if value.contains(":assumed-role/") && value.contains(role.name()) => Truth::Unknown,
        _ => Truth::False,
    });
    named.max().unwrap_or(Truth::False)
}

/// Does a statement of a trust policy speak of this service? Whether `*` means services is not documented.
fn names_service(statement: &Statement, service: &str) -> Truth {
    let Some(Selection::Only(principals)) = &statement.principals else { return Truth::Unknown };
    let named = principals.iter().map(|principal| match (principal.kind.as_str(), principal.value.as_str()) {
        ("Service", value) if value == service => Truth::True,
        ("*", _) => Truth::Unknown,
        _ => Truth::False,
    });
    named.max().unwrap_or(Truth::False)
}

impl Answer {
    fn new(action: &str, set: Set<'_>, compiled: Rc<Compiled<Gap>>) -> Self {
        Self { action: action.to_owned(), outcomes: compiled.outcomes(set), compiled }
    }

    /// The action that was asked about.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// How much is allowed.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        Coverage::of(self.verdicts())
    }

    /// What is decided somewhere in the set.
    pub fn verdicts(&self) -> impl Iterator<Item = Verdict> {
        self.outcomes.iter().map(|outcome| outcome.verdict)
    }

    /// A shortest resource for which one of these verdicts is decided.
    #[must_use]
    pub fn example(&self, verdicts: &[Verdict]) -> Option<&str> {
        self.outcomes.iter().find(|o| verdicts.contains(&o.verdict)).map(|o| o.witness.as_str())
    }

    /// The clauses that apply somewhere in the set, each once, in the order of the policies.
    pub fn clauses(&self) -> impl Iterator<Item = &Clause<Gap>> {
        let applying: BTreeSet<usize> = self.outcomes.iter().flat_map(|o| o.clauses.iter().copied()).collect();
        applying.into_iter().filter_map(|index| self.compiled.clauses().get(index))
    }

    /// The clauses that grant, or may grant, something of the set. A boundary grants nothing.
    pub fn granting(&self) -> impl Iterator<Item = &Clause<Gap>> {
        self.clauses().filter(|clause| clause.effect == Effect::Allow && clause.layer != Layer::Boundary)
    }

    /// The statements that apply somewhere in the set.
    pub fn reasons(&self) -> impl Iterator<Item = &Reason> {
        self.clauses().filter_map(|clause| match &clause.origin {
            Origin::Statement(reason) => Some(reason),
            Origin::Missing(_) => None,
        })
    }

    /// What is missing where the answer hangs on something: a policy that could not be read, or a statement that this
    /// build does not decide.
    #[must_use]
    pub fn gap(&self) -> Option<Gap> {
        self.too_entangled().or_else(|| self.clauses().find(|clause| clause.open).map(|clause| self.gap_of(clause)))
    }

    /// The policies' patterns could not be decided together.
    #[must_use]
    pub fn too_entangled(&self) -> Option<Gap> {
        let why = "the policies' resource patterns are too entangled to be decided together";
        self.outcomes.is_empty().then(|| self.undecided("*", why))
    }

    /// Why a clause is open.
    #[must_use]
    pub fn gap_of(&self, clause: &Clause<Gap>) -> Gap {
        match &clause.origin {
            Origin::Missing(gap) => gap.clone(),
            Origin::Statement(reason) => self.undecided(
                &format!("{} statement {}", reason.policy, reason.statement),
                "the statement has a Condition, NotAction, NotResource or NotPrincipal, which this version does not decide",
            ),
        }
    }

    fn undecided(&self, what: &str, why: &str) -> Gap {
        Gap {
            action: self.action.clone(),
            resource: what.to_owned(),
            code: "NotDecided".to_owned(),
            message: why.to_owned(),
        }
    }
}

impl Coverage {
    /// What several verdicts over parts of a set say of the whole.
    pub fn of(verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        let seen: BTreeSet<Verdict> = verdicts.into_iter().collect();
        let denied = seen.contains(&Verdict::ImplicitlyDenied) || seen.contains(&Verdict::ExplicitlyDenied);
        match (seen.contains(&Verdict::Allowed), seen.contains(&Verdict::Conditional), denied) {
            (true, false, false) => Self::All,
            (true, _, true) => Self::Some,
            (false, false, true) if seen.contains(&Verdict::ExplicitlyDenied) => Self::Denied,
            (false, false, true) => Self::None,
            _ => Self::Unknown,
        }
    }
}
