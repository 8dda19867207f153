//! Whether a claim holds.

use aforo_bench_suite::Claim;
use serde::Serialize;

use crate::estimate::Estimate;

/// What a pair's ratio says of what the documents claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    /// The whole interval saves at least as much.
    Met,
    /// The whole interval saves less.
    Missed,
    /// The interval reaches to both sides.
    NotShown,
    /// The documents claim nothing.
    NoClaim,
    /// There is no ratio.
    NotMeasured,
}

impl Verdict {
    /// Judges the ratio of the times, after over before.
    pub(crate) fn of(ratio: &Estimate, claim: Option<&Claim>) -> Self {
        let Some(claim) = claim else { return Self::NoClaim };
        let at_most = claim.ratio_at_most();
        if ratio.high <= at_most {
            Self::Met
        } else if ratio.low > at_most {
            Self::Missed
        } else {
            Self::NotShown
        }
    }

    /// In words, for the table.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::NotShown => "not shown",
            Self::NoClaim => "",
            Self::NotMeasured => "not measured",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A_QUARTER: Claim = Claim { saved_share: 0.25, stated: "25 %" };

    fn verdict(low: f64, high: f64) -> Verdict {
        Verdict::of(&Estimate { value: f64::midpoint(low, high), low, high }, Some(&A_QUARTER))
    }

    #[test]
    fn a_claim_is_met_if_the_whole_interval_is() {
        assert_eq!(verdict(0.5, 0.7), Verdict::Met);
        assert_eq!(verdict(0.5, 0.75), Verdict::Met);
    }

    #[test]
    fn an_interval_that_reaches_over_shows_nothing() {
        assert_eq!(verdict(0.5, 0.751), Verdict::NotShown);
        assert_eq!(verdict(0.75, 0.9), Verdict::NotShown);
    }

    #[test]
    fn a_claim_is_missed_if_the_whole_interval_is_short_of_it() {
        assert_eq!(verdict(0.751, 0.9), Verdict::Missed);
    }

    #[test]
    fn without_a_claim_there_is_nothing_to_judge() {
        let ratio = Estimate { value: 0.5, low: 0.4, high: 0.6 };
        assert_eq!(Verdict::of(&ratio, None), Verdict::NoClaim);
    }
}
