//! Why a signal came, and the queues it waits in: `kernel_siginfo`, `struct sigpending`.
//!
//! A queue is a set and a list, as in the kernel, and the two need not agree: SIGKILL and the SIGSTOP of a newly
//! attached child are in the set alone, and a standard signal is in the list at most once.

use crate::sigset::SigSet;
use lariat_abi::si_code;

/// What a signal carries, as far as this part of the kernel looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SigInfo {
    /// `si_signo`.
    pub signo: i32,
    /// `si_errno`.
    pub errno: i32,
    /// `si_code`.
    pub code: i32,
    /// `si_pid`: the sender, the child, or at a ptrace-stop the tracee.
    pub pid: i32,
    /// `si_uid`.
    pub uid: u32,
    /// `si_status` of SIGCHLD.
    pub status: i32,
    /// `si_value` of a queued signal; `si_addr` of a fault.
    pub value: u64,
}

impl SigInfo {
    /// Sent by a process: `SI_USER` and the like.
    #[must_use]
    pub const fn user(signo: i32, code: i32, pid: i32, uid: u32) -> Self {
        Self { signo, errno: 0, code, pid, uid, status: 0, value: 0 }
    }

    /// Made by the kernel, for an instruction.
    #[must_use]
    pub const fn fault(signo: i32, code: i32, addr: u64) -> Self {
        Self { signo, errno: 0, code, pid: 0, uid: 0, status: 0, value: addr }
    }
}

/// How a signal is sent: the special values of `struct kernel_siginfo *`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Send {
    /// `SEND_SIG_NOINFO`: by the current task, `SI_USER`.
    NoInfo,
    /// `SEND_SIG_PRIV`: by the kernel, `SI_KERNEL`.
    Priv,
    /// With this.
    Info(SigInfo),
}

/// Signals that wait: `struct sigpending`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct SigPending {
    /// Which ones.
    pub signal: SigSet,
    /// What they carry, in order of arrival.
    pub list: Vec<SigInfo>,
}

impl SigPending {
    /// `flush_sigqueue_mask`: forgets these.
    pub fn flush(&mut self, mask: SigSet) {
        if !self.signal.and(mask).is_empty() {
            self.signal = self.signal.without(mask);
            self.list.retain(|info| !mask.has(info.signo));
        }
    }

    /// `collect_signal`: takes the first of this number. The set forgets it when the list has no other; one that was
    /// never in the list is `SI_USER` from nobody.
    pub fn collect(&mut self, sig: i32) -> SigInfo {
        let mut same = self.list.iter().enumerate().filter(|(_, info)| info.signo == sig).map(|(at, _)| at);
        let first = same.next();
        if same.next().is_none() {
            self.signal.remove(sig);
        }
        first.map_or(SigInfo::user(sig, si_code::SI_USER, 0, 0), |at| self.list.remove(at))
    }

    /// `__dequeue_signal`: the next one that is not blocked.
    pub fn dequeue(&mut self, blocked: SigSet) -> Option<SigInfo> {
        self.signal.without(blocked).next().map(|sig| self.collect(sig))
    }

    /// `dequeue_synchronous_signal`: the first that an instruction caused (`si_code` above 0), if it is not blocked.
    pub fn dequeue_synchronous(&mut self, blocked: SigSet) -> Option<SigInfo> {
        if self.signal.without(blocked).and(SigSet::SYNCHRONOUS).is_empty() {
            return None;
        }
        let caused = |info: &SigInfo| info.code > 0 && SigSet::SYNCHRONOUS.without(blocked).has(info.signo);
        let at = self.list.iter().position(caused)?;
        let info = self.list.remove(at);
        if !self.list.iter().any(|other| other.signo == info.signo) {
            self.signal.remove(info.signo);
        }
        Some(info)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(infos: &[(i32, i32)]) -> SigPending {
        let mut pending = SigPending::default();
        for &(signo, code) in infos {
            pending.signal.add(signo);
            pending.list.push(SigInfo::user(signo, code, 1, 0));
        }
        pending
    }

    #[test]
    fn the_lowest_number_goes_first_and_equal_ones_in_order() {
        let mut pending = queue(&[(40, -1), (34, -1), (40, -2), (10, 0)]);
        let order: Vec<_> = std::iter::from_fn(|| pending.dequeue(SigSet::EMPTY)).collect();
        assert_eq!(
            order.iter().map(|i| (i.signo, i.code)).collect::<Vec<_>>(),
            [(10, 0), (34, -1), (40, -1), (40, -2)]
        );
        assert!(pending.signal.is_empty());
    }

    #[test]
    fn what_an_instruction_caused_goes_before_all_else() {
        let mut pending = queue(&[(2, 0), (5, 2)]);
        assert_eq!(pending.dequeue_synchronous(SigSet::EMPTY).map(|i| i.signo), Some(5));
        assert_eq!(pending.dequeue_synchronous(SigSet::EMPTY), None);
        // One sent by kill(2) is no fault, but its number still goes before.
        let mut pending = queue(&[(2, 0), (11, 0)]);
        assert_eq!(pending.dequeue_synchronous(SigSet::EMPTY), None);
        assert_eq!(pending.dequeue(SigSet::EMPTY).map(|i| i.signo), Some(11));
    }

    #[test]
    fn a_signal_without_information_comes_from_nobody() {
        let mut pending = SigPending::default();
        pending.signal.add(19);
        assert_eq!(pending.dequeue(SigSet::EMPTY), Some(SigInfo::user(19, 0, 0, 0)));
        assert_eq!(pending.dequeue(SigSet::EMPTY), None);
    }
}
