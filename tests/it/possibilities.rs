//! The law of sets: what is decided where a context key may be one of several things is what all of them come to, each by
//! itself, as the second evaluator has it; and one possibility more never makes a verdict more definite.

use gt_audit::policy::Document;
use gt_audit::policy::compile::{Kind, Policies};
use gt_audit::policy::decide::decide;
use gt_audit::policy::layers::Verdict;
use gt_audit::policy::principal::Requester;
use gt_audit::policy::reach::Reach;
use gt_audit::policy::request::{Context, Request};
use gt_audit::policy::value::Value as Possible;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::second::{self, Decision};

const KEY: &str = "aws:PrincipalTag/k";
const ACTION: &str = "s3:GetObject";
const RESOURCE: &str = "arn:aws:s3:::b/k";
const ROLE: &str = "arn:aws:iam::111122223333:role/r";

/// What a policy may ask of the key, and of what type its values are.
const OPERATORS: [(&str, Type); 20] = [
    ("StringEquals", Type::Text),
    ("StringNotEquals", Type::Text),
    ("StringEqualsIgnoreCase", Type::Text),
    ("StringLike", Type::Text),
    ("StringNotLike", Type::Text),
    ("ArnLike", Type::Arn),
    ("ArnNotLike", Type::Arn),
    ("NumericEquals", Type::Number),
    ("NumericNotEquals", Type::Number),
    ("NumericLessThan", Type::Number),
    ("NumericLessThanEquals", Type::Number),
    ("NumericGreaterThan", Type::Number),
    ("NumericGreaterThanEquals", Type::Number),
    ("DateLessThan", Type::Date),
    ("DateGreaterThanEquals", Type::Date),
    ("DateEquals", Type::Date),
    ("Bool", Type::Bool),
    ("IpAddress", Type::Ip),
    ("NotIpAddress", Type::Ip),
    ("Null", Type::Bool),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Text,
    Arn,
    Number,
    Date,
    Bool,
    Ip,
}

