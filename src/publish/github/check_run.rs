//! A check run beside a commit, with its annotations.

use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Client, Posted, Verb, parsed, percent_encoded};
use super::{CannotPublish, Note};
use crate::publish::event::{Repository, Sha};

/// Annotations that GitHub takes at once.
const ANNOTATIONS_A_REQUEST: usize = 50;

/// A check run: a line beside a commit, with a page of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRun {
    /// What it is called; a later one of the same name stands in for an earlier one.
    pub name: String,
    /// What tells this one from others of its name.
    pub external_id: String,
    /// What follows.
    pub conclusion: Conclusion,
    /// In a line.
    pub title: String,
    /// The page, in Markdown.
    pub summary: String,
    /// What is said of single files.
    pub annotations: Vec<Annotation>,
}

/// What follows from a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    /// It may be merged.
    Success,
    /// It may not.
    Failure,
    /// Neither was shown.
    Neutral,
}

/// A note at a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// The file, or folder.
    pub path: String,
    /// How bad it is.
    pub level: Level,
    /// In a line, plain text.
    pub title: String,
    /// Plain text.
    pub message: String,
}

/// How bad what is annotated is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It fails the check.
    Failure,
    /// It should be looked at.
    Warning,
    /// It is told.
    Notice,
}

#[derive(Debug, Deserialize)]
struct TheirCheckRun {
    id: u64,
    external_id: Option<String>,
    html_url: Option<String>,
}

#[derive(Debug, Deserialize)]
struct TheirCheckRuns {
    check_runs: Vec<TheirCheckRun>,
}

impl Client<'_> {
    /// Writes a check run, with the annotations that one request has no room for in others.
    pub(super) async fn check(
        &self,
        repository: &Repository,
        head: &Sha,
        check: &CheckRun,
    ) -> Result<Option<String>, CannotPublish> {
        let what = "write the check run";
        let mut parts = check.annotations.chunks(ANNOTATIONS_A_REQUEST);
        let output = |annotations: &[Annotation]| {
            let annotations: Vec<Value> = annotations.iter().map(annotation).collect();
            json!({ "title": check.title, "summary": check.summary, "annotations": annotations })
        };
        let body = json!({
            "name": check.name,
            "head_sha": head.as_str(),
            "external_id": check.external_id,
            "status": "completed",
            "conclusion": match check.conclusion {
                Conclusion::Success => "success",
                Conclusion::Failure => "failure",
                Conclusion::Neutral => "neutral",
            },
            "output": output(parts.next().unwrap_or_default()),
        });
        let request = self.request(Verb::Post, &format!("/repos/{repository}/check-runs"), Some(body), what);
        let name = percent_encoded(&check.name);
        let listed = format!("/repos/{repository}/commits/{head}/check-runs?check_name={name}&per_page=100");
        let mut n_posts = 0;
        let written = loop {
            n_posts += 1;
            let failed = match self.post(&request, n_posts).await? {
                Posted::Done(got) => match parsed::<TheirCheckRun>(&got.text, what) {
                    Ok(written) => break written,
                    Err(e) => Some(e),
                },
                Posted::Doubt => None,
                Posted::LastDoubt(e) => Some(e),
            };
            let (there, _): (TheirCheckRuns, _) = match (self.read(&self.get(&listed, what)).await, &failed) {
                (Ok(there), _) => there,
                (Err(_), Some(e)) => return Err(e.clone()),
                (Err(e), None) => return Err(e),
            };
            let is_ours = |run: &TheirCheckRun| run.external_id.as_ref() == Some(&check.external_id);
            match (there.check_runs.into_iter().find(is_ours), failed) {
                (Some(ours), _) => break ours,
                (None, Some(e)) => return Err(e),
                (None, None) => {}
            }
        };
        for part in parts {
            // Annotations are added, each time they are sent: rather too few than twice.
            let path = format!("/repos/{repository}/check-runs/{}", written.id);
            let body = Some(json!({ "output": output(part) }));
            match self.post(&self.request(Verb::Patch, &path, body, "add annotations"), 1).await {
                Ok(Posted::Done(_) | Posted::Doubt) => {}
                Ok(Posted::LastDoubt(e)) | Err(e) => {
                    self.note(Note::FewerAnnotations(e.to_string()));
                    break;
                }
            }
        }
        Ok(written.html_url)
    }
}

fn annotation(annotation: &Annotation) -> Value {
    json!({
        "path": annotation.path,
        "start_line": 1,
        "end_line": 1,
        "annotation_level": match annotation.level {
            Level::Failure => "failure",
            Level::Warning => "warning",
            Level::Notice => "notice",
        },
        "title": annotation.title,
        "message": annotation.message,
    })
}
