//! The settled parts of the levels of a load.

use aforo_model::{Demand, LevelRecord, LoadLevel, LoadSecond, Scenario, Subject};

use super::step_totals::StepTotals;

/// Leading share of a level in which queues, pools and caches still follow the load: it is not measured.
const SETTLING_SHARE: f64 = 0.2;
/// Shortest time to settle, seconds.
const SETTLING_S: f64 = 3.0;
/// Fewest measured seconds of a level; of less nothing is said.
const SHORTEST_S: u32 = 3;
/// Where the load has a single level, what is measured of it: its last quarter, as what a ramp is compared with.
const STEADY_END_SHARE: f64 = 0.25;

/// The growing levels.
#[derive(Debug)]
pub(super) struct Levels {
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    demand: Demand,
    from_s: u32,
    to_s: u32,
    user_time_us: u64,
    total: StepTotals,
    /// The steps that an objective or a red flag asks about.
    steps: Vec<StepTotals>,
}

impl Levels {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let planned = scenario.load.levels();
        let is_single = planned.len() == 1;
        let asked_about = asked_about(scenario);
        let levels = planned
            .iter()
            .map(|level| {
                let length_s = level.to_s - level.from_s;
                let settling_s =
                    if is_single { (1.0 - STEADY_END_SHARE) * length_s } else { SETTLING_SHARE * length_s };
                Level::new(
                    level,
                    (level.from_s + settling_s.max(SETTLING_S)).max(scenario.load.warm_up_s),
                    &asked_about,
                )
            })
            .collect();
        Self { levels }
    }

    pub(super) fn add(&mut self, second: &LoadSecond) {
        let holds = |level: &&mut Level| (level.from_s..level.to_s).contains(&second.second);
        let Some(level) = self.levels.iter_mut().find(holds) else { return };
        level.user_time_us = level.user_time_us.saturating_add(second.user_time_us);
        for (name, step) in &second.steps {
            level.total.add(step, false);
            if let Some(totals) = level.steps.iter_mut().find(|totals| totals.name() == name) {
                totals.add(step, false);
            }
        }
    }

    /// The levels of which enough was seen within `seen_s` seconds, the last one cut to what was seen.
    pub(super) fn finish(&self, seen_s: u32) -> Vec<LevelRecord> {
        self.levels.iter().filter_map(|level| level.finish(seen_s)).collect()
    }
}

impl Level {
    fn new(level: &LoadLevel, settled_s: f64, asked_about: &[&str]) -> Self {
        Self {
            demand: level.demand,
            // Whole seconds only: one that is partly another level is left out.
            from_s: settled_s.ceil() as u32,
            to_s: level.to_s.floor() as u32,
            user_time_us: 0,
            total: StepTotals::new("total"),
            steps: asked_about.iter().map(|name| StepTotals::new(name)).collect(),
        }
    }

    fn finish(&self, seen_s: u32) -> Option<LevelRecord> {
        let to_s = self.to_s.min(seen_s);
        if to_s.saturating_sub(self.from_s) < SHORTEST_S {
            return None;
        }
        let span_s = f64::from(to_s - self.from_s);
        Some(LevelRecord {
            demand: self.demand,
            from_s: self.from_s,
            to_s,
            mean_users: self.user_time_us as f64 / 1e6 / span_s,
            total: self.total.record(span_s),
            steps: self.steps.iter().map(|step| step.record(span_s)).collect(),
        })
    }
}

/// The steps of the scenario that an objective or a red flag asks about, each once.
fn asked_about(scenario: &Scenario) -> Vec<&str> {
    let slos = scenario.slos.iter().map(|slo| &slo.subject);
    let flags = scenario.red_flags.iter().map(|flag| &flag.subject);
    let mut names = Vec::new();
    for subject in slos.chain(flags) {
        if let Subject::Step(name) = subject
            && !names.contains(&name.as_str())
        {
            names.push(name.as_str());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{healthy_second, scenario, slo, summarized};
    use aforo_model::{Slo, Workload};

    fn stepped(duration_s: f64, steps: u32) -> Scenario {
        let mut scenario = scenario(duration_s);
        scenario.load.workload = Workload::Closed { users: 40, users_per_s: 10.0, steps, surge: None };
        scenario
    }

    fn levels(scenario: &Scenario, seconds: u32) -> Vec<LevelRecord> {
        summarized(scenario, &(0..seconds).map(healthy_second).collect::<Vec<_>>()).levels
    }

    #[test]
    fn the_first_fifth_of_every_level_is_left_out() {
        let levels = levels(&stepped(120.0, 4), 120);
        let spans: Vec<_> = levels.iter().map(|level| (level.from_s, level.to_s)).collect();
        // A level begins when its tenth user was started, 0.9 s after the one before it ended.
        assert_eq!(spans, [(7, 30), (37, 60), (67, 90), (97, 120)]);
        assert_eq!(levels[3].demand, Demand::Users(40));
        assert_eq!(levels[0].total.throughput_per_s, 20.0);
        assert_eq!(levels[0].mean_users, 10.0);
    }

    #[test]
    fn a_run_cut_short_has_the_levels_it_reached() {
        let spans: Vec<_> = levels(&stepped(120.0, 4), 41).iter().map(|level| level.to_s).collect();
        assert_eq!(spans, [30, 41]);
        assert_eq!(levels(&stepped(120.0, 4), 39).len(), 1, "two seconds of a level say nothing");
    }

    #[test]
    fn a_single_level_is_measured_in_its_last_quarter() {
        let levels = levels(&scenario(60.0), 60);
        assert_eq!((levels.len(), levels[0].from_s, levels[0].to_s), (1, 46, 60));
    }

    #[test]
    fn only_steps_that_are_asked_about_are_kept_apart() {
        let mut scenario = stepped(120.0, 4);
        scenario.slos.push(Slo { subject: Subject::Step("book".to_owned()), ..slo("p95 < 1s") });
        let level = &levels(&scenario, 120)[0];
        assert_eq!(level.steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>(), ["book"]);
        assert_eq!(level.total.requests, 2 * level.steps[0].requests);
    }
}
