//! Scheduling: policies, priorities, affinity, I/O priority.

use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::{Store, Struct, field};
use crate::row::{Class, Row, arg, both, only32, out};
use crate::rows::common::{TIMESPEC, TIMESPEC64};
use crate::table::Table;
use crate::value::Value;
use std::borrow::Cow;

/// `<linux/sched.h>`.
static POLICIES: Table = Table::new(
    "SCHED_???",
    &[
        (0, "SCHED_OTHER"),
        (1, "SCHED_FIFO"),
        (2, "SCHED_RR"),
        (3, "SCHED_BATCH"),
        (4, "SCHED_ISO"),
        (5, "SCHED_IDLE"),
        (6, "SCHED_DEADLINE"),
    ],
);

static SCHED_FLAGS: Table = Table::new(
    "SCHED_FLAG_???",
    &[
        (0x01, "SCHED_FLAG_RESET_ON_FORK"),
        (0x02, "SCHED_FLAG_RECLAIM"),
        (0x04, "SCHED_FLAG_DL_OVERRUN"),
        (0x08, "SCHED_FLAG_KEEP_POLICY"),
        (0x10, "SCHED_FLAG_KEEP_PARAMS"),
        (0x20, "SCHED_FLAG_UTIL_CLAMP_MIN"),
        (0x40, "SCHED_FLAG_UTIL_CLAMP_MAX"),
    ],
);

static PRIORITY_WHICH: Table =
    Table::new("PRIO_???", &[(0, "PRIO_PROCESS"), (1, "PRIO_PGRP"), (2, "PRIO_USER")]);
static IOPRIO_WHO: Table = Table::new(
    "IOPRIO_WHO_???",
    &[(1, "IOPRIO_WHO_PROCESS"), (2, "IOPRIO_WHO_PGRP"), (3, "IOPRIO_WHO_USER")],
);
static IOPRIO_CLASSES: Table = Table::new(
    "IOPRIO_CLASS_???",
    &[(0, "IOPRIO_CLASS_NONE"), (1, "IOPRIO_CLASS_RT"), (2, "IOPRIO_CLASS_BE"), (3, "IOPRIO_CLASS_IDLE")],
);

static INT: Kind = Kind::Int;
const PARAM: Kind = Kind::Cell(Store::I32, &INT);

/// `struct sched_attr`, `<linux/sched/types.h>`.
static SCHED_ATTR: Struct = Struct::new(&[
    field("size", Store::U32, Kind::Uint),
    field("sched_policy", Store::U32, Kind::Const(&POLICIES)),
    field("sched_flags", Store::U64, Kind::Flags64(&SCHED_FLAGS)),
    field("sched_nice", Store::I32, Kind::Int),
    field("sched_priority", Store::U32, Kind::Uint),
    field("sched_runtime", Store::U64, Kind::With(|_, raw| Value::Uint(raw))),
    field("sched_deadline", Store::U64, Kind::With(|_, raw| Value::Uint(raw))),
    field("sched_period", Store::U64, Kind::With(|_, raw| Value::Uint(raw))),
    field("sched_util_min", Store::U32, Kind::Uint),
    field("sched_util_max", Store::U32, Kind::Uint),
]);
/// `SCHED_ATTR_SIZE_VER0` and `SCHED_ATTR_SIZE_VER1`.
const SIZE_VER0: u64 = 48;
const SIZE_VER1: u64 = 56;
const KEEP_POLICY: u64 = 0x08;
const KEEP_PARAMS: u64 = 0x10;

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new("sched_yield", both(24, 158), Class::empty(), &[]),
    Row::new("sched_setparam", both(142, 154), Class::empty(), &[arg("pid", Kind::Pid), arg("param", PARAM)]),
    Row::new("sched_getparam", both(143, 155), Class::empty(), &[arg("pid", Kind::Pid), out("param", PARAM)]),
    Row::new(
        "sched_setscheduler",
        both(144, 156),
        Class::empty(),
        &[arg("pid", Kind::Pid), arg("policy", Kind::With(policy)), arg("param", PARAM)],
    ),
    Row::new("sched_getscheduler", both(145, 157), Class::empty(), &[arg("pid", Kind::Pid)]).aux(|cx| {
        POLICIES.name(cx.result()).filter(|_| !cx.failed()).map(|name| Value::Word(0, Cow::Borrowed(name)))
    }),
    Row::new(
        "sched_get_priority_max",
        both(146, 159),
        Class::empty(),
        &[arg("policy", Kind::Const(&POLICIES))],
    ),
    Row::new(
        "sched_get_priority_min",
        both(147, 160),
        Class::empty(),
        &[arg("policy", Kind::Const(&POLICIES))],
    ),
    Row::new(
        "sched_rr_get_interval",
        both(148, 161),
        Class::empty(),
        &[arg("pid", Kind::Pid), out("tp", Kind::Ref(&TIMESPEC))],
    ),
    Row::new(
        "sched_rr_get_interval_time64",
        only32(423),
        Class::empty(),
        &[arg("pid", Kind::Pid), out("tp", Kind::Ref(&TIMESPEC64))],
    ),
    Row::new(
        "sched_setaffinity",
        both(203, 241),
        Class::empty(),
        &[
            arg("pid", Kind::Pid),
            arg("cpusetsize", Kind::Uint),
            arg("mask", Kind::With(|cx, addr| cpus(cx, addr, cx.args[1]))),
        ],
    ),
    Row::new(
        "sched_getaffinity",
        both(204, 242),
        Class::empty(),
        &[
            arg("pid", Kind::Pid),
            arg("cpusetsize", Kind::Uint),
            out("mask", Kind::With(|cx, addr| cpus(cx, addr, cx.result()))),
        ],
    ),
    Row::new(
        "sched_setattr",
        both(314, 351),
        Class::empty(),
        &[arg("pid", Kind::Pid), arg("attr", Kind::With(attributes)), arg("flags", Kind::Uint)],
    ),
    Row::new(
        "sched_getattr",
        both(315, 352),
        Class::empty(),
        &[
            arg("pid", Kind::Pid),
            out("attr", Kind::With(|cx, addr| got_attributes(cx, addr, cx.args[2]))),
            arg("size", Kind::Uint),
            arg("flags", Kind::Uint),
        ],
    ),
    Row::new(
        "getpriority",
        both(140, 96),
        Class::empty(),
        &[arg("which", Kind::Const(&PRIORITY_WHICH)), arg("who", Kind::Int)],
    ),
    Row::new(
        "setpriority",
        both(141, 97),
        Class::empty(),
        &[arg("which", Kind::Const(&PRIORITY_WHICH)), arg("who", Kind::Int), arg("prio", Kind::Int)],
    ),
    Row::new("nice", only32(34), Class::empty(), &[arg("inc", Kind::Int)]),
    Row::new(
        "ioprio_get",
        both(252, 290),
        Class::empty(),
        &[arg("which", Kind::Const(&IOPRIO_WHO)), arg("who", Kind::Int)],
    )
    .aux(|cx| (!cx.failed()).then(|| io_priority(cx, cx.result()))),
    Row::new(
        "ioprio_set",
        both(251, 289),
        Class::empty(),
        &[
            arg("which", Kind::Const(&IOPRIO_WHO)),
            arg("who", Kind::Int),
            arg(
                "ioprio",
                Kind::With(|cx, raw| {
                    Value::meaning(Value::Int(i64::from(raw as u32 as i32)), io_priority(cx, raw))
                }),
            ),
        ],
    ),
];

