//! Values of parameters, as the client bound them.

use std::fmt::Write;
use std::hash::{BuildHasher, RandomState};

use aforo_model::database::TracedParameter;
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use super::fields::Fields;

/// Days and microseconds are counted from here.
const EPOCH: NaiveDate = NaiveDate::from_ymd_opt(2000, 1, 1).expect("a date of the calendar");

/// Reads the part of a `Bind` from its formats on. What lies behind the part of the message that was kept is without length
/// and text.
pub(super) fn parameters(
    values: Fields<'_>,
    type_oids: &[u32],
    hasher: &RandomState,
) -> Vec<TracedParameter> {
    let mut fields = values;
    let format_count = fields.u16().unwrap_or(0);
    let formats: Vec<u16> = (0..format_count).map_while(|_| fields.u16()).collect();
    let count = fields.u16().unwrap_or(0);
    let parameter = |index: usize| {
        let type_oid = type_oids.get(index).copied().filter(|oid| *oid != 0);
        // No format means text for all, one is that of all.
        let is_text = match formats.as_slice() {
            [] => true,
            [all] => *all == 0,
            each => each.get(index) == Some(&0),
        };
        value(&mut fields, type_oid, is_text, hasher)
    };
    (0..usize::from(count)).map(parameter).collect()
}

fn value(
    fields: &mut Fields<'_>,
    type_oid: Option<u32>,
    is_text: bool,
    hasher: &RandomState,
) -> TracedParameter {
    let mut parameter = TracedParameter { type_oid, bytes: None, text: None, digest: None };
    // A negative length is NULL.
    let Some(length) = fields.i32().and_then(|length| usize::try_from(length).ok()) else {
        return parameter;
    };
    let whole = fields.bytes(length);
    let bytes = whole.unwrap_or_else(|| std::mem::take(&mut fields.0));
    parameter.bytes = Some(length as u64);
    parameter.digest = Some(hasher.hash_one((length, bytes)));
    parameter.text = whole.and_then(|bytes| if is_text { utf8(bytes) } else { binary(bytes, type_oid?) });
    parameter
}

fn utf8(bytes: &[u8]) -> Option<String> {
    str::from_utf8(bytes).ok().map(str::to_owned)
}

/// The text form of a value in binary form, for the types that keys and filters mostly have. The oids are constants of
/// Postgres' (`pg_type.dat`).
fn binary(bytes: &[u8], type_oid: u32) -> Option<String> {
    match type_oid {
        16 => Some(if bytes == [0] { "f" } else { "t" }.to_owned()),
        20 => Some(i64::from_be_bytes(bytes.try_into().ok()?).to_string()),
        21 => Some(i16::from_be_bytes(bytes.try_into().ok()?).to_string()),
        23 => Some(i32::from_be_bytes(bytes.try_into().ok()?).to_string()),
        26 => Some(u32::from_be_bytes(bytes.try_into().ok()?).to_string()),
        700 => Some(f32::from_be_bytes(bytes.try_into().ok()?).to_string()),
        701 => Some(f64::from_be_bytes(bytes.try_into().ok()?).to_string()),
        // name, text, json, xml, bpchar, varchar
        19 | 25 | 114 | 142 | 1042 | 1043 => utf8(bytes),
        // jsonb: a version, then text
        3802 => bytes.strip_prefix(&[1]).and_then(utf8),
        1082 => date(i32::from_be_bytes(bytes.try_into().ok()?)),
        1114 => Some(moment(bytes)?.format("%F %T%.6f").to_string()),
        1184 => Some(moment(bytes)?.format("%F %T%.6f+00").to_string()),
        2950 => uuid(bytes),
        _ => None,
    }
}

fn date(days: i32) -> Option<String> {
    let distance = Days::new(u64::from(days.unsigned_abs()));
    let date = if days < 0 { EPOCH.checked_sub_days(distance) } else { EPOCH.checked_add_days(distance) };
    date.map(|date| date.to_string())
}

fn moment(bytes: &[u8]) -> Option<DateTime<Utc>> {
    let distance = TimeDelta::microseconds(i64::from_be_bytes(bytes.try_into().ok()?));
    EPOCH.and_hms_opt(0, 0, 0)?.and_utc().checked_add_signed(distance)
}

