//! Linux by its files: `/proc` and `/sys`, below a root that tests can put elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::cpu_ticks::{self, CpuTicks};
use super::facts::{Busy, Power, Pressure};

/// More than this none of these files has to say.
const MOST_BYTES: u64 = 1 << 20;

/// Processes, processors, sensors: of more than this, the rest is not looked at.
const MOST_ENTRIES: usize = 100_000;

/// Where `/proc` and `/sys` are.
#[derive(Debug, Clone)]
pub(super) struct Root(PathBuf);

/// The work that was done by one moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Snapshot {
    cpu: Option<CpuTicks>,
    n_cpus: usize,
    /// By process number and when it began, so that a number that is used again is another process.
    processes: Option<BTreeMap<(u32, u64), Process>>,
    throttled: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Process {
    name: String,
    ticks: u64,
}

/// What happened between two snapshots.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Work {
    pub(super) busy: Option<Vec<Busy>>,
    pub(super) cpus_used: Option<f64>,
    pub(super) stolen: Option<f64>,
    pub(super) throttled: Option<u64>,
}

impl Root {
    pub(super) fn new(path: impl Into<PathBuf>) -> Root {
        Root(path.into())
    }

    /// A small file's text, whatever bytes it holds; nothing where it can't be read or is empty.
    fn read(&self, path: &str) -> Option<String> {
        read(&self.0.join(path))
    }

    fn number(&self, path: &str) -> Option<u64> {
        self.read(path)?.parse().ok()
    }

