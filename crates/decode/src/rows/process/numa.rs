//! Which nodes memory comes from.

use super::memory_names::{GET_MEMPOLICY, MBIND, MOVE_PAGES, MPOL, MPOL_MODE_FLAGS};
use crate::context::Cx;
use crate::kind::{Kind, Len};
use crate::layout::Store;
use crate::row::{Class, Row, arg, both, late, out};
use crate::value::Value;
use lariat_abi::Errno;
use std::borrow::Cow;

static POLICY: Kind = Kind::Const(&MPOL);
static INT: Kind = Kind::Int;
static ADDR: Kind = Kind::Addr;

/// Where a page is, or why it could not be moved.
static NODE_OR_ERROR: Kind = Kind::With(|_, raw| {
    let node = raw as u32 as i32;
    match node.checked_neg().map(Errno::from_raw).and_then(|errno| errno.name()) {
        Some(name) if node < 0 => Value::Word(u64::from(node as u32), Cow::Owned(format!("-{name}"))),
        _ => Value::Int(i64::from(node)),
    }
});

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new(
        "mbind",
        both(237, 274),
        Class::MEMORY,
        &[
            arg("addr", Kind::Addr),
            arg("len", Kind::Ulong),
            arg("mode", Kind::With(mode)),
            arg("nodemask", Kind::With(|cx, addr| nodes(cx, addr, cx.args[4]))),
            arg("maxnode", Kind::Ulong),
            arg("flags", Kind::Flags(&MBIND)),
        ],
    ),
    Row::new(
        "set_mempolicy",
        both(238, 276),
        Class::MEMORY,
        &[
            arg("mode", Kind::With(|cx, raw| mode(cx, raw & 0xffff_ffff))),
            arg("nodemask", Kind::With(|cx, addr| nodes(cx, addr, cx.args[2]))),
            arg("maxnode", Kind::Ulong),
        ],
    ),
    Row::new(
        "get_mempolicy",
        both(239, 275),
        Class::MEMORY,
        &[
            out("mode", Kind::Cell(Store::U32, &POLICY)),
            out("nodemask", Kind::With(|cx, addr| nodes(cx, addr, cx.args[2]))),
            arg("maxnode", Kind::Ulong),
            arg("addr", Kind::Addr),
            arg("flags", Kind::Flags64(&GET_MEMPOLICY)),
        ],
    ),
    Row::new(
        "set_mempolicy_home_node",
        both(450, 450),
        Class::MEMORY,
        &[
            arg("start", Kind::Addr),
            arg("len", Kind::Ulong),
            arg("home_node", Kind::Ulong),
            arg("flags", Kind::Hex),
        ],
    ),
    Row::new(
        "migrate_pages",
        both(256, 294),
        Class::MEMORY,
        &[
            arg("pid", Kind::Pid),
            arg("maxnode", Kind::Ulong),
            arg("old_nodes", Kind::With(|cx, addr| nodes(cx, addr, cx.args[1]))),
            arg("new_nodes", Kind::With(|cx, addr| nodes(cx, addr, cx.args[1]))),
        ],
    ),
    Row::new(
        "move_pages",
        both(279, 317),
        Class::MEMORY,
        &[
            arg("pid", Kind::Pid),
            arg("count", Kind::Ulong),
            arg("pages", Kind::Cells(Store::Word, &ADDR, Len::Arg(1))),
            arg("nodes", Kind::Cells(Store::I32, &INT, Len::Arg(1))),
            late("status", Kind::With(status)),
            arg("flags", Kind::Flags(&MOVE_PAGES)),
        ],
    ),
];

/// A policy with its mode flags.
fn mode(_: &mut Cx<'_>, raw: u64) -> Value {
    let flags_mask = MPOL_MODE_FLAGS.entries.iter().fold(0, |all, (bit, _)| all | bit);
    let (policy, flags) = (raw & !flags_mask, raw & flags_mask);
    match (flags, MPOL.name(policy)) {
        (0, _) => Value::Const(policy, &MPOL),
        (_, Some(_)) => {
            Value::Or(raw, vec![Value::Const(policy, &MPOL), Value::Flags(flags, &MPOL_MODE_FLAGS)])
        }
        (_, None) => Value::Or(raw, vec![Value::Flags(flags, &MPOL_MODE_FLAGS), Value::Hex(policy)]),
    }
}

/// Where the pages are; of no pages, that is known even after a failure.
fn status(cx: &mut Cx<'_>, addr: u64) -> Value {
    if cx.failed() && cx.args[1] != 0 {
        return Value::Addr(addr);
    }
    cx.decode(&Kind::Cells(Store::I32, &NODE_OR_ERROR, Len::Arg(1)), addr)
}

/// A node mask of `bits` bits, in words of 16 digits; the kernel does not count the last bit.
fn nodes(cx: &mut Cx<'_>, addr: u64, bits: u64) -> Value {
    let word = cx.abi.word_size() as u64;
    let width = word as usize * 2;
    // One bit too few or too many: there is no array of that size.
    if bits == 1 || bits == u64::MAX {
        return Value::Addr(addr);
    }
    let words = bits.saturating_sub(1).div_ceil(word * 8);
    cx.elements(addr, word, words, |cx, at| {
        let mask = cx.load(at, Store::Word)?;
        let text = match mask {
            0 => format!("{mask:0width$}"),
            _ => format!("0x{mask:0w$x}", w = width - 2),
        };
        Some(Value::Word(0, Cow::Owned(text)))
    })
}
