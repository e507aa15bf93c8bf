//! Families of this group.

use crate::row::Row;

mod io;

/// The families of this group.
pub(super) static FAMILIES: &[&[Row]] = &[io::ROWS];
