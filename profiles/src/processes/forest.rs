//! The watched process trees, read together.
//!
//! A tree is a root and all its descendants, but for those that are roots of other trees: the built-in hotel
//! is a child of Aforo, and its work is not Aforo's. A process once seen in a tree stays in it until it ends,
//! also when its parent ends first.
//!
//! What ended processes used is kept. A parent that waits for a child takes over the child's counters; the
//! child's last reading was counted already, so it is a *debt* of the parent, taken off when the parent's
//! counters show it. Parents are read before their children: a child that ends in between is gone now and
//! shows in its parent at the next reading, so a debt stays open for one reading more. A child that nobody
//! waited for is simply kept as it was last read; its debt expires.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use aforo_model::{ProcessSample, Role};

use super::source::{ProcessId, ProcessSource, Reading};
use super::spent::Spent;

/// Readings between two full scans, for children that are told in no other way. At one reading a second,
/// a full scan of 5 ms costs 0.05 % of a core.
const READINGS_PER_SCAN: u64 = 10;

/// The least time over which CPU use is stated. CPU time comes in steps of 10 ms on Linux, so that over less
/// than this a single step would show as more than 5 % of a core.
const SHORTEST_CPU_INTERVAL: Duration = Duration::from_millis(200);

/// All watched trees.
pub(crate) struct Forest<S> {
    source: S,
    trees: Vec<Tree>,
    members: HashMap<u32, Member>,
    /// The last full scan; none while the source tells all children directly.
    scan: Option<Scan>,
    /// When the watch began, in the source's unit.
    began: u64,
    reading_count: u64,
    read_at: Option<Instant>,
}

struct Tree {
    role: Role,
    /// The root while it lives.
    root: Option<ProcessId>,
    spent: Spent,
    /// CPU time at the last reading.
    cpu_us_before: u64,
}

struct Scan {
    /// The number of the reading it was made for.
    reading: u64,
    children_by_parent: HashMap<u32, Vec<u32>>,
}

#[derive(Clone, Copy)]
struct Member {
    reading: Reading,
    tree: usize,
    debt: Spent,
}

impl<S: ProcessSource> Forest<S> {
    /// Starts to watch the trees of these roots. Also returns the roots that are not there.
    pub(crate) fn new(mut source: S, roots: &[(Role, u32)]) -> (Self, Vec<(Role, u32)>) {
        let mut trees = Vec::with_capacity(roots.len());
        let mut missing = Vec::new();
        for &(role, pid) in roots {
            let root = source.read(pid).filter(|reading| !reading.is_zombie).map(|reading| reading.id);
            if root.is_none() {
                missing.push((role, pid));
            }
            trees.push(Tree { role, root, spent: Spent::default(), cpu_us_before: 0 });
        }
        let forest = Self {
            began: source.now(),
            source,
            trees,
            members: HashMap::new(),
            scan: None,
            reading_count: 0,
            read_at: None,
        };
        (forest, missing)
    }

    /// Reads every tree whose root lives. The first reading is the base line of all that is counted.
    pub(crate) fn read(&mut self, now: Instant) -> Vec<ProcessSample> {
        let mut current = self.visit();
        self.account(&mut current);
        self.members = current;
        self.reading_count += 1;
        for tree in &mut self.trees {
            tree.root = tree
                .root
                .filter(|&root| self.members.get(&root.pid).is_some_and(|member| is_alive(member, root)));
        }
        let interval = self.read_at.replace(now).map(|before| now.saturating_duration_since(before));
        let interval = interval.filter(|&interval| interval >= SHORTEST_CPU_INTERVAL);
        (0..self.trees.len()).filter_map(|tree| self.sample(tree, interval)).collect()
    }

    /// The living processes of a tree, as last read.
    pub(crate) fn living(&self, role: Role) -> impl Iterator<Item = &Reading> {
        let tree = self.trees.iter().position(|tree| tree.role == role);
        let members = self.members.values().filter(move |member| Some(member.tree) == tree);
        members.map(|member| &member.reading).filter(|reading| !reading.is_zombie)
    }

