//! What only x86 has: segments, I/O permission, virtual 8086 mode.

use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::{Store, Struct, field};
use crate::row::{Class, Row, arg, both, late, only32};
use crate::value::Value;
use lariat_abi::Abi;
use std::borrow::Cow;

/// `struct user_desc`, `<asm/ldt.h>`, as far as its first word.
pub(super) static USER_DESC: Struct = Struct::new(&[
    // Like an id, for -1 asks the kernel to choose.
    field("entry_number", Store::U32, Kind::Uid),
    field("base_addr", Store::U32, Kind::With(eight_digits)),
    field("limit", Store::U32, Kind::With(eight_digits)),
    field("", Store::U32, Kind::With(descriptor_bits)),
]);

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new(
        "modify_ldt",
        both(154, 123),
        Class::empty(),
        &[arg("func", Kind::Int), late("ptr", Kind::With(ldt)), arg("bytecount", Kind::Ulong)],
    ),
    Row::new("set_thread_area", both(205, 243), Class::empty(), &[arg("u_info", Kind::Ref(&USER_DESC))])
        .aux(chosen_entry),
    Row::new("get_thread_area", both(211, 244), Class::empty(), &[late("u_info", Kind::With(thread_area))]),
    Row::new("iopl", both(172, 110), Class::empty(), &[arg("level", Kind::Int)]),
    Row::new(
        "ioperm",
        both(173, 101),
        Class::empty(),
        &[arg("from", Kind::Hex), arg("num", Kind::Hex), arg("turn_on", Kind::Int)],
    ),
    Row::new("vm86old", only32(113), Class::empty(), &[arg("info", Kind::Hex)]),
    Row::new(
        "vm86",
        only32(166),
        Class::empty(),
        // The kernel takes two; strace shows what the registers hold beyond.
        &[
            arg("fn", Kind::Hex),
            arg("v86", Kind::Hex),
            arg("arg3", Kind::Hex),
            arg("arg4", Kind::Hex),
            arg("arg5", Kind::Hex),
        ],
    ),
    Row::new("vhangup", both(153, 111), Class::empty(), &[]),
];

/// `%#08x`: eight characters in all, `0x` included.
fn eight_digits(_: &mut Cx<'_>, raw: u64) -> Value {
    let text = if raw == 0 { "00000000".to_owned() } else { format!("{raw:#08x}") };
    Value::Word(0, Cow::Owned(text))
}

/// The bit-fields of a descriptor, which are shown as members of their own.
fn descriptor_bits(cx: &mut Cx<'_>, bits: u64) -> Value {
    let bit = |n: u32| bits >> n & 1;
    let mut text = format!(
        "seg_32bit={}, contents={}, read_exec_only={}, limit_in_pages={}, seg_not_present={}, useable={}",
        bit(0),
        bits >> 1 & 3,
        bit(3),
        bit(4),
        bit(5),
        bit(6)
    );
    // i386 has no long mode.
    if cx.abi != Abi::I386 {
        text.push_str(&format!(", lm={}", bit(7)));
    }
    Value::Word(0, Cow::Owned(text))
}

fn ldt(cx: &mut Cx<'_>, addr: u64) -> Value {
    if cx.args[2] == USER_DESC.size(cx.abi) as u64 {
        cx.structure(addr, &USER_DESC)
    } else {
        Value::Addr(addr)
    }
}

/// The entry number is the caller's; the rest is there when the call succeeds.
fn thread_area(cx: &mut Cx<'_>, addr: u64) -> Value {
    match cx.structure(addr, &USER_DESC) {
        Value::Struct { mut fields, .. } if cx.failed() => {
            fields.truncate(1);
            Value::Struct { fields, more: true }
        }
        shown => shown,
    }
}

/// The entry the kernel chose.
fn chosen_entry(cx: &mut Cx<'_>) -> Option<Value> {
    if cx.failed() {
        return None;
    }
    let entry = cx.load(cx.args[0], Store::U32)?;
    Some(Value::Word(0, Cow::Owned(format!("entry_number={entry}"))))
}
