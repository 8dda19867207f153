//! A profile becomes what a report shows.

use aforo_model::profile::{Profile, ProfileFiles, ProfileRecord, ProfileWindow};
use aforo_model::{Answer, ResourceSample};

use super::cost::cost;
use super::functions::functions;
use super::hot_spots::hot_spots;
use super::hottest_path::hottest_path;
use super::names::Ownership;
use super::noise::noise_floor;
use super::requests::CpuPerRequests;

/// What else is known of the time in which a profile was taken.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProfileContext<'a> {
    /// Requests that ended in each second of the run.
    pub requests: &'a [u64],
    /// Readings of the target.
    pub resources: &'a [ResourceSample],
    /// From when to when the load was steady, seconds since the start: what the window is compared with.
    pub steady_s: (f64, f64),
}

/// All that a profile says.
pub fn record_of(profile: Profile, context: &ProfileContext<'_>) -> ProfileRecord {
    let requests = (!context.requests.is_empty()).then(|| requests_within(context.requests, profile.window));
    let cpu = CpuPerRequests::new(profile.target_cpu_time_s, requests);
    let ownership = Ownership::of(&profile);
    let hot_spots = hot_spots(&profile, &ownership);
    let cost = if context.requests.is_empty() {
        Answer::absent("requests were not counted")
    } else {
        cost(context.resources, context.requests, profile.window, context.steady_s)
    };
    ProfileRecord {
        requests,
        functions: functions(&profile, cpu),
        hottest_path: hottest_path(&profile, &hot_spots, &ownership),
        own_frames: ownership.own_frames(&profile),
        hot_spots,
        cost,
        noise_floor_ratio: noise_floor(profile.samples.kept),
        files: ProfileFiles::default(),
        profile,
    }
}

/// Requests that ended in a window; of a second that lies in it in part, that part.
fn requests_within(requests: &[u64], window: ProfileWindow) -> u64 {
    let within = requests.iter().enumerate();
    let within = within.map(|(second, count)| *count as f64 * window.ratio_of_second(second));
    within.sum::<f64>().round() as u64
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::profile;
    use super::*;

    #[test]
    fn requests_of_the_window_are_counted_and_seconds_at_its_edges_in_part() {
        let requests = [10, 20, 30, 40];
        let within = |from_s, to_s| requests_within(&requests, ProfileWindow { from_s, to_s });
        assert_eq!(
            (within(1.0, 3.0), within(0.5, 1.25), within(3.5, 9.0), within(7.0, 9.0)),
            (50, 10, 20, 0)
        );
    }

    #[test]
    fn a_record_holds_the_profile_and_what_follows_from_it() {
        let context = ProfileContext { requests: &[100; 30], resources: &[], steady_s: (0.0, 30.0) };
        let record = record_of(profile(&[("main;own::a;regex::new", 700), ("main;own::b", 300)]), &context);
        assert_eq!((record.requests, record.functions.len(), record.hot_spots.len()), (Some(1000), 4, 2));
        assert_eq!(record.own_frames, [1, 3], "those of libraries are not");
        assert!(record.hottest_path.found().is_some());
        assert!(matches!(record.cost, Answer::Absent { .. }));
        let nothing = record_of(profile(&[]), &ProfileContext::default());
        assert_eq!((nothing.requests, nothing.noise_floor_ratio), (None, 1.0));
    }
}
