//! io_uring: making a ring, entering it and what is registered with it; io_uring_setup(2),
//! io_uring_register(2), `<linux/io_uring.h>`.

use super::args::{FD, follows};
use super::names_mount::{IORING_ENTER, IORING_FEAT, IORING_REGISTER, IORING_SETUP};
use crate::context::Cx;
use crate::kind::{Kind, Len};
use crate::layout::{Field, Show, Store, Struct, field, field_if, pad};
use crate::row::{Class, Ret, Row, arg, both, late};
use crate::table::{Table, tables};
use crate::value::Value;
use std::borrow::Cow;

tables! {
    OPERATIONS "IORING_OP_???": 0 "IORING_OP_NOP", 1 "IORING_OP_READV", 2 "IORING_OP_WRITEV",
        3 "IORING_OP_FSYNC", 4 "IORING_OP_READ_FIXED", 5 "IORING_OP_WRITE_FIXED",
        6 "IORING_OP_POLL_ADD", 7 "IORING_OP_POLL_REMOVE", 8 "IORING_OP_SYNC_FILE_RANGE",
        9 "IORING_OP_SENDMSG", 10 "IORING_OP_RECVMSG", 11 "IORING_OP_TIMEOUT",
        12 "IORING_OP_TIMEOUT_REMOVE", 13 "IORING_OP_ACCEPT", 14 "IORING_OP_ASYNC_CANCEL",
        15 "IORING_OP_LINK_TIMEOUT", 16 "IORING_OP_CONNECT", 17 "IORING_OP_FALLOCATE",
        18 "IORING_OP_OPENAT", 19 "IORING_OP_CLOSE", 20 "IORING_OP_FILES_UPDATE", 21 "IORING_OP_STATX",
        22 "IORING_OP_READ", 23 "IORING_OP_WRITE", 24 "IORING_OP_FADVISE", 25 "IORING_OP_MADVISE",
        26 "IORING_OP_SEND", 27 "IORING_OP_RECV", 28 "IORING_OP_OPENAT2", 29 "IORING_OP_EPOLL_CTL",
        30 "IORING_OP_SPLICE", 31 "IORING_OP_PROVIDE_BUFFERS", 32 "IORING_OP_REMOVE_BUFFERS",
        33 "IORING_OP_TEE", 34 "IORING_OP_SHUTDOWN", 35 "IORING_OP_RENAMEAT", 36 "IORING_OP_UNLINKAT",
        37 "IORING_OP_MKDIRAT", 38 "IORING_OP_SYMLINKAT", 39 "IORING_OP_LINKAT",
        40 "IORING_OP_MSG_RING", 41 "IORING_OP_FSETXATTR", 42 "IORING_OP_SETXATTR",
        43 "IORING_OP_FGETXATTR", 44 "IORING_OP_GETXATTR", 45 "IORING_OP_SOCKET",
        46 "IORING_OP_URING_CMD";
    SUPPORT "IO_URING_OP_???": 1 "IO_URING_OP_SUPPORTED";
    RESTRICTION "IORING_RESTRICTION_???": 0 "IORING_RESTRICTION_REGISTER_OP", 1 "IORING_RESTRICTION_SQE_OP",
        2 "IORING_RESTRICTION_SQE_FLAGS_ALLOWED", 3 "IORING_RESTRICTION_SQE_FLAGS_REQUIRED";
    ENTRY_FLAGS "IOSQE_???": 1 "IOSQE_FIXED_FILE", 2 "IOSQE_IO_DRAIN", 4 "IOSQE_IO_LINK", 8 "IOSQE_IO_HARDLINK",
        0x10 "IOSQE_ASYNC", 0x20 "IOSQE_BUFFER_SELECT", 0x40 "IOSQE_CQE_SKIP_SUCCESS";
}

static SQ: Struct = Struct::new(&[
    field("head", Store::U32, Kind::Uint),
    field("tail", Store::U32, Kind::Uint),
    field("ring_mask", Store::U32, Kind::Uint),
    field("ring_entries", Store::U32, Kind::Uint),
    field("flags", Store::U32, Kind::Uint),
    field("dropped", Store::U32, Kind::Uint),
    field("array", Store::U32, Kind::Uint),
    pad(12),
]);
static CQ: Struct = Struct::new(&[
    field("head", Store::U32, Kind::Uint),
    field("tail", Store::U32, Kind::Uint),
    field("ring_mask", Store::U32, Kind::Uint),
    field("ring_entries", Store::U32, Kind::Uint),
    field("overflow", Store::U32, Kind::Uint),
    field("cqes", Store::U32, Kind::Uint),
    field("flags", Store::U32, Kind::Uint),
    pad(12),
]);

/// An operation; one without a name in decimal, as operations are counted.
const OPERATION: Kind = Kind::With(|_, raw| match OPERATIONS.name(raw) {
    Some(name) => Value::meaning(Value::Uint(raw), Value::Word(0, Cow::Borrowed(name))),
    None => Value::Note(Box::new(Value::Uint(raw)), Cow::Borrowed(OPERATIONS.unknown)),
});

