//! `ptrace`: what its third and fourth arguments are depends on the request.

use super::ptrace_names::{NOTES, OPTIONS, REGS32, REGS64, REQUESTS, USER32, USER64};
use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::{Store, Struct, field};
use crate::row::{Class, Row, arg, both};
use crate::siginfo::siginfo_at;
use crate::value::Value;
use lariat_abi::{Abi, Request};
use std::borrow::Cow;

static WORD: Kind = Kind::Addr;
static MESSAGE: Kind = Kind::Ulong;

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[Row::new(
    "ptrace",
    both(101, 26),
    Class::empty(),
    &[
        arg("op", Kind::With(|_, raw| Value::Const(raw, &REQUESTS))),
        arg(
            "pid",
            Kind::With(|cx, raw| match request(cx) {
                Request::TraceMe => Value::Absent,
                _ => cx.pid(raw),
            }),
        ),
        arg("addr", Kind::With(address)),
        arg("data", Kind::With(data)),
    ],
)];

fn request(cx: &Cx<'_>) -> Request {
    Request::from_raw(u32::try_from(cx.args[0]).unwrap_or(u32::MAX))
}

fn address(cx: &mut Cx<'_>, raw: u64) -> Value {
    match request(cx) {
        Request::TraceMe | Request::Attach | Request::Kill | Request::Interrupt | Request::Listen => {
            Value::Absent
        }
        Request::GetRegs | Request::SetRegs | Request::GetFpRegs | Request::SetFpRegs => Value::Absent,
        Request::PeekUser | Request::PokeUser => user_offset(cx.abi, raw),
        Request::GetRegSet | Request::SetRegSet => Value::Const(raw, &NOTES),
        Request::GetSigMask | Request::SetSigMask | Request::SeccompGetFilter => Value::Uint(raw),
        Request::SeccompGetMetadata | Request::GetSyscallInfo => Value::Uint(raw),
        _ => Value::Addr(raw),
    }
}

fn data(cx: &mut Cx<'_>, raw: u64) -> Value {
    match request(cx) {
        Request::TraceMe | Request::Attach | Request::Kill | Request::Interrupt | Request::Listen => {
            Value::Absent
        }
        Request::PeekText | Request::PeekData | Request::PeekUser => {
            filled(cx, raw, |cx, addr| cx.cell(addr, Store::Word, &WORD))
        }
        Request::Cont
        | Request::Detach
        | Request::SingleStep
        | Request::SingleBlock
        | Request::Syscall
        | Request::SysEmu
        | Request::SysEmuSingleStep => Value::Signal(i64::from(raw as u32 as i32)),
        Request::SetOptions | Request::OldSetOptions | Request::Seize => {
            Value::Flags(raw & 0xffff_ffff, &OPTIONS)
        }
        Request::GetSigInfo => filled(cx, raw, |cx, addr| siginfo_at(cx, addr)),
        Request::SetSigInfo => siginfo_at(cx, raw),
        Request::GetFpRegs => filled(cx, raw, floating_point),
        Request::SetFpRegs => floating_point(cx, raw),
        Request::GetEventMsg => filled(cx, raw, |cx, addr| cx.cell(addr, Store::Word, &MESSAGE)),
        Request::GetRegs => filled(cx, raw, registers),
        Request::SetRegs => registers(cx, raw),
        Request::GetRegSet => filled(cx, raw, register_set),
        Request::SetRegSet => register_set(cx, raw),
        Request::GetSigMask => filled(cx, raw, |cx, addr| cx.sigset(addr, cx.args[2])),
        Request::SetSigMask => cx.sigset(raw, cx.args[2]),
        _ => Value::Addr(raw),
    }
}

/// What the kernel stores at `addr` if the call succeeds.
fn filled(cx: &mut Cx<'_>, addr: u64, decode: fn(&mut Cx<'_>, u64) -> Value) -> Value {
    match (cx.entering(), cx.failed()) {
        (true, _) => Value::Later,
        (_, true) => Value::Addr(addr),
        _ => decode(cx, addr),
    }
}

fn layout(abi: Abi) -> &'static Struct {
    if abi == Abi::I386 { &REGS32 } else { &REGS64 }
}

