//! The end of a stage: nobody of it is left, dead or alive, whatever the actors had got themselves into.
//!
//! Whoever loses its parent becomes init's child, since init is a subreaper. So init is made to wait for children
//! while everybody else is killed again and again, until it has none: then there is nobody.
//!
//! Tracers come first. A killed task may be held in its last stop (PTRACE_O_TRACEEXIT) by its tracer. If that is in
//! such a stop as well, by whoever it may be that the other traces, then neither ever leaves it: no signal reaches a
//! task that is being killed. So those who trace are killed from the end of the chain on which nobody traces them; and
//! where there is no such end, one at a time, while its tracer can still be told to let go of it.
//!
//! If init cannot help (it is stopped, or in a call that does not end, or is itself the tracer in the way), this
//! process takes its place: it is a subreaper for as long as it takes, kills init too, and waits for those it killed,
//! by their ids.

use super::census::{FileId, State, children, kill_if_ours, stat, tracer};
use super::{Command, Slot, Stage};
use lariat_abi::Errno;
use rustix::process::{Signal, pidfd_send_signal};
use std::os::fd::AsRawFd;
use std::sync::Mutex;
use std::time::{Duration, Instant};

const PTRACE_CONT: u64 = 7;

/// A slot's actor, and who traces it; 0: nobody.
#[derive(Debug)]
struct Bound {
    slot: Slot,
    leader: i32,
    tid: i32,
    tracer: i32,
}

/// How long it may take until nobody traces.
const UNTANGLING: Duration = Duration::from_secs(1);
/// How long one actor may take for its part in it.
const DIES: Duration = Duration::from_millis(100);
/// How long it may take to block its signals. One that is traced may stop instead.
const MASKS: Duration = Duration::from_millis(20);
/// How long init may take. It is soon enough to help it when it is not needed.
const INIT_HELPS: Duration = Duration::from_millis(500);
/// How long those may take to die that this process waits for.
const DEATH: Duration = Duration::from_secs(10);

impl Stage {
    /// Ends every actor.
    pub(super) fn tear_down(&self) {
        let image = FileId::of(&format!("/proc/self/fd/{}", self.memory.file.as_raw_fd()));
        if self.traces.get() {
            self.untangle(image);
        }
        if self.let_init_reap(image) {
            let _ = pidfd_send_signal(&self.init_handle, Signal::KILL);
            reap(self.init, DEATH);
        } else {
            self.reap_ourselves(image);
        }
    }

    /// Kills those who trace or are traced, but init, in an order in which they die.
    fn untangle(&self, image: Option<FileId>) {
        let deadline = Instant::now() + UNTANGLING;
        let mut killed: Vec<i32> = Vec::new();
        self.block_signals();
        while Instant::now() < deadline {
            let mut bound = Vec::new();
            for (slot, leader, tid) in self.cast() {
                if !matches!(self.state(slot), State::Gone | State::Zombie) {
                    bound.push(Bound { slot, leader, tid, tracer: tracer(leader, tid) });
                }
            }
            if bound.iter().all(|task| task.tracer == 0) {
                return;
            }
            let mut free: Vec<i32> = bound.iter().map(|task| task.leader).collect();
            free.retain(|&leader| !bound.iter().any(|task| task.leader == leader && task.tracer != 0));
            free.retain(|leader| !killed.contains(leader) && *leader != self.init);
            let acted = if free.is_empty() {
                self.let_one_go(&bound, &mut killed, image)
            } else {
                for &leader in &free {
                    kill_if_ours(leader, &[self.init], image);
                }
                killed.extend(free);
                true
            };
            if !acted {
                // Those who are dying may be about to set others free.
                std::thread::sleep(Duration::from_micros(200));
            }
        }
    }

    /// Has all actors that can do so block every signal: a SIGCHLD that tells a tracer of a stop would stop it too, if
    /// it is traced itself.
    fn block_signals(&self) {
        for (slot, ..) in self.cast() {
            if self.idle(slot) && matches!(self.state(slot), State::Running | State::Sleeping) {
                self.write_buffer(slot, 0, &u64::MAX.to_ne_bytes());
                let mask = [libc::SIG_SETMASK as u64, self.buffer(slot).as_raw(), 0, 8];
                if self.command(slot, Command::syscall(libc::SYS_rt_sigprocmask, mask)).is_ok() {
                    let _ = self.await_reply(slot, MASKS);
                }
            }
        }
    }

