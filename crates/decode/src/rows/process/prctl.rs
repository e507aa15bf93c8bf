//! `prctl`: each option has its own arguments, stated in one table of shapes.

use super::capability::CAPABILITIES;
use super::filter::{Purpose, program};
use super::prctl_names::{
    AMBIENT, DISPATCH, DUMPABLE, FP_MODE, MCE_KILL, MCE_KILL_POLICIES, OPTIONS, PAC_KEYS, SCHED_CORE,
    SECCOMP_MODES, SECUREBITS, SET_MM, SET_VMA, SME_FLAGS, SPECULATION_CONTROL, SPECULATION_CONTROLS,
    SPECULATIONS, SVE_FLAGS, TSC, UNALIGN,
};
use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::Store;
use crate::row::{Class, Ret, Row, arg, both};
use crate::table::Table;
use crate::value::Value;
use std::borrow::Cow;

/// What the second to fifth arguments of an option are.
type Shape = [Kind; 4];

const NONE: Kind = Kind::With(|_, _| Value::Absent);
const HEX: Kind = Kind::Hex;
const DEC: Kind = Kind::Ulong;
const GENERIC: Shape = [HEX; 4];
const NOTHING: Shape = [NONE; 4];
const fn one(kind: Kind) -> Shape {
    [kind, NONE, NONE, NONE]
}

static INT: Kind = Kind::Int;
static UINT: Kind = Kind::Uint;
static ADDR: Kind = Kind::Addr;
static SIGNAL: Kind = Kind::Signal;
static TSC_MODE: Kind = Kind::Const(&TSC);
static UNALIGN_MODE: Kind = Kind::Flags(&UNALIGN);

/// The shapes of the options that are not just four words in hexadecimal.
static SHAPES: &[(u32, Shape)] = &[
    (1, one(Kind::With(death_signal))),
    (2, one(Kind::With(|cx, a| stored(cx, a, Store::U32, &SIGNAL)))),
    (3, NOTHING),
    (4, one(Kind::With(|_, raw| Value::Const(raw, &DUMPABLE)))),
    (5, one(Kind::With(|cx, a| stored(cx, a, Store::U32, &UNALIGN_MODE)))),
    (6, one(Kind::Flags(&UNALIGN))),
    (7, NOTHING),
    (8, one(DEC)),
    (9, one(Kind::With(|cx, a| stored(cx, a, Store::U32, &UINT)))),
    (10, one(DEC)),
    (11, one(Kind::With(|cx, a| stored(cx, a, Store::U32, &UINT)))),
    (12, one(DEC)),
    (13, NOTHING),
    (14, one(DEC)),
    (15, one(Kind::With(name))),
    (16, one(Kind::With(|cx, a| at_exit(cx, a, name)))),
    (19, one(Kind::With(|cx, a| stored(cx, a, Store::U32, &UINT)))),
    (20, one(DEC)),
    (21, NOTHING),
    (
        22,
        [
            Kind::With(|_, raw| Value::Const(raw, &SECCOMP_MODES)),
            Kind::With(filter),
            Kind::With(rest),
            Kind::With(rest),
        ],
    ),
    (23, one(Kind::With(|_, raw| Value::Const(raw, &CAPABILITIES)))),
    (24, one(Kind::With(|_, raw| Value::Const(raw, &CAPABILITIES)))),
    (25, one(Kind::With(|cx, a| stored(cx, a, Store::U32, &TSC_MODE)))),
    (26, one(Kind::Const(&TSC))),
    (27, NOTHING),
    (28, one(Kind::Flags64(&SECUREBITS))),
    (29, one(DEC)),
    (30, NOTHING),
    (31, NOTHING),
    (32, NOTHING),
    (33, [Kind::With(|_, raw| Value::Const(raw, &MCE_KILL)), Kind::With(mce_policy), HEX, HEX]),
    (35, [Kind::Const(&SET_MM), HEX, HEX, HEX]),
    (36, one(DEC)),
    (37, one(Kind::With(|cx, a| stored(cx, a, Store::U32, &INT)))),
    (38, [DEC, HEX, HEX, HEX]),
    (40, one(Kind::With(|cx, a| stored(cx, a, Store::Word, &ADDR)))),
    (41, [DEC, HEX, HEX, HEX]),
    (45, one(Kind::Flags(&FP_MODE))),
    (46, NOTHING),
    (47, [Kind::With(|_, raw| Value::Const(raw, &AMBIENT)), Kind::With(ambient), HEX, HEX]),
    (51, NOTHING),
    (52, one(Kind::With(|_, raw| Value::Const(raw, &SPECULATIONS)))),
    (53, [Kind::With(|_, raw| Value::Const(raw, &SPECULATIONS)), Kind::With(speculation), NONE, NONE]),
    (54, [Kind::Flags64(&PAC_KEYS), HEX, HEX, HEX]),
    (57, [DEC, HEX, HEX, HEX]),
    (59, [Kind::Const(&DISPATCH), HEX, HEX, Kind::Addr]),
    (60, [Kind::Flags64(&PAC_KEYS), Kind::Flags64(&PAC_KEYS), HEX, HEX]),
    (62, [Kind::Const(&SCHED_CORE), Kind::Pid, Kind::With(pid_type), Kind::Addr]),
    (64, NOTHING),
    (
        0x5356_4d41,
        [
            Kind::Const(&SET_VMA),
            HEX,
            Kind::With(|cx, raw| if cx.args[1] == 0 { Value::Uint(raw) } else { Value::Hex(raw) }),
            Kind::With(|cx, raw| if cx.args[1] == 0 { cx.string(raw) } else { Value::Hex(raw) }),
        ],
    ),
    (0x5961_6d61, one(Kind::With(ptracer))),
];

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[Row::new(
    "prctl",
    both(157, 172),
    Class::CREDS,
    &[
        arg("option", Kind::Const(&OPTIONS)),
        arg("arg2", Kind::With(|cx, raw| argument(cx, raw, 0))),
        arg("arg3", Kind::With(|cx, raw| argument(cx, raw, 1))),
        arg("arg4", Kind::With(|cx, raw| argument(cx, raw, 2))),
        arg("arg5", Kind::With(|cx, raw| argument(cx, raw, 3))),
    ],
)
.ret(Ret::Decoded(number))
.aux(explanation)];

