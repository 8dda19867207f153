//! Settling what a message wants: the first rule that matches, in the order of the table.

use super::patterns::Rule;

/// Finds the rule that settles the intent of a normalized text.
pub type Settle = for<'a> fn(&'a [Rule], &str) -> Option<&'a Rule>;

/// The flaw `late-exit`: tries every rule of [`super::Patterns::rules`], then takes the first that matched.
pub fn by_all_matches<'a>(rules: &'a [Rule], text: &str) -> Option<&'a Rule> {
    let matched: Vec<&Rule> = rules.iter().filter(|rule| rule.pattern.is_match(text)).collect();
    matched.first().copied()
}

/// The tuned twin: stops at the first that matches, since no later one can change the answer.
pub fn by_first_match<'a>(rules: &'a [Rule], text: &str) -> Option<&'a Rule> {
    rules.iter().find(|rule| rule.pattern.is_match(text))
}
