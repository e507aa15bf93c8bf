//! From the model's log to rows.

use super::{Arrow, Asked, Kind, Row, Said, Timeline, Unmet, Verdict};
use crate::compare::{Discord, Line};
use crate::model::Model;
use crate::op::{Op, Who};
use crate::script::{Script, Step};
use crate::sight::{Outcome, Seen};
use crate::words;
use lariat_abi::{Event, Request};
use lariat_kernel::SigInfo;
use lariat_kernel::effect::Effect;

/// The timeline of what a model has come to, without so many steps before the script's first; `end` is why there is no
/// more.
pub(super) fn timeline(
    script: &Script,
    model: &Model,
    opening: usize,
    lines: &[Line],
    end: Option<&Discord>,
    real: Asked,
) -> Timeline {
    let mut scribe = Scribe::new(script);
    let log = model.log();
    scribe.begin(log.iter().filter(|(at, _)| *at == 0).map(|(_, effect)| effect));
    let asked = real == Asked::Yes;
    for (at, step) in script.steps.iter().enumerate() {
        let line = lines.get(at);
        let differs = match end {
            Some(Discord::Differs { line, what, .. }) if *line == step.line => Some(what.clone()),
            _ => None,
        };
        if line.is_none() && differs.is_none() {
            break;
        }
        let verdict = match differs {
            Some(what) => Verdict::Differs(what),
            None if asked => Verdict::Same,
            None => Verdict::NotAsked,
        };
        let unmet = line.filter(|line| !line.is_as_expected());
        let unmet = unmet.map(|line| Unmet { expected: step.expected.join(" or "), got: line.told().into() });
        let said = Said { line: step.line, remark: step.remark.clone(), unmet, verdict };
        let effects: Vec<&Effect> =
            log.iter().filter(|(of, _)| *of == at + 1 + opening).map(|(_, effect)| effect).collect();
        scribe.step(step, said, &effects);
        scribe.settle(line.map(|line| &*line.seen).unwrap_or_default());
    }
    let problems = problems(&scribe.rows, end, &real);
    let source = script.to_string();
    Timeline { title: script.title.clone(), source, lanes: scribe.lanes, rows: scribe.rows, real, problems }
}

fn problems(rows: &[Row], end: Option<&Discord>, real: &Asked) -> Vec<String> {
    let mut problems = Vec::new();
    if let Asked::Refused(why) = real {
        problems.push(why.clone());
    }
    for said in rows.iter().filter_map(|row| row.step.as_ref()) {
        if let Some(Unmet { expected, got }) = &said.unmet {
            problems.push(format!("line {}: the script expects '{expected}', and gets '{got}'", said.line));
        }
    }
    match end {
        None => {}
        Some(Discord::Differs { line, step, .. }) => {
            problems.push(format!(
                "line {line}: the running kernel does otherwise than the model: {step}; what follows was not played"
            ));
        }
        Some(other) => problems.push(other.to_string()),
    }
    problems
}

/// Who writes the rows.
struct Scribe {
    lanes: Vec<String>,
    /// Whose number is which lane's, now.
    numbers: Vec<(i32, usize)>,
    /// Makers, and the lanes of those they are about to make.
    pending: Vec<(usize, usize)>,
    /// What each lane's task was last told to do.
    ops: Vec<Option<Op>>,
    states: Vec<Option<Seen>>,
    rows: Vec<Row>,
    /// Where the current step's rows begin.
    first: usize,
}

impl Scribe {
    fn new(script: &Script) -> Self {
        // Init is shown where the script speaks of it.
        let speaks = |step: &Step| step.actor == "init" || step.op.names().contains(&"init");
        let init = script.steps.iter().any(speaks).then(|| "init".to_owned());
        let made = script.steps.iter().filter_map(|step| step.op.makes()).map(Into::into);
        let lanes: Vec<String> = init.into_iter().chain(script.actors.iter().cloned()).chain(made).collect();
        let count = lanes.len();
        Self {
            lanes,
            numbers: Vec::new(),
            pending: Vec::new(),
            ops: vec![None; count],
            states: vec![None; count],
            rows: Vec::new(),
            first: 0,
        }
    }

