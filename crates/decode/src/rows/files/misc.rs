//! Asynchronous input and output, quotas, sandboxes and other calls that make or use descriptors.

use super::args::{follows, word};
use super::names_event::POLL;
use super::names_mount::{
    IOCB_CMD, IOCB_FLAGS, LANDLOCK_ACCESS, LANDLOCK_CREATE, LANDLOCK_RULE, RWF, USERFAULTFD,
};
use crate::context::Cx;
use crate::kind::{Kind, Len};
use crate::layout::{Store, Struct, field};
use crate::row::{Arg, Class, Ret, Row, arg, both, only32, out};
use crate::rows::common::{TIMESPEC, TIMESPEC64};
use crate::rows::process::{io_priority, ranges};
use crate::value::Value;

const CONTEXT: Arg = arg("ctx_id", Kind::Addr);

/// `struct io_event`, `<linux/aio_abi.h>`.
static IO_EVENT: Struct = Struct::new(&[
    field("data", Store::AlignedU64, Kind::Hex64),
    field("obj", Store::AlignedU64, Kind::Hex64),
    field("res", Store::AlignedU64, Kind::Int64),
    field("res2", Store::AlignedU64, Kind::Int64),
]);

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new(
        "io_setup",
        both(206, 245),
        Class::MEMORY,
        &[arg("nr_events", Kind::Uint), out("ctx_idp", Kind::Cell(Store::Word, &Kind::Addr))],
    ),
    Row::new("io_destroy", both(207, 246), Class::MEMORY, &[CONTEXT]),
    Row::new(
        "io_submit",
        both(209, 248),
        Class::empty(),
        &[CONTEXT, arg("nr", Kind::Long), arg("iocbpp", Kind::With(iocbs))],
    ),
    Row::new(
        "io_cancel",
        both(210, 249),
        Class::empty(),
        &[CONTEXT, arg("iocb", Kind::With(iocb_head)), out("result", Kind::Ref(&IO_EVENT))],
    ),
    Row::new(
        "io_getevents",
        both(208, 247),
        Class::empty(),
        &[
            CONTEXT,
            arg("min_nr", Kind::Long),
            arg("nr", Kind::Long),
            out("events", Kind::Refs(&IO_EVENT, Len::Ret)),
            arg("timeout", Kind::Ref(&TIMESPEC)),
        ],
    ),
    Row::new(
        "io_pgetevents",
        both(333, 385),
        Class::empty(),
        &[
            CONTEXT,
            arg("min_nr", Kind::Long),
            arg("nr", Kind::Long),
            out("events", Kind::Refs(&IO_EVENT, Len::Ret)),
            arg("timeout", Kind::Ref(&TIMESPEC)),
            arg("usig", Kind::With(aio_mask)),
        ],
    ),
    Row::new(
        "io_pgetevents_time64",
        only32(416),
        Class::empty(),
        &[
            CONTEXT,
            arg("min_nr", Kind::Long),
            arg("nr", Kind::Long),
            out("events", Kind::Refs(&IO_EVENT, Len::Ret)),
            arg("timeout", Kind::Ref(&TIMESPEC64)),
            arg("usig", Kind::With(aio_mask)),
        ],
    ),
    Row::new(
        "landlock_create_ruleset",
        both(444, 444),
        Class::DESC,
        &[
            arg("attr", Kind::With(ruleset)),
            arg("size", Kind::Ulong),
            arg("flags", Kind::Flags(&LANDLOCK_CREATE)),
        ],
    )
    .ret(Ret::Decoded(ruleset_result)),
    Row::new(
        "landlock_add_rule",
        both(445, 445),
        Class::DESC,
        &[
            arg("ruleset_fd", Kind::Fd),
            arg("rule_type", Kind::Const(&LANDLOCK_RULE)),
            arg("rule_attr", Kind::With(rule)),
            arg("flags", Kind::Hex32),
        ],
    ),
    Row::new(
        "landlock_restrict_self",
        both(446, 446),
        Class::DESC,
        &[arg("ruleset_fd", Kind::Fd), arg("flags", Kind::Hex32)],
    ),
    Row::new("userfaultfd", both(323, 374), Class::DESC, &[arg("flags", Kind::Flags(&USERFAULTFD))])
        .ret(Ret::Fd),
];

// The operations of a request that say more than their descriptor.
const IOCB_PREAD: u64 = 0;
const IOCB_PWRITE: u64 = 1;
const IOCB_POLL: u64 = 5;
const IOCB_PREADV: u64 = 7;
const IOCB_PWRITEV: u64 = 8;

/// The operation of a request; an unknown one is a plain number.
fn command(operation: u64) -> Value {
    match IOCB_CMD.name(operation) {
        Some(name) => Value::meaning(Value::Uint(operation), word(name)),
        None => {
            Value::meaning(Value::Uint(operation), word(format!("{operation} /* {} */", IOCB_CMD.unknown)))
        }
    }
}

