//! Facts about processes, and ending them.

use lariat_abi::{Signal, Tid};
use rustix::process::{DumpableBehavior, Pid, Resource, Rlimit};
use std::ffi::CStr;
use std::sync::atomic::{AtomicI32, Ordering};

/// The threads of a process, from /proc; empty if it is gone.
#[must_use]
pub fn threads(pid: Tid) -> Vec<Tid> {
    let Ok(dir) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    dir.flatten().filter_map(|e| e.file_name().to_str()?.parse().ok()).map(Tid::new).collect()
}

/// Ends this process by the signal, without a core dump: what a wrapper does to pass on a signal death.
/// Returns if the signal does not kill.
pub fn die_of(signal: Signal) {
    // The limit may be lowered always.
    let _ = rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    // SAFETY: resets one handler and the mask of this process, and signals it.
    unsafe {
        libc::signal(signal.as_raw(), libc::SIG_DFL);
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut());
        libc::raise(signal.as_raw());
    }
}

/// Set once a terminating signal has come.
static TERMINATION: AtomicI32 = AtomicI32::new(0);

extern "C" fn note_termination(signal: libc::c_int) {
    if signal != libc::SIGALRM {
        TERMINATION.store(signal, Ordering::SeqCst);
        let tick = libc::timeval { tv_sec: 0, tv_usec: 20_000 };
        let timer = libc::itimerval { it_interval: tick, it_value: tick };
        // SAFETY: a plain system call on a local structure.
        unsafe { libc::syscall(libc::SYS_setitimer, libc::ITIMER_REAL, &raw const timer, 0usize) };
    }
}

/// Makes these signals interrupt a wait (`EINTR`) and be noted instead of ending this process.
///
/// A signal that comes just before the wait would be noted and then slept on: from the first one on, a timer
/// interrupts waits again and again.
pub fn catch_termination(signals: &[Signal]) {
    for signal in signals.iter().chain([&Signal::ALRM]) {
        // SAFETY: the handler only stores to an atomic and sets a timer; no SA_RESTART, so waits end with EINTR.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = note_termination as *const () as usize;
            libc::sigaction(signal.as_raw(), &raw const action, std::ptr::null_mut());
        }
    }
}

/// Ignores these signals in this process.
pub fn ignore_signals(signals: &[Signal]) {
    for signal in signals {
        // SAFETY: sets a disposition.
        unsafe { libc::signal(signal.as_raw(), libc::SIG_IGN) };
    }
}

/// The terminating signal that has come since the last call, if one has.
#[must_use]
pub fn take_termination() -> Option<Signal> {
    let signal = Signal::from_raw(TERMINATION.swap(0, Ordering::SeqCst))?;
    let off: libc::itimerval = libc::itimerval { it_interval: NEVER, it_value: NEVER };
    // SAFETY: a plain system call on a local structure.
    unsafe { libc::syscall(libc::SYS_setitimer, libc::ITIMER_REAL, &raw const off, 0usize) };
    Some(signal)
}

const NEVER: libc::timeval = libc::timeval { tv_sec: 0, tv_usec: 0 };

/// Sends a signal to a process. It may be gone already.
pub fn send_signal(pid: Tid, signal: Signal) {
    // SAFETY: the kernel checks the number, and this library does not handle signals for its own ends.
    let signal = unsafe { rustix::process::Signal::from_raw_unchecked(signal.as_raw()) };
    if let Some(pid) = Pid::from_raw(pid.as_raw()) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// Hour, minute and second of the local time zone.
#[must_use]
pub fn local_time(epoch_seconds: u64) -> (i32, i32, i32) {
    let seconds = epoch_seconds as libc::time_t;
    // SAFETY: `localtime_r` fills `tm`, for which all zero is a value.
    let tm = unsafe {
        let mut tm: libc::tm = std::mem::zeroed();
        libc::localtime_r(&raw const seconds, &raw mut tm);
        tm
    };
    (tm.tm_hour, tm.tm_min, tm.tm_sec)
}

/// The effective user id of this process.
#[must_use]
pub fn user_id() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The name of a user in the password database.
#[must_use]
pub fn user_name(uid: u32) -> Option<String> {
    let mut buffer = vec![0; 16384];
    // SAFETY: the entry and its strings are in memory of ours, which is long enough or not written to; all zero is
    // a value of it.
    unsafe {
        let mut entry: libc::passwd = std::mem::zeroed();
        let mut found = std::ptr::null_mut();
        libc::getpwuid_r(uid, &raw mut entry, buffer.as_mut_ptr(), buffer.len(), &raw mut found);
        let name = found.as_ref()?.pw_name;
        (!name.is_null()).then(|| CStr::from_ptr(name).to_string_lossy().into_owned())
    }
}

/// Whether there is such a process or thread in our pid namespace, also where /proc hides it (`hidepid`).
#[must_use]
pub fn exists(tid: Tid) -> bool {
    let Some(pid) = Pid::from_raw(tid.as_raw()).filter(|_| tid.as_raw() > 0) else { return false };
    !matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH))
}

/// Whether this process is dumpable; prctl(2), `PR_GET_DUMPABLE`.
#[must_use]
pub fn is_dumpable() -> bool {
    rustix::process::dumpable_behavior() == Ok(DumpableBehavior::Dumpable)
}

/// An extended attribute of a file; `None` if it has none of this name.
#[must_use]
pub fn extended_attribute(path: &CStr, name: &CStr) -> Option<Vec<u8>> {
    let mut value = vec![0; 256];
    let got = rustix::fs::getxattr(path, name, &mut value[..]).ok()?;
    value.truncate(got);
    Some(value)
}