    /// The root of a tree, while it lives.
    pub(crate) fn root(&self, role: Role) -> Option<ProcessId> {
        self.trees.iter().find(|tree| tree.role == role)?.root
    }

    /// When the watch began, in the unit of [`ProcessId::started`].
    pub(crate) fn began(&self) -> u64 {
        self.began
    }

    /// Reads all processes of all trees, each once, parents before children.
    fn visit(&mut self) -> HashMap<u32, Member> {
        let mut current = HashMap::with_capacity(self.members.len() + self.trees.len());
        let roots: Vec<_> = self
            .trees
            .iter()
            .enumerate()
            .filter_map(|(tree, Tree { root, .. })| root.map(|root| (tree, root)))
            .collect();
        for (tree, root) in roots {
            self.descend(root, tree, &mut current);
        }
        let left_by_their_parents: Vec<_> =
            self.members.values().map(|member| (member.tree, member.reading.id)).collect();
        for (tree, process) in left_by_their_parents {
            if !current.contains_key(&process.pid) {
                self.descend(process, tree, &mut current);
            }
        }
        current
    }

    /// Reads a known process and all its descendants that are in the same tree.
    fn descend(&mut self, top: ProcessId, tree: usize, current: &mut HashMap<u32, Member>) {
        let Some(reading) = self.source.read(top.pid).filter(|reading| reading.id == top) else { return };
        let mut found = vec![(tree, reading)];
        let mut children = Vec::new();
        while let Some((tree, reading)) = found.pop() {
            current.insert(reading.id.pid, Member { reading, tree, debt: Spent::default() });
            children.clear();
            self.append_children(&reading, &mut children);
            for &child in &children {
                if current.contains_key(&child) {
                    continue;
                }
                // Since it was listed, the child may have ended and its pid may have passed on.
                let listed = self.source.read(child).filter(|child| child.parent == reading.id.pid);
                if let Some(child) = listed.filter(|child| !self.is_root(child.id)) {
                    found.push((self.tree_of(child.id).unwrap_or(tree), child));
                }
            }
        }
    }

    fn append_children(&mut self, process: &Reading, children: &mut Vec<u32>) {
        if self.source.children(process, children) {
            return;
        }
        let is_fresh =
            self.scan.as_ref().is_some_and(|scan| self.reading_count - scan.reading < READINGS_PER_SCAN);
        if !is_fresh {
            let mut children_by_parent: HashMap<u32, Vec<u32>> = HashMap::new();
            for (pid, parent) in self.source.scan() {
                children_by_parent.entry(parent).or_default().push(pid);
            }
            self.scan = Some(Scan { reading: self.reading_count, children_by_parent });
        }
        let scanned = self.scan.as_ref().and_then(|scan| scan.children_by_parent.get(&process.id.pid));
        children.extend(scanned.into_iter().flatten());
    }

    fn is_root(&self, process: ProcessId) -> bool {
        self.trees.iter().any(|tree| tree.root == Some(process))
    }

    /// The tree in which the process was at the last reading.
    fn tree_of(&self, process: ProcessId) -> Option<usize> {
        self.members.get(&process.pid).filter(|member| member.reading.id == process).map(|member| member.tree)
    }

    /// Adds to each tree what its processes used since the last reading.
    fn account(&mut self, current: &mut HashMap<u32, Member>) {
        let debts = self.debts_of_parents(current);
        let is_first = self.reading_count == 0;
        for (pid, member) in current.iter_mut() {
            let before = self.members.get(pid).filter(|before| before.reading.id == member.reading.id);
            let Some(before) = before else {
                // What ran before the watch began is no part of it.
                if !is_first && member.reading.id.started >= self.began {
                    let tree = &mut self.trees[member.tree];
                    tree.spent = tree.spent.plus(Spent::of(&member.reading));
                }
                continue;
            };
            if member.reading.is_zombie {
                // Its files are gone, but its parent will take over its counters.
                let last = &before.reading;
                member.reading.disk_read_bytes = member.reading.disk_read_bytes.or(last.disk_read_bytes);
                member.reading.disk_written_bytes =
                    member.reading.disk_written_bytes.or(last.disk_written_bytes);
            }
            let new_debt = debts.get(pid).copied().unwrap_or_default();
            let (spent, unpaid) = settle::<S>(&before.reading, &member.reading, before.debt.plus(new_debt));
            member.debt = unpaid.at_most(new_debt);
            let tree = &mut self.trees[member.tree];
            tree.spent = tree.spent.plus(spent);
        }
    }

