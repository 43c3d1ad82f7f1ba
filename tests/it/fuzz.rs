//! The fuzz targets on stable Rust: what is good, mutated. A few thousand inputs each; `GT_AUDIT_FUZZ_SECONDS` goes on for
//! so long instead (`.ci/nightly` a minute each).

use std::time::{Duration, Instant};

use proptest::prelude::RngExt;
use proptest::test_runner::TestRng;

use crate::accounts::{read, root};
use crate::worlds::{number, random};

#[path = "../fuzz/targets.rs"]
mod targets;

/// What JSON, policies, lines and configurations are made of.
const PIECES: [&str; 44] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "*",
    "?",
    "${",
    "}",
    "null",
    "true",
    "-1",
    "1e999",
    "\u{0}",
    "é",
    "\u{202e}",
    "\"Statement\"",
    "\"Effect\"",
    "\"NotAction\"",
    "\"Resource\"",
    "\"Condition\"",
    "\"Principal\"",
    "\"Version\"",
    "\"scps\"",
    "\"grants\"",
    "ForAllValues:",
    "IfExists",
    "arn:aws:s3:::",
    "aws:PrincipalTag/",
    ":::::",
    "\"Allow\"",
    "\n",
    "'",
    "\"\"\"",
    " = ",
    "[[ignore]]\n",
    "[[workload]]\n",
    "[ignore]\n",
    "2027-06-30",
    "until = ",
    "#",
];

fn fuzz(seeds: &[Vec<u8>], target: impl Fn(&[u8])) {
    let mut rng = random();
    let end = number("GT_AUDIT_FUZZ_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut inputs = 0;
    while end.map_or(inputs < 3_000, |end| Instant::now() < end) {
        let mut bytes = pick(&mut rng, seeds).clone();
        for _ in 0..rng.random_range(0..6) {
            mutate(&mut rng, &mut bytes, seeds);
        }
        // A failure shows what it was about.
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| target(&bytes))).is_err();
        assert!(!panicked, "{shown}");
        inputs += 1;
    }
    println!("{inputs} inputs");
}

fn mutate(rng: &mut TestRng, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let at = rng.random_range(0..=bytes.len());
    let until = (at + rng.random_range(0..20)).min(bytes.len());
    match rng.random_range(0..6) {
        0 => drop(bytes.drain(at..until)),
        1 => drop(bytes.splice(at..at, pick(rng, &PIECES).bytes())),
        2 => drop(bytes.splice(at..until, pick(rng, &PIECES).bytes())),
        3 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << rng.random_range(0..8)),
        4 => {
            // A piece of another one, or of itself.
            let other = pick(rng, seeds);
            let from = rng.random_range(0..=other.len());
            let to = (from + rng.random_range(0..200)).min(other.len());
            bytes.splice(at..until, other[from..to].iter().copied());
        }
        _ => bytes.truncate(at),
    }
}

fn pick<'a, T>(rng: &mut TestRng, all: &'a [T]) -> &'a T {
    &all[rng.random_range(0..all.len())]
}

#[test]
fn any_bytes_are_a_policy_or_refused() {
    let policies = std::fs::read_dir(root().join("src/knowledge/policies")).unwrap();
    let of_aws =
        policies.map(|file| serde_json::from_slice::<serde_json::Value>(&std::fs::read(file.unwrap().path()).unwrap()));
    let mut seeds: Vec<Vec<u8>> = of_aws.map(|policy| policy.unwrap()["Document"].to_string().into_bytes()).collect();
    seeds.sort();
    fuzz(&seeds, targets::parse);
}

#[test]
fn any_bytes_are_a_line_or_refused() {
    let files = ["iam-decisions", "managed-policy-decisions", "more-decisions"];
    let lines = files.map(|file| read(format!("tests/vectors/{file}.jsonl"))).concat();
    fuzz(&lines.lines().map(|line| line.as_bytes().to_vec()).collect::<Vec<_>>(), targets::decide);
}

#[test]
fn any_bytes_are_a_configuration_or_refused() {
    let readme = read("README.md");
    let example = readme.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let wrong = read("tests/it/config/wrong.toml");
    fuzz(&[example.as_bytes().to_vec(), wrong.into_bytes()], targets::configure);
}
