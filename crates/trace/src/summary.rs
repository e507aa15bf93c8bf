//! The summary: calls, errors and time by name (`-c`, `-C`).

use crate::settings::Settings;
use std::collections::HashMap;
use std::fmt::Write;
use std::time::Duration;

#[derive(Default, Clone, Copy)]
struct Counts {
    calls: u64,
    errors: u64,
    time: Duration,
}

/// What has been counted so far. It grows with the number of different calls, not with the trace.
#[derive(Default)]
pub(crate) struct Summary {
    counts: HashMap<&'static str, Counts>,
}

impl Summary {
    pub(crate) fn add(&mut self, name: &'static str, spent: Duration, failed: bool) {
        let counts = self.counts.entry(name).or_default();
        counts.calls += 1;
        counts.errors += u64::from(failed);
        counts.time += spent;
    }

    /// The table, in strace's layout.
    pub(crate) fn render(&self, settings: &Settings) -> String {
        let mut rows: Vec<_> = self.counts.iter().map(|(name, counts)| (*name, *counts)).collect();
        match settings.summary_sort.as_str() {
            "calls" | "count" => rows.sort_by_key(|(name, c)| (std::cmp::Reverse(c.calls), *name)),
            "errors" | "error" => rows.sort_by_key(|(name, c)| (std::cmp::Reverse(c.errors), *name)),
            "name" | "syscall" | "syscall-name" => rows.sort_by_key(|(name, _)| *name),
            _ => rows.sort_by_key(|(name, c)| (std::cmp::Reverse(c.time), *name)),
        }
        let total: Duration = rows.iter().map(|(_, c)| c.time).sum();
        let percent =
            |t: Duration| if total.is_zero() { 0.0 } else { 100.0 * t.as_secs_f64() / total.as_secs_f64() };
        let mut out = String::from("% time     seconds  usecs/call     calls    errors syscall\n");
        let rule = "------ ----------- ----------- --------- --------- ----------------\n";
        out.push_str(rule);
        let blank = |n: u64| if n == 0 { String::new() } else { n.to_string() };
        let mut line = |c: Counts, name: &str| {
            let each = c.time.as_micros() as u64 / c.calls.max(1);
            let (share, seconds, errors) = (percent(c.time), c.time.as_secs_f64(), blank(c.errors));
            let _ = writeln!(out, "{share:6.2} {seconds:11.6} {each:11} {:9} {errors:>9} {name}", c.calls);
        };
        let mut all = Counts::default();
        for (name, counts) in rows {
            line(counts, name);
            all = Counts {
                calls: all.calls + counts.calls,
                errors: all.errors + counts.errors,
                time: all.time + counts.time,
            };
        }
        let mut tail = String::from(rule);
        let each = all.time.as_micros() as u64 / all.calls.max(1);
        let (seconds, errors) = (all.time.as_secs_f64(), blank(all.errors));
        let share = if all.calls == 0 { 0.0 } else { 100.0 };
        let _ = writeln!(tail, "{share:6.2} {seconds:11.6} {each:11} {:9} {errors:>9} total", all.calls);
        out + &tail
    }
}
