//! Reservation codes: short enough to say on the phone, too many to guess.

/// Crockford's base 32: no I, L, O, U, which are misread or misheard.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// `R-` and eight random characters: 2^40 codes. The database refuses the rare one that exists already.
pub(crate) fn random_code() -> String {
    encode(rand::random())
}

/// The lowest 40 bits, five to a character.
fn encode(bits: u64) -> String {
    let characters = (0..8).map(|place| char::from(ALPHABET[(bits >> (5 * place) & 31) as usize]));
    "R-".chars().chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_form_and_uses_all_forty_bits() {
        assert_eq!(encode(0), "R-00000000");
        assert_eq!(encode(u64::MAX), "R-ZZZZZZZZ");
        assert_eq!(encode(1 << 35), "R-00000001");
        let code = random_code();
        assert_eq!(code.len(), 10);
        assert!(code[2..].bytes().all(|byte| ALPHABET.contains(&byte)), "{code}");
    }
}
