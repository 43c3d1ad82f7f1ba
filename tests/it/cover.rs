//! Whole sets of resources under roles of many statements: against the matcher, one resource at a time.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::rc::Rc;

use gt_audit::arn::Arn;
use gt_audit::policy::compile::{Kind, Policies};
use gt_audit::policy::cover::{Budget, Set};
use gt_audit::policy::decide::decide;
use gt_audit::policy::layers::Verdict;
use gt_audit::policy::principal::Requester;
use gt_audit::policy::reach::{Outcome, Reach};
use gt_audit::policy::request::{Context, Request};
use gt_audit::policy::{Document, Pattern};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

const BUCKETS: [&str; 6] = ["team-a-*", "team-*", "*-data", "*", "team-a-data", "team-?-*"];
const WORDS: [&str; 12] =
    ["raw", "labels", "secret", "in", "out", "a", "ab", "2026", "manifests", "worker-response", "x", "images"];

/// The objects that a statement names, by a few dice: a bucket and a path, with two or three wildcards in nearly all.
fn resource([bucket, path, one, two, ..]: [u8; 6], spread: bool) -> String {
    let pick = |n: u8| WORDS[usize::from(n) % WORDS.len()];
    let number = |n: u8| if spread { n.to_string() } else { String::new() };
    let (a, b) = (format!("{}{}", pick(one), number(one)), format!("{}{}", pick(two), number(two)));
    let path = match path % 8 {
        0 => format!("{a}/*"),
        1 => format!("*/{a}/*"),
        2 => format!("*{a}*{b}*"),
        3 => format!("{a}/*/{b}"),
        4 => format!("*/{a}/*/{b}/*"),
        5 => format!("{a}-?/*.{b}"),
        6 => format!("*.{a}"),
        _ => format!("*{a}*/{b}-*"),
    };
    format!("arn:aws:s3:::{}/{path}", BUCKETS[usize::from(bucket) % BUCKETS.len()])
}

