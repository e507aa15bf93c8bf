//! What the kernel knows of tasks: `task_struct`, `signal_struct` with `sighand_struct`, and what of `mm_struct`
//! ptrace asks for.
//!
//! A task is known by its place in a table, not by its number: an execve by a thread that is not the leader gives
//! it the leader's number, and the place stays.

use crate::access::Dumpable;
use crate::call::{Call, Output};
use crate::cred::{Cred, UserNs};
use crate::jobctl::JobCtl;
use crate::machine::{DebugRegs, Touch};
use crate::seccomp::Rule;
use crate::siginfo::{SigInfo, SigPending};
use crate::sigset::SigSet;
use bitflags::bitflags;
use lariat_abi::{Event, Options};
use std::sync::Arc;

/// A task's place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u32);

/// A thread group's place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub u32);

/// An address space's place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MmId(pub u32);

bitflags! {
    /// `task->ptrace`: whether a task is traced and how. The options are apart, in [`Task::options`].
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Pt: u8 {
        /// `PT_PTRACED`.
        const PTRACED = 1;
        /// `PT_SEIZED`: by SEIZE, and so are the children it attached.
        const SEIZED = 2;
    }

    /// `task->flags`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Pf: u8 {
        /// `PF_EXITING`: it is past the point of no return in `do_exit`.
        const EXITING = 1;
        /// `PF_KTHREAD`.
        const KTHREAD = 2;
        /// `PF_SIGNALED`: killed by a signal.
        const SIGNALED = 4;
    }

    /// Thread flags and `SYSCALL_WORK_*`: what is to be done at the border to user mode.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Tif: u16 {
        /// `TIF_SIGPENDING`.
        const SIGPENDING = 1;
        /// `SYSCALL_WORK_SYSCALL_TRACE`: stop at the entry and exit of calls.
        const SYSCALL_TRACE = 1 << 1;
        /// `SYSCALL_WORK_SYSCALL_EMU`: stop at the entry, and skip the call.
        const SYSCALL_EMU = 1 << 2;
        /// `SYSCALL_WORK_SYSCALL_EXIT_TRAP`: a stepped task traps after a call.
        const SYSCALL_EXIT_TRAP = 1 << 3;
        /// `TIF_SINGLESTEP`, and the trap flag that ptrace sets and clears with it.
        const SINGLESTEP = 1 << 4;
        /// `TIF_BLOCKSTEP`: the trap flag traps at jumps alone.
        const BLOCKSTEP = 1 << 5;
    }
}

/// `task->__state`: whom a wake-up reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// `TASK_RUNNING`.
    Running,
    /// `TASK_INTERRUPTIBLE`: any signal wakes it.
    Interruptible,
    /// `TASK_KILLABLE`: SIGKILL alone.
    Killable,
    /// `TASK_STOPPED`: SIGCONT or SIGKILL.
    Stopped,
    /// `TASK_TRACED`: its tracer, or SIGKILL.
    Traced,
    /// `TASK_DEAD`.
    Dead,
}

/// `task->exit_state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExitState {
    /// 0: it lives.
    Alive,
    /// `EXIT_ZOMBIE`: dead, and to be waited for.
    Zombie,
    /// `EXIT_DEAD`: waited for.
    Dead,
}

/// What a signal does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Handler {
    /// `SIG_DFL`.
    #[default]
    Default,
    /// `SIG_IGN`.
    Ignore,
    /// A function of the program.
    Function,
}

bitflags! {
    /// `sa_flags`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct SaFlags: u32 {
        /// No SIGCHLD when a child stops or continues.
        const NOCLDSTOP = 1;
        /// Dead children do not become zombies.
        const NOCLDWAIT = 2;
        /// Interrupted calls restart.
        const RESTART = 0x1000_0000;
        /// The signal is not blocked while its handler runs.
        const NODEFER = 0x4000_0000;
        /// The disposition falls back to the default: `SA_ONESHOT`.
        const RESETHAND = 0x8000_0000;
    }
}

/// `struct k_sigaction`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SigAction {
    /// What it does.
    pub handler: Handler,
    /// How.
    pub flags: SaFlags,
    /// What is blocked while the handler runs.
    pub mask: SigSet,
}