    /// The folders and files in a folder, in order.
    fn list(&self, path: &str) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.0.join(path)).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.take(MOST_ENTRIES).map(|entry| entry.path()).collect();
        paths.sort();
        paths
    }

    /// `cpu0`, `cpu1`, …
    fn cpus(&self) -> Vec<PathBuf> {
        let is_cpu = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix("cpu"));
            name.is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()))
        };
        self.list("sys/devices/system/cpu").into_iter().filter(is_cpu).collect()
    }

    /// Model of the first processor in the words of `/proc/cpuinfo`.
    pub(super) fn cpu(&self) -> Option<String> {
        cpu_of(&self.read("proc/cpuinfo")?)
    }

    pub(super) fn distribution(&self) -> Option<String> {
        let text = self.read("etc/os-release").or_else(|| self.read("usr/lib/os-release"))?;
        let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
        Some(name.trim().trim_matches(['"', '\'']).to_owned()).filter(|name| !name.is_empty())
    }

    pub(super) fn kernel(&self) -> Option<String> {
        self.read("proc/sys/kernel/osrelease")
    }

    pub(super) fn governor(&self) -> Option<String> {
        let governors: BTreeSet<String> =
            self.cpus().iter().filter_map(|cpu| read(&cpu.join("cpufreq/scaling_governor"))).collect();
        (!governors.is_empty()).then(|| governors.into_iter().collect::<Vec<_>>().join(", "))
    }

    pub(super) fn frequency_driver(&self) -> Option<String> {
        self.cpus().iter().find_map(|cpu| read(&cpu.join("cpufreq/scaling_driver")))
    }

    /// The highest clock that the system allows any processor, in MHz. Heat and batteries lower it.
    pub(super) fn clock_limit_mhz(&self) -> Option<u32> {
        let limits = self.cpus().into_iter().filter_map(|cpu| {
            let khz: u64 = read(&cpu.join("cpufreq/scaling_max_freq"))?.parse().ok()?;
            u32::try_from(khz / 1000).ok()
        });
        limits.max().filter(|limit| *limit > 0)
    }

    pub(super) fn turbo(&self) -> Option<bool> {
        let of = |path: &str, on: u64| match self.number(path)? {
            n @ (0 | 1) => Some(n == on),
            _ => None,
        };
        of("sys/devices/system/cpu/intel_pstate/no_turbo", 0).or_else(|| of("sys/devices/system/cpu/cpufreq/boost", 1))
    }

    pub(super) fn smt(&self) -> Option<bool> {
        match self.number("sys/devices/system/cpu/smt/active")? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    pub(super) fn aslr(&self) -> Option<u8> {
        self.number("proc/sys/kernel/randomize_va_space").and_then(|n| u8::try_from(n).ok()).filter(|n| *n <= 2)
    }

    pub(super) fn clock_source(&self) -> Option<String> {
        self.read("sys/devices/system/clocksource/clocksource0/current_clocksource")
    }

    pub(super) fn load(&self) -> Option<[f64; 3]> {
        load_of(&self.read("proc/loadavg")?)
    }

    pub(super) fn pressure(&self, of: &str) -> Option<Pressure> {
        pressure_of(&self.read(&format!("proc/pressure/{of}"))?)
    }

    pub(super) fn memory_mib(&self) -> Option<u64> {
        self.memory("MemTotal")
    }

    pub(super) fn memory_available_mib(&self) -> Option<u64> {
        self.memory("MemAvailable")
    }

    fn memory(&self, key: &str) -> Option<u64> {
        let text = self.read("proc/meminfo")?;
        let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
        value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib / 1024)
    }

    /// The hottest sensor. Readings that no running machine has are left out.
    pub(super) fn temperature(&self) -> Option<f64> {
        let zones = self.list("sys/class/thermal").into_iter().filter_map(|zone| {
            let degrees = read(&zone.join("temp"))?.parse::<f64>().ok()? / 1000.0;
            (degrees > 0.0 && degrees < 150.0).then_some(degrees)
        });
        zones.max_by(f64::total_cmp)
    }

    /// Where the power comes from. A desktop and a virtual machine have neither mains nor a battery to tell of.
    pub(super) fn power(&self) -> Option<Power> {
        let mut power = None;
        for supply in self.list("sys/class/power_supply") {
            let fact = |name: &str| read(&supply.join(name));
            // A mouse has a battery, too.
            if fact("scope").as_deref() == Some("Device") {
                continue;
            }
            match fact("type").as_deref() {
                Some("Mains" | "USB") if fact("online").as_deref() == Some("1") => return Some(Power::Mains),
                Some("Battery") if fact("status").as_deref() == Some("Discharging") => power = Some(Power::Battery),
                _ => {}
            }
        }
        power
    }

    /// How often any processor was slowed down for heat since the machine was started.
    pub(super) fn throttled(&self) -> Option<u64> {
        let counts = self.cpus().into_iter().flat_map(|cpu| {
            let count = |name: &str| read(&cpu.join("thermal_throttle").join(name))?.parse::<u64>().ok();
            [count("core_throttle_count"), count("package_throttle_count")]
        });
        counts.flatten().reduce(u64::saturating_add)
    }

    /// The processors' time that this control group may use, where that is limited.
    pub(super) fn cpu_quota(&self) -> Option<f64> {
        let of = |quota: &str, period: &str| {
            let (quota, period) = (quota.parse::<f64>().ok()?, period.parse::<f64>().ok()?);
            (quota > 0.0 && period > 0.0).then_some(quota / period).filter(|cpus| cpus.is_finite())
        };
        if let Some(text) = self.read("sys/fs/cgroup/cpu.max") {
            let (quota, period) = text.split_once(' ')?;
            return of(quota, period);
        }
        of(&self.read("sys/fs/cgroup/cpu/cpu.cfs_quota_us")?, &self.read("sys/fs/cgroup/cpu/cpu.cfs_period_us")?)
    }

    /// `none`, `virtual machine`, `container`; open where neither says.
    pub(super) fn virtualization(&self) -> Option<String> {
        let is_container = self.0.join(".dockerenv").exists()
            || self.0.join("run/.containerenv").exists()
            || self.read("run/systemd/container").is_some()
            || self.read("proc/1/cgroup").is_some_and(|t| ["docker", "kubepods", "lxc"].iter().any(|w| t.contains(w)));
        let words: Vec<&str> = [(self.is_virtual_machine(), "virtual machine"), (Some(is_container), "container")]
            .into_iter()
            .filter_map(|(is, word)| (is == Some(true)).then_some(word))
            .collect();
        if !words.is_empty() {
            return Some(words.join(", "));
        }
        (self.is_virtual_machine() == Some(false)).then(|| "none".to_owned())
    }

    fn is_virtual_machine(&self) -> Option<bool> {
        let of_makers =
            ["QEMU", "KVM", "VMware", "VirtualBox", "Xen", "Amazon EC2", "Google Compute", "Bochs", "Parallels"];
        let dmi = ["sys_vendor", "product_name"]
            .map(|name| self.read(&format!("sys/class/dmi/id/{name}")).unwrap_or_default());
        let says_so = of_makers.iter().any(|maker| dmi.iter().any(|text| text.contains(maker)))
            || dmi[1].contains("Virtual Machine")
            || self.read("sys/hypervisor/type").is_some();
        // AWS's bare machines have the vendor of its virtual ones.
        if says_so && !dmi[1].contains("metal") {
            return Some(true);
        }
        let cpuinfo = self.read("proc/cpuinfo")?;
        // Only x86 has the flag.
        let flags = cpuinfo.lines().find_map(|line| line.strip_prefix("flags")?.trim().strip_prefix(':'))?;
        Some(flags.split_whitespace().any(|flag| flag == "hypervisor"))
    }

    /// The work that has been done by now.
    pub(super) fn snapshot(&self) -> Snapshot {
        let stat = self.read("proc/stat").unwrap_or_default();
        let (cpu, n_cpus) = (cpu_ticks::of_all(&stat), cpu_ticks::of_each(&stat).len());
        let folders = self.list("proc").into_iter().filter_map(|folder| {
            let pid: u32 = folder.file_name()?.to_str()?.parse().ok()?;
            // One that has ended meanwhile is none.
            let (name, ticks, began) = process_of(&read(&folder.join("stat"))?)?;
            Some(((pid, began), Process { name, ticks }))
        });
        let processes: BTreeMap<_, _> = folders.collect();
        let processes = (!processes.is_empty()).then_some(processes);
        Snapshot { cpu, n_cpus, processes, throttled: self.throttled() }
    }
}

