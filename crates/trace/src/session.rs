//! The tracer's loop: reports become records, records become lines.
//!
//! ```text
//!  engine::Report ─► Session ─► Call (entered) ─► Call (left) ─► filter ─► line ─► Sink
//! ```
//!
//! The one hard thing is that a line is begun at the entry of a call and ended at its exit, and another task
//! may have to be shown between: its line is then cut with `<unfinished ...>` and taken up by
//! `<... name resumed>`. A line is not written before it must be: most calls end before anything else happens.

use crate::filtering;
use crate::line::{self, Writer};
use crate::names::ProcNames;
use crate::settings::{Follow, Format, Settings};
use lariat_abi::{Abi, Signal, Tid, TraceeAddr};
use lariat_decode::{Call, Catalog, Env, Options, Outcome, ReadMemory, catalog};
use lariat_engine::{AttachError, Report, Stop, Tree};
use lariat_host::{self as host, SpawnError, Stopped, TraceeMemory};
use std::collections::HashMap;
use std::ffi::OsString;
use std::time::Instant;

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

struct Memory(TraceeMemory);

impl ReadMemory for Memory {
    fn read(&self, addr: TraceeAddr, buf: &mut [u8]) -> usize {
        self.0.read(addr, buf)
    }
}

/// A call that a task is in.
struct Pending {
    call: Call,
    /// Whether it is shown at all.
    shown: bool,
    /// How many arguments are written already.
    written: Option<usize>,
    since: Instant,
    ip: u64,
    /// Whether several tasks were traced when it began.
    many: bool,
}

#[derive(Default)]
struct TaskState {
    pending: Option<Pending>,
    personality: Option<Abi>,
    /// Nothing is shown before the program's own execve.
    starting: bool,
}

/// The one line that may be open.
struct Open {
    tid: Tid,
    written: bool,
}

/// A trace in progress.
pub struct Session {
    settings: Settings,
    tree: Tree,
    tasks: HashMap<Tid, TaskState>,
    main: Option<Tid>,
    ending: Ending,
    open: Option<Open>,
    writer: Writer,
    summary: crate::summary::Summary,
    /// The program has not yet shown whether it could install the filter that `--seccomp-bpf` asks for.
    filter_wanted: bool,
}

