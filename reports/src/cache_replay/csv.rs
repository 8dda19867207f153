//! `cache_replay.csv`: one line a policy and size.

use std::io::{self, Write};

use aforo_model::cache::CacheReplay;

use crate::csv_rows::{or_empty, write_csv};

const HEADER: [&str; 6] = ["policy", "capacity_bytes", "hit_ratio", "byte_hit_ratio", "evictions", "expired"];

pub(super) fn render(replay: &CacheReplay, out: &mut dyn Write) -> io::Result<()> {
    let rows = replay.policies.iter().flat_map(|curve| {
        curve.points.iter().map(|point| {
            [
                curve.policy.to_string(),
                point.capacity_bytes.to_string(),
                point.hit_ratio.to_string(),
                point.byte_hit_ratio.to_string(),
                or_empty(point.evictions),
                or_empty(point.expired),
            ]
        })
    });
    write_csv(out, HEADER, rows)
}

#[cfg(test)]
mod tests {
    use super::super::canonical;
    use super::*;

    #[test]
    fn every_point_of_every_policy_is_a_line_and_the_optimum_evicts_nothing() {
        let replay = canonical::replay();
        let text = canonical::rendered(render, &replay);
        let points: usize = replay.policies.iter().map(|curve| curve.points.len()).sum();
        assert_eq!(text.lines().count(), 1 + points);
        assert!(text.lines().filter(|line| line.starts_with("optimum,")).all(|line| line.ends_with(",,")));
        assert_eq!(canonical::rendered(render, &canonical::empty()).lines().count(), 1);
    }
}
