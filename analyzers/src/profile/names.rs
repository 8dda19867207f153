//! Names of functions as people write them, and whose code they are.

use aforo_model::profile::{Frame, Profile};

/// Places where code of others is installed, by language: Rust's crates and standard library, Python's packages and own
/// library, Node's modules and itself, Go's modules and library, the system's libraries.
const LIBRARY_PLACES: [&str; 19] = [
    "/.cargo/registry/",
    "/.cargo/git/",
    "/cargo/registry/",
    "/rustc/",
    "/rustlib/",
    "/rust/deps/",
    "site-packages/",
    "dist-packages/",
    "/lib/python",
    "<frozen ",
    "node_modules/",
    "node:",
    "/pkg/mod/",
    "/usr/local/go/",
    "/usr/lib/go",
    "/usr/lib/",
    "/lib/x86_64",
    "/sysdeps/",
    "[kernel",
];

/// What the packages of Go's own library begin with. It is installed in many places, and builds with `-trimpath` name none.
const GO_LIBRARY: [&str; 51] = [
    "archive",
    "bufio",
    "bytes",
    "cmp",
    "compress",
    "container",
    "context",
    "crypto",
    "database",
    "debug",
    "embed",
    "encoding",
    "errors",
    "expvar",
    "flag",
    "fmt",
    "go",
    "hash",
    "html",
    "image",
    "index",
    "internal",
    "io",
    "iter",
    "log",
    "maps",
    "math",
    "mime",
    "net",
    "os",
    "path",
    "plugin",
    "reflect",
    "regexp",
    "runtime",
    "slices",
    "sort",
    "strconv",
    "strings",
    "structs",
    "sync",
    "syscall",
    "testing",
    "text",
    "time",
    "type",
    "unicode",
    "unique",
    "unsafe",
    "vendor",
    "weak",
];

/// Functions through which everything goes: runtimes, executors and wrappers of futures. They say nothing of where time goes.
const WRAPPERS: [&str; 28] = [
    "tokio::",
    "std::rt",
    "std::sys",
    "std::thread",
    "std::panic",
    "std::panicking",
    "core::ops::function",
    "core::future",
    "core::pin",
    "core::panic",
    "futures_util::",
    "futures_core::",
    "hyper::",
    "hyper_util::",
    "axum::",
    "axum_core::",
    "tower::",
    "tower_http::",
    "tower_service::",
    "tracing::",
    "__rust_",
    "_start",
    "__libc_start",
    "start_thread",
    "clone",
    "runtime.goexit",
    "runtime.mcall",
    "runtime.main",
];

/// A function's name without what compilers add: closures, the bodies of async functions, hashes, generic arguments.
pub(super) fn plain_name(function: &str) -> String {
    let mut name = String::with_capacity(function.len());
    let mut depth = 0_usize;
    for (place, letter) in function.char_indices() {
        match letter {
            // `<T as Trait>::method` begins with its type, which is part of the name, as is Python's `price.<locals>.<lambda>`.
            '<' if place > 0
                && depth == 0
                && !function.starts_with('<')
                && !function[..place].ends_with('.') =>
            {
                depth = 1;
            }
            '<' if depth > 0 => depth += 1,
            '>' if depth > 0 && !function[..place].ends_with('-') => depth -= 1,
            _ if depth == 0 => name.push(letter),
            _ => {}
        }
    }
    let mut plain = name.as_str();
    loop {
        let trimmed = plain.trim_end_matches("::").trim_end_matches("::{{closure}}");
        let trimmed = without_numbered_closure(without_hash(trimmed));
        if trimmed.len() == plain.len() {
            break;
        }
        plain = trimmed;
    }
    if plain.is_empty() { function.to_owned() } else { plain.replace("::{{closure}}", "") }
}

