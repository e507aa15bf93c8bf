//! The set of traced tasks, its wait and its resume.

use crate::filtering::{Filtering, Scope, Task};
use crate::pulse::Pulse;
use crate::refusal::AttachError;
use crate::ride::Ride;
use crate::stop::{Report, Stop};
use crate::tasks::Tasks;
use lariat_abi::{Abi, Errno, Event, Options, Signal, SyscallInfo, SyscallOp, Tid, WaitStatus};
use lariat_host::{self as host, Reaped, Stopped, TRACE_DATA, Waiter, Waiting};
use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

/// How long the tracer looks for the next stop before it sleeps: longer than most calls take, far shorter
/// than anybody would notice.
const SPIN: Duration = Duration::from_micros(60);

/// The traced tasks.
#[derive(Debug)]
pub struct Tree {
    tasks: Tasks,
    /// Children known by a stop of their own, before the event that announces them.
    unannounced: HashSet<Tid>,
    /// Children that died before that event.
    early_dead: HashSet<Tid>,
    /// News that has been taken in and not yet been reported.
    pending: VecDeque<Reaped>,
    /// Children of the tracer's own, such as the command that the trace is piped to.
    strangers: HashSet<Tid>,
    options: Options,
    follow: bool,
    /// Whether reports say how much system time was used.
    measure: bool,
    cpus: usize,
    pulse: Pulse,
    ride: Ride,
}

impl Tree {
    /// An empty tree. `follow`: children are traced too. `measure`: reports say how much system time the task has
    /// used.
    #[must_use]
    pub fn new(follow: bool, kill_on_exit: bool, measure: bool) -> Self {
        let mut options = Options::TRACESYSGOOD | Options::TRACEEXEC;
        if follow {
            options |= Options::TRACEFORK | Options::TRACEVFORK | Options::TRACECLONE;
        }
        if kill_on_exit {
            options |= Options::EXITKILL;
        }
        Self {
            tasks: Tasks::default(),
            unannounced: HashSet::new(),
            early_dead: HashSet::new(),
            pending: VecDeque::new(),
            strangers: HashSet::new(),
            options,
            follow,
            measure,
            cpus: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            pulse: Pulse::new(),
            ride: Ride::new(),
        }
    }

