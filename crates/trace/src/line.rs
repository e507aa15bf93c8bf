//! Lines of the trace: strace's layout and JSON, and where they go.

use crate::session::Error;
use crate::settings::{Follow, Output, Settings, Stamp};
use lariat_abi::{SigInfo, Signal, Tid};
use lariat_decode::{Call, Outcome, Value};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where lines go.
pub(crate) struct Writer {
    out: Box<dyn Write>,
    /// Under `-ff`: the files by task, and the path they begin with.
    separate: Option<(std::path::PathBuf, HashMap<Tid, BufWriter<File>>)>,
    pipe: Option<Child>,
    /// Characters on the line that is open.
    pub(crate) column: usize,
    last_stamp: Option<Instant>,
}

impl Writer {
    pub(crate) fn open(settings: &Settings) -> Result<Self, Error> {
        let mut pipe = None;
        let mut separate = None;
        let out: Box<dyn Write> = match &settings.output {
            Output::Stderr => Box::new(BufWriter::new(std::io::stderr())),
            Output::File(path) if settings.follow == Follow::Separate => {
                separate = Some((path.clone(), HashMap::new()));
                Box::new(std::io::sink())
            }
            Output::File(path) => {
                let file = OpenOptions::new()
                    .create(true)
                    .write(true)
                    .append(settings.append)
                    .truncate(!settings.append)
                    .open(path)
                    .map_err(|source| Error::Output { path: path.display().to_string(), source })?;
                Box::new(BufWriter::with_capacity(1 << 16, file))
            }
            Output::Pipe(command) => {
                let mut child = Command::new("/bin/sh")
                    .arg("-c")
                    .arg(command)
                    .stdin(Stdio::piped())
                    .spawn()
                    .map_err(|source| Error::Output { path: command.to_string_lossy().into(), source })?;
                let input = child.stdin.take();
                pipe = Some(child);
                match input {
                    Some(input) => Box::new(BufWriter::new(input)),
                    None => Box::new(std::io::sink()),
                }
            }
        };
        Ok(Self { out, separate, pipe, column: 0, last_stamp: None })
    }

    /// Writes the beginning of a line, or a whole one.
    pub(crate) fn put(&mut self, tid: Option<Tid>, text: &[u8]) {
        self.column = 0;
        self.write(tid, text);
    }

    /// Goes on with the open line.
    pub(crate) fn append(&mut self, tid: Tid, text: &[u8]) {
        self.write(Some(tid), text);
    }

    fn write(&mut self, tid: Option<Tid>, text: &[u8]) {
        self.column += text.len();
        // A trace that cannot be written must not harm the program: it goes on untold.
        let _ = match (&mut self.separate, tid) {
            (Some((prefix, files)), Some(tid)) => {
                let file = match files.entry(tid) {
                    Entry::Occupied(entry) => entry.into_mut(),
                    Entry::Vacant(entry) => {
                        let mut path = prefix.clone().into_os_string();
                        path.push(format!(".{tid}"));
                        let Ok(file) = File::create(&path) else { return };
                        entry.insert(BufWriter::new(file))
                    }
                };
                file.write_all(text)
            }
            _ => self.out.write_all(text),
        };
    }

    pub(crate) fn flush(&mut self) {
        let _ = self.out.flush();
        if let Some((_, files)) = &mut self.separate {
            for file in files.values_mut() {
                let _ = file.flush();
            }
        }
    }

    /// Ends the output and, of a pipe, waits for the command.
    pub(crate) fn finish(mut self) {
        self.flush();
        drop(self.out);
        if let Some(mut pipe) = self.pipe {
            let _ = pipe.wait();
        }
    }
}

/// Appends what goes before the call: task, time, address, number.
pub(crate) fn prefix(
    out: &mut Vec<u8>,
    tid: Tid,
    ip: u64,
    number: u64,
    many: bool,
    settings: &Settings,
    writer: &mut Writer,
) {
    let separate = settings.follow == Follow::Separate;
    let to_file = settings.output != Output::Stderr;
    if settings.always_show_pid || (settings.follow == Follow::Yes && to_file && !separate) {
        let _ = write!(out, "{:<5} ", tid.as_raw());
    } else if many && !to_file {
        let _ = write!(out, "[pid {:>5}] ", tid.as_raw());
    }
    if let Some(digits) = settings.relative {
        let now = Instant::now();
        let since = writer.last_stamp.map_or(Duration::ZERO, |last| now - last);
        writer.last_stamp = Some(now);
        let _ = write!(out, "{:>6}{} ", since.as_secs(), fraction(since.subsec_nanos(), digits));
    }
    if let Some((stamp, digits)) = settings.stamp {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let fraction = fraction(now.subsec_nanos(), digits);
        let _ = match stamp {
            Stamp::Epoch => write!(out, "{}{fraction} ", now.as_secs()),
            Stamp::Clock => {
                let (h, m, s) = lariat_host::local_time(now.as_secs());
                write!(out, "{h:02}:{m:02}:{s:02}{fraction} ")
            }
        };
    }
    if settings.syscall_number {
        let _ = write!(out, "[{number:>4}] ");
    }
    if settings.instruction_pointer {
        let _ = write!(out, "[{ip:016x}] ");
    }
}

