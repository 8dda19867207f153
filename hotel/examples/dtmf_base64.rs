//! Prints a WAV recording of menu tones as base64, to be pasted into load data:
//! `cargo run -p aforo-hotel --example dtmf_base64 -- 1`.

use std::io::Write as _;

use aforo_hotel::audio::synthesize_wav;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// The least a telephone records at, Hz: the smallest file.
const SAMPLE_RATE: u32 = 8_000;

fn main() -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    for digits in std::env::args().skip(1) {
        writeln!(stdout, "{}", BASE64_STANDARD.encode(synthesize_wav(&digits, SAMPLE_RATE)))?;
    }
    Ok(())
}
