//! What the hotel is started with.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::NaiveDate;

use crate::flaws::FlawSet;
use crate::service::error::HotelError;

/// What the hotel is started with.
#[derive(Debug, Clone)]
pub struct HotelConfig {
    /// Where the API listens. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// An existing Postgres, empty or already this hotel's. Without one a private server is started.
    pub database_url: Option<String>,
    /// An existing Redis. Without one a private server is started.
    pub redis_url: Option<String>,
    /// The known defects that are on.
    pub flaws: FlawSet,
    /// How many accommodations are generated, 1 to 10 000.
    pub accommodations: u32,
    /// How many reservations are generated, up to 5 000 000 and 20 000 for each accommodation.
    pub reservations: u32,
    /// The generated data is a function of this and the numbers above. At most 2^62.
    pub seed: u64,
    /// The day from which the generated data looks back and ahead. Without one: today (UTC).
    pub seed_anchor: Option<NaiveDate>,
    /// The most connections to Postgres at a time.
    pub pool_size: u32,
    /// How long a pre-reservation holds its dates.
    pub hold: Duration,
    /// How often stale pre-reservations are looked for.
    pub expiry_interval: Duration,
    /// How long a request may take before it is answered with 503. Profiles are exempt.
    pub request_timeout: Duration,
    /// How long the circuit to the PMS stays open after repeated failures.
    pub pms_open_for: Duration,
}

impl Default for HotelConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            database_url: None,
            redis_url: None,
            flaws: FlawSet::all(),
            accommodations: 50,
            reservations: 50_000,
            seed: 42,
            seed_anchor: None,
            pool_size: 20,
            hold: Duration::from_secs(30 * 60),
            expiry_interval: Duration::from_secs(30),
            request_timeout: Duration::from_secs(30),
            pms_open_for: Duration::from_secs(10),
        }
    }
}

impl HotelConfig {
    /// Refuses what the hotel could not run with, before anything is started.
    pub(crate) fn validate(&self) -> Result<(), HotelError> {
        let invalid = |setting, why: &str| Err(HotelError::Config { setting, why: why.to_owned() });
        if !(1..=10_000).contains(&self.accommodations) {
            return invalid("accommodations", "must be 1 to 10000");
        }
        if self.reservations > 5_000_000 || self.reservations.div_ceil(self.accommodations) > 20_000 {
            return invalid(
                "reservations",
                "must be at most 5000000, and at most 20000 for each accommodation",
            );
        }
        if self.seed > 1 << 62 {
            return invalid("seed", "must be at most 2^62");
        }
        if !(1..=500).contains(&self.pool_size) {
            return invalid("pool size", "must be 1 to 500");
        }
        if self.expiry_interval.is_zero() || self.request_timeout.is_zero() {
            return invalid("interval", "must be longer than nothing");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_valid_and_each_bound_is_held() {
        HotelConfig::default().validate().unwrap();
        let broken = [
            HotelConfig { accommodations: 0, ..HotelConfig::default() },
            HotelConfig { accommodations: 10_001, ..HotelConfig::default() },
            HotelConfig { reservations: 5_000_001, ..HotelConfig::default() },
            HotelConfig { accommodations: 1, reservations: 20_001, ..HotelConfig::default() },
            HotelConfig { accommodations: 2, reservations: 40_001, ..HotelConfig::default() },
            HotelConfig { seed: u64::MAX, ..HotelConfig::default() },
            HotelConfig { pool_size: 0, ..HotelConfig::default() },
            HotelConfig { expiry_interval: Duration::ZERO, ..HotelConfig::default() },
        ];
        for config in broken {
            assert!(config.validate().is_err(), "{config:?}");
        }
    }
}
