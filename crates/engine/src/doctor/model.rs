//! From what /proc shows to what the kernel's rules look at.

use lariat_abi::Tid;
use lariat_host::{ProcessStatus, UserNamespace};
use lariat_kernel::access::{Caller, Dumpable, Family, Mm, Scope, Target, Yama};
use lariat_kernel::cred::{Caps, Cred, UserNamespaces, UserNs};

/// A namespace that is neither ours nor below it, or of which nothing is known: in no tree, so nobody is capable.
pub(super) const ELSEWHERE: UserNs = UserNs(u32::MAX);
/// A user that nobody is: `(uid_t) -1`.
const NOBODY: u32 = u32::MAX;

/// How well a fact is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// /proc shows it.
    Shown,
    /// It is inferred from what /proc shows.
    Inferred,
    /// /proc shows nothing of it; the usual is assumed.
    Unsaid,
}

/// This process, and the world as it sees it.
#[derive(Debug, Clone)]
pub(super) struct Own {
    pub(super) tid: Tid,
    pub(super) status: ProcessStatus,
    pub(super) cred: Cred,
    /// The machine's first namespace, and ours below it if it is another one.
    pub(super) namespaces: UserNamespaces,
    /// The number of our namespace; `None` on a kernel without them.
    inode: Option<u64>,
    /// Whether the kernel has Yama at all.
    pub(super) has_yama: bool,
    pub(super) yama: Yama,
}

impl Own {
    /// `None` if /proc does not show us under our own number.
    pub(super) fn read() -> Option<Self> {
        let tid = Tid::new(std::process::id() as i32);
        let shown = std::fs::read_link("/proc/self").ok()?;
        if shown.to_str() != Some(tid.to_string().as_str()) {
            return None;
        }
        let status = ProcessStatus::read(tid)?;
        let mut namespaces = UserNamespaces::default();
        let own = UserNamespace::of(tid).ok();
        let user_ns = match &own {
            // What is above ours does not matter, nor who made ours: nobody there is one of us.
            Some(own) if !own.is_first() => namespaces.add(UserNs::INIT, NOBODY),
            _ => UserNs::INIT,
        };
        let scope = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").ok();
        let number = scope.as_ref().and_then(|text| text.trim().parse().ok());
        Some(Self {
            tid,
            cred: cred(&status, user_ns),
            status,
            namespaces,
            inode: own.map(|own| own.inode()),
            has_yama: scope.is_some(),
            yama: Yama::new(number.and_then(Scope::from_raw).unwrap_or_default()),
        })
    }

    pub(super) fn caller(&self) -> Caller<'_> {
        Caller { cred: &self.cred, tgid: self.status.process }
    }
}

fn cred(status: &ProcessStatus, user_ns: UserNs) -> Cred {
    let ([uid, euid, suid, fsuid], [gid, egid, sgid, fsgid]) = (status.uids, status.gids);
    let (effective, permitted) = (Caps(status.effective), Caps(status.permitted));
    Cred { uid, euid, suid, fsuid, gid, egid, sgid, fsgid, effective, permitted, user_ns }
}

/// A process that we want to trace.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    pub(super) own: Own,
    status: &'a ProcessStatus,
    cred: Cred,
    /// Ours, and what is between them and the target's.
    pub(super) namespaces: UserNamespaces,
    /// How we know its user namespace.
    namespace: Known,
    mm: Option<Mm>,
    /// How we know whether it is dumpable.
    dumpable: Known,
}

impl<'a> Subject<'a> {
    pub(super) fn of(tid: Tid, status: &'a ProcessStatus, own: Own) -> Self {
        let mut namespaces = own.namespaces.clone();
        let (user_ns, namespace) = user_namespace(tid, &own, &mut namespaces);
        let (is_dumpable, dumpable) = dumpable(status);
        let mm = status.has_memory.then(|| Mm {
            dumpable: if is_dumpable { Dumpable::User } else { Dumpable::Disabled },
            // Its files are given to the superuser of its memory's namespace. That is user 0 to us if it is ours,
            // as with a program that only we may read, run inside of the other one.
            user_ns: match status.owner {
                Some((0, _)) if !is_dumpable && user_ns != own.cred.user_ns => own.cred.user_ns,
                _ => user_ns,
            },
        });
        Self { cred: cred(status, user_ns), own, status, namespaces, namespace, mm, dumpable }
    }

