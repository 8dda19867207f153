//! `huge-pages`
//!
//! **What:** whether large shared buffers may lie in huge pages.
//! **Why it hurts:** each session keeps a table of every page: 2 MiB for each GiB, for each session.
//! **Threshold:** off with 2 GiB of shared buffers or more is a warning. Source: `PGTune`, which asks for
//! them from 2 GB on.
//! **Remedy:** try, and huge pages reserved in the system.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{remedies, settings};
use crate::wording::memory;

const LARGE_BYTES: f64 = (2_u64 << 30) as f64;
const HUGE_PAGE_BYTES: f64 = (2 << 20) as f64;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "huge-pages",
    area: CheckArea::Memory,
    weight: 1.0,
    summary: "large shared buffers in small pages",
    reads: "huge_pages, shared_buffers",
    threshold: "off with 2 GiB of shared buffers or more is a warning",
    source: "PGTune, which asks for them from 2 GB on",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let huge_pages = settings::word(evidence, "huge_pages")?;
    let bytes = settings::bytes(evidence, "shared_buffers")?;
    judged(
        warning_if(huge_pages == "off" && bytes >= LARGE_BYTES),
        format!("huge_pages is {huge_pages} with {} of shared buffers", memory(bytes as u64)),
        format!(
            "sysctl vm.nr_hugepages={:.0}; {}",
            1.05 * bytes / HUGE_PAGE_BYTES,
            remedies::set_and_restart("huge_pages", "try")
        ),
        &[("shared_buffers_bytes", bytes)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn off_is_warned_of_where_it_costs() {
        let off = |blocks| {
            let fixture = Fixture::healthy().with_setting("huge_pages", "off");
            fixture.with_setting("shared_buffers", blocks).grade(&CHECK)
        };
        assert_eq!(["262143", "262144"].map(off), [Grade::Ok, Grade::Warning]);
    }
}
