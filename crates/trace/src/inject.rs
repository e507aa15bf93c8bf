//! Tampering: what `-e inject=` and `-e fault=` do to calls, and to which of them; strace(1), "Tampering".

use crate::expression::{self, ExpressionError};
use crate::filter::SyscallSet;
use lariat_abi::{Abi, Errno, Signal};
use lariat_decode::{Catalog, Class};
use std::num::NonZero;
use std::time::Duration;

/// Calls and what is done to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InjectRule {
    /// Which calls.
    pub calls: SyscallSet,
    /// What and when.
    pub injection: Injection,
}

/// What is done to the selected calls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Injection {
    /// The call is not made, and has this result instead (`error=`, `retval=`).
    pub result: Option<Injected>,
    /// This signal is sent at entry (`signal=`).
    pub signal: Option<Signal>,
    /// A call without side effects that is made instead (`syscall=`), by name.
    pub syscall: Option<&'static str>,
    /// The task waits so long at entry (`delay_enter=`).
    pub delay_enter: Duration,
    /// The task waits so long at exit (`delay_exit=`).
    pub delay_exit: Duration,
    /// What is written at entry to where arguments point (`poke_enter=`).
    pub poke_enter: Vec<Poke>,
    /// The same at exit (`poke_exit=`).
    pub poke_exit: Vec<Poke>,
    /// Which calls, counted for each task and each system call.
    pub when: When,
}

/// A result that the kernel did not give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Injected {
    /// The call fails.
    Error(Errno),
    /// The call returns this.
    Value(u64),
}

impl Injected {
    /// The word for the result register.
    #[must_use]
    pub const fn register(self) -> u64 {
        match self {
            Self::Error(errno) => -(errno.as_raw() as i64) as u64,
            Self::Value(value) => value,
        }
    }
}

/// Bytes for the memory that an argument points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poke {
    /// Which argument; 0 is the first.
    pub argument: usize,
    /// What is written.
    pub bytes: Vec<u8>,
}

/// `when=first[..last][+[step]]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// The first call concerned, from 1.
    pub first: u32,
    /// The last one.
    pub last: u32,
    /// The distance between them.
    pub step: NonZero<u32>,
}

impl Default for When {
    fn default() -> Self {
        Self { first: 1, last: u32::MAX, step: NonZero::<u32>::MIN }
    }
}

impl When {
    /// Whether the `count`th call (from 1) is concerned.
    #[must_use]
    pub const fn selects(self, count: u32) -> bool {
        self.first <= count && count <= self.last && (count - self.first).is_multiple_of(self.step.get())
    }

    fn parse(text: &str) -> Option<Self> {
        let number = |text: &str, max: u32| text.parse().ok().filter(|n| (1..=max).contains(n));
        let (range, step) = match text.split_once('+') {
            Some((range, "")) => (range, Some(1)),
            Some((range, step)) => (range, Some(number(step, 65535)?)),
            None => (text, None),
        };
        let (first, last) = match range.split_once("..") {
            Some((first, last)) => (number(first, 65535)?, Some(number(last, 65534)?)),
            None => (number(range, 65535)?, None),
        };
        let last = match (last, step) {
            (Some(last), _) if last < first => return None,
            (Some(last), _) => last,
            (None, Some(_)) => u32::MAX,
            (None, None) => first,
        };
        Some(Self { first, last, step: NonZero::new(step.unwrap_or(1))? })
    }
}

/// Parses `SET[:error=…][:retval=…][:signal=…][:syscall=…][:delay_enter=…][:delay_exit=…][:poke_enter=…]
/// [:poke_exit=…][:when=…]`, or, of a fault, `SET[:error=…][:when=…]`.
///
/// # Errors
/// Something is not understood, given twice, or nothing is to be done.
pub fn parse(text: &str, fault: bool) -> Result<InjectRule, ExpressionError> {
    let qualifier = if fault { "fault" } else { "inject" };
    let refuse = |why: &str| ExpressionError::Inject { qualifier, text: text.into(), why: why.into() };
    let mut parts = text.split(':');
    let calls = expression::syscalls(parts.next().unwrap_or_default())?;
    let mut injection = Injection::default();
    for part in parts {
        let (key, value) =
            part.split_once('=').ok_or_else(|| refuse(&format!("'{part}' is not KEY=VALUE")))?;
        if fault && !matches!(key, "error" | "when") {
            return Err(refuse("a fault has error= and when= only"));
        }
        set(&mut injection, key, value).map_err(|why| refuse(&format!("{part}: {why}")))?;
    }
    if fault {
        injection.result.get_or_insert(Injected::Error(Errno::ENOSYS));
    }
    let Injection { result, signal, delay_enter, delay_exit, poke_enter, poke_exit, syscall, .. } =
        &injection;
    if syscall.is_some() && result.is_none() {
        return Err(refuse("syscall= needs error= or retval="));
    }
    let nothing = result.is_none()
        && signal.is_none()
        && (delay_enter.is_zero() && delay_exit.is_zero())
        && (poke_enter.is_empty() && poke_exit.is_empty());
    if nothing {
        return Err(refuse(
            "it says nothing to do: error, retval, signal, delay_enter, delay_exit, poke_enter or \
                           poke_exit",
        ));
    }
    Ok(InjectRule { calls, injection })
}

