//! Statistics that a few wild values do not move.

mod location;
mod theil_sen;

pub(crate) use location::{mean, median};
pub(crate) use theil_sen::theil_sen_slope;
