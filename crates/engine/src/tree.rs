//! The set of traced tasks, its wait and its resume.

use crate::stop::{Report, Stop};
use lariat_abi::{Abi, Event, Options, Signal, SyscallOp, Tid, WaitStatus};
use lariat_host::{self as host, Resume, Stopped};
use std::collections::HashSet;
use std::time::Duration;

/// How long the tracer looks for the next stop before it sleeps: longer than most calls take, far shorter
/// than anybody would notice.
const SPIN: Duration = Duration::from_micros(60);

/// Why a process was not attached.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// There is no such process.
    #[error("attach: no process has the id {0}")]
    NoProcess(Tid),
    /// The kernel refused.
    #[error("attach: ptrace(PTRACE_SEIZE, {tid}): {source}{}", because(*tid))]
    Refused {
        /// The task.
        tid: Tid,
        /// The refusal.
        source: host::Error,
    },
}

/// What /proc says about a task that the kernel refuses to let us trace.
fn because(tid: Tid) -> String {
    let status = std::fs::read_to_string(format!("/proc/{tid}/status")).unwrap_or_default();
    let field = |name: &str| status.lines().find_map(|l| l.strip_prefix(name)).map(str::trim).unwrap_or("0");
    match field("TracerPid:") {
        "0" => match std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope") {
            Ok(scope) if scope.trim() != "0" => {
                format!("; Yama allows only descendants (kernel.yama.ptrace_scope = {})", scope.trim())
            }
            _ => String::new(),
        },
        tracer => format!("; process {tracer} is tracing it already"),
    }
}

/// The traced tasks.
#[derive(Debug)]
pub struct Tree {
    tasks: HashSet<Tid>,
    /// Children known by a stop of their own, before the event that announces them.
    unannounced: HashSet<Tid>,
    /// Children that died before that event.
    early_dead: HashSet<Tid>,
    options: Options,
    follow: bool,
}

impl Tree {
    /// An empty tree. `follow`: children are traced too.
    #[must_use]
    pub fn new(follow: bool, kill_on_exit: bool) -> Self {
        let mut options = Options::TRACESYSGOOD | Options::TRACEEXEC;
        if follow {
            options |= Options::TRACEFORK | Options::TRACEVFORK | Options::TRACECLONE;
        }
        if kill_on_exit {
            options |= Options::EXITKILL;
        }
        Self {
            tasks: HashSet::new(),
            unannounced: HashSet::new(),
            early_dead: HashSet::new(),
            options,
            follow,
        }
    }

    /// How many tasks are traced.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether no task is traced.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Takes in a child that [`host::spawn_stopped`] started, and lets it go on.
    ///
    /// # Errors
    /// The kernel refused; the child is still stopped.
    pub fn adopt_spawned(&mut self, tid: Tid) -> Result<(), AttachError> {
        host::seize(tid, self.options).map_err(|source| AttachError::Refused { tid, source })?;
        self.tasks.insert(tid);
        host::continue_stopped(tid);
        Ok(())
    }

    /// Attaches a live process: this thread, or all of them when children are followed, also those that are
    /// being created meanwhile.
    ///
    /// # Errors
    /// There is no such process, or the kernel refused.
    pub fn attach(&mut self, pid: Tid) -> Result<usize, AttachError> {
        let mut count = 0;
        loop {
            let all = host::threads(pid);
            if all.is_empty() {
                return if count > 0 { Ok(count) } else { Err(AttachError::NoProcess(pid)) };
            }
            let wanted = all.into_iter().filter(|t| self.follow || *t == pid);
            let fresh: Vec<Tid> = wanted.filter(|t| !self.tasks.contains(t)).collect();
            if fresh.is_empty() {
                return Ok(count);
            }
            let mut progress = false;
            for tid in fresh {
                match host::seize(tid, self.options) {
                    Ok(()) => {
                        self.tasks.insert(tid);
                        // It may be gone; the wait will tell.
                        let _ = host::interrupt(tid);
                        progress = true;
                        count += 1;
                    }
                    // Gone, or attached by the kernel because its creator is traced: the wait will tell.
                    Err(error) if count > 0 || error.is_gone() => {}
                    Err(source) => return Err(AttachError::Refused { tid, source }),
                }
            }
            if !progress {
                return if count > 0 { Ok(count) } else { Err(AttachError::NoProcess(pid)) };
            }
        }
    }

