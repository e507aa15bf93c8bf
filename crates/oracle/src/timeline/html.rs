//! A timeline as a page of its own: a picture in SVG, with the script and its narration beside it.
//!
//! ```text
//!  what the script says │ T    P    C │ what comes of it
//!  and its remarks      │ lifelines   │ in words
//! ```
//!
//! The page needs nothing else: no network, no scripts. Every tag is closed, so that XML readers take it as well.

mod layout;

use self::layout::{Block, Layout, Placed};
use super::text::{Style, is_errno, meaning, text};
use super::{Arrow, Kind, Row, Timeline, Verdict};
use crate::sight::Seen;
use std::fmt::{self, Write};

/// Writes a page.
#[must_use]
pub fn html(timeline: &Timeline) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = page(&mut out, timeline);
    out
}

/// Text with what HTML and XML read as markup escaped, and without what they forbid.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => f.write_char(c)?,
                c if c.is_control() => f.write_char('\u{fffd}')?,
                '\u{fffe}' | '\u{ffff}' => f.write_char('\u{fffd}')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

const STYLE: &str = include_str!("html/page.css");

fn page(out: &mut String, timeline: &Timeline) -> fmt::Result {
    let (question, rest) = timeline.title.split_once('\n').unwrap_or((&timeline.title, ""));
    let question = if question.is_empty() { "A script of ptrace" } else { question };
    writeln!(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>")?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>")?;
    writeln!(out, "<meta name=\"color-scheme\" content=\"light dark\"/>")?;
    writeln!(out, "<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>", Escaped(question))?;
    writeln!(out, "<h1>{}</h1>", Escaped(question))?;
    for paragraph in rest.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
        writeln!(out, "<p>{}</p>", Escaped(&paragraph.replace('\n', " ")))?;
    }
    verdict(out, timeline)?;
    legend(out, timeline)?;
    writeln!(out, "<div class=\"picture\">")?;
    picture(out, timeline, question)?;
    writeln!(out, "</div>")?;
    writeln!(
        out,
        "<details><summary>The script</summary>\n<pre>{}</pre></details>",
        Escaped(&timeline.source)
    )?;
    let plain = text(timeline, &Style::default());
    writeln!(out, "<details><summary>The same as text</summary>\n<pre>{}</pre></details>", Escaped(&plain))?;
    writeln!(out, "<footer>Played on Lariat's model of the kernel by <code>lariat explain</code>.</footer>")?;
    writeln!(out, "</main>\n</body>\n</html>")
}

/// What the running kernel said, and what is not as it should be.
fn verdict(out: &mut String, timeline: &Timeline) -> fmt::Result {
    if timeline.real == super::Asked::Yes && timeline.holds() {
        writeln!(
            out,
            "<p class=\"good\">✓ Real processes did the same: the running kernel agrees at every step.</p>"
        )?;
    }
    for problem in &timeline.problems {
        writeln!(out, "<p class=\"bad\">✗ {}</p>", Escaped(problem))?;
    }
    Ok(())
}

/// The states that occur, each with its look.
fn legend(out: &mut String, timeline: &Timeline) -> fmt::Result {
    let occurs =
        |state: Seen| timeline.rows.iter().any(|row| row.states.iter().flatten().any(|seen| *seen == state));
    writeln!(out, "<ul class=\"legend\">")?;
    for state in [Seen::Idle, Seen::Asleep, Seen::Waiting, Seen::Traced, Seen::Stopped, Seen::Zombie] {
        if occurs(state) {
            writeln!(
                out,
                "<li><svg width=\"14\" height=\"18\" aria-hidden=\"true\"><line class=\"life {}\" x1=\"7\" y1=\"0\" \
                 x2=\"7\" y2=\"18\"/></svg>{}</li>",
                class(state),
                meaning(state)
            )?;
        }
    }
    for (kind, what) in [
        (Kind::Request, "ptrace request"),
        (Kind::Signal, "signal"),
        (Kind::Notice, "SIGCHLD"),
        (Kind::Wait, "what a wait collects"),
    ] {
        if timeline.rows.iter().any(|row| row.kind == kind && row.arrow.is_some()) {
            writeln!(
                out,
                "<li><svg width=\"34\" height=\"18\" aria-hidden=\"true\"><g class=\"{}\"><line class=\"arrow\" x1=\"0\" \
                 y1=\"9\" x2=\"24\" y2=\"9\"/><polygon class=\"head\" points=\"24,4 34,9 24,14\"/></g></svg>{what}</li>",
                kind.name()
            )?;
        }
    }
    writeln!(out, "</ul>")
}

