//! What the rules about a role and a function have in common.

use std::collections::BTreeMap;

use super::list;
use crate::access::Coverage;
use crate::finding::Effective;
use crate::labeling::INVOKE;
use crate::labeling::reach::Judged;
use crate::labeling::uses::{By, Invoked};

/// Who names the function, as the end of a sentence.
pub(super) fn named_by(invocations: &[(Invoked<'_>, Judged)]) -> String {
    let names = invocations.iter().filter_map(|(invoked, _)| {
        let by = invoked.by.filter(|by| !matches!(by, By::Workload(_)))?;
        Some(format!("{by} names `{}`", invoked.function.resource()))
    });
    let names: Vec<String> = names.collect();
    if names.is_empty() { String::new() } else { format!("; {}", list(names)) }
}

/// What the policies decide, over everything that is named.
pub(super) fn effective(invocations: &[(Invoked<'_>, Judged)]) -> Effective {
    let coverage = Coverage::of(invocations.iter().flat_map(|(_, judged)| judged.answer.verdicts()));
    Effective {
        coverage,
        actions: BTreeMap::from([(INVOKE.to_owned(), coverage)]),
        allowed_example: None,
        denied_example: invocations.first().map(|(invoked, _)| invoked.function.to_string()),
    }
}
