//! What closes findings about a key: a statement of the identity where the key leaves it to the account, else one of the
//! key's own policy, for just that role.

use super::asked::{Grant, On, When};
use super::cure::{Cure, Target, Wish};
use super::obstacle::{Obstacle, limit, obstacles};
use crate::access::Ask;
use crate::arn::Arn;
use crate::finding::Finding;
use crate::labeling::keys::{self, KeyUse};
use crate::labeling::{ExecutionRole, Setup, Use};
use crate::rules::bucket_key_unusable;

/// A role must use the key of a bucket, by way of S3.
pub(super) fn usable(setup: &Setup<'_>, finding: &Finding) -> Cure {
    let mut cure = Cure::default();
    let role = finding.principal.as_ref().and_then(|arn| setup.execution_role(arn.as_str()));
    let bucket = finding.resource.as_ref().and_then(|arn| setup.bucket(arn.resource()).ok().flatten());
    let (Some(role), Some(bucket)) = (role, bucket) else { return cure };
    let usage = finding.usage.unwrap_or(Use::Other);
    match bucket_key_unusable::use_of_key(setup, role, bucket, usage) {
        Ok(Some((_, key))) => {
            let region = bucket.region.known().map_or("", String::as_str);
            let through = |region: &str| equals("kms:ViaService", format!("s3.{region}.amazonaws.com"));
            // By what names services of other partitions go is not documented.
            let when = (bucket.arn.partition() == "aws").then(|| through(region));
            need(&mut cure, setup, role, &key, &when.into_iter().collect::<Vec<_>>());
        }
        Ok(None) => {}
        Err(gap) => drop(cure.open.insert(gap)),
    }
    cure
}

/// A role must do all this with a key, as somebody in a region names it.
pub(super) fn named<'a>(
    cure: &mut Cure,
    setup: &Setup<'a>,
    role: &ExecutionRole<'a>,
    (region, name): (&str, &str),
    asks: &[Ask<'_>],
    when: &[When],
) {
    match setup.use_of_key(role, region, name, asks) {
        Ok(key) => need(cure, setup, role, &key, when),
        Err(gap) => drop(cure.open.insert(gap)),
    }
}

fn need<'a>(cure: &mut Cure, setup: &Setup<'a>, role: &ExecutionRole<'a>, key: &KeyUse<'_>, when: &[When]) {
    let (key, answers) = match key {
        KeyUse::OfAws => return,
        KeyUse::Missing => return cure.stop(limit("key, which does not exist,", "kms:*")),
        KeyUse::Dead(key) => return cure.stop(limit(&format!("state `{}` of the key", key.state), "kms:*")),
        KeyUse::Judged(key, answers) => (key, answers),
    };
    let who = &role.role.arn;
    for answer in answers {
        let action = answer.judged.answer.action();
        let grant = Grant { when: when.iter().cloned().collect(), ..Grant::new(action, On::exactly(&key.arn)) };
        match &answer.obstacle {
            None => cure.open.extend(answer.judged.open_grant.clone().or_else(|| answer.judged.open_stop.clone())),
            Some(keys::Obstacle::Role) => cure.allow(who, grant),
            Some(keys::Obstacle::Key) if key.arn.account() == setup.access.account.id => {
                let of_key = Grant { on: On::Matching("*".to_owned()), ..grant };
                cure.want(Target::Key(key.arn.clone()), Wish::Grant(of_key.to(who.as_str())));
            }
            Some(keys::Obstacle::Key) => cure.stop(foreign(&key.arn, action)),
            Some(keys::Obstacle::Refused(_)) => cure.in_the_way.extend(obstacles(&answer.judged)),
            Some(keys::Obstacle::Limit(what)) => cure.stop(limit(what, action)),
        }
    }
}

impl Cure {
    fn stop(&mut self, obstacle: Obstacle) {
        self.in_the_way.insert(obstacle);
    }
}

fn foreign(key: &Arn, action: &str) -> Obstacle {
    let policy = Some(key.to_string());
    Obstacle { policy, ..limit("key policy of another account,", action) }
}

/// A key of the context has this very value.
pub(super) fn equals(key: &'static str, value: impl Into<String>) -> When {
    When { operator: "StringEquals", key, value: value.into() }
}
