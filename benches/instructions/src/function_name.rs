//! Names of functions that stay the same from build to build.

/// What stands for code that has no symbol.
const NAMELESS: &str = "(code without a symbol)";

/// The name of a symbol as callgrind writes it, without what the compiler makes up anew for each build: the hash at its end, the
/// hashes of crates, and the mark of a recursion.
pub fn plain_name(symbol: &str) -> String {
    let symbol = symbol.trim();
    let name = match symbol.rsplit_once('\'') {
        Some((name, depth)) if !depth.is_empty() && is_all(depth, |byte| byte.is_ascii_digit()) => name,
        _ => symbol,
    };
    let name = match name.rsplit_once("::h") {
        Some((name, hash)) if hash.len() == 16 && is_all(hash, |byte| byte.is_ascii_hexdigit()) => name,
        _ => name,
    };
    if name.starts_with("0x") || name.starts_with("???") {
        return NAMELESS.to_owned();
    }
    without_crate_hashes(name)
}

fn is_all(text: &str, holds: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(holds)
}

/// `aforo_sql[1f0c5ab2e9d3c4b7]::tokens` is `aforo_sql::tokens`.
fn without_crate_hashes(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(open) = rest.find('[') {
        let close = rest[open..].find(']').map(|length| open + length);
        match close {
            Some(close) if is_crate_hash(&rest[open + 1..close]) => {
                plain.push_str(&rest[..open]);
                rest = &rest[close + 1..];
            }
            _ => {
                plain.push_str(&rest[..=open]);
                rest = &rest[open + 1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn is_crate_hash(text: &str) -> bool {
    (8..=16).contains(&text.len()) && is_all(text, |byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_build_makes_up_is_left_out() {
        for (symbol, name) in [
            ("aforo_sql::tokens::next::h0123456789abcdef", "aforo_sql::tokens::next"),
            ("aforo_sql[1f0c5ab2e9d3c4b7]::tokens::next", "aforo_sql::tokens::next"),
            ("<alloc[8ccf1f68]::vec::Vec<[u8]> as Drop>::drop'2", "<alloc::vec::Vec<[u8]> as Drop>::drop"),
            ("aforo_sql::depth::h0123456789abcdef'12", "aforo_sql::depth"),
            ("0x0000000000401000", NAMELESS),
            ("???", NAMELESS),
        ] {
            assert_eq!(plain_name(symbol), name);
        }
    }

    #[test]
    fn what_belongs_to_a_name_stays() {
        for name in [
            "memcpy@@GLIBC_2.14",
            "core::slice::sort<[u8; 16]>",
            "a::h12",
            "it's",
            "lifetime<'a>",
            "[u64]::sort",
        ] {
            assert_eq!(plain_name(name), name);
        }
    }

    proptest! {
        #[test]
        fn no_symbol_makes_it_panic_and_a_plain_name_stays(symbol in "[a-f0-9:h'\\[\\]<>ñ]{0,40}") {
            let once = plain_name(&symbol);
            prop_assert!(once.len() <= symbol.len().max(NAMELESS.len()));
        }
    }
}
