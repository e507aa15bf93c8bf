//! The system as a whole: log, name, modules, restart, swap, and calls about the kernel itself.

use super::system_names::{
    KEXEC_ARCH, KEXEC_FILE_FLAGS, KEXEC_FLAGS, LOG_LEVELS, MODULE_DELETE, MODULE_INIT, REBOOT_COMMANDS,
    REBOOT_MAGIC1, REBOOT_MAGIC2, SWAP_FLAGS, SYSLOG_ACTIONS,
};
use crate::context::Cx;
use crate::kind::{Kind, Len};
use crate::layout::{Store, Struct, field};
use crate::row::{Class, Row, arg, both, classes, only64};
use crate::value::Value;
use std::borrow::Cow;

/// `struct kexec_segment`, `<linux/kexec.h>`.
static KEXEC_SEGMENT: Struct = Struct::new(&[
    field("buf", Store::Word, Kind::Addr),
    field("bufsz", Store::Word, Kind::Ulong),
    field("mem", Store::Word, Kind::Addr),
    field("memsz", Store::Word, Kind::Ulong),
]);
/// `KEXEC_SEGMENT_MAX`.
const SEGMENTS: u64 = 16;

/// `struct __sysctl_args`.
static SYSCTL: Struct = Struct::new(&[
    field("name", Store::Word, Kind::Addr),
    field("nlen", Store::I32, Kind::Int),
    field("oldval", Store::Word, Kind::Addr),
    field("oldlenp", Store::Word, Kind::Addr),
    field("newval", Store::Word, Kind::Addr),
    field("newlen", Store::Word, Kind::Ulong),
]);

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new(
        "syslog",
        both(103, 103),
        Class::empty(),
        &[
            arg("type", Kind::With(syslog_action)),
            arg("bufp", Kind::With(syslog_buffer)),
            arg("len", Kind::With(syslog_length)),
        ],
    ),
    Row::new(
        "reboot",
        both(169, 88),
        Class::empty(),
        &[
            arg("magic", Kind::Const(&REBOOT_MAGIC1)),
            arg("magic2", Kind::Const(&REBOOT_MAGIC2)),
            arg("op", Kind::Const(&REBOOT_COMMANDS)),
            // Only LINUX_REBOOT_CMD_RESTART2 has one.
            arg(
                "arg",
                Kind::With(
                    |cx, addr| if cx.args[2] as u32 == 0xa1b2_c3d4 { cx.string(addr) } else { Value::Absent },
                ),
            ),
        ],
    ),
    Row::new(
        "sethostname",
        both(170, 74),
        Class::empty(),
        &[arg("name", Kind::With(host_name)), arg("len", Kind::Uint)],
    ),
    Row::new(
        "setdomainname",
        both(171, 121),
        Class::empty(),
        &[arg("name", Kind::With(host_name)), arg("len", Kind::Uint)],
    ),
    Row::new(
        "init_module",
        both(175, 128),
        Class::empty(),
        &[arg("module_image", Kind::Addr), arg("len", Kind::Ulong), arg("param_values", Kind::Str)],
    ),
    Row::new(
        "finit_module",
        both(313, 350),
        Class::DESC,
        &[arg("fd", Kind::Fd), arg("param_values", Kind::Str), arg("flags", Kind::Flags(&MODULE_INIT))],
    ),
    Row::new(
        "delete_module",
        both(176, 129),
        Class::empty(),
        &[arg("name", Kind::Str), arg("flags", Kind::Flags(&MODULE_DELETE))],
    ),
    Row::new(
        "kexec_load",
        both(246, 283),
        Class::empty(),
        &[
            arg("entry", Kind::Addr),
            arg("nr_segments", Kind::Ulong),
            arg("segments", Kind::With(segments)),
            arg("flags", Kind::With(kexec_flags)),
        ],
    ),
    Row::new(
        "kexec_file_load",
        only64(320),
        Class::DESC,
        &[
            arg("kernel_fd", Kind::Fd),
            arg("initrd_fd", Kind::Fd),
            arg("cmdline_len", Kind::Ulong),
            arg("cmdline", Kind::Bytes(Len::Arg(2))),
            arg("flags", Kind::Flags64(&KEXEC_FILE_FLAGS)),
        ],
    ),
    Row::new("acct", both(163, 51), Class::FILE, &[arg("filename", Kind::Path)]),
    Row::new(
        "swapon",
        both(167, 87),
        Class::FILE,
        &[arg("path", Kind::Path), arg("swapflags", Kind::With(swap_flags))],
    ),
    Row::new("swapoff", both(168, 115), Class::FILE, &[arg("path", Kind::Path)]),
    Row::new("uselib", both(134, 86), Class::FILE, &[arg("library", Kind::Path)]),
    Row::new(
        "sysfs",
        both(139, 135),
        Class::empty(),
        &[arg("option", Kind::Hex), arg("arg1", Kind::Hex), arg("arg2", Kind::Hex)],
    ),
    Row::new("_sysctl", both(156, 149), Class::empty(), &[arg("args", Kind::Ref(&SYSCTL))]),
    Row::new(
        "restart_syscall",
        both(219, 0),
        Class::empty(),
        &[arg(
            "call",
            Kind::With(|cx, _| {
                let name = cx.env.names.interrupted().unwrap_or("system call");
                Value::Word(0, Cow::Owned(format!("<... resuming interrupted {name} ...>")))
            }),
        )],
    ),
    Row::new(
        "lsm_get_self_attr",
        both(459, 459),
        classes(&[]),
        &[
            arg("attr", Kind::Uint),
            arg("ctx", Kind::Addr),
            arg("size", Kind::Addr),
            arg("flags", Kind::Hex32),
        ],
    ),
    Row::new(
        "lsm_set_self_attr",
        both(460, 460),
        classes(&[]),
        &[
            arg("attr", Kind::Uint),
            arg("ctx", Kind::Addr),
            arg("size", Kind::Uint),
            arg("flags", Kind::Hex32),
        ],
    ),
    Row::new(
        "lsm_list_modules",
        both(461, 461),
        classes(&[]),
        &[arg("ids", Kind::Addr), arg("size", Kind::Addr), arg("flags", Kind::Hex32)],
    ),
];

