//! The traced tree: one place that waits, one place that resumes.
//!
//! ```text
//!  host::wait ─► status ─► Tree::next ─► Report (tid, Stop, proof) ─► policy ─► Tree::resume / detach
//!                             │ tasks: who is traced, entry or exit, who was renamed by exec
//! ```
//!
//! The one hard thing is that news comes out of order: a child's first stop may be seen before the event
//! that announces it, a task may vanish in an exec of another thread or be killed in any stop. So a task is
//! known from whichever news comes first, and every request may find it gone.

pub mod doctor;
mod filtering;
mod observers;
mod pulse;
mod refusal;
mod ride;
mod stop;
mod tasks;
mod tree;

pub use refusal::AttachError;
pub use stop::{Report, Stop};
pub use tree::Tree;

/// `__NR_prctl` of each table: a filter that the engine works with traces `PR_SET_SECCOMP`, see
/// [`lariat_host::Filter::new`].
pub use filtering::{PRCTL_I386, PRCTL_X86_64};
