//! Ptrace events: the upper byte of a wait status; `<linux/ptrace.h>`, ptrace(2) under `PTRACE_SETOPTIONS`.

/// What a `PTRACE_EVENT` stop reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// Before return from fork(2), or clone(2) with `SIGCHLD`. Message: the new task's id.
    Fork,
    /// Before return from vfork(2), or clone(2) with `CLONE_VFORK`. Message: the new task's id.
    Vfork,
    /// Before return from any other clone(2). Message: the new task's id.
    Clone,
    /// Before return from a successful execve(2). Message: the id the task had before.
    Exec,
    /// The vfork(2) child has released its parent. Message: the child's id.
    VforkDone,
    /// Early in the task's exit: registers can still be read. Message: the wait status to be.
    Exit,
    /// A seccomp filter returned `SECCOMP_RET_TRACE`. Message: the filter's data.
    Seccomp,
    /// Under `PTRACE_SEIZE`: `PTRACE_INTERRUPT`, group-stop, the first stop of an auto-attached child, and
    /// SIGCONT, which gives this stop before its own even where there was no group-stop to end.
    Stop,
    /// An event this build does not know.
    Unknown(u8),
}

impl Event {
    /// The event with this code.
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Fork,
            2 => Self::Vfork,
            3 => Self::Clone,
            4 => Self::Exec,
            5 => Self::VforkDone,
            6 => Self::Exit,
            7 => Self::Seccomp,
            128 => Self::Stop,
            other => Self::Unknown(other),
        }
    }

    /// Its code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Fork => 1,
            Self::Vfork => 2,
            Self::Clone => 3,
            Self::Exec => 4,
            Self::VforkDone => 5,
            Self::Exit => 6,
            Self::Seccomp => 7,
            Self::Stop => 128,
            Self::Unknown(code) => code,
        }
    }

    /// Its name in `<linux/ptrace.h>`; `None` for an unknown event.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::Fork => "PTRACE_EVENT_FORK",
            Self::Vfork => "PTRACE_EVENT_VFORK",
            Self::Clone => "PTRACE_EVENT_CLONE",
            Self::Exec => "PTRACE_EVENT_EXEC",
            Self::VforkDone => "PTRACE_EVENT_VFORK_DONE",
            Self::Exit => "PTRACE_EVENT_EXIT",
            Self::Seccomp => "PTRACE_EVENT_SECCOMP",
            Self::Stop => "PTRACE_EVENT_STOP",
            Self::Unknown(_) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_comes_back() {
        for code in 0..=u8::MAX {
            let event = Event::from_code(code);
            assert_eq!(event.code(), code);
            assert_eq!(event.name().is_none(), event == Event::Unknown(code));
        }
    }
}