    /// By parent, what was already counted of the descendants that ended since the last reading.
    fn debts_of_parents(&self, current: &HashMap<u32, Member>) -> HashMap<u32, Spent> {
        let lives =
            |process: ProcessId| current.get(&process.pid).is_some_and(|member| member.reading.id == process);
        let mut debts: HashMap<u32, Spent> = HashMap::new();
        for ended in self.members.values().filter(|member| !lives(member.reading.id)) {
            // An ended parent has passed on what it took over; the nearest living ancestor has it all.
            let mut parent = ended.reading.parent;
            for _generation in 0..self.members.len() {
                let Some(ancestor) = self.members.get(&parent) else { break };
                if lives(ancestor.reading.id) {
                    let debt = debts.entry(parent).or_default();
                    *debt = debt.plus(Spent::of(&ended.reading)).plus(ended.debt);
                    break;
                }
                parent = ancestor.reading.parent;
            }
        }
        debts
    }

    fn sample(&mut self, index: usize, interval: Option<Duration>) -> Option<ProcessSample> {
        let tree = &mut self.trees[index];
        tree.root?;
        let grown_us = tree.spent.cpu_us - std::mem::replace(&mut tree.cpu_us_before, tree.spent.cpu_us);
        let mut sample = ProcessSample {
            role: tree.role,
            process_count: 0,
            cpu_time_s: tree.spent.cpu_us as f64 / 1e6,
            cpu_cores: interval.map(|interval| grown_us as f64 / 1e6 / interval.as_secs_f64()),
            rss_bytes: 0,
            thread_count: Some(0),
            open_fd_count: Some(0),
            disk_read_bytes: Some(tree.spent.disk_read_bytes),
            disk_written_bytes: Some(tree.spent.disk_written_bytes),
            ..ProcessSample::default()
        };
        let living = self.members.values().filter(|member| member.tree == index && !member.reading.is_zombie);
        for Member { reading, .. } in living {
            sample.process_count += 1;
            sample.rss_bytes = sample.rss_bytes.saturating_add(reading.rss_bytes);
            // One process that does not tell makes the sum unknown.
            sample.thread_count = sum(sample.thread_count, reading.thread_count);
            sample.open_fd_count = sum(sample.open_fd_count, reading.open_fd_count);
            sample.disk_read_bytes = sample.disk_read_bytes.filter(|_| reading.disk_read_bytes.is_some());
            sample.disk_written_bytes =
                sample.disk_written_bytes.filter(|_| reading.disk_written_bytes.is_some());
        }
        Some(sample)
    }
}

/// What a process used between two readings, less the debt that its counters have taken over from ended
/// children; and the part of the debt that they have not.
fn settle<S: ProcessSource>(before: &Reading, after: &Reading, debt: Spent) -> (Spent, Spent) {
    let own_us = after.cpu_self_us.saturating_sub(before.cpu_self_us);
    let own = Spent { cpu_us: own_us, ..Spent::default() };
    let taken_over = Spent {
        cpu_us: after.cpu_waited_us.saturating_sub(before.cpu_waited_us),
        ..Spent::of(after).minus(Spent::of(before))
    };
    let debt = if S::PARENT_INHERITS_DISK { debt } else { debt.cpu_only() };
    (taken_over.minus(debt).plus(own), debt.minus(taken_over))
}

fn sum(total: Option<u64>, part: Option<u64>) -> Option<u64> {
    Some(total?.saturating_add(part?))
}

fn is_alive(member: &Member, process: ProcessId) -> bool {
    member.reading.id == process && !member.reading.is_zombie
}

#[cfg(test)]
mod tests;
