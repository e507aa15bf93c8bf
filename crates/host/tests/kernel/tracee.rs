//! A tracee for a test: started in one of four ways, told what to do through a pipe, and gone when the test ends,
//! however it ends.

use lariat_abi::{Errno, Options, Request, Tid, WaitStatus};
use lariat_host::{self as host, Resume, Stopped};
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Once, OnceLock};

/// SIGTRAP: a breakpoint instruction, a step, an exec.
pub const TRAP: i32 = 0x057f;
/// SIGSTOP: what ATTACH sends, and group-stop of an attached tracee.
pub const STOP: i32 = 0x137f;
/// A syscall-stop with `TRACESYSGOOD`.
pub const SYSCALL: i32 = 0x857f;
/// `PTRACE_EVENT_STOP` without a group-stop.
pub const INTERRUPTED: i32 = 0x80_057f;
/// `PTRACE_EVENT_STOP` of a group-stop by SIGSTOP.
pub const GROUP_STOP: i32 = 0x80_137f;

/// A signal-delivery-stop.
pub const fn signal_stop(signal: i32) -> i32 {
    signal << 8 | 0x7f
}

/// A `PTRACE_EVENT` stop.
pub const fn event_stop(event: i32) -> i32 {
    event << 16 | TRAP
}

/// The process that a test looks at; ended and reaped on drop.
pub struct Tracee {
    pub tid: Tid,
    /// Tasks it started that this thread traces.
    pub others: Vec<Tid>,
    tell: ChildStdin,
    hear: ChildStdout,
    _child: Child,
}

impl Tracee {
    /// Not traced. It answers, so it runs its own code.
    pub fn free() -> Self {
        let mut tracee = Self::start(fixture(), false);
        assert_eq!(tracee.ask("nothing"), 0);
        tracee
    }

    /// Called TRACEME, and stopped by the SIGTRAP of its execve.
    pub fn traced() -> (Self, Stopped) {
        Self::traced_program(fixture())
    }

    /// The same, of another program.
    pub fn traced_program(program: &Path) -> (Self, Stopped) {
        let tracee = Self::start(program, true);
        let stopped = stop(tracee.tid, TRAP);
        stopped.set_options(Options::EXITKILL).expect("SETOPTIONS");
        (tracee, stopped)
    }

    /// Seized and interrupted.
    pub fn seized(options: Options) -> (Self, Stopped) {
        let tracee = Self::free();
        host::seize(tracee.tid, options | Options::EXITKILL).expect("SEIZE");
        host::interrupt(tracee.tid).expect("INTERRUPT");
        let stopped = stop(tracee.tid, INTERRUPTED);
        (tracee, stopped)
    }

    /// Attached and stopped by the SIGSTOP of that.
    pub fn attached(options: Options) -> (Self, Stopped) {
        let tracee = Self::free();
        host::attach(tracee.tid).expect("ATTACH");
        let stopped = stop(tracee.tid, STOP);
        stopped.set_options(options | Options::EXITKILL).expect("SETOPTIONS");
        (tracee, stopped)
    }

    fn start(program: &Path, trace_me: bool) -> Self {
        watchdog();
        let mut command = Command::new(program);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.env_remove("RUST_BACKTRACE");
        // SAFETY: between fork and exec only system calls are made.
        unsafe {
            command.pre_exec(move || {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                // Whatever this process has inherited: a shell ignores SIGINT for what runs in the background.
                for signal in 1..=lariat_abi::Signal::MAX {
                    libc::signal(signal, libc::SIG_DFL);
                }
                let none = 0u64;
                let how = libc::SIG_SETMASK;
                libc::syscall(libc::SYS_rt_sigprocmask, how, &raw const none, 0usize, 8usize);
                if trace_me { host::trace_me().map_err(|e| e.errno().as_raw()) } else { Ok(()) }
                    .map_err(std::io::Error::from_raw_os_error)
            });
        }
        let mut child = command.spawn().expect("the fixture starts");
        let tell = child.stdin.take().expect("a pipe");
        let hear = child.stdout.take().expect("a pipe");
        Self { tid: Tid::new(child.id() as i32), others: Vec::new(), tell, hear, _child: child }
    }

