//! Faults: what `-e inject=` does to a call, and to which of them.

use lariat_abi::{Errno, Signal};

/// What is done to the selected calls. See strace(1), "Tampering".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Injection {
    /// Return this error instead of making the call (`error=`).
    pub error: Option<Errno>,
    /// Return this value instead of making the call (`retval=`).
    pub retval: Option<i64>,
    /// Deliver this signal at entry (`signal=`).
    pub signal: Option<Signal>,
    /// Make this call instead (`syscall=`), by name.
    pub syscall: Option<String>,
    /// Wait at entry, microseconds (`delay_enter=`).
    pub delay_enter: u64,
    /// Wait at exit, microseconds (`delay_exit=`).
    pub delay_exit: u64,
    /// Bytes written at entry to what argument `n` (from 1) points to (`poke_enter=`).
    pub poke_enter: Vec<(u8, Vec<u8>)>,
    /// The same at exit (`poke_exit=`).
    pub poke_exit: Vec<(u8, Vec<u8>)>,
    /// Which calls, counted by each task.
    pub when: When,
}

/// `when=first[..last][+[step]]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// The first call concerned, from 1.
    pub first: u32,
    /// The last one.
    pub last: u32,
    /// The distance between them.
    pub step: u32,
}

impl Default for When {
    fn default() -> Self {
        Self { first: 1, last: u32::MAX, step: 1 }
    }
}

impl When {
    /// Whether the `count`th call (from 1) is concerned.
    #[must_use]
    pub const fn selects(self, count: u32) -> bool {
        if count < self.first || count > self.last {
            return false;
        }
        match self.step {
            0 => count == self.first,
            step => (count - self.first).is_multiple_of(step),
        }
    }
}
