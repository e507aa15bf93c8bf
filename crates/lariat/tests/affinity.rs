//! The tracer confines a tracee to its own processor while nobody can see it: nobody must.

mod common;

use common::{fixture, lariat, run, status_field, until};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

#[test]
fn the_program_never_sees_another_affinity() {
    let program = fixture("affinity", &[]);
    for options in [&["-o", "/dev/null"][..], &["-f", "-o", "/dev/null"]] {
        let output = run(lariat().arg("trace").args(options).arg(&program));
        assert_eq!(String::from_utf8_lossy(&output.stdout), "same\n", "{options:?}");
    }
    let program32 = fixture("affinity", &["-m32"]);
    let output = run(lariat().args(["trace", "-o", "/dev/null"]).arg(&program32));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "same\n", "a 32-bit program");
}

/// A program that makes calls for ever, under trace.
fn busy() -> (std::process::Child, u32) {
    let mut tracer = lariat()
        .args(["trace", "-o", "/dev/null"])
        .arg(fixture("affinity", &[]))
        .arg("forever")
        .stdout(Stdio::piped())
        .spawn()
        .expect("lariat");
    let mut line = String::new();
    BufReader::new(tracer.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    assert_eq!(line, "ready\n");
    let children = format!("/proc/{0}/task/{0}/children", tracer.id());
    let children = std::fs::read_to_string(children).expect("children");
    let pid = children.split_whitespace().next().expect("a child").parse().expect("an id");
    (tracer, pid)
}

#[test]
fn whatever_ends_the_tracer_the_program_has_all_its_processors_again() {
    let whole = status_field(std::process::id(), "Cpus_allowed:");
    for _ in 0..5 {
        let (mut tracer, pid) = busy();
        // Until it has been confined at least once, where there is more than one processor.
        if std::thread::available_parallelism().is_ok_and(|n| n.get() > 1) {
            until("it is confined", || status_field(pid, "Cpus_allowed:") != whole);
        }
        tracer.kill().expect("kill");
        tracer.wait().expect("wait");
        until("it is free", || {
            status_field(pid, "TracerPid:") == "0" && status_field(pid, "Cpus_allowed:") == whole
        });
        assert!(std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status().is_ok());
        until("it is gone", || common::is_dead(pid));
    }
}
