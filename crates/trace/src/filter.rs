//! What is selected: sets of calls, signals, outcomes and descriptors, as `-e` expressions name them.

use lariat_abi::{Abi, Signal};
use lariat_decode::{Catalog, Outcome};

/// A set of system calls: one bit for each number of each table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyscallSet {
    x86_64: Vec<bool>,
    i386: Vec<bool>,
    /// Whether numbers that no table has are members.
    unknown: bool,
}

impl SyscallSet {
    /// Every call, known or not.
    #[must_use]
    pub fn all() -> Self {
        Self::filled(true)
    }

    /// No call.
    #[must_use]
    pub fn none() -> Self {
        Self::filled(false)
    }

    fn filled(value: bool) -> Self {
        let len = |abi| Catalog::get().table(abi).last().map_or(0, |(nr, _)| nr as usize + 1);
        Self { x86_64: vec![value; len(Abi::X86_64)], i386: vec![value; len(Abi::I386)], unknown: value }
    }

    /// Whether the call with this number is a member.
    #[must_use]
    pub fn contains(&self, abi: Abi, number: u64) -> bool {
        let (table, number) = match abi {
            Abi::I386 => (&self.i386, number),
            Abi::X86_64 => (&self.x86_64, number),
            Abi::X32 => (&self.x86_64, number & !0x4000_0000),
        };
        usize::try_from(number).ok().and_then(|n| table.get(n)).copied().unwrap_or(self.unknown)
    }

    /// Adds or removes a call.
    pub fn set(&mut self, abi: Abi, number: u64, member: bool) {
        let table = if abi == Abi::I386 { &mut self.i386 } else { &mut self.x86_64 };
        if let Some(slot) = usize::try_from(number).ok().and_then(|n| table.get_mut(n)) {
            *slot = member;
        }
    }

    /// Exchanges members and others.
    pub fn invert(&mut self) {
        for slot in self.x86_64.iter_mut().chain(&mut self.i386) {
            *slot = !*slot;
        }
        self.unknown = !self.unknown;
    }

    /// Whether every call is a member.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.unknown && self.x86_64.iter().chain(&self.i386).all(|&member| member)
    }
}

/// A set of signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignalSet(pub u64);

impl SignalSet {
    /// Every signal.
    #[must_use]
    pub const fn all() -> Self {
        Self(u64::MAX)
    }

    /// No signal.
    #[must_use]
    pub const fn none() -> Self {
        Self(0)
    }

    /// Whether the signal is a member.
    #[must_use]
    pub const fn contains(self, signal: Signal) -> bool {
        self.0 >> (signal.as_raw() - 1) & 1 != 0
    }
}

/// A set of outcomes of calls: strace's `-e status=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusSet {
    /// Returned without an error (`-z`).
    pub successful: bool,
    /// Returned an error (`-Z`).
    pub failed: bool,
    /// Never returned.
    pub unfinished: bool,
    /// Returned, but the result could not be read.
    pub unavailable: bool,
    /// The tracee was detached in the call.
    pub detached: bool,
}

impl StatusSet {
    /// Every outcome.
    #[must_use]
    pub const fn all() -> Self {
        Self { successful: true, failed: true, unfinished: true, unavailable: true, detached: true }
    }

    /// No outcome.
    #[must_use]
    pub const fn none() -> Self {
        Self { successful: false, failed: false, unfinished: false, unavailable: false, detached: false }
    }

    /// Whether every outcome is a member.
    #[must_use]
    pub fn is_all(self) -> bool {
        self == Self::all()
    }

    /// Whether the outcome is a member.
    #[must_use]
    pub const fn contains(self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Returned(_) => self.successful,
            Outcome::Failed(_) => self.failed,
            Outcome::Unknown => self.unfinished,
        }
    }
}

/// A set of descriptors.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FdSet {
    fds: Vec<i32>,
    inverted: bool,
}

impl FdSet {
    /// No descriptor.
    #[must_use]
    pub const fn none() -> Self {
        Self { fds: Vec::new(), inverted: false }
    }

    /// These, or all but these.
    #[must_use]
    pub const fn of(fds: Vec<i32>, inverted: bool) -> Self {
        Self { fds, inverted }
    }

    /// Whether the descriptor is a member.
    #[must_use]
    pub fn contains(&self, fd: i32) -> bool {
        fd >= 0 && self.fds.contains(&fd) != self.inverted
    }
}
