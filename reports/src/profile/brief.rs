//! What the report of a run says of its profiles in short.

use std::io::{self, Write};

use aforo_model::profile::ProfileRecord;
use aforo_model::{Answer, RunRecord};

use super::answers::of_profile;
use crate::page::Page;
use crate::sheet::{escaped, paragraph, prose};

impl Page {
    /// Where the CPU time went, and how that is known; empty where the target was not profiled.
    pub(crate) fn profiles(&self, record: &RunRecord) -> String {
        let mut text = String::new();
        for profile in &record.profiles {
            text += &self.heading("Profile");
            text += &paragraph(" ", &sentence(profile), self.columns);
            for (word, fact) in of_profile(profile) {
                text += &paragraph(&format!(" {word:<8}  "), &fact, self.columns);
            }
            if let Some(flame_graph) = &profile.files.flame_graph {
                text += &self.faint(&format!("Flame graph: {flame_graph} in the folder of the run."));
            }
        }
        text
    }
}

/// The same in Markdown.
pub(crate) fn markdown(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    for profile in &record.profiles {
        writeln!(out, "\n## Profile\n\n{}.\n", prose(&sentence(profile)))?;
        for (word, fact) in of_profile(profile) {
            writeln!(out, "- {word}: {}", escaped(&fact))?;
        }
    }
    Ok(())
}

pub(crate) fn sentence(profile: &ProfileRecord) -> String {
    match &profile.hottest_path {
        Answer::Found(path) => path.sentence.clone(),
        Answer::Absent { why } => format!("No hot path is named: {why}"),
    }
}
