//! The actors of `lariat_host::puppet`: that they do what they are told and nothing else, and that none is left.
#![cfg(target_arch = "x86_64")]
#![allow(missing_docs, reason = "a test")]

use lariat_abi::{Errno, Signal, Tid, TraceeAddr};
use lariat_host::puppet::{Command, Disposition, Idle, Slot, Stage, State};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(10);
const PTRACE_CONT: u64 = 7;
const PTRACE_ATTACH: u64 = 16;
const PTRACE_DETACH: u64 = 17;
const PTRACE_SYSCALL: u64 = 24;
const PTRACE_GETSIGINFO: u64 = 0x4202;
const WALL: u64 = libc::__WALL as u64;

fn slot(index: usize) -> Slot {
    Slot::new(index).expect("a slot")
}

/// A stage with this many actors, children of init.
fn stage(idle: Idle, actors: usize) -> Stage {
    let stage = Stage::new(idle).expect("a stage");
    for index in 1..=actors {
        let child = stage.run(Slot::INIT, Command::fork(slot(index))).expect("a child");
        assert_eq!(stage.tid(slot(index)), Some(Tid::new(child as i32)));
    }
    stage
}

fn id(stage: &Stage, actor: Slot) -> u64 {
    stage.tid(actor).expect("an actor").as_raw() as u64
}

fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_micros(100));
    }
}

fn reply(stage: &Stage, actor: Slot) -> i64 {
    stage.await_reply(actor, PATIENCE).expect("a reply")
}

fn call<const N: usize>(stage: &Stage, actor: Slot, number: i64, args: [u64; N]) -> i64 {
    stage.call(actor, number, args).expect("a result")
}

fn ptrace(stage: &Stage, tracer: Slot, request: u64, tracee: Slot, data: u64) -> i64 {
    call(stage, tracer, libc::SYS_ptrace, [request, id(stage, tracee), 0, data])
}

/// Makes an actor wait for another, and returns the status.
fn wait_for(stage: &Stage, waiter: Slot, child: Slot) -> i32 {
    let status = stage.buffer(waiter).as_raw();
    let child = id(stage, child);
    assert_eq!(call(stage, waiter, libc::SYS_wait4, [child, status, WALL, 0]), child as i64);
    i32::from_ne_bytes(stage.read_buffer(waiter, 0, 4).try_into().expect("4 bytes"))
}

fn both(test: impl Fn(Idle)) {
    test(Idle::Spin);
    test(Idle::Sleep);
}

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

