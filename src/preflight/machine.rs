//! The machine: every check is a function of what was seen of it.

use super::{Check, Status, Strictness, Wanted};
use crate::environment::{Facts, MemoryLevel, Power, Runner, ThermalPressure};

/// A program that does this much of a processor's work disturbs; half of the smallest change that an official run looks for would
/// be less, but so short a look can't tell that from a program that woke by chance.
const BUSY: f64 = 0.2;

/// What is told.
const NOTICEABLE: f64 = 0.05;

/// Percent of the last 5 minutes in which something waited for a processor.
const WAITED: [f64; 2] = [1.0, 5.0];

/// Percent of the processors' time that other guests took.
const STOLEN: [f64; 2] = [0.2, 1.0];

/// Percent of the last minute in which something waited for memory.
const MEMORY_WAITED: [f64; 2] = [0.5, 2.0];

/// Programs need room: the share of memory that should be free.
const MEMORY_LEFT: f64 = 0.1;

/// Above this a processor is about to be slowed down.
const HOT: f64 = 85.0;

/// The first moment of 2024: no clock that is set says less.
const RECENT: u64 = 1_704_067_200;

/// Looks at all of the machine that is known. What doesn't exist on this system is left out; what should be known and isn't is
/// [`Status::CannotTell`].
#[must_use]
pub fn checks(facts: &Facts, wanted: &Wanted) -> Vec<Check> {
    let strictness = wanted.strictness;
    let system = facts.machine.os.as_deref().unwrap_or_default();
    let (is_linux, is_macos) = (system.starts_with("linux"), system.starts_with("macos"));
    let mut all = vec![busy(facts, strictness), idle(facts, strictness)];
    if is_linux {
        all.push(stolen(facts, strictness));
    }
    all.extend([power(facts, strictness), thermal(facts, strictness), memory(facts, strictness)]);
    if is_macos {
        all.push(low_power_mode(facts, strictness));
    }
    if is_linux {
        all.extend([governor(facts), turbo(facts), smt(facts), aslr(facts)]);
        all.extend(quota(facts, strictness));
    }
    all.extend([virtualization(facts, strictness), runner(facts, strictness), clock(facts)]);
    all.extend(gpus(facts, strictness));
    all.extend(baselines(facts, wanted));
    all
}

