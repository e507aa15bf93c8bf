//! A timeline for a terminal: a lane for each task, time flowing down, what happens in words beside it.
//!
//! A lane shows what its task does, in the letters of ps(1); the task that a row is about has a dot, and an arrow leads
//! from whom to whom.

use super::{Arrow, Asked, Kind, Row, Said, Timeline, Verdict};
use crate::sight::Seen;
use anstyle::{AnsiColor, Style as Paint};
use std::fmt::Write;

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// With colours.
    pub color: bool,
    /// At most so many columns, if it can be; 60 at least.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self { color: false, width: 100 }
    }
}

/// The line numbers' columns.
const GUTTER: usize = 6;

/// The lanes take so many columns at most, if it can be.
const LANES: usize = 56;

/// Writes a timeline.
#[must_use]
pub fn text(timeline: &Timeline, style: &Style) -> String {
    let longest = timeline.lanes.iter().map(|name| name.len() + 1).max().unwrap_or(0);
    let fitting = LANES / timeline.lanes.len().max(1);
    let lane = longest.max(4).min(fitting.max(3));
    let mut page = Page { out: String::new(), timeline, style, lane };
    page.title();
    page.names();
    let mut remark: Option<&Said> = None;
    for (at, row) in timeline.rows.iter().enumerate() {
        if row.step.is_some() && at > 0 {
            page.end_of_step(remark, &timeline.rows[at - 1]);
        }
        remark = row.step.as_ref().or(remark);
        page.row(row);
    }
    if let Some(last) = timeline.rows.last() {
        page.remark(remark, last);
    }
    page.legend();
    page.out
}

struct Page<'a> {
    out: String,
    timeline: &'a Timeline,
    style: &'a Style,
    /// Columns of a lane.
    lane: usize,
}

