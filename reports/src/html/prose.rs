//! Sentences of the record, in which code stands between backquotes.

use minijinja::{HtmlEscape, Value};

/// A sentence as HTML: what stands between backquotes as code. A backquote without a second one is shown as it is.
pub(super) fn prose(sentence: &str) -> Value {
    let parts: Vec<&str> = sentence.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return Value::from_safe_string(HtmlEscape(sentence).to_string());
    }
    let part = |(place, part): (usize, &&str)| match place % 2 {
        0 => HtmlEscape(part).to_string(),
        _ => format!("<code>{}</code>", HtmlEscape(part)),
    };
    Value::from_safe_string(parts.iter().enumerate().map(part).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_backquotes_is_code_and_nothing_is_markup() {
        for (sentence, html) in [
            ("`a < b` takes 3 ms", "<code>a &lt; b</code> takes 3 ms"),
            ("<i>plain</i>", "&lt;i&gt;plain&lt;&#x2f;i&gt;"),
            ("one ` alone", "one ` alone"),
            ("`a` and `</code><b>`", "<code>a</code> and <code>&lt;&#x2f;code&gt;&lt;b&gt;</code>"),
            ("", ""),
        ] {
            assert_eq!(prose(sentence).to_string(), html);
        }
    }
}
