//! Voice messages: the DTMF menu tones in a WAV file.
//!
//! The hotel's phone menu, brought to voice messages: a guest presses keys instead of speaking. `recording` reads the
//! file, `detector` finds the keys in it, `menu` says what they stand for.

mod detector;
mod error;
mod goertzel;
mod keypad;
mod menu;
mod recording;
mod synthesis;
#[cfg(test)]
mod tests;

pub use error::AudioError;
pub use menu::menu_intent;
pub use synthesis::synthesize_wav;

/// The keys (`0`–`9`, `A`–`D`, `*`, `#`) that were pressed in a WAV recording, in order; at least one.
///
/// # Errors
/// If the bytes are too many, are no WAV file of a supported kind, are damaged, or hold no menu tone.
pub fn decode_wav_menu(bytes: &[u8]) -> Result<String, AudioError> {
    let recording = recording::Recording::read(bytes)?;
    let keys = detector::keys(&recording);
    if keys.is_empty() { Err(AudioError::NoTone) } else { Ok(keys) }
}
