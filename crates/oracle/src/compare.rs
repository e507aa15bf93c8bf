//! The model and the running kernel side by side.

use crate::model::{Model, PlayError};
use crate::op::Op;
use crate::real::{Real, RealError};
use crate::script::{Script, Step};
use crate::sight::{Seen, Sight};
use crate::words;
use lariat_kernel::access::{Scope, Yama};
use lariat_kernel::cred::{Caps, Cred};
use std::time::{Duration, Instant};

/// Why a script was not played to its end in harmony.
#[derive(Debug, thiserror::Error)]
pub enum Discord {
    /// The script asks for what cannot be.
    #[error(transparent)]
    Play(#[from] PlayError),
    /// The real processes failed.
    #[error("line {line}: {source}")]
    Real {
        /// The line.
        line: usize,
        /// Why.
        source: RealError,
    },
    /// The two differ.
    #[error("line {line}: {step}\n{}", listed(what))]
    Differs {
        /// The line.
        line: usize,
        /// What was done.
        step: String,
        /// What is on the one side and on the other, task by task.
        what: Vec<Difference>,
    },
    /// Somebody real is runnable all the time and has not come to do what is to be done: the machine is too busy to tell.
    #[error("line {line}: {step}\n{}\n  (it has not run: the machine is busy)", listed(what))]
    Starved {
        /// The line.
        line: usize,
        /// What was done.
        step: String,
        /// What is on the one side and on the other.
        what: Vec<Difference>,
    },
    /// It came out otherwise than the script says.
    #[error("line {line}: {step}\n  expected {expected}\n  got      {got}")]
    Unexpected {
        /// The line.
        line: usize,
        /// What was done.
        step: String,
        /// What should have come of it.
        expected: String,
        /// What did.
        got: String,
    },
}

/// A task that is otherwise on the model than for real, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The task.
    pub name: String,
    /// What the model says of it.
    pub model: String,
    /// What it is.
    pub real: String,
    /// Both, with everything that is compared.
    pub raw: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, model, real, raw } = self;
        write!(f, "  {name} on the model: {model}\n  {name} for real:     {real}\n{raw}")
    }
}

fn listed(differences: &[Difference]) -> String {
    differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// What came of a step, in words: on the model, and on the running kernel if it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The step.
    pub step: Step,
    /// What the call gave; `None`: it has not returned.
    pub model: Option<String>,
    /// The same, for real.
    pub real: Option<Option<String>>,
    /// What each task does now, by name.
    pub seen: Vec<(String, Seen)>,
}

impl Line {
    /// What it came to, in words.
    #[must_use]
    pub fn told(&self) -> &str {
        self.model.as_deref().unwrap_or("nothing yet")
    }

    /// Whether it came out as the script says, if it says anything.
    #[must_use]
    pub fn is_as_expected(&self) -> bool {
        self.step.expected.is_empty() || self.step.expected.iter().any(|expected| expected == self.told())
    }
}

/// A script on its way.
#[derive(Debug)]
pub struct Play {
    /// What the model may have come to: as long as several courses look the same, all of them.
    models: Vec<Model>,
    real: Option<Real>,
    patience: Duration,
    /// What each task was told last.
    last: Vec<(String, Op)>,
}

/// How long to wait for what the model says is to come, before it is called a difference. Only failures take it.
pub const PATIENCE: Duration = Duration::from_secs(20);

impl Play {
    /// Sets the stage: the model's alone, or both.
    ///
    /// # Errors
    /// There are no real processes to be had.
    pub fn new(script: &Script, with_real: bool, patience: Duration) -> Result<Self, Discord> {
        let spin = script.steps.iter().any(|step| step.op.watches_calls());
        Self::set(script, with_real.then_some(spin), patience)
    }

    /// Sets both stages for steps that are not known yet; `spin`: they may trace calls.
    ///
    /// # Errors
    /// There are no real processes to be had.
    pub fn with_idle(script: &Script, spin: bool, patience: Duration) -> Result<Self, Discord> {
        Self::set(script, Some(spin), patience)
    }

