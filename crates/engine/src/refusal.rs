//! Why a process was not attached, in words: the kernel says no more than `EPERM`.

use lariat_abi::Tid;
use lariat_host as host;
use std::os::unix::fs::MetadataExt;

/// Why a process was not attached.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// There is no such process.
    #[error("attach: no process has the id {0}")]
    NoProcess(Tid),
    /// The kernel refused.
    #[error("attach: ptrace(PTRACE_SEIZE, {tid}): {}{}", source.errno().description(), because(*tid))]
    Refused {
        /// The task.
        tid: Tid,
        /// The refusal.
        source: host::Error,
    },
}

/// What /proc says about a task that the kernel refuses to let us trace; ptrace(2), "Ptrace access mode checking".
fn because(tid: Tid) -> String {
    let status = std::fs::read_to_string(format!("/proc/{tid}/status")).unwrap_or_default();
    let field = |name: &str| status.lines().find_map(|l| l.strip_prefix(name)).map(str::trim);
    match field("TracerPid:") {
        None => return "; it is gone".into(),
        Some("0") => {}
        Some(tracer) => return format!("; process {tracer}{} is tracing it already", command_of(tracer)),
    }
    if field("Kthread:") == Some("1") || field("VmSize:").is_none() && field("State:") != Some("Z (zombie)") {
        return "; it is a kernel thread".into();
    }
    if field("State:") == Some("Z (zombie)") {
        return "; it is dead and waits for its parent".into();
    }
    // Real, effective, saved set-user-id and filesystem user id.
    let ids: Vec<u32> =
        field("Uid:").unwrap_or_default().split_whitespace().filter_map(|id| id.parse().ok()).collect();
    let own = host::user_id();
    if own == 0 {
        return "; we lack CAP_SYS_PTRACE in its user namespace, or a security module forbids it".into();
    }
    if ids.iter().any(|&id| id != own) {
        return format!("; it belongs to user {}, and we are user {own}", ids.first().copied().unwrap_or(0));
    }
    // The kernel gives the files of a process that is not dumpable to root.
    if std::fs::metadata(format!("/proc/{tid}/stat")).is_ok_and(|meta| meta.uid() != own) {
        return "; it is not dumpable (a set-user-id program, an unreadable one, or by PR_SET_DUMPABLE)"
            .into();
    }
    match std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope") {
        Ok(scope) if scope.trim() != "0" => {
            format!(
                "; Yama lets a process trace its descendants only (kernel.yama.ptrace_scope = {}): run as root, or start \
                 the program under the tracer",
                scope.trim()
            )
        }
        _ => String::new(),
    }
}

fn command_of(pid: &str) -> String {
    match std::fs::read_to_string(format!("/proc/{pid}/comm")) {
        Ok(comm) => format!(" ({})", comm.trim_end().escape_default()),
        Err(_) => String::new(),
    }
}
