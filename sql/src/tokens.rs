//! Postgres' tokens, found without its grammar: for identities, and for what a report shows.

use crate::keywords::is_keyword;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: Kind,
    /// Where it begins, in bytes.
    pub(crate) start: usize,
    /// Where it ends, in bytes.
    pub(crate) end: usize,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A keyword or a name without quotes, in small letters.
    Word(String),
    /// A name in double quotes, with them.
    Quoted(String),
    /// A string of any form.
    Text,
    /// A number, as it is written.
    Number(String),
    /// `$n`.
    Parameter(u32),
    /// An operator, `::` and `:=` included.
    Operator(String),
    /// A bracket, comma, semicolon, point or colon; or a character that is nothing in SQL.
    Mark(char),
}

impl Kind {
    pub(crate) fn is_word(&self, expected: &str) -> bool {
        matches!(self, Self::Word(word) if word == expected)
    }

    pub(crate) fn is_mark(&self, expected: char) -> bool {
        *self == Self::Mark(expected)
    }

    /// Appends it as SQL, keywords in capitals.
    pub(crate) fn write(&self, output: &mut String) {
        match self {
            Self::Word(word) if is_keyword(word) => output.push_str(&word.to_ascii_uppercase()),
            Self::Word(text) | Self::Quoted(text) | Self::Number(text) | Self::Operator(text) => {
                output.push_str(text);
            }
            Self::Parameter(number) => output.push_str(&format!("${number}")),
            Self::Mark(mark) => output.push(*mark),
            Self::Text => output.push_str("''"),
        }
    }

    pub(crate) fn is_operator(&self, expected: &str) -> bool {
        matches!(self, Self::Operator(operator) if operator == expected)
    }
}

