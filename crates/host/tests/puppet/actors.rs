//! What actors do.

use super::*;
use lariat_abi::{Errno, Signal, TraceeAddr};
use lariat_host::puppet::Disposition;

#[test]
fn an_actor_does_what_it_is_told() {
    both(|idle| {
        let stage = stage(idle, 1);
        let one = slot(1);
        assert_eq!(call(&stage, one, libc::SYS_getpid, []), id(&stage, one) as i64);
        assert_eq!(call(&stage, one, libc::SYS_getppid, []), id(&stage, Slot::INIT) as i64);
        assert_eq!(call(&stage, one, libc::SYS_close, [1000]), -i64::from(Errno::EBADF.as_raw()));
        let word = TraceeAddr::new(stage.buffer(one).as_raw() + 8);
        assert_eq!(stage.run(one, Command::Store { address: word, value: 77 }).expect("stored"), 0);
        assert_eq!(stage.run(one, Command::Load { address: word }).expect("loaded"), 77);
        assert_eq!(stage.read_buffer(one, 8, 8), 77u64.to_ne_bytes());
        assert_eq!(stage.command(slot(9), Command::Int3).expect_err("nobody").errno(), Errno::ESRCH);
    });
}

#[test]
fn new_tasks_are_actors() {
    both(|idle| {
        let stage = stage(idle, 1);
        let (one, forked, thread, vforked) = (slot(1), slot(2), slot(3), slot(4));
        stage.run(one, Command::fork(forked)).expect("a fork");
        assert_eq!(call(&stage, forked, libc::SYS_getppid, []), id(&stage, one) as i64);

        stage.run(one, Command::thread(thread)).expect("a thread");
        assert_eq!(call(&stage, thread, libc::SYS_getpid, []), id(&stage, one) as i64);
        assert_eq!(call(&stage, thread, libc::SYS_gettid, []), id(&stage, thread) as i64);
        assert_eq!(stage.pid(thread), stage.tid(one));

        stage.command(one, Command::vfork(vforked)).expect("told");
        until("the child of a vfork lives", || stage.idle(vforked));
        assert_eq!(call(&stage, vforked, libc::SYS_getppid, []), id(&stage, one) as i64);
        until("its parent waits", || stage.state(one) == State::Uninterruptible);
        assert_eq!(stage.reply(one), None);
        assert_eq!(stage.run(vforked, Command::Exec).expect("an exec"), 0);
        assert_eq!(reply(&stage, one), id(&stage, vforked) as i64);
        assert_eq!(call(&stage, vforked, libc::SYS_getpid, []), id(&stage, vforked) as i64);

        let busy = stage.command(one, Command::fork(forked)).expect_err("taken");
        assert_eq!(busy.errno(), Errno::EBUSY);
        stage.command(forked, Command::syscall(libc::SYS_exit_group, [3])).expect("told");
        assert_eq!(wait_for(&stage, one, forked), 3 << 8);
        until("it is gone", || stage.state(forked) == State::Gone);
        stage.run(one, Command::fork(forked)).expect("the slot is free again");
        assert_eq!(call(&stage, forked, libc::SYS_getpid, []), id(&stage, forked) as i64);
    });
}

#[test]
fn an_exec_keeps_the_slot() {
    both(|idle| {
        let stage = stage(idle, 1);
        let (leader, thread) = (slot(1), slot(2));
        let process = id(&stage, leader);
        for _ in 0..3 {
            assert_eq!(stage.run(leader, Command::Exec).expect("an exec"), 0);
            assert_eq!(call(&stage, leader, libc::SYS_gettid, []), process as i64);
        }
        stage.run(leader, Command::thread(thread)).expect("a thread");
        assert_eq!(stage.run(thread, Command::Exec).expect("an exec"), 0);
        assert_eq!(id(&stage, thread), process);
        assert_eq!(call(&stage, thread, libc::SYS_gettid, []), process as i64);
        assert_eq!((stage.tid(leader), stage.state(leader)), (None, State::Gone));
        // The image forks and makes threads as the first did.
        stage.run(thread, Command::thread(leader)).expect("a thread");
        assert_eq!(call(&stage, leader, libc::SYS_getpid, []), process as i64);
    });
}

