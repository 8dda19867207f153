//! Flame graphs: SVG that a browser searches and zooms, drawn by `inferno`.

use std::io::{self, Write};

use aforo_model::profile::{Profile, ProfileClock};
use inferno::flamegraph::{self, Options};
use thiserror::Error;

use super::folded::folded;
use crate::text::one_line;

/// Why there is no flame graph.
#[derive(Debug, Error)]
pub enum FlameGraphError {
    /// An empty graph would look like an answer.
    #[error("there is not one sample to draw")]
    NoSamples,
    /// It could not be drawn or written.
    #[error("the flame graph could not be written: {0}")]
    Write(#[from] io::Error),
}

/// Writes the flame graph of a profile. The same profile gives the same bytes.
///
/// # Errors
/// [`FlameGraphError`]; nothing is written when there are no samples.
pub fn write_flame_graph(profile: &Profile, title: &str, out: &mut dyn Write) -> Result<(), FlameGraphError> {
    let clock = match profile.clock {
        ProfileClock::Cpu => "CPU time",
        ProfileClock::WallNonIdle => "wall time of threads that were not idle",
    };
    let lines = folded(profile).into_iter().map(|(stack, samples)| format!("{stack} {samples}")).collect();
    draw(lines, title, clock, "samples", out)
}

/// Draws folded lines with one or two columns of counts.
pub(super) fn draw(
    lines: Vec<String>,
    title: &str,
    subtitle: &str,
    unit: &str,
    out: &mut dyn Write,
) -> Result<(), FlameGraphError> {
    let is_drawn = |line: &String| line.rsplit_once(' ').is_some_and(|(_, count)| count != "0");
    if !lines.iter().any(is_drawn) {
        return Err(FlameGraphError::NoSamples);
    }
    let mut options = Options::default();
    options.title = one_line(title);
    options.subtitle = Some(subtitle.to_owned());
    unit.clone_into(&mut options.count_name);
    // Colours by name: the same function has the same one in every graph.
    options.hash = true;
    options.deterministic = true;
    flamegraph::from_lines(&mut options, lines.iter().map(String::as_str), out)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::canonical;

    fn drawn(profile: &Profile, title: &str) -> Result<String, FlameGraphError> {
        let mut out = Vec::new();
        write_flame_graph(profile, title, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn every_function_is_drawn_with_its_samples_and_can_be_searched_for() {
        let svg = drawn(&canonical::profile(), "search, 1000 requests").unwrap();
        for part in [
            "search, 1000 requests",
            "CPU time",
            "<title>parse_date (250 samples, 50.00%)</title>",
            "<title>search (400 samples, 80.00%)</title>",
            "search_prompt",
        ] {
            assert!(svg.contains(part), "{part}");
        }
    }

    #[test]
    fn the_same_profile_gives_the_same_bytes() {
        let profile = canonical::profile();
        assert_eq!(drawn(&profile, "a").unwrap(), drawn(&profile, "a").unwrap());
    }

    #[test]
    fn without_samples_there_is_an_error_and_no_byte() {
        let mut profile = canonical::profile();
        profile.stacks.clear();
        let mut out = Vec::new();
        let error = write_flame_graph(&profile, "a", &mut out).unwrap_err();
        assert!(matches!(error, FlameGraphError::NoSamples) && out.is_empty());
    }

    #[test]
    fn names_and_titles_are_text_and_no_markup() {
        let mut profile = canonical::profile();
        for frame in &mut profile.frames {
            frame.function = "<script>alert(1)</script>;\n 7".to_owned();
        }
        let svg = drawn(&profile, "</text><script>alert(2)</script>").unwrap();
        assert!(!svg.contains("<script>alert") && svg.contains("&lt;script&gt;alert(1)"));
    }
}