const fn class(state: Seen) -> &'static str {
    match state {
        Seen::Idle | Seen::Moving => "runs",
        Seen::Asleep => "sleeps",
        Seen::Waiting => "waits",
        Seen::Traced => "traced",
        Seen::Stopped => "stopped",
        Seen::Zombie => "zombie",
        Seen::Gone => "gone",
    }
}

fn picture(out: &mut String, timeline: &Timeline, question: &str) -> fmt::Result {
    let layout = Layout::new(timeline);
    let (width, height) = (layout.width, layout.height);
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-labelledby=\"what how\" width=\"{width}\" \
         height=\"{height}\" viewBox=\"0 0 {width} {height}\">"
    )?;
    writeln!(out, "<title id=\"what\">{}</title>", Escaped(question))?;
    let names = timeline.lanes.join(", ");
    writeln!(
        out,
        "<desc id=\"how\">A timeline, from top to bottom, of the tasks {}. At the left what the script has them do, in \
         the middle a line for each task with its state, at the right what comes of it. The same stands below as \
         text.</desc>",
        Escaped(&names)
    )?;
    for (at, block) in layout.blocks.iter().enumerate() {
        if at % 2 == 0 {
            let (y, height) = (block.top, block.bottom - block.top);
            writeln!(out, "<rect class=\"band\" x=\"0\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>")?;
        }
    }
    lifelines(out, timeline, &layout)?;
    for block in &layout.blocks {
        said(out, block)?;
        for placed in &block.rows {
            happened(out, timeline, &layout, placed)?;
        }
    }
    writeln!(out, "</svg>")
}

/// What the script says: the step, its remark, what is wrong.
fn said(out: &mut String, block: &Block<'_>) -> fmt::Result {
    let mut y = block.top + 20;
    writeln!(out, "<text class=\"number\" x=\"40\" y=\"{y}\">{}</text>", block.said.line)?;
    for (class, line) in &block.lines {
        writeln!(out, "<text class=\"{class}\" x=\"50\" y=\"{y}\">{}</text>", Escaped(line))?;
        y += layout::LINE;
    }
    let (class, mark, title) = match &block.said.verdict {
        Verdict::NotAsked => return Ok(()),
        Verdict::Same => ("good", "✓", "The running kernel does the same"),
        Verdict::Differs(_) => ("bad", "✗", "The running kernel does otherwise"),
    };
    let y = block.top + 20;
    writeln!(out, "<text class=\"{class}\" x=\"8\" y=\"{y}\">{mark}<title>{title}</title></text>")
}

/// Each task's line, in pieces of one state.
fn lifelines(out: &mut String, timeline: &Timeline, layout: &Layout<'_>) -> fmt::Result {
    for (lane, name) in timeline.lanes.iter().enumerate() {
        let x = layout.x(lane);
        let born = timeline.rows.iter().any(|row| row.kind == Kind::Birth && row.lane == lane);
        let there = timeline.rows.iter().any(|row| row.states[lane].is_some());
        let mut state = (there && !born).then_some(Seen::Idle);
        let mut start = layout::HEAD - 8;
        if state.is_some() {
            tag(out, x, 14, name)?;
        }
        let places = layout.blocks.iter().flat_map(|block| &block.rows).map(|placed| (placed.y, placed.row));
        for (y, next) in places.map(|(y, row)| (y, row.states[lane])) {
            if next != state {
                piece(out, name, x, (start, y), state)?;
                let new = state.is_none();
                if new {
                    tag(out, x, y - 11, name)?;
                }
                (state, start) = (next, if new { y + 11 } else { y });
            }
        }
        piece(out, name, x, (start, layout.height - 8), state)?;
    }
    Ok(())
}

