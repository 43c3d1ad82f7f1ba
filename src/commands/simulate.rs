//! `gt-audit simulate`: requests decided offline, JSON lines in, JSON lines out, in the same order.
//!
//! A line that is wrong is answered with an error; the others go on. What has arrived is decided by all cores at once and
//! written before more is read, so that memory does not grow with the input, and whoever writes a line and waits for
//! its answer gets it.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::Error;
use super::terminal::Terminal;
use crate::arn::Arn;
use crate::knowledge::managed;
use crate::policy::compile::{Kind, Policies};
use crate::policy::decide::{NearMiss, Reason, explain};
use crate::policy::grant::Grant;
use crate::policy::layers::Verdict;
use crate::policy::lint::lints;
use crate::policy::principal::Requester;
use crate::policy::reach::Reach;
use crate::policy::request::{Context, Key, Request};
use crate::policy::{Condition, Document, decide, json, value};

/// More than this, in bytes, is not read ahead.
const READ_AHEAD: usize = 1 << 20;
/// A longer line is a mistake: all the policies that AWS lets bear on a request have less than a third of it.
const LONGEST_LINE: usize = 1 << 20;
/// A longer action, resource, principal or context value is one, too; ARNs have at most 2,048 characters.
const LONGEST_TEXT: usize = 1 << 12;
/// And so are more values of one key.
const MOST_VALUES: usize = 1000;
/// An organization has a root, five levels of units and accounts; what has more levels than this is a mistake.
const MOST_LEVELS: usize = 64;
/// What the keys of an encryption context begin with.
const ENCRYPTION_CONTEXT: &str = "kms:EncryptionContext:";
/// The key that holds what stands behind it, of all of them.
const ENCRYPTION_CONTEXT_KEYS: &str = "kms:EncryptionContextKeys";

/// A request, as a line says it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    id: Value,
    principal: Option<String>,
    action: String,
    resource: String,
    resource_account: Option<String>,
    #[serde(default)]
    context: BTreeMap<String, Value>,
    #[serde(default)]
    unknown_context: Vec<String>,
    #[serde(default)]
    policies: Vec<String>,
    #[serde(default)]
    identity_policies: Vec<Document>,
    boundary: Option<Document>,
    session_policy: Option<Document>,
    resource_policy: Option<Document>,
    #[serde(default)]
    grants: Vec<Grant>,
    endpoint_policy: Option<Document>,
    #[serde(default)]
    scps: Vec<Vec<Document>>,
    #[serde(default)]
    rcps: Vec<Vec<Document>>,
}

/// The fields of a line, and what people keep beside them; any other is a warning, for it may be a misspelt policy.
const FIELDS: [&str; 22] = [
    "id",
    "principal",
    "action",
    "resource",
    "resourceAccount",
    "context",
    "unknownContext",
    "policies",
    "identityPolicies",
    "boundary",
    "sessionPolicy",
    "resourcePolicy",
    "grants",
    "endpointPolicy",
    "scps",
    "rcps",
    "doc",
    "expect",
    "group",
    "multi",
    "notes",
    "why",
];

/// Keys that every signed request has.
const ALWAYS: [&str; 5] =
    ["aws:PrincipalArn", "aws:PrincipalAccount", "aws:ResourceAccount", "aws:CurrentTime", "aws:SecureTransport"];

