//! `-e` expressions: `trace=%file,!close`, `signal=!SIGCHLD`, `status=failed` and their kin; strace(1),
//! "Filtering".

use crate::filter::{FdSet, SignalSet, StatusSet, SyscallSet};
use crate::inject;
use crate::settings::{DecodeFds, Quiet, Settings};
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
    #[error("invalid quiet '{0}'")]
    Quiet(String),
    /// Not something that descriptors or process ids are explained with.
    #[error("invalid {0} '{1}'")]
    Decode(&'static str, String),
    /// What follows `@` names no table.
    #[error("incorrect personality designator '{designator}' in qualification '{item}'")]
    Personality {
        /// What follows `@`.
        designator: String,
        /// The whole value.
        item: String,
    },
    /// Tampering that is not understood.
    #[error("invalid {qualifier} argument '{text}': {why}")]
    Inject {
        /// `inject` or `fault`.
        qualifier: &'static str,
        /// The whole value.
        text: String,
        /// What is wrong.
        why: String,
    },
    /// A regular expression that does not compile.
    #[error("invalid regular expression '{0}'")]
    Regex(String),
}

/// Applies one expression. A later one replaces what an earlier one of the same qualifier said.
///
/// # Errors
/// See [`ExpressionError`].
pub fn apply(settings: &mut Settings, expression: &str) -> Result<(), ExpressionError> {
    // Without a known qualifier the whole expression is a set of calls.
    let (qualifier, set) = expression.split_once('=').unwrap_or(("trace", expression));
    match qualifier {
        "trace" | "t" => settings.trace = syscalls(set)?,
        "abbrev" | "a" => settings.abbrev = syscalls(set)?,
        "verbose" | "v" => settings.verbose = syscalls(set)?,
        "raw" | "x" => settings.raw = syscalls(set)?,
        "signal" | "signals" | "s" => settings.signals = signals(set)?,
        "status" => settings.status = status(set)?,
        "quiet" | "silent" | "silence" | "q" => settings.quiet = quiet(set)?,
        "decode-fds" | "decode-fd" => settings.decode_fds = decode_fds(set)?,
        "decode-pids" | "decode-pid" => {
            [settings.decode_pids_comm, settings.decode_pids_namespace] = decode_pids(set)?;
        }
        "inject" => settings.inject.push(inject::parse(set, false)?),
        "fault" => settings.inject.push(inject::parse(set, true)?),
        "read" | "reads" | "r" => settings.read = fds(set)?,
        "write" | "writes" | "w" => settings.write = fds(set)?,
        "fd" | "fds" | "trace-fd" | "trace-fds" => settings.fds = Some(fds(set)?),
        "kvm" => {
            [settings.kvm] =
                named(&[("vcpu", 0)], set).map_err(|name| ExpressionError::Decode("kvm", name.into()))?
        }
        _ => settings.trace = syscalls(expression)?,
    }
    Ok(())
}

/// Splits a leading `!` off.
fn negated(set: &str) -> (bool, &str) {
    set.strip_prefix('!').map_or((false, set), |rest| (true, rest))
}

/// The members of a list. Commas with nothing between them are forgiven, a list without a member is not.
fn items(set: &str) -> impl Iterator<Item = &str> {
    let empty = set.split(',').all(str::is_empty);
    set.split(',').filter(|item| !item.is_empty()).chain(empty.then_some(""))
}

/// Parses a set of named members: for each of `N`, whether it is one. Names that share an index are the
/// same member; a name that is not known is the error.
fn named<'a, const N: usize>(names: &[(&str, usize)], set: &'a str) -> Result<[bool; N], &'a str> {
    let (invert, set) = negated(set);
    match set {
        "all" => return Ok([!invert; N]),
        "none" => return Ok([invert; N]),
        _ => {}
    }
    let mut chosen = [invert; N];
    for item in items(set) {
        let &(_, index) = names.iter().find(|(name, _)| *name == item).ok_or(item)?;
        chosen[index] = !invert;
    }
    Ok(chosen)
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
            for item in items(set) {
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
        // An x32 call is a member by its x86-64 number.
        Some((name, "64" | "x32")) => (name, &[Abi::X86_64]),
        Some((name, "32")) => (name, &[Abi::I386]),
        Some((_, designator)) => {
            let (designator, item) = (designator.into(), wanted.into());
            return Err(ExpressionError::Personality { designator, item });
        }
        None => (wanted, &[Abi::X86_64, Abi::I386]),
    };
    let found = if wanted == "all" {
        if abis.len() == 2 {
            *chosen = SyscallSet::all();
        } else {
            mark(chosen, abis, |_, _| true);
        }
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
    let old = ["file", "process", "network", "signal", "ipc", "desc", "memory"].contains(&name);
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
        "fstat" => Class::FSTAT.union(Class::STATLIKE),
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
            // Signal 0 never arrives: naming it selects nothing.
            for name in items(set).filter(|&name| name != "0") {
                let signal = Signal::from_name(name).ok_or_else(|| ExpressionError::Signal(name.into()))?;
                mask |= 1 << (signal.as_raw() - 1);
            }
        }
    }
    Ok(SignalSet(if invert { !mask } else { mask }))
}

