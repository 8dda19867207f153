//! What is read out of the SQL that findings carry. It was written by Aforo's own checks, so that its form is known; what does not have
//! that form gives nothing.

use aforo_model::Action;

/// A setting that a remedy changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SettingChange {
    /// Its name.
    pub(super) name: String,
    /// The value it is to have; absent where it is reset.
    pub(super) value: Option<String>,
}

impl SettingChange {
    /// The statement that makes it.
    pub(super) fn sql(&self) -> String {
        match &self.value {
            Some(value) => format!("ALTER SYSTEM SET {} = '{value}';", self.name),
            None => format!("ALTER SYSTEM RESET {};", self.name),
        }
    }

    /// What takes it back: the value that was seen before, else what `SHOW` gave. A reset would not do: it also takes away what
    /// `ALTER SYSTEM` had set before.
    pub(super) fn restored(&self, seen: Option<String>) -> Action {
        match seen {
            Some(value) => Action::Sql(Self { value: Some(value), ..self.clone() }.sql()),
            None => Action::Change(format!(
                "Set {} back to what SHOW gave before, by ALTER SYSTEM SET.",
                self.name
            )),
        }
    }

    /// What tells the value to go back to.
    pub(super) fn show(&self) -> Action {
        Action::Sql(format!("SHOW {};", self.name))
    }
}

/// Every setting that a text sets or resets by `ALTER SYSTEM`, in order.
pub(super) fn setting_changes(text: &str) -> Vec<SettingChange> {
    text.split("ALTER SYSTEM ").skip(1).filter_map(setting_change).collect()
}

fn setting_change(text: &str) -> Option<SettingChange> {
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
    };
    if let Some(rest) = text.strip_prefix("RESET ") {
        let name = rest.split_once(';')?.0;
        return is_name(name).then(|| SettingChange { name: name.to_owned(), value: None });
    }
    let (name, rest) = text.strip_prefix("SET ")?.split_once(" = '")?;
    let value = rest.split_once('\'')?.0;
    // A value that is to be filled in is no exact advice.
    let is_exact = is_name(name) && !value.contains('…') && !value.contains(['\'', '\\', '\n']);
    is_exact.then(|| SettingChange { name: name.to_owned(), value: Some(value.to_owned()) })
}

/// The first name with its schema, both in double quotes, such as `"public"."guests"`.
pub(super) fn relation(text: &str) -> Option<&str> {
    let start = text.find('"')?;
    let schema_end = start + quoted_length(&text[start..])?;
    let rest = text[schema_end..].strip_prefix('.')?;
    Some(&text[start..schema_end + 1 + quoted_length(rest)?])
}

/// A quoted name as people read it.
pub(super) fn plain(name: &str) -> String {
    name.replace("\"\"", "\u{0}").replace('"', "").replace('\u{0}', "\"")
}

/// The length of the quoted name that a text begins with, quotes included.
fn quoted_length(text: &str) -> Option<usize> {
    let mut rest = text.strip_prefix('"')?;
    let mut length = 1;
    loop {
        let end = rest.find('"')? + 1;
        length += end;
        rest = &rest[end..];
        match rest.strip_prefix('"') {
            // A doubled quote is one inside the name.
            Some(after) => {
                length += 1;
                rest = after;
            }
            None => return Some(length),
        }
    }
}

/// Quoted names between the first parenthesis after `from` and the next, without their quotes.
pub(super) fn columns(text: &str) -> Vec<String> {
    let Some(mut rest) = text.split_once(" (").map(|(_, rest)| rest) else { return Vec::new() };
    let mut columns = Vec::new();
    while let Some(length) = quoted_length(rest) {
        columns.push(rest[1..length - 1].replace("\"\"", "\""));
        rest = rest[length..].strip_prefix(", ").unwrap_or("");
    }
    columns
}

/// The `work_mem` that a remedy names, in megabytes.
pub(super) fn work_mem_megabytes(text: &str) -> Option<u64> {
    text.split_once("work_mem = '")?.1.split_once("MB'")?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn settings_are_read_with_their_values_and_placeholders_are_not() {
        let text = "ALTER SYSTEM SET autovacuum = 'on'; SELECT pg_reload_conf(); ALTER SYSTEM RESET cpu_tuple_cost; and";
        let sql: Vec<String> = setting_changes(text).iter().map(SettingChange::sql).collect();
        assert_eq!(sql, ["ALTER SYSTEM SET autovacuum = 'on';", "ALTER SYSTEM RESET cpu_tuple_cost;"]);
        assert_eq!(setting_changes("ALTER SYSTEM SET shared_buffers = '…'; and restart"), []);
        assert_eq!(setting_changes("VACUUM;"), []);
    }

    #[test]
    fn names_are_read_whatever_they_hold() {
        assert_eq!(relation(r#"VACUUM "a.b"."we""ird"; more"#), Some(r#""a.b"."we""ird""#));
        assert_eq!(relation(r#"ANALYZE "alone";"#), None);
        assert_eq!(relation("VACUUM public.guests"), None);
        assert_eq!(plain(r#""a.b"."we""ird""#), "a.b.we\"ird");
        assert_eq!(columns(r#"CREATE INDEX ON "public"."t" ("a", "b""c");"#), ["a", "b\"c"]);
        assert_eq!(columns(r#"CREATE INDEX ON "public"."t";"#), Vec::<String>::new());
    }

    #[test]
    fn a_size_of_memory_is_read() {
        assert_eq!(work_mem_megabytes("SET LOCAL work_mem = '32MB' for this statement"), Some(32));
        assert_eq!(work_mem_megabytes("more memory"), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_readers_panic(text in "(ALTER SYSTEM SET |RESET |work_mem = '|\"|[a-z;.' (,)é…]){0,30}") {
            let _ = (setting_changes(&text), relation(&text), columns(&text), work_mem_megabytes(&text));
        }
    }
}
