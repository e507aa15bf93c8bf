//! Opening, naming and renaming files.

use super::args::{
    DIRFD, FD, HIGH, MODE, OPEN_FLAGS, PATH, UID16, file_mode, follows, hexadecimal, open_flags, word,
};
use super::names_mount::MEMFD;
use super::names_open::{ACCESS, AT, AT_ACCESS, NAME_HANDLE, RENAME, RESOLVE};
use crate::context::Cx;
use crate::kind::{Kind, Len};
use crate::layout::Store;
use crate::row::{Arg, Class, Ret, Row, arg, both, late, only32, only64, out};
use crate::rows::common::tail;
use crate::table::Table;
use crate::value::Value;
use lariat_abi::TraceeAddr;

const FILE_DESC: Class = Class::FILE.union(Class::DESC);
const FLAGS: Arg = arg("flags", OPEN_FLAGS);
const AT_FLAGS: Arg = arg("flags", Kind::Flags(&AT));
const OLD: Arg = arg("oldpath", Kind::Path);
const NEW: Arg = arg("newpath", Kind::Path);
const OLDDIR: Arg = arg("olddirfd", Kind::DirFd);
const NEWDIR: Arg = arg("newdirfd", Kind::DirFd);
const OWNER: Arg = arg("owner", Kind::Uid);
const GROUP: Arg = arg("group", Kind::Uid);

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new("open", both(2, 5), FILE_DESC, &[PATH, FLAGS, arg("mode", Kind::With(mode2))]).ret(Ret::Fd),
    Row::new("openat", both(257, 295), FILE_DESC, &[DIRFD, PATH, FLAGS, arg("mode", Kind::With(mode3))])
        .ret(Ret::Fd),
    Row::new(
        "openat2",
        both(437, 437),
        FILE_DESC,
        &[DIRFD, PATH, arg("how", Kind::With(open_how)), arg("size", Kind::Ulong)],
    )
    .ret(Ret::Fd),
    Row::new("creat", both(85, 8), FILE_DESC, &[PATH, MODE]).ret(Ret::Fd),
    Row::new("access", both(21, 33), Class::FILE, &[PATH, arg("mode", Kind::Flags(&ACCESS))]),
    Row::new("faccessat", both(269, 307), FILE_DESC, &[DIRFD, PATH, arg("mode", Kind::Flags(&ACCESS))]),
    Row::new(
        "faccessat2",
        both(439, 439),
        FILE_DESC,
        &[DIRFD, PATH, arg("mode", Kind::Flags(&ACCESS)), arg("flags", Kind::Flags(&AT_ACCESS))],
    ),
    Row::new(
        "getcwd",
        both(79, 183),
        Class::FILE,
        &[out("buf", Kind::With(counted_string)), arg("size", Kind::Ulong)],
    ),
    Row::new("chdir", both(80, 12), Class::FILE, &[PATH]),
    Row::new("fchdir", both(81, 133), Class::DESC, &[FD]),
    Row::new("chroot", both(161, 61), Class::FILE, &[PATH]),
    Row::new("rename", both(82, 38), Class::FILE, &[OLD, NEW]),
    Row::new("renameat", both(264, 302), FILE_DESC, &[OLDDIR, OLD, NEWDIR, NEW]),
    Row::new(
        "renameat2",
        both(316, 353),
        FILE_DESC,
        &[OLDDIR, OLD, NEWDIR, NEW, arg("flags", Kind::Flags(&RENAME))],
    ),
    Row::new("mkdir", both(83, 39), Class::FILE, &[PATH, MODE]),
    Row::new("mkdirat", both(258, 296), FILE_DESC, &[DIRFD, PATH, MODE]),
    Row::new("rmdir", both(84, 40), Class::FILE, &[PATH]),
    Row::new("unlink", both(87, 10), Class::FILE, &[PATH]),
    Row::new("unlinkat", both(263, 301), FILE_DESC, &[DIRFD, PATH, AT_FLAGS]),
    Row::new("link", both(86, 9), Class::FILE, &[OLD, NEW]),
    Row::new("linkat", both(265, 303), FILE_DESC, &[OLDDIR, OLD, NEWDIR, NEW, AT_FLAGS]),
    Row::new("symlink", both(88, 83), Class::FILE, &[arg("target", Kind::Path), arg("linkpath", Kind::Path)]),
    Row::new(
        "symlinkat",
        both(266, 304),
        FILE_DESC,
        &[arg("target", Kind::Path), NEWDIR, arg("linkpath", Kind::Path)],
    ),
    Row::new(
        "readlink",
        both(89, 85),
        Class::FILE,
        &[PATH, out("buf", Kind::Bytes(Len::Ret)), arg("bufsiz", Kind::Ulong)],
    ),
    Row::new(
        "readlinkat",
        both(267, 305),
        FILE_DESC,
        &[DIRFD, PATH, out("buf", Kind::Bytes(Len::Ret)), arg("bufsiz", Kind::Ulong)],
    ),
    Row::new(
        "mknod",
        both(133, 14),
        Class::FILE,
        &[PATH, arg("mode", Kind::With(symbolic)), arg("dev", Kind::With(dev2))],
    ),
    Row::new(
        "mknodat",
        both(259, 297),
        FILE_DESC,
        &[DIRFD, PATH, arg("mode", Kind::With(symbolic)), arg("dev", Kind::With(dev3))],
    ),
    Row::new(
        "umask",
        both(95, 60),
        Class::empty(),
        &[arg("mask", Kind::With(|_, raw| Value::Mode(raw & 0xffff)))],
    )
    .ret(Ret::Octal),
    Row::new("chmod", both(90, 15), Class::FILE, &[PATH, MODE]),
    Row::new("fchmod", both(91, 94), Class::DESC, &[FD, MODE]),
    Row::new("fchmodat", both(268, 306), FILE_DESC, &[DIRFD, PATH, MODE]),
    Row::new("fchmodat2", both(452, 452), FILE_DESC, &[DIRFD, PATH, MODE, AT_FLAGS]),
    Row::new("chown", only64(92), Class::FILE, &[PATH, OWNER, GROUP]),
    Row::new("lchown", only64(94), Class::FILE, &[PATH, OWNER, GROUP]),
    Row::new("fchown", only64(93), Class::DESC, &[FD, OWNER, GROUP]),
    Row::new("chown", only32(182), Class::FILE, &[PATH, arg("owner", UID16), arg("group", UID16)]),
    Row::new("lchown", only32(16), Class::FILE, &[PATH, arg("owner", UID16), arg("group", UID16)]),
    Row::new("fchown", only32(95), Class::DESC, &[FD, arg("owner", UID16), arg("group", UID16)]),
    Row::new("chown32", only32(212), Class::FILE, &[PATH, OWNER, GROUP]),
    Row::new("lchown32", only32(198), Class::FILE, &[PATH, OWNER, GROUP]),
    Row::new("fchown32", only32(207), Class::DESC, &[FD, OWNER, GROUP]),
    Row::new("fchownat", both(260, 298), FILE_DESC, &[DIRFD, PATH, OWNER, GROUP, AT_FLAGS]),
    Row::new(
        "memfd_create",
        both(319, 356),
        Class::DESC,
        &[arg("name", Kind::Str), arg("flags", Kind::With(memfd_flags))],
    )
    .ret(Ret::Fd),
    Row::new("memfd_secret", both(447, 447), Class::DESC, &[arg("flags", OPEN_FLAGS_ONLY)]).ret(Ret::Fd),
    Row::new(
        "name_to_handle_at",
        both(303, 341),
        FILE_DESC,
        &[
            DIRFD,
            PATH,
            arg("handle", Kind::With(handle_out)),
            late("mount_id", Kind::With(mount_id)),
            arg("flags", Kind::Flags(&NAME_HANDLE)),
        ],
    ),
    Row::new(
        "open_by_handle_at",
        both(304, 342),
        Class::DESC,
        &[arg("mount_fd", Kind::Fd), arg("handle", Kind::With(handle_in)), FLAGS],
    )
    .ret(Ret::Fd),
    Row::new(
        "readdir",
        only32(89),
        Class::DESC,
        &[FD, out("dirp", Kind::With(old_entry)), arg("count", Kind::With(entry_count))],
    ),
    Row::new(
        "getdents",
        both(78, 141),
        Class::DESC,
        &[FD, out("dirp", Kind::With(|cx, a| entries(cx, a, false))), arg("count", Kind::Uint)],
    ),
    Row::new(
        "getdents64",
        both(217, 220),
        Class::DESC,
        &[FD, out("dirp", Kind::With(|cx, a| entries(cx, a, true))), arg("count", Kind::Uint)],
    ),
    Row::new(
        "lookup_dcookie",
        only64(212),
        Class::empty(),
        &[arg("cookie", Kind::Ulong), out("buffer", Kind::Bytes(Len::Ret)), arg("len", Kind::Ulong)],
    ),
    Row::new(
        "lookup_dcookie",
        only32(253),
        Class::empty(),
        &[
            arg("cookie", Kind::With(|cx, _| Value::Uint(crate::rows::common::wide_argument(cx, 0)))),
            HIGH,
            out("buffer", Kind::Bytes(Len::Ret)),
            arg("len", Kind::Ulong),
        ],
    ),
];

