//! Settings as numbers and words, in one unit each.

use aforo_model::database::{DatabaseEvidence, Setting, Skipped};

use super::check::Skip;

/// A setting as `pg_settings` shows it.
///
/// # Errors
/// [`Skip`] where the role does not see it, or this version does not have it.
pub(super) fn setting<'a>(evidence: &'a DatabaseEvidence, name: &str) -> Result<&'a Setting, Skip> {
    evidence.settings.get(name).ok_or_else(|| {
        let why = format!("the setting {name} was not seen");
        let hidden = |skipped: &&Skipped| matches!(skipped.what.as_str(), "settings" | "superuser-settings");
        let remedy = evidence.skipped.iter().find(hidden).map(|skipped| skipped.remedy.as_str());
        Skip::new(
            why,
            remedy.unwrap_or("GRANT pg_read_all_settings TO the role, where this version has the setting"),
        )
    })
}

/// A setting that is a word.
pub(super) fn word<'a>(evidence: &'a DatabaseEvidence, name: &str) -> Result<&'a str, Skip> {
    Ok(setting(evidence, name)?.value.as_str())
}

/// Whether a setting is on.
pub(super) fn is_on(evidence: &DatabaseEvidence, name: &str) -> Result<bool, Skip> {
    Ok(word(evidence, name)? == "on")
}

/// A setting that is a number, in its own unit.
pub(super) fn number(evidence: &DatabaseEvidence, name: &str) -> Result<f64, Skip> {
    numeric(name, setting(evidence, name)?)
}

/// A setting that is a size, in bytes. Values below zero have a meaning of their own and are as they are.
pub(super) fn bytes(evidence: &DatabaseEvidence, name: &str) -> Result<f64, Skip> {
    let setting = setting(evidence, name)?;
    let unit_bytes = setting.unit.as_deref().and_then(unit_bytes).ok_or_else(|| unreadable(name, setting))?;
    let value = numeric(name, setting)?;
    Ok(if value < 0.0 { value } else { value * unit_bytes })
}

/// A setting that is a time, in milliseconds. Values below zero have a meaning of their own and are as they are.
pub(super) fn milliseconds(evidence: &DatabaseEvidence, name: &str) -> Result<f64, Skip> {
    let setting = setting(evidence, name)?;
    let unit_ms = match setting.unit.as_deref() {
        Some("ms") => 1.0,
        Some("s") => 1e3,
        Some("min") => 60e3,
        _ => return Err(unreadable(name, setting)),
    };
    let value = numeric(name, setting)?;
    Ok(if value < 0.0 { value } else { value * unit_ms })
}

fn numeric(name: &str, setting: &Setting) -> Result<f64, Skip> {
    let value = setting.value.parse::<f64>().ok().filter(|value| value.is_finite());
    value.ok_or_else(|| unreadable(name, setting))
}

fn unreadable(name: &str, setting: &Setting) -> Skip {
    let unit = setting.unit.as_deref().unwrap_or("no unit");
    Skip::new(
        format!("the setting {name} reads `{}` in {unit}, which is not understood", setting.value),
        "report it with the version of the server",
    )
}

/// Bytes of a unit such as `8kB`, which `pg_settings` uses for settings counted in blocks.
fn unit_bytes(unit: &str) -> Option<f64> {
    let digits = unit.bytes().take_while(u8::is_ascii_digit).count();
    let (factor, unit) = unit.split_at(digits);
    let factor: f64 = if factor.is_empty() { 1.0 } else { factor.parse().ok()? };
    let size = match unit {
        "B" => 1.0,
        "kB" => 1024.0,
        "MB" => 1024.0 * 1024.0,
        "GB" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    Some(factor * size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use proptest::prelude::*;

    fn with(value: &str, unit: Option<&str>) -> DatabaseEvidence {
        Fixture::empty()
            .with(|evidence| {
                let setting = Setting {
                    value: value.to_owned(),
                    unit: unit.map(str::to_owned),
                    boot_value: None,
                    source: "default".to_owned(),
                };
                evidence.settings.insert("a".to_owned(), setting);
            })
            .evidence
    }

    #[test]
    fn sizes_and_times_are_read_in_every_unit_postgres_shows() {
        assert_eq!(bytes(&with("16384", Some("8kB")), "a").unwrap(), f64::from(128 << 20));
        assert_eq!(bytes(&with("4096", Some("kB")), "a").unwrap(), f64::from(4 << 20));
        assert_eq!(bytes(&with("1", Some("GB")), "a").unwrap(), f64::from(1 << 30));
        assert_eq!(bytes(&with("-1", Some("kB")), "a").unwrap(), -1.0);
        assert_eq!(milliseconds(&with("5", Some("min")), "a").unwrap(), 300e3);
        assert_eq!(milliseconds(&with("30", Some("s")), "a").unwrap(), 30e3);
        assert_eq!(number(&with("1.1", None), "a").unwrap(), 1.1);
    }

    #[test]
    fn what_is_not_there_or_not_understood_is_skipped() {
        assert!(number(&Fixture::empty().evidence, "a").unwrap_err().why.contains("not seen"));
        assert!(bytes(&with("many", Some("kB")), "a").unwrap_err().why.contains("`many` in kB"));
        assert!(bytes(&with("1", Some("parsec")), "a").is_err());
        assert!(milliseconds(&with("1", None), "a").is_err());
    }

    proptest! {
        #[test]
        fn nothing_a_server_answers_panics(value in ".*", unit in "\\PC{0,6}") {
            let evidence = with(&value, Some(&unit));
            prop_assert!(bytes(&evidence, "a").map_or(true, f64::is_finite));
            prop_assert!(milliseconds(&evidence, "a").map_or(true, f64::is_finite));
        }
    }
}
