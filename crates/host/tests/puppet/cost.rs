//! What a stage costs.

use super::*;
use lariat_abi::Signal;
use lariat_host::puppet::Disposition;

/// Prints what things cost: `cargo test -p lariat-host --test puppet -- --ignored --nocapture measure`.
#[test]
#[ignore = "a measurement, for people to read: it asserts nothing"]
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
