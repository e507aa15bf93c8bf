//! Every state that two processes can bring about in a bounded number of steps, whoever goes first: none breaks an
//! invariant, no SIGKILL is lost, and a death is told once to the tracer and once to the real parent.

use lariat_abi::{Options, Request};
use lariat_kernel::call::{Call, WaitFlags, WaitFor};
use lariat_kernel::cred::Cred;
use lariat_kernel::effect::Effect;
use lariat_kernel::machine::Simulated;
use lariat_kernel::task::{ExitState, Frame, SignalFlags, State};
use lariat_kernel::{Kernel, TaskId};
use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

type World = Kernel<Simulated>;

/// A state, and what has been told of deaths on the way to it: who was told of whom.
#[derive(Clone)]
struct Node {
    kernel: World,
    told: Vec<(i32, i32)>,
    /// Calls that tasks may still make.
    calls: usize,
    path: Vec<String>,
}

/// What the first process does to the second, and the second by itself.
fn calls(own: i32, other: i32) -> Vec<Call> {
    let ptrace = |request, data| Call::ptrace(request, other, 0, data);
    let seize = u64::from((Options::TRACEEXIT | Options::TRACEFORK).bits());
    let mut all = vec![
        ptrace(Request::Attach, 0),
        ptrace(Request::Seize, seize),
        ptrace(Request::Seize, u64::from(Options::EXITKILL.bits())),
        ptrace(Request::Cont, 0),
        ptrace(Request::Cont, 19),
        ptrace(Request::Syscall, 10),
        ptrace(Request::SingleStep, 0),
        ptrace(Request::Detach, 0),
        ptrace(Request::Detach, 19),
        ptrace(Request::Interrupt, 0),
        ptrace(Request::Listen, 0),
        ptrace(Request::Kill, 0),
        Call::ptrace(Request::TraceMe, 0, 0, 0),
        Call::Wait4(WaitFor::Any, WaitFlags::WALL),
        Call::Wait4(WaitFor::Any, WaitFlags::WALL | WaitFlags::WNOHANG | WaitFlags::WSTOPPED),
        Call::Plain { nr: 39, result: own.into() },
        Call::ExitGroup(1),
    ];
    all.extend([9, 10, 18, 19].map(|sig| Call::Kill(other, sig)));
    all
}

impl Node {
    fn start(calls: usize, child: bool) -> Self {
        let mut kernel = World::new(Simulated::default(), Cred::root());
        let fork = Call::Clone { flags: Default::default(), exit_signal: 17 };
        kernel.enter(World::INIT, fork.clone());
        kernel.run();
        // The second process is the first one's child, or its brother.
        let parent = if child { kernel.find(2).expect("the first process") } else { World::INIT };
        kernel.enter(parent, fork);
        kernel.run();
        kernel.take_effects();
        Self { kernel, told: Vec::new(), calls, path: Vec::new() }
    }

    fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.kernel, &self.told, self.calls).hash(&mut hasher);
        hasher.finish()
    }

    /// Traced zombies and their tracers, where these are not of the real parent's process: nobody else may be told of them.
    fn owned(&self) -> Vec<(i32, i32)> {
        let kernel = &self.kernel;
        let owned = |(id, task): (TaskId, &lariat_kernel::Task)| {
            let foreign = task.exit_state == ExitState::Zombie && kernel.ptrace_reparented(id);
            foreign.then(|| (task.pid, kernel.task(task.parent).pid))
        };
        kernel.tasks().filter_map(owned).collect()
    }

    /// Takes note of what happened, and checks. `owned`: whose zombies there were before.
    fn settle(mut self, owned: &[(i32, i32)]) -> Self {
        for effect in self.kernel.take_effects() {
            if let Effect::Returned { pid, call: Call::Wait4(..), result, output } = effect
                && result > 0
                && let lariat_kernel::call::Output::Status(raw) = output
                && raw & 0xff != 0x7f
                && raw != 0xffff
            {
                let news = (pid, result as i32);
                assert!(!self.told.contains(&news), "{news:?} twice: {:#?}", self.path);
                let first = owned
                    .iter()
                    .find(|(zombie, _)| *zombie == news.1)
                    .is_none_or(|(_, tracer)| *tracer == pid);
                assert!(first, "{news:?} before the tracer: {:#?}", self.path);
                self.told.push(news);
            }
        }
        if let Err(what) = self.kernel.check_invariants() {
            panic!("{what}, after {:#?}", self.path);
        }
        for (id, task) in self.kernel.tasks() {
            let dying = self.kernel.group_of(id).flags.contains(SignalFlags::GROUP_EXIT);
            let leaves = task.state == State::Running
                || matches!(task.frame, Frame::Dead | Frame::ExitEvent(_))
                || task.exit_state != ExitState::Alive;
            assert!(!dying || leaves, "task {} does not die: {:#?}", task.pid, self.path);
        }
        self
    }

    /// What may come next: a step of a task, or a call of one that is idle. If not `interleaved`, every call is followed
    /// until nothing moves.
    fn successors(&self, interleaved: bool, next: &mut Vec<Node>) {
        let owned = self.owned();
        for id in self.kernel.runnable() {
            let mut node = self.clone();
            node.path.push(format!("{} runs", self.kernel.task(id).pid));
            node.kernel.step(id);
            next.push(node.settle(&owned));
        }
        if self.calls == 0 {
            return;
        }
        let init = (World::INIT, vec![Call::Wait4(WaitFor::Any, WaitFlags::WNOHANG)]);
        let two = [(2, 3), (3, 2)].map(|(own, other)| (self.kernel.find(own), calls(own, other)));
        let two = two.into_iter().filter_map(|(id, calls)| Some((id?, calls)));
        for (id, calls) in two.chain([init]) {
            if !self.kernel.get(id).is_some_and(lariat_kernel::Task::is_idle) {
                continue;
            }
            for call in calls {
                let mut node = self.clone();
                node.calls -= 1;
                node.path.push(format!("{} calls {call:?}", self.kernel.task(id).pid));
                node.kernel.enter(id, call);
                if !interleaved {
                    node.kernel.run();
                }
                next.push(node.settle(&owned));
            }
        }
    }
}

fn explore(calls: usize, child: bool, interleaved: bool) -> usize {
    let mut seen = HashSet::new();
    let mut open = vec![Node::start(calls, child)];
    let mut next = Vec::new();
    while let Some(node) = open.pop() {
        if seen.insert(node.hash()) {
            node.successors(interleaved, &mut next);
            open.append(&mut next);
        }
    }
    seen.len()
}

#[test]
fn no_state_of_brothers_breaks_an_invariant() {
    let states = explore(calls_together(), false, true);
    println!("{states} states");
    assert!(states > 10_000, "{states} states");
}

#[test]
fn no_state_of_parent_and_child_breaks_an_invariant() {
    let states = explore(calls_together(), true, true);
    println!("{states} states");
    assert!(states > 10_000, "{states} states");
}

#[test]
fn no_state_of_a_longer_life_breaks_an_invariant() {
    let states = explore(calls_together() + 2, true, false);
    println!("{states} states");
    assert!(states > 10_000, "{states} states");
}

/// How many calls the two make together: 4, or what `LARIAT_EXPLORE` says.
fn calls_together() -> usize {
    std::env::var("LARIAT_EXPLORE").ok().and_then(|calls| calls.parse().ok()).unwrap_or(4)
}

#[test]
fn a_task_is_named_by_its_place() {
    let node = Node::start(0, true);
    assert_eq!(node.kernel.task(TaskId(2)).pid, 3);
}
