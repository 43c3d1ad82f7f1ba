//! A second, slow and obvious evaluator of IAM policies, which the engine is held against.
//!
//! It works on a line of `gt-audit simulate` as JSON and follows the AWS documentation sentence by sentence; page names
//! are the IAM User Guide's unless said otherwise. It shares no code with `src`, so that a misreading there is not
//! repeated here. Everything about the request is known. Where the documentation is silent it answers `None`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use self::condition::{Filled, glob, wild};
use self::principal::{WAYS, Way, Who};

mod condition;
mod principal;

/// What is decided, in AWS's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    ImplicitDeny,
    ExplicitDeny,
}

/// Yes, no, or not documented.
pub type Answer = Option<bool>;

/// A request and its policies.
#[derive(Debug)]
pub struct Request<'a> {
    line: &'a Value,
    action: String,
    resource: &'a str,
    /// The account that owns the resource.
    owner: Option<&'a str>,
    who: Who<'a>,
    /// By key, in small letters.
    pub context: BTreeMap<String, Vec<String>>,
}

/// Decides a line of `gt-audit simulate` that leaves nothing unknown.
pub fn decide(line: &Value) -> Option<Decision> {
    Request::read(line)?.decide()
}

/// All must hold; one that certainly does not settles it.
pub fn all(answers: impl IntoIterator<Item = Answer>) -> Answer {
    not(any(answers.into_iter().map(not)))
}

/// One must hold; one that certainly does settles it.
pub fn any(answers: impl IntoIterator<Item = Answer>) -> Answer {
    let answers: Vec<Answer> = answers.into_iter().collect();
    if answers.contains(&Some(true)) {
        Some(true)
    } else if answers.contains(&None) {
        None
    } else {
        Some(false)
    }
}

/// The other way round.
pub fn not(answer: Answer) -> Answer {
    answer.map(|yes| !yes)
}

/// One or many.
pub fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => vec![],
        Value::Array(many) => many.iter().collect(),
        one => vec![one],
    }
}

/// One or many texts; numbers and booleans as JSON prints them.
pub fn texts(value: &Value) -> Vec<String> {
    let text = |one: &Value| one.as_str().map_or_else(|| one.to_string(), str::to_owned);
    list(value).into_iter().map(text).collect()
}

impl<'a> Request<'a> {
    fn read(line: &'a Value) -> Option<Self> {
        let action = line["action"].as_str()?.to_lowercase();
        let resource = line["resource"].as_str()?;
        let mut context = BTreeMap::new();
        for (key, values) in line["context"].as_object().into_iter().flatten() {
            // `reference_policies_elements_condition`: keys that differ by case alone are ambiguous.
            if context.insert(key.to_lowercase(), texts(values)).is_some() {
                return None;
            }
        }
        // Amazon S3 User Guide, `tagging-and-policies`: these requests do not know the tags that an object has.
        if ["s3:putobject", "s3:deleteobject", "s3:listbucket", "s3:putbucketpolicy"].contains(&action.as_str()) {
            context.retain(|key, _| !key.starts_with("s3:existingobjecttag/"));
        }
        let in_arn = resource.split(':').nth(4).filter(|account| !account.is_empty());
        let owner = line["resourceAccount"].as_str().or(in_arn);
        let request = Self { line, action, resource, owner, who: Who::of(line)?, context };
        request.is_possible().then_some(request)
    }

    /// Some combinations do not exist, so that nothing is documented of them.
    fn is_possible(&self) -> bool {
        let given = |field: &str| !list(&self.line[field]).is_empty();
        let own = given("identityPolicies") || given("boundary") || given("sessionPolicy");
        let passes = self.action.starts_with("iam:");
        let beside = ["boundary", "sessionPolicy", "resourcePolicy", "endpointPolicy", "scps", "rcps", "grants"];
        match self.who {
            Who::Unnamed => !beside.iter().any(|field| given(field)),
            Who::Service(_) | Who::Anonymous if own || passes || self.action == "sts:getcalleridentity" => false,
            // STS API Reference, `API_AssumeRole`: the root user can't assume a role.
            Who::Root(_) if own || self.action == "sts:assumerole" => false,
            // What services may do to what they manage is not said.
            Who::Service(_) if self.is_managed_by_aws() => false,
            Who::User(_) if given("sessionPolicy") => false,
            _ => !(passes && given("resourcePolicy")),
        }
    }