fn read(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    // Not a pipe, which would wait for somebody to write.
    let file = File::open(path).ok().filter(|file| file.metadata().is_ok_and(|m| m.is_file()))?;
    file.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).trim().to_owned()).filter(|text| !text.is_empty())
}

/// The first processor's model: `model name` on x86, implementer and part on Arm.
fn cpu_of(cpuinfo: &str) -> Option<String> {
    let value = |key: &str| {
        let line = cpuinfo.lines().find(|line| line.split(':').next().is_some_and(|k| k.trim() == key))?;
        let (_, value) = line.split_once(':')?;
        Some(value.trim().to_owned()).filter(|value| !value.is_empty())
    };
    let arm = || Some(format!("Arm {} {}", value("CPU implementer")?, value("CPU part")?));
    value("model name").or_else(|| value("Hardware")).or_else(arm)
}

/// `0.50 0.11 0.04 1/206 477`
pub(super) fn load_of(text: &str) -> Option<[f64; 3]> {
    let mut words = text.split_whitespace().map(|word| word.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0));
    Some([words.next()??, words.next()??, words.next()??])
}

/// `some avg10=0.14 avg60=0.63 avg300=0.66 total=5463493957`
fn pressure_of(text: &str) -> Option<Pressure> {
    let line = text.lines().find_map(|line| line.strip_prefix("some "))?;
    let of = |key: &str| {
        let value = line.split_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))?;
        value.parse::<f64>().ok().filter(|n| (0.0..=100.0).contains(n))
    };
    Some(Pressure { avg10: of("avg10")?, avg60: of("avg60")?, avg300: of("avg300")? })
}

