//! The values of options, from text.

use lariat_trace::settings::{Column, Digits, Output, Stamp};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// The columns of `-U`.
pub(super) fn summary_columns(list: &str) -> Result<Vec<Column>, String> {
    let mut columns = Vec::new();
    for name in list.split(',') {
        let column = Column::named(name).ok_or_else(|| format!("unknown column name: '{name}'"))?;
        if columns.contains(&column) {
            return Err(format!("call summary column has been provided more than once: '{name}'"));
        }
        columns.push(column);
    }
    // Numbers without names say nothing.
    if !columns.contains(&Column::Name) {
        columns.push(Column::Name);
    }
    Ok(columns)
}

/// An option that is either repeated (`-tt`) or has a value (`--absolute-timestamps=unix`).
pub(super) enum Level<'a> {
    Count(usize),
    Value(&'a str),
}

/// Repetitions are empty strings. The last value counts.
pub(super) fn levels<'a>(short: &str, long: &str, given: &'a [String]) -> Result<Level<'a>, String> {
    let repeated = given.iter().filter(|value| value.is_empty()).count();
    match given.iter().rfind(|value| !value.is_empty()) {
        None => Ok(Level::Count(repeated)),
        Some(value) if repeated == 0 => Ok(Level::Value(value)),
        Some(_) => Err(format!("-{short} and --{long} cannot be provided simultaneously")),
    }
}

/// A width or length; strace's are C's `int`.
pub(super) fn size(option: char, text: &str) -> Result<usize, String> {
    let number = text.parse::<i32>().ok().and_then(|n| usize::try_from(n).ok());
    number.ok_or_else(|| format!("invalid -{option} argument: '{text}'; use a number from 0"))
}

/// The digits after the point for a unit of time.
fn digits(unit: &str) -> Option<Digits> {
    Some(match unit {
        "s" => 0,
        "ms" => 3,
        "us" => 6,
        "ns" => 9,
        _ => return None,
    })
}

pub(super) fn precision(option: &str, unit: &str) -> Result<Digits, String> {
    digits(unit).ok_or_else(|| format!("invalid --{option} argument: '{unit}'; use s, ms, us or ns"))
}

/// `[format:]FORMAT[,[precision:]PRECISION]`, in any order.
pub(super) fn stamp(text: &str) -> Result<Option<(Stamp, Digits)>, String> {
    let (mut kind, mut after_point) = (Some(Stamp::Clock), 0);
    for part in text.split(',') {
        let (format, unit) = match part.split_once(':') {
            Some(("format", format)) => (format, ""),
            Some(("precision", unit)) => ("", unit),
            _ => (part, part),
        };
        match (format, digits(unit)) {
            ("none", _) => kind = None,
            ("time", _) => kind = Some(Stamp::Clock),
            ("unix", _) => kind = Some(Stamp::Epoch),
            (_, Some(digits)) => after_point = digits,
            _ => {
                return Err(format!(
                    "invalid --absolute-timestamps argument: '{text}'; use none, time or unix, and s, ms, us or ns"
                ));
            }
        }
    }
    Ok(kind.map(|kind| (kind, after_point)))
}

pub(super) fn output(name: OsString) -> Output {
    match name.as_bytes().split_first() {
        Some((b'|' | b'!', command)) => Output::Pipe(OsString::from_vec(command.to_vec())),
        _ => Output::File(name.into()),
    }
}

pub(super) fn variable(text: OsString) -> (OsString, Option<OsString>) {
    let bytes = text.as_bytes();
    match bytes.iter().position(|&b| b == b'=') {
        Some(at) => {
            let (name, value) = (bytes[..at].to_vec(), bytes[at + 1..].to_vec());
            (OsString::from_vec(name), Some(OsString::from_vec(value)))
        }
        None => (text, None),
    }
}

/// The processes of `-p`, which must be others than this one.
pub(super) fn pids(lists: &[String]) -> Result<Vec<i32>, String> {
    let all = process_ids(lists)?;
    if all.contains(&(std::process::id() as i32)) {
        return Err("a tracer cannot trace itself: -p names this process".into());
    }
    Ok(all)
}

/// Lists of processes, separated by commas, blanks or newlines; each is kept once.
pub(crate) fn process_ids(lists: &[String]) -> Result<Vec<i32>, String> {
    let mut all = Vec::new();
    for text in lists.iter().flat_map(|list| list.split([',', ' ', '\n', '\t'])).filter(|t| !t.is_empty()) {
        let pid: i32 = text.parse().map_err(|_| format!("Invalid process id: '{text}'"))?;
        if pid <= 0 {
            return Err(format!("Invalid process id: '{text}'"));
        }
        if !all.contains(&pid) {
            all.push(pid);
        }
    }
    Ok(all)
}
