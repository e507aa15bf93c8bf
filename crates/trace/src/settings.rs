//! What the user asked for: the command line, understood. The session reads it and nothing else.

use crate::filter::{FdSet, SignalSet, StatusSet, SyscallSet};
use crate::inject::InjectRule;
use lariat_decode::Options;
use lariat_decode::text::Style;
use lariat_host::{Distance, User};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Which tasks are traced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Follow {
    /// Only the one started or attached.
    #[default]
    No,
    /// Children too (`-f`).
    Yes,
    /// Children too, each with an output file of its own (`-ff`).
    Separate,
}

/// Where the trace goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Output {
    /// Standard error.
    #[default]
    Stderr,
    /// This file (`-o`), a prefix for `PREFIX.TID` under `-ff`.
    File(PathBuf),
    /// A shell command's standard input (`-o '|cmd'`, `-o '!cmd'`).
    Pipe(OsString),
}

/// The notation of the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// strace's.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// A time stamp before each line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// Wall clock as `HH:MM:SS` (`-t`, `-tt`).
    Clock,
    /// Seconds since the epoch (`-ttt`).
    Epoch,
}

/// A number of fractional digits: 0 (s), 3 (ms), 6 (us) or 9 (ns).
pub type Digits = u8;

/// The summary (`-c`, `-C`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Summary {
    /// Instead of the trace (`-c`).
    Only,
    /// After the trace (`-C`).
    Also,
}

/// A column of the summary (`-U`), and what it can be sorted by (`-S`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The share of the time of all calls.
    Percent,
    /// The time of all calls of this name.
    Total,
    /// The shortest.
    Min,
    /// The longest.
    Max,
    /// The average.
    Average,
    /// How many calls.
    Calls,
    /// How many failed.
    Errors,
    /// The name.
    Name,
}

impl Column {
    /// strace's table.
    pub const DEFAULT: [Self; 6] =
        [Self::Percent, Self::Total, Self::Average, Self::Calls, Self::Errors, Self::Name];

    /// The column that strace calls this.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "time" | "time-percent" | "time_percent" => Self::Percent,
            "time-total" | "time_total" | "total-time" | "total_time" => Self::Total,
            "min-time" | "min_time" | "time-min" | "time_min" | "shortest" => Self::Min,
            "max-time" | "max_time" | "time-max" | "time_max" | "longest" => Self::Max,
            "avg-time" | "avg_time" | "time-avg" | "time_avg" => Self::Average,
            "calls" | "count" => Self::Calls,
            "errors" | "error" => Self::Errors,
            "name" | "syscall" | "syscall-name" | "syscall_name" => Self::Name,
            _ => return None,
        })
    }
}

/// What is left unsaid (`-q`, `-e quiet=`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quiet {
    /// `Process N attached`, `detached`.
    pub attach: bool,
    /// `+++ exited with N +++`.
    pub exit: bool,
    /// `[ Process PID=N runs in 32 bit mode. ]`.
    pub personality: bool,
    /// Path resolution messages of `-P`.
    pub path_resolve: bool,
    /// `+++ superseded by execve in pid N +++`.
    pub thread_execve: bool,
}

/// How descriptors are explained (`-y`, `-yy`, `-e decode-fds=`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DecodeFds {
    /// The path.
    pub path: bool,
    /// The protocol and addresses of sockets.
    pub socket: bool,
    /// Device numbers of device files.
    pub dev: bool,
    /// The task of a pidfd.
    pub pidfd: bool,
}

