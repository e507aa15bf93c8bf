//! The system-call tracer: strace's job.

pub mod filter;
pub mod inject;
pub mod settings;

pub use settings::Settings;
