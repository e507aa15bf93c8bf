//! Mounts and file system contexts; extended attributes.

use super::args::{DIRFD, FD, PATH, hexadecimal, word};
use super::names_mount::{
    FSCONFIG, FSMOUNT, FSMOUNT_ATTR, FSOPEN, FSPICK, MOUNT, MOUNT_ATTR, MOUNT_SETATTR, MOVE_MOUNT, OPEN_TREE,
    PROPAGATION, UMOUNT, XATTR,
};
use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::{Store, Struct, field};
use crate::row::{Arg, Class, Ret, Row, arg, both, only32, out};
use crate::rows::common::tail;
use crate::value::Value;

const FILE_DESC: Class = Class::FILE.union(Class::DESC);
const NAME: Arg = arg("name", Kind::Str);
const VALUE: Arg = arg("value", Kind::With(|cx, addr| attribute(cx, addr, cx.args[3])));
const GOT: Arg = out("value", Kind::With(|cx, addr| attribute(cx, addr, cx.result())));
const SIZE: Arg = arg("size", Kind::Ulong);
const LIST: Arg = out("list", Kind::With(listed));
const XFLAGS: Arg = arg("flags", Kind::Flags(&XATTR));

/// `struct mount_attr`, `<linux/mount.h>`.
static ATTR: Struct = Struct::new(&[
    field("attr_set", Store::AlignedU64, Kind::Flags64(&MOUNT_ATTR)),
    field("attr_clr", Store::AlignedU64, Kind::Flags64(&MOUNT_ATTR)),
    field("propagation", Store::AlignedU64, Kind::With(|_, raw| Value::Const(raw, &PROPAGATION))),
    field("userns_fd", Store::AlignedU64, Kind::With(|_, raw| Value::Uint(raw))),
]);

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new(
        "mount",
        both(165, 21),
        Class::FILE,
        &[
            arg("source", Kind::Path),
            arg("target", Kind::Path),
            arg("filesystemtype", Kind::With(kind)),
            arg("mountflags", Kind::With(mount_flags)),
            arg("data", Kind::With(data)),
        ],
    ),
    Row::new("umount", only32(22), Class::FILE, &[arg("target", Kind::Path)]),
    Row::new(
        "umount2",
        both(166, 52),
        Class::FILE,
        &[arg("target", Kind::Path), arg("flags", Kind::Flags(&UMOUNT))],
    ),
    Row::new(
        "pivot_root",
        both(155, 217),
        Class::FILE,
        &[arg("new_root", Kind::Path), arg("put_old", Kind::Path)],
    ),
    Row::new(
        "fsopen",
        both(430, 430),
        Class::DESC,
        &[arg("fs_name", Kind::Str), arg("flags", Kind::Flags(&FSOPEN))],
    )
    .ret(Ret::Fd),
    Row::new(
        "fsconfig",
        both(431, 431),
        FILE_DESC,
        &[
            FD,
            arg("cmd", Kind::Const(&FSCONFIG)),
            arg("key", Kind::With(key)),
            arg("value", Kind::With(value)),
            arg("aux", Kind::With(aux)),
        ],
    ),
    Row::new(
        "fsmount",
        both(432, 432),
        Class::DESC,
        &[FD, arg("flags", Kind::Flags(&FSMOUNT)), arg("attr_flags", Kind::Flags(&FSMOUNT_ATTR))],
    )
    .ret(Ret::Fd),
    Row::new("fspick", both(433, 433), FILE_DESC, &[DIRFD, PATH, arg("flags", Kind::Flags(&FSPICK))])
        .ret(Ret::Fd),
    Row::new(
        "move_mount",
        both(429, 429),
        FILE_DESC,
        &[
            arg("from_dfd", Kind::DirFd),
            arg("from_pathname", Kind::Path),
            arg("to_dfd", Kind::DirFd),
            arg("to_pathname", Kind::Path),
            arg("flags", Kind::Flags(&MOVE_MOUNT)),
        ],
    ),
    Row::new("open_tree", both(428, 428), FILE_DESC, &[DIRFD, PATH, arg("flags", Kind::Flags(&OPEN_TREE))])
        .ret(Ret::Fd),
    Row::new(
        "mount_setattr",
        both(442, 442),
        FILE_DESC,
        &[
            DIRFD,
            PATH,
            arg("flags", Kind::Flags(&MOUNT_SETATTR)),
            arg("uattr", Kind::With(attr)),
            arg("usize", Kind::Ulong),
        ],
    ),
    Row::new("setxattr", both(188, 226), Class::FILE, &[PATH, NAME, VALUE, SIZE, XFLAGS]),
    Row::new("lsetxattr", both(189, 227), Class::FILE, &[PATH, NAME, VALUE, SIZE, XFLAGS]),
    Row::new("fsetxattr", both(190, 228), Class::DESC, &[FD, NAME, VALUE, SIZE, XFLAGS]),
    Row::new("getxattr", both(191, 229), Class::FILE, &[PATH, NAME, GOT, SIZE]),
    Row::new("lgetxattr", both(192, 230), Class::FILE, &[PATH, NAME, GOT, SIZE]),
    Row::new("fgetxattr", both(193, 231), Class::DESC, &[FD, NAME, GOT, SIZE]),
    Row::new("listxattr", both(194, 232), Class::FILE, &[PATH, LIST, SIZE]),
    Row::new("llistxattr", both(195, 233), Class::FILE, &[PATH, LIST, SIZE]),
    Row::new("flistxattr", both(196, 234), Class::DESC, &[FD, LIST, SIZE]),
    Row::new("removexattr", both(197, 235), Class::FILE, &[PATH, NAME]),
    Row::new("lremovexattr", both(198, 236), Class::FILE, &[PATH, NAME]),
    Row::new("fremovexattr", both(199, 237), Class::DESC, &[FD, NAME]),
];

