//! Making one spelling of many: case, accents, punctuation, and the abbreviations and slips of `WhatsApp`.

/// The longest message `WhatsApp` delivers, in characters.
const MAX_MESSAGE_CHARS: usize = 4096;

/// Lower case, without accents (`ñ` becomes `n`), one space between words, no punctuation but what holds a date, a time
/// or a code together, abbreviations written out.
pub fn normalize(text: &str) -> String {
    let folded: String =
        text.chars().take(MAX_MESSAGE_CHARS).flat_map(char::to_lowercase).filter_map(fold).collect();
    let mut normalized = String::with_capacity(folded.len());
    for word in folded.split_whitespace() {
        for part in parts(word) {
            if !normalized.is_empty() {
                normalized.push(' ');
            }
            normalized.push_str(written_out(part));
        }
    }
    normalized
}

/// The letter without its accent, a space for what separates words, nothing for a combining accent.
fn fold(letter: char) -> Option<char> {
    Some(match letter {
        'á' | 'à' | 'ä' | 'â' | 'ã' | 'ª' => 'a',
        'é' | 'è' | 'ë' | 'ê' => 'e',
        'í' | 'ì' | 'ï' | 'î' => 'i',
        'ó' | 'ò' | 'ö' | 'ô' | 'õ' | 'º' | '°' => 'o',
        'ú' | 'ù' | 'ü' | 'û' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        '–' | '—' | '−' => '-',
        '\u{300}'..='\u{36f}' => return None,
        ',' | ';' | '!' | '¡' | '?' | '¿' | '(' | ')' | '"' | '\'' | '«' | '»' | '“' | '”' | '…' | '*'
        | '_' => ' ',
        other => other,
    })
}

/// A word without punctuation at its ends; a full stop or colon inside it separates unless it stands before a digit.
/// A dash by itself is kept: it may stand between two dates.
fn parts(word: &str) -> impl Iterator<Item = &str> {
    let mut start = 0;
    let mut ends: Vec<(usize, usize)> = Vec::new();
    for (at, letter) in word.char_indices() {
        let digit_follows = word[at + letter.len_utf8()..].starts_with(|next: char| next.is_ascii_digit());
        if matches!(letter, '.' | ':') && !digit_follows {
            ends.push((start, at));
            start = at + letter.len_utf8();
        }
    }
    ends.push((start, word.len()));
    ends.into_iter().filter_map(move |(start, end)| {
        let part = word[start..end].trim_matches(|letter: char| !letter.is_alphanumeric());
        if part.is_empty() { (word == "-").then_some(word) } else { Some(part) }
    })
}

/// What guests abbreviate or misspell, as it is usually written.
fn written_out(word: &str) -> &str {
    match word {
        "q" | "k" | "ke" => "que",
        "xq" | "pq" | "porq" | "xk" => "porque",
        "x" => "por",
        "d" => "de",
        "pa" => "para",
        "tb" | "tmb" | "tmbn" => "tambien",
        "xfa" | "porfa" | "xfavor" | "porfavor" | "pls" => "por favor",
        "grax" | "grcs" | "grs" | "thx" | "grasias" => "gracias",
        "ola" | "holaa" | "holaaa" | "wenas" => "hola",
        "bnas" | "bns" | "wnas" => "buenas",
        "bnos" => "buenos",
        "hab" | "habit" | "abitacion" | "habitasion" | "habitacio" | "avitacion" | "havitacion" => {
            "habitacion"
        }
        "habs" | "abitaciones" | "habitasiones" | "havitaciones" => "habitaciones",
        "reserba" | "rreserva" | "resrva" | "reseva" => "reserva",
        "reserbar" | "resevar" | "rreservar" => "reservar",
        "disponivilidad" | "disponiblidad" | "dispo" | "disponibilida" => "disponibilidad",
        "kiero" | "qiero" | "quero" => "quiero",
        "kisiera" | "quiciera" | "qisiera" => "quisiera",
        "kuanto" | "cuant" | "cto" | "qanto" => "cuanto",
        "dnd" => "donde",
        "ay" => "hay",
        "finde" | "findes" | "weekend" => "fin de semana",
        "mnn" | "manna" => "manana",
        "sabdo" | "savado" => "sabado",
        "nxes" | "nohes" => "noches",
        "pers" | "prs" | "xsonas" => "personas",
        "desalluno" | "desayunos" => "desayuno",
        "wi-fi" | "guifi" => "wifi",
        "kanselar" | "canselar" | "cancelr" => "cancelar",
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_accents_and_punctuation_disappear() {
        assert_eq!(normalize("¿Tenéis  HABITACIÓN, para mañana?"), "teneis habitacion para manana");
        assert_eq!(normalize("man\u{303}ana"), "manana");
        assert_eq!(normalize("Hola.¿Precio?Gracias..."), "hola precio gracias");
    }

    #[test]
    fn dates_times_and_codes_stay_whole() {
        assert_eq!(normalize("12/03/2027, a las 12:30."), "12/03/2027 a las 12:30");
        assert_eq!(normalize("12.03.2027 – 15.03.2027"), "12.03.2027 - 15.03.2027");
        assert_eq!(normalize("(R-7K3QXZ9A)"), "r-7k3qxz9a");
    }

    #[test]
    fn abbreviations_are_written_out() {
        assert_eq!(
            normalize("ola, q precio pa el finde x 2 pers, xfa"),
            "hola que precio para el fin de semana por 2 personas por favor"
        );
    }

    proptest! {
        #[test]
        fn any_text_becomes_words_one_space_apart(text in any::<String>()) {
            let normalized = normalize(&text);
            prop_assert!(!normalized.contains("  "));
            prop_assert_eq!(normalized.trim(), &normalized);
            prop_assert!(normalized.chars().count() <= 20 * MAX_MESSAGE_CHARS);
        }
    }
}
