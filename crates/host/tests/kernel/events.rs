//! Events of new tasks, and how they are attached; ptrace(2), `PTRACE_SETOPTIONS`.

use crate::tracee::*;
use lariat_abi::{Options, Tid, WaitStatus};
use lariat_host::{Resume, Stopped};

/// Runs a deed up to the event of a new task, and gives parent, child and the child's first stop.
fn born(
    tracee: &mut Tracee,
    stopped: Stopped,
    deed: &str,
    event: i32,
    first: i32,
) -> (Stopped, Tid, Stopped) {
    tracee.tell(deed);
    let stopped = tracee.go(stopped, event_stop(event));
    let child = Tid::new(stopped.event_message().expect("GETEVENTMSG") as i32);
    tracee.others.push(child);
    let born = stop(child, first);
    (stopped, child, born)
}

/// Lets a child run to its end, code 3.
fn ends(child: Tid, born: Stopped) {
    born.resume(Resume::Cont, None).expect("CONT");
    assert_eq!(death(child), WaitStatus::Exited(3));
}

#[test]
fn fork_attaches_the_child_with_the_options() {
    for (deed, option, event) in [("fork", Options::TRACEFORK, 1), ("vfork", Options::TRACEVFORK, 2)] {
        let (mut tracee, stopped) = Tracee::seized(option | Options::TRACEEXIT);
        let (parent, child, born) = born(&mut tracee, stopped, deed, event, INTERRUPTED);
        assert_ne!(child, tracee.tid);
        assert_eq!(status(child, "TracerPid"), own_tid().to_string());
        // TRACEEXIT is inherited.
        let born = go(born, Resume::Cont, event_stop(6));
        assert_eq!(born.event_message(), Ok(3 << 8));
        ends(child, born);
        // SIGCHLD stops the parent, which then reaps.
        let parent = tracee.go(parent, signal_stop(libc::SIGCHLD));
        assert_eq!(tracee.result(parent), 3 << 8);
    }
}

#[test]
fn an_attached_tracees_child_begins_with_sigstop() {
    let (mut tracee, stopped) = Tracee::attached(Options::TRACEFORK);
    let (parent, child, born) = born(&mut tracee, stopped, "fork", 1, STOP);
    ends(child, born);
    let parent = tracee.go(parent, signal_stop(libc::SIGCHLD));
    assert_eq!(tracee.result(parent), 3 << 8);
}

#[test]
fn vfork_done_follows_with_the_same_message() {
    let (mut tracee, stopped) = Tracee::seized(Options::TRACEVFORK | Options::TRACEVFORKDONE);
    let (parent, child, born) = born(&mut tracee, stopped, "vfork", 2, INTERRUPTED);
    parent.resume(Resume::Cont, None).expect("CONT");
    // The parent is blocked as long as the child has its memory.
    assert_eq!(pending(tracee.tid, libc::__WALL), Ok(None));
    ends(child, born);
    let parent = stop(tracee.tid, event_stop(5));
    assert_eq!(parent.event_message(), Ok(child.as_raw() as u64));
    let parent = tracee.go(parent, signal_stop(libc::SIGCHLD));
    assert_eq!(tracee.result(parent), 3 << 8);
}

#[test]
fn vfork_done_alone_attaches_nothing() {
    let (mut tracee, stopped) = Tracee::seized(Options::TRACEVFORKDONE);
    tracee.tell("vfork");
    let parent = tracee.go(stopped, event_stop(5));
    let parent = tracee.go(parent, signal_stop(libc::SIGCHLD));
    assert_eq!(tracee.result(parent), 3 << 8);
}

#[test]
fn clone_attaches_a_thread() {
    let (mut tracee, stopped) = Tracee::seized(Options::TRACECLONE);
    let (parent, thread, born) = born(&mut tracee, stopped, "thread", 3, INTERRUPTED);
    assert_eq!(status(thread, "Tgid"), tracee.tid.to_string());
    born.resume(Resume::Cont, None).expect("CONT");
    assert_eq!(tracee.result(parent), 0);
    // A thread's death is reported to its tracer.
    assert_eq!(death(thread), WaitStatus::Exited(0));
}

#[test]
fn without_the_option_a_new_task_is_not_attached() {
    let (mut tracee, stopped) = Tracee::seized(Options::TRACECLONE | Options::TRACEVFORK);
    tracee.tell("fork");
    let stopped = tracee.go(stopped, signal_stop(libc::SIGCHLD));
    assert_eq!(tracee.result(stopped), 3 << 8);
}

#[test]
fn clone_ptrace_attaches_without_an_event() {
    let (mut tracee, stopped) = Tracee::seized(Options::TRACESYSGOOD);
    tracee.tell("cloneptrace");
    let mut stopped = stopped;
    // The exit of clone(2) tells the child's id.
    let child = loop {
        stopped = go(stopped, Resume::Syscall, SYSCALL);
        let regs = stopped.regs().expect("GETREGS");
        if regs.orig_rax == libc::SYS_clone as u64 && (regs.rax as i64) > 0 {
            break Tid::new(regs.rax as i32);
        }
    };
    tracee.others.push(child);
    let born = stop(child, INTERRUPTED);
    ends(child, born);
    let stopped = tracee.go(stopped, signal_stop(libc::SIGCHLD));
    assert_eq!(tracee.result(stopped), 3 << 8);
}