/// `O_CLOEXEC` and nothing else.
const OPEN_FLAGS_ONLY: Kind = Kind::With(|_, raw| match raw & 0xffff_ffff {
    flags if flags & 0x80000 == 0 => Value::Hex(flags),
    flags => Value::Flags(flags, &CLOEXEC),
});
static CLOEXEC: Table = Table::new("O_???", &[(0x80000, "O_CLOEXEC")]);

/// How many entries `readdir` is to read: it reads one whatever is said, which is therefore left out.
fn entry_count(_: &mut Cx<'_>, raw: u64) -> Value {
    if raw == 1 { Value::Absent } else { Value::Uint(raw) }
}

/// `O_CREAT` and the bit of `O_TMPFILE` that is its own: the call has a mode.
fn creates(flags: u64) -> bool {
    flags & 0x40 != 0 || flags & 0x40_0000 != 0
}

fn mode2(cx: &mut Cx<'_>, raw: u64) -> Value {
    if creates(cx.args[1]) { Value::Mode(raw & 0xffff) } else { Value::Absent }
}

fn mode3(cx: &mut Cx<'_>, raw: u64) -> Value {
    if creates(cx.args[2]) { Value::Mode(raw & 0xffff) } else { Value::Absent }
}

fn symbolic(_: &mut Cx<'_>, raw: u64) -> Value {
    file_mode(raw & 0xffff)
}

