//! Real processes and threads that do what they are told, system call by system call, and nothing else: so that what
//! the kernel does in a given situation can be asked of the kernel.
//!
//! ```text
//!   this process                                     actors: init (slot 0), its children, their threads ...
//!   Stage ──command──► slot's block, in memory ◄──── each looks at its block,
//!         ◄──reply────  that all of them share ────► does the call, and writes what it returned
//! ```
//!
//! The one hard thing is to do nothing else. A tracer sees every system call, so an idle actor does none: it spins in
//! user mode ([`Idle::Spin`]) on memory that it shares with this process. There is no C library in it, nor a stack
//! that another thread has: all actors execute one page of machine language from the stage's own file, which this
//! process writes. For scripts that trace no system calls, idle actors may sleep ([`Idle::Sleep`]), which is quicker
//! and leaves the machine to others.
//!
//! A stage belongs to the thread that makes it: when that ends, however it does, so do the actors. Only what the
//! kernel itself cannot end stays: tasks that are stopped, each by another of them, and whose tracers all asked for a
//! last stop (`PTRACE_O_TRACEEXIT`). Killed, each waits in that stop for the next, and no signal reaches it any more.

mod block;
mod census;
mod code;
mod command;
mod image;
mod launch;
mod teardown;
mod turns;

pub use census::State;
pub use command::{Command, Disposition};

use crate::error::{Error, Result};
use block::{BUFFER, Block, LOG, SLOTS, STACK, STACKS};
use lariat_abi::{Errno, SigInfo, Tid, TraceeAddr};
use launch::Memory;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use rustix::thread::futex;
use std::cell::Cell;
use std::marker::PhantomData;
use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::time::{Duration, Instant};
use turns::Turns;

/// What an actor does while it has nothing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idle {
    /// It runs in user mode and makes no system call: the only way where system calls or steps are traced.
    Spin,
    /// It sleeps in futex(2), and wakes this process when it is done.
    Sleep,
}

/// The place of an actor on a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(u8);

impl Slot {
    /// Of the first actor, the ancestor of all others. It is a subreaper: whoever loses its parent becomes its child.
    pub const INIT: Self = Self(0);
    /// Slots of a stage.
    pub const COUNT: usize = SLOTS;

    /// The slot of this number; `None` if there are fewer.
    #[must_use]
    pub const fn new(index: usize) -> Option<Self> {
        if index < SLOTS { Some(Self(index as u8)) } else { None }
    }

    /// Its number.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    fn stack_top(self, window: usize) -> usize {
        window + STACKS + (self.index() + 1) * STACK
    }
}

/// What is known of a slot's actor beside what is in its block.
#[derive(Debug, Default)]
struct Member {
    /// The process it is a thread of; 0: it leads its own.
    leader: Cell<i32>,
    /// It was told to execute, and will lead its process if it does.
    executes: Cell<bool>,
    /// It has been seen to be gone. Its id may be another's by now.
    gone: Cell<bool>,
}

/// Actors, and the memory that they are told by. All of them end with it.
#[derive(Debug)]
pub struct Stage {
    memory: Memory,
    idle: Idle,
    init: i32,
    init_handle: OwnedFd,
    members: [Member; SLOTS],
    turns: Option<Turns>,
    /// Somebody may be traced.
    traces: Cell<bool>,
    /// The kernel binds init's life, and the owner's mark, to this thread.
    _stays: PhantomData<*const ()>,
}

