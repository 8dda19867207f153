//! What the kernel writes into a ring, as far as it matters here.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use perf_event_data::endian::Native;
use perf_event_data::parse::{ParseConfig, Parser};
use perf_event_data::{Comm, Exit, Lost, LostSamples, Mmap2, RecordMetadata, Sample, Visitor};

/// Set in the header of a change of name that comes from execve(2) (`PERF_RECORD_MISC_COMM_EXEC`).
const MISC_COMM_EXEC: u16 = 1 << 13;
/// Addresses from here on are no addresses, but say what follows (`PERF_CONTEXT_MAX`, −4095).
const FIRST_CONTEXT: u64 = u64::MAX - 4094;
/// What follows is the kernel's (`PERF_CONTEXT_KERNEL`, −128).
const CONTEXT_KERNEL: u64 = u64::MAX - 127;
/// What follows is the program's (`PERF_CONTEXT_USER`, −512).
const CONTEXT_USER: u64 = u64::MAX - 511;

/// Something that happened, and when by the kernel's clock, ns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) at_ns: u64,
    pub(super) what: Happening,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Happening {
    /// A tick of a thread's CPU time.
    Sample { pid: u32, stack: Vec<Address> },
    /// Code was mapped into memory.
    Map { pid: u32, mapping: MappedCode },
    /// A process was forked.
    Fork { pid: u32, parent: u32 },
    /// A process became another program.
    Exec { pid: u32 },
    /// So many samples did not fit, or could not be read.
    Lost(u64),
}

/// Code in the memory of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MappedCode {
    pub(super) start: u64,
    pub(super) end: u64,
    /// Where in the file it begins.
    pub(super) file_offset: u64,
    pub(super) inode: u64,
    /// The file, or what the kernel calls it.
    pub(super) path: OsString,
}

/// One address of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Address {
    /// An address inside of the instruction: of a caller one byte before the one it goes on with, which may be another line's.
    pub(super) value: u64,
    pub(super) is_kernel: bool,
}

/// Reads one record: `body` without its header. Nothing where it does not matter.
pub(super) fn read_record(kind: u32, misc: u16, body: &[u8], config: &ParseConfig<Native>) -> Option<Event> {
    let Ok(size) = u16::try_from(body.len() + 8) else {
        return Some(unreadable());
    };
    // The crate hides the header of a record in a ring, and parses records only with one.
    let mut bytes = Vec::with_capacity(usize::from(size));
    bytes.extend_from_slice(&kind.to_ne_bytes());
    bytes.extend_from_slice(&misc.to_ne_bytes());
    bytes.extend_from_slice(&size.to_ne_bytes());
    bytes.extend_from_slice(body);
    Parser::new(&bytes[..], config.clone()).parse_record(Reader).unwrap_or_else(|_| Some(unreadable()))
}

fn unreadable() -> Event {
    Event { at_ns: 0, what: Happening::Lost(1) }
}

struct Reader;

impl<'a> Visitor<'a> for Reader {
    type Output = Option<Event>;

    fn visit_unimplemented(self, _: RecordMetadata) -> Self::Output {
        None
    }

    fn visit_sample(self, sample: Sample<'a>, _: RecordMetadata) -> Self::Output {
        let stack = addresses(sample.callchain().unwrap_or_default());
        Some(Event { at_ns: sample.time()?, what: Happening::Sample { pid: sample.pid()?, stack } })
    }

    fn visit_mmap2(self, map: Mmap2<'a>, metadata: RecordMetadata) -> Self::Output {
        let mapping = MappedCode {
            start: map.addr,
            end: map.addr.saturating_add(map.len),
            file_offset: map.pgoff,
            inode: map.ino().unwrap_or(0),
            path: std::ffi::OsStr::from_bytes(trim_nul(&map.filename)).to_owned(),
        };
        Some(Event { at_ns: metadata.sample_id().time()?, what: Happening::Map { pid: map.pid, mapping } })
    }

    fn visit_comm(self, comm: Comm<'a>, metadata: RecordMetadata) -> Self::Output {
        let is_exec = metadata.misc() & MISC_COMM_EXEC != 0;
        let at_ns = metadata.sample_id().time()?;
        is_exec.then_some(Event { at_ns, what: Happening::Exec { pid: comm.pid } })
    }

    fn visit_fork(self, fork: Exit, _: RecordMetadata) -> Self::Output {
        // A thread has the memory of its process.
        let is_process = fork.pid != fork.ppid;
        is_process
            .then_some(Event { at_ns: fork.time, what: Happening::Fork { pid: fork.pid, parent: fork.ppid } })
    }

    fn visit_lost(self, lost: Lost, metadata: RecordMetadata) -> Self::Output {
        Some(Event { at_ns: metadata.sample_id().time().unwrap_or(0), what: Happening::Lost(lost.lost) })
    }

    fn visit_lost_samples(self, lost: LostSamples, metadata: RecordMetadata) -> Self::Output {
        Some(Event { at_ns: metadata.sample_id().time().unwrap_or(0), what: Happening::Lost(lost.lost) })
    }
}

fn trim_nul(name: &[u8]) -> &[u8] {
    name.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// The addresses of a call chain, the one that ran first.
fn addresses(chain: &[u64]) -> Vec<Address> {
    let mut stack = Vec::with_capacity(chain.len());
    let mut is_kernel = false;
    // The first after a change is where it stood; the others are where it returns to.
    let mut is_first = true;
    for &value in chain {
        if value >= FIRST_CONTEXT {
            is_kernel = value == CONTEXT_KERNEL || (is_kernel && value != CONTEXT_USER);
            is_first = true;
        } else {
            let value = if is_first { value } else { value.saturating_sub(1) };
            stack.push(Address { value, is_kernel });
            is_first = false;
        }
    }
    stack
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_chain_goes_from_the_kernel_to_the_program() {
        let chain = [CONTEXT_KERNEL, 0xffff_8000, 0xffff_9000, CONTEXT_USER, 0x1000, 0x2000];
        let stack = addresses(&chain);
        let seen: Vec<_> = stack.iter().map(|address| (address.value, address.is_kernel)).collect();
        assert_eq!(seen, [(0xffff_8000, true), (0xffff_8fff, true), (0x1000, false), (0x1fff, false)]);
        assert_eq!(addresses(&[]), []);
        assert_eq!(addresses(&[CONTEXT_USER]), []);
    }

    #[test]
    fn what_cannot_be_read_counts_as_lost() {
        // A sample (9) must hold more than nothing when call chains are asked for; a lost record (2) two numbers.
        let event = read_record(2, 0, &[1, 2], &ParseConfig::default());
        assert_eq!(event, Some(unreadable()));
    }

    #[test]
    fn a_record_of_lost_samples_says_how_many() {
        let body: Vec<u8> = [7_u64, 42].iter().flat_map(|number| number.to_ne_bytes()).collect();
        let event = read_record(2, 0, &body, &ParseConfig::default()).unwrap();
        assert_eq!(event.what, Happening::Lost(42));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(kind in 0_u32..30, misc: u16, body in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read_record(kind, misc, &body, &ParseConfig::default());
        }

        #[test]
        fn any_chain_is_read_without_panic(chain in prop::collection::vec(any::<u64>(), 0..50)) {
            prop_assert!(addresses(&chain).len() <= chain.len());
        }
    }
}
