//! Which of a sample's values counts, and how many samples it stands for.

use aforo_model::profile::ProfileClock;

use super::{malformed, text};
use crate::error::PprofError;
use crate::message;

/// How the values of a sample become a weight, and the weights of a stack its samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Weights {
    clock: ProfileClock,
    /// Nanoseconds between two samples, where the file tells.
    period_ns: Option<f64>,
    /// The place of the value that is summed up.
    place: usize,
    /// What one sample adds to that value: 1 where samples are counted, else the period in the value's unit.
    per_sample: f64,
    /// How many values each sample must have.
    value_count: usize,
}

struct Column<'a> {
    place: usize,
    name: &'a str,
    unit: &'a str,
}

impl Column<'_> {
    fn clock(&self) -> Option<ProfileClock> {
        unit_ns(self.unit)?;
        match self.name {
            "cpu" => Some(ProfileClock::Cpu),
            "wall" => Some(ProfileClock::WallNonIdle),
            _ => None,
        }
    }

    /// Go and Rust write `samples/count`, Node `sample/count`.
    fn counts_samples(&self) -> bool {
        self.unit == "count" && matches!(self.name, "samples" | "sample")
    }
}

impl Weights {
    /// # Errors
    /// When no value is of CPU or wall time, or when times cannot be made samples.
    pub(super) fn of(file: &message::Profile) -> Result<Self, PprofError> {
        let columns = columns(file)?;
        let (column, clock) = chosen(file, &columns)?;
        let period_ns = period_ns(file)?;
        let times = columns.iter().filter(|column| column.clock().is_some()).count();
        // With two clocks it would be open which of them the samples are of.
        let counted = columns.iter().find(|column| column.counts_samples()).filter(|_| times == 1);
        let value_count = columns.len();
        if let Some(counted) = counted {
            return Ok(Self { clock, period_ns, place: counted.place, per_sample: 1.0, value_count });
        }
        let unit = unit_ns(column.unit).zip(period_ns);
        let Some((unit_ns, period)) = unit else {
            return Err(malformed("it has times but neither samples nor the time between two of them"));
        };
        Ok(Self { clock, period_ns, place: column.place, per_sample: period / unit_ns, value_count })
    }

    pub(super) fn clock(&self) -> ProfileClock {
        self.clock
    }

    pub(super) fn rate_hz(&self) -> Option<f64> {
        self.period_ns.map(|period| 1e9 / period)
    }

    /// What one sample record weighs.
    ///
    /// # Errors
    /// When it has another number of values than there are types, or a negative one, as the difference of two profiles has.
    pub(super) fn weight(&self, sample: &message::Sample) -> Result<u64, PprofError> {
        if sample.value.len() != self.value_count {
            return Err(malformed(format!(
                "a sample has {} values where {} are due",
                sample.value.len(),
                self.value_count
            )));
        }
        let value = sample.value.get(self.place).copied().unwrap_or_default();
        u64::try_from(value).map_err(|_| {
            malformed("a sample has a negative value; the difference of two profiles cannot be read")
        })
    }

    /// How many samples a weight is.
    pub(super) fn samples(&self, weight: u64) -> u64 {
        if self.per_sample == 1.0 { weight } else { (weight as f64 / self.per_sample).round() as u64 }
    }
}

fn columns(file: &message::Profile) -> Result<Vec<Column<'_>>, PprofError> {
    let column = |(place, of): (usize, &message::ValueType)| {
        Ok(Column { place, name: text(file, of.r#type)?, unit: text(file, of.unit)? })
    };
    file.sample_type.iter().enumerate().map(column).collect()
}

fn chosen<'a>(
    file: &message::Profile,
    columns: &'a [Column<'a>],
) -> Result<(&'a Column<'a>, ProfileClock), PprofError> {
    let default = text(file, file.default_sample_type).ok().filter(|name| !name.is_empty());
    let times = || columns.iter().filter_map(|column| Some((column, column.clock()?)));
    times()
        .find(|(_, clock)| *clock == ProfileClock::Cpu)
        .or_else(|| times().find(|(column, _)| Some(column.name) == default))
        .or_else(|| times().next_back())
        .ok_or_else(|| {
            let types: Vec<String> = columns.iter().map(|of| format!("{}/{}", of.name, of.unit)).collect();
            PprofError::NotOfTime { what: types.join(", ") }
        })
}

/// Nanoseconds between two samples; nothing where the file counts something else or does not tell.
fn period_ns(file: &message::Profile) -> Result<Option<f64>, PprofError> {
    let Some(of) = &file.period_type else { return Ok(None) };
    let unit_ns = unit_ns(text(file, of.unit)?);
    Ok(unit_ns.filter(|_| file.period > 0).map(|unit_ns| unit_ns * file.period as f64))
}

/// Nanoseconds in a unit of time.
fn unit_ns(unit: &str) -> Option<f64> {
    match unit {
        "nanoseconds" => Some(1.0),
        "microseconds" => Some(1e3),
        "milliseconds" => Some(1e6),
        "seconds" => Some(1e9),
        _ => None,
    }
}
