//! Who runs where, on a stage whose idle actors spin. Each would keep a processor for as long as the scheduler lets it,
//! and whoever has something to do would wait behind it.
//!
//! ```text
//!   one processor       the waiting room: idle actors, and this thread, which makes them take turns as it comes and goes
//!   the others          whoever has been told to do something
//! ```
//!
//! Affinity and the length of a turn may be set from outside, unprivileged, and are seen by no tracer. If it may, this
//! thread also takes a higher priority, so that it is not kept waiting by those in the room.

use super::block::SLOTS;
use crate::affinity::{CpuSet, affinity, set_affinity};
use lariat_abi::Tid;
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Rooms that have been given out: stages side by side take different ones.
static ROOMS: AtomicUsize = AtomicUsize::new(0);

/// The calling thread, for the affinity calls.
const THIS: Tid = Tid::new(0);

/// This thread's turn, in nanoseconds.
const SHORT_TURN: u64 = 100_000;

/// The processors of a stage, and who is where.
#[derive(Debug)]
pub(super) struct Turns {
    /// The thread's affinity before.
    before: CpuSet,
    /// Its nice value, unless its scheduling is not to be touched.
    nice: Option<i32>,
    room: CpuSet,
    others: CpuSet,
    /// Slots whose actors are not in the waiting room.
    out: [Cell<bool>; SLOTS],
    /// A slot whose actor is being made: it starts where its maker is, which it must not keep from going on.
    newborn: Cell<Option<usize>>,
}

impl Turns {
    /// Moves this thread to the waiting room, and init out of it. `None`: there is only one processor.
    pub(super) fn new(init: i32) -> Option<Self> {
        let before = affinity(THIS).ok()?;
        let cpus: Vec<usize> = before.members().collect();
        if cpus.len() < 2 {
            return None;
        }
        let room = cpus[ROOMS.fetch_add(1, Ordering::Relaxed) % cpus.len()];
        let others = CpuSet::of(cpus.into_iter().filter(|&cpu| cpu != room));
        let room = CpuSet::only(room);
        set_affinity(Tid::new(init), &others).ok()?;
        set_affinity(THIS, &room).ok()?;
        // Whoever comes for a shorter turn need not wait for the end of a longer one, unless it has had its share:
        // that is more, the higher its priority.
        let nice = niceness();
        if let Some(nice) = nice
            && !Attributes::of(nice - 10, SHORT_TURN).set(0)
        {
            Attributes::of(nice, SHORT_TURN).set(0);
        }
        let out = std::array::from_fn(|slot| Cell::new(slot == 0));
        Some(Self { before, nice, room, others, out, newborn: Cell::new(None) })
    }

    /// Lets an actor out of the waiting room.
    pub(super) fn let_out(&self, slot: usize, tid: i32) {
        if !self.out[slot].replace(true) {
            let _ = set_affinity(Tid::new(tid), &self.others);
        }
    }

    /// Sends an actor, if it is out, back to the waiting room.
    pub(super) fn send_back(&self, slot: usize, tid: i32) {
        if self.out[slot].replace(false) {
            let _ = set_affinity(Tid::new(tid), &self.room);
        }
    }

    /// Lets an actor run anywhere, until it is sent back.
    pub(super) fn set_free(&self, slot: usize, tid: i32) {
        self.out[slot].set(true);
        let _ = set_affinity(Tid::new(tid), &self.before);
    }

    /// Notes that an actor makes another.
    pub(super) fn expect(&self, slot: usize) {
        self.out[slot].set(true);
        self.newborn.set(Some(slot));
    }

    /// Sends the new actor to the waiting room as soon as the kernel has told its id, which is 0 before.
    pub(super) fn tend_newborn(&self, tid: impl FnOnce(usize) -> i32) {
        if let Some(slot) = self.newborn.get() {
            let tid = tid(slot);
            if tid != 0 {
                self.newborn.set(None);
                self.send_back(slot, tid);
            }
        }
    }

    /// Whether a slot's actor is not in the waiting room.
    pub(super) fn is_out(&self, slot: usize) -> bool {
        self.out[slot].get()
    }
}

impl Drop for Turns {
    fn drop(&mut self) {
        let _ = set_affinity(THIS, &self.before);
        if let Some(nice) = self.nice {
            Attributes::of(nice, 0).set(0);
        }
    }
}

/// `struct sched_attr`, `<linux/sched/types.h>`: SCHED_OTHER.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
struct Attributes {
    size: u32,
    policy: u32,
    flags: u64,
    nice: i32,
    priority: u32,
    /// How long a turn is, in nanoseconds, where the kernel heeds it (since 6.12); 0: as long as the kernel thinks.
    turn: u64,
    deadline: u64,
    period: u64,
}

impl Attributes {
    fn of(nice: i32, turn: u64) -> Self {
        Self { size: size_of::<Self>() as u32, nice, turn, ..Self::default() }
    }

    /// sched_setattr(2).
    fn set(self, tid: i32) -> bool {
        // SAFETY: reads the structure.
        unsafe { libc::syscall(libc::SYS_sched_setattr, tid, &raw const self, 0usize) == 0 }
    }
}

/// The calling thread's nice value, if it is scheduled as threads are by default.
fn niceness() -> Option<i32> {
    // SAFETY: asks only.
    let policy = unsafe { libc::sched_getscheduler(0) };
    (policy == libc::SCHED_OTHER).then(|| rustix::process::getpriority_process(None).ok()).flatten()
}
