//! Names of `ioctl` commands: the tables of the common ones and, after them, a list with the rest.
//!
//! A command's number has the size of its argument in it, so the ABIs differ where the argument has words.

use super::names_ioctl1::LOW;
use super::names_ioctl2::HIGH;
use crate::table::Table;
use lariat_abi::Abi;
use std::sync::LazyLock;

/// The list: a number, names, and `64` or `32` if only that ABI has it; `-` for a name says that the ABI has
/// not what the tables say.
static LIST: &str = include_str!("ioctl_names.txt");

/// What the list says for x86-64 and for i386.
static REST: LazyLock<[Table; 2]> = LazyLock::new(|| ["64", "32"].map(listed));

fn listed(abi: &str) -> Table {
    let entries = LIST.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut words = line.split(' ');
        let (code, names) = (words.next()?, words.next()?);
        if words.next().is_some_and(|only| only != abi) {
            return None;
        }
        let names = if names.contains('|') { names.replace('|', " or ").leak() } else { names };
        Some((u64::from_str_radix(code, 16).ok()?, names))
    });
    let entries: Vec<(u64, &'static str)> = entries.collect();
    Table::new("", entries.leak())
}

/// The table that has the command.
pub(super) fn table(abi: Abi, code: u64) -> Option<&'static Table> {
    let rest = &REST[usize::from(abi == Abi::I386)];
    // What the list says of an ABI goes before what the tables say for all.
    match rest.name(code) {
        Some("-") => None,
        Some(_) => Some(rest),
        None => [&LOW, &HIGH].into_iter().find(|table| table.name(code).is_some()),
    }
}

/// The command's name.
pub(super) fn name(abi: Abi, code: u64) -> Option<&'static str> {
    table(abi, code)?.name(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_the_size_of_its_argument_in_it() {
        assert_eq!(name(Abi::X86_64, 0x8008_1272), Some("BLKGETSIZE64"));
        assert_eq!(name(Abi::I386, 0x8008_1272), None);
        assert_eq!(name(Abi::I386, 0x8004_1272), Some("BLKGETSIZE64"));
        assert_eq!(name(Abi::X86_64, 0x8004_4501), Some("EVIOCGVERSION"));
    }

    #[test]
    fn every_line_of_the_list_is_understood() {
        let lines = LIST.lines().filter(|line| !line.starts_with('#'));
        let of = |abi: &str| lines.clone().filter(|line| !line.ends_with(abi)).count();
        assert_eq!(REST[0].entries.len(), of(" 32"));
        assert_eq!(REST[1].entries.len(), of(" 64"));
    }
}
