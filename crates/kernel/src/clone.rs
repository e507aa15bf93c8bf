//! New tasks and new programs: `kernel_clone` and execve. clone(2); ptrace(2), "PTRACE_O_TRACECLONE" and the like,
//! "execve(2) under ptrace".

use crate::access::Dumpable;
use crate::call::CloneFlags;
use crate::effect::Effect;
use crate::entry::Done;
use crate::jobctl::JobCtl;
use crate::kernel::{Kernel, blank_task};
use crate::machine::{DebugRegs, Machine};
use crate::siginfo::Send;
use crate::stop::Stopped;
use crate::task::{
    ExitState, Frame, GroupId, Handler, Mm, Pf, Pt, SigAction, SignalFlags, Sleep, State, TaskId, Tif,
};
use lariat_abi::{Errno, Event, Options};
use std::sync::Arc;

impl<M: Machine> Kernel<M> {
    /// `kernel_clone`.
    pub(crate) fn kernel_clone(&mut self, current: TaskId, flags: CloneFlags, exit_signal: i32) -> Done {
        let thread = flags.contains(CloneFlags::THREAD);
        if thread && !flags.contains(CloneFlags::SIGHAND)
            || flags.contains(CloneFlags::SIGHAND) && !flags.contains(CloneFlags::VM)
        {
            return Errno::EINVAL.into();
        }
        let event = if flags.contains(CloneFlags::VFORK) {
            Event::Vfork
        } else if exit_signal != 17 {
            Event::Clone
        } else {
            Event::Fork
        };
        let trace = !flags.contains(CloneFlags::UNTRACED) && self.ptrace_event_enabled(current, event);
        // A signal that came before must not be delivered to both.
        self.recalc_sigpending(current);
        if self.task(current).sigpending() {
            return Errno::ERESTARTNOINTR.into();
        }
        let child = self.copy_process(current, flags, exit_signal, trace);
        let pid = self.task(child).pid;
        let vfork = flags.contains(CloneFlags::VFORK).then_some(child);
        if vfork.is_some() {
            self.task_mut(child).vfork_parent = Some(current);
        }
        self.mark_ready(child);
        self.effect(Effect::Cloned { pid: self.task(current).pid, child: pid, thread });
        if trace {
            // The child may be quicker.
            self.let_others_run(current, Frame::Clone { event: Some(event), child: pid, vfork });
        } else {
            self.report_clone(current, None, pid, vfork);
        }
        Done::Away
    }

    /// `kernel_clone`, from the event on.
    pub(crate) fn report_clone(
        &mut self,
        current: TaskId,
        event: Option<Event>,
        pid: i32,
        vfork: Option<TaskId>,
    ) {
        if let Some(event) = event
            && let Stopped::Yes =
                self.ptrace_event(current, event, pid as u64, Frame::CloneStop { child: pid, vfork })
        {
            return;
        }
        self.after_clone_event(current, pid, vfork);
    }

    /// The rest of `kernel_clone`.
    pub(crate) fn after_clone_event(&mut self, current: TaskId, pid: i32, vfork: Option<TaskId>) {
        match vfork {
            Some(child) => self.wait_for_vfork_done(current, child, pid),
            None => self.leave(current, pid.into()),
        }
    }

    /// `wait_for_vfork_done`: until the child has another address space, or none; or until SIGKILL.
    pub(crate) fn wait_for_vfork_done(&mut self, current: TaskId, child: TaskId, pid: i32) {
        let waiting = self.get(child).is_some_and(|task| task.vfork_parent == Some(current));
        if !waiting {
            let then = Frame::ReturnStop(pid.into());
            if let Stopped::No(_) = self.ptrace_event(current, Event::VforkDone, pid as u64, then) {
                self.leave(current, pid.into());
            }
        } else if self.fatal_signal_pending(current) {
            self.task_mut(child).vfork_parent = None;
            self.leave(current, pid.into());
        } else {
            let task = self.task_mut(current);
            task.frame = Frame::Vfork { child, pid };
            task.state = State::Killable;
        }
    }

