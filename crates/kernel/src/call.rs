//! What tasks ask of the kernel, and what it answers.

use crate::siginfo::SigInfo;
use crate::sigset::SigSet;
use crate::task::SigAction;
use bitflags::bitflags;
use lariat_abi::Request;

bitflags! {
    /// Flags of clone(2) that matter here, with the kernel's values.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct CloneFlags: u32 {
        /// Share the address space.
        const VM = 0x100;
        /// Share signal dispositions.
        const SIGHAND = 0x800;
        /// Attach the new task to the caller's tracer.
        const PTRACE = 0x2000;
        /// The caller waits until the child frees the address space.
        const VFORK = 0x4000;
        /// The caller's parent is the new task's.
        const PARENT = 0x8000;
        /// A thread of the caller's group.
        const THREAD = 0x1_0000;
        /// No event attaches the new task.
        const UNTRACED = 0x80_0000;
    }

    /// Flags of waitid(2) and wait4(2).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct WaitFlags: u32 {
        /// Do not sleep.
        const WNOHANG = 1;
        /// `WUNTRACED`, `WSTOPPED`: stopped children too.
        const WSTOPPED = 2;
        /// Dead children.
        const WEXITED = 4;
        /// Continued children.
        const WCONTINUED = 8;
        /// Leave it to be waited for again.
        const WNOWAIT = 0x100_0000;
        /// Not the children of other threads.
        const WNOTHREAD = 0x2000_0000;
        /// Children of any kind.
        const WALL = 0x4000_0000;
        /// Children that tell by another signal than SIGCHLD, alone.
        const WCLONE = 0x8000_0000;
    }
}

/// Whom to wait for: `enum pid_type` and a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WaitFor {
    /// Any: `P_ALL`.
    Any,
    /// One task: `P_PID`.
    Pid(i32),
    /// A process group; 0 is the caller's: `P_PGID`.
    Group(i32),
    /// By a descriptor for this task; `nonblock`: `PIDFD_NONBLOCK`, made so.
    PidFd {
        /// The process.
        pid: i32,
        /// The descriptor does not block.
        nonblock: bool,
    },
}

/// How sigprocmask changes the mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum How {
    /// `SIG_BLOCK`.
    Block,
    /// `SIG_UNBLOCK`.
    Unblock,
    /// `SIG_SETMASK`.
    SetMask,
}

/// What the caller's memory at `data` (or `addr`) holds for a ptrace request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Input {
    /// The request reads none, or there is room for what it writes.
    #[default]
    None,
    /// There is no memory: `EFAULT`.
    Fault,
    /// A siginfo, for SETSIGINFO.
    SigInfo(SigInfo),
    /// A mask, for SETSIGMASK.
    Mask(SigSet),
    /// `struct ptrace_peeksiginfo_args`.
    Peek {
        /// From which on.
        off: u64,
        /// `PTRACE_PEEKSIGINFO_SHARED` is 1.
        flags: u32,
        /// How many.
        nr: i32,
    },
    /// An iovec of this length, for GETREGSET and SETREGSET; `None`: its base is no memory.
    IoVec(Option<u64>),
    /// `user_regs_struct` for SETREGS, of which the model takes this.
    Regs {
        /// `orig_rax`.
        orig_ax: i64,
        /// `rax`.
        ax: i64,
    },
    /// `struct ptrace_syscall_info` for SET_SYSCALL_INFO.
    SyscallInfo {
        /// `op`.
        op: u8,
        /// Whether a field that is reserved is not zero.
        reserved: bool,
        /// The call's number.
        nr: i64,
        /// The call's result.
        rval: i64,
    },
    /// `struct ptrace_sud_config`; whether prctl(2) would take it.
    UserDispatch {
        /// It would.
        valid: bool,
    },
    /// `struct seccomp_metadata`: the filter's place, from the oldest on.
    FilterOffset(u64),
}

