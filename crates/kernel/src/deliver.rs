//! Delivering signals: `get_signal`, the way out of the kernel that every task goes through.
//!
//! A task looks here whenever `TIF_SIGPENDING` is set and it is about to run in user mode: first at group-stops and
//! traps, then at signals. A traced task reports each signal but SIGKILL to its tracer, who may change it, replace it or
//! make it vanish. signal(7); ptrace(2), "Signal-delivery-stop", "Signal injection and suppression".

use crate::call::Call;
use crate::jobctl::JobCtl;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::notify::cld;
use crate::siginfo::{Send, SigInfo};
use crate::sigset::SigSet;
use crate::stop::Stopped;
use crate::task::{Frame, Handler, SaFlags, SigFrame, SignalFlags, TaskId, Tif, User};
use lariat_abi::{Errno, si_code};

/// What `get_signal` came to.
enum Got {
    /// The task sleeps or is dead: its frame says how it goes on.
    Away,
    /// There is no handler to run.
    Nothing,
    /// A handler is to run: its frame is made.
    Handler,
}

impl<M: Machine> Kernel<M> {
    /// `exit_to_user_mode_loop`, once around. False: it is over, or the task sleeps.
    pub(crate) fn exit_to_user(&mut self, id: TaskId) -> bool {
        if !self.task(id).sigpending() {
            // `arch_do_signal_or_restart` runs for signals alone; the mask of a call that no signal ended is put back.
            self.task_mut(id).frame = Frame::User;
            return true;
        }
        match self.get_signal(id) {
            Got::Away => false,
            Got::Handler => {
                self.handle_signal(id);
                true
            }
            Got::Nothing => {
                self.restart(id);
                true
            }
        }
    }

    /// `get_signal`.
    fn get_signal(&mut self, id: TaskId) -> Got {
        self.task_mut(id).frame = Frame::ExitToUser;
        loop {
            self.tell_continued(id);
            let group = self.group_of(id);
            if group.flags.contains(SignalFlags::GROUP_EXIT) || group.group_exec_task.is_some_and(|t| t != id)
            {
                self.task_mut(id).pending.signal.remove(9);
                self.recalc_sigpending(id);
                return self.fatal(id, 9);
            }
            if self.task(id).jobctl.contains(JobCtl::STOP_PENDING) && self.do_signal_stop(id, 0) {
                return Got::Away;
            }
            if self.task(id).jobctl.intersects(JobCtl::TRAP_MASK) {
                match self.do_jobctl_trap(id) {
                    Stopped::Yes => return Got::Away,
                    Stopped::No(_) => continue,
                }
            }
            let Some((info, shared)) = self.dequeue_signal(id) else { return Got::Nothing };
            if self.task(id).is_ptraced() && info.signo != 9 {
                self.task_mut(id).jobctl |= JobCtl::STOP_DEQUEUED;
                let then = Frame::SignalStop { shared };
                match self.ptrace_stop(id, info.signo, cld::TRAPPED, 0, Some(info), then) {
                    Stopped::Yes => return Got::Away,
                    Stopped::No(signr) => {
                        if let Some(got) = self.after_signal_stop(id, signr, info, shared) {
                            return got;
                        }
                        continue;
                    }
                }
            }
            if let Some(got) = self.act(id, info) {
                return got;
            }
        }
    }

    /// Tells the parent that the process continued: whoever wakes first finds the mark that SIGCONT left.
    fn tell_continued(&mut self, id: TaskId) {
        let group = self.group_of_mut(id);
        if !group.flags.intersects(SignalFlags::CLD_MASK) {
            return;
        }
        let continued = group.flags.contains(SignalFlags::CLD_CONTINUED);
        let why = if continued { cld::CONTINUED } else { cld::STOPPED };
        group.flags.remove(SignalFlags::CLD_MASK);
        let leader = group.leader;
        self.do_notify_parent_cldstop(id, false, why);
        if self.ptrace_reparented(leader) {
            self.do_notify_parent_cldstop(leader, true, why);
        }
    }

