//! Reading, writing and moving data through descriptors.

use super::args::{FD, HIGH, OPEN_BITS, POSITION, UWIDE1, WIDE1, WIDE2, WIDE3, WIDE4};
use super::names_mount::{RWF, SPLICE, SYNC_RANGE};
use super::names_open::{CLOSE_RANGE, FADVISE, FALLOC, WHENCE};
use crate::context::Cx;
use crate::kind::{Kind, Len};
use crate::layout::Store;
use crate::row::{Arg, Class, Ret, Row, arg, both, late, only32, only64, out};
use crate::value::Value;

const READ: Arg = out("buf", Kind::Bytes(Len::Ret));
const WRITE: Arg = arg("buf", Kind::Bytes(Len::Arg(2)));
const COUNT: Arg = arg("count", Kind::Ulong);
const OFFSET: Arg = arg("offset", Kind::Int64);
const IOV_IN: Arg = late("iov", Kind::With(read_iovec));
const IOV_OUT: Arg = arg("iov", Kind::With(write_iovec));
const IOVCNT: Arg = arg("iovcnt", Kind::Ulong);
const RWF_FLAGS: Arg = arg("flags", Kind::Flags(&RWF));

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new("read", both(0, 3), Class::DESC, &[FD, READ, COUNT]),
    Row::new("write", both(1, 4), Class::DESC, &[FD, WRITE, COUNT]),
    Row::new("pread64", only64(17), Class::DESC, &[FD, READ, COUNT, OFFSET]),
    Row::new("pwrite64", only64(18), Class::DESC, &[FD, WRITE, COUNT, OFFSET]),
    Row::new("pread64", only32(180), Class::DESC, &[FD, READ, COUNT, arg("offset", WIDE3), HIGH]),
    Row::new("pwrite64", only32(181), Class::DESC, &[FD, WRITE, COUNT, arg("offset", WIDE3), HIGH]),
    Row::new("readv", both(19, 145), Class::DESC, &[FD, IOV_IN, IOVCNT]),
    Row::new("writev", both(20, 146), Class::DESC, &[FD, IOV_OUT, IOVCNT]),
    Row::new("preadv", only64(295), Class::DESC, &[FD, IOV_IN, IOVCNT, OFFSET]),
    Row::new("pwritev", only64(296), Class::DESC, &[FD, IOV_OUT, IOVCNT, OFFSET]),
    Row::new("preadv", only32(333), Class::DESC, &[FD, IOV_IN, IOVCNT, arg("offset", WIDE3), HIGH]),
    Row::new("pwritev", only32(334), Class::DESC, &[FD, IOV_OUT, IOVCNT, arg("offset", WIDE3), HIGH]),
    Row::new("preadv2", only64(327), Class::DESC, &[FD, IOV_IN, IOVCNT, OFFSET, HIGH, RWF_FLAGS]),
    Row::new("pwritev2", only64(328), Class::DESC, &[FD, IOV_OUT, IOVCNT, OFFSET, HIGH, RWF_FLAGS]),
    Row::new(
        "preadv2",
        only32(378),
        Class::DESC,
        &[FD, IOV_IN, IOVCNT, arg("offset", WIDE3), HIGH, RWF_FLAGS],
    ),
    Row::new(
        "pwritev2",
        only32(379),
        Class::DESC,
        &[FD, IOV_OUT, IOVCNT, arg("offset", WIDE3), HIGH, RWF_FLAGS],
    ),
    Row::new(
        "lseek",
        both(8, 19),
        Class::DESC,
        &[FD, arg("offset", Kind::Long), arg("whence", Kind::Const(&WHENCE))],
    ),
    Row::new(
        "_llseek",
        only32(140),
        Class::DESC,
        &[
            FD,
            arg(
                "offset",
                Kind::With(|cx, high| Value::Int(((high << 32) | (cx.args[2] & 0xffff_ffff)) as i64)),
            ),
            HIGH,
            out("result", Kind::Cell(Store::U64, &Kind::With(|_, raw| Value::Uint(raw)))),
            arg("whence", Kind::Const(&WHENCE)),
        ],
    ),
    Row::new("close", both(3, 6), Class::DESC, &[FD]),
    Row::new(
        "close_range",
        both(436, 436),
        Class::DESC,
        &[arg("first", Kind::Uint), arg("last", Kind::Uint), arg("flags", Kind::Flags(&CLOSE_RANGE))],
    ),
    Row::new("dup", both(32, 41), Class::DESC, &[FD]).ret(Ret::Fd),
    Row::new("dup2", both(33, 63), Class::DESC, &[FD, arg("newfd", Kind::Fd)]).ret(Ret::Fd),
    Row::new("dup3", both(292, 330), Class::DESC, &[FD, arg("newfd", Kind::Fd), arg("flags", OPEN_BITS)])
        .ret(Ret::Fd),
    Row::new(
        "pipe",
        both(22, 42),
        Class::DESC,
        &[out("pipefd", Kind::Cells(Store::I32, &Kind::Fd, Len::Fixed(2)))],
    ),
    Row::new(
        "pipe2",
        both(293, 331),
        Class::DESC,
        &[out("pipefd", Kind::Cells(Store::I32, &Kind::Fd, Len::Fixed(2))), arg("flags", OPEN_BITS)],
    ),
    Row::new(
        "sendfile",
        only64(40),
        Class::DESC.union(Class::NETWORK),
        &[arg("out_fd", Kind::Fd), arg("in_fd", Kind::Fd), arg("offset", Kind::With(moving64)), COUNT],
    ),
    Row::new(
        "sendfile",
        only32(187),
        Class::DESC.union(Class::NETWORK),
        &[arg("out_fd", Kind::Fd), arg("in_fd", Kind::Fd), arg("offset", Kind::With(moving32)), COUNT],
    ),
    Row::new(
        "sendfile64",
        only32(239),
        Class::DESC.union(Class::NETWORK),
        &[arg("out_fd", Kind::Fd), arg("in_fd", Kind::Fd), arg("offset", Kind::With(moving64)), COUNT],
    ),
    Row::new(
        "splice",
        both(275, 313),
        Class::DESC,
        &[
            arg("fd_in", Kind::Fd),
            arg("off_in", POSITION),
            arg("fd_out", Kind::Fd),
            arg("off_out", POSITION),
            arg("len", Kind::Ulong),
            arg("flags", Kind::Flags(&SPLICE)),
        ],
    ),
    Row::new(
        "tee",
        both(276, 315),
        Class::DESC,
        &[
            arg("fd_in", Kind::Fd),
            arg("fd_out", Kind::Fd),
            arg("len", Kind::Ulong),
            arg("flags", Kind::Flags(&SPLICE)),
        ],
    ),
    Row::new(
        "vmsplice",
        both(278, 316),
        Class::DESC,
        &[FD, IOV_OUT, arg("nr_segs", Kind::Ulong), arg("flags", Kind::Flags(&SPLICE))],
    ),
    Row::new(
        "copy_file_range",
        both(326, 377),
        Class::DESC,
        &[
            arg("fd_in", Kind::Fd),
            arg("off_in", POSITION),
            arg("fd_out", Kind::Fd),
            arg("off_out", POSITION),
            arg("len", Kind::Ulong),
            arg("flags", Kind::Uint),
        ],
    ),
    Row::new("sync", both(162, 36), Class::empty(), &[]),
    Row::new("syncfs", both(306, 344), Class::DESC, &[FD]),
    Row::new("fsync", both(74, 118), Class::DESC, &[FD]),
    Row::new("fdatasync", both(75, 148), Class::DESC, &[FD]),
    Row::new(
        "sync_file_range",
        only64(277),
        Class::DESC,
        &[FD, OFFSET, arg("nbytes", Kind::Int64), arg("flags", Kind::Flags(&SYNC_RANGE))],
    ),
    Row::new(
        "sync_file_range",
        only32(314),
        Class::DESC,
        &[FD, arg("offset", WIDE1), HIGH, arg("nbytes", WIDE3), HIGH, arg("flags", Kind::Flags(&SYNC_RANGE))],
    ),
    Row::new(
        "fadvise64",
        only64(221),
        Class::DESC,
        &[FD, OFFSET, arg("len", Kind::Ulong), arg("advice", Kind::Const(&FADVISE))],
    ),
    Row::new(
        "fadvise64",
        only32(250),
        Class::DESC,
        &[FD, arg("offset", WIDE1), HIGH, arg("len", Kind::Ulong), arg("advice", Kind::Const(&FADVISE))],
    ),
    Row::new(
        "fadvise64_64",
        only32(272),
        Class::DESC,
        &[FD, arg("offset", WIDE1), HIGH, arg("len", WIDE3), HIGH, arg("advice", Kind::Const(&FADVISE))],
    ),
    Row::new("readahead", only64(187), Class::DESC, &[FD, OFFSET, COUNT]),
    Row::new("readahead", only32(225), Class::DESC, &[FD, arg("offset", WIDE1), HIGH, COUNT]),
    Row::new(
        "fallocate",
        only64(285),
        Class::DESC,
        &[FD, arg("mode", Kind::Flags(&FALLOC)), OFFSET, arg("len", Kind::Int64)],
    ),
    Row::new(
        "fallocate",
        only32(324),
        Class::DESC,
        &[FD, arg("mode", Kind::Flags(&FALLOC)), arg("offset", WIDE2), HIGH, arg("len", WIDE4), HIGH],
    ),
    Row::new("truncate", both(76, 92), Class::FILE, &[super::args::PATH, arg("length", Kind::Ulong)]),
    Row::new("ftruncate", both(77, 93), Class::DESC, &[FD, arg("length", Kind::Ulong)]),
    Row::new("truncate64", only32(193), Class::FILE, &[super::args::PATH, arg("length", UWIDE1), HIGH]),
    Row::new("ftruncate64", only32(194), Class::DESC, &[FD, arg("length", UWIDE1), HIGH]),
];

