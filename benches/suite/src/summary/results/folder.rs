//! Reading Criterion's folder: `<group>/<function>/pass<n>/sample.json`.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::SystemTime;

use aforo_bench_suite::{PAIRS, SINGLES, Variant};

use super::{Missing, MissingReason, Results, ResultsError, Sample};

/// A function's folder is two below Criterion's, and three where it has a parameter.
const DEEPEST: usize = 3;

/// Reads what `passes` passes have left of everything in the tables, and what else they have left.
pub(crate) fn read(criterion: &Path, passes: usize) -> Result<Results, ResultsError> {
    let failed = |source| ResultsError { path: criterion.to_owned(), source };
    let mut measured = BTreeSet::new();
    find_measured(criterion, &mut Vec::new(), &mut measured).map_err(failed)?;
    let mut results = Results { passes, ..Results::default() };
    for variant in listed() {
        measured.remove(&format!("{}/{}", variant.group, variant.function));
        let samples = (1..=passes).map(|pass| {
            let (sample, saved_at) = read_sample(criterion, variant, pass)?;
            results.measured_at = results.measured_at.max(saved_at.map(Into::into));
            Ok(sample)
        });
        let samples = samples.collect();
        results.samples.insert(variant, samples);
    }
    results.unlisted = measured.into_iter().collect();
    Ok(results)
}

fn listed() -> impl Iterator<Item = Variant> {
    let twins = PAIRS.iter().flat_map(|pair| [pair.before_variant(), pair.after_variant()]);
    twins.chain(SINGLES.iter().map(|single| single.variant()))
}

fn read_sample(
    criterion: &Path,
    variant: Variant,
    pass: usize,
) -> Result<(Sample, Option<SystemTime>), Missing> {
    let path = format!("{}/{}/{}/sample.json", variant.group, variant.function, pass_name(pass));
    let missing = |why| Missing { function: variant.function, pass, path: path.clone(), why };
    let file = criterion.join(&path);
    let json = fs::read_to_string(&file).map_err(|error| match error.kind() {
        ErrorKind::NotFound => missing(MissingReason::Absent),
        _ => missing(MissingReason::Unreadable(error)),
    })?;
    let sample = Sample::parse(&json).map_err(|error| missing(MissingReason::Sample(error)))?;
    Ok((sample, fs::metadata(&file).and_then(|file| file.modified()).ok()))
}

/// What `scripts/bench.sh` calls a pass.
fn pass_name(pass: usize) -> String {
    format!("pass{pass}")
}

/// Adds every folder below `folder` that holds a pass, as its path in Criterion's folder; `below` are the names on the way to it.
fn find_measured(folder: &Path, below: &mut Vec<String>, measured: &mut BTreeSet<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !entry.file_type()?.is_dir() {
            continue;
        }
        if name == pass_name(1) {
            measured.insert(below.join("/"));
        } else if below.len() < DEEPEST {
            below.push(name);
            find_measured(&entry.path(), below, measured)?;
            below.pop();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    const SAMPLE: &str = include_str!("../../../fixtures/sample.json");

    fn save(criterion: &TempDir, path: &str, json: &str) {
        let file = criterion.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, json).unwrap();
    }

    /// Both twins of a pair in `passes` passes.
    fn measured(passes: usize) -> TempDir {
        let criterion = TempDir::new().unwrap();
        for variant in [PAIRS[0].before_variant(), PAIRS[0].after_variant()] {
            for pass in 1..=passes {
                let path = format!("{}/{}/pass{pass}/sample.json", variant.group, variant.function);
                save(&criterion, &path, SAMPLE);
            }
        }
        criterion
    }

    #[test]
    fn every_pass_of_a_function_is_read() {
        let criterion = measured(3);
        let results = read(criterion.path(), 3).unwrap();
        assert_eq!(results.of(PAIRS[0].before_variant()).unwrap().len(), 3);
        assert!(results.measured_at.is_some());
        assert!(results.unlisted.is_empty());
    }

    #[test]
    fn a_pass_that_was_not_made_is_named() {
        let criterion = measured(2);
        let why = read(criterion.path(), 3).unwrap().of(PAIRS[0].after_variant()).unwrap_err();
        let Variant { group, function } = PAIRS[0].after_variant();
        assert_eq!(
            why,
            format!(
                "`{function}` has no times of pass 3: {group}/{function}/pass3/sample.json is not there; `make bench` measures everything"
            )
        );
    }

    #[test]
    fn a_file_that_was_cut_short_is_named() {
        let criterion = measured(1);
        let Variant { group, function } = PAIRS[0].after_variant();
        save(&criterion, &format!("{group}/{function}/pass1/sample.json"), &SAMPLE[..SAMPLE.len() / 2]);
        let why = read(criterion.path(), 1).unwrap().of(PAIRS[0].after_variant()).unwrap_err();
        assert!(why.contains("pass1/sample.json is not what Criterion saves"), "{why}");
    }

    #[test]
    fn an_empty_folder_has_nothing_of_anything() {
        let criterion = TempDir::new().unwrap();
        let results = read(criterion.path(), 3).unwrap();
        assert!(PAIRS.iter().all(|pair| results.of(pair.before_variant()).is_err()));
        assert_eq!(results.measured_at, None);
    }

    #[test]
    fn without_a_folder_it_says_what_makes_one() {
        let gone = TempDir::new().unwrap().path().join("criterion");
        assert!(read(&gone, 3).unwrap_err().to_string().contains("`make bench` makes and fills it"));
    }

    #[test]
    fn what_was_measured_and_is_in_no_table_is_named() {
        let criterion = measured(1);
        save(&criterion, "group/forgotten/pass1/sample.json", SAMPLE);
        save(&criterion, "group/with a parameter/100/pass1/sample.json", SAMPLE);
        save(&criterion, "group/of another baseline/base/sample.json", SAMPLE);
        let results = read(criterion.path(), 1).unwrap();
        assert_eq!(results.unlisted, ["group/forgotten", "group/with a parameter/100"]);
    }
}
