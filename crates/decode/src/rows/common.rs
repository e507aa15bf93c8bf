//! Structures and arguments that several families share.

use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::{Store, Struct, field};
use crate::table::Table;
use crate::value::Value;
use lariat_abi::Abi;
use std::borrow::Cow;
use std::fmt::Write;

/// `struct timespec` with the ABI's `long`: `__kernel_old_timespec`.
pub static TIMESPEC: Struct =
    Struct::new(&[field("tv_sec", Store::SWord, Kind::Long), field("tv_nsec", Store::Word, Kind::Ulong)]);

/// `struct __kernel_timespec`: 64 bits under every ABI (the `_time64` calls of i386).
pub static TIMESPEC64: Struct = Struct::new(&[
    field("tv_sec", Store::U64, Kind::Int64),
    field("tv_nsec", Store::U64, Kind::With(|_, raw| Value::Uint(raw))),
]);

/// `struct timeval` with the ABI's `long`.
pub static TIMEVAL: Struct =
    Struct::new(&[field("tv_sec", Store::SWord, Kind::Long), field("tv_usec", Store::Word, Kind::Ulong)]);

/// The 64-bit number in arguments `lo` and `lo + 1` of an i386 call, low word first. (On x86-64 such a
/// number is one argument, and the call has a row of its own.)
#[must_use]
pub fn wide_argument(cx: &Cx<'_>, lo: usize) -> u64 {
    debug_assert_eq!(cx.abi, Abi::I386);
    (cx.args[lo] & 0xffff_ffff) | (cx.args[lo + 1] << 32)
}

/// Bytes that are never text, cut at the string limit: `"\x7f\x00"`.
#[must_use]
pub fn hexadecimal(cx: &Cx<'_>, bytes: &[u8]) -> String {
    let limit = cx.env.options.string_limit;
    let mut text = String::from("\"");
    for byte in bytes.iter().take(limit) {
        // A `String` takes everything.
        let _ = write!(text, "\\x{byte:02x}");
    }
    text.push('"');
    if bytes.len() > limit {
        text.push_str("...");
    }
    text
}

/// The bytes of a structure beyond the `known` ones, up to the `size` the tracee says it has, unless they are
/// all zero: structures grow, and the kernel refuses what it does not know.
#[must_use]
pub fn tail(cx: &Cx<'_>, addr: u64, known: u64, size: u64) -> Option<(Cow<'static, str>, Value)> {
    /// The kernel takes no structure larger than a page.
    const LARGEST: u64 = 4096;
    let end = size.min(LARGEST);
    let len = end.checked_sub(known).filter(|&len| len > 0)?;
    let bytes = cx.read(addr.wrapping_add(known), len as usize)?;
    if size <= LARGEST && bytes.iter().all(|&b| b == 0) {
        return None;
    }
    let text = format!("/* bytes {known}..{} */ {}", end - 1, hexadecimal(cx, &bytes));
    Some((Cow::Borrowed(""), Value::Word(0, Cow::Owned(text))))
}

/// Names of clocks: `<linux/time.h>`.
pub static CLOCK: Table = Table::new(
    "CLOCK_???",
    &[
        (0, "CLOCK_REALTIME"),
        (1, "CLOCK_MONOTONIC"),
        (2, "CLOCK_PROCESS_CPUTIME_ID"),
        (3, "CLOCK_THREAD_CPUTIME_ID"),
        (4, "CLOCK_MONOTONIC_RAW"),
        (5, "CLOCK_REALTIME_COARSE"),
        (6, "CLOCK_MONOTONIC_COARSE"),
        (7, "CLOCK_BOOTTIME"),
        (8, "CLOCK_REALTIME_ALARM"),
        (9, "CLOCK_BOOTTIME_ALARM"),
        (10, "CLOCK_SGI_CYCLE"),
        (11, "CLOCK_TAI"),
    ],
);

/// Names of `AT_*`.
pub static AT: Table = Table::new(
    "AT_???",
    &[
        (0x100, "AT_SYMLINK_NOFOLLOW"),
        (0x200, "AT_REMOVEDIR"),
        (0x400, "AT_SYMLINK_FOLLOW"),
        (0x800, "AT_NO_AUTOMOUNT"),
        (0x1000, "AT_EMPTY_PATH"),
        (0x8000, "AT_RECURSIVE"),
    ],
);
