//! What the rounds come to: medians for each generator in each case.

use serde::Serialize;

use crate::case::{BARE_USERS, CASES};
use crate::measurement::Measurement;
use crate::peers::PEERS;
use crate::statistics::median;

/// The medians of one generator in one case.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Summary {
    /// Virtual users, or connections.
    pub(crate) users: u32,
    /// The generator.
    pub(crate) peer: &'static str,
    /// Rounds that gave figures.
    pub(crate) rounds: usize,
    /// Rounds that did not.
    pub(crate) failed_rounds: usize,
    /// CPU-seconds per million requests.
    pub(crate) cpu_s_per_million: Option<f64>,
    /// The same as a multiple of wrk's.
    pub(crate) cpu_to_wrk: Option<f64>,
    /// The same as a multiple of Aforo's.
    pub(crate) cpu_to_aforo: Option<f64>,
    /// Requests per second.
    pub(crate) requests_per_s: Option<f64>,
    /// Most memory held at once.
    pub(crate) peak_rss_bytes: Option<f64>,
    /// Memory of each user beyond the first.
    pub(crate) rss_bytes_per_user: Option<f64>,
    /// How far its own count is from the server's, as a ratio: -0.01 is 1 % too few.
    pub(crate) miscount: Option<f64>,
    /// Requests it calls failed, over all rounds.
    pub(crate) errors: u64,
    /// Share of the time in which the server was at work.
    pub(crate) server_busy: Option<f64>,
}

impl Summary {
    /// Sums up the rounds of one generator in one case; ratios are filled in when everybody is known.
    fn of(users: u32, peer: &'static str, rounds: &[&Measurement]) -> Self {
        let middle =
            |figure: fn(&Measurement) -> Option<f64>| median(rounds.iter().filter_map(|each| figure(each)));
        let measured = rounds.iter().filter(|round| round.cost().is_some()).count();
        Self {
            users,
            peer,
            rounds: measured,
            failed_rounds: rounds.len() - measured,
            cpu_s_per_million: middle(Measurement::cpu_s_per_million),
            cpu_to_wrk: None,
            cpu_to_aforo: None,
            requests_per_s: middle(Measurement::requests_per_s),
            peak_rss_bytes: middle(|round| Some(round.cost()?.peak_rss_bytes as f64)),
            rss_bytes_per_user: None,
            miscount: middle(miscount),
            errors: rounds.iter().filter_map(|round| round.cost()).map(|cost| cost.counts.errors).sum(),
            server_busy: middle(Measurement::server_busy),
        }
    }
}

/// How far the generator's count is from the server's.
fn miscount(round: &Measurement) -> Option<f64> {
    let (said, served) = (round.cost()?.counts.requests as f64, round.served.requests as f64);
    (served > 0.0).then(|| said / served - 1.0)
}

/// The summary of a generator in a case.
pub(crate) fn find<'a>(summaries: &'a [Summary], peer: &str, users: u32) -> Option<&'a Summary> {
    summaries.iter().find(|summary| summary.peer == peer && summary.users == users)
}

/// Sums up everything, in the order of the cases and the peers.
pub(crate) fn summarize(measurements: &[Measurement]) -> Vec<Summary> {
    let mut summaries = Vec::new();
    for case in &CASES {
        for peer in &PEERS {
            let of_peer = |each: &&Measurement| each.peer == peer.name && each.users == case.users;
            let rounds: Vec<&Measurement> = measurements.iter().filter(of_peer).collect();
            if !rounds.is_empty() {
                summaries.push(Summary::of(case.users, peer.name, &rounds));
            }
        }
    }
    let bare = summaries.clone();
    for summary in &mut summaries {
        let users = summary.users;
        let to = |peer| Some(summary.cpu_s_per_million? / find(&bare, peer, users)?.cpu_s_per_million?);
        (summary.cpu_to_wrk, summary.cpu_to_aforo) = (to("wrk"), to("aforo"));
        let alone = find(&bare, summary.peer, BARE_USERS).and_then(|alone| alone.peak_rss_bytes);
        if let (Some(all), Some(alone)) = (summary.peak_rss_bytes, alone)
            && users > BARE_USERS
        {
            summary.rss_bytes_per_user = Some((all - alone) / f64::from(users - BARE_USERS));
        }
    }
    summaries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measurement::Outcome;
    use crate::measurement::tests::measured;

    #[test]
    fn figures_are_medians_of_the_rounds() {
        let rounds = [
            measured("wrk", 32, 1_000_000, 9.0, 0),
            measured("wrk", 32, 1_000_000, 5.0, 0),
            measured("wrk", 32, 1_000_000, 4.0, 0),
        ];
        let summaries = summarize(&rounds);
        assert_eq!(summaries.len(), 1);
        assert_eq!((summaries[0].rounds, summaries[0].cpu_s_per_million), (3, Some(5.0)));
        assert_eq!(summaries[0].server_busy, Some(0.5));
    }

    #[test]
    fn ratios_are_within_a_case() {
        let rounds = [
            measured("wrk", 32, 1_000_000, 5.0, 0),
            measured("aforo", 32, 500_000, 5.0, 0),
            measured("aforo", 1_000, 500_000, 50.0, 0),
        ];
        let summaries = summarize(&rounds);
        let aforo = find(&summaries, "aforo", 32).unwrap();
        assert_eq!((aforo.cpu_to_wrk, aforo.cpu_to_aforo), (Some(2.0), Some(1.0)));
        assert_eq!(find(&summaries, "aforo", 1_000).unwrap().cpu_to_wrk, None);
    }

    #[test]
    fn memory_per_user_is_what_users_beyond_the_first_add() {
        let rounds = [
            measured("aforo", 1, 10, 1.0, 20_000_000),
            measured("aforo", 1_000, 10, 1.0, 69_950_000),
            measured("wrk", 1_000, 10, 1.0, 30_000_000),
        ];
        let summaries = summarize(&rounds);
        assert_eq!(find(&summaries, "aforo", 1).unwrap().rss_bytes_per_user, None);
        assert_eq!(find(&summaries, "aforo", 1_000).unwrap().rss_bytes_per_user, Some(50_000.0));
        assert_eq!(
            find(&summaries, "wrk", 1_000).unwrap().rss_bytes_per_user,
            None,
            "nothing to compare with"
        );
    }

    #[test]
    fn a_count_of_ones_own_that_is_too_low_shows() {
        let mut round = measured("oha", 32, 1_000, 1.0, 0);
        round.served.requests = 1_250;
        assert!((summarize(&[round])[0].miscount.unwrap() + 0.2).abs() < 1e-9);
    }

    #[test]
    fn failed_rounds_are_counted_and_give_no_figures() {
        let failed =
            Measurement { outcome: Outcome::Error("no".to_owned()), ..measured("wrk", 32, 1, 1.0, 0) };
        let summaries = summarize(&[failed, measured("wrk", 32, 1_000_000, 5.0, 0)]);
        assert_eq!((summaries[0].rounds, summaries[0].failed_rounds), (1, 1));
        assert_eq!(summaries[0].cpu_s_per_million, Some(5.0));
    }
}
