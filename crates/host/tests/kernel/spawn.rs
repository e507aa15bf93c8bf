//! Starting a program that waits to be seized.

use crate::tracee::*;
use lariat_abi::{Options, Tid, WaitStatus};
use lariat_host::{self as host, Resume, SpawnError};
use std::ffi::OsString;
use std::path::PathBuf;

/// Killed and reaped, however the test ends.
struct Spawned(Tid);

impl Drop for Spawned {
    fn drop(&mut self) {
        end(self.0);
    }
}

fn spawn(argv: &[&str], env: &[(&str, &str)]) -> Result<(Spawned, PathBuf), SpawnError> {
    let argv: Vec<OsString> = argv.iter().map(OsString::from).collect();
    let env: Vec<_> = env.iter().map(|(k, v)| (k.into(), v.into())).collect();
    host::spawn_stopped(&argv, &env).map(|(tid, path)| (Spawned(tid), path))
}

#[test]
fn the_child_is_seized_before_its_execve_and_runs_with_arguments_and_environment() {
    let script = "test \"$0 $1 $WHO\" = 'a b me' && exit 6";
    let (child, path) = spawn(&["sh", "-c", script, "a", "b"], &[("WHO", "me")]).expect("spawns");
    assert!(path.is_absolute() && path.ends_with("sh"), "found by PATH");
    host::seize(child.0, Options::EXITKILL | Options::TRACEEXEC).expect("SEIZE");
    let stopped = stop(child.0, GROUP_STOP);
    host::continue_stopped(child.0);
    // SIGCONT: the event that ends the group-stop, the signal, then the execve.
    let stopped = go(stopped, Resume::Cont, INTERRUPTED);
    let stopped = go(stopped, Resume::Cont, signal_stop(libc::SIGCONT));
    let stopped = go(stopped, Resume::Cont, event_stop(4));
    assert_eq!(std::fs::read(format!("/proc/{}/environ", child.0)).expect("environ"), b"WHO=me\0");
    stopped.resume(Resume::Cont, None).expect("CONT");
    assert_eq!(death(child.0), WaitStatus::Exited(6));
}

#[test]
fn what_cannot_be_executed_ends_with_1() {
    let (child, _) = spawn(&["/dev/null"], &[]).expect("it exists");
    host::continue_stopped(child.0);
    assert_eq!(death(child.0), WaitStatus::Exited(1));
}

#[test]
fn what_is_not_there_is_not_started() {
    for name in ["/nonexistent/program", "no-program-has-this-name"] {
        let error = spawn(&[name], &[]).err().expect("nothing to start");
        assert_eq!(error.to_string(), format!("Cannot find executable '{name}'"));
    }
    assert!(matches!(spawn(&["sh", "a\0b"], &[]), Err(SpawnError::Nul)));
    assert!(matches!(spawn(&[], &[]), Err(SpawnError::NotFound(_))));
}