fn fraction(nanos: u32, digits: u8) -> String {
    match digits {
        0 => String::new(),
        n => {
            format!(".{:0width$}", nanos / 10u32.pow(9 - u32::from(n.min(9))), width = usize::from(n.min(9)))
        }
    }
}

/// Appends a call's name and what is known of its arguments.
pub(crate) fn begin(out: &mut Vec<u8>, call: &Call, settings: &Settings) {
    out.extend_from_slice(call.name().as_bytes());
    out.push(b'(');
    let known = call.known();
    settings.style.arguments(out, call, 0, known);
    if known < call.values.len() && call.values[..known].iter().any(|v| !v.is_absent()) {
        out.extend_from_slice(b", ");
    }
}

/// Appends the arguments that are not written yet.
fn rest(out: &mut Vec<u8>, call: &Call, written: Option<usize>, settings: &Settings) {
    let Some(from) = written else {
        settings.style.arguments(out, call, 0, call.values.len());
        return;
    };
    let mut text = Vec::new();
    settings.style.arguments(&mut text, call, from, call.values.len());
    // The comma was written with the beginning.
    out.extend_from_slice(text.strip_prefix(b", ").unwrap_or(&text));
}

/// Appends the rest of a call's line: arguments, result, time. `column` is where `out` begins.
pub(crate) fn finish(
    out: &mut Vec<u8>,
    call: &Call,
    written: Option<usize>,
    column: usize,
    spent: Duration,
    settings: &Settings,
) {
    rest(out, call, written, settings);
    out.extend_from_slice(b") ");
    to_column(out, column, settings.column);
    out.extend_from_slice(b"= ");
    settings.style.result(out, call);
    if let Some(digits) = settings.spent {
        let _ = write!(out, " <{}{}>", spent.as_secs(), fraction(spent.subsec_nanos(), digits));
    }
    out.push(b'\n');
}

/// The same for a call whose end nobody saw.
pub(crate) fn finish_unknown(
    out: &mut Vec<u8>,
    call: &Call,
    written: Option<usize>,
    column: usize,
    settings: &Settings,
) {
    if written.is_none() {
        let known = call.known();
        settings.style.arguments(out, call, 0, known);
        if known < call.values.len() && known > 0 {
            out.extend_from_slice(b", ");
        }
    }
    if call.known() < call.values.len() || call.row.name != "exit_group" && call.row.name != "exit" {
        out.extend_from_slice(b" <unfinished ...>");
    }
    out.extend_from_slice(b") ");
    to_column(out, column, settings.column);
    out.extend_from_slice(b"= ?\n");
}

fn to_column(out: &mut Vec<u8>, start: usize, column: usize) {
    let at = start + out.len();
    out.resize(out.len() + column.saturating_sub(at), b' ');
}

/// A signal's line, without its end.
pub(crate) fn signal(signal: Signal, info: &SigInfo, settings: &Settings) -> Vec<u8> {
    let mut out = format!("--- {signal} ").into_bytes();
    settings.style.value(&mut out, &lariat_decode::siginfo::siginfo(info));
    out.extend_from_slice(b" ---");
    out
}

/// A call as a JSON object on a line.
pub(crate) fn json(tid: Tid, call: &Call, spent: Duration) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    let _ = write!(out, "{{\"type\":\"syscall\",\"tid\":{tid},\"name\":\"{}\",\"args\":[", call.name());
    let mut first = true;
    for (arg, value) in call.row.args.iter().zip(&call.values).filter(|(_, v)| !v.is_absent()) {
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        let _ = write!(out, "{{\"name\":\"{}\",\"value\":", arg.name);
        lariat_decode::json::value(&mut out, value);
        out.push(b'}');
    }
    out.extend_from_slice(b"],\"result\":");
    match call.outcome {
        Some(Outcome::Returned(value)) => {
            let _ = write!(out, "{value}");
        }
        Some(Outcome::Failed(errno)) => {
            let name = errno.name().unwrap_or("unknown");
            let _ = write!(out, "null,\"errno\":{},\"error\":\"{name}\"", errno.as_raw());
        }
        _ => out.extend_from_slice(b"null"),
    }
    if let Some(aux) = &call.aux {
        out.extend_from_slice(b",\"detail\":");
        lariat_decode::json::value(&mut out, aux);
    }
    let _ = writeln!(out, ",\"duration_ns\":{}}}", spent.as_nanos());
    out
}

/// A signal or an end as a JSON object on a line.
pub(crate) fn json_event(tid: Tid, text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let _ = write!(out, "{{\"type\":\"event\",\"tid\":{tid},\"text\":");
    lariat_decode::json::value(&mut out, &Value::string(text));
    out.extend_from_slice(b"}\n");
    out
}
