//! The details over recorded files, and over real processes of this machine.

use proptest::prelude::*;

use super::*;

const LIMITS: &str = "Limit                     Soft Limit           Hard Limit           Units     \n\
    Max processes             31841                31841                processes \n\
    Max open files            1024                 524288               files     \n";

const ROLLUP: &str = "55d0c0000000-7ffd00000000 ---p 00000000 00:00 0                          [rollup]\n\
    Rss:                2212 kB\nPss:                 391 kB\nPss_Dirty:           120 kB\n";

#[test]
fn the_soft_limit_on_open_files_is_read_and_unlimited_is_none() {
    assert_eq!(parse_open_fd_limit(LIMITS), Some(1_024));
    assert_eq!(parse_open_fd_limit(&LIMITS.replace("1024  ", "unlimited")), None);
    assert_eq!(parse_open_fd_limit(""), None);
}

#[test]
fn the_proportional_set_size_is_the_line_of_that_name() {
    assert_eq!(parse_pss(ROLLUP), Some(391 << 10));
    assert_eq!(parse_pss("Pss_Dirty: 120 kB\n"), None);
    assert_eq!(parse_pss("Pss: many kB\n"), None);
}

#[test]
fn context_switches_of_both_kinds_are_told_apart() {
    let status = "Name:\tx\nvoluntary_ctxt_switches:\t150\nnonvoluntary_ctxt_switches:\t545\n";
    assert_eq!(parse_switches(status), Some(Switches { voluntary: 150, involuntary: 545 }));
    assert_eq!(parse_switches("voluntary_ctxt_switches:\t150\n"), None);
}

#[test]
fn a_thread_whose_number_passed_on_counts_from_zero() {
    assert_eq!(growth(100, 130), 30);
    assert_eq!(growth(100, 7), 7);
}

proptest! {
    #[test]
    fn any_file_is_read_without_panic(content in "(?s).{0,300}") {
        let _ = (parse_open_fd_limit(&content), parse_pss(&content), parse_switches(&content));
    }
}

#[cfg(target_os = "linux")]
mod on_this_machine {
    use std::time::Instant;

    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike;

    use super::*;
    use crate::processes::linux::LinuxSource;
    use crate::processes::puppet::Puppet;

    fn watch(puppet: &Puppet) -> (Forest<LinuxSource>, Details) {
        let (forest, missing) = Forest::new(LinuxSource::new(), &[(Role::Target, puppet.pid())]);
        assert!(missing.is_empty());
        (forest, Details::new())
    }

    fn read(forest: &mut Forest<LinuxSource>, details: &mut Details) -> ProcessSample {
        let mut samples = forest.read(Instant::now());
        details.read(forest, &mut samples);
        assert_eq!(samples.len(), 1, "{samples:?}");
        samples.remove(0)
    }

    #[test]
    fn the_first_reading_is_the_base_line_and_has_memory_and_limits() {
        let puppet = Puppet::start();
        let (mut forest, mut details) = watch(&puppet);
        let sample = read(&mut forest, &mut details);
        assert_eq!(sample.voluntary_context_switches, Some(0));
        assert_eq!(sample.major_faults, Some(0));
        assert_eq!(sample.run_queue_delay_s.unwrap_or(0.0), 0.0);
        let pss_bytes = sample.pss_bytes.unwrap();
        assert!(pss_bytes > 100_000 && pss_bytes <= sample.rss_bytes, "{sample:?}");
        assert!(sample.open_fd_limit.unwrap() > 0 && sample.open_fd_ratio.unwrap() < 1.0, "{sample:?}");
        assert_eq!(read(&mut forest, &mut details).pss_bytes, None, "dear, so only now and then");
    }

    #[test]
    fn a_process_that_is_told_often_switches_often() {
        let mut puppet = Puppet::start();
        let (mut forest, mut details) = watch(&puppet);
        read(&mut forest, &mut details);
        // It waits for each order; one that is there already, on a busy machine, it need not wait for.
        let switches = (0..1_000 * READINGS_PER_SWITCHES).find_map(|_| {
            puppet.tell("hello");
            let switches = read(&mut forest, &mut details).voluntary_context_switches;
            switches.filter(|switches| *switches >= READINGS_PER_SWITCHES)
        });
        assert!(switches.is_some());
    }

    #[test]
    fn more_workers_than_cores_wait_for_a_core() {
        let mut puppet = Puppet::start();
        let (mut forest, mut details) = watch(&puppet);
        let Some(before_s) = read(&mut forest, &mut details).run_queue_delay_s else { return };
        let core_count = std::thread::available_parallelism().unwrap().get();
        puppet.tell(&format!("burn-on {}", 4 * core_count));
        let waited_s = loop {
            let waited_s = read(&mut forest, &mut details).run_queue_delay_s.unwrap() - before_s;
            if waited_s > 0.0 {
                break waited_s;
            }
        };
        assert!(waited_s.is_finite());
    }

    #[test]
    fn a_pid_that_passed_on_starts_anew() {
        let puppet = Puppet::start();
        let (mut forest, mut details) = watch(&puppet);
        read(&mut forest, &mut details);
        let (id, known) = details.known.drain().next().unwrap();
        // As if another process had had the pid at the last reading, and had counted further.
        let other = ProcessId { started: id.started - 1, ..id };
        details.known.insert(other, Known { major_faults: u64::MAX, ..known });
        let sample = read(&mut forest, &mut details);
        assert_eq!(sample.major_faults, Some(0));
        assert!(details.known.contains_key(&id) && !details.known.contains_key(&other));
    }

    #[test]
    fn what_only_threads_tell_is_absent_when_they_are_too_many_and_the_rest_is_there() {
        let mut puppet = Puppet::start();
        let (mut forest, mut details) = watch(&puppet);
        read(&mut forest, &mut details);
        puppet.tell(&format!("threads {}", 2 * MOST_THREADS_READ));
        let sample = read(&mut forest, &mut details);
        assert!(sample.thread_count.unwrap() > 2 * MOST_THREADS_READ);
        assert_eq!(sample.run_queue_delay_s, None);
        assert!(sample.open_fd_limit.is_some() && sample.major_faults.is_some(), "{sample:?}");
        assert!(details.known.values().all(|known| known.threads.len() <= MOST_THREADS_READ as usize));
    }

    #[test]
    fn what_a_reading_of_ten_processes_costs_is_shown() {
        const READINGS: u32 = 60;
        // Children of this process, so that all are one tree.
        let _puppets: Vec<Puppet> = (0..9).map(|_| Puppet::start()).collect();
        let (mut forest, _) = Forest::new(LinuxSource::new(), &[(Role::Generator, std::process::id())]);
        let mut details = Details::new();
        let cpu_us = || {
            let usage = getrusage(UsageWho::RUSAGE_THREAD).unwrap();
            usage.user_time().num_microseconds() + usage.system_time().num_microseconds()
        };
        let before_us = cpu_us();
        for _ in 0..READINGS {
            let mut samples = forest.read(Instant::now());
            details.read(&forest, &mut samples);
        }
        // A figure to look at; how fast the machine is, is no test.
        println!("{} us of CPU a reading", (cpu_us() - before_us) / i64::from(READINGS));
    }
}
