//! What charts are drawn from, as the page carries it.

use minijinja::Value;
use serde::Serialize;

use crate::text::turns_text;

/// Values as JSON in an element that nothing shows and no script of the page's own text can end: a script reads it with `data(id)`.
///
/// `<`, `>` and `&` cannot leave the element, and U+2028 and U+2029, which end a line in scripts, stand escaped too.
pub(super) fn data_block(id: &str, values: &impl Serialize) -> Value {
    let json = serde_json::to_string(values).expect("views are plain data with text for keys");
    Value::from_safe_string(format!(
        r#"<script type="application/json" id="{id}">{}</script>"#,
        escaped(&json)
    ))
}

/// JSON in which no character means anything to HTML or to a script, nor turns the text around it. All of them stand in JSON only within strings.
fn escaped(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            _ if turns_text(c) => {}
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => safe.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_text_ends_the_element_or_a_line() {
        let block =
            data_block("names", &["</script><!--", "a & b", "one\u{2028}two\u{2029}three"]).to_string();
        let json = r#"["\u003c/script\u003e\u003c!--","a \u0026 b","one\u2028two\u2029three"]"#;
        assert_eq!(block, format!(r#"<script type="application/json" id="names">{json}</script>"#));
    }

    proptest! {
        #[test]
        fn what_is_escaped_reads_the_same(text in "\\PC{0,60}|[<>&\u{2028}\u{2029}\"\\\\/]{0,20}") {
            let json = serde_json::to_string(&text).unwrap();
            let safe = escaped(&json);
            let is_inert = !safe.contains(['<', '>', '&', '\u{2028}', '\u{2029}']);
            prop_assert!(is_inert, "{safe}");
            let kept: String = text.chars().filter(|&c| !turns_text(c)).collect();
            prop_assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), kept);
        }
    }
}
