//! The end of tracers and tracees: whose death frees whom, EXITKILL, and who collects the status first.

use crate::attach::wait_for_zombie;
use crate::tracee::*;
use lariat_abi::{Errno, Options, Request, Signal, Tid, WaitStatus};
use lariat_host as host;

const KILLED: WaitStatus = WaitStatus::Signaled { signal: Signal::KILL, core: false };

/// Seizes and stops the task in a thread that then ends.
fn seized_by_a_thread_that_ends(tid: Tid, options: Options) {
    std::thread::scope(|scope| {
        let tracer = scope.spawn(move || {
            host::seize(tid, options).expect("SEIZE");
            host::interrupt(tid).expect("INTERRUPT");
            drop(stop(tid, INTERRUPTED));
            assert_eq!(status(tid, "TracerPid"), own_tid().to_string());
        });
        tracer.join().expect("the tracer ends");
    });
}

#[test]
fn the_tracer_threads_end_detaches_and_resumes() {
    let mut tracee = Tracee::free();
    seized_by_a_thread_that_ends(tracee.tid, Options::empty());
    assert_eq!(tracee.ask("answer"), 1);
    assert_eq!(tracee.status("TracerPid"), "0");
}

#[test]
fn with_exitkill_the_tracer_threads_end_kills() {
    let tracee = Tracee::free();
    seized_by_a_thread_that_ends(tracee.tid, Options::EXITKILL);
    assert_eq!(death(tracee.tid), KILLED);
}

#[test]
fn exitkill_set_by_setoptions_counts_and_can_be_taken_back() {
    for (last, dies) in [(Options::EXITKILL, true), (Options::empty(), false)] {
        let mut tracee = Tracee::free();
        let tid = tracee.tid;
        let tracer = std::thread::spawn(move || {
            host::attach(tid).expect("ATTACH");
            let stopped = stop(tid, STOP);
            stopped.set_options(Options::EXITKILL).expect("SETOPTIONS");
            stopped.set_options(last).expect("SETOPTIONS");
        });
        tracer.join().expect("the tracer ends");
        if dies {
            assert_eq!(death(tid), KILLED);
        } else {
            assert_eq!(tracee.ask("answer"), 1);
        }
    }
}

#[test]
fn another_threads_end_changes_nothing_and_its_requests_are_refused() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let tid = tracee.tid;
    std::thread::spawn(move || {
        for request in
            [Request::Cont, Request::GetEventMsg, Request::Interrupt, Request::Kill, Request::Detach]
        {
            assert_eq!(raw(request, tid, 0, 0), Err(Errno::ESRCH), "{}", request.name());
        }
    })
    .join()
    .expect("the thread ends");
    tracee.tell("answer");
    assert_eq!(tracee.result(stopped), 1);
    assert_eq!(tracee.status("TracerPid"), own_tid().to_string());
}

#[test]
fn any_thread_of_the_tracers_process_may_wait() {
    let tracee = Tracee::free();
    let tid = tracee.tid;
    host::seize(tid, Options::EXITKILL).expect("SEIZE");
    host::interrupt(tid).expect("INTERRUPT");
    std::thread::spawn(move || {
        // `__WNOTHREAD` hides what belongs to a sibling.
        assert_eq!(pending(tid, libc::__WALL | libc::__WNOTHREAD), Err(Errno::ECHILD));
        drop(stop(tid, INTERRUPTED));
    })
    .join()
    .expect("the thread ends");
    assert_eq!(raw(Request::Cont, tid, 0, 0), Ok(0), "the stop belongs to the thread that seized");
}

#[test]
fn the_token_of_a_killed_tracee_answers_esrch() {
    let (tracee, stopped) = Tracee::seized(Options::empty());
    tracee.kill(libc::SIGKILL);
    wait_for_zombie(tracee.tid);
    let error = stopped.regs().expect_err("dead");
    assert!(error.is_gone() && !error.is_unsupported());
    let expected = format!("PTRACE_GETREGS of task {}: the task is gone", tracee.tid);
    assert!(error.to_string().starts_with(&expected), "{error}");
    assert_eq!(refused(stopped.syscall_info()), Errno::ESRCH);
    assert_eq!(refused(stopped.resume(host::Resume::Cont, None)), Errno::ESRCH);
    assert_eq!(death(tracee.tid), KILLED);
    assert!(host::wait_for(tracee.tid).expect("wait4").is_none(), "nothing is left");
}