/// Name, ticks of work, and when it began, of `/proc/PID/stat`. The name stands in parentheses and may hold some itself.
fn process_of(stat: &str) -> Option<(String, u64, u64)> {
    let (start, end) = (stat.find('(')?, stat.rfind(')')?);
    let name = stat.get(start + 1..end)?.to_owned();
    // From the state on, which is the third field.
    let fields: Vec<&str> = stat.get(end + 1..)?.split_whitespace().collect();
    let number = |i: usize| fields.get(i)?.parse::<u64>().ok();
    Some((name, number(11)?.saturating_add(number(12)?), number(19)?))
}

/// What was done between two snapshots, `own` left out, which are the numbers of the processes that look.
///
/// In processors' worth: ticks of a process by ticks of one processor, so that the length of a tick doesn't matter.
pub(super) fn work(before: &Snapshot, after: &Snapshot, own: &[u32]) -> Work {
    let throttled = before.throttled.zip(after.throttled).map(|(before, after)| after.saturating_sub(before));
    let Some((a, b)) = before.cpu.zip(after.cpu) else { return Work { throttled, ..Work::default() } };
    let total = b.total.saturating_sub(a.total) as f64;
    // Also where nothing was counted, or the numbers are nonsense.
    if total <= 0.0 {
        return Work { throttled, ..Work::default() };
    }
    let n_cpus = after.n_cpus.max(1) as f64;
    let per_cpu = total / n_cpus;
    let share = |ticks: u64| (ticks as f64 / per_cpu).min(n_cpus);
    let stolen_ticks = b.stolen.saturating_sub(a.stolen);
    let used =
        b.total.saturating_sub(a.total).saturating_sub(b.idle.saturating_sub(a.idle)).saturating_sub(stolen_ticks);
    let (mut ours, mut by_name) = (0.0, BTreeMap::<String, (usize, f64)>::new());
    let processes = before.processes.as_ref().zip(after.processes.as_ref());
    for (key, process) in processes.iter().flat_map(|(_, after)| after.iter()) {
        // One that began meanwhile has done all of its work meanwhile.
        let earlier = processes.and_then(|(before, _)| before.get(key)).map_or(0, |process| process.ticks);
        let done = share(process.ticks.saturating_sub(earlier));
        if own.contains(&key.0) {
            ours += done;
        } else if done > 0.0 {
            let entry = by_name.entry(process.name.clone()).or_default();
            *entry = (entry.0 + 1, entry.1 + done);
        }
    }
    let mut busy: Vec<Busy> =
        by_name.into_iter().map(|(name, (processes, cpus))| Busy { name, processes, cpus }).collect();
    busy.sort_by(|a, b| b.cpus.total_cmp(&a.cpus));
    Work {
        busy: processes.is_some().then_some(busy),
        cpus_used: Some((share(used) - ours).max(0.0)),
        stolen: Some(stolen_ticks as f64 / total),
        throttled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A folder in place of `/`.
    fn tree(files: &[(&str, &[u8])]) -> (tempfile::TempDir, Root) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (path, bytes) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("below the folder")).expect("folders can be made");
            std::fs::write(path, bytes).expect("files can be written");
        }
        let root = Root::new(folder.path());
        (folder, root)
    }

    fn recorded(name: &str) -> Root {
        Root::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/environment").join(name))
    }

    #[test]
    fn models_of_processors() {
        let check = |cpuinfo: &str, want: Option<&str>| assert_eq!(cpu_of(cpuinfo).as_deref(), want);
        check(
            "processor\t: 0\nmodel name\t: Intel(R) Xeon(R) @ 2.80GHz\nmodel\t: 1\n",
            Some("Intel(R) Xeon(R) @ 2.80GHz"),
        );
        check("CPU implementer\t: 0x41\nCPU part\t: 0xd0c\n", Some("Arm 0x41 0xd0c"));
        check("model name\t:\n", None);
        check("", None);
    }

    #[test]
    fn a_recorded_virtual_machine() {
        let root = recorded("linux-vm");
        assert_eq!(root.cpu().as_deref(), Some("AMD EPYC"));
        assert_eq!(root.distribution().as_deref(), Some("Debian GNU/Linux 12 (bookworm)"));
        assert_eq!(root.virtualization().as_deref(), Some("virtual machine"));
        assert_eq!((root.smt(), root.turbo(), root.governor()), (Some(false), None, None));
        assert_eq!((root.aslr(), root.clock_source().as_deref()), (Some(2), Some("tsc")));
        assert_eq!(root.memory_mib(), Some(24105));
        assert!(root.memory_available_mib().is_some_and(|mib| mib < 24105));
        assert!(root.load().is_some() && root.pressure("cpu").is_some() && root.pressure("memory").is_some());
        assert_eq!((root.power(), root.temperature(), root.throttled(), root.cpu_quota()), (None, None, None, None));
        let snapshot = root.snapshot();
        assert_eq!((snapshot.cpu.is_some(), snapshot.n_cpus), (true, 2));
    }

    #[test]
    fn a_laptop() {
        let cpu = "sys/devices/system/cpu";
        let (_folder, root) = tree(&[
            (&format!("{cpu}/cpu0/cpufreq/scaling_governor"), b"powersave\n"),
            (&format!("{cpu}/cpu1/cpufreq/scaling_governor"), b"performance\n"),
            (&format!("{cpu}/cpu0/cpufreq/scaling_driver"), b"intel_pstate\n"),
            (&format!("{cpu}/cpu0/cpufreq/scaling_max_freq"), b"4700000\n"),
            (&format!("{cpu}/cpufreq/ignored"), b"1\n"),
            (&format!("{cpu}/intel_pstate/no_turbo"), b"1\n"),
            (&format!("{cpu}/cpu0/thermal_throttle/core_throttle_count"), b"12\n"),
            (&format!("{cpu}/cpu1/thermal_throttle/package_throttle_count"), b"3\n"),
            ("sys/class/thermal/thermal_zone0/temp", b"48000\n"),
            ("sys/class/thermal/thermal_zone1/temp", b"-274000\n"),
            ("sys/class/thermal/thermal_zone2/temp", b"999999999\n"),
            ("sys/class/power_supply/AC/type", b"Mains\n"),
            ("sys/class/power_supply/AC/online", b"0\n"),
            ("sys/class/power_supply/BAT0/type", b"Battery\n"),
            ("sys/class/power_supply/BAT0/status", b"Discharging\n"),
            ("sys/fs/cgroup/cpu.max", b"150000 100000\n"),
            ("proc/cpuinfo", b"flags\t\t: fpu vmx\n"),
        ]);
        assert_eq!(root.governor().as_deref(), Some("performance, powersave"));
        assert_eq!((root.frequency_driver().as_deref(), root.clock_limit_mhz()), (Some("intel_pstate"), Some(4700)));
        assert_eq!((root.turbo(), root.throttled(), root.temperature()), (Some(false), Some(15), Some(48.0)));
        assert_eq!((root.power(), root.cpu_quota()), (Some(Power::Battery), Some(1.5)));
        assert_eq!(root.virtualization().as_deref(), Some("none"));
    }

    #[test]
    fn nothing_to_read_is_nothing_known() {
        let (_folder, root) = tree(&[]);
        assert_eq!((root.cpu(), root.load(), root.virtualization()), (None, None, None));
        let snapshot = root.snapshot();
        assert_eq!(work(&snapshot, &snapshot, &[]), Work::default());
    }

    #[test]
    fn absurd_numbers_are_left_out() {
        assert_eq!(load_of("1e999 0 0"), None);
        assert_eq!(load_of("nan 0 0"), None);
        assert_eq!(load_of("-1 0 0"), None);
        assert_eq!(load_of("0.1 0.2"), None);
        assert_eq!(pressure_of("some avg10=120 avg60=0 avg300=0 total=1"), None);
        assert_eq!(pressure_of("full avg10=1 avg60=0 avg300=0"), None);
        let huge = format!("cpu  {0} {0} {0} {0} {0} {0} {0} {0}\ncpu0 1\n", u64::MAX);
        let ticks = cpu_ticks::of_all(&huge).expect("numbers");
        let of = |cpu| Snapshot { cpu: Some(cpu), ..Snapshot::default() };
        let zero = CpuTicks { total: 0, idle: 0, stolen: 0 };
        let done = work(&of(zero), &of(ticks), &[]);
        assert!(done.cpus_used.is_some_and(f64::is_finite) && done.stolen.is_some_and(|s| s <= 1.0));
        // Time that runs backwards is no time.
        assert_eq!(work(&of(ticks), &of(zero), &[]).cpus_used, None);
    }

    fn stat(name: &[u8], ticks: u64, began: u64) -> Vec<u8> {
        let mut line = b"7 (".to_vec();
        line.extend_from_slice(name);
        line.extend_from_slice(
            format!(") R 1 1 1 0 -1 4194304 102 0 0 0 {ticks} 1 0 0 20 0 1 0 {began} 3133440 410").as_bytes(),
        );
        line
    }

    #[test]
    fn who_works_how_much() {
        let names: [&[u8]; 4] = [b"a) R (b", b"\xff\x1b[31mred", b"itself", b"rustc"];
        let at = |ticks: [u64; 4], total: u64, idle: u64, steal: u64| {
            let cpu = format!("cpu  {total} 0 0 {idle} 0 0 0 {steal} 0 0\ncpu0 0 0 0 0\ncpu1 0 0 0 0\nintr 1\n");
            let files: Vec<(String, Vec<u8>)> =
                (0..4).map(|i| (format!("proc/{}/stat", i + 7), stat(names[i], ticks[i], 5))).collect();
            let mut all: Vec<(&str, &[u8])> = files.iter().map(|(p, t)| (p.as_str(), t.as_slice())).collect();
            all.push(("proc/stat", cpu.as_bytes()));
            all.push(("proc/11/stat", b"garbage"));
            let (_folder, root) = tree(&all);
            root.snapshot()
        };
        // 200 ticks in all, so 100 a processor.
        let (before, after) = (at([10, 0, 5, 1], 1000, 50, 0), at([60, 100, 15, 1], 1160, 80, 10));
        let done = work(&before, &after, &[9]);
        let busy = done.busy.expect("processes were read");
        let got: Vec<(&str, f64)> = busy.iter().map(|b| (b.name.as_str(), b.cpus)).collect();
        assert_eq!(got, [("\u{fffd}\u{1b}[31mred", 1.0), ("a) R (b", 0.5)]);
        assert_eq!((done.cpus_used, done.stolen), (Some(1.5), Some(0.05)));
    }

    #[test]
    fn a_number_that_is_used_again_is_another_process() {
        let of = |began: u64, ticks: u64| Snapshot {
            cpu: Some(CpuTicks { total: 100 * began, idle: 0, stolen: 0 }),
            n_cpus: 1,
            processes: Some([((7, began), Process { name: "a".to_owned(), ticks })].into()),
            throttled: None,
        };
        let want = Busy { name: "a".to_owned(), processes: 1, cpus: 0.5 };
        assert_eq!(work(&of(1, 90), &of(2, 50), &[]).busy, Some(vec![want]));
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in ".{0,200}") {
            let _ = (process_of(&text), cpu_ticks::of_all(&text), cpu_ticks::of_each(&text), pressure_of(&text), load_of(&text), cpu_of(&text));
        }
    }
}
