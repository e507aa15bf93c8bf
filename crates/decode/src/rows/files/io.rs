//! Reading and writing through descriptors.

use crate::kind::{Kind, Len};
use crate::row::{Class, Row, arg, both, out};

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new(
        "read",
        both(0, 3),
        Class::DESC,
        &[arg("fd", Kind::Fd), out("buf", Kind::Bytes(Len::Ret)), arg("count", Kind::Ulong)],
    ),
    Row::new(
        "write",
        both(1, 4),
        Class::DESC,
        &[arg("fd", Kind::Fd), arg("buf", Kind::Bytes(Len::Arg(2))), arg("count", Kind::Ulong)],
    ),
    Row::new("close", both(3, 6), Class::DESC, &[arg("fd", Kind::Fd)]),
];