/// Attaches and takes the first stop.
fn attach(stage: &Stage, tracer: Slot, tracee: Slot) {
    assert_eq!(ptrace(stage, tracer, PTRACE_ATTACH, tracee, 0), 0);
    assert_eq!(wait_for(stage, tracer, tracee), libc::SIGSTOP << 8 | 0x7f);
    assert_eq!(stage.state(tracee), State::Traced);
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

/// The ids of a stage's actors, dead ones too.
fn everybody(stage: &Stage) -> Vec<Tid> {
    (0..Slot::COUNT).filter_map(|index| stage.tid(slot(index))).collect()
}

fn assert_none_is_left(everybody: &[Tid]) {
    assert!(!everybody.is_empty());
    for tid in everybody {
        let status = std::fs::read_to_string(format!("/proc/{tid}/status")).unwrap_or_default();
        // Those whom init left when it was killed are for the reaper of orphans.
        assert!(
            status.is_empty() || status.contains("Z (zombie)") && status.contains("PPid:\t1\n"),
            "{status}"
        );
    }
}

#[test]
fn nobody_is_left() {
    both(|idle| {
        let stage = stage(idle, 4);
        stage.run(slot(1), Command::thread(slot(5))).expect("a thread");
        stage.run(slot(5), Command::fork(slot(6))).expect("a fork");
        stage.command(slot(6), Command::vfork(slot(7))).expect("told");
        until("the child of the vfork lives", || stage.idle(slot(7)));
        // An orphan, a zombie, and one that blocks every signal.
        stage.run(slot(2), Command::fork(slot(8))).expect("a fork");
        stage.command(slot(2), Command::syscall(libc::SYS_exit_group, [0])).expect("told");
        stage.write_buffer(slot(3), 0, &u64::MAX.to_ne_bytes());
        let mask = stage.buffer(slot(3)).as_raw();
        call(&stage, slot(3), libc::SYS_rt_sigprocmask, [libc::SIG_SETMASK as u64, mask, 0, 8]);
        stage.command(slot(4), Command::syscall(libc::SYS_pause, [])).expect("told");
        until("it is dead", || stage.state(slot(2)) == State::Zombie);
        let everybody = everybody(&stage);
        assert_eq!(everybody.len(), 9);
        drop(stage);
        assert_none_is_left(&everybody);
    });
}

#[test]
fn nobody_is_left_of_those_who_trace() {
    both(|idle| {
        // PTRACE_SEIZE with PTRACE_O_TRACEEXIT: a killed tracee is held in a stop until its tracer is dead.
        const SEIZE: u64 = 0x4206;
        const TRACEEXIT: u64 = 1 << 6;
        let stage = stage(idle, 5);
        let [one, two, three, four, five] = [1, 2, 3, 4, 5].map(slot);
        assert_eq!(ptrace(&stage, one, SEIZE, two, TRACEEXIT), 0);
        assert_eq!(ptrace(&stage, two, SEIZE, three, TRACEEXIT), 0);
        assert_eq!(ptrace(&stage, three, SEIZE, one, TRACEEXIT), 0);
        attach(&stage, four, five);
        let everybody = everybody(&stage);
        drop(stage);
        assert_none_is_left(&everybody);
    });
}

#[test]
fn nobody_is_left_where_init_cannot_help() {
    both(|idle| {
        const SEIZE: u64 = 0x4206;
        const TRACEEXIT: u64 = 1 << 6;
        let scenes: [fn(&Stage); 4] = [
            |stage| stage.command(Slot::INIT, Command::syscall(libc::SYS_pause, [])).expect("told"),
            |stage| assert_eq!(ptrace(stage, Slot::INIT, SEIZE, slot(1), TRACEEXIT), 0),
            |stage| attach(stage, slot(1), Slot::INIT),
            |stage| {
                call(stage, slot(1), libc::SYS_kill, [id(stage, Slot::INIT), libc::SIGKILL as u64]);
                until("init is dead", || stage.state(Slot::INIT) == State::Zombie);
            },
        ];
        for scene in scenes {
            let stage = stage(idle, 2);
            stage.run(slot(2), Command::fork(slot(3))).expect("a fork");
            scene(&stage);
            let everybody = everybody(&stage);
            drop(stage);
            assert_none_is_left(&everybody);
        }
    });
}

#[test]
fn many_stages_leave_nothing() {
    let descriptors = || std::fs::read_dir("/proc/self/fd").expect("/proc").count();
    let before = descriptors();
    let other = std::thread::spawn(|| {
        for _ in 0..50 {
            let stage = stage(Idle::Sleep, 3);
            let everybody = everybody(&stage);
            drop(stage);
            assert_none_is_left(&everybody);
        }
    });
    for _ in 0..200 {
        let stage = stage(Idle::Sleep, 3);
        let everybody = everybody(&stage);
        drop(stage);
        assert_none_is_left(&everybody);
    }
    other.join().expect("the other thread's stages");
    // Other tests have some open as well, but not hundreds.
    assert!(descriptors() < before + 50);
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

#[test]
fn nobody_is_left_of_those_who_stop_one_another() {
    both(|idle| {
        let stage = stage(idle, 3);
        let [one, two, three] = [1, 2, 3].map(slot);
        attach(&stage, one, two);
        assert_eq!(ptrace(&stage, one, PTRACE_CONT, two, 0), 0);
        // The SIGCHLD that tells of the stop may stop the tracer, too, before it has its reply.
        let attach_one = Command::syscall(libc::SYS_ptrace, [PTRACE_ATTACH, id(&stage, one)]);
        stage.command(two, attach_one).expect("told");
        until("both stop", || [one, two].iter().all(|&actor| stage.state(actor) == State::Traced));
        assert_eq!(ptrace(&stage, three, PTRACE_ATTACH, one, 0), -i64::from(Errno::EPERM.as_raw()));
        attach(&stage, three, Slot::INIT);
        let everybody = everybody(&stage);
        drop(stage);
        assert_none_is_left(&everybody);
    });
}

#[test]
fn the_thread_is_left_as_it_was() {
    let facts = || {
        let status = std::fs::read_to_string("/proc/thread-self/status").expect("/proc");
        let stat = std::fs::read_to_string("/proc/thread-self/stat").expect("/proc");
        let stat: Vec<_> = stat.rsplit(')').next().expect("a name").split(' ').map(str::to_owned).collect();
        let wanted = ["Cpus_allowed:", "SigBlk:"];
        let status = status.lines().filter(|line| wanted.iter().any(|name| line.starts_with(name)));
        // Priority and nice value.
        (status.map(str::to_owned).collect::<Vec<_>>(), stat[16..18].to_vec())
    };
    let before = facts();
    both(|idle| drop(stage(idle, 1)));
    assert_eq!(facts(), before);
}

/// The victim of the next test: a process that dies with a stage.
#[test]
#[ignore = "dies"]
fn owner() {
    let Ok(idle) = std::env::var("LARIAT_STAGE") else { return };
    let stage = stage(if idle == "spin" { Idle::Spin } else { Idle::Sleep }, 2);
    stage.run(slot(1), Command::fork(slot(3))).expect("a fork");
    for tid in everybody(&stage) {
        eprintln!("actor {tid}");
    }
    std::process::abort();
}

#[test]
fn actors_die_with_their_owner() {
    for idle in ["spin", "sleep"] {
        let program = std::env::current_exe().expect("this program");
        let output = std::process::Command::new(program)
            .args(["--exact", "owner", "--ignored", "--nocapture"])
            .env("LARIAT_STAGE", idle)
            .output()
            .expect("a process");
        let text = String::from_utf8_lossy(&output.stderr);
        let tids: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("actor ")).collect();
        assert_eq!(tids.len(), 4, "{text}");
        for tid in tids {
            let status = || std::fs::read_to_string(format!("/proc/{tid}/status")).unwrap_or_default();
            until("it dies", || status().is_empty() || status().contains("Z (zombie)"));
        }
    }
}

/// Prints what things cost: `cargo test -p lariat-host --test puppet -- --ignored --nocapture measure`.
#[test]
#[ignore = "a measurement"]
fn measure() {
    both(|idle| {
        const ROUNDS: u32 = 100;
        let [mut made, mut left] = [Duration::ZERO; 2];
        for _ in 0..ROUNDS {
            let start = Instant::now();
            let stage = stage(idle, 3);
            made += start.elapsed();
            let start = Instant::now();
            drop(stage);
            left += start.elapsed();
        }
        println!("{idle:?}: a stage with 3 actors {:?}, its end {:?}", made / ROUNDS, left / ROUNDS);
        for actors in [1, 3, 8] {
            let stage = stage(idle, actors);
            let mut times: Vec<_> = (0..1000)
                .map(|round| {
                    let start = Instant::now();
                    call(&stage, slot(1 + round % actors), libc::SYS_getppid, []);
                    start.elapsed()
                })
                .collect();
            times.sort_unstable();
            let mean = times.iter().sum::<Duration>() / 1000;
            println!(
                "{idle:?}: a call, {actors} actors: mean {mean:?}, median {:?}, 99 % {:?}",
                times[500], times[990]
            );
        }
        let stage = stage(idle, 6);
        let (signal, disposition, flags, mask) = (Signal::USR1, Disposition::Handler, 0, 0);
        for index in 2..=6 {
            stage.run(slot(index), Command::Sigaction { signal, disposition, flags, mask }).expect("caught");
        }
        let start = Instant::now();
        for round in 1..=20 {
            for index in 2..=6 {
                call(&stage, slot(1), libc::SYS_kill, [id(&stage, slot(index)), libc::SIGUSR1 as u64]);
                until("it is handled", || stage.handled_count(slot(index)) == round);
            }
        }
        println!("{idle:?}: a signal, 6 actors: mean {:?}", start.elapsed() / 100);
    });
}
