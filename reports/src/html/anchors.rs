//! Where recommendations stand, which several sections link to.

use aforo_model::RunRecord;

/// The anchor of a recommendation, by its place in the record.
pub(super) fn of_recommendation(at: usize) -> String {
    format!("recommendations-{}", at + 1)
}

/// Where the recommendation with this id stands.
pub(super) fn recommendation(record: &RunRecord, id: &str) -> Option<usize> {
    record.recommendations.iter().position(|recommendation| recommendation.id == id)
}