bitflags! {
    /// `signal->flags`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct SignalFlags: u8 {
        /// The group-stop is complete.
        const STOP_STOPPED = 1;
        /// SIGCONT has ended one, and nobody has waited for that.
        const STOP_CONTINUED = 2;
        /// The whole group is exiting.
        const GROUP_EXIT = 4;
        /// The parent is to be told of a stop that SIGCONT cut short.
        const CLD_STOPPED = 0x10;
        /// The parent is to be told that it continued.
        const CLD_CONTINUED = 0x20;
        /// `SIGNAL_CLD_MASK`.
        const CLD_MASK = 0x30;
        /// `SIGNAL_STOP_MASK`.
        const STOP_MASK = Self::CLD_MASK.bits() | Self::STOP_STOPPED.bits() | Self::STOP_CONTINUED.bits();
        /// `SIGNAL_UNKILLABLE`: the init of a pid namespace.
        const UNKILLABLE = 0x40;
    }
}

/// A thread group: `signal_struct`, and the dispositions of its `sighand_struct`.
///
/// Two groups never share dispositions here; clone(2) with `CLONE_SIGHAND` and without `CLONE_THREAD` copies them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Group {
    /// Its number: `tgid`.
    pub tgid: i32,
    /// Process group.
    pub pgid: i32,
    /// Session.
    pub sid: i32,
    /// `thread_head`: its tasks that are not yet released, in order.
    pub threads: Vec<TaskId>,
    /// `group_leader`.
    pub leader: TaskId,
    /// What each signal does; signal 1 is the first.
    pub action: [SigAction; 64],
    /// `shared_pending`.
    pub shared_pending: SigPending,
    /// `curr_target`: whom `complete_signal` tried last.
    pub curr_target: TaskId,
    /// Flags.
    pub flags: SignalFlags,
    /// `group_exit_code`: of a group exit, or the signal of a group-stop.
    pub group_exit_code: i32,
    /// `group_stop_count`: who has yet to stop.
    pub group_stop_count: u32,
    /// `group_exec_task`: who is in execve and kills the others.
    pub group_exec_task: Option<TaskId>,
    /// `live`: threads that are not past the first half of `do_exit`.
    pub live: u32,
    /// `quick_threads`: threads that have not come to `do_exit`.
    pub quick_threads: u32,
    /// `notify_count`: how many threads `group_exec_task` waits for; -1 for the leader's death.
    pub notify_count: i32,
    /// `is_child_subreaper`.
    pub child_subreaper: bool,
    /// `self_exec_id`: how often it has called execve.
    pub self_exec_id: u32,
    /// `RLIMIT_SIGPENDING`, of queued real-time signals.
    pub sigpending_limit: usize,
}

/// What ptrace asks of an address space.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mm {
    /// `get_dumpable`.
    pub dumpable: Dumpable,
    /// `mm->user_ns`.
    pub user_ns: UserNs,
}

/// What a task does when it runs in user mode.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum User {
    /// Instructions that nobody sees.
    Idle,
    /// The instruction that makes this call: new, or to be restarted.
    Call(Call),
    /// A call has returned, and the program is to see what.
    Returned(Call, i64, Output),
    /// The first instructions of a signal's handler, then rt_sigreturn(2).
    Handler(SigInfo),
    /// INT3.
    Breakpoint,
    /// A memory access or jump that the debug registers may match.
    Touch(Touch),
}

/// What a handler interrupted: the signal frame.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SigFrame {
    /// What is to go on.
    pub user: User,
    /// The mask before.
    pub blocked: SigSet,
}

