//! What the bot says, in Spanish. Pure: the same input, the same words.

use chrono::NaiveDate;

use crate::nlu::Intent;
use crate::service::handlers::availability::Offer;
use crate::service::reservation::Stay;

/// How many rooms one message names.
const MOST_NAMED: usize = 3;

/// The answer to what needs no look at the rooms.
pub(crate) fn fact(intent: Intent) -> &'static str {
    match intent {
        Intent::Greeting => "¡Hola! Soy el asistente del hotel. ¿Para qué fechas buscas alojamiento?",
        Intent::CheckAvailability | Intent::MakeReservation | Intent::Prices => {
            "Dime las fechas de entrada y salida y cuántas personas sois, y te paso opciones y precios."
        }
        Intent::MyReservation => "Dime el código de tu reserva (R-…) y te cuento cómo está.",
        Intent::ModifyReservation => "Dime el código de tu reserva (R-…) y qué quieres cambiar.",
        Intent::CancelReservation => "Dime el código de tu reserva (R-…) y la cancelamos.",
        Intent::Services => {
            "Tenemos desayuno, piscina, wifi y aparcamiento. Se admiten mascotas en los apartamentos y cabañas."
        }
        Intent::Location => "Estamos en la Calle del Mar 12, a cinco minutos a pie de la estación.",
        Intent::CheckInTimes => "La entrada es a partir de las 15:00 y la salida hasta las 12:00.",
        Intent::Thanks => "¡A ti! Aquí estamos para lo que necesites.",
        Intent::Goodbye => "¡Hasta pronto!",
        Intent::Complaint => "Lo sentimos mucho. Paso tu mensaje a recepción y te llamamos enseguida.",
        Intent::HumanAgent => "Te paso con una persona de recepción. Un momento, por favor.",
        Intent::Unknown => "No te he entendido. Puedes preguntarme por habitaciones, precios o tu reserva.",
    }
}

/// The question for what is still open.
pub(crate) fn ask_for_dates(check_in: Option<NaiveDate>) -> String {
    match check_in {
        Some(check_in) => format!("Entrada el {}. ¿Hasta qué día te quedas?", day(check_in)),
        None => fact(Intent::CheckAvailability).to_owned(),
    }
}

/// Dates that can be read but not booked.
pub(crate) fn cannot_book(stay: Stay) -> String {
    format!(
        "No podemos reservar del {} al {}. ¿Pruebas con otras fechas?",
        day(stay.check_in),
        day(stay.check_out)
    )
}

/// The cheapest of what is free.
pub(crate) fn offers(stay: Stay, guests: i32, offers: &[Offer]) -> String {
    let nights = stay.nights();
    let when = format!(
        "Del {} al {} ({}, {})",
        day(stay.check_in),
        day(stay.check_out),
        counted(i64::from(nights), "noche", "noches"),
        counted(i64::from(guests), "persona", "personas")
    );
    if offers.is_empty() {
        return format!("{when} no nos queda nada libre. ¿Pruebas con otras fechas?");
    }
    let named: Vec<String> = offers
        .iter()
        .take(MOST_NAMED)
        .map(|offer| format!("{} {} por {}", offer.code, offer.name, euros(offer.total_price_cents)))
        .collect();
    format!("{when} tenemos: {}. ¿Te reservo alguna?", named.join("; "))
}

fn counted(number: i64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn day(date: NaiveDate) -> impl std::fmt::Display {
    date.format("%d/%m/%Y")
}

/// Cents as Spaniards write euros: 1.234,50 €.
fn euros(cents: i64) -> String {
    let whole = (cents / 100).to_string();
    let groups: Vec<&str> =
        whole.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    format!("{},{:02} €", groups.join("."), cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_written_the_spanish_way() {
        assert_eq!(euros(34_500), "345,00 €");
        assert_eq!(euros(5), "0,05 €");
        assert_eq!(euros(123_456_789), "1.234.567,89 €");
    }

    #[test]
    fn an_offer_names_dates_guests_and_the_three_cheapest() {
        let stay = Stay { check_in: "2027-01-02".parse().unwrap(), check_out: "2027-01-03".parse().unwrap() };
        let free: Vec<Offer> = (1..=4)
            .map(|id| Offer {
                id,
                code: format!("HAB-00{id}"),
                name: "Faro".to_owned(),
                kind: "room".to_owned(),
                capacity: 2,
                total_price_cents: 10_000 * i64::from(id),
            })
            .collect();
        let expected = "Del 02/01/2027 al 03/01/2027 (1 noche, 2 personas) tenemos: HAB-001 Faro por 100,00 €; \
                        HAB-002 Faro por 200,00 €; HAB-003 Faro por 300,00 €. ¿Te reservo alguna?";
        assert_eq!(offers(stay, 2, &free), expected);
        assert!(offers(stay, 1, &[]).contains("1 persona) no nos queda nada"));
    }
}
