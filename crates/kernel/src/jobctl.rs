//! `task->jobctl`: what a task has to do about group-stops and traps; `include/linux/sched/jobctl.h`.

use bitflags::bitflags;

bitflags! {
    /// The bits of `jobctl`. The low 16 hold the signal of the last group-stop ([`JobCtl::STOP_SIGMASK`]).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct JobCtl: u32 {
        /// The signal of the last group-stop.
        const STOP_SIGMASK = 0xffff;
        /// A stop signal has been dequeued, and no SIGCONT has come since.
        const STOP_DEQUEUED = 1 << 16;
        /// The task is to take part in a group-stop.
        const STOP_PENDING = 1 << 17;
        /// Its taking part is still to be counted.
        const STOP_CONSUME = 1 << 18;
        /// It is to trap for a stop: the group-stop of a tracee, or INTERRUPT.
        const TRAP_STOP = 1 << 19;
        /// It is to trap since the group-stop has changed: seized tracees.
        const TRAP_NOTIFY = 1 << 20;
        /// It is on its way from STOPPED to TRACED, and whoever attached waits for that.
        const TRAPPING = 1 << 21;
        /// Its tracer has said LISTEN.
        const LISTENING = 1 << 22;
        /// A ptrace request is at work on it: nothing wakes it, not even SIGKILL.
        const PTRACE_FROZEN = 1 << 24;
        /// It is in a group-stop, untraced.
        const STOPPED = 1 << 26;
        /// It is in a ptrace-stop.
        const TRACED = 1 << 27;

        /// `JOBCTL_TRAP_MASK`.
        const TRAP_MASK = Self::TRAP_STOP.bits() | Self::TRAP_NOTIFY.bits();
        /// `JOBCTL_PENDING_MASK`.
        const PENDING_MASK = Self::STOP_PENDING.bits() | Self::TRAP_MASK.bits();
    }
}

impl JobCtl {
    /// The signal of the last group-stop; 0 if there was none.
    #[must_use]
    pub const fn stop_signal(self) -> i32 {
        (self.bits() & Self::STOP_SIGMASK.bits()) as i32
    }

    /// The bits for this signal.
    #[must_use]
    pub const fn of_signal(sig: i32) -> Self {
        Self::from_bits_retain(sig as u32 & Self::STOP_SIGMASK.bits())
    }
}