fn argument(cx: &mut Cx<'_>, raw: u64, index: usize) -> Value {
    let option = cx.args[0] as u32;
    let shape = SHAPES.iter().find(|(o, _)| *o == option).map_or(&GENERIC, |(_, shape)| shape);
    cx.decode(&shape[index], raw)
}

/// Results that are sets of flags are shown in hexadecimal.
fn number(cx: &mut Cx<'_>) -> Option<Value> {
    matches!(cx.args[0] as u32, 27 | 46 | 51 | 52 | 64).then(|| Value::Hex(cx.result()))
}

/// What a successful result means.
fn explanation(cx: &mut Cx<'_>) -> Option<Value> {
    if cx.failed() {
        return None;
    }
    let result = cx.result();
    let named = |table: &'static Table| table.name(result).map(|_| Value::Const(result, table));
    match cx.args[0] as u32 {
        3 => named(&DUMPABLE),
        27 if result != 0 => Some(Value::Flags(result, &SECUREBITS)),
        34 => named(&MCE_KILL_POLICIES),
        51 => vector_length(result, &SVE_FLAGS),
        64 => vector_length(result, &SME_FLAGS),
        52 => Some(Value::Flags(result, &SPECULATION_CONTROLS)),
        21 if result != 0 => named(&SECCOMP_MODES),
        46 if result != 0 => Some(Value::Flags(result, &FP_MODE)),
        _ => None,
    }
}

/// Flags above a length of vectors in bytes (arm64).
fn vector_length(result: u64, table: &'static Table) -> Option<Value> {
    let (flags, length) = (result & !0xffff, result & 0xffff);
    (flags != 0).then(|| Value::Or(result, vec![Value::Flags(flags, table), Value::Hex(length)]))
}