#[test]
fn the_tracer_collects_a_death_before_the_parent() {
    let mut parent = Tracee::free();
    let child = parent.ask("hold");
    let tid = Tid::new(child as i32);
    host::seize(tid, Options::EXITKILL).expect("SEIZE");
    // SAFETY: no memory is touched.
    assert_eq!(unsafe { libc::kill(tid.as_raw(), libc::SIGKILL) }, 0);
    wait_for_zombie(tid);
    assert_eq!(parent.ask(&format!("poll {child}")), 0, "there is a child, and nothing to report of it");
    assert_eq!(death(tid), KILLED);
    assert_eq!(parent.ask(&format!("reap {child}")), i64::from(KILLED.encode()));
}

#[test]
fn the_parents_wait_blocks_until_the_tracer_has_waited() {
    let mut parent = Tracee::free();
    let child = parent.ask("hold");
    let tid = Tid::new(child as i32);
    host::seize(tid, Options::EXITKILL).expect("SEIZE");
    parent.tell(&format!("reap {child}"));
    // SAFETY: no memory is touched.
    assert_eq!(unsafe { libc::kill(tid.as_raw(), libc::SIGKILL) }, 0);
    assert_eq!(death(tid), KILLED);
    assert_eq!(parent.hear(), i64::from(KILLED.encode()));
}

#[test]
fn event_exit_stops_early_with_the_status_to_be() {
    let (mut tracee, stopped) = Tracee::seized(Options::TRACEEXIT);
    tracee.tell("exit");
    let stopped = tracee.go(stopped, event_stop(6));
    assert_eq!(stopped.event_message(), Ok(7 << 8));
    let regs = stopped.regs().expect("GETREGS");
    assert_eq!((regs.orig_rax, regs.rdi), (libc::SYS_exit_group as u64, 7));
    let maps = std::fs::read_to_string(format!("/proc/{}/maps", tracee.tid)).expect("maps");
    assert!(maps.contains("[stack]"), "its memory is still there");
    stopped.resume(host::Resume::Cont, None).expect("CONT");
    assert_eq!(death(tracee.tid), WaitStatus::Exited(7));
}

#[test]
fn a_killed_task_stops_in_event_exit_too() {
    for running in [false, true] {
        let (tracee, stopped) = Tracee::seized(Options::TRACEEXIT);
        if running {
            stopped.resume(host::Resume::Cont, None).expect("CONT");
        }
        tracee.kill(libc::SIGKILL);
        // Nothing resumes it: SIGKILL ends the stop it was in.
        let stopped = stop(tracee.tid, event_stop(6));
        assert_eq!(stopped.event_message(), Ok(libc::SIGKILL as u64));
        stopped.resume(host::Resume::Cont, None).expect("CONT");
        assert_eq!(death(tracee.tid), KILLED);
    }
}

#[test]
fn a_token_from_before_sigkill_can_resume_event_exit_unseen() {
    // The kernel knows stops, not tokens: once the killed task has come to its last stop, a request that was meant
    // for the stop before works on this one.
    let (tracee, stopped) = Tracee::seized(Options::TRACEEXIT);
    tracee.kill(libc::SIGKILL);
    wait_for_stop(tracee.tid);
    stopped.resume(host::Resume::Cont, None).expect("CONT");
    assert_eq!(death(tracee.tid), KILLED);
}

/// Waits for a stop, and leaves it to be taken.
fn wait_for_stop(tid: Tid) {
    // SAFETY: all zero is a siginfo, which the call fills.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let flags = libc::WSTOPPED | libc::WNOWAIT | libc::__WALL;
        assert_eq!(libc::waitid(libc::P_PID, tid.as_raw() as u32, &raw mut info, flags), 0);
    }
}
