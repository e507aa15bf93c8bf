//! Creation of tasks and their namespaces.

use super::lifecycle::exit_signal;
use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::Store;
use crate::row::{Class, Ret, Row, arg, both, only32, only64, stored};
use crate::rows::common::tail;
use crate::table::Table;
use crate::value::Value;
use lariat_abi::Abi;
use std::borrow::Cow;

/// The signal number in a flag word of `clone`: `CSIGNAL`, `<linux/sched.h>`.
pub(super) const CSIGNAL: u64 = 0xff;
const CLONE_PIDFD: u64 = 0x1000;
const CLONE_SETTLS: u64 = 0x80000;
const CLONE_PARENT_SETTID: u64 = 0x10_0000;
const CLONE_CHILD_CLEARTID: u64 = 0x20_0000;
const CLONE_CHILD_SETTID: u64 = 0x100_0000;
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;
const ANY_POINTER: u64 =
    CLONE_PIDFD | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID;
/// The first version of `struct clone_args`: `CLONE_ARGS_SIZE_VER0`.
const CLONE_ARGS_SIZE_VER0: u64 = 64;
const CLONE_ARGS_SIZE: u64 = 88;

/// Flags of `clone` and of `clone3`, `<linux/sched.h>`; those above the low word, and those where `clone` has
/// its signal, are of `clone3` only.
static CLONE_FLAGS: Table = Table::new(
    "CLONE_???",
    &[
        (0x100, "CLONE_VM"),
        (0x200, "CLONE_FS"),
        (0x400, "CLONE_FILES"),
        (0x800, "CLONE_SIGHAND"),
        (0x1000, "CLONE_PIDFD"),
        (0x2000, "CLONE_PTRACE"),
        (0x4000, "CLONE_VFORK"),
        (0x8000, "CLONE_PARENT"),
        (0x1_0000, "CLONE_THREAD"),
        (0x2_0000, "CLONE_NEWNS"),
        (0x4_0000, "CLONE_SYSVSEM"),
        (0x8_0000, "CLONE_SETTLS"),
        (0x10_0000, "CLONE_PARENT_SETTID"),
        (0x20_0000, "CLONE_CHILD_CLEARTID"),
        (0x80_0000, "CLONE_UNTRACED"),
        (0x100_0000, "CLONE_CHILD_SETTID"),
        (0x200_0000, "CLONE_NEWCGROUP"),
        (0x400_0000, "CLONE_NEWUTS"),
        (0x800_0000, "CLONE_NEWIPC"),
        (0x1000_0000, "CLONE_NEWUSER"),
        (0x2000_0000, "CLONE_NEWPID"),
        (0x4000_0000, "CLONE_NEWNET"),
        (0x8000_0000, "CLONE_IO"),
        (0x80, "CLONE_NEWTIME"),
        (0x1_0000_0000, "CLONE_CLEAR_SIGHAND"),
        (0x2_0000_0000, "CLONE_INTO_CGROUP"),
    ],
);

static UNSHARE_FLAGS: Table = Table::new(
    "CLONE_???",
    &[
        (0x80, "CLONE_NEWTIME"),
        (0x100, "CLONE_VM"),
        (0x200, "CLONE_FS"),
        (0x400, "CLONE_FILES"),
        (0x800, "CLONE_SIGHAND"),
        (0x1_0000, "CLONE_THREAD"),
        (0x2_0000, "CLONE_NEWNS"),
        (0x4_0000, "CLONE_SYSVSEM"),
        (0x200_0000, "CLONE_NEWCGROUP"),
        (0x400_0000, "CLONE_NEWUTS"),
        (0x800_0000, "CLONE_NEWIPC"),
        (0x1000_0000, "CLONE_NEWUSER"),
        (0x2000_0000, "CLONE_NEWPID"),
        (0x4000_0000, "CLONE_NEWNET"),
    ],
);

static SETNS_TYPES: Table = Table::new(
    "CLONE_NEW???",
    &[
        (0x80, "CLONE_NEWTIME"),
        (0x2_0000, "CLONE_NEWNS"),
        (0x200_0000, "CLONE_NEWCGROUP"),
        (0x400_0000, "CLONE_NEWUTS"),
        (0x800_0000, "CLONE_NEWIPC"),
        (0x1000_0000, "CLONE_NEWUSER"),
        (0x2000_0000, "CLONE_NEWPID"),
        (0x4000_0000, "CLONE_NEWNET"),
    ],
);

