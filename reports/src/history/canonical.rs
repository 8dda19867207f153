//! The canonical history: twenty runs, of which the last eight are slower.

use aforo_model::{
    Answer, FigureHistory, HISTORY_FORMAT_VERSION, HistoryChange, HistoryPoint, Indicator, LeftOut,
    LoadIdentity, Subject, Unit, Verdict,
};
use chrono::TimeDelta;

use crate::canonical;

/// The load of a canonical run.
pub(crate) fn load() -> LoadIdentity {
    LoadIdentity::of(&canonical::record("met"))
}

/// The `at`th run, a day after the one before.
pub(crate) fn point(at: u32, value: f64) -> HistoryPoint {
    let started_at = canonical::record("met").started_at + TimeDelta::days(at.into());
    HistoryPoint {
        run: format!("{}-baseline-{at:08x}", started_at.format("%Y%m%dT%H%M%SZ")),
        started_at,
        value,
        verdict: if value > 14_000.0 { Verdict::Violated } else { Verdict::Met },
    }
}

/// The history.
pub(crate) fn history() -> FigureHistory {
    let value = |at: u32| if at < 12 { 12_000.0 } else { 15_000.0 } + f64::from(at * 37 % 11) * 40.0;
    let points: Vec<HistoryPoint> = (0..20).map(|at| point(at, value(at))).collect();
    let change = HistoryChange {
        run: points[12].run.clone(),
        started_at: points[12].started_at,
        before: 12_200.0,
        after: 15_200.0,
        change_ratio: Some(15_200.0 / 12_200.0 - 1.0),
        p_value: 0.001,
    };
    FigureHistory {
        format_version: HISTORY_FORMAT_VERSION,
        load: load(),
        description: Some("flaws: none".to_owned()),
        subject: Subject::Total,
        indicator: Indicator::Quantile(0.95),
        unit: Unit::Microseconds,
        points,
        changes: Answer::Found(vec![change]),
        left_out: vec![
            LeftOut {
                why: "of another load, scenario or target (--scenario and --target choose others)".to_owned(),
                runs: 2,
            },
            LeftOut { why: "cut short before their time".to_owned(), runs: 1 },
        ],
    }
}
