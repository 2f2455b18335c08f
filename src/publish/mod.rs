//! Text to a forge: one comment per key on a pull request, and a check run.
//!
//! Text comes in; what it says is others' business. What to do with a pull request's comments ([`plan`]), which pull request
//! an event is about ([`subject`]), and when to ask again ([`retry`]) is decided without a network. Only `github/` speaks
//! to one, and async stops there.

mod comment;
mod event;
#[cfg(feature = "github")]
mod github;
pub mod retry;

pub use comment::{
    Author, Comment, Earlier, InvalidKey, Key, LONGEST_COMMENT, Marker, Plan, Stamp, Step, Wanted, plan,
};
pub use event::{Event, InvalidEvent, NoPull, PushedTo, Repository, Run, Sha, Subject, Surroundings, subject};
#[cfg(feature = "github")]
pub use github::{
    Annotation, CannotPublish, CheckRun, Conclusion, Did, Job, LARGEST_PAGE, Level, Note, Published, Server, Token,
    publish,
};
