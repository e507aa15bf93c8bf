//! What is known about a file, and about a file system.

use super::args::{DIRFD, FD, PATH, file_mode, follows};
use super::names_magic::MAGIC;
use super::names_open::{AT, STATX_FLAGS, STATX_MASK};
use super::stamp;
use crate::context::{Cx, device};
use crate::kind::Kind;
use crate::layout::Store;
use crate::row::{Class, Row, arg, both, only32, only64, out};
use crate::table::Table;
use crate::value::Value;

const FILE_DESC: Class = Class::FILE.union(Class::DESC);
const STAT_KIND: Kind =
    Kind::With(|cx, addr| stat(cx, addr, if cx.abi.word_size() == 8 { &STAT } else { &STAT32 }));
const STAT64_KIND: Kind = Kind::With(|cx, addr| stat(cx, addr, &STAT64));
const OLDSTAT_KIND: Kind = Kind::With(|cx, addr| stat(cx, addr, &OLDSTAT));
const STATFS_KIND: Kind =
    Kind::With(|cx, addr| statfs(cx, addr, if cx.abi.word_size() == 8 { &STATFS } else { &STATFS32 }));
const STATFS64_KIND: Kind =
    Kind::With(|cx, addr| if cx.args[1] == 84 { statfs(cx, addr, &STATFS64) } else { Value::Addr(addr) });

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new("stat", both(4, 106), Class::FILE.union(Class::STAT), &[PATH, out("statbuf", STAT_KIND)]),
    Row::new("lstat", both(6, 107), Class::FILE.union(Class::LSTAT), &[PATH, out("statbuf", STAT_KIND)]),
    Row::new("fstat", both(5, 108), Class::DESC.union(Class::FSTAT), &[FD, out("statbuf", STAT_KIND)]),
    Row::new("stat64", only32(195), Class::FILE.union(Class::STAT), &[PATH, out("statbuf", STAT64_KIND)]),
    Row::new("lstat64", only32(196), Class::FILE.union(Class::LSTAT), &[PATH, out("statbuf", STAT64_KIND)]),
    Row::new("fstat64", only32(197), Class::DESC.union(Class::FSTAT), &[FD, out("statbuf", STAT64_KIND)]),
    Row::new("oldstat", only32(18), Class::FILE.union(Class::STAT), &[PATH, out("statbuf", OLDSTAT_KIND)]),
    Row::new("oldlstat", only32(84), Class::FILE.union(Class::LSTAT), &[PATH, out("statbuf", OLDSTAT_KIND)]),
    Row::new("oldfstat", only32(28), Class::DESC.union(Class::FSTAT), &[FD, out("statbuf", OLDSTAT_KIND)]),
    Row::new(
        "newfstatat",
        only64(262),
        FILE_DESC.union(Class::STATLIKE),
        &[DIRFD, PATH, out("statbuf", STAT_KIND), arg("flags", Kind::Flags(&AT))],
    ),
    Row::new(
        "fstatat64",
        only32(300),
        FILE_DESC.union(Class::STATLIKE),
        &[DIRFD, PATH, out("statbuf", STAT64_KIND), arg("flags", Kind::Flags(&AT))],
    ),
    Row::new(
        "statx",
        both(332, 383),
        FILE_DESC.union(Class::STATLIKE),
        &[
            DIRFD,
            PATH,
            arg("flags", Kind::With(statx_flags)),
            arg("mask", Kind::Flags(&STATX_MASK)),
            out("statxbuf", Kind::With(statx)),
        ],
    ),
    Row::new("statfs", both(137, 99), Class::FILE.union(Class::STATFS), &[PATH, out("buf", STATFS_KIND)]),
    Row::new("fstatfs", both(138, 100), Class::DESC.union(Class::FSTATFS), &[FD, out("buf", STATFS_KIND)]),
    Row::new(
        "statfs64",
        only32(268),
        Class::FILE.union(Class::STATFS),
        &[PATH, arg("size", Kind::Ulong), out("buf", STATFS64_KIND)],
    ),
    Row::new(
        "fstatfs64",
        only32(269),
        Class::DESC.union(Class::FSTATFS),
        &[FD, arg("size", Kind::Ulong), out("buf", STATFS64_KIND)],
    ),
    Row::new(
        "ustat",
        both(136, 62),
        Class::STATFSLIKE,
        &[arg("dev", Kind::With(|_, raw| device(raw & 0xffff_ffff))), out("ubuf", Kind::Addr)],
    ),
];

