//! A rule that refuses, with what it looked at.

use super::Scope;
use crate::cred::{Caps, UserNs};
use lariat_abi::{Errno, Tid};

/// `SUID_DUMP_*`: whether a process may dump core, and so be traced; prctl(2), `PR_SET_DUMPABLE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dumpable {
    /// `SUID_DUMP_DISABLE`, 0.
    Disabled,
    /// `SUID_DUMP_USER`, 1: the only one that lets others in.
    User,
    /// `SUID_DUMP_ROOT`, 2: for a set-user-id program where `fs.suid_dumpable` is 2.
    Root,
}

/// Three ids of a process, of users or of groups. The filesystem id of the target is not asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ids {
    /// The real one.
    pub real: u32,
    /// The effective one.
    pub effective: u32,
    /// The saved one.
    pub saved: u32,
}

impl Ids {
    /// Whether each is this one.
    #[must_use]
    pub const fn all(self, id: u32) -> bool {
        self.real == id && self.effective == id && self.saved == id
    }
}

/// Why a task may not be looked at or traced: one rule of ptrace(2), "Ptrace access mode checking", or of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// `ptrace_attach`: nobody traces a kernel thread.
    KernelThread,
    /// `ptrace_attach`: a thread traces no thread of its own process.
    SameThreadGroup,
    /// Step 3: not all user ids of the target are the caller's.
    OtherUser {
        /// The caller's id that counts.
        caller: u32,
        /// The target's.
        target: Ids,
        /// The target's user namespace.
        user_ns: UserNs,
    },
    /// Step 3: not all group ids of the target are the caller's.
    OtherGroup {
        /// The caller's id that counts.
        caller: u32,
        /// The target's.
        target: Ids,
        /// The target's user namespace.
        user_ns: UserNs,
    },
    /// Step 4: the target is not dumpable.
    NotDumpable {
        /// What it is instead.
        dumpable: Dumpable,
        /// The user namespace of the target's memory; the first one if it has given its memory back.
        user_ns: UserNs,
    },
    /// Step 5.2: the target is in another user namespace, and the caller has no capability over that.
    OtherUserNamespace {
        /// The caller's.
        caller: UserNs,
        /// The target's.
        target: UserNs,
    },
    /// Step 5.2: the target may have capabilities that the caller lacks.
    CapabilitiesNotSuperset {
        /// Which.
        missing: Caps,
        /// The user namespace of both.
        user_ns: UserNs,
    },
    /// Step 5: Yama, `kernel.yama.ptrace_scope`.
    Yama {
        /// The scope: it says which rule.
        scope: Scope,
        /// The target's user namespace.
        user_ns: UserNs,
    },
    /// `ptrace_attach`: the target is dead already (a zombie).
    Exiting,
    /// `ptrace_attach` and `ptrace_traceme`: a task has one tracer.
    AlreadyTraced {
        /// The tracer's thread group.
        by: Tid,
    },
}

impl Refusal {
    /// What the caller is told.
    #[must_use]
    pub const fn errno(self) -> Errno {
        Errno::EPERM
    }

    /// Whether it is a rule of `ptrace_may_access`, which keeps the caller from looking as well as from tracing. The
    /// others are of the calls that trace.
    #[must_use]
    pub const fn is_of_access(self) -> bool {
        match self {
            Self::OtherUser { .. }
            | Self::OtherGroup { .. }
            | Self::NotDumpable { .. }
            | Self::OtherUserNamespace { .. }
            | Self::CapabilitiesNotSuperset { .. }
            | Self::Yama { .. } => true,
            Self::KernelThread | Self::SameThreadGroup | Self::Exiting | Self::AlreadyTraced { .. } => false,
        }
    }

    /// The user namespace over which `CAP_SYS_PTRACE` would lift the refusal; `None` if no capability does.
    #[must_use]
    pub fn lifted_by_capability(self) -> Option<UserNs> {
        match self {
            Self::OtherUser { user_ns, .. }
            | Self::OtherGroup { user_ns, .. }
            | Self::NotDumpable { user_ns, .. }
            | Self::CapabilitiesNotSuperset { user_ns, .. }
            | Self::OtherUserNamespace { target: user_ns, .. } => Some(user_ns),
            Self::Yama { scope, user_ns } => (scope < Scope::NoAttach).then_some(user_ns),
            Self::KernelThread | Self::SameThreadGroup | Self::Exiting | Self::AlreadyTraced { .. } => None,
        }
    }
}