/// The number is said first, for it is what syslog(2) speaks of.
fn syslog_action(_: &mut Cx<'_>, raw: u64) -> Value {
    let name = SYSLOG_ACTIONS.name(raw & 0xffff_ffff).unwrap_or(SYSLOG_ACTIONS.unknown);
    Value::Note(Box::new(Value::Int(i64::from(raw as u32 as i32))), Cow::Borrowed(name))
}

fn syslog_buffer(cx: &mut Cx<'_>, addr: u64) -> Value {
    match cx.args[0] as u32 {
        0 | 1 | 5 | 6 | 7 | 9 | 10 => Value::Absent,
        2..=4 if cx.entering() => Value::Later,
        2..=4 if !cx.failed() => cx.bytes(addr, cx.result()),
        _ => Value::Addr(addr),
    }
}

fn syslog_length(cx: &mut Cx<'_>, raw: u64) -> Value {
    let number = Value::Int(i64::from(raw as u32 as i32));
    match cx.args[0] as u32 {
        0 | 1 | 5 | 6 | 7 | 9 | 10 => Value::Absent,
        8 => {
            let name = LOG_LEVELS.name(raw & 0xffff_ffff).unwrap_or(LOG_LEVELS.unknown);
            Value::Note(Box::new(number), Cow::Borrowed(name))
        }
        _ => number,
    }
}

/// A name longer than the kernel takes (`__NEW_UTS_LEN`) is not followed.
fn host_name(cx: &mut Cx<'_>, addr: u64) -> Value {
    match cx.args[1] & 0xffff_ffff {
        len @ 0..=64 => cx.bytes(addr, len),
        _ => Value::Addr(addr),
    }
}

fn segments(cx: &mut Cx<'_>, addr: u64) -> Value {
    if cx.args[1] > SEGMENTS { Value::Addr(addr) } else { cx.structures(addr, &KEXEC_SEGMENT, cx.args[1]) }
}

/// The architecture stands in the high half.
fn kexec_flags(_: &mut Cx<'_>, raw: u64) -> Value {
    let arch = Value::Const(raw & 0xffff_0000, &KEXEC_ARCH);
    match raw & !0xffff_0000 {
        0 => arch,
        flags => Value::Joined(vec![arch, Value::Flags(flags, &KEXEC_FLAGS)]),
    }
}

/// The priority stands in the low bits: `SWAP_FLAG_PRIO_MASK`.
fn swap_flags(_: &mut Cx<'_>, raw: u64) -> Value {
    const PRIORITY: u64 = 0x7fff;
    let word = raw & 0xffff_ffff;
    let priority = Value::Uint(word & PRIORITY);
    match word & !PRIORITY {
        0 => priority,
        flags => Value::Joined(vec![Value::Flags(flags, &SWAP_FLAGS), priority]),
    }
}
