//! From an action to the statements that concern it.
//!
//! A document names hundreds of actions and a request one: whole names are looked up, globs are tried within their
//! service alone. Actions are compared without case; here all are small.

use hashbrown::HashMap;

use super::{Pattern, Selection};

/// The statements of a set, by action.
#[derive(Debug, Default)]
pub(super) struct Actions {
    /// `s3:getobject` → statements.
    whole: HashMap<Box<str>, Vec<usize>>,
    /// `s3` → the globs of the service, each with its statement.
    globs: HashMap<Box<str>, Vec<(Pattern, usize)>>,
    /// Globs with a wildcard in the service: `*`.
    anywhere: Vec<(Pattern, usize)>,
    /// `NotAction`.
    all_but: Vec<(Vec<Pattern>, usize)>,
}

impl Actions {
    /// Adds a statement's actions.
    pub(super) fn add(&mut self, actions: &Selection<String>, statement: usize) {
        let named = match actions {
            Selection::AllBut(named) => {
                self.all_but.push((named.iter().map(|glob| Pattern::action(glob)).collect(), statement));
                return;
            }
            Selection::Only(named) => named,
        };
        for name in named {
            let small = name.to_ascii_lowercase();
            if !small.contains(['*', '?']) {
                self.whole.entry(small.into()).or_default().push(statement);
                continue;
            }
            let glob = (Pattern::new(&small), statement);
            match small.split_once(':') {
                Some((service, _)) if !service.contains(['*', '?']) => {
                    self.globs.entry(service.into()).or_default().push(glob);
                }
                _ => self.anywhere.push(glob),
            }
        }
    }

    /// Calls with each statement that concerns an action, given in small letters; with some perhaps twice.
    pub(super) fn each(&self, action: &str, mut call: impl FnMut(usize)) {
        for statement in self.whole.get(action).into_iter().flatten() {
            call(*statement);
        }
        let service = action.split_once(':').map_or("", |(service, _)| service);
        let within = self.globs.get(service).into_iter().flatten();
        for (glob, statement) in within.chain(&self.anywhere) {
            if glob.matches(action) {
                call(*statement);
            }
        }
        for (globs, statement) in &self.all_but {
            if !globs.iter().any(|glob| glob.matches(action)) {
                call(*statement);
            }
        }
    }
}