/// The answer to a request.
#[derive(Debug, Serialize)]
struct Decided {
    id: Value,
    decision: &'static str,
    because: Vec<Reason>,
    missing: Vec<&'static str>,
    #[serde(rename = "if")]
    residual: Vec<Residual>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    near: Vec<NearMiss>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// A condition that nobody can decide.
#[derive(Debug, Serialize)]
struct Residual {
    operator: String,
    key: String,
    values: Vec<String>,
}

/// The answer to a line that is wrong.
#[derive(Debug, Serialize)]
struct Wrong {
    id: Value,
    error: String,
}

pub(super) fn run(file: Option<&Path>, terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    let unread =
        |error| Error::Read { path: file.map_or("standard input".to_owned(), |p| p.display().to_string()), error };
    let source: Box<dyn io::Read> = match file.filter(|path| *path != Path::new("-")) {
        Some(path) => Box::new(File::open(path).map_err(unread)?),
        None => Box::new(io::stdin()),
    };
    let mut lines = BufReader::with_capacity(READ_AHEAD, source);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut code = 0;
    loop {
        let batch = arrived(&mut lines).map_err(unread)?;
        if batch.is_empty() {
            return Ok(code);
        }
        for (answer, good) in answers(&batch, cores) {
            code = if good { code } else { 2 };
            terminal.out.write_all(answer.as_bytes())?;
            terminal.out.write_all(b"\n")?;
        }
        terminal.out.flush()?;
    }
}

/// The next line, and all lines behind it that have been read already; none at the end. Of a line that is too long only
/// the beginning is kept.
fn arrived(lines: &mut BufReader<Box<dyn io::Read>>) -> io::Result<Vec<Vec<u8>>> {
    let mut batch = vec![];
    while batch.is_empty() || lines.buffer().contains(&b'\n') {
        let mut line = vec![];
        if lines.by_ref().take(LONGEST_LINE as u64 + 1).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.len() > LONGEST_LINE {
            lines.skip_until(b'\n')?;
        }
        if !line.trim_ascii().is_empty() {
            batch.push(line);
        }
    }
    Ok(batch)
}

/// The answers to a batch in its order, each with whether the line was good; every core takes a part.
fn answers(batch: &[Vec<u8>], cores: usize) -> Vec<(String, bool)> {
    let part = batch.len().div_ceil(cores).max(1);
    thread::scope(|scope| {
        let parts: Vec<_> = batch
            .chunks(part)
            .map(|lines| scope.spawn(|| lines.iter().map(|line| answer(line)).collect::<Vec<_>>()))
            .collect();
        let joined = parts.into_iter().map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.flatten().collect()
    })
}

/// The answer to a line, as a line, and whether the line was good.
#[must_use]
pub fn answer(line: &[u8]) -> (String, bool) {
    let json = if line.len() > LONGEST_LINE {
        Err(format!("the line has more than {LONGEST_LINE} bytes"))
    } else {
        json::read(line).map_err(|error| error.to_string())
    };
    let id = json.as_ref().ok().and_then(|json| json.get("id").cloned()).unwrap_or(Value::Null);
    let decided = json.and_then(|json| {
        let fields = json.as_object().into_iter().flat_map(serde_json::Map::keys);
        let unknown: Vec<String> = fields.filter(|field| !FIELDS.contains(&field.as_str())).cloned().collect();
        // From the text and not from `json`, so that an error says line and column.
        decide(&serde_json::from_slice(line).map_err(|error| error.to_string())?, unknown)
    });
    let written = match &decided {
        Ok(decided) => serde_json::to_string(decided),
        Err(error) => serde_json::to_string(&Wrong { id, error: error.clone() }),
    };
    // INVARIANT: plain data with text for keys is always JSON.
    (written.unwrap_or_default(), decided.is_ok())
}

fn decide(asked: &Asked, unknown_fields: Vec<String>) -> Result<Decided, String> {
    let named = asked.action.split_once(':').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
    if !named || asked.action.contains(['*', '?']) {
        return Err(format!("`{}` is no action: it does not have the form `service:Name`", asked.action));
    }
    let mut warnings: Vec<String> =
        unknown_fields.into_iter().map(|field| format!("{field}: a line has no such field")).collect();
    let owner = owner(asked, &mut warnings);
    // Where a line names nobody, the question is what the policies say by themselves, within the resource's account.
    let somebody = Arn::iam("aws", owner.unwrap_or("123456789012"), "role/somebody");
    let principal = asked.principal.as_deref().unwrap_or(somebody.as_str());
    let mut requester = Requester::parse(principal).ok_or_else(|| format!("`{principal}` is no principal"))?;
    for (what, text) in [("action", asked.action.as_str()), ("resource", &asked.resource), ("principal", principal)] {
        if text.len() > LONGEST_TEXT {
            return Err(format!("{what} has more than {LONGEST_TEXT} bytes"));
        }
    }
    let context = context(asked)?;
    if let Requester::Session { session, role } = &mut requester
        && let [value::Value::Exactly(known)] = context.value(&Key::new("aws:PrincipalArn"))
        && let [one] = known.as_slice()
    {
        *role = Some(role_of(session, one)?);
    }
    if asked.principal.is_some() && owner.is_none() && requester.account().is_some() {
        warnings
            .push("resourceAccount: the resource does not say whose it is; it is taken for the principal's".to_owned());
    }
    let mut request = Request::new(&asked.action, &requester, owner, &context);
    if asked.principal.is_none() {
        request = request.of_identity_alone();
    }
    let grants = asked.grants.iter().map(Grant::document).collect::<Result<Vec<_>, _>>().map_err(|e| e.to_string())?;
    let documents = documents(asked, &grants)?;
    let mut limits = Policies::new();
    let mut own = Policies::new();
    (0..asked.scps.len()).zip(0..).for_each(|(_, level)| limits.begin(Kind::Scp(level)));
    for (kind, name, document) in &documents {
        warnings.extend(lints(document, *kind).into_iter().map(|lint| format!("{name} {lint}")));
        let set = if matches!(kind, Kind::Scp(_) | Kind::Rcp) { &mut limits } else { &mut own };
        set.add(*kind, name.as_str(), None, document);
    }
    let ambiguous =
        |key: &String| format!("context {key}: it is there in another case too, and which counts is not documented");
    warnings.extend(context.ambiguous().iter().map(ambiguous));
    let known = |key: &str| context.value(&Key::new(key)) != [value::Value::Absent];
    let asks = |key: &str| [&limits, &own].into_iter().any(|set| set.asks_about(&Key::new(key)));
    warnings.extend(ALWAYS.iter().filter(|key| asks(key) && !known(key)).map(|key| {
        format!("context {key}: every signed request has it, a policy asks about it, and here it counts as absent")
    }));
    let managed = asked.policies.iter().map(|name| managed_policy(name)).collect::<Result<Vec<_>, _>>()?;
    let sets: Vec<&Policies<'_, ()>> = std::iter::once(&limits).chain(managed).chain([&own]).collect();
    let decision = explain(&sets, &request, &asked.resource);
    // The other two ways of asking come to the same; all cases of the tests pass here.
    debug_assert_eq!(decision.verdict, decide::decide(&sets, &request, &asked.resource));
    debug_assert_eq!(decision.verdict, Reach::new(&sets, &request).decide(&asked.resource).verdict);
    warnings.extend(decision.unsure.iter().map(|reason| {
        let why = "whether it applies depends on a variable, a resource, a principal, a service or an element that is not known";
        format!("{} statement {}: {why}", reason.policy, reason.statement)
    }));
    Ok(Decided {
        id: asked.id.clone(),
        decision: match decision.verdict {
            Verdict::Allowed => "allowed",
            Verdict::ImplicitlyDenied => "implicitDeny",
            Verdict::ExplicitlyDenied => "explicitDeny",
            Verdict::Conditional | Verdict::Denied => "conditional",
        },
        because: decision.reasons,
        missing: decision.missing,
        residual: decision.residual.into_iter().map(Residual::of).collect(),
        near: decision.near,
        warnings,
    })
}

/// The account that owns the resource, where the line says so.
fn owner<'a>(asked: &'a Asked, warnings: &mut Vec<String>) -> Option<&'a str> {
    let is_account = |account: &str| account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    let of_resource = asked.resource.split(':').nth(4).filter(|account| is_account(account));
    let said = asked.resource_account.as_deref();
    if let (Some(said), Some(written)) = (said, of_resource)
        && said != written
    {
        warnings.push(format!("resourceAccount: it says {said}, which counts, and the resource says {written}"));
    }
    said.or(of_resource)
}

