//! Values in strace's notation.
//!
//! Formatting appends to a byte buffer: tracees' strings are bytes, not UTF-8.

use crate::digits;
use crate::record::{Call, Outcome};
use crate::row::Ret;
use crate::table::Table;
use crate::value::Value;
use lariat_abi::{Errno, Signal};
use std::io::Write;

/// How named constants are shown (`-X`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Constants {
    /// By name.
    #[default]
    Abbrev,
    /// As numbers.
    Raw,
    /// As numbers, with the names as comments.
    Verbose,
}

/// Which strings are shown in hexadecimal (`-x`, `-xx`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HexStrings {
    /// None: octal escapes for what cannot be shown.
    #[default]
    None,
    /// Of a string, the characters that are not ASCII.
    NonAsciiChars,
    /// Strings that contain something that is not ASCII.
    NonAscii,
    /// All.
    All,
}

/// How values are shown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// Named constants.
    pub constants: Constants,
    /// Strings.
    pub strings: HexStrings,
    /// Show argument names (`-N`).
    pub argument_names: bool,
}

impl Style {
    /// Appends the arguments `from..to` of a call, separated by commas; a comma goes before the first
    /// one too if something has been shown already.
    pub fn arguments(&self, out: &mut Vec<u8>, call: &Call, from: usize, to: usize) {
        let mut shown = call.values[..from].iter().any(|v| !v.is_absent());
        for (arg, value) in call.row.args.iter().zip(&call.values).take(to).skip(from) {
            if value.is_absent() {
                continue;
            }
            if arg.stored {
                out.extend_from_slice(b" => ");
            } else if shown {
                out.extend_from_slice(b", ");
            }
            shown = true;
            if self.argument_names || (call.row.named && !call.is_raw()) {
                out.extend_from_slice(arg.name.as_bytes());
                out.push(b'=');
            }
            self.value(out, value);
        }
    }

    /// Appends what stands between `= ` and the end of the line.
    pub fn result(&self, out: &mut Vec<u8>, call: &Call) {
        match call.outcome {
            None | Some(Outcome::Unknown) => out.push(b'?'),
            Some(Outcome::Failed(errno)) => error(out, errno),
            Some(Outcome::Returned(value)) => match (&call.result, call.row.ret) {
                (Some(result), _) => self.value(out, result),
                (None, Ret::Hex) if call.abi.word_size() == 4 => {
                    hex(out, u64::from(value as u32));
                }
                (None, Ret::Hex) => hex(out, value as u64),
                (None, Ret::Octal) => octal(out, value as u64),
                (None, _) => decimal(out, value),
            },
        }
        if let Some(aux) = &call.aux {
            out.extend_from_slice(b" (");
            self.value(out, aux);
            out.push(b')');
        }
    }