/// A role of such statements; one of five denies, some depend on a condition, a few name all but something.
fn role(dice: &[[u8; 6]], spread: bool) -> (String, Vec<String>) {
    let mut text = String::from(r#"{"Version":"2012-10-17","Statement":["#);
    let mut resources = vec![];
    for (i, dice) in dice.iter().enumerate() {
        let [.., effect, more] = *dice;
        let effect = if effect % 5 == 4 { "Deny" } else { "Allow" };
        let condition = match more % 8 {
            0 => r#","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}"#,
            1 => r#","Condition":{"StringEquals":{"s3:ExistingObjectTag/SageMaker":"true"}}"#,
            _ => "",
        };
        let element = if more == 255 { "NotResource" } else { "Resource" };
        let resource = resource(*dice, spread);
        let comma = if i == 0 { "" } else { "," };
        write!(text, r#"{comma}{{"Effect":"{effect}","Action":"s3:GetObject","{element}":"{resource}"{condition}}}"#)
            .unwrap();
        resources.push(resource);
    }
    text.push_str("]}");
    (text, resources)
}

/// A resource with its wildcards filled.
fn filled(resource: &str, with: &str) -> String {
    resource.replace('*', with).replace('?', "b")
}

/// Compares what is decided in a set with what is decided for each of many resources of it.
fn hold(text: &str, resources: &[String], set: &Set<'_>, is_in: &dyn Fn(&str) -> bool, budget: &Rc<Budget>) {
    let document = Document::parse(text).unwrap();
    let mut policies = Policies::<()>::new();
    policies.add(Kind::Identity, "inline", None, &document);
    let requester = Requester::Role(Arn::parse("arn:aws:iam::111122223333:role/r").unwrap());
    let context = Context::open();
    let request = Request::new("s3:GetObject", &requester, None, &context);
    let reach = Reach::new(&[&policies], &request).within(budget);
    let found = reach.cover(set).unwrap_or_else(|error| panic!("{error}: {set:?} {text}"));
    for outcome in &found {
        assert!(is_in(&outcome.witness), "{outcome:?} {text}");
        assert_eq!(decide(&[&policies], &request, &outcome.witness), outcome.verdict, "{outcome:?} {text}");
        assert_eq!(reach.decide(&outcome.witness), *outcome);
    }
    // What the resources are filled with: nothing in particular, and what other statements ask for.
    let ends = resources.iter().filter_map(|resource| resource.split_once('/')).map(|(_, path)| path);
    let fillings: BTreeSet<String> =
        ["", "x", "q/q"].map(str::to_owned).into_iter().chain(ends.map(|end| filled(end, "q"))).take(8).collect();
    let anything = || ["arn:aws:s3:::team-a-data/*".to_owned(), "arn:aws:s3:::other/*".to_owned(), "*".to_owned()];
    let shown: BTreeSet<usize> = found.iter().flat_map(|outcome| outcome.clauses.iter().copied()).collect();
    let kinds: BTreeSet<(Verdict, Vec<&str>)> = found.iter().map(|o| (o.verdict, reach.lacking(o))).collect();
    for resource in resources.iter().cloned().chain(anything()) {
        for filling in &fillings {
            let sample = filled(&resource, filling);
            let samples = [sample.replace(&format!(":::{filling}/"), ":::team-a-data/"), sample];
            for sample in samples.iter().filter(|sample| is_in(sample)) {
                let outcome = reach.decide(sample);
                let lacking = reach.lacking(&outcome);
                let Outcome { verdict, clauses, .. } = outcome;
                assert!(kinds.contains(&(verdict, lacking)), "{sample} {verdict:?} {text}");
                assert!(clauses.iter().all(|clause| shown.contains(clause)), "{sample} {clauses:?} {text}");
                let shortest = found.iter().filter(|o| o.verdict == verdict).map(|o| o.witness.len()).min();
                assert!(shortest <= Some(sample.len()), "{sample} {found:?} {text}");
            }
        }
    }
}

/// The same for the sets that an audit asks about.
fn hold_everywhere(text: &str, resources: &[String], budget: &Rc<Budget>) {
    for prefix in ["arn:aws:s3:::team-a-data/", "arn:aws:s3:::team-a-data/in/", "arn:aws:s3:::else/", ""] {
        let is_in = |resource: &str| resource.len() > prefix.len() && resource.starts_with(prefix);
        hold(text, resources, &Set::Below(prefix), &is_in, budget);
    }
    for glob in ["arn:aws:s3:::team-*/*/secret/*", "arn:aws:s3:::*.json"] {
        let glob = Pattern::new(glob);
        hold(text, resources, &Set::Matching(&glob), &|resource| glob.matches(resource), budget);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_role_of_a_hundred_statements_is_too_entangled(
        dice in proptest::collection::vec(any::<[u8; 6]>(), 1..100),
        spread in any::<bool>(),
    ) {
        let (text, resources) = role(&dice, spread);
        hold_everywhere(&text, &resources, &Rc::default());
    }
}

#[test]
fn what_differs_between_two_roles_is_found() {
    let (all, decided) = (Cell::new(0), Cell::new(0));
    let config = ProptestConfig { cases: 12, max_shrink_iters: 200, ..ProptestConfig::default() };
    let dice = |sizes| proptest::collection::vec(any::<[u8; 6]>(), sizes);
    let result = TestRunner::new(config).run(&(dice(1..40), dice(1..4)), |(dice, more)| {
        all.set(all.get() + 1);
        let whole: Vec<[u8; 6]> = dice.iter().chain(&more).copied().collect();
        let ((before, _), (after, resources)) = (role(&dice, true), role(&whole, true));
        let [before, after] = [before, after].map(|text| Document::parse(&text).unwrap());
        let [mut was, mut is] = [Policies::<()>::new(), Policies::new()];
        was.add(Kind::Identity, "inline", None, &before);
        is.add(Kind::Identity, "inline", None, &after);
        let requester = Requester::Role(Arn::parse("arn:aws:iam::111122223333:role/r").unwrap());
        let context = Context::open();
        let request = Request::new("s3:GetObject", &requester, None, &context);
        let (was, is) = (Reach::new(&[&was], &request), Reach::new(&[&is], &request));
        // Two roles whose patterns are too entangled to be compared are refused, never judged wrongly.
        let Ok(differences) = is.differences(&was, &Set::Below("")) else { return Ok(()) };
        decided.set(decided.get() + 1);
        for difference in &differences {
            prop_assert_eq!(is.decide(&difference.witness).verdict, difference.own);
            prop_assert_eq!(was.decide(&difference.witness).verdict, difference.other);
        }
        for sample in resources.iter().flat_map(|resource| ["x", "", "in/x"].map(|with| filled(resource, with))) {
            let (own, other) = (is.decide(&sample).verdict, was.decide(&sample).verdict);
            let found = differences.iter().any(|d| (d.own, d.other) == (own, other));
            prop_assert!(own == other || found, "{} {:?} {:?} {:?}", sample, own, other, differences);
        }
        Ok(())
    });
    result.unwrap();
    assert!(decided.get() * 4 >= all.get() * 3, "{} of {} pairs of roles were compared", decided.get(), all.get());
}

#[test]
fn the_largest_role_that_there_can_be_is_decided() {
    const LARGEST: usize = 10 * 6_144 + 10_240;
    let mut dice = 7_u64;
    let mut roll = || {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u8::try_from(dice >> 56).unwrap()
    };
    for spread in [true, false] {
        let (mut statements, mut length) = (vec![], 0);
        while length < LARGEST {
            let dice: [u8; 6] = std::array::from_fn(|_| roll());
            length += role(&[dice], spread).0.len();
            statements.push(dice);
        }
        let (text, resources) = role(&statements, spread);
        hold_everywhere(&text, &resources[..50], &Rc::default());
    }
}

#[test]
fn eight_inline_statements_of_a_team_are_decided() {
    let statement = |name: &str| {
        format!(r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::team-a-*/{name}/*"}}"#)
    };
    let statements: Vec<String> = WORDS[..8].iter().map(|name| statement(name)).collect();
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    let resources: Vec<String> = WORDS.iter().map(|name| format!("arn:aws:s3:::team-a-*/{name}/*")).collect();
    hold_everywhere(&text, &resources, &Rc::new(Budget::of(0)));
}

/// What a key's policy says does not count on an alias, and whoever asks cannot change AWS's own aliases: so a Deny of the
/// identity's, which would not matter beside that of the key's policy, does matter on aliases.
#[test]
fn what_aws_itself_says_of_resources_of_a_form_is_decided_with_the_rest() {
    let denied = |rest: &str| format!(r#""arn:aws:kms:eu-west-1:111122223333:{rest}""#);
    let entangled: Vec<String> = ('b'..='u').map(|c| denied(&format!("*a{c}*{c}a*"))).collect();
    for denied in [denied("*/abba*"), entangled.join(",")] {
        let own = format!(
            r#"{{"Statement":[{{"Effect":"Allow","Action":"kms:*","Resource":"*"}},
                {{"Effect":"Deny","Action":"kms:*","Resource":[{denied}]}}]}}"#
        );
        let of_key = r#"{"Statement":{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*"}}"#;
        let [own, of_key] = [own.as_str(), of_key].map(|text| Document::parse(text).unwrap());
        let mut policies = Policies::<()>::new();
        policies.add(Kind::Identity, "inline", None, &own);
        policies.add(Kind::Resource, "key policy", None, &of_key);
        let requester = Requester::Role(Arn::parse("arn:aws:iam::111122223333:role/r").unwrap());
        let context = Context::open();
        let request = Request::new("kms:CreateAlias", &requester, None, &context);
        let reach = Reach::new(&[&policies], &request).within(&Rc::new(Budget::of(0)));
        let prefix = "arn:aws:kms:eu-west-1:111122223333:";
        let found = reach.cover(&Set::Below(prefix)).unwrap();
        for outcome in &found {
            assert_eq!(decide(&[&policies], &request, &outcome.witness), outcome.verdict, "{outcome:?}");
            assert_eq!(reach.decide(&outcome.witness), *outcome);
        }
        let shows = |verdict, clauses: &[usize], at: &str| {
            let is_it = |o: &Outcome| o.verdict == verdict && o.clauses == clauses;
            assert!(is_it(&reach.decide(&format!("{prefix}{at}"))), "{at}");
            assert!(found.iter().any(is_it), "{at} {found:?}");
        };
        shows(Verdict::ExplicitlyDenied, &[0, 2], "key/x");
        shows(Verdict::Allowed, &[0], "alias/x");
        shows(Verdict::ExplicitlyDenied, &[0, 1], "alias/abba");
        shows(Verdict::ImplicitlyDenied, &[0], "alias/aws/x");
        assert!(found.iter().any(|o| o.clauses == [0, 1] && o.witness.contains(":alias/aws/")), "{found:?}");
        // Without the Deny of its own the role may more on aliases, and not on keys.
        let mut less = Policies::<()>::new();
        let own = Document::parse(r#"{"Statement":{"Effect":"Allow","Action":"kms:*","Resource":"*"}}"#).unwrap();
        less.add(Kind::Identity, "inline", None, &own);
        less.add(Kind::Resource, "key policy", None, &of_key);
        let differences = Reach::new(&[&less], &request).differences(&reach, &Set::Below(prefix)).unwrap();
        assert!(differences.iter().any(|d| d.is_gain() && d.own == Verdict::Allowed), "{differences:?}");
        assert!(differences.iter().all(|d| d.witness.contains(":alias/")), "{differences:?}");
    }
}
