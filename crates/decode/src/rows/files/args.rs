//! Arguments that many file calls have.

use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::Store;
use crate::row::{Arg, arg};
use crate::rows::common::wide_argument;
use crate::value::Value;
use std::borrow::Cow;

use super::names_open::OPEN;

/// `fd`.
pub(super) const FD: Arg = arg("fd", Kind::Fd);
/// `dirfd`.
pub(super) const DIRFD: Arg = arg("dirfd", Kind::DirFd);
/// `pathname`.
pub(super) const PATH: Arg = arg("pathname", Kind::Path);
/// The second half of a number that the argument before has shown whole.
pub(super) const HIGH: Arg = arg("", Kind::With(|_, _| Value::Absent));
/// `mode`: the kernel looks at 16 bits (`umode_t`).
pub(super) const MODE: Arg = arg("mode", Kind::With(|_, raw| Value::Mode(raw & 0xffff)));
/// A signed 64-bit number in arguments 1 and 2.
pub(super) const WIDE1: Kind = Kind::With(|cx, _| Value::Int(wide_argument(cx, 1) as i64));
/// A signed 64-bit number in arguments 2 and 3.
pub(super) const WIDE2: Kind = Kind::With(|cx, _| Value::Int(wide_argument(cx, 2) as i64));
/// A signed 64-bit number in arguments 3 and 4.
pub(super) const WIDE3: Kind = Kind::With(|cx, _| Value::Int(wide_argument(cx, 3) as i64));
/// A signed 64-bit number in arguments 4 and 5.
pub(super) const WIDE4: Kind = Kind::With(|cx, _| Value::Int(wide_argument(cx, 4) as i64));
/// An unsigned 64-bit number in arguments 1 and 2.
pub(super) const UWIDE1: Kind = Kind::With(|cx, _| Value::Uint(wide_argument(cx, 1)));
/// A 64-bit file position at an address, `[5]`.
pub(super) const POSITION: Kind = Kind::Cell(Store::U64, &Kind::Int64);
/// A 16-bit user or group id (the first calls of i386).
pub(super) const UID16: Kind = Kind::With(|_, raw| match raw as u16 {
    u16::MAX => Value::Int(-1),
    id => Value::Uint(u64::from(id)),
});
/// Flags of an open file without an access mode (`pipe2`, `dup3`).
pub(super) const OPEN_BITS: Kind = Kind::Flags(&OPEN);
/// The flag word of `open`.
pub(in crate::rows) const OPEN_FLAGS: Kind = Kind::With(|_, raw| open_flags(raw & 0xffff_ffff));

/// An access mode and the other flags of `open`.
pub(super) fn open_flags(raw: u64) -> Value {
    let flags = raw;
    let access = ["O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"][(flags & 3) as usize];
    let mut parts = vec![Value::Word(flags & 3, Cow::Borrowed(access))];
    let rest = flags & !3;
    if rest != 0 {
        let unnamed = OPEN.split(rest, |_| {});
        parts.push(if unnamed == rest { Value::Hex(rest) } else { Value::Flags(rest, &OPEN) });
    }
    Value::Or(flags, parts)
}

/// A file mode with its type: `S_IFREG|S_ISUID|0755`.
pub(super) fn file_mode(raw: u64) -> Value {
    let mode = raw & 0xffff_ffff;
    let kind = match mode & 0o170_000 {
        0o140_000 => "S_IFSOCK",
        0o120_000 => "S_IFLNK",
        0o100_000 => "S_IFREG",
        0o060_000 => "S_IFBLK",
        0o040_000 => "S_IFDIR",
        0o020_000 => "S_IFCHR",
        0o010_000 => "S_IFIFO",
        0 => "",
        _ => return Value::Mode(mode),
    };
    let mut parts = Vec::new();
    let mut rest = mode;
    let mut take = |bits: u64, name: &'static str| {
        parts.push(Value::Word(bits, Cow::Borrowed(name)));
        rest &= !bits;
    };
    if !kind.is_empty() {
        take(mode & 0o170_000, kind);
    }
    for (bit, name) in [(0o4000, "S_ISUID"), (0o2000, "S_ISGID"), (0o1000, "S_ISVTX")] {
        if mode & bit != 0 {
            take(bit, name);
        }
    }
    if parts.is_empty() {
        return Value::meaning(Value::Mode(mode), Value::Mode(mode));
    }
    parts.push(Value::Mode(rest));
    Value::meaning(Value::Mode(mode), Value::Or(mode, parts))
}

/// A value as it is shown by default, where only text will do.
pub(super) fn shown(value: &Value) -> String {
    let mut out = Vec::new();
    crate::text::Style::default().value(&mut out, value);
    String::from_utf8_lossy(&out).into_owned()
}

/// Text of our own, shown bare.
pub(super) fn word(text: impl Into<Cow<'static, str>>) -> Value {
    Value::Word(0, text.into())
}

/// Whether pointers to structures are followed and this is one.
pub(super) fn follows(cx: &Cx<'_>, addr: u64) -> bool {
    addr != 0 && cx.env.options.dereference
}

/// Bytes that are never text, whole: `"\x7f\x00"`.
pub(super) fn hexadecimal(data: &[u8]) -> String {
    let mut text = String::from("\"");
    for byte in data {
        text.push_str(&format!("\\x{byte:02x}"));
    }
    text + "\""
}
