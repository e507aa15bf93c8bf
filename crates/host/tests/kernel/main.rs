//! The ptrace layer against the running kernel, request by request: each test looks at what the tracee does
//! afterwards, and at the errors that the documentation of `lariat-host` promises.
//!
//! A tracee belongs to the thread that attached it, and every wait names one task: the tests run side by side and
//! never take one another's statuses. Tracees run `fixtures/ptrace.c`, which does what it is told through a pipe;
//! order comes from stops and from answers, never from time. What the kernel does where documentation leaves it
//! open was observed on Linux 6.18.
#![allow(unsafe_code, reason = "raw requests with bad pointers, signals, waitid(2)")]
#![allow(missing_docs, unreachable_pub, reason = "a test")]

mod attach;
mod death;
mod errors;
mod events;
mod exec;
mod group_stop;
mod i386;
mod memory;
mod namespaces;
mod newer;
mod programs;
mod registers;
mod resume;
mod seccomp;
mod siginfo;
mod signals;
mod syscalls;
mod tracee;
mod tracer_i386;
mod user;
mod waits;
