//! What closes findings about a function: to invoke it as it is named, and that its own role reads a job's output.

use super::asked::On;
use super::cure::Cure;
use crate::finding::Finding;
use crate::labeling::{Setup, Use};
use crate::rules::function_cannot_read_output;

/// A role must invoke the functions of a finding, by each version or alias that is named.
pub(super) fn invoked(setup: &Setup<'_>, finding: &Finding) -> Cure {
    let mut cure = Cure::default();
    let Some(role) = finding.principal.as_ref().and_then(|arn| setup.execution_role(arn.as_str())) else { return cure };
    let usage = finding.usage.unwrap_or(Use::Other);
    let arns = finding.resource.iter().chain(finding.resources.iter());
    for function in arns.filter_map(|arn| setup.function(arn).ok().flatten()) {
        for (invoked, judged) in setup.invocations(role, function, usage) {
            cure.need(&role.role.arn, &judged, On::exactly(&invoked.function), &[]);
        }
    }
    cure
}

/// A function's role must read the output of every job that calls it with the answers of workers.
pub(super) fn reads_output(setup: &Setup<'_>, finding: &Finding) -> Cure {
    let mut cure = Cure::default();
    let Some(function) = finding.resource.as_ref().and_then(|arn| setup.function(arn).ok().flatten()) else {
        return cure;
    };
    let Ok(Some(role)) = setup.role(&function.role) else { return cure };
    for (output, read) in function_cannot_read_output::unread(setup, function, role) {
        cure.need(&role.arn, &read, On::Below(output), &[]);
    }
    cure
}
