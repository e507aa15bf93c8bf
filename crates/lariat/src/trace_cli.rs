//! strace's command line: one definition for each option, and what it does to the settings.

mod values;

pub(crate) use self::values::process_ids;
use self::values::{Level, levels, output, pids, precision, size, stamp, summary_columns, variable};
use crate::tips::Tips;
use clap::{ArgAction, Parser};
use lariat_decode::text::{Constants, HexStrings};
use lariat_host::{Distance, User};
use lariat_trace::expression;
use lariat_trace::filter::{StatusSet, SyscallSet};
use lariat_trace::settings::{Column, Follow, Format, Output, Settings, Stamp, Summary};
use std::ffi::OsString;

/// Print every system call and signal of a program and its children.
#[derive(Debug, Parser)]
#[command(disable_version_flag = true, args_override_self = true, infer_long_args = true)]
pub(crate) struct Args {
    /// Align results in this column.
    #[arg(
        short = 'a',
        long = "columns",
        value_name = "COLUMN",
        default_value = "40",
        allow_hyphen_values = true
    )]
    column: String,
    /// Append to the output file instead of overwriting it.
    #[arg(short = 'A', long)]
    output_append_mode: bool,
    /// Detach at this call; only `execve` is known.
    #[arg(short = 'b', long = "detach-on", value_name = "SYSCALL", allow_hyphen_values = true)]
    detach_on: Option<String>,
    /// Count time, calls and errors of each call and print a summary instead of the trace.
    #[arg(short = 'c', long)]
    summary_only: bool,
    /// Like -c, but print the trace too.
    #[arg(short = 'C', long)]
    summary: bool,
    /// Run the tracer as a grandchild, so that the program is the direct child of the caller; twice: in a process
    /// group of its own; thrice: in a session of its own. With a value: grandchild, pgroup or session.
    #[arg(short = 'D', long, value_name = "WHERE")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "", action = ArgAction::Append)]
    daemonize: Vec<String>,
    /// A filter or modifier: trace=, abbrev=, verbose=, raw=, signal=, status=, quiet=, read=, write=, fd=,
    /// inject=, fault=, decode-fds=, decode-pids=.
    #[arg(short = 'e', value_name = "EXPR", allow_hyphen_values = true)]
    expressions: Vec<String>,
    /// Trace only these calls (-e trace=SET).
    #[arg(long, value_name = "SET", allow_hyphen_values = true)]
    trace: Option<String>,
    /// Shorten the structures of these calls (-e abbrev=SET).
    #[arg(long, value_name = "SET", allow_hyphen_values = true)]
    abbrev: Option<String>,
    /// Follow pointers to structures in these calls (-e verbose=SET).
    #[arg(long = "verbose", value_name = "SET", allow_hyphen_values = true)]
    dereference: Option<String>,
    /// Show the arguments of these calls as numbers (-e raw=SET).
    #[arg(long, value_name = "SET", allow_hyphen_values = true)]
    raw: Option<String>,
    /// Report only these signals (-e signal=SET).
    #[arg(long, value_name = "SET", allow_hyphen_values = true)]
    signal: Option<String>,
    /// Show only calls with these outcomes (-e status=SET).
    #[arg(long, value_name = "SET", allow_hyphen_values = true)]
    status: Option<String>,
    /// Dump what is read from these descriptors (-e read=SET).
    #[arg(long, value_name = "SET", allow_hyphen_values = true)]
    read: Option<String>,
    /// Dump what is written to these descriptors (-e write=SET).
    #[arg(long, value_name = "SET", allow_hyphen_values = true)]
    write: Option<String>,
    /// Tamper with calls (-e inject=...).
    #[arg(long, value_name = "SET:WHAT", allow_hyphen_values = true)]
    inject: Vec<String>,
    /// Make calls fail (-e fault=...).
    #[arg(long, value_name = "SET[:error=ERRNO]", allow_hyphen_values = true)]
    fault: Vec<String>,
    /// Set (VAR=VAL) or remove (VAR) an environment variable of the program.
    #[arg(short = 'E', long = "env", value_name = "VAR=VAL", allow_hyphen_values = true)]
    env: Vec<OsString>,
    /// Trace children too; twice: into a file each, named FILE.PID.
    #[arg(short = 'f', long = "follow-forks", action = ArgAction::Count)]
    follow: u8,
    /// With -o, write a file for each task, named FILE.PID.
    #[arg(long)]
    output_separately: bool,
    /// Like -f (strace's old name for it).
    #[arg(short = 'F', hide = true)]
    follow_old: bool,
    /// Print the instruction pointer at each call.
    #[arg(short = 'i', long)]
    instruction_pointer: bool,
    /// Which signals end the trace: 1 or 2, the fatal ones (default); 3, none (default with -o FILE PROG); 4, not
    /// even ^Z stops it (default with -D).
    #[arg(short = 'I', long, value_name = "LEVEL", allow_hyphen_values = true)]
    interruptible: Option<String>,
    /// Print a stack trace after each call (accepted; there is none yet).
    #[arg(short = 'k', long = "stack-traces", visible_alias = "stack-trace")]
    stack_traces: bool,
    /// Print the number of each call.
    #[arg(short = 'n', long)]
    syscall_number: bool,
    /// Print the names of arguments.
    #[arg(short = 'N', long = "arg-names")]
    argument_names: bool,
    /// Subtract this from the time of each call in the summary; microseconds, or with a unit of s, ms, us or ns.
    #[arg(short = 'O', long = "summary-syscall-overhead", value_name = "TIME")]
    #[arg(allow_hyphen_values = true)]
    overhead: Option<String>,
    /// Write the trace to this file, or to the standard input of a command given as '|CMD' or '!CMD'.
    #[arg(short = 'o', long = "output", value_name = "FILE", allow_hyphen_values = true)]
    output: Option<OsString>,
    /// Colours: auto (on a terminal, unless NO_COLOR is set), always or never.
    #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = ["auto", "always", "never"])]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "always")]
    color: String,
    /// Print a tip at the end: a number or random, and none, compact or full.
    #[arg(long, value_name = "TIP", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    tips: Option<String>,
    /// Print why virtual processors came back (-e kvm=vcpu).
    #[arg(long, value_name = "SET", allow_hyphen_values = true)]
    kvm: Option<String>,
    /// The notation: text, or json (one object a line).
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    output_format: String,
    /// Attach to these processes, separated by commas, blanks or newlines.
    #[arg(short = 'p', long = "attach", value_name = "PID", allow_hyphen_values = true)]
    attach: Vec<String>,
    /// Only calls that touch this path, by name or through a descriptor; may be repeated.
    #[arg(short = 'P', long = "trace-path", value_name = "PATH", allow_hyphen_values = true)]
    paths: Vec<std::path::PathBuf>,
    /// Only calls that use these descriptors (-e fd=SET).
    #[arg(long, value_name = "SET", allow_hyphen_values = true)]
    trace_fds: Option<String>,
    /// Say less: no attach messages; twice: no exit messages either; thrice: nothing but the trace.
    /// With a value: -e quiet=SET.
    #[arg(short = 'q', long, visible_aliases = ["silent", "silence"], value_name = "SET")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "", action = ArgAction::Append)]
    quiet: Vec<String>,
    /// Print the time since the last line, in units of s, ms, us or ns.
    #[arg(short = 'r', long, value_name = "PRECISION")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "us")]
    relative_timestamps: Option<String>,
    /// Print at most this many bytes of a string.
    #[arg(
        short = 's',
        long = "string-limit",
        value_name = "BYTES",
        default_value = "32",
        allow_hyphen_values = true
    )]
    string_limit: String,
    /// Sort the summary by a column: time-percent, total-time, min-time, max-time, avg-time, calls, errors, name,
    /// or none.
    #[arg(short = 'S', long = "summary-sort-by", value_name = "COLUMN")]
    sort: Option<String>,
    /// Show these columns of the summary, of those that -S names, separated by commas.
    #[arg(short = 'U', long = "summary-columns", value_name = "COLUMNS", allow_hyphen_values = true)]
    columns: Option<String>,
    /// Print the time of day; twice: with microseconds; thrice: as seconds since the epoch.
    /// With a value: none, time or unix, and a unit of s, ms, us or ns, separated by a comma.
    #[arg(short = 't', long = "absolute-timestamps", visible_alias = "timestamps", value_name = "FORMAT")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "", action = ArgAction::Append)]
    time: Vec<String>,
    /// Print the time spent in each call, in units of s, ms, us or ns.
    #[arg(short = 'T', long, value_name = "PRECISION")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "us")]
    syscall_times: Option<String>,
    /// Run the program as this user; set-user-id programs get their privilege. Only for root.
    #[arg(short = 'u', long, value_name = "USER", allow_hyphen_values = true)]
    user: Option<String>,
    /// Print structures and environments whole.
    #[arg(short = 'v', long = "no-abbrev")]
    verbose: bool,
    /// Print the version.
    #[arg(short = 'V', long)]
    version: bool,
    /// Summarise the time between entry and exit of calls instead of system time.
    #[arg(short = 'w', long)]
    summary_wall_clock: bool,
    /// Print strings that are not ASCII in hexadecimal; twice: all strings.
    /// With a value: none, non-ascii-chars, non-ascii or all.
    #[arg(short = 'x', long = "strings-in-hex", value_name = "WHICH")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "", action = ArgAction::Append)]
    hex: Vec<String>,
    /// How named constants are shown: raw, abbrev or verbose.
    #[arg(short = 'X', long = "const-print-style", value_name = "STYLE", allow_hyphen_values = true)]
    constants: Option<String>,
    /// Print the paths that descriptors refer to.
    /// With a value: -e decode-fds=SET.
    #[arg(short = 'y', long, value_name = "SET")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "", action = ArgAction::Append)]
    decode_fds: Vec<String>,
    /// Print the command names of processes (--decode-pids=comm).
    #[arg(short = 'Y', long)]
    decode_pids_comm: bool,
    /// Explain process ids (-e decode-pids=SET).
    #[arg(long, value_name = "SET", allow_hyphen_values = true)]
    decode_pids: Option<String>,
    /// Only calls that returned without an error.
    #[arg(short = 'z', long, overrides_with = "failed_only")]
    successful_only: bool,
    /// Only calls that returned an error.
    #[arg(short = 'Z', long)]
    failed_only: bool,
    /// Print the process id even of a single process.
    #[arg(long)]
    always_show_pid: bool,
    /// Stop only at the calls asked for, by a seccomp filter: the default with -f, a program to start and a set
    /// of calls. With this option, say why when it is not used.
    #[arg(long, overrides_with = "no_seccomp_bpf")]
    seccomp_bpf: bool,
    /// Stop at every call, also at those that are not shown.
    #[arg(long)]
    no_seccomp_bpf: bool,
    /// Kill every traced process when the tracer ends.
    #[arg(long)]
    kill_on_exit: bool,
    /// The program and its arguments.
    // Without allow_hyphen_values: with it, a misspelt option would be run as the program.
    #[arg(trailing_var_arg = true, value_name = "PROG")]
    command: Vec<OsString>,
}

