//! The rules of ptrace(2), wait(2) and signal(7), one script each: the model and the running kernel both keep them.
//!
//! ```text
//! rules/AREA/RULE.script:  title: the rule, and the sentence of the manual page that it is from
//!                          steps: `-> what comes of it` on the lines that tell
//! ```
//!
//! `LARIAT_RULES` names some of them, by a part of their path.

use lariat_oracle::compare::PATIENCE;
use lariat_oracle::{Discord, Op, Play, Script};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Every script below the directory, by path.
fn scripts() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    let areas = std::fs::read_dir(&root).expect("the rules are beside this test");
    let mut paths: Vec<PathBuf> = areas
        .flat_map(|area| std::fs::read_dir(area.expect("an area").path()).expect("an area's rules"))
        .map(|rule| rule.expect("a rule").path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "script"))
        .collect();
    paths.sort();
    paths
}

fn read(path: &Path) -> Result<Script, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Script::parse(&text).map_err(|error| format!("{}:{}: {}", path.display(), error.line, error.what))
}

/// What is wrong with a script, each with file and line. What is only unexpected does not end it.
fn failures(path: &Path) -> Vec<String> {
    let at = |line: usize, what: &dyn std::fmt::Display| format!("{}:{line}: {what}", path.display());
    let script = match read(path) {
        Ok(script) => script,
        Err(error) => return vec![error],
    };
    let mut play = match Play::new(&script, true, PATIENCE) {
        Ok(play) => play,
        Err(error) => return vec![at(0, &error)],
    };
    let mut failures = Vec::new();
    for step in &script.steps {
        match play.step(step) {
            Ok(_) => {}
            Err(error @ Discord::Unexpected { .. }) => failures.push(at(step.line, &error)),
            Err(error) => {
                failures.push(at(step.line, &error));
                break;
            }
        }
    }
    failures
}

#[test]
fn the_kernel_and_the_model_keep_every_rule() {
    let named = std::env::var("LARIAT_RULES").unwrap_or_default();
    let scripts: Vec<PathBuf> =
        scripts().into_iter().filter(|path| path.to_string_lossy().contains(&named)).collect();
    let (next, failed) = (Mutex::new(scripts.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let path = next.lock().expect("no test panics here").next();
                    let Some(path) = path else { break };
                    let found = failures(path);
                    failed.lock().expect("no test panics here").extend(found);
                }
            });
        }
    });
    let failed = failed.into_inner().expect("no test panics here");
    assert!(
        failed.is_empty(),
        "{} of {} scripts' lines:\n{}",
        failed.len(),
        scripts.len(),
        failed.join("\n")
    );
}

#[test]
fn every_rule_says_where_it_is_from() {
    for path in scripts() {
        let script = read(&path).expect("a script");
        let quotes = ["(2) \"", "(7) \""].iter().any(|page| script.title.contains(page));
        assert!(quotes, "{}: the title quotes no manual page", path.display());
        let tells = script.steps.iter().any(|step| !step.expected.is_empty());
        assert!(tells, "{}: nothing is expected", path.display());
    }
}

#[test]
fn what_is_written_reads_back() {
    for path in scripts() {
        for step in read(&path).expect("a script").steps {
            assert_eq!(Op::parse(&step.op.to_string()), Ok(step.op.clone()), "{}", path.display());
        }
    }
}
