//! From places in binaries to functions, files and lines.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use aforo_model::profile::Frame;
use blazesym::MaybeDefault;
use blazesym::symbolize::source::{Elf, Kernel, Source};
use blazesym::symbolize::{CodeInfo, Input, Sym, Symbolized, Symbolizer};

use super::binaries::{Binaries, Binary, open_regular};
use super::tally::Place;

/// Begins the name of a function that is not known.
pub(super) const UNKNOWN: &str = "[unknown]";
/// Stands for the kernel as a file.
pub(super) const KERNEL: &str = "[kernel]";
/// A map of generated code is read up to here.
const PERF_MAP_BYTES: u64 = 64 << 20;
/// Lines of `/proc/kallsyms` that tell whether addresses are shown.
const KERNEL_LINES: usize = 200;

/// What runs at each place, the outermost first where functions are inlined.
pub(super) fn frames_of(places: &[Place], binaries: &Binaries) -> HashMap<Place, Vec<Frame>> {
    let symbolizer = Symbolizer::new();
    let mut files: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
    let mut kernel = Vec::new();
    let mut generated: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
    let mut found = HashMap::new();
    for &place in places {
        match place {
            Place::File { binary, offset } => files.entry(binary).or_default().push(offset),
            Place::Kernel(address) => kernel.push(address),
            Place::Generated { pid, address } => generated.entry(pid).or_default().push(address),
            Place::Unmapped => {
                found.insert(place, vec![frame(UNKNOWN.to_owned(), None)]);
            }
        }
    }
    for (place, offsets) in files {
        let names =
            binaries.get(place).map(|binary| in_file(&symbolizer, binary, &offsets)).unwrap_or_default();
        let places = offsets.into_iter().map(|offset| Place::File { binary: place, offset });
        found.extend(places.zip(names));
    }
    let names = in_kernel(&symbolizer, &kernel);
    found.extend(kernel.into_iter().map(Place::Kernel).zip(names));
    for (pid, addresses) in generated {
        let map = PerfMap::of(pid);
        found.extend(
            addresses
                .into_iter()
                .map(|address| (Place::Generated { pid, address }, vec![map.frame(address)])),
        );
    }
    found
}

fn in_file(symbolizer: &Symbolizer, binary: &Binary, offsets: &[u64]) -> Vec<Vec<Frame>> {
    let symbols = binary.readable_path().and_then(|path| {
        let source = Source::Elf(Elf::new(path));
        symbolizer.symbolize(&source, Input::FileOffset(offsets)).ok()
    });
    let unknown = || vec![unknown_in(binary)];
    match symbols {
        Some(symbols) => symbols
            .iter()
            .map(|symbol| symbol.as_sym().map_or_else(unknown, |symbol| frames(symbol, &binary.path)))
            .collect(),
        None => offsets.iter().map(|_| unknown()).collect(),
    }
}

/// `[unknown] in libfoo.so`; what the kernel maps by itself, such as `[vdso]`, has a name of its own.
fn unknown_in(binary: &Binary) -> Frame {
    let name = binary.name();
    let function = if name.starts_with('[') { name.to_owned() } else { format!("{UNKNOWN} in {name}") };
    frame(function, Some(binary.path.clone()))
}

fn in_kernel(symbolizer: &Symbolizer, addresses: &[u64]) -> Vec<Vec<Frame>> {
    let unknown = || vec![frame(format!("{UNKNOWN} in {KERNEL}"), Some(KERNEL.to_owned()))];
    let source =
        Source::Kernel(Kernel { vmlinux: MaybeDefault::None, debug_syms: false, ..Kernel::default() });
    let symbols = if addresses.is_empty() || !kernel_shows_addresses() {
        None
    } else {
        symbolizer.symbolize(&source, Input::AbsAddr(addresses)).ok()
    };
    match symbols {
        Some(symbols) => symbols
            .iter()
            .map(|symbol| match symbol {
                Symbolized::Sym(symbol) => vec![frame(symbol.name.to_string(), Some(KERNEL.to_owned()))],
                Symbolized::Unknown(_) => unknown(),
            })
            .collect(),
        None => addresses.iter().map(|_| unknown()).collect(),
    }
}

/// Whether the addresses are true: to those who may not see them (`kptr_restrict`) every function is at 0.
fn kernel_shows_addresses() -> bool {
    let Ok(file) = File::open("/proc/kallsyms") else {
        return false;
    };
    let mut lines = BufReader::new(file).lines().take(KERNEL_LINES).map_while(Result::ok);
    lines.any(|line| line.split(' ').next().is_some_and(|address| address.bytes().any(|digit| digit != b'0')))
}

/// A function and those inlined at this place of it, the outermost first.
fn frames(symbol: &Sym<'_>, binary: &str) -> Vec<Frame> {
    let at = |name: &str, place: Option<&CodeInfo<'_>>| Frame {
        function: name.to_owned(),
        file: Some(
            place.map_or_else(|| binary.to_owned(), |place| place.to_path().to_string_lossy().into_owned()),
        ),
        line: place.and_then(|place| place.line).filter(|line| *line > 0),
    };
    let inlined = symbol.inlined.iter().map(|function| at(&function.name, function.code_info.as_ref()));
    std::iter::once(at(&symbol.name, symbol.code_info.as_deref())).chain(inlined).collect()
}

