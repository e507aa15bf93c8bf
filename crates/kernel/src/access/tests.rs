//! Each rule by itself, then their order, then tables.

use super::*;

/// A chain of processes: each number is the child of the one below it, down to 1. Thread 1000 + n is of process n.
struct Chain;

impl Family for Chain {
    fn group_leader(&self, task: Tid) -> Option<Tid> {
        (task.as_raw() > 0).then(|| Tid::new(task.as_raw() % 1000))
    }

    fn real_parent(&self, leader: Tid) -> Option<Tid> {
        (leader.as_raw() > 1).then(|| Tid::new(leader.as_raw() - 1))
    }
}

/// Two families: even processes and odd ones.
struct Parity;

impl Family for Parity {
    fn group_leader(&self, task: Tid) -> Option<Tid> {
        Some(task)
    }

    fn real_parent(&self, leader: Tid) -> Option<Tid> {
        (leader.as_raw() > 2).then(|| Tid::new(leader.as_raw() - 2))
    }
}

const CALLER: Tid = Tid::new(10);
const TARGET: Tid = Tid::new(21);
const SYS_PTRACE: Caps = Caps(1 << Caps::SYS_PTRACE);

/// A caller, a target and their world, to be changed at one place by each test.
struct Case {
    caller: Cred,
    target: Cred,
    namespaces: UserNamespaces,
    yama: Yama,
    mm: Option<Mm>,
    user_dumpable: bool,
    kernel_thread: bool,
    exiting: bool,
    tracer: Option<Tid>,
    tgid: Tid,
}

impl Case {
    /// Two processes of one user, not akin.
    fn new() -> Self {
        Self {
            caller: Cred::user(1000, 1000),
            target: Cred::user(1000, 1000),
            namespaces: UserNamespaces::default(),
            yama: Yama::default(),
            mm: Some(Mm { dumpable: Dumpable::User, user_ns: UserNs::INIT }),
            user_dumpable: false,
            kernel_thread: false,
            exiting: false,
            tracer: None,
            tgid: TARGET,
        }
    }

