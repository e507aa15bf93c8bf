//! Lines that are begun, cut and taken up again.
//!
//! Where all tasks write to one place, one line at most is open, and is cut when another task has something to
//! say. In a file of its task's own (`-ff`) a line stays open until something else happens to that task.

use super::{Pending, Session, Shown, TaskState};
use crate::line::{self, Begun, Event, Writer};
use crate::names::ProcNames;
use crate::settings::{Follow, Format, Settings};
use lariat_abi::Tid;
use std::collections::HashMap;

/// How far the line of a call is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Line {
    /// Nothing is written yet.
    Unwritten,
    /// The beginning is written, up to this column.
    Open(Begun, usize),
    /// It was cut by `<unfinished ...>`.
    Cut(Begun),
}

impl Line {
    pub(super) const fn is_open(self) -> bool {
        matches!(self, Self::Open(..))
    }

    /// What is written of it.
    const fn begun(self) -> Option<Begun> {
        match self {
            Self::Unwritten => None,
            Self::Open(begun, _) | Self::Cut(begun) => Some(begun),
        }
    }

    const fn column(self) -> usize {
        match self {
            Self::Open(_, column) => column,
            _ => 0,
        }
    }
}

/// The lines that are not ended, and where all lines go.
pub(super) struct Lines {
    pub(super) writer: Writer,
    /// Whose line is open, or would be if it were written, where all tasks write to one place.
    pub(super) open: Option<Tid>,
    /// Calls that nothing is written of yet, where each task has a file of its own.
    unwritten: Vec<Tid>,
}

impl Lines {
    pub(super) const fn new(writer: Writer) -> Self {
        Self { writer, open: None, unwritten: Vec::new() }
    }

    /// Before the tracer sleeps: whoever reads the trace sees the calls that block.
    pub(super) fn show_blocking(&mut self, tasks: &mut HashMap<Tid, TaskState>, settings: &Settings) {
        for tid in std::mem::take(&mut self.unwritten).into_iter().chain(self.open) {
            self.write_beginning(tid, tasks, settings);
        }
        self.writer.flush();
    }

    fn write_beginning(&mut self, tid: Tid, tasks: &mut HashMap<Tid, TaskState>, settings: &Settings) {
        let Some(pending) = tasks.get_mut(&tid).and_then(|task| task.pending.as_mut()) else { return };
        if !matches!(pending.line, Line::Unwritten) || pending.shown != Shown::Yes {
            return;
        }
        let mut text = Vec::new();
        let (ip, number, many) = (pending.ip, pending.call.number, pending.many);
        line::prefix(&mut text, tid, Some(ip), number, many, settings, &mut self.writer);
        line::begin(&mut text, &pending.call, settings);
        self.writer.put(Some(tid), &text);
        let paint = if settings.color { line::NAME_PAINT } else { 0 };
        pending.line = Line::Open(Begun::of(&pending.call), text.len() - paint);
    }
}

impl Session {
    /// A call that is shown has begun. A line is written when it must be: most calls end before anything else
    /// happens. A conditional line waits for the outcome.
    pub(super) fn begin(&mut self, tid: Tid) {
        self.cut_open_line(Some(tid));
        if self.settings.status.is_all() && self.prints() && self.settings.format == Format::Text {
            if self.settings.follow == Follow::Separate {
                self.lines.unwritten.push(tid);
            } else {
                self.lines.open = Some(tid);
            }
        }
    }

    /// Ends the one open line, unless it is this task's own.
    pub(super) fn cut_open_line(&mut self, unless: Option<Tid>) {
        if let Some(tid) = self.lines.open.take_if(|tid| Some(*tid) != unless) {
            self.lines.write_beginning(tid, &mut self.tasks, &self.settings);
            self.cut(tid);
        }
    }

