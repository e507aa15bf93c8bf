//! Reading an [`Op`] from a script.

use super::{
    Addr, CLONE, DEBUG_REGS, Data, OPTIONS, Op, PLAIN, ParseOpError, REQUESTS, SA, Shape, THREAD, USER, WAIT,
    Who,
};
use lariat_abi::{Options, Request, Signal};
use lariat_kernel::call::{CloneFlags, WaitFlags};
use lariat_kernel::task::{Handler, SaFlags};

/// The size of the page that each process has, bytes.
const PAGE: u64 = 4096;

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

/// What a program may end with; 0 if nothing is said.
fn exit_status(word: Option<&str>) -> Result<i32> {
    let word = word.unwrap_or("0");
    match number(word)? {
        status @ 0..=255 => Ok(status as i32),
        _ => err(format!("'{word}' is no exit status: that is 0 to 255")),
    }
}

fn signal(word: &str) -> Result<Signal> {
    Signal::from_name(word).map_or_else(|| err(format!("'{word}' is no signal")), Ok)
}

fn signal_or_number(word: &str) -> Result<u64> {
    let known = signal(word).map(|s| s.as_raw() as u64).or_else(|_| number(word));
    known.map_err(|_| ParseOpError(format!("'{word}' is neither a signal nor a number")))
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
        Some(rest) => match number(rest.strip_prefix('+').unwrap_or(rest))? {
            at if at <= PAGE - 8 => Ok(Addr::Mem(at)),
            at => {
                err(format!("'mem+{at}' is beyond the page: it ends at mem+{PAGE}, and a word has 8 bytes"))
            }
        },
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
            "exit" => Self::Exit(exit_status(words.0.next())?),
            "exit_group" => Self::ExitGroup(exit_status(words.0.next())?),
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
            "personality" => Self::Personality(words.0.next().map(number).transpose()?.map(|new| new as u32)),
            "dumpable" => Self::Dumpable(number(words.need("0 or 1")?)?),
            "subreaper" => Self::Subreaper,
            "pdeathsig" => Self::Pdeathsig(signal(words.need("a signal")?)?),
            "ptracer" => Self::Ptracer(match words.who()? {
                Who::Task(name) if name == "none" => None,
                who => Some(who),
            }),
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