    /// `reference_policies_evaluation-logic_policy-eval-denyallow`: an explicit deny anywhere wins, else all that limits
    /// must allow, and something must grant.
    fn decide(&self) -> Option<Decision> {
        // STS API Reference, `API_GetCallerIdentity`: no permissions are required, not even against an explicit deny.
        if self.action == "sts:getcalleridentity" {
            return self.line["endpointPolicy"].is_null().then_some(Decision::Allowed);
        }
        // `id_credentials_temp_control-access_getsessiontoken`: "No permissions are required for a user", and the action in a
        // policy "has no effect". `id_credentials_sts-comparison`: only users and the root user can call it.
        if self.action == "sts:getsessiontoken" {
            let may = matches!(self.who, Who::User(_) | Who::Root(_) | Who::Unnamed);
            return may.then_some(Decision::Allowed);
        }
        let allowed = all([self.scps_allow(), self.endpoint_allows(), self.granted()]);
        match (self.denied(), allowed) {
            (Some(true), _) => Some(Decision::ExplicitDeny),
            (Some(false), Some(true)) => Some(Decision::Allowed),
            (Some(false), Some(false)) => Some(Decision::ImplicitDeny),
            _ => None,
        }
    }

    fn denied(&self) -> Answer {
        let scps = || self.scps().into_iter().flatten().map(|document| self.says("Deny", document, unnamed));
        let rcps = || self.rcps().into_iter().map(|document| self.says("Deny", document, |s| self.bound_by_rcp(s)));
        let own = self.identity_policies();
        let own = own.iter().chain([&self.line["boundary"], &self.line["sessionPolicy"]]);
        let by_resource = WAYS.map(|way| self.says("Deny", &self.line["resourcePolicy"], |s| self.speaks_of(s, way)));
        let by_endpoint = WAYS.map(|way| self.says("Deny", &self.line["endpointPolicy"], |s| self.passes(s, way)));
        let own = own.map(|document| self.says("Deny", document, unnamed));
        // Amazon S3 API Reference, `API_PutBucketPolicy`: the owner's root user may, "even if their bucket policy explicitly
        // denies"; VPC endpoint policies and the organization's policies can refuse it.
        let owners_root = matches!(self.who, Who::Root(_)) && self.same_account() && self.is_on_bucket_policy();
        let by_resource = by_resource.into_iter().filter(|_| !owners_root && !self.is_without_policy());
        any(scps().chain(rcps()).chain(own).chain(by_resource).chain(by_endpoint))
    }

    /// `orgs_manage_policies_scps_evaluation`: an Allow at every level from the root to the account.
    fn scps_allow(&self) -> Answer {
        let level = |documents: Vec<&Value>| any(documents.into_iter().map(|d| self.says("Allow", d, unnamed)));
        all(self.scps().into_iter().map(level))
    }

    /// `orgs_manage_policies_scps`: SCPs bind users and roles of member accounts, root users too; not service-linked
    /// roles, nor who has no account.
    fn scps(&self) -> Vec<Vec<&Value>> {
        if self.who.account().is_none() || self.who.is_service_linked() {
            return vec![];
        }
        list(&self.line["scps"]).into_iter().map(list).collect()
    }

    /// `orgs_manage_policies_rcps`: RCPs bind whoever asks, except service-linked roles. They only take away.
    fn rcps(&self) -> Vec<&Value> {
        if self.who.is_service_linked() {
            return vec![];
        }
        list(&self.line["rcps"]).into_iter().flat_map(list).collect()
    }

    /// `orgs_manage_policies_rcps_syntax`: the principal is `*`. The list of services with RCPs grows, so of others nothing
    /// is said here.
    fn bound_by_rcp(&self, statement: &Value) -> Answer {
        let supported = ["s3:", "sts:"].iter().any(|service| self.action.starts_with(service));
        (statement["Principal"] == "*" && supported).then_some(true)
    }

    /// Amazon VPC `vpc-endpoints-access`: an endpoint policy names the principals that may use it.
    fn endpoint_allows(&self) -> Answer {
        let policy = &self.line["endpointPolicy"];
        if policy.is_null() {
            return Some(true);
        }
        any(WAYS.map(|way| self.says("Allow", policy, |s| self.passes(s, way))))
    }

