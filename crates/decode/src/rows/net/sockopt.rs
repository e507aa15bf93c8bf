//! Socket options: the level says whose option it is, the name how its value is stored.

use super::sockaddr::inet_addr;
use super::socket_names::*;
use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::{Store, Struct, field};
use crate::table::Table;
use crate::value::Value;

static LINGER: Struct =
    Struct::new(&[field("l_onoff", Store::I32, Kind::Int), field("l_linger", Store::I32, Kind::Int)]);
/// `struct ucred`: of SO_PEERCRED and SCM_CREDENTIALS.
pub(super) static UCRED: Struct = Struct::new(&[
    field("pid", Store::I32, Kind::Pid),
    field("uid", Store::U32, Kind::Uid),
    field("gid", Store::U32, Kind::Uid),
]);

/// The option's name.
pub(super) fn name(cx: &mut Cx<'_>, raw: u64) -> Value {
    let table: &'static Table = match cx.int(1) {
        0 => &IP,
        1 => &SO,
        6 => &TCP,
        17 => &UDP,
        41 => &IPV6,
        270 => &NETLINK_OPT,
        _ => return Value::Uint(raw & 0xffff_ffff),
    };
    Value::Const(raw & 0xffff_ffff, table)
}

/// The value `setsockopt` is given.
pub(super) fn set_option(cx: &mut Cx<'_>, raw: u64) -> Value {
    let len = cx.int(4);
    if len <= 0 || !cx.env.options.dereference {
        return Value::Addr(raw);
    }
    let len = len as u64;
    match (cx.int(1), cx.int(2)) {
        (1, 13) if len < 8 => Value::Addr(raw),
        (1, 13) => cx.structure(raw, &LINGER),
        (0, 35 | 36) if len >= 8 => match cx.read(raw, 8).as_deref() {
            Some(&[a, b, c, d, e, f, g, h]) => Value::record(vec![
                ("imr_multiaddr", inet_addr([a, b, c, d])),
                ("imr_interface", inet_addr([e, f, g, h])),
            ]),
            _ => Value::Addr(raw),
        },
        (1, 2) if len < 4 => Value::Addr(raw),
        (1, 2) => cx.cell(raw, Store::I32, &Kind::Int),
        _ if len == 4 => cx.cell(raw, Store::I32, &Kind::Int),
        _ => cx.bytes(raw, len),
    }
}

/// The value `getsockopt` returns, cut at the length the tracee offered.
pub(super) fn get_option(cx: &mut Cx<'_>, raw: u64) -> Value {
    if cx.entering() {
        cx.saved[4] = cx.load(cx.args[4], Store::U32).unwrap_or(u64::MAX);
        return Value::Later;
    }
    let len = match cx.load(cx.args[4], Store::U32) {
        Some(len) if !cx.failed() => len.min(cx.saved[4]),
        _ => return Value::Addr(raw),
    };
    if len == 0 || len > 0x7fff_ffff || !cx.env.options.dereference {
        return Value::Addr(raw);
    }
    let layout = match (cx.int(1), cx.int(2)) {
        (1, 13) => Some(&LINGER),
        (1, 17) => Some(&UCRED),
        _ => None,
    };
    match layout {
        Some(layout) => {
            let size = len.min(layout.size(cx.abi) as u64) as usize;
            cx.read(raw, size).map_or(Value::Addr(raw), |bytes| cx.members(&bytes, layout))
        }
        None if len == 4 => cx.cell(raw, Store::I32, &Kind::Int),
        None => cx.bytes(raw, len),
    }
}

/// The length of that value.
pub(super) fn get_option_length(cx: &mut Cx<'_>, raw: u64) -> Value {
    super::socket::option_length(cx, raw)
}
