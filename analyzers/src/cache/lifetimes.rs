//! How long keys live, from the time they have left.

use super::accesses::quantile;

/// Fewest keys with a time to live of which the one they are written with is estimated.
const FEWEST_KEYS: usize = 5;
/// Fewest keys past half of their life of which a share is taken.
const FEWEST_OLD_KEYS: usize = 20;
/// Shorter lives than this are too short for idle times, which are whole seconds.
const SHORTEST_S: f64 = 60.0;
/// A time that people choose is taken when it is above the longest that is left by no more than this share, of however
/// many keys: the last write may be a little ago, and reading takes its time.
const SHORTEST_REACH: f64 = 0.02;
/// Times that people choose, in seconds: minutes, hours, days.
const CHOSEN_S: [f64; 30] = [
    1.0,
    5.0,
    10.0,
    15.0,
    20.0,
    30.0,
    60.0,
    120.0,
    180.0,
    300.0,
    600.0,
    900.0,
    1_200.0,
    1_800.0,
    2_700.0,
    3_600.0,
    7_200.0,
    10_800.0,
    14_400.0,
    21_600.0,
    28_800.0,
    43_200.0,
    86_400.0,
    172_800.0,
    259_200.0,
    604_800.0,
    1_209_600.0,
    2_592_000.0,
    7_776_000.0,
    31_536_000.0,
];

/// One key's time left and time since its last use, in seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Life {
    pub(super) left_s: f64,
    pub(super) idle_s: Option<f64>,
}

/// The median of the times left; nothing for no keys.
pub(super) fn median_left_s(lives: &[Life]) -> Option<f64> {
    quantile(&sorted(lives), 0.5)
}

/// The time to live that the keys were written with. Keys written at random times have left anything from none to all of
/// it, evenly; so it is hardly longer than the longest that is left: by one `n`-th on average, and by five `n`-ths at most in 99 of
/// 100 cases. A time that people choose within that reach, or within [`SHORTEST_REACH`], is taken.
pub(super) fn written_s(lives: &[Life]) -> Option<f64> {
    let sorted = sorted(lives);
    let longest = *sorted.last().filter(|_| sorted.len() >= FEWEST_KEYS)?;
    let count = sorted.len() as f64;
    let chosen =
        CHOSEN_S.into_iter().find(|chosen| *chosen >= longest && *chosen <= longest * (1.0 + reach(count)));
    Some(chosen.unwrap_or(longest * (1.0 + 1.0 / count)))
}

/// How far above the longest that is left, of `count` keys, the time they are written with may be.
fn reach(count: f64) -> f64 {
    SHORTEST_REACH.max(5.0 / count)
}

/// The age that keys with `left_s` to live have at least, when `count` of them seem to be written with `written_s`. Keys that were all
/// written at one time have nearly all of it left, and then the estimate tells no age.
pub(super) fn least_age_s(written_s: f64, left_s: f64, count: f64) -> f64 {
    written_s / (1.0 + reach(count)) - left_s
}

/// Share of the keys past half of their life that were not used since they were written: they have been idle for as long as they
/// live. Where the time to live is over-estimated, keys look older than they are, and so look used.
///
/// # Errors
/// Why that is not known, as a sentence without a full stop.
pub(super) fn never_hit_ratio(lives: &[Life], written_s: Option<f64>) -> Result<f64, String> {
    let Some(written_s) = written_s else {
        return Err("too few of the keys have a time to live, so their age is not known".to_owned());
    };
    if written_s < SHORTEST_S {
        return Err(format!(
            "the keys live for {written_s:.0} s only, too short for idle times in whole seconds"
        ));
    }
    // Ages are as exact as the estimate of the time to live; idle times are cut to seconds.
    let slack_s = 2.0 + written_s / 50.0;
    let (mut old, mut never_hit) = (0_usize, 0_usize);
    for life in lives {
        let age_s = written_s - life.left_s;
        let Some(idle_s) = life.idle_s.filter(|_| age_s > written_s / 2.0) else { continue };
        old += 1;
        never_hit += usize::from(idle_s + slack_s >= age_s);
    }
    if old < FEWEST_OLD_KEYS {
        return Err(format!(
            "a share needs {FEWEST_OLD_KEYS} keys past half of their life with a known idle time, and there are {old}"
        ));
    }
    Ok(never_hit as f64 / old as f64)
}

fn sorted(lives: &[Life]) -> Vec<f64> {
    let mut left: Vec<f64> = lives.iter().map(|life| life.left_s).collect();
    left.sort_by(f64::total_cmp);
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Random;

    /// Keys written at random times with this time to live, each used last at `used` of its age, 0 for never.
    fn lives(written_s: f64, count: usize, used: f64) -> Vec<Life> {
        let mut random = Random::new(3);
        (0..count)
            .map(|_| {
                let age_s = random.below(1_000_000) as f64 / 1e6 * written_s;
                Life { left_s: written_s - age_s, idle_s: Some((age_s * (1.0 - used)).floor()) }
            })
            .collect()
    }

    #[test]
    fn a_time_that_people_choose_is_found_and_another_is_met_closely() {
        for written in [300.0, 3600.0, 86_400.0] {
            assert_eq!(written_s(&lives(written, 200, 0.0)), Some(written));
        }
        let later: Vec<Life> = lives(3600.0, 20_000, 0.0)
            .into_iter()
            .map(|life| Life { left_s: life.left_s - 4.0, ..life })
            .collect();
        assert_eq!(written_s(&later), Some(3600.0));
        let odd = written_s(&lives(5_000.0, 200, 0.0)).unwrap();
        assert!((odd / 5_000.0 - 1.0).abs() < 0.03, "{odd}");
        assert_eq!(written_s(&lives(300.0, 4, 0.0)), None);
        assert_eq!(written_s(&[]), None);
    }

    #[test]
    fn keys_written_at_one_time_have_no_age() {
        for (count, ttl_s) in [(5_usize, 1_000.0), (120, 1_000.0), (120, 3_600.0), (2_000, 5_000.0)] {
            let fresh = vec![Life { left_s: ttl_s - 2.0, idle_s: Some(1.0) }; count];
            let written = written_s(&fresh).unwrap();
            assert!(least_age_s(written, ttl_s - 2.0, count as f64) <= 1.0, "{count} {ttl_s} {written}");
        }
        let old = lives(3_600.0, 200, 0.5);
        let age_s = least_age_s(written_s(&old).unwrap(), median_left_s(&old).unwrap(), 200.0);
        assert!((1_400.0..1_900.0).contains(&age_s), "{age_s}");
    }

    #[test]
    fn keys_that_were_never_used_are_told_from_those_that_were() {
        assert_eq!(never_hit_ratio(&lives(3600.0, 200, 0.0), Some(3600.0)), Ok(1.0));
        assert_eq!(never_hit_ratio(&lives(3600.0, 200, 0.5), Some(3600.0)), Ok(0.0));
    }

    #[test]
    fn too_little_gives_a_reason() {
        for (lives, written, word) in [
            (lives(3600.0, 200, 0.0), None, "age is not known"),
            (lives(30.0, 200, 0.0), Some(30.0), "too short"),
            (lives(3600.0, 20, 0.0), Some(3600.0), "needs 20"),
            (Vec::new(), Some(3600.0), "and there are 0"),
        ] {
            let why = never_hit_ratio(&lives, written).unwrap_err();
            assert!(why.contains(word), "{why}");
        }
    }
}
