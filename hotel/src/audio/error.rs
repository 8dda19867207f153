//! Why a voice message could not be read.

use super::recording::{MAX_BYTES, MAX_SECONDS};

/// Why a voice message could not be read. All of it is the sender's matter.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// More bytes than a voice message may have.
    #[error("the recording has {bytes} bytes, more than the {MAX_BYTES} that are read; send a shorter one")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// A longer recording than is listened to.
    #[error("the recording lasts longer than the {MAX_SECONDS} s that are listened to; send a shorter one")]
    TooLong,
    /// The bytes are no WAV file, or a damaged one.
    #[error("the recording is no readable WAV file ({0}); send uncompressed WAV")]
    NotWav(#[from] hound::Error),
    /// A WAV file of a kind that is not read.
    #[error(
        "the recording has {channels} channel(s) at {sample_rate} Hz; send one or two channels at 8000 to 48000 Hz"
    )]
    Unsupported {
        /// How many channels it has.
        channels: u16,
        /// Its samples per second, Hz.
        sample_rate: u32,
    },
    /// There is sound, or silence, but no key was pressed.
    #[error("no menu tone found in the recording; press a key for at least 40 ms")]
    NoTone,
}
