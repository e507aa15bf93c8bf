//! `perf_event_open`: the attributes of an event, as far as strace shows them without `-v`.

use super::system_names::PERF_FLAGS;
use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::Store;
use crate::row::{Class, Ret, Row, arg, both};
use crate::rows::common::CLOCK;
use crate::table::{Table, tables};
use crate::value::Value;
use std::borrow::Cow;

/// `<linux/perf_event.h>`.
static TYPES: Table = Table::new(
    "PERF_TYPE_???",
    &[
        (0x0, "PERF_TYPE_HARDWARE"),
        (0x1, "PERF_TYPE_SOFTWARE"),
        (0x2, "PERF_TYPE_TRACEPOINT"),
        (0x3, "PERF_TYPE_HW_CACHE"),
        (0x4, "PERF_TYPE_RAW"),
        (0x5, "PERF_TYPE_BREAKPOINT"),
    ],
);

static SIZES: Table = Table::new(
    "PERF_ATTR_SIZE_???",
    &[
        (0x40, "PERF_ATTR_SIZE_VER0"),
        (0x48, "PERF_ATTR_SIZE_VER1"),
        (0x50, "PERF_ATTR_SIZE_VER2"),
        (0x60, "PERF_ATTR_SIZE_VER3"),
        (0x68, "PERF_ATTR_SIZE_VER4"),
        (0x70, "PERF_ATTR_SIZE_VER5"),
        (0x78, "PERF_ATTR_SIZE_VER6"),
        (0x80, "PERF_ATTR_SIZE_VER7"),
    ],
);

static HARDWARE: Table = Table::new(
    "PERF_COUNT_HW_???",
    &[
        (0x0, "PERF_COUNT_HW_CPU_CYCLES"),
        (0x1, "PERF_COUNT_HW_INSTRUCTIONS"),
        (0x2, "PERF_COUNT_HW_CACHE_REFERENCES"),
        (0x3, "PERF_COUNT_HW_CACHE_MISSES"),
        (0x4, "PERF_COUNT_HW_BRANCH_INSTRUCTIONS"),
        (0x5, "PERF_COUNT_HW_BRANCH_MISSES"),
        (0x6, "PERF_COUNT_HW_BUS_CYCLES"),
        (0x7, "PERF_COUNT_HW_STALLED_CYCLES_FRONTEND"),
        (0x8, "PERF_COUNT_HW_STALLED_CYCLES_BACKEND"),
        (0x9, "PERF_COUNT_HW_REF_CPU_CYCLES"),
    ],
);

static SOFTWARE: Table = Table::new(
    "PERF_COUNT_SW_???",
    &[
        (0x0, "PERF_COUNT_SW_CPU_CLOCK"),
        (0x1, "PERF_COUNT_SW_TASK_CLOCK"),
        (0x2, "PERF_COUNT_SW_PAGE_FAULTS"),
        (0x3, "PERF_COUNT_SW_CONTEXT_SWITCHES"),
        (0x4, "PERF_COUNT_SW_CPU_MIGRATIONS"),
        (0x5, "PERF_COUNT_SW_PAGE_FAULTS_MIN"),
        (0x6, "PERF_COUNT_SW_PAGE_FAULTS_MAJ"),
        (0x7, "PERF_COUNT_SW_ALIGNMENT_FAULTS"),
        (0x8, "PERF_COUNT_SW_EMULATION_FAULTS"),
        (0x9, "PERF_COUNT_SW_DUMMY"),
        (0xa, "PERF_COUNT_SW_BPF_OUTPUT"),
        (0xb, "PERF_COUNT_SW_CGROUP_SWITCHES"),
    ],
);

