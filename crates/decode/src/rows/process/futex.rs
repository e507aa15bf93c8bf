//! Futexes, and the other calls behind user-space locks: robust lists, rseq, membarrier.

use crate::context::Cx;
use crate::kind::{Kind, Len};
use crate::layout::{Show, Store, Struct, field, field_if};
use crate::row::{Arg, Class, Ret, Row, arg, both, only32, out};
use crate::rows::common::{CLOCK, TIMESPEC, TIMESPEC64};
use crate::table::Table;
use crate::value::Value;
use std::borrow::Cow;

const WAIT: u64 = 0;
const WAKE: u64 = 1;
const FD: u64 = 2;
const REQUEUE: u64 = 3;
const CMP_REQUEUE: u64 = 4;
const WAKE_OP: u64 = 5;
const LOCK_PI: u64 = 6;
const UNLOCK_PI: u64 = 7;
const TRYLOCK_PI: u64 = 8;
const WAIT_BITSET: u64 = 9;
const WAKE_BITSET: u64 = 10;
const WAIT_REQUEUE_PI: u64 = 11;
const CMP_REQUEUE_PI: u64 = 12;
const LOCK_PI2: u64 = 13;
/// The bits below `FUTEX_PRIVATE_FLAG`.
const COMMAND: u64 = 0x7f;

/// `<linux/futex.h>`. Only the waiting commands go with the realtime clock.
static OPS: Table = Table::new(
    "FUTEX_???",
    &[
        (0, "FUTEX_WAIT"),
        (1, "FUTEX_WAKE"),
        (2, "FUTEX_FD"),
        (3, "FUTEX_REQUEUE"),
        (4, "FUTEX_CMP_REQUEUE"),
        (5, "FUTEX_WAKE_OP"),
        (6, "FUTEX_LOCK_PI"),
        (7, "FUTEX_UNLOCK_PI"),
        (8, "FUTEX_TRYLOCK_PI"),
        (9, "FUTEX_WAIT_BITSET"),
        (10, "FUTEX_WAKE_BITSET"),
        (11, "FUTEX_WAIT_REQUEUE_PI"),
        (12, "FUTEX_CMP_REQUEUE_PI"),
        (13, "FUTEX_LOCK_PI2"),
        (0x80, "FUTEX_WAIT_PRIVATE"),
        (0x81, "FUTEX_WAKE_PRIVATE"),
        (0x82, "FUTEX_FD_PRIVATE"),
        (0x83, "FUTEX_REQUEUE_PRIVATE"),
        (0x84, "FUTEX_CMP_REQUEUE_PRIVATE"),
        (0x85, "FUTEX_WAKE_OP_PRIVATE"),
        (0x86, "FUTEX_LOCK_PI_PRIVATE"),
        (0x87, "FUTEX_UNLOCK_PI_PRIVATE"),
        (0x88, "FUTEX_TRYLOCK_PI_PRIVATE"),
        (0x89, "FUTEX_WAIT_BITSET_PRIVATE"),
        (0x8a, "FUTEX_WAKE_BITSET_PRIVATE"),
        (0x8b, "FUTEX_WAIT_REQUEUE_PI_PRIVATE"),
        (0x8c, "FUTEX_CMP_REQUEUE_PI_PRIVATE"),
        (0x8d, "FUTEX_LOCK_PI2_PRIVATE"),
        (0x100, "FUTEX_WAIT|FUTEX_CLOCK_REALTIME"),
        (0x109, "FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME"),
        (0x10b, "FUTEX_WAIT_REQUEUE_PI|FUTEX_CLOCK_REALTIME"),
        (0x180, "FUTEX_WAIT_PRIVATE|FUTEX_CLOCK_REALTIME"),
        (0x189, "FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME"),
        (0x18b, "FUTEX_WAIT_REQUEUE_PI_PRIVATE|FUTEX_CLOCK_REALTIME"),
    ],
);

static WAKE_OPS: [&str; 5] = ["SET", "ADD", "OR", "ANDN", "XOR"];
static WAKE_COMPARISONS: [&str; 6] = ["EQ", "NE", "LT", "LE", "GT", "GE"];

static FUTEX2_FLAGS: Table = Table::new("FUTEX_???", &[(2, "FUTEX_32"), (0x80, "FUTEX_PRIVATE_FLAG")]);

