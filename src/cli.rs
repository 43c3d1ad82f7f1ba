//! The command line as it is typed; nothing is decided here.

use std::path::PathBuf;

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::arn::Arn;
use crate::finding::{RuleId, Severity};
use crate::rules::RULES;

/// Audits a live AWS account for the documented limits of SageMaker Ground Truth's permissions, and says why of each
/// finding. It only ever reads.
///
/// Exit codes: 0 nothing found and the audit is complete; 1 something at or above --fail-on; 2 the audit could not run;
/// 3 nothing at or above --fail-on, but some facts could not be read or decided; 130 interrupted before anything was
/// collected. Ctrl-C once reports what was collected, twice ends at once.
#[derive(Debug, Parser)]
#[command(name = "gt-audit", version, args_conflicts_with_subcommands = true, max_term_width = 100)]
pub struct Cli {
    /// What to do; an audit, when nothing is named.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of the audit.
    #[command(flatten)]
    pub scan: Scan,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Audit the account (the same as no command).
    Scan(Box<Scan>),
    /// Take a snapshot of the facts and audit nothing.
    Collect(Box<Collect>),
    /// Say before a labeling job is made whether it would work: of its role, who makes it, and all it names.
    Preflight(Box<Preflight>),
    /// Print the smallest changes that close findings, each proved by deciding again. Nothing is ever changed.
    ///
    /// Exit codes: 0 the plan is printed, whether or not every finding has a proved change; 2 it could not be made.
    Fix(Box<Fix>),
    /// Say why a labeling job failed or will fail, or why a principal may or may not do something.
    Why(Box<Why>),
    /// Explain a finding, with its causes, statements and fixes; or a rule.
    Explain(Box<Explain>),
    /// List the rules, or explain one: what it finds, why, an example, how to fix it.
    Rules {
        /// The rule's id.
        rule: Option<String>,
    },
    /// Decide requests offline: JSON lines in, JSON lines out.
    Simulate {
        /// The requests; standard input when it is not given or `-`.
        file: Option<PathBuf>,
    },
    /// Print the least-privilege IAM policy that the auditor itself needs.
    Permissions(Permissions),
    /// Print shell completions.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the man page (roff).
    Man,
}

/// Options of an audit.
#[derive(Debug, Args)]
pub struct Scan {
    /// Audit a snapshot taken by `gt-audit collect` instead of a live account; no call is made.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["profile", "region", "all_regions", "endpoint_url", "assume_role"])]
    pub snapshot: Option<PathBuf>,
    /// Spell out what nothing shows to be used for labeling, and read the policies of all buckets and functions.
    #[arg(long)]
    pub all: bool,
    /// Form of the report on standard output.
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    pub format: Format,
    /// Also write the report to a file, as `FORMAT=PATH`; repeatable.
    #[arg(long, value_name = "FORMAT=PATH", value_parser = output)]
    pub output: Vec<(Format, PathBuf)>,
    /// Exit with 1 when a finding is at least this bad. Default: the configuration's, else high.
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub fail_on: Option<Severity>,
    /// The configuration file. Default: gt-audit.toml in the working directory, if there is one.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Audit only execution roles of this name, in which `*` and `?` are wildcards, or of this ARN; repeatable.
    #[arg(long, value_name = "PATTERN", value_parser = NonEmptyStringValueParser::new())]
    pub role: Vec<String>,
    /// Audit only buckets of this name or ARN, likewise; repeatable.
    #[arg(long, value_name = "PATTERN", value_parser = NonEmptyStringValueParser::new())]
    pub bucket: Vec<String>,
    /// Audit only functions of this name or ARN, likewise; repeatable.
    #[arg(long, value_name = "PATTERN", value_parser = NonEmptyStringValueParser::new())]
    pub function: Vec<String>,
    /// Audit only labeling jobs of this name or ARN, and what they use; likewise.
    #[arg(long, value_name = "PATTERN", value_parser = NonEmptyStringValueParser::new())]
    pub job: Vec<String>,
    /// Apply only this rule; repeatable.
    #[arg(long, value_name = "RULE", value_parser = rule())]
    pub rule: Vec<RuleId>,
    /// Leave out this rule; repeatable.
    #[arg(long, value_name = "RULE", value_parser = rule())]
    pub skip_rule: Vec<RuleId>,
    /// Show only findings that are at least this bad; all count.
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub min_severity: Option<Severity>,
    /// Give lists whole, and each finding with its causes and fixes.
    #[arg(long)]
    pub full: bool,
    /// Colours in the table; NO_COLOR is honoured.
    #[arg(long, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub color: When,
    /// How much is said on standard error.
    #[command(flatten)]
    pub noise: Noise,
    /// Where the facts come from.
    #[command(flatten)]
    pub connection: Connection,
}