static SAMPLES: Table = Table::new(
    "PERF_SAMPLE_???",
    &[
        (0x1, "PERF_SAMPLE_IP"),
        (0x2, "PERF_SAMPLE_TID"),
        (0x4, "PERF_SAMPLE_TIME"),
        (0x8, "PERF_SAMPLE_ADDR"),
        (0x10, "PERF_SAMPLE_READ"),
        (0x20, "PERF_SAMPLE_CALLCHAIN"),
        (0x40, "PERF_SAMPLE_ID"),
        (0x80, "PERF_SAMPLE_CPU"),
        (0x100, "PERF_SAMPLE_PERIOD"),
        (0x200, "PERF_SAMPLE_STREAM_ID"),
        (0x400, "PERF_SAMPLE_RAW"),
        (0x800, "PERF_SAMPLE_BRANCH_STACK"),
        (0x1000, "PERF_SAMPLE_REGS_USER"),
        (0x2000, "PERF_SAMPLE_STACK_USER"),
        (0x4000, "PERF_SAMPLE_WEIGHT"),
        (0x8000, "PERF_SAMPLE_DATA_SRC"),
        (0x10000, "PERF_SAMPLE_IDENTIFIER"),
        (0x20000, "PERF_SAMPLE_TRANSACTION"),
        (0x40000, "PERF_SAMPLE_REGS_INTR"),
        (0x80000, "PERF_SAMPLE_PHYS_ADDR"),
        (0x100000, "PERF_SAMPLE_AUX"),
        (0x200000, "PERF_SAMPLE_CGROUP"),
        (0x400000, "PERF_SAMPLE_DATA_PAGE_SIZE"),
        (0x800000, "PERF_SAMPLE_CODE_PAGE_SIZE"),
        (0x1000000, "PERF_SAMPLE_WEIGHT_STRUCT"),
    ],
);

static READ_FORMATS: Table = Table::new(
    "PERF_FORMAT_???",
    &[
        (0x1, "PERF_FORMAT_TOTAL_TIME_ENABLED"),
        (0x2, "PERF_FORMAT_TOTAL_TIME_RUNNING"),
        (0x4, "PERF_FORMAT_ID"),
        (0x8, "PERF_FORMAT_GROUP"),
        (0x10, "PERF_FORMAT_LOST"),
    ],
);

static CACHES: Table = Table::new(
    "PERF_COUNT_HW_CACHE_???",
    &[
        (0x0, "PERF_COUNT_HW_CACHE_L1D"),
        (0x1, "PERF_COUNT_HW_CACHE_L1I"),
        (0x2, "PERF_COUNT_HW_CACHE_LL"),
        (0x3, "PERF_COUNT_HW_CACHE_DTLB"),
        (0x4, "PERF_COUNT_HW_CACHE_ITLB"),
        (0x5, "PERF_COUNT_HW_CACHE_BPU"),
        (0x6, "PERF_COUNT_HW_CACHE_NODE"),
    ],
);

/// The bits before `precise_ip`, lowest first.
static EARLY_BITS: &[&str] = &[
    "disabled",
    "inherit",
    "pinned",
    "exclusive",
    "exclude_user",
    "exclude_kernel",
    "exclude_hv",
    "exclude_idle",
    "mmap",
    "comm",
    "freq",
    "inherit_stat",
    "enable_on_exec",
    "task",
    "watermark",
];
/// The bits after it.
static LATE_BITS: &[&str] = &[
    "mmap_data",
    "sample_id_all",
    "exclude_host",
    "exclude_guest",
    "exclude_callchain_kernel",
    "exclude_callchain_user",
    "mmap2",
    "comm_exec",
    "use_clockid",
    "context_switch",
    "write_backward",
    "namespaces",
    "ksymbol",
    "bpf_event",
    "aux_output",
    "cgroup",
    "text_poke",
    "build_id",
    "inherit_thread",
    "remove_on_exec",
    "sigtrap",
];

static SKIDS: [&str; 4] = ["arbitrary skid", "constant skid", "requested to have 0 skid", "must have 0 skid"];
static CACHE_OPS: [&str; 3] = ["READ", "WRITE", "PREFETCH"];
static CACHE_RESULTS: [&str; 2] = ["ACCESS", "MISS"];

/// `PERF_ATTR_SIZE_VER0`.
const SIZE_VER0: u64 = 64;
const FREQ: u32 = 10;

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[Row::new(
    "perf_event_open",
    both(298, 336),
    Class::DESC,
    &[
        arg("attr", Kind::With(attributes)),
        arg("pid", Kind::Pid),
        arg("cpu", Kind::Int),
        arg("group_fd", Kind::Fd),
        arg("flags", Kind::Flags64(&PERF_FLAGS)),
    ],
)
.ret(Ret::Fd)];

/// `struct perf_event_attr`, up to its bit-fields.
/// The size of the structure that is known: `PERF_ATTR_SIZE_VER7`.
const SIZE_KNOWN: u64 = 128;

