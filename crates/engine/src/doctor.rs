//! Why the kernel refuses to let us trace a process: it says no more than `EPERM`.
//!
//! ```text
//!   /proc ─► model (credentials, namespaces, dumpable, Yama) ─► kernel::access ─► every rule that refuses ┐
//!   host::probe ─► does ptrace work here at all? what does the kernel say of this process? ───────────────┴► Diagnosis
//! ```
//!
//! The hard thing is that /proc does not say all: of a process that we may not look at neither its user namespace
//! nor whether it is dumpable, of nobody whom it named to Yama. What is not said is inferred, and then the kernel is
//! asked for its own verdict, which process_vm_readv(2) gives without the process noticing. Where the two differ the
//! kernel is right, and the diagnosis says so.

mod model;
mod words;

use self::model::{DirectChild, Own, ProcFamily, Subject};
use self::words::Words;
use lariat_abi::{Errno, Tid};
use lariat_host::{self as host, Attempt, ProcessStatus};
use lariat_kernel::access::{Dumpable, Mm, Refusal, Rules, Target};
use std::fmt;

/// What stands in the way of tracing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A rule of the kernel's.
    Rule(Refusal),
    /// There is no such process.
    NoProcess,
    /// There is one, but /proc does not show it.
    Hidden,
    /// /proc is not there, or it is another pid namespace's.
    NoProc,
    /// The system call itself is refused: by a seccomp filter, or since the kernel has none.
    CallRefused(Attempt),
    /// A tracer that our pid namespace does not see.
    UnseenTracer,
    /// No rule that /proc shows to refuse: a security module, or one of these two, where /proc says nothing of them.
    Unexplained {
        /// It may be not dumpable.
        dumpable: bool,
        /// It may be in another user namespace.
        namespace: bool,
    },
}

/// One thing that stands in the way, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub cause: Cause,
    /// The same as the end of a sentence: "it is a kernel thread".
    pub what: String,
    /// What to do about it, where something other than `CAP_SYS_PTRACE` helps.
    pub remedy: Option<String>,
}

/// Whether something can be traced, and all that keeps us from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    subject: String,
    findings: Vec<Finding>,
    notes: Vec<String>,
    /// How to come by `CAP_SYS_PTRACE`.
    capability: &'static str,
    /// The command that prints this.
    command: String,
}

/// Whether this process may attach to another.
#[must_use]
pub fn examine(tid: Tid) -> Diagnosis {
    let name = host::command_name(tid).map(|name| format!(" ({name})")).unwrap_or_default();
    let mut diagnosis = Diagnosis::of(format!("process {tid}{name}"), format!("lariat doctor -p {tid}"));
    let Some(own) = Own::read() else {
        return diagnosis.with(Cause::NoProc, &Words { own: None, target: None, tid });
    };
    let Some(status) = ProcessStatus::read(tid) else {
        let cause = if host::exists(tid) { Cause::Hidden } else { Cause::NoProcess };
        return diagnosis.with(cause, &Words { own: Some(&own), target: None, tid });
    };
    if status.process != tid {
        diagnosis.subject = format!("thread {tid}{name} of process {}", status.process);
    }
    diagnosis.capability = words::capability(&own);
    let refused_call = refused(host::try_seize());
    let subject = Subject::of(tid, &status, own.clone());
    let rules = Rules { user_namespaces: &subject.namespaces, yama: &subject.own.yama, family: &ProcFamily };
    let refusals = rules.explain_attach(subject.caller(), &subject.target());
    let unseen = (status.state == 't' && status.tracer.is_none()).then_some(Cause::UnseenTracer);
    let causes = refused_call.into_iter().chain(refusals.into_iter().map(Cause::Rule)).chain(unseen);
    let words = Words { own: Some(&own), target: Some(&status), tid };
    diagnosis.findings.extend(causes.map(|cause| words.finding(cause)));
    if tid != own.tid && status.has_memory {
        diagnosis.hear(host::may_access(tid), &subject, &words);
    }
    diagnosis
}

/// Whether this process may trace what it starts: it tries.
#[must_use]
pub fn examine_children() -> Diagnosis {
    let mut diagnosis = Diagnosis::of("what lariat starts".into(), "lariat doctor".into());
    let own = Own::read();
    let words = Words { own: own.as_ref(), target: None, tid: Tid::new(0) };
    let causes = match host::try_seize_child() {
        Ok(Attempt::Works) => {
            diagnosis.notes.push("tried: PTRACE_SEIZE of a child works".into());
            Vec::new()
        }
        tried => {
            let tried = tried.map_or_else(|error| format!("cannot be tried: {error}"), words::attempt);
            diagnosis.notes.push(format!("tried: PTRACE_SEIZE of a child {tried}"));
            own.as_ref().map_or_else(|| vec![Cause::NoProc], against_children)
        }
    };
    if let Ok(attempt @ (Attempt::Fails(_) | Attempt::Kills(_))) = host::try_trace_me() {
        let tried = words::attempt(attempt);
        diagnosis.notes.push(format!("tried: PTRACE_TRACEME {tried}: programs cannot ask to be traced"));
    }
    diagnosis.findings = causes.into_iter().map(|cause| words.finding(cause)).collect();
    match &own {
        Some(own) => {
            diagnosis.capability = words::capability(own);
            diagnosis.notes.extend([words::ourselves(own), words::yama(own)]);
        }
        None => diagnosis.notes.push(words::NO_PROC.into()),
    }
    diagnosis
}

