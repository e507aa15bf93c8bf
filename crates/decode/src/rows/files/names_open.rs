//! Named constants of opening and naming files, in the order strace names them.

use crate::table::Table;

/// Names of `O_*`.
pub(in crate::rows) static OPEN: Table = Table::new(
    "O_???",
    &[
        (0x40, "O_CREAT"),
        (0x80, "O_EXCL"),
        (0x100, "O_NOCTTY"),
        (0x200, "O_TRUNC"),
        (0x400, "O_APPEND"),
        (0x800, "O_NONBLOCK"),
        (0x101000, "O_SYNC"),
        (0x100000, "__O_SYNC"),
        (0x1000, "O_DSYNC"),
        (0x4000, "O_DIRECT"),
        (0x8000, "O_LARGEFILE"),
        (0x20000, "O_NOFOLLOW"),
        (0x40000, "O_NOATIME"),
        (0x80000, "O_CLOEXEC"),
        (0x200000, "O_PATH"),
        (0x410000, "O_TMPFILE"),
        (0x400000, "__O_TMPFILE"),
        (0x10000, "O_DIRECTORY"),
        (0x2000, "FASYNC"),
    ],
);

/// Names of `*_OK`.
pub(super) static ACCESS: Table =
    Table::new("?_OK", &[(0x0, "F_OK"), (0x4, "R_OK"), (0x2, "W_OK"), (0x1, "X_OK")]);

pub(super) use crate::rows::common::AT;

/// Names of `AT_*`.
pub(super) static AT_ACCESS: Table =
    Table::new("AT_???", &[(0x100, "AT_SYMLINK_NOFOLLOW"), (0x200, "AT_EACCESS"), (0x1000, "AT_EMPTY_PATH")]);

/// Names of `STATX_*`.
pub(super) static STATX_MASK: Table = Table::new(
    "STATX_???",
    &[
        (0xfff, "STATX_ALL"),
        (0x7ff, "STATX_BASIC_STATS"),
        (0x1, "STATX_TYPE"),
        (0x2, "STATX_MODE"),
        (0x4, "STATX_NLINK"),
        (0x8, "STATX_UID"),
        (0x10, "STATX_GID"),
        (0x20, "STATX_ATIME"),
        (0x40, "STATX_MTIME"),
        (0x80, "STATX_CTIME"),
        (0x100, "STATX_INO"),
        (0x200, "STATX_SIZE"),
        (0x400, "STATX_BLOCKS"),
        (0x800, "STATX_BTIME"),
        (0x1000, "STATX_MNT_ID"),
        (0x2000, "STATX_DIOALIGN"),
    ],
);

/// Names of `AT_*`.
pub(super) static STATX_FLAGS: Table = Table::new(
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

/// Names of `AT_*`.
pub(super) static NAME_HANDLE: Table =
    Table::new("AT_???", &[(0x400, "AT_SYMLINK_FOLLOW"), (0x1000, "AT_EMPTY_PATH")]);

/// Names of `RENAME_*`.
pub(super) static RENAME: Table =
    Table::new("RENAME_??", &[(0x1, "RENAME_NOREPLACE"), (0x2, "RENAME_EXCHANGE"), (0x4, "RENAME_WHITEOUT")]);

/// Names of `FALLOC_FL_*`.
pub(super) static FALLOC: Table = Table::new(
    "FALLOC_FL_???",
    &[
        (0x1, "FALLOC_FL_KEEP_SIZE"),
        (0x2, "FALLOC_FL_PUNCH_HOLE"),
        (0x4, "FALLOC_FL_NO_HIDE_STALE"),
        (0x8, "FALLOC_FL_COLLAPSE_RANGE"),
        (0x10, "FALLOC_FL_ZERO_RANGE"),
        (0x20, "FALLOC_FL_INSERT_RANGE"),
        (0x40, "FALLOC_FL_UNSHARE_RANGE"),
    ],
);

/// Names of `SEEK_*`.
pub(super) static WHENCE: Table = Table::new(
    "SEEK_???",
    &[(0x0, "SEEK_SET"), (0x1, "SEEK_CUR"), (0x2, "SEEK_END"), (0x3, "SEEK_DATA"), (0x4, "SEEK_HOLE")],
);

/// Names of `POSIX_FADV_*`.
pub(super) static FADVISE: Table = Table::new(
    "POSIX_FADV_???",
    &[
        (0x0, "POSIX_FADV_NORMAL"),
        (0x1, "POSIX_FADV_RANDOM"),
        (0x2, "POSIX_FADV_SEQUENTIAL"),
        (0x3, "POSIX_FADV_WILLNEED"),
        (0x4, "POSIX_FADV_DONTNEED"),
        (0x5, "POSIX_FADV_NOREUSE"),
    ],
);

/// Names of `CLOSE_RANGE_*`.
pub(super) static CLOSE_RANGE: Table =
    Table::new("CLOSE_RANGE_???", &[(0x2, "CLOSE_RANGE_UNSHARE"), (0x4, "CLOSE_RANGE_CLOEXEC")]);

/// Names of `RESOLVE_*`.
pub(super) static RESOLVE: Table = Table::new(
    "RESOLVE_???",
    &[
        (0x1, "RESOLVE_NO_XDEV"),
        (0x2, "RESOLVE_NO_MAGICLINKS"),
        (0x4, "RESOLVE_NO_SYMLINKS"),
        (0x8, "RESOLVE_BENEATH"),
        (0x10, "RESOLVE_IN_ROOT"),
        (0x20, "RESOLVE_CACHED"),
    ],
);