/// Options of `preflight`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 every job would work; 1 one would fail; 2 a file could not be read, or the account; 3 \
none would fail, as far as is known, and something is not known."
)]
pub struct Preflight {
    /// `CreateLabelingJob` requests, as `aws sagemaker create-labeling-job --cli-input-json` takes them, or
    /// `DescribeLabelingJob` responses; `-` is standard input, a directory all its .json files.
    #[arg(required = true, value_name = "JOB.json")]
    pub jobs: Vec<PathBuf>,
    /// Who would make the job: a role, a user or a session of a role. Default: the caller.
    #[arg(long = "as", value_name = "ARN", value_parser = |text: &str| Arn::parse(text))]
    pub caller: Option<Arn>,
    /// The job's manifest, in a local copy: may the role read every object that it names?
    #[arg(long, value_name = "FILE", conflicts_with = "read_manifest")]
    pub manifest: Option<PathBuf>,
    /// The same of the manifest in S3; the caller must be allowed s3:GetObject on it.
    #[arg(long, conflicts_with = "snapshot")]
    pub read_manifest: bool,
    /// Ask a snapshot taken by `gt-audit collect` instead of a live account; no call is made.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["profile", "region", "all_regions", "endpoint_url", "assume_role"])]
    pub snapshot: Option<PathBuf>,
    /// List the checks that pass too.
    #[arg(long)]
    pub full: bool,
    /// Form of the report on standard output; `schemas/preflight.json` is the schema of `json`.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Table, value_name = "FORMAT")]
    pub format: AnswerFormat,
    /// Colours in the table; NO_COLOR is honoured.
    #[arg(long, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub color: When,
    /// How much is said on standard error.
    #[command(flatten)]
    pub noise: Noise,
    /// Where the facts come from.
    #[command(flatten)]
    pub connection: Connection,
}

/// Options of `why`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  gt-audit why street-signs-7\n  gt-audit why GtExecution s3:PutObject s3://signs/out/x.json\n\n\
Exit codes: 0 it works or is allowed; 1 it failed, will fail or is denied; 2 it could not be asked; 3 something is not known."
)]
pub struct Why {
    /// The name or ARN of a labeling job; or a principal (a role's name is enough), an action and a resource (an ARN or an
    /// s3:// URI); or an access-denied message of AWS's, or `-` for a log on standard input.
    #[arg(required = true, num_args = 1..=3, value_name = "JOB | PRINCIPAL ACTION RESOURCE | MESSAGE | -", value_parser = NonEmptyStringValueParser::new())]
    pub question: Vec<String>,
    /// A context key of the request, as KEY=VALUE; repeatable. KEY alone: the request does not have it.
    #[arg(long, value_name = "KEY=VALUE")]
    pub context: Vec<String>,
    /// Say all of each check that holds.
    #[arg(long)]
    pub full: bool,
    /// Ask a snapshot taken by `gt-audit collect` instead of a live account; no call is made.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["profile", "region", "all_regions", "endpoint_url", "assume_role"])]
    pub snapshot: Option<PathBuf>,
    /// Form of the answer on standard output.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Table, value_name = "FORMAT")]
    pub format: AnswerFormat,
    /// The configuration file. Default: gt-audit.toml in the working directory or the nearest one above it.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Colours in the page; NO_COLOR is honoured.
    #[arg(long, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub color: When,
    /// How much is said on standard error.
    #[command(flatten)]
    pub noise: Noise,
    /// Where the facts come from.
    #[command(flatten)]
    pub connection: Connection,
}

/// Options of `explain`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  gt-audit explain 94ca\n  gt-audit explain bucket-out-of-reach")]
pub struct Explain {
    /// A finding, by its id or the first four digits or more of it; or a rule.
    #[arg(value_name = "ID | RULE", value_parser = NonEmptyStringValueParser::new())]
    pub what: String,
    /// Spell out what nothing shows to be used for labeling, so that each can be named.
    #[arg(long)]
    pub all: bool,
    /// Ask a snapshot taken by `gt-audit collect` instead of a live account; no call is made.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["profile", "region", "all_regions", "endpoint_url", "assume_role"])]
    pub snapshot: Option<PathBuf>,
    /// Form of the answer on standard output.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Table, value_name = "FORMAT")]
    pub format: AnswerFormat,
    /// The configuration file. Default: gt-audit.toml in the working directory or the nearest one above it.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Colours in the page; NO_COLOR is honoured.
    #[arg(long, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub color: When,
    /// How much is said on standard error.
    #[command(flatten)]
    pub noise: Noise,
    /// Where the facts come from.
    #[command(flatten)]
    pub connection: Connection,
}

/// Options of `fix`.
#[derive(Debug, Args)]
pub struct Fix {
    /// The findings to close: by id or the first four digits or more of it, by rule, or by the name or ARN of a labeling job,
    /// role, user, bucket or function. Default: all that are not silenced.
    #[arg(value_name = "WHAT", value_parser = NonEmptyStringValueParser::new())]
    pub findings: Vec<String>,
    /// Close the findings of a JSON report, as far as they are still there; the facts are not taken from it.
    #[arg(long, value_name = "FILE", conflicts_with = "findings")]
    pub report: Option<PathBuf>,
    /// Prove the changes on a snapshot taken by `gt-audit collect` instead of a live account; no call is made.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["profile", "region", "all_regions", "endpoint_url", "assume_role"])]
    pub snapshot: Option<PathBuf>,
    /// Spell out what nothing shows to be used for labeling, so that each can be named.
    #[arg(long)]
    pub all: bool,
    /// How the changes are written.
    #[arg(long = "as", value_enum, default_value_t = Form::Text, value_name = "FORM")]
    pub form: Form,
    /// The configuration file. Default: gt-audit.toml in the working directory, if there is one.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How much is said on standard error.
    #[command(flatten)]
    pub noise: Noise,
    /// Where the facts come from.
    #[command(flatten)]
    pub connection: Connection,
}