const fn reserved(name: &'static str, store: Store) -> Field {
    field_if(Show::NonZero, name, store, Kind::Hex64)
}

/// `struct io_uring_probe` without its operations.
static PROBE: Struct = Struct::new(&[
    field("last_op", Store::U8, OPERATION),
    field("ops_len", Store::U8, Kind::Uint),
    reserved("resv", Store::U16),
    reserved("resv2", Store::Many(&Store::U32, 3)),
]);
static PROBE_OP: Struct = Struct::new(&[
    field("op", Store::U8, OPERATION),
    reserved("resv", Store::U8),
    field("flags", Store::U16, Kind::Flags(&SUPPORT)),
    reserved("resv2", Store::U32),
]);
/// `struct io_uring_rsrc_update` of rings.
static RING: Struct = Struct::new(&[
    field("offset", Store::U32, Kind::Uint),
    reserved("resv", Store::U32),
    field("data", Store::AlignedU64, Kind::Fd),
]);
static RING_AWAY: Struct = Struct::new(&[
    field("offset", Store::U32, Kind::Uint),
    reserved("resv", Store::U32),
    reserved("data", Store::AlignedU64),
]);
/// `struct io_uring_buf_reg`.
static BUFFER_RING: Struct = Struct::new(&[
    field("ring_addr", Store::AlignedU64, Kind::With(|_, raw| Value::Addr(raw))),
    field("ring_entries", Store::U32, Kind::Uint),
    field("bgid", Store::U16, Kind::Uint),
    reserved("pad", Store::U16),
    reserved("resv", Store::Many(&Store::AlignedU64, 3)),
]);

/// What is registered.
fn registered(cx: &mut Cx<'_>, addr: u64) -> Value {
    let count = cx.args[3] & 0xffff_ffff;
    match cx.int(1) {
        0 => {
            let word = cx.abi.word_size() as u64;
            cx.elements(addr, 2 * word, count, |cx, at| {
                let base = cx.load(at, Store::Word)?;
                let len = cx.load(at.wrapping_add(word), Store::Word)?;
                Some(Value::record(vec![("iov_base", Value::Addr(base)), ("iov_len", Value::Uint(len))]))
            })
        }
        2 | 4 | 7 => cx.cells(addr, Store::I32, &Kind::Fd, count),
        6 => files(cx, addr, count),
        8 if cx.entering() => Value::Later,
        8 => probe(cx, addr, count),
        11 => cx.elements(addr, 16, count, restriction),
        17 => processors(cx, addr, count),
        19 if cx.entering() => {
            cx.kept =
                (0..count.min(2)).filter_map(|i| cx.load(addr.wrapping_add(4 * i), Store::U32)).collect();
            if cx.kept.is_empty() { Value::Addr(addr) } else { Value::Later }
        }
        19 => workers(cx, addr, count),
        20 => cx.structures(addr, &RING, count),
        21 => cx.structures(addr, &RING_AWAY, count),
        22 | 23 => cx.structure(addr, &BUFFER_RING),
        _ => Value::Addr(addr),
    }
}

/// `struct io_uring_files_update`: where to, and as many descriptors as the count says.
fn files(cx: &mut Cx<'_>, addr: u64, count: u64) -> Value {
    let at = |offset: u64| addr.wrapping_add(offset);
    let loaded = (cx.load(addr, Store::U32), cx.load(at(4), Store::U32), cx.load(at(8), Store::U64));
    let (Some(offset), Some(reserved), Some(list)) = loaded else { return Value::Addr(addr) };
    let mut fields = vec![("offset", Value::Uint(offset))];
    if reserved != 0 {
        fields.push(("resv", Value::Hex(reserved)));
    }
    fields.push(("fds", cx.cells(list, Store::I32, &Kind::Fd, count)));
    Value::record(fields)
}

fn probe(cx: &mut Cx<'_>, addr: u64, count: u64) -> Value {
    let mut shown = cx.structure(addr, &PROBE);
    if let Value::Struct { fields, .. } = &mut shown {
        fields.push((Cow::Borrowed("ops"), cx.structures(addr.wrapping_add(16), &PROBE_OP, count)));
    }
    shown
}

