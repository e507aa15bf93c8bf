//! Sockets: making, naming, talking.

use super::message::{msg_in, msg_out, vector_in, vector_left, vector_out};
use super::sockaddr::sockaddr;
use super::socket_names::*;
use super::sockopt::{get_option, get_option_length, name, set_option};
use crate::context::Cx;
use crate::kind::{Kind, Len};
use crate::layout::Store;
use crate::row::{Class, NOWHERE, Ret, Row, arg, both, late, only32, only64, out};
use crate::rows::common::{TIMESPEC, TIMESPEC64};
use crate::table::Table;
use crate::value::Value;

/// `type`: a kind of socket and flags in one word.
fn socket_type(_: &mut Cx<'_>, raw: u64) -> Value {
    let (kind, flags) = (raw & 0xf, raw & 0xffff_fff0);
    match (TYPE.name(kind), flags) {
        (None, _) => Value::Flags(raw & 0xffff_ffff, &TYPE_FLAGS),
        (_, 0) => Value::Const(kind, &TYPE),
        _ => Value::Joined(vec![Value::Const(kind, &TYPE), Value::Flags(flags, &TYPE_FLAGS)]),
    }
}

/// `protocol`: what it is depends on the family.
/// `<linux/irda.h>` of the kernels that had it.
static IRDA: Table = Table::new("IRDAPROTO_???", &[(0, "IRDAPROTO_UNITDATA"), (1, "IRDAPROTO_ULTRA")]);

fn protocol(cx: &mut Cx<'_>, raw: u64) -> Value {
    let table: &'static Table = match cx.int(0) {
        2 | 10 => &IPPROTO,
        16 => &NETLINK,
        17 => {
            let number = u64::from((raw as u16).swap_bytes());
            return Value::Call("htons", vec![Value::Const(number, &ETH_P)]);
        }
        23 => &IRDA,
        29 => &CAN,
        31 => &BTPROTO,
        33 => &AF,
        34 => &ISDN,
        35 => &PHONET,
        37 => &CAIF,
        39 => &NFC,
        41 => &KCM,
        43 => &SMC,
        3 => {
            let number = i64::from(raw as u32 as i32) as u64;
            let name = AX25.name(number).unwrap_or(AX25.unknown);
            let digits = if number == 0 { "0".to_owned() } else { format!("{number:#x}") };
            let shown = format!("{digits} /* {name} */");
            return Value::Word(number, shown.into());
        }
        _ => return Value::Uint(raw),
    };
    Value::Const(raw & 0xffff_ffff, table)
}

/// An address whose length is argument `N`.
fn given<const N: usize>(cx: &mut Cx<'_>, raw: u64) -> Value {
    sockaddr(cx, raw, cx.args[N])
}

/// An address that the kernel fills in; its length is where argument `N` points. The length the tracee
/// offered is kept from entry to exit: the kernel cuts the address at it.
fn filled<const N: usize>(cx: &mut Cx<'_>, raw: u64) -> Value {
    if cx.entering() {
        cx.saved[N] = cx.load(cx.args[N], Store::U32).unwrap_or(u64::MAX);
        return Value::Later;
    }
    match cx.load(cx.args[N], Store::U32) {
        Some(len) if !cx.failed() => sockaddr(cx, raw, len.min(cx.saved[N])),
        _ => Value::Addr(raw),
    }
}

/// The length of such an address: `[128 => 16]`.
fn filled_length<const N: usize>(cx: &mut Cx<'_>, raw: u64) -> Value {
    let before = cx.saved[N];
    // Where no address is asked for, its length is not looked at.
    if N != 4 && cx.args[N - 1] == 0 {
        return Value::Addr(raw);
    }
    let Some(after) = cx.load(raw, Store::U32) else { return Value::Addr(raw) };
    if before == u64::MAX {
        return Value::Addr(raw);
    }
    let number = |n: u64| Value::Int(i64::from(n as u32 as i32));
    Value::array(vec![if after == before || cx.failed() {
        number(before)
    } else {
        Value::Changed(Box::new(number(before)), Box::new(number(after)))
    }])
}

/// The call that `socketcall` stands for.
fn subcall(_: &mut Cx<'_>, raw: u64) -> Value {
    match SUBCALL.name(raw) {
        Some(name) => Value::meaning(Value::Uint(raw), Value::Word(raw, name.into())),
        None => Value::Int(i64::from(raw as u32 as i32)),
    }
}

