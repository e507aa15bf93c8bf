//! Who may trace whom: `ptrace_may_access` and what `ptrace_attach` and `ptrace_traceme` check around it.
//!
//! ptrace(2), "Ptrace access mode checking". The rules are written down once, in the kernel's order, and each one
//! that refuses hands a [`Refusal`] on. [`Rules::may_attach`] stops at the first, as the kernel does, without
//! allocating; [`Rules::explain_attach`] collects them all, since who lifts the first wants to know of the next.
//!
//! ```text
//!              Caller ─┐            kernel thread? own thread group?        ┐
//!              Target ─┼─► Rules ─► ids ► dumpable ► capabilities ► Yama    ├─► first: EPERM
//!   user namespaces ───┤            exiting? traced already?                ┘   all:   Vec<Refusal>
//!   Yama, family ──────┘
//! ```
//!
//! The hard thing is that several rules are lifted by the same capability in namespaces that may differ: that of the
//! target's credentials, that of its memory, and the first one. Each refusal says in which it would have helped.

mod refusal;
mod yama;

pub use refusal::{Dumpable, Ids, Refusal};
pub use yama::{Family, Ptracer, Scope, Yama};

use crate::cred::{Caps, Cred, UserNamespaces, UserNs};
use lariat_abi::{Errno, Tid};
use std::ops::ControlFlow;

/// Which of the caller's credentials count; the `PTRACE_MODE_*CREDS` half of a mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Creds {
    /// `PTRACE_MODE_FSCREDS`: filesystem ids and effective capabilities. For what goes through /proc.
    Fs,
    /// `PTRACE_MODE_REALCREDS`: real ids and permitted capabilities. For system calls that name a process.
    Real,
}

/// How deep the access goes; the other half of a mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// `PTRACE_MODE_READ`: `/proc/PID/environ`, `/proc/PID/ns/*`, kcmp(2).
    Read,
    /// `PTRACE_MODE_ATTACH`: `PTRACE_ATTACH`, process_vm_writev(2), `/proc/PID/mem`. Yama looks at this one only.
    Attach,
}

/// `PTRACE_MODE_*`: one of each half. The kernel refuses a mode without exactly one kind of credentials; here it
/// cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mode {
    /// Which credentials count.
    pub creds: Creds,
    /// How deep.
    pub access: Access,
}

impl Mode {
    /// `PTRACE_MODE_READ_FSCREDS`.
    pub const READ_FSCREDS: Self = Self { creds: Creds::Fs, access: Access::Read };
    /// `PTRACE_MODE_READ_REALCREDS`.
    pub const READ_REALCREDS: Self = Self { creds: Creds::Real, access: Access::Read };
    /// `PTRACE_MODE_ATTACH_FSCREDS`.
    pub const ATTACH_FSCREDS: Self = Self { creds: Creds::Fs, access: Access::Attach };
    /// `PTRACE_MODE_ATTACH_REALCREDS`: what `PTRACE_ATTACH` and `PTRACE_SEIZE` ask for.
    pub const ATTACH_REALCREDS: Self = Self { creds: Creds::Real, access: Access::Attach };
}

/// The task that wants to look or trace: `current`, or the parent of a `PTRACE_TRACEME`.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// Its credentials.
    pub cred: &'a Cred,
    /// Its thread group.
    pub tgid: Tid,
}

/// A task's memory, as far as ptrace asks: `struct mm_struct`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mm {
    /// `get_dumpable`.
    pub dumpable: Dumpable,
    /// `mm->user_ns`: the namespace of whoever called execve, or, if they could not read the program's file, the
    /// nearest ancestor that the file belongs to.
    pub user_ns: UserNs,
}

/// The task that is to be looked at or traced.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// Its credentials.
    pub cred: &'a Cred,
    /// Its thread group.
    pub tgid: Tid,
    /// Its memory; a kernel thread and a dead task have none.
    pub mm: Option<Mm>,
    /// `task->user_dumpable`: what the memory said when the task gave it back. Kernels without that field behave
    /// as if it were always true; a kernel thread never had any.
    pub user_dumpable: bool,
    /// `PF_KTHREAD`.
    pub kernel_thread: bool,
    /// `task->exit_state`: it is a zombie, or on its way out after that.
    pub exiting: bool,
    /// Who traces it (`ptrace_parent`), by its thread group.
    pub tracer: Option<Tid>,
}

