//! Ptrace options: `PTRACE_O_*` of `<linux/ptrace.h>`.

use bitflags::bitflags;

bitflags! {
    /// What `PTRACE_SEIZE` and `PTRACE_SETOPTIONS` take. Unknown bits are kept; the kernel answers them
    /// with `EIO` (SEIZE) or `EINVAL` (SETOPTIONS).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Options: u32 {
        /// Bit 7 of the signal number is set in syscall-stops, which tells them from a SIGTRAP.
        const TRACESYSGOOD = 1;
        /// Stop at fork(2) and attach the child.
        const TRACEFORK = 1 << 1;
        /// Stop at vfork(2) and attach the child.
        const TRACEVFORK = 1 << 2;
        /// Stop at clone(2) and attach the new task.
        const TRACECLONE = 1 << 3;
        /// Stop at execve(2) instead of the legacy SIGTRAP.
        const TRACEEXEC = 1 << 4;
        /// Stop when a vfork(2) child has released its parent.
        const TRACEVFORKDONE = 1 << 5;
        /// Stop at exit.
        const TRACEEXIT = 1 << 6;
        /// Stop when a seccomp filter returns `SECCOMP_RET_TRACE`.
        const TRACESECCOMP = 1 << 7;
        /// Kill the tracee when its tracer exits.
        const EXITKILL = 1 << 20;
        /// Suspend the tracee's seccomp filters; needs `CAP_SYS_ADMIN` and a kernel built for
        /// checkpoint/restore.
        const SUSPEND_SECCOMP = 1 << 21;
        const _ = !0;
    }
}
