//! `siginfo_t`: why a signal was sent; sigaction(2), `<asm-generic/siginfo.h>`.

use crate::Signal;

/// A `siginfo_t` in the layout of a 64-bit kernel (ptrace transfers this layout to a 64-bit tracer
/// whatever the tracee's bitness). The raw bytes are kept; members are read by where they lie.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C, align(8))]
pub struct SigInfo {
    bytes: [u8; Self::SIZE],
}

impl SigInfo {
    /// Bytes in a `siginfo_t`.
    pub const SIZE: usize = 128;

    /// All zero: what the kernel overwrites.
    #[must_use]
    pub const fn zeroed() -> Self {
        Self { bytes: [0; Self::SIZE] }
    }

    /// The siginfo stored in these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::SIZE]) -> Self {
        Self { bytes }
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::SIZE] {
        &self.bytes
    }

    /// The signal number.
    #[must_use]
    pub fn signo(&self) -> i32 {
        self.int(0)
    }

    /// The signal, if the number is one.
    #[must_use]
    pub fn signal(&self) -> Option<Signal> {
        Signal::from_raw(self.signo())
    }

    /// `si_errno`.
    #[must_use]
    pub fn errno(&self) -> i32 {
        self.int(4)
    }

    /// `si_code`: see [`si_code`].
    #[must_use]
    pub fn code(&self) -> i32 {
        self.int(8)
    }

    /// `si_pid`, of `kill`-like, queued and SIGCHLD signals.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.int(16)
    }

    /// `si_uid`, of the same.
    #[must_use]
    pub fn uid(&self) -> u32 {
        self.int(20) as u32
    }

    /// `si_value`, of queued signals and timers.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.word(24)
    }

    /// `si_timerid`, of `SI_TIMER`.
    #[must_use]
    pub fn timer_id(&self) -> i32 {
        self.int(16)
    }

    /// `si_overrun`, of `SI_TIMER`.
    #[must_use]
    pub fn overrun(&self) -> i32 {
        self.int(20)
    }

    /// `si_status`, of SIGCHLD: an exit code or a signal number.
    #[must_use]
    pub fn status(&self) -> i32 {
        self.int(24)
    }

    /// `si_utime`, of SIGCHLD, in clock ticks.
    #[must_use]
    pub fn utime(&self) -> i64 {
        self.word(32) as i64
    }

    /// `si_stime`, of SIGCHLD, in clock ticks.
    #[must_use]
    pub fn stime(&self) -> i64 {
        self.word(40) as i64
    }

    /// `si_addr`, of faults.
    #[must_use]
    pub fn addr(&self) -> u64 {
        self.word(16)
    }

    /// `si_addr_lsb`, of SIGBUS.
    #[must_use]
    pub fn addr_lsb(&self) -> i16 {
        self.int(24) as i16
    }

    /// `si_lower`, of `SEGV_BNDERR`.
    #[must_use]
    pub fn lower(&self) -> u64 {
        self.word(32)
    }

    /// `si_upper`, of `SEGV_BNDERR`.
    #[must_use]
    pub fn upper(&self) -> u64 {
        self.word(40)
    }

    /// `si_pkey`, of `SEGV_PKUERR`.
    #[must_use]
    pub fn pkey(&self) -> u32 {
        self.int(32) as u32
    }

    /// `si_band`, of SIGIO.
    #[must_use]
    pub fn band(&self) -> i64 {
        self.word(16) as i64
    }

    /// `si_fd`, of SIGIO.
    #[must_use]
    pub fn fd(&self) -> i32 {
        self.int(24)
    }

    /// `si_call_addr`, of SIGSYS.
    #[must_use]
    pub fn call_addr(&self) -> u64 {
        self.word(16)
    }

    /// `si_syscall`, of SIGSYS.
    #[must_use]
    pub fn syscall(&self) -> i32 {
        self.int(24)
    }

    /// `si_arch`, of SIGSYS.
    #[must_use]
    pub fn arch(&self) -> u32 {
        self.int(28) as u32
    }

    fn int(&self, at: usize) -> i32 {
        i32::from_le_bytes(self.bytes[at..at + 4].try_into().unwrap_or_default())
    }

    fn word(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.bytes[at..at + 8].try_into().unwrap_or_default())
    }
}

impl std::fmt::Debug for SigInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigInfo")
            .field("signo", &self.signo())
            .field("code", &self.code())
            .field("errno", &self.errno())
            .finish_non_exhaustive()
    }
}

/// Values of `si_code` that do not depend on the signal; `<asm-generic/siginfo.h>`.
pub mod si_code {
    /// Sent by kill(2).
    pub const SI_USER: i32 = 0;
    /// Sent by the kernel.
    pub const SI_KERNEL: i32 = 0x80;
    /// Sent by sigqueue(3).
    pub const SI_QUEUE: i32 = -1;
    /// A POSIX timer expired.
    pub const SI_TIMER: i32 = -2;
    /// A message queue's state changed.
    pub const SI_MESGQ: i32 = -3;
    /// Asynchronous I/O completed.
    pub const SI_ASYNCIO: i32 = -4;
    /// Queued SIGIO.
    pub const SI_SIGIO: i32 = -5;
    /// Sent by tkill(2) or tgkill(2).
    pub const SI_TKILL: i32 = -6;
}
