use serde::Deserialize;

use super::claim::{Claim, claim};
use super::sections::{Section, Show};
use crate::report::{
    Format, Report, RivalsReport, Rows, TerminalStyle, headline, markdown_text, parse_report, parse_rivals, render,
};

/// What a section is written from.
#[derive(Debug, Clone, PartialEq)]
pub enum Recorded {
    /// Of `regress rivals`.
    Rivals(Box<RivalsReport>),
    /// Of `regress check`.
    Check(Box<Report>),
}

/// What stands between a section's marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// The text, with its last line end.
    pub text: String,
    /// What is claimed, where implementations were compared.
    pub claim: Option<Claim>,
}

/// Reads a recorded report of either kind.
///
/// # Errors
/// What it is instead, in words.
pub fn parse_recorded(text: &str) -> Result<Recorded, String> {
    #[derive(Deserialize)]
    struct Head {
        schema: Option<String>,
    }
    let head: Head = serde_json::from_str(text).map_err(|e| format!("it is not a report: {e}"))?;
    match head.schema.as_deref() {
        Some("criterion-regress/rivals") => {
            parse_rivals(text).map(|report| Recorded::Rivals(Box::new(report))).map_err(|e| e.to_string())
        }
        _ => parse_report(text).map(|report| Recorded::Check(Box::new(report))).map_err(|e| e.to_string()),
    }
}

/// What a section has to say. `chart` is the picture's place, relative to the document.
#[must_use]
pub fn body(report: &Recorded, section: &Section, chart: &str) -> Body {
    let mut text = "<!-- Written by `regress claims`; what is changed here by hand is lost. -->\n".to_owned();
    let shows = |show| section.shows.contains(&show);
    match report {
        Recorded::Rivals(report) => {
            let claim = claim(report);
            // Without a claim there is no ratio to be copied either, whatever the section shows.
            let is_told = matches!(claim, Claim::Told(_));
            if shows(Show::Claim) || !is_told {
                text.push_str(&format!("\n{}", claim_text(&claim)));
            }
            if shows(Show::Table) {
                text.push_str(&format!("\n{}", report.markdown_results(is_told)));
            }
            if shows(Show::Chart) && is_told {
                let (ours, theirs) = (&report.ours.name, &report.theirs.name);
                let words = markdown_text(&format!("{ours} beside {theirs}, workload by workload, with intervals"));
                text.push_str(&format!("\n![{words}]({chart})\n"));
            }
            if shows(Show::Conditions) {
                text.push_str(&format!("\n<sub>{}</sub>\n", report.markdown_facts().join("<br>")));
            }
            Body { text: text + "\n", claim: Some(claim) }
        }
        Recorded::Check(report) => {
            if shows(Show::Claim) && !shows(Show::Table) {
                text.push_str(&format!("\n{}\n", markdown_text(&headline(report))));
            }
            if shows(Show::Table) {
                let style = TerminalStyle { width: None, color: false };
                text.push_str(&format!("\n{}", render(report, Format::Markdown, Rows::All, style)));
            }
            Body { text: text + "\n", claim: None }
        }
    }
}

fn claim_text(claim: &Claim) -> String {
    match claim {
        Claim::Told(sentence) => format!("**{}.**\n", markdown_text(sentence)),
        Claim::Refused(reasons) => {
            let lines: Vec<String> = reasons.iter().map(|r| format!("- {}\n", markdown_text(&r.reason))).collect();
            format!("No speed is claimed:\n\n{}", lines.concat())
        }
    }
}
