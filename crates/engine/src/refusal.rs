//! A process that was not attached; why, the [doctor](crate::doctor) says.

use crate::doctor::{self, Diagnosis};
use lariat_abi::Tid;
use lariat_host as host;

/// Why a process was not attached.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// There is no such process.
    #[error("attach: no process has the id {0}")]
    NoProcess(Tid),
    /// There is one, and we do not see it.
    #[error("attach: process {tid}: {}", diagnosis.because())]
    Unseen {
        /// The process.
        tid: Tid,
        /// Why.
        diagnosis: Box<Diagnosis>,
    },
    /// The kernel refused.
    #[error("attach: ptrace(PTRACE_SEIZE, {tid}): {}; {}", source.errno().description(), diagnosis.because())]
    Refused {
        /// The task.
        tid: Tid,
        /// The refusal.
        source: host::Error,
        /// What the kernel does not say.
        diagnosis: Box<Diagnosis>,
    },
}

impl AttachError {
    /// /proc shows no such process.
    pub(crate) fn no_process(tid: Tid) -> Self {
        if host::exists(tid) {
            Self::Unseen { tid, diagnosis: Box::new(doctor::examine(tid)) }
        } else {
            Self::NoProcess(tid)
        }
    }

    /// A live process was refused just now.
    pub(crate) fn refused(tid: Tid, source: host::Error) -> Self {
        Self::Refused { tid, source, diagnosis: Box::new(doctor::examine(tid)) }
    }

    /// A process that we started was refused.
    pub(crate) fn refused_child(tid: Tid, source: host::Error) -> Self {
        Self::Refused { tid, source, diagnosis: Box::new(doctor::examine_children()) }
    }
}
