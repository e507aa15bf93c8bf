//! Linux's side of ptrace, as a pure state machine: no I/O, no unsafe, no processes.

pub mod access;
pub mod cred;
