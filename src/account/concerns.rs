//! What a single question is about: the names whose facts are needed to answer it, and no others.
//!
//! Plain names, as a question or a labeling job has them. Knows no call and no policy.

use std::collections::BTreeSet;

use crate::arn::Arn;

/// The names that a question mentions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Concerns {
    /// Roles and users.
    pub identities: BTreeSet<Named>,
    /// Buckets, by name.
    pub buckets: BTreeSet<String>,
    /// Functions, without a qualifier.
    pub functions: BTreeSet<Arn>,
    /// Keys, by region and as they are named.
    pub keys: BTreeSet<(String, String)>,
    /// A labeling job, by name or ARN; what it uses counts too.
    pub job: Option<String>,
}

/// An identity, by its name without a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// A role that something is done to: its trust policy and tags, and not its own policies.
    Resource(String),
    /// A role.
    Role(String),
    /// A user.
    User(String),
    /// A role, or else a user.
    Either(String),
}

impl Concerns {
    /// Both together; the job stays.
    pub fn extend(&mut self, other: Self) {
        self.identities.extend(other.identities);
        self.buckets.extend(other.buckets);
        self.functions.extend(other.functions);
        self.keys.extend(other.keys);
    }

    /// Adds a principal as people name one: by ARN, also of a session, or by name.
    pub fn add_principal(&mut self, named: &str) {
        match Arn::parse(named) {
            Ok(arn) => self.add_identity(&arn),
            Err(_) => drop(self.identities.insert(Named::Either(named.to_owned()))),
        }
    }

    /// Adds a role, a user or a role's session; nothing of any other ARN.
    pub fn add_identity(&mut self, arn: &Arn) {
        let resource = arn.resource();
        let named = match (arn.service(), resource.split('/').next()) {
            ("sts", Some("assumed-role")) => resource.split('/').nth(1).map(|role| Named::Role(role.to_owned())),
            ("iam", Some("role")) => Some(Named::Role(arn.name().to_owned())),
            ("iam", Some("user")) => Some(Named::User(arn.name().to_owned())),
            _ => None,
        };
        self.identities.extend(named);
    }

    /// Adds a resource, as far as it has facts of its own.
    pub fn add_resource(&mut self, arn: &Arn) {
        match arn.service() {
            "s3" => drop(self.buckets.insert(arn.resource().split('/').next().unwrap_or_default().to_owned())),
            "lambda" => self.functions.extend(function(arn)),
            "kms" => drop(self.keys.insert((arn.region().to_owned(), arn.as_str().to_owned()))),
            "iam" if arn.resource().starts_with("role/") => {
                self.identities.insert(Named::Resource(arn.name().to_owned()));
            }
            _ => self.add_identity(arn),
        }
    }
}

/// The function without version or alias.
fn function(arn: &Arn) -> Option<Arn> {
    let name = arn.resource().strip_prefix("function:")?.split(':').next()?;
    Some(Arn::of(arn.partition(), arn.service(), arn.region(), arn.account(), &format!("function:{name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_names_what_it_is_about() {
        let mut concerns = Concerns::default();
        concerns.add_principal("Gt");
        concerns.add_principal("arn:aws:sts::111122223333:assumed-role/Session/s");
        concerns.add_principal("arn:aws:iam::111122223333:user/a/b/Ada");
        for resource in [
            "arn:aws:s3:::signs/a/b",
            "arn:aws:lambda:us-east-1:111122223333:function:pre:live",
            "arn:aws:kms:us-east-1:111122223333:alias/a",
            "arn:aws:iam::111122223333:role/p/Passed",
            "arn:aws:sqs:us-east-1:111122223333:q",
        ] {
            concerns.add_resource(&Arn::parse(resource).unwrap());
        }
        let identities = [
            Named::Resource("Passed".to_owned()),
            Named::Role("Session".to_owned()),
            Named::User("Ada".to_owned()),
            Named::Either("Gt".to_owned()),
        ];
        let function = Arn::parse("arn:aws:lambda:us-east-1:111122223333:function:pre").unwrap();
        let key = ("us-east-1".to_owned(), "arn:aws:kms:us-east-1:111122223333:alias/a".to_owned());
        assert_eq!(
            concerns,
            Concerns {
                identities: identities.into(),
                buckets: ["signs".to_owned()].into(),
                functions: [function].into(),
                keys: [key].into(),
                job: None,
            }
        );
    }
}
