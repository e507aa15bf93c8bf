//! `siginfo_t` as strace shows it: which members mean something depends on `si_code` first and on the
//! signal second; sigaction(2), "The siginfo_t argument to a SA_SIGINFO handler".

use crate::catalog::Catalog;
use crate::context::Cx;
use crate::context::Names;
use crate::table::Table;
use crate::value::Value;
use lariat_abi::{Abi, Errno, SigInfo, Signal, si_code};
use std::borrow::Cow;

macro_rules! codes {
    ($($table:ident: $($value:literal $name:literal),* ;)*) => {
        $(static $table: Table = Table::new("", &[
            (0, "SI_USER"), (0x80, "SI_KERNEL"), (0xffff_ffff, "SI_QUEUE"), (0xffff_fffe, "SI_TIMER"),
            (0xffff_fffd, "SI_MESGQ"), (0xffff_fffc, "SI_ASYNCIO"), (0xffff_fffb, "SI_SIGIO"),
            (0xffff_fffa, "SI_TKILL"), (0xffff_fff9, "SI_DETHREAD"), (0xffff_ffc4, "SI_ASYNCNL"),
            $(($value, $name)),*
        ]);)*
    };
}

codes! {
    ANY: ;
    CHLD: 1 "CLD_EXITED", 2 "CLD_KILLED", 3 "CLD_DUMPED", 4 "CLD_TRAPPED", 5 "CLD_STOPPED",
        6 "CLD_CONTINUED";
    ILL: 1 "ILL_ILLOPC", 2 "ILL_ILLOPN", 3 "ILL_ILLADR", 4 "ILL_ILLTRP", 5 "ILL_PRVOPC", 6 "ILL_PRVREG",
        7 "ILL_COPROC", 8 "ILL_BADSTK", 9 "ILL_BADIADDR";
    FPE: 1 "FPE_INTDIV", 2 "FPE_INTOVF", 3 "FPE_FLTDIV", 4 "FPE_FLTOVF", 5 "FPE_FLTUND", 6 "FPE_FLTRES",
        7 "FPE_FLTINV", 8 "FPE_FLTSUB", 14 "FPE_FLTUNK", 15 "FPE_CONDTRAP";
    SEGV: 1 "SEGV_MAPERR", 2 "SEGV_ACCERR", 3 "SEGV_BNDERR", 4 "SEGV_PKUERR", 5 "SEGV_ACCADI",
        6 "SEGV_ADIDERR", 7 "SEGV_ADIPERR", 8 "SEGV_MTEAERR", 9 "SEGV_MTESERR";
    BUS: 1 "BUS_ADRALN", 2 "BUS_ADRERR", 3 "BUS_OBJERR", 4 "BUS_MCEERR_AR", 5 "BUS_MCEERR_AO";
    TRAP: 1 "TRAP_BRKPT", 2 "TRAP_TRACE", 3 "TRAP_BRANCH", 4 "TRAP_HWBKPT", 5 "TRAP_UNK", 6 "TRAP_PERF";
    POLL: 1 "POLL_IN", 2 "POLL_OUT", 3 "POLL_MSG", 4 "POLL_ERR", 5 "POLL_PRI", 6 "POLL_HUP";
    SYS: 1 "SYS_SECCOMP", 2 "SYS_USER_DISPATCH";
}

static ARCH: Table =
    Table::new("AUDIT_ARCH_???", &[(0xc000_003e, "AUDIT_ARCH_X86_64"), (0x4000_0003, "AUDIT_ARCH_I386")]);

