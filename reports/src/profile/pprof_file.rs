//! The file for `go tool pprof` and speedscope.

use std::io::{self, Write};

use aforo_model::profile::Profile;
use chrono::{DateTime, Utc};

/// Writes the profile in the format of pprof, with gzip. `began` is when the profile began; `comments` are shown by
/// `go tool pprof -comments`. The same input gives the same bytes.
///
/// # Errors
/// Only those of `out`.
pub fn write_pprof(
    profile: &Profile,
    began: DateTime<Utc>,
    comments: &[String],
    out: &mut dyn Write,
) -> io::Result<()> {
    // The format tells no time after the year 2262; such a clock is wrong.
    let began_unix_ns = began.timestamp_nanos_opt().unwrap_or_default();
    out.write_all(&aforo_pprof::encode(profile, began_unix_ns, comments))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::canonical;

    #[test]
    fn what_is_written_is_the_profile() {
        let profile = canonical::profile();
        let mut out = Vec::new();
        write_pprof(&profile, DateTime::UNIX_EPOCH, &["run a".to_owned()], &mut out).unwrap();
        let read = aforo_pprof::decode(&out).unwrap();
        assert_eq!((read.sample_count, read.clock), (500, profile.clock));
        let stacks = |samples: &[aforo_model::profile::Stack]| {
            samples.iter().map(|stack| stack.samples).collect::<Vec<_>>()
        };
        assert_eq!(stacks(&read.stacks), stacks(&profile.stacks));
    }
}
