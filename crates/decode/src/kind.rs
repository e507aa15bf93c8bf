//! Kinds: how one machine word (an argument, a structure member) becomes a [`Value`].

use crate::context::Cx;
use crate::layout::{Store, Struct};
use crate::table::Table;
use crate::value::Value;

/// How one machine word is decoded.
///
/// The word is an argument register or a loaded structure member. Kinds that read memory take the
/// word as an address: NULL and unreadable memory are shown as the address.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A 32-bit signed number.
    Int,
    /// A 32-bit unsigned number.
    Uint,
    /// A word-sized signed number (`long`, `ssize_t`).
    Long,
    /// A word-sized unsigned number (`unsigned long`, `size_t`).
    Ulong,
    /// A 64-bit signed number, whatever the ABI (`loff_t` members).
    Int64,
    /// A word-sized number in hexadecimal.
    Hex,
    /// A 32-bit number in hexadecimal.
    Hex32,
    /// A 64-bit number in hexadecimal.
    Hex64,
    /// An address, not followed.
    Addr,
    /// Permission bits, octal (`umask`, `mode` of `open`).
    Mode,
    /// A device number: `makedev(0x1, 0x3)`.
    Dev,
    /// A file descriptor.
    Fd,
    /// A directory file descriptor: `AT_FDCWD` or a number.
    DirFd,
    /// A process or thread id.
    Pid,
    /// A user or group id; -1 is shown as such.
    Uid,
    /// A signal number.
    Signal,
    /// A member of an enumeration (the low 32 bits).
    Const(&'static Table),
    /// A word of flags (the low 32 bits).
    Flags(&'static Table),
    /// A word-sized flag word.
    Flags64(&'static Table),
    /// A file name: NUL-terminated, shown whole.
    Path,
    /// A NUL-terminated string, cut at the string limit (`-s`).
    Str,
    /// A buffer of as many bytes, cut at the string limit.
    Bytes(Len),
    /// A structure at this address.
    Ref(&'static Struct),
    /// An array of structures at this address.
    Refs(&'static Struct, Len),
    /// A single stored word at this address, shown as `[value]`.
    Cell(Store, &'static Kind),
    /// An array of stored words at this address, shown as `[a, b]`.
    Cells(Store, &'static Kind, Len),
    /// A signal set at this address, of as many bytes.
    Sigset(Len),
    /// A NULL-terminated array of strings at this address (`argv`).
    Strings,
    /// An array of `struct iovec` at this address: the count, and how many bytes of data there are in
    /// all (for a read: the result; for a write: no limit).
    Iovec(Len, Len),
    /// What no other kind can say.
    With(fn(&mut Cx<'_>, u64) -> Value),
}

/// Where a length comes from.
#[derive(Debug, Clone, Copy)]
pub enum Len {
    /// Argument `n` (0 is the first).
    Arg(u8),
    /// The result of the call.
    Ret,
    /// The smaller of the result of the call and argument `n`.
    RetOrArg(u8),
    /// A constant.
    Fixed(u64),
    /// No limit.
    Unbounded,
}