fn is_device(mode: u64) -> bool {
    matches!(mode & 0o170_000, 0o020_000 | 0o060_000)
}

fn dev2(cx: &mut Cx<'_>, raw: u64) -> Value {
    if is_device(cx.args[1]) { cx.decode(&Kind::Dev, raw & 0xffff_ffff) } else { Value::Absent }
}

fn dev3(cx: &mut Cx<'_>, raw: u64) -> Value {
    if is_device(cx.args[2]) { cx.decode(&Kind::Dev, raw & 0xffff_ffff) } else { Value::Absent }
}

/// The string that `getcwd` stored; its result counts the NUL.
fn counted_string(cx: &mut Cx<'_>, addr: u64) -> Value {
    let len = cx.result();
    if len == 0 {
        return cx.path(addr);
    }
    match cx.env.memory.read_c_string(TraceeAddr::new(addr), len.min(4096) as usize) {
        Some((bytes, true)) => Value::string(bytes),
        Some((mut bytes, false)) => {
            bytes.pop();
            Value::Str { bytes, more: true }
        }
        None => Value::Addr(addr),
    }
}

/// `struct open_how`, `<linux/openat2.h>`.
fn open_how(cx: &mut Cx<'_>, addr: u64) -> Value {
    let size = cx.args[3];
    if !follows(cx, addr) || size < 24 {
        return Value::Addr(addr);
    }
    let (Some(flags), Some(mode), Some(resolve)) = (
        cx.load(addr, Store::U64),
        cx.load(addr.wrapping_add(8), Store::U64),
        cx.load(addr.wrapping_add(16), Store::U64),
    ) else {
        return Value::Addr(addr);
    };
    let mut fields = vec![("flags", open_flags(flags))];
    if creates(flags) || mode != 0 {
        fields.push(("mode", Value::Mode(mode)));
    }
    fields.push(("resolve", Value::Flags(resolve, &RESOLVE)));
    let mut fields: Vec<_> = fields.into_iter().map(|(name, value)| (name.into(), value)).collect();
    fields.extend(tail(cx, addr, 24, size));
    Value::Struct { fields, more: false }
}

