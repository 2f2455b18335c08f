use std::process::ExitCode;

use clap::CommandFactory;

use crate::cli::args::Cli;
use crate::cli::failure::Failure;
use crate::cli::{exit_code, output};

pub(crate) fn run() -> Result<ExitCode, Failure> {
    let failed = |e: std::io::Error| Failure::new(format!("failed to make the manual page: {e}"));
    let mut page = Vec::new();
    let mut command = Cli::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut page).map_err(failed)?;
    for subcommand in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        clap_mangen::Man::new(subcommand.clone()).render(&mut page).map_err(failed)?;
    }
    output::print(&String::from_utf8_lossy(&page))?;
    Ok(exit_code::OK)
}
