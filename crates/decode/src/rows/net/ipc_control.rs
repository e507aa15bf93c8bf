//! `semctl`, `shmctl`, `msgctl`: what the last argument is depends on the command; svipc(7), `<linux/sem.h>`,
//! `<linux/shm.h>`, `<linux/msg.h>`.
//!
//! The kernel has an old and a new form of each structure, and i386's `ipc` takes a flag (`IPC_64`) that
//! says which is meant; like strace, this reads the new form always.

use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::{Field, Store, Struct, field, pad};
use crate::row::{Class, Row, arg, both};
use crate::table::{Table, tables};
use crate::value::Value;
use lariat_abi::Abi;

tables! {
    SEM_CMD "SEM_???": 0 "IPC_RMID", 1 "IPC_SET", 2 "IPC_STAT", 3 "IPC_INFO", 11 "GETPID", 12 "GETVAL",
        13 "GETALL", 14 "GETNCNT", 15 "GETZCNT", 16 "SETVAL", 17 "SETALL", 18 "SEM_STAT", 19 "SEM_INFO",
        20 "SEM_STAT_ANY";
    SHM_CMD "SHM_???": 0 "IPC_RMID", 1 "IPC_SET", 2 "IPC_STAT", 3 "IPC_INFO", 11 "SHM_LOCK",
        12 "SHM_UNLOCK", 13 "SHM_STAT", 14 "SHM_INFO", 15 "SHM_STAT_ANY";
    MSG_CMD "MSG_???": 0 "IPC_RMID", 1 "IPC_SET", 2 "IPC_STAT", 3 "IPC_INFO", 11 "MSG_STAT", 12 "MSG_INFO",
        13 "MSG_STAT_ANY";
    FLAG "": 0x100 "IPC_64";
}

const IPC_64: u64 = 0x100;
const IPC_SET: u64 = 1;
const IPC_STAT: u64 = 2;
const IPC_INFO: u64 = 3;

/// A `time_t`; on i386 its high half comes after it and is not shown.
const fn time(name: &'static str) -> Field {
    field(name, Store::SWord, Kind::Long)
}

const fn ulong(name: &'static str) -> Field {
    field(name, Store::Word, Kind::Ulong)
}

const fn int(name: &'static str) -> Field {
    field(name, Store::I32, Kind::Int)
}

const fn pid(name: &'static str) -> Field {
    field(name, Store::I32, Kind::Pid)
}

/// `struct ipc64_perm` in the order of memory; it is shown in another.
struct Perm {
    key: u64,
    ids: [u64; 4],
    mode: u64,
}

impl Perm {
    /// The size under `abi`: 5 words of 32 bits, mode and sequence number with padding, two `long`s.
    fn size(abi: Abi) -> u64 {
        if abi == Abi::I386 { 36 } else { 48 }
    }

    fn load(cx: &Cx<'_>, raw: u64) -> Option<Self> {
        let word = |i: u64| cx.load(raw.wrapping_add(4 * i), Store::U32);
        let mode = if cx.abi == Abi::I386 { Store::U16 } else { Store::U32 };
        Some(Self {
            key: word(0)?,
            ids: [word(1)?, word(2)?, word(3)?, word(4)?],
            mode: cx.load(raw.wrapping_add(20), mode)?,
        })
    }

    /// What can be set, or all of it.
    fn show(&self, cx: &mut Cx<'_>, all: bool) -> Value {
        let [uid, gid, cuid, cgid] = self.ids.map(|id| cx.decode(&Kind::Uid, id));
        let mut fields = vec![("uid", uid), ("gid", gid), ("mode", Value::Mode(self.mode))];
        if all {
            fields.extend([("key", Value::Uint(self.key)), ("cuid", cuid), ("cgid", cgid)]);
        }
        Value::record(fields)
    }
}

/// One of the three kinds of object: its commands, and what follows the permissions under either ABI.
struct Object {
    perm: &'static str,
    wide: Struct,
    narrow: Struct,
    /// Which members of these are shown after the others.
    last: &'static [&'static str],
    /// Which can be set.
    settable: &'static [&'static str],
    info: Struct,
    /// The commands that fill the structure beside `IPC_STAT`.
    stats: &'static [u64],
    /// The command that fills `used` instead.
    used_command: u64,
    used: Struct,
}

