//! Process ids of other namespaces; pid_namespaces(7).

use lariat_abi::Tid;
use std::path::Path;

/// The id in our own namespace of the process or thread that has the id `pid` in the one of `tid`. `None` if they
/// are in the same, or if there is none.
///
/// The kernel has no call for it: every task is looked at, until one has this id in that namespace.
pub(crate) fn outer_pid(tid: Tid, pid: i32) -> Option<i32> {
    let namespace = |of: &str| std::fs::read_link(format!("/proc/{of}/ns/pid")).ok();
    let theirs = namespace(&tid.to_string())?;
    if Some(&theirs) == namespace("self").as_ref() {
        return None;
    }
    let numbers = |path: &Path| -> Vec<i32> {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
    };
    for process in numbers(Path::new("/proc")) {
        let root = format!("/proc/{process}");
        if namespace(&process.to_string()).as_ref() != Some(&theirs) {
            continue;
        }
        for task in numbers(Path::new(&format!("{root}/task"))) {
            let status = std::fs::read_to_string(format!("{root}/task/{task}/status")).unwrap_or_default();
            // One id for each namespace, from ours to its own.
            let ids = status.lines().find_map(|line| line.strip_prefix("NSpid:")).unwrap_or_default();
            if ids.split_whitespace().next_back() == Some(&pid.to_string()) {
                return Some(task);
            }
        }
    }
    None
}
