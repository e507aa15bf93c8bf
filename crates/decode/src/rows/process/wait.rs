//! Waiting for children.

use super::resources::RUSAGE;
use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::Store;
use crate::row::{Class, Ret, Row, arg, both, late, only32};
use crate::siginfo::siginfo_at;
use crate::table::Table;
use crate::value::Value;

/// `<linux/wait.h>`.
static OPTIONS: Table = Table::new(
    "W???",
    &[
        (1, "WNOHANG"),
        (4, "WEXITED"),
        (2, "WSTOPPED"),
        (8, "WCONTINUED"),
        (0x0100_0000, "WNOWAIT"),
        (0x8000_0000, "__WCLONE"),
        (0x4000_0000, "__WALL"),
        (0x2000_0000, "__WNOTHREAD"),
    ],
);

static ID_TYPES: Table = Table::new("P_???", &[(0, "P_ALL"), (1, "P_PID"), (2, "P_PGID"), (3, "P_PIDFD")]);

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new(
        "wait4",
        both(61, 114),
        Class::PROCESS,
        &[
            arg("pid", Kind::Pid),
            late("wstatus", Kind::With(status)),
            arg("options", Kind::Flags(&OPTIONS)),
            late("rusage", Kind::With(usage)),
        ],
    )
    .ret(Ret::Pid),
    Row::new(
        "waitpid",
        only32(7),
        Class::PROCESS,
        &[arg("pid", Kind::Pid), late("wstatus", Kind::With(status)), arg("options", Kind::Flags(&OPTIONS))],
    )
    .ret(Ret::Pid),
    Row::new(
        "waitid",
        both(247, 284),
        Class::PROCESS,
        &[
            arg("idtype", Kind::Const(&ID_TYPES)),
            arg("id", Kind::With(id)),
            late("infop", Kind::With(child)),
            arg("options", Kind::Flags(&OPTIONS)),
            late("rusage", Kind::With(usage_of_waitid)),
        ],
    ),
];

/// The status is stored only if a child was found.
fn status(cx: &mut Cx<'_>, addr: u64) -> Value {
    if cx.result() == 0 || !cx.env.options.dereference {
        return Value::Addr(addr);
    }
    match cx.load(addr, Store::U32) {
        Some(status) => Value::array(vec![Value::WaitStatus(status as u32)]),
        None => Value::Addr(addr),
    }
}

fn usage(cx: &mut Cx<'_>, addr: u64) -> Value {
    if cx.result() == 0 { Value::Addr(addr) } else { cx.structure(addr, &RUSAGE) }
}

fn usage_of_waitid(cx: &mut Cx<'_>, addr: u64) -> Value {
    if cx.failed() { Value::Addr(addr) } else { cx.structure(addr, &RUSAGE) }
}

fn id(cx: &mut Cx<'_>, raw: u64) -> Value {
    match cx.args[0] as u32 {
        3 => cx.fd(raw),
        _ => cx.pid(raw),
    }
}

/// The `siginfo_t` of a child that changed state; all zero if there was none.
fn child(cx: &mut Cx<'_>, addr: u64) -> Value {
    if cx.failed() {
        return Value::Addr(addr);
    }
    siginfo_at(cx, addr)
}

#[cfg(test)]
mod tests {
    use crate::rows::process::testing::line;
    use crate::{ByteMemory, Outcome};
    use lariat_abi::Abi;

    #[test]
    fn a_status_is_shown_when_a_child_was_found() {
        let memory = ByteMemory::new().with(0x1000, [0, 3, 0, 0]);
        let args = [u64::MAX, 0x1000, 1, 0, 0, 0];
        assert_eq!(
            line(Abi::X86_64, 61, args, &memory, Outcome::Returned(5)),
            "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], WNOHANG, NULL) = 5"
        );
        assert_eq!(
            line(Abi::X86_64, 61, args, &memory, Outcome::Returned(0)),
            "wait4(-1, 0x1000, WNOHANG, NULL) = 0"
        );
    }

    #[test]
    fn the_bits_of_a_status_that_no_macro_takes_are_shown_after_it() {
        for (status, shown) in [
            (0x8_057f_u32, "{WIFSTOPPED(s) && WSTOPSIG(s) == SIGTRAP}|0x8 /* PTRACE_EVENT_??? */<<16"),
            (0x3_857f, "{WIFSTOPPED(s) && WSTOPSIG(s) == SIGTRAP | 0x80}|PTRACE_EVENT_CLONE<<16"),
            (
                0x1_0389,
                "{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL && WCOREDUMP(s)}|PTRACE_EVENT_FORK<<16|0x300",
            ),
            (0xffff, "{WIFCONTINUED(s)}"),
            (0x1_ffff, "0x1ffff"),
        ] {
            let memory = ByteMemory::new().with(0x1000, status.to_le_bytes());
            assert_eq!(
                line(Abi::I386, 7, [5, 0x1000, 0, 0, 0, 0], &memory, Outcome::Returned(5)),
                format!("waitpid(5, [{shown}], 0) = 5")
            );
        }
    }
}