    /// Gives it a deed to do.
    pub fn tell(&mut self, deed: &str) {
        self.tell.write_all(format!("{deed}\n").as_bytes()).expect("it reads");
    }

    /// Takes the result of its oldest deed.
    pub fn hear(&mut self) -> i64 {
        let mut answer = [0; 8];
        self.hear.read_exact(&mut answer).expect("it answers");
        i64::from_le_bytes(answer)
    }

    /// All that it has still to say, up to its end.
    pub fn output(&mut self) -> String {
        let mut text = String::new();
        self.hear.read_to_string(&mut text).expect("text");
        text
    }

    /// A deed and its result, while it runs.
    pub fn ask(&mut self, deed: &str) -> i64 {
        self.tell(deed);
        self.hear()
    }

    /// Lets a stopped tracee run up to the breakpoint in a deed.
    pub fn at(&mut self, stopped: Stopped, deed: &str) -> Stopped {
        self.tell(deed);
        self.go(stopped, TRAP)
    }

    /// `PTRACE_CONT`, up to the stop with this status.
    pub fn go(&self, stopped: Stopped, status: i32) -> Stopped {
        go(stopped, Resume::Cont, status)
    }

    /// `PTRACE_CONT`, no stop, and the result of its oldest deed.
    pub fn result(&mut self, stopped: Stopped) -> i64 {
        stopped.resume(Resume::Cont, None).expect("CONT");
        self.hear()
    }

    /// Interrupts a seized tracee that runs.
    pub fn interrupt(&self) -> Stopped {
        host::interrupt(self.tid).expect("INTERRUPT");
        stop(self.tid, INTERRUPTED)
    }

    /// Sends it a signal with kill(2).
    pub fn kill(&self, signal: i32) {
        // SAFETY: no memory is touched.
        assert_eq!(unsafe { libc::kill(self.tid.as_raw(), signal) }, 0);
    }

    /// A field of `/proc/PID/status`.
    pub fn status(&self, field: &str) -> String {
        status(self.tid, field)
    }
}

impl Drop for Tracee {
    fn drop(&mut self) {
        for &tid in self.others.iter().chain([&self.tid]) {
            end(tid);
        }
    }
}

/// Kills a task and takes every status of it, up to its death. One that has been waited for is let be: the id may be
/// another's by now.
pub fn end(tid: Tid) {
    if has_news(tid).is_none() {
        return;
    }
    // SAFETY: no memory is touched but `status`.
    unsafe {
        libc::kill(tid.as_raw(), libc::SIGKILL);
        let mut status = 0;
        while libc::waitpid(tid.as_raw(), &raw mut status, libc::__WALL) == tid.as_raw() {
            if libc::WIFEXITED(status) || libc::WIFSIGNALED(status) {
                break;
            }
            // `PTRACE_EVENT_EXIT` holds even a killed task.
            libc::ptrace(libc::PTRACE_CONT, tid.as_raw(), 0, 0);
        }
    }
}

/// Whether a wait for the task would not block; `None` if it is neither a child nor a tracee. Nothing is taken.
pub fn has_news(tid: Tid) -> Option<bool> {
    // SAFETY: all zero is a siginfo, which the call fills.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let flags = libc::WEXITED | libc::WSTOPPED | libc::WNOHANG | libc::WNOWAIT | libc::__WALL;
        let result = libc::waitid(libc::P_PID, tid.as_raw() as u32, &raw mut info, flags);
        (result == 0).then(|| info.si_pid() != 0)
    }
}

/// Resumes, and waits for the stop with this status.
pub fn go(stopped: Stopped, how: Resume, status: i32) -> Stopped {
    let tid = stopped.tid();
    stopped.resume(how, None).expect("resumes");
    stop(tid, status)
}

/// Waits for the stop with this status.
#[track_caller]
pub fn stop(tid: Tid, status: i32) -> Stopped {
    let reaped = host::wait_for(tid).expect("wait4").expect("a child or tracee");
    assert_eq!(reaped.status, WaitStatus::decode(status), "{:#x}, not {status:#x}", reaped.status.encode());
    reaped.stopped.expect("stopped")
}

