//! The rows against the kernel's tables: every number bears the right name, and none is claimed twice.

use lariat_abi::Abi;
use lariat_decode::catalog::Catalog;
use lariat_decode::rows;
use std::collections::{BTreeMap, BTreeSet};

const X86_64: &str = include_str!("data/x86_64.txt");
const I386: &str = include_str!("data/i386.txt");

/// Calls that may still lack a row. Empty once every family is written.
const MAY_BE_MISSING: &[&str] = &[];

/// Whether a missing row fails the test; until every family is written it is only reported.
const COMPLETE: bool = false;

/// Where strace's name is not the kernel's.
const RENAMED: &[(&str, &str)] = &[("umount2", "umount"), ("umount", "oldumount")];

fn table(text: &'static str) -> BTreeMap<u64, &'static str> {
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(number, name)| (number.parse().expect("a number"), name.trim()))
        .collect()
}

fn check(abi: Abi, text: &'static str) {
    let names = table(text);
    let rows: BTreeMap<u64, &str> = Catalog::get().table(abi).map(|(nr, row)| (nr, row.name)).collect();
    for (number, name) in &rows {
        let expected = names.get(number);
        let renamed = expected.is_some_and(|e| RENAMED.contains(&(*e, *name)));
        assert!(expected == Some(name) || renamed, "{abi:?} {number} is {expected:?}, not {name}");
    }
    let missing: Vec<_> =
        names.iter().filter(|(n, name)| !rows.contains_key(n) && !MAY_BE_MISSING.contains(name)).collect();
    if COMPLETE {
        assert!(missing.is_empty(), "{abi:?} calls without a row: {missing:?}");
    } else {
        println!("{abi:?}: {} calls without a row: {missing:?}", missing.len());
    }
}

#[test]
fn x86_64_rows_bear_the_kernels_names() {
    check(Abi::X86_64, X86_64);
}

#[test]
fn i386_rows_bear_the_kernels_names() {
    check(Abi::I386, I386);
}

#[test]
fn no_number_is_claimed_twice() {
    for abi in [Abi::X86_64, Abi::I386] {
        let mut seen = BTreeSet::new();
        for row in rows::all() {
            if let Some(number) = row.numbers.of(abi) {
                assert!(seen.insert(number), "{abi:?} {number} is claimed again by {}", row.name);
            }
        }
    }
}

#[test]
fn no_row_has_more_arguments_than_there_are_registers() {
    for row in rows::all() {
        assert!(row.args.len() <= 6, "{}", row.name);
    }
}
