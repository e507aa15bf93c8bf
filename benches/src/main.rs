//! Lariat beside its peers: nanoseconds per call, all in one run, medians of interleaved rounds.
//!
//! Run `cargo build --release && cargo run --release -p lariat-bench`. The program under trace is this one, with
//! the name of a workload as its argument. The reference is the bare loop: wait, PTRACE_SYSCALL, nothing
//! else, in the best of three placements.
#![allow(unsafe_code, reason = "the bare loop is made of raw system calls")]

use std::ffi::CString;
use std::fs::File;
use std::hint::black_box;
use std::io::Read;
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

const ROUNDS: usize = 5;
/// Name, how often, calls each time.
const WORKLOADS: [(&str, u32, u32); 3] =
    [("getppid", 20_000, 1), ("readwrite", 10_000, 2), ("openclose", 10_000, 2)];
/// A workload that does not stop is run this much longer, to be measurable.
const LONGER: u32 = 50;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let [_, workload, count] = args.as_slice() {
        println!("{}", work(workload, count.parse().unwrap_or(0)));
        return;
    }
    let own = std::env::current_exe().expect("this program has a path");
    let lariat = own.with_file_name("lariat");
    assert!(lariat.exists(), "build it first: cargo build --release");
    println!("nanoseconds per call, median of {ROUNDS} rounds (ratio to the best bare loop)\n");
    println!(
        "{:<12}{:>10}{:>26}{:>15}{:>15}{:>15}",
        "", "untraced", "bare pinned/free/spin", "lariat", "strace", "strace pinned"
    );
    let mut passed = Vec::new();
    for (workload, count, calls) in WORKLOADS {
        let own = own.to_str().expect("a path in UTF-8");
        let (short, long) = (count.to_string(), (count * LONGER).to_string());
        let program = [own, workload, &short];
        let longer = [own, workload, &long];
        let mut times = vec![Vec::new(); 8];
        for _ in 0..ROUNDS {
            times[0].push(own_time(Command::new(own).args(&longer[1..])) / f64::from(LONGER));
            for (i, placement) in
                [Placement::Pinned, Placement::Free, Placement::Spinning].into_iter().enumerate()
            {
                times[1 + i].push(bare_loop(&program, placement));
            }
            let lariat = |options: &[&str], program: [&str; 3]| {
                own_time(Command::new(&lariat).args(["trace", "-o", "/dev/null"]).args(options).args(program))
            };
            times[4].push(lariat(&[], program));
            times[5].push(own_time(Command::new("strace").args(["-o", "/dev/null"]).args(program)));
            let pinned = ["-c", "0", "strace", "-o", "/dev/null"];
            times[6].push(own_time(Command::new("taskset").args(pinned).args(program)));
            times[7].push(lariat(&["-f", "-e", "trace=execve"], longer) / f64::from(LONGER));
        }
        let per_call = f64::from(count) * f64::from(calls);
        let ns: Vec<f64> = times.iter_mut().map(|t| median(t) / per_call).collect();
        let best = ns[1..4].iter().copied().fold(f64::INFINITY, f64::min);
        let with_ratio = |t: f64| if t.is_nan() { "-".into() } else { format!("{t:.0} ({:.2})", t / best) };
        println!(
            "{workload:<12}{:>10.0}{:>26}{:>15}{:>15}{:>15}",
            ns[0],
            format!("{:.0}/{:.0}/{:.0}", ns[1], ns[2], ns[3]),
            with_ratio(ns[4]),
            with_ratio(ns[5]),
            with_ratio(ns[6]),
        );
        passed.push(format!("{workload} {:.0} ({:.2})", ns[7], ns[7] / ns[0]));
    }
    println!("\nnot asked for, with -f (ratio to untraced): {}", passed.join(", "));
    let find = ["find", "/usr", "-type", "f"];
    let mut whole = vec![Vec::new(); 3];
    for _ in 0..ROUNDS.min(3) {
        whole[0].push(timed(Command::new(find[0]).args(&find[1..])));
        whole[1].push(timed(Command::new(&lariat).args(["trace", "-o", "/dev/null"]).args(find)));
        whole[2].push(timed(Command::new("strace").args(["-o", "/dev/null"]).args(find)));
    }
    let s: Vec<f64> = whole.iter_mut().map(|t| median(t) / 1e9).collect();
    println!("find /usr -type f, seconds: untraced {:.2}, lariat {:.2}, strace {:.2}", s[0], s[1], s[2]);
    println!("peak memory of lariat on it: {} KiB", peak_memory(&lariat, &find));
}

