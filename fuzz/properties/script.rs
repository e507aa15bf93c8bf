//! Of scripts: any text is read or refused; what is read is printed, and read again, to the same; and whatever a script
//! says, the model plays it and its timeline can be shown.

use lariat_oracle::timeline::{self, Style, Timeline};
use lariat_oracle::{Script, Step};

/// No more steps than this are played: the model is copied and shown at each.
const STEPS: usize = 40;

/// Checks the script that the input is, if it is text.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut script = match Script::parse(text) {
        Ok(script) => script,
        Err(error) => return assert!(!error.what.is_empty()),
    };
    let printed = script.to_string();
    let again = Script::parse(&printed).unwrap_or_else(|error| panic!("{error}\n{printed}"));
    assert_eq!((&again.title, &again.actors), (&script.title, &script.actors), "{printed}");
    assert_eq!(unnumbered(&again), unnumbered(&script), "{printed}");
    assert_eq!(again.to_string(), printed);

    script.steps.truncate(STEPS);
    let timeline = Timeline::record(&script, false);
    for row in &timeline.rows {
        assert_eq!(row.states.len(), timeline.lanes.len());
        assert!(row.lane < timeline.lanes.len());
    }
    let shown = timeline::text(&timeline, &Style::default());
    assert!(shown.ends_with('\n'));
    assert!(!timeline::html(&timeline).contains("<script"));
}

/// The steps without their lines' numbers, which printing changes.
fn unnumbered(script: &Script) -> Vec<Step> {
    script.steps.iter().map(|step| Step { line: 0, ..step.clone() }).collect()
}
