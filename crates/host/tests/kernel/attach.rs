//! TRACEME, ATTACH, SEIZE, INTERRUPT, DETACH, KILL; ptrace(2), "Attaching and detaching".

use crate::tracee::*;
use lariat_abi::{Errno, Options, Request, Signal, Tid, WaitStatus, si_code};
use lariat_host::{self as host, Resume};

#[test]
fn trace_me_makes_the_forking_thread_the_tracer_and_works_once() {
    let (mut tracee, stopped) = Tracee::traced();
    // The SIGTRAP after execve looks as if sent by kill(2).
    assert_eq!(stopped.siginfo().expect("GETSIGINFO").code(), si_code::SI_USER);
    assert_eq!(tracee.status("TracerPid"), own_tid().to_string());
    tracee.tell("traceme");
    assert_eq!(tracee.result(stopped), i64::from(Errno::EPERM.as_raw()));
}

#[test]
fn attach_stops_by_a_sigstop_of_the_kernels() {
    let tracee = Tracee::free();
    host::attach(tracee.tid).expect("ATTACH");
    let stopped = stop(tracee.tid, STOP);
    let info = stopped.siginfo().expect("GETSIGINFO");
    assert_eq!((info.signal(), info.code(), info.pid()), (Some(Signal::STOP), si_code::SI_KERNEL, 0));
    assert!(tracee.status("State").starts_with('t'), "tracing stop");
}

#[test]
fn an_attached_tracee_goes_on_as_if_nothing_had_been() {
    // It is blocked in read(2), which is restarted and never returns EINTR: the line is read whole.
    let (mut tracee, stopped) = Tracee::attached(Options::empty());
    stopped.resume(Resume::Cont, None).expect("CONT");
    assert_eq!(tracee.ask("answer"), 1);
}

#[test]
fn seize_does_not_stop() {
    let mut tracee = Tracee::free();
    host::seize(tracee.tid, Options::EXITKILL).expect("SEIZE");
    assert_eq!(tracee.ask("answer"), 1);
    assert_eq!(pending(tracee.tid, libc::__WALL), Ok(None));
}

#[test]
fn interrupt_stops_once_and_again_when_it_is_stopped() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    assert_eq!(stopped.siginfo().expect("GETSIGINFO").code(), 0x80 << 8 | libc::SIGTRAP);
    host::interrupt(tracee.tid).expect("INTERRUPT of a stopped tracee");
    let stopped = tracee.go(stopped, INTERRUPTED);
    tracee.tell("answer");
    assert_eq!(tracee.result(stopped), 1);
    assert_eq!(pending(tracee.tid, libc::__WALL), Ok(None));
}

#[test]
fn interrupt_and_listen_are_for_seized_tracees() {
    let (tracee, stopped) = Tracee::attached(Options::empty());
    assert_eq!(refused(host::interrupt(tracee.tid)), Errno::EIO);
    assert_eq!(refused(stopped.listen()), Errno::EIO);
}

#[test]
fn stopping_interrupts_epoll_wait_which_is_never_restarted() {
    let (mut tracee, stopped) = Tracee::seized(Options::TRACESYSGOOD);
    tracee.tell("epoll");
    // Up to the entry of epoll_wait; the interrupt is then waiting for it inside.
    let mut stopped = stopped;
    loop {
        stopped = go(stopped, Resume::Syscall, SYSCALL);
        let regs = stopped.regs().expect("GETREGS");
        if (regs.orig_rax, regs.rax) == (libc::SYS_epoll_wait as u64, -i64::from(libc::ENOSYS) as u64) {
            break;
        }
    }
    host::interrupt(tracee.tid).expect("INTERRUPT");
    let stopped = tracee.go(stopped, INTERRUPTED);
    assert_eq!(tracee.result(stopped), -i64::from(libc::EINTR));
}

#[test]
fn detach_delivers_the_signal_of_the_stop() {
    let (tracee, stopped) = Tracee::seized(Options::empty());
    tracee.kill(libc::SIGTERM);
    let stopped = tracee.go(stopped, signal_stop(libc::SIGTERM));
    stopped.detach(Some(Signal::TERM)).expect("DETACH");
    assert_eq!(death(tracee.tid), WaitStatus::Signaled { signal: Signal::TERM, core: false });
}

#[test]
fn detach_can_suppress_the_signal_of_the_stop() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    tracee.kill(libc::SIGTERM);
    let stopped = tracee.go(stopped, signal_stop(libc::SIGTERM));
    stopped.detach(None).expect("DETACH");
    assert_eq!(tracee.ask("answer"), 1);
}

#[test]
fn detach_with_sigstop_leaves_every_thread_stopped() {
    let mut tracee = Tracee::free();
    let sibling = Tid::new(tracee.ask("sibling") as i32);
    host::attach(tracee.tid).expect("ATTACH");
    stop(tracee.tid, STOP).detach(Some(Signal::STOP)).expect("DETACH");
    // The child's stop, as its parent sees it: the whole process has stopped.
    assert_eq!(pending_stop(tracee.tid), STOP);
    for tid in [tracee.tid, sibling] {
        assert!(status(tid, "State").starts_with('T'), "{}", status(tid, "State"));
    }
    tracee.kill(libc::SIGCONT);
    assert_eq!(tracee.ask("answer"), 1);
}

