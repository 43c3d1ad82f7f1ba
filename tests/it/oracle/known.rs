//! Where MiniStack is known to decide otherwise than AWS documents, and gt-audit as AWS.

/// A set-up, whether MiniStack allows its call, and what settles it.
pub struct Known(pub &'static str, pub bool, pub Page);

/// A page of the IAM User Guide, and its words.
#[derive(Clone, Copy)]
pub struct Page(pub &'static str, pub &'static str);

/// MiniStack compares with the session's ARN.
const PRINCIPAL_ARN: Page = Page(
    "reference_policies_condition-keys",
    "IAM role: the context holds arn:aws:iam::123456789012:role/role-name; do not specify the assumed role session ARN",
);
/// MiniStack takes a variable for plain text.
const VARIABLES: Page = Page(
    "reference_policies_variables",
    "policy variables are replaced with values that come from the conditional context keys passed in the request",
);
/// MiniStack completes nothing.
const INCOMPLETE: Page = Page(
    "reference_policies_elements_resource",
    "an incomplete ARN in an identity-based policy: AWS adds wildcards for all missing fields; arn:aws:sqs is \
     arn:aws:sqs:*:*:*",
);
/// MiniStack passes over statements with a `NotPrincipal`.
const NOT_PRINCIPAL: Page = Page(
    "reference_policies_elements_notprincipal",
    "to deny access to all principals except those specified in the NotPrincipal element",
);
/// MiniStack limits what is granted to everybody. AWS does not where a condition narrows it down to the role, and so
/// not where nothing narrows it down.
const EVERYBODY: Page = Page(
    "reference_policies_elements_principal",
    "permissions boundaries or session policies do not limit permissions granted using aws:PrincipalArn with a \
     wildcard (*) in the Principal element, unless they contain an explicit deny",
);
/// MiniStack asks another account's bucket about the caller's account only, not about the role.
const ABROAD: Page = Page(
    "reference_policies_evaluation-logic-cross-account",
    "AWS evaluates the request in the trusting and in the trusted account; it is allowed only if both return Allow \
     (and both do: a resource-based policy may name a role or a role session, reference_policies_elements_principal)",
);

pub const KNOWN: &[Known] = &[
    Known("role-by-its-arn", false, PRINCIPAL_ARN),
    Known("all-but-the-role", false, PRINCIPAL_ARN),
    Known("grant-all-by-role", false, PRINCIPAL_ARN),
    Known("variable", false, VARIABLES),
    Known("variable-with-default", false, VARIABLES),
    Known("resource-incomplete", false, INCOMPLETE),
    Known("bucket-denies-all-but-another", true, NOT_PRINCIPAL),
    Known("boundary-spares-grant-to-all", false, EVERYBODY),
    Known("session-spares-grant-to-all", false, EVERYBODY),
    Known("abroad-both-by-role", false, ABROAD),
    Known("abroad-both-by-session", false, ABROAD),
];