/// `fails` from the second limit on, a warning from the first.
fn by_limits(value: f64, [warn, fail]: [f64; 2], strictness: Strictness) -> Status {
    match value {
        v if v >= fail => strictness.fails(),
        v if v >= warn => Status::Warn,
        _ => Status::Pass,
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn busy(facts: &Facts, strictness: Strictness) -> Check {
    let why = "a program beside a benchmark takes its processor, caches and memory bandwidth, and heats the rest";
    let check = Check::new("busy-processes", "other programs", why);
    let Some(busy) = &facts.busy else {
        return check.is(Status::CannotTell, "the system's list of processes can't be read");
    };
    let seen: f64 = busy.iter().map(|busy| busy.cpus).sum();
    let unseen = facts.cpus_used.map_or(0.0, |used| (used - seen).max(0.0));
    let named: Vec<_> = busy.iter().filter(|busy| busy.cpus >= NOTICEABLE).collect();
    let worst = named.first().map_or(0.0, |busy| busy.cpus).max(unseen);
    let status = by_limits(worst, [NOTICEABLE, BUSY], strictness);
    let names = named.iter().map(|busy| {
        let times = if busy.processes > 1 { format!(" ({} processes)", busy.processes) } else { String::new() };
        format!("{}{times} {}", busy.name, percent(busy.cpus))
    });
    let mut found = match named.len() {
        0 => "none uses a processor".to_owned(),
        1 => "1 uses a processor".to_owned(),
        n => format!("{n} use processors"),
    };
    if unseen >= NOTICEABLE {
        let what = "done by processes that have ended meanwhile, or that can't be seen from here";
        found.push_str(&format!("; {} of a processor's work was {what}", percent(unseen)));
    }
    let check = Check { names: names.collect(), may_pass_later: true, ..check.is(status, found) };
    if status == Status::Pass {
        check
    } else {
        check.remedy("close them, or wait until they are done; nothing is closed for you")
    }
}

fn idle(facts: &Facts, strictness: Strictness) -> Check {
    let why = "what ran before leaves heat, full caches and work still to be written to disk";
    let check = Check { may_pass_later: true, ..Check::new("idle", "the last 5 minutes", why) };
    let cores = f64::from(facts.machine.cores.unwrap_or(1).max(1));
    let load = facts.load.map(|[_, load, _]| load);
    let pressure = facts.cpu_pressure.map(|pressure| pressure.avg300);
    let (by_load, by_pressure) = (
        load.map(|load| by_limits(load, [0.2 + 0.05 * cores, 0.5 + 0.1 * cores], strictness)),
        pressure.map(|waited| by_limits(waited, WAITED, strictness)),
    );
    let Some(status) = by_load.max(by_pressure) else {
        return check.is(Status::CannotTell, "the system tells neither its load nor what waited");
    };
    let said = [
        load.map(|load| format!("load average {load:.2}")),
        pressure.map(|waited| format!("something waited for a processor {waited:.1} % of the time")),
    ];
    let check = check.is(status, said.into_iter().flatten().collect::<Vec<_>>().join(", "));
    if status == Status::Pass {
        check
    } else {
        check.remedy("leave the machine alone for 5 minutes, or let `--wait 15m` do so")
    }
}

fn stolen(facts: &Facts, strictness: Strictness) -> Check {
    let why = "the host gave this machine's processors to other guests, for which a benchmark's clock ran on";
    let check = Check { may_pass_later: true, ..Check::new("stolen-time", "time taken by other guests", why) };
    let Some(stolen) = facts.stolen else {
        return check.is(Status::CannotTell, "the system doesn't count it");
    };
    let status = by_limits(stolen * 100.0, STOLEN, strictness);
    let check = check.is(status, format!("{:.1} % while it was looked", stolen * 100.0));
    if status == Status::Pass {
        check
    } else {
        check.remedy("use a machine of its own, or `regress ab`, whose sides share what is stolen")
    }
}

fn power(facts: &Facts, strictness: Strictness) -> Check {
    let check = Check::new("power", "power", "on a battery, the system clocks lower, and differently as it empties");
    match facts.power {
        Some(Power::Mains) => check.is(Status::Pass, "from the mains"),
        Some(Power::Battery) => check.is(strictness.fails(), "from a battery").remedy("plug it in"),
        None => check.is(Status::CannotTell, "neither a battery nor mains are told of: a server, a desktop or a guest"),
    }
}

fn low_power_mode(facts: &Facts, strictness: Strictness) -> Check {
    let check = Check::new("low-power-mode", "low-power mode", "it lowers the clock of all processors");
    match facts.machine.low_power_mode {
        Some(false) => check.is(Status::Pass, "off"),
        Some(true) => check.is(strictness.fails(), "on").remedy("turn it off").command("sudo pmset -a lowpowermode 0"),
        None => check.is(Status::CannotTell, "`pmset -g` doesn't say"),
    }
}

fn thermal(facts: &Facts, strictness: Strictness) -> Check {
    let why = "a hot processor clocks lower: the same code takes longer";
    let check = Check { may_pass_later: true, ..Check::new("thermal", "heat", why) };
    let mut said = Vec::new();
    let mut status = None;
    let mut says = |of: Status, words: String| {
        said.push(words);
        status = status.max(Some(of));
    };
    match facts.thermal {
        None => {}
        Some(ThermalPressure::Nominal) => says(Status::Pass, "the system doesn't cut back".to_owned()),
        Some(ThermalPressure::Moderate) => says(strictness.fails(), "the system cuts back somewhat".to_owned()),
        Some(ThermalPressure::Heavy | ThermalPressure::Trapping | ThermalPressure::Sleeping) => {
            says(strictness.fails(), "the system cuts back a lot".to_owned());
        }
    }
    if let Some(limit) = facts.speed_limit.filter(|limit| *limit < 100) {
        says(strictness.fails(), format!("processors are limited to {limit} % of their speed"));
    }
    if let Some(degrees) = facts.temperature {
        says(
            if degrees >= HOT { Status::Warn } else { Status::Pass },
            format!("{degrees:.0} °C at the hottest sensor"),
        );
    }
    match facts.throttled_now {
        Some(0) => says(Status::Pass, "no processor was slowed down while it was looked".to_owned()),
        Some(n) => says(strictness.fails(), format!("processors were slowed down {n} times while it was looked")),
        None => {}
    }
    let Some(status) = status else {
        return check.is(Status::CannotTell, "no sensor is to be seen, as in most virtual machines");
    };
    let check = check.is(status, said.join(", "));
    if status == Status::Pass { check } else { check.remedy("let it cool; `--wait 15m` waits for it") }
}

fn memory(facts: &Facts, strictness: Strictness) -> Check {
    let why = "where memory is short, the system compresses it or moves it to disk while a benchmark runs";
    let check = Check { may_pass_later: true, ..Check::new("memory", "memory", why) };
    let mut said = Vec::new();
    let mut status = None;
    let mut says = |of: Status, words: String| {
        said.push(words);
        status = status.max(Some(of));
    };
    if let (Some(left), Some(all)) = (facts.memory_available_mib, facts.machine.memory_mib.filter(|all| *all > 0)) {
        let share = left as f64 / all as f64;
        let of = if share < MEMORY_LEFT { strictness.fails() } else { Status::Pass };
        says(of, format!("{left} of {all} MiB are available"));
    }
    if let Some(pressure) = facts.memory_pressure {
        let of = by_limits(pressure.avg60, MEMORY_WAITED, strictness);
        says(of, format!("something waited for it {:.1} % of the last minute", pressure.avg60));
    }
    match facts.memory_level {
        None => {}
        Some(MemoryLevel::Normal) => says(Status::Pass, "the system is content".to_owned()),
        Some(MemoryLevel::Warning) => says(strictness.fails(), "the system asks programs to give back".to_owned()),
        Some(MemoryLevel::Critical) => says(strictness.fails(), "the system is about to end programs".to_owned()),
    }
    match status {
        None => check.is(Status::CannotTell, "the system doesn't say"),
        Some(Status::Pass) => check.is(Status::Pass, said.join(", ")),
        Some(status) => check.is(status, said.join(", ")).remedy("close what holds most of it"),
    }
}

fn governor(facts: &Facts) -> Check {
    let why = "with any other than `performance`, the clock follows the load, and a benchmark's first measurements are its slowest";
    let check = Check::new("governor", "frequency governor", why);
    match facts.machine.governor.as_deref() {
        None => check.is(Status::CannotTell, "not to be seen: the host's business, or none"),
        Some("performance") => check.is(Status::Pass, "performance"),
        Some(other) => check
            .is(Status::Warn, other)
            .remedy("set it to performance for the time of the measurement")
            .command("echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"),
    }
}

fn turbo(facts: &Facts) -> Check {
    let why = "the clock above the base frequency depends on heat and on how many processors work";
    let check = Check::new("turbo", "turbo", why);
    let command = match facts.frequency_driver.as_deref() {
        Some("intel_pstate" | "intel_cpufreq") => "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo",
        _ => "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost",
    };
    match facts.machine.turbo {
        None => check.is(Status::CannotTell, "not to be seen: the host's business, or none"),
        Some(false) => check.is(Status::Pass, "off"),
        Some(true) => {
            check.is(Status::Warn, "on").remedy("turn it off for the time of the measurement").command(command)
        }
    }
}

fn smt(facts: &Facts) -> Check {
    let why = "two threads of one core share what it has: who sits on the other one decides how fast this one is";
    let check = Check::new("smt", "threads that share a core", why);
    match facts.machine.smt {
        None => check.is(Status::CannotTell, "the system doesn't say"),
        Some(false) => check.is(Status::Pass, "none, as far as the system knows"),
        Some(true) => check
            .is(Status::Warn, "two a core")
            .remedy(
                "turn the second ones off for the time of the measurement, or keep the other thread of the core idle",
            )
            .command("echo off | sudo tee /sys/devices/system/cpu/smt/control"),
    }
}

fn aslr(facts: &Facts) -> Check {
    let why = "with random addresses, several executions average over the layouts of memory; with fixed ones, all share one layout, and \
               its luck looks like the code's merit";
    let check = Check::new("aslr", "random addresses", why);
    match facts.aslr {
        None => check.is(Status::CannotTell, "the system doesn't say"),
        Some(2) => check.is(Status::Pass, "on"),
        Some(_) => check
            .is(Status::Warn, "off, or only in part")
            .remedy("leave them on and measure several executions")
            .command("sudo sysctl kernel.randomize_va_space=2"),
    }
}

fn quota(facts: &Facts, strictness: Strictness) -> Option<Check> {
    let why = "a group that has used up its time is stopped until the next period: in the middle of a measurement, for tens of milliseconds";
    let quota = facts.cpu_quota?;
    let check = Check::new("cpu-quota", "limit on processor time", why);
    let found = format!("{quota:.1} processors' worth");
    Some(
        check
            .is(strictness.fails(), found)
            .remedy("give the container whole processors (`--cpuset-cpus`) in place of a share"),
    )
}

fn virtualization(facts: &Facts, strictness: Strictness) -> Check {
    let why = "a host shares its processors, caches and memory among guests, and shows them neither clock nor heat";
    let check = Check::new("virtualization", "hardware of its own", why);
    match facts.machine.virtualization.as_deref() {
        None => check.is(Status::CannotTell, "the system doesn't say"),
        Some(words) if words.contains("virtual machine") => check.is(strictness.fails(), words).remedy(
            "measure on hardware of its own; `regress ab` compares two versions side by side where that can't be had",
        ),
        Some("none") => check.is(Status::Pass, "yes"),
        Some(words) => check.is(Status::Pass, words),
    }
}

fn runner(facts: &Facts, strictness: Strictness) -> Check {
    let check = Check::new("runner", "CI runner", "hosted runners differ from job to job, and share their hardware");
    match &facts.runner {
        Runner::None => check.is(Status::Pass, "none"),
        Runner::SelfHosted => check.is(Status::Pass, "self-hosted"),
        Runner::Hosted(image) => check.is(strictness.fails(), format!("GitHub-hosted {image}").trim()).remedy(
            "run this job on a machine of its own, as `regress init` writes it: `runs-on: [self-hosted, benchmark]`",
        ),
        Runner::Unknown(system) => check.is(Status::CannotTell, format!("{system} doesn't say whose machine it is")),
    }
}

fn clock(facts: &Facts) -> Check {
    let why = "times are read from the steady clock, and results are told apart by the calendar's";
    let check = Check::new("clock", "clocks", why);
    if facts.unix_time.is_none_or(|now| now < RECENT) {
        return check
            .is(Status::Fail, "the calendar's clock is years behind")
            .remedy("set it")
            .command("sudo timedatectl set-ntp true");
    }
    if let Some(step) = facts.clock_step.filter(|step| step.abs() > 0.1) {
        return check
            .is(
                Status::Warn,
                format!("the calendar's clock moved by {step:.1} s against the steady one while it was looked"),
            )
            .remedy("wait until it is set");
    }
    let slow = ["hpet", "acpi_pm", "jiffies", "refined-jiffies"];
    if let Some(source) = facts.clock_source.as_deref().filter(|source| slow.contains(source)) {
        return check
            .is(Status::Warn, format!("the system counts time by {source}, which takes a microsecond to read"))
            .remedy("see `dmesg` for why it doesn't trust the processor's own counter");
    }
    match facts.clock_tick_ns {
        None => check.is(Status::Fail, "the steady clock stands still"),
        Some(tick) if tick > 1_000 => check.is(Status::Warn, format!("the steady clock steps by {tick} ns")),
        Some(tick) => {
            let source = facts.clock_source.as_deref().map(|source| format!(", by {source}")).unwrap_or_default();
            check.is(Status::Pass, format!("set, and a step is at most {tick} ns{source}"))
        }
    }
}

fn gpus(facts: &Facts, strictness: Strictness) -> Vec<Check> {
    let why = "work on a GPU is slower while it is hot, shared, or waking up";
    let new = || Check { may_pass_later: true, ..Check::new("gpu", "GPU", why) };
    if facts.is_gpu_silent {
        return vec![new().is(Status::CannotTell, "there is a driver of NVIDIA's, and `nvidia-smi` says nothing")];
    }
    let of_macos = facts.machine.gpus.iter().skip(facts.gpus.len());
    let told = of_macos
        .map(|gpu| Check { names: vec![gpu.clone()], ..new().is(Status::Pass, "is there; its state isn't told") });
    let asked = facts.gpus.iter().map(|gpu| {
        let facts = [
            gpu.temperature.map(|degrees| format!("{degrees:.0} °C")),
            gpu.utilization.map(|percent| format!("{percent:.0} % used")),
            gpu.clock_mhz.zip(gpu.clock_limit_mhz).map(|(now, most)| format!("{now} of {most} MHz")),
        ];
        let state = facts.into_iter().flatten().collect::<Vec<_>>().join(", ");
        let check = Check { names: vec![gpu.name.clone()], ..new() };
        if gpu.is_slowed_down() == Some(true) {
            check
                .is(strictness.fails(), format!("slowed down for heat or power: {state}"))
                .remedy("let it cool; `--wait 15m` waits for it")
        } else if gpu.utilization.is_some_and(|percent| percent > 10.0) {
            check
                .is(strictness.fails(), format!("something works on it: {state}"))
                .remedy("`nvidia-smi` shows what; wait for its end")
        } else if gpu.is_persistent == Some(false) {
            check
                .is(Status::Warn, format!("its driver is unloaded between programs: {state}"))
                .remedy("keep it loaded, or the first program pays for it")
                .command("sudo nvidia-smi -pm 1")
        } else {
            check.is(Status::Pass, state)
        }
    });
    told.chain(asked).collect()
}

fn baselines(facts: &Facts, wanted: &Wanted) -> Option<Check> {
    let why = "times of two machines, or of two versions of one system, differ without a change of the code";
    let check = Check::new("same-machine", "the baseline's machine", why);
    if wanted.baselines.is_empty() {
        return None;
    }
    if wanted.baselines.iter().any(|baseline| *baseline == Default::default()) {
        let check = check.is(Status::CannotTell, "the baseline doesn't say where it was measured");
        return Some(check.remedy("keep baselines as files of `regress export`, which say it"));
    }
    // What a run was built with is for its comparison to say.
    let differing = wanted.baselines.iter().flat_map(|baseline| baseline.differences(&facts.machine));
    let mut differing: Vec<String> = differing
        .filter(|difference| difference.fact != "profile")
        .map(|difference| format!("{}: {} | {}", difference.fact, difference.values[0], difference.values[1]))
        .collect();
    differing.sort();
    differing.dedup();
    Some(if differing.is_empty() {
        check.is(Status::Pass, "the same, as far as both say")
    } else {
        let check = Check { names: differing, ..check.is(wanted.strictness.fails(), "another (baseline | this one)") };
        check.remedy("measure the baseline again on this machine")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::{Busy, Gpu, Pressure};
    use crate::model::Environment;

    fn good() -> Facts {
        let calm = Pressure { avg10: 0.0, avg60: 0.0, avg300: 0.0 };
        Facts {
            machine: Environment {
                cores: Some(8),
                os: Some("linux 6.1 x86_64".to_owned()),
                governor: Some("performance".to_owned()),
                turbo: Some(false),
                smt: Some(false),
                memory_mib: Some(1000),
                virtualization: Some("none".to_owned()),
                ..Environment::default()
            },
            load: Some([0.0, 0.1, 0.2]),
            cpu_pressure: Some(calm),
            memory_pressure: Some(calm),
            memory_available_mib: Some(900),
            busy: Some(vec![]),
            cpus_used: Some(0.01),
            stolen: Some(0.0),
            power: Some(Power::Mains),
            temperature: Some(40.0),
            throttled_now: Some(0),
            aslr: Some(2),
            clock_tick_ns: Some(30),
            clock_step: Some(0.0),
            unix_time: Some(1_800_000_000),
            gpus: vec![Gpu { name: "T4".to_owned(), utilization: Some(0.0), ..Gpu::default() }],
            ..Facts::default()
        }
    }

    fn wanted(strictness: Strictness) -> Wanted {
        Wanted { strictness, baselines: Vec::new() }
    }

    fn status(facts: &Facts, strictness: Strictness, code: &str) -> Status {
        let all = checks(facts, &wanted(strictness));
        all.iter().find(|check| check.code == code).unwrap_or_else(|| panic!("no check {code}")).status
    }

    #[test]
    fn a_good_machine_passes() {
        for strictness in [Strictness::Smoke, Strictness::Official] {
            for check in checks(&good(), &wanted(strictness)) {
                assert_eq!(check.status, Pass, "{check:?}");
                assert!(!check.found.is_empty() && check.remedy.is_none() && check.command.is_none(), "{check:?}");
            }
        }
    }

    use Status::{CannotTell, Fail, Pass, Warn};

    fn works(cpus: f64) -> Option<Vec<Busy>> {
        Some(vec![Busy { name: "a".to_owned(), processes: 2, cpus }])
    }

    #[test]
    fn each_trouble_is_found() {
        let check = |code: &str, smoke: Status, official: Status, change: fn(&mut Facts)| {
            let mut facts = good();
            change(&mut facts);
            let got = [Strictness::Smoke, Strictness::Official].map(|strictness| status(&facts, strictness, code));
            assert_eq!(got, [smoke, official], "{code}: {:?}", checks(&facts, &wanted(Strictness::Official)));
            // Nothing else is the matter, and what is has a remedy.
            for check in checks(&facts, &wanted(Strictness::Official)) {
                assert!(check.code == code || check.status == Pass, "{code}: {check:?}");
                let is_told = matches!(check.status, Pass | CannotTell) || check.remedy.is_some();
                assert!(is_told, "{check:?}");
            }
        };
        check("busy-processes", Warn, Fail, |f| f.busy = works(1.5));
        check("busy-processes", Warn, Warn, |f| f.busy = works(0.1));
        check("busy-processes", Pass, Pass, |f| f.busy = works(0.01));
        check("busy-processes", Warn, Fail, |f| f.cpus_used = Some(1.0));
        check("busy-processes", CannotTell, CannotTell, |f| f.busy = None);
        check("idle", Warn, Fail, |f| f.load = Some([0.0, 2.0, 0.0]));
        check("idle", Pass, Pass, |f| f.load = Some([9.0, 0.0, 9.0]));
        check("idle", Warn, Fail, |f| f.cpu_pressure = Some(Pressure { avg10: 0.0, avg60: 0.0, avg300: 6.0 }));
        check("idle", CannotTell, CannotTell, |f| (f.cpu_pressure, f.load) = (None, None));
        check("stolen-time", Warn, Fail, |f| f.stolen = Some(0.05));
        check("power", Warn, Fail, |f| f.power = Some(Power::Battery));
        check("power", CannotTell, CannotTell, |f| f.power = None);
        check("thermal", Warn, Fail, |f| f.thermal = Some(ThermalPressure::Moderate));
        check("thermal", Warn, Fail, |f| f.speed_limit = Some(70));
        check("thermal", Warn, Fail, |f| f.throttled_now = Some(2));
        check("thermal", Warn, Warn, |f| f.temperature = Some(90.0));
        check("thermal", CannotTell, CannotTell, |f| (f.temperature, f.throttled_now) = (None, None));
        check("memory", Warn, Fail, |f| f.memory_available_mib = Some(50));
        check("memory", Warn, Fail, |f| f.memory_level = Some(MemoryLevel::Critical));
        check("governor", Warn, Warn, |f| f.machine.governor = Some("powersave".to_owned()));
        check("governor", CannotTell, CannotTell, |f| f.machine.governor = None);
        check("turbo", Warn, Warn, |f| f.machine.turbo = Some(true));
        check("smt", Warn, Warn, |f| f.machine.smt = Some(true));
        check("aslr", Warn, Warn, |f| f.aslr = Some(0));
        check("cpu-quota", Warn, Fail, |f| f.cpu_quota = Some(1.5));
        check("virtualization", Warn, Fail, |f| {
            f.machine.virtualization = Some("virtual machine, container".to_owned());
        });
        check("virtualization", Pass, Pass, |f| f.machine.virtualization = Some("container".to_owned()));
        check("runner", Warn, Fail, |f| f.runner = Runner::Hosted("ubuntu24".to_owned()));
        check("runner", CannotTell, CannotTell, |f| f.runner = Runner::Unknown("GitLab CI".to_owned()));
        check("clock", Fail, Fail, |f| f.unix_time = Some(0));
        check("clock", Warn, Warn, |f| f.clock_step = Some(-3600.0));
        check("clock", Warn, Warn, |f| f.clock_source = Some("hpet".to_owned()));
        check("gpu", Warn, Fail, |f| f.gpus[0].clock_reasons = Some(0x40));
        check("gpu", Warn, Fail, |f| f.gpus[0].utilization = Some(99.0));
        check("gpu", Warn, Warn, |f| f.gpus[0].is_persistent = Some(false));
        check("gpu", CannotTell, CannotTell, |f| f.is_gpu_silent = true);
    }

    #[test]
    fn systems_are_asked_what_they_have() {
        let codes = |system: &str| {
            let mut facts = good();
            facts.machine.os = Some(system.to_owned());
            checks(&facts, &wanted(Strictness::Official)).into_iter().map(|check| check.code).collect::<Vec<_>>()
        };
        assert!(codes("macos 25.1.0 aarch64").contains(&"low-power-mode") && !codes("macos 25").contains(&"governor"));
        assert!(codes("linux 6.1").contains(&"governor") && !codes("linux 6.1").contains(&"low-power-mode"));
        assert!(!codes("windows").contains(&"smt"));
    }

    #[test]
    fn the_baselines_machine() {
        let of = |baseline: Environment| {
            let wanted = Wanted { strictness: Strictness::Official, baselines: vec![baseline] };
            let all = checks(&good(), &wanted);
            all.into_iter().find(|check| check.code == "same-machine").expect("there is a baseline")
        };
        assert_eq!(of(good().machine).status, Pass);
        assert_eq!(of(Environment::default()).status, CannotTell);
        let other = of(Environment { os: Some("linux 5 x86_64".to_owned()), ..good().machine });
        assert_eq!(
            (other.status, other.names.as_slice()),
            (Fail, &["system: linux 5 x86_64 | linux 6.1 x86_64".to_owned()][..])
        );
        // How a run was built is no machine.
        assert_eq!(of(Environment { profile: Some("x".to_owned()), ..good().machine }).status, Pass);
    }

    #[test]
    fn nothing_known_is_no_pass() {
        let all = checks(&Facts::default(), &wanted(Strictness::Official));
        assert!(all.iter().filter(|check| check.status == Pass).all(|check| check.code == "runner"), "{all:?}");
    }
}