/// Everything asked for.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The program and its arguments; empty when only attaching.
    pub command: Vec<OsString>,
    /// Processes to attach (`-p`).
    pub attach: Vec<i32>,
    /// Environment changes (`-E`): a value, or `None` to remove.
    pub env: Vec<(OsString, Option<OsString>)>,
    /// Run the command as this user (`-u`).
    pub user: Option<User>,
    /// Detach when the command calls execve (`-b execve`).
    pub detach_on_execve: bool,
    /// Leave the program to the caller as a direct child, and go so far from it (`-D`).
    pub daemonize: Option<Distance>,
    /// Kill every tracee when the tracer exits (`--kill-on-exit`).
    pub kill_on_exit: bool,
    /// Which signals reach the tracer (`-I`), 1 to 4; `None` for the default.
    pub interruptible: Option<u8>,
    /// Which tasks are traced.
    pub follow: Follow,
    /// Where the trace goes.
    pub output: Output,
    /// Append to the file instead of truncating it (`-A`).
    pub append: bool,
    /// Show the task id even without `-f` (`--always-show-pid`), or when several tasks are traced.
    pub always_show_pid: bool,
    /// The notation.
    pub format: Format,
    /// Calls that are traced.
    pub trace: SyscallSet,
    /// Signals that are reported.
    pub signals: SignalSet,
    /// Outcomes that are reported.
    pub status: StatusSet,
    /// Calls whose structures are abbreviated (`-e abbrev`).
    pub abbrev: SyscallSet,
    /// Calls whose structures are followed (`-e verbose`).
    pub verbose: SyscallSet,
    /// Calls whose arguments are shown as numbers (`-e raw`).
    pub raw: SyscallSet,
    /// Descriptors whose input is dumped (`-e read`).
    pub read: FdSet,
    /// Descriptors whose output is dumped (`-e write`).
    pub write: FdSet,
    /// Only calls that touch these paths (`-P`).
    pub paths: Vec<PathBuf>,
    /// Only calls that touch these descriptors (`-e fd=`).
    pub fds: Option<FdSet>,
    /// Faults to inject.
    pub inject: Vec<InjectRule>,
    /// Shared decoding options (`-s`); abbreviation and dereferencing follow the sets above.
    pub decode: Options,
    /// How values are shown.
    pub style: Style,
    /// How descriptors are explained.
    pub decode_fds: DecodeFds,
    /// Show command names with task ids (`-Y`).
    pub decode_pids_comm: bool,
    /// Show the ids that processes of other namespaces have in ours (`--decode-pids=pidns`).
    pub decode_pids_namespace: bool,
    /// The column of the result (`-a`).
    pub column: usize,
    /// The time stamp and its digits.
    pub stamp: Option<(Stamp, Digits)>,
    /// Time since the last line (`-r`).
    pub relative: Option<Digits>,
    /// Time spent in the call (`-T`).
    pub spent: Option<Digits>,
    /// The summary.
    pub summary: Option<Summary>,
    /// Summary by wall-clock time (`-w`) instead of system time.
    pub summary_wall: bool,
    /// Summary order (`-S`); `None` leaves the calls in the order of their numbers.
    pub summary_sort: Option<Column>,
    /// Summary columns (`-U`).
    pub summary_columns: Vec<Column>,
    /// Overhead subtracted from each call in the summary (`-O`).
    pub summary_overhead: Duration,
    /// Show the instruction pointer (`-i`).
    pub instruction_pointer: bool,
    /// Show the call number (`-n`).
    pub syscall_number: bool,
    /// Show why a virtual processor came back (`-e kvm=vcpu`).
    pub kvm: bool,
    /// Show the trace in colour.
    pub color: bool,
    /// Show a stack trace (`-k`).
    pub stack_trace: bool,
    /// What is left unsaid.
    pub quiet: Quiet,
    /// Use a seccomp filter: `Some(true)` forces it, `Some(false)` forbids it, `None` decides by itself.
    pub seccomp: Option<bool>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            command: Vec::new(),
            attach: Vec::new(),
            env: Vec::new(),
            user: None,
            detach_on_execve: false,
            daemonize: None,
            kill_on_exit: false,
            interruptible: None,
            follow: Follow::No,
            output: Output::Stderr,
            append: false,
            always_show_pid: false,
            format: Format::Text,
            trace: SyscallSet::all(),
            signals: SignalSet::all(),
            status: StatusSet::all(),
            abbrev: SyscallSet::all(),
            verbose: SyscallSet::all(),
            raw: SyscallSet::none(),
            read: FdSet::none(),
            write: FdSet::none(),
            paths: Vec::new(),
            fds: None,
            inject: Vec::new(),
            decode: Options::default(),
            style: Style::default(),
            decode_fds: DecodeFds::default(),
            decode_pids_comm: false,
            decode_pids_namespace: false,
            column: 40,
            stamp: None,
            relative: None,
            spent: None,
            summary: None,
            summary_wall: false,
            summary_sort: Some(Column::Percent),
            summary_columns: Column::DEFAULT.to_vec(),
            summary_overhead: Duration::ZERO,
            instruction_pointer: false,
            syscall_number: false,
            kvm: false,
            color: false,
            stack_trace: false,
            quiet: Quiet::default(),
            seccomp: None,
        }
    }
}
