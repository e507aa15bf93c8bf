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
    /// prctl(2).
    Dumpable(u64),
    /// prctl(2).
    Subreaper,
    /// prctl(2).
    Pdeathsig(Signal),
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

type Result<T> = std::result::Result<T, ParseOpError>;

fn err<T>(what: impl Into<String>) -> Result<T> {
    Err(ParseOpError(what.into()))
}

fn number(word: &str) -> Result<u64> {
    let parsed = match word.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => word.parse::<i64>().map(|n| n as u64).ok().or_else(|| word.parse().ok()),
    };
    parsed.map_or_else(|| err(format!("'{word}' is no number")), Ok)
}

fn signal(word: &str) -> Result<Signal> {
    Signal::from_name(word).map_or_else(|| err(format!("'{word}' is no signal")), Ok)
}

fn signal_or_number(word: &str) -> Result<u64> {
    signal(word).map(|s| s.as_raw() as u64).or_else(|_| number(word))
}

/// Words joined by `|`, each from a table.
fn flags<F: Copy>(word: &str, table: &[(&str, F)], what: &str, mut add: impl FnMut(F)) -> Result<()> {
    for name in word.split('|') {
        let Some((_, flag)) = table.iter().find(|(known, _)| *known == name) else {
            return err(format!("'{name}' is no {what}"));
        };
        add(*flag);
    }
    Ok(())
}

fn address(word: &str) -> Result<Addr> {
    match word.strip_prefix("mem") {
        Some("") => Ok(Addr::Mem(0)),
        Some(rest) => Ok(Addr::Mem(number(rest.strip_prefix('+').unwrap_or(rest))?)),
        None => number(word).map(Addr::Absolute),
    }
}

/// The words after the first.
struct Words<'a>(std::str::SplitWhitespace<'a>);

impl<'a> Words<'a> {
    fn need(&mut self, what: &str) -> Result<&'a str> {
        self.0.next().map_or_else(|| err(format!("{what} is missing")), Ok)
    }

    fn who(&mut self) -> Result<Who> {
        Ok(match self.need("a task")? {
            "any" => Who::Any,
            "group" => Who::Group,
            "pidfd" => Who::PidFd(self.need("a task")?.into()),
            "pgrp" => Who::PGroup(self.need("a task")?.into()),
            name => Who::Task(name.into()),
        })
    }

    fn signals(&mut self) -> Result<Vec<Signal>> {
        self.0.by_ref().map(signal).collect()
    }
}

impl Op {
    /// Reads what a task does.
    ///
    /// # Errors
    /// The words say nothing known.
    pub fn parse(text: &str) -> Result<Self> {
        let mut words = Words(text.split_whitespace());
        let first = words.need("what the task does")?;
        let op = if let Some(&(_, request, shape)) = REQUESTS.iter().find(|(name, ..)| *name == first) {
            let who = match request {
                Request::TraceMe => None,
                _ => Some(words.need("a task")?.to_owned()),
            };
            Self::Ptrace(request, who, data(shape, &mut words)?)
        } else if let Some(&(_, plain)) = PLAIN.iter().find(|(name, _)| *name == first) {
            Self::Plain(plain)
        } else {
            Self::call(first, &mut words)?
        };
        match words.0.next() {
            Some(word) => err(format!("'{word}' is one word too many")),
            None => Ok(op),
        }
    }

