//! What of an account is audited, where the command line narrows it.

use crate::account::{Function, Unknown};
use crate::arn::Arn;
use crate::finding::RuleId;
use crate::labeling::LabelingContext;
use crate::policy::Pattern;

/// The execution roles, buckets, functions, labeling jobs and rules that are audited; an empty list admits all of its kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Execution roles.
    pub roles: Vec<Glob>,
    /// Buckets.
    pub buckets: Vec<Glob>,
    /// Functions.
    pub functions: Vec<Glob>,
    /// Labeling jobs: what is about one of them or about what it uses.
    pub jobs: Vec<Glob>,
    /// Rules.
    pub rules: Vec<RuleId>,
    /// Rules that are left out.
    pub skipped: Vec<RuleId>,
}

/// A glob with `*` and `?`: of whole ARNs when it begins with `arn:`, else of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    pattern: Pattern,
    of_arns: bool,
}

/// What a kind of resource is called, the globs for it, and all there are if they could be listed.
type Kind<'a> = (&'static str, &'a [Glob], Option<Vec<&'a Arn>>);

impl Scope {
    /// All there is.
    pub const ALL: Self =
        Self { roles: vec![], buckets: vec![], functions: vec![], jobs: vec![], rules: vec![], skipped: vec![] };

    /// Is all there is audited?
    #[must_use]
    pub fn is_all(&self) -> bool {
        *self == Self::ALL
    }

    /// Is this role, bucket or function audited? An object goes with its bucket, a version with its function; what is
    /// none of these is audited always.
    #[must_use]
    pub fn admits(&self, arn: &Arn) -> bool {
        let (globs, whole) = match (arn.service(), arn.resource()) {
            ("s3", _) => (&self.buckets, until(arn, 0, '/')),
            ("lambda", resource) if resource.starts_with("function:") => {
                (&self.functions, until(arn, "function:".len(), ':'))
            }
            ("iam", resource) if resource.starts_with("role/") => (&self.roles, arn.as_str()),
            _ => return true,
        };
        let name = whole.rsplit([':', '/']).next().unwrap_or(whole);
        globs.is_empty() || globs.iter().any(|glob| glob.matches(whole, name))
    }

    /// Is this rule applied?
    #[must_use]
    pub fn applies(&self, rule: RuleId) -> bool {
        (self.rules.is_empty() || self.rules.contains(&rule)) && !self.skipped.contains(&rule)
    }

    /// Is a labeling job audited?
    pub(super) fn admits_job(&self, job: &Arn) -> bool {
        self.jobs.is_empty() || self.jobs.iter().any(|glob| glob.matches(job.as_str(), job.name()))
    }

    /// Is one of these things a match of what the audit is narrowed to? All is, where it is not narrowed to any.
    pub(super) fn concerns<'p>(&self, about: impl IntoIterator<Item = &'p Arn>) -> bool {
        let is_narrowed = |arn: &Arn| match (arn.service(), arn.resource()) {
            ("s3", _) => !self.buckets.is_empty(),
            ("lambda", _) => !self.functions.is_empty(),
            ("iam", resource) => resource.starts_with("role/") && !self.roles.is_empty(),
            _ => false,
        };
        let names_none = self.roles.is_empty() && self.buckets.is_empty() && self.functions.is_empty();
        names_none || about.into_iter().any(|arn| is_narrowed(arn) && self.admits(arn))
    }

    /// Is what could not be read something that is audited?
    pub(super) fn admits_gap(&self, gap: &Unknown) -> bool {
        Arn::parse(gap.resource()).map_or(true, |arn| self.admits(&arn))
    }

    /// What the reader of a narrowed report should know: to what it is narrowed, and what of that there is not.
    pub(super) fn notes(&self, context: &LabelingContext<'_>) -> Vec<String> {
        let account = context.access.account;
        let unclear = context.unclear.iter().map(|(role, _)| &role.arn);
        let roles = context.execution_roles.iter().map(|role| &role.role.arn).chain(unclear).collect();
        let buckets = account.buckets.known().ok().map(|buckets| buckets.iter().map(|bucket| &bucket.arn).collect());
        let functions = account.regions.values().map(|region| region.functions.known());
        let functions: Option<Vec<&Vec<Function>>> = functions.map(Result::ok).collect();
        let functions = functions.map(|lists| lists.into_iter().flatten().map(|function| &function.arn).collect());
        // What could not be listed is reported as a gap.
        let jobs = context.uses.jobs.iter().map(|job| &job.job.arn).collect();
        let kinds: [Kind<'_>; 4] = [
            ("labeling job", &self.jobs, Some(jobs)),
            ("execution role", &self.roles, context.unlisted.is_none().then_some(roles)),
            ("bucket", &self.buckets, buckets),
            ("function", &self.functions, functions),
        ];
        let narrowed: Vec<String> = kinds
            .iter()
            .filter(|(_, globs, _)| !globs.is_empty())
            .map(|(kind, globs, _)| {
                let globs: Vec<String> = globs.iter().map(|glob| format!("`{}`", glob.pattern)).collect();
                format!("{kind}s {}", globs.join(", "))
            })
            .collect();
        let mut notes = vec![];
        let rules = |rules: &[RuleId]| rules.iter().map(|rule| format!("`{rule}`")).collect::<Vec<_>>().join(", ");
        if !self.rules.is_empty() {
            notes.push(format!("narrowed to the rules {}", rules(&self.rules)));
        }
        if !self.skipped.is_empty() {
            notes.push(format!("without the rules {}", rules(&self.skipped)));
        }
        if !narrowed.is_empty() {
            notes.push(format!("narrowed to {}", narrowed.join("; ")));
        }
        for (kind, globs, there) in kinds {
            let Some(there) = there else { continue };
            let idle = globs.iter().filter(|glob| !there.iter().any(|arn| glob.matches(arn.as_str(), arn.name())));
            notes.extend(idle.map(|glob| format!("no {kind} matches `{}`: nothing was audited for it", glob.pattern)));
        }
        notes
    }
}