type Fields = Vec<(&'static str, Value)>;

/// The siginfo as a structure: `{si_signo=SIGCHLD, si_code=CLD_EXITED, ...}`; `{}` without a signal.
#[must_use]
pub fn siginfo(info: &SigInfo, names: &dyn Names) -> Value {
    let mut value = bare(info);
    if let Value::Struct { fields, .. } = &mut value {
        for (_, field) in fields {
            if let Value::Pid { pid, .. } = *field {
                *field = Value::pid(pid as i32, names);
            }
        }
    }
    value
}

/// The same without names.
fn bare(info: &SigInfo) -> Value {
    if info.signo() == 0 {
        return Value::record(vec![]);
    }
    let mut fields = vec![
        ("si_signo", Value::Signal(i64::from(info.signo()))),
        ("si_code", Value::Const(u64::from(info.code() as u32), code_table(info.signal()))),
    ];
    if info.errno() != 0 {
        let name = Errno::from_raw(info.errno()).name();
        let errno = match name {
            Some(name) => {
                Value::meaning(Value::Int(i64::from(info.errno())), Value::Word(0, Cow::Borrowed(name)))
            }
            None => Value::Uint(u64::from(info.errno() as u32)),
        };
        fields.push(("si_errno", errno));
    }
    match info.code() {
        si_code::SI_USER | si_code::SI_TKILL => sender(info, &mut fields),
        si_code::SI_TIMER => {
            fields.push(("si_timerid", Value::Hex(u64::from(info.timer_id() as u32))));
            fields.push(("si_overrun", Value::Int(i64::from(info.overrun()))));
            value(info, &mut fields);
        }
        si_code::SI_SIGIO => band(info, &mut fields),
        code if code < 0 => queued(info, &mut fields),
        _ => by_signal(info, &mut fields),
    }
    Value::record(fields)
}

/// The siginfo at `raw` in the tracee's memory, in the layout of its ABI.
#[must_use]
pub fn siginfo_at(cx: &Cx<'_>, raw: u64) -> Value {
    if raw == 0 || !cx.env.options.dereference {
        return Value::Addr(raw);
    }
    let bytes: Option<[u8; SigInfo::SIZE]> = cx.read(raw, SigInfo::SIZE).and_then(|b| b.try_into().ok());
    match bytes {
        Some(bytes) if cx.abi == Abi::I386 => siginfo(&widen(&bytes), cx.env.names),
        Some(bytes) => siginfo(&SigInfo::from_bytes(bytes), cx.env.names),
        None => Value::Addr(raw),
    }
}

/// An i386 siginfo in the 64-bit layout, as the kernel's `copy_siginfo_from_user32` does it: the union is
/// aligned to 8 bytes instead of 4, and pointers and `long`s in it are twice as wide.
fn widen(narrow: &[u8; SigInfo::SIZE]) -> SigInfo {
    // A 32-bit member: where it lies, whether its sign fills the wider one, where that lies.
    type Move = (usize, bool, usize);
    const SENDER: &[Move] = &[(12, false, 16), (16, false, 20), (20, false, 24)];
    const CHILD: &[Move] =
        &[(12, false, 16), (16, false, 20), (20, false, 24), (24, true, 32), (28, true, 40)];
    const FAULT: &[Move] = &[(12, false, 16), (16, false, 24), (20, false, 32), (24, false, 40)];
    const BAND: &[Move] = &[(12, true, 16), (16, false, 24)];
    const CALL: &[Move] = &[(12, false, 16), (16, false, 24), (20, false, 28)];

    let mut wide = [0; SigInfo::SIZE];
    wide[..12].copy_from_slice(&narrow[..12]);
    let head = SigInfo::from_bytes(wide);
    let moves = match (head.code(), head.signal()) {
        (si_code::SI_SIGIO, _) => BAND,
        (..=0, _) => SENDER,
        (_, Some(Signal::CHLD)) => CHILD,
        (_, Some(Signal::ILL | Signal::FPE | Signal::SEGV | Signal::BUS | Signal::TRAP)) => FAULT,
        (_, Some(Signal::IO)) => BAND,
        (_, Some(Signal::SYS)) => CALL,
        _ => SENDER,
    };
    for &(from, signed, to) in moves {
        wide[to..to + 4].copy_from_slice(&narrow[from..from + 4]);
        if signed && narrow[from + 3] & 0x80 != 0 {
            wide[to + 4..to + 8].fill(0xff);
        }
    }
    SigInfo::from_bytes(wide)
}

fn code_table(signal: Option<Signal>) -> &'static Table {
    match signal {
        Some(Signal::CHLD) => &CHLD,
        Some(Signal::ILL) => &ILL,
        Some(Signal::FPE) => &FPE,
        Some(Signal::SEGV) => &SEGV,
        Some(Signal::BUS) => &BUS,
        Some(Signal::TRAP) => &TRAP,
        Some(Signal::IO) => &POLL,
        Some(Signal::SYS) => &SYS,
        _ => &ANY,
    }
}

