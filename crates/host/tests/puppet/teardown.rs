//! What is left of a stage: nothing.

use super::*;
use lariat_abi::Errno;

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

/// Whatever actors do to one another, short of what the kernel cannot end, the end of the stage is theirs.
#[test]
fn nobody_is_left_of_a_riot() {
    let mut seed = 1u64;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let requests = [PTRACE_CONT, PTRACE_ATTACH, PTRACE_ATTACH, PTRACE_DETACH, PTRACE_SYSCALL, 0x4206, 0x4207];
    let signals = [libc::SIGSTOP, libc::SIGCONT, libc::SIGUSR1, libc::SIGTSTP, libc::SIGKILL];
    for round in 0..60 {
        let stage = stage(if round % 4 == 0 { Idle::Spin } else { Idle::Sleep }, 4);
        let mut everybody: Vec<Tid> = Vec::new();
        for _ in 0..30 {
            let (actor, other) = (slot(random(5)), slot(1 + random(8)));
            let Some(tid) = stage.tid(other).map(|tid| tid.as_raw() as u64) else { continue };
            let command = match random(10) {
                0 => Command::fork(slot(5 + random(8))),
                1 => Command::thread(slot(5 + random(8))),
                2 => Command::vfork(slot(5 + random(8))),
                3 => Command::Exec,
                4 => Command::syscall(libc::SYS_wait4, [u64::MAX, 0, WALL, 0]),
                5 => Command::syscall(libc::SYS_tkill, [tid, signals[random(5)] as u64]),
                _ => Command::syscall(libc::SYS_ptrace, [requests[random(7)], tid, 0, 0]),
            };
            if stage.command(actor, command).is_ok() {
                let _ = stage.await_reply(actor, Duration::from_millis(1));
            }
            everybody.extend((0..Slot::COUNT).filter_map(|index| stage.tid(slot(index))));
        }
        everybody.sort_unstable();
        everybody.dedup();
        drop(stage);
        assert_none_is_left(&everybody);
    }
}

/// The victim of the next test: a process that dies with a stage.
#[test]
#[ignore = "kills the process it runs in: actors_die_with_their_owner runs it in one of its own"]
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
            .args(["--exact", "teardown::owner", "--ignored", "--nocapture"])
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