tables! {
    BREAKPOINTS "HW_BREAKPOINT_???": 0 "HW_BREAKPOINT_EMPTY", 1 "HW_BREAKPOINT_R", 2 "HW_BREAKPOINT_W",
        3 "HW_BREAKPOINT_RW", 4 "HW_BREAKPOINT_X";
    BRANCHES "PERF_SAMPLE_BRANCH_???": 1 "PERF_SAMPLE_BRANCH_USER", 2 "PERF_SAMPLE_BRANCH_KERNEL",
        4 "PERF_SAMPLE_BRANCH_HV", 8 "PERF_SAMPLE_BRANCH_ANY", 0x10 "PERF_SAMPLE_BRANCH_ANY_CALL",
        0x20 "PERF_SAMPLE_BRANCH_ANY_RETURN", 0x40 "PERF_SAMPLE_BRANCH_IND_CALL",
        0x80 "PERF_SAMPLE_BRANCH_ABORT_TX", 0x100 "PERF_SAMPLE_BRANCH_IN_TX",
        0x200 "PERF_SAMPLE_BRANCH_NO_TX", 0x400 "PERF_SAMPLE_BRANCH_COND",
        0x800 "PERF_SAMPLE_BRANCH_CALL_STACK", 0x1000 "PERF_SAMPLE_BRANCH_IND_JUMP",
        0x2000 "PERF_SAMPLE_BRANCH_CALL", 0x4000 "PERF_SAMPLE_BRANCH_NO_FLAGS",
        0x8000 "PERF_SAMPLE_BRANCH_NO_CYCLES", 0x10000 "PERF_SAMPLE_BRANCH_TYPE_SAVE",
        0x20000 "PERF_SAMPLE_BRANCH_HW_INDEX", 0x40000 "PERF_SAMPLE_BRANCH_PRIV_SAVE";
}

fn attributes(cx: &mut Cx<'_>, addr: u64) -> Value {
    let size = match cx.load(addr.wrapping_add(4), Store::U32) {
        Some(size) if cx.env.options.dereference && addr != 0 => size,
        _ => return Value::Addr(addr),
    };
    if cx.entering() {
        cx.saved[0] = size;
        return Value::Later;
    }
    // The kernel answers a size that is too large with the one it knows.
    let (size, known) = (cx.saved[0], size);
    if size != 0 && size < SIZE_VER0 {
        return Value::Addr(addr);
    }
    let Some(bytes) = cx.read(addr, SIZE_VER0 as usize) else { return Value::Addr(addr) };
    let word = |at: usize| Store::AlignedU64.load(cx.abi, bytes.get(at..).unwrap_or(&[])).unwrap_or(0);
    let (kind, bits) = (word(0) & 0xffff_ffff, word(40));
    let period = if bits >> FREQ & 1 != 0 { "sample_freq" } else { "sample_period" };
    let mut fields: Vec<(&'static str, Value)> = vec![
        ("type", Value::Const(kind, &TYPES)),
        (
            "size",
            if size == known {
                Value::Const(size, &SIZES)
            } else {
                Value::Changed(Box::new(Value::Const(size, &SIZES)), Box::new(Value::Const(known, &SIZES)))
            },
        ),
        ("config", config(kind, word(8))),
        (period, Value::Uint(word(16))),
        ("sample_type", Value::Flags(word(24), &SAMPLES)),
        ("read_format", Value::Flags(word(32), &READ_FORMATS)),
    ];
    let abbreviate = cx.abbreviate();
    let set = |first: u32, names: &'static [&'static str]| {
        (first..)
            .zip(names)
            .map(move |(bit, name)| (*name, Value::Uint(bits >> bit & 1)))
            .filter(move |(_, value)| !abbreviate || *value != Value::Uint(0))
    };
    fields.extend(set(0, EARLY_BITS));
    let precise = bits >> 15 & 3;
    let skid = SKIDS.get(precise as usize).copied().unwrap_or_default();
    fields.push(("precise_ip", Value::Note(Box::new(Value::Uint(precise)), Cow::Borrowed(skid))));
    fields.extend(set(17, LATE_BITS));
    if bits >> 38 != 0 {
        fields.push((
            "__reserved_1",
            Value::Note(Box::new(Value::Hex(bits >> 38)), Cow::Borrowed("Bits 63..38")),
        ));
    }
    if abbreviate {
        return shown(fields, true);
    }
    let size = if size == 0 { SIZE_VER0 } else { size };
    let Some(mut bytes) = cx.read(addr, size.min(SIZE_KNOWN) as usize) else { return shown(fields, true) };
    bytes.resize(SIZE_KNOWN as usize, 0);
    fields.extend(later_members(cx, &bytes, size));
    shown(fields, size > SIZE_KNOWN)
}

