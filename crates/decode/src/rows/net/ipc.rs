//! System V interprocess communication: semaphores, shared memory, message queues; svipc(7).

use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::{Store, Struct, field};
use crate::row::{Class, NOWHERE, Ret, Row, arg, both, classes, late, only32, only64, out};
use crate::rows::common::{TIMESPEC, TIMESPEC64};
use crate::table::Table;
use crate::value::Value;

static KEY: Table = Table::new("", &[(0, "IPC_PRIVATE")]);
static GET: Table =
    Table::new("IPC_???", &[(0o1000, "IPC_CREAT"), (0o2000, "IPC_EXCL"), (0o4000, "IPC_NOWAIT")]);
static SHM_GET: Table = Table::new(
    "SHM_???",
    &[(0o1000, "IPC_CREAT"), (0o2000, "IPC_EXCL"), (0o4000, "SHM_HUGETLB"), (0o10000, "SHM_NORESERVE")],
);
static SHM_AT: Table = Table::new(
    "SHM_???",
    &[(0o10000, "SHM_RDONLY"), (0o20000, "SHM_RND"), (0o40000, "SHM_REMAP"), (0o100_000, "SHM_EXEC")],
);
static SEM_FLAGS: Table = Table::new("SEM_???", &[(0x1000, "SEM_UNDO"), (0o4000, "IPC_NOWAIT")]);
static MSG_FLAGS: Table = Table::new(
    "MSG_???",
    &[(0o10000, "MSG_NOERROR"), (0o20000, "MSG_EXCEPT"), (0o40000, "MSG_COPY"), (0o4000, "IPC_NOWAIT")],
);

static SEMBUF: Struct = Struct::new(&[
    field("sem_num", Store::U16, Kind::Uint),
    field("sem_op", Store::U16, Kind::With(|_, raw| Value::Int(i64::from(raw as i16)))),
    field("sem_flg", Store::U16, Kind::Flags(&SEM_FLAGS)),
]);

/// Flags and permission bits in one word; the permissions are shown even when there are none.
fn get_flags(raw: u64, table: &'static Table) -> Value {
    let (flags, mode) = (raw & 0xffff_fe00, Value::Mode(raw & 0o777));
    let known = table.entries.iter().any(|(bit, _)| flags & bit != 0);
    match flags {
        0 => mode,
        // strace puts nothing between.
        _ if !known => Value::Word(raw, format!("{flags:#x}0{:02o}", raw & 0o777).into()),
        _ => Value::Joined(vec![Value::Flags(flags, table), mode]),
    }
}

/// The flags of `shmget`, with the size of a huge page in their topmost bits.
fn shm_flags(raw: u64) -> Value {
    const SHIFT: u32 = 26;
    let (size, flags, mode) = (raw as u32 >> SHIFT, raw & 0x3ff_fe00, Value::Mode(raw & 0o777));
    let mut parts = Vec::new();
    match SHM_GET.entries.iter().any(|(bit, _)| flags & bit != 0) {
        true => parts.push(Value::Flags(flags, &SHM_GET)),
        false if flags != 0 => parts.push(Value::Hex(flags)),
        false => {}
    }
    if size != 0 {
        parts.push(Value::Joined(vec![Value::meaning(
            Value::Word(0, format!("{size}<<{SHIFT}").into()),
            Value::Word(0, format!("{size}<<SHM_HUGE_SHIFT").into()),
        )]));
    }
    if parts.is_empty() {
        return mode;
    }
    parts.push(mode);
    Value::Joined(parts)
}

/// A message of `len` bytes of text.
fn message(cx: &mut Cx<'_>, raw: u64, len: u64) -> Value {
    let Some(kind) = cx.load(raw, Store::SWord) else { return Value::Addr(raw) };
    let text = cx.bytes(raw.wrapping_add(cx.abi.word_size() as u64), len);
    Value::record(vec![("mtype", Value::Int(kind as i64)), ("mtext", text)])
}

