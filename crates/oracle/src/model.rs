//! A script on the model.

use crate::op::{Addr, Data, Op, Plain, Who};
use crate::script::{Script, Step};
use crate::sight::{Outcome, Seen, Sight};
use lariat_abi::{Request, Signal};
use lariat_kernel::call::{Call, Input, WaitFor};
use lariat_kernel::cred::{Caps, Cred};
use lariat_kernel::effect::Effect;
use lariat_kernel::machine::{Simulated, Touch};
use lariat_kernel::seccomp::Rule;
use lariat_kernel::task::{ExitState, SigAction, State, User};
use lariat_kernel::{Kernel, SigInfo, SigSet, TaskId};
use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// How many ends of a step are looked for.
const MAX_COURSES: usize = 200;

/// The number of `nobody`: beyond `PID_MAX_LIMIT`, so that no machine has it.
pub const NOBODY: i32 = 5_000_000;

/// A named task.
#[derive(Debug, Clone)]
struct Named {
    name: String,
    /// Its number; 0 until there is one.
    pid: i32,
    /// Who is to make it.
    maker: String,
    gone: bool,
    outcome: Option<Outcome>,
    handled: Vec<SigInfo>,
}

/// The model's stage.
#[derive(Debug, Clone)]
pub struct Model {
    kernel: Kernel<Simulated>,
    named: Vec<Named>,
    /// What has happened, each with the number of the step it happened in; 0 is before the first.
    log: Vec<(usize, Effect)>,
    step: usize,
    /// Who ran in the last step.
    stirred: Vec<i32>,
}

/// Why a step cannot be played.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct PlayError {
    /// The line.
    pub line: usize,
    /// Why.
    pub what: String,
}

impl Model {
    /// The stage with the script's first tasks, of a user.
    #[must_use]
    pub fn new(script: &Script, cred: Cred) -> Self {
        let user = !cred.effective.has(Caps::SYS_ADMIN);
        let mut kernel = Kernel::new(Simulated::default(), cred);
        // The real stage's init is a subreaper among others.
        kernel.global_init = false;
        kernel.enter(Kernel::<Simulated>::INIT, Call::SetSubreaper(true));
        kernel.run();
        if user {
            // As the real ones: otherwise they may not install a seccomp filter.
            kernel.enter(Kernel::<Simulated>::INIT, Call::SetNoNewPrivs);
            kernel.run();
        }
        // Small numbers are left to event messages that are no tasks.
        kernel.set_ns_last_pid(99);
        let init = Named {
            name: "init".into(),
            pid: 1,
            maker: String::new(),
            gone: false,
            outcome: None,
            handled: Vec::new(),
        };
        let mut model = Self { kernel, named: vec![init], log: Vec::new(), step: 0, stirred: Vec::new() };
        for name in &script.actors {
            model.begin("init", &Op::Clone(name.clone(), lariat_kernel::call::CloneFlags::empty(), 17));
            // A job of their own: what befalls their process group is not to befall init.
            model.begin(name, &Op::SetPgid(Who::Task(script.actors[0].clone())));
        }
        model.named.iter_mut().for_each(|named| named.outcome = None);
        model
    }

    /// The kernel.
    #[must_use]
    pub const fn kernel(&self) -> &Kernel<Simulated> {
        &self.kernel
    }

    /// Changes what the script cannot: Yama's scope, or what the kernel was built with.
    pub fn configure(&mut self, change: impl FnOnce(&mut Kernel<Simulated>)) {
        change(&mut self.kernel);
    }

    /// What has happened, with the number of the step.
    #[must_use]
    pub fn log(&self) -> &[(usize, Effect)] {
        &self.log
    }

