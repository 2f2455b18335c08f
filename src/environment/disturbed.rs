//! What happened to the machine while something was measured.

use thiserror::Error;

use super::facts::{Facts, Power};
use super::load::Load;

/// From this share of all processors' time on, other programs' work is told: of eight processors, less than half of one.
const OTHERS: f64 = 0.05;

/// Something that makes a number not one to be quoted.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Disturbance {
    /// The processor was slowed down for heat, so often.
    #[error("the processor was slowed down for heat, {0} times")]
    Throttled(u64),
    /// Something is slowed down that wasn't before.
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
    /// It went to its battery.
    #[error("the power comes from a battery, from the mains before")]
    OnBattery,
    /// Other programs worked, by the share of all processors' time.
    #[error("other programs took {:.0} % of the processors' time", .0 * 100.0)]
    OthersWorked(f64),
    /// Not the machine that it was.
    #[error("{0} was changed")]
    Changed(&'static str),
}

/// What happened between two looks at a machine, with how busy it was meanwhile. Heat that didn't slow anything down, and the
/// load of the measurement itself, are no disturbance.
#[must_use]
pub fn disturbances(before: &Facts, after: &Facts, load: Option<Load>) -> Vec<Disturbance> {
    let mut found = Vec::new();
    if let (Some(before), Some(now)) = (before.throttled, after.throttled)
        && now > before
    {
        found.push(Disturbance::Throttled(now - before));
    }
    let limit = |facts: &Facts| facts.speed_limit.unwrap_or(100);
    if after.thermal > before.thermal || limit(after) < limit(before) {
        found.push(Disturbance::SlowedDown("the processor"));
    }
    let is_slow = |facts: &Facts| facts.gpus.iter().any(|gpu| gpu.is_slowed_down() == Some(true));
    if is_slow(after) && !is_slow(before) {
        found.push(Disturbance::SlowedDown("the GPU"));
    }
    if let (Some(before), Some(now)) = (before.clock_limit_mhz, after.clock_limit_mhz)
        && now < before
    {
        found.push(Disturbance::ClockLimited { before, now });
    }
    if before.power == Some(Power::Mains) && after.power == Some(Power::Battery) {
        found.push(Disturbance::OnBattery);
    }
    if let Some(load) = load.filter(|load| load.others >= OTHERS) {
        found.push(Disturbance::OthersWorked(load.others));
    }
    let changed = before.machine.differences(&after.machine);
    found.extend(changed.iter().map(|difference| Disturbance::Changed(difference.fact)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::{Gpu, ThermalPressure};
    use crate::model::Environment;

    #[test]
    fn what_disturbs_and_what_does_not() {
        let calm = Facts {
            machine: Environment { governor: Some("performance".to_owned()), ..Environment::default() },
            throttled: Some(7),
            temperature: Some(40.0),
            clock_limit_mhz: Some(4000),
            power: Some(Power::Mains),
            gpus: vec![Gpu { clock_reasons: Some(0), ..Gpu::default() }],
            ..Facts::default()
        };
        let check = |change: &dyn Fn(&mut Facts), others: f64, want: &[&str]| {
            let mut after = calm.clone();
            change(&mut after);
            let found = disturbances(&calm, &after, Some(Load { others, n_processors: 8 }));
            assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), want);
        };
        check(&|_| (), 0.01, &[]);
        check(&|f| f.temperature = Some(95.0), 0.0, &[]);
        check(&|f| f.throttled = Some(10), 0.0, &["the processor was slowed down for heat, 3 times"]);
        check(&|f| f.thermal = Some(ThermalPressure::Heavy), 0.0, &["the processor is slowed down"]);
        check(&|f| f.speed_limit = Some(80), 0.0, &["the processor is slowed down"]);
        check(&|f| f.gpus[0].clock_reasons = Some(0x40), 0.0, &["the GPU is slowed down"]);
        check(&|f| f.clock_limit_mhz = Some(2000), 0.0, &["the clock is limited to 2000 MHz, 4000 MHz before"]);
        check(&|f| f.power = Some(Power::Battery), 0.0, &["the power comes from a battery, from the mains before"]);
        check(&|_| (), 0.25, &["other programs took 25 % of the processors' time"]);
        check(&|f| f.machine.governor = Some("powersave".to_owned()), 0.0, &["governor was changed"]);
    }
}
