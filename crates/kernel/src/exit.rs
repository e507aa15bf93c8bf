//! Dying: from `do_exit` to the release of the task.
//!
//! ```text
//!  exit, a fatal signal ─► do_exit ─► EVENT_EXIT ─► exit_signals ─► exit_notify ─► zombie ─► waited for ─► released
//!                                                                     │ children get a new parent
//!                                                                     │ tracees are let go
//! ```
//!
//! A traced zombie belongs to its tracer first, and only then to its real parent; a leader is not waited for before its
//! last thread is gone. ptrace(2), "Death under ptrace"; wait(2), "Notes".

use crate::effect::Effect;
use crate::jobctl::JobCtl;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::notify::cld;
use crate::siginfo::Send;
use crate::sigset::SigSet;
use crate::stop::Stopped;
use crate::task::{ExitState, Frame, Pf, SignalFlags, State, TaskId};
use lariat_abi::Event;

impl<M: Machine> Kernel<M> {
    /// `do_group_exit`: the whole group dies, of this.
    pub(crate) fn do_group_exit(&mut self, id: TaskId, exit_code: i32) {
        let group = self.group_of(id);
        let code = if group.flags.contains(SignalFlags::GROUP_EXIT) {
            group.group_exit_code
        } else if group.group_exec_task.is_some() {
            0
        } else {
            let group = self.group_of_mut(id);
            group.group_exit_code = exit_code;
            group.flags = SignalFlags::GROUP_EXIT;
            self.zap_other_threads(id);
            exit_code
        };
        self.do_exit(id, code);
    }

    /// `zap_other_threads`: kills them. How many there are.
    pub(crate) fn zap_other_threads(&mut self, id: TaskId) -> usize {
        self.group_of_mut(id).group_stop_count = 0;
        self.clear_jobctl_pending(id, JobCtl::PENDING_MASK);
        let others: Vec<TaskId> = self.group_of(id).threads.iter().copied().filter(|&t| t != id).collect();
        for &t in &others {
            self.clear_jobctl_pending(t, JobCtl::PENDING_MASK);
            if self.task(t).exit_state == ExitState::Alive {
                self.task_mut(t).pending.signal.add(9);
                self.signal_wake_up(t, true);
            }
        }
        others.len()
    }

    /// `do_exit`, until PTRACE_EVENT_EXIT.
    pub(crate) fn do_exit(&mut self, id: TaskId, code: i32) {
        // `synchronize_group_exit`: the last thread's exit is the group's.
        let group = self.group_of_mut(id);
        group.quick_threads -= 1;
        if group.quick_threads == 0 && !group.flags.contains(SignalFlags::GROUP_EXIT) {
            group.flags = SignalFlags::GROUP_EXIT;
            group.group_exit_code = code;
            group.group_stop_count = 0;
        }
        let message = i64::from(code) as u64;
        if let Stopped::No(_) = self.ptrace_event(id, Event::Exit, message, Frame::ExitEvent(code)) {
            self.finish_exit(id, code);
        }
    }

    /// The rest of `do_exit`.
    pub(crate) fn finish_exit(&mut self, id: TaskId, code: i32) {
        self.exit_signals(id);
        let group = self.group_of_mut(id);
        group.live -= 1;
        let group_dead = group.live == 0;
        let task = self.task_mut(id);
        task.exit_code = code;
        task.call = None;
        task.user = crate::task::User::Idle;
        if self.exit_mm(id) {
            self.let_others_run(id, Frame::ExitNotify(group_dead));
        } else {
            self.exit_notify(id, group_dead);
        }
    }

    /// `exit_signals`: from here on no signal of the process comes to this thread.
    fn exit_signals(&mut self, id: TaskId) {
        let alone = self.thread_group_empty(id);
        self.task_mut(id).flags |= Pf::EXITING;
        if alone || self.group_of(id).flags.contains(SignalFlags::GROUP_EXIT) || !self.task(id).sigpending() {
            return;
        }
        let unblocked = SigSet(!self.task(id).blocked.0);
        self.retarget_shared_pending(id, unblocked);
        if self.task(id).jobctl.contains(JobCtl::STOP_PENDING) && self.task_participate_group_stop(id) {
            self.do_notify_parent_cldstop(id, false, cld::STOPPED);
        }
    }

