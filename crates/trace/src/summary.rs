//! The summary: calls, errors and time by name (`-c`, `-C`).

use crate::settings::{Column, Settings};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt::Write;
use std::time::Duration;

#[derive(Default, Clone, Copy)]
struct Counts {
    /// Where the call is in the table of its ABI: the order without sorting.
    number: u64,
    calls: u64,
    errors: u64,
    total: Duration,
    min: Duration,
    max: Duration,
}

/// What has been counted so far. It grows with the number of different calls, not with the trace.
#[derive(Default)]
pub(crate) struct Summary {
    counts: HashMap<&'static str, Counts>,
}

impl Summary {
    pub(crate) fn add(&mut self, name: &'static str, number: u64, spent: Duration, failed: bool) {
        let counts = self.counts.entry(name).or_insert(Counts { number, min: spent, ..Counts::default() });
        counts.calls += 1;
        counts.errors += u64::from(failed);
        counts.total += spent;
        counts.min = counts.min.min(spent);
        counts.max = counts.max.max(spent);
    }

    /// A JSON object on a line for each call.
    pub(crate) fn json(&self, settings: &Settings) -> String {
        let mut out = String::new();
        for (name, counts) in self.rows(settings) {
            let Counts { calls, errors, total, min, max, .. } = counts;
            let [total, min, max] = [total, min, max].map(|time| time.as_secs_f64());
            let _ = writeln!(
                out,
                "{{\"type\":\"summary\",\"name\":\"{name}\",\"calls\":{calls},\"errors\":{errors},\
                 \"seconds\":{total:.6},\"shortest\":{min:.6},\"longest\":{max:.6}}}"
            );
        }
        out
    }

    /// The calls with their counts, in the order that is asked for.
    fn rows(&self, settings: &Settings) -> Vec<(&'static str, Counts)> {
        let mut rows: Vec<_> = self.counts.iter().map(|(name, counts)| (*name, *counts)).collect();
        for (_, counts) in &mut rows {
            let each = settings.summary_overhead;
            let all = u32::try_from(counts.calls).map_or(Duration::MAX, |calls| each.saturating_mul(calls));
            counts.total = counts.total.saturating_sub(all);
            counts.min = counts.min.saturating_sub(each);
            counts.max = counts.max.saturating_sub(each);
        }
        rows.sort_by_key(|(name, counts)| (counts.number, *name));
        if let Some(column) = settings.summary_sort {
            sort(&mut rows, column);
        }
        rows
    }

    /// The table, in strace's layout; nothing, if there was no call.
    pub(crate) fn render(&self, settings: &Settings) -> String {
        let rows = self.rows(settings);
        if rows.is_empty() {
            return String::new();
        }
        let mut all = Counts { min: Duration::MAX, ..Counts::default() };
        for (_, counts) in &rows {
            all.calls += counts.calls;
            all.errors += counts.errors;
            all.total += counts.total;
            all.min = all.min.min(counts.min);
            all.max = all.max.max(counts.max);
        }
        let columns = &settings.summary_columns;
        let rule = line(columns, |column| "-".repeat(column.width().max(column.ruled())));
        let mut out = line(columns, |column| column.aligned(column.title()));
        out.push_str(&rule);
        for (name, counts) in &rows {
            out.push_str(&line(columns, |column| column.cell(counts, name, all.total)));
        }
        out.push_str(&rule);
        out + &line(columns, |column| column.cell(&all, "total", all.total))
    }
}

fn sort(rows: &mut [(&'static str, Counts)], column: Column) {
    let average = |counts: &Counts| counts.total.as_nanos() / u128::from(counts.calls.max(1));
    match column {
        Column::Percent | Column::Total => rows.sort_by_key(|(_, counts)| Reverse(counts.total)),
        Column::Min => rows.sort_by_key(|(_, counts)| Reverse(counts.min)),
        Column::Max => rows.sort_by_key(|(_, counts)| Reverse(counts.max)),
        Column::Average => rows.sort_by_key(|(_, counts)| Reverse(average(counts))),
        Column::Calls => rows.sort_by_key(|(_, counts)| Reverse(counts.calls)),
        Column::Errors => rows.sort_by_key(|(_, counts)| Reverse(counts.errors)),
        Column::Name => rows.sort_by_key(|(name, _)| *name),
    }
}

fn line(columns: &[Column], cell: impl Fn(Column) -> String) -> String {
    let cells: Vec<String> = columns.iter().map(|&column| cell(column)).collect();
    let line = cells.join(" ");
    // Names are padded between columns only.
    let line = if columns.last() == Some(&Column::Name) { line.trim_end() } else { &line };
    format!("{line}\n")
}

impl Column {
    const fn title(self) -> &'static str {
        match self {
            Self::Percent => "% time",
            Self::Total => "seconds",
            Self::Min => "shortest",
            Self::Max => "longest",
            Self::Average => "usecs/call",
            Self::Calls => "calls",
            Self::Errors => "errors",
            Self::Name => "syscall",
        }
    }

    const fn width(self) -> usize {
        match self {
            Self::Percent => 6,
            Self::Total | Self::Average => 11,
            Self::Min | Self::Max => 8,
            Self::Calls | Self::Errors => 9,
            Self::Name => 0,
        }
    }

    /// How long the rule is below the title: longer than the column where that has no width of its own.
    const fn ruled(self) -> usize {
        if matches!(self, Self::Name) { 16 } else { self.width() }
    }

    /// Numbers to the right, names to the left.
    fn aligned(self, text: &str) -> String {
        let width = self.width();
        if self == Self::Name { format!("{text:<16}") } else { format!("{text:>width$}") }
    }

    fn cell(self, counts: &Counts, name: &str, all: Duration) -> String {
        let seconds = |time: Duration| format!("{:.6}", time.as_secs_f64());
        let blank = |n: u64| if n == 0 { String::new() } else { n.to_string() };
        let text = match self {
            // Of nothing, everything is all.
            Self::Percent if all.is_zero() => if name == "total" { "100.00" } else { "0.00" }.into(),
            Self::Percent => format!("{:.2}", 100.0 * counts.total.as_secs_f64() / all.as_secs_f64()),
            Self::Total => seconds(counts.total),
            Self::Min => seconds(counts.min),
            Self::Max => seconds(counts.max),
            Self::Average => (counts.total.as_micros() as u64 / counts.calls.max(1)).to_string(),
            Self::Calls => counts.calls.to_string(),
            Self::Errors => blank(counts.errors),
            Self::Name => name.into(),
        };
        self.aligned(&text)
    }
}
