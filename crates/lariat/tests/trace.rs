//! `lariat trace` on real programs: what it prints, and that the program does not notice.

mod common;

use common::{Program, finish, fixture, lariat, run, signal, status_field, trace_file, until};
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

#[test]
fn the_exit_status_is_the_programs() {
    assert_eq!(
        run(lariat().args(["trace", "-o", "/dev/null", "sh", "-c", "exit 42"])).status.code(),
        Some(42)
    );
    let killed = run(lariat().args(["trace", "-o", "/dev/null", "sh", "-c", "kill -TERM $$"]));
    assert_eq!(killed.status.signal(), Some(15));
}

#[test]
fn own_errors_have_status_1_and_say_what_is_wrong() {
    for (args, message) in [
        (&["trace"][..], "must have PROG [ARGS] or -p PID"),
        (&["trace", "no-such-program"], "Cannot find executable 'no-such-program'"),
        (&["trace", "-e", "trace=nosuch", "true"], "invalid system call 'nosuch'"),
        (&["trace", "-p", "x"], "Invalid process id: 'x'"),
        (&["trace", "-p", "1073741824"], "no process has the id 1073741824"),
        (&["trace", "-o", "/nonexistent/file", "true"], "/nonexistent/file"),
        (&["trace", "-o", "/dev/null", "/etc/passwd"], "exec: Permission denied"),
    ] {
        let output = run(lariat().args(args));
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(message), "{args:?}: {stderr}");
    }
}

#[test]
fn a_pipeline_is_followed_and_its_output_unchanged() {
    let file = trace_file("pipeline");
    let script = "echo one | cat | tr a-z A-Z; exit 3";
    let output = run(lariat().args(["trace", "-f", "-o"]).arg(&file).args(["bash", "-c", script]));
    assert_eq!(output.stdout, b"ONE\n");
    assert_eq!(output.status.code(), Some(3));
    let trace = std::fs::read_to_string(&file).expect("the trace");
    assert_eq!(trace.matches("+++ exited with").count(), 4, "bash and three children");
    assert_eq!(trace.matches(" execve(").count(), 3, "bash, cat and tr");
    assert!(trace.ends_with("+++ exited with 3 +++\n"));
}

#[test]
fn a_file_for_each_task_has_whole_lines() {
    let prefix = trace_file("separate");
    run(lariat().args(["trace", "-ff", "-o"]).arg(&prefix).args(["bash", "-c", "echo one | cat; true"]));
    let name = prefix.file_name().expect("a name").to_string_lossy().into_owned() + ".";
    let files = std::fs::read_dir(env!("CARGO_TARGET_TMPDIR")).expect("the directory").flatten();
    let mine = files.filter(|f| f.file_name().to_string_lossy().starts_with(&name));
    let traces: Vec<_> = mine.map(|f| std::fs::read_to_string(f.path()).expect("a trace")).collect();
    assert_eq!(traces.len(), 3, "bash and two children");
    for trace in traces {
        assert!(!trace.contains("unfinished ...>\n") && !trace.contains("resumed>"), "{trace}");
        assert!(trace.ends_with("+++ exited with 0 +++\n"), "{trace}");
    }
}

