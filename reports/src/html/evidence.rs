//! The canonical run in which everything was found.

use aforo_model::{
    Action, Answer, Effect, Effort, FindingReference, Gain, Growth, GrowthVerdict, Interval, Leak,
    LeakConfirmation, LeakFigure, LeakRecord, Recommendation, RecommendationKind, Risk, Role, RunRecord,
    TrendFigure, TrendRecord,
};

use crate::{cache, canonical, comparison, database, profile};

/// The run that searches for the limit, with a database, a cache, a profile, leaks and trends.
pub(super) fn record() -> RunRecord {
    let mut record = canonical::record("stress");
    let database = database::canonical::report();
    record.recommendations = vec![recommendation(&database)];
    record.database = Some(Box::new(database));
    record.cache = Some(Box::new(cache::canonical::report()));
    record.profiles = vec![profile::canonical::record()];
    record.comparison = Some(Box::new(comparison::canonical::regression()));
    record.leaks = leaks();
    record.trends = vec![TrendRecord {
        figure: TrendFigure::DiskCapacity,
        growth: growth(0.02, 0.71),
        threshold: Some(0.9),
        time_to_threshold_s: Answer::Found(interval(34_200.0)),
    }];
    record
}

fn recommendation(database: &aforo_model::database::DatabaseReport) -> Recommendation {
    let finding = &database.findings[0];
    let how = "From the planner's costs; locks are left out.".to_owned();
    Recommendation {
        id: "create-index:public.reservations(status)".to_owned(),
        kind: RecommendationKind::CreateIndex,
        title: "Create the index reservations (status)".to_owned(),
        what: "Create an index on reservations (status).".to_owned(),
        why: "Statement 1 reads 50000 rows to find 40.".to_owned(),
        rests_on: vec![FindingReference { code: finding.code.clone(), subject: finding.subject.clone() }],
        statements: database.hot.iter().take(1).map(|statement| statement.fingerprint.clone()).collect(),
        steps: vec!["admin_list".to_owned()],
        actions: vec![Action::Sql("CREATE INDEX CONCURRENTLY ON reservations (status);".to_owned())],
        effect: Effect::Estimated {
            gain: Gain {
                saved_ratio: Some(0.3),
                saved_by_step: std::collections::BTreeMap::new(),
                changes: Vec::new(),
            },
            how,
        },
        effort: Effort::Low,
        risk: Risk::Low,
        risk_note: "Writing takes a little longer.".to_owned(),
        undo: vec![Action::Sql("DROP INDEX CONCURRENTLY reservations_status_idx;".to_owned())],
        verify: vec![Action::Command("aforo run stress".to_owned())],
    }
}

fn leaks() -> Vec<LeakRecord> {
    let leak = Leak {
        growth: growth(30_000_000.0, 400_000_000.0),
        minimum_window_s: None,
        profiling_shift: 0.0,
        per_request: Some(interval(5_120.0)),
        limit: Some(4e9),
        time_to_limit_s: Some(interval(432_000.0)),
        confirmation: LeakConfirmation::Confirmed,
        not_checked: None,
    };
    let record = |figure, leak| LeakRecord { role: Role::Target, figure, leak };
    vec![
        record(LeakFigure::Rss, Answer::Found(leak)),
        record(LeakFigure::Threads, Answer::absent("threads were not read")),
    ]
}

fn growth(per_hour: f64, last: f64) -> Growth {
    Growth {
        from_s: 200.0,
        to_s: 600.0,
        point_count: 40,
        level: last,
        last,
        per_hour: interval(per_hour),
        tau: 0.8,
        p_value: 0.001,
        verdict: GrowthVerdict::Growing,
    }
}

fn interval(estimate: f64) -> Interval {
    Interval { estimate, low: estimate * 0.8, high: estimate * 1.2 }
}