    /// The tasks that are there at first.
    fn begin<'a>(&mut self, effects: impl Iterator<Item = &'a Effect>) {
        let mut next = 0;
        if let Some(init) = self.lane_named("init") {
            self.numbers.push((1, init));
            self.states[init] = Some(Seen::Idle);
            next = init + 1;
        }
        for effect in effects {
            if let Effect::Cloned { child, .. } = effect
                && next < self.lanes.len()
            {
                self.numbers.push((*child, next));
                self.states[next] = Some(Seen::Idle);
                next += 1;
            }
        }
    }

    fn lane_named(&self, name: &str) -> Option<usize> {
        self.lanes.iter().position(|lane| lane == name)
    }

    fn lane(&self, pid: i32) -> Option<usize> {
        self.numbers.iter().rev().find(|(number, _)| *number == pid).map(|(_, lane)| *lane)
    }

    fn name(&self, pid: i32) -> String {
        match self.lane(pid) {
            Some(lane) => {
                // A thread that has become the leader has another number now.
                let newest = self.numbers.iter().rev().find(|(_, of)| *of == lane);
                let old = newest.is_some_and(|(number, _)| *number != pid);
                if old { format!("{}'s old id", self.lanes[lane]) } else { self.lanes[lane].clone() }
            }
            None if pid == 1 => "init".into(),
            None if pid == crate::model::NOBODY => "nobody".into(),
            None => pid.to_string(),
        }
    }

    fn row(&mut self, kind: Kind, lane: usize, arrow: Option<(usize, usize)>, text: String) -> &mut Row {
        let arrow = arrow.filter(|(from, to)| from != to).map(|(from, to)| Arrow { from, to });
        let states = self.states.clone();
        self.rows.push(Row { step: None, kind, lane, arrow, text, result: None, states });
        let at = self.rows.len() - 1;
        &mut self.rows[at]
    }

    fn set(&mut self, lane: usize, seen: Seen) {
        self.states[lane] = Some(seen);
    }

    /// A step: what is done, then what comes of it. The result stands in the first row where nothing else comes before it.
    fn step(&mut self, step: &Step, said: Said, effects: &[&Effect]) {
        self.first = self.rows.len();
        let Some(actor) = self.lane_named(&step.actor) else { return };
        self.ops[actor] = Some(step.op.clone());
        if let Some(made) = step.op.makes().and_then(|name| self.lane_named(name)) {
            self.pending.push((actor, made));
        }
        let (kind, whom) = aim(&step.op);
        let target = whom.and_then(|name| self.lane_named(name)).filter(|lane| self.states[*lane].is_some());
        // What a call has done to its caller's relations is told after its result.
        let quiet = |effect: &&&Effect| {
            matches!(
                effect,
                Effect::Traced { .. }
                    | Effect::Cloned { .. }
                    | Effect::Resumed { .. }
                    | Effect::Released { .. }
                    | Effect::Executed { .. }
                    | Effect::Notified { .. }
            )
        };
        let before = effects.iter().take_while(quiet).count();
        let own = |pid: i32| self.lane(pid) == Some(actor);
        let returned =
            effects.get(before).copied().filter(|e| matches!(e, Effect::Returned { pid, .. } if own(*pid)));
        let resumes = is_resume(&step.op).then_some(target).flatten();
        let text = format!("{}: {}", step.actor, step.op);
        let arrow = target.map(|target| (actor, target));
        self.row(kind, actor, arrow, text).step = Some(said);
        let mut rest: Vec<Effect> =
            effects.iter().copied().map(|effect| self.unswapped(effect, effects)).collect();
        if let Some(returned) = returned {
            // Numbers of the new are needed for the result.
            let numbers = self.numbers.clone();
            for effect in &effects[..before] {
                self.learn(effect);
            }
            let (result, from) = self.outcome(returned);
            self.numbers = numbers;
            let row = &mut self.rows[self.first];
            row.result = Some(result);
            if let Some(from) = from {
                row.arrow = Some(Arrow { from, to: actor });
            }
            rest.remove(before);
        }
        for effect in rest {
            if let Effect::Resumed { pid } = &effect
                && self.lane(*pid) == resumes
                && let Some(lane) = resumes
            {
                self.set(lane, Seen::Idle);
                let states = self.states.clone();
                self.rows.last_mut().into_iter().for_each(|row| row.states.clone_from(&states));
                continue;
            }
            self.effect(&effect);
        }
    }

    /// A thread's execve swaps its number with its dead leader's before the leader is released: the leader is meant.
    fn unswapped(&self, effect: &Effect, all: &[&Effect]) -> Effect {
        let swap = all.iter().find_map(|effect| match effect {
            Effect::Executed { pid, from } if pid != from => Some((*pid, *from)),
            _ => None,
        });
        match (effect, swap) {
            (Effect::Released { pid }, Some((leader, thread))) if *pid == thread => {
                Effect::Released { pid: leader }
            }
            (Effect::Traced { pid, tracer: None }, Some((leader, thread))) if *pid == thread => {
                Effect::Traced { pid: leader, tracer: None }
            }
            _ => effect.clone(),
        }
    }

    /// Takes over numbers, before or while a row tells of it.
    fn learn(&mut self, effect: &Effect) {
        match effect {
            Effect::Cloned { pid, child, .. } => {
                let maker = self.lane(*pid);
                if let Some(at) = self.pending.iter().rposition(|(of, _)| Some(*of) == maker) {
                    self.numbers.push((*child, self.pending[at].1));
                }
            }
            Effect::Executed { pid, from } if pid != from => {
                if let Some(lane) = self.lane(*from) {
                    self.numbers.push((*pid, lane));
                }
            }
            _ => {}
        }
    }

    /// The words for what a call gave, and from whom a wait has it.
    fn outcome(&self, returned: &Effect) -> (String, Option<usize>) {
        let Effect::Returned { pid, result, output, .. } = returned else { return (String::new(), None) };
        let outcome = Outcome { value: *result, output: output.clone() };
        let op = self.lane(*pid).and_then(|lane| self.ops[lane].as_ref());
        let Some(op) = op else { return (result.to_string(), None) };
        let from = match (op, output) {
            (Op::Wait4(..), _) if *result > 0 => self.lane(*result as i32),
            (Op::WaitId(..), lariat_kernel::call::Output::WaitInfo(info)) => self.lane(info.pid),
            _ => None,
        };
        (words::outcome(&outcome, op, &|pid| self.name(pid)), from)
    }

    fn effect(&mut self, effect: &Effect) {
        self.learn(effect);
        match effect {
            Effect::Returned { pid, .. } => self.returned(*pid, effect),
            Effect::Handled { pid, info } => {
                let Some(lane) = self.lane(*pid) else { return };
                self.set(lane, Seen::Idle);
                let told = words::siginfo(info, &|pid| self.name(pid));
                let text = format!("{}'s handler runs: {told}", self.lanes[lane]);
                self.row(Kind::Handler, lane, None, text);
            }
            Effect::Trapped { pid, code, message, info, .. } => {
                let Some(lane) = self.lane(*pid) else { return };
                self.set(lane, Seen::Traced);
                let what = stop(*code, *message, info.as_ref(), &|pid| self.name(pid));
                let text = format!("{} stops: {what}", self.lanes[lane]);
                self.row(Kind::Stop, lane, None, text);
            }
            Effect::Stopped { pid } => {
                let Some(lane) = self.lane(*pid) else { return };
                self.set(lane, Seen::Stopped);
                let text = format!("{} stops: group-stop, untraced", self.lanes[lane]);
                self.row(Kind::Stop, lane, None, text);
            }
            Effect::Resumed { pid } => {
                let Some(lane) = self.lane(*pid) else { return };
                self.set(lane, Seen::Idle);
                let text = format!("{} goes on", self.lanes[lane]);
                self.row(Kind::Resume, lane, None, text);
            }
            Effect::Traced { pid, tracer } => self.traced(*pid, *tracer),
            Effect::Cloned { pid, child, thread } => self.cloned(*pid, *child, *thread),
            Effect::Executed { pid, from } => self.executed(*pid, *from),
            Effect::Exited { pid, code } => {
                let Some(lane) = self.lane(*pid) else { return };
                self.set(lane, Seen::Zombie);
                let text = format!("{} dies: {}", self.lanes[lane], words::status(*code));
                self.row(Kind::Death, lane, None, text);
            }
            Effect::Released { pid } => {
                let Some(lane) = self.lane(*pid) else { return };
                self.set(lane, Seen::Gone);
                let text = format!("{} is gone", self.lanes[lane]);
                self.row(Kind::Death, lane, None, text);
            }
            Effect::Notified { parent, info } => self.notified(*parent, info),
        }
    }

    fn returned(&mut self, pid: i32, effect: &Effect) {
        let Some(lane) = self.lane(pid) else { return };
        self.set(lane, Seen::Idle);
        let (result, from) = self.outcome(effect);
        let Some(op) = self.ops[lane].as_ref() else { return };
        let call = op.to_string();
        let kind = if from.is_some() { Kind::Wait } else { aim(op).0 };
        let text = format!("{}: {} returns", self.lanes[lane], call);
        self.row(kind, lane, from.map(|from| (from, lane)), text).result = Some(result);
    }

    fn traced(&mut self, pid: i32, tracer: Option<i32>) {
        let Some(lane) = self.lane(pid) else { return };
        let name = self.lanes[lane].clone();
        match tracer {
            Some(tracer) => {
                let arrow = self.lane(tracer).map(|tracer| (tracer, lane));
                let text = format!("{} is now {name}'s tracer", self.name(tracer));
                self.row(Kind::Tracer, lane, arrow, text);
            }
            // The tracer of the dead has collected them, which is shown.
            None if self.states[lane] == Some(Seen::Zombie) => {}
            None => {
                self.row(Kind::Tracer, lane, None, format!("nobody traces {name} any more"));
            }
        }
    }

    fn cloned(&mut self, pid: i32, child: i32, thread: bool) {
        let (Some(maker), Some(lane)) = (self.lane(pid), self.lane(child)) else { return };
        self.pending.retain(|(_, made)| *made != lane);
        self.set(lane, Seen::Idle);
        let what = if thread { "a thread" } else { "a child" };
        let text = format!("{} is new, {what} of {}", self.lanes[lane], self.lanes[maker]);
        self.row(Kind::Birth, lane, Some((maker, lane)), text);
    }

    fn executed(&mut self, pid: i32, from: i32) {
        let Some(lane) = self.lane(pid) else { return };
        let name = self.lanes[lane].clone();
        let leader = self.numbers.iter().rev().find(|(number, of)| *number == pid && *of != lane);
        let leader = leader.map(|(_, lane)| *lane).filter(|_| pid != from);
        let text = match leader {
            Some(leader) => {
                self.set(leader, Seen::Gone);
                format!("{name} is a new program, and has taken {}'s thread id", self.lanes[leader])
            }
            None => format!("{name} is a new program"),
        };
        self.set(lane, Seen::Idle);
        self.row(Kind::Exec, lane, leader.map(|leader| (leader, lane)), text);
    }

    fn notified(&mut self, parent: i32, info: &SigInfo) {
        let Some(to) = self.lane(parent) else { return };
        let from = self.lane(info.pid);
        let told = words::siginfo(info, &|pid| self.name(pid));
        let (signal, what) = told.split_once(' ').unwrap_or((&told, ""));
        let text = format!("{signal} to {}: {what}", self.lanes[to]);
        self.row(Kind::Notice, from.unwrap_or(to), from.map(|from| (from, to)), text);
    }

    /// Whoever sleeps has done so since the last thing that happened.
    fn settle(&mut self, seen: &[(String, Seen)]) {
        for (name, seen) in seen {
            if let Some(lane) = self.lane_named(name).filter(|lane| self.states[*lane].is_some())
                && *seen != Seen::Moving
            {
                self.set(lane, *seen);
            }
        }
        if let Some(row) = self.rows[self.first..].last_mut() {
            row.states.clone_from(&self.states);
        }
    }
}

