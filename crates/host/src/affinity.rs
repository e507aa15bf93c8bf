//! On which processors a task may run, and a guard that puts this right if we cannot.

use crate::error::{Error, Result, last_errno};
use lariat_abi::{Errno, Tid};
use std::io::PipeWriter;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicI32, Ordering};

/// Processors that a set can hold; the C library's `CPU_SETSIZE`.
const MAX: usize = 1024;

/// A set of processors: a bit for each, as the kernel has it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CpuSet([u64; MAX / 64]);

impl std::fmt::Debug for CpuSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries((0..MAX).filter(|&cpu| self.contains(cpu))).finish()
    }
}

impl CpuSet {
    const EMPTY: Self = Self([0; MAX / 64]);

    /// Every processor that there could be. A task with this set runs wherever its control group lets it, now and
    /// later: as if nobody had ever set its affinity.
    pub const EVERY: Self = Self([u64::MAX; MAX / 64]);

    /// This processor alone; none, if there cannot be one of this number.
    #[must_use]
    pub fn only(cpu: usize) -> Self {
        let mut set = Self::EMPTY;
        if let Some(word) = set.0.get_mut(cpu / 64) {
            *word = 1 << (cpu % 64);
        }
        set
    }

    /// Whether the processor is a member.
    #[must_use]
    pub fn contains(&self, cpu: usize) -> bool {
        self.0.get(cpu / 64).is_some_and(|word| word >> (cpu % 64) & 1 != 0)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }
}

/// The processors a task may run on; task 0 is the calling thread. sched_setaffinity(2).
///
/// # Errors
/// `ESRCH`: gone. `EINVAL`: the machine has more processors than the set can hold.
pub fn affinity(tid: Tid) -> Result<CpuSet> {
    let mut set = CpuSet::EMPTY;
    // SAFETY: the set is as large as is told.
    let result = unsafe {
        libc::syscall(libc::SYS_sched_getaffinity, tid.as_raw(), size_of::<CpuSet>(), &raw mut set)
    };
    if result >= 0 { Ok(set) } else { Err(Error::last("sched_getaffinity")) }
}

/// Sets them.
///
/// # Errors
/// `ESRCH`: gone. `EPERM`: another user's. `EINVAL`: none of them is there, or the control group forbids them.
/// `EBUSY`: the deadline scheduler has it.
pub fn set_affinity(tid: Tid, set: &CpuSet) -> Result<()> {
    if raw_set_affinity(tid.as_raw(), set) == 0 { Ok(()) } else { Err(Error::last("sched_setaffinity")) }
}

fn raw_set_affinity(tid: i32, set: &CpuSet) -> i64 {
    // SAFETY: the set is as large as is told.
    unsafe { libc::syscall(libc::SYS_sched_setaffinity, tid, size_of::<CpuSet>(), std::ptr::from_ref(set)) }
}

/// The processor that the calling thread is on.
#[must_use]
pub fn current_cpu() -> usize {
    // SAFETY: touches no memory.
    usize::try_from(unsafe { libc::sched_getcpu() }).unwrap_or(0)
}

/// Gives a task back every processor if this process dies while it has taken them away.
///
/// A process of its own waits for the end of a pipe, which comes with our end whatever ends us. It is no child of
/// ours (waits for any child are for tracees), holds no descriptor but the pipe, and goes when we go.
#[derive(Debug)]
pub struct AffinityGuard {
    /// The task that is confined, in memory shared with the guard; 0 if none is.
    confined: &'static AtomicI32,
    _pipe: PipeWriter,
}

impl AffinityGuard {
    /// Starts the guard.
    ///
    /// # Errors
    /// There are no processes, descriptors or memory left.
    pub fn start() -> Result<Self> {
        let failed = |_| Error::Call { call: "pipe2", errno: last_errno() };
        let (reader, writer) = std::io::pipe().map_err(failed)?;
        // SAFETY: a new page of zeroes, never unmapped: `'static`. The child between ends at once and is reaped;
        // the guard makes system calls only.
        unsafe {
            let page = libc::mmap(
                std::ptr::null_mut(),
                size_of::<AtomicI32>(),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS,
                -1,
                0,
            );
            if page == libc::MAP_FAILED {
                return Err(Error::last("mmap"));
            }
            let confined = &*page.cast::<AtomicI32>();
            match libc::fork() {
                -1 => return Err(Error::last("fork")),
                0 => {
                    if libc::fork() == 0 {
                        guard(reader.as_raw_fd(), confined);
                    }
                    libc::_exit(0)
                }
                between => {
                    while libc::waitpid(between, std::ptr::null_mut(), 0) < 0 && last_errno() == Errno::EINTR
                    {
                    }
                }
            }
            Ok(Self { confined, _pipe: writer })
        }
    }

    /// From now on, this task is confined by us; `None`: no task is.
    pub fn watch(&self, tid: Option<Tid>) {
        self.confined.store(tid.map_or(0, Tid::as_raw), Ordering::SeqCst);
    }
}

/// The guard's life. Signals from the terminal are for others.
fn guard(pipe: i32, confined: &AtomicI32) -> ! {
    let mut byte = 0u8;
    // SAFETY: system calls on memory of this function.
    unsafe {
        libc::setsid();
        libc::dup2(pipe, 0);
        libc::syscall(libc::SYS_close_range, 1u32, u32::MAX, 0u32);
        while libc::read(0, (&raw mut byte).cast(), 1) < 0 && last_errno() == Errno::EINTR {}
        let tid = confined.load(Ordering::SeqCst);
        if tid != 0 {
            raw_set_affinity(tid, &CpuSet::EVERY);
        }
        libc::_exit(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_was_put_in() {
        assert_eq!(CpuSet::only(3).count(), 1);
        assert!(CpuSet::only(3).contains(3) && !CpuSet::only(3).contains(2));
        assert_eq!(CpuSet::only(usize::MAX).count(), 0);
        assert_eq!(CpuSet::EVERY.count(), MAX);
        assert!(!CpuSet::EVERY.contains(MAX));
        assert_eq!(format!("{:?}", CpuSet::only(5)), "{5}");
    }

    #[test]
    fn a_thread_is_confined_and_freed() {
        let me = Tid::new(0);
        let before = affinity(me).expect("sched_getaffinity");
        let cpu = (0..).find(|&cpu| before.contains(cpu)).expect("a processor");
        set_affinity(me, &CpuSet::only(cpu)).expect("sched_setaffinity");
        assert_eq!(affinity(me).expect("sched_getaffinity"), CpuSet::only(cpu));
        assert_eq!(current_cpu(), cpu);
        set_affinity(me, &before).expect("sched_setaffinity");
        assert!(set_affinity(me, &CpuSet::EMPTY).is_err());
    }
}
