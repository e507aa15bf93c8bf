//! User and group ids. The i386 table has each call twice: with 16-bit ids, and with 32-bit ids under
//! a name that ends in 32.

use super::capability;
use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::Store;
use crate::row::{Arg, Class, Row, arg, both, classes, only32, only64, out};
use crate::value::Value;

const GET: Class = classes(&[Class::CREDS, Class::PURE]);
/// `<linux/limits.h>`.
const NGROUPS_MAX: u64 = 65536;

static UID: Kind = Kind::Uid;
static UID16: Kind = Kind::With(uid16);

const UID_ARGS: &[Arg] = &[arg("uid", Kind::Uid)];
const UID_ARGS16: &[Arg] = &[arg("uid", UID16_ARG)];
const GID_ARGS: &[Arg] = &[arg("gid", Kind::Uid)];
const GID_ARGS16: &[Arg] = &[arg("gid", UID16_ARG)];
const REUID: &[Arg] = &[arg("ruid", Kind::Uid), arg("euid", Kind::Uid)];
const REUID16: &[Arg] = &[arg("ruid", UID16_ARG), arg("euid", UID16_ARG)];
const REGID: &[Arg] = &[arg("rgid", Kind::Uid), arg("egid", Kind::Uid)];
const REGID16: &[Arg] = &[arg("rgid", UID16_ARG), arg("egid", UID16_ARG)];
const RESUID: &[Arg] = &[arg("ruid", Kind::Uid), arg("euid", Kind::Uid), arg("suid", Kind::Uid)];
const RESUID16: &[Arg] = &[arg("ruid", UID16_ARG), arg("euid", UID16_ARG), arg("suid", UID16_ARG)];
const RESGID: &[Arg] = &[arg("rgid", Kind::Uid), arg("egid", Kind::Uid), arg("sgid", Kind::Uid)];
const RESGID16: &[Arg] = &[arg("rgid", UID16_ARG), arg("egid", UID16_ARG), arg("sgid", UID16_ARG)];
const UID16_ARG: Kind = Kind::With(uid16);
const STORED: Kind = Kind::Cell(Store::U32, &UID);
const STORED16: Kind = Kind::Cell(Store::U16, &UID16);
const GETRESUID: &[Arg] = &[out("ruid", STORED), out("euid", STORED), out("suid", STORED)];
const GETRESUID16: &[Arg] = &[out("ruid", STORED16), out("euid", STORED16), out("suid", STORED16)];
const GETRESGID: &[Arg] = &[out("rgid", STORED), out("egid", STORED), out("sgid", STORED)];
const GETRESGID16: &[Arg] = &[out("rgid", STORED16), out("egid", STORED16), out("sgid", STORED16)];
const SETGROUPS: &[Arg] =
    &[arg("size", Kind::Int), arg("list", Kind::With(|cx, a| groups(cx, a, cx.args[0], Store::U32, &UID)))];
const SETGROUPS16: &[Arg] =
    &[arg("size", Kind::Int), arg("list", Kind::With(|cx, a| groups(cx, a, cx.args[0], Store::U16, &UID16)))];
const GETGROUPS: &[Arg] =
    &[arg("size", Kind::Int), out("list", Kind::With(|cx, a| got_groups(cx, a, Store::U32, &UID)))];