fn registers(cx: &mut Cx<'_>, addr: u64) -> Value {
    cx.structure(addr, layout(cx.abi))
}

/// `struct user_fpregs_struct` of x86-64, `<sys/user.h>`.
static FLOATING_POINT64: Struct = Struct::new(&[
    field("cwd", Store::U16, Kind::Hex),
    field("swd", Store::U16, Kind::Hex),
    field("ftw", Store::U16, Kind::Hex),
    field("fop", Store::U16, Kind::Hex),
    field("rip", Store::U64, Kind::Hex),
    field("rdp", Store::U64, Kind::Hex),
    field("mxcsr", Store::U32, Kind::Hex),
    field("mxcr_mask", Store::U32, Kind::Hex),
    field("st_space", Store::Many(&Store::U32, 32), Kind::Hex),
    field("xmm_space", Store::Many(&Store::U32, 64), Kind::Hex),
    field("padding", Store::Many(&Store::U32, 24), Kind::Hex),
]);

/// The same of i386.
static FLOATING_POINT32: Struct = Struct::new(&[
    field("cwd", Store::U32, Kind::Hex),
    field("swd", Store::U32, Kind::Hex),
    field("twd", Store::U32, Kind::Hex),
    field("fip", Store::U32, Kind::Hex),
    field("fcs", Store::U32, Kind::Hex),
    field("foo", Store::U32, Kind::Hex),
    field("fos", Store::U32, Kind::Hex),
    field("st_space", Store::Many(&Store::U32, 20), Kind::Hex),
]);

fn floating_point(cx: &mut Cx<'_>, addr: u64) -> Value {
    cx.structure(addr, if cx.abi == Abi::I386 { &FLOATING_POINT32 } else { &FLOATING_POINT64 })
}

/// `struct iovec` around a register set; only the general registers (`NT_PRSTATUS`, 1) are shown.
fn register_set(cx: &mut Cx<'_>, addr: u64) -> Value {
    let word = cx.abi.word_size() as u64;
    let (Some(base), Some(len)) = (cx.load(addr, Store::Word), cx.load(addr.wrapping_add(word), Store::Word))
    else {
        return Value::Addr(addr);
    };
    let whole = layout(cx.abi).size(cx.abi) as u64;
    let shown = if cx.args[2] == 1 && len >= whole { registers(cx, base) } else { Value::Addr(base) };
    Value::record(vec![("iov_base", shown), ("iov_len", Value::Uint(len))])
}

/// An offset in `struct user`: the member it falls into, and how far into it.
fn user_offset(abi: Abi, raw: u64) -> Value {
    let (members, end) = if abi == Abi::I386 { (USER32, 284) } else { (USER64, 912) };
    let found = members.iter().rev().find(|(at, _)| *at <= raw).filter(|_| raw < end);
    let named = |name| Value::meaning(Value::Hex(raw), Value::Word(raw, name));
    match found {
        Some((at, name)) if *at == raw => named(Cow::Borrowed(name)),
        Some((at, name)) => named(Cow::Owned(format!("{name}+{}", raw - at))),
        None => Value::Hex(raw),
    }
}

#[cfg(test)]
mod tests {
    use crate::rows::process::testing::line;
    use crate::{ByteMemory, Outcome};
    use lariat_abi::Abi;

    #[test]
    fn requests_say_what_their_arguments_are() {
        let memory = ByteMemory::new().with(0x1000, 5u64.to_le_bytes());
        let shown = |args| line(Abi::X86_64, 101, args, &memory, Outcome::Returned(0));
        assert_eq!(shown([0, 1, 2, 3, 0, 0]), "ptrace(PTRACE_TRACEME) = 0");
        assert_eq!(shown([3, 7, 80, 0x1000, 0, 0]), "ptrace(PTRACE_PEEKUSER, 7, 8*RAX, [0x5]) = 0");
        assert_eq!(
            shown([6, 7, 904, 0, 0, 0]),
            "ptrace(PTRACE_POKEUSER, 7, offsetof(struct user, u_debugreg)+56, NULL) = 0"
        );
        assert_eq!(shown([7, 7, 1, 9, 0, 0]), "ptrace(PTRACE_CONT, 7, 0x1, SIGKILL) = 0");
    }
}
