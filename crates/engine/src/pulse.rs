//! A tick every few milliseconds, as long as there is something to do.
//!
//! What must happen now and then, and not at every stop, happens at a tick: the trace is flushed, calls that block are
//! shown, a ride ends. So the tracer can sleep for the next stop without doing any of it before. When nothing has
//! happened between two ticks, there are no more until something does.

use lariat_host::Ticker;
use std::cell::OnceCell;
use std::time::Duration;

/// The time between ticks.
const PERIOD: Duration = Duration::from_millis(4);

/// The ticker and what has happened since it last ticked.
#[derive(Debug)]
pub(crate) struct Pulse {
    /// Made at the first stop: a timer is not inherited by a tracer that is a grandchild. `None`: the kernel gave us
    /// none.
    ticker: OnceCell<Option<Ticker>>,
    beats: bool,
    stops: u32,
}

impl Pulse {
    pub(crate) fn new() -> Self {
        Self { ticker: OnceCell::new(), beats: false, stops: 0 }
    }

    /// Whether there will be a tick.
    pub(crate) const fn beats(&self) -> bool {
        self.beats
    }

    /// Something has happened.
    pub(crate) fn stop_seen(&mut self) {
        self.stops += 1;
        if !self.beats
            && let Some(ticker) = self.ticker.get_or_init(|| Ticker::new().ok())
        {
            ticker.every(Some(PERIOD));
            self.beats = true;
        }
    }

    /// If a tick has come: whether nothing had happened since the last one.
    pub(crate) fn take(&mut self) -> Option<bool> {
        let ticker = self.ticker.get()?.as_ref()?;
        if !self.beats || !ticker.take() {
            return None;
        }
        let quiet = std::mem::take(&mut self.stops) == 0;
        if quiet {
            ticker.every(None);
            self.beats = false;
        }
        Some(quiet)
    }
}
