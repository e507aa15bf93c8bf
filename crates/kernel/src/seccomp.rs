//! Seccomp filters as far as ptrace meets them: seccomp(2).

/// What a filter says of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// `SECCOMP_RET_ERRNO`.
    Errno(u16),
    /// `SECCOMP_RET_TRACE`, with its data.
    Trace(u16),
    /// `SECCOMP_RET_KILL_PROCESS`.
    KillProcess,
}

impl Verdict {
    /// Which goes first if several filters differ: the lower.
    const fn order(self) -> u8 {
        match self {
            Self::KillProcess => 0,
            Self::Errno(_) => 1,
            Self::Trace(_) => 2,
        }
    }
}

/// A filter that knows one call and lets the others pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rule {
    /// The call's number.
    pub nr: i64,
    /// What it says of it.
    pub verdict: Verdict,
}

/// `seccomp_run_filters`: the sternest of all verdicts, of equals the latest filter's. `None`: the call passes.
#[must_use]
pub fn run_filters(rules: &[Rule], nr: i64) -> Option<Verdict> {
    rules
        .iter()
        .rev()
        .filter(|rule| rule.nr == nr)
        .map(|rule| rule.verdict)
        .min_by_key(|verdict| verdict.order())
}
