//! Tests of the whole: the binary on real and made trees, the library by its public interface, and the promises that
//! documents make. One binary, so that it is linked once.
//!
//! `cases` is the place to read first: each folder of `fixtures/cases/` is an example of the tool's behaviour.

#[cfg(unix)]
mod ab;
mod action;
mod architecture;
mod audit;
mod broken;
mod case;
mod cases;
mod claims;
mod cli;
mod comment;
mod confirm;
mod critcmp;
mod dashboard;
mod doctor;
mod environments;
mod executions;
mod explain;
mod fixtures;
mod git;
#[cfg(feature = "github")]
mod github;
mod history;
mod hostile_disk;
mod import;
mod init;
#[cfg(unix)]
mod official;
mod page;
mod plain_loop;
mod policy;
mod properties;
mod readme;
mod record;
mod renderers;
mod rivals;
mod schema;
mod security;
mod stores;
mod suite;
mod tree;
mod workflow;