impl Type {
    /// What policies ask for.
    fn wanted(self) -> &'static [&'static str] {
        match self {
            Self::Text => &["", "a", "ab", "a*", "*", "?", "*b", "a?*", "B"],
            Self::Arn => &["arn:aws:s3:::a", "arn:aws:s3:::a*", "arn:aws:s3:*:*:*", "arn:aws:*:::ab"],
            Self::Number => &["1", "1.2", "2", "-1"],
            Self::Date => &["1970-01-01T00:00:01Z", "1970-01-01T00:00:02Z"],
            Self::Bool => &["true", "false"],
            Self::Ip => &["10.0.0.0/8", "203.0.113.0/24", "10.1.2.3"],
        }
    }

    /// Values of requests.
    fn had(self) -> &'static [&'static str] {
        match self {
            Self::Text => &["", "a", "b", "ab", "abb", "ba", "A"],
            Self::Arn => &["arn:aws:s3:::a", "arn:aws:s3:::ab", "arn:aws:s3:::b", "arn:aws:s3:r::a"],
            Self::Number => &["0", "1", "1.2", "1.5", "2", "7"],
            Self::Date => {
                &["1970-01-01T00:00:00Z", "1970-01-01T00:00:01Z", "1970-01-01T00:00:02Z", "1970-01-01T01:00:00Z"]
            }
            Self::Bool => &["true", "false"],
            Self::Ip => &["10.1.2.3", "10.2.3.4", "203.0.113.7", "52.94.1.1"],
        }
    }

    fn possible(self) -> BoxedStrategy<Possible> {
        let some = |range| prop::collection::vec(prop::sample::select(self.had()).prop_map(str::to_owned), range);
        let common = prop_oneof![
            Just(Possible::Absent),
            some(0..3).prop_map(Possible::Exactly),
            some(1..2).prop_map(Possible::Including),
            Just(Possible::Present),
        ];
        match self {
            Self::Text => prop_oneof![3 => common, 1 => prop::sample::select(&["", "a", "ab", "B"][..]).prop_map(below)].boxed(),
            Self::Arn => prop_oneof![3 => common, 1 => Just(below("arn:aws:s3:::a")), 1 => Just(below("arn:aws:s3:::"))].boxed(),
            Self::Number | Self::Date => {
                prop_oneof![3 => common, 1 => prop::sample::select(&[0.0, 1.0, 1.2, 2.0, 3.0][..]).prop_map(Possible::AtLeast)]
                    .boxed()
            }
            Self::Bool | Self::Ip => common.boxed(),
        }
    }

    /// All that a possibility stands for, or enough of it to show every kind.
    fn members(self, possible: &Possible) -> Vec<Option<Vec<String>>> {
        let one = |text: String| Some(vec![text]);
        match possible {
            Possible::Absent => vec![None],
            Possible::Exactly(values) => vec![Some(values.clone())],
            Possible::AtLeast(least) if self == Self::Date => {
                let own = jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs_f64(*least);
                let all = self.had().iter().chain(self.wanted()).map(|text| text.parse().unwrap());
                let later = all.filter(|date: &jiff::Timestamp| *date >= own).chain([own]);
                later.map(|date| one(date.to_string())).collect()
            }
            Possible::AtLeast(least) => {
                let more = [0.0, 0.1, 0.5, 1.0, 9.0].map(|more| least + more);
                let all = self.had().iter().chain(self.wanted()).filter_map(|text| text.parse().ok()).chain(more);
                all.filter(|number: &f64| number >= least).map(|number| one(number.to_string())).collect()
            }
            Possible::Below(prefix) => {
                let more = ["", "a", "b", "ab", "bb", "zz"].iter().map(|more| format!("{prefix}{more}"));
                let wanted = self.wanted().iter().map(|text| (*text).to_owned());
                more.chain(wanted.filter(|text| text.starts_with(prefix.as_str()))).map(one).collect()
            }
            Possible::Including(values) => {
                let more = self.had().iter().map(|more| Some([values.clone(), vec![(*more).to_owned()]].concat()));
                more.chain([Some(values.clone())]).collect()
            }
            Possible::OfAws => vec![],
            Possible::Present => {
                let two = self.had().windows(2).map(|two| Some(two.iter().map(|text| (*text).to_owned()).collect()));
                self.had().iter().map(|text| one((*text).to_owned())).chain(two).collect()
            }
        }
    }
}

fn below(prefix: &str) -> Possible {
    Possible::Below(prefix.to_owned())
}

/// A condition on the key, and what the key may be.
#[derive(Debug, Clone)]
struct Case {
    of: Type,
    effect: &'static str,
    operator: String,
    wanted: Vec<&'static str>,
    possible: Vec<Possible>,
}

fn case() -> impl Strategy<Value = Case> {
    let operator = (prop::sample::select(&OPERATORS[..]), 0..4_u8, any::<bool>());
    operator.prop_flat_map(|((name, of), set, if_exists)| {
        let prefix = match (name, set) {
            ("Null", _) | (_, 0 | 1) => "",
            (_, 2) => "ForAllValues:",
            _ => "ForAnyValue:",
        };
        let suffix = if if_exists && name != "Null" { "IfExists" } else { "" };
        let operator = format!("{prefix}{name}{suffix}");
        let wanted = prop::collection::vec(prop::sample::select(of.wanted()), 1..3);
        let possible = prop::collection::vec(of.possible(), 1..4);
        let effect = prop::sample::select(&["Allow", "Deny"][..]);
        (wanted, possible, effect).prop_map(move |(wanted, possible, effect)| Case {
            of,
            effect,
            operator: operator.clone(),
            wanted,
            possible,
        })
    })
}

