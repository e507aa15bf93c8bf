//! The border between user mode and the kernel: calls come in and go out, and what a task does in user mode.
//!
//! ```text
//!  user ─► enter: entry-stop? ─► seccomp: stop? ─► perform ─► leave: exit-stop? ─► exit_to_user (signals) ─► user
//! ```
//!
//! [`Kernel::advance`] is the task's program counter: it takes up the [`Frame`] where the task last slept.
//! ptrace(2), "Syscall-stops"; `kernel/entry/common.c`.

use crate::call::{Call, Output};
use crate::effect::Effect;
use crate::kernel::Kernel;
use crate::machine::{Machine, Touch};
use crate::seccomp::{Verdict, run_filters};
use crate::siginfo::{Send, SigInfo};
use crate::stop::Stopped;
use crate::task::{Frame, Pf, Sleep, State, Task, TaskId, Tif, User};
use lariat_abi::{Errno, Event, Options, si_code};

/// `PTRACE_EVENTMSG_SYSCALL_ENTRY`.
pub(crate) const SYSCALL_ENTRY: u64 = 1;
/// `PTRACE_EVENTMSG_SYSCALL_EXIT`.
pub(crate) const SYSCALL_EXIT: u64 = 2;

const SIGTRAP: i32 = 5;
/// `TRAP_BRKPT`: a stepped call.
const TRAP_BRKPT: i32 = 1;
/// `TRAP_TRACE`: a stepped instruction.
const TRAP_TRACE: i32 = 2;
/// `TRAP_HWBKPT`: a debug register.
const TRAP_HWBKPT: i32 = 4;

/// What a call came to.
pub(crate) enum Done {
    /// It returns this.
    Return(i64),
    /// It sleeps, has ended the task, or goes on by its frame.
    Away,
}

impl From<Result<(), Errno>> for Done {
    fn from(result: Result<(), Errno>) -> Self {
        Self::Return(result.map_or_else(|errno| -i64::from(errno.as_raw()), |()| 0))
    }
}

impl From<Errno> for Done {
    fn from(errno: Errno) -> Self {
        Self::Return(-i64::from(errno.as_raw()))
    }
}

impl<M: Machine> Kernel<M> {
    /// Has a task in user mode do this next. False: it is not in user mode with nothing to do.
    pub fn act_in_user_mode(&mut self, id: TaskId, user: User) -> bool {
        let idle = self.get(id).is_some_and(Task::is_idle);
        if idle {
            self.task_mut(id).user = user;
            self.mark_ready(id);
        }
        idle
    }

    /// Has a task in user mode make a call.
    pub fn enter(&mut self, id: TaskId, call: Call) -> bool {
        self.act_in_user_mode(id, User::Call(call))
    }

    /// Goes on with a task until it next sleeps or changes what it does. False: it has nothing more to do now.
    pub(crate) fn advance(&mut self, id: TaskId) -> bool {
        match self.task(id).frame.clone() {
            Frame::User => self.run_user(id),
            Frame::ExitToUser => {
                let more = self.exit_to_user(id);
                if more && self.task(id).frame == Frame::User {
                    self.settle_call(id);
                }
                more
            }
            Frame::GroupStop => {
                let pid = self.task(id).pid;
                self.effect(Effect::Resumed { pid });
                self.exit_to_user_again(id)
            }
            Frame::TrapStop => {
                self.ptrace_stop_end(id);
                self.exit_to_user_again(id)
            }
            Frame::SignalStop { shared } => self.leave_signal_stop(id, shared),
            Frame::LastStop => {
                self.ptrace_stop_end(id);
                self.task_mut(id).frame = Frame::ExitToUser;
                true
            }
            Frame::EntryStop { emulated } => {
                let signr = self.ptrace_stop_end(id);
                self.send_from_tracer(id, signr);
                self.after_entry(id, emulated);
                true
            }
            Frame::SeccompStop => {
                self.ptrace_stop_end(id);
                self.after_seccomp_stop(id);
                true
            }
            Frame::ExitStop => {
                let signr = self.ptrace_stop_end(id);
                self.send_from_tracer(id, signr);
                self.task_mut(id).frame = Frame::ExitToUser;
                true
            }
            Frame::Sleep(sleep) => {
                self.wake_from(id, &sleep);
                true
            }
            Frame::Clone { event, child, vfork } => {
                self.report_clone(id, event, child, vfork);
                true
            }
            Frame::CloneStop { child, vfork } => {
                self.ptrace_stop_end(id);
                self.after_clone_event(id, child, vfork);
                true
            }
            Frame::Vfork { child, pid } => {
                self.wait_for_vfork_done(id, child, pid);
                true
            }
            Frame::ReturnStop(result) => {
                self.ptrace_stop_end(id);
                self.leave(id, result);
                true
            }
            Frame::DeThread => {
                self.de_thread(id);
                true
            }
            Frame::Exec(from) => {
                self.report_exec(id, from);
                true
            }
            Frame::ExitEvent(code) => {
                self.ptrace_stop_end(id);
                self.finish_exit(id, code);
                true
            }
            Frame::ExitNotify(group_dead) => {
                self.exit_notify(id, group_dead);
                false
            }
            Frame::AttachWait(target) => {
                self.wait_trapping(id, target);
                true
            }
            Frame::Dead => false,
        }
    }

