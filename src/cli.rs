//! The command line as it is typed; nothing is decided here.

pub mod manual;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::arn::Arn;
use crate::finding::{RuleId, Severity};
use crate::rules::RULES;

/// Audits a live AWS account for the documented limits of SageMaker Ground Truth's permissions, and says why of each
/// finding. It only ever reads. Ctrl-C once reports what was collected, twice ends at once.
#[derive(Debug, Parser)]
#[command(name = "gt-audit", version, max_term_width = 100)]
pub struct Cli {
    /// What to do; an audit, when nothing is named.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of the audit.
    #[command(flatten)]
    pub scan: Scan,
    /// How the account is reached: before or after the command.
    #[command(flatten)]
    pub connection: Connection,
}

impl Cli {
    /// The command line as clap has it, with examples and exit codes in the help of each command.
    #[must_use]
    pub fn with_help() -> clap::Command {
        manual::with_chapters(Self::command())
    }

    /// Reads the command line, the program's name first.
    ///
    /// Clap looks at the options of each command by themselves. What two options say of each other where one stands before
    /// the command and the other after it is looked at here.
    ///
    /// # Errors
    ///
    /// When it is wrong; also where help or the version is asked for.
    pub fn read(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<Self, clap::Error> {
        let mut command = Self::with_help();
        let matches = command.try_get_matches_from_mut(arguments)?;
        let cli = Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        match misplaced(&command, &matches).or_else(|| cli.clash()) {
            Some(wrong) => Err(command.error(ErrorKind::ArgumentConflict, wrong)),
            None => Ok(cli),
        }
    }

    /// The snapshot that is judged instead of a live account.
    fn snapshot(&self) -> Option<&Path> {
        let facts = match &self.command {
            None => &self.scan.facts,
            Some(Command::Scan(scan)) => &scan.facts,
            Some(Command::Preflight(preflight)) => &preflight.facts,
            Some(Command::Fix(fix)) => &fix.facts,
            Some(Command::Why(why)) => &why.facts,
            Some(Command::Explain(explain)) => &explain.facts,
            Some(_) => return None,
        };
        facts.snapshot.as_deref()
    }

    /// Two options that cannot be meant together.
    fn clash(&self) -> Option<String> {
        let Connection { profile, region, all_regions, endpoint_url, assume_role, external_id, session_name, .. } =
            &self.connection;
        let given = [
            ("--profile", profile.is_some()),
            ("--region", !region.is_empty()),
            ("--all-regions", *all_regions),
            ("--endpoint-url", endpoint_url.is_some()),
            ("--assume-role", assume_role.is_some()),
            (
                "--read-manifest",
                matches!(&self.command, Some(Command::Preflight(preflight)) if preflight.read_manifest),
            ),
        ];
        if self.snapshot().is_some()
            && let Some((option, _)) = given.into_iter().find(|(_, is_given)| *is_given)
        {
            return Some(format!("'{option}' cannot be used with '--snapshot': a snapshot is judged without any call"));
        }
        if *all_regions && !region.is_empty() {
            return Some("'--all-regions' cannot be used with '--region'".to_owned());
        }
        let of_role = [("--external-id", external_id.is_some()), ("--session-name", session_name.is_some())];
        let (option, _) = of_role.into_iter().find(|(_, is_given)| *is_given && assume_role.is_none())?;
        Some(format!("'{option}' is of no use without '--assume-role'"))
    }
}

/// An option of the audit that stands before another command, which does not read it there.
fn misplaced(command: &clap::Command, matches: &ArgMatches) -> Option<String> {
    let name = matches.subcommand_name()?;
    let of_audit = command
        .get_arguments()
        .filter(|option| !option.is_global_set() && option.get_id() != "help" && option.get_id() != "version");
    let mut stray =
        of_audit.filter(|option| matches.value_source(option.get_id().as_str()) == Some(ValueSource::CommandLine));
    let option = stray.find_map(clap::Arg::get_long)?;
    Some(format!("'--{option}' cannot be used before '{name}': write it after the command, if the command has it"))
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
    /// Print the man page of the program or of a command (roff).
    Man {
        /// The command.
        command: Option<String>,
    },
}

/// Options of an audit.
#[derive(Debug, Args)]
pub struct Scan {
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
    /// Where the facts come from.
    #[command(flatten)]
    pub facts: Facts,
}

/// Where the facts come from, and what is said meanwhile: the same for all commands that judge an account.
#[derive(Debug, Args)]
pub struct Facts {
    /// Judge a snapshot taken by `gt-audit collect` instead of a live account; no call is made.
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,
    /// The configuration file. Default: gt-audit.toml in the working directory or the nearest one above it.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How much is said on standard error.
    #[command(flatten)]
    pub noise: Noise,
}

/// How an answer is written: the same for all commands that answer one question.
#[derive(Debug, Clone, Copy, Args)]
pub struct Page {
    /// Form of the answer on standard output; `schemas/` has the schemas of `json`.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Table, value_name = "FORMAT")]
    pub format: AnswerFormat,
    /// Colours in the page; NO_COLOR is honoured.
    #[arg(long, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub color: When,
}

/// Options of `preflight`.
#[derive(Debug, Args)]
pub struct Preflight {
    /// `CreateLabelingJob` requests, as `aws sagemaker create-labeling-job --cli-input-json` takes them, or
    /// `DescribeLabelingJob` responses; `-` is standard input, a directory all its .json files.
    #[arg(required_unless_present = "job", value_name = "JOB.json")]
    pub jobs: Vec<PathBuf>,
    /// A labeling job that is there, by name or ARN, instead of a file: would it work if it were made again? Repeatable.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub job: Vec<String>,
    /// Who would make the job: a role, a user or a session of a role. Default: the caller.
    #[arg(long = "as", value_name = "ARN", value_parser = |text: &str| Arn::parse(text))]
    pub caller: Option<Arn>,
    /// The job's manifest, in a local copy: may the role read every object that it names?
    #[arg(long, value_name = "FILE", conflicts_with = "read_manifest")]
    pub manifest: Option<PathBuf>,
    /// The same of the manifest in S3; the caller must be allowed s3:GetObject on it.
    #[arg(long)]
    pub read_manifest: bool,
    /// List the checks that pass too.
    #[arg(long)]
    pub full: bool,
    /// How the answer is written.
    #[command(flatten)]
    pub page: Page,
    /// Where the facts come from.
    #[command(flatten)]
    pub facts: Facts,
}

/// Options of `why`.
#[derive(Debug, Args)]
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
    /// How the answer is written.
    #[command(flatten)]
    pub page: Page,
    /// Where the facts come from.
    #[command(flatten)]
    pub facts: Facts,
}

