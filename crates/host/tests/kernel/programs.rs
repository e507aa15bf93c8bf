//! Whole programs, with Rust's own ways of starting threads and children, followed from their execve to their end.

use crate::tracee::*;
use lariat_abi::{Event, Options, Signal, Tid, WaitStatus};
use lariat_host::{self as host, Resume, Stopped};

/// What a program and all its tasks did.
#[derive(Default)]
struct Story {
    output: String,
    events: Vec<Event>,
    /// Signals that were delivered.
    signals: Vec<Signal>,
    /// The ends of all tasks.
    ends: Vec<WaitStatus>,
}

impl Story {
    fn count(&self, event: Event) -> usize {
        self.events.iter().filter(|&&e| e == event).count()
    }

    fn ended(&self, status: WaitStatus) -> usize {
        self.ends.iter().filter(|&&end| end == status).count()
    }
}

/// Traces `fixtures/NAME.rs` and all it starts.
fn follow(name: &str) -> Story {
    let program = compile_with("rustc", &format!("{name}.rs"), name, &["--edition=2024"]);
    let (mut tracee, stopped) = Tracee::traced_program(&program);
    let options = Options::TRACEFORK | Options::TRACEVFORK | Options::TRACECLONE | Options::TRACEEXEC;
    stopped.set_options(options | Options::TRACEEXIT | Options::EXITKILL).expect("SETOPTIONS");
    stopped.resume(Resume::Cont, None).expect("CONT");
    let mut tasks = vec![tracee.tid];
    let mut story = Story::default();
    while !tasks.is_empty() {
        for tid in tasks.clone().into_iter().filter(|&tid| has_news(tid).expect("a tracee")) {
            let reaped = host::wait_for(tid).expect("wait4").expect("a tracee");
            let Some(stopped) = reaped.stopped else {
                story.ends.push(reaped.status);
                tasks.retain(|&task| task != tid);
                tracee.others.retain(|&task| task != tid);
                continue;
            };
            let signal = note(&mut story, reaped.status, &stopped, &mut |born| {
                tasks.push(born);
                tracee.others.push(born);
            });
            stopped.resume(Resume::Cont, signal).expect("CONT");
        }
        std::thread::yield_now();
    }
    story.output = tracee.output();
    story
}

/// Notes a stop, and says which signal is to be delivered.
fn note(
    story: &mut Story,
    status: WaitStatus,
    stopped: &Stopped,
    born: &mut dyn FnMut(Tid),
) -> Option<Signal> {
    match status {
        WaitStatus::Event { event, .. } => {
            story.events.push(event);
            if matches!(event, Event::Fork | Event::Vfork | Event::Clone) {
                born(Tid::new(stopped.event_message().expect("GETEVENTMSG") as i32));
            }
            None
        }
        // With this an attached task begins; none of the programs is stopped otherwise.
        WaitStatus::Stopped(Signal::STOP) => None,
        WaitStatus::Stopped(signal) => {
            story.signals.push(signal);
            Some(signal)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_threads_panic_is_no_event() {
    let story = follow("panic");
    assert_eq!(story.output, "first: 1\nsecond: 2\nthird: panicked\n");
    assert_eq!((story.count(Event::Clone), story.count(Event::Exit)), (3, 4));
    assert_eq!(story.ended(WaitStatus::Exited(0)), 4, "{:?}", story.ends);
    assert_eq!(story.signals, []);
}

#[test]
fn children_end_each_in_their_way() {
    let story = follow("children");
    assert_eq!(story.output, "true: exit 0\nfalse: exit 1\nsh: signal 15\nno-such-program: not found\n");
    // posix_spawn or fork; the child of what is not there too, unless it was looked up before.
    let children = story.count(Event::Fork) + story.count(Event::Vfork) + story.count(Event::Clone);
    assert_eq!(story.count(Event::Exec), 3);
    assert_eq!((story.ends.len(), story.count(Event::Exit)), (children + 1, children + 1));
    assert_eq!(story.ended(WaitStatus::Exited(1)), 1);
    assert_eq!(story.ended(WaitStatus::Signaled { signal: Signal::TERM, core: false }), 1);
    assert_eq!(story.signals.iter().filter(|&&signal| signal == Signal::TERM).count(), 1);
    assert_eq!(story.signals.iter().filter(|&&signal| signal == Signal::CHLD).count(), children);
}

#[test]
fn a_channel_between_threads_works_as_untraced() {
    let story = follow("pipeline");
    assert_eq!(story.output, "4950\n");
    assert_eq!((story.count(Event::Clone), story.ended(WaitStatus::Exited(0))), (2, 3));
}