/// `struct iocb`, `<linux/aio_abi.h>`: the members its operation uses.
fn iocb_at(cx: &mut Cx<'_>, addr: u64) -> Option<Value> {
    let at = |offset: u64| addr.wrapping_add(offset);
    let data = cx.load(addr, Store::U64)?;
    let operation = cx.load(at(16), Store::U16)?;
    let priority = cx.load(at(18), Store::U16)? as u16 as i16;
    let fd = cx.load(at(20), Store::I32)?;
    let (buf, len, offset) =
        (cx.load(at(24), Store::U64)?, cx.load(at(32), Store::U64)?, cx.load(at(40), Store::U64)?);
    let (flags, resfd) = (cx.load(at(56), Store::U32)?, cx.load(at(60), Store::I32)?);
    let mut fields = Vec::new();
    if data != 0 {
        fields.push(("aio_data", Value::Hex(data)));
    }
    let (key, how) = (cx.load(at(8), Store::U32)?, cx.load(at(12), Store::U32)?);
    if key != 0 {
        fields.push(("aio_key", Value::Uint(key)));
    }
    if how != 0 {
        fields.push(("aio_rw_flags", Value::Flags(how, &RWF)));
    }
    fields.push(("aio_lio_opcode", command(operation)));
    if flags & 2 != 0 {
        let stored = priority as u16 as u64;
        fields.push(("aio_reqprio", Value::meaning(Value::Hex(stored), io_priority(cx, stored))));
    } else if priority != 0 {
        fields.push(("aio_reqprio", Value::Int(i64::from(priority))));
    }
    fields.push(("aio_fildes", cx.fd(fd)));
    let buffer = match operation {
        IOCB_PREAD => Value::Addr(buf),
        IOCB_PWRITE => cx.bytes(buf, len),
        IOCB_POLL => Value::Flags(buf & 0xffff_ffff, &POLL),
        IOCB_PREADV => ranges(cx, buf, len),
        IOCB_PWRITEV => cx.iovec(buf, len, u64::MAX),
        _ => return Some(Value::record(fields)),
    };
    fields.push(("aio_buf", buffer));
    if matches!(operation, IOCB_PREAD | IOCB_PWRITE) {
        fields.push(("aio_nbytes", Value::Uint(len)));
    }
    if operation != IOCB_POLL {
        fields.push(("aio_offset", Value::Int(offset as i64)));
    }
    if flags != 0 {
        fields.push(("aio_flags", Value::Flags(flags, &IOCB_FLAGS)));
    }
    if flags & 1 != 0 {
        fields.push(("aio_resfd", cx.fd(resfd)));
    } else if resfd != 0 {
        fields.push(("aio_resfd", Value::Hex(resfd & 0xffff_ffff)));
    }
    Some(Value::record(fields))
}

fn iocb(cx: &mut Cx<'_>, addr: u64) -> Value {
    if !follows(cx, addr) {
        return Value::Addr(addr);
    }
    iocb_at(cx, addr).unwrap_or(Value::Addr(addr))
}

/// As much of a request as tells which one is meant.
fn iocb_head(cx: &mut Cx<'_>, addr: u64) -> Value {
    match iocb(cx, addr) {
        Value::Struct { mut fields, .. } => {
            if !fields.iter().any(|(name, _)| name == "aio_data") {
                fields.insert(0, ("aio_data".into(), Value::Hex(0)));
            }
            let head = |name: &str| {
                matches!(
                    name,
                    "aio_data" | "aio_key" | "aio_rw_flags" | "aio_lio_opcode" | "aio_reqprio" | "aio_fildes"
                )
            };
            fields.retain(|(name, _)| head(name));
            Value::Struct { fields, more: false }
        }
        other => other,
    }
}

fn iocbs(cx: &mut Cx<'_>, addr: u64) -> Value {
    let size = cx.abi.word_size() as u64;
    // The number is signed: a negative one is more than fits in memory.
    let count = if size == 8 { cx.args[1] } else { i64::from(cx.int(1)) as u64 };
    cx.elements(addr, size, count, |cx, at| {
        let one = cx.load(at, Store::Word)?;
        Some(iocb(cx, one))
    })
}

/// `struct __aio_sigset`: a mask and its size.
fn aio_mask(cx: &mut Cx<'_>, addr: u64) -> Value {
    let word = cx.abi.word_size() as u64;
    match (cx.load(addr, Store::Word), cx.load(addr.wrapping_add(word), Store::Word)) {
        (Some(mask), Some(size)) if follows(cx, addr) => {
            Value::record(vec![("sigmask", cx.sigset(mask, size)), ("sigsetsize", Value::Uint(size))])
        }
        _ => Value::Addr(addr),
    }
}

fn ruleset(cx: &mut Cx<'_>, addr: u64) -> Value {
    match cx.load(addr, Store::U64) {
        Some(access) if follows(cx, addr) && cx.args[1] >= 8 => {
            let more = cx.args[1] > 8;
            let fields = vec![("handled_access_fs".into(), Value::Flags(access, &LANDLOCK_ACCESS))];
            Value::Struct { fields, more }
        }
        _ => Value::Addr(addr),
    }
}

/// A descriptor, unless only the version was asked for.
fn ruleset_result(cx: &mut Cx<'_>) -> Option<Value> {
    if cx.int(2) & 1 != 0 { None } else { Some(cx.fd(cx.result())) }
}

/// `struct landlock_path_beneath_attr`: packed.
fn rule(cx: &mut Cx<'_>, addr: u64) -> Value {
    let parts = (cx.load(addr, Store::U64), cx.load(addr.wrapping_add(8), Store::I32));
    match parts {
        (Some(access), Some(fd)) if follows(cx, addr) && cx.int(1) == 1 => Value::record(vec![
            ("allowed_access", Value::Flags(access, &LANDLOCK_ACCESS)),
            ("parent_fd", cx.decode(&Kind::DirFd, fd)),
        ]),
        _ => Value::Addr(addr),
    }
}
