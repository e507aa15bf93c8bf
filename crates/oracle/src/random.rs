//! Random scripts: numbers become steps that make sense where the script has come to.
//!
//! A number is looked at in the light of the model's state, so that most steps do something: tracers act upon their
//! tracees, tasks that run do things, and nobody is told to do what it cannot. Fewer or smaller numbers still are a
//! script, which is what shrinking needs.

use crate::cycle::is_traced_by;
use crate::model::Model;
use crate::op::{Addr, Data, Op, Plain, THREAD, Who};
use crate::script::Step;
use lariat_abi::{Options, Request, Signal};
use lariat_kernel::TaskId;
use lariat_kernel::call::{CloneFlags, How, WaitFlags};
use lariat_kernel::task::{Handler, SaFlags};

/// Names of new tasks.
const NAMES: [&str; 10] = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"];

/// Where the choices of a step come from.
#[derive(Debug)]
struct Choices(u64);

impl Choices {
    fn below(&mut self, n: usize) -> usize {
        let n = n.max(1) as u64;
        let at = self.0 % n;
        self.0 /= n;
        at as usize
    }

    fn of<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

const SIGNALS: [Signal; 9] = [
    Signal::USR1,
    Signal::STOP,
    Signal::CONT,
    Signal::TERM,
    Signal::KILL,
    Signal::CHLD,
    Signal::TRAP,
    Signal::USR2,
    Signal::TSTP,
];

/// The next step, if this number gives one. `calls`: steps and system calls may be traced.
#[must_use]
pub fn step(model: &Model, number: u64, calls: bool) -> Option<Step> {
    let mut choices = Choices(number);
    let actors: Vec<String> =
        model.names().filter(|name| *name != "init" && model.is_idle(name)).map(Into::into).collect();
    if actors.is_empty() {
        return None;
    }
    let actor = choices.of(&actors);
    let own = model.kernel().find(model.pid(&actor)?)?;
    let tracees: Vec<String> = model
        .kernel()
        .task(own)
        .ptraced
        .iter()
        .map(|&id| model.name_of(model.kernel().task(id).pid))
        .collect();
    let there = |name: &&str| *name != "init" && model.pid(name).is_some();
    let others: Vec<String> = model.names().filter(there).map(Into::into).collect();
    let op = match choices.below(if tracees.is_empty() { 4 } else { 10 }) {
        0 => signalling(&mut choices, &others),
        1 => living(&mut choices, model, calls),
        2 => attaching(&mut choices, model, own, &others)?,
        3 | 4 => waiting(&mut choices, &others),
        5 => asking(&mut choices, &tracees, calls),
        _ => resuming(&mut choices, &tracees, calls),
    };
    Some(Step { line: 0, actor, op, expected: Vec::new(), remark: String::new() })
}

fn signalling(choices: &mut Choices, others: &[String]) -> Op {
    let (sig, who) = (choices.of(&SIGNALS), choices.of(others));
    match choices.below(6) {
        0 => Op::Tgkill(who, sig.as_raw() as u64),
        1 => Op::SigAction(
            choices.of(&[Signal::USR1, Signal::CHLD, Signal::CONT, Signal::TERM]),
            choices.of(&[Handler::Function, Handler::Ignore, Handler::Default]),
            choices.of(&[SaFlags::empty(), SaFlags::RESTART, SaFlags::RESETHAND, SaFlags::NOCLDSTOP]),
        ),
        2 => Op::Mask(choices.of(&[How::Block, How::Unblock, How::SetMask]), vec![choices.of(&SIGNALS)]),
        3 => Op::SigQueue(
            who,
            choices.of(&[Signal::USR1, Signal::from_raw(40).unwrap_or(Signal::USR1), Signal::STOP]),
            7,
        ),
        _ => Op::Kill(Who::Task(who), sig.as_raw() as u64),
    }
}

fn living(choices: &mut Choices, model: &Model, calls: bool) -> Op {
    let new = NAMES.iter().find(|name| !model.knows(name));
    let kind = choices.below(14);
    match (kind, new) {
        (0 | 1, Some(name)) => Op::Clone((*name).into(), CloneFlags::empty(), 17),
        (2 | 3, Some(name)) => Op::Clone((*name).into(), THREAD, 0),
        (4, Some(name)) => {
            let flags = choices.of(&[CloneFlags::PTRACE, CloneFlags::UNTRACED, CloneFlags::PARENT]);
            Op::Clone((*name).into(), flags, choices.of(&[17, 0, 10]))
        }
        (5, Some(name)) => Op::Clone((*name).into(), CloneFlags::VM | CloneFlags::VFORK, 17),
        (6, _) => Op::Exit(3),
        (7, _) => Op::ExitGroup(5),
        // The new program maps its memory, which a tracer of calls sees.
        (8, _) if !calls => Op::Exec,
        (9, _) => Op::SigSuspend(vec![choices.of(&SIGNALS)]),
        (10, _) => Op::SigTimedWait(vec![choices.of(&SIGNALS)]),
        (11, _) => choices.of(&[
            Op::SetPgid(Who::Group),
            Op::SetSid,
            Op::Subreaper,
            Op::Pdeathsig(Signal::USR1),
            Op::Dumpable(0),
            Op::SetUid(65534),
            Op::Ptracer(None),
            Op::Ptracer(Some(Who::Any)),
            Op::Ptracer(Some(Who::Task("T".into()))),
            Op::Ptracer(Some(Who::Task("P".into()))),
        ]),
        _ => Op::Plain(choices.of(&[
            Plain::Getppid,
            Plain::Pause,
            Plain::Read,
            Plain::NanoSleep,
            Plain::EpollWait,
        ])),
    }
}

fn attaching(choices: &mut Choices, model: &Model, own: TaskId, others: &[String]) -> Option<Op> {
    let kernel = model.kernel();
    let name = choices.of(others);
    let target = kernel.find(model.pid(&name)?);
    let (tracer, tracee, op) = match choices.below(5) {
        0 => {
            let parent = kernel.task(own).real_parent;
            (Some(parent), Some(own), Op::Ptrace(Request::TraceMe, None, Data::None))
        }
        1 | 2 => (Some(own), target, Op::Ptrace(Request::Attach, Some(name), Data::None)),
        _ => (Some(own), target, Op::Ptrace(Request::Seize, Some(name), options(choices))),
    };
    let cycle = tracer.zip(tracee).is_some_and(|(tracer, tracee)| is_traced_by(model, tracer, tracee));
    (!cycle).then_some(op)
}

fn options(choices: &mut Choices) -> Data {
    let all = [
        Options::TRACEFORK,
        Options::TRACECLONE,
        Options::TRACEEXIT,
        Options::TRACEEXEC,
        Options::TRACEVFORK,
        Options::TRACEVFORKDONE,
        Options::TRACESYSGOOD,
    ];
    let mut set = Options::empty();
    for option in all {
        if choices.one_in(2) {
            set |= option;
        }
    }
    if choices.one_in(8) {
        set |= Options::EXITKILL;
    }
    Data::Options(set.bits().into())
}

fn waiting(choices: &mut Choices, others: &[String]) -> Op {
    let who = if choices.one_in(3) { Who::Task(choices.of(others)) } else { Who::Any };
    let mut flags = WaitFlags::empty();
    for flag in [WaitFlags::WALL, WaitFlags::WSTOPPED, WaitFlags::WCONTINUED] {
        if choices.one_in(2) {
            flags |= flag;
        }
    }
    // Whoever sleeps in a wait is lost to the script.
    if !choices.one_in(6) {
        flags |= WaitFlags::WNOHANG;
    }
    if choices.one_in(3) {
        if choices.one_in(4) {
            flags |= WaitFlags::WNOWAIT;
        }
        if choices.one_in(2) {
            flags |= WaitFlags::WNOTHREAD;
        }
        return Op::WaitId(who, flags | WaitFlags::WEXITED);
    }
    Op::Wait4(who, flags)
}

fn asking(choices: &mut Choices, tracees: &[String], calls: bool) -> Op {
    let who = Some(choices.of(tracees));
    let (request, data) = match choices.below(if calls { 11 } else { 9 }) {
        0 => (Request::GetEventMsg, Data::None),
        1 => (Request::GetSigInfo, Data::None),
        2 => (Request::SetOptions, options(choices)),
        3 => (Request::PeekSigInfo, Data::Peek(0, 3, choices.one_in(2))),
        4 => (Request::GetSigMask, Data::Size(u64::MAX)),
        5 => (Request::SetSigMask, Data::Mask(vec![choices.of(&SIGNALS)])),
        6 => (Request::SetSigInfo, Data::SigInfo(choices.of(&SIGNALS).as_raw(), -1)),
        7 => (Request::PokeData, Data::Memory(Addr::Mem(8), Some(choices.below(9) as u64))),
        8 => (Request::PeekData, Data::Memory(choices.of(&[Addr::Mem(8), Addr::Absolute(8)]), None)),
        9 => (Request::GetSyscallInfo, Data::Size(u64::MAX)),
        _ => (Request::GetRegs, Data::None),
    };
    Op::Ptrace(request, who, data)
}

fn resuming(choices: &mut Choices, tracees: &[String], calls: bool) -> Op {
    let who = Some(choices.of(tracees));
    let sig = if choices.one_in(2) { 0 } else { choices.of(&SIGNALS).as_raw() as u64 };
    let request = match choices.below(10) {
        0 => return Op::Ptrace(Request::Interrupt, who, Data::None),
        1 => return Op::Ptrace(Request::Listen, who, Data::None),
        2 if choices.one_in(2) => return Op::Ptrace(Request::Kill, who, Data::None),
        3 => Request::Detach,
        4 | 5 if calls => Request::Syscall,
        6 if calls => choices.of(&[Request::SysEmu, Request::SingleStep, Request::SysEmuSingleStep]),
        _ => Request::Cont,
    };
    Op::Ptrace(request, who, Data::Signal(sig))
}
