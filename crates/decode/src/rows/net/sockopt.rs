//! Socket options: the level says whose option it is, the name how its value is stored.

use super::control::INTERFACE;
use super::option_names::{SO_INT, of_level, one_way};
use super::sockaddr::{from_bytes, inet_addr, inet_pton};
use super::sockaddr_link::bdaddr;
use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::{Store, Struct, field};
use crate::rows::process::{FilterPurpose, filter_instructions, filter_program};
use crate::table::{Table, tables};
use crate::value::Value;
use lariat_abi::Errno;
use std::borrow::Cow;

static LINGER: Struct =
    Struct::new(&[field("l_onoff", Store::I32, Kind::Int), field("l_linger", Store::I32, Kind::Int)]);
/// `struct ucred`: of SO_PEERCRED and SCM_CREDENTIALS.
pub(super) static UCRED: Struct = Struct::new(&[
    field("pid", Store::I32, Kind::Pid),
    field("uid", Store::U32, Kind::Uid),
    field("gid", Store::U32, Kind::Uid),
]);

/// `struct packet_mreq` up to its address; `<linux/if_packet.h>`.
static PACKET_MREQ: Struct = Struct::new(&[
    field("mr_ifindex", Store::U32, INTERFACE),
    field("mr_type", Store::U16, Kind::Const(&PACKET_MR)),
    field("mr_alen", Store::U16, Kind::Uint),
]);
static TPACKET_REQ: Struct = Struct::new(&[
    field("tp_block_size", Store::U32, Kind::Uint),
    field("tp_block_nr", Store::U32, Kind::Uint),
    field("tp_frame_size", Store::U32, Kind::Uint),
    field("tp_frame_nr", Store::U32, Kind::Uint),
]);
static TPACKET_STATS: Struct =
    Struct::new(&[field("tp_packets", Store::U32, Kind::Uint), field("tp_drops", Store::U32, Kind::Uint)]);
tables! {
    TXREHASH "SOCK_TXREHASH_???": 0 "SOCK_TXREHASH_DISABLED", 1 "SOCK_TXREHASH_ENABLED",
        0xff "SOCK_TXREHASH_DEFAULT";
    PACKET_MR "PACKET_MR_???": 0 "PACKET_MR_MULTICAST", 1 "PACKET_MR_PROMISC", 2 "PACKET_MR_ALLMULTI",
        3 "PACKET_MR_UNICAST";
    ICMP "ICMP_???": 0 "ICMP_ECHOREPLY", 3 "ICMP_DEST_UNREACH", 4 "ICMP_SOURCE_QUENCH", 5 "ICMP_REDIRECT",
        8 "ICMP_ECHO", 11 "ICMP_TIME_EXCEEDED", 12 "ICMP_PARAMETERPROB", 13 "ICMP_TIMESTAMP",
        14 "ICMP_TIMESTAMPREPLY", 15 "ICMP_INFO_REQUEST", 16 "ICMP_INFO_REPLY", 17 "ICMP_ADDRESS",
        18 "ICMP_ADDRESSREPLY";
}

/// The option's name.
pub(super) fn name(cx: &mut Cx<'_>, raw: u64) -> Value {
    let number = raw & 0xffff_ffff;
    let getting = cx.row.name == "getsockopt";
    match (one_way(cx.int(1), getting), of_level(cx.int(1))) {
        (Some(table), _) if table.name(number).is_some() => Value::Const(number, table),
        (_, Some(table)) => Value::Const(number, table),
        (_, None) => Value::Uint(number),
    }
}