    /// Cuts the line of this task, if it is open.
    fn cut(&mut self, tid: Tid) {
        if let Some(pending) = self.tasks.get_mut(&tid).and_then(|task| task.pending.as_mut())
            && let Line::Open(begun, _) = pending.line
        {
            pending.line = Line::Cut(begun);
            self.lines.writer.append(tid, b" <unfinished ...>\n");
        }
    }

    pub(super) fn has_open_line(&self, tid: Tid) -> bool {
        self.tasks.get(&tid).and_then(|task| task.pending.as_ref()).is_some_and(|call| call.line.is_open())
    }

    /// Ends the line of a task that is let go in a call.
    pub(super) fn detach_line(&mut self, tid: Tid) {
        self.lines.open.take_if(|open| *open == tid);
        if self.has_open_line(tid) {
            self.lines.writer.append(tid, b" <detached ...>\n");
        }
    }

    /// What goes before the rest of a call's line: nothing if the line is open, else a new beginning.
    fn resume_line(&mut self, tid: Tid, pending: &Pending) -> Vec<u8> {
        let mut text = Vec::with_capacity(256);
        if pending.line.is_open() {
            return text;
        }
        self.cut_open_line(Some(tid));
        let (ip, number, many) = (pending.ip, pending.call.number, self.many());
        line::prefix(&mut text, tid, Some(ip), number, many, &self.settings, &mut self.lines.writer);
        match pending.line {
            Line::Cut(_) => {
                text.extend_from_slice(b"<... ");
                text.extend_from_slice(pending.call.name().as_bytes());
                text.extend_from_slice(b" resumed>");
            }
            _ => line::name(&mut text, &pending.call, &self.settings),
        }
        text
    }

    fn end_line(&mut self, tid: Tid, pending: &Pending, text: &[u8]) {
        self.lines.open.take_if(|open| *open == tid);
        if pending.line.is_open() {
            self.lines.writer.append(tid, text)
        } else {
            self.lines.writer.put(Some(tid), text)
        }
    }

    /// Shows a call that has ended.
    pub(super) fn finish_line(&mut self, tid: Tid, pending: &Pending, ending: &line::Ending) {
        let mut text = self.resume_line(tid, pending);
        let (begun, column) = (pending.line.begun(), pending.line.column());
        line::finish(&mut text, &pending.call, begun, column, ending, &self.settings);
        if let Some(dump) = &ending.dump {
            dump.text(&mut text);
        }
        self.end_line(tid, pending, &text);
    }

    /// A call whose end nobody saw: ` <unfinished ...>) = ?`.
    pub(super) fn end_without_result(&mut self, tid: Tid, pending: &Pending) {
        if self.settings.format == Format::Json {
            let spent = pending.since.map_or_else(Default::default, |(since, _)| since.elapsed());
            let text = line::json(tid, &pending.call, &Self::ending_of(pending, spent, None));
            self.lines.writer.put(Some(tid), &text);
            return;
        }
        let mut text = self.resume_line(tid, pending);
        let (begun, column) = (pending.line.begun(), pending.line.column());
        line::finish_unknown(&mut text, &pending.call, begun, column, &self.settings);
        self.end_line(tid, pending, &text);
    }

    /// A line of its own, such as a signal. `number`: the last call of the task.
    pub(super) fn event(&mut self, tid: Tid, number: u64, event: &Event) {
        if !self.prints() {
            return;
        }
        let names = ProcNames { tid, settings: &self.settings, interrupted: None };
        if self.settings.format == Format::Json {
            let text = event.json(&names);
            self.lines.writer.put(Some(tid), &text);
            return;
        }
        let mut said = Vec::new();
        event.text(&mut said, &names);
        self.cut_open_line(None);
        self.cut(tid);
        let mut out = Vec::new();
        let many = self.many() || !self.tasks.contains_key(&tid) && !self.tree.is_empty();
        line::prefix(&mut out, tid, None, number, many, &self.settings, &mut self.lines.writer);
        out.extend_from_slice(&said);
        out.push(b'\n');
        self.lines.writer.put(Some(tid), &out);
    }
}
