//! An answer of the policy engine, read for what keeps it from being *all*, and why.
//!
//! Whether something is granted and whether it is blocked are kept apart: a Deny leaves ungranted what no policy grants. A
//! grant by the tags of objects alone counts as none, because which objects have the tag is not a matter of policies.

use std::collections::BTreeSet;

use super::cause::{Cause, Fired, PolicyType, Unmet};
use super::outcome::Outcome;
use super::requirement::{Requirement, ResourceSet};
use crate::access::{Answer, Identity};
use crate::account::Unknown;
use crate::arn::Arn;
use crate::knowledge::conditions::{self, SetBy};
use crate::knowledge::limits::object_tags;
use crate::policy::Effect;
use crate::policy::decide::Reason;
use crate::policy::layers::{Layer, Verdict};
use crate::policy::reach::{self, Clause, ConditionFact, Origin};

/// The verdicts that are none.
pub const DENIALS: [Verdict; 3] = [Verdict::ImplicitlyDenied, Verdict::Denied, Verdict::ExplicitlyDenied];

/// An answer, and what keeps it from being *all*.
#[derive(Debug, Clone)]
pub struct AccessCheck {
    /// The answer.
    pub answer: Answer,
    /// Somewhere no policy grants it, or only for objects with a tag.
    pub not_granted: bool,
    /// Somewhere it is granted, and a Deny, a boundary or the organization blocks it; or a Deny applies to what no policy
    /// grants.
    pub blocked: bool,
    /// Whether it is granted depends on this.
    pub unknown_grant: Option<Unknown>,
    /// Whether it is blocked depends on this.
    pub unknown_block: Option<Unknown>,
}

/// What the causes of a check name beside statements.
#[derive(Debug, Clone, Default)]
pub struct Names<'n> {
    /// The managed policy that serves as the principal's boundary.
    pub boundary: Option<&'n Arn>,
    /// The resource whose own policy must allow the action: a key, a role to assume, a resource of another account.
    pub owner: Option<&'n Arn>,
    /// The tokens of which the resource's name needs one under the principal's managed policies.
    pub tokens: BTreeSet<String>,
    /// Is something granted that is meant for the resource? Then what lacks is a part of it.
    pub partly: bool,
}

impl<'n> Names<'n> {
    /// What is known of a principal by itself: its boundary.
    #[must_use]
    pub fn of(identity: Identity<'n>) -> Self {
        let boundary = identity.boundary().and_then(|boundary| boundary.known().ok()).and_then(Option::as_ref);
        Self { boundary, ..Self::default() }
    }
}

impl AccessCheck {
    /// Reads an answer.
    #[must_use]
    pub fn new(answer: Answer) -> Self {
        let (unknown_grant, outcomes) = (answer.too_entangled(), answer.outcomes().to_vec());
        let mut check = Self { not_granted: false, blocked: false, unknown_grant, unknown_block: None, answer };
        for outcome in &outcomes {
            check.read(outcome);
        }
        check
    }

    fn read(&mut self, outcome: &reach::Outcome) {
        if outcome.verdict == Verdict::Allowed {
            return;
        }
        let clauses: Vec<&Clause<Unknown>> = self.answer.clauses_of(outcome).collect();
        let granted = clauses.iter().any(|clause| clause.grants() && !clause.open);
        let denied = outcome.verdict.is_denial();
        // What is denied although the resource's owner may allow it lacks the role's own grant.
        let may_grant = clauses.iter().find(|clause| {
            clause.grants() && clause.open && !by_tag(clause) && (!denied || clause.layer == Layer::Identity)
        });
        let may_block = clauses.iter().find(|clause| clause.open && !clause.grants());
        let of = |clause: Option<&&Clause<Unknown>>| clause.map(|clause| self.answer.gap_of(clause));
        let (may_grant, may_block) = (of(may_grant), of(may_block));
        match (granted, &may_grant) {
            (true, _) => {}
            (false, Some(unknown)) => {
                self.unknown_grant.get_or_insert_with(|| unknown.clone());
            }
            (false, None) => self.not_granted = true,
        }
        if outcome.verdict == Verdict::ExplicitlyDenied || (granted && denied) {
            self.blocked = true;
        } else if granted || may_grant.is_some() {
            let unknown = may_block.or(may_grant.filter(|_| denied));
            self.unknown_block = self.unknown_block.take().or(unknown);
        }
    }

    /// The same, when whether it is granted depends on a fact.
    #[must_use]
    pub fn open(self, unknown: Unknown) -> Self {
        Self { not_granted: false, unknown_grant: Some(unknown), ..self }
    }

    /// Is it certainly not all allowed?
    #[must_use]
    pub fn is_unmet(&self) -> bool {
        self.not_granted || self.blocked
    }

    /// What it depends on, where it is neither certainly allowed nor certainly not.
    #[must_use]
    pub fn unknown(&self) -> Option<&Unknown> {
        self.unknown_grant.as_ref().or(self.unknown_block.as_ref()).filter(|_| !self.is_unmet())
    }

