//! Random scripts of a few processes and threads: the model and the running kernel say the same of every step.
//!
//! `LARIAT_ORACLE` says how many. Failures are kept in `random.seeds` and played first; nothing is lost by a failure, since
//! the script is printed and can be played by itself (`lariat explain --real FILE`).

use lariat_oracle::compare::PATIENCE;
use lariat_oracle::script::Script;
use lariat_oracle::{Discord, Play, random};
use proptest::prelude::*;
use proptest::test_runner::{Config, FailurePersistence, FileFailurePersistence, TestRunner};

/// Plays the script that the numbers make. A busy machine may leave real tasks waiting; what differs for good differs
/// every time.
fn play(numbers: &[u64], calls: bool) -> Result<(), String> {
    for _ in 0..3 {
        let mut script =
            Script { title: String::new(), actors: vec!["T".into(), "P".into()], steps: Vec::new() };
        match attempt(numbers, calls, &mut script) {
            Ok(()) => return Ok(()),
            Err(error) if error.is_starvation() => eprintln!("again: {error}"),
            Err(error) => return Err(format!("{error}\n{script}")),
        }
    }
    Err("real tasks did not come to run, three times".into())
}

fn attempt(numbers: &[u64], calls: bool, script: &mut Script) -> Result<(), Discord> {
    let mut play = Play::with_idle(script, calls, PATIENCE)?;
    for &number in numbers {
        let Some(step) = random::step(play.model(), number, calls) else { continue };
        script.steps.push(step.clone());
        play.step(&step)?;
    }
    Ok(())
}

fn run(calls: bool, cases: u32) {
    let cases = std::env::var("LARIAT_ORACLE").ok().and_then(|cases| cases.parse().ok()).unwrap_or(cases);
    // Where the failures of before are kept.
    let kept = FileFailurePersistence::Direct(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/random.seeds"));
    let failure_persistence = Some(Box::new(kept) as Box<dyn FailurePersistence>);
    let config = Config {
        cases,
        failure_persistence,
        max_shrink_iters: 100,
        max_shrink_time: 60_000,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let result = runner.run(&prop::collection::vec(any::<u64>(), 1..30), |numbers| {
        play(&numbers, calls).map_err(TestCaseError::fail)
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn the_model_does_as_the_kernel_does() {
    run(false, 2000);
}

#[test]
fn the_model_does_as_the_kernel_does_where_calls_are_traced() {
    run(true, 500);
}