fn by_signal(info: &SigInfo, fields: &mut Fields) {
    match info.signal() {
        Some(Signal::CHLD) => child(info, fields),
        Some(Signal::ILL | Signal::FPE | Signal::SEGV | Signal::BUS | Signal::TRAP) => fault(info, fields),
        Some(Signal::IO) if (1..=6).contains(&info.code()) => band(info, fields),
        Some(Signal::IO) => {}
        Some(Signal::SYS) => {
            fields.push(("si_call_addr", Value::Addr(info.call_addr())));
            fields.push(("si_syscall", syscall(info)));
            fields.push(("si_arch", Value::Const(u64::from(info.arch()), &ARCH)));
        }
        _ if info.pid() != 0 || info.uid() != 0 => queued(info, fields),
        _ if info.value() != 0 => value(info, fields),
        _ => {}
    }
}

fn sender(info: &SigInfo, fields: &mut Fields) {
    fields.push(("si_pid", Value::Pid { pid: i64::from(info.pid()), comm: None, outer: None }));
    fields.push(("si_uid", uid(info.uid())));
}

/// A user id; all ones is -1, as everywhere.
fn uid(id: u32) -> Value {
    if id == u32::MAX { Value::Int(-1) } else { Value::Uint(u64::from(id)) }
}

fn value(info: &SigInfo, fields: &mut Fields) {
    fields.push(("si_int", Value::Int(i64::from(info.value() as i32))));
    fields.push(("si_ptr", Value::Addr(info.value())));
}

fn queued(info: &SigInfo, fields: &mut Fields) {
    // The kernel itself is no sender.
    if info.code() != si_code::SI_KERNEL || info.pid() != 0 || info.uid() != 0 {
        sender(info, fields);
    }
    if info.value() != 0 {
        value(info, fields);
    }
}

fn band(info: &SigInfo, fields: &mut Fields) {
    fields.push(("si_band", Value::Int(info.band())));
    fields.push(("si_fd", Value::Fd { fd: i64::from(info.fd()), target: None }));
}

fn child(info: &SigInfo, fields: &mut Fields) {
    sender(info, fields);
    let status = i64::from(info.status());
    fields.push(("si_status", if info.code() == 1 { Value::Int(status) } else { Value::Signal(status) }));
    fields.push(("si_utime", ticks(info.utime() as u64)));
    fields.push(("si_stime", ticks(info.stime() as u64)));
}

/// Clock ticks, of which Linux shows user space 100 a second (`USER_HZ`).
pub(crate) fn ticks(count: u64) -> Value {
    match count {
        0 => Value::Uint(0),
        _ => {
            let told = format!("{}.{:02} s", count / 100, count % 100);
            Value::meaning(Value::Uint(count), Value::Note(Box::new(Value::Uint(count)), Cow::Owned(told)))
        }
    }
}

fn fault(info: &SigInfo, fields: &mut Fields) {
    fields.push(("si_addr", Value::Addr(info.addr())));
    match (info.signal(), info.code()) {
        (Some(Signal::SEGV), 3) => {
            fields.push(("si_lower", Value::Addr(info.lower())));
            fields.push(("si_upper", Value::Addr(info.upper())));
        }
        (Some(Signal::SEGV), 4) => fields.push(("si_pkey", Value::Uint(u64::from(info.pkey())))),
        (Some(Signal::BUS), 4 | 5) => {
            fields.push(("si_addr_lsb", Value::Hex(u64::from(info.addr_lsb() as u16))));
        }
        _ => {}
    }
}

fn syscall(info: &SigInfo) -> Value {
    let number = u64::from(info.syscall() as u32);
    let abi = match info.arch() {
        0xc000_003e => Some(Abi::X86_64),
        0x4000_0003 => Some(Abi::I386),
        _ => None,
    };
    match abi.and_then(|abi| Catalog::get().row(abi, number)) {
        Some(row) => Value::Word(number, Cow::Owned(format!("__NR_{}", row.name))),
        None => Value::Int(i64::from(info.syscall())),
    }
}
