//! For how many people a message asks.

use std::borrow::Cow;

use regex::Regex;

use super::patterns::compile;

/// Figures, or words up to twelve: larger groups are written in figures.
const NUMBER: &str = "(\\d{1,2}|un|una|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce)";

/// Who is counted.
const PEOPLE: &str = "(?:personas?|adultos?|ninos?|ninas?|menores|bebes?|peques?|huespedes|huesped|pax|gente|amigos|amigas|hijos?|hijas?)";

/// The patterns of guests, ready to match.
#[derive(Debug)]
pub struct GuestPatterns {
    counted: Regex,
    group: Regex,
    purpose: Regex,
    couple: Regex,
    alone: Regex,
}

impl GuestPatterns {
    pub(super) fn compile() -> Self {
        Self {
            counted: compile(&format!(r"\b{NUMBER} {PEOPLE}\b")),
            group: compile(&format!(
                r"\b(?:somos|seremos|seriamos|vamos|iremos|venimos|familia de|grupo de) {NUMBER}\b"
            )),
            purpose: compile(&format!(r"\b(?:para|pa) {NUMBER}\b(?: (?P<next>[a-z0-9/-]+))?")),
            couple: compile(
                r"\b(?:pareja|mi (?:mujer|marido|novi[oa]|espos[oa]|chic[oa]) y yo|los dos|nosotros dos|habitacion doble)\b",
            ),
            alone: compile(
                r"\b(?:para mi|solo yo|yo sol[oa]|viajo sol[oa]|voy sol[oa]|habitacion individual)\b",
            ),
        }
    }

    /// The number of guests in a normalized text, 1–99; adults and children are added up.
    pub fn count(&self, text: &str) -> Option<u8> {
        let counted: u8 = self
            .counted
            .captures_iter(text)
            .filter_map(|captures| number(&captures[1]))
            .fold(0, |sum, count| sum.saturating_add(count));
        if counted > 0 {
            return Some(counted.min(99));
        }
        let group = self
            .group
            .captures_iter(text)
            .find_map(|captures| if is_article(&captures[1]) { None } else { number(&captures[1]) });
        group.or_else(|| self.purpose(text)).filter(|count| *count > 0).or_else(|| {
            if self.couple.is_match(text) { Some(2) } else { self.alone.is_match(text).then_some(1) }
        })
    }

    /// The text without counted people, so that "el lunes, 2 adultos" is not read as Monday the 2nd.
    pub fn without_counts<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.counted.replace_all(text, "gente")
    }

    /// "Para dos", but neither "para dos noches" nor "para una habitación".
    fn purpose(&self, text: &str) -> Option<u8> {
        self.purpose.captures_iter(text).find_map(|captures| {
            let counts_guests = match captures.name("next").map(|next| next.as_str()) {
                None
                | Some(
                    "del" | "desde" | "el" | "este" | "esta" | "y" | "por" | "en" | "a" | "con" | "gracias"
                    | "hoy" | "manana",
                ) => true,
                Some(_) => false,
            };
            if counts_guests && !is_article(&captures[1]) { number(&captures[1]) } else { None }
        })
    }
}

/// "Somos una familia" counts families.
fn is_article(number: &str) -> bool {
    matches!(number, "un" | "una")
}

fn number(text: &str) -> Option<u8> {
    const WORDS: [&str; 12] =
        ["uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce"];
    match text {
        "un" | "una" => Some(1),
        _ => text.parse().ok().or_else(|| {
            let index = WORDS.iter().position(|word| *word == text)?;
            u8::try_from(index + 1).ok()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_are_counted_however_they_are_named() {
        let patterns = GuestPatterns::compile();
        for (text, guests) in [
            ("para 2 personas", Some(2)),
            ("2 adultos y un nino", Some(3)),
            ("somos cuatro", Some(4)),
            ("somos una familia de 5", Some(5)),
            ("algo para dos este fin de semana", Some(2)),
            ("habitacion para 3 del 12 al 15", Some(3)),
            ("mi mujer y yo", Some(2)),
            ("una habitacion doble", Some(2)),
            ("es solo para mi", Some(1)),
            ("para 2 noches", None),
            ("para una noche", None),
            ("para 3 noches somos 2", Some(2)),
            ("para 0", None),
            ("para 12 de marzo", None),
            ("99 adultos y 99 ninos", Some(99)),
            ("hola", None),
        ] {
            assert_eq!(patterns.count(text), guests, "{text}");
        }
    }
}