fn uuid(bytes: &[u8]) -> Option<String> {
    let bytes: [u8; 16] = bytes.try_into().ok()?;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        write!(text, "{byte:02x}").ok()?;
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The part of a `Bind` from its formats on.
    fn bound(formats: &[u16], values: &[Option<&[u8]>]) -> Vec<u8> {
        let count = |count: usize| u16::try_from(count).unwrap().to_be_bytes();
        let mut body = count(formats.len()).to_vec();
        body.extend(formats.iter().flat_map(|format| format.to_be_bytes()));
        body.extend(count(values.len()));
        for value in values {
            body.extend(value.map_or(-1, |value| i32::try_from(value.len()).unwrap()).to_be_bytes());
            body.extend(value.unwrap_or_default());
        }
        body
    }

    fn texts(body: &[u8], type_oids: &[u32]) -> Vec<Option<String>> {
        let parameters = parameters(Fields(body), type_oids, &RandomState::new());
        parameters.into_iter().map(|parameter| parameter.text).collect()
    }

    #[test]
    fn text_is_text_whatever_its_type_and_null_has_no_length() {
        let body = bound(&[], &[Some(b"42"), None, Some(b"")]);
        let read = parameters(Fields(&body), &[23], &RandomState::new());
        assert_eq!(read.iter().map(|value| value.bytes).collect::<Vec<_>>(), [Some(2), None, Some(0)]);
        assert_eq!(texts(&body, &[23]), [Some("42".to_owned()), None, Some(String::new())]);
        assert_eq!((read[0].type_oid, read[1].type_oid), (Some(23), None));
        assert_eq!(read[1].digest, None);
    }

    #[test]
    fn formats_are_for_all_or_for_each() {
        let values: &[Option<&[u8]>] = &[Some(&[0, 0, 0, 7]), Some(&[0, 0, 0, 8])];
        assert_eq!(texts(&bound(&[1], values), &[23, 23]), [Some("7".to_owned()), Some("8".to_owned())]);
        let mixed = bound(&[0, 1], &[Some(b"seven"), Some(&[0, 0, 0, 8])]);
        assert_eq!(texts(&mixed, &[25, 23]), [Some("seven".to_owned()), Some("8".to_owned())]);
    }

    #[test]
    fn binary_values_read_as_postgres_writes_them() {
        let uuid = [0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 1, 2, 3, 4, 5, 6, 7, 8];
        for (type_oid, bytes, text) in [
            (16, &[1][..], "t"),
            (20, &(-5_i64).to_be_bytes(), "-5"),
            (21, &300_i16.to_be_bytes(), "300"),
            (701, &1.5_f64.to_be_bytes(), "1.5"),
            (1043, b"Ada", "Ada"),
            (3802, b"\x01{}", "{}"),
            (1082, &8766_i32.to_be_bytes(), "2024-01-01"),
            (1082, &(-1_i32).to_be_bytes(), "1999-12-31"),
            (1114, &1_500_000_i64.to_be_bytes(), "2000-01-01 00:00:01.500000"),
            (1184, &0_i64.to_be_bytes(), "2000-01-01 00:00:00.000000+00"),
            (2950, &uuid, "12345678-9abc-def0-0102-030405060708"),
        ] {
            assert_eq!(binary(bytes, type_oid).as_deref(), Some(text), "type {type_oid}");
        }
    }

    #[test]
    fn what_is_not_understood_has_a_length_and_a_digest() {
        let hasher = RandomState::new();
        let body = bound(&[1], &[Some(b"abc"), Some(b"abd"), Some(b"abc"), Some(&[0; 3])]);
        let read = parameters(Fields(&body), &[1700, 1700, 1700, 23], &hasher);
        assert!(read.iter().all(|value| value.text.is_none() && value.bytes == Some(3)));
        assert!(read[0].digest != read[1].digest && read[0].digest == read[2].digest);
    }

    #[test]
    fn what_lies_behind_the_kept_part_is_listed_without_a_value() {
        let mut body = bound(&[], &[Some(b"first"), Some(b"second"), Some(b"third")]);
        body.truncate(body.len() - 12);
        let read = parameters(Fields(&body), &[], &RandomState::new());
        assert_eq!(read.iter().map(|value| value.bytes).collect::<Vec<_>>(), [Some(5), Some(6), None]);
        assert_eq!(read[1].text, None, "only its beginning is there");
        assert!(read[1].digest.is_some() && read[2].digest.is_none());
    }

    #[test]
    fn impossible_dates_are_none() {
        assert_eq!(binary(&i32::MAX.to_be_bytes(), 1082), None);
        assert_eq!(binary(&i64::MIN.to_be_bytes(), 1184), None);
    }
}
