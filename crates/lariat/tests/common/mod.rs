//! What the tests share: compiled fixtures, and programs run with a watchdog.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Far longer than anything here takes: a test that reaches it hangs.
const WATCHDOG: Duration = Duration::from_secs(60);

/// The command under test.
pub fn lariat() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lariat"));
    command.env("LC_ALL", "C").stdin(Stdio::null());
    command
}

/// Compiles `fixtures/NAME.c` with these flags.
pub fn fixture(name: &str, flags: &[&str]) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let file = format!("{name}-{}-{:?}", flags.concat(), std::thread::current().id());
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(file.replace(['(', ')'], "-"));
    let source = root.join("fixtures").join(format!("{name}.c"));
    let compiled =
        Command::new("gcc").args(["-O1", "-w", "-pthread", "-o"]).args([&out, &source]).args(flags).output();
    let compiled = compiled.expect("gcc is needed to compile the fixtures");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    out
}

/// A file of this test's own for a trace.
pub fn trace_file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.{}", std::process::id()))
}

/// Runs a command to its end; it fails the test, and ends the command, if there is none.
pub fn run(command: &mut Command) -> Output {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command starts");
    finish(child)
}

/// Waits for a child to end.
pub fn finish(mut child: Child) -> Output {
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let drain = |stream: Option<Box<dyn std::io::Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(mut stream) = stream {
                let _ = stream.read_to_end(&mut bytes);
            }
            bytes
        })
    };
    let out = drain(out.map(|o| Box::new(o) as Box<dyn std::io::Read + Send>));
    let err = drain(err.map(|e| Box::new(e) as Box<dyn std::io::Read + Send>));
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("wait") {
            break status;
        }
        if start.elapsed() > WATCHDOG {
            let _ = child.kill();
            panic!("hangs");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    Output { status, stdout: out.join().expect("stdout"), stderr: err.join().expect("stderr") }
}

/// Waits until something holds.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < WATCHDOG, "never: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A field of `/proc/PID/status`, trimmed.
pub fn status_field(pid: u32, field: &str) -> String {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    text.lines().find_map(|l| l.strip_prefix(field)).unwrap_or_default().trim().to_owned()
}

/// Whether a process is no more, or only waits to be reaped by whoever inherited it.
pub fn is_dead(pid: u32) -> bool {
    matches!(status_field(pid, "State:").chars().next(), None | Some('Z' | 'X'))
}

/// A program that is ended when the test ends, however that is.
pub struct Program(pub Child);

impl Program {
    /// Its process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Sends a signal by its name, as kill(1) takes it: `-TERM`.
pub fn signal(pid: u32, name: &str) {
    assert!(Command::new("kill").args([name, &pid.to_string()]).status().expect("kill").success());
}