/// `struct io_uring_restriction`: what its operand is depends on its code.
fn restriction(cx: &mut Cx<'_>, addr: u64) -> Option<Value> {
    let bytes = cx.read(addr, 16)?;
    let (code, op) = (u64::from(u16::from_le_bytes([bytes[0], bytes[1]])), u64::from(bytes[2]));
    let opcode = Value::Const(code, &RESTRICTION);
    let mut fields = match code {
        0 => vec![("opcode", opcode), ("register_op", Value::Const(op, &IORING_REGISTER))],
        1 => vec![("opcode", opcode), ("sqe_op", Value::Const(op, &OPERATIONS))],
        2 | 3 => vec![("opcode", opcode), ("sqe_flags", Value::Flags(op, &ENTRY_FLAGS))],
        _ => vec![("opcode", Value::Note(Box::new(opcode), Cow::Owned(format!("op: {}", hex(op)))))],
    };
    if bytes[3] != 0 {
        fields.push(("resv", Value::Hex(bytes[3].into())));
    }
    if bytes[4..].iter().any(|&b| b != 0) {
        let words = bytes[4..].chunks_exact(4).filter_map(|b| Store::U32.load(cx.abi, b));
        fields.push(("resv2", Value::array(words.map(Value::Hex).collect())));
    }
    Some(Value::record(fields))
}

fn hex(number: u64) -> String {
    if number == 0 { "0".to_owned() } else { format!("{number:#x}") }
}

/// A set of processors in `size` bytes.
fn processors(cx: &mut Cx<'_>, addr: u64, size: u64) -> Value {
    /// More bytes than any machine has processors for.
    const MOST: u64 = 1 << 13;
    if !follows(cx, addr) {
        return Value::Addr(addr);
    }
    let Some(bytes) = cx.read(addr, size.min(MOST) as usize) else { return Value::Addr(addr) };
    let bits = (0..8 * bytes.len()).filter(|bit| bytes[bit / 8] >> (bit % 8) & 1 != 0);
    Value::Set(bits.map(|bit| Value::Uint(bit as u64)).collect())
}

/// The limits on workers that are set, and those before.
fn workers(cx: &mut Cx<'_>, addr: u64, count: u64) -> Value {
    const NAMES: [&str; 2] = ["IO_WQ_BOUND", "IO_WQ_UNBOUND"];
    let limits = |values: &[u64]| {
        let named =
            NAMES.iter().zip(values).map(|(name, n)| Value::Word(*n, Cow::Owned(format!("[{name}]={n}"))));
        Value::array(named.collect())
    };
    let before = limits(&cx.kept);
    let after: Vec<u64> =
        (0..count.min(2)).filter_map(|i| cx.load(addr.wrapping_add(4 * i), Store::U32)).collect();
    let after = if cx.failed() || after.is_empty() { Value::Addr(addr) } else { limits(&after) };
    Value::Changed(Box::new(before), Box::new(after))
}

/// `struct io_uring_params`, `<linux/io_uring.h>`.
fn uring_params(cx: &mut Cx<'_>, addr: u64) -> Value {
    let Some(bytes) = cx.read(addr, 120).filter(|_| follows(cx, addr)) else { return Value::Addr(addr) };
    let get = |i: usize| bytes.get(4 * i..).and_then(|b| Store::U32.load(cx.abi, b)).unwrap_or(0);
    let mut fields = vec![
        ("flags", Value::Flags(get(2), &IORING_SETUP)),
        ("sq_thread_cpu", Value::Hex(get(3))),
        ("sq_thread_idle", Value::Uint(get(4))),
    ];
    if get(2) & 0x20 != 0 {
        fields.push(("wq_fd", cx.fd(get(6))));
    }
    if bytes[28..40].iter().any(|&b| b != 0) {
        let reserved = [get(7), get(8), get(9)].map(Value::Hex).to_vec();
        fields.push(("resv", Value::array(reserved)));
    }
    if cx.failed() {
        return Value::record(fields);
    }
    let filled = [("sq_entries", Value::Uint(get(0))), ("cq_entries", Value::Uint(get(1)))];
    fields.extend(filled);
    fields.push(("features", Value::Flags(get(5), &IORING_FEAT)));
    let (sq, cq) = (cx.members(&bytes[40..80], &SQ), cx.members(&bytes[80..120], &CQ));
    fields.extend([("sq_off", sq), ("cq_off", cq)]);
    Value::record(fields)
}

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new(
        "io_uring_setup",
        both(425, 425),
        Class::DESC,
        &[arg("entries", Kind::Uint), late("params", Kind::With(uring_params))],
    )
    .ret(Ret::Fd),
    Row::new(
        "io_uring_enter",
        both(426, 426),
        Class::DESC.union(Class::SIGNAL),
        &[
            FD,
            arg("to_submit", Kind::Uint),
            arg("min_complete", Kind::Uint),
            arg("flags", Kind::Flags(&IORING_ENTER)),
            arg("sig", Kind::Sigset(Len::Arg(5))),
            arg("sigsetsize", Kind::Ulong),
        ],
    ),
    Row::new(
        "io_uring_register",
        both(427, 427),
        Class::DESC.union(Class::MEMORY),
        &[
            FD,
            arg("opcode", Kind::Const(&IORING_REGISTER)),
            arg("arg", Kind::With(registered)),
            arg("nr_args", Kind::Uint),
        ],
    ),
];
