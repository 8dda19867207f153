//! `run.json`: the whole record.

use std::io::{self, Write};

use aforo_model::RunRecord;

/// Writes the record as indented JSON.
///
/// # Errors
/// Only those of `out`.
pub fn render(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, record)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    #[test]
    fn what_is_written_reads_back_as_the_same_record() {
        for (name, record) in canonical::records() {
            let json = canonical::rendered(render, &record);
            assert_eq!(aforo_model::read_run(&json).unwrap(), record, "{name}");
        }
    }
}
