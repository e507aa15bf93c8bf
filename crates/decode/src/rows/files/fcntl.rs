//! `fcntl`: what is done to a descriptor, told by the second argument.

use super::args::{FD, OPEN_FLAGS, follows, open_flags, shown, word};
use super::names_event::{FCNTL, FD_FLAGS, FLOCK, LOCK_TYPE, NOTIFY, SEALS};
use super::names_open::WHENCE;
use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::Store;
use crate::row::{Arg, Class, Ret, Row, arg, both, only32};
use crate::table::Table;
use crate::value::Value;

const ARGS: &[Arg] = &[FD, arg("cmd", Kind::Const(&FCNTL)), arg("arg", Kind::With(argument))];

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new("fcntl", both(72, 55), Class::DESC, ARGS).ret(Ret::Decoded(result)).aux(meaning),
    Row::new("fcntl64", only32(221), Class::DESC, ARGS).ret(Ret::Decoded(result)).aux(meaning),
    Row::new("flock", both(73, 143), Class::DESC, &[FD, arg("operation", Kind::Flags(&FLOCK))]),
];

const F_DUPFD: i32 = 0;
const F_GETFD: i32 = 1;
const F_SETFD: i32 = 2;
const F_GETFL: i32 = 3;
const F_SETFL: i32 = 4;
const F_GETLK: i32 = 5;
const F_SETLK: i32 = 6;
const F_SETLKW: i32 = 7;
const F_SETOWN: i32 = 8;
const F_GETOWN: i32 = 9;
const F_SETSIG: i32 = 10;
const F_GETSIG: i32 = 11;
const F_GETLK64: i32 = 12;
const F_SETLK64: i32 = 13;
const F_SETLKW64: i32 = 14;
const F_SETOWN_EX: i32 = 15;
const F_GETOWN_EX: i32 = 16;
const F_OFD_GETLK: i32 = 36;
const F_OFD_SETLK: i32 = 37;
const F_OFD_SETLKW: i32 = 38;
const F_SETLEASE: i32 = 1024;
const F_GETLEASE: i32 = 1025;
const F_NOTIFY: i32 = 1026;
const F_DUPFD_CLOEXEC: i32 = 1030;
const F_SETPIPE_SZ: i32 = 1031;
const F_GETPIPE_SZ: i32 = 1032;
const F_ADD_SEALS: i32 = 1033;
const F_GET_SEALS: i32 = 1034;
const F_GET_RW_HINT: i32 = 1035;
const F_SET_RW_HINT: i32 = 1036;
const F_GET_FILE_RW_HINT: i32 = 1037;
const F_SET_FILE_RW_HINT: i32 = 1038;

static OWNER: Table =
    Table::new("F_OWNER_???", &[(0, "F_OWNER_TID"), (1, "F_OWNER_PID"), (2, "F_OWNER_PGRP")]);

static RW_HINT: Table = Table::new(
    "RWH_WRITE_LIFE_???",
    &[
        (0, "RWH_WRITE_LIFE_NOT_SET"),
        (1, "RWH_WRITE_LIFE_NONE"),
        (2, "RWH_WRITE_LIFE_SHORT"),
        (3, "RWH_WRITE_LIFE_MEDIUM"),
        (4, "RWH_WRITE_LIFE_LONG"),
        (5, "RWH_WRITE_LIFE_EXTREME"),
    ],
);

static RW_HINT_KIND: Kind = Kind::Const(&RW_HINT);

