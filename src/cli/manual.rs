//! What help and man pages say of each command beyond its options: examples, exit codes, files and the environment.
//!
//! One table, so that `--help` and `man` cannot differ; a test parses every example.

use clap::Command;

/// What is said of one command.
pub struct Chapter {
    /// The command; the audit's is the program's own name.
    pub command: &'static str,
    /// Command lines, each with what it does.
    pub examples: &'static [(&'static str, &'static str)],
    /// Exit codes and what they mean.
    pub exit: &'static [(&'static str, &'static str)],
}

/// What commands return that only print something.
const PRINTS: &[(&str, &str)] = &[("0", "it is printed"), ("2", "it could not be printed")];
/// What the audit returns.
const AUDIT: &[(&str, &str)] = &[
    ("0", "the audit is complete and finds nothing at or above --fail-on"),
    ("1", "a finding is at or above --fail-on"),
    ("2", "the audit could not run"),
    ("3", "nothing is at or above --fail-on, but some facts could not be read or decided"),
    ("130", "interrupted before anything was collected"),
];

/// The chapters, in the order of the commands.
pub const CHAPTERS: &[Chapter] = &[
    Chapter {
        command: "gt-audit",
        examples: &[
            ("gt-audit --profile prod", "audit the account of a profile"),
            ("gt-audit --snapshot account.json --format json", "audit a snapshot, without a call"),
            ("gt-audit why street-signs-7 --profile prod", "explain why a labeling job failed or will fail"),
        ],
        exit: AUDIT,
    },
    Chapter {
        command: "scan",
        examples: &[
            ("gt-audit scan --region us-east-1 --fail-on medium", "audit one region"),
            ("gt-audit scan --job street-signs-7 --full", "audit one labeling job and what it uses"),
        ],
        exit: AUDIT,
    },
    Chapter {
        command: "collect",
        examples: &[("gt-audit collect -o account.json.zst", "take a compressed snapshot")],
        exit: &[
            ("0", "the snapshot is complete"),
            ("2", "the account could not be read, or the file not written"),
            ("3", "some facts could not be read; the snapshot says which"),
        ],
    },
    Chapter {
        command: "preflight",
        examples: &[
            ("gt-audit preflight job.json", "check a request before the job is made"),
            ("gt-audit preflight --job street-signs-7 --read-manifest", "check a job that is there, and its objects"),
        ],
        exit: &[
            ("0", "every job would work"),
            ("1", "a job would fail"),
            ("2", "a file or the account could not be read"),
            ("3", "no job is known to fail, and something is not known"),
        ],
    },
    Chapter {
        command: "fix",
        examples: &[
            ("gt-audit fix street-signs-7", "the changes that a labeling job needs"),
            ("gt-audit fix bucket-out-of-reach --as terraform", "the changes for a rule, as Terraform"),
        ],
        exit: &[
            ("0", "the plan is printed, whether or not every finding has a proved change"),
            ("2", "the plan could not be made"),
            ("3", "the plan is printed, but some facts could not be read or decided: there may be more findings"),
        ],
    },
    Chapter {
        command: "why",
        examples: &[
            ("gt-audit why street-signs-7", "why a labeling job failed or will fail"),
            ("gt-audit why GtExecution s3:PutObject s3://signs/out/x.json", "why a role may or may not do something"),
            ("gt-audit why -", "read an access-denied message from standard input"),
        ],
        exit: &[
            ("0", "it works or is allowed"),
            ("1", "it failed, will fail or is denied"),
            ("2", "it could not be asked"),
            ("3", "something is not known"),
        ],
    },
    Chapter {
        command: "explain",
        examples: &[
            ("gt-audit explain 94ca", "a finding with its causes, statements and fixes"),
            ("gt-audit explain bucket-out-of-reach", "a rule"),
        ],
        exit: &[("0", "it is explained"), ("2", "there is no such finding or rule, or the account could not be read")],
    },
    Chapter {
        command: "rules",
        examples: &[("gt-audit rules bucket-out-of-reach", "what a rule finds, why, and how to fix it")],
        exit: &[("0", "the rules are printed"), ("2", "there is no such rule")],
    },
    Chapter {
        command: "simulate",
        examples: &[("gt-audit simulate requests.jsonl", "decide requests, one JSON object a line")],
        exit: &[("0", "every line is decided"), ("2", "a line is wrong or could not be read")],
    },
    Chapter {
        command: "permissions",
        examples: &[("gt-audit permissions --all-regions", "what an audit of all regions must be allowed")],
        exit: PRINTS,
    },
    Chapter {
        command: "completions",
        examples: &[("gt-audit completions bash", "a script for bash, to be sourced")],
        exit: PRINTS,
    },
    Chapter {
        command: "man",
        examples: &[("gt-audit man why", "the man page of a command, for `man -l -`")],
        exit: PRINTS,
    },
];

/// Files that commands read.
pub const FILES: &[(&str, &str)] = &[
    ("gt-audit.toml", "the configuration, in the working directory or one above it, up to the repository's root"),
    ("~/.aws/config, ~/.aws/credentials", "profiles, as the AWS CLI reads them"),
];

/// Variables of the environment that commands read.
pub const ENVIRONMENT: &[(&str, &str)] = &[
    ("AWS_PROFILE, AWS_REGION", "the profile and region where no option names them"),
    ("AWS_ENDPOINT_URL", "where calls are sent, an emulator's address for instance; also for one service"),
    ("AWS_CA_BUNDLE", "certificates that are trusted"),
    ("AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE", "other places of the files of profiles"),
    ("HTTPS_PROXY, NO_PROXY", "the proxy, and hosts that are reached without it"),
    ("NO_COLOR, TERM", "no colours where NO_COLOR is set or TERM is dumb"),
];

/// The chapter of a command.
#[must_use]
pub fn chapter(command: &str) -> Option<&'static Chapter> {
    CHAPTERS.iter().find(|chapter| chapter.command == command)
}

/// A command line with the examples and exit codes of each command at the end of its help.
#[must_use]
pub fn with_chapters(all: Command) -> Command {
    let mut all = end(all);
    let names: Vec<String> = all.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    for name in names {
        all = all.mut_subcommand(name, end);
    }
    all
}

fn end(command: Command) -> Command {
    let Some(chapter) = chapter(command.get_name()) else { return command };
    let widest = chapter.exit.iter().map(|(code, _)| code.len()).max().unwrap_or_default();
    let examples: Vec<String> =
        chapter.examples.iter().map(|(line, says)| format!("  {line}\n      {says}\n")).collect();
    let codes: Vec<String> = chapter.exit.iter().map(|(code, says)| format!("  {code:widest$}  {says}")).collect();
    command.after_help(format!("Examples:\n{}\nExit codes:\n{}", examples.concat(), codes.join("\n")))
}
