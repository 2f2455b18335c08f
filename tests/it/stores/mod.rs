//! Every store does the same: each test of `suite` runs on each of them.

pub(crate) mod branch;
#[cfg(all(unix, feature = "postgres"))]
mod postgres;
mod sqlite;
mod suite;
