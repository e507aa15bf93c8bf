//! Writing an [`Op`] as scripts have it.

use super::{Addr, CLONE, DEBUG_REGS, Data, OPTIONS, Op, PLAIN, REQUESTS, SA, THREAD, USER, WAIT, Who, fmt};
use lariat_abi::Signal;
use lariat_kernel::call::{CloneFlags, How};
use lariat_kernel::seccomp::Verdict;
use lariat_kernel::task::Handler;

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Task(name) => f.write_str(name),
            Self::Any => f.write_str("any"),
            Self::Group => f.write_str("group"),
            Self::PidFd(name) => write!(f, "pidfd {name}"),
            Self::PGroup(name) => write!(f, "pgrp {name}"),
        }
    }
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mem(at) => write!(f, "mem+{at}"),
            Self::Absolute(at) => write!(f, "{at:#x}"),
        }
    }
}

/// A signal's name, or the number if there is none.
fn signal(raw: u64) -> String {
    i32::try_from(raw)
        .ok()
        .and_then(Signal::from_raw)
        .map_or_else(|| raw.to_string(), |s| s.name().into_owned())
}

fn signals(list: &[Signal]) -> String {
    list.iter().map(|s| format!(" {}", s.name())).collect()
}

impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None | Self::Signal(0) | Self::Options(0) | Self::Size(u64::MAX) => Ok(()),
            Self::Signal(raw) => write!(f, " {}", signal(*raw)),
            Self::Options(bits) => {
                let known = OPTIONS.iter().fold(0, |all, (_, flag)| all | u64::from(flag.bits()));
                if bits & !known != 0 {
                    return write!(f, " {bits:#x}");
                }
                let set = OPTIONS.iter().filter(|(_, flag)| u64::from(flag.bits()) & bits != 0);
                write!(f, " {}", set.map(|(name, _)| *name).collect::<Vec<_>>().join("|"))
            }
            Self::Seize(addr, bits) => write!(f, " addr={addr:#x}{}", Self::Options(*bits)),
            Self::Index(index) => write!(f, " {index}"),
            Self::User(at, value) => {
                match USER.iter().find(|(_, known)| known == at) {
                    Some((name, _)) => write!(f, " {name}")?,
                    None if (DEBUG_REGS..DEBUG_REGS + 64).contains(at) && at.is_multiple_of(8) => {
                        write!(f, " dr{}", (at - DEBUG_REGS) / 8)?;
                    }
                    None => write!(f, " {at}")?,
                }
                value.map_or(Ok(()), |value| write!(f, " {value}"))
            }
            Self::Memory(at, value) => {
                write!(f, " {at}")?;
                value.map_or(Ok(()), |value| write!(f, " {value:#x}"))
            }
            Self::Mask(list) => f.write_str(&signals(list)),
            Self::SigInfo(signo, code) => write!(f, " {} {code}", signal(*signo as u64)),
            Self::Peek(off, nr, shared) => write!(f, " {off} {nr}{}", if *shared { " shared" } else { "" }),
            Self::Size(size) => write!(f, " {size}"),
            Self::RegSet(kind, length) => write!(f, " {kind:#x} {length}"),
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clone(name, flags, 17) if flags.is_empty() => write!(f, "fork {name}"),
            Self::Clone(name, flags, 17) if *flags == CloneFlags::VM | CloneFlags::VFORK => {
                write!(f, "vfork {name}")
            }
            Self::Clone(name, flags, _) if *flags == THREAD => write!(f, "thread {name}"),
            Self::Clone(name, flags, exit_signal) => {
                write!(f, "clone {name}")?;
                let thread = flags.contains(THREAD);
                if thread {
                    f.write_str(" thread")?;
                }
                for (word, flag) in CLONE {
                    if flags.contains(flag) && !(thread && THREAD.contains(flag)) {
                        write!(f, " {word}")?;
                    }
                }
                match (thread, exit_signal) {
                    (true, _) | (_, 17) => Ok(()),
                    (_, 0) => f.write_str(" signal=0"),
                    (_, raw) => write!(f, " signal={}", signal(*raw as u64)),
                }
            }
            Self::Exec => f.write_str("exec"),
            Self::Exit(code) => write!(f, "exit {code}"),
            Self::ExitGroup(code) => write!(f, "exit_group {code}"),
            Self::Kill(who, sig) => write!(f, "kill {who} {}", signal(*sig)),
            Self::Tgkill(name, sig) => write!(f, "tgkill {name} {}", signal(*sig)),
            Self::SigQueue(name, sig, value) => write!(f, "sigqueue {name} {} {value}", sig.name()),
            Self::SigAction(sig, handler, flags) => {
                let handler = match handler {
                    Handler::Default => "default",
                    Handler::Ignore => "ignore",
                    Handler::Function => "handler",
                };
                write!(f, "sigaction {} {handler}", sig.name())?;
                SA.iter()
                    .filter(|(_, flag)| flags.contains(*flag))
                    .try_for_each(|(word, _)| write!(f, " {word}"))
            }
            Self::Mask(how, list) => {
                let word = match how {
                    How::Block => "block",
                    How::Unblock => "unblock",
                    How::SetMask => "setmask",
                };
                write!(f, "{word}{}", signals(list))
            }
            Self::Plain(plain) => {
                f.write_str(PLAIN.iter().find(|(_, p)| p == plain).map_or("", |(name, _)| name))
            }
            Self::SigSuspend(list) => write!(f, "sigsuspend{}", signals(list)),
            Self::SigTimedWait(list) => write!(f, "sigtimedwait{}", signals(list)),
            Self::Wait4(who, flags) | Self::WaitId(who, flags) => {
                let name = if matches!(self, Self::Wait4(..)) { "wait4" } else { "waitid" };
                write!(f, "{name} {who}")?;
                let set = WAIT.iter().filter(|(word, flag)| flags.contains(*flag) && *word != "WUNTRACED");
                let set = set.map(|(word, _)| *word).collect::<Vec<_>>().join("|");
                if set.is_empty() { Ok(()) } else { write!(f, " {set}") }
            }
            Self::SetPgid(Who::Task(name)) => write!(f, "setpgid {name}"),
            Self::SetPgid(_) => f.write_str("setpgid"),
            Self::SetSid => f.write_str("setsid"),
            Self::SetUid(uid) => write!(f, "setuid {uid}"),
            Self::Personality(None) => f.write_str("personality"),
            Self::Personality(Some(new)) => write!(f, "personality {new:#x}"),
            Self::Dumpable(value) => write!(f, "dumpable {value}"),
            Self::Subreaper => f.write_str("subreaper"),
            Self::Pdeathsig(sig) => write!(f, "pdeathsig {}", sig.name()),
            Self::Ptracer(None) => f.write_str("ptracer none"),
            Self::Ptracer(Some(who)) => write!(f, "ptracer {who}"),
            Self::Seccomp(Verdict::Trace(data)) => write!(f, "seccomp trace {data}"),
            Self::Seccomp(Verdict::Errno(errno)) => write!(f, "seccomp errno {errno}"),
            Self::Seccomp(Verdict::KillProcess) => f.write_str("seccomp kill"),
            Self::Int3 => f.write_str("int3"),
            Self::Look => f.write_str("look"),
            Self::Handled => f.write_str("handled"),
            Self::Store(at) => write!(f, "store mem+{at}"),
            Self::Load(at) => write!(f, "load mem+{at}"),
            Self::Ptrace(request, who, data) => {
                let name = REQUESTS
                    .iter()
                    .find(|(_, known, _)| known == request)
                    .map_or("UNKNOWN", |(name, ..)| name);
                f.write_str(name)?;
                if let Some(who) = who {
                    write!(f, " {who}")?;
                }
                write!(f, "{data}")
            }
        }
    }
}
