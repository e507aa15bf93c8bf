//! Sending a signal: from `kill` to the queue and the one thread that is woken for it.
//!
//! ```text
//! kill, tgkill, a fault, a child's death ─► send_signal ─► prepare_signal ─► queue ─► complete_signal ─► wake one
//!                                                │ SIGCONT and stop signals        │ fatal and untraced:
//!                                                │ cancel each other, also when    │ the whole group dies now
//!                                                ▼ ignored or blocked              ▼
//! ```
//!
//! The hard thing: what a tracer changes. A traced task's ignored signals are queued, since the tracer may want them,
//! and a fatal one is not acted upon here but when its tracer has seen it. signal(7); ptrace(2),
//! "Signal-delivery-stop".

use crate::call::Call;
use crate::cred::Caps;
use crate::jobctl::JobCtl;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::siginfo::{Send, SigInfo};
use crate::sigset::{SigSet, valid_signal};
use crate::task::{ExitState, Handler, Pf, Pt, SignalFlags, State, TaskId};
use lariat_abi::{Errno, si_code};

/// Signals below this are queued once: `SIGRTMIN`.
const SIGRTMIN: i32 = 32;

impl<M: Machine> Kernel<M> {
    /// `sig_handler_ignored` and `sig_task_ignored`.
    fn sig_task_ignored(&self, id: TaskId, sig: i32, force: bool) -> bool {
        let group = self.group_of(id);
        let handler = group.action[sig as usize - 1].handler;
        if group.flags.contains(SignalFlags::UNKILLABLE)
            && handler == Handler::Default
            && !(force && SigSet::KERNEL_ONLY.has(sig))
        {
            return true;
        }
        if self.task(id).flags.contains(Pf::KTHREAD) && !force {
            return true;
        }
        match handler {
            Handler::Ignore => true,
            Handler::Default => SigSet::KERNEL_IGNORE.has(sig),
            Handler::Function => false,
        }
    }

    /// `sig_ignored`: whether a signal has no effect now. A blocked one may have later; a traced task's is its
    /// tracer's to judge.
    fn sig_ignored(&self, id: TaskId, sig: i32, force: bool) -> bool {
        let task = self.task(id);
        if task.blocked.or(task.real_blocked).has(sig) || task.is_ptraced() && sig != 9 {
            return false;
        }
        self.sig_task_ignored(id, sig, force)
    }

    /// `prepare_signal`: what happens at once, whoever blocks or ignores the signal: a stop signal discards a
    /// waiting SIGCONT, and SIGCONT the stop signals, and wakes whoever is stopped. Whether it is to be queued.
    fn prepare_signal(&mut self, sig: i32, id: TaskId, force: bool) -> bool {
        let threads = self.group_of(id).threads.clone();
        if self.group_of(id).flags.contains(SignalFlags::GROUP_EXIT) {
            // It is dying.
            return false;
        }
        if SigSet::KERNEL_STOP.has(sig) {
            self.flush_group(id, &threads, SigSet(1 << (18 - 1)));
        } else if sig == 18 {
            self.flush_group(id, &threads, SigSet::KERNEL_STOP);
            for &t in &threads {
                self.clear_jobctl_pending(t, JobCtl::STOP_PENDING);
                if self.task(t).ptrace.contains(Pt::SEIZED) {
                    self.ptrace_trap_notify(t);
                } else {
                    self.task_mut(t).jobctl.remove(JobCtl::STOPPED);
                    self.wake_up_state(t, &[State::Stopped]);
                }
            }
            let group = self.group_of_mut(id);
            let why = if group.flags.contains(SignalFlags::STOP_STOPPED) {
                SignalFlags::CLD_CONTINUED
            } else if group.group_stop_count > 0 {
                SignalFlags::CLD_STOPPED
            } else {
                SignalFlags::empty()
            };
            if !why.is_empty() {
                // Whoever wakes first tells the parent.
                group.flags =
                    group.flags.difference(SignalFlags::STOP_MASK) | why | SignalFlags::STOP_CONTINUED;
                group.group_stop_count = 0;
                group.group_exit_code = 0;
            }
        }
        !self.sig_ignored(id, sig, force)
    }

    fn flush_group(&mut self, id: TaskId, threads: &[TaskId], mask: SigSet) {
        self.group_of_mut(id).shared_pending.flush(mask);
        for &t in threads {
            self.task_mut(t).pending.flush(mask);
        }
    }

