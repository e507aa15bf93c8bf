//! Signals by number and name: signal(7), `<asm/signal.h>`.

use std::borrow::Cow;

/// A signal number, 1 to 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Signal(u8);

/// Names of 1 to 31, in order.
static NAMES: [&str; 31] = [
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGSTKFLT",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGIO",
    "SIGPWR",
    "SIGSYS",
];

macro_rules! constants {
    ($($name:ident = $value:literal),* $(,)?) => {
        impl Signal {
            $(#[doc = concat!("`SIG", stringify!($name), "`.")] pub const $name: Self = Self($value);)*
        }
    };
}

constants! {
    HUP = 1, INT = 2, QUIT = 3, ILL = 4, TRAP = 5, ABRT = 6, BUS = 7, FPE = 8, KILL = 9, USR1 = 10,
    SEGV = 11, USR2 = 12, PIPE = 13, ALRM = 14, TERM = 15, STKFLT = 16, CHLD = 17, CONT = 18, STOP = 19,
    TSTP = 20, TTIN = 21, TTOU = 22, URG = 23, XCPU = 24, XFSZ = 25, VTALRM = 26, PROF = 27, WINCH = 28,
    IO = 29, PWR = 30, SYS = 31,
}

impl Signal {
    /// The kernel's first real-time signal, `SIGRTMIN` of `<asm/signal.h>`.
    pub const RTMIN: i32 = 32;
    /// The last signal, `_NSIG`.
    pub const MAX: i32 = 64;

    /// The signal with this number; `None` unless it is 1 to 64.
    #[must_use]
    pub const fn from_raw(raw: i32) -> Option<Self> {
        if raw >= 1 && raw <= Self::MAX { Some(Self(raw as u8)) } else { None }
    }

    /// Its number.
    #[must_use]
    pub const fn as_raw(self) -> i32 {
        self.0 as i32
    }

    /// Its name; the kernel's real-time signals are `SIGRTMIN` and `SIGRT_1` to `SIGRT_32`.
    #[must_use]
    pub fn name(self) -> Cow<'static, str> {
        match NAMES.get(usize::from(self.0) - 1) {
            Some(name) => Cow::Borrowed(*name),
            None if self.as_raw() == Self::RTMIN => Cow::Borrowed("SIGRTMIN"),
            None => Cow::Owned(format!("SIGRT_{}", self.as_raw() - Self::RTMIN)),
        }
    }

    /// The signal with this name, with or without `SIG`, in any case; also the names that strace and
    /// kill(1) use for real-time signals, and numbers.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        if let Ok(raw) = name.parse() {
            return Self::from_raw(raw);
        }
        let upper = name.to_ascii_uppercase();
        let short = upper.strip_prefix("SIG").unwrap_or(&upper);
        if let Some(at) = NAMES.iter().position(|n| &n[3..] == short) {
            return Self::from_raw(at as i32 + 1);
        }
        match short {
            "IOT" => Some(Self::ABRT),
            "POLL" => Some(Self::IO),
            "CLD" => Some(Self::CHLD),
            "RTMIN" => Self::from_raw(Self::RTMIN),
            "RTMAX" => Self::from_raw(Self::MAX),
            _ => {
                let offset = short.strip_prefix("RT_").or_else(|| short.strip_prefix("RTMIN+"))?;
                Self::from_raw(Self::RTMIN + offset.parse::<u8>().map(i32::from).ok()?)
            }
        }
    }

    /// Whether its default action is to stop the process: SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU.
    #[must_use]
    pub const fn is_stop(self) -> bool {
        matches!(self.0, 19..=22)
    }
}

impl std::fmt::Display for Signal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for raw in 1..=Signal::MAX {
            let signal = Signal::from_raw(raw).expect("in range");
            assert_eq!(Signal::from_name(&signal.name()), Some(signal));
        }
        assert_eq!(Signal::from_raw(0), None);
        assert_eq!(Signal::from_raw(65), None);
        assert_eq!(Signal::from_name("term"), Some(Signal::TERM));
        assert_eq!(Signal::from_name("SIGRT_33"), None);
        assert_eq!(Signal::from_name("nosuch"), None);
    }
}
