//! Figures in documents, written from recorded reports: a claim is generated, and never typed. Text in, text out.
//!
//! [`sections`] finds the marked parts of a document, [`Recorded`] is what they are written from, and [`claim`](fn@claim) says what may be
//! claimed of it, or why nothing may. [`release_checks`] is what a release needs of all this.

mod chart;
mod claim;
mod page;
mod release;
mod sections;

pub use chart::chart;
pub use claim::{Claim, MIN_EXECUTIONS, Refused, claim, conditions};
pub use page::{Body, Recorded, body, parse_recorded};
pub use release::{Figures, ReleaseCheck, ReleaseFacts, ReleaseReport, ReleaseStatus, release_checks};
pub use sections::{InvalidDocument, Section, Show, Typed, replaced, sections, typed};
