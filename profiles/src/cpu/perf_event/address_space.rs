//! Which code lies where in the memory of a process.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;

use super::record::MappedCode;

/// The code in the memory of one process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AddressSpace {
    /// By where it starts; none overlap.
    regions: BTreeMap<u64, Region>,
}

/// A piece of one binary in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region {
    end: u64,
    file_offset: u64,
    /// Its place in the table of binaries.
    pub(super) binary: u32,
}

impl AddressSpace {
    /// Adds code, in the place of what was there before.
    pub(super) fn map(&mut self, code: &MappedCode, binary: u32) {
        if code.start >= code.end {
            return;
        }
        let touched: Vec<u64> = self
            .regions
            .range(..code.end)
            .rev()
            .take_while(|(_, region)| region.end > code.start)
            .map(|(&start, _)| start)
            .collect();
        for start in touched {
            let Some(region) = self.regions.remove(&start) else { continue };
            if start < code.start {
                self.regions.insert(start, Region { end: code.start, ..region });
            }
            if region.end > code.end {
                let file_offset = region.file_offset.saturating_add(code.end - start);
                self.regions.insert(code.end, Region { file_offset, ..region });
            }
        }
        self.regions.insert(code.start, Region { end: code.end, file_offset: code.file_offset, binary });
    }

    /// The binary an address belongs to, and where in its file that is.
    pub(super) fn find(&self, address: u64) -> Option<(u32, u64)> {
        let (&start, region) = self.regions.range(..=address).next_back()?;
        (address < region.end).then(|| (region.binary, region.file_offset.saturating_add(address - start)))
    }
}

/// The code that a running process has in memory, by `/proc/PID/maps`; none where it has ended.
pub(super) fn mapped_code(pid: u32) -> Vec<MappedCode> {
    use std::os::unix::ffi::OsStringExt;
    let maps = fs::read(format!("/proc/{pid}/maps")).unwrap_or_default();
    let lines = maps.split(|byte| *byte == b'\n');
    lines
        .filter_map(|line| {
            let (fields, path) = split_fields(line)?;
            let mut code = parse_fields(fields)?;
            code.path = OsString::from_vec(path.to_vec());
            Some(code)
        })
        .collect()
}

/// The first five fields, and the path, which may hold blanks and need not be text.
fn split_fields(line: &[u8]) -> Option<(&str, &[u8])> {
    let mut end = 0;
    for _ in 0..5 {
        let rest = line.get(end..)?;
        let begin = end + rest.iter().position(|byte| *byte != b' ')?;
        let field = line.get(begin..)?;
        end = begin + field.iter().position(|byte| *byte == b' ').unwrap_or(field.len());
    }
    let path = line.get(end..).unwrap_or_default();
    let blank = path.iter().position(|byte| *byte != b' ').unwrap_or(path.len());
    Some((std::str::from_utf8(line.get(..end)?).ok()?, path.get(blank..).unwrap_or_default()))
}

/// `7f00-7f10 r-xp 00001000 08:01 42`, where it may run.
fn parse_fields(fields: &str) -> Option<MappedCode> {
    let mut fields = fields.split_ascii_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let may_run = fields.next()?.as_bytes().get(2) == Some(&b'x');
    let file_offset = u64::from_str_radix(fields.next()?, 16).ok()?;
    let inode = fields.nth(1)?.parse().ok()?;
    may_run.then_some(MappedCode {
        start: u64::from_str_radix(start, 16).ok()?,
        end: u64::from_str_radix(end, 16).ok()?,
        file_offset,
        inode,
        path: OsString::new(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(start: u64, end: u64, file_offset: u64) -> MappedCode {
        MappedCode { start, end, file_offset, inode: 0, path: OsString::new() }
    }

    #[test]
    fn an_address_is_told_by_binary_and_place_in_its_file() {
        let mut space = AddressSpace::default();
        space.map(&code(0x1000, 0x3000, 0x400), 7);
        assert_eq!(space.find(0x1000), Some((7, 0x400)));
        assert_eq!(space.find(0x2fff), Some((7, 0x23ff)));
        assert_eq!(space.find(0x3000), None);
        assert_eq!(space.find(0xfff), None);
    }

    #[test]
    fn new_code_takes_the_place_of_old_and_leaves_its_ends() {
        let mut space = AddressSpace::default();
        space.map(&code(0x1000, 0x5000, 0), 1);
        space.map(&code(0x2000, 0x3000, 0), 2);
        assert_eq!(space.find(0x1fff), Some((1, 0xfff)));
        assert_eq!(space.find(0x2000), Some((2, 0)));
        assert_eq!(space.find(0x3000), Some((1, 0x2000)));
        space.map(&code(0, 0x10_000, 0), 3);
        assert_eq!(space.find(0x4000), Some((3, 0x4000)));
        space.map(&code(9, 9, 0), 4);
        assert_eq!(space.find(9), Some((3, 9)));
    }

    #[test]
    fn only_what_may_run_is_read_from_a_line_of_maps() {
        let read = |line: &'static [u8]| {
            split_fields(line).and_then(|(fields, path)| Some((parse_fields(fields)?, path)))
        };
        let (found, path) = read(b"55d0-55e0 r-xp 00002000 08:01 42     /opt/my app (deleted)").unwrap();
        assert_eq!((found.start, found.end, found.file_offset, found.inode), (0x55d0, 0x55e0, 0x2000, 42));
        assert_eq!(path, b"/opt/my app (deleted)");
        assert!(read(b"55d0-55e0 rw-p 00002000 08:01 42 /opt/app").is_none());
        assert_eq!(read(b"55d0-55e0 r-xp 00000000 00:00 0").unwrap().1, b"");
        assert!(read(b"").is_none());
    }

    #[test]
    fn the_code_of_oneself_is_found() {
        let own = std::env::current_exe().unwrap();
        assert!(mapped_code(std::process::id()).iter().any(|code| code.path == own.as_os_str()));
    }

    proptest! {
        #[test]
        fn the_newest_code_at_an_address_is_the_one_found(
            codes in prop::collection::vec((0_u64..200, 0_u64..60), 0..30), address in 0_u64..260,
        ) {
            let mut space = AddressSpace::default();
            for (binary, (start, length)) in codes.iter().enumerate() {
                space.map(&code(*start, start + length, start * 1000), binary as u32);
            }
            let newest = codes.iter().enumerate().rev().find(|(_, (start, length))| (*start..start + length).contains(&address));
            let expected = newest.map(|(binary, (start, _))| (binary as u32, start * 1000 + address - start));
            prop_assert_eq!(space.find(address), expected);
        }

        #[test]
        fn any_line_is_read_without_panic(line in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = split_fields(&line).map(|(fields, _)| parse_fields(fields));
        }
    }
}