    /// "Principals for gateway endpoints": there an account means its root user alone, and whether the endpoint of S3 is a
    /// gateway is not said.
    fn passes(&self, statement: &Value, way: Way) -> Answer {
        let named = self.speaks_of(statement, way);
        let unclear = way == Way::Account && self.action.starts_with("s3:") && !matches!(self.who, Who::Root(_));
        if unclear && named == Some(true) { None } else { named }
    }

    /// What grants: `reference_policies_evaluation-logic_policy-eval-denyallow`, `access_policies_boundaries`.
    fn granted(&self) -> Answer {
        // `reference_policies_evaluation-logic`: the root user has full access.
        let identity = match self.who {
            Who::Root(_) => Some(true),
            _ => any(self.identity_policies().iter().map(|document| self.says("Allow", document, unnamed))),
        };
        let limit = |field: &str| match &self.line[field] {
            Value::Null => Some(true),
            document => self.says("Allow", document, unnamed),
        };
        let limits = all([limit("boundary"), limit("sessionPolicy")]);
        let resource = |way: Way| {
            let policy = self.says("Allow", &self.line["resourcePolicy"], |s| self.speaks_of(s, way));
            any([policy, self.granted_by_kms(way)])
        };
        let [account, role, direct] = WAYS.map(resource);
        let same_account = self.same_account();
        match self.who {
            _ if self.is_managed_by_aws() => Some(false),
            // KMS Developer Guide, `alias-access` and `kms-api-permissions-reference`: "IAM policy", and only in one account.
            Who::Service(_) | Who::Anonymous if self.is_without_policy() => Some(false),
            _ if self.is_without_policy() => all([Some(same_account), identity, limits]),
            Who::Unnamed => all([identity, limits]),
            // They have no identity policies.
            Who::Service(_) | Who::Anonymous => direct,
            // `id_roles_use_passrole`: roles are passed within an account.
            _ if !same_account && self.action == "iam:passrole" => Some(false),
            // Amazon S3 API Reference, `API_PutBucketPolicy`: nobody of another account.
            _ if !same_account && self.is_on_bucket_policy() => Some(false),
            // KMS Developer Guide, `key-policy-modifying-external-accounts`: other permissions than these have no effect.
            _ if !same_account && self.action.starts_with("kms:") && !self.uses_a_key() => Some(false),
            // `reference_policies_evaluation-logic_policy-eval-cross-account`: both sides.
            _ if !same_account => all([identity, limits, any([account, role, direct])]),
            // KMS Developer Guide `key-policies`, and `id_roles_update-role-trust-policy`: without the resource's policy nothing.
            _ if self.action.starts_with("kms:") || self.action == "sts:assumerole" => {
                any([direct, all([role, limits]), all([identity, account, limits])])
            }
            _ => any([direct, all([role, limits]), all([identity, limits])]),
        }
    }