    /// Sets the model's stage alone, of a kernel without Yama: it comes out the same everywhere.
    #[must_use]
    pub fn on_model(script: &Script) -> Self {
        Self {
            models: vec![Model::new(script, own_cred())],
            real: None,
            patience: PATIENCE,
            last: Vec::new(),
        }
    }

    fn set(script: &Script, spin: Option<bool>, patience: Duration) -> Result<Self, Discord> {
        let mut model = Model::new(script, own_cred());
        let scope = yama_scope();
        model.configure(|kernel| kernel.yama = scope.map(Yama::new));
        let numbers: Vec<(String, i32)> =
            script.actors.iter().filter_map(|name| Some((name.clone(), model.pid(name)?))).collect();
        let real = spin
            .map(|spin| Real::new(spin, &numbers))
            .transpose()
            .map_err(|source| Discord::Real { line: 0, source })?;
        Ok(Self { models: vec![model], real, patience, last: Vec::new() })
    }

    /// The model; of several courses one.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.models[0]
    }

    /// Plays one step on both, compares, and holds it to what the script says of it.
    ///
    /// # Errors
    /// See [`Discord`].
    pub fn step(&mut self, step: &Step) -> Result<Line, Discord> {
        let line = self.advance(step)?;
        if line.is_as_expected() {
            return Ok(line);
        }
        Err(Discord::Unexpected {
            line: step.line,
            step: format!("{}: {}", step.actor, step.op),
            expected: step.expected.join(" or "),
            got: line.told().into(),
        })
    }

    /// Plays one step on both, and compares; what the script expects is left to the caller.
    ///
    /// # Errors
    /// See [`Discord`]; never [`Discord::Unexpected`].
    pub fn advance(&mut self, step: &Step) -> Result<Line, Discord> {
        if step.op.is_look() {
            return Ok(self.look(step));
        }
        self.last.retain(|(name, _)| *name != step.actor);
        self.last.push((step.actor.clone(), step.op.clone()));
        let mut real_words = None;
        if let Some(real) = &mut self.real {
            let before = &self.models[0];
            let number = |name: &str| before.pid(name).unwrap_or(crate::model::NOBODY);
            let courses = courses(&self.models, step)?;
            real.begin(step, number).map_err(|source| Discord::Real { line: step.line, source })?;
            self.models = courses;
            self.settle(step)?;
            let real = self.real.as_ref().map(|real| real.sight(&step.actor).outcome);
            real_words = Some(real.flatten().map(|outcome| self.words(&outcome, &step.op)));
        } else {
            self.models[0].play(step)?;
        }
        let model = self.model();
        let outcome = model.sight(&step.actor).and_then(|sight| sight.outcome);
        let told = outcome.map(|outcome| self.words(&outcome, &step.op));
        let seen = model.names().filter_map(|name| Some((name.into(), model.sight(name)?.seen)));
        Ok(Line { step: step.clone(), seen: seen.collect(), model: told, real: real_words })
    }

    /// Looks at a task on both sides, which agree since the last step.
    fn look(&self, step: &Step) -> Line {
        let words = |sight: Sight| {
            let name = |pid| self.model().name_of(pid);
            if step.op == Op::Handled {
                let told: Vec<String> =
                    sight.handled.iter().map(|info| words::siginfo(info, &name)).collect();
                return if told.is_empty() { "nothing".into() } else { told.join(", ") };
            }
            let last = self.last.iter().find(|(actor, _)| *actor == step.actor);
            match (sight.seen, sight.outcome, last) {
                (Seen::Idle, Some(outcome), Some((_, op))) => words::outcome(&outcome, op, &name),
                (seen, ..) => seen.word().into(),
            }
        };
        let model = self.model().sight(&step.actor).map(words);
        let real = self.real.as_ref().map(|real| Some(words(real.sight(&step.actor))));
        let names = self.model().names();
        let seen = names.filter_map(|name| Some((name.into(), self.model().sight(name)?.seen)));
        Line { step: step.clone(), seen: seen.collect(), model, real }
    }

    fn words(&self, outcome: &crate::sight::Outcome, op: &Op) -> String {
        words::outcome(outcome, op, &|pid| self.model().name_of(pid))
    }

    /// Waits until everything real is as the model says, or as one of several courses says.
    fn settle(&mut self, step: &Step) -> Result<(), Discord> {
        let deadline = Instant::now() + self.patience;
        // Tasks are looked at one after the other: one that was seen before the step took effect is seen again. Where there
        // are several courses, what looks like the end of one may be on the way to another's.
        let steady = if self.models.len() == 1 { 1 } else { 40 };
        let (mut steadily, mut fitting) = (0, Vec::new());
        for looks in 0u32.. {
            self.learn();
            let Some(real) = &self.real else { return Ok(()) };
            let names = self.models[0].names();
            let sights: Vec<(String, Sight)> = names.map(|name| (name.into(), real.sight(name))).collect();
            let fit: Vec<usize> = (0..self.models.len())
                .filter(|&at| differing(&self.models[at], &sights).is_none() && quiet(&self.models[at], real))
                .collect();
            if !fit.is_empty() {
                steadily = if fit == fitting { steadily + 1 } else { 0 };
                fitting = fit;
                if steadily >= steady {
                    let mut at = 0;
                    self.models.retain(|_| {
                        at += 1;
                        fitting.contains(&(at - 1))
                    });
                    // The new task's number may have come since we looked.
                    self.learn();
                    return Ok(());
                }
                if steady > 1 {
                    std::thread::sleep(Duration::from_micros(200));
                }
                continue;
            }
            steadily = 0;
            fitting.clear();
            if Instant::now() > deadline {
                let (line, done) = (step.line, format!("{}: {}", step.actor, step.op));
                let what = self.differences(&sights, step);
                return Err(if self.is_starved(&sights, real) {
                    Discord::Starved { line, step: done, what }
                } else {
                    Discord::Differs { line, step: done, what }
                });
            }
            if looks % 500 == 499 {
                real.make_room();
            }
            let nap = match looks {
                0..20 => 20,
                20..200 => 50,
                _ => 1000,
            };
            std::thread::sleep(Duration::from_micros(nap));
        }
        Ok(())
    }

    /// Notes the numbers of new tasks: of one whose maker was stopped at the call, later than the step that makes it.
    fn learn(&mut self) {
        let Some(real) = &mut self.real else { return };
        let model = &self.models[0];
        for name in model.names() {
            if let Some(pid) = model.pid(name).filter(|&pid| !real.knows(pid)) {
                real.learn(name, pid);
            }
        }
    }

    /// Whether one that is otherwise than it should be just has not run: it is neither asleep nor stopped, and is on its way
    /// or has not looked at a signal that waits.
    fn is_starved(&self, sights: &[(String, Sight)], real: &Real) -> bool {
        sights.iter().any(|(name, got)| {
            let differs = self.model().sight(name).is_some_and(|wanted| !same(&wanted, got));
            let waiting =
                || !real.unblocked_signals(name).without(self.model().unblocked_signals(name)).is_empty();
            differs && (got.seen == Seen::Moving || got.seen == Seen::Idle && waiting())
        })
    }

    /// How the first course differs from what is.
    fn differences(&self, sights: &[(String, Sight)], step: &Step) -> Vec<Difference> {
        let each = sights.iter().filter_map(|(name, got)| {
            let wanted = self.model().sight(name)?;
            (!same(&wanted, got)).then(|| Difference {
                name: name.clone(),
                model: self.side(&wanted, step),
                real: self.side(got, step),
                raw: format!("  raw: {wanted:?}\n       {got:?}"),
            })
        });
        each.collect()
    }

    fn side(&self, sight: &Sight, step: &Step) -> String {
        let outcome = sight.outcome.as_ref().map(|outcome| self.words(outcome, &step.op));
        let handled = sight.handled.iter().map(|info| words::siginfo(info, &|pid| self.model().name_of(pid)));
        let mut side =
            format!("{}, {}", sight.seen.word(), outcome.unwrap_or_else(|| "nothing told".into()),);
        let handled: Vec<String> = handled.collect();
        if !handled.is_empty() {
            side += &format!(", handled [{}]", handled.join(", "));
        }
        side
    }
}

