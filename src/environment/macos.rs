//! macOS by what its commands print. The parsers are functions of text, so that every system tests them.

use super::facts::{Busy, MemoryLevel, Power, ThermalPressure};

/// `notifyutil -g com.apple.system.thermalpressurelevel`: the name and a number. Needs no root, unlike `powermetrics`.
pub(super) fn thermal_pressure(text: &str) -> Option<ThermalPressure> {
    match text.split_whitespace().last()?.parse::<u32>().ok()? {
        0 => Some(ThermalPressure::Nominal),
        1 => Some(ThermalPressure::Moderate),
        2 => Some(ThermalPressure::Heavy),
        3 => Some(ThermalPressure::Trapping),
        4 => Some(ThermalPressure::Sleeping),
        _ => None,
    }
}

/// `pmset -g therm`: `CPU_Speed_Limit = 70`, only while a limit is in force.
pub(super) fn speed_limit(text: &str) -> Option<u32> {
    let value = text.lines().find_map(|line| line.trim().strip_prefix("CPU_Speed_Limit"))?;
    value.trim().strip_prefix('=')?.trim().parse().ok().filter(|percent| *percent <= 100)
}

/// `pmset -g batt`: the first line says `Now drawing from 'AC Power'`.
pub(super) fn power(text: &str) -> Option<Power> {
    let line = text.lines().next()?;
    if line.contains("'AC Power'") {
        return Some(Power::Mains);
    }
    line.contains("'Battery Power'").then_some(Power::Battery)
}

/// `pmset -g`: `lowpowermode 1`, or on some machines `powermode 1`, of which 2 is the high one.
pub(super) fn low_power_mode(text: &str) -> Option<bool> {
    text.lines().find_map(|line| {
        let (key, value) = line.trim().split_once(char::is_whitespace)?;
        let value: u32 = value.trim().parse().ok()?;
        ["lowpowermode", "powermode"].contains(&key).then_some(value == 1)
    })
}

/// `sysctl -n vm.loadavg`: `{ 1.77 1.92 2.02 }`.
pub(super) fn load(text: &str) -> Option<[f64; 3]> {
    super::linux::load_of(&text.trim().trim_matches(['{', '}']).replace(',', "."))
}

/// `sysctl -n kern.memorystatus_vm_pressure_level`: 1, 2 or 4.
pub(super) fn memory_level(text: &str) -> Option<MemoryLevel> {
    match text.trim() {
        "1" => Some(MemoryLevel::Normal),
        "2" => Some(MemoryLevel::Warning),
        "4" => Some(MemoryLevel::Critical),
        _ => None,
    }
}

/// `sw_vers`: `macOS 26.1 (25B78)`.
pub(super) fn distribution(text: &str) -> Option<String> {
    let value = |key: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(key)?.trim().strip_prefix(':'))?.trim();
        (!value.is_empty()).then_some(value)
    };
    let build = value("BuildVersion").map(|build| format!(" ({build})")).unwrap_or_default();
    Some(format!("{} {}{build}", value("ProductName")?, value("ProductVersion")?))
}

/// `sysctl -n kern.hv_vmm_present`: 1 in a virtual machine.
pub(super) fn virtualization(text: &str) -> Option<String> {
    match text.trim() {
        "0" => Some("none".to_owned()),
        "1" => Some("virtual machine".to_owned()),
        _ => None,
    }
}

