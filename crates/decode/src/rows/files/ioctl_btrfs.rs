//! What the `ioctl` commands of Btrfs do with their argument, `<linux/btrfs.h>`.

use super::args::{follows, word};
use super::ioctl_forms::Form;
use crate::context::Cx;
use crate::kind::{Kind, Len};
use crate::layout::{Field, Store, Struct, field};
use crate::table::{Table, tables};
use crate::value::Value;

/// The form of the command with this name, if it is known.
pub(super) fn of_command(name: &str) -> Option<&'static Form> {
    FORMS.iter().find(|(_, names)| names.contains(&name)).map(|(form, _)| form)
}

static FORMS: &[(Form, &[&str])] = &[
    (Form::Nothing, &["BTRFS_IOC_DEFRAG", "BTRFS_IOC_BALANCE"]),
    (Form::Value(Kind::Const(&BALANCE_CTL)), &["BTRFS_IOC_BALANCE_CTL"]),
    (Form::Given(ID), &["BTRFS_IOC_DEFAULT_SUBVOL", "BTRFS_IOC_WAIT_SYNC"]),
    (
        Form::Given(Kind::Ref(&VOLUME)),
        &[
            "BTRFS_IOC_SNAP_CREATE",
            "BTRFS_IOC_SNAP_DESTROY",
            "BTRFS_IOC_SUBVOL_CREATE",
            "BTRFS_IOC_RESIZE",
            "BTRFS_IOC_SCAN_DEV",
            "BTRFS_IOC_FORGET_DEV",
            "BTRFS_IOC_ADD_DEV",
            "BTRFS_IOC_RM_DEV",
            "BTRFS_IOC_DEVICES_READY",
        ],
    ),
    (Form::Given(Kind::With(volume)), &["BTRFS_IOC_SNAP_CREATE_V2", "BTRFS_IOC_SUBVOL_CREATE_V2"]),
    (Form::Given(Kind::With(subvolume_flags)), &["BTRFS_IOC_SUBVOL_SETFLAGS"]),
    (Form::Given(Kind::Ref(&DEFRAG)), &["BTRFS_IOC_DEFRAG_RANGE"]),
    (Form::Given(Kind::Ref(&SEND)), &["BTRFS_IOC_SEND"]),
    (Form::Given(Kind::Ref(&LOOKUP)), &["BTRFS_IOC_INO_LOOKUP"]),
    (Form::Given(Kind::Ref(&QGROUP_ASSIGN)), &["BTRFS_IOC_QGROUP_ASSIGN"]),
    (Form::Given(Kind::Ref(&QGROUP_CREATE)), &["BTRFS_IOC_QGROUP_CREATE"]),
    (Form::Given(Kind::Ref(&QUOTA_RESCAN)), &["BTRFS_IOC_QUOTA_RESCAN"]),
    (Form::Given(Kind::Ref(&QUOTA)), &["BTRFS_IOC_QUOTA_CTL"]),
];

tables! {
    BALANCE_CTL "BTRFS_BALANCE_CTL_???": 1 "BTRFS_BALANCE_CTL_PAUSE", 2 "BTRFS_BALANCE_CTL_CANCEL";
    SUBVOLUME "BTRFS_SUBVOL_???": 1 "BTRFS_SUBVOL_CREATE_ASYNC", 2 "BTRFS_SUBVOL_RDONLY",
        4 "BTRFS_SUBVOL_QGROUP_INHERIT";
    DEFRAG_FLAGS "BTRFS_DEFRAG_RANGE_???": 1 "BTRFS_DEFRAG_RANGE_COMPRESS", 2 "BTRFS_DEFRAG_RANGE_START_IO";
    COMPRESS "BTRFS_COMPRESS_???": 0 "BTRFS_COMPRESS_NONE", 1 "BTRFS_COMPRESS_ZLIB", 2 "BTRFS_COMPRESS_LZO",
        3 "BTRFS_COMPRESS_ZSTD";
    SEND_FLAGS "BTRFS_SEND_FLAGS_???": 1 "BTRFS_SEND_FLAG_NO_FILE_DATA", 2 "BTRFS_SEND_FLAG_OMIT_STREAM_HEADER",
        4 "BTRFS_SEND_FLAG_OMIT_END_CMD", 8 "BTRFS_SEND_FLAG_VERSION", 0x10 "BTRFS_SEND_FLAG_COMPRESSED";
    QUOTA_CTL "BTRFS_QUOTA_CTL_???": 1 "BTRFS_QUOTA_CTL_ENABLE", 2 "BTRFS_QUOTA_CTL_DISABLE",
        3 "BTRFS_QUOTA_CTL_RESCAN__NOTUSED";
    OBJECTS "BTRFS_OBJECTID_???": 1 "BTRFS_ROOT_TREE_OBJECTID", 2 "BTRFS_EXTENT_TREE_OBJECTID",
        3 "BTRFS_CHUNK_TREE_OBJECTID", 4 "BTRFS_DEV_TREE_OBJECTID", 5 "BTRFS_FS_TREE_OBJECTID",
        6 "BTRFS_ROOT_TREE_DIR_OBJECTID", 7 "BTRFS_CSUM_TREE_OBJECTID", 8 "BTRFS_QUOTA_TREE_OBJECTID",
        9 "BTRFS_UUID_TREE_OBJECTID", 10 "BTRFS_FREE_SPACE_TREE_OBJECTID",
        11 "BTRFS_BLOCK_GROUP_TREE_OBJECTID", 256 "BTRFS_FIRST_FREE_OBJECTID",
        0xffff_ffff_ffff_ffff "UINT64_MAX";
}

