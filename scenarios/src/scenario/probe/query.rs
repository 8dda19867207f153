//! The query of a step's path, a template: its parameters read and replaced.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The parameters in the order of the path: decoded name and template of the value.
pub(super) fn parameters(path: &str) -> impl Iterator<Item = (Cow<'_, str>, &str)> {
    let (_, query) = split(path);
    query.into_iter().flat_map(|query| pieces(query, b'&')).map(|piece| {
        let (name, value) = name_and_value(piece);
        (decoded(name), value)
    })
}

/// The path with this value of a parameter, which is added where it is missing.
pub(super) fn with_parameter(path: &str, name: &str, value: &str) -> String {
    let (route, query) = split(path);
    let mut is_set = false;
    let mut fields = Vec::new();
    for piece in query.into_iter().flat_map(|query| pieces(query, b'&')) {
        let (written, _) = name_and_value(piece);
        if decoded(written) != name {
            fields.push(piece.to_owned());
        } else if !is_set {
            // Given twice, servers differ in which one counts.
            is_set = true;
            fields.push(format!("{written}={value}"));
        }
    }
    if !is_set {
        fields.push(format!("{name}={value}"));
    }
    format!("{route}?{}", fields.join("&"))
}

fn decoded(name: &str) -> Cow<'_, str> {
    percent_decode_str(name).decode_utf8_lossy()
}

fn name_and_value(piece: &str) -> (&str, &str) {
    let mut parts = pieces(piece, b'=');
    let name = parts.next().unwrap_or_default();
    (name, piece.get(name.len() + 1..).unwrap_or_default())
}

/// The route and the query, if there is one.
fn split(path: &str) -> (&str, Option<&str>) {
    let route = pieces(path, b'?').next().unwrap_or_default();
    (route, path.get(route.len() + 1..))
}

/// `text` cut at `separator`, except inside placeholders, where it may be part of a choice.
fn pieces(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let mut position = Some(0);
    std::iter::from_fn(move || {
        let start = position?;
        let mut end = start;
        while end < bytes.len() && bytes[end] != separator {
            end = match text[end..].strip_prefix("{{").and_then(|inner| inner.find("}}")) {
                Some(length) => end + length + 4,
                None => end + text[end..].chars().next().map_or(1, char::len_utf8),
            };
        }
        position = (end < bytes.len()).then_some(end + 1);
        Some(&text[start..end])
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parameters_are_read_around_placeholders() {
        let path = "/a?q={{pick(a&b|c?d=e)}}&%24top={{n}}&flag&x=1=2";
        let read: Vec<_> = parameters(path).collect();
        let expected = [("q", "{{pick(a&b|c?d=e)}}"), ("$top", "{{n}}"), ("flag", ""), ("x", "1=2")];
        assert_eq!(read, expected.map(|(name, value)| (Cow::Borrowed(name), value)));
        assert_eq!(parameters("/a").count(), 0);
    }

    #[test]
    fn a_parameter_is_replaced_where_it_stands_or_added() {
        assert_eq!(with_parameter("/a?limit=5&x={{y}}", "limit", "{{s}}"), "/a?limit={{s}}&x={{y}}");
        assert_eq!(with_parameter("/a?n=1&b=2&n=3", "n", "9"), "/a?n=9&b=2");
        assert_eq!(with_parameter("/a?%24top=1", "$top", "9"), "/a?%24top=9");
        assert_eq!(with_parameter("/a", "limit", "5"), "/a?limit=5");
    }

    proptest! {
        #[test]
        fn what_was_set_is_read_back_whatever_the_path(path in "/[a-zñ{}?&=|()%]{0,40}") {
            let path = with_parameter(&path, "limit", "7");
            // An unclosed placeholder is no template; loading refuses it.
            let values: Vec<_> =
                parameters(&path).filter(|(name, _)| name == "limit").map(|(_, value)| value).collect();
            prop_assert_eq!(values, vec!["7"]);
        }
    }
}
