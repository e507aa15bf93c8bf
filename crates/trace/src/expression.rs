//! `-e` expressions: `trace=%file,!close`, `signal=!SIGCHLD`, `status=failed` and their kin; strace(1),
//! "Filtering".

use crate::filter::{FdSet, SignalSet, StatusSet, SyscallSet};
use crate::settings::Settings;
use lariat_abi::{Abi, Signal};
use lariat_decode::{Catalog, Class};

/// Why an expression was not understood; one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// No table has the call.
    #[error("invalid system call '{0}'")]
    Syscall(String),
    /// No such signal.
    #[error("invalid signal '{0}'")]
    Signal(String),
    /// No such outcome.
    #[error(
        "invalid status '{0}'; it is one of successful, failed, unfinished, unavailable, detached, all and none"
    )]
    Status(String),
    /// Not a descriptor.
    #[error("invalid descriptor '{0}'")]
    Fd(String),
    /// Not a part of the messages.
    #[error("invalid -e quiet= qualifier '{0}'")]
    Quiet(String),
    /// A qualifier that is not supported.
    #[error("-e {0}= is not supported by this version")]
    Unsupported(String),
    /// A regular expression that does not compile.
    #[error("invalid regular expression '{0}'")]
    Regex(String),
}

/// Applies one expression.
///
/// # Errors
/// See [`ExpressionError`].
pub fn apply(settings: &mut Settings, expression: &str) -> Result<(), ExpressionError> {
    let (qualifier, set) = expression.split_once('=').unwrap_or(("trace", expression));
    match qualifier {
        "trace" | "t" => settings.trace = syscalls(set)?,
        "abbrev" | "a" => settings.abbrev = syscalls(set)?,
        "verbose" | "v" => settings.verbose = syscalls(set)?,
        "raw" | "x" => settings.raw = syscalls(set)?,
        "signal" | "signals" | "s" => settings.signals = signals(set)?,
        "status" => settings.status = status(set)?,
        "quiet" | "silent" | "silence" | "q" => quiet(settings, set)?,
        other => return Err(ExpressionError::Unsupported(other.into())),
    }
    Ok(())
}

/// Splits a leading `!` off.
fn negated(set: &str) -> (bool, &str) {
    set.strip_prefix('!').map_or((false, set), |rest| (true, rest))
}

/// Parses a set of system calls.
///
/// # Errors
/// A name, class or regular expression that selects nothing, unless `?` goes before it.
pub fn syscalls(set: &str) -> Result<SyscallSet, ExpressionError> {
    let (invert, set) = negated(set);
    let mut chosen = SyscallSet::none();
    match set {
        "all" => chosen = SyscallSet::all(),
        "none" => {}
        _ => {
            for item in set.split(',') {
                add(&mut chosen, item)?;
            }
        }
    }
    if invert {
        chosen.invert();
    }
    Ok(chosen)
}

fn add(chosen: &mut SyscallSet, item: &str) -> Result<(), ExpressionError> {
    let (optional, wanted) = item.strip_prefix('?').map_or((false, item), |rest| (true, rest));
    let (wanted, abis): (&str, &[Abi]) = match wanted.rsplit_once('@') {
        Some((name, "64")) => (name, &[Abi::X86_64]),
        Some((name, "32")) => (name, &[Abi::I386]),
        _ => (wanted, &[Abi::X86_64, Abi::I386]),
    };
    let found = if wanted == "all" {
        *chosen = SyscallSet::all();
        true
    } else if let Some(pattern) = wanted.strip_prefix('/') {
        let regex = regex::Regex::new(pattern.strip_suffix('/').unwrap_or(pattern))
            .map_err(|_| ExpressionError::Regex(pattern.into()))?;
        mark(chosen, abis, |name, _| regex.is_match(name))
    } else if let Some(class) = class(wanted) {
        // A class may be empty in one of the tables.
        mark(chosen, abis, |_, of| of.intersects(class));
        true
    } else if let Ok(number) = wanted.parse::<u64>() {
        let mut found = false;
        for &abi in abis {
            if Catalog::get().row(abi, number).is_some() {
                chosen.set(abi, number, true);
                found = true;
            }
        }
        found
    } else {
        mark(chosen, abis, |name, _| name == wanted)
    };
    if found || optional { Ok(()) } else { Err(ExpressionError::Syscall(item.into())) }
}

fn mark(chosen: &mut SyscallSet, abis: &[Abi], mut wanted: impl FnMut(&str, Class) -> bool) -> bool {
    let mut found = false;
    for &abi in abis {
        for (number, row) in Catalog::get().table(abi) {
            if wanted(row.name, row.class) {
                chosen.set(abi, number, true);
                found = true;
            }
        }
    }
    found
}

