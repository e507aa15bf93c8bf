//! Waiting: who may learn of which change of state, and once. wait(2); ptrace(2), "Attaching and detaching",
//! "Real parent".
//!
//! A process waits for its children and its tracees, those of its other threads too. A tracee's stops are its tracer's
//! to see; a traced zombie is the tracer's first, and its real parent's afterwards. What a wait reports it takes away,
//! unless WNOWAIT is said.

use crate::call::{Call, Output, WaitFlags, WaitFor};
use crate::entry::Done;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::notify::cld;
use crate::siginfo::SigInfo;
use crate::task::{ExitState, Frame, SignalFlags, Sleep, TaskId};
use lariat_abi::Errno;

/// A wait that goes on: `struct wait_opts`.
struct WaitOpts {
    whom: WaitFor,
    flags: WaitFlags,
    /// Whether there is anybody at all to wait for.
    somebody: bool,
}

/// What a wait found: `struct waitid_info`, and wait4's status.
struct Found {
    pid: i32,
    uid: u32,
    code: i32,
    status: i32,
    raw: i32,
}

impl<M: Machine> Kernel<M> {
    /// wait4(2) and waitid(2): looks, and sleeps if there is nothing yet.
    pub(crate) fn do_wait(&mut self, current: TaskId, call: &Call) -> Done {
        let (whom, flags, info) = match *call {
            Call::Wait4(whom, flags) => (whom, flags, false),
            Call::WaitId(whom, flags) => (whom, flags, true),
            _ => return Errno::ENOSYS.into(),
        };
        let known = WaitFlags::WNOHANG | WaitFlags::WNOTHREAD | WaitFlags::WCLONE | WaitFlags::WALL;
        let kinds = WaitFlags::WEXITED | WaitFlags::WSTOPPED | WaitFlags::WCONTINUED;
        let allowed = if info {
            known | kinds | WaitFlags::WNOWAIT
        } else {
            known | WaitFlags::WSTOPPED | WaitFlags::WCONTINUED
        };
        let bad = match whom {
            WaitFor::Pid(pid) if info => pid <= 0,
            WaitFor::Group(pgid) => pgid < 0,
            _ => false,
        };
        if !allowed.contains(flags) || info && (!flags.intersects(kinds) || bad) {
            return Errno::EINVAL.into();
        }
        let mut flags = if info { flags } else { flags | WaitFlags::WEXITED };
        if matches!(whom, WaitFor::PidFd { nonblock: true, .. }) {
            flags |= WaitFlags::WNOHANG;
        }
        let whom = match whom {
            WaitFor::Group(0) => WaitFor::Group(self.group_of(current).pgid),
            other => other,
        };
        let mut opts = WaitOpts { whom, flags, somebody: false };
        if let Some(found) = self.look(current, &mut opts) {
            self.task_mut(current).output = if info {
                let base = SigInfo::user(17, found.code, found.pid, found.uid);
                Output::WaitInfo(SigInfo { status: found.status, ..base })
            } else {
                Output::Status(found.raw)
            };
            return Done::Return(if info { 0 } else { found.pid.into() });
        }
        if !opts.somebody {
            return Errno::ECHILD.into();
        }
        if flags.contains(WaitFlags::WNOHANG) {
            if let WaitFor::PidFd { nonblock: true, .. } = whom {
                return Errno::EAGAIN.into();
            }
            return Done::Return(0);
        }
        if self.task(current).sigpending() {
            return Errno::ERESTARTSYS.into();
        }
        self.sleep(current, Sleep::Child)
    }

    /// `__do_wait`.
    fn look(&mut self, current: TaskId, opts: &mut WaitOpts) -> Option<Found> {
        if let WaitFor::Pid(pid) | WaitFor::PidFd { pid, .. } = opts.whom {
            // `do_wait_pid`: as a child, then as a tracee.
            let target = self.find(pid)?;
            if self.is_leader(target)
                && self.is_effectively_child(current, opts, self.task(target).real_parent)
            {
                let found = self.consider(opts, false, target);
                if found.is_some() {
                    return found;
                }
            }
            let target = self.find(pid)?;
            let task = self.task(target);
            if task.is_ptraced() && self.is_effectively_child(current, opts, task.parent) {
                return self.consider(opts, true, target);
            }
            return None;
        }
        let threads = &self.group_of(current).threads;
        let own = threads.iter().position(|&t| t == current).unwrap_or(0);
        let mut threads: Vec<TaskId> = threads[own..].iter().chain(&threads[..own]).copied().collect();
        if opts.flags.contains(WaitFlags::WNOTHREAD) {
            threads.truncate(1);
        }
        for t in threads {
            for (ptrace, list) in
                [(false, self.task(t).children.clone()), (true, self.task(t).ptraced.clone())]
            {
                for p in list {
                    let found = self.consider(opts, ptrace, p);
                    if found.is_some() {
                        return found;
                    }
                }
            }
        }
        None
    }

    /// `is_effectively_child`.
    fn is_effectively_child(&self, current: TaskId, opts: &WaitOpts, parent: TaskId) -> bool {
        current == parent
            || !opts.flags.contains(WaitFlags::WNOTHREAD) && self.same_thread_group(current, parent)
    }

    /// `eligible_child`. Any kind of tracee is.
    fn eligible(&self, opts: &WaitOpts, ptrace: bool, id: TaskId) -> bool {
        let task = self.task(id);
        let kind = ptrace
            || opts.flags.contains(WaitFlags::WALL)
            || (task.exit_signal != 17) == opts.flags.contains(WaitFlags::WCLONE);
        kind && self.eligible_pid(opts.whom, id)
    }

