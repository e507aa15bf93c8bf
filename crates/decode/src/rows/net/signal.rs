//! Signals: handlers, masks, waiting and sending.

use crate::context::Cx;
use crate::kind::{Kind, Len};
use crate::layout::{Store, Struct, field};
use crate::row::{Class, Row, arg, both, only32, out};
use crate::rows::common::{TIMESPEC, TIMESPEC64};
use crate::siginfo::siginfo;
use crate::table::Table;
use crate::value::Value;
use lariat_abi::{Abi, SigInfo};
use std::borrow::Cow;

pub(super) static HOW: Table =
    Table::new("SIG_???", &[(0, "SIG_BLOCK"), (1, "SIG_UNBLOCK"), (2, "SIG_SETMASK")]);
static SA: Table = Table::new(
    "SA_???",
    &[
        (0x0400_0000, "SA_RESTORER"),
        (0x0800_0000, "SA_ONSTACK"),
        (0x1000_0000, "SA_RESTART"),
        (0x2000_0000, "SA_INTERRUPT"),
        (0x4000_0000, "SA_NODEFER"),
        (0x8000_0000, "SA_RESETHAND"),
        (4, "SA_SIGINFO"),
        (1, "SA_NOCLDSTOP"),
        (2, "SA_NOCLDWAIT"),
    ],
);
static SS: Table =
    Table::new("SS_???", &[(1, "SS_ONSTACK"), (2, "SS_DISABLE"), (0x8000_0000, "SS_AUTODISARM")]);
static STACK: Struct = Struct::new(&[
    field("ss_sp", Store::Word, Kind::Addr),
    field("ss_flags", Store::U32, Kind::Flags(&SS)),
    field("ss_size", Store::Word, Kind::Ulong),
]);

fn handler(cx: &Cx<'_>, raw: u64) -> Value {
    let error = if cx.abi == Abi::I386 { 0xffff_ffff } else { u64::MAX };
    let name = match raw {
        0 => "SIG_DFL",
        1 => "SIG_IGN",
        _ if raw == error => "SIG_ERR",
        _ => return Value::Addr(raw),
    };
    Value::Word(raw, Cow::Borrowed(name))
}

/// `struct sigaction` of the kernel: the restorer counts only when a flag says so.
fn action(cx: &mut Cx<'_>, raw: u64) -> Value {
    if !cx.env.options.dereference {
        return Value::Addr(raw);
    }
    let word = cx.abi.word_size() as u64;
    let at = |i: u64| raw.wrapping_add(i * word);
    let words = (cx.load(raw, Store::Word), cx.load(at(1), Store::Word), cx.load(at(2), Store::Word));
    let (Some(call), Some(flags), Some(restorer)) = words else { return Value::Addr(raw) };
    let Some(mask) = cx.load(at(3), Store::U64) else { return Value::Addr(raw) };
    let mut fields = vec![
        ("sa_handler", handler(cx, call)),
        ("sa_mask", Value::Signals(mask)),
        ("sa_flags", Value::Flags(flags, &SA)),
    ];
    if flags & 0x0400_0000 != 0 {
        fields.push(("sa_restorer", Value::Addr(restorer)));
    }
    Value::record(fields)
}

/// A whole `sigset_t`: the kernel takes no other size here.
fn full_set(cx: &mut Cx<'_>, raw: u64, size: usize) -> Value {
    if cx.args[size] == 8 { cx.sigset(raw, 8) } else { Value::Addr(raw) }
}

/// A `siginfo_t` in the tracee's memory.
fn info(cx: &mut Cx<'_>, raw: u64) -> Value {
    // The 32-bit layout places the members elsewhere: it is not followed.
    if raw == 0 || !cx.env.options.dereference || cx.abi == Abi::I386 {
        return Value::Addr(raw);
    }
    let bytes: Option<[u8; SigInfo::SIZE]> = cx.read(raw, SigInfo::SIZE).and_then(|b| b.try_into().ok());
    bytes.map_or(Value::Addr(raw), |bytes| siginfo(&SigInfo::from_bytes(bytes)))
}

/// Which signal a wait returned.
fn waited(cx: &mut Cx<'_>) -> Option<Value> {
    (cx.result() > 0).then(|| Value::Signal(cx.result() as i64))
}

const ACTION: Kind = Kind::With(action);
const INFO: Kind = Kind::With(info);
const SET1: Kind = Kind::With(|cx, raw| full_set(cx, raw, 1));
const SET3: Kind = Kind::With(|cx, raw| full_set(cx, raw, 3));
const SIG: Kind = Kind::Signal;
const SIGNAL: Class = Class::SIGNAL;

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new(
        "rt_sigaction",
        both(13, 174),
        SIGNAL,
        &[arg("signum", SIG), arg("act", ACTION), out("oldact", ACTION), arg("sigsetsize", Kind::Ulong)],
    ),
    Row::new(
        "rt_sigprocmask",
        both(14, 175),
        SIGNAL,
        &[
            arg("how", Kind::Const(&HOW)),
            arg("set", SET3),
            out("oldset", SET3),
            arg("sigsetsize", Kind::Ulong),
        ],
    ),
    Row::new(
        "rt_sigpending",
        both(127, 176),
        SIGNAL,
        &[out("set", Kind::Sigset(Len::Arg(1))), arg("sigsetsize", Kind::Ulong)],
    ),
    Row::new("rt_sigsuspend", both(130, 179), SIGNAL, &[arg("mask", SET1), arg("sigsetsize", Kind::Ulong)]),
    Row::new(
        "rt_sigtimedwait",
        both(128, 177),
        SIGNAL,
        &[
            arg("set", SET3),
            out("info", INFO),
            arg("timeout", Kind::Ref(&TIMESPEC)),
            arg("sigsetsize", Kind::Ulong),
        ],
    )
    .aux(waited),
    Row::new(
        "rt_sigtimedwait_time64",
        only32(421),
        SIGNAL,
        &[
            arg("set", SET3),
            out("info", INFO),
            arg("timeout", Kind::Ref(&TIMESPEC64)),
            arg("sigsetsize", Kind::Ulong),
        ],
    )
    .aux(waited),
    Row::new(
        "rt_sigqueueinfo",
        both(129, 178),
        SIGNAL,
        &[arg("tgid", Kind::Pid), arg("sig", SIG), arg("info", INFO)],
    ),
    Row::new(
        "rt_tgsigqueueinfo",
        both(297, 335),
        SIGNAL,
        &[arg("tgid", Kind::Pid), arg("tid", Kind::Pid), arg("sig", SIG), arg("info", INFO)],
    ),
    Row::new(
        "sigaltstack",
        both(131, 186),
        SIGNAL,
        &[arg("ss", Kind::Ref(&STACK)), out("old_ss", Kind::Ref(&STACK))],
    ),
    Row::new("kill", both(62, 37), SIGNAL, &[arg("pid", Kind::Pid), arg("sig", SIG)]),
    Row::new("tkill", both(200, 238), SIGNAL, &[arg("tid", Kind::Pid), arg("sig", SIG)]),
    Row::new(
        "tgkill",
        both(234, 270),
        SIGNAL,
        &[arg("tgid", Kind::Pid), arg("tid", Kind::Pid), arg("sig", SIG)],
    ),
    Row::new(
        "pidfd_send_signal",
        both(424, 424),
        crate::row::classes(&[Class::DESC, SIGNAL]),
        &[arg("pidfd", Kind::Fd), arg("sig", SIG), arg("info", INFO), arg("flags", Kind::Hex32)],
    ),
];
