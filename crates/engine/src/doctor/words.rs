//! What people are told: of each cause what it is, and what would change it.

use super::model::{ELSEWHERE, Own};
use super::{Cause, Finding};
use lariat_abi::Tid;
use lariat_host::{self as host, Attempt, ProcessStatus};
use lariat_kernel::access::{Ids, Refusal, Scope};
use lariat_kernel::cred::{Caps, UserNs};

/// No rule of the model's refuses, and the kernel does.
pub(super) const UNEXPLAINED: &str = "what /proc shows would allow it: probably a security module such as SELinux, \
                                      AppArmor or Landlock forbids it";

/// What lariat cannot do without.
pub(super) const NO_PROC: &str = "/proc, which tells of processes and their threads, is not mounted, or it is that of \
                                  another pid namespace";

/// What the words are about.
pub(super) struct Words<'a> {
    pub(super) own: Option<&'a Own>,
    pub(super) target: Option<&'a ProcessStatus>,
    pub(super) tid: Tid,
}

impl Words<'_> {
    pub(super) fn finding(&self, cause: Cause) -> Finding {
        let (what, remedy) = match cause {
            Cause::Rule(refusal) => self.rule(refusal),
            Cause::NoProcess => (
                format!("no process has the id {}", self.tid),
                "`ps -e` lists those of this pid namespace; a container has other numbers than its host"
                    .into(),
            ),
            Cause::Hidden => (
                "/proc hides it from us (hidepid)".into(),
                "run lariat as the user of the process or as root, or mount /proc without hidepid".into(),
            ),
            Cause::NoProc => (NO_PROC.into(), "mount it: mount -t proc proc /proc".into()),
            Cause::CallRefused(how) => self.call_refused(how),
            Cause::UnseenTracer => (
                "somebody outside of our pid namespace is tracing it already".into(),
                "end that tracer, or let it detach: a process has one tracer".into(),
            ),
            Cause::Unexplained { dumpable, namespace } => (
                unexplained(dumpable, namespace),
                "the log of a security module (dmesg, audit.log) says which of its rules it was".into(),
            ),
        };
        Finding { cause, what, remedy: (!remedy.is_empty()).then_some(remedy) }
    }

    fn rule(&self, refusal: Refusal) -> (String, String) {
        match refusal {
            Refusal::KernelThread => (
                "it is a kernel thread".into(),
                "nobody can: it runs no program; perf and ftrace look at such".into(),
            ),
            Refusal::SameThreadGroup => (
                "it is lariat itself, and no process traces itself".into(),
                "trace it from another one: lariat trace lariat ...".into(),
            ),
            Refusal::OtherUser { caller, target, .. } => (
                format!("{}, and we are user {}", owned("user", target, user), user(caller)),
                one(target).map(|id| format!("run lariat as user {}", user(id))).unwrap_or_default(),
            ),
            Refusal::OtherGroup { caller, target, .. } => (
                format!("{}, and we are group {caller}", owned("group", target, |id| id.to_string())),
                one(target)
                    .map(|id| format!("run lariat with group {id} as its own (sg, newgrp)"))
                    .unwrap_or_default(),
            ),
            Refusal::NotDumpable { .. } => (
                "it is not dumpable (a set-user-id program, an unreadable one, or by PR_SET_DUMPABLE)".into(),
                "start the program under lariat, or have it call prctl(PR_SET_DUMPABLE, 1)".into(),
            ),
            Refusal::OtherUserNamespace { target, .. } => (
                "it is in another user namespace (a container or sandbox), over which we have no power"
                    .into(),
                // From a namespace that is below it or beside it nobody gets in.
                match self.own {
                    Some(own) if own.cred.user_ns != UserNs::INIT && target == ELSEWHERE => String::new(),
                    _ => "run lariat in that namespace, as its superuser".into(),
                },
            ),
            Refusal::CapabilitiesNotSuperset { missing, .. } => {
                (format!("it may use capabilities that we lack: {}", listed(missing)), String::new())
            }
            Refusal::Yama { scope, .. } => yamas(scope),
            Refusal::Exiting => self.dead(),
            Refusal::AlreadyTraced { by } => (
                format!("process {} is tracing it already", named(by)),
                "end that tracer, or let it detach: a process has one tracer".into(),
            ),
            // The kernel's rules may become more.
            other => (format!("a rule of the kernel forbids it: {other:?}"), String::new()),
        }
    }

    fn call_refused(&self, how: Attempt) -> (String, String) {
        let filtered = self.own.is_some_and(|own| own.status.seccomp != 0);
        let by = if filtered {
            "probably by the seccomp filter that we run under"
        } else {
            "not by a seccomp filter"
        };
        (
            format!("the ptrace system call itself {} here, {by}", attempt(how)),
            if filtered {
                "in a container: docker run --cap-add SYS_PTRACE, or --security-opt seccomp=unconfined".into()
            } else {
                "the kernel may have been built without it, or a security module forbids it".into()
            },
        )
    }

    fn dead(&self) -> (String, String) {
        let is_first = self.target.is_none_or(|status| status.process == self.tid);
        if is_first && host::threads(self.tid).len() > 1 {
            return (
                "its first thread has ended".into(),
                format!("trace one of the others: their numbers are in /proc/{}/task", self.tid),
            );
        }
        let parent =
            self.target.map(|status| format!(", process {}", named(status.parent))).unwrap_or_default();
        (
            format!("it is dead and waits for its parent{parent}"),
            "nobody can: there is nothing left to trace".into(),
        )
    }
}

