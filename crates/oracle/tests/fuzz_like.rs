//! The property of `fuzz/` on a bounded number of scripts, the same in every run.
#![allow(missing_docs, unreachable_pub, reason = "the property is that of the fuzz target")]

#[path = "../../../fuzz/properties/random.rs"]
mod random;
#[path = "../../../fuzz/properties/script.rs"]
mod script;

use lariat_oracle::shipped::SHIPPED;
use random::Random;

static NAMES: &[&str] = &["T", "P", "Q", "C", "D", "init", "nobody", "any", "group", "pidfd P", "x y"];

static CALLS: &[&str] = &[
    "fork C",
    "fork D",
    "vfork C",
    "thread C",
    "thread D",
    "clone C ptrace",
    "clone D parent|untraced signal=0",
    "clone C vm|vfork signal=SIGUSR1",
    "exec",
    "exit",
    "exit 3",
    "exit_group -1",
    "getppid",
    "pause",
    "read",
    "nanosleep",
    "epoll_wait",
    "int3",
    "setsid",
    "subreaper",
    "setpgid",
    "setuid 1",
    "dumpable 0",
    "dumpable 7",
    "block SIGUSR1 SIGCHLD",
    "unblock",
    "setmask 40",
    "sigsuspend SIGUSR1",
    "sigtimedwait SIGUSR1",
    "pdeathsig SIGTERM",
    "seccomp trace 1",
    "seccomp errno 300",
    "seccomp kill",
    "store mem+8",
    "load mem",
    "store mem+4088",
    "load mem+4089",
    "store mem+18446744073709551615",
    "sigaction SIGUSR1 handler restart|resethand",
    "sigaction SIGKILL ignore",
    "sigaction SIGCHLD ignore nocldwait",
    "TRACEME",
];

/// What goes with somebody's name, which stands where the `@` is.
static AIMED: &[&str] = &[
    "SEIZE @",
    "SEIZE @ TRACEFORK|TRACECLONE|TRACEEXIT|TRACEEXEC",
    "SEIZE @ EXITKILL",
    "SEIZE @ 0xffffffffffffffff",
    "ATTACH @",
    "CONT @",
    "CONT @ SIGSTOP",
    "CONT @ 65",
    "CONT @ -1",
    "SYSCALL @",
    "SYSEMU @",
    "SINGLESTEP @",
    "SINGLEBLOCK @ SIGUSR1",
    "SYSEMU_SINGLESTEP @",
    "DETACH @",
    "DETACH @ SIGSTOP",
    "KILL @",
    "INTERRUPT @",
    "LISTEN @",
    "SETOPTIONS @ TRACESYSGOOD",
    "GETEVENTMSG @",
    "GETSIGINFO @",
    "SETSIGINFO @ SIGUSR1 -1",
    "PEEKSIGINFO @ 0 -3",
    "PEEKSIGINFO @ 99 3 shared",
    "GETSIGMASK @ 7",
    "SETSIGMASK @ SIGUSR1",
    "PEEKDATA @ mem+1",
    "PEEKDATA @ 0xffffffffffffffff",
    "POKEDATA @ mem+8 5",
    "POKETEXT @ 0xfffffffffffffff9 1",
    "PEEKUSER @ dr7",
    "PEEKUSER @ 18446744073709551615",
    "POKEUSER @ dr0 mem+8",
    "POKEUSER @ dr0 0xffffffffffffffff",
    "POKEUSER @ dr7 0x1d0001",
    "POKEUSER @ dr7 -1",
    "POKEUSER @ orig_rax 5",
    "POKEUSER @ rax -512",
    "POKEUSER @ fs_base 0xffffffffffffffff",
    "GETREGS @",
    "GETREGSET @ 1 8",
    "GETREGSET @ 0xffffffffffffffff 0xffffffffffffffff",
    "GET_SYSCALL_INFO @",
    "GET_SYSCALL_INFO @ 0",
    "UNKNOWN @",
    "kill @ SIGSTOP",
    "kill @ SIGCONT",
    "kill @ SIGKILL",
    "kill @ 0",
    "kill @ -1",
    "tgkill @ SIGUSR1",
    "sigqueue @ SIGRTMIN 7",
    "sigqueue @ SIGKILL 18446744073709551615",
    "wait4 @",
    "wait4 @ WNOHANG|__WALL",
    "wait4 @ WNOHANG|WCONTINUED|__WCLONE",
    "waitid @ WEXITED|WSTOPPED|WNOWAIT|WNOHANG",
    "waitid @",
    "waitid @ WEXITED",
    "setpgid @",
    "GETSIGINFO @ too many",
];

static ENDS: &[&str] = &[
    "",
    "",
    "",
    " -> 0",
    " -> ESRCH or EPERM",
    " -> nothing yet",
    " # a remark",
    " -> 0 # <&> # \u{1f980}",
    " ->",
    " #",
];

fn text(random: &mut Random) -> String {
    let mut of = |list: &[&'static str]| list[random.below(list.len())];
    let mut text = String::from(of(&["", "# A title.\n", "# One\n#\n# two # three\n", "#\r\n# x\ty\n"]));
    text += of(&["tasks: T P\n", "tasks: T P Q\n", "tasks: P T\n", "tasks:\n"]);
    for _ in 0..30 {
        let op = if of(&["call", "aimed", "aimed"]) == "call" {
            of(CALLS).to_owned()
        } else {
            of(AIMED).replace('@', of(NAMES))
        };
        text += &format!("{}: {op}{}\n", of(&["T", "T", "T", "P", "P", "C", "D", "init"]), of(ENDS));
    }
    text
}

/// Lines that cannot be read are left out, one after the other.
fn readable(mut text: String) -> String {
    while let Err(error) = lariat_oracle::Script::parse(&text) {
        let Some(at) = error.line.checked_sub(1).filter(|_| !text.is_empty()) else { break };
        text = text
            .lines()
            .enumerate()
            .filter(|(line, _)| *line != at)
            .map(|(_, line)| format!("{line}\n"))
            .collect();
    }
    text
}

#[test]
fn any_script_is_read_or_refused_and_what_is_read_can_be_played() {
    let mut random = Random::new(0x5c1);
    for _ in 0..1500 {
        let text = text(&mut random);
        script::check(text.as_bytes());
        script::check(readable(text).as_bytes());
    }
    script::check(b"");
    script::check(b"\xff");
}

#[test]
fn a_damaged_script_is_read_or_refused() {
    let mut random = Random::new(0xda3a);
    for _ in 0..1500 {
        let shipped = SHIPPED[random.below(SHIPPED.len())];
        let mut bytes = shipped.text.as_bytes().to_vec();
        for _ in 0..=random.below(4) {
            let (at, to) = (random.below(bytes.len()), random.below(bytes.len()));
            match random.below(3) {
                0 => bytes[at] = random.next() as u8 & 0x7f,
                1 => bytes.swap(at, to),
                _ => drop(bytes.drain(at.min(to)..at.max(to).min(at.min(to) + 20))),
            }
        }
        script::check(&bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        script::check(readable(text).as_bytes());
    }
}
