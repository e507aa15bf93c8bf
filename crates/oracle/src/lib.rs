//! Scripts of ptrace: what several tasks do one after the other, played on the model of the kernel and on the running
//! kernel, and the two compared.
//!
//! ```text
//!              ┌─► Model: kernel::Kernel ────────────────┐
//!  Script ─────┤                                         ├─► the same sights and outcomes?
//!              └─► Real: host::puppet, real processes ───┘
//! ```
//!
//! What a script came to can be shown as a [`timeline`]; the [`shipped`] ones answer what people ask.
//!
//! After each step both are let run until nothing moves. The hard thing is to know that of real processes: the model says
//! what is to be seen, and the comparison waits for that, or for so long that it will not come.

pub mod compare;
pub mod cycle;
pub mod model;
pub mod op;
pub mod random;
pub mod real;
pub mod script;
pub mod shipped;
pub mod sight;
pub mod timeline;
pub mod words;

pub use compare::{Discord, Line, Play};
pub use model::{Model, PlayError};
pub use op::Op;
pub use script::{Script, Step};
pub use sight::{Outcome, Seen, Sight};