/// The name that a frame is told by. Compilers call bodies of async functions and closures all the same; their file tells them apart.
pub(super) fn told_name(frame: &Frame) -> String {
    let name = plain_name(&frame.function);
    let what = match name.as_str() {
        unnamed if unnamed.starts_with("{async") => "an async function",
        unnamed if unnamed.starts_with("{closure") || unnamed == "{{closure}}" => "a closure",
        _ => return name,
    };
    match frame.file.as_deref().and_then(|file| file.rsplit('/').next()) {
        Some(file) => format!("{what} of {file}"),
        None => what.to_owned(),
    }
}

/// Without `::h0123456789abcdef`.
fn without_hash(name: &str) -> &str {
    match name.rsplit_once("::h") {
        Some((before, hash)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            before
        }
        _ => name,
    }
}

/// Without `::{closure#0}` and `::{closure_env#0}`.
fn without_numbered_closure(name: &str) -> &str {
    match name.rsplit_once("::{") {
        Some((before, what))
            if what.starts_with("closure") || what.starts_with("async_") || what.starts_with("impl#") =>
        {
            before
        }
        _ => name,
    }
}

/// Whether a function only leads to others.
pub(super) fn is_wrapper(function: &str) -> bool {
    let name = function.trim_start_matches('<');
    WRAPPERS.iter().any(|prefix| name.starts_with(prefix))
}

/// Tells the target's own code from that of others.
pub(super) struct Ownership {
    knows_files: bool,
}

impl Ownership {
    /// Where a profile names no files, nothing can be told apart, and everything but wrappers counts as the target's own.
    pub(super) fn of(profile: &Profile) -> Self {
        Self { knows_files: profile.frames.iter().any(|frame| frame.file.as_deref().is_some_and(is_source)) }
    }

    /// The places of the frames that are the target's own code.
    pub(super) fn own_frames(&self, profile: &Profile) -> Vec<u32> {
        (0..).zip(&profile.frames).filter(|(_, frame)| self.is_own(frame)).map(|(place, _)| place).collect()
    }

    /// Whether a frame is the target's own code.
    pub(super) fn is_own(&self, frame: &Frame) -> bool {
        if is_wrapper(&frame.function) || frame.function.starts_with('[') {
            return false;
        }
        match frame.file.as_deref() {
            Some(file) => {
                let is_installed = LIBRARY_PLACES.iter().any(|place| file.contains(place))
                    || (file.ends_with(".go") && is_of_others_in_go(&frame.function, file));
                !is_installed && (!self.knows_files || is_source(file))
            }
            None => !self.knows_files,
        }
    }
}

/// Whether a function of Go belongs to Go's own library or to a module of others. Their names begin with the package; paths of modules
/// have their version, as in `gin@v1.9.1/`, where nothing else tells them.
fn is_of_others_in_go(function: &str, file: &str) -> bool {
    // Arguments of types and receivers may hold slashes and dots of their own.
    let package = function.split(['(', '[']).next().unwrap_or_default();
    let is_of_library = match package.split_once('/') {
        // Modules have the name of a host, which has a dot.
        Some((first, _)) => GO_LIBRARY.contains(&first),
        None => package.split('.').next().is_some_and(|name| GO_LIBRARY.contains(&name)),
    };
    is_of_library || file.contains("@v") || file.contains("/vendor/")
}