impl Stage {
    /// A stage with one actor, init, on it.
    ///
    /// With [`Idle::Spin`] and more than one processor, the calling thread is bound to one of them, with a higher
    /// priority if it may have that, until the stage ends; processes that it starts meanwhile inherit both. It should
    /// sleep between looks at what it waits for, if only for microseconds: that lets idle actors take turns.
    ///
    /// # Errors
    /// There are no processes, descriptors or memory left; memory files may not be executed (`vm.memfd_noexec`).
    pub fn new(idle: Idle) -> Result<Self> {
        let memory = Memory::new()?;
        let block = &memory.blocks()[0];
        reset(block, idle);
        block.started.store(1, Relaxed);
        let init = launch::launch(&memory.file)?;
        block.tid.store(init as u32, Relaxed);
        let turns = if idle == Idle::Spin { Turns::new(init) } else { None };
        let pid = Pid::from_raw(init).ok_or(Error::Call { call: "clone", errno: Errno::ESRCH })?;
        let init_handle =
            pidfd_open(pid, PidfdFlags::empty()).map_err(|error| Error::of("pidfd_open", error))?;
        let members = std::array::from_fn(|_| Member::default());
        let stage = Self {
            memory,
            idle,
            init,
            init_handle,
            members,
            turns,
            traces: Cell::new(false),
            _stays: PhantomData,
        };
        stage.settle()?;
        Ok(stage)
    }

    /// Makes of init what its children are to inherit: no descriptor but the stage's and three of /dev/null, default dispositions, no signal blocked, no core dumps.
    fn settle(&self) -> Result<()> {
        let buffer = self.buffer(Slot::INIT).as_raw();
        self.write_buffer(Slot::INIT, 0, b"/dev/null\0");
        self.write_buffer(Slot::INIT, 16, &[0; 16]);
        self.write_buffer(Slot::INIT, 32, &[1u64.to_ne_bytes(), 1u64.to_ne_bytes()].concat());
        let (null, zero, one) = (buffer, buffer + 16, buffer + 32);
        let mut calls = vec![
            (libc::SYS_prctl, [libc::PR_SET_PDEATHSIG as u64, libc::SIGKILL as u64, 0, 0]),
            (libc::SYS_prctl, [libc::PR_SET_CHILD_SUBREAPER as u64, 1, 0, 0]),
            // 1: no core even where it would go to a pipe; core(5).
            (libc::SYS_setrlimit, [libc::RLIMIT_CORE as u64, one, 0, 0]),
            (libc::SYS_close, [0; 4]),
            (libc::SYS_open, [null, libc::O_RDWR as u64, 0, 0]),
            (libc::SYS_dup2, [0, 1, 0, 0]),
            (libc::SYS_dup2, [0, 2, 0, 0]),
            (libc::SYS_close_range, [3, block::FD as u64 - 1, 0, 0]),
            (libc::SYS_close_range, [block::FD as u64 + 1, u64::from(u32::MAX), 0, 0]),
        ];
        // The execve has made defaults of all handlers.
        for signal in (1..=64).filter(|&signal| is_ignored(signal)) {
            self.write_buffer(Slot::INIT, 32, &[0; 32]);
            calls.push((libc::SYS_rt_sigaction, [signal as u64, buffer + 32, 0, 8]));
        }
        calls.push((libc::SYS_rt_sigprocmask, [libc::SIG_SETMASK as u64, zero, 0, 8]));
        for (number, args) in calls {
            self.call(Slot::INIT, number, args)?;
        }
        Ok(())
    }

    /// Tells an actor to do something.
    ///
    /// # Errors
    /// `EBUSY`: it has not done what it was told before; or the slot of a new task has an actor. `ESRCH`: there is no
    /// actor in this slot.
    pub fn command(&self, slot: Slot, command: Command) -> Result<()> {
        let refuse = |errno| Err(Error::Call { call: "command", errno });
        let Some((leader, tid)) = self.task(slot) else { return refuse(Errno::ESRCH) };
        if !self.idle(slot) {
            return refuse(Errno::EBUSY);
        }
        let blocks = self.memory.blocks();
        match command {
            Command::Clone { slot: new, flags, .. } => {
                if new == slot || !matches!(self.state(new), State::Gone | State::Zombie) {
                    return refuse(Errno::EBUSY);
                }
                reset(&blocks[new.index()], self.idle);
                let member = &self.members[new.index()];
                member.leader.set(if flags & libc::CLONE_THREAD as u64 == 0 { 0 } else { leader });
                member.executes.set(false);
                member.gone.set(false);
                if flags & libc::CLONE_PTRACE as u64 != 0 {
                    self.traces.set(true);
                }
            }
            Command::Syscall { number, .. } if number == libc::SYS_ptrace as u64 => self.traces.set(true),
            _ => {}
        }
        if let Some(turns) = &self.turns {
            self.send_idle_back(turns, slot);
            turns.let_out(slot.index(), tid);
            if let Command::Clone { slot: new, .. } = command {
                turns.expect(new.index());
            }
        }
        command.write(self.memory.window, slot, blocks);
        let number = &blocks[slot.index()].command;
        number.store(number.load(Relaxed).wrapping_add(1), Release);
        if command == Command::Exec {
            // Not before: until now there was an older reply, which says nothing of it.
            self.members[slot.index()].executes.set(tid != leader);
        }
        if self.idle == Idle::Sleep {
            let _ = futex::wake(number, futex::Flags::empty(), 1);
        }
        Ok(())
    }

