//! What /proc says of actors: what they do, and who their children are.

use crate::process::threads;
use lariat_abi::Tid;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::os::unix::fs::MetadataExt;

/// What a task does, as /proc has it; proc_pid_stat(5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// `R`: running, or waiting for a processor. An actor that spins.
    Running,
    /// `S`: in a system call that a signal interrupts.
    Sleeping,
    /// `D`: in one that only a fatal signal interrupts, or none. A vfork that waits for its child.
    Uninterruptible,
    /// `T`: in a group-stop.
    Stopped,
    /// `t`: in a ptrace-stop.
    Traced,
    /// `Z`: dead, and not yet waited for.
    Zombie,
    /// No such task any more.
    Gone,
    /// Another letter.
    Other(char),
}

/// The state of a task, and its parent process.
pub(super) fn stat(leader: i32, tid: i32) -> (State, i32) {
    let Ok(text) = std::fs::read_to_string(format!("/proc/{leader}/task/{tid}/stat")) else {
        return (State::Gone, 0);
    };
    // The name before them may hold anything.
    let mut fields = text.rsplit(')').next().unwrap_or_default().split_ascii_whitespace();
    let state = match fields.next().and_then(|field| field.chars().next()) {
        Some('R') => State::Running,
        Some('S') => State::Sleeping,
        Some('D') => State::Uninterruptible,
        Some('T') => State::Stopped,
        Some('t') => State::Traced,
        // X is on the way from a tracer's wait to the parent's, or to being gone.
        Some('Z' | 'X' | 'x') => State::Zombie,
        None => State::Gone,
        Some(other) => State::Other(other),
    };
    (state, fields.next().and_then(|field| field.parse().ok()).unwrap_or(0))
}

/// Who traces a task; 0: nobody. proc_pid_status(5), `TracerPid`.
pub(super) fn tracer(leader: i32, tid: i32) -> i32 {
    let text = std::fs::read_to_string(format!("/proc/{leader}/task/{tid}/status")).unwrap_or_default();
    let field = text.lines().find_map(|line| line.strip_prefix("TracerPid:"));
    field.and_then(|field| field.trim().parse().ok()).unwrap_or(0)
}

/// The signals that wait for a task or its process and that it does not block: bit 0 is signal 1.
pub(super) fn unblocked(leader: i32, tid: i32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{leader}/task/{tid}/status")).unwrap_or_default();
    let field = |name: &str| {
        let field = text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        field.and_then(|field| u64::from_str_radix(field, 16).ok()).unwrap_or(0)
    };
    (field("SigPnd:") | field("ShdPnd:")) & !field("SigBlk:")
}

/// The system call that a task is blocked in; `None` if it is in none, or runs.
pub(super) fn blocked_in(leader: i32, tid: i32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{leader}/task/{tid}/syscall")).ok()?;
    text.split_ascii_whitespace().next()?.parse().ok()
}

/// The first argument of the image that a process executes.
pub(super) fn argument(leader: i32) -> Option<u8> {
    let text = std::fs::read(format!("/proc/{leader}/cmdline")).ok()?;
    text.split(|&byte| byte == 0).nth(1)?.first().copied()
}

/// The children of a process, of each of its threads; dead ones too.
pub(super) fn children(pid: i32) -> Vec<i32> {
    let mut found = Vec::new();
    for tid in threads(Tid::new(pid)) {
        let list = std::fs::read_to_string(format!("/proc/{pid}/task/{tid}/children")).unwrap_or_default();
        found.extend(list.split_ascii_whitespace().filter_map(|child| child.parse::<i32>().ok()));
    }
    found
}

/// A file, whatever leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileId(u64, u64);

impl FileId {
    pub(super) fn of(path: &str) -> Option<Self> {
        std::fs::metadata(path).ok().map(|status| Self(status.dev(), status.ino()))
    }
}

/// Kills a process if it is a child of one of `parents` or executes `image`. Nobody else's: the handle is taken
/// before looking, and no longer leads to anybody if the number belongs to another process by then.
pub(super) fn kill_if_ours(pid: i32, parents: &[i32], image: Option<FileId>) -> bool {
    let Some(handle) = Pid::from_raw(pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()) else {
        return false;
    };
    let ours = parents.contains(&stat(pid, pid).1)
        || image.is_some_and(|image| FileId::of(&format!("/proc/{pid}/exe")) == Some(image));
    ours && pidfd_send_signal(handle, Signal::KILL).is_ok()
}
