//! The table of formats of a step's profile: one line each.

use std::io::{self, Write};

use aforo_model::profile::StepProfile;

use super::{markdown, terminal};
use crate::schema;

/// One way to show the profile of a step.
#[derive(Debug, Clone, Copy)]
pub struct ProfileFormat {
    /// The word a user asks for it with.
    pub name: &'static str,
    /// Its file where a report is saved. Absent for what is only printed when asked for.
    pub file_name: Option<&'static str>,
    /// Writes the report in this format. It fails only when the writer does.
    pub render: fn(&StepProfile, &mut dyn Write) -> io::Result<()>,
}

/// Every format.
pub const PROFILE_FORMATS: &[ProfileFormat] = &[
    ProfileFormat { name: "terminal", file_name: None, render: terminal::render },
    ProfileFormat { name: "json", file_name: Some("profile.json"), render: json },
    ProfileFormat { name: "markdown", file_name: Some("profile.md"), render: markdown::render },
    ProfileFormat { name: "schema", file_name: None, render: schema::render },
];

fn json(report: &StepProfile, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::canonical;

    #[test]
    fn the_published_schema_is_the_one_of_the_report_and_the_canonical_profile_keeps_to_it() {
        schema::assert_published("profile.schema.json", &canonical::report());
    }

    #[test]
    fn the_json_is_the_report() {
        let report = canonical::report();
        let text = canonical::rendered(json, &report);
        assert_eq!(serde_json::from_str::<StepProfile>(&text).unwrap(), report);
    }
}
