//! `lariat explain`: shipped scripts, files, the running kernel beside the model, pages, errors and exit statuses.

mod common;

use common::{lariat, run, trace_file};
use std::io::Write;
use std::process::{Output, Stdio};

fn explain(words: &[&str]) -> Output {
    run(lariat().arg("explain").args(words))
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn with_input(words: &[&str], input: &str) -> Output {
    let mut command = lariat();
    command.arg("explain").args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("lariat");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("the script is taken");
    common::finish(child)
}

/// The names of the shipped scripts.
fn names() -> Vec<String> {
    let list = explain(&["--list"]);
    assert!(list.status.success());
    out(&list).lines().map(|line| line.split_whitespace().next().expect("a name").to_owned()).collect()
}

#[test]
fn the_list_has_a_question_for_each_name() {
    let list = explain(&["--list"]);
    assert!(out(&list).lines().count() >= 12);
    for line in out(&list).lines() {
        assert!(line.contains("  ") && line.ends_with('?'), "{line}");
    }
}

#[test]
fn every_name_is_explained() {
    for name in names() {
        let output = explain(&[&name]);
        assert!(output.status.success(), "{name}: {}", err(&output));
        assert!(out(&output).contains("\nline  ") && err(&output).is_empty(), "{name}");
    }
}

#[test]
fn the_running_kernel_does_the_same() {
    let output = explain(&["group-stop-and-listen", "--real"]);
    assert!(output.status.success(), "{}", err(&output));
    let steps = out(&output).lines().filter(|line| line.ends_with("✓ real")).count();
    assert_eq!(steps, 13, "{}", out(&output));
    assert!(out(&output).ends_with("The running kernel does the same at every step.\n"));
}

#[test]
fn the_readme_shows_what_is_printed() {
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).expect("README.md");
    let output = explain(&["exec-without-traceexec", "--real"]);
    assert!(readme.contains(&format!("```\n{}```\n", out(&output))), "{}", out(&output));
}

#[test]
fn a_file_and_standard_input_are_scripts_as_well() {
    let script = "# Is it there?\ntasks: T P\nT: kill P 0 -> 0\n";
    let file = trace_file("explain").with_extension("script");
    std::fs::write(&file, script).expect("a file");
    let from_file = explain(&[file.to_str().expect("a path")]);
    let from_input = with_input(&["-"], script);
    assert!(from_file.status.success() && from_input.status.success(), "{}", err(&from_file));
    assert_eq!(out(&from_file), out(&from_input));
    assert!(out(&from_file).starts_with("Is it there?\n"));
}

#[test]
fn what_does_not_come_out_as_it_should_is_an_error() {
    let output = with_input(&["-"], "tasks: T P\nT: SEIZE P\nT: CONT P -> 0\n");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(err(&output), "lariat: line 3: the script expects '0', and gets 'ESRCH'\n");
    assert!(out(&output).contains("✗ expected: 0"), "{}", out(&output));
    let output = with_input(&["-"], "tasks: P\nP: pause\nP: getppid\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("line 3: P cannot do this now: it sleeps in a call"), "{}", err(&output));
}

#[test]
fn what_cannot_be_read_says_what_and_what_to_do() {
    let output = with_input(&["-"], "tasks: T\n\nT: dance\n");
    assert_eq!(output.status.code(), Some(1));
    let message = err(&output);
    assert!(message.starts_with("lariat: standard input: line 3: 'dance'"), "{message}");
    assert!(message.contains("lariat explain --help"), "{message}");
    let unknown = explain(&["dancing"]);
    assert_eq!(unknown.status.code(), Some(1));
    for name in names() {
        assert!(err(&unknown).contains(&name), "{name}: {}", err(&unknown));
    }
    let missing = explain(&["./no/such.script"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(err(&missing).contains("./no/such.script: No such file"), "{}", err(&missing));
    assert_eq!(explain(&[]).status.code(), Some(1));
    let unwritable = explain(&["breakpoint", "--html", "/no/such/page.html"]);
    assert_eq!(unwritable.status.code(), Some(1));
    assert!(err(&unwritable).contains("cannot write /no/such/page.html"), "{}", err(&unwritable));
}

#[test]
fn what_would_be_unkillable_is_played_on_the_model_alone() {
    let output = with_input(&["-", "--real"], "tasks: A B\nA: SEIZE B TRACEEXIT\nB: SEIZE A TRACEEXIT\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("--real: ") && err(&output).contains("unkillable"), "{}", err(&output));
    assert!(out(&output).contains("B: SEIZE A TRACEEXIT = 0"), "the model's run is shown: {}", out(&output));
}

#[test]
fn a_page_is_well_formed() {
    for name in names() {
        let file = trace_file(&format!("explain-{name}")).with_extension("html");
        let output = explain(&[&name, "--html", file.to_str().expect("a path")]);
        assert!(output.status.success(), "{name}: {}", err(&output));
        let page = std::fs::read_to_string(&file).expect("the page");
        balanced(&page).unwrap_or_else(|what| panic!("{name}: {what}"));
        assert!(page.contains("prefers-color-scheme: dark") && page.contains("<svg xmlns="), "{name}");
    }
}

/// Whether every tag is closed in its place.
fn balanced(page: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    for piece in page.strip_prefix("<!DOCTYPE html>").ok_or("no document type")?.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').ok_or_else(|| format!("'<{piece}' has no end"))?;
        if let Some(name) = tag.strip_prefix('/') {
            let last = open.pop();
            if last != Some(name) {
                return Err(format!("</{name}> closes {last:?}"));
            }
        } else if !tag.ends_with('/') {
            open.push(tag.split_whitespace().next().unwrap_or_default());
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("{open:?} are left open")) }
}

#[test]
fn colours_are_for_those_who_want_them() {
    assert!(!out(&explain(&["breakpoint"])).contains('\x1b'));
    assert!(out(&explain(&["breakpoint", "--color=always"])).contains('\x1b'));
    assert!(!out(&explain(&["breakpoint", "--color=never"])).contains('\x1b'));
}
