//! The calls themselves, one by one.

use crate::access::{Dumpable, Ptracer};
use crate::call::{Call, How, Output};
use crate::cred::Caps;
use crate::entry::Done;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::sigset::SigSet;
use crate::task::{Handler, Sleep, TaskId};
use lariat_abi::{Errno, Tid};
use std::sync::Arc;

impl<M: Machine> Kernel<M> {
    /// `do_syscall_64`, without what comes before and after.
    pub(crate) fn perform(&mut self, id: TaskId, call: Call) -> Done {
        match call {
            Call::Plain { result, .. } => Done::Return(result),
            Call::Ptrace { request, pid, addr, data, input } => {
                self.sys_ptrace(id, request, pid, (addr, data), &input)
            }
            Call::Clone { flags, exit_signal } => self.kernel_clone(id, flags, exit_signal),
            Call::Exec => self.execve(id),
            Call::Exit(code) => {
                self.do_exit(id, (code & 0xff) << 8);
                Done::Away
            }
            Call::ExitGroup(code) => {
                self.do_group_exit(id, (code & 0xff) << 8);
                Done::Away
            }
            Call::Kill(..) | Call::Tgkill(..) | Call::SigQueue(..) => self.sys_kill(id, &call).into(),
            Call::SigAction(sig, action) => self.sigaction(id, sig, action).into(),
            Call::SigProcMask(how, set) => self.sigprocmask(id, how, set),
            Call::SigSuspend(mask) => {
                let old = self.task(id).blocked;
                self.task_mut(id).saved_sigmask = Some(old);
                self.set_blocked(id, mask);
                self.sleep(id, Sleep::Signal)
            }
            Call::SigTimedWait(set) => {
                let set = set.without(SigSet::KERNEL_ONLY);
                match self.dequeue_wanted(id, set) {
                    Some(sig) => Done::Return(sig),
                    None => {
                        // While it sleeps, what it waits for is not blocked but counts as such.
                        let task = self.task_mut(id);
                        task.real_blocked = task.blocked;
                        task.blocked = task.blocked.without(set);
                        self.recalc_sigpending(id);
                        self.sleep(id, Sleep::Dequeue(set))
                    }
                }
            }
            Call::SigReturn => {
                let task = self.task_mut(id);
                let frame = task.sigframes.pop();
                task.orig_ax = -1;
                if let Some(frame) = frame {
                    task.user = frame.user;
                    self.set_blocked(id, frame.blocked);
                }
                self.task_mut(id).call = None;
                Done::Return(0)
            }
            Call::Pause | Call::Read | Call::NanoSleep | Call::RestartSyscall | Call::EpollWait => {
                self.sleep(id, Sleep::Signal)
            }
            Call::Wait4(..) | Call::WaitId(..) => self.do_wait(id, &call),
            Call::SetPgid(pgid) => self.setpgid(id, pgid).into(),
            Call::SetSid => self.setsid(id),
            Call::SetUid(uid) => self.setresuid(id, uid).into(),
            Call::SetDumpable(value) => self.set_dumpable(id, value).into(),
            Call::Personality(new) => {
                let task = self.task_mut(id);
                let old = task.personality;
                task.personality = new.unwrap_or(old);
                Done::Return(old.into())
            }
            Call::SetNoNewPrivs => {
                self.task_mut(id).no_new_privs = true;
                Done::Return(0)
            }
            Call::SetPtracer(pid) => self.set_ptracer(id, pid).into(),
            Call::SetSubreaper(on) => {
                self.group_of_mut(id).child_subreaper = on;
                Done::Return(0)
            }
            Call::SetPdeathsig(sig) => {
                if !(0..=64).contains(&sig) {
                    return Errno::EINVAL.into();
                }
                self.task_mut(id).pdeath_signal = sig;
                Done::Return(0)
            }
            Call::Seccomp(rule) => {
                // `seccomp_prepare_filter`.
                let task = self.task(id);
                let cred = &task.cred;
                if !task.no_new_privs && !self.user_namespaces.capable(cred, cred.user_ns, Caps::SYS_ADMIN) {
                    return Errno::EACCES.into();
                }
                self.task_mut(id).seccomp.push(rule);
                Done::Return(0)
            }
        }
    }

    /// `do_sigaction`: ignoring a signal forgets those that wait.
    fn sigaction(&mut self, id: TaskId, sig: i32, action: crate::task::SigAction) -> Result<(), Errno> {
        if !(1..=64).contains(&sig) || SigSet::KERNEL_ONLY.has(sig) {
            return Err(Errno::EINVAL);
        }
        let mut action = action;
        action.mask = action.mask.without(SigSet::KERNEL_ONLY);
        let group = self.group_of_mut(id);
        group.action[sig as usize - 1] = action;
        let ignored = match action.handler {
            Handler::Ignore => true,
            Handler::Default => SigSet::KERNEL_IGNORE.has(sig),
            Handler::Function => false,
        };
        if ignored {
            let mask = SigSet(1 << (sig - 1));
            group.shared_pending.flush(mask);
            for t in group.threads.clone() {
                self.task_mut(t).pending.flush(mask);
            }
        }
        Ok(())
    }

