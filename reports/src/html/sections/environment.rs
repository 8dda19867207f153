//! Where, with what and how it was measured.

use aforo_model::{Role, RunRecord};
use minijinja::{Value, context};

use super::Section;
use crate::counted::counted;
use crate::figures::{self, or_absent};
use crate::sheets;
use crate::workload;

pub(super) const SECTION: Section = Section {
    id: "environment",
    title: "Environment and method",
    view,
    template: include_str!("environment.html"),
    style: "",
    script: "",
};

/// How quantiles are had.
const QUANTILES: &str = "Each request is counted in a histogram of three significant digits (HdrHistogram), so a time is exact to \
    0.1%. Histograms are merged over threads and seconds; quantiles are never averaged. A quantile is the smallest time that at \
    least that share of the requests did not exceed.";
/// Which requests count.
const COUNTED: &str = "Quantiles cover requests that met their expectation and those that timed out, since a time-out is a slow \
    answer. Other failures are counted by the error rate: a fast failure would flatter the quantiles.";

fn view(record: &RunRecord) -> Option<Value> {
    let facts = sheets::facts(record);
    Some(context! { facts, method => method(record) })
}

/// Name and value of how it was measured.
fn method(record: &RunRecord) -> Vec<(&'static str, String)> {
    let mut method = vec![
        ("times", workload::times_mean(record).to_owned()),
        ("quantiles", QUANTILES.to_owned()),
        ("what counts", COUNTED.to_owned()),
    ];
    method.extend(generator(record).map(|health| ("generator", health)));
    method.extend(readings(record).map(|readings| ("readings", readings)));
    method.extend(profiles(record).map(|profiles| ("profiles", profiles)));
    method.push(("Aforo", aforo(record)));
    method
}

/// Whether Aforo itself was short of anything.
fn generator(record: &RunRecord) -> Option<String> {
    let processes = record.resource_summary.processes.iter();
    let own = processes.into_iter().find(|process| process.role == Role::Generator).map(|own| {
        let cores = |cores: Option<f64>| or_absent(cores, |cores| format!("{cores:.2}"));
        format!(
            "Aforo used {} cores on average and {} at most.",
            cores(own.cpu_cores_mean),
            cores(own.cpu_cores_peak)
        )
    });
    let parts: Vec<String> = own.into_iter().chain(sheets::generator(record)).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn readings(record: &RunRecord) -> Option<String> {
    let count = record.resources.len();
    (count > 0).then(|| {
        format!("{} of resources, about one a second, warm-up included.", counted(count as u64, "reading"))
    })
}

fn profiles(record: &RunRecord) -> Option<String> {
    let told: Vec<String> = record
        .profiles
        .iter()
        .map(|record| {
            let profile = &record.profile;
            format!(
                "by {} from {} to {} of the run, {}",
                profile.profiler.as_str(),
                figures::clock(profile.window.from_s),
                figures::clock(profile.window.to_s),
                counted(profile.samples.kept, "sample")
            )
        })
        .collect();
    (!told.is_empty()).then(|| format!("{}.", told.join("; ")))
}

fn aforo(record: &RunRecord) -> String {
    let environment = &record.environment;
    let build = if environment.debug_build {
        ", built without optimisation: such a generator measures itself"
    } else {
        ""
    };
    format!("version {}{build}; record format {}", environment.aforo_version, record.format_version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    #[test]
    fn what_was_not_read_is_not_told_of() {
        let mut record = canonical::record("met");
        record.resources.clear();
        record.resource_summary = Default::default();
        record.profiles.clear();
        let names: Vec<&str> = method(&record).iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["times", "quantiles", "what counts", "Aforo"]);
    }

    #[test]
    fn a_build_without_optimisation_is_told_of() {
        let mut record = canonical::record("met");
        record.environment.debug_build = true;
        assert!(aforo(&record).contains("measures itself"));
    }
}