    /// `ptrace_trap_notify`: a seized tracee is to trap again, since the group-stop has changed.
    pub(crate) fn ptrace_trap_notify(&mut self, id: TaskId) {
        self.task_mut(id).set_jobctl_pending(JobCtl::TRAP_NOTIFY);
        let listening = self.task(id).jobctl.contains(JobCtl::LISTENING);
        self.ptrace_signal_wake_up(id, listening);
    }

    /// `wants_signal`.
    fn wants_signal(&self, sig: i32, id: TaskId, current: Option<TaskId>) -> bool {
        let task = self.task(id);
        if task.blocked.has(sig) || task.flags.contains(Pf::EXITING) {
            return false;
        }
        // Who is on a processor takes another one even while one is pending: here, who sends to itself.
        sig == 9 || !task.is_stopped_or_traced() && (current == Some(id) || !task.sigpending())
    }

    /// `complete_signal`: finds a thread for the signal. If it kills, all die now.
    fn complete_signal(&mut self, sig: i32, id: TaskId, shared: bool, current: Option<TaskId>) {
        let target = if self.wants_signal(sig, id, current) {
            id
        } else if !shared || self.thread_group_empty(id) {
            return;
        } else {
            let group = self.group_of(id);
            let from = group.threads.iter().position(|&t| t == group.curr_target).unwrap_or(0);
            let (before, after) = group.threads.split_at(from);
            let Some(t) = after.iter().chain(before).copied().find(|&t| self.wants_signal(sig, t, current))
            else {
                return;
            };
            self.group_of_mut(id).curr_target = t;
            t
        };
        let task = self.task(id);
        let group = self.group_of(id);
        // `sig_fatal`.
        let fatal = !SigSet::KERNEL_IGNORE.or(SigSet::KERNEL_STOP).has(sig)
            && group.action[sig as usize - 1].handler == Handler::Default;
        if fatal
            && !group.flags.contains(SignalFlags::GROUP_EXIT)
            && !self.task(target).real_blocked.has(sig)
            && (sig == 9 || !task.is_ptraced())
            && !SigSet::KERNEL_COREDUMP.has(sig)
        {
            let group = self.group_of_mut(id);
            group.flags = SignalFlags::GROUP_EXIT;
            group.group_exit_code = sig;
            group.group_stop_count = 0;
            for t in self.group_of(id).threads.clone() {
                self.clear_jobctl_pending(t, JobCtl::PENDING_MASK);
                self.task_mut(t).pending.signal.add(9);
                self.signal_wake_up(t, true);
            }
            return;
        }
        self.signal_wake_up(target, sig == 9);
    }

    /// `__send_signal_locked`, by `current` (nobody: the kernel).
    ///
    /// # Errors
    /// `EAGAIN`: a real-time signal with information, and the queue is full.
    pub(crate) fn send_signal(
        &mut self,
        sig: i32,
        send: Send,
        id: TaskId,
        shared: bool,
        current: Option<TaskId>,
    ) -> Result<(), Errno> {
        let force = match send {
            Send::NoInfo => false,
            Send::Priv => true,
            Send::Info(info) => info.code == si_code::SI_KERNEL,
        };
        if !self.prepare_signal(sig, id, force) {
            return Ok(());
        }
        let limit = self.group_of(id).sigpending_limit;
        let user = current.map(|current| {
            let uid = self.task(current).cred.uid;
            SigInfo::user(sig, si_code::SI_USER, self.group_of(current).tgid, uid)
        });
        let kernel = self.task(id).flags.contains(Pf::KTHREAD);
        let pending =
            if shared { &mut self.group_of_mut(id).shared_pending } else { &mut self.task_mut(id).pending };
        if sig < SIGRTMIN && pending.signal.has(sig) {
            return Ok(());
        }
        if sig != 9 && !kernel {
            let info = match send {
                Send::NoInfo => user.unwrap_or_default(),
                Send::Priv => SigInfo::user(sig, si_code::SI_KERNEL, 0, 0),
                Send::Info(info) => info,
            };
            let exempt = sig < SIGRTMIN && (!matches!(send, Send::Info(_)) || info.code >= 0);
            if exempt || pending.list.len() < limit {
                pending.list.push(info);
            } else if sig >= SIGRTMIN && matches!(send, Send::Info(_)) && info.code != si_code::SI_USER {
                return Err(Errno::EAGAIN);
            }
        }
        pending.signal.add(sig);
        self.complete_signal(sig, id, shared, current);
        Ok(())
    }