const NUMBER: Kind = Kind::With(|_, raw| Value::Uint(raw));
const OBJECT: Kind = Kind::With(object);
const ID: Kind = Kind::Cells(Store::U64, &NUMBER, Len::Fixed(1));

const fn number(name: &'static str) -> Field {
    field(name, Store::U64, NUMBER)
}

/// The number of a tree or of an object in one; most objects have no name.
fn object(_: &mut Cx<'_>, raw: u64) -> Value {
    match OBJECTS.name(raw) {
        Some(name) => Value::meaning(Value::Uint(raw), word(name)),
        None => Value::Uint(raw),
    }
}

/// Where the name starts, and how long it can be, in the first and the second version of the structure.
const NAME: u32 = 4088;
const NAME2: u64 = 4040;

/// `struct btrfs_ioctl_vol_args`.
static VOLUME: Struct =
    Struct::new(&[field("fd", Store::U64, Kind::Fd), field("name", Store::Text(NAME), Kind::Int)]);

/// `struct btrfs_ioctl_vol_args_v2`: what is to be inherited is there only if the flags say so.
fn volume(cx: &mut Cx<'_>, addr: u64) -> Value {
    let at = |offset: u64| addr.wrapping_add(offset);
    let (true, Some(fd), Some(flags)) =
        (follows(cx, addr), cx.load(addr, Store::U64), cx.load(at(16), Store::U64))
    else {
        return Value::Addr(addr);
    };
    let mut fields = vec![("fd", cx.fd(fd)), ("flags", Value::Flags(flags, &SUBVOLUME))];
    if flags & 4 != 0 {
        fields.push(("size", Value::Uint(cx.load(at(24), Store::U64).unwrap_or(0))));
        fields.push(("qgroup_inherit", Value::Addr(cx.load(at(32), Store::U64).unwrap_or(0))));
    }
    let name = lariat_abi::TraceeAddr::new(at(56));
    if let Some((bytes, ended)) = cx.env.memory.read_c_string(name, NAME2 as usize - 1) {
        fields.push(("name", Value::Str { bytes, more: !ended }));
    }
    Value::record(fields)
}

/// The flags of a subvolume, shown bare.
fn subvolume_flags(cx: &mut Cx<'_>, addr: u64) -> Value {
    match cx.load(addr, Store::U64) {
        Some(flags) if follows(cx, addr) => Value::Flags(flags, &SUBVOLUME),
        _ => Value::Addr(addr),
    }
}

/// `struct btrfs_ioctl_defrag_range_args`.
static DEFRAG: Struct = Struct::new(&[
    number("start"),
    number("len"),
    field("flags", Store::U64, Kind::Flags64(&DEFRAG_FLAGS)),
    field("extent_thresh", Store::U32, Kind::Uint),
    field("compress_type", Store::U32, Kind::Const(&COMPRESS)),
]);
/// `struct btrfs_ioctl_send_args`.
static SEND: Struct = Struct::new(&[
    field("send_fd", Store::U64, Kind::Fd),
    number("clone_sources_count"),
    field("clone_sources", Store::Word, Kind::Addr),
    field("parent_root", Store::U64, OBJECT),
    field("flags", Store::U64, Kind::Flags64(&SEND_FLAGS)),
]);
/// `struct btrfs_ioctl_ino_lookup_args`, what is asked.
static LOOKUP: Struct =
    Struct::new(&[field("treeid", Store::U64, OBJECT), field("objectid", Store::U64, OBJECT)]);
/// `struct btrfs_ioctl_qgroup_assign_args`.
static QGROUP_ASSIGN: Struct = Struct::new(&[number("assign"), number("src"), number("dst")]);
/// `struct btrfs_ioctl_qgroup_create_args`.
static QGROUP_CREATE: Struct = Struct::new(&[number("create"), number("qgroupid")]);
/// `struct btrfs_ioctl_quota_rescan_args`.
static QUOTA_RESCAN: Struct = Struct::new(&[number("flags")]);
/// `struct btrfs_ioctl_quota_ctl_args`.
static QUOTA: Struct =
    Struct::new(&[field("cmd", Store::U64, Kind::With(|_, raw| Value::Const(raw, &QUOTA_CTL)))]);