/// How the value of an option is stored, where it is not plainly an `int` or a string.
enum Form {
    /// An `int`, whatever length is given.
    Int,
    /// An `int` if the length is that of one, else a string.
    Any,
    /// A structure of at least its own size.
    AtLeast(&'static Struct),
    /// A structure of exactly its own size.
    Exactly(&'static Struct),
    /// A program: `struct sock_fprog` where it is set.
    Program,
    /// What a function makes of the bytes, if there are at least so many.
    Made(usize, fn(&mut Cx<'_>, &[u8]) -> Value),
}

fn form(cx: &Cx<'_>) -> Form {
    let setting = cx.row.name == "setsockopt";
    match (cx.int(1), cx.int(2)) {
        (1, 4) if !setting => Form::Made(4, |_, bytes| error(bytes)),
        (1, 13) => Form::AtLeast(&LINGER),
        (1, 17) if !setting => Form::AtLeast(&UCRED),
        (1, 26 | 51) if setting => Form::Program,
        (1, 26) => Form::Program,
        (1, 74) => Form::Made(4, |_, bytes| rehash(bytes)),
        (1, option) if SO_INT.contains(&option) => Form::Int,
        (0, 35 | 36) if setting => Form::Made(8, |_, bytes| membership(bytes)),
        (0 | 41, 42 | 45) if setting => Form::Made(group_size(cx), group),
        (41, 20 | 21 | 27 | 28) if setting => Form::Made(20, membership6),
        // Exactly the size of a `struct packet_mreq`, or it is not followed.
        (263, 1 | 2) if setting && cx.int(4) == 16 => Form::Made(16, packet_membership),
        (263, 1 | 2) if setting => Form::Made(usize::MAX, packet_membership),
        (263, 5 | 13) if setting => Form::Exactly(&TPACKET_REQ),
        (263, 6) if !setting => Form::AtLeast(&TPACKET_STATS),
        (270, _) if setting => Form::Int,
        (255, 1) => Form::Made(1, |_, bytes| icmp_filter(bytes)),
        _ => Form::Any,
    }
}

/// The value `setsockopt` is given.
pub(super) fn set_option(cx: &mut Cx<'_>, raw: u64) -> Value {
    let len = cx.args[4] & 0xffff_ffff;
    if !cx.env.options.dereference {
        return Value::Addr(raw);
    }
    match form(cx) {
        Form::Any if len == 4 => cx.cell(raw, Store::I32, &Kind::Int),
        Form::Any => cx.bytes(raw, len),
        Form::Program if len == 2 * cx.abi.word_size() as u64 => {
            filter_program(cx, raw, FilterPurpose::Socket)
        }
        _ if cx.int(4) < 0 => Value::Addr(raw),
        Form::Int if len >= 4 => cx.cell(raw, Store::I32, &Kind::Int),
        Form::AtLeast(layout) if len >= layout.size(cx.abi) as u64 => cx.structure(raw, layout),
        Form::Exactly(layout) if len == layout.size(cx.abi) as u64 => cx.structure(raw, layout),
        Form::Made(size, make) if len >= size as u64 => made(cx, raw, len, size, make),
        _ => Value::Addr(raw),
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
    match form(cx) {
        Form::Int if len >= 4 => cx.cell(raw, Store::I32, &Kind::Int),
        Form::Any if len == 4 => cx.cell(raw, Store::I32, &Kind::Int),
        Form::Any => cx.bytes(raw, len),
        Form::Made(size, make) if len >= size as u64 => made(cx, raw, len, size, make),
        Form::AtLeast(layout) | Form::Exactly(layout) => parts(cx, raw, len, layout),
        // The length is that of the program.
        Form::Program if !cx.abbreviate() => filter_instructions(cx, raw, len, FilterPurpose::Socket),
        Form::Program => Value::Addr(raw),
        Form::Int | Form::Made(..) => cx.read(raw, len as usize).map_or(Value::Addr(raw), Value::Octets),
    }
}

fn made(cx: &mut Cx<'_>, raw: u64, len: u64, size: usize, make: fn(&mut Cx<'_>, &[u8]) -> Value) -> Value {
    match cx.read(raw, len.min(size.max(4) as u64) as usize) {
        Some(bytes) => make(cx, &bytes),
        None => Value::Addr(raw),
    }
}

/// As much of a structure as `len` bytes hold; of the member that is cut the bytes.
fn parts(cx: &mut Cx<'_>, raw: u64, len: u64, layout: &'static Struct) -> Value {
    let size = len.min(layout.size(cx.abi) as u64) as usize;
    let Some(bytes) = cx.read(raw, size) else { return Value::Addr(raw) };
    let mut shown = cx.members(&bytes, layout);
    let cut = layout.offsets(cx.abi).find(|(f, at)| *at < size && at + f.store.size(cx.abi) > size);
    if let (Value::Struct { fields, .. }, Some((member, at))) = (&mut shown, cut) {
        fields.push((Cow::Borrowed(member.name), Value::Octets(bytes[at..].to_vec())));
    }
    shown
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).rev().fold(0, |n, &b| n << 8 | u32::from(b))
}

/// `SO_ERROR`: an error by name.
fn error(bytes: &[u8]) -> Value {
    let raw = number(bytes);
    let name = Errno::from_raw(raw as i32).name().filter(|_| raw != 0);
    Value::array(vec![match name {
        Some(name) => Value::Word(raw.into(), Cow::Borrowed(name)),
        None => Value::Int(i64::from(raw as i32)),
    }])
}

fn rehash(bytes: &[u8]) -> Value {
    let raw = number(bytes);
    Value::array(vec![match TXREHASH.name(raw.into()) {
        Some(_) => Value::Const(raw.into(), &TXREHASH),
        None => Value::Note(Box::new(Value::Int(i64::from(raw as i32))), Cow::Borrowed(TXREHASH.unknown)),
    }])
}

/// `struct ip_mreq`, ip(7).
fn membership(bytes: &[u8]) -> Value {
    match *bytes {
        [a, b, c, d, e, f, g, h, ..] => Value::record(vec![
            ("imr_multiaddr", inet_addr([a, b, c, d])),
            ("imr_interface", inet_addr([e, f, g, h])),
        ]),
        _ => Value::Absent,
    }
}

/// `struct ipv6_mreq`, ipv6(7).
fn membership6(cx: &mut Cx<'_>, bytes: &[u8]) -> Value {
    match bytes.first_chunk::<16>() {
        Some(address) => Value::record(vec![
            ("", inet_pton(*address, "ipv6mr_multiaddr=")),
            ("ipv6mr_interface", cx.interface(number(&bytes[16..]).into())),
        ]),
        None => Value::Absent,
    }
}

/// `sizeof(struct group_req)`: a number and, aligned as a word, an address of any family.
fn group_size(cx: &Cx<'_>) -> usize {
    cx.abi.word_size() + 128
}

fn group(cx: &mut Cx<'_>, bytes: &[u8]) -> Value {
    let address = bytes.get(cx.abi.word_size()..).unwrap_or_default();
    Value::record(vec![
        ("gr_interface", cx.interface(number(bytes).into())),
        ("gr_group", from_bytes(cx, address)),
    ])
}

fn packet_membership(cx: &mut Cx<'_>, bytes: &[u8]) -> Value {
    let mut shown = cx.members(bytes, &PACKET_MREQ);
    if let Value::Struct { fields, .. } = &mut shown {
        let address = bytes.get(8..).unwrap_or_default();
        let len = bytes.get(6..8).map_or(0, |len| number(len) as usize).min(address.len());
        fields.push((Cow::Borrowed("mr_address"), bdaddr(&address[..len])));
    }
    shown
}

/// `struct icmp_filter`: a set of the types that are not let through; what was not given counts as set.
fn icmp_filter(bytes: &[u8]) -> Value {
    let given = bytes.len().min(4);
    let mask = number(bytes) | (u32::MAX as u64).checked_shl(8 * given as u32).unwrap_or(0) as u32;
    let inverted = mask.count_ones() >= 32 * 2 / 3;
    let shown = if inverted { !mask } else { mask };
    let types = (0..32u64).filter(|bit| shown >> bit & 1 != 0).map(|bit| Value::Const(bit, &ICMP)).collect();
    if inverted { Value::Not(types) } else { Value::Set(types) }
}

/// The length of that value.
pub(super) fn get_option_length(cx: &mut Cx<'_>, raw: u64) -> Value {
    super::socket::option_length(cx, raw)
}