impl Case {
    fn policy(&self) -> Value {
        let statement = |effect: &str, condition: Value| json!({"Effect": effect, "Action": "s3:*", "Resource": "*", "Condition": condition});
        let asked = statement(self.effect, json!({self.operator.as_str(): {KEY: self.wanted}}));
        let mut statements = vec![asked];
        if self.effect == "Deny" {
            statements.push(json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}));
        }
        json!({"Version": "2012-10-17", "Statement": statements})
    }

    /// What the engine decides of these possibilities, in both ways of asking.
    fn decided(&self, possible: &[Possible]) -> Verdict {
        let document = Document::parse(&self.policy().to_string()).unwrap();
        let mut policies = Policies::<()>::new();
        policies.add(Kind::Identity, "p", None, &document);
        let requester = Requester::parse(ROLE).unwrap();
        let mut context = Context::closed();
        context.one_of(KEY, possible.to_vec());
        let request = Request::new(ACTION, &requester, Some("111122223333"), &context);
        let verdict = decide(&[&policies], &request, RESOURCE);
        assert_eq!(Reach::new(&[&policies], &request).decide(RESOURCE).verdict, verdict);
        verdict
    }

    /// What the second evaluator decides of each member.
    fn of_members(&self) -> Vec<Option<Verdict>> {
        let members = self.possible.iter().flat_map(|possible| self.of.members(possible));
        members.map(|member| self.second(member.as_ref()).map(verdict)).collect()
    }

    /// What the second evaluator decides of one member; nothing, where AWS documents nothing.
    fn second(&self, member: Option<&Vec<String>>) -> Option<Decision> {
        let context = member.map_or(json!({}), |values| json!({KEY: values}));
        second::decide(&json!({
            "principal": ROLE, "action": ACTION, "resource": RESOURCE, "resourceAccount": "111122223333",
            "context": context, "identityPolicies": [self.policy()],
        }))
    }
}

fn verdict(decision: Decision) -> Verdict {
    match decision {
        Decision::Allowed => Verdict::Allowed,
        Decision::ImplicitDeny => Verdict::ImplicitlyDenied,
        Decision::ExplicitDeny => Verdict::ExplicitlyDenied,
    }
}

/// What all verdicts say.
fn agreement(verdicts: &[Verdict]) -> Verdict {
    match verdicts {
        [first, rest @ ..] if rest.iter().all(|other| other == first) => *first,
        _ => Verdict::Conditional,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn the_verdict_over_a_set_is_the_agreement_of_those_over_its_members(case in case()) {
        let decided = case.decided(&case.possible);
        let verdicts = case.of_members();
        let documented: Vec<Verdict> = verdicts.iter().copied().flatten().collect();
        // Of a range the members are some, and several patterns together are not looked at as one.
        let finite = case.possible.iter().all(|one| matches!(one, Possible::Absent | Possible::Exactly(_)));
        if finite && documented.len() == verdicts.len() {
            prop_assert_eq!(decided, agreement(&documented), "{:?}", documented);
        } else if decided != Verdict::Conditional && !documented.is_empty() {
            prop_assert_eq!(decided, agreement(&documented), "{:?}", documented);
        }
    }

    #[test]
    fn one_possibility_more_never_makes_a_verdict_more_definite(case in case()) {
        let all = case.decided(&case.possible);
        for n in 0..case.possible.len() {
            let mut fewer = case.possible.clone();
            fewer.remove(n);
            if !fewer.is_empty() && all != Verdict::Conditional {
                prop_assert_eq!(case.decided(&fewer), all);
            }
        }
    }

    #[test]
    fn a_range_is_decided_where_one_pattern_or_number_settles_it(case in case()) {
        let ranges = case.possible.iter().all(|one| matches!(one, Possible::AtLeast(_) | Possible::Below(_) | Possible::Absent));
        // That a set operator never meets the empty string is not looked for in a range.
        let is_empty = case.wanted == [""];
        if ranges && case.wanted.len() == 1 && !is_empty {
            let verdicts: Option<Vec<Verdict>> = case.of_members().into_iter().collect();
            if let Some(verdicts) = verdicts {
                prop_assert_eq!(case.decided(&case.possible), agreement(&verdicts), "{:?}", verdicts);
            }
        }
    }
}
