//! Reading the keys of a voice message.

use aforo_hotel::audio::{decode_wav_menu, synthesize_wav};

/// Keys of the hotel's phone menu, each kind of row and column among them.
const KEYS: &str = "1590#";
/// What phones record with.
const SAMPLE_RATE_HZ: u32 = 8_000;

/// A recording of a guest who presses five keys.
pub struct VoiceMessage {
    wav: Vec<u8>,
}

impl Default for VoiceMessage {
    /// Synthesizes the recording.
    fn default() -> Self {
        Self { wav: synthesize_wav(KEYS, SAMPLE_RATE_HZ) }
    }
}

impl VoiceMessage {
    /// The keys that were pressed.
    pub fn decode(&self) -> String {
        decode_wav_menu(&self.wav).expect("the recording holds keys")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_understood() {
        assert_eq!(VoiceMessage::default().decode(), KEYS);
    }
}