    fn sigprocmask(&mut self, id: TaskId, how: How, set: SigSet) -> Done {
        let old = self.task(id).blocked;
        let set = set.without(SigSet::KERNEL_ONLY);
        let new = match how {
            How::Block => old.or(set),
            How::Unblock => old.without(set),
            How::SetMask => set,
        };
        self.set_blocked(id, new);
        self.task_mut(id).output = Output::Mask(old);
        Done::Return(0)
    }

    /// `dequeue_signal` with the mask turned round: one of these.
    fn dequeue_wanted(&mut self, id: TaskId, set: SigSet) -> Option<i64> {
        let others = SigSet(!set.0);
        let private = self.task_mut(id).pending.dequeue(others);
        let info = private.or_else(|| self.group_of_mut(id).shared_pending.dequeue(others));
        self.recalc_sigpending(id);
        let info = info?;
        self.task_mut(id).output = Output::SigInfo(info);
        Some(info.signo.into())
    }

    /// `do_sigtimedwait`, after the sleep.
    pub(crate) fn timed_wait(&mut self, id: TaskId, set: SigSet) -> Done {
        if !self.task(id).sigpending() {
            return self.sleep(id, Sleep::Dequeue(set));
        }
        let task = self.task_mut(id);
        let blocked = std::mem::take(&mut task.real_blocked);
        self.set_blocked(id, blocked);
        self.dequeue_wanted(id, set).map_or(Errno::EINTR.into(), Done::Return)
    }

    fn setpgid(&mut self, id: TaskId, pgid: i32) -> Result<(), Errno> {
        let own = self.group_of(id);
        let pgid = if pgid == 0 { own.tgid } else { pgid };
        if pgid < 0 {
            return Err(Errno::EINVAL);
        }
        if own.sid == own.tgid {
            return Err(Errno::EPERM);
        }
        let sid = own.sid;
        let joins = self.tasks().any(|(t, _)| self.group_of(t).pgid == pgid && self.group_of(t).sid == sid);
        if pgid != own.tgid && !joins {
            return Err(Errno::EPERM);
        }
        self.group_of_mut(id).pgid = pgid;
        Ok(())
    }

    fn setsid(&mut self, id: TaskId) -> Done {
        let tgid = self.group_of(id).tgid;
        if self.tasks().any(|(t, _)| self.group_of(t).pgid == tgid) {
            return Errno::EPERM.into();
        }
        let group = self.group_of_mut(id);
        group.pgid = tgid;
        group.sid = tgid;
        Done::Return(tgid.into())
    }

    /// setresuid(2) of the superuser: capabilities go, and the memory is not dumpable any more.
    fn setresuid(&mut self, id: TaskId, uid: u32) -> Result<(), Errno> {
        let task = self.task(id);
        let old = &task.cred;
        let owned = [old.uid, old.euid, old.suid].contains(&uid);
        if !owned && !self.user_namespaces.capable(old, old.user_ns, SETUID) {
            return Err(Errno::EPERM);
        }
        let mut new = (**old).clone();
        let (was_root, changed) =
            ([old.uid, old.euid, old.suid].contains(&0), old.euid != uid || old.fsuid != uid);
        new.uid = uid;
        new.euid = uid;
        new.suid = uid;
        new.fsuid = uid;
        if was_root && uid != 0 {
            new.effective = Caps(0);
            new.permitted = Caps(0);
        }
        let task = self.task_mut(id);
        task.cred = Arc::new(new);
        if changed {
            // `commit_creds`; fs.suid_dumpable is 0.
            task.pdeath_signal = 0;
            if let Some(mm) = self.task(id).mm {
                self.mm_mut(mm).dumpable = Dumpable::Disabled;
            }
        }
        Ok(())
    }

    fn set_dumpable(&mut self, id: TaskId, value: u64) -> Result<(), Errno> {
        let dumpable = match value {
            0 => Dumpable::Disabled,
            1 => Dumpable::User,
            _ => return Err(Errno::EINVAL),
        };
        if let Some(mm) = self.task(id).mm {
            self.mm_mut(mm).dumpable = dumpable;
        }
        Ok(())
    }

    fn set_ptracer(&mut self, id: TaskId, pid: i32) -> Result<(), Errno> {
        if pid > 0 && self.find(pid).is_none() {
            return Err(Errno::EINVAL);
        }
        let tracee = Tid::new(self.group_of(id).tgid);
        let ptracer = match pid {
            0 => Ptracer::None,
            -1 => Ptracer::Any,
            pid => Ptracer::Task(Tid::new(pid)),
        };
        let yama = self.yama.as_mut().ok_or(Errno::EINVAL)?;
        yama.set_ptracer(tracee, ptracer);
        Ok(())
    }
}

/// `CAP_SETUID`.
const SETUID: u32 = 7;
