//! Outcomes and states in words: the notation of scripts.

use crate::op::Op;
use crate::sight::Outcome;
use lariat_abi::{Errno, Event, Request, Signal, WaitStatus};
use lariat_kernel::call::{Output, SyscallReport};
use lariat_kernel::{SigInfo, SigSet, cld};

/// A signal's name; the number of one that has none.
#[must_use]
pub fn signal(raw: i32) -> String {
    Signal::from_raw(raw).map_or_else(|| raw.to_string(), |s| s.name().into_owned())
}

/// A stop: the signal, and the event if there is one; as in a wait status without its low byte.
#[must_use]
pub fn stop(code: i32) -> String {
    let (sig, event) = (code & 0xff, code >> 8 & 0xff);
    let name = if sig & 0x80 != 0 { format!("{}|0x80", signal(sig & 0x7f)) } else { signal(sig) };
    if event == 0 {
        return name;
    }
    match Event::from_code(event as u8).name() {
        Some(event) => format!("{name}|{}", event.strip_prefix("PTRACE_").unwrap_or(event)),
        None => format!("{name}|{event}"),
    }
}

/// A wait status.
#[must_use]
pub fn status(raw: i32) -> String {
    match WaitStatus::decode(raw) {
        WaitStatus::Continued => "continued".into(),
        _ if raw & 0xff == 0x7f => stop(raw >> 8),
        _ if raw & 0x7f == 0 => format!("exited {}", raw >> 8 & 0xff),
        _ => format!("killed {}", signal(raw & 0x7f)),
    }
}

/// A siginfo.
#[must_use]
pub fn siginfo(info: &SigInfo, name: &impl Fn(i32) -> String) -> String {
    let sig = signal(info.signo);
    if info.signo == 17 && info.code > 0 {
        let (what, status) = match info.code {
            cld::EXITED => ("CLD_EXITED", info.status.to_string()),
            cld::KILLED => ("CLD_KILLED", signal(info.status)),
            cld::DUMPED => ("CLD_DUMPED", signal(info.status)),
            cld::TRAPPED => ("CLD_TRAPPED", stop(info.status)),
            cld::STOPPED => ("CLD_STOPPED", signal(info.status)),
            _ => ("CLD_CONTINUED", signal(info.status)),
        };
        return format!("{sig} {what} {} {status}", name(info.pid));
    }
    let code = match info.code {
        0 => "SI_USER".into(),
        0x80 => "SI_KERNEL".into(),
        -1 => format!("SI_QUEUE {}", info.value),
        -6 => "SI_TKILL".into(),
        1 if info.signo == 5 => return format!("{sig} TRAP_BRKPT"),
        2 if info.signo == 5 => return format!("{sig} TRAP_TRACE"),
        4 if info.signo == 5 => return format!("{sig} TRAP_HWBKPT"),
        other if other < 0 => other.to_string(),
        other if info.signo & 0x7f == other & 0x7f || other >> 8 != 0 => stop(other),
        other => other.to_string(),
    };
    if info.pid == 0 { format!("{sig} {code}") } else { format!("{sig} {code} {}", name(info.pid)) }
}

fn mask(set: SigSet) -> String {
    let names: Vec<String> = (1..=64).filter(|&sig| set.has(sig)).map(signal).collect();
    format!("[{}]", names.join(" "))
}

/// What a call gave, with names for numbers.
#[must_use]
pub fn outcome(outcome: &Outcome, op: &Op, name: &impl Fn(i32) -> String) -> String {
    let value = outcome.value;
    if (-4095..0).contains(&value) {
        let errno = Errno::from_raw((-value) as i32);
        return errno.name().map_or_else(|| value.to_string(), Into::into);
    }
    match &outcome.output {
        Output::None => match op {
            Op::Clone(..) | Op::Wait4(..) if value > 0 => name(value as i32),
            Op::Plain(_) | Op::SetSid if value > 0 => name(value as i32),
            Op::SigTimedWait(_) => signal(value as i32),
            _ => value.to_string(),
        },
        Output::Status(_) if value == 0 => "0".into(),
        Output::Status(raw) => format!("{} {}", name(value as i32), status(*raw)),
        Output::Word(word) => match op {
            Op::Ptrace(Request::GetEventMsg, ..) => format!("message {}", message(*word, name)),
            _ => format!("{word:#x}"),
        },
        Output::SigInfo(info) => siginfo(info, name),
        Output::SigInfos(infos) => {
            let list: Vec<String> = infos.iter().map(|info| siginfo(info, name)).collect();
            if list.is_empty() { "0".into() } else { format!("{value}: {}", list.join(", ")) }
        }
        Output::Mask(set) => mask(*set),
        Output::WaitInfo(info) => siginfo(info, name),
        Output::SyscallInfo(report) => match report {
            SyscallReport::None => "none".into(),
            SyscallReport::Entry(nr) => format!("entry {nr}"),
            SyscallReport::Exit(result, error) => {
                format!("exit {result}{}", if *error { " error" } else { "" })
            }
            SyscallReport::Seccomp(nr, data) => format!("seccomp {nr} {data}"),
        },
        Output::Length(length) => format!("length {length}"),
        Output::Regs { orig_ax, ax } => format!("orig_rax {orig_ax} rax {ax}"),
    }
}

/// An event message: a task, if it is one.
fn message(word: u64, name: &impl Fn(i32) -> String) -> String {
    match i32::try_from(word) {
        Ok(pid) if pid > 1 => {
            let called = name(pid);
            if called == pid.to_string() && pid > 255 { format!("{word:#x}") } else { called }
        }
        _ => word.to_string(),
    }
}
