//! Quotas: what `quotactl` is asked and what it is given; quotactl(2), `<linux/quota.h>`, `<linux/dqblk_xfs.h>`.

use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::{Field, Store, Struct, field, pad, verbose};
use crate::row::{Arg, Class, Row, arg, both};
use crate::table::{Table, tables};
use crate::value::Value;

tables! {
    COMMAND "Q_???": 0x80_0001 "Q_SYNC", 0x80_0002 "Q_QUOTAON", 0x80_0003 "Q_QUOTAOFF",
        0x80_0004 "Q_GETFMT", 0x80_0005 "Q_GETINFO", 0x80_0006 "Q_SETINFO", 0x80_0007 "Q_GETQUOTA",
        0x80_0008 "Q_SETQUOTA", 0x80_0009 "Q_GETNEXTQUOTA", 0x5801 "Q_XQUOTAON", 0x5802 "Q_XQUOTAOFF",
        0x5803 "Q_XGETQUOTA", 0x5804 "Q_XSETQLIM", 0x5805 "Q_XGETQSTAT", 0x5806 "Q_XQUOTARM",
        0x5807 "Q_XQUOTASYNC", 0x5808 "Q_XGETQSTATV", 0x5809 "Q_XGETNEXTQUOTA", 0x100 "Q_V1_QUOTAON",
        0x200 "Q_V1_QUOTAOFF", 0x300 "Q_V1_GETQUOTA", 0x400 "Q_V1_SETQUOTA", 0x500 "Q_V1_SETUSE",
        0x600 "Q_V1_SYNC", 0x700 "Q_SETQLIM", 0x800 "Q_V1_GETSTATS", 0x900 "Q_V2_GETINFO",
        0xa00 "Q_V2_SETINFO", 0xb00 "Q_V2_SETGRACE", 0xc00 "Q_V2_SETFLAGS", 0xd00 "Q_V2_GETQUOTA",
        0xe00 "Q_V2_SETQUOTA", 0xf00 "Q_V2_SETUSE", 0x1000 "Q_V1_RSQUASH", 0x1100 "Q_V2_GETSTATS";
    TYPE "???QUOTA": 0 "USRQUOTA", 1 "GRPQUOTA", 2 "PRJQUOTA";
    FORMAT "QFMT_VFS_???": 1 "QFMT_VFS_OLD", 2 "QFMT_VFS_V0", 3 "QFMT_OCFS2", 4 "QFMT_VFS_V1";
    INFO_FLAGS "DQF_???": 1 "DQF_ROOT_SQUASH", 0x10000 "DQF_SYS_FILE";
    INFO_VALID "IIF_???": 1 "IIF_BGRACE", 2 "IIF_IGRACE", 4 "IIF_FLAGS";
    BLOCK_VALID "QIF_???": 1 "QIF_BLIMITS", 2 "QIF_SPACE", 4 "QIF_ILIMITS", 8 "QIF_INODES", 0x10 "QIF_BTIME",
        0x20 "QIF_ITIME";
    XFS_ON "FS_QUOTA_???": 1 "FS_QUOTA_UDQ_ACCT", 2 "FS_QUOTA_UDQ_ENFD", 4 "FS_QUOTA_GDQ_ACCT",
        8 "FS_QUOTA_GDQ_ENFD", 0x10 "FS_QUOTA_PDQ_ACCT", 0x20 "FS_QUOTA_PDQ_ENFD";
    XFS_TYPE "FS_???_QUOTA": 1 "FS_USER_QUOTA", 2 "FS_PROJ_QUOTA", 4 "FS_GROUP_QUOTA";
}

const fn number(name: &'static str) -> Field {
    field(name, Store::U64, Kind::With(|_, raw| Value::Uint(raw)))
}

const fn more(name: &'static str) -> Field {
    verbose(name, Store::U64, Kind::With(|_, raw| Value::Uint(raw)))
}

static XFS_STATES: Kind = Kind::Flags(&XFS_ON);
static XFS_TYPES: Kind = Kind::Flags(&XFS_TYPE);
static FORMATS: Kind = Kind::Const(&FORMAT);

