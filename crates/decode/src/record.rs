//! One system call on its way: decoded as far as can be told at entry, completed at exit.

use crate::context::{Cx, Env};
use crate::row::{Row, When};
use crate::value::Value;
use lariat_abi::{Abi, Errno};

/// The largest error number a call can return: `MAX_ERRNO`, `<linux/err.h>`.
const MAX_ERRNO: i64 = 4095;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It returned this value.
    Returned(i64),
    /// It failed; kernel-internal restart codes (`ERESTARTSYS`) included.
    Failed(Errno),
    /// Nobody saw it end: the task died in it, or it does not return.
    Unknown,
}

impl Outcome {
    /// The outcome for the word in the result register.
    #[must_use]
    pub fn from_register(rval: i64) -> Self {
        if (-MAX_ERRNO..0).contains(&rval) {
            Self::Failed(Errno::from_raw(-rval as i32))
        } else {
            Self::Returned(rval)
        }
    }

    /// The result, if the call succeeded.
    #[must_use]
    pub fn value(self) -> Option<i64> {
        match self {
            Self::Returned(value) => Some(value),
            _ => None,
        }
    }
}

/// A system call, decoded.
#[derive(Debug, Clone)]
pub struct Call {
    /// What call it is.
    pub row: &'static Row,
    /// The ABI it was made through.
    pub abi: Abi,
    /// Its number in the table of that ABI.
    pub number: u64,
    /// The argument registers.
    pub raw: [u64; 6],
    /// The decoded arguments, one for each of the row's.
    pub values: Vec<Value>,
    /// How it ended; `None` while it runs.
    pub outcome: Option<Outcome>,
    /// The decoded result, when it is more than a number (`-y` shows what a new descriptor refers to).
    pub result: Option<Value>,
    /// What is said after the result.
    pub aux: Option<Value>,
    saved: [u64; 6],
    kept: Vec<u64>,
    raw_shown: bool,
}

impl Call {
    /// A call at its entry.
    #[must_use]
    pub fn enter(row: &'static Row, abi: Abi, number: u64, raw: [u64; 6], env: Env<'_>) -> Self {
        let (row, raw) = crate::multiplex::resolve(row, abi, raw, env.memory).unwrap_or((row, raw));
        let mut cx = Cx { env, row, abi, args: raw, outcome: None, saved: [0; 6], kept: Vec::new() };
        let values = row
            .args
            .iter()
            .zip(raw)
            .map(
                |(arg, word)| if arg.when == When::Entry { cx.decode(&arg.kind, word) } else { Value::Later },
            )
            .collect();
        Self {
            row,
            abi,
            number,
            raw,
            values,
            outcome: None,
            result: None,
            aux: None,
            saved: cx.saved,
            kept: cx.kept,
            raw_shown: false,
        }
    }

    /// Completes the call at its exit: arguments that were [`Value::Later`] are decoded.
    pub fn exit(&mut self, outcome: Outcome, env: Env<'_>) {
        let mut cx = Cx {
            env,
            row: self.row,
            abi: self.abi,
            args: self.raw,
            outcome: Some(outcome),
            saved: self.saved,
            kept: std::mem::take(&mut self.kept),
        };
        for ((arg, word), value) in self.row.args.iter().zip(self.raw).zip(&mut self.values) {
            if value.is_later() {
                *value = match arg.when {
                    When::Exit if cx.failed() => Value::Addr(word),
                    _ => cx.decode(&arg.kind, word),
                };
            }
        }
        if let Some(value) = outcome.value() {
            self.result = match self.row.ret {
                crate::row::Ret::Fd => Some(cx.fd(value as u64)),
                crate::row::Ret::Pid => Some(cx.pid(value as u64)),
                crate::row::Ret::Decoded(decode) => decode(&mut cx),
                _ => None,
            };
        }
        self.aux = self.row.aux.and_then(|aux| aux(&mut cx));
        self.outcome = Some(outcome);
        self.raw_result();
    }

    /// How many arguments can be shown while the call runs.
    #[must_use]
    pub fn known(&self) -> usize {
        self.values.iter().position(Value::is_later).unwrap_or(self.values.len())
    }

    /// Whether a comma follows the known arguments while the call runs.
    #[must_use]
    pub fn comma_follows(&self) -> bool {
        let known = self.known();
        known < self.values.len()
            && !self.row.late_comma
            && self.values[..known].iter().any(|value| !value.is_absent())
    }

    /// How many registers hold arguments, at most: the first `select` and `mmap` of i386 have theirs in memory.
    fn registers(&self) -> usize {
        if self.abi == Abi::I386 && matches!(self.number, 82 | 90) { 1 } else { self.raw.len() }
    }

    /// Whether the call is shown as the numbers it is made of.
    #[must_use]
    pub fn is_raw(&self) -> bool {
        self.raw_shown
    }

    /// The result as the number it is, if that is asked for.
    fn raw_result(&mut self) {
        if let Some(value) = self.outcome.and_then(Outcome::value).filter(|_| self.raw_shown) {
            let narrow = self.abi.word_size() == 4;
            self.result = Some(Value::Hex(if narrow { u64::from(value as u32) } else { value as u64 }));
            self.aux = None;
        }
    }

    /// Shows the arguments and the result as the numbers they are (`-e raw`).
    pub fn show_raw(&mut self) {
        self.raw_shown = true;
        self.raw_result();
        let own = self.row.args.iter().filter(|arg| !arg.stored);
        let mut words = own.zip(self.raw).map(|(_, word)| Value::Hex(word)).take(self.registers());
        let args = self.row.args.iter();
        self.values =
            args.map(|arg| if arg.stored { None } else { words.next() }.unwrap_or(Value::Absent)).collect();
    }

    /// The name that is shown: `syscall_0x270f` for a number that no table has.
    #[must_use]
    pub fn name(&self) -> std::borrow::Cow<'static, str> {
        if std::ptr::eq(self.row, &raw const crate::catalog::UNKNOWN) {
            format!("syscall_{:#x}", self.number).into()
        } else {
            self.row.name.into()
        }
    }
}
