//! Graphics processors: what `nvidia-smi` and macOS's `system_profiler` say. Neither is asked for a serial number.

use super::command::output;
use super::facts::Gpu;

/// In the order of [`nvidia`]'s columns.
const QUERY: &str = "--query-gpu=name,driver_version,temperature.gpu,utilization.gpu,clocks.sm,clocks.max.sm,power.draw,\
                     persistence_mode,clocks_event_reasons.active";

/// Before driver 535 the reasons have another name.
const OLDER_QUERY: &str = "--query-gpu=name,driver_version,temperature.gpu,utilization.gpu,clocks.sm,clocks.max.sm,power.draw,\
                           persistence_mode,clocks_throttle_reasons.active";

/// What NVIDIA's tool says of each; nothing where it isn't there.
pub(super) fn ask_nvidia() -> Option<Vec<Gpu>> {
    let ask = |query| output("nvidia-smi", &[query, "--format=csv,noheader,nounits"]);
    ask(QUERY).or_else(|| ask(OLDER_QUERY)).map(|text| nvidia(&text))
}

/// Reads `nvidia-smi --query-gpu=… --format=csv,noheader,nounits`. A fact that a device doesn't have reads `[N/A]`.
fn nvidia(text: &str) -> Vec<Gpu> {
    let lines = text.lines().map(|line| line.split(',').map(str::trim).collect::<Vec<_>>());
    let gpus = lines.filter_map(|cells| {
        let cell = |i: usize| cells.get(i).copied().filter(|cell| !cell.is_empty() && !cell.starts_with('['));
        let number = |i: usize| cell(i)?.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
        // A line of another shape is a message.
        (cells.len() == 9).then(|| Gpu {
            name: cell(0).unwrap_or("a GPU without a name").to_owned(),
            driver: cell(1).map(str::to_owned),
            temperature: number(2),
            utilization: number(3),
            clock_mhz: cell(4).and_then(|c| c.parse().ok()),
            clock_limit_mhz: cell(5).and_then(|c| c.parse().ok()),
            is_persistent: cell(7).map(|mode| mode == "Enabled"),
            clock_reasons: cell(8).and_then(|c| u64::from_str_radix(c.strip_prefix("0x")?, 16).ok()),
        })
    });
    gpus.collect()
}

/// Reads `system_profiler SPDisplaysDataType`: a chipset, its cores, and which Metal it has.
pub(super) fn metal(text: &str) -> Vec<String> {
    let mut gpus: Vec<String> = Vec::new();
    for line in text.lines() {
        let Some((key, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        match (key.trim(), gpus.last_mut()) {
            ("Chipset Model", _) if !value.is_empty() => gpus.push(value.to_owned()),
            ("Total Number of Cores", Some(gpu)) => gpu.push_str(&format!(", {value} cores")),
            ("Metal Support" | "Metal Family" | "Metal", Some(gpu)) => gpu.push_str(&format!(", {value}")),
            _ => {}
        }
    }
    gpus
}

/// A GPU for the record: its model and driver.
pub(super) fn words(gpu: &Gpu) -> String {
    match &gpu.driver {
        Some(driver) => format!("{}, driver {driver}", gpu.name),
        None => gpu.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded on one H200: at rest, and during matrix multiplications at its power limit.
    #[test]
    fn what_nvidias_tool_prints() {
        let at_rest = nvidia(include_str!("../../fixtures/environment/nvidia-smi/at-rest.csv"));
        let want = Gpu {
            name: "NVIDIA H200".to_owned(),
            driver: Some("580.159.04".to_owned()),
            temperature: Some(37.0),
            utilization: Some(0.0),
            clock_mhz: Some(390),
            clock_limit_mhz: Some(1980),
            clock_reasons: Some(1),
            is_persistent: Some(true),
        };
        assert_eq!(at_rest, [want]);
        assert_eq!(words(&at_rest[0]), "NVIDIA H200, driver 580.159.04");
        let busy = nvidia(include_str!("../../fixtures/environment/nvidia-smi/busy.csv"));
        assert_eq!((busy[0].utilization, busy[0].clock_mhz, busy[0].clock_reasons), (Some(99.0), Some(1440), Some(4)));
        // At its power limit is where a GPU works; heat is another matter.
        assert_eq!(busy[0].is_slowed_down(), Some(false));
        assert_eq!(Gpu { clock_reasons: Some(0x24), ..Gpu::default() }.is_slowed_down(), Some(true));
    }

    #[test]
    fn odd_output_is_left_open() {
        assert!(nvidia("").is_empty());
        assert!(nvidia("Field \"x\" is not a valid field to query.").is_empty());
        let odd = nvidia("T4, 1.0, [N/A], nan, -3, 1e99, [Not Supported], Disabled, 0xzz");
        assert_eq!((odd[0].temperature, odd[0].utilization, odd[0].clock_mhz), (None, None, None));
        assert_eq!((odd[0].is_persistent, odd[0].is_slowed_down()), (Some(false), None));
    }

    #[test]
    fn what_macos_prints() {
        let text = "Graphics/Displays:\n\n    Apple M4 Max:\n\n      Chipset Model: Apple M4 Max\n      Type: GPU\n      Bus: Built-In\n      \
                    Total Number of Cores: 40\n      Vendor: Apple (0x106b)\n      Metal Support: Metal 4\n";
        assert_eq!(metal(text), ["Apple M4 Max, 40 cores, Metal 4"]);
        assert!(metal("").is_empty());
    }
}