impl Glob {
    /// Every text is a glob.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { pattern: Pattern::new(text), of_arns: text.starts_with("arn:") }
    }

    fn matches(&self, arn: &str, name: &str) -> bool {
        self.pattern.matches(if self.of_arns { arn } else { name })
    }
}

/// An ARN up to a separator in its resource, which is sought behind so many bytes.
fn until(arn: &Arn, behind: usize, separator: char) -> &str {
    let resource = arn.resource();
    let end = resource.get(behind..).and_then(|rest| rest.find(separator)).map_or(resource.len(), |at| behind + at);
    let text = arn.as_str();
    text.get(..text.len() - resource.len() + end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arn(text: &str) -> Arn {
        Arn::parse(text).unwrap()
    }

    #[test]
    fn names_or_whole_arns_are_matched_and_an_empty_list_admits_all() {
        let globs = |texts: &[&str]| texts.iter().map(|text| Glob::new(text)).collect();
        let scope = Scope {
            roles: globs(&["Gt?xecution", "arn:aws:iam::111122223333:role/team/*"]),
            buckets: globs(&["signs-*"]),
            ..Scope::ALL
        };
        for (text, admitted) in [
            ("arn:aws:iam::111122223333:role/GtExecution", true),
            ("arn:aws:iam::111122223333:role/path/GtExecution", true),
            ("arn:aws:iam::111122223333:role/team/Other", true),
            ("arn:aws:iam::111122223333:role/Other", false),
            ("arn:aws:iam::111122223333:user/Other", true),
            ("arn:aws:s3:::signs-raw", true),
            ("arn:aws:s3:::signs-raw/a/b", true),
            ("arn:aws:s3:::other/signs-raw", false),
            ("arn:aws:lambda:us-east-1:111122223333:function:any:1", true),
            ("arn:aws:kms:us-east-1:111122223333:key/k", true),
        ] {
            assert_eq!(scope.admits(&arn(text)), admitted, "{text}");
        }
        let scope = Scope { functions: globs(&["signs-pre", "arn:*:eu-west-1:*:signs-post"]), ..Scope::ALL };
        for (text, admitted) in [
            ("arn:aws:lambda:us-east-1:111122223333:function:signs-pre", true),
            ("arn:aws:lambda:us-east-1:111122223333:function:signs-pre:live", true),
            ("arn:aws:lambda:us-east-1:111122223333:function:signs-post", false),
            ("arn:aws:lambda:eu-west-1:111122223333:function:signs-post:2", true),
            ("arn:aws:s3:::other", true),
        ] {
            assert_eq!(scope.admits(&arn(text)), admitted, "{text}");
        }
        assert!(Scope::ALL.is_all() && !scope.is_all());
    }
}