impl Session {
    /// Prepares a trace and opens its output.
    ///
    /// # Errors
    /// The output cannot be opened.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let follow = settings.follow != Follow::No;
        Ok(Self {
            tree: Tree::new(follow, settings.kill_on_exit),
            tasks: HashMap::new(),
            main: None,
            ending: Ending::Code(0),
            open: None,
            writer: Writer::open(&settings)?,
            summary: crate::summary::Summary::default(),
            filter_wanted: false,
            settings,
        })
    }

    /// Traces to the end.
    ///
    /// # Errors
    /// The program could not be started or the process not attached.
    pub fn run(mut self) -> Result<Ending, Error> {
        let signals = [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT, Signal::PIPE];
        if !self.settings.command.is_empty() {
            self.spawn()?;
        }
        if self.settings.attach.is_empty() {
            // The program, in our process group, gets these too; we stay to see what it makes of them.
            host::ignore_signals(&signals);
        } else {
            host::catch_termination(&signals);
            self.attach()?;
        }
        self.follow_tree()?;
        self.writer.flush();
        if self.settings.summary.is_some() {
            let text = self.summary.render(&self.settings);
            self.writer.put(None, text.as_bytes());
        }
        self.writer.finish();
        Ok(self.ending)
    }

    fn spawn(&mut self) -> Result<(), Error> {
        let mut env: HashMap<OsString, OsString> = std::env::vars_os().collect();
        for (name, value) in &self.settings.env {
            match value {
                Some(value) => env.insert(name.clone(), value.clone()),
                None => env.remove(name),
            };
        }
        // The program sees the environment in the order it would have without a tracer.
        let order: Vec<_> = std::env::vars_os().map(|(k, _)| k).collect();
        let mut vars: Vec<_> = order.into_iter().filter_map(|k| env.remove_entry(&k)).collect();
        vars.extend(env);
        let filter = match filtering::filter(&self.settings) {
            Ok(filter) => Some(filter),
            Err(why) => {
                if self.settings.seccomp == Some(true) {
                    eprintln!("lariat: {why}");
                }
                None
            }
        };
        let (child, _) = host::spawn_stopped(&self.settings.command, &vars, filter.as_ref())?;
        if let Err(error) = self.tree.adopt_spawned(child, filter.is_some()) {
            host::end_task(child);
            return Err(error.into());
        }
        self.filter_wanted = filter.is_some() && self.settings.seccomp == Some(true);
        self.main = Some(child);
        self.tasks.insert(child, TaskState { starting: true, ..TaskState::default() });
        Ok(())
    }

    fn attach(&mut self) -> Result<(), Error> {
        for pid in self.settings.attach.clone() {
            let threads = self.tree.attach(Tid::new(pid))?;
            if !self.settings.quiet.attach {
                match threads {
                    1 => eprintln!("lariat: Process {pid} attached"),
                    n => eprintln!("lariat: Process {pid} attached with {n} threads"),
                }
            }
        }
        Ok(())
    }

    fn follow_tree(&mut self) -> Result<(), Error> {
        let mut detaching = false;
        loop {
            if !detaching && host::termination().is_some() {
                detaching = true;
                self.tree.interrupt_all();
            }
            // A line whose call blocks is shown before the tracer sleeps.
            let next = {
                let Self { tree, writer, open, tasks, settings, .. } = &mut *self;
                tree.next(|| begin_open_line(open, tasks, writer, settings))
            };
            match next {
                Ok(Some(report)) if detaching => self.let_go(report),
                Ok(Some(report)) => self.report(report),
                Ok(None) => break,
                Err(error) if error.errno() == lariat_abi::Errno::EINTR => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.cut_open_line(None);
        Ok(())
    }

    fn let_go(&mut self, report: Report) {
        let Some(stopped) = report.stopped else { return };
        let tid = report.tid;
        if let Some(open) = self.open.take_if(|open| open.tid == tid)
            && open.written
        {
            self.writer.append(tid, b" <detached ...>\n");
        }
        self.tree.detach(&report.stop, stopped);
        if !self.settings.quiet.attach {
            eprintln!("lariat: Process {tid} detached");
        }
    }

    fn report(&mut self, report: Report) {
        let Report { tid, stop, stopped, .. } = report;
        let mut deliver = None;
        match &stop {
            Stop::Enter { abi, number, args, ip, sp } => {
                if let Some(stopped) = &stopped {
                    self.enter(stopped, *abi, *number, *args, (*ip, *sp));
                }
            }
            Stop::Leave { rval } => {
                if let Some(stopped) = &stopped {
                    self.leave(stopped, *rval);
                }
            }
            Stop::Signal { signal, info } => {
                deliver = Some(*signal);
                if self.settings.signals.contains(*signal) && !self.tasks.entry(tid).or_default().starting {
                    let text = line::signal(*signal, info, &self.settings);
                    self.whole_line(tid, &text);
                }
            }
            Stop::Group(signal) => {
                if self.settings.signals.contains(*signal) && !self.tasks.entry(tid).or_default().starting {
                    let text = format!("--- stopped by {signal} ---");
                    self.whole_line(tid, text.as_bytes());
                }
            }
            Stop::Child(child) => {
                let personality = self.tasks.get(&tid).and_then(|t| t.personality);
                self.tasks.entry(*child).or_default().personality = personality;
                if !self.settings.quiet.attach
                    && matches!(self.settings.output, crate::settings::Output::Stderr)
                {
                    // A line that is not begun yet need not be cut.
                    if self.is_open(tid) {
                        self.cut_open_line(None);
                    }
                    self.writer.flush();
                    eprintln!("lariat: Process {child} attached");
                }
            }
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
        if let Some(stopped) = stopped {
            if matches!(stop, Stop::Exec { .. }) && self.settings.detach_on_execve {
                self.cut_open_line(None);
                self.tree.detach(&stop, stopped);
            } else {
                self.tree.resume(&stop, stopped, deliver);
            }
        }
    }

    fn options(&self, abi: Abi, number: u64) -> Options {
        Options {
            abbreviate: self.settings.abbrev.contains(abi, number),
            dereference: self.settings.verbose.contains(abi, number),
            ..self.settings.decode.clone()
        }
    }

    fn enter(&mut self, stopped: &Stopped, abi: Abi, number: u64, args: [u64; 6], (ip, sp): (u64, u64)) {
        let tid = stopped.tid();
        let row = Catalog::get().row(abi, number).unwrap_or(&catalog::UNKNOWN);
        let starting = self.tasks.entry(tid).or_default().starting;
        if starting && row.name != "execve" {
            return;
        }
        self.announce_personality(tid, abi);
        if let Some(task) = self.tasks.get_mut(&tid) {
            task.starting = false;
        }
        // A number that no table has is always shown, as strace shows it: nobody could have asked for it.
        let many = self.many();
        let shown =
            self.settings.trace.contains(abi, number) || std::ptr::eq(row, &raw const catalog::UNKNOWN);
        let memory = Memory(stopped.memory());
        let options = self.options(abi, number);
        let names = ProcNames { tid, settings: &self.settings };
        let env = Env { tid, sp, memory: &memory, names: &names, options: &options };
        // What is not shown is not decoded.
        let mut call = if shown && self.settings.summary != Some(crate::settings::Summary::Only) {
            Call::enter(row, abi, number, args, env)
        } else {
            Call::enter(&catalog::BARE, abi, number, args, env)
        };
        if self.settings.raw.contains(abi, number) {
            call.show_raw();
        }
        if shown {
            self.cut_open_line(Some(tid));
            // A conditional line is written only when its outcome is known; in a file of its task's own a line
            // is never cut, since no other task writes there.
            if self.settings.status.is_all()
                && self.prints()
                && self.settings.format == Format::Text
                && self.settings.follow != Follow::Separate
            {
                self.open = Some(Open { tid, written: false });
            }
        }
        if let Some(task) = self.tasks.get_mut(&tid) {
            task.pending = Some(Pending { call, shown, written: None, since: Instant::now(), ip, many });
        }
    }

    fn prints(&self) -> bool {
        self.settings.summary != Some(crate::settings::Summary::Only)
    }

    fn announce_personality(&mut self, tid: Tid, abi: Abi) {
        let Some(task) = self.tasks.get_mut(&tid) else { return };
        let before = task.personality.replace(abi).unwrap_or(Abi::X86_64);
        if before != abi && !self.settings.quiet.personality {
            let mode = match abi {
                Abi::X86_64 => "64 bit",
                Abi::I386 => "32 bit",
                Abi::X32 => "x32",
            };
            self.cut_open_line(None);
            eprintln!("lariat: [ Process PID={tid} runs in {mode} mode. ]");
        }
    }

    fn leave(&mut self, stopped: &Stopped, rval: i64) {
        let tid = stopped.tid();
        let Some(mut pending) = self.tasks.get_mut(&tid).and_then(|t| t.pending.take()) else { return };
        if !pending.shown {
            return;
        }
        let (abi, number) = (pending.call.abi, pending.call.number);
        let memory = Memory(stopped.memory());
        let options = self.options(abi, number);
        let names = ProcNames { tid, settings: &self.settings };
        let env = Env { tid, sp: 0, memory: &memory, names: &names, options: &options };
        let spent = pending.since.elapsed();
        let outcome = Outcome::from_register(pending.call.row, rval);
        pending.call.exit(outcome, env);
        if self.settings.summary.is_some() {
            let name = Catalog::get().row(abi, number).map_or("syscall", |row| row.name);
            self.summary.add(name, spent, matches!(outcome, Outcome::Failed(_)));
        }
        if !self.prints() || !self.settings.status.contains(outcome) {
            return;
        }
        if self.settings.format == Format::Json {
            let text = line::json(tid, &pending.call, spent);
            self.writer.put(Some(tid), &text);
            return;
        }
        let resumed = self.resume_line(tid, &pending);
        let mut text = resumed;
        line::finish(&mut text, &pending.call, pending.written, self.column(tid), spent, &self.settings);
        self.end_line(tid, &text);
    }

    /// Where the line of this task stands: behind what is written of it, if it is open.
    fn column(&self, tid: Tid) -> usize {
        if self.is_open(tid) { self.writer.column } else { 0 }
    }

    fn is_open(&self, tid: Tid) -> bool {
        self.open.as_ref().is_some_and(|open| open.tid == tid && open.written)
    }

    /// What goes before the rest of a call's line: nothing if the line is open, else a new beginning.
    fn resume_line(&mut self, tid: Tid, pending: &Pending) -> Vec<u8> {
        let mut text = Vec::with_capacity(256);
        if self.is_open(tid) {
            return text;
        }
        self.cut_open_line(Some(tid));
        line::prefix(
            &mut text,
            tid,
            pending.ip,
            pending.call.number,
            self.many(),
            &self.settings,
            &mut self.writer,
        );
        match pending.written {
            Some(_) => text.extend_from_slice(format!("<... {} resumed>", pending.call.name()).as_bytes()),
            None => text.extend_from_slice(format!("{}(", pending.call.name()).as_bytes()),
        }
        text
    }

    fn end_line(&mut self, tid: Tid, text: &[u8]) {
        let open = self.is_open(tid);
        self.open.take_if(|open| open.tid == tid);
        if open { self.writer.append(tid, text) } else { self.writer.put(Some(tid), text) }
    }

    fn many(&self) -> bool {
        self.tree.len() > 1
    }

    fn exec(&mut self, tid: Tid, former: Tid) {
        if former == tid {
            return;
        }
        // The thread that called execve goes on under the leader's id; the leader's own call never ends.
        if self.open.as_ref().is_some_and(|open| open.tid == tid || open.tid == former) {
            self.cut_open_line(None);
        }
        if let Some(state) = self.tasks.remove(&former) {
            self.tasks.insert(tid, state);
        }
        if !self.settings.quiet.thread_execve {
            let text = format!("+++ superseded by execve in pid {former} +++");
            self.whole_line(tid, text.as_bytes());
        }
    }

    fn gone(&mut self, tid: Tid, stop: &Stop) {
        let state = self.tasks.remove(&tid).unwrap_or_default();
        if let Some(pending) = &state.pending
            && pending.shown
            && self.prints()
            && self.settings.status.contains(Outcome::Unknown)
        {
            self.end_without_result(tid, pending);
        }
        let (text, ending) = match *stop {
            Stop::Exited(code) => (format!("+++ exited with {code} +++"), Ending::Code(code)),
            Stop::Killed { signal, core } => {
                let core = if core { " (core dumped)" } else { "" };
                (format!("+++ killed by {signal}{core} +++"), Ending::Signal(signal))
            }
            _ => return,
        };
        if self.main == Some(tid) {
            self.ending = ending;
        }
        if !self.settings.quiet.exit || matches!(stop, Stop::Killed { .. }) {
            self.whole_line(tid, text.as_bytes());
        }
    }

    /// A call whose end nobody saw: ` <unfinished ...>) = ?`.
    fn end_without_result(&mut self, tid: Tid, pending: &Pending) {
        if self.settings.format == Format::Json {
            let text = line::json(tid, &pending.call, pending.since.elapsed());
            self.writer.put(Some(tid), &text);
            return;
        }
        let mut text = self.resume_line(tid, pending);
        line::finish_unknown(&mut text, &pending.call, pending.written, self.column(tid), &self.settings);
        self.end_line(tid, &text);
    }

    /// A line of its own, such as a signal.
    fn whole_line(&mut self, tid: Tid, text: &[u8]) {
        if !self.prints() || self.settings.format == Format::Json {
            if self.settings.format == Format::Json && self.prints() {
                let text = line::json_event(tid, text);
                self.writer.put(Some(tid), &text);
            }
            return;
        }
        self.cut_open_line(None);
        let mut out = Vec::new();
        let many = self.many() || !self.tasks.contains_key(&tid) && !self.tree.is_empty();
        line::prefix(&mut out, tid, 0, 0, many, &self.settings, &mut self.writer);
        out.extend_from_slice(text);
        out.push(b'\n');
        self.writer.put(Some(tid), &out);
    }

    /// Ends the open line, unless it is this task's own.
    fn cut_open_line(&mut self, unless: Option<Tid>) {
        if self.open.as_ref().is_none_or(|open| Some(open.tid) == unless) {
            return;
        }
        begin_open_line(&mut self.open, &mut self.tasks, &mut self.writer, &self.settings);
        let Some(Open { tid, .. }) = self.open.take() else { return };
        self.writer.append(tid, b" <unfinished ...>\n");
    }
}

/// Writes the beginning of the open line, if that has not been done, and flushes.
fn begin_open_line(
    open: &mut Option<Open>,
    tasks: &mut HashMap<Tid, TaskState>,
    writer: &mut Writer,
    settings: &Settings,
) {
    if let Some(open) = open
        && !open.written
        && let Some(pending) = tasks.get_mut(&open.tid).and_then(|t| t.pending.as_mut())
    {
        let mut text = Vec::new();
        line::prefix(&mut text, open.tid, pending.ip, pending.call.number, pending.many, settings, writer);
        line::begin(&mut text, &pending.call, settings);
        writer.put(Some(open.tid), &text);
        pending.written = Some(pending.call.known());
        open.written = true;
    }
    writer.flush();
}
