//! execve(2) under ptrace; ptrace(2), "execve(2) under ptrace".

use crate::tracee::*;
use lariat_abi::{Options, Tid, WaitStatus};
use lariat_host::Resume;

/// Lets it run to its end, code 5.
fn ends(stopped: lariat_host::Stopped) {
    let tid = stopped.tid();
    stopped.resume(Resume::Cont, None).expect("CONT");
    assert_eq!(death(tid), WaitStatus::Exited(5));
}

#[test]
fn traceexec_reports_an_event_with_the_old_id() {
    let (mut tracee, stopped) = Tracee::seized(Options::TRACEEXEC);
    tracee.tell("exec");
    let stopped = tracee.go(stopped, event_stop(4));
    assert_eq!(stopped.event_message(), Ok(tracee.tid.as_raw() as u64));
    ends(stopped);
}

#[test]
fn without_traceexec_an_attached_tracee_gets_a_sigtrap() {
    let (mut tracee, stopped) = Tracee::attached(Options::empty());
    tracee.tell("exec");
    let stopped = tracee.go(stopped, TRAP);
    let info = stopped.siginfo().expect("GETSIGINFO");
    assert_eq!((info.code(), info.pid()), (0, tracee.tid.as_raw()), "SI_USER from itself");
    ends(stopped);
}

#[test]
fn without_traceexec_a_seized_tracee_shows_nothing() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    tracee.tell("exec");
    ends(stopped);
}

#[test]
fn a_thread_that_executes_takes_the_leaders_id() {
    let options = Options::TRACEEXEC | Options::TRACEEXIT | Options::TRACECLONE;
    let (mut tracee, stopped) = Tracee::seized(options);
    tracee.tell("threadexec");
    let leader = tracee.go(stopped, event_stop(3));
    let thread = Tid::new(leader.event_message().expect("GETEVENTMSG") as i32);
    tracee.others.push(thread);
    leader.resume(Resume::Cont, None).expect("CONT");
    stop(thread, INTERRUPTED).resume(Resume::Cont, None).expect("CONT");
    // The leader must go first.
    let leader = stop(tracee.tid, event_stop(6));
    assert_eq!(leader.event_message(), Ok(0));
    let stopped = tracee.go(leader, event_stop(4));
    assert_eq!(stopped.event_message(), Ok(thread.as_raw() as u64), "the id it had");
    // The old id is gone without a word.
    assert_eq!(pending(thread, libc::__WALL), Err(lariat_abi::Errno::ECHILD));
    let stopped = tracee.go(stopped, event_stop(6));
    assert_eq!(stopped.event_message(), Ok(5 << 8));
    ends(stopped);
}