/// Whether it is the name of a source file and not of a binary.
fn is_source(file: &str) -> bool {
    let extension =
        file.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, extension)| extension);
    matches!(
        extension,
        Some(
            "rs" | "py"
                | "go"
                | "js"
                | "mjs"
                | "cjs"
                | "ts"
                | "jsx"
                | "tsx"
                | "c"
                | "cc"
                | "cpp"
                | "h"
                | "java"
                | "kt"
                | "rb"
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_compilers_add() {
        for (function, plain) in [
            ("hotel::nlu::understand", "hotel::nlu::understand"),
            ("hotel::handlers::webhook::text::{{closure}}::{{closure}}", "hotel::handlers::webhook::text"),
            ("hotel::handlers::webhook::text::{closure#0}", "hotel::handlers::webhook::text"),
            ("hotel::run::h0123456789abcdef", "hotel::run"),
            ("core::iter::fold::<alloc::vec::Vec<u8>, fn(u8) -> u8>", "core::iter::fold"),
            ("<hotel::Plan as core::fmt::Debug>::fmt", "<hotel::Plan as core::fmt::Debug>::fmt"),
            ("main.(*Server).handle", "main.(*Server).handle"),
            ("price_calendar.<locals>.<dictcomp>", "price_calendar.<locals>.<dictcomp>"),
            ("<module>", "<module>"),
            ("<listcomp>", "<listcomp>"),
            ("", ""),
        ] {
            assert_eq!(plain_name(function), plain);
        }
    }

    #[test]
    fn what_has_no_name_is_told_by_its_file() {
        let told = |function: &str, file: Option<&str>| {
            told_name(&Frame { function: function.to_owned(), file: file.map(str::to_owned), line: None })
        };
        assert_eq!(told("{async_fn#0}", Some("/app/src/webhook.rs")), "an async function of webhook.rs");
        assert_eq!(told("{{closure}}", None), "a closure");
        assert_eq!(told("hotel::run", Some("/app/src/main.rs")), "hotel::run");
    }

    #[test]
    fn code_of_others_is_known_by_its_place() {
        let frame = |function: &str, file: Option<&str>| Frame {
            function: function.to_owned(),
            file: file.map(str::to_owned),
            line: None,
        };
        let profile = |frames| Profile { frames, ..super::super::fixtures::profile(&[]) };
        let own = frame("hotel::nlu::understand", Some("/src/hotel/src/nlu/mod.rs"));
        let others = [
            frame("regex::Regex::new", Some("/home/me/.cargo/registry/src/index/regex-1/src/regex.rs")),
            frame("tokio::runtime::run", Some("/src/vendor/tokio.rs")),
            frame("select", Some("/usr/lib/python3.11/selectors.py")),
            frame("malloc", Some("libc.so.6")),
            frame("[unknown]", Some("/src/hotel/src/nlu/mod.rs")),
            frame("malloc", None),
        ];
        let ownership = Ownership::of(&profile(vec![own.clone()]));
        assert!(ownership.is_own(&own));
        assert!(others.iter().all(|frame| !ownership.is_own(frame)), "{others:?}");
        for (function, file) in [
            ("net/http.(*conn).serve", "/opt/homebrew/Cellar/go/1.22.1/libexec/src/net/http/server.go"),
            ("runtime.findRunnable", "runtime/proc.go"),
            ("github.com/gin-gonic/gin.(*Context).Next", "github.com/gin-gonic/gin@v1.9.1/context.go"),
            ("github.com/lib/pq.(*conn).recv", "/app/vendor/github.com/lib/pq/conn.go"),
        ] {
            assert!(!ownership.is_own(&frame(function, Some(file))), "{function}");
        }
        for (function, file) in [
            ("main.(*server).quote", "/app/main.go"),
            ("main.sum[go.shape.int]", "booking/main.go"),
            ("github.com/us/booking/net.Price", "github.com/us/booking/net/price.go"),
            ("text.example.com/us/booking.Price", "/app/price.go"),
        ] {
            assert!(ownership.is_own(&frame(function, Some(file))), "{function}");
        }
        // Nothing names a file.
        let ownership = Ownership::of(&profile(vec![frame("handler", None)]));
        assert!(
            ownership.is_own(&frame("handler", None)) && !ownership.is_own(&frame("runtime.mcall", None))
        );
    }

    proptest::proptest! {
        #[test]
        fn no_name_makes_it_panic(name in "[a-zé:<>{}#h0-9\\-]{0,60}") {
            let _ = (plain_name(&name), is_wrapper(&name));
        }
    }
}
