//! Named constants: what turns 2 into `PROT_WRITE`.

/// A set of named values: either the values of an enumeration or the bits of a flag word; the
/// [`Kind`](crate::Kind) that refers to the table says which.
///
/// Order matters for flags: entries are tried first to last, so a mask of several bits (or a zero
/// value that stands for "none of them") goes before its parts.
#[derive(Debug)]
pub struct Table {
    /// What strace calls an unknown member, such as `AF_???`.
    pub unknown: &'static str,
    /// Value and name.
    pub entries: &'static [(u64, &'static str)],
}

impl PartialEq for Table {
    /// Tables are statics: the same table is the same place.
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Table {
    /// A table whose unknown members are shown as `/* unknown */`; the name is empty for tables where
    /// strace prints the bare number.
    #[must_use]
    pub const fn new(unknown: &'static str, entries: &'static [(u64, &'static str)]) -> Self {
        Self { unknown, entries }
    }

    /// The name of exactly `value`.
    #[must_use]
    pub fn name(&self, value: u64) -> Option<&'static str> {
        self.entries.iter().find(|(v, _)| *v == value).map(|(_, n)| *n)
    }

    /// The value called `name`.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<u64> {
        self.entries.iter().find(|(_, n)| *n == name).map(|(v, _)| *v)
    }

    /// Splits a flag word: calls `each` for every named part and returns the bits without a name. A
    /// zero word is reported by its zero entry, if the table has one.
    pub fn split(&self, value: u64, mut each: impl FnMut(&'static str)) -> u64 {
        if value == 0 {
            if let Some(name) = self.name(0) {
                each(name);
            }
            return 0;
        }
        let mut rest = value;
        for &(bits, name) in self.entries {
            if bits != 0 && rest & bits == bits {
                each(name);
                rest &= !bits;
            }
        }
        rest
    }
}

/// Declares tables in a compact form: `pub(super) AF "AF_???": 1 "AF_UNIX", 2 "AF_INET";`, each a static.
macro_rules! tables {
    ($($(#[$doc:meta])* $vis:vis $table:ident $unknown:literal: $($value:literal $name:literal),+;)*) => {
        $($(#[$doc])* $vis static $table: Table = Table::new($unknown, &[$(($value, $name)),+]);)*
    };
}
pub(crate) use tables;

#[cfg(test)]
mod tests {
    use super::*;

    const T: Table = Table::new("X_???", &[(0, "X_NONE"), (3, "X_BOTH"), (1, "X_A"), (2, "X_B")]);

    fn parts(value: u64) -> (Vec<&'static str>, u64) {
        let mut names = vec![];
        let rest = T.split(value, |n| names.push(n));
        (names, rest)
    }

    #[test]
    fn masks_go_before_their_parts_and_the_rest_is_kept() {
        assert_eq!(parts(0), (vec!["X_NONE"], 0));
        assert_eq!(parts(3), (vec!["X_BOTH"], 0));
        assert_eq!(parts(2 | 0x40), (vec!["X_B"], 0x40));
    }
}
