//! What an actor is told to do, and how it is written into its block.

use super::block::{Block, SLOTS, op};
use super::image::CODE;
use super::{Slot, code};
use lariat_abi::{Signal, TraceeAddr};
use std::sync::atomic::Ordering::Relaxed;

/// Something for an actor to do. Its result is what the system call returned (an error is negative), 0 if it
/// returns nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// A system call. Not one that returns twice: that is [`Command::Clone`].
    Syscall {
        /// Its number.
        number: u64,
        /// Its arguments.
        args: [u64; 6],
    },
    /// clone(2): the new task is the actor of another slot, idle, on a stack of its own. The result is its id.
    Clone {
        /// `CLONE_` flags: none for a fork; `CLONE_VM | CLONE_VFORK` for a vfork; [`Command::THREAD`].
        /// `CLONE_PARENT_SETTID` is added.
        flags: u64,
        /// The signal that tells the parent of its end.
        exit_signal: Option<Signal>,
        /// The new task's slot: unused, or of an actor that is gone.
        slot: Slot,
    },
    /// execve(2) of the actors' image. The new image does one system call, an mmap(2), and then goes on as the actor
    /// of this slot; the result is then 0.
    Exec,
    /// rt_sigaction(2).
    Sigaction {
        /// The signal.
        signal: Signal,
        /// What it does.
        disposition: Disposition,
        /// `SA_` flags. `SA_SIGINFO` and `SA_RESTORER` are added.
        flags: u64,
        /// The signals that are blocked while the handler runs.
        mask: u64,
    },
    /// An `int3` instruction.
    Int3,
    /// Writes 8 bytes in user mode.
    Store {
        /// Where.
        address: TraceeAddr,
        /// What.
        value: u64,
    },
    /// Reads 8 bytes in user mode; they are the result.
    Load {
        /// Where.
        address: TraceeAddr,
    },
}

/// What a signal does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// `SIG_DFL`.
    Default,
    /// `SIG_IGN`.
    Ignore,
    /// A handler, which notes the siginfo: [`super::Stage::handled`].
    Handler,
}

impl Command {
    /// Flags of [`Command::Clone`] for another thread of the process; it has no exit signal.
    pub const THREAD: u64 = (libc::CLONE_VM
        | libc::CLONE_FS
        | libc::CLONE_FILES
        | libc::CLONE_SIGHAND
        | libc::CLONE_THREAD
        | libc::CLONE_SYSVSEM) as u64;

    /// A system call; arguments that are not given are 0.
    #[must_use]
    pub fn syscall<const N: usize>(number: i64, args: [u64; N]) -> Self {
        const { assert!(N <= 6) };
        let mut six = [0; 6];
        six[..N].copy_from_slice(&args);
        Self::Syscall { number: number as u64, args: six }
    }

    /// A fork.
    #[must_use]
    pub const fn fork(slot: Slot) -> Self {
        Self::Clone { flags: 0, exit_signal: Some(Signal::CHLD), slot }
    }

    /// A vfork: the actor is done when the child has executed or is gone.
    #[must_use]
    pub const fn vfork(slot: Slot) -> Self {
        let flags = (libc::CLONE_VM | libc::CLONE_VFORK) as u64;
        Self::Clone { flags, exit_signal: Some(Signal::CHLD), slot }
    }

    /// Another thread of the process.
    #[must_use]
    pub const fn thread(slot: Slot) -> Self {
        Self::Clone { flags: Self::THREAD, exit_signal: None, slot }
    }

    /// Writes everything of the command but its number, which makes it one.
    pub(super) fn write(self, window: usize, slot: Slot, blocks: &[Block; SLOTS]) {
        let block = &blocks[slot.index()];
        block.op.store(op::SYSCALL, Relaxed);
        block.child.store(0, Relaxed);
        let call = |number: i64, args: [u64; 6]| {
            block.number.store(number as u64, Relaxed);
            for (place, arg) in block.args.iter().zip(args) {
                place.store(arg, Relaxed);
            }
        };
        match self {
            Self::Syscall { number, args } => call(number as i64, args),
            Self::Clone { flags, exit_signal, slot } => {
                let child = &blocks[slot.index()];
                block.child.store(std::ptr::from_ref(child) as u64, Relaxed);
                let flags = flags
                    | libc::CLONE_PARENT_SETTID as u64
                    | exit_signal.map_or(0, |signal| signal.as_raw() as u64);
                call(
                    libc::SYS_clone,
                    [flags, slot.stack_top(window) as u64, child.tid.as_ptr() as u64, 0, 0, 0],
                );
            }
            Self::Exec => {
                let code = code::code();
                block.argument.store(slot.index() as u64 + 1, Relaxed);
                block.argv[0].store((window + CODE + code.name) as u64, Relaxed);
                block.argv[1].store(block.argument.as_ptr() as u64, Relaxed);
                block.argv[2].store(0, Relaxed);
                let argv = block.argv.as_ptr() as u64;
                call(libc::SYS_execve, [(window + CODE + code.path) as u64, argv, 0, 0, 0, 0]);
            }
            Self::Sigaction { signal, disposition, flags, mask } => {
                let code = code::code();
                let handler = match disposition {
                    Disposition::Default => libc::SIG_DFL,
                    Disposition::Ignore => libc::SIG_IGN,
                    Disposition::Handler => window + CODE + code.handler,
                };
                let flags = flags | libc::SA_SIGINFO as u64 | SA_RESTORER;
                block.action.handler.store(handler as u64, Relaxed);
                block.action.flags.store(flags, Relaxed);
                block.action.restorer.store((window + CODE + code.restorer) as u64, Relaxed);
                block.action.mask.store(mask, Relaxed);
                let action = std::ptr::from_ref(&block.action) as u64;
                call(libc::SYS_rt_sigaction, [signal.as_raw() as u64, action, 0, 8, 0, 0]);
            }
            Self::Int3 => block.op.store(op::INT3, Relaxed),
            Self::Store { address, value } => {
                block.op.store(op::STORE, Relaxed);
                call(0, [address.as_raw(), value, 0, 0, 0, 0]);
            }
            Self::Load { address } => {
                block.op.store(op::LOAD, Relaxed);
                call(0, [address.as_raw(), 0, 0, 0, 0, 0]);
            }
        }
    }
}

/// `SA_RESTORER`, `<asm/signal.h>`.
const SA_RESTORER: u64 = 0x0400_0000;
