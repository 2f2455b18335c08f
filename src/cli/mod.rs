//! The binary: what was typed becomes calls of the library, and their result text and an exit code.

mod args;
mod commands;
mod config_file;
mod exit_code;
mod failure;
mod input;
mod output;
mod progress;
mod settings;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use args::{Cli, Command};
use failure::Failure;

/// Runs the program as it was called.
pub(crate) fn run() -> ExitCode {
    let matches = match Cli::command().try_get_matches() {
        Ok(matches) => matches,
        Err(e) => {
            // Help and version are no errors; a pipe that closed early is none either.
            let _ = e.print();
            return exit_code::of_usage(&e);
        }
    };
    let result = Cli::from_arg_matches(&matches).map_err(Failure::from).and_then(|cli| {
        let (_, given) = matches.subcommand().ok_or_else(|| Failure::new("no command was given"))?;
        match &cli.command {
            Command::Check(args) => commands::check::run(args, given),
            Command::List(args) => commands::list::run(args),
            Command::Compare(args) => commands::compare::run(args),
            Command::Export(args) => commands::export::run(args),
            Command::Report(args) => commands::report::run(args),
            Command::Config(args) => commands::config::run(args, given),
            Command::Completions(args) => commands::completions::run(args),
            Command::Man => commands::man::run(),
        }
    });
    match result {
        Ok(code) => code,
        Err(failure) => {
            failure.print();
            exit_code::failed()
        }
    }
}
