//! `console-access-incomplete`: see its page, `console_access_incomplete.md`.

use std::collections::{BTreeMap, BTreeSet};

use super::rule::{Check, Checked, Rule, Scale, first_of, of_identity, undecided};
use crate::access::{Answer, Ask, Identity};
use crate::account::Unknown;
use crate::arn::Arn;
use crate::evaluation::capability::{self, CapabilityState, ConsoleIdentity};
use crate::evaluation::check::{AccessCheck, Names};
use crate::evaluation::identity::{self, Held, PASS_ROLE};
use crate::evaluation::wording::{Sentence, counted};
use crate::evaluation::{Cause, ContextEquals, Evaluator, Requirement, ResourceSet, Unmet};
use crate::finding::{Finding, RuleId, Severity};
use crate::knowledge::actions;
use crate::knowledge::console::{self, CREATE_LABELING_JOB, Capability};
use crate::labeling::{LabelingIdentity, Use};
use crate::policy::Effect;
use crate::policy::decide::Reason;
use crate::policy::reach::{Clause, Origin};

pub(super) const RULE: Rule = Rule {
    id: RuleId::ConsoleAccessIncomplete,
    summary: "an identity meant to use the console lacks actions of something that people do there",
    severity: Scale::Always(Severity::Medium),
    page: include_str!("console_access_incomplete.md"),
    check: Check::Identity(check),
};

fn check<'a>(evaluator: &Evaluator<'a>, identity: &LabelingIdentity<'a>) -> Checked {
    let for_people = identity.is_for_people();
    if for_people == Ok(false) {
        return Ok(None);
    }
    if !identity.uses_console {
        return undecided(identity);
    }
    for_people?;
    let user = User { evaluator, who: identity.identity };
    if !user.has(CREATE_LABELING_JOB)? {
        return Ok(None);
    }
    let (incomplete, open) = user.incomplete();
    if incomplete.is_empty() { open.map_or(Ok(None), Err) } else { Ok(Some(user.finding(identity, &incomplete))) }
}

/// Each identity that may create labeling jobs, and what of the console is open to it.
pub(crate) fn console_identities<'a>(evaluator: &Evaluator<'a>) -> Vec<ConsoleIdentity> {
    let of = |identity: &LabelingIdentity<'a>| {
        let user = User { evaluator, who: identity.identity };
        let makes = identity.creates_jobs && user.has(console::CREATE_LABELING_JOB).unwrap_or(true);
        makes.then(|| ConsoleIdentity {
            arn: identity.identity.arn().clone(),
            capabilities: console::capabilities().iter().map(|capability| user.state(capability)).collect(),
        })
    };
    let mut identities: Vec<ConsoleIdentity> = evaluator.identities.iter().filter_map(of).collect();
    identities.sort_by(|a, b| a.arn.cmp(&b.arn));
    identities
}

/// An identity that is meant to use the console.
struct User<'s, 'a> {
    evaluator: &'s Evaluator<'a>,
    who: Identity<'a>,
}

/// A capability that the identity is meant to have, and the actions that it lacks.
type Incomplete = (&'static Capability, Vec<&'static str>);

