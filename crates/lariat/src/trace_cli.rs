//! strace's command line: one definition for each option, and what it does to the settings.

use clap::{ArgAction, Parser};
use lariat_decode::text::{Constants, HexStrings};
use lariat_trace::expression;
use lariat_trace::filter::{StatusSet, SyscallSet};
use lariat_trace::settings::{Follow, Format, Output, Settings, Stamp, Summary};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Print every system call and signal of a program and its children.
#[derive(Debug, Parser)]
#[command(disable_version_flag = true, args_override_self = true)]
pub(crate) struct Args {
    /// Align results in this column.
    #[arg(short = 'a', long = "columns", value_name = "COLUMN", default_value_t = 40)]
    column: usize,
    /// Append to the output file instead of overwriting it.
    #[arg(short = 'A', long)]
    output_append_mode: bool,
    /// Detach at this call; only `execve` is known.
    #[arg(short = 'b', long = "detach-on", value_name = "SYSCALL")]
    detach_on: Option<String>,
    /// Count time, calls and errors of each call and print a summary instead of the trace.
    #[arg(short = 'c', long)]
    summary_only: bool,
    /// Like -c, but print the trace too.
    #[arg(short = 'C', long)]
    summary: bool,
    /// A filter or modifier: trace=, abbrev=, verbose=, raw=, signal=, status=, quiet=.
    #[arg(short = 'e', value_name = "EXPR")]
    expressions: Vec<String>,
    /// Set (VAR=VAL) or remove (VAR) an environment variable of the program.
    #[arg(short = 'E', long = "env", value_name = "VAR=VAL")]
    env: Vec<OsString>,
    /// Trace children too; twice: into a file each, named FILE.PID.
    #[arg(short = 'f', long = "follow-forks", action = ArgAction::Count)]
    follow: u8,
    /// Like -f (strace's old name for it).
    #[arg(short = 'F', hide = true)]
    follow_old: bool,
    /// Print the instruction pointer at each call.
    #[arg(short = 'i', long)]
    instruction_pointer: bool,
    /// Print the number of each call.
    #[arg(short = 'n', long)]
    syscall_number: bool,
    /// Print the names of arguments.
    #[arg(short = 'N', long = "arg-names")]
    argument_names: bool,
    /// Overhead subtracted from each call in the summary (accepted).
    #[arg(short = 'O', long = "summary-syscall-overhead", value_name = "TIME", hide = true)]
    overhead: Option<String>,
    /// Write the trace to this file, or to the standard input of a command given as '|CMD' or '!CMD'.
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    output: Option<OsString>,
    /// The notation: text, or json (one object a line).
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    output_format: String,
    /// Attach to these processes, separated by commas, blanks or newlines.
    #[arg(short = 'p', long = "attach", value_name = "PID")]
    attach: Vec<String>,
    /// Say less: no attach messages; twice: no exit messages either; thrice: nothing but the trace.
    #[arg(short = 'q', long = "quiet", action = ArgAction::Count)]
    quiet: u8,
    /// Print the time since the last line.
    #[arg(short = 'r', long)]
    relative_timestamps: bool,
    /// Print at most this many bytes of a string.
    #[arg(short = 's', long = "string-limit", value_name = "BYTES", default_value = "32")]
    string_limit: String,
    /// Sort the summary by time, calls, errors or name.
    #[arg(short = 'S', long = "summary-sort-by", value_name = "COLUMN", default_value = "time")]
    sort: String,
    /// Print the time of day; twice: with microseconds; thrice: as seconds since the epoch.
    #[arg(short = 't', long = "absolute-timestamps", action = ArgAction::Count)]
    time: u8,
    /// Print the time spent in each call.
    #[arg(short = 'T', long)]
    syscall_times: bool,
    /// Print structures and environments whole.
    #[arg(short = 'v', long = "no-abbrev")]
    verbose: bool,
    /// Print the version.
    #[arg(short = 'V', long)]
    version: bool,
    /// Summarise wall-clock time (what the summary always shows).
    #[arg(short = 'w', long)]
    summary_wall_clock: bool,
    /// Print strings that are not ASCII in hexadecimal; twice: all strings.
    #[arg(short = 'x', long = "strings-in-hex", action = ArgAction::Count)]
    hex: u8,
    /// How named constants are shown: raw, abbrev or verbose.
    #[arg(short = 'X', long = "const-print-style", value_name = "STYLE", value_parser = ["raw", "abbrev", "verbose"])]
    constants: Option<String>,
    /// Print the paths that descriptors refer to.
    #[arg(short = 'y', long = "decode-fds")]
    paths: bool,
    /// Print the command names of processes.
    #[arg(short = 'Y', long)]
    decode_pids_comm: bool,
    /// Only calls that returned without an error.
    #[arg(short = 'z', long)]
    successful_only: bool,
    /// Only calls that returned an error.
    #[arg(short = 'Z', long)]
    failed_only: bool,
    /// Print the process id even of a single process.
    #[arg(long)]
    always_show_pid: bool,
    /// Kill every traced process when the tracer ends.
    #[arg(long)]
    kill_on_exit: bool,
    /// The program and its arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "PROG")]
    command: Vec<OsString>,
}