/// Options of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// A finding, by its id or the first four digits or more of it; or a rule.
    #[arg(value_name = "ID | RULE", value_parser = NonEmptyStringValueParser::new())]
    pub what: String,
    /// Spell out what nothing shows to be used for labeling, so that each can be named.
    #[arg(long)]
    pub all: bool,
    /// How the answer is written.
    #[command(flatten)]
    pub page: Page,
    /// Where the facts come from.
    #[command(flatten)]
    pub facts: Facts,
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
    /// Spell out what nothing shows to be used for labeling, so that each can be named.
    #[arg(long)]
    pub all: bool,
    /// How the changes are written.
    #[arg(long = "as", value_enum, default_value_t = Form::Text, value_name = "FORM")]
    pub form: Form,
    /// Where the facts come from.
    #[command(flatten)]
    pub facts: Facts,
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
}

/// Options of `permissions`; `--all-regions` and `--assume-role` count too.
#[derive(Debug, Args)]
pub struct Permissions {
    /// For `preflight --read-manifest`.
    #[arg(long)]
    pub read_manifest: bool,
    /// Leave out the calls about one resource at a time: `why` then reads lists, and what a refused list leaves open stays
    /// open.
    #[arg(long)]
    pub no_fallback: bool,
}

/// How the account is reached. What is not given comes from the usual AWS environment and configuration files.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// The profile of the AWS configuration files.
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// A region to audit; repeatable, where those after the command replace those before it. Default: those of the
    /// configuration, else the profile's.
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Vec<String>,
    /// Audit every region that the account has enabled.
    #[arg(long, global = true)]
    pub all_regions: bool,
    /// Send every call to this address, an emulator's for instance.
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Assume this role first.
    #[arg(long, global = true, value_name = "ARN", value_parser = arn_of_role)]
    pub assume_role: Option<String>,
    /// The external id that the role's trust policy asks for.
    #[arg(long, global = true, value_name = "ID")]
    pub external_id: Option<String>,
    /// The name of the session, as the account's trail will show it.
    #[arg(long, global = true, value_name = "NAME")]
    pub session_name: Option<String>,
    /// Calls under way at once for each service. Default: 32 for S3, 8 for the others.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub concurrency: Option<u32>,
    /// New calls a second at most.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub max_rps: Option<u32>,
    /// Seconds to wait for each answer. Default: 15, and 60 for GetAccountAuthorizationDetails.
    #[arg(long, global = true, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub timeout: Option<u64>,
    /// Seconds that the whole run may take; what is not collected by then is reported as missing.
    #[arg(long, global = true, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub deadline: Option<u64>,
    /// Read the labeling jobs of so many days, and older ones that still run. Default: 90.
    #[arg(long, global = true, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(..=36_500))]
    pub jobs_since: Option<u32>,
    /// Read this many labeling jobs of each region at most, the newest first. Default: 500.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
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
    /// For programs that read line by line: a finding a line.
    Jsonl,
    /// For spreadsheets: a row a finding.
    Csv,
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

