//! Who has to do with labeling: execution roles, and the identities whose policies speak of labeling jobs or of Ground
//! Truth's console.
//!
//! What grants everything says nothing of labeling: an administrator is none of these.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::ExecutionRole;
use crate::access::{Access, Identity, Named};
use crate::account::{Role, Unknown};
use crate::arn::Arn;
use crate::policy::{Document, Effect, Pattern, Selection};

/// The service of Ground Truth's console: its actions have no API, and nothing else needs them.
const CONSOLE: &str = "groundtruthlabeling:";

/// An identity that has to do with labeling.
#[derive(Debug)]
pub struct LabelingIdentity<'a> {
    /// Who it is.
    pub identity: Identity<'a>,
    /// Its policies, those of a user's groups among them.
    pub policies: Vec<Named<'a>>,
    /// Do labeling jobs run under it?
    pub executes: bool,
    /// Does a policy speak of making labeling jobs?
    pub creates_jobs: bool,
    /// Does a policy speak of Ground Truth's console?
    pub uses_console: bool,
    /// Why one of its policies could not be read.
    pub missing: Option<Unknown>,
    /// The policies among these of which all is said of a group.
    of_groups: Vec<&'a Document>,
}

/// What a policy speaks of.
#[derive(Debug, Clone, Copy, Default)]
struct Speech {
    jobs: bool,
    console: bool,
}

/// Finds them, and those of which a missing policy leaves it open, or whether they are execution roles.
pub(super) fn identities<'a>(
    access: &Access<'a>,
    execution_roles: &[ExecutionRole<'a>],
    unclear_roles: &[(&'a Role, Unknown)],
) -> (Vec<LabelingIdentity<'a>>, Vec<(Identity<'a>, Unknown)>) {
    let iam = &access.account.iam;
    let executing: HashSet<&Arn> = execution_roles.iter().map(|role| &role.role.arn).collect();
    let unclear_roles: HashMap<&Arn, &Unknown> = unclear_roles.iter().map(|(role, gap)| (&role.arn, gap)).collect();
    let mut heard: HashMap<&Arn, Speech> = HashMap::new();
    let mut by_group: HashMap<&str, Vec<&'a Document>> = HashMap::new();
    let (mut found, mut unclear) = (vec![], vec![]);
    let roles = iam.roles.known().into_iter().flatten().map(Identity::Role);
    let users = iam.users.known().into_iter().flatten().map(Identity::User);
    let groups = iam.groups.known().into_iter().flatten().map(Identity::Group);
    for identity in groups.chain(roles).chain(users).filter(|identity| !is_but_a_member(*identity)) {
        let mut labeling = LabelingIdentity {
            identity,
            policies: vec![],
            executes: executing.contains(identity.arn()),
            creates_jobs: false,
            uses_console: false,
            missing: None,
            of_groups: vec![],
        };
        for policy in access.policies(identity) {
            match policy {
                Ok(policy) => {
                    let speech = match policy.arn {
                        Some(arn) => *heard.entry(arn).or_insert_with(|| speech(policy.document)),
                        None => speech(policy.document),
                    };
                    labeling.creates_jobs |= speech.jobs;
                    labeling.uses_console |= speech.console;
                    labeling.policies.push(policy);
                }
                Err(gap) => drop(labeling.missing.get_or_insert(gap)),
            }
        }
        if let Identity::User(user) = identity {
            let groups = user.groups.known().into_iter().flatten();
            labeling.of_groups = groups.filter_map(|name| by_group.get(name.as_str())).flatten().copied().collect();
        }
        let has_to_do = labeling.executes || labeling.creates_jobs || labeling.uses_console;
        let gap = labeling.missing.as_ref().or(unclear_roles.get(identity.arn()).copied());
        if matches!(identity, Identity::Group(_)) && (has_to_do || gap.is_some()) {
            by_group.insert(identity.arn().name(), labeling.policies.iter().map(|policy| policy.document).collect());
        }
        match gap {
            _ if has_to_do => found.push(labeling),
            Some(gap) => unclear.push((identity, gap.clone())),
            None => {}
        }
    }
    (found, unclear)
}

/// Is a user known to have nothing but what one group has? Then what is to say is said of the group.
fn is_but_a_member(identity: Identity<'_>) -> bool {
    let Identity::User(user) = identity else { return false };
    user.grants.attached.known().is_ok_and(Vec::is_empty)
        && user.grants.inline.known().is_ok_and(BTreeMap::is_empty)
        && user.groups.known().is_ok_and(|groups| groups.len() == 1)
        && user.boundary.known().is_ok_and(Option::is_none)
}

fn speech(document: &Document) -> Speech {
    let mut speech = Speech::default();
    for statement in document.statements().iter().filter(|statement| statement.effect == Effect::Allow) {
        let Selection::Only(actions) = &statement.actions else { continue };
        for action in actions.iter().map(|action| action.to_ascii_lowercase()) {
            speech.console |= action.starts_with(CONSOLE);
            speech.jobs |=
                action.starts_with("sagemaker:") && Pattern::action(&action).matches("sagemaker:createlabelingjob");
        }
    }
    speech
}

impl<'a> LabelingIdentity<'a> {
    /// Its policies, but those of groups that are judged themselves: what is to say of them is said there.
    pub fn own_policies(&self) -> impl Iterator<Item = &Named<'a>> {
        let of_group = |policy: &&Named<'a>| self.of_groups.iter().any(|own| std::ptr::eq(*own, policy.document));
        self.policies.iter().filter(move |policy| !of_group(policy))
    }

    /// May a person be behind it? A user or a group is one; a role is, where its trust policy lets in others than
    /// services.
    ///
    /// # Errors
    ///
    /// When the trust policy is not known.
    pub fn is_for_people(&self) -> Result<bool, Unknown> {
        match self.identity {
            Identity::User(_) | Identity::Group(_) => Ok(true),
            Identity::Role(role) => lets_people_in(role),
        }
    }
}

fn lets_people_in(role: &Role) -> Result<bool, Unknown> {
    let trust = role.trust.known()?;
    let mut allowing = trust.statements().iter().filter(|statement| statement.effect == Effect::Allow);
    Ok(allowing.any(|statement| match &statement.principals {
        Some(Selection::Only(principals)) => principals.iter().any(|principal| principal.kind != "Service"),
        Some(Selection::AllBut(_)) | None => true,
    }))
}
