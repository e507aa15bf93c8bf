//! What each system call is, as data.
//!
//! A system call is one [`Row`]: its name, its number in each table, its classes, its arguments and
//! its result. From a row, the argument registers and the tracee's memory (through [`ReadMemory`]:
//! there are no processes here, so tests need byte arrays only) a [`Call`] is decoded to [`Value`]s;
//! a formatter ([`text`] in strace's notation, [`json`]) renders the values. Nothing prints while it
//! decodes.
//!
//! ```text
//!  number ──► catalog ──► Row ──┐
//!  registers ───────────────────┼─► Call::enter ─► values ─► Call::exit ─► values ─► text | json
//!  ReadMemory, Names, Options ──┘   (what can be known         (buffers the
//!                                    before the call runs)      kernel filled)
//! ```
//!
//! The one hard thing is time: some arguments mean nothing until the kernel has filled them in, and
//! between entry and exit another task may have to be shown. An argument therefore decodes to
//! [`Value::Later`] at entry when only the exit can tell, and everything before the first such
//! argument is what an `<unfinished ...>` line shows.

pub mod catalog;
pub mod context;
pub mod digits;
pub mod json;
pub mod kind;
pub mod layout;
pub mod memory;
mod multiplex;
pub mod record;
pub mod row;
pub mod rows;
pub mod siginfo;
pub mod table;
pub mod text;
pub mod value;

pub use catalog::Catalog;
pub use context::{Cx, Env, Names, NoNames, Options, device_numbers};
pub use kind::{Kind, Len};
pub use layout::{Field, Store, Struct};
pub use memory::{ByteMemory, ReadMemory};
pub use record::{Call, Outcome};
pub use row::{Arg, Class, Numbers, Ret, Row};
pub use table::Table;
pub use value::Value;
