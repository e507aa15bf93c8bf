//! The command: `lariat trace` for now.

use lariat_trace::settings::{Follow, Format, Output, Summary};
use lariat_trace::{Ending, Session, Settings};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut settings = Settings::default();
    let mut args = std::env::args_os().skip(2);
    while let Some(arg) = args.next() {
        match arg.to_str() {
            Some("-f") => settings.follow = Follow::Yes,
            Some("-c") => settings.summary = Some(Summary::Only),
            Some("-j") => settings.format = Format::Json,
            Some("-o") => settings.output = Output::File(args.next().unwrap_or_default().into()),
            Some("-p") => settings.attach.extend(args.next().and_then(|a| a.to_str()?.parse::<i32>().ok())),
            _ => {
                settings.command = std::iter::once(arg).chain(args).collect();
                break;
            }
        }
    }
    match Session::new(settings).and_then(Session::run) {
        Ok(Ending::Code(code)) => ExitCode::from(code),
        Ok(Ending::Signal(signal)) => {
            lariat_host::die_of(signal);
            ExitCode::from(128 + signal.as_raw() as u8)
        }
        Err(error) => {
            eprintln!("lariat: {error}");
            ExitCode::FAILURE
        }
    }
}
