//! `console-access-incomplete`: see its page, `console_access_incomplete.md`.

use std::collections::BTreeMap;

use super::{Check, Checked, Rule, Scale, in_identity, quoted};
use crate::access::{Answer, Ask, Identity};
use crate::account::Unknown;
use crate::finding::{Finding, RemedyKind, RuleId, Severity};
use crate::knowledge::actions;
use crate::knowledge::console::{self, CREATE_LABELING_JOB, Capability};
use crate::labeling::reach::Judged;
use crate::labeling::{LabelingIdentity, Setup};
use crate::policy::Effect;
use crate::policy::decide::Reason;
use crate::policy::reach::{Clause, Origin};

use in_identity::Held;

pub(super) const RULE: Rule = Rule {
    id: RuleId::ConsoleAccessIncomplete,
    summary: "an identity meant to use the console lacks actions of something that people do there",
    severity: Scale::Always(Severity::Medium),
    page: include_str!("console_access_incomplete.md"),
    check: Check::Identity(check),
};

fn check<'a>(setup: &Setup<'a>, identity: &LabelingIdentity<'a>) -> Checked {
    let for_people = identity.is_for_people();
    if for_people == Ok(false) {
        return Ok(None);
    }
    if !identity.uses_console {
        return in_identity::nothing(identity);
    }
    for_people?;
    let user = User { setup, who: identity.identity };
    if !user.has(CREATE_LABELING_JOB)? {
        return Ok(None);
    }
    let (incomplete, open) = user.incomplete();
    if incomplete.is_empty() { open.map_or(Ok(None), Err) } else { Ok(Some(user.finding(identity, &incomplete))) }
}

/// The actions that an identity lacks of what it is meant to do in the console; with each that it is granted and something
/// else takes away, what is decided.
pub(crate) fn lacking<'a>(setup: &Setup<'a>, identity: &LabelingIdentity<'a>) -> Vec<(&'static str, Option<Judged>)> {
    let user = User { setup, who: identity.identity };
    let (incomplete, _) = user.incomplete();
    let mut lacking: Vec<&'static str> = incomplete.into_iter().flat_map(|(_, lacking)| lacking).collect();
    lacking.sort_unstable();
    lacking.dedup();
    let stopped = |action: &'static str| user.is_stopped(action).then(|| Judged::new(user.answer(action)));
    lacking.into_iter().map(|action| (action, stopped(action))).collect()
}

/// Somebody who is meant to use the console.
struct User<'s, 'a> {
    setup: &'s Setup<'a>,
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
                Err(gap) => open = open.or(Some(gap)),
            }
        }
        (incomplete, open)
    }

    /// What is decided about an action, on whatever there is.
    fn answer(&self, action: &str) -> Answer {
        self.setup.access.cover(self.who, &Self::ask(action), "")
    }

    /// May it do this to anything, be it under conditions that some request meets?
    fn has(&self, action: &str) -> Result<bool, Unknown> {
        let held = |answer: &Answer| {
            in_identity::held_where(self.who, answer, |outcome| {
                answer.clauses_of(outcome).any(|clause| may_grant(action, clause))
            })
        };
        // Most is granted on everything, and to see that costs little.
        let anywhere = in_identity::anywhere(self.who);
        if held(&self.setup.access.decide(self.who, &Self::ask(action), &anywhere)) == Ok(Held::Always) {
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
                Err(gap) => open = open.or(Some(gap)),
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
                (without, Some(gap)) if without.is_empty() => return Err(gap),
                _ => {}
            }
        }
        match self.without(capability) {
            (without, Some(gap)) if without.is_empty() => Err(gap),
            (without, _) => Ok(without),
        }
    }

    fn finding(&self, identity: &LabelingIdentity<'_>, incomplete: &[Incomplete]) -> Finding {
        let name = self.who.arn().name();
        let lacks = incomplete.iter().map(|(c, lacking)| format!("{} for {}", in_identity::first_of(lacking), c.title));
        let lacks: Vec<String> = lacks.collect();
        let message = format!("`{name}` may create labeling jobs in the console and lacks {}", lacks.join("; "));
        let mut finding = in_identity::finding(RULE.id, Severity::Medium, identity, message);
        for ((reason, effect), actions) in self.heard(incomplete) {
            let does = if effect == Effect::Allow { "grants" } else { "refuses" };
            finding = finding.evidence(&reason, format!("{does} {}", in_identity::first_of(&actions)));
        }
        for (capability, lacking) in incomplete {
            let (stopped, absent): (Vec<_>, Vec<_>) =
                lacking.iter().copied().partition(|action| self.is_stopped(action));
            if !absent.is_empty() {
                let summary = format!("allow `{name}` {} for {}", quoted(absent), capability.title);
                finding = finding.remedy(RemedyKind::Policy, summary);
            }
            if !stopped.is_empty() {
                let summary = format!(
                    "let what refuses {}, or the limit above `{name}`, allow it too for {}: no policy of `{name}` can help",
                    quoted(stopped),
                    capability.title
                );
                finding = finding.remedy(RemedyKind::Policy, summary);
            }
        }
        finding
    }

    /// Is an action that it has not granted, and taken away by something else?
    fn is_stopped(&self, action: &str) -> bool {
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

/// May a clause grant an action on something that AWS asks of it? What names ARNs grants none that has no resource-level
/// permission.
fn may_grant(action: &str, clause: &Clause<Unknown>) -> bool {
    clause.grants()
        && (clause.all_but || clause.patterns.iter().any(|arn| actions::may_hold_on(action, &arn.to_string())))
}
