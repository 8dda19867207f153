//! Whether a process runs Python, and which.

use std::fs;
use std::path::Path;

/// A kind of Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interpreter {
    /// The usual one, which py-spy reads.
    CPython,
    /// `CPython` without the global interpreter lock (3.13t and later): its data has another layout, which py-spy 0.4.3 does not know
    /// (its issue 711).
    FreeThreaded,
    /// Another implementation altogether.
    PyPy,
}

/// The program that a process runs; empty where we may not know.
pub(super) fn program(pid: u32) -> String {
    let path = fs::read_link(format!("/proc/{pid}/exe")).map(|path| path.to_string_lossy().into_owned());
    // Of other users' processes only the command line can be seen.
    path.or_else(|_| fs::read_to_string(format!("/proc/{pid}/cmdline")))
        .map(|path| path.split('\0').next().unwrap_or_default().to_owned())
        .unwrap_or_default()
}

/// Which Python a process runs; nothing when it is none. A program may have it as a library, as uWSGI does.
pub(super) fn interpreter(pid: u32, program: &str) -> Option<Interpreter> {
    of_file(program).or_else(|| of_maps(&fs::read_to_string(format!("/proc/{pid}/maps")).ok()?))
}

/// By the name of a program or a library, as `python3.11`, `python3.13t`, `libpython3.12.so.1.0` or `pypy3.10`.
fn of_file(path: &str) -> Option<Interpreter> {
    // The kernel marks a program whose file was replaced, as by an upgrade.
    let path = path.trim_end_matches(" (deleted)");
    let name = Path::new(path).file_name()?.to_str()?;
    let name = name.strip_prefix("lib").filter(|name| name.contains(".so")).unwrap_or(name);
    if let Some(version) = name.strip_prefix("pypy") {
        return is_version(version.split("-c.so").next()?).then_some(Interpreter::PyPy);
    }
    let version = name.strip_prefix("python")?.split(".so").next()?;
    // Builds for debugging (d), and old ones with other allocators or strings (m, u), read alike.
    let number = version.trim_end_matches(['d', 'm', 'u', 't']);
    let is_free_threaded = version[number.len()..].contains('t');
    is_version(number).then_some(if is_free_threaded {
        Interpreter::FreeThreaded
    } else {
        Interpreter::CPython
    })
}

fn is_version(text: &str) -> bool {
    text.chars().all(|each| each.is_ascii_digit() || each == '.')
}

/// By the libraries in `/proc/PID/maps`.
fn of_maps(maps: &str) -> Option<Interpreter> {
    let files = maps.lines().filter_map(|line| line.find('/').map(|path| &line[path..]));
    files.filter(|path| path.contains("/libpython") || path.contains("/libpypy")).find_map(of_file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pythons_are_known_by_the_name_of_their_program() {
        for program in [
            "/usr/bin/python3.11",
            "python",
            "/opt/py/bin/python3",
            "/usr/bin/python3.9 (deleted)",
            "python3.12d",
        ] {
            assert_eq!(of_file(program), Some(Interpreter::CPython), "{program}");
        }
        assert_eq!(of_file("/usr/bin/python3.13t"), Some(Interpreter::FreeThreaded));
        assert_eq!(of_file("/usr/bin/python3.14td"), Some(Interpreter::FreeThreaded));
        assert_eq!(of_file("/usr/bin/pypy3.10"), Some(Interpreter::PyPy));
        for program in ["/usr/bin/sleep", "python-config", "/opt/python3.11/bin/node", "pythonic", ""] {
            assert_eq!(of_file(program), None, "{program}");
        }
    }

    #[test]
    fn a_program_with_python_as_a_library_is_known_by_its_maps() {
        let line = |path: &str| format!("7f0000000000-7f0000001000 r-xp 00000000 08:01 17   {path}\n");
        assert_eq!(of_maps(&line("/usr/lib/libpython3.11.so.1.0")), Some(Interpreter::CPython));
        assert_eq!(of_maps(&line("/usr/lib/libpython3.13t.so.1.0")), Some(Interpreter::FreeThreaded));
        assert_eq!(of_maps(&line("/usr/lib/libpypy3.10-c.so")), Some(Interpreter::PyPy));
        assert_eq!(of_maps(&line("/usr/lib/libboost_python311.so.1.74")), None);
        assert_eq!(of_maps(""), None);
    }
}
