//! When calls that nobody asked for do not even stop: the seccomp filter, and when it is used.

use crate::filter::SyscallSet;
use crate::settings::{Follow, Settings};
use lariat_abi::Abi;
use lariat_decode::Catalog;
use lariat_engine::{PRCTL_I386, PRCTL_X86_64};
use lariat_host::{Filter, TableFilter};

/// The filter to run the program under, or why there is none: it would be unsafe or useless.
///
/// - Without `-f`, children would inherit the filter and have no tracer, so their calls would fail.
/// - A process attached with `-p` could only install it itself, and never be rid of it.
/// - With `-b execve` the program goes on without a tracer.
/// - A signal that is given to a task when it is resumed is lost in a seccomp-stop (ptrace(2)).
pub(crate) fn filter(settings: &Settings) -> Result<Filter, &'static str> {
    if settings.seccomp == Some(false) {
        return Err("--seccomp-bpf is turned off by --no-seccomp-bpf");
    }
    if settings.follow == Follow::No {
        return Err("--seccomp-bpf cannot be used without -f/--follow-forks, disabling");
    }
    if !settings.attach.is_empty() {
        return Err("--seccomp-bpf is not enabled for processes attached with -p");
    }
    if settings.detach_on_execve {
        return Err("--seccomp-bpf is not enabled because it is not compatible with -b");
    }
    if settings.inject.iter().any(|rule| rule.injection.signal.is_some()) {
        return Err(
            "--seccomp-bpf is not enabled because a signal can be injected at the entry of a call only",
        );
    }
    let wanted = &settings.trace;
    let long = traced(wanted, Abi::X86_64);
    let short = traced(wanted, Abi::I386);
    if wanted.is_all() {
        return Err(
            "Seccomp filter is requested but there are no syscalls to filter.  See -e trace to filter \
                    syscalls.",
        );
    }
    Ok(Filter::new(
        TableFilter { traced: &long, prctl: PRCTL_X86_64 },
        TableFilter { traced: &short, prctl: PRCTL_I386 },
        true,
    ))
}

/// The numbers of one table that must stop: besides the wanted ones those that no table has, which are always
/// shown, the two that load a program (the tracer keeps track of who runs what), and seccomp(2) itself.
fn traced(wanted: &SyscallSet, abi: Abi) -> Vec<u32> {
    const ALWAYS: [&str; 3] = ["execve", "execveat", "seccomp"];
    let last = Catalog::get().table(abi).last().map_or(0, |(number, _)| number);
    (0..=last)
        .filter(|&number| {
            wanted.contains(abi, number)
                || Catalog::get().row(abi, number).is_none_or(|row| ALWAYS.contains(&row.name))
        })
        .map(|number| number as u32)
        .collect()
}