    /// Is some of it allowed?
    #[must_use]
    pub fn allows_some(&self) -> bool {
        self.answer.verdicts().any(|verdict| verdict == Verdict::Allowed)
    }

    /// The Deny statements that apply.
    #[must_use]
    pub fn denying(&self) -> BTreeSet<Reason> {
        let denied = self.answer.outcomes().iter().filter(|outcome| outcome.verdict == Verdict::ExplicitlyDenied);
        let clauses = denied.flat_map(|outcome| self.answer.clauses_of(outcome));
        clauses.filter(|clause| clause.effect == Effect::Deny && !clause.open).filter_map(statement).cloned().collect()
    }

    /// The statements that grant it.
    #[must_use]
    pub fn granting(&self) -> Vec<Reason> {
        let mut granting: Vec<Reason> = vec![];
        for reason in self.answer.granting().filter(|clause| !clause.open).filter_map(statement) {
            if !granting.contains(reason) {
                granting.push(reason.clone());
            }
        }
        granting
    }

    /// What comes of a requirement that was asked.
    #[must_use]
    pub fn outcome(&self, requirement: &Requirement, names: &Names<'_>) -> Outcome {
        match self.unknown() {
            _ if self.is_unmet() => Outcome::Unmet(self.causes(requirement, names)),
            Some(unknown) => Outcome::Undecided(unknown.clone()),
            None => Outcome::Met { by: self.granting() },
        }
    }

    /// Why a requirement that was asked is not met, each cause with the requirement.
    #[must_use]
    pub fn unmet(&self, requirement: &Requirement, names: &Names<'_>) -> Vec<Unmet> {
        let causes = self.causes(requirement, names).into_iter();
        causes.map(|cause| Unmet::new(requirement.clone(), cause)).collect()
    }

    /// Why it is not all allowed; nothing, where it is, or where that is not certain.
    #[must_use]
    pub fn causes(&self, requirement: &Requirement, names: &Names<'_>) -> BTreeSet<Cause> {
        let mut causes = BTreeSet::new();
        for outcome in self.answer.outcomes().iter().filter(|outcome| outcome.verdict != Verdict::Allowed) {
            let clauses: Vec<&Clause<Unknown>> = self.answer.clauses_of(outcome).collect();
            if outcome.verdict == Verdict::ExplicitlyDenied {
                causes.extend(clauses.iter().filter_map(|clause| explicit_deny(clause, requirement)));
            }
            let granted = clauses.iter().any(|clause| clause.grants() && !clause.open);
            let open = clauses.iter().any(|clause| clause.grants() && clause.open && !by_tag(clause));
            if outcome.verdict.is_denial() {
                self.lacking(&self.answer.lacking(outcome), requirement, names, &mut causes);
            } else if !granted && !open {
                causes.extend(clauses.iter().filter(|clause| by_tag(clause)).flat_map(|clause| of_tag(clause)));
                causes.insert(self.not_granted(names));
            }
        }
        causes
    }

    /// The causes for want of a layer.
    fn lacking(&self, layers: &[&str], requirement: &Requirement, names: &Names<'_>, causes: &mut BTreeSet<Cause>) {
        let key = names.owner.filter(|owner| owner.service() == "kms");
        // Within one account a key policy or trust policy that names the principal needs no identity-based policy beside it.
        let own = |owner: &&Arn| requirement.principal.as_ref().is_some_and(|who| who.account() == owner.account());
        let suffices = layers.contains(&"resource") && names.owner.as_ref().is_some_and(own);
        for layer in layers {
            match *layer {
                "identity" if suffices => {}
                "identity" => causes.extend(self.identity(requirement, names)),
                "boundary" => {
                    let unmet = self.near(requirement, |layer| layer == Layer::Boundary);
                    causes.insert(Cause::Boundary { policy: names.boundary.cloned() });
                    causes.extend(unmet.into_iter().flatten());
                }
                "scp" => {
                    causes.insert(Cause::ControlPolicy);
                }
                "session" => {
                    causes.insert(Cause::SessionPolicy);
                }
                "endpoint" => {
                    causes.insert(Cause::EndpointPolicy);
                }
                "resource" => {
                    let unmet: Vec<Vec<Cause>> = self.near(requirement, |layer| matches!(layer, Layer::Resource(_)));
                    let of = names.owner.cloned().or_else(|| Arn::parse(requirement.on.shown()).ok());
                    causes.extend(match (key, of) {
                        _ if !unmet.is_empty() => None,
                        (Some(key), _) => Some(Cause::KeyPolicy { key: key.clone() }),
                        (None, Some(of)) => Some(Cause::ResourcePolicy { of }),
                        (None, None) => None,
                    });
                    causes.extend(unmet.into_iter().flatten());
                }
                _ => {
                    let why =
                        "it is a role of another account or one that AWS manages, which cannot be passed or assumed so"
                            .to_owned();
                    causes.insert(Cause::WrongValue { why, wanted: None });
                }
            }
        }
    }