    fn exit_to_user_again(&mut self, id: TaskId) -> bool {
        let task = self.task_mut(id);
        task.frame = Frame::ExitToUser;
        task.tif.insert(Tif::SIGPENDING);
        true
    }

    /// One thing that a task does in user mode. A stepped one does no more than an instruction.
    fn run_user(&mut self, id: TaskId) -> bool {
        let task = self.task_mut(id);
        if task.sigpending() {
            // By an interrupt, not a call.
            task.orig_ax = -1;
            task.frame = Frame::ExitToUser;
            return true;
        }
        let stepped = task.tif.contains(Tif::SINGLESTEP);
        match std::mem::replace(&mut task.user, User::Idle) {
            User::Call(call) => self.enter_call(id, call),
            user if stepped => {
                task.user = user;
                self.force_sig(id, SigInfo::fault(SIGTRAP, TRAP_TRACE, 0));
            }
            User::Idle => return false,
            User::Returned(call, result, output) => {
                let pid = task.pid;
                self.effect(Effect::Returned { pid, call, result, output });
            }
            User::Handler(info) => {
                task.user = User::Call(Call::SigReturn);
                let pid = task.pid;
                self.effect(Effect::Handled { pid, info });
            }
            User::Breakpoint => self.force_sig(id, SigInfo::user(SIGTRAP, si_code::SI_KERNEL, 0, 0)),
            User::Touch(touch) => self.touch(id, touch),
        }
        true
    }

    /// A memory access, with the debug registers looking on: they trap when it is done. What is written is 1.
    fn touch(&mut self, id: TaskId, touch: Touch) {
        if let (Touch::Write(addr), Some(mm)) = (touch, self.task(id).mm) {
            self.machine.poke(mm, addr, 1);
        }
        let hits = self.task(id).debug.hits(touch);
        if hits != 0 {
            self.task_mut(id).debug.dr6 |= hits;
            self.force_sig(id, SigInfo::fault(SIGTRAP, TRAP_HWBKPT, 0));
        }
    }

    /// `syscall_trace_enter`.
    fn enter_call(&mut self, id: TaskId, call: Call) {
        let task = self.task_mut(id);
        task.orig_ax = call.number();
        task.ax = -i64::from(Errno::ENOSYS.as_raw());
        task.call = Some(call);
        task.output = Output::None;
        let emulated = task.tif.contains(Tif::SYSCALL_EMU);
        if emulated || task.tif.contains(Tif::SYSCALL_TRACE) {
            self.ptrace_report_syscall(id, SYSCALL_ENTRY, Frame::EntryStop { emulated });
            if self.task(id).state == State::Traced {
                return;
            }
        }
        self.after_entry(id, emulated);
    }

    /// `ptrace_report_syscall`, until it stops.
    fn ptrace_report_syscall(&mut self, id: TaskId, message: u64, then: Frame) {
        let good = self.task(id).options.contains(Options::TRACESYSGOOD);
        let code = SIGTRAP | if good { 0x80 } else { 0 };
        if let Stopped::No(signr) = self.ptrace_notify(id, code, message, then)
            && self.task(id).is_ptraced()
        {
            self.send_from_tracer(id, signr);
        }
    }

    /// At a syscall-stop the tracer's signal is sent as if by the kernel.
    fn send_from_tracer(&mut self, id: TaskId, signr: i32) {
        // Who leaves a stop that nobody has waited for finds the stop's own code here.
        if (1..=64).contains(&signr) {
            let _ = self.send_signal(signr, Send::Priv, id, false, Some(id));
        }
    }

    /// Whether the call is emulated was settled before the stop.
    fn after_entry(&mut self, id: TaskId, emulated: bool) {
        if emulated || self.fatal_signal_pending(id) {
            let result = self.task(id).ax;
            self.leave(id, result);
            return;
        }
        self.secure_computing(id, false);
    }