/// What the models may come to by a step.
fn courses(models: &[Model], step: &Step) -> Result<Vec<Model>, PlayError> {
    let mut all: Vec<Model> = Vec::new();
    let mut refusal = None;
    for model in models {
        match model.courses(step) {
            Ok(courses) => {
                for course in courses {
                    if !all.iter().any(|known| known.fingerprint() == course.fingerprint()) {
                        all.push(course);
                    }
                }
            }
            Err(error) => refusal = Some(error),
        }
    }
    all.truncate(MAX_MODELS);
    match refusal {
        Some(error) if all.is_empty() => Err(error),
        _ => Ok(all),
    }
}

/// How many courses are followed at once.
const MAX_MODELS: usize = 64;

/// The first task that is otherwise than the model says: its name, what the model says, what is.
fn differing(model: &Model, sights: &[(String, Sight)]) -> Option<(String, Sight, Sight)> {
    let mut zombies = 0;
    let mut dead = None;
    for (name, got) in sights {
        let Some(wanted) = model.sight(name) else { continue };
        // A thread that has taken over its leader's number and died is not to be told from the leader: of the dead, only
        // how many are zombies is seen.
        if is_dead(wanted.seen) && is_dead(got.seen) {
            zombies += i32::from(wanted.seen == Seen::Zombie) - i32::from(got.seen == Seen::Zombie);
            if wanted.seen != got.seen {
                dead = Some((name.clone(), wanted, got.clone()));
            }
        } else if !same(&wanted, got) {
            return Some((name.clone(), wanted, got.clone()));
        }
    }
    dead.filter(|_| zombies != 0)
}

