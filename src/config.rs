//! The configuration file, `gt-audit.toml`: what a labeling set-up is made of, which findings are known and why, and
//! defaults for the command line.
//!
//! Turns text into a typed configuration, or into every mistake there is in it, each with line and column and what to do.
//! Knows the rules by their ids; has never heard of an account or a clock, so whether an ignore has ended is decided
//! elsewhere.

mod mistake;
mod section;

use std::collections::BTreeSet;

use jiff::civil::Date;
use toml::de::DeTable;

pub use mistake::{Mistake, Mistakes};

use crate::arn::Arn;
use crate::finding::{Finding, RuleId, Severity};
use crate::labeling::workload::{FunctionName, Workload, WorkloadBucket};
use crate::policy::Pattern;
use mistake::{Slips, near, quoted};
use section::{Key, Kind, Section, Text};

/// The file that is read when none is named.
pub const FILE: &str = "gt-audit.toml";

/// As many ignores as are read: each is held against every finding.
const MOST_IGNORES: usize = 10_000;

/// What the configuration file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// The file; none where there is no configuration.
    pub file: Option<String>,
    /// The exit code is 1 from this severity on.
    pub fail_on: Option<Severity>,
    /// The regions to audit; none for the profile's.
    pub regions: Vec<String>,
    /// What is used for labeling.
    pub workloads: Vec<Workload>,
    /// Findings that are known and silenced.
    pub ignores: Vec<Ignore>,
}

/// Findings that are known, and why nothing is done about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignore {
    /// The id of the rule that finds them.
    pub rule: RuleId,
    /// The ARNs of the principals; of any and of none when absent.
    pub principal: Option<Pattern>,
    /// The ARNs of the resources; likewise.
    pub resource: Option<Pattern>,
    /// Why they are ignored.
    pub reason: String,
    /// The last day on which they are.
    pub until: Option<Date>,
    /// The file that says so, as it was named.
    pub file: String,
    /// The line where.
    pub line: usize,
}

const FILE_KEYS: &[Key] = &[
    Key { name: "fail-on", kind: Kind::Text, example: "fail-on = \"medium\"" },
    Key { name: "regions", kind: Kind::Texts, example: "regions = [\"us-east-1\"]" },
    Key { name: "workload", kind: Kind::Sections, example: "[[workload]]" },
    Key { name: "ignore", kind: Kind::Sections, example: "[[ignore]]" },
];

const WORKLOAD_KEYS: &[Key] = &[
    Key { name: "name", kind: Kind::Text, example: "name = \"street-signs\"" },
    Key { name: "role", kind: Kind::Text, example: "role = \"arn:aws:iam::111122223333:role/NAME\"" },
    Key { name: "buckets", kind: Kind::Texts, example: "buckets = [\"signs-raw/images/*\"]" },
    Key { name: "functions", kind: Kind::Texts, example: "functions = [\"signs-pre\"]" },
];

const IGNORE_KEYS: &[Key] = &[
    Key { name: "rule", kind: Kind::Text, example: "rule = \"bucket-out-of-reach\"" },
    Key { name: "principal", kind: Kind::Text, example: "principal = \"arn:aws:iam::111122223333:role/*\"" },
    Key { name: "resource", kind: Kind::Text, example: "resource = \"arn:aws:s3:::signs-*\"" },
    Key { name: "reason", kind: Kind::Text, example: "reason = \"workers see no images of it\"" },
    Key { name: "until", kind: Kind::Date, example: "until = 2027-06-30" },
];

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    ///
    /// Every mistake of the file, in its order.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, Mistakes> {
        let text = match str::from_utf8(bytes) {
            Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
            Err(error) => return Err(Mistakes::not_text(file, bytes, error.valid_up_to())),
        };
        let (tree, wrong) = DeTable::parse_recoverable(text);
        let mut slips = Slips::new(text);
        for error in wrong {
            slips.syntax(error.span().map_or(0, |span| span.start), error.message());
        }
        let config = config(file, tree.get_ref(), &mut slips);
        let mistakes = slips.in_file(file);
        if mistakes.is_empty() { Ok(config) } else { Err(mistakes) }
    }
}

