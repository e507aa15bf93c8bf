//! POSIX message queues; mq_overview(7).

use crate::context::Cx;
use crate::kind::{Kind, Len};
use crate::layout::{Store, Struct, field};
use crate::row::{Class, Ret, Row, arg, both, only32, out};
use crate::rows::OPEN_FLAGS;
use crate::rows::common::{TIMESPEC, TIMESPEC64};
use crate::table::{Table, tables};
use crate::value::Value;

tables! {
    NONBLOCK "O_???": 0x800 "O_NONBLOCK";
}

/// `struct mq_attr` as `mq_open` is given it, which ignores the flags.
static ATTRIBUTES: Struct = Struct::new(&[
    field("mq_flags", Store::SWord, Kind::Hex),
    field("mq_maxmsg", Store::SWord, Kind::Long),
    field("mq_msgsize", Store::SWord, Kind::Long),
    field("mq_curmsgs", Store::SWord, Kind::Long),
]);
/// The same where the flags count.
static FLAGGED: Struct = Struct::new(&[
    field("mq_flags", Store::Word, Kind::Flags64(&NONBLOCK)),
    field("mq_maxmsg", Store::SWord, Kind::Long),
    field("mq_msgsize", Store::SWord, Kind::Long),
    field("mq_curmsgs", Store::SWord, Kind::Long),
]);

/// `O_CREAT`: only then are there a mode and attributes.
fn creates(cx: &Cx<'_>) -> bool {
    cx.args[1] & 0x40 != 0
}

fn mode(cx: &mut Cx<'_>, raw: u64) -> Value {
    if creates(cx) { Value::Mode(raw & 0xffff) } else { Value::Absent }
}

fn attributes(cx: &mut Cx<'_>, raw: u64) -> Value {
    if creates(cx) { cx.structure(raw, &ATTRIBUTES) } else { Value::Absent }
}

const NONE: Class = Class::empty();
const DESC: Class = Class::DESC;
const FD: Kind = Kind::Fd;
const U: Kind = Kind::Ulong;
const TS: Kind = Kind::Ref(&TIMESPEC);
const TS64: Kind = Kind::Ref(&TIMESPEC64);
const TEXT: Kind = Kind::Bytes(Len::Arg(2));
const GOT: Kind = Kind::Bytes(Len::RetOrArg(2));
const PRIO: Kind = Kind::Cell(Store::U32, &Kind::Uint);
const ATTR: Kind = Kind::Ref(&FLAGGED);

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new(
        "mq_open",
        both(240, 277),
        DESC,
        &[
            arg("name", Kind::Path),
            arg("oflag", OPEN_FLAGS),
            arg("mode", Kind::With(mode)),
            arg("attr", Kind::With(attributes)),
        ],
    )
    .ret(Ret::Fd),
    Row::new("mq_unlink", both(241, 278), NONE, &[arg("name", Kind::Path)]),
    Row::new(
        "mq_timedsend",
        both(242, 279),
        DESC,
        &[
            arg("mqdes", FD),
            arg("msg_ptr", TEXT),
            arg("msg_len", U),
            arg("msg_prio", Kind::Uint),
            arg("abs_timeout", TS),
        ],
    ),
    Row::new(
        "mq_timedsend_time64",
        only32(418),
        DESC,
        &[
            arg("mqdes", FD),
            arg("msg_ptr", TEXT),
            arg("msg_len", U),
            arg("msg_prio", Kind::Uint),
            arg("abs_timeout", TS64),
        ],
    ),
    Row::new(
        "mq_timedreceive",
        both(243, 280),
        DESC,
        &[
            arg("mqdes", FD),
            out("msg_ptr", GOT),
            arg("msg_len", U),
            out("msg_prio", PRIO),
            arg("abs_timeout", TS),
        ],
    ),
    Row::new(
        "mq_timedreceive_time64",
        only32(419),
        DESC,
        &[
            arg("mqdes", FD),
            out("msg_ptr", GOT),
            arg("msg_len", U),
            out("msg_prio", PRIO),
            arg("abs_timeout", TS64),
        ],
    ),
    Row::new(
        "mq_notify",
        both(244, 281),
        DESC,
        &[arg("mqdes", FD), arg("sevp", Kind::With(super::sigevent::sigevent))],
    ),
    Row::new(
        "mq_getsetattr",
        both(245, 282),
        DESC,
        &[arg("mqdes", FD), arg("newattr", ATTR), out("oldattr", ATTR)],
    ),
];
