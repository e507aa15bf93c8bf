//! Life and identity of processes: execution, exit, process groups and sessions.

use super::clone::CSIGNAL;
use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::Store;
use crate::row::{Class, Ret, Row, arg, both, classes, only64};
use crate::table::Table;
use crate::value::Value;

const PURE: Class = Class::PURE;

/// `<linux/kcmp.h>`.
static KCMP_TYPES: Table = Table::new(
    "KCMP_???",
    &[
        (0, "KCMP_FILE"),
        (1, "KCMP_VM"),
        (2, "KCMP_FILES"),
        (3, "KCMP_FS"),
        (4, "KCMP_SIGHAND"),
        (5, "KCMP_IO"),
        (6, "KCMP_SYSVSEM"),
        (7, "KCMP_EPOLL_TFD"),
    ],
);

static KCMP_EPOLL_SLOT: crate::layout::Struct = crate::layout::Struct::new(&[
    crate::layout::field("efd", Store::U32, Kind::Fd),
    crate::layout::field("tfd", Store::U32, Kind::Fd),
    crate::layout::field("toff", Store::U32, Kind::Uint),
]);

static PIDFD_FLAGS: Table = Table::new("PIDFD_???", &[(0o4000, "PIDFD_NONBLOCK"), (0o200, "PIDFD_THREAD")]);

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new(
        "execve",
        both(59, 11),
        classes(&[Class::FILE, Class::PROCESS]),
        &[arg("pathname", Kind::Path), arg("argv", Kind::Strings), arg("envp", Kind::With(environment))],
    ),
    Row::new(
        "execveat",
        both(322, 358),
        classes(&[Class::DESC, Class::FILE, Class::PROCESS]),
        &[
            arg("dirfd", Kind::DirFd),
            arg("pathname", Kind::Path),
            arg("argv", Kind::Strings),
            arg("envp", Kind::With(environment)),
            arg("flags", Kind::Flags(&crate::rows::common::AT)),
        ],
    ),
    Row::new("fork", both(57, 2), Class::PROCESS, &[]).ret(Ret::Pid),
    Row::new("vfork", both(58, 190), Class::PROCESS, &[]).ret(Ret::Pid),
    Row::new("exit", both(60, 1), Class::PROCESS, &[arg("status", Kind::Int)]),
    Row::new("exit_group", both(231, 252), Class::PROCESS, &[arg("status", Kind::Int)]),
    Row::new("getpid", both(39, 20), PURE, &[]).ret(Ret::Pid),
    Row::new("getppid", both(110, 64), PURE, &[]).ret(Ret::Pid),
    Row::new("gettid", both(186, 224), PURE, &[]).ret(Ret::Pid),
    Row::new("getpgrp", both(111, 65), PURE, &[]).ret(Ret::Pid),
    Row::new("getpgid", both(121, 132), Class::empty(), &[arg("pid", Kind::Pid)]).ret(Ret::Pid),
    Row::new("setpgid", both(109, 57), Class::empty(), &[arg("pid", Kind::Pid), arg("pgid", Kind::Pid)]),
    Row::new("getsid", both(124, 147), Class::empty(), &[arg("pid", Kind::Pid)]).ret(Ret::Pid),
    Row::new("setsid", both(112, 66), Class::empty(), &[]).ret(Ret::Pid),
    Row::new("set_tid_address", both(218, 258), Class::empty(), &[arg("tidptr", Kind::Hex)]).ret(Ret::Pid),
    Row::new(
        "pidfd_open",
        both(434, 434),
        Class::DESC,
        &[arg("pid", Kind::Pid), arg("flags", Kind::Flags(&PIDFD_FLAGS))],
    )
    .ret(Ret::Fd),
    Row::new(
        "pidfd_getfd",
        both(438, 438),
        Class::DESC,
        &[arg("pidfd", Kind::Fd), arg("targetfd", Kind::Int), arg("flags", Kind::Hex32)],
    )
    .ret(Ret::Fd),
    Row::new(
        "kcmp",
        both(312, 349),
        Class::empty(),
        &[
            arg("pid1", Kind::Pid),
            arg("pid2", Kind::Pid),
            arg("type", Kind::Const(&KCMP_TYPES)),
            arg("idx1", Kind::With(kcmp_index)),
            arg("idx2", Kind::With(kcmp_index_or_slot)),
        ],
    ),
    // The number the kernel's own uretprobe trampoline uses.
    Row::new("uretprobe", only64(335), Class::empty(), &[]),
    Row::new("uprobe", only64(336), Class::empty(), &[]),
];

/// The environment: its size, or the whole of it with `-v`.
fn environment(cx: &mut Cx<'_>, addr: u64) -> Value {
    if !cx.abbreviate() {
        return cx.strings(addr);
    }
    let word = cx.abi.word_size() as u64;
    let mut count = 0u64;
    let unterminated = loop {
        match cx.load(addr.wrapping_add(word.wrapping_mul(count)), Store::Word) {
            Some(0) => break "",
            Some(_) if count < 1 << 20 => count += 1,
            None if count == 0 => return Value::Addr(addr),
            _ => break ", unterminated",
        }
    };
    let plural = if count == 1 { "" } else { "s" };
    Value::Note(Box::new(Value::Addr(addr)), format!("{count} var{plural}{unterminated}").into())
}

/// An index argument of `kcmp`, which only some comparisons have.
fn kcmp_index(cx: &mut Cx<'_>, raw: u64) -> Value {
    match cx.args[2] as u32 {
        // Descriptors of other processes are not known.
        0 | 7 if cx.args[0] as u32 != cx.env.tid.as_raw() as u32 => Value::Int(i64::from(raw as u32 as i32)),
        0 | 7 => cx.fd(raw),
        1..=6 => Value::Absent,
        _ => cx.decode(&Kind::Hex, raw),
    }
}

fn kcmp_index_or_slot(cx: &mut Cx<'_>, raw: u64) -> Value {
    match cx.args[2] as u32 {
        7 => cx.structure(raw, &KCMP_EPOLL_SLOT),
        _ => kcmp_index(cx, raw),
    }
}

/// The exit signal in the low byte of clone flags.
pub(super) fn exit_signal(flags: u64) -> i64 {
    (flags & CSIGNAL) as i64
}
