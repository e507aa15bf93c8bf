//! The actors of `lariat_host::puppet`: that they do what they are told and nothing else, and that none is left.
#![cfg(target_arch = "x86_64")]
#![allow(missing_docs, reason = "a test")]

mod actors;
mod cost;
mod teardown;

use lariat_abi::Tid;
use lariat_host::puppet::{Command, Idle, Slot, Stage, State};
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

/// Attaches and takes the first stop.
fn attach(stage: &Stage, tracer: Slot, tracee: Slot) {
    assert_eq!(ptrace(stage, tracer, PTRACE_ATTACH, tracee, 0), 0);
    assert_eq!(wait_for(stage, tracer, tracee), libc::SIGSTOP << 8 | 0x7f);
    assert_eq!(stage.state(tracee), State::Traced);
}