/// Where a task is in the kernel: what it does next when it runs. The kernel has a stack for this.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Frame {
    /// In user mode.
    User,
    /// `exit_to_user_mode_loop`.
    ExitToUser,
    /// In `do_signal_stop`, stopped; then `get_signal` goes on.
    GroupStop,
    /// In `do_jobctl_trap`, in the trap; then `get_signal` goes on.
    TrapStop,
    /// In `ptrace_signal`, in the signal-delivery-stop; whether the signal was shared.
    SignalStop {
        /// From the shared queue: where it goes back to.
        shared: bool,
    },
    /// In the syscall-entry-stop.
    EntryStop {
        /// The call is to be skipped.
        emulated: bool,
    },
    /// In the seccomp-stop.
    SeccompStop,
    /// In the syscall-exit-stop.
    ExitStop,
    /// In a stop after which nothing is left to do but to go to user mode: `signal_delivered`'s.
    LastStop,
    /// In the call, asleep.
    Sleep(Sleep),
    /// In `kernel_clone`, with the new task on its way.
    Clone {
        /// The event to report.
        event: Option<Event>,
        /// The new task's number.
        child: i32,
        /// It is to be waited for.
        vfork: Option<TaskId>,
    },
    /// In the stop of PTRACE_EVENT_FORK, VFORK or CLONE; then the call goes on.
    CloneStop {
        /// The new task's number.
        child: i32,
        /// It is to be waited for.
        vfork: Option<TaskId>,
    },
    /// `wait_for_vfork_done`.
    Vfork {
        /// Whose address space is to be free.
        child: TaskId,
        /// Its number then.
        pid: i32,
    },
    /// In an event's stop, after which the call returns this.
    ReturnStop(i64),
    /// `de_thread`, waiting for the other threads.
    DeThread,
    /// In execve, past the point of no return, with this number before.
    Exec(i32),
    /// In PTRACE_EVENT_EXIT, then `do_exit` with this.
    ExitEvent(i32),
    /// In `do_exit`, before `exit_notify`; whether the whole group is dead.
    ExitNotify(bool),
    /// `ptrace_attach`, waiting for JOBCTL_TRAPPING to be cleared.
    AttachWait(TaskId),
    /// Dead.
    Dead,
}

impl Frame {
    /// Whether the task was last seen in a ptrace-stop.
    #[must_use]
    pub const fn is_ptrace_stop(&self) -> bool {
        matches!(
            self,
            Self::TrapStop
                | Self::SignalStop { .. }
                | Self::EntryStop { .. }
                | Self::SeccompStop
                | Self::ExitStop
                | Self::LastStop
                | Self::CloneStop { .. }
                | Self::ReturnStop(_)
                | Self::ExitEvent(_)
        )
    }
}

/// What a call sleeps for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Sleep {
    /// Nothing but a signal: pause(2), a read(2) of an empty pipe, nanosleep(2), epoll_wait(2).
    Signal,
    /// A child, `do_wait`.
    Child,
    /// `sigtimedwait`.
    Dequeue(SigSet),
    /// `cred_guard_mutex` of this group, which an execve holds: ATTACH of the task waits.
    CredGuard(GroupId, TaskId),
}

