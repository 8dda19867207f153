//! Names that are longer than a line.

use minijinja::{HtmlEscape, Value};

/// What the parts of paths, of functions and of lists end with.
const ENDS: [&str; 4] = ["::", "/", "\\", ", "];

/// A name as HTML that breaks where one of its parts ends, rather than anywhere: `hotel/src/` `webhook.rs`, `serde::` `de::` `Visitor`.
pub(super) fn breakable(name: &str) -> Value {
    let mut html = String::with_capacity(name.len() + 32);
    let mut rest = name;
    while let Some(end) = ENDS.iter().filter_map(|end| Some(rest.find(end)? + end.len())).min() {
        html += &HtmlEscape(&rest[..end]).to_string();
        rest = &rest[end..];
        if !rest.is_empty() {
            html += "<wbr>";
        }
    }
    Value::from_safe_string(html + &HtmlEscape(rest).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_breaks_after_each_of_its_parts_and_stays_text() {
        for (name, html) in [
            ("src/dates.rs:41", "src&#x2f;<wbr>dates.rs:41"),
            ("serde::de::Visitor", "serde::<wbr>de::<wbr>Visitor"),
            ("<T as a::B>::c", "&lt;T as a::<wbr>B&gt;::<wbr>c"),
            ("a/", "a&#x2f;"),
            ("plain", "plain"),
            ("", ""),
        ] {
            assert_eq!(breakable(name).to_string(), html);
        }
    }
}
