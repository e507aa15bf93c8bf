//! The Yama security module: `kernel.yama.ptrace_scope` and `PR_SET_PTRACER`.
//!
//! ptrace(2), "/proc/sys/kernel/yama/ptrace_scope"; prctl(2), `PR_SET_PTRACER`.

use crate::cred::{Caps, Cred, UserNamespaces, UserNs};
use lariat_abi::{Errno, Tid};

/// `PID_MAX_LIMIT`: no line of ancestors is longer, unless what tells it contradicts itself.
const LONGEST_LINE: usize = 4 << 20;

/// `kernel.yama.ptrace_scope`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Scope {
    /// `YAMA_SCOPE_DISABLED`, 0, "classic": Yama refuses nothing.
    #[default]
    Disabled,
    /// `YAMA_SCOPE_RELATIONAL`, 1, "restricted": a process attaches to its descendants, and to those that named it
    /// or an ancestor of it by `PR_SET_PTRACER`.
    Relational,
    /// `YAMA_SCOPE_CAPABILITY`, 2, "admin-only": attaching, and `PTRACE_TRACEME`, need `CAP_SYS_PTRACE`.
    Capability,
    /// `YAMA_SCOPE_NO_ATTACH`, 3, "no attach": nobody traces, until the machine is started anew.
    NoAttach,
}

impl Scope {
    /// The scope with this number; `None` if the sysctl does not take it.
    #[must_use]
    pub const fn from_raw(raw: i32) -> Option<Self> {
        Some(match raw {
            0 => Self::Disabled,
            1 => Self::Relational,
            2 => Self::Capability,
            3 => Self::NoAttach,
            _ => return None,
        })
    }

    /// The number.
    #[must_use]
    pub const fn as_raw(self) -> i32 {
        self as i32
    }
}

/// Who is whose child, as Yama asks.
pub trait Family {
    /// `task->group_leader`: the process that a task is of. `None` if there is no such task.
    fn group_leader(&self, task: Tid) -> Option<Tid>;

    /// `task->real_parent` of a group leader: a task of the process that made it. `None` above the first process.
    fn real_parent(&self, leader: Tid) -> Option<Tid>;

    /// `task_is_descendant`: whether `task` is of the process of `ancestor`, or of one that comes from it.
    fn is_descendant(&self, ancestor: Tid, task: Tid) -> bool {
        let Some(ancestor) = self.group_leader(ancestor) else { return false };
        let mut at = self.group_leader(task);
        for _ in 0..LONGEST_LINE {
            match at {
                None => return false,
                Some(leader) if leader == ancestor => return true,
                Some(leader) => at = self.real_parent(leader).and_then(|parent| self.group_leader(parent)),
            }
        }
        false
    }
}

/// Whom a process lets trace it: the argument of `PR_SET_PTRACER`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ptracer {
    /// 0: nobody any more.
    None,
    /// `PR_SET_PTRACER_ANY`: everybody.
    Any,
    /// The process of this task, and its descendants.
    Task(Tid),
}

impl Ptracer {
    /// What the argument says. The number of a task is what the caller's pid namespace calls it.
    #[must_use]
    pub const fn from_argument(argument: u64) -> Self {
        match argument as i32 {
            _ if argument == 0 => Self::None,
            -1 => Self::Any,
            pid => Self::Task(Tid::new(pid)),
        }
    }
}

/// The state of the module: the scope, and the exceptions that processes made by `PR_SET_PTRACER`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Yama {
    scope: Scope,
    /// Of each tracee (a group leader) its one tracer; `None` is any. A list, as in the kernel: there are few.
    relations: Vec<(Tid, Option<Tid>)>,
}

impl Yama {
    /// Yama in this scope, without exceptions.
    #[must_use]
    pub const fn new(scope: Scope) -> Self {
        Self { scope, relations: Vec::new() }
    }

    /// `kernel.yama.ptrace_scope`.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        self.scope
    }

    /// `yama_dointvec_minmax`: a write to `kernel.yama.ptrace_scope`.
    ///
    /// # Errors
    /// `EPERM` without `CAP_SYS_PTRACE` in the first user namespace; `EINVAL` for a number that is no scope, and
    /// for leaving scope 3.
    pub fn set_scope(&mut self, raw: i32, cred: &Cred, namespaces: &UserNamespaces) -> Result<(), Errno> {
        if !namespaces.capable(cred, UserNs::INIT, Caps::SYS_PTRACE) {
            return Err(Errno::EPERM);
        }
        let scope = Scope::from_raw(raw).ok_or(Errno::EINVAL)?;
        if self.scope == Scope::NoAttach && scope != Scope::NoAttach {
            return Err(Errno::EINVAL);
        }
        self.scope = scope;
        Ok(())
    }

    /// `yama_task_prctl`, `PR_SET_PTRACER`: a tracee (a group leader) names its one tracer; the last call counts.
    /// That the task it names exists (else `EINVAL`) is for the caller to see to, who knows the pid namespaces.
    pub fn set_ptracer(&mut self, tracee: Tid, ptracer: Ptracer) {
        self.relations.retain(|&(of, _)| of != tracee);
        match ptracer {
            Ptracer::None => {}
            Ptracer::Any => self.relations.push((tracee, None)),
            Ptracer::Task(tracer) => self.relations.push((tracee, Some(tracer))),
        }
    }

    /// `yama_task_free`: a task is gone, and with it what it said and what was said of it.
    pub fn task_free(&mut self, task: Tid) {
        self.relations.retain(|&(tracee, tracer)| tracee != task && tracer != Some(task));
    }

    /// `yama_ptrace_access_check` with `PTRACE_MODE_ATTACH`. `capable` says whether the caller has
    /// `CAP_SYS_PTRACE` in the target's user namespace, `active` who traces the target.
    #[must_use]
    pub fn refuses_attach(
        &self,
        family: &impl Family,
        caller: Tid,
        target: Tid,
        active: Option<Tid>,
        capable: bool,
    ) -> bool {
        match self.scope {
            Scope::Disabled => false,
            Scope::Relational => {
                !(capable
                    || family.is_descendant(caller, target)
                    || self.has_exception(family, caller, target, active))
            }
            Scope::Capability => !capable,
            Scope::NoAttach => true,
        }
    }

    /// `yama_ptrace_traceme`. `capable` says whether the parent has `CAP_SYS_PTRACE` in the child's user namespace.
    #[must_use]
    pub const fn refuses_traceme(&self, capable: bool) -> bool {
        match self.scope {
            Scope::Disabled | Scope::Relational => false,
            Scope::Capability => !capable,
            Scope::NoAttach => true,
        }
    }

    /// `ptracer_exception_found`: the caller's process traces the target already (so it may read its memory), or
    /// the target named the caller or an ancestor of it.
    fn has_exception(&self, family: &impl Family, caller: Tid, target: Tid, active: Option<Tid>) -> bool {
        if active == Some(caller) {
            return true;
        }
        match self.relations.iter().find(|&&(tracee, _)| tracee == target) {
            None => false,
            Some((_, None)) => true,
            Some((_, Some(tracer))) => family.is_descendant(*tracer, caller),
        }
    }
}
