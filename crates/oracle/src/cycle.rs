//! Processes that trace each other.
//!
//! Processes that trace each other and stop when they exit (TRACEEXIT) can stop for good: of one that has begun to exit
//! even SIGKILL is dropped. The running kernel must be spared that.

use crate::model::Model;
use lariat_kernel::TaskId;

/// Whether a process is traced by another, or by one that this traces, and so on.
pub(crate) fn is_traced_by(model: &Model, process: TaskId, tracer: TaskId) -> bool {
    let kernel = model.kernel();
    let mut open = vec![process];
    let mut seen = Vec::new();
    while let Some(id) = open.pop() {
        for &thread in &kernel.group_of(id).threads {
            let task = kernel.task(thread);
            if task.is_ptraced() && !seen.contains(&task.parent) {
                if kernel.same_thread_group(task.parent, tracer) {
                    return true;
                }
                seen.push(task.parent);
                open.push(task.parent);
            }
        }
    }
    false
}

/// A task that traces itself by way of others, if there is one.
#[must_use]
pub fn member(model: &Model) -> Option<String> {
    let tasks = model.names().filter_map(|name| Some((name, model.kernel().find(model.pid(name)?)?)));
    tasks.into_iter().find(|&(_, id)| is_traced_by(model, id, id)).map(|(name, _)| name.to_owned())
}