    pub(super) fn caller(&self) -> Caller<'_> {
        self.own.caller()
    }

    pub(super) fn target(&self) -> Target<'_> {
        // The tracer's thread is told, its process is asked for.
        let tracer = self.status.tracer.map(|by| ProcessStatus::read(by).map_or(by, |status| status.process));
        Target {
            cred: &self.cred,
            tgid: self.status.process,
            mm: self.mm,
            // Of a dead process it is not told, and it does not matter: dead is refused anyway.
            user_dumpable: true,
            kernel_thread: self.status.kernel_thread,
            exiting: self.status.is_dead(),
            tracer,
        }
    }

    /// Whether its namespace, and whether it is dumpable, may be otherwise than assumed and keep us out: not if we
    /// hold the capability that lifts either.
    pub(super) fn doubts(&self) -> (bool, bool) {
        let own = &self.own.cred;
        let over = |ns| self.namespaces.capable(own, ns, Caps::SYS_PTRACE);
        let namespace = self.namespace == Known::Unsaid && !over(UserNs::INIT);
        (namespace, self.dumpable == Known::Unsaid && !over(self.cred.user_ns))
    }

    /// What had to be guessed.
    pub(super) fn assumptions(&self) -> Option<String> {
        let (_, dumpable) = self.doubts();
        let namespace = (self.namespace != Known::Shown).then_some("its user namespace");
        let dumpable = dumpable.then_some("whether it is dumpable");
        let unsaid: Vec<&str> = namespace.into_iter().chain(dumpable).collect();
        (!unsaid.is_empty()).then(|| format!("inferred, as /proc does not tell us: {}", unsaid.join(", ")))
    }
}

/// The namespace of a task; those between ours and it are added to the tree.
fn user_namespace(tid: Tid, own: &Own, tree: &mut UserNamespaces) -> (UserNs, Known) {
    let Some(own_inode) = own.inode else { return (UserNs::INIT, Known::Shown) };
    let Ok(mut at) = UserNamespace::of(tid) else { return by_its_map(tid, own, tree) };
    let mut owners = Vec::new();
    while at.inode() != own_inode {
        owners.push(at.owner().unwrap_or(NOBODY));
        match at.parent() {
            Ok(Some(parent)) => at = parent,
            // Above ours or beside it.
            Ok(None) | Err(_) => return (ELSEWHERE, Known::Shown),
        }
    }
    let ns = owners.iter().rev().fold(own.cred.user_ns, |parent, &owner| tree.add(parent, owner));
    (ns, Known::Shown)
}

/// The namespace of a task that we may not look at. Everybody may read its map of users: another map than ours is
/// another namespace; the same map is most likely the same one, but need not be.
fn by_its_map(tid: Tid, own: &Own, tree: &mut UserNamespaces) -> (UserNs, Known) {
    let map = |tid: Tid| std::fs::read_to_string(format!("/proc/{tid}/uid_map"));
    match (map(tid), map(own.tid)) {
        (Ok(theirs), Ok(ours)) if theirs != ours => match own.cred.user_ns {
            // From the first one everything is below.
            UserNs::INIT => (tree.add(UserNs::INIT, NOBODY), Known::Inferred),
            _ => (ELSEWHERE, Known::Inferred),
        },
        _ => (own.cred.user_ns, Known::Unsaid),
    }
}

/// Whether a process is dumpable. /proc gives the files of one that is not to the superuser of its namespace; of a
/// process that is the superuser's anyway, that says nothing.
fn dumpable(status: &ProcessStatus) -> (bool, Known) {
    let effective = (status.uids[1], status.gids[1]);
    match status.owner {
        _ if !status.has_memory => (true, Known::Shown),
        None => (true, Known::Unsaid),
        Some(owner) if owner != effective => (false, Known::Inferred),
        Some((0, 0)) => (true, Known::Unsaid),
        Some(_) => (true, Known::Inferred),
    }
}

/// Families as /proc shows them.
#[derive(Debug, Clone, Copy)]
pub(super) struct ProcFamily;

impl Family for ProcFamily {
    fn group_leader(&self, task: Tid) -> Option<Tid> {
        Some(ProcessStatus::read(task)?.process)
    }

    fn real_parent(&self, leader: Tid) -> Option<Tid> {
        Some(ProcessStatus::read(leader)?.parent).filter(|parent| parent.as_raw() != 0)
    }
}

/// A process and a child of it that need not exist.
#[derive(Debug, Clone, Copy)]
pub(super) struct DirectChild {
    pub(super) parent: Tid,
    pub(super) child: Tid,
}

impl Family for DirectChild {
    fn group_leader(&self, task: Tid) -> Option<Tid> {
        Some(task)
    }

    fn real_parent(&self, leader: Tid) -> Option<Tid> {
        (leader == self.child).then_some(self.parent)
    }
}