#[test]
fn a_thread_that_executes_is_followed_while_it_is_stopped() {
    let stage = stage(Idle::Sleep, 2);
    let (leader, tracer, thread) = (slot(1), slot(2), slot(3));
    let process = id(&stage, leader);
    stage.run(leader, Command::thread(thread)).expect("a thread");
    // PTRACE_SEIZE with PTRACE_O_TRACEEXEC.
    assert_eq!(ptrace(&stage, tracer, 0x4206, thread, 0x10), 0);
    stage.command(thread, Command::Exec).expect("told");
    until("it stops as the leader", || stage.state(thread) == State::Traced && id(&stage, thread) == process);
    assert_eq!(wait_for(&stage, tracer, thread), (4 << 8 | 5) << 8 | 0x7f);
    assert_eq!((stage.reply(thread), stage.tid(leader)), (None, None));
    assert_eq!(ptrace(&stage, tracer, PTRACE_CONT, thread, 0), 0);
    assert_eq!(reply(&stage, thread), 0);
}

#[test]
fn handlers_note_the_siginfo() {
    both(|idle| {
        let stage = stage(idle, 2);
        let (one, two, thread) = (slot(1), slot(2), slot(3));
        stage.run(one, Command::thread(thread)).expect("a thread");
        let disposition = Disposition::Handler;
        let catch = |signal, flags, mask| Command::Sigaction { signal, disposition, flags, mask };
        assert_eq!(stage.run(one, catch(Signal::USR1, 0, 0)).expect("caught"), 0);
        for round in 1..=20 {
            let sent = call(
                &stage,
                two,
                libc::SYS_tgkill,
                [id(&stage, one), id(&stage, thread), libc::SIGUSR1 as u64],
            );
            assert_eq!(sent, 0);
            until("it is noted", || stage.handled_count(thread) == round);
        }
        let noted = stage.handled(thread, 18);
        assert_eq!(noted.len(), 2);
        for info in noted {
            assert_eq!((info.signal(), info.pid()), (Some(Signal::USR1), id(&stage, two) as i32));
            assert_eq!(info.code(), lariat_abi::si_code::SI_TKILL);
        }
        assert_eq!(stage.handled(thread, 0).len(), 16);
        assert_eq!(stage.handled_count(one), 0);

        // A call that a handler interrupts.
        stage.command(two, Command::syscall(libc::SYS_pause, [])).expect("told");
        until("it sleeps", || stage.blocked_in(two) == Some(libc::SYS_pause as u64));
        assert_eq!(stage.state(two), State::Sleeping);
        assert_eq!(call(&stage, one, libc::SYS_kill, [id(&stage, two), libc::SIGCONT as u64]), 0);
        assert_eq!(stage.await_reply(two, Duration::from_millis(20)), None);
        assert_eq!(call(&stage, one, libc::SYS_kill, [id(&stage, two), libc::SIGUSR1 as u64]), 0);
        until("the default kills", || stage.state(two) == State::Zombie);
    });
}

#[test]
fn handlers_nest() {
    let stage = stage(Idle::Sleep, 1);
    let one = slot(1);
    let (flags, mask) = (0, 0);
    for signal in [Signal::USR1, Signal::USR2, Signal::CONT] {
        let disposition = Disposition::Handler;
        stage.run(one, Command::Sigaction { signal, disposition, flags, mask }).expect("caught");
    }
    stage.write_buffer(one, 0, &u64::MAX.to_ne_bytes());
    let masks = stage.buffer(one).as_raw();
    assert_eq!(call(&stage, one, libc::SYS_rt_sigprocmask, [libc::SIG_SETMASK as u64, masks, 0, 8]), 0);
    for signal in [libc::SIGUSR1, libc::SIGUSR2, libc::SIGCONT] {
        call(&stage, Slot::INIT, libc::SYS_kill, [id(&stage, one), signal as u64]);
    }
    assert_eq!(stage.handled_count(one), 0);
    call(&stage, one, libc::SYS_rt_sigprocmask, [libc::SIG_SETMASK as u64, masks + 8, 0, 8]);
    let signals: Vec<_> = stage.handled(one, 0).iter().map(|info| info.signo()).collect();
    assert_eq!(signals, [libc::SIGCONT, libc::SIGUSR2, libc::SIGUSR1]);
}