/// Flags with a page size in the top six bits: `MFD_HUGETLB|21<<MFD_HUGE_SHIFT`.
fn memfd_flags(_: &mut Cx<'_>, raw: u64) -> Value {
    let flags = raw & 0xffff_ffff;
    let (low, shift) = (flags & 0x03ff_ffff, flags >> 26);
    if shift == 0 {
        return Value::Flags(flags, &MEMFD);
    }
    let mut parts = Vec::new();
    if low != 0 {
        parts.push(Value::Flags(low, &MEMFD));
    }
    parts.push(word(format!("{shift}<<MFD_HUGE_SHIFT")));
    Value::Or(flags, parts)
}

/// The largest handle: `MAX_HANDLE_SZ`, `<linux/fcntl.h>`.
const MAX_HANDLE: u64 = 128;

/// The handle a call is given.
fn handle_in(cx: &mut Cx<'_>, addr: u64) -> Value {
    if !follows(cx, addr) {
        return Value::Addr(addr);
    }
    match cx.load(addr, Store::U32) {
        Some(bytes) => Value::record(handle_members(cx, addr, bytes)),
        None => Value::Addr(addr),
    }
}

fn handle_members(cx: &Cx<'_>, addr: u64, bytes: u64) -> Vec<(&'static str, Value)> {
    let kind = cx.load(addr.wrapping_add(4), Store::I32).unwrap_or(0);
    let at = addr.wrapping_add(8);
    let handle = match cx.read(at, bytes.min(MAX_HANDLE) as usize) {
        Some(data) => word(hexadecimal(&data) + if bytes > MAX_HANDLE { "..." } else { "" }),
        None => Value::Addr(at),
    };
    vec![("handle_bytes", Value::Uint(bytes)), ("handle_type", Value::Int(kind as i64)), ("f_handle", handle)]
}

/// The handle a call stores: its size before and, if it was too small, after.
fn handle_out(cx: &mut Cx<'_>, addr: u64) -> Value {
    let Some(bytes) = cx.load(addr, Store::U32).filter(|_| follows(cx, addr)) else {
        return Value::Addr(addr);
    };
    if cx.entering() {
        cx.saved[2] = bytes;
        return Value::Later;
    }
    let before = cx.saved[2];
    let size = if before == bytes {
        Value::Uint(before)
    } else {
        Value::Changed(Box::new(Value::Uint(before)), Box::new(Value::Uint(bytes)))
    };
    if cx.failed() {
        return Value::record(vec![("handle_bytes", size)]);
    }
    let mut members = handle_members(cx, addr, bytes);
    members[0].1 = size;
    Value::record(members)
}

fn mount_id(cx: &mut Cx<'_>, addr: u64) -> Value {
    if cx.failed() || cx.load(cx.args[2], Store::U32).is_none() {
        return Value::Addr(addr);
    }
    cx.cell(addr, Store::I32, &Kind::Int)
}

/// The most directory data that is looked at, in bytes.
const MAX_ENTRIES: u64 = 1 << 20;

