//! Clocks, timers and sleeping.

use super::sigevent::sigevent;
use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::{Store, Struct, field};
use crate::record::Outcome;
use crate::row::{Class, Row, arg, both, late, only32, out};
use crate::rows::common::{CLOCK, TIMESPEC, TIMESPEC64, TIMEVAL};
use crate::rows::{date, noted};
use crate::siginfo::ticks;
use crate::table::Table;
use crate::value::Value;

static TIMER_FLAGS: Table = Table::new("TIMER_???", &[(1, "TIMER_ABSTIME")]);
static ITIMER: Table =
    Table::new("ITIMER_???", &[(0, "ITIMER_REAL"), (1, "ITIMER_VIRTUAL"), (2, "ITIMER_PROF")]);

static TIMEZONE: Struct = Struct::new(&[
    field("tz_minuteswest", Store::I32, Kind::Int),
    field("tz_dsttime", Store::I32, Kind::Int),
]);
static ITIMERVAL: Struct = Struct::new(&[
    field("it_interval", Store::Inline(&TIMEVAL), Kind::Int),
    field("it_value", Store::Inline(&TIMEVAL), Kind::Int),
]);
static ITIMERSPEC: Struct = Struct::new(&[
    field("it_interval", Store::Inline(&TIMESPEC), Kind::Int),
    field("it_value", Store::Inline(&TIMESPEC), Kind::Int),
]);
static ITIMERSPEC64: Struct = Struct::new(&[
    field("it_interval", Store::Inline(&TIMESPEC64), Kind::Int),
    field("it_value", Store::Inline(&TIMESPEC64), Kind::Int),
]);
const TICKS: Kind = Kind::With(|_, raw| ticks(raw));
static TMS: Struct = Struct::new(&[
    field("tms_utime", Store::SWord, TICKS),
    field("tms_stime", Store::SWord, TICKS),
    field("tms_cutime", Store::SWord, TICKS),
    field("tms_cstime", Store::SWord, TICKS),
]);

/// What is left of a sleep: only an interrupted one says.
fn remaining(cx: &mut Cx<'_>, raw: u64, layout: &'static Struct) -> Value {
    match cx.outcome {
        Some(Outcome::Failed(errno)) if matches!(errno.as_raw(), 512..=514 | 516) => {
            cx.structure(raw, layout)
        }
        _ => Value::Addr(raw),
    }
}

/// The same of `clock_nanosleep`, where a sleep until a point in time leaves nothing.
fn clock_remaining(cx: &mut Cx<'_>, raw: u64, layout: &'static Struct) -> Value {
    if cx.int(1) != 0 { Value::Addr(raw) } else { remaining(cx, raw, layout) }
}

const REM: Kind = Kind::With(|cx, raw| remaining(cx, raw, &TIMESPEC));
const CLOCK_REM: Kind = Kind::With(|cx, raw| clock_remaining(cx, raw, &TIMESPEC));
const CLOCK_REM64: Kind = Kind::With(|cx, raw| clock_remaining(cx, raw, &TIMESPEC64));
const ID: Kind = Kind::Const(&CLOCK);
const FLAGS: Kind = Kind::Flags(&TIMER_FLAGS);
const TS: Kind = Kind::Ref(&TIMESPEC);
const TS64: Kind = Kind::Ref(&TIMESPEC64);
const ITS: Kind = Kind::Ref(&ITIMERSPEC);
const ITS64: Kind = Kind::Ref(&ITIMERSPEC64);
const ITV: Kind = Kind::Ref(&ITIMERVAL);
/// A `time_t` with its date.
const SECOND: Kind =
    Kind::Cell(Store::SWord, &Kind::With(|_, raw| noted(Value::Int(raw as i64), raw as i64, 0, 0)));
const NONE: Class = Class::empty();

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new("nanosleep", both(35, 162), NONE, &[arg("req", TS), late("rem", REM)]),
    Row::new(
        "clock_nanosleep",
        both(230, 267),
        NONE,
        &[arg("clockid", ID), arg("flags", FLAGS), arg("request", TS), late("remain", CLOCK_REM)],
    ),
    Row::new(
        "clock_nanosleep_time64",
        only32(407),
        NONE,
        &[arg("clockid", ID), arg("flags", FLAGS), arg("request", TS64), late("remain", CLOCK_REM64)],
    ),
    Row::new("clock_gettime", both(228, 265), Class::CLOCK, &[arg("clockid", ID), out("tp", TS)]),
    Row::new("clock_gettime64", only32(403), Class::CLOCK, &[arg("clockid", ID), out("tp", TS64)]),
    Row::new("clock_settime", both(227, 264), Class::CLOCK, &[arg("clockid", ID), arg("tp", TS)]),
    Row::new("clock_settime64", only32(404), Class::CLOCK, &[arg("clockid", ID), arg("tp", TS64)]),
    Row::new("clock_getres", both(229, 266), Class::CLOCK, &[arg("clockid", ID), out("res", TS)]),
    Row::new("clock_getres_time64", only32(406), Class::CLOCK, &[arg("clockid", ID), out("res", TS64)]),
    Row::new(
        "gettimeofday",
        both(96, 78),
        Class::CLOCK,
        &[out("tv", Kind::Ref(&TIMEVAL)), out("tz", Kind::Ref(&TIMEZONE))],
    ),
    Row::new(
        "settimeofday",
        both(164, 79),
        Class::CLOCK,
        &[arg("tv", Kind::Ref(&TIMEVAL)), arg("tz", Kind::Ref(&TIMEZONE))],
    ),
    Row::new("times", both(100, 43), NONE, &[out("buf", Kind::Ref(&TMS))]),
    Row::new("alarm", both(37, 27), NONE, &[arg("seconds", Kind::Uint)]),
    Row::new("getitimer", both(36, 105), NONE, &[arg("which", Kind::Const(&ITIMER)), out("curr_value", ITV)]),
    Row::new(
        "setitimer",
        both(38, 104),
        NONE,
        &[arg("which", Kind::Const(&ITIMER)), arg("new_value", ITV), out("old_value", ITV)],
    ),
    Row::new(
        "timer_settime",
        both(223, 260),
        NONE,
        &[arg("timerid", Kind::Int), arg("flags", FLAGS), arg("new_value", ITS), out("old_value", ITS)],
    ),
    Row::new(
        "timer_settime64",
        only32(409),
        NONE,
        &[arg("timerid", Kind::Int), arg("flags", FLAGS), arg("new_value", ITS64), out("old_value", ITS64)],
    ),
    Row::new("timer_gettime", both(224, 261), NONE, &[arg("timerid", Kind::Int), out("curr_value", ITS)]),
    Row::new("timer_gettime64", only32(408), NONE, &[arg("timerid", Kind::Int), out("curr_value", ITS64)]),
    Row::new("timer_getoverrun", both(225, 262), NONE, &[arg("timerid", Kind::Int)]),
    Row::new("timer_delete", both(226, 263), NONE, &[arg("timerid", Kind::Int)]),
    Row::new("pause", both(34, 29), Class::SIGNAL, &[]),
    Row::new("time", both(201, 13), Class::CLOCK, &[out("tloc", SECOND)])
        .aux(|cx| Some(Value::Word(0, date(cx.result() as i64, 0, 0)?.into()))),
    Row::new("stime", only32(25), Class::CLOCK, &[arg("t", SECOND)]),
    Row::new(
        "timer_create",
        both(222, 259),
        NONE,
        &[
            arg("clockid", ID),
            arg("sevp", Kind::With(sigevent)),
            out("timerid", Kind::Cell(Store::I32, &Kind::Int)),
        ],
    ),
];
