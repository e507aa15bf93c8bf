//! Where everything stands in the picture, in pixels.

use super::told;
use crate::timeline::text::wrapped;
use crate::timeline::{Row, Said, Timeline, Verdict};

/// From one line of text to the next.
pub(super) const LINE: usize = 17;

/// Where the first step begins.
pub(super) const HEAD: usize = 46;

/// From one thing that happens to the next.
const ROW: usize = 26;

/// Columns of text at the left, of a remark there, whose font is narrower, and at the right.
const LEFT: usize = 46;
const REMARK: usize = 54;
const RIGHT: usize = 58;

/// Where the text at the left begins.
const MARGIN: usize = 50;

/// A letter's width; the font has letters of one width.
const LETTER: usize = 8;

/// A step: what the script says, and what comes of it.
#[derive(Debug)]
pub(super) struct Block<'a> {
    pub(super) said: &'a Said,
    pub(super) top: usize,
    pub(super) bottom: usize,
    /// Lines at the left, each with its class.
    pub(super) lines: Vec<(&'static str, String)>,
    pub(super) rows: Vec<Placed<'a>>,
}

/// A row and its place.
#[derive(Debug)]
pub(super) struct Placed<'a> {
    pub(super) row: &'a Row,
    pub(super) y: usize,
    /// Words at the right.
    pub(super) lines: Vec<String>,
}

/// The picture.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    pub(super) blocks: Vec<Block<'a>>,
    pub(super) width: usize,
    pub(super) height: usize,
    /// Where the words at the right begin.
    pub(super) words: usize,
    /// From lane to lane.
    lane: usize,
}

impl<'a> Layout<'a> {
    pub(super) fn new(timeline: &'a Timeline) -> Self {
        let longest = timeline.lanes.iter().map(String::len).max().unwrap_or(0);
        let lane = (longest * 9 + 28).max(64);
        let words = MARGIN + LEFT * LETTER + 24 + timeline.lanes.len() * lane + 12;
        let mut blocks: Vec<Block<'a>> = Vec::new();
        let mut y = HEAD;
        for row in &timeline.rows {
            if let Some(said) = &row.step {
                close(&mut blocks, &mut y);
                blocks.push(Block { said, top: y, bottom: y, lines: sayings(row, said), rows: Vec::new() });
                y += 15;
            }
            let Some(block) = blocks.last_mut() else { continue };
            // What was done stands at the left already.
            let result = row.result.as_ref().map(|result| format!("= {result}"));
            let words = match (&row.step, result) {
                (Some(_), Some(result)) => result,
                (Some(_), None) => String::new(),
                (None, _) => told(row),
            };
            let lines = wrapped(&words, RIGHT);
            let height = ROW + lines.len().saturating_sub(1) * LINE;
            block.rows.push(Placed { row, y, lines });
            y += height;
        }
        close(&mut blocks, &mut y);
        Self { blocks, width: words + RIGHT * LETTER + 12, height: y + 16, words, lane }
    }

    /// Where a lane is.
    pub(super) fn x(&self, lane: usize) -> usize {
        MARGIN + LEFT * LETTER + 24 + self.lane / 2 + lane * self.lane
    }
}

/// The block ends below what stands at its left and at its right.
fn close(blocks: &mut [Block<'_>], y: &mut usize) {
    if let Some(block) = blocks.last_mut() {
        let text = block.top + 12 + block.lines.len() * LINE;
        block.bottom = text.max(*y - 6);
        *y = block.bottom;
    }
}

fn sayings(row: &Row, said: &Said) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    let mut add = |class, text: &str| {
        let width = if class == "remark" { REMARK } else { LEFT };
        lines.extend(wrapped(text, width).into_iter().map(|line| (class, line)));
    };
    add("step", &row.text);
    add("remark", &said.remark);
    if let Some(unmet) = &said.unmet {
        add("bad", &format!("✗ expected: {}", unmet.expected));
        add("bad", &format!("got: {}", unmet.got));
    }
    if let Verdict::Differs(differences) = &said.verdict {
        for difference in differences {
            add("bad", &format!("✗ {} on the model: {}", difference.name, difference.model));
            add("bad", &format!("{} for real: {}", difference.name, difference.real));
        }
    }
    lines
}
