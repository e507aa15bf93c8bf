//! The system-call tables: number to row and name to rows, for each ABI.

use crate::kind::Kind;
use crate::row::{Arg, Class, NOWHERE, Row, arg};
use crate::rows;
use lariat_abi::Abi;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The tables of all ABIs.
#[derive(Debug)]
pub struct Catalog {
    x86_64: Vec<Option<&'static Row>>,
    i386: Vec<Option<&'static Row>>,
    by_name: HashMap<&'static str, Vec<&'static Row>>,
}

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::build);

/// What is shown for a number that no table has: six words in hexadecimal.
pub static UNKNOWN: Row = Row::new("syscall", NOWHERE, Class::empty(), &UNKNOWN_ARGS);

static UNKNOWN_ARGS: [Arg; 6] = [
    arg("arg1", Kind::Hex),
    arg("arg2", Kind::Hex),
    arg("arg3", Kind::Hex),
    arg("arg4", Kind::Hex),
    arg("arg5", Kind::Hex),
    arg("arg6", Kind::Hex),
];

/// A call of which nothing is decoded.
pub static BARE: Row = Row::new("syscall", NOWHERE, Class::empty(), &[]);

impl Catalog {
    /// The tables this build knows.
    #[must_use]
    pub fn get() -> &'static Self {
        &CATALOG
    }

    fn build() -> Self {
        let mut catalog = Self { x86_64: Vec::new(), i386: Vec::new(), by_name: HashMap::new() };
        for row in rows::all() {
            place(&mut catalog.x86_64, row.numbers.x86_64, row);
            place(&mut catalog.i386, row.numbers.i386, row);
            catalog.by_name.entry(row.name).or_default().push(row);
        }
        catalog
    }

    /// The row of a call, if the table of `abi` has it. An x32 number is looked up without its x32 bit.
    #[must_use]
    pub fn row(&self, abi: Abi, number: u64) -> Option<&'static Row> {
        let table = match abi {
            Abi::I386 => &self.i386,
            _ => &self.x86_64,
        };
        let index = match abi {
            Abi::X32 => number & !0x4000_0000,
            _ => number,
        };
        table.get(usize::try_from(index).ok()?).copied().flatten()
    }

    /// The rows that bear a name (more than one where the ABIs' forms differ).
    #[must_use]
    pub fn named(&self, name: &str) -> &[&'static Row] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// Number and row of every call of `abi`, in the order of numbers.
    pub fn table(&self, abi: Abi) -> impl Iterator<Item = (u64, &'static Row)> {
        let table = match abi {
            Abi::I386 => &self.i386,
            _ => &self.x86_64,
        };
        table.iter().enumerate().filter_map(|(nr, row)| row.map(|row| (nr as u64, row)))
    }
}

fn place(table: &mut Vec<Option<&'static Row>>, number: Option<u16>, row: &'static Row) {
    let Some(number) = number.map(usize::from) else { return };
    if table.len() <= number {
        table.resize(number + 1, None);
    }
    debug_assert!(table[number].is_none(), "two rows claim number {number}: {}", row.name);
    table[number] = Some(row);
}