    /// Kills one whose tracer can still be told to resume it from its last stop, or tells it. Whether there was one.
    fn let_one_go(&self, bound: &[Bound], killed: &mut Vec<i32>, image: Option<FileId>) -> bool {
        let init = Bound { slot: Slot::INIT, leader: self.init, tid: self.init, tracer: 0 };
        let able = |tracer: &Bound| {
            let waits = [libc::SYS_wait4, libc::SYS_waitid].map(|number| number as u64);
            !killed.contains(&tracer.leader)
                && matches!(self.state(tracer.slot), State::Running | State::Sleeping)
                && (self.idle(tracer.slot)
                    || self.blocked_in(tracer.slot).is_some_and(|call| waits.contains(&call)))
        };
        let mut pairs = bound.iter().filter_map(|tracee| {
            let tracer = bound.iter().chain([&init]).find(|tracer| tracer.tid == tracee.tracer)?;
            (tracee.leader != self.init && able(tracer)).then_some((tracer.slot, tracee))
        });
        let Some((tracer, tracee)) = pairs.clone().find(|(_, tracee)| killed.contains(&tracee.leader)) else {
            let Some((_, tracee)) = pairs.next() else { return false };
            let leader = tracee.leader;
            drop(pairs);
            killed.push(leader);
            return kill_if_ours(leader, &[self.init], image);
        };
        let resume = Command::syscall(libc::SYS_ptrace, [PTRACE_CONT, tracee.tid as u64, 0, 0]);
        self.command(tracer, resume).is_ok() && self.await_reply(tracer, DIES) == Some(0)
    }

    /// Whether init has no child any more.
    fn let_init_reap(&self, image: Option<FileId>) -> bool {
        let wait = Command::syscall(libc::SYS_wait4, [u64::MAX, 0, libc::__WALL as u64, 0]);
        let deadline = Instant::now() + INIT_HELPS;
        if !self.idle(Slot::INIT) || matches!(self.state(Slot::INIT), State::Stopped | State::Traced) {
            return false;
        }
        let mut killed = Vec::new();
        while Instant::now() < deadline {
            self.kill_round(&mut killed, image);
            if self.idle(Slot::INIT) && self.command(Slot::INIT, wait).is_err() {
                return false;
            }
            loop {
                match self.await_reply(Slot::INIT, Duration::from_millis(2)) {
                    Some(reply) if reply == -i64::from(Errno::ECHILD.as_raw()) => return true,
                    Some(_) if self.command(Slot::INIT, wait).is_ok() => {}
                    _ => break,
                }
            }
        }
        false
    }

    /// Kills everybody but init, from init's children on, and whoever of a slot is not found that way. Notes whom.
    fn kill_round(&self, killed: &mut Vec<i32>, image: Option<FileId>) {
        let mut parents = vec![self.init];
        let mut next = 0;
        while let Some(&parent) = parents.get(next) {
            for child in children(parent) {
                if !parents.contains(&child) && kill_if_ours(child, &parents, image) {
                    parents.push(child);
                }
            }
            next += 1;
        }
        for (_, leader, _) in self.cast() {
            if !parents.contains(&leader) && kill_if_ours(leader, &[], image) {
                parents.push(leader);
            }
        }
        for pid in parents.into_iter().skip(1) {
            if !killed.contains(&pid) {
                killed.push(pid);
            }
        }
    }

    fn reap_ourselves(&self, image: Option<FileId>) {
        let _subreaper = Subreaper::new();
        let mut killed = Vec::new();
        // Those who are killed no longer fork: what a round finds, less what the one before found, are children that
        // were made in between.
        for _ in 0..3 {
            self.kill_round(&mut killed, image);
        }
        let _ = pidfd_send_signal(&self.init_handle, Signal::KILL);
        reap(self.init, DEATH);
        let mut parents = killed.clone();
        parents.push(std::process::id() as i32);
        let deadline = Instant::now() + DEATH;
        while !killed.is_empty() && Instant::now() < deadline {
            killed.retain(|&pid| !is_reaped(pid) && is_our_concern(pid, &parents));
            std::thread::sleep(Duration::from_micros(200));
        }
    }
}

/// Waits for this child.
fn reap(pid: i32, patience: Duration) {
    let deadline = Instant::now() + patience;
    let mut pause = Duration::from_micros(20);
    while !is_reaped(pid) && Instant::now() < deadline {
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(5));
    }
}

/// Whether this process was a child of ours and is none any more.
fn is_reaped(pid: i32) -> bool {
    // SAFETY: no status is wanted.
    let got = unsafe { libc::waitpid(pid, std::ptr::null_mut(), libc::__WALL | libc::WNOHANG) };
    got == pid
}

/// Whether a process that was killed is alive, or is dead and to be waited for by us, now or when its parent is dead.
/// If somebody had killed init, then it is another's business.
fn is_our_concern(pid: i32, parents: &[i32]) -> bool {
    match stat(pid, pid) {
        (State::Gone, _) => false,
        (State::Zombie, parent) => parents.contains(&parent),
        _ => true,
    }
}

/// How many want this process to be a subreaper, and whether it was one before.
static SUBREAPERS: Mutex<(usize, i32)> = Mutex::new((0, 0));

/// While it lives, orphans of our descendants become our children.
struct Subreaper;

impl Subreaper {
    fn new() -> Self {
        let mut count = SUBREAPERS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if count.0 == 0 {
            // SAFETY: reads and sets a flag of this process.
            unsafe {
                libc::prctl(libc::PR_GET_CHILD_SUBREAPER, &raw mut count.1);
                libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1);
            }
        }
        count.0 += 1;
        Self
    }
}

impl Drop for Subreaper {
    fn drop(&mut self) {
        let mut count = SUBREAPERS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        count.0 -= 1;
        if count.0 == 0 {
            // SAFETY: sets a flag of this process.
            unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, count.1) };
        }
    }
}