static MEMBARRIER: Table = Table::new(
    "MEMBARRIER_CMD_???",
    &[
        (0, "MEMBARRIER_CMD_QUERY"),
        (1, "MEMBARRIER_CMD_GLOBAL"),
        (2, "MEMBARRIER_CMD_GLOBAL_EXPEDITED"),
        (4, "MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED"),
        (8, "MEMBARRIER_CMD_PRIVATE_EXPEDITED"),
        (0x10, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED"),
        (0x20, "MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE"),
        (0x40, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE"),
        (0x80, "MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ"),
        (0x100, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ"),
    ],
);
static MEMBARRIER_FLAGS: Table = Table::new("MEMBARRIER_CMD_FLAG_???", &[(1, "MEMBARRIER_CMD_FLAG_CPU")]);

/// `struct futex_waitv`.
static WAITV: Struct = Struct::new(&[
    field("val", Store::U64, Kind::Hex64),
    field("uaddr", Store::U64, Kind::With(|_, raw| Value::Addr(raw))),
    field("flags", Store::U32, Kind::Flags(&FUTEX2_FLAGS)),
    field_if(Show::NonZero, "__reserved", Store::U32, Kind::Hex32),
]);

static ADDR: Kind = Kind::Addr;
static ULONG: Kind = Kind::Ulong;

const fn futex(timeout: Kind) -> [Arg; 6] {
    [
        arg("uaddr", Kind::Addr),
        arg("futex_op", Kind::Const(&OPS)),
        arg("val", Kind::With(val)),
        arg("timeout", timeout),
        arg("uaddr2", Kind::With(uaddr2)),
        arg("val3", Kind::With(val3)),
    ]
}

static FUTEX: [Arg; 6] = futex(Kind::With(|cx, raw| val2(cx, raw, &TIMESPEC)));
static FUTEX_TIME64: [Arg; 6] = futex(Kind::With(|cx, raw| val2(cx, raw, &TIMESPEC64)));

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new("futex", both(202, 240), Class::empty(), &FUTEX),
    Row::new("futex_time64", only32(422), Class::empty(), &FUTEX_TIME64),
    Row::new(
        "futex_waitv",
        both(449, 449),
        Class::empty(),
        &[
            arg("waiters", Kind::Refs(&WAITV, Len::Arg(1))),
            arg("nr_futexes", Kind::Uint),
            arg("flags", Kind::Hex32),
            arg("timeout", Kind::Ref(&TIMESPEC64)),
            arg("clockid", Kind::Const(&CLOCK)),
        ],
    ),
    Row::new(
        "futex_wake",
        both(454, 454),
        Class::empty(),
        &[
            arg("uaddr", Kind::Addr),
            arg("mask", Kind::Hex),
            arg("nr", Kind::Int),
            arg("flags", Kind::Flags(&FUTEX2_FLAGS)),
        ],
    ),
    Row::new(
        "futex_wait",
        both(455, 455),
        Class::empty(),
        &[
            arg("uaddr", Kind::Addr),
            arg("val", Kind::Hex),
            arg("mask", Kind::Hex),
            arg("flags", Kind::Flags(&FUTEX2_FLAGS)),
            arg("timeout", Kind::Ref(&TIMESPEC64)),
            arg("clockid", Kind::Const(&CLOCK)),
        ],
    ),
    Row::new(
        "futex_requeue",
        both(456, 456),
        Class::empty(),
        &[
            arg("waiters", Kind::Refs(&WAITV, Len::Fixed(2))),
            arg("flags", Kind::Hex32),
            arg("nr_wake", Kind::Int),
            arg("nr_requeue", Kind::Int),
        ],
    ),
    Row::new(
        "set_robust_list",
        both(273, 311),
        Class::empty(),
        &[arg("head", Kind::Addr), arg("len", Kind::Ulong)],
    ),
    Row::new(
        "get_robust_list",
        both(274, 312),
        Class::empty(),
        &[
            arg("pid", Kind::Pid),
            out("head_ptr", Kind::Cell(Store::Word, &ADDR)),
            out("len_ptr", Kind::Cell(Store::Word, &ULONG)),
        ],
    ),
    Row::new(
        "rseq",
        both(334, 386),
        Class::empty(),
        &[arg("rseq", Kind::Hex), arg("rseq_len", Kind::Hex), arg("flags", Kind::Hex), arg("sig", Kind::Hex)],
    ),
    Row::new(
        "membarrier",
        both(324, 375),
        Class::empty(),
        &[
            arg("cmd", Kind::Const(&MEMBARRIER)),
            arg("flags", Kind::Flags(&MEMBARRIER_FLAGS)),
            // Without MEMBARRIER_CMD_FLAG_CPU the processor is not looked at.
            arg(
                "cpu_id",
                Kind::With(
                    |cx, raw| if cx.args[1] & 1 == 0 { Value::Absent } else { cx.decode(&Kind::Int, raw) },
                ),
            ),
        ],
    )
    // MEMBARRIER_CMD_QUERY tells the commands there are.
    .ret(Ret::Decoded(|cx| (cx.args[0] as u32 == 0).then(|| Value::Hex(cx.result()))))
    .aux(|cx| (cx.args[0] as u32 == 0 && cx.result() != 0).then(|| Value::Flags(cx.result(), &MEMBARRIER))),
];

fn command(cx: &Cx<'_>) -> u64 {
    cx.args[1] & COMMAND
}

fn val(cx: &mut Cx<'_>, raw: u64) -> Value {
    match command(cx) {
        // These look at the futex's own value only; the argument is the timeout's for the locks.
        LOCK_PI | LOCK_PI2 | UNLOCK_PI | TRYLOCK_PI => Value::Absent,
        _ => cx.decode(&Kind::Uint, raw),
    }
}

/// The fourth argument: a timeout, a count, or nothing.
fn val2(cx: &mut Cx<'_>, raw: u64, timeout: &'static Struct) -> Value {
    match command(cx) {
        WAIT | WAIT_BITSET | WAIT_REQUEUE_PI | LOCK_PI | LOCK_PI2 => cx.structure(raw, timeout),
        REQUEUE | CMP_REQUEUE | CMP_REQUEUE_PI | WAKE_OP => cx.decode(&Kind::Uint, raw),
        WAKE | FD | UNLOCK_PI | TRYLOCK_PI | WAKE_BITSET => Value::Absent,
        _ => cx.decode(&Kind::Hex, raw),
    }
}

fn uaddr2(cx: &mut Cx<'_>, raw: u64) -> Value {
    match command(cx) {
        REQUEUE | CMP_REQUEUE | CMP_REQUEUE_PI | WAKE_OP | WAIT_REQUEUE_PI => Value::Addr(raw),
        0..=13 => Value::Absent,
        _ => Value::Addr(raw),
    }
}

fn val3(cx: &mut Cx<'_>, raw: u64) -> Value {
    let word = raw & 0xffff_ffff;
    match command(cx) {
        WAIT_BITSET | WAKE_BITSET if word == 0xffff_ffff => {
            Value::Word(word, Cow::Borrowed("FUTEX_BITSET_MATCH_ANY"))
        }
        WAIT_BITSET | WAKE_BITSET => Value::Hex(word),
        CMP_REQUEUE | CMP_REQUEUE_PI => Value::Uint(word),
        WAKE_OP => wake_op(word),
        0..=13 => Value::Absent,
        _ => Value::Hex(word),
    }
}

/// The operation of `FUTEX_WAKE_OP`: op, comparison and their arguments in one word, futex(2).
fn wake_op(word: u64) -> Value {
    let named = |number: u64, names: &'static [&'static str], what: &str, shift: u32| {
        let text = match usize::try_from(number).ok().and_then(|n| names.get(n)) {
            Some(name) => format!("{what}_{name}<<{shift}"),
            None => format!("{number:#x}<<{shift} /* {what}_??? */"),
        };
        Value::Word(number << shift, Cow::Owned(text))
    };
    let mut parts = Vec::new();
    if word >> 31 != 0 {
        parts.push(Value::Word(8 << 28, Cow::Borrowed("FUTEX_OP_OPARG_SHIFT<<28")));
    }
    parts.push(named(word >> 28 & 7, &WAKE_OPS, "FUTEX_OP", 28));
    let argument = word >> 12 & 0xfff;
    let text = if argument == 0 { "0<<12".to_owned() } else { format!("{argument:#x}<<12") };
    parts.push(Value::Word(argument << 12, Cow::Owned(text)));
    parts.push(named(word >> 24 & 0xf, &WAKE_COMPARISONS, "FUTEX_OP_CMP", 24));
    parts.push(Value::Hex(word & 0xfff));
    Value::Or(word, parts)
}

#[cfg(test)]
mod tests {
    use crate::rows::process::testing::line;
    use crate::{ByteMemory, Outcome};
    use lariat_abi::Abi;

    fn shown(args: [u64; 6]) -> String {
        line(Abi::X86_64, 202, args, &ByteMemory::new(), Outcome::Returned(0))
    }

    #[test]
    fn each_operation_has_its_own_arguments() {
        assert_eq!(shown([0x10, 129, 1, 2, 3, 4]), "futex(0x10, FUTEX_WAKE_PRIVATE, 1) = 0");
        assert_eq!(shown([0x10, 0, 2, 0, 3, 4]), "futex(0x10, FUTEX_WAIT, 2, NULL) = 0");
        assert_eq!(
            shown([0x10, 393, 0, 0, 0, 0xffff_ffff]),
            "futex(0x10, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 0, NULL, FUTEX_BITSET_MATCH_ANY) = 0"
        );
        assert_eq!(
            shown([0x10, 5, 1, 2, 0x20, 0x8600_2001]),
            "futex(0x10, FUTEX_WAKE_OP, 1, 2, 0x20, FUTEX_OP_OPARG_SHIFT<<28|FUTEX_OP_SET<<28|0x2<<12|\
             0x6<<24 /* FUTEX_OP_CMP_??? */|0x1) = 0"
        );
        assert_eq!(shown([0x10, 14, 1, 2, 3, 4]), "futex(0x10, 0xe /* FUTEX_??? */, 1, 0x2, 0x3, 0x4) = 0");
    }
}