/// The third argument, if the command has one.
fn argument(cx: &mut Cx<'_>, raw: u64) -> Value {
    let exit = |cx: &mut Cx<'_>, f: fn(&mut Cx<'_>, u64) -> Value| {
        if cx.entering() {
            Value::Later
        } else if cx.failed() {
            Value::Addr(raw)
        } else {
            f(cx, raw)
        }
    };
    match cx.int(1) {
        // `fcntl64` is there for them.
        F_GETLK64 | F_SETLK64 | F_SETLKW64 if cx.row.name == "fcntl" => Value::Addr(raw),
        F_GETFD | F_GETFL | F_GETOWN | F_GETSIG | F_GETLEASE | F_GETPIPE_SZ | F_GET_SEALS => Value::Absent,
        F_DUPFD | F_DUPFD_CLOEXEC | F_SETPIPE_SZ => cx.decode(&Kind::Long, raw),
        F_SETFD => cx.decode(&Kind::Flags(&FD_FLAGS), raw),
        F_SETFL => cx.decode(&OPEN_FLAGS, raw),
        F_SETOWN => cx.pid(raw),
        F_SETSIG => cx.decode(&Kind::Signal, raw),
        F_SETLEASE => cx.decode(&Kind::Const(&LOCK_TYPE), raw),
        F_NOTIFY => cx.decode(&Kind::Flags(&NOTIFY), raw),
        F_ADD_SEALS => cx.decode(&Kind::Flags(&SEALS), raw),
        F_SETLK | F_SETLKW => lock(cx, raw, Store::SWord, false),
        F_GETLK => exit(cx, |cx, raw| lock(cx, raw, Store::SWord, true)),
        F_SETLK64 | F_SETLKW64 | F_OFD_SETLK | F_OFD_SETLKW => lock(cx, raw, Store::U64, false),
        F_GETLK64 | F_OFD_GETLK => exit(cx, |cx, raw| lock(cx, raw, Store::U64, true)),
        F_SETOWN_EX => owner(cx, raw),
        F_GETOWN_EX => exit(cx, owner),
        F_SET_RW_HINT | F_SET_FILE_RW_HINT if FCNTL.name(1036).is_some() => hint(cx, raw),
        F_GET_RW_HINT | F_GET_FILE_RW_HINT if FCNTL.name(1036).is_some() => exit(cx, hint),
        _ => cx.decode(&Kind::Hex, raw),
    }
}

fn hint(cx: &mut Cx<'_>, addr: u64) -> Value {
    cx.cell(addr, Store::U64, &RW_HINT_KIND)
}

/// `struct flock`, with positions of the ABI's size or of 64 bits.
fn lock(cx: &mut Cx<'_>, addr: u64, store: Store, with_pid: bool) -> Value {
    let (step, align) = (store.size(cx.abi) as u64, store.align(cx.abi) as u64);
    let first = 4u64.next_multiple_of(align);
    let at = |offset: u64| addr.wrapping_add(offset);
    let (Some(kind), Some(whence), Some(start), Some(len), Some(pid), true) = (
        cx.load(addr, Store::U16),
        cx.load(at(2), Store::U16),
        cx.load(at(first), store),
        cx.load(at(first + step), store),
        cx.load(at(first + 2 * step), Store::I32),
        follows(cx, addr),
    ) else {
        return Value::Addr(addr);
    };
    let mut fields = vec![
        ("l_type", Value::Const(kind, &LOCK_TYPE)),
        ("l_whence", Value::Const(whence, &WHENCE)),
        ("l_start", Value::Int(start as i64)),
        ("l_len", Value::Int(len as i64)),
    ];
    if with_pid {
        fields.push(("l_pid", cx.pid(pid)));
    }
    Value::record(fields)
}

/// `struct f_owner_ex`.
fn owner(cx: &mut Cx<'_>, addr: u64) -> Value {
    let (Some(kind), Some(pid), true) =
        (cx.load(addr, Store::U32), cx.load(addr.wrapping_add(4), Store::I32), follows(cx, addr))
    else {
        return Value::Addr(addr);
    };
    Value::record(vec![("type", Value::Const(kind, &OWNER)), ("pid", cx.pid(pid))])
}

/// The result: a descriptor, flags in hexadecimal, or a number.
fn result(cx: &mut Cx<'_>) -> Option<Value> {
    let value = cx.result();
    match cx.int(1) {
        F_DUPFD | F_DUPFD_CLOEXEC => Some(cx.fd(value)),
        F_GETOWN => Some(cx.pid(value)),
        F_GETFD | F_GETFL | F_GETLEASE | F_GET_SEALS => Some(Value::Hex(value)),
        _ => None,
    }
}

/// What the result means.
fn meaning(cx: &mut Cx<'_>) -> Option<Value> {
    if cx.failed() || cx.entering() {
        return None;
    }
    let value = cx.result();
    let titled = |title, value| Some(Value::Titled(title, Box::new(value)));
    match cx.int(1) {
        F_GETFD if value & 1 != 0 => titled("flags ", Value::Flags(value, &FD_FLAGS)),
        F_GETFD if value != 0 => titled("flags ", Value::Hex(value)),
        F_GETFL => Some(word(format!("flags {}", shown(&open_flags(value & 0xffff_ffff))))),
        F_GET_SEALS if value != 0 => titled("seals ", Value::Flags(value, &SEALS)),
        F_GETLEASE => LOCK_TYPE.name(value).map(word),
        F_GETSIG if value != 0 => Some(Value::Signal(value as i64)),
        _ => None,
    }
}