    /// A child of the tracer's own: its end is no news.
    pub fn disown(&mut self, child: Tid) {
        self.strangers.insert(child);
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

    /// Takes in a process that waits to become a program, and lets it. `filtered`: it is about to install a
    /// seccomp filter; from then on, what the filter lets pass does not stop.
    ///
    /// Whoever is under a filter cannot live without its tracer, since traced calls would fail with `ENOSYS`:
    /// tasks of such a tree are killed when the tracer dies.
    ///
    /// # Errors
    /// The kernel refused; the process ends.
    pub fn adopt(&mut self, waiting: Waiting, filtered: bool) -> Result<(), AttachError> {
        if filtered {
            self.options |= Options::TRACESECCOMP | Options::EXITKILL;
        }
        let tid = waiting.tid;
        let refused = |source| AttachError::refused_child(tid, source);
        host::seize(tid, self.options).map_err(refused)?;
        // It is in a read; to see the calls from there on it must be resumed by us once.
        host::interrupt(tid).map_err(refused)?;
        let stopped = loop {
            match host::wait_for(tid) {
                Ok(Some(Reaped { stopped: Some(stopped), .. })) => break stopped,
                Err(error) if error.errno() == Errno::EINTR => {}
                // Somebody killed it.
                _ => return Err(AttachError::NoProcess(tid)),
            }
        };
        let task = Task::new(if filtered { Filtering::Awaited } else { Filtering::Off });
        stopped.resume(task.resumes(), None).map_err(refused)?;
        self.tasks.add(tid, task.filtering);
        waiting.release();
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
                return if count > 0 { Ok(count) } else { Err(AttachError::no_process(pid)) };
            }
            let wanted = all.into_iter().filter(|t| self.follow || *t == pid);
            let fresh: Vec<Tid> = wanted.filter(|t| !self.tasks.contains(*t)).collect();
            if fresh.is_empty() {
                return Ok(count);
            }
            let mut progress = false;
            for tid in fresh {
                match host::seize(tid, self.options) {
                    Ok(()) => {
                        self.tasks.add(tid, Filtering::Off);
                        // It may be gone; the wait will tell.
                        let _ = host::interrupt(tid);
                        progress = true;
                        count += 1;
                    }
                    // Gone, or attached by the kernel because its creator is traced: the wait will tell.
                    Err(error) if count > 0 || error.is_gone() => {}
                    Err(source) => return Err(AttachError::refused(tid, source)),
                }
            }
            if !progress {
                return if count > 0 { Ok(count) } else { Err(AttachError::no_process(pid)) };
            }
        }
    }

    /// The next news; `Ok(None)` when no task is left. `idle` is called before the tracer goes to sleep.
    ///
    /// # Errors
    /// `EINTR`: a signal came.
    /// `EAGAIN`: nothing happened until `deadline`.
    pub fn next(
        &mut self,
        deadline: Option<Instant>,
        mut idle: impl FnMut(),
    ) -> host::Result<Option<Report>> {
        loop {
            if self.tasks.is_empty() {
                return Ok(None);
            }
            if let Some(quiet) = self.pulse.take() {
                self.ride.tick(quiet);
                idle();
            }
            let reaped = match self.pending.pop_front() {
                Some(reaped) => reaped,
                None => match self.wait(deadline, &mut idle)? {
                    Some(reaped) => reaped,
                    None => return Ok(None),
                },
            };
            self.pulse.stop_seen();
            let system_time = reaped.system_time;
            let tid = reaped.tid;
            let known = self.tasks.contains(tid);
            let Some(stopped) = reaped.stopped else {
                let stop = match reaped.status {
                    WaitStatus::Exited(code) => Stop::Exited(code),
                    WaitStatus::Signaled { signal, core } => Stop::Killed { signal, core },
                    _ => continue,
                };
                let known = self.tasks.remove(tid);
                self.ride.gone(tid);
                if !self.strangers.remove(&tid) && (self.unannounced.remove(&tid) || !known) {
                    self.early_dead.insert(tid);
                }
                if !known {
                    continue;
                }
                return Ok(Some(Report { tid, stop, stopped: None, system_time }));
            };
            if !known && !self.follow {
                // CLONE_PTRACE gave us a task that nobody asked for.
                let _ = stopped.detach(None);
                continue;
            }
            if !known {
                self.unannounced.insert(tid);
                // Whoever had this id before died unannounced, with whoever was to announce it.
                self.early_dead.remove(&tid);
            }
            // Death between the wait and a request: the wait will report it.
            let Some(stop) = self.classify(&stopped, reaped.status) else { continue };
            return Ok(Some(Report { tid, stop, stopped: Some(stopped), system_time }));
        }
    }

    /// Waits for news, and takes in all there is: the kernel always looks at the tracees in the same order, so that
    /// a few busy ones would keep the others from ever being reported.
    fn wait(&mut self, deadline: Option<Instant>, idle: &mut impl FnMut()) -> host::Result<Option<Reaped>> {
        let first = self.wait_for_one(deadline, idle)?;
        if first.is_some() && self.tasks.len() > 1 {
            let waiter = Waiter { spin: Duration::ZERO, measure: self.measure };
            // As many as there are tasks: then those have had their turn that were stopped when we began.
            while self.pending.len() < self.tasks.len()
                && let Ok(Some(reaped)) = waiter.poll()
            {
                self.pending.push_back(reaped);
            }
        }
        Ok(first)
    }

    /// Waits for one piece of news. With a tick to come, what has to be done before a long sleep is done then.
    fn wait_for_one(
        &self,
        deadline: Option<Instant>,
        idle: &mut impl FnMut(),
    ) -> host::Result<Option<Reaped>> {
        // On one processor, and where another task may need it, spinning only keeps the tracees from running.
        let spins = !self.ride.is_riding() && self.tasks.outside() < self.cpus;
        let waiter = Waiter { spin: if spins { SPIN } else { Duration::ZERO }, measure: self.measure };
        if self.pulse.beats() && deadline.is_none() {
            waiter.next(None, || {})
        } else {
            waiter.next(deadline, idle)
        }
    }

    /// What kind of stop it is; `None` if the task has been killed meanwhile.
    fn classify(&mut self, stopped: &Stopped, status: WaitStatus) -> Option<Stop> {
        let tid = stopped.tid();
        // Of a child that nobody has announced it is not known whether it is under our filter: stopping at every
        // call loses nothing.
        self.tasks.add(tid, Filtering::Off);
        Some(match status {
            WaitStatus::SyscallStop => self.syscall(stopped, stopped.syscall_info().ok()?),
            WaitStatus::Event { event: Event::Seccomp, .. } => {
                self.seccomp(stopped, stopped.syscall_info().ok()?)
            }
            WaitStatus::Stopped(signal) => Stop::Signal { signal, info: stopped.siginfo().ok()? },
            WaitStatus::Event { event: Event::Stop, signal } if signal.is_stop() => Stop::Group(signal),
            WaitStatus::Event { event: Event::Fork | Event::Vfork | Event::Clone, .. } => {
                let child = Tid::new(stopped.event_message().ok()? as i32);
                self.announced(tid, child);
                Stop::Child(child)
            }
            WaitStatus::Event { event: Event::Exec, .. } => {
                let former = Tid::new(stopped.event_message().ok()? as i32);
                // The thread that called execve(2) goes on as the leader, and is still in the call.
                if former != tid {
                    self.tasks.remove(tid);
                    self.tasks.rename(former, tid);
                }
                Stop::Exec { former }
            }
            _ => Stop::Other,
        })
    }

    fn syscall(&mut self, stopped: &Stopped, info: SyscallInfo) -> Stop {
        match info.op {
            SyscallOp::Entry { number, args } => self.enters(stopped.tid(), &info, number, args),
            SyscallOp::Exit { rval, .. } => {
                let tid = stopped.tid();
                if let Some((abi, number)) = self.tasks.get(tid).call() {
                    self.ride.after_call(tid, abi, number, rval);
                }
                if let Some(scope) = self.tasks.leaves(tid, rval) {
                    self.unfilter(tid, scope);
                }
                Stop::Leave { rval }
            }
            _ => Stop::Other,
        }
    }

    /// A seccomp-stop: the entry of a call that our filter traces, or that one of the program's own does.
    fn seccomp(&mut self, stopped: &Stopped, info: SyscallInfo) -> Stop {
        let tid = stopped.tid();
        match info.op {
            SyscallOp::Seccomp { number, args, ret_data } if ret_data == u32::from(TRACE_DATA) => {
                if self.tasks.get(tid).expects_seccomp_stop() {
                    self.enters(tid, &info, number, args)
                } else {
                    // It stopped at its entry already.
                    Stop::Other
                }
            }
            // Without us its RET_TRACE would find no tracer: the call is not made and fails with ENOSYS
            // (seccomp(2)).
            _ => {
                if let Ok(mut regs) = stopped.regs() {
                    regs.orig_rax = u64::MAX;
                    regs.rax = i64::from(-Errno::ENOSYS.as_raw()) as u64;
                    let _ = stopped.set_regs(&regs);
                }
                Stop::Other
            }
        }
    }

    fn enters(&mut self, tid: Tid, info: &SyscallInfo, number: u64, args: [u64; 6]) -> Stop {
        let abi = Abi::from_audit(info.arch, number);
        self.tasks.enters(tid, abi, number, args);
        Stop::Enter { abi, number, args, ip: info.instruction_pointer, sp: info.stack_pointer }
    }

    /// `parent` has made `child`, which may have been seen already, and may even be dead.
    fn announced(&mut self, parent: Tid, child: Tid) {
        let filtering = self.tasks.get(parent).filtering;
        if self.early_dead.remove(&child) {
            return;
        }
        self.unannounced.remove(&child);
        self.tasks.add(child, filtering);
        self.tasks.set_filtering(child, filtering);
    }

    /// These tasks have a filter of their own: they stop at every call.
    fn unfilter(&mut self, tid: Tid, scope: Scope) {
        if scope == Scope::Thread {
            return;
        }
        for thread in host::threads(tid) {
            if self.tasks.get(thread).filtering == Filtering::On {
                self.tasks.set_filtering(thread, Filtering::Off);
                let _ = host::interrupt(thread);
            }
        }
    }

    /// Whether a seccomp filter of ours decides where this task stops.
    #[must_use]
    pub fn is_filtered(&self, tid: Tid) -> bool {
        self.tasks.get(tid).filtering == Filtering::On
    }

    /// Lets a task go on to its next system call (under a filter, the next one that it traces): a group-stop
    /// stays one, and `signal` is delivered.
    pub fn resume(&mut self, stop: &Stop, stopped: Stopped, signal: Option<Signal>) {
        let tid = stopped.tid();
        let task = self.tasks.get(tid);
        if !task.in_call() {
            // Under a filter it makes calls that we do not see.
            let alone = task.filtering != Filtering::On && self.tasks.others_are_in_calls(tid);
            self.ride.before_own_code(tid, alone && !matches!(stop, Stop::Group(_)));
        }
        if let Stop::Enter { abi, number, .. } = *stop {
            self.ride.before_call(tid, abi, number);
        }
        // A task that is gone is reported by the wait.
        let _ = match stop {
            Stop::Group(_) => stopped.listen(),
            _ => stopped.resume(task.resumes(), signal),
        };
    }

    /// Lets a task go for good.
    pub fn detach(&mut self, stop: &Stop, stopped: Stopped) {
        let signal = match stop {
            Stop::Signal { signal, .. } => Some(*signal),
            _ => None,
        };
        self.ride.end();
        self.tasks.remove(stopped.tid());
        let _ = stopped.detach(signal);
    }

    /// Asks every task to stop, so that it can be detached when it reports.
    pub fn interrupt_all(&self) {
        for tid in self.tasks.ids() {
            let _ = host::interrupt(tid);
        }
    }
}