/// Waits for the stop of a child that is not traced.
fn pending_stop(tid: Tid) -> i32 {
    let mut status = 0;
    // SAFETY: `status` takes the status.
    assert_eq!(unsafe { libc::waitpid(tid.as_raw(), &raw mut status, libc::WUNTRACED) }, tid.as_raw());
    status
}

#[test]
fn detach_takes_the_trap_flag_and_the_syscall_trap_away() {
    for how in [Resume::SingleStep, Resume::Syscall] {
        let (mut tracee, stopped) = Tracee::seized(Options::empty());
        tracee.tell("nothing");
        let stopped = go(stopped, how, TRAP);
        stopped.detach(None).expect("DETACH");
        // A trap would kill it.
        assert_eq!(tracee.hear(), 0);
        assert_eq!(tracee.status("TracerPid"), "0");
    }
}

#[test]
fn detach_of_a_killed_tracee_leaves_its_death_to_be_reaped() {
    for _ in 0..20 {
        let (tracee, stopped) = Tracee::seized(Options::empty());
        tracee.kill(libc::SIGKILL);
        if let Err(error) = stopped.detach(None) {
            assert!(error.is_gone(), "{error}");
        }
        assert_eq!(death(tracee.tid), WaitStatus::Signaled { signal: Signal::KILL, core: false });
        assert_eq!(pending(tracee.tid, 0), Err(Errno::ECHILD));
    }
}

#[test]
fn a_tracee_can_be_seized_again_after_detach() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    stopped.detach(None).expect("DETACH");
    host::seize(tracee.tid, Options::EXITKILL).expect("SEIZE");
    let stopped = tracee.interrupt();
    tracee.tell("answer");
    assert_eq!(tracee.result(stopped), 1);
}

#[test]
fn kill_ends_a_running_and_a_stopped_tracee_and_nobody_elses() {
    let killed = WaitStatus::Signaled { signal: Signal::KILL, core: false };
    let (tracee, _stopped) = Tracee::seized(Options::empty());
    host::kill(tracee.tid).expect("KILL of a stopped tracee");
    assert_eq!(death(tracee.tid), killed);

    let running = Tracee::free();
    assert_eq!(refused(host::kill(running.tid)), Errno::ESRCH, "not a tracee");
    host::seize(running.tid, Options::EXITKILL).expect("SEIZE");
    host::kill(running.tid).expect("KILL of a running tracee");
    // Once dead, and not yet reaped, it is still a tracee, and KILL still no error.
    wait_for_zombie(running.tid);
    host::kill(running.tid).expect("KILL of a dead tracee");
    assert_eq!(death(running.tid), killed);
}

/// Waits until a task is dead, and leaves it to be reaped.
pub fn wait_for_zombie(tid: Tid) {
    // SAFETY: all zero is a siginfo, which the call fills.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let flags = libc::WEXITED | libc::WNOWAIT | libc::__WALL;
        assert_eq!(libc::waitid(libc::P_PID, tid.as_raw() as u32, &raw mut info, flags), 0);
    }
}

#[test]
fn who_cannot_be_attached() {
    let own = std::thread::scope(|scope| {
        let (send, receive) = std::sync::mpsc::channel();
        let (release, hold) = std::sync::mpsc::channel::<()>();
        scope.spawn(move || {
            // SAFETY: no memory is touched.
            let _ = send.send(unsafe { libc::gettid() });
            let _ = hold.recv();
        });
        let sibling = Tid::new(receive.recv().expect("a thread"));
        let result = (refused(host::attach(sibling)), refused(host::seize(sibling, Options::empty())));
        drop(release);
        result
    });
    assert_eq!(own, (Errno::EPERM, Errno::EPERM), "our own thread group");

    let (tracee, _stopped) = Tracee::seized(Options::empty());
    assert_eq!(refused(host::attach(tracee.tid)), Errno::EPERM, "traced already");
    assert_eq!(refused(host::seize(tracee.tid, Options::empty())), Errno::EPERM, "traced already");

    let mut dead = Tracee::free();
    dead.tell("exit");
    wait_for_zombie(dead.tid);
    assert_eq!(refused(host::attach(dead.tid)), Errno::EPERM, "a zombie");
    assert_eq!(death(dead.tid), WaitStatus::Exited(7));

    // No pid is that high (PID_MAX_LIMIT is 4 million).
    assert_eq!(refused(host::attach(Tid::new(0x3fff_ffff))), Errno::ESRCH);
    assert_eq!(refused(host::seize(Tid::new(-1), Options::empty())), Errno::ESRCH);
}

#[test]
fn a_kernel_thread_cannot_be_attached() {
    let kernel_threads = std::fs::read_dir("/proc").expect("/proc").flatten().filter_map(|entry| {
        let tid: i32 = entry.file_name().to_str()?.parse().ok()?;
        (status(Tid::new(tid), "Kthread") == "1").then_some(Tid::new(tid))
    });
    // In a pid namespace of its own there are none to be seen.
    for tid in kernel_threads.take(1) {
        assert_eq!(refused(host::attach(tid)), Errno::EPERM);
    }
}

#[test]
fn seize_refuses_unknown_options_and_an_address() {
    let tracee = Tracee::free();
    let unknown = Options::from_bits_retain(1 << 30);
    assert_eq!(refused(host::seize(tracee.tid, unknown)), Errno::EIO);
    assert_eq!(raw(Request::Seize, tracee.tid, 8, 0), Err(Errno::EIO));
    assert_eq!(tracee.status("TracerPid"), "0");
}
