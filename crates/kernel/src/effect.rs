//! What the model tells whoever drives it: plain data, in order of time.

use crate::call::{Call, Output};
use crate::siginfo::SigInfo;

/// Something that happened. Tasks are named by the number they had then.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Effect {
    /// A call has returned, and the program sees its result.
    Returned {
        /// The task.
        pid: i32,
        /// The call.
        call: Call,
        /// The result; an errno is negative.
        result: i64,
        /// What it gives beside.
        output: Output,
    },
    /// A handler begins.
    Handled {
        /// The task.
        pid: i32,
        /// What it is told.
        info: SigInfo,
    },
    /// A task is in a ptrace-stop.
    Trapped {
        /// The task.
        pid: i32,
        /// Its tracer.
        tracer: i32,
        /// The wait status, without the low byte: signal, and event above.
        code: i32,
        /// The event message.
        message: u64,
        /// `last_siginfo`.
        info: Option<SigInfo>,
    },
    /// A task is in a group-stop, untraced.
    Stopped {
        /// The task.
        pid: i32,
    },
    /// A task that was stopped goes on.
    Resumed {
        /// The task.
        pid: i32,
    },
    /// A task has a new tracer, or none.
    Traced {
        /// The task.
        pid: i32,
        /// The tracer.
        tracer: Option<i32>,
    },
    /// A task is new.
    Cloned {
        /// The maker.
        pid: i32,
        /// The task.
        child: i32,
        /// Of the maker's thread group.
        thread: bool,
    },
    /// A task has become another program. It had the number `from`.
    Executed {
        /// Its number now.
        pid: i32,
        /// Its number before.
        from: i32,
    },
    /// A task is dead: a zombie, until it is released.
    Exited {
        /// The task.
        pid: i32,
        /// `exit_code`.
        code: i32,
    },
    /// A dead task is gone.
    Released {
        /// The task.
        pid: i32,
    },
    /// SIGCHLD, or another signal of a child's death, was sent.
    Notified {
        /// To whom.
        parent: i32,
        /// What it says.
        info: SigInfo,
    },
}