/// What the line knows of the context.
fn context<'a>(asked: &'a Asked) -> Result<Context, String> {
    let text = |key: &str, value: &Value| match value {
        Value::String(text) if text.len() > LONGEST_TEXT => {
            Err(format!("context {key}: a value has more than {LONGEST_TEXT} bytes"))
        }
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(format!("context {key}: a value is not a text, a number or a boolean"))
        }
    };
    let mut context = Context::closed();
    for (key, value) in &asked.context {
        let values = match value {
            Value::Array(values) if values.len() > MOST_VALUES => {
                return Err(format!("context {key}: it has more than {MOST_VALUES} values"));
            }
            Value::Array(values) => values.iter().map(|value| text(key, value)).collect::<Result<Vec<_>, _>>()?,
            one => vec![text(key, one)?],
        };
        context.set(key, values);
    }
    // The names of the encryption context, which AWS sends beside its pairs.
    let name = |key: &'a String| {
        let (prefix, name) = key.split_at_checked(ENCRYPTION_CONTEXT.len())?;
        prefix.eq_ignore_ascii_case(ENCRYPTION_CONTEXT).then_some(name)
    };
    let names: Vec<&str> = asked.context.keys().filter_map(name).collect();
    if context.value(&Key::new(ENCRYPTION_CONTEXT_KEYS)) == [value::Value::Absent] {
        if asked.unknown_context.iter().any(|key| name(key).is_some()) {
            context.unknown(ENCRYPTION_CONTEXT_KEYS);
        } else if !names.is_empty() {
            context.set(ENCRYPTION_CONTEXT_KEYS, names);
        }
    }
    for key in &asked.unknown_context {
        context.unknown(key);
    }
    Ok(context)
}