    /// `exit_mm` and `mm_release`: the address space is given back. Whether somebody who called vfork(2) goes on.
    fn exit_mm(&mut self, id: TaskId) -> bool {
        let task = self.task_mut(id);
        let Some(mm) = task.mm.take() else { return false };
        let waiting = task.vfork_parent.take();
        let dumpable = self.mm(mm).dumpable == crate::access::Dumpable::User;
        self.task_mut(id).user_dumpable = dumpable;
        self.put_mm(mm);
        self.complete_vfork_done(waiting)
    }

    /// `complete_vfork_done`. Whether it woke somebody.
    pub(crate) fn complete_vfork_done(&mut self, waiting: Option<TaskId>) -> bool {
        let waiting = waiting.filter(|&parent| self.get(parent).is_some());
        waiting.is_some_and(|parent| self.wake_up_state(parent, &[State::Killable]))
    }

    /// `exit_notify`.
    pub(crate) fn exit_notify(&mut self, id: TaskId, group_dead: bool) {
        let task = self.task_mut(id);
        task.frame = Frame::Dead;
        task.state = State::Dead;
        let (pid, code) = (task.pid, task.exit_code);
        self.effect(Effect::Exited { pid, code });
        let mut dead = self.forget_original_parent(id);
        if group_dead {
            self.kill_orphaned_pgrp(self.group_of(id).leader, None);
        }
        self.task_mut(id).exit_state = ExitState::Zombie;
        let task = self.task(id);
        let (leader, empty) = (self.is_leader(id), self.thread_group_empty(id));
        let exit_signal = task.exit_signal;
        let autoreap = if task.is_ptraced() {
            let own = leader && empty && !self.ptrace_reparented(id);
            self.do_notify_parent(id, if own { exit_signal } else { 17 })
        } else if leader {
            empty && self.do_notify_parent(id, exit_signal)
        } else {
            true
        };
        if autoreap {
            self.task_mut(id).exit_state = ExitState::Dead;
            dead.push(id);
        }
        let group = self.group_of(id);
        if group.notify_count < 0
            && let Some(exec) = group.group_exec_task
        {
            self.wake_up_state(exec, &[State::Killable]);
        }
        for id in dead {
            self.release_task(id);
        }
    }

    /// `forget_original_parent`: tracees are let go, children get a new parent. Who is to be released.
    fn forget_original_parent(&mut self, father: TaskId) -> Vec<TaskId> {
        let mut dead = self.exit_ptrace(father);
        let children = std::mem::take(&mut self.task_mut(father).children);
        if children.is_empty() {
            return dead;
        }
        let reaper = self.find_new_reaper(father);
        for &p in &children {
            for t in self.group_of(p).threads.clone() {
                let task = self.task_mut(t);
                task.real_parent = reaper;
                if !task.is_ptraced() {
                    task.parent = reaper;
                }
                let sig = task.pdeath_signal;
                if sig != 0 {
                    let _ = self.send_signal(sig, Send::NoInfo, t, true, Some(father));
                }
            }
            if !self.same_thread_group(reaper, father) {
                self.reparent_leader(father, p, &mut dead);
            }
        }
        self.task_mut(reaper).children.extend(children);
        dead
    }

    /// `find_new_reaper`: another thread, the nearest subreaper, or init.
    fn find_new_reaper(&self, father: TaskId) -> TaskId {
        if let Some(thread) = self.find_alive_thread(father) {
            return thread;
        }
        let mut at = self.task(father).real_parent;
        while at != Self::INIT {
            if self.group_of(at).child_subreaper
                && let Some(thread) = self.find_alive_thread(at)
            {
                return thread;
            }
            at = self.task(at).real_parent;
        }
        Self::INIT
    }

    fn find_alive_thread(&self, id: TaskId) -> Option<TaskId> {
        let threads = &self.group_of(id).threads;
        threads.iter().copied().find(|&t| !self.task(t).flags.contains(Pf::EXITING))
    }

    /// `reparent_leader`.
    fn reparent_leader(&mut self, father: TaskId, p: TaskId, dead: &mut Vec<TaskId>) {
        if self.task(p).exit_state == ExitState::Dead {
            return;
        }
        self.task_mut(p).exit_signal = 17;
        let task = self.task(p);
        if !task.is_ptraced()
            && task.exit_state == ExitState::Zombie
            && self.thread_group_empty(p)
            && self.do_notify_parent(p, 17)
        {
            self.task_mut(p).exit_state = ExitState::Dead;
            dead.push(p);
        }
        self.kill_orphaned_pgrp(p, Some(father));
    }