/// The arguments of `clone` in the order they are shown; the order of the registers differs between
/// the ABIs, so each is fetched by its role.
const CLONE_ARGS: &[crate::row::Arg] = &[
    arg("child_stack", Kind::With(|cx, _| cx.decode(&Kind::Addr, cx.args[1]))),
    arg("flags", Kind::With(clone_flags)),
    arg("parent_tid", Kind::With(parent_tid)),
    arg("tls", Kind::With(tls)),
    arg("child_tidptr", Kind::With(child_tidptr)),
];

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new("clone", only64(56), Class::PROCESS, CLONE_ARGS).ret(Ret::Pid).named().late_comma(),
    Row::new("clone", only32(120), Class::PROCESS, CLONE_ARGS).ret(Ret::Pid).named().late_comma(),
    Row::new(
        "clone3",
        both(435, 435),
        Class::PROCESS,
        &[
            arg("cl_args", Kind::With(clone_args)),
            stored("cl_args", Kind::With(clone_stored)),
            arg("size", Kind::With(clone_size)),
        ],
    )
    .ret(Ret::Pid)
    .late_comma(),
    Row::new("unshare", both(272, 310), Class::empty(), &[arg("flags", Kind::Flags64(&UNSHARE_FLAGS))]),
    Row::new(
        "setns",
        both(308, 346),
        Class::DESC,
        &[arg("fd", Kind::Fd), arg("nstype", Kind::Flags(&SETNS_TYPES))],
    ),
];

fn clone_flags(cx: &mut Cx<'_>, _: u64) -> Value {
    let word = cx.args[0];
    let (flags, signal) = (word & !CSIGNAL, exit_signal(word));
    match (flags, signal) {
        (_, 0) => Value::Flags(flags, &CLONE_FLAGS),
        (0, _) => Value::Signal(signal),
        _ => Value::Joined(vec![Value::Flags(flags, &CLONE_FLAGS), Value::Signal(signal)]),
    }
}

/// A pointer argument of `clone` that goes with the flags `bits`; all of them wait for the exit.
fn pointer(cx: &Cx<'_>, bits: u64) -> Option<Value> {
    match cx.args[0] {
        flags if flags & ANY_POINTER != 0 && cx.entering() => Some(Value::Later),
        flags if flags & bits == 0 => Some(Value::Absent),
        _ => None,
    }
}

fn parent_tid(cx: &mut Cx<'_>, _: u64) -> Value {
    let addr = cx.args[2];
    pointer(cx, CLONE_PARENT_SETTID | CLONE_PIDFD).unwrap_or_else(|| {
        if cx.failed() {
            return Value::Addr(addr);
        }
        match cx.args[0] & CLONE_PARENT_SETTID {
            0 => cx.cell(addr, Store::I32, &Kind::Fd),
            _ => cx.cell(addr, Store::I32, &Kind::Pid),
        }
    })
}

fn tls(cx: &mut Cx<'_>, _: u64) -> Value {
    pointer(cx, CLONE_SETTLS).unwrap_or_else(|| match cx.abi {
        Abi::I386 => cx.structure(cx.args[3], &super::x86::USER_DESC),
        _ => Value::Addr(cx.args[4]),
    })
}

fn child_tidptr(cx: &mut Cx<'_>, _: u64) -> Value {
    let addr = if cx.abi == Abi::I386 { cx.args[4] } else { cx.args[3] };
    pointer(cx, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID).unwrap_or(Value::Addr(addr))
}

/// The words of `struct clone_args`, as far as the given size goes; zero after that.
fn clone_words(cx: &Cx<'_>) -> Option<[u64; 11]> {
    let (addr, size) = (cx.args[0], cx.args[1]);
    if size < CLONE_ARGS_SIZE_VER0 || addr == 0 || !cx.env.options.dereference {
        return None;
    }
    let bytes = cx.read(addr, size.min(CLONE_ARGS_SIZE) as usize)?;
    let mut words = [0; 11];
    for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = bytes.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b));
    }
    Some(words)
}

