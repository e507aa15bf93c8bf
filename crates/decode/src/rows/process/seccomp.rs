//! Seccomp filters, execution domains, and the architecture's own process controls.

use super::filter::{Purpose, program};
use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::{Store, Struct, field};
use crate::row::{Class, Ret, Row, arg, both};
use crate::table::Table;
use crate::value::Value;
use std::borrow::Cow;

/// `<linux/seccomp.h>`.
static OPERATIONS: Table = Table::new(
    "SECCOMP_SET_MODE_???",
    &[
        (0, "SECCOMP_SET_MODE_STRICT"),
        (1, "SECCOMP_SET_MODE_FILTER"),
        (2, "SECCOMP_GET_ACTION_AVAIL"),
        (3, "SECCOMP_GET_NOTIF_SIZES"),
    ],
);
static FILTER_FLAGS: Table = Table::new(
    "SECCOMP_FILTER_FLAG_???",
    &[
        (0x01, "SECCOMP_FILTER_FLAG_TSYNC"),
        (0x02, "SECCOMP_FILTER_FLAG_LOG"),
        (0x04, "SECCOMP_FILTER_FLAG_SPEC_ALLOW"),
        (0x08, "SECCOMP_FILTER_FLAG_NEW_LISTENER"),
        (0x10, "SECCOMP_FILTER_FLAG_TSYNC_ESRCH"),
        (0x20, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"),
    ],
);
static ACTIONS: Table = Table::new(
    "SECCOMP_RET_???",
    &[
        (0x8000_0000, "SECCOMP_RET_KILL_PROCESS"),
        (0x0000_0000, "SECCOMP_RET_KILL_THREAD"),
        (0x0003_0000, "SECCOMP_RET_TRAP"),
        (0x0005_0000, "SECCOMP_RET_ERRNO"),
        (0x7fc0_0000, "SECCOMP_RET_USER_NOTIF"),
        (0x7ff0_0000, "SECCOMP_RET_TRACE"),
        (0x7ffc_0000, "SECCOMP_RET_LOG"),
        (0x7fff_0000, "SECCOMP_RET_ALLOW"),
    ],
);
static ACTION: Kind = Kind::Const(&ACTIONS);

static NOTIF_SIZES: Struct = Struct::new(&[
    field("seccomp_notif", Store::U16, Kind::Uint),
    field("seccomp_notif_resp", Store::U16, Kind::Uint),
    field("seccomp_data", Store::U16, Kind::Uint),
]);

/// `<linux/personality.h>`: the execution domain in the low byte.
static PERSONALITIES: Table = Table::new(
    "PER_???",
    &[
        (0, "PER_LINUX"),
        (6, "PER_BSD"),
        (8, "PER_LINUX32"),
        (0xc, "PER_RISCOS"),
        (0xf, "PER_OSF4"),
        (0x10, "PER_HPUX"),
    ],
);
static PERSONALITY_FLAGS: Table = Table::new(
    "",
    &[
        (0x0002_0000, "UNAME26"),
        (0x0004_0000, "ADDR_NO_RANDOMIZE"),
        (0x0008_0000, "FDPIC_FUNCPTRS"),
        (0x0010_0000, "MMAP_PAGE_ZERO"),
        (0x0020_0000, "ADDR_COMPAT_LAYOUT"),
        (0x0040_0000, "READ_IMPLIES_EXEC"),
        (0x0080_0000, "ADDR_LIMIT_32BIT"),
        (0x0100_0000, "SHORT_INODE"),
        (0x0200_0000, "WHOLE_SECONDS"),
        (0x0400_0000, "STICKY_TIMEOUTS"),
        (0x0800_0000, "ADDR_LIMIT_3GB"),
    ],
);

/// `<asm/prctl.h>`.
static ARCH_OPTIONS: Table = Table::new(
    "ARCH_???",
    &[
        (0x1001, "ARCH_SET_GS"),
        (0x1002, "ARCH_SET_FS"),
        (0x1003, "ARCH_GET_FS"),
        (0x1004, "ARCH_GET_GS"),
        (0x1011, "ARCH_GET_CPUID"),
        (0x1012, "ARCH_SET_CPUID"),
        (0x1021, "ARCH_GET_XCOMP_SUPP"),
        (0x1022, "ARCH_GET_XCOMP_PERM"),
        (0x1023, "ARCH_REQ_XCOMP_PERM"),
        (0x1024, "ARCH_GET_XCOMP_GUEST_PERM"),
        (0x1025, "ARCH_REQ_XCOMP_GUEST_PERM"),
        (0x2001, "ARCH_MAP_VDSO_X32"),
        (0x2002, "ARCH_MAP_VDSO_32"),
        (0x2003, "ARCH_MAP_VDSO_64"),
    ],
);
static XFEATURES: [&str; 19] = [
    "FP",
    "SSE",
    "YMM",
    "BNDREGS",
    "BNDCSR",
    "OPMASK",
    "ZMM_Hi256",
    "Hi16_ZMM",
    "PT_UNIMPLEMENTED_SO_FAR",
    "PKRU",
    "PASID",
    "???",
    "???",
    "???",
    "???",
    "LBR",
    "???",
    "XTILE_CFG",
    "XTILE_DATA",
];
static ADDR: Kind = Kind::Addr;
static XFEATURE_MASK: Kind = Kind::With(xfeature_mask);

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new(
        "seccomp",
        both(317, 354),
        Class::empty(),
        &[
            arg("operation", Kind::Const(&OPERATIONS)),
            arg(
                "flags",
                Kind::With(|cx, raw| match cx.args[0] as u32 {
                    1 => Value::Flags(raw & 0xffff_ffff, &FILTER_FLAGS),
                    _ => Value::Hex(raw & 0xffff_ffff),
                }),
            ),
            arg("args", Kind::With(arguments)),
        ],
    ),
    Row::new(
        "personality",
        both(135, 136),
        Class::empty(),
        &[arg(
            "persona",
            Kind::With(|_, raw| match raw & 0xffff_ffff {
                0xffff_ffff => Value::Hex(0xffff_ffff),
                persona => personality(persona),
            }),
        )],
    )
    .ret(Ret::Hex)
    .aux(|cx| (!cx.failed()).then(|| personality(cx.result() & 0xffff_ffff))),
    Row::new(
        "arch_prctl",
        both(158, 384),
        Class::empty(),
        &[arg("code", Kind::Const(&ARCH_OPTIONS)), arg("addr", Kind::With(arch_argument))],
    ),
];