/// The ARN of a role, as it was typed.
fn arn_of_role(text: &str) -> Result<String, String> {
    let is_role = |arn: &Arn| arn.service() == "iam" && arn.resource().starts_with("role/") && !arn.name().is_empty();
    match Arn::parse(text) {
        Ok(arn) if is_role(&arn) => Ok(text.to_owned()),
        _ => Err("it is the ARN of a role, for instance arn:aws:iam::111122223333:role/Auditor".to_owned()),
    }
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
    use super::*;

    fn read(line: &str) -> Result<Cli, clap::Error> {
        Cli::read(["gt-audit"].into_iter().chain(line.split(' ')))
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_a_chapter_whose_examples_are_right() {
        let all = Cli::command();
        let commands = all.get_subcommands().map(clap::Command::get_name);
        let named: std::collections::BTreeSet<&str> = ["gt-audit"].into_iter().chain(commands).collect();
        assert_eq!(named, manual::CHAPTERS.iter().map(|chapter| chapter.command).collect());
        for chapter in manual::CHAPTERS {
            assert!(!chapter.examples.is_empty() && !chapter.exit.is_empty());
            for (line, _) in chapter.examples {
                assert!(Cli::read(line.split(' ')).is_ok(), "{line}");
            }
        }
        Cli::with_help().debug_assert();
    }

    #[test]
    fn an_audit_needs_no_command() {
        let cli = read("--profile prod --region a --region b").unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.connection.region, ["a", "b"]);
        assert!(read("--output json").is_err());
    }

    #[test]
    fn connection_options_stand_before_or_after_the_command() {
        for line in [
            "--profile p --region a --assume-role arn:aws:iam::111122223333:role/R why j --external-id e",
            "why --profile p j --region a --assume-role arn:aws:iam::111122223333:role/R --external-id e",
            "--external-id e why j --profile p --region a --assume-role arn:aws:iam::111122223333:role/R",
        ] {
            let connection = read(line).unwrap().connection;
            assert_eq!(connection.profile.as_deref(), Some("p"), "{line}");
            assert_eq!(connection.region, ["a"], "{line}");
            assert_eq!(connection.external_id.as_deref(), Some("e"), "{line}");
        }
    }

    #[test]
    fn what_cannot_be_meant_together_is_refused_on_either_side_of_the_command() {
        for line in [
            "--snapshot x --profile p",
            "--profile p why j --snapshot x",
            "why j --snapshot x --profile p",
            "preflight j.json --snapshot x --read-manifest",
            "--region a why j --all-regions",
            "--region a --all-regions",
            "--external-id e",
            "why j --session-name s",
            "--all why j",
            "--snapshot x why j",
            "--assume-role nonsense",
            "--assume-role arn:aws:iam::111122223333:user/u",
            "permissions --assume-role R",
        ] {
            let error = read(line).unwrap_err();
            let kinds = [ErrorKind::ArgumentConflict, ErrorKind::ValueValidation];
            assert!(kinds.contains(&error.kind()), "{line}: {error}");
        }
    }
}
