//! What helps, as reports say it.

use schemars::JsonSchema;
use serde::Serialize;

use super::cause::Unmet;
use super::goal::Goal;
use super::remedy::{Remedy, RemedyKind};
use super::wording::{self, Sentence, Who};

/// What helps, as reports say it: remedies of one kind that are said in one sentence.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Fix {
    /// What kind of change it is.
    pub kind: RemedyKind,
    /// What to do, in one sentence.
    pub summary: String,
    /// The same, to be said of other principals too.
    #[serde(skip)]
    pub sentence: Sentence,
    /// What `fix` drafts and proves.
    #[serde(skip)]
    pub goals: Vec<Goal>,
}

/// What helps against all of these causes, each remedy once and those together that are said in one sentence.
#[must_use]
pub fn fixes<'u>(unmet: impl IntoIterator<Item = &'u Unmet>, who: &Who) -> Vec<Fix> {
    let mut remedies: Vec<Remedy> = vec![];
    let mut others: Vec<Remedy> = vec![];
    for one in unmet {
        let each = one.remedies();
        for (index, remedy) in each.into_iter().enumerate() {
            // What comes second is another way, and stands behind all that comes first.
            let into = if index == 0 { &mut remedies } else { &mut others };
            if !into.contains(&remedy) {
                into.push(remedy);
            }
        }
    }
    together(remedies.into_iter().chain(others), who)
}

/// Remedies as reports say them: those together that are said in one sentence.
#[must_use]
pub fn together(remedies: impl IntoIterator<Item = Remedy>, who: &Who) -> Vec<Fix> {
    let mut groups: Vec<Vec<Remedy>> = vec![];
    for remedy in remedies {
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| first.joins(&remedy))) {
            Some(group) if group.contains(&remedy) => {}
            Some(group) => group.push(remedy),
            None => groups.push(vec![remedy]),
        }
    }
    let fix = |group: Vec<Remedy>| {
        let kind = group.first()?.kind();
        let mut goals: Vec<Goal> = vec![];
        for goal in group.iter().flat_map(Remedy::goals) {
            if !goals.contains(&goal) {
                goals.push(goal);
            }
        }
        let sentence = wording::remedy(&group);
        Some(Fix { kind, summary: sentence.said(who), sentence, goals })
    };
    groups.into_iter().filter_map(fix).collect()
}