fn clone_args(cx: &mut Cx<'_>, addr: u64) -> Value {
    let Some(words) = clone_words(cx) else { return Value::Addr(addr) };
    let shown = clone_args_fields(cx, words[0], |i| words[i]);
    let mut fields: Vec<(Cow<'static, str>, Value)> =
        shown.into_iter().map(|(n, v)| (Cow::Borrowed(n), v)).collect();
    fields.extend(tail(cx, addr, CLONE_ARGS_SIZE, cx.args[1]));
    Value::Struct { fields, more: false }
}

/// Whether the kernel stores something through the pointers in the structure.
fn clone_stores(words: &[u64; 11]) -> bool {
    words[0] & (CLONE_PIDFD | CLONE_PARENT_SETTID) != 0
}

/// What it stored.
fn clone_stored(cx: &mut Cx<'_>, _: u64) -> Value {
    let words = match clone_words(cx) {
        Some(words) if clone_stores(&words) => words,
        _ => return Value::Absent,
    };
    if cx.entering() {
        return Value::Later;
    }
    if cx.failed() {
        return Value::Absent;
    }
    let mut stored = Vec::new();
    if words[0] & CLONE_PIDFD != 0 {
        stored.push(("pidfd", cx.cell(words[1], Store::I32, &Kind::Fd)));
    }
    if words[0] & CLONE_PARENT_SETTID != 0 {
        stored.push(("parent_tid", cx.cell(words[3], Store::I32, &Kind::Pid)));
    }
    Value::record(stored)
}

/// The size of the structure, which is shown once what was stored has been.
fn clone_size(cx: &mut Cx<'_>, _: u64) -> Value {
    match clone_words(cx) {
        Some(words) if cx.entering() && clone_stores(&words) => Value::Later,
        _ => Value::Uint(cx.args[1]),
    }
}

fn clone_args_fields(cx: &mut Cx<'_>, flags: u64, word: impl Fn(usize) -> u64) -> Vec<(&'static str, Value)> {
    let mut fields = vec![("flags", Value::Flags(flags, &CLONE_FLAGS))];
    if flags & CLONE_PIDFD != 0 {
        fields.push(("pidfd", Value::Addr(word(1))));
    }
    if flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID) != 0 {
        fields.push(("child_tid", Value::Addr(word(2))));
    }
    if flags & CLONE_PARENT_SETTID != 0 {
        fields.push(("parent_tid", Value::Addr(word(3))));
    }
    fields.push(("exit_signal", Value::Signal(word(4) as i64)));
    fields.push(("stack", Value::Addr(word(5))));
    fields.push(("stack_size", Value::Hex(word(6))));
    if flags & CLONE_SETTLS != 0 {
        fields.push(("tls", Value::Addr(word(7))));
    }
    if word(8) != 0 || word(9) != 0 {
        fields.push(("set_tid", cx.cells(word(8), Store::I32, &Kind::Pid, word(9).min(32))));
        fields.push(("set_tid_size", Value::Uint(word(9))));
    }
    if flags & CLONE_INTO_CGROUP != 0 || word(10) != 0 {
        fields.push(("cgroup", Value::Uint(word(10))));
    }
    fields
}

#[cfg(test)]
mod tests {
    use crate::rows::process::testing::line;
    use crate::{ByteMemory, Outcome};
    use lariat_abi::Abi;

    #[test]
    fn clone_is_shown_in_one_order_under_both_abis() {
        let memory = ByteMemory::new();
        assert_eq!(
            line(Abi::X86_64, 56, [0x120_0011, 0, 0, 0x7000, 0, 0], &memory, Outcome::Returned(7)),
            "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, \
             child_tidptr=0x7000) = 7"
        );
        assert_eq!(
            line(Abi::I386, 120, [0x120_0011, 0, 0, 0, 0x7000, 0], &memory, Outcome::Returned(7)),
            "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, \
             child_tidptr=0x7000) = 7"
        );
    }

    #[test]
    fn clone3_shows_what_the_kernel_stored() {
        let mut args = vec![0u8; 64];
        args[..8].copy_from_slice(&0x10_0000u64.to_le_bytes());
        args[24..32].copy_from_slice(&0x2000u64.to_le_bytes());
        args[32] = 17;
        let memory = ByteMemory::new().with(0x1000, args).with(0x2000, [9, 0, 0, 0]);
        assert_eq!(
            line(Abi::X86_64, 435, [0x1000, 64, 0, 0, 0, 0], &memory, Outcome::Returned(9)),
            "clone3({flags=CLONE_PARENT_SETTID, parent_tid=0x2000, exit_signal=SIGCHLD, stack=NULL, \
             stack_size=0} => {parent_tid=[9]}, 64) = 9"
        );
        assert_eq!(
            line(
                Abi::X86_64,
                435,
                [0x1000, 64, 0, 0, 0, 0],
                &memory,
                Outcome::Failed(lariat_abi::Errno::EPERM)
            ),
            "clone3({flags=CLONE_PARENT_SETTID, parent_tid=0x2000, exit_signal=SIGCHLD, stack=NULL, \
             stack_size=0}, 64) = -1 EPERM (Operation not permitted)"
        );
    }
}
