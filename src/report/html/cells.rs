//! The matrix in words: what can be read without script, and what is printed.

use super::super::Report;
use super::super::table::{counted, kind, number};
use super::super::text::plain;
use crate::arn::Arn;

/// More cells than this are not spelled out: a line a role counts them.
const MOST_CELLS: usize = 1_000;

/// What the execution roles reach.
pub struct Reach<'r> {
    pub title: String,
    /// The roles of each column.
    pub columns: Vec<String>,
    /// A row a resource: its kind, its name and a word a column.
    pub rows: Vec<(&'static str, String, Vec<&'static str>)>,
    /// Instead, a line a role.
    pub counts: Vec<String>,
    pub is_empty: bool,
    /// Letter and word of each state, in the order of the legend.
    pub states: &'r [(&'static str, &'static str)],
}

/// Letter and word of each state.
pub const STATES: &[(&str, &str)] = &[
    ("a", "all"),
    ("s", "some"),
    ("t", "only keys with a token"),
    ("n", "none"),
    ("d", "explicit deny"),
    ("u", "unknown"),
];

impl Reach<'_> {
    pub fn of(report: &Report) -> Self {
        let matrix = &report.reach;
        let of = |service: &str| matrix.resources.iter().filter(|arn| arn.service() == service).count();
        let roles: usize = matrix.classes.iter().map(Vec::len).sum();
        let title = format!(
            "{}; {} and {} in question",
            counted(roles, "execution role"),
            counted(of("s3"), "bucket"),
            counted(of("lambda"), "function")
        );
        let is_empty = matrix.resources.is_empty() || matrix.classes.is_empty();
        let spelled = matrix.resources.len() * matrix.classes.len() <= MOST_CELLS;
        let row = |(arn, cells): (&Arn, &String)| {
            let word =
                |letter: char| STATES.iter().find(|(known, _)| known.starts_with(letter)).map_or("", |(_, word)| *word);
            (kind(arn), plain(arn.name()), cells.chars().map(word).collect())
        };
        let rows = matrix.resources.iter().zip(&matrix.cells).filter(|_| spelled).map(row).collect();
        let column = |roles: &Vec<Arn>| {
            let first = roles.first().map_or(String::new(), |arn| plain(arn.name()));
            if roles.len() > 1 { format!("{first} and {} more", number(roles.len() - 1)) } else { first }
        };
        let counts = report.execution_roles.iter().filter(|_| !spelled).map(|role| {
            let said = |what: &str, reach: Option<super::super::Reach>| match reach {
                None => format!("{what}s not read"),
                Some(reach) => format!(
                    "{what}s: {} all, {} some, {} none, {} denied, {} unknown",
                    number(reach.all),
                    number(reach.some),
                    number(reach.none),
                    number(reach.denied),
                    number(reach.unknown)
                ),
            };
            let (buckets, functions) = (said("bucket", role.buckets), said("function", role.functions));
            format!("{}: {buckets}; {functions}", plain(role.arn.name()))
        });
        Self {
            title,
            columns: matrix.classes.iter().map(column).collect(),
            rows,
            counts: counts.collect(),
            is_empty,
            states: STATES,
        }
    }
}
