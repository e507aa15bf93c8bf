//! Families of this group.

use crate::row::Row;

/// The families of this group.
pub(super) static FAMILIES: &[&[Row]] = &[];