fn piece(
    out: &mut String,
    name: &str,
    x: usize,
    (from, to): (usize, usize),
    state: Option<Seen>,
) -> fmt::Result {
    match state {
        None | Some(Seen::Gone) => Ok(()),
        Some(state) => writeln!(
            out,
            "<line class=\"life {}\" x1=\"{x}\" y1=\"{from}\" x2=\"{x}\" y2=\"{to}\"><title>{}: {}</title></line>",
            class(state),
            Escaped(name),
            meaning(state)
        ),
    }
}

/// A task's name, in a box.
fn tag(out: &mut String, x: usize, y: usize, name: &str) -> fmt::Result {
    let width = name.len() * 9 + 14;
    let left = x - width / 2;
    writeln!(out, "<rect class=\"tag\" x=\"{left}\" y=\"{y}\" width=\"{width}\" height=\"22\" rx=\"5\"/>")?;
    writeln!(out, "<text class=\"name\" x=\"{x}\" y=\"{}\">{}</text>", y + 16, Escaped(name))
}

/// Something that happened: an arrow or a mark, and words.
fn happened(out: &mut String, timeline: &Timeline, layout: &Layout<'_>, placed: &Placed<'_>) -> fmt::Result {
    let Placed { row, y, lines } = placed;
    writeln!(out, "<g class=\"{}\"><title>{}</title>", row.kind.name(), Escaped(&told(row)))?;
    if let Some(Arrow { from, to }) = row.arrow {
        let (start, end) = (layout.x(from), layout.x(to));
        // A new task's name stands in a box where its line begins; a stopped one's line is broad.
        let away = if row.kind == Kind::Birth { timeline.lanes[to].len() * 5 + 9 } else { 7 };
        let (tip, back) =
            if start < end { (end - away, end - away - 10) } else { (end + away, end + away + 10) };
        writeln!(out, "<line class=\"arrow\" x1=\"{start}\" y1=\"{y}\" x2=\"{back}\" y2=\"{y}\"/>")?;
        let (above, below) = (y - 5, y + 5);
        writeln!(out, "<polygon class=\"head\" points=\"{back},{above} {tip},{y} {back},{below}\"/>")?;
        writeln!(out, "<circle class=\"dot\" cx=\"{start}\" cy=\"{y}\" r=\"4\"/>")?;
    } else if row.kind == Kind::Death {
        let x = layout.x(row.lane);
        let (left, right, above, below) = (x - 6, x + 6, y - 6, y + 6);
        writeln!(
            out,
            "<path class=\"cross\" d=\"M{left} {above}L{right} {below}M{left} {below}L{right} {above}\"/>"
        )?;
    } else {
        writeln!(out, "<circle class=\"dot\" cx=\"{}\" cy=\"{y}\" r=\"5\"/>", layout.x(row.lane))?;
    }
    let bad = row.result.as_deref().is_some_and(is_errno);
    let class = if bad { "bad" } else { "happened" };
    for (at, line) in lines.iter().enumerate() {
        let (x, y) = (layout.words, y + 4 + at * layout::LINE);
        writeln!(out, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", Escaped(line))?;
    }
    writeln!(out, "</g>")
}

/// What happened, in one line.
fn told(row: &Row) -> String {
    row.result.as_ref().map_or_else(|| row.text.clone(), |result| format!("{} = {result}", row.text))
}