    /// `eligible_pid`. A thread's group is its process's.
    fn eligible_pid(&self, whom: WaitFor, id: TaskId) -> bool {
        match whom {
            WaitFor::Any => true,
            WaitFor::Pid(pid) | WaitFor::PidFd { pid, .. } => self.task(id).pid == pid,
            WaitFor::Group(pgid) => self.group_of(id).pgid == pgid,
        }
    }

    /// `pid_child_should_wake`: whether news of a task wake one that sleeps in wait. Where it waits for its own
    /// children alone, a child that another thread traces wakes it not, though it would find it.
    pub(crate) fn pid_child_should_wake(&self, waiter: TaskId, id: TaskId) -> bool {
        let task = self.task(waiter);
        let (Frame::Sleep(Sleep::Child), Some(Call::Wait4(whom, flags) | Call::WaitId(whom, flags))) =
            (&task.frame, &task.call)
        else {
            return false;
        };
        let whom = match *whom {
            WaitFor::Group(0) => WaitFor::Group(self.group_of(waiter).pgid),
            other => other,
        };
        let own = !flags.contains(WaitFlags::WNOTHREAD) || self.task(id).parent == waiter;
        own && self.eligible_pid(whom, id)
    }

    /// `wait_consider_task`.
    fn consider(&mut self, opts: &mut WaitOpts, mut ptrace: bool, id: TaskId) -> Option<Found> {
        if self.task(id).exit_state == ExitState::Dead || !self.eligible(opts, ptrace, id) {
            return None;
        }
        let task = self.task(id);
        if !ptrace && task.is_ptraced() && !self.ptrace_reparented(id) {
            // Its parent's process traces it: a stop is not to be reported twice.
            ptrace = true;
        }
        if task.exit_state == ExitState::Zombie {
            let delayed = self.is_leader(id) && !self.thread_group_empty(id);
            if !delayed && (ptrace || !task.is_ptraced()) {
                return if opts.flags.contains(WaitFlags::WEXITED) {
                    Some(self.wait_zombie(opts, id))
                } else {
                    None
                };
            }
            if !ptrace || opts.flags.intersects(WaitFlags::WCONTINUED | WaitFlags::WEXITED) {
                opts.somebody = true;
            }
        } else {
            opts.somebody = true;
        }
        self.wait_stopped(opts, ptrace, id).or_else(|| self.wait_continued(opts, id))
    }

    /// `wait_task_zombie`.
    fn wait_zombie(&mut self, opts: &WaitOpts, id: TaskId) -> Found {
        let task = self.task(id);
        let group = self.group_of(id);
        let exit = group.flags.contains(SignalFlags::GROUP_EXIT);
        let raw = if exit { group.group_exit_code } else { task.exit_code };
        let (pid, uid) = (task.pid, task.cred.uid);
        let (code, status) = match raw & 0x7f {
            0 => (cld::EXITED, raw >> 8),
            _ => (if raw & 0x80 != 0 { cld::DUMPED } else { cld::KILLED }, raw & 0x7f),
        };
        if !opts.flags.contains(WaitFlags::WNOWAIT) {
            if self.ptrace_reparented(id) && self.is_leader(id) {
                // EXIT_TRACE: now its real parent may have it.
                self.ptrace_unlink(id);
                if self.do_notify_parent(id, self.task(id).exit_signal) {
                    self.task_mut(id).exit_state = ExitState::Dead;
                    self.release_task(id);
                }
            } else {
                self.task_mut(id).exit_state = ExitState::Dead;
                self.release_task(id);
            }
        }
        Found { pid, uid, code, status, raw }
    }

    /// `wait_task_stopped`: a tracee's stop, which needs no WUNTRACED; or the group-stop of a child.
    fn wait_stopped(&mut self, opts: &WaitOpts, ptrace: bool, id: TaskId) -> Option<Found> {
        if !ptrace && !opts.flags.contains(WaitFlags::WSTOPPED) {
            return None;
        }
        let listening = self.task(id).jobctl.contains(crate::jobctl::JobCtl::LISTENING);
        let code = if ptrace {
            let task = self.task_mut(id);
            (task.is_traced() && !listening).then_some(&mut task.exit_code)?
        } else {
            let group = self.group_of_mut(id);
            group.flags.contains(SignalFlags::STOP_STOPPED).then_some(&mut group.group_exit_code)?
        };
        let exit_code = *code;
        if exit_code == 0 {
            return None;
        }
        if !opts.flags.contains(WaitFlags::WNOWAIT) {
            *code = 0;
        }
        let task = self.task(id);
        let why = if ptrace { cld::TRAPPED } else { cld::STOPPED };
        let raw = exit_code << 8 | 0x7f;
        Some(Found { pid: task.pid, uid: task.cred.uid, code: why, status: exit_code, raw })
    }

    /// `wait_task_continued`.
    fn wait_continued(&mut self, opts: &WaitOpts, id: TaskId) -> Option<Found> {
        if !opts.flags.contains(WaitFlags::WCONTINUED) {
            return None;
        }
        let group = self.group_of_mut(id);
        if !group.flags.contains(SignalFlags::STOP_CONTINUED) {
            return None;
        }
        if !opts.flags.contains(WaitFlags::WNOWAIT) {
            group.flags.remove(SignalFlags::STOP_CONTINUED);
        }
        let task = self.task(id);
        Some(Found { pid: task.pid, uid: task.cred.uid, code: cld::CONTINUED, status: 18, raw: 0xffff })
    }
}
