//! The tracer's loop: reports become records, records become lines.
//!
//! ```text
//!  engine::Report ─► Session ─► Call (entered) ─► Call (left) ─► filter ─► line ─► Writer
//!                       │  └─ session/calls.rs: what happens at the two ends of a call
//!                       ├─ session/lines.rs: lines begun, cut and taken up again
//!                       └─ session/state.rs: what is remembered of a task
//! ```
//!
//! The one hard thing is that a line is begun at the entry of a call and ended at its exit, and another task
//! may have to be shown between: its line is then cut with `<unfinished ...>` and taken up by
//! `<... name resumed>`. A line is not written before it must be: most calls end before anything else happens.

mod calls;
mod lines;
mod state;

use self::lines::Lines;
use self::state::{Held, Onward, Pending, Shown, TaskState};
use crate::filtering;
use crate::line::{Event, Writer};
use crate::select::Selection;
use crate::settings::{Follow, Format, Output, Settings, Summary};
use lariat_abi::{Errno, Signal, Tid, TraceeAddr};
use lariat_decode::ReadMemory;
use lariat_engine::{AttachError, Report, Stop, Tree};
use lariat_host::{self as host, SpawnError, TraceeMemory};
use std::collections::HashMap;
use std::ffi::OsString;
use std::time::{Duration, Instant};

/// How the traced program ended, which is how the tracer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With this status.
    Code(u8),
    /// By this signal.
    Signal(Signal),
}

