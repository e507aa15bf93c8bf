//! Lines that are begun, cut and taken up again.

use super::{Open, Pending, Session, TaskState};
use crate::line::{self, Event, Writer};
use crate::names::ProcNames;
use crate::settings::{Format, Settings};
use lariat_abi::Tid;
use std::collections::HashMap;

impl Session {
    /// Where the line of this task stands: behind what is written of it, if it is open.
    pub(super) fn column(&self, tid: Tid) -> usize {
        if self.is_open(tid) { self.writer.column } else { 0 }
    }

    pub(super) fn is_open(&self, tid: Tid) -> bool {
        self.open.as_ref().is_some_and(|open| open.tid == tid && open.written)
    }

    /// What goes before the rest of a call's line: nothing if the line is open, else a new beginning.
    pub(super) fn resume_line(&mut self, tid: Tid, pending: &Pending) -> Vec<u8> {
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
        let (before, after): (&[u8], &[u8]) = match pending.written {
            Some(_) => (b"<... ", b" resumed>"),
            None => (b"", b"("),
        };
        text.extend_from_slice(before);
        text.extend_from_slice(pending.call.name().as_bytes());
        text.extend_from_slice(after);
        text
    }

    pub(super) fn end_line(&mut self, tid: Tid, text: &[u8]) {
        let open = self.is_open(tid);
        self.open.take_if(|open| open.tid == tid);
        if open { self.writer.append(tid, text) } else { self.writer.put(Some(tid), text) }
    }

    /// A call whose end nobody saw: ` <unfinished ...>) = ?`.
    pub(super) fn end_without_result(&mut self, tid: Tid, pending: &Pending) {
        if self.settings.format == Format::Json {
            let spent = pending.since.map_or_else(Default::default, |(since, _)| since.elapsed());
            let text = line::json(tid, &pending.call, &self.ending_of(pending, spent), None);
            self.writer.put(Some(tid), &text);
            return;
        }
        let mut text = self.resume_line(tid, pending);
        line::finish_unknown(&mut text, &pending.call, pending.written, self.column(tid), &self.settings);
        self.end_line(tid, &text);
    }

    /// A line of its own, such as a signal.
    pub(super) fn event(&mut self, tid: Tid, event: &Event) {
        if !self.prints() {
            return;
        }
        let names = ProcNames { tid, settings: &self.settings, interrupted: None };
        if self.settings.format == Format::Json {
            let text = event.json(&names);
            self.writer.put(Some(tid), &text);
            return;
        }
        self.cut_open_line(None);
        let mut out = Vec::new();
        let many = self.many() || !self.tasks.contains_key(&tid) && !self.tree.is_empty();
        line::prefix(&mut out, tid, 0, 0, many, &self.settings, &mut self.writer);
        event.text(&mut out, &ProcNames { tid, settings: &self.settings, interrupted: None });
        out.push(b'\n');
        self.writer.put(Some(tid), &out);
    }

    /// Ends the open line, unless it is this task's own.
    pub(super) fn cut_open_line(&mut self, unless: Option<Tid>) {
        if self.open.as_ref().is_none_or(|open| Some(open.tid) == unless) {
            return;
        }
        begin_open_line(&mut self.open, &mut self.tasks, &mut self.writer, &self.settings);
        let Some(Open { tid, .. }) = self.open.take() else { return };
        self.writer.append(tid, b" <unfinished ...>\n");
    }
}

/// Writes the beginning of the open line, if that has not been done, and flushes.
pub(super) fn begin_open_line(
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
        pending.written = Some(line::Begun::of(&pending.call));
        open.written = true;
    }
    writer.flush();
}