    /// Gives every actor every processor for a while: for when one does not come to do what it was told. On a busy machine
    /// a processor has been seen to leave those that spin on it waiting for seconds.
    pub fn make_room(&self) {
        let Some(turns) = &self.turns else { return };
        for index in 0..SLOTS {
            if let Some((_, tid)) = self.task(Slot(index as u8)) {
                turns.set_free(index, tid);
            }
        }
    }

    /// Sends whoever has done what it was told back to the waiting room.
    fn send_idle_back(&self, turns: &Turns, but: Slot) {
        for index in (0..SLOTS).filter(|&index| turns.is_out(index) && index != but.index()) {
            let slot = Slot(index as u8);
            if let Some((_, tid)) = self.task(slot).filter(|_| self.idle(slot)) {
                turns.send_back(index, tid);
            }
        }
    }

    /// Whether there is an actor that has done what it was told. It says nothing of whether it is stopped, or alive.
    #[must_use]
    pub fn idle(&self, slot: Slot) -> bool {
        let block = self.block(slot);
        block.started.load(Acquire) != 0 && block.done.load(Acquire) == block.command.load(Relaxed)
    }

    /// The result of the last command; `None`: there was none, or it is not done.
    #[must_use]
    pub fn reply(&self, slot: Slot) -> Option<i64> {
        if let Some(turns) = &self.turns {
            turns.tend_newborn(|slot| self.memory.blocks()[slot].tid.load(Relaxed) as i32);
        }
        let block = self.block(slot);
        let told = block.command.load(Relaxed);
        (told != 0 && block.done.load(Acquire) == told).then(|| block.result.load(Relaxed))
    }