    /// `kill_orphaned_pgrp`: stopped jobs that nobody can continue any more get SIGHUP and SIGCONT.
    fn kill_orphaned_pgrp(&mut self, id: TaskId, father: Option<TaskId>) {
        let parent = father.unwrap_or(self.task(id).real_parent);
        let ignored = father.is_none().then_some(id);
        let (group, parent) = (self.group_of(id), self.group_of(parent));
        let pgid = group.pgid;
        if parent.pgid == pgid || parent.sid != group.sid || !self.is_orphaned_pgrp(pgid, ignored) {
            return;
        }
        let members: Vec<TaskId> = self.pgrp(pgid).collect();
        if members.iter().any(|&p| self.group_of(p).flags.contains(SignalFlags::STOP_STOPPED)) {
            for sig in [1, 18] {
                for &p in &members {
                    let _ = self.send_signal(sig, Send::Priv, p, true, None);
                }
            }
        }
    }

    fn pgrp(&self, pgid: i32) -> impl Iterator<Item = TaskId> {
        self.tasks().map(|(id, _)| id).filter(move |&id| self.is_leader(id) && self.group_of(id).pgid == pgid)
    }

    /// `will_become_orphaned_pgrp`: no member has a parent elsewhere in the session.
    pub(crate) fn is_orphaned_pgrp(&self, pgid: i32, ignored: Option<TaskId>) -> bool {
        !self.pgrp(pgid).any(|p| {
            let task = self.task(p);
            let dead = task.exit_state != ExitState::Alive && self.thread_group_empty(p);
            let init = self.global_init && task.real_parent == Self::INIT;
            if Some(p) == ignored || dead || init {
                return false;
            }
            let parent = self.group_of(task.real_parent);
            parent.pgid != pgid && parent.sid == self.group_of(p).sid
        })
    }

    /// `release_task`: the number is free. The last thread to go brings the news of a leader that died before.
    pub(crate) fn release_task(&mut self, id: TaskId) {
        let mut next = Some(id);
        while let Some(id) = next.take() {
            if self.task(id).is_ptraced() {
                self.ptrace_unlink(id);
            }
            let leader = self.group_of(id).leader;
            self.exit_signal_struct(id);
            if leader == id || !self.thread_group_empty(leader) {
                continue;
            }
            if self.task(leader).exit_state != ExitState::Zombie {
                continue;
            }
            // Since Linux 6.16 SIGCHLD says the same as the wait: what the group died of, not its leader.
            let group = self.group_of(leader);
            if group.flags.contains(SignalFlags::GROUP_EXIT) {
                self.task_mut(leader).exit_code = self.group_of(leader).group_exit_code;
            }
            let task = self.task(leader);
            if self.do_notify_parent(leader, task.exit_signal) {
                self.task_mut(leader).exit_state = ExitState::Dead;
                next = Some(leader);
            }
        }
    }

    /// `__exit_signal` and `__unhash_process`.
    fn exit_signal_struct(&mut self, id: TaskId) {
        let task = self.task(id);
        let (group_id, pid, parent) = (task.group, task.pid, task.real_parent);
        if let Some(yama) = &mut self.yama {
            yama.task_free(lariat_abi::Tid::new(pid));
        }
        let leader = self.is_leader(id);
        let group = self.group_mut(group_id);
        group.threads.retain(|&t| t != id);
        if leader {
            self.task_mut(parent).children.retain(|&t| t != id);
        } else {
            if group.notify_count > 0 {
                group.notify_count -= 1;
                if group.notify_count == 0
                    && let Some(exec) = group.group_exec_task
                {
                    self.wake_up_state(exec, &[State::Killable]);
                }
            }
            let group = self.group_mut(group_id);
            if group.curr_target == id {
                group.curr_target = group.threads.first().copied().unwrap_or(id);
            }
        }
        if self.group(group_id).threads.is_empty() {
            self.remove_group(group_id);
        }
        self.effect(Effect::Released { pid });
        self.remove_task(id);
    }
}
