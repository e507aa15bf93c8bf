//! Of `-e` expressions: each is applied or refused, twice alike, and `!` selects exactly the others.

use lariat_abi::{Abi, Signal};
use lariat_trace::Settings;
use lariat_trace::expression::{apply, fds, syscalls};

/// Checks the expression that the input is, if it is text.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (mut once, mut twice) = (Settings::default(), Settings::default());
    let result = apply(&mut once, text);
    assert_eq!(apply(&mut twice, text), result);
    assert_eq!(apply(&mut twice, text), result, "it depends on what was said before");
    match result {
        Ok(()) => {
            assert_eq!((&once.trace, once.signals), (&twice.trace, twice.signals));
            assert_eq!((once.status, once.quiet), (twice.status, twice.quiet));
            let _ = once.trace.contains(Abi::X32, u64::MAX);
            let _ = once.signals.contains(Signal::KILL);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if !text.starts_with('!') {
        let others = syscalls(&format!("!{text}"));
        match syscalls(text) {
            Ok(mut chosen) => {
                chosen.invert();
                assert_eq!(others, Ok(chosen));
            }
            Err(error) => assert_eq!(others, Err(error)),
        }
    }
    if let Ok(chosen) = fds(text) {
        let _ = chosen.contains(i32::MIN);
    }
}