    /// The names there are, in order of appearance; init is the first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.named.iter().map(|named| &*named.name)
    }

    /// The number of a name's task, also of one that is gone; `None`: it has never had one.
    #[must_use]
    pub fn pid(&self, name: &str) -> Option<i32> {
        self.named.iter().find(|named| named.name == name).map(|named| named.pid).filter(|pid| *pid != 0)
    }

    /// Whether the script has named such a task.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.named.iter().any(|named| named.name == name)
    }

    /// What a number is called.
    #[must_use]
    pub fn name_of(&self, pid: i32) -> String {
        // A number may have gone over to another name.
        let known =
            self.named.iter().filter(|named| named.pid == pid && pid != 0).max_by_key(|named| !named.gone);
        known
            .map_or_else(|| if pid == NOBODY { "nobody".into() } else { pid.to_string() }, |n| n.name.clone())
    }

    fn task(&self, name: &str) -> Option<TaskId> {
        let named = self.named.iter().find(|named| named.name == name && !named.gone)?;
        self.kernel.find(named.pid)
    }

    /// Whether the task can do something.
    #[must_use]
    pub fn is_idle(&self, name: &str) -> bool {
        self.task(name).is_some_and(|id| self.kernel.task(id).is_idle())
    }

    /// Plays a step, until nothing moves any more. Of several possible courses, one.
    ///
    /// # Errors
    /// The task is not there, or is not idle.
    pub fn play(&mut self, step: &Step) -> Result<(), PlayError> {
        self.admit(step)?;
        self.begin(&step.actor, &step.op);
        Ok(())
    }

    /// Plays a step in every order in which the tasks can go on, and gives each different end once: what a kernel with
    /// several processors may come to.
    ///
    /// # Errors
    /// The task is not there, or is not idle.
    pub fn courses(&self, step: &Step) -> Result<Vec<Self>, PlayError> {
        let mut start = self.clone();
        start.admit(step)?;
        start.start(&step.actor, &step.op);
        let mut ends: Vec<Self> = Vec::new();
        let mut seen = HashSet::new();
        let mut open = vec![start];
        while let Some(model) = open.pop() {
            let runnable: Vec<TaskId> = model.kernel.runnable().collect();
            if runnable.is_empty() {
                ends.push(model);
            } else if ends.len() < MAX_COURSES {
                // The order that `run` takes is looked at first.
                for &id in runnable.iter().rev() {
                    let mut next = model.clone();
                    next.stirred.push(next.kernel.task(id).pid);
                    next.kernel.step(id);
                    next.take_note();
                    if seen.insert(next.fingerprint()) {
                        open.push(next);
                    }
                }
            }
        }
        Ok(ends)
    }

    /// The state, and what has been seen of it.
    pub(crate) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.kernel.hash(&mut hasher);
        for named in &self.named {
            (named.pid, named.gone, &named.outcome, &named.handled).hash(&mut hasher);
        }
        hasher.finish()
    }

    fn admit(&mut self, step: &Step) -> Result<(), PlayError> {
        if !self.is_idle(&step.actor) {
            let seen = self.sight(&step.actor).map_or(Seen::Gone, |sight| sight.seen);
            let what = format!("{} cannot do this now: it {}", step.actor, seen.predicate());
            return Err(PlayError { line: step.line, what });
        }
        if matches!(step.op, Op::Kill(Who::Group, 1..)) && self.shares_group_of_init(&step.actor) {
            let what =
                "the process group is init's too, which must live: call setsid or setpgid first".into();
            return Err(PlayError { line: step.line, what });
        }
        self.step += 1;
        self.stirred.clear();
        Ok(())
    }

    fn shares_group_of_init(&self, name: &str) -> bool {
        let group = |id| self.kernel.group_of(id).pgid;
        self.task(name).is_some_and(|id| group(id) == group(Kernel::<Simulated>::INIT))
    }

    fn begin(&mut self, actor: &str, op: &Op) {
        self.start(actor, op);
        self.kernel.run();
        self.take_note();
    }

    fn start(&mut self, actor: &str, op: &Op) {
        let Some(id) = self.task(actor) else { return };
        let user = self.translate(id, op);
        if let Some(name) = op.makes() {
            self.named.push(Named {
                name: name.into(),
                pid: 0,
                maker: actor.into(),
                gone: true,
                outcome: None,
                handled: Vec::new(),
            });
        }
        if let Some(named) = self.named.iter_mut().find(|named| named.name == actor) {
            named.outcome = None;
        }
        self.kernel.act_in_user_mode(id, user);
    }

    fn take_note(&mut self) {
        for effect in self.kernel.take_effects() {
            self.note(effect);
        }
    }

    fn note(&mut self, effect: Effect) {
        match &effect {
            Effect::Returned { pid, result, output, .. } => {
                let outcome = Outcome { value: *result, output: output.clone() };
                if let Some(named) = self.named.iter_mut().find(|named| named.pid == *pid && !named.gone) {
                    named.outcome = Some(outcome);
                }
            }
            Effect::Handled { pid, info } => {
                if let Some(named) = self.named.iter_mut().find(|named| named.pid == *pid && !named.gone) {
                    named.handled.push(*info);
                }
            }
            Effect::Cloned { pid, child, .. } => {
                let maker = self.name_of(*pid);
                let waits = |named: &&mut Named| named.pid == 0 && named.maker == maker;
                if let Some(named) = self.named.iter_mut().rev().find(waits) {
                    named.pid = *child;
                    named.gone = false;
                }
            }
            Effect::Released { pid } => {
                if let Some(named) = self.named.iter_mut().find(|named| named.pid == *pid && !named.gone) {
                    named.gone = true;
                }
            }
            Effect::Executed { pid, from } if pid != from => {
                for named in &mut self.named {
                    if named.pid == *from {
                        named.pid = *pid;
                        named.gone = false;
                    } else if named.pid == *pid {
                        named.gone = true;
                    }
                }
            }
            _ => {}
        }
        self.log.push((self.step, effect));
    }

    /// The tasks that ran in the last step, other than the one that made it, and now run on in user mode.
    pub(crate) fn stirred(&self) -> impl Iterator<Item = &str> {
        let idle = |named: &&Named| self.is_idle(&named.name);
        self.named
            .iter()
            .filter(idle)
            .filter(|named| self.stirred.contains(&named.pid))
            .map(|named| &*named.name)
    }

    /// The signals that a task does not block and that wait for it or its process.
    #[must_use]
    pub fn unblocked_signals(&self, name: &str) -> SigSet {
        let Some(id) = self.task(name) else { return SigSet::EMPTY };
        let task = self.kernel.task(id);
        task.pending.signal.or(self.kernel.group_of(id).shared_pending.signal).without(task.blocked)
    }

    /// What can be seen of a task; `None`: there is no such name yet.
    #[must_use]
    pub fn sight(&self, name: &str) -> Option<Sight> {
        let named = self.named.iter().find(|named| named.name == name)?;
        let seen = match self.task(name).map(|id| self.kernel.task(id)) {
            None => Seen::Gone,
            Some(task) if task.exit_state == ExitState::Zombie => Seen::Zombie,
            Some(task) => match task.state {
                State::Running => Seen::Idle,
                State::Interruptible => Seen::Asleep,
                State::Killable => Seen::Waiting,
                State::Stopped => Seen::Stopped,
                State::Traced => Seen::Traced,
                State::Dead => Seen::Gone,
            },
        };
        Some(Sight { seen, outcome: named.outcome.clone(), handled: named.handled.clone() })
    }

    fn number(&self, name: &str) -> i32 {
        self.pid(name).unwrap_or(NOBODY)
    }

    fn whom(&self, who: &Who) -> WaitFor {
        match who {
            Who::Any => WaitFor::Any,
            Who::Group => WaitFor::Group(0),
            Who::Task(name) => WaitFor::Pid(self.number(name)),
            Who::PGroup(name) => WaitFor::Group(self.number(name)),
            Who::PidFd(name) => WaitFor::PidFd { pid: self.number(name), nonblock: false },
        }
    }

    fn translate(&self, id: TaskId, op: &Op) -> User {
        let tgid = |name: &str| {
            self.task(name).map_or_else(|| self.number(name), |task| self.kernel.group_of(task).tgid)
        };
        User::Call(match op {
            Op::Look | Op::Handled => return User::Idle,
            Op::Int3 => return User::Breakpoint,
            Op::Store(at) => return User::Touch(Touch::Write(Simulated::MAPPED.start + at)),
            Op::Load(at) => return User::Touch(Touch::Read(Simulated::MAPPED.start + at)),
            Op::Clone(_, flags, exit_signal) => Call::Clone { flags: *flags, exit_signal: *exit_signal },
            Op::Exec => Call::Exec,
            Op::Exit(code) => Call::Exit(*code),
            Op::ExitGroup(code) => Call::ExitGroup(*code),
            Op::Kill(Who::Task(name) | Who::PidFd(name), sig) => Call::Kill(self.number(name), *sig),
            Op::Kill(Who::PGroup(name), sig) => Call::Kill(-self.number(name), *sig),
            Op::Kill(Who::Group, sig) => Call::Kill(0, *sig),
            Op::Kill(Who::Any, sig) => Call::Kill(-1, *sig),
            Op::Tgkill(name, sig) => Call::Tgkill(tgid(name), self.number(name), *sig),
            Op::SigQueue(name, sig, value) => {
                // The sender may claim any user id: 0.
                let own = self.kernel.group_of(id).tgid;
                let info = SigInfo { value: *value, ..SigInfo::user(sig.as_raw(), -1, own, 0) };
                Call::SigQueue(self.number(name), sig.as_raw() as u64, info)
            }
            Op::SigAction(sig, handler, flags) => Call::SigAction(
                sig.as_raw(),
                SigAction { handler: *handler, flags: *flags, mask: SigSet::EMPTY },
            ),
            Op::Mask(how, list) => Call::SigProcMask(*how, set(list)),
            Op::Plain(Plain::Getppid) => {
                let task = self.kernel.task(id);
                let result = self.kernel.group_of(task.real_parent).tgid.into();
                Call::Plain { nr: 110, result }
            }
            Op::Plain(Plain::Pause) => Call::Pause,
            Op::Plain(Plain::Read) => Call::Read,
            Op::Plain(Plain::NanoSleep) => Call::NanoSleep,
            Op::Plain(Plain::EpollWait) => Call::EpollWait,
            Op::SigSuspend(list) => Call::SigSuspend(set(list)),
            Op::SigTimedWait(list) => Call::SigTimedWait(set(list)),
            Op::Wait4(who, flags) => Call::Wait4(self.whom(who), *flags),
            Op::WaitId(who, flags) => Call::WaitId(self.whom(who), *flags),
            Op::SetPgid(Who::Task(name)) => Call::SetPgid(self.number(name)),
            Op::SetPgid(_) => Call::SetPgid(0),
            Op::SetSid => Call::SetSid,
            Op::SetUid(uid) => Call::SetUid(*uid),
            Op::Personality(new) => Call::Personality(*new),
            Op::Dumpable(value) => Call::SetDumpable(*value),
            Op::Subreaper => Call::SetSubreaper(true),
            Op::Pdeathsig(sig) => Call::SetPdeathsig(sig.as_raw()),
            Op::Ptracer(None) => Call::SetPtracer(0),
            Op::Ptracer(Some(Who::Task(name))) => Call::SetPtracer(self.number(name)),
            Op::Ptracer(Some(_)) => Call::SetPtracer(-1),
            Op::Seccomp(verdict) => Call::Seccomp(Rule { nr: 110, verdict: *verdict }),
            Op::Ptrace(request, who, data) => self.request(*request, who.as_deref(), data),
        })
    }

    fn request(&self, request: Request, who: Option<&str>, data: &Data) -> Call {
        let pid = who.map_or(0, |name| self.number(name));
        let (addr, word, input) = match data {
            Data::None => (0, 0, Input::None),
            Data::Signal(sig) => (0, *sig, Input::None),
            Data::Options(bits) => (0, *bits, Input::None),
            Data::Seize(addr, bits) => (*addr, *bits, Input::None),
            Data::Index(index) => (*index, 0, Input::None),
            Data::User(at, value) => (*at, value.as_ref().map_or(0, address), Input::None),
            Data::Memory(at, value) => (address(at), value.unwrap_or(0), Input::None),
            Data::Mask(list) => (8, 0, Input::Mask(set(list))),
            Data::SigInfo(signo, code) => (0, 0, Input::SigInfo(SigInfo::user(*signo, *code, 0, 0))),
            Data::Peek(off, nr, shared) => {
                (0, 0, Input::Peek { off: *off, flags: (*shared).into(), nr: *nr })
            }
            Data::Size(u64::MAX) if request == Request::GetSigMask => (8, 0, Input::None),
            Data::Size(u64::MAX) => (88, 0, Input::None),
            Data::Size(size) => (*size, 0, Input::None),
            Data::RegSet(kind, length) => (*kind, 0, Input::IoVec(Some(*length))),
        };
        Call::Ptrace { request, pid, addr, data: word, input }
    }
}

const fn address(at: &Addr) -> u64 {
    match at {
        Addr::Mem(at) => Simulated::MAPPED.start + *at,
        Addr::Absolute(at) => *at,
    }
}

fn set(list: &[Signal]) -> SigSet {
    SigSet::of(list)
}