impl User<'_, '_> {
    /// The question that the console asks.
    fn ask(action: &str) -> Ask<'_> {
        let ask = Ask::new(action).of_identity_alone();
        console::context(action).fold(ask, |ask, (key, value)| ask.with(key, value))
    }

    /// The capabilities that it is meant to have and lacks something of, and why that is not known of others.
    fn incomplete(&self) -> (Vec<Incomplete>, Option<Unknown>) {
        let (mut incomplete, mut open) = (vec![], None);
        for capability in console::capabilities() {
            match self.lacks(capability) {
                Ok(lacking) if lacking.is_empty() => {}
                Ok(lacking) => incomplete.push((capability, lacking)),
                Err(unknown) => open = open.or(Some(unknown)),
            }
        }
        (incomplete, open)
    }

    /// What is decided about an action, on whatever there is.
    fn answer(&self, action: &str) -> Answer {
        self.evaluator.access.cover(self.who, &Self::ask(action), "")
    }

    /// May it do this to anything, be it under conditions that some request meets?
    fn has(&self, action: &str) -> Result<bool, Unknown> {
        let held = |answer: &Answer| {
            identity::held_where(self.who, answer, |outcome| {
                answer.clauses_of(outcome).any(|clause| may_grant(action, clause))
            })
        };
        // Most is granted on everything, and to see that costs little.
        let anywhere = identity::anywhere(self.who);
        if held(&self.evaluator.access.decide(self.who, &Self::ask(action), &anywhere)) == Ok(Held::Always) {
            return Ok(true);
        }
        Ok(held(&self.answer(action))? != Held::Never)
    }

    /// The actions of a capability that it has not, and why that is not known of others.
    fn without(&self, capability: &'static Capability) -> (Vec<&'static str>, Option<Unknown>) {
        let (mut without, mut open) = (vec![], None);
        for action in &capability.actions {
            match self.has(action) {
                Ok(true) => {}
                Ok(false) => without.push(action.as_str()),
                Err(unknown) => open = open.or(Some(unknown)),
            }
        }
        (without, open)
    }

    /// What it lacks of a capability that it is meant to have.
    fn lacks(&self, capability: &'static Capability) -> Result<Vec<&'static str>, Unknown> {
        let shown: Vec<_> = capability.shown_by.iter().map(|action| self.has(action)).collect();
        if !shown.contains(&Ok(true)) {
            return shown.into_iter().find_map(Result::err).map_or(Ok(vec![]), Err);
        }
        if let Some(instead) = capability.instead.as_deref().and_then(console::capability) {
            match self.without(instead) {
                (without, None) if without.is_empty() => return Ok(vec![]),
                (without, Some(unknown)) if without.is_empty() => return Err(unknown),
                _ => {}
            }
        }
        match self.without(capability) {
            (without, Some(unknown)) if without.is_empty() => Err(unknown),
            (without, _) => Ok(without),
        }
    }

    /// How much of a capability is allowed, and by what.
    fn state(&self, capability: &'static Capability) -> capability::Capability {
        let (without, open) = self.without(capability);
        let state = match (without.len(), open) {
            (_, Some(_)) => CapabilityState::Unknown,
            (0, None) => CapabilityState::Complete,
            (all, None) if all == capability.actions.len() => CapabilityState::None,
            _ => CapabilityState::Incomplete,
        };
        let heard = match state {
            CapabilityState::None => BTreeMap::new(),
            _ => self.heard(&[(capability, without.clone())]),
        };
        let by = heard.into_keys().filter(|(_, effect)| *effect == Effect::Allow).map(|(reason, _)| reason);
        let missing = if state == CapabilityState::Incomplete { without } else { vec![] };
        capability::Capability { name: capability.id.as_str(), state, missing, by: by.collect() }
    }

    fn finding(&self, identity: &LabelingIdentity<'_>, incomplete: &[Incomplete]) -> Finding {
        let lacks = incomplete.iter().map(|(c, lacking)| format!("{} for {}", first_of(lacking), c.title));
        let lacks: Vec<String> = lacks.collect();
        let all = incomplete.iter().flat_map(|(_, lacking)| lacking).collect::<BTreeSet<_>>().len();
        let all = counted(all, "action");
        let sentence = Sentence::plain(format!(
            "lacks {all} of what people do in the console; no policy allows {}",
            lacks.join("; ")
        ));
        let mut finding = of_identity(&RULE, identity, sentence);
        for ((reason, effect), actions) in self.heard(incomplete) {
            let does = if effect == Effect::Allow { "allows" } else { "denies" };
            finding = finding.evidence(&reason, format!("{does} {}", first_of(&actions)));
        }
        let mut lacking: Vec<&'static str> = incomplete.iter().flat_map(|(_, lacking)| lacking.clone()).collect();
        lacking.sort_unstable();
        lacking.dedup();
        finding.because(lacking.into_iter().flat_map(|action| self.unmet(action)))
    }

    /// Why an action is lacking: granted and blocked by something else, or not granted.
    fn unmet(&self, action: &'static str) -> Vec<Unmet> {
        let context: Vec<ContextEquals> =
            console::context(action).map(|(key, value)| ContextEquals::text(key, value)).collect();
        let requirement = |on| Requirement::new(self.who.arn(), action, on).with(context.clone());
        if self.is_blocked(action) {
            let boundary = self.who.boundary().and_then(|boundary| boundary.known().ok()?.as_ref());
            let names = Names { boundary, ..Names::default() };
            return AccessCheck::new(self.answer(action))
                .unmet(&requirement(ResourceSet::Matching("*".to_owned())), &names);
        }
        let cause = || Cause::NotGranted { tokens: [].into() };
        resources(self.evaluator, action).into_iter().map(|on| Unmet::new(requirement(on), cause())).collect()
    }

    /// Is an action that it has not granted, and blocked by something else?
    fn is_blocked(&self, action: &str) -> bool {
        self.answer(action).granting().any(|clause| may_grant(action, clause))
    }

    /// The statements that grant what it has of the incomplete capabilities, and those that refuse what it lacks.
    fn heard(&self, incomplete: &[Incomplete]) -> BTreeMap<(Reason, Effect), Vec<&'static str>> {
        let mut heard: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (capability, lacking) in incomplete {
            for action in capability.actions.iter().map(String::as_str) {
                let lacks = lacking.contains(&action);
                let answer = self.answer(action);
                let speaking = answer.clauses().filter(|clause| match clause.effect {
                    Effect::Allow => !lacks && may_grant(action, clause),
                    Effect::Deny => lacks && !clause.open,
                });
                for clause in speaking {
                    let Origin::Statement(reason) = &clause.origin else { continue };
                    let actions = heard.entry((reason.clone(), clause.effect)).or_default();
                    if !actions.contains(&action) {
                        actions.push(action);
                    }
                }
            }
        }
        heard
    }
}

