//! Families of this group.

use crate::row::Row;

mod args;
mod io;
mod names_event;
mod names_magic;
mod names_mount;
mod names_open;
mod open;
mod stamp;
mod stat;

/// The families of this group.
pub(super) static FAMILIES: &[&[Row]] = &[io::ROWS, open::ROWS, stamp::ROWS, stat::ROWS];