impl Page<'_> {
    fn paint(&self, paint: Paint, text: &str) -> String {
        if self.style.color && !text.is_empty() { format!("{paint}{text}{paint:#}") } else { text.into() }
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn title(&mut self) {
        let (first, rest) = self.timeline.title.split_once('\n').unwrap_or((&self.timeline.title, ""));
        if first.is_empty() {
            return;
        }
        for part in wrapped(first, self.style.width) {
            let part = self.paint(Paint::new().bold(), &part);
            self.line(&part);
        }
        for paragraph in rest.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")) {
            for part in wrapped(&paragraph, self.style.width) {
                self.line(&part);
            }
        }
        self.line("");
    }

    /// The names of those that are there at first.
    fn names(&mut self) {
        let born: Vec<usize> =
            self.timeline.rows.iter().filter(|row| row.kind == Kind::Birth).map(|row| row.lane).collect();
        let mut line = format!("{:GUTTER$}", "line");
        for (at, name) in self.timeline.lanes.iter().enumerate() {
            let never = self.timeline.rows.last().is_none_or(|row| row.states[at].is_none());
            let name = if born.contains(&at) || never { "" } else { self.short(name) };
            let _ = write!(line, "{name:<0$}", self.lane);
        }
        let line = self.paint(Paint::new().bold(), line.trim_end());
        self.line(&line);
    }

    fn short<'n>(&self, name: &'n str) -> &'n str {
        name.get(..self.lane - 1).unwrap_or(name)
    }

    fn lanes_width(&self) -> usize {
        self.lane * self.timeline.lanes.len()
    }

    fn text_width(&self) -> usize {
        self.style.width.max(60).saturating_sub(GUTTER + self.lanes_width() + 1).max(24)
    }

    /// The lanes of a row: what each task does, the one that the row is about, an arrow.
    fn lanes(&self, row: Option<&Row>, states: &[Option<Seen>]) -> String {
        let mut cells: Vec<(String, Paint)> = vec![(" ".into(), Paint::new()); self.lanes_width()];
        for (lane, state) in states.iter().enumerate() {
            let (glyph, paint) = look(*state);
            cells[lane * self.lane] = (glyph.into(), paint);
        }
        let Some(row) = row else { return self.joined(&cells) };
        let paint = colour(row.kind);
        if let Some(Arrow { from, to }) = row.arrow {
            let (start, end) = (from * self.lane, to * self.lane);
            let dash = match row.kind {
                Kind::Notice => "╌",
                Kind::Wait => "═",
                _ => "─",
            };
            for (at, cell) in cells.iter_mut().enumerate() {
                if start.min(end) < at && at < start.max(end) {
                    // Other tasks' lanes are crossed behind.
                    if cell.0 == " " {
                        *cell = (dash.into(), paint);
                    }
                }
            }
            let (head, at) = if start < end { ("▶", end - 1) } else { ("◀", end + 1) };
            cells[at] = (head.into(), paint);
            if row.kind != Kind::Wait {
                cells[start] = ("●".into(), paint);
            }
        }
        let dot = match row.kind {
            Kind::Stop | Kind::Death => look(states[row.lane]).0,
            _ => "●",
        };
        if row.kind == Kind::Birth {
            for (at, letter) in self.short(&self.timeline.lanes[row.lane]).chars().enumerate() {
                cells[row.lane * self.lane + at] = (letter.to_string(), Paint::new().bold());
            }
        } else if dot != " "
            && (row.arrow.is_none_or(|arrow| row.kind == Kind::Wait || arrow.from == row.lane))
        {
            cells[row.lane * self.lane] = (dot.into(), paint.bold());
        } else if row.kind == Kind::Death {
            cells[row.lane * self.lane] = ("╵".into(), paint);
        }
        self.joined(&cells)
    }

    fn joined(&self, cells: &[(String, Paint)]) -> String {
        cells.iter().map(|(glyph, paint)| self.paint(*paint, glyph)).collect()
    }

    fn row(&mut self, row: &Row) {
        let line = row.step.as_ref().map_or_else(String::new, |said| said.line.to_string());
        let gutter = self.paint(Paint::new().dimmed(), &format!("{line:>4}  "));
        let verdict = row.step.as_ref().map_or("", |said| match said.verdict {
            Verdict::NotAsked => "",
            Verdict::Same => "✓ real",
            Verdict::Differs(_) => "✗ real",
        });
        let result = row.result.as_ref().map(|result| format!(" = {result}")).unwrap_or_default();
        let width = self.text_width();
        let room = if verdict.is_empty() { width } else { width - 7 };
        let whole = format!("{}{result}", row.text);
        let parts = wrapped(&whole, room);
        let used = parts.first().map_or(0, |part| part.chars().count());
        for (at, part) in parts.iter().enumerate() {
            let lanes = self.lanes((at == 0).then_some(row), &row.states);
            let gutter = if at == 0 { gutter.clone() } else { " ".repeat(GUTTER) };
            let shown = if parts.len() == 1 { self.spoken(row, &result) } else { part.clone() };
            let indent = if at == 0 { "" } else { "  " };
            let mut text = format!("{gutter}{lanes} {indent}{shown}");
            if at == 0 && !verdict.is_empty() {
                let paint = if verdict == "✓ real" { AnsiColor::Green } else { AnsiColor::Red };
                let pad = " ".repeat(width.saturating_sub(used + 6));
                text += &format!("{pad}{}", self.paint(paint.on_default(), verdict));
            }
            self.line(&text);
        }
        self.trouble(row);
    }

    /// A row's words, painted.
    fn spoken(&self, row: &Row, result: &str) -> String {
        let text = if row.step.is_some() {
            self.paint(Paint::new().bold(), &row.text)
        } else {
            self.paint(colour(row.kind), &row.text)
        };
        let bad = row.result.as_ref().is_some_and(|result| is_errno(result));
        let paint = if bad { AnsiColor::Red.on_default() } else { Paint::new() };
        format!("{text}{}", self.paint(paint, result))
    }

    /// What did not come out as it should.
    fn trouble(&mut self, row: &Row) {
        let Some(said) = &row.step else { return };
        let mut lines = Vec::new();
        if let Some(unmet) = &said.unmet {
            lines.push(format!("✗ expected: {}", unmet.expected));
            lines.push(format!("  got:      {}", unmet.got));
        }
        if let Verdict::Differs(differences) = &said.verdict {
            for difference in differences {
                lines.push(format!("✗ {} on the model: {}", difference.name, difference.model));
                lines.push(format!("  {} for real:     {}", difference.name, difference.real));
            }
        }
        for line in lines {
            let lanes = self.lanes(None, &row.states);
            let line = self.paint(AnsiColor::Red.on_default(), &line);
            self.line(&format!("{:GUTTER$}{lanes} {line}", ""));
        }
    }

    fn end_of_step(&mut self, said: Option<&Said>, last: &Row) {
        self.remark(said, last);
        let lanes = self.lanes(None, &last.states);
        self.line(&format!("{:GUTTER$}{lanes}", ""));
    }

    fn remark(&mut self, said: Option<&Said>, last: &Row) {
        let Some(said) = said.filter(|said| !said.remark.is_empty()) else { return };
        for part in wrapped(&said.remark, self.text_width() - 2) {
            let lanes = self.lanes(None, &last.states);
            let part = self.paint(Paint::new().italic().dimmed(), &part);
            self.line(&format!("{:GUTTER$}{lanes} # {part}", ""));
        }
    }

    fn legend(&mut self) {
        self.line("");
        let mut seen: Vec<Seen> = Vec::new();
        for state in self.timeline.rows.iter().flat_map(|row| row.states.iter().flatten()) {
            if !seen.contains(state) {
                seen.push(*state);
            }
        }
        let all = [Seen::Idle, Seen::Asleep, Seen::Waiting, Seen::Traced, Seen::Stopped, Seen::Zombie];
        let known = all.iter().filter(|state| seen.contains(state));
        let words: Vec<String> = known
            .map(|state| {
                let (glyph, paint) = look(Some(*state));
                format!("{} {}", self.paint(paint, glyph), meaning(*state))
            })
            .collect();
        self.line(&words.join("   "));
        if self.timeline.real == Asked::Yes && self.timeline.holds() {
            self.line("The running kernel does the same at every step.");
        }
    }
}