    /// Appends one value.
    pub fn value(&self, out: &mut Vec<u8>, value: &Value) {
        match value {
            Value::Absent | Value::Later => {}
            Value::Int(n) => decimal(out, *n),
            Value::Uint(n) => put(out, format_args!("{n}")),
            Value::Hex(n) => hex(out, *n),
            Value::Mode(n) => octal(out, *n),
            Value::Addr(0) => out.extend_from_slice(b"NULL"),
            Value::Addr(n) => hex(out, *n),
            Value::Const(n, table) => self.constant(out, *n, table),
            Value::Flags(n, table) => self.flags(out, *n, table),
            Value::Or(n, parts) => self.named(out, *n, |style, out| {
                style.list(out, parts, b"|");
            }),
            Value::Meaning(stored, meaning) => match self.constants {
                Constants::Abbrev => self.value(out, meaning),
                Constants::Raw => self.value(out, stored),
                Constants::Verbose => {
                    let start = out.len();
                    self.value(out, stored);
                    let mut told = Vec::new();
                    Self { constants: Constants::Abbrev, ..*self }.value(&mut told, meaning);
                    // A meaning that repeats what is stored says both: `9 /* IOCB_CMD_??? */`.
                    match told.strip_prefix(&out[start..]) {
                        Some(rest) if rest.starts_with(b" /*") => out.extend_from_slice(rest),
                        _ => {
                            out.extend_from_slice(b" /* ");
                            out.extend_from_slice(&told);
                            out.extend_from_slice(b" */");
                        }
                    }
                }
            },
            Value::Joined(parts) => self.list(out, parts, b"|"),
            Value::Str { bytes, more } => {
                self.quoted(out, bytes);
                if *more {
                    out.extend_from_slice(b"...");
                }
            }
            Value::Octets(bytes) => {
                let style = Self { strings: HexStrings::All, ..*self };
                style.quoted(out, bytes);
            }
            Value::Fd { fd, target } => match target {
                None => decimal(out, *fd),
                Some(target) => {
                    match fd {
                        -100 => out.extend_from_slice(b"AT_FDCWD"),
                        _ => decimal(out, *fd),
                    }
                    self.target(out, *fd, target);
                }
            },
            Value::Pid { pid, comm, outer } => {
                decimal(out, *pid);
                if let Some(comm) = comm {
                    put(out, format_args!("<{comm}>"));
                }
                if let Some(outer) = outer {
                    put(out, format_args!(" /* {outer} in strace's PID NS */"));
                }
            }
            Value::Signal(n) => self.signal(out, *n),
            Value::Signals(mask) => self.signal_set(out, *mask),
            Value::Signals32(mask) if mask.count_ones() >= 32 * 2 / 3 => {
                out.push(b'~');
                self.signal_set(out, u64::from(!mask));
            }
            Value::Signals32(mask) => self.signal_set(out, u64::from(*mask)),
            Value::Array { items, more } => {
                out.push(b'[');
                self.list(out, items, b", ");
                if *more {
                    out.extend_from_slice(if items.is_empty() { b"..." } else { b", ..." });
                }
                out.push(b']');
            }
            Value::Set(items) | Value::Not(items) => {
                if matches!(value, Value::Not(_)) {
                    out.push(b'~');
                }
                out.push(b'[');
                self.list(out, items, b" ");
                out.push(b']');
            }
            Value::Struct { fields, more } => self.structure(out, fields, *more),
            Value::Call(name, args) => {
                out.extend_from_slice(name.as_bytes());
                out.push(b'(');
                self.list(out, args, b", ");
                out.push(b')');
            }
            Value::Titled(title, value) => {
                out.extend_from_slice(title.as_bytes());
                self.value(out, value);
            }
            Value::WaitStatus(status) => self.wait_status(out, *status),
            Value::Note(value, note) => {
                self.value(out, value);
                put(out, format_args!(" /* {note} */"));
            }
            Value::Changed(before, after) => {
                self.value(out, before);
                out.extend_from_slice(b" => ");
                self.value(out, after);
            }
            Value::Word(number, word) => match self.constants {
                Constants::Raw if *number != 0 => hex(out, *number),
                _ => out.extend_from_slice(word.as_bytes()),
            },
        }
    }

    fn list(&self, out: &mut Vec<u8>, items: &[Value], separator: &[u8]) {
        for (i, item) in items.iter().filter(|v| !v.is_absent()).enumerate() {
            if i > 0 {
                out.extend_from_slice(separator);
            }
            self.value(out, item);
        }
    }

