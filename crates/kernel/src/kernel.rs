//! The state of everything, and how a task is looked up, woken and made.

use crate::access::{Caller, Dumpable, Family, Rules, Scope, Target, Yama};
use crate::call::Output;
use crate::cred::{Caps, Cred, UserNamespaces, UserNs};
use crate::effect::Effect;
use crate::jobctl::JobCtl;
use crate::machine::{DebugRegs, Machine};
use crate::siginfo::SigPending;
use crate::sigset::SigSet;
use crate::task::{
    ExitState, Frame, Group, GroupId, Mm, MmId, Pf, Pt, SigAction, SignalFlags, State, Task, TaskId, Tif,
    User,
};
use lariat_abi::{Options, Tid};
use std::sync::Arc;

/// The kernel: every task, and what they share.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Kernel<M> {
    /// Tasks by place; a released one leaves a hole that is filled again.
    tasks: Vec<Option<Box<Task>>>,
    groups: Vec<Option<Box<Group>>>,
    mms: Vec<Option<Mm>>,
    /// Who may have something to do: a bit for each place.
    ready: Vec<u64>,
    next_pid: i32,
    /// User namespaces.
    pub user_namespaces: UserNamespaces,
    /// The Yama security module, if the kernel has it.
    pub yama: Option<Yama>,
    /// Whether the kernel has `CONFIG_CHECKPOINT_RESTORE`, which SUSPEND_SECCOMP wants.
    pub checkpoint_restore: bool,
    /// Whether the first process is the machine's, or only one that orphans come to: a child of the former does not
    /// keep its process group from being an orphan.
    pub global_init: bool,
    /// Memory and registers.
    pub machine: M,
    pub(crate) effects: Vec<Effect>,
    /// The step is over, though the task could go on.
    over: bool,
}

impl<M: Machine> Kernel<M> {
    /// The first process's place.
    pub const INIT: TaskId = TaskId(0);

    /// A kernel with one process, number 1: the one that orphans come to.
    pub fn new(machine: M, cred: Cred) -> Self {
        let mut kernel = Self {
            tasks: Vec::new(),
            groups: Vec::new(),
            mms: Vec::new(),
            ready: Vec::new(),
            next_pid: 1,
            user_namespaces: UserNamespaces::default(),
            yama: None,
            checkpoint_restore: true,
            global_init: true,
            machine,
            effects: Vec::new(),
            over: false,
        };
        let mm = kernel.add_mm(Mm { dumpable: Dumpable::User, user_ns: UserNs::INIT });
        kernel.machine.new_mm(mm);
        let group = kernel.add_group(1, 1, 1, [SigAction::default(); 64]);
        let pid = kernel.take_pid();
        let task = kernel.add_task(blank_task(pid, group, Some(mm), Self::INIT, Arc::new(cred)));
        kernel.group_mut(group).threads.push(task);
        kernel
    }

    /// The task at this place.
    ///
    /// # Panics
    /// It has been released.
    #[must_use]
    pub fn task(&self, id: TaskId) -> &Task {
        self.tasks[id.0 as usize].as_ref().expect("a task that is not released")
    }

    pub(crate) fn task_mut(&mut self, id: TaskId) -> &mut Task {
        self.tasks[id.0 as usize].as_mut().expect("a task that is not released")
    }

    /// The task at this place, unless it has been released.
    #[must_use]
    pub fn get(&self, id: TaskId) -> Option<&Task> {
        self.tasks.get(id.0 as usize)?.as_deref()
    }

    /// A task's thread group.
    #[must_use]
    pub fn group_of(&self, id: TaskId) -> &Group {
        self.group(self.task(id).group)
    }

    pub(crate) fn group(&self, id: GroupId) -> &Group {
        self.groups[id.0 as usize].as_ref().expect("a group with tasks")
    }

    pub(crate) fn group_mut(&mut self, id: GroupId) -> &mut Group {
        self.groups[id.0 as usize].as_mut().expect("a group with tasks")
    }

    pub(crate) fn group_of_mut(&mut self, id: TaskId) -> &mut Group {
        self.group_mut(self.task(id).group)
    }

    pub(crate) fn mm(&self, id: MmId) -> &Mm {
        self.mms[id.0 as usize].as_ref().expect("an address space in use")
    }

    pub(crate) fn mm_mut(&mut self, id: MmId) -> &mut Mm {
        self.mms[id.0 as usize].as_mut().expect("an address space in use")
    }

