//! What the session remembers of a task, and of the call that it is in.

use super::lines::Line;
use crate::inject::Tampered;
use lariat_abi::{Abi, Signal};
use lariat_decode::Call;
use lariat_engine::Stop;
use lariat_host::Stopped;
use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

/// A call that a task is in.
pub(super) struct Pending {
    pub(super) call: Call,
    pub(super) shown: Shown,
    pub(super) line: Line,
    /// When it was entered, if anybody wants to know.
    pub(super) since: Option<(Instant, SystemTime)>,
    /// The system time of the task then.
    pub(super) system_time: Duration,
    pub(super) ip: u64,
    /// Whether several tasks were traced when it began.
    pub(super) many: bool,
    pub(super) tampered: Tampered,
    /// What remains to be done at its exit: an index into the rules.
    pub(super) rule: Option<usize>,
}

/// Whether a call is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Yes,
    No,
    /// If it turns out to touch what was asked for, when all of it is known.
    IfItTouches,
}

#[derive(Default)]
pub(super) struct TaskState {
    pub(super) pending: Option<Pending>,
    pub(super) personality: Option<Abi>,
    /// Nothing is shown before the program's own execve.
    pub(super) starting: bool,
    /// The number of its last call.
    pub(super) number: u64,
    /// The last call that was shown: what a restart_syscall goes on with.
    pub(super) interrupted: Option<&'static str>,
    /// How often each call was made that can be tampered with.
    pub(super) counts: HashMap<(Abi, u64), u32>,
}

/// A task that is kept in its stop for a while (`delay_enter=`, `delay_exit=`).
pub(super) struct Held {
    pub(super) until: Instant,
    pub(super) stop: Stop,
    pub(super) stopped: Stopped,
    pub(super) deliver: Option<Signal>,
}

/// How a task goes on after its report.
#[derive(Default)]
pub(super) struct Onward {
    /// With this signal.
    pub(super) deliver: Option<Signal>,
    /// Not before this time has passed.
    pub(super) hold: Duration,
}
