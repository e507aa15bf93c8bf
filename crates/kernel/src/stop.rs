//! Stopping: ptrace-stops and group-stops, and where they end.
//!
//! ```text
//!   a syscall, an event, a signal, a trap ─► ptrace_notify ─► ptrace_stop ─► TRACED, tracer told
//!   a stop signal ─► do_signal_stop ─► untraced: STOPPED, parent told when all have
//!                          └─► traced: JOBCTL_TRAP_STOP ─► do_jobctl_trap ─► ptrace_stop
//! ```
//!
//! `ptrace_stop` of the kernel sleeps and returns; here it is cut at the sleep. [`Kernel::ptrace_stop`] goes into the
//! stop, the task's [`Frame`] says what comes after, and [`Kernel::ptrace_stop_end`] takes what the tracer left.
//! ptrace(2), "Stopped states".

use crate::effect::Effect;
use crate::jobctl::JobCtl;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::notify::cld;
use crate::siginfo::SigInfo;
use crate::task::{Frame, Pt, SignalFlags, State, TaskId};
use lariat_abi::{Event, Options};

const SIGTRAP: i32 = 5;

/// What came of trying to stop.
pub(crate) enum Stopped {
    /// It is in the stop; its frame says how it goes on.
    Yes,
    /// It is not: nobody traces it any more, or it is being killed. It goes on at once, with this as the tracer's word.
    No(i32),
}

impl<M: Machine> Kernel<M> {
    /// `ptrace_stop`: goes into a ptrace-stop, unless there is no tracer or SIGKILL is pending.
    pub(crate) fn ptrace_stop(
        &mut self,
        id: TaskId,
        exit_code: i32,
        why: i32,
        message: u64,
        info: Option<SigInfo>,
        then: Frame,
    ) -> Stopped {
        let task = self.task_mut(id);
        if !task.is_ptraced() || task.fatal_signal_pending() {
            return Stopped::No(exit_code);
        }
        task.state = State::Traced;
        task.jobctl |= JobCtl::TRACED;
        task.ptrace_message = message;
        task.last_siginfo = info;
        task.exit_code = exit_code;
        task.frame = then;
        // A trap for a group-stop is this task's part in it.
        let pending = task.jobctl.contains(JobCtl::STOP_PENDING);
        let group_stop = why == cld::STOPPED && pending && self.task_participate_group_stop(id);
        self.clear_jobctl_pending(id, JobCtl::TRAP_STOP);
        if info.is_some_and(|info| info.code >> 8 == i32::from(Event::Stop.code())) {
            self.clear_jobctl_pending(id, JobCtl::TRAP_NOTIFY);
        }
        if self.task_mut(id).clear_jobctl_trapping() {
            self.wake_trapping(id);
        }
        let (pid, tracer) = (self.task(id).pid, self.task(self.task(id).parent).pid);
        self.effect(Effect::Trapped { pid, tracer, code: exit_code, message, info });
        // Tracer and real parent each learn of what is theirs.
        self.do_notify_parent_cldstop(id, true, why);
        if group_stop && self.ptrace_reparented(id) {
            self.do_notify_parent_cldstop(id, false, why);
        }
        Stopped::Yes
    }

    /// The rest of `ptrace_stop`, after the sleep: what the tracer gave to deliver.
    pub(crate) fn ptrace_stop_end(&mut self, id: TaskId) -> i32 {
        let task = self.task_mut(id);
        let exit_code = std::mem::take(&mut task.exit_code);
        let pid = task.pid;
        task.last_siginfo = None;
        task.ptrace_message = 0;
        task.jobctl.remove(JobCtl::LISTENING | JobCtl::PTRACE_FROZEN);
        self.effect(Effect::Resumed { pid });
        self.recalc_sigpending_tsk(id);
        exit_code
    }

    /// `ptrace_do_notify`: a stop with a siginfo that says which.
    pub(crate) fn ptrace_do_notify(
        &mut self,
        id: TaskId,
        signo: i32,
        exit_code: i32,
        why: i32,
        message: u64,
        then: Frame,
    ) -> Stopped {
        let task = self.task(id);
        let info = SigInfo::user(signo, exit_code, task.pid, task.cred.uid);
        self.ptrace_stop(id, exit_code, why, message, Some(info), then)
    }

    /// `ptrace_notify`.
    pub(crate) fn ptrace_notify(&mut self, id: TaskId, exit_code: i32, message: u64, then: Frame) -> Stopped {
        self.ptrace_do_notify(id, SIGTRAP, exit_code, cld::TRAPPED, message, then)
    }

