use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use criterion_regress::claims::Recorded;
use criterion_regress::dashboard::{GENERATOR, site, tracks};
use criterion_regress::environment::{origin, repository, tags};
use criterion_regress::report::{RivalsReport, visible};

use super::claims::recorded;
use crate::cli::args::DashboardArgs;
use crate::cli::failure::Failure;
use crate::cli::github::print_error;
use crate::cli::progress::StageBar;
use crate::cli::{drawn, exit_code, output};

/// Hosts whose pages of commits are at `/OWNER/NAME/commit/REVISION`; GitLab leads there from it.
const KNOWN_HOSTS: [&str; 3] = ["github.com", "gitlab.com", "codeberg.org"];

pub(crate) fn run(args: &DashboardArgs) -> Result<ExitCode, Failure> {
    let here =
        std::env::current_dir().map_err(|e| Failure::new(format!("failed to find out which folder this is: {e}")))?;
    refuse_others_pages(&args.out)?;
    if let Some(url) = &args.commit_url
        && !is_web(url)
    {
        return Err(Failure::new(format!("failed to link commits: {url} is no address of the web"))
            .hint("it begins with https:// or http://, and the revision is appended to it"));
    }
    let rivals = rivals(&args.rivals)?;
    let mut history = drawn::read(&args.drawn)?;
    history.rivals = rivals;
    let root = repository(&here).unwrap_or_else(|| here.clone());
    history.title = args.title.clone().unwrap_or_else(|| {
        root.file_name().map_or_else(|| "benchmarks".to_owned(), |name| name.to_string_lossy().into_owned())
    });
    history.releases = tags(&here);
    history.commit_url = args.commit_url.clone().or_else(|| commits_of(&origin(&here)?));
    let bar = StageBar::new();
    bar.show(|| format!("looking for changes of {}", output::count(history.series.len(), "benchmark")));
    let tracks = tracks(&history, &drawn::options(&args.drawn));
    bar.show(|| format!("writing {}", visible(&args.out.display().to_string())));
    let files = site(&history, &tracks);
    for file in &files {
        let path = args.out.join(&file.path);
        let failed = |e: std::io::Error| Failure::new(format!("failed to write {}: {e}", path.display()));
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
        output::swap_file(&path, &file.text)?;
    }
    bar.finish();
    if history.series.is_empty() {
        print_error("warning: no benchmark was found: the site is empty");
    }
    if tracks.n_left_out > 0 {
        print_error(&format!(
            "warning: branches left out, as others have more runs: {}; --branch says which are wanted",
            tracks.n_left_out
        ));
    }
    let n_bytes: usize = files.iter().map(|file| file.text.len()).sum();
    print_error(&format!(
        "wrote {}, {} to {}: {} files, {:.1} MB",
        output::count(history.series.len(), "benchmark"),
        output::count(history.runs.len(), "run"),
        args.out.join("index.html").display(),
        files.len(),
        n_bytes as f64 / 1e6
    ));
    Ok(exit_code::OK)
}

/// Comparisons of implementations, as they were recorded.
fn rivals(paths: &[PathBuf]) -> Result<Vec<RivalsReport>, Failure> {
    let hint = "`regress rivals` writes one with `--output json=PATH`";
    let read = |path: &PathBuf| match recorded(path) {
        Ok(Recorded::Rivals(report)) => Ok(*report),
        Ok(Recorded::Check(_)) => {
            Err(Failure::new(format!("failed to read {}: it compares no implementations", path.display())).hint(hint))
        }
        Err(cause) => Err(Failure::new(format!("failed to read {}: {cause}", path.display())).hint(hint)),
    };
    paths.iter().map(read).collect()
}

/// A page that somebody else made is not overwritten.
fn refuse_others_pages(out: &Path) -> Result<(), Failure> {
    let page = out.join("index.html");
    match fs::read(&page) {
        Ok(bytes) if !String::from_utf8_lossy(&bytes).contains(GENERATOR) => {
            Err(Failure::new(format!("failed to write {}: another page is there", page.display()))
                .hint("--out takes a folder of its own"))
        }
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(Failure::new(format!("failed to read {}: {e}", page.display()))),
    }
}

fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// Where the commits of a remote are shown; without the user and password of its address.
fn commits_of(remote: &str) -> Option<String> {
    let rest = ["https://", "http://", "ssh://"].into_iter().find_map(|scheme| remote.strip_prefix(scheme));
    let (host, path) = match rest {
        Some(rest) => rest.split_once('/')?,
        None => remote.split_once(':')?,
    };
    let host = host.rsplit('@').next()?;
    let path = path.trim_end_matches('/').trim_end_matches(".git");
    let is_plain = path.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    (KNOWN_HOSTS.contains(&host) && is_plain).then(|| format!("https://{host}/{path}/commit/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_of_known_hosts_have_a_page() {
        let want = Some("https://github.com/o/r/commit/");
        for remote in [
            "https://github.com/o/r.git",
            "https://me:secret@github.com/o/r",
            "git@github.com:o/r.git",
            "ssh://git@github.com/o/r/",
        ] {
            assert_eq!(commits_of(remote).as_deref(), want, "{remote}");
        }
        for remote in
            ["/srv/git/r", "https://example.org/o/r", "file:///r", "https://github.com", "git@github.com:o/<r>"]
        {
            assert_eq!(commits_of(remote), None, "{remote}");
        }
    }
}
