//! Stops as a sum: each variant carries its data and says how it is resumed.

use lariat_abi::{Abi, SigInfo, Signal, Tid};
use lariat_host::Stopped;
use std::time::Duration;

/// What happened to a task.
#[derive(Debug)]
pub enum Stop {
    /// Syscall-entry-stop. Resumed without a signal.
    Enter {
        /// The ABI of the call.
        abi: Abi,
        /// Its number.
        number: u64,
        /// Its arguments.
        args: [u64; 6],
        /// The instruction pointer.
        ip: u64,
        /// The stack pointer.
        sp: u64,
    },
    /// Syscall-exit-stop. Resumed without a signal.
    Leave {
        /// The result register: an error as a negative number.
        rval: i64,
    },
    /// Signal-delivery-stop: the one stop whose resumption can deliver a signal.
    Signal {
        /// The signal.
        signal: Signal,
        /// Why it was sent.
        info: SigInfo,
    },
    /// Group-stop: the task stays stopped, as untraced, until SIGCONT.
    Group(Signal),
    /// Before return from a fork, vfork or clone that made this task.
    Child(Tid),
    /// Before return from a successful execve. The thread that called it had the id `former`.
    Exec {
        /// The id of the calling thread before the exec.
        former: Tid,
    },
    /// First stop of a task, an interrupt, or another event of no further interest.
    Other,
    /// It exited; there is no stop to resume.
    Exited(u8),
    /// A signal ended it; there is no stop to resume.
    Killed {
        /// The signal.
        signal: Signal,
        /// It dumped core.
        core: bool,
    },
}

/// One piece of news about one task.
#[derive(Debug)]
pub struct Report {
    /// The task.
    pub tid: Tid,
    /// What happened.
    pub stop: Stop,
    /// The proof that it is stopped; `None` after a death.
    pub stopped: Option<Stopped>,
    /// The system time that the task has used, if the tree measures it.
    pub system_time: Duration,
}