/// The role of a session, as the context names it.
fn role_of(session: &Arn, role: &str) -> Result<Arn, String> {
    let arn = Arn::parse(role).map_err(|error| format!("context aws:PrincipalArn: {error}"))?;
    let name = session.resource().split('/').nth(1);
    if arn.account() == session.account() && Some(arn.name()) == name {
        Ok(arn)
    } else {
        Err(format!("context aws:PrincipalArn: `{role}` is not the role of `{session}`"))
    }
}

/// Every document of a line, with its kind and the name that reasons call it by.
fn documents<'a>(asked: &'a Asked, grants: &'a [Document]) -> Result<Vec<(Kind, String, &'a Document)>, String> {
    if asked.scps.len() > MOST_LEVELS {
        return Err(format!("scps has {} levels; an organization has at most seven", asked.scps.len()));
    }
    let mut documents = vec![];
    for (level, policies) in (0..).zip(&asked.scps) {
        documents.extend((0..).zip(policies).map(|(i, d)| (Kind::Scp(level), format!("scps[{level}][{i}]"), d)));
    }
    let numbered = |kind, name: &str, i: usize, document| (kind, format!("{name}[{i}]"), document);
    documents.extend((0..).zip(asked.rcps.iter().flatten()).map(|(i, d)| numbered(Kind::Rcp, "rcps", i, d)));
    let identity = (0..).zip(&asked.identity_policies);
    documents.extend(identity.map(|(i, d)| numbered(Kind::Identity, "identityPolicies", i, d)));
    documents.extend((0..).zip(grants).map(|(i, d)| numbered(Kind::Resource, "grants", i, d)));
    let single = [
        (Kind::Boundary, "boundary", &asked.boundary),
        (Kind::Session, "sessionPolicy", &asked.session_policy),
        (Kind::Resource, "resourcePolicy", &asked.resource_policy),
        (Kind::Endpoint, "endpointPolicy", &asked.endpoint_policy),
    ];
    let given = single.into_iter().filter_map(|(kind, name, d)| Some((kind, name.to_owned(), d.as_ref()?)));
    documents.extend(given);
    Ok(documents)
}

/// A managed policy that this build knows, compiled when it is first named.
fn managed_policy(name: &str) -> Result<&'static Policies<'static, ()>, String> {
    static COMPILED: LazyLock<Mutex<HashMap<String, &'static Policies<'static, ()>>>> = LazyLock::new(Mutex::default);
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(policies) = compiled.get(name) {
        return Ok(policies);
    }
    let version =
        managed::known(name).ok_or_else(|| format!("this build does not know the managed policy `{name}`"))?;
    let mut policies = Policies::new();
    policies.add(Kind::Identity, name, Some(&version.version), &version.document);
    // There are only so many names, and each is compiled once.
    let policies: &'static _ = Box::leak(Box::new(policies));
    compiled.insert(name.to_owned(), policies);
    Ok(policies)
}

impl Residual {
    fn of(condition: Condition) -> Self {
        Self { operator: condition.operator, key: condition.key, values: condition.values }
    }
}