/// Takes in one `KEY=VALUE`.
fn set(injection: &mut Injection, key: &str, value: &str) -> Result<(), &'static str> {
    match key {
        "error" | "retval" if injection.result.is_some() => {
            return Err("there is an error= or retval= already");
        }
        "error" => {
            let errno = match value.parse::<i32>() {
                Ok(number) => (1..=4095).contains(&number).then(|| Errno::from_raw(number)),
                Err(_) => Errno::from_name(value),
            };
            injection.result = Some(Injected::Error(errno.ok_or("no such error (ENOENT, or 1 to 4095)")?));
        }
        "retval" => injection.result = Some(Injected::Value(word(value).ok_or("not a number")?)),
        "signal" if injection.signal.is_some() => return Err("there is a signal= already"),
        "signal" => {
            injection.signal = Some(Signal::from_name(value).ok_or("no such signal")?);
        }
        "syscall" => {
            let row = Catalog::get().named(value).iter().find(|row| row.class.contains(Class::PURE));
            injection.syscall = Some(row.ok_or("not a call of %pure, which have no side effects")?.name);
        }
        "delay_enter" => injection.delay_enter = delay(value).ok_or(NOT_A_TIME)?,
        "delay_exit" => injection.delay_exit = delay(value).ok_or(NOT_A_TIME)?,
        "poke_enter" => injection.poke_enter = pokes(value)?,
        "poke_exit" => injection.poke_exit = pokes(value)?,
        "when" => {
            injection.when = When::parse(value).ok_or("not FIRST[..LAST][+[STEP]] with numbers from 1")?;
        }
        _ => return Err("unknown key"),
    }
    Ok(())
}

const NOT_A_TIME: &str = "not a time: a number, and s, ms, us (the default) or ns";

/// A number in C's notation, negative ones in two's complement.
fn word(text: &str) -> Option<u64> {
    if let Some(text) = text.strip_prefix('-') {
        return word(text).map(u64::wrapping_neg);
    }
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) if hex.starts_with(|c: char| c.is_ascii_hexdigit()) => u64::from_str_radix(hex, 16).ok(),
        Some(_) => None,
        None if text.len() > 1 && text.starts_with('0') => u64::from_str_radix(&text[1..], 8).ok(),
        None => text.parse().ok(),
    }
}

/// A duration as strace(1), "Time specification format description", has it.
#[must_use]
pub fn delay(text: &str) -> Option<Duration> {
    let (number, unit) = match text.find(|c: char| c.is_ascii_alphabetic() && c != 'e' && c != 'E') {
        Some(at) => text.split_at(at),
        None => (text, "us"),
    };
    let each = match unit {
        "s" => 1.0,
        "ms" => 1e-3,
        "us" => 1e-6,
        "ns" => 1e-9,
        _ => return None,
    };
    if !number.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * each).ok()
}

/// `@argN=HEX,@argM=HEX...`.
fn pokes(text: &str) -> Result<Vec<Poke>, &'static str> {
    let one = |item: &str| {
        let (argument, hex) = item.strip_prefix("@arg")?.split_once('=')?;
        let argument = argument.parse::<usize>().ok().filter(|n| (1..=6).contains(n))? - 1;
        let digits: Option<Vec<u8>> = hex.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect();
        let digits = digits.filter(|d| !d.is_empty() && d.len().is_multiple_of(2))?;
        Some(Poke { argument, bytes: digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect() })
    };
    text.split(',').map(one).collect::<Option<_>>().ok_or("not @argN=HEX with N from 1 to 6 and whole bytes")
}

/// What has been done to a call; shown after its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tampered {
    /// The call was not made: this went to the result register.
    pub(crate) result: Option<Injected>,
    /// Memory that its arguments point to was written to.
    pub(crate) arguments: bool,
    pub(crate) delayed: bool,
}

impl std::fmt::Display for Tampered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.arguments, self.result.is_some()) {
            (true, true) => f.write_str(" (INJECTED: args, retval)")?,
            (true, false) => f.write_str(" (INJECTED: args)")?,
            (false, true) => f.write_str(" (INJECTED)")?,
            (false, false) => {}
        }
        if self.delayed { f.write_str(" (DELAYED)") } else { Ok(()) }
    }
}

