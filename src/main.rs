//! `regress`.
fn main() {}
