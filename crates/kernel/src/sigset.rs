//! Sets of signals: `sigset_t`, and the classes the kernel sorts signals into (`include/linux/signal.h`).

use lariat_abi::Signal;

/// A set of signals: bit `n - 1` is signal `n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SigSet(pub u64);

impl SigSet {
    /// No signal.
    pub const EMPTY: Self = Self(0);
    /// What cannot be blocked, caught or ignored: `sig_kernel_only`.
    pub const KERNEL_ONLY: Self = Self::of(&[Signal::KILL, Signal::STOP]);
    /// What stops a process by default: `SIG_KERNEL_STOP_MASK`.
    pub const KERNEL_STOP: Self = Self::of(&[Signal::STOP, Signal::TSTP, Signal::TTIN, Signal::TTOU]);
    /// What is ignored by default: `SIG_KERNEL_IGNORE_MASK`.
    pub const KERNEL_IGNORE: Self = Self::of(&[Signal::CONT, Signal::CHLD, Signal::WINCH, Signal::URG]);
    /// What dumps core by default: `SIG_KERNEL_COREDUMP_MASK`.
    pub const KERNEL_COREDUMP: Self = Self::of(&[
        Signal::QUIT,
        Signal::ILL,
        Signal::TRAP,
        Signal::ABRT,
        Signal::BUS,
        Signal::FPE,
        Signal::SEGV,
        Signal::XCPU,
        Signal::XFSZ,
        Signal::SYS,
    ]);
    /// What an instruction causes, delivered before all else: `SYNCHRONOUS_MASK`.
    pub const SYNCHRONOUS: Self =
        Self::of(&[Signal::SEGV, Signal::BUS, Signal::ILL, Signal::TRAP, Signal::FPE, Signal::SYS]);

    /// The set of these.
    #[must_use]
    pub const fn of(signals: &[Signal]) -> Self {
        let mut set = 0;
        let mut at = 0;
        while at < signals.len() {
            set |= 1 << (signals[at].as_raw() - 1);
            at += 1;
        }
        Self(set)
    }

    /// Whether the signal is a member; no other number is.
    #[must_use]
    pub const fn has(self, sig: i32) -> bool {
        1 <= sig && sig <= 64 && self.0 >> (sig - 1) & 1 != 0
    }

    /// Puts a signal in.
    pub const fn add(&mut self, sig: i32) {
        if 1 <= sig && sig <= 64 {
            self.0 |= 1 << (sig - 1);
        }
    }

    /// Takes a signal out.
    pub const fn remove(&mut self, sig: i32) {
        if 1 <= sig && sig <= 64 {
            self.0 &= !(1 << (sig - 1));
        }
    }

    /// The members of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The members of either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The members that the other lacks.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is no member.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The member that `next_signal` takes first: what an instruction caused, then the lowest number.
    #[must_use]
    pub const fn next(self) -> Option<i32> {
        let synchronous = self.and(Self::SYNCHRONOUS);
        let from = if synchronous.is_empty() { self.0 } else { synchronous.0 };
        if from == 0 { None } else { Some(from.trailing_zeros() as i32 + 1) }
    }
}

/// Whether there is such a signal, or it is 0, which tests only: `valid_signal`.
#[must_use]
pub(crate) const fn valid_signal(sig: u64) -> bool {
    sig <= 64
}