static SEM: Object = Object {
    perm: "sem_perm",
    wide: Struct::new(&[time("sem_otime"), pad(8), time("sem_ctime"), pad(8), ulong("sem_nsems")]),
    narrow: Struct::new(&[time("sem_otime"), pad(4), time("sem_ctime"), pad(4), ulong("sem_nsems")]),
    last: &[],
    settable: &[],
    info: Struct::new(SEMINFO),
    stats: &[18, 20],
    used_command: 19,
    used: Struct::new(SEMINFO),
};
static SHM: Object = Object {
    perm: "shm_perm",
    wide: Struct::new(&[
        ulong("shm_segsz"),
        time("shm_atime"),
        time("shm_dtime"),
        time("shm_ctime"),
        pid("shm_cpid"),
        pid("shm_lpid"),
        ulong("shm_nattch"),
    ]),
    narrow: Struct::new(&[
        ulong("shm_segsz"),
        time("shm_atime"),
        pad(4),
        time("shm_dtime"),
        pad(4),
        time("shm_ctime"),
        pad(4),
        pid("shm_cpid"),
        pid("shm_lpid"),
        ulong("shm_nattch"),
    ]),
    last: &["shm_atime", "shm_dtime", "shm_ctime"],
    settable: &[],
    info: Struct::new(&[ulong("shmmax"), ulong("shmmin"), ulong("shmmni"), ulong("shmseg"), ulong("shmall")]),
    stats: &[13, 15],
    used_command: 14,
    used: Struct::new(&[
        int("used_ids"),
        ulong("shm_tot"),
        ulong("shm_rss"),
        ulong("shm_swp"),
        ulong("swap_attempts"),
        ulong("swap_successes"),
    ]),
};
static MSG: Object = Object {
    perm: "msg_perm",
    wide: Struct::new(&[
        time("msg_stime"),
        time("msg_rtime"),
        time("msg_ctime"),
        ulong(""),
        ulong("msg_qnum"),
        ulong("msg_qbytes"),
        pid("msg_lspid"),
        pid("msg_lrpid"),
    ]),
    narrow: Struct::new(&[
        time("msg_stime"),
        pad(4),
        time("msg_rtime"),
        pad(4),
        time("msg_ctime"),
        pad(4),
        ulong(""),
        ulong("msg_qnum"),
        ulong("msg_qbytes"),
        pid("msg_lspid"),
        pid("msg_lrpid"),
    ]),
    last: &[],
    settable: &["msg_qbytes"],
    info: Struct::new(MSGINFO),
    stats: &[11, 13],
    used_command: 12,
    used: Struct::new(MSGINFO),
};
const SEMINFO: &[Field] = &[
    int("semmap"),
    int("semmni"),
    int("semmns"),
    int("semmnu"),
    int("semmsl"),
    int("semopm"),
    int("semume"),
    int("semusz"),
    int("semvmx"),
    int("semaem"),
];
const MSGINFO: &[Field] = &[
    int("msgpool"),
    int("msgmap"),
    int("msgmax"),
    int("msgmnb"),
    int("msgmni"),
    int("msgssz"),
    int("msgtql"),
    field("msgseg", Store::U16, Kind::Uint),
];

impl Object {
    /// The structure at `raw` after `command`; `None` if the command has none (or it comes later).
    fn argument(&'static self, cx: &mut Cx<'_>, command: u64, raw: u64) -> Option<Value> {
        match command & !IPC_64 {
            IPC_SET if cx.entering() => self.whole(cx, raw, false),
            IPC_SET => None,
            _ if !self.fills(command) => None,
            _ if cx.entering() => Some(Value::Later),
            _ if cx.failed() => None,
            IPC_INFO => Some(cx.structure(raw, &self.info)),
            other if other == self.used_command => Some(cx.structure(raw, &self.used)),
            _ => self.whole(cx, raw, true),
        }
    }

