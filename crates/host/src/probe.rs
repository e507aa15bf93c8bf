//! Asking the kernel whether it would let us trace, without touching anybody.
//!
//! A seccomp filter may answer ptrace with an error or with death, so what may be filtered is tried in a child made
//! for it. Whether a process may be traced is asked by process_vm_readv(2), which checks exactly what `PTRACE_ATTACH`
//! does (`PTRACE_MODE_ATTACH_REALCREDS`) before it looks at the address: one where nobody has memory.

use crate::error::{Error, Result, last_errno};
use crate::ptrace::plain;
use lariat_abi::{Errno, Request, Signal, Tid};
use rustix::process::{Resource, Rlimit};

/// No user memory is here: the last page.
const NOWHERE: usize = usize::MAX - 4095;

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// As without a filter, on a kernel that has the call.
    Works,
    /// With an error that the call itself does not give here.
    Fails(Errno),
    /// The child was killed for it.
    Kills(Signal),
}

/// Tries `PTRACE_SEIZE`, of nobody. Only a filter, or a kernel without ptrace, keeps it from saying `ESRCH`.
///
/// # Errors
/// No child could be made.
pub fn try_seize() -> Result<Attempt> {
    in_child(|| match error_of(Request::Seize, Tid::new(-1)) {
        Errno::ESRCH => 0,
        other => other.as_raw(),
    })
}

/// Tries `PTRACE_TRACEME`.
///
/// # Errors
/// No child could be made.
pub fn try_trace_me() -> Result<Attempt> {
    in_child(|| error_of(Request::TraceMe, Tid::new(0)).as_raw())
}

/// Tries to seize a child.
///
/// # Errors
/// No child could be made.
pub fn try_seize_child() -> Result<Attempt> {
    in_child(|| {
        // SAFETY: plain system calls. The grandchild waits until nobody holds the other end of the pipe: it ends
        // even if a filter kills the child.
        unsafe {
            let mut ends = [0; 2];
            if libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) == -1 {
                return last_errno().as_raw();
            }
            let grandchild = libc::fork();
            match grandchild {
                -1 => return last_errno().as_raw(),
                0 => {
                    libc::close(ends[1]);
                    libc::read(ends[0], (&raw mut ends).cast(), 1);
                    libc::_exit(0)
                }
                _ => {}
            }
            let errno = error_of(Request::Seize, Tid::new(grandchild));
            libc::close(ends[1]);
            libc::waitpid(grandchild, std::ptr::null_mut(), libc::__WALL);
            errno.as_raw()
        }
    })
}

/// Whether the kernel lets us at a process as a tracer; the process does not notice. `None` if it cannot be asked:
/// process_vm_readv(2) is filtered or absent, or the process has no memory.
///
/// Yama counts the calling process, so this is not asked in a child, unless to see whether asking kills.
#[must_use]
pub fn may_access(tid: Tid) -> Option<std::result::Result<(), Errno>> {
    let own = Tid::new(std::process::id() as i32);
    let usable = in_child(|| if read_nowhere(own_id()) == Errno::EFAULT { 0 } else { 1 });
    if usable != Ok(Attempt::Works) || tid == own {
        return None;
    }
    match read_nowhere(tid.as_raw()) {
        Errno::EFAULT => Some(Ok(())),
        errno @ Errno::EPERM => Some(Err(errno)),
        _ => None,
    }
}

/// This process, also right after a fork.
fn own_id() -> i32 {
    // SAFETY: it cannot fail.
    unsafe { libc::getpid() }
}

/// The error of reading a byte where there is none.
fn read_nowhere(pid: i32) -> Errno {
    let mut byte = 0u8;
    let local = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    let remote = libc::iovec { iov_base: NOWHERE as *mut _, iov_len: 1 };
    // SAFETY: the kernel may write the one byte.
    match unsafe { libc::process_vm_readv(pid, &raw const local, 1, &raw const remote, 1, 0) } {
        -1 => last_errno(),
        _ => Errno::from_raw(0),
    }
}

/// A request without address and data; 0 if it succeeds.
fn error_of(request: Request, tid: Tid) -> Errno {
    plain(request, tid, 0, 0).err().map_or(Errno::from_raw(0), |error| error.errno())
}

/// Runs an attempt in a child, which ends with the error number it returns. It may make system calls and nothing
/// else: another thread may hold the allocator's lock.
fn in_child(attempt: impl FnOnce() -> i32) -> Result<Attempt> {
    // SAFETY: the child makes system calls only, and ends by _exit.
    let child = match unsafe { libc::fork() } {
        -1 => return Err(Error::last("fork")),
        0 => {
            // A death by SIGSYS is expected; a core dump is not.
            let _ = rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
            let code = attempt();
            // SAFETY: ends the child.
            unsafe { libc::_exit(code) }
        }
        child => child,
    };
    loop {
        let mut status = 0;
        // SAFETY: waits for the child that was made above, and kills it if it stops as a tracee.
        unsafe {
            if libc::waitpid(child, &raw mut status, libc::__WALL) == -1 {
                match last_errno() {
                    Errno::EINTR => continue,
                    errno => return Err(Error::Call { call: "waitpid", errno }),
                }
            }
            if libc::WIFEXITED(status) {
                return Ok(match libc::WEXITSTATUS(status) {
                    0 => Attempt::Works,
                    errno => Attempt::Fails(Errno::from_raw(errno)),
                });
            }
            if libc::WIFSIGNALED(status) {
                let signal = Signal::from_raw(libc::WTERMSIG(status)).unwrap_or(Signal::KILL);
                return Ok(Attempt::Kills(signal));
            }
            libc::kill(child, libc::SIGKILL);
        }
    }
}
