//! Structures and arguments that several families share.

use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::{Store, Struct, field};
use crate::table::Table;
use lariat_abi::Abi;

/// `struct timespec` with the ABI's `long`: `__kernel_old_timespec`.
pub static TIMESPEC: Struct =
    Struct::new(&[field("tv_sec", Store::SWord, Kind::Long), field("tv_nsec", Store::SWord, Kind::Long)]);

/// `struct __kernel_timespec`: 64 bits under every ABI (the `_time64` calls of i386).
pub static TIMESPEC64: Struct =
    Struct::new(&[field("tv_sec", Store::U64, Kind::Int64), field("tv_nsec", Store::U64, Kind::Int64)]);

/// `struct timeval` with the ABI's `long`.
pub static TIMEVAL: Struct =
    Struct::new(&[field("tv_sec", Store::SWord, Kind::Long), field("tv_usec", Store::SWord, Kind::Long)]);

/// The 64-bit number in arguments `lo` and `lo + 1` of an i386 call, low word first. (On x86-64 such a
/// number is one argument, and the call has a row of its own.)
#[must_use]
pub fn wide_argument(cx: &Cx<'_>, lo: usize) -> u64 {
    debug_assert_eq!(cx.abi, Abi::I386);
    (cx.args[lo] & 0xffff_ffff) | (cx.args[lo + 1] << 32)
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