/// Whether so many vectors cannot lie in an address space.
fn too_many(count: u64) -> bool {
    count.checked_mul(16).is_none()
}

/// The vectors of a write, with the data to be written.
fn write_iovec(cx: &mut Cx<'_>, addr: u64) -> Value {
    let count = cx.args[2];
    if too_many(count) { Value::Addr(addr) } else { cx.iovec(addr, count, u64::MAX) }
}

/// The vectors of a read: with the data that was read, or with addresses if none was.
fn read_iovec(cx: &mut Cx<'_>, addr: u64) -> Value {
    let count = cx.args[2];
    if too_many(count) {
        return Value::Addr(addr);
    }
    if !cx.failed() {
        let limit = cx.result();
        return cx.iovec(addr, count, limit);
    }
    let word = cx.abi.word_size() as u64;
    cx.elements(addr, 2 * word, count, |cx, at| {
        let base = cx.load(at, Store::Word)?;
        let len = cx.load(at.wrapping_add(word), Store::Word)?;
        Some(Value::record(vec![("iov_base", Value::Addr(base)), ("iov_len", Value::Uint(len))]))
    })
}

/// A file position that the call moves: `[0] => [512]`.
fn moving(cx: &mut Cx<'_>, addr: u64, store: Store, kind: &'static Kind) -> Value {
    let now = cx.cell(addr, store, kind);
    if cx.entering() {
        return match cx.load(addr, store) {
            Some(before) => {
                cx.saved[2] = before;
                Value::Later
            }
            None => now,
        };
    }
    let before = Value::array(vec![cx.decode(kind, cx.saved[2])]);
    if cx.result() == 0 { before } else { Value::Changed(Box::new(before), Box::new(now)) }
}

const UNSIGNED: Kind = Kind::With(|_, raw| Value::Uint(raw));

fn moving64(cx: &mut Cx<'_>, addr: u64) -> Value {
    moving(cx, addr, Store::U64, &UNSIGNED)
}

fn moving32(cx: &mut Cx<'_>, addr: u64) -> Value {
    moving(cx, addr, Store::Word, &Kind::Ulong)
}
