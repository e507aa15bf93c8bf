//! Calls that came with Linux 6.5 and later; strace 6.1 does not know them.

use super::args::{DIRFD, FD, PATH};
use super::names_open::AT;
use crate::kind::{Kind, Len};
use crate::layout::{Store, Struct, field};
use crate::row::{Arg, Class, Ret, Row, arg, both, out};
use crate::value::Value;

const FILE_DESC: Class = Class::FILE.union(Class::DESC);
const FLAGS: Arg = arg("flags", Kind::Flags(&AT));
const UINT: Arg = arg("flags", Kind::Hex32);
const ARGS: Arg = arg("uargs", Kind::Addr);
const SIZE: Arg = arg("usize", Kind::Ulong);

const NUMBER: Kind = Kind::With(|_, raw| Value::Uint(raw));

/// `struct cachestat_range` and `struct cachestat`, `<linux/mman.h>`.
static RANGE: Struct =
    Struct::new(&[field("off", Store::AlignedU64, NUMBER), field("len", Store::AlignedU64, NUMBER)]);
static CACHE: Struct = Struct::new(&[
    field("nr_cache", Store::AlignedU64, NUMBER),
    field("nr_dirty", Store::AlignedU64, NUMBER),
    field("nr_writeback", Store::AlignedU64, NUMBER),
    field("nr_evicted", Store::AlignedU64, NUMBER),
    field("nr_recently_evicted", Store::AlignedU64, NUMBER),
]);

/// `struct mnt_id_req`, `<linux/mount.h>`.
static MOUNT_ID: Struct = Struct::new(&[
    field("size", Store::U32, Kind::Uint),
    field("spare", Store::U32, Kind::Uint),
    field("mnt_id", Store::AlignedU64, Kind::Hex64),
    field("param", Store::AlignedU64, Kind::Hex64),
]);

static NUMBER_KIND: Kind = Kind::Hex64;

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new(
        "cachestat",
        both(451, 451),
        Class::DESC,
        &[FD, arg("cstat_range", Kind::Ref(&RANGE)), out("cstat", Kind::Ref(&CACHE)), UINT],
    ),
    Row::new(
        "statmount",
        both(457, 457),
        Class::empty(),
        &[arg("req", Kind::Ref(&MOUNT_ID)), arg("buf", Kind::Addr), arg("bufsize", Kind::Ulong), UINT],
    ),
    Row::new(
        "listmount",
        both(458, 458),
        Class::empty(),
        &[
            arg("req", Kind::Ref(&MOUNT_ID)),
            out("mnt_ids", Kind::Cells(Store::AlignedU64, &NUMBER_KIND, Len::Ret)),
            arg("nr_mnt_ids", Kind::Ulong),
            UINT,
        ],
    ),
    Row::new(
        "setxattrat",
        both(463, 463),
        FILE_DESC,
        &[DIRFD, PATH, FLAGS, arg("name", Kind::Str), ARGS, SIZE],
    ),
    Row::new(
        "getxattrat",
        both(464, 464),
        FILE_DESC,
        &[DIRFD, PATH, FLAGS, arg("name", Kind::Str), ARGS, SIZE],
    ),
    Row::new(
        "listxattrat",
        both(465, 465),
        FILE_DESC,
        &[DIRFD, PATH, FLAGS, out("list", Kind::Bytes(Len::Ret)), arg("size", Kind::Ulong)],
    ),
    Row::new("removexattrat", both(466, 466), FILE_DESC, &[DIRFD, PATH, FLAGS, arg("name", Kind::Str)]),
    Row::new(
        "open_tree_attr",
        both(467, 467),
        FILE_DESC,
        &[
            DIRFD,
            PATH,
            arg("flags", Kind::Flags(&super::names_mount::OPEN_TREE)),
            arg("uattr", Kind::Addr),
            SIZE,
        ],
    )
    .ret(Ret::Fd),
    Row::new(
        "file_getattr",
        both(468, 468),
        FILE_DESC,
        &[DIRFD, PATH, arg("ufattr", Kind::Addr), SIZE, FLAGS],
    ),
    Row::new(
        "file_setattr",
        both(469, 469),
        FILE_DESC,
        &[DIRFD, PATH, arg("ufattr", Kind::Addr), SIZE, FLAGS],
    ),
];
