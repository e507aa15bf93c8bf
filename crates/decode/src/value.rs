//! Decoded values: what a formatter renders.
//!
//! A value keeps the number it was made from beside its meaning, so that one record can be shown by
//! name, raw or both, and as JSON.

use crate::context::Names;
use crate::table::Table;
use std::borrow::Cow;

/// One decoded argument, structure member or result.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// The argument is not there: `open` without `O_CREAT` has no mode. Nothing is shown.
    Absent,
    /// Only the exit of the call can tell.
    Later,
    /// A signed decimal number.
    Int(i64),
    /// An unsigned decimal number.
    Uint(u64),
    /// A number shown in hexadecimal; zero is shown as `0`.
    Hex(u64),
    /// A number shown in octal with a leading zero; permission bits. Zero is shown as `000`.
    Mode(u64),
    /// An address in the tracee; zero is `NULL`.
    Addr(u64),
    /// One member of an enumeration.
    Const(u64, &'static Table),
    /// A word of flags.
    Flags(u64, &'static Table),
    /// A word composed of several parts, shown as `A|B|0600`. Parts are never themselves empty.
    Or(u64, Vec<Value>),
    /// What is stored and what it means: the meaning is shown, `inet_addr("127.0.0.1")`, or with `-X raw` what
    /// is stored, `"\x7f\x00\x00\x01"`, or with `-X verbose` both.
    Meaning(Box<Value>, Box<Value>),
    /// Parts that are words of their own, shown as `A|B|0600` in whatever notation.
    Joined(Vec<Value>),
    /// Bytes shown as a quoted string.
    Str {
        /// The bytes, without a terminating NUL.
        bytes: Vec<u8>,
        /// There are more bytes than were read; shown as `"..."...`.
        more: bool,
    },
    /// Bytes shown as a quoted string, each in hexadecimal: what is not text, or a part of a number.
    Octets(Vec<u8>),
    /// A file descriptor.
    Fd {
        /// The number.
        fd: i64,
        /// What it refers to, when asked for (`-y`), already in strace's notation without the angle
        /// brackets.
        target: Option<Box<str>>,
    },
    /// A process, thread, process group or session id.
    Pid {
        /// The number as the tracee sees it.
        pid: i64,
        /// The command name, when asked for (`-Y`).
        comm: Option<Box<str>>,
        /// The number as the tracer sees it, when it is another one and asked for (`--decode-pids=pidns`).
        outer: Option<i32>,
    },
    /// A signal number.
    Signal(i64),
    /// A set of signals: bit 0 is signal 1.
    Signals(u64),
    /// The same of the first 32 signals only.
    Signals32(u32),
    /// An array: `[a, b, ...]`.
    Array {
        /// The elements that were read.
        items: Vec<Value>,
        /// There are elements that were not read or are not shown.
        more: bool,
    },
    /// A set: `[a b]`, as strace shows `fd_set` and signal sets.
    Set(Vec<Value>),
    /// All but these: `~[a b]`.
    Not(Vec<Value>),
    /// A structure: `{a=1, b=2, ...}`.
    Struct {
        /// Member name and value. A member without a name is shown as its value alone.
        fields: Vec<(Cow<'static, str>, Value)>,
        /// Members were left out (abbreviation).
        more: bool,
    },
    /// Function-like notation: `makedev(0x88, 0x1)`, `htons(80)`, `inet_addr("127.0.0.1")`.
    Call(&'static str, Vec<Value>),
    /// A value with what it is before it, the space included: `mask [INT]`.
    Titled(&'static str, Box<Value>),
    /// A wait status, `{WIFEXITED(s) && WEXITSTATUS(s) == 0}`.
    WaitStatus(u32),
    /// A value with an explanation: `1 /* why */`.
    Note(Box<Value>, Cow<'static, str>),
    /// What it was at entry and what it is at exit: `[128 => 16]` is
    /// `Array[Changed(128, 16)]`.
    Changed(Box<Value>, Box<Value>),
    /// A word of its own: `FUTEX_BITSET_MATCH_ANY`, `...`. Shown bare; a string in JSON. The number is
    /// what it stands for.
    Word(u64, Cow<'static, str>),
}

impl Value {
    /// A quoted string that was read whole.
    #[must_use]
    pub fn string(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Str { bytes: bytes.into(), more: false }
    }

    /// The text in a field that should end with NUL: if there is none, the last byte is not shown.
    #[must_use]
    pub fn field_text(bytes: &[u8]) -> Self {
        let end = bytes.iter().position(|&b| b == 0);
        let shown = &bytes[..end.unwrap_or(bytes.len().saturating_sub(1))];
        Self::Str { bytes: shown.to_vec(), more: end.is_none() }
    }

    /// An array that was read whole.
    #[must_use]
    pub fn array(items: Vec<Value>) -> Self {
        Self::Array { items, more: false }
    }

    /// A structure shown whole.
    #[must_use]
    pub fn record(fields: Vec<(&'static str, Value)>) -> Self {
        Self::Struct { fields: fields.into_iter().map(|(n, v)| (Cow::Borrowed(n), v)).collect(), more: false }
    }

    /// What is stored with what it means.
    #[must_use]
    pub fn meaning(stored: Value, meaning: Value) -> Self {
        Self::Meaning(Box::new(stored), Box::new(meaning))
    }

    /// A process or thread id, with what is asked for of it.
    #[must_use]
    pub fn pid(pid: i32, names: &dyn Names) -> Self {
        let (comm, outer) = if pid > 0 { (names.comm(pid), names.outer_pid(pid)) } else { (None, None) };
        Self::Pid { pid: i64::from(pid), comm, outer }
    }

    /// Whether this argument is to be left out of the argument list.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether only the exit of the call can tell.
    #[must_use]
    pub fn is_later(&self) -> bool {
        matches!(self, Self::Later)
    }
}