    fn call(first: &str, words: &mut Words<'_>) -> Result<Self> {
        use lariat_kernel::call::How;
        use lariat_kernel::seccomp::Verdict;
        Ok(match first {
            "fork" => Self::Clone(words.need("a name")?.into(), CloneFlags::empty(), 17),
            "vfork" => Self::Clone(words.need("a name")?.into(), CloneFlags::VM | CloneFlags::VFORK, 17),
            "thread" => Self::Clone(words.need("a name")?.into(), THREAD, 0),
            "clone" => {
                let name = words.need("a name")?.to_owned();
                let (mut set, mut exit_signal) = (CloneFlags::empty(), 17);
                for word in words.0.by_ref() {
                    match word.strip_prefix("signal=") {
                        Some("0") => exit_signal = 0,
                        Some(name) => exit_signal = signal(name)?.as_raw(),
                        None if word == "thread" => (set, exit_signal) = (set | THREAD, 0),
                        None => flags(word, &CLONE, "flag of clone", |flag| set |= flag)?,
                    }
                }
                Self::Clone(name, set, exit_signal)
            }
            "exec" => Self::Exec,
            "exit" => Self::Exit(number(words.0.next().unwrap_or("0"))? as i32),
            "exit_group" => Self::ExitGroup(number(words.0.next().unwrap_or("0"))? as i32),
            "kill" => Self::Kill(words.who()?, signal_or_number(words.need("a signal")?)?),
            "tgkill" => {
                Self::Tgkill(words.need("a task")?.into(), signal_or_number(words.need("a signal")?)?)
            }
            "sigqueue" => Self::SigQueue(
                words.need("a task")?.into(),
                signal(words.need("a signal")?)?,
                number(words.need("a value")?)?,
            ),
            "sigaction" => {
                let sig = signal(words.need("a signal")?)?;
                let handler = match words.need("default, ignore or handler")? {
                    "default" => Handler::Default,
                    "ignore" => Handler::Ignore,
                    "handler" => Handler::Function,
                    other => return err(format!("'{other}' is neither default, ignore nor handler")),
                };
                let mut set = SaFlags::empty();
                for word in words.0.by_ref() {
                    flags(word, &SA, "flag of sigaction", |flag| set |= flag)?;
                }
                Self::SigAction(sig, handler, set)
            }
            "block" => Self::Mask(How::Block, words.signals()?),
            "unblock" => Self::Mask(How::Unblock, words.signals()?),
            "setmask" => Self::Mask(How::SetMask, words.signals()?),
            "sigsuspend" => Self::SigSuspend(words.signals()?),
            "sigtimedwait" => Self::SigTimedWait(words.signals()?),
            "wait4" | "waitid" => {
                let who = words.who()?;
                let mut set = WaitFlags::empty();
                for word in words.0.by_ref() {
                    flags(word, &WAIT, "flag of wait", |flag| set |= flag)?;
                }
                if first == "wait4" { Self::Wait4(who, set) } else { Self::WaitId(who, set) }
            }
            "setpgid" => Self::SetPgid(match words.0.next() {
                None => Who::Group,
                Some(name) => Who::Task(name.into()),
            }),
            "setsid" => Self::SetSid,
            "setuid" => Self::SetUid(number(words.need("a user id")?)? as u32),
            "dumpable" => Self::Dumpable(number(words.need("0 or 1")?)?),
            "subreaper" => Self::Subreaper,
            "pdeathsig" => Self::Pdeathsig(signal(words.need("a signal")?)?),
            "seccomp" => Self::Seccomp(match words.need("trace, errno or kill")? {
                "trace" => Verdict::Trace(number(words.need("its data")?)? as u16),
                "errno" => Verdict::Errno(number(words.need("a number")?)? as u16),
                "kill" => Verdict::KillProcess,
                other => return err(format!("'{other}' is neither trace, errno nor kill")),
            }),
            "int3" => Self::Int3,
            "look" => Self::Look,
            "handled" => Self::Handled,
            "store" | "load" => match (first, address(words.need("an address")?)?) {
                ("store", Addr::Mem(at)) => Self::Store(at),
                (_, Addr::Mem(at)) => Self::Load(at),
                _ => return err("a task touches its own page only: mem+N"),
            },
            other => return err(format!("'{other}' is neither a call nor a request that scripts know")),
        })
    }

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

/// A number, or names of options.
fn options(word: Option<&str>) -> Result<u64> {
    let Some(word) = word else { return Ok(0) };
    number(word).or_else(|_| {
        let mut bits = 0;
        flags(word, &OPTIONS, "option of ptrace", |flag: Options| bits |= u64::from(flag.bits()))?;
        Ok(bits)
    })
}

fn data(shape: Shape, words: &mut Words<'_>) -> Result<Data> {
    Ok(match shape {
        Shape::None => Data::None,
        Shape::Signal => Data::Signal(words.0.next().map_or(Ok(0), signal_or_number)?),
        Shape::Options => Data::Options(options(words.0.next())?),
        Shape::Seize => match words.0.next() {
            Some(word) if word.starts_with("addr=") => {
                Data::Seize(number(&word["addr=".len()..])?, options(words.0.next())?)
            }
            word => Data::Options(options(word)?),
        },
        Shape::Index => Data::Index(number(words.need("a number")?)?),
        Shape::SigInfo => Data::SigInfo(
            signal(words.need("a signal")?)?.as_raw(),
            words.0.next().map_or(Ok(0), number)? as i32,
        ),
        Shape::Peek => Data::Peek(
            number(words.need("an offset")?)?,
            number(words.need("a count")?)? as i32,
            match words.0.next() {
                None => false,
                Some("shared") => true,
                Some(other) => return err(format!("'{other}' is not 'shared'")),
            },
        ),
        Shape::Size => Data::Size(words.0.next().map_or(Ok(u64::MAX), number)?),
        Shape::Mask => Data::Mask(words.signals()?),
        Shape::Memory => {
            Data::Memory(address(words.need("an address")?)?, words.0.next().map(number).transpose()?)
        }
        Shape::User => {
            let word = words.need("a register")?;
            let named = USER.iter().find(|(name, _)| *name == word).map(|(_, at)| *at);
            let debug = word.strip_prefix("dr").and_then(|n| n.parse::<u64>().ok()).filter(|n| *n < 8);
            let at = match named.or(debug.map(|n| DEBUG_REGS + n * 8)) {
                Some(at) => at,
                None => number(word)?,
            };
            Data::User(at, words.0.next().map(address).transpose()?)
        }
        Shape::RegSet => Data::RegSet(number(words.need("a set")?)?, number(words.need("a length")?)?),
    })
}

mod display;