/// A value the kernel fills in, which only the exit can tell.
fn at_exit(cx: &mut Cx<'_>, addr: u64, decode: fn(&mut Cx<'_>, u64) -> Value) -> Value {
    match (cx.entering(), cx.failed()) {
        (true, _) => Value::Later,
        (_, true) => Value::Addr(addr),
        _ => decode(cx, addr),
    }
}

fn stored(cx: &mut Cx<'_>, addr: u64, store: Store, kind: &'static Kind) -> Value {
    match (cx.entering(), cx.failed()) {
        (true, _) => Value::Later,
        (_, true) => Value::Addr(addr),
        _ => cx.cell(addr, store, kind),
    }
}

fn death_signal(_: &mut Cx<'_>, raw: u64) -> Value {
    if raw <= 128 { Value::Signal(raw as i64) } else { Value::Uint(raw) }
}

/// A command name: `TASK_COMM_LEN` without the terminating NUL.
fn name(cx: &mut Cx<'_>, addr: u64) -> Value {
    const LONGEST: usize = 15;
    match cx.string(addr) {
        Value::Str { mut bytes, more } => {
            let more = more || bytes.len() > LONGEST;
            bytes.truncate(LONGEST);
            Value::Str { bytes, more }
        }
        other => other,
    }
}

fn filter(cx: &mut Cx<'_>, addr: u64) -> Value {
    match cx.args[1] {
        1 => Value::Absent,
        2 => program(cx, addr, Purpose::Calls),
        _ => Value::Hex(addr),
    }
}

/// The arguments no known mode of seccomp has.
fn rest(cx: &mut Cx<'_>, raw: u64) -> Value {
    if matches!(cx.args[1], 1 | 2) { Value::Absent } else { cx.decode(&Kind::Hex, raw) }
}

fn mce_policy(cx: &mut Cx<'_>, raw: u64) -> Value {
    known_if(cx.args[1] == 1, raw, &MCE_KILL_POLICIES)
}

fn ambient(cx: &mut Cx<'_>, raw: u64) -> Value {
    known_if(matches!(cx.args[1], 1..=3), raw, &CAPABILITIES)
}

fn known_if(known: bool, raw: u64, table: &'static Table) -> Value {
    if known { Value::Const(raw, table) } else { Value::Hex(raw) }
}

fn pid_type(_: &mut Cx<'_>, raw: u64) -> Value {
    let name = match raw {
        0 => "PIDTYPE_PID",
        1 => "PIDTYPE_TGID",
        2 => "PIDTYPE_PGID",
        3 => "PIDTYPE_SID",
        _ => "PIDTYPE_???",
    };
    Value::Note(Box::new(Value::Hex(raw)), Cow::Borrowed(name))
}

fn speculation(cx: &mut Cx<'_>, raw: u64) -> Value {
    known_if(SPECULATIONS.name(cx.args[1]).is_some(), raw, &SPECULATION_CONTROL)
}

/// `PR_SET_PTRACER_ANY` is all ones.
fn ptracer(cx: &mut Cx<'_>, raw: u64) -> Value {
    match raw & 0xffff_ffff {
        0xffff_ffff => Value::Word(0xffff_ffff, Cow::Borrowed("PR_SET_PTRACER_ANY")),
        pid => cx.pid(pid),
    }
}

#[cfg(test)]
mod tests {
    use crate::rows::process::testing::line;
    use crate::{ByteMemory, Outcome};
    use lariat_abi::Abi;

    #[test]
    fn options_have_their_own_arguments() {
        let memory = ByteMemory::new().with(0x1000, *b"averyveryverylongname\0");
        let shown = |args| line(Abi::X86_64, 157, args, &memory, Outcome::Returned(0));
        assert_eq!(shown([15, 0x1000, 0, 0, 0, 0]), "prctl(PR_SET_NAME, \"averyveryverylo\"...) = 0");
        assert_eq!(shown([38, 1, 0, 0, 0, 0]), "prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) = 0");
        assert_eq!(shown([3, 1, 0, 0, 0, 0]), "prctl(PR_GET_DUMPABLE) = 0 (SUID_DUMP_DISABLE)");
        assert_eq!(shown([0x11, 1, 0, 0, 0, 0]), "prctl(0x11 /* PR_??? */, 0x1, 0, 0, 0) = 0");
    }
}
