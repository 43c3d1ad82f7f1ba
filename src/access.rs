//! From an account's facts to the policy engine's question: what may this role do?
//!
//! Knows which policies bear on a role (attached, inline, boundary, a bucket's or function's own) and what is missing of
//! them; asks the policy engine and puts its answer into the words of the account. Has never heard of labeling. Roles
//! with the same policies are one class and compiled once for each action.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use serde::Serialize;

use crate::account::{Account, Fact, Gap, Role};
use crate::arn::Arn;
use crate::policy::Document;
use crate::policy::compile::{Kind, Policies};
use crate::policy::decide::Reason;
use crate::policy::layers::Verdict;
use crate::policy::principal::Requester;
use crate::policy::reach::{Clause, Origin, Outcome, Reach};
use crate::policy::request::{Context, Request};

/// An account whose roles can be asked what they may do.
#[derive(Debug)]
pub struct Access<'a> {
    /// The facts.
    pub account: &'a Account,
    classes: HashMap<&'a Arn, usize>,
    compiled: RefCell<HashMap<usize, Rc<Policies<'a, Gap>>>>,
    reaches: RefCell<HashMap<usize, ByAction>>,
}

/// What a class reaches, for each action that was asked about.
type ByAction = HashMap<String, Rc<Reach<Gap>>>;

/// A policy under the name that reports call it by.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// The policy's name.
    pub name: &'a str,
    /// A managed policy's ARN; an inline policy has none.
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
    /// What the witnesses of all outcomes begin with.
    prefix: String,
    outcomes: Rc<[Outcome]>,
    reach: Rc<Reach<Gap>>,
}

impl<'a> Access<'a> {
    /// Makes an account answer questions.
    #[must_use]
    pub fn new(account: &'a Account) -> Self {
        let personal = |document: &Fact<Document>| document.known().is_ok_and(speaks_of_the_principal);
        let policies = account.iam.policies.iter();
        let personal_policies: BTreeSet<&Arn> = policies
            .filter(|(_, policy)| policy.known().is_ok_and(|policy| personal(&policy.document)))
            .map(|(arn, _)| arn)
            .collect();
        let mut known: HashMap<String, usize> = HashMap::new();
        let roles = account.iam.roles.known().into_iter().flatten();
        let classes = roles.map(|role| {
            let managed = role
                .grants
                .attached
                .known()
                .into_iter()
                .flatten()
                .chain(role.boundary.known().ok().into_iter().flatten());
            let inline = role.grants.inline.known().into_iter().flat_map(BTreeMap::values);
            let alone =
                managed.into_iter().any(|arn| personal_policies.contains(arn)) || inline.into_iter().any(personal);
            let own = if alone { role.arn.as_str() } else { "" };
            let class = format!("{:?} {:?} {:?} {own}", role.grants, role.boundary, role.tags);
            let next = known.len();
            (&role.arn, *known.entry(class).or_insert(next))
        });
        Self { account, classes: classes.collect(), compiled: RefCell::default(), reaches: RefCell::default() }
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
        let reach = self.reach(role, action, own);
        Answer::of_one(action, resource, reach)
    }

    /// Decides one action of a role on everything below a prefix, such as `arn:aws:s3:::BUCKET/`.
    #[must_use]
    pub fn cover(&self, role: &'a Role, action: &str, prefix: &str, own: Option<&Fact<Option<Document>>>) -> Answer {
        let reach = self.reach(role, action, own);
        let outcomes = reach.below(prefix).unwrap_or_default();
        Answer { action: action.to_owned(), prefix: prefix.to_owned(), outcomes, reach }
    }

    /// May a service of this account assume a role, by the role's trust policy?
    ///
    /// # Errors
    ///
    /// When the trust policy is not known.
    pub fn trusts(&self, role: &Role, service: &str) -> Result<Answer, Gap> {
        const ACTION: &str = "sts:AssumeRole";
        let requester = Requester::Service(service.to_owned());
        let mut context = Context::open();
        context.set("aws:SourceAccount", [self.account.id.as_str()]);
        context.set("aws:SecureTransport", ["true"]);
        context.absent("sts:ExternalId");
        let mut policies = Policies::new();
        policies.add(Kind::Resource, "trust policy", None, role.trust.known()?);
        let reach = Reach::new(&[&policies], &Request::new(ACTION, &requester, Some(role.arn.account()), &context));
        Ok(Answer::of_one(ACTION, &role.arn, Rc::new(reach)))
    }

    /// The statements of a role's own policies that allow an action on something, each with the resources it names.
    #[must_use]
    pub fn grants(&self, role: &'a Role, action: &str) -> Vec<(Reason, Vec<String>)> {
        let reach = self.by_identity(role, action);
        let resources = |clause: &Clause<Gap>| {
            let all_but = if clause.all_but { "all but " } else { "" };
            clause.patterns.iter().map(|pattern| format!("{all_but}{pattern}")).collect()
        };
        let granting = reach.clauses().iter().filter(|clause| clause.grants());
        granting
            .filter_map(|clause| match &clause.origin {
                Origin::Statement(reason) => Some((reason.clone(), resources(clause))),
                Origin::Missing(_) => None,
            })
            .collect()
    }

