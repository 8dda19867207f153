//! The part of the README that is made by `scripts/bench.sh --readme`.

use thiserror::Error;

const BEGIN: &str = "<!-- bench:begin -->";
const END: &str = "<!-- bench:end -->";

/// Why the README cannot be renewed.
#[derive(Debug, Error, PartialEq)]
pub(crate) enum ReadmeError {
    /// There is nowhere to put the table.
    #[error(
        "has no line `{0}`; the table goes between `{BEGIN}` and `{END}`, so put both where it should be"
    )]
    NoMarker(&'static str),
    /// It is not clear where the table goes.
    #[error("has more than one line `{0}`; keep the one where the table should be")]
    Twice(&'static str),
    /// The markers enclose nothing.
    #[error("has `{END}` before `{BEGIN}`; exchange them")]
    Reversed,
}

/// `readme` with `block` between its markers, and everything else as it was.
pub(crate) fn renewed(readme: &str, block: &str) -> Result<String, ReadmeError> {
    let (begin, end) = (only(readme, BEGIN)?, only(readme, END)?);
    if end < begin {
        return Err(ReadmeError::Reversed);
    }
    let (head, tail) = (&readme[..begin + BEGIN.len()], &readme[end..]);
    Ok(format!("{head}\n{}\n{tail}", block.trim_end()))
}

/// Where the one line that is `marker` begins.
fn only(readme: &str, marker: &'static str) -> Result<usize, ReadmeError> {
    let starts_line = |at: usize| at == 0 || readme[..at].ends_with('\n');
    let ends_line =
        |at: usize| matches!(readme[at + marker.len()..].chars().next(), None | Some('\n' | '\r'));
    let mut found =
        readme.match_indices(marker).map(|(at, _)| at).filter(|at| starts_line(*at) && ends_line(*at));
    let at = found.next().ok_or(ReadmeError::NoMarker(marker))?;
    if found.next().is_some() { Err(ReadmeError::Twice(marker)) } else { Ok(at) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const README: &str = "# Title\n\n<!-- bench:begin -->\nold\n<!-- bench:end -->\n\nThe end.\n";

    #[test]
    fn what_is_between_the_markers_is_replaced_and_nothing_else() {
        let renewed = renewed(README, "new\n").unwrap();
        assert_eq!(renewed, "# Title\n\n<!-- bench:begin -->\nnew\n<!-- bench:end -->\n\nThe end.\n");
    }

    #[test]
    fn a_second_time_changes_nothing() {
        let once = renewed(README, "new\n").unwrap();
        assert_eq!(renewed(&once, "new\n").unwrap(), once);
    }

    #[test]
    fn nothing_between_the_markers_is_a_place_too() {
        let renewed = renewed("<!-- bench:begin -->\n<!-- bench:end -->", "new").unwrap();
        assert_eq!(renewed, "<!-- bench:begin -->\nnew\n<!-- bench:end -->");
    }

    #[test]
    fn a_marker_in_the_middle_of_a_sentence_is_none() {
        let readme = format!("Between `{BEGIN}` and `{END}`.\n{README}");
        assert!(renewed(&readme, "new").unwrap().contains("`.\n# Title"));
    }

    #[test]
    fn without_its_markers_a_readme_is_left_alone() {
        let refused = |readme: &str| renewed(readme, "new").unwrap_err();
        assert_eq!(refused(""), ReadmeError::NoMarker(BEGIN));
        assert_eq!(refused("<!-- bench:begin -->\n"), ReadmeError::NoMarker(END));
        assert_eq!(refused(&README.repeat(2)), ReadmeError::Twice(BEGIN));
        assert_eq!(refused("<!-- bench:end -->\n<!-- bench:begin -->\n"), ReadmeError::Reversed);
    }

    proptest! {
        #[test]
        fn what_is_outside_the_markers_stays(before in "[^<]{0,40}", after in "[^<]{0,40}", block in "[^<]{0,40}") {
            let renewed = renewed(&format!("{before}\n{BEGIN}\n{END}\n{after}"), &block).unwrap();
            prop_assert!(renewed.starts_with(&before) && renewed.ends_with(&after));
            prop_assert!(renewed.contains(block.trim_end()));
        }
    }
}
