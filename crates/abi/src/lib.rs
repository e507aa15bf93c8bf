//! The kernel's vocabulary, shared by both sides of ptrace.
//!
//! Everything here is plain data: numbers with names, and structures in the kernel's own layout. There is
//! no I/O and no unsafe; the crate [`host`](../lariat_host/index.html) talks to the running kernel in these
//! words, and a model of the kernel can answer in them.
//!
//! The one rule: input that nobody knows is kept, never rejected. An unknown event, signal or option bit is
//! a value with a number.

mod addr;
mod arch;
mod errno;
mod event;
mod options;
mod regs;
mod request;
mod siginfo;
mod signal;
mod syscall_info;
mod wait_status;

pub use addr::{Tid, TraceeAddr};
pub use arch::Abi;
pub use errno::Errno;
pub use event::Event;
pub use options::Options;
pub use regs::{FpRegs, I386Regs, Regs, RegsetKind, UserDesc};
pub use request::Request;
pub use siginfo::{SigInfo, si_code};
pub use signal::Signal;
pub use syscall_info::{RseqConfiguration, SeccompMetadata, SyscallInfo, SyscallOp, UserDispatch};
pub use wait_status::WaitStatus;
