//! `lariat doctor` of real processes that cannot be traced, one for each reason; and `lariat trace -p`, which must fail
//! with the same words. Yama's rules are tested in the kernel model, since not every kernel has Yama.

mod common;

use common::{Program, finish, fixture, lariat, run, signal, status_field, until};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The user that owns nothing.
const NOBODY: u32 = 65534;

fn is_root() -> bool {
    status_field(std::process::id(), "Uid:").starts_with("0\t")
}

/// A copy of a program where every user may run it, since the build directory may be private.
struct Public(PathBuf);

impl Public {
    fn of(program: &Path, test: &str) -> Self {
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let copy = std::env::temp_dir().join(format!("doctor-{test}-{}-{name}", std::process::id()));
        // Not by this process: a child of another test's would hold it open for writing, and it could not be run.
        let made = Command::new("install").args(["-m", "755"]).args([program, &copy]).status();
        assert!(made.expect("install").success());
        Self(copy)
    }

    fn lariat(test: &str) -> Self {
        Self::of(Path::new(env!("CARGO_BIN_EXE_lariat")), test)
    }

    /// It, run by nobody; only the superuser can do that.
    fn by_nobody(&self) -> Command {
        let mut command = Command::new(&self.0);
        command.env("LC_ALL", "C").stdin(Stdio::null()).current_dir("/").uid(NOBODY).gid(NOBODY);
        command
    }
}

impl Drop for Public {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn sleeper() -> Program {
    Program(Command::new("sleep").arg("1000").spawn().expect("sleep"))
}

/// Starts a program that tells the number of the process it is about.
fn told(command: &mut Command) -> (Program, u32) {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program");
    let mut program = Program(child);
    let mut line = String::new();
    let output = program.0.stdout.take().expect("a pipe");
    BufReader::new(output).read_line(&mut line).expect("a line");
    (program, line.trim().parse().expect("a number"))
}

/// What it said, and its status.
fn said(output: &Output) -> (String, Option<i32>) {
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code())
}

/// Asserts that this lariat may not trace a process, for this reason first; returns all it says.
fn refused(lariat: impl Fn() -> Command, pid: u32, what: &str) -> String {
    let pid = pid.to_string();
    let (text, code) = said(&run(lariat().args(["doctor", "-p", &pid])));
    assert_eq!(code, Some(1), "{text}");
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    assert!(first.starts_with(&format!("process {pid}")) && first.ends_with(" cannot be traced:"), "{text}");
    assert!(lines.next().unwrap_or_default().contains(what), "{text}");
    let traced = run(lariat().args(["trace", "-o", "/dev/null", "-p", &pid]));
    let error = String::from_utf8_lossy(&traced.stderr);
    assert_eq!(traced.status.code(), Some(1), "{error}");
    assert!(error.starts_with("lariat: attach: ") && error.contains(what), "{error}");
    text
}

/// How many things stand in the way.
fn findings(text: &str) -> usize {
    text.lines().filter(|line| line.starts_with("  - ")).count()
}

/// Whether this kernel lets us make user namespaces.
fn has_user_namespaces(test: &str) -> bool {
    let made = Command::new("unshare").args(["-Ur", "true"]).stderr(Stdio::null()).status();
    let works = made.is_ok_and(|status| status.success());
    if !works {
        eprintln!("{test}: skipped, as we may not make user namespaces");
    }
    works
}

#[test]
fn a_process_of_ours_can_be_traced_and_does_not_notice_the_question() {
    let program = sleeper();
    let pid = program.id();
    // In nanosleep or clock_nanosleep, and not on its way there.
    until("it sleeps", || {
        std::fs::read_to_string(format!("/proc/{pid}/syscall"))
            .map_or(true, |call| call.starts_with("35 ") || call.starts_with("230 "))
    });
    let switches = || status_field(pid, "voluntary_ctxt_switches:");
    let before = switches();
    let (text, code) = said(&run(lariat().args(["doctor", "-p", &pid.to_string()])));
    assert_eq!((code, findings(&text)), (Some(0), 0), "{text}");
    assert!(text.starts_with(&format!("process {pid} (sleep) can be traced\n")), "{text}");
    assert_eq!((switches(), status_field(pid, "TracerPid:")), (before, "0".into()));
    let tracer =
        lariat().args(["trace", "-o", "/dev/null", "-p", &pid.to_string()]).stderr(Stdio::null()).spawn();
    let tracer = tracer.expect("lariat");
    until("it is traced", || status_field(pid, "TracerPid:") == tracer.id().to_string());
    signal(tracer.id(), "-TERM");
    finish(tracer);
}

