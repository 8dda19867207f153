//! Which steps of a journey must come before one of them.

use std::collections::BTreeSet;

use aforo_model::{Journey, Step};

use super::login::is_login_by_cookie;
use crate::scenario::probe::needs;

/// The steps before the one at `place` without which it cannot be sent or judged, in order; or what nobody gives, as a
/// sentence without a full stop. Where several steps give a value, the last of them is taken, as in a whole round.
pub(super) fn needed_before(journey: &Journey, place: usize) -> Result<Vec<&Step>, String> {
    let own: BTreeSet<&str> = journey.variables.iter().map(|variable| variable.name.as_str()).collect();
    let missing_of = |step: &Step| -> Result<BTreeSet<String>, String> {
        Ok(needs(step)?.into_iter().filter(|name| !own.contains(name.as_str())).collect())
    };
    let (before, rest) = journey.steps.split_at(place.min(journey.steps.len()));
    let Some(target) = rest.first() else { return Ok(Vec::new()) };
    let mut missing = missing_of(target)?;
    let mut needed = Vec::new();
    for step in before.iter().rev() {
        let gives = step.extract.iter().any(|kept| missing.contains(&kept.variable));
        if gives || is_login_by_cookie(step) {
            step.extract.iter().for_each(|kept| {
                missing.remove(&kept.variable);
            });
            missing.extend(missing_of(step)?);
            needed.push(step);
        }
    }
    if let Some(name) = missing.first() {
        return Err(format!(
            "it needs `{name}`, which nothing before it in the journey `{}` gives",
            journey.name
        ));
    }
    needed.reverse();
    Ok(needed)
}