    /// Every task that is not released, by place.
    pub fn tasks(&self) -> impl Iterator<Item = (TaskId, &Task)> {
        self.tasks.iter().enumerate().filter_map(|(at, task)| Some((TaskId(at as u32), task.as_deref()?)))
    }

    /// `find_task_by_vpid`: the task of this number.
    #[must_use]
    pub fn find(&self, pid: i32) -> Option<TaskId> {
        self.tasks().find(|(_, task)| task.pid == pid).map(|(id, _)| id)
    }

    /// The number the next new task gets.
    #[must_use]
    pub const fn next_pid(&self) -> i32 {
        self.next_pid
    }

    /// `/proc/sys/kernel/ns_last_pid`: what the number of the next task follows.
    pub const fn set_ns_last_pid(&mut self, pid: i32) {
        self.next_pid = pid + 1;
    }

    pub(crate) fn take_pid(&mut self) -> i32 {
        self.next_pid += 1;
        self.next_pid - 1
    }

    pub(crate) fn add_task(&mut self, task: Task) -> TaskId {
        let id = TaskId(place(&mut self.tasks, Box::new(task)));
        self.ready.resize(self.tasks.len().div_ceil(64), 0);
        id
    }

    pub(crate) fn add_group(&mut self, tgid: i32, pgid: i32, sid: i32, action: [SigAction; 64]) -> GroupId {
        let leader = TaskId(self.tasks.iter().position(Option::is_none).unwrap_or(self.tasks.len()) as u32);
        GroupId(place(
            &mut self.groups,
            Box::new(Group {
                tgid,
                pgid,
                sid,
                threads: Vec::new(),
                leader,
                action,
                shared_pending: SigPending::default(),
                curr_target: leader,
                flags: SignalFlags::empty(),
                group_exit_code: 0,
                group_stop_count: 0,
                group_exec_task: None,
                live: 1,
                quick_threads: 1,
                notify_count: 0,
                child_subreaper: false,
                self_exec_id: 0,
                sigpending_limit: 1024,
            }),
        ))
    }

    pub(crate) fn add_mm(&mut self, mm: Mm) -> MmId {
        MmId(place(&mut self.mms, mm))
    }

    /// The address space goes with its last user.
    pub(crate) fn put_mm(&mut self, mm: MmId) {
        if !self.tasks().any(|(_, task)| task.mm == Some(mm)) {
            self.mms[mm.0 as usize] = None;
        }
    }

    pub(crate) fn remove_task(&mut self, id: TaskId) {
        self.ready[id.0 as usize / 64] &= !(1 << (id.0 % 64));
        self.tasks[id.0 as usize] = None;
    }

    pub(crate) fn remove_group(&mut self, id: GroupId) {
        self.groups[id.0 as usize] = None;
    }

    /// `same_thread_group`.
    #[must_use]
    pub fn same_thread_group(&self, a: TaskId, b: TaskId) -> bool {
        self.task(a).group == self.task(b).group
    }

    /// `thread_group_leader`.
    #[must_use]
    pub fn is_leader(&self, id: TaskId) -> bool {
        self.task(id).exit_signal >= 0
    }

    /// `thread_group_empty`: no other task of its group is left.
    #[must_use]
    pub fn thread_group_empty(&self, id: TaskId) -> bool {
        self.group_of(id).threads.len() <= 1
    }

    /// `ptrace_reparented`: traced, and not by its real parent's process.
    #[must_use]
    pub fn ptrace_reparented(&self, id: TaskId) -> bool {
        let task = self.task(id);
        !self.same_thread_group(task.real_parent, task.parent)
    }

    /// `fatal_signal_pending`.
    #[must_use]
    pub fn fatal_signal_pending(&self, id: TaskId) -> bool {
        let task = self.task(id);
        task.sigpending() && task.fatal_signal_pending()
    }

    /// `capable`: in the first user namespace.
    #[must_use]
    pub fn capable(&self, id: TaskId, cap: u32) -> bool {
        self.user_namespaces.capable(&self.task(id).cred, UserNs::INIT, cap)
    }

    /// `ptracer_capable`: whether whoever traces it had `CAP_SYS_PTRACE` over this namespace when they attached.
    #[must_use]
    pub fn ptracer_capable(&self, id: TaskId, ns: UserNs) -> bool {
        let cred = self.task(id).ptracer_cred.as_deref();
        cred.is_some_and(|cred| self.user_namespaces.capable(cred, ns, Caps::SYS_PTRACE))
    }