    fn same_account(&self) -> bool {
        match (self.who.account(), self.owner) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        }
    }

    fn is_on_bucket_policy(&self) -> bool {
        ["s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy"].contains(&self.action.as_str())
    }

    /// Asked of a resource that has no policy: an alias, or no key at all.
    fn is_without_policy(&self) -> bool {
        let Some(name) = self.action.strip_prefix("kms:") else { return false };
        let on_alias =
            name.ends_with("alias") && self.resource.splitn(6, ':').nth(5).is_some_and(|r| r.starts_with("alias/"));
        let no_key = ["createkey", "listkeys", "listaliases", "listretirablegrants", "generaterandom"];
        on_alias || no_key.contains(&name) || name.contains("customkeystore")
    }

    /// What can be allowed to another account: to use a key, to see what it is, and to give and take grants.
    fn uses_a_key(&self) -> bool {
        let name = self.action.strip_prefix("kms:").unwrap_or_default();
        ["encrypt", "decrypt", "reencrypt", "generatedatakey", "generatemac", "sign", "verify", "derivesharedsecret"]
            .iter()
            .any(|start| name.starts_with(start))
            || [
                "describekey",
                "getpublickey",
                "getkeyrotationstatus",
                "creategrant",
                "listgrants",
                "retiregrant",
                "revokegrant",
            ]
            .contains(&name)
    }

    /// What nobody in the account can change: AWS's managed policies (`access_policies_managed-vs-inline`), the permissions
    /// of service-linked roles (IAM API Reference, `UnmodifiableEntity`), IAM Identity Center's roles, AWS's own aliases.
    fn is_managed_by_aws(&self) -> bool {
        let Some((service, name)) = self.action.split_once(':') else { return false };
        let parts: Vec<&str> = self.resource.splitn(6, ':').collect();
        let ["arn", _, of, _, owner, resource] = parts[..] else { return false };
        let changes = ["create", "update", "delete", "put", "attach", "detach", "set", "tag", "untag"];
        let changes = changes.iter().any(|verb| name.starts_with(verb));
        if service != of {
            return false;
        }
        match service {
            "iam" if owner == "aws" => changes && name.contains("policy"),
            "iam" if resource.starts_with("role/aws-reserved/") => changes || name == "passrole",
            "iam" if resource.starts_with("role/aws-service-role/") => {
                changes && !["updaterole", "updateroledescription", "tagrole", "untagrole"].contains(&name)
            }
            "kms" => resource.starts_with("alias/aws/") && changes,
            _ => false,
        }
    }

    /// KMS Developer Guide, `grants` and `create-grant-overview`: a grant counts as an Allow of the key policy.
    fn granted_by_kms(&self, way: Way) -> Answer {
        let Some(asked) = self.action.strip_prefix("kms:") else { return Some(false) };
        any(list(&self.line["grants"]).into_iter().map(|grant| {
            let grantee = grant["GranteePrincipal"].as_str()?;
            let kind = if grantee.starts_with("arn:") { "AWS" } else { "Service" };
            let operation = texts(&grant["Operations"]).iter().any(|operation| operation.to_lowercase() == asked);
            let free = ["describekey", "getpublickey", "retiregrant"].contains(&asked);
            let constrained = if free { Some(true) } else { self.within(&grant["Constraints"]) };
            all([self.named_by(kind, grantee, way), Some(operation), constrained])
        }))
    }

    /// Does the encryption context satisfy a grant's constraints?
    fn within(&self, constraints: &Value) -> Answer {
        all(constraints.as_object().into_iter().flatten().map(|(kind, pairs)| {
            let pairs = pairs.as_object()?;
            let equal = all(pairs.iter().map(|(key, wanted)| {
                match self.context.get(&format!("kms:encryptioncontext:{}", key.to_lowercase())).map(Vec::as_slice) {
                    None => Some(false),
                    Some([one]) => Some(Some(one.as_str()) == wanted.as_str()),
                    Some(_) => None,
                }
            }));
            // Keys are compared without case; where the names are not given, they are those of the pairs.
            let given = self.context.get("kms:encryptioncontextkeys").cloned();
            let of_pairs = self.context.keys().filter_map(|key| key.strip_prefix("kms:encryptioncontext:"));
            let names = given.unwrap_or_else(|| of_pairs.map(str::to_owned).collect());
            let among = |name: &String| pairs.keys().any(|key| key.eq_ignore_ascii_case(name));
            let no_other = || names.iter().all(among);
            match kind.as_str() {
                "EncryptionContextSubset" => equal,
                "EncryptionContextEquals" => all([equal, Some(no_other())]),
                _ => None,
            }
        }))
    }

    fn identity_policies(&self) -> Vec<Value> {
        let managed = texts(&self.line["policies"]).into_iter().map(|name| {
            let version = gt_audit::knowledge::managed::known(&name).unwrap();
            serde_json::to_value(&version.document).unwrap()
        });
        managed.chain(list(&self.line["identityPolicies"]).into_iter().cloned()).collect()
    }

    /// Has a document a statement of this effect that concerns the request?
    fn says(&self, effect: &str, document: &Value, speaks_of: impl Fn(&Value) -> Answer) -> Answer {
        let statements = list(&document["Statement"]).into_iter().filter(|statement| statement["Effect"] == effect);
        let version = document["Version"].as_str().unwrap_or("2008-10-17");
        any(statements.map(|statement| {
            let variables = version == "2012-10-17";
            all([
                only_known_elements(statement),
                self.concerns_action(statement),
                self.concerns_resource(statement, variables),
                self.holds(&statement["Condition"], variables),
                speaks_of(statement),
            ])
        }))
    }

    /// `reference_policies_elements_action`, `..._notaction`: without regard to case, with `*` and `?`.
    fn concerns_action(&self, statement: &Value) -> Answer {
        let named = |globs: &Value| texts(globs).iter().any(|g| glob(&wild(&g.to_lowercase()), &self.action));
        match (&statement["Action"], &statement["NotAction"]) {
            (Value::Null, Value::Null) => None,
            (globs, Value::Null) => Some(named(globs)),
            (Value::Null, globs) => Some(!named(globs)),
            _ => None,
        }
    }

    /// `reference_policies_elements_resource`, `..._notresource`.
    fn concerns_resource(&self, statement: &Value, variables: bool) -> Answer {
        let deny = statement["Effect"] == "Deny" && statement["NotResource"].is_null();
        let named = |globs: &Value| any(texts(globs).iter().map(|glob| self.is_resource(glob, variables, deny)));
        match (&statement["Resource"], &statement["NotResource"]) {
            // A role's trust policy is about that role.
            (Value::Null, Value::Null) => {
                let of_principals = !statement["Principal"].is_null() || !statement["NotPrincipal"].is_null();
                (of_principals && self.action.starts_with("sts:")).then_some(true)
            }
            (globs, Value::Null) => named(globs),
            (Value::Null, globs) => {
                // All but what has no value: the whole statement may be invalid then.
                let valueless = |glob: &String| variables && matches!(self.fill(glob, true), Some(Filled::Valueless));
                if texts(globs).iter().any(valueless) { None } else { not(named(globs)) }
            }
            _ => None,
        }
    }

    fn is_resource(&self, pattern: &str, variables: bool, deny: bool) -> Answer {
        if pattern == "*" {
            return Some(true);
        }
        // `reference_policies_variables`: variables stand behind the fifth colon.
        let early = pattern.splitn(6, ':').take(5).any(|part| part.contains("${"));
        if !pattern.starts_with("arn:") || (variables && early) {
            return None;
        }
        let missing = 5_usize.saturating_sub(pattern.matches(':').count());
        let pattern = format!("{pattern}{}", ":*".repeat(missing));
        // A variable without a value: the text matches no resource.
        let Filled::Text(pattern) = self.fill(&pattern, variables)? else { return Some(false) };
        let parts: Vec<(&str, &str)> = pattern.splitn(6, ':').zip(self.resource.splitn(6, ':')).collect();
        if parts.len() == 6 && parts.iter().all(|(pattern, part)| glob(pattern, part)) {
            return Some(true);
        }
        // `reference_policies_elements_resource`: at the end of a part `*` "can expand to match beyond the colon
        // boundaries"; S3's `s3-arn-format`: wildcards never cross them. A Deny takes the newer page.
        // Of some services no resource has more colons than five (Service Authorization Reference).
        let beyond = runs_on(&pattern.splitn(6, ':').collect::<Vec<_>>(), self.resource, 0);
        let more_colons = !["arn:aws:iam:", "arn:aws:kms:"].iter().any(|service| self.resource.starts_with(service));
        ((deny && more_colons) || !beyond).then_some(beyond)
    }
}