impl Injection {
    /// The number of the call that is made instead, in the table of this ABI; -1 is none.
    #[must_use]
    pub fn replacement(&self, abi: Abi) -> u64 {
        let rows = self.syscall.map(|name| Catalog::get().named(name)).unwrap_or_default();
        let number = rows.iter().find_map(|row| row.numbers.of(abi)).map(u64::from);
        match (number, abi) {
            (None, _) => u64::MAX,
            (Some(number), Abi::X32) => number | 0x4000_0000,
            (Some(number), _) => number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn injection(text: &str) -> Injection {
        parse(text, false).expect(text).injection
    }

    #[test]
    fn everything_that_can_be_said_is_understood() {
        let all = injection(
            "read:error=EIO:signal=USR1:syscall=getuid:delay_enter=2ms:delay_exit=7:poke_enter=@arg2=41fF,@arg1=00",
        );
        assert_eq!(all.result, Some(Injected::Error(Errno::EIO)));
        assert_eq!(all.signal, Some(Signal::USR1));
        assert_eq!(all.replacement(Abi::X86_64), 102);
        assert_eq!(all.replacement(Abi::I386), 24);
        assert_eq!((all.delay_enter, all.delay_exit), (Duration::from_millis(2), Duration::from_micros(7)));
        assert_eq!(all.poke_enter[0], Poke { argument: 1, bytes: vec![0x41, 0xff] });
        assert_eq!(all.poke_enter[1], Poke { argument: 0, bytes: vec![0] });
        assert_eq!(injection("read:retval=-1").result, Some(Injected::Value(u64::MAX)));
        assert_eq!(injection("read:retval=0x10").result, Some(Injected::Value(16)));
        assert_eq!(injection("read:retval=010").result, Some(Injected::Value(8)));
        assert_eq!(injection("read:error=77").result, Some(Injected::Error(Errno::from_raw(77))));
        assert_eq!(injection("read:retval=1").replacement(Abi::X86_64), u64::MAX);
        let fault = parse("read", true).expect("a fault").injection;
        assert_eq!(fault.result, Some(Injected::Error(Errno::ENOSYS)));
    }

    #[test]
    fn when_counts_from_first_to_last_by_step() {
        let chosen = |when: &str| {
            let when = When::parse(when).expect(when);
            (1..=9).filter(|&n| when.selects(n)).collect::<Vec<_>>()
        };
        assert_eq!(chosen("3"), [3]);
        assert_eq!(chosen("7+"), [7, 8, 9]);
        assert_eq!(chosen("2..4"), [2, 3, 4]);
        assert_eq!(chosen("2..4+"), [2, 3, 4]);
        assert_eq!(chosen("1+3"), [1, 4, 7]);
        assert_eq!(chosen("2..7+2"), [2, 4, 6]);
        for bad in ["0", "1+0", "3..2", "70000", "1..65535", "", "x", "1..", "+1", "-1"] {
            assert_eq!(When::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn refusals_say_why() {
        for (bad, why) in [
            ("read", "it says nothing to do"),
            ("read:", "'' is not KEY=VALUE"),
            ("read:error=EFOO", "no such error"),
            ("read:error=5000", "no such error"),
            ("read:error=EIO:retval=1", "there is an error= or retval= already"),
            ("read:retval=1x", "not a number"),
            ("read:signal=99", "no such signal"),
            ("read:signal=HUP:signal=HUP", "there is a signal= already"),
            ("read:syscall=open:error=EIO", "not a call of %pure"),
            ("read:syscall=getuid", "syscall= needs error= or retval="),
            ("read:delay_enter=x", "not a time"),
            ("read:delay_enter=1h", "not a time"),
            ("read:delay_enter=-1", "not a time"),
            ("read:poke_enter=@arg8=41", "not @argN=HEX"),
            ("read:poke_enter=@arg1=4", "not @argN=HEX"),
            ("read:poke_enter=arg1=41", "not @argN=HEX"),
            ("read:when=0:error=EIO", "not FIRST"),
            ("read:foo=1", "unknown key"),
        ] {
            let said = parse(bad, false).expect_err(bad).to_string();
            assert!(said.starts_with(&format!("invalid inject argument '{bad}': ")), "{said}");
            assert!(said.contains(why), "{bad}: {said}");
        }
        assert_eq!(parse("nosuch:error=EIO", false), Err(ExpressionError::Syscall("nosuch".into())));
        assert!(parse("read:retval=1", true).is_err(), "not of a fault");
    }
}