/// Why a child was not to be had.
fn against_children(own: &Own) -> Vec<Cause> {
    let child = Tid::new(0);
    let dumpable = if host::is_dumpable() { Dumpable::User } else { Dumpable::Disabled };
    let target = Target {
        cred: &own.cred,
        tgid: child,
        mm: Some(Mm { dumpable, user_ns: own.cred.user_ns }),
        user_dumpable: false,
        kernel_thread: false,
        exiting: false,
        // One that follows children has ours first.
        tracer: own.status.tracer,
    };
    let family = DirectChild { parent: own.tid, child };
    let rules = Rules { user_namespaces: &own.namespaces, yama: &own.yama, family: &family };
    let refusals = rules.explain_attach(own.caller(), &target).into_iter().map(Cause::Rule);
    let mut causes: Vec<Cause> = refused(host::try_seize()).into_iter().chain(refusals).collect();
    if causes.is_empty() {
        causes.push(Cause::Unexplained { dumpable: false, namespace: false });
    }
    causes
}

/// How ptrace answers where it is not what it should be.
fn refused(attempt: host::Result<Attempt>) -> Option<Cause> {
    attempt.ok().filter(|attempt| *attempt != Attempt::Works).map(Cause::CallRefused)
}

impl Diagnosis {
    fn of(subject: String, command: String) -> Self {
        Self { subject, findings: Vec::new(), notes: Vec::new(), capability: "", command }
    }

    fn with(mut self, cause: Cause, words: &Words<'_>) -> Self {
        self.findings.push(words.finding(cause));
        self
    }

    /// Whether nothing stands in the way.
    #[must_use]
    pub fn may_trace(&self) -> bool {
        self.findings.is_empty()
    }

    /// All that stands in the way, in the order in which the kernel looks.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The short form, for the end of a message about an attach that was refused: the first thing that stands in
    /// the way, and where to read on.
    #[must_use]
    pub fn because(&self) -> String {
        let what = self.findings.first().map_or(words::UNEXPLAINED, |finding| &finding.what);
        format!("{what} (what would help: {})", self.command)
    }

    /// Takes in what the kernel says of the access, which knows better than we can.
    fn hear(&mut self, verdict: Option<Result<(), Errno>>, subject: &Subject<'_>, words: &Words<'_>) {
        let of_access = |cause: Cause| matches!(cause, Cause::Rule(refusal) if refusal.is_of_access());
        let doubted: Vec<&Finding> = self.findings.iter().filter(|f| of_access(f.cause)).collect();
        match verdict {
            None => {
                let note =
                    "the kernel cannot be asked here for its own verdict (process_vm_readv is refused)";
                self.notes.push(note.into());
            }
            Some(Ok(())) if doubted.is_empty() => {
                self.notes.push("the kernel, asked without touching it, lets us look at it".into());
            }
            Some(Ok(())) => {
                let whats: Vec<&str> = doubted.iter().map(|finding| finding.what.as_str()).collect();
                self.notes
                    .push(format!("/proc suggests that {}; the kernel, asked, lets us", whats.join(", ")));
                self.findings.retain(|finding| !of_access(finding.cause));
            }
            Some(Err(errno)) if doubted.is_empty() => {
                self.notes.push(format!(
                    "the kernel, asked without touching it, says otherwise than /proc: {errno}"
                ));
                let (namespace, dumpable) = subject.doubts();
                self.findings.push(words.finding(Cause::Unexplained { dumpable, namespace }));
            }
            Some(Err(errno)) => {
                self.notes.push(format!("the kernel, asked without touching it, refuses too: {errno}"));
            }
        }
        if !self.may_trace() {
            self.notes.extend(subject.assumptions());
        }
    }

    /// What `CAP_SYS_PTRACE` would do for it.
    fn what_the_capability_lifts(&self) -> Option<String> {
        let lifts = |finding: &&Finding| match finding.cause {
            Cause::Rule(refusal) => refusal.lifted_by_capability().is_some(),
            _ => false,
        };
        // Of what nobody can trace there is nothing to lift.
        let hopeless = |finding: &Finding| {
            matches!(
                finding.cause,
                Cause::Rule(Refusal::KernelThread | Refusal::Exiting | Refusal::SameThreadGroup)
            )
        };
        if self.findings.iter().any(hopeless) {
            return None;
        }
        let (lifted, left): (Vec<&Finding>, Vec<&Finding>) = self.findings.iter().partition(lifts);
        let object = match (lifted.len(), left.len()) {
            (0, _) => return None,
            (1, 0) => "this".into(),
            (_, 0) => "all of this".into(),
            _ => {
                let left: Vec<&str> = left.iter().map(|finding| finding.what.as_str()).collect();
                format!("all of this but that {}", left.join(", and that "))
            }
        };
        Some(format!("CAP_SYS_PTRACE would lift {object}: {}", self.capability))
    }
}

/// Several lines, without the last one's end.
impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.may_trace() { "can be traced" } else { "cannot be traced:" };
        write!(f, "{} {verdict}", self.subject)?;
        for finding in &self.findings {
            write!(f, "\n  - {}", finding.what)?;
            if let Some(remedy) = &finding.remedy {
                write!(f, "\n      {remedy}")?;
            }
        }
        if let Some(lifted) = self.what_the_capability_lifts() {
            write!(f, "\n  {lifted}")?;
        }
        self.notes.iter().try_for_each(|note| write!(f, "\n  ({note})"))
    }
}

#[cfg(test)]
mod tests;
