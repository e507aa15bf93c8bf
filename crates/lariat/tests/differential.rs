//! Real strace and `lariat trace` on the same programs, line by line.
//!
//! What differs from run to run (addresses, ids, times, random bytes, device and inode numbers) is made
//! the same before the comparison. Known differences, which are made the same too:
//! - strace has `???` for some calls newer than itself; no program here makes one.

mod common;

use common::{fixture, run, trace_file};
use regex::Regex;
use std::ffi::OsStr;
use std::process::Command;
use std::sync::LazyLock;

static NORMAL: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        // Addresses, and what depends on them.
        (r"0x[0-9a-f]{6,}", "ADDR"),
        (r"NULL\) += ADDR", "NULL) = ADDR"),
        (r"/\* \d+ vars \*/", "/* N vars */"),
        // Random bytes and ids.
        (r#"getrandom\("[^"]*""#, "getrandom(BYTES"),
        (r"\b(getpid|gettid|getppid|set_tid_address|fork|vfork)\(([^)]*)\) += \d+", "$1($2) = ID"),
        (r"(tgkill|kill|rt_sigqueueinfo)\(\d+, (?:\d+, )?", "$1(ID, "),
        (r"\bpid=\d+", "pid=ID"),
        (r"si_pid=\d+", "si_pid=ID"),
        (r"si_[us]time=\d+", "si_time=N"),
        // The column differs where a number's length does.
        (r"\) +=", ") ="),
        (r"\b(clone|wait4)\((.*)\) = \d+", "$1($2) = ID"),
        (r"f_(bfree|bavail|ffree)=\d+", "f_$1=N"),
        (r"(pipe|socket):\[\d+\]", "$1:[N]"),
        (r"sysinfo\(\{.*\}\)", "sysinfo(STRUCT)"),
        (r"st_(ino|dev|mtime|atime|ctime|size|blocks)=[^,}]*", "st_$1=N"),
    ]
    .into_iter()
    .map(|(pattern, with)| (Regex::new(pattern).expect("a pattern"), with))
    .collect()
});

fn normal(trace: &str) -> Vec<String> {
    trace
        .lines()
        .map(|line| {
            NORMAL.iter().fold(line.to_owned(), |l, (re, with)| re.replace_all(&l, *with).into_owned())
        })
        .collect()
}

fn compare(name: &str, options: &[&str], program: &[&OsStr]) {
    let (theirs, ours) = (trace_file(&format!("{name}.strace")), trace_file(&format!("{name}.lariat")));
    // The same descriptors are open in both: none but the standard ones.
    let strace = Command::new("strace").arg("-V").output();
    assert!(strace.is_ok(), "strace is needed (Debian package strace)");
    let mut strace = Command::new("strace");
    strace.env("LC_ALL", "C").stdin(std::process::Stdio::null());
    let expected = run(strace.args(options).arg("-o").arg(&theirs).args(program));
    let mut lariat = common::lariat();
    let output = run(lariat.arg("trace").args(options).arg("-o").arg(&ours).args(program));
    assert_eq!(output.status.code(), expected.status.code(), "{name}: exit status");
    assert_eq!(output.stdout, expected.stdout, "{name}: the program's output");
    let read = |file| String::from_utf8_lossy(&std::fs::read(file).expect("a trace")).into_owned();
    let (theirs, ours) = (normal(&read(&theirs)), normal(&read(&ours)));
    let different: Vec<_> = theirs.iter().zip(&ours).filter(|(a, b)| a != b).take(8).collect();
    assert!(different.is_empty(), "{name}: strace's line and ours: {different:#?}");
    assert_eq!(theirs.len(), ours.len(), "{name}: number of lines");
}

#[test]
fn a_fixture_with_many_kinds_of_calls() {
    compare("calls", &[], &[fixture("calls", &[]).as_os_str()]);
}

#[test]
fn the_same_fixture_as_a_32_bit_program() {
    compare("calls32", &["-e", "quiet=personality"], &[fixture("calls", &["-m32"]).as_os_str()]);
}

/// A fixture of one family of calls, as a program of both ABIs.
fn compare_family(family: &str) {
    compare(family, &[], &[fixture(family, &[]).as_os_str()]);
    let options = ["-e", "quiet=personality"];
    compare(&format!("{family}32"), &options, &[fixture(family, &["-m32"]).as_os_str()]);
}

#[test]
fn socket_calls() {
    compare_family("sockets");
}

#[test]
fn signal_calls() {
    compare_family("signals");
}

#[test]
fn ipc_calls() {
    compare_family("ipc");
}

#[test]
fn structures_that_grew() {
    compare_family("attributes");
}

#[test]
fn ioctl_commands() {
    compare_family("ioctls");
}

#[test]
fn verbose_and_raw_notations() {
    let calls = fixture("calls", &[]);
    compare("xx", &["-xx", "-s", "8"], &[calls.as_os_str()]);
    compare("failed", &["-Z"], &[calls.as_os_str()]);
    compare("y", &["-y"], &[calls.as_os_str()]);
    let ioctls = fixture("ioctls", &[]);
    for notation in ["raw", "verbose"] {
        compare(&format!("X{notation}"), &["-X", notation], &[calls.as_os_str()]);
        compare(&format!("Xioctls{notation}"), &["-X", notation], &[ioctls.as_os_str()]);
    }
    compare("class", &["-e", "trace=%desc"], &[calls.as_os_str()]);
}

#[test]
fn ordinary_programs() {
    // `python3` may be a shell script that finds the real one, with children whose timing differs.
    let found = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
    let python = String::from_utf8(found.expect("python3 is needed").stdout).expect("a path");
    for (name, words) in [
        ("true", &["true"][..]),
        ("ls", &["ls", "-l", "/usr/share/common-licenses"]),
        ("cat", &["cat", "/etc/debian_version"]),
        ("head", &["head", "-c", "5", "/etc/passwd"]),
        ("python3", &[python.trim(), "-S", "-c", "import os; os.stat('/'); print(sum(range(10)))"]),
        ("bash", &["bash", "--norc", "-c", "type -t cd; echo $((1 + 2)); read x < /etc/debian_version"]),
        ("git", &["git", "--version"]),
        ("cc1", &["gcc", "--version"]),
        ("find", &["find", "/usr/share/common-licenses", "-type", "f"]),
        ("sh", &["sh", "-c", "cd /; test -f /etc/passwd && echo yes"]),
    ] {
        let words: Vec<&OsStr> = words.iter().map(OsStr::new).collect();
        compare(name, &[], &words);
    }
}