    /// The causes for want of an identity-based policy: a guard that is not met stands alone, so that no remedy undoes it.
    fn identity(&self, requirement: &Requirement, names: &Names<'_>) -> Vec<Cause> {
        let near = self.near(requirement, |layer| matches!(layer, Layer::Identity | Layer::Resource(_)));
        let is_guard = |causes: &Vec<Cause>| {
            let keys = causes.iter().filter_map(|cause| match cause {
                Cause::ConditionUnmet { key, .. } => Some(conditions::set_by(key)),
                _ => None,
            });
            !keys.into_iter().any(|by| matches!(by, SetBy::Purpose | SetBy::ObjectTag))
        };
        let guards: Vec<Cause> = near.iter().filter(|causes| is_guard(causes)).flatten().cloned().collect();
        if guards.is_empty() { near.into_iter().flatten().chain([self.not_granted(names)]).collect() } else { guards }
    }

    fn not_granted(&self, names: &Names<'_>) -> Cause {
        if names.partly {
            let (allowed, denied) = (self.example(&[Verdict::Allowed]), self.example(&DENIALS));
            let denied = denied.or_else(|| self.example(&[Verdict::Conditional]));
            return Cause::PartlyGranted { allowed, denied };
        }
        Cause::NotGranted { tokens: names.tokens.clone() }
    }

    /// A resource for which one of these verdicts is decided, as people write it.
    #[must_use]
    pub fn example(&self, verdicts: &[Verdict]) -> Option<String> {
        let arn = self.answer.example(verdicts)?;
        Some(super::wording::resource(&ResourceSet::Exactly(arn)))
    }

    /// The statements of some layers that would allow it, and their conditions that are not met.
    fn near(&self, requirement: &Requirement, of: impl Fn(Layer) -> bool) -> Vec<Vec<Cause>> {
        let meets = |clause: &&Clause<Unknown>| match &requirement.on {
            ResourceSet::Exactly(resource) => clause.applies_to(resource),
            ResourceSet::Below(prefix) => {
                clause.all_but || clause.patterns.iter().any(|pattern| pattern.meets_below(prefix))
            }
            ResourceSet::Matching(_) => {
                let asked = requirement.on.pattern();
                clause.all_but || clause.patterns.iter().any(|pattern| pattern.meets(&asked))
            }
        };
        let near = self.answer.unmet().iter().filter(|clause| of(clause.layer)).filter(meets);
        near.filter_map(|clause| {
            let reason = statement(clause)?;
            Some(clause.deciding.iter().map(|fact| Cause::unmet(reason, fact)).collect())
        })
        .collect()
    }
}

/// The statement of a clause.
fn statement(clause: &Clause<Unknown>) -> Option<&Reason> {
    match &clause.origin {
        Origin::Statement(reason) => Some(reason),
        Origin::Missing(_) => None,
    }
}

fn explicit_deny(clause: &Clause<Unknown>, requirement: &Requirement) -> Option<Cause> {
    let reason = statement(clause).filter(|_| clause.effect == Effect::Deny && !clause.open)?;
    let fired = |fact: &ConditionFact| Fired {
        operator: fact.condition.operator.clone(),
        key: fact.condition.key.clone(),
        wanted: fact.condition.values.clone(),
        found: fact.found.clone(),
    };
    let principal = requirement.principal.as_ref().map(Arn::as_str);
    Some(Cause::ExplicitDeny {
        statement: reason.clone(),
        layer: PolicyType::of(clause.layer),
        because: clause.deciding.iter().map(fired).collect(),
        by_not_principal: clause.by_not_principal(),
        names_principal: principal.is_some_and(|principal| clause.names_principal(principal)),
    })
}

/// The condition of a grant by the tags of objects.
fn of_tag(clause: &Clause<Unknown>) -> Vec<Cause> {
    let Some(reason) = statement(clause) else { return vec![] };
    let fact = |condition: &crate::policy::Condition| ConditionFact { condition: condition.clone(), found: None };
    clause.residual.iter().map(|condition| Cause::unmet(reason, &fact(condition))).collect()
}

/// Does a grant depend on the tags of an object alone?
#[must_use]
pub fn by_tag(clause: &Clause<Unknown>) -> bool {
    clause.effect == Effect::Allow && object_tags(&clause.residual).is_some()
}

impl PolicyType {
    /// Whose policies count in a layer.
    #[must_use]
    pub fn of(layer: Layer) -> Self {
        match layer {
            Layer::Identity => Self::Identity,
            Layer::Boundary => Self::Boundary,
            Layer::Session => Self::Session,
            Layer::Scp(_) => Self::Scp,
            Layer::Rcp => Self::Rcp,
            Layer::Endpoint => Self::Endpoint,
            Layer::Resource(_) => Self::Resource,
        }
    }
}