    /// `copy_process`.
    fn copy_process(&mut self, current: TaskId, flags: CloneFlags, exit_signal: i32, trace: bool) -> TaskId {
        let thread = flags.contains(CloneFlags::THREAD);
        let pid = self.take_pid();
        let parent = self.task(current);
        let (own_group, own_mm, cred) = (parent.group, parent.mm, Arc::clone(&parent.cred));
        let mm = match own_mm {
            Some(mm) if !flags.contains(CloneFlags::VM) => {
                let copy = self.mm(mm).clone();
                let copy = self.add_mm(copy);
                self.machine.copy_mm(mm, copy);
                Some(copy)
            }
            shared => shared,
        };
        let group = if thread {
            own_group
        } else {
            let own = self.group(own_group);
            let (pgid, sid, action) = (own.pgid, own.sid, own.action);
            self.add_group(pid, pgid, sid, action)
        };
        let parent = self.task(current);
        let mut task = blank_task(pid, group, mm, current, cred);
        task.blocked = parent.blocked;
        task.seccomp.clone_from(&parent.seccomp);
        task.no_new_privs = parent.no_new_privs;
        task.personality = parent.personality;
        task.sigframes.clone_from(&parent.sigframes);
        task.orig_ax = parent.orig_ax;
        task.bases = parent.bases;
        task.debug = parent.debug.copy_thread();
        if flags.contains(CloneFlags::PARENT) || thread {
            task.real_parent = parent.real_parent;
            task.parent_exec_id = parent.parent_exec_id;
        } else {
            task.parent_exec_id = self.group(own_group).self_exec_id;
        }
        task.exit_signal = if thread {
            -1
        } else if flags.contains(CloneFlags::PARENT) {
            self.task(self.group(own_group).leader).exit_signal
        } else {
            exit_signal
        };
        task.parent = task.real_parent;
        // The new task begins with a look at its signals, and in no call.
        task.tif |= Tif::SIGPENDING;
        task.frame = Frame::ExitToUser;
        let real_parent = task.real_parent;
        let child = self.add_task(task);
        self.ptrace_init_task(current, child, flags.contains(CloneFlags::PTRACE) || trace);
        self.group_mut(group).threads.push(child);
        if thread {
            let group = self.group_mut(group);
            group.live += 1;
            group.quick_threads += 1;
            self.task_join_group_stop(current, child);
        } else {
            self.group_mut(group).leader = child;
            self.group_mut(group).curr_target = child;
            self.task_mut(real_parent).children.push(child);
        }
        child
    }

    /// `ptrace_init_task`: the tracer of a traced task gets the new one too. Its first stop is a SIGSTOP that is
    /// only in the set, or for a seized one a trap.
    fn ptrace_init_task(&mut self, current: TaskId, child: TaskId, ptrace: bool) {
        let parent = self.task(current);
        if !ptrace || !parent.is_ptraced() {
            return;
        }
        let (flags, options, tracer) = (parent.ptrace, parent.options, parent.parent);
        let cred = parent.ptracer_cred.clone();
        let task = self.task_mut(child);
        task.ptrace = flags;
        task.options = options;
        self.ptrace_link(child, tracer, cred);
        let task = self.task_mut(child);
        if flags.contains(Pt::SEIZED) {
            task.jobctl |= JobCtl::TRAP_STOP;
        } else {
            task.pending.signal.add(19);
        }
    }

    /// `task_join_group_stop`: a new thread stops with its group.
    fn task_join_group_stop(&mut self, current: TaskId, child: TaskId) {
        let mut mask = self.task(current).jobctl.intersection(JobCtl::STOP_SIGMASK);
        let group = self.group_of_mut(child);
        if group.group_stop_count > 0 {
            group.group_stop_count += 1;
            mask |= JobCtl::STOP_CONSUME;
        } else if !group.flags.contains(SignalFlags::STOP_STOPPED) {
            return;
        }
        self.task_mut(child).set_jobctl_pending(mask | JobCtl::STOP_PENDING);
    }

    /// execve(2), from `de_thread` on.
    pub(crate) fn execve(&mut self, id: TaskId) -> Done {
        if !self.thread_group_empty(id) {
            let group = self.group_of(id);
            if group.flags.contains(SignalFlags::GROUP_EXIT) || group.group_exec_task.is_some() {
                return Errno::EAGAIN.into();
            }
            self.group_of_mut(id).group_exec_task = Some(id);
            let count = self.zap_other_threads(id) as i32;
            let leader = self.is_leader(id);
            self.group_of_mut(id).notify_count = if leader { count } else { count - 1 };
        }
        self.de_thread(id);
        Done::Away
    }

