//! C structures as data: members in order, offsets from the ABI's alignment rules.
//!
//! A structure is declared once and read under either ABI: `long` and pointers are 8 bytes aligned to
//! 8 on x86-64 and 4 aligned to 4 on i386, and a 64-bit member is aligned to 8 and to 4 respectively
//! (System V ABI, AMD64 §3.1.2 and i386 §2.1).

use crate::kind::Kind;
use lariat_abi::Abi;

/// How a member is stored.
#[derive(Debug, Clone, Copy)]
pub enum Store {
    /// 8 bits, unsigned.
    U8,
    /// 16 bits, unsigned.
    U16,
    /// 32 bits, unsigned.
    U32,
    /// 32 bits, sign-extended.
    I32,
    /// 64 bits, aligned as the ABI aligns `long long`.
    U64,
    /// 64 bits aligned to 8 under every ABI (`__aligned_u64`).
    AlignedU64,
    /// An unsigned word of the ABI (`unsigned long`, a pointer).
    Word,
    /// A sign-extended word of the ABI (`long`).
    SWord,
    /// A structure inside the structure.
    Inline(&'static Struct),
    /// As many bytes; the member's kind is ignored and the bytes are shown as a string up to the first
    /// NUL (`char name[n]`).
    Chars(u32),
    /// The same, whatever the string limit; the last byte is not shown if there is no NUL (`char name[n]`
    /// that must end with one).
    Text(u32),
    /// As many bytes, shown as a string whole (not cut at NUL).
    Blob(u32),
    /// As many members of one store (`int pad[4]`), shown as an array.
    Many(&'static Store, u32),
    /// As many bytes that are skipped; the member is not shown.
    Pad(u32),
}

/// When a member is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// Always.
    Always,
    /// Only without abbreviation (`-v`); leaving it out shows `...`.
    Verbose,
    /// Only without abbreviation, and only if it is not zero.
    VerboseNonZero,
    /// Only if it is not zero.
    NonZero,
    /// If it is not zero, and without abbreviation.
    NonZeroOrVerbose,
    /// Never (it takes its place in the structure).
    Never,
}

/// One member.
#[derive(Debug)]
pub struct Field {
    /// The member's name.
    pub name: &'static str,
    /// How it is stored.
    pub store: Store,
    /// How it is shown.
    pub kind: Kind,
    /// When it is shown.
    pub show: Show,
}

/// A member that is always shown.
#[must_use]
pub const fn field(name: &'static str, store: Store, kind: Kind) -> Field {
    Field { name, store, kind, show: Show::Always }
}

/// A member that `-v` shows.
#[must_use]
pub const fn verbose(name: &'static str, store: Store, kind: Kind) -> Field {
    Field { name, store, kind, show: Show::Verbose }
}

/// A member shown under the given condition.
#[must_use]
pub const fn field_if(show: Show, name: &'static str, store: Store, kind: Kind) -> Field {
    Field { name, store, kind, show }
}

/// Bytes that are skipped.
#[must_use]
pub const fn pad(bytes: u32) -> Field {
    Field { name: "", store: Store::Pad(bytes), kind: Kind::Int, show: Show::Never }
}

/// A C structure.
#[derive(Debug)]
pub struct Struct {
    /// Its members, in order.
    pub fields: &'static [Field],
}

impl Struct {
    /// A structure of these members.
    #[must_use]
    pub const fn new(fields: &'static [Field]) -> Self {
        Self { fields }
    }

    /// Its size under `abi`, in bytes, tail padding included.
    #[must_use]
    pub fn size(&self, abi: Abi) -> usize {
        let end = self.offsets(abi).last().map_or(0, |(field, at)| at + field.store.size(abi));
        round_up(end, self.align(abi))
    }

    /// Its alignment under `abi`, in bytes.
    #[must_use]
    pub fn align(&self, abi: Abi) -> usize {
        self.fields.iter().map(|f| f.store.align(abi)).max().unwrap_or(1)
    }

    /// Its members with their offsets under `abi`.
    pub fn offsets(&self, abi: Abi) -> impl Iterator<Item = (&'static Field, usize)> {
        let mut at = 0;
        self.fields.iter().map(move |field| {
            let here = round_up(at, field.store.align(abi));
            at = here + field.store.size(abi);
            (field, here)
        })
    }
}

impl Store {
    /// Bytes taken under `abi`.
    #[must_use]
    pub fn size(&self, abi: Abi) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 => 2,
            Self::U32 | Self::I32 => 4,
            Self::U64 | Self::AlignedU64 => 8,
            Self::Word | Self::SWord => abi.word_size(),
            Self::Inline(inner) => inner.size(abi),
            Self::Chars(n) | Self::Text(n) | Self::Blob(n) | Self::Pad(n) => *n as usize,
            Self::Many(of, n) => of.size(abi) * *n as usize,
        }
    }

    /// Alignment under `abi`.
    #[must_use]
    pub fn align(&self, abi: Abi) -> usize {
        match self {
            Self::U64 => abi.word_size(),
            Self::AlignedU64 => 8,
            Self::Inline(inner) => inner.align(abi),
            Self::Chars(_) | Self::Text(_) | Self::Blob(_) | Self::Pad(_) => 1,
            Self::Many(of, _) => of.align(abi),
            _ => self.size(abi),
        }
    }

    /// The stored word at the start of `bytes`, or `None` if they are too few or it is not a word.
    #[must_use]
    pub fn load(&self, abi: Abi, bytes: &[u8]) -> Option<u64> {
        let raw = bytes.get(..self.size(abi))?;
        let mut word = [0u8; 8];
        word.get_mut(..raw.len())?.copy_from_slice(raw);
        let value = u64::from_le_bytes(word);
        match self {
            Self::I32 => Some(i64::from(value as u32 as i32) as u64),
            Self::SWord if raw.len() == 4 => Some(i64::from(value as u32 as i32) as u64),
            Self::Inline(_)
            | Self::Chars(_)
            | Self::Text(_)
            | Self::Blob(_)
            | Self::Many(..)
            | Self::Pad(_) => None,
            _ => Some(value),
        }
    }
}

fn round_up(n: usize, align: usize) -> usize {
    n.div_ceil(align.max(1)) * align.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIXED: Struct = Struct::new(&[
        field("a", Store::U8, Kind::Int),
        field("b", Store::U64, Kind::Int64),
        field("c", Store::SWord, Kind::Long),
        field("d", Store::U16, Kind::Int),
    ]);

    #[test]
    fn offsets_follow_the_abi() {
        let at = |abi| MIXED.offsets(abi).map(|(_, o)| o).collect::<Vec<_>>();
        assert_eq!(at(Abi::X86_64), [0, 8, 16, 24]);
        assert_eq!(MIXED.size(Abi::X86_64), 32);
        assert_eq!(at(Abi::I386), [0, 4, 12, 16]);
        assert_eq!(MIXED.size(Abi::I386), 20);
    }
}