/// The class behind a name, with `%` or (for the old names) without.
fn class(name: &str) -> Option<Class> {
    let old = ["file", "process", "network", "net", "signal", "ipc", "desc", "memory"].contains(&name);
    let name = name.strip_prefix('%').or_else(|| old.then_some(name))?;
    Some(match name {
        "file" => Class::FILE,
        "process" => Class::PROCESS,
        "network" | "net" => Class::NETWORK,
        "signal" => Class::SIGNAL,
        "ipc" => Class::IPC,
        "desc" => Class::DESC,
        "memory" => Class::MEMORY,
        "creds" => Class::CREDS,
        "clock" => Class::CLOCK,
        "stat" => Class::STAT,
        "lstat" => Class::LSTAT,
        "fstat" => Class::FSTAT,
        "%stat" => Class::STAT.union(Class::LSTAT).union(Class::FSTAT).union(Class::STATLIKE),
        "statfs" => Class::STATFS,
        "fstatfs" => Class::FSTATFS,
        "%statfs" => Class::STATFS.union(Class::FSTATFS).union(Class::STATFSLIKE),
        "pure" => Class::PURE,
        _ => return None,
    })
}

fn signals(set: &str) -> Result<SignalSet, ExpressionError> {
    let (invert, set) = negated(set);
    let mut mask = 0u64;
    match set {
        "all" => mask = u64::MAX,
        "none" => {}
        _ => {
            for name in set.split(',') {
                let signal = Signal::from_name(name).ok_or_else(|| ExpressionError::Signal(name.into()))?;
                mask |= 1 << (signal.as_raw() - 1);
            }
        }
    }
    Ok(SignalSet(if invert { !mask } else { mask }))
}

fn status(set: &str) -> Result<StatusSet, ExpressionError> {
    let (invert, set) = negated(set);
    let mut chosen = StatusSet::none();
    for name in set.split(',') {
        match name {
            "successful" => chosen.successful = true,
            "failed" => chosen.failed = true,
            "unfinished" => chosen.unfinished = true,
            "unavailable" => chosen.unavailable = true,
            "detached" => chosen.detached = true,
            "all" => chosen = StatusSet::all(),
            "none" => {}
            _ => return Err(ExpressionError::Status(name.into())),
        }
    }
    if invert {
        chosen = StatusSet {
            successful: !chosen.successful,
            failed: !chosen.failed,
            unfinished: !chosen.unfinished,
            unavailable: !chosen.unavailable,
            detached: !chosen.detached,
        };
    }
    Ok(chosen)
}

fn quiet(settings: &mut Settings, set: &str) -> Result<(), ExpressionError> {
    let quiet = &mut settings.quiet;
    for name in set.split(',') {
        match name {
            "attach" => quiet.attach = true,
            "exit" | "exits" => quiet.exit = true,
            "personality" => quiet.personality = true,
            "path-resolution" | "path-resolve" => quiet.path_resolve = true,
            "superseded" | "thread-execve" => quiet.thread_execve = true,
            "all" => {
                quiet.attach = true;
                quiet.exit = true;
                quiet.personality = true;
                quiet.path_resolve = true;
                quiet.thread_execve = true;
            }
            "none" => {}
            _ => return Err(ExpressionError::Quiet(name.into())),
        }
    }
    Ok(())
}

/// Parses a set of descriptors.
///
/// # Errors
/// Something is not a number.
pub fn fds(set: &str) -> Result<FdSet, ExpressionError> {
    let (invert, set) = negated(set);
    match set {
        "all" => return Ok(FdSet::of(Vec::new(), !invert)),
        "none" => return Ok(FdSet::of(Vec::new(), invert)),
        _ => {}
    }
    let numbers = set.split(',').map(|n| n.parse().map_err(|_| ExpressionError::Fd(n.into())));
    Ok(FdSet::of(numbers.collect::<Result<_, _>>()?, invert))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(name: &str) -> u64 {
        u64::from(Catalog::get().named(name)[0].numbers.of(Abi::X86_64).expect("on x86-64"))
    }

    fn has(set: &str, name: &str) -> bool {
        syscalls(set).expect("a valid set").contains(Abi::X86_64, number(name))
    }

    #[test]
    fn calls_are_selected_by_name_class_pattern_and_exclusion() {
        assert!(has("read,write", "write") && !has("read,write", "close"));
        assert!(!has("!close", "close") && has("!close", "read"));
        assert!(has("%file", "openat") && !has("%file", "read"));
        assert!(has("/^op", "openat") && !has("/^op", "close"));
        assert!(has("all", "read") && !has("none", "read"));
        assert!(has("?nosuchcall,read", "read"));
        assert!(!syscalls("read@32").expect("valid").contains(Abi::X86_64, number("read")));
        assert_eq!(syscalls("nosuchcall"), Err(ExpressionError::Syscall("nosuchcall".into())));
        assert_eq!(syscalls("/(/"), Err(ExpressionError::Regex("(/".into())));
    }

    #[test]
    fn the_other_qualifiers_go_to_their_settings() {
        let mut settings = Settings::default();
        apply(&mut settings, "signal=!SIGCHLD").expect("valid");
        assert!(!settings.signals.contains(Signal::CHLD) && settings.signals.contains(Signal::INT));
        apply(&mut settings, "status=failed").expect("valid");
        assert!(settings.status.failed && !settings.status.successful);
        apply(&mut settings, "quiet=exit").expect("valid");
        assert!(settings.quiet.exit && !settings.quiet.attach);
        for bad in ["signal=SIGNO", "status=maybe", "quiet=loud", "kvm=vcpu", "trace=%nothing"] {
            assert!(apply(&mut settings, bad).is_err(), "{bad}");
        }
    }
}
