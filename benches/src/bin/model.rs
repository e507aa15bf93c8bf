//! How fast the model of the kernel goes: steps of a traced process's life per second, on one core.

use lariat_abi::{Options, Request};
use lariat_kernel::Kernel;
use lariat_kernel::call::{Call, CloneFlags, WaitFlags, WaitFor};
use lariat_kernel::cred::Cred;
use lariat_kernel::effect::Effect;
use lariat_kernel::machine::Simulated;
use std::time::Instant;

/// Rounds of one run; each is one or a few calls of a tracee under its tracer's eyes.
const ROUNDS: usize = 100_000;
const RUNS: usize = 7;

/// Lets everything run; how many steps that took.
fn settle(kernel: &mut Kernel<Simulated>, stops: &mut usize) -> usize {
    let steps = kernel.run();
    *stops += kernel.take_effects().iter().filter(|effect| matches!(effect, Effect::Trapped { .. })).count();
    steps
}

/// A tracer (2) and its seized tracee (3).
fn stage() -> Kernel<Simulated> {
    let mut kernel = Kernel::new(Simulated::default(), Cred::root());
    for _ in 0..2 {
        kernel.enter(Kernel::<Simulated>::INIT, Call::Clone { flags: CloneFlags::empty(), exit_signal: 17 });
        kernel.run();
    }
    let tracer = kernel.find(2).expect("the tracer");
    let options = Options::TRACESYSGOOD | Options::TRACEFORK;
    kernel.enter(tracer, Call::ptrace(Request::Seize, 3, 0, options.bits().into()));
    kernel.run();
    kernel
}

/// getppid(2) of the tracee, stopped at entry and exit; the tracer waits and resumes.
fn calls(kernel: &mut Kernel<Simulated>) -> usize {
    let (tracer, tracee) = (kernel.find(2).expect("it"), kernel.find(3).expect("it"));
    let (mut steps, mut stops) = (0, 0);
    let mut tell = |kernel: &mut Kernel<Simulated>, task, call| {
        assert!(kernel.enter(task, call), "it is idle");
        steps += settle(kernel, &mut stops);
    };
    tell(kernel, tracer, Call::ptrace(Request::Interrupt, 3, 0, 0));
    for _ in 0..ROUNDS {
        tell(kernel, tracer, Call::ptrace(Request::Syscall, 3, 0, 0));
        tell(kernel, tracee, Call::Plain { nr: 110, result: 1 });
        for _ in 0..2 {
            tell(kernel, tracer, Call::Wait4(WaitFor::Any, WaitFlags::WALL));
            tell(kernel, tracer, Call::ptrace(Request::Syscall, 3, 0, 0));
        }
        tell(kernel, tracer, Call::ptrace(Request::Interrupt, 3, 0, 0));
    }
    assert_eq!(stops, ROUNDS * 3 + 1, "entry, exit and interrupt");
    steps
}

/// Signals to the tracee, each reported and passed on to nobody.
fn signals(kernel: &mut Kernel<Simulated>) -> usize {
    let tracer = kernel.find(2).expect("the tracer");
    let (mut steps, mut stops) = (0, 0);
    for _ in 0..ROUNDS {
        for call in [
            Call::Kill(3, 10),
            Call::Wait4(WaitFor::Any, WaitFlags::WALL),
            Call::ptrace(Request::GetSigInfo, 3, 0, 0),
            Call::ptrace(Request::Cont, 3, 0, 0),
        ] {
            assert!(kernel.enter(tracer, call), "it is idle");
            steps += settle(kernel, &mut stops);
        }
    }
    assert_eq!(stops, ROUNDS);
    steps
}

/// The tracee forks, the child is attached, exits and is waited for.
fn forks(kernel: &mut Kernel<Simulated>) -> usize {
    let (tracer, tracee) = (kernel.find(2).expect("it"), kernel.find(3).expect("it"));
    let (mut steps, mut stops) = (0, 0);
    for _ in 0..ROUNDS / 10 {
        let child = kernel.next_pid();
        let mut tell = |kernel: &mut Kernel<Simulated>, task, call| {
            assert!(kernel.enter(task, call), "it is idle");
            steps += settle(kernel, &mut stops);
        };
        tell(kernel, tracee, Call::Clone { flags: CloneFlags::empty(), exit_signal: 17 });
        tell(kernel, tracer, Call::ptrace(Request::Cont, 3, 0, 0));
        tell(kernel, tracer, Call::ptrace(Request::Cont, child, 0, 0));
        let task = kernel.find(child).expect("the child");
        tell(kernel, task, Call::ExitGroup(0));
        tell(kernel, tracer, Call::Wait4(WaitFor::Pid(child), WaitFlags::WALL));
        // SIGCHLD stops the tracee.
        tell(kernel, tracer, Call::ptrace(Request::Cont, 3, 0, 0));
        tell(kernel, tracee, Call::Wait4(WaitFor::Any, WaitFlags::WALL));
    }
    assert_eq!(stops, ROUNDS / 10 * 3, "both at the fork, and the parent at SIGCHLD");
    steps
}

fn main() {
    println!("{:<12}{:>14}{:>16}", "", "steps/s", "ns a step");
    for (name, work) in
        [("calls", calls as fn(&mut Kernel<Simulated>) -> usize), ("signals", signals), ("forks", forks)]
    {
        let mut rates: Vec<f64> = (0..RUNS)
            .map(|_| {
                let mut kernel = stage();
                let start = Instant::now();
                let steps = work(&mut kernel);
                steps as f64 / start.elapsed().as_secs_f64()
            })
            .collect();
        rates.sort_by(f64::total_cmp);
        let median = rates[RUNS / 2];
        println!("{name:<12}{median:>14.0}{:>16.0}", 1e9 / median);
    }
}