    /// `de_thread`, from the wait for the other threads on.
    pub(crate) fn de_thread(&mut self, id: TaskId) {
        let from = self.task(id).pid;
        if self.group_of(id).group_exec_task.is_some() {
            let leader = self.group_of(id).leader;
            let mut waiting = self.group_of(id).notify_count > 0;
            if !waiting && leader != id {
                self.group_of_mut(id).notify_count = -1;
                waiting = self.task(leader).exit_state == ExitState::Alive;
            }
            if waiting && !self.task(id).fatal_signal_pending() {
                let task = self.task_mut(id);
                task.frame = Frame::DeThread;
                task.state = State::Killable;
                return;
            }
            if waiting {
                let group = self.group_of_mut(id);
                group.group_exec_task = None;
                group.notify_count = 0;
                self.unlock_cred_guard(self.task(id).group);
                self.leave(id, -i64::from(Errno::EAGAIN.as_raw()));
                return;
            }
            if leader != id {
                self.take_over_from(leader, id);
            }
            let group = self.group_of_mut(id);
            group.group_exec_task = None;
            group.notify_count = 0;
        }
        self.task_mut(id).exit_signal = 17;
        self.begin_new_exec(id, from);
        self.unlock_cred_guard(self.task(id).group);
    }

    /// `mutex_unlock(&signal->cred_guard_mutex)`.
    fn unlock_cred_guard(&mut self, group: GroupId) {
        let waiting: Vec<TaskId> = self
            .tasks()
            .filter(|(_, task)| matches!(task.frame, Frame::Sleep(Sleep::CredGuard(of, _)) if of == group))
            .map(|(id, _)| id)
            .collect();
        for id in waiting {
            self.wake_up_state(id, &[State::Interruptible]);
        }
    }

    /// The thread becomes the leader: `exchange_tids` and what follows. The old one vanishes without a word.
    fn take_over_from(&mut self, leader: TaskId, id: TaskId) {
        let (old, new) = (self.task(leader).pid, self.task(id).pid);
        if let Some(yama) = &mut self.yama {
            // What the old leader said by PR_SET_PTRACER goes with it.
            yama.task_free(lariat_abi::Tid::new(old));
        }
        self.task_mut(id).pid = old;
        self.task_mut(leader).pid = new;
        let parent = self.task(leader).real_parent;
        for child in &mut self.task_mut(parent).children {
            if *child == leader {
                *child = id;
            }
        }
        self.group_of_mut(id).leader = id;
        self.task_mut(id).exit_signal = 17;
        let task = self.task_mut(leader);
        task.exit_signal = -1;
        task.exit_state = ExitState::Dead;
        if task.is_ptraced() {
            let tracer = task.parent;
            self.wake_up_parent(leader, tracer);
        }
        self.release_task(leader);
    }

    /// `begin_new_exec` and what comes after: a new address space, default dispositions, and the event.
    fn begin_new_exec(&mut self, id: TaskId, from: i32) {
        let user_ns = self.task(id).cred.user_ns;
        let waiting = self.task_mut(id).vfork_parent.take();
        let mm = self.add_mm(Mm { dumpable: Dumpable::User, user_ns });
        self.machine.new_mm(mm);
        let old = self.task_mut(id).mm.replace(mm);
        if let Some(old) = old {
            self.put_mm(old);
        }
        let woken = self.complete_vfork_done(waiting);
        let group = self.group_of_mut(id);
        group.self_exec_id += 1;
        for action in &mut group.action {
            if action.handler == Handler::Function {
                action.handler = Handler::Default;
            }
            *action = SigAction { handler: action.handler, ..SigAction::default() };
        }
        let task = self.task_mut(id);
        task.debug = DebugRegs::default();
        task.bases = [0; 2];
        task.sigframes.clear();
        task.flags.remove(Pf::SIGNALED);
        // `start_thread` sets the flags register anew; the rest of stepping stays.
        task.saved_sigmask = None;
        let pid = task.pid;
        self.effect(Effect::Executed { pid, from });
        if woken {
            self.let_others_run(id, Frame::Exec(from));
        } else {
            self.report_exec(id, from);
        }
    }

    /// The end of execve: the event, or the signal of old.
    pub(crate) fn report_exec(&mut self, id: TaskId, from: i32) {
        let legacy = self.task(id).ptrace == Pt::PTRACED;
        if !self.task(id).options.contains(Options::TRACEEXEC) {
            if legacy {
                let _ = self.send_signal(5, Send::NoInfo, id, false, Some(id));
            }
            self.leave(id, 0);
        } else if let Stopped::No(_) = self.ptrace_event(id, Event::Exec, from as u64, Frame::ReturnStop(0)) {
            self.leave(id, 0);
        }
    }
}