impl Args {
    /// Whether only the version is asked for.
    pub(crate) const fn wants_version(&self) -> bool {
        self.version
    }

    /// The tip that is asked for.
    pub(crate) fn tips(&self) -> Result<Option<Tips>, String> {
        self.tips.as_deref().map(Tips::parse).transpose()
    }

    /// Options that do nothing in this company, each in a sentence.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.output_append_mode && self.output.is_none() {
            warnings.push("-A/--output-append-mode has no effect without -o/--output".into());
        }
        if self.sort.is_some() && !self.summary_only && !self.summary {
            warnings.push(
                "-S/--summary-sort-by has no effect without (-c/--summary-only or -C/--summary)".into(),
            );
        }
        let of_lines = [
            (self.instruction_pointer, "-i/--instruction-pointer"),
            (self.stack_traces, "-k/--stack-traces"),
            (self.syscall_number, "-n/--syscall-number"),
            (self.relative_timestamps.is_some(), "-r/--relative-timestamps"),
            (!self.time.is_empty(), "-t/--absolute-timestamps"),
            (self.syscall_times.is_some(), "-T/--syscall-times"),
            (!self.decode_fds.is_empty(), "-y/--decode-fds"),
        ];
        for (given, option) in of_lines {
            if given && self.summary_only {
                warnings.push(format!("{option} has no effect with -c/--summary-only"));
            }
        }
        warnings
    }

    /// The settings these options stand for; an error is one sentence.
    pub(crate) fn settings(self) -> Result<Settings, String> {
        let mut s = Settings { append: self.output_append_mode, ..Settings::default() };
        s.column = size('a', &self.column)?;
        s.decode.string_limit = size('s', &self.string_limit)?;
        self.sets(&mut s)?;
        match self.detach_on.as_deref() {
            None => {}
            Some("execve") => s.detach_on_execve = true,
            Some(other) => return Err(format!("Syscall '{other}' for -b isn't supported; only execve is")),
        }
        s.summary = match (self.summary_only, self.summary) {
            (true, true) => return Err("-c/--summary-only and -C/--summary are mutually exclusive".into()),
            (true, false) => Some(Summary::Only),
            (false, true) => Some(Summary::Also),
            (false, false) => None,
        };
        if self.summary_wall_clock && s.summary.is_none() {
            return Err(
                "-w/--summary-wall-clock must be given with (-c/--summary-only or -C/--summary)".into()
            );
        }
        s.summary_wall = self.summary_wall_clock;
        s.summary_sort = match self.sort.as_deref().unwrap_or("time") {
            "none" | "nothing" => None,
            name => Some(Column::named(name).ok_or_else(|| format!("invalid sortby: '{name}'"))?),
        };
        if let Some(columns) = &self.columns {
            if s.summary.is_none() {
                return Err(
                    "-U/--summary-columns must be given with (-c/--summary-only or -C/--summary)".into()
                );
            }
            s.summary_columns = summary_columns(columns)?;
        }
        if let Some(overhead) = &self.overhead {
            s.summary_overhead = lariat_trace::inject::delay(overhead)
                .ok_or_else(|| format!("invalid -O argument: '{overhead}'"))?;
        }
        s.follow = match self.follow {
            0 if !self.follow_old => Follow::No,
            0 | 1 if !self.output_separately => Follow::Yes,
            _ => Follow::Separate,
        };
        s.output = self.output.map_or(Output::Stderr, output);
        if s.follow == Follow::Separate && s.summary.is_some() {
            return Err("(-c/--summary-only or -C/--summary) and -ff/--output-separately are mutually \
                        exclusive"
                .into());
        }
        if s.follow == Follow::Separate && matches!(s.output, Output::Pipe(_)) {
            return Err("piping the output and -ff/--output-separately are mutually exclusive".into());
        }
        if s.follow == Follow::Separate && !matches!(s.output, Output::File(_)) {
            s.follow = Follow::Yes;
        }
        s.color = match self.color.as_str() {
            "always" => true,
            "never" => false,
            _ => {
                s.output == Output::Stderr
                    && anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
            }
        };
        s.format = if self.output_format == "json" { Format::Json } else { Format::Text };
        s.env = self.env.into_iter().map(variable).collect();
        s.attach = pids(&self.attach)?;
        s.command = self.command;
        s.relative = self.relative_timestamps.map(|p| precision("relative-timestamps", &p)).transpose()?;
        s.spent = self.syscall_times.map(|p| precision("syscall-times", &p)).transpose()?;
        s.stamp = match levels("t", "absolute-timestamps", &self.time)? {
            Level::Count(0) => None,
            Level::Count(1) => Some((Stamp::Clock, 0)),
            Level::Count(2) => Some((Stamp::Clock, 6)),
            Level::Count(_) => Some((Stamp::Epoch, 6)),
            Level::Value(text) => stamp(text)?,
        };
        if self.verbose {
            s.abbrev = SyscallSet::none();
        }
        s.style.strings = match levels("x", "strings-in-hex", &self.hex)? {
            Level::Count(0) | Level::Value("none") => HexStrings::None,
            Level::Count(1) | Level::Value("non-ascii") => HexStrings::NonAscii,
            Level::Count(_) | Level::Value("all") => HexStrings::All,
            Level::Value("non-ascii-chars") => HexStrings::NonAsciiChars,
            Level::Value(other) => return Err(format!("invalid --strings-in-hex argument: '{other}'")),
        };
        s.style.constants = match self.constants.as_deref() {
            Some("raw") => Constants::Raw,
            Some("verbose") => Constants::Verbose,
            None | Some("abbrev") => Constants::Abbrev,
            Some(other) => {
                return Err(format!("invalid -X argument: '{other}'; use raw, abbrev or verbose"));
            }
        };
        s.style.argument_names = self.argument_names;
        s.decode_pids_comm |= self.decode_pids_comm;
        s.instruction_pointer = self.instruction_pointer;
        s.syscall_number = self.syscall_number;
        s.stack_trace = self.stack_traces;
        s.paths = self.paths;
        s.always_show_pid = self.always_show_pid;
        s.interruptible = match self.interruptible.as_deref() {
            None => None,
            Some("1" | "anywhere") => Some(1),
            Some("2" | "waiting") => Some(2),
            Some("3" | "never") => Some(3),
            Some("4" | "never_tstp") => Some(4),
            Some(other) => return Err(format!("invalid -I argument: '{other}'")),
        };
        s.daemonize = match levels("D", "daemonize", &self.daemonize)? {
            Level::Count(0) => None,
            Level::Count(1) | Level::Value("grandchild") => Some(Distance::Grandchild),
            Level::Count(2) | Level::Value("pgroup" | "pgrp") => Some(Distance::Group),
            Level::Count(_) | Level::Value("session") => Some(Distance::Session),
            Level::Value(other) => return Err(format!("invalid --daemonize argument: '{other}'")),
        };
        if s.daemonize.is_some() && s.command.is_empty() {
            return Err("PROG [ARGS] must be specified with -D/--daemonize".into());
        }
        s.user = match &self.user {
            None => None,
            Some(name) if s.command.is_empty() => {
                return Err(format!("PROG [ARGS] must be specified with -u {name}"));
            }
            Some(_) if lariat_host::user_id() != 0 => {
                return Err("You must be root to use the -u option".into());
            }
            Some(name) => Some(User::named(name).ok_or_else(|| format!("Cannot find user '{name}'"))?),
        };
        s.kill_on_exit = self.kill_on_exit;
        s.seccomp = match (self.seccomp_bpf, self.no_seccomp_bpf) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        if self.successful_only {
            s.status = StatusSet { successful: true, ..StatusSet::none() };
        }
        if self.failed_only {
            s.status = StatusSet { failed: true, ..StatusSet::none() };
        }
        if s.command.is_empty() && s.attach.is_empty() {
            return Err("must have PROG [ARGS] or -p PID".into());
        }
        Ok(s)
    }

    /// The sets of `-e`, and of the long options that are other spellings of it.
    fn sets(&self, s: &mut Settings) -> Result<(), String> {
        let apply = |s: &mut Settings, text: &str| expression::apply(s, text).map_err(|e| e.to_string());
        match levels("q", "quiet", &self.quiet)? {
            Level::Count(0) => {}
            Level::Count(1) => apply(s, "quiet=attach,personality")?,
            Level::Count(2) => apply(s, "quiet=attach,personality,exit")?,
            Level::Count(_) => apply(s, "quiet=all")?,
            Level::Value(set) => apply(s, &format!("quiet={set}"))?,
        }
        match levels("y", "decode-fds", &self.decode_fds)? {
            Level::Count(0) => {}
            Level::Count(1) => apply(s, "decode-fds=path")?,
            Level::Count(_) => apply(s, "decode-fds=all")?,
            Level::Value(set) => apply(s, &format!("decode-fds={set}"))?,
        }
        for text in &self.expressions {
            apply(s, text)?;
        }
        let long = [
            ("trace", &self.trace),
            ("abbrev", &self.abbrev),
            ("verbose", &self.dereference),
            ("raw", &self.raw),
            ("signal", &self.signal),
            ("status", &self.status),
            ("decode-pids", &self.decode_pids),
            ("kvm", &self.kvm),
            ("read", &self.read),
            ("write", &self.write),
            ("fd", &self.trace_fds),
        ];
        for (qualifier, set) in long {
            if let Some(set) = set {
                apply(s, &format!("{qualifier}={set}"))?;
            }
        }
        for (qualifier, rules) in [("inject", &self.inject), ("fault", &self.fault)] {
            for rule in rules {
                apply(s, &format!("{qualifier}={rule}"))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
