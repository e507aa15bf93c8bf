//! Calls of these families whose structures are not described yet: they are shown with their right
//! names, classes and scalar arguments, and structures as addresses.

use super::signal::{handler, old_action};
use crate::context::Cx;
use crate::kind::{Kind, Len};
use crate::layout::{Store, Struct, field};
use crate::row::{Class, Ret, Row, arg, both, only32, out};
use crate::rows::common::{TIMESPEC, TIMESPEC64};
use crate::rows::{date, noted};
use crate::value::Value;
use lariat_abi::Abi;

static MQ_ATTR: Struct = Struct::new(&[
    field("mq_flags", Store::SWord, Kind::Hex),
    field("mq_maxmsg", Store::SWord, Kind::Long),
    field("mq_msgsize", Store::SWord, Kind::Long),
    field("mq_curmsgs", Store::SWord, Kind::Long),
]);

const NONE: Class = Class::empty();
const SIG: Class = Class::SIGNAL;
const DESC: Class = Class::DESC;
const I: Kind = Kind::Int;
const U: Kind = Kind::Ulong;
const FD: Kind = Kind::Fd;
const TS: Kind = Kind::Ref(&TIMESPEC);
const TS64: Kind = Kind::Ref(&TIMESPEC64);
const TEXT: Kind = Kind::Bytes(Len::Arg(2));
const GOT: Kind = Kind::Bytes(Len::RetOrArg(2));
const PRIO: Kind = Kind::Cell(Store::U32, &Kind::Uint);
const OLD_SET: Kind = Kind::Sigset(Len::Fixed(4));
const OLD_MASK: Kind = Kind::With(|_, raw| Value::Signals(raw & 0xffff_ffff));
/// A `time_t` with its date.
const SECOND: Kind =
    Kind::Cell(Store::SWord, &Kind::With(|_, raw| noted(Value::Int(raw as i64), raw as i64, 0, 0)));
const ATTR: Kind = Kind::Ref(&MQ_ATTR);

/// The signal mask that `rt_sigreturn` restores, from the frame at the stack pointer: a `struct ucontext` on
/// x86-64; on i386 signal number and two pointers go before the siginfo and the ucontext.
fn frame_mask(cx: &mut Cx<'_>, _: u64) -> Value {
    let at = match cx.abi {
        Abi::I386 => 12 + 128 + 4 + 4 + 12 + 88,
        _ => 8 + 8 + 24 + 256,
    };
    match cx.load(cx.env.sp.wrapping_add(at), Store::U64) {
        Some(mask) => Value::record(vec![("mask", Value::Signals(mask))]),
        None => Value::Absent,
    }
}

/// The mask that i386's `sigreturn` restores: the frame begins with a `struct sigcontext`, whose `oldmask`
/// is the low half; the high half comes after the 624 bytes of floating-point state.
fn old_frame_mask(cx: &mut Cx<'_>, _: u64) -> Value {
    let half = |at| cx.load(cx.env.sp.wrapping_add(at), Store::U32);
    match (half(80), half(88 + 624)) {
        (Some(low), Some(high)) => Value::record(vec![("mask", Value::Signals(low | high << 32))]),
        _ => Value::Absent,
    }
}

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new("rt_sigreturn", both(15, 173), SIG, &[arg("", Kind::With(frame_mask))]),
    Row::new("sigreturn", only32(119), SIG, &[arg("", Kind::With(old_frame_mask))]),
    Row::new(
        "sigprocmask",
        only32(126),
        SIG,
        &[arg("how", Kind::Const(&super::signal::HOW)), arg("set", OLD_SET), out("oldset", OLD_SET)],
    ),
    Row::new("sigpending", only32(73), SIG, &[out("set", OLD_SET)]),
    Row::new("sigsuspend", only32(72), SIG, &[arg("unused1", I), arg("unused2", I), arg("mask", OLD_MASK)]),
    Row::new("sgetmask", only32(68), SIG, &[]),
    Row::new("ssetmask", only32(69), SIG, &[arg("newmask", OLD_MASK)]),
    Row::new(
        "signal",
        only32(48),
        SIG,
        &[arg("signum", Kind::Signal), arg("handler", Kind::With(|_, raw| handler(raw)))],
    )
    .ret(Ret::Hex)
    .aux(|cx| match handler(cx.result()) {
        name @ Value::Word(..) if !cx.failed() => Some(name),
        _ => None,
    }),
    Row::new(
        "sigaction",
        only32(67),
        SIG,
        &[
            arg("signum", Kind::Signal),
            arg("act", Kind::With(old_action)),
            out("oldact", Kind::With(old_action)),
        ],
    ),
    Row::new("time", both(201, 13), Class::CLOCK, &[out("tloc", SECOND)])
        .aux(|cx| Some(Value::Word(cx.result(), date(cx.result() as i64, 0, 0)?.into()))),
    Row::new("stime", only32(25), Class::CLOCK, &[arg("t", SECOND)]),
    Row::new(
        "timer_create",
        both(222, 259),
        NONE,
        &[
            arg("clockid", Kind::Const(&crate::rows::common::CLOCK)),
            arg("sevp", Kind::With(super::sigevent::sigevent)),
            out("timerid", Kind::Cell(Store::I32, &Kind::Int)),
        ],
    ),
    Row::new(
        "mq_open",
        both(240, 277),
        DESC,
        &[arg("name", Kind::Path), arg("oflag", Kind::Hex32), arg("mode", Kind::Mode), arg("attr", ATTR)],
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