    /// `dequeue_synchronous_signal`, then `dequeue_signal`: the next signal, and whether it was the process's.
    fn dequeue_signal(&mut self, id: TaskId) -> Option<(SigInfo, bool)> {
        let blocked = self.task(id).blocked;
        let private = self.task_mut(id).pending.dequeue_synchronous(blocked);
        let private = private.or_else(|| self.task_mut(id).pending.dequeue(blocked));
        let found = match private {
            Some(info) => Some((info, false)),
            None => self.group_of_mut(id).shared_pending.dequeue(blocked).map(|info| (info, true)),
        };
        self.recalc_sigpending(id);
        if let Some((info, _)) = found
            && SigSet::KERNEL_STOP.has(info.signo)
        {
            // SIGCONT takes this back.
            self.task_mut(id).jobctl |= JobCtl::STOP_DEQUEUED;
        }
        found
    }

    /// The task leaves its signal-delivery-stop: the rest of `ptrace_signal`, then of `get_signal`.
    pub(crate) fn leave_signal_stop(&mut self, id: TaskId, shared: bool) -> bool {
        let info = self.task(id).last_siginfo.unwrap_or_default();
        let signr = self.ptrace_stop_end(id);
        self.task_mut(id).frame = Frame::ExitToUser;
        match self.after_signal_stop(id, signr, info, shared) {
            Some(Got::Away) => false,
            Some(Got::Handler) => {
                self.handle_signal(id);
                true
            }
            Some(Got::Nothing) | None => {
                // `get_signal` goes on, whatever the flag says.
                self.task_mut(id).tif.insert(Tif::SIGPENDING);
                true
            }
        }
    }

    /// What the tracer made of the signal. `None`: `get_signal` goes on with the next.
    fn after_signal_stop(&mut self, id: TaskId, signr: i32, mut info: SigInfo, shared: bool) -> Option<Got> {
        if signr == 0 {
            return None;
        }
        if signr != info.signo {
            // Another one: it comes from the tracer.
            let tracer = self.task(self.task(id).parent);
            info = SigInfo::user(signr, si_code::SI_USER, tracer.pid, tracer.cred.uid);
        }
        if self.task(id).blocked.has(signr) || self.fatal_signal_pending(id) {
            // It waits where it came from.
            let _ = self.send_signal(signr, Send::Info(info), id, shared, Some(id));
            return None;
        }
        self.act(id, info)
    }

    /// What a signal does that nobody keeps from the task. `None`: nothing.
    fn act(&mut self, id: TaskId, info: SigInfo) -> Option<Got> {
        let sig = info.signo;
        let action = &mut self.group_of_mut(id).action[sig as usize - 1];
        match action.handler {
            Handler::Ignore => return None,
            Handler::Function => {
                let handler = *action;
                if handler.flags.contains(SaFlags::RESETHAND) {
                    action.handler = Handler::Default;
                }
                // The handler of that moment counts, also its flags and mask.
                self.set_up_frame(id, info, handler);
                return Some(Got::Handler);
            }
            Handler::Default => {}
        }
        let unkillable = self.group_of(id).flags.contains(SignalFlags::UNKILLABLE);
        if SigSet::KERNEL_IGNORE.has(sig) || unkillable && !SigSet::KERNEL_ONLY.has(sig) {
            return None;
        }
        if SigSet::KERNEL_STOP.has(sig) {
            // A job of a group that no shell cares for is stopped by SIGSTOP alone.
            if sig != 19 && self.is_orphaned_pgrp(self.group_of(id).pgid, None) {
                return None;
            }
            return self.do_signal_stop(id, sig).then_some(Got::Away);
        }
        Some(self.fatal(id, sig))
    }

    /// `do_group_exit` by a signal.
    fn fatal(&mut self, id: TaskId, sig: i32) -> Got {
        self.task_mut(id).flags |= crate::task::Pf::SIGNALED;
        self.do_group_exit(id, sig);
        Got::Away
    }

