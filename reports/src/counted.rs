//! Counts with the word for what is counted: the one place that knows how a plural is made.

use crate::figures;

/// `1 warning`, `2 warnings`, `1,204 requests`. `one` is the word for one of them; of several words the last is put into the plural.
pub(crate) fn counted(count: u64, one: &str) -> String {
    numbered(&figures::count(count), one)
}

/// The same of a number that is already written: `1 row`, `0.5 rows`, `2.1e-5 rows`.
pub(crate) fn numbered(number: &str, one: &str) -> String {
    if number == "1" { format!("1 {one}") } else { format!("{number} {}", plural(one)) }
}

/// The plural of a regular noun.
fn plural(one: &str) -> String {
    let is_consonant = |letter: char| !"aeiou".contains(letter);
    match one.strip_suffix('y') {
        Some(stem) if stem.ends_with(is_consonant) => format!("{stem}ies"),
        _ if ["s", "x", "ch", "sh"].iter().any(|end| one.ends_with(end)) => format!("{one}es"),
        _ => format!("{one}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one_and_all_else_are_many() {
        assert_eq!(
            [0, 1, 2, 1_204].map(|count| counted(count, "request")),
            ["0 requests", "1 request", "2 requests", "1,204 requests"]
        );
        assert_eq!(
            ["1", "1.5", "0.1"].map(|number| numbered(number, "row")),
            ["1 row", "1.5 rows", "0.1 rows"]
        );
    }

    #[test]
    fn words_take_the_ending_that_they_have() {
        assert_eq!(
            ["index", "batch", "entry", "key", "heap fetch", "virtual user", "look-up"].map(plural),
            ["indexes", "batches", "entries", "keys", "heap fetches", "virtual users", "look-ups"]
        );
    }
}
