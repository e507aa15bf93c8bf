//! A tick: a signal every few milliseconds that interrupts what this process waits for.
//!
//! A timer of its own and a signal that nothing else here uses, so that it and `setitimer` do not undo each
//! other.

use crate::error::{Error, Result};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Set by every tick, until it is taken.
static TICKED: AtomicBool = AtomicBool::new(false);

extern "C" fn note_tick(_: libc::c_int) {
    TICKED.store(true, Ordering::SeqCst);
}

/// The timer.
#[derive(Debug)]
pub struct Ticker {
    timer: libc::timer_t,
}

impl Ticker {
    /// A ticker that does not run yet. There is to be one in a process.
    ///
    /// # Errors
    /// `EAGAIN`, `ENOMEM`: the kernel has no timer left.
    pub fn new() -> Result<Self> {
        // SAFETY: the structures are zeroed, for which that is a value, and outlive the calls; the handler stores
        // to an atomic only; no SA_RESTART, so that waits end with EINTR.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = note_tick as *const () as usize;
            libc::sigaction(libc::SIGVTALRM, &raw const action, std::ptr::null_mut());
            let mut event: libc::sigevent = std::mem::zeroed();
            event.sigev_notify = libc::SIGEV_SIGNAL;
            event.sigev_signo = libc::SIGVTALRM;
            let mut timer = std::mem::zeroed();
            if libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer) != 0 {
                return Err(Error::last("timer_create"));
            }
            Ok(Self { timer })
        }
    }

    /// Ticks from now on; `None`: no longer.
    pub fn every(&self, period: Option<Duration>) {
        let period = period.unwrap_or_default();
        let time =
            libc::timespec { tv_sec: period.as_secs() as i64, tv_nsec: i64::from(period.subsec_nanos()) };
        let spec = libc::itimerspec { it_interval: time, it_value: time };
        // SAFETY: the timer is ours, the structure outlives the call.
        unsafe { libc::timer_settime(self.timer, 0, &raw const spec, std::ptr::null_mut()) };
    }

    /// Whether it has ticked since it was last asked.
    #[must_use]
    pub fn take(&self) -> bool {
        TICKED.swap(false, Ordering::SeqCst)
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        // SAFETY: the timer is ours and not used again.
        unsafe { libc::timer_delete(self.timer) };
    }
}
