//! The managed policies that somebody carries, each in its default version.
//!
//! The bulk answer holds most of them; those that only serve as a boundary or that AWS has deprecated can be missing
//! there, and one by one they are asked for here. Those that are attached to no identity are left out: they decide nothing.

use std::collections::BTreeSet;

use crate::account::{Fact, Iam, ManagedPolicy, Unknown};
use crate::arn::Arn;
use crate::collect::aws::Aws;
use crate::collect::calls::{GET_POLICY, GET_POLICY_VERSION};
use crate::collect::document;
use crate::collect::gate::each;
use crate::collect::refusal::malformed;

/// Leaves exactly the policies that are attached or bound.
pub(super) async fn complete(aws: &Aws, iam: &mut Iam) {
    let carried = carried(iam);
    iam.policies.retain(|arn, _| carried.contains(arn));
    let missing: Vec<Arn> = carried.into_iter().filter(|arn| !iam.policies.contains_key(arn)).collect();
    let found = each(missing, async |arn| {
        let policy = default_version(aws, &arn).await;
        (arn, policy.into())
    });
    iam.policies.extend(found.await);
}

fn carried(iam: &Iam) -> BTreeSet<Arn> {
    let roles = iam.roles.known().into_iter().flatten().map(|role| (&role.grants, Some(&role.boundary)));
    let users = iam.users.known().into_iter().flatten().map(|user| (&user.grants, Some(&user.boundary)));
    let groups = iam.groups.known().into_iter().flatten().map(|group| (&group.grants, None));
    let mut all = BTreeSet::new();
    for (grants, boundary) in roles.chain(users).chain(groups) {
        all.extend(grants.attached.known().into_iter().flatten().cloned());
        if let Some(Fact::Known(Some(boundary))) = boundary {
            all.insert(boundary.clone());
        }
    }
    all
}

async fn default_version(aws: &Aws, arn: &Arn) -> Result<ManagedPolicy, Unknown> {
    let request = aws.iam.get_policy().policy_arn(arn.as_str()).send();
    let answer = aws.gate.ask(&GET_POLICY, &aws.home, arn.as_str(), request).await?;
    let Some(version) = answer.policy.and_then(|policy| policy.default_version_id) else {
        return Err(malformed(GET_POLICY.action, arn.as_str(), "the answer names no default version"));
    };
    let request = aws.iam.get_policy_version().policy_arn(arn.as_str()).version_id(&version).send();
    let document = match aws.gate.ask(&GET_POLICY_VERSION, &aws.home, arn.as_str(), request).await {
        Ok(answer) => {
            let text = answer.policy_version.and_then(|version| version.document);
            document::read(GET_POLICY_VERSION.action, arn, "policy", text.as_deref())
        }
        Err(refused) => Fact::Unknown(refused.into()),
    };
    Ok(ManagedPolicy { version, document })
}