const MAPPED: Class = classes(&[Class::IPC, Class::MEMORY]);
const IPC: Class = Class::IPC;
const ID: Kind = Kind::Int;
const KEYS: Kind = Kind::Const(&KEY);
const FLAGS: Kind = Kind::With(|_, raw| get_flags(raw, &GET));
const SHM_FLAGS: Kind = Kind::With(|_, raw| shm_flags(raw));
const SEMS: Kind = Kind::With(|cx, raw| {
    let count = cx.args[2] & 0xffff_ffff;
    cx.structures(raw, &SEMBUF, count)
});
const RECEIVED: Kind = Kind::With(|cx, raw| message(cx, raw, cx.args[2]));
const SENT: Kind = Kind::With(|cx, raw| message(cx, raw, cx.args[2]));

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new("semget", both(64, 393), IPC, &[arg("key", KEYS), arg("nsems", ID), arg("semflg", FLAGS)]),
    Row::new("semop", only64(65), IPC, &[arg("semid", ID), arg("sops", SEMS), arg("nsops", Kind::Uint)]),
    Row::new(
        "semtimedop",
        only64(220),
        IPC,
        &[
            arg("semid", ID),
            arg("sops", SEMS),
            arg("nsops", Kind::Uint),
            arg("timeout", Kind::Ref(&TIMESPEC)),
        ],
    ),
    Row::new(
        "semtimedop_time64",
        only32(420),
        IPC,
        &[
            arg("semid", ID),
            arg("sops", SEMS),
            arg("nsops", Kind::Uint),
            arg("timeout", Kind::Ref(&TIMESPEC64)),
        ],
    ),
    Row::new(
        "shmget",
        both(29, 395),
        IPC,
        &[arg("key", KEYS), arg("size", Kind::Ulong), arg("shmflg", SHM_FLAGS)],
    ),
    Row::new(
        "shmat",
        both(30, 397),
        MAPPED,
        &[arg("shmid", ID), arg("shmaddr", Kind::Addr), arg("shmflg", Kind::Flags(&SHM_AT))],
    )
    .ret(Ret::Hex),
    Row::new("shmdt", both(67, 398), MAPPED, &[arg("shmaddr", Kind::Addr)]),
    Row::new("msgget", both(68, 399), IPC, &[arg("key", KEYS), arg("msgflg", FLAGS)]),
    Row::new(
        "msgsnd",
        both(69, 400),
        IPC,
        &[
            arg("msqid", ID),
            arg("msgp", SENT),
            arg("msgsz", Kind::Ulong),
            arg("msgflg", Kind::Flags(&MSG_FLAGS)),
        ],
    ),
    Row::new(
        "msgrcv",
        both(70, 401),
        IPC,
        &[
            arg("msqid", ID),
            out("msgp", RECEIVED),
            arg("msgsz", Kind::Ulong),
            arg("msgtyp", Kind::Long),
            arg("msgflg", Kind::Flags(&MSG_FLAGS)),
        ],
    ),
    Row::new(
        "ipc",
        only32(117),
        IPC,
        &[
            arg("call", Kind::With(version_and_call)),
            arg("first", Kind::Hex),
            arg("second", Kind::Hex),
            arg("third", Kind::Hex),
            arg("ptr", Kind::Hex),
            arg("fifth", Kind::Hex),
        ],
    ),
];

/// The number of a call; a version of it stands in the upper half.
fn version_and_call(_: &mut Cx<'_>, raw: u64) -> Value {
    match (raw >> 16 & 0xffff, raw & 0xffff) {
        (0, call) => Value::Uint(call),
        (version, call) => {
            let version = Value::Word(0, format!("{version}<<16").into());
            Value::Joined(vec![version, Value::Uint(call)])
        }
    }
}

/// `shmat` as `ipc` calls it: the address goes where the last argument, which is not shown, points to.
pub(crate) static POINTED_SHMAT: Row = Row::new(
    "shmat",
    NOWHERE,
    IPC,
    &[arg("shmid", ID), arg("shmaddr", Kind::Addr), arg("shmflg", Kind::Flags(&SHM_AT))],
)
.ret(Ret::Decoded(|cx| cx.load(cx.args[3], Store::Word).map(Value::Hex)));

/// `msgrcv` as the old `ipc` calls it: buffer and type are where the pointer points to, and so are known
/// only once the call has succeeded.
pub(crate) static POINTED_MSGRCV: Row = Row::new(
    "msgrcv",
    NOWHERE,
    IPC,
    &[
        arg("msqid", ID),
        out(
            "msgp",
            Kind::With(|cx, raw| match cx.load(raw, Store::Word) {
                Some(buffer) => message(cx, buffer, cx.args[2]),
                None => Value::Addr(raw),
            }),
        ),
        arg("msgsz", Kind::Ulong),
        late(
            "msgtyp",
            Kind::With(|cx, _| match cx.load(cx.args[1].wrapping_add(4), Store::SWord) {
                Some(kind) if !cx.failed() => Value::Int(kind as i64),
                _ => Value::Absent,
            }),
        ),
        arg("msgflg", Kind::Flags(&MSG_FLAGS)),
    ],
);
