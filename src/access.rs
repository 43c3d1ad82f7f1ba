//! From an account's facts to the policy engine's question: what may this role or user do?
//!
//! Knows which policies bear on an identity (attached, inline, a group's, boundary, the organization's, a resource's own)
//! and what is missing of them; asks the policy engine and puts its answer into the words of the account. Has never heard
//! of labeling. Identities with the same policies are one class, compiled and asked once.

mod answer;
mod ask;
mod context;
mod identity;
mod named;
mod text;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::account::{Account, ControlPolicy, Organization, Role, Unknown};
use crate::arn::Arn;
use crate::knowledge::context::{Sender, Service};
use crate::policy::compile::{Kind, Policies};
use crate::policy::cover::Budget;
use crate::policy::decide::Reason;
use crate::policy::principal::Requester;
use crate::policy::reach::{Clause, Origin, Reach};
use crate::policy::request::Request;
use crate::policy::{Document, Statement};

use context::{Facts, Subject};
use named::{Distinction, NamedPrincipals};

pub use answer::{Answer, Coverage};
pub use ask::Ask;
pub use identity::Identity;

/// A name that no policy knows.
const STRANGER: &str = "stranger";

/// An account whose identities can be asked what they may do.
#[derive(Debug)]
pub struct Access<'a> {
    /// The facts.
    pub account: &'a Account,
    /// What the organization lets the account do, where it says so.
    limits: Policies<'a, Unknown>,
    /// Does the organization speak of single principals? Then no two of them are the same.
    limits_single_out: bool,
    facts: Facts<'a>,
    /// The principals that policies of resources tell from others.
    named: NamedPrincipals,
    classes: RefCell<Classes<'a>>,
    compiled: RefCell<HashMap<usize, Rc<Policies<'a, Unknown>>>>,
    reaches: RefCell<HashMap<usize, ByQuestion>>,
    /// What questions about whole sets of resources may cost together.
    budget: Rc<Budget>,
}

/// The identities that were asked so far, by what makes them the same.
#[derive(Debug, Default)]
struct Classes<'a> {
    by_identity: HashMap<&'a Arn, usize>,
    /// By policies, boundary and tags as snapshots write them, by ARN where policies speak of single principals, and by what
    /// policies of resources call them.
    by_policies: HashMap<(String, Option<&'a Arn>, Distinction), usize>,
    /// The next number.
    next: usize,
}

/// What a class reaches, for each question that was asked.
type ByQuestion = HashMap<String, Rc<Reach<Unknown>>>;

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

impl Named<'_> {
    /// The name under which decisions know it.
    #[must_use]
    pub fn known_as(&self) -> String {
        if self.arn.is_some() { self.name.to_owned() } else { format!("inline {}", self.name) }
    }

    /// Is it one of AWS's own, that cannot be edited in the account?
    #[must_use]
    pub fn is_of_aws(&self) -> bool {
        self.arn.is_some_and(|arn| arn.account() == "aws")
    }

    /// A statement by where it stands; the first is 1.
    #[must_use]
    pub fn reason(&self, number: usize, statement: &Statement) -> Reason {
        Reason {
            policy: self.known_as(),
            version: self.version.map(str::to_owned),
            statement: number,
            sid: statement.sid.clone(),
            effect: statement.effect,
        }
    }
}

