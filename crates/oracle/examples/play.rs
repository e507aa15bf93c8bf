//! Plays a script on the model and prints what comes of each step.
use lariat_oracle::{Model, Script};
fn main() {
    let text = std::fs::read_to_string(std::env::args().nth(1).expect("a file")).expect("a script");
    let script = Script::parse(&text).unwrap_or_else(|e| panic!("{e}"));
    let mut model = Model::new(&script, lariat_kernel::cred::Cred::root());
    for step in &script.steps {
        match model.play(step) {
            Err(e) => { println!("{e}"); continue; }
            Ok(()) => {}
        }
        let sight = model.sight(&step.actor).expect("sight");
        let out = sight.outcome.map(|o| lariat_oracle::words::outcome(&o, &step.op, &|p| model.name_of(p)));
        print!("{}: {} = {:?}    ", step.actor, step.op, out.as_deref().unwrap_or("?"));
        let names: Vec<String> = model.names().map(Into::into).collect();
        for n in &names { let s = model.sight(n).unwrap(); print!(" {n}:{:?}{}", s.seen, s.handled.iter().map(|h| format!("[{}]", lariat_oracle::words::siginfo(h, &|p| model.name_of(p)))).collect::<String>()); }
        println!();
        if let Err(e) = model.kernel().check_invariants() { println!("INVARIANT {e}"); }
    }
}