impl Ignore {
    /// Does it speak of this finding, which is about one resource at most?
    #[must_use]
    pub fn matches(&self, finding: &Finding) -> bool {
        let fits = |pattern: &Option<Pattern>, arn: &Option<Arn>| match (pattern, arn) {
            (None, _) => true,
            (Some(pattern), Some(arn)) => pattern.matches(arn.as_str()),
            (Some(_), None) => false,
        };
        self.rule == finding.rule
            && fits(&self.principal, &finding.principal)
            && fits(&self.resource, &finding.resource)
    }
}

fn config(file: &str, tree: &DeTable<'_>, slips: &mut Slips<'_>) -> Config {
    let top = Section { what: "the configuration", at: 0, entries: tree, keys: FILE_KEYS };
    top.unknown_keys(slips);
    let fail_on = top.text("fail-on", slips).and_then(|text| severity(&text, slips));
    let regions = regions(&top, slips);
    let mut names = BTreeSet::new();
    let workloads = top.sections("workload", "a workload", WORKLOAD_KEYS, slips);
    let workloads = workloads.iter().filter_map(|section| workload(section, &mut names, slips)).collect();
    let mut ignores = top.sections("ignore", "an ignore", IGNORE_KEYS, slips);
    if let Some(beyond) = ignores.get(MOST_IGNORES) {
        let says =
            format!("there are more than {MOST_IGNORES} ignores: write one with `*` for what many have in common");
        slips.add(beyond.at, says);
        ignores.truncate(MOST_IGNORES);
    }
    let ignores = ignores.iter().filter_map(|section| ignore(file, section, slips)).collect();
    Config { file: Some(file.to_owned()), fail_on, regions, workloads, ignores }
}

fn severity(text: &Text<'_>, slips: &mut Slips<'_>) -> Option<Severity> {
    const SEVERITIES: [(&str, Severity); 4] =
        [("high", Severity::High), ("medium", Severity::Medium), ("low", Severity::Low), ("info", Severity::Info)];
    let found = SEVERITIES.into_iter().find(|(name, _)| *name == text.is);
    if found.is_none() {
        slips.add(text.at, format!("`{}` is no severity: write {}", text.is, quoted(SEVERITIES.map(|(name, _)| name))));
    }
    found.map(|(_, severity)| severity)
}

fn regions(top: &Section<'_, '_>, slips: &mut Slips<'_>) -> Vec<String> {
    let texts = top.texts("regions", slips);
    if let Some((at, true)) = texts.as_ref().map(|(at, texts)| (*at, texts.is_empty())) {
        slips.add(at, "`regions` is empty: name one, or leave it out for the profile's".to_owned());
    }
    let mut regions: Vec<String> = vec![];
    for text in texts.into_iter().flat_map(|(_, texts)| texts) {
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !text.is.contains('-') || !text.is.chars().all(good) {
            slips.add(text.at, format!("`{}` is no region: write it as in `us-east-1`", text.is));
        } else if regions.iter().any(|region| *region == text.is) {
            slips.add(text.at, format!("the region `{}` is named twice: once is enough", text.is));
        } else {
            regions.push(text.is.to_owned());
        }
    }
    regions
}

