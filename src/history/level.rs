use crate::stats::{ChangePointOptions, Tier, change_points};

/// Where the level begins that a series ends with: the place of its last confirmed change, or 0.
///
/// `values` are positive and in time; where one isn't, the whole is taken for one level.
#[must_use]
pub fn level_start(values: &[f64], options: &ChangePointOptions) -> usize {
    let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    if logs.iter().any(|log| !log.is_finite()) {
        return 0;
    }
    let changes = change_points(&logs, options);
    changes.iter().rev().find(|change| change.tier == Tier::Confirmed).map_or(0, |change| change.index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_before_the_last_change_is_another_level() {
        let noise = |i: usize| 1.0 + 0.01 * (i as f64 * 2.4).sin();
        let options = ChangePointOptions::default();
        let steady: Vec<f64> = (0..20).map(|i| 100.0 * noise(i)).collect();
        assert_eq!(level_start(&steady, &options), 0);
        let stepped: Vec<f64> = (0..20).map(|i| if i < 10 { 100.0 } else { 150.0 } * noise(i)).collect();
        assert_eq!(level_start(&stepped, &options), 10);
        // What has no logarithm has no level.
        assert_eq!(level_start(&[1.0, -1.0, 5.0], &options), 0);
        assert_eq!(level_start(&[], &options), 0);
    }
}
