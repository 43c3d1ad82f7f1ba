//! The matrix of what execution roles reach: the same cells as the counts of each role, and the same judgement as the rules.

use std::collections::{BTreeMap, BTreeSet};

use gt_audit::account::snapshot::Snapshot;
use gt_audit::arn::Arn;
use gt_audit::audit::{Glob, Options, Scope, audit};
use gt_audit::finding::RuleId;
use gt_audit::report::{Reach, Report};

use crate::accounts::{OPTIONS, gap, healthy, known, root, story};

/// The letter of each pair.
fn cells(report: &Report) -> BTreeMap<(&Arn, &Arn), char> {
    let matrix = &report.reach;
    assert_eq!(matrix.cells.len(), matrix.resources.len());
    let mut cells = BTreeMap::new();
    for (resource, row) in matrix.resources.iter().zip(&matrix.cells) {
        assert_eq!(row.chars().count(), matrix.classes.len());
        for (roles, letter) in matrix.classes.iter().zip(row.chars()) {
            cells.extend(roles.iter().map(|role| ((role, resource), letter)));
        }
    }
    cells
}

/// What the letters of a role add up to.
fn counted(letters: impl Iterator<Item = char>) -> Reach {
    letters.fold(Reach::default(), |mut reach, letter| {
        *match letter {
            'a' => &mut reach.all,
            's' | 't' => &mut reach.some,
            'n' => &mut reach.none,
            'd' => &mut reach.denied,
            'u' => &mut reach.unknown,
            other => panic!("there is no state {other}"),
        } += 1;
        reach
    })
}

/// An audit of nothing but what is in question, so that the counts of the roles are of the same resources.
fn of_what_is_in_question(snapshot: &Snapshot) -> (Report, Report) {
    let whole = audit(snapshot, OPTIONS);
    let of = |service: &str| -> Vec<Glob> {
        let arns = whole.reach.resources.iter().filter(|arn| arn.service() == service);
        arns.map(|arn| Glob::new(arn.as_str())).collect()
    };
    let scope = Scope { buckets: of("s3"), functions: of("lambda"), ..Scope::default() };
    let narrowed = audit(snapshot, Options { scope: &scope, ..OPTIONS });
    (whole, narrowed)
}

#[test]
fn the_counts_of_each_role_agree_with_its_cells() {
    let seeded = Snapshot::read(&root().join("tests/accounts/seeded-500.json.zst")).unwrap();
    for snapshot in [story(), seeded, healthy()] {
        let (whole, narrowed) = of_what_is_in_question(&snapshot);
        assert!(!narrowed.reach.cells.is_empty());
        assert_eq!(cells(&whole), cells(&narrowed));
        let cells = cells(&narrowed);
        let mut counted_roles = BTreeSet::new();
        for role in &narrowed.execution_roles {
            for (service, counts) in [("s3", role.buckets), ("lambda", role.functions)] {
                let own = cells.iter().filter(|((of, on), _)| **of == role.arn && on.service() == service);
                assert_eq!(counts, Some(counted(own.map(|(_, letter)| *letter))), "{} {service}", role.arn);
            }
            counted_roles.insert(&role.arn);
        }
        assert_eq!(counted_roles, narrowed.reach.classes.iter().flatten().collect());
    }
}

#[test]
fn what_the_rules_find_stands_in_the_cells() {
    let report = audit(&story(), OPTIONS);
    let cells = cells(&report);
    let mut seen = BTreeSet::new();
    for pair in report.pairs.iter().filter(|pair| pair.resource.is_some()) {
        let (Some(role), Some(resource)) = (&pair.principal, &pair.resource) else { continue };
        let Some(letter) = cells.get(&(role, resource)) else { continue };
        let wanted = match pair.rule {
            RuleId::BucketOutOfReach => "tn",
            RuleId::BucketReachedInPart => "s",
            RuleId::BucketKeyUnusable | RuleId::FunctionOutOfReach => "n",
            RuleId::FunctionDenied => "dn",
            _ => continue,
        };
        assert!(wanted.contains(*letter), "{} {role} {resource}: {letter}", pair.rule);
        seen.insert((pair.rule, *letter));
    }
    assert!(seen.contains(&(RuleId::BucketOutOfReach, 't')) && seen.contains(&(RuleId::BucketReachedInPart, 's')));
    assert!(seen.contains(&(RuleId::BucketKeyUnusable, 'n')) && seen.contains(&(RuleId::FunctionDenied, 'd')));
}

#[test]
fn a_bucket_whose_policy_could_not_be_read_is_unknown() {
    let mut snapshot = story();
    let name = "acme-sagemaker-data";
    for bucket in known(&mut snapshot.account.buckets) {
        if bucket.arn.name() == name {
            bucket.policy = gt_audit::account::Fact::Unknown(gap("s3:GetBucketPolicy"));
        }
    }
    let report = audit(&snapshot, OPTIONS);
    let of_bucket: BTreeSet<char> =
        cells(&report).into_iter().filter(|((_, on), _)| on.name() == name).map(|(_, letter)| letter).collect();
    assert_eq!(of_bucket, BTreeSet::from(['u']));
}