/// A task: `task_struct`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Task {
    /// Its number: `pid`, which users call thread id.
    pub pid: i32,
    /// Its thread group.
    pub group: GroupId,
    /// Its address space; a dead or kernel task has none.
    pub mm: Option<MmId>,
    /// `real_parent`.
    pub real_parent: TaskId,
    /// `parent`: the tracer, if it is traced.
    pub parent: TaskId,
    /// `children`: processes whose `real_parent` is this thread, oldest first.
    pub children: Vec<TaskId>,
    /// `ptraced`: whom it traces, the latest first.
    pub ptraced: Vec<TaskId>,
    /// `ptrace`.
    pub ptrace: Pt,
    /// The options of `ptrace`.
    pub options: Options,
    /// `ptracer_cred`.
    pub ptracer_cred: Option<Arc<Cred>>,
    /// `ptrace_message`: what GETEVENTMSG gives.
    pub ptrace_message: u64,
    /// `last_siginfo`: what GETSIGINFO gives; of every ptrace-stop but the old group-stop.
    pub last_siginfo: Option<SigInfo>,
    /// `exit_code`: of the death, or of the stop, until it is waited for; and from the tracer the signal to deliver.
    pub exit_code: i32,
    /// `exit_signal`: what tells the parent of the death; -1 for a thread.
    pub exit_signal: i32,
    /// `parent_exec_id`.
    pub parent_exec_id: u32,
    /// `pdeath_signal`.
    pub pdeath_signal: i32,
    /// `exit_state`.
    pub exit_state: ExitState,
    /// `__state`.
    pub state: State,
    /// `jobctl`.
    pub jobctl: JobCtl,
    /// `flags`.
    pub flags: Pf,
    /// Thread flags.
    pub tif: Tif,
    /// `pending`.
    pub pending: SigPending,
    /// `blocked`.
    pub blocked: SigSet,
    /// `real_blocked`: what `sigtimedwait` has unblocked.
    pub real_blocked: SigSet,
    /// `saved_sigmask`, while `TIF_RESTORE_SIGMASK` is set.
    pub saved_sigmask: Option<SigSet>,
    /// `cred`.
    pub cred: Arc<Cred>,
    /// `user_dumpable`: of a task that has lost its address space.
    pub user_dumpable: bool,
    /// `personality`: personality(2).
    pub personality: u32,
    /// `task_no_new_privs`.
    pub no_new_privs: bool,
    /// `vfork_done`: who waits for the address space.
    pub vfork_parent: Option<TaskId>,
    /// `seccomp.filter`: what its filters say of calls, the oldest first.
    pub seccomp: Vec<Rule>,
    /// Debug registers.
    pub debug: DebugRegs,
    /// `thread.fsbase` and `thread.gsbase`, as far as a tracer has set them.
    pub bases: [u64; 2],
    /// Where it is.
    pub frame: Frame,
    /// The call it is in.
    pub call: Option<Call>,
    /// `orig_ax`: the number of the call it is in; -1 if it is in none, or is to do none.
    pub orig_ax: i64,
    /// `ax`: the call's result.
    pub ax: i64,
    /// What else the call gives.
    pub output: Output,
    /// What it does in user mode.
    pub user: User,
    /// Handlers that have not returned.
    pub sigframes: Vec<SigFrame>,
}

impl Task {
    /// `task_is_traced`.
    #[must_use]
    pub const fn is_traced(&self) -> bool {
        self.jobctl.contains(JobCtl::TRACED)
    }

    /// `task_is_stopped`.
    #[must_use]
    pub const fn is_stopped(&self) -> bool {
        self.jobctl.contains(JobCtl::STOPPED)
    }

    /// `task_is_stopped_or_traced`.
    #[must_use]
    pub const fn is_stopped_or_traced(&self) -> bool {
        self.jobctl.intersects(JobCtl::STOPPED.union(JobCtl::TRACED))
    }

    /// Whether anybody traces it.
    #[must_use]
    pub const fn is_ptraced(&self) -> bool {
        !self.ptrace.is_empty()
    }

    /// `task_sigpending`.
    #[must_use]
    pub const fn sigpending(&self) -> bool {
        self.tif.contains(Tif::SIGPENDING)
    }

    /// `__fatal_signal_pending`: SIGKILL is in its own queue.
    #[must_use]
    pub const fn fatal_signal_pending(&self) -> bool {
        self.pending.signal.has(9)
    }

    /// `task_clear_jobctl_pending`; whether `JOBCTL_TRAPPING` went with the last of them.
    pub fn clear_jobctl_pending(&mut self, mut mask: JobCtl) -> bool {
        if mask.contains(JobCtl::STOP_PENDING) {
            mask |= JobCtl::STOP_CONSUME | JobCtl::STOP_DEQUEUED;
        }
        self.jobctl.remove(mask);
        !self.jobctl.intersects(JobCtl::PENDING_MASK) && self.clear_jobctl_trapping()
    }

    /// `task_clear_jobctl_trapping`; whether it was set, and whoever attached is to be woken.
    pub fn clear_jobctl_trapping(&mut self) -> bool {
        let was = self.jobctl.contains(JobCtl::TRAPPING);
        self.jobctl.remove(JobCtl::TRAPPING);
        was
    }

    /// `task_set_jobctl_pending`: not for the dying.
    pub fn set_jobctl_pending(&mut self, mask: JobCtl) -> bool {
        if self.sigpending() && self.fatal_signal_pending() || self.flags.contains(Pf::EXITING) {
            return false;
        }
        if mask.intersects(JobCtl::STOP_SIGMASK) {
            self.jobctl.remove(JobCtl::STOP_SIGMASK);
        }
        self.jobctl |= mask;
        true
    }
}