/// Where a form of `struct stat` has its members: offset and store.
struct StatLayout {
    size: usize,
    dev: (usize, Store),
    ino: (usize, Store),
    mode: (usize, Store),
    nlink: (usize, Store),
    uid: (usize, Store),
    gid: (usize, Store),
    rdev: (usize, Store),
    length: (usize, Store),
    blksize: (usize, Store),
    blocks: (usize, Store),
    times: [usize; 3],
    nsec: bool,
}

/// `struct stat` of x86-64, `<asm/stat.h>`.
static STAT: StatLayout = StatLayout {
    size: 144,
    dev: (0, Store::U64),
    ino: (8, Store::U64),
    mode: (24, Store::U32),
    nlink: (16, Store::U64),
    uid: (28, Store::U32),
    gid: (32, Store::U32),
    rdev: (40, Store::U64),
    length: (48, Store::U64),
    blksize: (56, Store::U64),
    blocks: (64, Store::U64),
    times: [72, 88, 104],
    nsec: true,
};

/// `struct stat` of i386.
static STAT32: StatLayout = StatLayout {
    size: 64,
    dev: (0, Store::U32),
    ino: (4, Store::U32),
    mode: (8, Store::U16),
    nlink: (10, Store::U16),
    uid: (12, Store::U16),
    gid: (14, Store::U16),
    rdev: (16, Store::U32),
    length: (20, Store::U32),
    blksize: (24, Store::U32),
    blocks: (28, Store::U32),
    times: [32, 40, 48],
    nsec: true,
};

/// `struct __old_kernel_stat` of i386; it has no blocks, and whole seconds only.
static OLDSTAT: StatLayout = StatLayout {
    size: 32,
    dev: (0, Store::U16),
    ino: (2, Store::U16),
    mode: (4, Store::U16),
    nlink: (6, Store::U16),
    uid: (8, Store::U16),
    gid: (10, Store::U16),
    rdev: (12, Store::U16),
    length: (16, Store::U32),
    blksize: (32, Store::U32),
    blocks: (32, Store::U32),
    times: [20, 24, 28],
    nsec: false,
};

/// `struct stat64` of i386.
static STAT64: StatLayout = StatLayout {
    size: 96,
    dev: (0, Store::U64),
    ino: (88, Store::U64),
    mode: (16, Store::U32),
    nlink: (20, Store::U32),
    uid: (24, Store::U32),
    gid: (28, Store::U32),
    rdev: (32, Store::U64),
    length: (44, Store::U64),
    blksize: (52, Store::U32),
    blocks: (56, Store::U64),
    times: [64, 72, 80],
    nsec: true,
};

fn stat(cx: &mut Cx<'_>, addr: u64, layout: &StatLayout) -> Value {
    if !follows(cx, addr) {
        return Value::Addr(addr);
    }
    let Some(bytes) = cx.read(addr, layout.size) else { return Value::Addr(addr) };
    let get = |(at, store): (usize, Store)| bytes.get(at..).and_then(|b| store.load(cx.abi, b)).unwrap_or(0);
    let mode = get(layout.mode);
    let is_device = matches!(mode & 0o170_000, 0o020_000 | 0o060_000);
    let extent = if is_device {
        ("st_rdev", device(get(layout.rdev)))
    } else {
        ("st_size", Value::Uint(get(layout.length)))
    };
    let mode = ("st_mode", file_mode(mode));
    if cx.abbreviate() {
        let fields = [mode, extent].into_iter().map(|(n, v)| (n.into(), v)).collect();
        return Value::Struct { fields, more: true };
    }
    let mut fields = vec![
        ("st_dev", device(get(layout.dev))),
        ("st_ino", Value::Uint(get(layout.ino))),
        mode,
        ("st_nlink", Value::Uint(get(layout.nlink))),
        ("st_uid", Value::Uint(get(layout.uid))),
        ("st_gid", Value::Uint(get(layout.gid))),
        ("st_blksize", Value::Uint(get(layout.blksize))),
        ("st_blocks", Value::Uint(get(layout.blocks))),
        extent,
    ];
    let names = [("st_atime", "st_atime_nsec"), ("st_mtime", "st_mtime_nsec"), ("st_ctime", "st_ctime_nsec")];
    for (at, (sec_name, nsec_name)) in layout.times.into_iter().zip(names) {
        let sec = get((at, Store::SWord)) as i64;
        let nsec = if layout.nsec { get((at + cx.abi.word_size(), Store::Word)) } else { 0 };
        fields.push((sec_name, stamp::noted(Value::Int(sec), sec, nsec, 9)));
        if layout.nsec {
            fields.push((nsec_name, Value::Uint(nsec)));
        }
    }
    Value::record(fields)
}

