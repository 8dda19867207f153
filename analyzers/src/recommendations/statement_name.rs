//! How a recommendation names a statement: by what it reads and asks for, since lists of columns are much alike.

/// Enough to tell statements apart in a line of a terminal.
const LONGEST: usize = 110;

/// The text on one line, in back quotes, without the columns of a `SELECT` where it is long; the identity where the text is hidden.
pub(super) fn statement_name(text: Option<&str>, fingerprint: &str) -> String {
    let Some(text) = text else { return format!("the statement {fingerprint}, whose text is hidden") };
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if one_line.chars().count() <= LONGEST {
        return format!("`{one_line}`");
    }
    let short = without_columns(&one_line).unwrap_or(one_line);
    match short.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}…`", &short[..end]),
        None => format!("`{short}`"),
    }
}

/// `SELECT … FROM` in the place of a list of columns; nothing for a list with a query of its own, or for another statement.
fn without_columns(text: &str) -> Option<String> {
    let rest = text.strip_prefix("SELECT ")?;
    let (columns, from) = rest.split_once(" FROM ")?;
    let is_plain =
        columns.matches('(').count() == columns.matches(')').count() && !columns.contains("SELECT ");
    is_plain.then(|| format!("SELECT … FROM {from}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_of_columns_gives_way_to_what_tells_statements_apart() {
        let columns = ["reservations.column"; 9].join(", ");
        let of = |condition: &str| {
            statement_name(Some(&format!("SELECT {columns}\n FROM r WHERE {condition}")), "f")
        };
        assert_eq!(of("a = $1"), "`SELECT … FROM r WHERE a = $1`");
        assert!(of(&"é".repeat(200)).ends_with("é…`"));
        assert_eq!(statement_name(Some("SELECT  a FROM r"), "f"), "`SELECT a FROM r`");
        assert_eq!(statement_name(None, "f"), "the statement f, whose text is hidden");
    }

    #[test]
    fn a_list_with_a_query_of_its_own_stays() {
        let text = format!("SELECT (SELECT max(b) FROM {}) FROM r", "s".repeat(120));
        assert!(statement_name(Some(&text), "f").starts_with("`SELECT (SELECT max(b)"));
    }
}
