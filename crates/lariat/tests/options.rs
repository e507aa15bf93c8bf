//! Options of `lariat trace` that change who runs, where the trace goes and in which notation.

mod common;

use common::{Program, finish, fixture, lariat, run, signal, status_field, trace_file, until};
use serde_json::Value;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

/// The lines of a JSON trace of this program under these options.
fn json(name: &str, options: &[&str], program: &[&str]) -> Vec<Value> {
    let file = trace_file(name);
    let mut command = lariat();
    run(command.args(["trace", "--output-format", "json"]).args(options).arg("-o").arg(&file).args(program));
    let trace = std::fs::read_to_string(&file).expect("the trace");
    trace.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

#[test]
fn json_has_values_and_not_text() {
    let lines = json("json_values", &[], &["cat", "/etc/hostname"]);
    let open = lines.iter().rfind(|line| line["name"] == "openat").expect("an openat");
    assert_eq!(open["type"], "syscall");
    assert_eq!((&open["abi"], &open["number"]), (&"x86_64".into(), &257.into()));
    assert_eq!(open["args"][0]["value"]["name"], "AT_FDCWD");
    assert_eq!(open["args"][1]["value"], "/etc/hostname");
    assert_eq!(open["args"][2]["value"]["parts"][0], "O_RDONLY");
    assert_eq!(open["result"], 3);
    assert!(open["time"].as_f64().expect("seconds") > 1.7e9);
    assert!(open["duration_ns"].as_u64().expect("nanoseconds") > 0);
    let last = lines.last().expect("a line");
    assert_eq!((&last["type"], &last["status"]), (&"exited".into(), &0.into()));
}

#[test]
fn json_has_signals_deaths_errors_and_what_was_tampered_with() {
    let lines = json("json_signals", &[], &["sh", "-c", "trap '' USR1; kill -USR1 $$; kill -TERM $$"]);
    let signals: Vec<_> = lines.iter().filter(|line| line["type"] == "signal").collect();
    assert_eq!(signals.len(), 2);
    assert_eq!((&signals[0]["signal"], &signals[0]["number"]), (&"SIGUSR1".into(), &10.into()));
    assert_eq!(signals[0]["info"]["si_code"]["name"], "SI_USER");
    let last = lines.last().expect("a line");
    assert_eq!((&last["type"], &last["signal"]), (&"killed".into(), &"SIGTERM".into()));
    assert_eq!(last["core_dumped"], false);

    let inject = "inject=getppid:error=ENOENT:delay_exit=1";
    let io = fixture("io", &[]);
    let options = ["-e", inject, "-e", "read=all", "-e", "trace=getppid,read"];
    let lines = json("json_tampered", &options, &[io.to_str().expect("UTF-8")]);
    let call = lines.iter().find(|line| line["name"] == "getppid").expect("a getppid");
    assert_eq!(
        (&call["result"], &call["error"], &call["errno"]),
        (&Value::Null, &"ENOENT".into(), &2.into())
    );
    assert_eq!((&call["injected"], &call["delayed"]), (&true.into(), &true.into()));
    let read = lines.iter().rfind(|line| line["name"] == "read" && line["result"] == 5).expect("a read");
    assert_eq!(read["dump"][0], "68656c6c6f", "hello");
}

#[test]
fn the_program_is_the_callers_child_when_the_tracer_is_daemonized() {
    for level in ["-D", "-DD", "-DDD"] {
        let file = trace_file(&format!("daemon{level}"));
        let script = "echo $PPID; grep TracerPid /proc/self/status; exit 9";
        let output = run(lariat().args(["trace", level, "-f", "-o"]).arg(&file).args(["sh", "-c", script]));
        assert_eq!(output.status.code(), Some(9));
        let said = String::from_utf8(output.stdout).expect("UTF-8");
        let mut lines = said.lines();
        assert_eq!(lines.next(), Some(std::process::id().to_string().as_str()), "our own child");
        assert_ne!(lines.next(), Some("TracerPid:\t0"));
        until("the tracer has written its last line", || {
            std::fs::read_to_string(&file).unwrap_or_default().ends_with("+++ exited with 9 +++\n")
        });
    }
}

#[test]
fn a_terminated_tracer_ends_the_program_it_started_and_lets_an_attached_one_go() {
    // To standard error: what tells the signals apart is -o.
    for options in [&["-f"][..], &["-f", "-e", "trace=openat"]] {
        let tracer = lariat()
            .arg("trace")
            .args(options)
            .args(["sleep", "1000"])
            .stderr(Stdio::null())
            .spawn()
            .expect("lariat");
        let children = format!("/proc/{0}/task/{0}/children", tracer.id());
        let mut pid = 0;
        until("the program sleeps", || {
            let child = std::fs::read_to_string(&children).unwrap_or_default();
            pid = child.trim().parse().unwrap_or(0);
            let comm = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            comm == "sleep\n" && status_field(pid, "State:").starts_with('S')
        });
        signal(tracer.id(), "-TERM");
        assert_eq!(finish(tracer).status.signal(), Some(15), "{options:?}");
        until("the program is gone", || common::is_dead(pid));
    }
    let program = Program(Command::new("sleep").arg("1000").spawn().expect("sleep"));
    let tracer = lariat()
        .args(["trace", "-p", &program.id().to_string()])
        .stderr(Stdio::piped())
        .spawn()
        .expect("lariat");
    until("it is traced", || status_field(program.id(), "TracerPid:") == tracer.id().to_string());
    signal(tracer.id(), "-INT");
    let output = finish(tracer);
    assert_eq!(output.status.signal(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("detached"), "{said}");
    until("it sleeps untraced", || {
        status_field(program.id(), "TracerPid:") == "0"
            && status_field(program.id(), "State:").starts_with('S')
    });
}

#[test]
fn with_a_file_the_tracer_stays_whatever_comes() {
    let file = trace_file("stays");
    let tracer = lariat()
        .args(["trace", "-o"])
        .arg(&file)
        .args(["sh", "-c", "echo ready; read line; exit 4"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut tracer = tracer.expect("lariat");
    let mut byte = [0];
    let output = tracer.stdout.as_mut().expect("a pipe");
    std::io::Read::read_exact(output, &mut byte).expect("the program is ready");
    signal(tracer.id(), "-TERM");
    signal(tracer.id(), "-INT");
    drop(tracer.stdin.take());
    assert_eq!(finish(tracer).status.code(), Some(4));
}

#[test]
fn a_trace_that_cannot_be_written_is_said_once_and_the_program_goes_on() {
    let output = run(lariat().args(["trace", "-o", "/dev/full", "sh", "-c", "echo one; echo two"]));
    assert_eq!(output.stdout, b"one\ntwo\n");
    assert!(output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(said.matches("the trace cannot be written: No space left on device").count(), 1, "{said}");
}

#[test]
fn a_closed_standard_error_does_not_harm_the_program() {
    let command = "exec \"$0\" trace sh -c 'echo one; exit 3' 2>&-";
    let output = run(Command::new("sh").args(["-c", command, env!("CARGO_BIN_EXE_lariat")]));
    assert_eq!((output.stdout.as_slice(), output.status.code()), (&b"one\n"[..], Some(3)));
    // The reader goes away after the first line.
    let command = "\"$0\" trace sh -c 'echo $((1 + 1)) >&3' 2>&1 >/dev/null | head -n 1";
    let mut shell = Command::new("sh");
    let output = run(shell.args(["-c", &format!("({command}) 3>&1"), env!("CARGO_BIN_EXE_lariat")]));
    assert!(String::from_utf8_lossy(&output.stdout).contains("2\n"));
}

#[test]
fn the_program_inherits_what_it_would_without_a_tracer() {
    // Ignored signals, open descriptors, limits, and the seccomp state without a filter.
    let script = "trap '' PIPE HUP; exec \"$@\" sh -c 'grep -E \"^(Sig[PBIC]|Seccomp|NoNew)\" /proc/self/status; ls /proc/self/fd'";
    let seen = |words: &[&str]| {
        let output = run(Command::new("sh").args(["-c", script, "sh"]).args(words));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let alone = seen(&["env"]);
    let traced = seen(&[env!("CARGO_BIN_EXE_lariat"), "trace", "-f", "-o", "/dev/null"]);
    assert!(alone.contains("SigIgn"), "{alone}");
    assert_eq!(alone, traced);
}

#[test]
fn descriptors_that_were_closed_stay_closed() {
    let script = "\"$@\" cat <&-; echo $?; \"$@\" echo x >&-; echo $?";
    let seen = |words: &[&str]| {
        let output = run(Command::new("sh").args(["-c", script, "sh"]).args(words));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let traced = seen(&[env!("CARGO_BIN_EXE_lariat"), "trace", "-o", "/dev/null"]);
    assert_eq!(seen(&["env"]), traced);
    assert_eq!(traced, "1\n1\n", "neither can be used");
}

#[test]
fn of_a_list_of_processes_those_that_are_there_are_attached() {
    let program = common::Program(Command::new("sleep").arg("1000").spawn().expect("sleep"));
    let tracer = lariat()
        .args(["trace", "-I2", "-o", "/dev/null", "-p", &format!("1073741824,{}", program.id())])
        .stderr(Stdio::piped())
        .spawn()
        .expect("lariat");
    until("it is traced", || status_field(program.id(), "TracerPid:") == tracer.id().to_string());
    signal(tracer.id(), "-TERM");
    let said = String::from_utf8_lossy(&finish(tracer).stderr).into_owned();
    assert!(said.contains("no process has the id 1073741824"), "{said}");
    // And a program is started whoever is not there.
    let output = run(lariat().args(["trace", "-o", "/dev/null", "-p", "1073741824", "echo", "started"]));
    assert_eq!((output.stdout.as_slice(), output.status.code()), (&b"started\n"[..], Some(0)));
}

#[test]
fn json_keeps_bytes_that_are_no_text_and_sums_up_in_json() {
    let lines = json("json_bytes", &["-e", "trace=openat", "-C"], &["sh", "-c", "true"]);
    assert!(lines.iter().all(|line| line["type"] != "syscall" || line["name"] == "openat"));
    let summary = lines.last().expect("a line");
    assert_eq!((&summary["type"], &summary["name"]), (&"summary".into(), &"openat".into()));
    let name = OsString::from_vec(b"/\xe9".to_vec());
    let file = trace_file("json_latin");
    let mut command = lariat();
    run(command
        .args(["trace", "--output-format", "json", "-e", "trace=openat", "-o"])
        .arg(&file)
        .arg("cat")
        .arg(name));
    let trace = std::fs::read_to_string(&file).expect("the trace");
    assert!(trace.contains("{\"name\":\"pathname\",\"value\":{\"hex\":\"2fe9\"}}"), "{trace}");
    assert!(trace.contains("{\"number\":-100,\"name\":\"AT_FDCWD\"}"), "{trace}");
}

#[test]
fn the_user_is_changed_for_the_program() {
    if !run(Command::new("id").arg("-u")).stdout.starts_with(b"0\n") {
        let output = run(lariat().args(["trace", "-u", "nobody", "true"]));
        assert!(String::from_utf8_lossy(&output.stderr).contains("You must be root to use the -u option"));
        return;
    }
    let output = run(lariat().args(["trace", "-o", "/dev/null", "-u", "nobody", "id", "-un"]));
    assert_eq!(output.stdout, b"nobody\n");
    let output = run(lariat().args(["trace", "-u", "no-such-user", "true"]));
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("Cannot find user 'no-such-user'"));
}

#[test]
fn delays_of_one_task_do_not_hold_up_another() {
    let file = trace_file("delays");
    // The sleep of one child is delayed; the other one ends meanwhile.
    let script = "(exec sleep 0.01) & (exec true) & wait";
    let inject = "inject=clock_nanosleep:delay_enter=300ms";
    let output =
        run(lariat().args(["trace", "-f", "-e", inject, "-o"]).arg(&file).args(["bash", "-c", script]));
    assert!(output.status.success());
    let trace = std::fs::read_to_string(&file).expect("the trace");
    let sleeper = trace.lines().position(|line| line.contains("(DELAYED)")).expect("a delayed call");
    let others = trace.lines().position(|line| line.contains("+++ exited")).expect("an end");
    assert!(others < sleeper, "{trace}");
}
