//! Signals: handlers, masks, waiting and sending.

use crate::context::Cx;
use crate::kind::{Kind, Len};
use crate::layout::{Store, Struct, field};
use crate::row::{Class, Row, arg, both, classes, only32, out};
use crate::rows::common::{TIMESPEC, TIMESPEC64};
use crate::siginfo::siginfo_at;
use crate::table::Table;
use crate::value::Value;
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

pub(super) fn handler(raw: u64) -> Value {
    let name = match raw {
        0 => "SIG_DFL",
        1 => "SIG_IGN",
        u64::MAX => "SIG_ERR",
        _ => return Value::Addr(raw),
    };
    Value::meaning(Value::Hex(raw), Value::Word(0, Cow::Borrowed(name)))
}

/// The pending signals; the kernel takes a size of nothing for a success.
fn pending(cx: &mut Cx<'_>, addr: u64) -> Value {
    if cx.args[1] == 0 { Value::Addr(addr) } else { cx.partial_sigset(addr, cx.args[1]) }
}

/// `struct sigaction` of the kernel: handler, flags, restorer, and a whole mask.
fn action(cx: &mut Cx<'_>, raw: u64) -> Value {
    action_of(cx, raw, [0, 1, 2, 3], 8)
}

/// `struct old_sigaction` of i386's `sigaction`: handler, a mask of one word, flags, restorer.
pub(super) fn old_action(cx: &mut Cx<'_>, raw: u64) -> Value {
    action_of(cx, raw, [0, 2, 3, 1], 4)
}

/// An action whose handler, flags, restorer and mask are at these words; the mask has so many bytes. The restorer
/// counts only when a flag says so.
fn action_of(cx: &Cx<'_>, raw: u64, words: [usize; 4], mask: usize) -> Value {
    if !cx.follows(raw) {
        return Value::Addr(raw);
    }
    let word = cx.abi.word_size();
    let Some(bytes) = cx.read(raw, 3 * word + mask) else { return Value::Addr(raw) };
    let number = |at: usize, size: usize| {
        let mut number = [0; 8];
        number[..size].copy_from_slice(&bytes[at * word..at * word + size]);
        u64::from_le_bytes(number)
    };
    let [call, flags, restorer] = [words[0], words[1], words[2]].map(|at| number(at, word));
    let set = number(words[3], mask);
    let set = if mask == 4 { Value::Signals32(set as u32) } else { Value::Signals(set) };
    let mut fields =
        vec![("sa_handler", handler(call)), ("sa_mask", set), ("sa_flags", Value::Flags(flags, &SA))];
    if flags & 0x0400_0000 != 0 {
        fields.push(("sa_restorer", Value::Addr(restorer)));
    }
    Value::record(fields)
}

/// Which signal a wait returned.
fn waited(cx: &mut Cx<'_>) -> Option<Value> {
    let signal = lariat_abi::Signal::from_raw(i32::try_from(cx.result()).ok()?)?;
    Some(Value::Word(0, Cow::Owned(signal.name().into())))
}

const ACTION: Kind = Kind::With(action);
const INFO: Kind = Kind::With(|cx, raw| siginfo_at(cx, raw));
const SET1: Kind = Kind::Sigset(Len::Arg(1));
const SET3: Kind = Kind::Sigset(Len::Arg(3));
const SIG: Kind = Kind::Signal;
/// Of calls that send a signal.
const SEND: Class = classes(&[Class::SIGNAL, Class::PROCESS]);
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
        &[out("set", Kind::With(pending)), arg("sigsetsize", Kind::Ulong)],
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
        SEND,
        &[arg("tgid", Kind::Pid), arg("sig", SIG), arg("info", INFO)],
    ),
    Row::new(
        "rt_tgsigqueueinfo",
        both(297, 335),
        SEND,
        &[arg("tgid", Kind::Pid), arg("tid", Kind::Pid), arg("sig", SIG), arg("info", INFO)],
    ),
    Row::new(
        "sigaltstack",
        both(131, 186),
        SIGNAL,
        &[arg("ss", Kind::Ref(&STACK)), out("old_ss", Kind::Ref(&STACK))],
    ),
    Row::new("kill", both(62, 37), SEND, &[arg("pid", Kind::Pid), arg("sig", SIG)]),
    Row::new("tkill", both(200, 238), SEND, &[arg("tid", Kind::Pid), arg("sig", SIG)]),
    Row::new(
        "tgkill",
        both(234, 270),
        SEND,
        &[arg("tgid", Kind::Pid), arg("tid", Kind::Pid), arg("sig", SIG)],
    ),
    Row::new(
        "pidfd_send_signal",
        both(424, 424),
        classes(&[Class::DESC, SIGNAL]),
        &[arg("pidfd", Kind::Fd), arg("sig", SIG), arg("info", INFO), arg("flags", Kind::Hex32)],
    ),
];