const TYPE_OF: Kind = Kind::With(socket_type);
const PROTOCOL: Kind = Kind::With(protocol);
const ADDR2: Kind = Kind::With(given::<2>);
const PEER2: Kind = Kind::With(filled::<2>);
const PEER2_LEN: Kind = Kind::With(filled_length::<2>);
const FLAGS: Kind = Kind::Flags(&MSG);
const FD: Kind = Kind::Fd;
const NET: Class = Class::NETWORK;

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new(
        "socket",
        both(41, 359),
        NET,
        &[arg("domain", Kind::Const(&AF)), arg("type", TYPE_OF), arg("protocol", PROTOCOL)],
    )
    .ret(Ret::Fd),
    Row::new(
        "socketpair",
        both(53, 360),
        NET,
        &[
            arg("domain", Kind::Const(&AF)),
            arg("type", TYPE_OF),
            arg("protocol", Kind::Ulong),
            out("sv", Kind::Cells(Store::I32, &Kind::Fd, Len::Fixed(2))),
        ],
    ),
    Row::new("bind", both(49, 361), NET, &[arg("sockfd", FD), arg("addr", ADDR2), arg("addrlen", Kind::Int)]),
    Row::new(
        "connect",
        both(42, 362),
        NET,
        &[arg("sockfd", FD), arg("addr", ADDR2), arg("addrlen", Kind::Int)],
    ),
    Row::new("listen", both(50, 363), NET, &[arg("sockfd", FD), arg("backlog", Kind::Int)]),
    Row::new("accept", only64(43), NET, &[arg("sockfd", FD), arg("addr", PEER2), late("addrlen", PEER2_LEN)])
        .ret(Ret::Fd),
    Row::new(
        "accept4",
        both(288, 364),
        NET,
        &[
            arg("sockfd", FD),
            arg("addr", PEER2),
            late("addrlen", PEER2_LEN),
            arg("flags", Kind::Flags(&TYPE_FLAGS)),
        ],
    )
    .ret(Ret::Fd),
    Row::new(
        "getsockname",
        both(51, 367),
        NET,
        &[arg("sockfd", FD), arg("addr", PEER2), late("addrlen", PEER2_LEN)],
    ),
    Row::new(
        "getpeername",
        both(52, 368),
        NET,
        &[arg("sockfd", FD), arg("addr", PEER2), late("addrlen", PEER2_LEN)],
    ),
    Row::new("shutdown", both(48, 373), NET, &[arg("sockfd", FD), arg("how", Kind::Const(&SHUT))]),
    Row::new(
        "sendto",
        both(44, 369),
        NET,
        &[
            arg("sockfd", FD),
            arg("buf", Kind::Bytes(Len::Arg(2))),
            arg("len", Kind::Ulong),
            arg("flags", FLAGS),
            arg("dest_addr", Kind::With(given::<5>)),
            arg("addrlen", Kind::Int),
        ],
    ),
    Row::new(
        "recvfrom",
        both(45, 371),
        NET,
        &[
            arg("sockfd", FD),
            out("buf", Kind::Bytes(Len::RetOrArg(2))),
            arg("len", Kind::Ulong),
            arg("flags", FLAGS),
            arg("src_addr", Kind::With(filled::<5>)),
            late("addrlen", Kind::With(filled_length::<5>)),
        ],
    ),
    Row::new(
        "sendmsg",
        both(46, 370),
        NET,
        &[arg("sockfd", FD), arg("msg", Kind::With(msg_out)), arg("flags", FLAGS)],
    ),
    Row::new(
        "recvmsg",
        both(47, 372),
        NET,
        &[arg("sockfd", FD), arg("msg", Kind::With(msg_in)), arg("flags", FLAGS)],
    ),
    Row::new(
        "sendmmsg",
        both(307, 345),
        NET,
        &[
            arg("sockfd", FD),
            arg("msgvec", Kind::With(vector_out)),
            arg("vlen", Kind::Uint),
            arg("flags", FLAGS),
        ],
    ),
    Row::new(
        "recvmmsg",
        both(299, 337),
        NET,
        &[
            arg("sockfd", FD),
            arg("msgvec", Kind::With(vector_in)),
            arg("vlen", Kind::Uint),
            arg("flags", FLAGS),
            arg("timeout", Kind::Ref(&TIMESPEC)),
        ],
    )
    .aux(|cx| vector_left(cx, &TIMESPEC)),
    Row::new(
        "recvmmsg_time64",
        only32(417),
        NET,
        &[
            arg("sockfd", FD),
            arg("msgvec", Kind::With(vector_in)),
            arg("vlen", Kind::Uint),
            arg("flags", FLAGS),
            arg("timeout", Kind::Ref(&TIMESPEC64)),
        ],
    )
    .aux(|cx| vector_left(cx, &TIMESPEC64)),
    // Two that i386 has inside socketcall(2) only, and what is shown of it when its arguments cannot be read.
    Row::new(
        "send",
        NOWHERE,
        NET,
        &[
            arg("sockfd", FD),
            arg("buf", Kind::Bytes(Len::Arg(2))),
            arg("len", Kind::Ulong),
            arg("flags", FLAGS),
        ],
    ),
    Row::new(
        "recv",
        NOWHERE,
        NET,
        &[
            arg("sockfd", FD),
            out("buf", Kind::Bytes(Len::RetOrArg(2))),
            arg("len", Kind::Ulong),
            arg("flags", FLAGS),
        ],
    ),
    Row::new(
        "socketcall",
        only32(102),
        Class::DESC,
        &[arg("call", Kind::With(subcall)), arg("args", Kind::Addr)],
    ),
    Row::new(
        "setsockopt",
        both(54, 366),
        NET,
        &[
            arg("sockfd", FD),
            arg("level", Kind::Const(&SOL_OPTION)),
            arg("optname", Kind::With(name)),
            arg("optval", Kind::With(set_option)),
            arg("optlen", Kind::Int),
        ],
    ),
    Row::new(
        "getsockopt",
        both(55, 365),
        NET,
        &[
            arg("sockfd", FD),
            arg("level", Kind::Const(&SOL_OPTION)),
            arg("optname", Kind::With(name)),
            arg("optval", Kind::With(get_option)),
            late("optlen", Kind::With(get_option_length)),
        ],
    ),
];

/// The length of an option: kept and shown like that of an address.
pub(super) fn option_length(cx: &mut Cx<'_>, raw: u64) -> Value {
    filled_length::<4>(cx, raw)
}