#[test]
fn what_lariat_starts_can_be_traced() {
    let (text, code) = said(&run(lariat().arg("doctor")));
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("what lariat starts can be traced\n"), "{text}");
    assert!(text.contains("PTRACE_SEIZE of a child works"), "{text}");
    match std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope") {
        Ok(scope) => {
            assert!(text.contains(&format!("kernel.yama.ptrace_scope = {}", scope.trim())), "{text}")
        }
        Err(_) => assert!(text.contains("this kernel has no Yama"), "{text}"),
    }
}

#[test]
fn a_process_of_another_user() {
    if is_root() {
        let public = Public::lariat("other_user");
        let program = sleeper();
        let text = refused(
            || public.by_nobody(),
            program.id(),
            "it belongs to user 0 (root), and we are user 65534",
        );
        assert!(text.contains("it belongs to group 0, and we are group 65534"), "{text}");
        assert!(text.contains("CAP_SYS_PTRACE would lift all of this: run lariat as root"), "{text}");
        assert!(text.contains("refuses too"), "{text}");
    } else if status_field(1, "Uid:").starts_with("0\t") {
        refused(lariat, 1, "it belongs to user 0 (root), and we are user ");
    } else {
        eprintln!("a_process_of_another_user: skipped, as none is seen");
    }
}

#[test]
fn a_process_that_is_not_dumpable() {
    let program = fixture("untraceable", &[]);
    let what = "it is not dumpable (a set-user-id program, an unreadable one, or by PR_SET_DUMPABLE)";
    let text = if is_root() {
        let public = Public::lariat("not_dumpable");
        let program = Public::of(&program, "not_dumpable");
        let (_program, pid) = told(program.by_nobody().arg("undumpable"));
        refused(|| public.by_nobody(), pid, what)
    } else {
        let (_program, pid) = told(Command::new(program).arg("undumpable"));
        refused(lariat, pid, what)
    };
    assert_eq!(findings(&text), 1, "{text}");
    assert!(text.contains("CAP_SYS_PTRACE would lift this"), "{text}");
}

#[test]
fn where_proc_does_not_tell_the_kernel_has_the_last_word() {
    // /proc gives the files of the superuser's processes to the superuser, dumpable or not.
    if !is_root() {
        return eprintln!("where_proc_does_not_tell: skipped, as we are not root");
    }
    let powerless = |program: &Path| {
        let mut command = Command::new("setpriv");
        command.args(["--bounding-set=-all", "--inh-caps=-all"]).arg(program);
        command
    };
    let (_program, pid) = told(powerless(&fixture("untraceable", &[])).arg("undumpable"));
    let lariat = || powerless(Path::new(env!("CARGO_BIN_EXE_lariat")));
    let text = refused(lariat, pid, "what /proc shows would allow it: it is not dumpable, ");
    assert!(text.contains("says otherwise than /proc"), "{text}");
}