    /// `handle_signal`: the interrupted call fails or restarts; then the handler's frame is made.
    fn set_up_frame(&mut self, id: TaskId, info: SigInfo, action: crate::task::SigAction) {
        let task = self.task_mut(id);
        if task.orig_ax >= 0 {
            match Errno::from_raw((-task.ax) as i32) {
                Errno::ERESTART_RESTARTBLOCK | Errno::ERESTARTNOHAND => {
                    task.ax = -i64::from(Errno::EINTR.as_raw())
                }
                Errno::ERESTARTSYS if !action.flags.contains(SaFlags::RESTART) => {
                    task.ax = -i64::from(Errno::EINTR.as_raw());
                }
                Errno::ERESTARTSYS | Errno::ERESTARTNOINTR => self.call_again(id),
                _ => {}
            }
        }
        self.settle_call(id);
        let task = self.task_mut(id);
        let saved = task.saved_sigmask.take().unwrap_or(task.blocked);
        let user = std::mem::replace(&mut task.user, User::Handler(info));
        task.sigframes.push(SigFrame { user, blocked: saved });
        let mut mask = task.blocked.or(action.mask);
        if !action.flags.contains(SaFlags::NODEFER) {
            mask.add(info.signo);
        }
        self.set_blocked(id, mask);
    }

    /// `signal_setup_done`: a stepped task stops on the handler's first instruction.
    fn handle_signal(&mut self, id: TaskId) {
        if self.task(id).tif.contains(Tif::SINGLESTEP) {
            self.user_disable_single_step(id);
            // If it does not stop, it just goes on.
            let _ = self.ptrace_notify(id, 5, 0, Frame::LastStop);
        }
    }

    /// The call is to be made again: `ip -= 2`, with its number in `ax`.
    fn call_again(&mut self, id: TaskId) {
        let task = self.task_mut(id);
        if let Some(call) = task.call.take() {
            task.ax = call.number();
            task.user = User::Call(call);
        }
    }

    /// No signal ran a handler: `arch_do_signal_or_restart` makes an interrupted call go on.
    fn restart(&mut self, id: TaskId) {
        let task = self.task_mut(id);
        if task.orig_ax >= 0 {
            match Errno::from_raw((-task.ax) as i32) {
                Errno::ERESTARTNOHAND | Errno::ERESTARTSYS | Errno::ERESTARTNOINTR => self.call_again(id),
                Errno::ERESTART_RESTARTBLOCK => {
                    task.call = Some(Call::RestartSyscall);
                    self.call_again(id);
                }
                _ => {}
            }
        }
        // `restore_saved_sigmask`.
        if let Some(mask) = self.task_mut(id).saved_sigmask.take() {
            self.set_blocked(id, mask);
        }
    }

    /// The call is over for good: the program will see the result when it runs.
    pub(crate) fn settle_call(&mut self, id: TaskId) {
        let task = self.task_mut(id);
        if let Some(call) = task.call.take() {
            let output = std::mem::take(&mut task.output);
            if call != Call::SigReturn {
                task.user = User::Returned(call, task.ax, output);
            }
        }
    }

    /// `set_current_blocked`.
    pub(crate) fn set_blocked(&mut self, id: TaskId, mask: SigSet) {
        let mask = mask.without(SigSet::KERNEL_ONLY);
        if mask == self.task(id).blocked {
            // Not even a look at what is pending.
            return;
        }
        let newly = mask.without(self.task(id).blocked);
        if self.task(id).sigpending() {
            self.retarget_shared_pending(id, newly);
        }
        self.task_mut(id).blocked = mask;
        self.recalc_sigpending(id);
    }

    /// `retarget_shared_pending`: another thread takes the process's signals that this one will not.
    pub(crate) fn retarget_shared_pending(&mut self, id: TaskId, which: SigSet) {
        let group = self.group_of(id);
        let mut left = group.shared_pending.signal.and(which);
        if group.flags.contains(SignalFlags::GROUP_EXIT) || left.is_empty() {
            return;
        }
        let threads = &group.threads;
        let own = threads.iter().position(|&t| t == id).unwrap_or(0);
        let others: Vec<TaskId> =
            threads.get(own + 1..).unwrap_or_default().iter().chain(&threads[..own]).copied().collect();
        for t in others {
            let task = self.task(t);
            let takes = left.without(task.blocked);
            if task.flags.contains(crate::task::Pf::EXITING) || takes.is_empty() {
                continue;
            }
            left = left.without(takes);
            // Otherwise it looks anyway.
            if !task.sigpending() {
                self.signal_wake_up(t, false);
            }
            if left.is_empty() {
                break;
            }
        }
    }
}
