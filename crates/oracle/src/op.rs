//! What a task of a script does: a system call, a ptrace request, or an instruction.

use lariat_abi::{Options, Request, Signal};
use lariat_kernel::call::{CloneFlags, WaitFlags};
use lariat_kernel::task::{Handler, SaFlags};
use std::fmt;

/// Somebody a call names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A task of the script; `init`; `nobody`: a number that no task has.
    Task(String),
    /// Any child: -1.
    Any,
    /// The caller's process group: 0.
    Group,
    /// A task, by a pidfd for it.
    PidFd(String),
    /// The process group that a task leads.
    PGroup(String),
}

/// An address of a task's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addr {
    /// In the page that each process has for this, so many bytes from its beginning.
    Mem(u64),
    /// This one.
    Absolute(u64),
}

/// A ptrace request's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// None.
    None,
    /// A signal to deliver; a number beyond them is kept.
    Signal(u64),
    /// Options.
    Options(u64),
    /// An `addr`, and options.
    Seize(u64, u64),
    /// A number in `addr`.
    Index(u64),
    /// A place in the USER area, and what to write there.
    User(u64, Option<Addr>),
    /// An address, and what to write there.
    Memory(Addr, Option<u64>),
    /// A mask.
    Mask(Vec<Signal>),
    /// The signal and the code of a siginfo.
    SigInfo(i32, i32),
    /// Which signals of a queue: from, how many, of the process.
    Peek(u64, i32, bool),
    /// The size of a structure, bytes.
    Size(u64),
    /// A register set and a length, bytes.
    RegSet(u64, u64),
}

/// One thing a task does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// A new task.
    Clone(String, CloneFlags, i32),
    /// execve(2) of the program it is.
    Exec,
    /// exit(2).
    Exit(i32),
    /// exit_group(2).
    ExitGroup(i32),
    /// kill(2).
    Kill(Who, u64),
    /// tgkill(2).
    Tgkill(String, u64),
    /// rt_sigqueueinfo(2) with a value.
    SigQueue(String, Signal, u64),
    /// rt_sigaction(2).
    SigAction(Signal, Handler, SaFlags),
    /// rt_sigprocmask(2).
    Mask(lariat_kernel::call::How, Vec<Signal>),
    /// A call that sleeps, or does nothing.
    Plain(Plain),
    /// rt_sigsuspend(2).
    SigSuspend(Vec<Signal>),
    /// rt_sigtimedwait(2).
    SigTimedWait(Vec<Signal>),
    /// wait4(2).
    Wait4(Who, WaitFlags),
    /// waitid(2).
    WaitId(Who, WaitFlags),
    /// setpgid(2).
    SetPgid(Who),
    /// setsid(2).
    SetSid,
    /// setresuid(2).
    SetUid(u32),
    /// personality(2); `None`: only asks.
    Personality(Option<u32>),
    /// prctl(2).
    Dumpable(u64),
    /// prctl(2).
    Subreaper,
    /// prctl(2).
    Pdeathsig(Signal),
    /// prctl(2) `PR_SET_PTRACER`; `None`: nobody any more.
    Ptracer(Option<Who>),
    /// A seccomp filter for getppid(2).
    Seccomp(lariat_kernel::seccomp::Verdict),
    /// INT3.
    Int3,
    /// Writes a word.
    Store(u64),
    /// Reads a word.
    Load(u64),
    /// ptrace(2).
    Ptrace(Request, Option<String>, Data),
    /// Does nothing: what the task is doing, or what its last call gave.
    Look,
    /// Does nothing: what its handlers have been told.
    Handled,
}

/// A call without arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plain {
    /// getppid(2).
    Getppid,
    /// pause(2).
    Pause,
    /// read(2) of a pipe that stays empty.
    Read,
    /// nanosleep(2) for a very long time.
    NanoSleep,
    /// epoll_wait(2).
    EpollWait,
}

const PLAIN: [(&str, Plain); 5] = [
    ("getppid", Plain::Getppid),
    ("pause", Plain::Pause),
    ("read", Plain::Read),
    ("nanosleep", Plain::NanoSleep),
    ("epoll_wait", Plain::EpollWait),
];

const WAIT: [(&str, WaitFlags); 9] = [
    ("WNOHANG", WaitFlags::WNOHANG),
    ("WUNTRACED", WaitFlags::WSTOPPED),
    ("WSTOPPED", WaitFlags::WSTOPPED),
    ("WEXITED", WaitFlags::WEXITED),
    ("WCONTINUED", WaitFlags::WCONTINUED),
    ("WNOWAIT", WaitFlags::WNOWAIT),
    ("__WNOTHREAD", WaitFlags::WNOTHREAD),
    ("__WALL", WaitFlags::WALL),
    ("__WCLONE", WaitFlags::WCLONE),
];

const CLONE: [(&str, CloneFlags); 5] = [
    ("vm", CloneFlags::VM),
    ("ptrace", CloneFlags::PTRACE),
    ("vfork", CloneFlags::VFORK),
    ("parent", CloneFlags::PARENT),
    ("untraced", CloneFlags::UNTRACED),
];

const SA: [(&str, SaFlags); 5] = [
    ("restart", SaFlags::RESTART),
    ("nodefer", SaFlags::NODEFER),
    ("resethand", SaFlags::RESETHAND),
    ("nocldstop", SaFlags::NOCLDSTOP),
    ("nocldwait", SaFlags::NOCLDWAIT),
];

