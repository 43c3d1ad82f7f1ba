//! What AWS's access-denied messages say: the phrases of the reason, the wrappers of command lines and SDKs, services' own
//! sentences, error codes, and the action that an API operation needs.
//!
//! The data are in `messages.json`. A template is a sentence with slots: `{resource}`. White space and case do not count
//! in it. How a text is read has never been heard of here.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// The kind of a cause, as reports name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// No identity-based policy allows it.
    NotGranted,
    /// A Deny statement applies.
    ExplicitDeny,
    /// The permissions boundary does not allow it.
    Boundary,
    /// No service control policy of a level allows it.
    ControlPolicy,
    /// The session policy does not allow it.
    SessionPolicy,
    /// The resource's own policy does not allow it; trust policies too.
    ResourcePolicy,
    /// The policy of the VPC endpoint does not allow it.
    EndpointPolicy,
    /// The key policy does not allow it.
    KeyPolicy,
    /// The key cannot be used by any principal.
    KeyState,
    /// There is no such thing.
    Missing,
    /// The resource is in another region.
    WrongRegion,
    /// A value of the request is wrong.
    WrongValue,
    /// The credentials are expired or not accepted.
    Credentials,
}

/// Whose policy, or which setting, denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Layer {
    /// The identity-based policies.
    Identity,
    /// The resource-based policy.
    Resource,
    /// The key policy, or the key.
    Key,
    /// The trust policy of a role.
    Trust,
    /// The permissions boundary.
    Boundary,
    /// The session policy.
    Session,
    /// The service control policies.
    Scp,
    /// The resource control policies.
    Rcp,
    /// The policy of a VPC endpoint.
    VpcEndpoint,
    /// S3's Block Public Access.
    BlockPublicAccess,
    /// Another setting of a bucket.
    BucketSetting,
}

/// A sentence in which a service says it in its own words.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sentence {
    /// The template.
    pub words: String,
    /// Who is meant, where the words have no slot for one.
    pub principal: Option<String>,
    /// The denied action.
    pub action: Option<String>,
    /// Does the action stand in the words?
    #[serde(default)]
    pub printed: bool,
    /// The cause that the words give.
    pub reason: Option<Kind>,
    /// The layer that the words name.
    pub layer: Option<Layer>,
    /// The causes that the words leave open.
    #[serde(default)]
    pub candidates: Vec<Kind>,
    /// Who speaks, or whose action is denied.
    pub service: Option<String>,
    /// What to know of it.
    pub caution: Option<String>,
}

/// What a command line or an SDK puts around a message.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wrapper {
    /// The template.
    pub words: String,
    /// Who speaks, where the words name no service by a slot.
    pub service: Option<String>,
}

/// What an error code says by itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// The codes.
    names: Vec<String>,
    /// The cause; none where it denies and leaves the cause open.
    pub reason: Option<Kind>,
    /// The layer.
    pub layer: Option<Layer>,
    /// The service whose code it is.
    pub service: Option<String>,
}

/// What a denial without a reason leaves open.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    /// Actions in small letters, or services.
    of: Vec<String>,
    /// When neither a sentence nor a reason is there.
    bare: Vec<Kind>,
    /// When the principal, the action and the resource are printed, and no reason.
    unreasoned: Vec<Kind>,
}

/// A phrase of the reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phrase {
    /// How the phrase begins; enough of it to be told from the others.
    pub words: String,
    /// The layer that it names.
    pub layer: Layer,
    /// The cause when no policy of the layer allows it, or when the setting refuses it.
    pub reason: Kind,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    source: String,
    date: String,
    layers: Vec<Phrase>,
    settings: Vec<Phrase>,
    leads: Vec<Wrapper>,
    trails: Vec<Wrapper>,
    sentences: Vec<Sentence>,
    codes: Vec<Code>,
    open: Vec<Open>,
    operations: BTreeMap<String, Vec<String>>,
    services: BTreeMap<String, String>,
    cautions: BTreeMap<String, String>,
}

