//! The files that the target's code comes from, kept open from when they are first seen: a process may end, and a file be replaced, before its
//! functions are looked up.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;

use super::record::MappedCode;

/// Files that are kept open. The load generator needs descriptors of the same process; functions of further files have no names.
const MOST_OPEN: usize = 128;

/// One file, or what the kernel calls memory without one.
#[derive(Debug)]
pub(super) struct Binary {
    /// Its path as the target sees it; empty for code that the target wrote itself.
    pub(super) path: String,
    file: Option<File>,
}

impl Binary {
    /// Where it can be read, for as long as this value lives.
    pub(super) fn readable_path(&self) -> Option<PathBuf> {
        self.file.as_ref().map(|file| PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd())))
    }

    /// Whether it is code that the target made while it ran.
    pub(super) fn is_generated(&self) -> bool {
        self.path.is_empty()
    }

    /// Its last part, as in `libc.so.6` or `[vdso]`.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// All of them, each once.
#[derive(Debug, Default)]
pub(super) struct Binaries {
    table: Vec<Binary>,
    places: HashMap<String, u32>,
    open_count: usize,
}

impl Binaries {
    /// The place of the binary that a process has mapped.
    pub(super) fn place_of(&mut self, pid: u32, code: &MappedCode) -> u32 {
        let path = shown_path(&code.path.to_string_lossy());
        if let Some(&place) = self.places.get(&path) {
            return place;
        }
        let is_file = path.starts_with('/') && self.open_count < MOST_OPEN;
        let file = if is_file { open(pid, code) } else { None };
        self.open_count += usize::from(file.is_some());
        let place = u32::try_from(self.table.len()).unwrap_or(u32::MAX);
        self.table.push(Binary { path: path.clone(), file });
        self.places.insert(path, place);
        place
    }

    pub(super) fn get(&self, place: u32) -> Option<&Binary> {
        self.table.get(usize::try_from(place).ok()?)
    }
}

/// Empty for memory without a name or a file that lasts.
fn shown_path(path: &str) -> String {
    let is_memory = path.starts_with("//anon")
        || path.starts_with("[anon")
        || path.starts_with("/memfd:")
        || path.starts_with("/dev/zero")
        || path.starts_with("[heap]")
        || path.starts_with("[stack");
    if is_memory { String::new() } else { path.trim_end_matches(" (deleted)").to_owned() }
}

/// As the process sees the file, which may live in a container or be deleted; once it has ended, as we see it, if that is the same file.
fn open(pid: u32, code: &MappedCode) -> Option<File> {
    let path = Path::new(&code.path);
    let seen_by_target =
        Path::new("/proc").join(pid.to_string()).join("root").join(path.strip_prefix("/").ok()?);
    let of_the_mapping = PathBuf::from(format!("/proc/{pid}/map_files/{:x}-{:x}", code.start, code.end));
    let is_it = |file: &File| code.inode == 0 || file.metadata().is_ok_and(|found| found.ino() == code.inode);
    [seen_by_target, of_the_mapping, path.to_owned()].iter().filter_map(|path| open_regular(path)).find(is_it)
}

/// Opens a file, and nothing else that has its name: to open a pipe would wait until somebody writes into it.
pub(super) fn open_regular(path: &Path) -> Option<File> {
    let file = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path).ok()?;
    file.metadata().is_ok_and(|found| found.is_file()).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(path: &Path, inode: u64) -> MappedCode {
        MappedCode { start: 0, end: 1, file_offset: 0, inode, path: path.as_os_str().to_owned() }
    }

    #[test]
    fn memory_without_a_file_is_generated_code() {
        let names = ["//anon", "[anon:jit]", "/memfd:jit (deleted)", ""].map(shown_path);
        assert!(names.iter().all(String::is_empty), "{names:?}");
        assert_eq!(shown_path("/opt/app (deleted)"), "/opt/app");
        assert_eq!(shown_path("[vdso]"), "[vdso]");
    }

    #[test]
    fn a_file_stays_readable_after_it_was_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app");
        std::fs::write(&path, "code").unwrap();
        let inode = std::fs::metadata(&path).unwrap().ino();
        let mut binaries = Binaries::default();
        let place = binaries.place_of(std::process::id(), &code(&path, inode));
        std::fs::remove_file(&path).unwrap();
        let binary = binaries.get(place).unwrap();
        assert_eq!(binary.name(), "app");
        assert_eq!(std::fs::read_to_string(binary.readable_path().unwrap()).unwrap(), "code");
        assert_eq!(binaries.place_of(std::process::id(), &code(&path, inode)), place);
    }

    #[test]
    fn another_file_in_its_place_is_not_taken_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app");
        std::fs::write(&path, "other").unwrap();
        let inode = std::fs::metadata(&path).unwrap().ino();
        let mut binaries = Binaries::default();
        let place = binaries.place_of(u32::MAX, &code(&path, inode + 1));
        assert_eq!(binaries.get(place).unwrap().readable_path(), None);
    }

    #[test]
    fn a_pipe_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(open_regular(&path).is_none());
        for inode in [0, std::fs::metadata(&path).unwrap().ino()] {
            assert!(open(std::process::id(), &code(&path, inode)).is_none());
        }
    }

    #[test]
    fn only_so_many_files_are_kept_open() {
        let folder = tempfile::tempdir().unwrap();
        let mut binaries = Binaries::default();
        let places: Vec<u32> = (0..MOST_OPEN + 9)
            .map(|number| {
                let path = folder.path().join(format!("lib{number}.so"));
                std::fs::write(&path, "code").unwrap();
                binaries.place_of(std::process::id(), &code(&path, 0))
            })
            .collect();
        let is_readable = |place: u32| binaries.get(place).unwrap().readable_path().is_some();
        assert_eq!(places.iter().filter(|place| is_readable(**place)).count(), MOST_OPEN);
        assert_eq!(binaries.get(places[MOST_OPEN]).unwrap().name(), "lib128.so");
    }
}
