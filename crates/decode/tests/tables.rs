//! The rows against the kernel's tables: every number bears the right name, and none is claimed twice.

use lariat_abi::{Abi, Errno, Tid};
use lariat_decode::catalog::Catalog;
use lariat_decode::text::Style;
use lariat_decode::{ByteMemory, Call, Env, NoNames, Options, Outcome, rows};
use std::collections::{BTreeMap, BTreeSet};

const X86_64: &str = include_str!("data/x86_64.txt");
const I386: &str = include_str!("data/i386.txt");

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
    let missing: Vec<_> = names.iter().filter(|(number, _)| !rows.contains_key(number)).collect();
    assert!(missing.is_empty(), "{abi:?} calls without a row: {missing:?}");
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

/// A tracee may pass anything: every row is decoded from odd words and odd memory.
#[test]
fn no_argument_makes_a_row_panic() {
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let noise: Vec<u8> = (0..0x1000).map(|_| random() as u8).collect();
    let memory =
        ByteMemory::new().with(0x1000, vec![0; 0x1000]).with(0x3000, noise).with(0x4000, vec![255; 40]);
    let odd = [0, 1, 2, 7, 33, 0x1000, 0x1ff9, 0x3000, 0x3ffc, 0x4000, 0xffff_ffff, u64::MAX, 1 << 63];
    let outcomes = [0, 1, 64, i64::MAX, -4096]
        .map(Outcome::Returned)
        .into_iter()
        .chain([Outcome::Failed(Errno::from_raw(22)), Outcome::Unknown]);
    let outcomes: Vec<_> = outcomes.collect();
    for abi in [Abi::X86_64, Abi::I386] {
        for (number, row) in Catalog::get().table(abi) {
            for round in 0..64 {
                let mask = if abi == Abi::I386 { 0xffff_ffff } else { u64::MAX };
                let mut args = [0; 6];
                for arg in &mut args {
                    let word = if random() % 8 == 0 { random() } else { odd[random() as usize % odd.len()] };
                    *arg = word & mask;
                }
                if round % 2 == 0 {
                    args[0] = random() % 80;
                }
                let options = Options { abbreviate: round % 3 != 0, ..Options::default() };
                let env =
                    Env { tid: Tid::new(1), sp: 0, memory: &memory, names: &NoNames, options: &options };
                let mut call = Call::enter(row, abi, number, args, env);
                call.exit(outcomes[random() as usize % outcomes.len()], env);
                let mut out = Vec::new();
                Style::default().arguments(&mut out, &call, 0, call.values.len());
                Style::default().result(&mut out, &call);
            }
        }
    }
}