    /// Whether the kernel fills a structure in.
    fn fills(&self, command: u64) -> bool {
        let command = command & !IPC_64;
        matches!(command, IPC_STAT | IPC_INFO)
            || command == self.used_command
            || self.stats.contains(&command)
    }

    fn whole(&'static self, cx: &mut Cx<'_>, raw: u64, all: bool) -> Option<Value> {
        if !cx.env.options.dereference {
            return None;
        }
        let perm = Perm::load(cx, raw)?;
        let layout = if cx.abi == Abi::I386 { &self.narrow } else { &self.wide };
        let bytes = cx.read(raw.wrapping_add(Perm::size(cx.abi)), layout.size(cx.abi))?;
        let Value::Struct { fields, .. } = cx.members(&bytes, layout) else { return None };
        let mut shown = vec![(self.perm.into(), perm.show(cx, all))];
        shown.extend(
            fields.into_iter().filter(|(n, _)| !n.is_empty() && (all || self.settable.contains(&n.as_ref()))),
        );
        shown.sort_by_key(|(n, _)| self.last.contains(&n.as_ref()));
        Some(Value::Struct { fields: shown, more: false })
    }
}

/// A command, with the flag of its own.
fn command(raw: u64, table: &'static Table) -> Value {
    let raw = raw & 0xffff_ffff;
    match raw & IPC_64 {
        0 => Value::Const(raw, table),
        _ => Value::Joined(vec![Value::Flags(IPC_64, &FLAG), Value::Const(raw & !IPC_64, table)]),
    }
}

/// The last argument of `semctl`, given by value.
fn semctl_argument(cx: &mut Cx<'_>, raw: u64) -> Value {
    let command = cx.args[2] & 0xffff_ffff;
    SEM.argument(cx, command, raw).unwrap_or(Value::Addr(raw))
}

/// The same where `ipc` points to it.
fn semctl_pointed(cx: &mut Cx<'_>, raw: u64) -> Value {
    let command = cx.args[2] & 0xffff_ffff;
    match cx.load(raw, Store::Word) {
        None => Value::Addr(raw),
        Some(meant) => {
            SEM.argument(cx, command, meant).unwrap_or_else(|| Value::array(vec![Value::Addr(meant)]))
        }
    }
}

const ID: Kind = Kind::Int;
const SEM_COMMAND: Kind = Kind::With(|_, raw| command(raw, &SEM_CMD));
const SHM_COMMAND: Kind = Kind::With(|_, raw| command(raw, &SHM_CMD));
const MSG_COMMAND: Kind = Kind::With(|_, raw| command(raw, &MSG_CMD));
const SHM_BUF: Kind = Kind::With(|cx, raw| {
    let command = cx.args[1] & 0xffff_ffff;
    SHM.argument(cx, command, raw).unwrap_or(Value::Addr(raw))
});
const MSG_BUF: Kind = Kind::With(|cx, raw| {
    let command = cx.args[1] & 0xffff_ffff;
    MSG.argument(cx, command, raw).unwrap_or(Value::Addr(raw))
});
const IPC: Class = Class::IPC;

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new(
        "semctl",
        both(66, 394),
        IPC,
        &[
            arg("semid", ID),
            arg("semnum", ID),
            arg("cmd", SEM_COMMAND),
            arg("arg", Kind::With(semctl_argument)),
        ],
    ),
    Row::new("shmctl", both(31, 396), IPC, &[arg("shmid", ID), arg("cmd", SHM_COMMAND), arg("buf", SHM_BUF)]),
    Row::new("msgctl", both(71, 402), IPC, &[arg("msqid", ID), arg("cmd", MSG_COMMAND), arg("buf", MSG_BUF)]),
];

/// `semctl` as `ipc` calls it.
pub(crate) static POINTED_SEMCTL: Row = Row::new(
    "semctl",
    crate::row::NOWHERE,
    IPC,
    &[arg("semid", ID), arg("semnum", ID), arg("cmd", SEM_COMMAND), arg("arg", Kind::With(semctl_pointed))],
);