/// Forms of a plan of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For people: the policies' text, what was proved, what is in the way.
    Text,
    /// For programs.
    Json,
    /// A shell script of `aws` commands.
    Cli,
    /// Resources for Terraform.
    Terraform,
    /// A template for CloudFormation.
    #[value(name = "cloudformation")]
    CloudFormation,
}

/// Options of `collect`.
#[derive(Debug, Args)]
pub struct Collect {
    /// The snapshot file; compressed when its name ends in .zst.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Also read the policies of all buckets and functions.
    #[arg(long)]
    pub all: bool,
    /// How much is said on standard error.
    #[command(flatten)]
    pub noise: Noise,
    /// Where the facts come from.
    #[command(flatten)]
    pub connection: Connection,
}

/// Options of `permissions`.
#[derive(Debug, Args)]
pub struct Permissions {
    /// For audits with --all-regions.
    #[arg(long)]
    pub all_regions: bool,
    /// For audits with --assume-role: the role to assume.
    #[arg(long, value_name = "ARN")]
    pub assume_role: Option<String>,
    /// For `preflight --read-manifest`.
    #[arg(long)]
    pub read_manifest: bool,
    /// Leave out the calls that are made only where a bulk call is refused.
    #[arg(long)]
    pub no_fallback: bool,
}

/// How the account is reached. What is not given comes from the usual AWS environment and configuration files.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// The profile of the AWS configuration files.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// A region to audit; repeatable. Default: those of the configuration of an audit, else the profile's.
    #[arg(long, value_name = "REGION")]
    pub region: Vec<String>,
    /// Audit every region that the account has enabled.
    #[arg(long, conflicts_with = "region")]
    pub all_regions: bool,
    /// Send every call to this address, an emulator's for instance.
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Assume this role first.
    #[arg(long, value_name = "ARN")]
    pub assume_role: Option<String>,
    /// The external id that the role's trust policy asks for.
    #[arg(long, value_name = "ID", requires = "assume_role")]
    pub external_id: Option<String>,
    /// The name of the session, as the account's trail will show it.
    #[arg(long, value_name = "NAME", requires = "assume_role")]
    pub session_name: Option<String>,
    /// Calls under way at once for each service. Default: 32 for S3, 8 for the others.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub concurrency: Option<u32>,
    /// New calls a second at most.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub max_rps: Option<u32>,
    /// Seconds to wait for each answer. Default: 15, and 60 for GetAccountAuthorizationDetails.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub timeout: Option<u64>,
    /// Seconds that the whole run may take; what is not collected by then is reported as missing.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub deadline: Option<u64>,
    /// Read the labeling jobs of so many days, and older ones that still run. Default: 90.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(..=36_500))]
    pub jobs_since: Option<u32>,
    /// Read this many labeling jobs of each region at most, the newest first. Default: 500.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub max_jobs: Option<u32>,
}

/// How much is said on standard error.
#[derive(Debug, Clone, Copy, Args)]
pub struct Noise {
    /// No progress bar. Where standard error is not a terminal there is none either, but a line every 15 seconds of silence.
    #[arg(long)]
    pub no_progress: bool,
    /// Say nothing on standard error but errors.
    #[arg(short, long)]
    pub quiet: bool,
    /// Name each call on standard error as it is made, and each retry with its reason.
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,
}

/// Forms of an answer to one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AnswerFormat {
    /// For people.
    Table,
    /// For programs; `schemas/` has the schema.
    Json,
}

/// Forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For programs; `schemas/` has the schema.
    Json,
    /// For a browser: one file that loads nothing.
    Html,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// When standard output is a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Rules by their ids: clap suggests the nearest one, and completions know them all.
fn rule() -> impl TypedValueParser<Value = RuleId> {
    let ids = PossibleValuesParser::new(RULES.iter().map(|rule| rule.id.as_str()));
    ids.try_map(|id| RuleId::parse(&id).ok_or("there is no such rule"))
}

fn output(text: &str) -> Result<(Format, PathBuf), String> {
    let (format, path) = text.split_once('=').ok_or("it has the form FORMAT=PATH, for instance json=report.json")?;
    if path.is_empty() {
        return Err("the path is missing".to_owned());
    }
    Ok((Format::from_str(format, false)?, PathBuf::from(path)))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_audit_needs_no_command() {
        let cli = Cli::try_parse_from(["gt-audit", "--profile", "prod", "--region", "a", "--region", "b"]).unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.scan.connection.region, ["a", "b"]);
        assert!(Cli::try_parse_from(["gt-audit", "--output", "json"]).is_err());
        assert!(Cli::try_parse_from(["gt-audit", "--snapshot", "x", "--profile", "p"]).is_err());
    }
}
