//! What is known of this machine at one moment.

use crate::model::Environment;

/// What was seen of this machine. What can't be found out is left open: nothing here is guessed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// What doesn't change from one minute to the next.
    pub machine: Environment,
    /// Load averages over 1, 5 and 15 minutes.
    pub load: Option<[f64; 3]>,
    /// How long something waited for a processor.
    pub cpu_pressure: Option<Pressure>,
    /// How long something waited for memory.
    pub memory_pressure: Option<Pressure>,
    /// The system's own word for how short memory is.
    pub memory_level: Option<MemoryLevel>,
    /// Memory that programs can still have, in MiB.
    pub memory_available_mib: Option<u64>,
    /// Programs that used a processor while it was looked, the busiest first, ourselves left out.
    pub busy: Option<Vec<Busy>>,
    /// Processors' worth of work while it was looked, ours left out; by the system's own account.
    pub cpus_used: Option<f64>,
    /// The share of processor time that the host gave to other guests while it was looked.
    pub stolen: Option<f64>,
    /// Where the power comes from; open for machines without a battery.
    pub power: Option<Power>,
    /// How hard the system cuts back for heat.
    pub thermal: Option<ThermalPressure>,
    /// To how many percent of its speed the processor is limited, where it is.
    pub speed_limit: Option<u32>,
    /// How often a processor was slowed down for heat since the machine was started.
    pub throttled: Option<u64>,
    /// How often while it was looked.
    pub throttled_now: Option<u64>,
    /// The hottest sensor, in degrees Celsius.
    pub temperature: Option<f64>,
    /// The highest clock that the system allows, in MHz.
    pub clock_limit_mhz: Option<u32>,
    /// How the clock frequency is set: `intel_pstate`, `acpi-cpufreq`.
    pub frequency_driver: Option<String>,
    /// Randomised addresses: 0 off, 1 some, 2 all.
    pub aslr: Option<u8>,
    /// How many processors' time the container may use.
    pub cpu_quota: Option<f64>,
    /// What the system's clock counts: `tsc`, `hpet`.
    pub clock_source: Option<String>,
    /// Seconds by which the calendar's clock ran ahead of the steady one while it was looked; negative for behind.
    pub clock_step: Option<f64>,
    /// The smallest step of the steady clock, in nanoseconds.
    pub clock_tick_ns: Option<u64>,
    /// The calendar's clock, in seconds since 1970.
    pub unix_time: Option<u64>,
    /// What graphics processors say, in the order of the system.
    pub gpus: Vec<Gpu>,
    /// Whether there is a graphics processor whose tool says nothing.
    pub is_gpu_silent: bool,
    /// Whose machine a CI job runs on.
    pub runner: Runner,
}

/// The share of time, in percent, in which something waited, over three windows: `/proc/pressure`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pressure {
    /// Over 10 seconds.
    pub avg10: f64,
    /// Over 60 seconds.
    pub avg60: f64,
    /// Over 300 seconds.
    pub avg300: f64,
}

/// A program that used a processor.
#[derive(Debug, Clone, PartialEq)]
pub struct Busy {
    /// Its name, from whoever wrote it.
    pub name: String,
    /// How many processes of this name.
    pub processes: usize,
    /// Processors' worth of work: 1.5 is one and a half.
    pub cpus: f64,
}

/// Where the power comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// The mains.
    Mains,
    /// A battery.
    Battery,
}

/// How short of memory macOS says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemoryLevel {
    /// It is not.
    Normal,
    /// It compresses and asks programs to give back.
    Warning,
    /// It ends programs.
    Critical,
}

/// How hard macOS cuts back for heat, by `com.apple.system.thermalpressurelevel`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ThermalPressure {
    /// Not at all.
    Nominal,
    /// Somewhat.
    Moderate,
    /// A lot.
    Heavy,
    /// Nearly all.
    Trapping,
    /// About to sleep.
    Sleeping,
}

/// What a graphics processor says of itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gpu {
    /// Its model.
    pub name: String,
    /// Its driver's version.
    pub driver: Option<String>,
    /// In degrees Celsius.
    pub temperature: Option<f64>,
    /// The share of time in which it worked, in percent.
    pub utilization: Option<f64>,
    /// Its clock, in MHz. An idle one means nothing.
    pub clock_mhz: Option<u32>,
    /// The highest clock, in MHz.
    pub clock_limit_mhz: Option<u32>,
    /// Why it isn't at its highest clock, as NVML's bits.
    pub clock_reasons: Option<u64>,
    /// Whether the driver stays loaded between programs.
    pub is_persistent: Option<bool>,
}

/// NVML's reasons for a lower clock that heat or a power supply in trouble make: HW slowdown, SW and HW thermal slowdown, HW
/// power brake. Source: `nvmlClocksEventReason*` of NVML's `nvml.h`.
const SLOWDOWN_BITS: u64 = 0x8 | 0x20 | 0x40 | 0x80;

impl Gpu {
    /// Whether it is slowed down for heat, or to save its power supply; open where it doesn't say.
    #[must_use]
    pub fn is_slowed_down(&self) -> Option<bool> {
        self.clock_reasons.map(|bits| bits & SLOWDOWN_BITS != 0)
    }
}

/// Whose machine a CI job runs on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Runner {
    /// It isn't one, as far as the environment's variables say.
    #[default]
    None,
    /// One that others have had before, and share: with what it calls its image.
    Hosted(String),
    /// One of your own.
    SelfHosted,
    /// One of which nobody says whose it is: the CI system.
    Unknown(String),
}
