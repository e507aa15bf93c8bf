//! Starting a program that waits to be seized.

use crate::tracee::*;
use lariat_abi::{Options, Tid, WaitStatus};
use lariat_host::{self as host, Filter, Launch, Resume, SpawnError, TRACE_DATA, TableFilter, Waiting};
use std::ffi::OsString;

/// Killed and reaped, however the test ends.
struct Spawned(Tid, Option<Waiting>);

impl Spawned {
    /// Tells the child to become the program.
    fn release(&mut self) {
        self.1.take().expect("it waits").release();
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        end(self.0);
    }
}

fn spawn(argv: &[&str], env: &[(&str, &str)], filter: Option<&Filter>) -> Result<Spawned, SpawnError> {
    let argv: Vec<OsString> = argv.iter().map(OsString::from).collect();
    let env: Vec<_> = env.iter().map(|(k, v)| (k.into(), v.into())).collect();
    let waiting = Launch { argv: &argv, env: &env, filter, user: None }.spawn()?;
    Ok(Spawned(waiting.tid, Some(waiting)))
}

#[test]
fn the_child_is_seized_before_its_execve_and_runs_with_arguments_and_environment() {
    let script = "test \"$0 $1 $WHO\" = 'a b me' && exit 6";
    let mut child = spawn(&["sh", "-c", script, "a", "b"], &[("WHO", "me")], None).expect("spawns");
    host::seize(child.0, Options::EXITKILL | Options::TRACEEXEC).expect("SEIZE");
    host::interrupt(child.0).expect("INTERRUPT");
    let stopped = stop(child.0, INTERRUPTED);
    child.release();
    let stopped = go(stopped, Resume::Cont, event_stop(4));
    assert_eq!(std::fs::read(format!("/proc/{}/environ", child.0)).expect("environ"), b"WHO=me\0");
    stopped.resume(Resume::Cont, None).expect("CONT");
    assert_eq!(death(child.0), WaitStatus::Exited(6));
}

#[test]
fn a_filter_stops_the_execve_and_nothing_before() {
    let (execve, none) = ([59], []);
    let table = |traced| TableFilter { traced, prctl: 157 };
    let filter = Filter::new(table(&execve), table(&none), false);
    let mut child = spawn(&["sh", "-c", "exit 7"], &[], Some(&filter)).expect("spawns");
    host::seize(child.0, Options::EXITKILL | Options::TRACESECCOMP).expect("SEIZE");
    child.release();
    let stopped = stop(child.0, event_stop(7));
    assert_eq!(stopped.event_message().expect("GETEVENTMSG"), u64::from(TRACE_DATA));
    assert_eq!(stopped.regs().expect("GETREGS").orig_rax, 59);
    stopped.resume(Resume::Cont, None).expect("CONT");
    assert_eq!(death(child.0), WaitStatus::Exited(7));
}

#[test]
fn what_cannot_be_executed_ends_with_1() {
    let mut child = spawn(&["/dev/null"], &[], None).expect("it exists");
    child.release();
    assert_eq!(death(child.0), WaitStatus::Exited(1));
}

#[test]
fn a_child_whose_tracer_goes_away_ends() {
    let mut child = spawn(&["sh", "-c", "exit 5"], &[], None).expect("spawns");
    drop(child.1.take());
    assert_eq!(death(child.0), WaitStatus::Exited(1));
}

#[test]
fn what_is_not_there_is_not_started() {
    for (name, said) in [
        ("/nonexistent/program", "Can't stat '/nonexistent/program': No such file or directory"),
        ("no-program-has-this-name", "Cannot find executable 'no-program-has-this-name'"),
    ] {
        assert_eq!(spawn(&[name], &[], None).err().expect("nothing to start").to_string(), said);
    }
    assert!(matches!(spawn(&["sh", "a\0b"], &[], None), Err(SpawnError::Nul)));
    assert!(matches!(spawn(&[], &[], None), Err(SpawnError::NotFound(_))));
}
