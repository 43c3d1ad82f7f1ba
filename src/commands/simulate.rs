//! `gt-audit simulate`: requests decided offline, JSON lines in, JSON lines out, in the same order.
//!
//! A line that is wrong is answered with an error; the others go on.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Error, Terminal};
use crate::arn::Arn;
use crate::knowledge::managed;
use crate::policy::evaluate::{Compiled, Origin, Reason, Verdict};
use crate::policy::gather::{Kind, Policies, Request};
use crate::policy::principal::Requester;
use crate::policy::request::Context;
use crate::policy::{Condition, Document, Effect};

/// A request, as a line says it. Unknown fields are somebody's notes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    id: Value,
    principal: Option<String>,
    action: String,
    resource: String,
    resource_account: Option<String>,
    #[serde(default)]
    context: BTreeMap<String, OneOrMany>,
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
    scps: Vec<Vec<Document>>,
    #[serde(default)]
    rcps: Vec<Vec<Document>>,
}

/// One value, or a list.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn values(&self) -> &[String] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

/// The answer to a request.
#[derive(Debug, Serialize)]
struct Decided {
    id: Value,
    decision: &'static str,
    because: Vec<Reason>,
    missing: Vec<&'static str>,
    #[serde(rename = "if")]
    residual: Vec<Residual>,
}

/// A condition that nobody can decide.
#[derive(Debug, PartialEq, Serialize)]
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
    let lines: Box<dyn BufRead> = match file.filter(|path| *path != Path::new("-")) {
        Some(path) => Box::new(BufReader::new(File::open(path).map_err(unread)?)),
        None => Box::new(io::stdin().lock()),
    };
    let mut code = 0;
    for line in lines.split(b'\n') {
        let line = line.map_err(unread)?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        match answer(&line) {
            Ok(decided) => serde_json::to_writer(&mut terminal.out, &decided)?,
            Err(wrong) => {
                code = 2;
                serde_json::to_writer(&mut terminal.out, &wrong)?;
            }
        }
        terminal.out.write_all(b"\n")?;
    }
    Ok(code)
}

fn answer(line: &[u8]) -> Result<Decided, Wrong> {
    let asked: Asked = serde_json::from_slice(line).map_err(|error| Wrong {
        id: serde_json::from_slice::<Value>(line).ok().and_then(|v| v.get("id").cloned()).unwrap_or(Value::Null),
        error: error.to_string(),
    })?;
    let id = asked.id.clone();
    decide(asked).map_err(|error| Wrong { id, error })
}

fn decide(asked: Asked) -> Result<Decided, String> {
    let of_resource = Arn::parse(asked.resource.as_str()).ok().map(|arn| arn.account().to_owned());
    let owner = asked.resource_account.or(of_resource.filter(|account| !account.is_empty()));
    // Where a line names nobody, the question is what the policies say by themselves, within the resource's account.
    let somebody = Arn::iam("aws", owner.as_deref().unwrap_or("123456789012"), "role/somebody");
    let principal = asked.principal.as_deref().unwrap_or(somebody.as_str());
    let mut requester = Requester::parse(principal).ok_or_else(|| format!("`{principal}` is no principal"))?;
    let mut context = Context::closed();
    for (key, values) in &asked.context {
        context.set(key, values.values().iter().map(String::as_str));
    }
    for key in &asked.unknown_context {
        context.unknown(key);
    }
    if let (Requester::Session { role, .. }, Some([one])) =
        (&mut requester, asked.context.get("aws:PrincipalArn").map(OneOrMany::values))
    {
        *role = Arn::parse(one.as_str()).ok();
    }
    let mut policies: Policies<'_, ()> = Policies::new(Request {
        action: &asked.action,
        requester: &requester,
        resource_account: owner.as_deref(),
        context,
    });
    if asked.principal.is_none() {
        policies = policies.alone();
    }
    for (level, documents) in asked.scps.iter().enumerate() {
        policies.begin(Kind::Scp(level));
        for (i, document) in documents.iter().enumerate() {
            policies.add(Kind::Scp(level), &format!("scps[{level}][{i}]"), None, document);
        }
    }
    for (i, document) in asked.rcps.iter().flatten().enumerate() {
        policies.add(Kind::Rcp, &format!("rcps[{i}]"), None, document);
    }
    for name in &asked.policies {
        let version =
            managed::known(name).ok_or_else(|| format!("this build does not know the managed policy `{name}`"))?;
        policies.add(Kind::Identity, name, Some(&version.version), &version.document);
    }
    for (i, document) in asked.identity_policies.iter().enumerate() {
        policies.add(Kind::Identity, &format!("identityPolicies[{i}]"), None, document);
    }
    if let Some(document) = &asked.boundary {
        policies.add(Kind::Boundary, "boundary", None, document);
    }
    if let Some(document) = &asked.session_policy {
        policies.add(Kind::Session, "sessionPolicy", None, document);
    }
    if let Some(document) = &asked.resource_policy {
        policies.add(Kind::Resource, "resourcePolicy", None, document);
    }
    Ok(explain(asked.id, &policies.compile(), &asked.resource))
}

fn explain(id: Value, compiled: &Compiled<()>, resource: &str) -> Decided {
    let outcome = compiled.decide(resource);
    let said = compiled.said(&outcome.clauses);
    let applying = || outcome.clauses.iter().filter_map(|index| compiled.clauses().get(*index));
    let because = applying().filter(|clause| match outcome.verdict {
        Verdict::Allowed => clause.effect == Effect::Allow && !clause.open,
        Verdict::ExplicitlyDenied => clause.effect == Effect::Deny && !clause.open,
        Verdict::Conditional => true,
        Verdict::ImplicitlyDenied => false,
    });
    let because = because.filter_map(|clause| match &clause.origin {
        Origin::Statement(reason) => Some(reason.clone()),
        Origin::Missing(()) => None,
    });
    let mut residual: Vec<Residual> = vec![];
    if outcome.verdict == Verdict::Conditional {
        for condition in applying().flat_map(|clause| &clause.residual) {
            let condition = Residual::of(condition);
            if !residual.contains(&condition) {
                residual.push(condition);
            }
        }
    }
    let missing = match outcome.verdict {
        Verdict::ImplicitlyDenied => compiled.missing(said),
        _ => vec![],
    };
    let decision = match outcome.verdict {
        Verdict::Allowed => "allowed",
        Verdict::ImplicitlyDenied => "implicitDeny",
        Verdict::ExplicitlyDenied => "explicitDeny",
        Verdict::Conditional => "conditional",
    };
    Decided { id, decision, because: because.collect(), missing, residual }
}

impl Residual {
    fn of(condition: &Condition) -> Self {
        Self { operator: condition.operator.clone(), key: condition.key.clone(), values: condition.values.clone() }
    }
}