    fn structure(&self, out: &mut Vec<u8>, fields: &[(std::borrow::Cow<'static, str>, Value)], more: bool) {
        out.push(b'{');
        let mut shown = false;
        for (name, value) in fields.iter().filter(|(_, v)| !v.is_absent()) {
            if shown {
                out.extend_from_slice(b", ");
            }
            shown = true;
            if !name.is_empty() {
                out.extend_from_slice(name.as_bytes());
                out.push(b'=');
            }
            self.value(out, value);
        }
        if more {
            out.extend_from_slice(if shown { b", ..." } else { b"..." });
        }
        out.push(b'}');
    }

    /// A number with a name, in the chosen manner.
    fn named(&self, out: &mut Vec<u8>, number: u64, name: impl FnOnce(&Self, &mut Vec<u8>)) {
        match self.constants {
            Constants::Raw => hex(out, number),
            Constants::Abbrev => name(self, out),
            Constants::Verbose => {
                hex(out, number);
                out.extend_from_slice(b" /* ");
                name(&Self { constants: Constants::Abbrev, ..*self }, out);
                out.extend_from_slice(b" */");
            }
        }
    }

    fn constant(&self, out: &mut Vec<u8>, value: u64, table: &'static Table) {
        match table.name(value) {
            Some(name) if std::ptr::eq(table, &raw const crate::context::AT_FDCWD) => match self.constants {
                Constants::Abbrev => out.extend_from_slice(name.as_bytes()),
                Constants::Raw => out.extend_from_slice(b"-100"),
                Constants::Verbose => put(out, format_args!("-100 /* {name} */")),
            },
            Some(name) => self.named(out, value, |_, out| out.extend_from_slice(name.as_bytes())),
            None => self.unknown(out, value, table),
        }
    }

    fn unknown(&self, out: &mut Vec<u8>, value: u64, table: &Table) {
        hex(out, value);
        if !table.unknown.is_empty() && self.constants != Constants::Raw {
            put(out, format_args!(" /* {} */", table.unknown));
        }
    }

    fn flags(&self, out: &mut Vec<u8>, value: u64, table: &'static Table) {
        let mut named = false;
        let mut names = Vec::new();
        let rest = table.split(value, |name| {
            if named {
                names.push(b'|');
            }
            named = true;
            names.extend_from_slice(name.as_bytes());
        });
        if !named {
            return if value == 0 { out.push(b'0') } else { self.unknown(out, value, table) };
        }
        self.named(out, value, |_, out| {
            out.extend_from_slice(&names);
            if rest != 0 {
                put(out, format_args!("|{rest:#x}"));
            }
        });
    }

    /// Appends a signal number.
    pub fn signal(&self, out: &mut Vec<u8>, number: i64) {
        let name = i32::try_from(number).ok().and_then(Signal::from_raw);
        match (name, self.constants) {
            (Some(signal), Constants::Abbrev) => out.extend_from_slice(signal.name().as_bytes()),
            (Some(signal), Constants::Verbose) => put(out, format_args!("{number} /* {} */", signal.name())),
            _ => decimal(out, number),
        }
    }

    /// Appends a signal set: `[INT TERM]`, or `~[KILL STOP]` when most are in it.
    pub fn signal_set(&self, out: &mut Vec<u8>, mask: u64) {
        let mut mask = mask;
        if mask.count_ones() >= 64 * 2 / 3 {
            out.push(b'~');
            mask = !mask;
        }
        out.push(b'[');
        let mut first = true;
        for number in (1..=64).filter(|number| mask >> (number - 1) & 1 != 0) {
            if !first {
                out.push(b' ');
            }
            first = false;
            let Some(signal) = Signal::from_raw(number) else { continue };
            let name = signal.name();
            let name = name.strip_prefix("SIG").unwrap_or(&name);
            match self.constants {
                Constants::Abbrev => out.extend_from_slice(name.as_bytes()),
                Constants::Raw => decimal(out, i64::from(number)),
                Constants::Verbose => put(out, format_args!("{number} /* {name} */")),
            }
        }
        out.push(b']');
    }

    /// A wait status: what wait(2)'s macros say of it, and the bits they leave over, where a ptrace event is.
    fn wait_status(&self, out: &mut Vec<u8>, status: u32) {
        let (low, high) = (status & 0x7f, status >> 8 & 0xff);
        // The signal is told by name in whatever notation.
        let by_name = Self { constants: Constants::Abbrev, ..*self };
        let rest;
        if status & 0xff == 0x7f {
            out.extend_from_slice(b"{WIFSTOPPED(s) && WSTOPSIG(s) == ");
            by_name.signal(out, i64::from(high & 0x7f));
            if high & 0x80 != 0 {
                out.extend_from_slice(b" | 0x80");
            }
            rest = status & !0xffff;
        } else if low == 0 {
            put(out, format_args!("{{WIFEXITED(s) && WEXITSTATUS(s) == {high}"));
            rest = status & !0xff00;
        } else if low < 0x7f {
            out.extend_from_slice(b"{WIFSIGNALED(s) && WTERMSIG(s) == ");
            by_name.signal(out, i64::from(low));
            if status & 0x80 != 0 {
                out.extend_from_slice(b" && WCOREDUMP(s)");
            }
            rest = status & !0xff;
        } else if status == 0xffff {
            out.extend_from_slice(b"{WIFCONTINUED(s)");
            rest = 0;
        } else {
            return hex(out, status.into());
        }
        out.push(b'}');
        if rest >> 16 != 0 {
            out.push(b'|');
            let event = rest >> 16;
            match u8::try_from(event).ok().and_then(|code| lariat_abi::Event::from_code(code).name()) {
                Some(name) => out.extend_from_slice(name.as_bytes()),
                None if self.constants == Constants::Raw => put(out, format_args!("{event:#x}")),
                None => put(out, format_args!("{event:#x} /* PTRACE_EVENT_??? */")),
            }
            out.extend_from_slice(b"<<16");
        }
        if rest & 0xffff != 0 {
            put(out, format_args!("|{:#x}", rest & 0xffff));
        }
    }

    /// Appends `bytes` as a quoted string.
    pub fn quoted(&self, out: &mut Vec<u8>, bytes: &[u8]) {
        out.push(b'"');
        self.escaped(out, bytes, b"");
        out.push(b'"');
    }

    /// Appends what a descriptor refers to. The kernel tells with the name that a file is deleted, which is no
    /// part of the name; of the working directory, strace shows what the kernel says.
    fn target(&self, out: &mut Vec<u8>, fd: i64, target: &str) {
        let mut mark = Vec::new();
        self.escaped(&mut mark, b" (deleted)", b"");
        match target.as_bytes().strip_suffix(&mark[..]) {
            Some(name) if fd >= 0 => {
                out.push(b'<');
                out.extend_from_slice(name);
                out.extend_from_slice(b">(deleted)");
            }
            _ => put(out, format_args!("<{target}>")),
        }
    }

    /// Appends `bytes` with escapes, without quotes; the characters of `special` are shown by their numbers.
    pub fn escaped(&self, out: &mut Vec<u8>, bytes: &[u8], special: &[u8]) {
        let odd = |b: u8| !(b.is_ascii_graphic() || b == b' ' || (0x09..=0x0d).contains(&b));
        let all_hex = match self.strings {
            HexStrings::All => true,
            HexStrings::NonAscii => bytes.iter().any(|&b| odd(b)),
            HexStrings::None | HexStrings::NonAsciiChars => false,
        };
        for (i, &b) in bytes.iter().enumerate() {
            if all_hex {
                out.extend_from_slice(b"\\x");
                digits::hex(out, b);
                continue;
            }
            match b {
                b'\n' => out.extend_from_slice(b"\\n"),
                b'\t' => out.extend_from_slice(b"\\t"),
                b'\r' => out.extend_from_slice(b"\\r"),
                0x0b => out.extend_from_slice(b"\\v"),
                0x0c => out.extend_from_slice(b"\\f"),
                b'\\' | b'"' => out.extend_from_slice(&[b'\\', b]),
                b if (b.is_ascii_graphic() || b == b' ') && !special.contains(&b) => out.push(b),
                b if self.strings == HexStrings::NonAsciiChars => {
                    out.extend_from_slice(b"\\x");
                    digits::hex(out, b);
                }
                // An octal escape is as short as can be, unless a digit follows.
                b => {
                    let digit_follows = bytes.get(i + 1).is_some_and(|next| (b'0'..=b'7').contains(next));
                    out.push(b'\\');
                    digits::octal(out, b, digit_follows);
                }
            }
        }
    }
}

fn put(out: &mut Vec<u8>, args: std::fmt::Arguments<'_>) {
    // A `Vec` takes everything.
    let _ = out.write_fmt(args);
}

/// Appends a decimal number, without the formatting machinery: this is most of what a line holds.
pub fn decimal(out: &mut Vec<u8>, value: i64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends a hexadecimal number as `%#x` does: zero is `0`.
pub fn hex(out: &mut Vec<u8>, value: u64) {
    if value == 0 {
        out.push(b'0');
        return;
    }
    out.extend_from_slice(b"0x");
    let nibbles = (64 - value.leading_zeros()).div_ceil(4);
    for i in (0..nibbles).rev() {
        out.push(b"0123456789abcdef"[(value >> (4 * i) & 0xf) as usize]);
    }
}

/// Appends an octal number as `%#03o` does.
fn octal(out: &mut Vec<u8>, value: u64) {
    match value {
        0 => out.extend_from_slice(b"000"),
        _ => put(out, format_args!("0{value:02o}")),
    }
}

/// Appends an error result: `-1 ENOENT (No such file or directory)`, `? ERESTARTSYS (...)`.
pub fn error(out: &mut Vec<u8>, errno: Errno) {
    let restart = match errno.as_raw() {
        512 => Some("To be restarted if SA_RESTART is set"),
        513 => Some("To be restarted"),
        514 => Some("To be restarted if no handler"),
        516 => Some("Interrupted by signal"),
        _ => None,
    };
    match (errno.name(), restart) {
        (Some(name), Some(why)) => put(out, format_args!("? {name} ({why})")),
        (Some(name), None) => put(out, format_args!("-1 {name} ({})", errno.description())),
        (None, _) => put(out, format_args!("-1 (errno {})", errno.as_raw())),
    }
}
