//! Where a task is: pid namespaces, and Yama's restriction.

use crate::tracee::*;
use lariat_abi::{Errno, Options, Tid, WaitStatus};
use lariat_host::{self as host, Resume};
use std::io::Read;
use std::process::Stdio;

#[test]
fn the_event_message_is_the_id_that_the_tracer_sees() {
    let (mut tracee, stopped) = Tracee::seized(Options::TRACEFORK);
    tracee.tell("pidns");
    let stopped = tracee.go(stopped, event_stop(1));
    let child = Tid::new(stopped.event_message().expect("GETEVENTMSG") as i32);
    assert_ne!(child.as_raw(), 1, "which is what it is called inside");
    tracee.others.push(child);
    let born = stop(child, INTERRUPTED);
    assert!(status(child, "NSpid").ends_with("\t1"));
    born.resume(Resume::Cont, None).expect("CONT");
    assert_eq!(death(child), WaitStatus::Exited(11));
    let stopped = tracee.go(stopped, signal_stop(libc::SIGCHLD));
    assert_eq!(tracee.result(stopped), 11 << 8);
}

/// A process that is not a descendant of this one: the child of a child that has ended.
fn stranger() -> (Tid, std::process::Child) {
    // It reads from a pipe of ours, and so ends with us.
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "exec 3<&0; cat <&3 >/dev/null 2>&1 & echo $!"]);
    let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("sh");
    let mut line = String::new();
    shell.stdout.take().expect("a pipe").read_to_string(&mut line).expect("it is written");
    assert_eq!(death(Tid::new(shell.id() as i32)), WaitStatus::Exited(0));
    (Tid::new(line.trim().parse().expect("a pid")), shell)
}

/// What Yama's scope says about a task of the same user that is not a descendant.
pub fn stranger_may_be_attached() -> bool {
    // 0, or no Yama: the classic rules. 1: descendants only. 2: CAP_SYS_PTRACE only. 3: nobody.
    let scope = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or("0".into());
    match scope.trim() {
        "0" => true,
        "3" => false,
        _ => capable(CAP_SYS_PTRACE),
    }
}

#[test]
fn yamas_scope_decides_about_processes_that_are_not_descendants() {
    let (stranger, _pipe) = stranger();
    let result = host::seize(stranger, Options::EXITKILL);
    if !stranger_may_be_attached() {
        return assert_eq!(refused(result), Errno::EPERM);
    }
    result.expect("SEIZE");
    host::kill(stranger).expect("KILL");
    assert_eq!(death(stranger), WaitStatus::Signaled { signal: lariat_abi::Signal::KILL, core: false });
}
