//! Profiles of a benchmark: `cargo bench -- --profile-time 10`.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use criterion::profiler::Profiler;
use inferno::flamegraph;
use pprof::protos::Message as _;
use pprof::{ProfilerGuard, Report};

/// Samples a second. The kernel looks at the timer when its clock ticks, on many machines 250 times a second, and more cannot be had; a
/// prime, so that it does not beat with what happens a hundred times a second.
const RATE_HZ: i32 = 199;

/// Writes `profile.pb` (for `go tool pprof`) and `flamegraph.svg` beside Criterion's results of the benchmark. The hook that pprof brings
/// is for an older Criterion, and writes one of the two.
#[derive(Default)]
pub struct FlameProfiler {
    running: Option<ProfilerGuard<'static>>,
}

impl Profiler for FlameProfiler {
    fn start_profiling(&mut self, _benchmark: &str, _folder: &Path) {
        self.running = Some(ProfilerGuard::new(RATE_HZ).expect("no other profiler runs in this process"));
    }

    fn stop_profiling(&mut self, benchmark: &str, folder: &Path) {
        let Some(guard) = self.running.take() else { return };
        let report = guard.report().build().expect("the samples are there");
        // An empty flame graph would be one more thing to wonder about.
        if report.data.is_empty() {
            anstream::eprintln!(
                "no profile of {benchmark}: it took no CPU time in this process, it only waited"
            );
            return;
        }
        write(&report, benchmark, folder).unwrap_or_else(|error| {
            panic!("cannot write the profile of {benchmark} to {}: {error}", folder.display())
        });
        anstream::eprintln!("profile: {}", folder.join("flamegraph.svg").display());
    }
}

fn write(report: &Report, benchmark: &str, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let profile = report.pprof().map_err(io::Error::other)?;
    fs::write(folder.join("profile.pb"), profile.encode_to_vec())?;
    let lines = folded(report);
    let mut options = flamegraph::Options::default();
    options.title = benchmark.to_owned();
    let graph = File::create(folder.join("flamegraph.svg"))?;
    flamegraph::from_lines(&mut options, lines.iter().map(String::as_str), graph).map_err(io::Error::other)
}

/// `outer;inner samples`, a line for each stack. A frame at which functions were inlined is several.
fn folded(report: &Report) -> Vec<String> {
    report
        .data
        .iter()
        .map(|(stack, samples)| {
            let names: Vec<String> = stack
                .frames
                .iter()
                .rev()
                .flat_map(|frame| frame.iter().rev().map(|symbol| symbol.name()))
                .collect();
            format!("{} {samples}", names.join(";"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;
    use std::time::Duration;

    use nix::time::{ClockId, clock_gettime};
    use pprof::protos::Profile;
    use tempfile::TempDir;

    /// CPU time in which a timer of 199 a second goes off, even where the kernel looks at it ten times a second.
    const ENOUGH: Duration = Duration::from_secs(1);

    #[inline(never)]
    fn outer_function_of_the_test() {
        let until = cpu_time() + ENOUGH;
        while cpu_time() < until {
            black_box(inner_function(black_box(1_000)));
        }
    }

    #[inline(never)]
    fn inner_function(rounds: u64) -> u64 {
        (0..rounds).fold(0, |sum, round| black_box(sum ^ round))
    }

    fn cpu_time() -> Duration {
        clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap().into()
    }

    /// One test for both: a process has one profiler.
    #[test]
    fn a_profile_names_what_ran_and_there_is_none_of_what_only_waits() {
        let folder = TempDir::new().unwrap();
        let mut profiler = FlameProfiler::default();
        profiler.start_profiling("group/busy", &folder.path().join("busy"));
        outer_function_of_the_test();
        profiler.stop_profiling("group/busy", &folder.path().join("busy"));
        let graph = fs::read_to_string(folder.path().join("busy/flamegraph.svg")).unwrap();
        assert!(graph.contains("outer_function_of_the_test") && graph.contains("group/busy"));
        let profile = Profile::decode(&*fs::read(folder.path().join("busy/profile.pb")).unwrap()).unwrap();
        assert!(profile.string_table.iter().any(|name| name.contains("outer_function_of_the_test")));

        profiler.start_profiling("group/idle", &folder.path().join("idle"));
        profiler.stop_profiling("group/idle", &folder.path().join("idle"));
        assert!(!folder.path().join("idle").exists());
    }
}
