//! Lines of the trace: strace's layout and JSON, and where they go.

use crate::dump::Dump;
use crate::inject::Tampered;
use crate::names::ProcNames;
use crate::session::Error;
use crate::settings::{Follow, Output, Settings, Stamp};
use anstyle::{AnsiColor, Style};
use lariat_abi::{Abi, SigInfo, Signal, Tid};
use lariat_decode::siginfo::siginfo;
use lariat_decode::{Call, Outcome};
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
    last_stamp: Option<Instant>,
    /// It has been said that the trace cannot be written.
    complained: bool,
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
        Ok(Self { out, separate, pipe, last_stamp: None, complained: false })
    }

    /// The command that the trace is piped to.
    pub(crate) fn command(&self) -> Option<Tid> {
        self.pipe.as_ref().map(|child| Tid::new(child.id() as i32))
    }

    /// Writes the beginning of a line, or a whole one.
    pub(crate) fn put(&mut self, tid: Option<Tid>, text: &[u8]) {
        self.write(tid, text);
    }

    /// Goes on with the open line.
    pub(crate) fn append(&mut self, tid: Tid, text: &[u8]) {
        self.write(Some(tid), text);
    }

    fn write(&mut self, tid: Option<Tid>, text: &[u8]) {
        let written = match (&mut self.separate, tid) {
            (Some((prefix, files)), Some(tid)) => match files.entry(tid) {
                Entry::Occupied(mut entry) => entry.get_mut().write_all(text),
                Entry::Vacant(entry) => {
                    let mut path = prefix.clone().into_os_string();
                    path.push(format!(".{tid}"));
                    File::create(&path).and_then(|file| entry.insert(BufWriter::new(file)).write_all(text))
                }
            },
            _ => self.out.write_all(text),
        };
        self.complain(written);
    }

    /// A trace that cannot be written must not harm the program: it is said once, and the program goes on.
    fn complain(&mut self, written: std::io::Result<()>) {
        if let Err(error) = written
            && !std::mem::replace(&mut self.complained, true)
        {
            // Standard error may be what cannot be written.
            let _ = writeln!(
                std::io::stderr(),
                "lariat: the trace cannot be written: {error}; the program goes on, parts of its trace are lost"
            );
        }
    }

    pub(crate) fn flush(&mut self) {
        let mut written = self.out.flush();
        if let Some((_, files)) = &mut self.separate {
            for file in files.values_mut() {
                written = written.and(file.flush());
            }
        }
        self.complain(written);
    }

    /// A task is gone: its file is closed.
    pub(crate) fn close(&mut self, tid: Tid) {
        if let Some((_, files)) = &mut self.separate
            && let Some(mut file) = files.remove(&tid)
        {
            let written = file.flush();
            self.complain(written);
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
    ip: Option<u64>,
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
    if let Some(digits) = settings.relative {
        let now = Instant::now();
        let since = writer.last_stamp.map_or(Duration::ZERO, |last| now - last);
        writer.last_stamp = Some(now);
        let fraction = fraction(since.subsec_nanos(), digits);
        let _ = match settings.stamp {
            Some(_) => write!(out, "(+{:>6}{fraction}) ", since.as_secs()),
            None => write!(out, "{:>6}{fraction} ", since.as_secs()),
        };
    }
    if settings.syscall_number {
        let _ = write!(out, "[{number:>4}] ");
    }
    if settings.instruction_pointer {
        let _ = match ip {
            Some(ip) => write!(out, "[{ip:016x}] "),
            None => out.write_all(b"[????????????????] "),
        };
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

/// What is written of a call before its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begun {
    /// How many arguments.
    pub(crate) arguments: usize,
    /// A comma after them.
    pub(crate) comma: bool,
}

impl Begun {
    pub(crate) fn of(call: &Call) -> Self {
        Self { arguments: call.known(), comma: call.comma_follows() }
    }
}

/// Appends a call's name and what is known of its arguments.
pub(crate) fn begin(out: &mut Vec<u8>, call: &Call, settings: &Settings) {
    name(out, call, settings);
    settings.style.arguments(out, call, 0, call.known());
    if call.comma_follows() {
        out.extend_from_slice(b", ");
    }
}

/// Appends a call's name and the parenthesis.
pub(crate) fn name(out: &mut Vec<u8>, call: &Call, settings: &Settings) {
    painted(out, NAME, settings, |out| out.extend_from_slice(call.name().as_bytes()));
    out.push(b'(');
}

/// Appends the arguments that are not written yet.
fn rest(out: &mut Vec<u8>, call: &Call, begun: Option<Begun>, settings: &Settings) {
    let Some(Begun { arguments, comma }) = begun else {
        settings.style.arguments(out, call, 0, call.values.len());
        return;
    };
    let mut text = Vec::new();
    settings.style.arguments(&mut text, call, arguments, call.values.len());
    let text = if comma { text.strip_prefix(b", ").unwrap_or(&text) } else { &text };
    out.extend_from_slice(text);
}

/// What is said of a call besides the call itself.
pub(crate) struct Ending {
    pub(crate) spent: Duration,
    pub(crate) begun: SystemTime,
    pub(crate) tampered: Tampered,
    /// What it moved, if that is to be shown.
    pub(crate) dump: Option<Dump>,
}

/// Appends the rest of a call's line: arguments, result, time. `column` is where `out` begins.
pub(crate) fn finish(
    out: &mut Vec<u8>,
    call: &Call,
    begun: Option<Begun>,
    column: usize,
    ending: &Ending,
    settings: &Settings,
) {
    rest(out, call, begun, settings);
    out.extend_from_slice(b") ");
    to_column(out, column, begun, settings);
    out.extend_from_slice(b"= ");
    let style = if matches!(call.outcome, Some(Outcome::Failed(_))) { ERROR } else { Style::new() };
    painted(out, style, settings, |out| settings.style.result(out, call));
    if ending.tampered != Tampered::default() {
        let _ = write!(out, "{}", ending.tampered);
    }
    if let Some(digits) = settings.spent {
        let spent = ending.spent;
        let _ = write!(out, " <{}{}>", spent.as_secs(), fraction(spent.subsec_nanos(), digits));
    }
    out.push(b'\n');
}

/// The same for a call whose end nobody saw.
pub(crate) fn finish_unknown(
    out: &mut Vec<u8>,
    call: &Call,
    begun: Option<Begun>,
    column: usize,
    settings: &Settings,
) {
    if begun.is_none() {
        settings.style.arguments(out, call, 0, call.known());
        if call.comma_follows() {
            out.extend_from_slice(b", ");
        }
    }
    if call.known() < call.values.len() {
        out.extend_from_slice(b" <unfinished ...>");
    }
    out.extend_from_slice(b") ");
    to_column(out, column, begun, settings);
    out.extend_from_slice(b"= ?\n");
}

fn to_column(out: &mut Vec<u8>, start: usize, begun: Option<Begun>, settings: &Settings) {
    let mut at = start + out.len();
    if begun.is_none() && settings.color {
        at -= NAME_PAINT;
    }
    out.resize(out.len() + settings.column.saturating_sub(at), b' ');
}

const NAME: Style = Style::new().bold();
const ERROR: Style = AnsiColor::Red.on_default();
const SIGNAL: Style = AnsiColor::Yellow.on_default();
const END: Style = Style::new().dimmed();
/// Bytes of a painted name that take no column: `ESC [ 1 m` and `ESC [ 0 m`.
pub(crate) const NAME_PAINT: usize = 8;

/// Appends something in a style, if the trace is in colour.
fn painted(out: &mut Vec<u8>, style: Style, settings: &Settings, put: impl FnOnce(&mut Vec<u8>)) {
    if !settings.color || style.is_plain() {
        return put(out);
    }
    let _ = write!(out, "{style}");
    put(out);
    let _ = write!(out, "{style:#}");
}

/// News that is not a call.
#[derive(Debug)]
pub(crate) enum Event {
    /// A signal is about to be delivered.
    Signal(Signal, SigInfo),
    /// The task is stopped by a signal.
    Stopped(Signal),
    /// It exited with this status.
    Exited(u8),
    /// A signal ended it; whether it dumped core.
    Killed(Signal, bool),
    /// The thread of this id has executed a program, and goes on under the id of the leader.
    Superseded(Tid),
    /// From here on it makes calls of this ABI.
    Personality(Abi),
}

impl Event {
    /// strace's words.
    pub(crate) fn text(&self, out: &mut Vec<u8>, names: &ProcNames<'_>) {
        let style = match self {
            Self::Signal(..) | Self::Stopped(_) => SIGNAL,
            Self::Killed(..) => ERROR,
            Self::Exited(_) | Self::Superseded(_) | Self::Personality(_) => END,
        };
        painted(out, style, names.settings, |out| self.plain(out, names));
    }

    fn plain(&self, out: &mut Vec<u8>, names: &ProcNames<'_>) {
        let _ = match self {
            Self::Signal(signal, info) => {
                let _ = write!(out, "--- {signal} ");
                names.settings.style.value(out, &siginfo(info, names));
                write!(out, " ---")
            }
            Self::Stopped(signal) => write!(out, "--- stopped by {signal} ---"),
            Self::Exited(code) => write!(out, "+++ exited with {code} +++"),
            Self::Killed(signal, core) => {
                write!(out, "+++ killed by {signal}{} +++", if *core { " (core dumped)" } else { "" })
            }
            Self::Superseded(former) => write!(out, "+++ superseded by execve in pid {former} +++"),
            Self::Personality(abi) => {
                let mode = match abi {
                    Abi::X86_64 => "64 bit",
                    Abi::I386 => "32 bit",
                    Abi::X32 => "x32",
                };
                write!(out, "[ Process PID={} runs in {mode} mode. ]", names.tid)
            }
        };
    }

    /// A JSON object on a line.
    pub(crate) fn json(&self, names: &ProcNames<'_>) -> Vec<u8> {
        let tid = names.tid;
        let mut out = Vec::new();
        let kind = match self {
            Self::Signal(..) => "signal",
            Self::Stopped(_) => "stopped",
            Self::Exited(_) => "exited",
            Self::Killed(..) => "killed",
            Self::Superseded(_) => "superseded",
            Self::Personality(_) => "personality",
        };
        let _ = write!(out, "{{\"type\":\"{kind}\",\"tid\":{tid},\"time\":");
        seconds(&mut out, SystemTime::now());
        let number = |signal: &Signal| signal.as_raw();
        let _ = match self {
            Self::Signal(signal, info) => {
                let _ = write!(out, ",\"signal\":\"{signal}\",\"number\":{},\"info\":", number(signal));
                lariat_decode::json::value(&mut out, &siginfo(info, names));
                Ok(())
            }
            Self::Stopped(signal) => write!(out, ",\"signal\":\"{signal}\",\"number\":{}", number(signal)),
            Self::Exited(code) => write!(out, ",\"status\":{code}"),
            Self::Killed(signal, core) => {
                write!(out, ",\"signal\":\"{signal}\",\"number\":{},\"core_dumped\":{core}", number(signal))
            }
            Self::Superseded(former) => write!(out, ",\"by\":{former}"),
            Self::Personality(abi) => write!(out, ",\"abi\":\"{}\"", abi_name(*abi)),
        };
        out.extend_from_slice(b"}\n");
        out
    }
}

/// A time as seconds since the epoch, with as many digits as a double-precision number keeps.
fn seconds(out: &mut Vec<u8>, time: SystemTime) {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let _ = write!(out, "{}.{:06}", since.as_secs(), since.subsec_micros());
}

const fn abi_name(abi: Abi) -> &'static str {
    match abi {
        Abi::X86_64 => "x86_64",
        Abi::I386 => "i386",
        Abi::X32 => "x32",
    }
}

/// A call as a JSON object on a line.
pub(crate) fn json(tid: Tid, call: &Call, ending: &Ending) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    let _ = write!(out, "{{\"type\":\"syscall\",\"tid\":{tid},\"time\":");
    seconds(&mut out, ending.begun);
    let abi = abi_name(call.abi);
    let (name, number) = (call.name(), call.number);
    let _ = write!(out, ",\"abi\":\"{abi}\",\"number\":{number},\"name\":\"{name}\",\"args\":[");
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
        Some(Outcome::Unknown) | None => out.extend_from_slice(b"null,\"unfinished\":true"),
    }
    if let Some(aux) = &call.aux {
        out.extend_from_slice(b",\"detail\":");
        lariat_decode::json::value(&mut out, aux);
    }
    let Tampered { result, arguments, delayed } = ending.tampered;
    for (done, what) in [(result.is_some(), "injected"), (arguments, "poked"), (delayed, "delayed")] {
        if done {
            let _ = write!(out, ",\"{what}\":true");
        }
    }
    if let Some(dump) = &ending.dump {
        out.extend_from_slice(b",\"dump\":");
        dump.json(&mut out);
    }
    let _ = writeln!(out, ",\"duration_ns\":{}}}", ending.spent.as_nanos());
    out
}
