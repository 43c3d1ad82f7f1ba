//! The rules by name: an id is a rule's name in kebab-case, and never changes its meaning.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

macro_rules! rule_ids {
    ($($id:ident $name:literal,)*) => {
        /// A rule, by its id.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
        pub enum RuleId {
            $(#[doc = $name] #[serde(rename = $name)] $id,)*
        }

        impl RuleId {
            /// Every id, ascending.
            pub const ALL: &[Self] = &[$(Self::$id),*];

            /// The id as people write it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$id => $name,)*
                }
            }
        }
    };
}

rule_ids! {
    BucketDenied "bucket-denied",
    BucketInOtherRegion "bucket-in-other-region",
    BucketKeyUnusable "bucket-key-unusable",
    BucketOutOfReach "bucket-out-of-reach",
    BucketReachedInPart "bucket-reached-in-part",
    BucketTagGrantsNothing "bucket-tag-grants-nothing",
    BucketWithoutCors "bucket-without-cors",
    BuiltinFunctionMisaddressed "builtin-function-misaddressed",
    ConsoleAccessIncomplete "console-access-incomplete",
    FunctionCannotReadOutput "function-cannot-read-output",
    FunctionDenied "function-denied",
    FunctionOutOfReach "function-out-of-reach",
    JobBlocked "job-blocked",
    JobFailedOnPermission "job-failed-on-permission",
    ManagedPolicyChanged "managed-policy-changed",
    PassRoleNeverMatches "pass-role-never-matches",
    PassRoleUnrestricted "pass-role-unrestricted",
    PrivilegeEscalation "privilege-escalation",
    ResourceScopeIgnored "resource-scope-ignored",
    RoleBroaderThanNeeded "role-broader-than-needed",
    RoleCannotPassItself "role-cannot-pass-itself",
    RoleCannotStream "role-cannot-stream",
    RoleNotAssumable "role-not-assumable",
    TrustWithoutSource "trust-without-source",
    UnknownAction "unknown-action",
}

impl RuleId {
    /// The rule of an id.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.as_str() == id)
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_ascend_as_their_variants_do() {
        assert!(RuleId::ALL.is_sorted_by_key(|rule| rule.as_str()));
        assert!(RuleId::ALL.iter().all(|rule| RuleId::parse(rule.as_str()) == Some(*rule)));
    }
}