    /// The next news; `Ok(None)` when no task is left. `idle` is called before the tracer goes to sleep.
    ///
    /// # Errors
    /// `EINTR`: a signal came.
    pub fn next(&mut self, mut idle: impl FnMut()) -> host::Result<Option<Report>> {
        loop {
            if self.tasks.is_empty() {
                return Ok(None);
            }
            let Some(reaped) = host::wait_any_spinning(SPIN, &mut idle)? else { return Ok(None) };
            let tid = reaped.tid;
            let known = self.tasks.contains(&tid);
            let Some(stopped) = reaped.stopped else {
                let stop = match reaped.status {
                    WaitStatus::Exited(code) => Stop::Exited(code),
                    WaitStatus::Signaled { signal, core } => Stop::Killed { signal, core },
                    _ => continue,
                };
                let known = self.tasks.remove(&tid);
                if self.unannounced.remove(&tid) || !known {
                    self.early_dead.insert(tid);
                }
                if !known {
                    continue;
                }
                return Ok(Some(Report { tid, stop, stopped: None, first: false }));
            };
            if !known && !self.follow {
                // CLONE_PTRACE gave us a task that nobody asked for.
                let _ = stopped.detach(None);
                continue;
            }
            if !known {
                self.unannounced.insert(tid);
            }
            // Death between the wait and a request: the wait will report it.
            let Some(stop) = self.classify(&stopped, reaped.status) else { continue };
            return Ok(Some(Report { tid, stop, stopped: Some(stopped), first: !known }));
        }
    }

    /// What kind of stop it is; `None` if the task has been killed meanwhile.
    fn classify(&mut self, stopped: &Stopped, status: WaitStatus) -> Option<Stop> {
        let tid = stopped.tid();
        self.tasks.insert(tid);
        Some(match status {
            WaitStatus::SyscallStop => {
                let info = stopped.syscall_info().ok()?;
                match info.op {
                    SyscallOp::Entry { number, args } => {
                        let abi = Abi::from_audit(info.arch, number);
                        Stop::Enter {
                            abi,
                            number,
                            args,
                            ip: info.instruction_pointer,
                            sp: info.stack_pointer,
                        }
                    }
                    SyscallOp::Exit { rval, .. } => Stop::Leave { rval },
                    _ => Stop::Other,
                }
            }
            WaitStatus::Stopped(signal) => Stop::Signal { signal, info: stopped.siginfo().ok()? },
            WaitStatus::Event { event: Event::Stop, signal } if signal.is_stop() => Stop::Group(signal),
            WaitStatus::Event { event: Event::Fork | Event::Vfork | Event::Clone, .. } => {
                let child = Tid::new(stopped.event_message().ok()? as i32);
                self.unannounced.remove(&child);
                if !self.early_dead.remove(&child) {
                    self.tasks.insert(child);
                }
                Stop::Child(child)
            }
            WaitStatus::Event { event: Event::Exec, .. } => {
                let former = Tid::new(stopped.event_message().ok()? as i32);
                if former != tid {
                    self.tasks.remove(&former);
                }
                Stop::Exec { former }
            }
            _ => Stop::Other,
        })
    }

    /// Lets a task go on to its next system call: a group-stop stays one, and `signal` is delivered.
    pub fn resume(&mut self, stop: &Stop, stopped: Stopped, signal: Option<Signal>) {
        // A task that is gone is reported by the wait.
        let _ = match stop {
            Stop::Group(_) => stopped.listen(),
            _ => stopped.resume(Resume::Syscall, signal),
        };
    }

    /// Lets a task go for good.
    pub fn detach(&mut self, stop: &Stop, stopped: Stopped) {
        let signal = match stop {
            Stop::Signal { signal, .. } => Some(*signal),
            _ => None,
        };
        self.tasks.remove(&stopped.tid());
        let _ = stopped.detach(signal);
    }

    /// Asks every task to stop, so that it can be detached when it reports.
    pub fn interrupt_all(&self) {
        for &tid in &self.tasks {
            let _ = host::interrupt(tid);
        }
    }
}
