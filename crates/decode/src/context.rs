//! What a decoder works with: the call, the tracee's memory, the user's wishes.

use crate::kind::{Kind, Len};
use crate::layout::{Field, Show, Store, Struct};
use crate::memory::ReadMemory;
use crate::record::Outcome;
use crate::row::Row;
use crate::table::Table;
use crate::value::Value;
use lariat_abi::{Abi, Tid, TraceeAddr};
use std::borrow::Cow;

/// `AT_FDCWD`, `<linux/fcntl.h>`.
pub(crate) static AT_FDCWD: Table = Table::new("AT_???", &[(0xffff_ff9c, "AT_FDCWD")]);

/// The longest file name the kernel takes, terminating NUL included (`<linux/limits.h>`).
const PATH_MAX: usize = 4096;

/// Elements of an array that are shown at most, whatever the tracee says its length is.
const MAX_ELEMENTS: usize = 1 << 16;

/// What the user asked of decoding.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Bytes of a string that are read and shown (`-s`).
    pub string_limit: usize,
    /// Leave out members of large structures (`-e abbrev`; `-v` turns it off).
    pub abbreviate: bool,
    /// Follow pointers to structures (`-e verbose`).
    pub dereference: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { string_limit: 32, abbreviate: true, dereference: true }
    }
}

/// What the numbers of the tracee refer to. Every question may be answered with `None`, which is also
/// the answer when the user did not ask (`-y`, `-Y`).
pub trait Names {
    /// What the descriptor refers to, in strace's notation without angle brackets: `/dev/null`,
    /// `socket:[123]`, `TCP:[127.0.0.1:80->127.0.0.1:4000]`.
    fn fd(&self, fd: i32) -> Option<Box<str>>;
    /// The tracee's working directory, shown with `AT_FDCWD`.
    fn cwd(&self) -> Option<Box<str>>;
    /// The command name of a process or thread.
    fn comm(&self, pid: i32) -> Option<Box<str>>;
    /// The id that a process or thread of the tracee's namespace has in the tracer's, if it is another one.
    fn outer_pid(&self, _pid: i32) -> Option<i32> {
        None
    }
    /// The name of the call that `restart_syscall` goes on with: the one this task was interrupted in.
    fn interrupted(&self) -> Option<&'static str> {
        None
    }
    /// The name of a network interface. The loopback interface is the first in every network namespace.
    fn interface(&self, index: u32) -> Option<Box<str>> {
        (index == 1).then(|| "lo".into())
    }
}

/// Nothing has a name.
#[derive(Debug, Clone, Copy)]
pub struct NoNames;

impl Names for NoNames {
    fn fd(&self, _: i32) -> Option<Box<str>> {
        None
    }
    fn cwd(&self) -> Option<Box<str>> {
        None
    }
    fn comm(&self, _: i32) -> Option<Box<str>> {
        None
    }
}

/// The surroundings of one decoding step.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    /// The tracee.
    pub tid: Tid,
    /// Its stack pointer; `rt_sigreturn` finds its frame there.
    pub sp: u64,
    /// The tracee's memory.
    pub memory: &'a dyn ReadMemory,
    /// What its numbers refer to.
    pub names: &'a dyn Names,
    /// The user's wishes.
    pub options: &'a Options,
}

/// One decoding step of one call, at entry or at exit.
pub struct Cx<'a> {
    /// The surroundings.
    pub env: Env<'a>,
    /// The call's row.
    pub row: &'static Row,
    /// The ABI it was made through.
    pub abi: Abi,
    /// Its arguments, as words of the ABI (i386 arguments are zero-extended).
    pub args: [u64; 6],
    /// Its result; `None` at entry.
    pub outcome: Option<Outcome>,
    /// What decoders keep from entry to exit, by argument position.
    pub saved: [u64; 6],
    /// What they keep of arrays, of which there may be any number.
    pub kept: Vec<u64>,
}

