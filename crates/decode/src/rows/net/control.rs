//! Control messages: what goes with a message beside its data; cmsg(3), unix(7), ip(7).

use super::sockaddr::{from_bytes, inet_addr};
use super::socket_names::*;
use super::sockopt::UCRED;
use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::{Store, Struct, field};
use crate::rows::common::{TIMESPEC, TIMESPEC64, TIMEVAL};
use crate::value::Value;
use std::borrow::Cow;

/// `struct __kernel_sock_timeval`: 64 bits under every ABI.
pub(super) static TIMEVAL64: Struct =
    Struct::new(&[field("tv_sec", Store::U64, Kind::Int64), field("tv_usec", Store::U64, Kind::Int64)]);
static TIMESTAMPS: Struct = Struct::new(&[field("", Store::Many(&Store::Inline(&TIMESPEC), 3), Kind::Int)]);
static TIMESTAMPS64: Struct =
    Struct::new(&[field("", Store::Many(&Store::Inline(&TIMESPEC64), 3), Kind::Int)]);

/// `struct in_pktinfo`, `<linux/in.h>`.
static PKTINFO: Struct = Struct::new(&[
    field("ipi_ifindex", Store::U32, INTERFACE),
    field("ipi_spec_dst", Store::U32, ADDRESS),
    field("ipi_addr", Store::U32, ADDRESS),
]);

/// `struct sock_extended_err`, `<linux/errqueue.h>`; the offender's address comes after it.
static EXTENDED_ERR: Struct = Struct::new(&[
    field("ee_errno", Store::U32, Kind::Uint),
    field("ee_origin", Store::U8, Kind::Uint),
    field("ee_type", Store::U8, Kind::Uint),
    field("ee_code", Store::U8, Kind::Uint),
    field("", Store::Pad(1), Kind::Int),
    field("ee_info", Store::U32, Kind::Uint),
    field("ee_data", Store::U32, Kind::Uint),
    field("offender", Store::Blob(16), Kind::Int),
]);

const ADDRESS: Kind = Kind::With(|_, raw| inet_addr((raw as u32).to_le_bytes()));
/// An interface number, by name if it has one.
pub(super) const INTERFACE: Kind = Kind::With(|cx, raw| cx.interface(raw));

/// The control messages in `len` bytes at `raw`.
pub(super) fn messages(cx: &mut Cx<'_>, raw: u64, len: u64) -> Value {
    let word = cx.abi.word_size();
    let head = word + 8;
    // The kernel takes no more than `optmem_max`, some 100 kB.
    let Some(bytes) = cx.read(raw, len.min(1 << 17) as usize).filter(|b| b.len() >= head) else {
        return Value::Addr(raw);
    };
    let mut rest = bytes.as_slice();
    let mut items = Vec::new();
    while let (Some(size), Some(level), Some(kind)) = (
        Store::Word.load(cx.abi, rest),
        rest.get(word..).and_then(|b| Store::U32.load(cx.abi, b)),
        rest.get(word + 4..).and_then(|b| Store::U32.load(cx.abi, b)),
    ) {
        let end = usize::try_from(size).unwrap_or(usize::MAX).min(rest.len());
        let data = rest.get(head..end).unwrap_or_default();
        items.push(message(cx, size, level, kind, data));
        let step = end.max(head).next_multiple_of(word);
        rest = rest.get(step..).unwrap_or_default();
    }
    if !rest.is_empty() {
        let at = raw.wrapping_add((bytes.len() - rest.len()) as u64);
        let dots = Value::Word(0, Cow::Borrowed("..."));
        items.push(Value::Note(Box::new(dots), Cow::Owned(format!("{at:#x}"))));
    }
    Value::array(items)
}

fn message(cx: &mut Cx<'_>, size: u64, level: u64, kind: u64, data: &[u8]) -> Value {
    let name = match level {
        0 => Value::Const(kind, &IP_CONTROL),
        1 => Value::Const(kind, &SCM),
        _ => Value::Hex(kind),
    };
    let content = match level {
        0 => ip_content(cx, kind, data),
        1 => socket_content(cx, kind, data),
        _ => Value::Absent,
    };
    Value::record(vec![
        ("cmsg_len", Value::Uint(size)),
        ("cmsg_level", Value::Const(level, &SOL)),
        ("cmsg_type", name),
        ("cmsg_data", content),
    ])
}

/// The data of a message of `SOL_SOCKET`.
fn socket_content(cx: &mut Cx<'_>, kind: u64, data: &[u8]) -> Value {
    match kind {
        1 if data.len() >= 4 => array(cx, &Store::I32, &Kind::Fd, data),
        2 if data.len() >= 12 => cx.members(data, &UCRED),
        3 if !data.is_empty() => cx.cut(data),
        29 => time(cx, &TIMEVAL, data),
        35 => time(cx, &TIMESPEC, data),
        37 => time(cx, &TIMESTAMPS, data),
        63 => time(cx, &TIMEVAL64, data),
        64 => time(cx, &TIMESPEC64, data),
        65 => time(cx, &TIMESTAMPS64, data),
        _ => Value::Absent,
    }
}

/// The data of a message of `SOL_IP`.
fn ip_content(cx: &mut Cx<'_>, kind: u64, data: &[u8]) -> Value {
    match kind {
        2 | 23 if data.len() >= 4 => array(cx, &Store::U32, &Kind::Uint, data),
        3 if !data.is_empty() => cx.cut(data),
        1 | 6 | 7 if !data.is_empty() => array(cx, &Store::U8, &Kind::Hex, data),
        8 if data.len() >= 12 => cx.members(data, &PKTINFO),
        11 if data.len() >= 32 => {
            let mut error = cx.members(data, &EXTENDED_ERR);
            if let Value::Struct { fields, .. } = &mut error
                && let Some((_, offender)) = fields.last_mut()
            {
                *offender = from_bytes(cx, &data[16..32]);
            }
            error
        }
        20 if data.len() >= 16 => from_bytes(cx, &data[..16]),
        _ => Value::Absent,
    }
}

fn array(cx: &mut Cx<'_>, store: &'static Store, kind: &Kind, data: &[u8]) -> Value {
    let size = store.size(cx.abi);
    let limit = if cx.abbreviate() { cx.env.options.string_limit } else { usize::MAX };
    let count = data.len() / size;
    let items = data.chunks_exact(size).take(limit).map(|part| cx.stored(store, kind, part)).collect();
    Value::Array { items, more: count > limit }
}

/// A time stamp; `???` if there are too few bytes for it.
fn time(cx: &mut Cx<'_>, layout: &'static Struct, data: &[u8]) -> Value {
    if data.len() < layout.size(cx.abi) {
        return Value::Word(0, Cow::Borrowed("???"));
    }
    match cx.members(data, layout) {
        Value::Struct { mut fields, .. } if fields.len() == 1 => fields.remove(0).1,
        stamp => stamp,
    }
}
