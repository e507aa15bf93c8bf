//! Families of this group: processes, memory, credentials, scheduling, and the system as a whole.

use crate::row::Row;

mod bpf;
mod bpf_names;
mod capability;
mod clone;
mod credentials;
mod filter;
mod futex;
mod keys;
mod lifecycle;
mod memory;
mod memory_names;
mod numa;
mod perf;
mod prctl;
mod prctl_names;
mod ptrace;
mod ptrace_names;
mod resources;
mod scheduling;
mod seccomp;
mod system;
mod system_names;
mod unimplemented;
mod wait;
mod x86;

pub(in crate::rows) use filter::{
    Purpose as FilterPurpose, instructions as filter_instructions, program as filter_program,
};
pub(in crate::rows) use memory::ranges;
pub(in crate::rows) use scheduling::io_priority;

/// The families of this group.
pub(super) static FAMILIES: &[&[Row]] = &[
    bpf::ROWS,
    clone::ROWS,
    credentials::ROWS,
    futex::ROWS,
    keys::ROWS,
    lifecycle::ROWS,
    memory::ROWS,
    numa::ROWS,
    perf::ROWS,
    prctl::ROWS,
    ptrace::ROWS,
    resources::ROWS,
    scheduling::ROWS,
    seccomp::ROWS,
    system::ROWS,
    unimplemented::ROWS,
    wait::ROWS,
    x86::ROWS,
];

#[cfg(test)]
mod testing {
    //! Whole lines from byte arrays.

    use crate::catalog::Catalog;
    use crate::text::Style;
    use crate::{ByteMemory, Call, Env, NoNames, Options, Outcome};
    use lariat_abi::{Abi, Tid};

    /// The line shown for a call, from its name to its result.
    pub(super) fn line(
        abi: Abi,
        number: u64,
        args: [u64; 6],
        memory: &ByteMemory,
        outcome: Outcome,
    ) -> String {
        let options = Options::default();
        let env = Env { tid: Tid::new(1), sp: 0, memory, names: &NoNames, options: &options };
        let row = Catalog::get().row(abi, number).expect("the call has a row");
        let mut call = Call::enter(row, abi, number, args, env);
        call.exit(outcome, env);
        let style = Style::default();
        let mut out = format!("{}(", row.name).into_bytes();
        style.arguments(&mut out, &call, 0, call.values.len());
        out.extend_from_slice(b") = ");
        style.result(&mut out, &call);
        String::from_utf8(out).expect("the line is text")
    }
}
