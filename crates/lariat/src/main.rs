//! The command: one module for each subcommand. Invoked under the name `strace` it takes strace's command
//! line.

mod doctor_cli;
mod explain_cli;
mod tips;
mod trace_cli;

use clap::{CommandFactory, Parser, Subcommand};
use lariat_engine::doctor::Diagnosis;
use lariat_trace::{Ending, Session};
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Catch any Linux process, watch what it does, and let it go unharmed.
#[derive(Parser)]
#[command(name = "lariat", version)]
struct Lariat {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Subcommand)]
enum Subcommands {
    /// Print every system call and signal of a program and its children; strace's command line.
    Trace(Box<trace_cli::Args>),
    Doctor(doctor_cli::Args),
    Explain(explain_cli::Args),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, of a subcommand if one is named.
    Man {
        /// The subcommand.
        of: Option<String>,
    },
}

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    let name = args.first().map(Path::new).and_then(Path::file_name).unwrap_or_default();
    if name == "strace" {
        return parsed(trace_cli::Args::try_parse_from(args)).map_or_else(|code| code, trace);
    }
    match parsed(Lariat::try_parse_from(args)) {
        Err(code) => code,
        Ok(Lariat { command: Subcommands::Trace(args) }) => trace(*args),
        Ok(Lariat { command: Subcommands::Doctor(args) }) => doctor(&args),
        Ok(Lariat { command: Subcommands::Explain(args) }) => explain(&args),
        Ok(Lariat { command: Subcommands::Completions { shell } }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Lariat::command(), "lariat", &mut script);
            print(&script)
        }
        Ok(Lariat { command: Subcommands::Man { of } }) => {
            let mut command = Lariat::command();
            if let Some(name) = of {
                let Some(found) = command.find_subcommand(&name) else {
                    return fail(&format!("there is no subcommand '{name}'; lariat help lists them"));
                };
                command = found.clone().display_name(format!("lariat-{name}"));
            }
            let mut page = Vec::new();
            match clap_mangen::Man::new(command).render(&mut page) {
                Ok(()) => print(&page),
                Err(error) => fail(&error),
            }
        }
    }
}

/// Writes to standard output; a reader that has gone away wants no more.
fn print(text: &[u8]) -> ExitCode {
    match std::io::stdout().write_all(text) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => fail(&error),
        _ => ExitCode::SUCCESS,
    }
}

/// What clap understood; otherwise its message, with the status of strace's own errors.
fn parsed<T>(result: Result<T, clap::Error>) -> Result<T, ExitCode> {
    result.map_err(|error| {
        // The message is all there is to say; there is nobody left to tell if it cannot be written.
        let _ = error.print();
        if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    })
}

fn trace(args: trace_cli::Args) -> ExitCode {
    if args.wants_version() {
        println!("lariat {}", env!("CARGO_PKG_VERSION"));
        return ExitCode::SUCCESS;
    }
    for warning in args.warnings() {
        eprintln!("lariat: {warning}");
    }
    let (tips, settings) = match args.tips().and_then(|tips| Ok((tips, args.settings()?))) {
        Ok(both) => both,
        Err(message) => return fail(&message),
    };
    let ending = Session::new(settings).and_then(Session::run);
    if let Some(tips) = tips {
        eprint!("{}", tips.text(std::process::id() as usize));
    }
    match ending {
        Ok(Ending::Code(code)) => ExitCode::from(code),
        Ok(Ending::Signal(signal)) => {
            lariat_host::die_of(signal);
            ExitCode::from(128 + signal.as_raw() as u8)
        }
        Err(error) => fail(&error),
    }
}

fn doctor(args: &doctor_cli::Args) -> ExitCode {
    let diagnoses = match args.diagnoses() {
        Ok(diagnoses) => diagnoses,
        Err(message) => return fail(&message),
    };
    let text: String = diagnoses.iter().map(|diagnosis| format!("{diagnosis}\n")).collect();
    let printed = print(text.as_bytes());
    if diagnoses.iter().all(Diagnosis::may_trace) { printed } else { ExitCode::FAILURE }
}

fn explain(args: &explain_cli::Args) -> ExitCode {
    let explained = match args.explain() {
        Ok(explained) => explained,
        Err(message) => return fail(&message),
    };
    let printed = print(explained.text.as_bytes());
    for problem in &explained.problems {
        eprintln!("lariat: {problem}");
    }
    if explained.problems.is_empty() { printed } else { ExitCode::FAILURE }
}

fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("lariat: {error}");
    ExitCode::FAILURE
}