/// What the console asks an action of, as narrow as the account shows: what labeling uses or is meant for, else what
/// the account has of the kind; everything where there is no resource-level permission.
fn resources(evaluator: &Evaluator<'_>, action: &str) -> Vec<ResourceSet> {
    let account = evaluator.access.account;
    let (partition, id) = (&account.partition, &account.id);
    let all = || vec![ResourceSet::Matching("*".to_owned())];
    if actions::has_resource_level(action) != Some(true) {
        return all();
    }
    let (service, name) = action.split_once(':').unwrap_or_default();
    let own = |kind: &str| vec![ResourceSet::Matching(format!("arn:{partition}:{service}:*:{id}:{kind}"))];
    let roles = &evaluator.execution_roles;
    let meant: Vec<ResourceSet> = match service {
        "iam" if action == PASS_ROLE => roles.iter().map(|role| ResourceSet::exactly(&role.role.arn)).collect(),
        "s3" => {
            let buckets = account.buckets.known().into_iter().flatten();
            let meant = buckets.filter(|bucket| {
                roles.iter().any(|role| evaluator.use_of_bucket(role, bucket).is_ok_and(|usage| usage != Use::Other))
            });
            let objects = name.ends_with("Object");
            let on = |arn: &Arn| {
                if objects { ResourceSet::Below(format!("{arn}/")) } else { ResourceSet::exactly(arn) }
            };
            let mut meant: Vec<ResourceSet> = meant.map(|bucket| on(&bucket.arn)).collect();
            meant.sort_unstable();
            meant
        }
        "lambda" => {
            let regions = account.regions.values();
            let functions = regions.flat_map(|regional| regional.functions.known().into_iter().flatten());
            let meant = functions.filter(|function| {
                let of = |role| evaluator.use_of_function(role, function).is_ok_and(|usage| usage != Use::Other);
                roles.iter().any(of)
            });
            meant.map(|function| ResourceSet::exactly(&function.arn)).collect()
        }
        _ => vec![],
    };
    match (meant.is_empty(), service) {
        (false, _) => meant,
        (true, "iam") => {
            let kind = if name.ends_with("Policy") && !name.contains("Role") { "policy/*" } else { "role/*" };
            vec![ResourceSet::Matching(Arn::iam(partition, id, kind).to_string())]
        }
        (true, "sagemaker") => own("*"),
        (true, "cognito-idp") => own("userpool/*"),
        (true, "secretsmanager") => own("secret:*"),
        (true, "kms") => own("key/*"),
        (true, "lambda") => own("function:*"),
        (true, _) => all(),
    }
}

/// May a clause grant an action on something that AWS asks of it? What names ARNs grants none that has no resource-level
/// permission.
fn may_grant(action: &str, clause: &Clause<Unknown>) -> bool {
    clause.grants()
        && (clause.all_but || clause.patterns.iter().any(|arn| actions::may_hold_on(action, &arn.to_string())))
}
