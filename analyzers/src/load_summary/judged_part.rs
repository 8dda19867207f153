//! Which seconds of a run are judged.

use aforo_model::Load;

/// The judged part of a run, in whole seconds since its start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JudgedPart {
    /// The first judged second. A second that is partly warm-up is warm-up.
    pub(crate) from_s: u32,
    /// The first second that begins after the order to stop.
    pub(crate) stop_s: u32,
    duration_s: f64,
}

impl JudgedPart {
    pub(crate) fn of(load: &Load) -> Self {
        // A cast from a float stops at the ends of u32; it never wraps.
        Self {
            from_s: load.warm_up_s.ceil() as u32,
            stop_s: load.duration_s.ceil() as u32,
            duration_s: load.duration_s,
        }
    }

    pub(crate) fn is_warm_up(self, second: u32) -> bool {
        second < self.from_s
    }

    pub(crate) fn is_draining(self, second: u32) -> bool {
        second >= self.stop_s
    }

    /// The length of the judged part of a run of which `seen_s` seconds were seen.
    pub(crate) fn judged_s(self, seen_s: u32) -> f64 {
        (self.duration_s.min(f64::from(seen_s)) - f64::from(self.from_s)).max(0.0)
    }
}
