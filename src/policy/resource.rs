//! What one text of a statement's `Resource` names, in the two readings that AWS documents ([`Colons`]).
//!
//! Few texts have a wildcard before the fifth colon; for all others the readings are one.

use super::Effect;
use super::pattern::{Colons, Pattern};
use super::request::{Key, Request};
use super::template::{Filled, Template};
use super::ternary::Truth;

/// Services whose ARNs have no colon behind the fifth, so that a wildcard has nothing to run on to: of those that labeling
/// uses (Service Authorization Reference, resource types defined by each service, 2026-11).
const WITHOUT_MORE_COLONS: [&str; 6] = ["cognito-idp", "iam", "kms", "sagemaker", "sqs", "sts"];

/// A text of `Resource` or `NotResource`, understood once.
#[derive(Debug)]
pub(super) struct Resource {
    /// What it names in either reading.
    within: Template,
    /// All that it names if wildcards run on past colons, where that is more.
    run_on: Option<Template>,
    is_described: bool,
}

/// What the texts of a statement name in a request.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// The statement certainly names what one of these matches.
    pub(super) certain: Vec<Pattern>,
    /// It may name what one of these matches.
    pub(super) possible: Vec<Pattern>,
    /// A variable of some text has no value: that text names nothing.
    pub(super) is_valueless: bool,
}

impl Resource {
    /// Understands a text. An ARN of fewer than six parts is completed with `*`.
    pub(super) fn new(text: &str, variables: bool) -> Self {
        let template = |colons| {
            let template = Template::new(text, variables, true);
            // What a variable before the fifth colon does is not described, so that there are no parts.
            let has_parts = text.starts_with("arn:") && !(variables && varies_early(text));
            if has_parts { template.in_parts(colons) } else { template }
        };
        let (within, run_on) = (template(Colons::Within), template(Colons::RunOn));
        let run_on = (run_on != within && may_run_on(text)).then_some(run_on);
        Self { within, run_on, is_described: is_described(text) }
    }

    /// The readings in a statement of this effect: what is certainly named, and what may be. What only a wildcard that runs
    /// on matches is named in a Deny.
    fn readings(&self, effect: Effect) -> (&Template, Option<&Template>) {
        match &self.run_on {
            Some(run_on) if effect == Effect::Deny => (run_on, None),
            run_on => (&self.within, run_on.as_ref()),
        }
    }

    /// Is a resource named, in a statement of this effect?
    pub(super) fn names(&self, resource: &str, effect: Effect, request: &Request<'_>) -> Truth {
        let (certain, possible) = self.readings(effect);
        let named = certain.matches(resource, request);
        let named = match possible {
            Some(possible) if named != Truth::True => {
                named.max(possible.matches(resource, request).min(Truth::Unknown))
            }
            _ => named,
        };
        if self.is_described { named } else { named.min(Truth::Unknown) }
    }

    /// The same as globs, added to those of the statement's other texts.
    pub(super) fn fill(&self, effect: Effect, request: &Request<'_>, named: &mut Named) {
        let (certain, possible) = self.readings(effect);
        match certain.fill(request) {
            Filled::Pattern(glob) if self.is_described => named.certain.push(glob),
            Filled::Pattern(glob) | Filled::Unknown(glob) => named.possible.push(glob),
            Filled::Valueless => named.is_valueless = true,
        }
        match possible.map(|possible| possible.fill(request)) {
            Some(Filled::Pattern(glob) | Filled::Unknown(glob)) => named.possible.push(glob),
            Some(Filled::Valueless) | None => {}
        }
    }

    /// The keys of its variables.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.within.keys()
    }

    /// Has a variable no value?
    pub(super) fn is_valueless(&self, request: &Request<'_>) -> bool {
        self.within.is_valueless(request)
    }
}

/// Is a text of a form that AWS describes: an ARN, or `*`? AWS refuses to store any other.
pub(super) fn is_described(text: &str) -> bool {
    text.starts_with("arn:") || (!text.is_empty() && text.bytes().all(|b| b == b'*'))
}

/// Can a wildcard of an ARN run on to more than is named without that?
fn may_run_on(arn: &str) -> bool {
    let mut parts = arn.splitn(6, ':').skip(2);
    let service = parts.next().unwrap_or_default();
    // Behind the region: every resource of every account is named already.
    !WITHOUT_MORE_COLONS.contains(&service) && !parts.skip(1).all(|part| part == "*")
}

/// Does an ARN name nothing that there is, if wildcards do not run on? A region and an account have no other characters.
pub(super) fn must_run_on(arn: &str) -> bool {
    let mut parts = arn.splitn(6, ':').skip(3);
    let [region, account] = [parts.next(), parts.next()].map(Option::unwrap_or_default);
    let is_wild = |c: char| matches!(c, '*' | '?');
    let is_region = |c: char| is_wild(c) || c == '-' || c.is_ascii_lowercase() || c.is_ascii_digit();
    let are_parts = region.chars().all(is_region)
        && (account == "aws" || account.chars().all(|c| is_wild(c) || c.is_ascii_digit()));
    (region.ends_with('*') || account.ends_with('*')) && !are_parts && may_run_on(arn)
}