/// The magic number that programs from before Linux 2.4 put into the high half of the flags.
const MS_MGC_VAL: u64 = 0xc0ed_0000;
const MS_REMOUNT: u64 = 0x20;
const MS_BIND: u64 = 0x1000;
const MS_MOVE: u64 = 0x2000;
const MS_PROPAGATION: u64 = 0xe_0000 | 1 << 20;

/// The flags without the magic number.
fn bare(cx: &Cx<'_>) -> u64 {
    let flags = cx.args[3];
    if flags & 0xffff_0000 == MS_MGC_VAL { flags & !0xffff_0000 } else { flags }
}

fn kind(cx: &mut Cx<'_>, addr: u64) -> Value {
    if bare(cx) & (MS_REMOUNT | MS_BIND | MS_MOVE | MS_PROPAGATION) != 0 {
        Value::Addr(addr)
    } else {
        cx.string(addr)
    }
}

fn data(cx: &mut Cx<'_>, addr: u64) -> Value {
    if bare(cx) & (MS_BIND | MS_MOVE | MS_PROPAGATION) != 0 { Value::Addr(addr) } else { cx.string(addr) }
}

fn mount_flags(cx: &mut Cx<'_>, raw: u64) -> Value {
    let flags = bare(cx);
    if flags == raw {
        return Value::Flags(raw, &MOUNT);
    }
    let mut parts = vec![word("MS_MGC_VAL")];
    if flags != 0 {
        parts.push(if MOUNT.split(flags, |_| {}) == flags {
            Value::Hex(flags)
        } else {
            Value::Flags(flags, &MOUNT)
        });
    }
    Value::Or(raw, parts)
}

fn attr(cx: &mut Cx<'_>, addr: u64) -> Value {
    const SIZE: u64 = 32;
    if cx.args[4] < SIZE {
        return Value::Addr(addr);
    }
    let mut shown = cx.structure(addr, &ATTR);
    if let Value::Struct { fields, .. } = &mut shown {
        fields.extend(tail(cx, addr, SIZE, cx.args[4]));
    }
    shown
}

/// `fsconfig` without a parameter: 6 creates, 7 reconfigures.
fn key(cx: &mut Cx<'_>, addr: u64) -> Value {
    if !(0..=5).contains(&cx.int(1)) { Value::Addr(addr) } else { cx.string(addr) }
}

fn value(cx: &mut Cx<'_>, addr: u64) -> Value {
    match cx.int(1) {
        1 => cx.string(addr),
        2 if cx.int(4) < 0 => Value::Addr(addr),
        2 => {
            let len = cx.args[4] & 0xffff_ffff;
            match cx.bytes(addr, len) {
                Value::Str { bytes, more } => word(hexadecimal(&bytes) + if more { "..." } else { "" }),
                other => other,
            }
        }
        3 | 4 => cx.path(addr),
        _ => Value::Addr(addr),
    }
}

fn aux(cx: &mut Cx<'_>, raw: u64) -> Value {
    match cx.int(1) {
        3 | 4 => cx.decode(&Kind::DirFd, raw),
        5 => cx.fd(raw),
        _ => Value::Int(i64::from(raw as u32 as i32)),
    }
}

/// An attribute's value; if it ends with a NUL, that is taken for the end of a string.
fn attribute(cx: &Cx<'_>, addr: u64, len: u64) -> Value {
    /// The kernel takes no longer value: `XATTR_SIZE_MAX`.
    const LONGEST: u64 = 65536;
    match cx.bytes(addr, len) {
        _ if len > LONGEST => Value::Addr(addr),
        Value::Str { mut bytes, more: false } => {
            bytes.pop_if(|last| *last == 0);
            Value::string(bytes)
        }
        other => other,
    }
}

/// Attribute names, NUL after each.
fn listed(cx: &mut Cx<'_>, addr: u64) -> Value {
    match (cx.args[2], cx.result()) {
        (0, _) => Value::Addr(addr),
        (_, 0) if addr != 0 => Value::string(""),
        (_, len) => cx.bytes(addr, len),
    }
}