/// What kind of call it is, and whom it is aimed at.
fn aim(op: &Op) -> (Kind, Option<&str>) {
    match op {
        Op::Ptrace(_, who, _) => (Kind::Request, who.as_deref()),
        Op::Kill(Who::Task(name) | Who::PidFd(name), _) | Op::Tgkill(name, _) | Op::SigQueue(name, ..) => {
            (Kind::Signal, Some(name))
        }
        Op::Kill(..) => (Kind::Signal, None),
        Op::Wait4(..) | Op::WaitId(..) => (Kind::Wait, None),
        _ => (Kind::Call, None),
    }
}

const fn is_resume(op: &Op) -> bool {
    let Op::Ptrace(request, ..) = op else { return false };
    matches!(
        request,
        Request::Cont
            | Request::Syscall
            | Request::SingleStep
            | Request::SingleBlock
            | Request::SysEmu
            | Request::SysEmuSingleStep
            | Request::Detach
    )
}

/// A ptrace-stop by the name that ptrace(2) has for it.
fn stop(code: i32, message: u64, info: Option<&SigInfo>, name: &impl Fn(i32) -> String) -> String {
    const SIGTRAP: i32 = 5;
    let (signal, event) = (code & 0xff, (code >> 8 & 0xff) as u8);
    if event != 0 {
        let event = Event::from_code(event);
        let what = words::stop(code);
        let (signal_name, event_name) = what.split_once('|').unwrap_or((&what, ""));
        return match event {
            Event::Stop if signal != SIGTRAP => format!("group-stop, {signal_name}|{event_name}"),
            Event::Stop => format!("PTRACE_{event_name}"),
            Event::Exit => format!("PTRACE_{event_name}, about to be: {}", words::status(message as i32)),
            _ if event_name == "EVENT_SECCOMP" => format!("PTRACE_{event_name}, data {message}"),
            _ => match i32::try_from(message) {
                Ok(pid) if pid > 0 => format!("PTRACE_{event_name}, message {}", name(pid)),
                _ => format!("PTRACE_{event_name}"),
            },
        };
    }
    let Some(info) = info else { return format!("group-stop, {}", words::signal(signal)) };
    let call = signal & 0x7f == SIGTRAP && info.code & 0x7f == SIGTRAP && info.code > 0;
    match message {
        1 if call => "syscall-entry-stop".into(),
        2 if call => "syscall-exit-stop".into(),
        _ => format!("signal-delivery-stop, {}", words::siginfo(info, name)),
    }
}