    /// `force_sig_info_to_task`: one that cannot be blocked or ignored, for what an instruction of the task did.
    pub(crate) fn force_sig(&mut self, id: TaskId, info: SigInfo) {
        let sig = info.signo;
        let blocked = self.task(id).blocked.has(sig);
        let action = &mut self.group_of_mut(id).action[sig as usize - 1];
        if blocked || action.handler == Handler::Ignore {
            action.handler = Handler::Default;
            self.task_mut(id).blocked.remove(sig);
        }
        // A standard signal with room beside the limit cannot fail.
        let _ = self.send_signal(sig, Send::Info(info), id, false, Some(id));
        if !self.task(id).sigpending() {
            self.signal_wake_up(id, false);
        }
    }

    /// `check_kill_permission`.
    fn check_kill_permission(&self, sig: u64, id: TaskId, current: TaskId) -> Result<(), Errno> {
        if !valid_signal(sig) {
            return Err(Errno::EINVAL);
        }
        let (cred, target) = (&self.task(current).cred, &self.task(id).cred);
        let same = [cred.euid, cred.uid].iter().any(|uid| [target.suid, target.uid].contains(uid));
        if self.same_thread_group(current, id)
            || same
            || self.user_namespaces.capable(cred, target.user_ns, Caps::KILL)
            || sig == 18 && self.group_of(id).sid == self.group_of(current).sid
        {
            Ok(())
        } else {
            Err(Errno::EPERM)
        }
    }

    /// kill(2), tgkill(2), rt_sigqueueinfo(2).
    pub(crate) fn sys_kill(&mut self, current: TaskId, call: &Call) -> Result<(), Errno> {
        match *call {
            Call::Kill(pid, sig) if pid > 0 => {
                // A thread's number serves for its process.
                let target = self.find(pid).ok_or(Errno::ESRCH)?;
                self.kill_one(sig, Send::NoInfo, target, true, current)
            }
            Call::Kill(pid, sig) => {
                // INT_MIN names no group.
                let group = if pid == 0 { Some(self.group_of(current).pgid) } else { pid.checked_neg() };
                let own = self.group_of(current).tgid;
                let targets: Vec<TaskId> = self
                    .tasks()
                    .map(|(id, _)| id)
                    .filter(|&id| self.is_leader(id))
                    .filter(|&id| {
                        let of = self.group_of(id);
                        if pid == -1 { of.tgid > 1 && of.tgid != own } else { Some(of.pgid) == group }
                    })
                    .collect();
                let mut result = Err(Errno::ESRCH);
                for id in targets {
                    let one = self.kill_one(sig, Send::NoInfo, id, true, current);
                    // EPERM counts only if nobody could be signalled.
                    if result.is_err() || one.is_ok() {
                        result = one;
                    }
                }
                result
            }
            Call::Tgkill(tgid, pid, sig) => {
                if pid <= 0 || tgid < 0 {
                    return Err(Errno::EINVAL);
                }
                let target = self.find(pid).ok_or(Errno::ESRCH)?;
                if tgid != 0 && self.group_of(target).tgid != tgid {
                    return Err(Errno::ESRCH);
                }
                let info = SigInfo::user(
                    sig as i32,
                    si_code::SI_TKILL,
                    self.group_of(current).tgid,
                    self.task(current).cred.uid,
                );
                self.kill_one(sig, Send::Info(info), target, false, current)
            }
            Call::SigQueue(pid, sig, info) => {
                // Nobody may claim to be the kernel, or kill(2), to another process.
                if (info.code >= 0 || info.code == si_code::SI_TKILL) && self.task(current).pid != pid {
                    return Err(Errno::EPERM);
                }
                let target = self.find(pid).ok_or(Errno::ESRCH)?;
                let info = SigInfo { signo: sig as i32, ..info };
                self.kill_one(sig, Send::Info(info), target, true, current)
            }
            _ => Err(Errno::ENOSYS),
        }
    }

    fn kill_one(
        &mut self,
        sig: u64,
        send: Send,
        id: TaskId,
        shared: bool,
        current: TaskId,
    ) -> Result<(), Errno> {
        self.check_kill_permission(sig, id, current)?;
        // A zombie takes signals to no effect; 0 only asks.
        if sig == 0 || self.task(id).exit_state == ExitState::Dead {
            return Ok(());
        }
        self.send_signal(sig as i32, send, id, shared, Some(current))
    }
}
