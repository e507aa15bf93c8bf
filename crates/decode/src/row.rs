//! A system call as one declarative row.

use crate::context::Cx;
use crate::kind::Kind;
use crate::value::Value;
use bitflags::bitflags;
use lariat_abi::Abi;

bitflags! {
    /// The classes that `-e trace=%class` selects, and other facts about a call; strace(1), "Filtering".
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Class: u32 {
        /// `%file`: takes a file name as an argument.
        const FILE = 1;
        /// `%process`: process life cycle.
        const PROCESS = 1 << 1;
        /// `%network`.
        const NETWORK = 1 << 2;
        /// `%signal`.
        const SIGNAL = 1 << 3;
        /// `%ipc`: System V interprocess communication.
        const IPC = 1 << 4;
        /// `%desc`: takes or returns a file descriptor.
        const DESC = 1 << 5;
        /// `%memory`: memory mapping.
        const MEMORY = 1 << 6;
        /// `%creds`: user and group ids, capabilities.
        const CREDS = 1 << 7;
        /// `%clock`: reads or sets a system clock.
        const CLOCK = 1 << 8;
        /// `%stat`.
        const STAT = 1 << 9;
        /// `%lstat`.
        const LSTAT = 1 << 10;
        /// `%fstat`.
        const FSTAT = 1 << 11;
        /// Belongs to `%%stat` only (`statx`, `newfstatat`).
        const STATLIKE = 1 << 12;
        /// `%statfs`.
        const STATFS = 1 << 13;
        /// `%fstatfs`.
        const FSTATFS = 1 << 14;
        /// Belongs to `%%statfs` only (`ustat`).
        const STATFSLIKE = 1 << 15;
        /// `%pure`: never fails and has no arguments.
        const PURE = 1 << 16;
    }
}

/// The number of a call in each system-call table; `None` where the table lacks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// x86-64, `<asm/unistd_64.h>`.
    pub x86_64: Option<u16>,
    /// i386, `<asm/unistd_32.h>`.
    pub i386: Option<u16>,
}

/// Both tables have the call.
#[must_use]
pub const fn both(x86_64: u16, i386: u16) -> Numbers {
    Numbers { x86_64: Some(x86_64), i386: Some(i386) }
}

/// Only the x86-64 table has the call.
#[must_use]
pub const fn only64(x86_64: u16) -> Numbers {
    Numbers { x86_64: Some(x86_64), i386: None }
}

/// Only the i386 table has the call.
#[must_use]
pub const fn only32(i386: u16) -> Numbers {
    Numbers { x86_64: None, i386: Some(i386) }
}

/// No table has the call: it is made through another one (`socketcall`, `ipc`) only.
pub const NOWHERE: Numbers = Numbers { x86_64: None, i386: None };

impl Numbers {
    /// The number in the table of `abi`.
    #[must_use]
    pub fn of(self, abi: Abi) -> Option<u16> {
        match abi {
            Abi::I386 => self.i386,
            _ => self.x86_64,
        }
    }
}

/// When an argument can be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At entry.
    Entry,
    /// At exit: the kernel fills it in. When the call fails it is shown as an address.
    Exit,
    /// At exit, also when the call fails.
    ExitAlways,
}

/// One argument: its name in the manual page, its kind, and when it can be decoded.
#[derive(Debug)]
pub struct Arg {
    /// The name in the manual page (`-N` and JSON show it).
    pub name: &'static str,
    /// How it is decoded.
    pub kind: Kind,
    /// When it can be decoded.
    pub when: When,
    /// It is what the kernel stored through the argument before it, shown with that one: `{...} => {...}`.
    pub stored: bool,
}

/// An argument that is decoded at entry. (A [`Kind::With`] may still return [`Value::Later`] to be
/// asked again at exit.)
#[must_use]
pub const fn arg(name: &'static str, kind: Kind) -> Arg {
    Arg { name, kind, when: When::Entry, stored: false }
}

/// An argument that the kernel fills in: decoded at exit, shown as an address if the call failed.
#[must_use]
pub const fn out(name: &'static str, kind: Kind) -> Arg {
    Arg { name, kind, when: When::Exit, stored: false }
}

/// An argument decoded at exit even if the call failed.
#[must_use]
pub const fn late(name: &'static str, kind: Kind) -> Arg {
    Arg { name, kind, when: When::ExitAlways, stored: false }
}

/// No argument of its own, but what the kernel stored through the one before: the exit tells. (Its kind is
/// given the wrong word and must fetch what it needs.)
#[must_use]
pub const fn stored(name: &'static str, kind: Kind) -> Arg {
    Arg { name, kind, when: When::Entry, stored: true }
}

/// How a successful result is shown.
#[derive(Debug, Clone, Copy)]
pub enum Ret {
    /// Signed decimal.
    Int,
    /// Hexadecimal: addresses.
    Hex,
    /// Octal: `umask`.
    Octal,
    /// A new file descriptor.
    Fd,
    /// A process or thread id.
    Pid,
    /// What this says of a successful call; a decimal number when it says nothing (`fcntl`).
    Decoded(fn(&mut Cx<'_>) -> Option<Value>),
}

/// Text in parentheses after the result: ` = 1 ([{fd=3, revents=POLLIN}])`. `None` when there is
/// nothing to say.
pub type Aux = fn(&mut Cx<'_>) -> Option<Value>;

/// What a system call is.
#[derive(Debug)]
pub struct Row {
    /// The name strace prints.
    pub name: &'static str,
    /// Its number in each table.
    pub numbers: Numbers,
    /// Its classes.
    pub class: Class,
    /// Its arguments.
    pub args: &'static [Arg],
    /// Its result.
    pub ret: Ret,
    /// What is said after the result.
    pub aux: Option<Aux>,
    /// The names of the arguments are always shown (`clone`).
    pub named: bool,
    /// The comma after the arguments known at entry is written with those of the exit: `clone(... <unfinished
    /// ...>` and not `clone(..., <unfinished ...>`.
    pub late_comma: bool,
}

impl Row {
    /// A row; the result is a decimal number.
    #[must_use]
    pub const fn new(name: &'static str, numbers: Numbers, class: Class, args: &'static [Arg]) -> Self {
        Self { name, numbers, class, args, ret: Ret::Int, aux: None, named: false, late_comma: false }
    }

    /// The same row with another kind of result.
    #[must_use]
    pub const fn ret(mut self, ret: Ret) -> Self {
        self.ret = ret;
        self
    }

    /// The same row with something to say after the result.
    #[must_use]
    pub const fn aux(mut self, aux: Aux) -> Self {
        self.aux = Some(aux);
        self
    }

    /// The same row with the comma before what the exit tells written then.
    #[must_use]
    pub const fn late_comma(mut self) -> Self {
        self.late_comma = true;
        self
    }

    /// The same row with the names of its arguments always shown.
    #[must_use]
    pub const fn named(mut self) -> Self {
        self.named = true;
        self
    }
}

/// Several classes at once, in a constant.
#[must_use]
pub const fn classes(all: &[Class]) -> Class {
    let mut bits = 0;
    let mut i = 0;
    while i < all.len() {
        bits |= all[i].bits();
        i += 1;
    }
    Class::from_bits_retain(bits)
}
