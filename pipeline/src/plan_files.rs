//! Plans as files, for other viewers of plans.

use std::collections::BTreeSet;
use std::path::Path;

use aforo_model::database::{DatabaseReport, ExplainOutcome};

/// The folder beside the report.
const FOLDER: &str = "plans";

/// Writes every plan of a report into `plans/` of a folder, as the answer to `EXPLAIN (FORMAT JSON)`: `<fingerprint>.json`, and
/// `<fingerprint>-median.json` where a statement was executed with several draws of values and the slowest is the first file.
///
/// # Errors
/// What the system says when a file cannot be written.
pub fn write_plans(report: &DatabaseReport, folder: &Path) -> std::io::Result<()> {
    let folder = folder.join(FOLDER);
    let mut written = BTreeSet::new();
    for explained in &report.explained {
        let ExplainOutcome::Planned(plan) = &explained.outcome else { continue };
        if written.is_empty() {
            std::fs::create_dir_all(&folder)?;
        }
        let name = file_name(&explained.fingerprint);
        let suffix = if written.insert(name.clone()) { "" } else { "-median" };
        std::fs::write(folder.join(format!("{name}{suffix}.json")), plan.to_explain_json()?)?;
    }
    Ok(())
}

/// A report that was read from a file may hold anything.
fn file_name(fingerprint: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    fingerprint.chars().map(|c| if is_plain(c) { c } else { '_' }).take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_fingerprint_leads_out_of_the_folder() {
        assert_eq!(file_name("id-12ab"), "id-12ab");
        assert_eq!(file_name("../é"), "____");
    }
}
