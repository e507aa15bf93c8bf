//! Whether a task is stopped at every call, or only where a seccomp filter of ours says so.
//!
//! ```text
//!  Awaited ── the child installs our filter ──► On ── the program installs one of its own ──► Off
//!  (every call stops)                           (PTRACE_CONT, seccomp-stops)                  (every call stops)
//! ```
//!
//! The one hard thing is a filter of the program's own: its verdicts `ERRNO` and `TRAP` go before our `TRACE`,
//! so calls that it refuses would never be seen. From its installation on, such a task stops at every call.

use lariat_abi::Abi;
use lariat_host::Resume;

/// The state of one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Filtering {
    /// Every call stops.
    #[default]
    Off,
    /// Every call stops; the next filter that is installed is ours.
    Awaited,
    /// Only what our filter traces stops.
    On,
}

/// One traced task, as far as resuming it is concerned.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Task {
    pub(crate) filtering: Filtering,
    /// The call that it is in: between an entry that stopped and its exit.
    call: Option<(Abi, u64)>,
    /// The call it is in installs a seccomp filter, for all threads of the process if that is said.
    installing: Option<Scope>,
}

/// Which threads a seccomp filter is installed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Thread,
    /// `SECCOMP_FILTER_FLAG_TSYNC`.
    Process,
}

impl Task {
    pub(crate) fn new(filtering: Filtering) -> Self {
        Self { filtering, ..Self::default() }
    }

    /// A call has stopped at its entry.
    pub(crate) fn enters(&mut self, abi: Abi, number: u64, args: [u64; 6]) {
        self.call = Some((abi, number));
        self.installing = match self.filtering {
            Filtering::Off => None,
            _ => installs(abi, number, args),
        };
    }

    /// A call has stopped at its exit. `Some`: the program has installed a filter of its own there.
    pub(crate) fn leaves(&mut self, rval: i64) -> Option<Scope> {
        self.call = None;
        let scope = self.installing.take().filter(|_| rval >= 0)?;
        if self.filtering == Filtering::Awaited {
            self.filtering = Filtering::On;
            return None;
        }
        self.filtering = Filtering::Off;
        Some(scope)
    }

    /// Whether it is between the entry of a call that stopped and its exit.
    pub(crate) const fn in_call(&self) -> bool {
        self.call.is_some()
    }

    /// That call's ABI and number.
    pub(crate) const fn call(&self) -> Option<(Abi, u64)> {
        self.call
    }

    /// Whether a seccomp-stop is the first news of a call.
    pub(crate) fn expects_seccomp_stop(&self) -> bool {
        self.filtering == Filtering::On && !self.in_call()
    }

    /// How it is resumed to the next thing that anybody wants to see.
    pub(crate) fn resumes(&self) -> Resume {
        match self.filtering {
            Filtering::On if !self.in_call() => Resume::Cont,
            _ => Resume::Syscall,
        }
    }
}

/// Whether the call installs a filter or the strict mode: `seccomp(SECCOMP_SET_MODE_*)` or
/// `prctl(PR_SET_SECCOMP)`. Numbers: `<asm/unistd_64.h>`, `<asm/unistd_32.h>`.
fn installs(abi: Abi, number: u64, args: [u64; 6]) -> Option<Scope> {
    const SET_MODE_FILTER: u64 = 1;
    const FLAG_TSYNC: u64 = 1;
    const PR_SET_SECCOMP: u64 = 22;
    let (seccomp, prctl) = match abi {
        Abi::X86_64 | Abi::X32 => (317, PRCTL_X86_64),
        Abi::I386 => (354, PRCTL_I386),
    };
    let number = if abi == Abi::X32 { number & !0x4000_0000 } else { number };
    if number == u64::from(prctl) {
        return (args[0] == PR_SET_SECCOMP).then_some(Scope::Thread);
    }
    let filter = number == seccomp && args[0] <= SET_MODE_FILTER;
    filter.then_some(if args[1] & FLAG_TSYNC != 0 { Scope::Process } else { Scope::Thread })
}

/// `__NR_prctl` of x86-64.
pub const PRCTL_X86_64: u32 = 157;
/// `__NR_prctl` of i386.
pub const PRCTL_I386: u32 = 172;

#[cfg(test)]
mod tests {
    use super::*;

    const SET_FILTER: [u64; 6] = [1, 0, 0, 0, 0, 0];

    #[test]
    fn the_first_filter_is_ours_and_the_second_is_not() {
        let mut task = Task::new(Filtering::Awaited);
        task.enters(Abi::X86_64, 317, SET_FILTER);
        assert_eq!(task.leaves(-13), None, "EACCES: it is tried again");
        assert_eq!(task.resumes(), Resume::Syscall);
        task.enters(Abi::X86_64, 317, SET_FILTER);
        assert_eq!(task.leaves(0), None);
        assert_eq!(task.resumes(), Resume::Cont);
        task.enters(Abi::X86_64, 59, [0; 6]);
        assert_eq!(task.resumes(), Resume::Syscall, "the exit is wanted");
        assert_eq!(task.leaves(0), None);
        task.enters(Abi::I386, 354, [1, 1, 0, 0, 0, 0]);
        assert_eq!(task.leaves(0), Some(Scope::Process));
        assert_eq!(task.resumes(), Resume::Syscall);
    }

    #[test]
    fn prctl_counts_only_when_it_sets_seccomp() {
        assert_eq!(installs(Abi::X86_64, 157, [22, 2, 0, 0, 0, 0]), Some(Scope::Thread));
        assert_eq!(installs(Abi::X86_64, 157, [15, 2, 0, 0, 0, 0]), None);
        assert_eq!(installs(Abi::I386, 172, [22, 2, 0, 0, 0, 0]), Some(Scope::Thread));
        assert_eq!(installs(Abi::X86_64, 317, [2, 0, 0, 0, 0, 0]), None, "GET_ACTION_AVAIL");
    }
}