/// Waits for its death.
#[track_caller]
pub fn death(tid: Tid) -> WaitStatus {
    let reaped = host::wait_for(tid).expect("wait4").expect("a child or tracee");
    assert!(reaped.status.is_death(), "{:?}", reaped.status);
    reaped.status
}

/// What wait4 with `WNOHANG` and these flags has of a task: `None` if there is nothing.
pub fn pending(tid: Tid, flags: i32) -> Result<Option<i32>, Errno> {
    let mut status = 0;
    // SAFETY: `status` takes the status.
    match unsafe { libc::waitpid(tid.as_raw(), &raw mut status, libc::WNOHANG | flags) } {
        0 => Ok(None),
        -1 => Err(last_errno()),
        _ => Ok(Some(status)),
    }
}

/// A request as the kernel takes it, with any pointers.
pub fn raw(request: Request, tid: Tid, addr: usize, data: usize) -> Result<i64, Errno> {
    let number = u64::from(request.as_raw());
    // SAFETY: the tests pass pointers to memory that is large enough, or such that no memory is at.
    let result = unsafe { libc::syscall(libc::SYS_ptrace, number, tid.as_raw() as i64, addr, data) };
    if result < 0 { Err(last_errno()) } else { Ok(result) }
}

/// The id of the calling thread: a tracer is a thread.
pub fn own_tid() -> Tid {
    // SAFETY: no memory is touched.
    Tid::new(unsafe { libc::gettid() })
}

pub fn last_errno() -> Errno {
    Errno::from_raw(std::io::Error::last_os_error().raw_os_error().expect("an error"))
}

/// The error number of a request that must fail.
#[track_caller]
pub fn refused<T: std::fmt::Debug>(result: host::Result<T>) -> Errno {
    result.expect_err("refused").errno()
}

/// A field of `/proc/PID/status`, trimmed; empty if the task is gone.
pub fn status(tid: Tid, field: &str) -> String {
    let text = std::fs::read_to_string(format!("/proc/{tid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix(field)?.strip_prefix(':'));
    line.unwrap_or_default().trim().to_owned()
}

/// Whether this process has the capability with this number.
pub fn capable(capability: u32) -> bool {
    let mask = u64::from_str_radix(&status(Tid::new(std::process::id() as i32), "CapEff"), 16);
    mask.expect("a mask") >> capability & 1 != 0
}

pub const CAP_SYS_PTRACE: u32 = 19;
pub const CAP_SYS_ADMIN: u32 = 21;

/// `fixtures/ptrace.c`, compiled once.
fn fixture() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| compile("ptrace", &["-O1", "-pthread"]))
}

/// Compiles `fixtures/NAME.c`.
pub fn compile(name: &str, flags: &[&str]) -> PathBuf {
    compile_with("gcc", &format!("{name}.c"), name, &[flags, &["-w"]].concat())
}

/// For a 32-bit program without a C library.
pub const I386: &[&str] =
    &["-m32", "-O1", "-nostdlib", "-static", "-no-pie", "-fno-pie", "-fno-stack-protector"];

/// Compiles a fixture. Runs of the tests side by side replace one another's file, never write into it.
pub fn compile_with(compiler: &str, source: &str, name: &str, flags: &[&str]) -> PathBuf {
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(source);
    let program = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let fresh = program.with_file_name(format!("{name}-{}", std::process::id()));
    let output = Command::new(compiler).args(flags).arg("-o").args([&fresh, &source]).output();
    let output =
        output.unwrap_or_else(|error| panic!("{compiler} is needed to compile the fixtures: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::rename(&fresh, &program).expect("the program takes its place");
    program
}

/// A wait for a stop that never comes must fail and not hang: the alarm ends this process, whose tracees end with
/// it.
fn watchdog() {
    static ARMED: Once = Once::new();
    // SAFETY: sets a timer whose signal has its default action.
    ARMED.call_once(|| unsafe {
        libc::alarm(120);
    });
}
