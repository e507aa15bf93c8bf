//! Becoming a tracer and ceasing to be one: TRACEME, ATTACH, SEIZE, DETACH, and the tracer's exit.
//!
//! A traced task has two parents: `real_parent`, who made it, and `parent`, its tracer, on whose `ptraced` list it is.
//! ptrace(2), "Attaching and detaching", "Death under ptrace".

use crate::call::Call;
use crate::cred::Caps;
use crate::effect::Effect;
use crate::entry::Done;
use crate::jobctl::JobCtl;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::siginfo::Send;
use crate::sigset::valid_signal;
use crate::task::{
    ExitState, Frame, GroupId, Handler, Pf, Pt, SaFlags, SignalFlags, Sleep, State, TaskId, Tif,
};
use lariat_abi::{Errno, Options, Request};
use std::sync::Arc;

/// `PTRACE_O_MASK`.
pub(crate) const OPTIONS: u64 = 0xff | 1 << 20 | 1 << 21;

impl<M: Machine> Kernel<M> {
    /// `__ptrace_link`: the task gets this tracer, with the credentials the tracer has now.
    pub(crate) fn ptrace_link(
        &mut self,
        child: TaskId,
        tracer: TaskId,
        cred: Option<Arc<crate::cred::Cred>>,
    ) {
        self.task_mut(tracer).ptraced.insert(0, child);
        let task = self.task_mut(child);
        task.parent = tracer;
        task.ptracer_cred = cred;
        let (pid, tracer) = (task.pid, Some(self.task(tracer).pid));
        self.effect(Effect::Traced { pid, tracer });
    }

    /// `__ptrace_unlink`: the task goes back to its parent, and into the state that its group is in.
    pub(crate) fn ptrace_unlink(&mut self, child: TaskId) {
        let tracer = self.task(child).parent;
        self.task_mut(tracer).ptraced.retain(|&t| t != child);
        let trapping = self.task_mut(child).clear_jobctl_trapping();
        if trapping && self.task(tracer).frame == Frame::AttachWait(child) {
            self.wake_up_state(tracer, &[State::Killable]);
        }
        let group = self.group_of(child);
        let group_stop = group.flags.contains(SignalFlags::STOP_STOPPED) || group.group_stop_count > 0;
        let task = self.task_mut(child);
        task.tif.remove(Tif::SYSCALL_TRACE | Tif::SYSCALL_EMU);
        task.parent = task.real_parent;
        task.ptracer_cred = None;
        task.ptrace = Pt::empty();
        task.options = Options::empty();
        task.clear_jobctl_pending(JobCtl::TRAP_MASK);
        if group_stop && !task.flags.contains(Pf::EXITING) {
            task.jobctl |= JobCtl::STOP_PENDING;
            if task.jobctl.stop_signal() == 0 {
                task.jobctl |= JobCtl::of_signal(19);
            }
        }
        let pid = task.pid;
        let wake = task.jobctl.contains(JobCtl::STOP_PENDING) || task.is_traced();
        self.effect(Effect::Traced { pid, tracer: None });
        if wake {
            self.ptrace_signal_wake_up(child, true);
        }
    }

    /// `check_ptrace_options`.
    pub(crate) fn check_ptrace_options(&self, current: TaskId, data: u64) -> Result<Options, Errno> {
        if data & !OPTIONS != 0 {
            return Err(Errno::EINVAL);
        }
        let options = Options::from_bits_retain(data as u32);
        if options.contains(Options::SUSPEND_SECCOMP) {
            if !self.checkpoint_restore {
                return Err(Errno::EINVAL);
            }
            let task = self.task(current);
            let filtered = !task.seccomp.is_empty() || task.options.contains(Options::SUSPEND_SECCOMP);
            if !self.capable(current, Caps::SYS_ADMIN) || filtered {
                return Err(Errno::EPERM);
            }
        }
        Ok(options)
    }

    /// `ptrace_attach`: ATTACH, or SEIZE with `addr` and options.
    pub(crate) fn ptrace_attach(&mut self, current: TaskId, id: TaskId, seize: Option<(u64, u64)>) -> Done {
        let (flags, options) = match seize {
            None => (Pt::PTRACED, Options::empty()),
            // Unknown options are EIO here, and EINVAL to SETOPTIONS.
            Some((addr, data)) if addr != 0 || data & !OPTIONS != 0 => return Errno::EIO.into(),
            Some((_, data)) => match self.check_ptrace_options(current, data) {
                Ok(options) => (Pt::PTRACED | Pt::SEIZED, options),
                Err(errno) => return errno.into(),
            },
        };
        let task = self.task(id);
        if task.flags.contains(Pf::KTHREAD) || self.same_thread_group(current, id) {
            return Errno::EPERM.into();
        }
        // `cred_guard_mutex`: an execve keeps tracers out while it waits for other threads, whose tracer may be the one
        // who waits here.
        if self.group_of(id).group_exec_task.is_some() {
            let group = task.group;
            return match self.task(current).sigpending() {
                true => Errno::ERESTARTNOINTR.into(),
                false => self.sleep(current, Sleep::CredGuard(group, id)),
            };
        }
        if let Err(errno) = self.rules().may_attach(self.caller(current), &self.target(id)) {
            return errno.into();
        }
        let cred = Arc::clone(&self.task(current).cred);
        let task = self.task_mut(id);
        task.ptrace = flags;
        task.options = options;
        self.ptrace_link(id, current, Some(cred));
        if seize.is_none() {
            // A queue without room has room for SIGSTOP.
            let _ = self.send_signal(19, Send::Priv, id, false, Some(current));
        }
        // Who is in a group-stop goes over into a ptrace-stop, unseen by the tracer, who waits for that here.
        if self.task(id).is_stopped()
            && self.task_mut(id).set_jobctl_pending(JobCtl::TRAP_STOP | JobCtl::TRAPPING)
        {
            self.task_mut(id).jobctl.remove(JobCtl::STOPPED);
            self.wake_from_group_stop(id);
        }
        self.wait_trapping(current, id);
        Done::Away
    }