/// Whether everybody has looked at the signals that came: what looks like the end may be the beginning.
fn quiet(model: &Model, real: &Real) -> bool {
    model.stirred().all(|name| model.unblocked_signals(name) == real.unblocked_signals(name))
}

const fn is_dead(seen: Seen) -> bool {
    matches!(seen, Seen::Zombie | Seen::Gone)
}

/// Whether what is seen is what was to be seen. What a call gave counts once its task runs.
fn same(wanted: &Sight, got: &Sight) -> bool {
    if wanted.seen != got.seen {
        return false;
    }
    // A handler that is stopped has not come to write down what it was told; the log keeps 16.
    let settled = matches!(wanted.seen, Seen::Idle | Seen::Asleep) && wanted.handled.len() <= 16;
    let heard = !settled || wanted.handled == got.handled;
    heard && (wanted.seen != Seen::Idle || wanted.outcome.is_none() || wanted.outcome == got.outcome)
}

/// `kernel.yama.ptrace_scope`; `None`: the running kernel has no Yama.
fn yama_scope() -> Option<Scope> {
    let text = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").ok()?;
    Scope::from_raw(text.trim().parse().ok()?)
}

impl Discord {
    /// Whether it says nothing of the kernel or the model, but that real tasks did not come to run: play it again.
    #[must_use]
    pub const fn is_starvation(&self) -> bool {
        matches!(self, Self::Starved { .. } | Self::Real { source: RealError::Stage(_), .. })
    }
}

/// The credentials of this process, as far as the model takes them from the real world.
#[must_use]
pub fn own_cred() -> Cred {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let ids = |name: &str| -> Vec<u32> {
        field(name).split_whitespace().filter_map(|id| id.parse().ok()).collect()
    };
    let caps = |name: &str| Caps(u64::from_str_radix(field(name).trim(), 16).unwrap_or(0));
    let (uid, gid) = (ids("Uid:"), ids("Gid:"));
    let id = |list: &[u32], at: usize| list.get(at).copied().unwrap_or(0);
    Cred {
        uid: id(&uid, 0),
        euid: id(&uid, 1),
        suid: id(&uid, 2),
        fsuid: id(&uid, 3),
        gid: id(&gid, 0),
        egid: id(&gid, 1),
        sgid: id(&gid, 2),
        fsgid: id(&gid, 3),
        effective: caps("CapEff:"),
        permitted: caps("CapPrm:"),
        user_ns: lariat_kernel::cred::UserNs::INIT,
    }
}
