//! Failed requests per request.

use aforo_model::{Quantity, StepRecord, Unit};

use super::{MIN_REQUESTS, Measurement};

/// Failures of every kind.
pub(super) fn all(record: &StepRecord, objective: f64) -> Measurement {
    rate(record.error_count(), record.requests, objective)
}

/// Failures on the target's side: it broke or did not answer.
pub(super) fn server_side(record: &StepRecord, objective: f64) -> Measurement {
    let errors = record.errors.iter().filter(|(kind, _)| kind.is_server_side()).map(|(_, count)| count).sum();
    rate(errors, record.requests, objective)
}

/// An objective of 0.5 % speaks of one failure in 200 requests; fewer requests cannot show it. They can still
/// break it: where the failures seen are too many even if all requests up to the 200th had succeeded.
fn rate(errors: u64, requests: u64, objective: f64) -> Measurement {
    let measured = Measurement::exact(errors as f64 / requests as f64, requests);
    let needed = requests_needed(objective);
    if requests < needed {
        let why = format!(
            "only {requests} requests ended, and {needed} are needed to judge {} of failures; run for longer",
            Quantity::new(objective, Unit::Ratio)
        );
        return measured.at_least(errors as f64 / needed as f64, why);
    }
    measured
}

/// Requests of which the objective is one whole request, 20 at least; 20 also where none may fail, as no number
/// of requests would show that.
fn requests_needed(objective: f64) -> u64 {
    let one_in = if objective > 0.0 { (1.0 / objective - 1e-6).ceil() as u64 } else { 0 };
    one_in.max(MIN_REQUESTS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::Outcome;

    fn outcome(errors: u64, requests: u64, expression: &str) -> Outcome {
        let expression: aforo_model::Expression = expression.parse().unwrap();
        rate(errors, requests, expression.objective.value).outcome(&expression)
    }

    #[test]
    fn an_objective_is_judged_from_as_many_requests_as_it_speaks_of() {
        assert!(matches!(outcome(0, 199, "error_rate < 0.5%"), Outcome::Unknown(why) if why.contains("200")));
        assert_eq!(outcome(0, 200, "error_rate < 0.5%"), Outcome::Holds);
        assert_eq!(outcome(3, 200, "error_rate < 0.5%"), Outcome::Fails);
    }

    #[test]
    fn few_requests_violate_when_even_success_of_the_missing_ones_would_not_help() {
        assert!(matches!(outcome(1, 30, "error_rate <= 1%"), Outcome::Unknown(_)));
        assert_eq!(outcome(2, 30, "error_rate <= 1%"), Outcome::Fails);
    }

    #[test]
    fn an_objective_of_zero_fails_with_the_first_error_and_holds_from_twenty_requests() {
        assert_eq!(outcome(1, 5, "server_error_rate <= 0"), Outcome::Fails);
        assert!(matches!(outcome(0, 19, "server_error_rate <= 0"), Outcome::Unknown(_)));
        assert_eq!(outcome(0, 20, "server_error_rate <= 0"), Outcome::Holds);
    }
}
