//! Riding: tracer and tracee on one processor, for as long as one tracee is all that runs.
//!
//! Where the tracer runs decides what a stop costs: to wake a task on another, idle processor takes several times
//! as long as the stop itself, and the kernel prefers idle processors. The tracer can keep itself on one, but the
//! tracee would be woken elsewhere. So the tracer confines the tracee as well, while the tracee cannot see it:
//!
//! ```text
//!  exit of a call ─► confine ─► resume ─► ... runs its own code ... ─► entry of a call
//!                                                                        │ cannot tell  ─► resume, confined
//!                                                                        └ could tell   ─► free, resume
//! ```
//!
//! A task can learn its affinity, and hand it on to children, only by a call, and every call stops here first: it
//! makes those calls with all its processors ([`crate::observers`]). Of reads, only those of a task that has a file
//! of `/proc` open could tell: whatever it opens is looked at.
//!
//! The one hard thing is not to keep it: a tick frees everything every few milliseconds, so that long
//! computations and sleeps are the scheduler's as ever, and a guard process does if we are killed.

use crate::observers::{Observes, observes};
use lariat_abi::{Abi, Tid};
use lariat_host::{self as host, AffinityGuard, CpuSet};

/// Stops in a row of one task, after which it pays to ride.
const STREAK: u32 = 16;

/// The processors, and who is confined to which.
#[derive(Debug)]
pub(crate) struct Ride {
    /// Every processor that our control group lets us use; `None`: we do not ride.
    whole: Option<CpuSet>,
    /// Started for the first ride.
    guard: Option<AffinityGuard>,
    /// Where we keep ourselves.
    cpu: Option<usize>,
    /// Whom we have confined there.
    confined: Option<Tid>,
    last: Option<Tid>,
    streak: u32,
    /// Whether the last task has a file of `/proc` open; `None`: not looked at.
    sees_proc: Option<bool>,
}

impl Ride {
    pub(crate) fn new() -> Self {
        Self {
            whole: whole(),
            guard: None,
            cpu: None,
            confined: None,
            last: None,
            streak: 0,
            sees_proc: None,
        }
    }

    /// Whether the tracer should sleep for the next stop, and not spin: on one processor, it would only keep the
    /// tracee from running.
    pub(crate) const fn is_riding(&self) -> bool {
        self.cpu.is_some()
    }

    /// Before a task is resumed into code of its own. `alone`: no other one runs.
    pub(crate) fn before_own_code(&mut self, tid: Tid, alone: bool) {
        if !alone || self.last != Some(tid) {
            self.end();
            self.last = Some(tid);
            self.streak = 0;
            self.sees_proc = None;
            return;
        }
        self.streak += 1;
        if self.streak < STREAK || self.confined == Some(tid) {
            return;
        }
        if self.cpu.is_none() && !self.begin(tid) {
            return;
        }
        let Some(cpu) = self.cpu else { return };
        self.remember(Some(tid));
        if let Err(error) = host::set_affinity(tid, &CpuSet::only(cpu)) {
            self.remember(None);
            // Another user's, or another policy's: not ours to move.
            if !error.is_gone() {
                self.end();
                self.whole = None;
            }
        }
    }

    /// Keeps us where we are. Not if the task may not run everywhere: we could not give it back what it had.
    fn begin(&mut self, tid: Tid) -> bool {
        let Some(whole) = self.whole else { return false };
        if !host::affinity(tid).is_ok_and(|set| set == whole) {
            self.streak = 0;
            return false;
        }
        // What was open may be closed by now.
        if self.sees_proc != Some(false) {
            self.sees_proc = Some(has_proc_open(tid));
        }
        if self.guard.is_none() {
            self.guard = AffinityGuard::start().ok();
        }
        if self.guard.is_none() {
            self.whole = None;
            return false;
        }
        let cpu = host::current_cpu();
        if host::set_affinity(Tid::new(0), &CpuSet::only(cpu)).is_err() {
            return false;
        }
        self.cpu = Some(cpu);
        true
    }

    /// Before a task is resumed into a call.
    pub(crate) fn before_call(&mut self, tid: Tid, abi: Abi, number: u64) {
        if self.confined != Some(tid) {
            return;
        }
        let sees = match observes(abi, number) {
            Observes::Always => true,
            Observes::ByReading => self.sees_proc != Some(false),
            Observes::Never | Observes::ByOpening | Observes::ByReceiving => false,
        };
        if sees {
            self.free();
        }
    }

    /// A call has ended: what it opened is looked at.
    pub(crate) fn after_call(&mut self, tid: Tid, abi: Abi, number: u64, rval: i64) {
        if self.last != Some(tid) || self.sees_proc != Some(false) || rval < 0 {
            return;
        }
        match observes(abi, number) {
            Observes::ByOpening => self.sees_proc = Some(is_of_proc(&format!("/proc/{tid}/fd/{rval}"))),
            Observes::ByReceiving => self.sees_proc = Some(has_proc_open(tid)),
            _ => {}
        }
    }

    /// Whom we have confined, here and for the guard: its id may be another task's once it is dead.
    fn remember(&mut self, tid: Option<Tid>) {
        self.confined = tid;
        if let Some(guard) = &self.guard {
            guard.watch(tid);
        }
    }

    /// Gives the confined task its processors back.
    fn free(&mut self) {
        if let Some(tid) = self.confined {
            // It may be gone.
            let _ = host::set_affinity(tid, CpuSet::every());
            self.remember(None);
        }
    }

    /// Frees everybody.
    pub(crate) fn end(&mut self) {
        self.free();
        if self.cpu.take().is_some() {
            let _ = host::set_affinity(Tid::new(0), CpuSet::every());
        }
    }

    /// A task is gone.
    pub(crate) fn gone(&mut self, tid: Tid) {
        if self.confined == Some(tid) {
            self.remember(None);
            self.end();
        }
    }

    /// At a tick: frees everybody, and the scheduler has its say. Where nothing has happened since the last one, we wait
    /// until there is a streak again.
    pub(crate) fn tick(&mut self, quiet: bool) {
        self.end();
        if quiet {
            self.streak = 0;
        }
    }
}

impl Drop for Ride {
    fn drop(&mut self) {
        self.end();
    }
}

/// The processors that we could use, if we may use them all and there are several.
fn whole() -> Option<CpuSet> {
    let me = Tid::new(0);
    let own = host::affinity(me).ok()?;
    host::set_affinity(me, CpuSet::every()).ok()?;
    let whole = host::affinity(me).ok();
    if whole != Some(own) {
        // Somebody has confined us, and with us the program: so be it.
        let _ = host::set_affinity(me, &own);
        return None;
    }
    whole.filter(|set| set.count() > 1)
}

/// Descriptors that are looked at; a task that has more is taken to have a file of `/proc` among them.
const MAX_DESCRIPTORS: usize = 256;

fn has_proc_open(tid: Tid) -> bool {
    let Ok(entries) = std::fs::read_dir(format!("/proc/{tid}/fd")) else { return true };
    entries
        .enumerate()
        .any(|(count, entry)| count >= MAX_DESCRIPTORS || entry.is_ok_and(|entry| is_of_proc(&entry.path())))
}

/// Whether a descriptor's link leads into `/proc`.
fn is_of_proc(link: &(impl AsRef<std::path::Path> + ?Sized)) -> bool {
    std::fs::read_link(link).is_ok_and(|target| target.starts_with("/proc"))
}