fn yamas(scope: Scope) -> (String, String) {
    let number = scope.as_raw();
    let (rule, remedy) = match scope {
        Scope::Disabled => ("refuses nothing", ""),
        Scope::Relational => (
            "lets a process trace its descendants only",
            "start the program under lariat, or sysctl kernel.yama.ptrace_scope=0, or have it call \
             prctl(PR_SET_PTRACER, ...)",
        ),
        Scope::Capability => {
            ("lets nobody trace without CAP_SYS_PTRACE", "sysctl kernel.yama.ptrace_scope=1")
        }
        Scope::NoAttach => (
            "lets nobody trace until the machine starts anew",
            "set another kernel.yama.ptrace_scope in /etc/sysctl.d and start the machine anew",
        ),
    };
    (format!("Yama {rule} (kernel.yama.ptrace_scope = {number})"), remedy.into())
}

/// How an attempt at ptrace ended.
pub(super) fn attempt(attempt: Attempt) -> String {
    match attempt {
        Attempt::Works => "works".into(),
        Attempt::Fails(errno) => format!("fails ({})", errno.name().unwrap_or("an unknown error")),
        Attempt::Kills(signal) => format!("kills ({signal})"),
    }
}

/// How to come by `CAP_SYS_PTRACE`.
pub(super) fn capability(own: &Own) -> &'static str {
    match (own.cred.effective.has(Caps::SYS_PTRACE), own.cred.user_ns, own.cred.euid) {
        (true, UserNs::INIT, _) => "we have it, and it does not reach there",
        (true, ..) => "ours is not enough; run lariat as root, outside of the user namespace that we are in",
        (false, UserNs::INIT, 0) => "it was taken from us; in a container: docker run --cap-add SYS_PTRACE",
        (false, UserNs::INIT, _) => "run lariat as root (sudo)",
        (false, ..) => "run lariat as root, outside of the user namespace that we are in",
    }
}

/// Who we are.
pub(super) fn ourselves(own: &Own) -> String {
    let with = if own.cred.effective.has(Caps::SYS_PTRACE) { "with" } else { "without" };
    let namespace =
        if own.cred.user_ns == UserNs::INIT { "" } else { ", in a user namespace of a container or sandbox" };
    let seccomp = match own.status.seccomp {
        0 => "under no seccomp filter",
        _ => "under a seccomp filter",
    };
    format!("we are user {} {with} CAP_SYS_PTRACE{namespace}, {seccomp}", user(own.cred.uid))
}

/// What Yama would say to an attach.
pub(super) fn yama(own: &Own) -> String {
    if !own.has_yama {
        return "this kernel has no Yama".into();
    }
    let (what, _) = yamas(own.yama.scope());
    if own.yama.scope() == Scope::Relational {
        format!("{what}; of -p this means that others are refused")
    } else {
        what
    }
}

/// What is left where no rule refuses that /proc shows.
fn unexplained(dumpable: bool, namespace: bool) -> String {
    let active = active_modules();
    let may_be = match (dumpable, namespace) {
        (false, false) => return format!("{UNEXPLAINED}{active}"),
        (true, false) => "it is not dumpable",
        (false, true) => "it is in another user namespace where users are the same",
        (true, true) => "it is not dumpable, it is in another user namespace where users are the same",
    };
    format!("what /proc shows would allow it: {may_be}, or a security module forbids it{active}")
}

/// The security modules that may have a say, where the kernel lists them.
fn active_modules() -> String {
    let list = std::fs::read_to_string("/sys/kernel/security/lsm").unwrap_or_default();
    let with_a_say = ["selinux", "apparmor", "smack", "tomoyo", "landlock", "bpf"];
    let active: Vec<&str> = list.trim().split(',').filter(|name| with_a_say.contains(name)).collect();
    if active.is_empty() { String::new() } else { format!(" (active: {})", active.join(", ")) }
}

fn user(uid: u32) -> String {
    host::user_name(uid).map_or_else(|| uid.to_string(), |name| format!("{uid} ({name})"))
}

fn named(pid: Tid) -> String {
    host::command_name(pid).map_or_else(|| pid.to_string(), |name| format!("{pid} ({name})"))
}

/// The id, if all three are one.
fn one(ids: Ids) -> Option<u32> {
    ids.all(ids.real).then_some(ids.real)
}

/// Whose it is.
fn owned(kind: &str, ids: Ids, name: impl Fn(u32) -> String) -> String {
    match one(ids) {
        Some(id) => format!("it belongs to {kind} {}", name(id)),
        None => format!(
            "its real, effective and saved {kind} ids are {}, {} and {}",
            ids.real, ids.effective, ids.saved
        ),
    }
}

/// Capabilities by name, unless there are too many.
fn listed(caps: Caps) -> String {
    match caps.0.count_ones() {
        0..=5 => caps.to_string(),
        many => format!(
            "{many} of them, CAP_SYS_PTRACE {}",
            if caps.has(Caps::SYS_PTRACE) { "too" } else { "not" }
        ),
    }
}
