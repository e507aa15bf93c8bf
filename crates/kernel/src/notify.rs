//! Telling parents: SIGCHLD for deaths, stops and continuations. wait(2), sigaction(2) `SA_NOCLDSTOP` and
//! `SA_NOCLDWAIT`; ptrace(2), "The wait status".

use crate::effect::Effect;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::siginfo::{Send, SigInfo};
use crate::task::{Handler, SaFlags, State, TaskId};

/// `CLD_*`, the codes of SIGCHLD.
pub mod cld {
    /// Has exited.
    pub const EXITED: i32 = 1;
    /// Was killed.
    pub const KILLED: i32 = 2;
    /// Was killed, and dumped core.
    pub const DUMPED: i32 = 3;
    /// Is in a ptrace-stop.
    pub const TRAPPED: i32 = 4;
    /// Is in a group-stop.
    pub const STOPPED: i32 = 5;
    /// Has continued.
    pub const CONTINUED: i32 = 6;
}

const SIGCHLD: i32 = 17;

impl<M: Machine> Kernel<M> {
    /// `do_notify_parent`: tells the parent (the tracer, if it is traced) of a death. Whether nobody wants to wait
    /// for it.
    pub(crate) fn do_notify_parent(&mut self, id: TaskId, mut sig: i32) -> bool {
        let task = self.task(id);
        let parent = task.parent;
        if sig != SIGCHLD && task.parent_exec_id != self.group_of(parent).self_exec_id {
            // The parent has become another program, which may not know what to do with the signal.
            sig = SIGCHLD;
        }
        let (code, status) = match task.exit_code {
            exit if exit & 0x80 != 0 => (cld::DUMPED, exit & 0x7f),
            exit if exit & 0x7f != 0 => (cld::KILLED, exit & 0x7f),
            exit => (cld::EXITED, exit >> 8),
        };
        let info = SigInfo { status, ..SigInfo::user(sig, code, task.pid, task.cred.uid) };
        let action = self.group_of(parent).action[SIGCHLD as usize - 1];
        let mut autoreap = false;
        if !task.is_ptraced()
            && sig == SIGCHLD
            && (action.handler == Handler::Ignore || action.flags.contains(SaFlags::NOCLDWAIT))
        {
            autoreap = true;
            if action.handler == Handler::Ignore {
                sig = 0;
            }
        }
        if sig > 0 {
            self.notify(parent, info);
        }
        self.wake_up_parent(id, parent);
        autoreap
    }

    /// `do_notify_parent_cldstop`: tells of a stop or a continuation; the tracer, or the real parent.
    pub(crate) fn do_notify_parent_cldstop(&mut self, id: TaskId, for_ptracer: bool, why: i32) {
        let (id, parent) = if for_ptracer {
            (id, self.task(id).parent)
        } else {
            let leader = self.group_of(id).leader;
            (leader, self.task(leader).real_parent)
        };
        let task = self.task(id);
        let status = match why {
            cld::CONTINUED => 18,
            cld::STOPPED => self.group_of(id).group_exit_code & 0x7f,
            _ => task.exit_code & 0x7f,
        };
        let info = SigInfo { status, ..SigInfo::user(SIGCHLD, why, task.pid, task.cred.uid) };
        let action = self.group_of(parent).action[SIGCHLD as usize - 1];
        if action.handler != Handler::Ignore && !action.flags.contains(SaFlags::NOCLDSTOP) {
            self.notify(parent, info);
        }
        self.wake_up_parent(id, parent);
    }

    fn notify(&mut self, parent: TaskId, info: SigInfo) {
        let to = self.group_of(parent).tgid;
        self.effect(Effect::Notified { parent: to, info });
        // Positive codes are exempt from the limit.
        let _ = self.send_signal(info.signo, Send::Info(info), parent, true, None);
    }

    /// `__wake_up_parent`: whoever of the process waits for this task looks again.
    pub(crate) fn wake_up_parent(&mut self, child: TaskId, parent: TaskId) {
        for at in 0..self.group_of(parent).threads.len() {
            let id = self.group_of(parent).threads[at];
            if self.pid_child_should_wake(id, child) {
                self.wake_up_state(id, &[State::Interruptible]);
            }
        }
    }
}
