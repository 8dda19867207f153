//! Which recommendations came and went over the runs of one load.
//!
//! A recommendation that is no longer given may have been carried out, or what it rested on may not have shown this time: runs do not tell which. It
//! is only called gone by a run that read what it comes from.

use aforo_model::{
    LookedAt, RecommendationCourse, RecommendationDigest, RecommendationKind, RecommendationSeen, RunDigest,
};

/// Every recommendation of `runs`, in order, and what became of it; those that stand first. `before` is the last run before them.
pub(super) fn recommendations_seen(
    runs: &[&RunDigest],
    before: Option<&RunDigest>,
) -> Vec<RecommendationSeen> {
    let mut known: Vec<&RecommendationDigest> = Vec::new();
    for each in runs.iter().rev().copied().chain(before).flat_map(|run| &run.recommendations) {
        if known.iter().all(|other| other.id != each.id) {
            known.push(each);
        }
    }
    let mut seen: Vec<RecommendationSeen> =
        known.into_iter().filter_map(|each| course(each, runs, before)).collect();
    seen.sort_by_key(|each| rank(&each.course));
    seen
}

/// `None` where no run of the period looked.
fn course(
    each: &RecommendationDigest,
    runs: &[&RunDigest],
    before: Option<&RunDigest>,
) -> Option<RecommendationSeen> {
    let gives = |run: &RunDigest| run.recommendations.iter().any(|other| other.id == each.id);
    let tells = |run: &RunDigest| gives(run) || looked(each.kind, run.looked_at);
    let telling: Vec<&RunDigest> = runs.iter().copied().filter(|run| tells(run)).collect();
    let newest = telling.last()?;
    let is_given = gives(newest);
    // The first run of those that agree with the newest one without a break.
    let streak = telling.iter().rev().take_while(|run| gives(run) == is_given).count();
    let first = telling.len() - streak;
    let earlier = if first > 0 { telling.get(first - 1).copied() } else { before.filter(|run| tells(run)) };
    let changed = earlier.is_some_and(|run| gives(run) != is_given);
    let run = telling[first].run.id.clone();
    let course = match (changed, is_given) {
        (true, true) => RecommendationCourse::Appeared { run },
        (true, false) => RecommendationCourse::Disappeared { run },
        (false, true) => RecommendationCourse::Stands,
        // Neither the newest run nor any other that is told of gives it.
        (false, false) => return None,
    };
    let runs = runs.iter().filter(|run| gives(run)).count() as u64;
    Some(RecommendationSeen { id: each.id.clone(), title: each.title.clone(), runs, course })
}

/// Whether a run that reads these parts would have given such a recommendation.
fn looked(kind: RecommendationKind, at: LookedAt) -> bool {
    match kind {
        RecommendationKind::RemoveNPlusOne => at.endpoints,
        RecommendationKind::CreateIndex
        | RecommendationKind::RewriteQuery
        | RecommendationKind::PoolSize
        | RecommendationKind::PostgresSetting
        | RecommendationKind::Maintenance
        | RecommendationKind::DropIndex => at.database,
        RecommendationKind::HotCode => at.profile,
        RecommendationKind::CacheTtl => at.cache,
        RecommendationKind::Capacity => true,
    }
}

fn rank(course: &RecommendationCourse) -> u8 {
    match course {
        RecommendationCourse::Appeared { .. } => 0,
        RecommendationCourse::Disappeared { .. } => 1,
        RecommendationCourse::Stands => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::fixtures::digest;

    fn run(at: u32, advises: bool, database: bool) -> RunDigest {
        let mut run = digest(at, 100);
        run.looked_at.database = database;
        if advises {
            run.recommendations.push(RecommendationDigest {
                id: "create-index:a".to_owned(),
                kind: RecommendationKind::CreateIndex,
                title: "Create an index".to_owned(),
            });
        }
        run
    }

    fn told(runs: &[RunDigest], before: Option<&RunDigest>) -> Option<RecommendationCourse> {
        let runs: Vec<&RunDigest> = runs.iter().collect();
        recommendations_seen(&runs, before).into_iter().next().map(|seen| seen.course)
    }

    #[test]
    fn what_came_and_went_is_told_with_its_run() {
        let appeared = told(&[run(0, false, true), run(1, true, true), run(2, true, true)], None);
        assert_eq!(appeared, Some(RecommendationCourse::Appeared { run: "run-1".to_owned() }));
        let gone = told(&[run(0, true, true), run(1, false, true), run(2, false, true)], None);
        assert_eq!(gone, Some(RecommendationCourse::Disappeared { run: "run-1".to_owned() }));
        assert_eq!(told(&[run(0, true, true), run(1, true, true)], None), Some(RecommendationCourse::Stands));
        assert_eq!(told(&[run(0, false, true)], None), None);
    }

    #[test]
    fn the_run_before_the_period_says_whether_the_first_one_is_new() {
        let before = run(0, false, true);
        let appeared = told(&[run(1, true, true)], Some(&before));
        assert_eq!(appeared, Some(RecommendationCourse::Appeared { run: "run-1".to_owned() }));
        let before = run(0, true, true);
        assert_eq!(told(&[run(1, true, true)], Some(&before)), Some(RecommendationCourse::Stands));
        let gone = told(&[run(1, false, true)], Some(&before));
        assert_eq!(gone, Some(RecommendationCourse::Disappeared { run: "run-1".to_owned() }));
    }

    #[test]
    fn a_run_that_did_not_read_the_database_takes_no_recommendation_back() {
        assert_eq!(
            told(&[run(0, true, true), run(1, false, false)], None),
            Some(RecommendationCourse::Stands)
        );
        assert_eq!(told(&[run(1, false, false)], Some(&run(0, true, true))), None);
    }
}
