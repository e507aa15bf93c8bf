//! The traced tasks, and how many of them are not in a call.

use crate::filtering::{Filtering, Scope, Task};
use lariat_abi::{Abi, Tid};
use std::collections::HashMap;

/// The traced tasks by their ids.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    map: HashMap<Tid, Task>,
    /// Those that run code of their own, or may at any moment.
    outside: usize,
}

impl Tasks {
    pub(crate) fn len(&self) -> usize {
        self.map.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    pub(crate) fn contains(&self, tid: Tid) -> bool {
        self.map.contains_key(&tid)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = Tid> {
        self.map.keys().copied()
    }

    /// The state of a task; that of a fresh one if it is not known.
    pub(crate) fn get(&self, tid: Tid) -> Task {
        self.map.get(&tid).copied().unwrap_or_default()
    }

    /// How many tasks are not in a call.
    pub(crate) fn outside(&self) -> usize {
        self.outside
    }

    /// Whether every other task is in a call.
    pub(crate) fn others_are_in_calls(&self, tid: Tid) -> bool {
        self.outside == usize::from(self.map.get(&tid).is_some_and(|task| !task.in_call()))
    }

    /// Changes one task, and keeps count.
    fn change<R>(&mut self, tid: Tid, change: impl FnOnce(&mut Task) -> R) -> Option<R> {
        let task = self.map.get_mut(&tid)?;
        let before = task.in_call();
        let result = change(task);
        match (before, task.in_call()) {
            (false, true) => self.outside -= 1,
            (true, false) => self.outside += 1,
            _ => {}
        }
        Some(result)
    }

    /// A new task, unless it is known.
    pub(crate) fn add(&mut self, tid: Tid, filtering: Filtering) {
        if let std::collections::hash_map::Entry::Vacant(entry) = self.map.entry(tid) {
            entry.insert(Task::new(filtering));
            self.outside += 1;
        }
    }

    /// Whether it was known.
    pub(crate) fn remove(&mut self, tid: Tid) -> bool {
        let task = self.map.remove(&tid);
        self.outside -= usize::from(task.is_some_and(|task| !task.in_call()));
        task.is_some()
    }

    /// A thread goes on under another id, in the state that it is in.
    pub(crate) fn rename(&mut self, former: Tid, tid: Tid) {
        let state = self.get(former);
        if self.remove(former) {
            self.add(tid, state.filtering);
            self.change(tid, |task| *task = state);
        }
    }

    pub(crate) fn set_filtering(&mut self, tid: Tid, filtering: Filtering) {
        self.change(tid, |task| task.filtering = filtering);
    }

    pub(crate) fn enters(&mut self, tid: Tid, abi: Abi, number: u64, args: [u64; 6]) {
        self.change(tid, |task| task.enters(abi, number, args));
    }

    pub(crate) fn leaves(&mut self, tid: Tid, rval: i64) -> Option<Scope> {
        self.change(tid, |task| task.leaves(rval)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_follows_every_change() {
        let (a, b, c) = (Tid::new(1), Tid::new(2), Tid::new(3));
        let mut tasks = Tasks::default();
        tasks.add(a, Filtering::Off);
        tasks.add(a, Filtering::Off);
        assert!(tasks.others_are_in_calls(a));
        tasks.add(b, Filtering::Off);
        assert!(!tasks.others_are_in_calls(a));
        tasks.enters(b, Abi::X86_64, 61, [0; 6]);
        tasks.enters(b, Abi::X86_64, 61, [0; 6]);
        assert!(tasks.others_are_in_calls(a) && !tasks.others_are_in_calls(b));
        tasks.enters(a, Abi::X86_64, 0, [0; 6]);
        assert!(tasks.others_are_in_calls(b));
        tasks.leaves(a, 0);
        tasks.rename(b, c);
        assert!(tasks.get(c).in_call() && !tasks.contains(b));
        assert!(tasks.others_are_in_calls(a));
        tasks.leaves(c, 0);
        assert!(!tasks.others_are_in_calls(a));
        assert!(tasks.remove(c) && !tasks.remove(c));
        assert!(tasks.others_are_in_calls(a));
        assert_eq!(tasks.len(), 1);
    }
}