/// Stands a variable before the fifth colon of an ARN?
pub(super) fn varies_early(text: &str) -> bool {
    text.split_once("${").is_some_and(|(before, _)| before.matches(':').count() < 5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arn::Arn;
    use crate::policy::Document;
    use crate::policy::compile::{Kind, Policies};
    use crate::policy::cover::Set;
    use crate::policy::decide::decide;
    use crate::policy::layers::Verdict;
    use crate::policy::principal::Requester;
    use crate::policy::reach::Reach;
    use crate::policy::request::Context;

    /// What a statement of an identity policy decides about invoking what begins with these texts, and about each of these.
    /// What is decided for a set has to be decided for its witness alone.
    fn decided(statement: &str, prefixes: &[&str], resources: &[&str]) -> Vec<Verdict> {
        let everything = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
        let statements =
            if statement.contains("Deny") { format!("{everything},{statement}") } else { statement.to_owned() };
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        let document = Document::parse(&text).unwrap();
        let mut policies = Policies::<()>::new();
        policies.add(Kind::Identity, "p", None, &document);
        let requester = Requester::Role(Arn::parse("arn:aws:iam::111122223333:role/r").unwrap());
        let mut context = Context::closed();
        context.set("aws:PrincipalTag/f", ["f"]);
        context.unknown("aws:PrincipalTag/unknown");
        let request = Request::new("lambda:InvokeFunction", &requester, None, &context);
        let reach = Reach::new(&[&policies], &request);
        let alone = |resource: &str| {
            let verdict = decide(&[&policies], &request, resource);
            assert_eq!(reach.decide(resource).verdict, verdict, "{text} {resource}");
            verdict
        };
        for prefix in prefixes {
            let found = reach.cover(&Set::Below(prefix)).unwrap();
            for outcome in &found {
                assert_eq!(outcome.verdict, alone(&outcome.witness), "{text} {outcome:?}");
            }
            for resource in resources.iter().filter(|resource| resource.starts_with(prefix) && *resource != prefix) {
                let verdict = alone(resource);
                assert!(found.iter().any(|outcome| outcome.verdict == verdict), "{text} {resource}");
            }
        }
        resources.iter().map(|resource| alone(resource)).collect()
    }

    #[test]
    fn what_only_a_wildcard_that_runs_on_matches_is_denied_and_open_where_it_is_allowed() {
        const RESOURCES: [&str; 7] = [
            "arn:aws:lambda:z:1:function:f",
            "arn:aws:lambda:z:1:function:g",
            "arn:aws:lambda:z:1:function:g:f",
            "arn:aws:lambda:z:1:function:f:1",
            "arn:aws:lambda:z:12:function:f",
            "arn:aws:lambda:zz:1:layer:f",
            "arn:aws:s3:::f",
        ];
        const PREFIXES: [&str; 5] =
            ["", "arn:aws:lambda:z:1:function:", "arn:aws:lambda:z:1:function:g:", "arn:aws:lambda:", "arn:aws:s3:::"];
        // A letter a resource: matched, open where it is allowed, not matched.
        for (resource, expected) in [
            ("*", "mmmmmmm"),
            ("arn:aws:lambda:*", "mmmmmm."),
            ("arn:aws:lambda", "mmmmmm."),
            ("arn:*:*:*:*:f", "o.o.oom"),
            ("arn:aws:lambda:*:*:function:f", "m...m.."),
            ("arn:aws:lambda:*:*:*f", "m.m.mm."),
            ("arn:aws:lambda:*:*:f", "o.o.oo."),
            ("arn:aws:lambda:*:function:f", "o...o.."),
            ("arn:aws:lambda:z*:function:f", "o...o.."),
            ("arn:aws:lambda:*z:function:f", "......."),
            ("arn:aws:lambda:z:1?function:f", "......."),
            ("arn:aws:lambda:z:*:f", "o.o.o.."),
            ("arn:aws:lambda:z:1*:f", "o.o.o.."),
            ("arn:aws:lambda:z:?:function:f", "m......"),
            ("arn:aws:lambda:*:*:function:${aws:PrincipalTag/f}", "m...m.."),
            ("arn:aws:lambda:*:*:${aws:PrincipalTag/f}", "o.o.oo."),
            ("arn:aws:lambda:*:function:${aws:PrincipalTag/unknown}", "ooooo.."),
            ("arn:aws:lambda:*:*:${aws:PrincipalTag/none}", "......."),
            ("f*", "......."),
            ("*f", "o.o.ooo"),
        ] {
            let statement =
                |effect, element| format!(r#"{{"Effect":"{effect}","Action":"lambda:*","{element}":"{resource}"}}"#);
            let valueless = resource.contains("none");
            for (effect, element) in [("Allow", "Resource"), ("Deny", "Resource"), ("Allow", "NotResource")] {
                let verdict = |letter: char| match (effect, element, letter) {
                    ("Allow", "NotResource", '.') if valueless => Verdict::Conditional,
                    ("Allow", "Resource", 'm') | ("Deny", _, '.') | (_, "NotResource", '.') => Verdict::Allowed,
                    ("Allow", "Resource", '.') | (_, "NotResource", _) if letter != 'o' => Verdict::ImplicitlyDenied,
                    ("Deny", _, 'o') if resource.contains("unknown") || !is_described(resource) => Verdict::Conditional,
                    ("Deny", ..) => Verdict::ExplicitlyDenied,
                    _ => Verdict::Conditional,
                };
                let found = decided(&statement(effect, element), &PREFIXES, &RESOURCES);
                assert_eq!(found, expected.chars().map(verdict).collect::<Vec<_>>(), "{effect} {element} {resource}");
            }
        }
    }
}