/// A system call, as far as this part of the kernel cares.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Call {
    /// One that touches nothing here, and returns this: getppid(2) and most others.
    Plain {
        /// Its number.
        nr: i64,
        /// Its result.
        result: i64,
    },
    /// ptrace(2).
    Ptrace {
        /// The request.
        request: Request,
        /// Of whom.
        pid: i32,
        /// `addr`.
        addr: u64,
        /// `data`.
        data: u64,
        /// What is there.
        input: Input,
    },
    /// fork(2), vfork(2), clone(2).
    Clone {
        /// Flags.
        flags: CloneFlags,
        /// The signal that tells of the child's death.
        exit_signal: i32,
    },
    /// execve(2) of a program that can be executed.
    Exec,
    /// exit(2): of one thread.
    Exit(i32),
    /// exit_group(2).
    ExitGroup(i32),
    /// kill(2).
    Kill(i32, u64),
    /// tgkill(2): group (0: tkill(2)), task, signal.
    Tgkill(i32, i32, u64),
    /// rt_sigqueueinfo(2): process, signal and what it carries.
    SigQueue(i32, u64, SigInfo),
    /// rt_sigaction(2).
    SigAction(i32, SigAction),
    /// rt_sigprocmask(2).
    SigProcMask(How, SigSet),
    /// rt_sigsuspend(2).
    SigSuspend(SigSet),
    /// rt_sigtimedwait(2) without time-out.
    SigTimedWait(SigSet),
    /// rt_sigreturn(2).
    SigReturn,
    /// pause(2).
    Pause,
    /// read(2) of a pipe that stays empty.
    Read,
    /// nanosleep(2) for ever.
    NanoSleep,
    /// restart_syscall(2): what such a sleep goes on as.
    RestartSyscall,
    /// epoll_wait(2) for ever, which never restarts.
    EpollWait,
    /// wait4(2).
    Wait4(WaitFor, WaitFlags),
    /// waitid(2).
    WaitId(WaitFor, WaitFlags),
    /// setpgid(2) of oneself into this group; 0: a new one.
    SetPgid(i32),
    /// setsid(2).
    SetSid,
    /// setresuid(2) to one user id, and so by the superuser.
    SetUid(u32),
    /// personality(2): this one; `None`: only asks.
    Personality(Option<u32>),
    /// prctl(2) `PR_SET_DUMPABLE`.
    SetDumpable(u64),
    /// prctl(2) `PR_SET_NO_NEW_PRIVS`.
    SetNoNewPrivs,
    /// prctl(2) `PR_SET_PTRACER`: 0 none, -1 any.
    SetPtracer(i32),
    /// prctl(2) `PR_SET_CHILD_SUBREAPER`.
    SetSubreaper(bool),
    /// prctl(2) `PR_SET_PDEATHSIG`.
    SetPdeathsig(i32),
    /// seccomp(2): a filter that knows one call.
    Seccomp(crate::seccomp::Rule),
}

impl Call {
    /// Its number on x86-64.
    #[must_use]
    pub const fn number(&self) -> i64 {
        match self {
            Self::Plain { nr, .. } => *nr,
            Self::Ptrace { .. } => 101,
            Self::Clone { .. } => 56,
            Self::Exec => 59,
            Self::Exit(_) => 60,
            Self::ExitGroup(_) => 231,
            Self::Kill(..) => 62,
            Self::Tgkill(0, ..) => 200,
            Self::Tgkill(..) => 234,
            Self::SigQueue(..) => 129,
            Self::SigAction(..) => 13,
            Self::SigProcMask(..) => 14,
            Self::SigSuspend(_) => 130,
            Self::SigTimedWait(_) => 128,
            Self::SigReturn => 15,
            Self::Pause => 34,
            Self::Read => 0,
            Self::NanoSleep => 35,
            Self::RestartSyscall => 219,
            Self::EpollWait => 232,
            Self::Wait4(..) => 61,
            Self::WaitId(..) => 247,
            Self::SetPgid(_) => 109,
            Self::SetSid => 112,
            Self::SetUid(_) => 117,
            Self::Personality(_) => 135,
            Self::SetNoNewPrivs
            | Self::SetDumpable(_)
            | Self::SetPtracer(_)
            | Self::SetSubreaper(_)
            | Self::SetPdeathsig(_) => 157,
            Self::Seccomp(_) => 317,
        }
    }

    /// A ptrace request without data in memory.
    #[must_use]
    pub const fn ptrace(request: Request, pid: i32, addr: u64, data: u64) -> Self {
        Self::Ptrace { request, pid, addr, data, input: Input::None }
    }
}

/// What a call gives beside its result: what the kernel writes into the caller's memory.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Output {
    /// Nothing.
    #[default]
    None,
    /// A word: PEEK and GETEVENTMSG.
    Word(u64),
    /// A siginfo: GETSIGINFO, and rt_sigtimedwait's.
    SigInfo(SigInfo),
    /// PEEKSIGINFO's.
    SigInfos(Vec<SigInfo>),
    /// GETSIGMASK's; rt_sigprocmask's old one.
    Mask(SigSet),
    /// wait4's raw status.
    Status(i32),
    /// waitid's siginfo.
    WaitInfo(SigInfo),
    /// GET_SYSCALL_INFO's.
    SyscallInfo(SyscallReport),
    /// GETREGSET's length.
    Length(u64),
    /// `user_regs_struct`, of which this is what the model knows: `orig_rax` and `rax`.
    Regs {
        /// `orig_rax`.
        orig_ax: i64,
        /// `rax`.
        ax: i64,
    },
}

/// What GET_SYSCALL_INFO says: `struct ptrace_syscall_info`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SyscallReport {
    /// `PTRACE_SYSCALL_INFO_NONE`.
    None,
    /// `PTRACE_SYSCALL_INFO_ENTRY`: the number.
    Entry(i64),
    /// `PTRACE_SYSCALL_INFO_EXIT`: the result, and whether it is an error.
    Exit(i64, bool),
    /// `PTRACE_SYSCALL_INFO_SECCOMP`: the number, and the filter's data.
    Seccomp(i64, u32),
}
