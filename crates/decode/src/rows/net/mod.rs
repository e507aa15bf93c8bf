//! Families of this group.

use crate::row::Row;

mod signal;
mod time;

/// The families of this group.
pub(super) static FAMILIES: &[&[Row]] = &[time::ROWS, signal::ROWS];
