//! What a stage's memory holds: the layout that the puppeteer and the actors' code agree on.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64};

/// A stage's window of the address space: its size, and what its address is a multiple of.
pub(super) const WINDOW: usize = 0x40_0000;
/// Where the shared memory begins in the window: one [`Header`] and a [`Block`] for each slot.
pub(super) const SHARED: usize = 0x1_0000;
/// Where the blocks begin.
pub(super) const BLOCKS: usize = SHARED + size_of::<Header>();
/// Bytes of shared memory.
pub(super) const SHARED_LEN: usize = size_of::<Header>() + SLOTS * size_of::<Block>();
/// Where the stacks begin in the window. They are private to a process.
pub(super) const STACKS: usize = 0x20_0000;
/// Bytes of a stack.
pub(super) const STACK: usize = 0x1_0000;
/// Slots of a stage.
pub(super) const SLOTS: usize = 32;
/// Signals that a block remembers.
pub(super) const LOG: usize = 16;
/// Bytes of a slot's buffer.
pub(super) const BUFFER: usize = 4096;
/// Bytes of the file before the shared memory: the image that actors execute.
pub(super) const IMAGE_LEN: usize = 4096;
/// The descriptor that the file has in every actor.
pub(super) const FD: i32 = 63;

const _: () = assert!(BLOCKS + SLOTS * size_of::<Block>() <= STACKS && STACKS + SLOTS * STACK <= WINDOW);
const _: () = assert!(size_of::<Header>() == 4096 && size_of::<Block>() == 8192);

/// The stage's own page.
#[repr(C, align(4096))]
pub(super) struct Header {
    /// A robust mutex that the owner of the stage holds: the kernel marks it when the owner dies, however that
    /// happens, and then every idle actor ends itself.
    pub(super) owner: libc::pthread_mutex_t,
}

/// What is done in user mode rather than by the kernel; [`Block::op`].
pub(super) mod op {
    pub(crate) const SYSCALL: u32 = 0;
    pub(crate) const INT3: u32 = 1;
    pub(crate) const STORE: u32 = 2;
    pub(crate) const LOAD: u32 = 3;
}

/// A `struct kernel_sigaction`.
#[repr(C)]
pub(super) struct KernelSigaction {
    pub(super) handler: AtomicU64,
    pub(super) flags: AtomicU64,
    pub(super) restorer: AtomicU64,
    pub(super) mask: AtomicU64,
}

/// A slot: what its actor is to do, and what came of it.
#[repr(C, align(4096))]
pub(super) struct Block {
    /// The number of the last command. Changes last, after what the command is.
    pub(super) command: AtomicU32,
    pub(super) op: AtomicU32,
    pub(super) number: AtomicU64,
    pub(super) args: [AtomicU64; 6],
    /// The block of the task that the call makes, 0 if it makes none.
    pub(super) child: AtomicU64,
    /// The number of the last command that was done. Changes after the result.
    pub(super) done: AtomicU32,
    /// The actor's thread id. The kernel writes it, for clone(2) is told to.
    pub(super) tid: AtomicU32,
    pub(super) result: AtomicI64,
    /// Whether an idle actor sleeps in futex(2), or spins in user mode.
    pub(super) sleeps: AtomicU32,
    /// Handlers that are running, one within another.
    pub(super) nesting: AtomicU32,
    /// Signals whose place in the log is taken.
    pub(super) taken: AtomicU32,
    /// Signals that are in the log.
    pub(super) handled: AtomicU32,
    /// For execve(2): the arguments, and their text.
    pub(super) argv: [AtomicU64; 3],
    /// The slot, counted from 1, and a NUL.
    pub(super) argument: AtomicU64,
    pub(super) action: KernelSigaction,
    /// Seconds and nanoseconds an actor sleeps before it looks whether the owner lives.
    pub(super) nap: [AtomicU64; 2],
    /// The actor has come to its code: what is sent to it from now on meets it in user mode.
    pub(super) started: AtomicU64,
    unused: [AtomicU64; 227],
    pub(super) log: [[AtomicU64; 16]; LOG],
    pub(super) buffer: [AtomicU64; BUFFER / 8],
}