static STATX_SYNC: Table = Table::new(
    "",
    &[
        (0, "AT_STATX_SYNC_AS_STAT"),
        (0x2000, "AT_STATX_FORCE_SYNC"),
        (0x4000, "AT_STATX_DONT_SYNC"),
        (0x6000, "AT_STATX_FORCE_SYNC|AT_STATX_DONT_SYNC"),
    ],
);

fn statx_flags(_: &mut Cx<'_>, raw: u64) -> Value {
    let flags = raw & 0xffff_ffff;
    let (sync, rest) = (flags & 0x6000, flags & !0x6000);
    let mut parts = vec![Value::Const(sync, &STATX_SYNC)];
    if rest != 0 {
        let unnamed = STATX_FLAGS.split(rest, |_| {});
        parts.push(if unnamed == rest { Value::Hex(rest) } else { Value::Flags(rest, &STATX_FLAGS) });
    }
    if parts.len() == 1 { parts.remove(0) } else { Value::Joined(parts) }
}

static ATTRIBUTES: Table = Table::new(
    "STATX_ATTR_???",
    &[
        (0x4, "STATX_ATTR_COMPRESSED"),
        (0x10, "STATX_ATTR_IMMUTABLE"),
        (0x20, "STATX_ATTR_APPEND"),
        (0x40, "STATX_ATTR_NODUMP"),
        (0x800, "STATX_ATTR_ENCRYPTED"),
        (0x1000, "STATX_ATTR_AUTOMOUNT"),
        (0x2000, "STATX_ATTR_MOUNT_ROOT"),
        (0x100000, "STATX_ATTR_VERITY"),
        (0x200000, "STATX_ATTR_DAX"),
    ],
);

/// `struct statx`, `<linux/stat.h>`.
fn statx(cx: &mut Cx<'_>, addr: u64) -> Value {
    if !follows(cx, addr) {
        return Value::Addr(addr);
    }
    let Some(bytes) = cx.read(addr, 256) else { return Value::Addr(addr) };
    let get = |at: usize, store: Store| bytes.get(at..).and_then(|b| store.load(cx.abi, b)).unwrap_or(0);
    let u32_at = |at| Value::Uint(get(at, Store::U32));
    let u64_at = |at| Value::Uint(get(at, Store::U64));
    let mask = ("stx_mask", Value::Flags(get(0, Store::U32), &STATX_MASK));
    let attributes = ("stx_attributes", Value::Flags(get(8, Store::U64), &ATTRIBUTES));
    let mode = ("stx_mode", file_mode(get(28, Store::U16)));
    let size = ("stx_size", u64_at(40));
    if cx.abbreviate() {
        let has = |bits: u64| get(0, Store::U32) & bits != 0;
        let optional = has(0x3).then_some(mode).into_iter().chain(has(0x200).then_some(size));
        let fields = [mask, attributes].into_iter().chain(optional).map(|(n, v)| (n.into(), v)).collect();
        return Value::Struct { fields, more: true };
    }
    let time = |at| {
        let (sec, nsec) = (get(at, Store::U64) as i64, get(at + 8, Store::U32));
        let record = Value::record(vec![("tv_sec", Value::Int(sec)), ("tv_nsec", Value::Uint(nsec))]);
        stamp::noted(record, sec, nsec, 9)
    };
    let has = get(0, Store::U32);
    let members = [
        (0, mask),
        (0, ("stx_blksize", u32_at(4))),
        (0, attributes),
        (0x4, ("stx_nlink", u32_at(16))),
        (0x8, ("stx_uid", u32_at(20))),
        (0x10, ("stx_gid", u32_at(24))),
        (0x3, mode),
        (0x100, ("stx_ino", u64_at(32))),
        (0x200, size),
        (0x400, ("stx_blocks", u64_at(48))),
        (0, ("stx_attributes_mask", Value::Flags(get(56, Store::U64), &ATTRIBUTES))),
        (0x20, ("stx_atime", time(64))),
        (0x800, ("stx_btime", time(80))),
        (0x80, ("stx_ctime", time(96))),
        (0x40, ("stx_mtime", time(112))),
        (0, ("stx_rdev_major", u32_at(128))),
        (0, ("stx_rdev_minor", u32_at(132))),
        (0, ("stx_dev_major", u32_at(136))),
        (0, ("stx_dev_minor", u32_at(140))),
        (0x1000, ("stx_mnt_id", Value::Hex(get(144, Store::U64)))),
    ];
    Value::record(
        members.into_iter().filter(|(bit, _)| *bit == 0 || has & bit != 0).map(|(_, m)| m).collect(),
    )
}

