//! What guests say, as patterns over normalized text. The first rule that matches settles the intent, so that the order
//! is the meaning: who asks for a person gets one, whatever else is said; a hello counts only if there is nothing else.

use regex::Regex;

use super::guests::GuestPatterns;
use super::intent::Intent;

/// Every pattern of the bot, ready to match.
#[derive(Debug)]
pub struct Patterns {
    /// In the order in which they are tried.
    pub rules: Vec<Rule>,
    /// What finds for how many people a message asks.
    pub guests: GuestPatterns,
}

/// A text that matches the pattern has the intent, with this confidence.
#[derive(Debug)]
pub struct Rule {
    /// What a message that matches wants.
    pub intent: Intent,
    /// How sure that is, 0–1.
    pub confidence: f32,
    pub(super) pattern: Regex,
}

impl Patterns {
    /// Compiles all of them, which takes longer than to understand many messages with them.
    pub fn compile() -> Self {
        let rules = RULES
            .iter()
            .map(|(intent, confidence, pattern)| Rule {
                intent: *intent,
                confidence: *confidence,
                pattern: compile(pattern),
            })
            .collect();
        Self { rules, guests: GuestPatterns::compile() }
    }
}

/// A pattern over normalized text, which is ASCII where it matters: without Unicode's classes a pattern compiles to a
/// fraction of the size.
pub(super) fn compile(pattern: &str) -> Regex {
    Regex::new(&format!("(?-u){pattern}"))
        .expect("the patterns are constants, and every test compiles all of them")
}