impl Cx<'_> {
    /// Whether the call is at its entry.
    #[must_use]
    pub fn entering(&self) -> bool {
        self.outcome.is_none()
    }

    /// Whether the call has returned an error (or did not return at all).
    #[must_use]
    pub fn failed(&self) -> bool {
        self.outcome.is_some_and(|o| o.value().is_none())
    }

    /// The result of a successful call; 0 at entry and after an error.
    #[must_use]
    pub fn result(&self) -> u64 {
        self.outcome.and_then(|o| o.value()).unwrap_or(0) as u64
    }

    /// Argument `i` as an int.
    #[must_use]
    pub fn int(&self, i: usize) -> i32 {
        self.args[i] as i32
    }

    /// Whether large structures are to be abbreviated.
    #[must_use]
    pub fn abbreviate(&self) -> bool {
        self.env.options.abbreviate
    }

    /// The length `len` stands for in this call.
    #[must_use]
    pub fn length(&self, len: Len) -> u64 {
        match len {
            Len::Arg(n) => self.args[usize::from(n)],
            Len::Ret => self.result(),
            Len::RetOrArg(n) => self.result().min(self.args[usize::from(n)]),
            Len::Fixed(n) => n,
            Len::Unbounded => u64::MAX,
        }
    }

    /// Decodes one word.
    pub fn decode(&mut self, kind: &Kind, raw: u64) -> Value {
        let wide = self.abi.word_size() == 8;
        match *kind {
            Kind::Int => Value::Int(i64::from(raw as u32 as i32)),
            Kind::Uint => Value::Uint(raw & 0xffff_ffff),
            Kind::Long if wide => Value::Int(raw as i64),
            Kind::Long => Value::Int(i64::from(raw as u32 as i32)),
            Kind::Ulong => Value::Uint(if wide { raw } else { raw & 0xffff_ffff }),
            Kind::Int64 => Value::Int(raw as i64),
            Kind::Hex => Value::Hex(if wide { raw } else { raw & 0xffff_ffff }),
            Kind::Hex32 => Value::Hex(raw & 0xffff_ffff),
            Kind::Hex64 => Value::Hex(raw),
            Kind::Addr => Value::Addr(if wide { raw } else { raw & 0xffff_ffff }),
            Kind::Mode => Value::Mode(raw & 0xffff_ffff),
            Kind::Dev => device(raw),
            Kind::Fd => self.fd(raw),
            Kind::DirFd if raw as i32 == -100 => match self.env.names.cwd() {
                Some(cwd) => Value::Fd { fd: -100, target: Some(cwd) },
                None => Value::Const(raw & 0xffff_ffff, &AT_FDCWD),
            },
            Kind::DirFd => self.fd(raw),
            Kind::Pid => self.pid(raw),
            Kind::Uid if raw as u32 == u32::MAX => Value::Int(-1),
            Kind::Uid => Value::Uint(raw & 0xffff_ffff),
            Kind::Signal => Value::Signal(i64::from(raw as u32 as i32)),
            Kind::Const(table) => Value::Const(raw & 0xffff_ffff, table),
            Kind::Flags(table) => Value::Flags(raw & 0xffff_ffff, table),
            Kind::Flags64(table) => Value::Flags(raw, table),
            Kind::Path => self.path(raw),
            Kind::Str => self.string(raw),
            Kind::Bytes(len) => {
                let len = self.length(len);
                self.bytes(raw, len)
            }
            Kind::Ref(layout) => self.structure(raw, layout),
            Kind::Refs(layout, len) => {
                let count = self.length(len);
                self.structures(raw, layout, count)
            }
            Kind::Cell(store, kind) => self.cell(raw, store, kind),
            Kind::Cells(store, kind, len) => {
                let count = self.length(len);
                self.cells(raw, store, kind, count)
            }
            Kind::Sigset(len) => {
                let bytes = self.length(len);
                self.sigset(raw, bytes)
            }
            Kind::Strings => self.strings(raw),
            Kind::Iovec(count, limit) => {
                let (count, limit) = (self.length(count), self.length(limit));
                self.iovec(raw, count, limit)
            }
            Kind::With(f) => f(self, raw),
        }
    }

    /// A file descriptor.
    #[must_use]
    pub fn fd(&self, raw: u64) -> Value {
        let fd = raw as i32;
        Value::Fd { fd: i64::from(fd), target: if fd < 0 { None } else { self.env.names.fd(fd) } }
    }

    /// A process or thread id.
    #[must_use]
    pub fn pid(&self, raw: u64) -> Value {
        Value::pid(raw as i32, self.env.names)
    }

    /// The number of a network interface: `if_nametoindex("lo")` if it has a name.
    #[must_use]
    pub fn interface(&self, raw: u64) -> Value {
        match self.env.names.interface(raw as u32) {
            Some(name) => Value::meaning(
                Value::Uint(raw & 0xffff_ffff),
                Value::Call("if_nametoindex", vec![Value::string(name.as_bytes())]),
            ),
            None => Value::Uint(raw & 0xffff_ffff),
        }
    }

    /// Reads `len` bytes whole.
    #[must_use]
    pub fn read(&self, addr: u64, len: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; len];
        self.env.memory.read_exact(TraceeAddr::new(addr), &mut bytes).then_some(bytes)
    }

    /// Reads one stored word, if pointers are to be followed.
    #[must_use]
    pub fn load(&self, addr: u64, store: Store) -> Option<u64> {
        if self.follows(addr) { self.fetch(addr, store) } else { None }
    }

    /// Reads one stored word that is an argument itself.
    #[must_use]
    pub fn fetch(&self, addr: u64, store: Store) -> Option<u64> {
        let mut bytes = [0u8; 8];
        let bytes = bytes.get_mut(..store.size(self.abi))?;
        if addr == 0 || !self.env.memory.read_exact(TraceeAddr::new(addr), bytes) {
            return None;
        }
        store.load(self.abi, bytes)
    }

    /// Whether `addr` is to be followed at all.
    pub(crate) fn follows(&self, addr: u64) -> bool {
        addr != 0 && self.env.options.dereference
    }

    /// A file name at `addr`, whole.
    #[must_use]
    pub fn path(&self, addr: u64) -> Value {
        if addr == 0 {
            return Value::Addr(0);
        }
        match self.env.memory.read_c_string(TraceeAddr::new(addr), PATH_MAX) {
            Some((mut bytes, ended)) => {
                // Where the terminating NUL would have to be, a byte is not part of a name.
                bytes.truncate(PATH_MAX - 1);
                Value::Str { bytes, more: !ended }
            }
            None => Value::Addr(addr),
        }
    }

    /// A NUL-terminated string at `addr`, cut at the string limit.
    #[must_use]
    pub fn string(&self, addr: u64) -> Value {
        let limit = self.env.options.string_limit;
        if addr == 0 {
            return Value::Addr(0);
        }
        match self.env.memory.read_c_string(TraceeAddr::new(addr), limit.saturating_add(1)) {
            Some((mut bytes, _)) => {
                let more = bytes.len() > limit;
                bytes.truncate(limit);
                Value::Str { bytes, more }
            }
            None => Value::Addr(addr),
        }
    }

    /// `len` bytes at `addr`, cut at the string limit.
    #[must_use]
    pub fn bytes(&self, addr: u64, len: u64) -> Value {
        if addr == 0 {
            return Value::Addr(0);
        }
        let limit = self.env.options.string_limit as u64;
        match self.read(addr, len.min(limit) as usize) {
            Some(bytes) => Value::Str { bytes, more: len > limit },
            None => Value::Addr(addr),
        }
    }

    /// The structure at `addr`.
    pub fn structure(&mut self, addr: u64, layout: &'static Struct) -> Value {
        if !self.follows(addr) {
            return Value::Addr(addr);
        }
        match self.read(addr, layout.size(self.abi)) {
            Some(bytes) => self.members(&bytes, layout),
            None => Value::Addr(addr),
        }
    }

    /// The members of a structure whose bytes are at hand; members past the end of `bytes` are left
    /// out.
    pub fn members(&mut self, bytes: &[u8], layout: &'static Struct) -> Value {
        let mut fields = Vec::with_capacity(layout.fields.len());
        let mut more = false;
        for (field, at) in layout.offsets(self.abi) {
            let end = at + field.store.size(self.abi);
            let Some(part) = bytes.get(at..end) else { break };
            if self.hidden(field, part, &mut more) {
                continue;
            }
            fields.push((Cow::Borrowed(field.name), self.stored(&field.store, &field.kind, part)));
        }
        Value::Struct { fields, more }
    }

    fn hidden(&self, field: &Field, part: &[u8], more: &mut bool) -> bool {
        let zero = || part.iter().all(|&b| b == 0);
        match field.show {
            Show::Always => false,
            Show::Never => true,
            Show::NonZero => zero(),
            Show::NonZeroOrVerbose => self.abbreviate() && zero(),
            Show::Verbose | Show::VerboseNonZero if self.abbreviate() => {
                *more = true;
                true
            }
            Show::Verbose => false,
            Show::VerboseNonZero => zero(),
        }
    }

    /// A value from its stored bytes.
    pub fn stored(&mut self, store: &Store, kind: &Kind, bytes: &[u8]) -> Value {
        match store {
            Store::Inline(inner) => self.members(bytes, inner),
            Store::Chars(_) => {
                let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
                self.cut(&bytes[..end])
            }
            Store::Text(_) => Value::field_text(bytes),
            Store::Blob(_) => self.cut(bytes),
            Store::Many(of, _) => {
                let parts = bytes.chunks_exact(of.size(self.abi).max(1));
                let limit = if self.abbreviate() { self.env.options.string_limit } else { MAX_ELEMENTS };
                let more = parts.len() > limit;
                let items = parts.take(limit).map(|part| self.stored(of, kind, part)).collect();
                Value::Array { items, more }
            }
            Store::Pad(_) => Value::Absent,
            word => match word.load(self.abi, bytes) {
                Some(raw) => self.decode(kind, raw),
                None => Value::Absent,
            },
        }
    }

    /// A string from bytes at hand, cut at the string limit.
    #[must_use]
    pub fn cut(&self, bytes: &[u8]) -> Value {
        let limit = self.env.options.string_limit.min(bytes.len());
        Value::Str { bytes: bytes[..limit].to_vec(), more: limit < bytes.len() }
    }

    /// `count` structures at `addr`. The elements before unreadable memory are shown, then its address.
    pub fn structures(&mut self, addr: u64, layout: &'static Struct, count: u64) -> Value {
        let size = layout.size(self.abi) as u64;
        self.elements(addr, size, count, |cx, at| {
            cx.read(at, size as usize).map(|bytes| cx.members(&bytes, layout))
        })
    }

    /// `count` stored words at `addr`.
    pub fn cells(&mut self, addr: u64, store: Store, kind: &'static Kind, count: u64) -> Value {
        let size = store.size(self.abi) as u64;
        self.elements(addr, size, count, |cx, at| {
            let bytes = cx.read(at, size as usize)?;
            Some(cx.stored(&store, kind, &bytes))
        })
    }

    /// `count` elements of `size` bytes at `addr`, each decoded by `each` from its address. When
    /// abbreviating, as many elements as the string limit are shown. If the first element cannot be
    /// read, the address is shown; if a later one cannot, `... /* 0xaddr */` stands for the rest.
    pub fn elements(
        &mut self,
        addr: u64,
        size: u64,
        count: u64,
        mut each: impl FnMut(&mut Self, u64) -> Option<Value>,
    ) -> Value {
        if addr == 0 {
            return Value::Addr(0);
        }
        if count == 0 {
            return Value::array(vec![]);
        }
        if !self.follows(addr) {
            return Value::Addr(addr);
        }
        // An array that cannot be in memory is none.
        if count.checked_mul(size).and_then(|bytes| addr.checked_add(bytes)).is_none() {
            return Value::Addr(addr);
        }
        let limit = if self.abbreviate() { self.env.options.string_limit } else { MAX_ELEMENTS };
        let mut items = Vec::new();
        for i in 0..count.min(limit as u64) {
            let at = addr.wrapping_add(i.wrapping_mul(size));
            match each(self, at) {
                Some(value) => items.push(value),
                None if items.is_empty() => return Value::Addr(addr),
                None => {
                    let rest = Value::Word(0, Cow::Borrowed("..."));
                    items.push(Value::Note(Box::new(rest), Cow::Owned(format!("{at:#x}"))));
                    return Value::array(items);
                }
            }
        }
        Value::Array { more: (items.len() as u64) < count, items }
    }

    /// The stored word at `addr` as a one-element array, `[5]`.
    pub fn cell(&mut self, addr: u64, store: Store, kind: &'static Kind) -> Value {
        if !self.follows(addr) {
            return Value::Addr(addr);
        }
        match self.read(addr, store.size(self.abi)) {
            Some(bytes) => Value::array(vec![self.stored(&store, kind, &bytes)]),
            None => Value::Addr(addr),
        }
    }

    /// The signal set of `size` bytes at `addr`.
    #[must_use]
    pub fn sigset(&self, addr: u64, size: u64) -> Value {
        let word = self.abi.word_size() as u64;
        if !self.follows(addr) || !(word..=8).contains(&size) {
            return Value::Addr(addr);
        }
        self.partial_sigset(addr, size)
    }

    /// As many signals as there are in `size` bytes, at most a whole set, at `addr`.
    #[must_use]
    pub fn partial_sigset(&self, addr: u64, size: u64) -> Value {
        if !self.follows(addr) || size > 8 {
            return Value::Addr(addr);
        }
        let mut mask = [0u8; 8];
        match self.read(addr, size as usize) {
            Some(bytes) => {
                mask[..bytes.len()].copy_from_slice(&bytes);
                match (size, u64::from_le_bytes(mask)) {
                    (4, mask) => Value::Signals32(mask as u32),
                    (_, mask) => Value::Signals(mask),
                }
            }
            None => Value::Addr(addr),
        }
    }

    /// The NULL-terminated array of strings at `addr`.
    pub fn strings(&mut self, addr: u64) -> Value {
        if !self.follows(addr) {
            return Value::Addr(addr);
        }
        let word = self.abi.word_size() as u64;
        let limit = if self.abbreviate() { self.env.options.string_limit } else { MAX_ELEMENTS };
        let mut items = Vec::new();
        for i in 0.. {
            let at = addr.wrapping_add(word.wrapping_mul(i));
            match self.load(at, Store::Word) {
                Some(0) => break,
                Some(_) if items.len() >= limit => return Value::Array { items, more: true },
                Some(string) => items.push(self.string(string)),
                None if items.is_empty() => return Value::Addr(addr),
                None => {
                    let rest = Value::Word(0, Cow::Borrowed("..."));
                    items.push(Value::Note(Box::new(rest), Cow::Owned(format!("{at:#x}"))));
                    break;
                }
            }
        }
        Value::array(items)
    }

    /// `count` entries of `struct iovec` at `addr`, with at most `limit` bytes of data in all.
    pub fn iovec(&mut self, addr: u64, count: u64, limit: u64) -> Value {
        let word = self.abi.word_size() as u64;
        let mut left = limit;
        self.elements(addr, 2 * word, count, |cx, at| {
            let base = cx.load(at, Store::Word)?;
            let len = cx.load(at.wrapping_add(word), Store::Word)?;
            let shown = len.min(left);
            // What is written has no limit to use up.
            left -= if limit == u64::MAX { 0 } else { shown };
            let data = cx.bytes(base, shown);
            Some(Value::record(vec![("iov_base", data), ("iov_len", Value::Uint(len))]))
        })
    }
}

/// A device number, `makedev(major, minor)`: the kernel's `new_encode_dev` form.
#[must_use]
pub fn device(dev: u64) -> Value {
    let (major, minor) = device_numbers(dev);
    Value::meaning(Value::Hex(dev), Value::Call("makedev", vec![Value::Hex(major), Value::Hex(minor)]))
}

/// The two parts of a device number.
#[must_use]
pub const fn device_numbers(dev: u64) -> (u64, u64) {
    (((dev >> 8) & 0xfff) | ((dev >> 32) & 0xffff_f000), (dev & 0xff) | ((dev >> 12) & 0xffff_ff00))
}
