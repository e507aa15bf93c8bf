//! `ioctl`: what the commands that everyday programs use do with their argument.

use super::args::{FD, follows, word};
use super::names_ioctl1::LOW;
use super::names_ioctl2::HIGH;
use super::termios::{Form, settings};
use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::{Store, Struct, field};
use crate::row::{Class, Row, arg, both};
use crate::table::Table;
use crate::value::Value;

/// The row of this family.
pub(super) static ROWS: &[Row] = &[Row::new(
    "ioctl",
    both(16, 54),
    Class::DESC,
    &[FD, arg("request", Kind::With(command)), arg("argp", Kind::With(argument))],
)];

static FS_FLAGS: Table = Table::new(
    "FS_???_FL",
    &[
        (0x00000001, "FS_SECRM_FL"),
        (0x00000002, "FS_UNRM_FL"),
        (0x00000004, "FS_COMPR_FL"),
        (0x00000008, "FS_SYNC_FL"),
        (0x00000010, "FS_IMMUTABLE_FL"),
        (0x00000020, "FS_APPEND_FL"),
        (0x00000040, "FS_NODUMP_FL"),
        (0x00000080, "FS_NOATIME_FL"),
        (0x00000100, "FS_DIRTY_FL"),
        (0x00000200, "FS_COMPRBLK_FL"),
        (0x00000400, "FS_NOCOMP_FL"),
        (0x00000800, "FS_ENCRYPT_FL"),
        (0x00001000, "FS_BTREE_FL"),
        (0x00001000, "FS_INDEX_FL"),
        (0x00002000, "FS_IMAGIC_FL"),
        (0x00004000, "FS_JOURNAL_DATA_FL"),
        (0x00008000, "FS_NOTAIL_FL"),
        (0x00010000, "FS_DIRSYNC_FL"),
        (0x00020000, "FS_TOPDIR_FL"),
        (0x00040000, "FS_HUGE_FILE_FL"),
        (0x00080000, "FS_EXTENT_FL"),
        (0x00100000, "FS_VERITY_FL"),
        (0x00200000, "FS_EA_INODE_FL"),
        (0x00400000, "FS_EOFBLOCKS_FL"),
        (0x00800000, "FS_NOCOW_FL"),
        (0x02000000, "FS_DAX_FL"),
        (0x10000000, "FS_INLINE_DATA_FL"),
        (0x20000000, "FS_PROJINHERIT_FL"),
        (0x40000000, "FS_CASEFOLD_FL"),
        (0x80000000, "FS_RESERVED_FL"),
    ],
);

static MODEM: Table = Table::new(
    "TIOCM_???",
    &[
        (0x1, "TIOCM_LE"),
        (0x2, "TIOCM_DTR"),
        (0x4, "TIOCM_RTS"),
        (0x8, "TIOCM_ST"),
        (0x10, "TIOCM_SR"),
        (0x20, "TIOCM_CTS"),
        (0x40, "TIOCM_CAR"),
        (0x80, "TIOCM_RNG"),
        (0x100, "TIOCM_DSR"),
        (0x2000, "TIOCM_OUT1"),
        (0x4000, "TIOCM_OUT2"),
        (0x8000, "TIOCM_LOOP"),
    ],
);

static QUEUE: Table = Table::new("TC???", &[(0, "TCIFLUSH"), (1, "TCOFLUSH"), (2, "TCIOFLUSH")]);

static FLOW: Table = Table::new("TC???", &[(0, "TCOOFF"), (1, "TCOON"), (2, "TCIOFF"), (3, "TCION")]);

static MODEM_KIND: Kind = Kind::Flags(&MODEM);

static FS_FLAGS_KIND: Kind = Kind::Flags(&FS_FLAGS);

/// `struct winsize`.
static WINSIZE: Struct = Struct::new(&[
    field("ws_row", Store::U16, Kind::Uint),
    field("ws_col", Store::U16, Kind::Uint),
    field("ws_xpixel", Store::U16, Kind::Uint),
    field("ws_ypixel", Store::U16, Kind::Uint),
]);