const RULES: &[(Intent, f32, &str)] = &[
    (
        Intent::HumanAgent,
        0.96,
        r"\b(?:hablar|hable|comunicar\w*|comuniqu\w+|contactar|pas\w+|ponme|pongame|atiend\w+|atender|llam[ae]\w*)(?: [!-~]+){0,5} (?:persona|human[oa]|agente|recepcion|recepcionista|alguien|encargad[oa]|responsable|director[a]?|gerente|operador[a]?|telefono)\b",
    ),
    (
        Intent::HumanAgent,
        0.92,
        r"\b(?:agente|asesor[a]?|operador[a]?|persona real|ser humano|un humano|no (?:quiero|eres)(?: [!-~]+){0,4} (?:bot|robot|maquina))\b",
    ),
    (Intent::CancelReservation, 0.95, r"\b(?:cancel|anul)\w*\b"),
    (
        Intent::CancelReservation,
        0.82,
        r"\bno (?:podre|podremos|puedo|podemos|vamos a|voy a)(?: poder)? (?:ir|asistir|viajar|llegar|venir)\b|\b(?:dar|doy|damos|dame) de baja(?: [!-~]+){0,3} reserva\b",
    ),
    (
        Intent::ModifyReservation,
        0.94,
        r"\b(?:modific\w+|cambi(?:ar|o|os|e|emos|ame|arme|amos|arla|arlo)|mover|aplazar|adelantar|retrasar|posponer|correr)(?: [!-~]+){0,8} (?:reservas?|fechas?|dias?|noches?|entrada|salida|estancia|habitacion|nombre|llegada|lunes|martes|miercoles|jueves|viernes|sabado|domingo)\b",
    ),
    (
        Intent::ModifyReservation,
        0.92,
        r"\breserva(?: [!-~]+){0,5} (?:modific\w+|cambi\w+|mover|aplazar|adelantar|retrasar|posponer)\b",
    ),
    (
        Intent::ModifyReservation,
        0.88,
        r"\b(?:anadir|anado|agregar|sumar|quitar)(?: [!-~]+){0,3} (?:noches?|dias?|personas?|huesped|cama|adultos?|ninos?)\b|\b(?:alargar|extender|prolongar|ampliar|acortar)(?: [!-~]+){0,4} (?:estancia|reserva|noches?|dias?)\b|\bmodificar\b",
    ),
    (
        Intent::Complaint,
        0.94,
        r"\b(?:quejas?|quejarme|reclamacion(?:es)?|reclamar|denuncia\w*|devolucion del dinero|que me devuelvan)\b",
    ),
    (
        Intent::Complaint,
        0.90,
        r"\b(?:no (?:funcionan?|sirven?|enciende|cierra|abre|anda|enfria|calienta)|rot[oa]s?|suci[oa]s?|pesim[oa]|horrible|fatal|verguenza|mal servicio|decepcion\w*|asco|asquer\w+|cucarachas?|mucho ruido|huele|gotea|inaceptable|no (?:hay|tenemos|tengo|sale) (?:agua|luz|toallas|agua caliente))\b",
    ),
    (
        Intent::MyReservation,
        0.94,
        r"\b(?:consultar|ver|revisar|comprobar|confirmar|confirme\w*|verificar|mirar|estado de|datos de|detalles de|saber)(?: [!-~]+){0,3} (?:mi|nuestra|la) reserva\b|\b(?:codigo|localizador|numero) de (?:mi |la )?reserva\b|\br-[0-9a-z]{8}\b",
    ),
    (
        Intent::MyReservation,
        0.90,
        r"\b(?:tengo|tenemos|hice|hicimos|teniamos) (?:ya )?(?:hecha )?(?:una|la) reserva\b|\breserva (?:a nombre de|confirmada|hecha)\b|\b(?:mi|nuestra) reserva\b",
    ),
    (
        Intent::CheckInTimes,
        0.94,
        r"\b(?:a que hora|que hora|hora(?:rio)?s?|cuando)(?: [!-~]+){0,5} (?:entr\w+|sal(?:ir|ida|imos|gamos)|check ?-?in|check ?-?out|lleg\w+|dejar la|recepcion|recoger las llaves)\b",
    ),
    (
        Intent::CheckInTimes,
        0.90,
        r"\b(?:early|late)(?: [!-~]+){0,1} check|\bcheck ?-?(?:in|out)\b|\b(?:llegar|llegamos|llegare|llegaremos|entrar|salir)(?: [!-~]+){0,3} (?:tarde|temprano|antes|de madrugada|despues de las|a las)\b|\bsalida tardia\b",
    ),
    (
        Intent::Location,
        0.94,
        r"\b(?:direccion|ubicacion|ubicad[oa]s?|google maps|mapa|como (?:llego|llegar|se llega|llegamos|se va))\b|\bdonde (?:esta|estan|estais|queda|os|se encuentra)\b|\ben que (?:calle|zona|barrio|parte)\b",
    ),
    (
        Intent::Location,
        0.88,
        r"\b(?:lejos|cerca) (?:de|del)\b|\ba cuanto (?:esta|estais|queda)\b|\bdistancia\b",
    ),
    (
        Intent::Prices,
        0.95,
        r"\bcuanto(?: [!-~]+){0,2} (?:cuestan?|valen?|salen?|seria|es|cobra\w*|costaria|saldria|pagar\w*|sube)\b|\bque (?:precios?|vale|cuesta|tarifas?)\b",
    ),
    (
        Intent::MakeReservation,
        0.94,
        r"\b(?:reservar|reservarme|reservarnos|reservame|reservenos|reserveme|reservanos|reservo|reservamos)\b",
    ),
    (
        Intent::MakeReservation,
        0.90,
        r"\b(?:hacer|haceme|hazme|hagame|realizar|efectuar|quiero|quisiera|necesito|deseo|querria|queremos)(?: [!-~]+){0,1} reserva\b|\b(?:reserva para|apartar|apartame|apuntame|bloqueame|me la quedo|nos la quedamos|la cogemos|la cojo|alquilar)\b",
    ),
    (Intent::Prices, 0.93, r"\b(?:precios?|tarifas?|costos?|coste|presupuesto|cotiza\w*|cotizacion)\b"),
    (
        Intent::CheckAvailability,
        0.94,
        r"\b(?:disponib\w+|libres?|hueco|hay sitio|hay plaza|(?:hay|queda[n]?|tienen|teneis|tienes|tenes|habria|tendrian|tendriais)(?: \w+){0,2} (?:habitacion|habitaciones|cuartos?|suites?|algo para|apartamentos?|cabanas?|sitio))\b",
    ),
    (
        Intent::CheckAvailability,
        0.90,
        r"\b(?:busco|buscamos|buscando|necesito|necesitamos|quiero|queremos|quisiera|quisieramos|querria|querriamos)(?: [!-~]+){0,3} (?:habitacion|habitaciones|alojamiento|hospedaje|alojarme|alojarnos|hospedarme|hospedarnos|cuarto|suite|apartamento|noches?|cabana)\b",
    ),
    (
        Intent::Prices,
        0.86,
        r"\b(?:ofertas?|descuentos?|promocion(?:es)?|promo|rebajas?|mas barat[oa]|cuanto)\b",
    ),
    (
        Intent::Services,
        0.93,
        r"\b(?:desayuno|piscina|parking|aparcamiento|aparcar|estacionamiento|garaje|cochera|wifi|internet|mascotas?|perr[oa]s?|perrit[oa]s?|gat[oa]s?|gimnasio|gym|spa|sauna|restaurante|cenas?|cenar|comer|media pension|pension completa|todo incluido)\b",
    ),
    (
        Intent::Services,
        0.89,
        r"\b(?:aire acondicionado|calefaccion|toallas|cuna|ascensor|lavanderia|consigna|maletas|equipaje|terraza|jacuzzi|nevera|cocina|accesible|silla de ruedas|minusvalidos|transfer|traslado|bar|secador|balcon|vistas|bicicletas?|bicis|servicios|instalaciones|admiten|servicio de)\b",
    ),
    (
        Intent::CheckAvailability,
        0.78,
        r"\b(?:habitacion|habitaciones|alojamiento|hospedaje|hospedarme|suite|apartamento|cabana|(?:\d+|una|un par de|dos|tres|cuatro|cinco|seis|siete) noches?|quedarnos|quedarme|esta noche)\b",
    ),
    (
        Intent::Goodbye,
        0.93,
        r"\b(?:adios|hasta (?:luego|pronto|manana|la vista|otra|entonces|el (?:lunes|martes|miercoles|jueves|viernes|sabado|domingo))|nos vemos|chao|chau|ciao|bye|que (?:pases?|paseis|tengas?|tengais|tenga) (?:un )?buen|buen fin de semana|un saludo)\b",
    ),
    (
        Intent::Thanks,
        0.93,
        r"\b(?:gracias|agradec\w+|agradezco|muy amables?|genial|perfecto|estupendo|de acuerdo|vale)\b",
    ),
    (Intent::Greeting, 0.94, r"\b(?:hola|buenas|buenos dias|buen dia|saludos|hey|que tal|holi)\b"),
];
