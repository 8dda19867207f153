//! What samples refer to, by its id.

use std::collections::HashMap;

use aforo_model::profile::Frame;

use super::stacks::DEEPEST;
use super::{malformed, text};
use crate::error::PprofError;
use crate::message;

/// The name of what is not known.
pub(super) const UNKNOWN: &str = "[unknown]";

/// The places of a file, by their ids.
pub(super) struct Tables<'a> {
    file: &'a message::Profile,
    locations: HashMap<u64, &'a message::Location>,
    functions: HashMap<u64, &'a message::Function>,
    mappings: HashMap<u64, &'a message::Mapping>,
}

impl<'a> Tables<'a> {
    /// # Errors
    /// When two of a kind have the same id: no telling which is meant.
    pub(super) fn of(file: &'a message::Profile) -> Result<Self, PprofError> {
        Ok(Self {
            file,
            locations: by_id("places", &file.location, |location| location.id)?,
            functions: by_id("functions", &file.function, |function| function.id)?,
            mappings: by_id("mappings", &file.mapping, |mapping| mapping.id)?,
        })
    }

    /// The frames of one place, the innermost first; nothing when the file does not have it.
    ///
    /// # Errors
    /// When it refers to a text that is not there.
    pub(super) fn frames(&self, location_id: u64) -> Result<Option<Vec<Frame>>, PprofError> {
        let Some(location) = self.locations.get(&location_id) else { return Ok(None) };
        let binary = match self.mappings.get(&location.mapping_id) {
            Some(mapping) => not_empty(text(self.file, mapping.filename)?),
            None => None,
        };
        if location.line.is_empty() {
            return Ok(Some(vec![Frame { function: UNKNOWN.to_owned(), file: binary, line: None }]));
        }
        // One more than is kept tells that the stack was cut.
        location
            .line
            .iter()
            .take(DEEPEST + 1)
            .map(|line| self.frame(line, binary.as_ref()))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    fn frame(&self, line: &message::Line, binary: Option<&String>) -> Result<Frame, PprofError> {
        let Some(function) = self.functions.get(&line.function_id) else {
            return Ok(Frame { function: UNKNOWN.to_owned(), file: binary.cloned(), line: None });
        };
        let [name, system_name, file] = [function.name, function.system_name, function.filename];
        let name = match not_empty(text(self.file, name)?) {
            Some(name) => Some(name),
            None => not_empty(text(self.file, system_name)?),
        };
        Ok(Frame {
            function: name.unwrap_or_else(|| UNKNOWN.to_owned()),
            file: not_empty(text(self.file, file)?).or_else(|| binary.cloned()),
            line: u32::try_from(line.line).ok().filter(|&line| line > 0),
        })
    }
}

fn by_id<'a, T>(
    what: &str,
    records: &'a [T],
    id: impl Fn(&T) -> u64,
) -> Result<HashMap<u64, &'a T>, PprofError> {
    let mut table = HashMap::with_capacity(records.len());
    for record in records {
        if table.insert(id(record), record).is_some() {
            return Err(malformed(format!("two {what} have the id {}", id(record))));
        }
    }
    Ok(table)
}

/// Nothing for a text that says that nothing is known: pprof-rs writes `Unknown`.
fn not_empty(text: &str) -> Option<String> {
    (!matches!(text, "" | "Unknown" | "??")).then(|| text.to_owned())
}