/// `struct file_clone_range`, `<linux/fs.h>`.
static CLONE_RANGE: Struct = Struct::new(&[
    field("src_fd", Store::U64, Kind::Fd),
    field("src_offset", Store::AlignedU64, Kind::With(|_, raw| Value::Uint(raw))),
    field("src_length", Store::AlignedU64, Kind::With(|_, raw| Value::Uint(raw))),
    field("dest_offset", Store::AlignedU64, Kind::With(|_, raw| Value::Uint(raw))),
]);

/// The command: by name, or taken apart.
fn command(_: &mut Cx<'_>, raw: u64) -> Value {
    let code = raw & 0xffff_ffff;
    for table in [&LOW, &HIGH] {
        if table.name(code).is_some() {
            return Value::Const(code, table);
        }
    }
    let direction = ["_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"][(code >> 30) as usize];
    let parts = [code >> 8 & 0xff, code & 0xff, code >> 16 & 0x3fff].map(Value::Hex);
    Value::Call("_IOC", std::iter::once(word(direction)).chain(parts).collect())
}

/// Commands that fill in their argument.
fn fills(code: u64) -> bool {
    matches!(
        code,
        0x5401
            | 0x5405
            | 0x5413
            | 0x5415
            | 0x540f
            | 0x5411
            | 0x541b
            | 0x5424
            | 0x5429
            | 0x1260
            | 0x1268
            | 0x125e
            | 0x802c_542a
            | 0x8004_5430
            | 0x8008_1272
            | 0x8004_1272
            | 0x8008_6601
            | 0x8004_6601
    )
}

fn argument(cx: &mut Cx<'_>, raw: u64) -> Value {
    let code = cx.args[1] & 0xffff_ffff;
    if fills(code) {
        if cx.entering() {
            return Value::Later;
        }
        if cx.failed() {
            return Value::Addr(raw);
        }
    }
    match code {
        0x5401..=0x5404 => settings(cx, raw, Form::Termios),
        0x5405..=0x5408 => settings(cx, raw, Form::Termio),
        0x802c_542a | 0x402c_542b..=0x402c_542d => settings(cx, raw, Form::Termios2),
        0x5413 | 0x5414 => cx.structure(raw, &WINSIZE),
        0x5411 | 0x541b | 0x5421 | 0x5424 | 0x5452 | 0x1268 | 0x125e | 0x4004_5431 | 0x8004_5430 => {
            cx.cell(raw, Store::I32, &Kind::Int)
        }
        0x540f | 0x5410 | 0x5429 => cx.cell(raw, Store::I32, &Kind::Pid),
        0x5415..=0x5418 => cx.cell(raw, Store::U32, &MODEM_KIND),
        0x1260 => cx.cell(raw, Store::Word, &Kind::Ulong),
        0x8008_1272 | 0x8004_1272 => cx.cell(raw, Store::U64, &Kind::Int64),
        0x8008_6601 | 0x8004_6601 | 0x4008_6602 | 0x4004_6602 => cx.cell(raw, Store::U32, &FS_FLAGS_KIND),
        0x540b => cx.decode(&Kind::Const(&QUEUE), raw),
        0x540a => cx.decode(&Kind::Const(&FLOW), raw),
        0x5409 | 0x5425 | 0x540e => cx.decode(&Kind::Int, raw),
        0x5441 => Value::Hex(raw),
        0x5412 if follows(cx, raw) => cx.bytes(raw, 1),
        0x4004_9409 => cx.fd(raw),
        0x4020_940d => cx.structure(raw, &CLONE_RANGE),
        // FIOCLEX, FIONCLEX, TIOCNOTTY, TIOCEXCL, TIOCNXCL, BLKRRPART take no argument.
        0x5451 | 0x5450 | 0x1261 | 0x125f | 0x5422 | 0x540c | 0x540d => Value::Absent,
        _ => cx.decode(
            if LOW.name(code).is_some() || HIGH.name(code).is_some() { &Kind::Addr } else { &Kind::Hex },
            raw,
        ),
    }
}