/// The tokens of a text, without comments and white space. Every text has some: what is not closed ends with the text.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0 };
    let mut found = Vec::new();
    while let Some(first) = lexer.peek() {
        let start = lexer.at;
        if first.is_whitespace() || first == '\0' {
            lexer.at += first.len_utf8();
        } else if lexer.starts_with("--") {
            lexer.skip_while(|character| character != '\n');
        } else if lexer.starts_with("/*") {
            lexer.skip_comment();
        } else {
            let kind = lexer.token(first);
            found.push(Token { kind, start, end: lexer.at });
        }
    }
    found
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn starts_with(&self, prefix: &str) -> bool {
        self.rest().starts_with(prefix)
    }

    fn skip_while(&mut self, is_in: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|character| !is_in(character)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn skip_past(&mut self, end: &str) {
        self.at = self.rest().find(end).map_or(self.text.len(), |found| self.at + found + end.len());
    }

    /// Comments nest.
    fn skip_comment(&mut self) {
        let mut depth = 0_usize;
        while let Some(next) = self.peek() {
            if self.starts_with("/*") {
                depth += 1;
                self.at += 2;
            } else if self.starts_with("*/") {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    return;
                }
            } else {
                self.at += next.len_utf8();
            }
        }
    }

    fn token(&mut self, first: char) -> Kind {
        match first {
            '\'' => self.string(false),
            '"' => self.quoted(),
            '$' => self.dollar(),
            '.' if self.rest()[1..].starts_with(|next: char| next.is_ascii_digit()) => self.number(),
            _ if first.is_ascii_digit() => self.number(),
            _ if is_word_start(first) => self.word(),
            ':' if self.starts_with("::") || self.starts_with(":=") => {
                self.at += 2;
                Kind::Operator(self.text[self.at - 2..self.at].to_owned())
            }
            _ if is_operator(first) => self.operator(),
            _ => {
                self.at += first.len_utf8();
                Kind::Mark(first)
            }
        }
    }

    /// A string from its opening quote.
    fn string(&mut self, has_escapes: bool) -> Kind {
        self.at += 1;
        while let Some(next) = self.peek() {
            if has_escapes && next == '\\' {
                self.at += 1;
                self.at += self.peek().map_or(0, char::len_utf8);
            } else if self.starts_with("''") {
                self.at += 2;
            } else {
                self.at += next.len_utf8();
                if next == '\'' {
                    break;
                }
            }
        }
        Kind::Text
    }

    fn quoted(&mut self) -> Kind {
        let start = self.at;
        self.at += 1;
        while let Some(next) = self.peek() {
            if self.starts_with("\"\"") {
                self.at += 2;
            } else {
                self.at += next.len_utf8();
                if next == '"' {
                    return Kind::Quoted(self.text[start..self.at].to_owned());
                }
            }
        }
        // Closed, so that what follows it elsewhere is not taken for a part of it.
        Kind::Quoted(format!("{}\"", &self.text[start..self.at]))
    }

    /// A parameter, a dollar-quoted string, or a lone dollar.
    fn dollar(&mut self) -> Kind {
        self.at += 1;
        if self.peek().is_some_and(|next| next.is_ascii_digit()) {
            let digits = self.skip_while(|character| character.is_ascii_digit());
            return Kind::Parameter(digits.parse().unwrap_or(u32::MAX));
        }
        let start = self.at;
        let tag = self.skip_while(|character| character != '$' && is_word(character));
        if self.starts_with("$") {
            let end = format!("${tag}$");
            self.at += 1;
            self.skip_past(&end);
            return Kind::Text;
        }
        self.at = start;
        Kind::Mark('$')
    }

    fn number(&mut self) -> Kind {
        let start = self.at;
        self.skip_while(|character| character.is_ascii_alphanumeric() || character == '_');
        if self.starts_with(".") && !self.starts_with("..") {
            self.at += 1;
            self.skip_while(|character| character.is_ascii_alphanumeric() || character == '_');
        }
        let ends_in_exponent = self.text[start..self.at].ends_with(['e', 'E']);
        let is_hexadecimal = self.text[start..self.at].starts_with("0x");
        if ends_in_exponent && !is_hexadecimal && (self.starts_with("+") || self.starts_with("-")) {
            self.at += 1;
            self.skip_while(|character| character.is_ascii_digit());
        }
        Kind::Number(self.text[start..self.at].to_owned())
    }

    /// A word, or a string with a letter before its quote.
    fn word(&mut self) -> Kind {
        let start = self.at;
        let word = self.skip_while(is_word).to_ascii_lowercase();
        match word.as_str() {
            "e" if self.starts_with("'") => self.string(true),
            "b" | "x" | "n" if self.starts_with("'") => self.string(false),
            "u" if self.starts_with("&'") => {
                self.at += 1;
                self.string(false)
            }
            "u" if self.starts_with("&\"") => {
                self.at += 1;
                match self.quoted() {
                    Kind::Quoted(name) => Kind::Quoted(format!("{}&{name}", &self.text[start..=start])),
                    other => other,
                }
            }
            _ => Kind::Word(word),
        }
    }

    fn operator(&mut self) -> Kind {
        let rest = self.rest();
        let run = &rest[..rest.find(|character| !is_operator(character)).unwrap_or(rest.len())];
        let mut length =
            ["--", "/*"].iter().filter_map(|comment| run.find(comment)).min().unwrap_or(run.len());
        // Postgres' rule: `=-` is two operators, `@-` is one.
        if !run[..length].contains(['~', '!', '@', '#', '%', '^', '&', '|', '`', '?']) {
            while length > 1 && run[..length].ends_with(['+', '-']) {
                length -= 1;
            }
        }
        self.at += length;
        Kind::Operator(run[..length].to_owned())
    }
}

fn is_word_start(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_' || !character.is_ascii()
}

fn is_word(character: char) -> bool {
    is_word_start(character) || character.is_ascii_digit() || character == '$'
}

fn is_operator(character: char) -> bool {
    "+-*/<>=~!@#%^&|`?".contains(character)
}

#[cfg(test)]
mod tests {
    use super::tokens;

    #[test]
    fn tokens_are_those_of_postgres() {
        for (text, expected) in [
            ("a /* x /* nested */ y */ b -- c\nd", "a|b|d"),
            ("'it''s' E'\\'x' U&'d' $t$ ' $t$ x", "''|''|''|''|x"),
            ("\"A \"\"b\" U&\"x\"", "\"A \"\"b\"|U&\"x\""),
            ("1 1.5 .5 1e-7 0x1F 1_000 1..2", "1|1.5|.5|1e-7|0x1F|1_000|1|.|.2"),
            ("a=-1 b@-1 c::int d<>e a->>'k' x--y", "a|=|-|1|b|@-|1|c|::|int|d|<>|e|a|->>|''|x"),
            ("$1 $tag a$b x[1:2] :n", "$1|$|tag|a$b|x|[|1|:|2|]|:|n"),
            ("'unclosed", "''"),
            ("$$ unclosed", "''"),
            ("/* unclosed", ""),
            ("\"unclosed", "\"unclosed\""),
        ] {
            let written: Vec<String> = tokens(text)
                .iter()
                .map(|token| {
                    let mut written = String::new();
                    token.kind.write(&mut written);
                    written
                })
                .collect();
            assert_eq!(written.join("|"), expected, "{text}");
        }
    }
}