impl Args {
    /// Whether only the version is asked for.
    pub(crate) const fn wants_version(&self) -> bool {
        self.version
    }

    /// The settings these options stand for; an error is one sentence.
    pub(crate) fn settings(self) -> Result<Settings, String> {
        let mut s = Settings { column: self.column, append: self.output_append_mode, ..Settings::default() };
        s.decode.string_limit =
            self.string_limit.parse().map_err(|_| format!("invalid -s argument: '{}'", self.string_limit))?;
        for expression in &self.expressions {
            expression::apply(&mut s, expression).map_err(|e| e.to_string())?;
        }
        match self.detach_on.as_deref() {
            None => {}
            Some("execve") => s.detach_on_execve = true,
            Some(other) => return Err(format!("Syscall '{other}' for -b isn't supported; only execve is")),
        }
        s.summary = match (self.summary_only, self.summary) {
            (true, true) => return Err("-c and -C are mutually exclusive".into()),
            (true, false) => Some(Summary::Only),
            (false, true) => Some(Summary::Also),
            (false, false) => None,
        };
        s.summary_sort = self.sort;
        s.follow = match self.follow {
            0 if !self.follow_old => Follow::No,
            0 | 1 => Follow::Yes,
            _ => Follow::Separate,
        };
        s.output = self.output.map_or(Output::Stderr, output);
        if s.follow == Follow::Separate && !matches!(s.output, Output::File(_)) {
            s.follow = Follow::Yes;
        }
        s.format = if self.output_format == "json" { Format::Json } else { Format::Text };
        s.env = self.env.into_iter().map(variable).collect();
        s.attach = pids(&self.attach)?;
        s.command = self.command;
        if self.quiet >= 1 {
            (s.quiet.attach, s.quiet.personality) = (true, true);
        }
        if self.quiet >= 2 {
            s.quiet.exit = true;
        }
        if self.quiet >= 3 {
            (s.quiet.path_resolve, s.quiet.thread_execve) = (true, true);
        }
        s.stamp = match self.time {
            0 => None,
            1 => Some((Stamp::Clock, 0)),
            2 => Some((Stamp::Clock, 6)),
            _ => Some((Stamp::Epoch, 6)),
        };
        s.relative = self.relative_timestamps.then_some(6);
        s.spent = self.syscall_times.then_some(6);
        if self.verbose {
            s.abbrev = SyscallSet::none();
        }
        s.style.strings = match self.hex {
            0 => HexStrings::None,
            1 => HexStrings::NonAscii,
            _ => HexStrings::All,
        };
        s.style.constants = match self.constants.as_deref() {
            Some("raw") => Constants::Raw,
            Some("verbose") => Constants::Verbose,
            _ => Constants::Abbrev,
        };
        s.style.argument_names = self.argument_names;
        s.decode_fds.path = self.paths;
        s.decode_pids_comm = self.decode_pids_comm;
        s.instruction_pointer = self.instruction_pointer;
        s.syscall_number = self.syscall_number;
        s.always_show_pid = self.always_show_pid;
        s.kill_on_exit = self.kill_on_exit;
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
}

fn output(name: OsString) -> Output {
    match name.as_bytes().split_first() {
        Some((b'|' | b'!', command)) => Output::Pipe(OsString::from_vec(command.to_vec())),
        _ => Output::File(name.into()),
    }
}

fn variable(text: OsString) -> (OsString, Option<OsString>) {
    let bytes = text.as_bytes();
    match bytes.iter().position(|&b| b == b'=') {
        Some(at) => {
            let (name, value) = (bytes[..at].to_vec(), bytes[at + 1..].to_vec());
            (OsString::from_vec(name), Some(OsString::from_vec(value)))
        }
        None => (text, None),
    }
}

fn pids(lists: &[String]) -> Result<Vec<i32>, String> {
    let mut all = Vec::new();
    for text in lists.iter().flat_map(|list| list.split([',', ' ', '\n', '\t'])).filter(|t| !t.is_empty()) {
        let pid: i32 = text.parse().map_err(|_| format!("Invalid process id: '{text}'"))?;
        if pid <= 0 {
            return Err(format!("Invalid process id: '{text}'"));
        }
        if pid == std::process::id() as i32 {
            return Err("a tracer cannot trace itself: -p names this process".into());
        }
        if !all.contains(&pid) {
            all.push(pid);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Settings, String> {
        let all = std::iter::once("trace").chain(args.iter().copied());
        Args::try_parse_from(all).map_err(|e| e.to_string())?.settings()
    }

    #[test]
    fn options_end_where_the_program_begins() {
        let s = parse(&["-fo", "out", "-tt", "ls", "-l", "--all", "-o"]).expect("valid");
        assert_eq!(s.command, ["ls", "-l", "--all", "-o"]);
        assert_eq!(s.follow, Follow::Yes);
        assert_eq!(s.output, Output::File("out".into()));
        assert_eq!(s.stamp, Some((Stamp::Clock, 6)));
    }

    #[test]
    fn lists_of_processes_and_variables() {
        let s = parse(&["-p", "1,2", "-p", "3 4", "-E", "A=b=c", "-E", "D"]).expect("valid");
        assert_eq!(s.attach, [1, 2, 3, 4]);
        assert_eq!(s.env[0], ("A".into(), Some("b=c".into())));
        assert_eq!(s.env[1], ("D".into(), None));
    }

    #[test]
    fn bad_input_is_said_plainly() {
        assert_eq!(parse(&[]).unwrap_err(), "must have PROG [ARGS] or -p PID");
        assert_eq!(parse(&["-s", "x", "ls"]).unwrap_err(), "invalid -s argument: 'x'");
        assert_eq!(parse(&["-p", "0"]).unwrap_err(), "Invalid process id: '0'");
        assert_eq!(parse(&["-e", "nosuch", "ls"]).unwrap_err(), "invalid system call 'nosuch'");
        assert_eq!(parse(&["-cC", "ls"]).unwrap_err(), "-c and -C are mutually exclusive");
    }

    #[test]
    fn separate_files_need_a_file() {
        assert_eq!(parse(&["-ff", "-o", "x", "ls"]).expect("valid").follow, Follow::Separate);
        assert_eq!(parse(&["-ff", "ls"]).expect("valid").follow, Follow::Yes);
        assert_eq!(parse(&["-o", "|cat", "ls"]).expect("valid").output, Output::Pipe("cat".into()));
    }
}
