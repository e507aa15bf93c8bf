//! Why the kernel refused a request.

use lariat_abi::{Errno, Request, Tid};

/// A request that failed, with the task and the error number it failed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A ptrace request failed.
    #[error("{} of task {tid}: {}", request.name(), explain(*request, *errno))]
    Ptrace {
        /// The request.
        request: Request,
        /// The task.
        tid: Tid,
        /// The error number.
        errno: Errno,
    },
    /// Another system call failed.
    #[error("{call}: {errno}")]
    Call {
        /// The call's name.
        call: &'static str,
        /// The error number.
        errno: Errno,
    },
}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The error number of the calling thread's last failed call.
    pub(crate) fn last(call: &'static str) -> Self {
        Self::Call { call, errno: last_errno() }
    }

    /// A call through rustix.
    pub(crate) fn of(call: &'static str, error: rustix::io::Errno) -> Self {
        Self::Call { call, errno: errno(error) }
    }

    /// The error number.
    #[must_use]
    pub const fn errno(&self) -> Errno {
        match self {
            Self::Ptrace { errno, .. } | Self::Call { errno, .. } => *errno,
        }
    }

    /// Whether the task is gone or no longer stopped (`ESRCH`): it was killed meanwhile. An ordinary
    /// result.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.errno() == Errno::ESRCH
    }

    /// Whether the running kernel lacks the request.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        match self {
            // `ptrace_request` answers EIO to a number it does not know. Only requests whose own rules
            // never give EIO can be told apart this way.
            Self::Ptrace { request, errno, .. } => *errno == Errno::EIO && is_recent(*request),
            Self::Call { errno, .. } => *errno == Errno::ENOSYS,
        }
    }
}

pub(crate) fn errno(error: rustix::io::Errno) -> Errno {
    Errno::from_raw(error.raw_os_error())
}

pub(crate) fn last_errno() -> Errno {
    Errno::from_raw(std::io::Error::last_os_error().raw_os_error().unwrap_or(0))
}

/// Requests newer than the oldest kernel we run on that never answer `EIO` by their own rules.
const fn is_recent(request: Request) -> bool {
    matches!(
        request,
        Request::GetSyscallInfo
            | Request::SetSyscallInfo
            | Request::GetRseqConfiguration
            | Request::SetSyscallUserDispatchConfig
            | Request::GetSyscallUserDispatchConfig
            | Request::SeccompGetFilter
            | Request::SeccompGetMetadata
    )
}

fn explain(request: Request, errno: Errno) -> String {
    if errno == Errno::EIO && is_recent(request) {
        return "not supported by this kernel".into();
    }
    match errno {
        Errno::ESRCH => "the task is gone, is not ours, or is not stopped (ESRCH)".into(),
        other => other.to_string(),
    }
}