fn shown(fields: Vec<(&'static str, Value)>, more: bool) -> Value {
    let fields = fields.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect();
    Value::Struct { fields, more }
}

/// The members after the bits, as far as the size reaches; some only mean something with a bit or an event.
fn later_members(cx: &Cx<'_>, bytes: &[u8], size: u64) -> Vec<(&'static str, Value)> {
    let load = |at: usize, store: Store| bytes.get(at..).and_then(|b| store.load(cx.abi, b)).unwrap_or(0);
    let (half, word) = (|at| load(at, Store::U32), |at| load(at, Store::AlignedU64));
    let (kind, samples, bits) = (half(0), word(24), word(40));
    let breakpoint = kind == 5;
    let with_rest = |value: Value, from: usize, rest: u64, bytes: usize| match rest {
        0 => value,
        _ => {
            let text = format!("bytes {from}..{}: {rest:#x}", from + bytes - 1);
            Value::Note(Box::new(value), Cow::Owned(text))
        }
    };
    let wakeup = if bits >> 14 & 1 != 0 { "wakeup_watermark" } else { "wakeup_events" };
    // Where each begins, whether it counts, its name and value.
    [
        (48, true, wakeup, Value::Uint(half(48))),
        (52, breakpoint, "bp_type", Value::Const(half(52), &BREAKPOINTS)),
        (56, breakpoint, "bp_addr", Value::Hex(word(56))),
        (56, !breakpoint, "config1", Value::Hex(word(56))),
        (64, breakpoint, "bp_len", Value::Uint(word(64))),
        (64, !breakpoint, "config2", Value::Hex(word(64))),
        (72, samples >> 11 & 1 != 0, "branch_sample_type", Value::Flags(word(72), &BRANCHES)),
        (80, true, "sample_regs_user", Value::Hex(word(80))),
        (88, samples >> 13 & 1 != 0, "sample_stack_user", Value::Hex(half(88))),
        (92, bits >> 25 & 1 != 0, "clockid", Value::Const(half(92), &CLOCK)),
        (96, true, "sample_regs_intr", Value::Hex(word(96))),
        (104, true, "aux_watermark", Value::Uint(half(104))),
        (
            108,
            true,
            "sample_max_stack",
            with_rest(Value::Uint(load(108, Store::U16)), 110, load(110, Store::U16), 2),
        ),
        (112, true, "aux_sample_size", with_rest(Value::Uint(half(112)), 116, half(116), 4)),
        (120, true, "sig_data", Value::Hex(word(120))),
    ]
    .into_iter()
    .filter(|(at, counts, ..)| *counts && size > *at)
    .map(|(_, _, name, value)| (name, value))
    .collect()
}

fn config(kind: u64, raw: u64) -> Value {
    match kind {
        // The kind of processor is above the event.
        0 if raw >> 32 != 0 => Value::Or(
            raw,
            vec![
                Value::Word(raw, Cow::Owned(format!("{:#x}<<32", raw >> 32))),
                Value::Const(raw & 0xffff_ffff, &HARDWARE),
            ],
        ),
        0 => Value::Const(raw, &HARDWARE),
        1 => Value::Const(raw, &SOFTWARE),
        2 => Value::Uint(raw),
        3 => cache(raw),
        _ => Value::Hex(raw),
    }
}

/// A cache event: cache, operation and result, a byte each.
fn cache(raw: u64) -> Value {
    let part = |what: &str, names: &'static [&'static str], shift: u32| {
        let number = raw >> shift & 0xff;
        let text = match names.get(number as usize) {
            Some(name) => format!("PERF_COUNT_HW_CACHE_{what}_{name}<<{shift}"),
            None => format!("{number:#x} /* PERF_COUNT_HW_CACHE_{what}_??? */<<{shift}"),
        };
        Value::Word(number << shift, Cow::Owned(text))
    };
    let above = |shift: u32, number: u64| match number {
        0 => Value::Absent,
        _ => Value::Word(number << shift, Cow::Owned(format!("{number:#x}<<{shift}"))),
    };
    Value::Or(
        raw,
        vec![
            above(32, raw >> 32),
            above(24, raw >> 24 & 0xff),
            part("RESULT", &CACHE_RESULTS, 16),
            part("OP", &CACHE_OPS, 8),
            Value::Const(raw & 0xff, &CACHES),
        ],
    )
}