#[test]
fn on_standard_error_the_trace_and_the_programs_output_are_in_order() {
    let script = "exec \"$0\" trace -e trace=write sh -c 'echo one; echo two' 2>&1";
    let output = run(Command::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_lariat")]));
    let expected = "write(1, \"one\\n\", 4one\n)                    = 4\n\
                    write(1, \"two\\n\", 4two\n)                    = 4\n+++ exited with 0 +++\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
}

#[test]
fn busy_threads_are_traced_call_by_call() {
    let file = trace_file("threads");
    let program = fixture("threads", &[]);
    let output =
        run(lariat().args(["trace", "-f", "-e", "trace=getppid", "-o"]).arg(&file).arg(program).arg("64"));
    assert_eq!(output.stdout, b"ready\ndone\n");
    let trace = std::fs::read_to_string(&file).expect("the trace");
    let whole = trace.lines().filter(|l| l.contains("getppid()") && l.contains(" = ")).count();
    let resumed = trace.lines().filter(|l| l.contains("getppid resumed>")).count();
    assert_eq!(whole + resumed, 64 * 200);
}

#[test]
fn two_thousand_children_leave_nothing_behind() {
    let output =
        run(lariat().args(["trace", "-f", "-o", "/dev/null"]).arg(fixture("forks", &[])).arg("2000"));
    assert_eq!(output.stdout, b"2000\n");
    assert!(output.status.success());
}

#[test]
fn an_exec_by_another_thread_is_followed() {
    let file = trace_file("thread_exec");
    let output = run(lariat().args(["trace", "-f", "-o"]).arg(&file).arg(fixture("thread_exec", &[])));
    assert_eq!(output.stdout, b"from the thread\n");
    let trace = std::fs::read_to_string(&file).expect("the trace");
    assert!(trace.contains("+++ superseded by execve in pid"), "{trace}");
    assert!(trace.ends_with("+++ exited with 0 +++\n"));
}

#[test]
fn calls_that_are_not_asked_for_do_not_stop() {
    let file = trace_file("filtered");
    let asked = ["trace", "-f", "-e", "trace=getppid,execve", "-o"];
    let shown = |option: &str| {
        // A tracer of the tracer counts the stops: each ends with one request to resume.
        let counts = trace_file("filtered.counts");
        let program = fixture("threads", &[]);
        run(Command::new("strace")
            .args(["-c", "-e", "trace=ptrace", "-o"])
            .arg(&counts)
            .args([
                env!("CARGO_BIN_EXE_lariat"),
                "trace",
                "-f",
                option,
                "-e",
                "trace=prctl",
                "-o",
                "/dev/null",
            ])
            .arg(program)
            .args(["2"]));
        let table = std::fs::read_to_string(&counts).expect("the summary");
        let line = table.lines().find(|l| l.ends_with(" ptrace")).expect("requests");
        line.split_whitespace().nth(3).and_then(|n| n.parse::<u64>().ok()).expect("a count")
    };
    let (with, without) = (shown("--seccomp-bpf"), shown("--no-seccomp-bpf"));
    assert!(with * 10 < without, "{with} requests with a filter, {without} without");
    // What is asked for is shown all the same.
    run(lariat().args(asked).arg(&file).arg(fixture("threads", &[])).arg("4"));
    let trace = std::fs::read_to_string(&file).expect("the trace");
    assert_eq!(trace.matches("getppid(").count(), 4 * 200);
    assert_eq!(trace.matches("execve(").count(), 1);
}

#[test]
fn a_filter_of_the_programs_own_hides_nothing() {
    let file = trace_file("own_filter");
    let program = fixture("own_filter", &[]);
    let output =
        run(lariat().args(["trace", "-f", "-e", "trace=getppid,getpgrp", "-o"]).arg(&file).arg(program));
    assert_eq!(output.stdout, b"1 38\n1 38\n");
    let trace = std::fs::read_to_string(&file).expect("the trace");
    assert_eq!(trace.matches("= -1 EPERM (Operation not permitted)").count(), 2, "{trace}");
    assert_eq!(trace.matches("= -1 ENOSYS (Function not implemented)").count(), 2, "{trace}");
}

/// A program with this many sleeping threads, once it is ready.
fn sleepers(count: &str) -> Program {
    let mut program = Command::new(fixture("threads", &[]))
        .args([count, "forever"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the fixture starts");
    let mut line = String::new();
    BufReader::new(program.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("a line");
    assert_eq!(line, "ready\n");
    Program(program)
}

#[test]
fn two_hundred_threads_are_attached_and_let_go() {
    let program = sleepers("200");
    let pid = program.id();
    let tracer = lariat()
        .args(["trace", "-f", "-o", "/dev/null", "-p", &pid.to_string()])
        .stderr(Stdio::piped())
        .spawn()
        .expect("lariat starts");
    let traced = || {
        let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("tasks").flatten();
        tasks
            .filter(|t| {
                let tid = t.file_name().to_string_lossy().parse().unwrap_or(0);
                status_field(tid, "TracerPid:") == tracer.id().to_string()
            })
            .count()
    };
    until("201 traced threads", || traced() == 201);
    signal(tracer.id(), "-TERM");
    finish(tracer);
    assert_eq!(status_field(pid, "TracerPid:"), "0");
    until("it sleeps again", || status_field(pid, "State:").starts_with('S'));
}

#[test]
fn a_stopped_program_stays_stopped_until_sigcont() {
    let file = trace_file("stopped");
    let program = sleepers("1");
    let pid = program.id();
    let mut tracer = lariat()
        .args(["trace", "-o"])
        .arg(&file)
        .args(["-f", "-q", "-p", &pid.to_string()])
        .spawn()
        .expect("lariat");
    until("attached", || status_field(pid, "TracerPid:") != "0");
    signal(pid, "-STOP");
    until("the stop is told", || {
        std::fs::read_to_string(&file).unwrap_or_default().contains("--- stopped by SIGSTOP")
    });
    assert!(status_field(pid, "State:").starts_with(['t', 'T']));
    signal(pid, "-CONT");
    until("it runs", || status_field(pid, "State:").starts_with('S'));
    drop(program);
    assert_eq!(tracer.wait().expect("wait").code(), Some(0));
    let trace = std::fs::read_to_string(&file).expect("the trace");
    assert!(trace.contains("--- SIGCONT {si_signo=SIGCONT"), "{trace}");
    assert!(trace.ends_with("+++ killed by SIGKILL +++\n"), "{trace}");
}

#[test]
fn sigkill_at_any_moment_ends_the_trace() {
    let program = fixture("threads", &[]);
    for round in 0..100u64 {
        let tracer = lariat()
            .args(["trace", "-f", "-o", "/dev/null"])
            .arg(&program)
            .arg("8")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("lariat starts");
        let children = format!("/proc/{0}/task/{0}/children", tracer.id());
        let mut pid = None;
        until("a child, or the end", || {
            pid = std::fs::read_to_string(&children)
                .unwrap_or_default()
                .split_whitespace()
                .next()
                .map(str::to_owned);
            pid.is_some()
        });
        std::thread::sleep(std::time::Duration::from_micros(round * 170));
        if let Some(pid) = pid {
            // It may be gone already.
            let _ = Command::new("kill").args(["-KILL", &pid]).stderr(Stdio::null()).status();
        }
        finish(tracer);
    }
    let program = program.canonicalize().expect("the fixture");
    let mine =
        |path: std::path::PathBuf| std::fs::read_link(path.join("exe")).is_ok_and(|exe| exe == program);
    let left = std::fs::read_dir("/proc").expect("/proc").flatten().filter(|entry| mine(entry.path()));
    assert_eq!(left.count(), 0, "processes of this test are left");
}

#[test]
fn a_closed_output_does_not_harm_the_program() {
    let output =
        run(lariat().args(["trace", "-o", "|exec true", "sh", "-c", "for i in 1 2 3; do echo $i; done"]));
    assert_eq!(output.stdout, b"1\n2\n3\n");
    assert!(output.status.success());
}

#[test]
fn json_lines_are_objects_with_values() {
    let file = trace_file("json");
    run(lariat().args(["trace", "--output-format", "json", "-o"]).arg(&file).arg("true"));
    let trace = std::fs::read_to_string(&file).expect("the trace");
    assert!(trace.lines().all(|l| l.starts_with("{\"type\":\"") && l.ends_with('}')));
    let open = trace.lines().find(|l| l.contains("\"name\":\"openat\"")).expect("an openat");
    assert!(open.contains("{\"name\":\"dfd\"") || open.contains("{\"name\":\"dirfd\""), "{open}");
    assert!(open.contains("\"name\":\"AT_FDCWD\"") && open.contains("\"O_CLOEXEC\""), "{open}");
}

#[test]
fn the_summary_counts_calls_and_errors() {
    let output = run(lariat().args(["trace", "-c"]).arg(fixture("calls", &[])));
    assert_eq!(output.status.code(), Some(7));
    let table = String::from_utf8_lossy(&output.stderr).into_owned();
    let row = table.lines().find(|l| l.ends_with(" unlink")).expect("a row for unlink");
    let cells: Vec<_> = row.split_whitespace().collect();
    assert_eq!((cells[3], cells[4]), ("1", "1"), "one call, one error: {row}");
}
