//! Waiting, and the signals that must not come between.

use crate::error::{Error, Result, last_errno};
use crate::stopped::Stopped;
use lariat_abi::{Errno, Signal, Tid, WaitStatus};
use std::time::Duration;

/// What a wait reported of one task.
#[derive(Debug)]
pub struct Reaped {
    /// The task.
    pub tid: Tid,
    /// What happened to it.
    pub status: WaitStatus,
    /// The proof that it is stopped; `None` after its death.
    pub stopped: Option<Stopped>,
}

/// Waits for any child or tracee of the calling thread's process. `None`: there is none left.
///
/// # Errors
/// `EINTR`: a signal handler ran.
pub fn wait_any() -> Result<Option<Reaped>> {
    wait(-1, libc::__WALL)
}

/// Looks for a stop again and again for `spin`, then calls `idle` and sleeps for one.
///
/// Going to sleep and being woken costs several times more than a stop that is already there: a tracee
/// that calls often is faster traced when its tracer stays awake. The tracee keeps its own affinity.
///
/// # Errors
/// As [`wait_any`].
pub fn wait_any_spinning(spin: Duration, idle: impl FnOnce()) -> Result<Option<Reaped>> {
    let start = std::time::Instant::now();
    loop {
        match wait(-1, libc::__WALL | libc::WNOHANG)? {
            Some(reaped) if reaped.tid.as_raw() == 0 => {}
            other => return Ok(other),
        }
        if start.elapsed() >= spin {
            idle();
            return wait_any();
        }
    }
}

/// Waits for this task. `None`: it is neither a child nor a tracee of this process, or has been waited for.
///
/// # Errors
/// `EINTR`: a signal handler ran.
pub fn wait_for(tid: Tid) -> Result<Option<Reaped>> {
    wait(tid.as_raw(), libc::__WALL)
}

fn wait(pid: i32, flags: i32) -> Result<Option<Reaped>> {
    let mut raw = 0;
    // SAFETY: `raw` takes the status; no rusage is asked for (it costs).
    let tid = unsafe { libc::syscall(libc::SYS_wait4, pid, &raw mut raw, flags, 0usize) } as i32;
    if tid < 0 {
        return match last_errno() {
            Errno::ECHILD => Ok(None),
            errno => Err(Error::Call { call: "wait4", errno }),
        };
    }
    let status = WaitStatus::decode(raw);
    let alive = tid > 0 && !status.is_death() && status != WaitStatus::Continued;
    let tid = Tid::new(tid);
    Ok(Some(Reaped { tid, status, stopped: alive.then(|| Stopped::new(tid)) }))
}

/// Blocks signals for the calling thread and returns the mask before.
///
/// # Errors
/// None in practice.
pub fn block_signals(signals: &[Signal]) -> Result<u64> {
    let mask = signals.iter().fold(0u64, |mask, s| mask | 1 << (s.as_raw() - 1));
    let mut old = 0u64;
    // SAFETY: both pointers are to 8-byte kernel signal sets.
    let result = unsafe {
        libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_BLOCK, &raw const mask, &raw mut old, 8usize)
    };
    if result < 0 { Err(Error::last("rt_sigprocmask")) } else { Ok(old) }
}