/// Whether a result is an error.
pub(super) fn is_errno(result: &str) -> bool {
    result.len() > 2
        && result.starts_with('E')
        && result.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

/// What a state means, in words.
pub(super) const fn meaning(state: Seen) -> &'static str {
    match state {
        Seen::Idle => "runs",
        Seen::Moving => "is on its way",
        Seen::Asleep => "sleeps in a call",
        Seen::Waiting => "sleeps, killable only",
        Seen::Traced => "ptrace-stop",
        Seen::Stopped => "group-stop",
        Seen::Zombie => "zombie",
        Seen::Gone => "gone",
    }
}

/// How a state looks in a lane: the letters of ps(1).
const fn look(state: Option<Seen>) -> (&'static str, Paint) {
    match state {
        None | Some(Seen::Gone) => (" ", Paint::new()),
        Some(Seen::Idle) => ("│", AnsiColor::Green.on_default()),
        Some(Seen::Moving) => ("?", Paint::new()),
        Some(Seen::Asleep) => ("S", Paint::new().dimmed()),
        Some(Seen::Waiting) => ("D", Paint::new().dimmed()),
        Some(Seen::Traced) => ("t", AnsiColor::Yellow.on_default()),
        Some(Seen::Stopped) => ("T", AnsiColor::Magenta.on_default()),
        Some(Seen::Zombie) => ("Z", AnsiColor::Red.on_default()),
    }
}

const fn colour(kind: Kind) -> Paint {
    match kind {
        Kind::Call | Kind::Handler | Kind::Resume => Paint::new(),
        Kind::Request | Kind::Tracer => AnsiColor::Blue.on_default(),
        Kind::Signal => AnsiColor::Magenta.on_default(),
        Kind::Wait | Kind::Notice => AnsiColor::Cyan.on_default(),
        Kind::Stop => AnsiColor::Yellow.on_default(),
        Kind::Birth | Kind::Exec => AnsiColor::Green.on_default(),
        Kind::Death => AnsiColor::Red.on_default(),
    }
}

/// Lines of at most so many columns, broken at blanks; a longer word stands alone.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}