    /// `ptrace_attach`, once it has `cred_guard_mutex`: the task it found before is the one, whatever its number is now.
    pub(crate) fn attach_after_exec(
        &mut self,
        current: TaskId,
        (group, id): (GroupId, TaskId),
        call: &Call,
    ) -> Done {
        match *call {
            Call::Ptrace { request, addr, data, .. }
                if self.get(id).is_some_and(|task| task.group == group) =>
            {
                let seize = (request == Request::Seize).then_some((addr, data));
                self.ptrace_attach(current, id, seize)
            }
            // The execve was its end: `exit_state`.
            _ => Errno::EPERM.into(),
        }
    }

    /// `signal_wake_up_state(task, __TASK_STOPPED)`.
    fn wake_from_group_stop(&mut self, id: TaskId) {
        self.signal_wake_up(id, false);
        self.wake_up_state(id, &[State::Stopped]);
    }

    /// `wait_on_bit(&task->jobctl, JOBCTL_TRAPPING_BIT, TASK_KILLABLE)`, then the request is done.
    pub(crate) fn wait_trapping(&mut self, current: TaskId, id: TaskId) {
        let trapping = self.get(id).is_some_and(|task| task.jobctl.contains(JobCtl::TRAPPING));
        if trapping && !self.fatal_signal_pending(current) {
            let task = self.task_mut(current);
            task.frame = Frame::AttachWait(id);
            task.state = State::Killable;
        } else {
            self.leave(current, 0);
        }
    }

    /// `ptrace_traceme`: the parent becomes the tracer.
    pub(crate) fn ptrace_traceme(&mut self, current: TaskId) -> Result<(), Errno> {
        let task = self.task(current);
        if task.is_ptraced() {
            return Err(Errno::EPERM);
        }
        let parent = task.real_parent;
        self.rules().may_traceme(self.caller(task.parent), &self.target(current))?;
        if !self.task(parent).flags.contains(Pf::EXITING) {
            // The child's own credentials are kept: it asked.
            let cred = Arc::clone(&self.task(current).cred);
            self.task_mut(current).ptrace = Pt::PTRACED;
            self.ptrace_link(current, parent, Some(cred));
        }
        Ok(())
    }

    /// `ptrace_detach`: with a signal to deliver.
    pub(crate) fn ptrace_detach(&mut self, current: TaskId, child: TaskId, sig: u64) -> Result<(), Errno> {
        if !valid_signal(sig) {
            return Err(Errno::EIO);
        }
        self.user_disable_single_step(child);
        self.task_mut(child).exit_code = sig as i32;
        // Frozen, it cannot be a zombie; leaving the stop thaws it.
        self.ptrace_detach_from(current, child);
        Ok(())
    }

    /// `__ptrace_detach`: unlinks; a zombie's parent is told now what tracing kept from it. Whether it is to be
    /// released at once.
    fn ptrace_detach_from(&mut self, tracer: TaskId, id: TaskId) -> bool {
        self.ptrace_unlink(id);
        if self.task(id).exit_state != ExitState::Zombie {
            return false;
        }
        let mut dead = !self.is_leader(id);
        if !dead && self.thread_group_empty(id) {
            let parent = self.task(id).real_parent;
            if !self.same_thread_group(parent, tracer) {
                dead = self.do_notify_parent(id, self.task(id).exit_signal);
            } else if self.ignoring_children(tracer) {
                self.wake_up_parent(id, tracer);
                dead = true;
            }
        }
        if dead {
            self.task_mut(id).exit_state = ExitState::Dead;
        }
        dead
    }

    /// `ignoring_children`.
    fn ignoring_children(&self, id: TaskId) -> bool {
        let action = self.group_of(id).action[17 - 1];
        action.handler == Handler::Ignore || action.flags.contains(SaFlags::NOCLDWAIT)
    }

    /// `exit_ptrace`: a tracer exits. Its tracees go on, or die if it said EXITKILL. Who is to be released.
    pub(crate) fn exit_ptrace(&mut self, tracer: TaskId) -> Vec<TaskId> {
        let mut dead = Vec::new();
        for id in self.task(tracer).ptraced.clone() {
            if self.task(id).options.contains(Options::EXITKILL) {
                let _ = self.send_signal(9, Send::Priv, id, false, None);
            }
            if self.ptrace_detach_from(tracer, id) {
                dead.push(id);
            }
        }
        dead
    }
}