/// Why there was nothing to trace.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The program was not started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    /// The kernel refused.
    #[error(transparent)]
    Attach(#[from] AttachError),
    /// Waiting failed.
    #[error(transparent)]
    Host(#[from] host::Error),
    /// The output cannot be written.
    #[error("Can't fopen '{path}': {source}")]
    Output {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}

/// The memory of a tracee, as the decoder wants it.
struct Memory(TraceeMemory);

impl ReadMemory for Memory {
    fn read(&self, addr: TraceeAddr, buf: &mut [u8]) -> usize {
        self.0.read(addr, buf)
    }
}

/// A trace in progress.
pub struct Session {
    settings: Settings,
    selection: Selection,
    tree: Tree,
    tasks: HashMap<Tid, TaskState>,
    held: Vec<Held>,
    main: Option<Tid>,
    /// The program that was started has executed; from then on `-b execve` counts.
    started: bool,
    ending: Ending,
    lines: Lines,
    summary: crate::summary::Summary,
    /// Whether anybody wants to know when calls begin.
    timing: bool,
    /// The program has not yet shown whether it could install the filter that `--seccomp-bpf` asks for.
    filter_wanted: bool,
    /// A terminating signal has been passed on to the program.
    asked_to_end: bool,
}

impl Session {
    /// Prepares a trace and opens its output.
    ///
    /// # Errors
    /// The output cannot be opened.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let follow = settings.follow != Follow::No;
        let system_time = settings.summary.is_some() && !settings.summary_wall;
        let timing = settings.spent.is_some()
            || settings.summary.is_some() && settings.summary_wall
            || settings.format == Format::Json;
        if settings.stack_trace {
            eprintln!("lariat: -k: stack traces are not there yet; the trace goes without");
        }
        let mut tree = Tree::new(follow, settings.kill_on_exit, system_time);
        let writer = Writer::open(&settings)?;
        if let Some(command) = writer.command() {
            tree.disown(command);
        }
        Ok(Self {
            tree,
            tasks: HashMap::new(),
            held: Vec::new(),
            main: None,
            started: false,
            ending: Ending::Code(0),
            lines: Lines::new(writer),
            summary: crate::summary::Summary::default(),
            selection: Selection::new(&settings),
            timing,
            filter_wanted: false,
            asked_to_end: false,
            settings,
        })
    }

    /// Traces to the end.
    ///
    /// # Errors
    /// The program could not be started or the process not attached.
    pub fn run(mut self) -> Result<Ending, Error> {
        if !self.settings.command.is_empty() {
            self.spawn()?;
        }
        // After the fork: the program inherits what is ignored.
        self.interruptions();
        self.attach()?;
        self.follow_tree()?;
        self.lines.writer.flush();
        if self.settings.summary.is_some() {
            let text = match self.settings.format {
                Format::Text => self.summary.render(&self.settings),
                Format::Json => self.summary.json(&self.settings),
            };
            self.lines.writer.put(None, text.as_bytes());
        }
        self.lines.writer.finish();
        Ok(self.ending)
    }

    /// Which signals end the trace (`-I`). Those from a terminal come to the program as well.
    fn interruptions(&self) {
        let fatal = [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT];
        let to_file = self.settings.output != Output::Stderr && !self.settings.command.is_empty();
        let level = self.settings.interruptible.unwrap_or(match self.settings.daemonize {
            None if to_file => 3,
            None => 2,
            Some(_) => 4,
        });
        if level <= 2 {
            host::catch_termination(&fatal);
        } else {
            host::ignore_signals(&fatal);
        }
        // A reader of the trace that goes away lets an attached process go; a program that was started runs on.
        if level <= 2 && self.settings.command.is_empty() {
            host::catch_termination(&[Signal::PIPE]);
        } else {
            host::ignore_signals(&[Signal::PIPE]);
        }
        if level >= 4 {
            host::ignore_signals(&[Signal::TSTP]);
        }
        // Writing the trace to a terminal from the background does not stop the tracer.
        host::ignore_signals(&[Signal::TTOU, Signal::TTIN]);
    }

    fn spawn(&mut self) -> Result<(), Error> {
        let filter = match filtering::filter(&self.settings) {
            Ok(filter) => Some(filter),
            Err(why) => {
                if self.settings.seccomp == Some(true) {
                    eprintln!("lariat: {why}");
                }
                None
            }
        };
        let environment = environment(&self.settings);
        let launch = host::Launch {
            argv: &self.settings.command,
            env: &environment,
            filter: filter.as_ref(),
            user: self.settings.user.as_ref(),
        };
        let waiting = match self.settings.daemonize {
            None => launch.spawn()?,
            Some(distance) => launch.become_tracee(distance)?,
        };
        let child = waiting.tid;
        self.tree.adopt(waiting, filter.is_some())?;
        self.filter_wanted = filter.is_some() && self.settings.seccomp == Some(true);
        self.main = Some(child);
        self.tasks.insert(child, TaskState { starting: true, ..TaskState::default() });
        Ok(())
    }

    fn attach(&mut self) -> Result<(), Error> {
        let mut refused = None;
        for pid in self.settings.attach.clone() {
            let threads = match self.tree.attach(Tid::new(pid)) {
                Ok(threads) => threads,
                // The others may be there: of a list of processes, some have ended meanwhile.
                Err(error) => {
                    if let Some(earlier) = refused.replace(error) {
                        eprintln!("lariat: {earlier}");
                    }
                    continue;
                }
            };
            if !self.settings.quiet.attach {
                match threads {
                    1 => eprintln!("lariat: Process {pid} attached"),
                    n => eprintln!("lariat: Process {pid} attached with {n} threads"),
                }
            }
        }
        match refused {
            Some(error) if self.tree.is_empty() => Err(error.into()),
            Some(error) => {
                eprintln!("lariat: {error}");
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn follow_tree(&mut self) -> Result<(), Error> {
        let mut leaving = None;
        loop {
            if leaving.is_none()
                && let Some(signal) = host::take_termination()
                && !self.passes_on(signal)
            {
                leaving = Some(signal);
                self.ending = Ending::Signal(signal);
                self.tree.interrupt_all();
                for held in std::mem::take(&mut self.held) {
                    let report = Report {
                        tid: held.stopped.tid(),
                        stop: held.stop,
                        stopped: Some(held.stopped),
                        system_time: Duration::ZERO,
                    };
                    self.let_go(report, signal);
                }
            }
            let deadline = self.release_held();
            // A line whose call blocks is shown before the tracer sleeps.
            let Self { tree, lines, tasks, settings, .. } = &mut *self;
            let next = tree.next(deadline, || lines.show_blocking(tasks, settings));
            match next {
                Ok(Some(report)) => match leaving {
                    Some(signal) => self.let_go(report, signal),
                    None => self.report(report),
                },
                Ok(None) => break,
                Err(error) if matches!(error.errno(), Errno::EINTR | Errno::EAGAIN) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.cut_open_line(None);
        Ok(())
    }

    /// A program under our seccomp filter cannot be let go: it gets the signal, and the trace goes on to its end;
    /// the second signal kills it.
    fn passes_on(&mut self, signal: Signal) -> bool {
        let Some(main) = self.main.filter(|&main| self.tree.is_filtered(main)) else { return false };
        let again = std::mem::replace(&mut self.asked_to_end, true);
        host::send_signal(main, if again { Signal::KILL } else { signal });
        true
    }

    /// Lets the tasks go on whose time has come; when that of the next one comes.
    fn release_held(&mut self) -> Option<Instant> {
        if self.held.is_empty() {
            return None;
        }
        let now = Instant::now();
        for held in self.held.extract_if(.., |held| held.until <= now) {
            self.tree.resume(&held.stop, held.stopped, held.deliver);
        }
        self.held.iter().map(|held| held.until).min()
    }

    /// The tracer goes: an attached process goes on without it, a program that it started is ended by the same
    /// signal.
    fn let_go(&mut self, report: Report, signal: Signal) {
        let Report { tid, stop, stopped, .. } = report;
        let Some(stopped) = stopped else { return };
        self.detach_line(tid);
        if matches!(stop, Stop::Leave { .. })
            && let Some(pending) = self.tasks.get_mut(&tid).and_then(|task| task.pending.take())
        {
            calls::give_result(&stopped, pending.tampered);
        }
        let ends = self.main.is_some() && self.settings.attach.is_empty();
        self.tree.detach(&stop, stopped);
        if ends {
            host::send_signal(tid, signal);
        }
        if !self.settings.quiet.attach {
            eprintln!("lariat: Process {tid} detached");
        }
    }

    fn report(&mut self, report: Report) {
        let Report { tid, stop, stopped, system_time } = report;
        let mut onward = Onward::default();
        match &stop {
            Stop::Enter { abi, number, args, ip, sp } => {
                if let Some(stopped) = &stopped {
                    let entry = calls::Entry {
                        abi: *abi,
                        number: *number,
                        args: *args,
                        ip: *ip,
                        sp: *sp,
                        system_time,
                    };
                    onward = self.enter(stopped, &entry);
                }
            }
            Stop::Leave { rval } => {
                if let Some(stopped) = &stopped {
                    onward = self.leave(stopped, *rval, system_time);
                }
            }
            Stop::Signal { signal, info } => {
                onward.deliver = Some(*signal);
                if self.reports(tid, *signal) {
                    self.event(tid, self.last_number(tid), &Event::Signal(*signal, *info));
                }
            }
            Stop::Group(signal) => {
                if self.reports(tid, *signal) {
                    self.event(tid, self.last_number(tid), &Event::Stopped(*signal));
                }
            }
            Stop::Child(child) => self.child(tid, *child),
            Stop::Exec { former } => {
                if self.filter_wanted && !self.tree.is_filtered(tid) {
                    eprintln!("lariat: the kernel refused the seccomp filter; every call stops");
                }
                self.filter_wanted = false;
                self.exec(tid, *former);
            }
            Stop::Other => {}
            Stop::Exited(_) | Stop::Killed { .. } => self.gone(tid, &stop),
        }
        let Some(stopped) = stopped else { return };
        if matches!(stop, Stop::Exec { .. }) {
            // The execve that starts the program is not one of its own.
            let own = self.main != Some(tid) || std::mem::replace(&mut self.started, true);
            if own && self.settings.detach_on_execve {
                self.lines.show_blocking(&mut self.tasks, &self.settings);
                self.detach_line(tid);
                self.tree.detach(&stop, stopped);
                self.tasks.remove(&tid);
                if !self.settings.quiet.attach {
                    self.lines.writer.flush();
                    eprintln!("lariat: Process {tid} detached");
                }
                return;
            }
        }
        if self.settings.output == Output::Stderr {
            // The program may write to the same place: what comes before is to be there before.
            self.lines.show_blocking(&mut self.tasks, &self.settings);
        }
        if onward.hold.is_zero() {
            self.tree.resume(&stop, stopped, onward.deliver);
        } else {
            let until = Instant::now() + onward.hold;
            self.held.push(Held { until, stop, stopped, deliver: onward.deliver });
        }
    }

    /// Whether a signal of this task is shown.
    fn reports(&mut self, tid: Tid, signal: Signal) -> bool {
        self.settings.signals.contains(signal) && !self.tasks.entry(tid).or_default().starting
    }

    fn child(&mut self, parent: Tid, child: Tid) {
        let personality = self.tasks.get(&parent).and_then(|task| task.personality);
        self.tasks.entry(child).or_default().personality = personality;
        if !self.settings.quiet.attach && self.tells_of_tasks() {
            // A line that is not begun yet need not be cut.
            if self.has_open_line(parent) {
                self.cut_open_line(None);
            }
            self.lines.writer.flush();
            eprintln!("lariat: Process {child} attached");
        }
    }

    fn exec(&mut self, tid: Tid, former: Tid) {
        if former == tid {
            return;
        }
        // The thread that called execve goes on under the leader's id; the leader's own call never ends.
        if self.lines.open.is_some_and(|open| open == tid || open == former) {
            self.cut_open_line(None);
        }
        if let Some(state) = self.tasks.remove(&former) {
            self.tasks.insert(tid, state);
        }
        if !self.settings.quiet.thread_execve {
            self.event(tid, self.last_number(tid), &Event::Superseded(former));
        }
    }

    fn gone(&mut self, tid: Tid, stop: &Stop) {
        let state = self.tasks.remove(&tid).unwrap_or_default();
        self.held.retain(|held| held.stopped.tid() != tid);
        if let Some(pending) = &state.pending
            && pending.shown == Shown::Yes
            && self.prints()
            && self.settings.status.unfinished
        {
            self.end_without_result(tid, pending);
        }
        let (event, ending) = match *stop {
            Stop::Exited(code) => (Event::Exited(code), Ending::Code(code)),
            Stop::Killed { signal, core } => (Event::Killed(signal, core), Ending::Signal(signal)),
            _ => return,
        };
        if self.main == Some(tid) {
            self.ending = ending;
        }
        let shown = match *stop {
            Stop::Killed { signal, .. } => self.settings.signals.contains(signal),
            _ => !self.settings.quiet.exit,
        };
        if shown {
            self.event(tid, state.number, &event);
        }
        self.lines.writer.close(tid);
    }

    /// Whether it is told who comes and who runs in which mode: with a file and a program to start, nobody needs to
    /// know.
    fn tells_of_tasks(&self) -> bool {
        self.settings.output == Output::Stderr || self.settings.command.is_empty()
    }

    fn last_number(&self, tid: Tid) -> u64 {
        self.tasks.get(&tid).map_or(0, |task| task.number)
    }

    fn prints(&self) -> bool {
        self.settings.summary != Some(Summary::Only)
    }

    fn many(&self) -> bool {
        self.tree.len() > 1
    }
}

/// The environment of the program: ours with the changes of `-E`, in the order it would have without a tracer.
fn environment(settings: &Settings) -> Vec<(OsString, OsString)> {
    let mut env: HashMap<OsString, OsString> = std::env::vars_os().collect();
    for (name, value) in &settings.env {
        match value {
            Some(value) => env.insert(name.clone(), value.clone()),
            None => env.remove(name),
        };
    }
    let mut vars: Vec<_> = std::env::vars_os().filter_map(|(name, _)| env.remove_entry(&name)).collect();
    vars.extend(env);
    vars
}