#[test]
fn a_tracer_sees_the_call_and_nothing_else() {
    let stage = stage(Idle::Spin, 2);
    let (tracer, tracee) = (slot(1), slot(2));
    attach(&stage, tracer, tracee);
    assert_eq!(ptrace(&stage, tracer, PTRACE_SYSCALL, tracee, 0), 0);
    std::thread::sleep(Duration::from_millis(30));
    assert_eq!(stage.state(tracee), State::Running, "an idle actor makes no call");
    assert_eq!(stage.blocked_in(tracee), None);

    stage.command(tracee, Command::syscall(libc::SYS_getppid, [])).expect("told");
    for _entry_and_exit in 0..2 {
        assert_eq!(wait_for(&stage, tracer, tracee), libc::SIGTRAP << 8 | 0x7f);
        assert_eq!(stage.blocked_in(tracee), Some(libc::SYS_getppid as u64));
        assert_eq!(stage.reply(tracee), None);
        assert_eq!(ptrace(&stage, tracer, PTRACE_SYSCALL, tracee, 0), 0);
    }
    assert_eq!(reply(&stage, tracee), id(&stage, Slot::INIT) as i64);
    std::thread::sleep(Duration::from_millis(30));
    assert_eq!(stage.state(tracee), State::Running);

    // After an execve comes the mmap of the stage, and nothing else.
    stage.command(tracee, Command::Exec).expect("told");
    let mut calls = Vec::new();
    while stage.reply(tracee).is_none() {
        let status = stage.buffer(tracer).as_raw();
        let wait = [id(&stage, tracee), status, WALL | libc::WNOHANG as u64, 0];
        if call(&stage, tracer, libc::SYS_wait4, wait) != 0 {
            calls.push(stage.blocked_in(tracee).map(|number| number as i64));
            assert_eq!(ptrace(&stage, tracer, PTRACE_SYSCALL, tracee, 0), 0);
        }
    }
    // The trap that tells of an execve, for want of PTRACE_O_TRACEEXEC, comes after the call's exit.
    let [execve, mmap] = [Some(libc::SYS_execve), Some(libc::SYS_mmap)];
    assert_eq!(calls, [execve, execve, execve, mmap, mmap]);
}

#[test]
fn a_pause_goes_on_after_a_stop() {
    both(|idle| {
        let stage = stage(idle, 2);
        let (tracer, tracee) = (slot(1), slot(2));
        stage.command(tracee, Command::syscall(libc::SYS_pause, [])).expect("told");
        until("it sleeps", || stage.state(tracee) == State::Sleeping);
        attach(&stage, tracer, tracee);
        assert_eq!(ptrace(&stage, tracer, PTRACE_CONT, tracee, 0), 0);
        until("it sleeps again", || stage.blocked_in(tracee) == Some(libc::SYS_pause as u64));
        assert_eq!(stage.state(tracee), State::Sleeping);
        assert_eq!(stage.reply(tracee), None);
    });
}

#[test]
fn an_int3_traps_in_user_mode() {
    both(|idle| {
        let stage = stage(idle, 2);
        let (tracer, tracee) = (slot(1), slot(2));
        attach(&stage, tracer, tracee);
        assert_eq!(ptrace(&stage, tracer, PTRACE_CONT, tracee, 0), 0);
        stage.command(tracee, Command::Int3).expect("told");
        assert_eq!(wait_for(&stage, tracer, tracee), libc::SIGTRAP << 8 | 0x7f);
        let info = stage.buffer(tracer).as_raw() + 256;
        assert_eq!(ptrace(&stage, tracer, PTRACE_GETSIGINFO, tracee, info), 0);
        // SI_KERNEL: what an int3 gives on x86.
        assert_eq!(stage.read_buffer(tracer, 256 + 8, 4), 0x80i32.to_ne_bytes());
        assert_eq!(ptrace(&stage, tracer, PTRACE_DETACH, tracee, 0), 0);
        assert_eq!(reply(&stage, tracee), 0);
    });
}

#[test]
fn actors_have_no_descriptor_of_ours() {
    let stage = stage(Idle::Sleep, 1);
    let dir = format!("/proc/{}/fd", id(&stage, slot(1)));
    let mut numbers: Vec<i32> = std::fs::read_dir(dir)
        .expect("/proc")
        .map(|entry| {
            entry.expect("an entry").file_name().to_str().expect("a number").parse().expect("a number")
        })
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 1, 2, 63]);
    let status = std::fs::read_to_string(format!("/proc/{}/status", id(&stage, slot(1)))).expect("/proc");
    for line in ["SigBlk:", "SigIgn:", "SigCgt:"] {
        assert!(status.contains(&format!("{line}\t0000000000000000")), "{line}");
    }
}