    /// `ptrace_event_enabled`.
    pub(crate) fn ptrace_event_enabled(&self, id: TaskId, event: Event) -> bool {
        let option = match event {
            Event::Fork => Options::TRACEFORK,
            Event::Vfork => Options::TRACEVFORK,
            Event::Clone => Options::TRACECLONE,
            Event::Exec => Options::TRACEEXEC,
            Event::VforkDone => Options::TRACEVFORKDONE,
            Event::Exit => Options::TRACEEXIT,
            Event::Seccomp => Options::TRACESECCOMP,
            _ => return false,
        };
        self.task(id).options.contains(option)
    }

    /// `ptrace_event`: stops if the tracer asked for the event.
    pub(crate) fn ptrace_event(&mut self, id: TaskId, event: Event, message: u64, then: Frame) -> Stopped {
        if self.ptrace_event_enabled(id, event) {
            self.ptrace_notify(id, i32::from(event.code()) << 8 | SIGTRAP, message, then)
        } else {
            Stopped::No(0)
        }
    }

    /// `task_participate_group_stop`: counts this task's part; whether it was the last of a new group-stop.
    pub(crate) fn task_participate_group_stop(&mut self, id: TaskId) -> bool {
        let consume = self.task(id).jobctl.contains(JobCtl::STOP_CONSUME);
        self.clear_jobctl_pending(id, JobCtl::STOP_PENDING);
        if !consume {
            return false;
        }
        let group = self.group_of_mut(id);
        group.group_stop_count = group.group_stop_count.saturating_sub(1);
        let complete = group.group_stop_count == 0 && !group.flags.contains(SignalFlags::STOP_STOPPED);
        if complete {
            group.flags = group.flags.difference(SignalFlags::STOP_MASK) | SignalFlags::STOP_STOPPED;
        }
        complete
    }

    /// `do_signal_stop`: begins a group-stop (`signr`), or takes part in the one that is under way (0). True: the
    /// task is in it. False: it is cancelled, or a trap for the tracer is to come.
    pub(crate) fn do_signal_stop(&mut self, id: TaskId, signr: i32) -> bool {
        if !self.task(id).jobctl.contains(JobCtl::STOP_PENDING) {
            let group = self.group_of(id);
            if !self.task(id).jobctl.contains(JobCtl::STOP_DEQUEUED)
                || group.flags.contains(SignalFlags::GROUP_EXIT)
                || group.group_exec_task.is_some()
            {
                return false;
            }
            let begin = JobCtl::of_signal(signr) | JobCtl::STOP_PENDING | JobCtl::STOP_CONSUME;
            let group = self.group_of_mut(id);
            // A traced task may run, and get a second stop signal, while its group is stopped.
            if !group.flags.contains(SignalFlags::STOP_STOPPED) {
                group.group_exit_code = signr;
            }
            group.group_stop_count = 0;
            if self.task_mut(id).set_jobctl_pending(begin) {
                self.group_of_mut(id).group_stop_count += 1;
            }
            let threads = &self.group_of(id).threads;
            let own = threads.iter().position(|&t| t == id).unwrap_or(0);
            let others: Vec<TaskId> = threads[own + 1..].iter().chain(&threads[..own]).copied().collect();
            for t in others {
                if !self.task(t).is_stopped() && self.task_mut(t).set_jobctl_pending(begin) {
                    self.group_of_mut(id).group_stop_count += 1;
                    if self.task(t).ptrace.contains(Pt::SEIZED) {
                        self.ptrace_trap_notify(t);
                    } else {
                        self.signal_wake_up(t, false);
                    }
                }
            }
        }
        if self.task(id).is_ptraced() {
            self.task_mut(id).set_jobctl_pending(JobCtl::TRAP_STOP);
            return false;
        }
        let complete = self.task_participate_group_stop(id);
        let task = self.task_mut(id);
        task.jobctl |= JobCtl::STOPPED;
        task.state = State::Stopped;
        task.frame = Frame::GroupStop;
        let pid = task.pid;
        self.effect(Effect::Stopped { pid });
        if complete {
            self.do_notify_parent_cldstop(id, false, cld::STOPPED);
        }
        true
    }

    /// `do_jobctl_trap`: the tracee's group-stop, or INTERRUPT's trap.
    pub(crate) fn do_jobctl_trap(&mut self, id: TaskId) -> Stopped {
        let task = self.task(id);
        let signr = task.jobctl.stop_signal();
        if task.ptrace.contains(Pt::SEIZED) {
            let group = self.group_of(id);
            let stopped = group.group_stop_count > 0 || group.flags.contains(SignalFlags::STOP_STOPPED);
            let signr = if stopped { signr } else { SIGTRAP };
            let code = signr | i32::from(Event::Stop.code()) << 8;
            self.ptrace_do_notify(id, signr, code, cld::STOPPED, 0, Frame::TrapStop)
        } else {
            self.ptrace_stop(id, signr, cld::STOPPED, 0, None, Frame::TrapStop)
        }
    }
}
