//! `perf_event_open`: the attributes of an event, as far as strace shows them without `-v`.

use super::system_names::PERF_FLAGS;
use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::Store;
use crate::row::{Class, Ret, Row, arg, both};
use crate::table::Table;
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
    let set = |first: u32, names: &'static [&'static str]| {
        (first..)
            .zip(names)
            .filter(move |(bit, _)| bits >> bit & 1 != 0)
            .map(|(_, name)| (*name, Value::Uint(1)))
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
    let fields = fields.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect();
    Value::Struct { fields, more: true }
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