/// Directory entries: how many there are, or with `-v` the entries themselves.
fn entries(cx: &mut Cx<'_>, addr: u64, new: bool) -> Value {
    let len = cx.result();
    // The kernel stores no more than there is room for.
    if !cx.env.options.dereference || len > cx.args[2] & 0xffff_ffff {
        return Value::Addr(addr);
    }
    let Some(bytes) = cx.read(addr, len.min(MAX_ENTRIES) as usize) else {
        return if cx.abbreviate() {
            Value::Note(Box::new(Value::Addr(addr)), "0+ entries".into())
        } else {
            Value::Addr(addr)
        };
    };
    let word_size = if new { 8 } else { cx.abi.word_size() };
    let store = if new { Store::U64 } else { Store::Word };
    let head = 2 * word_size + 2 + usize::from(new);
    let mut items = Vec::new();
    let mut rest = &bytes[..];
    while rest.len() > head {
        let ino = store.load(cx.abi, rest).unwrap_or(0);
        let off = store.load(cx.abi, &rest[word_size..]).unwrap_or(0);
        let reclen = usize::from(u16::from_le_bytes([rest[2 * word_size], rest[2 * word_size + 1]]));
        if reclen <= head || reclen > rest.len() {
            break;
        }
        let entry = &rest[..reclen];
        if cx.abbreviate() {
            items.push(Value::Absent);
        } else {
            items.push(entry_value(entry, ino, off, head, new));
        }
        rest = &rest[reclen..];
    }
    if cx.abbreviate() {
        let more = if rest.is_empty() { "" } else { "+" };
        return Value::Note(Box::new(Value::Addr(addr)), format!("{}{more} entries", items.len()).into());
    }
    if items.is_empty() && !rest.is_empty() {
        return Value::Octets(bytes);
    }
    Value::array(items)
}

/// `struct old_linux_dirent`, one entry. (The kernel stores the length of the name where its own length was.)
fn old_entry(cx: &mut Cx<'_>, addr: u64) -> Value {
    let word = cx.abi.word_size();
    let head = 2 * word + 2;
    if cx.result() == 0 {
        return Value::Addr(addr);
    }
    let Some(bytes) = cx.read(addr, head).filter(|_| follows(cx, addr)) else { return Value::Addr(addr) };
    let get = |at: usize, store: Store| bytes.get(at..).and_then(|b| store.load(cx.abi, b)).unwrap_or(0);
    let length = get(2 * word, Store::U16);
    let name = cx
        .env
        .memory
        .read_c_string(TraceeAddr::new(addr.wrapping_add(head as u64)), length.min(256) as usize);
    let name = match name {
        Some((bytes, ended)) => Value::Str { bytes, more: !ended && length > 0 },
        None => Value::Addr(addr.wrapping_add(head as u64)),
    };
    Value::record(vec![
        ("d_ino", Value::Uint(get(0, Store::Word))),
        ("d_off", Value::Uint(get(word, Store::Word))),
        ("d_reclen", Value::Uint(length)),
        ("d_name", name),
    ])
}

fn entry_value(entry: &[u8], ino: u64, off: u64, head: usize, new: bool) -> Value {
    let kind = if new { entry[head - 1] } else { entry[entry.len() - 1] };
    let name = &entry[head..];
    let name = &name[..name.iter().position(|&b| b == 0).unwrap_or(name.len())];
    let kind = match kind {
        0 => "DT_UNKNOWN",
        1 => "DT_FIFO",
        2 => "DT_CHR",
        4 => "DT_DIR",
        6 => "DT_BLK",
        8 => "DT_REG",
        10 => "DT_LNK",
        12 => "DT_SOCK",
        14 => "DT_WHT",
        _ => "DT_???",
    };
    let mut fields = vec![
        ("d_ino", Value::Uint(ino)),
        ("d_off", if new { Value::Int(off as i64) } else { Value::Uint(off) }),
        ("d_reclen", Value::Uint(entry.len() as u64)),
    ];
    let (name, kind) = (("d_name", Value::string(name)), ("d_type", word(kind)));
    fields.extend(if new { [kind, name] } else { [name, kind] });
    Value::record(fields)
}