const OPTIONS: [(&str, Options); 10] = [
    ("TRACESYSGOOD", Options::TRACESYSGOOD),
    ("TRACEFORK", Options::TRACEFORK),
    ("TRACEVFORK", Options::TRACEVFORK),
    ("TRACECLONE", Options::TRACECLONE),
    ("TRACEEXEC", Options::TRACEEXEC),
    ("TRACEVFORKDONE", Options::TRACEVFORKDONE),
    ("TRACEEXIT", Options::TRACEEXIT),
    ("TRACESECCOMP", Options::TRACESECCOMP),
    ("EXITKILL", Options::EXITKILL),
    ("SUSPEND_SECCOMP", Options::SUSPEND_SECCOMP),
];

/// Places in `struct user` that have a name; debug registers are `dr0` to `dr7`.
const USER: [(&str, u64); 4] = [("rax", 80), ("orig_rax", 120), ("fs_base", 168), ("gs_base", 176)];
const DEBUG_REGS: u64 = 848;

/// Flags of a thread as pthread_create(3) makes it, as far as the model knows them.
pub const THREAD: CloneFlags = CloneFlags::VM.union(CloneFlags::SIGHAND).union(CloneFlags::THREAD);

/// What cannot be read, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseOpError(pub String);

/// Which requests a script may use, and what comes after the task.
const REQUESTS: [(&str, Request, Shape); 31] = [
    ("TRACEME", Request::TraceMe, Shape::None),
    ("ATTACH", Request::Attach, Shape::None),
    ("SEIZE", Request::Seize, Shape::Seize),
    ("CONT", Request::Cont, Shape::Signal),
    ("SYSCALL", Request::Syscall, Shape::Signal),
    ("SINGLESTEP", Request::SingleStep, Shape::Signal),
    ("SINGLEBLOCK", Request::SingleBlock, Shape::Signal),
    ("SYSEMU", Request::SysEmu, Shape::Signal),
    ("SYSEMU_SINGLESTEP", Request::SysEmuSingleStep, Shape::Signal),
    ("DETACH", Request::Detach, Shape::Signal),
    ("KILL", Request::Kill, Shape::None),
    ("INTERRUPT", Request::Interrupt, Shape::None),
    ("LISTEN", Request::Listen, Shape::None),
    ("SETOPTIONS", Request::SetOptions, Shape::Options),
    ("GETEVENTMSG", Request::GetEventMsg, Shape::None),
    ("GETSIGINFO", Request::GetSigInfo, Shape::None),
    ("SETSIGINFO", Request::SetSigInfo, Shape::SigInfo),
    ("PEEKSIGINFO", Request::PeekSigInfo, Shape::Peek),
    ("GETSIGMASK", Request::GetSigMask, Shape::Size),
    ("SETSIGMASK", Request::SetSigMask, Shape::Mask),
    ("PEEKDATA", Request::PeekData, Shape::Memory),
    ("POKEDATA", Request::PokeData, Shape::Memory),
    ("PEEKTEXT", Request::PeekText, Shape::Memory),
    ("POKETEXT", Request::PokeText, Shape::Memory),
    ("PEEKUSER", Request::PeekUser, Shape::User),
    ("POKEUSER", Request::PokeUser, Shape::User),
    ("GETREGS", Request::GetRegs, Shape::None),
    ("GETREGSET", Request::GetRegSet, Shape::RegSet),
    ("GET_SYSCALL_INFO", Request::GetSyscallInfo, Shape::Size),
    ("SECCOMP_GET_FILTER", Request::SeccompGetFilter, Shape::Index),
    ("UNKNOWN", Request::Unknown(0x4fff), Shape::None),
];

#[derive(Clone, Copy)]
enum Shape {
    None,
    Signal,
    Options,
    Seize,
    Index,
    SigInfo,
    Peek,
    Size,
    Mask,
    Memory,
    User,
    RegSet,
}

impl Op {
    /// The tasks it names, which must be there.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Kill(Who::Task(name) | Who::PGroup(name), _)
            | Self::Tgkill(name, _)
            | Self::SigQueue(name, ..)
            | Self::Wait4(Who::Task(name) | Who::PGroup(name), _)
            | Self::WaitId(Who::Task(name) | Who::PidFd(name) | Who::PGroup(name), _)
            | Self::SetPgid(Who::Task(name))
            | Self::Ptracer(Some(Who::Task(name)))
            | Self::Ptrace(_, Some(name), _) => vec![name],
            _ => Vec::new(),
        }
    }

    /// The task it makes.
    #[must_use]
    pub fn makes(&self) -> Option<&str> {
        match self {
            Self::Clone(name, ..) => Some(name),
            _ => None,
        }
    }

    /// Whether the task does nothing, and is only looked at.
    #[must_use]
    pub const fn is_look(&self) -> bool {
        matches!(self, Self::Look | Self::Handled)
    }

    /// Whether somebody would see it if the tasks did more than what the script says: calls, instructions, registers.
    #[must_use]
    pub const fn watches_calls(&self) -> bool {
        matches!(
            self,
            Self::Ptrace(
                Request::Syscall
                    | Request::SysEmu
                    | Request::SysEmuSingleStep
                    | Request::SingleStep
                    | Request::SingleBlock
                    | Request::PeekUser
                    | Request::PokeUser
                    | Request::GetRegs,
                ..
            )
        )
    }
}

mod display;
mod parse;
pub mod vocabulary;
