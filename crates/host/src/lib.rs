//! The real kernel: every ptrace request, wait, tracee memory, seccomp.
//!
//! All system-call unsafe of the tracer's side lives here. A request that needs a stopped tracee is a
//! method of [`Stopped`], the proof that a wait reported the stop; whatever makes the tracee run consumes
//! the proof, so a request cannot be sent to a running tracee by mistake.
//!
//! ```text
//!   seize / attach / spawn ──► wait ──► (Tid, WaitStatus) ──► Stopped ──► getters, setters
//!                               ▲                               │
//!                               └──────── resume, listen ◄──────┘ (consumes)    detach ──► free
//! ```
//!
//! The one hard thing is death: SIGKILL takes a tracee out of any stop at any moment, and then every
//! request answers `ESRCH`. That is [`Error::is_gone`], a result to handle and never to unwrap.
#![allow(unsafe_code, reason = "this crate is where the system calls are made")]

mod affinity;
mod error;
mod memory;
mod probe;
mod process;
mod ptrace;
#[cfg(target_arch = "x86_64")]
pub mod puppet;
mod seccomp;
mod sock_diag;
mod spawn;
mod status;
mod stopped;
mod tick;
mod user_namespace;
mod wait;

pub use affinity::{AffinityGuard, CpuSet, affinity, current_cpu, set_affinity};
pub use error::{Error, Result};
pub use memory::TraceeMemory;
pub use probe::{Attempt, may_access, try_seize, try_seize_child, try_trace_me};
pub use process::{
    catch_termination, die_of, exists, extended_attribute, ignore_signals, is_dumpable, local_time,
    send_signal, take_termination, threads, user_id, user_name,
};
pub use ptrace::{attach, interrupt, kill, seize, trace_me};
pub use seccomp::{Filter, TRACE_DATA, TableFilter};
pub use sock_diag::{UnixSocket, unix_socket};
pub use spawn::{Distance, Launch, SpawnError, User, Waiting};
pub use status::{ProcessStatus, command_name};
pub use stopped::{Resume, Stopped};
pub use tick::Ticker;
pub use user_namespace::UserNamespace;
pub use wait::{Reaped, Waiter, block_signals, wait_for};
