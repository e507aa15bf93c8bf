//! The raw request, and the requests that do not need a stopped tracee.

use crate::error::{Error, Result, last_errno};
use lariat_abi::{Options, Request, Tid};

/// Makes a request. `addr` and `data` are as ptrace(2) says for the request.
///
/// # Safety
/// Where the request reads or writes through `addr` or `data`, it must point to memory of this process that
/// is large enough for it.
pub(crate) unsafe fn raw(request: Request, tid: Tid, addr: usize, data: usize) -> Result<i64> {
    // SAFETY: the caller vouches for the pointers; the kernel checks everything else.
    let result = unsafe {
        libc::syscall(libc::SYS_ptrace, u64::from(request.as_raw()), tid.as_raw() as i64, addr, data)
    };
    if result < 0 {
        return Err(Error::Ptrace { request, tid, errno: last_errno() });
    }
    Ok(result)
}

/// A request whose arguments are numbers.
pub(crate) fn plain(request: Request, tid: Tid, addr: usize, data: usize) -> Result<()> {
    // SAFETY: only called for requests that take no pointers of ours.
    unsafe { raw(request, tid, addr, data) }.map(|_| ())
}

/// `PTRACE_TRACEME`: makes the parent of the calling thread's process its tracer.
///
/// # Errors
/// `EPERM`: the caller is traced already, or a security module forbids it.
pub fn trace_me() -> Result<()> {
    plain(Request::TraceMe, Tid::new(0), 0, 0)
}

/// `PTRACE_ATTACH`: attaches and sends SIGSTOP, with a siginfo of the kernel's. [`seize`] is the better way; this
/// one exists because programs use it.
///
/// A task in group-stop is in a ptrace-stop before this returns; the SIGSTOP follows once it is resumed. Either
/// way of attaching leaves restartable calls as they were; those that are never restarted, epoll_wait(2) for one,
/// return `EINTR` once the task has stopped in them (signal(7)).
///
/// # Errors
/// `ESRCH`: no such task. `EPERM`: it is traced already, is a kernel thread or of our own thread group, is
/// exiting, or the access check fails (ptrace(2), "Ptrace access mode checking").
pub fn attach(tid: Tid) -> Result<()> {
    plain(Request::Attach, tid, 0, 0)
}

/// `PTRACE_SEIZE`: attaches without stopping the task. The tracer is the calling thread: requests by others of its
/// process are refused (`ESRCH`), though they may wait, and its end detaches, or with [`Options::EXITKILL`] kills.
///
/// # Errors
/// As [`attach`]; `EIO`: unknown option bits. `EPERM` also: [`Options::SUSPEND_SECCOMP`] without
/// `CAP_SYS_ADMIN`.
pub fn seize(tid: Tid, options: Options) -> Result<()> {
    plain(Request::Seize, tid, 0, options.bits() as usize)
}

/// `PTRACE_INTERRUPT`: makes a seized task stop (`PTRACE_EVENT_STOP`, with SIGTRAP or the signal of a
/// group-stop). Any other stop that comes first does instead: one interrupt is not always one `EVENT_STOP`. Of a
/// task that is stopped already it asks for one more.
///
/// # Errors
/// `ESRCH`: gone. `EIO`: the task was attached, not seized.
pub fn interrupt(tid: Tid) -> Result<()> {
    plain(Request::Interrupt, tid, 0, 0)
}

/// `PTRACE_KILL`: sends SIGKILL to a tracee, stopped or not (ptrace(2), BUGS; use kill(2) instead).
///
/// # Errors
/// `ESRCH`: not a tracee of the calling thread. A tracee that is dead and not yet waited for is no error.
pub fn kill(tid: Tid) -> Result<()> {
    plain(Request::Kill, tid, 0, 0)
}