fn frame(function: String, file: Option<String>) -> Frame {
    Frame { function, file, line: None }
}

/// Functions that a compiler at run time wrote down for profilers, as Python does with `PYTHONPERFSUPPORT` and Node with
/// `--perf-basic-prof`: lines of start, size and name.
#[derive(Debug, Default)]
struct PerfMap {
    functions: BTreeMap<u64, (u64, String)>,
}

impl PerfMap {
    fn of(pid: u32) -> Self {
        // The process may see another folder, and may have ended.
        let candidates = [format!("/proc/{pid}/root/tmp/perf-{pid}.map"), format!("/tmp/perf-{pid}.map")];
        let owners = trusted_owners(pid);
        let file = candidates.iter().find_map(|path| open_map(Path::new(path), &owners));
        let mut text = Vec::new();
        let read = file.map(|file| file.take(PERF_MAP_BYTES).read_to_end(&mut text));
        // What came before a fault is still true.
        drop(read);
        Self::parse(&String::from_utf8_lossy(&text))
    }

    fn parse(text: &str) -> Self {
        let functions = text.lines().filter_map(|line| {
            let (start, rest) = line.split_once(' ')?;
            let (size, name) = rest.split_once(' ')?;
            let number = |digits: &str| u64::from_str_radix(digits.trim_start_matches("0x"), 16).ok();
            let start = number(start)?;
            Some((start, (start.saturating_add(number(size)?), name.trim().to_owned())))
        });
        Self { functions: functions.collect() }
    }

    fn frame(&self, address: u64) -> Frame {
        let found = self.functions.range(..=address).next_back().filter(|(_, (end, _))| address < *end);
        match found {
            Some((_, (_, name))) => named(name),
            None => frame(format!("{UNKNOWN} in generated code"), None),
        }
    }
}

/// Users whose maps are believed: root, our own, and the target's while it lives. Everybody may write into `/tmp`.
fn trusted_owners(pid: u32) -> Vec<u32> {
    let target = std::fs::metadata(format!("/proc/{pid}")).ok().map(|process| process.uid());
    [0, nix::unistd::geteuid().as_raw()].into_iter().chain(target).collect()
}

fn open_map(path: &Path, owners: &[u32]) -> Option<File> {
    let file = open_regular(path)?;
    file.metadata().is_ok_and(|found| owners.contains(&found.uid())).then_some(file)
}

/// Python writes `py::function:/path/of/the/file.py`.
fn named(name: &str) -> Frame {
    match name.strip_prefix("py::").and_then(|name| name.split_once(':')) {
        Some((function, file)) => frame(function.to_owned(), Some(file.to_owned())),
        None => frame(name.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_perf_map_names_generated_code() {
        let map = PerfMap::parse(
            "7f00 10 py::work:/srv/app.py\n0x7f20 8 LazyCompile:*handle /srv/app.js:3\nbroken\n",
        );
        let python = map.frame(0x7f0f);
        assert_eq!((python.function.as_str(), python.file.as_deref()), ("work", Some("/srv/app.py")));
        assert_eq!(map.frame(0x7f20).function, "LazyCompile:*handle /srv/app.js:3");
        assert_eq!(map.frame(0x7f10).function, "[unknown] in generated code");
        assert_eq!(map.frame(0).function, "[unknown] in generated code");
    }

    #[test]
    fn a_map_that_is_a_pipe_or_of_another_user_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let owners = trusted_owners(std::process::id());
        let pipe = folder.path().join("perf-1.map");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(open_map(&pipe, &owners).is_none());
        let map = folder.path().join("perf-2.map");
        std::fs::write(&map, "7f00 10 work\n").unwrap();
        assert!(open_map(&map, &owners).is_some());
        assert!(open_map(&map, &[nix::unistd::geteuid().as_raw() + 1]).is_none());
    }

    #[test]
    fn a_place_without_anything_is_unknown() {
        let found = frames_of(&[Place::Unmapped, Place::File { binary: 9, offset: 1 }], &Binaries::default());
        assert_eq!(found[&Place::Unmapped][0].function, UNKNOWN);
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_file_that_is_no_binary_is_unknown_by_its_name() {
        use super::super::record::MappedCode;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("libfoo.so");
        std::fs::write(&path, b"\x7fELF and then nonsense").unwrap();
        let mut binaries = Binaries::default();
        let code = MappedCode { start: 0, end: 9, file_offset: 0, inode: 0, path: path.into_os_string() };
        let binary = binaries.place_of(std::process::id(), &code);
        let place = Place::File { binary, offset: 5 };
        assert_eq!(frames_of(&[place], &binaries)[&place][0].function, "[unknown] in libfoo.so");
    }

    proptest! {
        #[test]
        fn any_perf_map_is_read_without_panic(text in ".{0,200}", address: u64) {
            let _ = PerfMap::parse(&text).frame(address);
        }
    }
}