fn policy(_: &mut Cx<'_>, raw: u64) -> Value {
    Value::Const(raw & 0xffff_ffff, &POLICIES)
}

/// An input and output priority: its class and a number.
pub(in crate::rows) fn io_priority(_: &mut Cx<'_>, raw: u64) -> Value {
    let word = raw & 0xffff_ffff;
    Value::Call(
        "IOPRIO_PRIO_VALUE",
        vec![Value::Const(word >> 13, &IOPRIO_CLASSES), Value::Uint(word & 0x1fff)],
    )
}

/// The processors in a mask of `size` bytes; of more than a `cpu_set_t` holds, the rest is left out.
fn cpus(cx: &mut Cx<'_>, addr: u64, size: u64) -> Value {
    /// Bytes of a `cpu_set_t`.
    const LARGEST: u64 = 128;
    if addr == 0 || !cx.env.options.dereference {
        return Value::Addr(addr);
    }
    let size = size & 0xffff_ffff;
    let Some(bytes) = cx.read(addr, size.min(LARGEST) as usize) else { return Value::Addr(addr) };
    let mut set: Vec<Value> = (0u64..)
        .zip(bytes)
        .flat_map(|(i, byte)| (0..8).filter(move |bit| byte >> bit & 1 != 0).map(move |bit| i * 8 + bit))
        .map(Value::Uint)
        .collect();
    if size > LARGEST {
        set.push(Value::Word(0, Cow::Borrowed("...")));
    }
    Value::Set(set)
}

/// `struct sched_attr` at `addr`: as much of it as its first member says, and as the flags say is looked at.
fn attributes(cx: &mut Cx<'_>, addr: u64) -> Value {
    let Some(stated) = cx.load(addr, Store::U32).filter(|_| cx.env.options.dereference) else {
        return Value::Addr(addr);
    };
    let size = if stated == 0 { SIZE_VER0 } else { stated };
    if size < SIZE_VER0 {
        return Value::record(vec![("size", Value::Uint(stated))]);
    }
    let len = if size < SIZE_VER1 { SIZE_VER0 } else { SIZE_VER1 };
    let Some(bytes) = cx.read(addr, len as usize) else { return Value::Addr(addr) };
    let flags = cx.load(addr.wrapping_add(8), Store::U64).unwrap_or(0);
    let policy = cx.load(addr.wrapping_add(4), Store::U32).unwrap_or(0);
    match cx.members(&bytes, &SCHED_ATTR) {
        Value::Struct { mut fields, .. } => {
            fields.retain(|(name, _)| match &**name {
                // The kernel refuses a negative policy before it looks at the flags.
                "sched_policy" => flags & KEEP_POLICY == 0 || policy >> 31 != 0,
                "size" | "sched_flags" | "sched_util_min" | "sched_util_max" => true,
                _ => flags & KEEP_PARAMS == 0,
            });
            Value::Struct { fields, more: size > SIZE_VER1 }
        }
        other => other,
    }
}

/// The attributes as the kernel has stored them in `size` bytes; what it has not stored is shown as zero.
fn got_attributes(cx: &mut Cx<'_>, addr: u64, size: u64) -> Value {
    let size = size & 0xffff_ffff;
    if size == 0 || addr == 0 || !cx.env.options.dereference {
        return Value::Addr(addr);
    }
    let Some(mut bytes) = cx.read(addr, size.min(SIZE_VER1) as usize) else { return Value::Addr(addr) };
    bytes.resize(SIZE_VER1 as usize, 0);
    let stated = Store::U32.load(cx.abi, &bytes).unwrap_or(0);
    match stated {
        SIZE_VER1.. => {}
        SIZE_VER0.. => bytes.truncate(SIZE_VER0 as usize),
        _ => return Value::record(vec![("size", Value::Uint(stated))]),
    }
    cx.members(&bytes, &SCHED_ATTR)
}