    /// The rules of access, over these tasks.
    pub(crate) fn rules(&self) -> Rules<'_, Self> {
        let yama = match &self.yama {
            Some(yama) => yama,
            None => &NO_YAMA,
        };
        Rules { user_namespaces: &self.user_namespaces, yama, family: self }
    }

    pub(crate) fn caller(&self, id: TaskId) -> Caller<'_> {
        Caller { cred: &self.task(id).cred, tgid: Tid::new(self.group_of(id).tgid) }
    }

    pub(crate) fn target(&self, id: TaskId) -> Target<'_> {
        let task = self.task(id);
        let mm = task.mm.map(|mm| self.mm(mm));
        Target {
            cred: &task.cred,
            tgid: Tid::new(self.group_of(id).tgid),
            mm: mm.map(|mm| crate::access::Mm { dumpable: mm.dumpable, user_ns: mm.user_ns }),
            user_dumpable: task.user_dumpable,
            kernel_thread: task.flags.contains(Pf::KTHREAD),
            exiting: task.exit_state != ExitState::Alive,
            tracer: task.is_ptraced().then(|| Tid::new(self.group_of(task.parent).tgid)),
        }
    }

    // Waking.

    /// Makes the task run when its turn comes, if it sleeps in one of these states; or if it runs in user mode, where
    /// it looks at its flags at once (`kick_process`).
    pub(crate) fn wake_up_state(&mut self, id: TaskId, states: &[State]) -> bool {
        let task = self.task_mut(id);
        let woken = states.contains(&task.state);
        if woken {
            task.state = State::Running;
        }
        if self.task(id).state == State::Running {
            self.mark_ready(id);
        }
        woken
    }

    pub(crate) fn mark_ready(&mut self, id: TaskId) {
        self.ready[id.0 as usize / 64] |= 1 << (id.0 % 64);
    }

    /// `signal_wake_up_state`.
    fn signal_wake_up_state(&mut self, id: TaskId, states: &[State]) {
        self.task_mut(id).tif.insert(Tif::SIGPENDING);
        let mut all = [State::Interruptible; 4];
        all[1..=states.len()].copy_from_slice(states);
        self.wake_up_state(id, &all[..=states.len()]);
    }

    /// `signal_wake_up`: there is a signal to look at; a fatal one ends stops, unless a request is at work.
    pub(crate) fn signal_wake_up(&mut self, id: TaskId, fatal: bool) {
        let task = self.task_mut(id);
        if fatal && !task.jobctl.contains(JobCtl::PTRACE_FROZEN) {
            task.jobctl.remove(JobCtl::STOPPED | JobCtl::TRACED);
            // TASK_WAKEKILL is part of what the kernel calls stopped and killable.
            self.signal_wake_up_state(id, &[State::Killable, State::Stopped, State::Traced]);
        } else {
            self.signal_wake_up_state(id, &[]);
        }
    }

    /// `ptrace_signal_wake_up`: there is a trap to enter; `resume` ends the one it is in.
    pub(crate) fn ptrace_signal_wake_up(&mut self, id: TaskId, resume: bool) {
        if resume {
            self.task_mut(id).jobctl.remove(JobCtl::TRACED);
            self.signal_wake_up_state(id, &[State::Traced]);
        } else {
            self.signal_wake_up_state(id, &[]);
        }
    }

    /// Wakes whoever waits in `ptrace_attach` for this task's `JOBCTL_TRAPPING` to be cleared.
    pub(crate) fn wake_trapping(&mut self, id: TaskId) {
        let tracer = self.task(id).parent;
        if self.task(tracer).frame == Frame::AttachWait(id) {
            self.wake_up_state(tracer, &[State::Killable]);
        }
    }

    /// `task_clear_jobctl_pending`, with the wake-up.
    pub(crate) fn clear_jobctl_pending(&mut self, id: TaskId, mask: JobCtl) {
        if self.task_mut(id).clear_jobctl_pending(mask) {
            self.wake_trapping(id);
        }
    }

    /// `recalc_sigpending_tsk`: sets `TIF_SIGPENDING` if there is something, and never clears it.
    pub(crate) fn recalc_sigpending_tsk(&mut self, id: TaskId) -> bool {
        let shared = self.group_of(id).shared_pending.signal;
        let task = self.task_mut(id);
        let any = task.jobctl.intersects(JobCtl::PENDING_MASK)
            || !task.pending.signal.or(shared).without(task.blocked).is_empty();
        if any {
            task.tif.insert(Tif::SIGPENDING);
        }
        any
    }

    /// `recalc_sigpending`.
    pub(crate) fn recalc_sigpending(&mut self, id: TaskId) {
        if !self.recalc_sigpending_tsk(id) {
            self.task_mut(id).tif.remove(Tif::SIGPENDING);
        }
    }

    // Running.

    /// The tasks that have something to do, by place.
    pub fn runnable(&self) -> impl Iterator<Item = TaskId> {
        self.ready.iter().enumerate().flat_map(|(at, &word)| {
            (0..64).filter(move |bit| word >> bit & 1 != 0).map(move |bit| TaskId((at * 64 + bit) as u32))
        })
    }

    /// Lets every task run until none has anything to do. Returns how many steps that took.
    pub fn run(&mut self) -> usize {
        let mut steps = 0;
        while let Some(at) = self.ready.iter().position(|&word| word != 0) {
            let id = TaskId((at * 64) as u32 + self.ready[at].trailing_zeros());
            self.step(id);
            steps += 1;
        }
        steps
    }

    /// Lets one task run until it sleeps, stops, dies, or is in user mode with nothing to do. One step of the model:
    /// nothing comes between.
    pub fn step(&mut self, id: TaskId) {
        self.ready[id.0 as usize / 64] &= !(1 << (id.0 % 64));
        self.over = false;
        while self.get(id).is_some_and(|task| task.state == State::Running) && self.advance(id) && !self.over
        {
        }
    }

    /// Ends the step here: somebody has been woken who may be quicker than the rest of this.
    pub(crate) fn let_others_run(&mut self, id: TaskId, rest: Frame) {
        self.task_mut(id).frame = rest;
        self.over = true;
        self.mark_ready(id);
    }

    /// What has happened since the last call, in order.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    pub(crate) fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }
}