fn workload<'t>(section: &Section<'t, '_>, names: &mut BTreeSet<&'t str>, slips: &mut Slips<'_>) -> Option<Workload> {
    section.unknown_keys(slips);
    if section.is_empty() {
        slips.add(section.at, "the workload is empty: give it `name`, `role`, and `buckets` or `functions`".to_owned());
        return None;
    }
    let name = section.required("name", "give it one of its own", slips);
    if let Some(name) = name.as_ref().filter(|name| !names.insert(name.is)) {
        slips.add(name.at, format!("there is a workload `{}` already: give each a name of its own", name.is));
    }
    let role = section.required("role", "name the role that its labeling jobs run under", slips);
    let role = role.and_then(|text| role_arn(&text, slips));
    let (buckets, functions) = (section.texts("buckets", slips), section.texts("functions", slips));
    if [&buckets, &functions].into_iter().flatten().all(|(_, texts)| texts.is_empty())
        && !section.has_wrong(&["buckets", "functions"])
    {
        let says = "the workload is empty: name what its labeling jobs use in `buckets` or `functions`";
        slips.add(section.at, says.to_owned());
    }
    let buckets = each(buckets, WorkloadBucket::parse, slips);
    let functions = each(functions, FunctionName::parse, slips);
    Some(Workload { name: name?.is.to_owned(), role: role?, buckets, functions })
}

/// What the texts of a list name; what cannot be read is a mistake.
fn each<T, E: ToString>(
    texts: Option<(usize, Vec<Text<'_>>)>,
    parse: impl Fn(&str) -> Result<T, E>,
    slips: &mut Slips<'_>,
) -> Vec<T> {
    let texts = texts.into_iter().flat_map(|(_, texts)| texts);
    texts.filter_map(|text| parse(text.is).map_err(|error| slips.add(text.at, error.to_string())).ok()).collect()
}

fn role_arn(text: &Text<'_>, slips: &mut Slips<'_>) -> Option<Arn> {
    let of_role = |arn: &Arn| {
        arn.service() == "iam"
            && arn.region().is_empty()
            && arn.account().len() == 12
            && arn.account().bytes().all(|byte| byte.is_ascii_digit())
            && arn.resource().starts_with("role/")
            && !arn.name().is_empty()
            && !text.is.contains(['*', '?'])
    };
    let arn = Arn::parse(text.is).ok().filter(of_role);
    if arn.is_none() {
        let says = "is no ARN of a role: write it as in `arn:aws:iam::111122223333:role/NAME`";
        slips.add(text.at, format!("`{}` {says}", text.is));
    }
    arn
}

fn ignore(file: &str, section: &Section<'_, '_>, slips: &mut Slips<'_>) -> Option<Ignore> {
    section.unknown_keys(slips);
    if section.is_empty() {
        slips.add(section.at, "the ignore is empty: give it `rule` and `reason`".to_owned());
        return None;
    }
    let id = section.required("rule", "name the rule whose findings it silences", slips);
    let id = id.and_then(|text| rule_id(&text, slips));
    let principal = section.text("principal", slips).and_then(|text| arns(&text, slips));
    let resource = section.text("resource", slips).and_then(|text| arns(&text, slips));
    let reason = section.required("reason", "say why nothing is done about the findings", slips);
    let until = section.date("until", slips);
    Some(Ignore {
        rule: id?,
        principal,
        resource,
        reason: reason?.is.to_owned(),
        until,
        file: file.to_owned(),
        line: slips.line(section.at),
    })
}

fn rule_id(text: &Text<'_>, slips: &mut Slips<'_>) -> Option<RuleId> {
    let found = RuleId::parse(text.is);
    if found.is_none() {
        slips.add(text.at, format!("there is no rule `{}`: {}", text.is, rule_meant(text.is)));
    }
    found
}

/// What to do where there is no rule of an id.
pub(crate) fn rule_meant(id: &str) -> String {
    near(id, RuleId::ALL.iter().map(|rule| rule.as_str()))
        .map_or("`gt-audit rules` lists them".to_owned(), |near| format!("did you mean `{near}`?"))
}

/// A glob that some ARN can match.
fn arns(text: &Text<'_>, slips: &mut Slips<'_>) -> Option<Pattern> {
    let pattern = Pattern::new(text.is);
    if pattern.meets_below("arn:") {
        return Some(pattern);
    }
    let says = "matches no ARN: write a whole one, with `*` and `?` for what may differ, as in `arn:aws:s3:::signs-*`";
    slips.add(text.at, format!("`{}` {says}", text.is));
    None
}
