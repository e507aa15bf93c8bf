//! Signal calls from before signal sets had more than 32 members, which i386 still has, and the return from
//! handlers; sigreturn(2), sigprocmask(2).

use super::signal::{handler, old_action};
use crate::context::Cx;
use crate::kind::{Kind, Len};
use crate::layout::Store;
use crate::row::{Arg, Class, Ret, Row, arg, both, only32, out};
use crate::value::Value;
use lariat_abi::Abi;

const SIG: Class = Class::SIGNAL;
/// The kernel looks at the third argument only.
const UNUSED: Arg = arg("unused", Kind::With(|_, _| Value::Absent));
const OLD_SET: Kind = Kind::Sigset(Len::Fixed(4));
const OLD_MASK: Kind = Kind::With(|_, raw| Value::Signals32(raw as u32));
/// The signal mask that `rt_sigreturn` restores, from the frame at the stack pointer: a `struct ucontext` on
/// x86-64; on i386 signal number and two pointers go before the siginfo and the ucontext.
fn frame_mask(cx: &mut Cx<'_>, _: u64) -> Value {
    let at = match cx.abi {
        Abi::I386 => 12 + 128 + 4 + 4 + 12 + 88,
        _ => 8 + 8 + 24 + 256,
    };
    match cx.fetch(cx.env.sp.wrapping_add(at), Store::U64) {
        Some(mask) => Value::record(vec![("mask", Value::Signals(mask))]),
        None => Value::Absent,
    }
}

/// The mask that i386's `sigreturn` restores: the frame begins with a `struct sigcontext`, whose `oldmask`
/// is the low half; the high half comes after the 624 bytes of floating-point state.
fn old_frame_mask(cx: &mut Cx<'_>, _: u64) -> Value {
    let half = |at| cx.fetch(cx.env.sp.wrapping_add(at), Store::U32);
    match (half(80), half(88 + 624)) {
        (Some(low), Some(high)) => Value::record(vec![("mask", Value::Signals(low | high << 32))]),
        _ => Value::Absent,
    }
}

/// The mask that is the result.
fn result_mask(cx: &mut Cx<'_>, what: &'static str) -> Option<Value> {
    let mask = Value::Signals32(cx.outcome?.value()? as u32);
    Some(Value::Titled(what, Box::new(mask)))
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
    Row::new("sigsuspend", only32(72), SIG, &[UNUSED, UNUSED, arg("mask", OLD_MASK)]),
    Row::new("sgetmask", only32(68), SIG, &[]).ret(Ret::Hex).aux(|cx| result_mask(cx, "mask ")),
    Row::new("ssetmask", only32(69), SIG, &[arg("newmask", OLD_MASK)])
        .ret(Ret::Hex)
        .aux(|cx| result_mask(cx, "old mask ")),
    Row::new(
        "signal",
        only32(48),
        SIG,
        &[arg("signum", Kind::Signal), arg("handler", Kind::With(|_, raw| handler(raw)))],
    )
    .ret(Ret::Hex)
    .aux(|cx| match handler(cx.result()) {
        Value::Meaning(_, name) if !cx.failed() => Some(*name),
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
];
