//! A script's run as a timeline: who did what, who was told what, and in which state everybody was meanwhile.
//!
//! ```text
//!  Script ─► record: Play, step by step ─► events: the Timeline, as data ─┬─► text: a terminal
//!                                                                         └─► html: a page with a picture
//! ```
//!
//! The hard thing is that numbers change hands: a thread's execve takes its leader's. Names are therefore given while the
//! model's log is read, not at its end.

mod events;
mod html;
mod text;

#[cfg(test)]
mod tests;

pub use html::html;
pub use text::{Style, text};

use crate::compare::{Difference, Discord, Play, own_cred};
use crate::cycle;
use crate::model::{Model, PlayError};
use crate::op::{Op, Who};
use crate::script::{Script, Step};
use crate::sight::Seen;
use lariat_kernel::access::{Scope, Yama};
use lariat_kernel::cred::Caps;
use std::time::Duration;

/// A script's run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// The script's title: a question, and more.
    pub title: String,
    /// The script itself.
    pub source: String,
    /// The tasks, in order of appearance.
    pub lanes: Vec<String>,
    /// What happened, in order of time.
    pub rows: Vec<Row>,
    /// Whether the running kernel was asked too.
    pub real: Asked,
    /// What is not as it should be, each with its line.
    pub problems: Vec<String>,
}

/// How long real processes may take to do a step: where the machine is busy, long. Only failures take it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whether the running kernel was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Nobody wanted to know.
    No,
    /// It was.
    Yes,
    /// It could not be, for this reason.
    Refused(String),
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What the script says here, if this is where a step begins.
    pub step: Option<Said>,
    /// What kind of thing it is.
    pub kind: Kind,
    /// Whose it is; an index into the lanes.
    pub lane: usize,
    /// Whom it reaches, or from whom it comes: an arrow.
    pub arrow: Option<Arrow>,
    /// In words.
    pub text: String,
    /// What the call gave, if this is where it returned.
    pub result: Option<String>,
    /// What each lane's task does afterwards; `None`: there is no such task yet.
    pub states: Vec<Option<Seen>>,
}

/// From one lane to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrow {
    /// Where it begins.
    pub from: usize,
    /// Where it points.
    pub to: usize,
}

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A call of no special kind, or an instruction.
    Call,
    /// A ptrace request.
    Request,
    /// A signal is sent.
    Signal,
    /// A wait, or what it gave.
    Wait,
    /// A ptrace-stop, or a group-stop.
    Stop,
    /// A stopped task goes on.
    Resume,
    /// Somebody is told by SIGCHLD.
    Notice,
    /// A handler runs.
    Handler,
    /// A task is made.
    Birth,
    /// A task becomes another program.
    Exec,
    /// A task dies, or is released.
    Death,
    /// A task has another tracer, or none.
    Tracer,
}

impl Kind {
    /// All of them, with what they are called.
    pub const ALL: [(Self, &'static str); 12] = [
        (Self::Call, "call"),
        (Self::Request, "request"),
        (Self::Signal, "signal"),
        (Self::Wait, "wait"),
        (Self::Stop, "stop"),
        (Self::Resume, "resume"),
        (Self::Notice, "notice"),
        (Self::Handler, "handler"),
        (Self::Birth, "birth"),
        (Self::Exec, "exec"),
        (Self::Death, "death"),
        (Self::Tracer, "tracer"),
    ];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }
}

/// A step of the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The line's number.
    pub line: usize,
    /// The remark: narration.
    pub remark: String,
    /// What should have come of it, if something else did.
    pub unmet: Option<Unmet>,
    /// What the running kernel said.
    pub verdict: Verdict,
}

/// An expectation that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// What should have come.
    pub expected: String,
    /// What came.
    pub got: String,
}

/// What the running kernel said of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was not asked.
    NotAsked,
    /// The same.
    Same,
    /// Something else.
    Differs(Vec<Difference>),
}

impl Timeline {
    /// Plays a script, with real processes beside the model if they are wanted, and writes down what comes of it.
    #[must_use]
    pub fn record(script: &Script, with_real: bool) -> Self {
        let (mut play, real, opening) = stage(script, with_real);
        let (mut lines, mut end) = (Vec::new(), None);
        for step in &script.steps {
            match play.advance(step) {
                Ok(line) => lines.push(line),
                Err(discord) => {
                    end = Some(discord);
                    break;
                }
            }
        }
        events::timeline(script, play.model(), opening, &lines, end.as_ref(), real)
    }

    /// Whether everything came out as the script says, and for real as on the model.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.problems.is_empty()
    }
}

/// The stage, the model's alone if there can be no other, and how many steps were played before the script's first.
fn stage(script: &Script, with_real: bool) -> (Play, Asked, usize) {
    if !with_real {
        return (Play::on_model(script), Asked::No, 0);
    }
    let refusal = match danger(script) {
        Some(danger) => danger,
        None => match Play::new(script, true, PATIENCE).and_then(|play| open(play, script)) {
            Ok((play, opening)) => return (play, Asked::Yes, opening),
            Err(Discord::Real { source, .. }) => source.to_string(),
            Err(Discord::Play(PlayError { what, .. })) => what,
            Err(other) => other.to_string(),
        },
    };
    (Play::on_model(script), Asked::Refused(format!("{refusal}; only the model was asked")), 0)
}

/// Where Yama lets a process be traced by its ancestors alone, everybody allows everybody first.
fn open(mut play: Play, script: &Script) -> Result<(Play, usize), Discord> {
    let capable = own_cred().effective.has(Caps::SYS_PTRACE);
    match play.model().kernel().yama.as_ref().map(Yama::scope) {
        None | Some(Scope::Disabled) => return Ok((play, 0)),
        Some(Scope::Relational | Scope::Capability) if capable => return Ok((play, 0)),
        Some(Scope::Relational) => {}
        Some(Scope::Capability | Scope::NoAttach) => {
            let what = "Yama keeps us from tracing (sysctl kernel.yama.ptrace_scope)".into();
            return Err(Discord::Play(PlayError { line: 0, what }));
        }
    }
    for actor in &script.actors {
        let op = Op::Ptracer(Some(Who::Any));
        let (expected, remark) = (Vec::new(), String::new());
        play.advance(&Step { line: 0, actor: actor.clone(), op, expected, remark })?;
    }
    Ok((play, script.actors.len()))
}

/// Why a script must not be played for real.
fn danger(script: &Script) -> Option<String> {
    if let Some(step) = script.steps.iter().find(|step| matches!(step.op, Op::Kill(Who::Any, _))) {
        return Some(format!("line {}: kill(2) of -1 would reach every process of this machine", step.line));
    }
    let name = tangled(script)?;
    Some(format!(
        "{name} comes to trace itself by way of others, and real processes that do so can become unkillable"
    ))
}

/// A task that traces itself by way of others at some step.
fn tangled(script: &Script) -> Option<String> {
    let mut model = Model::new(script, own_cred());
    script
        .steps
        .iter()
        .map_while(|step| model.play(step).ok().map(|()| cycle::member(&model)))
        .flatten()
        .next()
}