#[test]
fn a_process_in_another_user_namespace() {
    if !has_user_namespaces("a_process_in_another_user_namespace") {
        return;
    }
    let program = sleeper();
    let inside = || {
        let mut command = Command::new("unshare");
        command.arg("-Ur").arg(env!("CARGO_BIN_EXE_lariat"));
        command
    };
    let text = refused(inside, program.id(), "it is in another user namespace");
    assert_eq!(findings(&text), 1, "{text}");
    // Whoever makes a namespace may trace in it.
    let program = Program(Command::new("unshare").args(["-U", "sleep", "1000"]).spawn().expect("unshare"));
    let pid = program.id();
    until("it sleeps", || common::status_field(pid, "Name:") == "sleep");
    let (text, code) = said(&run(lariat().args(["doctor", "-p", &pid.to_string()])));
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn a_process_with_capabilities_that_we_lack() {
    if !has_user_namespaces("a_process_with_capabilities_that_we_lack") {
        return;
    }
    // Superusers of one namespace both, the one with all capabilities and the other with none.
    let script = "sleep 1000 > /dev/null 2>&1 &
        for command in doctor 'trace -o /dev/null'; do
            setpriv --bounding-set=-all --inh-caps=-all \"$0\" $command -p $! 2>&1; echo $?
        done; kill $!";
    let output =
        run(Command::new("unshare").args(["-Ur", "sh", "-c", script]).arg(env!("CARGO_BIN_EXE_lariat")));
    let (text, _) = said(&output);
    assert_eq!(text.matches("it may use capabilities that we lack: ").count(), 2, "{text}");
    assert_eq!((findings(&text), text.lines().filter(|line| *line == "1").count()), (1, 2), "{text}");
}

#[test]
fn a_process_that_is_traced_already() {
    let program = sleeper();
    let pid = program.id();
    let tracer =
        lariat().args(["trace", "-o", "/dev/null", "-p", &pid.to_string()]).stderr(Stdio::null()).spawn();
    let tracer = Program(tracer.expect("lariat"));
    until("it is traced", || status_field(pid, "TracerPid:") == tracer.id().to_string());
    let text = refused(lariat, pid, &format!("process {} (lariat) is tracing it already", tracer.id()));
    assert!(!text.contains("CAP_SYS_PTRACE would"), "{text}");
}

#[test]
fn a_kernel_thread() {
    // In a container there is none to be seen.
    let comm = std::fs::read_to_string("/proc/2/comm").unwrap_or_default();
    if comm != "kthreadd\n" {
        return eprintln!("a_kernel_thread: skipped, as process 2 is none");
    }
    refused(lariat, 2, "it is a kernel thread");
}

#[test]
fn a_zombie() {
    let (mut program, pid) = told(Command::new(fixture("untraceable", &[])).arg("zombie"));
    until("it is dead", || common::is_dead(pid));
    refused(
        lariat,
        pid,
        &format!("it is dead and waits for its parent, process {} (untraceable", program.id()),
    );
    // Its parent reaps it.
    drop(program.0.stdin.take());
    program.0.wait().expect("wait");
}

#[test]
fn a_process_whose_first_thread_has_ended() {
    let (_program, pid) = told(Command::new(fixture("untraceable", &[])).arg("headless"));
    until("the thread has ended", || common::is_dead(pid));
    refused(lariat, pid, "its first thread has ended");
}

#[test]
fn ptrace_refused_by_a_seccomp_filter() {
    let filter = fixture("untraceable", &[]);
    let program = sleeper();
    for (errno, how) in [("1", "fails (EPERM)"), ("38", "fails (ENOSYS)"), ("0", "kills (SIGSYS)")] {
        let filtered = || {
            let mut command = Command::new(&filter);
            command.args(["filter", errno, env!("CARGO_BIN_EXE_lariat")]);
            command
        };
        let what = format!(
            "the ptrace system call itself {how} here, probably by the seccomp filter that we run under"
        );
        let (text, code) = said(&run(filtered().arg("doctor")));
        assert_eq!((code, findings(&text)), (Some(1), 1), "{text}");
        assert!(text.starts_with("what lariat starts cannot be traced:\n") && text.contains(&what), "{text}");
        let (text, code) = said(&run(filtered().args(["doctor", "-p", &program.id().to_string()])));
        assert_eq!((code, findings(&text)), (Some(1), 1), "{text}");
        assert!(text.contains(&what) && text.contains("--cap-add SYS_PTRACE"), "{text}");
        // The third filter kills whoever tries.
        if errno != "0" {
            let traced = run(filtered().args(["trace", "true"]));
            let error = String::from_utf8_lossy(&traced.stderr);
            assert!(traced.status.code() == Some(1) && error.contains(&what), "{error}");
        }
    }
}

#[test]
fn no_such_process() {
    refused(lariat, i32::MAX as u32, "no process has the id 2147483647");
}

#[test]
fn a_process_that_proc_hides() {
    let script = "mount -t proc -o hidepid=2 proc /proc || exit 77
        for command in doctor 'trace -o /dev/null'; do
            setpriv --reuid=65534 --regid=65534 --clear-groups \"$0\" $command -p $PPID 2>&1; echo $?
        done";
    let public = Public::lariat("hides");
    let output = run(Command::new("unshare").args(["-m", "sh", "-c", script]).arg(&public.0));
    if !is_root() || output.status.code() == Some(77) {
        return eprintln!("a_process_that_proc_hides: skipped, as we may not mount");
    }
    let (text, _) = said(&output);
    assert_eq!(text.matches("/proc hides it from us (hidepid)").count(), 2, "{text}");
    assert_eq!(text.lines().filter(|line| *line == "1").count(), 2, "{text}");
}

#[test]
fn lariat_itself() {
    let script = "exec \"$0\" doctor -p $$";
    let output = run(Command::new("sh").args(["-c", script]).arg(env!("CARGO_BIN_EXE_lariat")));
    let (text, code) = said(&output);
    assert_eq!((code, findings(&text)), (Some(1), 1), "{text}");
    assert!(text.contains("it is lariat itself, and no process traces itself"), "{text}");
}

#[test]
fn a_tracer_that_follows_us_has_our_children_first() {
    let output = run(lariat()
        .args(["trace", "-f", "-o", "/dev/null"])
        .arg(env!("CARGO_BIN_EXE_lariat"))
        .arg("doctor"));
    let (text, code) = said(&output);
    assert_eq!((code, findings(&text)), (Some(1), 1), "{text}");
    assert!(text.contains("(lariat) is tracing it already"), "{text}");
}

#[test]
fn one_that_cannot_be_traced_among_several_counts() {
    let program = sleeper();
    let pids = format!("{},2147483647", program.id());
    let (text, code) = said(&run(lariat().args(["doctor", "-p", &pids])));
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains(" (sleep) can be traced\n") && text.contains("2147483647 cannot be traced:\n"),
        "{text}"
    );
}