#[expect(clippy::expect_used, reason = "the file is part of the program, and every test that asks for it reads it")]
static FILE: LazyLock<File> =
    LazyLock::new(|| serde_json::from_str(include_str!("messages.json")).expect("messages.json has the form of File"));

/// Where the data come from, and when they were gathered.
#[must_use]
pub fn source() -> (&'static str, &'static str) {
    (&FILE.source, &FILE.date)
}

/// The layers, by the phrases that name them.
#[must_use]
pub fn layers() -> &'static [Phrase] {
    &FILE.layers
}

/// The settings of S3 that refuse a request, by the phrases that name them.
#[must_use]
pub fn settings() -> &'static [Phrase] {
    &FILE.settings
}

/// What stands before a message.
#[must_use]
pub fn leads() -> &'static [Wrapper] {
    &FILE.leads
}

/// What stands behind a message.
#[must_use]
pub fn trails() -> &'static [Wrapper] {
    &FILE.trails
}

/// Services' own sentences.
#[must_use]
pub fn sentences() -> &'static [Sentence] {
    &FILE.sentences
}

/// What a code says, if it is known. A prefix as in `KMS.DisabledException`, `Client.UnauthorizedOperation` and
/// `com.amazonaws.sagemaker#AccessDeniedException` does not count.
#[must_use]
pub fn code(code: &str) -> Option<&'static Code> {
    let name = code.rsplit(['.', '#']).next().unwrap_or(code);
    let same = |known: &&Code| known.names.iter().any(|own| own.eq_ignore_ascii_case(name));
    let known = FILE.codes.iter().filter(same);
    let kms = code.to_ascii_lowercase().starts_with("kms.");
    // `KMS.NotFoundException` is a key's, `NotFoundException` anybody's.
    let of_kms = |known: &&Code| kms && known.service.as_deref() == Some("kms");
    known.clone().find(of_kms).or_else(|| known.clone().find(|code| kms || !is_shared(code, name)))
}

/// Is the code that of KMS only where it is said so?
fn is_shared(code: &Code, name: &str) -> bool {
    code.service.is_some() && FILE.codes.iter().filter(|other| other.names.iter().any(|own| own == name)).count() > 1
}

/// Every known code.
pub fn codes() -> impl Iterator<Item = &'static str> {
    FILE.codes.iter().flat_map(|code| &code.names).map(String::as_str)
}

/// What a denial of an action leaves open: when nothing but the denial is known, or when it is printed without a reason.
#[must_use]
pub fn open(action: &str, service: &str, printed: bool) -> &'static [Kind] {
    let action = action.to_ascii_lowercase();
    let is = |name: &str| FILE.open.iter().find(|open| open.of.iter().any(|of| of == name));
    is(&action).or_else(|| is(service)).map_or(&[], |open| if printed { &open.unreasoned } else { &open.bare })
}

/// The actions that an operation needs, where they are not called as the operation is, or several services have one
/// of its name.
#[must_use]
pub fn actions_of(operation: &str) -> &'static [String] {
    let known = FILE.operations.iter().find(|(name, _)| name.eq_ignore_ascii_case(operation));
    known.map_or(&[], |(_, actions)| actions)
}

/// The prefix of a service that an SDK, an endpoint or an event source names: `Amazon S3`, `AWSKMS`,
/// `s3.amazonaws.com`.
#[must_use]
pub fn prefix(service: &str) -> Option<String> {
    let mut name = service.to_ascii_lowercase();
    name.retain(|letter| letter.is_ascii_alphanumeric() || letter == '.' || letter == '-');
    let name = name.strip_suffix(".amazonaws.com").unwrap_or(&name);
    if let Some(prefix) = FILE.services.get(name) {
        return Some(prefix.clone());
    }
    let short = name.strip_prefix("amazon").or_else(|| name.strip_prefix("aws")).unwrap_or(name);
    (!short.is_empty()).then(|| FILE.services.get(short).map_or(short, String::as_str).to_owned())
}

/// What to know of a message beyond its words.
#[must_use]
pub fn caution(id: &str) -> Option<&'static str> {
    FILE.cautions.get(id).map(String::as_str)
}
