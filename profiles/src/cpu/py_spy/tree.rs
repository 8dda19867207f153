//! The target's processes, and which of them run Python.

use std::collections::HashMap;

use super::interpreter::{Interpreter, interpreter, program};
use crate::processes::{ProcessId, ProcessSource, SystemSource};

/// A process that runs Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PythonProcess {
    pub(super) id: ProcessId,
    pub(super) interpreter: Interpreter,
}

/// A process and all below it, read again and again.
#[derive(Debug)]
pub(super) struct Tree {
    root: ProcessId,
    source: SystemSource,
    /// What each ran when it was last looked at. A process keeps its id when it executes another program.
    known: HashMap<ProcessId, (String, Option<Interpreter>)>,
}

impl Tree {
    /// The tree of the process that has this number now; nothing when there is none, or it has ended.
    pub(super) fn of(pid: u32) -> Option<Self> {
        let mut source = SystemSource::new();
        let root = source.read(pid).filter(|reading| !reading.is_zombie)?.id;
        Some(Self { root, source, known: HashMap::new() })
    }

    pub(super) fn root(&self) -> ProcessId {
        self.root
    }

    /// Whether a process is still there.
    pub(super) fn lives(&mut self, process: ProcessId) -> bool {
        lives(&mut self.source, process)
    }

    /// Those of its processes that run Python now, from the root downwards; none once the root has ended.
    pub(super) fn pythons(&mut self) -> Vec<PythonProcess> {
        let processes = self.processes();
        self.known.retain(|process, _| processes.contains(process));
        let pythons = processes.into_iter().filter_map(|id| {
            let program = program(id.pid);
            let known = self.known.get(&id).filter(|(before, _)| *before == program);
            let interpreter =
                known.map_or_else(|| interpreter(id.pid, &program), |(_, interpreter)| *interpreter);
            self.known.insert(id, (program, interpreter));
            Some(PythonProcess { id, interpreter: interpreter? })
        });
        pythons.collect()
    }

    fn processes(&mut self) -> Vec<ProcessId> {
        let mut by_parent: Option<HashMap<u32, Vec<u32>>> = None;
        let mut found: Vec<ProcessId> = Vec::new();
        let mut pending = vec![self.root.pid];
        while let Some(pid) = pending.pop() {
            let Some(reading) = self.source.read(pid).filter(|reading| !reading.is_zombie) else { continue };
            let is_seen = found.contains(&reading.id);
            if is_seen || (pid == self.root.pid && reading.id != self.root) {
                continue;
            }
            found.push(reading.id);
            if !self.source.children(&reading, &mut pending) {
                let by_parent = by_parent.get_or_insert_with(|| children_by_parent(&mut self.source));
                pending.extend(by_parent.get(&pid).into_iter().flatten());
            }
        }
        found
    }
}

/// Whether a process is still there, and no other took its number.
pub(super) fn lives(source: &mut SystemSource, process: ProcessId) -> bool {
    source.read(process.pid).is_some_and(|reading| reading.id == process && !reading.is_zombie)
}

fn children_by_parent(source: &mut SystemSource) -> HashMap<u32, Vec<u32>> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for (pid, parent) in source.scan() {
        children.entry(parent).or_default().push(pid);
    }
    children
}
