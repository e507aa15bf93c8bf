//! The rules of ptrace(2), wait(2) and signal(7), one script each: the model and the running kernel both keep them.
//!
//! ```text
//! rules/AREA/RULE.script:  title: the rule, and the sentence of the manual page that it is from
//!                          steps: `-> what comes of it` on the lines that tell
//! ```
//!
//! `LARIAT_RULES_DIR` is another directory of scripts; `LARIAT_RULES` names some of them, by a part of their path. Without
//! the superuser's privileges those are left out that want them.

use lariat_abi::{Options, Request};
use lariat_kernel::cred::Caps;
use lariat_oracle::compare::own_cred;
use lariat_oracle::op::Data;
use lariat_oracle::{Discord, Op, Play, Script};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

/// Only failures take it, or a machine that is very busy.
const PATIENCE: Duration = Duration::from_secs(10);

/// Every script below the directory, by path.
fn scripts() -> Vec<PathBuf> {
    let root = std::env::var_os("LARIAT_RULES_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules"), PathBuf::from);
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

/// Whether a script can be played by a user without privileges.
fn is_unprivileged(script: &Script) -> bool {
    let suspend = u64::from(Options::SUSPEND_SECCOMP.bits());
    !script.steps.iter().any(|step| match &step.op {
        Op::SetUid(_) | Op::Seccomp(_) | Op::Dumpable(_) => true,
        Op::Ptrace(Request::SeccompGetFilter, ..) => true,
        Op::Ptrace(_, _, Data::Options(bits) | Data::Seize(_, bits)) => bits & suspend != 0,
        _ => false,
    })
}

/// Whether this process may trace whom it likes, and has any option.
fn is_privileged() -> bool {
    let cred = own_cred();
    cred.uid == 0 && cred.effective.has(Caps::SYS_PTRACE) && cred.effective.has(Caps::SYS_ADMIN)
}

/// Whether Yama lets an unprivileged process trace only its own children.
fn is_restricted() -> bool {
    let scope = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope");
    scope.is_ok_and(|scope| scope.trim() != "0")
}

/// What is wrong with a script, each with file and line. What is only unexpected does not end it.
fn failures(path: &Path) -> Vec<String> {
    let at = |line: usize, what: &dyn std::fmt::Display| format!("{}:{line}: {what}", path.display());
    let script = match read(path) {
        Ok(script) => script,
        Err(error) => return vec![error],
    };
    if !is_privileged() && (is_restricted() || !is_unprivileged(&script)) {
        return Vec::new();
    }
    // A busy machine may leave real tasks waiting; what differs for good differs every time.
    for _ in 0..3 {
        match attempt(&script, &at) {
            Ok(failures) => return failures,
            Err(error) if error.is_starvation() => {}
            Err(error) => return vec![at(0, &error)],
        }
    }
    vec![at(0, &"real tasks did not come to run, three times")]
}

/// Plays it once. What is only unexpected does not end it.
fn attempt(
    script: &Script,
    at: &dyn Fn(usize, &dyn std::fmt::Display) -> String,
) -> Result<Vec<String>, Discord> {
    let mut play = Play::new(script, true, PATIENCE)?;
    let mut failures = Vec::new();
    for step in &script.steps {
        match play.step(step) {
            Ok(_) => {}
            Err(error @ Discord::Unexpected { .. }) => failures.push(at(step.line, &error)),
            Err(error) if error.is_starvation() => return Err(error),
            Err(error) => {
                failures.push(at(step.line, &error));
                break;
            }
        }
    }
    Ok(failures)
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
