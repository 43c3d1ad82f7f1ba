//! What one set of policies allows that another does not, over all actions and all resources of a set.
//!
//! The actions fall into classes that no statement distinguishes; one action of each class is asked about, with one
//! automaton over the resources. So a change can be proved to allow what was asked for and nothing else.

use super::compile::Policies;
use super::cover::{Automaton, Set, TooLarge};
use super::layers::Verdict;
use super::reach::{Difference, Reach};
use super::request::{KNOW_OBJECT_TAGS, Request};
use super::{Pattern, special};

/// An action on a resource that is allowed, or may be, and was not before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gain {
    /// The action, in small letters; of a class of actions, a shortest one.
    pub action: String,
    /// A shortest resource that shows it.
    pub resource: String,
    /// What was decided before.
    pub before: Verdict,
    /// What is decided after.
    pub after: Verdict,
}

/// Actions that the engine itself treats apart, so that an identity's policies do not tell them apart and it does.
const APART: [&str; 9] = [
    "kms:*",
    "kms:retiregrant",
    "sts:*",
    "sts:assumerole*",
    "iam:passrole",
    "s3:*",
    "dynamodb:*",
    "secretsmanager:*",
    "sqs:*",
];

/// What the policies `after` allow that those `before` do not, on resources of a set. The request says who asks and what
/// is known; its action does not matter.
///
/// # Errors
///
/// When the policies are too entangled to be decided for a whole set.
pub fn gains<G: Clone + PartialEq>(
    before: &[&Policies<'_, G>],
    after: &[&Policies<'_, G>],
    request: &Request<'_>,
    set: &Set<'_>,
) -> Result<Vec<Gain>, TooLarge> {
    let mut gains = vec![];
    for action in classes(before.iter().chain(after).copied(), request)? {
        let request = request.clone().of_action(&action);
        let (before, after) = (Reach::new(before, &request), Reach::new(after, &request));
        let gained = after.differences(&before, set)?.into_iter().filter(Difference::is_gain);
        gains.extend(gained.map(|difference| Gain {
            action: action.clone(),
            resource: difference.witness,
            before: difference.other,
            after: difference.own,
        }));
    }
    Ok(gains)
}

/// One action of each class.
fn classes<'p, 'a: 'p, G: 'p>(
    sets: impl Iterator<Item = &'p Policies<'a, G>>,
    request: &Request<'_>,
) -> Result<Vec<String>, TooLarge> {
    let named = sets.flat_map(Policies::statements).map(|statement| statement.actions.named());
    let groups = named.map(globs).chain(special::groups_of(request)).collect();
    told_apart(groups, &Pattern::new("?*:?*"))
}

/// One action of each class that these groups of globs distinguish, of those actions that a glob names.
///
/// # Errors
///
/// When the globs are too entangled.
pub fn classes_within<'g>(
    groups: impl IntoIterator<Item = &'g [String]>,
    within: &Pattern,
) -> Result<Vec<String>, TooLarge> {
    told_apart(groups.into_iter().map(globs).collect(), within)
}

fn told_apart(mut groups: Vec<Vec<Pattern>>, within: &Pattern) -> Result<Vec<String>, TooLarge> {
    groups.extend(APART.map(|glob| vec![Pattern::new(glob)]));
    groups.extend(special::groups());
    groups.push(KNOW_OBJECT_TAGS.map(Pattern::new).into());
    // Statements often name the same actions.
    groups.sort_unstable_by_key(|group| format!("{group:?}"));
    groups.dedup();
    let witnesses = Automaton::new(&groups).every_combination(&Set::Matching(within))?;
    Ok(witnesses.into_iter().map(|(_, action)| action).collect())
}

fn globs(actions: &[String]) -> Vec<Pattern> {
    actions.iter().map(|glob| Pattern::action(glob)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arn::Arn;
    use crate::policy::Document;
    use crate::policy::compile::Kind;
    use crate::policy::principal::Requester;
    use crate::policy::request::Context;

    #[test]
    fn a_mend_allows_what_was_asked_for_and_nothing_else() {
        let requester = Requester::Role(Arn::parse("arn:aws:iam::111122223333:role/r").unwrap());
        let context = Context::open();
        let request = Request::new("", &requester, None, &context);
        let role = Document::parse(
            r#"{"Statement":[{"Effect":"Allow","Action":["s3:Get*","sqs:*"],"Resource":"arn:aws:s3:::*sagemaker*"},
                {"Effect":"Deny","NotAction":"s3:*","Resource":"*"}]}"#,
        )
        .unwrap();
        let mend = |action: &str| {
            let statement = format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"arn:aws:s3:::labels/*"}}"#);
            Document::parse(&format!(r#"{{"Statement":{statement}}}"#)).unwrap()
        };
        let gained = |mend: Option<&Document>, than: Option<&Document>| {
            let [mut before, mut after] = [Policies::<()>::new(), Policies::new()];
            for (set, more) in [(&mut before, than), (&mut after, mend)] {
                set.add(Kind::Identity, "role", None, &role);
                if let Some(document) = more {
                    set.add(Kind::Identity, "mend", None, document);
                }
            }
            let everything = Pattern::new("*");
            let gains = gains(&[&before], &[&after], &request, &Set::Matching(&everything)).unwrap();
            gains.into_iter().map(|gain| format!("{} {}", gain.action, gain.resource)).collect::<Vec<_>>()
        };
        let (put, all, other) = (mend("s3:PutObject"), mend("s3:*"), mend("sqs:SendMessage"));
        assert_eq!(gained(Some(&put), None), ["s3:putobject arn:aws:s3:::labels/"]);
        // Nothing is gained beyond what was asked for, and more is when more is given.
        assert_eq!(gained(Some(&put), Some(&put)), [""; 0]);
        assert_eq!(gained(Some(&put), Some(&all)), [""; 0]);
        let classes = ["s3:x", "s3:get", "s3:getobject", "s3:putobjectacl"];
        assert_eq!(gained(Some(&all), Some(&put)), classes.map(|action| format!("{action} arn:aws:s3:::labels/")));
        // What is denied all the same is no gain.
        assert_eq!(gained(Some(&other), None), [""; 0]);
    }
}