    /// Waits for the result of the last command; `None`: it is not done in this time, or the actor is gone.
    #[must_use]
    pub fn await_reply(&self, slot: Slot, patience: Duration) -> Option<i64> {
        let deadline = Instant::now() + patience;
        let block = self.block(slot);
        for looks in 0u32.. {
            let done = block.done.load(Acquire);
            if let Some(result) = self.reply(slot) {
                return Some(result);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || (looks % 1024 == 1023 && self.state(slot) == State::Gone) {
                return self.reply(slot);
            }
            match self.idle {
                Idle::Sleep => {
                    let nap = left.min(Duration::from_millis(1));
                    let nap = futex::Timespec { tv_sec: 0, tv_nsec: i64::from(nap.subsec_nanos()) };
                    let _ = futex::wait(&block.done, futex::Flags::empty(), done, Some(&nap));
                }
                // Not sched_yield(2): whoever spins would have the processor until the next tick.
                Idle::Spin if looks < 500 => std::hint::spin_loop(),
                Idle::Spin => std::thread::sleep(Duration::from_micros(20)),
            }
        }
        None
    }

    /// A system call, and its result; arguments that are not given are 0.
    ///
    /// # Errors
    /// See [`Stage::command`]. `ETIMEDOUT`: it did not return in ten seconds. An error of the call is a result.
    pub fn call<const N: usize>(&self, slot: Slot, number: i64, args: [u64; N]) -> Result<i64> {
        self.run(slot, Command::syscall(number, args))
    }

    /// A command, and its result.
    ///
    /// # Errors
    /// As [`Stage::call`].
    pub fn run(&self, slot: Slot, command: Command) -> Result<i64> {
        self.command(slot, command)?;
        let result = self.await_reply(slot, Duration::from_secs(10));
        let result = result.ok_or(Error::Call { call: "command", errno: Errno::ETIMEDOUT })?;
        if let Command::Clone { slot: new, .. } = command
            && result > 0
        {
            // A new actor can be told things when it has come to its code; one that is stopped before is left there.
            while !self.idle(new) && matches!(self.state(new), State::Running | State::Uninterruptible) {
                std::thread::sleep(Duration::from_micros(20));
            }
        }
        Ok(result)
    }

    /// The thread id of a slot's actor; `None` if the slot has never had one or it has been seen to be gone.
    #[must_use]
    pub fn tid(&self, slot: Slot) -> Option<Tid> {
        self.task(slot).map(|(_, tid)| Tid::new(tid))
    }

    /// The process id of a slot's actor; likewise.
    #[must_use]
    pub fn pid(&self, slot: Slot) -> Option<Tid> {
        self.task(slot).map(|(leader, _)| Tid::new(leader))
    }

    /// What a slot's actor does. One that is gone stays gone: its id may come to be another's.
    #[must_use]
    pub fn state(&self, slot: Slot) -> State {
        let Some((leader, tid)) = self.task(slot) else { return State::Gone };
        let (state, _) = census::stat(leader, tid);
        if state != State::Gone {
            return state;
        }
        // It may have become its process's leader between the two looks.
        match self.task(slot) {
            Some((leader, now)) if now != tid => census::stat(leader, now).0,
            _ => {
                self.members[slot.index()].gone.set(!self.members[slot.index()].executes.get());
                State::Gone
            }
        }
    }

    /// The number of the system call that a slot's actor is in, blocked or stopped; `None`: it is in none, or runs.
    #[must_use]
    pub fn blocked_in(&self, slot: Slot) -> Option<u64> {
        self.task(slot).and_then(|(leader, tid)| census::blocked_in(leader, tid))
    }

    /// The signals that wait for a slot's actor, or for its process, and that it does not block: bit 0 is signal 1.
    #[must_use]
    pub fn unblocked_signals(&self, slot: Slot) -> u64 {
        self.task(slot).map_or(0, |(leader, tid)| census::unblocked(leader, tid))
    }

    /// How many signals a slot's handler has noted.
    #[must_use]
    pub fn handled_count(&self, slot: Slot) -> u32 {
        self.block(slot).handled.load(Acquire)
    }

    /// The signals that a slot's handler has noted, from the one of this index on, in the order in which handlers
    /// began. Of more than 16, the last.
    #[must_use]
    pub fn handled(&self, slot: Slot, from: u32) -> Vec<SigInfo> {
        let count = self.handled_count(slot);
        let entry = |index: u32| {
            let mut bytes = [0; SigInfo::SIZE];
            let words = &self.block(slot).log[index as usize % LOG];
            for (bytes, word) in bytes.chunks_exact_mut(8).zip(words) {
                bytes.copy_from_slice(&word.load(Relaxed).to_ne_bytes());
            }
            SigInfo::from_bytes(bytes)
        };
        (from.max(count.saturating_sub(LOG as u32))..count).map(entry).collect()
    }

    /// Where a slot's buffer is, in this process and in every actor: 4096 bytes for what calls take and give.
    #[must_use]
    pub fn buffer(&self, slot: Slot) -> TraceeAddr {
        TraceeAddr::new(self.block(slot).buffer.as_ptr() as u64)
    }

    /// Within a page that no actor uses and each process has for itself, so many bytes from its beginning.
    #[must_use]
    pub fn private(&self, offset: u64) -> TraceeAddr {
        TraceeAddr::new((self.memory.window + STACKS + (SLOTS - 1) * STACK) as u64 + offset)
    }

    /// Writes to a slot's buffer.
    ///
    /// # Panics
    /// It does not fit.
    pub fn write_buffer(&self, slot: Slot, offset: usize, bytes: &[u8]) {
        assert!(
            offset.checked_add(bytes.len()).is_some_and(|end| end <= BUFFER),
            "past the end of the buffer"
        );
        let buffer = self.block(slot).buffer.as_ptr().cast::<u8>().cast_mut();
        // SAFETY: within the buffer, which is made of atomics, so that it may change while it is borrowed.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), buffer.add(offset), bytes.len()) };
    }

    /// Reads a part of a slot's buffer.
    ///
    /// # Panics
    /// It ends before.
    #[must_use]
    pub fn read_buffer(&self, slot: Slot, offset: usize, len: usize) -> Vec<u8> {
        assert!(offset.checked_add(len).is_some_and(|end| end <= BUFFER), "past the end of the buffer");
        let mut bytes = vec![0; len];
        // SAFETY: within the buffer.
        unsafe {
            let buffer = self.block(slot).buffer.as_ptr().cast::<u8>();
            std::ptr::copy_nonoverlapping(buffer.add(offset), bytes.as_mut_ptr(), len);
        }
        bytes
    }

    fn block(&self, slot: Slot) -> &Block {
        &self.memory.blocks()[slot.index()]
    }

    /// Process and thread id of a slot's actor.
    fn task(&self, slot: Slot) -> Option<(i32, i32)> {
        self.notice_execs();
        let member = &self.members[slot.index()];
        let tid = self.block(slot).tid.load(Acquire) as i32;
        let leader = if member.leader.get() == 0 { tid } else { member.leader.get() };
        (tid != 0 && !member.gone.get()).then_some((leader, tid))
    }

    /// A thread that executes becomes the leader of its process, and takes over its id; whoever had it is gone.
    fn notice_execs(&self) {
        for index in (0..SLOTS).filter(|&index| self.members[index].executes.get()) {
            let (member, slot) = (&self.members[index], Slot(index as u8));
            let leader = member.leader.get();
            let became = match self.reply(slot) {
                Some(result) => {
                    member.executes.set(false);
                    result == 0
                }
                // It may be stopped before it could say so. Its image knows whose it is.
                None => census::argument(leader) == Some(slot.0 + 1),
            };
            if became {
                member.executes.set(false);
                for (other, block) in self.members.iter().zip(self.memory.blocks()) {
                    let tid = block.tid.load(Relaxed) as i32;
                    if tid != 0 && (other.leader.get() == leader || tid == leader) {
                        other.gone.set(true);
                    }
                }
                member.leader.set(0);
                member.gone.set(false);
                self.block(slot).tid.store(leader as u32, Relaxed);
            }
        }
    }

    /// Slots that have or had an actor, but init's, and their process and thread ids.
    fn cast(&self) -> impl Iterator<Item = (Slot, i32, i32)> + '_ {
        (1..SLOTS).filter_map(|index| {
            let slot = Slot(index as u8);
            self.task(slot).map(|(leader, tid)| (slot, leader, tid))
        })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.tear_down();
    }
}

/// Makes a block new.
fn reset(block: &Block, idle: Idle) {
    for counter in [&block.command, &block.done, &block.tid, &block.nesting, &block.taken, &block.handled] {
        counter.store(0, Relaxed);
    }
    block.sleeps.store(u32::from(idle == Idle::Sleep), Relaxed);
    block.nap[0].store(1, Relaxed);
    block.started.store(0, Relaxed);
}

/// Whether this process ignores a signal.
fn is_ignored(signal: i32) -> bool {
    let mut action = [0usize; 4];
    // SAFETY: `action` has room for a `struct kernel_sigaction`.
    let result = unsafe {
        libc::syscall(libc::SYS_rt_sigaction, signal, std::ptr::null::<usize>(), action.as_mut_ptr(), 8usize)
    };
    result == 0 && action[0] == libc::SIG_IGN
}