/// Where a form of `struct statfs` has its members: type, block size, five counts, id, name length,
/// fragment size, flags.
struct StatfsLayout {
    size: usize,
    word: Store,
    count: Store,
    counts: usize,
    id: usize,
    tail: usize,
}

static STATFS: StatfsLayout =
    StatfsLayout { size: 120, word: Store::U64, count: Store::U64, counts: 16, id: 56, tail: 64 };
static STATFS32: StatfsLayout =
    StatfsLayout { size: 64, word: Store::U32, count: Store::U32, counts: 8, id: 28, tail: 36 };
static STATFS64: StatfsLayout =
    StatfsLayout { size: 84, word: Store::U32, count: Store::U64, counts: 8, id: 48, tail: 56 };

static ST_FLAGS: Table = Table::new(
    "ST_???",
    &[
        (0x20, "ST_VALID"),
        (0x1, "ST_RDONLY"),
        (0x2, "ST_NOSUID"),
        (0x4, "ST_NODEV"),
        (0x8, "ST_NOEXEC"),
        (0x10, "ST_SYNCHRONOUS"),
        (0x40, "ST_MANDLOCK"),
        (0x400, "ST_NOATIME"),
        (0x800, "ST_NODIRATIME"),
        (0x1000, "ST_RELATIME"),
        (0x2000, "ST_NOSYMFOLLOW"),
    ],
);

fn statfs(cx: &mut Cx<'_>, addr: u64, layout: &StatfsLayout) -> Value {
    if !follows(cx, addr) {
        return Value::Addr(addr);
    }
    let Some(bytes) = cx.read(addr, layout.size) else { return Value::Addr(addr) };
    let get = |at: usize, store: Store| bytes.get(at..).and_then(|b| store.load(cx.abi, b)).unwrap_or(0);
    let step = layout.word.size(cx.abi);
    let mut fields = vec![
        ("f_type", Value::Const(get(0, layout.word), &MAGIC)),
        ("f_bsize", Value::Uint(get(step, layout.word))),
    ];
    for (i, name) in ["f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree"].into_iter().enumerate() {
        let at = layout.counts + i * layout.count.size(cx.abi);
        fields.push((name, Value::Uint(get(at, layout.count))));
    }
    let id = [get(layout.id, Store::U32), get(layout.id + 4, Store::U32)];
    fields.push(("f_fsid", Value::record(vec![("val", Value::array(id.map(Value::Hex).to_vec()))])));
    fields.push(("f_namelen", Value::Uint(get(layout.tail, layout.word))));
    fields.push(("f_frsize", Value::Uint(get(layout.tail + step, layout.word))));
    let flags = get(layout.tail + 2 * step, layout.word);
    if flags & 0x20 != 0 {
        fields.push(("f_flags", Value::Flags(flags, &ST_FLAGS)));
    }
    Value::record(fields)
}
