//! The kernel's key rings. As with `prctl`, each command of `keyctl` is a shape.

use crate::context::Cx;
use crate::kind::{Kind, Len};
use crate::layout::{Show, Store, Struct, field, field_if};
use crate::row::{Class, Row, arg, both};
use crate::table::Table;
use crate::value::Value;
use std::borrow::Cow;

/// `<linux/keyctl.h>`; command numbers are positions.
static COMMANDS: Table = Table::new(
    "KEYCTL_???",
    &[
        (0, "KEYCTL_GET_KEYRING_ID"),
        (1, "KEYCTL_JOIN_SESSION_KEYRING"),
        (2, "KEYCTL_UPDATE"),
        (3, "KEYCTL_REVOKE"),
        (4, "KEYCTL_CHOWN"),
        (5, "KEYCTL_SETPERM"),
        (6, "KEYCTL_DESCRIBE"),
        (7, "KEYCTL_CLEAR"),
        (8, "KEYCTL_LINK"),
        (9, "KEYCTL_UNLINK"),
        (10, "KEYCTL_SEARCH"),
        (11, "KEYCTL_READ"),
        (12, "KEYCTL_INSTANTIATE"),
        (13, "KEYCTL_NEGATE"),
        (14, "KEYCTL_SET_REQKEY_KEYRING"),
        (15, "KEYCTL_SET_TIMEOUT"),
        (16, "KEYCTL_ASSUME_AUTHORITY"),
        (17, "KEYCTL_GET_SECURITY"),
        (18, "KEYCTL_SESSION_TO_PARENT"),
        (19, "KEYCTL_REJECT"),
        (20, "KEYCTL_INSTANTIATE_IOV"),
        (21, "KEYCTL_INVALIDATE"),
        (22, "KEYCTL_GET_PERSISTENT"),
        (23, "KEYCTL_DH_COMPUTE"),
        (24, "KEYCTL_PKEY_QUERY"),
        (25, "KEYCTL_PKEY_ENCRYPT"),
        (26, "KEYCTL_PKEY_DECRYPT"),
        (27, "KEYCTL_PKEY_SIGN"),
        (28, "KEYCTL_PKEY_VERIFY"),
        (29, "KEYCTL_RESTRICT_KEYRING"),
        (30, "KEYCTL_MOVE"),
        (31, "KEYCTL_CAPABILITIES"),
        (32, "KEYCTL_WATCH_KEY"),
    ],
);

/// Key ids that stand for a ring of the caller.
static SPECIAL: [&str; 8] = [
    "KEY_SPEC_THREAD_KEYRING",
    "KEY_SPEC_PROCESS_KEYRING",
    "KEY_SPEC_SESSION_KEYRING",
    "KEY_SPEC_USER_KEYRING",
    "KEY_SPEC_USER_SESSION_KEYRING",
    "KEY_SPEC_GROUP_KEYRING",
    "KEY_SPEC_REQKEY_AUTH_KEY",
    "KEY_SPEC_REQUESTOR_KEYRING",
];

static DEFAULT_RINGS: [&str; 9] = [
    "NO_CHANGE",
    "DEFAULT",
    "THREAD_KEYRING",
    "PROCESS_KEYRING",
    "SESSION_KEYRING",
    "USER_KEYRING",
    "USER_SESSION_KEYRING",
    "GROUP_KEYRING",
    "REQUESTOR_KEYRING",
];

static PERMISSIONS: Table = Table::new(
    "KEY_???",
    &[
        (0x0100_0000, "KEY_POS_VIEW"),
        (0x0200_0000, "KEY_POS_READ"),
        (0x0400_0000, "KEY_POS_WRITE"),
        (0x0800_0000, "KEY_POS_SEARCH"),
        (0x1000_0000, "KEY_POS_LINK"),
        (0x2000_0000, "KEY_POS_SETATTR"),
        (0x0001_0000, "KEY_USR_VIEW"),
        (0x0002_0000, "KEY_USR_READ"),
        (0x0004_0000, "KEY_USR_WRITE"),
        (0x0008_0000, "KEY_USR_SEARCH"),
        (0x0010_0000, "KEY_USR_LINK"),
        (0x0020_0000, "KEY_USR_SETATTR"),
        (0x0000_0100, "KEY_GRP_VIEW"),
        (0x0000_0200, "KEY_GRP_READ"),
        (0x0000_0400, "KEY_GRP_WRITE"),
        (0x0000_0800, "KEY_GRP_SEARCH"),
        (0x0000_1000, "KEY_GRP_LINK"),
        (0x0000_2000, "KEY_GRP_SETATTR"),
        (0x0000_0001, "KEY_OTH_VIEW"),
        (0x0000_0002, "KEY_OTH_READ"),
        (0x0000_0004, "KEY_OTH_WRITE"),
        (0x0000_0008, "KEY_OTH_SEARCH"),
        (0x0000_0010, "KEY_OTH_LINK"),
        (0x0000_0020, "KEY_OTH_SETATTR"),
    ],
);
static MOVE_FLAGS: Table = Table::new("KEYCTL_MOVE_???", &[(1, "KEYCTL_MOVE_EXCL")]);

static DH_PARAMS: Struct = Struct::new(&[
    field("private", Store::I32, KEY),
    field("prime", Store::I32, KEY),
    field("base", Store::I32, KEY),
]);

/// `struct keyctl_kdf_params`: how the result is hashed.
static KDF_PARAMS: Struct = Struct::new(&[
    field("hashname", Store::Word, Kind::Str),
    field("otherinfo", Store::Word, Kind::Str),
    field("otherinfolen", Store::U32, Kind::Uint),
    field_if(Show::NonZero, "__spare", Store::Many(&Store::U32, 8), Kind::Hex),
]);