/// `struct if_dqinfo`.
static INFO: Struct = Struct::new(&[
    number("dqi_bgrace"),
    number("dqi_igrace"),
    field("dqi_flags", Store::U32, Kind::Flags(&INFO_FLAGS)),
    field("dqi_valid", Store::U32, Kind::Flags(&INFO_VALID)),
]);
/// The limits and usage that both forms of a block begin with, and what follows.
macro_rules! block {
    ($($more:expr)?) => {
        Struct::new(&[
            number("dqb_bhardlimit"),
            number("dqb_bsoftlimit"),
            number("dqb_curspace"),
            number("dqb_ihardlimit"),
            number("dqb_isoftlimit"),
            number("dqb_curinodes"),
            more("dqb_btime"),
            more("dqb_itime"),
            verbose("dqb_valid", Store::U32, Kind::Flags(&BLOCK_VALID)),
            $($more)?
        ])
    };
}
/// `struct if_dqblk`.
static BLOCK: Struct = block!();
/// `struct if_nextdqblk`.
static NEXT_BLOCK: Struct = block!(field("dqb_id", Store::U32, Kind::Uint));
/// `struct fs_disk_quota`.
static DISK_QUOTA: Struct = Struct::new(&[
    field("d_version", Store::U8, Kind::With(|_, raw| Value::Int(i64::from(raw as i8)))),
    field("d_flags", Store::U8, Kind::Flags(&XFS_TYPE)),
    field("d_fieldmask", Store::U16, Kind::Hex32),
    field("d_id", Store::U32, Kind::Uint),
    number("d_blk_hardlimit"),
    number("d_blk_softlimit"),
    number("d_ino_hardlimit"),
    number("d_ino_softlimit"),
    number("d_bcount"),
    number("d_icount"),
    verbose("d_itimer", Store::I32, Kind::Int),
    verbose("d_btimer", Store::I32, Kind::Int),
    verbose("d_iwarns", Store::U16, Kind::Uint),
    verbose("d_bwarns", Store::U16, Kind::Uint),
    pad(4),
    more("d_rtb_hardlimit"),
    more("d_rtb_softlimit"),
    more("d_rtbcount"),
    verbose("d_rtbtimer", Store::I32, Kind::Int),
    verbose("d_rtbwarns", Store::U16, Kind::Uint),
]);

/// `QCMD(command, type)`.
fn command(raw: u64) -> Value {
    let code = raw & 0xffff_ffff;
    let parts = vec![Value::Const(code >> 8, &COMMAND), Value::Const(code & 0xff, &TYPE)];
    Value::meaning(Value::Uint(code), Value::Call("QCMD", parts))
}

/// The command in argument `N`, without the type.
fn op<const N: usize>(cx: &Cx<'_>) -> u64 {
    (cx.args[N] & 0xffff_ffff) >> 8
}

/// A format for the command that turns quotas on; a user's or group's id for those about one.
fn id<const N: usize>(cx: &mut Cx<'_>, raw: u64) -> Value {
    match op::<N>(cx) {
        0x80_0001 | 0x80_0003 | 0x80_0004..=0x80_0006 | 0x5801 | 0x5802 | 0x5805..=0x5808 => Value::Absent,
        0x80_0002 => Value::Const(raw & 0xffff_ffff, &FORMAT),
        _ => cx.decode(&Kind::Uid, raw),
    }
}

/// What goes to the kernel or comes from it.
fn address<const N: usize>(cx: &mut Cx<'_>, raw: u64) -> Value {
    let out = match op::<N>(cx) {
        0x80_0001 | 0x80_0003 | 0x5807 => return Value::Absent,
        0x80_0002 => return cx.path(raw),
        0x80_0006 => return cx.structure(raw, &INFO),
        0x80_0008 => return cx.structure(raw, &BLOCK),
        0x5801 | 0x5802 => return cx.cell(raw, Store::U32, &XFS_STATES),
        0x5804 => return cx.structure(raw, &DISK_QUOTA),
        0x5806 => return cx.cell(raw, Store::U32, &XFS_TYPES),
        other => other,
    };
    if !matches!(out, 0x80_0004 | 0x80_0005 | 0x80_0007 | 0x80_0009 | 0x5803 | 0x5809) {
        return Value::Addr(raw);
    }
    if cx.entering() {
        return Value::Later;
    }
    match out {
        _ if cx.failed() => Value::Addr(raw),
        0x80_0004 => cx.cell(raw, Store::U32, &FORMATS),
        0x80_0005 => cx.structure(raw, &INFO),
        0x80_0007 => cx.structure(raw, &BLOCK),
        0x80_0009 => cx.structure(raw, &NEXT_BLOCK),
        _ => cx.structure(raw, &DISK_QUOTA),
    }
}

const CMD: Arg = arg("cmd", Kind::With(|_, raw| command(raw)));

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new(
        "quotactl",
        both(179, 131),
        Class::FILE,
        &[
            CMD,
            arg("special", Kind::Path),
            arg("id", Kind::With(id::<0>)),
            arg("addr", Kind::With(address::<0>)),
        ],
    ),
    Row::new(
        "quotactl_fd",
        both(443, 443),
        Class::DESC,
        &[super::args::FD, CMD, arg("id", Kind::With(id::<1>)), arg("addr", Kind::With(address::<1>))],
    ),
];
