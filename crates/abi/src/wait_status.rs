//! The wait-status codec: the integer that wait4(2) stores, both ways.
//!
//! ```text
//!  bits 16..24   8..16          0..8
//!  event         stop signal    0x7f          stopped
//!  0             exit code      0             exited
//!  0             0              core<<7|sig   killed
//!                0xffff                       continued
//! ```

use crate::{Event, Signal};

/// What wait4(2) reported of a task.
///
/// Every status decodes to something that encodes to the same status again: what no rule covers is
/// [`WaitStatus::Unknown`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WaitStatus {
    /// It exited with this code.
    Exited(u8),
    /// A signal killed it.
    Signaled {
        /// The signal.
        signal: Signal,
        /// It dumped core.
        core: bool,
    },
    /// Stopped by a signal and no event: signal-delivery-stop or, of an attached tracee, group-stop.
    Stopped(Signal),
    /// A syscall-stop, with `PTRACE_O_TRACESYSGOOD` (SIGTRAP with bit 7 set).
    SyscallStop,
    /// A `PTRACE_EVENT` stop.
    Event {
        /// The event.
        event: Event,
        /// SIGTRAP; the stop signal in a group-stop under `PTRACE_SEIZE`.
        signal: Signal,
    },
    /// SIGCONT continued it (`WCONTINUED`).
    Continued,
    /// None of these.
    Unknown(i32),
}

impl WaitStatus {
    /// Decodes a status.
    #[must_use]
    pub const fn decode(raw: i32) -> Self {
        let (event, high, low) = ((raw >> 16) as u8, ((raw >> 8) & 0xff) as u8, (raw & 0xff) as u8);
        let unknown = Self::Unknown(raw);
        if raw == 0xffff {
            return Self::Continued;
        }
        if raw >> 24 != 0 {
            return unknown;
        }
        if low == 0x7f {
            return match (event, Signal::from_raw(high as i32)) {
                (0, Some(signal)) => Self::Stopped(signal),
                (event, Some(signal)) => Self::Event { event: Event::from_code(event), signal },
                (0, None) if high == 0x85 => Self::SyscallStop,
                _ => unknown,
            };
        }
        if event != 0 {
            return unknown;
        }
        match (low, high) {
            (0, code) => Self::Exited(code),
            (low, 0) => match Signal::from_raw((low & 0x7f) as i32) {
                Some(signal) => Self::Signaled { signal, core: low & 0x80 != 0 },
                None => unknown,
            },
            _ => unknown,
        }
    }

    /// Encodes it as the kernel does.
    #[must_use]
    pub const fn encode(self) -> i32 {
        match self {
            Self::Exited(code) => (code as i32) << 8,
            Self::Signaled { signal, core } => signal.as_raw() | if core { 0x80 } else { 0 },
            Self::Stopped(signal) => signal.as_raw() << 8 | 0x7f,
            Self::SyscallStop => 0x857f,
            Self::Event { event, signal } => (event.code() as i32) << 16 | signal.as_raw() << 8 | 0x7f,
            Self::Continued => 0xffff,
            Self::Unknown(raw) => raw,
        }
    }

    /// Whether the task is gone.
    #[must_use]
    pub const fn is_death(self) -> bool {
        matches!(self, Self::Exited(_) | Self::Signaled { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every 16-bit value under every event code.
    #[test]
    fn every_status_comes_back() {
        for event in 0..=0xff {
            for low in 0..=0xffff {
                let raw = event << 16 | low;
                assert_eq!(WaitStatus::decode(raw).encode(), raw, "{raw:#x}");
            }
        }
        for raw in [-1, i32::MIN, 0x0100_057f] {
            assert_eq!(WaitStatus::decode(raw), WaitStatus::Unknown(raw));
        }
    }

    #[test]
    fn everything_that_can_be_said_comes_back() {
        let signals = || (1..=Signal::MAX).filter_map(Signal::from_raw);
        let mut said = vec![WaitStatus::SyscallStop, WaitStatus::Continued];
        said.extend((0..=u8::MAX).map(WaitStatus::Exited));
        for signal in signals() {
            said.push(WaitStatus::Stopped(signal));
            said.extend([false, true].map(|core| WaitStatus::Signaled { signal, core }));
            // Code 0 is no event.
            said.extend(
                (1..=u8::MAX).map(|code| WaitStatus::Event { event: Event::from_code(code), signal }),
            );
        }
        for status in &said {
            assert_eq!(WaitStatus::decode(status.encode()), *status);
            let dead = matches!(status, WaitStatus::Exited(_) | WaitStatus::Signaled { .. });
            assert_eq!(status.is_death(), dead, "{status:?}");
        }
        let different: std::collections::HashSet<i32> = said.iter().map(|status| status.encode()).collect();
        assert_eq!(different.len(), said.len(), "no two of them have the same status");
    }

    #[test]
    fn the_kernels_statuses_mean_what_they_should() {
        let trap = Signal::TRAP;
        assert_eq!(WaitStatus::decode(0x80057f), WaitStatus::Event { event: Event::Stop, signal: trap });
        assert_eq!(WaitStatus::decode(0x137f), WaitStatus::Stopped(Signal::STOP));
        assert_eq!(WaitStatus::decode(0x857f), WaitStatus::SyscallStop);
        assert_eq!(WaitStatus::decode(0x8b), WaitStatus::Signaled { signal: Signal::SEGV, core: true });
        assert_eq!(WaitStatus::decode(0x300), WaitStatus::Exited(3));
        assert_eq!(WaitStatus::decode(0xffff), WaitStatus::Continued);
    }
}
