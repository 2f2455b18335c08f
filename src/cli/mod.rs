//! The binary: what was typed becomes calls of the library, and their result text and an exit code.

mod ancestors;
mod args;
mod built;
mod commands;
mod config_file;
mod drawn;
mod exit_code;
mod failure;
mod git;
mod github;
mod history;
mod input;
mod output;
mod progress;
mod scratch;
mod settings;
mod shell;
mod stop;
mod timeline;

use std::process::ExitCode;

use clap::builder::Resettable;
use clap::{CommandFactory, FromArgMatches};

use args::{Cli, Command};
use failure::Failure;

/// Runs the program as it was called.
pub(crate) fn run() -> ExitCode {
    let matches = match without_empty_variables(Cli::command()).try_get_matches() {
        Ok(matches) => matches,
        Err(e) => {
            // Help and version are no errors; a pipe that closed early is none either.
            let _ = if github::is_workflow() { output::print_usage(&e) } else { e.print() };
            return exit_code::of_usage(&e);
        }
    };
    let result = Cli::from_arg_matches(&matches).map_err(Failure::from).and_then(|cli| {
        let (_, given) = matches.subcommand().ok_or_else(|| Failure::new("no command was given"))?;
        match &cli.command {
            Command::Ab(args) => commands::ab::run(args, given),
            Command::Official(args) => commands::official::run(args, given),
            Command::Check(args) => commands::check::run(args, given),
            Command::List(args) => commands::list::run(args),
            Command::Compare(args) => commands::compare::run(args),
            Command::Record(args) => commands::record::run(args),
            Command::History(args) => commands::history::run(args),
            Command::Changes(args) => commands::changes::run(args),
            Command::Plot(args) => commands::history::plot(args),
            Command::Store(args) => commands::store::run(args),
            Command::Export(args) => commands::export::run(args),
            Command::Import(args) => commands::import::run(args),
            Command::Dashboard(args) => commands::dashboard::run(args),
            Command::Badge(args) => commands::badge::run(args),
            Command::Spread(args) => commands::spread::run(args, given),
            Command::Report(args) => commands::report::run(args),
            #[cfg(feature = "github")]
            Command::Comment(args) => commands::comment::run(args),
            Command::Audit(args) => commands::audit::run(args, given),
            Command::Doctor(args) => commands::doctor::run(args, given),
            Command::Kernel => commands::kernel::run(),
            Command::Rivals(args) => commands::rivals::run(args),
            Command::Claims(args) => commands::claims::run(args),
            Command::ReleaseCheck(args) => commands::release_check::run(args),
            Command::Confirm(args) => commands::confirm::run(args),
            Command::Config(args) => commands::config::run(args, given),
            Command::Init(args) => commands::init::run(args),
            Command::Completions(args) => commands::completions::run(args),
            Command::Man => commands::man::run(),
        }
    });
    match result {
        Ok(code) => code,
        Err(failure) => {
            failure.print();
            github::tell_failure(&failure);
            exit_code::failed()
        }
    }
}

/// Takes a variable that is set to nothing for one that isn't set, which is what an input that wasn't given becomes.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |arg: &clap::Arg| arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
    command
        .mut_args(move |arg| if is_empty(&arg) { arg.env(Resettable::Reset) } else { arg })
        .mut_subcommands(without_empty_variables)
}