/// What the rules look up beside the two tasks.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a, F> {
    /// The tree of user namespaces.
    pub user_namespaces: &'a UserNamespaces,
    /// The Yama security module; with [`Scope::Disabled`] it is as good as absent.
    pub yama: &'a Yama,
    /// Who is whose child.
    pub family: &'a F,
}

/// Where a rule hands its refusal; `Break` ends the look.
trait Sink {
    fn refuse(&mut self, refusal: Refusal) -> ControlFlow<Refusal>;
}

/// The first refusal is enough.
struct First;

impl Sink for First {
    fn refuse(&mut self, refusal: Refusal) -> ControlFlow<Refusal> {
        ControlFlow::Break(refusal)
    }
}

/// Every refusal is wanted.
impl Sink for Vec<Refusal> {
    fn refuse(&mut self, refusal: Refusal) -> ControlFlow<Refusal> {
        self.push(refusal);
        ControlFlow::Continue(())
    }
}

impl<F: Family> Rules<'_, F> {
    /// `ptrace_may_access`: whether the caller may look at the target. ptrace(2), steps 1 to 6.
    ///
    /// # Errors
    /// `EPERM`.
    pub fn ptrace_may_access(
        &self,
        caller: Caller<'_>,
        target: &Target<'_>,
        mode: Mode,
    ) -> Result<(), Errno> {
        first(self.access(caller, target, mode, &mut First))
    }

    /// What `ptrace_attach` (`PTRACE_ATTACH`, `PTRACE_SEIZE`) checks once its arguments are found good.
    ///
    /// # Errors
    /// `EPERM`.
    pub fn may_attach(&self, caller: Caller<'_>, target: &Target<'_>) -> Result<(), Errno> {
        first(self.attach(caller, target, &mut First))
    }

    /// What `ptrace_traceme` (`PTRACE_TRACEME`) checks; the caller is the parent. It does not ask for ids, nor
    /// whether the child is dumpable.
    ///
    /// # Errors
    /// `EPERM`.
    pub fn may_traceme(&self, parent: Caller<'_>, child: &Target<'_>) -> Result<(), Errno> {
        first(self.traceme(parent, child, &mut First))
    }

    /// Every rule of [`Rules::ptrace_may_access`] that refuses, in its order.
    #[must_use]
    pub fn explain_access(&self, caller: Caller<'_>, target: &Target<'_>, mode: Mode) -> Vec<Refusal> {
        all(|sink| self.access(caller, target, mode, sink))
    }

    /// Every rule of [`Rules::may_attach`] that refuses, in its order.
    #[must_use]
    pub fn explain_attach(&self, caller: Caller<'_>, target: &Target<'_>) -> Vec<Refusal> {
        all(|sink| self.attach(caller, target, sink))
    }

    /// Every rule of [`Rules::may_traceme`] that refuses, in its order.
    #[must_use]
    pub fn explain_traceme(&self, parent: Caller<'_>, child: &Target<'_>) -> Vec<Refusal> {
        all(|sink| self.traceme(parent, child, sink))
    }

    /// `ptrace_attach`.
    fn attach(&self, caller: Caller<'_>, target: &Target<'_>, sink: &mut impl Sink) -> ControlFlow<Refusal> {
        if target.kernel_thread {
            sink.refuse(Refusal::KernelThread)?;
        }
        if target.tgid == caller.tgid {
            sink.refuse(Refusal::SameThreadGroup)?;
        }
        self.access(caller, target, Mode::ATTACH_REALCREDS, sink)?;
        if target.exiting {
            sink.refuse(Refusal::Exiting)?;
        }
        if let Some(by) = target.tracer {
            sink.refuse(Refusal::AlreadyTraced { by })?;
        }
        ControlFlow::Continue(())
    }

    /// `ptrace_traceme`.
    fn traceme(&self, parent: Caller<'_>, child: &Target<'_>, sink: &mut impl Sink) -> ControlFlow<Refusal> {
        if let Some(by) = child.tracer {
            sink.refuse(Refusal::AlreadyTraced { by })?;
        }
        self.cap_ptrace(parent.cred, child.cred, Creds::Real, sink)?;
        if self.yama.refuses_traceme(self.capable_over(parent.cred, child.cred.user_ns)) {
            sink.refuse(Refusal::Yama { scope: self.yama.scope(), user_ns: child.cred.user_ns })?;
        }
        ControlFlow::Continue(())
    }

    /// `__ptrace_may_access`.
    fn access(
        &self,
        caller: Caller<'_>,
        target: &Target<'_>,
        mode: Mode,
        sink: &mut impl Sink,
    ) -> ControlFlow<Refusal> {
        // Step 1: a process may look at itself, whatever a security module thinks.
        if target.tgid == caller.tgid {
            return ControlFlow::Continue(());
        }
        self.ids(caller.cred, target.cred, mode.creds, sink)?;
        self.dumpable(caller.cred, target, sink)?;
        // Step 5, security_ptrace_access_check: the capability module is the first to be asked, Yama comes later.
        self.cap_ptrace(caller.cred, target.cred, mode.creds, sink)?;
        if mode.access == Access::Attach {
            let user_ns = target.cred.user_ns;
            let capable = self.capable_over(caller.cred, user_ns);
            if self.yama.refuses_attach(self.family, caller.tgid, target.tgid, target.tracer, capable) {
                sink.refuse(Refusal::Yama { scope: self.yama.scope(), user_ns })?;
            }
        }
        ControlFlow::Continue(())
    }

    /// Steps 2 and 3: all the ids of the target are the caller's, or the caller has the capability over it.
    fn ids(&self, caller: &Cred, target: &Cred, creds: Creds, sink: &mut impl Sink) -> ControlFlow<Refusal> {
        let (uid, gid) = match creds {
            Creds::Fs => (caller.fsuid, caller.fsgid),
            Creds::Real => (caller.uid, caller.gid),
        };
        let users = Ids { real: target.uid, effective: target.euid, saved: target.suid };
        let groups = Ids { real: target.gid, effective: target.egid, saved: target.sgid };
        if users.all(uid) && groups.all(gid) || self.capable_over(caller, target.user_ns) {
            return ControlFlow::Continue(());
        }
        let user_ns = target.user_ns;
        if !users.all(uid) {
            sink.refuse(Refusal::OtherUser { caller: uid, target: users, user_ns })?;
        }
        if !groups.all(gid) {
            sink.refuse(Refusal::OtherGroup { caller: gid, target: groups, user_ns })?;
        }
        ControlFlow::Continue(())
    }

    /// Step 4, `task_still_dumpable`.
    fn dumpable(&self, caller: &Cred, target: &Target<'_>, sink: &mut impl Sink) -> ControlFlow<Refusal> {
        let (dumpable, user_ns) = match target.mm {
            Some(mm) => (mm.dumpable, mm.user_ns),
            None if target.user_dumpable => (Dumpable::User, UserNs::INIT),
            None => (Dumpable::Disabled, UserNs::INIT),
        };
        if dumpable == Dumpable::User || self.capable_over(caller, user_ns) {
            return ControlFlow::Continue(());
        }
        sink.refuse(Refusal::NotDumpable { dumpable, user_ns })
    }

    /// Steps 5.1 and 5.2, `cap_ptrace_access_check`; and `cap_ptrace_traceme`, which asks the same of the parent.
    fn cap_ptrace(
        &self,
        caller: &Cred,
        target: &Cred,
        creds: Creds,
        sink: &mut impl Sink,
    ) -> ControlFlow<Refusal> {
        let held = match creds {
            Creds::Fs => caller.effective,
            Creds::Real => caller.permitted,
        };
        let same = caller.user_ns == target.user_ns;
        if same && target.permitted.is_subset(held) || self.capable_over(caller, target.user_ns) {
            return ControlFlow::Continue(());
        }
        sink.refuse(if same {
            Refusal::CapabilitiesNotSuperset {
                missing: Caps(target.permitted.0 & !held.0),
                user_ns: target.user_ns,
            }
        } else {
            Refusal::OtherUserNamespace { caller: caller.user_ns, target: target.user_ns }
        })
    }

    /// `ptrace_has_cap`: the effective set counts, whatever the mode.
    fn capable_over(&self, cred: &Cred, user_ns: UserNs) -> bool {
        self.user_namespaces.capable(cred, user_ns, Caps::SYS_PTRACE)
    }
}

/// The kernel's answer: the errno of the first refusal.
fn first(found: ControlFlow<Refusal>) -> Result<(), Errno> {
    match found {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(refusal) => Err(refusal.errno()),
    }
}

/// Every refusal of a walk.
fn all(walk: impl FnOnce(&mut Vec<Refusal>) -> ControlFlow<Refusal>) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    // It never breaks off.
    let _ = walk(&mut refusals);
    refusals
}

#[cfg(test)]
mod tests;