type Shape = [Kind; 4];
const NONE: Kind = Kind::With(|_, _| Value::Absent);
const KEY: Kind = Kind::With(|_, raw| serial(raw));
const UINT: Kind = Kind::Uint;
const SIZE: Kind = Kind::Ulong;
const STR: Kind = Kind::Str;
const GENERIC: Shape = [Kind::Hex; 4];
const ONE_KEY: Shape = [KEY, NONE, NONE, NONE];
const TWO_KEYS: Shape = [KEY, KEY, NONE, NONE];
/// What is read into: shown at exit, as many bytes as the result says, at most the size.
const READ: Kind = Kind::With(read);
const PAYLOAD: Kind = Kind::Bytes(Len::Arg(3));

/// The shapes, by command number.
static SHAPES: [Shape; 32] = [
    [KEY, Kind::Int, NONE, NONE],
    [STR, NONE, NONE, NONE],
    [KEY, PAYLOAD, SIZE, NONE],
    ONE_KEY,
    [KEY, Kind::Uid, Kind::Uid, NONE],
    [KEY, Kind::Flags(&PERMISSIONS), NONE, NONE],
    [KEY, READ, SIZE, NONE],
    ONE_KEY,
    TWO_KEYS,
    TWO_KEYS,
    [KEY, STR, STR, KEY],
    [KEY, READ, SIZE, NONE],
    [KEY, PAYLOAD, SIZE, KEY],
    [KEY, UINT, KEY, NONE],
    [Kind::With(default_ring), NONE, NONE, NONE],
    [KEY, UINT, NONE, NONE],
    ONE_KEY,
    [KEY, READ, SIZE, NONE],
    [NONE; 4],
    [KEY, UINT, Kind::With(error), KEY],
    [KEY, Kind::Iovec(Len::Arg(3), Len::Unbounded), SIZE, KEY],
    ONE_KEY,
    [Kind::Uid, KEY, NONE, NONE],
    [Kind::Ref(&DH_PARAMS), READ, SIZE, Kind::Ref(&KDF_PARAMS)],
    [KEY, Kind::Hex, STR, Kind::Addr],
    [Kind::Addr; 4],
    [Kind::Addr; 4],
    [Kind::Addr; 4],
    [Kind::Addr; 4],
    [KEY, STR, STR, NONE],
    [KEY, KEY, KEY, Kind::Flags(&MOVE_FLAGS)],
    [READ_CAPABILITIES, SIZE, NONE, NONE],
];
const READ_CAPABILITIES: Kind = Kind::Addr;

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new(
        "add_key",
        both(248, 286),
        Class::empty(),
        &[
            arg("type", Kind::Str),
            arg("description", Kind::Str),
            arg("payload", Kind::Bytes(Len::Arg(3))),
            arg("plen", Kind::Ulong),
            arg("keyring", KEY),
        ],
    ),
    Row::new(
        "request_key",
        both(249, 287),
        Class::empty(),
        &[
            arg("type", Kind::Str),
            arg("description", Kind::Str),
            arg("callout_info", Kind::Str),
            arg("dest_keyring", KEY),
        ],
    ),
    Row::new(
        "keyctl",
        both(250, 288),
        Class::empty(),
        &[
            arg("operation", Kind::Const(&COMMANDS)),
            arg("arg2", Kind::With(|cx, raw| argument(cx, raw, 0))),
            arg("arg3", Kind::With(|cx, raw| argument(cx, raw, 1))),
            arg("arg4", Kind::With(|cx, raw| argument(cx, raw, 2))),
            arg("arg5", Kind::With(|cx, raw| argument(cx, raw, 3))),
        ],
    ),
];

fn argument(cx: &mut Cx<'_>, raw: u64, index: usize) -> Value {
    let shape = SHAPES.get(cx.args[0] as u32 as usize).unwrap_or(&GENERIC);
    cx.decode(&shape[index], raw)
}

fn serial(raw: u64) -> Value {
    let id = raw as u32 as i32;
    let special = id.checked_neg().and_then(|n| usize::try_from(n).ok()).and_then(|n| n.checked_sub(1));
    match special.and_then(|n| SPECIAL.get(n)) {
        Some(name) => {
            let name = Value::Word(raw & 0xffff_ffff, Cow::Borrowed(name));
            Value::meaning(Value::Int(i64::from(id)), name)
        }
        None => Value::Int(i64::from(id)),
    }
}

fn default_ring(_: &mut Cx<'_>, raw: u64) -> Value {
    let number = raw as u32 as i32;
    let name = usize::try_from(i64::from(number) + 1).ok().and_then(|n| DEFAULT_RINGS.get(n));
    match name {
        Some(name) => Value::Word(raw & 0xffff_ffff, Cow::Owned(format!("KEY_REQKEY_DEFL_{name}"))),
        None => Value::Note(Box::new(Value::Int(i64::from(number))), Cow::Borrowed("KEY_REQKEY_DEFL_???")),
    }
}

fn error(_: &mut Cx<'_>, raw: u64) -> Value {
    let number = raw as u32;
    let errno = i32::try_from(number).ok().and_then(|n| lariat_abi::Errno::from_raw(n).name());
    match errno {
        Some(name) => Value::Word(u64::from(number), Cow::Owned(name.to_string())),
        None => Value::Uint(u64::from(number)),
    }
}

fn read(cx: &mut Cx<'_>, addr: u64) -> Value {
    match (cx.entering(), cx.failed()) {
        (true, _) => Value::Later,
        (_, true) => Value::Addr(addr),
        _ => cx.bytes(addr, cx.result().min(cx.args[3])),
    }
}