/// `ps -Aceo pid,pcpu,comm`: names without their folders, in which users' names may stand. `ps` itself and `own` are left out.
pub(super) fn busy(text: &str, own: &[u32]) -> Vec<Busy> {
    let mut all: Vec<Busy> = Vec::new();
    for line in text.lines() {
        let Some((pid, rest)) = line.trim().split_once(char::is_whitespace) else { continue };
        let Some((percent, name)) = rest.trim().split_once(char::is_whitespace) else { continue };
        // Some locales write a comma.
        let (Ok(pid), Ok(percent)) = (pid.parse::<u32>(), percent.replace(',', ".").parse::<f64>()) else { continue };
        let name = name.trim();
        if !percent.is_finite() || percent <= 0.0 || own.contains(&pid) || name == "ps" || name.is_empty() {
            continue;
        }
        match all.iter_mut().find(|busy| busy.name == name) {
            Some(busy) => (busy.processes, busy.cpus) = (busy.processes + 1, busy.cpus + percent / 100.0),
            None => all.push(Busy { name: name.to_owned(), processes: 1, cpus: percent / 100.0 }),
        }
    }
    all.sort_by(|a, b| b.cpus.total_cmp(&a.cpus).then_with(|| a.name.cmp(&b.name)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn heat() {
        let level = |n: &str| thermal_pressure(&format!("com.apple.system.thermalpressurelevel {n}"));
        assert_eq!((level("0"), level("1")), (Some(ThermalPressure::Nominal), Some(ThermalPressure::Moderate)));
        assert_eq!((level("2"), level("4")), (Some(ThermalPressure::Heavy), Some(ThermalPressure::Sleeping)));
        assert_eq!((level("9"), level("x"), thermal_pressure("")), (None, None, None));
        let limited = "2025-12-17 09:48:34 +0100 CPU Power notify\n\tCPU_Scheduler_Limit \t= 100\n\tCPU_Available_CPUs \t= 8\n\t\
                       CPU_Speed_Limit \t= 70\n";
        assert_eq!(speed_limit(limited), Some(70));
        assert_eq!(speed_limit("Note: No thermal warning level has been recorded\n"), None);
        assert_eq!(speed_limit("CPU_Speed_Limit = 4000000000000\n"), None);
    }

    #[test]
    fn energy() {
        let charged =
            "Now drawing from 'AC Power'\n -InternalBattery-0 (id=1)\t100%; charged; 0:00 remaining present: true";
        assert_eq!(power(charged), Some(Power::Mains));
        assert_eq!(power("Now drawing from 'Battery Power'\n"), Some(Power::Battery));
        assert_eq!(power(""), None);
        let of = |line: &str| {
            low_power_mode(&format!("System-wide power settings:\nCurrently in use:\n standby 1\n {line}\n"))
        };
        assert_eq!((of("lowpowermode         1"), of("lowpowermode         0")), (Some(true), Some(false)));
        assert_eq!((of("powermode            2"), of("sleep 1 (sleep prevented by x)")), (Some(false), None));
    }

    #[test]
    fn system() {
        let text = "ProductName:\t\tmacOS\nProductVersion:\t\t26.1\nBuildVersion:\t\t25B78\n";
        assert_eq!(distribution(text).as_deref(), Some("macOS 26.1 (25B78)"));
        assert_eq!(distribution("ProductName: macOS\n"), None);
        assert_eq!(virtualization("1\n").as_deref(), Some("virtual machine"));
        assert_eq!(virtualization("0").as_deref(), Some("none"));
        assert_eq!(load("{ 1.77 1.92 2.02 }"), Some([1.77, 1.92, 2.02]));
        assert_eq!(load("{ 1,77 1,92 2,02 }"), Some([1.77, 1.92, 2.02]));
        assert_eq!((memory_level("2"), memory_level("3")), (Some(MemoryLevel::Warning), None));
    }

    #[test]
    fn programs() {
        let text = "  PID  %CPU COMM\n  501  97.5 Google Chrome\n   42   3.0 kernel_task\n  502  20,5 Slack\n  503  10.0 Slack\n \
                    77 99.0 itself\n  78 5.0 ps\n  x y z\n 79 nan a\n 80 -4.0 b\n";
        let got = busy(text, &[77]);
        let got: Vec<(&str, usize, f64)> = got.iter().map(|b| (b.name.as_str(), b.processes, b.cpus)).collect();
        assert_eq!(got, [("Google Chrome", 1, 0.975), ("Slack", 2, 0.305), ("kernel_task", 1, 0.03)]);
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in ".{0,200}") {
            let _ = (thermal_pressure(&text), speed_limit(&text), power(&text), low_power_mode(&text), load(&text));
            let _ = (distribution(&text), busy(&text, &[]));
        }
    }
}