impl<'a> Access<'a> {
    /// Makes an account answer questions.
    #[must_use]
    pub fn new(account: &'a Account) -> Self {
        let mut limits = Policies::new();
        let mut limits_single_out = false;
        if let Organization::Policies(policies) = &account.organization {
            let mut add = |kind, policy: &'a ControlPolicy| match policy.document.known() {
                Ok(document) => {
                    limits_single_out |= singles_out(document);
                    limits.add(kind, policy.name.as_str(), None, document);
                }
                Err(gap) => limits.miss(kind, gap),
            };
            for (level, policies) in (0..).zip(&policies.scps) {
                for policy in policies {
                    add(Kind::Scp(level), policy);
                }
            }
            for policy in policies.rcps.iter().flatten() {
                add(Kind::Rcp, policy);
            }
        }
        Self {
            account,
            limits,
            limits_single_out,
            facts: Facts::new(account),
            named: NamedPrincipals::of(account),
            classes: RefCell::default(),
            compiled: RefCell::default(),
            reaches: RefCell::default(),
            budget: Rc::default(),
        }
    }

    /// Says when the facts were collected, RFC 3339: what depends on the time is judged by that day.
    #[must_use]
    pub fn as_of(mut self, time: &str) -> Self {
        self.facts.as_of = time.parse().ok();
        self
    }

    /// Every identity policy of an identity, in the order attached, inline, and of a user then group by group; a gap in
    /// place of each that could not be read.
    #[must_use]
    pub fn policies(&self, identity: impl Into<Identity<'a>>) -> Vec<Result<Named<'a>, Unknown>> {
        let mut policies = vec![];
        for grants in identity.into().grants(self.account) {
            let grants = match grants {
                Ok(grants) => grants,
                Err(gap) => {
                    policies.push(Err(gap));
                    continue;
                }
            };
            match grants.attached.known() {
                Ok(attached) => policies.extend(attached.iter().map(|arn| self.managed(arn))),
                Err(gap) => policies.push(Err(gap)),
            }
            match grants.inline.known() {
                Ok(inline) => {
                    policies.extend(inline.iter().map(|(name, document)| {
                        Ok(Named { name, arn: None, version: None, document: document.known()? })
                    }));
                }
                Err(gap) => policies.push(Err(gap)),
            }
        }
        policies
    }

    /// Decides a question about one resource.
    #[must_use]
    pub fn decide(&self, identity: impl Into<Identity<'a>>, ask: &Ask<'_>, resource: &Arn) -> Answer {
        Answer::of_one(ask.action(), resource.as_str(), self.reach(identity.into(), ask))
    }

    /// Decides a question about everything below a prefix, such as `arn:aws:s3:::BUCKET/`; an empty one is everything.
    #[must_use]
    pub fn cover(&self, identity: impl Into<Identity<'a>>, ask: &Ask<'_>, prefix: &str) -> Answer {
        Answer::below(ask.action(), prefix, self.reach(identity.into(), ask))
    }

    /// May a service assume a role on behalf of an account, by the role's trust policy? Another account than the role's own
    /// is taken for a stranger, of another organization and with resources of its own.
    ///
    /// # Errors
    ///
    /// When the trust policy is not known.
    pub fn trusts(&self, role: &Role, service: &str, account: &str) -> Result<Answer, Unknown> {
        const ACTION: &str = "sts:AssumeRole";
        let sender = Sender::Service(if service.starts_with("lambda.") { Service::Lambda } else { Service::SageMaker });
        let requester = Requester::Service(service.to_owned());
        let mut ask = Ask::new(ACTION).sent_by(sender).of_resource_tagged(role.tags.known().ok());
        if account != self.account.id {
            let name = service.split('.').next().unwrap_or(service);
            let region = self.account.regions.keys().next().map_or("us-east-1", String::as_str);
            let arn = format!("arn:{}:{name}:{region}:{account}:{STRANGER}", role.arn.partition());
            ask = ask.with("aws:SourceArn", arn).with("aws:SourceAccount", account);
            ask = ask.with("aws:SourceOrgID", STRANGER).with("aws:SourceOrgPaths", format!("{STRANGER}/"));
        }
        let mut policies = Policies::new();
        let name = format!("trust policy of role `{}`", role.arn.name());
        policies.add(Kind::Resource, name, None, role.trust.known()?);
        let subject = Subject { ask: &ask, identity: None, account };
        let context = self.facts.context(subject, policies.keys().chain(self.limits.keys()));
        let request = Request::new(ACTION, &requester, Some(role.arn.account()), &context);
        let reach = Reach::new(&[&policies, &self.limits], &request);
        Ok(Answer::of_one(ACTION, role.arn.as_str(), Rc::new(reach)))
    }

    /// The statements of an identity's own policies that allow an action on something, each with the resources it names.
    #[must_use]
    pub fn grants(&self, identity: impl Into<Identity<'a>>, action: &str) -> Vec<(Reason, Vec<String>)> {
        let reach = self.reach(identity.into(), &Ask::new(action));
        let resources = |clause: &Clause<Unknown>| {
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

    /// What one of an identity's policies says by itself, wherever it applies; nothing of statements that say nothing to
    /// the question, whatever is not known.
    #[must_use]
    pub fn said(&self, identity: impl Into<Identity<'a>>, ask: &Ask<'_>, policy: &Named<'_>) -> Vec<Clause<Unknown>> {
        let identity = identity.into();
        let mut alone = Policies::new();
        alone.add(Kind::Identity, policy.known_as(), policy.version, policy.document);
        let subject = Subject { ask, identity: Some(identity), account: &self.account.id };
        let (requester, context) = (identity.requester(), self.facts.context(subject, alone.keys()));
        let request = Request::new(ask.action(), &requester, Some(&self.account.id), &context);
        Reach::new(&[&alone], &request).clauses().to_vec()
    }

    /// The same after a change: of another state of the account, in which only some identities have other policies. What was
    /// compiled and asked of all others is kept.
    #[must_use]
    pub fn changed<'n>(&self, account: &'n Account, is_changed: impl Fn(&Arn) -> bool) -> Access<'n>
    where
        'a: 'n,
    {
        let mut after = Access::new(account);
        after.facts.as_of = self.facts.as_of;
        let before = self.classes.borrow();
        // Where a policy of a resource names other principals now, none is certainly of the same class.
        let same_names = self.named == after.named;
        let same = before.by_identity.iter().filter(|(arn, _)| same_names && !is_changed(arn));
        // INVARIANT: policies that read the same may be others now, so classes that are new get numbers of their own.
        let classes = Classes {
            by_identity: same.map(|(arn, class)| (*arn, *class)).collect(),
            by_policies: HashMap::new(),
            next: before.next,
        };
        after.classes = RefCell::new(classes);
        let compiled = self.compiled.borrow();
        after.compiled =
            RefCell::new(compiled.iter().map(|(class, policies)| (*class, Rc::clone(policies) as _)).collect());
        after.reaches = RefCell::new(self.reaches.borrow().clone());
        after
    }

    /// What makes identities the same: the number of their class.
    #[must_use]
    pub fn class(&self, identity: impl Into<Identity<'a>>) -> usize {
        let identity = identity.into();
        if let Some(class) = self.classes.borrow().by_identity.get(identity.arn()) {
            return *class;
        }
        let alone = self.limits_single_out
            || !matches!(identity, Identity::Role(_))
            || self.policies(identity).iter().flatten().any(|policy| singles_out(policy.document))
            || self.boundary(identity).is_ok_and(|boundary| boundary.is_some_and(|b| singles_out(b.document)));
        let facts = (identity.own_grants(), identity.boundary(), identity.tags());
        let written = serde_json::to_string(&facts);
        let own = (alone || written.is_err()).then(|| identity.arn());
        let mut classes = self.classes.borrow_mut();
        let next = classes.next;
        let key = (written.unwrap_or_default(), own, self.named.distinction(identity));
        let class = *classes.by_policies.entry(key).or_insert(next);
        classes.next += usize::from(class == next);
        classes.by_identity.insert(identity.arn(), class);
        class
    }

    /// What an identity's policies and the organization's reach, to be asked about many resources that have no policy of
    /// their own.
    #[must_use]
    pub fn prepared(&self, identity: impl Into<Identity<'a>>, ask: &Ask<'_>) -> Rc<Reach<Unknown>> {
        self.reach(identity.into(), ask)
    }

    /// What an identity's policies, the organization's and the resource's own reach.
    fn reach(&self, identity: Identity<'a>, ask: &Ask<'_>) -> Rc<Reach<Unknown>> {
        let class = self.class(identity);
        let own = self.compiled(identity);
        let question = ask.key(self.asks_for_tags(&own));
        let of_resource = ask.of_resource();
        let known = || self.reaches.borrow().get(&class).and_then(|known| known.get(&question)).cloned();
        if of_resource.is_empty()
            && let Some(reach) = known()
        {
            return reach;
        }
        let requester = identity.requester();
        let subject = Subject { ask, identity: Some(identity), account: &self.account.id };
        let keys = own.keys().chain(self.limits.keys()).chain(of_resource.keys());
        let context = self.facts.context(subject, keys);
        let owner = ask.owner().unwrap_or(&self.account.id);
        let request = Request::new(ask.action(), &requester, Some(owner), &context);
        let request = if ask.is_of_identity_alone() { request.of_identity_alone() } else { request };
        if of_resource.concerns(&request) {
            let policies = [&*own, &self.limits, &of_resource];
            return Rc::new(Reach::new(&policies, &request).within(&self.budget));
        }
        known().unwrap_or_else(|| {
            let reach = Rc::new(Reach::new(&[&*own, &self.limits], &request).within(&self.budget));
            self.reaches.borrow_mut().entry(class).or_default().insert(question.clone(), Rc::clone(&reach));
            reach
        })
    }

    /// Do the policies of an identity or of the organization ask for the tags of resources? Then no two resources are the
    /// same to it.
    #[must_use]
    pub fn distinguishes_by_tags(&self, identity: impl Into<Identity<'a>>) -> bool {
        self.asks_for_tags(&self.compiled(identity.into()))
    }

    fn asks_for_tags(&self, own: &Policies<'_, Unknown>) -> bool {
        own.keys().chain(self.limits.keys()).any(|key| key.contains(":resourcetag/"))
    }

    /// The identity's own policies, compiled once for its class.
    fn compiled(&self, identity: Identity<'a>) -> Rc<Policies<'a, Unknown>> {
        let class = self.class(identity);
        Rc::clone(self.compiled.borrow_mut().entry(class).or_insert_with(|| Rc::new(self.compile(identity))))
    }

    fn compile(&self, identity: Identity<'a>) -> Policies<'a, Unknown> {
        let mut policies = Policies::new();
        for policy in self.policies(identity) {
            match policy {
                Ok(p) => policies.add(Kind::Identity, p.known_as(), p.version, p.document),
                Err(gap) => policies.miss(Kind::Identity, gap),
            }
        }
        match self.boundary(identity) {
            Ok(None) => {}
            Ok(Some(p)) => policies.add(Kind::Boundary, p.name, p.version, p.document),
            Err(gap) => policies.miss(Kind::Boundary, gap),
        }
        policies
    }

    fn boundary(&self, identity: Identity<'a>) -> Result<Option<Named<'a>>, Unknown> {
        let Some(boundary) = identity.boundary() else { return Ok(None) };
        boundary.known()?.as_ref().map(|arn| self.managed(arn)).transpose()
    }

    fn managed(&self, arn: &'a Arn) -> Result<Named<'a>, Unknown> {
        let policy = self.account.iam.policy(arn)?;
        let document = policy.document.known()?;
        Ok(Named { name: arn.name(), arn: Some(arn), version: Some(&policy.version), document })
    }
}

/// Do the statements of a policy differ from role to role, though their text is the same?
fn singles_out(document: &Document) -> bool {
    let text = document.json().to_string().to_ascii_lowercase();
    ["aws:principalarn", "aws:userid", "aws:username"].iter().any(|key| text.contains(key))
}