fn status(set: &str) -> Result<StatusSet, ExpressionError> {
    let names = [("successful", 0), ("failed", 1), ("unfinished", 2), ("unavailable", 3), ("detached", 4)];
    let [successful, failed, unfinished, unavailable, detached] =
        named(&names, set).map_err(|name| ExpressionError::Status(name.into()))?;
    Ok(StatusSet { successful, failed, unfinished, unavailable, detached })
}

fn quiet(set: &str) -> Result<Quiet, ExpressionError> {
    let names = [
        ("attach", 0),
        ("exit", 1),
        ("exits", 1),
        ("path-resolution", 2),
        ("path-resolve", 2),
        ("personality", 3),
        ("thread-execve", 4),
        ("superseded", 4),
    ];
    let [attach, exit, path_resolve, personality, thread_execve] =
        named(&names, set).map_err(|name| ExpressionError::Quiet(name.into()))?;
    Ok(Quiet { attach, exit, personality, path_resolve, thread_execve })
}

fn decode_fds(set: &str) -> Result<DecodeFds, ExpressionError> {
    let names = [("path", 0), ("socket", 1), ("dev", 2), ("pidfd", 3)];
    let [path, socket, dev, pidfd] =
        named(&names, set).map_err(|name| ExpressionError::Decode("decode-fds", name.into()))?;
    Ok(DecodeFds { path, socket, dev, pidfd })
}

/// Whether command names, and whether the ids in our own namespace are chosen.
fn decode_pids(set: &str) -> Result<[bool; 2], ExpressionError> {
    let names = [("comm", 0), ("pidns", 1)];
    named(&names, set).map_err(|name| ExpressionError::Decode("decode-pids", name.into()))
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
        apply(&mut settings, "quiet=!attach").expect("valid");
        assert!(settings.quiet.exit && !settings.quiet.attach, "the last expression counts");
        apply(&mut settings, "decode-fds=path").expect("valid");
        apply(&mut settings, "decode-pids=all").expect("valid");
        assert!(settings.decode_fds.path && settings.decode_pids_comm);
        apply(&mut settings, "decode-fds=!all").expect("valid");
        assert!(!settings.decode_fds.path);
        apply(&mut settings, "read,,close").expect("valid");
        assert!(settings.trace.contains(Abi::X86_64, number("close")));
    }

    #[test]
    fn lists_are_forgiving_and_sets_are_strict() {
        assert!(has("read,,write", "write") && has("!none", "read") && has("read@x32", "read"));
        assert!(!syscalls("all@64").expect("valid").contains(Abi::I386, 3));
        assert_eq!(signals("0"), Ok(SignalSet::none()));
        assert!(status("!failed").expect("valid").unfinished);
    }

    #[test]
    fn refusals_name_the_culprit() {
        let mut settings = Settings::default();
        for (bad, said) in [
            ("", "invalid system call ''"),
            ("trace=,", "invalid system call ''"),
            ("none,read", "invalid system call 'none'"),
            ("read,!close", "invalid system call '!close'"),
            ("foo=3", "invalid system call 'foo=3'"),
            ("!trace=read", "invalid system call 'trace=read'"),
            ("trace=%nothing", "invalid system call '%nothing'"),
            ("net", "invalid system call 'net'"),
            ("read@foo", "incorrect personality designator 'foo' in qualification 'read@foo'"),
            ("signal=SIGNO", "invalid signal 'SIGNO'"),
            ("signal=all,hup", "invalid signal 'all'"),
            ("quiet=loud", "invalid quiet 'loud'"),
            ("decode-fds=foo", "invalid decode-fds 'foo'"),
            ("decode-pids=foo", "invalid decode-pids 'foo'"),
            ("kvm=foo", "invalid kvm 'foo'"),
        ] {
            let error = apply(&mut settings, bad).expect_err(bad);
            assert_eq!(error.to_string(), said);
        }
        assert!(apply(&mut settings, "status=all,failed").is_err());
    }
}
