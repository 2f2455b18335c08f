//! Whether the machine is back to how it was before: the condition to measure again, in place of a fixed pause.

use std::time::{Duration, Instant};

use thiserror::Error;

use super::facts::{Facts, Gpu, Power};
use super::observe::observe;

/// A program that does this much more of a processor's work than before is busy.
const BUSIER: f64 = 0.15;

/// Percent of the time that something waits for a processor, above what it was before.
const MORE_PRESSURE: f64 = 2.0;

/// Degrees above what it was before; sensors are no better than this.
const HOTTER: f64 = 3.0;

/// The same for graphics processors, which cool slowly and swing more.
const HOTTER_GPU: f64 = 5.0;

/// Why it is not the machine that it was.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum WhyNot {
    /// A program works that didn't, or more than it did.
    #[error("`{name}` uses {:.0} % of a processor", cpus * 100.0)]
    Busy {
        /// Its name, from whoever wrote it.
        name: String,
        /// Processors' worth of work.
        cpus: f64,
    },
    /// Something waits for a processor, in percent of the last 10 seconds.
    #[error("something waits for a processor {now:.1} % of the time, {before:.1} % before")]
    Waiting {
        /// Before.
        before: f64,
        /// Now.
        now: f64,
    },
    /// A sensor is hotter, in degrees Celsius.
    #[error("{sensor} is at {now:.0} °C, {before:.0} °C before")]
    Hotter {
        /// `the processor` or `the GPU`.
        sensor: &'static str,
        /// Before.
        before: f64,
        /// Now.
        now: f64,
    },
    /// Something is slowed down that wasn't, or more than it was.
    #[error("{0} is slowed down")]
    SlowedDown(&'static str),
    /// The highest clock that is allowed has fallen, in MHz.
    #[error("the clock is limited to {now} MHz, {before} MHz before")]
    ClockLimited {
        /// Before.
        before: u32,
        /// Now.
        now: u32,
    },
    /// It is on its battery, and wasn't.
    #[error("the power comes from a battery, from the mains before")]
    OnBattery,
    /// Something that was known before can't be read any more.
    #[error("{0} can't be read any more")]
    Lost(&'static str),
}

/// Whether the machine is as idle, as cool and as fast as before.
///
/// Load averages don't count: they tell of the minutes that are over, mostly of the measurement itself.
///
/// # Errors
/// With the first thing that isn't as before.
pub fn is_back(before: &Facts, now: &Facts) -> Result<(), WhyNot> {
    let was = |name: &str| {
        let earlier = before.busy.iter().flatten().find(|busy| busy.name == name);
        earlier.map_or(0.0, |busy| busy.cpus)
    };
    if let Some(busy) = now.busy.iter().flatten().find(|busy| busy.cpus > was(&busy.name) + BUSIER) {
        return Err(WhyNot::Busy { name: busy.name.clone(), cpus: busy.cpus });
    }
    let lost = |was: bool, is: bool, what| if was && !is { Err(WhyNot::Lost(what)) } else { Ok(()) };
    lost(before.busy.is_some(), now.busy.is_some(), "the list of programs")?;
    lost(before.cpu_pressure.is_some(), now.cpu_pressure.is_some(), "the pressure on processors")?;
    lost(before.temperature.is_some(), now.temperature.is_some(), "the temperature")?;
    lost(before.thermal.is_some(), now.thermal.is_some(), "the thermal pressure")?;
    if let (Some(before), Some(now)) = (before.cpu_pressure, now.cpu_pressure)
        && now.avg10 > before.avg10 + MORE_PRESSURE
    {
        return Err(WhyNot::Waiting { before: before.avg10, now: now.avg10 });
    }
    hotter("the processor", before.temperature, now.temperature, HOTTER)?;
    let limit = |facts: &Facts| facts.speed_limit.unwrap_or(100);
    if now.thermal > before.thermal || limit(now) < limit(before) {
        return Err(WhyNot::SlowedDown("the processor"));
    }
    if let (Some(before), Some(now)) = (before.clock_limit_mhz, now.clock_limit_mhz)
        && now < before
    {
        return Err(WhyNot::ClockLimited { before, now });
    }
    if before.power == Some(Power::Mains) && now.power == Some(Power::Battery) {
        return Err(WhyNot::OnBattery);
    }
    lost(before.gpus.len() > now.gpus.len(), false, "a GPU")?;
    before.gpus.iter().zip(&now.gpus).try_for_each(|(before, now)| is_gpu_back(before, now))
}

fn is_gpu_back(before: &Gpu, now: &Gpu) -> Result<(), WhyNot> {
    hotter("the GPU", before.temperature, now.temperature, HOTTER_GPU)?;
    if now.is_slowed_down() == Some(true) && before.is_slowed_down() != Some(true) {
        return Err(WhyNot::SlowedDown("the GPU"));
    }
    Ok(())
}

fn hotter(sensor: &'static str, before: Option<f64>, now: Option<f64>, by: f64) -> Result<(), WhyNot> {
    match (before, now) {
        (Some(before), Some(now)) if now > before + by => Err(WhyNot::Hotter { sensor, before, now }),
        _ => Ok(()),
    }
}

/// Looks again and again until the machine is back, for `limit` at most; `go_on` is told each time why it isn't, and says whether
/// to wait on.
///
/// # Errors
/// With what was not as before at the last look.
pub fn wait_until_back(
    before: &Facts,
    window: Duration,
    limit: Duration,
    mut go_on: impl FnMut(&WhyNot) -> bool,
) -> Result<Facts, WhyNot> {
    let start = Instant::now();
    loop {
        let now = observe(window);
        match is_back(before, &now) {
            Ok(()) => return Ok(now),
            Err(why) if start.elapsed() >= limit || !go_on(&why) => return Err(why),
            // A window of nothing would be a loop without a pause.
            Err(_) => std::thread::sleep(window.max(Duration::from_millis(100))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::{Busy, Pressure, ThermalPressure};
    use super::*;

    fn quiet() -> Facts {
        let pressure = Pressure { avg10: 0.5, avg60: 40.0, avg300: 40.0 };
        Facts {
            busy: Some(vec![Busy { name: "daemon".to_owned(), processes: 1, cpus: 0.1 }]),
            cpu_pressure: Some(pressure),
            load: Some([0.1, 0.1, 0.1]),
            temperature: Some(40.0),
            thermal: Some(ThermalPressure::Nominal),
            clock_limit_mhz: Some(4000),
            power: Some(Power::Mains),
            gpus: vec![Gpu { temperature: Some(37.0), clock_reasons: Some(1), ..Gpu::default() }],
            ..Facts::default()
        }
    }

    #[test]
    fn back_or_not() {
        let check = |change: fn(&mut Facts), want: Result<(), &str>| {
            let mut now = quiet();
            change(&mut now);
            assert_eq!(is_back(&quiet(), &now).map_err(|why| why.to_string()), want.map_err(str::to_owned));
        };
        check(|_| (), Ok(()));
        // The load average is that of the measurement before.
        check(|now| now.load = Some([8.0, 8.0, 8.0]), Ok(()));
        check(|now| now.temperature = Some(42.9), Ok(()));
        check(|now| now.temperature = Some(52.0), Err("the processor is at 52 °C, 40 °C before"));
        check(|now| now.temperature = None, Err("the temperature can't be read any more"));
        let busy = |now: &mut Facts| {
            now.busy.iter_mut().flatten().for_each(|busy| (busy.name, busy.cpus) = ("rustc".to_owned(), 1.5));
        };
        check(busy, Err("`rustc` uses 150 % of a processor"));
        let waiting = |now: &mut Facts| now.cpu_pressure = Some(Pressure { avg10: 9.0, avg60: 0.0, avg300: 0.0 });
        check(waiting, Err("something waits for a processor 9.0 % of the time, 0.5 % before"));
        check(|now| now.thermal = Some(ThermalPressure::Moderate), Err("the processor is slowed down"));
        check(|now| now.speed_limit = Some(70), Err("the processor is slowed down"));
        check(|now| now.clock_limit_mhz = Some(2000), Err("the clock is limited to 2000 MHz, 4000 MHz before"));
        check(|now| now.power = Some(Power::Battery), Err("the power comes from a battery, from the mains before"));
        check(|now| now.gpus[0].temperature = Some(60.0), Err("the GPU is at 60 °C, 37 °C before"));
        check(|now| now.gpus[0].clock_reasons = Some(0x40), Err("the GPU is slowed down"));
        check(|now| now.gpus.clear(), Err("a GPU can't be read any more"));
        // Nothing known is nothing lost.
        assert_eq!(is_back(&Facts::default(), &Facts::default()), Ok(()));
    }

    #[test]
    fn waiting_ends() {
        let mut before = quiet();
        before.gpus = vec![Gpu::default(); 99];
        let short = Duration::from_millis(1);
        let mut n_looks = 0;
        let result = wait_until_back(&before, short, Duration::from_secs(60), |_| {
            n_looks += 1;
            n_looks < 2
        });
        assert_eq!((result.is_err(), n_looks), (true, 2));
        assert!(wait_until_back(&before, short, Duration::ZERO, |_| true).is_err());
    }
}
