//! `gt-audit completions`: a shell's script, which knows the rules, formats, regions and the profiles that there are.
//!
//! What a value may be is said here of completions alone: on the command line a new region or profile is good too.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::{env, fs};

use clap::Command;
use clap::builder::PossibleValuesParser;
use clap_complete::Shell;

use super::error::Error;
use super::terminal::Terminal;
use crate::cli::Cli;
use crate::knowledge::builtin;
use crate::rules::RULES;

pub(super) fn run(shell: Shell, terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    let profiles: BTreeSet<String> =
        files().iter().filter_map(|file| fs::read_to_string(file).ok()).flat_map(|text| profiles(&text)).collect();
    // It panics where it cannot write.
    let mut script = vec![];
    clap_complete::generate(shell, &mut command(profiles), "gt-audit", &mut script);
    terminal.out.write_all(&script)?;
    Ok(0)
}

/// The command line with the values that are worth completing.
fn command(profiles: BTreeSet<String>) -> Command {
    let rules: Vec<&str> = RULES.iter().map(|rule| rule.id.as_str()).collect();
    let mut command =
        Cli::with_help().mut_arg("region", |region| region.value_parser(PossibleValuesParser::new(builtin::regions())));
    if !profiles.is_empty() {
        command = command.mut_arg("profile", |profile| profile.value_parser(PossibleValuesParser::new(profiles)));
    }
    for (name, argument) in [("rules", "rule"), ("explain", "what"), ("fix", "findings")] {
        let rules = rules.clone();
        command = command.mut_subcommand(name, |command| {
            command.mut_arg(argument, |argument| argument.value_parser(PossibleValuesParser::new(rules)))
        });
    }
    command
}

/// Where the AWS CLI keeps its profiles.
fn files() -> Vec<PathBuf> {
    let home = env::var_os("HOME").or_else(|| env::var_os("USERPROFILE")).map(PathBuf::from);
    let places = [("AWS_CONFIG_FILE", ".aws/config"), ("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials")];
    let place = |(variable, file): (&str, &str)| {
        let named = env::var_os(variable).filter(|named| !named.is_empty()).map(PathBuf::from);
        named.or_else(|| Some(home.as_ref()?.join(file)))
    };
    places.into_iter().filter_map(place).collect()
}

/// The profiles of such a file. A name with a character that a shell could take for its own is left out.
fn profiles(text: &str) -> Vec<String> {
    let sections = text.lines().filter_map(|line| line.trim().strip_prefix('[')?.split(']').next());
    let names = sections.filter_map(|section| {
        let mut words = section.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some("profile"), Some(name), None) | (Some(name), None, None) => Some(name.to_owned()),
            _ => None,
        }
    });
    let is_plain = |name: &String| name.chars().all(|c| c.is_ascii_alphanumeric() || "._@+-".contains(c));
    names.filter(is_plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_those_of_both_kinds_of_files() {
        let text = "[default]\nregion=a\n [profile prod.eu] # x\n[sso-session s]\n[dev]\n[profile $(rm)]\n[a`b`]\n[services s]\n";
        assert_eq!(profiles(text), ["default", "prod.eu", "dev"]);
    }

    #[test]
    fn scripts_know_rules_formats_regions_and_profiles() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
            let mut script = vec![];
            clap_complete::generate(shell, &mut command(["prod.eu".to_owned()].into()), "gt-audit", &mut script);
            let script = String::from_utf8(script).unwrap();
            // Elvish and PowerShell complete no values.
            if [Shell::Bash, Shell::Zsh, Shell::Fish].contains(&shell) {
                for value in ["bucket-out-of-reach", "json", "eu-central-1", "prod.eu"] {
                    assert!(script.contains(value), "{shell} lacks {value}");
                }
            }
        }
    }
}