/// The calls under trace; how many nanoseconds they took.
fn work(workload: &str, count: u32) -> u128 {
    let zero = File::open("/dev/zero").expect("/dev/zero");
    let null = File::options().write(true).open("/dev/null").expect("/dev/null");
    let path = CString::new("/dev/null").expect("no NUL");
    let mut byte = [0u8];
    let start = Instant::now();
    for _ in 0..count {
        // SAFETY: the pointers are to memory that lives through the call.
        unsafe {
            match workload {
                "getppid" => drop(black_box(libc::syscall(libc::SYS_getppid))),
                "readwrite" => {
                    libc::read(zero.as_raw_fd(), byte.as_mut_ptr().cast(), 1);
                    libc::write(null.as_raw_fd(), byte.as_ptr().cast(), 1);
                }
                _ => drop(black_box(libc::close(libc::open(path.as_ptr(), libc::O_RDONLY)))),
            }
        }
    }
    start.elapsed().as_nanos()
}

/// Nanoseconds that a traced workload says it took; NaN if the tracer is not installed.
fn own_time(command: &mut Command) -> f64 {
    match command.stderr(Stdio::inherit()).output() {
        Ok(output) => {
            assert!(output.status.success(), "{command:?}: {}", output.status);
            said(&output.stdout)
        }
        Err(_) => f64::NAN,
    }
}

/// The number that a workload printed.
fn said(text: &[u8]) -> f64 {
    std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .expect("a workload prints its time")
}

/// Nanoseconds of a whole command; NaN if it cannot be started.
fn timed(command: &mut Command) -> f64 {
    let start = Instant::now();
    match command.stdout(Stdio::null()).stderr(Stdio::null()).status() {
        Ok(status) => {
            assert!(status.success(), "{command:?}: {status}");
            start.elapsed().as_nanos() as f64
        }
        Err(_) => f64::NAN,
    }
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Where tracer and tracee run.
#[derive(Clone, Copy, PartialEq)]
enum Placement {
    /// Both on processor 0.
    Pinned,
    /// Where the kernel likes.
    Free,
    /// The same, the tracer never sleeping.
    Spinning,
}

/// Traces the program in the barest way; the nanoseconds it says it took.
fn bare_loop(program: &[&str; 3], placement: Placement) -> f64 {
    let (mut output, input) = std::io::pipe().expect("a pipe");
    let args: Vec<CString> = program.iter().map(|a| CString::new(*a).expect("no NUL")).collect();
    let pointers: Vec<_> = args.iter().map(|a| a.as_ptr()).chain([std::ptr::null()]).collect();
    // SAFETY: plain system calls on memory prepared before; the child only execs.
    unsafe {
        let mut before: libc::cpu_set_t = std::mem::zeroed();
        libc::sched_getaffinity(0, size_of_val(&before), &raw mut before);
        if placement == Placement::Pinned {
            let mut one: libc::cpu_set_t = std::mem::zeroed();
            libc::CPU_SET(0, &mut one);
            libc::sched_setaffinity(0, size_of_val(&one), &raw const one);
        }
        let child = libc::fork();
        if child == 0 {
            libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0);
            libc::dup2(input.as_raw_fd(), 1);
            libc::execv(args[0].as_ptr(), pointers.as_ptr());
            libc::_exit(127);
        }
        let flags = if placement == Placement::Spinning { libc::WNOHANG } else { 0 };
        let mut status = 0;
        loop {
            match libc::waitpid(child, &raw mut status, flags | libc::__WALL) {
                0 => continue,
                -1 => break,
                _ if libc::WIFSTOPPED(status) => {
                    libc::ptrace(libc::PTRACE_SYSCALL, child, 0, 0);
                }
                _ => break,
            }
        }
        libc::sched_setaffinity(0, size_of_val(&before), &raw const before);
    }
    drop(input);
    let mut text = Vec::new();
    output.read_to_end(&mut text).expect("the pipe ends");
    said(&text)
}

/// The most memory lariat ever had, KiB, as the kernel keeps it for a reaped child.
#[allow(clippy::zombie_processes, reason = "wait4 reaps it")]
fn peak_memory(lariat: &PathBuf, program: &[&str]) -> i64 {
    let child = Command::new(lariat)
        .args(["trace", "-o", "/dev/null"])
        .args(program)
        .stdout(Stdio::null())
        .spawn()
        .expect("lariat starts");
    // SAFETY: `status` and `usage` are filled by the call.
    unsafe {
        let (mut status, mut usage) = (0, std::mem::zeroed::<libc::rusage>());
        libc::wait4(child.id() as i32, &raw mut status, 0, &raw mut usage);
        usage.ru_maxrss
    }
}
