//! Looking at this machine for a moment.

use std::time::{Duration, Instant, SystemTime};

use super::command::output;
use super::facts::{Facts, Gpu};
use super::{ci, gpu, linux, macos};
use crate::model::Environment;

/// What this machine is; what can't be found out is left open. Takes no more than a few commands of the system.
#[must_use]
pub fn this_machine() -> Environment {
    machine(ask_gpus().as_deref().unwrap_or_default())
}

/// What this machine is and does. Takes `window` and the time of a few commands; a window of a second tells a busy program from
/// one that wakes now and then.
#[must_use]
pub fn observe(window: Duration) -> Facts {
    let own = [std::process::id()];
    let root = linux::Root::new("/");
    let clock_tick_ns = clock_tick();
    let (steady, calendar) = (Instant::now(), SystemTime::now());
    let before = root.snapshot();
    std::thread::sleep(window);
    let after = root.snapshot();
    let clock_step = clock_step(steady.elapsed(), calendar, SystemTime::now());
    let work = linux::work(&before, &after, &own);
    let gpus = ask_gpus();
    let mut facts = Facts {
        machine: machine(gpus.as_deref().unwrap_or_default()),
        load: root.load(),
        cpu_pressure: root.pressure("cpu"),
        memory_pressure: root.pressure("memory"),
        memory_available_mib: root.memory_available_mib(),
        busy: work.busy,
        cpus_used: work.cpus_used,
        stolen: work.stolen,
        power: root.power(),
        throttled: root.throttled(),
        throttled_now: work.throttled,
        temperature: root.temperature(),
        clock_limit_mhz: root.clock_limit_mhz(),
        frequency_driver: root.frequency_driver(),
        aslr: root.aslr(),
        cpu_quota: root.cpu_quota(),
        clock_source: root.clock_source(),
        clock_step: Some(clock_step),
        clock_tick_ns,
        unix_time: SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok().map(|d| d.as_secs()),
        is_gpu_silent: gpus.is_none() && std::path::Path::new("/proc/driver/nvidia/version").exists(),
        runner: ci::runner(variable),
        ..Facts::default()
    };
    facts.gpus = gpus.unwrap_or_default();
    if cfg!(target_os = "macos") {
        ask_macos(&mut facts, &own);
    }
    facts
}

fn ask_macos(facts: &mut Facts, own: &[u32]) {
    facts.load = sysctl("vm.loadavg").and_then(|text| macos::load(&text));
    facts.memory_level = sysctl("kern.memorystatus_vm_pressure_level").and_then(|text| macos::memory_level(&text));
    facts.busy = output("ps", &["-Aceo", "pid,pcpu,comm"]).map(|text| macos::busy(&text, own));
    facts.power = output("pmset", &["-g", "batt"]).and_then(|text| macos::power(&text));
    facts.speed_limit = output("pmset", &["-g", "therm"]).and_then(|text| macos::speed_limit(&text));
    let level = output("notifyutil", &["-g", "com.apple.system.thermalpressurelevel"]);
    facts.thermal = level.and_then(|text| macos::thermal_pressure(&text));
}

fn machine(gpus: &[Gpu]) -> Environment {
    let root = linux::Root::new("/");
    let mut machine = Environment {
        cores: std::thread::available_parallelism().ok().and_then(|n| u32::try_from(n.get()).ok()),
        os: Some(system(&root)),
        rustc: output(&std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned()), &["--version"]),
        gpus: gpus.iter().map(gpu::words).collect(),
        runner: ci::runner_words(&ci::runner(variable)),
        variables: ci::variables(variable),
        ..Environment::default()
    };
    if cfg!(target_os = "macos") {
        machine.cpu = sysctl("machdep.cpu.brand_string");
        machine.distribution = output("sw_vers", &[]).and_then(|text| macos::distribution(&text));
        machine.low_power_mode = output("pmset", &["-g"]).and_then(|text| macos::low_power_mode(&text));
        machine.virtualization = sysctl("kern.hv_vmm_present").and_then(|text| macos::virtualization(&text));
        machine.memory_mib = sysctl("hw.memsize").and_then(|text| Some(text.parse::<u64>().ok()? >> 20));
        let displays = output("system_profiler", &["-detailLevel", "mini", "SPDisplaysDataType"]);
        machine.gpus = displays.map(|text| gpu::metal(&text)).unwrap_or_default();
    } else if cfg!(windows) {
        machine.cpu = variable("PROCESSOR_IDENTIFIER");
    } else {
        machine.cpu = root.cpu();
        machine.distribution = root.distribution();
        machine.governor = root.governor();
        machine.turbo = root.turbo();
        machine.smt = root.smt();
        machine.virtualization = root.virtualization();
        machine.memory_mib = root.memory_mib();
    }
    machine
}

fn ask_gpus() -> Option<Vec<Gpu>> {
    if cfg!(target_os = "macos") { None } else { gpu::ask_nvidia() }
}

/// `linux 6.1.0 x86_64`; without a version where the system doesn't say.
fn system(root: &linux::Root) -> String {
    let version = root.kernel().or_else(|| output("uname", &["-r"]));
    let parts = [Some(std::env::consts::OS), version.as_deref(), Some(std::env::consts::ARCH)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn sysctl(name: &str) -> Option<String> {
    output("sysctl", &["-n", name])
}

fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// By how much the calendar's clock ran ahead, in seconds.
fn clock_step(steady: Duration, before: SystemTime, after: SystemTime) -> f64 {
    let calendar = match after.duration_since(before) {
        Ok(ahead) => ahead.as_secs_f64(),
        Err(behind) => -behind.duration().as_secs_f64(),
    };
    calendar - steady.as_secs_f64()
}

/// The smallest step of the steady clock that was seen.
fn clock_tick() -> Option<u64> {
    let steps = (0..200).filter_map(|_| {
        let start = Instant::now();
        // Bounded, for a clock that stands still.
        let step = (0..100_000).map(|_| start.elapsed()).find(|step| !step.is_zero())?;
        u64::try_from(step.as_nanos()).ok()
    });
    steps.min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_knows_itself() {
        let machine = this_machine();
        assert!(machine.differences(&this_machine()).is_empty());
        assert!(machine.cores.is_some_and(|n| n > 0) && machine.os.is_some());
    }

    #[test]
    fn a_moment_is_observed() {
        let facts = observe(Duration::from_millis(20));
        assert!(facts.clock_step.is_some_and(f64::is_finite) && facts.unix_time.is_some());
        let n = f64::from(
            u32::try_from(std::thread::available_parallelism().map_or(1, std::num::NonZero::get)).unwrap_or(1),
        );
        assert!(facts.cpus_used.is_none_or(|used| used >= 0.0 && used <= 1024.0 * n));
    }

    #[test]
    fn a_clock_that_is_set() {
        let (second, start) = (Duration::from_secs(1), SystemTime::UNIX_EPOCH + Duration::from_secs(100));
        let steps = [start + second, start + 5 * second, start - 5 * second].map(|end| clock_step(second, start, end));
        assert!(
            steps.iter().zip([0.0, 4.0, -6.0]).all(|(step, want): (&f64, f64)| (step - want).abs() < 1e-9),
            "{steps:?}"
        );
    }
}
