//! How the seconds of single runs are cut into blocks.

use std::fmt;

use aforo_model::ComparedFigure;

/// Blocks into which a run falls, whatever its length, so that they are the longer the longer it is. Ten to thirty are enough to tell how
/// much they differ, and fewer than thirty cost little (Schmeiser 1982); ten are the longest, and tear apart the least.
const BLOCKS: usize = 10;
/// Blocks that begin at every second know the spread as well as so many times as many that lie side by side (Meketon, Schmeiser 1984).
const OVERLAPPING: f64 = 1.5;
/// Fewer judged seconds are no run to draw from.
const FEWEST_SECONDS: usize = 20;
/// Blocks must be so many times as long as what is slow stays slow, or they tear it apart and seem to agree more than they do.
const CORRELATION_TIMES: f64 = 2.5;
/// Stretches of a run that are independent of each other. With fewer, how much they differ is a guess.
const FEWEST_STRETCHES: f64 = 5.0;
/// Over so many seconds slow changes were recorded, run by run (docs/compare.md). What they average out to over longer runs was not.
const RECORDED_S: f64 = 180.0;
/// With the length of a stretch its level spreads less by this power, less one: the Hurst exponent. Of changes without a long memory it is
/// 0.5. Those recorded on a busy machine have one, as traffic has (Leland, Taqqu, Willinger, Wilson 1994): the level of stretches
/// of 10 to 90 s gives 0.8.
const HURST: f64 = 0.8;

/// How two single runs are cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Blocks {
    pub(super) block_s: usize,
    /// How well a run knows its own spread, as degrees of freedom.
    pub(super) degrees: f64,
    /// Times the error that blocks of this length show.
    widening: f64,
    /// The same for the level of a run that is longer than what was recorded.
    widening_of_level: f64,
}

/// Why blocks of these runs tell nothing.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ShortRun(String);

impl fmt::Display for ShortRun {
    /// As a sentence without a full stop.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Blocks {
    /// Blocks are as long as their number allows: what hangs together stays together. Where what is slow stays slow for longer than they
    /// are, neighbouring blocks tell the same, at worst all within [`CORRELATION_TIMES`] of it; so many times larger is the variance then.
    /// Blocks are held against their own mean, which hides the part of one of them.
    pub(super) fn of(shorter_s: usize, memory_s: f64) -> Result<Self, ShortRun> {
        if shorter_s < FEWEST_SECONDS {
            return Err(ShortRun(format!(
                "{shorter_s} judged seconds are too few to draw from; {FEWEST_SECONDS} are the least, or run several times a side"
            )));
        }
        let block_s = shorter_s / BLOCKS;
        let (length_s, blocks) = (shorter_s as f64, BLOCKS as f64);
        let stretch_s = (CORRELATION_TIMES * memory_s).max(block_s as f64);
        let stretches = (length_s / stretch_s).floor();
        if stretches < FEWEST_STRETCHES {
            return Err(ShortRun(format!(
                "what is slow stays slow for about {memory_s:.0} s, so that a run must be judged over {:.0} s at least; or run several times a side",
                (stretch_s * FEWEST_STRETCHES).ceil()
            )));
        }
        let widening = (stretch_s / block_s as f64 * blocks / (blocks - 1.0)).sqrt();
        Ok(Self {
            block_s,
            degrees: OVERLAPPING * (stretches.min(blocks) - 1.0),
            widening,
            // Blocks show an error that falls with the root of the length.
            widening_of_level: widening * (length_s / RECORDED_S).max(1.0).powf(HURST - 0.5),
        })
    }

    /// Times the error that blocks show in a figure, for what they cannot show: above 1. Failures have no level that a busy machine
    /// shifts.
    pub(super) fn widening(&self, figure: ComparedFigure) -> f64 {
        if figure.is_difference() { self.widening } else { self.widening_of_level }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_a_tenth_of_the_run_and_count_for_less_where_it_remembers_longer() {
        let forgetful = Blocks::of(180, 2.0).unwrap();
        assert_eq!((forgetful.block_s, forgetful.degrees), (18, 13.5));
        assert!((forgetful.widening(ComparedFigure::P95) - (10f64 / 9.0).sqrt()).abs() < 1e-9);
        // Stretches of 36 s are two blocks long, and there are five of them.
        let slow = Blocks::of(180, 14.4).unwrap();
        assert!((slow.widening(ComparedFigure::P95) / forgetful.widening - 2f64.sqrt()).abs() < 1e-9);
        assert_eq!(slow.degrees, 6.0);
    }

    #[test]
    fn a_longer_run_is_hardly_surer_of_its_level_but_is_of_its_failures() {
        let (short, long) = (Blocks::of(180, 2.0).unwrap(), Blocks::of(720, 2.0).unwrap());
        let times = |figure| long.widening(figure) / short.widening(figure);
        // By hand: the error falls to 4^(0.8 − 1) = 0.76, where blocks show a half.
        assert!((times(ComparedFigure::P95) / 2.0 - 0.758).abs() < 0.001);
        assert!((times(ComparedFigure::ErrorRate) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_run_too_short_for_its_memory_says_how_long_it_must_be() {
        let why = Blocks::of(60, 10.0).unwrap_err().to_string();
        assert!(why.contains("about 10 s") && why.contains("125 s at least"), "{why}");
        assert!(Blocks::of(19, 0.0).unwrap_err().to_string().contains("19 judged seconds"));
    }
}
