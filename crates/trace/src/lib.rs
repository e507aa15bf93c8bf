//! The system-call tracer: strace's job.

mod dump;
pub mod expression;
pub mod filter;
mod filtering;
pub mod inject;
mod kvm;
mod line;
mod names;
mod namespaces;
mod select;
pub mod session;
pub mod settings;
mod sockets;
mod summary;

pub use session::{Ending, Session};
pub use settings::Settings;
