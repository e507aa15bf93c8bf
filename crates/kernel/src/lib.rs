//! Linux's side of ptrace, as a pure state machine: no I/O, no unsafe, no processes.
//!
//! Tasks, signals and calls go in; results and effects come out. What the kernel does when a tracer calls ptrace(2), when a
//! signal reaches a tracee, when anybody waits, is written down here under the kernel's own names, checked against the
//! running kernel by the crate `oracle`, and used to explain, to test, and to answer programs inside a traced tree.
//!
//! ```text
//!  enter(task, Call) ─► step(task) ─► step(task) … ─► Effects: returned, trapped, stopped, handled, exited
//!                        │ advance: the Frame where it last slept
//!                        ├─ entry, perform: calls      ├─ request, attach: ptrace(2)
//!                        ├─ deliver, stop: signals     ├─ clone, exit: tasks come and go
//!                        └─ send, notify: signals sent └─ wait
//! ```
//!
//! The hard thing is that the kernel's code sleeps in the middle: in a stop, in a wait, in vfork(2). Here every place where
//! it can sleep is a [`task::Frame`], a value, so that the whole state can be copied, compared and explored. One step lets
//! one task run until it sleeps or is in user mode with nothing to do; what the kernel does under a lock, or could not be
//! seen half done, is one step, and the order of steps of different tasks is free.
//!
//! What is left out: cgroup freezing, core dumps (a task that would dump dies as if it could not), pid namespaces (numbers
//! are everybody's), timers, and shared signal dispositions of separate processes.

pub mod access;
mod attach;
pub mod call;
mod clone;
pub mod cred;
mod deliver;
pub mod effect;
mod entry;
mod exit;
mod invariants;
mod jobctl;
mod kernel;
pub mod machine;
mod notify;
mod perform;
mod rare;
mod request;
pub mod seccomp;
mod send;
mod siginfo;
mod sigset;
mod stop;
pub mod task;
mod wait;

pub use jobctl::JobCtl;
pub use kernel::Kernel;
pub use notify::cld;
pub use siginfo::{Send, SigInfo, SigPending};
pub use sigset::SigSet;
pub use task::{Task, TaskId};
