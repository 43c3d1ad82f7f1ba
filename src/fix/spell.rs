//! Changes, spelled for the tools that people put them in place with.
//!
//! Knows the three forms, and what of a plan is said above its changes. Nothing is looked up and nothing is run: a form is
//! text alone.

use super::proof::PROVED;
use super::{Mend, Plan, cli, cloudformation, terraform};

pub use super::spelling::Explained;

/// What a change is spelled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A POSIX shell script for the AWS CLI, one command a change.
    Cli,
    /// Resources of Terraform's AWS provider, as `terraform fmt` leaves them.
    Terraform,
    /// A template in YAML.
    CloudFormation,
}

/// The changes in one form, in their order. Nothing in a name or a policy can leave the place it is written to.
#[must_use]
pub fn spell(form: Form, changes: &[Explained<'_>]) -> String {
    match form {
        Form::Cli => cli::write(changes),
        Form::Terraform => terraform::write(changes),
        Form::CloudFormation => cloudformation::write(changes),
    }
}

/// The changes of a plan in one form, each with the findings that it closes and what was proved.
#[must_use]
pub fn plan(form: Form, plan: &Plan) -> String {
    let said: Vec<Vec<String>> = plan.mends.iter().map(said).collect();
    let changes: Vec<Explained<'_>> = plan
        .mends
        .iter()
        .zip(&said)
        .flat_map(|(mend, said)| mend.changes.iter().map(move |change| Explained { change, said }))
        .collect();
    let left: usize = plan.mends.iter().filter(|mend| mend.proof.is_none()).map(|mend| mend.findings.len()).sum();
    let left = match left {
        0 => String::new(),
        1 => "\n# 1 finding has no proved change: `gt-audit fix` says why\n".to_owned(),
        many => format!("\n# {many} findings have no proved change: `gt-audit fix` says why\n"),
    };
    spell(form, &changes) + &left
}

fn said(mend: &Mend) -> Vec<String> {
    let closes = mend.findings.iter().map(|meant| format!("closes {} {}: {}", meant.id, meant.rule, meant.message));
    let proved =
        mend.proof.iter().flat_map(|proof| std::iter::once(PROVED.to_owned()).chain(proof.allowed.iter().cloned()));
    closes.chain(proved).collect()
}
