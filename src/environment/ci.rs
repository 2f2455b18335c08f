//! What the environment's variables say: whose runner it is, and what libraries will read.

use std::collections::BTreeMap;

use super::facts::Runner;

/// CI systems by the variable that each sets.
const SYSTEMS: [(&str, &str); 9] = [
    ("GITLAB_CI", "GitLab CI"),
    ("CIRCLECI", "CircleCI"),
    ("TRAVIS", "Travis CI"),
    ("BUILDKITE", "Buildkite"),
    ("JENKINS_URL", "Jenkins"),
    ("TF_BUILD", "Azure Pipelines"),
    ("TEAMCITY_VERSION", "TeamCity"),
    ("CIRRUS_CI", "Cirrus CI"),
    ("CI", "a CI system"),
];

/// Variables by which libraries and compilers decide how to compute.
const READ_BY_LIBRARIES: [&str; 36] = [
    "BLIS_NUM_THREADS",
    "CANDLE_METAL_COMPUTE_PER_BUFFER",
    "CANDLE_NUM_THREADS",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_INCREMENTAL",
    "CARGO_PROFILE_BENCH_CODEGEN_UNITS",
    "CARGO_PROFILE_BENCH_DEBUG",
    "CARGO_PROFILE_BENCH_DEBUG_ASSERTIONS",
    "CARGO_PROFILE_BENCH_LTO",
    "CARGO_PROFILE_BENCH_OPT_LEVEL",
    "CARGO_PROFILE_RELEASE_CODEGEN_UNITS",
    "CARGO_PROFILE_RELEASE_LTO",
    "CARGO_PROFILE_RELEASE_OPT_LEVEL",
    "CUDA_DEVICE_MAX_CONNECTIONS",
    "CUDA_LAUNCH_BLOCKING",
    "CUDA_VISIBLE_DEVICES",
    "GLIBC_TUNABLES",
    "GOMP_CPU_AFFINITY",
    "KMP_AFFINITY",
    "LD_BIND_NOW",
    "LD_PRELOAD",
    "MALLOC_ARENA_MAX",
    "MALLOC_CONF",
    "MKL_NUM_THREADS",
    "MLX_ENABLE_TF32",
    "NVIDIA_TF32_OVERRIDE",
    "OMP_NUM_THREADS",
    "OMP_PROC_BIND",
    "OPENBLAS_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "RUSTFLAGS",
    "RUST_MIN_STACK",
    "TOKIO_WORKER_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "_RJEM_MALLOC_CONF",
];

/// A value that is kept; a longer one may hold anything.
const LONGEST_VALUE: usize = 80;

/// Whose runner this is.
pub(super) fn runner(variable: impl Fn(&str) -> Option<String>) -> Runner {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty() && value != "false" && value != "0");
    if is_set("GITHUB_ACTIONS") {
        let image: Vec<String> =
            ["ImageOS", "ImageVersion"].into_iter().filter_map(&variable).map(|v| plain(&v)).collect();
        return match variable("RUNNER_ENVIRONMENT").as_deref() {
            Some("self-hosted") => Runner::SelfHosted,
            Some("github-hosted") => Runner::Hosted(image.join(" ").trim().to_owned()),
            // Set on hosted images only.
            _ if !image.is_empty() => Runner::Hosted(image.join(" ").trim().to_owned()),
            _ => Runner::Unknown("GitHub Actions".to_owned()),
        };
    }
    let system = SYSTEMS.into_iter().find(|(name, _)| is_set(name));
    system.map_or(Runner::None, |(_, system)| Runner::Unknown(system.to_owned()))
}

/// A runner in words, for the record.
pub(super) fn runner_words(runner: &Runner) -> Option<String> {
    match runner {
        Runner::None => None,
        Runner::Hosted(image) => Some(format!("GitHub-hosted {image}").trim().to_owned()),
        Runner::SelfHosted => Some("self-hosted".to_owned()),
        Runner::Unknown(system) => Some(system.clone()),
    }
}

/// The variables that libraries read. A value that could hold a path, or name a device by its number, is told as set.
pub(super) fn variables(variable: impl Fn(&str) -> Option<String>) -> BTreeMap<String, String> {
    let known = READ_BY_LIBRARIES.into_iter().filter_map(|name| Some((name, variable(name)?)));
    known.filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.to_owned(), plain(&value))).collect()
}

/// A value as it may be written down for everybody.
fn plain(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " -_=,.:;+".contains(c);
    let names_a_device = ["GPU-", "MIG-"].iter().any(|mark| value.contains(mark));
    let is_kept = value.len() <= LONGEST_VALUE && value.chars().all(is_plain) && !names_a_device;
    if is_kept { value.trim().to_owned() } else { "(set)".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + Copy + 'a {
        |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn whose_runner() {
        let check = |set: &[(&str, &str)], want: Runner, words: Option<&str>| {
            let got = runner(of(set));
            assert_eq!(runner_words(&got).as_deref(), words);
            assert_eq!(got, want);
        };
        check(&[], Runner::None, None);
        check(&[("CI", "false")], Runner::None, None);
        let hosted = [("GITHUB_ACTIONS", "true"), ("RUNNER_ENVIRONMENT", "github-hosted"), ("ImageOS", "ubuntu24")];
        check(&hosted, Runner::Hosted("ubuntu24".to_owned()), Some("GitHub-hosted ubuntu24"));
        check(&hosted[..2], Runner::Hosted(String::new()), Some("GitHub-hosted"));
        let own = [("GITHUB_ACTIONS", "true"), ("RUNNER_ENVIRONMENT", "self-hosted"), ("CI", "true")];
        check(&own, Runner::SelfHosted, Some("self-hosted"));
        check(&own[..1], Runner::Unknown("GitHub Actions".to_owned()), Some("GitHub Actions"));
        let gitlab = [("CI", "true"), ("GITLAB_CI", "true")];
        check(&gitlab, Runner::Unknown("GitLab CI".to_owned()), Some("GitLab CI"));
        let hostile = [("GITHUB_ACTIONS", "true"), ("ImageOS", "a\u{1b}[31m")];
        check(&hostile, Runner::Hosted("(set)".to_owned()), Some("GitHub-hosted (set)"));
    }

    #[test]
    fn variables_hold_no_path_and_no_device() {
        let set = [
            ("RAYON_NUM_THREADS", "4"),
            ("RUSTFLAGS", "-C target-cpu=native"),
            ("LD_PRELOAD", "/home/me/lib.so"),
            ("CUDA_VISIBLE_DEVICES", "GPU-8932f937"),
            ("OMP_NUM_THREADS", ""),
            ("HOME", "/home/me"),
        ];
        let got = variables(of(&set));
        let want = [
            ("CUDA_VISIBLE_DEVICES", "(set)"),
            ("LD_PRELOAD", "(set)"),
            ("RAYON_NUM_THREADS", "4"),
            ("RUSTFLAGS", "-C target-cpu=native"),
        ];
        assert_eq!(got.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect::<Vec<_>>(), want);
    }
}
