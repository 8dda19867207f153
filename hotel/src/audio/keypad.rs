//! The keys of a telephone and their pairs of tones (ITU-T Q.23).

/// The tone of each row, Hz.
pub(super) const ROWS_HZ: [f32; 4] = [697.0, 770.0, 852.0, 941.0];

/// The tone of each column, Hz.
pub(super) const COLUMNS_HZ: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];

/// The keys by row and column.
pub(super) const KEYS: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];

/// The two tones of a key, row and column, Hz. `None` if there is no such key.
pub(super) fn tones_hz(key: char) -> Option<(f32, f32)> {
    KEYS.iter().zip(ROWS_HZ).find_map(|(keys, row)| {
        let column = keys.iter().position(|candidate| *candidate == key.to_ascii_uppercase())?;
        Some((row, COLUMNS_HZ[column]))
    })
}
