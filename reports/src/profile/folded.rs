//! Folded stacks: one a line, the outermost caller first, and how often it was seen.

use std::collections::BTreeMap;
use std::io::{self, Write};

use aforo_model::profile::{Profile, Stack};

/// What stands for a function without a name.
const UNNAMED: &str = "[unknown]";

/// Writes every stack as `outer;inner;innermost samples`, the shortest line first and the others in the order of their texts. Stacks
/// that differ in lines only are one.
///
/// Firefox Profiler knows the format by the first line, of which it looks at no more than 4096 bytes, and takes what begins with `{` for
/// JSON. Stacks of async Rust have lines of 16 KB.
///
/// The format has no escapes: a `;` of a name becomes `:`, and what would end a line a blank.
///
/// # Errors
/// Only those of `out`.
pub fn write_folded(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let lines = folded(profile);
    let first = lines.keys().min_by_key(|stack| (stack.starts_with('{'), stack.len())).cloned();
    let is_first = |stack: &String| Some(stack) == first.as_ref();
    lines
        .iter()
        .filter(|(stack, _)| is_first(stack))
        .chain(lines.iter().filter(|(stack, _)| !is_first(stack)))
        .try_for_each(|(stack, samples)| writeln!(out, "{stack} {samples}"))
}

/// The samples by the text of their stack.
pub(super) fn folded(profile: &Profile) -> BTreeMap<String, u64> {
    let mut lines: BTreeMap<String, u64> = BTreeMap::new();
    for stack in &profile.stacks {
        let samples = lines.entry(line(profile, stack)).or_default();
        *samples = samples.saturating_add(stack.samples);
    }
    lines
}

fn line(profile: &Profile, stack: &Stack) -> String {
    let names: Vec<String> = profile.frames_of(stack).map(|frame| foldable(&frame.function)).collect();
    if names.is_empty() { UNNAMED.to_owned() } else { names.join(";") }
}

/// A name that cannot be taken for anything else in a line.
fn foldable(name: &str) -> String {
    // The last two are no characters of XML, in which flame graphs are drawn.
    let is_unfit = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    let plain: String = name
        .chars()
        .map(|c| if c == ';' { ':' } else { c })
        .map(|c| if is_unfit(c) { ' ' } else { c })
        .collect();
    let mut words: Vec<&str> = plain.split_whitespace().collect();
    // A `#` of its own would begin a comment.
    if words.first() == Some(&"#") {
        words.remove(0);
    }
    // A number at the end would be read as samples.
    let number = words.pop_if(|word| word.chars().all(|c| c.is_ascii_digit() || c == '.'));
    match (words.join(" "), number) {
        (text, None) if text.is_empty() => UNNAMED.to_owned(),
        (text, None) => text,
        (text, Some(number)) => format!("{text}_{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::canonical;
    use proptest::prelude::*;

    fn written(profile: &Profile) -> String {
        let mut out = Vec::new();
        write_folded(profile, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_stack_is_one_line_and_lines_of_the_source_do_not_part_them() {
        assert_eq!(
            written(&canonical::profile()),
            "main;serve;search 150\nmain;serve;search;parse_date 250\nmain;serve;write_json 100\n"
        );
    }

    #[test]
    fn the_first_line_is_one_by_which_the_format_is_known() {
        let mut profile = canonical::profile();
        profile.frames[0].function = "{async_block#0}".to_owned();
        profile.frames[1].function = "F".repeat(5_000);
        profile.frames[4].function = "a".to_owned();
        profile.stacks.push(Stack { frames: vec![0], samples: 1 });
        profile.stacks.push(Stack { frames: vec![2, 3], samples: 2 });
        let written = written(&profile);
        let mut lines = written.lines();
        assert_eq!(lines.next(), Some("search;parse_date 2"));
        assert_eq!(lines.next(), Some("{async_block#0} 1"), "the others are in order");
        assert_eq!(lines.count(), 3);
    }

    #[test]
    fn no_samples_are_no_lines() {
        let mut profile = canonical::profile();
        profile.stacks.clear();
        assert_eq!(written(&profile), "");
    }

    #[test]
    fn names_cannot_break_the_format() {
        let names = ["a;b\nc", "[u8; 8]::len", "", "f 12", "# note", "<A as B>::c", "7"];
        let folded = names.map(foldable);
        assert_eq!(folded, ["a:b c", "[u8: 8]::len", "[unknown]", "f_12", "note", "<A as B>::c", "_7"]);
    }

    proptest! {
        #[test]
        fn any_name_stays_one_frame(name in "\\PC{0,20}|[;# 0-9.\\n\\t]{0,8}") {
            let folded = foldable(&name);
            prop_assert!(!folded.is_empty() && !folded.contains([';', '\n']));
            let line = format!("{folded} 5");
            prop_assert_eq!(line.rsplit_once(' '), Some((folded.as_str(), "5")));
            let last = folded.rsplit(' ').next().unwrap();
            prop_assert!(!last.chars().all(|c| c.is_ascii_digit() || c == '.'));
        }
    }
}