/// Do these parts of a pattern match, if a `*` that ends the region (part 3) or the account (part 4) may stand for several
/// parts? It cannot for the service: "you can't use a wildcard in the service segment".
fn runs_on(parts: &[&str], text: &str, number: usize) -> bool {
    let [part, others @ ..] = parts else { return false };
    if others.is_empty() {
        return glob(part, text);
    }
    let expands = (number == 3 || number == 4) && part.ends_with(condition::ANY);
    let colons: Vec<usize> = text.match_indices(':').map(|(at, _)| at).collect();
    let matches = colons.first().is_some_and(|first| glob(part, &text[..*first]));
    let ends = colons.iter().take(if expands { colons.len() } else { 1 });
    matches && ends.into_iter().any(|end| runs_on(others, &text[end + 1..], number + 1))
}

/// Policies without principals: whoever they are attached to.
fn unnamed(statement: &Value) -> Answer {
    (statement["Principal"].is_null() && statement["NotPrincipal"].is_null()).then_some(true)
}

fn only_known_elements(statement: &Value) -> Answer {
    const KNOWN: [&str; 9] =
        ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
    let known = |(element, value): (&String, &Value)| KNOWN.contains(&element.as_str()) && *value != json!([]);
    statement.as_object()?.iter().all(known).then_some(true)
}
