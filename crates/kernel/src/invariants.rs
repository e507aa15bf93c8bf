//! What is true in every state.

use crate::jobctl::JobCtl;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::task::{ExitState, Frame, State, TaskId};

impl<M: Machine> Kernel<M> {
    /// Checks that the state is one the kernel can be in.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn check_invariants(&self) -> Result<(), String> {
        for (id, task) in self.tasks() {
            let pid = task.pid;
            let lists = self.tasks().filter(|(_, other)| other.ptraced.contains(&id)).count();
            let own = self.task(task.parent).ptraced.iter().filter(|&&t| t == id).count();
            if task.is_ptraced() != (lists == 1 && own == 1) || !task.is_ptraced() && lists != 0 {
                return Err(format!("task {pid} is on {lists} ptraced lists, {own} times on its parent's"));
            }
            if !task.is_ptraced() && task.parent != task.real_parent {
                return Err(format!("task {pid} is untraced and has a parent that is not its real one"));
            }
            // DETACH does not thaw: the task does, when it leaves the stop.
            let leaving = task.state == State::Running && task.frame.is_ptrace_stop();
            if task.jobctl.contains(JobCtl::PTRACE_FROZEN) && !task.is_ptraced() && !leaving {
                return Err(format!("task {pid} is frozen and not traced"));
            }
            if task.is_traced() != (task.state == State::Traced) {
                return Err(format!("task {pid}: JOBCTL_TRACED and the state {:?} differ", task.state));
            }
            if task.is_stopped() != (task.state == State::Stopped) {
                return Err(format!("task {pid}: JOBCTL_STOPPED and the state {:?} differ", task.state));
            }
            if task.is_traced() && !task.is_ptraced() {
                return Err(format!("task {pid} is in a ptrace-stop without a tracer"));
            }
            let asleep =
                matches!(task.state, State::Interruptible | State::Killable | State::Stopped | State::Traced);
            if asleep && task.fatal_signal_pending() {
                return Err(format!("task {pid} sleeps, and SIGKILL is lost"));
            }
            if (task.frame == Frame::Dead) != (task.exit_state != ExitState::Alive) {
                return Err(format!("task {pid}: {:?} and {:?} differ", task.frame, task.exit_state));
            }
            self.check_family(id)?;
        }
        Ok(())
    }

    /// Children and threads know their place.
    fn check_family(&self, id: TaskId) -> Result<(), String> {
        let task = self.task(id);
        let group = self.group_of(id);
        if !group.threads.contains(&id) {
            return Err(format!("task {} is not of its group", task.pid));
        }
        if self.get(task.real_parent).is_none() || self.get(task.parent).is_none() {
            return Err(format!("task {} has a parent that is gone", task.pid));
        }
        let child = self.task(task.real_parent).children.contains(&id);
        if id != Self::INIT && self.is_leader(id) != child {
            return Err(format!("task {}: its parent and the list of children differ", task.pid));
        }
        if self.is_leader(id) && group.leader != id {
            return Err(format!("task {} leads a group that has another leader", task.pid));
        }
        Ok(())
    }
}
