//! Waiting, and the signals that must not come between.

use crate::error::{Error, Result, last_errno};
use crate::stopped::Stopped;
use lariat_abi::{Errno, Signal, Tid, WaitStatus};
use std::time::{Duration, Instant};

/// What a wait reported of one task.
#[derive(Debug)]
pub struct Reaped {
    /// The task.
    pub tid: Tid,
    /// What happened to it.
    pub status: WaitStatus,
    /// The proof that it is stopped; `None` after its death.
    pub stopped: Option<Stopped>,
    /// The system time that the task has used, if it was asked for.
    pub system_time: Duration,
}

/// Waits for this task. `None`: it is neither a child nor a tracee of this process, or has been waited for.
///
/// # Errors
/// `EINTR`: a signal handler ran.
pub fn wait_for(tid: Tid) -> Result<Option<Reaped>> {
    wait(tid.as_raw(), libc::__WALL, false)
}

/// How a tracer of many tasks waits.
#[derive(Debug, Clone, Copy, Default)]
pub struct Waiter {
    /// How long to look for the next stop before going to sleep for it.
    ///
    /// Going to sleep and being woken costs several times more than a stop that is already there: a tracee
    /// that calls often is faster traced when its tracer stays awake. The tracee keeps its own affinity.
    pub spin: Duration,
    /// Ask for the system time that the task has used ([`Reaped::system_time`]); it costs.
    pub measure: bool,
}

impl Waiter {
    /// Waits for any child or tracee; calls `idle` before going to sleep. `None`: there is none left.
    ///
    /// # Errors
    /// `EINTR`: a signal handler ran. `EAGAIN`: there was no news until `deadline`.
    pub fn next(self, deadline: Option<Instant>, idle: impl FnOnce()) -> Result<Option<Reaped>> {
        if !self.spin.is_zero() {
            let start = Instant::now();
            loop {
                // The clock costs as much as a look: it is read after every few.
                for _ in 0..4 {
                    match wait(-1, libc::__WALL | libc::WNOHANG, self.measure)? {
                        Some(reaped) if reaped.tid.as_raw() == 0 => {}
                        other => return Ok(other),
                    }
                }
                let now = Instant::now();
                if now >= start + self.spin || deadline.is_some_and(|deadline| now >= deadline) {
                    break;
                }
            }
        }
        idle();
        match deadline {
            None => wait(-1, libc::__WALL, self.measure),
            Some(deadline) => self.until(deadline),
        }
    }

    /// Any child or tracee that has news now; `None`: there is no news.
    ///
    /// # Errors
    /// None in practice.
    pub fn poll(self) -> Result<Option<Reaped>> {
        let reaped = wait(-1, libc::__WALL | libc::WNOHANG, self.measure)?;
        Ok(reaped.filter(|reaped| reaped.tid.as_raw() != 0))
    }

    /// Sleeps for a stop or the deadline. While SIGCHLD is blocked, it stays pending from a stop on, so that
    /// none is missed between looking and sleeping.
    fn until(self, deadline: Instant) -> Result<Option<Reaped>> {
        let before = block_signals(&[Signal::CHLD])?;
        let result = loop {
            match wait(-1, libc::__WALL | libc::WNOHANG, self.measure) {
                Ok(Some(reaped)) if reaped.tid.as_raw() == 0 => {}
                other => break other,
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let timeout =
                libc::timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) };
            let set = 1u64 << (Signal::CHLD.as_raw() - 1);
            // SAFETY: the set and the time are read; no siginfo is asked for.
            let signal = unsafe {
                libc::syscall(libc::SYS_rt_sigtimedwait, &raw const set, 0usize, &raw const timeout, 8usize)
            };
            if signal < 0 {
                break Err(Error::last("rt_sigtimedwait"));
            }
        };
        // SAFETY: restores the mask.
        unsafe {
            libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const before, 0usize, 8usize)
        };
        result
    }
}

fn wait(pid: i32, flags: i32, measure: bool) -> Result<Option<Reaped>> {
    let mut raw = 0;
    // SAFETY: all zero is a value of the structure.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    let usage_at = if measure { &raw mut usage } else { std::ptr::null_mut() };
    // SAFETY: `raw` takes the status, `usage` the times.
    let tid = unsafe { libc::syscall(libc::SYS_wait4, pid, &raw mut raw, flags, usage_at) } as i32;
    if tid < 0 {
        return match last_errno() {
            Errno::ECHILD => Ok(None),
            errno => Err(Error::Call { call: "wait4", errno }),
        };
    }
    let status = WaitStatus::decode(raw);
    let alive = tid > 0 && !status.is_death() && status != WaitStatus::Continued;
    let tid = Tid::new(tid);
    let system = usage.ru_stime;
    let system_time = Duration::new(system.tv_sec as u64, system.tv_usec as u32 * 1000);
    Ok(Some(Reaped { tid, status, stopped: alive.then(|| Stopped::new(tid)), system_time }))
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
