//! The table of `aforo baseline list`.

use crate::sheet::{Sheet, words};
use crate::style::Style;

/// Names with the ids of their runs. An id is never cut: it is there to be copied.
pub fn baseline_table<'a>(
    baselines: impl Iterator<Item = (&'a str, &'a [String])>,
    style: Style,
    columns: usize,
) -> String {
    let rows = baselines.flat_map(|(name, runs)| {
        let names = std::iter::once(name).chain(std::iter::repeat(""));
        names.zip(runs).map(|(name, run)| vec![name.into(), run.into()])
    });
    Sheet {
        columns: vec![words("baseline"), words("run")],
        rows: rows.collect(),
        elastic: 0,
        ends_with_total: false,
    }
    .draw(style, columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_before_the_first_of_its_runs() {
        let runs = ["20261101T000000Z-peak-1".to_owned(), "20261102T000000Z-peak-2".to_owned()];
        let table = baseline_table([("main", &runs[..])].into_iter(), Style::plain(), 80);
        let lines: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(lines, [" main      20261101T000000Z-peak-1", "           20261102T000000Z-peak-2"]);
    }
}