/// Refuses nothing.
static NO_YAMA: Yama = Yama::new(Scope::Disabled);

impl<M: Machine> Family for Kernel<M> {
    fn group_leader(&self, task: Tid) -> Option<Tid> {
        Some(Tid::new(self.group_of(self.find(task.as_raw())?).tgid))
    }

    fn real_parent(&self, leader: Tid) -> Option<Tid> {
        let id = self.find(leader.as_raw())?;
        (id != Self::INIT).then(|| Tid::new(self.task(self.task(id).real_parent).pid))
    }
}

/// Puts a thing into the first hole.
fn place<T>(table: &mut Vec<Option<T>>, thing: T) -> u32 {
    let at = table.iter().position(Option::is_none).unwrap_or_else(|| {
        table.push(None);
        table.len() - 1
    });
    table[at] = Some(thing);
    at as u32
}

/// A task in user mode with nothing to do.
pub(crate) fn blank_task(
    pid: i32,
    group: GroupId,
    mm: Option<MmId>,
    parent: TaskId,
    cred: Arc<Cred>,
) -> Task {
    Task {
        pid,
        group,
        mm,
        real_parent: parent,
        parent,
        children: Vec::new(),
        ptraced: Vec::new(),
        ptrace: Pt::empty(),
        options: Options::empty(),
        ptracer_cred: None,
        ptrace_message: 0,
        last_siginfo: None,
        exit_code: 0,
        exit_signal: 17,
        parent_exec_id: 0,
        pdeath_signal: 0,
        exit_state: ExitState::Alive,
        state: State::Running,
        jobctl: JobCtl::empty(),
        flags: Pf::empty(),
        tif: Tif::empty(),
        pending: SigPending::default(),
        blocked: SigSet::EMPTY,
        real_blocked: SigSet::EMPTY,
        saved_sigmask: None,
        cred,
        user_dumpable: false,
        personality: 0,
        no_new_privs: false,
        vfork_parent: None,
        seccomp: Vec::new(),
        debug: DebugRegs::default(),
        bases: [0; 2],
        frame: Frame::User,
        call: None,
        orig_ax: -1,
        ax: 0,
        output: Output::None,
        user: User::Idle,
        sigframes: Vec::new(),
    }
}
