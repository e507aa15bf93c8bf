//! The clocks that are steered: `struct timex` and the state of the clock; adjtimex(2), `<linux/timex.h>`.

use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::{Store, Struct, field, pad};
use crate::row::{Arg, Class, Row, arg, both, only32, out};
use crate::rows::common::{CLOCK, TIMEVAL};
use crate::table::{Table, tables};
use crate::value::Value;

tables! {
    MODES "ADJ_???": 0xa001 "ADJ_OFFSET_SS_READ", 0x8001 "ADJ_OFFSET_SINGLESHOT", 1 "ADJ_OFFSET",
        2 "ADJ_FREQUENCY", 4 "ADJ_MAXERROR", 8 "ADJ_ESTERROR", 0x10 "ADJ_STATUS", 0x20 "ADJ_TIMECONST",
        0x80 "ADJ_TAI", 0x100 "ADJ_SETOFFSET", 0x1000 "ADJ_MICRO", 0x2000 "ADJ_NANO", 0x4000 "ADJ_TICK";
    STATUS "STA_???": 1 "STA_PLL", 2 "STA_PPSFREQ", 4 "STA_PPSTIME", 8 "STA_FLL", 0x10 "STA_INS",
        0x20 "STA_DEL", 0x40 "STA_UNSYNC", 0x80 "STA_FREQHOLD", 0x100 "STA_PPSSIGNAL",
        0x200 "STA_PPSJITTER", 0x400 "STA_PPSWANDER", 0x800 "STA_PPSERROR", 0x1000 "STA_CLOCKERR",
        0x2000 "STA_NANO", 0x4000 "STA_MODE", 0x8000 "STA_CLK";
    STATE "TIME_???": 0 "TIME_OK", 1 "TIME_INS", 2 "TIME_DEL", 3 "TIME_OOP", 4 "TIME_WAIT", 5 "TIME_ERROR";
}

/// The structure with `long`s stored in `$long` (kind `$kind`), and with a time of `$time`; on x86-64 and in
/// the 64-bit form of i386 an `int` before a `long` is followed by padding.
macro_rules! timex {
    ($long:expr, $kind:expr, $time:expr, $padding:expr) => {
        Struct::new(&[
            field("modes", Store::U32, Kind::Flags(&MODES)),
            pad($padding),
            field("offset", $long, $kind),
            field("freq", $long, $kind),
            field("maxerror", $long, $kind),
            field("esterror", $long, $kind),
            field("status", Store::U32, Kind::Flags(&STATUS)),
            pad($padding),
            field("constant", $long, $kind),
            field("precision", $long, $kind),
            field("tolerance", $long, $kind),
            field("time", $time, Kind::Int),
            field("tick", $long, $kind),
            field("ppsfreq", $long, $kind),
            field("jitter", $long, $kind),
            field("shift", Store::I32, Kind::Int),
            pad($padding),
            field("stabil", $long, $kind),
            field("jitcnt", $long, $kind),
            field("calcnt", $long, $kind),
            field("errcnt", $long, $kind),
            field("stbcnt", $long, $kind),
            field("tai", Store::I32, Kind::Int),
        ])
    };
}

static TIMEX: Struct = timex!(Store::SWord, Kind::Long, Store::Inline(&TIMEVAL), 0);
static TIMEX64: Struct = timex!(Store::AlignedU64, Kind::Int64, Store::Inline(&super::control::TIMEVAL64), 4);

/// The state of the clock, which the result tells of what is in the structure `layout` at argument `at`.
fn state(cx: &mut Cx<'_>, at: usize, layout: &'static Struct) -> Option<Value> {
    let name = STATE.name(cx.result()).filter(|_| !cx.failed())?;
    match cx.structure(cx.args[at], layout) {
        Value::Struct { .. } => Some(Value::Word(0, std::borrow::Cow::Borrowed(name))),
        _ => None,
    }
}

const CLK_ID: Arg = arg("clk_id", Kind::Const(&CLOCK));

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new("adjtimex", both(159, 124), Class::CLOCK, &[out("buf", Kind::Ref(&TIMEX))])
        .aux(|cx| state(cx, 0, &TIMEX)),
    Row::new("clock_adjtime", both(305, 343), Class::CLOCK, &[CLK_ID, out("buf", Kind::Ref(&TIMEX))])
        .aux(|cx| state(cx, 1, &TIMEX)),
    Row::new("clock_adjtime64", only32(405), Class::CLOCK, &[CLK_ID, out("buf", Kind::Ref(&TIMEX64))])
        .aux(|cx| state(cx, 1, &TIMEX64)),
];
