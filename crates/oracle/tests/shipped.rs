//! The scripts that come with the crate: they hold on the model and on the running kernel.

use lariat_oracle::shipped::SHIPPED;
use lariat_oracle::timeline::{Asked, Timeline};
use std::collections::HashSet;

#[test]
fn each_holds_on_the_model_and_for_real() {
    for shipped in SHIPPED {
        let script = shipped.script().unwrap_or_else(|error| panic!("{}: {error}", shipped.name));
        let timeline = Timeline::record(&script, true);
        assert_eq!(timeline.problems, [""; 0], "{}", shipped.name);
        assert_eq!(timeline.real, Asked::Yes, "{}", shipped.name);
    }
}

#[test]
fn each_asks_a_question_answers_it_and_says_what_must_come_of_it() {
    for shipped in SHIPPED {
        let script = shipped.script().expect("a script");
        assert!(shipped.question().ends_with('?'), "{}: {}", shipped.name, shipped.question());
        assert!(script.title.contains("ptrace(2), \""), "{} cites the manual page", shipped.name);
        let expecting = script.steps.iter().filter(|step| !step.expected.is_empty()).count();
        let remarks = script.steps.iter().filter(|step| !step.remark.is_empty()).count();
        assert!(
            expecting >= 3 && remarks >= 2,
            "{}: {expecting} expectations, {remarks} remarks",
            shipped.name
        );
    }
}

#[test]
fn each_file_is_shipped_once() {
    let names: HashSet<String> = SHIPPED.iter().map(|shipped| format!("{}.script", shipped.name)).collect();
    assert_eq!(names.len(), SHIPPED.len());
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts")).expect("scripts");
    let files: HashSet<String> =
        files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(files, names);
}
