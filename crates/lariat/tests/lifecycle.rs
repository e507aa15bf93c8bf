//! Processes that stop, multiply and die under trace: nothing is left behind, nothing is changed.

mod common;

use common::{Program, finish, fixture, lariat, run, signal, status_field, trace_file, until};
use std::process::{Command, Stdio};

#[test]
fn a_build_of_many_processes_is_the_same_under_trace() {
    // Each of 300 targets is a shell that starts two programs: 901 processes, four at a time.
    let makefile = trace_file("makefile");
    let targets: String = (0..300)
        .map(|i| format!("t{i}:\n\t@sh -c '/bin/true; expr {i} + 1 > /dev/null; exit 0'\n"))
        .collect();
    let all: Vec<String> = (0..300).map(|i| format!("t{i}")).collect();
    let text = format!("all: {}\n\t@echo built; exit 3\n{targets}", all.join(" "));
    std::fs::write(&makefile, text).expect("a makefile");
    let words = ["make", "-j4", "-f", makefile.to_str().expect("UTF-8")];
    let alone = run(Command::new(words[0]).args(&words[1..]));
    let file = trace_file("make");
    let traced = run(lariat().args(["trace", "-f", "-o"]).arg(&file).args(words));
    assert_eq!(traced.status.code(), alone.status.code());
    assert_eq!(traced.stdout, alone.stdout);
    assert_eq!(traced.stderr, alone.stderr);
    let trace = std::fs::read_to_string(&file).expect("the trace");
    let started = trace.matches(" execve(").count();
    let ended = trace.matches("+++ exited with").count();
    assert!(started > 900 && ended > 900, "{started} programs, {ended} ends");
    assert_eq!(trace.matches("<unfinished ...>\n").count(), trace.matches(" resumed>").count());
}

#[test]
fn a_program_that_was_stopped_before_is_left_stopped() {
    let program = Program(Command::new("sleep").arg("1000").spawn().expect("sleep"));
    let pid = program.id();
    signal(pid, "-STOP");
    until("it is stopped", || status_field(pid, "State:").starts_with('T'));
    let file = trace_file("stopped_before");
    let tracer = lariat()
        .args(["trace", "-I2", "-o"])
        .arg(&file)
        .args(["-p", &pid.to_string()])
        .stderr(Stdio::null())
        .spawn()
        .expect("lariat");
    until("the stop is told", || {
        std::fs::read_to_string(&file).unwrap_or_default().contains("--- stopped by SIGSTOP ---")
    });
    signal(tracer.id(), "-TERM");
    finish(tracer);
    assert_eq!(status_field(pid, "TracerPid:"), "0");
    // The kernel wakes it to end the trap, and it stops again by itself.
    until("it is stopped as before", || status_field(pid, "State:").starts_with('T'));
    signal(pid, "-CONT");
    until("it sleeps again", || status_field(pid, "State:").starts_with('S'));
}

#[test]
fn a_tracer_that_is_killed_leaves_the_program_running() {
    // In front of `sleep`, a shell that tells its id, which exec keeps.
    let mut tracer = lariat()
        .args(["trace", "-f", "-o", "/dev/null", "sh", "-c", "echo $$; exec sleep 1000"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("lariat");
    let mut line = String::new();
    let output = tracer.stdout.take().expect("a pipe");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).expect("a line");
    let pid: u32 = line.trim().parse().expect("an id");
    until("it sleeps", || {
        std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default() == "sleep\n"
            && status_field(pid, "State:").starts_with('S')
    });
    tracer.kill().expect("kill");
    tracer.wait().expect("wait");
    until("it has no tracer", || status_field(pid, "TracerPid:") == "0");
    assert!(status_field(pid, "State:").starts_with('S'), "it sleeps on");
    signal(pid, "-KILL");
    until("it is gone", || common::is_dead(pid));
}

#[test]
fn threads_that_come_and_go_while_they_are_attached_are_all_let_go() {
    let churn = Command::new(fixture("churn", &[])).stdout(Stdio::piped()).spawn();
    let mut program = Program(churn.expect("the fixture"));
    let pid = program.id();
    for _ in 0..20 {
        let tracer = lariat()
            .args(["trace", "-f", "-I2", "-o", "/dev/null", "-p", &pid.to_string()])
            .stderr(Stdio::null())
            .spawn()
            .expect("lariat");
        until("it is traced", || status_field(pid, "TracerPid:") == tracer.id().to_string());
        signal(tracer.id(), "-TERM");
        finish(tracer);
        for task in std::fs::read_dir(format!("/proc/{pid}/task")).expect("it lives").flatten() {
            let tid = task.file_name().to_string_lossy().parse().unwrap_or(0);
            assert!(matches!(status_field(tid, "TracerPid:").as_str(), "0" | ""), "thread {tid}");
        }
    }
    assert!(program.0.try_wait().expect("wait").is_none(), "it still runs");
}

#[test]
fn threads_subprocesses_and_job_control_are_the_same_under_trace() {
    let python = "import subprocess, threading\n\
                  def work(n): print(n, subprocess.run(['expr', str(n), '+', '1'], capture_output=True).stdout)\n\
                  threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]\n\
                  for t in threads: t.start(); t.join()";
    let jobs = "set -m; sleep 1000 & kill -STOP $!; wait $!; echo $?; jobs; kill -TERM %1; kill -CONT %1; wait %1; echo $?; \
                echo a b | tr a-z A-Z | cat; (exit 4)";
    for words in [&["python3", "-c", python][..], &["bash", "--norc", "-c", jobs]] {
        let alone = run(Command::new(words[0]).args(&words[1..]));
        let traced = run(lariat().args(["trace", "-f", "-o", "/dev/null"]).args(words));
        assert_eq!(String::from_utf8_lossy(&traced.stdout), String::from_utf8_lossy(&alone.stdout));
        assert_eq!(traced.status.code(), alone.status.code());
        assert!(!alone.stdout.is_empty());
    }
}

#[test]
fn no_thread_starves() {
    let fair = fixture("fair", &[]);
    let output = run(lariat().args(["trace", "-f", "-o", "/dev/null"]).arg(fair).arg("12"));
    let least: u32 = String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number");
    // The last thread may be made late; one that is never looked at has a handful.
    assert!(least > 300, "{least} calls against 3000");
}

#[test]
fn a_call_that_blocks_is_shown_in_a_file_of_its_own_too() {
    let prefix = trace_file("blocking");
    let tracer = lariat()
        .args(["trace", "-ff", "-o"])
        .arg(&prefix)
        .args(["sh", "-c", "echo $$; read line; exit 0"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut tracer = tracer.expect("lariat");
    let mut line = String::new();
    let output = tracer.stdout.take().expect("a pipe");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).expect("a line");
    let file = format!("{}.{}", prefix.display(), line.trim());
    let trace = || std::fs::read_to_string(&file).unwrap_or_default();
    until("the read is shown", || trace().ends_with("read(0, "));
    drop(tracer.stdin.take());
    assert!(finish(tracer).status.success());
    assert!(
        trace().contains("read(0, \"\", 1)") && trace().ends_with("+++ exited with 0 +++\n"),
        "{}",
        trace()
    );
}