    fn with<T>(&self, ask: impl FnOnce(Rules<'_, Parity>, Caller<'_>, &Target<'_>) -> T) -> T {
        let rules = Rules { user_namespaces: &self.namespaces, yama: &self.yama, family: &Parity };
        let caller = Caller { cred: &self.caller, tgid: CALLER };
        let target = Target {
            cred: &self.target,
            tgid: self.tgid,
            mm: self.mm,
            user_dumpable: self.user_dumpable,
            kernel_thread: self.kernel_thread,
            exiting: self.exiting,
            tracer: self.tracer,
        };
        ask(rules, caller, &target)
    }

    /// The refusals of an attach; the short answer must agree.
    fn attach(&self) -> Vec<Refusal> {
        self.with(|rules, caller, target| {
            let refusals = rules.explain_attach(caller, target);
            assert_eq!(rules.may_attach(caller, target), short(&refusals));
            refusals
        })
    }

    fn access(&self, mode: Mode) -> Vec<Refusal> {
        self.with(|rules, caller, target| {
            let refusals = rules.explain_access(caller, target, mode);
            assert_eq!(rules.ptrace_may_access(caller, target, mode), short(&refusals));
            refusals
        })
    }

    fn traceme(&self) -> Vec<Refusal> {
        self.with(|rules, parent, child| {
            let refusals = rules.explain_traceme(parent, child);
            assert_eq!(rules.may_traceme(parent, child), short(&refusals));
            refusals
        })
    }
}

fn short(refusals: &[Refusal]) -> Result<(), Errno> {
    if refusals.is_empty() { Ok(()) } else { Err(Errno::EPERM) }
}

#[test]
fn two_processes_of_one_user_may() {
    assert_eq!(Case::new().attach(), []);
    assert_eq!(Case::new().traceme(), []);
}

#[test]
fn all_six_ids_must_be_the_callers() {
    // Each id of the target is the caller's or another: 64 combinations.
    for bits in 0..64u32 {
        let id = |bit: u32| if bits >> bit & 1 == 0 { 1000 } else { 7 };
        let mut case = Case::new();
        case.target = Cred {
            uid: id(0),
            euid: id(1),
            suid: id(2),
            gid: id(3),
            egid: id(4),
            sgid: id(5),
            // These are not asked for.
            fsuid: 7,
            fsgid: 7,
            ..case.target
        };
        let refusals = case.attach();
        let user = refusals.iter().any(|r| matches!(r, Refusal::OtherUser { caller: 1000, .. }));
        let group = refusals.iter().any(|r| matches!(r, Refusal::OtherGroup { caller: 1000, .. }));
        assert_eq!((user, group), (bits & 7 != 0, bits & 56 != 0), "{bits:06b}");
        assert_eq!(refusals.len(), usize::from(user) + usize::from(group));
        case.caller.effective = SYS_PTRACE;
        assert_eq!(case.attach(), [], "{bits:06b} with the capability");
    }
}

#[test]
fn the_mode_says_which_of_the_callers_ids_count() {
    // Each id of the caller is the target's or another; 256 combinations, and effective ids never count.
    for bits in 0..256u32 {
        let id = |bit: u32| if bits >> bit & 1 == 0 { 1000 } else { 7 };
        let mut case = Case::new();
        case.caller = Cred {
            uid: id(0),
            euid: id(1),
            suid: id(2),
            fsuid: id(3),
            gid: id(4),
            egid: id(5),
            sgid: id(6),
            fsgid: id(7),
            ..case.caller
        };
        let real = case.access(Mode::READ_REALCREDS);
        let fs = case.access(Mode::READ_FSCREDS);
        assert_eq!(real.is_empty(), bits & 0b0001_0001 == 0, "{bits:08b}");
        assert_eq!(fs.is_empty(), bits & 0b1000_1000 == 0, "{bits:08b}");
        assert_eq!(case.attach(), real);
    }
}

#[test]
fn the_superuser_without_the_capability_is_a_user() {
    let mut case = Case::new();
    case.caller = Cred { effective: Caps(0), permitted: Caps::ALL, ..Cred::root() };
    let ids = Ids { real: 1000, effective: 1000, saved: 1000 };
    let user_ns = UserNs::INIT;
    assert_eq!(
        case.attach(),
        [
            Refusal::OtherUser { caller: 0, target: ids, user_ns },
            Refusal::OtherGroup { caller: 0, target: ids, user_ns }
        ]
    );
}

#[test]
fn what_is_not_dumpable_takes_the_capability_over_its_memory() {
    for dumpable in [Dumpable::Disabled, Dumpable::Root] {
        let mut case = Case::new();
        case.mm = Some(Mm { dumpable, user_ns: UserNs::INIT });
        assert_eq!(case.attach(), [Refusal::NotDumpable { dumpable, user_ns: UserNs::INIT }]);
        case.caller.effective = SYS_PTRACE;
        assert_eq!(case.attach(), []);
    }
    // The superuser of a container runs a program that only the host may read: its memory is the host's.
    let mut case = Case::new();
    let inner = case.namespaces.add(UserNs::INIT, 1000);
    case.caller = Cred { user_ns: inner, ..Cred::root() };
    case.target = case.caller.clone();
    assert_eq!(case.attach(), []);
    case.mm = Some(Mm { dumpable: Dumpable::Disabled, user_ns: UserNs::INIT });
    assert_eq!(case.attach(), [Refusal::NotDumpable { dumpable: Dumpable::Disabled, user_ns: UserNs::INIT }]);
}

#[test]
fn without_memory_the_task_remembers_whether_it_was_dumpable() {
    let mut case = Case::new();
    (case.mm, case.user_dumpable) = (None, true);
    assert_eq!(case.access(Mode::READ_FSCREDS), []);
    case.user_dumpable = false;
    let refusal = Refusal::NotDumpable { dumpable: Dumpable::Disabled, user_ns: UserNs::INIT };
    assert_eq!(case.access(Mode::READ_FSCREDS), [refusal]);
    case.caller.effective = SYS_PTRACE;
    assert_eq!(case.access(Mode::READ_FSCREDS), []);
}

#[test]
fn the_target_may_have_no_capability_that_the_caller_lacks() {
    let kill = Caps(1 << Caps::KILL);
    let mut case = Case::new();
    case.target.permitted = Caps(kill.0 | 1);
    let lacks = |missing| Refusal::CapabilitiesNotSuperset { missing, user_ns: UserNs::INIT };
    assert_eq!(case.attach(), [lacks(Caps(kill.0 | 1))]);
    assert_eq!(case.traceme(), [lacks(Caps(kill.0 | 1))]);
    case.caller.permitted = kill;
    assert_eq!(case.attach(), [lacks(Caps(1))]);
    case.caller.permitted = Caps::ALL;
    assert_eq!(case.attach(), []);
    assert_eq!(case.traceme(), []);
    // Through /proc the effective set counts.
    assert_eq!(case.access(Mode::READ_FSCREDS), [lacks(Caps(kill.0 | 1))]);
    case.caller.effective = Caps(kill.0 | 1);
    assert_eq!(case.access(Mode::READ_FSCREDS), []);
    // What the target has in effect does not count, only what it may have.
    case.target.effective = Caps::ALL;
    assert_eq!(case.attach(), []);
}

#[test]
fn the_same_ids_in_another_user_namespace_are_not_enough() {
    let mut case = Case::new();
    let sibling = case.namespaces.add(UserNs::INIT, 7);
    let own = case.namespaces.add(UserNs::INIT, 1000);
    let nested = case.namespaces.add(own, 1000);
    case.target.user_ns = sibling;
    let refusal = |caller, target| Refusal::OtherUserNamespace { caller, target };
    assert_eq!(case.attach(), [refusal(UserNs::INIT, sibling)]);
    assert_eq!(case.traceme(), [refusal(UserNs::INIT, sibling)]);
    // Whoever made a namespace has every capability in it and below, if they look from its parent.
    for target in [own, nested] {
        case.target.user_ns = target;
        assert_eq!(case.attach(), []);
    }
    case.caller.user_ns = nested;
    case.target.user_ns = own;
    assert_eq!(case.attach(), [refusal(nested, own)]);
    // A capability counts downwards only.
    case.caller.effective = Caps::ALL;
    assert_eq!(case.attach(), [refusal(nested, own)]);
    case.caller.user_ns = UserNs::INIT;
    assert_eq!(case.attach(), []);
}

#[test]
fn a_namespace_that_is_not_in_the_tree_grants_nothing() {
    let mut case = Case::new();
    case.target.user_ns = UserNs(99);
    case.caller.effective = Caps::ALL;
    assert_eq!(case.attach(), [Refusal::OtherUserNamespace { caller: UserNs::INIT, target: UserNs(99) }]);
}

#[test]
fn attach_refuses_what_access_allows() {
    let root = || {
        let mut case = Case::new();
        case.caller = Cred::root();
        case
    };
    let mut case = root();
    (case.kernel_thread, case.mm) = (true, None);
    assert_eq!(case.attach(), [Refusal::KernelThread]);
    assert_eq!(case.access(Mode::ATTACH_REALCREDS), []);

    let mut case = root();
    (case.exiting, case.mm) = (true, None);
    assert_eq!(case.attach(), [Refusal::Exiting]);
    assert_eq!(case.access(Mode::ATTACH_REALCREDS), []);

    let mut case = root();
    case.tracer = Some(Tid::new(5));
    assert_eq!(case.attach(), [Refusal::AlreadyTraced { by: Tid::new(5) }]);
    assert_eq!(case.traceme(), [Refusal::AlreadyTraced { by: Tid::new(5) }]);
    assert_eq!(case.access(Mode::ATTACH_REALCREDS), []);
    // Even by oneself.
    case.tracer = Some(CALLER);
    assert_eq!(case.attach(), [Refusal::AlreadyTraced { by: CALLER }]);

    let mut case = root();
    case.tgid = CALLER;
    assert_eq!(case.attach(), [Refusal::SameThreadGroup]);
}

#[test]
fn a_process_may_always_look_at_itself() {
    let mut case = Case::new();
    case.tgid = CALLER;
    case.target = Cred::root();
    case.mm = Some(Mm { dumpable: Dumpable::Disabled, user_ns: UserNs::INIT });
    case.yama = Yama::new(Scope::NoAttach);
    assert_eq!(case.access(Mode::ATTACH_REALCREDS), []);
    assert_eq!(case.attach(), [Refusal::SameThreadGroup]);
}

#[test]
fn refusals_come_in_the_kernels_order() {
    let mut case = Case::new();
    case.target = Cred::root();
    case.mm = Some(Mm { dumpable: Dumpable::Root, user_ns: UserNs::INIT });
    case.yama = Yama::new(Scope::Capability);
    (case.kernel_thread, case.exiting, case.tracer) = (true, true, Some(Tid::new(5)));
    let target = Ids { real: 0, effective: 0, saved: 0 };
    let user_ns = UserNs::INIT;
    assert_eq!(
        case.attach(),
        [
            Refusal::KernelThread,
            Refusal::OtherUser { caller: 1000, target, user_ns },
            Refusal::OtherGroup { caller: 1000, target, user_ns },
            Refusal::NotDumpable { dumpable: Dumpable::Root, user_ns },
            Refusal::CapabilitiesNotSuperset { missing: Caps::ALL, user_ns },
            Refusal::Yama { scope: Scope::Capability, user_ns },
            Refusal::Exiting,
            Refusal::AlreadyTraced { by: Tid::new(5) },
        ]
    );
    assert_eq!(
        case.traceme(),
        [
            Refusal::AlreadyTraced { by: Tid::new(5) },
            Refusal::CapabilitiesNotSuperset { missing: Caps::ALL, user_ns },
            Refusal::Yama { scope: Scope::Capability, user_ns },
        ]
    );
    let of_access: Vec<_> = case.attach().into_iter().filter(|r| r.is_of_access()).collect();
    assert_eq!(case.access(Mode::ATTACH_REALCREDS), of_access);
    // What a capability lifts says so: with it, exactly the others are left.
    let left: Vec<_> = case.attach().into_iter().filter(|r| r.lifted_by_capability().is_none()).collect();
    case.caller.effective = SYS_PTRACE;
    assert_eq!(case.attach(), left);
}

#[test]
fn yamas_scopes() {
    use Scope::{Capability, Disabled, NoAttach, Relational};
    // The target is a descendant; the caller has the capability; then what attach and traceme say.
    let table = [
        (Disabled, false, false, true, true),
        (Relational, false, false, false, true),
        (Relational, true, false, true, true),
        (Relational, false, true, true, true),
        (Capability, false, false, false, false),
        (Capability, true, false, false, false),
        (Capability, false, true, true, true),
        (NoAttach, true, false, false, false),
        (NoAttach, true, true, false, false),
    ];
    for row @ (scope, descendant, capable, attach, traceme) in table {
        let mut case = Case::new();
        case.yama = Yama::new(scope);
        case.tgid = if descendant { Tid::new(22) } else { TARGET };
        case.caller.effective = if capable { SYS_PTRACE } else { Caps(0) };
        let refusal = Refusal::Yama { scope, user_ns: UserNs::INIT };
        assert_eq!(case.attach(), if attach { vec![] } else { vec![refusal] }, "{row:?}");
        assert_eq!(case.traceme(), if traceme { vec![] } else { vec![refusal] }, "{row:?}");
        // Reading is not Yama's business.
        assert_eq!(case.access(Mode::READ_REALCREDS), [], "{row:?}");
        assert_eq!(refusal.lifted_by_capability().is_none(), scope == NoAttach);
    }
}

#[test]
fn a_tracee_names_who_may_trace_it() {
    let mut case = Case::new();
    case.yama = Yama::new(Scope::Relational);
    let refused = |case: &Case| !case.attach().is_empty();
    // The caller, an ancestor of the caller (even numbers), anybody: yes. A descendant of it, a stranger: no.
    for (ptracer, no) in [
        (Ptracer::Task(CALLER), false),
        (Ptracer::Task(Tid::new(4)), false),
        (Ptracer::Any, false),
        (Ptracer::Task(Tid::new(12)), true),
        (Ptracer::Task(Tid::new(5)), true),
        (Ptracer::None, true),
    ] {
        case.yama.set_ptracer(TARGET, ptracer);
        assert_eq!(refused(&case), no, "{ptracer:?}");
    }
    // The last call counts, and it says nothing of others.
    case.yama.set_ptracer(TARGET, Ptracer::Any);
    case.yama.set_ptracer(Tid::new(23), Ptracer::None);
    assert!(!refused(&case));
    case.yama.set_ptracer(TARGET, Ptracer::Task(CALLER));
    case.yama.task_free(Tid::new(23));
    assert!(!refused(&case));
    // It ends with either.
    for gone in [CALLER, TARGET] {
        case.yama.set_ptracer(TARGET, Ptracer::Task(CALLER));
        case.yama.task_free(gone);
        assert!(refused(&case), "{gone}");
    }
    // Exceptions are for scope 1.
    case.yama = Yama::new(Scope::Capability);
    case.yama.set_ptracer(TARGET, Ptracer::Any);
    assert!(refused(&case));
}

#[test]
fn a_tracer_may_look_at_its_tracee_whatever_the_family() {
    let mut case = Case::new();
    case.yama = Yama::new(Scope::Relational);
    assert_eq!(case.access(Mode::ATTACH_REALCREDS).len(), 1);
    case.tracer = Some(CALLER);
    assert_eq!(case.access(Mode::ATTACH_REALCREDS), []);
    case.tracer = Some(Tid::new(5));
    assert_eq!(case.access(Mode::ATTACH_REALCREDS).len(), 1);
}

#[test]
fn descent_is_of_processes() {
    let of = |ancestor, task| Chain.is_descendant(Tid::new(ancestor), Tid::new(task));
    assert!(of(3, 7) && of(3, 3) && of(1, 7) && !of(7, 3));
    // Threads on either side stand for their processes.
    assert!(of(1003, 1007) && of(1003, 3) && !of(1007, 3));
    assert!(!of(0, 3) && !of(3, 0));
}

#[test]
fn the_scope_is_set_by_the_superuser_and_never_leaves_3() {
    let (none, user, root) = (UserNamespaces::default(), Cred::user(1, 1), Cred::root());
    let mut yama = Yama::default();
    assert_eq!(yama.set_scope(1, &user, &none), Err(Errno::EPERM));
    assert_eq!(yama.set_scope(4, &root, &none), Err(Errno::EINVAL));
    assert_eq!(yama.set_scope(-1, &root, &none), Err(Errno::EINVAL));
    assert_eq!(yama.set_scope(2, &root, &none), Ok(()));
    assert_eq!(yama.set_scope(0, &root, &none), Ok(()));
    assert_eq!(yama.set_scope(3, &root, &none), Ok(()));
    assert_eq!(yama.set_scope(1, &root, &none), Err(Errno::EINVAL));
    assert_eq!(yama.set_scope(3, &root, &none), Ok(()));
    assert_eq!(yama.scope(), Scope::NoAttach);
    assert!((0..4).all(|raw| Scope::from_raw(raw).is_some_and(|scope| scope.as_raw() == raw)));
}

#[test]
fn the_argument_of_the_prctl() {
    assert_eq!(Ptracer::from_argument(0), Ptracer::None);
    assert_eq!(Ptracer::from_argument(u64::MAX), Ptracer::Any);
    // A 32-bit program's -1.
    assert_eq!(Ptracer::from_argument(0xffff_ffff), Ptracer::Any);
    assert_eq!(Ptracer::from_argument(42), Ptracer::Task(Tid::new(42)));
}