    /// What a role's own policies and the resource's reach with an action.
    fn reach(&self, role: &'a Role, action: &str, own: Option<&Fact<Option<Document>>>) -> Rc<Reach<Gap>> {
        let mut of_resource = Policies::new();
        match own.map(Fact::known) {
            None | Some(Ok(None)) => return self.by_identity(role, action),
            Some(Ok(Some(document))) => of_resource.add(Kind::Resource, "resource policy", None, document),
            Some(Err(gap)) => of_resource.miss(Kind::Resource, gap),
        }
        let requester = Requester::Role(role.arn.clone());
        let context = self.context(role);
        let request = Request::new(action, &requester, Some(&self.account.id), &context);
        if of_resource.concerns(&request) {
            Rc::new(Reach::new(&[&*self.compiled(role), &of_resource], &request))
        } else {
            self.by_identity(role, action)
        }
    }

    /// What a role's own policies reach, settled once for its class.
    fn by_identity(&self, role: &'a Role, action: &str) -> Rc<Reach<Gap>> {
        let class = self.class(role);
        let known = self.reaches.borrow().get(&class).and_then(|actions| actions.get(action)).cloned();
        known.unwrap_or_else(|| {
            let requester = Requester::Role(role.arn.clone());
            let context = self.context(role);
            let request = Request::new(action, &requester, Some(&self.account.id), &context);
            let reach = Rc::new(Reach::new(&[&*self.compiled(role)], &request));
            self.reaches.borrow_mut().entry(class).or_default().insert(action.to_owned(), Rc::clone(&reach));
            reach
        })
    }

    fn class(&self, role: &Role) -> usize {
        // INVARIANT: every role of the account has a class.
        self.classes.get(&role.arn).copied().unwrap_or(usize::MAX)
    }

    /// The role's own policies, compiled once for its class.
    fn compiled(&self, role: &'a Role) -> Rc<Policies<'a, Gap>> {
        Rc::clone(self.compiled.borrow_mut().entry(self.class(role)).or_insert_with(|| Rc::new(self.compile(role))))
    }

    fn compile(&self, role: &'a Role) -> Policies<'a, Gap> {
        let mut policies = Policies::new();
        for policy in self.policies(role) {
            match policy {
                Ok(p) if p.arn.is_some() => policies.add(Kind::Identity, p.name, p.version, p.document),
                Ok(p) => policies.add(Kind::Identity, format!("inline {}", p.name), None, p.document),
                Err(gap) => policies.miss(Kind::Identity, gap),
            }
        }
        match role.boundary.known().and_then(|boundary| boundary.as_ref().map(|arn| self.managed(arn)).transpose()) {
            Ok(None) => {}
            Ok(Some(p)) => policies.add(Kind::Boundary, p.name, p.version, p.document),
            Err(gap) => policies.miss(Kind::Boundary, gap),
        }
        policies
    }

    /// What is known of a request that a labeling job makes under a role: it comes over TLS, and the role's tags are the
    /// principal's. All else is unknown.
    fn context(&self, role: &Role) -> Context {
        let mut context = Context::open();
        context.set("aws:SecureTransport", ["true"]);
        context.set("aws:PrincipalIsAWSService", ["false"]);
        context.set("aws:PrincipalArn", [role.arn.as_str()]);
        context.set("aws:PrincipalAccount", [role.arn.account()]);
        context.set("aws:ResourceAccount", [self.account.id.as_str()]);
        if let Ok(tags) = role.tags.known() {
            context.forget("aws:principaltag/");
            for (key, value) in tags {
                context.set(&format!("aws:PrincipalTag/{key}"), [value.as_str()]);
            }
        }
        context
    }

    fn managed(&self, arn: &'a Arn) -> Result<Named<'a>, Gap> {
        let policy = self.account.iam.policy(arn)?;
        let document = policy.document.known()?;
        Ok(Named { name: arn.name(), arn: Some(arn), version: Some(&policy.version), document })
    }
}

/// Do the statements of a policy differ from role to role, though their text is the same?
fn speaks_of_the_principal(document: &Document) -> bool {
    let text = document.json().to_string().to_ascii_lowercase();
    ["aws:principalarn", "aws:userid", "aws:username"].iter().any(|key| text.contains(key))
}

impl Answer {
    fn of_one(action: &str, resource: &Arn, reach: Rc<Reach<Gap>>) -> Self {
        let outcomes = Rc::new([reach.decide(resource.as_str())]);
        Self { action: action.to_owned(), prefix: String::new(), outcomes, reach }
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
    pub fn example(&self, verdicts: &[Verdict]) -> Option<String> {
        let shown = self.outcomes.iter().find(|outcome| verdicts.contains(&outcome.verdict))?;
        Some(format!("{}{}", self.prefix, shown.witness))
    }

    /// The clauses that apply somewhere in the set, each once, in the order of the policies.
    pub fn clauses(&self) -> impl Iterator<Item = &Clause<Gap>> {
        let applying: BTreeSet<usize> = self.outcomes.iter().flat_map(|o| o.clauses.iter().copied()).collect();
        applying.into_iter().filter_map(|index| self.reach.clauses().get(index))
    }

    /// The clauses that grant, or may grant, something of the set.
    pub fn granting(&self) -> impl Iterator<Item = &Clause<Gap>> {
        self.clauses().filter(|clause| clause.grants())
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
                "whether the statement applies hangs on something that is not known",
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
        let denied = seen.iter().any(|verdict| verdict.is_denial());
        match (seen.contains(&Verdict::Allowed), seen.contains(&Verdict::Conditional), denied) {
            (true, false, false) => Self::All,
            (true, _, true) => Self::Some,
            (false, false, true) if seen.contains(&Verdict::ExplicitlyDenied) => Self::Denied,
            (false, false, true) => Self::None,
            _ => Self::Unknown,
        }
    }
}
