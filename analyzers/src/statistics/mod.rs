//! Statistics that a few wild values do not move.

mod autoregression;
mod condition;
mod holm;
mod least_squares;
mod location;
mod mann_kendall;
mod nnls;
mod random;
mod student_t;
mod theil_sen;
mod wilson;

pub(crate) use autoregression::chance_of_rise;
pub(crate) use condition::condition_number;
pub(crate) use holm::holm;
pub(crate) use least_squares::{nonnegative_least_squares, sum_of_squares};
pub(crate) use location::{mean, median};
pub(crate) use mann_kendall::{block_medians, mann_kendall, sen_interval, upper_tail};
pub(crate) use nnls::NormalEquations;
pub(crate) use random::Random;
pub(crate) use student_t::{t_of_two_sided, two_sided_t};
pub(crate) use theil_sen::theil_sen_slope;
pub(crate) use wilson::wilson;