#[test]
fn the_model_and_the_kernel_agree_on_who_may_trace_whom() {
    let mut identities: Vec<&[&str]> = vec![&[]];
    if has_user_namespaces("the_model_and_the_kernel_agree") {
        identities.extend([
            &["unshare", "-U"][..],
            &["unshare", "-Ur"],
            &["unshare", "-Ur", "unshare", "-Ur"],
        ]);
    }
    const NOBODY: [&str; 4] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let nobody_with = |words: &[&'static str]| [&NOBODY[..], words].concat();
    let nobodies = [
        nobody_with(&[]),
        nobody_with(&["unshare", "-Ur"]),
        nobody_with(&["--inh-caps=+kill", "--ambient-caps=+kill"]),
        nobody_with(&["--inh-caps=+sys_ptrace", "--ambient-caps=+sys_ptrace"]),
    ];
    if is_root() {
        identities.extend(nobodies.iter().map(Vec::as_slice));
        identities.extend([
            &["setpriv", "--bounding-set=-all", "--inh-caps=-all"][..],
            &["setpriv", "--reuid=65534", "--keep-groups"],
            &["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"],
            &["setpriv", "--ruid=65534", "--euid=1000", "--regid=65534", "--clear-groups"],
            &["setpriv", "--reuid=65534", "--rgid=65534", "--egid=1000", "--clear-groups"],
        ]);
    }
    let start = |words: &[&str], program: &[&str]| {
        let words = [words, program].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir("/").stdin(Stdio::null());
        command
    };
    let targets: Vec<Program> = identities
        .iter()
        .map(|words| Program(start(words, &["sleep", "1000"]).spawn().expect("a target")))
        .collect();
    for target in &targets {
        until("it sleeps", || status_field(target.id(), "Name:") == "sleep");
    }
    let pids: Vec<String> = targets.iter().map(|target| target.id().to_string()).collect();
    let pids = pids.join(",");
    let public = Public::lariat("agree");
    let (mut allowed, mut forbidden) = (0, 0);
    for words in &identities {
        let (text, _) = said(&run(&mut start(words, &[&public.0.to_string_lossy(), "doctor", "-p", &pids])));
        assert!(!text.contains("suggests"), "as {words:?}:\n{text}");
        // Namespaces with the same map cannot be told apart from within one of them.
        let doubts = text.matches("says otherwise").count();
        assert_eq!(text.matches("it is in another user namespace where users").count(), doubts, "{text}");
        assert!(doubts == 0 || words.contains(&"unshare"), "as {words:?}:\n{text}");
        allowed += text.matches(" can be traced\n").count();
        forbidden += text.matches(" cannot be traced:\n").count();
    }
    assert_eq!(allowed + forbidden, identities.len() * identities.len());
    eprintln!("{allowed} may, {forbidden} may not");
}
