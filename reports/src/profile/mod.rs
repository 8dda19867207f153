//! Where the time goes: the report of a profiled step, and the files of a profile for other viewers.

pub(crate) mod answers;
pub(crate) mod brief;
mod differential;
mod flame_graph;
mod folded;
mod format;
mod headline;
mod markdown;
mod pprof_file;
pub(crate) mod sheets;
mod terminal;

#[cfg(test)]
pub(crate) mod canonical;
#[cfg(test)]
mod speedscope;

pub use differential::write_differential_flame_graph;
pub use flame_graph::{FlameGraphError, write_flame_graph};
pub use folded::write_folded;
pub use format::{PROFILE_FORMATS, ProfileFormat};
pub use pprof_file::write_pprof;
pub use terminal::render_on;
