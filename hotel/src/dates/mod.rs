//! Finding the dates of a stay in a guest's Spanish.
//!
//! Text is expected as the bot's normalisation leaves it: lower case, without accents, one space between words. From it
//! [`phrase`] cuts the part that speaks of time, [`DateParser`] reads that part, and [`DateCache`] remembers what was read.

mod cache;
mod calendar;
mod day_formats;
mod mention;
mod parser;
mod phrase;
mod stay;
#[cfg(test)]
mod tests;

pub use cache::{CacheCounts, DateCache};
pub use parser::DateParser;
pub use phrase::phrase;
pub use stay::StayDates;
