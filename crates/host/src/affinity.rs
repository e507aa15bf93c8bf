//! On which processors a task may run, and a guard that puts this right if we cannot.

use crate::error::{Error, Result, last_errno};
use lariat_abi::Tid;
use rustix::io::retry_on_intr;
use rustix::mm::{MapFlags, ProtFlags};
use rustix::process::{Pid, WaitOptions, waitpid};
use std::io::PipeWriter;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicI32, Ordering};

/// A set of processors, as the kernel has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CpuSet(rustix::thread::CpuSet);

/// Processors that a set can hold; the C library's `CPU_SETSIZE`.
const MAX: usize = rustix::thread::CpuSet::MAX_CPU;

static EVERY: LazyLock<CpuSet> = LazyLock::new(|| CpuSet::of(0..MAX));

impl CpuSet {
    pub(crate) fn of(cpus: impl IntoIterator<Item = usize>) -> Self {
        let mut set = rustix::thread::CpuSet::new();
        cpus.into_iter().filter(|&cpu| cpu < MAX).for_each(|cpu| set.set(cpu));
        Self(set)
    }

    /// Every processor that there could be. A task with this set runs wherever its control group lets it, now and
    /// later: as if nobody had ever set its affinity.
    #[must_use]
    pub fn every() -> &'static Self {
        &EVERY
    }

    /// This processor alone; none, if there cannot be one of this number.
    #[must_use]
    pub fn only(cpu: usize) -> Self {
        Self::of([cpu])
    }

    /// Whether the processor is a member.
    #[must_use]
    pub fn contains(&self, cpu: usize) -> bool {
        cpu < MAX && self.0.is_set(cpu)
    }

    /// Every member, in order.
    pub(crate) fn members(&self) -> impl Iterator<Item = usize> + '_ {
        (0..MAX).filter(|&cpu| self.contains(cpu))
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.count() as usize
    }
}

/// The processors a task may run on; task 0 is the calling thread. sched_setaffinity(2).
///
/// # Errors
/// `ESRCH`: gone. `EINVAL`: the machine has more processors than the set can hold.
pub fn affinity(tid: Tid) -> Result<CpuSet> {
    rustix::thread::sched_getaffinity(Pid::from_raw(tid.as_raw()))
        .map(CpuSet)
        .map_err(|error| Error::of("sched_getaffinity", error))
}

/// Sets them.
///
/// # Errors
/// `ESRCH`: gone. `EPERM`: another user's. `EINVAL`: none of them is there, or the control group forbids them.
/// `EBUSY`: the deadline scheduler has it.
pub fn set_affinity(tid: Tid, set: &CpuSet) -> Result<()> {
    rustix::thread::sched_setaffinity(Pid::from_raw(tid.as_raw()), &set.0)
        .map_err(|error| Error::of("sched_setaffinity", error))
}

/// The processor that the calling thread is on.
#[must_use]
pub fn current_cpu() -> usize {
    rustix::thread::sched_getcpu()
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
        LazyLock::force(&EVERY);
        // SAFETY: a new page of zeroes, never unmapped: `'static`.
        let confined = unsafe {
            let page = rustix::mm::mmap_anonymous(
                std::ptr::null_mut(),
                size_of::<AtomicI32>(),
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::SHARED,
            );
            &*page.map_err(|error| Error::of("mmap", error))?.cast::<AtomicI32>()
        };
        // SAFETY: the child between ends at once and is reaped; the guard makes system calls only.
        match unsafe { libc::fork() } {
            -1 => return Err(Error::last("fork")),
            0 => {
                // SAFETY: as above.
                if unsafe { libc::fork() } == 0 {
                    guard(reader.as_fd(), confined);
                }
                // SAFETY: ends the process between.
                unsafe { libc::_exit(0) }
            }
            between => {
                // Nobody else waits for it.
                let _ = retry_on_intr(|| waitpid(Pid::from_raw(between), WaitOptions::empty()));
            }
        }
        Ok(Self { confined, _pipe: writer })
    }

    /// From now on, this task is confined by us; `None`: no task is.
    pub fn watch(&self, tid: Option<Tid>) {
        self.confined.store(tid.map_or(0, Tid::as_raw), Ordering::SeqCst);
    }
}

/// The guard's life. Signals from the terminal are for others.
fn guard(pipe: BorrowedFd<'_>, confined: &AtomicI32) -> ! {
    let _ = rustix::process::setsid();
    let _ = rustix::stdio::dup2_stdin(pipe);
    // SAFETY: closes descriptors that nobody in this process uses from here on.
    unsafe { libc::syscall(libc::SYS_close_range, 1u32, u32::MAX, 0u32) };
    let _ = retry_on_intr(|| rustix::io::read(rustix::stdio::stdin(), &mut [0u8]));
    if let Some(tid) = Pid::from_raw(confined.load(Ordering::SeqCst)) {
        let _ = rustix::thread::sched_setaffinity(Some(tid), &EVERY.0);
    }
    // SAFETY: ends the guard.
    unsafe { libc::_exit(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_was_put_in() {
        assert_eq!(CpuSet::only(3).count(), 1);
        assert!(CpuSet::only(3).contains(3) && !CpuSet::only(3).contains(2));
        assert_eq!(CpuSet::only(usize::MAX).count(), 0);
        assert_eq!(CpuSet::every().count(), MAX);
        assert!(!CpuSet::every().contains(MAX));
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
        assert!(set_affinity(me, &CpuSet::of([])).is_err());
    }
}
