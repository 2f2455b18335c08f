//! A file a subcommand.

pub(super) mod ab;
pub(super) mod audit;
pub(super) mod changes;
pub(super) mod check;
pub(super) mod claims;
#[cfg(feature = "github")]
pub(super) mod comment;
pub(super) mod compare;
pub(super) mod completions;
pub(super) mod config;
pub(super) mod confirm;
pub(super) mod doctor;
pub(super) mod export;
pub(super) mod history;
pub(super) mod import;
pub(super) mod init;
pub(super) mod kernel;
pub(super) mod list;
pub(super) mod man;
pub(super) mod official;
pub(super) mod record;
pub(super) mod release_check;
pub(super) mod report;
pub(super) mod rivals;
pub(super) mod spread;
pub(super) mod store;
