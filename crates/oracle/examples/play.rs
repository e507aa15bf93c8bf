//! Plays scripts on the model and for real, and prints what comes of each step.
use lariat_oracle::{Play, Script};
use std::time::{Duration, Instant};
fn main() {
    for file in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&file).expect("a script");
        let script = Script::parse(&text).unwrap_or_else(|e| panic!("{file}: {e}"));
        let start = Instant::now();
        let mut play = Play::new(&script, true, Duration::from_secs(1)).unwrap();
        for step in &script.steps {
            match play.step(step) {
                Err(e) => {
                    println!("{e}");
                    break;
                }
                Ok(line) => println!(
                    "{}: {} = {:?}   {:?}",
                    step.actor,
                    step.op,
                    line.model.as_deref().unwrap_or("?"),
                    line.seen
                ),
            }
        }
        println!("{:?}", start.elapsed());
        drop(play);
        println!("{:?}", start.elapsed());
    }
}
