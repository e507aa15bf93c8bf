//! A script on the running kernel: real processes do what it says.

use crate::model::NOBODY;
use crate::op::{Addr, Data, Op, Plain, Who};
use crate::script::Step;
use crate::sight::{Outcome, Seen, Sight};
use lariat_abi::{Request, Signal};
use lariat_host::puppet::{Command, Disposition, Idle, Slot, Stage, State};
use lariat_kernel::call::{How, Output, SyscallReport, WaitFlags};
use lariat_kernel::cred::Caps;
use lariat_kernel::seccomp::Verdict;
use lariat_kernel::task::Handler;
use lariat_kernel::{SigInfo, SigSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Why the real stage cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RealError {
    /// No actors, or one that does not listen.
    #[error("real processes: {0}")]
    Stage(#[from] lariat_host::Error),
    /// One does not answer.
    #[error("{0} does not come to do what it is told")]
    Silent(String),
}

/// A named actor.
#[derive(Debug)]
struct Actor {
    name: String,
    slot: Slot,
    op: Option<Op>,
}

/// The real stage.
#[derive(Debug)]
pub struct Real {
    stage: Stage,
    actors: Vec<Actor>,
    /// Real numbers and the model's.
    numbers: Vec<(i32, i32)>,
    /// Descriptors that every actor has: of a pipe that stays empty, and of an epoll(7) that knows nothing.
    pipe: u64,
    epoll: u64,
    /// Those that spin would keep each other's from the processors: one stage of them at a time. It goes last.
    _alone: Option<MutexGuard<'static, ()>>,
}

/// Held by the stage whose actors spin.
static SPINNING: Mutex<()> = Mutex::new(());

/// Where in an actor's buffer calls find and leave things.
const SECOND: usize = 1024;

impl Real {
    /// The stage with the script's first tasks, which have these numbers in the model.
    ///
    /// # Errors
    /// See [`RealError`].
    pub fn new(spin: bool, actors: &[(String, i32)]) -> Result<Self, RealError> {
        // Whoever panicked with it has left nothing half done.
        let alone = spin.then(|| SPINNING.lock().unwrap_or_else(PoisonError::into_inner));
        let stage = Stage::new(if spin { Idle::Spin } else { Idle::Sleep })?;
        let init = Actor { name: "init".into(), slot: Slot::INIT, op: None };
        stage.call(Slot::INIT, 293, [stage.buffer(Slot::INIT).as_raw(), 0])?;
        let pipe = u64::from(stage.read_buffer(Slot::INIT, 0, 1)[0]);
        let epoll = stage.call(Slot::INIT, 291, [0])? as u64;
        let mut real = Self { stage, actors: vec![init], numbers: Vec::new(), pipe, epoll, _alone: alone };
        real.learn("init", 1);
        // A session of its own: the group of whoever calls us is not ours.
        real.stage.call::<0>(Slot::INIT, 112, [])?;
        if !crate::compare::own_cred().effective.has(Caps::SYS_ADMIN) {
            // PR_SET_NO_NEW_PRIVS: without it a user may not install a seccomp filter.
            real.stage.call(Slot::INIT, 157, [38, 1, 0, 0, 0])?;
        }
        let mut first = None;
        for (name, number) in actors {
            let slot = real.new_slot(name);
            let first = *first.get_or_insert(slot);
            real.stage.run(Slot::INIT, Command::fork(slot))?;
            real.learn(name, *number);
            let job = real.stage.tid(first).map_or(0, |tid| tid.as_raw());
            real.stage.call(slot, 109, [0, job as u64])?;
        }
        Ok(real)
    }

    fn new_slot(&mut self, name: &str) -> Slot {
        let slot = Slot::new(self.actors.len()).unwrap_or(Slot::INIT);
        self.actors.push(Actor { name: name.into(), slot, op: None });
        slot
    }

    /// Notes what number a name has here and there.
    pub fn learn(&mut self, name: &str, model: i32) {
        if let Some(tid) = self.slot(name).and_then(|slot| self.stage.tid(slot)) {
            self.numbers.push((tid.as_raw(), model));
        }
    }

    /// Whether the number of a task is known here.
    #[must_use]
    pub fn knows(&self, model: i32) -> bool {
        self.numbers.iter().any(|&(_, number)| number == model)
    }

    fn slot(&self, name: &str) -> Option<Slot> {
        self.actors.iter().find(|actor| actor.name == name).map(|actor| actor.slot)
    }

    fn to_model(&self, real: i32) -> i32 {
        self.numbers.iter().rev().find(|(number, _)| *number == real).map_or(real, |(_, model)| *model)
    }

    fn to_real(&self, model: i32) -> i32 {
        self.numbers.iter().rev().find(|(_, number)| *number == model).map_or(NOBODY, |(real, _)| *real)
    }

    /// Has a task do what a step says; `number` tells the model's numbers of names.
    ///
    /// # Errors
    /// See [`RealError`].
    pub fn begin(&mut self, step: &Step, number: impl Fn(&str) -> i32) -> Result<(), RealError> {
        let slot = self.slot(&step.actor).ok_or_else(|| RealError::Silent(step.actor.clone()))?;
        if step.op.is_look() {
            return Ok(());
        }
        if let Op::WaitId(Who::PidFd(name), _) = &step.op {
            let pid = self.to_real(number(name));
            let fd = self.stage.call(slot, 434, [pid as u64, 0])?;
            self.stage.write_buffer(slot, SECOND, &fd.to_ne_bytes());
        }
        let new = step.op.makes().map(|name| self.new_slot(name));
        let command = self.command(slot, &step.op, new, &|name| self.to_real(number(name)));
        if let Some(actor) = self.actors.iter_mut().find(|actor| actor.name == step.actor) {
            actor.op = Some(step.op.clone());
        }
        self.stage.command(slot, command)?;
        Ok(())
    }

    fn word(&self, slot: Slot, at: usize) -> u64 {
        u64::from_ne_bytes(self.stage.read_buffer(slot, at, 8).try_into().unwrap_or_default())
    }

    fn command(&self, slot: Slot, op: &Op, new: Option<Slot>, real: &dyn Fn(&str) -> i32) -> Command {
        let buffer = self.stage.buffer(slot).as_raw();
        let (first, second) = (buffer, buffer + SECOND as u64);
        let call = Command::syscall::<6>;
        let whom = |who: &Who| match who {
            Who::Task(name) => (1, real(name) as u64),
            Who::PidFd(_) => (3, self.word(slot, SECOND)),
            Who::PGroup(name) => (2, real(name) as u64),
            Who::Any => (0, u64::MAX),
            Who::Group => (2, 0),
        };
        // Structures that a call reads are put in place, zero what it writes.
        self.stage.write_buffer(slot, 0, &[0; SECOND]);
        let put = |bytes: &[u8]| self.stage.write_buffer(slot, 0, bytes);
        let put_set = |list: &[Signal]| put(&SigSet::of(list).0.to_ne_bytes());
        match op {
            Op::Clone(_, flags, exit_signal) => {
                let mut bits = u64::from(flags.bits());
                if bits & 0x1_0000 != 0 {
                    bits |= Command::THREAD;
                }
                let exit_signal = Signal::from_raw(*exit_signal);
                Command::Clone { flags: bits, exit_signal, slot: new.unwrap_or(Slot::INIT) }
            }
            // Nobody comes here: see `begin`.
            Op::Look | Op::Handled => call(39, [0; 6]),
            Op::Exec => Command::Exec,
            Op::Int3 => Command::Int3,
            Op::Store(at) => Command::Store { address: self.stage.private(*at), value: 1 },
            Op::Load(at) => Command::Load { address: self.stage.private(*at) },
            Op::SigAction(sig, handler, flags) => Command::Sigaction {
                signal: *sig,
                disposition: match handler {
                    Handler::Default => Disposition::Default,
                    Handler::Ignore => Disposition::Ignore,
                    Handler::Function => Disposition::Handler,
                },
                flags: flags.bits().into(),
                mask: 0,
            },
            Op::Exit(code) => call(60, [*code as u64, 0, 0, 0, 0, 0]),
            Op::ExitGroup(code) => call(231, [*code as u64, 0, 0, 0, 0, 0]),
            Op::Kill(who, sig) => {
                let pid = match who {
                    Who::Task(name) | Who::PidFd(name) => real(name) as u64,
                    Who::PGroup(name) => -i64::from(real(name)) as u64,
                    Who::Any => u64::MAX,
                    Who::Group => 0,
                };
                call(62, [pid, *sig, 0, 0, 0, 0])
            }
            Op::Tgkill(name, sig) => {
                let tgid = self.slot(name).and_then(|slot| self.stage.pid(slot));
                let tid = real(name);
                call(234, [tgid.map_or(tid, |t| t.as_raw()) as u64, tid as u64, *sig, 0, 0, 0])
            }
            Op::SigQueue(name, sig, value) => {
                let own = self.stage.pid(slot).map_or(0, |pid| pid.as_raw());
                put(&queued(sig.as_raw(), -1, own, 0, *value));
                call(129, [real(name) as u64, sig.as_raw() as u64, first, 0, 0, 0])
            }
            Op::Mask(how, list) => {
                put_set(list);
                let how = match how {
                    How::Block => 0,
                    How::Unblock => 1,
                    How::SetMask => 2,
                };
                call(14, [how, first, second, 8, 0, 0])
            }
            Op::Plain(Plain::Getppid) => call(110, [0; 6]),
            Op::Plain(Plain::Pause) => call(34, [0; 6]),
            Op::Plain(Plain::Read) => call(0, [self.pipe, first, 1, 0, 0, 0]),
            Op::Plain(Plain::NanoSleep) => {
                put(&[1_000_000u64.to_ne_bytes(), 0u64.to_ne_bytes()].concat());
                call(35, [first, 0, 0, 0, 0, 0])
            }
            Op::Plain(Plain::EpollWait) => call(232, [self.epoll, first, 1, u64::MAX, 0, 0]),
            Op::SigSuspend(list) => {
                put_set(list);
                call(130, [first, 8, 0, 0, 0, 0])
            }
            Op::SigTimedWait(list) => {
                put_set(list);
                call(128, [first, second, 0, 8, 0, 0])
            }
            Op::Wait4(who, flags) => {
                let pid = match whom(who) {
                    (1, pid) => pid,
                    (2, group) => (group as i64).wrapping_neg() as u64,
                    _ => u64::MAX,
                };
                call(61, [pid, first, flags.bits().into(), 0, 0, 0])
            }
            Op::WaitId(who, flags) => {
                let (kind, id) = whom(who);
                call(247, [kind, id, first, flags.bits().into(), 0, 0])
            }
            Op::SetPgid(Who::Task(name)) => call(109, [0, real(name) as u64, 0, 0, 0, 0]),
            Op::SetPgid(_) => call(109, [0; 6]),
            Op::SetSid => call(112, [0; 6]),
            Op::SetUid(uid) => {
                let uid = u64::from(*uid);
                call(117, [uid, uid, uid, 0, 0, 0])
            }
            Op::Personality(new) => call(135, [new.unwrap_or(u32::MAX).into(), 0, 0, 0, 0, 0]),
            Op::Dumpable(value) => call(157, [4, *value, 0, 0, 0, 0]),
            Op::Subreaper => call(157, [36, 1, 0, 0, 0, 0]),
            Op::Pdeathsig(sig) => call(157, [1, sig.as_raw() as u64, 0, 0, 0, 0]),
            Op::Ptracer(who) => {
                let pid = match who {
                    None => 0,
                    Some(Who::Task(name)) => real(name) as u64,
                    Some(_) => u64::MAX,
                };
                call(157, [0x5961_6d61, pid, 0, 0, 0, 0])
            }
            Op::Seccomp(verdict) => {
                put(&filter(*verdict, first));
                call(317, [1, 0, first, 0, 0, 0])
            }
            Op::Ptrace(request, who, data) => {
                let pid = who.as_deref().map_or(0, real);
                let (addr, data) = self.data(*request, data, (first, second), &put);
                call(101, [request.as_raw().into(), pid as u64, addr, data, 0, 0])
            }
        }
    }

    /// `addr` and `data` of a request.
    fn data(
        &self,
        request: Request,
        data: &Data,
        (first, second): (u64, u64),
        put: &dyn Fn(&[u8]),
    ) -> (u64, u64) {
        let at = |addr: &Addr| match addr {
            Addr::Mem(at) => self.stage.private(*at).as_raw(),
            Addr::Absolute(at) => *at,
        };
        match data {
            Data::None => (0, first),
            Data::Signal(sig) => (0, *sig),
            Data::Options(bits) => (0, *bits),
            Data::Seize(addr, bits) => (*addr, *bits),
            Data::Index(index) => (*index, 0),
            Data::User(place, Some(value)) => (*place, at(value)),
            Data::User(at, None) => (*at, first),
            Data::Memory(addr, Some(value)) => (at(addr), *value),
            Data::Memory(addr, None) => (at(addr), first),
            Data::Mask(list) => {
                put(&SigSet::of(list).0.to_ne_bytes());
                (8, first)
            }
            Data::SigInfo(signo, code) => {
                put(&queued(*signo, *code, 0, 0, 0));
                (0, first)
            }
            Data::Peek(off, nr, shared) => {
                put(&[&off.to_ne_bytes()[..], &u32::from(*shared).to_ne_bytes(), &nr.to_ne_bytes()].concat());
                (first, second)
            }
            Data::Size(u64::MAX) if request == Request::GetSigMask => (8, first),
            Data::Size(u64::MAX) => (88, first),
            Data::Size(size) => (*size, first),
            Data::RegSet(kind, length) => {
                put(&[second.to_ne_bytes(), length.to_ne_bytes()].concat());
                (*kind, first)
            }
        }
    }

    /// For when somebody does not come to do what is to be done.
    pub fn make_room(&self) {
        self.stage.make_room();
    }

    /// What can be seen of a task.
    #[must_use]
    pub fn sight(&self, name: &str) -> Sight {
        let Some(actor) = self.actors.iter().find(|actor| actor.name == name) else {
            return Sight { seen: Seen::Gone, outcome: None, handled: Vec::new() };
        };
        let slot = actor.slot;
        let idle = self.stage.idle(slot);
        let seen = match self.stage.state(slot) {
            State::Running | State::Sleeping if idle => Seen::Idle,
            State::Sleeping => Seen::Asleep,
            State::Uninterruptible => Seen::Waiting,
            State::Traced => Seen::Traced,
            State::Stopped => Seen::Stopped,
            State::Zombie => Seen::Zombie,
            State::Gone => Seen::Gone,
            State::Running | State::Other(_) => Seen::Moving,
        };
        let outcome = actor.op.as_ref().filter(|_| idle).and_then(|op| self.outcome(slot, op));
        let handled = self.stage.handled(slot, 0).iter().map(|info| self.siginfo(info)).collect();
        Sight { seen, outcome, handled }
    }

    /// The signals that a task does not block and that wait for it nevertheless: it has not come to look at them.
    #[must_use]
    pub fn unblocked_signals(&self, name: &str) -> SigSet {
        SigSet(self.slot(name).map_or(0, |slot| self.stage.unblocked_signals(slot)))
    }

    fn outcome(&self, slot: Slot, op: &Op) -> Option<Outcome> {
        let value = self.stage.reply(slot)?;
        if matches!(op, Op::Int3 | Op::Store(_) | Op::Load(_)) {
            return None;
        }
        let number = matches!(op, Op::Clone(..) | Op::Wait4(..) | Op::SetSid | Op::Plain(Plain::Getppid));
        let output = if value < 0 { Output::None } else { self.output(slot, op, value) };
        let value = if number && value > 0 { self.to_model(value as i32).into() } else { value };
        Some(Outcome { value, output })
    }

    fn output(&self, slot: Slot, op: &Op, value: i64) -> Output {
        let info = |at: usize| {
            let bytes = self.stage.read_buffer(slot, at, lariat_abi::SigInfo::SIZE);
            lariat_abi::SigInfo::from_bytes(bytes.try_into().unwrap_or([0; lariat_abi::SigInfo::SIZE]))
        };
        match op {
            Op::Mask(..) => Output::Mask(SigSet(self.word(slot, SECOND))),
            Op::SigTimedWait(_) => Output::SigInfo(self.siginfo(&info(SECOND))),
            Op::Wait4(_, flags) => {
                if value == 0 && flags.contains(WaitFlags::WNOHANG) {
                    return Output::None;
                }
                Output::Status(self.word(slot, 0) as i32)
            }
            Op::WaitId(..) => match info(0) {
                info if info.pid() == 0 => Output::None,
                info => Output::WaitInfo(self.siginfo(&info)),
            },
            Op::Ptrace(request, _, data) => match (request, data) {
                (Request::PeekData | Request::PeekText | Request::PeekUser, _) => {
                    let word = self.result(self.word(slot, 0) as i64) as u64;
                    Output::Word(self.to_model_addr(word))
                }
                (Request::GetEventMsg, _) => {
                    let word = self.word(slot, 0);
                    let known = i32::try_from(word).ok().filter(|pid| *pid > 1);
                    Output::Word(known.map_or(word, |pid| self.to_model(pid) as u64))
                }
                (Request::GetSigInfo, _) => Output::SigInfo(self.siginfo(&info(0))),
                (Request::PeekSigInfo, _) => {
                    let count = usize::try_from(value).unwrap_or(0);
                    let each = (0..count).map(|at| self.siginfo(&info(SECOND + at * 128)));
                    Output::SigInfos(each.collect())
                }
                (Request::GetSigMask, _) => Output::Mask(SigSet(self.word(slot, 0))),
                (Request::GetRegs, _) => {
                    let (orig_ax, ax) = (self.word(slot, 120) as i64, self.word(slot, 80) as i64);
                    Output::Regs { orig_ax, ax: if orig_ax < 0 { 0 } else { self.result(ax) } }
                }
                (Request::GetSyscallInfo, Data::Size(size)) if *size >= value as u64 => {
                    Output::SyscallInfo(match self.word(slot, 0) & 0xff {
                        1 => SyscallReport::Entry(self.word(slot, 24) as i64),
                        2 => {
                            let result = self.result(self.word(slot, 24) as i64);
                            SyscallReport::Exit(result, self.word(slot, 32) & 0xff != 0)
                        }
                        3 => SyscallReport::Seccomp(self.word(slot, 24) as i64, self.word(slot, 80) as u32),
                        _ => SyscallReport::None,
                    })
                }
                (Request::GetRegSet, _) => Output::Length(self.word(slot, 8)),
                _ => Output::None,
            },
            _ => Output::None,
        }
    }

    /// An address in the actors' own page, which is elsewhere in the model.
    fn to_model_addr(&self, word: u64) -> u64 {
        let mapped = lariat_kernel::machine::Simulated::MAPPED;
        let offset = word.wrapping_sub(self.stage.private(0).as_raw());
        if offset < mapped.end - mapped.start { mapped.start + offset } else { word }
    }

    /// A call's result as a tracer sees it: the number of a task, if it is one.
    fn result(&self, value: i64) -> i64 {
        i32::try_from(value).ok().filter(|pid| *pid > 1).map_or(value, |pid| self.to_model(pid).into())
    }

    /// What the model keeps of a siginfo.
    fn siginfo(&self, raw: &lariat_abi::SigInfo) -> SigInfo {
        let (signo, code) = (raw.signo(), raw.code());
        let base = SigInfo { signo, code, errno: raw.errno(), ..SigInfo::default() };
        // A SIGTRAP with its own number as its code is ptrace's.
        let synchronous =
            SigSet::SYNCHRONOUS.has(signo) && (1..=6).contains(&code) && code != Signal::TRAP.as_raw();
        if synchronous {
            // The model knows no addresses of code.
            return base;
        }
        let status = if (1..=6).contains(&code) { raw.status() } else { 0 };
        let value = if code == -1 { raw.value() } else { 0 };
        SigInfo { pid: self.to_model(raw.pid()), uid: raw.uid(), status, value, ..base }
    }
}

/// A siginfo of a queued signal, in the kernel's layout.
fn queued(signo: i32, code: i32, pid: i32, uid: u32, value: u64) -> Vec<u8> {
    let mut bytes = vec![0; lariat_abi::SigInfo::SIZE];
    bytes[0..4].copy_from_slice(&signo.to_ne_bytes());
    bytes[8..12].copy_from_slice(&code.to_ne_bytes());
    bytes[16..20].copy_from_slice(&pid.to_ne_bytes());
    bytes[20..24].copy_from_slice(&uid.to_ne_bytes());
    bytes[24..32].copy_from_slice(&value.to_ne_bytes());
    bytes
}

/// A `struct sock_fprog` at `at`, and the filter after it: four instructions that know getppid(2).
fn filter(verdict: Verdict, at: u64) -> Vec<u8> {
    let action: u32 = match verdict {
        Verdict::Errno(errno) => 0x0005_0000 | u32::from(errno),
        Verdict::Trace(data) => 0x7ff0_0000 | u32::from(data),
        Verdict::KillProcess => 0x8000_0000,
    };
    // Load the number; if it is getppid's: the verdict; otherwise the call passes.
    let code: [(u16, u8, u8, u32); 4] =
        [(0x20, 0, 0, 0), (0x15, 0, 1, 110), (0x06, 0, 0, action), (0x06, 0, 0, 0x7fff_0000)];
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&(code.len() as u64).to_ne_bytes());
    bytes.extend_from_slice(&(at + 16).to_ne_bytes());
    for (op, jt, jf, k) in code {
        bytes.extend_from_slice(&op.to_ne_bytes());
        bytes.extend_from_slice(&[jt, jf]);
        bytes.extend_from_slice(&k.to_ne_bytes());
    }
    bytes
}