fn arguments(cx: &mut Cx<'_>, addr: u64) -> Value {
    match cx.args[0] as u32 {
        1 => program(cx, addr, Purpose::Calls),
        2 => cx.cell(addr, Store::U32, &ACTION),
        3 if cx.entering() => Value::Later,
        3 if !cx.failed() => cx.structure(addr, &NOTIF_SIZES),
        _ => Value::Addr(addr),
    }
}

fn personality(persona: u64) -> Value {
    let domain = Value::Const(persona & 0xff, &PERSONALITIES);
    match persona & !0xff {
        0 => domain,
        flags if flags == PERSONALITY_FLAGS.split(flags, |_| {}) => {
            Value::Joined(vec![domain, Value::Hex(flags)])
        }
        flags => Value::Joined(vec![domain, Value::Flags(flags, &PERSONALITY_FLAGS)]),
    }
}

fn arch_argument(cx: &mut Cx<'_>, raw: u64) -> Value {
    match cx.args[0] as u32 {
        0x1003 | 0x1004 | 0x1021 | 0x1022 | 0x1024 if cx.entering() => Value::Later,
        0x1003 | 0x1004 | 0x1021 | 0x1022 | 0x1024 if cx.failed() => Value::Addr(raw),
        0x1003 | 0x1004 => cx.cell(raw, Store::Word, &ADDR),
        0x1021 | 0x1022 | 0x1024 => cx.cell(raw, Store::U64, &XFEATURE_MASK),
        0x1011 => Value::Absent,
        0x1023 | 0x1025 => {
            let name = usize::try_from(raw).ok().and_then(|n| XFEATURES.get(n)).unwrap_or(&"???");
            Value::Note(Box::new(Value::Hex(raw)), Cow::Owned(format!("XFEATURE_{name}")))
        }
        _ => Value::Hex(raw),
    }
}

fn xfeature_mask(_: &mut Cx<'_>, mask: u64) -> Value {
    let mut names = Vec::new();
    let mut rest = mask;
    if mask & 3 == 3 {
        names.push("XFEATURE_MASK_FPSSE".to_owned());
        rest &= !3;
    }
    for (bit, name) in XFEATURES.iter().enumerate() {
        if rest >> bit & 1 != 0 && *name != "???" {
            names.push(format!("XFEATURE_MASK_{name}"));
            rest &= !(1 << bit);
        }
    }
    if rest != 0 && !names.is_empty() {
        names.push(format!("{rest:#x}"));
    }
    match (mask, names.is_empty()) {
        (0, _) => Value::Hex(0),
        (_, true) => Value::Note(Box::new(Value::Hex(mask)), Cow::Borrowed("XFEATURE_MASK_???")),
        (_, false) => Value::Note(Box::new(Value::Hex(mask)), Cow::Owned(names.join("|"))),
    }
}
