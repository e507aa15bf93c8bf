//! Descriptors that report events: `eventfd`, `signalfd`, `timerfd`, `inotify`, `fanotify`.

use super::args::{FD, HIGH, open_flags, word};
use super::names_event::{
    CLOCK, EVENTFD, FAN_INIT, FAN_MARK, FAN_MASK, INOTIFY, INOTIFY_INIT, SIGNALFD, TIMERFD, TIMERFD_SET,
};
use crate::context::Cx;
use crate::kind::{Kind, Len};
use crate::layout::{Store, Struct, field};
use crate::row::{Arg, Class, Ret, Row, arg, both, only32, only64, out};
use crate::rows::common::{TIMESPEC, TIMESPEC64, wide_argument};
use crate::table::Table;
use crate::value::Value;

const FILE_DESC: Class = Class::FILE.union(Class::DESC);
const MASK: Arg = arg("mask", Kind::Sigset(Len::Arg(2)));
const SIZE: Arg = arg("sizemask", Kind::Ulong);
const TIMER_FLAGS: Arg = arg("flags", Kind::Flags(&TIMERFD_SET));

/// `struct itimerspec` with the ABI's `long`.
static ITIMERSPEC: Struct = Struct::new(&[
    field("it_interval", Store::Inline(&TIMESPEC), Kind::Int),
    field("it_value", Store::Inline(&TIMESPEC), Kind::Int),
]);

/// `struct __kernel_itimerspec`.
static ITIMERSPEC64: Struct = Struct::new(&[
    field("it_interval", Store::Inline(&TIMESPEC64), Kind::Int),
    field("it_value", Store::Inline(&TIMESPEC64), Kind::Int),
]);

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new("eventfd", both(284, 323), Class::DESC, &[arg("initval", Kind::Uint)]).ret(Ret::Fd),
    Row::new(
        "eventfd2",
        both(290, 328),
        Class::DESC,
        &[arg("initval", Kind::Uint), arg("flags", Kind::Flags(&EVENTFD))],
    )
    .ret(Ret::Fd),
    Row::new("signalfd", both(282, 321), Class::DESC.union(Class::SIGNAL), &[FD, MASK, SIZE]).ret(Ret::Fd),
    Row::new(
        "signalfd4",
        both(289, 327),
        Class::DESC.union(Class::SIGNAL),
        &[FD, MASK, SIZE, arg("flags", Kind::Flags(&SIGNALFD))],
    )
    .ret(Ret::Fd),
    Row::new(
        "timerfd_create",
        both(283, 322),
        Class::DESC,
        &[arg("clockid", Kind::Const(&CLOCK)), arg("flags", Kind::Flags(&TIMERFD))],
    )
    .ret(Ret::Fd),
    Row::new(
        "timerfd_settime",
        both(286, 325),
        Class::DESC,
        &[
            FD,
            TIMER_FLAGS,
            arg("new_value", Kind::Ref(&ITIMERSPEC)),
            out("old_value", Kind::Ref(&ITIMERSPEC)),
        ],
    ),
    Row::new(
        "timerfd_gettime",
        both(287, 326),
        Class::DESC,
        &[FD, out("curr_value", Kind::Ref(&ITIMERSPEC))],
    ),
    Row::new(
        "timerfd_settime64",
        only32(411),
        Class::DESC,
        &[
            FD,
            TIMER_FLAGS,
            arg("new_value", Kind::Ref(&ITIMERSPEC64)),
            out("old_value", Kind::Ref(&ITIMERSPEC64)),
        ],
    ),
    Row::new(
        "timerfd_gettime64",
        only32(410),
        Class::DESC,
        &[FD, out("curr_value", Kind::Ref(&ITIMERSPEC64))],
    ),
    Row::new("inotify_init", both(253, 291), Class::DESC, &[]).ret(Ret::Fd),
    Row::new("inotify_init1", both(294, 332), Class::DESC, &[arg("flags", Kind::Flags(&INOTIFY_INIT))])
        .ret(Ret::Fd),
    Row::new(
        "inotify_add_watch",
        both(254, 292),
        FILE_DESC,
        &[FD, super::args::PATH, arg("mask", Kind::Flags(&INOTIFY))],
    ),
    Row::new("inotify_rm_watch", both(255, 293), Class::DESC, &[FD, arg("wd", Kind::Int)]),
    Row::new(
        "fanotify_init",
        both(300, 338),
        Class::DESC,
        &[
            arg("flags", Kind::With(init_flags)),
            arg("event_f_flags", Kind::With(|_, raw| open_flags(raw & 0xffff_ffff))),
        ],
    )
    .ret(Ret::Fd),
    Row::new(
        "fanotify_mark",
        only64(301),
        FILE_DESC,
        &[
            arg("fanotify_fd", Kind::Fd),
            arg("flags", Kind::Flags(&FAN_MARK)),
            arg("mask", Kind::Flags64(&FAN_MASK)),
            arg("dirfd", Kind::With(mark_dir)),
            arg("pathname", Kind::Path),
        ],
    ),
    Row::new(
        "fanotify_mark",
        only32(339),
        FILE_DESC,
        &[
            arg("fanotify_fd", Kind::Fd),
            arg("flags", Kind::Flags(&FAN_MARK)),
            arg("mask", Kind::With(|cx, _| Value::Flags(wide_argument(cx, 2), &FAN_MASK))),
            HIGH,
            arg("dirfd", Kind::With(mark_dir)),
            arg("pathname", Kind::Path),
        ],
    ),
];

static FAN_CLASS: Table = Table::new(
    "FAN_CLASS_???",
    &[(0, "FAN_CLASS_NOTIF"), (4, "FAN_CLASS_CONTENT"), (8, "FAN_CLASS_PRE_CONTENT")],
);

/// A notification class and the other flags.
fn init_flags(_: &mut Cx<'_>, raw: u64) -> Value {
    let flags = raw & 0xffff_ffff;
    let (class, rest) = (flags & 0xc, flags & !0xc);
    let mut parts = vec![Value::Const(class, &FAN_CLASS)];
    if rest != 0 {
        parts.push(Value::Flags(rest, &FAN_INIT));
    }
    Value::Joined(parts)
}

/// The directory of a mark; `FAN_NOFD` is -1 as well.
fn mark_dir(cx: &mut Cx<'_>, raw: u64) -> Value {
    match raw as i32 {
        -1 => Value::meaning(Value::Int(-1), word("FAN_NOFD")),
        _ => cx.decode(&Kind::DirFd, raw),
    }
}