    /// `__seccomp_filter`; `again`: after the tracer has had its say.
    fn secure_computing(&mut self, id: TaskId, again: bool) {
        let task = self.task(id);
        let suspended = task.options.contains(Options::SUSPEND_SECCOMP);
        let verdict = if suspended { None } else { run_filters(&task.seccomp, task.orig_ax) };
        match verdict {
            None => self.perform_or_skip(id),
            // The tracer has been asked once.
            Some(Verdict::Trace(_)) if again => self.perform_or_skip(id),
            // `MAX_ERRNO`.
            Some(Verdict::Errno(errno)) => self.leave(id, -i64::from(errno.min(4095))),
            // By a SIGSYS that no tracer sees.
            Some(Verdict::KillProcess) => self.do_group_exit(id, 31),
            Some(Verdict::Trace(data)) => {
                if !self.ptrace_event_enabled(id, Event::Seccomp) {
                    self.leave(id, -i64::from(Errno::ENOSYS.as_raw()));
                    return;
                }
                if let Stopped::No(_) = self.ptrace_event(id, Event::Seccomp, data.into(), Frame::SeccompStop)
                {
                    self.after_seccomp_stop(id);
                }
            }
        }
    }

    fn after_seccomp_stop(&mut self, id: TaskId) {
        let task = self.task(id);
        let result = task.ax;
        if self.fatal_signal_pending(id) || task.orig_ax < 0 {
            self.leave(id, result);
        } else {
            // The tracer may have changed the call: the filters look again.
            self.secure_computing(id, true);
        }
    }

    /// The call, if there still is one.
    fn perform_or_skip(&mut self, id: TaskId) {
        let task = self.task(id);
        let call = match &task.call {
            Some(call) if call.number() == task.orig_ax => call.clone(),
            _ if task.orig_ax < 0 => {
                let result = task.ax;
                return self.leave(id, result);
            }
            // The tracer made another one of it, of which nothing is known but the number.
            _ => Call::Plain { nr: task.orig_ax, result: 0 },
        };
        if let Done::Return(result) = self.perform(id, call) {
            self.leave(id, result);
        }
    }

    /// `syscall_exit_to_user_mode_prepare`: the call returns.
    pub(crate) fn leave(&mut self, id: TaskId, result: i64) {
        let task = self.task_mut(id);
        task.ax = result;
        task.frame = Frame::ExitToUser;
        let emulated = task.tif.contains(Tif::SYSCALL_EMU);
        if task.tif.contains(Tif::SYSCALL_EXIT_TRAP) && !emulated {
            self.force_sig(id, SigInfo::fault(SIGTRAP, TRAP_BRKPT, 0));
        } else if task.tif.contains(Tif::SYSCALL_TRACE) {
            self.ptrace_report_syscall(id, SYSCALL_EXIT, Frame::ExitStop);
        }
    }

    /// Goes to sleep in a call.
    pub(crate) fn sleep(&mut self, id: TaskId, sleep: Sleep) -> Done {
        let task = self.task_mut(id);
        task.frame = Frame::Sleep(sleep);
        // `signal_pending`: it does not sleep, but looks once around and finds out.
        if !task.sigpending() {
            task.state = State::Interruptible;
        }
        Done::Away
    }

    /// The sleep is over: by what was waited for, or by a signal.
    fn wake_from(&mut self, id: TaskId, sleep: &Sleep) {
        let Some(call) = self.task(id).call.clone() else { return self.leave(id, 0) };
        let done = match sleep {
            Sleep::Child => self.do_wait(id, &call),
            Sleep::Dequeue(set) => self.timed_wait(id, *set),
            // After a signal ATTACH begins as a whole anew.
            Sleep::CredGuard(group, task) if !self.task(id).sigpending() => {
                self.attach_after_exec(id, (*group, *task), &call)
            }
            Sleep::CredGuard(..) => Errno::ERESTARTNOINTR.into(),
            Sleep::Signal if self.task(id).sigpending() => Done::from(interrupted(&call)),
            Sleep::Signal => self.sleep(id, Sleep::Signal),
        };
        if let Done::Return(result) = done {
            self.leave(id, result);
        }
    }
}

/// What a sleeping call returns when a signal comes: whether and how it restarts. signal(7), "Interruption of system
/// calls and library functions by signal handlers".
const fn interrupted(call: &Call) -> Errno {
    match call {
        Call::Pause | Call::SigSuspend(_) => Errno::ERESTARTNOHAND,
        Call::NanoSleep | Call::RestartSyscall => Errno::ERESTART_RESTARTBLOCK,
        Call::EpollWait => Errno::EINTR,
        _ => Errno::ERESTARTSYS,
    }
}

impl Task {
    /// Whether it runs in user mode with nothing to do, and nothing will come by itself.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.frame == Frame::User
            && self.state == State::Running
            && self.user == User::Idle
            && !self.sigpending()
            && !self.tif.contains(Tif::SINGLESTEP)
            && !self.flags.contains(Pf::EXITING)
    }
}
