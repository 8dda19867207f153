//! Cutting out the part of a message that speaks of time.

/// The words from the first to the last that speak of time, with the small words that lead to the first. `None` if
/// there is nothing of the kind, as in most messages. Of a long message only the first 40 words are kept.
pub fn phrase(text: &str) -> Option<&str> {
    let words: Vec<&str> = text.split(' ').collect();
    let speaks_of_time =
        |index: usize| is_time_word(words[index], index.checked_sub(1).map(|before| words[before]));

    let mut first = (0..words.len()).find(|index| speaks_of_time(*index))?;
    let mut last = (first..words.len()).rev().find(|index| speaks_of_time(*index))?;
    while first > 0 && leads_to_time(words[first - 1]) {
        first -= 1;
    }
    if words
        .get(last + 1)
        .is_some_and(|word| super::calendar::month_number(word).is_some() && word.len() <= 4)
    {
        last += 1;
    }
    last = last.min(first + MAX_WORDS - 1);

    // The words are slices of the text, one space apart, so that lengths give offsets.
    let start: usize = words[..first].iter().map(|word| word.len() + 1).sum();
    let length: usize = words[first..=last].iter().map(|word| word.len() + 1).sum();
    text.get(start..start + length - 1)
}

/// No stay needs more words; the parser's work grows with them.
const MAX_WORDS: usize = 40;

fn is_time_word(word: &str, before: Option<&str>) -> bool {
    match word {
        "noche" | "noches" | "dia" | "dias" => {
            before.is_some_and(|before| is_quantity(before) || before == "esta")
        }
        "hoy" | "manana" | "pasado" | "semana" | "semanas" | "viene" | "proximo" | "proxima"
        | "siguiente" | "mes" | "meses" | "navidad" | "nochebuena" | "nochevieja" | "ano" | "reyes"
        | "valentin" | "juan" | "enero" | "febrero" | "marzo" | "abril" | "mayo" | "junio" | "julio"
        | "agosto" | "septiembre" | "setiembre" | "octubre" | "noviembre" | "diciembre" | "lunes"
        | "martes" | "miercoles" | "jueves" | "viernes" | "sabado" | "domingo" | "lun" | "mie" | "jue"
        | "vie" | "sab" | "dom" => true,
        _ => word.starts_with(|first: char| first.is_ascii_digit()),
    }
}

fn is_quantity(word: &str) -> bool {
    word == "de" || super::calendar::number(word).is_some()
}

fn leads_to_time(word: &str) -> bool {
    matches!(
        word,
        "el" | "la"
            | "los"
            | "las"
            | "del"
            | "de"
            | "desde"
            | "hasta"
            | "a"
            | "al"
            | "partir"
            | "entre"
            | "para"
            | "por"
            | "en"
            | "hace"
            | "dentro"
            | "durante"
            | "este"
            | "esta"
            | "dia"
            | "dias"
            | "fin"
            | "par"
            | "san"
            | "entrada"
            | "entrando"
            | "entro"
            | "entramos"
            | "llegada"
            | "llegando"
            | "llego"
            | "llegamos"
            | "salida"
            | "saliendo"
            | "salgo"
            | "salimos"
            | "voy"
            | "vamos"
            | "me"
            | "nos"
            | "checkin"
            | "checkout"
            | "check"
            | "check-in"
            | "check-out"
            | "in"
            | "out"
    ) || super::calendar::number(word).is_some()
}