const GETGROUPS16: &[Arg] =
    &[arg("size", Kind::Int), out("list", Kind::With(|cx, a| got_groups(cx, a, Store::U16, &UID16)))];

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new("getuid", both(102, 24), GET, &[]),
    Row::new("getgid", both(104, 47), GET, &[]),
    Row::new("geteuid", both(107, 49), GET, &[]),
    Row::new("getegid", both(108, 50), GET, &[]),
    Row::new("getuid32", only32(199), GET, &[]),
    Row::new("getgid32", only32(200), GET, &[]),
    Row::new("geteuid32", only32(201), GET, &[]),
    Row::new("getegid32", only32(202), GET, &[]),
    Row::new("setuid", only64(105), Class::CREDS, UID_ARGS),
    Row::new("setuid", only32(23), Class::CREDS, UID_ARGS16),
    Row::new("setuid32", only32(213), Class::CREDS, UID_ARGS),
    Row::new("setgid", only64(106), Class::CREDS, GID_ARGS),
    Row::new("setgid", only32(46), Class::CREDS, GID_ARGS16),
    Row::new("setgid32", only32(214), Class::CREDS, GID_ARGS),
    Row::new("setfsuid", only64(122), Class::CREDS, UID_ARGS),
    Row::new("setfsuid", only32(138), Class::CREDS, UID_ARGS16),
    Row::new("setfsuid32", only32(215), Class::CREDS, UID_ARGS),
    Row::new("setfsgid", only64(123), Class::CREDS, GID_ARGS),
    Row::new("setfsgid", only32(139), Class::CREDS, GID_ARGS16),
    Row::new("setfsgid32", only32(216), Class::CREDS, GID_ARGS),
    Row::new("setreuid", only64(113), Class::CREDS, REUID),
    Row::new("setreuid", only32(70), Class::CREDS, REUID16),
    Row::new("setreuid32", only32(203), Class::CREDS, REUID),
    Row::new("setregid", only64(114), Class::CREDS, REGID),
    Row::new("setregid", only32(71), Class::CREDS, REGID16),
    Row::new("setregid32", only32(204), Class::CREDS, REGID),
    Row::new("setresuid", only64(117), Class::CREDS, RESUID),
    Row::new("setresuid", only32(164), Class::CREDS, RESUID16),
    Row::new("setresuid32", only32(208), Class::CREDS, RESUID),
    Row::new("setresgid", only64(119), Class::CREDS, RESGID),
    Row::new("setresgid", only32(170), Class::CREDS, RESGID16),
    Row::new("setresgid32", only32(210), Class::CREDS, RESGID),
    Row::new("getresuid", only64(118), Class::CREDS, GETRESUID),
    Row::new("getresuid", only32(165), Class::CREDS, GETRESUID16),
    Row::new("getresuid32", only32(209), Class::CREDS, GETRESUID),
    Row::new("getresgid", only64(120), Class::CREDS, GETRESGID),
    Row::new("getresgid", only32(171), Class::CREDS, GETRESGID16),
    Row::new("getresgid32", only32(211), Class::CREDS, GETRESGID),
    Row::new("setgroups", only64(116), Class::CREDS, SETGROUPS),
    Row::new("setgroups", only32(81), Class::CREDS, SETGROUPS16),
    Row::new("setgroups32", only32(206), Class::CREDS, SETGROUPS),
    Row::new("getgroups", only64(115), Class::CREDS, GETGROUPS),
    Row::new("getgroups", only32(80), Class::CREDS, GETGROUPS16),
    Row::new("getgroups32", only32(205), Class::CREDS, GETGROUPS),
    Row::new(
        "capget",
        both(125, 184),
        Class::CREDS,
        &[arg("hdrp", Kind::With(capability::header)), out("datap", Kind::With(capability::data))],
    ),
    Row::new(
        "capset",
        both(126, 185),
        Class::CREDS,
        &[arg("hdrp", Kind::With(capability::header)), arg("datap", Kind::With(capability::data))],
    ),
];

/// A 16-bit id: all ones is -1, "unchanged".
fn uid16(_: &mut Cx<'_>, raw: u64) -> Value {
    match raw & 0xffff {
        0xffff => Value::Int(-1),
        id => Value::Uint(id),
    }
}

fn groups(cx: &mut Cx<'_>, addr: u64, count: u64, store: Store, kind: &'static Kind) -> Value {
    match count & 0xffff_ffff {
        count if count > NGROUPS_MAX => Value::Addr(addr),
        count => cx.cells(addr, store, kind, count),
    }
}

/// The result says how many ids there are.
fn got_groups(cx: &mut Cx<'_>, addr: u64, store: Store, kind: &'static Kind) -> Value {
    groups(cx, addr, cx.result(), store, kind)
}

#[cfg(test)]
mod tests {
    use crate::rows::process::testing::line;
    use crate::{ByteMemory, Outcome};
    use lariat_abi::Abi;

    #[test]
    fn ids_are_as_wide_as_the_call() {
        let memory = ByteMemory::new().with(0x1000, [3, 0, 4, 0, 0xff, 0xff, 0, 0]);
        assert_eq!(
            line(Abi::I386, 81, [3, 0x1000, 0, 0, 0, 0], &memory, Outcome::Returned(0)),
            "setgroups(3, [3, 4, -1]) = 0"
        );
        assert_eq!(
            line(Abi::I386, 206, [1, 0x1000, 0, 0, 0, 0], &memory, Outcome::Returned(0)),
            "setgroups32(1, [262147]) = 0"
        );
        assert_eq!(
            line(Abi::I386, 23, [0xffff, 0, 0, 0, 0, 0], &memory, Outcome::Returned(0)),
            "setuid(-1) = 0"
        );
    }

    #[test]
    fn capabilities_are_split_over_two_structures() {
        let mut data = [0u8; 24];
        data[0] = 3;
        data[12] = 1;
        let memory = ByteMemory::new().with(0x1000, [0x22, 0x05, 0x08, 0x20, 0, 0, 0, 0]).with(0x2000, data);
        assert_eq!(
            line(Abi::X86_64, 126, [0x1000, 0x2000, 0, 0, 0, 0], &memory, Outcome::Returned(0)),
            "capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, \
             {effective=1<<CAP_CHOWN|1<<CAP_DAC_OVERRIDE|1<<CAP_MAC_OVERRIDE, permitted=0, inheritable=0}) = 0"
        );
    }
}
